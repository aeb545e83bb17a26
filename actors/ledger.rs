//! The commits of a pair: everything that one step changed, in one batch.

mod problems;
#[cfg(test)]
mod tests;

use model::log::Told;
use model::{ItemKey, Millis, PairId, Problem, ProfileName, RuleName, Side, limit};
use storage::{Batch, EncodeError, ReadError, Store, Table, decode, encode};
use sync::{Command, Note, Pair, Phase};

use problems::Problems;
pub use problems::{Room, of_tenant, tenant_problem};

use crate::stored::{HistoryRow, IndexRow, OrderRow, PairRow, ProblemRow, TimerRow, Waiting, key};

/// Why a row could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The store could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A row is not what its envelope says.
    #[error("a row of the store cannot be decoded; run `counterpart fsck`: {0}")]
    Decode(#[from] storage::DecodeError),
    /// A row is too large to be stored.
    #[error("a row cannot be encoded: {0}")]
    Encode(#[from] EncodeError),
    /// The commit was refused.
    #[error(transparent)]
    Commit(#[from] storage::CommitError),
}

/// Problem rows that are read at once.
const PROBLEMS_AT_ONCE: usize = 1_000;
/// Problem rows of one pair that are looked at: each rule has a few codes at most.
const PROBLEMS_PER_PAIR: usize = 4 * limit::RULES_PER_PROFILE;

/// What one step made of a pair, besides the pair.
#[derive(Clone, Copy)]
pub struct Written<'a> {
    /// The pair as it stands in the store.
    pub before: Option<&'a Pair>,
    /// What people are told.
    pub notes: &'a [Note],
    /// Whether effects wait for their turn.
    pub owing: bool,
    /// Now.
    pub now: Millis,
}

/// A profile's rows in the store of its tenant.
#[derive(Clone)]
pub struct Ledger {
    /// The store.
    pub store: Store,
    /// The profile.
    pub profile: ProfileName,
}

impl Ledger {
    /// A pair's row, if the pair is known.
    pub fn pair(&self, id: PairId) -> Result<Option<PairRow>, LedgerError> {
        let bytes = self.store.get(Table::Pair, &key::pair(&self.profile, id))?;
        bytes.map(|bytes| Ok(decode(&bytes)?)).transpose()
    }

    /// The pair of an item, if it has one.
    pub fn pair_of(&self, side: Side, item: model::ItemId) -> Result<Option<PairId>, LedgerError> {
        self.index(&key::item(&self.profile, side, item))
    }

    /// The pair that people call by that key.
    pub fn pair_called(&self, name: &ItemKey) -> Result<Option<PairId>, LedgerError> {
        self.index(&key::human(&self.profile, name))
    }

    fn index(&self, at: &[u8]) -> Result<Option<PairId>, LedgerError> {
        let bytes = self.store.get(Table::Index, at)?;
        let row: Option<IndexRow> = bytes.map(|bytes| decode(&bytes)).transpose()?;
        Ok(row.map(|row| row.pair))
    }

    /// The kept lines of a pair's history, oldest first.
    pub fn history(&self, id: PairId) -> Result<Vec<HistoryRow>, LedgerError> {
        let prefix = key::pair(&self.profile, id);
        let rows = self
            .store
            .scan(Table::History, &prefix, None, limit::HISTORY_PER_PAIR)?;
        let mut lines = Vec::with_capacity(rows.len());
        for (_, bytes) in rows {
            lines.push(decode::<HistoryRow>(&bytes)?);
        }
        lines.sort_by_key(|row| row.line);
        Ok(lines)
    }

    /// The problems of the profile and all its pairs that are wanted, at most `most`. All rows are looked through: what is
    /// open must not hide behind any number of closed ones.
    pub fn problems(
        &self,
        wanted: impl Fn(&ProblemRow) -> bool,
        most: usize,
    ) -> Result<Vec<ProblemRow>, LedgerError> {
        let prefix = key::profile(&self.profile);
        let mut found = Vec::new();
        let mut after: Option<Vec<u8>> = None;
        loop {
            let rows =
                self.store
                    .scan(Table::Problem, &prefix, after.as_deref(), PROBLEMS_AT_ONCE)?;
            let is_last = rows.len() < PROBLEMS_AT_ONCE;
            after = rows.last().map(|(at, _)| at.clone());
            for (_, bytes) in rows {
                let row: ProblemRow = decode(&bytes)?;
                if wanted(&row) {
                    found.push(row);
                }
                if found.len() >= most {
                    return Ok(found);
                }
            }
            if is_last {
                return Ok(found);
            }
        }
    }

    /// The problems of the profile itself, open ones and closed ones, at most `most`.
    pub fn own_problems(&self, most: usize) -> Result<Vec<ProblemRow>, LedgerError> {
        let prefix = key::problems_of(&self.profile, None);
        let rows = self.store.scan(Table::Problem, &prefix, None, most)?;
        rows.into_iter()
            .map(|(_, bytes)| Ok(decode(&bytes)?))
            .collect()
    }

    /// Pairs after `after` in the order of their keys, at most `most`.
    pub fn pairs(&self, after: Option<PairId>, most: usize) -> Result<Vec<PairRow>, LedgerError> {
        let from = after.map(|id| key::pair(&self.profile, id));
        let prefix = key::profile(&self.profile);
        let rows = self
            .store
            .scan(Table::Pair, &prefix, from.as_deref(), most)?;
        rows.into_iter()
            .map(|(_, bytes)| Ok(decode(&bytes)?))
            .collect()
    }

    /// A person's order under that number, to be made durable before it is acknowledged, and its key. Nothing when as many
    /// wait for the pair as may.
    pub fn order(
        &self,
        id: PairId,
        command: Command,
        number: u64,
    ) -> Result<Option<(Vec<u8>, Batch)>, LedgerError> {
        let waiting = key::orders_of(&self.profile, id);
        let most = limit::ORDERS_PER_PAIR;
        if self.store.scan(Table::Inbox, &waiting, None, most)?.len() == most {
            return Ok(None);
        }
        let at = key::order(&self.profile, id, self.store.incarnation(), number);
        let row = OrderRow {
            order: command.into(),
        };
        let mut batch = Batch::new();
        batch.put(Table::Inbox, at.clone(), encode(&row)?);
        Ok(Some((at, batch)))
    }

    /// Everything that a step changed: the pair's row, its indexes and timer, its history and problems.
    pub fn write(
        &self,
        step: &Written<'_>,
        row: &mut PairRow,
        room: &Room,
    ) -> Result<Batch, LedgerError> {
        let Written {
            before,
            notes,
            owing,
            now,
        } = *step;
        let mut batch = Batch::new();
        self.write_history(&mut batch, row, notes, now)?;
        self.write_problems(&mut batch, step, &row.pair, room)?;
        let at = key::pair(&self.profile, row.pair.id);
        if before != Some(&row.pair) {
            self.write_index(&mut batch, before, &row.pair)?;
        }
        match timer(&row.pair, owing) {
            Some(timer) => batch.put(Table::Timer, at.clone(), encode(&timer)?),
            None => batch.delete(Table::Timer, at.clone()),
        };
        if before != Some(&row.pair) || !notes.is_empty() {
            batch.put(Table::Pair, at, encode(row)?);
        }
        Ok(batch)
    }

    fn write_index(
        &self,
        batch: &mut Batch,
        before: Option<&Pair>,
        pair: &Pair,
    ) -> Result<(), LedgerError> {
        let value = encode(&IndexRow { pair: pair.id })?;
        for side in Side::BOTH {
            let old = before.and_then(|pair| pair.ends.get(side).as_ref());
            let new = pair.ends.get(side).as_ref();
            let Some(end) =
                new.filter(|end| old.is_none_or(|old| (old.id, &old.key) != (end.id, &end.key)))
            else {
                continue;
            };
            if let Some(old) = old.filter(|old| old.key != end.key) {
                batch.delete(Table::Index, key::human(&self.profile, &old.key));
            }
            batch.put(
                Table::Index,
                key::item(&self.profile, side, end.id),
                value.clone(),
            );
            batch.put(
                Table::Index,
                key::human(&self.profile, &end.key),
                value.clone(),
            );
        }
        Ok(())
    }

    fn write_history(
        &self,
        batch: &mut Batch,
        row: &mut PairRow,
        notes: &[Note],
        now: Millis,
    ) -> Result<(), LedgerError> {
        for note in notes {
            let line = HistoryRow {
                line: row.lines,
                at: now,
                note: note.clone(),
            };
            let at = key::history(&self.profile, row.pair.id, row.lines);
            batch.put(Table::History, at, encode(&line)?);
            row.lines = row.lines.saturating_add(1);
        }
        Ok(())
    }

    fn write_problems(
        &self,
        batch: &mut Batch,
        step: &Written<'_>,
        after: &Pair,
        room: &Room,
    ) -> Result<(), LedgerError> {
        let pair = after.id;
        let Written {
            before, notes, now, ..
        } = *step;
        // A later note of the same step must see what an earlier one did, so the rows are gathered before they are put.
        let mut rows = Problems::new(self, room);
        for note in notes {
            match note {
                Note::Problem(problem) => rows.open(Some(pair), problem, now)?,
                Note::Conflict { rule, kept, .. } => decided(&mut rows, pair, (rule, *kept), now)?,
                Note::Overwritten { rule, side } => {
                    decided(&mut rows, pair, (rule, side.other()), now)?;
                }
                Note::Healed => rows.close_all(pair, now)?,
                _ => {}
            }
        }
        // One of several problems may be cured while the others stay.
        let had = before.into_iter().flat_map(|before| &before.problems);
        for problem in had.filter(|problem| !after.problems.contains(problem)) {
            rows.close(Some(pair), problem, now)?;
        }
        rows.put(batch)
    }

    /// Opens or closes a problem of the profile itself. Gives nothing when it is so already.
    pub fn profile_problem(
        &self,
        problem: &Problem,
        open: bool,
        now: Millis,
    ) -> Result<Option<Batch>, LedgerError> {
        let at = key::problem(&self.profile, None, problem);
        let bytes = self.store.get(Table::Problem, &at)?;
        let stored: Option<ProblemRow> = bytes.map(|bytes| decode(&bytes)).transpose()?;
        if stored.as_ref().is_some_and(|row| row.open) == open {
            return Ok(None);
        }
        // The profile's own problems are few, and a person must not miss them.
        let room = Room::default();
        let mut rows = Problems::new(self, &room);
        if open {
            rows.open(None, problem, now)?;
        } else {
            rows.close(None, problem, now)?;
        }
        let mut batch = Batch::new();
        rows.put(&mut batch)?;
        Ok(Some(batch))
    }

    /// Forgets a pair that turned out to be another pair's twin. Its index stays until the other pair takes it over: what a
    /// feed says of the item until then leads here again, and from here to the other pair.
    pub fn forget(&self, pair: &Pair) -> Result<Batch, LedgerError> {
        let mut batch = Batch::new();
        let at = key::pair(&self.profile, pair.id);
        batch.delete(Table::Pair, at.clone());
        batch.delete(Table::Timer, at.clone());
        for (table, most) in [
            (Table::History, limit::HISTORY_PER_PAIR),
            (Table::Problem, PROBLEMS_PER_PAIR),
        ] {
            for (row, _) in self.store.scan(table, &at, None, most)? {
                batch.delete(table, row);
            }
        }
        Ok(batch)
    }
}

/// Tells of a conflict that is over, by the policy or because a write came too late to know: it needs nobody. `kept` names
/// the rule, and the side whose value stands.
fn decided(
    rows: &mut Problems<'_>,
    pair: PairId,
    kept: (&RuleName, Side),
    now: Millis,
) -> Result<(), LedgerError> {
    let (rule, side) = kept;
    let problem = Problem::new(model::problem::Code::Conflict)
        .on(side)
        .about(rule.as_str());
    rows.open(Some(pair), &problem, now)?;
    rows.close(Some(pair), &problem, now)
}

/// Why the store is of no use any more, when it is so.
#[must_use]
pub fn store_failure(store: &Store) -> Option<Told> {
    let closed = || store.get(Table::Meta, b"-").err();
    store
        .failure()
        .or_else(|| closed().map(|error| model::told!("{}", error)))
}

/// When the pair wants to be woken, and why. `owing` says that effects still wait for their turn: after a crash they are
/// gone, so the pair is due at once.
#[must_use]
pub fn timer(pair: &Pair, owing: bool) -> Option<TimerRow> {
    let at_once = owing.then_some(Millis(0));
    let waiting = match &pair.phase {
        Phase::Detached => return None,
        Phase::Parked(_) => Waiting::Parked,
        Phase::Unlinked | Phase::Linking | Phase::Linked | Phase::Doubtful => {
            waiting_of(pair, owing)
        }
    };
    let under_way = (waiting == Waiting::Open).then_some(Millis(0));
    let due = at_once.or(pair.wake).or(under_way)?;
    Some(TimerRow { due, waiting })
}

fn waiting_of(pair: &Pair, owing: bool) -> Waiting {
    // What became of a write of which nothing was heard is looked for to the end.
    let awaited = |unheard: &sync::pair::Unheard| unheard.is_awaited();
    let in_step = pair.settled && !pair.unheard.values().any(awaited);
    match (pair.is_open() || owing, in_step) {
        (true, _) => Waiting::Open,
        (false, false) => Waiting::Retry,
        // What is in step but for a refused field waits like a parked pair.
        (false, true) => Waiting::Parked,
    }
}
