//! Why a backup is not made, not read or not restored.

use std::io;
use std::path::{Path, PathBuf};

use super::BackupKeyId;
use crate::checkpoint::{self, CheckpointError, DamagedCheckpoint};
use crate::digest_key::KeyError;
use crate::journal::writer::AppendError;
use crate::vault::VaultError;

/// Why a backup is not made, not read or not restored. None of them names a secret.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A byte of it is not what was written.
    #[error("{}: damaged at offset {offset} ({why}): take another backup, or fetch this one from the bucket again", path.display())]
    Damaged {
        /// The backup.
        path: PathBuf,
        /// Where, in bytes.
        offset: u64,
        /// What is wrong.
        why: &'static str,
    },
    /// It has another format than this program writes.
    #[error("{} has format {format}, which this version does not know: use the version that wrote it", path.display())]
    Format {
        /// The backup.
        path: PathBuf,
        /// Its format.
        format: u16,
    },
    /// It is another tenant's.
    #[error("{} is a backup of tenant {owner:?}: put this tenant's own there", path.display())]
    Foreign {
        /// The backup.
        path: PathBuf,
        /// Whose it is.
        owner: String,
    },
    /// The key file holds no key of that name.
    #[error("{} is sealed under the backup key {wanted}, which the key file beside it does not hold: put that tenant's key file back", path.display())]
    NoKey {
        /// The backup.
        path: PathBuf,
        /// The key that seals it.
        wanted: BackupKeyId,
    },
    /// The key file is damaged. It must not be deleted: without it no backup opens.
    #[error("{} is damaged, and without it none of the tenant's backups opens: put it back from the bucket or another copy", .0.display())]
    KeyDamaged(PathBuf),
    /// The key file does not open or does not change.
    #[error(transparent)]
    KeyFile(VaultError),
    /// There are backups, but their key file is gone.
    #[error("{} is missing though there are backups: put it back from the bucket or another copy; where it was destroyed to erase the tenant, its backups are gone for good", .0.display())]
    KeyMissing(PathBuf),
    /// No room on the disk.
    #[error("{}: no space left: free some space and try again", .0.display())]
    Full(PathBuf),
    /// Somebody else makes a backup of this tenant.
    #[error("{} is held: another backup of this tenant is being made; try again", .0.display())]
    Busy(PathBuf),
    /// Another error of the file system.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The state cannot be copied.
    #[error(transparent)]
    Checkpoint(CheckpointError),
    /// The copy of the state is damaged.
    #[error(transparent)]
    Copy(DamagedCheckpoint),
    /// There is something where the store is to be restored.
    #[error("{}: not empty ({what}): restore into an empty directory; move this one aside first", dir.display())]
    NotEmpty {
        /// The tenant's directory.
        dir: PathBuf,
        /// What is there.
        what: String,
    },
    /// Too much of the tenant is to be backed up, or something of it has a name that no backup takes.
    #[error("{0}")]
    Bound(String),
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    Random,
    /// The cipher refused; no input that passed the bounds makes it.
    #[error("the cipher refused to seal")]
    Cipher,
    /// The digest key cannot be put in its place.
    #[error(transparent)]
    DigestKey(Box<KeyError>),
    /// The restored store does not open.
    #[error("the restored store does not open: {0}")]
    Open(Box<crate::OpenError>),
    /// The restored store cannot be checked.
    #[error("the restored store cannot be checked: {0}")]
    Fsck(Box<crate::FsckError>),
}

impl BackupError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> BackupError + use<> {
        let path = path.to_path_buf();
        move |source| match checkpoint::is_full(&source) {
            true => BackupError::Full(path),
            false => BackupError::Io { path, source },
        }
    }

    pub(super) fn damaged(path: &Path, offset: u64, why: &'static str) -> BackupError {
        BackupError::Damaged {
            path: path.to_path_buf(),
            offset,
            why,
        }
    }

    /// Whether the backup itself is at fault, so that it is no good, now and later.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        match self {
            BackupError::Damaged { .. } | BackupError::Foreign { .. } => true,
            BackupError::Format { .. }
            | BackupError::NoKey { .. }
            | BackupError::KeyDamaged(_)
            | BackupError::KeyFile(_)
            | BackupError::KeyMissing(_)
            | BackupError::Full(_)
            | BackupError::Busy(_)
            | BackupError::Io { .. }
            | BackupError::Checkpoint(_)
            | BackupError::Copy(_)
            | BackupError::NotEmpty { .. }
            | BackupError::Bound(_)
            | BackupError::Random
            | BackupError::Cipher
            | BackupError::DigestKey(_)
            | BackupError::Open(_)
            | BackupError::Fsck(_) => false,
        }
    }
}

impl From<CheckpointError> for BackupError {
    fn from(error: CheckpointError) -> BackupError {
        match error {
            CheckpointError::Full(path) => BackupError::Full(path),
            error => BackupError::Checkpoint(error),
        }
    }
}

impl From<DamagedCheckpoint> for BackupError {
    fn from(error: DamagedCheckpoint) -> BackupError {
        BackupError::Copy(error)
    }
}

impl From<AppendError> for BackupError {
    fn from(AppendError { path, source }: AppendError) -> BackupError {
        BackupError::io(&path)(source)
    }
}

impl From<KeyError> for BackupError {
    fn from(error: KeyError) -> BackupError {
        match error {
            KeyError::Random => BackupError::Random,
            KeyError::Io { path, source } => BackupError::io(&path)(source),
            error => BackupError::DigestKey(Box::new(error)),
        }
    }
}
