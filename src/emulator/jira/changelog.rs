//! The changelog: what changed in an issue's fields, when, and by whom (jira.md 8.2).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::adf;
use crate::jira::Cloud;
use crate::jira::account::Users;
use crate::jira::call::{Call, Page, strings};
use crate::jira::custom;
use crate::jira::issue::{Change, Fields, History};
use crate::jira::planning::SPRINT;
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::scheme::{FIELDS, Field, Named, STORY_POINTS};
use crate::jira::store::Store;
use crate::jira::time::written;
use crate::jira::tracking;
use crate::jira::view::View;
use crate::site::Response;

/// The most entries that `expand=changelog` holds.
pub(crate) const EXPANDED_MAX: usize = 100;

/// The most entries that a list by ids names.
const LISTED_MAX: usize = 1_000;

/// A field whose change is one item of an entry.
struct Compared {
    field: &'static str,
    id: &'static str,
    differs: fn(&Fields, &Fields) -> bool,
    side: fn(&Fields, &Users, &Store) -> Side,
}

/// The fields that an entry has one item for, in its order.
static COMPARED: [Compared; 12] = [
    Compared {
        field: "summary",
        id: "summary",
        differs: |one, other| one.summary != other.summary,
        side: |fields, _, _| shown(Some(fields.summary.clone())),
    },
    // Documents can differ where their texts do not: the entry is made all the same.
    Compared {
        field: "description",
        id: "description",
        differs: |one, other| one.description != other.description,
        side: |fields, _, _| shown(fields.description().as_ref().map(adf::plain_text)),
    },
    Compared {
        field: "environment",
        id: "environment",
        differs: |one, other| one.environment != other.environment,
        side: |fields, _, _| shown(fields.environment.as_deref().map(adf::plain_text)),
    },
    Compared {
        field: "priority",
        id: "priority",
        differs: |one, other| one.priority.id != other.priority.id,
        side: |fields, _, _| named(Some(fields.priority)),
    },
    Compared {
        field: "labels",
        id: "labels",
        differs: |one, other| one.labels != other.labels,
        side: |fields, _, _| labels(fields),
    },
    Compared {
        field: "assignee",
        id: "assignee",
        differs: |one, other| one.assignee != other.assignee,
        side: |fields, users, _| user(fields.assignee, users),
    },
    Compared {
        field: "reporter",
        id: "reporter",
        differs: |one, other| one.reporter != other.reporter,
        side: |fields, users, _| user(fields.reporter, users),
    },
    Compared {
        field: "status",
        id: "status",
        differs: |one, other| one.status.id != other.status.id,
        side: |fields, _, _| status(fields),
    },
    Compared {
        field: "resolution",
        id: "resolution",
        differs: |one, other| one.resolution.map(|it| it.id) != other.resolution.map(|it| it.id),
        side: |fields, _, _| named(fields.resolution),
    },
    Compared {
        field: "issuetype",
        id: "issuetype",
        differs: |one, other| one.kind.id != other.kind.id,
        side: |fields, _, _| kind(fields),
    },
    Compared {
        field: "IssueParentAssociation",
        id: "parent",
        differs: |one, other| one.parent != other.parent,
        side: |fields, _, store| parent(fields, store),
    },
    Compared {
        field: "duedate",
        id: "duedate",
        differs: |one, other| one.due != other.due,
        side: |fields, _, _| (fields.due.clone(), fields.due.clone()),
    },
];

/// What differs between two states of an issue's fields.
pub(crate) fn diff(before: &Fields, after: &Fields, users: &Users, store: &Store) -> Vec<Change> {
    let differing = COMPARED.iter().filter(|it| (it.differs)(before, after));
    let mut changes: Vec<Change> = differing
        .map(|it| {
            let side = |fields: &Fields| (it.side)(fields, users, store);
            change(it.field, it.id, side(before), side(after))
        })
        .collect();
    changes.extend(listed(before, after, store));
    changes.extend(tracking::diff(before.tracking, after.tracking));
    changes.extend(customs(before, after, users, store));
    if before.points != after.points {
        let points = |fields: &Fields| shown(fields.points.map(|points| points.to_string()));
        changes.push(change(
            "Story point estimate",
            STORY_POINTS,
            points(before),
            points(after),
        ));
    }
    if before.sprints != after.sprints {
        let side = |fields: &Fields| sprints(fields, store);
        changes.push(change("Sprint", SPRINT, side(before), side(after)));
    }
    changes
}

