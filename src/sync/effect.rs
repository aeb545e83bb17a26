//! What the core wants done, by value. Effects carry content; intents, which are kept, do not.

use std::collections::BTreeMap;
use std::fmt;

use model::{
    CommentId, CommentMarker, Item, ItemId, ItemKey, Marker, PairId, Revision, Side, Value,
};

/// Something to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Read both items anew and come back with [`crate::Event::Observed`].
    Read,
    /// Write to a remote, then come back with [`crate::Event::Finished`]. Writes of one step are done in their order, each
    /// after the one before it was applied; after any other outcome the rest is dropped, for the core plans again. A write
    /// leaves only while [`crate::Pair::awaits`] it.
    Write(Write),
    /// Find out what became of a doubtful effect, then come back with [`crate::Event::Probed`].
    Probe(Probe),
    /// The item just read is the twin of another pair: hand it to that pair as [`crate::Event::Adopted`].
    HandOver {
        /// The pair it belongs to.
        to: PairId,
    },
}

/// How an effect behaves when it is done twice (design.md 5).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub enum Class {
    /// A repeat does no harm.
    Natural,
    /// A precondition at the remote refuses the repeat.
    Guarded,
    /// A repeat would double it: its sending is made durable first.
    Fragile,
}

/// One write to one remote.
#[derive(Clone, Debug, PartialEq)]
pub struct Write {
    /// The intent that it carries out.
    pub intent: u64,
    /// Where it goes.
    pub side: Side,
    /// How it behaves when done twice.
    pub class: Class,
    /// What is written.
    pub body: Body,
}

/// What is written.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Create the counterpart.
    Create(Create),
    /// Change fields of an item.
    Edit(Edit),
    /// Move a Jira issue to a status (jira.md 6).
    Transition(Transition),
    /// Add a comment.
    Comment(NewComment),
    /// Leave the human's link to the twin: a Jira remote link, upserted by its global id (jira.md 7.3).
    Link(BackLink),
}

/// A new item.
#[derive(Clone, Debug, PartialEq)]
pub struct Create {
    /// The project: key on Jira, name on Azure DevOps.
    pub project: String,
    /// The area path on Azure DevOps, when the scope names one.
    pub area: Option<String>,
    /// The type's name.
    pub kind: String,
    /// Native field ids and values. States and statuses are never among them: a new item begins where its workflow does.
    pub fields: Vec<(String, Value)>,
    /// What the new item carries so that it can be found again.
    pub marker: Marker,
    /// The source, for the link that people see.
    pub source: BackLink,
}

/// A change of fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// The item.
    pub item: ItemId,
    /// The revision that the plan was made on; Azure DevOps refuses the patch when it has moved (azure.md 5.2).
    pub at: Revision,
    /// Native field ids and what becomes of them.
    pub changes: Vec<(String, Change)>,
    /// On Azure DevOps a comment may ride in the same guarded patch as `System.History` (durability.md 3.3).
    pub comment: Option<NewComment>,
}

/// What becomes of a field.
#[derive(Clone, PartialEq)]
pub enum Change {
    /// It gets this value; the empty value clears it.
    Set(Value),
    /// A set field gains and loses elements and keeps the others. `whole` is the set afterwards, for a remote that can
    /// only replace.
    Merge {
        /// Elements to add.
        add: Vec<String>,
        /// Elements to remove.
        remove: Vec<String>,
        /// The whole set as it should be afterwards.
        whole: Vec<String>,
    },
}

/// Prints kinds and counts only: elements of a set are content.
impl fmt::Debug for Change {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Set(value) => out.debug_tuple("Set").field(value).finish(),
            Change::Merge { add, remove, whole } => out
                .debug_struct("Merge")
                .field("add", &add.len())
                .field("remove", &remove.len())
                .field("whole", &whole.len())
                .finish(),
        }
    }
}

/// A move to another status.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    /// The issue.
    pub item: ItemId,
    /// The revision that the plan was made on. Jira takes no precondition (jira.md 6), so what somebody moved since is told
    /// by [`crate::Receipt::overwritten`].
    pub at: Revision,
    /// The wanted status, by name.
    pub status: String,
    /// Whether it is to go there directly or not at all: a walk has ended where the issue stands.
    pub direct: bool,
}

