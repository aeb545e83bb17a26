//! Comments and their properties (jira.md 7.1).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::adf;
use crate::jira::Cloud;
use crate::jira::account::User;
use crate::jira::call::{Call, Page};
use crate::jira::draft::Judge;
use crate::jira::event::Event;
use crate::jira::issue::{Comment, Issue};
use crate::jira::property;
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::time::written;
use crate::jira::view::View;
use crate::jira::visibility::{Circle, sees};
use crate::ledger::Kind;
use crate::site::Response;

/// The most comments that `fields.comment` of an issue holds: the latest ones.
const IN_FIELDS_MAX: usize = 100;

/// The most comments of an issue.
const PER_ISSUE_MAX: usize = 5_000;

/// A comment as answers carry it.
pub(crate) fn document(
    view: &View<'_>,
    issue: u64,
    comment: &Comment,
    with_properties: bool,
) -> Value {
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
    if let Some(circle) = comment.visibility {
        document["visibility"] = circle.document();
    }
    if let Some(parent) = comment.parent {
        document["parentId"] = json!(parent);
    }
    if with_properties {
        let pair = |(key, value): (&String, &Value)| json!({"key": key, "value": value});
        document["properties"] = comment.properties.iter().map(pair).collect();
    }
    document
}

/// The field `comment`: at most the latest hundred, with the true total.
pub(crate) fn field(view: &View<'_>, issue: &Issue) -> Value {
    let seen = visible(issue, view.user);
    let from = seen.len().saturating_sub(IN_FIELDS_MAX);
    let latest = seen.get(from..).unwrap_or_default();
    let rows: Vec<Value> = latest
        .iter()
        .map(|it| document(view, issue.fields.id, it, false))
        .collect();
    json!({
        "comments": rows,
        "self": view.link(&format!("issue/{}/comment", issue.fields.id)),
        "maxResults": rows.len(),
        "total": seen.len(),
        "startAt": 0,
    })
}

/// The comments of an issue that somebody may see, oldest first.
fn visible<'a>(issue: &'a Issue, user: &User) -> Vec<&'a Comment> {
    let all = issue.comments.iter();
    all.filter(|it| sees(user, it.visibility)).collect()
}

/// `GET /issue/{id}/comment`.
pub(crate) fn list(cloud: &mut Cloud, call: &Call<'_>, id_or_key: &str) -> Outcome {
    let issue = cloud.issue(id_or_key)?;
    let page = Page::of(call, 100, 5_000);
    let mut comments = visible(issue, call.user);
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
    let row = |comment: &&Comment| shown(&view, call, issue.fields.id, comment);
    let rows: Vec<Value> = page.cut(&comments).iter().map(row).collect();
    let path = format!("issue/{}/comment", issue.fields.id);
    Ok(page.document(&view.link(&path), "comments", rows, comments.len()))
}

/// A comment as an answer about one issue carries it, with what the caller asks to expand.
fn shown(view: &View<'_>, call: &Call<'_>, issue: u64, comment: &Comment) -> Value {
    let mut row = document(view, issue, comment, false);
    if call.expands("renderedBody") {
        row["renderedBody"] = json!(adf::html(&comment.body));
    }
    row
}

/// `GET /issue/{id}/comment/{cid}`.
pub(crate) fn one(cloud: &mut Cloud, call: &Call<'_>, id_or_key: &str, comment: &str) -> Outcome {
    let issue = cloud.issue(id_or_key)?;
    let found = find(issue, call, comment)?;
    let view = cloud.view(call);
    Ok(Response::json(
        200,
        &shown(&view, call, issue.fields.id, found),
    ))
}

/// The comment of that id, if the caller may see it.
fn find<'a>(issue: &'a Issue, call: &Call<'_>, id: &str) -> Result<&'a Comment, Refusal> {
    let found = issue.comments.iter().find(|it| it.id.to_string() == id);
    found
        .filter(|it| sees(call.user, it.visibility))
        .ok_or_else(|| no_comment(id))
}

fn no_comment(id: &str) -> Refusal {
    Refusal::message(404, format!("Can not find a comment for the id: {id}."))
}

