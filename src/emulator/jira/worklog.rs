//! Worklogs: the work that people did on an issue, and the time tracking that follows from it (jira.md 9.4).

pub(crate) mod feed;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::jira::Cloud;
use crate::jira::call::{Call, Page};
use crate::jira::draft::Judge;
use crate::jira::event::Event;
use crate::jira::issue::{Fields, Issue};
use crate::jira::property;
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::time::{parsed, written};
use crate::jira::tracking;
use crate::jira::view::View;
use crate::jira::visibility::{Circle, sees};
use crate::jira::write;
use crate::ledger::Kind;
use crate::site::Response;

/// The most worklogs of an issue, and the most that `fields.worklog` holds: the first ones (jira.md 7.1).
const PER_ISSUE_MAX: usize = 10_000;
const IN_FIELDS_MAX: usize = 20;

/// The most worklogs of a list by ids.
const LISTED_MAX: usize = 1_000;

/// One worklog.
#[derive(Debug, Clone)]
pub(crate) struct Worklog {
    pub(crate) id: u64,
    pub(crate) author: &'static str,
    pub(crate) update_author: &'static str,
    pub(crate) comment: Option<Arc<Value>>,
    pub(crate) started_ms: i64,
    pub(crate) spent_s: u64,
    pub(crate) created_ms: i64,
    pub(crate) updated_ms: i64,
    pub(crate) visibility: Option<Circle>,
    pub(crate) properties: BTreeMap<String, Value>,
}

fn document(view: &View<'_>, issue: u64, it: &Worklog, with_properties: bool) -> Value {
    let mut document = json!({
        "self": view.link(&format!("issue/{issue}/worklog/{}", it.id)),
        "author": view.user(Some(it.author)),
        "updateAuthor": view.user(Some(it.update_author)),
        "created": written(it.created_ms),
        "updated": written(it.updated_ms),
        "started": written(it.started_ms),
        "timeSpent": tracking::text(it.spent_s),
        "timeSpentSeconds": it.spent_s,
        "id": it.id.to_string(),
        "issueId": issue.to_string(),
    });
    if let Some(comment) = &it.comment {
        document["comment"] = view.text(Some(comment));
    }
    if let Some(circle) = it.visibility {
        document["visibility"] = circle.document();
    }
    if with_properties {
        let pair = |(key, value): (&String, &Value)| json!({"key": key, "value": value});
        document["properties"] = it.properties.iter().map(pair).collect();
    }
    document
}

/// The field `worklog`: at most the first twenty, with the true total.
pub(crate) fn field(view: &View<'_>, issue: &Issue) -> Value {
    let seen = visible(view, issue);
    let first = seen.iter().take(IN_FIELDS_MAX);
    let rows: Vec<Value> = first
        .map(|it| document(view, issue.fields.id, it, false))
        .collect();
    json!({
        "startAt": 0,
        "maxResults": IN_FIELDS_MAX,
        "total": seen.len(),
        "worklogs": rows,
    })
}

fn visible<'a>(view: &View<'_>, issue: &'a Issue) -> Vec<&'a Worklog> {
    let mine = issue.worklogs.iter();
    mine.filter(|it| sees(view.user, it.visibility)).collect()
}

/// `GET /issue/{id}/worklog`.
pub(crate) fn list(cloud: &Cloud, call: &Call<'_>, id_or_key: &str) -> Outcome {
    let issue = cloud.issue(id_or_key)?;
    let bound = |name: &str| match call.request.query(name) {
        None => Ok(None),
        Some(text) => text.parse::<i64>().map(Some).map_err(|_| {
            Refusal::message(
                400,
                format!("The '{name}' query parameter must be a number."),
            )
        }),
    };
    let (after, before) = (bound("startedAfter")?, bound("startedBefore")?);
    let view = cloud.view(call);
    let mut found = visible(&view, issue);
    found.retain(|it| {
        after.is_none_or(|ms| it.started_ms >= ms) && before.is_none_or(|ms| it.started_ms < ms)
    });
    let page = Page::of(call, 5_000, 5_000);
    let with_properties = call.expands("properties");
    let id = issue.fields.id;
    let cut = page.cut(&found).iter();
    let rows = cut
        .map(|it| document(&view, id, it, with_properties))
        .collect();
    let path = format!("issue/{id}/worklog");
    Ok(page.document(&view.link(&path), "worklogs", rows, found.len()))
}

/// `GET /issue/{id}/worklog/{wid}`.
pub(crate) fn one(cloud: &Cloud, call: &Call<'_>, id_or_key: &str, worklog: &str) -> Outcome {
    let issue = cloud.issue(id_or_key)?;
    let found = find(issue, call, worklog)?;
    let with_properties = call.expands("properties");
    let view = cloud.view(call);
    let document = document(&view, issue.fields.id, found, with_properties);
    Ok(Response::json(200, &document))
}

