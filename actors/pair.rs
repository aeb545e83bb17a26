//! A pair's actor: one activation of a stored state, the single writer of its rows while it lives.
//!
//! It takes what the profile hands it, drives the core until nothing is left to do, tells the profile, and waits for more
//! or for its end. A pair that rests has no actor and no memory.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use model::{Both, Item, Millis, PairId, Side};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use storage::{Batch, Table};
use sync::{Event, Note, Outcome, Pair as State, Phase, ReadRequest, Reading, Write};
use tokio::sync::oneshot;

use crate::activation::{Activation, Change, Task};
use crate::governor::Priority;
use crate::ledger::{Ledger, LedgerError};
use crate::mailbox::{Letter, Mailbox};
use crate::outbox;
use crate::profile;
use crate::shared::Shared;
use crate::stored::PairRow;

/// Steps that one activation may take before it has to rest; more means that something runs in circles.
const STEPS_PER_TURN: usize = 512;

/// Work for a pair.
pub struct Work {
    /// What was learned.
    pub events: Vec<Event>,
    /// The inbox rows that say so; they go with the commit that deals with them.
    pub rows: Vec<Vec<u8>>,
    /// Who goes first.
    pub priority: Priority,
}

/// What the actor is started with.
pub struct Arguments {
    /// The pair.
    pub id: PairId,
    /// What the actors of the profile share.
    pub shared: Arc<Shared>,
    /// The way out.
    pub outbox: Mailbox<outbox::Message>,
    /// The supervisor.
    pub profile: Mailbox<profile::Message>,
}

/// The actor.
pub struct Pair;

/// Its state.
pub struct Active {
    arguments: Arguments,
    activation: Activation,
    /// The row as it stands in the store; nothing when the pair has none yet.
    stored: Option<State>,
    lines: u64,
    opened: bool,
}

/// How a turn ended, for the profile.
pub struct Rest {
    /// The pair.
    pub id: PairId,
    /// When it wants to be woken, and why.
    pub timer: Option<crate::stored::TimerRow>,
    /// Whether it is parked.
    pub parked: bool,
    /// Whether it turned out to be another pair's twin, and is no more.
    pub gone: bool,
}

impl Actor for Pair {
    type Msg = Letter<Work>;
    type State = Active;
    type Arguments = Arguments;

    async fn pre_start(
        &self,
        _myself: ActorRef<Self::Msg>,
        arguments: Arguments,
    ) -> Result<Active, ActorProcessingErr> {
        let row = arguments.shared.ledger.pair(arguments.id)?;
        let stored = row.as_ref().map(|row| row.pair.clone());
        let lines = row.as_ref().map_or(0, |row| row.lines);
        let pair = row.map_or_else(|| State::new(arguments.id), |row| row.pair);
        let activation = Activation::new(pair);
        Ok(Active {
            arguments,
            activation,
            stored,
            lines,
            opened: false,
        })
    }

    async fn handle(
        &self,
        _myself: ActorRef<Self::Msg>,
        letter: Self::Msg,
        active: &mut Active,
    ) -> Result<(), ActorProcessingErr> {
        let gone = active.turn(letter.open()).await?;
        let rest = active.rest(gone);
        active
            .arguments
            .profile
            .send_single(profile::Message::Rested(rest))?;
        Ok(())
    }
}

impl Active {
    /// Drives the pair until nothing is left to do. Says whether the pair is no more.
    async fn turn(&mut self, work: Work) -> Result<bool, LedgerError> {
        let mut rows = work.rows;
        let mut events = work.events;
        if !std::mem::replace(&mut self.opened, true) {
            events.insert(0, Event::Opened);
        } else if events.is_empty() {
            events.push(Event::Woken);
        }
        for event in events {
            self.learn(event, &mut rows).await?;
        }
        for _ in 0..STEPS_PER_TURN {
            let Some(task) = self.activation.next_task() else {
                return Ok(false);
            };
            if let Task::HandOver(_) = task {
                return Ok(true);
            }
            let event = self.carry_out(task, work.priority, &mut rows).await?;
            if let Some(to) = self.handed_over(&event) {
                self.hand_over(to, event, rows).await?;
                return Ok(true);
            }
            self.learn(event, &mut rows).await?;
        }
        tracing::error!(pair = %self.arguments.id, "a pair took too many steps in one turn");
        Ok(false)
    }

