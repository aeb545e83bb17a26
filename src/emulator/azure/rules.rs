//! The rules of a process: what a new state of an item must satisfy, what the process writes into
//! it, and what the server sets with a change of state (azure.md 14, 15.1).

use super::error::Broken;
use super::field::{self, Field, Fields, Kind, Value};
use super::identity::Who;
use super::kind::{Category, Type};
use super::limit;
use super::node::Organization;
use super::process::Process;
use super::process::rule::{Step, Then};

const REQUIRED: &str = "Required, InvalidEmpty";
const NOT_LISTED: &str = "HasValues, LimitedToValues, AllowsOldValue, InvalidListValue";
const TOO_LONG: &str = "InvalidTooLong";
const NOT_EMPTY: &str = "InvalidNotEmpty";
const READ_ONLY: &str = "ReadOnly, InvalidNotOldValue";

/// Every rule that the new fields break, in the order of fields.
pub(crate) fn broken(
    step: Step<'_>,
    kind: &Type,
    project: usize,
    organization: &Organization,
) -> Vec<Broken> {
    let process = organization.process_of(project);
    // Rules that were added to the process may speak of any field, the others only of those that change or must be there.
    let added = process.is_some_and(|process| !process.rules.is_empty());
    let concerned = concerned(step, kind);
    let mut broken: Vec<Broken> = if added || !concerned.is_empty() {
        let all = organization.fields.all();
        all.filter(|f| added || concerned.contains(&f.reference))
            .filter_map(|f| {
                let flags = check(f, step, kind).or_else(|| custom(f, step, kind, process?))?;
                Some(Broken {
                    reference: f.reference,
                    name: f.name,
                    flags,
                })
            })
            .collect()
    } else {
        Vec::new()
    };
    if !state_is_legal(step, kind) {
        broken.push(Broken {
            reference: field::STATE,
            name: "State",
            flags: NOT_LISTED,
        });
    } else if !reason_is_legal(step, kind) {
        broken.push(Broken {
            reference: field::REASON,
            name: "Reason",
            flags: NOT_LISTED,
        });
    }
    broken
}

