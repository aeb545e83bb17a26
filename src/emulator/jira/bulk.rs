//! Requests that create or change many issues at once (jira.md 5.1, 8.1).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::jira::call::{Call, object};
use crate::jira::property;
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::task::{self, Deed};
use crate::jira::write;
use crate::jira::{Cloud, Routed, found};
use crate::ledger::Kind;
use crate::limit;
use crate::site::Response;

/// The most issues of one bulk create.
const CREATES_MAX: usize = 50;

/// The most properties of one request, and the most issues of one that names each with its own.
const PROPERTIES_MAX: usize = 10;
const MULTI_MAX: usize = 100;

/// `POST /issue/bulk`: 201 where one at least came to be, 400 where none did.
pub(crate) fn create(cloud: &mut Cloud, call: &Call<'_>) -> Outcome {
    let body = call.body()?;
    let updates = body.get("issueUpdates").and_then(Value::as_array);
    let updates = updates.ok_or_else(Refusal::payload)?;
    if updates.is_empty() || updates.len() > CREATES_MAX {
        let text = format!("The number of issues to create must be between 1 and {CREATES_MAX}.");
        let mut error = failure(0, Refusal::message(400, text));
        // It is the fault of none of them.
        error
            .as_object_mut()
            .map(|it| it.remove("failedElementNumber"));
        let none = json!({"issues": [], "errors": [error]});
        return Ok(Response::json(400, &none));
    }
    let mut issues = Vec::new();
    let mut errors = Vec::new();
    for (number, update) in updates.iter().enumerate() {
        let outcome = match update.as_object() {
            Some(update) => write::create_one(cloud, call, update),
            None => Err(Refusal::payload()),
        };
        match outcome {
            Ok(created) => issues.push(created),
            Err(refusal) => errors.push(failure(number, refusal)),
        }
    }
    let status = if issues.is_empty() { 400 } else { 201 };
    Ok(Response::json(
        status,
        &json!({"issues": issues, "errors": errors}),
    ))
}

fn failure(number: usize, refusal: Refusal) -> Value {
    let response = refusal.into_response();
    let mut errors: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    errors["status"] = json!(response.status);
    json!({
        "status": response.status,
        "elementErrors": errors,
        "failedElementNumber": number,
    })
}

/// `/issue/properties[/multi|/{key}]`: a task, whose address the answer gives.
pub(crate) fn properties(cloud: &mut Cloud, call: &Call<'_>, rest: &[&str]) -> Routed {
    match (call.request.method.as_str(), rest) {
        ("POST", []) => found(set_many(cloud, call)),
        ("POST", ["multi"]) => found(set_multi(cloud, call)),
        ("PUT", [key]) => found(set_one(cloud, call, key)),
        ("DELETE", [key]) => found(unset_one(cloud, call, key)),
        _ => Ok(None),
    }
}

fn read(given: &Map<String, Value>) -> Result<property::Properties, Refusal> {
    if given.is_empty() || given.len() > PROPERTIES_MAX {
        let text = format!("Between 1 and {PROPERTIES_MAX} properties can be set at once.");
        return Err(Refusal::message(400, text));
    }
    let pair = |(key, value): (&String, &Value)| json!({"key": key, "value": value});
    property::of_body(Some(&given.iter().map(pair).collect()))
}

fn ids(value: Option<&Value>) -> Result<Option<Vec<u64>>, Refusal> {
    let items = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(items) => items.as_array().ok_or_else(Refusal::payload)?,
    };
    if items.len() > limit::ISSUES_OF_PROPERTIES_MAX {
        return Err(Refusal::message(400, "There are too many issue ids."));
    }
    let number = |it: &Value| it.as_u64().ok_or_else(Refusal::payload);
    items.iter().map(number).collect::<Result<_, _>>().map(Some)
}

fn set_many(cloud: &mut Cloud, call: &Call<'_>) -> Outcome {
    let body = call.body()?;
    let properties = read(&object(&body, "properties")?)?;
    let asked = ids(body.get("entitiesIds"))?.ok_or_else(Refusal::payload)?;
    let each = asked.into_iter().map(|id| (id, properties.clone()));
    start(cloud, call, Deed::Set(each.collect()))
}

