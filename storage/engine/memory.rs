//! The engine in memory: for simulations and as the measure of the others.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use super::{Change, Engine, EngineError, Row, Stamp};
use crate::batch::RowKey;

/// An ordered map.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    state: RwLock<State>,
}

#[derive(Debug, Default)]
struct State {
    rows: BTreeMap<RowKey, Vec<u8>>,
    stamp: Option<Stamp>,
}

impl Memory {
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine for Memory {
    fn get(&self, row: &RowKey) -> Result<Option<Vec<u8>>, EngineError> {
        Ok(self.read().rows.get(row).cloned())
    }

    fn rows(
        &self,
        start: Bound<&RowKey>,
        within: Option<&RowKey>,
        limit: usize,
    ) -> Result<Vec<Row>, EngineError> {
        let state = self.read();
        let inside = |row: &RowKey| within.is_none_or(|within| row.is_within(within));
        let rows = state.rows.range((start.cloned(), Bound::Unbounded));
        let rows = rows.take_while(|(row, _)| inside(row)).take(limit);
        Ok(rows
            .map(|(row, value)| (row.clone(), value.clone()))
            .collect())
    }

    fn apply(&self, changes: &[Change<'_>], stamp: &Stamp) -> Result<(), EngineError> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        for change in changes {
            match change.new {
                Some(value) => state.rows.insert(change.row.clone(), value.to_vec()),
                None => state.rows.remove(change.row),
            };
        }
        state.stamp = Some(*stamp);
        Ok(())
    }

    fn stamp(&self) -> Result<Option<Stamp>, EngineError> {
        Ok(self.read().stamp)
    }

    fn flush(&self) -> Result<(), EngineError> {
        Ok(())
    }

    fn size(&self) -> Result<u64, EngineError> {
        Ok(0)
    }
}
