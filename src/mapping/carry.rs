//! What the other side should hold.

mod references;
pub(crate) mod rich;

use std::collections::BTreeSet;

use model::problem::Code;
use model::{Both, Number, Side, User, Value, limit};
use richtext::{Instead, LossKind};

use crate::canonical::day_of;
use crate::lead::Leads;
use crate::losses::Losses;
use crate::profile::Profile;
use crate::rule::{Carried, Kind, Otherwise, Rule};
use crate::system;

impl Profile {
    /// The value as the other side should hold it, for a pair of these types. The rule's direction is the caller's matter.
    ///
    /// Tables may be many-to-one, and then a value can come back as another one: with `Low` and `Lowest` both 4, `Lowest`
    /// carries to 4 and 4 carries to `Low`. The caller must leave a side alone whose own value carries to what the other
    /// side already holds.
    ///
    /// `held` is what the other side holds: a text that is Markdown there stays Markdown. `leads` tells where the links of a
    /// text lead.
    #[must_use]
    pub fn carry(
        &self,
        rule: &Rule,
        from: Side,
        value: &Value,
        held: &Value,
        kinds: &Both<String>,
        leads: &dyn Leads,
    ) -> Carried {
        let to = from.other();
        if value.is_empty() {
            return empty(rule, to);
        }
        match rule.kind_on(to) {
            Kind::State => self.state(from, value, kinds),
            Kind::User => self.user(rule, from, value),
            Kind::Rich => rich::carry(&self.users, leads, held, to, value),
            Kind::Set => set(rule, from, value),
            Kind::Date | Kind::Moment => moment(rule, to, value),
            Kind::Text | Kind::Choice | Kind::Number | Kind::Flag => plain(rule, from, value),
        }
    }

    /// Whether two texts say the same but for which items their links lead to. Two that never agreed in our time may have
    /// been carried while more, or fewer, twins were known than today.
    #[must_use]
    pub fn alike(&self, rule: &Rule, value: Both<&Value>, leads: &dyn Leads) -> bool {
        let mut kinds = Side::BOTH.into_iter().map(|side| rule.kind_on(side));
        kinds.all(|kind| kind == Kind::Rich) && rich::alike(&self.users, leads, value)
    }

    /// The first row limited to the type wins, then the first row for all types.
    fn state(&self, from: Side, value: &Value, kinds: &Both<String>) -> Carried {
        let Some(name) = plain_text(value) else {
            return Carried::Error(Code::ProfileGap);
        };
        self.twin_state(from, &name, &kinds.jira)
            .map_or(Carried::Error(Code::StateUnmapped), |twin| {
                exact(Value::Choice(twin.to_owned()))
            })
    }

    /// The state that a state of `from` is mapped to for a Jira type. Neither remote has two states of a type that differ
    /// in case only, so case counts for nothing.
    pub(crate) fn twin_state(&self, from: Side, name: &str, kind: &str) -> Option<&str> {
        self.state_row(from, name, kind)
            .map(|row| row.names.get(from.other()).as_str())
    }

    pub(crate) fn state_row(
        &self,
        from: Side,
        name: &str,
        kind: &str,
    ) -> Option<&crate::table::StateRow> {
        let name = name.trim().to_lowercase();
        let rows = |of: Option<&str>| {
            self.states
                .iter()
                .find(|row| row.kind.as_deref() == of && row.names.get(from).to_lowercase() == name)
        };
        rows(Some(kind)).or_else(|| rows(None))
    }

    fn user(&self, rule: &Rule, from: Side, value: &Value) -> Carried {
        let Value::User(user) = value else {
            return Carried::Error(Code::ProfileGap);
        };
        let row = self
            .users
            .iter()
            .find(|row| same_user(from, row.ids.get(from), &user.id));
        match row {
            Some(row) => exact(named(row.ids.get(from.other()))),
            None => otherwise(rule, from.other()),
        }
    }
}

impl Rule {
    /// A name or number as that side's field holds it; nothing for a field of a kind that holds neither.
    #[must_use]
    pub fn value_of(&self, side: Side, text: &str) -> Option<Value> {
        if self.kind_on(side) == Kind::State {
            return Some(Value::Choice(text.to_owned()));
        }
        match said(self.kind_on(side), text)? {
            Carried::Value { value, .. } => Some(value),
            Carried::Skip | Carried::Error(_) => None,
        }
    }
}

/// Account ids of Jira are compared as they are, names of Azure DevOps without regard to case (azure.md 10.1).
fn same_user(side: Side, one: &str, other: &str) -> bool {
    match side {
        Side::Jira => one == other.trim(),
        Side::Azure => one.to_lowercase() == other.trim().to_lowercase(),
    }
}

fn named(id: &str) -> Value {
    Value::User(User {
        id: id.to_owned(),
        display: String::new(),
    })
}

/// A value that lost nothing.
fn exact(value: Value) -> Carried {
    Carried::Value {
        value,
        losses: Losses::default(),
    }
}

