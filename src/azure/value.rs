//! Values of fields, from the service's JSON and back.

use std::collections::BTreeSet;

use mapping::Kind;
use model::{Number, Value};
use serde_json::Value as Json;

use crate::identity::Identity;
use crate::knowledge::Form;
use crate::time;

/// The value of a field that a rule of that kind reads. `markdown` is what `multilineFieldsFormat` says of it. What does
/// not fit the kind is taken as what it looks like, never as empty: an empty value would clear the other side.
pub(crate) fn decode(json: &Json, kind: Kind, markdown: bool) -> Value {
    let fitting = match (kind, json) {
        (_, Json::Null) => Some(Value::Empty),
        (_, Json::String(text)) if text.is_empty() => Some(Value::Empty),
        (Kind::Text, Json::String(text)) => Some(Value::Text(text.clone())),
        (Kind::Rich, Json::String(text)) => Some(rich(text, markdown)),
        (Kind::Number, Json::String(text)) => Number::parse(text).map(Value::Number),
        (Kind::Choice | Kind::State, Json::String(text)) => Some(Value::Choice(text.clone())),
        (Kind::User, _) => person(json),
        (Kind::Set, Json::String(text)) => Some(Value::Set(elements(text))),
        (Kind::Date | Kind::Moment, Json::String(text)) => time::parse(text).map(Value::Moment),
        (Kind::Flag, Json::String(text)) => flag(text).map(Value::Flag),
        (Kind::Text, Json::Number(number)) => Some(Value::Text(number.to_string())),
        _ => None,
    };
    fitting.unwrap_or_else(|| as_it_looks(json))
}

fn rich(text: &str, markdown: bool) -> Value {
    if markdown {
        Value::Markdown(text.to_owned())
    } else {
        Value::Html(text.to_owned())
    }
}

/// Tags come as one text, `"a; b; c"` (azure.md 4).
fn elements(text: &str) -> BTreeSet<String> {
    let names = text.split(';').map(str::trim);
    names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

fn flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

fn person(json: &Json) -> Option<Value> {
    Identity::decode(json)?.user().map(Value::User)
}

fn as_it_looks(json: &Json) -> Value {
    match json {
        Json::String(text) => Value::Text(text.clone()),
        Json::Number(number) => Number::parse(&number.to_string())
            .map_or_else(|| Value::Text(number.to_string()), Value::Number),
        Json::Bool(flag) => Value::Flag(*flag),
        Json::Object(_) => person(json).unwrap_or_default(),
        Json::Null | Json::Array(_) => Value::Empty,
    }
}

/// What is put into a patch for a value; nothing when a field of that form cannot hold it. The empty text clears a field
/// and does no harm where there is nothing to clear (azure.md 5.1).
pub(crate) fn encode(value: &Value, form: Form) -> Option<Json> {
    let json = match value {
        Value::Empty => Json::from(""),
        Value::Text(text) if form == Form::Html => escape(text).into(),
        Value::Text(text) | Value::Choice(text) => scalar(text, form),
        Value::Html(text) | Value::Markdown(text) => text.as_str().into(),
        Value::Number(number) if form == Form::Text => number.as_str().into(),
        Value::Number(number) => number.to_json(),
        // A unique name is what resolves without doubt (azure.md 10.1).
        Value::User(user) => user.id.as_str().into(),
        Value::Set(elements) => join(elements).into(),
        Value::Moment(moment) => time::format(*moment)?.into(),
        Value::Flag(flag) => (*flag).into(),
        Value::Adf(_) => return None,
    };
    Some(json)
}

/// A name or line, as a number where the field holds numbers.
fn scalar(text: &str, form: Form) -> Json {
    let number = match form {
        Form::Integer | Form::Double => Number::parse(text),
        _ => None,
    };
    number.map_or_else(|| text.into(), |number| number.to_json())
}

/// Elements as the service takes them.
pub(crate) fn join<'a>(elements: impl IntoIterator<Item = &'a String>) -> String {
    let names: Vec<&str> = elements.into_iter().map(|name| name.trim()).collect();
    names.join("; ")
}

