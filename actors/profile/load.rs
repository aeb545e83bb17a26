//! What a profile finds in the store when it starts.

use model::{Both, Millis, limit, problem::Code};
use storage::{DecodeError, Store, Table, decode};
use sync::{Command, Event, Phase};

use super::agenda::Pending;
use super::{State, expiry};
use crate::ledger::LedgerError;
use crate::stored::{InboxRow, OrderRow, PairRow, ProfileRow, TimerRow, Waiting, key};

/// Rows that are read at once.
const PAGE: usize = 1_000;

impl State {
    /// Loads what waits: the inbox, the timers, and what is known of the profile.
    pub(super) async fn load(&mut self) -> Result<(), LedgerError> {
        let prefix = key::profile(&self.ledger.profile);
        let stored = self.ledger.store.get(Table::Profile, &prefix)?;
        let row: Option<ProfileRow> = stored.map(|bytes| decode(&bytes)).transpose()?;
        let present = self.arguments.setup.profile.fingerprint();
        let before = row.map_or_else(|| present.to_owned(), |row| row.fingerprint);
        let changed = before != present;
        self.fingerprint = before;
        // What an earlier life of this profile still had on its way to the journal is behind us when this is durable.
        self.keep_fingerprint().await?;
        self.load_problems()?;
        self.load_timers(&prefix)?;
        self.load_inbox(&prefix)?;
        if changed {
            self.owed = Both::of(|_| true);
            self.look_at_all(&prefix)?;
        }
        Ok(())
    }

    /// What was wrong with the profile or its connections before the start is believed until it is seen to be right.
    fn load_problems(&mut self) -> Result<(), LedgerError> {
        let rows = self.ledger.own_problems(limit::PROBLEMS_PER_PROFILE)?;
        for row in rows.into_iter().filter(|row| row.open) {
            match (row.problem.code, row.problem.side) {
                // Whoever ordered it announces its end.
                (Code::ExtendedLogging, _) => {}
                (code, _) if expiry::is_one(code) => {
                    self.expiries.insert(row.problem);
                }
                (Code::ProfileGap, _) | (_, None) => {
                    self.gaps.insert(row.problem);
                }
                (_, Some(side)) => {
                    self.trouble.get_mut(side).former.insert(row.problem);
                }
            }
        }
        Ok(())
    }

    fn load_timers(&mut self, prefix: &[u8]) -> Result<(), LedgerError> {
        let store = self.ledger.store.clone();
        let latest = latest_due(self.arguments.clock.now());
        for_each(&store, Table::Timer, prefix, |at, bytes| {
            let row: TimerRow = decode(bytes)?;
            let Some(id) = key::pair_of(&self.ledger.profile, at) else {
                return Ok(());
            };
            // What was under way or to be tried again is due at once after a start.
            let due = match row.waiting {
                Waiting::Parked => {
                    self.parked.insert(id);
                    row.due.min(latest)
                }
                Waiting::Open => Millis(0),
                Waiting::Retry => {
                    // Nobody knows whether its item was looked at before the stop.
                    self.gate.await_new(id);
                    Millis(0)
                }
            };
            self.agenda.set_timer(id, Some(TimerRow { due, ..row }));
            Ok(())
        })
    }

    fn load_inbox(&mut self, prefix: &[u8]) -> Result<(), LedgerError> {
        let store = self.ledger.store.clone();
        for_each(&store, Table::Inbox, prefix, |at, bytes| {
            let profile = &self.ledger.profile;
            let work = if key::is_order(profile, at) {
                let row: OrderRow = decode(bytes)?;
                Pending::order(row.order.into(), at.to_vec())
            } else {
                let row: InboxRow = decode(bytes)?;
                Pending::row(at.to_vec(), row.side, row.revision, !row.backfill)
            };
            if let Some(id) = key::pair_of(profile, at) {
                self.gate.await_new(id);
                self.heard_of(id, false);
                self.agenda.pend(id, work);
            }
            Ok(())
        })
    }

    /// The profile has changed: every pair may have something to do by the new rules, but those that wait for a person.
    fn look_at_all(&mut self, prefix: &[u8]) -> Result<(), LedgerError> {
        let store = self.ledger.store.clone();
        for_each(&store, Table::Pair, prefix, |at, bytes| {
            // One that cannot be decoded is looked at, and its own actor tells of it.
            let set_aside = match decode::<PairRow>(bytes).map(|row| row.pair.phase) {
                Ok(Phase::Parked(park)) => park.held,
                Ok(Phase::Detached) => true,
                Ok(Phase::Unlinked | Phase::Linking | Phase::Linked | Phase::Doubtful) | Err(_) => {
                    false
                }
            };
            if let Some(id) = key::pair_of(&self.ledger.profile, at).filter(|_| !set_aside) {
                let event = Event::Command(Command::Resync);
                self.resync.insert(id);
                self.agenda.pend(id, Pending::event(event, false));
            }
            Ok(())
        })
    }
}

/// When a parked pair is due at the latest, whatever its row says: the clock may have stood far ahead when it was written.
fn latest_due(now: Millis) -> Millis {
    let longest = limit::RETRY_AFTER_MS.into_iter().max();
    now.plus(longest.unwrap_or(0))
}

/// Goes through a table in pages.
pub(crate) fn for_each(
    store: &Store,
    table: Table,
    prefix: &[u8],
    mut take: impl FnMut(&[u8], &[u8]) -> Result<(), DecodeError>,
) -> Result<(), LedgerError> {
    let mut after: Option<Vec<u8>> = None;
    loop {
        let rows = store.scan(table, prefix, after.as_deref(), PAGE)?;
        for (at, bytes) in &rows {
            take(at, bytes)?;
        }
        let full = rows.len() == PAGE;
        after = rows.into_iter().next_back().map(|(at, _)| at);
        if !full || after.is_none() {
            return Ok(());
        }
    }
}
