//! A profile's actor: meets the two remotes, starts pollers and outbox, and activates pairs as there is work for them.
//!
//! At most [`limit::ACTIVE_PAIRS`] pairs are active at once; what waits beyond that waits in the durable inbox and, as bare
//! identities, in memory. While one of the remotes is in trouble no pair is activated, but by a person's order: the
//! connection's problem is told once, and work goes on by itself when it is gone.
//!
//! Creates are not allowed, after any start, before both feeds were read to their end and every item they named was met: an item
//! with our marker, left from before a loss of history, is then known before its source is looked at with a view to
//! creating a counterpart (durability.md 3.2, rule 8).

mod agenda;
mod expiry;
mod gate;
pub(crate) mod load;
mod meeting;
mod remotes;
pub(crate) mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use model::log::Told;
use model::metric::Metric;
use model::{
    Both, DigestKey, Installation, Item, Millis, PairId, Problem, Side, limit, problem::Code,
};
use ractor::{Actor, ActorCell, ActorProcessingErr, ActorRef, SupervisionEvent};
use storage::{Batch, Store, Table, encode};
use sync::{Command, Connector, Event, Hindrance, Obstacle};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::absent::Absent;
use crate::failure::{Failure, told, told_of_start};
use crate::governor::Priority;
use crate::ledger::{Ledger, LedgerError, Room, store_failure};
use crate::line::Line;
use crate::mailbox::{Letter, Mailbox};
use crate::meter::Meter;
use crate::outbox::{self, Outbox};
use crate::pair::{self, Heard, Pair, Rest, Work};
use crate::poller::{self, Hint};
use crate::port::{Clock, Discovered};
use crate::restart::{Restarts, Verdict};
use crate::setup::{ProfileSetup, Tuning};
use crate::shared::{Connectors, Shared};
use crate::status;
use crate::stored::{Numbers, ProblemRow, ProfileRow, TimerRow, Waiting, key};
use agenda::{Agenda, Pending};
use gate::{Gate, Look};

/// Who found a connection in trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The remote's metadata could not be read. Pairs at work know theirs from before.
    Meeting,
    /// The feed could not be read.
    Feed,
    /// Items could not be read. Pairs go on all the same: each tries again by itself, and one that succeeds ends it.
    Reads,
}

/// What a profile is told.
pub enum Message {
    /// A remote was met, or met anew.
    Met(Side, Box<Discovered>),
    /// A connection is in trouble, or no longer.
    Trouble {
        /// Who found it.
        source: Source,
        /// Which.
        side: Side,
        /// What is wrong; nothing when it is well again.
        problem: Option<Problem>,
    },
    /// A feed brought items.
    Arrived(Side, Vec<Hint>),
    /// A feed was read to its end.
    Drained {
        /// Which.
        side: Side,
        /// Whether it brought anything on the way.
        news: bool,
    },
    /// A pass over everything has ended, and what it brought was told.
    Passed(Side),
    /// A pair's turn has ended.
    Rested(Rest),
    /// An item belongs to another pair than the one it was looked at for.
    HandOver {
        /// The pair it belongs to.
        to: PairId,
        /// The item.
        item: Box<Item>,
        /// The inbox rows that brought it.
        rows: Vec<Vec<u8>>,
    },
    /// Look whether a timer is due: the alarm of that number has come.
    Tick(u64),
    /// Meet the remotes anew, for their metadata may have changed.
    Refresh,
    /// A person's order about a pair.
    Order {
        /// The pair.
        pair: PairId,
        /// What is ordered.
        command: Command,
        /// The inbox row that it stands in.
        row: Vec<u8>,
    },
    /// Begin with what the store had.
    Begin,
    /// A webhook or a person says that something changed.
    Wake,
    /// What is the matter?
    Observe(oneshot::Sender<status::Profile>),
}

