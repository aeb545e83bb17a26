//! One connection: conversations carried out over a transport, within the governor's limits.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::http::{Failure, Request, Response};
use model::metric::Metric;
use model::{Side, limit};
use sync::{Conversation, Turn};
use tokio_util::sync::CancellationToken;

use crate::governor::{Governor, Priority};
use crate::meter::Meter;
use crate::port::{Clock, Transport};

/// Failures in a row after which a connection counts as down. More than one item that the remote cannot serve makes.
const MISSES: u32 = 8;
/// A transport keeps [`limit::REQUEST_TIMEOUT_MS`] itself; one that does not is given up a little later.
const PATIENCE: Duration = Duration::from_millis(limit::REQUEST_TIMEOUT_MS.unsigned_abs() + 5_000);

/// One connection.
pub struct Line {
    transport: Arc<dyn Transport>,
    governor: Governor,
    /// Set when the node stops: nothing new is sent.
    stop: CancellationToken,
    /// Set when the node can wait no longer: what is on its way is left to recovery.
    abandon: CancellationToken,
    requests: AtomicU64,
    misses: AtomicU32,
    routes: Mutex<BTreeMap<(&'static str, u16), u64>>,
    meter: Option<(Arc<Meter>, Side)>,
}

/// The conversation did not come to its end: it wanted more turns than any sound one does.
#[derive(Debug, thiserror::Error)]
#[error(
    "a conversation with the remote did not end after {} requests",
    limit::EXCHANGE_TURNS
)]
pub struct Endless;

impl Line {
    /// A connection over that transport.
    #[must_use]
    pub fn new(
        transport: Arc<dyn Transport>,
        most: usize,
        clock: Arc<dyn Clock>,
        stop: CancellationToken,
    ) -> Line {
        Line {
            transport,
            governor: Governor::new(most, clock),
            stop,
            abandon: CancellationToken::new(),
            requests: AtomicU64::new(0),
            misses: AtomicU32::new(0),
            routes: Mutex::new(BTreeMap::new()),
            meter: None,
        }
    }

    /// The same connection, whose requests are counted there as those of that side.
    #[must_use]
    pub fn measured_by(mut self, meter: Arc<Meter>, side: Side) -> Line {
        self.governor.measured_by(Arc::clone(&meter), side);
        self.meter = Some((meter, side));
        self
    }

    /// Requests in flight, and how many may be.
    #[must_use]
    pub fn load(&self) -> (usize, usize) {
        self.governor.load()
    }

    /// The same connection, which waits for no answer any more once `abandon` is set.
    #[must_use]
    pub fn abandoned_by(mut self, abandon: CancellationToken) -> Line {
        self.abandon = abandon;
        self
    }

    /// Whether nothing new is sent any more.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Waits until nothing new is sent any more.
    pub async fn stopping(&self) {
        self.stop.cancelled().await;
    }

    /// Whether nothing that was sent lately was answered in earnest. The next answer that is one ends it.
    #[must_use]
    pub fn is_down(&self) -> bool {
        self.misses.load(Ordering::Relaxed) >= MISSES
    }

    /// Requests sent so far.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Requests by route and status; status 0 is an answer that did not come.
    #[must_use]
    pub fn routes(&self) -> BTreeMap<(&'static str, u16), u64> {
        self.routes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Carries a conversation to its end. Once the node stops, what has not been sent is told to the conversation as not
    /// sent; what is on its way is waited for.
    pub async fn converse<T>(
        &self,
        mut talk: Conversation<T>,
        priority: Priority,
    ) -> Result<T, Endless> {
        for _ in 0..limit::EXCHANGE_TURNS {
            match talk.next() {
                Turn::Done(value) => return Ok(value),
                Turn::Send(request) => {
                    let route = request.route;
                    let answer = self.send(request, priority).await;
                    self.count(route, &answer);
                    talk.answer(answer);
                }
            }
        }
        Err(Endless)
    }

    async fn send(&self, request: Request, priority: Priority) -> Result<Response, Failure> {
        let permit = tokio::select! {
            biased;
            () = self.stop.cancelled() => return Err(Failure::NotSent),
            permit = self.governor.admit(request.writes, priority) => permit,
        };
        self.requests.fetch_add(1, Ordering::Relaxed);
        let begun = tokio::time::Instant::now();
        let answer = tokio::select! {
            biased;
            () = self.abandon.cancelled() => Err(Failure::Lost),
            answer = tokio::time::timeout(PATIENCE, self.transport.send(request)) => {
                answer.unwrap_or(Err(Failure::Lost))
            }
        };
        self.measure(&answer, begun.elapsed());
        self.governor.observe(&answer);
        self.judge(&answer);
        drop(permit);
        answer
    }

    fn measure(&self, answer: &Result<Response, Failure>, took: Duration) {
        let Some((meter, side)) = &self.meter else {
            return;
        };
        let status = match answer.as_ref().map(|response| response.status) {
            Ok(429) => "429",
            Ok(200..=299) => "2xx",
            Ok(300..=399) => "3xx",
            Ok(400..=499) => "4xx",
            Ok(500..=599) => "5xx",
            // No remote of ours answers so, and a status that no answer may have is as good as none.
            Ok(_) | Err(_) => "none",
        };
        meter.count(Metric::Requests, [side.as_str(), status], 1);
        meter.time(Metric::RequestSeconds, [side.as_str()], took);
    }

    fn judge(&self, answer: &Result<Response, Failure>) {
        let missed = match answer {
            Ok(response) => response.status == 401 || response.status >= 500,
            Err(Failure::NotSent | Failure::Lost) => true,
        };
        if !missed {
            self.misses.store(0, Ordering::Relaxed);
        } else if !self.is_down() {
            self.misses.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn count(&self, route: &'static str, answer: &Result<Response, Failure>) {
        let status = answer.as_ref().map_or(0, |response| response.status);
        let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        *routes.entry((route, status)).or_default() += 1;
    }
}
