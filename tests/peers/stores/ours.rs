//! The store of a tenant.

use std::path::Path;

use storage::{Batch, Options, Store, Table};

use crate::Outcome;
use crate::rows::{PAIR_TABLE, Row};
use crate::subject::Subject;

/// The store.
#[derive(Clone)]
pub(crate) struct Ours(Store);

impl Ours {
    /// Waits until the rows are durable; false when the store failed.
    pub(crate) async fn commit(&self, rows: Vec<Row>) -> bool {
        self.0.commit(batch(rows)).await.is_ok()
    }
}

fn place(key: &[u8]) -> (Table, &[u8]) {
    match key.split_first() {
        Some((&PAIR_TABLE, rest)) => (Table::Pair, rest),
        Some((_, rest)) => (Table::Index, rest),
        None => (Table::Meta, key),
    }
}

fn batch(rows: Vec<Row>) -> Batch {
    let mut batch = Batch::new();
    for (key, value) in rows {
        let (table, key) = place(&key);
        batch.put(table, key, value);
    }
    batch
}

impl Subject for Ours {
    fn open(dir: &Path) -> Outcome<Ours> {
        Ok(Ours(Store::open(&dir.join("store"), Options::default())?))
    }

    fn fill(&mut self, rows: Vec<Row>) -> Outcome<()> {
        self.0.commit_blocking(batch(rows))?;
        Ok(())
    }

    /// The journal goes with the checkpoint, and what changed since the one before.
    fn compact(&mut self) -> Outcome<()> {
        self.0.checkpoint()?;
        Ok(())
    }

    fn get(&self, key: &[u8]) -> Outcome<Option<Vec<u8>>> {
        let (table, key) = place(key);
        Ok(self.0.get(table, key)?)
    }

    fn close(self) -> Outcome<()> {
        Ok(self.0.close()?)
    }
}
