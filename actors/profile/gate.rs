//! The gate before creates: it opens once in the life of a profile's actor, when both feeds were read to their end and every
//! item that they named was met.
//!
//! It begins shut at every start, not only at the first: nobody can tell a store that was put back from an older copy from
//! one that was merely closed, and the feeds name what was created since.

use std::collections::{BTreeMap, BTreeSet};

use model::{Both, PairId, Side};

/// Times that one item is tried to be read before the gate does without it.
const TRIES: u8 = 5;

/// The gate.
#[derive(Default)]
pub(super) struct Gate {
    open: bool,
    drained: Both<bool>,
    /// Pairs whose item is still to be looked at, and how often that failed.
    unmet: BTreeMap<PairId, u8>,
    /// Pairs whose item was looked at.
    met: BTreeSet<PairId>,
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

    /// A pair was at work, and its item was looked at or could not be.
    pub(super) fn looked_at(&mut self, id: PairId, met: bool) {
        if self.open {
            return;
        }
        if met {
            self.unmet.remove(&id);
            self.met.insert(id);
        } else if let Some(tries) = self.unmet.get_mut(&id) {
            *tries = tries.saturating_add(1);
            if *tries >= TRIES {
                self.unmet.remove(&id);
            }
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
    fn it_opens_once_both_feeds_are_read_and_everything_was_met() {
        let mut gate = Gate::default();
        gate.await_new(id(1));
        gate.drained(Side::Jira);
        gate.looked_at(id(1), true);
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
        gate.looked_at(id(1), true);
        gate.await_new(id(1));
        gate.await_pair(id(1));
        assert!(!gate.opens());
        gate.looked_at(id(1), true);
        assert!(gate.opens());
    }

    #[test]
    fn an_item_that_cannot_be_read_holds_it_up_for_a_while_only() {
        let mut gate = drained();
        gate.await_new(id(1));
        gate.await_new(id(2));
        gate.do_without(id(2));
        for _ in 1..TRIES {
            gate.looked_at(id(1), false);
            assert!(!gate.opens());
        }
        gate.looked_at(id(1), false);
        assert!(gate.opens());
    }
}
