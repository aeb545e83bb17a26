//! Which items a query has to look at.
//!
//! The store has an order of ids and lists of items by project, type, state and latest change; a
//! condition says which of them can hold what it wants. A query of the past looks at what the
//! present would give and at everything that has changed since. Every item is judged by the whole
//! condition afterwards: a choice here can only be slow, never wrong.

use std::collections::BTreeSet;

use super::super::field;
use super::super::index::Index;
use super::super::limit;
use super::super::node::Organization;
use super::super::store::Store;
use super::super::time;
use super::{Comparison, Condition, Operand};

/// A list of ids.
#[derive(Debug, Clone)]
enum List<'a> {
    /// One that the store keeps.
    Kept(&'a BTreeSet<i64>),
    /// One made for the question.
    Made(Vec<i64>),
}

impl List<'_> {
    fn len(&self) -> usize {
        match self {
            List::Kept(ids) => ids.len(),
            List::Made(ids) => ids.len(),
        }
    }

    fn put_into(&self, all: &mut BTreeSet<i64>) {
        match self {
            List::Kept(ids) => all.extend(ids.iter()),
            List::Made(ids) => all.extend(ids),
        }
    }
}

/// What every item has for which a condition holds.
#[derive(Debug, Clone)]
struct Bounds<'a> {
    /// The least and the greatest id.
    span: (i64, i64),
    /// Lists of which one has the item; nothing when no list is known.
    lists: Option<Vec<List<'a>>>,
}

impl<'a> Bounds<'a> {
    const NONE: Self = Self {
        span: (i64::MIN, i64::MAX),
        lists: None,
    };

    fn listed(list: List<'a>) -> Self {
        Self {
            lists: Some(vec![list]),
            ..Self::NONE
        }
    }

    fn within(from: i64, to: i64) -> Self {
        Self {
            span: (from, to),
            lists: None,
        }
    }

    fn size(&self) -> usize {
        let lists = self.lists.as_ref();
        lists.map_or(usize::MAX, |all| all.iter().map(List::len).sum())
    }

    /// Both hold.
    fn and(self, other: Self) -> Self {
        let span = (self.span.0.max(other.span.0), self.span.1.min(other.span.1));
        let fewer = if other.size() < self.size() {
            other
        } else {
            self
        };
        Self { span, ..fewer }
    }

    /// One of the two holds.
    fn or(self, other: Self) -> Self {
        let span = (self.span.0.min(other.span.0), self.span.1.max(other.span.1));
        let lists = self.lists.zip(other.lists).map(|(mut lists, more)| {
            lists.extend(more);
            lists
        });
        Self { span, lists }
    }

    /// One of several holds.
    fn any(all: impl Iterator<Item = Self>) -> Self {
        all.reduce(Self::or).unwrap_or(Self::NONE)
    }
}

/// The ids, in order, of all items for which the condition may hold, now or as of `at`; without a
/// condition, those of all items.
pub(crate) fn worth<'a>(
    condition: Option<&Condition>,
    (store, organization): (&'a Store, &'a Organization),
    by_day: Option<i64>,
    at: Option<i64>,
) -> Box<dyn DoubleEndedIterator<Item = i64> + 'a> {
    let ground = Ground {
        index: &store.index,
        organization,
        by_day,
    };
    let bounds = condition.map_or(Bounds::NONE, |condition| ground.bounds(condition));
    let (from, to) = bounds.span;
    if from > to {
        return Box::new(std::iter::empty());
    }
    let Some(lists) = bounds.lists else {
        return Box::new(store.span(from, to).map(|item| item.id));
    };
    let mut ids = BTreeSet::new();
    lists.iter().for_each(|list| list.put_into(&mut ids));
    if let Some(at) = at {
        ids.extend(store.index.changed_since(at));
    }
    Box::new(ids.into_iter().filter(move |id| (from..=to).contains(id)))
}

