//! An issue as the site keeps it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use serde_json::Value;

use crate::jira::attachment::Attachment;
use crate::jira::custom::Custom;
use crate::jira::rich::Rich;
use crate::jira::scheme::{IssueType, Named, Project, Status};
use crate::jira::visibility::Circle;
use crate::jira::worklog::Worklog;

/// The fields of an issue: what the search index holds a copy of.
#[derive(Debug, Clone)]
pub(crate) struct Fields {
    pub(crate) id: u64,
    /// The number in the key.
    pub(crate) number: u64,
    pub(crate) project: &'static Project,
    pub(crate) kind: &'static IssueType,
    pub(crate) status: &'static Status,
    pub(crate) summary: String,
    pub(crate) description: Option<Rich>,
    pub(crate) priority: &'static Named,
    pub(crate) labels: BTreeSet<String>,
    pub(crate) assignee: Option<&'static str>,
    pub(crate) reporter: Option<&'static str>,
    pub(crate) creator: &'static str,
    pub(crate) parent: Option<u64>,
    pub(crate) due: Option<String>,
    pub(crate) points: Option<f64>,
    pub(crate) environment: Option<Arc<Value>>,
    /// The ids of its components, all of its project.
    pub(crate) components: BTreeSet<u64>,
    /// The ids of the versions in which it is fixed.
    pub(crate) fix_versions: BTreeSet<u64>,
    /// The ids of the versions that it affects.
    pub(crate) versions: BTreeSet<u64>,
    pub(crate) tracking: Tracking,
    /// The ids of the sprints that it was and is in; at most one of them is not closed.
    pub(crate) sprints: BTreeSet<u64>,
    /// The custom fields that are not empty, by field id.
    pub(crate) custom: BTreeMap<&'static str, Custom>,
    pub(crate) created_ms: i64,
    pub(crate) updated_ms: i64,
    pub(crate) resolution: Option<&'static Named>,
    pub(crate) resolved_ms: Option<i64>,
    pub(crate) category_changed_ms: i64,
    /// Raised by every write that the index follows, so that an older copy never replaces a newer.
    pub(crate) revision: u64,
}

impl Fields {
    pub(crate) fn key(&self) -> String {
        format!("{}-{}", self.project.key, self.number)
    }

    /// The description as a document.
    pub(crate) fn description(&self) -> Option<Value> {
        self.description.as_ref().map(Rich::document)
    }
}

/// The time that an issue was estimated to take and took, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tracking {
    pub(crate) original_s: Option<u64>,
    pub(crate) remaining_s: Option<u64>,
    /// The sum of the worklogs; nothing while there never was one.
    pub(crate) spent_s: Option<u64>,
}

/// A comment.
#[derive(Debug, Clone)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) author: &'static str,
    pub(crate) update_author: &'static str,
    pub(crate) body: Arc<Value>,
    pub(crate) created_ms: i64,
    pub(crate) updated_ms: i64,
    pub(crate) visibility: Option<Circle>,
    /// The comment that it answers.
    pub(crate) parent: Option<u64>,
    pub(crate) properties: BTreeMap<String, Value>,
}

/// A link to something outside of Jira.
#[derive(Debug, Clone)]
pub(crate) struct RemoteLink {
    pub(crate) id: u64,
    pub(crate) global_id: Option<String>,
    pub(crate) application: Option<Value>,
    pub(crate) relationship: Option<String>,
    pub(crate) object: Value,
}

/// One entry of the changelog.
#[derive(Debug, Clone)]
pub(crate) struct History {
    pub(crate) id: u64,
    pub(crate) author: &'static str,
    pub(crate) at_ms: i64,
    pub(crate) items: Vec<Change>,
    pub(crate) metadata: Option<Value>,
}

/// One field's change within an entry of the changelog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) field: &'static str,
    pub(crate) field_id: &'static str,
    pub(crate) from: Option<String>,
    pub(crate) from_text: Option<String>,
    pub(crate) to: Option<String>,
    pub(crate) to_text: Option<String>,
}

/// An issue with everything below it.
#[derive(Debug, Clone)]
pub(crate) struct Issue {
    pub(crate) fields: Arc<Fields>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) properties: BTreeMap<String, Value>,
    pub(crate) remote_links: Vec<RemoteLink>,
    pub(crate) history: Vec<History>,
    pub(crate) worklogs: Vec<Worklog>,
    pub(crate) attachments: Vec<Attachment>,
    /// The account ids of those who watch it, in the order in which they began.
    pub(crate) watchers: Vec<&'static str>,
    /// The account ids of those who vote for it, in the order in which they did.
    pub(crate) voters: Vec<&'static str>,
    /// When the latest writes came, for the limit on writes.
    pub(crate) writes_ms: VecDeque<i64>,
}

impl Issue {
    pub(crate) fn new(fields: Fields) -> Self {
        Self {
            fields: Arc::new(fields),
            comments: Vec::new(),
            properties: BTreeMap::new(),
            remote_links: Vec::new(),
            history: Vec::new(),
            worklogs: Vec::new(),
            attachments: Vec::new(),
            watchers: Vec::new(),
            voters: Vec::new(),
            writes_ms: VecDeque::new(),
        }
    }
}
