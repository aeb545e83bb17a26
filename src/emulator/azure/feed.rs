//! The two reporting feeds (azure.md 3): revisions and links, each an ordered index read by
//! position with an opaque token. A token of the last page stays valid: it is the cursor.

use serde_json::{Value as Json, json};

use super::error::Refusal;
use super::field::{self, Field};
use super::item::{Host, People, Selection, View};
use super::limit;
use super::node::Organization;
use super::relation;
use super::store::{Entry, LinkEvent, Store};
use super::time;
use crate::site::Request;

/// What a request asks of the revisions feed.
#[derive(Debug)]
pub(crate) struct Filter {
    fields: Selection,
    types: Vec<String>,
    project: Option<usize>,
    people: Identity,
    deleted: bool,
    latest_only: bool,
    discussions_only: bool,
    since_ms: i64,
    after: i64,
    page: usize,
}

/// How people are written (`includeIdentityRef`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Identity {
    /// `Name <unique name>`.
    Text,
    /// An `IdentityRef`.
    Object,
}

/// Where a parameter stands: in the query of a GET, in the body of a POST (azure.md 3.1).
struct Source<'a> {
    request: &'a Request,
    body: Option<Json>,
}

impl Source<'_> {
    fn list(&self, name: &str) -> Vec<String> {
        let own = |text: &str| text.trim().to_owned();
        match &self.body {
            Some(body) => {
                let rows = body
                    .get(name)
                    .and_then(Json::as_array)
                    .into_iter()
                    .flatten();
                rows.filter_map(Json::as_str).map(own).collect()
            }
            None => {
                let text = self.request.query(name).unwrap_or("");
                text.split(',').map(own).filter(|t| !t.is_empty()).collect()
            }
        }
    }

    fn flag(&self, name: &str) -> bool {
        match &self.body {
            Some(body) => body.get(name).and_then(Json::as_bool).unwrap_or(false),
            None => is_true(self.request.query(name)),
        }
    }
}

/// Whether a query parameter says yes.
pub(crate) fn is_true(value: Option<&str>) -> bool {
    value.is_some_and(|v| v.eq_ignore_ascii_case("true") || v == "1")
}

impl Filter {
    /// The filter of a request.
    ///
    /// # Errors
    /// Unknown fields, tokens that are none, a token together with a start.
    pub(crate) fn parse(request: &Request, project: Option<usize>) -> Result<Self, Refusal> {
        let body = if request.method == http::Method::POST {
            let parsed = request
                .json()
                .map_err(|e| Refusal::Invalid(format!("the body is not JSON: {e}.")))?;
            Some(parsed)
        } else {
            None
        };
        let source = Source { request, body };
        let long = request
            .query("$expand")
            .is_some_and(|e| e.eq_ignore_ascii_case("fields"));
        let (after, since_ms) = position(request, revision_token)?;
        Ok(Self {
            fields: selection(&source.list("fields"), long)?,
            types: source.list("types"),
            project,
            people: if source.flag("includeIdentityRef") {
                Identity::Object
            } else {
                Identity::Text
            },
            deleted: source.flag("includeDeleted"),
            latest_only: source.flag("includeLatestOnly"),
            discussions_only: is_true(request.query("includeDiscussionChangesOnly")),
            since_ms,
            after,
            page: page_size(request)?,
        })
    }

    fn admits(&self, view: &View<'_>) -> bool {
        let Some(revision) = view.revision() else {
            return false;
        };
        let item = view.item;
        let kind = view.text(field::TYPE);
        (self.deleted || !item.is_deleted())
            && self.project.is_none_or(|p| p == revision.project)
            && (self.types.is_empty() || self.types.iter().any(|t| t.eq_ignore_ascii_case(kind)))
            && (!self.latest_only || view.rev() == item.rev())
            && (!self.discussions_only || revision.comment.is_some())
            && revision.changed_ms >= self.since_ms
    }

    fn row(&self, view: &View<'_>, host: Host<'_>) -> Json {
        let people = match self.people {
            Identity::Text => People::Combined,
            Identity::Object => People::Objects,
        };
        json!({
            "id": view.item.id,
            "rev": view.rev(),
            "fields": view.fields_json(&self.fields, people, host),
        })
    }
}

fn selection(names: &[String], long: bool) -> Result<Selection, Refusal> {
    if names.is_empty() {
        return Ok(if long {
            Selection::All
        } else {
            Selection::Short
        });
    }
    let found: Result<Vec<&'static Field>, Refusal> = names
        .iter()
        .map(|name| field::by_reference(name).ok_or_else(|| Refusal::field(name)))
        .collect();
    found.map(Selection::Named)
}

fn page_size(request: &Request) -> Result<usize, Refusal> {
    match request.query("$maxPageSize") {
        None => Ok(limit::FEED_PAGE),
        Some(text) => match text.parse() {
            Ok(size) if size > 0 => Ok(limit::FEED_PAGE_MAX.min(size)),
            _ => Err(Refusal::Invalid(format!(
                "$maxPageSize '{text}' is not a positive number."
            ))),
        },
    }
}

/// Where to go on, and from when on: a token and a start exclude each other.
fn position(request: &Request, token: fn(&str) -> Option<i64>) -> Result<(i64, i64), Refusal> {
    let given = request.query("continuationToken").filter(|t| !t.is_empty());
    let start = request.query("startDateTime").filter(|t| !t.is_empty());
    match (given, start) {
        (Some(_), Some(_)) => Err(Refusal::Invalid(
            "continuationToken and startDateTime cannot be used together.".into(),
        )),
        (Some(text), None) => {
            let after = token(text).ok_or_else(|| Refusal::Token(text.to_owned()))?;
            Ok((after, i64::MIN))
        }
        (None, Some(text)) => match time::parse(text) {
            Some((ms, _)) => Ok((0, ms)),
            None => Err(Refusal::Invalid(format!(
                "startDateTime '{text}' is not a date."
            ))),
        },
        (None, None) => Ok((0, i64::MIN)),
    }
}

