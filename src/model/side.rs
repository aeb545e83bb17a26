//! The two remotes of a pair.

use serde::{Deserialize, Serialize};

/// One of the two remotes that a profile keeps in step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Side {
    /// Jira.
    Jira,
    /// Azure DevOps.
    Azure,
}

impl Side {
    /// Both sides, in the order used everywhere.
    pub const BOTH: [Side; 2] = [Side::Jira, Side::Azure];

    /// The other side.
    #[must_use]
    pub fn other(self) -> Side {
        match self {
            Side::Jira => Side::Azure,
            Side::Azure => Side::Jira,
        }
    }

    /// The side's name in files, markers and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Side::Jira => "jira",
            Side::Azure => "azure",
        }
    }

    /// The product's name as people write it.
    #[must_use]
    pub fn product(self) -> &'static str {
        match self {
            Side::Jira => "Jira",
            Side::Azure => "Azure DevOps",
        }
    }

    /// The side of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Side> {
        Side::BOTH.into_iter().find(|side| side.as_str() == text)
    }
}

impl std::fmt::Display for Side {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.as_str())
    }
}

/// One value for each side.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Both<T> {
    /// Jira's.
    pub jira: T,
    /// Azure DevOps'.
    pub azure: T,
}

impl<T> Both<T> {
    /// Makes both values with the same function.
    pub fn of(mut make: impl FnMut(Side) -> T) -> Both<T> {
        Both {
            jira: make(Side::Jira),
            azure: make(Side::Azure),
        }
    }

    /// That side's value.
    #[must_use]
    pub fn get(&self, side: Side) -> &T {
        match side {
            Side::Jira => &self.jira,
            Side::Azure => &self.azure,
        }
    }

    /// That side's value, to change it.
    pub fn get_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::Jira => &mut self.jira,
            Side::Azure => &mut self.azure,
        }
    }
}
