//! A compiled condition and order, judging one issue's fields at a time.

use std::cmp::Ordering;

use crate::adf;
use crate::jira::issue::Fields;
use crate::jira::scheme::{PRIORITIES, STATUSES};

/// A condition whose names are known and whose negations stand at the leaves.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Test {
    /// All of them hold.
    All(Vec<Test>),
    /// One of them holds.
    Any(Vec<Test>),
    /// The attribute has one of the values.
    Has(Attribute, Vec<Term>),
    /// The attribute is not empty and has none of the values: as in Jira, `!=` leaves out what is
    /// empty.
    HasNot(Attribute, Vec<Term>),
    /// The attribute is empty (`true`) or not.
    Empty(Attribute, bool),
    /// A moment compared.
    Time(Moment, Compare, i64),
    /// The moment has not come (`true`), or has.
    NoTime(Moment, bool),
    /// The place in a row compared: the id of an issue, or the rank of a priority (lower is less).
    Rank(Row, Compare, u64),
    /// All words are in the text (`true`), or not.
    Words(Text, Vec<String>, bool),
}

/// An attribute with discrete values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attribute {
    Project,
    Issue,
    Type,
    Status,
    Category,
    Priority,
    Resolution,
    Labels,
    Assignee,
    Reporter,
    Creator,
    Parent,
    Description,
}

/// A value to compare with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Term {
    /// The id of a project or issue.
    Number(u64),
    /// Any other id, or a label.
    Text(String),
}

/// A moment of an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    Created,
    Updated,
    Resolved,
}

/// A row in which issues have places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Row {
    Id,
    Priority,
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compare {
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

impl Compare {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterEqual => order.is_ge(),
        }
    }
}

/// A long text that `~` looks into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Text {
    Summary,
    Description,
    /// Summary and description.
    Both,
}

impl Test {
    /// Whether the issue satisfies the condition.
    pub(crate) fn holds(&self, fields: &Fields) -> bool {
        match self {
            Self::All(tests) => tests.iter().all(|test| test.holds(fields)),
            Self::Any(tests) => tests.iter().any(|test| test.holds(fields)),
            Self::Has(attribute, terms) => terms.iter().any(|term| has(fields, *attribute, term)),
            Self::HasNot(attribute, terms) => {
                !is_empty(fields, *attribute)
                    && !terms.iter().any(|term| has(fields, *attribute, term))
            }
            Self::Empty(attribute, expected) => is_empty(fields, *attribute) == *expected,
            Self::Time(moment, compare, at_ms) => {
                moment_of(fields, *moment).is_some_and(|it| compare.holds(it.cmp(at_ms)))
            }
            Self::NoTime(moment, expected) => moment_of(fields, *moment).is_none() == *expected,
            Self::Rank(Row::Id, compare, id) => compare.holds(fields.id.cmp(id)),
            Self::Rank(Row::Priority, compare, rank) => compare.holds(rank_of(fields).cmp(rank)),
            Self::Words(text, words, expected) => contains(fields, *text, words) == *expected,
        }
    }
}

fn moment_of(fields: &Fields, moment: Moment) -> Option<i64> {
    match moment {
        Moment::Created => Some(fields.created_ms),
        Moment::Updated => Some(fields.updated_ms),
        Moment::Resolved => fields.resolved_ms,
    }
}

/// How high a priority is: the highest has the highest rank.
pub(crate) fn priority_rank(id: &str) -> u64 {
    let from_top = PRIORITIES
        .iter()
        .position(|it| it.id == id)
        .unwrap_or(PRIORITIES.len());
    u64::try_from(PRIORITIES.len() - from_top).unwrap_or(0)
}

fn rank_of(fields: &Fields) -> u64 {
    priority_rank(fields.priority.id)
}