/// What the conditions are read with.
struct Ground<'a> {
    index: &'a Index,
    organization: &'a Organization,
    by_day: Option<i64>,
}

impl<'a> Ground<'a> {
    /// The parser has bounded how deeply conditions nest.
    fn bounds(&self, condition: &Condition) -> Bounds<'a> {
        match condition {
            Condition::And(parts) => {
                let all = parts.iter().map(|part| self.bounds(part));
                all.fold(Bounds::NONE, Bounds::and)
            }
            Condition::Or(parts) => Bounds::any(parts.iter().map(|part| self.bounds(part))),
            Condition::In(f, operands) => Bounds::any(
                operands
                    .iter()
                    .map(|operand| self.compare(f.reference, Comparison::Equal, operand)),
            ),
            Condition::Compare(f, comparison, operand) => {
                self.compare(f.reference, *comparison, operand)
            }
            Condition::Not(_) | Condition::Group(..) | Condition::Empty(_) | Condition::Ever(_) => {
                Bounds::NONE
            }
        }
    }

    fn compare(&self, reference: &str, comparison: Comparison, operand: &Operand) -> Bounds<'a> {
        match (reference, comparison, operand) {
            (field::ID, _, Operand::Number(number)) => by_id(comparison, *number),
            (field::CHANGED, _, Operand::Time(ms)) => self.by_change(comparison, *ms),
            (field::PROJECT, Comparison::Equal, Operand::Text(name)) => {
                Bounds::listed(match self.organization.find(name) {
                    Ok(project) => List::Kept(self.index.of_project(project)),
                    Err(_) => List::Made(Vec::new()),
                })
            }
            (_, Comparison::Equal, Operand::Text(name)) if name.is_empty() => Bounds::NONE,
            (field::TYPE, Comparison::Equal, Operand::Text(name)) => {
                Bounds::listed(List::Kept(self.index.of_kind(name)))
            }
            (field::STATE, Comparison::Equal, Operand::Text(name)) => {
                Bounds::listed(List::Kept(self.index.of_state(name)))
            }
            _ => Bounds::NONE,
        }
    }

    fn by_change(&self, comparison: Comparison, ms: i64) -> Bounds<'a> {
        let (first, last) = match self.by_day {
            None => (ms, ms),
            Some(offset) => {
                let day = time::day_in(ms, offset);
                (day, time::plus_days(day, 1))
            }
        };
        let (from, to) = match comparison {
            Comparison::Equal => (first, last),
            Comparison::Greater | Comparison::GreaterOrEqual => (first, i64::MAX),
            Comparison::Less | Comparison::LessOrEqual => (i64::MIN, last),
            Comparison::NotEqual
            | Comparison::Contains
            | Comparison::ContainsWords
            | Comparison::Under => return Bounds::NONE,
        };
        let changed = self.index.changed(from, to);
        let ids: Vec<i64> = changed.take(limit::NARROW_CHANGES + 1).collect();
        if ids.len() > limit::NARROW_CHANGES {
            return Bounds::NONE;
        }
        Bounds::listed(List::Made(ids))
    }
}

fn by_id(comparison: Comparison, number: f64) -> Bounds<'static> {
    // A cast saturates, and a bound that is a little too wide only costs a look.
    let (floor, ceiling) = (number.floor() as i64, number.ceil() as i64);
    match comparison {
        Comparison::Equal if floor == ceiling => Bounds {
            span: (floor, floor),
            lists: Some(vec![List::Made(vec![floor])]),
        },
        Comparison::Equal => Bounds::listed(List::Made(Vec::new())),
        Comparison::Greater | Comparison::GreaterOrEqual => Bounds::within(floor, i64::MAX),
        Comparison::Less | Comparison::LessOrEqual => Bounds::within(i64::MIN, ceiling),
        Comparison::NotEqual
        | Comparison::Contains
        | Comparison::ContainsWords
        | Comparison::Under => Bounds::NONE,
    }
}
