//! What a site sends: taken from the site one by one, put through the webhook faults, handed to
//! whoever carries it, and remembered for `GET /_emulator/posts`.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use crate::fault::{Engine, Fault};
use crate::limit;
use crate::post::{Post, Posted, Target};
use crate::site::{Request, Site};

/// How long a reordered post is held back when no other follows, in milliseconds.
const HELD_MS: u64 = 2_000;

/// One request that is to be sent now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    /// Names this sending when its outcome is told.
    pub attempt: u64,
    /// What is sent.
    pub post: Post,
    /// Where it goes.
    pub target: Target,
}

/// What became of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It was handed out, and nothing is known yet.
    UnderWay,
    /// It was carried, with this outcome.
    Carried(Posted),
    /// It does not go to a loopback address.
    Refused,
    /// A fault lost it.
    Lost,
}

impl Fate {
    fn name(self) -> &'static str {
        match self {
            Self::UnderWay => "under_way",
            Self::Carried(Posted::Answered(_)) => "answered",
            Self::Carried(Posted::Unanswered) => "unanswered",
            Self::Refused => "refused",
            Self::Lost => "lost",
        }
    }

    fn status(self) -> Option<u16> {
        match self {
            Self::Carried(Posted::Answered(status)) => Some(status),
            Self::UnderWay | Self::Carried(Posted::Unanswered) | Self::Refused | Self::Lost => None,
        }
    }
}

#[derive(Debug)]
struct Record {
    attempt: u64,
    at_ms: i64,
    post: Post,
    bytes: usize,
    fault: Option<Fault>,
    fate: Fate,
}

/// A post that has passed the faults and waits to be handed out.
#[derive(Debug)]
struct Ready {
    post: Post,
    target: Target,
    fault: Option<Fault>,
    /// Whether the site hears of its outcome: of two copies only the first.
    reports: bool,
}

#[derive(Debug)]
struct Held {
    ready: Ready,
    until_ms: i64,
}

/// The posts of one site.
#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    ready: VecDeque<Ready>,
    held: VecDeque<Held>,
    /// What was handed out: the site's id, where the site hears of the outcome.
    under_way: BTreeMap<u64, Option<u64>>,
    records: VecDeque<Record>,
    counts: BTreeMap<&'static str, u64>,
    last_attempt: u64,
}

impl Mailbox {
    /// The posts that are to be sent now, the oldest first and no more than `most`.
    pub(crate) fn due(
        &mut self,
        site: &mut dyn Site,
        engine: &mut Engine,
        now_ms: i64,
        most: usize,
    ) -> Vec<Sending> {
        let mut sendings = Vec::new();
        while sendings.len() < most {
            self.release(now_ms);
            if let Some(ready) = self.ready.pop_front() {
                sendings.push(self.hand_out(ready, now_ms));
                continue;
            }
            let Some(post) = site.due_posts(now_ms, 1).pop() else {
                break;
            };
            self.take(site, engine, post, now_ms);
        }
        sendings
    }

    fn release(&mut self, now_ms: i64) {
        while self.held.front().is_some_and(|it| it.until_ms <= now_ms) {
            self.ready.extend(self.held.pop_front().map(|it| it.ready));
        }
    }

    fn take(&mut self, site: &mut dyn Site, engine: &mut Engine, post: Post, now_ms: i64) {
        let target = match Target::of(&post.url) {
            Ok(target) => target,
            Err(error) => {
                tracing::warn!(url = %post.url, %error, "a post is refused");
                let id = post.id;
                self.record(0, post, None, Fate::Refused, now_ms);
                return site.posted(id, Posted::Unanswered, now_ms);
            }
        };
        let rule = engine.decide_post(&request_of(&post), now_ms);
        let fault = rule.as_ref().map(|it| it.fault);
        let ready = Ready {
            post,
            target,
            fault,
            reports: true,
        };
        match fault {
            Some(Fault::WebhookLost) => {
                let id = ready.post.id;
                self.record(0, ready.post, fault, Fate::Lost, now_ms);
                // The product must not try again: then the post would not be lost.
                site.posted(id, Posted::Answered(200), now_ms);
            }
            Some(Fault::WebhookReordered) if self.held.len() < limit::POSTS_HELD_MAX => {
                let held_ms = rule.and_then(|it| it.delay_ms).unwrap_or(HELD_MS);
                let until_ms = now_ms.saturating_add(i64::try_from(held_ms).unwrap_or(i64::MAX));
                self.held.push_back(Held { ready, until_ms });
            }
            Some(Fault::WebhookTwice) => {
                let copy = Ready {
                    post: ready.post.clone(),
                    target: ready.target.clone(),
                    fault,
                    reports: false,
                };
                self.pass([ready, copy]);
            }
            _ => self.pass([ready]),
        }
    }

