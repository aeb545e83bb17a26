//! A tenant's actor: opens the tenant's store and supervises its profiles.
//!
//! A profile that fails is started again after a pause; one that keeps failing is stopped, and its siblings run on. A
//! store that cannot be opened, or takes no more commits, stops this tenant and no other.
//!
//! What is in the way of a store mostly goes by itself or is taken away by somebody: a command that reads it, a full disk, a
//! volume that is not writable, too few file handles. So a store that failed is closed and opened again after a pause, with
//! the same recovery as after a crash. Meanwhile its files are anybody's: where they have gone it waits for them, and never
//! makes a new store in their place. Only one whose truth is damaged, or that is another one, stays shut, since no pause mends
//! that.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use model::log::Told;
use model::metric::Metric;
use model::{DigestKey, Millis, PairId, Problem, ProfileName, TenantName, limit, problem::Code};
use ractor::{Actor, ActorCell, ActorProcessingErr, ActorRef, SupervisionEvent};
use storage::{Identity, OpenError, Rebuilt, Store};
use sync::Command;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::aside::aside;
use crate::failure::{told, told_of_start};
use crate::ledger::{Ledger, LedgerError, store_failure};
use crate::mailbox::{Letter, Mailbox};
use crate::meter::Meters;
use crate::port::Clock;
use crate::profile::{self, Profile};
use crate::reopening::Reopening;
use crate::restart::{Restarts, Verdict};
use crate::setup::{ProfileSetup, TenantSetup, Tuning};
use crate::status;
use crate::stored::Numbers;

/// What a tenant is told.
pub enum Message {
    /// Try again to open the store.
    Open,
    /// Start that profile again.
    Start(ProfileName),
    /// Something may have changed at the remotes of that profile, or of all of them.
    Wake(Option<ProfileName>),
    /// A person's order about a pair, answered when it is durable.
    Order(
        ProfileName,
        PairId,
        Command,
        oneshot::Sender<Result<(), OrderError>>,
    ),
    /// What is the matter?
    Observe(oneshot::Sender<status::Tenant>),
    /// Give the store, for reading.
    Lend(oneshot::Sender<Lent>),
}

/// What a tenant gives of its store.
pub enum Lent {
    /// The store.
    Open(Store),
    /// It is not open, and has not been.
    Never,
    /// It was open and failed, for this reason. What its profiles had under way then is left to recovery.
    Failed(String),
}

/// What a tenant is started with.
pub struct Arguments {
    /// The tenant.
    pub setup: TenantSetup,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// How it goes about its work.
    pub tuning: Tuning,
    /// What counts what it does.
    pub meters: Arc<Meters>,
    /// Set when the node stops.
    pub stop: CancellationToken,
    /// Set when the node can wait no longer.
    pub abandon: CancellationToken,
}

/// Why an order was not taken.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// There is no such tenant or profile, or the tenant's store is not open.
    #[error("the tenant's store is not open, or it has no such profile")]
    Unknown,
    /// The tenant or the profile has too much to do.
    #[error("the node has too much to do; give the order again later")]
    Busy,
    /// Too many orders about the pair wait.
    #[error("{} orders about this pair wait already", limit::ORDERS_PER_PAIR)]
    TooMany,
    /// It could not be made durable.
    #[error("the order cannot be kept: {0}")]
    Store(#[from] LedgerError),
    /// The node stopped meanwhile. Whether the order was kept is seen after the next start.
    #[error("the node stopped before it answered")]
    Gone,
}

/// What is said of a store that is tried again.
const AGAIN: &str = "the node tries again by itself";
/// How long one profile may take to say how it is.
const OBSERVE: Duration = Duration::from_millis(500);
/// The pause before a store that somebody else has open is tried again.
const LOCKED: Duration = Duration::from_millis(500);
/// Tries with that pause: half a minute of them.
const LOCKED_TRIES: u32 = 60;
/// The pause after those tries.
const LOCKED_LONG: Duration = Duration::from_secs(5);

/// The actor.
pub struct Tenant;

struct Child {
    arguments: profile::Arguments,
    actor: Option<Mailbox<profile::Message>>,
    restarts: Restarts,
    stopped: Option<String>,
}

