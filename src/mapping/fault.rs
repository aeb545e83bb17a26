//! What is wrong with a profile file.

use std::fmt;

/// One thing wrong with a profile file: where, what, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file, as it was named to [`crate::Profile::compile`].
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
    /// How to mend it.
    pub cure: String,
}

/// `profiles/acme/web.toml:12: what is wrong; how to mend it`.
impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault {
            file,
            line,
            what,
            cure,
        } = self;
        write!(out, "{file}:{line}: {what}; {cure}")
    }
}

impl std::error::Error for Fault {}
