//! What may be done with a resource that exists: the answer to another method is 405 with `Allow`,
//! not 404.

use crate::jira::refusal::Refusal;

/// A name or an id in a pattern.
const ANY: &str = "*";

/// Resources below `/rest/api/{version}`, each with its methods.
const RESOURCES: &[(&[&str], &str)] = &[
    (&["search", "jql"], "GET, POST"),
    (&["search", "approximate-count"], "POST"),
    (&["jql", "match"], "POST"),
    (&["issue"], "POST"),
    (&["issue", "bulkfetch"], "POST"),
    (&["issue", ANY], "GET, PUT, DELETE"),
    (&["issue", ANY, "assignee"], "PUT"),
    (&["issue", ANY, "editmeta"], "GET"),
    (&["issue", ANY, "transitions"], "GET, POST"),
    (&["issue", ANY, "changelog"], "GET"),
    (&["issue", ANY, "comment"], "GET, POST"),
    (&["issue", ANY, "comment", ANY], "GET, PUT, DELETE"),
    (&["issue", ANY, "remotelink"], "GET, POST, DELETE"),
    (&["issue", ANY, "remotelink", ANY], "GET, PUT, DELETE"),
    (&["changelog", "bulkfetch"], "POST"),
    (&["comment", "list"], "POST"),
    (&["myself"], "GET"),
    (&["mypermissions"], "GET"),
    (&["serverInfo"], "GET"),
    (&["user"], "GET"),
    (&["user", "search"], "GET"),
    (&["user", "assignable", "search"], "GET"),
    (&["field", "search"], "GET"),
    (&["project", "search"], "GET"),
];

/// The refusal of a method on a resource that exists; nothing where no resource is known, or where
/// the method is one of its own.
pub(crate) fn refusal(method: &str, rest: &[&str]) -> Option<Refusal> {
    let named = |pattern: &[&str]| {
        let mut pairs = pattern.iter().zip(rest);
        pattern.len() == rest.len() && pairs.all(|(wanted, is)| *wanted == ANY || wanted == is)
    };
    let (_, methods) = RESOURCES.iter().find(|(pattern, _)| named(pattern))?;
    let allowed = methods.split(", ").any(|it| it == method);
    (!allowed).then(|| Refusal::message(405, "Method Not Allowed").with_header("Allow", methods))
}
