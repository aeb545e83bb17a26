//! An intent: what is kept of an effect. Kind, ids, names of rules and digests, never content (design.md 4).

use model::{Digest, Millis, RuleName, Side};
use serde::{Deserialize, Serialize};

use crate::effect::{Class, CommentRef, Floor};

/// An effect made durable before it leaves.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Intent {
    /// Its number within the pair, never used again.
    pub number: u64,
    /// The remote that it goes to.
    pub side: Side,
    /// How it behaves when done twice.
    pub class: Class,
    /// What it does.
    pub kind: Kind,
    /// How far it has got.
    pub stage: Stage,
}

/// What an intent does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// Create the counterpart.
    Create {
        /// From where on a probe has to look.
        floor: Floor,
        /// The digest of the project's name, by which a probe knows where the create went ([`crate::Context`]'s profile
        /// tells the name).
        project: Digest,
        /// Digests of what is sent, so that the first base can be laid when it has arrived.
        fields: Vec<Planned>,
        /// Rules whose fields are not sent, with the digests of the source's values.
        left: Vec<(RuleName, Digest)>,
    },
    /// Change fields, on Azure DevOps with at most one comment in the same guarded patch.
    Edit {
        /// What is changed.
        fields: Vec<Planned>,
        /// The original of the comment that rides along.
        comment: Option<CommentRef>,
    },
    /// Move a Jira issue to another status.
    Transition {
        /// The status rule and its digests.
        field: Planned,
    },
    /// Add a comment on Jira.
    Comment {
        /// The original.
        original: CommentRef,
    },
    /// Leave the human's link.
    Link,
}

/// The plan for one field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Planned {
    /// The rule.
    pub rule: RuleName,
    /// The digest of the source's value that the plan was made from.
    pub source: Digest,
    /// The digest of the value that is sent.
    pub sent: Digest,
    /// For a set: the digests of the elements that both sides have once it is applied.
    pub elements: Vec<Digest>,
}

/// How far an intent has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Stage {
    /// Nothing has left. A restart drops it and plans again.
    Planned,
    /// Its first byte may have left. Durable before it does, for fragile effects.
    Sent(Attempt),
    /// Nobody knows what became of it.
    Doubt {
        /// The attempt that is in doubt.
        attempt: Attempt,
        /// Probes answered so far.
        probes: u16,
        /// When the last probe left. Its answer speaks for that moment and not for the one at which it is heard.
        asked: Option<Millis>,
        /// When the next probe is due; while one is on its way, when it is taken to be lost.
        next: Millis,
    },
}

/// One sending. A fragile effect waits for its turn after it was made durable that it is about to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Attempt {
    /// When it was made durable; once it is in doubt, the latest moment at which its first byte can have left.
    pub at: Millis,
    /// The incarnation of the store under which it was made. An outcome reported under another is not believed.
    pub incarnation: u64,
}

impl Attempt {
    /// The same, with its first byte taken to have left at that moment unless it was later.
    pub(crate) fn no_earlier_than(self, moment: Millis) -> Attempt {
        let at = self.at.max(moment);
        Attempt { at, ..self }
    }
}

impl Intent {
    /// Whether its outcome is unknown.
    #[must_use]
    pub fn is_doubtful(&self) -> bool {
        matches!(self.stage, Stage::Doubt { .. })
    }

    /// Whether it may have left.
    #[must_use]
    pub fn has_left(&self) -> bool {
        !matches!(self.stage, Stage::Planned)
    }

    /// The comment that it adds.
    #[must_use]
    pub fn comment(&self) -> Option<CommentRef> {
        match &self.kind {
            Kind::Comment { original } => Some(*original),
            Kind::Edit { comment, .. } => *comment,
            Kind::Create { .. } | Kind::Transition { .. } | Kind::Link => None,
        }
    }

    /// The fields that it sets.
    #[must_use]
    pub fn fields(&self) -> &[Planned] {
        match &self.kind {
            Kind::Create { fields, .. } | Kind::Edit { fields, .. } => fields,
            Kind::Transition { field } => std::slice::from_ref(field),
            Kind::Comment { .. } | Kind::Link => &[],
        }
    }

    /// Whether it sets that rule's field.
    #[must_use]
    pub fn sets(&self, rule: &RuleName) -> bool {
        self.fields().iter().any(|field| field.rule == *rule)
    }

    /// Whether what became of it can be looked up by a marker of its own.
    #[must_use]
    pub fn is_probed(&self) -> bool {
        matches!(self.kind, Kind::Create { .. } | Kind::Comment { .. })
    }
}
