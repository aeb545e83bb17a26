//! What an event looks like in each version of its resource (azure.md 13.2): the envelope, the messages, the item or the
//! update, and people in three shapes.

use serde_json::{Value as Json, json};

use super::super::field;
use super::super::item::{Host, Item, People, Selection, Wanted};
use super::super::time;
use super::super::update;
use super::subscription::{Inputs, Subscription};
use super::topic::Topic;

/// How people stand in an event of this version.
pub(crate) fn people(version: &str) -> People {
    if version.starts_with("1.0") {
        People::Combined
    } else if version.starts_with("3.") {
        People::Names
    } else {
        People::Objects
    }
}

/// One event as it happened, before it is shaped for a subscription.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Happening<'a> {
    pub(crate) topic: Topic,
    pub(crate) item: &'a Item,
    /// The event's own id.
    pub(crate) id: &'a str,
    pub(crate) now: i64,
}

/// The body that a subscription gets.
pub(crate) fn body(of: &Subscription, number: i32, what: Happening<'_>, host: Host<'_>) -> Json {
    let terms = &of.terms;
    let details = terms.consumer.get("resourceDetailsToSend");
    let resource = match details.map_or("", String::as_str).to_lowercase().as_str() {
        "none" => Json::Null,
        "minimal" => minimal(what, host),
        _ => resource(what, &terms.version, host),
    };
    let said = messages(what, host);
    json!({
        "subscriptionId": of.id,
        "notificationId": number,
        "id": what.id,
        "eventType": what.topic.id(),
        "publisherId": "tfs",
        "message": chosen(&said, &terms.consumer, "messagesToSend"),
        "detailedMessage": chosen(&said, &terms.consumer, "detailedMessagesToSend"),
        "resource": resource,
        "resourceVersion": terms.version,
        "resourceContainers": containers(what.item, host),
        "createdDate": time::text(what.now),
    })
}

fn containers(item: &Item, host: Host<'_>) -> Json {
    let project = item
        .latest()
        .and_then(|r| host.organization.project(r.project));
    let base = format!("{}/", host.base);
    json!({
        "collection": {"id": host.organization.collection(), "baseUrl": base},
        "account": {"id": host.organization.collection(), "baseUrl": base},
        "project": {"id": project.map(|p| p.guid), "baseUrl": base},
    })
}

/// Text, HTML and Markdown of the one sentence that says what happened.
fn messages(what: Happening<'_>, host: Host<'_>) -> Json {
    let view = what.item.view();
    let (kind, title) = (view.text(field::TYPE), view.text(field::TITLE));
    let latest = what.item.latest();
    let by = latest.map_or_else(String::new, |r| {
        host.organization.people.display(&r.changed_by)
    });
    let id = what.item.id;
    let verb = what.topic.verb();
    let link = format!("{}/_workitems/edit/{id}", host.base);
    let name = format!("{kind} #{id}");
    json!({
        "text": format!("{name} ({title}) {verb} by {by}.\r\n({link})"),
        "html": format!(
            "<a href=\"{link}\">{}</a> ({}) {verb} by {}.",
            escape(&name), escape(title), escape(&by)
        ),
        "markdown": format!("[{name}]({link}) ({title}) {verb} by {by}."),
    })
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn chosen(said: &Json, inputs: &Inputs, name: &str) -> Json {
    let which = inputs.get(name).map_or("", String::as_str).to_lowercase();
    match which.as_str() {
        "" | "all" => said.clone(),
        "none" => Json::Null,
        one => json!({one: said[one]}),
    }
}

fn minimal(what: Happening<'_>, host: Host<'_>) -> Json {
    let id = what.item.id;
    let url = format!("{}/_apis/wit/workItems/{id}", host.base);
    match what.topic {
        Topic::Updated => {
            let number = what.item.updates.len();
            let url = format!("{url}/updates/{number}");
            json!({"id": number, "workItemId": id, "rev": what.item.rev(), "url": url})
        }
        Topic::Deleted => {
            let url = format!("{}/_apis/wit/recyclebin/{id}", host.base);
            json!({"id": id, "rev": what.item.rev(), "url": url})
        }
        Topic::Created | Topic::Restored | Topic::Commented => {
            json!({"id": id, "rev": what.item.rev(), "url": url})
        }
    }
}

fn resource(what: Happening<'_>, version: &str, host: Host<'_>) -> Json {
    let people = people(version);
    match what.topic {
        Topic::Updated => updated(what.item, people, host),
        Topic::Deleted => deleted(what.item, people, host),
        Topic::Created | Topic::Restored | Topic::Commented => item(what.item, people, host),
    }
}

/// The item after the change; no formats of its texts, which events do not carry.
fn item(item: &Item, people: People, host: Host<'_>) -> Json {
    let view = item.view();
    let mut json = view.json(&Wanted::after_write(), host);
    json["fields"] = view.fields_json(&Selection::Usual, people, host);
    json.as_object_mut()
        .map(|object| object.remove("multilineFieldsFormat"));
    json
}

fn deleted(gone: &Item, people: People, host: Host<'_>) -> Json {
    let mut json = item(gone, people, host);
    let url = format!("{}/_apis/wit/recyclebin/{}", host.base, gone.id);
    json["url"] = json!(url);
    json["_links"]["self"]["href"] = json!(url);
    json
}

/// The update, whose id is its own number and not the item's, with the whole item in `revision`.
fn updated(changed: &Item, people: People, host: Host<'_>) -> Json {
    let number = changed.updates.len();
    let base = format!("{}/_apis/wit/workItems/{}", host.base, changed.id);
    let mut json = update::update_json(changed, number, people, host).unwrap_or(Json::Null);
    let by = changed.updates.last().map(|u| &u.by);
    let shown = json.get_mut("revisedBy").and_then(Json::as_object_mut);
    if let (Some(by), Some(shown)) = (by, shown) {
        let name = json!(host.organization.people.combined(by));
        shown.insert("name".to_owned(), name);
    }
    let revision_url = format!("{base}/revisions/{}", changed.rev());
    let mut revision = item(changed, people, host);
    revision["url"] = json!(revision_url);
    revision["_links"] = json!({
        "self": {"href": revision_url},
        "workItemRevisions": {"href": format!("{base}/revisions")},
        "parent": {"href": base},
    });
    json["_links"] = json!({
        "self": {"href": format!("{base}/updates/{number}")},
        "workItemUpdates": {"href": format!("{base}/updates")},
        "parent": {"href": base},
        "html": {"href": format!("{}/_workitems/edit/{}", host.base, changed.id)},
    });
    json["revision"] = revision;
    json
}
