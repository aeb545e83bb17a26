//! Custom fields of the usual kinds: their values, how a request sets them, and how answers show them (jira.md 9.2).

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::adf;
use crate::jira::account::Users;
use crate::jira::draft::{self, Judge};
use crate::jira::option::{self, FieldOptions};
use crate::jira::scheme::Field;
use crate::jira::time::{self, written};
use crate::jira::view::View;
use crate::limit;

/// The custom fields of the sample site whose options are named elsewhere.
pub(crate) const SEVERITY: &str = "customfield_10103";
/// A field of several options.
pub(crate) const PLATFORMS: &str = "customfield_10104";
/// A field of an option and one below it.
pub(crate) const AREA: &str = "customfield_10105";

/// The namespace of the kinds that come with Jira.
pub(crate) const NAMESPACE: &str = "com.atlassian.jira.plugin.system.customfieldtypes:";

/// The most characters of a single line.
const LINE_CHARS_MAX: usize = 255;

/// What kind of value a custom field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One line of text.
    Line,
    /// A long text: a document in version 3 of the API.
    Document,
    Number,
    Select,
    MultiSelect,
    Cascade,
    /// A calendar day.
    Day,
    /// A day with a time.
    Moment,
    Labels,
    User,
    Users,
    Url,
}

/// The kind of a custom field; nothing for a system field and for the kinds that other products bring.
pub(crate) fn kind_of(field: &Field) -> Option<Kind> {
    let (name, _) = field.custom?;
    Some(match name.strip_prefix(NAMESPACE)? {
        "textfield" => Kind::Line,
        "textarea" => Kind::Document,
        "float" => Kind::Number,
        "select" => Kind::Select,
        "multiselect" => Kind::MultiSelect,
        "cascadingselect" => Kind::Cascade,
        "datepicker" => Kind::Day,
        "datetime" => Kind::Moment,
        "labels" => Kind::Labels,
        "userpicker" => Kind::User,
        "multiuserpicker" => Kind::Users,
        "url" => Kind::Url,
        _ => return None,
    })
}

impl Kind {
    /// Whether the kind chooses from options.
    pub(crate) fn has_options(self) -> bool {
        matches!(self, Self::Select | Self::MultiSelect | Self::Cascade)
    }

    /// Whether the value is a set that `add` and `remove` change.
    pub(crate) fn is_set(self) -> bool {
        matches!(self, Self::MultiSelect | Self::Labels | Self::Users)
    }
}

