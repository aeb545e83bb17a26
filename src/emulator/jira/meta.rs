//! What is set up on the site, as its answers describe it.

mod field;
mod kind;
mod rank;
mod screen;
mod status;

use serde_json::{Value, json};

use crate::jira::Cloud;
use crate::jira::account::User;
use crate::jira::call::{Call, Page};
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::scheme::{self, PROJECTS, Project, TYPES};
use crate::jira::time::written;
use crate::jira::view::View;
use crate::jira::{component, release};
use crate::site::Response;

pub(crate) use field::{field_option, field_search, fields, schema};
pub(crate) use kind::{alternatives, issue_type, issue_types, issue_types_of_project};
pub(crate) use rank::{
    priorities, priority, priority_search, resolution, resolution_search, resolutions,
};
pub(crate) use screen::{create_fields, create_meta, create_types, edit_document, edit_fields};
pub(crate) use status::{
    categories, category, project_statuses, status, status_search, statuses, statuses_by,
};

fn ok(document: &Value) -> Outcome {
    Ok(Response::json(200, document))
}

/// `GET /serverInfo`, which needs no account.
pub(crate) fn server_info(origin: &str, now_ms: i64) -> Response {
    let document = json!({
        "baseUrl": origin,
        "displayUrl": origin,
        "version": "1001.0.0-SNAPSHOT",
        "versionNumbers": [1001, 0, 0],
        "deploymentType": "Cloud",
        "buildNumber": 100_300,
        "buildDate": "2026-08-24T00:00:00.000+0000",
        "serverTime": written(now_ms),
        "serverTitle": "Jira",
        "defaultLocale": {"locale": "en_US"},
        "serverTimeZone": "Etc/UTC",
    });
    Response::json(200, &document)
}

/// `GET /_edge/tenant_info`, which needs no account.
pub(crate) fn tenant_info() -> Response {
    Response::json(
        200,
        &json!({"cloudId": "11111111-aaaa-4bbb-8ccc-222222222222"}),
    )
}

fn project_document(view: &View<'_>, project: &Project, lead: &User) -> Value {
    let mut document = view.project(project);
    document["description"] = json!("");
    document["lead"] = lead.document(view.origin);
    document["issueTypes"] = TYPES.iter().map(|it| view.issue_type(it)).collect();
    let components = view.store.components.of_project(project.id);
    document["components"] = components.map(|it| component::brief(view, it)).collect();
    let versions = view.store.versions.of_project(project.id);
    document["versions"] = versions.map(|it| release::brief(view, it)).collect();
    document["assigneeType"] = json!("UNASSIGNED");
    document["roles"] = json!({});
    document["style"] = json!("classic");
    document["isPrivate"] = json!(false);
    document["properties"] = json!({});
    document
}

/// The project of that id or key.
pub(crate) fn named_project(id_or_key: &str) -> Result<&'static Project, Refusal> {
    scheme::project_of(id_or_key).ok_or_else(|| no_project(id_or_key))
}

/// There is no such project, or the caller does not see it.
pub(crate) fn no_project(id_or_key: &str) -> Refusal {
    let text = format!("No project could be found with key '{id_or_key}'.");
    Refusal::message(404, text)
}

/// `GET /project`.
pub(crate) fn projects(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let view = cloud.view(call);
    let seen = PROJECTS.iter().filter(|it| call.user.sees(it));
    ok(&seen.map(|it| view.project(it)).collect())
}

/// `GET /project/search`.
pub(crate) fn project_search(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let view = cloud.view(call);
    let query = call
        .request
        .query("query")
        .unwrap_or_default()
        .to_lowercase();
    let keys: Vec<&str> = call
        .request
        .query
        .iter()
        .filter(|(name, _)| name == "keys")
        .map(|(_, it)| it.as_str())
        .collect();
    let fits = |it: &&Project| {
        call.user.sees(it)
            && (it.key.to_lowercase().contains(&query) || it.name.to_lowercase().contains(&query))
            && (keys.is_empty() || keys.contains(&it.key))
    };
    let found: Vec<&Project> = PROJECTS.iter().filter(fits).collect();
    let page = Page::of(call, 50, 100);
    let rows: Vec<Value> = page.cut(&found).iter().map(|it| view.project(it)).collect();
    Ok(page.document(&view.link("project/search"), "values", rows, found.len()))
}

/// `GET /project/{idOrKey}`.
pub(crate) fn project(cloud: &Cloud, call: &Call<'_>, id_or_key: &str) -> Outcome {
    let project = named_project(id_or_key)?;
    let lead = cloud.users.all().first().unwrap_or(call.user);
    ok(&project_document(&cloud.view(call), project, lead))
}
