//! A profile's actor: meets the two remotes, starts pollers and outbox, and activates pairs as there is work for them.
//!
//! At most [`limit::ACTIVE_PAIRS`] pairs are active at once; what waits beyond that waits in the durable inbox and, as bare
//! identities, in memory. While one of the remotes is in trouble no pair is activated: the connection's problem is told
//! once, and work goes on by itself when it is gone.
//!
//! Creates are not allowed before both feeds were read to their end once and every item they named was met once: an item
//! with our marker, left from before a loss of history, is then known before its source is looked at with a view to
//! creating a counterpart (durability.md 3.2, rule 8).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mapping::check::{self, Severity};
use model::{
    Both, DigestKey, Installation, Item, Millis, PairId, Problem, Side, limit, problem::Code,
};
use ractor::{Actor, ActorCell, ActorProcessingErr, ActorRef, SupervisionEvent};
use storage::{Store, Table, decode, encode};
use sync::{Command, Event};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::governor::Priority;
use crate::ledger::{Ledger, LedgerError};
use crate::line::Line;
use crate::mailbox::{Letter, Mailbox};
use crate::outbox::{self, Outbox};
use crate::pair::{self, Pair, Rest, Work};
use crate::poller::{self, Hint, Poller, problem_of};
use crate::port::{Clock, Discovered};
use crate::restart::{Restarts, Verdict};
use crate::setup::{ProfileSetup, Tuning};
use crate::shared::{Connectors, Shared, Tally};
use crate::status;
use crate::stored::{InboxRow, ProfileRow, TimerRow, Waiting, key};

/// What a profile is told.
pub enum Message {
    /// A remote was met, or met anew.
    Met(Side, Box<Discovered>),
    /// A connection is in trouble, or no longer.
    Trouble {
        /// Which.
        side: Side,
        /// What is wrong; nothing when it is well again.
        problem: Option<Problem>,
    },
    /// A feed brought items.
    Arrived(Vec<Hint>),
    /// A feed was read to its end.
    Drained {
        /// Which.
        side: Side,
        /// Whether it brought anything on the way.
        news: bool,
    },
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
    /// Look whether a timer is due.
    Tick,
    /// Meet the remotes anew, for their metadata may have changed.
    Refresh,
    /// A person's order about a pair.
    Order(PairId, Command),
    /// A webhook or a person says that something changed.
    Wake,
    /// What is the matter?
    Observe(oneshot::Sender<status::Profile>),
}

/// What a profile is started with.
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
    /// Set when the node stops.
    pub stop: CancellationToken,
}

impl Clone for Arguments {
    fn clone(&self) -> Self {
        Arguments {
            setup: ProfileSetup {
                profile: Arc::clone(&self.setup.profile),
                gateway: Arc::clone(&self.setup.gateway),
            },
            store: self.store.clone(),
            key: Arc::clone(&self.key),
            clock: Arc::clone(&self.clock),
            tuning: self.tuning.clone(),
            stop: self.stop.clone(),
        }
    }
}

/// How long metadata is believed when the profile has no gaps (azure.md 10.2 advises a day).
const METADATA_MS: i64 = 3_600_000;

/// The actor.
pub struct Profile;

struct Active {
    actor: ActorRef<Letter<Work>>,
    rows: Vec<Vec<u8>>,
}

#[derive(Default)]
struct Pending {
    events: Vec<Event>,
    rows: Vec<Vec<u8>>,
    live: bool,
}

/// The working parts, once both remotes were met.
struct Parts {
    shared: Arc<Shared>,
    outbox: Mailbox<outbox::Message>,
    pollers: Both<ActorRef<Letter<poller::Message>>>,
}