/// What a profile is started with.
#[derive(Clone)]
pub struct Arguments {
    /// The profile and the way to its remotes.
    pub setup: ProfileSetup,
    /// The tenant's store.
    pub store: Store,
    /// The tenant's digest key.
    pub key: Arc<DigestKey>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// How it goes about its work.
    pub tuning: Tuning,
    /// Numbers of inbox rows, for all lives of the profile under this incarnation of the store.
    pub numbers: Numbers,
    /// What counts what it does, through all its lives.
    pub meter: Arc<Meter>,
    /// Set when the node stops.
    pub stop: CancellationToken,
    /// Set when the node can wait no longer.
    pub abandon: CancellationToken,
}

/// Milliseconds that a pair rests at least, whatever time it asks to be woken at. What runs in circles does so slowly.
const REST_MS: i64 = 1_000;
/// Pairs that may fail within [`limit::RESTART_WINDOW_MS`] before it is no longer they that are at fault.
const FAILING_PAIRS: usize = 16;
/// The longest pause between two looks at the timers, in milliseconds: the clock on the wall may be set.
const ALARM_MS: u64 = 60_000;

/// The actor.
pub struct Profile;

/// A pair at work, and what was handed to it, so that it can be handed out again when its actor fails.
struct Active {
    actor: ActorRef<Letter<Work>>,
    handed: Pending,
}

/// What is wrong with a connection, by who found it.
#[derive(Clone, Default)]
struct Trouble {
    /// What an earlier life found, until this one has met the remote.
    former: BTreeSet<Problem>,
    meeting: Option<Problem>,
    feed: Option<Problem>,
    reads: Option<Problem>,
}

impl Trouble {
    fn problems(&self) -> BTreeSet<Problem> {
        let found = self.former.iter().chain(&self.meeting);
        found
            .chain(&self.feed)
            .chain(&self.reads)
            .cloned()
            .collect()
    }
}

/// Its state.
pub struct State {
    arguments: Arguments,
    ledger: Ledger,
    mailbox: Mailbox<Message>,
    lines: Both<Arc<Line>>,
    /// Ends the profile's tasks with it, however it ends.
    _tasks: DropGuard,
    meetings: Both<Option<JoinHandle<()>>>,
    met: Both<Option<Box<Discovered>>>,
    /// What pairs work with. It is there from the beginning: a person's order is taken in before the remotes were met.
    shared: Arc<Shared>,
    outbox: Mailbox<outbox::Message>,
    /// The pollers, once both remotes were met.
    pollers: Option<Both<Mailbox<poller::Message>>>,
    trouble: Both<Trouble>,
    gaps: BTreeSet<Problem>,
    /// What was told of credentials that end.
    expiries: BTreeSet<Problem>,
    agenda: Agenda,
    gate: Gate,
    active: BTreeMap<PairId, Active>,
    parked: BTreeSet<PairId>,
    failures: BTreeMap<PairId, Restarts>,
    given_up: BTreeSet<PairId>,
    /// The fingerprint in the store, and the pairs that were not looked at yet by the present one.
    fingerprint: String,
    resync: BTreeSet<PairId>,
    /// Whether that side's feed owes a pass over everything by the present fingerprint: a wider scope or filter covers
    /// items that no feed will name before they change.
    owed: Both<bool>,
    drained: Both<u32>,
    /// Pairs whose readings each side has answered, and those in a row that it has not.
    answers: Both<u64>,
    misses: Both<u32>,
    last_news: Millis,
    last_met: Millis,
    /// When each feed was last read to its end.
    read_to_end: Both<Option<Millis>>,
    /// Since when the feeds' word about a pair has not been dealt with, and whether somebody has just changed it.
    since: BTreeMap<PairId, (Millis, bool)>,
    /// The number of the alarm that counts, and when it comes.
    alarm: (u64, Option<Millis>),
}

impl Actor for Profile {
    type Msg = Letter<Message>;
    type State = State;
    type Arguments = Arguments;

