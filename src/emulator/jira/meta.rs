//! What is set up on the site, as its answers describe it.

use serde_json::{Map, Value, json};

use crate::jira::Cloud;
use crate::jira::account::User;
use crate::jira::call::{Call, Page};
use crate::jira::component;
use crate::jira::custom;
use crate::jira::issue::Fields;
use crate::jira::option::{self, FieldOption};
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::release;
use crate::jira::scheme::{
    self, CATEGORIES, FIELDS, Field, IssueType, Named, PRIORITIES, PROJECTS, Project, RESOLUTIONS,
    STATUSES, Screen, Status, TYPES, default_priority,
};
use crate::jira::time::written;
use crate::jira::view::View;
use crate::jira::workflow;
use crate::site::Response;

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

/// `GET /issuetype`.
pub(crate) fn issue_types(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let view = cloud.view(call);
    ok(&TYPES.iter().map(|it| view.issue_type(it)).collect())
}

/// `GET /issuetype/project?projectId=`.
pub(crate) fn issue_types_of_project(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let id = call.request.query("projectId").unwrap_or_default();
    if id.parse::<u64>().is_err() {
        return Err(Refusal::message(
            400,
            "The projectId query parameter must be a number.",
        ));
    }
    named_project(id)?;
    issue_types(cloud, call)
}

/// `GET /issuetype/{id}`.
pub(crate) fn issue_type(cloud: &Cloud, call: &Call<'_>, id: &str) -> Outcome {
    let kind = TYPES.iter().find(|it| it.id == id);
    let kind = kind.ok_or_else(|| Refusal::message(404, "The issue type was not found."))?;
    ok(&cloud.view(call).issue_type(kind))
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

/// `GET /priority`.
pub(crate) fn priorities(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let view = cloud.view(call);
    ok(&PRIORITIES.iter().map(|it| view.priority(it)).collect())
}

/// `GET /priority/{id}`.
pub(crate) fn priority(cloud: &Cloud, call: &Call<'_>, id: &str) -> Outcome {
    let found = PRIORITIES.iter().find(|it| it.id == id);
    let found = found.ok_or_else(|| Refusal::message(404, "The issue priority was not found."))?;
    ok(&cloud.view(call).priority(found))
}

/// `GET /priority/search?priorityName=&id=&onlyDefault=`.
pub(crate) fn priority_search(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let name = call
        .request
        .query("priorityName")
        .unwrap_or_default()
        .to_lowercase();
    let ids: Vec<&str> = asked(call, "id");
    let fits = |it: &&Named| {
        it.name.to_lowercase().contains(&name)
            && (ids.is_empty() || ids.contains(&it.id))
            && (!call.flag("onlyDefault") || it.id == default_priority().id)
    };
    let found: Vec<&Named> = PRIORITIES.iter().filter(fits).collect();
    let page = Page::of(call, 50, 50);
    let view = cloud.view(call);
    let row = |it: &&Named| {
        let mut row = view.priority(it);
        row["isDefault"] = json!(it.id == default_priority().id);
        row
    };
    let rows: Vec<Value> = page.cut(&found).iter().map(row).collect();
    Ok(page.document(&view.link("priority/search"), "values", rows, found.len()))
}

fn asked<'a>(call: &Call<'a>, wanted: &str) -> Vec<&'a str> {
    let all = call.request.query.iter().filter(|(name, _)| name == wanted);
    all.map(|(_, it)| it.as_str()).collect()
}

/// `GET /resolution/search?id=`.
pub(crate) fn resolution_search(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let ids = asked(call, "id");
    let fits = |it: &&Named| ids.is_empty() || ids.contains(&it.id);
    let found: Vec<&Named> = RESOLUTIONS.iter().filter(fits).collect();
    let page = Page::of(call, 50, 50);
    let view = cloud.view(call);
    let row = |it: &&Named| {
        let mut row = view.resolution(it);
        row["default"] = json!(false);
        row
    };
    let rows: Vec<Value> = page.cut(&found).iter().map(row).collect();
    Ok(page.document(&view.link("resolution/search"), "values", rows, found.len()))
}

