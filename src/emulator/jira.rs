//! A Jira Cloud site, REST version 3 (and 2 with plain texts, see `version.rs`).
//!
//! [`Cloud`] routes a request to one file for each concern: `write` creates and edits, `read`
//! reads directly, `search` asks the lagging `index` in JQL, `meta` describes what is set
//! up. `scheme` is what an administrator has configured, `store` is what users have made.
//! `planning` keeps what the Agile API (`agile`) plans with, `workflow` says what leads where,
//! `permission` lets callers in, and `event` tells `webhook` what happened.
//! References such as "jira.md 5.1" name the sections of the project's Jira reference.
//!
//! Architecture invariant: only `search` and what it calls look into the index; direct reads and
//! bulk reads see every write at once.

mod account;
mod agile;
mod allow;
mod attachment;
mod bulk;
mod call;
mod changelog;
mod comment;
mod component;
mod component_api;
mod context;
mod custom;
mod directory;
mod draft;
mod event;
mod filter;
mod filter_api;
mod group;
mod index;
mod issue;
mod jql;
mod label;
mod limiter;
mod link;
mod link_type;
mod media;
mod meta;
mod multipart;
mod narrow;
mod option;
mod part;
mod part_api;
mod permission;
mod planning;
mod project_role;
mod property;
mod read;
mod refusal;
mod release;
mod release_api;
mod relocation;
mod remote_link;
mod rich;
mod rider;
mod route;
mod sample;
mod scheme;
mod screens;
mod search;
mod store;
mod task;
mod throttle;
mod time;
mod tracking;
mod transition;
mod version;
mod view;
mod visibility;
mod watcher;
mod webhook;
mod webhook_admin;
mod workflow;
mod worklog;
mod write;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::adf;
use crate::jira::account::{Caller, Users};
use crate::jira::call::Call;
use crate::jira::draft::Judge;
use crate::jira::event::Event;
use crate::jira::issue::{Change, Comment, Issue};
use crate::jira::jql::Setting;
use crate::jira::property::Properties;
use crate::jira::refusal::{NO_ISSUE, Outcome, Refusal, unauthenticated};
use crate::jira::screens::Screens;
use crate::jira::search::Cursors;
use crate::jira::store::Store;
use crate::jira::task::Tasks;
use crate::jira::version::Version;
use crate::jira::view::View;
use crate::jira::webhook::Webhooks;
use crate::ledger::{Entry, Kind};
use crate::options::Options;
use crate::people::sync_account;
use crate::post::{Post, Posted};
use crate::site::{Credentials, Moment, Request, Response, Site};
use crate::throttle::{Flavor, Throttle};

/// What a browser shows to somebody who is not signed in. The redirect to it stays on the emulator's
/// own host, so that a client which follows it gets a page with status 200 and not an address that
/// tests cannot reach.
const LOGIN_PAGE: &str = "<!DOCTYPE html><html><head><title>Log in with Atlassian account</title>\
                          </head><body><form method=\"post\"></form></body></html>";

/// A Jira Cloud site.
#[derive(Debug)]
pub struct Cloud {
    options: Options,
    users: Users,
    store: Store,
    screens: Screens,
    cursors: Cursors,
    tasks: Tasks,
    entered: Vec<Entry>,
    webhooks: Webhooks,
    /// The properties of projects, by project id.
    project_properties: BTreeMap<u64, Properties>,
}

impl Cloud {
    /// A site with the sample data that the options ask for.
    pub fn new(options: Options) -> Self {
        let mut cloud = Self {
            store: Store::new(&options),
            screens: Screens::default(),
            users: Users::new(),
            cursors: Cursors::default(),
            tasks: Tasks::default(),
            entered: Vec::new(),
            webhooks: Webhooks::new(options.seed),
            project_properties: BTreeMap::new(),
            options,
        };
        sample::fill(&mut cloud.store, &cloud.users, &cloud.options);
        cloud
    }

    fn issue(&self, id_or_key: &str) -> Result<&Issue, Refusal> {
        let id = self.store.find(id_or_key);
        id.and_then(|id| self.store.get(id))
            .ok_or_else(Refusal::no_issue)
    }

    fn id(&self, id_or_key: &str) -> Result<u64, Refusal> {
        self.store.find(id_or_key).ok_or_else(Refusal::no_issue)
    }

    fn comment_mut(&mut self, issue: u64, comment: &str) -> Option<&mut Comment> {
        let comments = &mut self.store.get_mut(issue)?.comments;
        comments.iter_mut().find(|it| it.id.to_string() == comment)
    }

    fn view<'a>(&'a self, call: &Call<'a>) -> View<'a> {
        View {
            store: &self.store,
            users: &self.users,
            origin: call.origin,
            version: call.version,
            user: call.user,
        }
    }

