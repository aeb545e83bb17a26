//! The resources of versions: `/version` and `/project/{idOrKey}/version[s]`.

mod swap;

use serde_json::{Map, Value, json};

use crate::jira::call::Call;
use crate::jira::event::Event;
use crate::jira::issue::Fields;
use crate::jira::part_api::{self, Words, held, project_of};
use crate::jira::permission::Permission;
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::release::{self, Version};
use crate::jira::scheme::{self, Project};
use crate::jira::time::is_day;
use crate::jira::view::View;
use crate::jira::{Cloud, Routed, found, planning};
use crate::site::Response;
use swap::{Swap, linked, remove, swapped};

const WORDS: Words = Words {
    noun: "version",
    nameless: "You must specify a valid version name",
};

/// Answers a request below `/version`.
pub(crate) fn dispatch(cloud: &mut Cloud, call: &Call<'_>, rest: &[&str]) -> Routed {
    match (call.request.method.as_str(), rest) {
        ("POST", ["version"]) => found(create(cloud, call)),
        ("GET", ["version", id]) => {
            let version = of(cloud, call, id)?;
            found(Ok(Response::json(200, &document(cloud, call, version))))
        }
        ("PUT", ["version", id]) => found(update(cloud, call, id)),
        ("DELETE", ["version", id]) => {
            let swap = Swap::of_query(cloud, call)?;
            found(remove(cloud, call, id, swap))
        }
        ("POST", ["version", id, "removeAndSwap"]) => {
            let swap = Swap::of_body(cloud, call)?;
            found(remove(cloud, call, id, swap))
        }
        ("PUT", ["version", id, "mergeto", other]) => {
            let other = of(cloud, call, other)?.id;
            let swap = Swap {
                fix: Some(other),
                affected: Some(other),
            };
            found(remove(cloud, call, id, swap))
        }
        ("POST", ["version", id, "move"]) => found(place(cloud, call, id)),
        ("GET", ["version", id, "unresolvedIssueCount"]) => found(unresolved(cloud, call, id)),
        ("GET", ["version", id, "relatedIssueCounts"]) => found(related(cloud, call, id)),
        _ => Ok(None),
    }
}

/// The version of that id, in a project that the caller sees.
fn of<'a>(cloud: &'a Cloud, call: &Call<'_>, id: &str) -> Result<&'a Version, Refusal> {
    let version = id.parse().ok().and_then(|id| cloud.store.versions.get(id));
    let seen = |it: &&Version| project_of(it.project).is_some_and(|it| call.user.sees(it));
    version
        .filter(seen)
        .ok_or_else(|| Refusal::message(404, format!("Could not find version for id '{id}'")))
}

/// The API description of versions has no 403: who may not administer the project finds nothing to write to.
fn require(cloud: &Cloud, call: &Call<'_>, project: &Project) -> Result<(), Refusal> {
    let refused = cloud.require(call, project, Permission::AdministerProjects);
    refused.map_err(|_| {
        Refusal::message(
            404,
            "The user does not have permission to complete this operation.",
        )
    })
}

/// A version with everything.
fn document(cloud: &Cloud, call: &Call<'_>, version: &Version) -> Value {
    let mut document = full(&cloud.view(call), version, call.now_ms);
    if call.expands("issuesstatus") {
        let count = |category: &str| {
            let of_it = held(cloud, |it| it.fix_versions.contains(&version.id));
            of_it
                .filter(|it| it.status.category.key == category)
                .count()
        };
        document["issuesStatusForFixVersion"] = json!({
            "unmapped": 0,
            "toDo": count("new"),
            "inProgress": count("indeterminate"),
            "done": count("done"),
        });
    }
    if call.expands("operations") {
        document["operations"] = json!([]);
    }
    document
}

/// A version as its own resource shows it.
pub(crate) fn full(view: &View<'_>, version: &Version, now_ms: i64) -> Value {
    let mut document = release::brief(view, version);
    document["projectId"] = json!(version.project);
    for (name, shown, day) in [
        ("startDate", "userStartDate", &version.start_date),
        ("releaseDate", "userReleaseDate", &version.release_date),
    ] {
        if let Some(day) = day {
            document[name] = json!(day);
            document[shown] = json!(as_users_see(day));
        }
    }
    if let Some(day) = &version.release_date {
        let today = planning::written(now_ms);
        let late = today.get(..10).is_some_and(|today| day.as_str() < today);
        document["overdue"] = json!(late && !version.released);
    }
    document
}

/// A day as the site's people see it: `24/Aug/26`.
fn as_users_see(day: &str) -> String {
    let date: Option<jiff::civil::Date> = day.parse().ok();
    date.map_or_else(String::new, |it| it.strftime("%d/%b/%y").to_string())
}

