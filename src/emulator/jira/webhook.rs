//! Webhooks: who listens to what, and the deliveries with their retries (jira.md 12).
//!
//! A delivery is planned within its flow's time, carries the same identifier in every attempt, and is tried up to five
//! times more after 5 to 15 minutes each where the receiver did not take it. After that it is lost.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use ring::hmac;
use serde_json::Value;

use crate::limit;
use crate::post::{Post, Posted};

/// Attempts after the first one.
const RETRIES_MAX: u32 = 5;

/// When a retry follows: milliseconds after the attempt that failed, at least and at most.
const RETRY_MS: (i64, i64) = (5 * 60_000, 15 * 60_000);

/// A registered webhook.
#[derive(Debug, Clone)]
pub(crate) struct Webhook {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) events: BTreeSet<String>,
    /// The query that issues must satisfy, when there is one.
    pub(crate) jql: Option<String>,
    pub(crate) exclude_body: bool,
    pub(crate) secret: Option<String>,
    pub(crate) enabled: bool,
    pub(crate) updated_ms: i64,
    /// The account that registered or last changed it; its queries are asked in this name.
    pub(crate) by: &'static str,
}

/// Something that happened, as its receivers get it.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) name: &'static str,
    /// The issue that it concerns, whose query decides.
    pub(crate) issue: Option<u64>,
    /// The key of that issue and of its project, for the variables of addresses.
    pub(crate) key: String,
    pub(crate) project: &'static str,
    pub(crate) body: Value,
}

/// How soon a delivery goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Flow {
    /// Within 30 s.
    Primary,
    /// Within 15 min: what bulk operations cause.
    Secondary,
}

impl Flow {
    fn written(self) -> &'static str {
        match self {
            Self::Primary => "Primary",
            Self::Secondary => "Secondary",
        }
    }

    /// Deliveries under way at once to one address.
    fn at_once(self) -> usize {
        match self {
            Self::Primary => 20,
            Self::Secondary => 10,
        }
    }

    /// Milliseconds until the first attempt, at least and at most.
    fn delay_ms(self) -> (i64, i64) {
        match self {
            Self::Primary => (50, 3_000),
            Self::Secondary => (1_000, 60_000),
        }
    }
}

#[derive(Debug, Clone)]
struct Delivery {
    url: String,
    headers: Vec<(String, String)>,
    body: Bytes,
    flow: Flow,
    retries: u32,
}

/// All webhooks and what is on its way to them.
#[derive(Debug)]
pub(crate) struct Webhooks {
    registered: BTreeMap<u64, Webhook>,
    next: u64,
    waiting: BTreeMap<(i64, u64), Delivery>,
    under_way: BTreeMap<u64, Delivery>,
    next_attempt: u64,
    lost: u64,
    random: SmallRng,
}

