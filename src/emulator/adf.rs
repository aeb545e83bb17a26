//! The Atlassian Document Format as Jira accepts it: the official JSON schema decides.
//!
//! `adf/adf-full.schema.json` is the schema of Atlassian's published package, under the licence beside
//! it. It is compiled once for the whole process.

use std::fmt::Write as _;
use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::limit;

static SCHEMA: &str = include_str!("adf/adf-full.schema.json");

/// Why a value is not a document that Jira stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Invalid {
    /// Not an object at all: a string, a number, a list.
    NotADocument,
    /// An object that the schema refuses, or one nested deeper than any editor makes.
    Schema,
}

/// Whether Jira would store this document.
pub(crate) fn check(document: &Value) -> Result<(), Invalid> {
    if !document.is_object() {
        return Err(Invalid::NotADocument);
    }
    let sound = depth_within(document, limit::DOCUMENT_DEPTH_MAX)
        && schema().is_some_and(|schema| schema.is_valid(document));
    if sound { Ok(()) } else { Err(Invalid::Schema) }
}

fn schema() -> Option<&'static Validator> {
    static COMPILED: OnceLock<Option<Validator>> = OnceLock::new();
    COMPILED.get_or_init(compile).as_ref()
}

fn compile() -> Option<Validator> {
    let schema: Value = serde_json::from_str(SCHEMA).ok()?;
    match jsonschema::draft4::new(&schema) {
        Ok(validator) => Some(validator),
        Err(error) => {
            tracing::error!(%error, "the document schema does not compile; every document is refused");
            None
        }
    }
}

fn depth_within(value: &Value, left: usize) -> bool {
    let Some(left) = left.checked_sub(1) else {
        return false;
    };
    match value {
        Value::Array(items) => items.iter().all(|item| depth_within(item, left)),
        Value::Object(map) => map.values().all(|item| depth_within(item, left)),
        _ => true,
    }
}

/// The media ids of the files that a document shows.
pub(crate) fn media_ids(document: &Value) -> Vec<&str> {
    let mut ids = Vec::new();
    gather_media(document, &mut ids, limit::DOCUMENT_DEPTH_MAX);
    ids
}

fn gather_media<'a>(node: &'a Value, ids: &mut Vec<&'a str>, left: usize) {
    let Some(left) = left.checked_sub(1) else {
        return;
    };
    let shows = matches!(node["type"].as_str(), Some("media" | "mediaInline"));
    let attrs = &node["attrs"];
    if shows && matches!(attrs["type"].as_str(), None | Some("file" | "image")) {
        ids.extend(attrs["id"].as_str());
    }
    for child in node["content"].as_array().into_iter().flatten() {
        gather_media(child, ids, left);
    }
}

/// The document's text, one line for each block.
pub(crate) fn plain_text(document: &Value) -> String {
    let mut text = String::new();
    append(document, &mut text, limit::DOCUMENT_DEPTH_MAX);
    text.trim().to_owned()
}

/// The document's text with every run of whitespace as one space: how the sides are compared.
pub(crate) fn collapsed_text(document: &Value) -> String {
    collapse(&plain_text(document))
}