/// `POST /issue/{id}/comment`.
pub(crate) fn create(cloud: &mut Cloud, call: &Call<'_>, id_or_key: &str) -> Outcome {
    let id = cloud.id(id_or_key)?;
    let body = call.body()?;
    let new = accept(cloud, call, id, &body)?;
    let comment_id = add(cloud, call, id, new);
    let issue = cloud.issue(id_or_key)?;
    let view = cloud.view(call);
    let comment = find(issue, call, &comment_id.to_string())?;
    Ok(Response::json(201, &shown(&view, call, id, comment)))
}

/// A comment that was accepted and not yet entered.
#[derive(Debug)]
pub(crate) struct New {
    body: Value,
    visibility: Option<Circle>,
    parent: Option<u64>,
    properties: BTreeMap<String, Value>,
}

fn accept(
    cloud: &Cloud,
    call: &Call<'_>,
    issue: u64,
    body: &Map<String, Value>,
) -> Result<New, Refusal> {
    let held = cloud.store.get(issue);
    if held.is_some_and(|it| it.comments.len() >= PER_ISSUE_MAX) {
        return Err(Refusal::message(
            413,
            "The number of comments on the issue exceeds the limit of 5000.",
        ));
    }
    let text = text_of(&cloud.judge(call, false).at(issue), body)?;
    let mut visibility = Circle::read(body.get("visibility"), call.user)?;
    let parent = match body.get("parentId") {
        None | Some(Value::Null) => None,
        Some(given) => {
            let id = given
                .as_str()
                .map_or_else(|| given.to_string(), str::to_owned);
            let parent = held.ok_or_else(Refusal::no_issue)?;
            let parent = find(parent, call, &id)?;
            // An answer is seen by whoever sees what it answers (jira.md 7.1).
            visibility = parent.visibility;
            Some(parent.parent.unwrap_or(parent.id))
        }
    };
    Ok(New {
        body: text,
        visibility,
        parent,
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

/// What an `update` does to comments.
#[derive(Debug)]
pub(crate) enum Operation {
    Add(New),
    Edit(u64, Value),
    Remove(u64),
}

/// The operations on comments of an `update`; `issue` is nothing while it is being created.
pub(crate) fn operations(
    cloud: &Cloud,
    call: &Call<'_>,
    issue: Option<u64>,
    update: &Map<String, Value>,
) -> Result<Vec<Operation>, Refusal> {
    let Some(operations) = update.get("comment") else {
        return Ok(Vec::new());
    };
    let operations = operations.as_array().ok_or_else(Refusal::payload)?;
    // Nothing has the id 0: it stands for the issue that is being created.
    let id = issue.unwrap_or(0);
    let one = |operation: &Value| {
        let pair = operation.as_object().filter(|map| map.len() == 1);
        let (verb, body) = pair
            .and_then(|map| map.iter().next())
            .ok_or_else(Refusal::payload)?;
        let body = body.as_object().ok_or_else(Refusal::payload)?;
        if verb == "add" {
            return accept(cloud, call, id, body).map(Operation::Add);
        }
        let named = body.get("id").and_then(Value::as_str).unwrap_or_default();
        let issue = cloud.store.get(id).ok_or_else(|| no_comment(named))?;
        let comment = find(issue, call, named)?.id;
        match verb.as_str() {
            "edit" => {
                let text = text_of(&cloud.judge(call, false).at(id), body)?;
                Ok(Operation::Edit(comment, text))
            }
            "remove" => Ok(Operation::Remove(comment)),
            verb => Err(Refusal::field(
                "comment",
                format!("Operation '{verb}' is not supported for field 'comment'."),
            )),
        }
    };
    operations.iter().map(one).collect()
}

/// Performs accepted operations.
pub(crate) fn perform(cloud: &mut Cloud, call: &Call<'_>, issue: u64, operations: Vec<Operation>) {
    for operation in operations {
        match operation {
            Operation::Add(new) => {
                add(cloud, call, issue, new);
            }
            Operation::Edit(comment, text) => rewrite(cloud, call, issue, comment, text),
            Operation::Remove(comment) => take_away(cloud, call, issue, comment),
        }
    }
}

/// The comments that the `update` of a transition adds.
pub(crate) fn added(
    cloud: &Cloud,
    call: &Call<'_>,
    issue: u64,
    update: &Map<String, Value>,
) -> Result<Vec<New>, Refusal> {
    let Some(operations) = update.get("comment") else {
        return Ok(Vec::new());
    };
    let operations = operations.as_array().ok_or_else(Refusal::payload)?;
    let one = |operation: &Value| {
        let body = operation.get("add").and_then(Value::as_object);
        let body = body
            .ok_or_else(|| Refusal::field("comment", "Only the operation 'add' is supported."))?;
        accept(cloud, call, issue, body)
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
        parent: new.parent,
        properties: new.properties,
    };
    cloud.store.add_comment(issue, comment.clone(), call.now_ms);
    cloud.enter(call, Kind::Comment, issue, marker);
    cloud.announce(call, &Event::Comment("comment_created", issue, &comment));
    id
}

/// `PUT /issue/{id}/comment/{cid}`. A restriction that the body leaves out stays.
pub(crate) fn edit(cloud: &mut Cloud, call: &Call<'_>, id_or_key: &str, comment: &str) -> Outcome {
    let issue = cloud.id(id_or_key)?;
    let before = find(cloud.issue(id_or_key)?, call, comment)?;
    let (number, before) = (before.id, (before.visibility, before.parent));
    let body = call.body()?;
    let text = text_of(&cloud.judge(call, false).at(issue), &body)?;
    let visibility = match body.get("visibility") {
        None => before.0,
        Some(given) => Circle::read(Some(given), call.user)?,
    };
    if before.1.is_some() && visibility != before.0 {
        return Err(Refusal::message(
            400,
            "The visibility of a child comment cannot be changed.",
        ));
    }
    let properties = property::of_body(body.get("properties"))?;
    rewrite(cloud, call, issue, number, text);
    for it in cloud
        .store
        .get_mut(issue)
        .into_iter()
        .flat_map(|it| &mut it.comments)
    {
        if it.id == number {
            it.visibility = visibility;
            it.properties.extend(properties.clone());
        } else if it.parent == Some(number) {
            it.visibility = visibility;
        }
    }
    one(cloud, call, id_or_key, comment)
}

fn rewrite(cloud: &mut Cloud, call: &Call<'_>, issue: u64, comment: u64, text: Value) {
    if let Some(found) = cloud.comment_mut(issue, &comment.to_string()) {
        found.body = Arc::new(text);
        found.update_author = call.by();
        found.updated_ms = call.now_ms;
    }
    cloud.store.touch(issue, call.now_ms);
    cloud.enter(call, Kind::CommentEdit, issue, None);
    let edited = cloud.comment_mut(issue, &comment.to_string()).cloned();
    if let Some(edited) = edited {
        cloud.announce(call, &Event::Comment("comment_updated", issue, &edited));
    }
}

/// `DELETE /issue/{id}/comment/{cid}`.
pub(crate) fn delete(
    cloud: &mut Cloud,
    call: &Call<'_>,
    id_or_key: &str,
    comment: &str,
) -> Outcome {
    let issue = cloud.id(id_or_key)?;
    let found = find(cloud.issue(id_or_key)?, call, comment)?.id;
    take_away(cloud, call, issue, found);
    Ok(Response::empty(204))
}

/// Deletes a comment; what answered it stays, as an answer to nothing.
fn take_away(cloud: &mut Cloud, call: &Call<'_>, issue: u64, comment: u64) {
    let gone = cloud.comment_mut(issue, &comment.to_string()).cloned();
    cloud.store.remove_comment(issue, comment, call.now_ms);
    for it in cloud
        .store
        .get_mut(issue)
        .into_iter()
        .flat_map(|it| &mut it.comments)
    {
        if it.parent == Some(comment) {
            it.parent = None;
        }
    }
    cloud.enter(call, Kind::CommentDelete, issue, None);
    if let Some(gone) = gone {
        cloud.announce(call, &Event::Comment("comment_deleted", issue, &gone));
    }
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
        if !sees(call.user, comment.visibility) {
            return None;
        }
        let mut row = document(&view, issue.fields.id, comment, with_properties);
        if call.expands("renderedBody") {
            row["renderedBody"] = json!(adf::html(&comment.body));
        }
        Some(row)
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
    find(cloud.issue(&issue.to_string())?, call, comment)?;
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
