//! Users and groups as clients look them up (jira.md 9.1). E-mail addresses are hidden in every answer but one's own;
//! a search for an exact address still finds its owner.

use serde_json::{Value, json};

use crate::jira::Cloud;
use crate::jira::account::User;
use crate::jira::call::{Call, Page};
use crate::jira::group::{self, GROUPS, Group};
use crate::jira::permission::Permission;
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::scheme::{self, Project};
use crate::site::Response;

/// The most groups of a picker's answer.
const PICKED_MAX: usize = 20;

fn ok(document: &Value) -> Outcome {
    Ok(Response::json(200, document))
}

fn documents<'a>(call: &Call<'_>, users: impl IntoIterator<Item = &'a &'a User>) -> Vec<Value> {
    users
        .into_iter()
        .map(|it| it.document(call.origin))
        .collect()
}

/// `GET /user?accountId=`.
pub(crate) fn user(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let Some(id) = call.request.query("accountId") else {
        return Err(Refusal::message(
            400,
            "The accountId query parameter needs to be provided.",
        ));
    };
    let own = call.by() == id;
    if !own && !call.user.browses_users() {
        return Err(Refusal::message(
            403,
            "You do not have permission to view users.",
        ));
    }
    let user = cloud.users.of(id).ok_or_else(no_user)?;
    let mut document = if own {
        user.own_document(call.origin)
    } else {
        user.document(call.origin)
    };
    if call.expands("groups") {
        document["groups"] = groups_of(call, user);
    }
    ok(&document)
}

fn no_user() -> Refusal {
    let text = "Specified user does not exist or you do not have required permissions";
    Refusal::message(404, text)
}

fn groups_of(call: &Call<'_>, user: &User) -> Value {
    let rows: Vec<Value> = GROUPS
        .iter()
        .filter(|it| it.has(user.person.handle))
        .map(|it| brief(call, it))
        .collect();
    json!({"size": rows.len(), "items": rows})
}

fn brief(call: &Call<'_>, group: &Group) -> Value {
    let link = format!("{}/rest/api/3/group?groupId={}", call.origin, group.id);
    json!({"name": group.name, "groupId": group.id, "self": link})
}

/// `GET /user/search`: somebody or something must be named.
pub(crate) fn search(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let query = call
        .request
        .query("accountId")
        .or_else(|| call.request.query("query"));
    let query = query.ok_or_else(|| {
        let text = "At least one of the 'accountId' or 'query' query parameters must be provided.";
        Refusal::message(400, text)
    })?;
    let found = cloud.users.matching_for(call.user, query);
    ok(&documents(call, Page::of(call, 50, 1_000).cut(&found)).into())
}

/// `GET /users/search` and `GET /users`: everybody.
pub(crate) fn everybody(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    if !call.user.browses_users() {
        return Err(Refusal::message(
            403,
            "You do not have permission to view users.",
        ));
    }
    let found: Vec<&User> = cloud.users.all().iter().collect();
    ok(&documents(call, Page::of(call, 50, 1_000).cut(&found)).into())
}

/// `GET /user/assignable/multiProjectSearch`: those who can be assigned in each of several projects.
pub(crate) fn assignable_everywhere(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let query = |name: &str| call.request.query(name).filter(|it| !it.is_empty());
    let wrong = |text: &str| Refusal::message(400, text);
    let keys = query("projectKeys")
        .ok_or_else(|| wrong("The 'projectKeys' query parameter must be provided."))?;
    let name = match (query("query"), query("accountId")) {
        (Some(name), None) | (None, Some(name)) => name,
        _ => {
            let text = "Either the 'query' or 'accountId' query parameter must be provided.";
            return Err(wrong(text));
        }
    };
    let mut found = cloud.users.matching_for(call.user, name);
    for key in keys.split(',').map(str::trim) {
        let project = scheme::project_of(key).filter(|it| call.user.sees(it));
        let project = project.ok_or_else(|| crate::jira::meta::no_project(key))?;
        found.retain(|it| is_assignable(it, project));
    }
    ok(&documents(call, Page::of(call, 50, 1_000).cut(&found)).into())
}

/// `GET /user/assignable/search`: a project or an issue must be named, and only those who can be assigned there count.
pub(crate) fn assignable(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let query = |name: &str| call.request.query(name);
    let project = match (
        query("project"),
        query("issueKey").or_else(|| query("issueId")),
    ) {
        (Some(name), _) => {
            let found = scheme::project_of(name).filter(|it| call.user.sees(it));
            found.ok_or_else(|| crate::jira::meta::no_project(name))?
        }
        (None, Some(issue)) => cloud.seen_issue(call, issue)?.fields.project,
        (None, None) => {
            return Err(Refusal::message(
                400,
                "Either the 'project' or 'issueKey' query parameter must be provided.",
            ));
        }
    };
    let name = query("accountId")
        .or_else(|| query("query"))
        .unwrap_or_default();
    let mut found = cloud.users.matching_for(call.user, name);
    found.retain(|it| is_assignable(it, project));
    ok(&documents(call, Page::of(call, 50, 1_000).cut(&found)).into())
}

/// Whether issues of a project can be assigned to a user: whoever may work on them.
pub(crate) fn is_assignable(user: &User, project: &Project) -> bool {
    user.may(project, Permission::WorkOnIssues)
}

