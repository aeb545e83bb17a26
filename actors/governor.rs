//! The limits of one connection: how many requests at once, how soon after a refusal, how many writes on one item.
//!
//! It obeys `Retry-After` (also on a 200, azure.md 12), halves its width when a remote throttles and widens again slowly,
//! keeps Jira's limits of writes per issue at half their published size (jira.md 11), and serves live changes before
//! backfill.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::http::{Failure, Response};
use model::metric::Metric;
use model::{Millis, Side, limit};
use tokio::sync::oneshot;

use crate::meter::Meter;
use crate::port::Clock;

/// Who goes first when requests wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Somebody has just changed something.
    Live,
    /// An item is met for the first time, together with many others.
    Backfill,
}

/// Writes on one item within two seconds, half of what Jira allows.
const WRITES_SHORT: usize = 10;
/// Writes on one item within thirty seconds, half of what Jira allows.
const WRITES_LONG: usize = 50;
/// Items whose writes are remembered; the oldest are forgotten first.
const ITEMS_REMEMBERED: usize = 10_000;

/// The limits of one connection.
pub struct Governor {
    inner: Arc<Mutex<Inner>>,
    clock: Arc<dyn Clock>,
    meter: Option<(Arc<Meter>, Side)>,
}

struct Inner {
    most: f64,
    width: f64,
    in_flight: usize,
    paused_until: Millis,
    waiting: [VecDeque<oneshot::Sender<()>>; 2],
    writes: BTreeMap<u64, VecDeque<Millis>>,
}

/// The right to have one request in flight.
pub struct Permit {
    inner: Arc<Mutex<Inner>>,
}

enum Answer {
    Go,
    At(Millis, &'static str),
    Turn(oneshot::Receiver<()>),
}

impl Governor {
    /// Limits with at most so many requests in flight.
    #[must_use]
    pub fn new(most: usize, clock: Arc<dyn Clock>) -> Governor {
        #[allow(clippy::cast_precision_loss, reason = "a handful of requests")]
        let most = most.max(1) as f64;
        let inner = Inner {
            most,
            width: most,
            in_flight: 0,
            paused_until: Millis(0),
            waiting: [VecDeque::new(), VecDeque::new()],
            writes: BTreeMap::new(),
        };
        Governor {
            inner: Arc::new(Mutex::new(inner)),
            clock,
            meter: None,
        }
    }

    /// Counts from now on there, as that side's, who has to wait.
    pub fn measured_by(&mut self, meter: Arc<Meter>, side: Side) {
        self.meter = Some((meter, side));
    }

    /// Requests in flight, and how many may be.
    #[must_use]
    pub fn load(&self) -> (usize, usize) {
        let inner = lock(&self.inner);
        (inner.in_flight, inner.places())
    }

    /// Waits for the right to send a request, one that writes this item when `item` is given.
    pub async fn admit(&self, item: Option<u64>, priority: Priority) -> Permit {
        let mut waits = None;
        loop {
            let now = self.clock.now();
            let answer = lock(&self.inner).ask(now, item, priority);
            self.note(&answer, now, &mut waits);
            match answer {
                Answer::Go => {
                    return Permit {
                        inner: Arc::clone(&self.inner),
                    };
                }
                Answer::At(then, _) => {
                    // Whoever woke this one did so for a place that it cannot use yet.
                    lock(&self.inner).wake();
                    sleep(then.since(now)).await;
                }
                // A lost turn is the same as a turn: ask again.
                Answer::Turn(turn) => turn.await.unwrap_or(()),
            }
        }
    }

    /// Counts a wait, and at its end how long it was.
    fn note(&self, answer: &Answer, now: Millis, waits: &mut Option<Millis>) {
        let Some((meter, side)) = &self.meter else {
            return;
        };
        let reason = match answer {
            Answer::Go => {
                if let Some(since) = waits.take() {
                    let took = u64::try_from(now.since(since)).unwrap_or(0);
                    let took = Duration::from_millis(took);
                    meter.time(Metric::ThrottleSeconds, [side.as_str()], took);
                }
                return;
            }
            Answer::At(_, reason) => reason,
            Answer::Turn(_) => "width",
        };
        if waits.is_none() {
            meter.count(Metric::ThrottleWaits, [side.as_str(), reason], 1);
            *waits = Some(now);
        }
    }

