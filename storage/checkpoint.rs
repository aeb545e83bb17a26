//! Checkpoints: the whole state at one LSN in one file, `checkpoint/<LSN in hexadecimal>.ckpt`.
//!
//! The journal before a checkpoint is superfluous. What changed since lies in the engine, small, and whoever reads looks there first and
//! then here ([`Base`]); the next checkpoint is made of both ([`merge`]). A checkpoint appears whole or not at all, and is never
//! changed. Its layout is in [`format`].

use std::io;
use std::path::{Path, PathBuf};

use crate::disk::{self, Disk, parent};
use crate::engine::EngineError;
use crate::journal;
use crate::lsn::Lsn;

mod base;
mod format;
mod merge;
mod read;
mod write;

pub(crate) use base::{Base, Cursor};
pub(crate) use merge::merge;
pub(crate) use write::Filling;

/// Why a checkpoint cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DamagedCheckpoint {
    /// Its bytes are not what was written.
    #[error("{}: damaged at offset {offset} ({why}): restore a backup into a new directory, put an older copy of the tenant's directory back, or delete it: the next start finds the twins by their markers", path.display())]
    Damaged {
        /// The checkpoint file.
        path: PathBuf,
        /// Where, in bytes.
        offset: u64,
        /// What is wrong.
        why: &'static str,
    },
    /// It has another form than this program writes.
    #[error("{}: another release wrote this checkpoint: use that one", .0.display())]
    Foreign(PathBuf),
    /// It could not be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The checkpoint file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Why a checkpoint could not be written. Where the disk is at fault the store goes on, and the journal just is not shortened;
/// where what the checkpoint is made of is, the store takes no more commits until it is opened again.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// No room on the disk.
    #[error("{}: no space left for the checkpoint: free some space; the journal is kept until then", .0.display())]
    Full(PathBuf),
    /// Another error of the file system.
    #[error("{}: {source}", path.display())]
    Io {
        /// The checkpoint file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The state is not what the journal made it; it is rebuilt at the next open.
    #[error("the state in {} disagrees with what was applied to it: restart, and it is rebuilt from the journal", .0.display())]
    State(PathBuf),
    /// The engine failed; the state is rebuilt at the next open.
    #[error("{0}: restart, and the state is rebuilt from the journal")]
    Engine(EngineError),
    /// The engine that is to hold what follows the checkpoint could not be begun. The present one goes on.
    #[error(
        "the state behind the checkpoint could not be begun ({0}); the journal is kept until then"
    )]
    Begin(EngineError),
    /// The last checkpoint, which the new one builds on, cannot be read.
    #[error(transparent)]
    Base(#[from] DamagedCheckpoint),
    /// The store is closed or has failed before.
    #[error("the store takes no more work: {0}")]
    Stopped(String),
}

/// The checkpoints' directory inside a store's.
pub(crate) fn dir(store: &Path) -> PathBuf {
    store.join("checkpoint")
}

pub(crate) fn path(store: &Path, lsn: Lsn) -> PathBuf {
    dir(store).join(format!("{:016x}.ckpt", lsn.0))
}

/// The checkpoints that are there, oldest first.
pub(crate) fn list(disk: &dyn Disk, store: &Path) -> Result<Vec<Lsn>, DamagedCheckpoint> {
    let dir = dir(store);
    let names = disk
        .list(&dir)
        .map_err(|source| DamagedCheckpoint::Io { path: dir, source })?;
    Ok(names
        .iter()
        .filter_map(|name| journal::number(name, ".ckpt"))
        .collect())
}

/// Whether an error says that the disk or the quota is full.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

fn put_in_place(disk: &dyn Disk, temporary: &Path, path: &Path) -> io::Result<()> {
    disk.rename(temporary, path)?;
    disk.sync_dir(parent(path))
}

/// Removes what a checkpoint that was not made has left.
fn forget(disk: &dyn Disk, path: &Path) {
    // It is superfluous and overwritten by the next attempt; failing to remove it changes nothing.
    disk.remove(&disk::temporary(path)).ok();
}

#[cfg(test)]
mod tests;