/// What is needed to open the store and begin.
struct Place {
    directory: PathBuf,
    profiles: Vec<ProfileSetup>,
    tuning: Tuning,
    stop: CancellationToken,
    abandon: CancellationToken,
    /// Tries in a row that found it locked.
    tries: u32,
    /// The store that was open here last.
    known: Option<Identity>,
    reopening: Reopening,
}

/// Its state.
pub struct State {
    name: TenantName,
    clock: Arc<dyn Clock>,
    place: Place,
    store: Option<Store>,
    /// Numbers of inbox rows.
    numbers: Numbers,
    meters: Arc<Meters>,
    /// Why the tenant does not run.
    failure: Option<String>,
    children: BTreeMap<ProfileName, Child>,
}

impl Actor for Tenant {
    type Msg = Letter<Message>;
    type State = State;
    type Arguments = Arguments;

    async fn pre_start(
        &self,
        myself: ActorRef<Self::Msg>,
        arguments: Arguments,
    ) -> Result<State, ActorProcessingErr> {
        let Arguments {
            setup,
            clock,
            tuning,
            meters,
            stop,
            abandon,
        } = arguments;
        let TenantSetup {
            name,
            directory,
            profiles,
        } = setup;
        let mut state = State {
            name,
            clock,
            place: Place {
                directory,
                profiles,
                tuning,
                stop,
                abandon,
                tries: 0,
                known: None,
                reopening: Reopening::default(),
            },
            store: None,
            numbers: Numbers::default(),
            meters,
            failure: None,
            children: BTreeMap::new(),
        };
        state.open(&myself).await;
        Ok(state)
    }

    async fn handle(
        &self,
        myself: ActorRef<Self::Msg>,
        letter: Self::Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match letter.open() {
            Message::Open => state.open(&myself).await,
            Message::Start(name) => state.start(&name, &myself).await,
            Message::Wake(only) => {
                for (name, child) in &state.children {
                    if only.as_ref().is_none_or(|only| only == name) {
                        child.tell(profile::Message::Wake);
                    }
                }
            }
            Message::Order(name, pair, command, reply) => {
                let _ = reply.send(state.order(&name, pair, command).await);
            }
            Message::Observe(reply) => state.observe(reply),
            Message::Lend(reply) => {
                let _ = reply.send(state.lend());
            }
        }
        state.look_after_store(&myself).await;
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
                state.failed(&child, &told(&error), &myself).await;
            }
            SupervisionEvent::ActorStarted(_)
            | SupervisionEvent::ActorTerminated(..)
            | SupervisionEvent::ProcessGroupChanged(_) => {}
        }
        Ok(())
    }
}

/// Why the store is not open.
enum Shut {
    /// Somebody else has it open.
    Locked(Told),
    /// Something is in the way that can go.
    Hindered(Told),
    /// It stays shut until somebody mends it.
    Failed(Told),
    /// The node stops.
    Stopped,
}

impl Shut {
    fn of(error: &OpenError) -> Shut {
        let told = model::told!("{}", error);
        match error {
            OpenError::Locked(_) => Shut::Locked(told),
            OpenError::Key(error) if error.may_pass() => Shut::Hindered(told),
            OpenError::ReadOnly { .. }
            | OpenError::Full(_)
            | OpenError::Handles(_)
            | OpenError::Gone(_)
            | OpenError::Io { .. }
            | OpenError::State { .. }
            | OpenError::Thread(_) => Shut::Hindered(told),
            OpenError::Journal(_)
            | OpenError::JournalMissing(_)
            | OpenError::Exchanged(_)
            | OpenError::Erasing(_)
            | OpenError::HalfRestored(_)
            | OpenError::Checkpoint(_)
            | OpenError::Key(_)
            | OpenError::SystemRow(_) => Shut::Failed(told),
        }
    }
}