fn set_multi(cloud: &mut Cloud, call: &Call<'_>) -> Outcome {
    let body = call.body()?;
    let issues = body.get("issues").and_then(Value::as_array);
    let issues = issues.ok_or_else(Refusal::payload)?;
    if issues.is_empty() || issues.len() > MULTI_MAX {
        let text = format!("The number of issues must be between 1 and {MULTI_MAX}.");
        return Err(Refusal::message(400, text));
    }
    let mut all = BTreeMap::new();
    for issue in issues {
        let id = issue["issueID"].as_u64().ok_or_else(Refusal::payload)?;
        let given = issue["properties"].as_object();
        all.insert(id, read(given.ok_or_else(Refusal::payload)?)?);
    }
    start(cloud, call, Deed::Set(all))
}

fn set_one(cloud: &mut Cloud, call: &Call<'_>, key: &str) -> Outcome {
    let body = call.body()?;
    if body.contains_key("expression") {
        return Err(Refusal::message(
            400,
            "Jira expressions are not evaluated for this operation here.",
        ));
    }
    let value = body.get("value").ok_or_else(Refusal::payload)?;
    let properties = read(&Map::from_iter([(key.to_owned(), value.clone())]))?;
    let filter = object(&body, "filter")?;
    let wanted = filter.get("hasProperty").and_then(Value::as_bool);
    let issues = eligible(cloud, &filter, key, wanted)?;
    let each = issues.into_iter().map(|id| (id, properties.clone()));
    start(cloud, call, Deed::Set(each.collect()))
}

/// The issues that a filter names by their ids, by the value that the property has, and by whether they have it.
fn eligible(
    cloud: &Cloud,
    filter: &Map<String, Value>,
    key: &str,
    has: Option<bool>,
) -> Result<Vec<u64>, Refusal> {
    let named = ids(filter.get("entityIds"))?;
    let current = filter.get("currentValue").filter(|it| !it.is_null());
    let fits = |id: &u64| {
        let Some(issue) = cloud.store.get(*id) else {
            return false;
        };
        let value = issue.properties.get(key);
        current.is_none_or(|it| value == Some(it)) && has.is_none_or(|it| value.is_some() == it)
    };
    let all = || cloud.store.after(0).map(|it| it.fields.id).collect();
    let mut issues: Vec<u64> = named.unwrap_or_else(all);
    issues.retain(fits);
    Ok(issues)
}

fn unset_one(cloud: &mut Cloud, call: &Call<'_>, key: &str) -> Outcome {
    let filter = if call.request.body.is_empty() {
        Map::new()
    } else {
        call.body()?
    };
    let issues = eligible(cloud, &filter, key, Some(true))?;
    let id = enter(cloud, call, Deed::Unset(key.to_owned()), issues)?;
    Ok(redirect(cloud, call, id))
}

fn start(cloud: &mut Cloud, call: &Call<'_>, deed: Deed) -> Outcome {
    let issues = match &deed {
        Deed::Set(all) => all.keys().copied().collect(),
        Deed::Move(_) | Deed::Unset(_) => Vec::new(),
    };
    let id = enter(cloud, call, deed, issues)?;
    Ok(redirect(cloud, call, id))
}

fn enter(cloud: &mut Cloud, call: &Call<'_>, deed: Deed, issues: Vec<u64>) -> Result<u64, Refusal> {
    let (known, unknown): (Vec<u64>, Vec<u64>) = issues
        .into_iter()
        .partition(|id| cloud.store.get(*id).is_some());
    if !unknown.is_empty() && matches!(deed, Deed::Set(_)) {
        return Err(Refusal::message(
            400,
            format!("Issues {unknown:?} do not exist or you cannot see them."),
        ));
    }
    for &id in &known {
        cloud.enter(call, Kind::Property, id, None);
    }
    task::submit(cloud, call, deed, known, unknown.len())
}

fn redirect(cloud: &Cloud, call: &Call<'_>, id: u64) -> Response {
    let address = cloud.view(call).link(&format!("task/{id}"));
    Response::empty(303).with_header("Location", &address)
}
