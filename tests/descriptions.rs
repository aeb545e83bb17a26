//! The vendors' own descriptions of both remotes, as a judge over recorded exchanges.
//!
//! [`Descriptions::load`] reads the OpenAPI and Swagger files; [`Descriptions::judge`] holds one exchange against them: that
//! the operation exists, that its status is declared, that the answer's body fits, with no member missing and none that the
//! description does not know. What our own product asks is judged too: the operation, the names in the query, the body.
//!
//! A finding is two texts, the operation and what is wrong with it. [`EXCEPTIONS`] lists the findings that are the
//! description's fault, each with its reason, and [`RARITIES`] those of them that no public client meets in its day;
//! everything else is a violation.

#![expect(clippy::expect_used, reason = "the helpers of a test fail the test")]

mod convert;
mod exceptions;
mod operations;
mod rarities;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use jsonschema::Validator;
use jsonschema::error::ValidationErrorKind;
use model::Side;
use serde_json::{Value, json};

use convert::Use;
pub use exceptions::{EXCEPTIONS, Exception, MENDS, Mend};
use operations::{Document, Operation};
pub use rarities::RARITIES;

/// Findings that a verdict keeps; a broken description would give one for each exchange.
const FINDINGS_MAX: usize = 500;

/// The limiter's answer may come to any request and is in no description (jira.md 11, azure.md 12).
const TOO_MANY: u16 = 429;

/// What a request gets that nobody serves: not signed in, not there, or not with this method.
const REFUSALS: [u16; 3] = [401, 404, 405];

/// The files of the descriptions: side and name.
const FILES: [(Side, &str); 9] = [
    (Side::Jira, "jira-cloud-v3.json"),
    (Side::Jira, "jira-software-cloud-agile-2022.json"),
    (Side::Azure, "ado-wit-7.1.json"),
    (Side::Azure, "ado-core-7.1.json"),
    (Side::Azure, "ado-processes-7.1.json"),
    (Side::Azure, "ado-work-7.1.json"),
    (Side::Azure, "ado-hooks-7.1.json"),
    (Side::Azure, "ado-graph-7.1.json"),
    (Side::Azure, "ado-ims-7.1.json"),
];

/// One request and its answer.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Whose answer it is.
    pub side: Side,
    /// Whether our product asked.
    pub by_product: bool,
    /// The method, in capitals.
    pub method: String,
    /// The path, still percent-encoded.
    pub path: String,
    /// The decoded pairs of the query.
    pub query: Vec<(String, String)>,
    /// The content type of the request.
    pub request_type: String,
    /// The body of the request.
    pub request: Bytes,
    /// The status of the answer.
    pub status: u16,
    /// The content type of the answer.
    pub response_type: String,
    /// The body of the answer.
    pub response: Bytes,
}

/// What was found in many exchanges.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// How many exchanges were judged.
    pub exchanges: u64,
    /// The operations that were met.
    pub operations: BTreeSet<String>,
    /// What is wrong and in no list, by operation and subject, with an example.
    pub violations: BTreeMap<(String, String), String>,
    /// The exceptions that were needed, by their place in the list; the rarities follow the others.
    pub exceptions: BTreeSet<usize>,
    /// The mends that were needed, by their place in the list.
    pub mends: BTreeSet<usize>,
}

impl Verdict {
    /// Puts another verdict's findings to these.
    pub fn add(&mut self, other: Verdict) {
        self.exchanges += other.exchanges;
        self.operations.extend(other.operations);
        self.violations.extend(other.violations);
        self.exceptions.extend(other.exceptions);
        self.mends.extend(other.mends);
    }

    /// The violations as lines.
    #[must_use]
    pub fn lines(&self) -> String {
        let line = |((operation, what), example): (&(String, String), &String)| {
            format!("  {operation} | {what} | {example}\n")
        };
        self.violations.iter().map(line).collect()
    }

    fn note(&mut self, operation: &str, what: &str, example: &str) {
        let excused = EXCEPTIONS
            .iter()
            .chain(RARITIES)
            .position(|exception| exception.covers(operation, what));
        if let Some(place) = excused {
            self.exceptions.insert(place);
        } else if self.violations.len() < FINDINGS_MAX {
            let example: String = example.chars().take(300).collect();
            self.violations
                .entry((operation.to_owned(), what.to_owned()))
                .or_insert(example);
        }
    }
}

/// All descriptions.
pub struct Descriptions {
    documents: Vec<Document>,
    /// Compiled schemas by operation and part.
    compiled: Mutex<BTreeMap<String, Arc<Compiled>>>,
}

