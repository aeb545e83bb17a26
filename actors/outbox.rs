//! The outbox of a profile: everything that goes to a remote passes here.
//!
//! Reads of single items are gathered for a few milliseconds and sent as the batches that the remotes take. Writes and
//! probes are carried out one conversation each, as tasks of their own, so that a slow answer holds up nobody else; how
//! many requests are in flight at once is the governor's business.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use model::metric::Metric;
use model::{Both, Side, limit};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use sync::{Body, Finding, Hindrance, Obstacle, Outcome, Probe, ReadRequest, Reading, Write};
use tokio::sync::oneshot;

use crate::governor::Priority;
use crate::mailbox::Letter;
use crate::shared::Shared;

/// How long single reads are gathered.
const GATHER: Duration = Duration::from_millis(4);

/// What the outbox is asked to do.
pub enum Message {
    /// Read one item.
    Read(Side, ReadRequest, Priority, oneshot::Sender<Reading>),
    /// Carry out a write.
    Write(Box<Write>, Priority, oneshot::Sender<Outcome>),
    /// Carry out a probe.
    Probe(Box<Probe>, oneshot::Sender<Finding>),
    /// The time for gathering reads is over.
    Flush,
    /// A batch has ended.
    BatchEnded(Side),
}

struct Wanted {
    request: ReadRequest,
    priority: Priority,
    reply: oneshot::Sender<Reading>,
}

/// The actor.
pub struct Outbox;

/// Its state.
pub struct State {
    shared: Arc<Shared>,
    wanted: Both<VecDeque<Wanted>>,
    batches: Both<usize>,
    gathering: bool,
}

/// Batches of reads in flight on one side.
const BATCHES: usize = 2;

impl Actor for Outbox {
    type Msg = Letter<Message>;
    type State = State;
    type Arguments = Arc<Shared>;

    async fn pre_start(
        &self,
        _myself: ActorRef<Self::Msg>,
        shared: Arc<Shared>,
    ) -> Result<State, ActorProcessingErr> {
        let wanted = Both::of(|_| VecDeque::new());
        Ok(State {
            shared,
            wanted,
            batches: Both::default(),
            gathering: false,
        })
    }

    async fn handle(
        &self,
        myself: ActorRef<Self::Msg>,
        letter: Self::Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match letter.open() {
            Message::Read(side, request, priority, reply) => {
                let wanted = Wanted {
                    request,
                    priority,
                    reply,
                };
                state.want(&myself, side, wanted);
            }
            Message::Write(write, priority, mut reply) => {
                let shared = Arc::clone(&state.shared);
                tokio::spawn(async move {
                    // When the pair has gone recovery will ask what became of the write, and takes it to have left by then:
                    // so one that still waits for its turn must not leave any more.
                    let outcome = tokio::select! {
                        biased;
                        () = reply.closed() => return,
                        outcome = carry_out(&shared, write, priority) => outcome,
                    };
                    let _ = reply.send(outcome);
                });
            }
            Message::Probe(probe, reply) => {
                let shared = Arc::clone(&state.shared);
                tokio::spawn(async move {
                    let _ = reply.send(look_for(&shared, &probe).await);
                });
            }
            Message::Flush => {
                state.gathering = false;
                Side::BOTH
                    .into_iter()
                    .for_each(|side| state.flush(&myself, side));
            }
            Message::BatchEnded(side) => {
                let running = state.batches.get_mut(side);
                *running = running.saturating_sub(1);
                state.flush(&myself, side);
            }
        }
        Ok(())
    }
}

impl State {
    fn want(&mut self, myself: &ActorRef<Letter<Message>>, side: Side, wanted: Wanted) {
        let queue = self.wanted.get_mut(side);
        let at = queue.partition_point(|other| other.priority <= wanted.priority);
        queue.insert(at, wanted);
        if queue.len() >= self.shared.connectors.get(side).read_batch() {
            return self.flush(myself, side);
        }
        if !std::mem::replace(&mut self.gathering, true) {
            myself.send_after(GATHER, || Letter::single(Message::Flush));
        }
    }

    fn flush(&mut self, myself: &ActorRef<Letter<Message>>, side: Side) {
        let most = self.shared.connectors.get(side).read_batch();
        while *self.batches.get(side) < BATCHES && !self.wanted.get(side).is_empty() {
            let queue = self.wanted.get_mut(side);
            let batch: Vec<Wanted> = queue.drain(..queue.len().min(most)).collect();
            *self.batches.get_mut(side) += 1;
            let shared = Arc::clone(&self.shared);
            let ended = Ended(myself.clone(), side);
            tokio::spawn(async move {
                read_batch(&shared, side, batch).await;
                drop(ended);
            });
        }
    }
}

/// Tells the outbox that a batch has ended, however it did: one that panicked must not keep its place.
struct Ended(ActorRef<Letter<Message>>, Side);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.cast(Letter::single(Message::BatchEnded(self.1)));
    }
}

