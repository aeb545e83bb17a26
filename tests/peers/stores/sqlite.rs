//! SQLite with a write-ahead log that is synced at every commit.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use crate::Outcome;
use crate::rows::Row;
use crate::subject::{OneWriter, Subject};

/// Cache in KiB as SQLite spells it: that of our store's engine.
const SETTINGS: &str =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;
    CREATE TABLE IF NOT EXISTS entry (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;";
const PUT: &str =
    "INSERT INTO entry VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";

/// The connection. A mutex, since readers and the writer's thread may hold it.
pub(crate) struct Sqlite(std::sync::Mutex<Connection>);

impl Sqlite {
    fn connection(&self) -> std::sync::MutexGuard<'_, Connection> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Subject for Sqlite {
    fn open(dir: &Path) -> Outcome<Sqlite> {
        let connection = Connection::open(dir.join("sqlite"))?;
        connection.execute_batch(SETTINGS)?;
        Ok(Sqlite(std::sync::Mutex::new(connection)))
    }

    fn fill(&mut self, rows: Vec<Row>) -> Outcome<()> {
        self.commit(rows)
    }

    fn compact(&mut self) -> Outcome<()> {
        Ok(self
            .connection()
            .execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);")?)
    }

    fn get(&self, key: &[u8]) -> Outcome<Option<Vec<u8>>> {
        let connection = self.connection();
        let mut select = connection.prepare_cached("SELECT value FROM entry WHERE key = ?1")?;
        Ok(select.query_row([key], |row| row.get(0)).optional()?)
    }

    fn close(self) -> Outcome<()> {
        Ok(())
    }
}

impl OneWriter for Sqlite {
    fn commit(&mut self, rows: Vec<Row>) -> Outcome<()> {
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        {
            let mut put = transaction.prepare_cached(PUT)?;
            for (key, value) in &rows {
                put.execute((key, value))?;
            }
        }
        Ok(transaction.commit()?)
    }
}
