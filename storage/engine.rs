//! The engine that holds the rows which changed since the checkpoint: a projection of the journal that may be thrown away at any
//! time.
//!
//! Behind a trait, so that another engine can stand in; one conformance suite runs on each. An engine need not be durable and
//! need not be honest about it: it is believed only when its stamp agrees with the journal and a walk over all rows agrees with
//! the stamp. Each checkpoint begins a new one, in a directory that bears the checkpoint's number.

use std::ops::Bound;
use std::path::{Path, PathBuf};

use crate::batch::RowKey;
use crate::bytes::Reader;
use crate::digest::Tally;
use crate::lsn::Lsn;

pub(crate) use pages::{Pages, weigh};

mod chunked;
mod memory;
mod pages;
mod sled;

#[cfg(test)]
mod conformance;

/// Which engine holds the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineKind {
    /// sled, in a directory below `state`.
    Sled,
    /// An ordered map that is empty at every open and refills itself from the journal.
    Memory,
}

/// Why the engine did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// Another handle still holds the engine's own lock.
    #[error("the state is still held by another handle: {0}")]
    Busy(String),
    /// The engine reported an error.
    #[error("the state engine failed: {0}")]
    Failed(String),
    /// The engine panicked. What it said quotes keys and values, and is told to nobody.
    #[error("the state engine panicked")]
    Panicked,
    /// A row is not as it was written.
    #[error("a row of the state is damaged: {0}")]
    Row(&'static str),
}

/// What the engine says of itself, written together with the rows that it speaks of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// The last record whose changes are in the rows.
    pub(crate) applied: Lsn,
    pub(crate) tally: Tally,
}

impl Stamp {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(12 + Tally::LENGTH);
        out.extend_from_slice(&self.applied.0.to_le_bytes());
        self.tally.encode(&mut out);
        out.extend_from_slice(&crc32c::crc32c(&out).to_le_bytes());
        out
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Stamp> {
        let (body, crc) = bytes.split_at_checked(8 + Tally::LENGTH)?;
        if crc != crc32c::crc32c(body).to_le_bytes() {
            return None;
        }
        let mut reader = Reader::new(body);
        Some(Stamp {
            applied: Lsn(reader.u64()?),
            tally: Tally::decode(&mut reader)?,
        })
    }
}

/// One row's new content, with what the engine must know of the old one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change<'a> {
    pub(crate) row: &'a RowKey,
    /// The length of the row's present value, if it is there.
    pub(crate) old: Option<usize>,
    pub(crate) new: Option<&'a [u8]>,
}

/// A row with its value.
pub(crate) type Row = (RowKey, Vec<u8>);

/// Rows ordered by table and key. One thread applies; any number read, and each call of theirs sees whole values of one moment.
pub(crate) trait Engine: Send + Sync {
    /// A row's value.
    fn get(&self, row: &RowKey) -> Result<Option<Vec<u8>>, EngineError>;

    /// At most `limit` rows from `start` on, in order, those only that lie `within` (same table, key beginning with its key).
    fn rows(
        &self,
        start: Bound<&RowKey>,
        within: Option<&RowKey>,
        limit: usize,
    ) -> Result<Vec<Row>, EngineError>;

    /// Makes all changes at once, the stamp with them.
    fn apply(&self, changes: &[Change<'_>], stamp: &Stamp) -> Result<(), EngineError>;

    /// The stamp of the last application, if there is one.
    fn stamp(&self) -> Result<Option<Stamp>, EngineError>;

    /// Writes out what is buffered.
    fn flush(&self) -> Result<(), EngineError>;

    /// The bytes taken on disk.
    fn size(&self) -> Result<u64, EngineError>;
}

impl EngineKind {
    /// Opens the engine's directory, as it is.
    pub(crate) fn open(self, dir: &Path, cache: u64) -> Result<Box<dyn Engine>, EngineError> {
        match self {
            EngineKind::Sled => sled::Sled::open(dir, cache).map(|engine| Box::new(engine) as _),
            EngineKind::Memory => Ok(Box::new(memory::Memory::default())),
        }
    }

    /// Makes an empty engine in the place of what is there: that of a store whose checkpoint was just made.
    pub(crate) fn begin(
        self,
        dir: &Path,
        checkpoint: Lsn,
        cache: u64,
    ) -> Result<Box<dyn Engine>, EngineError> {
        self.wipe(dir)
            .map_err(|error| EngineError::Failed(error.to_string()))?;
        let engine = self.open(dir, cache)?;
        let stamp = Stamp {
            applied: checkpoint,
            tally: Tally::default(),
        };
        engine.apply(&[], &stamp)?;
        // So that it is known for what it is after a stop that follows soon.
        engine.flush()?;
        Ok(engine)
    }

    /// What lies in the directory of all engines. One that cannot be listed has none: the engine that is used is opened by name.
    pub(crate) fn found(self, state: &Path) -> Vec<PathBuf> {
        let entries = match self {
            EngineKind::Sled => std::fs::read_dir(state).ok(),
            EngineKind::Memory => None,
        };
        let entries = entries.into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect()
    }

    /// Whether an engine has ever lived in the directory.
    pub(crate) fn is_present(self, dir: &Path) -> bool {
        match self {
            EngineKind::Sled => dir.is_dir(),
            EngineKind::Memory => false,
        }
    }

    /// Removes all that the engine has on disk. It must not be open.
    pub(crate) fn wipe(self, dir: &Path) -> std::io::Result<()> {
        match self {
            EngineKind::Sled if dir.is_dir() => std::fs::remove_dir_all(dir),
            EngineKind::Sled if dir.exists() => std::fs::remove_file(dir),
            EngineKind::Sled | EngineKind::Memory => Ok(()),
        }
    }

    /// Makes a closed engine's files durable, which sled does not do itself.
    pub(crate) fn settle(self, dir: &Path) -> std::io::Result<()> {
        match self {
            EngineKind::Sled => sync_tree(dir, 0),
            EngineKind::Memory => Ok(()),
        }
    }
}

/// Syncs every file and directory below; sled nests one level deep.
fn sync_tree(dir: &Path, depth: usize) -> std::io::Result<()> {
    const DEEPEST: usize = 4;
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() && depth < DEEPEST {
            sync_tree(&path, depth + 1)?;
        } else if path.is_file() {
            std::fs::File::open(&path)?.sync_all()?;
        }
    }
    std::fs::File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_stamp_is_no_stamp() {
        let stamp = Stamp {
            applied: Lsn(9),
            tally: Tally {
                rows: 1,
                bytes: 2,
                sum: 3,
            },
        };
        let bytes = stamp.encode();
        assert_eq!(Stamp::decode(&bytes), Some(stamp));
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Stamp::decode(&flipped), None, "bit {bit}");
        }
    }
}
