//! A site with its ledger, faults and clock, answering calls without sockets.
//!
//! [`crate::server::Server`] asks the same `Offline`, so what a fault does to a request is
//! written once.

mod mailbox;
#[cfg(test)]
pub(crate) mod outbox;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use http::Method;
use serde_json::Value;

pub use mailbox::Sending;

use mailbox::Mailbox;

use crate::clock::Clock;
use crate::control;
use crate::fault::{Engine, Fault, Faults, Plan, Rule};
use crate::ledger::Ledger;
use crate::limit;
use crate::options::Options;
use crate::post::Posted;
use crate::recording;
use crate::site::{Moment, Request, Response, Site, broken, broken_with};
use crate::throttle::{Flavor, Throttle};

/// What a client sees of one call.
#[derive(Debug, Clone)]
pub enum Answer {
    /// The whole answer.
    Response(Response),
    /// The head of the answer with its full `Content-Length`, and only the first part of its body;
    /// then the connection closes.
    Truncated(Response),
    /// The connection closes without an answer.
    Closed,
}

impl Answer {
    /// The whole answer, or nothing when the client did not get one.
    pub fn response(self) -> Option<Response> {
        match self {
            Self::Response(response) => Some(response),
            Self::Truncated(_) | Self::Closed => None,
        }
    }
}

/// An answer, and how long after the request it goes out.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// What the client sees.
    pub answer: Answer,
    /// Milliseconds between the request and the answer or the close.
    pub after_ms: u64,
}

/// How often each endpoint gave each status.
#[derive(Debug, Default)]
pub struct Counts {
    counts: BTreeMap<(String, String, Option<u16>), u64>,
}

impl Counts {
    fn add(&mut self, endpoint: String, method: &str, status: Option<u16>) {
        let known = self.counts.len() < limit::ENDPOINTS_MAX;
        let endpoint = if known {
            endpoint
        } else {
            "(other)".to_owned()
        };
        *self
            .counts
            .entry((endpoint, method.to_owned(), status))
            .or_default() += 1;
    }

    /// All requests counted.
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// `(endpoint, method, status, count)`; no status where the client got no answer.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, Option<u16>, u64)> {
        self.counts
            .iter()
            .map(|((endpoint, method, status), count)| {
                (endpoint.as_str(), method.as_str(), *status, *count)
            })
    }
}

#[derive(Debug)]
struct Late {
    request: Request,
    origin: String,
}

/// A site, its ledger, its fault rules and its virtual clock.
pub struct Offline {
    site: Box<dyn Site>,
    ledger: Ledger,
    engine: Engine,
    options: Options,
    clock: Clock,
    late: BTreeMap<(i64, u64), Late>,
    late_seq: u64,
    late_bytes: usize,
    mailbox: Mailbox,
    counts: Counts,
    media_origin: String,
    credentials_leaked: u64,
    /// Requests so far, for naming each.
    requests: u64,
    /// The latest virtual time that anything happened at.
    latest_ms: i64,
}

impl std::fmt::Debug for Offline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Offline")
            .field("requests", &self.counts.total())
            .finish_non_exhaustive()
    }
}

/// The origin that a caller without sockets appears to have used.
pub const ORIGIN: &str = "http://emulator.invalid";

/// The origin of the media host where there are no sockets.
pub const MEDIA_ORIGIN: &str = "http://media.emulator.invalid";

impl Offline {
    /// A site at its beginning, with the options' fault rules.
    pub fn new(site: Box<dyn Site>, options: Options) -> Self {
        let engine = Engine::new(&options.faults, options.seed, options.start_ms, |flavor| {
            site.throttles(flavor)
        });
        Self {
            engine,
            site,
            ledger: Ledger::new(),
            latest_ms: options.start_ms,
            options,
            clock: Clock::default(),
            late: BTreeMap::new(),
            late_seq: 0,
            late_bytes: 0,
            mailbox: Mailbox::default(),
            counts: Counts::default(),
            media_origin: MEDIA_ORIGIN.to_owned(),
            credentials_leaked: 0,
            requests: 0,
        }
    }

