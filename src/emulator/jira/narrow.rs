//! Which issues a search has to look at.
//!
//! The parts of a condition that must all hold name ids, projects, a span of `updated`, statuses or
//! assignees; the index has an order for each. Where the results are ordered by `updated`, the
//! search walks that order and ends with its page. Whatever is chosen here, every issue is judged by
//! the whole condition: a choice can only be slow, never wrong.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::jira::index::Index;
use crate::jira::issue::Fields;
use crate::jira::jql::test::{Attribute, Compare, Moment, Term, Test};
use crate::jira::scheme::PROJECTS;

/// A walk along `updated` that ends with the page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Walk {
    /// The newest first.
    pub(crate) descending: bool,
    /// The `updated` of the row with which the page before ended.
    pub(crate) after_ms: Option<i64>,
    /// How many rows are wanted; more may be found.
    pub(crate) most: usize,
}

/// What the condition demands of every issue that satisfies it.
#[derive(Debug, Default)]
struct Demands {
    ids: Option<BTreeSet<u64>>,
    projects: Option<BTreeSet<u64>>,
    from_ms: Option<i64>,
    to_ms: Option<i64>,
    statuses: Option<Vec<String>>,
    assignees: Option<Vec<String>>,
}

impl Demands {
    fn of(test: &Test) -> Self {
        let mut demands = Self::default();
        demands.add(test);
        demands
    }

    /// The parser has bounded how deeply conditions nest.
    fn add(&mut self, test: &Test) {
        match test {
            Test::All(parts) => parts.iter().for_each(|part| self.add(part)),
            Test::Has(Attribute::Issue, terms) => self.ids = Some(numbers(terms)),
            Test::Has(Attribute::Project, terms) => self.projects = Some(numbers(terms)),
            Test::Has(Attribute::Status, terms) => self.statuses = Some(texts(terms)),
            Test::Has(Attribute::Assignee, terms) => self.assignees = Some(texts(terms)),
            Test::Time(Moment::Updated, compare, at_ms) => match compare {
                Compare::Greater | Compare::GreaterEqual => {
                    self.from_ms = self.from_ms.max(Some(*at_ms));
                }
                Compare::Less | Compare::LessEqual => self.until(*at_ms),
                Compare::Equal => {
                    self.from_ms = self.from_ms.max(Some(*at_ms));
                    self.until(*at_ms);
                }
            },
            _ => {}
        }
    }

    fn until(&mut self, at_ms: i64) {
        self.to_ms = Some(self.to_ms.map_or(at_ms, |to_ms| to_ms.min(at_ms)));
    }

    fn projects(&self) -> Vec<u64> {
        match &self.projects {
            Some(projects) => projects.iter().copied().collect(),
            None => PROJECTS.iter().map(|it| it.id).collect(),
        }
    }
}

/// The issues of the index that fit, all of them, or with a walk at least as many as it wants.
pub(crate) fn find(
    index: &Index,
    test: &Test,
    walk: Option<Walk>,
    fits: impl Fn(&Fields) -> bool,
) -> Vec<Arc<Fields>> {
    let demands = Demands::of(test);
    let fits = |fields: &&Arc<Fields>| {
        index.examine();
        fits(fields)
    };
    if let Some(ids) = &demands.ids {
        return listed(index, [ids], fits);
    }
    let statuses = demands.statuses.as_ref().map(|all| {
        let of = |id: &String| index.of_status(id);
        all.iter().filter_map(of).collect::<Vec<_>>()
    });
    let assignees = demands.assignees.as_ref().map(|all| {
        let of = |id: &String| index.of_assignee(id);
        all.iter().filter_map(of).collect::<Vec<_>>()
    });
    let size = |sets: &Option<Vec<&BTreeSet<u64>>>| {
        sets.as_ref()
            .map_or(usize::MAX, |sets| sets.iter().map(|it| it.len()).sum())
    };
    let fewest = size(&statuses).min(size(&assignees));
    if sets_are_quicker(index, &demands, walk, fewest) {
        let by_status = size(&statuses) <= size(&assignees);
        let sets = if by_status { statuses } else { assignees };
        return listed(index, sets.unwrap_or_default(), fits);
    }
    match walk {
        Some(walk) => walked(index, &demands, walk, fits),
        None => within(index, &demands).filter(fits).cloned().collect(),
    }
}

