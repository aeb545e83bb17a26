//! The resources of components: `/component` and `/project/{idOrKey}/component[s]`.

use serde_json::{Map, Value, json};

use crate::jira::call::{Call, Page};
use crate::jira::component::Component;
use crate::jira::issue::Fields;
use crate::jira::part_api::{self, Words, project_of};
use crate::jira::permission::Permission;
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::scheme::{self, Project};
use crate::jira::{Cloud, Routed, component, found};
use crate::site::Response;

const WORDS: Words = Words {
    noun: "component",
    nameless: "The component name specified is invalid - cannot be an empty string.",
};

/// Answers a request below `/component`.
pub(crate) fn dispatch(cloud: &mut Cloud, call: &Call<'_>, rest: &[&str]) -> Routed {
    match (call.request.method.as_str(), rest) {
        ("GET", ["component"]) => found(list(cloud, call)),
        ("POST", ["component"]) => found(create(cloud, call)),
        ("GET", ["component", id]) => {
            let component = of(cloud, call, id)?;
            found(Ok(Response::json(200, &document(cloud, call, component))))
        }
        ("PUT", ["component", id]) => found(update(cloud, call, id)),
        ("DELETE", ["component", id]) => found(remove(cloud, call, id)),
        ("GET", ["component", id, "relatedIssueCounts"]) => {
            let id = of(cloud, call, id)?.id;
            let link = cloud.view(call).link(&format!("component/{id}"));
            let document = json!({"self": link, "issueCount": count(cloud, id)});
            found(Ok(Response::json(200, &document)))
        }
        _ => Ok(None),
    }
}

/// The component of that id, in a project that the caller sees.
fn of<'a>(cloud: &'a Cloud, call: &Call<'_>, id: &str) -> Result<&'a Component, Refusal> {
    let component = id
        .parse()
        .ok()
        .and_then(|id| cloud.store.components.get(id));
    let seen = |it: &&Component| project_of(it.project).is_some_and(|it| call.user.sees(it));
    component
        .filter(seen)
        .ok_or_else(|| Refusal::message(404, format!("The component with id {id} does not exist.")))
}

fn count(cloud: &Cloud, id: u64) -> usize {
    part_api::held(cloud, |it| it.components.contains(&id)).count()
}

/// A component with everything. Issues that name it are assigned by the project's default, which is nobody.
fn document(cloud: &Cloud, call: &Call<'_>, component: &Component) -> Value {
    let view = cloud.view(call);
    let mut document = json!({
        "self": view.link(&format!("component/{}", component.id)),
        "id": component.id.to_string(),
        "name": component.name,
        "description": component.description,
        "assigneeType": "PROJECT_DEFAULT",
        "realAssigneeType": "PROJECT_DEFAULT",
        "isAssigneeTypeValid": false,
        "project": project_of(component.project).map(|it| it.key),
        "projectId": component.project,
    });
    if component.lead.is_some() {
        document["lead"] = view.user(component.lead);
    }
    document
}

fn create(cloud: &mut Cloud, call: &Call<'_>) -> Outcome {
    let body = call.body()?;
    let Some(key) = body.get("project").and_then(Value::as_str) else {
        return Err(Refusal::field(
            "project",
            "The project of a component is required.",
        ));
    };
    let project = scheme::project_of(key).filter(|it| call.user.sees(it));
    let project = project.ok_or_else(|| crate::jira::meta::no_project(key))?;
    cloud.require(call, project, Permission::AdministerProjects)?;
    WORDS.room(cloud.store.components.of_project(project.id).count())?;
    let mut component = Component {
        id: 0,
        project: project.id,
        name: String::new(),
        description: String::new(),
        lead: None,
    };
    if !body.contains_key("name") {
        return Err(Refusal::field("name", WORDS.nameless));
    }
    apply(cloud, &body, &mut component)?;
    component.id = cloud.store.next_id();
    cloud.store.components.insert(component.clone());
    Ok(Response::json(201, &document(cloud, call, &component)))
}

fn apply(
    cloud: &Cloud,
    body: &Map<String, Value>,
    component: &mut Component,
) -> Result<(), Refusal> {
    for (name, value) in body {
        match (name.as_str(), value) {
            ("name", Value::String(text)) => component.name = free_name(cloud, text, component)?,
            ("description", Value::Null) => component.description.clear(),
            ("description", Value::String(text)) => {
                component.description = part_api::description(text)?;
            }
            ("leadAccountId", Value::Null) => component.lead = None,
            ("leadAccountId", Value::String(id)) => {
                let user = cloud.users.of(id);
                let text = format!("The user {id} does not exist.");
                let user = user.ok_or_else(|| Refusal::field("leadAccountId", text))?;
                component.lead = Some(user.person.account_id);
            }
            ("assigneeType", Value::String(kind)) => {
                let known = [
                    "PROJECT_DEFAULT",
                    "COMPONENT_LEAD",
                    "PROJECT_LEAD",
                    "UNASSIGNED",
                ];
                if !known.contains(&kind.as_str()) {
                    return Err(Refusal::field(
                        "assigneeType",
                        "The assignee type is invalid.",
                    ));
                }
            }
            // Everything else that a component's own document carries is read, not written.
            (
                "id"
                | "self"
                | "project"
                | "projectId"
                | "lead"
                | "assignee"
                | "realAssignee"
                | "realAssigneeType"
                | "isAssigneeTypeValid"
                | "leadUserName"
                | "metadata"
                | "ari",
                _,
            ) => {}
            _ => return Err(Refusal::payload()),
        }
    }
    Ok(())
}