    /// Answers one request at a real time; delays are not waited for.
    pub fn call(&mut self, request: &Request, real_ms: i64) -> Answer {
        self.deliver(request, real_ms, ORIGIN).answer
    }

    /// Answers one request that reached the site under `origin`, and says when the answer is due.
    pub fn deliver(&mut self, request: &Request, real_ms: i64, origin: &str) -> Delivery {
        self.advance(real_ms);
        if origin == self.media_origin {
            return self.deliver_media(request, real_ms);
        }
        if let Some(response) = control::answer(self, request, real_ms) {
            return Delivery {
                answer: Answer::Response(response),
                after_ms: 0,
            };
        }
        let now_ms = self.clock.at(real_ms);
        let plan = self.engine.decide(request, now_ms);
        let fault = plan.verdict.as_ref().map(|rule| rule.fault);
        let Delivery { answer, after_ms } = self.carry_out(request, now_ms, origin, plan);
        self.count(request, &answer);
        let answer = self.traced(answer);
        recording::keep(self.site.as_ref(), request, &answer, fault);
        Delivery { answer, after_ms }
    }

    /// The posts that are to be sent by now, the oldest first and no more than `most`: what the site
    /// has due, after the webhook faults. Whoever carries them tells the outcome to
    /// [`Offline::posted`]; one at a time keeps their order.
    pub fn due_posts(&mut self, real_ms: i64, most: usize) -> Vec<Sending> {
        self.advance(real_ms);
        let now_ms = self.clock.at(real_ms);
        let site = self.site.as_mut();
        self.mailbox.due(site, &mut self.engine, now_ms, most)
    }

    /// Hears how a sending from [`Offline::due_posts`] went.
    pub fn posted(&mut self, attempt: u64, outcome: Posted, real_ms: i64) {
        let now_ms = self.clock.at(real_ms);
        let site = self.site.as_mut();
        self.mailbox.carried(site, attempt, outcome, now_ms);
    }

    /// What was sent so far, as `GET /_emulator/posts` shows it.
    pub fn posts(&self) -> Value {
        self.mailbox.document()
    }

    /// Answers one request that arrived at the media host. Credentials do not belong there: that they came is counted.
    fn deliver_media(&mut self, request: &Request, real_ms: i64) -> Delivery {
        if request.headers.contains_key(http::header::AUTHORIZATION) {
            self.credentials_leaked += 1;
        }
        let now_ms = self.clock.at(real_ms);
        let plan = self.engine.decide(request, now_ms);
        let origin = self.media_origin.clone();
        let delivery = self.carry_out(request, now_ms, &origin, plan);
        self.count(request, &delivery.answer);
        delivery
    }

    /// Names the media host's own address, once there is one.
    pub(crate) fn set_media_origin(&mut self, origin: String) {
        self.media_origin = origin;
    }

    /// How many requests brought credentials to the media host, which is a mistake of the client.
    pub fn credentials_leaked(&self) -> u64 {
        self.credentials_leaked
    }

    /// Applies what a `late_apply` held back and is due.
    pub fn advance(&mut self, real_ms: i64) {
        let now_ms = self.clock.at(real_ms);
        self.latest_ms = self.latest_ms.max(now_ms);
        while let Some(entry) = self.late.first_entry() {
            let (due_ms, _) = *entry.key();
            if due_ms > now_ms {
                return;
            }
            let late = entry.remove();
            self.late_bytes = self.late_bytes.saturating_sub(late.request.body.len());
            self.apply(&late.request, due_ms, &late.origin, false);
        }
    }

    /// Lets virtual time jump ahead; what then is due is applied.
    pub fn advance_clock(&mut self, by_ms: u32, real_ms: i64) {
        self.clock.advance(by_ms);
        self.advance(real_ms);
    }

    /// Virtual time at a real time.
    pub fn now_ms(&self, real_ms: i64) -> i64 {
        self.clock.at(real_ms)
    }