impl Place {
    async fn open(&self, tenant: &TenantName, now: Millis) -> Result<Store, Shut> {
        let directory = self.directory.clone();
        let options = self.tuning.options(tenant, now);
        let (disk, engine) = (Arc::clone(&self.tuning.disk), self.tuning.engine);
        let (known, stop) = (self.known, self.stop.clone());
        // Recovery reads the journal.
        let open = move || {
            let opened = match known {
                Some(known) => Store::reopen_on(disk, engine, &directory, options, known),
                None => Store::open_on(disk, engine, &directory, options),
            };
            let store = opened.map_err(|error| Shut::of(&error))?;
            if stop.is_cancelled() {
                // A node that stopped meanwhile no longer waits for it. Nobody else can close it in order.
                let _ = store.close();
                return Err(Shut::Stopped);
            }
            Ok(store)
        };
        match aside(self.tuning.store.threads, open).await {
            Some(opened) => opened,
            // Its words may be those of a panic.
            None => Err(Shut::Failed(model::told!("a fault in the program"))),
        }
    }

    /// The pause before the next try of a store that is locked.
    fn locked_pause(&self) -> Duration {
        if self.tries <= LOCKED_TRIES {
            LOCKED
        } else {
            LOCKED_LONG
        }
    }
}

fn report(tenant: &TenantName, store: &Store) {
    let status = store.status();
    model::log!(
        info,
        "the store is open",
        tenant = tenant,
        incarnation = store.incarnation(),
        lsn = status.lsn.get(),
        clean = status.recovery.clean,
        replayed = status.recovery.replayed,
    );
}

impl State {
    /// Opens the store and starts the profiles. While something is in the way, it says so and comes back.
    async fn open(&mut self, myself: &ActorRef<Letter<Message>>) {
        if self.store.is_some() || self.place.stop.is_cancelled() {
            return;
        }
        model::log!(debug, "the store is being opened", tenant = self.name);
        match self.place.open(&self.name, self.clock.now()).await {
            Ok(store) => self.begin(store, myself).await,
            Err(Shut::Failed(error)) => {
                model::log!(
                    error,
                    "the tenant's store cannot be opened",
                    tenant = self.name,
                    error = error
                );
                self.failure = Some(format!(
                    "{error}; it stays shut until the node is started again"
                ));
            }
            Err(Shut::Stopped) => {}
            Err(Shut::Hindered(error)) => {
                model::log!(
                    error,
                    "the tenant's store cannot be opened; it is tried again",
                    tenant = self.name,
                    error = error
                );
                self.failure = Some(format!("{error}; {AGAIN}"));
                self.open_later(myself);
            }
            Err(Shut::Locked(error)) => {
                if self.place.tries == 0 {
                    model::log!(
                        warn,
                        "the tenant's store is in use; it is tried again",
                        tenant = self.name,
                        error = error
                    );
                }
                self.failure = Some(format!("{error}; {AGAIN}"));
                self.place.tries = self.place.tries.saturating_add(1);
                myself.send_after(self.place.locked_pause(), || Letter::single(Message::Open));
            }
        }
    }

    fn open_later(&mut self, myself: &ActorRef<Letter<Message>>) {
        let pause = self.place.reopening.pause(self.clock.now());
        myself.send_after(pause, || Letter::single(Message::Open));
    }

    fn lend(&self) -> Lent {
        let failed = self.failure.clone().filter(|_| self.place.known.is_some());
        match (&self.store, failed) {
            (Some(store), _) => Lent::Open(store.clone()),
            (None, Some(failure)) => Lent::Failed(failure),
            (None, None) => Lent::Never,
        }
    }

    /// Closes the store down when it takes no more commits, whoever met that: an order, a reader, or the store's own threads. A
    /// tenant with nothing to do would not commit, and nobody would know for hours.
    async fn look_after_store(&mut self, myself: &ActorRef<Letter<Message>>) {
        if self
            .store
            .as_ref()
            .is_some_and(|store| store.failure().is_some())
            && let Some(reason) = self.store_failure()
        {
            self.close_down(&reason, myself).await;
        }
    }

