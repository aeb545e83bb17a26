//! Properties of issues and comments: small JSON documents that no user sees (jira.md 8.1).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::jira::Cloud;
use crate::jira::call::Call;
use crate::jira::event::Event;
use crate::jira::meta;
use crate::jira::permission::Permission;
use crate::jira::refusal::{Outcome, Refusal};
use crate::ledger::Kind;
use crate::limit;
use crate::site::Response;

/// The most characters of a key and of a value.
const KEY_CHARS_MAX: usize = 255;
const VALUE_CHARS_MAX: usize = 32_768;

/// The properties of one entity, by key.
pub(crate) type Properties = BTreeMap<String, Value>;

/// The list `[{"key","value"}]` that creates and edits may carry.
pub(crate) fn of_body(list: Option<&Value>) -> Result<Properties, Refusal> {
    let mut properties = Properties::new();
    let items = match list {
        None | Some(Value::Null) => return Ok(properties),
        Some(list) => list.as_array().ok_or_else(Refusal::payload)?,
    };
    for item in items {
        let key = item["key"].as_str().ok_or_else(Refusal::payload)?;
        check(key, &item["value"])?;
        properties.insert(key.to_owned(), item["value"].clone());
    }
    Ok(properties)
}

fn check(key: &str, value: &Value) -> Result<(), Refusal> {
    if key.is_empty() || key.chars().count() > KEY_CHARS_MAX {
        return Err(Refusal::message(
            400,
            "The length of the property key must be between 1 and 255 characters.",
        ));
    }
    if value.to_string().chars().count() > VALUE_CHARS_MAX {
        return Err(Refusal::message(
            400,
            "The value of the property is too long. It exceeds the allowed limit of 32,768 characters.",
        ));
    }
    Ok(())
}

/// `/issue/{id}/properties[/{key}]`.
pub(crate) fn of_issue(
    cloud: &mut Cloud,
    call: &Call<'_>,
    id_or_key: &str,
    key: Option<&str>,
) -> Outcome {
    let id = cloud.id(id_or_key)?;
    let base = cloud.view(call).link(&format!("issue/{id}/properties"));
    let issue = cloud.store.get_mut(id).ok_or_else(Refusal::no_issue)?;
    let (response, changed) = answer(call, &mut issue.properties, &base, key)?;
    if changed {
        cloud.enter(call, Kind::Property, id, None);
        announce(cloud, call, id, key.unwrap_or_default());
    }
    Ok(response)
}

/// Sets properties of an issue; false when it is there no more.
pub(crate) fn set(cloud: &mut Cloud, call: &Call<'_>, id: u64, new: Properties) -> bool {
    let Some(issue) = cloud.store.get_mut(id) else {
        return false;
    };
    let keys: Vec<String> = new.keys().cloned().collect();
    issue.properties.extend(new);
    for key in keys {
        announce(cloud, call, id, &key);
    }
    true
}

/// Takes a property away from an issue; false when there was none.
pub(crate) fn unset(cloud: &mut Cloud, call: &Call<'_>, id: u64, key: &str) -> bool {
    let issue = cloud.store.get_mut(id);
    let was_there = issue.is_some_and(|it| it.properties.remove(key).is_some());
    if was_there {
        announce(cloud, call, id, key);
    }
    was_there
}

fn announce(cloud: &mut Cloud, call: &Call<'_>, id: u64, key: &str) {
    let value = cloud
        .store
        .get(id)
        .and_then(|it| it.properties.get(key))
        .cloned();
    let name = if value.is_some() {
        "issue_property_set"
    } else {
        "issue_property_deleted"
    };
    cloud.announce(
        call,
        &Event::Property(name, id, key, &value.unwrap_or_default()),
    );
}

/// `/project/{idOrKey}/properties[/{key}]`: who changes them administers the project.
pub(crate) fn of_project(
    cloud: &mut Cloud,
    call: &Call<'_>,
    project: &str,
    key: Option<&str>,
) -> Outcome {
    let project = meta::named_project(project)?;
    if call.request.method != http::Method::GET {
        cloud.require(call, project, Permission::AdministerProjects)?;
    }
    let path = format!("project/{}/properties", project.key);
    let base = cloud.view(call).link(&path);
    let properties = cloud.project_properties.entry(project.id).or_default();
    let is_new = key.is_some_and(|key| !properties.contains_key(key));
    let full = properties.len() >= limit::PROJECT_PROPERTIES_MAX;
    if call.request.method == http::Method::PUT && is_new && full {
        return Err(Refusal::message(
            400,
            "The project has too many properties.",
        ));
    }
    answer(call, properties, &base, key).map(|(response, _)| response)
}

/// Answers a request to the properties of one entity, and says whether it changed them.
pub(crate) fn answer(
    call: &Call<'_>,
    properties: &mut Properties,
    base: &str,
    key: Option<&str>,
) -> Result<(Response, bool), Refusal> {
    match (call.request.method.as_str(), key) {
        ("GET", None) => {
            let row = |key: &String| json!({"key": key, "self": format!("{base}/{key}")});
            let keys: Vec<Value> = properties.keys().map(row).collect();
            Ok((Response::json(200, &json!({"keys": keys})), false))
        }
        ("GET", Some(key)) => {
            let value = properties.get(key).ok_or_else(|| missing(key))?;
            Ok((
                Response::json(200, &json!({"key": key, "value": value})),
                false,
            ))
        }
        ("PUT", Some(key)) => put(call, properties, key),
        ("DELETE", Some(key)) => {
            properties.remove(key).ok_or_else(|| missing(key))?;
            Ok((Response::empty(204), true))
        }
        _ => Err(Refusal::message(405, "Method Not Allowed")),
    }
}

fn put(
    call: &Call<'_>,
    properties: &mut Properties,
    key: &str,
) -> Result<(Response, bool), Refusal> {
    let value = call.any_body()?;
    check(key, &value)?;
    let status = if properties.insert(key.to_owned(), value).is_some() {
        200
    } else {
        201
    };
    Ok((Response::json(status, &json!({})), true))
}

fn missing(key: &str) -> Refusal {
    Refusal::message(
        404,
        format!("The property with key '{key}' does not exist."),
    )
}
