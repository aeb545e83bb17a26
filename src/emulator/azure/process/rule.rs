//! Rules that an inherited process adds to a type: when its conditions hold, its actions say what
//! must be true of the item.

use serde_json::{Value as Json, json};

use crate::azure::field::{self, Fields, Value};

/// When a rule applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum When {
    /// The field has the value.
    Is(&'static str, String),
    /// The field has another value.
    IsNot(&'static str, String),
    /// The write changes the field.
    Changes(&'static str),
    /// The write leaves the field as it is.
    Stays(&'static str),
    /// The field had the value before.
    Was(&'static str, String),
    /// The field has a value.
    Defined(&'static str),
    /// The field has no value.
    Undefined(&'static str),
    /// The write makes the item.
    Created,
}

/// What a rule does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Then {
    /// The field needs a value.
    Require(&'static str),
    /// The field keeps its value.
    Freeze(&'static str),
    /// The field gets the value.
    Copy(&'static str, String),
    /// The field gets the value unless it has one.
    Default(&'static str, String),
    /// The field loses its value.
    Empty(&'static str),
    /// The field may not get the value.
    Disallow(&'static str, String),
    /// Forms do not show the field; items do not mind.
    Hide(&'static str),
}

/// A rule of a type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rule {
    pub(crate) id: String,
    /// The reference name of the type.
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) conditions: Vec<When>,
    pub(crate) actions: Vec<Then>,
    pub(crate) disabled: bool,
    /// Conditions and actions as they were given.
    pub(crate) given: (Json, Json),
}

/// The item before and after a write.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step<'a> {
    pub(crate) new: &'a Fields,
    pub(crate) old: Option<&'a Fields>,
}

impl Step<'_> {
    fn before(&self, reference: &str) -> Option<&Value> {
        self.old.and_then(|o| o.get(reference))
    }

    fn holds(&self, when: &When) -> bool {
        let now = |reference: &str| self.new.get(reference);
        match when {
            When::Is(f, value) => same(now(f), value),
            When::IsNot(f, value) => !same(now(f), value),
            When::Changes(f) => now(f) != self.before(f),
            When::Stays(f) => now(f) == self.before(f),
            When::Was(f, value) => self.old.is_some() && same(self.before(f), value),
            When::Defined(f) => now(f).is_some(),
            When::Undefined(f) => now(f).is_none(),
            When::Created => self.old.is_none(),
        }
    }
}

fn same(value: Option<&Value>, text: &str) -> bool {
    match value {
        None => text.is_empty(),
        Some(Value::Text(own)) => own.eq_ignore_ascii_case(text),
        Some(Value::Integer(n)) => n.to_string() == text,
        Some(Value::Double(n)) => n.to_string() == text,
        Some(Value::Flag(flag)) => flag.to_string().eq_ignore_ascii_case(text),
        Some(Value::Time(_) | Value::Person(_)) => false,
    }
}

impl Rule {
    /// Whether the rule applies to a write.
    pub(crate) fn applies(&self, step: Step<'_>) -> bool {
        !self.disabled && self.conditions.iter().all(|when| step.holds(when))
    }

    /// The rule as the process endpoints describe it.
    pub(crate) fn json(&self, url: &str) -> Json {
        json!({
            "id": self.id,
            "name": self.name,
            "conditions": self.given.0,
            "actions": self.given.1,
            "isDisabled": self.disabled,
            "customizationType": "custom",
            "url": format!("{url}/{}", self.id),
        })
    }
}

/// The condition that a document describes.
pub(crate) fn when(
    row: &Json,
    find: impl Fn(&str) -> Option<&'static str>,
) -> Result<When, String> {
    let text = |key: &str| row.get(key).and_then(Json::as_str).unwrap_or("");
    let value = text("value").to_owned();
    let named = || find(text("field")).ok_or_else(|| format!("field '{}'", text("field")));
    match text("conditionType") {
        "when" => Ok(When::Is(named()?, value)),
        "whenNot" => Ok(When::IsNot(named()?, value)),
        "whenChanged" => Ok(When::Changes(named()?)),
        "whenNotChanged" => Ok(When::Stays(named()?)),
        "whenWas" => Ok(When::Was(named()?, value)),
        "whenValueIsDefined" => Ok(When::Defined(named()?)),
        "whenValueIsNotDefined" => Ok(When::Undefined(named()?)),
        "whenStateChangedTo" => Ok(When::Is(field::STATE, value)),
        "whenWorkItemIsCreated" => Ok(When::Created),
        other => Err(format!("condition type '{other}'")),
    }
}

/// The action that a document describes.
pub(crate) fn then(
    row: &Json,
    find: impl Fn(&str) -> Option<&'static str>,
) -> Result<Then, String> {
    let text = |key: &str| row.get(key).and_then(Json::as_str).unwrap_or("");
    let value = text("value").to_owned();
    let target = find(text("targetField"));
    let target = target.ok_or_else(|| format!("field '{}'", text("targetField")))?;
    match text("actionType") {
        "makeRequired" => Ok(Then::Require(target)),
        "makeReadOnly" => Ok(Then::Freeze(target)),
        "setDefaultValue" => Ok(Then::Default(target, value)),
        "copyValue" => Ok(Then::Copy(target, value)),
        "setValueToEmpty" => Ok(Then::Empty(target)),
        "disallowValue" => Ok(Then::Disallow(target, value)),
        "hideTargetField" => Ok(Then::Hide(target)),
        other => Err(format!("action type '{other}'")),
    }
}
