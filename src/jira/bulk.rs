//! `issue/bulkfetch`: many issues by id or key, from the store rather than the index (jira.md 4).

use std::collections::BTreeSet;

use model::ItemId;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use sync::Obstacle;

use crate::address::Address;
use crate::issue::Issue;
use crate::refusal::fetch;
use crate::wire::{self, PROPERTY};
use sync::script::Step;

pub(crate) const ROUTE: &str = "/rest/api/3/issue/bulkfetch";

/// What came back. An issue that is missing or invisible is in neither list.
#[derive(Deserialize)]
#[serde(from = "Raw")]
pub(crate) struct Bulk {
    pub(crate) issues: Vec<Issue>,
    /// Issues that lack what every issue has, by their id when they have that. They must not take the others with them,
    /// and nobody may call them missing.
    broken: Vec<Option<String>>,
    errors: Vec<Json>,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    issues: Vec<Json>,
    #[serde(default, rename = "issueErrors")]
    errors: Vec<Json>,
}

impl From<Raw> for Bulk {
    fn from(raw: Raw) -> Bulk {
        let mut bulk = Bulk {
            issues: Vec::new(),
            broken: Vec::new(),
            errors: raw.errors,
        };
        for json in raw.issues {
            let id = name(&json);
            match serde_json::from_value(json) {
                Ok(issue) => bulk.issues.push(issue),
                Err(_) => bulk.broken.push(id),
            }
        }
        bulk
    }
}

fn name(json: &Json) -> Option<String> {
    match json.get("id") {
        Some(Json::Number(id)) => Some(id.to_string()),
        _ => wire::text(json, "id").map(str::to_owned),
    }
}

impl Bulk {
    /// Whether the remote failed on some of the issues: "retriable errors or payload constraints" (jira.md 4).
    pub(crate) fn failed(&self) -> bool {
        !self.errors.is_empty()
    }

    /// Whether every issue that was found can be looked at.
    pub(crate) fn is_whole(&self) -> bool {
        self.errors.is_empty() && self.broken.is_empty()
    }

    /// The issues that cannot be read, as far as they say which they are.
    pub(crate) fn unreadable(&self) -> impl Iterator<Item = ItemId> {
        let ids = self.broken.iter().flatten();
        ids.filter_map(|id| id.parse().ok()).map(ItemId)
    }

    /// Whether an issue of that id that is not among those that came may be one that cannot be read.
    pub(crate) fn is_broken(&self, id: &str) -> bool {
        let mut broken = self.broken.iter();
        broken.any(|name| name.as_deref().is_none_or(|name| name == id))
    }

    /// The ids or keys that it failed on, as far as it names them.
    pub(crate) fn failures(&self) -> BTreeSet<String> {
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
