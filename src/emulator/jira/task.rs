//! Work that the site does after it has answered: moves of issues, and properties set on many issues.
//!
//! A task is done when virtual time reaches its end, so a client that does not wait for it reads what was before.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};

use crate::jira::Cloud;
use crate::jira::account::User;
use crate::jira::call::Call;
use crate::jira::property::{self, Properties};
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::relocation::{self, Move};
use crate::jira::time::written;
use crate::jira::version::Version;
use crate::limit;
use crate::site::{Request, Response};

/// How long a task waits, and how much longer it takes, in milliseconds.
const WAIT_MS: i64 = 300;
const RUN_MS: i64 = 700;

/// Tasks that may wait or run at once on a site (jira.md 11).
const UNDER_WAY_MAX: usize = 5;

/// What a task does to its issues.
#[derive(Debug, Clone)]
pub(crate) enum Deed {
    /// Moves them.
    Move(Move),
    /// Sets these properties on each of them.
    Set(BTreeMap<u64, Properties>),
    /// Takes this property away from them.
    Unset(String),
}

/// One task.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    pub(crate) id: u64,
    owner: &'static str,
    submitted_ms: i64,
    asked: Asked,
    deed: Deed,
    issues: Vec<u64>,
    /// Issues that were named and are not there.
    unknown: usize,
    /// The issues that were changed; nothing while it is not done.
    done: Option<Vec<u64>>,
}

/// How a task was asked for, by which webhooks tell of what it does.
#[derive(Debug, Clone)]
struct Asked {
    method: Method,
    path: String,
    version: Version,
    origin: String,
    media_origin: String,
}

impl Asked {
    fn of(call: &Call<'_>) -> Self {
        Self {
            method: call.request.method.clone(),
            path: call.request.path.clone(),
            version: call.version,
            origin: call.origin.to_owned(),
            media_origin: call.media_origin.to_owned(),
        }
    }
}

/// The tasks of a site, by id: those under way, and the latest that are done.
#[derive(Debug, Default)]
pub(crate) struct Tasks(BTreeMap<u64, Task>);

/// Takes in a task and gives its id.
pub(crate) fn submit(
    cloud: &mut Cloud,
    call: &Call<'_>,
    deed: Deed,
    issues: Vec<u64>,
    unknown: usize,
) -> Result<u64, Refusal> {
    let waiting = cloud.tasks.0.values().filter(|it| it.done.is_none());
    if waiting.count() >= UNDER_WAY_MAX {
        return Err(Refusal::message(429, "Rate limit exceeded.")
            .with_header("Retry-After", "1")
            .with_header("RateLimit-Reason", "jira-max-concurrent-bulk-operations"));
    }
    let id = cloud.store.next_id();
    let task = Task {
        id,
        owner: call.by(),
        submitted_ms: call.now_ms,
        asked: Asked::of(call),
        deed,
        issues,
        unknown,
        done: None,
    };
    if cloud.tasks.0.len() >= limit::TASKS_MAX {
        cloud.tasks.0.pop_first();
    }
    cloud.tasks.0.insert(id, task);
    Ok(id)
}

/// Does what is due by now, the oldest first.
pub(crate) fn catch_up(cloud: &mut Cloud, now_ms: i64) {
    let due = |it: &&Task| it.done.is_none() && it.submitted_ms + WAIT_MS + RUN_MS <= now_ms;
    let due: Vec<Task> = cloud.tasks.0.values().filter(due).cloned().collect();
    for task in due {
        let at_ms = task.submitted_ms + WAIT_MS + RUN_MS;
        let done = perform(cloud, &task, at_ms);
        if let Some(task) = cloud.tasks.0.get_mut(&task.id) {
            task.done = Some(done);
        }
    }
}