fn find<'a>(issue: &'a Issue, call: &Call<'_>, id: &str) -> Result<&'a Worklog, Refusal> {
    let found = issue.worklogs.iter().find(|it| it.id.to_string() == id);
    found
        .filter(|it| sees(call.user, it.visibility))
        .ok_or_else(|| Refusal::message(404, format!("Cannot find worklog with id: '{id}'.")))
}

/// A worklog that was accepted and not yet entered.
#[derive(Debug)]
pub(crate) struct New {
    comment: Option<Arc<Value>>,
    started_ms: i64,
    spent_s: u64,
    visibility: Option<Circle>,
    properties: BTreeMap<String, Value>,
}

/// What a body says of a worklog; what it leaves out is nothing.
struct Given {
    comment: Option<Option<Arc<Value>>>,
    started_ms: Option<i64>,
    spent_s: Option<u64>,
    visibility: Option<Option<Circle>>,
    properties: BTreeMap<String, Value>,
}

fn read(judge: &Judge<'_>, call: &Call<'_>, body: &Map<String, Value>) -> Result<Given, Refusal> {
    let comment = body.get("comment").map(|text| judge.text(text));
    let comment = comment
        .transpose()
        .map_err(|text| Refusal::field("comment", text))?
        .map(|it| it.map(Arc::new));
    let started_ms = match body.get("started") {
        None | Some(Value::Null) => None,
        Some(text) => Some(text.as_str().and_then(parsed).ok_or_else(|| {
            Refusal::field(
                "started",
                "The date must be written as yyyy-MM-dd'T'HH:mm:ss.SSSZ.",
            )
        })?),
    };
    let visibility = match body.get("visibility") {
        None => None,
        Some(given) => Some(Circle::read(Some(given), call.user)?),
    };
    Ok(Given {
        comment,
        started_ms,
        spent_s: spent(body)?,
        visibility,
        properties: property::of_body(body.get("properties"))?,
    })
}

fn spent(body: &Map<String, Value>) -> Result<Option<u64>, Refusal> {
    let wrong = || Refusal::field("timeLogged", "Invalid time duration entered.");
    let seconds = match (body.get("timeSpentSeconds"), body.get("timeSpent")) {
        (Some(seconds), _) if !seconds.is_null() => seconds.as_u64().ok_or_else(wrong)?,
        (_, Some(Value::String(text))) => tracking::seconds(text).ok_or_else(wrong)?,
        (_, None | Some(Value::Null)) => return Ok(None),
        _ => return Err(wrong()),
    };
    // Jira logs whole minutes.
    match seconds - seconds % 60 {
        0 => Err(wrong()),
        minutes if minutes > tracking::SECONDS_MAX => Err(wrong()),
        minutes => Ok(Some(minutes)),
    }
}

fn accept(cloud: &Cloud, call: &Call<'_>, body: &Map<String, Value>) -> Result<New, Refusal> {
    let given = read(&cloud.judge(call, false), call, body)?;
    let spent_s = given
        .spent_s
        .ok_or_else(|| Refusal::field("timeLogged", "You must indicate the time spent working."))?;
    Ok(New {
        comment: given.comment.flatten(),
        started_ms: given.started_ms.unwrap_or(call.now_ms),
        spent_s,
        visibility: given.visibility.flatten(),
        properties: given.properties,
    })
}

/// What a change of worklogs does to the remaining estimate.
#[derive(Debug, Clone, Copy)]
enum Adjust {
    /// It goes down by what was logged, and up by what was taken back.
    Auto,
    /// It stays.
    Leave,
    /// It becomes this.
    New(u64),
    /// It changes by this in the direction of the change.
    By(u64),
}

impl Adjust {
    fn of(call: &Call<'_>, by_name: &str) -> Result<Self, Refusal> {
        let time = |name: &str| {
            let text = call.request.query(name).unwrap_or_default();
            tracking::seconds(text).ok_or_else(|| {
                let text = format!("You must supply a valid '{name}'.");
                Refusal::field("adjustmentAmount", text)
            })
        };
        match call.request.query("adjustEstimate").unwrap_or("auto") {
            "auto" => Ok(Self::Auto),
            "leave" => Ok(Self::Leave),
            "new" => time("newEstimate").map(Self::New),
            "manual" => time(by_name).map(Self::By),
            other => Err(Refusal::message(
                400,
                format!("The adjustEstimate value '{other}' is invalid."),
            )),
        }
    }