    async fn begin(&mut self, store: Store, myself: &ActorRef<Letter<Message>>) {
        report(&self.name, &store);
        self.meters.own.count(Metric::StoreOpens, [], 1);
        if let Some(rebuilt) = &store.status().recovery.rebuilt {
            let words = [found(rebuilt)];
            self.meters.own.count(Metric::StateRebuilds, words, 1);
        }
        self.failure = None;
        self.store = Some(store.clone());
        let place = &mut self.place;
        place.tries = 0;
        place.known = Some(store.identity());
        place.reopening.opened(self.clock.now());
        let key = Arc::new(DigestKey::new(*store.digest_key().expose()));
        let meters = Arc::clone(&self.meters);
        let arguments = |setup: ProfileSetup| profile::Arguments {
            meter: meters.profile(&setup.profile.name),
            setup,
            store: store.clone(),
            key: Arc::clone(&key),
            clock: Arc::clone(&self.clock),
            numbers: self.numbers.clone(),
            tuning: place.tuning.clone(),
            stop: place.stop.clone(),
            abandon: place.abandon.clone(),
        };
        let children = place.profiles.iter().cloned();
        let children = children.map(arguments).map(Child::new);
        self.children = children.collect();
        for name in self.children.keys().cloned().collect::<Vec<_>>() {
            self.start(&name, myself).await;
        }
    }

    async fn start(&mut self, name: &ProfileName, myself: &ActorRef<Letter<Message>>) {
        if self.failure.is_some() {
            return;
        }
        // One that was started anew with its store may have been asked for once more before that.
        let child = self.children.get_mut(name);
        let Some(child) = child.filter(|child| child.actor.is_none()) else {
            return;
        };
        let arguments = child.arguments.clone();
        match Actor::spawn_linked(None, Profile, arguments, myself.get_cell()).await {
            Ok((actor, _)) => child.actor = Some(Mailbox::new(actor)),
            Err(error) => {
                let error = told_of_start(&error);
                self.again(name, &error, myself).await;
            }
        }
    }

    async fn failed(&mut self, cell: &ActorCell, error: &Told, myself: &ActorRef<Letter<Message>>) {
        let is_it = |child: &Child| {
            child
                .actor
                .as_ref()
                .is_some_and(|mailbox| mailbox.actor().get_id() == cell.get_id())
        };
        let found = self.children.iter().find(|(_, child)| is_it(child));
        if let Some(name) = found.map(|(name, _)| name.clone()) {
            self.again(&name, error, myself).await;
        }
    }

    async fn again(
        &mut self,
        name: &ProfileName,
        error: &Told,
        myself: &ActorRef<Letter<Message>>,
    ) {
        model::log!(
            error,
            "the profile failed",
            tenant = self.name,
            profile = name,
            error = error
        );
        if let Some(reason) = self.store_failure() {
            return self.close_down(&reason, myself).await;
        }
        let now = self.clock.now();
        let Some(child) = self.children.get_mut(name) else {
            return;
        };
        child.actor = None;
        let meter = &child.arguments.meter;
        meter.count(Metric::Restarts, ["profile"], 1);
        let jitter = u16::try_from(now.0.rem_euclid(1_000)).unwrap_or(0);
        match child.restarts.failed(now, jitter) {
            Verdict::Again { after_ms } => {
                let name = name.clone();
                let pause = Duration::from_millis(u64::try_from(after_ms).unwrap_or(0));
                myself.send_after(pause, move || Letter::single(Message::Start(name)));
            }
            Verdict::Enough => {
                child.stopped = Some(error.to_string());
                self.tell_stopped(name).await;
            }
        }
    }

    /// Makes an order durable, then tells the profile. One that does not run finds it when it starts: starts are this
    /// actor's too, so none begins between the two.
    async fn order(
        &self,
        name: &ProfileName,
        pair: PairId,
        command: Command,
    ) -> Result<(), OrderError> {
        let (Some(child), Some(store)) = (self.children.get(name), self.store.clone()) else {
            return Err(OrderError::Unknown);
        };
        let place = match &child.actor {
            Some(mailbox) => Some((mailbox, mailbox.reserve().map_err(|_| OrderError::Busy)?)),
            None => None,
        };
        let ledger = Ledger {
            store,
            profile: name.clone(),
        };
        let kept = ledger.order(pair, command, self.numbers.next())?;
        let (row, batch) = kept.ok_or(OrderError::TooMany)?;
        ledger
            .store
            .commit(batch)
            .await
            .map_err(LedgerError::from)?;
        if let Some((mailbox, place)) = place {
            let order = profile::Message::Order { pair, command, row };
            // One that has just failed is started again, and finds it.
            let _ = mailbox.post(place, order);
        }
        Ok(())
    }

