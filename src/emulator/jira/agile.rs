//! The Agile API 1.0 below `/rest/agile/1.0`: boards, sprints, epics, the backlog and the rank (jira.md 9.3).

mod board;
mod epic;
mod rank;
mod sprint;

pub(crate) use sprint::{set as set_sprint, shown as sprint_field};

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::jira::call::{Call, Page, strings};
use crate::jira::issue::Fields;
use crate::jira::jql::compile;
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::scheme::PROJECTS;
use crate::jira::view::Selection;
use crate::jira::{Cloud, Routed, found, read};
use crate::limit;
use crate::site::Response;

/// Answers a request below `/rest/agile/1.0`; nothing where no such resource exists.
pub(crate) fn dispatch(cloud: &mut Cloud, call: &Call<'_>, rest: &[&str]) -> Routed {
    match (call.request.method.as_str(), rest) {
        (_, ["board", ..]) => board::dispatch(cloud, call, rest),
        (_, ["sprint", ..]) => sprint::dispatch(cloud, call, rest),
        (_, ["epic", ..]) => epic::dispatch(cloud, call, rest),
        ("POST", ["backlog", "issue"]) => found(sprint::to_backlog(cloud, call, None)),
        ("POST", ["backlog", board, "issue"]) => {
            found(sprint::to_backlog(cloud, call, Some(board)))
        }
        ("PUT", ["issue", "rank"]) => found(rank::put(cloud, call)),
        ("GET", ["issue", id]) => found(read::one(cloud, call, id)),
        ("GET", ["issue", id, "estimation"]) => found(rank::estimation(cloud, call, id)),
        ("PUT", ["issue", id, "estimation"]) => found(rank::estimate(cloud, call, id)),
        _ => Ok(None),
    }
}

/// The number in a path; what is none names nothing.
fn number(text: &str, noun: &str) -> Result<u64, Refusal> {
    text.parse()
        .map_err(|_| Refusal::message(404, format!("{noun} does not exist")))
}

/// The ids of the issues that a body moves: some, but not too many; `missing` says what an unknown one is.
fn moved_issues(cloud: &Cloud, call: &Call<'_>) -> Result<Vec<u64>, Refusal> {
    let body = call.body()?;
    let asked = asked_issues(&body)?;
    let mut ids = Vec::new();
    for name in &asked {
        let issue = cloud.seen_issue(call, name).map_err(|_| {
            let text = format!(
                "The issue '{name}' does not exist or you do not have permission to see it."
            );
            Refusal::message(400, text)
        })?;
        ids.push(issue.fields.id);
    }
    Ok(ids)
}

/// The names in `issues`.
fn asked_issues(body: &Map<String, Value>) -> Result<Vec<String>, Refusal> {
    let asked = strings(body.get("issues").filter(|it| it.is_array()))?;
    if asked.is_empty() {
        return Err(Refusal::message(400, "At least one issue must be given."));
    }
    if asked.len() > limit::AGILE_ISSUES_MAX {
        let text = format!(
            "The maximum number of issues that can be moved in one operation is {}.",
            limit::AGILE_ISSUES_MAX
        );
        return Err(Refusal::message(400, text));
    }
    Ok(asked)
}

/// A page of values as the Agile API gives it.
fn values(page: Page, rows: Vec<Value>, total: usize) -> Response {
    let mut response = page.document("", "values", rows, total);
    if let Ok(Value::Object(mut document)) = serde_json::from_slice(&response.body) {
        document.remove("self");
        response = Response::json(200, &Value::Object(document));
    }
    response
}

/// Answers with a page of the issues that `wanted` and the caller's own `jql` select, in the order of their ranks.
fn issues(
    cloud: &Cloud,
    call: &Call<'_>,
    among: impl Iterator<Item = Arc<Fields>>,
    wanted: impl Fn(&Fields) -> bool,
) -> Outcome {
    let query = match call.request.query("jql").filter(|it| !it.trim().is_empty()) {
        None => None,
        Some(jql) => {
            Some(compile(jql, &cloud.setting(call)).map_err(|text| Refusal::message(400, text))?)
        }
    };
    let store = &cloud.store;
    let test = query.as_ref().and_then(|it| it.test.as_ref());
    let fits = |it: &Arc<Fields>| {
        call.user.sees(it.project) && wanted(it) && test.is_none_or(|test| test.holds(it, store))
    };
    let mut found: Vec<Arc<Fields>> = among.filter(fits).collect();
    match query.filter(|it| !it.order.0.is_empty()) {
        Some(query) => found.sort_by(|a, b| query.order.compare(a, b, store)),
        None => found.sort_by(|a, b| store.planning.ranks.compare(a.id, b.id)),
    }
    let page = Page::of(call, 50, 1_000);
    let names = read::listed(call, "fields");
    let selection = Selection::parse(names.iter().map(String::as_str), "*all");
    let extras = read::Extras::new(read::listed(call, "expand"), Vec::new());
    let view = cloud.view(call);
    let row = |fields: &Arc<Fields>| {
        let issue = store.get(fields.id)?;
        let mut document = view.issue(issue, fields, &selection);
        extras.add(&mut document, &view, issue, fields);
        add_agile_fields(cloud, call, fields, &selection, &mut document);
        Some(Value::Object(document))
    };
    let rows: Vec<Value> = page.cut(&found).iter().filter_map(row).collect();
    let mut response = page.document("", "issues", rows, found.len());
    if let Ok(Value::Object(mut document)) = serde_json::from_slice(&response.body) {
        document.remove("self");
        document.remove("isLast");
        document.insert("expand".to_owned(), json!("schema,names"));
        response = Response::json(200, &Value::Object(document));
    }
    Ok(response)
}

/// The Agile API's own fields: the open sprint, the closed ones, and the epic.
fn add_agile_fields(
    cloud: &Cloud,
    call: &Call<'_>,
    fields: &Fields,
    selection: &Selection,
    document: &mut Map<String, Value>,
) {
    let Some(Value::Object(chosen)) = document.get_mut("fields") else {
        return;
    };
    let planning = &cloud.store.planning;
    let sprints = || fields.sprints.iter().filter_map(|&id| planning.sprint(id));
    if selection.wants("sprint") {
        let open = sprints().find(|it| !planning.is_closed(it.id));
        chosen.insert(
            "sprint".to_owned(),
            open.map_or(Value::Null, |it| it.document(call.origin)),
        );
    }
    if selection.wants("closedSprints") {
        let closed: Vec<Value> = sprints()
            .filter(|it| planning.is_closed(it.id))
            .map(|it| it.document(call.origin))
            .collect();
        if !closed.is_empty() {
            chosen.insert("closedSprints".to_owned(), Value::Array(closed));
        }
    }
    if selection.wants("epic") {
        let parent = fields.parent.and_then(|id| cloud.store.get(id));
        let epic = parent.filter(|it| it.fields.kind.level == 1);
        chosen.insert(
            "epic".to_owned(),
            epic.map_or(Value::Null, |it| epic::document(cloud, call, &it.fields)),
        );
    }
}

/// All issues of a project as the index shows them.
fn of_project(cloud: &Cloud, project: u64) -> impl Iterator<Item = Arc<Fields>> {
    cloud
        .store
        .index
        .by_updated(project, i64::MIN, i64::MAX)
        .map(Arc::clone)
}

/// All issues as the index shows them.
pub(crate) fn everywhere(cloud: &Cloud) -> impl Iterator<Item = Arc<Fields>> {
    PROJECTS
        .iter()
        .flat_map(|project| of_project(cloud, project.id))
}
