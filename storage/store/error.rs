//! What can go wrong, one type per operation.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::log::Told;

use super::Rebuilt;
use crate::batch::BatchError;
use crate::checkpoint::{self, CheckpointError, DamagedCheckpoint};
use crate::digest_key::KeyError;
use crate::disk;
use crate::engine::EngineError;
use crate::journal::JournalError;
use crate::journal::writer::AppendError;
use crate::state::StateError;
use crate::vault::VaultError;

/// Why a store does not open. Nothing acknowledged was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process, or another handle in this one, has the store open.
    #[error("{}: another process holds this lock: stop it, or give this one another data directory", .0.display())]
    Locked(PathBuf),
    /// The directory cannot be written.
    #[error("{}: the file system or the file's mode permits no writing ({source}): the store needs a writable directory", path.display())]
    ReadOnly {
        /// The file that could not be written.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// No room on the disk.
    #[error("{}: no space left: free some space and open again", .0.display())]
    Full(PathBuf),
    /// No more files may be opened.
    #[error("{}: too many files are open: raise the limit of open files (LimitNOFILE of a systemd unit)", .0.display())]
    Handles(PathBuf),
    /// Another error of the file system.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The journal cannot be trusted.
    #[error(transparent)]
    Journal(JournalError),
    /// The store has history, but its journal is gone.
    #[error("{}: no journal, though the store was in use: put the journal back, or an older copy of the tenant's directory", .0.display())]
    JournalMissing(PathBuf),
    /// The store that was open before is not where it was: its volume is not mounted, or somebody moved it.
    #[error("{}: the store that was open here is not there: mount its volume, or put its directory back", .0.display())]
    Gone(PathBuf),
    /// Another store lies where the one was that was open before, or an older copy of it.
    #[error("{}: this is not the store that was open here, or an older copy of it: put that one back, or start the node again to go on with this one", .0.display())]
    Exchanged(PathBuf),
    /// The tenant is being erased.
    #[error("{}: the erasing of this tenant was begun and has not ended: run `counterpart tenant erase` again", .0.display())]
    Erasing(PathBuf),
    /// The checkpoint is damaged.
    #[error(transparent)]
    Checkpoint(DamagedCheckpoint),
    /// The digest key is not to be had.
    #[error(transparent)]
    Key(KeyError),
    /// The state is held by somebody else, or even a fresh engine does not work.
    #[error("{}: {source}; stop what else works on this directory, and look at its disk", path.display())]
    State {
        /// The engine's directory.
        path: PathBuf,
        /// What the engine says.
        source: EngineError,
    },
    /// A row of the store's own is not as this program writes it.
    #[error(
        "the store's own row `{0}` is malformed: use the release that wrote the store, or put an older copy of the tenant's directory back"
    )]
    SystemRow(&'static str),
    /// A backup was being restored here when the restore stopped.
    #[error("{}: half restored: run `counterpart backup restore` again, it begins anew", .0.display())]
    HalfRestored(PathBuf),
    /// The system gave no thread.
    #[error("no thread for the store: {0}")]
    Thread(io::Error),
}

impl OpenError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> OpenError + '_ {
        move |source| OpenError::named(path.into(), source)
    }

    fn named(path: PathBuf, source: io::Error) -> OpenError {
        match source.kind() {
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
                OpenError::ReadOnly { path, source }
            }
            _ if checkpoint::is_full(&source) => OpenError::Full(path),
            _ if disk::lacks_handles(&source) => OpenError::Handles(path),
            _ => OpenError::Io { path, source },
        }
    }
}

impl From<JournalError> for OpenError {
    fn from(error: JournalError) -> OpenError {
        match error {
            JournalError::Io { path, source } => OpenError::named(path, source),
            error => OpenError::Journal(error),
        }
    }
}

impl From<DamagedCheckpoint> for OpenError {
    fn from(error: DamagedCheckpoint) -> OpenError {
        match error {
            DamagedCheckpoint::Io { path, source } => OpenError::named(path, source),
            error => OpenError::Checkpoint(error),
        }
    }
}

impl From<KeyError> for OpenError {
    fn from(error: KeyError) -> OpenError {
        match error {
            KeyError::Io { path, source } | KeyError::Vault(VaultError::Io { path, source }) => {
                OpenError::named(path, source)
            }
            error => OpenError::Key(error),
        }
    }
}

/// Why a commit was not acknowledged.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CommitError {
    /// The batch is beyond a bound; nothing was written.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// The disk is full. Whether the batch is durable shows only when the store is opened again.
    #[error("{}: no space left: free some space and reopen the store", .0.display())]
    Full(PathBuf),
    /// Writing failed. Whether the batch is durable shows only when the store is opened again.
    #[error("{}: {source}: the store takes no more commits; reopen it", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: Arc<io::Error>,
    },
    /// An earlier commit or the state failed; this one was not written.
    #[error("the store takes no more commits since an earlier failure ({0}); reopen it")]
    Poisoned(Told),
    /// The store is closed; nothing was written.
    #[error("the store is closed")]
    Closed,
}

/// Why a row could not be read.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ReadError {
    /// The state engine failed; the state is rebuilt when the store is opened again.
    #[error("{0}: reopen the store, and the state is rebuilt from the journal")]
    Engine(EngineError),
    /// The checkpoint cannot be read.
    #[error("{0}")]
    Checkpoint(Arc<DamagedCheckpoint>),
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
}

/// Why a store was not closed in order. It is stopped nevertheless, its lock released, and nothing acknowledged is lost.
#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    /// The store had failed before.
    #[error("the store had failed before it was closed: {0}")]
    Poisoned(Told),
    /// The state could not be written out; it is checked or rebuilt at the next open.
    #[error("{0}: the next open checks the state")]
    Engine(#[from] EngineError),
    /// A file could not be written; the next open treats the stop as unclean.
    #[error("{}: {source}: the next open treats this stop as unclean", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It was closed before.
    #[error("the store is closed already")]
    Closed,
}

// They name files, records, and what the system and the engine say. The store holds no content that they could quote.
model::loggable!(
    AppendError,
    CheckpointError,
    CloseError,
    CommitError,
    DamagedCheckpoint,
    EngineError,
    OpenError,
    ReadError,
    Rebuilt,
    StateError
);
