//! Which path is whose.

use crate::jira::call::Call;
use crate::jira::{
    Cloud, Routed, attachment, bulk, changelog, comment, component_api, context, directory,
    filter_api, found, jql, label, link, link_type, meta, permission, project_role, property, read,
    release_api, relocation, remote_link, search, task, transition, watcher, webhook_admin,
    worklog, write,
};
use crate::site::Response;

/// Words that stand for themselves in a path; everything else is a name or an id.
const WORDS: &[&str] = &[
    "rest",
    "api",
    "2",
    "3",
    "latest",
    "_edge",
    "tenant_info",
    "serverInfo",
    "myself",
    "mypermissions",
    "project",
    "search",
    "statuses",
    "issuetype",
    "status",
    "statuscategory",
    "priority",
    "resolution",
    "field",
    "issue",
    "createmeta",
    "issuetypes",
    "user",
    "users",
    "assignable",
    "multiProjectSearch",
    "jql",
    "match",
    "approximate-count",
    "bulkfetch",
    "assignee",
    "transitions",
    "comment",
    "list",
    "properties",
    "remotelink",
    "changelog",
    "editmeta",
    "bulk",
    "components",
    "versions",
    "version",
    "component",
    "worklog",
    "attachment",
    "attachments",
    "issueLink",
    "issueLinkType",
    "watchers",
    "votes",
    "watching",
    "meta",
    "content",
    "thumbnail",
    "updated",
    "deleted",
    "context",
    "customFieldOption",
    "option",
    "move",
    "issues",
    "queue",
    "task",
    "multi",
    "file",
    "binary",
    "image",
    "picker",
    "agile",
    "webhook",
    "webhooks",
    "1.0",
    "board",
    "configuration",
    "backlog",
    "sprint",
    "epic",
    "none",
    "rank",
    "estimation",
    "parse",
    "autocompletedata",
    "suggestions",
    "permissions",
    "group",
    "groups",
    "member",
    "label",
    "role",
    "roledetails",
    "move",
    "mergeto",
    "removeAndSwap",
    "relatedIssueCounts",
    "unresolvedIssueCount",
    "refresh",
    "failed",
    "filter",
    "my",
    "favourite",
];

/// The template of a path: ids as `{id}`.
pub(crate) fn template(segments: &[String]) -> String {
    let shown = |segment: &String| match segment.as_str() {
        word if WORDS.contains(&word) => format!("/{word}"),
        _ => "/{id}".to_owned(),
    };
    segments.iter().take(12).map(shown).collect()
}

/// Answers a request of a user; nothing where no such resource exists.
pub(crate) fn dispatch(cloud: &mut Cloud, call: &Call<'_>, rest: &[&str]) -> Routed {
    match rest {
        ["search"] | ["search", "id"] => Err(search::removed()),
        ["search", ..] | ["jql", ..] => searches(cloud, call, rest),
        ["version", ..] => release_api::dispatch(cloud, call, rest),
        ["component", ..] => component_api::dispatch(cloud, call, rest),
        ["project", project, "properties"] => {
            found(property::of_project(cloud, call, project, None))
        }
        ["project", project, "properties", key] => {
            found(property::of_project(cloud, call, project, Some(key)))
        }
        ["filter", ..] => filter_api::dispatch(cloud, call, rest),
        ["webhook", ..] => Err(webhook_admin::dynamic()),
        ["issue", "createmeta", ..] => metadata(cloud, call, rest),
        [
            "issueLink" | "issueLinkType" | "worklog" | "attachment" | "bulk" | "task",
            ..,
        ]
        | ["issue", "bulk" | "properties" | "watching", ..]
        | [
            "issue",
            _,
            "worklog" | "watchers" | "votes" | "attachments",
            ..,
        ]
        | ["field", _, "context", ..] => beside_issues(cloud, call, rest),
        ["issue", ..] | ["comment", ..] | ["changelog", ..] => issues(cloud, call, rest),
        _ => metadata(cloud, call, rest),
    }
}

