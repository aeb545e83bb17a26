//! sled 0.34.7 as an engine, under the rules that keep its weaknesses away from the truth.
//!
//! One tree for all tables, so that a batch and its stamp are one atomic batch. No background flusher and never `flush_async`,
//! which deadlocks from seven tasks on. Values in parts of at most 4,000 bytes, because longer ones go to files that are never
//! synced. Every call under `catch_unwind`, because sled panics where it meets what a power cut left.

use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use super::{Change, Engine, EngineError, Row, Stamp, chunked};
use crate::batch::RowKey;

/// Where the stamp lies: beyond every head and part.
const STAMP: [u8; 1] = [0xff];

/// How often a lock that a closing handle still holds is asked for again, and how long to wait between.
const LOCK_ATTEMPTS: u32 = 100;
const LOCK_WAIT: Duration = Duration::from_millis(50);

/// A sled database.
#[derive(Debug)]
pub(crate) struct Sled {
    /// There until it is dropped, which is a call into sled like the others.
    db: Option<::sled::Db>,
    /// Held while a batch is applied, and by those who read a row in more than one step: its head says how many parts there
    /// are, and a batch in between may have taken some of them away.
    applying: RwLock<()>,
}

impl Sled {
    pub(crate) fn open(dir: &Path, cache: u64) -> Result<Sled, EngineError> {
        let config = ::sled::Config::new()
            .path(dir)
            .cache_capacity(cache)
            .flush_every_ms(None)
            .print_profile_on_drop(false);
        for _ in 1..LOCK_ATTEMPTS {
            match guarded(|| config.open()) {
                Err(EngineError::Busy(_)) => thread::sleep(LOCK_WAIT),
                outcome => return outcome.map(Sled::of),
            }
        }
        guarded(|| config.open()).map(Sled::of)
    }

    fn of(db: ::sled::Db) -> Sled {
        Sled {
            db: Some(db),
            applying: RwLock::default(),
        }
    }

    /// Runs a call into sled.
    fn with<T>(
        &self,
        call: impl FnOnce(&::sled::Db) -> ::sled::Result<T>,
    ) -> Result<T, EngineError> {
        let closed = || EngineError::Failed("it is closed".into());
        let db = self.db.as_ref().ok_or_else(closed)?;
        guarded(|| call(db))
    }

    fn value(&self, row: &RowKey, head: &[u8]) -> Result<Vec<u8>, EngineError> {
        let (count, first) =
            chunked::parse_head(head).ok_or(EngineError::Row("its head is short"))?;
        let mut value = first.to_vec();
        for part in 1..count {
            let key = chunked::part_key(row, part);
            let bytes = self
                .with(|db| db.get(key))?
                .ok_or(EngineError::Row("a part is missing"))?;
            value.extend_from_slice(&bytes);
        }
        Ok(value)
    }
}

/// Runs a call into sled and makes an error of its panic.
fn guarded<T>(call: impl FnOnce() -> ::sled::Result<T>) -> Result<T, EngineError> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(failed(&error)),
        Err(_) => Err(EngineError::Panicked),
    }
}

/// sled has no error kind for its lock; its message is all there is to go by.
fn failed(error: &::sled::Error) -> EngineError {
    let text = error.to_string();
    if text.contains("could not acquire lock") {
        EngineError::Busy(text)
    } else {
        EngineError::Failed(text)
    }
}

impl Drop for Sled {
    fn drop(&mut self) {
        let db = self.db.take();
        // It writes out what is left and panics where it cannot. Nothing of it is believed, so nothing is lost.
        let ended = guarded(|| {
            drop(db);
            Ok(())
        });
        if let Err(error) = ended {
            model::log!(warn, "a state was not closed as it should", error = error);
        }
    }
}

impl Engine for Sled {
    fn get(&self, row: &RowKey) -> Result<Option<Vec<u8>>, EngineError> {
        let _still = self.applying.read().unwrap_or_else(PoisonError::into_inner);
        match self.with(|db| db.get(chunked::head_key(row)))? {
            Some(head) => self.value(row, &head).map(Some),
            None => Ok(None),
        }
    }

    fn rows(
        &self,
        start: Bound<&RowKey>,
        within: Option<&RowKey>,
        limit: usize,
    ) -> Result<Vec<Row>, EngineError> {
        let _still = self.applying.read().unwrap_or_else(PoisonError::into_inner);
        let start = start.map(chunked::head_key);
        let within = within.map(chunked::head_key);
        let heads = self.with(|db| {
            let range = db
                .range::<Vec<u8>, _>((start, Bound::Unbounded))
                .take(limit);
            range
                .take_while(|entry| match (entry, &within) {
                    (Ok((key, _)), Some(within)) => key.starts_with(within),
                    (Ok((key, _)), None) => chunked::row_of(key).is_some(),
                    (Err(_), _) => true,
                })
                .collect::<::sled::Result<Vec<_>>>()
        })?;
        let mut rows = Vec::with_capacity(heads.len());
        for (key, head) in heads {
            let row = chunked::row_of(&key).ok_or(EngineError::Row("its key is no row's"))?;
            let value = self.value(&row, &head)?;
            rows.push((row, value));
        }
        Ok(rows)
    }

    fn apply(&self, changes: &[Change<'_>], stamp: &Stamp) -> Result<(), EngineError> {
        let mut batch = ::sled::Batch::default();
        for change in changes {
            put(&mut batch, change);
        }
        batch.insert(&STAMP, stamp.encode());
        let _alone = self
            .applying
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        self.with(|db| db.apply_batch(batch))
    }

    fn stamp(&self) -> Result<Option<Stamp>, EngineError> {
        match self.with(|db| db.get(STAMP))? {
            None => Ok(None),
            Some(bytes) => Stamp::decode(&bytes)
                .map(Some)
                .ok_or(EngineError::Row("the stamp is damaged")),
        }
    }

    fn flush(&self) -> Result<(), EngineError> {
        self.with(|db| db.flush()).map(|_| ())
    }

    fn size(&self) -> Result<u64, EngineError> {
        self.with(|db| db.size_on_disk())
    }
}

fn put(batch: &mut ::sled::Batch, change: &Change<'_>) {
    match change.new {
        Some(value) => batch.insert(chunked::head_key(change.row), chunked::head(value)),
        None => batch.remove(chunked::head_key(change.row)),
    }
    for (part, bytes) in change.new.into_iter().flat_map(chunked::tail) {
        batch.insert(chunked::part_key(change.row, part), bytes);
    }
    let kept = change.new.map_or(1, |value| chunked::parts(value.len()));
    for part in kept..change.old.map_or(1, chunked::parts) {
        batch.remove(chunked::part_key(change.row, part));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shorter_value_leaves_no_parts_behind() {
        let dir = tempfile::tempdir().unwrap();
        let engine = Sled::open(dir.path(), 1 << 20).unwrap();
        let row = RowKey::new(1, "k");
        let set = |old, new: Option<&[u8]>| {
            engine
                .apply(
                    &[Change {
                        row: &row,
                        old,
                        new,
                    }],
                    &Stamp::default(),
                )
                .unwrap();
            // The stamp is one.
            engine.with(|db| Ok(db.len() - 1)).unwrap()
        };
        assert_eq!(set(None, Some(&[1; 20_000])), 6);
        assert_eq!(set(Some(20_000), Some(&[2; 5_000])), 2);
        assert_eq!(set(Some(5_000), None), 0);
    }
}