    /// All accepted writes.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The requests so far, without those to `/_emulator/`.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The site itself.
    pub fn site(&self) -> &dyn Site {
        self.site.as_ref()
    }

    /// Changes the site's screens, as an administrator would.
    ///
    /// # Errors
    /// As [`Site::set_screens`].
    pub fn set_screens(&mut self, asked: &serde_json::Value) -> Result<(), String> {
        self.site.set_screens(asked)
    }

    /// Replaces the fault rules; earlier rules forget what they fired for.
    pub fn set_faults(&mut self, faults: &Faults) {
        self.engine = Engine::new(faults, self.options.seed, self.latest_ms, |flavor| {
            self.site.throttles(flavor)
        });
    }

    /// Back to the beginning: sample data, empty ledger, the options' rules, no counts. Virtual
    /// time goes on.
    pub fn reset(&mut self) {
        self.site.reset();
        self.ledger.clear();
        self.late.clear();
        self.late_bytes = 0;
        self.mailbox.clear();
        self.counts = Counts::default();
        self.requests = 0;
        self.credentials_leaked = 0;
        self.set_faults(&self.options.faults.clone());
    }

    fn carry_out(&mut self, request: &Request, now_ms: i64, origin: &str, plan: Plan) -> Delivery {
        let after_ms = plan.latency_ms;
        let stale = plan.stale_search;
        let plain = |answer| Delivery { answer, after_ms };
        let Some(rule) = plan.verdict.clone() else {
            return plain(self.answer_unless_lost(request, now_ms, origin, &plan));
        };
        match rule.fault {
            Fault::LostResponse => {
                self.apply(request, now_ms, origin, stale);
                plain(Answer::Closed)
            }
            Fault::LateApply if self.has_room_for(request) => {
                self.hold_back(request, now_ms, origin, &rule)
            }
            Fault::LateApply => plain(self.answer_unless_lost(request, now_ms, origin, &plan)),
            Fault::Dropped => plain(Answer::Closed),
            Fault::TruncatedBody => plain(truncated(self.apply(request, now_ms, origin, stale))),
            Fault::GarbageBody => plain(Answer::Response(garbage(
                self.apply(request, now_ms, origin, stale),
            ))),
            Fault::Throttle429 if rule.flavor == Some(Flavor::AzureDelayed) => {
                let response = self.apply(request, now_ms, origin, stale);
                let response = self.site.slowed(response, &throttle(&rule, now_ms));
                Delivery {
                    answer: Answer::Response(response),
                    after_ms: after_ms.max(rule.delay_ms.unwrap_or(0)),
                }
            }
            Fault::Error500
            | Fault::Error503
            | Fault::Throttle429
            | Fault::SignInPage
            | Fault::RevisionLimit500
            | Fault::Latency
            | Fault::StaleSearch
            | Fault::WebhookLost
            | Fault::WebhookTwice
            | Fault::WebhookReordered => {
                plain(Answer::Response(self.refusal(request, &rule, now_ms)))
            }
        }
    }

    fn has_room_for(&self, request: &Request) -> bool {
        let bytes = self.late_bytes.saturating_add(request.body.len());
        self.late.len() < limit::LATE_APPLY_MAX && bytes <= limit::LATE_APPLY_BYTES_MAX
    }

    fn answer_unless_lost(
        &mut self,
        request: &Request,
        now_ms: i64,
        origin: &str,
        plan: &Plan,
    ) -> Answer {
        let before = self.ledger.entries().len();
        let response = self.apply(request, now_ms, origin, plan.stale_search);
        let entered = self.ledger.entries().get(before..).unwrap_or_default();
        let marker = entered.iter().find_map(|entry| entry.marker.clone());
        match marker {
            Some(marker) if self.engine.loses_once(&plan.lost_once, &marker) => Answer::Closed,
            _ => Answer::Response(response),
        }
    }

