//! Updates of an item: one per write that changed it, revision or not, with numbers of their own
//! (azure.md 6). What changed in the fields is found by comparing revisions when it is asked for.

use serde_json::{Map, Value as Json, json};

use super::identity::Who;
use super::item::{Host, Item, People, View, all_fields};
use super::relation::Relation;
use super::time;

/// One entry of the updates list: a revision, a change of links, or both (azure.md 6).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Update {
    /// The revision that it made, or during which it happened; counted from 1.
    pub(crate) rev: usize,
    /// Whether it made that revision.
    pub(crate) revised: bool,
    pub(crate) at_ms: i64,
    pub(crate) by: Who,
    pub(crate) added: Vec<Relation>,
    pub(crate) removed: Vec<Relation>,
}

/// One entry of `updates`: what changed in fields and relations, with a number that is not the
/// revision's.
pub(crate) fn update_json(
    item: &Item,
    number: usize,
    people: People,
    host: Host<'_>,
) -> Option<Json> {
    let update = item.updates.get(number.checked_sub(1)?)?;
    let url = format!(
        "{}/_apis/wit/workItems/{}/updates/{number}",
        host.base, item.id
    );
    let revised = if update.revised {
        item.revisions.get(update.rev).map(|r| r.changed_ms)
    } else {
        Some(update.at_ms)
    };
    let mut json = json!({
        "id": number,
        "workItemId": item.id,
        "rev": update.rev,
        "revisedBy": host.organization.people.reference(&update.by, host.base),
        "revisedDate": revised.map_or_else(|| time::FOREVER.to_owned(), time::text),
        "url": url,
    });
    if update.revised {
        json["fields"] = changes(item, update.rev, people, host);
    }
    let mut relations = Map::new();
    for (key, list) in [("added", &update.added), ("removed", &update.removed)] {
        if !list.is_empty() {
            relations.insert(
                key.to_owned(),
                list.iter().map(|r| r.json(host.base)).collect(),
            );
        }
    }
    if !relations.is_empty() {
        json["relations"] = Json::Object(relations);
    }
    Some(json)
}

fn changes(item: &Item, rev: usize, people: People, host: Host<'_>) -> Json {
    let new = item.revision(rev);
    let old = rev.checked_sub(1).and_then(|before| item.revision(before));
    let mut object = Map::new();
    for f in all_fields(host.organization).filter(|f| f.reference != "System.Parent") {
        let value =
            |view: Option<View<'_>>| view.and_then(|v| v.value(f.reference, host.organization));
        let (before, after) = (value(old), value(new));
        if before == after {
            continue;
        }
        let mut change = Map::new();
        for (key, side) in [("oldValue", before), ("newValue", after)] {
            if let Some(side) = side {
                change.insert(key.to_owned(), side.json(people, host));
            }
        }
        object.insert(f.reference.to_owned(), Json::Object(change));
    }
    Json::Object(object)
}