    async fn pre_start(
        &self,
        myself: ActorRef<Self::Msg>,
        arguments: Arguments,
    ) -> Result<State, ActorProcessingErr> {
        let refresh = Duration::from_millis(arguments.tuning.refresh_ms.max(1));
        myself.send_interval(refresh, || Letter::single(Message::Refresh));
        let ledger = Ledger {
            store: arguments.store.clone(),
            profile: arguments.setup.profile.name.clone(),
        };
        let stop = arguments.stop.child_token();
        let lines = lines(&arguments, &stop);
        let shared = Arc::new(share(&arguments, &ledger, &lines)?);
        let way = Arc::clone(&shared);
        let (outbox, _) = Actor::spawn_linked(None, Outbox, way, myself.get_cell()).await?;
        let outbox = Mailbox::new(outbox);
        let mut state = State::new(arguments, shared, outbox, Mailbox::new(myself), stop);
        state.load().await?;
        Side::BOTH.into_iter().for_each(|side| state.meet(side));
        // Orders that waited for the profile need no word of a remote.
        state.mailbox.send_single(Message::Begin)?;
        Ok(state)
    }

    async fn handle(
        &self,
        myself: ActorRef<Self::Msg>,
        letter: Self::Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        state.take(letter.open(), &myself).await?;
        state.open_gate().await?;
        state.activate(&myself).await?;
        state.arm(&myself);
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<Self::Msg>,
        event: SupervisionEvent,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match event {
            SupervisionEvent::ActorFailed(child, error) => {
                state.child_failed(&child, &told(&error)).await?;
                state.open_gate().await?;
                state.activate(&myself).await?;
                state.arm(&myself);
            }
            SupervisionEvent::ActorStarted(_)
            | SupervisionEvent::ActorTerminated(..)
            | SupervisionEvent::ProcessGroupChanged(_) => {}
        }
        Ok(())
    }
}

impl State {
    fn new(
        arguments: Arguments,
        shared: Arc<Shared>,
        outbox: Mailbox<outbox::Message>,
        mailbox: Mailbox<Message>,
        stop: CancellationToken,
    ) -> State {
        let now = arguments.clock.now();
        State {
            arguments,
            ledger: shared.ledger.clone(),
            mailbox,
            lines: shared.lines.clone(),
            _tasks: stop.drop_guard(),
            meetings: Both::of(|_| None),
            met: Both::of(|_| None),
            shared,
            outbox,
            pollers: None,
            trouble: Both::default(),
            gaps: BTreeSet::new(),
            expiries: BTreeSet::new(),
            agenda: Agenda::default(),
            gate: Gate::default(),
            active: BTreeMap::new(),
            parked: BTreeSet::new(),
            failures: BTreeMap::new(),
            given_up: BTreeSet::new(),
            fingerprint: String::new(),
            resync: BTreeSet::new(),
            owed: Both::default(),
            drained: Both::default(),
            answers: Both::default(),
            misses: Both::default(),
            last_news: now,
            last_met: now,
            read_to_end: Both::default(),
            since: BTreeMap::new(),
            alarm: (0, None),
        }
    }

