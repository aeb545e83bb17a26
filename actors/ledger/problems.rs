//! The problem rows that one commit touches.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::atomic::{AtomicUsize, Ordering};

use model::{Millis, PairId, Problem, limit};
use storage::{Batch, Store, Table, decode, encode};

use super::{Ledger, LedgerError, PROBLEMS_PER_PAIR};
use crate::stored::{ProblemRow, key};

/// How many problems of a profile's pairs are open. Beyond [`limit::PROBLEMS_PER_PROFILE`] further ones get no row; the
/// pairs' own rows and histories name them all the same.
#[derive(Debug, Default)]
pub struct Room(AtomicUsize);

impl Room {
    /// With so many open already.
    #[must_use]
    pub fn taken(open: usize) -> Room {
        Room(AtomicUsize::new(open))
    }

    fn take(&self) -> bool {
        let more = |open: usize| (open < limit::PROBLEMS_PER_PROFILE).then_some(open + 1);
        let taken = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        taken.is_ok()
    }

    fn give(&self) {
        let less = |open: usize| Some(open.saturating_sub(1));
        let _ = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }
}

/// The tenant's own problems, oldest key first.
///
/// # Errors
/// When the store cannot be read.
pub fn of_tenant(store: &Store) -> Result<Vec<ProblemRow>, LedgerError> {
    let rows = store.scan(
        Table::Problem,
        &key::TENANT,
        None,
        limit::PROBLEMS_PER_PROFILE,
    )?;
    let decoded = rows.iter().map(|(_, bytes)| Ok(decode(bytes)?));
    decoded.collect()
}

/// Opens or closes a problem of the tenant itself. Gives nothing when it is so already.
///
/// # Errors
/// When the store cannot be read.
pub fn tenant_problem(
    store: &Store,
    problem: &Problem,
    open: bool,
    now: Millis,
) -> Result<Option<Batch>, LedgerError> {
    let at = key::tenant_problem(problem);
    let bytes = store.get(Table::Problem, &at)?;
    let stored: Option<ProblemRow> = bytes.map(|bytes| decode(&bytes)).transpose()?;
    if stored.as_ref().is_some_and(|row| row.open) == open {
        return Ok(None);
    }
    let mut row = stored.unwrap_or_else(|| ProblemRow {
        problem: problem.clone(),
        pair: None,
        first: now,
        last: now,
        count: 0,
        open,
    });
    row.count = row.count.saturating_add(u64::from(open));
    (row.last, row.open) = (now, open);
    let mut batch = Batch::new();
    batch.put(Table::Problem, at, encode(&row)?);
    Ok(Some(batch))
}

/// The rows. A later note of the same step must see what an earlier one did, so they are gathered before they are put.
pub(super) struct Problems<'a> {
    ledger: &'a Ledger,
    room: &'a Room,
    rows: BTreeMap<Vec<u8>, ProblemRow>,
}

impl<'a> Problems<'a> {
    pub(super) fn new(ledger: &'a Ledger, room: &'a Room) -> Problems<'a> {
        Problems {
            ledger,
            room,
            rows: BTreeMap::new(),
        }
    }

    /// The row as it stands, or as this commit has made it.
    fn row(&self, at: &[u8]) -> Result<Option<ProblemRow>, LedgerError> {
        if let Some(row) = self.rows.get(at) {
            return Ok(Some(row.clone()));
        }
        let bytes = self.ledger.store.get(Table::Problem, at)?;
        Ok(bytes.map(|bytes| decode(&bytes)).transpose()?)
    }

    pub(super) fn open(
        &mut self,
        pair: Option<PairId>,
        problem: &Problem,
        now: Millis,
    ) -> Result<(), LedgerError> {
        let at = key::problem(&self.ledger.profile, pair, problem);
        let stored = self.row(&at)?;
        let is_open = stored.as_ref().is_some_and(|row| row.open);
        if !is_open && !self.room.take() {
            return Ok(());
        }
        let mut row = stored.unwrap_or_else(|| ProblemRow {
            problem: problem.clone(),
            pair,
            first: now,
            last: now,
            count: 0,
            open: true,
        });
        row.count = row.count.saturating_add(1);
        row.last = now;
        row.open = true;
        self.rows.insert(at, row);
        Ok(())
    }

    pub(super) fn close(
        &mut self,
        pair: Option<PairId>,
        problem: &Problem,
        now: Millis,
    ) -> Result<(), LedgerError> {
        let at = key::problem(&self.ledger.profile, pair, problem);
        if let Some(row) = self.row(&at)?.filter(|row| row.open) {
            self.shut(at, row, now);
        }
        Ok(())
    }

    pub(super) fn close_all(&mut self, pair: PairId, now: Millis) -> Result<(), LedgerError> {
        let prefix = key::problems_of(&self.ledger.profile, Some(pair));
        let store = &self.ledger.store;
        for (at, bytes) in store.scan(Table::Problem, &prefix, None, PROBLEMS_PER_PAIR)? {
            if let Entry::Vacant(vacant) = self.rows.entry(at) {
                vacant.insert(decode(&bytes)?);
            }
        }
        let open: Vec<_> = self.rows.iter().filter(|(_, row)| row.open).collect();
        let open: Vec<_> = open
            .into_iter()
            .map(|(at, row)| (at.clone(), row.clone()))
            .collect();
        for (at, row) in open {
            self.shut(at, row, now);
        }
        Ok(())
    }

    fn shut(&mut self, at: Vec<u8>, mut row: ProblemRow, now: Millis) {
        self.room.give();
        (row.open, row.last) = (false, now);
        self.rows.insert(at, row);
    }

    pub(super) fn put(self, batch: &mut Batch) -> Result<(), LedgerError> {
        for (at, row) in self.rows {
            batch.put(Table::Problem, at, encode(&row)?);
        }
        Ok(())
    }
}