/// `GET /user/bulk?accountId=&accountId=`.
pub(crate) fn bulk(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let asked: Vec<&str> = call
        .request
        .query
        .iter()
        .filter(|(name, _)| name == "accountId")
        .map(|(_, id)| id.as_str())
        .collect();
    if asked.is_empty() {
        return Err(Refusal::message(
            400,
            "The accountId query parameter needs to be provided.",
        ));
    }
    let seen = |it: &&User| call.user.browses_users() || it.person.account_id == call.by();
    let found: Vec<&User> = asked
        .iter()
        .filter_map(|id| cloud.users.of(id))
        .filter(seen)
        .collect();
    let page = Page::of(call, 10, 200);
    let rows = documents(call, page.cut(&found));
    let link = cloud.view(call).link("user/bulk");
    Ok(page.document(&link, "values", rows, found.len()))
}

/// `GET /user/groups?accountId=`.
pub(crate) fn groups_of_user(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    require_browsing(call)?;
    let id = call.request.query("accountId").unwrap_or_default();
    let user = cloud.users.of(id).ok_or_else(no_user)?;
    ok(&groups_of(call, user)["items"])
}

fn require_browsing(call: &Call<'_>) -> Result<(), Refusal> {
    if call.user.browses_users() {
        return Ok(());
    }
    let text = "You do not have permission to view groups.";
    Err(Refusal::message(403, text))
}

/// `GET /group/bulk?groupName=&groupId=`.
pub(crate) fn groups(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    require_browsing(call)?;
    let asked = |wanted: &str| -> Vec<&str> {
        let all = call.request.query.iter().filter(|(name, _)| name == wanted);
        all.map(|(_, it)| it.as_str()).collect()
    };
    let (names, ids) = (asked("groupName"), asked("groupId"));
    let fits = |it: &&Group| {
        (names.is_empty() && ids.is_empty()) || names.contains(&it.name) || ids.contains(&it.id)
    };
    let found: Vec<&Group> = GROUPS.iter().filter(fits).collect();
    let page = Page::of(call, 50, 50);
    let row = |it: &&Group| json!({"name": it.name, "groupId": it.id});
    let rows = page.cut(&found).iter().map(row).collect();
    let link = cloud.view(call).link("group/bulk");
    Ok(page.document(&link, "values", rows, found.len()))
}

/// The group that a request names by its id or by its name.
fn asked_group(call: &Call<'_>) -> Result<&'static Group, Refusal> {
    let query = |name: &str| call.request.query(name);
    let name = query("groupId").or_else(|| query("groupname"));
    let name = name.ok_or_else(|| {
        let text = "The groupname or groupId query parameter must be provided.";
        Refusal::message(400, text)
    })?;
    group::named(name)
        .ok_or_else(|| Refusal::message(404, format!("The group named '{name}' does not exist.")))
}

/// Where the members begin that are to be shown; nothing when none are.
fn expanded_from(call: &Call<'_>) -> Option<usize> {
    let rest = call.request.query("expand")?.strip_prefix("users")?;
    let range = rest.strip_prefix('[').and_then(|it| it.split_once(':'));
    let first = range.and_then(|(first, _)| first.trim().parse().ok());
    Some(first.unwrap_or(0))
}

/// Members of a group in one answer of `GET /group`.
const EXPANDED_MEMBERS_MAX: usize = 50;

/// `GET /group`, deprecated: a group, with `expand=users` or `expand=users[0:49]` its members.
pub(crate) fn one_group(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    require_browsing(call)?;
    let group = asked_group(call)?;
    let members: Vec<&User> = group.members(&cloud.users).collect();
    let (first, most) = match expanded_from(call) {
        Some(first) => (first.min(members.len()), EXPANDED_MEMBERS_MAX),
        None => (0, 0),
    };
    let shown: Vec<&User> = members.iter().copied().skip(first).take(most).collect();
    let last = (first + shown.len()).saturating_sub(1);
    let link = cloud.view(call).link("group");
    ok(&json!({
        "name": group.name,
        "groupId": group.id,
        "self": format!("{link}?groupId={}", group.id),
        "users": {
            "size": members.len(),
            "items": documents(call, &shown),
            "max-results": EXPANDED_MEMBERS_MAX,
            "start-index": first,
            "end-index": last,
        },
        "expand": "users",
    }))
}

/// `GET /group/member?groupname=|groupId=`.
pub(crate) fn members(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    require_browsing(call)?;
    let group = asked_group(call)?;
    let found: Vec<&User> = group.members(&cloud.users).collect();
    let page = Page::of(call, 50, 50);
    let rows = documents(call, page.cut(&found));
    let link = cloud.view(call).link("group/member");
    Ok(page.document(&link, "values", rows, found.len()))
}

/// `GET /groups/picker?query=`: without Browse users and groups only an exact name is found.
pub(crate) fn pick_groups(call: &Call<'_>) -> Outcome {
    let query = call
        .request
        .query("query")
        .unwrap_or_default()
        .to_lowercase();
    let most = call
        .request
        .query("maxResults")
        .and_then(|it| it.parse().ok());
    let most = most.unwrap_or(PICKED_MAX).min(PICKED_MAX);
    let fits = |it: &&Group| {
        if call.user.browses_users() {
            it.name.contains(&query)
        } else {
            it.name == query
        }
    };
    let found: Vec<&Group> = GROUPS.iter().filter(fits).collect();
    let row = |it: &&Group| {
        let html = match it.name.split_once(query.as_str()) {
            Some((before, after)) if !query.is_empty() => {
                format!("{before}<strong>{query}</strong>{after}")
            }
            _ => it.name.to_owned(),
        };
        json!({"name": it.name, "html": html, "labels": [], "groupId": it.id})
    };
    let rows: Vec<Value> = found.iter().take(most).map(row).collect();
    let header = format!("Showing {} of {} matching groups", rows.len(), found.len());
    ok(&json!({"header": header, "total": found.len(), "groups": rows}))
}
