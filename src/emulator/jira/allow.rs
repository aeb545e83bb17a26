//! What may be done with a resource that exists: the answer to another method is 405 with `Allow`,
//! not 404.

use crate::jira::Door;
use crate::jira::refusal::Refusal;

/// A name or an id in a pattern.
const ANY: &str = "*";

/// Resources below `/rest/api/{version}`, each with its methods. Words stand before patterns that
/// would also take them.
const RESOURCES: &[(&[&str], &str)] = &[
    (&["search", "jql"], "GET, POST"),
    (&["search", "approximate-count"], "POST"),
    (&["jql", "match"], "POST"),
    (&["jql", "parse"], "POST"),
    (&["jql", "autocompletedata"], "GET, POST"),
    (&["jql", "autocompletedata", "suggestions"], "GET"),
    (&["issue"], "POST"),
    (&["issue", "bulk"], "POST"),
    (&["issue", "bulkfetch"], "POST"),
    (&["issue", "createmeta"], "GET"),
    (&["issue", "watching"], "POST"),
    (&["issue", ANY], "GET, PUT, DELETE"),
    (&["issue", ANY, "assignee"], "PUT"),
    (&["issue", ANY, "attachments"], "POST"),
    (&["issue", ANY, "editmeta"], "GET"),
    (&["issue", ANY, "transitions"], "GET, POST"),
    (&["issue", ANY, "changelog"], "GET"),
    (&["issue", ANY, "changelog", "list"], "POST"),
    (&["issue", ANY, "comment"], "GET, POST"),
    (&["issue", ANY, "comment", ANY], "GET, PUT, DELETE"),
    (&["issue", ANY, "remotelink"], "GET, POST, DELETE"),
    (&["issue", ANY, "remotelink", ANY], "GET, PUT, DELETE"),
    (&["issue", ANY, "votes"], "GET, POST, DELETE"),
    (&["issue", ANY, "watchers"], "GET, POST, DELETE"),
    (&["issue", ANY, "worklog"], "GET, POST"),
    (&["issue", ANY, "worklog", ANY], "GET, PUT, DELETE"),
    (&["issueLink"], "POST"),
    (&["issueLink", ANY], "GET, DELETE"),
    (&["issueLinkType"], "GET, POST"),
    (&["issueLinkType", ANY], "GET, PUT, DELETE"),
    (&["attachment", "meta"], "GET"),
    (&["attachment", "content", ANY], "GET"),
    (&["attachment", "thumbnail", ANY], "GET"),
    (&["attachment", ANY], "GET, DELETE"),
    (&["bulk", "issues", "move"], "POST"),
    (&["bulk", "queue", ANY], "GET"),
    (&["changelog", "bulkfetch"], "POST"),
    (&["comment", "list"], "POST"),
    (&["component"], "GET, POST"),
    (&["component", ANY], "GET, PUT, DELETE"),
    (&["component", ANY, "relatedIssueCounts"], "GET"),
    (&["field"], "GET"),
    (&["field", "search"], "GET"),
    (&["filter"], "POST"),
    (&["filter", "search"], "GET"),
    (&["filter", "my"], "GET"),
    (&["filter", "favourite"], "GET"),
    (&["filter", ANY], "GET, PUT, DELETE"),
    (&["filter", ANY, "favourite"], "PUT, DELETE"),
    (&["group"], "GET"),
    (&["group", "bulk"], "GET"),
    (&["group", "member"], "GET"),
    (&["groups", "picker"], "GET"),
    (&["issuetype"], "GET"),
    (&["issuetype", ANY], "GET"),
    (&["label"], "GET"),
    (&["myself"], "GET"),
    (&["mypermissions"], "GET"),
    (&["permissions"], "GET"),
    (&["priority"], "GET"),
    (&["priority", ANY], "GET"),
    (&["project"], "GET"),
    (&["project", "search"], "GET"),
    (&["project", ANY], "GET"),
    (&["project", ANY, "component"], "GET"),
    (&["project", ANY, "components"], "GET"),
    (&["project", ANY, "role"], "GET"),
    (&["project", ANY, "role", ANY], "GET"),
    (&["project", ANY, "roledetails"], "GET"),
    (&["project", ANY, "statuses"], "GET"),
    (&["project", ANY, "version"], "GET"),
    (&["project", ANY, "versions"], "GET"),
    (&["resolution"], "GET"),
    (&["resolution", ANY], "GET"),
    (&["role"], "GET"),
    (&["role", ANY], "GET"),
    (&["serverInfo"], "GET"),
    (&["status"], "GET"),
    (&["status", ANY], "GET"),
    (&["statuscategory"], "GET"),
    (&["statuscategory", ANY], "GET"),
    (&["statuses"], "GET"),
    (&["statuses", "search"], "GET"),
    (&["task", ANY], "GET"),
    (&["user"], "GET"),
    (&["user", "bulk"], "GET"),
    (&["user", "groups"], "GET"),
    (&["user", "search"], "GET"),
    (&["user", "assignable", "multiProjectSearch"], "GET"),
    (&["user", "assignable", "search"], "GET"),
    (&["users"], "GET"),
    (&["users", "search"], "GET"),
    (&["version"], "POST"),
    (&["version", ANY], "GET, PUT, DELETE"),
    (&["version", ANY, "mergeto", ANY], "PUT"),
    (&["version", ANY, "move"], "POST"),
    (&["version", ANY, "relatedIssueCounts"], "GET"),
    (&["version", ANY, "removeAndSwap"], "POST"),
    (&["version", ANY, "unresolvedIssueCount"], "GET"),
    (&["worklog", "deleted"], "GET"),
    (&["worklog", "list"], "POST"),
    (&["worklog", "updated"], "GET"),
];