    async fn take(
        &mut self,
        message: Message,
        myself: &ActorRef<Letter<Message>>,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Met(side, discovered) => self.met(side, discovered, myself).await?,
            Message::Trouble {
                source,
                side,
                problem,
            } => self.troubled(source, side, problem).await?,
            Message::Arrived(side, hints) => self.arrived(side, hints),
            Message::Drained { side, news } => {
                *self.read_to_end.get_mut(side) = Some(self.arguments.clock.now());
                let count = self.drained.get_mut(side);
                *count = if news { 1 } else { count.saturating_add(1) };
                if !*self.owed.get(side) && !self.is_young() {
                    self.gate.drained(side);
                }
                self.forget_reads(side).await?;
            }
            Message::Passed(side) => self.passed(side).await?,
            Message::Rested(rest) => self.rested(rest).await?,
            Message::HandOver { to, item, rows } => {
                self.gate.await_pair(to);
                let adopted = Pending::event(Event::Adopted(item), true);
                self.agenda.pend(to, Pending { rows, ..adopted });
            }
            Message::Tick(number) if number == self.alarm.0 => self.alarm.1 = None,
            Message::Tick(_) => {}
            Message::Refresh => {
                self.look_at_expiries().await?;
                self.refresh();
            }
            Message::Order { pair, command, row } => {
                self.agenda.pend(pair, Pending::order(command, row));
            }
            Message::Begin => self.look_at_expiries().await?,
            Message::Wake => {
                let pollers = self.pollers.iter();
                for poller in pollers.flat_map(|both| [&both.jira, &both.azure]) {
                    // A full mailbox holds enough of these already.
                    let _ = poller.try_send(poller::Message::Wake);
                }
            }
            Message::Observe(reply) => {
                let _ = reply.send(self.view());
            }
        }
        Ok(())
    }

    async fn passed(&mut self, side: Side) -> Result<(), LedgerError> {
        let owed = std::mem::take(self.owed.get_mut(side));
        if owed && self.is_in_step() {
            self.note_profile().await?;
        }
        Ok(())
    }

    /// Whether everything was looked at by the present fingerprint.
    fn is_in_step(&self) -> bool {
        self.resync.is_empty() && !self.owed.jira && !self.owed.azure
    }

    fn arrived(&mut self, side: Side, hints: Vec<Hint>) {
        self.last_news = self.arguments.clock.now();
        *self.drained.get_mut(side) = 0;
        for hint in hints {
            let live = hint.priority == Priority::Live;
            self.gate.await_new(hint.pair);
            self.heard_of(hint.pair, live);
            let word = Pending::row(hint.row, side, hint.revision, live);
            self.agenda.pend(hint.pair, word);
        }
    }

    /// Notes that a feed has named the pair.
    fn heard_of(&mut self, id: PairId, live: bool) {
        let now = self.arguments.clock.now();
        self.since.entry(id).or_insert((now, live));
    }

    /// Notes that the feeds' word about the pair has been dealt with.
    fn dealt_with(&mut self, id: PairId) {
        if let Some((at, true)) = self.since.remove(&id) {
            let took = self.arguments.clock.now().since(at);
            let took = Duration::from_millis(u64::try_from(took).unwrap_or(0));
            self.shared.meter.time(Metric::ChangeSeconds, [], took);
        }
    }

    async fn activate(
        &mut self,
        myself: &ActorRef<Letter<Message>>,
    ) -> Result<(), ActorProcessingErr> {
        if self.arguments.stop.is_cancelled() {
            return Ok(());
        }
        let held_up = self.is_held_up();
        if !held_up {
            self.agenda.fire(self.arguments.clock.now());
        }
        while self.active.len() < limit::ACTIVE_PAIRS {
            // A person's order has to be taken in, whatever can be done about it now.
            let next = if held_up {
                self.agenda.next_ordered()
            } else {
                self.agenda.next()
            };
            let Some((id, pending)) = next else {
                break;
            };
            self.spawn(id, pending, myself).await?;
        }
        Ok(())
    }

    /// Whether no pair is to be activated now, but by a person. The pollers go on, and say when that is over.
    fn is_held_up(&self) -> bool {
        let down = Side::BOTH
            .into_iter()
            .any(|side| self.lines.get(side).is_down());
        down || self.pollers.is_none() || self.is_troubled() || self.arguments.stop.is_cancelled()
    }

    async fn spawn(
        &mut self,
        id: PairId,
        pending: Pending,
        myself: &ActorRef<Letter<Message>>,
    ) -> Result<(), ActorProcessingErr> {
        let arguments = pair::Arguments {
            id,
            shared: Arc::clone(&self.shared),
            outbox: self.outbox.clone(),
            profile: self.mailbox.clone(),
        };
        let spawned = Actor::spawn_linked(None, Pair, arguments, myself.get_cell()).await;
        let (actor, _) = match spawned {
            Ok(spawned) => spawned,
            // Its row cannot be read: that is this pair's failure and nobody else's.
            Err(error) => return self.pair_failed(id, pending, &told_of_start(&error)).await,
        };
        let handed = pending.clone();
        actor.cast(Letter::single(work(pending)))?;
        self.active.insert(id, Active { actor, handed });
        Ok(())
    }

    async fn rested(&mut self, rest: Rest) -> Result<(), LedgerError> {
        let id = rest.id;
        if !self.active.contains_key(&id) {
            return Ok(());
        }
        if rest.parked {
            self.parked.insert(id);
        } else {
            self.parked.remove(&id);
        }
        self.heard(&rest.heard).await?;
        // What waits for it may have to be taken in first, and it is at work again at once.
        if !self.agenda.has_more(id) {
            let look = self.look_of(&rest);
            self.gate.looked_at(id, look);
        }
        if rest.gone || (rest.rows.is_empty() && !self.agenda.has_more(id)) {
            self.dealt_with(id);
        }
        let creates = rest.met && !rest.linked;
        let timer = rest.timer.map(|row| self.not_before(row, creates));
        self.agenda.set_timer(id, timer);
        self.agenda.keep(id, rest.rows);
        self.go_on_or_end(id, rest.gone);
        if self.given_up.remove(&id) {
            self.tell(&failing(id), false).await?;
        }
        if self.resync.remove(&id) && self.resync.is_empty() {
            self.note_profile().await?;
        }
        Ok(())
    }

    /// What a turn says of the pair's item, for the gate.
    fn look_of(&self, rest: &Rest) -> Look {
        let side = rest.id.origin;
        match rest.heard.get(side) {
            _ if rest.met => Look::Met,
            Heard::Nothing | Heard::Answered => Look::Failed,
            Heard::Hindered(Hindrance::Unprepared { .. }) => Look::Failed,
            Heard::Hindered(Hindrance::Throttled { .. } | Hindrance::Credential) => Look::Refused,
            Heard::Hindered(Hindrance::Unreachable | Hindrance::Withheld) => Look::Hindered {
                answers: *self.answers.get(side),
            },
        }
    }

    /// Tells once that a remote answers no readings any more, while its feed may be well, and when it does again.
    async fn heard(&mut self, heard: &Both<Heard>) -> Result<(), LedgerError> {
        for side in Side::BOTH {
            match heard.get(side) {
                Heard::Nothing | Heard::Hindered(Hindrance::Unprepared { .. }) => {}
                Heard::Answered => {
                    let answers = self.answers.get_mut(side);
                    *answers = answers.saturating_add(1);
                    *self.misses.get_mut(side) = 0;
                    if self.trouble.get(side).reads.is_some() {
                        self.troubled(Source::Reads, side, None).await?;
                    }
                }
                Heard::Hindered(hindrance) => {
                    let misses = self.misses.get_mut(side);
                    *misses = misses.saturating_add(1);
                    let told = self.trouble.get(side).reads.is_some();
                    let lasts = *misses >= limit::READS_MISSED;
                    // A node that stops lets nothing out any more: that is no trouble.
                    if lasts && !told && !self.arguments.stop.is_cancelled() {
                        let obstacle = Obstacle::Hindered(hindrance.clone());
                        let problem = poller::problem_of(side, &obstacle);
                        self.troubled(Source::Reads, side, Some(problem)).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Trouble with readings is over, too, when the feed is well and nobody is left who is to read anything: a person may have
    /// set aside whatever could not be read.
    async fn forget_reads(&mut self, side: Side) -> Result<(), LedgerError> {
        let is_left = self.agenda.pending() > 0 || self.agenda.waiting() > 0;
        if is_left || !self.active.is_empty() || self.trouble.get(side).reads.is_none() {
            return Ok(());
        }
        *self.misses.get_mut(side) = 0;
        self.troubled(Source::Reads, side, None).await
    }

    /// Hands a pair that rests what came for it meanwhile, or lets its actor go.
    fn go_on_or_end(&mut self, id: PairId, gone: bool) {
        let over = gone || self.arguments.stop.is_cancelled();
        let more = if over { None } else { self.agenda.more(id) };
        match (more, self.active.get_mut(&id)) {
            (Some(pending), Some(active)) => {
                active.handed = pending.clone();
                let _ = active.actor.cast(Letter::single(work(pending)));
            }
            (_, active) => {
                if let Some(active) = active {
                    active.actor.stop(None);
                }
                self.active.remove(&id);
                self.agenda.end(id);
            }
        }
    }

    /// Bounds how soon a pair is woken again. One that was looked at and is to create its twin waits for creates to be
    /// allowed, and for nothing else.
    fn not_before(&self, row: TimerRow, creates: bool) -> TimerRow {
        let due = if !self.gate.is_open() && creates && row.waiting == Waiting::Retry {
            Millis(i64::MAX)
        } else {
            row.due.max(self.arguments.clock.now().plus(REST_MS))
        };
        TimerRow { due, ..row }
    }

    async fn child_failed(
        &mut self,
        child: &ActorCell,
        error: &Told,
    ) -> Result<(), ActorProcessingErr> {
        let found = self
            .active
            .iter()
            .find(|(_, active)| active.actor.get_id() == child.get_id());
        let Some(id) = found.map(|(id, _)| *id) else {
            return Err(Failure(model::told!(
                "the profile's outbox or poller failed: {}",
                error
            ))
            .into());
        };
        let handed = self.active.remove(&id).map(|active| active.handed);
        self.pair_failed(id, handed.unwrap_or_default(), error)
            .await
    }

    /// A pair's actor failed with this work, or could not begin with it.
    async fn pair_failed(
        &mut self,
        id: PairId,
        handed: Pending,
        error: &Told,
    ) -> Result<(), ActorProcessingErr> {
        model::log!(error, "a pair's actor failed", pair = id, error = error);
        self.shared.meter.count(Metric::Restarts, ["pair"], 1);
        // A store that takes no more commits fails every pair; there is no use in trying them one after the other.
        if let Some(failure) = store_failure(&self.ledger.store) {
            return Err(Failure(model::told!("the store failed: {}", failure)).into());
        }
        let now = self.arguments.clock.now();
        self.failures.retain(|_, failures| failures.is_recent(now));
        if self.failures.len() >= FAILING_PAIRS && !self.failures.contains_key(&id) {
            return Err(Failure(model::told!("many pairs fail, the last one: {}", error)).into());
        }
        match self.failures.entry(id).or_default().failed(now, spread(id)) {
            Verdict::Again { after_ms } => {
                self.agenda.bar(id, handed, now.plus(after_ms));
            }
            Verdict::Enough => self.give_up(id, handed).await?,
        }
        Ok(())
    }

    /// Does without a pair until something new comes for it. Its inbox rows stay, so the next start looks at it again.
    async fn give_up(&mut self, id: PairId, lost: Pending) -> Result<(), LedgerError> {
        self.agenda.drop(id, lost);
        self.gate.do_without(id);
        self.given_up.insert(id);
        self.since.remove(&id);
        if self.resync.remove(&id) && self.resync.is_empty() {
            self.note_profile().await?;
        }
        self.tell(&failing(id), true).await
    }

    /// Whether the store was restored so short a time ago that a remote's index may not show yet what was made before. A feed that
    /// is at its end then says nothing of that. A time that is far to come is of a clock that stood ahead.
    fn is_young(&self) -> bool {
        let age = |restored: Millis| self.arguments.clock.now().since(restored);
        let bound = self.arguments.tuning.schedule.search;
        let age = self.ledger.store.restored().map(age);
        age.is_some_and(|age| (-bound..bound).contains(&age))
    }

    /// Allows creates when everything has been met once.
    async fn open_gate(&mut self) -> Result<(), LedgerError> {
        if self.is_troubled() || self.pollers.is_none() || !self.gate.opens() {
            return Ok(());
        }
        self.shared.may_create.store(true, Ordering::Release);
        self.agenda.hurry(&[Waiting::Retry]);
        self.note_profile().await
    }

    async fn note_profile(&mut self) -> Result<(), LedgerError> {
        if self.is_in_step() {
            let present = self.arguments.setup.profile.fingerprint();
            present.clone_into(&mut self.fingerprint);
        }
        self.keep_fingerprint().await
    }

    async fn keep_fingerprint(&self) -> Result<(), LedgerError> {
        let row = ProfileRow {
            fingerprint: self.fingerprint.clone(),
        };
        let mut batch = Batch::new();
        let at = key::profile(&self.ledger.profile);
        batch.put(Table::Profile, at, encode(&row)?);
        self.ledger.store.commit(batch).await?;
        Ok(())
    }

    async fn tell(&self, problem: &Problem, open: bool) -> Result<(), LedgerError> {
        let now = self.arguments.clock.now();
        if let Some(batch) = self.ledger.profile_problem(problem, open, now)? {
            self.ledger.store.commit(batch).await?;
        }
        Ok(())
    }

    /// Sees to it that the next timer is looked at in time, with one alarm that counts.
    fn arm(&mut self, myself: &ActorRef<Letter<Message>>) {
        let Some(due) = self.agenda.next_due().filter(|_| !self.is_held_up()) else {
            return;
        };
        if self.alarm.1.is_some_and(|alarm| alarm <= due) {
            return;
        }
        let now = self.arguments.clock.now();
        let pause = u64::try_from(due.since(now)).unwrap_or(0);
        let number = self.alarm.0.wrapping_add(1);
        self.alarm = (number, Some(due));
        let pause = Duration::from_millis(pause.clamp(1, ALARM_MS));
        myself.send_after(pause, move || Letter::single(Message::Tick(number)));
    }
}

fn lines(arguments: &Arguments, stop: &CancellationToken) -> Both<Arc<Line>> {
    Both::of(|side| {
        let line = Line::new(
            arguments.setup.gateway.transport(side),
            arguments.tuning.requests_in_flight,
            Arc::clone(&arguments.clock),
            stop.clone(),
        );
        let line = line.abandoned_by(arguments.abandon.clone());
        Arc::new(line.measured_by(Arc::clone(&arguments.meter), side))
    })
}

/// What the actors of a profile share. Until a remote was met, nobody can be reached there.
fn share(
    arguments: &Arguments,
    ledger: &Ledger,
    lines: &Both<Arc<Line>>,
) -> Result<Shared, LedgerError> {
    let of_pairs = |row: &ProblemRow| row.open && row.pair.is_some();
    let open = ledger.problems(of_pairs, limit::PROBLEMS_PER_PROFILE)?;
    Ok(Shared {
        profile: Arc::clone(&arguments.setup.profile),
        ledger: ledger.clone(),
        connectors: Connectors::new(Both::of(|_| Arc::new(Absent) as Arc<dyn Connector>)),
        lines: lines.clone(),
        key: Arc::clone(&arguments.key),
        installation: Installation(ledger.store.installation()),
        incarnation: ledger.store.incarnation(),
        clock: Arc::clone(&arguments.clock),
        schedule: arguments.tuning.schedule.clone(),
        may_create: AtomicBool::new(false),
        floor: std::sync::Mutex::default(),
        meter: Arc::clone(&arguments.meter),
        room: Room::taken(open.len()),
        numbers: arguments.numbers.clone(),
    })
}

fn work(pending: Pending) -> Work {
    let priority = if pending.live {
        Priority::Live
    } else {
        Priority::Backfill
    };
    Work {
        events: pending.events,
        rows: pending.rows,
        told: pending.told,
        priority,
    }
}

/// The problem of a pair whose actor keeps failing.
fn failing(id: PairId) -> Problem {
    Problem::new(Code::Contradiction).about(&id.to_string())
}

/// Spreads restarts by identity: no randomness is needed for that.
fn spread(id: PairId) -> u16 {
    u16::try_from(id.item.0 % 1_000).unwrap_or(0)
}