/// Its state.
pub struct State {
    arguments: Arguments,
    ledger: Ledger,
    mailbox: Mailbox<Message>,
    lines: Both<Arc<Line>>,
    met: Both<Option<Box<Discovered>>>,
    parts: Option<Parts>,
    trouble: Both<Option<Problem>>,
    gaps: BTreeSet<Problem>,
    pending: BTreeMap<PairId, Pending>,
    queues: [VecDeque<PairId>; 2],
    active: BTreeMap<PairId, Active>,
    timers: BTreeMap<PairId, TimerRow>,
    due: BTreeSet<(Millis, PairId)>,
    parked: BTreeSet<PairId>,
    failures: BTreeMap<PairId, Restarts>,
    all_failures: Restarts,
    drained: Both<u32>,
    open: bool,
    last_news: Millis,
    last_met: Millis,
    tick: Option<Millis>,
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
        let lines = Both::of(|side| {
            Arc::new(Line::new(
                arguments.setup.gateway.transport(side),
                arguments.tuning.requests_in_flight,
                Arc::clone(&arguments.clock),
                arguments.stop.clone(),
            ))
        });
        let profile = arguments.setup.profile.name.clone();
        let ledger = Ledger {
            store: arguments.store.clone(),
            profile,
        };
        let mailbox = Mailbox::new(myself);
        let now = arguments.clock.now();
        for side in Side::BOTH {
            meet(&arguments, &lines, side, &mailbox);
        }
        let mut state = State {
            arguments,
            ledger,
            mailbox,
            lines,
            met: Both::of(|_| None),
            parts: None,
            trouble: Both::of(|_| None),
            gaps: BTreeSet::new(),
            pending: BTreeMap::new(),
            queues: [VecDeque::new(), VecDeque::new()],
            active: BTreeMap::new(),
            timers: BTreeMap::new(),
            due: BTreeSet::new(),
            parked: BTreeSet::new(),
            failures: BTreeMap::new(),
            all_failures: Restarts::default(),
            drained: Both::default(),
            open: false,
            last_news: now,
            last_met: now,
            tick: None,
        };
        state.load()?;
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
                state.child_failed(&child, &error.to_string()).await?;
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

/// Meets a remote, however long it takes.
fn meet(arguments: &Arguments, lines: &Both<Arc<Line>>, side: Side, mailbox: &Mailbox<Message>) {
    let arguments = arguments.clone();
    let line = Arc::clone(lines.get(side));
    let mailbox = mailbox.clone();
    tokio::spawn(async move {
        let mut failures = 0_u32;
        let mut told: Option<Problem> = None;
        while !arguments.stop.is_cancelled() {
            let gateway = &arguments.setup.gateway;
            let talk = gateway.discover(side, &arguments.setup.profile);
            let message = match line.converse(talk, Priority::Live).await {
                Ok(Ok(discovered)) => Message::Met(side, Box::new(discovered)),
                Ok(Err(obstacle)) => {
                    let problem = Some(problem_of(side, &obstacle));
                    Message::Trouble { side, problem }
                }
                Err(_endless) => {
                    let problem = Problem::new(Code::Unreadable).on(side);
                    Message::Trouble {
                        side,
                        problem: Some(problem),
                    }
                }
            };
            match message {
                Message::Trouble { problem, .. } => {
                    if problem != told {
                        told.clone_from(&problem);
                        if mailbox
                            .send(Message::Trouble { side, problem })
                            .await
                            .is_err()
                        {
                            return;
                        }
                    }
                }
                met => {
                    let _ = mailbox.send(met).await;
                    return;
                }
            }
            failures = failures.saturating_add(1);
            let pause = Duration::from_millis((500_u64 << failures.min(6)).min(30_000));
            tokio::select! {
                () = arguments.stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    });
}

impl State {
    /// Loads what waits: the inbox, the timers, and what is known of the profile.
    fn load(&mut self) -> Result<(), LedgerError> {
        let prefix = key::profile(&self.ledger.profile);
        let stored = self.ledger.store.get(Table::Profile, &prefix)?;
        let row: Option<ProfileRow> = stored.map(|bytes| decode(&bytes)).transpose()?;
        self.open = row.as_ref().is_some_and(|row| row.met);
        let fingerprint = self.arguments.setup.profile.fingerprint();
        let changed = row.is_some_and(|row| row.fingerprint != fingerprint);
        self.load_timers(&prefix)?;
        self.load_inbox(&prefix)?;
        if changed {
            self.look_at_all()?;
        }
        Ok(())
    }

    fn load_timers(&mut self, prefix: &[u8]) -> Result<(), LedgerError> {
        let store = self.ledger.store.clone();
        for_each(&store, Table::Timer, prefix, |at, bytes| {
            let row: TimerRow = decode(bytes)?;
            let Some(id) = key::pair_of(&self.ledger.profile, at) else {
                return Ok(());
            };
            if row.waiting == Waiting::Parked {
                self.parked.insert(id);
            }
            // What was under way or to be tried again is due at once after a start.
            let due = if row.waiting == Waiting::Parked {
                row.due
            } else {
                Millis(0)
            };
            self.set_timer(
                id,
                Some(TimerRow {
                    due,
                    waiting: row.waiting,
                }),
            );
            Ok(())
        })
    }

    fn load_inbox(&mut self, prefix: &[u8]) -> Result<(), LedgerError> {
        let store = self.ledger.store.clone();
        for_each(&store, Table::Inbox, prefix, |at, bytes| {
            let row: InboxRow = decode(bytes)?;
            if let Some(id) = key::pair_of(&self.ledger.profile, at) {
                self.pend(id, Vec::new(), vec![at.to_vec()], !row.backfill);
            }
            Ok(())
        })
    }

    /// The profile has changed: every pair may have something to do by the new rules.
    fn look_at_all(&mut self) -> Result<(), LedgerError> {
        let store = self.ledger.store.clone();
        let prefix = key::profile(&self.ledger.profile);
        for_each(&store, Table::Pair, &prefix, |at, _| {
            if let Some(id) = key::pair_of(&self.ledger.profile, at) {
                self.pend(id, vec![Event::Command(Command::Resync)], Vec::new(), false);
            }
            Ok(())
        })
    }

    async fn take(
        &mut self,
        message: Message,
        myself: &ActorRef<Letter<Message>>,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Met(side, discovered) => self.met(side, discovered, myself).await?,
            Message::Trouble { side, problem } => self.troubled(side, problem).await?,
            Message::Arrived(hints) => {
                self.last_news = self.arguments.clock.now();
                for hint in hints {
                    let live = hint.priority == Priority::Live;
                    self.pend(hint.pair, Vec::new(), vec![hint.row], live);
                }
            }
            Message::Drained { side, news } => {
                let count = self.drained.get_mut(side);
                *count = if news { 1 } else { count.saturating_add(1) };
            }
            Message::Rested(rest) => self.rested(rest),
            Message::HandOver { to, item, rows } => {
                self.pend(to, vec![Event::Adopted(item)], rows, true);
            }
            Message::Tick => self.tick = None,
            Message::Refresh => {
                let age = self.arguments.clock.now().since(self.last_met);
                let stale = !self.gaps.is_empty() || age >= METADATA_MS;
                for side in Side::BOTH.into_iter().filter(|_| stale) {
                    meet(&self.arguments, &self.lines, side, &self.mailbox);
                }
            }
            Message::Order(id, command) => {
                self.pend(id, vec![Event::Command(command)], Vec::new(), true);
            }
            Message::Wake => {
                if let Some(parts) = &self.parts {
                    for side in Side::BOTH {
                        let poller = parts.pollers.get(side);
                        let _ = poller.cast(Letter::single(poller::Message::Wake));
                    }
                }
            }
            Message::Observe(reply) => {
                let _ = reply.send(self.view());
            }
        }
        Ok(())
    }

    async fn met(
        &mut self,
        side: Side,
        discovered: Box<Discovered>,
        myself: &ActorRef<Letter<Message>>,
    ) -> Result<(), ActorProcessingErr> {
        self.last_met = self.arguments.clock.now();
        self.troubled(side, None).await?;
        if let Some(parts) = &self.parts {
            parts
                .shared
                .connectors
                .exchange(side, Arc::clone(&discovered.connector));
        }
        *self.met.get_mut(side) = Some(discovered);
        self.check().await?;
        if self.parts.is_none() {
            self.start(myself).await?;
        }
        Ok(())
    }

    /// Compares the profile with what the remotes have, and tells each gap once.
    async fn check(&mut self) -> Result<(), LedgerError> {
        let (Some(jira), Some(azure)) = (&self.met.jira, &self.met.azure) else {
            return Ok(());
        };
        let found = check::online(&self.arguments.setup.profile, &jira.schema, &azure.schema);
        let errors = found
            .into_iter()
            .filter(|gap| gap.severity == Severity::Error);
        let gaps: BTreeSet<Problem> = errors
            .map(|gap| {
                let what: String = gap.what.chars().take(200).collect();
                let problem = Problem::new(Code::ProfileGap).about(&what);
                match gap.side {
                    Some(side) => problem.on(side),
                    None => problem,
                }
            })
            .collect();
        for gap in gaps.difference(&self.gaps.clone()) {
            self.tell(gap, true).await?;
        }
        for gap in self.gaps.clone().difference(&gaps) {
            self.tell(gap, false).await?;
        }
        self.gaps = gaps;
        Ok(())
    }

    async fn tell(&self, problem: &Problem, open: bool) -> Result<(), LedgerError> {
        let now = self.arguments.clock.now();
        if let Some(batch) = self.ledger.profile_problem(problem, open, now)? {
            self.ledger.store.commit(batch).await?;
        }
        Ok(())
    }

    /// Starts the outbox and the pollers, once both remotes were met.
    async fn start(
        &mut self,
        myself: &ActorRef<Letter<Message>>,
    ) -> Result<(), ActorProcessingErr> {
        let (Some(jira), Some(azure)) = (&self.met.jira, &self.met.azure) else {
            return Ok(());
        };
        let connectors = Connectors::new(Both {
            jira: Arc::clone(&jira.connector),
            azure: Arc::clone(&azure.connector),
        });
        let shared = Arc::new(Shared {
            profile: Arc::clone(&self.arguments.setup.profile),
            ledger: self.ledger.clone(),
            connectors,
            lines: self.lines.clone(),
            key: Arc::clone(&self.arguments.key),
            installation: Installation(self.ledger.store.installation()),
            incarnation: self.ledger.store.incarnation(),
            clock: Arc::clone(&self.arguments.clock),
            schedule: self.arguments.tuning.schedule.clone(),
            may_create: AtomicBool::new(self.open),
            floor: std::sync::Mutex::default(),
            tally: Tally::default(),
        });
        let (outbox, _) =
            Actor::spawn_linked(None, Outbox, Arc::clone(&shared), myself.get_cell()).await?;
        let jira = self.poller(Side::Jira, &shared, myself).await?;
        let azure = self.poller(Side::Azure, &shared, myself).await?;
        self.parts = Some(Parts {
            shared,
            outbox: Mailbox::new(outbox),
            pollers: Both { jira, azure },
        });
        self.note_profile().await?;
        let refresh = Duration::from_millis(self.arguments.tuning.refresh_ms);
        myself.send_interval(refresh, || Letter::single(Message::Refresh));
        Ok(())
    }

    async fn poller(
        &self,
        side: Side,
        shared: &Arc<Shared>,
        myself: &ActorRef<Letter<Message>>,
    ) -> Result<ActorRef<Letter<poller::Message>>, ActorProcessingErr> {
        let arguments = poller::Arguments {
            side,
            shared: Arc::clone(shared),
            profile: self.mailbox.clone(),
            poll_ms: self.arguments.tuning.poll_ms,
            rescan_ms: self.arguments.tuning.rescan_ms,
        };
        let (actor, _) = Actor::spawn_linked(None, Poller, arguments, myself.get_cell()).await?;
        Ok(actor)
    }

    async fn note_profile(&self) -> Result<(), LedgerError> {
        let fingerprint = self.arguments.setup.profile.fingerprint().to_owned();
        let row = ProfileRow {
            fingerprint,
            met: self.open,
        };
        let mut batch = storage::Batch::new();
        batch.put(
            Table::Profile,
            key::profile(&self.ledger.profile),
            encode(&row)?,
        );
        self.ledger.store.commit(batch).await?;
        Ok(())
    }

    async fn troubled(&mut self, side: Side, problem: Option<Problem>) -> Result<(), LedgerError> {
        let before = std::mem::replace(self.trouble.get_mut(side), problem.clone());
        if before == problem {
            return Ok(());
        }
        if let Some(before) = &before {
            self.tell(before, false).await?;
        }
        match &problem {
            Some(problem) => self.tell(problem, true).await?,
            None => self.retry_all(),
        }
        Ok(())
    }

    /// The connection is well again: whatever failed by it is tried again at once.
    fn retry_all(&mut self) {
        let retry =
            |(id, row): (&PairId, &TimerRow)| (row.waiting == Waiting::Retry).then_some(*id);
        let ids: Vec<PairId> = self.timers.iter().filter_map(retry).collect();
        for id in ids {
            let row = TimerRow {
                due: Millis(0),
                waiting: Waiting::Retry,
            };
            self.set_timer(id, Some(row));
        }
    }

    /// Notes that there is work for a pair.
    fn pend(&mut self, id: PairId, events: Vec<Event>, rows: Vec<Vec<u8>>, live: bool) {
        let queued = self.pending.contains_key(&id);
        let pending = self.pending.entry(id).or_default();
        pending.events.extend(events);
        pending.rows.extend(rows);
        let raised = live && !pending.live;
        pending.live |= live;
        if !queued || raised {
            self.queues[usize::from(!live)].push_back(id);
        }
    }

    fn next_pending(&mut self) -> Option<(PairId, Pending)> {
        for queue in 0..self.queues.len() {
            let mut looked = self.queues[queue].len();
            while let Some(id) = self.queues[queue].pop_front() {
                if self.active.contains_key(&id) {
                    // It is at work; what waits is handed over when it rests.
                    self.queues[queue].push_back(id);
                } else if let Some(pending) = self.pending.remove(&id) {
                    return Some((id, pending));
                }
                looked = looked.saturating_sub(1);
                if looked == 0 {
                    break;
                }
            }
        }
        None
    }

    async fn activate(
        &mut self,
        myself: &ActorRef<Letter<Message>>,
    ) -> Result<(), ActorProcessingErr> {
        if self.parts.is_none() || self.is_troubled() || self.arguments.stop.is_cancelled() {
            return Ok(());
        }
        self.fire_timers();
        while self.active.len() < limit::ACTIVE_PAIRS {
            let Some((id, pending)) = self.next_pending() else {
                break;
            };
            self.spawn(id, pending, myself).await?;
        }
        Ok(())
    }

    async fn spawn(
        &mut self,
        id: PairId,
        pending: Pending,
        myself: &ActorRef<Letter<Message>>,
    ) -> Result<(), ActorProcessingErr> {
        let Some(parts) = &self.parts else {
            return Ok(());
        };
        let arguments = pair::Arguments {
            id,
            shared: Arc::clone(&parts.shared),
            outbox: parts.outbox.clone(),
            profile: self.mailbox.clone(),
        };
        let (actor, _) = Actor::spawn_linked(None, Pair, arguments, myself.get_cell()).await?;
        let rows = pending.rows.clone();
        actor.cast(Letter::single(work(pending)))?;
        self.active.insert(id, Active { actor, rows });
        Ok(())
    }

    fn rested(&mut self, rest: Rest) {
        let id = rest.id;
        self.set_timer(id, rest.timer);
        if rest.parked && !rest.gone {
            self.parked.insert(id);
        } else {
            self.parked.remove(&id);
        }
        let Some(active) = self.active.get_mut(&id) else {
            return;
        };
        active.rows.clear();
        match self.pending.remove(&id) {
            Some(pending) if !rest.gone => {
                active.rows.clone_from(&pending.rows);
                let _ = active.actor.cast(Letter::single(work(pending)));
            }
            pending => {
                active.actor.stop(None);
                self.active.remove(&id);
                if let Some(pending) = pending {
                    self.pend(id, pending.events, pending.rows, pending.live);
                }
            }
        }
    }

    async fn child_failed(
        &mut self,
        child: &ActorCell,
        error: &str,
    ) -> Result<(), ActorProcessingErr> {
        let found = self
            .active
            .iter()
            .find(|(_, active)| active.actor.get_id() == child.get_id());
        let Some(id) = found.map(|(id, _)| *id) else {
            return Err(format!("the profile's outbox or poller failed: {error}").into());
        };
        tracing::error!(pair = %id, error, "a pair's actor failed");
        let rows = self
            .active
            .remove(&id)
            .map(|active| active.rows)
            .unwrap_or_default();
        let now = self.arguments.clock.now();
        if self.all_failures.failed(now, 0) == Verdict::Enough && !is_alone(&self.failures, id) {
            return Err(format!("several pairs keep failing, the last one: {error}").into());
        }
        match self.failures.entry(id).or_default().failed(now, spread(id)) {
            Verdict::Again { after_ms } => {
                let pending = self.pending.entry(id).or_default();
                pending.rows.extend(rows);
                let row = TimerRow {
                    due: now.plus(after_ms),
                    waiting: Waiting::Retry,
                };
                self.set_timer(id, Some(row));
            }
            Verdict::Enough => {
                // Its inbox rows stay, so the next start looks at it again.
                self.set_timer(id, None);
                self.pending.remove(&id);
                let problem = Problem::new(Code::Contradiction).about(&id.to_string());
                self.tell(&problem, true).await?;
            }
        }
        Ok(())
    }

    fn set_timer(&mut self, id: PairId, row: Option<TimerRow>) {
        if let Some(old) = self.timers.remove(&id) {
            self.due.remove(&(old.due, id));
        }
        if let Some(row) = row {
            self.due.insert((row.due, id));
            self.timers.insert(id, row);
        }
    }

    /// Wakes the pairs whose time has come. Before creates are allowed the timers rest: all that they wait for is that.
    fn fire_timers(&mut self) {
        let now = self.arguments.clock.now();
        let due = self.due.iter().take_while(|(due, _)| *due <= now);
        let ids: Vec<PairId> = due
            .map(|(_, id)| *id)
            .filter(|id| self.open || self.is_recovering(*id))
            .collect();
        for id in ids {
            self.set_timer(id, None);
            if !self.active.contains_key(&id) {
                self.pend(id, Vec::new(), Vec::new(), true);
            }
        }
    }

    /// Whether the pair was at work when it was last heard of.
    fn is_recovering(&self, id: PairId) -> bool {
        let open = self
            .timers
            .get(&id)
            .is_some_and(|row| row.waiting == Waiting::Open);
        open || self.pending.contains_key(&id)
    }

    fn is_troubled(&self) -> bool {
        self.trouble.jira.is_some() || self.trouble.azure.is_some()
    }

    /// Allows creates when everything has been met once.
    async fn open_gate(&mut self) -> Result<(), LedgerError> {
        let met = self.drained.jira > 0 && self.drained.azure > 0;
        let busy = !self.pending.is_empty() || !self.active.is_empty();
        if self.open || !met || busy || self.is_troubled() {
            return Ok(());
        }
        self.open = true;
        if let Some(parts) = &self.parts {
            parts.shared.may_create.store(true, Ordering::Release);
        }
        self.retry_all();
        self.note_profile().await
    }

    /// Sees to it that the next timer is looked at in time.
    fn arm(&mut self, myself: &ActorRef<Letter<Message>>) {
        let Some((due, _)) = self.due.first().copied() else {
            return;
        };
        if self.tick.is_some_and(|tick| tick <= due) || !self.open || self.parts.is_none() {
            return;
        }
        let now = self.arguments.clock.now();
        let pause = u64::try_from(due.since(now)).unwrap_or(0).clamp(1, 60_000);
        self.tick = Some(due);
        myself.send_after(Duration::from_millis(pause), || {
            Letter::single(Message::Tick)
        });
    }

    fn view(&self) -> status::Profile {
        let busy = self
            .timers
            .values()
            .any(|row| row.waiting != Waiting::Parked);
        let quiet_for = self.arguments.clock.now().since(self.last_news);
        let idle = self.open
            && self.parts.is_some()
            && self.pending.is_empty()
            && self.active.is_empty()
            && !busy
            && self.drained.jira >= 2
            && self.drained.azure >= 2;
        let tally = self.parts.as_ref().map(|parts| &parts.shared.tally);
        let count = |pick: fn(&Tally) -> &std::sync::atomic::AtomicU64| {
            tally.map_or(0, |tally| pick(tally).load(Ordering::Relaxed))
        };
        status::Profile {
            name: self.ledger.profile.clone(),
            idle,
            quiet_for_ms: quiet_for,
            connected: self.parts.is_some(),
            open: self.open,
            trouble: [&self.trouble.jira, &self.trouble.azure]
                .into_iter()
                .flatten()
                .cloned()
                .collect(),
            pending: self.pending.len(),
            active: self.active.len(),
            waiting: self.timers.len(),
            parked: self.parked.len(),
            effects: count(|tally| &tally.effects),
            conflicts: count(|tally| &tally.conflicts),
            steps: count(|tally| &tally.steps),
            commits: count(|tally| &tally.commits),
            losses: count(|tally| &tally.losses),
            requests: Both::of(|side| self.lines.get(side).requests()),
        }
    }
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
        priority,
    }
}

/// Whether that pair is the only one that fails: then it alone is set aside.
fn is_alone(failures: &BTreeMap<PairId, Restarts>, id: PairId) -> bool {
    failures.keys().all(|other| *other == id)
}

/// Spreads restarts by identity: no randomness is needed for that.
fn spread(id: PairId) -> u16 {
    u16::try_from(id.item.0 % 1_000).unwrap_or(0)
}

/// Goes through a table in pages.
fn for_each(
    store: &Store,
    table: Table,
    prefix: &[u8],
    mut take: impl FnMut(&[u8], &[u8]) -> Result<(), LedgerError>,
) -> Result<(), LedgerError> {
    const PAGE: usize = 1_000;
    let mut after: Option<Vec<u8>> = None;
    loop {
        let rows = store.scan(table, prefix, after.as_deref(), PAGE)?;
        for (at, bytes) in &rows {
            take(at, bytes)?;
        }
        let full = rows.len() == PAGE;
        after = rows.into_iter().next_back().map(|(at, _)| at);
        if !full || after.is_none() {
            return Ok(());
        }
    }
}