/// Sprints stand in one item, with their ids and their names joined by commas.
fn sprints(fields: &Fields, store: &Store) -> Side {
    let joined = |parts: Vec<String>| Some(parts.join(", "));
    let ids = fields.sprints.iter().map(u64::to_string).collect();
    let found = fields
        .sprints
        .iter()
        .filter_map(|&id| store.planning.sprint(id));
    (
        joined(ids),
        joined(found.map(|it| it.name.clone()).collect()),
    )
}

/// One item for each component or version that came or went.
fn listed(before: &Fields, after: &Fields, store: &Store) -> Vec<Change> {
    let component = |id: u64| store.components.get(id).map(|it| it.name.clone());
    let version = |id: u64| store.versions.get(id).map(|it| it.name.clone());
    let mut changes = Vec::new();
    let mut compare = |field,
                       field_id,
                       was: &BTreeSet<u64>,
                       is: &BTreeSet<u64>,
                       name: &dyn Fn(u64) -> Option<String>| {
        let side = |id: &u64| (Some(id.to_string()), name(*id));
        for gone in was.difference(is) {
            changes.push(change(field, field_id, side(gone), (None, None)));
        }
        for new in is.difference(was) {
            changes.push(change(field, field_id, (None, None), side(new)));
        }
    };
    compare(
        "Component",
        "components",
        &before.components,
        &after.components,
        &component,
    );
    compare(
        "Fix Version",
        "fixVersions",
        &before.fix_versions,
        &after.fix_versions,
        &version,
    );
    compare(
        "Version",
        "versions",
        &before.versions,
        &after.versions,
        &version,
    );
    changes
}

fn customs(before: &Fields, after: &Fields, users: &Users, store: &Store) -> Vec<Change> {
    let changed = FIELDS
        .iter()
        .filter(|field| before.custom.get(field.id) != after.custom.get(field.id));
    let side = |fields: &Fields, id| custom::side(fields.custom.get(id), &store.options, users);
    let one = |field: &'static Field| {
        change(
            field.name,
            field.id,
            side(before, field.id),
            side(after, field.id),
        )
    };
    changed.map(one).collect()
}

/// One item of an entry.
pub(crate) fn change(field: &'static str, field_id: &'static str, from: Side, to: Side) -> Change {
    Change {
        field,
        field_id,
        from: from.0,
        from_text: from.1,
        to: to.0,
        to_text: to.1,
    }
}

/// One side of a change: the id, and the text for people.
pub(crate) type Side = (Option<String>, Option<String>);

fn shown(text: Option<String>) -> Side {
    (None, text)
}

fn named(it: Option<&Named>) -> Side {
    it.map_or((None, None), |it| {
        (Some(it.id.to_owned()), Some(it.name.to_owned()))
    })
}

fn labels(fields: &Fields) -> Side {
    shown(Some(
        fields.labels.iter().cloned().collect::<Vec<_>>().join(" "),
    ))
}

fn user(id: Option<&str>, users: &Users) -> Side {
    let name = id
        .and_then(|id| users.of(id))
        .map(|user| user.person.display.to_owned());
    (id.map(str::to_owned), name)
}

fn status(fields: &Fields) -> Side {
    (
        Some(fields.status.id.to_owned()),
        Some(fields.status.name.to_owned()),
    )
}

fn kind(fields: &Fields) -> Side {
    (
        Some(fields.kind.id.to_owned()),
        Some(fields.kind.name.to_owned()),
    )
}

fn parent(fields: &Fields, store: &Store) -> Side {
    let parent = fields.parent.and_then(|id| store.get(id));
    parent.map_or((None, None), |it| {
        (Some(it.fields.id.to_string()), Some(it.fields.key()))
    })
}

/// One entry as answers carry it.
pub(crate) fn entry(view: &View<'_>, history: &History) -> Value {
    let item = |change: &Change| {
        let kind = if change.field_id.starts_with("customfield_") {
            "custom"
        } else {
            "jira"
        };
        json!({
            "field": change.field,
            "fieldtype": kind,
            "fieldId": change.field_id,
            "from": change.from,
            "fromString": change.from_text,
            "to": change.to,
            "toString": change.to_text,
        })
    };
    let mut document = json!({
        "id": history.id.to_string(),
        "author": view.user(Some(history.author)),
        "created": written(history.at_ms),
        "items": history.items.iter().map(item).collect::<Vec<_>>(),
    });
    if let Some(metadata) = &history.metadata {
        document["historyMetadata"] = metadata.clone();
    }
    document
}

