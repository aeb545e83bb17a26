//! The endpoints below `_apis/hooks` (azure.md 13.1).

use http::Method;
use serde_json::{Value as Json, json};

use super::super::Services;
use super::super::call::Call;
use super::super::draft::Draft;
use super::super::error::Refusal;
use super::super::feed::is_true;
use super::super::field;
use super::super::item::{Host, Item};
use super::super::limit;
use super::super::patch::{Mode, Operation};
use super::super::permission::Right;
use super::super::time;
use super::catalogue;
use super::event::{self, Happening};
use super::path::HookPath;
use super::query::Filter;
use super::subscription::{Subscription, Terms};
use crate::site::Response;

const TRACINGS: [&str; 3] = ["deliveryResults", "deliveryTracing", "evaluationTracing"];
/// How long a tracing stays switched on, in milliseconds.
const TRACING_MS: i64 = 3_600_000;

impl Services {
    /// Everything below `_apis/hooks`.
    ///
    /// # Errors
    /// Whatever the service refuses the request with.
    pub(crate) fn serve_hooks(
        &mut self,
        call: &Call<'_>,
        path: &HookPath,
    ) -> Result<Response, Refusal> {
        let method = &call.request.method;
        let reads = method == Method::GET || (method == Method::POST && path.posts_to_read());
        if !reads {
            self.check(call, Right::EditSubscriptions)?;
        }
        let json = match method.as_str() {
            "GET" => self.get_hooks(call, path),
            "POST" => self.post_hooks(call, path),
            "PUT" => self.put_hooks(call, path),
            "DELETE" => {
                if let HookPath::Subscription(id) = path {
                    self.hooks.remove(id)?;
                    return Ok(Response::empty(204));
                }
                Err(Refusal::Method(method.to_string()))
            }
            _ => Err(Refusal::Method(method.to_string())),
        };
        json.map(|json| Response::json(200, &json))
    }

    fn get_hooks(&self, call: &Call<'_>, path: &HookPath) -> Result<Json, Refusal> {
        let base = &call.base;
        match path {
            HookPath::Publishers => Ok(rows(vec![catalogue::publisher(base)])),
            HookPath::Publisher(id) => only(id, "tfs").map(|()| catalogue::publisher(base)),
            HookPath::EventTypes(id) => {
                only(id, "tfs").map(|()| rows(catalogue::event_types(base)))
            }
            HookPath::EventType(id, kind) => {
                only(id, "tfs")?;
                catalogue::event_type(kind, base).ok_or_else(|| missing(kind))
            }
            HookPath::Consumers => Ok(rows(vec![catalogue::consumer(base)])),
            HookPath::Consumer(id) => only(id, "webHooks").map(|()| catalogue::consumer(base)),
            HookPath::Actions(id) => {
                only(id, "webHooks").map(|()| rows(vec![catalogue::action(base)]))
            }
            HookPath::Action(id, action) => {
                only(id, "webHooks")?;
                only(action, "httpRequest").map(|()| catalogue::action(base))
            }
            HookPath::Subscriptions => Ok(self.list_subscriptions(call)),
            HookPath::Subscription(id) => Ok(self.hooks.find(id)?.json(self.host(call))),
            HookPath::Diagnostics(id) => Ok(diagnostics(self.hooks.find(id)?)),
            HookPath::Notifications(id) => self.list_notifications(call, id),
            HookPath::Notification(id, number) => {
                let of = self.hooks.find(id)?;
                let found = of.history.iter().find(|n| n.number == *number);
                let found = found.ok_or_else(|| missing(&number.to_string()))?;
                Ok(found.json(of, true, self.host(call)))
            }
            HookPath::InputValues(_)
            | HookPath::PublishersQuery
            | HookPath::SubscriptionsQuery
            | HookPath::NotificationsQuery
            | HookPath::Tests => Err(Refusal::Method("GET".to_owned())),
        }
    }

    fn post_hooks(&mut self, call: &Call<'_>, path: &HookPath) -> Result<Json, Refusal> {
        match path {
            HookPath::Subscriptions => {
                let body = call.body()?;
                let terms = Terms::parse(&body, None, self.host(call))?;
                let id = self.hooks.add(terms, call.caller, call.now)?;
                Ok(self.hooks.find(&id)?.json(self.host(call)))
            }
            HookPath::Tests => self.test_notification(call),
            HookPath::SubscriptionsQuery => self.query_subscriptions(call),
            HookPath::NotificationsQuery => self.query_notifications(call),
            HookPath::PublishersQuery => Self::query_publishers(call),
            HookPath::InputValues(id) => {
                only(id, "tfs")?;
                self.query_inputs(call)
            }
            _ => Err(Refusal::Method("POST".to_owned())),
        }
    }

    fn put_hooks(&mut self, call: &Call<'_>, path: &HookPath) -> Result<Json, Refusal> {
        match path {
            HookPath::Subscription(id) => {
                let body = call.body()?;
                let old = self.hooks.find(id)?;
                let terms = Terms::parse(&body, Some(old), self.host(call))?;
                let slot = self.hooks.find_mut(id)?;
                slot.replace(terms, call.caller, call.now);
                Ok(self.hooks.find(id)?.json(self.host(call)))
            }
            HookPath::Diagnostics(id) => {
                let body = call.body()?;
                let slot = self.hooks.find_mut(id)?;
                for name in TRACINGS {
                    match body.get(name).and_then(|t| t.get("enabled")) {
                        Some(Json::Bool(true)) => {
                            slot.tracing.insert(name, call.now);
                        }
                        Some(_) => {
                            slot.tracing.remove(name);
                        }
                        None => {}
                    }
                }
                Ok(diagnostics(self.hooks.find(id)?))
            }
            _ => Err(Refusal::Method("PUT".to_owned())),
        }
    }

