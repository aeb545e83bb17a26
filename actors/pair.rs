//! A pair's actor: one activation of a stored state, the single writer of its rows while it lives.
//!
//! It takes what the profile hands it, drives the core until nothing is left to do, tells the profile, and waits for more
//! or for its end. A pair that rests has no actor and no memory.

use std::sync::Arc;

use model::metric::Metric;
use model::{Both, Item, Millis, PairId, Revision, Side};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use storage::{Batch, Table};
use sync::{Event, Hindrance, Note, Outcome, Pair as State, Phase, ReadRequest, Reading, Write};
use tokio::sync::oneshot;
use tracing::Instrument as _;

use crate::activation::{Activation, Change, Task};
use crate::governor::Priority;
use crate::ledger::{Ledger, LedgerError, Written};
use crate::mailbox::{Letter, Mailbox};
use crate::outbox;
use crate::profile;
use crate::shared::Shared;
use crate::stored::PairRow;

/// Steps that one activation may take before it has to rest; more means that something runs in circles.
pub(crate) const STEPS_PER_TURN: usize = 512;

/// Something learned about a pair.
#[derive(Clone)]
pub struct News {
    /// What.
    pub event: Event,
    /// The inbox row of the person's order that it is. It goes with the very commit that takes the order in, so that no
    /// order is lost and none is carried out twice.
    pub order: Option<Vec<u8>>,
}

/// Work for a pair.
pub struct Work {
    /// What was learned.
    pub events: Vec<News>,
    /// The inbox rows that say so; they go with the commit that deals with them.
    pub rows: Vec<Vec<u8>>,
    /// The latest revisions that they name.
    pub told: Both<Revision>,
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
    /// Whether the source was looked at, be it there or not.
    met: bool,
    /// What the last readings of this turn came to.
    heard: Both<Heard>,
}

/// What the last reading of one side came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Heard {
    /// Nothing was read.
    #[default]
    Nothing,
    /// The remote answered, be the item there or not.
    Answered,
    /// It did not.
    Hindered(Hindrance),
}

impl Heard {
    fn learn(&mut self, reading: &Reading) {
        match reading {
            Reading::Present(_) | Reading::Missing => *self = Heard::Answered,
            Reading::Failed(hindrance) => *self = Heard::Hindered(hindrance.clone()),
            Reading::NotAsked => {}
        }
    }
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
    /// Whether its source was looked at, or is known from before.
    pub met: bool,
    /// Whether it has its twin: then it does not wait for creates to be allowed.
    pub linked: bool,
    /// What the last readings of the turn came to.
    pub heard: Both<Heard>,
    /// Inbox rows that have not been dealt with, since something is in doubt or lags: they are for the next turn.
    pub rows: Vec<Vec<u8>>,
}

/// How a turn ended.
enum End {
    /// Nothing is left to do now; these inbox rows are not dealt with yet.
    Rests(Vec<Vec<u8>>),
    /// The pair is no more.
    Gone,
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
            met: false,
            heard: Both::default(),
        })
    }

    async fn handle(
        &self,
        _myself: ActorRef<Self::Msg>,
        letter: Self::Msg,
        active: &mut Active,
    ) -> Result<(), ActorProcessingErr> {
        let shared = &active.arguments.shared;
        let profile = &shared.ledger.profile;
        let span = model::span!("pair", profile = profile, pair = active.arguments.id);
        let end = active.turn(letter.open()).instrument(span).await?;
        let rest = active.rest(end);
        active
            .arguments
            .profile
            .send_single(profile::Message::Rested(rest))?;
        Ok(())
    }
}

