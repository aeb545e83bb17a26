//! What can go wrong with the audit log.

use std::io;
use std::path::{Path, PathBuf};

/// Why the audit log cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// Another process holds its lock and does not let go.
    #[error("{}: another process writes the audit log and does not end; look what it is", .0.display())]
    Busy(PathBuf),
    /// An entry could not be put into words.
    #[error("an entry of the audit log cannot be written as JSON")]
    Form,
    /// Another key than the one that was held sealed the last entry; nothing was appended.
    #[error("another key sealed the last entry of the audit log; ask for the key anew")]
    OtherKey,
    /// A file could not be read or written.
    #[error("{}: {source}; without the audit log nothing is changed that belongs into it", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

model::loggable!(AuditError);

impl AuditError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> AuditError + '_ {
        move |source| AuditError::Io {
            path: path.into(),
            source,
        }
    }
}