    fn hold_back(&mut self, request: &Request, now_ms: i64, origin: &str, rule: &Rule) -> Delivery {
        let delay_ms = rule.delay_ms.unwrap_or(500).min(limit::FAULT_DELAY_MS_MAX);
        let due_ms = now_ms.saturating_add(i64::try_from(delay_ms).unwrap_or(i64::MAX));
        self.late_seq += 1;
        self.late_bytes += request.body.len();
        let late = Late {
            request: request.clone(),
            origin: origin.to_owned(),
        };
        self.late.insert((due_ms, self.late_seq), late);
        Delivery {
            answer: Answer::Closed,
            after_ms: rule.hold_ms.unwrap_or(0),
        }
    }

    fn apply(&mut self, request: &Request, now_ms: i64, origin: &str, stale: bool) -> Response {
        if request.method == Method::HEAD {
            let get = Request {
                method: Method::GET,
                ..request.clone()
            };
            return bare(self.apply(&get, now_ms, origin, stale));
        }
        let mut moment = Moment {
            now_ms,
            stale_search: stale,
            origin,
            media_origin: &self.media_origin,
            ledger: &mut self.ledger,
        };
        if origin == self.media_origin {
            return self.site.media(request, &moment);
        }
        self.site.handle(request, &mut moment)
    }

    /// Names the request in its answer, as the product does.
    fn traced(&mut self, answer: Answer) -> Answer {
        self.requests += 1;
        let number = named(self.options.seed, self.requests);
        let trace = |response: Response| {
            let names = self.site.trace(number).into_iter();
            names.fold(response, |response, (name, value)| {
                response.with_header(name, &value)
            })
        };
        match answer {
            Answer::Response(response) => Answer::Response(trace(response)),
            Answer::Truncated(response) => Answer::Truncated(trace(response)),
            Answer::Closed => Answer::Closed,
        }
    }

    fn refusal(&self, request: &Request, rule: &Rule, now_ms: i64) -> Response {
        let retry_after_s = rule.retry_after_s.unwrap_or(1);
        match rule.fault {
            Fault::Error503 => Response::html(503, "<html><body>Service Unavailable</body></html>")
                .with_header("Retry-After", &retry_after_s.to_string()),
            Fault::Throttle429 => self.site.throttled(&throttle(rule, now_ms)),
            Fault::SignInPage => self.site.sign_in_page(),
            Fault::RevisionLimit500 => {
                let item = request.segments().pop().unwrap_or_default();
                self.site.worn_out(&item)
            }
            _ => rule.text.as_deref().map_or_else(broken, broken_with),
        }
    }

    fn count(&mut self, request: &Request, answer: &Answer) {
        let status = match answer {
            Answer::Response(response) | Answer::Truncated(response) => Some(response.status),
            Answer::Closed => None,
        };
        self.counts
            .add(self.site.endpoint(request), request.method.as_str(), status);
    }
}

fn throttle(rule: &Rule, now_ms: i64) -> Throttle {
    Throttle {
        flavor: rule.flavor,
        retry_after_s: rule.retry_after_s,
        silent: rule.without_retry_after,
        now_ms,
    }
}

/// A number for a request, which looks like any other and is the same in every run.
fn named(seed: u64, request: u64) -> u128 {
    let mix = |mut z: u64| {
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let high = mix(seed ^ request.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    (u128::from(high) << 64) | u128::from(mix(high ^ request))
}

/// The answer to a HEAD: that to a GET, without its body.
fn bare(response: Response) -> Response {
    let length = response.body.len().to_string();
    response
        .with_header("Content-Length", &length)
        .with_body(bytes::Bytes::new())
}

fn truncated(response: Response) -> Answer {
    let whole = response.body.len();
    if whole < 2 {
        return Answer::Closed;
    }
    let half = response.body.slice(..whole / 2);
    let head = Response {
        body: half,
        ..response
    };
    Answer::Truncated(head.with_header("Content-Length", &whole.to_string()))
}

/// An answer without a body has nothing that could be spoiled.
fn garbage(response: Response) -> Response {
    if response.body.is_empty() {
        return response;
    }
    Response {
        body: bytes::Bytes::from_static(b"\x1f\x8b<upstream \xff\xfe{{{ error"),
        ..response
    }
}
