//! The state of a pair: everything that is kept of it.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    Both, CommentId, Digest, ItemId, ItemKey, Millis, PairId, Problem, Revision, RuleName, Side,
    limit,
};
use serde::{Deserialize, Serialize};

use crate::effect::CommentRef;
use crate::intent::{Attempt, Intent, Planned};

/// Where a pair stands.
///
/// ```text
///            scope, type          create applied
/// Unlinked ---------------> Linking ----------> Linked <----+
///    |  ^                     |  ^                | ^       | settled
///    |  | absent for good     |  | probe          | |       |
///    |  +---------------------+  | found   unknown| |resume |
///    |                        v  |                v |       |
///    |                      Doubtful <------- (fragile) ----+
///    +--------------------------+-------------> Parked
/// any state -- command --> Detached
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Phase {
    /// The source is known; nothing is planned yet. To `Linking` when a create is planned, to `Linked` when a twin with
    /// our marker is met, to `Parked` when the profile cannot carry it.
    Unlinked,
    /// A create is planned or on its way. To `Linked` when it was applied, to `Doubtful` when nobody knows, back to
    /// `Unlinked` when it was not sent, to `Parked` when it was refused.
    Linking,
    /// Both items are known and kept in step. To `Doubtful` when a fragile effect's outcome is unknown, to `Parked` when
    /// something needs a person or a pause.
    Linked,
    /// A fragile effect was sent and nobody knows what became of it; probes are running and nothing else is written. To
    /// `Linked` when it was found or, being a comment, found absent for good; to `Unlinked` when a create was found
    /// absent for good; to `Parked` when the probes cannot tell.
    Doubtful,
    /// It waits: for a person, for a change of either item, or for its next try. Back to `Unlinked`, `Linked` or
    /// `Doubtful` (when an intent is open) by a change, a due retry or a resume; a pair parked by a person leaves only by
    /// a person.
    Parked(Park),
    /// Given up by a person. Its items are no longer looked at.
    Detached,
}

/// Why a pair waits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Park {
    /// What the person reads.
    pub problem: Problem,
    /// Since when.
    pub since: Millis,
    /// Whether only a person may end it: a command parked it, or trying again by itself could do harm.
    pub held: bool,
}

impl Park {
    /// What the problem of a pair that a person set aside is about.
    pub(crate) const PERSON: &str = "parked by a person";

    /// Whether a person set it aside.
    #[must_use]
    pub fn by_person(&self) -> bool {
        self.held && self.problem.subject.as_deref() == Some(Park::PERSON)
    }
}

/// One end of a pair.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct End {
    /// The item.
    pub id: ItemId,
    /// Its key when it was last read.
    pub key: ItemKey,
    /// The revision up to which everything the item says has been dealt with. A feed's word of this revision or an
    /// earlier one is an echo or old news.
    pub seen: Revision,
    /// The revision that our own last write produced, when the remote told it. An item still at this revision was not
    /// touched by anybody since; a reading below it is older than our write.
    pub written: Revision,
    /// The revision that our own last comment says it made. It tells whose change the item shows, but no reading is taken for
    /// an old one by it, for the item itself was not seen at it.
    pub said: Revision,
    /// When the item was last changed by somebody else than us, by the remote's clock.
    pub touched: Millis,
}

/// The last agreement on one field: the digest of each side's value at that time; nothing for a side that never agreed.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Base {
    /// The digests, side by side.
    pub value: Both<Option<Digest>>,
    /// For a set: the digests of the elements that both sides had.
    pub elements: BTreeSet<Digest>,
    /// Whether it is no agreement but what the two sides began with: the source's value when the twin was created without
    /// it, and the default that the twin was born with.
    pub first: bool,
}

/// A comment that has a twin, or will have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Twin {
    /// The twin on the other side.
    Written(CommentId),
    /// The twin is there, but the remote did not tell its id; the next reading does.
    Unnamed,
    /// The comment was there before comments were kept in step, or is not to be carried: it has no twin and gets none.
    None,
}

/// Alternating writes of one field, for seeing ping-pong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Swing {
    /// The side that was written last.
    pub to: Side,
    /// Changes of direction within the window.
    pub count: u8,
    /// When the window began.
    pub since: Millis,
}

