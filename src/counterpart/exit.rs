//! How a command ends.

use std::process::ExitCode;

/// What a command ended in, as its exit code says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// 0: done.
    Done,
    /// 1: done, and something is not as it should be.
    Amiss,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> ExitCode {
        match ending {
            Ending::Done => ExitCode::from(0),
            Ending::Amiss => ExitCode::from(1),
        }
    }
}

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// 2: wrong use or configuration. The message says what, where, and how to mend it.
    #[error("{0}")]
    Usage(String),
    /// 3: a remote or the store could not be reached.
    #[error("{0}")]
    Unreachable(String),
}

impl Error {
    /// The exit code.
    #[must_use]
    pub fn code(&self) -> ExitCode {
        match self {
            Error::Usage(_) => ExitCode::from(2),
            Error::Unreachable(_) => ExitCode::from(3),
        }
    }

    /// Wrong use or configuration.
    pub fn usage(error: impl ToString) -> Error {
        Error::Usage(error.to_string())
    }

    /// Something out of reach.
    pub fn unreachable(error: impl ToString) -> Error {
        Error::Unreachable(error.to_string())
    }
}
