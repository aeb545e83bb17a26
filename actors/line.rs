//! One connection: conversations carried out over a transport, within the governor's limits.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use model::http::Failure;
use model::limit;
use sync::{Conversation, Turn};
use tokio_util::sync::CancellationToken;

use crate::governor::{Governor, Priority};
use crate::port::{Clock, Transport};

/// One connection.
pub struct Line {
    transport: Arc<dyn Transport>,
    governor: Governor,
    /// Set when the node stops: nothing new is sent.
    stop: CancellationToken,
    requests: AtomicU64,
    routes: Mutex<BTreeMap<(&'static str, u16), u64>>,
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
            requests: AtomicU64::new(0),
            routes: Mutex::new(BTreeMap::new()),
        }
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

    async fn send(
        &self,
        request: model::http::Request,
        priority: Priority,
    ) -> Result<model::http::Response, Failure> {
        let permit = tokio::select! {
            biased;
            () = self.stop.cancelled() => return Err(Failure::NotSent),
            permit = self.governor.admit(request.writes, priority) => permit,
        };
        self.requests.fetch_add(1, Ordering::Relaxed);
        let answer = self.transport.send(request).await;
        self.governor.observe(&answer);
        drop(permit);
        answer
    }

    fn count(&self, route: &'static str, answer: &Result<model::http::Response, Failure>) {
        let status = answer.as_ref().map_or(0, |response| response.status);
        let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        *routes.entry((route, status)).or_default() += 1;
    }
}
