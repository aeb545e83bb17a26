//! Links between issues (jira.md 7.3). A link comes from one issue and leads to another; each of them shows it from its
//! own side.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::jira::Cloud;
use crate::jira::call::Call;
use crate::jira::changelog;
use crate::jira::comment;
use crate::jira::event::Event;
use crate::jira::issue::Change;
use crate::jira::link_type::{self, LinkType, LinkTypes};
use crate::jira::permission::Permission;
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::store::Store;
use crate::jira::view::View;
use crate::ledger::Kind;
use crate::site::Response;

/// The most links of an issue (jira.md 7.1).
const PER_ISSUE_MAX: usize = 2_000;

/// A link between two issues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) id: u64,
    /// The id of its type.
    pub(crate) kind: u64,
    /// The issue it comes from, which speaks of it in the outward words: what a request calls `inwardIssue`.
    pub(crate) source: u64,
    /// The issue it leads to: what a request calls `outwardIssue`.
    pub(crate) target: u64,
}

/// All links with their types.
#[derive(Debug, Default)]
pub(crate) struct Links {
    pub(crate) types: LinkTypes,
    all: BTreeMap<u64, Link>,
    /// The ids of the links at each issue, oldest first.
    at: BTreeMap<u64, Vec<u64>>,
}

impl Links {
    pub(crate) fn get(&self, id: u64) -> Option<&Link> {
        self.all.get(&id)
    }

    /// The links at an issue, oldest first.
    pub(crate) fn of_issue(&self, issue: u64) -> impl Iterator<Item = &Link> {
        let ids = self.at.get(&issue).map_or(&[][..], Vec::as_slice);
        ids.iter().filter_map(|id| self.all.get(id))
    }

    fn insert(&mut self, link: Link) {
        self.all.insert(link.id, link);
        self.at.entry(link.source).or_default().push(link.id);
        self.at.entry(link.target).or_default().push(link.id);
    }

    fn remove(&mut self, id: u64) {
        let Some(link) = self.all.remove(&id) else {
            return;
        };
        for issue in [link.source, link.target] {
            if let Some(ids) = self.at.get_mut(&issue) {
                ids.retain(|&it| it != id);
            }
        }
    }

    /// Forgets the links at an issue that is deleted, and names the issues at their other ends.
    pub(crate) fn drop_of_issue(&mut self, issue: u64) {
        for id in self.at.remove(&issue).unwrap_or_default() {
            self.remove(id);
        }
    }

    /// Forgets the links of a type that is deleted.
    pub(crate) fn drop_of_type(&mut self, kind: u64) {
        let of_type = self.all.values().filter(|it| it.kind == kind);
        let ids: Vec<u64> = of_type.map(|it| it.id).collect();
        for id in ids {
            self.remove(id);
        }
    }

    fn same(&self, kind: u64, source: u64, target: u64) -> bool {
        self.of_issue(source)
            .any(|it| it.kind == kind && it.source == source && it.target == target)
    }
}

/// The field `issuelinks`: each link with the issue at its other end.
pub(crate) fn field(view: &View<'_>, issue: u64) -> Value {
    let row = |link: &Link| {
        let kind = view.store.links.types.get(link.kind)?;
        let (side, other) = if link.source == issue {
            ("outwardIssue", link.target)
        } else {
            ("inwardIssue", link.source)
        };
        let mut row = head(view, link, kind);
        row[side] = view.relative(other)?;
        Some(row)
    };
    let links = view.store.links.of_issue(issue);
    links.filter_map(row).collect()
}

fn head(view: &View<'_>, link: &Link, kind: &LinkType) -> Value {
    json!({
        "id": link.id.to_string(),
        "self": view.link(&format!("issueLink/{}", link.id)),
        "type": link_type::document(view, kind),
    })
}

/// A link that was accepted and not yet entered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct New {
    kind: u64,
    source: u64,
    target: u64,
}