    /// The pair that an item just read belongs to, when it is not this one.
    fn handed_over(&self, event: &Event) -> Option<PairId> {
        let Event::Observed(readings) = event else {
            return None;
        };
        let pair = self.activation.pair();
        let Reading::Present(item) = readings.get(pair.id.origin) else {
            return None;
        };
        let marker = item.marker.as_ref().filter(|_| item.created_by_us)?;
        let ours = marker.profile == self.arguments.shared.profile.name;
        let far = marker.source.origin == item.side.other();
        (ours && far && !pair.is_linked()).then_some(marker.source)
    }

    async fn hand_over(
        &mut self,
        to: PairId,
        event: Event,
        rows: Vec<Vec<u8>>,
    ) -> Result<(), LedgerError> {
        if self.stored.is_some() {
            let batch = self.arguments.shared.ledger.forget(self.activation.pair());
            self.arguments.shared.ledger.store.commit(batch).await?;
            self.stored = None;
        }
        if let Some(item) = take_item(event, self.arguments.id.origin) {
            // The profile is this actor's supervisor; when it is gone, so is this actor, and the inbox rows remain.
            let message = profile::Message::HandOver { to, item, rows };
            let _ = self.arguments.profile.send_single(message);
        }
        Ok(())
    }

    /// Takes an event through the core and makes what follows durable.
    async fn learn(&mut self, event: Event, rows: &mut Vec<Vec<u8>>) -> Result<(), LedgerError> {
        let now = self.arguments.shared.clock.now();
        let activation = &mut self.activation;
        let shared = &self.arguments.shared;
        // What the items say is dealt with only when they were read; until then the inbox keeps its rows.
        let consumed = matches!(event, Event::Observed(_) | Event::Adopted(_));
        let change = shared.with_context(|context| activation.take(context, event, now));
        shared.tally.steps.fetch_add(1, Ordering::Relaxed);
        self.report(&change);
        let mut batch = self.batch(&change, now)?;
        if consumed && !self.activation.is_owing_a_read() {
            for row in rows.drain(..) {
                batch.delete(Table::Inbox, row);
            }
        }
        if batch.is_empty() {
            return Ok(());
        }
        self.arguments
            .shared
            .tally
            .commits
            .fetch_add(1, Ordering::Relaxed);
        self.arguments.shared.ledger.store.commit(batch).await?;
        self.stored = Some(self.activation.pair().clone());
        Ok(())
    }

    fn batch(&mut self, change: &Change, now: Millis) -> Result<Batch, LedgerError> {
        let pair = self.activation.pair();
        let fresh = self.stored.is_none() && *pair == State::new(pair.id);
        let same = self.stored.as_ref() == Some(pair);
        if change.notes.is_empty() && (fresh || same) {
            return Ok(Batch::new());
        }
        let mut row = PairRow {
            pair: pair.clone(),
            lines: self.lines,
        };
        let owing = self.activation.is_owing();
        let ledger: &Ledger = &self.arguments.shared.ledger;
        let batch = ledger.write(self.stored.as_ref(), &mut row, &change.notes, owing, now)?;
        self.lines = row.lines;
        Ok(batch)
    }

    fn report(&self, change: &Change) {
        for name in &change.broken {
            tracing::error!(pair = %self.arguments.id, invariant = name, "an invariant is broken");
        }
        for note in &change.notes {
            match note {
                Note::Conflict { .. } | Note::ConflictWaits { .. } => {
                    self.arguments
                        .shared
                        .tally
                        .conflicts
                        .fetch_add(1, Ordering::Relaxed);
                }
                Note::Carried { losses, .. } => {
                    let losses = u64::from(*losses);
                    self.arguments
                        .shared
                        .tally
                        .losses
                        .fetch_add(losses, Ordering::Relaxed);
                }
                Note::Contradiction { what } => {
                    tracing::warn!(pair = %self.arguments.id, what, "an input contradicts the pair's state");
                }
                _ => {}
            }
        }
    }

