//! What readers see: the state's rows under the changes that are durable but not yet applied to it.
//!
//! The overlay is a pile of layers. The newest takes in what the journal has made durable; the oldest is being applied to the
//! engine, and leaves only when that is done. A reader holds the pile still while it reads, so every row that the engine
//! is changing under it is hidden by a layer above: a read sees one moment, whole batches and whole values.

use std::collections::{BTreeMap, VecDeque, btree_map};
use std::iter::Peekable;
use std::ops::Bound;
use std::sync::Arc;

use crate::batch::{Op, RowKey};
use crate::engine::Row;
use crate::limit;
use crate::lsn::Lsn;
use crate::state::{State, StateError};

/// Durable changes that are applied to the engine together.
#[derive(Debug, Default)]
pub(crate) struct Layer {
    pub(crate) rows: BTreeMap<RowKey, Option<Vec<u8>>>,
    /// The last record in here.
    pub(crate) last: Lsn,
    /// What its commits hold of the pending budget, in bytes.
    pub(crate) charge: usize,
}

/// The pile and the state below it.
#[derive(Default)]
pub(crate) struct View {
    state: Option<State>,
    /// Newest last.
    closed: VecDeque<Arc<Layer>>,
    open: Layer,
}

/// Why the view cannot be read.
#[derive(Debug)]
pub(crate) enum ViewError {
    Closed,
    State(StateError),
}

impl From<StateError> for ViewError {
    fn from(error: StateError) -> ViewError {
        ViewError::State(error)
    }
}

impl View {
    pub(crate) fn new(state: State) -> View {
        View {
            state: Some(state),
            ..View::default()
        }
    }

    /// Takes in a durable batch.
    pub(crate) fn publish(&mut self, lsn: Lsn, ops: Vec<Op>, charge: usize) {
        for op in ops {
            self.open.rows.insert(op.row, op.value);
        }
        self.open.last = lsn;
        self.open.charge = self.open.charge.saturating_add(charge);
        if self.open.charge >= limit::LAYER_BYTES {
            self.close_layer();
        }
    }

    fn close_layer(&mut self) {
        self.closed
            .push_back(Arc::new(std::mem::take(&mut self.open)));
    }

    /// The layer to apply next; it stays visible until [`View::drop_oldest`].
    pub(crate) fn oldest(&mut self) -> Option<Arc<Layer>> {
        if self.closed.is_empty() && self.open.charge > 0 {
            self.close_layer();
        }
        self.closed.front().cloned()
    }

    /// Lets go of the oldest layer, which the engine now holds.
    pub(crate) fn drop_oldest(&mut self) {
        self.closed.pop_front();
    }

    /// The state below, unless reading has ended.
    pub(crate) fn state(&self) -> Option<&State> {
        self.state.as_ref()
    }

    /// Puts another state of the same rows below, unless reading has ended.
    pub(crate) fn put_below(&mut self, state: State) {
        if self.state.is_some() {
            self.state = Some(state);
        }
    }

    /// Ends all reading.
    pub(crate) fn close(&mut self) {
        *self = View::default();
    }

    fn layers(&self) -> impl Iterator<Item = &Layer> {
        std::iter::once(&self.open).chain(self.closed.iter().rev().map(|layer| &**layer))
    }

    pub(crate) fn get(&self, row: &RowKey) -> Result<Option<Vec<u8>>, ViewError> {
        let state = self.state.as_ref().ok_or(ViewError::Closed)?;
        match self.layers().find_map(|layer| layer.rows.get(row)) {
            Some(value) => Ok(value.clone()),
            None => Ok(state.get(row)?),
        }
    }

    /// At most `limit` rows from `start` on, in order, that lie within a table and prefix.
    pub(crate) fn scan(
        &self,
        start: &Bound<RowKey>,
        within: &RowKey,
        limit: usize,
    ) -> Result<Vec<Row>, ViewError> {
        let state = self.state.as_ref().ok_or(ViewError::Closed)?;
        let limit = limit.min(limit::SCAN_ROWS);
        let mut overlay = Overlay::new(self.layers(), start, within);
        let mut rows = Vec::new();
        let mut from = start.clone();
        loop {
            let want = limit - rows.len();
            let page = state.rows(from.as_ref(), Some(within), want)?;
            let horizon = page
                .last()
                .filter(|_| page.len() == want)
                .map(|(row, _)| row.clone());
            overlay.merge(page, horizon.as_ref(), limit, &mut rows);
            match horizon {
                Some(row) if rows.len() < limit => from = Bound::Excluded(row),
                _ => return Ok(rows),
            }
        }
    }
}

