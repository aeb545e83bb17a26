//! `/rest/webhooks/1.0/webhook`: how an administrator of Jira registers webhooks (jira.md 12.1).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::jira::call::Call;
use crate::jira::event::NAMES;
use crate::jira::jql::compile;
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::time::written;
use crate::jira::webhook::Webhook;
use crate::jira::{Cloud, Routed, found};
use crate::limit;
use crate::site::Response;

/// The member of `filters` that holds the query.
const ISSUES: &str = "issue-related-events-section";

/// The most characters of a name, an address and a secret.
const TEXT_CHARS_MAX: usize = 2_048;

pub(crate) fn dispatch(cloud: &mut Cloud, call: &Call<'_>, rest: &[&str]) -> Routed {
    let ["webhook", below @ ..] = rest else {
        return Ok(None);
    };
    if !call.user.is_admin() {
        let text = "You are not authorized to perform this operation. Administrator privileges are required.";
        return Err(Refusal::message(403, text));
    }
    match (call.request.method.as_str(), below) {
        ("GET", []) => {
            let rows: Vec<Value> = cloud
                .webhooks
                .all()
                .map(|it| document(cloud, call, it))
                .collect();
            found(Ok(Response::json(200, &json!(rows))))
        }
        ("POST", []) => found(create(cloud, call)),
        ("GET", [id]) => {
            let webhook = of(cloud, id)?;
            found(Ok(Response::json(200, &document(cloud, call, webhook))))
        }
        ("PUT", [id]) => found(update(cloud, call, id)),
        ("DELETE", [id]) => {
            let id = of(cloud, id)?.id;
            cloud.webhooks.remove(id);
            found(Ok(Response::empty(204)))
        }
        _ => Ok(None),
    }
}

fn of<'a>(cloud: &'a Cloud, id: &str) -> Result<&'a Webhook, Refusal> {
    let found = id.parse().ok().and_then(|id| cloud.webhooks.get(id));
    found
        .ok_or_else(|| Refusal::message(404, format!("The webhook with id '{id}' does not exist.")))
}

fn document(cloud: &Cloud, call: &Call<'_>, webhook: &Webhook) -> Value {
    let by = cloud.users.of(webhook.by);
    json!({
        "self": format!("{}/rest/webhooks/1.0/webhook/{}", call.origin, webhook.id),
        "name": webhook.name,
        "url": webhook.url,
        "events": webhook.events,
        "filters": {ISSUES: webhook.jql.as_deref().unwrap_or_default()},
        "excludeBody": webhook.exclude_body,
        "enabled": webhook.enabled,
        "isSigned": webhook.secret.is_some(),
        "lastUpdatedUser": webhook.by,
        "lastUpdatedDisplayName": by.map(|it| it.person.display),
        "lastUpdated": written(webhook.updated_ms),
    })
}

fn create(cloud: &mut Cloud, call: &Call<'_>) -> Outcome {
    if cloud.webhooks.len() >= limit::WEBHOOKS_MAX {
        let text = format!("The site has {} webhooks already.", limit::WEBHOOKS_MAX);
        return Err(Refusal::message(400, text));
    }
    let body = call.body()?;
    for needed in ["name", "url"] {
        if body
            .get(needed)
            .and_then(Value::as_str)
            .is_none_or(str::is_empty)
        {
            return Err(Refusal::field(
                needed,
                format!("The {needed} of a webhook is required."),
            ));
        }
    }
    let mut webhook = Webhook {
        id: 0,
        name: String::new(),
        url: String::new(),
        events: BTreeSet::new(),
        jql: None,
        exclude_body: false,
        secret: None,
        enabled: true,
        updated_ms: call.now_ms,
        by: call.by(),
    };
    apply(cloud, call, &body, &mut webhook)?;
    let id = cloud.webhooks.add(webhook);
    let webhook = of(cloud, &id.to_string())?;
    Ok(Response::json(201, &document(cloud, call, webhook)))
}

fn update(cloud: &mut Cloud, call: &Call<'_>, id: &str) -> Outcome {
    let mut webhook = of(cloud, id)?.clone();
    apply(cloud, call, &call.body()?, &mut webhook)?;
    webhook.updated_ms = call.now_ms;
    webhook.by = call.by();
    let answer = document(cloud, call, &webhook);
    cloud.webhooks.put(webhook);
    Ok(Response::json(200, &answer))
}

/// Sets what the body names; everything is checked before the webhook is stored.
fn apply(
    cloud: &Cloud,
    call: &Call<'_>,
    body: &Map<String, Value>,
    webhook: &mut Webhook,
) -> Result<(), Refusal> {
    for (name, value) in body {
        match (name.as_str(), value) {
            ("name", Value::String(text)) => webhook.name = short(name, text)?,
            ("url", Value::String(text)) => webhook.url = address(text)?,
            ("events", Value::Array(items)) => webhook.events = events(items)?,
            ("filters", Value::Object(filters)) => webhook.jql = filter(cloud, call, filters)?,
            ("excludeBody", Value::Bool(flag)) => webhook.exclude_body = *flag,
            ("enabled", Value::Bool(flag)) => webhook.enabled = *flag,
            ("secret", Value::Null) => webhook.secret = None,
            ("secret", Value::String(text)) => {
                webhook.secret = Some(short(name, text)?).filter(|it| !it.is_empty());
            }
            ("description", Value::String(text)) => {
                short(name, text)?;
            }
            (
                "self" | "isSigned" | "lastUpdated" | "lastUpdatedUser" | "lastUpdatedDisplayName",
                _,
            ) => {}
            _ => return Err(Refusal::payload()),
        }
    }
    Ok(())
}

fn short(name: &str, text: &str) -> Result<String, Refusal> {
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(Refusal::field(name, format!("The {name} is too long.")));
    }
    Ok(text.to_owned())
}

fn address(text: &str) -> Result<String, Refusal> {
    // The braces of variables are no part of an address by themselves.
    let filled = text.replace(['{', '}'], "");
    let url = url::Url::parse(&filled).ok();
    let sound = url.is_some_and(|it| matches!(it.scheme(), "http" | "https") && it.has_host());
    if !sound {
        return Err(Refusal::field(
            "url",
            format!("The URL '{text}' is not valid."),
        ));
    }
    short("url", text)
}

fn events(items: &[Value]) -> Result<BTreeSet<String>, Refusal> {
    let one = |item: &Value| {
        let name = item.as_str().ok_or_else(Refusal::payload)?;
        if NAMES.contains(&name) {
            return Ok(name.to_owned());
        }
        Err(Refusal::field(
            "events",
            format!("The event '{name}' is not supported."),
        ))
    };
    items.iter().map(one).collect()
}

fn filter(
    cloud: &Cloud,
    call: &Call<'_>,
    filters: &Map<String, Value>,
) -> Result<Option<String>, Refusal> {
    if let Some(other) = filters.keys().find(|it| *it != ISSUES) {
        return Err(Refusal::field(
            "filters",
            format!("The filter section '{other}' is unknown."),
        ));
    }
    let jql = filters
        .get(ISSUES)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .trim();
    if jql.is_empty() {
        return Ok(None);
    }
    compile(jql, &cloud.setting(call)).map_err(|text| Refusal::field("filters", text))?;
    Ok(Some(jql.to_owned()))
}

/// `/rest/api/3/webhook`: only apps may register webhooks for themselves; a user's token gets a 403 that says nothing
/// (jira.md 12.1).
pub(crate) fn dynamic() -> Refusal {
    Refusal::silent(403)
}
