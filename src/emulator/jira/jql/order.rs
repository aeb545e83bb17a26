//! The order of results by several fields.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::adf;
use crate::jira::issue::Fields;
use crate::jira::jql::look;
use crate::jira::jql::test::{Measure, priority_rank};
use crate::jira::scheme::STATUSES;
use crate::jira::store::Store;

/// A field that results can be ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    Affected,
    Assignee,
    Category,
    CategoryChanged,
    Component,
    Created,
    Creator,
    /// A custom field, by its id.
    Custom(&'static str),
    Description,
    Due,
    Environment,
    Fix,
    Id,
    Key,
    Labels,
    Original,
    Parent,
    Points,
    Priority,
    Project,
    Rank,
    Remaining,
    Reporter,
    Resolution,
    Resolved,
    Spent,
    Sprint,
    Status,
    Summary,
    Type,
    Updated,
    Viewed,
    Votes,
    Watchers,
}

/// An order by several fields; ids break what is left equal, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order(pub(crate) Vec<(Sort, bool)>);

impl Order {
    /// Which of two issues comes first.
    pub(crate) fn compare(&self, a: &Fields, b: &Fields, store: &Store) -> Ordering {
        for &(sort, descending) in &self.0 {
            let order = compare(sort, a, b, store);
            if order.is_ne() {
                return if descending { order.reverse() } else { order };
            }
        }
        b.id.cmp(&a.id)
    }
}

fn compare(sort: Sort, a: &Fields, b: &Fields, store: &Store) -> Ordering {
    let measured = |measure| {
        let of = |fields| look::measure(fields, measure, store);
        last(of(a), of(b), f64::total_cmp)
    };
    let status = |fields: &Fields| STATUSES.iter().position(|it| it.id == fields.status.id);
    let text = |document: Option<&Value>| document.map(adf::plain_text);
    match sort {
        Sort::Key => (a.project.key, a.number).cmp(&(b.project.key, b.number)),
        Sort::Id => a.id.cmp(&b.id),
        Sort::Created => a.created_ms.cmp(&b.created_ms),
        Sort::Updated => a.updated_ms.cmp(&b.updated_ms),
        Sort::Priority => priority_rank(a.priority.id).cmp(&priority_rank(b.priority.id)),
        Sort::Status => status(a).cmp(&status(b)),
        Sort::Category => a.status.category.id.cmp(&b.status.category.id),
        Sort::CategoryChanged => a.category_changed_ms.cmp(&b.category_changed_ms),
        Sort::Summary => a.summary.to_lowercase().cmp(&b.summary.to_lowercase()),
        Sort::Description => text(a.description().as_ref()).cmp(&text(b.description().as_ref())),
        Sort::Environment => text(a.environment.as_deref()).cmp(&text(b.environment.as_deref())),
        Sort::Type => a.kind.name.cmp(b.kind.name),
        Sort::Assignee => last(a.assignee, b.assignee, Ord::cmp),
        Sort::Reporter => last(a.reporter, b.reporter, Ord::cmp),
        Sort::Creator => a.creator.cmp(b.creator),
        Sort::Project => a.project.key.cmp(b.project.key),
        Sort::Resolution => last(
            a.resolution.map(|it| it.name),
            b.resolution.map(|it| it.name),
            Ord::cmp,
        ),
        Sort::Resolved => a.resolved_ms.cmp(&b.resolved_ms),
        Sort::Due => last(a.due.as_ref(), b.due.as_ref(), Ord::cmp),
        Sort::Parent => a.parent.cmp(&b.parent),
        Sort::Labels => last(a.labels.first(), b.labels.first(), Ord::cmp),
        Sort::Component => named(&a.components, &b.components, |id| {
            store.components.get(id).map(|it| it.name.clone())
        }),
        Sort::Fix => placed(&a.fix_versions, &b.fix_versions, store),
        Sort::Affected => placed(&a.versions, &b.versions, store),
        Sort::Sprint => last(a.sprints.last(), b.sprints.last(), Ord::cmp),
        Sort::Rank => store.planning.ranks.compare(a.id, b.id),
        Sort::Points => measured(Measure::Points),
        Sort::Original => measured(Measure::Original),
        Sort::Remaining => measured(Measure::Remaining),
        Sort::Spent => measured(Measure::Spent),
        Sort::Votes => measured(Measure::Votes),
        Sort::Watchers => measured(Measure::Watchers),
        Sort::Custom(field) => last(a.custom.get(field), b.custom.get(field), |a, b| {
            look::compare_custom(a, b, store)
        }),
        // Nobody looks at issues in a browser here.
        Sort::Viewed => Ordering::Equal,
    }
}

/// What is empty comes last in an ascending order.
fn last<T>(a: Option<T>, b: Option<T>, compare: impl Fn(&T, &T) -> Ordering) -> Ordering {
    match (&a, &b) {
        (Some(a), Some(b)) => compare(a, b),
        (a, b) => a.is_none().cmp(&b.is_none()),
    }
}

fn named(a: &BTreeSet<u64>, b: &BTreeSet<u64>, name: impl Fn(u64) -> Option<String>) -> Ordering {
    let first = |ids: &BTreeSet<u64>| ids.iter().filter_map(|&id| name(id)).min();
    last(first(a), first(b), Ord::cmp)
}

fn placed(a: &BTreeSet<u64>, b: &BTreeSet<u64>, store: &Store) -> Ordering {
    let first = |ids: &BTreeSet<u64>| {
        ids.iter()
            .filter_map(|&id| look::version_place(store, id))
            .min()
    };
    last(first(a), first(b), Ord::cmp)
}
