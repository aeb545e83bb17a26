//! One rule: a field of each side that belong together.

use std::collections::BTreeSet;
use std::fmt;

use model::{Both, RuleName, Side, Value};

use crate::losses::Losses;
use crate::options::{Direction, Policy};
use crate::profile::same_kind;
use crate::table::Table;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// One line of plain text.
    Text,
    /// Formatted text: ADF on Jira, HTML on Azure DevOps.
    Rich,
    /// A number.
    Number,
    /// One of a list, by name.
    Choice,
    /// A person.
    User,
    /// An unordered set of names.
    Set,
    /// The status or state. Only the state rule has it.
    State,
    /// A day.
    Date,
    /// A point in time.
    Moment,
    /// Yes or no.
    Flag,
}

impl Kind {
    /// Every kind that a profile can name, by its word.
    pub(crate) const WORDS: [(&'static str, Kind); 10] = [
        ("text", Kind::Text),
        ("rich", Kind::Rich),
        ("number", Kind::Number),
        ("choice", Kind::Choice),
        ("user", Kind::User),
        ("set", Kind::Set),
        ("state", Kind::State),
        ("date", Kind::Date),
        ("moment", Kind::Moment),
        ("flag", Kind::Flag),
    ];

    /// The kind's word in a profile.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Kind::WORDS
            .iter()
            .find(|(_, kind)| *kind == self)
            .map_or("", |(word, _)| word)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// What becomes of a value that the rule's table, or the user table, does not name.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Otherwise {
    /// The other side is left alone.
    #[default]
    Skip,
    /// It is an error that a person must see.
    Error,
    /// The other side gets a fixed value; without one for that side it is left alone.
    Value {
        /// What Jira gets.
        jira: Option<String>,
        /// What Azure DevOps gets.
        azure: Option<String>,
    },
}

/// Shows which one it is, not the values: they may name people.
impl fmt::Debug for Otherwise {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Otherwise::Skip => "Skip",
            Otherwise::Error => "Error",
            Otherwise::Value { .. } => "Value(..)",
        })
    }
}

/// Which pairs of types a rule applies to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// All of them.
    All,
    /// Those of these Jira types.
    Jira(BTreeSet<String>),
    /// Those of this work item type.
    Azure(&'static str),
    /// Those of any other work item type.
    NotAzure(&'static str),
}

impl Limit {
    fn admits(&self, kinds: &Both<String>) -> bool {
        match self {
            Limit::All => true,
            Limit::Jira(names) => names.contains(&kinds.jira),
            Limit::Azure(name) => same_kind(Side::Azure, name, &kinds.azure),
            Limit::NotAzure(name) => !same_kind(Side::Azure, name, &kinds.azure),
        }
    }
}

/// A field of each side that belong together.
#[derive(Clone, PartialEq)]
pub struct Rule {
    /// The name under which a pair's base is kept.
    pub name: RuleName,
    /// The Jira field's id.
    pub jira: String,
    /// The Azure DevOps field's reference name.
    pub azure: String,
    /// What it is about: what the Jira field holds, unless only the other one is known. The native kinds of the sides may
    /// differ (a priority is a choice on Jira and a number on Azure DevOps), see [`Rule::kind_on`].
    pub kind: Kind,
    /// Which way it goes. [`crate::Profile::carry`] does not look at it: the caller asks first.
    pub direction: Direction,
    /// What becomes of a true conflict.
    pub conflict: Policy,
    pub(crate) kinds: Both<Kind>,
    pub(crate) table: Option<Table>,
    pub(crate) otherwise: Otherwise,
    pub(crate) limit: Limit,
    /// The line of the profile, when the rule is written there.
    pub(crate) line: Option<usize>,
}

impl Rule {
    /// That side's field.
    #[must_use]
    pub fn field(&self, side: Side) -> &str {
        match side {
            Side::Jira => &self.jira,
            Side::Azure => &self.azure,
        }
    }

    /// What that side's field holds.
    #[must_use]
    pub fn kind_on(&self, side: Side) -> Kind {
        *self.kinds.get(side)
    }

    /// What becomes of a value that has no row.
    #[must_use]
    pub fn otherwise(&self) -> &Otherwise {
        &self.otherwise
    }

    /// Whether the rule applies to a pair of these types.
    #[must_use]
    pub fn applies_to(&self, kinds: &Both<String>) -> bool {
        self.limit.admits(kinds)
    }
}

/// Shows fields and kinds, not the table: it may name people.
impl fmt::Debug for Rule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Rule")
            .field("name", &self.name.as_str())
            .field("jira", &self.jira)
            .field("azure", &self.azure)
            .field("kinds", &self.kinds)
            .field("direction", &self.direction)
            .finish_non_exhaustive()
    }
}

/// What carrying a value gave.
#[derive(Clone, Debug, PartialEq)]
pub enum Carried {
    /// What the other side should hold.
    Value {
        /// The value in the other side's own form.
        value: Value,
        /// What the other side cannot express and lost.
        losses: Losses,
    },
    /// The rule says to leave the other side alone.
    Skip,
    /// The profile says that this is an error, or the value cannot exist there.
    Error(model::problem::Code),
}
