//! One node per data directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::exit::Error;

/// The right to work on a data directory. The system takes it back when the process ends, however it ends.
///
/// Every tenant's store has a lock of its own beside this one; this one keeps a second node from starting at all and from
/// replacing the first one's `node.json`.
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Makes the data directory if need be and takes its lock.
    pub(super) fn take(data: &Path) -> Result<Lock, Error> {
        std::fs::create_dir_all(data).map_err(|error| {
            Error::Usage(format!(
                "{}: cannot make the data directory: {error}",
                data.display()
            ))
        })?;
        let path = data.join("node.lock");
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| Error::Unreachable(format!("{}: {error}", path.display())))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::Unreachable(format!(
                "{}: another node works on this data directory; stop it first, or give this one a directory of its own by \
                 [node] data",
                data.display()
            ))),
            Err(TryLockError::Error(error)) => {
                Err(Error::Unreachable(format!("{}: {error}", path.display())))
            }
        }
    }
}