/// `POST /issueLink`: 201 without a body, also for a link that is there already.
pub(crate) fn create(cloud: &mut Cloud, call: &Call<'_>) -> Outcome {
    let body = call.body()?;
    let kind = kind_of(&cloud.store, &body)?;
    let end = |name: &str| named_issue(&cloud.store, body.get(name));
    let new = New {
        kind,
        source: end("inwardIssue")?,
        target: end("outwardIssue")?,
    };
    check(&cloud.store, new)?;
    require(cloud, call, new)?;
    let comment = match body.get("comment") {
        None | Some(Value::Null) => Vec::new(),
        Some(comment) => {
            let update = json!({"comment": [{"add": comment}]});
            let update = update.as_object().cloned().unwrap_or_default();
            comment::added(cloud, call, new.target, &update)?
        }
    };
    enter(cloud, call, new);
    // The comment goes to the outward issue, as the description says.
    comment::add_all(cloud, call, new.target, comment);
    Ok(Response::empty(201))
}

/// The API description of links has no 403: who may not link the issues finds none to link.
fn require(cloud: &Cloud, call: &Call<'_>, new: New) -> Result<(), Refusal> {
    for issue in [new.source, new.target] {
        let issue = cloud.seen_issue(call, &issue.to_string())?;
        let project = issue.fields.project;
        cloud
            .require(call, project, Permission::LinkIssues)
            .map_err(|_| Refusal::no_issue())?;
    }
    Ok(())
}

fn kind_of(store: &Store, body: &Map<String, Value>) -> Result<u64, Refusal> {
    let given = body.get("type").unwrap_or(&Value::Null);
    let kind = store.links.types.named(given);
    kind.map(|it| it.id).ok_or_else(|| {
        let name = given["name"].as_str().or_else(|| given["id"].as_str());
        let text = format!(
            "No issue link type with name '{}' found.",
            name.unwrap_or("null")
        );
        Refusal::message(404, text)
    })
}

fn named_issue(store: &Store, given: Option<&Value>) -> Result<u64, Refusal> {
    let given = given.unwrap_or(&Value::Null);
    let named = given["key"].as_str().or_else(|| given["id"].as_str());
    named
        .and_then(|it| store.find(it))
        .ok_or_else(Refusal::no_issue)
}

fn check(store: &Store, new: New) -> Result<(), Refusal> {
    if new.source == new.target {
        return Err(Refusal::message(400, "You cannot link an issue to itself."));
    }
    let full = |issue| store.links.of_issue(issue).count() >= PER_ISSUE_MAX;
    if full(new.source) || full(new.target) {
        return Err(Refusal::message(
            413,
            "The number of issue links on the issue exceeds the limit of 2000.",
        ));
    }
    Ok(())
}

/// The links that the `update` of a create or an edit adds; `issue` is nothing while it is being created.
pub(crate) fn added(
    store: &Store,
    issue: Option<u64>,
    update: &Map<String, Value>,
) -> Result<Vec<New>, Refusal> {
    let Some(operations) = update.get("issuelinks") else {
        return Ok(Vec::new());
    };
    // Nothing has the id 0: it stands for the issue that is being created.
    let own = issue.unwrap_or(0);
    let operations = operations.as_array().ok_or_else(Refusal::payload)?;
    let one = |operation: &Value| {
        let body = operation.get("add").and_then(Value::as_object);
        let body = body.ok_or_else(|| {
            Refusal::field("issuelinks", "Only the operation 'add' is supported.")
        })?;
        let kind = kind_of(store, body)?;
        let (source, target) = match (body.get("outwardIssue"), body.get("inwardIssue")) {
            (Some(other), None) => (own, named_issue(store, Some(other))?),
            (None, Some(other)) => (named_issue(store, Some(other))?, own),
            _ => {
                let text = "Either 'inwardIssue' or 'outwardIssue' must be given.";
                return Err(Refusal::field("issuelinks", text));
            }
        };
        let new = New {
            kind,
            source,
            target,
        };
        check(store, new)?;
        Ok(new)
    };
    operations.iter().map(one).collect()
}

