//! What a run would look at, from what the last one left in the store.

use std::collections::{BTreeMap, BTreeSet};

use mapping::Profile;
use model::{Both, ItemId, Millis, PairId, Revision, Side};
use storage::{Table, decode};
use sync::{Command, Event, Pair, ReadRequest};

use crate::ledger::{Ledger, LedgerError};
use crate::pair::is_set_aside;
use crate::profile::load::for_each;
use crate::stored::{CursorRow, InboxRow, OrderRow, PairRow, ProfileRow, TimerRow, Waiting, key};

/// Why a pair is looked at, and what it is told.
#[derive(Default)]
pub(super) struct Cue {
    /// The latest revisions that were named.
    pub(super) told: Both<Revision>,
    /// Orders that wait, and whatever else it hears at its beginning.
    pub(super) events: Vec<Event>,
    /// Items that carry its marker.
    pub(super) adopted: Vec<ItemId>,
}

/// All pairs that are looked at.
pub(super) struct Agenda {
    cues: BTreeMap<PairId, Cue>,
    cursors: Both<Option<CursorRow>>,
    /// Whether the profile is not the one that the pairs were last kept in step by.
    changed: bool,
}

/// A source that has no twin yet.
pub(super) struct Source {
    item: ItemId,
    revision: Revision,
}

impl Source {
    /// Its comments are of no interest here, and are left out when it is as the feed knows it.
    pub(super) fn request(&self) -> ReadRequest {
        ReadRequest {
            known: Some(self.revision),
            ..whole(self.item)
        }
    }

    pub(super) fn id(&self, origin: Side) -> PairId {
        PairId {
            origin,
            item: self.item,
        }
    }
}

/// The question for an item with all its comments.
pub(super) fn whole(item: ItemId) -> ReadRequest {
    ReadRequest {
        item,
        known: None,
        resigned: false,
    }
}

impl Agenda {
    /// What the store has: work under way, what is to be tried again, the inbox, and everything when the profile changed.
    pub(super) fn load(
        ledger: &Ledger,
        profile: &Profile,
        now: Millis,
    ) -> Result<Agenda, LedgerError> {
        let store = &ledger.store;
        let prefix = key::profile(&ledger.profile);
        let stored = store.get(Table::Profile, &prefix)?;
        let row: Option<ProfileRow> = stored.map(|bytes| decode(&bytes)).transpose()?;
        let mut agenda = Agenda {
            cues: BTreeMap::new(),
            cursors: Both::default(),
            changed: row.is_some_and(|row| row.fingerprint != profile.fingerprint()),
        };
        for side in Side::BOTH {
            let stored = store.get(Table::Cursor, &key::cursor(&ledger.profile, side))?;
            *agenda.cursors.get_mut(side) = stored.map(|bytes| decode(&bytes)).transpose()?;
        }
        for_each(store, Table::Timer, &prefix, |at, bytes| {
            let row: TimerRow = decode(bytes)?;
            let due = row.waiting != Waiting::Parked || row.due <= now;
            if let Some(id) = key::pair_of(&ledger.profile, at).filter(|_| due) {
                agenda.cue(id);
            }
            Ok(())
        })?;
        for_each(store, Table::Inbox, &prefix, |at, bytes| {
            let Some(id) = key::pair_of(&ledger.profile, at) else {
                return Ok(());
            };
            if key::is_order(&ledger.profile, at) {
                let row: OrderRow = decode(bytes)?;
                let order = Event::Command(row.order.into());
                agenda.cue(id).events.push(order);
            } else {
                let row: InboxRow = decode(bytes)?;
                agenda.told(id, row.side, row.revision);
            }
            Ok(())
        })?;
        if agenda.changed {
            agenda.resync(ledger, &prefix)?;
        }
        Ok(agenda)
    }

    fn resync(&mut self, ledger: &Ledger, prefix: &[u8]) -> Result<(), LedgerError> {
        for_each(&ledger.store, Table::Pair, prefix, |_, bytes| {
            let row: PairRow = decode(bytes)?;
            if !is_set_aside(&row.pair.phase) {
                let cue = self.cue(row.pair.id);
                cue.events.push(Event::Command(Command::Resync));
            }
            Ok(())
        })
    }

    fn cue(&mut self, id: PairId) -> &mut Cue {
        self.cues.entry(id).or_default()
    }

    /// A pair's item was named with that revision.
    pub(super) fn told(&mut self, id: PairId, side: Side, revision: Revision) {
        let latest = self.cue(id).told.get_mut(side);
        *latest = (*latest).max(revision);
    }

    /// Where a run would go on in a feed; nothing for a pass over everything.
    pub(super) fn position(&self, side: Side, now: Millis, rescan_ms: i64) -> Option<String> {
        let place = self.cursors.get(side).as_ref()?;
        let passes = self.changed || place.scanned.min(now).plus(rescan_ms) <= now;
        (place.drained && !passes).then(|| place.cursor.clone())
    }

    /// The sources of that side that have no twin yet.
    pub(super) fn unlinked(&self, ledger: &Ledger, side: Side) -> Result<Vec<Source>, LedgerError> {
        let mut found = Vec::new();
        for (id, cue) in self.cues.iter().filter(|(id, _)| id.origin == side) {
            let linked = ledger.pair(*id)?.is_some_and(|row| row.pair.is_linked());
            if !linked {
                found.push(Source {
                    item: id.item,
                    revision: *cue.told.get(side),
                });
            }
        }
        Ok(found)
    }

    /// An item begins no pair of its own: it is the twin of that one.
    pub(super) fn hand_over(&mut self, own: PairId, to: PairId, item: ItemId) {
        self.cues.remove(&own);
        self.cue(to).adopted.push(item);
    }

    pub(super) fn into_cues(self) -> BTreeMap<PairId, Cue> {
        self.cues
    }
}

/// Tells of every stored pair that a run would not look at now.
pub(super) fn stand_by(
    ledger: &Ledger,
    looked_at: &[PairId],
    mut tell: impl FnMut(&Pair),
) -> Result<(), LedgerError> {
    let looked_at: BTreeSet<&PairId> = looked_at.iter().collect();
    let prefix = key::profile(&ledger.profile);
    for_each(&ledger.store, Table::Pair, &prefix, |_, bytes| {
        let row: PairRow = decode(bytes)?;
        if !looked_at.contains(&row.pair.id) {
            tell(&row.pair);
        }
        Ok(())
    })
}
