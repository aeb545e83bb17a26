//! Sprints: planned, started and closed, in that direction only; and the issues that they hold.

use serde_json::{Map, Value, json};

use crate::jira::agile::{board, everywhere, issues, moved_issues, number, rank, values};
use crate::jira::call::{Call, Page};
use crate::jira::event::Event;
use crate::jira::permission::Permission;
use crate::jira::planning::{Board, Sprint, State, Style};
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::scheme::Project;
use crate::jira::{Cloud, Routed, found, write};
use crate::ledger::Kind;
use crate::limit;
use crate::site::Response;

/// The most characters of a sprint's name and goal.
const NAME_CHARS_MAX: usize = 30;
const GOAL_CHARS_MAX: usize = 1_000;

pub(crate) fn dispatch(cloud: &mut Cloud, call: &Call<'_>, rest: &[&str]) -> Routed {
    match (call.request.method.as_str(), rest) {
        ("POST", ["sprint"]) => found(create(cloud, call)),
        ("GET", ["sprint", id]) => {
            let sprint = of(cloud, call, id)?;
            found(Ok(Response::json(200, &sprint.document(call.origin))))
        }
        ("PUT", ["sprint", id]) => found(update(cloud, call, id, true)),
        ("POST", ["sprint", id]) => found(update(cloud, call, id, false)),
        ("DELETE", ["sprint", id]) => found(delete(cloud, call, id)),
        ("GET", ["sprint", id, "issue"]) => {
            let id = of(cloud, call, id)?.id;
            found(issues(cloud, call, everywhere(cloud), |it| {
                it.sprints.contains(&id)
            }))
        }
        ("POST", ["sprint", id, "issue"]) => found(take_in(cloud, call, id)),
        _ => Ok(None),
    }
}

/// The sprint of that id, if the caller sees its board.
fn of(cloud: &Cloud, call: &Call<'_>, id: &str) -> Result<Sprint, Refusal> {
    let missing = || Refusal::message(404, "Sprint does not exist");
    let sprint = cloud
        .store
        .planning
        .sprint(number(id, "Sprint")?)
        .ok_or_else(missing)?;
    let board = cloud.store.planning.boards.get(&sprint.board);
    let seen = board.is_none_or(|it| call.user.sees(it.project));
    seen.then(|| sprint.clone()).ok_or_else(missing)
}

/// `GET /board/{id}/sprint?state=active,future`.
pub(crate) fn of_board(cloud: &Cloud, call: &Call<'_>, board: &Board) -> Outcome {
    if board.style == Style::Kanban {
        return Err(Refusal::message(400, "The board does not support sprints"));
    }
    let mut states = Vec::new();
    for name in call.request.query("state").unwrap_or_default().split(',') {
        match State::parse(name.trim()) {
            Some(state) => states.push(state),
            None if name.trim().is_empty() => {}
            None => {
                let text = format!(
                    "The sprint state '{name}' is not valid. Valid states are: future, active, closed."
                );
                return Err(Refusal::message(400, text));
            }
        }
    }
    let fits =
        |it: &&Sprint| it.board == board.id && (states.is_empty() || states.contains(&it.state));
    let found: Vec<&Sprint> = cloud.store.planning.sprints().filter(fits).collect();
    let page = Page::of(call, 50, 50);
    let rows = page
        .cut(&found)
        .iter()
        .map(|it| it.document(call.origin))
        .collect();
    Ok(values(page, rows, found.len()))
}

/// What a body says of a sprint's own members; nothing where it does not name one.
struct Asked {
    name: Option<String>,
    goal: Option<Option<String>>,
    start_ms: Option<Option<i64>>,
    end_ms: Option<Option<i64>>,
    state: Option<State>,
}

fn read(body: &Map<String, Value>) -> Result<Asked, Refusal> {
    let text = |name: &str| match body.get(name) {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(None)),
        Some(Value::String(text)) => Ok(Some(Some(text.clone()))),
        Some(_) => Err(Refusal::payload()),
    };
    let moment = |name: &str| -> Result<Option<Option<i64>>, Refusal> {
        let Some(Some(written)) = text(name)? else {
            return Ok(text(name)?.map(|_| None));
        };
        let at: jiff::Timestamp = written.parse().map_err(|_| {
            Refusal::field(
                name,
                format!("The date '{written}' is not valid. Use ISO 8601 with an offset."),
            )
        })?;
        Ok(Some(Some(at.as_millisecond())))
    };
    let name = text("name")?.flatten();
    if let Some(name) = &name {
        check_length("name", name, NAME_CHARS_MAX)?;
        if name.trim().is_empty() {
            return Err(Refusal::field("name", "The sprint name is required."));
        }
    }
    let goal = text("goal")?;
    if let Some(Some(goal)) = &goal {
        check_length("goal", goal, GOAL_CHARS_MAX)?;
    }
    let state = match text("state")?.flatten() {
        None => None,
        Some(state) => Some(State::parse(&state.to_lowercase()).ok_or_else(|| {
            Refusal::field(
                "state",
                "The sprint state must be one of future, active, closed.",
            )
        })?),
    };
    Ok(Asked {
        name,
        goal,
        start_ms: moment("startDate")?,
        end_ms: moment("endDate")?,
        state,
    })
}

