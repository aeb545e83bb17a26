//! What a revision stores of fields.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::azure::identity::Who;

/// A value that a revision stores, or that the server computes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// Text of any kind; tags are joined by `; `.
    Text(Arc<str>),
    /// A whole number.
    Integer(i64),
    /// A number.
    Double(f64),
    /// Yes or no.
    Flag(bool),
    /// Milliseconds since 1970; `i64::MAX` stands for "still valid".
    Time(i64),
    /// A person.
    Person(Who),
}

impl Value {
    pub(crate) fn text(text: &str) -> Self {
        Value::Text(Arc::from(text))
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// What one revision stores: sorted by reference name, so that comparing and finding are cheap.
/// Values are shared between the revisions of an item, and the whole list too as long as nothing in
/// it changes.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Fields(Arc<Vec<(&'static str, Value)>>);

impl Fields {
    pub(crate) fn get(&self, reference: &str) -> Option<&Value> {
        let at = self
            .0
            .binary_search_by(|(key, _)| (*key).cmp(reference))
            .ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    /// The fields whose values are not those of another list, by reference name; all of them where there is no other.
    pub(crate) fn differing(&self, other: Option<&Fields>) -> Vec<&'static str> {
        let mut own = self.0.iter().peekable();
        let mut others = other.into_iter().flat_map(|it| it.0.iter()).peekable();
        let mut names = Vec::new();
        // Both lists are sorted, so that one walk over both finds what either has alone.
        loop {
            let order = match (own.peek(), others.peek()) {
                (None, None) => return names,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((one, _)), Some((other, _))) => one.cmp(other),
            };
            let one = if order.is_le() { own.next() } else { None };
            let other = if order.is_ge() { others.next() } else { None };
            if one != other
                && let Some((name, _)) = one.or(other)
            {
                names.push(*name);
            }
        }
    }

    pub(crate) fn text(&self, reference: &str) -> &str {
        self.get(reference).and_then(Value::as_text).unwrap_or("")
    }

    pub(crate) fn set(&mut self, reference: &'static str, value: Value) {
        let list = Arc::make_mut(&mut self.0);
        match list.binary_search_by(|(key, _)| (*key).cmp(reference)) {
            Ok(at) => {
                if let Some(slot) = list.get_mut(at) {
                    slot.1 = value;
                }
            }
            Err(at) => list.insert(at, (reference, value)),
        }
    }

    pub(crate) fn remove(&mut self, reference: &str) {
        if self.get(reference).is_some() {
            Arc::make_mut(&mut self.0).retain(|(key, _)| *key != reference);
        }
    }

    /// Gives back the room beyond the content.
    pub(crate) fn compact(&mut self) {
        if let Some(list) = Arc::get_mut(&mut self.0) {
            list.shrink_to_fit();
        }
    }

    /// Sets the value, or removes the field when there is none: an empty field is absent (azure.md
    /// 4).
    pub(crate) fn put(&mut self, reference: &'static str, value: Option<Value>) {
        match value {
            Some(value) => self.set(reference, value),
            None => self.remove(reference),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::azure::field::{DESCRIPTION, REASON, STATE, TITLE};

    #[test]
    fn an_empty_field_is_absent() {
        let mut fields = Fields::default();
        fields.put(TITLE, Some(Value::text("a")));
        fields.put(STATE, Some(Value::text("New")));
        assert_eq!(fields.text(TITLE), "a");
        fields.put(TITLE, None);
        assert_eq!(fields.get(TITLE), None);
        assert_eq!(fields.text(STATE), "New");
    }

    #[test]
    fn what_differs_is_what_either_list_has_alone_or_otherwise() {
        let of = |held: &[(&'static str, &str)]| {
            let mut fields = Fields::default();
            for (reference, text) in held {
                fields.set(reference, Value::text(text));
            }
            fields
        };
        let new = of(&[(TITLE, "a"), (STATE, "New"), (DESCRIPTION, "x")]);
        let old = of(&[(TITLE, "a"), (STATE, "Active"), (REASON, "y")]);
        assert_eq!(new.differing(Some(&old)), [DESCRIPTION, REASON, STATE]);
        assert_eq!(old.differing(Some(&new)), [DESCRIPTION, REASON, STATE]);
        assert!(new.differing(Some(&new.clone())).is_empty());
        assert_eq!(new.differing(None), [DESCRIPTION, STATE, TITLE]);
        assert_eq!(
            Fields::default().differing(Some(&old)),
            [REASON, STATE, TITLE]
        );
    }
}
