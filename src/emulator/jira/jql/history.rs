//! `was` and `changed`: what an issue's changelog says about one of its attributes.

use crate::jira::issue::{Change, Fields, Issue};
use crate::jira::jql::test::{Attribute, Term};
use crate::jira::store::Store;

/// When something must have been, and by whom it must have been done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scope {
    /// The first millisecond.
    pub(crate) from_ms: i64,
    /// The first millisecond that no longer counts.
    pub(crate) until_ms: i64,
    /// Account ids; nothing where anybody will do.
    pub(crate) by: Option<Vec<String>>,
}

impl Scope {
    /// Any time, by anybody.
    pub(crate) fn any() -> Self {
        Self {
            from_ms: i64::MIN,
            until_ms: i64::MAX,
            by: None,
        }
    }

    fn has_author(&self, author: &str) -> bool {
        let listed = |by: &Vec<String>| by.iter().any(|it| it == author);
        self.by.as_ref().is_none_or(listed)
    }
}

/// Values that an attribute may have had; `empty` stands for none at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) terms: Vec<Term>,
    pub(crate) empty: bool,
}

impl Wanted {
    fn fits(&self, values: &[String]) -> bool {
        (self.empty && values.is_empty())
            || values
                .iter()
                .any(|value| self.terms.iter().any(|term| is(term, value)))
    }
}

fn is(term: &Term, value: &str) -> bool {
    match term {
        Term::Number(number) => value.parse() == Ok(*number),
        Term::Text(text) => text == value,
    }
}

/// The issue once had one of the values, or it never had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Was {
    pub(crate) attribute: Attribute,
    pub(crate) wanted: Wanted,
    pub(crate) scope: Scope,
    pub(crate) expected: bool,
}

/// The attribute changed, or it did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Changed {
    pub(crate) attribute: Attribute,
    pub(crate) from: Option<Wanted>,
    pub(crate) to: Option<Wanted>,
    pub(crate) scope: Scope,
    pub(crate) expected: bool,
}

/// What an attribute was from one change to the next.
struct State<'a> {
    since_ms: i64,
    until_ms: i64,
    /// Who made it so.
    by: &'a str,
    values: Vec<String>,
}

impl Was {
    pub(crate) fn holds(&self, fields: &Fields, store: &Store) -> bool {
        let Some(issue) = store.get(fields.id) else {
            return !self.expected;
        };
        let scope = &self.scope;
        let fits = |state: &State<'_>| {
            state.since_ms < scope.until_ms
                && state.until_ms > scope.from_ms
                && scope.has_author(state.by)
                && self.wanted.fits(&state.values)
        };
        states(issue, fields, self.attribute).iter().any(fits) == self.expected
    }
}

impl Changed {
    pub(crate) fn holds(&self, fields: &Fields, store: &Store) -> bool {
        let Some(issue) = store.get(fields.id) else {
            return !self.expected;
        };
        let scope = &self.scope;
        let side = |wanted: &Option<Wanted>, value: &Option<String>| {
            let value: Vec<String> = value.iter().cloned().collect();
            wanted.as_ref().is_none_or(|wanted| wanted.fits(&value))
        };
        let fits = |(at_ms, by, change): (i64, &str, &Change)| {
            (scope.from_ms..scope.until_ms).contains(&at_ms)
                && scope.has_author(by)
                && side(&self.from, &change.from)
                && side(&self.to, &change.to)
        };
        changes(issue, fields, self.attribute).any(fits) == self.expected
    }
}

/// The attribute's changes that the index has seen, oldest first.
fn changes<'a>(
    issue: &'a Issue,
    fields: &'a Fields,
    attribute: Attribute,
) -> impl DoubleEndedIterator<Item = (i64, &'a str, &'a Change)> {
    let field = attribute.changelog_field();
    let seen = issue
        .history
        .iter()
        .filter(|history| history.at_ms <= fields.updated_ms);
    seen.flat_map(move |history| {
        let items = history
            .items
            .iter()
            .filter(move |item| Some(item.field_id) == field);
        items.map(|item| (history.at_ms, history.author, item))
    })
}

/// What the attribute was, from the issue's beginning on, read backwards from what it is.
fn states<'a>(issue: &'a Issue, fields: &'a Fields, attribute: Attribute) -> Vec<State<'a>> {
    let mut values = present(fields, attribute);
    let mut until_ms = i64::MAX;
    let mut states = Vec::new();
    for (at_ms, by, change) in changes(issue, fields, attribute).rev() {
        let state = State {
            since_ms: at_ms,
            until_ms,
            by,
            values: values.clone(),
        };
        states.push(state);
        values.retain(|it| Some(it) != change.to.as_ref());
        values.extend(change.from.clone());
        until_ms = at_ms;
    }
    states.push(State {
        since_ms: fields.created_ms,
        until_ms,
        by: fields.creator,
        values,
    });
    states
}

fn present(fields: &Fields, attribute: Attribute) -> Vec<String> {
    let one = |it: Option<&str>| it.map(str::to_owned).into_iter().collect();
    match attribute {
        Attribute::Assignee => one(fields.assignee),
        Attribute::Reporter => one(fields.reporter),
        Attribute::Priority => one(Some(fields.priority.id)),
        Attribute::Resolution => one(fields.resolution.map(|it| it.id)),
        Attribute::Status => one(Some(fields.status.id)),
        Attribute::Fix => fields.fix_versions.iter().map(u64::to_string).collect(),
        // These have no history, as `Attribute::changelog_field` says.
        Attribute::Affected
        | Attribute::Attachment
        | Attribute::Category
        | Attribute::Component
        | Attribute::Creator
        | Attribute::Custom(_)
        | Attribute::Epic
        | Attribute::Filter
        | Attribute::Issue
        | Attribute::Labels
        | Attribute::LinkType
        | Attribute::Parent
        | Attribute::Project
        | Attribute::ProjectCategory
        | Attribute::ProjectType
        | Attribute::Security
        | Attribute::Sprint
        | Attribute::Type
        | Attribute::Voter
        | Attribute::Watcher
        | Attribute::WorklogAuthor => Vec::new(),
    }
}