/// The value of a custom field that is not empty.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Custom {
    /// A line or an address.
    Line(String),
    Document(Arc<Value>),
    Number(f64),
    /// The id of an option.
    Option(u64),
    /// The ids of options.
    Options(BTreeSet<u64>),
    /// The ids of an option and of one below it.
    Cascade(u64, Option<u64>),
    /// A calendar day, `yyyy-MM-dd`.
    Day(String),
    /// Milliseconds since the Unix epoch.
    Moment(i64),
    Labels(BTreeSet<String>),
    User(&'static str),
    Users(BTreeSet<&'static str>),
}

impl Custom {
    /// Whether the value holds this option.
    pub(crate) fn chooses(&self, option: u64) -> bool {
        match self {
            Self::Option(id) => *id == option,
            Self::Options(ids) => ids.contains(&option),
            Self::Cascade(parent, child) => *parent == option || *child == Some(option),
            Self::Line(_)
            | Self::Document(_)
            | Self::Number(_)
            | Self::Day(_)
            | Self::Moment(_)
            | Self::Labels(_)
            | Self::User(_)
            | Self::Users(_) => false,
        }
    }
}

type Read<T> = Result<T, String>;

/// The value that a request sets; nothing when it empties the field.
pub(crate) fn read(
    judge: &Judge<'_>,
    field: &Field,
    kind: Kind,
    value: &Value,
) -> Read<Option<Custom>> {
    if value.is_null() {
        return Ok(None);
    }
    let options = &judge.store.options;
    Ok(match kind {
        Kind::Line => line(value)?.map(Custom::Line),
        Kind::Url => line(value)?.map(address).transpose()?.map(Custom::Line),
        Kind::Document => judge.text(value)?.map(Arc::new).map(Custom::Document),
        Kind::Number => draft::number(value)?.map(Custom::Number),
        Kind::Select => Some(Custom::Option(options.named(field.id, None, value)?)),
        Kind::Cascade => Some(cascade(options, field, value)?),
        Kind::Day => draft::due(value)?.map(Custom::Day),
        Kind::Moment => Some(Custom::Moment(moment(value)?)),
        Kind::User => judge.user(value)?.map(Custom::User),
        Kind::MultiSelect | Kind::Labels | Kind::Users => {
            let mut set = None;
            let items = value.as_array().ok_or("data was not an array")?;
            if items.len() > limit::FIELD_VALUES_MAX {
                return Err("The field has too many values.".to_owned());
            }
            for item in items {
                set = add(judge, field, kind, set, item)?;
            }
            set
        }
    })
}

/// The value with one element more.
pub(crate) fn add(
    judge: &Judge<'_>,
    field: &Field,
    kind: Kind,
    before: Option<Custom>,
    item: &Value,
) -> Read<Option<Custom>> {
    let options = &judge.store.options;
    Ok(Some(match (kind, before) {
        (Kind::MultiSelect, before) => {
            let mut set = match before {
                Some(Custom::Options(set)) => set,
                _ => BTreeSet::new(),
            };
            set.insert(options.named(field.id, None, item)?);
            Custom::Options(set)
        }
        (Kind::Labels, before) => {
            let mut set = match before {
                Some(Custom::Labels(set)) => set,
                _ => BTreeSet::new(),
            };
            set.insert(draft::label(item)?);
            Custom::Labels(set)
        }
        (Kind::Users, before) => {
            let mut set = match before {
                Some(Custom::Users(set)) => set,
                _ => BTreeSet::new(),
            };
            set.insert(judge.user(item)?.ok_or("A user must be specified.")?);
            Custom::Users(set)
        }
        _ => return Err(unsupported("add", field)),
    }))
}

/// The value with one element less.
pub(crate) fn remove(
    judge: &Judge<'_>,
    field: &Field,
    before: Option<Custom>,
    item: &Value,
) -> Read<Option<Custom>> {
    Ok(match before {
        Some(Custom::Options(mut set)) => {
            set.remove(&judge.store.options.named(field.id, None, item)?);
            (!set.is_empty()).then_some(Custom::Options(set))
        }
        Some(Custom::Labels(mut set)) => {
            set.remove(&draft::label(item)?);
            (!set.is_empty()).then_some(Custom::Labels(set))
        }
        Some(Custom::Users(mut set)) => {
            if let Some(user) = judge.user(item)? {
                set.remove(user);
            }
            (!set.is_empty()).then_some(Custom::Users(set))
        }
        None if kind_of(field).is_some_and(Kind::is_set) => None,
        _ => return Err(unsupported("remove", field)),
    })
}

/// The text that refuses an operation.
pub(crate) fn unsupported(verb: &str, field: &Field) -> String {
    format!(
        "Operation '{verb}' is not supported for field '{}'.",
        field.id
    )
}

fn line(value: &Value) -> Read<Option<String>> {
    let text = value.as_str().ok_or("Operation value must be a string")?;
    if text.chars().count() > LINE_CHARS_MAX {
        return Err(
            "The entered text is too long. It exceeds the allowed limit of 255 characters."
                .to_owned(),
        );
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn address(text: String) -> Read<String> {
    let sound = url::Url::parse(&text).is_ok_and(|url| url.has_host());
    if sound {
        Ok(text)
    } else {
        Err("The URL is not valid.".to_owned())
    }
}

fn cascade(options: &FieldOptions, field: &Field, value: &Value) -> Read<Custom> {
    let parent = options.named(field.id, None, value)?;
    let child = match &value["child"] {
        Value::Null => None,
        child => Some(options.named(field.id, Some(parent), child)?),
    };
    Ok(Custom::Cascade(parent, child))
}

fn moment(value: &Value) -> Read<i64> {
    let at_ms = value.as_str().and_then(time::parsed);
    at_ms.ok_or_else(|| "Operation value must be a datestring".to_owned())
}

/// A value as answers show it.
pub(crate) fn document(view: &View<'_>, value: &Custom) -> Value {
    let chosen = |id: &u64| {
        let option = view.store.options.get(*id);
        option.map_or(Value::Null, |it| option::brief(view, it))
    };
    match value {
        Custom::Line(text) | Custom::Day(text) => json!(text),
        Custom::Document(document) => view.text(Some(document)),
        Custom::Number(number) => json!(number),
        Custom::Option(id) => chosen(id),
        Custom::Options(ids) => ids.iter().map(chosen).collect(),
        Custom::Cascade(parent, child) => {
            let mut document = chosen(parent);
            if let Some(child) = child {
                document["child"] = chosen(child);
            }
            document
        }
        Custom::Moment(at_ms) => json!(written(*at_ms)),
        Custom::Labels(labels) => json!(labels),
        Custom::User(id) => view.user(Some(id)),
        Custom::Users(ids) => ids.iter().map(|id| view.user(Some(id))).collect(),
    }
}

/// A value as the changelog shows it: ids, and text for people.
pub(crate) fn side(
    value: Option<&Custom>,
    options: &FieldOptions,
    users: &Users,
) -> (Option<String>, Option<String>) {
    let Some(value) = value else {
        return (None, None);
    };
    let name = |id: &u64| {
        options
            .get(*id)
            .map_or_else(String::new, |it| it.value.clone())
    };
    let person = |id: &&str| {
        users
            .of(id)
            .map_or_else(String::new, |it| it.person.display.to_owned())
    };
    let shown = |text: String| (None, Some(text));
    match value {
        Custom::Line(text) | Custom::Day(text) => shown(text.clone()),
        Custom::Document(document) => shown(adf::plain_text(document)),
        Custom::Number(number) => shown(number.to_string()),
        Custom::Option(id) => (Some(id.to_string()), Some(name(id))),
        Custom::Options(ids) => (
            Some(format!(
                "[{}]",
                joined(ids.iter().map(u64::to_string), ", ")
            )),
            Some(joined(ids.iter().map(name), ",")),
        ),
        Custom::Cascade(parent, child) => {
            let mut ids = format!("Parent id: {parent}");
            let mut text = format!("Parent values: {}({parent})", name(parent));
            if let Some(child) = child {
                ids = format!("{ids}, Level 1 id: {child}");
                text = format!("{text}Level 1 values: {}({child})", name(child));
            }
            (Some(ids), Some(text))
        }
        Custom::Moment(at_ms) => (Some(written(*at_ms)), Some(written(*at_ms))),
        Custom::Labels(labels) => shown(joined(labels.iter().cloned(), " ")),
        Custom::User(id) => (Some((*id).to_owned()), Some(person(id))),
        Custom::Users(ids) => (
            Some(format!(
                "[{}]",
                joined(ids.iter().map(|it| (*it).to_owned()), ", ")
            )),
            Some(format!("[{}]", joined(ids.iter().map(person), ", "))),
        ),
    }
}

fn joined(parts: impl Iterator<Item = String>, between: &str) -> String {
    parts.collect::<Vec<_>>().join(between)
}
