//! The operations of a description, and which of them a request means.

use std::collections::BTreeSet;

use model::Side;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::Exchange;

/// One file, and what it offers.
pub(super) struct Document {
    pub(super) side: Side,
    pub(super) root: Value,
    operations: Vec<Operation>,
}

/// One method of one path.
pub(super) struct Operation {
    /// `GET /rest/api/3/issue/{issueIdOrKey}`.
    pub(super) key: String,
    method: String,
    segments: Vec<Segment>,
    /// Names that the query must have, so that it is this operation and not its namesake.
    told_apart_by: Vec<String>,
    parameters: Vec<Value>,
    raw: Value,
    side: Side,
}

enum Segment {
    Word(String),
    Name,
    /// The rest of the path, which may hold slashes.
    Rest,
}

/// Names of Azure DevOps' parameters that stand for a whole path below.
const PATHS: [&str; 2] = ["path", "query"];

impl Document {
    pub(super) fn new(side: Side, root: Value) -> Document {
        let mut operations = Vec::new();
        for table in ["paths", "x-ms-paths"] {
            let paths = root[table].as_object().into_iter().flatten();
            for (path, item) in paths {
                let methods = item.as_object().into_iter().flatten();
                for (method, raw) in methods.filter(|(name, _)| *name != "parameters") {
                    operations.push(Operation::new(side, &root, path, item, method, raw));
                }
            }
        }
        Document {
            side,
            root,
            operations,
        }
    }

    /// A part of the file by its pointer: `#/definitions/WorkItem`.
    pub(super) fn at(&self, reference: &str) -> &Value {
        at(&self.root, reference)
    }
}

fn at<'a>(root: &'a Value, reference: &str) -> &'a Value {
    let pointer = reference.trim_start_matches('#');
    root.pointer(pointer).unwrap_or(&Value::Null)
}

impl Operation {
    fn new(
        side: Side,
        root: &Value,
        path: &str,
        item: &Value,
        method: &str,
        raw: &Value,
    ) -> Operation {
        let (bare, query) = path
            .split_once('?')
            .map_or((path, None), |(bare, query)| (bare, Some(query)));
        let both = [&item["parameters"], &raw["parameters"]];
        let parameters: Vec<Value> = both
            .into_iter()
            .flat_map(|list| list.as_array().into_iter().flatten())
            .map(|each| match each["$ref"].as_str() {
                Some(reference) => at(root, reference).clone(),
                None => each.clone(),
            })
            .collect();
        let mut operation = Operation {
            key: format!("{} {path}", method.to_uppercase()),
            method: method.to_uppercase(),
            segments: segments(side, bare),
            told_apart_by: Vec::new(),
            parameters,
            raw: raw.clone(),
            side,
        };
        if query.is_some() {
            let required = operation.required_query().map(str::to_owned);
            operation.told_apart_by = required.filter(|name| name != "api-version").collect();
        }
        operation
    }

    fn in_query(&self) -> impl Iterator<Item = (&str, bool)> {
        let of_query = self.parameters.iter().filter(|each| each["in"] == "query");
        of_query.filter_map(|each| Some((each["name"].as_str()?, each["required"] == true)))
    }

    pub(super) fn knows_query(&self, name: &str) -> bool {
        let is_version = self.side == Side::Azure && name == "api-version";
        is_version || self.in_query().any(|(known, _)| known == name)
    }

    pub(super) fn required_query(&self) -> impl Iterator<Item = &str> {
        self.in_query()
            .filter(|(_, required)| *required)
            .map(|(name, _)| name)
    }

    pub(super) fn request_schema(&self, document: &Document) -> Option<Value> {
        if document.side == Side::Azure {
            let body = self.parameters.iter().find(|each| each["in"] == "body")?;
            return Some(body["schema"].clone());
        }
        let body = resolved(document, &self.raw["requestBody"]);
        let schema = &body["content"]["application/json"]["schema"];
        (!schema.is_null()).then(|| schema.clone())
    }

    pub(super) fn response(&self, status: u16) -> Option<&Value> {
        let responses = self.raw["responses"].as_object()?;
        responses
            .get(&status.to_string())
            .or_else(|| responses.get("default"))
    }

    /// The first answer that says that all is well.
    pub(super) fn success(&self) -> Option<&Value> {
        let responses = self.raw["responses"].as_object()?;
        responses
            .iter()
            .find(|(status, _)| status.starts_with('2'))
            .map(|(_, response)| response)
    }

