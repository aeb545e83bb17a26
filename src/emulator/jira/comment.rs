//! Comments and their properties (jira.md 7.1).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::adf;
use crate::jira::Cloud;
use crate::jira::call::{Call, Page};
use crate::jira::draft::Judge;
use crate::jira::issue::{Comment, Issue};
use crate::jira::property;
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::time::written;
use crate::jira::view::View;
use crate::ledger::Kind;
use crate::site::Response;

/// The most comments that `fields.comment` of an issue holds: the latest ones.
const IN_FIELDS_MAX: usize = 100;

/// The most comments of an issue.
const PER_ISSUE_MAX: usize = 5_000;

/// A comment as answers carry it.
fn document(view: &View<'_>, issue: u64, comment: &Comment, with_properties: bool) -> Value {
    let mut document = json!({
        "self": view.link(&format!("issue/{issue}/comment/{}", comment.id)),
        "id": comment.id.to_string(),
        "author": view.user(Some(comment.author)),
        "body": view.text(Some(&comment.body)),
        "updateAuthor": view.user(Some(comment.update_author)),
        "created": written(comment.created_ms),
        "updated": written(comment.updated_ms),
        "jsdPublic": true,
    });
    if let Some(visibility) = &comment.visibility {
        document["visibility"] = visibility.clone();
    }
    if with_properties {
        let pair = |(key, value): (&String, &Value)| json!({"key": key, "value": value});
        document["properties"] = comment.properties.iter().map(pair).collect();
    }
    document
}

/// The field `comment`: at most the latest hundred, with the true total.
pub(crate) fn field(view: &View<'_>, issue: &Issue) -> Value {
    let from = issue.comments.len().saturating_sub(IN_FIELDS_MAX);
    let latest = issue.comments.get(from..).unwrap_or_default();
    let rows: Vec<Value> = latest
        .iter()
        .map(|it| document(view, issue.fields.id, it, false))
        .collect();
    json!({
        "comments": rows,
        "self": view.link(&format!("issue/{}/comment", issue.fields.id)),
        "maxResults": rows.len(),
        "total": issue.comments.len(),
        "startAt": 0,
    })
}

/// `GET /issue/{id}/comment`.
pub(crate) fn list(cloud: &mut Cloud, call: &Call<'_>, id_or_key: &str) -> Outcome {
    let issue = cloud.issue(id_or_key)?;
    let page = Page::of(call, 100, 5_000);
    let mut comments: Vec<&Comment> = issue.comments.iter().collect();
    match call.request.query("orderBy") {
        None | Some("created" | "+created" | " created") => {}
        Some("-created") => comments.reverse(),
        Some(other) => {
            return Err(Refusal::message(
                400,
                format!("The orderBy value '{other}' is invalid."),
            ));
        }
    }
    let view = cloud.view(call);
    let rendered = call.expands("renderedBody");
    let row = |comment: &&Comment| {
        let mut row = document(&view, issue.fields.id, comment, false);
        if rendered {
            row["renderedBody"] = json!(adf::html(&comment.body));
        }
        row
    };
    let rows: Vec<Value> = page.cut(&comments).iter().map(row).collect();
    let path = format!("issue/{}/comment", issue.fields.id);
    Ok(page.document(&view.link(&path), "comments", rows, comments.len()))
}

/// `GET /issue/{id}/comment/{cid}`.
pub(crate) fn one(cloud: &mut Cloud, call: &Call<'_>, id_or_key: &str, comment: &str) -> Outcome {
    let issue = cloud.issue(id_or_key)?;
    let found = find(issue, comment)?;
    let view = cloud.view(call);
    Ok(Response::json(
        200,
        &document(&view, issue.fields.id, found, false),
    ))
}

fn find<'a>(issue: &'a Issue, comment: &str) -> Result<&'a Comment, Refusal> {
    let found = issue
        .comments
        .iter()
        .find(|it| it.id.to_string() == comment);
    found.ok_or_else(|| no_comment(comment))
}

fn no_comment(id: &str) -> Refusal {
    Refusal::message(404, format!("Can not find a comment for the id: {id}."))
}

/// `POST /issue/{id}/comment`.
pub(crate) fn create(cloud: &mut Cloud, call: &Call<'_>, id_or_key: &str) -> Outcome {
    let id = cloud.id(id_or_key)?;
    if cloud.issue(id_or_key)?.comments.len() >= PER_ISSUE_MAX {
        return Err(Refusal::message(
            413,
            "The number of comments on the issue exceeds the limit of 5000.",
        ));
    }
    let body = call.body()?;
    let new = accept(&cloud.judge(call, false), &body)?;
    let comment_id = add(cloud, call, id, new);
    let issue = cloud.issue(id_or_key)?;
    let view = cloud.view(call);
    let comment = find(issue, &comment_id.to_string())?;
    Ok(Response::json(201, &document(&view, id, comment, false)))
}

/// A comment that was accepted and not yet entered.
#[derive(Debug)]
pub(crate) struct New {
    body: Value,
    visibility: Option<Value>,
    properties: BTreeMap<String, Value>,
}

fn accept(judge: &Judge<'_>, body: &Map<String, Value>) -> Result<New, Refusal> {
    let text = text_of(judge, body)?;
    let visibility = body.get("visibility").filter(|it| it.is_object()).cloned();
    Ok(New {
        body: text,
        visibility,
        properties: property::of_body(body.get("properties"))?,
    })
}

