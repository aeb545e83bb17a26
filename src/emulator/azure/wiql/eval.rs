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
    /// Dates are compared by day, in a zone that is so many milliseconds ahead of UTC; nothing with
    /// `timePrecision=true`.
    pub(crate) by_day: Option<i64>,
}

impl Case<'_> {
    /// Whether the condition holds. The parser has bounded its depth.
    pub(crate) fn holds(&self, condition: &Condition) -> bool {
        match condition {
            Condition::And(parts) => parts.iter().all(|part| self.holds(part)),
            Condition::Or(parts) => parts.iter().any(|part| self.holds(part)),
            Condition::Not(inner) => !self.holds(inner),
            Condition::Compare(f, comparison, operand) => self.compare(f, *comparison, operand),
            Condition::In(f, operands) => operands
                .iter()
                .any(|o| self.compare(f, Comparison::Equal, o)),
            Condition::Group(f, group) => match self.value(f) {
                Some(Value::Person(Who::Member(who))) => group.people.contains(&who),
                Some(Value::Text(name)) => {
                    group.types.iter().any(|t| t.eq_ignore_ascii_case(&name))
                }
                _ => false,
            },
            Condition::Empty(f) => self.value(f).is_none(),
            Condition::Ever(inner) => (1..=self.view.rev())
                .filter_map(|rev| self.view.item.revision(rev))
                .any(|view| Case { view, ..*self }.holds(inner)),
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
                let tagged = match operand {
                    Operand::Text(text) if text.is_empty() => value.is_none(),
                    _ => self.contains(f, value.as_ref(), operand),
                };
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
            (_, Operand::Nothing) => None,
            (value, Operand::Field(other)) => {
                let other = self.value(other);
                Some(self.key(value?).cmp(&self.key(other.as_ref()?)))
            }
            (None, Operand::Text(text) | Operand::Person(None, text)) => {
                Some("".cmp(text.as_str()))
            }
            (None, _) => None,
            (Some(Value::Integer(n)), Operand::Number(m)) => to_double(*n).partial_cmp(m),
            (Some(Value::Double(n)), Operand::Number(m)) => n.partial_cmp(m),
            (Some(Value::Flag(a)), Operand::Flag(b)) => Some(a.cmp(b)),
            (Some(Value::Time(ms)), Operand::Time(other)) => Some(match self.by_day {
                None => ms.cmp(other),
                Some(offset) => time::day_in(*ms, offset).cmp(&time::day_in(*other, offset)),
            }),
            (Some(Value::Person(who)), Operand::Person(named, text)) => {
                Some(self.order_person(who, *named, text))
            }
            (Some(Value::Text(text)), Operand::Text(other)) => {
                Some(text.to_lowercase().cmp(&other.to_lowercase()))
            }
            (Some(_), Operand::Text(text)) if text.is_empty() => Some(Ordering::Greater),
            (Some(_), _) => None,
        }
    }

    fn order_person(&self, who: &Who, named: Option<usize>, text: &str) -> Ordering {
        if named.is_some_and(|index| *who == Who::Member(index)) {
            return Ordering::Equal;
        }
        let shown = self.organization.people.display(who).to_lowercase();
        match shown.as_str().cmp(text) {
            Ordering::Equal if named.is_some() => Ordering::Less,
            order => order,
        }
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
        let (Operand::Text(wanted) | Operand::Person(_, wanted)) = operand else {
            return false;
        };
        let wanted = wanted.to_lowercase();
        match value {
            Some(Value::Text(text)) if f.kind == Kind::Tags => text
                .split("; ")
                .any(|tag| tag.to_lowercase() == wanted.trim()),
            Some(Value::Text(text)) if f.kind.is_long() => {
                html::plain(text).to_lowercase().contains(&wanted)
            }
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
