//! The rules of the Agile process: what a new state of an item must satisfy, and what the server
//! sets with a change of state (azure.md 14, 15.1).

use super::error::Broken;
use super::field::{self, Fields, Kind, Value};
use super::identity::Who;
use super::kind::{self, Type};
use super::limit;

const REQUIRED: &str = "Required, InvalidEmpty";
const NOT_LISTED: &str = "HasValues, LimitedToValues, AllowsOldValue, InvalidListValue";
const TOO_LONG: &str = "InvalidTooLong";
const NOT_EMPTY: &str = "InvalidNotEmpty";

/// Every rule that the new fields break, in the order of fields.
pub(crate) fn broken(new: &Fields, old: Option<&Fields>, kind: &Type) -> Vec<Broken> {
    let mut broken: Vec<Broken> = field::FIELDS
        .iter()
        .filter_map(|f| {
            let flags = check(f.reference, f.kind, new, old)?;
            Some(Broken {
                reference: f.reference,
                name: f.name,
                flags,
            })
        })
        .collect();
    if !state_is_legal(new, old, kind) {
        broken.push(Broken {
            reference: field::STATE,
            name: "State",
            flags: NOT_LISTED,
        });
    }
    broken
}

fn check(
    reference: &'static str,
    kind: Kind,
    new: &Fields,
    old: Option<&Fields>,
) -> Option<&'static str> {
    let value = new.get(reference);
    if reference == field::TITLE && value.is_none() {
        return Some(REQUIRED);
    }
    let value = value?;
    if old.and_then(|o| o.get(reference)) == Some(value) {
        return None;
    }
    if reference == field::REMAINING && new.text(field::STATE) == "Closed" {
        return Some(NOT_EMPTY);
    }
    match value {
        Value::Integer(n) if reference == field::PRIORITY => {
            (!(1..=4).contains(n)).then_some(NOT_LISTED)
        }
        Value::Text(text) if kind == Kind::Line => {
            let listed = kind::allowed(reference).is_none_or(|all| all.contains(&text.as_ref()));
            if text.chars().count() > limit::LINE_CHARS {
                return Some(TOO_LONG);
            }
            (!listed).then_some(NOT_LISTED)
        }
        _ => None,
    }
}

/// A new item begins in the initial state; later states follow the workflow.
fn state_is_legal(new: &Fields, old: Option<&Fields>, kind: &Type) -> bool {
    let to = new.text(field::STATE);
    let retyped = old.is_some_and(|o| o.text(field::TYPE) != new.text(field::TYPE));
    let known = kind.state(to).is_some();
    match old {
        None => to == kind.initial(),
        Some(_) if retyped => known,
        Some(old) => known && kind.allows(old.text(field::STATE), to),
    }
}

/// What the server sets when the state is not what it was; `given` says whether the caller set a
/// field itself.
pub(crate) fn follow_state(
    fields: &mut Fields,
    from: &str,
    (now, by): (i64, &Who),
    given: impl Fn(&str) -> bool,
) {
    let to = fields.text(field::STATE).to_owned();
    let mut set = |reference: &'static str, value: Option<Value>| {
        if !given(reference) {
            fields.put(reference, value);
        }
    };
    let stamp = Some(Value::Time(now));
    let person = Some(Value::Person(by.clone()));
    set(field::STATE_CHANGED, stamp.clone());
    match to.as_str() {
        "Active" => {
            set(field::ACTIVATED, stamp);
            set(field::ACTIVATOR, person);
            clear(
                &mut set,
                &[
                    field::RESOLVED,
                    field::RESOLVER,
                    field::CLOSED,
                    field::CLOSER,
                ],
            );
        }
        "Resolved" => {
            set(field::RESOLVED, stamp);
            set(field::RESOLVER, person);
            clear(&mut set, &[field::CLOSED, field::CLOSER]);
        }
        "Closed" => {
            set(field::CLOSED, stamp);
            set(field::CLOSER, person);
            clear(&mut set, &[field::REMAINING]);
        }
        _ => clear(
            &mut set,
            &[
                field::ACTIVATED,
                field::ACTIVATOR,
                field::RESOLVED,
                field::RESOLVER,
                field::CLOSED,
                field::CLOSER,
            ],
        ),
    }
    if !given(field::REASON) {
        let reason = kind::reason(fields.text(field::TYPE), from, &to);
        fields.set(field::REASON, Value::text(&reason));
    }
}

fn clear(set: &mut impl FnMut(&'static str, Option<Value>), references: &[&'static str]) {
    for reference in references {
        set(reference, None);
    }
}
