//! Epics as the Agile API sees them: issues of the level above, with a short name, a colour and a mark for done.

use serde_json::{Value, json};

use crate::jira::agile::{everywhere, issues, moved_issues, of_project, values};
use crate::jira::call::{Call, Page};
use crate::jira::issue::Fields;
use crate::jira::permission::Permission;
use crate::jira::planning::Board;
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::{Cloud, Routed, found, write};
use crate::ledger::Kind;
use crate::site::Response;

pub(crate) fn dispatch(cloud: &mut Cloud, call: &Call<'_>, rest: &[&str]) -> Routed {
    match (call.request.method.as_str(), rest) {
        ("GET", ["epic", "none", "issue"]) => found(issues(cloud, call, everywhere(cloud), |it| {
            it.parent.is_none() && it.kind.level == 0
        })),
        ("POST", ["epic", "none", "issue"]) => found(put_under(cloud, call, None)),
        ("GET", ["epic", id]) => {
            let id = of(cloud, call, id)?;
            let issue = cloud.store.get(id).ok_or_else(Refusal::no_issue)?;
            found(Ok(Response::json(
                200,
                &document(cloud, call, &issue.fields),
            )))
        }
        ("POST", ["epic", id]) => found(update(cloud, call, id)),
        ("GET", ["epic", id, "issue"]) => {
            let id = of(cloud, call, id)?;
            found(issues(cloud, call, everywhere(cloud), |it| {
                it.parent == Some(id)
            }))
        }
        ("POST", ["epic", id, "issue"]) => {
            let id = of(cloud, call, id)?;
            found(put_under(cloud, call, Some(id)))
        }
        _ => Ok(None),
    }
}

/// The id of the epic that an id or a key names.
pub(crate) fn of(cloud: &Cloud, call: &Call<'_>, id_or_key: &str) -> Result<u64, Refusal> {
    let issue = cloud.seen_issue(call, id_or_key);
    let epic = issue.ok().filter(|it| it.fields.kind.level == 1);
    epic.map(|it| it.fields.id).ok_or_else(|| {
        let text = "The requested epic cannot be viewed because it either does not exist or you do not have permission to view it.";
        Refusal::message(404, text)
    })
}

/// An epic as the Agile API shows it.
pub(crate) fn document(cloud: &Cloud, call: &Call<'_>, fields: &Fields) -> Value {
    let note = cloud
        .store
        .planning
        .epics
        .get(&fields.id)
        .cloned()
        .unwrap_or_default();
    json!({
        "id": fields.id,
        "key": fields.key(),
        "self": format!("{}/rest/agile/1.0/epic/{}", call.origin, fields.id),
        "name": note.name.as_deref().unwrap_or(&fields.summary),
        "summary": fields.summary,
        "color": {"key": note.color},
        "done": note.done,
    })
}

/// `GET /board/{id}/epic?done=`.
pub(crate) fn of_board(cloud: &Cloud, call: &Call<'_>, board: &Board) -> Outcome {
    let rows: Vec<Value> = of_project(cloud, board.project.id)
        .filter(|it| it.kind.level == 1)
        .map(|it| document(cloud, call, &it))
        .filter(|it| {
            call.request
                .query("done")
                .is_none_or(|done| it["done"] == (done == "true"))
        })
        .collect();
    let page = Page::of(call, 50, 50);
    Ok(values(page, page.cut(&rows).to_vec(), rows.len()))
}

/// `POST /epic/{id}`: a partial update.
fn update(cloud: &mut Cloud, call: &Call<'_>, id_or_key: &str) -> Outcome {
    let id = of(cloud, call, id_or_key)?;
    let issue = cloud.store.get(id).ok_or_else(Refusal::no_issue)?;
    cloud.require(call, issue.fields.project, Permission::EditIssues)?;
    let body = call.body()?;
    let mut note = cloud
        .store
        .planning
        .epics
        .get(&id)
        .cloned()
        .unwrap_or_default();
    if let Some(name) = body.get("name") {
        let name = name.as_str().filter(|it| it.chars().count() <= 255);
        note.name = Some(name.ok_or_else(Refusal::payload)?.to_owned());
    }
    if let Some(color) = body.get("color") {
        let key = color["key"].as_str().unwrap_or_default();
        let number = key
            .strip_prefix("color_")
            .and_then(|it| it.parse::<u8>().ok());
        if !number.is_some_and(|it| (1..=14).contains(&it)) {
            return Err(Refusal::field(
                "color",
                format!("The color '{key}' is not valid."),
            ));
        }
        note.color = key.to_owned();
    }
    if let Some(done) = body.get("done") {
        note.done = done.as_bool().ok_or_else(Refusal::payload)?;
    }
    let mut draft = (*issue.fields).clone();
    if let Some(summary) = body.get("summary") {
        draft.summary =
            crate::jira::draft::summary(summary).map_err(|text| Refusal::field("summary", text))?;
    }
    cloud.store.planning.epics.insert(id, note);
    write::commit(cloud, call, draft, None);
    cloud.enter(call, Kind::Edit, id, None);
    let issue = cloud.store.get(id).ok_or_else(Refusal::no_issue)?;
    Ok(Response::json(200, &document(cloud, call, &issue.fields)))
}

/// `POST /epic/{id}/issue`: makes the issues children of the epic, or of none. All are checked before one is moved.
fn put_under(cloud: &mut Cloud, call: &Call<'_>, epic: Option<u64>) -> Outcome {
    let ids = moved_issues(cloud, call)?;
    for &id in &ids {
        let issue = cloud.store.get(id).ok_or_else(Refusal::no_issue)?;
        cloud.require(call, issue.fields.project, Permission::EditIssues)?;
        if issue.fields.kind.level != 0 {
            let text = format!(
                "The issue '{}' cannot be put under an epic.",
                issue.fields.key()
            );
            return Err(Refusal::message(400, text));
        }
    }
    for id in ids {
        let Some(issue) = cloud.store.get(id) else {
            continue;
        };
        let mut draft = (*issue.fields).clone();
        draft.parent = epic;
        write::commit(cloud, call, draft, None);
        cloud.enter(call, Kind::Edit, id, None);
    }
    Ok(Response::empty(204))
}