    /// The schema of an answer's body. Azure DevOps describes a list and sends it as `{"count", "value"}` (azure.md 1).
    pub(super) fn response_schema(&self, document: &Document, response: &Value) -> Option<Value> {
        let response = resolved(document, response);
        if document.side == Side::Jira {
            let content = response["content"].as_object()?;
            let media = content
                .get("application/json")
                .or(content.values().next())?;
            return (!media["schema"].is_null()).then(|| media["schema"].clone());
        }
        let schema = &response["schema"];
        if schema.is_null() {
            return None;
        }
        if schema["type"] == "array" {
            let members = json!({"count": {"type": "integer"}, "value": schema});
            let list =
                json!({"type": "object", "required": ["count", "value"], "properties": members});
            return Some(list);
        }
        Some(schema.clone())
    }
}

fn resolved<'a>(document: &'a Document, value: &'a Value) -> &'a Value {
    value["$ref"]
        .as_str()
        .map_or(value, |reference| document.at(reference))
}

/// Whether a schema stands for bytes.
pub(super) fn is_binary(schema: &Value) -> bool {
    schema["type"] == "file"
        || schema["format"] == "binary"
        || *schema == json!({})
        || (schema["type"] == "string")
        || (schema["type"] == "array" && schema["items"] == json!({}))
        || (schema["type"] == "object" && schema.get("properties").is_none())
}

fn segments(side: Side, path: &str) -> Vec<Segment> {
    let words: Vec<&str> = path.split('/').filter(|word| !word.is_empty()).collect();
    let last = words.len().saturating_sub(1);
    words
        .iter()
        .enumerate()
        .skip(scope(&words))
        .map(|(place, word)| {
            let name = word
                .strip_prefix('{')
                .and_then(|rest| rest.strip_suffix('}'));
            match name {
                Some(name) if side == Side::Azure && place == last && PATHS.contains(&name) => {
                    Segment::Rest
                }
                Some(_) => Segment::Name,
                None if word.starts_with("${") => Segment::Word("$".to_owned()),
                None => Segment::Word(word.to_lowercase()),
            }
        })
        .collect()
}

/// How many words stand before `_apis`: organisation, project and team, which a request may leave out.
fn scope(words: &[&str]) -> usize {
    words
        .iter()
        .position(|word| word.eq_ignore_ascii_case("_apis"))
        .unwrap_or(0)
}

fn words(exchange: &Exchange) -> Vec<String> {
    let decode = |word: &str| percent_decode_str(word).decode_utf8_lossy().into_owned();
    let words: Vec<&str> = exchange
        .path
        .split('/')
        .filter(|word| !word.is_empty())
        .collect();
    let mut words: Vec<String> = words
        .iter()
        .skip(scope(&words))
        .map(|word| decode(word))
        .collect();
    // The newest version has three names.
    if let [rest, api, version, ..] = words.as_mut_slice()
        && rest == "rest"
        && api == "api"
        && ["2", "latest"].contains(&version.as_str())
    {
        "3".clone_into(version);
    }
    words
}

/// The path with what looks like an identity taken out, for a request that no operation fits.
pub(super) fn shown(exchange: &Exchange) -> String {
    let is_name = |word: &String| word.bytes().any(|byte| byte.is_ascii_digit()) && word.len() > 3;
    let shown = |word: &String| {
        if is_name(word) {
            "/{id}".to_owned()
        } else {
            format!("/{word}")
        }
    };
    words(exchange).iter().map(shown).collect()
}

/// The operation that a request means: the one with the most words of its own, and of namesakes the one whose query is there.
pub(super) fn find<'a>(
    documents: &'a [Document],
    exchange: &Exchange,
) -> Option<(&'a Document, &'a Operation)> {
    let words = words(exchange);
    let names: BTreeSet<&str> = exchange
        .query
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    documents
        .iter()
        .filter(|document| document.side == exchange.side)
        .flat_map(|document| document.operations.iter().map(move |each| (document, each)))
        .filter(|(_, operation)| operation.method == exchange.method)
        .filter(|(_, operation)| {
            let mut told = operation.told_apart_by.iter();
            told.all(|name| names.contains(name.as_str()))
        })
        .filter_map(|found| Some((fit(&found.1.segments, &words)?, found)))
        .max_by_key(|(fit, (_, operation))| (*fit, operation.told_apart_by.len()))
        .map(|(_, found)| found)
}

/// How many words fit exactly; nothing when the path is another one.
fn fit(segments: &[Segment], words: &[String]) -> Option<usize> {
    let mut exact = 0;
    for (place, segment) in segments.iter().enumerate() {
        match (segment, words.get(place)) {
            (Segment::Rest, Some(_)) => return Some(exact),
            // The tree's root has no path of its own; an operation without that segment fits better.
            (Segment::Rest, None) if place + 1 == segments.len() => {
                return Some(exact.saturating_sub(1));
            }
            (Segment::Name, Some(word)) if !word.starts_with('$') => {}
            (Segment::Word(own), Some(word)) if own == "$" && word.starts_with('$') => exact += 1,
            (Segment::Word(own), Some(word)) if *own == word.to_lowercase() => exact += 1,
            _ => return None,
        }
    }
    (segments.len() == words.len()).then_some(exact)
}