fn check_length(name: &str, text: &str, most: usize) -> Result<(), Refusal> {
    if text.chars().count() < most {
        return Ok(());
    }
    Err(Refusal::field(
        name,
        format!("The sprint {name} must be shorter than {most} characters."),
    ))
}

fn check_dates(sprint: &Sprint) -> Result<(), Refusal> {
    match (sprint.start_ms, sprint.end_ms) {
        (Some(start_ms), Some(end_ms)) if end_ms <= start_ms => Err(Refusal::field(
            "endDate",
            "The start date of a sprint must be before the end date.",
        )),
        _ => Ok(()),
    }
}

fn create(cloud: &mut Cloud, call: &Call<'_>) -> Outcome {
    let body = call.body()?;
    let asked = read(&body)?;
    let name = asked
        .name
        .ok_or_else(|| Refusal::field("name", "The sprint name is required."))?;
    let board = body.get("originBoardId").and_then(Value::as_u64);
    let board =
        board.ok_or_else(|| Refusal::field("originBoardId", "The origin board is required."))?;
    let board = board::of(cloud, call, &board.to_string())?.clone();
    if board.style == Style::Kanban {
        return Err(Refusal::message(400, "The board does not support sprints"));
    }
    cloud.require(call, board.project, Permission::ManageSprints)?;
    if cloud.store.planning.sprints().count() >= limit::SPRINTS_MAX {
        return Err(Refusal::message(400, "The site has too many sprints."));
    }
    let mut sprint = Sprint {
        id: 0,
        name,
        state: State::Future,
        goal: asked.goal.flatten().filter(|it| !it.is_empty()),
        board: board.id,
        created_ms: call.now_ms,
        start_ms: asked.start_ms.flatten(),
        end_ms: asked.end_ms.flatten(),
        complete_ms: None,
    };
    check_dates(&sprint)?;
    sprint.id = cloud.store.planning.next_sprint();
    cloud.store.planning.put_sprint(sprint.clone());
    cloud.announce(call, &Event::Sprint("sprint_created", &sprint, None));
    Ok(Response::json(201, &sprint.document(call.origin)))
}

/// `PUT` empties what the body leaves out; `POST` leaves it as it is. Of a closed sprint only the name and the goal
/// change.
fn update(cloud: &mut Cloud, call: &Call<'_>, id: &str, full: bool) -> Outcome {
    let before = of(cloud, call, id)?;
    require_management(cloud, call, &before)?;
    let asked = read(&call.body()?)?;
    let mut sprint = before.clone();
    match asked.name {
        Some(name) => sprint.name = name,
        None if full => return Err(Refusal::field("name", "The sprint name is required.")),
        None => {}
    }
    let kept = |asked: Option<Option<i64>>, before: Option<i64>| match asked {
        Some(value) => value,
        None if full => None,
        None => before,
    };
    sprint.goal = match asked.goal {
        Some(goal) => goal.filter(|it| !it.is_empty()),
        None if full => None,
        None => sprint.goal,
    };
    if before.state != State::Closed {
        sprint.start_ms = kept(asked.start_ms, sprint.start_ms);
        sprint.end_ms = kept(asked.end_ms, sprint.end_ms);
        check_dates(&sprint)?;
    }
    if full && asked.state.is_none() {
        return Err(Refusal::field("state", "The sprint state is required."));
    }
    go_on(
        &mut sprint,
        asked.state.unwrap_or(before.state),
        call.now_ms,
    )?;
    let closes = before.state != State::Closed && sprint.state == State::Closed;
    cloud.store.planning.put_sprint(sprint.clone());
    let name = match (before.state, sprint.state) {
        (State::Future, State::Active) => "sprint_started",
        _ if closes => "sprint_closed",
        _ => "sprint_updated",
    };
    cloud.announce(call, &Event::Sprint(name, &sprint, Some(&before)));
    Ok(Response::json(200, &sprint.document(call.origin)))
}

/// Takes the sprint to a state: future, then active, then closed, step by step.
fn go_on(sprint: &mut Sprint, to: State, now_ms: i64) -> Result<(), Refusal> {
    match (sprint.state, to) {
        (from, to) if from == to => {}
        (State::Future, State::Active) => {
            if sprint.start_ms.is_none() || sprint.end_ms.is_none() {
                let text = "The sprint can only be started with a start date and an end date.";
                return Err(Refusal::field("state", text));
            }
        }
        (State::Active, State::Closed) => sprint.complete_ms = Some(now_ms),
        (from, to) => {
            let text = format!(
                "The sprint cannot go from the state {} to the state {}.",
                from.written(),
                to.written()
            );
            return Err(Refusal::field("state", text));
        }
    }
    sprint.state = to;
    Ok(())
}

fn require_management(cloud: &Cloud, call: &Call<'_>, sprint: &Sprint) -> Result<(), Refusal> {
    let board = cloud.store.planning.boards.get(&sprint.board);
    board.map_or(Ok(()), |it| {
        cloud.require(call, it.project, Permission::ManageSprints)
    })
}

