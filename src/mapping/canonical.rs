//! When two values of one side mean the same, and what the elements of a set are.

use std::collections::BTreeMap;

use model::{Millis, Side, Value};

use crate::carry::rich;
use crate::rule::{Kind, Rule};

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

impl Rule {
    /// Bytes that are equal exactly when two native values of that side mean the same: the input of digests. Rich text by
    /// its document, texts trimmed, names in their case, numbers in one spelling, people by their id without regard to
    /// case, sets as sorted neutral keys, days without their time. An empty value has no bytes.
    #[must_use]
    pub fn canonical(&self, side: Side, value: &Value) -> Vec<u8> {
        match value {
            Value::Empty => Vec::new(),
            Value::Text(text) | Value::Choice(text) => text.trim().as_bytes().to_vec(),
            Value::Adf(_) | Value::Html(_) | Value::Markdown(_) => canonical_rich(value),
            Value::Number(number) => number.as_str().as_bytes().to_vec(),
            Value::User(user) => user.id.trim().to_lowercase().into_bytes(),
            Value::Set(_) => canonical_set(&self.elements(side, value)),
            Value::Moment(moment) => self.canonical_moment(side, *moment),
            Value::Flag(flag) => vec![u8::from(*flag)],
        }
    }

    fn canonical_moment(&self, side: Side, moment: Millis) -> Vec<u8> {
        let moment = match self.kind_on(side) {
            Kind::Date => day_of(moment),
            _ => moment,
        };
        moment.0.to_be_bytes().to_vec()
    }

    /// Elements of a set by neutral key with their native spelling. Both sides' spellings of one element have the same key:
    /// trimmed, in lower case, with blanks and `_` as one, and named as in the Jira column of the rule's table. A text that
    /// stands in place of a set counts as its one element; any other value has no elements.
    #[must_use]
    pub fn elements(&self, side: Side, value: &Value) -> BTreeMap<String, String> {
        let spellings = self.spellings(side, value).into_iter();
        // Of two spellings of one element the first stands for it, so that the outcome does not depend on the reader.
        let first = |(key, all): (String, Vec<String>)| Some((key, all.into_iter().next()?));
        spellings.filter_map(first).collect()
    }

    /// The same with every native spelling of each element: a side may hold several that mean the same, and none of them is
    /// lost or left behind without being meant.
    #[must_use]
    pub fn spellings(&self, side: Side, value: &Value) -> BTreeMap<String, Vec<String>> {
        let mut spellings: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut add = |native: &str| {
            let key = neutral(&self.across(side, Side::Jira, native));
            if !key.is_empty() {
                spellings
                    .entry(key)
                    .or_default()
                    .push(native.trim().to_owned());
            }
        };
        match value {
            Value::Set(names) => names.iter().for_each(|name| add(name)),
            Value::Text(name) | Value::Choice(name) => add(name),
            _ => {}
        }
        spellings
    }

    /// How an element is spelled on that side when it has to be added there. `native` is its spelling on the other side.
    /// The rule's table comes first; a Jira label has no blanks, so they become `_` (jira.md 14), and a tag has no `,` or
    /// `;` (azure.md 8.4).
    #[must_use]
    pub fn spell(&self, side: Side, native: &str) -> String {
        let name = self.across(side.other(), side, native);
        match side {
            Side::Jira if self.jira == "labels" || self.is_custom(Side::Jira) => {
                name.split_whitespace().collect::<Vec<&str>>().join("_")
            }
            Side::Jira => name,
            Side::Azure => name
                .replace([',', ';'], " ")
                .split_whitespace()
                .collect::<Vec<&str>>()
                .join(" "),
        }
    }

    fn is_custom(&self, side: Side) -> bool {
        crate::system::field(side, self.field(side)).is_none()
    }

    /// A set's element as `to` calls it, by the rule's table; without a row its own name. Only a set's table is meant.
    fn across(&self, from: Side, to: Side, native: &str) -> String {
        let row = self
            .table
            .as_ref()
            .filter(|_| from != to)
            .and_then(|table| table.row_by(from, |cell| neutral(cell) == neutral(native)));
        row.map_or_else(
            || native.trim().to_owned(),
            |row| row.cells.get(to).key().to_owned(),
        )
    }
}

/// The key of an element that both sides' spellings share.
fn neutral(name: &str) -> String {
    let blank = |c: char| c.is_whitespace() || c == '_' || c == ',' || c == ';';
    let words: Vec<String> = name
        .split(blank)
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join(" ")
}

/// Keys hold no line break, so one between them keeps different sets apart.
fn canonical_set(elements: &BTreeMap<String, String>) -> Vec<u8> {
    let keys: Vec<&str> = elements.keys().map(String::as_str).collect();
    keys.join("\n").into_bytes()
}

/// A document in which nothing can be seen is empty, however its format says so.
fn canonical_rich(value: &Value) -> Vec<u8> {
    let (document, _) = rich::read(value);
    if document.is_empty() {
        return Vec::new();
    }
    document.canonical()
}

/// The start in UTC of the day that is meant. A day picked in a browser reaches Azure DevOps as midnight in the person's
/// time zone, up to half a day before or after midnight in UTC, so the nearest midnight is the day.
pub(crate) fn day_of(moment: Millis) -> Millis {
    let days = moment.0.saturating_add(DAY_MS / 2).div_euclid(DAY_MS);
    Millis(days.saturating_mul(DAY_MS))
}

#[cfg(test)]
mod tests;