/// Does a task as its owner would, at the moment at which it is done; gives the issues that it changed.
fn perform(cloud: &mut Cloud, task: &Task, at_ms: i64) -> Vec<u64> {
    let Some(user) = cloud.users.of(task.owner).cloned() else {
        return Vec::new();
    };
    let asked = &task.asked;
    let request = Request::new(asked.method.clone(), &asked.path);
    let call = Call {
        request: &request,
        user: &user,
        version: asked.version,
        now_ms: at_ms,
        origin: &asked.origin,
        media_origin: &asked.media_origin,
        stale_search: false,
    };
    let issues = task.issues.iter().copied();
    match &task.deed {
        Deed::Move(to) => relocation::perform(cloud, &call, to, &task.issues),
        Deed::Set(all) => issues
            .filter(|id| {
                let new = all.get(id).cloned().unwrap_or_default();
                property::set(cloud, &call, *id, new)
            })
            .collect(),
        Deed::Unset(key) => issues
            .filter(|id| property::unset(cloud, &call, *id, key))
            .collect(),
    }
}

impl Task {
    fn status(&self, now_ms: i64) -> (&'static str, u8) {
        match self.done {
            Some(_) => ("COMPLETE", 100),
            None if now_ms < self.submitted_ms + WAIT_MS => ("ENQUEUED", 0),
            None => ("RUNNING", 50),
        }
    }

    fn began_ms(&self, now_ms: i64) -> Option<i64> {
        let began_ms = self.submitted_ms + WAIT_MS;
        (began_ms <= now_ms).then_some(began_ms)
    }
}

fn found<'a>(cloud: &'a Cloud, id: &str) -> Option<&'a Task> {
    cloud.tasks.0.get(&id.parse().ok()?)
}

/// `GET /bulk/queue/{taskId}`.
pub(crate) fn progress(cloud: &Cloud, call: &Call<'_>, id: &str) -> Outcome {
    let task = found(cloud, id).filter(|it| it.owner == call.by());
    let task = task
        .ok_or_else(|| Refusal::message(400, format!("The task with id '{id}' does not exist.")))?;
    let (status, percent) = task.status(call.now_ms);
    let began_ms = task.began_ms(call.now_ms);
    let done = task.done.as_deref().unwrap_or_default();
    let failed = match task.done {
        None => Vec::new(),
        Some(_) => task.issues.iter().filter(|id| !done.contains(id)).collect(),
    };
    let failed: serde_json::Map<String, Value> = failed
        .into_iter()
        .map(|id| (id.to_string(), json!(["The issue could not be moved."])))
        .collect();
    let owner = cloud.users.of(task.owner);
    let mut document = json!({
        "taskId": task.id.to_string(),
        "status": status,
        "progressPercent": percent,
        "submittedBy": owner.map(|it: &User| it.document(call.origin)),
        "created": written(task.submitted_ms),
        "updated": written(began_ms.unwrap_or(task.submitted_ms)),
        "totalIssueCount": task.issues.len() + task.unknown,
        "invalidOrInaccessibleIssueCount": task.unknown,
        "processedAccessibleIssues": done,
        "failedAccessibleIssues": failed,
    });
    if let Some(began_ms) = began_ms {
        document["started"] = json!(written(began_ms));
    }
    Ok(Response::json(200, &document))
}

/// `GET /task/{taskId}`.
pub(crate) fn one(cloud: &Cloud, call: &Call<'_>, id: &str) -> Outcome {
    let task = found(cloud, id).filter(|it| it.owner == call.by());
    let task = task
        .ok_or_else(|| Refusal::message(404, format!("The task with id '{id}' does not exist.")))?;
    let (status, percent) = task.status(call.now_ms);
    let began_ms = task.began_ms(call.now_ms);
    let mut document = json!({
        "self": cloud.view(call).link(&format!("task/{}", task.id)),
        "id": task.id.to_string(),
        "description": "",
        "status": status,
        "submittedBy": 10_000,
        "progress": percent,
        "elapsedRuntime": began_ms.map_or(0, |it| (call.now_ms - it).min(RUN_MS)),
        "submitted": task.submitted_ms,
        "lastUpdate": began_ms.unwrap_or(task.submitted_ms),
    });
    if let Some(began_ms) = began_ms {
        document["started"] = json!(began_ms);
    }
    if task.done.is_some() {
        document["finished"] = json!(task.submitted_ms + WAIT_MS + RUN_MS);
    }
    Ok(Response::json(200, &document))
}