fn searches(cloud: &mut Cloud, call: &Call<'_>, rest: &[&str]) -> Routed {
    match (call.request.method.as_str(), rest) {
        ("GET", ["search", "jql"]) => found(search::get(cloud, call)),
        ("POST", ["search", "jql"]) => found(search::post(cloud, call)),
        ("POST", ["search", "approximate-count"]) => found(search::count(cloud, call)),
        ("POST", ["jql", "match"]) => found(search::matches(cloud, call)),
        ("POST", ["jql", "parse"]) => found(jql::structure::answer(cloud, call)),
        ("GET" | "POST", ["jql", "autocompletedata"]) => found(jql::complete::data(call)),
        ("GET", ["jql", "autocompletedata", "suggestions"]) => {
            found(jql::complete::suggest(cloud, call))
        }
        _ => Ok(None),
    }
}

fn issues(cloud: &mut Cloud, call: &Call<'_>, rest: &[&str]) -> Routed {
    match (call.request.method.as_str(), rest) {
        ("POST", ["issue"]) => found(write::create(cloud, call)),
        ("POST", ["issue", "bulkfetch"]) => found(read::bulk(cloud, call)),
        ("GET", ["issue", id]) => found(read::one(cloud, call, id)),
        ("PUT", ["issue", id]) => found(write::edit(cloud, call, id)),
        ("DELETE", ["issue", id]) => found(write::delete(cloud, call, id)),
        ("PUT", ["issue", id, "assignee"]) => found(write::assign(cloud, call, id)),
        ("GET", ["issue", id, "editmeta"]) => found(meta::edit_fields(cloud, call, id)),
        ("GET", ["issue", id, "transitions"]) => found(transition::list(cloud, call, id)),
        ("POST", ["issue", id, "transitions"]) => found(transition::post(cloud, call, id)),
        ("GET", ["issue", id, "changelog"]) => found(changelog::list(cloud, call, id)),
        ("POST", ["issue", id, "changelog", "list"]) => found(changelog::by_ids(cloud, call, id)),
        ("POST", ["changelog", "bulkfetch"]) => found(changelog::bulk(cloud, call)),
        (_, ["issue", id, "properties"]) => found(property::of_issue(cloud, call, id, None)),
        (_, ["issue", id, "properties", key]) => {
            found(property::of_issue(cloud, call, id, Some(key)))
        }
        _ => below_issues(cloud, call, rest),
    }
}

fn below_issues(cloud: &mut Cloud, call: &Call<'_>, rest: &[&str]) -> Routed {
    match (call.request.method.as_str(), rest) {
        ("GET", ["issue", id, "comment"]) => found(comment::list(cloud, call, id)),
        ("POST", ["issue", id, "comment"]) => found(comment::create(cloud, call, id)),
        ("GET", ["issue", id, "comment", cid]) => found(comment::one(cloud, call, id, cid)),
        ("PUT", ["issue", id, "comment", cid]) => found(comment::edit(cloud, call, id, cid)),
        ("DELETE", ["issue", id, "comment", cid]) => found(comment::delete(cloud, call, id, cid)),
        ("POST", ["comment", "list"]) => found(comment::by_ids(cloud, call)),
        (_, ["comment", cid, "properties"]) => found(comment::properties(cloud, call, cid, None)),
        (_, ["comment", cid, "properties", key]) => {
            found(comment::properties(cloud, call, cid, Some(key)))
        }
        ("GET", ["issue", id, "remotelink"]) => found(remote_link::list(cloud, call, id)),
        ("POST", ["issue", id, "remotelink"]) => found(remote_link::upsert(cloud, call, id)),
        ("GET", ["issue", id, "remotelink", link]) => {
            found(remote_link::one(cloud, call, id, link))
        }
        ("PUT", ["issue", id, "remotelink", link]) => {
            found(remote_link::replace(cloud, call, id, link))
        }
        ("DELETE", ["issue", id, "remotelink"]) => {
            found(remote_link::delete(cloud, call, id, None))
        }
        ("DELETE", ["issue", id, "remotelink", link]) => {
            found(remote_link::delete(cloud, call, id, Some(link)))
        }
        _ => Ok(None),
    }
}

