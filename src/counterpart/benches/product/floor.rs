//! The floor: a client without any logic makes the requests that a node made.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use actors::{Gateway as _, Transport};
use counterpart::gateway::Remotes;
use model::http::Request;
use model::{Both, Side, limit};

use crate::stage::Outcome;
use crate::tape::Taken;

/// How like the run the floor was.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Likeness {
    /// Requests made.
    pub(crate) requests: usize,
    /// Requests whose answer had the status that it had in the run.
    pub(crate) alike: usize,
    /// Bytes of answers.
    pub(crate) bytes: usize,
}

impl Likeness {
    pub(crate) fn add(&mut self, other: Likeness) {
        self.requests += other.requests;
        self.alike += other.alike;
        self.bytes += other.bytes;
    }
}

/// Makes the noted requests at other addresses, each side's in their order, as many at once as a node may have in flight.
pub(crate) async fn replay(
    remotes: &Remotes,
    tapes: &Both<Vec<Taken>>,
    from: &Both<String>,
    to: &Both<String>,
) -> Outcome<Likeness> {
    let mut tasks = tokio::task::JoinSet::new();
    for side in Side::BOTH {
        let queue = moved(tapes.get(side), from.get(side), to.get(side));
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..limit::REQUESTS_IN_FLIGHT {
            tasks.spawn(drain(remotes.transport(side), Arc::clone(&queue)));
        }
    }
    let mut sum = Likeness::default();
    while let Some(ended) = tasks.join_next().await {
        sum.add(ended?);
    }
    Ok(sum)
}

type Queue = VecDeque<(Request, u16)>;

fn moved(tape: &[Taken], from: &str, to: &str) -> Queue {
    let one = |taken: &Taken| {
        let mut request = taken.request.clone();
        if let Some(rest) = request.url.strip_prefix(from) {
            request.url = format!("{to}{rest}");
        }
        (request, taken.status)
    };
    tape.iter().map(one).collect()
}

async fn drain(transport: Arc<dyn Transport>, queue: Arc<Mutex<Queue>>) -> Likeness {
    let mut likeness = Likeness::default();
    loop {
        let next = queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front();
        let Some((request, status)) = next else {
            return likeness;
        };
        let answer = transport.send(request).await;
        likeness.requests += 1;
        if let Ok(answer) = answer {
            likeness.alike += usize::from(answer.status == status);
            likeness.bytes += answer.body.len();
        }
    }
}