/// A new comment.
#[derive(Clone, Debug, PartialEq)]
pub struct NewComment {
    /// The item that gets it.
    pub item: ItemId,
    /// The item's project: key on Jira, name on Azure DevOps.
    pub project: String,
    /// Text in the target's form, the attribution line included.
    pub body: Value,
    /// Which comment it is the twin of.
    pub marker: CommentMarker,
}

/// A link that people follow to the twin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackLink {
    /// The item that gets the link; the source's own id within a create.
    pub item: ItemId,
    /// The twin's side.
    pub to: Side,
    /// The twin's id.
    pub twin: ItemId,
    /// The twin's key.
    pub key: ItemKey,
    /// The twin's address in a browser.
    pub url: String,
}

/// The question what became of a doubtful effect.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// The intent in doubt.
    pub intent: u64,
    /// The remote asked.
    pub side: Side,
    /// What is looked for.
    pub target: Target,
    /// Also ask the index by its searchable words; it may answer found, never absent.
    pub search: bool,
}

/// What a probe looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// An item that carries this marker, created by us since the floor.
    Create {
        /// What it carries.
        marker: Marker,
        /// The project it would be in.
        project: String,
        /// Where to begin to look.
        floor: Floor,
    },
    /// A comment of that item that carries this marker.
    Comment {
        /// The item.
        item: ItemId,
        /// What it carries.
        marker: CommentMarker,
    },
}

/// From where on an item created later than a certain moment must be found. It holds no content: projects' keys, which
/// are identities like the keys of their issues, with numbers, and a position in the revisions feed.
#[derive(
    Clone,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct Floor {
    /// The highest number of an issue's key that was known then, by the Jira project's key in upper case. Each project
    /// counts for itself.
    pub keys: BTreeMap<String, u64>,
    /// The Azure DevOps revisions feed's continuation token of then (azure.md 3.1).
    pub token: Option<String>,
}

impl Floor {
    /// The highest number known in that Jira project; 0, which is before every key, when none is known.
    #[must_use]
    pub fn highest(&self, project: &str) -> u64 {
        let known = self.keys.get(&project.to_uppercase());
        known.copied().unwrap_or(0)
    }

    /// Takes in that an issue of that key exists. What is not a Jira key tells nothing.
    pub fn raise(&mut self, key: &ItemKey) {
        if let (Some(project), Some(number)) = (key.project(), key.number()) {
            let known = self.keys.entry(project.to_uppercase()).or_default();
            *known = number.max(*known);
        }
    }

    /// As much of it as looking into one project takes.
    #[must_use]
    pub fn of_project(&self, project: &str) -> Floor {
        let project = project.to_uppercase();
        let known = self.keys.get(&project).copied();
        Floor {
            keys: known.map(|number| (project, number)).into_iter().collect(),
            token: self.token.clone(),
        }
    }
}

/// The result of reading one item.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// It is there.
    Present(Box<Item>),
    /// It was not among what the remote returned: deleted, moved away, or not visible to us. Never a deletion by itself.
    Missing,
    /// The read failed for a reason that lies with the connection.
    Failed(crate::Hindrance),
    /// It was not asked for: there is no such end yet.
    NotAsked,
}

/// What a caller knows of a comment already, so that a connector need not fetch it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadRequest {
    /// The item.
    pub item: ItemId,
    /// The revision that the caller has processed; comments may be left out when the item still has it.
    pub known: Option<Revision>,
    /// Whether a list of comments that is shorter than the item says is to be shown all the same: it was read again often
    /// enough. Until then comments are left out, which makes the reading a stale one.
    pub resigned: bool,
}

/// The id of a comment on one side.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct CommentRef {
    /// The side it was written on.
    pub side: Side,
    /// Its id there.
    pub id: CommentId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_floor_counts_each_project_for_itself() {
        let mut floor = Floor::default();
        for key in ["WEB-40", "OPS-9000", "WEB-7", "12", "-3", "WEB-", "A-B-5"] {
            floor.raise(&ItemKey::new(key).expect("a key"));
        }
        let known: Vec<_> = floor.keys.iter().map(|(p, n)| (p.as_str(), *n)).collect();
        assert_eq!(known, [("A-B", 5), ("OPS", 9000), ("WEB", 40)]);
        assert_eq!((floor.highest("web"), floor.highest("NEW")), (40, 0));
        let own = floor.of_project("WEB");
        assert_eq!((own.keys.len(), own.highest("WEB")), (1, 40));
    }
}
