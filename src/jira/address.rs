//! Requests: addresses below the configured base, escaped, and bodies in JSON.

use model::ItemId;
use model::http::{Method, Request};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value as Json;

/// Everything but the unreserved characters of RFC 3986 is escaped, in segments and in queries.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

fn escape(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

/// The base address of a site. Every request is built from it; a `self` link of an answer never is one (jira.md 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    base: String,
}

impl Address {
    /// A base such as `https://acme.atlassian.net`, or the gateway's `https://api.atlassian.com/ex/jira/{cloudId}`.
    pub(crate) fn new(base: &str) -> Address {
        let base = base.trim_end_matches('/').to_owned();
        Address { base }
    }

    /// The base, without a slash at its end.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// A request that reads.
    pub(crate) fn get(
        &self,
        route: &'static str,
        parts: &[&str],
        query: &[(&str, &str)],
    ) -> Request {
        Request {
            method: Method::Get,
            url: self.url(route, parts, query),
            route,
            headers: vec![("accept", "application/json".to_owned())],
            body: Vec::new(),
            writes: None,
        }
    }

    /// A request with a body.
    pub(crate) fn send(
        &self,
        method: Method,
        route: &'static str,
        parts: &[&str],
        query: &[(&str, &str)],
        body: &Json,
    ) -> Request {
        let mut request = self.get(route, parts, query);
        let json = ("content-type", "application/json".to_owned());
        request.method = method;
        request.headers.push(json);
        request.body = body.to_string().into_bytes();
        request
    }

    /// A question whose parameters stand in the body.
    pub(crate) fn post(&self, route: &'static str, body: &Json) -> Request {
        self.send(Method::Post, route, &[], &[], body)
    }

    /// Fills the template's `{...}` in turn with the parts, each escaped, and appends the query.
    fn url(&self, route: &str, parts: &[&str], query: &[(&str, &str)]) -> String {
        let mut url = self.base.clone();
        let mut parts = parts.iter();
        for segment in route.split('/').skip(1) {
            url.push('/');
            match parts.as_slice().first() {
                Some(part) if segment.starts_with('{') => {
                    url.push_str(&segment_of(part));
                    parts.next();
                }
                _ => url.push_str(segment),
            }
        }
        for (index, (name, value)) in query.iter().enumerate() {
            url.push(if index == 0 { '?' } else { '&' });
            url.push_str(&escape(name));
            url.push('=');
            url.push_str(&escape(value));
        }
        url
    }
}

/// A path segment. One that is only dots would be taken for a step up, so its dots are escaped too.
fn segment_of(text: &str) -> String {
    if !text.is_empty() && text.bytes().all(|byte| byte == b'.') {
        return text.replace('.', "%2E");
    }
    escape(text)
}

/// The same request, told to be a write of that issue.
pub(crate) fn writing(mut request: Request, item: ItemId) -> Request {
    request.writes = Some(item.0);
    request
}

/// A text as a JQL string.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(route: &'static str, parts: &[&str], query: &[(&str, &str)], expected: &str) {
        let address = Address::new("https://acme.atlassian.net/");
        assert_eq!(address.get(route, parts, query).url, expected);
    }

    #[test]
    fn parts_and_queries_are_escaped() {
        check(
            "/rest/api/3/issue/{id}/comment",
            &["10001"],
            &[("orderBy", "-created")],
            "https://acme.atlassian.net/rest/api/3/issue/10001/comment?orderBy=-created",
        );
        check(
            "/rest/api/3/project/{key}",
            &["../admin?x=1#"],
            &[("a b", "c&d=é")],
            "https://acme.atlassian.net/rest/api/3/project/..%2Fadmin%3Fx%3D1%23?a%20b=c%26d%3D%C3%A9",
        );
        check(
            "/rest/api/3/issue/createmeta/{project}/issuetypes/{type}",
            &["WEB", ".."],
            &[],
            "https://acme.atlassian.net/rest/api/3/issue/createmeta/WEB/issuetypes/%2E%2E",
        );
    }

    #[test]
    fn a_jql_string_cannot_be_left() {
        assert_eq!(quoted(r#"W" OR "1"\"#), r#""W\" OR \"1\"\\""#);
    }
}
