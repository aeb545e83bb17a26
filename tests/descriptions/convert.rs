//! OpenAPI 3.0 and Swagger 2.0 schemas as JSON Schema of 2020-12.
//!
//! Both are older dialects with words of their own: `nullable`, `readOnly`, `discriminator`, formats that nobody checks. And
//! both leave open whether an unknown member may stand in an object; here it may not, unless the description says so: an
//! answer with a member more is an answer that the description does not know. A definition therefore has two forms: open,
//! for what is built upon it by `allOf`, and closed, where it stands alone; the closed one has `!` after its name.

use std::collections::BTreeSet;

use model::Side;
use serde_json::{Map, Value, json};

use super::exceptions::MENDS;
use super::operations::Document;

/// What a schema is used for: a request may leave out what only the remote writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Request,
    Response,
}

/// Keywords that mean the same in both dialects and hold no schema.
const SAME: [&str; 9] = [
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
];

/// A schema with every definition that it leads to, and which mends it took.
pub(super) fn whole(document: &Document, schema: &Value, used: Use) -> (Value, BTreeSet<usize>) {
    let converter = Converter {
        side: document.side,
        used,
    };
    let mut mends = BTreeSet::new();
    let mut root = converter.convert(schema, true);
    let mut open: Vec<String> = references(&root).into_iter().collect();
    let mut definitions = Map::new();
    while let Some(name) = open.pop() {
        if definitions.contains_key(&name) {
            continue;
        }
        let raw = mended(document, name.trim_end_matches('!'), &mut mends);
        let converted = converter.convert(&raw, name.ends_with('!'));
        open.extend(references(&converted));
        definitions.insert(name, converted);
    }
    if let Some(root) = root.as_object_mut() {
        root.insert("$defs".to_owned(), Value::Object(definitions));
    }
    (root, mends)
}

/// A definition, set right where it is known to be wrong.
fn mended(document: &Document, name: &str, mends: &mut BTreeSet<usize>) -> Value {
    let mut raw = match document.side {
        Side::Jira => document.root["components"]["schemas"][name].clone(),
        Side::Azure => document.root["definitions"][name].clone(),
    };
    for (place, mend) in MENDS.iter().enumerate() {
        if mend.definition != name || raw.is_null() {
            continue;
        }
        let schema: Value = serde_json::from_str(mend.schema).unwrap_or_default();
        if mend.member.is_empty() {
            raw = schema;
        } else {
            raw["properties"][mend.member] = schema;
        }
        mends.insert(place);
    }
    raw
}

/// The names of the definitions that a converted schema leads to.
fn references(schema: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut open = vec![schema];
    while let Some(next) = open.pop() {
        match next {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    names.insert(reference.trim_start_matches("#/$defs/").to_owned());
                }
                open.extend(members.values());
            }
            Value::Array(items) => open.extend(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    names
}

struct Converter {
    side: Side,
    used: Use,
}

impl Converter {
    fn convert(&self, raw: &Value, closed: bool) -> Value {
        let Some(members) = raw.as_object() else {
            return json!({});
        };
        let schema = match members.get("$ref").and_then(Value::as_str) {
            Some(reference) => {
                let name = reference.rsplit('/').next().unwrap_or_default();
                let mark = if closed { "!" } else { "" };
                json!({"$ref": format!("#/$defs/{name}{mark}")})
            }
            None => Value::Object(self.members(members, closed)),
        };
        let is_nullable = [members.get("nullable"), members.get("x-nullable")]
            .contains(&Some(&Value::Bool(true)));
        if is_nullable {
            return json!({"anyOf": [schema, {"type": "null"}]});
        }
        schema
    }

    fn members(&self, raw: &Map<String, Value>, closed: bool) -> Map<String, Value> {
        let mut out = Map::new();
        for name in SAME {
            if let Some(value) = raw.get(name) {
                out.insert(name.to_owned(), value.clone());
            }
        }
        if let Some(values) = raw.get("enum") {
            out.insert("enum".to_owned(), values.clone());
        }
        self.format(raw, &mut out);
        if let Some(items) = raw.get("items") {
            out.insert("items".to_owned(), self.convert(items, true));
        }
        for name in ["allOf", "anyOf", "oneOf"] {
            if let Some(parts) = raw.get(name).and_then(Value::as_array) {
                let parts = parts.iter().map(|part| self.convert(part, false));
                out.insert(name.to_owned(), parts.collect());
            }
        }
        self.object(raw, closed, &mut out);
        out
    }

    fn object(&self, raw: &Map<String, Value>, closed: bool, out: &mut Map<String, Value>) {
        let properties = raw.get("properties").and_then(Value::as_object);
        let is_composed = ["allOf", "anyOf", "oneOf"]
            .iter()
            .any(|name| raw.contains_key(*name));
        let more = raw.get("additionalProperties");
        let is_free = properties.is_none_or(Map::is_empty) && !is_composed && more.is_none();
        let kind = raw.get("type").filter(|kind| *kind != "file");
        // Microsoft writes "object" for "anything": a work item's fields are texts and numbers.
        let is_anything =
            self.side == Side::Azure && is_free && kind.is_some_and(|kind| kind == "object");
        if let Some(kind) = kind.filter(|_| !is_anything) {
            out.insert("type".to_owned(), kind.clone());
        }
        if let Some(properties) = properties {
            let converted = properties
                .iter()
                .map(|(name, schema)| (name.clone(), self.convert(schema, true)));
            out.insert("properties".to_owned(), Value::Object(converted.collect()));
        }
        if let Some(required) = raw.get("required").and_then(Value::as_array) {
            let is_asked = |name: &&Value| {
                let property = properties.and_then(|all| all.get(name.as_str()?));
                let is_read_only = property.is_some_and(|property| property["readOnly"] == true);
                self.used == Use::Response || !is_read_only
            };
            let required: Vec<&Value> = required.iter().filter(is_asked).collect();
            out.insert("required".to_owned(), json!(required));
        }
        let is_object = properties.is_some() || kind.is_some_and(|kind| kind == "object");
        match more {
            Some(Value::Object(schema)) if !schema.is_empty() => {
                let schema = self.convert(&Value::Object(schema.clone()), true);
                out.insert("additionalProperties".to_owned(), schema);
            }
            Some(Value::Bool(false)) => close(closed, out),
            Some(_) => {
                out.insert("additionalProperties".to_owned(), json!(true));
            }
            None if is_free && is_object => {
                out.insert("additionalProperties".to_owned(), json!(true));
            }
            None if is_object || is_composed => close(closed, out),
            None => {}
        }
    }

    fn format(&self, raw: &Map<String, Value>, out: &mut Map<String, Value>) {
        let format = raw.get("format").and_then(Value::as_str);
        let checked = match (format, self.side) {
            (Some("date-time"), Side::Jira) => "jira-date-time",
            (Some("date-time"), Side::Azure) => "date-time",
            (Some("date"), _) => "date",
            (Some("uuid"), _) => "uuid",
            _ => return,
        };
        if raw.get("type").is_some_and(|kind| kind == "string") {
            out.insert("format".to_owned(), json!(checked));
        }
    }
}

/// Lets no member stand that nothing speaks of.
fn close(closed: bool, out: &mut Map<String, Value>) {
    if closed {
        out.insert("unevaluatedProperties".to_owned(), json!(false));
    }
}
