//! What people are told: the history of a pair, and its problems.

use mapping::Losses;
use model::{CommentId, Digest, ItemId, Problem, Revision, RuleName, Side};
use serde::{Deserialize, Serialize};

/// One line of a pair's history. It names rules, ids, revisions and digests, never content.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Note {
    /// A counterpart is to be created on this side.
    CreatePlanned {
        /// Where.
        side: Side,
    },
    /// The counterpart is there.
    Linked {
        /// Where it was created or found.
        side: Side,
        /// Its id.
        item: ItemId,
        /// Whether it was found by its marker and not reported by its create.
        found: bool,
    },
    /// A field is carried over.
    Carried {
        /// The rule.
        rule: RuleName,
        /// The side that changed.
        from: Side,
        /// The digest of the value there.
        value: Digest,
        /// What the conversion could not carry.
        losses: Losses,
    },
    /// A write arrived.
    Written {
        /// The side written.
        side: Side,
        /// The revision that it produced, when the remote told it.
        revision: Option<Revision>,
        /// The rules whose fields it set.
        rules: Vec<RuleName>,
    },
    /// Both sides changed one field to the same.
    Agreed {
        /// The rule.
        rule: RuleName,
    },
    /// Both sides changed one field, and one won.
    Conflict {
        /// The rule.
        rule: RuleName,
        /// The side whose value is kept.
        kept: Side,
        /// The digest of the value that gives way.
        lost: Digest,
    },
    /// Both sides changed one field, and it waits for a person.
    ConflictWaits {
        /// The rule.
        rule: RuleName,
    },
    /// A comment is carried over.
    CommentPlanned {
        /// The side of the original.
        from: Side,
        /// The original.
        comment: CommentId,
        /// What the conversion could not carry.
        losses: Losses,
    },
    /// A comment's twin is there.
    CommentWritten {
        /// The side of the twin.
        side: Side,
        /// The original.
        original: CommentId,
        /// The twin.
        twin: CommentId,
    },
    /// The remote had moved on; the plan is made anew.
    Stale {
        /// Which remote.
        side: Side,
    },
    /// Nobody knows what became of an effect.
    Doubtful {
        /// The remote.
        side: Side,
        /// The intent.
        intent: u64,
    },
    /// A doubtful effect was found not to have arrived.
    Absent {
        /// The remote.
        side: Side,
        /// The intent.
        intent: u64,
    },
    /// Something needs a pause or a person.
    Problem(Problem),
    /// What was wrong before is right again.
    Healed,
    /// A person gave an order.
    Ordered {
        /// Its name.
        command: String,
    },
    /// An input contradicts the state; nothing was done with it.
    Contradiction {
        /// Which rule of the core it broke.
        what: String,
    },
    /// Our write replaced what somebody had set after we read the item and before the write arrived. The value that was
    /// lost is in the remote's own history only.
    Overwritten {
        /// The rule.
        rule: RuleName,
        /// The side where it was replaced; the value that stands there now came from the other one.
        side: Side,
    },
}
