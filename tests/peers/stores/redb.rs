//! redb, with its default of full durability.

use std::path::Path;

use redb::{Database, ReadableDatabase, TableDefinition};

use crate::Outcome;
use crate::rows::Row;
use crate::subject::{OneWriter, Subject};

const TABLE: TableDefinition<&[u8], &[u8]> = TableDefinition::new("rows");
/// The cache that our store's engine is given.
const CACHE: usize = 64 << 20;

/// The database.
pub(crate) struct Redb(Database);

impl Subject for Redb {
    fn open(dir: &Path) -> Outcome<Redb> {
        let mut builder = Database::builder();
        Ok(Redb(
            builder.set_cache_size(CACHE).create(dir.join("redb"))?,
        ))
    }

    fn fill(&mut self, rows: Vec<Row>) -> Outcome<()> {
        self.commit(rows)
    }

    fn compact(&mut self) -> Outcome<()> {
        self.0.compact()?;
        Ok(())
    }

    fn get(&self, key: &[u8]) -> Outcome<Option<Vec<u8>>> {
        let table = self.0.begin_read()?.open_table(TABLE)?;
        Ok(table.get(key)?.map(|value| value.value().to_vec()))
    }

    fn close(self) -> Outcome<()> {
        Ok(())
    }
}

impl OneWriter for Redb {
    fn commit(&mut self, rows: Vec<Row>) -> Outcome<()> {
        let transaction = self.0.begin_write()?;
        {
            let mut table = transaction.open_table(TABLE)?;
            for (key, value) in &rows {
                table.insert(key.as_slice(), value.as_slice())?;
            }
        }
        Ok(transaction.commit()?)
    }
}
