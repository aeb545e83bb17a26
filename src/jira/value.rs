//! Field values: Jira's JSON to a native value and back (jira.md 9.2).

use std::collections::BTreeSet;

use mapping::Kind;
use model::{Number, User, Value};
use serde_json::{Value as Json, json};

use crate::{time, wire};

/// The JSON that a field wants, from its `schema`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A string.
    Text,
    /// An ADF document.
    Rich,
    /// A number.
    Number,
    /// `{"name": ..}`: priority, component, version, resolution, security level.
    Named,
    /// `{"value": ..}`: an option of a list.
    Option,
    /// `{"accountId": ..}`.
    User,
    /// `{"key": ..}`: the parent, a project.
    Keyed,
    /// The status: read as a name, written by a transition only.
    Status,
    /// `2019-08-12`.
    Day,
    /// A timestamp.
    Moment,
    /// `true` or `false`.
    Flag,
    /// A list of these.
    Many(Box<Shape>),
    /// Anything else; it is not written.
    Other,
}

impl Shape {
    /// From a field's `schema` object (jira.md 5.3).
    pub(crate) fn of(schema: &Json) -> Shape {
        let kind = wire::text(schema, "type").unwrap_or_default();
        let system = wire::text(schema, "system").unwrap_or_default();
        let custom = wire::text(schema, "custom").unwrap_or_default();
        match kind {
            "array" => {
                let items = wire::text(schema, "items").unwrap_or_default();
                Shape::Many(Box::new(Shape::plain(items)))
            }
            "string" if ["description", "environment"].contains(&system) => Shape::Rich,
            "string" if custom.ends_with(":textarea") => Shape::Rich,
            _ => Shape::plain(kind),
        }
    }

    fn plain(kind: &str) -> Shape {
        match kind {
            "string" => Shape::Text,
            "number" => Shape::Number,
            "priority" | "component" | "version" | "resolution" | "securitylevel" | "issuetype"
            | "group" => Shape::Named,
            "option" => Shape::Option,
            "user" => Shape::User,
            "issuelink" | "project" => Shape::Keyed,
            "status" => Shape::Status,
            "date" => Shape::Day,
            "datetime" => Shape::Moment,
            "boolean" => Shape::Flag,
            _ => Shape::Other,
        }
    }

    /// The shape of the system fields that every site has, for when its metadata does not name them.
    pub(crate) fn of_system(field: &str) -> Option<Shape> {
        let many = |shape| Shape::Many(Box::new(shape));
        Some(match field {
            "summary" => Shape::Text,
            "description" | "environment" => Shape::Rich,
            "priority" | "resolution" | "security" => Shape::Named,
            "assignee" | "reporter" => Shape::User,
            "labels" => many(Shape::Text),
            "components" | "fixVersions" | "versions" => many(Shape::Named),
            "duedate" => Shape::Day,
            "parent" => Shape::Keyed,
            "status" => Shape::Status,
            _ => return None,
        })
    }

    /// What a profile calls it.
    pub(crate) fn kind(&self) -> Option<Kind> {
        Some(match self {
            Shape::Text => Kind::Text,
            Shape::Rich => Kind::Rich,
            Shape::Number => Kind::Number,
            Shape::Named | Shape::Option | Shape::Keyed => Kind::Choice,
            Shape::User => Kind::User,
            Shape::Status => Kind::State,
            Shape::Day => Kind::Date,
            Shape::Moment => Kind::Moment,
            Shape::Flag => Kind::Flag,
            Shape::Many(inner) => match **inner {
                Shape::Text | Shape::Named | Shape::Option => Kind::Set,
                _ => return None,
            },
            Shape::Other => return None,
        })
    }

    /// One element of a list in this shape.
    pub(crate) fn element(&self, text: &str) -> Option<Json> {
        match self {
            Shape::Many(inner) => inner.name(text),
            _ => None,
        }
    }

    fn name(&self, text: &str) -> Option<Json> {
        match self {
            Shape::Text => Some(text.into()),
            Shape::Named => Some(json!({ "name": text })),
            Shape::Option => Some(json!({ "value": text })),
            Shape::Keyed => Some(json!({ "key": text })),
            Shape::Number => Number::parse(text).map(|number| number.to_json()),
            Shape::Rich => Some(document(text)),
            _ => None,
        }
    }