/// A schema ready for use, and the mends in it.
struct Compiled {
    validator: Validator,
    mends: BTreeSet<usize>,
}

impl Descriptions {
    /// Reads the descriptions from their folder.
    #[must_use]
    pub fn load(folder: &Path) -> Descriptions {
        let read = |(side, name): (Side, &str)| {
            let text = fs::read_to_string(folder.join(name)).expect("a readable description");
            // Most of Microsoft's files begin with a byte order mark.
            let text = text.trim_start_matches('\u{feff}');
            Document::new(
                side,
                serde_json::from_str(text).expect("a description is JSON"),
            )
        };
        Descriptions {
            documents: FILES.into_iter().map(read).collect(),
            compiled: Mutex::default(),
        }
    }

    /// Holds one exchange against the descriptions.
    pub fn judge(&self, exchange: &Exchange, verdict: &mut Verdict) {
        verdict.exchanges += 1;
        let found = operations::find(&self.documents, exchange);
        let Some((document, operation)) = found else {
            self.judge_stranger(exchange, verdict);
            return;
        };
        verdict.operations.insert(operation.key.clone());
        if exchange.by_product {
            self.judge_request(document, operation, exchange, verdict);
        }
        self.judge_response(document, operation, exchange, verdict);
    }

    /// Judges a request that no description speaks of. It may be refused as one that nobody serves, in the product's words.
    fn judge_stranger(&self, exchange: &Exchange, verdict: &mut Verdict) {
        let place = format!("{} {}", exchange.method, operations::shown(exchange));
        let is_refused = REFUSALS.contains(&exchange.status) && !exchange.by_product;
        let what = if is_refused {
            "not served"
        } else {
            "no operation"
        };
        verdict.note(&place, what, &exchange.status.to_string());
        let document = self.documents.iter().find(|it| it.side == exchange.side);
        let is_json = exchange.response_type.contains("json") && !exchange.response.is_empty();
        let Some(document) = document.filter(|_| is_refused && is_json) else {
            return;
        };
        let part = format!("{} error", exchange.side);
        let compiled = self.compile(document, &part, &error(exchange.side), Use::Response);
        match serde_json::from_slice(&exchange.response) {
            Ok(body) => check(&compiled, &body, &place, "error", verdict),
            Err(_) => verdict.note(&place, "error not json", &text(&exchange.response)),
        }
    }

    fn judge_request(
        &self,
        document: &Document,
        operation: &Operation,
        exchange: &Exchange,
        verdict: &mut Verdict,
    ) {
        let key = &operation.key;
        for (name, value) in &exchange.query {
            if !operation.knows_query(name) {
                verdict.note(key, &format!("request query {name} unknown"), value);
            }
        }
        for name in operation.required_query() {
            // Azure DevOps takes the version from the header too.
            let is_given = exchange.query.iter().any(|(given, _)| given == name);
            if !is_given && name != "api-version" {
                verdict.note(
                    key,
                    &format!("request query {name} missing"),
                    &exchange.path,
                );
            }
        }
        if exchange.request.is_empty() || !exchange.request_type.contains("json") {
            return;
        }
        let Some(schema) = operation.request_schema(document) else {
            verdict.note(key, "request body undeclared", &text(&exchange.request));
            return;
        };
        let part = format!("{key} request");
        let compiled = self.compile(document, &part, &schema, Use::Request);
        match serde_json::from_slice(&exchange.request) {
            Ok(body) => check(&compiled, &body, key, "request", verdict),
            Err(_) => verdict.note(key, "request not json", &text(&exchange.request)),
        }
    }