fn has(fields: &Fields, attribute: Attribute, term: &Term) -> bool {
    match (attribute, term) {
        (Attribute::Project, Term::Number(id)) => fields.project.id == *id,
        (Attribute::Issue, Term::Number(id)) => fields.id == *id,
        (Attribute::Parent, Term::Number(id)) => fields.parent == Some(*id),
        (Attribute::Type, Term::Text(id)) => fields.kind.id == id,
        (Attribute::Status, Term::Text(id)) => fields.status.id == id,
        (Attribute::Category, Term::Text(key)) => fields.status.category.key == key,
        (Attribute::Priority, Term::Text(id)) => fields.priority.id == id,
        (Attribute::Resolution, Term::Text(id)) => fields.resolution.is_some_and(|it| it.id == id),
        (Attribute::Labels, Term::Text(label)) => fields
            .labels
            .iter()
            .any(|it| it.eq_ignore_ascii_case(label)),
        (Attribute::Assignee, Term::Text(id)) => fields.assignee == Some(id),
        (Attribute::Reporter, Term::Text(id)) => fields.reporter == Some(id),
        (Attribute::Creator, Term::Text(id)) => fields.creator == id,
        _ => false,
    }
}

fn is_empty(fields: &Fields, attribute: Attribute) -> bool {
    match attribute {
        Attribute::Resolution => fields.resolution.is_none(),
        Attribute::Labels => fields.labels.is_empty(),
        Attribute::Assignee => fields.assignee.is_none(),
        Attribute::Reporter => fields.reporter.is_none(),
        Attribute::Parent => fields.parent.is_none(),
        Attribute::Description => fields.description.is_none(),
        _ => false,
    }
}

fn contains(fields: &Fields, text: Text, words: &[String]) -> bool {
    let description = || {
        fields
            .description()
            .as_ref()
            .map(adf::plain_text)
            .unwrap_or_default()
    };
    let haystack = match text {
        Text::Summary => fields.summary.clone(),
        Text::Description => description(),
        Text::Both => format!("{} {}", fields.summary, description()),
    };
    let present = split_words(&haystack);
    words.iter().all(|word| match word.strip_suffix('*') {
        Some(beginning) => present.iter().any(|it| it.starts_with(beginning)),
        None => present.contains(word),
    })
}

/// The words of a text, lower case; `*` may end one.
pub(crate) fn split_words(text: &str) -> Vec<String> {
    let apart = |it: char| !it.is_alphanumeric() && it != '*';
    text.to_lowercase()
        .split(apart)
        .filter(|it| !it.is_empty())
        .map(str::to_owned)
        .collect()
}

/// A field that results can be ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    Key,
    Id,
    Created,
    Updated,
    Priority,
    Status,
    Summary,
    Type,
    Assignee,
    Reporter,
    Project,
    Resolved,
    Due,
}

/// An order by several fields; ids break what is left equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order(pub(crate) Vec<(Sort, bool)>);

impl Order {
    /// Which of two issues comes first.
    pub(crate) fn compare(&self, a: &Fields, b: &Fields) -> Ordering {
        for &(sort, descending) in &self.0 {
            let order = compare(sort, a, b);
            if order.is_ne() {
                return if descending { order.reverse() } else { order };
            }
        }
        b.id.cmp(&a.id)
    }
}

fn compare(sort: Sort, a: &Fields, b: &Fields) -> Ordering {
    let status = |fields: &Fields| STATUSES.iter().position(|it| it.id == fields.status.id);
    match sort {
        Sort::Key => (a.project.key, a.number).cmp(&(b.project.key, b.number)),
        Sort::Id => a.id.cmp(&b.id),
        Sort::Created => a.created_ms.cmp(&b.created_ms),
        Sort::Updated => a.updated_ms.cmp(&b.updated_ms),
        Sort::Priority => rank_of(a).cmp(&rank_of(b)),
        Sort::Status => status(a).cmp(&status(b)),
        Sort::Summary => a.summary.to_lowercase().cmp(&b.summary.to_lowercase()),
        Sort::Type => a.kind.name.cmp(b.kind.name),
        Sort::Assignee => a.assignee.cmp(&b.assignee),
        Sort::Reporter => a.reporter.cmp(&b.reporter),
        Sort::Project => a.project.key.cmp(b.project.key),
        Sort::Resolved => a.resolved_ms.cmp(&b.resolved_ms),
        Sort::Due => a.due.cmp(&b.due),
    }
}