fn create(cloud: &mut Cloud, call: &Call<'_>) -> Outcome {
    let body = call.body()?;
    let by_id = body
        .get("projectId")
        .and_then(Value::as_u64)
        .map(|it| it.to_string());
    let by_key = body
        .get("project")
        .and_then(Value::as_str)
        .map(str::to_owned);
    let Some(named) = by_id.or(by_key) else {
        let text = "Project must be specified to create a version.";
        return Err(Refusal::field("project", text));
    };
    let project = scheme::project_of(&named)
        .filter(|it| call.user.sees(it))
        .ok_or_else(|| {
            Refusal::message(
                404,
                format!("No project could be found with identifier '{named}'."),
            )
        })?;
    require(cloud, call, project)?;
    WORDS.room(cloud.store.versions.of_project(project.id).count())?;
    let mut version = Version {
        id: 0,
        project: project.id,
        name: String::new(),
        description: String::new(),
        archived: false,
        released: false,
        start_date: None,
        release_date: None,
    };
    if !body.contains_key("name") {
        return Err(Refusal::field("name", WORDS.nameless));
    }
    apply(cloud, &body, &mut version)?;
    version.id = cloud.store.next_id();
    cloud.store.versions.insert(version.clone());
    cloud.announce(
        call,
        &Event::Version("jira:version_created", &version, None),
    );
    if version.released {
        cloud.announce(
            call,
            &Event::Version("jira:version_released", &version, None),
        );
    }
    Ok(Response::json(201, &document(cloud, call, &version)))
}

/// Sets what the body names; everything is checked before the version is stored.
fn apply(cloud: &Cloud, body: &Map<String, Value>, version: &mut Version) -> Result<(), Refusal> {
    for (name, value) in body {
        match (name.as_str(), value) {
            ("name", Value::String(text)) => version.name = free_name(cloud, text, version)?,
            ("description", Value::String(text)) => {
                version.description = part_api::description(text)?;
            }
            ("description", Value::Null) => version.description.clear(),
            ("archived", Value::Bool(flag)) => version.archived = *flag,
            ("released", Value::Bool(flag)) => version.released = *flag,
            ("startDate", value) => version.start_date = day("startDate", value)?,
            ("releaseDate", value) => version.release_date = day("releaseDate", value)?,
            // Everything else that a version's own document carries is read, not written.
            (
                "id"
                | "self"
                | "project"
                | "projectId"
                | "overdue"
                | "expand"
                | "operations"
                | "userStartDate"
                | "userReleaseDate"
                | "moveUnfixedIssuesTo"
                | "driver"
                | "approvers"
                | "issuesStatusForFixVersion",
                _,
            ) => {}
            _ => return Err(Refusal::payload()),
        }
    }
    match (&version.start_date, &version.release_date) {
        (Some(start), Some(end)) if start > end => Err(Refusal::field(
            "startDate",
            "The start date must be before the release date.",
        )),
        _ => Ok(()),
    }
}

fn free_name(cloud: &Cloud, text: &str, version: &Version) -> Result<String, Refusal> {
    let name = WORDS.name(text)?;
    let other = cloud.store.versions.named(version.project, name);
    if other.is_some_and(|it| it.id != version.id) {
        return Err(Refusal::field(
            "name",
            "A version with this name already exists in this project.",
        ));
    }
    Ok(name.to_owned())
}

fn day(name: &str, value: &Value) -> Result<Option<String>, Refusal> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) if text.is_empty() => Ok(None),
        Value::String(text) if is_day(text) => Ok(Some(text.clone())),
        other => Err(Refusal::field(
            name,
            format!("Please enter the date in the following format: yyyy-MM-dd, not {other}"),
        )),
    }
}

fn update(cloud: &mut Cloud, call: &Call<'_>, id: &str) -> Outcome {
    let before = of(cloud, call, id)?.clone();
    if let Some(project) = project_of(before.project) {
        require(cloud, call, project)?;
    }
    let body = call.body()?;
    let mut version = before.clone();
    apply(cloud, &body, &mut version)?;
    let releases = version.released && !before.released;
    let target = match body.get("moveUnfixedIssuesTo").and_then(Value::as_str) {
        Some(link) if releases => Some(linked(cloud, call, link)?),
        _ => None,
    };
    if let Some(target) = target {
        let gone = version.id;
        let unfixed = |it: &Fields| it.fix_versions.contains(&gone) && it.resolution.is_none();
        part_api::change(cloud, call, unfixed, |draft| {
            swapped(&mut draft.fix_versions, gone, Some(target));
        });
    }
    if let Some(stored) = cloud.store.versions.get_mut(version.id) {
        *stored = version.clone();
    }
    let name = match (before.released, version.released) {
        (false, true) => "jira:version_released",
        (true, false) => "jira:version_unreleased",
        _ => "jira:version_updated",
    };
    cloud.announce(call, &Event::Version(name, &version, None));
    Ok(Response::json(200, &document(cloud, call, &version)))
}

