//! How a command ends.

use std::process::ExitCode;

/// What a command ended in, as its exit code says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// 0: done.
    Done,
    /// 1: done, and something is not as it should be.
    Amiss,
    /// 3: done as far as it went, but a remote or a store could not be reached; what was printed names it.
    OutOfReach,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> ExitCode {
        match ending {
            Ending::Done => ExitCode::from(0),
            Ending::Amiss => ExitCode::from(1),
            Ending::OutOfReach => ExitCode::from(3),
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
    pub fn code(&self) -> u8 {
        match self {
            Error::Usage(_) => 2,
            Error::Unreachable(_) => 3,
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
