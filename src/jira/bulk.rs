//! `issue/bulkfetch`: many issues by id or key, from the store rather than the index (jira.md 4).

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value as Json, json};
use sync::Obstacle;

use crate::address::Address;
use crate::issue::Issue;
use crate::refusal::fetch;
use crate::wire::{self, PROPERTY};
use sync::script::Step;

const ROUTE: &str = "/rest/api/3/issue/bulkfetch";

/// What came back. An issue that is missing or invisible is in neither list.
#[derive(Deserialize)]
pub(crate) struct Bulk {
    #[serde(default)]
    pub(crate) issues: Vec<Issue>,
    #[serde(default, rename = "issueErrors")]
    errors: Vec<Json>,
}

impl Bulk {
    /// Whether the remote failed on some of the issues: "retriable errors or payload constraints" (jira.md 4).
    pub(crate) fn failed(&self) -> bool {
        !self.errors.is_empty()
    }

    /// The ids or keys that it failed on, as far as it names them.
    pub(crate) fn failures(&self) -> BTreeSet<String> {
        let name = |error: &Json| match error.get("id") {
            Some(Json::Number(id)) => Some(id.to_string()),
            _ => wire::text(error, "id").map(str::to_owned),
        };
        self.errors.iter().filter_map(name).collect()
    }
}

/// Reads at most [`model::limit::JIRA_READ_BATCH`] issues by id or key, with these fields and our property.
pub(crate) fn fetch_issues(
    address: &Address,
    names: &[String],
    fields: &[String],
) -> Step<Result<Bulk, Obstacle>> {
    let body = json!({
        "issueIdsOrKeys": names,
        "fields": fields,
        "properties": [PROPERTY],
        "fieldsByKeys": false,
    });
    fetch(address.post(ROUTE, &body))
}