impl Active {
    /// Drives the pair until nothing is left to do.
    async fn turn(&mut self, work: Work) -> Result<End, LedgerError> {
        let mut rows = work.rows;
        let mut events = work.events;
        let bare = |event| News { event, order: None };
        if work.told != Both::default() {
            // Before all others: one of them may take the rows with it that say so.
            events.insert(0, bare(Event::Told(work.told)));
        }
        if !std::mem::replace(&mut self.opened, true) {
            events.insert(0, bare(Event::Opened));
        } else if events.is_empty() {
            events.push(bare(Event::Woken));
        }
        for news in events {
            self.hear(news, &mut rows).await?;
        }
        for _ in 0..STEPS_PER_TURN {
            let Some(task) = self.activation.next_task() else {
                if rows.is_empty() || !self.may_look() {
                    return self.leave(rows).await;
                }
                // What a feed said came while something else was under way: only a reading answers it.
                self.learn(Event::Woken, &mut rows).await?;
                if !self.activation.is_owing() {
                    return self.leave(rows).await;
                }
                continue;
            };
            let event = self.carry_out(task, work.priority, &mut rows).await?;
            if let Some(to) = self.handed_over(&event) {
                self.hand_over(to, event, rows).await?;
                return Ok(End::Gone);
            }
            self.learn(event, &mut rows).await?;
        }
        model::log!(
            error,
            "a pair took too many steps in one turn",
            pair = self.arguments.id
        );
        Ok(End::Rests(rows))
    }

    /// Whether a word of a change leads to a reading now: not while something is in doubt, the pair waits for a person, or the
    /// last reading lagged.
    fn may_look(&self) -> bool {
        let pair = self.activation.pair();
        let lags = pair.lags(self.arguments.shared.clock.now());
        !pair.is_open() && !lags && !is_set_aside(&pair.phase)
    }

    /// Rests. A pair that a person set aside reads both items when the person is done, so that its rows may go.
    async fn leave(&mut self, rows: Vec<Vec<u8>>) -> Result<End, LedgerError> {
        if rows.is_empty() || !is_set_aside(&self.activation.pair().phase) {
            return Ok(End::Rests(rows));
        }
        let mut batch = Batch::new();
        for row in rows {
            batch.delete(Table::Inbox, row);
        }
        self.commit(batch).await?;
        Ok(End::Rests(Vec::new()))
    }

    async fn commit(&self, batch: Batch) -> Result<(), LedgerError> {
        let shared = &self.arguments.shared;
        shared.meter.count(Metric::Commits, [], 1);
        shared.ledger.store.commit(batch).await?;
        Ok(())
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
        let to = item.twin_of(&self.arguments.shared.profile.name)?;
        // One that lags is made again here, for the rows that name a later revision end with the hand-over.
        let lags = item.revision < *pair.told_of.get(pair.id.origin) && !pair.is_resigned();
        (!pair.is_linked() && !lags).then_some(to)
    }

    async fn hand_over(
        &mut self,
        to: PairId,
        event: Event,
        rows: Vec<Vec<u8>>,
    ) -> Result<(), LedgerError> {
        if self.stored.is_some() {
            let batch = self
                .arguments
                .shared
                .ledger
                .forget(self.activation.pair())?;
            self.commit(batch).await?;
            self.stored = None;
        }
        if let Some(item) = take_item(event, self.arguments.id.origin) {
            // The profile is this actor's supervisor; when it is gone, so is this actor, and the inbox rows remain.
            let message = profile::Message::HandOver { to, item, rows };
            let _ = self.arguments.profile.send_single(message);
        }
        Ok(())
    }

    /// Takes in news, unless it is an order that was taken in before this actor or the profile failed.
    async fn hear(&mut self, news: News, rows: &mut Vec<Vec<u8>>) -> Result<(), LedgerError> {
        if let Some(at) = &news.order {
            let store = &self.arguments.shared.ledger.store;
            if store.get(Table::Inbox, at)?.is_none() {
                return Ok(());
            }
        }
        self.take_in(news, rows).await
    }

    async fn learn(&mut self, event: Event, rows: &mut Vec<Vec<u8>>) -> Result<(), LedgerError> {
        self.take_in(News { event, order: None }, rows).await
    }