/// What stands beside an issue's fields and comments: links, worklogs, files, watchers, and what concerns many issues.
fn beside_issues(cloud: &mut Cloud, call: &Call<'_>, rest: &[&str]) -> Routed {
    match (call.request.method.as_str(), rest) {
        ("POST", ["issueLink"]) => found(link::create(cloud, call)),
        ("GET", ["issueLink", id]) => found(link::one(cloud, call, id)),
        ("DELETE", ["issueLink", id]) => found(link::delete(cloud, call, id)),
        (_, ["issueLinkType"]) => found(link_type::answer(cloud, call, None)),
        (_, ["issueLinkType", id]) => found(link_type::answer(cloud, call, Some(id))),
        ("POST", ["issue", "watching"]) => found(watcher::watching(cloud, call)),
        ("GET", ["issue", id, "watchers"]) => found(watcher::watchers(cloud, call, id)),
        ("POST", ["issue", id, "watchers"]) => found(watcher::watch(cloud, call, id)),
        ("DELETE", ["issue", id, "watchers"]) => found(watcher::unwatch(cloud, call, id)),
        (_, ["issue", id, "votes"]) => found(watcher::votes(cloud, call, id)),
        ("POST", ["issue", "bulk"]) => found(bulk::create(cloud, call)),
        (_, ["issue", "properties", rest @ ..]) => bulk::properties(cloud, call, rest),
        ("POST", ["bulk", "issues", "move"]) => found(relocation::submit(cloud, call)),
        ("GET", ["bulk", "queue", task]) => found(task::progress(cloud, call, task)),
        ("GET", ["task", id]) => found(task::one(cloud, call, id)),
        (_, ["field", field, "context", rest @ ..]) => context::answer(cloud, call, field, rest),
        (_, ["worklog", ..] | ["issue", _, "worklog", ..]) => worklogs(cloud, call, rest),
        _ => files(cloud, call, rest),
    }
}

fn worklogs(cloud: &mut Cloud, call: &Call<'_>, rest: &[&str]) -> Routed {
    match (call.request.method.as_str(), rest) {
        ("GET", ["worklog", "updated"]) => found(worklog::feed::updated(cloud, call)),
        ("GET", ["worklog", "deleted"]) => found(worklog::feed::deleted(cloud, call)),
        ("POST", ["worklog", "list"]) => found(worklog::by_ids(cloud, call)),
        ("GET", ["issue", id, "worklog"]) => found(worklog::list(cloud, call, id)),
        ("POST", ["issue", id, "worklog"]) => found(worklog::create(cloud, call, id)),
        ("GET", ["issue", id, "worklog", wid]) => found(worklog::one(cloud, call, id, wid)),
        ("PUT", ["issue", id, "worklog", wid]) => found(worklog::edit(cloud, call, id, wid)),
        ("DELETE", ["issue", id, "worklog", wid]) => found(worklog::delete(cloud, call, id, wid)),
        (_, ["issue", id, "worklog", wid, "properties"]) => {
            found(worklog::properties(cloud, call, id, wid, None))
        }
        (_, ["issue", id, "worklog", wid, "properties", key]) => {
            found(worklog::properties(cloud, call, id, wid, Some(key)))
        }
        _ => Ok(None),
    }
}

fn files(cloud: &mut Cloud, call: &Call<'_>, rest: &[&str]) -> Routed {
    match (call.request.method.as_str(), rest) {
        ("POST", ["issue", id, "attachments"]) => found(attachment::upload(cloud, call, id)),
        ("GET", ["attachment", "meta"]) => found(attachment::meta()),
        ("GET", ["attachment", "content", id]) => found(attachment::content(cloud, call, id)),
        ("GET", ["attachment", "thumbnail", id]) => found(attachment::thumbnail(cloud, call, id)),
        ("GET", ["attachment", id]) => found(attachment::one(cloud, call, id)),
        ("DELETE", ["attachment", id]) => found(attachment::delete(cloud, call, id)),
        _ => Ok(None),
    }
}