/// Resources below `/rest/agile/1.0`.
const AGILE: &[(&[&str], &str)] = &[
    (&["backlog", "issue"], "POST"),
    (&["backlog", ANY, "issue"], "POST"),
    (&["board"], "GET, POST"),
    (&["board", ANY], "GET, DELETE"),
    (&["board", ANY, "backlog"], "GET"),
    (&["board", ANY, "configuration"], "GET"),
    (&["board", ANY, "epic"], "GET"),
    (&["board", ANY, "epic", ANY, "issue"], "GET"),
    (&["board", ANY, "issue"], "GET, POST"),
    (&["board", ANY, "project"], "GET"),
    (&["board", ANY, "quickfilter"], "GET"),
    (&["board", ANY, "sprint"], "GET"),
    (&["board", ANY, "sprint", ANY, "issue"], "GET"),
    (&["board", ANY, "version"], "GET"),
    (&["epic", ANY], "GET, POST"),
    (&["epic", ANY, "issue"], "GET, POST"),
    (&["issue", "rank"], "PUT"),
    (&["issue", ANY], "GET"),
    (&["issue", ANY, "estimation"], "GET, PUT"),
    (&["sprint"], "POST"),
    (&["sprint", ANY], "GET, PUT, POST, DELETE"),
    (&["sprint", ANY, "issue"], "GET, POST"),
];

/// Resources below `/rest/webhooks/1.0`.
const WEBHOOKS: &[(&[&str], &str)] = &[
    (&["webhook"], "GET, POST"),
    (&["webhook", ANY], "GET, PUT, DELETE"),
];

/// The refusal of a method on a resource that exists; nothing where no resource is known, or where
/// the method is one of its own.
pub(crate) fn refusal(method: &str, door: Door, rest: &[&str]) -> Option<Refusal> {
    let known = match door {
        Door::Platform => RESOURCES,
        Door::Agile => AGILE,
        Door::Webhooks => WEBHOOKS,
    };
    let named = |pattern: &[&str]| {
        let mut pairs = pattern.iter().zip(rest);
        pattern.len() == rest.len() && pairs.all(|(wanted, is)| *wanted == ANY || wanted == is)
    };
    let (_, methods) = known.iter().find(|(pattern, _)| named(pattern))?;
    let allowed = methods.split(", ").any(|it| it == method);
    (!allowed).then(|| Refusal::message(405, "Method Not Allowed").with_header("Allow", methods))
}