fn revision_token(text: &str) -> Option<i64> {
    let mut parts = text.split(';').map(|part| part.parse::<i64>().ok());
    let watermark = parts.next()??;
    let (Some(Some(_)), Some(Some(_)), None) = (parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    (watermark >= 0).then_some(watermark)
}

fn link_token(text: &str) -> Option<i64> {
    text.parse().ok().filter(|n| *n >= 0)
}

/// One page of the revisions feed. Entries that a filter drops still move the cursor, so a type or
/// a project filter has holes and no tombstones, as on the real service.
///
/// # Errors
/// Those of [`Filter::parse`].
pub(crate) fn revisions(
    request: &Request,
    store: &Store,
    project: Option<usize>,
    host: Host<'_>,
) -> Result<Json, Refusal> {
    let filter = Filter::parse(request, project)?;
    let from = store
        .feed()
        .partition_point(|e| e.watermark <= filter.after || e.by_ms < filter.since_ms);
    let rest = store.feed().get(from..).unwrap_or(&[]);
    let mut values = Vec::new();
    let mut last: Option<&Entry> = None;
    let mut seen = 0;
    for entry in rest {
        if values.len() >= filter.page || seen >= limit::FEED_SCAN {
            break;
        }
        seen += 1;
        store.index.examine();
        last = Some(entry);
        let view = store
            .any(entry.id)
            .and_then(|item| item.revision(entry.rev));
        if let Some(view) = view.filter(|v| filter.admits(v)) {
            values.push(filter.row(&view, host));
        }
    }
    let token = match (last, request.query("continuationToken")) {
        (Some(entry), _) => format!("{};{};{}", entry.watermark, entry.id, entry.rev),
        (None, Some(given)) if !given.is_empty() => given.to_owned(),
        (None, _) => "0;0;0".to_owned(),
    };
    Ok(batch(
        values,
        &token,
        seen == rest.len(),
        request,
        host.base,
    ))
}

/// One page of the links feed: links between items only, source to target in the forward direction.
///
/// # Errors
/// Tokens that are none, unknown link types.
pub(crate) fn links(
    request: &Request,
    store: &Store,
    project: Option<usize>,
    host: Host<'_>,
) -> Result<Json, Refusal> {
    let (after, since) = position(request, link_token)?;
    let source = Source {
        request,
        body: None,
    };
    let (kinds, types) = (source.list("linkTypes"), source.list("types"));
    for kind in kinds.iter().filter(|k| k.contains('-')) {
        relation::find(kind)?;
    }
    let wanted = |event: &LinkEvent| {
        let stem = event.kind.stem();
        let named = |k: &String| {
            k.get(..stem.len())
                .is_some_and(|k| k.eq_ignore_ascii_case(stem))
        };
        let view = store.any(event.source).map(|item| item.view());
        let of_type = |v: View<'_>| {
            types
                .iter()
                .any(|t| t.eq_ignore_ascii_case(v.text(field::TYPE)))
        };
        let in_project = |v: View<'_>| v.revision().is_some_and(|r| Some(r.project) == project);
        event.at_ms >= since
            && (kinds.is_empty() || kinds.iter().any(named))
            && (types.is_empty() || view.is_some_and(of_type))
            && (project.is_none() || view.is_some_and(in_project))
    };
    let from = usize::try_from(after)
        .unwrap_or(usize::MAX)
        .min(store.links().len());
    let rest = store.links().get(from..).unwrap_or(&[]);
    let mut values = Vec::new();
    let mut seen = 0;
    for event in rest {
        if values.len() >= limit::FEED_PAGE_MAX || seen >= limit::FEED_SCAN {
            break;
        }
        seen += 1;
        store.index.examine();
        if wanted(event) {
            values.push(link_row(event, store, host.organization));
        }
    }
    let token = (from + seen).to_string();
    Ok(batch(
        values,
        &token,
        seen == rest.len(),
        request,
        host.base,
    ))
}

fn link_row(event: &LinkEvent, store: &Store, organization: &Organization) -> Json {
    let project = |id| {
        let revision = store.any(id).and_then(|item| item.latest());
        revision
            .and_then(|r| organization.project(r.project))
            .map(|p| p.guid)
    };
    json!({
        "rel": event.kind.stem(),
        "sourceId": event.source,
        "targetId": event.target,
        "sourceProjectId": project(event.source),
        "targetProjectId": project(event.target),
        "changedDate": time::text(event.at_ms),
        "changedOperation": if event.active { "create" } else { "remove" },
        "isActive": event.active,
    })
}

fn batch(values: Vec<Json>, token: &str, is_last: bool, request: &Request, base: &str) -> Json {
    json!({
        "values": values,
        "nextLink": next_link(request, token, base),
        "continuationToken": token,
        "isLastBatch": is_last,
    })
}

/// The same request with the new token.
fn next_link(request: &Request, token: &str, base: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("continuationToken", token);
    for (key, value) in &request.query {
        if key != "continuationToken" && key != "startDateTime" {
            query.append_pair(key, value);
        }
    }
    let organization = base.rsplit('/').next().unwrap_or("");
    let origin = base
        .strip_suffix(organization)
        .unwrap_or(base)
        .trim_end_matches('/');
    format!("{origin}{}?{}", request.path, query.finish())
}