/// `GET /resolution/{id}`.
pub(crate) fn resolution(cloud: &Cloud, call: &Call<'_>, id: &str) -> Outcome {
    let found = RESOLUTIONS.iter().find(|it| it.id == id);
    let found = found.ok_or_else(|| Refusal::message(404, "The resolution was not found."))?;
    ok(&cloud.view(call).resolution(found))
}

/// `GET /issuetype/{id}/alternatives`: the types of the same shape.
pub(crate) fn alternatives(cloud: &Cloud, call: &Call<'_>, id: &str) -> Outcome {
    let kind = TYPES.iter().find(|it| it.id == id);
    let kind = kind.ok_or_else(|| Refusal::message(404, "The issue type was not found."))?;
    let fits = |it: &&IssueType| it.id != kind.id && it.is_subtask() == kind.is_subtask();
    let view = cloud.view(call);
    ok(&TYPES
        .iter()
        .filter(fits)
        .map(|it| view.issue_type(it))
        .collect())
}

/// `GET /resolution`.
pub(crate) fn resolutions(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let view = cloud.view(call);
    ok(&RESOLUTIONS.iter().map(|it| view.resolution(it)).collect())
}

/// A field's `schema`.
pub(crate) fn schema(field: &Field) -> Value {
    let mut schema = json!({"type": field.kind});
    if let Some(items) = field.items {
        schema["items"] = json!(items);
    }
    match field.custom {
        Some((custom, id)) => {
            schema["custom"] = json!(custom);
            schema["customId"] = json!(id);
        }
        None => schema["system"] = json!(field.id),
    }
    schema
}

fn field_document(field: &Field) -> Value {
    json!({
        "id": field.id,
        "key": field.id,
        "name": field.name,
        "custom": field.custom.is_some(),
        "orderable": field.screen != Screen::None,
        "navigable": field.id != "comment",
        "searchable": true,
        "clauseNames": [field.id],
        "schema": schema(field),
    })
}

/// `GET /field`.
pub(crate) fn fields() -> Outcome {
    ok(&FIELDS.iter().map(field_document).collect())
}

/// `GET /field/search`.
pub(crate) fn field_search(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let page = Page::of(call, 50, 100);
    let query = call
        .request
        .query("query")
        .unwrap_or_default()
        .to_lowercase();
    let custom = call.request.query("type");
    let fits = |it: &&Field| {
        it.name.to_lowercase().contains(&query)
            && custom.is_none_or(|kind| (kind == "custom") == it.custom.is_some())
    };
    let found: Vec<&Field> = FIELDS.iter().filter(fits).collect();
    let row = |it: &&Field| json!({"id": it.id, "name": it.name, "schema": schema(it), "description": ""});
    let rows: Vec<Value> = page.cut(&found).iter().map(row).collect();
    Ok(page.document(
        &cloud.view(call).link("field/search"),
        "values",
        rows,
        found.len(),
    ))
}

/// `GET /issue/createmeta/{project}/issuetypes`.
pub(crate) fn create_types(cloud: &Cloud, call: &Call<'_>, project: &str) -> Outcome {
    named_project(project)?;
    let view = cloud.view(call);
    let page = Page::of(call, 50, 200);
    let rows: Vec<Value> = page
        .cut(&TYPES)
        .iter()
        .map(|it| view.issue_type(it))
        .collect();
    let path = format!("issue/createmeta/{project}/issuetypes");
    Ok(page.document(&view.link(&path), "issueTypes", rows, TYPES.len()))
}

