//! Moving an issue through its workflow (jira.md 6).

use serde_json::{Map, Value, json};

use crate::jira::Cloud;
use crate::jira::call::{Call, object};
use crate::jira::comment;
use crate::jira::draft::Errors;
use crate::jira::issue::Fields;
use crate::jira::permission::Permission;
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::scheme::{self, PRIORITIES, RESOLUTIONS};
use crate::jira::view::View;
pub(crate) use crate::jira::workflow::available;
use crate::jira::workflow::{Shown, Transition, Validator};
use crate::jira::write;
use crate::jira::{meta, screens};
use crate::ledger::Kind;
use crate::site::Response;

/// `GET /issue/{id}/transitions`: empty for a caller who may not transition issues.
pub(crate) fn list(cloud: &mut Cloud, call: &Call<'_>, id_or_key: &str) -> Outcome {
    let fields = &cloud.seen_issue(call, id_or_key)?.fields;
    let only = call.request.query("transitionId");
    let with_fields = call.expands("transitions.fields");
    let also_unavailable = call.flag("includeUnavailableTransitions");
    let may = call.user.may(fields.project, Permission::TransitionIssues);
    let view = cloud.view(call);
    let rows: Vec<Value> = available(fields)
        .filter(|_| may)
        .filter(|it| only.is_none_or(|id| id == it.id))
        .filter(|it| also_unavailable || it.lets(call.user, fields))
        .map(|it| {
            let mut row = document(&view, fields, it, with_fields);
            row["isAvailable"] = json!(it.lets(call.user, fields));
            row
        })
        .collect();
    Ok(Response::json(
        200,
        &json!({"expand": "transitions", "transitions": rows}),
    ))
}

/// The transitions that an issue's document carries: those that the caller may make now.
pub(crate) fn offered(view: &View<'_>, fields: &Fields) -> Value {
    let user = view.user;
    let may = user.may(fields.project, Permission::TransitionIssues);
    let rows = available(fields).filter(|it| may && it.lets(user, fields));
    rows.map(|it| document(view, fields, it, false)).collect()
}

/// A transition as answers carry it.
fn document(view: &View<'_>, fields: &Fields, transition: &Transition, with_fields: bool) -> Value {
    let mut document = json!({
        "id": transition.id,
        "name": transition.name,
        "to": view.status(transition.to.unwrap_or(fields.status)),
        "hasScreen": !transition.screen.is_empty(),
        "isGlobal": transition.is_global(),
        "isInitial": false,
        "isAvailable": true,
        "isConditional": transition.only_assignee,
        "looped": transition.to.is_none(),
    });
    if with_fields {
        let row = |it: &Shown| (it.field.to_owned(), shown(view, it));
        document["fields"] = transition
            .screen
            .iter()
            .map(row)
            .collect::<Map<_, _>>()
            .into();
    }
    document
}

/// A field of a screen. Only what the screen itself requires is flagged; validators are silent.
fn shown(view: &View<'_>, shown: &Shown) -> Value {
    let field = scheme::field_of(shown.field);
    let operations = if shown.field == "labels" {
        json!(["add", "set", "remove"])
    } else {
        json!(["set"])
    };
    let mut document = json!({
        "required": shown.required,
        "schema": field.map(meta::schema),
        "name": field.map(|it| it.name),
        "key": shown.field,
        "hasDefaultValue": false,
        "operations": operations,
    });
    match shown.field {
        "resolution" => {
            let values = RESOLUTIONS.iter().map(|it| view.resolution(it));
            document["allowedValues"] = values.collect();
        }
        "priority" => {
            document["allowedValues"] = PRIORITIES.iter().map(|it| view.priority(it)).collect();
        }
        "assignee" => {
            document["autoCompleteUrl"] = json!(view.link("user/assignable/search?query="))
        }
        _ => {}
    }
    document
}

/// `POST /issue/{id}/transitions`.
pub(crate) fn post(cloud: &mut Cloud, call: &Call<'_>, id_or_key: &str) -> Outcome {
    let id = cloud.id(id_or_key)?;
    let body = call.body()?;
    let update = object(&body, "update")?;
    let asked = body.get("transition").unwrap_or(&Value::Null);
    let transition = chosen(cloud, call, id, asked)?;
    let comments = comment::added(cloud, call, id, &update)?;
    let mut draft = moved(cloud, call, id, transition, &body)?;
    check(transition, &draft, !comments.is_empty())?;
    enter_status(&mut draft, transition, call.now_ms);
    write::commit(cloud, call, draft, body.get("historyMetadata"));
    cloud.enter(call, Kind::Transition, id, None);
    comment::add_all(cloud, call, id, comments);
    Ok(Response::empty(204))
}

