//! Moving an issue through the workflow (jira.md 6).

use serde_json::{Map, Value, json};

use crate::jira::Cloud;
use crate::jira::call::{Call, object};
use crate::jira::comment;
use crate::jira::issue::Fields;
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::scheme::{RESOLUTIONS, TRANSITIONS, Transition};
use crate::jira::view::View;
use crate::jira::write;
use crate::ledger::Kind;
use crate::site::Response;

/// `GET /issue/{id}/transitions`.
pub(crate) fn list(cloud: &mut Cloud, call: &Call<'_>, id_or_key: &str) -> Outcome {
    let issue = cloud.issue(id_or_key)?;
    let only = call.request.query("transitionId");
    let with_fields = call.expands("transitions.fields");
    let view = cloud.view(call);
    let possible = available(&issue.fields).filter(|it| only.is_none_or(|id| id == it.id));
    let rows: Vec<Value> = possible
        .map(|it| document(&view, it, with_fields))
        .collect();
    Ok(Response::json(
        200,
        &json!({"expand": "transitions", "transitions": rows}),
    ))
}

/// The transitions that lead away from the issue's status.
pub(crate) fn available(fields: &Fields) -> impl Iterator<Item = &'static Transition> {
    let status = fields.status.id;
    TRANSITIONS
        .iter()
        .filter(move |transition| transition.from.id == status)
}

/// A transition as answers carry it; no transition of this site has a screen.
pub(crate) fn document(view: &View<'_>, transition: &Transition, with_fields: bool) -> Value {
    let mut document = json!({
        "id": transition.id,
        "name": transition.name,
        "to": view.status(transition.to),
        "hasScreen": false,
        "isGlobal": false,
        "isInitial": false,
        "isAvailable": true,
        "isConditional": false,
        "isLooped": false,
    });
    if with_fields {
        document["fields"] = json!({});
    }
    document
}

/// `POST /issue/{id}/transitions`.
pub(crate) fn post(cloud: &mut Cloud, call: &Call<'_>, id_or_key: &str) -> Outcome {
    let id = cloud.id(id_or_key)?;
    let body = call.body()?;
    let update = object(&body, "update")?;
    refuse_fields(&object(&body, "fields")?, &update)?;
    let comments = comment::added(cloud, call, id, &update)?;
    let asked = body.get("transition").unwrap_or(&Value::Null);
    perform(cloud, call, id, asked, body.get("historyMetadata"))?;
    comment::add_all(cloud, call, id, comments);
    Ok(Response::empty(204))
}

fn refuse_fields(fields: &Map<String, Value>, update: &Map<String, Value>) -> Result<(), Refusal> {
    let named = fields
        .keys()
        .chain(update.keys().filter(|name| *name != "comment"));
    let text = |name: &String| {
        format!("Field '{name}' cannot be set. It is not on the appropriate screen, or unknown.")
    };
    let errors: std::collections::BTreeMap<_, _> =
        named.map(|name| (name.clone(), text(name))).collect();
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Refusal::fields(errors))
    }
}

/// Performs the transition that `{"id": ...}` names, if it leads away from the issue's status.
pub(crate) fn perform(
    cloud: &mut Cloud,
    call: &Call<'_>,
    id: u64,
    asked: &Value,
    metadata: Option<&Value>,
) -> Result<(), Refusal> {
    let wanted = match &asked["id"] {
        Value::String(id) => id.clone(),
        Value::Number(id) => id.to_string(),
        _ => return Err(Refusal::message(400, "Missing 'transition' identifier")),
    };
    let issue = cloud.store.get(id).ok_or_else(Refusal::no_issue)?;
    let Some(transition) = available(&issue.fields).find(|it| it.id == wanted) else {
        let text = format!("Transition id '{wanted}' is not valid for this issue.");
        return Err(Refusal::message(400, text));
    };
    let mut draft = (*issue.fields).clone();
    enter_status(&mut draft, transition, call.now_ms);
    write::commit(cloud, call, draft, metadata);
    cloud.enter(call, Kind::Transition, id, None);
    Ok(())
}

/// Sets the status with what goes along: resolution and the date of the category's change.
pub(crate) fn enter_status(draft: &mut Fields, transition: &Transition, now_ms: i64) {
    let to = transition.to;
    if draft.status.category != to.category {
        draft.category_changed_ms = now_ms;
    }
    draft.status = to;
    draft.resolution = to.is_done().then_some(&RESOLUTIONS[0]);
    draft.resolved_ms = to.is_done().then_some(now_ms);
}
