//! What each store is asked.

use std::path::Path;

use crate::Outcome;
use crate::rows::Row;

/// A store under measurement.
pub(crate) trait Subject: Send + Sync + 'static {
    /// Opens the store in a folder, or makes it.
    fn open(dir: &Path) -> Outcome<Self>
    where
        Self: Sized;

    /// Writes many rows; they need to be durable only after [`Subject::compact`].
    fn fill(&mut self, rows: Vec<Row>) -> Outcome<()>;

    /// Brings the store to its smallest, by the means that it has.
    fn compact(&mut self) -> Outcome<()>;

    /// A row's value. The bare file has none.
    fn get(&self, key: &[u8]) -> Outcome<Option<Vec<u8>>>;

    /// Closes in order.
    fn close(self) -> Outcome<()>
    where
        Self: Sized;
}

/// A store with one writer, which is given what waits as one transaction.
pub(crate) trait OneWriter: Subject {
    /// Makes all of it durable.
    fn commit(&mut self, rows: Vec<Row>) -> Outcome<()>;
}