/// Deletes a sprint; the issues that it held are in the backlog again.
fn delete(cloud: &mut Cloud, call: &Call<'_>, id: &str) -> Outcome {
    let sprint = of(cloud, call, id)?;
    require_management(cloud, call, &sprint)?;
    let held: Vec<u64> = cloud
        .store
        .after(0)
        .filter(|it| it.fields.sprints.contains(&sprint.id))
        .map(|it| it.fields.id)
        .collect();
    for issue in held {
        place(cloud, call, issue, |sprints| {
            sprints.remove(&sprint.id);
        });
    }
    cloud.store.planning.remove_sprint(sprint.id);
    cloud.announce(call, &Event::Sprint("sprint_deleted", &sprint, None));
    Ok(Response::empty(204))
}

/// Changes the sprints of one issue, with its changelog entry.
fn place(
    cloud: &mut Cloud,
    call: &Call<'_>,
    issue: u64,
    change: impl FnOnce(&mut std::collections::BTreeSet<u64>),
) {
    let Some(found) = cloud.store.get(issue) else {
        return;
    };
    let mut draft = (*found.fields).clone();
    change(&mut draft.sprints);
    if draft.sprints != found.fields.sprints {
        write::commit(cloud, call, draft, None);
        cloud.enter(call, Kind::Edit, issue, None);
    }
}

/// `POST /sprint/{id}/issue`: an issue is in at most one open sprint.
fn take_in(cloud: &mut Cloud, call: &Call<'_>, id: &str) -> Outcome {
    let sprint = of(cloud, call, id)?;
    if sprint.state == State::Closed {
        let text = "Issues can only be moved to a sprint that is future or active.";
        return Err(Refusal::message(400, text));
    }
    let ids = moved_issues(cloud, call)?;
    require_scheduling(cloud, call, &ids)?;
    rank::apply(cloud, call, &ids, &call.body()?)?;
    for issue in ids {
        let open = open_sprints(cloud, issue);
        place(cloud, call, issue, |sprints| {
            sprints.retain(|it| !open.contains(it));
            sprints.insert(sprint.id);
        });
    }
    Ok(Response::empty(204))
}

fn open_sprints(cloud: &Cloud, issue: u64) -> Vec<u64> {
    let planning = &cloud.store.planning;
    let sprints = cloud.store.get(issue).map(|it| it.fields.sprints.clone());
    let sprints = sprints.unwrap_or_default();
    sprints
        .into_iter()
        .filter(|&it| !planning.is_closed(it))
        .collect()
}

fn require_scheduling(cloud: &Cloud, call: &Call<'_>, ids: &[u64]) -> Result<(), Refusal> {
    let projects: Vec<&'static Project> = ids
        .iter()
        .filter_map(|&id| Some(cloud.store.get(id)?.fields.project))
        .collect();
    for project in projects {
        cloud.require(call, project, Permission::EditIssues)?;
        cloud.require(call, project, Permission::ScheduleIssues)?;
    }
    Ok(())
}

/// `POST /backlog/issue`: takes issues out of their open sprints.
pub(crate) fn to_backlog(cloud: &mut Cloud, call: &Call<'_>, board: Option<&str>) -> Outcome {
    if let Some(board) = board {
        board::of(cloud, call, board)?;
    }
    let ids = moved_issues(cloud, call)?;
    require_scheduling(cloud, call, &ids)?;
    for issue in ids {
        let open = open_sprints(cloud, issue);
        place(cloud, call, issue, |sprints| {
            sprints.retain(|it| !open.contains(it))
        });
    }
    Ok(Response::empty(204))
}

/// The value that a request sets in an issue's sprint field: a bare number, or nothing (jira.md 9.2).
pub(crate) fn set(
    planning: &crate::jira::planning::Planning,
    sprints: &mut std::collections::BTreeSet<u64>,
    value: &Value,
) -> Result<(), String> {
    let id = match value {
        Value::Null => None,
        Value::Number(_) => Some(
            value
                .as_u64()
                .ok_or("Number value expected as the Sprint id.")?,
        ),
        Value::String(_) => return Err("data was not an array".to_owned()),
        _ => return Err("Number value expected as the Sprint id.".to_owned()),
    };
    if let Some(id) = id {
        let sprint = planning
            .sprint(id)
            .ok_or_else(|| format!("Sprint with id {id} does not exist."))?;
        if sprint.state == State::Closed && !sprints.contains(&id) {
            return Err("Issue can be assigned only active or future sprints.".to_owned());
        }
    }
    sprints.retain(|&it| planning.is_closed(it));
    sprints.extend(id);
    Ok(())
}

/// The sprint field as answers show it: null where an issue never was in a sprint.
pub(crate) fn shown(
    planning: &crate::jira::planning::Planning,
    sprints: &std::collections::BTreeSet<u64>,
) -> Value {
    let rows: Vec<Value> = sprints
        .iter()
        .filter_map(|&id| planning.sprint(id))
        .map(Sprint::brief)
        .collect();
    if rows.is_empty() {
        Value::Null
    } else {
        json!(rows)
    }
}