    /// Moves the time spent from what it was with the worklog before to what it is with the worklog now.
    fn apply(self, draft: &mut Fields, before_s: u64, now_s: u64) {
        let tracking = &mut draft.tracking;
        let spent = tracking.spent_s.unwrap_or(0);
        tracking.spent_s = Some(spent.saturating_sub(before_s).saturating_add(now_s));
        let remaining = tracking.remaining_s;
        let moved = |left: u64, back: u64, on: u64| left.saturating_add(back).saturating_sub(on);
        tracking.remaining_s = match self {
            Self::Leave => remaining,
            Self::New(seconds) => Some(seconds),
            Self::Auto => remaining.map(|left| moved(left, before_s, now_s)),
            Self::By(seconds) if now_s > before_s => remaining.map(|left| moved(left, 0, seconds)),
            Self::By(seconds) => Some(moved(remaining.unwrap_or(0), seconds, 0)),
        };
    }
}

/// `POST /issue/{id}/worklog`.
pub(crate) fn create(cloud: &mut Cloud, call: &Call<'_>, id_or_key: &str) -> Outcome {
    let issue = cloud.issue(id_or_key)?;
    if issue.worklogs.len() >= PER_ISSUE_MAX {
        return Err(full());
    }
    let issue = issue.fields.id;
    let adjust = Adjust::of(call, "reduceBy")?;
    let new = accept(cloud, call, &call.body()?)?;
    let id = enter(cloud, call, issue, new, adjust);
    let worklog = find(cloud.issue(id_or_key)?, call, &id.to_string())?;
    let with_properties = call.expands("properties");
    let view = cloud.view(call);
    let document = document(&view, issue, worklog, with_properties);
    Ok(Response::json(201, &document))
}

fn full() -> Refusal {
    Refusal::message(
        413,
        "The number of worklogs on the issue exceeds the limit of 10000.",
    )
}

fn enter(cloud: &mut Cloud, call: &Call<'_>, issue: u64, new: New, adjust: Adjust) -> u64 {
    let id = cloud.store.next_id();
    let worklog = Worklog {
        id,
        author: call.by(),
        update_author: call.by(),
        comment: new.comment,
        started_ms: new.started_ms,
        spent_s: new.spent_s,
        created_ms: call.now_ms,
        updated_ms: call.now_ms,
        visibility: new.visibility,
        properties: new.properties,
    };
    if let Some(issue) = cloud.store.get_mut(issue) {
        issue.worklogs.push(worklog);
    }
    cloud.store.worklogs.changed(id, issue, call.now_ms);
    adjust_issue(cloud, call, issue, (0, new.spent_s), adjust);
    cloud.enter(call, Kind::Worklog, issue, None);
    announce(cloud, call, issue, "worklog_created", id);
    id
}

fn announce(cloud: &mut Cloud, call: &Call<'_>, issue: u64, name: &'static str, id: u64) {
    let view = cloud.second_version(call);
    let worklogs = cloud.store.get(issue).map(|it| it.worklogs.iter());
    let found = worklogs.and_then(|mut list| list.find(|it| it.id == id));
    if let Some(document) = found.map(|it| document(&view, issue, it, false)) {
        cloud.announce(call, &Event::Below(name, issue, "worklog", &document));
    }
}

fn adjust_issue(
    cloud: &mut Cloud,
    call: &Call<'_>,
    issue: u64,
    (before_s, now_s): (u64, u64),
    adjust: Adjust,
) {
    let Some(mut draft) = cloud.store.get(issue).map(|it| (*it.fields).clone()) else {
        return;
    };
    adjust.apply(&mut draft, before_s, now_s);
    write::commit(cloud, call, draft, None);
    // A new text alone moves the issue's `updated` without an entry in its changelog.
    cloud.store.touch(issue, call.now_ms);
}

/// The worklogs that the `update` of a create or an edit adds.
pub(crate) fn added(
    cloud: &Cloud,
    call: &Call<'_>,
    update: &Map<String, Value>,
) -> Result<Vec<New>, Refusal> {
    let Some(operations) = update.get("worklog") else {
        return Ok(Vec::new());
    };
    let operations = operations.as_array().ok_or_else(Refusal::payload)?;
    let one = |operation: &Value| {
        let body = operation.get("add").and_then(Value::as_object);
        let body = body
            .ok_or_else(|| Refusal::field("worklog", "Only the operation 'add' is supported."))?;
        accept(cloud, call, body)
    };
    operations.iter().map(one).collect()
}