    async fn carry_out(
        &mut self,
        task: Task,
        priority: Priority,
        rows: &mut Vec<Vec<u8>>,
    ) -> Result<Event, LedgerError> {
        match task {
            Task::Read | Task::HandOver(_) => Ok(Event::Observed(self.read(priority).await)),
            Task::Announce(write) => {
                self.learn(
                    Event::Sending {
                        intent: write.intent,
                    },
                    rows,
                )
                .await?;
                Ok(self.write(write, priority).await)
            }
            Task::Write(write) => Ok(self.write(write, priority).await),
            Task::Probe(probe) => {
                let (intent, (reply, answer)) = (probe.intent, oneshot::channel());
                let message = outbox::Message::Probe(Box::new(probe), reply);
                let _ = self.arguments.outbox.send(message).await;
                let finding = answer.await.unwrap_or(sync::Finding::Inconclusive);
                Ok(Event::Probed { intent, finding })
            }
        }
    }

    async fn write(&self, write: Write, priority: Priority) -> Event {
        let intent = write.intent;
        let incarnation = self.arguments.shared.incarnation;
        let (reply, answer) = oneshot::channel();
        let message = outbox::Message::Write(Box::new(write), priority, reply);
        let outcome = match self.arguments.outbox.send(message).await {
            // The outbox has gone: nothing was handed to it.
            Err(_) => Outcome::NotSent(sync::Hindrance::Withheld),
            // It took the write and went before it answered: nobody knows.
            Ok(()) => answer.await.unwrap_or(Outcome::Unknown),
        };
        if let Outcome::Applied(receipt) = &outcome {
            let key = receipt.key.as_ref().and_then(model::ItemKey::number);
            let jira = receipt
                .returned
                .as_ref()
                .is_none_or(|item| item.side == Side::Jira);
            if jira {
                self.arguments.shared.raise_floor(key, None);
            }
        }
        Event::Finished {
            intent,
            incarnation,
            outcome,
        }
    }

    async fn read(&self, priority: Priority) -> Both<Reading> {
        let jira = self.read_side(Side::Jira, priority);
        let azure = self.read_side(Side::Azure, priority);
        let (jira, azure) = tokio::join!(jira, azure);
        Both { jira, azure }
    }

    async fn read_side(&self, side: Side, priority: Priority) -> Reading {
        let pair = self.activation.pair();
        let Some(item) = pair.item(side) else {
            return Reading::NotAsked;
        };
        let request = ReadRequest {
            item,
            known: pair.known(side),
        };
        let (reply, answer) = oneshot::channel();
        let message = outbox::Message::Read(side, request, priority, reply);
        if self.arguments.outbox.send(message).await.is_err() {
            return Reading::Failed(sync::Hindrance::Withheld);
        }
        answer
            .await
            .unwrap_or(Reading::Failed(sync::Hindrance::Withheld))
    }

    fn rest(&self, gone: bool) -> Rest {
        let pair = self.activation.pair();
        Rest {
            id: self.arguments.id,
            timer: if gone {
                None
            } else {
                crate::ledger::timer(pair, false)
            },
            parked: matches!(pair.phase, Phase::Parked(_)),
            gone,
        }
    }
}

fn take_item(event: Event, side: Side) -> Option<Box<Item>> {
    let Event::Observed(Both { jira, azure }) = event else {
        return None;
    };
    let reading = match side {
        Side::Jira => jira,
        Side::Azure => azure,
    };
    match reading {
        Reading::Present(item) => Some(item),
        Reading::Missing | Reading::Failed(_) | Reading::NotAsked => None,
    }
}
