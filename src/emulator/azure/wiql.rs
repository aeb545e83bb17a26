//! Work item query language (azure.md 2): text to tokens ([`lexer`]), tokens to a query ([`parser`],
//! which leaves operands to [`operand`] and [`moment`], what is only said of links to [`link`], and
//! the split of a link query to [`split`]), a query asked of one item at a time ([`eval`]), the ids
//! worth asking ([`narrow`]), and links ([`walk`]).

mod check;
pub(crate) mod clauses;
pub(crate) mod eval;
mod lexer;
mod link;
mod moment;
pub(crate) mod narrow;
mod operand;
pub(crate) mod parser;
mod split;
pub(crate) mod walk;

use super::field::Field;
use super::relation;

/// A parsed query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Query {
    pub(crate) columns: Vec<&'static Field>,
    pub(crate) shape: Shape,
    pub(crate) order: Vec<(&'static Field, bool)>,
    /// `ASOF`, in milliseconds.
    pub(crate) as_of: Option<i64>,
}

/// What a query asks for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    /// `FROM WorkItems`: items.
    Flat(Option<Condition>),
    /// `FROM WorkItemLinks`: links between items.
    Links(Box<Links>),
}

/// A query of links.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Links {
    pub(crate) source: Option<Condition>,
    pub(crate) target: Option<Condition>,
    pub(crate) link: Option<LinkTest>,
    pub(crate) mode: Mode,
    /// `Recursive`: along the whole tree instead of one hop.
    pub(crate) tree: Option<Tree>,
}

/// Which sources of a link query count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Those with a matching link (`MustContain`).
    Matching,
    /// All, with their matching links (`MayContain`).
    All,
    /// Those without a matching link (`DoesNotContain`).
    Without,
}

/// From which end a tree is matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tree {
    /// A child counts when it matches, and is reached over items that match.
    ParentFirst,
    /// A child counts when it matches or leads to one that does (`ReturnMatchingChildren`).
    ChildFirst,
}

/// A condition on a link.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum LinkTest {
    /// All hold.
    And(Vec<LinkTest>),
    /// One holds.
    Or(Vec<LinkTest>),
    /// It does not hold.
    Not(Box<LinkTest>),
    /// The link is of one of these types.
    Is(Vec<&'static relation::Kind>),
}

/// A condition on an item.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Condition {
    /// All hold.
    And(Vec<Condition>),
    /// One holds.
    Or(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// A field compared with one value.
    Compare(&'static Field, Comparison, Operand),
    /// A field equal to one of several values.
    In(&'static Field, Vec<Operand>),
    /// A field whose person or type belongs to a group.
    Group(&'static Field, Group),
    /// A field without a value.
    Empty(&'static Field),
    /// It held in one of the item's revisions.
    Ever(Box<Condition>),
}

/// Who or what belongs to a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    /// The group's name as the query wrote it.
    pub(crate) name: String,
    /// People by position.
    pub(crate) people: Vec<usize>,
    /// Names of work item types.
    pub(crate) types: Vec<&'static str>,
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
    /// A moment.
    Time(i64),
    /// A person: by position when the text names one, and the text in lower case.
    Person(Option<usize>, String),
    /// `true` or `false`.
    Flag(bool),
    /// Another field of the same item.
    Field(&'static Field),
    /// What a macro stands for when there is nothing, such as the current iteration between two.
    Nothing,
}