/// Plain text where HTML is expected.
pub(crate) fn escape(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
    escaped.replace('>', "&gt;").replace('\n', "<br>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Millis, User};
    use serde_json::json;

    fn number(value: f64) -> Value {
        Number::new(value).map(Value::Number).unwrap_or_default()
    }

    fn set(names: &[&str]) -> Value {
        Value::Set(names.iter().map(|&name| name.to_owned()).collect())
    }

    fn user(id: &str, display: &str) -> Value {
        Value::User(User {
            id: id.into(),
            display: display.into(),
        })
    }

    #[test]
    fn a_field_is_read_as_its_rule_says() {
        for (json, kind, expected) in [
            (json!("Crash"), Kind::Text, Value::Text("Crash".into())),
            (
                json!("<b>x</b>"),
                Kind::Rich,
                Value::Html("<b>x</b>".into()),
            ),
            (json!(2), Kind::Choice, number(2.0)),
            (json!(2.5), Kind::Number, number(2.5)),
            (json!("Active"), Kind::State, Value::Choice("Active".into())),
            (json!(" b;a ;; c"), Kind::Set, set(&["a", "b", "c"])),
            (
                json!({ "uniqueName": "a@x", "displayName": "A" }),
                Kind::User,
                user("a@x", "A"),
            ),
            (json!("A <a@x>"), Kind::User, user("a@x", "A")),
            (
                json!("1970-01-01T00:00:01Z"),
                Kind::Date,
                Value::Moment(Millis(1_000)),
            ),
            (json!(true), Kind::Flag, Value::Flag(true)),
            (json!("True"), Kind::Flag, Value::Flag(true)),
            (json!(""), Kind::Text, Value::Empty),
            (json!(null), Kind::Rich, Value::Empty),
        ] {
            assert!(decode(&json, kind, false) == expected, "{json} as {kind}");
        }
        let markdown = decode(&json!("**x**"), Kind::Rich, true);
        assert!(markdown == Value::Markdown("**x**".into()));
    }

    #[test]
    fn what_does_not_fit_is_not_taken_for_empty() {
        for (json, kind) in [
            (json!("soon"), Kind::Moment),
            (json!("many"), Kind::Number),
            (json!("perhaps"), Kind::Flag),
            (json!(7), Kind::Rich),
            (json!({ "displayName": "A" }), Kind::Text),
        ] {
            assert!(!decode(&json, kind, false).is_empty(), "{json} as {kind}");
        }
    }

    #[test]
    fn a_value_is_written_as_the_field_holds_it() {
        for (value, form, expected) in [
            (Value::Empty, Form::Integer, json!("")),
            (Value::Text("a<b".into()), Form::Html, json!("a&lt;b")),
            (Value::Text("a<b".into()), Form::Text, json!("a<b")),
            (Value::Choice("2".into()), Form::Integer, json!(2)),
            (Value::Choice("High".into()), Form::Integer, json!("High")),
            (number(3.0), Form::Integer, json!(3)),
            (number(3.5), Form::Other, json!(3.5)),
            (number(3.0), Form::Text, json!("3")),
            (user("a@x", "A"), Form::Person, json!("a@x")),
            (set(&["b", "a c"]), Form::Plain, json!("a c; b")),
            (
                Value::Moment(Millis(1_000)),
                Form::Moment,
                json!("1970-01-01T00:00:01Z"),
            ),
            (Value::Flag(false), Form::Flag, json!(false)),
        ] {
            assert_eq!(encode(&value, form), Some(expected));
        }
        assert_eq!(encode(&Value::Adf(json!({})), Form::Html), None);
        assert_eq!(encode(&Value::Moment(Millis(i64::MAX)), Form::Moment), None);
    }
}
