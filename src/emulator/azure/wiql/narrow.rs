//! Which items a condition can hold for at all, told by the indexes of the store: ids, projects,
//! types, states and dates of change. What no index knows is asked of every item.

use super::super::field;
use super::super::limit;
use super::super::node::Organization;
use super::super::store::Store;
use super::super::time;
use super::{Comparison, Condition, Operand};

/// The ids of items for which the condition may hold, in order; nothing when an index cannot tell.
/// Only for the newest revisions: an index knows nothing of the past.
pub(crate) fn candidates(
    condition: &Condition,
    store: &Store,
    organization: &Organization,
    by_day: Option<i64>,
) -> Option<Vec<i64>> {
    match condition {
        Condition::And(parts) => {
            let sets = parts
                .iter()
                .filter_map(|part| candidates(part, store, organization, by_day));
            sets.min_by_key(Vec::len)
        }
        Condition::Or(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(candidates(part, store, organization, by_day)?);
            }
            all.sort_unstable();
            all.dedup();
            Some(all)
        }
        Condition::In(f, operands) => {
            let mut all = Vec::new();
            for operand in operands {
                let one = Condition::Compare(f, Comparison::Equal, operand.clone());
                all.extend(candidates(&one, store, organization, by_day)?);
            }
            all.sort_unstable();
            all.dedup();
            Some(all)
        }
        Condition::Compare(f, comparison, operand) => match f.reference {
            field::ID => by_id(*comparison, operand, store),
            field::CHANGED => by_change(*comparison, operand, store, by_day),
            field::PROJECT => match (comparison, operand) {
                (Comparison::Equal, Operand::Text(name)) => Some(match organization.find(name) {
                    Ok(project) => store.index().project(project).collect(),
                    Err(_) => Vec::new(),
                }),
                _ => None,
            },
            field::TYPE | field::STATE => match (comparison, operand) {
                (Comparison::Equal, Operand::Text(name)) if !name.is_empty() => {
                    Some(store.index().named(f.reference, name).collect())
                }
                _ => None,
            },
            _ => None,
        },
        Condition::Not(_) | Condition::Group(..) | Condition::Empty(_) | Condition::Ever(_) => None,
    }
}

fn by_id(comparison: Comparison, operand: &Operand, store: &Store) -> Option<Vec<i64>> {
    let Operand::Number(number) = operand else {
        return None;
    };
    let (floor, ceiling) = (number.floor() as i64, number.ceil() as i64);
    match comparison {
        Comparison::Equal => Some(match store.any(floor) {
            Some(_) if floor == ceiling => vec![floor],
            _ => Vec::new(),
        }),
        Comparison::Greater | Comparison::GreaterOrEqual => Some(store.ids(floor, i64::MAX)),
        Comparison::Less | Comparison::LessOrEqual => Some(store.ids(i64::MIN, ceiling)),
        Comparison::NotEqual
        | Comparison::Contains
        | Comparison::ContainsWords
        | Comparison::Under => None,
    }
}

fn by_change(
    comparison: Comparison,
    operand: &Operand,
    store: &Store,
    by_day: Option<i64>,
) -> Option<Vec<i64>> {
    let Operand::Time(ms) = operand else {
        return None;
    };
    let (first, last) = match by_day {
        None => (*ms, *ms),
        Some(offset) => {
            let day = time::day_in(*ms, offset);
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
        | Comparison::Under => return None,
    };
    let ids: Vec<i64> = store
        .index()
        .changed(from, to)
        .take(limit::NARROW_CHANGES + 1)
        .collect();
    (ids.len() <= limit::NARROW_CHANGES).then_some(ids)
}
