//! Boards: what they show of a project, and how they are configured.

use serde_json::{Value, json};

use crate::jira::agile::{epic, issues, moved_issues, number, of_project, rank, sprint, values};
use crate::jira::call::{Call, Page};
use crate::jira::permission::Permission;
use crate::jira::planning::{Board, Style};
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::scheme::{self, STORY_POINTS};
use crate::jira::workflow;
use crate::jira::{Cloud, Routed, found};
use crate::limit;
use crate::site::Response;

pub(crate) fn dispatch(cloud: &mut Cloud, call: &Call<'_>, rest: &[&str]) -> Routed {
    let method = call.request.method.as_str();
    match (method, rest) {
        ("GET", ["board"]) => return found(list(cloud, call)),
        ("POST", ["board"]) => return found(create(cloud, call)),
        _ => {}
    }
    let [_, id, below @ ..] = rest else {
        return Ok(None);
    };
    let board = of(cloud, call, id)?.clone();
    match (method, below) {
        ("GET", []) => found(Ok(Response::json(200, &document(call, &board)))),
        ("DELETE", []) => found(delete(cloud, call, &board)),
        ("GET", ["configuration"]) => found(configuration(call, &board)),
        ("GET", ["issue"]) => found(issues(
            cloud,
            call,
            of_project(cloud, board.project.id),
            |_| true,
        )),
        ("POST", ["issue"]) => found(take_in(cloud, call)),
        ("GET", ["backlog"]) => found(backlog(cloud, call, &board)),
        ("GET", ["sprint"]) => found(sprint::of_board(cloud, call, &board)),
        ("GET", ["sprint", sprint, "issue"]) => {
            let sprint = number(sprint, "Sprint")?;
            found(issues(
                cloud,
                call,
                of_project(cloud, board.project.id),
                |it| it.sprints.contains(&sprint),
            ))
        }
        ("GET", ["epic"]) => found(epic::of_board(cloud, call, &board)),
        ("GET", ["epic", "none", "issue"]) => found(issues(
            cloud,
            call,
            of_project(cloud, board.project.id),
            |it| it.parent.is_none() && it.kind.level == 0,
        )),
        ("GET", ["epic", epic, "issue"]) => {
            let epic = epic::of(cloud, call, epic)?;
            found(issues(
                cloud,
                call,
                of_project(cloud, board.project.id),
                |it| it.parent == Some(epic),
            ))
        }
        ("GET", ["project"]) => found(project(cloud, call, &board)),
        ("GET", ["version"]) => found(versions(cloud, call, &board)),
        ("GET", ["quickfilter"]) => found(Ok(values(Page::of(call, 50, 50), Vec::new(), 0))),
        _ => Ok(None),
    }
}

/// The board of that id, if the caller sees its project.
pub(crate) fn of<'a>(cloud: &'a Cloud, call: &Call<'_>, id: &str) -> Result<&'a Board, Refusal> {
    let board = id
        .parse()
        .ok()
        .and_then(|id| cloud.store.planning.boards.get(&id));
    board.filter(|it| call.user.sees(it.project)).ok_or_else(|| {
        let text = "The requested board cannot be viewed because it either does not exist or you do not have permission to view it.";
        Refusal::message(404, text)
    })
}

fn document(call: &Call<'_>, board: &Board) -> Value {
    let project = board.project;
    json!({
        "id": board.id,
        "self": format!("{}/rest/agile/1.0/board/{}", call.origin, board.id),
        "name": board.name,
        "type": board.style.written(),
        "location": {
            "projectId": project.id,
            "displayName": format!("{} ({})", project.name, project.key),
            "projectName": project.name,
            "projectKey": project.key,
            "projectTypeKey": "software",
            "avatarURI": format!("{}/avatar/project/{}", call.origin, project.id),
            "name": format!("{} ({})", project.name, project.key),
        },
        "isPrivate": false,
    })
}

fn list(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let query = |name: &str| call.request.query(name);
    let project = match query("projectKeyOrId") {
        None => None,
        Some(name) => Some(
            scheme::project_of(name)
                .filter(|it| call.user.sees(it))
                .ok_or_else(|| {
                    Refusal::message(
                        400,
                        format!("No project could be found with key or id '{name}'"),
                    )
                })?,
        ),
    };
    let name = query("name").unwrap_or_default().to_lowercase();
    let styles: Vec<&str> = query("type")
        .map(|it| it.split(',').collect())
        .unwrap_or_default();
    let fits = |board: &&Board| {
        call.user.sees(board.project)
            && project.is_none_or(|it| it == board.project)
            && board.name.to_lowercase().contains(&name)
            && (styles.is_empty() || styles.contains(&board.style.written()))
    };
    let found: Vec<&Board> = cloud.store.planning.boards.values().filter(fits).collect();
    let page = Page::of(call, 50, 50);
    let rows = page
        .cut(&found)
        .iter()
        .map(|it| document(call, it))
        .collect();
    Ok(values(page, rows, found.len()))
}

