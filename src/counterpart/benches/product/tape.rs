//! A transport that notes what passes through it, and one that can be held.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actors::{Discovered, Gateway, Later, Transport};
use mapping::Profile;
use model::http::{Failure, Method, Request, Response};
use model::{Both, Side};
use sync::{Conversation, Obstacle};

/// Routes that read although their method is not GET.
const READS: [&str; 7] = [
    "/rest/api/3/issue/bulkfetch",
    "/rest/api/3/search/jql",
    "/rest/api/3/jql/match",
    "/rest/api/3/comment/list",
    "/_apis/wit/workitemsbatch",
    "/_apis/wit/wiql",
    "/_apis/wit/reporting/workitemrevisions",
];

/// How often a held request looks whether it may go on.
const LOOK: Duration = Duration::from_millis(100);

/// Whether a request changes anything at the remote.
pub(crate) fn is_write(request: &Request) -> bool {
    request.method != Method::Get && !READS.contains(&request.route)
}

/// One request and what came of it.
#[derive(Clone)]
pub(crate) struct Taken {
    pub(crate) request: Request,
    pub(crate) began: Instant,
    pub(crate) ended: Instant,
    pub(crate) status: u16,
    pub(crate) bytes: usize,
}

/// What passed on both sides.
#[derive(Clone, Default)]
pub(crate) struct Tapes(Arc<Both<Mutex<Vec<Taken>>>>);

impl Tapes {
    fn note(&self, side: Side, taken: Taken) {
        let tape = self.0.get(side);
        tape.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(taken);
    }

    /// Takes what passed since the last time, up to the last write, each side in the order in which the requests left.
    /// Gives the moment at which the last write was answered, too.
    pub(crate) fn take(&self) -> (Both<Vec<Taken>>, Option<Instant>) {
        let mut taken = Both::of(|side| {
            let tape = self.0.get(side);
            std::mem::take(&mut *tape.lock().unwrap_or_else(PoisonError::into_inner))
        });
        let last = Side::BOTH
            .into_iter()
            .flat_map(|side| taken.get(side))
            .filter(|taken| is_write(&taken.request))
            .map(|taken| taken.ended)
            .max();
        for side in Side::BOTH {
            let tape = taken.get_mut(side);
            tape.retain(|taken| last.is_some_and(|last| taken.began <= last));
            tape.sort_by_key(|taken| taken.began);
        }
        (taken, last)
    }
}

/// Requests by route, most frequent first.
pub(crate) fn routes(tape: &[Taken]) -> Vec<(String, usize, Duration)> {
    let mut routes: BTreeMap<String, (usize, Duration)> = BTreeMap::new();
    for taken in tape {
        let name = format!("{:?}", taken.request);
        let (count, time) = routes.entry(name).or_default();
        *count += 1;
        *time += taken.ended - taken.began;
    }
    let mut routes: Vec<_> = routes
        .into_iter()
        .map(|(name, (count, time))| (name, count, time))
        .collect();
    routes.sort_by_key(|(_, count, _)| std::cmp::Reverse(*count));
    routes
}

/// What becomes of a request on its way through.
#[derive(Clone)]
pub(crate) enum Way {
    /// It is noted.
    Noted(Tapes),
    /// It waits while the switch is on, if it is one of those.
    Held(Arc<AtomicBool>, fn(&Request) -> bool),
}

/// A gateway whose transports go another way.
pub(crate) struct Detour<G> {
    pub(crate) inner: G,
    pub(crate) way: Way,
}

impl<G: Gateway> Gateway for Detour<G> {
    fn discover(
        &self,
        side: Side,
        profile: &Profile,
    ) -> Conversation<Result<Discovered, Obstacle>> {
        self.inner.discover(side, profile)
    }

    fn transport(&self, side: Side) -> Arc<dyn Transport> {
        Arc::new(Passage {
            inner: self.inner.transport(side),
            side,
            way: self.way.clone(),
        })
    }
}

struct Passage {
    inner: Arc<dyn Transport>,
    side: Side,
    way: Way,
}

impl Transport for Passage {
    fn send(&self, request: Request) -> Later<'_, Result<Response, Failure>> {
        match &self.way {
            Way::Noted(tapes) => Box::pin(self.noted(tapes, request)),
            Way::Held(on, which) => Box::pin(async move {
                while on.load(Ordering::Acquire) && which(&request) {
                    tokio::time::sleep(LOOK).await;
                }
                self.inner.send(request).await
            }),
        }
    }
}

impl Passage {
    async fn noted(&self, tapes: &Tapes, request: Request) -> Result<Response, Failure> {
        let (kept, began) = (request.clone(), Instant::now());
        let answer = self.inner.send(request).await;
        let taken = Taken {
            request: kept,
            began,
            ended: Instant::now(),
            status: answer.as_ref().map_or(0, |answer| answer.status),
            bytes: answer.as_ref().map_or(0, |answer| answer.body.len()),
        };
        tapes.note(self.side, taken);
        answer
    }
}