/// Enters accepted worklogs of an issue.
pub(crate) fn add_all(cloud: &mut Cloud, call: &Call<'_>, issue: u64, worklogs: Vec<New>) {
    for new in worklogs {
        enter(cloud, call, issue, new, Adjust::Auto);
    }
}

/// `PUT /issue/{id}/worklog/{wid}`.
pub(crate) fn edit(cloud: &mut Cloud, call: &Call<'_>, id_or_key: &str, worklog: &str) -> Outcome {
    let issue = cloud.issue(id_or_key)?;
    let (id, before_s) = {
        let found = find(issue, call, worklog)?;
        (found.id, found.spent_s)
    };
    let issue = issue.fields.id;
    let adjust = Adjust::of(call, "reduceBy")?;
    let given = read(&cloud.judge(call, false), call, &call.body()?)?;
    let now_s = given.spent_s.unwrap_or(before_s);
    let worklogs = cloud.store.get_mut(issue).map(|it| &mut it.worklogs);
    let found = worklogs.and_then(|list| list.iter_mut().find(|it| it.id == id));
    let found = found.ok_or_else(Refusal::no_issue)?;
    found.spent_s = now_s;
    found.update_author = call.by();
    found.updated_ms = call.now_ms;
    if let Some(comment) = given.comment {
        found.comment = comment;
    }
    if let Some(started_ms) = given.started_ms {
        found.started_ms = started_ms;
    }
    if let Some(visibility) = given.visibility {
        found.visibility = visibility;
    }
    found.properties.extend(given.properties);
    cloud.store.worklogs.changed(id, issue, call.now_ms);
    adjust_issue(cloud, call, issue, (before_s, now_s), adjust);
    cloud.enter(call, Kind::Worklog, issue, None);
    announce(cloud, call, issue, "worklog_updated", id);
    one(cloud, call, id_or_key, worklog)
}

/// `DELETE /issue/{id}/worklog/{wid}`.
pub(crate) fn delete(
    cloud: &mut Cloud,
    call: &Call<'_>,
    id_or_key: &str,
    worklog: &str,
) -> Outcome {
    let issue = cloud.issue(id_or_key)?;
    let (id, spent_s) = {
        let found = find(issue, call, worklog)?;
        (found.id, found.spent_s)
    };
    let issue = issue.fields.id;
    let adjust = Adjust::of(call, "increaseBy")?;
    announce(cloud, call, issue, "worklog_deleted", id);
    if let Some(issue) = cloud.store.get_mut(issue) {
        issue.worklogs.retain(|it| it.id != id);
    }
    cloud.store.worklogs.gone(id, call.now_ms);
    adjust_issue(cloud, call, issue, (spent_s, 0), adjust);
    cloud.enter(call, Kind::Worklog, issue, None);
    Ok(Response::empty(204))
}

/// `/issue/{id}/worklog/{wid}/properties[/{key}]`.
pub(crate) fn properties(
    cloud: &mut Cloud,
    call: &Call<'_>,
    id_or_key: &str,
    worklog: &str,
    key: Option<&str>,
) -> Outcome {
    let issue = cloud.issue(id_or_key)?;
    let id = find(issue, call, worklog)?.id;
    let issue = issue.fields.id;
    let path = format!("issue/{issue}/worklog/{id}/properties");
    let base = cloud.view(call).link(&path);
    let worklogs = cloud.store.get_mut(issue).map(|it| &mut it.worklogs);
    let found = worklogs.and_then(|list| list.iter_mut().find(|it| it.id == id));
    let found = found.ok_or_else(Refusal::no_issue)?;
    let (response, changed) = property::answer(call, &mut found.properties, &base, key)?;
    if changed {
        cloud.enter(call, Kind::Property, issue, None);
    }
    Ok(response)
}

/// `POST /worklog/list`: worklogs by id, of all issues.
pub(crate) fn by_ids(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let body = call.body()?;
    let ids = body.get("ids").and_then(Value::as_array);
    let ids = ids.ok_or_else(Refusal::payload)?;
    if ids.is_empty() || ids.len() > LISTED_MAX {
        return Err(Refusal::message(400, "ids takes 1 to 1000 worklog ids."));
    }
    let with_properties = call.expands("properties");
    let view = cloud.view(call);
    let row = |id: &Value| {
        let id = id.as_u64()?;
        let issue = cloud.store.get(cloud.store.worklogs.holder(id)?)?;
        let worklog = issue.worklogs.iter().find(|it| it.id == id)?;
        let seen = sees(call.user, worklog.visibility);
        seen.then(|| document(&view, issue.fields.id, worklog, with_properties))
    };
    let rows: Vec<Value> = ids.iter().filter_map(row).collect();
    Ok(Response::json(200, &Value::Array(rows)))
}