/// Reads a batch. One that failed as a whole is parted, so that an item which makes it fail harms itself only; but not when
/// the connection is to blame.
async fn read_batch(shared: &Shared, side: Side, batch: Vec<Wanted>) {
    let (mut open, mut parts) = (vec![batch], 0);
    while let Some(mut batch) = open.pop() {
        let failed = match read_once(shared, side, &batch).await {
            Ok(readings) => {
                tell(batch, readings);
                continue;
            }
            Err(failed) => failed,
        };
        let up = !shared.lines.get(side).is_down();
        if batch.len() > 1 && parts < limit::BATCH_PARTS && up && is_divisible(failed.as_ref()) {
            parts += 1;
            let rest = batch.split_off(batch.len() / 2);
            open.extend([rest, batch]);
            continue;
        }
        let hindrance = failed.as_ref().map_or(Hindrance::Withheld, hindrance);
        let readings = vec![Reading::Failed(hindrance); batch.len()];
        tell(batch, readings);
    }
}

/// One request for all of them, or why it failed as a whole; nothing when the conversation did not end.
async fn read_once(
    shared: &Shared,
    side: Side,
    batch: &[Wanted],
) -> Result<Vec<Reading>, Option<Obstacle>> {
    let requests: Vec<ReadRequest> = batch.iter().map(|wanted| wanted.request).collect();
    let live = batch.iter().any(|wanted| wanted.priority == Priority::Live);
    let priority = if live {
        Priority::Live
    } else {
        Priority::Backfill
    };
    let talk = shared.connectors.get(side).read(&requests);
    match shared.lines.get(side).converse(talk, priority).await {
        Ok(result) => result.map_err(Some),
        Err(_endless) => Err(None),
    }
}

fn tell(batch: Vec<Wanted>, mut readings: Vec<Reading>) {
    readings.resize(batch.len(), Reading::Failed(Hindrance::Withheld));
    for (wanted, reading) in batch.into_iter().zip(readings) {
        let _ = wanted.reply.send(reading);
    }
}

/// Whether one item may have made a batch fail: an answer that is too long, cannot be read or is an error. A pause and a
/// credential that is not accepted concern all.
pub(crate) fn is_divisible(failed: Option<&Obstacle>) -> bool {
    match failed {
        Some(Obstacle::Hindered(Hindrance::Unreachable))
        | Some(Obstacle::Forbidden { .. })
        | Some(Obstacle::Unknown { .. })
        | Some(Obstacle::Refused { .. })
        | Some(Obstacle::Unreadable { .. })
        | None => true,
        Some(Obstacle::Hindered(
            Hindrance::Throttled { .. }
            | Hindrance::Credential
            | Hindrance::Withheld
            | Hindrance::Unprepared { .. },
        )) => false,
    }
}

/// What a batch that could not be read means for each of its pairs. What passes by itself is tried again without a word;
/// what a person has to mend is told. It is never [`Reading::Missing`]: nobody looked at the single item.
pub(crate) fn hindrance(obstacle: &Obstacle) -> Hindrance {
    match obstacle {
        Obstacle::Hindered(hindrance) => hindrance.clone(),
        Obstacle::Forbidden { code } => Hindrance::Unprepared {
            subject: code.clone().unwrap_or_else(|| "403".to_owned()),
        },
        Obstacle::Unknown { subject } => Hindrance::Unprepared {
            subject: subject.clone(),
        },
        Obstacle::Refused { status, code } if *status < 500 => Hindrance::Unprepared {
            subject: code.clone().unwrap_or_else(|| status.to_string()),
        },
        Obstacle::Refused { .. } => Hindrance::Unreachable,
        Obstacle::Unreadable { .. } => Hindrance::Withheld,
    }
}

async fn carry_out(shared: &Shared, write: Box<Write>, priority: Priority) -> Outcome {
    let side = write.side;
    let kind = kind(&write.body);
    let talk = shared.connectors.get(side).write(&write);
    // The conversation holds what it sends; the content need not wait for its turn a second time.
    drop(write);
    let outcome = match shared.lines.get(side).converse(talk, priority).await {
        Ok(outcome) => outcome,
        // Some of its requests may have left.
        Err(_endless) => Outcome::Unknown,
    };
    let words = [side.as_str(), kind, came_of(&outcome)];
    shared.meter.count(Metric::Effects, words, 1);
    outcome
}

/// What is written, as it is counted.
pub(crate) fn kind(body: &Body) -> &'static str {
    match body {
        Body::Create(_) => "create",
        Body::Edit(_) => "edit",
        Body::Transition(_) => "transition",
        Body::Comment(_) => "comment",
        Body::Link(_) => "link",
    }
}

/// What came of it, as it is counted.
pub(crate) fn came_of(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Applied(_) => "applied",
        Outcome::Refused(_) => "refused",
        Outcome::NotSent(_) => "not-sent",
        Outcome::Unknown => "unknown",
    }
}

async fn look_for(shared: &Shared, probe: &Probe) -> Finding {
    let talk = shared.connectors.get(probe.side).probe(probe);
    let line = shared.lines.get(probe.side);
    let finding = line
        .converse(talk, Priority::Live)
        .await
        .unwrap_or(Finding::Inconclusive);
    let found = match &finding {
        Finding::Found(_) => "found",
        Finding::Absent => "absent",
        Finding::Inconclusive => "inconclusive",
    };
    let words = [probe.side.as_str(), found];
    shared.meter.count(Metric::Probes, words, 1);
    finding
}