    /// The value in this shape; nothing when this shape cannot say it.
    pub(crate) fn encode(&self, value: &Value) -> Option<Json> {
        if matches!(self, Shape::Status | Shape::Other) {
            return None;
        }
        if value.is_empty() {
            let many = matches!(self, Shape::Many(_));
            return Some(if many { json!([]) } else { Json::Null });
        }
        match (self, value) {
            (Shape::Rich, Value::Adf(tree)) => Some(tree.clone()),
            (_, Value::Text(text) | Value::Choice(text)) => self.name(text),
            (Shape::Number, Value::Number(number)) => Some(number.to_json()),
            (Shape::Text, Value::Number(number)) => Some(number.as_str().into()),
            (Shape::User, Value::User(user)) => Some(json!({ "accountId": user.id })),
            (Shape::Day, Value::Moment(moment)) => time::day_text(*moment).map(Json::from),
            (Shape::Moment, Value::Moment(moment)) => time::moment_text(*moment).map(Json::from),
            (Shape::Flag, Value::Flag(flag)) => Some((*flag).into()),
            (Shape::Many(inner), Value::Set(set)) => set.iter().map(|e| inner.name(e)).collect(),
            _ => None,
        }
    }
}

/// A plain text as an ADF document: one paragraph for each line that is not empty (jira.md 13.2 refuses empty texts).
pub(crate) fn document(text: &str) -> Json {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let paragraph =
        |line: &str| json!({ "type": "paragraph", "content": [{ "type": "text", "text": line }] });
    let content: Vec<Json> = lines.map(paragraph).collect();
    json!({ "type": "doc", "version": 1, "content": content })
}

/// A field's JSON as a value of that kind; nothing when it is not of that kind. A field of an unexpected form is never
/// taken for an empty one, for that would read as if somebody had cleared it.
pub(crate) fn decode(kind: Kind, json: &Json) -> Option<Value> {
    if json.is_null() {
        return Some(Value::Empty);
    }
    let value = match kind {
        Kind::Text => Value::Text(label(json)?),
        Kind::Rich => rich(json)?,
        Kind::Number => Value::Number(number(json)?),
        Kind::Choice | Kind::State => Value::Choice(label(json)?),
        Kind::User => Value::User(user(json)?),
        Kind::Set => Value::Set(set(json)?),
        Kind::Date => Value::Moment(json.as_str().and_then(time::day)?),
        Kind::Moment => Value::Moment(json.as_str().and_then(time::moment)?),
        Kind::Flag => Value::Flag(json.as_bool()?),
    };
    Some(if value.is_empty() {
        Value::Empty
    } else {
        value
    })
}

/// The name by which people know it: a string itself, else `name`, `value` or `key` of an object.
fn label(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.clone()),
        Json::Number(_) => number(json).map(|number| number.as_str().to_owned()),
        Json::Object(_) => ["name", "value", "key"]
            .into_iter()
            .find_map(|member| wire::text(json, member))
            .map(str::to_owned),
        _ => None,
    }
}

fn rich(json: &Json) -> Option<Value> {
    match json {
        Json::String(text) => Some(Value::Text(text.clone())),
        Json::Object(_) if wire::text(json, "type") == Some("doc") => {
            Some(Value::Adf(json.clone()))
        }
        _ => None,
    }
}

fn number(json: &Json) -> Option<Number> {
    match json {
        Json::String(text) => Number::parse(text),
        _ => json.as_f64().and_then(Number::new),
    }
}

/// A person: `{"accountId", "displayName"}`.
pub(crate) fn user(json: &Json) -> Option<User> {
    Some(User {
        id: wire::text(json, "accountId")?.to_owned(),
        display: wire::text(json, "displayName")
            .unwrap_or_default()
            .to_owned(),
    })
}