    /// Learns from an answer.
    pub fn observe(&self, answer: &Result<Response, Failure>) {
        let Ok(response) = answer else { return };
        let now = self.clock.now();
        let mut inner = lock(&self.inner);
        if let Some(pause) = retry_after(response) {
            inner.paused_until = inner.paused_until.max(now.plus(pause));
        }
        match response.status {
            429 | 503 => inner.narrow(now, response),
            _ if is_near_limit(response) => inner.width = (inner.width * 0.9).max(1.0),
            _ => inner.width = (inner.width + 0.1).min(inner.most),
        }
    }
}

impl Inner {
    fn ask(&mut self, now: Millis, item: Option<u64>, priority: Priority) -> Answer {
        if now < self.paused_until {
            return Answer::At(self.paused_until, "remote");
        }
        if let Some(then) = item.and_then(|item| self.too_soon(now, item)) {
            return Answer::At(then, "item");
        }
        if self.free() == 0 {
            let (turn, wait) = oneshot::channel();
            self.waiting[usize::from(priority == Priority::Backfill)].push_back(turn);
            return Answer::Turn(wait);
        }
        self.in_flight += 1;
        if let Some(item) = item {
            self.remember(now, item);
        }
        Answer::Go
    }

    /// When the next write on that item may go out, if not now.
    fn too_soon(&mut self, now: Millis, item: u64) -> Option<Millis> {
        let writes = self.writes.get_mut(&item)?;
        writes.retain(|at| now.since(*at) < 30_000);
        let nth_last = |n: usize| {
            writes
                .len()
                .checked_sub(n)
                .and_then(|at| writes.get(at))
                .copied()
        };
        let short = nth_last(WRITES_SHORT).map(|at| at.plus(2_000));
        let long = nth_last(WRITES_LONG).map(|at| at.plus(30_000));
        short.max(long).filter(|then| *then > now)
    }

    fn remember(&mut self, now: Millis, item: u64) {
        if self.writes.len() >= ITEMS_REMEMBERED {
            self.writes
                .retain(|_, writes| writes.back().is_some_and(|at| now.since(*at) < 30_000));
        }
        if self.writes.len() < ITEMS_REMEMBERED {
            self.writes.entry(item).or_default().push_back(now);
        }
    }

    fn narrow(&mut self, now: Millis, response: &Response) {
        self.width = (self.width / 2.0).max(1.0);
        if response.status == 429 && retry_after(response).is_none() {
            self.paused_until = self.paused_until.max(now.plus(2_000));
        }
    }

    fn release(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.wake();
    }

    fn free(&self) -> usize {
        self.places().saturating_sub(self.in_flight)
    }

    fn places(&self) -> usize {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "small and positive"
        )]
        let width = self.width as usize;
        width.max(1)
    }

    /// Wakes as many of those who wait as there are places. One that finds its place taken waits again.
    fn wake(&mut self) {
        let mut free = self.free();
        for queue in &mut self.waiting {
            while free > 0 {
                let Some(turn) = queue.pop_front() else { break };
                // Who does not wait any more takes no place.
                free -= usize::from(turn.send(()).is_ok());
            }
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        lock(&self.inner).release();
    }
}

fn lock(inner: &Mutex<Inner>) -> MutexGuard<'_, Inner> {
    // Every change of the inner state is complete when the guard goes, so a panic elsewhere leaves it sound.
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn sleep(milliseconds: i64) {
    let milliseconds = u64::try_from(milliseconds).unwrap_or(0).max(1);
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

/// Milliseconds that the remote asks to wait; seconds on the wire, cut to [`limit::RETRY_AFTER_MAX_MS`].
fn retry_after(response: &Response) -> Option<i64> {
    let seconds: f64 = response.header("retry-after")?.trim().parse().ok()?;
    let sound = seconds.is_finite() && seconds > 0.0;
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a float casts to the nearest integer"
    )]
    sound.then(|| ((seconds * 1000.0) as i64).min(limit::RETRY_AFTER_MAX_MS))
}