/// `GET /issue/createmeta/{project}/issuetypes/{typeId}`.
pub(crate) fn create_fields(cloud: &Cloud, call: &Call<'_>, project: &str, kind: &str) -> Outcome {
    let project = named_project(project)?;
    let kind = TYPES.iter().find(|it| it.id == kind);
    let kind = kind.ok_or_else(|| Refusal::message(404, "The issue type was not found."))?;
    let view = cloud.view(call);
    let on_screen: Vec<&Field> = FIELDS
        .iter()
        .filter(|it| cloud.screens.of(it) != Screen::None || beside(it.id, true))
        .collect();
    let page = Page::of(call, 50, 200);
    let row = |field: &&Field| {
        let mut row = on_screen_document(&view, field, kind, project);
        row["required"] = json!(is_required(cloud, field, kind));
        row["fieldId"] = json!(field.id);
        row
    };
    let rows: Vec<Value> = page.cut(&on_screen).iter().map(row).collect();
    let path = format!("issue/createmeta/{}/issuetypes/{}", project.key, kind.id);
    Ok(page.document(&view.link(&path), "fields", rows, on_screen.len()))
}

fn is_required(cloud: &Cloud, field: &Field, kind: &IssueType) -> bool {
    matches!(field.id, "summary" | "issuetype" | "project" | "reporter")
        || (field.id == "parent" && kind.is_subtask())
        || cloud.screens.requires(field.id)
}

/// The fields of an issue that have resources of their own and still stand on its screens.
fn beside(id: &str, creating: bool) -> bool {
    matches!(id, "issuelinks" | "attachment") || (id == "comment" && !creating)
}

fn operations(field: &Field) -> Value {
    match field.id {
        "labels" | "components" | "fixVersions" | "versions" => json!(["add", "set", "remove"]),
        "issuelinks" => json!(["add"]),
        "attachment" => json!([]),
        "comment" => json!(["add", "edit", "remove"]),
        "timetracking" => json!(["set", "edit"]),
        _ if custom::kind_of(field).is_some_and(custom::Kind::is_set) => {
            json!(["add", "set", "remove"])
        }
        _ => json!(["set"]),
    }
}

fn on_screen_document(
    view: &View<'_>,
    field: &Field,
    kind: &IssueType,
    project: &Project,
) -> Value {
    let mut document = json!({
        "schema": schema(field),
        "name": field.name,
        "key": field.id,
        // Who creates an issue is its reporter where nobody else is named.
        "hasDefaultValue": matches!(field.id, "priority" | "reporter"),
        "operations": operations(field),
    });
    if field.id == "priority" {
        document["defaultValue"] = view.priority(scheme::default_priority());
    }
    if let Some(allowed) = allowed(view, field, kind, project) {
        document["allowedValues"] = allowed;
    }
    let complete = match (field.id, field.kind, field.items) {
        ("labels", ..) => Some("label/suggest?query=".to_owned()),
        ("issuelinks", ..) => {
            Some("issue/picker?currentProjectId=&showSubTasks=true&query=".to_owned())
        }
        (_, "user", _) | (_, _, Some("user")) => Some("user/search?query=".to_owned()),
        _ => None,
    };
    if let Some(path) = complete {
        document["autoCompleteUrl"] = json!(view.link(&path));
    }
    document
}

/// The values that a field can take, where they are few.
fn allowed(view: &View<'_>, field: &Field, kind: &IssueType, project: &Project) -> Option<Value> {
    let store = view.store;
    Some(match field.id {
        "issuetype" => json!([view.issue_type(kind)]),
        "project" => json!([view.project(project)]),
        "priority" => PRIORITIES.iter().map(|it| view.priority(it)).collect(),
        "components" => store
            .components
            .of_project(project.id)
            .map(|it| component::brief(view, it))
            .collect(),
        "fixVersions" | "versions" => store
            .versions
            .of_project(project.id)
            .filter(|it| !it.archived)
            .map(|it| release::brief(view, it))
            .collect(),
        id => {
            custom::kind_of(field).filter(|it| it.has_options())?;
            let top = store.options.of_field(id);
            top.filter(|it| it.parent.is_none() && !it.disabled)
                .map(|it| option_with_children(view, it))
                .collect()
        }
    })
}

fn option_with_children(view: &View<'_>, parent: &FieldOption) -> Value {
    let mut document = option::brief(view, parent);
    let below = view.store.options.of_field(parent.field);
    let below = below.filter(|it| it.parent == Some(parent.id) && !it.disabled);
    let children: Vec<Value> = below.map(|it| option::brief(view, it)).collect();
    if !children.is_empty() {
        document["children"] = Value::Array(children);
    }
    document
}

