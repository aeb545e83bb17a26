//! fjall, each batch synced.

use std::path::Path;

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use crate::Outcome;
use crate::rows::Row;
use crate::subject::{OneWriter, Subject};

/// The cache that our store's engine is given.
const CACHE: u64 = 64 << 20;

/// The database and its one keyspace.
pub(crate) struct Fjall(Database, Keyspace);

impl Fjall {
    fn write(&self, rows: Vec<Row>, mode: Option<PersistMode>) -> Outcome<()> {
        let mut batch = self.0.batch().durability(mode);
        for (key, value) in rows {
            batch.insert(&self.1, key, value);
        }
        Ok(batch.commit()?)
    }
}

impl Subject for Fjall {
    fn open(dir: &Path) -> Outcome<Fjall> {
        let builder = Database::builder(dir.join("fjall")).cache_size(CACHE);
        let database = builder.open()?;
        let keyspace = database.keyspace("rows", KeyspaceCreateOptions::default)?;
        Ok(Fjall(database, keyspace))
    }

    fn fill(&mut self, rows: Vec<Row>) -> Outcome<()> {
        self.write(rows, None)
    }

    fn compact(&mut self) -> Outcome<()> {
        self.1.rotate_memtable_and_wait()?;
        self.1.major_compact()?;
        Ok(self.0.persist(PersistMode::SyncAll)?)
    }

    fn get(&self, key: &[u8]) -> Outcome<Option<Vec<u8>>> {
        Ok(self.1.get(key)?.map(|value| value.to_vec()))
    }

    fn close(self) -> Outcome<()> {
        Ok(self.0.persist(PersistMode::SyncAll)?)
    }
}

impl OneWriter for Fjall {
    fn commit(&mut self, rows: Vec<Row>) -> Outcome<()> {
        self.write(rows, Some(PersistMode::SyncData))
    }
}