/// Whether the `fewest` issues of some statuses or assignees are fewer than the rows that a search
/// by `updated` would look at.
fn sets_are_quicker(index: &Index, demands: &Demands, walk: Option<Walk>, fewest: usize) -> bool {
    if fewest == usize::MAX {
        return false;
    }
    // When a share of all issues fits, a page is full after its size divided by that share.
    let walked = walk.map_or(usize::MAX, |walk| {
        walk.most.saturating_mul(index.len()) / fewest.max(1)
    });
    fewest <= walked && fewest <= within(index, demands).take(fewest).count()
}

fn within<'a>(index: &'a Index, demands: &Demands) -> impl Iterator<Item = &'a Arc<Fields>> {
    let from_ms = demands.from_ms.unwrap_or(i64::MIN);
    let to_ms = demands.to_ms.unwrap_or(i64::MAX);
    let projects = demands.projects();
    let each = projects.into_iter();
    each.flat_map(move |project| index.by_updated(project, from_ms, to_ms))
}

fn listed<'a>(
    index: &Index,
    sets: impl IntoIterator<Item = &'a BTreeSet<u64>>,
    fits: impl Fn(&&Arc<Fields>) -> bool,
) -> Vec<Arc<Fields>> {
    let ids = sets.into_iter().flatten();
    ids.filter_map(|&id| index.get(id))
        .filter(fits)
        .cloned()
        .collect()
}

/// Walks each project on its own: the page's rows are among those that each of them begins with.
fn walked(
    index: &Index,
    demands: &Demands,
    walk: Walk,
    fits: impl Fn(&&Arc<Fields>) -> bool,
) -> Vec<Arc<Fields>> {
    let mut from_ms = demands.from_ms.unwrap_or(i64::MIN);
    let mut to_ms = demands.to_ms.unwrap_or(i64::MAX);
    match walk.after_ms {
        Some(after_ms) if walk.descending => to_ms = to_ms.min(after_ms),
        Some(after_ms) => from_ms = from_ms.max(after_ms),
        None => {}
    }
    let mut found = Vec::new();
    for project in demands.projects() {
        let rows = index.by_updated(project, from_ms, to_ms);
        if walk.descending {
            take_page(rows.rev(), walk.most, &fits, &mut found);
        } else {
            take_page(rows, walk.most, &fits, &mut found);
        }
    }
    found
}

/// Takes rows until there are more than enough, and then those that were updated at the same moment
/// as the last: what orders them is not known here.
fn take_page<'a>(
    rows: impl Iterator<Item = &'a Arc<Fields>>,
    most: usize,
    fits: impl Fn(&&Arc<Fields>) -> bool,
    found: &mut Vec<Arc<Fields>>,
) {
    let mut taken = 0;
    let mut last_ms = None;
    for row in rows {
        if taken > most && last_ms != Some(row.updated_ms) {
            return;
        }
        if fits(&row) {
            taken += 1;
            last_ms = Some(row.updated_ms);
            found.push(Arc::clone(row));
        }
    }
}

fn numbers(terms: &[Term]) -> BTreeSet<u64> {
    let number = |term: &Term| match term {
        Term::Number(number) => Some(*number),
        Term::Text(_) => None,
    };
    terms.iter().filter_map(number).collect()
}

fn texts(terms: &[Term]) -> Vec<String> {
    let text = |term: &Term| match term {
        Term::Text(text) => Some(text.clone()),
        Term::Number(_) => None,
    };
    let unique: BTreeSet<String> = terms.iter().filter_map(text).collect();
    unique.into_iter().collect()
}