    /// Takes an event through the core and makes what follows durable.
    async fn take_in(&mut self, news: News, rows: &mut Vec<Vec<u8>>) -> Result<(), LedgerError> {
        let News { event, order } = news;
        let now = self.arguments.shared.clock.now();
        let activation = &mut self.activation;
        let shared = &self.arguments.shared;
        // What the items say is dealt with only when they were read; until then the inbox keeps its rows.
        let consumed = matches!(event, Event::Observed(_) | Event::Adopted(_));
        if let Event::Observed(readings) = &event {
            for side in Side::BOTH {
                self.heard.get_mut(side).learn(readings.get(side));
            }
            self.met |= *self.heard.get(self.arguments.id.origin) == Heard::Answered;
        }
        // To look at the items is what the timer or the inbox row wants that led here, and they stay until it is done. So
        // it needs no commit of its own.
        let bare = matches!(event, Event::Opened | Event::Woken | Event::Told(_));
        let change = shared.with_context(|context| activation.take(context, event, now));
        shared.meter.count(Metric::Steps, [], 1);
        self.report(&change);
        if bare
            && change.notes.is_empty()
            && self.activation.is_owing()
            && self.activation.only_reads()
        {
            return Ok(());
        }
        let mut batch = self.batch(&change, now)?;
        if consumed && !self.activation.is_owing_a_read() {
            for row in rows.drain(..) {
                batch.delete(Table::Inbox, row);
            }
        }
        if let Some(at) = order {
            batch.delete(Table::Inbox, at);
        }
        if batch.is_empty() {
            return Ok(());
        }
        self.commit(batch).await?;
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
        let shared = &self.arguments.shared;
        let ledger: &Ledger = &shared.ledger;
        let step = Written {
            before: self.stored.as_ref(),
            notes: &change.notes,
            owing,
            now,
        };
        let batch = ledger.write(&step, &mut row, &shared.room)?;
        self.lines = row.lines;
        Ok(batch)
    }

    fn report(&self, change: &Change) {
        let meter = &self.arguments.shared.meter;
        for name in &change.broken {
            meter.count(Metric::InvariantsBroken, [], 1);
            model::log!(
                error,
                "an invariant is broken",
                pair = self.arguments.id,
                invariant = name
            );
        }
        for note in &change.notes {
            match note {
                Note::Conflict { .. } => meter.count(Metric::Conflicts, ["decided"], 1),
                Note::ConflictWaits { .. } => meter.count(Metric::Conflicts, ["waiting"], 1),
                Note::Overwritten { .. } => meter.count(Metric::Conflicts, ["overwritten"], 1),
                Note::Carried { losses, .. } | Note::CommentPlanned { losses, .. } => {
                    for (kind, count) in losses.kinds() {
                        meter.count(Metric::Losses, [kind.name()], u64::from(count));
                    }
                }
                Note::Doubtful { side, .. } => meter.count(Metric::Doubts, [side.as_str()], 1),
                Note::Problem(problem) => {
                    meter.count(Metric::Problems, [problem.code.as_str()], 1);
                }
                Note::Contradiction { .. } => {
                    model::log!(
                        warn,
                        "an input contradicts the pair's state; `pair why` says how",
                        pair = self.arguments.id
                    );
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
            // The item is read once more and then handed over, before the core sees it.
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
        let kind = outbox::kind(&write.body);
        let span = model::span!("effect", side = write.side, kind = kind; outcome);
        let outcome = self.hand_out(write, priority).instrument(span.clone());
        let event = outcome.await;
        if let Event::Finished { outcome, .. } = &event {
            span.record("outcome", outbox::came_of(outcome));
        }
        event
    }

    async fn hand_out(&self, write: Write, priority: Priority) -> Event {
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
            let jira = receipt
                .returned
                .as_ref()
                .is_none_or(|item| item.side == Side::Jira);
            if jira {
                self.arguments.shared.raise_floor(&receipt.key, None);
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
            resigned: pair.is_resigned(),
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

    fn rest(&mut self, end: End) -> Rest {
        let heard = std::mem::take(&mut self.heard);
        let pair = self.activation.pair();
        let known = pair.is_linked() || pair.is_open() || is_set_aside(&pair.phase);
        let (gone, rows) = match end {
            End::Gone => (true, Vec::new()),
            End::Rests(rows) => (false, rows),
        };
        Rest {
            id: self.arguments.id,
            timer: crate::ledger::timer(pair, false).filter(|_| !gone),
            parked: matches!(pair.phase, Phase::Parked(_)) && !gone,
            gone,
            met: self.met || known || gone,
            linked: pair.is_linked(),
            heard,
            rows,
        }
    }
}

/// Whether the pair waits for a person, or was given up by one.
pub(crate) fn is_set_aside(phase: &Phase) -> bool {
    match phase {
        Phase::Parked(park) => park.held,
        Phase::Detached => true,
        Phase::Unlinked | Phase::Linking | Phase::Linked | Phase::Doubtful => false,
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