type Range<'a> = Peekable<btree_map::Range<'a, RowKey, Option<Vec<u8>>>>;

/// The layers' rows of one range, newest layer first.
struct Overlay<'a> {
    ranges: Vec<Range<'a>>,
    within: &'a RowKey,
}

impl<'a> Overlay<'a> {
    fn new(
        layers: impl Iterator<Item = &'a Layer>,
        start: &Bound<RowKey>,
        within: &'a RowKey,
    ) -> Overlay<'a> {
        let bounds = (start.clone(), Bound::Unbounded);
        let ranges = layers
            .map(|layer| layer.rows.range(bounds.clone()).peekable())
            .collect();
        Overlay { ranges, within }
    }

    /// The next row of the overlay, if it is within the range and not beyond the horizon.
    fn peek(&mut self, horizon: Option<&RowKey>) -> Option<&'a RowKey> {
        let next = self
            .ranges
            .iter_mut()
            .filter_map(|range| range.peek().map(|(row, _)| *row))
            .min()?;
        let inside = next.is_within(self.within);
        (inside && horizon.is_none_or(|horizon| next <= horizon)).then_some(next)
    }

    /// Takes the row out of every layer; the newest one's value counts.
    fn take(&mut self, row: &RowKey) -> Option<Vec<u8>> {
        let mut value = None;
        for range in &mut self.ranges {
            if let Some((_, found)) = range.next_if(|(next, _)| *next == row) {
                value.get_or_insert(found);
            }
        }
        value.cloned().flatten()
    }

    /// Lays the overlay over a page of the engine's rows, up to the horizon where the engine has more.
    fn merge(
        &mut self,
        page: Vec<Row>,
        horizon: Option<&RowKey>,
        limit: usize,
        out: &mut Vec<Row>,
    ) {
        let mut page = page.into_iter().peekable();
        while out.len() < limit {
            let above = self.peek(horizon);
            let below = page.peek().map(|(row, _)| row);
            match (above, below) {
                (None, None) => return,
                (Some(above), below) if below.is_none_or(|below| above <= below) => {
                    page.next_if(|(row, _)| row == above);
                    out.extend(self.take(above).map(|value| (above.clone(), value)));
                }
                _ => out.extend(page.next()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::sample::state_of;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_scan_reads_as_if_all_were_applied(
            below in proptest::collection::btree_map(0u8..40, any::<u8>(), 0..30),
            layers in proptest::collection::vec(
                proptest::collection::vec((0u8..40, proptest::option::of(any::<u8>())), 1..12), 0..4),
            after in proptest::option::of(0u8..40),
            limit in 1usize..50,
        ) {
            let key = |key: u8| RowKey::new(1, [b'p', key]);
            let mut model: BTreeMap<_, _> = below.iter().map(|(k, v)| (key(*k), vec![*v])).collect();
            model.insert(RowKey::new(1, "o"), vec![]);
            model.insert(RowKey::new(1, "q"), vec![]);
            model.insert(RowKey::new(2, "p"), vec![]);
            let mut view = View::new(state_of(&model));
            for (number, layer) in layers.iter().enumerate() {
                let op = |(k, v): &(u8, Option<u8>)| Op { row: key(*k), value: v.map(|v| vec![v]) };
                let ops: Vec<Op> = layer.iter().map(op).collect();
                for op in &ops {
                    match &op.value {
                        Some(value) => model.insert(op.row.clone(), value.clone()),
                        None => model.remove(&op.row),
                    };
                }
                view.publish(Lsn(number as u64), ops, 1);
                view.close_layer();
            }
            let within = RowKey::new(1, "p");
            let start = after.map_or(Bound::Included(within.clone()), |after| Bound::Excluded(key(after)));
            let inside = model.range((start.clone(), Bound::Unbounded))
                .filter(|(row, _)| row.table == 1 && row.key.starts_with(b"p"));
            let expected: Vec<Row> = inside.take(limit).map(|(r, v)| (r.clone(), v.clone())).collect();
            prop_assert_eq!(view.scan(&start, &within, limit).unwrap(), expected);
            for k in 0..40 {
                prop_assert_eq!(view.get(&key(k)).unwrap(), model.get(&key(k)).cloned());
            }
        }
    }
}
