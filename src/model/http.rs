//! Requests and answers as plain data, for connectors that never touch a socket.

use std::fmt;

/// The method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// Read.
    Get,
    /// Create or act.
    Post,
    /// Replace or edit.
    Put,
    /// Edit in part (Azure DevOps' JSON Patch).
    Patch,
    /// Delete.
    Delete,
    /// Ask what is there.
    Options,
}

impl Method {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
            Method::Options => "OPTIONS",
        }
    }
}

/// One request, complete but for the credential, which the executor adds.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The absolute address, query included. It lies below the connection's base address; the executor refuses others.
    pub url: String,
    /// The route's template, such as `/rest/api/3/issue/{id}`: for limits, metrics and logs, since it names no item.
    pub route: &'static str,
    /// Further headers, names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body; empty for none.
    pub body: Vec<u8>,
    /// The item that is written, for limits on writes per item (jira.md 11).
    pub writes: Option<u64>,
}

/// Prints method and route only: addresses and bodies may hold content.
impl fmt::Debug for Request {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.method.as_str(), self.route)
    }
}

/// One answer, read whole.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header of that lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ({} bytes)", self.status, self.body.len())
    }
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Certainly not processed: no connection was made (refused, name unknown, TLS failed), or we never sent it.
    NotSent,
    /// Bytes may have gone out, and no usable answer came: time-out, reset, an answer that broke off.
    Lost,
}
