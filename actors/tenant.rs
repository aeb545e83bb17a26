//! A tenant's actor: opens the tenant's store and supervises its profiles.
//!
//! A profile that fails is started again after a pause; one that keeps failing is stopped, and its siblings run on. A
//! store that cannot be opened stops this tenant and no other.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use model::{DigestKey, ProfileName, TenantName};
use ractor::{Actor, ActorCell, ActorProcessingErr, ActorRef, SupervisionEvent};
use storage::Store;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::mailbox::Letter;
use crate::port::Clock;
use crate::profile::{self, Profile};
use crate::restart::{Restarts, Verdict};
use crate::setup::{ProfileSetup, TenantSetup, Tuning};
use crate::status;

/// What a tenant is told.
pub enum Message {
    /// Start that profile again.
    Start(ProfileName),
    /// Something may have changed at the remotes of that profile, or of all of them.
    Wake(Option<ProfileName>),
    /// A person's order about a pair.
    Order(ProfileName, model::PairId, sync::Command),
    /// What is the matter?
    Observe(oneshot::Sender<status::Tenant>),
    /// Give the store, for reading.
    Lend(oneshot::Sender<Option<Store>>),
}

/// What a tenant is started with.
pub struct Arguments {
    /// The tenant.
    pub setup: TenantSetup,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// How it goes about its work.
    pub tuning: Tuning,
    /// Set when the node stops.
    pub stop: CancellationToken,
}

/// The actor.
pub struct Tenant;

struct Child {
    arguments: profile::Arguments,
    actor: Option<ActorRef<Letter<profile::Message>>>,
    restarts: Restarts,
    stopped: Option<String>,
}

/// Its state.
pub struct State {
    name: TenantName,
    clock: Arc<dyn Clock>,
    store: Result<Store, String>,
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
            stop,
        } = arguments;
        let TenantSetup {
            name,
            directory,
            profiles,
        } = setup;
        let options = tuning.store.clone();
        // Recovery reads the journal, so it must not hold up the runtime's workers.
        let opened = tokio::task::spawn_blocking(move || Store::open(&directory, options)).await?;
        let store = opened.map_err(|error| error.to_string());
        if let Err(error) = &store {
            tracing::error!(tenant = %name, error, "the tenant's store cannot be opened");
        }
        let mut state = State {
            name,
            clock,
            store,
            children: BTreeMap::new(),
        };
        if let Ok(store) = state.store.clone() {
            let key = Arc::new(DigestKey::new(*store.digest_key().expose()));
            for setup in profiles {
                state.add(setup, &store, &key, &tuning, &stop);
            }
        }
        for name in state.children.keys().cloned().collect::<Vec<_>>() {
            state.start(&name, &myself).await;
        }
        Ok(state)
    }

    async fn handle(
        &self,
        myself: ActorRef<Self::Msg>,
        letter: Self::Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match letter.open() {
            Message::Start(name) => state.start(&name, &myself).await,
            Message::Wake(only) => {
                for (name, child) in &state.children {
                    if only.as_ref().is_none_or(|only| only == name) {
                        child.tell(profile::Message::Wake);
                    }
                }
            }
            Message::Order(name, pair, command) => {
                if let Some(child) = state.children.get(&name) {
                    child.tell(profile::Message::Order(pair, command));
                }
            }
            Message::Observe(reply) => {
                let view = state.view().await;
                let _ = reply.send(view);
            }
            Message::Lend(reply) => {
                let _ = reply.send(state.store.clone().ok());
            }
        }
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
                state.failed(&child, &error.to_string(), &myself);
            }
            SupervisionEvent::ActorStarted(_)
            | SupervisionEvent::ActorTerminated(..)
            | SupervisionEvent::ProcessGroupChanged(_) => {}
        }
        Ok(())
    }
}

impl State {
    fn add(
        &mut self,
        setup: ProfileSetup,
        store: &Store,
        key: &Arc<DigestKey>,
        tuning: &Tuning,
        stop: &CancellationToken,
    ) {
        let name = setup.profile.name.clone();
        let arguments = profile::Arguments {
            setup,
            store: store.clone(),
            key: Arc::clone(key),
            clock: Arc::clone(&self.clock),
            tuning: tuning.clone(),
            stop: stop.clone(),
        };
        let child = Child {
            arguments,
            actor: None,
            restarts: Restarts::default(),
            stopped: None,
        };
        self.children.insert(name, child);
    }

    async fn start(&mut self, name: &ProfileName, myself: &ActorRef<Letter<Message>>) {
        let Some(child) = self.children.get_mut(name) else {
            return;
        };
        let arguments = child.arguments.clone();
        match Actor::spawn_linked(None, Profile, arguments, myself.get_cell()).await {
            Ok((actor, _)) => child.actor = Some(actor),
            Err(error) => {
                let error = error.to_string();
                self.again(name, &error, myself);
            }
        }
    }

    fn failed(&mut self, cell: &ActorCell, error: &str, myself: &ActorRef<Letter<Message>>) {
        let is_it = |child: &Child| {
            child
                .actor
                .as_ref()
                .is_some_and(|actor| actor.get_id() == cell.get_id())
        };
        let found = self.children.iter().find(|(_, child)| is_it(child));
        if let Some(name) = found.map(|(name, _)| name.clone()) {
            self.again(&name, error, myself);
        }
    }

    fn again(&mut self, name: &ProfileName, error: &str, myself: &ActorRef<Letter<Message>>) {
        tracing::error!(tenant = %self.name, profile = %name, error, "the profile failed");
        let now = self.clock.now();
        let Some(child) = self.children.get_mut(name) else {
            return;
        };
        child.actor = None;
        let jitter = u16::try_from(now.0.rem_euclid(1_000)).unwrap_or(0);
        match child.restarts.failed(now, jitter) {
            Verdict::Again { after_ms } => {
                let name = name.clone();
                let pause = Duration::from_millis(u64::try_from(after_ms).unwrap_or(0));
                myself.send_after(pause, move || Letter::single(Message::Start(name)));
            }
            Verdict::Enough => child.stopped = Some(error.to_owned()),
        }
    }

    async fn view(&self) -> status::Tenant {
        let mut profiles = Vec::new();
        for child in self.children.values() {
            let (reply, answer) = oneshot::channel();
            child.tell(profile::Message::Observe(reply));
            if let Ok(view) = answer.await {
                profiles.push(view);
            }
        }
        let stopped = self
            .children
            .iter()
            .filter_map(|(name, child)| child.stopped.clone().map(|error| (name.clone(), error)));
        status::Tenant {
            name: self.name.clone(),
            failure: self.store.as_ref().err().cloned(),
            stopped: stopped.collect(),
            profiles,
        }
    }
}

impl Child {
    fn tell(&self, message: profile::Message) {
        if let Some(actor) = &self.actor {
            let _ = actor.cast(Letter::single(message));
        }
    }
}