/// Every run of whitespace as one space, none at the ends.
pub(crate) fn collapse(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn append(node: &Value, text: &mut String, left: usize) {
    let Some(left) = left.checked_sub(1) else {
        return;
    };
    let kind = node["type"].as_str().unwrap_or_default();
    match kind {
        "text" => text.push_str(node["text"].as_str().unwrap_or_default()),
        "hardBreak" => text.push('\n'),
        "mention" | "emoji" | "status" => append_attribute(node, text),
        "inlineCard" | "blockCard" | "embedCard" => {
            text.push_str(node["attrs"]["url"].as_str().unwrap_or_default());
        }
        _ => {}
    }
    for child in node["content"].as_array().into_iter().flatten() {
        append(child, text, left);
    }
    if is_block(kind) && !text.ends_with('\n') {
        text.push('\n');
    }
}

fn append_attribute(node: &Value, text: &mut String) {
    let attrs = &node["attrs"];
    let shown = attrs["text"]
        .as_str()
        .or_else(|| attrs["shortName"].as_str());
    text.push_str(shown.unwrap_or_default());
}

fn is_block(kind: &str) -> bool {
    !matches!(
        kind,
        "text"
            | "hardBreak"
            | "mention"
            | "emoji"
            | "status"
            | "date"
            | "inlineCard"
            | "mediaInline"
            | "inlineExtension"
            | "placeholder"
    )
}

/// A document of one paragraph for each line of a text, as version 2 of the API takes it.
pub(crate) fn from_plain_text(text: &str) -> Value {
    let paragraph = |line: &str| match line.trim_end() {
        "" => json!({"type": "paragraph"}),
        line => json!({"type": "paragraph", "content": [{"type": "text", "text": line}]}),
    };
    json!({"type": "doc", "version": 1, "content": text.lines().map(paragraph).collect::<Vec<_>>()})
}

/// A plain HTML rendering, for `renderedFields` and `renderedBody`: escaped text in paragraphs.
pub(crate) fn html(document: &Value) -> String {
    plain_text(document)
        .lines()
        .fold(String::new(), |mut html, line| {
            let escaped = line
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;");
            // Writing to a string cannot fail.
            let _written = write!(html, "<p>{escaped}</p>");
            html
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(content: &Value) -> Value {
        json!({"type": "doc", "version": 1, "content": content})
    }

    #[test]
    fn the_schema_decides_as_the_reference_tables_it() {
        let check = |content: Value, expected: Result<(), Invalid>| {
            let document = document(&content);
            assert_eq!(check(&document), expected, "{document}");
        };
        let refused = Err(Invalid::Schema);
        check(json!([]), Ok(()));
        check(json!([{"type": "paragraph"}]), Ok(()));
        check(
            json!([{"type": "paragraph", "content": [{"type": "text", "text": "a"}]}]),
            Ok(()),
        );
        check(json!([{"type": "codeBlock"}]), Ok(()));
        check(
            json!([{"type": "paragraph", "content": [{"type": "text", "text": ""}]}]),
            refused,
        );
        check(json!([{"type": "heading", "attrs": {"level": 7}}]), refused);
        check(json!([{"type": "bulletList", "content": []}]), refused);
        check(json!([{"type": "nonsense"}]), refused);
        let marked =
            json!({"type": "text", "text": "x", "marks": [{"type": "code"}, {"type": "strong"}]});
        check(json!([{"type": "paragraph", "content": [marked]}]), refused);
        let heading = json!({"type": "heading", "attrs": {"level": 1}});
        let item = json!({"type": "listItem", "content": [heading]});
        check(json!([{"type": "bulletList", "content": [item]}]), refused);
    }

    #[test]
    fn a_string_is_no_document() {
        assert_eq!(check(&json!("hello")), Err(Invalid::NotADocument));
        assert_eq!(
            check(&json!({"type": "doc", "content": []})),
            Err(Invalid::Schema)
        );
    }

    #[test]
    fn a_deep_document_is_refused_quickly() {
        let mut node = json!({"type": "paragraph"});
        for _ in 0..60 {
            node =
                json!({"type": "bulletList", "content": [{"type": "listItem", "content": [node]}]});
        }
        assert_eq!(check(&document(&json!([node]))), Err(Invalid::Schema));
    }

    #[test]
    fn lists_nested_as_deep_as_people_make_them_are_checked_quickly() {
        let mut node = json!({"type": "paragraph", "content": [{"type": "text", "text": "leaf"}]});
        for _ in 0..20 {
            node =
                json!({"type": "bulletList", "content": [{"type": "listItem", "content": [node]}]});
        }
        let begun = std::time::Instant::now();
        assert_eq!(check(&document(&json!([node]))), Ok(()));
        assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
    }

    #[test]
    fn text_goes_to_paragraphs_and_back() {
        let document = from_plain_text("one\n\ntwo");
        assert_eq!(check(&document), Ok(()));
        assert_eq!(collapsed_text(&document), "one two");
        assert_eq!(html(&document), "<p>one</p><p>two</p>");
    }
}