/// Failures in a row.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Retry {
    /// How many.
    pub failures: u16,
    /// Readings in a row that showed an item as it was before something that is known of it already.
    pub stale: u16,
    /// When such a reading was believed. What it did not show may be there all the same, and nobody tells of it again; so the
    /// item is read once more when no remote lags that long.
    pub believed: Option<Millis>,
}

/// What was sent of one field without hearing what became of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Unheard {
    /// What was sent to which side.
    pub sent: Both<Option<Planned>>,
    /// What was sent to which side and got no answer at all, as far as no reading has shown it: it may still arrive, on Jira
    /// over something newer too, for an edit has no precondition there (jira.md 5.2). The oldest comes first; at most
    /// [`limit::LATE_EDITS`] a side.
    pub late: Both<Vec<Planned>>,
    /// The latest attempt.
    pub last: Attempt,
    /// When the first reading was asked for of those that a plan was made on after no write could arrive any more.
    pub unseen: Option<Millis>,
}

impl Unheard {
    /// Whether it is not known what a side holds: nothing newer than what was sent there last has been seen.
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        self.sent.jira.is_some() || self.sent.azure.is_some()
    }
}

/// The state of a pair.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Pair {
    /// Its identity.
    pub id: PairId,
    /// Where it stands.
    pub phase: Phase,
    /// Its ends, as far as they are known.
    pub ends: Both<Option<End>>,
    /// The last agreement on each rule's field.
    pub base: BTreeMap<RuleName, Base>,
    /// Which comments have which twins. The key is the original.
    pub comments: BTreeMap<CommentRef, Twin>,
    /// What is planned or under way, in order.
    pub intents: Vec<Intent>,
    /// The number of the next intent.
    pub next_intent: u64,
    /// Rules whose conflict waits for a person (policy `manual`), with both digests at that time.
    pub waiting: BTreeMap<RuleName, Both<Digest>>,
    /// Writes to and fro.
    pub swings: BTreeMap<RuleName, Swing>,
    /// Failures in a row.
    pub retry: Retry,
    /// When to look again, if nothing happens before.
    pub wake: Option<Millis>,
    /// Whether the Jira issue carries the link that people follow to the work item.
    pub linked_back: bool,
    /// What is wrong with it now. A problem leaves when a plan no longer meets it.
    pub problems: BTreeSet<Problem>,
    /// Rules that a remote refused, left out of plans until their source changes or the time comes.
    pub refused: BTreeMap<RuleName, Refused>,
    /// Whether the last plan is wholly carried out, so that unchanged revisions need not be looked into again.
    pub settled: bool,
    /// Whether both items have to be read again when what is under way has ended: the plan had no room for everything, or
    /// word of a change came in between.
    pub owes: bool,
    /// The latest revisions that feeds named and that no reading has shown yet.
    pub told_of: Both<Revision>,
    /// When both items were asked for, while the answer is awaited.
    pub reading: Option<Millis>,
    /// What was sent of which fields without hearing what became of it. A field that is found to hold just that was written by
    /// us and not changed by a person.
    pub unheard: BTreeMap<RuleName, Unheard>,
    /// Conflicts that were told of, by both digests, so that a plan made again does not tell them again.
    pub told: BTreeMap<RuleName, Both<Digest>>,
    /// Comments whose twin the remote refused, left out of plans until the time comes.
    pub muted: BTreeMap<CommentRef, Millis>,
    /// Whether fields and comments leave in patches of their own: one with both was refused, and nobody knows for which.
    pub apart: bool,
}

/// A rule that a remote refused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Refused {
    /// The remote that refused it.
    pub by: Side,
    /// The digest of the source's value that was refused, when it was known.
    pub source: Digest,
    /// What was wrong with it.
    pub code: model::problem::Code,
    /// What the remote named that is not the rule's own field, an identifier: a field that a transition demands, or that no
    /// rule fills; an error code.
    pub named: Option<String>,
    /// The digest of the value that the refusing side had when a walk over statuses ended there. The refusal holds only
    /// while it stands there, and until it moves no other way than a direct one is tried.
    pub stood: Option<Digest>,
    /// When it is tried again all the same.
    pub until: Millis,
}

