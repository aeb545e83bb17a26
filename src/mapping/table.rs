//! Rows of a profile: values, states and users that belong together.

use std::fmt;

use model::{Both, Number, Side};

/// A value as a profile writes it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// A text.
    Text(String),
    /// A number.
    Number(Number),
    /// Yes or no.
    Flag(bool),
}

impl Cell {
    /// The text by which the cell is compared: a number in its canonical spelling, so that 2 and 2.0 are one.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Cell::Text(text) => text.trim(),
            Cell::Number(number) => number.as_str(),
            Cell::Flag(true) => "true",
            Cell::Flag(false) => "false",
        }
    }
}

/// A cell may name a person or a customer, so it is not shown.
impl fmt::Debug for Cell {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Cell(..)")
    }
}

/// A table of values that belong together, in the profile's order.
#[derive(Clone, PartialEq)]
pub(crate) struct Table {
    pub(crate) rows: Vec<Row>,
}

/// One row of a value table.
#[derive(Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) cells: Both<Cell>,
    pub(crate) line: usize,
}

impl Table {
    /// The row that a value of that side is carried by: the first that names it exactly, else the first that names it
    /// without regard to case, as people write tables by hand.
    pub(crate) fn row(&self, side: Side, key: &str) -> Option<&Row> {
        let key = key.trim();
        let exact = |row: &&Row| row.cells.get(side).key() == key;
        let folded = key.to_lowercase();
        let loose = |row: &&Row| row.cells.get(side).key().to_lowercase() == folded;
        self.rows
            .iter()
            .find(exact)
            .or_else(|| self.rows.iter().find(loose))
    }

    /// The first row whose cell of that side fulfils a condition on its text.
    pub(crate) fn row_by(&self, side: Side, fits: impl Fn(&str) -> bool) -> Option<&Row> {
        self.rows.iter().find(|row| fits(row.cells.get(side).key()))
    }
}

/// A status and a state that belong together, for one type or for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StateRow {
    pub(crate) names: Both<String>,
    /// The Jira type it is limited to.
    pub(crate) kind: Option<String>,
    pub(crate) line: usize,
}

/// A person's ids on both sides.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct UserRow {
    pub(crate) ids: Both<String>,
    /// The person's identity on Azure DevOps, a GUID without braces, which mentions name (azure.md 9). Where it is not given, a mention of the
    /// person becomes plain text.
    pub(crate) identity: Option<String>,
}