fn free_name(cloud: &Cloud, text: &str, component: &Component) -> Result<String, Refusal> {
    let name = WORDS.name(text)?;
    let other = cloud.store.components.named(component.project, name);
    if other.is_some_and(|it| it.id != component.id) {
        let text = format!("A component with the name {name} already exists in this project.");
        return Err(Refusal::field("name", text));
    }
    Ok(name.to_owned())
}

fn require(cloud: &Cloud, call: &Call<'_>, component: &Component) -> Result<(), Refusal> {
    project_of(component.project).map_or(Ok(()), |it| {
        cloud.require(call, it, Permission::AdministerProjects)
    })
}

fn update(cloud: &mut Cloud, call: &Call<'_>, id: &str) -> Outcome {
    let mut component = of(cloud, call, id)?.clone();
    require(cloud, call, &component)?;
    apply(cloud, &call.body()?, &mut component)?;
    if let Some(stored) = cloud.store.components.get_mut(component.id) {
        *stored = component.clone();
    }
    Ok(Response::json(200, &document(cloud, call, &component)))
}

/// `DELETE /component/{id}?moveIssuesTo=`.
fn remove(cloud: &mut Cloud, call: &Call<'_>, id: &str) -> Outcome {
    let component = of(cloud, call, id)?.clone();
    require(cloud, call, &component)?;
    let instead = match call
        .request
        .query("moveIssuesTo")
        .filter(|it| !it.is_empty())
    {
        None => None,
        Some(other) => {
            let other = of(cloud, call, other)?;
            if other.project != component.project || other.id == component.id {
                let text = format!("The component with id {} does not exist.", other.id);
                return Err(Refusal::message(404, text));
            }
            Some(other.id)
        }
    };
    let gone = component.id;
    let holds = |it: &Fields| it.components.contains(&gone);
    part_api::change(cloud, call, holds, |draft| {
        draft.components.remove(&gone);
        draft.components.extend(instead);
    });
    cloud.store.components.remove(gone);
    Ok(Response::empty(204))
}

/// `GET /component?projectIdsOrKeys=&query=`: across projects.
fn list(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let asked = call
        .request
        .query
        .iter()
        .filter(|(name, _)| name == "projectIdsOrKeys");
    let names: Vec<&str> = asked
        .flat_map(|(_, list)| list.split(','))
        .map(str::trim)
        .collect();
    let mut projects = Vec::new();
    for name in names {
        let found = scheme::project_of(name).filter(|it| call.user.sees(it));
        projects.push(found.ok_or_else(|| crate::jira::meta::no_project(name))?);
    }
    if projects.is_empty() {
        projects = scheme::PROJECTS
            .iter()
            .filter(|it| call.user.sees(it))
            .collect();
    }
    let query = call
        .request
        .query("query")
        .unwrap_or_default()
        .to_lowercase();
    let all = projects
        .iter()
        .flat_map(|it| cloud.store.components.of_project(it.id));
    let found: Vec<&Component> = all
        .filter(|it| it.name.to_lowercase().contains(&query))
        .collect();
    let page = Page::of(call, 50, 1_000);
    let view = cloud.view(call);
    let shown = page.cut(&found).iter();
    let rows = shown.map(|it| component::brief(&view, it)).collect();
    Ok(page.document(&view.link("component"), "values", rows, found.len()))
}

/// `GET /project/{idOrKey}/components`: all of them.
pub(crate) fn all_of_project(cloud: &Cloud, call: &Call<'_>, project: &Project) -> Outcome {
    let all = cloud.store.components.of_project(project.id);
    Ok(Response::json(
        200,
        &all.map(|it| document(cloud, call, it)).collect(),
    ))
}

/// `GET /project/{idOrKey}/component?query=&orderBy=`: a page, with the number of issues of each.
pub(crate) fn page_of_project(cloud: &Cloud, call: &Call<'_>, project: &Project) -> Outcome {
    let text = call.request.query("query").unwrap_or_default();
    let text = text.to_lowercase();
    let all = cloud.store.components.of_project(project.id);
    let found = all.filter(|it| it.name.to_lowercase().contains(&text));
    let sort = |name: &str, found: &mut Vec<&Component>| {
        match name {
            "" | "name" => found.sort_by(|a, b| a.name.cmp(&b.name)),
            "description" => found.sort_by(|a, b| a.description.cmp(&b.description)),
            "issueCount" => found.sort_by_cached_key(|it| count(cloud, it.id)),
            "lead" => found.sort_by_key(|it| it.lead),
            _ => return false,
        }
        true
    };
    let row = |it: &Component| {
        let mut row = document(cloud, call, it);
        row["issueCount"] = json!(count(cloud, it.id));
        row
    };
    WORDS.page((cloud, call), project, found.collect(), sort, row)
}
