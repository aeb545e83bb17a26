//! The choices of a profile that are words.

use std::collections::BTreeMap;

use model::{Both, Side};

use crate::table::Cell;

/// Which way something goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Both ways.
    #[default]
    Both,
    /// From Jira to Azure DevOps only.
    ToAzure,
    /// From Azure DevOps to Jira only.
    ToJira,
}

impl Direction {
    /// Whether something may go from that side to the other.
    #[must_use]
    pub fn allows(self, from: Side) -> bool {
        match self {
            Direction::Both => true,
            Direction::ToAzure => from == Side::Jira,
            Direction::ToJira => from == Side::Azure,
        }
    }

    /// Whether something of that side may be written.
    #[must_use]
    pub fn writes(self, side: Side) -> bool {
        self.allows(side.other())
    }
}

/// What becomes of a field that both sides changed differently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Policy {
    /// The side that was changed last wins.
    #[default]
    Latest,
    /// Jira wins.
    Jira,
    /// Azure DevOps wins.
    Azure,
    /// The field waits for a person.
    Manual,
}

/// What is done with comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comments {
    /// Which way they go; `None` is not at all.
    pub direction: Option<Direction>,
    /// Whether the attribution line names the author. Without it the line still says where the comment comes from.
    pub author_line: bool,
}

/// What is done with attachments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachments {
    /// Which way they go; `None` is not at all.
    pub direction: Option<Direction>,
    /// Bytes above which a file is left out; `None` leaves the limit to the remotes.
    pub max_bytes: Option<u64>,
    /// Media types that are carried, such as `image/*`; empty carries all.
    pub types: Vec<String>,
}

/// What is done with links between items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    /// Which way they go; `None` is not at all.
    pub direction: Option<Direction>,
    /// Whether parents and children are kept in step.
    pub hierarchy: bool,
    /// Whether links that leave the profile's projects are carried.
    pub cross_project: bool,
    /// Link types that belong together.
    pub types: Vec<Both<String>>,
}

/// What happens on a side when the twin was deleted on the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deletion {
    /// Nothing.
    Ignore,
    /// The item stays, and a problem tells of it.
    #[default]
    Note,
    /// The item is closed.
    Close,
    /// The item goes to the recycle bin.
    Recycle,
}

/// A mapping test written in the profile: given this side, expect that.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// The line on which it begins.
    pub line: usize,
    /// What it is called, when it is.
    pub name: Option<String>,
    /// The side that is given; the other is expected.
    pub from: Side,
    /// The Jira type of the pair.
    pub kind: String,
    /// Field ids and plain values of each side.
    pub fields: Both<BTreeMap<String, Vec<Cell>>>,
}
