//! Statuses and their categories.

use serde_json::{Value, json};

use super::{named_project, ok};
use crate::jira::Cloud;
use crate::jira::call::{Call, Page};
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::scheme::{self, CATEGORIES, IssueType, STATUSES, Status, TYPES};
use crate::jira::workflow;

/// `GET /project/{idOrKey}/statuses`: the statuses of each issue type.
pub(crate) fn project_statuses(cloud: &Cloud, call: &Call<'_>, id_or_key: &str) -> Outcome {
    let project = named_project(id_or_key)?;
    let view = cloud.view(call);
    let of_project = workflow::statuses(project).into_iter();
    let statuses: Vec<Value> = of_project.map(|it| view.status(it)).collect();
    let row = |kind: &IssueType| {
        json!({
            "self": view.link(&format!("issuetype/{}", kind.id)),
            "id": kind.id,
            "name": kind.name,
            "subtask": kind.is_subtask(),
            "statuses": statuses,
        })
    };
    ok(&TYPES.iter().map(row).collect())
}

/// `GET /status`.
pub(crate) fn statuses(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let view = cloud.view(call);
    ok(&STATUSES.iter().map(|it| view.status(it)).collect())
}

/// `GET /status/{idOrName}`.
pub(crate) fn status(cloud: &Cloud, call: &Call<'_>, id_or_name: &str) -> Outcome {
    let status = scheme::status_of(id_or_name);
    let status = status.ok_or_else(|| Refusal::message(404, "The status was not found."))?;
    ok(&cloud.view(call).status(status))
}

/// `GET /statuses/search`.
pub(crate) fn status_search(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let query = |name: &str| call.request.query(name).unwrap_or_default();
    let text = query("searchString").to_lowercase();
    let category = query("statusCategory");
    let project = match call.request.query("projectId") {
        None => None,
        Some(id) => Some(named_project(id)?),
    };
    let in_project = |it: &Status| {
        project.is_none_or(|project| {
            workflow::statuses(project)
                .iter()
                .any(|one| one.id == it.id)
        })
    };
    let fits = |it: &&Status| {
        it.name.to_lowercase().contains(&text)
            && (category.is_empty() || category == category_name(it))
            && in_project(it)
    };
    let found: Vec<&Status> = STATUSES.iter().filter(fits).collect();
    let page = Page::of(call, 200, 200);
    let rows: Vec<Value> = page.cut(&found).iter().map(|it| managed(it)).collect();
    let link = cloud.view(call).link("statuses/search");
    Ok(page.document(&link, "values", rows, found.len()))
}

fn category_name(status: &Status) -> &'static str {
    match status.category.key {
        "new" => "TODO",
        "done" => "DONE",
        _ => "IN_PROGRESS",
    }
}

/// A status as those who manage statuses see it.
fn managed(status: &Status) -> Value {
    json!({
        "id": status.id,
        "name": status.name,
        "statusCategory": category_name(status),
        "scope": {"type": "GLOBAL"},
        "description": "",
    })
}

/// `GET /statuses?id=&id=` and `GET /statuses/byNames?name=&name=`.
pub(crate) fn statuses_by(call: &Call<'_>, parameter: &str) -> Outcome {
    let asked = call
        .request
        .query
        .iter()
        .filter(|(name, _)| name == parameter);
    let asked: Vec<&str> = asked.map(|(_, it)| it.as_str()).collect();
    if asked.is_empty() || asked.len() > 50 {
        let text = format!("Between 1 and 50 values of the parameter '{parameter}' are required.");
        return Err(Refusal::message(400, text));
    }
    let fits = |it: &&Status| {
        let value = if parameter == "id" { it.id } else { it.name };
        asked.iter().any(|one| one.eq_ignore_ascii_case(value))
    };
    ok(&STATUSES.iter().filter(fits).map(managed).collect())
}

/// `GET /statuscategory`.
pub(crate) fn categories(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let view = cloud.view(call);
    ok(&CATEGORIES.iter().map(|it| view.category(it)).collect())
}

/// `GET /statuscategory/{idOrKey}`.
pub(crate) fn category(cloud: &Cloud, call: &Call<'_>, id_or_key: &str) -> Outcome {
    let found = CATEGORIES
        .iter()
        .find(|it| it.key == id_or_key || it.id.to_string() == id_or_key);
    let found = found.ok_or_else(|| Refusal::message(404, "The status category was not found."))?;
    ok(&cloud.view(call).category(found))
}
