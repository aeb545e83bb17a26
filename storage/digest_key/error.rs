//! Why a digest key is not to be had.

use std::io;
use std::path::PathBuf;

use crate::vault::VaultError;

/// Why the digest key is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The store has history, but its key is neither in a vault nor in the file.
    #[error("{} is missing though the store has history, and no vault holds the key: put the file or the vault back from a copy, or delete the tenant's directory: the next start finds the twins by their markers", .0.display())]
    Missing(PathBuf),
    /// The key file does not hold a whole key.
    #[error("{} is damaged: put it back from a copy, or delete the tenant's directory: the next start finds the twins by their markers", .0.display())]
    Damaged(PathBuf),
    /// The key is another store's.
    #[error("{}, or the vault beside it, holds the key of another store: put this store's own back from a copy", .0.display())]
    Foreign(PathBuf),
    /// The file holds another key than the vault, or than the one that is to come there.
    #[error("{} holds another digest key than the vault, or than the one that is to come there: one of them is another store's; move that one away", .0.display())]
    Two(PathBuf),
    /// The key is sealed, and no master key opens the vault.
    #[error("the digest key is sealed in {}, which does not open: {why}", path.display())]
    Sealed {
        /// The vault.
        path: PathBuf,
        /// What is known of the master keys.
        why: String,
    },
    /// A master key is to seal it and is not to be had, or does not open the vault that is there.
    #[error("the digest key cannot be sealed in {}: {why}", path.display())]
    Unsealed {
        /// The vault.
        path: PathBuf,
        /// What is known of the master keys.
        why: String,
    },
    /// The vault does not open or does not change.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    Random,
    /// The file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The key file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl KeyError {
    /// Whether it can go by itself, or is mended outside of the store: a master key that is put back, another command that
    /// holds the vault.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            KeyError::Sealed { .. }
            | KeyError::Unsealed { .. }
            | KeyError::Random
            | KeyError::Io { .. } => true,
            KeyError::Vault(error) => matches!(
                error,
                VaultError::Busy(_) | VaultError::Random | VaultError::Io { .. }
            ),
            KeyError::Missing(_)
            | KeyError::Damaged(_)
            | KeyError::Foreign(_)
            | KeyError::Two(_) => false,
        }
    }
}