    fn list_subscriptions(&self, call: &Call<'_>) -> Json {
        let same = |name: &str, value: &str| {
            let given = call.request.query(name).filter(|t| !t.is_empty());
            given.is_none_or(|g| g.eq_ignore_ascii_case(value))
        };
        let wanted = |s: &&Subscription| {
            same("publisherId", "tfs")
                && same("eventType", s.terms.topic.id())
                && same("consumerId", "webHooks")
                && same("consumerActionId", "httpRequest")
        };
        let all = self.hooks.listed().filter(wanted);
        rows(all.map(|s| s.json(self.host(call))).collect())
    }

    fn list_notifications(&self, call: &Call<'_>, id: &str) -> Result<Json, Refusal> {
        let of = self.hooks.find(id)?;
        let query = |name: &str| call.request.query(name);
        let most = match query("maxResults") {
            None => None,
            Some(text) => Some(
                text.parse()
                    .map_err(|_| Refusal::Invalid(format!("maxResults '{text}'")))?,
            ),
        };
        let filter = Filter::new(query("status"), query("result"), most)?;
        let picked = filter.pick(of, call.now);
        Ok(rows(
            picked.map(|n| n.json(of, true, self.host(call))).collect(),
        ))
    }

    /// `POST testNotifications`: an event that did not happen, about the newest item, to a receiver that may have no
    /// subscription yet. Its notification is read under the subscription id that is all zeros.
    fn test_notification(&mut self, call: &Call<'_>) -> Result<Json, Refusal> {
        let body = call.body()?;
        let given = body.get("subscriptionId").and_then(Json::as_str);
        let given = given.filter(|id| *id != super::TESTS_ID && !id.is_empty());
        let details = body.get("details").cloned().unwrap_or(Json::Null);
        let event_id = self.hooks.event_id();
        let host = Host {
            base: &call.base,
            organization: &self.organization,
        };
        let terms = match given {
            Some(id) if details.is_null() => self.hooks.find(id)?.terms.clone(),
            Some(id) => Terms::parse(&named(details), Some(self.hooks.find(id)?), host)?,
            None => Terms::parse(&named(details), None, host)?,
        };
        let real = is_true(call.request.query("useRealData"));
        let newest = self.store.items().filter(|item| !item.is_deleted()).last();
        let sample;
        let item = match newest.filter(|_| real) {
            Some(item) => item,
            None => {
                sample = self.sample_item(call)?;
                &sample
            }
        };
        let what = Happening {
            topic: terms.topic,
            item,
            id: &event_id,
            now: call.now,
        };
        let mut tests = self
            .hooks
            .subscriptions
            .remove(&super::TESTS)
            .unwrap_or_else(|| {
                Subscription::new(super::TESTS, terms.clone(), call.caller, call.now)
            });
        tests.terms = terms;
        let number = tests.next_notification();
        let event = event::body(&tests, number, what, host);
        self.hooks.subscriptions.insert(super::TESTS, tests);
        self.hooks.enqueue(super::TESTS, &event_id, event, call.now);
        let tests = self.hooks.find(super::TESTS_ID)?;
        let made = tests.history.iter().find(|n| n.number == number);
        made.map(|n| n.json(tests, true, self.host(call)))
            .ok_or(Refusal::Full)
    }

    /// An item that is in no store, for events that did not happen.
    fn sample_item(&self, call: &Call<'_>) -> Result<Item, Refusal> {
        let kind = self.organization.kinds(0).first();
        let kind = kind.ok_or_else(|| missing("work item type"))?;
        let mut draft = Draft::create(self.desk(call, true), 0, kind);
        if let Some(title) = field::by_reference(field::TITLE) {
            let value = json!("A test of the subscription");
            draft.apply(Operation::Set(title, Mode::Add, value))?;
        }
        let commit = draft.finish()?;
        let mut item = Item::new(1);
        item.revisions.extend(commit.revision);
        item.updates.push(super::super::update::Update {
            rev: 1,
            revised: true,
            at_ms: call.now,
            by: commit.by,
            added: Vec::new(),
            removed: Vec::new(),
        });
        Ok(item)
    }
}

/// The details of a test as a subscription's body: what they leave out is what every subscription says here.
fn named(mut details: Json) -> Json {
    if let Some(object) = details.as_object_mut() {
        for (name, value) in [
            ("publisherId", "tfs"),
            ("consumerId", "webHooks"),
            ("consumerActionId", "httpRequest"),
        ] {
            object.entry(name).or_insert_with(|| json!(value));
        }
    }
    details
}

fn only(given: &str, known: &str) -> Result<(), Refusal> {
    let same = given.eq_ignore_ascii_case(known);
    same.then_some(()).ok_or_else(|| missing(given))
}

fn missing(what: &str) -> Refusal {
    Refusal::HookMissing(what.to_owned())
}

fn rows(rows: Vec<Json>) -> Json {
    json!({"count": rows.len(), "value": rows})
}

fn diagnostics(of: &Subscription) -> Json {
    let mut json = json!({});
    for name in TRACINGS {
        json[name] = match of.tracing.get(name) {
            Some(since) => json!({
                "enabled": true,
                "startDate": time::text(*since),
                "endDate": time::text(since.saturating_add(TRACING_MS)),
                "maxTracedEntries": limit::HOOK_HISTORY,
                "tracedEntries": of.history.len(),
            }),
            None => {
                json!({"enabled": false, "maxTracedEntries": limit::HOOK_HISTORY, "tracedEntries": 0})
            }
        };
    }
    json
}