fn create(cloud: &mut Cloud, call: &Call<'_>) -> Outcome {
    let body = call.body()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let name = text("name").filter(|it| !it.trim().is_empty() && it.chars().count() < 255);
    let name = name.ok_or_else(|| {
        Refusal::field(
            "name",
            "The board name is required and must be shorter than 255 characters.",
        )
    })?;
    let style = match text("type") {
        Some("scrum") => Style::Scrum,
        Some("kanban") => Style::Kanban,
        _ => {
            return Err(Refusal::field(
                "type",
                "The board type must be scrum or kanban.",
            ));
        }
    };
    let location = body.get("location").cloned().unwrap_or_default();
    let project = location["projectKeyOrId"]
        .as_str()
        .and_then(scheme::project_of);
    let project = project.filter(|it| call.user.sees(it)).ok_or_else(|| {
        Refusal::field(
            "location",
            "A project that exists must be given by projectKeyOrId.",
        )
    })?;
    if cloud.store.planning.boards.len() >= limit::BOARDS_MAX {
        return Err(Refusal::message(400, "The site has too many boards."));
    }
    let id = cloud
        .store
        .planning
        .add_board(name.to_owned(), style, project);
    let board = of(cloud, call, &id.to_string())?;
    Ok(Response::json(201, &document(call, board)))
}

fn delete(cloud: &mut Cloud, call: &Call<'_>, board: &Board) -> Outcome {
    cloud.require(call, board.project, Permission::AdministerProjects)?;
    cloud.store.planning.boards.remove(&board.id);
    Ok(Response::empty(204))
}

fn configuration(call: &Call<'_>, board: &Board) -> Outcome {
    let base = call.origin;
    let statuses = workflow::statuses(board.project);
    let column = |name: &str, key: &str| {
        let in_it = statuses.iter().filter(|it| it.category.key == key);
        let rows: Vec<Value> = in_it
            .map(|it| json!({"id": it.id, "self": format!("{base}/rest/api/2/status/{}", it.id)}))
            .collect();
        json!({"name": name, "statuses": rows})
    };
    let mut document = json!({
        "id": board.id,
        "name": board.name,
        "type": board.style.written(),
        "self": format!("{base}/rest/agile/1.0/board/{}/configuration", board.id),
        "location": {"type": "project", "projectKeyOrId": board.project.key},
        "filter": {
            "id": (10_000 + board.id).to_string(),
            "self": format!("{base}/rest/api/2/filter/{}", 10_000 + board.id),
        },
        "columnConfig": {
            "columns": [column("To Do", "new"), column("In Progress", "indeterminate"), column("Done", "done")],
            "constraintType": "none",
        },
        "ranking": {"rankCustomFieldId": 10_019},
    });
    match board.style {
        Style::Scrum => {
            document["estimation"] = json!({
                "type": "field",
                "field": {"fieldId": STORY_POINTS, "displayName": "Story point estimate"},
            });
        }
        Style::Kanban => {
            document["subQuery"] =
                json!({"query": "fixVersion in unreleasedVersions() OR fixVersion is EMPTY"});
        }
    }
    Ok(Response::json(200, &document))
}

/// The issues that are not done and in no open sprint, without epics and sub-tasks.
fn backlog(cloud: &Cloud, call: &Call<'_>, board: &Board) -> Outcome {
    let planning = &cloud.store.planning;
    issues(cloud, call, of_project(cloud, board.project.id), |it| {
        it.kind.level == 0
            && !it.status.is_done()
            && it.sprints.iter().all(|&id| planning.is_closed(id))
    })
}

/// `POST /board/{id}/issue`: moves issues from the backlog onto the board, which here only ranks them.
fn take_in(cloud: &mut Cloud, call: &Call<'_>) -> Outcome {
    let ids = moved_issues(cloud, call)?;
    rank::apply(cloud, call, &ids, &call.body()?)?;
    Ok(Response::empty(204))
}

fn project(cloud: &Cloud, call: &Call<'_>, board: &Board) -> Outcome {
    let row = cloud.view(call).project(board.project);
    Ok(values(Page::of(call, 50, 50), vec![row], 1))
}

fn versions(cloud: &Cloud, call: &Call<'_>, board: &Board) -> Outcome {
    let released = call.request.query("released");
    let all = cloud.store.versions.of_project(board.project.id);
    let fits = all.filter(|it| released.is_none_or(|wanted| (wanted == "true") == it.released));
    let row = |it: &crate::jira::release::Version| {
        json!({
            "self": format!("{}/rest/agile/1.0/version/{}", call.origin, it.id),
            "id": it.id,
            "projectId": it.project,
            "name": it.name,
            "description": it.description,
            "archived": it.archived,
            "released": it.released,
        })
    };
    let rows: Vec<Value> = fits.map(row).collect();
    let page = Page::of(call, 50, 50);
    Ok(values(page, page.cut(&rows).to_vec(), rows.len()))
}