    /// Posts go, and what was held back follows them.
    fn pass(&mut self, posts: impl IntoIterator<Item = Ready>) {
        self.ready.extend(posts);
        self.ready.extend(self.held.drain(..).map(|it| it.ready));
    }

    fn hand_out(&mut self, ready: Ready, now_ms: i64) -> Sending {
        self.last_attempt += 1;
        let attempt = self.last_attempt;
        let id = ready.reports.then_some(ready.post.id);
        self.under_way.insert(attempt, id);
        let post = ready.post.clone();
        self.record(attempt, post, ready.fault, Fate::UnderWay, now_ms);
        Sending {
            attempt,
            post: ready.post,
            target: ready.target,
        }
    }

    fn record(
        &mut self,
        attempt: u64,
        mut post: Post,
        fault: Option<Fault>,
        fate: Fate,
        now_ms: i64,
    ) {
        self.count(fate);
        let bytes = post.body.len();
        if bytes > limit::POST_BODY_KEPT_BYTES_MAX {
            // A copy: a slice would keep the whole body alive.
            let kept = post.body.get(..limit::POST_BODY_KEPT_BYTES_MAX);
            post.body = Bytes::copy_from_slice(kept.unwrap_or_default());
        }
        if self.records.len() >= limit::POSTS_KEPT_MAX {
            self.records.pop_front();
        }
        self.records.push_back(Record {
            attempt,
            at_ms: now_ms,
            post,
            bytes,
            fault,
            fate,
        });
    }

    fn count(&mut self, fate: Fate) {
        *self.counts.entry(fate.name()).or_default() += 1;
    }

    /// Hears how a sending went; one that is not under way (any more) is passed over.
    pub(crate) fn carried(
        &mut self,
        site: &mut dyn Site,
        attempt: u64,
        outcome: Posted,
        now_ms: i64,
    ) {
        let Some(id) = self.under_way.remove(&attempt) else {
            return;
        };
        let fate = Fate::Carried(outcome);
        self.count(fate);
        if let Some(count) = self.counts.get_mut(Fate::UnderWay.name()) {
            *count = count.saturating_sub(1);
        }
        let records = self.records.iter_mut().rev();
        if let Some(record) = records.into_iter().find(|it| it.attempt == attempt) {
            record.fate = fate;
        }
        if let Some(id) = id {
            site.posted(id, outcome, now_ms);
        }
    }

    /// Forgets everything; outcomes that are still to come are passed over.
    pub(crate) fn clear(&mut self) {
        *self = Self {
            last_attempt: self.last_attempt,
            ..Self::default()
        };
    }

    /// The document of `GET /_emulator/posts`.
    pub(crate) fn document(&self) -> Value {
        let rows: Vec<Value> = self.records.iter().map(row).collect();
        json!({
            "posts": rows,
            "counts": self.counts,
            "held_back": self.held.len(),
        })
    }
}

fn row(record: &Record) -> Value {
    let headers: BTreeMap<&str, &str> = record
        .post
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    json!({
        "attempt": record.attempt,
        "id": record.post.id,
        "at": record.at_ms,
        "url": record.post.url,
        "headers": headers,
        "bytes": record.bytes,
        "body": String::from_utf8_lossy(&record.post.body),
        "fault": record.fault.map(Fault::name),
        "outcome": record.fate.name(),
        "status": record.fate.status(),
    })
}

/// The post as the matchers of fault rules see requests.
fn request_of(post: &Post) -> Request {
    let path_and_query = url::Url::parse(&post.url).map_or_else(
        |_| post.url.clone(),
        |url| match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        },
    );
    let request = Request {
        body: post.body.clone(),
        ..Request::new(Method::POST, &path_and_query)
    };
    let headers = post.headers.iter();
    headers.fold(request, |request, (name, value)| {
        request.with_header(name, value)
    })
}
