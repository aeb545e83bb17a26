//! Which requests a fault rule is about.

use serde::{Deserialize, Serialize};

use crate::people;
use crate::site::Request;

/// Which requests a rule is about; what is not named matches everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Match {
    /// The method, in any case.
    #[serde(default)]
    pub method: Option<String>,
    /// A part of the path, or, when it holds `*`, a pattern for the whole path.
    #[serde(default)]
    pub path: Option<String>,
    /// A part of the decoded query, `name=value&name=value`.
    #[serde(default)]
    pub query: Option<String>,
    /// A header that is there: its name, or `name: part of its value`.
    #[serde(default)]
    pub header: Option<String>,
    /// The handle of the caller whose token the request carries: `alice`, `sync`.
    #[serde(default)]
    pub by: Option<String>,
    /// A part of the body, as a synchroniser's marker is.
    #[serde(default)]
    pub marker: Option<String>,
}

impl Match {
    /// Whether the rule is about this request.
    pub(crate) fn holds(&self, request: &Request) -> bool {
        fn named(wanted: Option<&str>, holds: impl Fn(&str) -> bool) -> bool {
            wanted.is_none_or(holds)
        }
        named(self.method.as_deref(), |it| {
            it.eq_ignore_ascii_case(request.method.as_str())
        }) && named(self.path.as_deref(), |it| path_matches(it, &request.path))
            && named(self.query.as_deref(), |it| query(request).contains(it))
            && named(self.header.as_deref(), |it| has_header(request, it))
            && named(self.by.as_deref(), |it| caller(request) == Some(it))
            && named(self.marker.as_deref(), |it| body_has(request, it))
    }
}

fn query(request: &Request) -> String {
    let pairs = request.query.iter();
    let pairs: Vec<String> = pairs.map(|(key, value)| format!("{key}={value}")).collect();
    pairs.join("&")
}

fn has_header(request: &Request, wanted: &str) -> bool {
    let (name, part) = wanted.split_once(':').unwrap_or((wanted, ""));
    let mut values = request.headers.get_all(name.trim()).iter();
    values.any(|value| String::from_utf8_lossy(value.as_bytes()).contains(part.trim()))
}

fn caller(request: &Request) -> Option<&'static str> {
    let password = request.basic().map(|(_, password)| password);
    let token = password.or_else(|| request.bearer().map(str::to_owned))?;
    people::by_token(&token)
}

/// A marker stands in a JSON body as it is, or with its quotes escaped.
fn body_has(request: &Request, marker: &str) -> bool {
    let body = String::from_utf8_lossy(&request.body);
    body.contains(marker) || body.contains(&marker.replace('"', "\\\""))
}

fn path_matches(pattern: &str, path: &str) -> bool {
    if !pattern.contains('*') {
        return path.contains(pattern);
    }
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| path.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some((_, after)) = rest.split_once(part) else {
            return false;
        };
        rest = after;
    }
    true
}

#[cfg(test)]
mod tests {
    use http::Method;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_is_matched_by_part_or_by_pattern() {
        let check = |pattern: &str, path: &str, expected: bool| {
            assert_eq!(path_matches(pattern, path), expected, "{pattern} on {path}");
        };
        check("/issue", "/rest/api/3/issue/10001", true);
        check("/comment", "/rest/api/3/issue/10001", false);
        check("/rest/api/*/issue", "/rest/api/3/issue", true);
        check("/rest/api/*/issue", "/rest/api/3/issue/10001", false);
        check("*/comment*", "/rest/api/3/issue/1/comment/2", true);
        check(
            "/rest/*/issue/*/comment",
            "/rest/api/3/issue/7/comment",
            true,
        );
        check("issue*", "/issue/7", false);
    }

    #[test]
    fn every_part_of_a_matcher_must_hold() {
        let request = Request::new(Method::POST, "/rest/api/3/issue?notifyUsers=false&a=b%20c")
            .with_json(&json!({"properties": [{"key": "counterpart", "value": {"id": "p-7"}}]}))
            .with_header("x-trace", "run 12")
            .with_basic("alice@acme.example", "alice-token");
        let check = |matcher: serde_json::Value, expected: bool| {
            let parsed: Match = serde_json::from_value(matcher.clone()).expect("a matcher");
            assert_eq!(parsed.holds(&request), expected, "{matcher}");
        };
        check(json!({}), true);
        check(json!({"method": "post", "path": "/issue"}), true);
        check(json!({"method": "GET", "path": "/issue"}), false);
        check(json!({"query": "notifyUsers=false"}), true);
        check(json!({"query": "a=b c"}), true);
        check(json!({"query": "notifyUsers=true"}), false);
        check(json!({"header": "X-Trace"}), true);
        check(json!({"header": "x-trace: run 1"}), true);
        check(json!({"header": "x-trace: walk"}), false);
        check(json!({"header": "x-other"}), false);
        check(json!({"by": "alice"}), true);
        check(json!({"by": "sync"}), false);
        check(json!({"marker": "p-7"}), true);
        check(json!({"marker": "p-8"}), false);
        check(json!({"by": "alice", "marker": "p-8"}), false);
    }
}