    fn judge<'a>(&'a self, call: &Call<'_>, creating: bool) -> Judge<'a> {
        Judge {
            users: &self.users,
            store: &self.store,
            screens: &self.screens,
            version: call.version,
            creating,
            issue: 0,
            transition: None,
        }
    }

    fn setting<'a>(&'a self, call: &Call<'a>) -> Setting<'a> {
        Setting {
            store: &self.store,
            users: &self.users,
            user: call.user,
            now_ms: call.now_ms,
        }
    }

    /// Enters changes that are no fields of the issue into its changelog, and moves its `updated`.
    fn note(&mut self, call: &Call<'_>, issue: u64, changes: Vec<Change>) {
        let Some(fields) = self.store.get(issue).map(|it| (*it.fields).clone()) else {
            return;
        };
        self.store
            .commit_changes(fields, call.by(), changes, None, call.now_ms);
        self.announce(call, &Event::IssueUpdated(issue));
    }

    /// Notes an accepted write for the ledger.
    fn enter(&mut self, call: &Call<'_>, kind: Kind, issue: u64, marker: Option<String>) {
        self.entered.push(Entry {
            at_ms: call.now_ms,
            method: call.request.method.to_string(),
            path: call.request.path.clone(),
            kind,
            id: issue.to_string(),
            marker,
            by: call.by().to_owned(),
        });
    }

    fn answer(&mut self, request: &Request, moment: &Moment<'_>) -> Response {
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        if segments == ["login"] {
            return Response::html(200, LOGIN_PAGE);
        }
        if segments == ["_edge", "tenant_info"] {
            return meta::tenant_info();
        }
        let Some((door, version, rest)) = Door::of(&segments) else {
            return unknown_path(request);
        };
        if door == Door::Platform && rest == ["serverInfo"] {
            return meta::server_info(moment.origin, moment.now_ms);
        }
        match self.users.caller(request) {
            Caller::Refused => unauthenticated(),
            Caller::Anonymous if door == Door::Platform => anonymous(request, rest),
            Caller::Anonymous => unauthenticated(),
            Caller::User(user) => {
                let call = Call {
                    request,
                    user: &user,
                    version,
                    now_ms: moment.now_ms,
                    origin: moment.origin,
                    media_origin: moment.media_origin,
                    stale_search: moment.stale_search,
                };
                self.answer_user(&call, door, rest)
            }
        }
    }

    fn answer_user(&mut self, call: &Call<'_>, door: Door, rest: &[&str]) -> Response {
        let admitted = permission::admit(self, call, rest).and_then(|()| self.admit(call, rest));
        let outcome = admitted.and_then(|()| match door {
            Door::Platform => route::dispatch(self, call, rest),
            Door::Agile => agile::dispatch(self, call, rest),
            Door::Webhooks => webhook_admin::dispatch(self, call, rest),
        });
        match outcome {
            Ok(Some(response)) => response,
            Ok(None) => match allow::refusal(call.request.method.as_str(), door, rest) {
                Some(refusal) => refusal.into_response(),
                None => unknown_path(call.request),
            },
            Err(refusal) => refusal.into_response(),
        }
    }

    /// Holds the limit on writes to one issue.
    fn admit(&mut self, call: &Call<'_>, rest: &[&str]) -> Result<(), Refusal> {
        let ["issue", id_or_key, ..] = rest else {
            return Ok(());
        };
        if !self.options.write_limits || call.request.method == http::Method::GET {
            return Ok(());
        }
        let Some(id) = self.store.find(id_or_key) else {
            return Ok(());
        };
        let Some(issue) = self.store.get_mut(id) else {
            return Ok(());
        };
        throttle::admit(&mut issue.writes_ms, call.now_ms)
            .map_err(|early_ms| throttle::refusal(early_ms, call.now_ms))
    }

    fn item(&self, issue: &Issue) -> Value {
        let fields = &issue.fields;
        let handle = |id: Option<&str>| id.and_then(|id| self.users.handle(id));
        let comment = |it: &Comment| {
            json!({
                "id": it.id.to_string(),
                "by": handle(Some(it.author)),
                "text": adf::collapsed_text(&it.body),
            })
        };
        json!({
            "id": fields.id.to_string(),
            "key": fields.key(),
            "type": fields.kind.name,
            "title": fields.summary,
            "text": fields.description().as_ref().map(adf::collapsed_text).unwrap_or_default(),
            "state": fields.status.name,
            "priority": fields.priority.name,
            "tags": fields.labels,
            "assignee": handle(fields.assignee),
            "comments": issue.comments.iter().map(comment).collect::<Vec<_>>(),
            "marker": issue.properties.get("counterpart").map(Value::to_string),
            "rev": fields.revision,
            "updated": fields.updated_ms,
            "created_by": handle(Some(fields.creator)),
        })
    }
}