/// Fields that change, and those without a value that must have one.
fn concerned(step: Step<'_>, kind: &Type) -> Vec<&'static str> {
    let mut concerned = step.new.differing(step.old);
    let required = kind.members.iter().filter(|m| m.required);
    let missing = required.filter(|m| step.new.get(m.field.reference).is_none());
    concerned.extend(missing.map(|m| m.field.reference));
    concerned
}

fn check(f: &Field, step: Step<'_>, kind: &Type) -> Option<&'static str> {
    let value = step.new.get(f.reference);
    let member = kind.member(f.reference);
    let needed = member.is_some_and(|m| m.required && f.access == field::Access::Open);
    if needed && value.is_none() {
        return Some(REQUIRED);
    }
    let before = step.old.and_then(|o| o.get(f.reference));
    if before == value {
        return None;
    }
    if member.is_some_and(|m| m.read_only && f.access == field::Access::Open) {
        let default = member.and_then(|m| m.default.as_ref());
        let own = step.old.is_none() && default.is_some();
        return (!own).then_some(READ_ONLY);
    }
    let value = value?;
    let done = kind.category(step.new.text(field::STATE)) == Some(Category::Completed);
    if f.reference == field::REMAINING && done {
        return Some(NOT_EMPTY);
    }
    let listed = |text: &str| {
        kind.closed_list(f.reference)
            .is_none_or(|all| all.iter().any(|own| own.eq_ignore_ascii_case(text)))
    };
    match value {
        Value::Integer(n) => (!listed(&n.to_string())).then_some(NOT_LISTED),
        Value::Double(n) => (!listed(&n.to_string())).then_some(NOT_LISTED),
        Value::Text(text) if f.kind == Kind::Line => {
            if text.chars().count() > limit::LINE_CHARS {
                return Some(TOO_LONG);
            }
            (!listed(text)).then_some(NOT_LISTED)
        }
        Value::Text(_) | Value::Flag(_) | Value::Time(_) | Value::Person(_) => None,
    }
}

/// What the rules that were added to the process say of a field.
fn custom(f: &Field, step: Step<'_>, kind: &Type, process: &Process) -> Option<&'static str> {
    let own = process.rules.iter().filter(|r| r.kind == kind.reference);
    let actions = own.filter(|r| r.applies(step)).flat_map(|r| &r.actions);
    let value = step.new.get(f.reference);
    let changed = value != step.old.and_then(|o| o.get(f.reference));
    let text = value.and_then(Value::as_text).unwrap_or("");
    for action in actions {
        match action {
            Then::Require(target) if *target == f.reference && value.is_none() => {
                return Some(REQUIRED);
            }
            Then::Freeze(target) if *target == f.reference && changed => return Some(READ_ONLY),
            Then::Disallow(target, banned)
                if *target == f.reference && changed && banned.eq_ignore_ascii_case(text) =>
            {
                return Some(NOT_LISTED);
            }
            Then::Require(_)
            | Then::Freeze(_)
            | Then::Disallow(..)
            | Then::Copy(..)
            | Then::Default(..)
            | Then::Empty(_)
            | Then::Hide(_) => {}
        }
    }
    None
}

/// Writes what the added rules of a process write.
pub(crate) fn apply(fields: &mut Fields, step: Step<'_>, kind: &Type, process: &Process) {
    let own = process.rules.iter().filter(|r| r.kind == kind.reference);
    for action in own.filter(|r| r.applies(step)).flat_map(|r| &r.actions) {
        match action {
            Then::Copy(target, text) => put(fields, kind, target, text),
            Then::Default(target, text) if step.new.get(target).is_none() => {
                put(fields, kind, target, text);
            }
            Then::Empty(target) => fields.remove(target),
            Then::Default(..)
            | Then::Require(_)
            | Then::Freeze(_)
            | Then::Disallow(..)
            | Then::Hide(_) => {}
        }
    }
}

fn put(fields: &mut Fields, kind: &Type, target: &'static str, text: &str) {
    let kind = kind.member(target).map_or(Kind::Line, |m| m.field.kind);
    let value = match kind {
        Kind::Integer => text.trim().parse().ok().map(Value::Integer),
        Kind::Double => text.trim().parse().ok().map(Value::Double),
        Kind::Flag => text.trim().parse().ok().map(Value::Flag),
        Kind::Line | Kind::Rich | Kind::Tree | Kind::Tags => Some(Value::text(text)),
        Kind::History | Kind::Time | Kind::Person => None,
    };
    if value.is_some() {
        fields.put(target, value);
    }
}

/// A new item begins in the initial state; later states follow the workflow.
fn state_is_legal(step: Step<'_>, kind: &Type) -> bool {
    let to = step.new.text(field::STATE);
    let known = kind.state(to).is_some();
    match step.old {
        None => to == kind.initial(),
        Some(old) if old.text(field::TYPE) != step.new.text(field::TYPE) => known,
        Some(old) => {
            let from = old.text(field::STATE);
            from == to || known && kind.allows(from, to)
        }
    }
}

/// A reason that a write sets must be one that the state knows.
fn reason_is_legal(step: Step<'_>, kind: &Type) -> bool {
    let reason = step.new.get(field::REASON);
    let before = step.old.and_then(|o| o.get(field::REASON));
    let Some(text) = reason.and_then(Value::as_text) else {
        return true;
    };
    reason == before || kind.knows_reason(step.new.text(field::STATE), text)
}

/// What the server sets when the state is not what it was; `given` says whether the caller set a
/// field itself.
pub(crate) fn follow_state(
    fields: &mut Fields,
    kind: &Type,
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
    match kind.category(&to) {
        Some(Category::InProgress) => {
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
        Some(Category::Resolved) => {
            set(field::RESOLVED, stamp);
            set(field::RESOLVER, person);
            clear(&mut set, &[field::CLOSED, field::CLOSER]);
        }
        Some(Category::Completed) => {
            set(field::CLOSED, stamp);
            set(field::CLOSER, person);
            clear(&mut set, &[field::REMAINING]);
        }
        Some(Category::Proposed | Category::Removed) | None => clear(
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
    if !given(field::REASON)
        && let Some(reason) = kind.reasons(from, &to).first()
    {
        fields.set(field::REASON, Value::text(reason));
    }
}

fn clear(set: &mut impl FnMut(&'static str, Option<Value>), references: &[&'static str]) {
    for reference in references {
        set(reference, None);
    }
}
