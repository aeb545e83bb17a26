//! A query asked of an item. Text is compared whatever its case, an absent field is the empty text,
//! and dates are compared by day unless the query asked for precision.

use std::cmp::Ordering;

use super::super::field::{Field, Kind, Value};
use super::super::html;
use super::super::identity::Who;
use super::super::item::View;
use super::super::node::Organization;
use super::super::time;
use super::{Comparison, Condition, Operand};

/// What conditions are asked of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case<'a> {
    pub(crate) view: View<'a>,
    pub(crate) organization: &'a Organization,
    /// `timePrecision=true`.
    pub(crate) precise: bool,
}

impl Case<'_> {
    /// Whether the condition holds. The parser has bounded its depth.
    pub(crate) fn holds(&self, condition: &Condition) -> bool {
        match condition {
            Condition::And(left, right) => self.holds(left) && self.holds(right),
            Condition::Or(left, right) => self.holds(left) || self.holds(right),
            Condition::Not(inner) => !self.holds(inner),
            Condition::Compare(f, comparison, operand) => self.compare(f, *comparison, operand),
            Condition::In(f, operands) => operands
                .iter()
                .any(|o| self.compare(f, Comparison::Equal, o)),
            Condition::Empty(f) => self.value(f).is_none(),
        }
    }

    fn value(&self, f: &Field) -> Option<Value> {
        self.view.value(f.reference, self.organization)
    }

    fn compare(&self, f: &'static Field, comparison: Comparison, operand: &Operand) -> bool {
        let value = self.value(f);
        match comparison {
            Comparison::Contains => self.contains(f, value.as_ref(), operand),
            Comparison::ContainsWords => contains_words(f, value.as_ref(), operand),
            Comparison::Under => is_under(value.as_ref(), operand),
            _ if f.kind == Kind::Tags => {
                let tagged = self.contains(f, value.as_ref(), operand);
                if comparison == Comparison::NotEqual {
                    !tagged
                } else {
                    tagged
                }
            }
            _ => order_holds(comparison, self.order(value.as_ref(), operand)),
        }
    }

    /// How the value stands to the operand; nothing when they cannot be compared.
    fn order(&self, value: Option<&Value>, operand: &Operand) -> Option<Ordering> {
        match (value, operand) {
            (value, Operand::Field(other)) => {
                let other = self.value(other);
                Some(self.key(value?).cmp(&self.key(other.as_ref()?)))
            }
            (None, Operand::Text(text)) => Some("".cmp(text.as_str())),
            (None, _) => None,
            (Some(Value::Integer(n)), Operand::Number(m)) => to_double(*n).partial_cmp(m),
            (Some(Value::Double(n)), Operand::Number(m)) => n.partial_cmp(m),
            (Some(Value::Flag(a)), Operand::Flag(b)) => Some(a.cmp(b)),
            (Some(Value::Time(ms)), Operand::Time { ms: other, day }) => {
                let by_day = *day && !self.precise;
                let left = if by_day { time::day(*ms) } else { *ms };
                Some(left.cmp(other))
            }
            (Some(Value::Person(who)), Operand::Me(me)) => Some(if *who == Who::Member(*me) {
                Ordering::Equal
            } else {
                Ordering::Less
            }),
            (Some(Value::Person(who)), Operand::Text(text)) => Some(self.order_person(who, text)),
            (Some(Value::Text(text)), Operand::Text(other)) => {
                Some(text.to_lowercase().cmp(&other.to_lowercase()))
            }
            (Some(Value::Text(text)), Operand::Number(number)) => {
                Some(text.as_ref().cmp(number.to_string().as_str()))
            }
            (Some(_), _) => None,
        }
    }

    fn order_person(&self, who: &Who, text: &str) -> Ordering {
        let people = &self.organization.people;
        let named = people.find(&serde_json::Value::from(text)).map(Who::Member);
        if named.as_ref() == Some(who) {
            return Ordering::Equal;
        }
        people.display(who).to_lowercase().cmp(&text.to_lowercase())
    }

    /// A text by which values of one field sort.
    fn key(&self, value: &Value) -> SortKey {
        match value {
            Value::Text(text) => SortKey::Text(text.to_lowercase()),
            Value::Integer(n) => SortKey::Number(to_double(*n)),
            Value::Double(n) => SortKey::Number(*n),
            Value::Flag(flag) => SortKey::Number(f64::from(u8::from(*flag))),
            Value::Time(ms) => SortKey::Number(to_double(*ms)),
            Value::Person(who) => {
                SortKey::Text(self.organization.people.display(who).to_lowercase())
            }
        }
    }

    /// What an item sorts by; items without the field come first.
    pub(crate) fn sort_key(&self, f: &Field) -> Option<SortKey> {
        self.value(f).map(|value| self.key(&value))
    }

    fn contains(&self, f: &Field, value: Option<&Value>, operand: &Operand) -> bool {
        let Operand::Text(wanted) = operand else {
            return false;
        };
        let wanted = wanted.to_lowercase();
        match value {
            Some(Value::Text(text)) if f.kind == Kind::Tags => text
                .split("; ")
                .any(|tag| tag.to_lowercase() == wanted.trim()),
            Some(Value::Text(text)) => text.to_lowercase().contains(&wanted),
            Some(Value::Person(who)) => self
                .organization
                .people
                .display(who)
                .to_lowercase()
                .contains(&wanted),
            _ => false,
        }
    }
}

/// A value in a form that sorts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum SortKey {
    /// A number, a moment, a flag.
    Number(f64),
    /// A text or a person's name, in lower case.
    Text(String),
}

impl Eq for SortKey {}

impl PartialOrd for SortKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SortKey {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (SortKey::Number(a), SortKey::Number(b)) => a.total_cmp(b),
            (SortKey::Text(a), SortKey::Text(b)) => a.cmp(b),
            (SortKey::Number(_), SortKey::Text(_)) => Ordering::Less,
            (SortKey::Text(_), SortKey::Number(_)) => Ordering::Greater,
        }
    }
}

fn order_holds(comparison: Comparison, order: Option<Ordering>) -> bool {
    match comparison {
        Comparison::Equal => order == Some(Ordering::Equal),
        Comparison::NotEqual => order != Some(Ordering::Equal),
        Comparison::Greater => order == Some(Ordering::Greater),
        Comparison::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
        Comparison::Less => order == Some(Ordering::Less),
        Comparison::LessOrEqual => order.is_some_and(Ordering::is_le),
        Comparison::Contains | Comparison::ContainsWords | Comparison::Under => false,
    }
}

fn contains_words(f: &Field, value: Option<&Value>, operand: &Operand) -> bool {
    let (Some(Value::Text(text)), Operand::Text(wanted)) = (value, operand) else {
        return false;
    };
    let plain = if f.kind.is_long() {
        html::plain(text)
    } else {
        text.to_string()
    };
    let words: Vec<String> = words(&plain);
    let mut wanted = self::words(wanted.trim_end_matches('*'))
        .into_iter()
        .peekable();
    wanted.peek().is_some() && wanted.all(|w| words.iter().any(|word| word.starts_with(&w)))
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

fn is_under(value: Option<&Value>, operand: &Operand) -> bool {
    let (Some(Value::Text(path)), Operand::Text(root)) = (value, operand) else {
        return false;
    };
    let (path, root) = (
        path.to_lowercase(),
        root.trim_end_matches('\\').to_lowercase(),
    );
    path.strip_prefix(&root)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('\\'))
}

fn to_double(n: i64) -> f64 {
    n as f64
}
