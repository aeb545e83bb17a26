//! JSON Patch as the service reads it (azure.md 5.1): which paths there are, and what may be done
//! at each.

use serde_json::{Map, Value as Json};

use super::dictionary::Dictionary;
use super::error::Refusal;
use super::field::{Field, Kind};
use super::limit;
use crate::site::Request;

/// How a field is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// `add`: sets a value; merges tags.
    Add,
    /// `replace`: sets a value; replaces tags.
    Replace,
}

/// One operation of a document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operation {
    /// `test` at `/rev`.
    TestRev(Json),
    /// `test` at a field.
    TestField(&'static Field, Json),
    /// `add` or `replace` at a field.
    Set(&'static Field, Mode, Json),
    /// `remove` at a field.
    Clear(&'static Field),
    /// `add` at `/relations/-`.
    Relate(Json),
    /// `remove` at `/relations/{index}`.
    Unrelate(usize),
    /// `replace` or `add` at `/relations/{index}`: new attributes.
    Reattribute(usize, Map<String, Json>),
    /// `replace`, `add` or `remove` at `/relations/{index}/attributes/{name}`.
    Attribute(usize, String, Option<Json>),
    /// `add` at `/multilineFieldsFormat/{field}`: whether Markdown.
    Format(&'static Field, bool),
    /// `add` at `/id`: a placeholder id, which only batches use.
    Placeholder,
}

/// The operations of a request's body.
///
/// # Errors
/// [`Refusal::PatchDocument`] for a wrong content type, a body that is no array of operations, or a
/// path that does not exist; [`Refusal::FieldMissing`] for an unknown field.
pub(crate) fn parse(request: &Request, fields: &Dictionary) -> Result<Vec<Operation>, Refusal> {
    let content = request.header("content-type").unwrap_or("");
    let media = content.split(';').next().unwrap_or("").trim();
    if !media.eq_ignore_ascii_case("application/json-patch+json") {
        let why = format!(" The content type is '{media}', not application/json-patch+json.");
        return Err(Refusal::PatchDocument(why));
    }
    let body = request
        .json()
        .map_err(|e| Refusal::PatchDocument(format!(" {e}.")))?;
    let rows = body
        .as_array()
        .filter(|rows| !rows.is_empty() && rows.len() <= limit::OPERATIONS);
    let rows = rows.ok_or_else(|| Refusal::PatchDocument(String::new()))?;
    rows.iter().map(|row| operation(row, fields)).collect()
}

fn operation(row: &Json, fields: &Dictionary) -> Result<Operation, Refusal> {
    let text = |key: &str| row.get(key).and_then(Json::as_str).unwrap_or("");
    let (op, path) = (text("op").to_lowercase(), text("path"));
    let value = row.get("value").cloned().unwrap_or(Json::Null);
    let unknown = || {
        Refusal::PatchDocument(format!(
            " Operation '{op}' at path '{path}' is not supported."
        ))
    };
    if op == "move" || op == "copy" {
        let why = " Move/Copy is not implemented.".to_owned();
        return Err(Refusal::PatchDocument(why));
    }
    if matches!(op.as_str(), "add" | "replace" | "test") && row.get("value").is_none() {
        let why = format!(" Operation '{op}' at path '{path}' has no value.");
        return Err(Refusal::PatchDocument(why));
    }
    let mut parts = path
        .strip_prefix('/')
        .ok_or_else(unknown)?
        .split('/')
        .map(unescape);
    let parsed = match (
        parts.next().as_deref(),
        parts.next(),
        parts.next(),
        parts.next(),
    ) {
        (Some("rev"), None, None, None) if op == "test" => Some(Operation::TestRev(value)),
        (Some("id"), None, None, None) if op == "add" => Some(Operation::Placeholder),
        (Some("fields"), Some(name), None, None) => at_field(&op, named(&name, fields)?, value),
        (Some("multilineFieldsFormat"), Some(name), None, None) => {
            at_format(&op, named(&name, fields)?, &value)
        }
        (Some("relations"), Some(index), rest, tail) => at_relation(&op, &index, rest, tail, value),
        _ => None,
    };
    parsed.ok_or_else(unknown)
}

fn unescape(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

fn named(name: &str, fields: &Dictionary) -> Result<&'static Field, Refusal> {
    fields
        .by_reference(name)
        .ok_or_else(|| Refusal::field(name))
}

fn at_field(op: &str, field: &'static Field, value: Json) -> Option<Operation> {
    match op {
        "add" => Some(Operation::Set(field, Mode::Add, value)),
        "replace" => Some(Operation::Set(field, Mode::Replace, value)),
        "remove" => Some(Operation::Clear(field)),
        "test" => Some(Operation::TestField(field, value)),
        _ => None,
    }
}

fn at_format(op: &str, field: &'static Field, value: &Json) -> Option<Operation> {
    let format = value.as_str().map(str::to_lowercase);
    let textual = matches!(field.kind, Kind::Rich | Kind::History);
    let set = textual && (op == "add" || op == "replace");
    match format.as_deref() {
        Some("markdown") if set => Some(Operation::Format(field, true)),
        Some("html") if set => Some(Operation::Format(field, false)),
        _ => None,
    }
}

fn at_relation(
    op: &str,
    index: &str,
    rest: Option<String>,
    tail: Option<String>,
    value: Json,
) -> Option<Operation> {
    if index == "-" {
        return (op == "add" && rest.is_none()).then_some(Operation::Relate(value));
    }
    let index: usize = index.parse().ok()?;
    match (op, rest.as_deref(), tail) {
        ("remove", None, None) => Some(Operation::Unrelate(index)),
        ("replace" | "add", None, None) => {
            let attributes = value.get("attributes")?.as_object()?.clone();
            Some(Operation::Reattribute(index, attributes))
        }
        ("replace" | "add", Some("attributes"), None) => {
            Some(Operation::Reattribute(index, value.as_object()?.clone()))
        }
        ("replace" | "add", Some("attributes"), Some(name)) => {
            Some(Operation::Attribute(index, name, Some(value)))
        }
        ("remove", Some("attributes"), Some(name)) => Some(Operation::Attribute(index, name, None)),
        _ => None,
    }
}
