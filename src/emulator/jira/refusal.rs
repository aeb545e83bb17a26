//! How Jira says no: `{"errorMessages":[...],"errors":{field: text}}` (jira.md 1).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::site::Response;

/// What a handler gives.
pub(crate) type Outcome = Result<Response, Refusal>;

/// An error answer.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    status: u16,
    messages: Vec<String>,
    errors: BTreeMap<String, String>,
    headers: Vec<(String, String)>,
}

/// The text of a missing issue, and of one that the caller must not see.
pub(crate) const NO_ISSUE: &str = "Issue does not exist or you do not have permission to see it.";

impl Refusal {
    /// An error about the request as a whole.
    pub(crate) fn message(status: u16, text: impl Into<String>) -> Self {
        let messages = vec![text.into()];
        Self {
            status,
            messages,
            errors: BTreeMap::new(),
            headers: Vec::new(),
        }
    }

    /// An error about one field.
    pub(crate) fn field(name: &str, text: impl Into<String>) -> Self {
        Self::fields(BTreeMap::from([(name.to_owned(), text.into())]))
    }

    /// Errors about several fields.
    pub(crate) fn fields(errors: BTreeMap<String, String>) -> Self {
        Self {
            status: 400,
            messages: Vec::new(),
            errors,
            headers: Vec::new(),
        }
    }

    /// A refusal that does not say why.
    pub(crate) fn silent(status: u16) -> Self {
        Self {
            status,
            messages: Vec::new(),
            errors: BTreeMap::new(),
            headers: Vec::new(),
        }
    }

    /// There is no such issue.
    pub(crate) fn no_issue() -> Self {
        Self::message(404, NO_ISSUE)
    }

    /// The body is not the JSON that the operation takes.
    pub(crate) fn payload() -> Self {
        let text = "Invalid request payload. Refer to the REST API documentation and try again.";
        Self::message(400, text)
    }

    /// The same refusal with a header.
    pub(crate) fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The answer of an operation on many issues, whose errors are a list of messages. A limiter stands before the operation
    /// and speaks as everywhere.
    pub(crate) fn into_listed(self) -> Response {
        if self.status == 429 {
            return self.into_response();
        }
        let texts = self.messages.iter().chain(self.errors.values());
        let errors: Vec<Value> = texts.map(|text| json!({"message": text})).collect();
        let body = json!({"errors": errors});
        self.clone().into_response().with_body(body.to_string())
    }

    /// The answer that goes out.
    pub(crate) fn into_response(self) -> Response {
        let body = json!({"errorMessages": self.messages, "errors": self.errors});
        let response = Response::json(self.status, &body);
        self.headers
            .iter()
            .fold(response, |response, (name, value)| {
                response.with_header(name, value)
            })
    }
}

/// The caller is nobody, and the operation needs somebody.
pub(crate) fn unauthenticated() -> Response {
    let text = "Client must be authenticated to access this resource.";
    Response::json(401, &json!({"message": text, "status-code": 401}))
        .with_header("WWW-Authenticate", "OAuth realm=\"emulator\"")
        .with_header("X-Seraph-LoginReason", "AUTHENTICATED_FAILED")
}