impl Webhooks {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            registered: BTreeMap::new(),
            next: 1,
            waiting: BTreeMap::new(),
            under_way: BTreeMap::new(),
            next_attempt: 1,
            lost: 0,
            random: SmallRng::seed_from_u64(seed ^ 0x77eb_4009),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.registered.is_empty()
    }

    /// How many are registered.
    pub(crate) fn len(&self) -> usize {
        self.registered.len()
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Webhook> {
        self.registered.values()
    }

    pub(crate) fn get(&self, id: u64) -> Option<&Webhook> {
        self.registered.get(&id)
    }

    /// Registers a webhook under a new id, which it gives.
    pub(crate) fn add(&mut self, webhook: Webhook) -> u64 {
        let id = self.next;
        self.next += 1;
        self.registered.insert(id, Webhook { id, ..webhook });
        id
    }

    /// Replaces the webhook of that id.
    pub(crate) fn put(&mut self, webhook: Webhook) {
        self.registered.insert(webhook.id, webhook);
    }

    pub(crate) fn remove(&mut self, id: u64) -> Option<Webhook> {
        self.registered.remove(&id)
    }

    /// The ids of those that listen to an event; `fits` judges their queries in their owners' names.
    pub(crate) fn listening(&self, event: &str, fits: impl Fn(&str, &str) -> bool) -> Vec<u64> {
        let listens = |it: &&Webhook| {
            it.enabled
                && it.events.contains(event)
                && it.jql.as_ref().is_none_or(|jql| fits(jql, it.by))
        };
        self.all().filter(listens).map(|it| it.id).collect()
    }

    /// Plans a delivery to each of these webhooks. Beyond the bound the oldest waiting one is lost, as events on a real
    /// site can be.
    pub(crate) fn tell(&mut self, ids: &[u64], heard: &Heard, flow: Flow, now_ms: i64) {
        for id in ids {
            let Some(webhook) = self.registered.get(id) else {
                continue;
            };
            let body = if webhook.exclude_body {
                Bytes::new()
            } else {
                Bytes::from(heard.body.to_string())
            };
            let mut headers = Vec::new();
            let mut header = |name: &str, value: String| headers.push((name.to_owned(), value));
            header("Content-Type", "application/json; charset=UTF-8".to_owned());
            header("User-Agent", "Atlassian Webhook HTTP Client".to_owned());
            header("X-Atlassian-Webhook-Flow", flow.written().to_owned());
            let identifier: [u8; 16] = self.random.random();
            header("X-Atlassian-Webhook-Identifier", hex::encode(identifier));
            if let Some(secret) = &webhook.secret {
                header("X-Hub-Signature", signature(secret, &body));
            }
            let delivery = Delivery {
                url: address(&webhook.url, heard),
                headers,
                body,
                flow,
                retries: 0,
            };
            let (least, most) = flow.delay_ms();
            let due_ms = now_ms + self.random.random_range(least..=most);
            self.wait(delivery, due_ms);
        }
    }

    fn wait(&mut self, delivery: Delivery, due_ms: i64) {
        let attempt = self.next_attempt;
        self.next_attempt += 1;
        self.waiting.insert((due_ms, attempt), delivery);
        if self.waiting.len() > limit::WEBHOOK_DELIVERIES_MAX {
            self.waiting.pop_first();
            self.lost += 1;
        }
    }

    /// The deliveries that go out now, the oldest first, no more to one address than it takes at once.
    pub(crate) fn due(&mut self, now_ms: i64, most: usize) -> Vec<Post> {
        let mut busy: BTreeMap<(String, Flow), usize> = BTreeMap::new();
        for delivery in self.under_way.values() {
            *busy
                .entry((delivery.url.clone(), delivery.flow))
                .or_default() += 1;
        }
        let mut chosen = Vec::new();
        let due = self.waiting.range(..=(now_ms, u64::MAX));
        for (key, delivery) in due.take(limit::WEBHOOK_DELIVERIES_LOOKED_AT) {
            if chosen.len() >= most {
                break;
            }
            let at = busy
                .entry((delivery.url.clone(), delivery.flow))
                .or_default();
            if *at < delivery.flow.at_once() {
                *at += 1;
                chosen.push(*key);
            }
        }
        chosen
            .into_iter()
            .filter_map(|key| self.send(key))
            .collect()
    }

    fn send(&mut self, key: (i64, u64)) -> Option<Post> {
        let delivery = self.waiting.remove(&key)?;
        let mut headers = delivery.headers.clone();
        if delivery.retries > 0 {
            let retry = delivery.retries.to_string();
            headers.push(("X-Atlassian-Webhook-Retry".to_owned(), retry));
        }
        let post = Post {
            id: key.1,
            url: delivery.url.clone(),
            headers,
            body: delivery.body.clone(),
        };
        self.under_way.insert(key.1, delivery);
        Some(post)
    }

    /// Hears how a delivery went, and plans another attempt where one follows.
    pub(crate) fn posted(&mut self, id: u64, outcome: Posted, now_ms: i64) {
        let Some(mut delivery) = self.under_way.remove(&id) else {
            return;
        };
        if !is_worth_a_retry(outcome) {
            return;
        }
        if delivery.retries >= RETRIES_MAX {
            self.lost += 1;
            return;
        }
        delivery.retries += 1;
        let (least, most) = RETRY_MS;
        let due_ms = now_ms + self.random.random_range(least..=most);
        self.wait(delivery, due_ms);
    }
}

fn is_worth_a_retry(outcome: Posted) -> bool {
    match outcome {
        Posted::Unanswered => true,
        Posted::Answered(status) => matches!(status, 408 | 409 | 425 | 429 | 500..=599),
    }
}

/// The address with its variables filled in.
fn address(url: &str, heard: &Heard) -> String {
    let id = heard.issue.map(|it| it.to_string()).unwrap_or_default();
    url.replace("{issue.id}", &id)
        .replace("{issue.key}", &heard.key)
        .replace("{project.key}", heard.project)
}

/// The signature of a body: the method and the digest in hexadecimal digits.
pub(crate) fn signature(secret: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    format!("sha256={}", hex::encode(hmac::sign(&key, body)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_signed_as_the_documents_show() {
        assert_eq!(
            signature("It's a Secret to Everybody", b"Hello World!"),
            "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
        );
    }

    fn heard() -> Heard {
        Heard {
            name: "jira:issue_created",
            issue: Some(10_001),
            key: "WEB-1".to_owned(),
            project: "WEB",
            body: serde_json::json!({}),
        }
    }

    fn hooks() -> (Webhooks, u64) {
        let mut hooks = Webhooks::new(1);
        let id = hooks.add(Webhook {
            id: 0,
            name: "n".to_owned(),
            url: "http://127.0.0.1:1/{project.key}/{issue.key}".to_owned(),
            events: BTreeSet::from(["jira:issue_created".to_owned()]),
            jql: None,
            exclude_body: false,
            secret: None,
            enabled: true,
            updated_ms: 0,
            by: "",
        });
        (hooks, id)
    }

    #[test]
    fn an_address_takes_only_so_many_deliveries_at_once() {
        let (mut hooks, id) = hooks();
        for _ in 0..50 {
            hooks.tell(&[id], &heard(), Flow::Primary, 0);
        }
        let first = hooks.due(10_000, 100);
        assert_eq!(first.len(), 20);
        assert_eq!(first[0].url, "http://127.0.0.1:1/WEB/WEB-1");
        assert!(hooks.due(10_000, 100).is_empty());
        hooks.posted(first[0].id, Posted::Answered(200), 10_000);
        assert_eq!(hooks.due(10_000, 100).len(), 1);
    }

    #[test]
    fn what_waits_is_bounded() {
        let (mut hooks, id) = hooks();
        for _ in 0..limit::WEBHOOK_DELIVERIES_MAX + 10 {
            hooks.tell(&[id], &heard(), Flow::Primary, 0);
        }
        assert_eq!(hooks.waiting.len(), limit::WEBHOOK_DELIVERIES_MAX);
        assert_eq!(hooks.lost, 10);
    }
}