fn metadata(cloud: &Cloud, call: &Call<'_>, rest: &[&str]) -> Routed {
    if call.request.method != http::Method::GET {
        return Ok(None);
    }
    match rest {
        ["myself"] => Ok(Some(Response::json(
            200,
            &call.user.own_document(call.origin),
        ))),
        ["mypermissions"] => found(permission::mine(cloud, call)),
        ["permissions"] => found(permission::all()),
        ["project"] => found(meta::projects(cloud, call)),
        ["project", "search"] => found(meta::project_search(cloud, call)),
        ["project", project] => found(meta::project(cloud, call, project)),
        ["project", project, "statuses"] => found(meta::project_statuses(cloud, call, project)),
        ["project", project, part, below @ ..] => project_part(cloud, call, project, part, below),
        ["role"] => found(project_role::all(cloud, call)),
        ["role", id] => found(project_role::one(cloud, call, id, None)),
        ["issuetype"] => found(meta::issue_types(cloud, call)),
        ["issuetype", "project"] => found(meta::issue_types_of_project(cloud, call)),
        ["issuetype", id, "alternatives"] => found(meta::alternatives(cloud, call, id)),
        ["issuetype", id] => found(meta::issue_type(cloud, call, id)),
        ["status"] => found(meta::statuses(cloud, call)),
        ["status", id] => found(meta::status(cloud, call, id)),
        ["statuses", "search"] => found(meta::status_search(cloud, call)),
        ["statuses"] => found(meta::statuses_by(call, "id")),
        ["statuses", "byNames"] => found(meta::statuses_by(call, "name")),
        ["statuscategory"] => found(meta::categories(cloud, call)),
        ["statuscategory", id] => found(meta::category(cloud, call, id)),
        ["priority"] => found(meta::priorities(cloud, call)),
        ["priority", "search"] => found(meta::priority_search(cloud, call)),
        ["priority", id] => found(meta::priority(cloud, call, id)),
        ["resolution"] => found(meta::resolutions(cloud, call)),
        ["customFieldOption", id] => found(meta::field_option(cloud, call, id)),
        ["resolution", "search"] => found(meta::resolution_search(cloud, call)),
        ["resolution", id] => found(meta::resolution(cloud, call, id)),
        ["label"] => found(label::list(cloud, call)),
        ["field"] => found(meta::fields()),
        ["field", "search"] => found(meta::field_search(cloud, call)),
        ["issue", "createmeta"] => found(meta::create_meta(cloud, call)),
        ["issue", "createmeta", project, "issuetypes"] => {
            found(meta::create_types(cloud, call, project))
        }
        ["issue", "createmeta", project, "issuetypes", kind] => {
            found(meta::create_fields(cloud, call, project, kind))
        }
        ["user" | "users" | "group" | "groups", ..] => people(cloud, call, rest),
        _ => Ok(None),
    }
}

fn project_part(
    cloud: &Cloud,
    call: &Call<'_>,
    project: &str,
    part: &str,
    below: &[&str],
) -> Routed {
    let project = meta::named_project(project)?;
    match (part, below) {
        ("components", []) => found(component_api::all_of_project(cloud, call, project)),
        ("component", []) => found(component_api::page_of_project(cloud, call, project)),
        ("versions", []) => found(release_api::all_of_project(cloud, call, project)),
        ("version", []) => found(release_api::page_of_project(cloud, call, project)),
        ("role", []) => found(project_role::of_project(cloud, call, project)),
        ("role", [id]) => found(project_role::one(cloud, call, id, Some(project))),
        ("roledetails", []) => found(project_role::details(cloud, call, project)),
        _ => Ok(None),
    }
}

fn people(cloud: &Cloud, call: &Call<'_>, rest: &[&str]) -> Routed {
    match rest {
        ["user"] => found(directory::user(cloud, call)),
        ["user", "search"] => found(directory::search(cloud, call)),
        ["user", "assignable", "search"] => found(directory::assignable(cloud, call)),
        ["user", "bulk"] => found(directory::bulk(cloud, call)),
        ["user", "groups"] => found(directory::groups_of_user(cloud, call)),
        ["users", "search"] | ["users"] => found(directory::everybody(cloud, call)),
        ["user", "assignable", "multiProjectSearch"] => {
            found(directory::assignable_everywhere(cloud, call))
        }
        ["group"] => found(directory::one_group(cloud, call)),
        ["group", "bulk"] => found(directory::groups(cloud, call)),
        ["group", "member"] => found(directory::members(cloud, call)),
        ["groups", "picker"] => found(directory::pick_groups(call)),
        _ => Ok(None),
    }
}