/// The parts of the product, by the beginnings of their paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    /// `/rest/api/{version}`
    Platform,
    /// `/rest/agile/1.0`
    Agile,
    /// `/rest/webhooks/1.0`
    Webhooks,
}

impl Door {
    /// The door of a path, the version in which it speaks, and the rest of the path.
    fn of<'a, 'b>(segments: &'a [&'b str]) -> Option<(Self, Version, &'a [&'b str])> {
        match segments {
            ["rest", "api", version, rest @ ..] => {
                Some((Self::Platform, Version::parse(version)?, rest))
            }
            ["rest", "agile", "1.0" | "latest", rest @ ..] => {
                Some((Self::Agile, Version::Two, rest))
            }
            ["rest", "webhooks", "1.0" | "latest", rest @ ..] => {
                Some((Self::Webhooks, Version::Two, rest))
            }
            _ => None,
        }
    }
}

/// Nobody sees nothing: searches and lists are empty, issues are not there, and the rest needs an
/// account (jira.md 3.1, 10).
fn anonymous(request: &Request, rest: &[&str]) -> Response {
    let empty_page =
        json!({"startAt": 0, "maxResults": 50, "total": 0, "isLast": true, "values": []});
    match (request.method.as_str(), rest) {
        ("GET" | "POST", ["search", "jql"]) => {
            Response::json(200, &json!({"issues": [], "isLast": true}))
        }
        ("GET" | "POST", ["search"]) => search::removed().into_response(),
        ("GET", ["project", "search"]) => Response::json(200, &empty_page),
        ("GET", ["project"]) => Response::json(200, &json!([])),
        ("POST", ["issue", "bulkfetch"]) => {
            Response::json(200, &json!({"issues": [], "issueErrors": []}))
        }
        ("GET", ["issue", ..]) => Refusal::message(404, NO_ISSUE).into_response(),
        _ => unauthenticated(),
    }
}

fn unknown_path(request: &Request) -> Response {
    let message = format!("null for uri: {}", request.path);
    Response::json(404, &json!({"message": message, "status-code": 404}))
}

impl Site for Cloud {
    fn handle(&mut self, request: &Request, moment: &mut Moment<'_>) -> Response {
        task::catch_up(self, moment.now_ms);
        if !moment.stale_search {
            self.store.index.catch_up(moment.now_ms);
        }
        let response = self.answer(request, moment);
        for entry in self.entered.drain(..) {
            moment.ledger.enter(entry);
        }
        response
    }

    fn product(&self) -> Option<&'static str> {
        Some("jira")
    }

    fn has_media_host(&self) -> bool {
        true
    }

    fn media(&self, request: &Request, moment: &Moment<'_>) -> Response {
        media::answer(self, request, moment)
    }

    fn items_after(&self, after: u64, most: usize, tell: &mut dyn FnMut(u64, Value)) {
        for issue in self.store.after(after).take(most) {
            tell(issue.fields.id, self.item(issue));
        }
    }

    fn reset(&mut self) {
        *self = Self::new(self.options.clone());
    }

    fn set_screens(&mut self, asked: &Value) -> Result<(), String> {
        let screens: Screens =
            serde_json::from_value(asked.clone()).map_err(|error| error.to_string())?;
        screens.check()?;
        self.screens = screens;
        Ok(())
    }

    fn due_posts(&mut self, now_ms: i64, most: usize) -> Vec<Post> {
        task::catch_up(self, now_ms);
        self.webhooks.due(now_ms, most)
    }

    fn posted(&mut self, id: u64, outcome: Posted, now_ms: i64) {
        self.webhooks.posted(id, outcome, now_ms);
    }

    fn sync_credentials(&self) -> Credentials {
        let account = sync_account();
        Credentials {
            user: account.email.to_owned(),
            token: account.token,
            project: scheme::PROJECTS[0].key.to_owned(),
            base_path: String::new(),
        }
    }

    fn endpoint(&self, request: &Request) -> String {
        route::template(&request.segments())
    }

    fn sign_in_page(&self) -> Response {
        Response::html(302, LOGIN_PAGE).with_header("Location", "/login")
    }

    fn throttled(&self, throttle: &Throttle) -> Response {
        limiter::answer(throttle)
    }

    fn throttles(&self, flavor: Flavor) -> bool {
        flavor.is_jira()
    }

    fn trace(&self, number: u128) -> Vec<(&'static str, String)> {
        let id = uuid::Uuid::from_u128(number);
        vec![
            ("X-AREQUESTID", id.to_string()),
            ("ATL-TraceId", id.simple().to_string()),
        ]
    }

    fn rows_examined(&self) -> u64 {
        self.store.index.examined()
    }
}

/// The outcome of a route, or nothing where there is no such route.
type Routed = Result<Option<Response>, Refusal>;

fn found(outcome: Outcome) -> Routed {
    outcome.map(Some)
}
