//! Why a vault does not open or does not change.

use std::io;
use std::path::{Path, PathBuf};

use super::MasterKeyId;

/// Why a vault does not open or does not change. None of them names a secret.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// A byte of the file is not what was written.
    #[error("{} is damaged: put it back from a copy; without one delete the tenant's directory, for the digest key is lost with it, and set its secrets again: the next start finds the twins by their markers", .0.display())]
    Damaged(PathBuf),
    /// A newer program wrote it.
    #[error("{} has format {format}, which this version does not know: use the version that wrote it, or a newer one", path.display())]
    Newer {
        /// The vault.
        path: PathBuf,
        /// Its format.
        format: u16,
    },
    /// The tenant is being erased.
    #[error("{}: the erasing of this tenant was begun and has not ended: run `counterpart tenant erase` again", .0.display())]
    Erasing(PathBuf),
    /// It is another tenant's.
    #[error("{} is the vault of tenant {owner:?}: put this tenant's own back", path.display())]
    Foreign {
        /// The vault.
        path: PathBuf,
        /// Whose it is.
        owner: String,
    },
    /// Another master key seals it.
    #[error("{} is sealed under another master key ({}) than [master_key] gives ({given}): put the right one there", path.display(), shown(wanted))]
    WrongKey {
        /// The vault.
        path: PathBuf,
        /// The key that was given.
        given: MasterKeyId,
        /// Those that open it.
        wanted: Vec<MasterKeyId>,
    },
    /// Two master keys open it, and only one was given.
    #[error("{} is sealed under two master keys, since a change of the master key is not finished: finish it by `counterpart secret rotate --master --finish`", .0.display())]
    TwoMasters(PathBuf),
    /// Somebody else is changing it.
    #[error("{} is held: another command is changing the vault; try again", .0.display())]
    Busy(PathBuf),
    /// The name is empty, too long, or holds something else than letters, digits, '-', '_', '.' and '@'.
    #[error(
        "a secret's name has 1 to {} letters a-z, digits, '-', '_', '.' and '@'",
        crate::limit::SECRET_NAME_BYTES
    )]
    Name,
    /// The value is too long.
    #[error("a secret has at most {} bytes", crate::limit::SECRET_BYTES)]
    TooLong,
    /// There are too many secrets.
    #[error("a tenant has at most {} secrets", crate::limit::SECRETS)]
    Full,
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    Random,
    /// The cipher refused; no input that passed the bounds makes it.
    #[error("the cipher refused to seal")]
    Cipher,
    /// The file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl VaultError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> VaultError {
        let path = path.to_path_buf();
        move |source| VaultError::Io { path, source }
    }
}

fn shown(keys: &[MasterKeyId]) -> String {
    let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
    keys.join(" or ")
}