    fn judge_response(
        &self,
        document: &Document,
        operation: &Operation,
        exchange: &Exchange,
        verdict: &mut Verdict,
    ) {
        let (key, status) = (&operation.key, exchange.status);
        let declared = operation.response(status);
        if declared.is_none() && status != TOO_MANY {
            let what = format!("status {status}");
            verdict.note(key, &what, &text(&exchange.response));
        }
        if exchange.response.is_empty() {
            return;
        }
        let is_json = exchange.response_type.contains("json");
        let is_error = status >= 400;
        // An answer that says otherwise than declared that all is well is read as the one that is declared.
        let declared = match declared {
            None if !is_error => operation.success(),
            declared => declared,
        };
        let schema = declared.and_then(|response| operation.response_schema(document, response));
        let schema = match schema {
            _ if is_error && document.side == Side::Azure => Some(error(Side::Azure)),
            None if is_error => Some(error(document.side)),
            schema => schema,
        };
        let Some(schema) = schema else {
            if is_json {
                verdict.note(key, "response body undeclared", &text(&exchange.response));
            }
            return;
        };
        if !is_json {
            // A redirect has a page for people beside it.
            let is_redirect = (300..400).contains(&status);
            if !operations::is_binary(&schema) && !is_redirect {
                let what = format!("response {status} not json");
                verdict.note(key, &what, &text(&exchange.response));
            }
            return;
        }
        let kind = if is_error { "error" } else { "response" };
        let part = format!("{key} {kind} {status}");
        let compiled = self.compile(document, &part, &schema, Use::Response);
        match serde_json::from_slice(&exchange.response) {
            Ok(body) => check(&compiled, &body, key, kind, verdict),
            Err(_) => verdict.note(
                key,
                &format!("response {status} not json"),
                &text(&exchange.response),
            ),
        }
    }

    fn compile(&self, document: &Document, part: &str, schema: &Value, used: Use) -> Arc<Compiled> {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = compiled.get(part) {
            return Arc::clone(known);
        }
        let (whole, mends) = convert::whole(document, schema, used);
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .should_validate_formats(true)
            .should_ignore_unknown_formats(true)
            .with_format("jira-date-time", is_jira_time)
            .build(&whole)
            .unwrap_or_else(|error| unreachable!("{part}: {error}"));
        let ready = Arc::new(Compiled { validator, mends });
        compiled.insert(part.to_owned(), Arc::clone(&ready));
        ready
    }
}

/// `2026-08-24T11:11:52.944+0000`: Jira writes no colon in the offset, so it is not RFC 3339 (jira.md, "What shapes the
/// design" 11).
fn is_jira_time(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let has_offset = text.ends_with('Z') || text.rfind(['+', '-']).is_some_and(|at| at > 18);
    digits >= 14 && text.as_bytes().get(10) == Some(&b'T') && has_offset
}

/// The body of an error, where nothing else is declared.
fn error(side: Side) -> Value {
    match side {
        Side::Jira => jira_error(),
        Side::Azure => azure_error(),
    }
}

/// Jira's body of an error, where an operation declares none: a collection, or what the gateway before it says.
fn jira_error() -> Value {
    let texts = json!({"type": "array", "items": {"type": "string"}});
    let collection = json!({
        "errorMessages": texts, "errors": {"type": "object"}, "status": {"type": "integer"},
    });
    let gateway = json!({"message": {"type": "string"}, "status-code": {"type": "integer"}});
    json!({"anyOf": [
        {"type": "object", "required": ["errorMessages"], "properties": collection},
        {"type": "object", "required": ["message", "status-code"], "properties": gateway},
    ]})
}

/// Azure DevOps' body of an error, which no description has (azure.md 14).
fn azure_error() -> Value {
    let text = json!({"type": "string"});
    json!({
        "type": "object",
        "required": ["message", "typeKey"],
        "properties": {
            "$id": text, "innerException": {}, "message": text, "typeName": text, "typeKey": text,
            "errorCode": {"type": "integer"}, "eventId": {"type": "integer"}, "customProperties": {},
        },
    })
}

fn check(compiled: &Compiled, body: &Value, operation: &str, part: &str, verdict: &mut Verdict) {
    verdict.mends.extend(&compiled.mends);
    for error in compiled.validator.iter_errors(body) {
        let place = place(error.instance_path().as_str());
        let example = error.to_string();
        match error.kind() {
            ValidationErrorKind::UnevaluatedProperties { unexpected }
            | ValidationErrorKind::AdditionalProperties { unexpected } => {
                for name in unexpected {
                    let what = format!("{part} {place}/{name} unknown");
                    verdict.note(operation, &what, &example);
                }
            }
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                let what = format!("{part} {place}/{name} missing");
                verdict.note(operation, &what, &example);
            }
            other => {
                let what = format!("{part} {place} {}", other.keyword());
                verdict.note(operation, &what, &example);
            }
        }
    }
}

/// A place in a body, with `*` for every number in a list.
fn place(pointer: &str) -> String {
    let shown = |segment: &str| match segment.parse::<u64>() {
        Ok(_) => "/*".to_owned(),
        Err(_) => format!("/{segment}"),
    };
    pointer.split('/').skip(1).map(shown).collect()
}

fn text(bytes: &Bytes) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
