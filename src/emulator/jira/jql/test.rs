//! A compiled condition, judging one issue's fields at a time.

use std::cmp::Ordering;

use crate::jira::custom::{self, Kind};
use crate::jira::issue::Fields;
use crate::jira::jql::history::{Changed, Was};
use crate::jira::jql::look;
use crate::jira::jql::text::Words;
use crate::jira::scheme::{self, PRIORITIES};
use crate::jira::store::Store;

/// A condition whose names are known and whose negations stand at the leaves, but for those of whole filters.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Test {
    /// All of them hold.
    All(Vec<Test>),
    /// One of them holds.
    Any(Vec<Test>),
    /// It does not hold: the complement, what is empty included, as for a filter that a query leaves out.
    Not(Box<Test>),
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
    /// A number compared.
    Number(Measure, Compare, f64),
    /// The number is not set (`true`), or is.
    NoNumber(Measure, bool),
    /// The place in a row compared (lower is less).
    Rank(Row, Compare, u64),
    /// The words are in the text (`true`), or the text is not empty and they are not in it.
    Words(Text, Words, bool),
    /// The text is empty (`true`) or not.
    NoText(Text, bool),
    /// What the issue once was.
    Was(Box<Was>),
    /// That the issue changed.
    Changed(Box<Changed>),
}

/// An attribute with discrete values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attribute {
    Affected,
    Assignee,
    Attachment,
    Category,
    Component,
    Creator,
    /// The options, labels or people of a custom field, by its id.
    Custom(&'static str),
    /// The parent, when that is an epic.
    Epic,
    Filter,
    Fix,
    Issue,
    Labels,
    LinkType,
    Parent,
    Priority,
    Project,
    ProjectCategory,
    ProjectType,
    Reporter,
    Resolution,
    Security,
    Sprint,
    Status,
    Type,
    Voter,
    Watcher,
    WorklogAuthor,
}

impl Attribute {
    /// The field of the changelog by which `was` and `changed` follow the attribute; only these have a history in JQL.
    pub(crate) fn changelog_field(self) -> Option<&'static str> {
        match self {
            Self::Assignee => Some("assignee"),
            Self::Fix => Some("fixVersions"),
            Self::Priority => Some("priority"),
            Self::Reporter => Some("reporter"),
            Self::Resolution => Some("resolution"),
            Self::Status => Some("status"),
            Self::Affected
            | Self::Attachment
            | Self::Category
            | Self::Component
            | Self::Creator
            | Self::Custom(_)
            | Self::Epic
            | Self::Filter
            | Self::Issue
            | Self::Labels
            | Self::LinkType
            | Self::Parent
            | Self::Project
            | Self::ProjectCategory
            | Self::ProjectType
            | Self::Security
            | Self::Sprint
            | Self::Type
            | Self::Voter
            | Self::Watcher
            | Self::WorklogAuthor => None,
        }
    }

    /// Whether its values are people.
    pub(crate) fn takes_users(self) -> bool {
        if let Self::Custom(id) = self {
            let kind = scheme::field_of(id).and_then(custom::kind_of);
            return matches!(kind, Some(Kind::User | Kind::Users));
        }
        matches!(
            self,
            Self::Assignee
                | Self::Creator
                | Self::Reporter
                | Self::Voter
                | Self::Watcher
                | Self::WorklogAuthor
        )
    }
}

/// A value to compare with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Term {
    /// The id of a project, issue, component, version or sprint.
    Number(u64),
    /// Any other id, or a label.
    Text(String),
}

/// A moment of an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    CategoryChanged,
    Created,
    /// Of a custom field, by its id.
    Custom(&'static str),
    /// The calendar day of a custom field, by its id, as [`Moment::Due`].
    CustomDay(&'static str),
    /// A calendar day, as the midnight that begins it in UTC.
    Due,
    Resolved,
    Updated,
    /// When the caller last looked at the issue in a browser, which nobody does here.
    Viewed,
    /// When work was done, for any of the issue's worklogs.
    Worklog,
}

/// A number of an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    /// Of a custom field, by its id.
    Custom(&'static str),
    /// The level of its type in the hierarchy.
    Level,
    /// Seconds.
    Original,
    Points,
    /// Seconds.
    Remaining,
    /// Seconds.
    Spent,
    Votes,
    Watchers,
}

/// A row in which issues have places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Row {
    /// By its id.
    Id,
    Priority,
    /// The places of versions within their project; the issue counts with each of its versions.
    Fix(u64),
    Affected(u64),
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compare {
    Less,
    LessEqual,
    Equal,
    Greater,
    GreaterEqual,
}

impl Compare {
    pub(crate) fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessEqual => order.is_le(),
            Self::Equal => order.is_eq(),
            Self::Greater => order.is_gt(),
            Self::GreaterEqual => order.is_ge(),
        }
    }
}

/// A long text that `~` looks into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Text {
    /// Summary, description, environment and comments, each on its own.
    Any,
    Comment,
    /// Of a custom field, by its id.
    Custom(&'static str),
    Description,
    Environment,
    Summary,
    Worklog,
}

impl Test {
    /// Whether the issue satisfies the condition. What is not among the index's copy of the fields (history, comments) is
    /// looked up in the store.
    pub(crate) fn holds(&self, fields: &Fields, store: &Store) -> bool {
        match self {
            Self::All(tests) => tests.iter().all(|test| test.holds(fields, store)),
            Self::Any(tests) => tests.iter().any(|test| test.holds(fields, store)),
            Self::Not(test) => !test.holds(fields, store),
            Self::Has(attribute, terms) => terms
                .iter()
                .any(|term| look::has(fields, *attribute, term, store)),
            Self::HasNot(attribute, terms) => {
                !look::is_empty(fields, *attribute, store)
                    && !terms
                        .iter()
                        .any(|term| look::has(fields, *attribute, term, store))
            }
            Self::Empty(attribute, expected) => {
                look::is_empty(fields, *attribute, store) == *expected
            }
            Self::Time(moment, compare, at_ms) => {
                look::any_moment(fields, *moment, store, |it| compare.holds(it.cmp(at_ms)))
            }
            Self::NoTime(moment, expected) => {
                look::any_moment(fields, *moment, store, |_| true) != *expected
            }
            Self::Number(measure, compare, number) => look::measure(fields, *measure, store)
                .is_some_and(|it| compare.holds(it.total_cmp(number))),
            Self::NoNumber(measure, expected) => {
                look::measure(fields, *measure, store).is_none() == *expected
            }
            Self::Rank(row, compare, place) => ranked(fields, *row, *compare, *place, store),
            Self::Words(text, words, expected) => {
                look::words(fields, *text, words, *expected, store)
            }
            Self::NoText(text, expected) => look::no_text(fields, *text) == *expected,
            Self::Was(was) => was.holds(fields, store),
            Self::Changed(changed) => changed.holds(fields, store),
        }
    }
}

fn ranked(fields: &Fields, row: Row, compare: Compare, place: u64, store: &Store) -> bool {
    let version = |project: u64, ids: &std::collections::BTreeSet<u64>| {
        ids.iter()
            .filter_map(|&id| look::version_place(store, id))
            .any(|(of, at)| of == project && compare.holds(at.cmp(&place)))
    };
    match row {
        Row::Id => compare.holds(fields.id.cmp(&place)),
        Row::Priority => compare.holds(priority_rank(fields.priority.id).cmp(&place)),
        Row::Fix(project) => version(project, &fields.fix_versions),
        Row::Affected(project) => version(project, &fields.versions),
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
