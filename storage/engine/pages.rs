//! The rows of an engine in order, a page at a time, so that changes may go on between.

use std::collections::VecDeque;
use std::ops::Bound;

use super::{Engine, EngineError, Row};
use crate::batch::RowKey;
use crate::digest::Tally;
use crate::limit;

/// Rows of an engine that are being read.
pub(crate) struct Pages<'a> {
    engine: &'a dyn Engine,
    start: Bound<RowKey>,
    within: Option<&'a RowKey>,
    /// How many rows are read at once.
    page: usize,
    rows: VecDeque<Row>,
    ended: bool,
}

impl<'a> Pages<'a> {
    /// Every row.
    pub(crate) fn all(engine: &'a dyn Engine) -> Pages<'a> {
        Pages::from(engine, Bound::Unbounded, None, limit::PAGE_ROWS)
    }

    /// The rows from `start` on that lie `within`, so many at once.
    pub(crate) fn from(
        engine: &'a dyn Engine,
        start: Bound<&RowKey>,
        within: Option<&'a RowKey>,
        page: usize,
    ) -> Pages<'a> {
        Pages {
            engine,
            start: start.cloned(),
            within,
            page: page.clamp(1, limit::PAGE_ROWS),
            rows: VecDeque::new(),
            ended: false,
        }
    }

    /// The next row, which stays.
    pub(crate) fn peek(&mut self) -> Result<Option<&Row>, EngineError> {
        if self.rows.is_empty() && !self.ended {
            let start = self.start.as_ref();
            self.rows = self.engine.rows(start, self.within, self.page)?.into();
            self.ended = self.rows.len() < self.page;
            if let Some((row, _)) = self.rows.back() {
                self.start = Bound::Excluded(row.clone());
            }
        }
        Ok(self.rows.front())
    }

    /// Takes the row that [`Pages::peek`] showed.
    pub(crate) fn take(&mut self) -> Option<Row> {
        self.rows.pop_front()
    }
}

/// Counts, sizes and hashes every row.
pub(crate) fn weigh(engine: &dyn Engine) -> Result<Tally, EngineError> {
    let mut tally = Tally::default();
    let mut pages = Pages::all(engine);
    while pages.peek()?.is_some() {
        if let Some((row, value)) = pages.take() {
            tally.add(&row, &value);
        }
    }
    Ok(tally)
}
