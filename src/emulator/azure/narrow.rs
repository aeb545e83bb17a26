//! Which items a query has to look at.
//!
//! The parts of a condition that must all hold name ids, the date of the latest change, states or
//! types; the store has an order for each. A query of the past (`ASOF`, or a stale search) looks at
//! what the present would give and at everything that has changed since. Every item is judged by the
//! whole condition afterwards: a choice here can only be slow, never wrong.

use std::collections::BTreeSet;

use super::field::{self, Field};
use super::item::Item;
use super::store::Store;
use super::wiql::{Comparison, Condition, Operand, Query};

/// What the condition demands of every item that satisfies it.
#[derive(Debug)]
struct Demands {
    from: i64,
    to: i64,
    ids: Option<BTreeSet<i64>>,
    changed_ms: Option<i64>,
    states: Option<Vec<String>>,
    kinds: Option<Vec<String>>,
}

impl Demands {
    fn of(condition: Option<&Condition>) -> Self {
        let mut demands = Self {
            from: i64::MIN,
            to: i64::MAX,
            ids: None,
            changed_ms: None,
            states: None,
            kinds: None,
        };
        if let Some(condition) = condition {
            demands.add(condition);
        }
        demands
    }

    /// The parser has bounded how deeply conditions nest.
    fn add(&mut self, condition: &Condition) {
        match condition {
            Condition::And(left, right) => {
                self.add(left);
                self.add(right);
            }
            Condition::Compare(f, comparison, operand) => self.compare(f, *comparison, operand),
            Condition::In(f, operands) => self.members(f, operands),
            _ => {}
        }
    }

    fn compare(&mut self, f: &Field, comparison: Comparison, operand: &Operand) {
        match (f.reference, operand) {
            (field::ID, Operand::Number(number)) => self.id(comparison, *number),
            (field::CHANGED, Operand::Time { ms, .. }) => {
                let since = matches!(
                    comparison,
                    Comparison::Equal | Comparison::Greater | Comparison::GreaterOrEqual
                );
                if since {
                    self.changed_ms = self.changed_ms.max(Some(*ms));
                }
            }
            _ if comparison == Comparison::Equal => self.members(f, std::slice::from_ref(operand)),
            _ => {}
        }
    }

    fn id(&mut self, comparison: Comparison, number: f64) {
        // A cast saturates, and a bound that is a little too wide only costs a look.
        let (low, high) = (number.floor() as i64, number.ceil() as i64);
        match comparison {
            Comparison::Equal => (self.from, self.to) = (self.from.max(low), self.to.min(high)),
            Comparison::Greater | Comparison::GreaterOrEqual => self.from = self.from.max(low),
            Comparison::Less | Comparison::LessOrEqual => self.to = self.to.min(high),
            _ => {}
        }
    }

    fn members(&mut self, f: &Field, operands: &[Operand]) {
        match f.reference {
            field::ID => {
                let number = |operand: &Operand| match operand {
                    Operand::Number(number) => Some(*number as i64),
                    _ => None,
                };
                self.ids = operands.iter().map(number).collect();
            }
            field::STATE => self.states = texts(operands).or(self.states.take()),
            field::TYPE => self.kinds = texts(operands).or(self.kinds.take()),
            _ => {}
        }
    }
}

/// The texts, when all are.
fn texts(operands: &[Operand]) -> Option<Vec<String>> {
    let text = |operand: &Operand| match operand {
        Operand::Text(text) => Some(text.to_lowercase()),
        _ => None,
    };
    let unique: Option<BTreeSet<String>> = operands.iter().map(text).collect();
    unique.map(|unique| unique.into_iter().collect())
}

/// The items that may satisfy the query, seen now or as of `at`; and whether they come in the order
/// in which the query wants them.
pub(crate) fn items<'a>(
    store: &'a Store,
    query: &Query,
    at: Option<i64>,
) -> (Box<dyn Iterator<Item = &'a Item> + 'a>, bool) {
    let demands = Demands::of(query.condition.as_ref());
    let descending = match query.order.as_slice() {
        [] => Some(false),
        [(f, descending), ..] if f.reference == field::ID => Some(*descending),
        _ => None,
    };
    let (from, to) = (demands.from, demands.to);
    let within = move |id: &i64| (from..=to).contains(id);
    let items: Box<dyn Iterator<Item = &'a Item> + 'a> = match listed(store, demands, at) {
        None if descending == Some(true) => Box::new(store.span(from, to).rev()),
        None => Box::new(store.span(from, to)),
        Some(ids) if descending == Some(true) => {
            let ids = ids.into_iter().rev().filter(within);
            Box::new(ids.filter_map(|id| store.any(id)))
        }
        Some(ids) => {
            let ids = ids.into_iter().filter(within);
            Box::new(ids.filter_map(|id| store.any(id)))
        }
    };
    (items, descending.is_some())
}

/// The smallest list that has all that may fit; nothing when no list is narrower than the span of
/// ids.
fn listed(store: &Store, demands: Demands, at: Option<i64>) -> Option<BTreeSet<i64>> {
    if demands.ids.is_some() {
        return demands.ids;
    }
    let index = &store.index;
    let states = demands.states.as_ref().map(|names| {
        let of = |name: &String| index.of_state(name);
        names.iter().filter_map(of).collect::<Vec<_>>()
    });
    let kinds = demands.kinds.as_ref().map(|names| {
        let of = |name: &String| index.of_kind(name);
        names.iter().filter_map(of).collect::<Vec<_>>()
    });
    let size = |sets: &Vec<&BTreeSet<i64>>| sets.iter().map(|it| it.len()).sum::<usize>();
    let sets = states.into_iter().chain(kinds).min_by_key(size);
    let fewest = sets.as_ref().map_or(usize::MAX, size);
    if let Some(since) = demands.changed_ms {
        let changed = index.changed_since(since).take(fewest).count();
        if changed < fewest {
            return Some(index.changed_since(since).collect());
        }
    }
    let mut ids: BTreeSet<i64> = sets?.into_iter().flatten().copied().collect();
    if let Some(at) = at {
        ids.extend(index.changed_since(at));
    }
    Some(ids)
}