/// `GET /issue/{id}/editmeta`.
pub(crate) fn edit_fields(cloud: &Cloud, call: &Call<'_>, id_or_key: &str) -> Outcome {
    let fields = &cloud.issue(id_or_key)?.fields;
    for forbidden in ["overrideScreenSecurity", "overrideEditableFlag"] {
        if call.flag(forbidden) {
            let text = format!(
                "'{forbidden}' is for Connect and Forge apps with the permission to administer Jira."
            );
            return Err(Refusal::message(403, text));
        }
    }
    ok(&edit_document(cloud, call, fields))
}

/// The fields that an edit of an issue can set.
pub(crate) fn edit_document(cloud: &Cloud, call: &Call<'_>, fields: &Fields) -> Value {
    let view = cloud.view(call);
    let on_screen = FIELDS
        .iter()
        .filter(|it| cloud.screens.of(it) == Screen::Both || beside(it.id, false));
    let row = |field: &Field| {
        let mut row = on_screen_document(&view, field, fields.kind, fields.project);
        row["required"] = json!(is_required(cloud, field, fields.kind));
        (field.id.to_owned(), row)
    };
    json!({"fields": on_screen.map(row).collect::<Map<_, _>>()})
}

/// `GET /customFieldOption/{id}`.
pub(crate) fn field_option(cloud: &Cloud, call: &Call<'_>, id: &str) -> Outcome {
    let option = id.parse().ok().and_then(|id| cloud.store.options.get(id));
    let option = option.ok_or_else(|| Refusal::message(404, "The option was not found."))?;
    let mut document = option::brief(&cloud.view(call), option);
    if let Some(document) = document.as_object_mut() {
        document.remove("id");
    }
    ok(&document)
}

/// `GET /issue/createmeta`, which clients still ask: projects with their types, and with `expand` their fields.
pub(crate) fn create_meta(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let named = |name: &str| -> Vec<String> {
        let values = call.request.query.iter().filter(|(key, _)| key == name);
        let parts = values.flat_map(|(_, list)| list.split(','));
        parts
            .map(|it| it.trim().to_lowercase())
            .filter(|it| !it.is_empty())
            .collect()
    };
    let fits = |asked: &[String], own: &str| {
        asked.is_empty() || asked.iter().any(|it| *it == own.to_lowercase())
    };
    let (keys, ids) = (named("projectKeys"), named("projectIds"));
    let (type_ids, type_names) = (named("issuetypeIds"), named("issuetypeNames"));
    let with_fields = call.expands("projects.issuetypes.fields");
    let view = cloud.view(call);
    let kind_row = |kind: &IssueType, project: &Project| {
        let mut row = view.issue_type(kind);
        if with_fields {
            let on_screen = FIELDS
                .iter()
                .filter(|it| cloud.screens.of(it) != Screen::None || beside(it.id, true));
            let field = |field: &Field| {
                let mut row = on_screen_document(&view, field, kind, project);
                row["required"] = json!(is_required(cloud, field, kind));
                (field.id.to_owned(), row)
            };
            row["fields"] = on_screen.map(field).collect::<Map<_, _>>().into();
            row["expand"] = json!("fields");
        }
        row
    };
    let project_row = |project: &&Project| {
        let kinds = TYPES
            .iter()
            .filter(|it| fits(&type_ids, it.id) && fits(&type_names, it.name));
        json!({
            "expand": "issuetypes",
            "self": view.link(&format!("project/{}", project.id)),
            "id": project.id.to_string(),
            "key": project.key,
            "name": project.name,
            "issuetypes": kinds.map(|it| kind_row(it, project)).collect::<Vec<_>>(),
        })
    };
    let wanted = PROJECTS
        .iter()
        .filter(|it| fits(&keys, it.key) && fits(&ids, &it.id.to_string()));
    let rows: Vec<Value> = wanted.map(|it| project_row(&it)).collect();
    ok(&json!({"expand": "projects", "projects": rows}))
}
