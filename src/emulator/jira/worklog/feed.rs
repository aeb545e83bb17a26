//! The feeds of changed and of deleted worklogs, the one list of what is gone that Jira has (jira.md 9.4).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::jira::Cloud;
use crate::jira::call::Call;
use crate::jira::refusal::{Outcome, Refusal};
use crate::site::Response;

/// The most worklogs of a page.
const PAGE_MAX: usize = 1_000;

/// The feeds leave out the latest minute.
const DELAY_MS: i64 = 60_000;

/// Where each worklog is, and the two feeds of their changes.
#[derive(Debug, Default)]
pub(crate) struct Worklogs {
    /// The issue of each worklog, with the moment of its latest change.
    holder: BTreeMap<u64, (u64, i64)>,
    updated: BTreeSet<(i64, u64)>,
    deleted: BTreeSet<(i64, u64)>,
}

impl Worklogs {
    /// The issue that holds a worklog.
    pub(crate) fn holder(&self, id: u64) -> Option<u64> {
        self.holder.get(&id).map(|(issue, _)| *issue)
    }

    /// A worklog is new, or was changed.
    pub(crate) fn changed(&mut self, id: u64, issue: u64, now_ms: i64) {
        if let Some((_, before_ms)) = self.holder.insert(id, (issue, now_ms)) {
            self.updated.remove(&(before_ms, id));
        }
        self.updated.insert((now_ms, id));
    }

    /// A worklog is gone, alone or with its issue: the feed of deletions tells of it.
    pub(crate) fn gone(&mut self, id: u64, now_ms: i64) {
        if let Some((_, before_ms)) = self.holder.remove(&id) {
            self.updated.remove(&(before_ms, id));
        }
        self.deleted.insert((now_ms, id));
    }
}

/// `GET /worklog/updated?since=`.
pub(crate) fn updated(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    page(cloud, call, &cloud.store.worklogs.updated, "updated")
}

/// `GET /worklog/deleted?since=`.
pub(crate) fn deleted(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    page(cloud, call, &cloud.store.worklogs.deleted, "deleted")
}

fn page(cloud: &Cloud, call: &Call<'_>, feed: &BTreeSet<(i64, u64)>, name: &str) -> Outcome {
    let since: i64 = match call.request.query("since") {
        None => 0,
        Some(text) => text
            .parse()
            .map_err(|_| Refusal::message(400, "The 'since' query parameter must be a number."))?,
    };
    let end_ms = call.now_ms - DELAY_MS;
    let mut values = Vec::new();
    let mut until = since.max(end_ms);
    let mut last_page = true;
    let mut latest = None;
    for &(at_ms, id) in feed.range((since.saturating_add(1), 0)..) {
        if at_ms > end_ms {
            break;
        }
        // A page ends only between moments, so that the next one, which begins after its last moment, leaves nothing out.
        if values.len() >= PAGE_MAX && latest != Some(at_ms) {
            last_page = false;
            until = latest.unwrap_or(until);
            break;
        }
        latest = Some(at_ms);
        values.push(json!({"worklogId": id, "updatedTime": at_ms, "properties": []}));
    }
    let link = |since: i64| {
        cloud
            .view(call)
            .link(&format!("worklog/{name}?since={since}"))
    };
    let mut answer = json!({
        "values": values,
        "since": since,
        "until": until,
        "self": link(since),
        "lastPage": last_page,
    });
    if !last_page {
        answer["nextPage"] = json!(link(until));
    }
    Ok(Response::json(200, &answer))
}
