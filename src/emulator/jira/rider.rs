//! What a create or an edit carries in its `update` beside the fields: comments, links and worklogs. They are judged before
//! anything is stored, and entered after the fields.

use serde_json::{Map, Value};

use crate::jira::Cloud;
use crate::jira::call::Call;
use crate::jira::comment;
use crate::jira::link;
use crate::jira::refusal::Refusal;
use crate::jira::worklog;

/// The members of `update` that are not fields of the issue.
pub(crate) const NAMES: [&str; 3] = ["comment", "issuelinks", "worklog"];

/// Everything that was accepted and not yet entered.
#[derive(Debug)]
pub(crate) struct Riders {
    comments: Vec<comment::Operation>,
    links: Vec<link::New>,
    worklogs: Vec<worklog::New>,
}

impl Riders {
    /// Reads and judges an `update`; `issue` is nothing while it is being created.
    pub(crate) fn read(
        cloud: &Cloud,
        call: &Call<'_>,
        issue: Option<u64>,
        update: &Map<String, Value>,
    ) -> Result<Self, Refusal> {
        Ok(Self {
            comments: comment::operations(cloud, call, issue, update)?,
            links: link::added(&cloud.store, issue, update)?,
            worklogs: worklog::added(cloud, call, update)?,
        })
    }

    /// Enters what was accepted.
    pub(crate) fn enter(self, cloud: &mut Cloud, call: &Call<'_>, issue: u64) {
        comment::perform(cloud, call, issue, self.comments);
        link::add_all(cloud, call, issue, self.links);
        worklog::add_all(cloud, call, issue, self.worklogs);
    }
}
