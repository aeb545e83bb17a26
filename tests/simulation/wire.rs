//! The way from the node to one remote, by the network's whims.

use std::sync::Arc;
use std::time::Duration;

use actors::{Later, Transport};
use emulator::Answer;
use model::Side;
use model::http::{Failure, Method, Request, Response};
use rand::Rng as _;

use crate::swarm::{Fate, WEATHER};
use crate::world::{Inner, World};

/// A request that was given up is applied at most so many milliseconds after it was sent: below
/// [`model::limit::LATENESS_MS`], on which the node relies.
const LATE_MS: u64 = 115_000;

/// The way to one remote.
pub(crate) struct Wire {
    /// Whose.
    pub(crate) side: Side,
    /// The world that it is part of.
    pub(crate) world: Arc<World>,
}

/// A request's fate and its times on the way, in milliseconds.
struct Plan {
    fate: Fate,
    to_ms: u64,
    back_ms: u64,
    /// Whether it arrives although its sender is gone.
    goes_on: bool,
}

fn draw(inner: &mut Inner, method: Method) -> Plan {
    let calm = inner.is_calm();
    let number = inner.tally.requests;
    let Inner {
        network, random, ..
    } = inner;
    let (least, most) = network.latency_ms;
    let mut to_ms = random.random_range(least..=most);
    let back_ms = random.random_range(least..=most);
    if random.random_bool(network.slow) && !calm {
        to_ms = random.random_range(20_000..100_000);
    }
    let late = random.random_range(500..LATE_MS);
    let repeatable = matches!(method, Method::Get | Method::Put | Method::Delete);
    let chances = [
        (network.refused, Fate::Refused),
        (network.dropped, Fate::Dropped),
        (network.lost, Fate::Lost),
        (network.late, Fate::Late(late)),
        (if repeatable { network.twice } else { 0.0 }, Fate::Twice),
    ];
    // A whim is drawn for each chance, so that a rate of one kind does not shift what the others draw.
    let struck = chances.map(|(rate, fate)| (random.random_bool(rate / 3.0), fate));
    let fate = struck.into_iter().find(|(struck, _)| *struck);
    let fate = fate.filter(|_| !calm).map(|(_, fate)| fate);
    let chosen = network.at.filter(|(at, _)| *at == number);
    let fate = chosen.map(|(_, fate)| fate).or(fate);
    Plan {
        fate: fate.unwrap_or(Fate::Answered),
        to_ms,
        back_ms,
        goes_on: random.random_bool(0.5),
    }
}

/// A request between its sender and its remote. A sender that goes does not always take it along.
struct OnWay<'a> {
    wire: &'a Wire,
    request: Option<emulator::Request>,
    due_ms: i64,
    goes_on: bool,
}

impl Drop for OnWay<'_> {
    fn drop(&mut self) {
        if let (Some(request), true) = (self.request.take(), self.goes_on) {
            let mut inner = self.wire.world.lock();
            let remote = inner.remotes.get_mut(self.wire.side);
            remote.hold(request, self.due_ms);
        }
    }
}

impl Wire {
    async fn carry(&self, request: Request) -> Result<Response, Failure> {
        let (plan, mut way) = {
            let mut inner = self.world.lock();
            inner.tally.requests += 1;
            let plan = draw(&mut inner, request.method);
            if is_write(&request) {
                let number = inner.tally.requests;
                inner.writes.push(number);
            }
            inner.point();
            let due_ms = inner.now() + i64::try_from(plan.to_ms).unwrap_or(0);
            let mut asked = inner.remotes.get(self.side).translate(&request);
            if !inner.is_calm() {
                asked = asked.with_header(WEATHER, "foul");
            }
            let way = OnWay {
                wire: self,
                request: Some(asked),
                due_ms,
                goes_on: plan.goes_on && plan.fate == Fate::Answered,
            };
            (plan, way)
        };
        if self.world.lock().is_dark() {
            return std::future::pending().await;
        }
        pause(plan.to_ms).await;
        if self.world.lock().is_dark() {
            // A machine without power hears nothing any more.
            drop(way);
            return std::future::pending().await;
        }
        let Some(asked) = way.request.take() else {
            return Err(Failure::Lost);
        };
        let (answer, after_ms) = self.meet(&plan, &request, asked);
        pause(plan.back_ms + after_ms).await;
        self.world.lock().point();
        if self.world.lock().is_dark() {
            return std::future::pending().await;
        }
        answer
    }