impl Refused {
    /// What people are told of it.
    pub(crate) fn problem(&self, rule: &RuleName) -> Problem {
        let subject = self.named.as_deref().unwrap_or(rule.as_str());
        Problem::new(self.code).on(self.by).about(subject)
    }
}

impl Pair {
    /// A pair that begins with its source item.
    #[must_use]
    pub fn new(id: PairId) -> Pair {
        Pair {
            id,
            phase: Phase::Unlinked,
            ends: Both::default(),
            base: BTreeMap::new(),
            comments: BTreeMap::new(),
            intents: Vec::new(),
            next_intent: 1,
            waiting: BTreeMap::new(),
            swings: BTreeMap::new(),
            retry: Retry::default(),
            wake: None,
            linked_back: false,
            problems: BTreeSet::new(),
            refused: BTreeMap::new(),
            settled: false,
            owes: false,
            told_of: Both::default(),
            reading: None,
            unheard: BTreeMap::new(),
            told: BTreeMap::new(),
            muted: BTreeMap::new(),
            apart: false,
        }
    }

    /// The side that the pair did not begin on.
    #[must_use]
    pub fn far(&self) -> Side {
        self.id.origin.other()
    }

    /// The item of that side: the source is known from the identity alone.
    #[must_use]
    pub fn item(&self, side: Side) -> Option<ItemId> {
        let known = self.ends.get(side).as_ref().map(|end| end.id);
        known.or_else(|| (side == self.id.origin).then_some(self.id.item))
    }

    /// Both items, when both are known.
    #[must_use]
    pub fn is_linked(&self) -> bool {
        self.ends.jira.is_some() && self.ends.azure.is_some()
    }

    /// What may be taken as read on that side: the revision up to which everything was dealt with, unless something is
    /// still owed.
    #[must_use]
    pub fn known(&self, side: Side) -> Option<Revision> {
        let end = self.ends.get(side).as_ref()?;
        let settled = self.settled && self.muted.is_empty();
        settled.then_some(end.seen)
    }

    /// Whether what reads as stale is believed from now on.
    #[must_use]
    pub fn is_resigned(&self) -> bool {
        self.retry.stale >= limit::STALE_READINGS
    }

    /// Whether it waits for a remote to show what is known of an item already. To look before the pause is over would use up
    /// the readings after which an old one is believed, and a word of a change is no reason to: it is remembered. A pause that
    /// is longer than any was set by a clock that stood ahead.
    #[must_use]
    pub fn lags(&self, now: Millis) -> bool {
        let longest = limit::RETRY_AFTER_MS.into_iter().max().unwrap_or(0);
        let pauses = |wake: Millis| now < wake && wake.since(now) <= longest;
        let rests = self.is_linked() && !self.is_open() && self.reading.is_none();
        let doubts = self.retry.stale > 0 && self.retry.believed.is_none();
        rests && doubts && self.wake.is_some_and(pauses)
    }

    /// Whether that write still waits to be sent. The outbox asks before it sends; a write whose intent is gone must not
    /// leave any more, for the core has planned again without it.
    #[must_use]
    pub fn awaits(&self, intent: u64) -> bool {
        self.intent(intent)
            .is_some_and(|intent| matches!(intent.stage, crate::intent::Stage::Planned))
    }

    /// Whether a feed's word of that revision tells nothing new.
    #[must_use]
    pub fn has_seen(&self, side: Side, revision: Revision) -> bool {
        self.ends
            .get(side)
            .as_ref()
            .is_some_and(|end| revision <= end.seen)
    }

    /// Whether work is under way that recovery has to look at.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.intents.is_empty()
    }

    /// The open intent of that number.
    #[must_use]
    pub fn intent(&self, number: u64) -> Option<&Intent> {
        self.intents.iter().find(|intent| intent.number == number)
    }

    /// The phase that the ends and intents speak for when nothing hinders.
    #[must_use]
    pub(crate) fn settled_phase(&self) -> Phase {
        let doubtful = self.intents.iter().any(Intent::is_doubtful);
        let linking = !self.intents.is_empty();
        match (doubtful, self.is_linked(), linking) {
            (true, _, _) => Phase::Doubtful,
            (false, true, _) => Phase::Linked,
            (false, false, true) => Phase::Linking,
            (false, false, false) => Phase::Unlinked,
        }
    }
}
