//! The state of a store: a checkpoint, and over it, in an engine, the rows that changed since.
//!
//! In the engine each row is followed by a mark, so that one which was removed since the checkpoint has something to say so. A row
//! that the checkpoint does not have is removed from the engine itself: what comes and goes between two checkpoints leaves nothing
//! that a scan would have to step over. So what the engine holds follows from the checkpoint and the last change of each row alone,
//! however the changes were grouped.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use crate::batch::RowKey;
use crate::checkpoint::{Base, Cursor, DamagedCheckpoint};
use crate::digest::Tally;
use crate::engine::{Change, Engine, EngineError, Pages, Row, Stamp};
use crate::lsn::Lsn;

/// What stands behind a value.
const THERE: u8 = 1;
/// What stands in the place of a row that is no more.
const GONE: u8 = 0;

/// How many changed rows are read at once at least: what was removed is stepped over.
const LEAST_PAGE: usize = 64;

/// Why the state cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StateError {
    /// The engine failed; it is made anew at the next open.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The checkpoint cannot be read.
    #[error(transparent)]
    Base(#[from] DamagedCheckpoint),
}

/// A checkpoint and the changes since.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) base: Arc<Base>,
    pub(crate) changes: Arc<dyn Engine>,
}

/// What the engine holds for a row whose value is now this, or which is no more; `in_base` tells whether the checkpoint has it.
pub(crate) fn entry(new: Option<&[u8]>, in_base: bool) -> Option<Vec<u8>> {
    match new {
        Some(value) => {
            let mut entry = Vec::with_capacity(value.len() + 1);
            entry.extend_from_slice(value);
            entry.push(THERE);
            Some(entry)
        }
        None => in_base.then(|| vec![GONE]),
    }
}

/// A row's value by what the engine holds for it; nothing when it is no more.
pub(crate) fn content(mut entry: Vec<u8>) -> Result<Option<Vec<u8>>, EngineError> {
    match entry.pop() {
        Some(THERE) => Ok(Some(entry)),
        Some(GONE) if entry.is_empty() => Ok(None),
        _ => Err(EngineError::Row("its mark is unknown")),
    }
}

impl State {
    /// A row's value.
    pub(crate) fn get(&self, row: &RowKey) -> Result<Option<Vec<u8>>, StateError> {
        match self.changes.get(row)? {
            Some(entry) => Ok(content(entry)?),
            None => Ok(self.base.get(row)?),
        }
    }

    /// At most `limit` rows from `start` on, in order, those only that lie `within` (same table, key beginning with its key).
    pub(crate) fn rows(
        &self,
        start: Bound<&RowKey>,
        within: Option<&RowKey>,
        limit: usize,
    ) -> Result<Vec<Row>, StateError> {
        let mut both = Both {
            below: self.base.cursor(start, within),
            above: Pages::from(&*self.changes, start, within, limit.max(LEAST_PAGE)),
        };
        let mut rows = Vec::new();
        while rows.len() < limit {
            match both.next()? {
                Next::Row(row) => rows.push(row),
                Next::Gone => {}
                Next::End => break,
            }
        }
        Ok(rows)
    }

    /// Makes the rows so and moves the stamp to `last`, in one application. A row that is so already is left alone.
    pub(crate) fn apply(
        &self,
        stamp: &mut Stamp,
        rows: &BTreeMap<RowKey, Option<Vec<u8>>>,
        last: Lsn,
    ) -> Result<(), StateError> {
        let mut next = Stamp {
            applied: last,
            tally: stamp.tally,
        };
        let mut entries = Vec::with_capacity(rows.len());
        let mut finder = self.base.finder();
        for (row, new) in rows {
            let old = self.changes.get(row)?;
            // Only what is removed has to know of the checkpoint, and only that reads it.
            let is_in_base = match (new, old.as_deref()) {
                (Some(_), _) => false,
                (None, Some([GONE])) => true,
                (None, _) => finder.contains(row)?,
            };
            let new = entry(new.as_deref(), is_in_base);
            if old != new {
                next.tally.change(row, old.as_deref(), new.as_deref());
                entries.push((row, old.map(|old| old.len()), new));
            }
        }
        let changes = entries.iter().map(|(row, old, new)| Change {
            row,
            old: *old,
            new: new.as_deref(),
        });
        let changes: Vec<_> = changes.collect();
        self.changes.apply(&changes, &next)?;
        *stamp = next;
        Ok(())
    }

    /// How many rows there are at most, and how many bytes: one that changed since the checkpoint counts twice.
    pub(crate) fn at_most(&self, stamp: &Stamp) -> Tally {
        let mut tally = self.base.stamp().tally;
        tally.include(&stamp.tally);
        tally
    }
}

/// The rows of both, in order.
struct Both<'a> {
    below: Cursor<'a>,
    above: Pages<'a>,
}

enum Next {
    Row(Row),
    Gone,
    End,
}

impl Both<'_> {
    fn next(&mut self) -> Result<Next, StateError> {
        let order = match (self.above.peek()?, self.below.peek()?) {
            (None, None) => return Ok(Next::End),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((above, _)), Some((below, _))) => above.cmp(below),
        };
        if order == Ordering::Equal {
            self.below.take();
        }
        let changed = match order {
            Ordering::Less | Ordering::Equal => self.above.take(),
            Ordering::Greater => return Ok(self.below.take().map_or(Next::End, Next::Row)),
        };
        let Some((row, entry)) = changed else {
            return Ok(Next::End);
        };
        let value = content(entry)?;
        Ok(value.map_or(Next::Gone, |value| Next::Row((row, value))))
    }
}

#[cfg(test)]
pub(crate) mod sample {
    //! States whose rows lie partly in the checkpoint and partly in the engine.

    use std::path::Path;

    use super::*;
    use crate::checkpoint::merge;
    use crate::engine::EngineKind;
    use crate::lossy::LossyDisk;

    /// A state with these rows: by turns as the checkpoint has them, changed since, and added since; between them lies what
    /// was removed.
    pub(crate) fn state_of(rows: &BTreeMap<RowKey, Vec<u8>>) -> State {
        let (store, disk) = (Path::new("/s"), LossyDisk::new(1));
        let begin = |lsn| Arc::from(EngineKind::Memory.begin(Path::new(""), lsn, 0).unwrap());
        let mut stamp = Stamp::default();
        let mut before = BTreeMap::new();
        let mut since = BTreeMap::new();
        for (number, (row, value)) in rows.iter().enumerate() {
            let mut removed = row.clone();
            removed.key.push(0);
            before.insert(removed.clone(), Some(vec![7]));
            since.insert(removed, None);
            match number % 3 {
                0 => drop(before.insert(row.clone(), Some(value.clone()))),
                1 => drop((
                    before.insert(row.clone(), Some(b"former".to_vec())),
                    since.insert(row.clone(), Some(value.clone())),
                )),
                _ => drop(since.insert(row.clone(), Some(value.clone()))),
            }
        }
        let first = State {
            base: Arc::new(Base::none(store)),
            changes: begin(Lsn::ZERO),
        };
        first.apply(&mut stamp, &before, Lsn(1)).unwrap();
        let base = merge(&disk, store, &first.base, &*first.changes, &stamp).unwrap();
        let state = State {
            base: Arc::new(base),
            changes: begin(Lsn(1)),
        };
        stamp.tally = Tally::default();
        state.apply(&mut stamp, &since, Lsn(2)).unwrap();
        state
    }
}
