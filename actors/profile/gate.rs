//! The gate before creates: it opens once in the life of a profile's actor, when both feeds were read to their end and every
//! item that they named was met.
//!
//! It begins shut at every start, not only at the first: nobody can tell a store that was put back from an older copy from
//! one that was merely closed, and the feeds name what was created since. After a backup was restored it stays shut for a while
//! besides: what was created last may not be shown yet.
//!
//! An item that cannot be read is done without after a while, so that one broken item does not hold up all others. An
//! outage is no such item: while a remote answers no reading at all, or asks to wait, nothing is counted against any item.

use std::collections::{BTreeMap, BTreeSet};

use model::{Both, PairId, Side, limit};

/// The gate.
#[derive(Default)]
pub(super) struct Gate {
    open: bool,
    drained: Both<bool>,
    /// Pairs whose item is still to be looked at, and how often that failed.
    unmet: BTreeMap<PairId, Tries>,
    /// Pairs whose item was looked at.
    met: BTreeSet<PairId>,
}

/// What came of looking at a pair's item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// It was looked at, be it there or not, or it is known from before.
    Met,
    /// It cannot be read, for a reason that lies with the item or the profile.
    Failed,
    /// The remote gave no answer. It has answered this many other readings since the start.
    Hindered {
        /// Readings that the item's remote answered.
        answers: u64,
    },
    /// The remote asks to wait, or knows us no longer: that says nothing of the item.
    Refused,
}

/// How often an item could not be looked at.
#[derive(Clone, Copy, Default)]
struct Tries {
    failed: u8,
    /// Times that the remote gave no answer although it has answered others since the first of them.
    alone: u8,
    /// Readings that the remote had answered when it first gave no answer to this one. When everything else was met nobody
    /// else asks any more, so what it has answered once since then stays good evidence.
    first: Option<u64>,
}

impl Tries {
    /// Counts one more. Says whether it was the last one.
    fn count(&mut self, look: Look) -> bool {
        match look {
            Look::Failed => self.failed = self.failed.saturating_add(1),
            Look::Hindered { answers } => {
                let first = *self.first.get_or_insert(answers);
                self.alone = self.alone.saturating_add(u8::from(answers > first));
            }
            Look::Met | Look::Refused => {}
        }
        self.failed >= limit::MEETING_TRIES || self.alone >= limit::MEETING_TRIES_ALONE
    }
}

impl Gate {
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// A feed was read to its end.
    pub(super) fn drained(&mut self, side: Side) {
        *self.drained.get_mut(side) = true;
    }

    /// A feed named an item: unless it was looked at before, it is waited for.
    pub(super) fn await_new(&mut self, id: PairId) {
        if !self.met.contains(&id) {
            self.await_pair(id);
        }
    }

    /// Something about that pair has to be taken in, whether it was looked at before or not.
    pub(super) fn await_pair(&mut self, id: PairId) {
        if !self.open {
            self.unmet.entry(id).or_default();
        }
    }

    /// A pair was at work.
    pub(super) fn looked_at(&mut self, id: PairId, look: Look) {
        if self.open {
            return;
        }
        if look == Look::Met {
            self.unmet.remove(&id);
            self.met.insert(id);
        } else if self
            .unmet
            .get_mut(&id)
            .is_some_and(|tries| tries.count(look))
        {
            model::log!(
                warn,
                "an item cannot be read; creates no longer wait for it",
                pair = id
            );
            self.unmet.remove(&id);
        }
    }

    /// A pair is not waited for any more.
    pub(super) fn do_without(&mut self, id: PairId) {
        self.unmet.remove(&id);
    }

    /// Opens when nothing is waited for. Says whether it opened just now.
    pub(super) fn opens(&mut self) -> bool {
        let ready = self.drained.jira && self.drained.azure && self.unmet.is_empty();
        if self.open || !ready {
            return false;
        }
        self.open = true;
        self.met.clear();
        true
    }
}

#[cfg(test)]
mod tests {
    use model::ItemId;

    use super::*;

    fn id(item: u64) -> PairId {
        PairId {
            origin: Side::Azure,
            item: ItemId(item),
        }
    }

    fn drained() -> Gate {
        let mut gate = Gate::default();
        Side::BOTH.into_iter().for_each(|side| gate.drained(side));
        gate
    }

    #[test]
    fn one_feed_alone_does_not_open_it() {
        for side in Side::BOTH {
            let mut gate = Gate::default();
            gate.drained(side);
            assert!(!gate.opens(), "{side}");
            gate.drained(side.other());
            assert!(gate.opens(), "{side}");
        }
    }

    #[test]
    fn it_opens_once_both_feeds_are_read_and_everything_was_met() {
        let mut gate = Gate::default();
        gate.await_new(id(1));
        gate.drained(Side::Jira);
        gate.looked_at(id(1), Look::Met);
        assert!(!gate.opens());
        gate.drained(Side::Azure);
        assert!(gate.opens() && gate.is_open());
        assert!(!gate.opens());
        gate.await_new(id(2));
        assert!(gate.is_open() && gate.unmet.is_empty());
    }

    #[test]
    fn what_was_met_before_does_not_hold_it_up_but_a_handed_over_item_does() {
        let mut gate = drained();
        gate.await_new(id(1));
        gate.looked_at(id(1), Look::Met);
        gate.await_new(id(1));
        gate.await_pair(id(1));
        assert!(!gate.opens());
        gate.looked_at(id(1), Look::Met);
        assert!(gate.opens());
    }

    #[test]
    fn an_item_that_cannot_be_read_holds_it_up_for_a_while_only() {
        let mut gate = drained();
        gate.await_new(id(1));
        gate.await_new(id(2));
        gate.do_without(id(2));
        for _ in 1..limit::MEETING_TRIES {
            gate.looked_at(id(1), Look::Failed);
            assert!(!gate.opens());
        }
        gate.looked_at(id(1), Look::Failed);
        assert!(gate.opens());
    }

    #[test]
    fn an_outage_holds_it_up_as_long_as_it_lasts() {
        let mut gate = drained();
        gate.await_new(id(1));
        for _ in 0..1_000 {
            gate.looked_at(id(1), Look::Refused);
            gate.looked_at(id(1), Look::Hindered { answers: 7 });
            assert!(!gate.opens());
        }
        gate.looked_at(id(1), Look::Met);
        assert!(gate.opens());
    }

    #[test]
    fn an_item_that_is_not_answered_while_others_are_holds_it_up_for_a_while_only() {
        let mut gate = drained();
        gate.await_new(id(1));
        gate.looked_at(id(1), Look::Hindered { answers: 1 });
        // The others were met once, and then nobody else asks.
        for _ in 1..limit::MEETING_TRIES_ALONE {
            gate.looked_at(id(1), Look::Hindered { answers: 12 });
            assert!(!gate.opens());
        }
        gate.looked_at(id(1), Look::Hindered { answers: 12 });
        assert!(gate.opens());
    }
}
