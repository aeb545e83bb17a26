//! Moving issues in the one order of all, and their estimates.

use serde_json::{Map, Value, json};

use crate::jira::Cloud;
use crate::jira::agile::{asked_issues, board};
use crate::jira::call::Call;
use crate::jira::issue::Change;
use crate::jira::permission::Permission;
use crate::jira::planning::{RANK, Style};
use crate::jira::refusal::{NO_ISSUE, Outcome, Refusal};
use crate::jira::scheme::STORY_POINTS;
use crate::jira::write;
use crate::ledger::Kind;
use crate::site::Response;

/// Where issues are to stand: right before or right after another one.
struct Place {
    beside: u64,
    after: bool,
}

/// The place that a body names; nothing where it names none.
fn place(
    cloud: &Cloud,
    call: &Call<'_>,
    body: &Map<String, Value>,
) -> Result<Option<Place>, Refusal> {
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let (name, after) = match (text("rankBeforeIssue"), text("rankAfterIssue")) {
        (Some(_), Some(_)) => {
            let text = "Only one of rankBeforeIssue and rankAfterIssue can be given.";
            return Err(Refusal::message(400, text));
        }
        (Some(before), None) => (before, false),
        (None, Some(after)) => (after, true),
        (None, None) => return Ok(None),
    };
    let issue = cloud
        .seen_issue(call, name)
        .map_err(|_| Refusal::message(400, NO_ISSUE))?;
    let beside = issue.fields.id;
    Ok(Some(Place { beside, after }))
}

/// Ranks issues when the body says where; they keep their order among themselves.
pub(crate) fn apply(
    cloud: &mut Cloud,
    call: &Call<'_>,
    ids: &[u64],
    body: &Map<String, Value>,
) -> Result<(), Refusal> {
    if let Some(Place { beside, after }) = place(cloud, call, body)? {
        let mut beside = beside;
        for &id in ids {
            move_one(cloud, call, id, beside, after);
            // The first stands at the named issue, and each further one after the one before it.
            if after {
                beside = id;
            }
        }
    }
    Ok(())
}

fn move_one(cloud: &mut Cloud, call: &Call<'_>, id: u64, beside: u64, after: bool) {
    let before = cloud.store.planning.ranks.written(id);
    cloud.store.planning.ranks.put(id, beside, after);
    let now = cloud.store.planning.ranks.written(id);
    let Some(issue) = cloud.store.get(id).filter(|_| before != now) else {
        return;
    };
    let change = Change {
        field: "Rank",
        field_id: RANK,
        from: Some(String::new()),
        from_text: Some(String::new()),
        to: Some(String::new()),
        to_text: Some(
            if now < before {
                "Ranked higher"
            } else {
                "Ranked lower"
            }
            .to_owned(),
        ),
    };
    let draft = (*issue.fields).clone();
    write::commit_with(cloud, call, draft, vec![change], None);
    cloud.enter(call, Kind::Edit, id, None);
}

/// `PUT /issue/rank`: 204, or 207 with a row for each issue when some cannot be ranked.
pub(crate) fn put(cloud: &mut Cloud, call: &Call<'_>) -> Outcome {
    let body = call.body()?;
    let asked = asked_issues(&body)?;
    if place(cloud, call, &body)?.is_none() {
        let text = "One of rankBeforeIssue and rankAfterIssue must be given.";
        return Err(Refusal::message(400, text));
    }
    let mut good = Vec::new();
    let mut rows = Vec::new();
    for name in &asked {
        match rankable(cloud, call, name) {
            Ok((id, key)) => {
                good.push(id);
                rows.push(json!({"issueId": id, "issueKey": key, "status": 200}));
            }
            Err(status) => {
                let id: u64 = cloud.store.find(name).unwrap_or_default();
                rows.push(json!({"issueId": id, "issueKey": name, "status": status, "errors": [NO_ISSUE]}));
            }
        }
    }
    apply(cloud, call, &good, &body)?;
    if good.len() == asked.len() {
        return Ok(Response::empty(204));
    }
    Ok(Response::json(207, &json!({"entries": rows})))
}

fn rankable(cloud: &Cloud, call: &Call<'_>, name: &str) -> Result<(u64, String), u16> {
    let issue = cloud.seen_issue(call, name).map_err(|_| 404_u16)?;
    let fields = &issue.fields;
    cloud
        .require(call, fields.project, Permission::ScheduleIssues)
        .map_err(|_| 403_u16)?;
    Ok((fields.id, fields.key()))
}

/// The board of an estimation; only a board with sprints estimates.
fn check_board(cloud: &Cloud, call: &Call<'_>) -> Result<(), Refusal> {
    let id = call
        .request
        .query("boardId")
        .ok_or_else(|| Refusal::message(400, "The boardId query parameter is required."))?;
    if board::of(cloud, call, id)?.style == Style::Kanban {
        return Err(Refusal::message(
            400,
            "The board does not have an estimation field.",
        ));
    }
    Ok(())
}

/// `GET /issue/{id}/estimation?boardId=`.
pub(crate) fn estimation(cloud: &Cloud, call: &Call<'_>, id_or_key: &str) -> Outcome {
    let issue = cloud.seen_issue(call, id_or_key)?;
    check_board(cloud, call)?;
    Ok(answer(issue.fields.points))
}

fn answer(points: Option<f64>) -> Response {
    let mut document = json!({"fieldId": STORY_POINTS});
    if let Some(points) = points {
        document["value"] = json!(points);
    }
    Response::json(200, &document)
}

/// `PUT /issue/{id}/estimation?boardId=` with `{"value": "8.0"}`.
pub(crate) fn estimate(cloud: &mut Cloud, call: &Call<'_>, id_or_key: &str) -> Outcome {
    let issue = cloud.seen_issue(call, id_or_key)?;
    check_board(cloud, call)?;
    cloud.require(call, issue.fields.project, Permission::EditIssues)?;
    let points = match call.body()?.get("value") {
        None | Some(Value::Null) => None,
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) if text.is_empty() => None,
        Some(Value::String(text)) => {
            let number: Option<f64> = text.parse().ok().filter(|it: &f64| it.is_finite());
            let wrong =
                || Refusal::message(400, format!("The value '{text}' is not a valid number."));
            Some(number.ok_or_else(wrong)?)
        }
        Some(_) => return Err(Refusal::payload()),
    };
    let mut draft = (*issue.fields).clone();
    draft.points = points;
    let id = draft.id;
    write::commit(cloud, call, draft, None);
    cloud.enter(call, Kind::Edit, id, None);
    Ok(answer(points))
}