    fn store_failure(&self) -> Option<Told> {
        let failure = store_failure(self.store.as_ref()?)?;
        Some(model::told!(
            "the store takes no more commits ({}); mend the cause, the node opens it again by itself",
            failure
        ))
    }

    /// Without a store nothing can be done for this tenant. What its profiles had under way is found again as after a crash.
    async fn close_down(&mut self, reason: &Told, myself: &ActorRef<Letter<Message>>) {
        model::log!(
            error,
            "the tenant stops until its store is open again",
            tenant = self.name,
            reason = reason
        );
        self.failure = Some(reason.to_string());
        for child in std::mem::take(&mut self.children).into_values() {
            if let Some(mailbox) = child.actor {
                mailbox.actor().stop(None);
            }
        }
        if let Some(store) = self.store.take() {
            // It failed, so it does not end in order. What counts is that it lets go of its files.
            let _ = aside(self.place.tuning.store.threads, move || store.close()).await;
        }
        self.open_later(myself);
    }

    /// Leaves a problem where the customer looks.
    async fn tell_stopped(&self, name: &ProfileName) {
        let Some(store) = self.store.clone() else {
            return;
        };
        let ledger = Ledger {
            store,
            profile: name.clone(),
        };
        let told = match ledger.profile_problem(&stopped_problem(), true, self.clock.now()) {
            Ok(Some(batch)) => ledger
                .store
                .commit(batch)
                .await
                .err()
                .map(|error| model::told!("{}", error)),
            Ok(None) => None,
            Err(error) => Some(model::told!("{}", error)),
        };
        if let Some(error) = told {
            model::log!(
                error,
                "its problem cannot be noted",
                tenant = self.name,
                profile = name,
                error = error
            );
        }
    }

    /// Asks all profiles at once and answers when they did, without holding up the tenant.
    fn observe(&self, reply: oneshot::Sender<status::Tenant>) {
        let mut asked = Vec::new();
        for (name, child) in &self.children {
            let (answer_to, answer) = oneshot::channel();
            child.tell(profile::Message::Observe(answer_to));
            let mut absent = profile::view::absent(name);
            absent.trouble = child.stopped.iter().map(|_| stopped_problem()).collect();
            asked.push((absent, answer));
        }
        let stopped = self
            .children
            .iter()
            .filter_map(|(name, child)| child.stopped.clone().map(|error| (name.clone(), error)));
        let mut view = status::Tenant {
            name: self.name.clone(),
            failure: self.failure.clone(),
            stopped: stopped.collect(),
            profiles: Vec::new(),
        };
        tokio::spawn(async move {
            let until = tokio::time::Instant::now() + OBSERVE;
            for (absent, answer) in asked {
                let answer = tokio::time::timeout_at(until, answer).await;
                let profile = answer.ok().and_then(Result::ok).unwrap_or(absent);
                view.profiles.push(profile);
            }
            let _ = reply.send(view);
        });
    }
}

/// What a state was found to be, as it is counted.
fn found(rebuilt: &Rebuilt) -> &'static str {
    match rebuilt {
        Rebuilt::Missing => "missing",
        Rebuilt::Wanted => "wanted",
        Rebuilt::Behind(_) => "behind",
        Rebuilt::Ahead(_) => "ahead",
        Rebuilt::Disagrees => "disagrees",
        Rebuilt::Failed(_) => "failed",
    }
}

/// The problem of a profile that failed too often.
fn stopped_problem() -> Problem {
    Problem::new(Code::Contradiction).about("stopped")
}

impl Child {
    fn new(arguments: profile::Arguments) -> (ProfileName, Child) {
        let name = arguments.setup.profile.name.clone();
        let child = Child {
            arguments,
            actor: None,
            restarts: Restarts::default(),
            stopped: None,
        };
        (name, child)
    }

    /// Tells the profile, unless it does not run or has too much waiting: what it is told is worth nothing later.
    fn tell(&self, message: profile::Message) {
        if let Some(mailbox) = &self.actor {
            let _ = mailbox.try_send(message);
        }
    }
}
