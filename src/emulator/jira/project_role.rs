//! The roles that people play in projects, as `/role` and `/project/{idOrKey}/role` show them.

use serde_json::{Map, Value, json};

use crate::jira::Cloud;
use crate::jira::account::User;
use crate::jira::call::Call;
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::scheme::Project;
use crate::jira::visibility::{Circle, ROLES, Role};
use crate::site::Response;

fn document(
    cloud: &Cloud,
    call: &Call<'_>,
    role: &'static Role,
    project: Option<&Project>,
) -> Value {
    let path = match project {
        Some(project) => format!("project/{}/role/{}", project.id, role.id),
        None => format!("role/{}", role.id),
    };
    let actor = |(index, user): (usize, &User)| {
        json!({
            "id": 10_240 + index,
            "displayName": user.person.display,
            "type": "atlassian-user-role-actor",
            "actorUser": {"accountId": user.person.account_id},
        })
    };
    let plays = |it: &&User| {
        project.is_some_and(|project| it.sees(project)) && Circle::Role(role).admits(it)
    };
    let actors: Vec<Value> = cloud
        .users
        .all()
        .iter()
        .filter(plays)
        .enumerate()
        .map(actor)
        .collect();
    json!({
        "self": cloud.view(call).link(&path),
        "id": role.id,
        "name": role.name,
        "description": "",
        "actors": actors,
    })
}

/// Whether those who play the role administer the project.
fn is_admin(role: &Role) -> bool {
    role.name == "Administrators"
}

/// `GET /role`.
pub(crate) fn all(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let rows: Vec<Value> = ROLES
        .iter()
        .map(|it| document(cloud, call, it, None))
        .collect();
    Ok(Response::json(200, &json!(rows)))
}

/// `GET /role/{id}` and `GET /project/{idOrKey}/role/{id}`.
pub(crate) fn one(cloud: &Cloud, call: &Call<'_>, id: &str, project: Option<&Project>) -> Outcome {
    let role = ROLES
        .iter()
        .find(|it| it.id.to_string() == id)
        .ok_or_else(|| {
            Refusal::message(
                404,
                format!("Can not retrieve a role actor for a null project role: {id}"),
            )
        })?;
    Ok(Response::json(200, &document(cloud, call, role, project)))
}

/// `GET /project/{idOrKey}/role`: names with addresses.
pub(crate) fn of_project(cloud: &Cloud, call: &Call<'_>, project: &Project) -> Outcome {
    let view = cloud.view(call);
    let row = |it: &Role| {
        let link = view.link(&format!("project/{}/role/{}", project.id, it.id));
        (it.name.to_owned(), json!(link))
    };
    let rows: Map<String, Value> = ROLES.iter().map(row).collect();
    Ok(Response::json(200, &Value::Object(rows)))
}

/// `GET /project/{idOrKey}/roledetails`.
pub(crate) fn details(cloud: &Cloud, call: &Call<'_>, project: &Project) -> Outcome {
    let view = cloud.view(call);
    let row = |it: &Role| {
        json!({
            "self": view.link(&format!("project/{}/role/{}", project.id, it.id)),
            "id": it.id,
            "name": it.name,
            "description": "",
            "admin": is_admin(it),
            "default": !is_admin(it),
            "roleConfigurable": true,
            "translatedName": it.name,
        })
    };
    let rows: Vec<Value> = ROLES.iter().map(row).collect();
    Ok(Response::json(200, &json!(rows)))
}
