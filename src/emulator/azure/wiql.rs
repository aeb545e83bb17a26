//! Work item query language, as far as flat queries go (azure.md 2): text to tokens ([`lexer`]),
//! tokens to a query ([`parser`]), and a query asked of one view at a time ([`eval`]).

pub(crate) mod eval;
pub(crate) mod lexer;
pub(crate) mod parser;

use super::field::Field;

/// A parsed query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Query {
    pub(crate) columns: Vec<&'static Field>,
    pub(crate) condition: Option<Condition>,
    pub(crate) order: Vec<(&'static Field, bool)>,
    /// `ASOF`, in milliseconds.
    pub(crate) as_of: Option<i64>,
}

/// A condition on an item.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Condition {
    /// Both hold.
    And(Box<Condition>, Box<Condition>),
    /// One of both holds.
    Or(Box<Condition>, Box<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// A field compared with one value.
    Compare(&'static Field, Comparison, Operand),
    /// A field equal to one of several values.
    In(&'static Field, Vec<Operand>),
    /// A field without a value.
    Empty(&'static Field),
}

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `CONTAINS`: part of the text, or one of the tags.
    Contains,
    /// `CONTAINS WORDS`: words that begin so.
    ContainsWords,
    /// `UNDER`: a path or one below it.
    Under,
}

/// A value to compare with, macros already replaced.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operand {
    /// A quoted text.
    Text(String),
    /// A number.
    Number(f64),
    /// A moment; `day` when it names no time of day.
    Time { ms: i64, day: bool },
    /// `@me`: a person by position.
    Me(usize),
    /// `true` or `false`.
    Flag(bool),
    /// Another field of the same item.
    Field(&'static Field),
}
