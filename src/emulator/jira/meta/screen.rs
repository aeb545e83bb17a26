//! What the screens for creating and for editing an issue hold.

use serde_json::{Map, Value, json};

use super::field::schema;
use super::{named_project, ok};
use crate::jira::Cloud;
use crate::jira::call::{Call, Page};
use crate::jira::issue::Fields;
use crate::jira::option::{self, FieldOption};
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::scheme::{
    self, FIELDS, Field, IssueType, PRIORITIES, PROJECTS, Project, Screen, TYPES,
};
use crate::jira::view::View;
use crate::jira::{component, custom, release};

/// The project in which an issue is to be created. The description of these operations has no 404 (jira.md 5.3).
fn creating_in(project: &str) -> Result<&'static Project, Refusal> {
    let text = format!("No project could be found with key '{project}'.");
    named_project(project).map_err(|_| Refusal::message(400, text))
}

/// `GET /issue/createmeta/{project}/issuetypes`.
pub(crate) fn create_types(cloud: &Cloud, call: &Call<'_>, project: &str) -> Outcome {
    creating_in(project)?;
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
    let project = creating_in(project)?;
    let kind = TYPES.iter().find(|it| it.id == kind);
    let kind = kind.ok_or_else(|| Refusal::message(400, "The issue type was not found."))?;
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

fn is_required(cloud: &Cloud, field: &Field, kind: &IssueType) -> bool {
    matches!(field.id, "summary" | "issuetype" | "project" | "reporter")
        || (field.id == "parent" && kind.is_subtask())
        || cloud.screens.requires(field.id)
}

/// The fields of an issue that have resources of their own and still stand on its screens.
fn beside(id: &str, creating: bool) -> bool {
    matches!(id, "issuelinks" | "attachment") || (id == "comment" && !creating)
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