fn text_of(judge: &Judge<'_>, body: &Map<String, Value>) -> Result<Value, Refusal> {
    let given = body.get("body").unwrap_or(&Value::Null);
    let text = judge.text(given).map_err(|text| match text.as_str() {
        "INVALID_INPUT" => Refusal::field("comment", text),
        _ if text.contains("Document") => Refusal::field("comment", "Comment body is not valid!"),
        _ => Refusal::field("comment", text),
    })?;
    let empty = |text: &Value| text["content"].as_array().is_none_or(Vec::is_empty);
    text.filter(|text| !empty(text))
        .ok_or_else(|| Refusal::field("comment", "Comment body can not be empty!"))
}

/// The comments that the `update` of a create, an edit or a transition adds.
pub(crate) fn added(judge: &Judge<'_>, update: &Map<String, Value>) -> Result<Vec<New>, Refusal> {
    let Some(operations) = update.get("comment") else {
        return Ok(Vec::new());
    };
    let operations = operations.as_array().ok_or_else(Refusal::payload)?;
    let one = |operation: &Value| {
        let body = operation.get("add").and_then(Value::as_object);
        let body = body
            .ok_or_else(|| Refusal::field("comment", "Only the operation 'add' is supported."))?;
        accept(judge, body)
    };
    operations.iter().map(one).collect()
}

/// Enters accepted comments.
pub(crate) fn add_all(cloud: &mut Cloud, call: &Call<'_>, id: u64, comments: Vec<New>) {
    for comment in comments {
        add(cloud, call, id, comment);
    }
}

fn add(cloud: &mut Cloud, call: &Call<'_>, issue: u64, new: New) -> u64 {
    let id = cloud.store.next_id();
    let marker = new.properties.get("counterpart").map(Value::to_string);
    let comment = Comment {
        id,
        author: call.by(),
        update_author: call.by(),
        body: Arc::new(new.body),
        created_ms: call.now_ms,
        updated_ms: call.now_ms,
        visibility: new.visibility,
        properties: new.properties,
    };
    cloud.store.add_comment(issue, comment, call.now_ms);
    cloud.enter(call, Kind::Comment, issue, marker);
    id
}

/// `PUT /issue/{id}/comment/{cid}`.
pub(crate) fn edit(cloud: &mut Cloud, call: &Call<'_>, id_or_key: &str, comment: &str) -> Outcome {
    let issue = cloud.id(id_or_key)?;
    find(cloud.issue(id_or_key)?, comment)?;
    let body = call.body()?;
    let text = text_of(&cloud.judge(call, false), &body)?;
    let properties = property::of_body(body.get("properties"))?;
    if let Some(found) = cloud.comment_mut(issue, comment) {
        found.body = Arc::new(text);
        found.update_author = call.by();
        found.updated_ms = call.now_ms;
        found.properties.extend(properties);
    }
    cloud.store.touch(issue, call.now_ms);
    cloud.enter(call, Kind::CommentEdit, issue, None);
    one(cloud, call, id_or_key, comment)
}

/// `DELETE /issue/{id}/comment/{cid}`.
pub(crate) fn delete(
    cloud: &mut Cloud,
    call: &Call<'_>,
    id_or_key: &str,
    comment: &str,
) -> Outcome {
    let issue = cloud.id(id_or_key)?;
    let found = find(cloud.issue(id_or_key)?, comment)?.id;
    cloud.store.remove_comment(issue, found, call.now_ms);
    cloud.enter(call, Kind::CommentDelete, issue, None);
    Ok(Response::empty(204))
}

/// `POST /comment/list`: comments by id, of all issues.
pub(crate) fn by_ids(cloud: &mut Cloud, call: &Call<'_>) -> Outcome {
    let body = call.body()?;
    let ids = body
        .get("ids")
        .and_then(Value::as_array)
        .ok_or_else(Refusal::payload)?;
    if ids.is_empty() || ids.len() > 1_000 {
        return Err(Refusal::message(400, "ids takes 1 to 1000 comment ids."));
    }
    let with_properties = call.expands("properties");
    let view = cloud.view(call);
    let row = |id: &Value| {
        let id = id.as_u64()?;
        let issue = cloud.store.get(cloud.store.holder_of_comment(id)?)?;
        let comment = issue.comments.iter().find(|it| it.id == id)?;
        Some(document(&view, issue.fields.id, comment, with_properties))
    };
    let rows: Vec<Value> = ids.iter().filter_map(row).collect();
    let page = Page::of(call, 1_000, 1_000);
    let total = rows.len();
    Ok(page.document(&view.link("comment/list"), "values", rows, total))
}

/// `/comment/{cid}/properties[/{key}]`.
pub(crate) fn properties(
    cloud: &mut Cloud,
    call: &Call<'_>,
    comment: &str,
    key: Option<&str>,
) -> Outcome {
    let id: u64 = comment.parse().map_err(|_| no_comment(comment))?;
    let issue = cloud
        .store
        .holder_of_comment(id)
        .ok_or_else(|| no_comment(comment))?;
    let base = cloud.view(call).link(&format!("comment/{id}/properties"));
    let found = cloud
        .comment_mut(issue, comment)
        .ok_or_else(|| no_comment(comment))?;
    let (response, changed) = property::answer(call, &mut found.properties, &base, key)?;
    if changed {
        cloud.enter(call, Kind::Property, issue, None);
    }
    Ok(response)
}