/// The transition that `{"id": ...}` names, if it leads away from the issue's status and the caller may do it.
fn chosen(
    cloud: &Cloud,
    call: &Call<'_>,
    id: u64,
    asked: &Value,
) -> Result<&'static Transition, Refusal> {
    let wanted = match &asked["id"] {
        Value::String(id) => id.clone(),
        Value::Number(id) => id.to_string(),
        _ => return Err(Refusal::message(400, "Missing 'transition' identifier")),
    };
    let fields = &cloud.store.get(id).ok_or_else(Refusal::no_issue)?.fields;
    let may = call.user.may(fields.project, Permission::TransitionIssues);
    available(fields)
        .filter(|it| may && it.lets(call.user, fields))
        .find(|it| it.id == wanted)
        .ok_or_else(|| {
            let text = format!("Transition id '{wanted}' is not valid for this issue.");
            Refusal::message(400, text)
        })
}

/// The issue with the fields of the transition's screen set as the body asks.
fn moved(
    cloud: &Cloud,
    call: &Call<'_>,
    id: u64,
    transition: &'static Transition,
    body: &Map<String, Value>,
) -> Result<Fields, Refusal> {
    let issue = cloud.store.get(id).ok_or_else(Refusal::no_issue)?;
    let mut draft = (*issue.fields).clone();
    // A resolution belongs to the status that is being left, unless the transition sets one.
    if transition.shows("resolution") {
        draft.resolution = None;
    }
    let mut judge = cloud.judge(call, false);
    judge.transition = Some(transition);
    let fields = object(body, "fields")?;
    let update = object(body, "update")?;
    let errors = judge.apply(&mut draft, &fields, &update);
    if errors.is_empty() {
        Ok(draft)
    } else {
        Err(Refusal::fields(errors))
    }
}

/// What the screen requires and what the validators ask; the refusal names the fields.
fn check(transition: &Transition, draft: &Fields, commented: bool) -> Result<(), Refusal> {
    let mut errors = Errors::new();
    for shown in transition.screen.iter().filter(|it| it.required) {
        if screens::is_empty(draft, shown.field) {
            let name = scheme::field_of(shown.field).map_or(shown.field, |it| it.name);
            errors.insert(shown.field.to_owned(), format!("{name} is required."));
        }
    }
    for validator in transition.validators {
        match validator {
            Validator::Filled(field, text) if screens::is_empty(draft, field) => {
                errors.insert((*field).to_owned(), (*text).to_owned());
            }
            Validator::Commented(text) if !commented => {
                errors.insert("comment".to_owned(), (*text).to_owned());
            }
            Validator::Filled(..) | Validator::Commented(_) => {}
        }
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Refusal::fields(errors))
    }
}

/// Performs the transition that the body of a create names, without fields of its own.
pub(crate) fn perform(
    cloud: &mut Cloud,
    call: &Call<'_>,
    id: u64,
    asked: &Value,
    metadata: Option<&Value>,
) -> Result<(), Refusal> {
    let transition = chosen(cloud, call, id, asked)?;
    let mut draft = moved(cloud, call, id, transition, &Map::new())?;
    check(transition, &draft, false)?;
    enter_status(&mut draft, transition, call.now_ms);
    write::commit(cloud, call, draft, metadata);
    cloud.enter(call, Kind::Transition, id, None);
    Ok(())
}

/// Sets the status with what goes along: resolution and the date of the category's change.
pub(crate) fn enter_status(draft: &mut Fields, transition: &Transition, now_ms: i64) {
    let Some(to) = transition.to else {
        return;
    };
    if draft.status.category != to.category {
        draft.category_changed_ms = now_ms;
    }
    let given = draft.resolution.filter(|_| transition.shows("resolution"));
    draft.status = to;
    draft.resolution = to.is_done().then(|| given.unwrap_or(transition.resolution));
    draft.resolved_ms = to.is_done().then_some(now_ms);
}
