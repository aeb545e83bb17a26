//! Comments of an item.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Millis, Side, User, Value};

/// A comment's id on its side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CommentId(pub u64);

/// What a comment that we wrote says of itself: which comment it is the twin of. On Jira it is a comment property, on
/// Azure DevOps the link of the attribution line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CommentMarker {
    /// The side of the original.
    pub side: Side,
    /// The original.
    pub comment: CommentId,
}

/// A comment as a remote showed it.
#[derive(Clone, PartialEq)]
pub struct Comment {
    /// Its id.
    pub id: CommentId,
    /// Who wrote it.
    pub author: User,
    /// When it was written.
    pub created: Millis,
    /// The text: [`Value::Adf`], [`Value::Html`] or [`Value::Markdown`].
    pub body: Value,
    /// Whether the account we use wrote it.
    pub by_us: bool,
    /// Whether only some people may see it (a Jira `visibility`, an internal note): such a comment is never carried over.
    pub restricted: bool,
    /// Set when it says that it is the twin of another comment. Of whose twin it is, only a comment that we wrote is
    /// believed; any that says so is never carried over.
    pub marker: Option<CommentMarker>,
}

impl fmt::Debug for Comment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Comment")
            .field("id", &self.id.0)
            .field("body", &self.body)
            .field("by_us", &self.by_us)
            .field("marker", &self.marker)
            .finish_non_exhaustive()
    }
}