/// `POST /version/{id}/move` with `{"after": link}` or `{"position": "First"}`.
fn place(cloud: &mut Cloud, call: &Call<'_>, id: &str) -> Outcome {
    let version = of(cloud, call, id)?.clone();
    if let Some(project) = project_of(version.project) {
        require(cloud, call, project)?;
    }
    let body = call.body()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let order = cloud.store.versions.of_project(version.project);
    let order: Vec<u64> = order.map(|it| it.id).collect();
    let at = order.iter().position(|it| *it == version.id).unwrap_or(0);
    let to = match (text("after"), text("position")) {
        (Some(_), Some(_)) | (None, None) => {
            return Err(Refusal::message(
                400,
                "Exactly one of 'after' and 'position' must be given.",
            ));
        }
        (Some(link), None) => {
            let after = linked(cloud, call, link)?;
            let rest = order.iter().filter(|it| **it != version.id);
            let found = rest.clone().position(|it| *it == after);
            found.ok_or_else(|| {
                Refusal::message(
                    400,
                    "The version to move after is not one of the same project.",
                )
            })? + 1
        }
        (None, Some("First")) => 0,
        (None, Some("Last")) => order.len().saturating_sub(1),
        (None, Some("Earlier")) => at.saturating_sub(1),
        (None, Some("Later")) => (at + 1).min(order.len().saturating_sub(1)),
        (None, Some(other)) => {
            let text = format!("The position '{other}' is not one of First, Last, Earlier, Later.");
            return Err(Refusal::message(400, text));
        }
    };
    let order = cloud.store.versions.order_mut(version.project);
    order.retain(|it| *it != version.id);
    order.insert(to.min(order.len()), version.id);
    cloud.announce(call, &Event::Version("jira:version_moved", &version, None));
    Ok(Response::json(200, &document(cloud, call, &version)))
}

fn unresolved(cloud: &Cloud, call: &Call<'_>, id: &str) -> Outcome {
    let id = of(cloud, call, id)?.id;
    let all = || held(cloud, move |it| it.fix_versions.contains(&id));
    Ok(Response::json(
        200,
        &json!({
            "self": cloud.view(call).link(&format!("version/{id}")),
            "issuesCount": all().count(),
            "issuesUnresolvedCount": all().filter(|it| it.resolution.is_none()).count(),
        }),
    ))
}

fn related(cloud: &Cloud, call: &Call<'_>, id: &str) -> Outcome {
    let id = of(cloud, call, id)?.id;
    Ok(Response::json(
        200,
        &json!({
            "self": cloud.view(call).link(&format!("version/{id}")),
            "issuesFixedCount": held(cloud, move |it| it.fix_versions.contains(&id)).count(),
            "issuesAffectedCount": held(cloud, move |it| it.versions.contains(&id)).count(),
            "issueCountWithCustomFieldsShowingVersion": 0,
            "customFieldUsage": [],
        }),
    ))
}

/// `GET /project/{idOrKey}/versions`: all of them.
pub(crate) fn all_of_project(cloud: &Cloud, call: &Call<'_>, project: &Project) -> Outcome {
    let all = cloud.store.versions.of_project(project.id);
    Ok(Response::json(
        200,
        &all.map(|it| document(cloud, call, it)).collect(),
    ))
}

/// `GET /project/{idOrKey}/version?query=&status=&orderBy=`: a page.
pub(crate) fn page_of_project(cloud: &Cloud, call: &Call<'_>, project: &Project) -> Outcome {
    let query = |name: &str| call.request.query(name).unwrap_or_default();
    let text = query("query").to_lowercase();
    let states: Vec<&str> = query("status")
        .split(',')
        .filter(|it| !it.is_empty())
        .collect();
    let fits = |it: &&Version| {
        let state = match (it.archived, it.released) {
            (true, _) => "archived",
            (false, true) => "released",
            (false, false) => "unreleased",
        };
        let named =
            it.name.to_lowercase().contains(&text) || it.description.to_lowercase().contains(&text);
        named && (states.is_empty() || states.contains(&state))
    };
    let found = cloud.store.versions.of_project(project.id).filter(fits);
    let sort = |name: &str, found: &mut Vec<&Version>| {
        match name {
            "" | "sequence" => {}
            "name" => found.sort_by(|a, b| a.name.cmp(&b.name)),
            "description" => found.sort_by(|a, b| a.description.cmp(&b.description)),
            "startDate" => found.sort_by(|a, b| a.start_date.cmp(&b.start_date)),
            "releaseDate" => found.sort_by(|a, b| a.release_date.cmp(&b.release_date)),
            _ => return false,
        }
        true
    };
    let row = |it: &Version| document(cloud, call, it);
    WORDS.page((cloud, call), project, found.collect(), sort, row)
}
