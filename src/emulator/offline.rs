//! A site with its ledger, faults and clock, answering calls without sockets.
//!
//! [`crate::server::Server`] asks the same `Offline`, so what a fault does to a request is
//! written once.

use std::collections::BTreeMap;

use serde_json::json;

use crate::clock::Clock;
use crate::control;
use crate::fault::{Engine, Fault, Faults, Plan, Rule};
use crate::ledger::Ledger;
use crate::limit;
use crate::options::Options;
use crate::site::{Moment, Request, Response, Site};

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
    counts: Counts,
    media_origin: String,
    credentials_leaked: u64,
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
        Self {
            site,
            ledger: Ledger::new(),
            engine: Engine::new(&options.faults, options.seed),
            options,
            clock: Clock::default(),
            late: BTreeMap::new(),
            late_seq: 0,
            counts: Counts::default(),
            media_origin: MEDIA_ORIGIN.to_owned(),
            credentials_leaked: 0,
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
        let plan = self.engine.decide(request.method.as_str(), &request.path);
        let delivery = self.carry_out(request, self.clock.at(real_ms), origin, plan);
        self.count(request, &delivery.answer);
        delivery
    }

    /// Answers one request that arrived at the media host. Credentials do not belong there: that they came is counted.
    fn deliver_media(&mut self, request: &Request, real_ms: i64) -> Delivery {
        if request.headers.contains_key(http::header::AUTHORIZATION) {
            self.credentials_leaked += 1;
        }
        let plan = self.engine.decide(request.method.as_str(), &request.path);
        let origin = self.media_origin.clone();
        let delivery = self.carry_out(request, self.clock.at(real_ms), &origin, plan);
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
        while let Some(entry) = self.late.first_entry() {
            let (due_ms, _) = *entry.key();
            if due_ms > now_ms {
                return;
            }
            let late = entry.remove();
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
        self.engine = Engine::new(faults, self.options.seed);
    }

    /// Back to the beginning: sample data, empty ledger, the options' rules, no counts. Virtual
    /// time goes on.
    pub fn reset(&mut self) {
        self.site.reset();
        self.ledger.clear();
        self.late.clear();
        self.counts = Counts::default();
        self.credentials_leaked = 0;
        self.engine = Engine::new(&self.options.faults, self.options.seed);
    }

    fn carry_out(&mut self, request: &Request, now_ms: i64, origin: &str, plan: Plan) -> Delivery {
        let after_ms = plan.latency_ms;
        let stale = plan.stale_search;
        let Some(rule) = plan.verdict else {
            let answer = self.answer_unless_lost(request, now_ms, origin, &plan);
            return Delivery { answer, after_ms };
        };
        let answer = match rule.fault {
            Fault::LostResponse => {
                self.apply(request, now_ms, origin, stale);
                Answer::Closed
            }
            Fault::LateApply => return self.hold_back(request, now_ms, origin, &rule),
            Fault::Dropped => Answer::Closed,
            Fault::TruncatedBody => truncated(self.apply(request, now_ms, origin, stale)),
            Fault::GarbageBody => {
                Answer::Response(garbage(self.apply(request, now_ms, origin, stale)))
            }
            _ => Answer::Response(self.refusal(request, &rule)),
        };
        Delivery { answer, after_ms }
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
        if self.late.len() < limit::LATE_APPLY_MAX {
            let delay_ms = rule.delay_ms.unwrap_or(500).min(limit::FAULT_DELAY_MS_MAX);
            let due_ms = now_ms.saturating_add(i64::try_from(delay_ms).unwrap_or(i64::MAX));
            self.late_seq += 1;
            let late = Late {
                request: request.clone(),
                origin: origin.to_owned(),
            };
            self.late.insert((due_ms, self.late_seq), late);
        }
        Delivery {
            answer: Answer::Closed,
            after_ms: rule.hold_ms.unwrap_or(0),
        }
    }

    fn apply(&mut self, request: &Request, now_ms: i64, origin: &str, stale: bool) -> Response {
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

    fn refusal(&self, request: &Request, rule: &Rule) -> Response {
        let retry_after_s = rule.retry_after_s.unwrap_or(1);
        match rule.fault {
            Fault::Error503 => Response::html(503, "<html><body>Service Unavailable</body></html>")
                .with_header("Retry-After", &retry_after_s.to_string()),
            Fault::Throttle429 => self.site.throttled(retry_after_s),
            Fault::SignInPage => self.site.sign_in_page(),
            Fault::RevisionLimit500 => revision_limit(request),
            _ => Response::html(500, "<html><body>Internal Server Error</body></html>"),
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

fn garbage(response: Response) -> Response {
    Response {
        body: bytes::Bytes::from_static(b"\x1f\x8b<upstream \xff\xfe{{{ error"),
        ..response
    }
}

fn revision_limit(request: &Request) -> Response {
    let id = request.segments().pop().unwrap_or_default();
    let message = format!(
        "Work item {id} has 10000 revisions, but currently, when updating via the API, only work \
         items with up to 10,000 revisions are supported."
    );
    Response::json(
        500,
        &json!({"$id": "1", "innerException": null, "message": message, "errorCode": 0, "eventId": 3000}),
    )
}