/// Enters accepted links of an issue.
pub(crate) fn add_all(cloud: &mut Cloud, call: &Call<'_>, issue: u64, links: Vec<New>) {
    for mut new in links {
        for end in [&mut new.source, &mut new.target] {
            if *end == 0 {
                *end = issue;
            }
        }
        enter(cloud, call, new);
    }
}

fn enter(cloud: &mut Cloud, call: &Call<'_>, new: New) {
    if !cloud.store.links.same(new.kind, new.source, new.target) {
        let link = Link {
            id: cloud.store.next_id(),
            kind: new.kind,
            source: new.source,
            target: new.target,
        };
        cloud.store.links.insert(link);
        note(cloud, call, link, true);
        announce(cloud, call, link, "issuelink_created");
    }
    cloud.enter(call, Kind::Link, new.source, None);
}

/// Enters a link's coming or going into the changelogs of both issues, which moves their `updated` (jira.md 3.4).
fn note(cloud: &mut Cloud, call: &Call<'_>, link: Link, came: bool) {
    let Some(kind) = cloud.store.links.types.get(link.kind).cloned() else {
        return;
    };
    let ends = [
        (link.source, link.target, kind.outward),
        (link.target, link.source, kind.inward),
    ];
    for (issue, other, words) in ends {
        let Some(key) = cloud.store.get(other).map(|it| it.fields.key()) else {
            continue;
        };
        let there = (Some(key.clone()), Some(format!("This issue {words} {key}")));
        let (from, to) = if came {
            ((None, None), there)
        } else {
            (there, (None, None))
        };
        let item: Change = changelog::change("Link", "issuelinks", from, to);
        cloud.note(call, issue, vec![item]);
    }
}

fn announce(cloud: &mut Cloud, call: &Call<'_>, link: Link, name: &'static str) {
    let Some(kind) = cloud.store.links.types.get(link.kind) else {
        return;
    };
    let document = json!({
        "id": link.id,
        "sourceIssueId": link.source,
        "destinationIssueId": link.target,
        "issueLinkType": {
            "id": kind.id,
            "name": kind.name,
            "outwardName": kind.outward,
            "inwardName": kind.inward,
            "isSubTaskLinkType": false,
            "isSystemLinkType": false,
        },
        "systemLink": false,
    });
    cloud.announce(call, &Event::Link(name, &document));
}

fn found(cloud: &Cloud, id: &str) -> Result<Link, Refusal> {
    let wrong = || Refusal::message(400, format!("The issue link id '{id}' is not a number."));
    let number: u64 = id.parse().map_err(|_| wrong())?;
    let link = cloud.store.links.get(number).copied();
    link.ok_or_else(|| Refusal::message(404, format!("No issue link with id '{id}' exists.")))
}

/// `GET /issueLink/{id}`.
pub(crate) fn one(cloud: &Cloud, call: &Call<'_>, id: &str) -> Outcome {
    let link = found(cloud, id)?;
    let view = cloud.view(call);
    let kind = cloud.store.links.types.get(link.kind);
    let kind = kind.ok_or_else(Refusal::no_issue)?;
    let mut document = head(&view, &link, kind);
    document["inwardIssue"] = view.relative(link.source).unwrap_or_default();
    document["outwardIssue"] = view.relative(link.target).unwrap_or_default();
    Ok(Response::json(200, &document))
}

/// `DELETE /issueLink/{id}`.
pub(crate) fn delete(cloud: &mut Cloud, call: &Call<'_>, id: &str) -> Outcome {
    let link = found(cloud, id)?;
    cloud.store.links.remove(link.id);
    note(cloud, call, link, false);
    announce(cloud, call, link, "issuelink_deleted");
    cloud.enter(call, Kind::Link, link.source, None);
    Ok(Response::empty(204))
}