/// `GET /issue/{id}/changelog`: oldest first.
pub(crate) fn list(cloud: &mut Cloud, call: &Call<'_>, id_or_key: &str) -> Outcome {
    let issue = cloud.issue(id_or_key)?;
    let page = Page::of(call, 100, 100);
    let view = cloud.view(call);
    let entries: Vec<Value> = page
        .cut(&issue.history)
        .iter()
        .map(|it| entry(&view, it))
        .collect();
    let path = format!("issue/{}/changelog", issue.fields.id);
    Ok(page.document(&view.link(&path), "values", entries, issue.history.len()))
}

/// `POST /issue/{id}/changelog/list`: the entries of these ids that the issue has, oldest first.
pub(crate) fn by_ids(cloud: &mut Cloud, call: &Call<'_>, id_or_key: &str) -> Outcome {
    let issue = cloud.issue(id_or_key)?;
    let body = call.body()?;
    let asked = body.get("changelogIds").and_then(Value::as_array);
    let asked = asked.ok_or_else(Refusal::payload)?;
    if asked.is_empty() || asked.len() > LISTED_MAX {
        return Err(Refusal::message(
            400,
            "changelogIds takes 1 to 1000 entries.",
        ));
    }
    let ids: Option<BTreeSet<u64>> = asked.iter().map(Value::as_u64).collect();
    let ids = ids.ok_or_else(Refusal::payload)?;
    let view = cloud.view(call);
    let found = issue.history.iter().filter(|it| ids.contains(&it.id));
    let rows: Vec<Value> = found.map(|it| entry(&view, it)).collect();
    let document = json!({
        "startAt": 0,
        "maxResults": rows.len(),
        "total": rows.len(),
        "histories": rows,
    });
    Ok(Response::json(200, &document))
}

/// What a bulk read of changelogs asks for.
struct Bulk {
    ids: Vec<u64>,
    fields: Vec<String>,
    from: usize,
    most: usize,
}

fn parse_bulk(cloud: &Cloud, call: &Call<'_>) -> Result<Bulk, Refusal> {
    let body = call.body()?;
    let asked = strings(body.get("issueIdsOrKeys"))?;
    let fields = strings(body.get("fieldIds"))?;
    if asked.is_empty() || asked.len() > 1_000 || fields.len() > 10 {
        let text = "issueIdsOrKeys takes 1 to 1000 entries and fieldIds at most 10.";
        return Err(Refusal::message(400, text));
    }
    let number = |name: &str| body.get(name).and_then(Value::as_u64);
    let most = number("maxResults").unwrap_or(1_000).clamp(1, 10_000);
    let from = match body.get("nextPageToken").and_then(Value::as_str) {
        None => 0,
        Some(token) => token.parse().map_err(|_| Refusal::payload())?,
    };
    let seen = |it: &String| Some(cloud.seen_issue(call, it).ok()?.fields.id);
    let mut ids: Vec<u64> = asked.iter().filter_map(seen).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(Bulk {
        ids,
        fields,
        from,
        most: usize::try_from(most).unwrap_or(usize::MAX),
    })
}

/// `POST /changelog/bulkfetch`.
pub(crate) fn bulk(cloud: &mut Cloud, call: &Call<'_>) -> Outcome {
    let asked = parse_bulk(cloud, call)?;
    let wanted = |history: &&History| {
        let named = |it: &Change| asked.fields.iter().any(|field| field == it.field_id);
        asked.fields.is_empty() || history.items.iter().any(named)
    };
    let issues = asked.ids.iter().filter_map(|&id| cloud.store.get(id));
    let rows = issues.flat_map(|issue| {
        issue
            .history
            .iter()
            .filter(wanted)
            .map(|history| (issue.fields.id, history))
    });
    let mut rows = rows.skip(asked.from);
    let view = cloud.view(call);
    let mut logs: Vec<(u64, Vec<Value>)> = Vec::new();
    for (id, history) in rows.by_ref().take(asked.most) {
        let mut document = entry(&view, history);
        document["created"] = json!(history.at_ms);
        match logs.last_mut().filter(|(last, _)| *last == id) {
            Some((_, entries)) => entries.push(document),
            None => logs.push((id, vec![document])),
        }
    }
    let log = |(id, entries)| json!({"issueId": u64::to_string(&id), "changeHistories": Value::Array(entries)});
    let mut answer = json!({"issueChangeLogs": logs.into_iter().map(log).collect::<Vec<_>>()});
    if rows.next().is_some() {
        answer["nextPageToken"] = json!((asked.from + asked.most).to_string());
    }
    Ok(Response::json(200, &answer))
}
