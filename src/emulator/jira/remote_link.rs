//! Links to things outside of Jira, upserted by `globalId` (jira.md 7.3).

use serde_json::{Map, Value, json};

use crate::jira::Cloud;
use crate::jira::call::Call;
use crate::jira::issue::{Issue, RemoteLink};
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::view::View;
use crate::ledger::Kind;
use crate::site::Response;

/// The most remote links of an issue, and the most characters of a `globalId`.
const PER_ISSUE_MAX: usize = 2_000;
const GLOBAL_ID_CHARS_MAX: usize = 255;

fn document(view: &View<'_>, issue: &Issue, link: &RemoteLink) -> Value {
    let mut document = json!({
        "id": link.id,
        "self": view.link(&format!("issue/{}/remotelink/{}", issue.fields.key(), link.id)),
        "application": link.application.clone().unwrap_or_else(|| json!({})),
        "object": link.object,
    });
    if let Some(global_id) = &link.global_id {
        document["globalId"] = json!(global_id);
    }
    if let Some(relationship) = &link.relationship {
        document["relationship"] = json!(relationship);
    }
    document
}

/// `GET /issue/{id}/remotelink`: one by `globalId`, or all.
pub(crate) fn list(cloud: &mut Cloud, call: &Call<'_>, id_or_key: &str) -> Outcome {
    let issue = cloud.issue(id_or_key)?;
    let view = cloud.view(call);
    let answer = match call.request.query("globalId") {
        Some(global_id) => {
            let found = issue
                .remote_links
                .iter()
                .find(|it| it.global_id.as_deref() == Some(global_id));
            document(&view, issue, found.ok_or_else(missing)?)
        }
        None => issue
            .remote_links
            .iter()
            .map(|it| document(&view, issue, it))
            .collect(),
    };
    Ok(Response::json(200, &answer))
}

/// `GET /issue/{id}/remotelink/{linkId}`.
pub(crate) fn one(cloud: &mut Cloud, call: &Call<'_>, id_or_key: &str, link: &str) -> Outcome {
    let issue = cloud.issue(id_or_key)?;
    let found = issue
        .remote_links
        .iter()
        .find(|it| it.id.to_string() == link)
        .ok_or_else(missing)?;
    Ok(Response::json(
        200,
        &document(&cloud.view(call), issue, found),
    ))
}

fn missing() -> Refusal {
    Refusal::message(
        404,
        "A remote issue link with this id or global id does not exist.",
    )
}

/// `POST /issue/{id}/remotelink`: 201 for a new link, 200 for one that was replaced.
pub(crate) fn upsert(cloud: &mut Cloud, call: &Call<'_>, id_or_key: &str) -> Outcome {
    let id = cloud.id(id_or_key)?;
    let new = accept(&call.body()?)?;
    let fresh_id = cloud.store.next_id();
    let issue = cloud.store.get_mut(id).ok_or_else(Refusal::no_issue)?;
    let full = issue.remote_links.len() >= PER_ISSUE_MAX;
    let same = |it: &&mut RemoteLink| new.global_id.is_some() && it.global_id == new.global_id;
    let (status, link_id) = match issue.remote_links.iter_mut().find(same) {
        Some(existing) => {
            let link_id = existing.id;
            *existing = RemoteLink { id: link_id, ..new };
            (200, link_id)
        }
        None if full => {
            return Err(Refusal::message(
                413,
                "The number of remote issue links exceeds the limit of 2000.",
            ));
        }
        None => {
            issue.remote_links.push(RemoteLink {
                id: fresh_id,
                ..new
            });
            (201, fresh_id)
        }
    };
    let key = issue.fields.key();
    cloud.store.touch(id, call.now_ms);
    cloud.enter(call, Kind::Link, id, None);
    let link = cloud
        .view(call)
        .link(&format!("issue/{key}/remotelink/{link_id}"));
    Ok(Response::json(
        status,
        &json!({"id": link_id, "self": link}),
    ))
}

/// `PUT /issue/{id}/remotelink/{linkId}`: replaces a link; what the body leaves out becomes nothing.
pub(crate) fn replace(cloud: &mut Cloud, call: &Call<'_>, id_or_key: &str, link: &str) -> Outcome {
    let id = cloud.id(id_or_key)?;
    let new = accept(&call.body()?)?;
    let issue = cloud.store.get_mut(id).ok_or_else(Refusal::no_issue)?;
    let links = &mut issue.remote_links;
    let at = links.iter().position(|it| it.id.to_string() == link);
    let at = at.ok_or_else(missing)?;
    let taken = |(other, it): (usize, &RemoteLink)| {
        other != at && new.global_id.is_some() && it.global_id == new.global_id
    };
    if links.iter().enumerate().any(taken) {
        return Err(Refusal::field(
            "globalId",
            "Another remote issue link of the issue has this global id.",
        ));
    }
    if let Some(found) = links.get_mut(at) {
        *found = RemoteLink {
            id: found.id,
            ..new
        };
    }
    cloud.store.touch(id, call.now_ms);
    cloud.enter(call, Kind::Link, id, None);
    Ok(Response::empty(204))
}

fn accept(body: &Map<String, Value>) -> Result<RemoteLink, Refusal> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let global_id = text(body.get("globalId")).filter(|it| !it.is_empty());
    if global_id
        .as_ref()
        .is_some_and(|it| it.chars().count() > GLOBAL_ID_CHARS_MAX)
    {
        return Err(Refusal::field(
            "globalId",
            "The maximum length of the global id is 255 characters.",
        ));
    }
    let object = body.get("object").cloned().unwrap_or(Value::Null);
    for needed in ["url", "title"] {
        if object[needed].as_str().is_none_or(str::is_empty) {
            return Err(Refusal::field(needed, format!("'{needed}' is required.")));
        }
    }
    Ok(RemoteLink {
        id: 0,
        global_id,
        application: body.get("application").filter(|it| it.is_object()).cloned(),
        relationship: text(body.get("relationship")),
        object,
    })
}

/// `DELETE /issue/{id}/remotelink?globalId=` and `DELETE /issue/{id}/remotelink/{linkId}`.
pub(crate) fn delete(
    cloud: &mut Cloud,
    call: &Call<'_>,
    id_or_key: &str,
    link: Option<&str>,
) -> Outcome {
    let id = cloud.id(id_or_key)?;
    if call.request.header("content-type").is_none() {
        return Err(Refusal::message(415, "Unsupported Media Type"));
    }
    let global_id = call.request.query("globalId");
    let named = |it: &RemoteLink| match link {
        Some(link) => it.id.to_string() == link,
        None => global_id.is_some() && it.global_id.as_deref() == global_id,
    };
    let issue = cloud.store.get_mut(id).ok_or_else(Refusal::no_issue)?;
    let before = issue.remote_links.len();
    issue.remote_links.retain(|it| !named(it));
    if issue.remote_links.len() == before {
        return Err(missing());
    }
    cloud.store.touch(id, call.now_ms);
    cloud.enter(call, Kind::Link, id, None);
    Ok(Response::empty(204))
}