    /// The request has come as far as its fate lets it.
    fn meet(
        &self,
        plan: &Plan,
        request: &Request,
        asked: emulator::Request,
    ) -> (Result<Response, Failure>, u64) {
        let mut inner = self.world.lock();
        let now = inner.now();
        inner.settle(self.side);
        let (answer, after_ms, what) = match plan.fate {
            Fate::Refused => (Err(Failure::NotSent), 0, "connection refused"),
            Fate::Dropped => (Err(Failure::Lost), 0, "request dropped"),
            Fate::Late(by_ms) => {
                let due_ms = now + i64::try_from(by_ms).unwrap_or(0);
                inner.remotes.get_mut(self.side).hold(asked, due_ms);
                (Err(Failure::Lost), 0, "request late")
            }
            Fate::Answered | Fate::Lost | Fate::Twice if is_unaccepted(&inner, self.side, now) => {
                (Ok(unaccepted(&inner, self.side)), 0, "credential refused")
            }
            Fate::Answered | Fate::Lost | Fate::Twice
                if is_write(request) && is_within(inner.network.forbidden, self.side, now) =>
            {
                (Ok(bare(403)), 0, "permission refused")
            }
            Fate::Lost => {
                inner.remotes.get_mut(self.side).deliver(&asked, now);
                (Err(Failure::Lost), 0, "response lost")
            }
            Fate::Answered | Fate::Twice => {
                let remote = inner.remotes.get_mut(self.side);
                let mut what = "answered";
                if plan.fate == Fate::Twice {
                    remote.deliver(&asked, now);
                    what = "request repeated";
                }
                let delivery = remote.deliver(&asked, now);
                inner.repeated |= plan.fate == Fate::Twice && makes_anew(request);
                (received(delivery.answer), delivery.after_ms, what)
            }
        };
        if what != "answered" {
            inner.tally.count(what);
        }
        note(&mut inner, self.side, request, &answer, what);
        (answer, after_ms)
    }
}

async fn pause(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

/// Whether a request is there to change something. Many questions are asked by a POST.
fn is_write(request: &Request) -> bool {
    let questions = [
        "search/jql",
        "bulkfetch",
        "comment/list",
        "workitemsbatch",
        "/wiql",
    ];
    match request.method {
        Method::Get | Method::Options => false,
        Method::Post => !questions.iter().any(|part| request.url.contains(part)),
        Method::Put | Method::Patch | Method::Delete => true,
    }
}

/// Whether a remote that is sent it twice makes two of what it asks for.
fn makes_anew(request: &Request) -> bool {
    let path = request.url.split('?').next().unwrap_or_default();
    let creates = path.ends_with("/issue") || path.contains("/workitems/$");
    request.method == Method::Post && (creates || path.ends_with("/comment"))
}

fn is_unaccepted(inner: &Inner, side: Side, now: i64) -> bool {
    is_within(inner.network.unaccepted, side, now)
}

fn is_within(time: Option<(Side, i64, i64)>, side: Side, now: i64) -> bool {
    time.is_some_and(|(whose, from, until)| whose == side && (from..until).contains(&now))
}

/// Azure DevOps shows its sign-in page with 203 (azure.md 11.3).
fn unaccepted(inner: &Inner, side: Side) -> Response {
    if side == Side::Jira || !inner.network.page {
        return bare(401);
    }
    let kind = (
        "content-type".to_owned(),
        "text/html; charset=utf-8".to_owned(),
    );
    Response {
        status: 203,
        headers: vec![kind],
        body: b"<html><head><title>Sign In</title></head></html>".to_vec(),
    }
}

fn bare(status: u16) -> Response {
    Response {
        status,
        headers: Vec::new(),
        body: Vec::new(),
    }
}

fn received(answer: Answer) -> Result<Response, Failure> {
    let Answer::Response(response) = answer else {
        return Err(Failure::Lost);
    };
    let lower = |(name, value): (String, String)| (name.to_ascii_lowercase(), value);
    Ok(Response {
        status: response.status,
        headers: response.headers.into_iter().map(lower).collect(),
        body: response.body.to_vec(),
    })
}

/// Takes an exchange into the trace.
fn note(
    inner: &mut Inner,
    side: Side,
    request: &Request,
    answer: &Result<Response, Failure>,
    what: &str,
) {
    let kind = match answer {
        Ok(response) => match response.status {
            429 => Some("answer 429"),
            500 => Some("answer 500"),
            503 => Some("answer 503"),
            _ => None,
        },
        Err(Failure::NotSent | Failure::Lost) => None,
    };
    if let Some(kind) = kind {
        inner.tally.count(kind);
    }
    let status = answer.as_ref().map_or(0, |response| response.status);
    let url = request.url.split_once("//").map_or("", |(_, rest)| rest);
    let method = request.method.as_str();
    let line = format!("{side} {method} {url} {status} {what}");
    let now = inner.now();
    inner.trace.event(now, &line, &request.body);
}

impl Transport for Wire {
    fn send(&self, request: Request) -> Later<'_, Result<Response, Failure>> {
        Box::pin(async move {
            let mut timely = Timely(&self.world, false);
            let answer = self.carry(request).await;
            timely.1 = true;
            answer
        })
    }
}

/// Counts requests whose sender went before they were answered.
struct Timely<'a>(&'a World, bool);

impl Drop for Timely<'_> {
    fn drop(&mut self) {
        if !self.1 {
            self.0.lock().tally.count("request timed out");
        }
    }
}