fn set(json: &Json) -> Option<BTreeSet<String>> {
    json.as_array()?.iter().map(label).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Millis;

    fn text(text: &str) -> String {
        text.to_owned()
    }

    fn check_read(kind: Kind, json: Json, expected: Option<Value>) {
        assert!(decode(kind, &json) == expected, "{kind:?} {json}");
    }

    #[test]
    fn fields_are_read_by_the_rule_s_kind() {
        let doc = document("Hello");
        let number = Number::parse("23").map(Value::Number);
        let people = json!({ "accountId": "712020:aa", "displayName": "Alice" });
        let alice = Value::User(User {
            id: text("712020:aa"),
            display: text("Alice"),
        });
        check_read(Kind::Text, json!("A"), Some(Value::Text(text("A"))));
        check_read(Kind::Text, json!([]), None);
        check_read(Kind::Rich, doc.clone(), Some(Value::Adf(doc)));
        check_read(Kind::Rich, json!({ "type": "paragraph" }), None);
        check_read(Kind::Number, json!(23.0), number.clone());
        check_read(Kind::Number, json!("23"), number);
        check_read(Kind::Number, json!({}), None);
        let high = Some(Value::Choice(text("High")));
        check_read(
            Kind::Choice,
            json!({ "name": "High", "id": "2" }),
            high.clone(),
        );
        check_read(Kind::Choice, json!({ "value": "High" }), high.clone());
        check_read(Kind::State, json!({ "name": "High" }), high);
        check_read(Kind::Choice, json!([1]), None);
        check_read(Kind::User, people, Some(alice));
        check_read(Kind::User, json!({ "name": "alice" }), None);
        let ab = Some(Value::Set([text("a"), text("b")].into()));
        check_read(Kind::Set, json!(["b", "a"]), ab.clone());
        check_read(Kind::Set, json!([{ "name": "a" }, { "value": "b" }]), ab);
        check_read(Kind::Set, json!("a"), None);
        check_read(Kind::Set, json!([]), Some(Value::Empty));
        check_read(
            Kind::Date,
            json!("1970-01-02"),
            Some(Value::Moment(Millis(86_400_000))),
        );
        check_read(Kind::Date, json!("tomorrow"), None);
        check_read(Kind::Flag, json!(true), Some(Value::Flag(true)));
        check_read(Kind::Flag, json!("true"), None);
        for (_, kind) in [(0, Kind::Text), (1, Kind::User), (2, Kind::Set)] {
            check_read(kind, Json::Null, Some(Value::Empty));
        }
    }

    fn check_write(schema: Json, value: Value, expected: Option<Json>) {
        assert_eq!(Shape::of(&schema).encode(&value), expected, "{schema}");
    }

    #[test]
    fn fields_are_written_by_their_schema() {
        let string = json!({ "type": "string", "system": "summary" });
        let textarea = json!({ "type": "string", "custom": "com.atlassian:textarea" });
        let list = |items: &str| json!({ "type": "array", "items": items });
        let of = |kind: &str| json!({ "type": kind });
        let one = || Value::Text(text("one"));
        let set = || Value::Set([text("x")].into());
        check_write(string.clone(), one(), Some(json!("one")));
        check_write(string.clone(), Value::Text(text(" ")), Some(Json::Null));
        check_write(string, Value::Flag(true), None);
        check_write(textarea, one(), Some(document("one")));
        check_write(
            of("priority"),
            Value::Choice(text("High")),
            Some(json!({ "name": "High" })),
        );
        check_write(
            of("option"),
            Value::Choice(text("A")),
            Some(json!({ "value": "A" })),
        );
        check_write(of("user"), Value::Empty, Some(Json::Null));
        check_write(list("string"), set(), Some(json!(["x"])));
        check_write(list("component"), set(), Some(json!([{ "name": "x" }])));
        check_write(list("option"), set(), Some(json!([{ "value": "x" }])));
        check_write(list("string"), Value::Empty, Some(json!([])));
        check_write(list("json"), set(), None);
        check_write(
            of("date"),
            Value::Moment(Millis(0)),
            Some(json!("1970-01-01")),
        );
        check_write(
            of("datetime"),
            Value::Moment(Millis(1)),
            Some(json!("1970-01-01T00:00:00.001+0000")),
        );
        check_write(of("status"), Value::Choice(text("Done")), None);
        check_write(of("sd-servicelevelagreement"), one(), None);
    }

    #[test]
    fn a_document_holds_no_empty_text() {
        let paragraphs = |text: &str| document(text)["content"].as_array().map(Vec::len);
        assert_eq!(paragraphs("a\n\n b \r\nc"), Some(3));
        assert_eq!(paragraphs(""), Some(0));
    }
}