/// What is empty stays empty; but no item is without a state or a title.
fn empty(rule: &Rule, to: Side) -> Carried {
    let title = match to {
        Side::Jira => rule.jira == system::JIRA_TITLE,
        Side::Azure => rule.azure == system::AZURE_TITLE,
    };
    if title || rule.kind_on(to) == Kind::State {
        return Carried::Skip;
    }
    exact(Value::Empty)
}

/// What becomes of a value without a row.
fn otherwise(rule: &Rule, to: Side) -> Carried {
    let fixed = match &rule.otherwise {
        Otherwise::Skip => return Carried::Skip,
        Otherwise::Error => return Carried::Error(Code::ValueUnmapped),
        Otherwise::Value { jira, azure } => match to {
            Side::Jira => jira,
            Side::Azure => azure,
        },
    };
    match fixed {
        None => Carried::Skip,
        Some(id) if rule.kind_on(to) == Kind::User => exact(named(id)),
        Some(key) => said(rule.kind_on(to), key).unwrap_or(Carried::Error(Code::ValueUnmapped)),
    }
}

/// A value that is compared by its text: by the table when there is one, else by equal names and numbers.
fn plain(rule: &Rule, from: Side, value: &Value) -> Carried {
    let to = from.other();
    let Some(key) = plain_text(value) else {
        return Carried::Error(Code::ProfileGap);
    };
    let Some(table) = &rule.table else {
        return said(rule.kind_on(to), &key).unwrap_or_else(|| otherwise(rule, to));
    };
    let twin = table
        .row(from, &key)
        .and_then(|row| said(rule.kind_on(to), row.cells.get(to).key()));
    twin.unwrap_or_else(|| otherwise(rule, to))
}

/// The text by which a value is compared; nothing for one that has no plain text.
fn plain_text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) | Value::Choice(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.as_str().to_owned()),
        Value::Flag(flag) => Some(flag.to_string()),
        Value::Adf(_) | Value::Html(_) | Value::Markdown(_) => {
            Some(rich::read(value).0.plain_text())
        }
        Value::Empty | Value::User(_) | Value::Set(_) | Value::Moment(_) => None,
    }
}

/// A text as a value of that kind; nothing when the kind has no such value.
fn said(kind: Kind, text: &str) -> Option<Carried> {
    match kind {
        Kind::Text => Some(line(text)),
        Kind::Choice => Some(exact(Value::Choice(text.to_owned()))),
        Kind::Number => Number::parse(text).map(|number| exact(Value::Number(number))),
        Kind::Flag => text.parse().ok().map(|flag| exact(Value::Flag(flag))),
        Kind::Rich | Kind::User | Kind::Set | Kind::State | Kind::Date | Kind::Moment => None,
    }
}

/// One line of text. A line break becomes a blank, which is a loss. Neither remote takes more than 255 characters
/// (jira.md 14); both count UTF-16 units.
fn line(text: &str) -> Carried {
    let broken = |c: char| c.is_control() || c == '\u{2028}' || c == '\u{2029}';
    let losses = Losses::one_if(
        text.trim().contains(broken),
        LossKind::Whitespace,
        Instead::Plain,
    );
    let words: Vec<&str> = text
        .split(broken)
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    let text = words.join(" ");
    if text.encode_utf16().count() > limit::JIRA_SUMMARY.min(limit::AZURE_TITLE) {
        return Carried::Error(Code::TooLong);
    }
    Carried::Value {
        value: Value::Text(text),
        losses,
    }
}

/// The elements in the other side's spelling. Too many or too long elements cannot exist there.
fn set(rule: &Rule, from: Side, value: &Value) -> Carried {
    let to = from.other();
    if !matches!(value, Value::Set(_) | Value::Text(_) | Value::Choice(_)) {
        return Carried::Error(Code::ProfileGap);
    }
    let elements = rule.elements(from, value);
    let names: BTreeSet<String> = elements
        .values()
        .map(|native| rule.spell(to, native))
        .collect();
    let too_long = |name: &String| name.encode_utf16().count() > limit::JIRA_LABEL;
    if names.len() > limit::SET_ELEMENTS || names.iter().any(too_long) {
        return Carried::Error(Code::TooLong);
    }
    exact(Value::Set(names))
}

/// A day is midnight in UTC on either side.
fn moment(rule: &Rule, to: Side, value: &Value) -> Carried {
    let Value::Moment(moment) = value else {
        return Carried::Error(Code::ProfileGap);
    };
    let to_day = Side::BOTH
        .into_iter()
        .any(|side| rule.kind_on(side) == Kind::Date);
    if !to_day {
        return exact(Value::Moment(*moment));
    }
    let day = day_of(*moment);
    let from_day = rule.kind_on(to.other()) == Kind::Date;
    Carried::Value {
        value: Value::Moment(day),
        losses: Losses::one_if(!from_day && day != *moment, LossKind::Date, Instead::Plain),
    }
}

#[cfg(test)]
mod tests;
