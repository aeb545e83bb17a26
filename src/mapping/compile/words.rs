//! The keys and words of the file.

use crate::options::{Deletion, Direction, Policy};

/// The top level's keys.
pub(crate) const TOP: [&str; 15] = [
    "name",
    "direction",
    "conflict",
    "jira",
    "azure",
    "scope",
    "type",
    "field",
    "state",
    "user",
    "comments",
    "attachments",
    "links",
    "deletions",
    "example",
];
/// The keys of `[jira]` and `[azure]`.
pub(crate) const REMOTE: [&str; 2] = ["url", "credential"];
/// The keys of `[[scope]]`.
pub(crate) const SCOPE: [&str; 2] = ["jira", "azure"];
/// The keys of a scope's `jira`.
pub(crate) const SCOPE_JIRA: [&str; 2] = ["project", "filter"];
/// The keys of a scope's `azure`.
pub(crate) const SCOPE_AZURE: [&str; 3] = ["project", "area", "filter"];
/// The keys of `[[type]]`.
pub(crate) const TYPE: [&str; 2] = ["jira", "azure"];
/// The keys of `[[field]]`.
pub(crate) const FIELD: [&str; 9] = [
    "name",
    "jira",
    "azure",
    "kind",
    "types",
    "values",
    "otherwise",
    "direction",
    "conflict",
];
/// The keys of a rule's `otherwise` when it is a table.
pub(crate) const OTHERWISE: [&str; 2] = ["jira", "azure"];
/// The keys of `[[state]]`.
pub(crate) const STATE: [&str; 3] = ["jira", "azure", "type"];
/// The keys of `[[user]]`.
pub(crate) const USER: [&str; 3] = ["jira", "azure", "azure_id"];
/// The keys of `[comments]`.
pub(crate) const COMMENTS: [&str; 2] = ["direction", "author_line"];
/// The keys of `[attachments]`.
pub(crate) const ATTACHMENTS: [&str; 3] = ["direction", "max_bytes", "types"];
/// The keys of `[links]`.
pub(crate) const LINKS: [&str; 4] = ["direction", "hierarchy", "cross_project", "types"];
/// The keys of `[deletions]`.
pub(crate) const DELETION: [&str; 2] = ["jira", "azure"];
/// The keys of `[[example]]`.
pub(crate) const EXAMPLE: [&str; 5] = ["name", "from", "type", "jira", "azure"];

/// The words of a direction.
pub(crate) const DIRECTIONS: [(&str, Direction); 3] = [
    ("both", Direction::Both),
    ("to-azure", Direction::ToAzure),
    ("to-jira", Direction::ToJira),
];
/// The words of a direction that may also be off.
pub(crate) const SWITCHES: [(&str, Option<Direction>); 4] = [
    ("both", Some(Direction::Both)),
    ("to-azure", Some(Direction::ToAzure)),
    ("to-jira", Some(Direction::ToJira)),
    ("off", None),
];
/// The words of a conflict policy.
pub(crate) const POLICIES: [(&str, Policy); 4] = [
    ("latest", Policy::Latest),
    ("jira", Policy::Jira),
    ("azure", Policy::Azure),
    ("manual", Policy::Manual),
];
/// The words of a deletion policy.
pub(crate) const DELETIONS: [(&str, Deletion); 4] = [
    ("ignore", Deletion::Ignore),
    ("note", Deletion::Note),
    ("close", Deletion::Close),
    ("recycle", Deletion::Recycle),
];
