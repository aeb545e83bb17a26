//! The labels of the site: every one that an issue has.

use std::collections::BTreeSet;

use serde_json::json;

use crate::jira::Cloud;
use crate::jira::agile::everywhere;
use crate::jira::call::{Call, Page};
use crate::jira::refusal::Outcome;

impl Cloud {
    /// All labels that the caller can have seen, in order.
    pub(crate) fn labels(&self, call: &Call<'_>) -> BTreeSet<String> {
        let seen = everywhere(self).filter(|it| call.user.sees(it.project));
        seen.flat_map(|it| it.labels.clone()).collect()
    }
}

/// `GET /label`.
pub(crate) fn list(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let all: Vec<String> = cloud.labels(call).into_iter().collect();
    let page = Page::of(call, 1_000, 1_000);
    let rows = page.cut(&all).iter().map(|it| json!(it)).collect();
    Ok(page.document(&cloud.view(call).link("label"), "values", rows, all.len()))
}