fn is_near_limit(response: &Response) -> bool {
    let number = |name| {
        response
            .header(name)
            .and_then(|text| text.trim().parse::<f64>().ok())
    };
    let said = response
        .header("x-ratelimit-nearlimit")
        .is_some_and(|text| text == "true");
    let left = number("x-ratelimit-remaining").zip(number("x-ratelimit-limit"));
    said || left.is_some_and(|(remaining, limit)| remaining < limit * 0.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct TokioClock(tokio::time::Instant);

    impl Clock for TokioClock {
        fn now(&self) -> Millis {
            Millis(i64::try_from(self.0.elapsed().as_millis()).unwrap_or(i64::MAX))
        }
    }

    fn governor(most: usize) -> (Governor, Arc<dyn Clock>) {
        let clock: Arc<dyn Clock> = Arc::new(TokioClock(tokio::time::Instant::now()));
        (Governor::new(most, Arc::clone(&clock)), clock)
    }

    fn response(status: u16, headers: &[(&str, &str)]) -> Result<Response, Failure> {
        let headers = headers
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        Ok(Response {
            status,
            headers,
            body: Vec::new(),
        })
    }

    #[tokio::test(start_paused = true)]
    async fn retry_after_is_obeyed_even_on_a_200() {
        let (governor, clock) = governor(4);
        governor.observe(&response(200, &[("retry-after", "7")]));
        let _permit = governor.admit(None, Priority::Live).await;
        assert!(clock.now() >= Millis(7_000));
    }

    #[tokio::test(start_paused = true)]
    async fn writes_on_one_item_keep_below_the_limit_per_issue() {
        let (governor, clock) = governor(4);
        for _ in 0..60 {
            drop(governor.admit(Some(1), Priority::Live).await);
        }
        assert!(clock.now() >= Millis(30_000), "{:?}", clock.now());
        let before = clock.now();
        drop(governor.admit(Some(2), Priority::Live).await);
        assert_eq!(clock.now(), before);
    }

    #[tokio::test(start_paused = true)]
    async fn live_changes_go_before_backfill() {
        let (governor, _clock) = governor(1);
        let governor = Arc::new(governor);
        let held = governor.admit(None, Priority::Live).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for priority in [Priority::Backfill, Priority::Live] {
            let (governor, order) = (Arc::clone(&governor), Arc::clone(&order));
            tasks.push(tokio::spawn(async move {
                let _permit = governor.admit(None, priority).await;
                order.lock().unwrap().push(priority);
            }));
            tokio::task::yield_now().await;
        }
        drop(held);
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*order.lock().unwrap(), [Priority::Live, Priority::Backfill]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_that_has_to_wait_holds_up_nobody_else() {
        let (governor, clock) = governor(1);
        let governor = Arc::new(governor);
        for _ in 0..WRITES_SHORT {
            drop(governor.admit(Some(1), Priority::Live).await);
        }
        let held = governor.admit(None, Priority::Live).await;
        let mut tasks = Vec::new();
        for item in [Some(1), Some(2)] {
            let governor = Arc::clone(&governor);
            let clock = Arc::clone(&clock);
            tasks.push(tokio::spawn(async move {
                drop(governor.admit(item, Priority::Live).await);
                clock.now()
            }));
            tokio::task::yield_now().await;
        }
        drop(held);
        let second = tasks.pop().unwrap().await.unwrap();
        let first = tasks.pop().unwrap().await.unwrap();
        assert!(second < Millis(100), "{second:?}");
        assert!(first >= Millis(2_000), "{first:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn everybody_who_waits_gets_a_turn_when_the_width_has_grown() {
        let (governor, _clock) = governor(4);
        let governor = Arc::new(governor);
        for _ in 0..8 {
            governor.observe(&response(503, &[]));
        }
        let held = governor.admit(None, Priority::Live).await;
        let mut tasks = Vec::new();
        for _ in 0..3 {
            let governor = Arc::clone(&governor);
            tasks.push(tokio::spawn(async move {
                governor.admit(None, Priority::Live).await
            }));
            tokio::task::yield_now().await;
        }
        for _ in 0..100 {
            governor.observe(&response(200, &[]));
        }
        drop(held);
        let mut permits = Vec::new();
        for task in tasks {
            permits.push(task.await.unwrap());
        }
        assert_eq!(lock(&governor.inner).in_flight, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn throttling_narrows_and_success_widens() {
        let (governor, _clock) = governor(8);
        governor.observe(&response(429, &[]));
        assert!((lock(&governor.inner).width - 4.0).abs() < f64::EPSILON);
        for _ in 0..100 {
            governor.observe(&response(200, &[]));
        }
        assert!((lock(&governor.inner).width - 8.0).abs() < f64::EPSILON);
    }
}
