//! The node: the root of the tree, and the handle by which the rest of the program holds it.

use std::sync::Arc;
use std::time::Duration;

use model::{PairId, ProfileName, TenantName, limit};
use ractor::{Actor, ActorProcessingErr, ActorRef, SupervisionEvent};
use storage::Store;
use sync::Command;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::mailbox::Letter;
use crate::setup::{Setup, TenantSetup};
use crate::status;
use crate::tenant::{self, Tenant};

/// A running node. Dropping it without [`Running::stop`] is like a crash: recovery mends it, but later.
pub struct Running {
    root: ActorRef<()>,
    tenants: Vec<(TenantName, ActorRef<Letter<tenant::Message>>)>,
    stop: CancellationToken,
}

/// The node could not be started.
#[derive(Debug, thiserror::Error)]
#[error("the node could not be started: {0}")]
pub struct StartError(String);

/// The node could not be stopped in time, or a store did not close.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    /// Work was still under way when the time was over. Nothing is lost: the next start looks after it.
    #[error(
        "work was still under way after {} ms; the next start will look after it",
        limit::STOP_MS
    )]
    Unfinished,
    /// A store did not close well.
    #[error("the store of tenant {tenant} did not close: {error}")]
    Store {
        /// Whose.
        tenant: TenantName,
        /// What it said.
        error: String,
    },
}

struct Root;

impl Actor for Root {
    type Msg = ();
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _myself: ActorRef<()>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }

    /// A tenant never fails by its profiles; when it does all the same, the others run on.
    async fn handle_supervisor_evt(
        &self,
        _myself: ActorRef<()>,
        event: SupervisionEvent,
        (): &mut (),
    ) -> Result<(), ActorProcessingErr> {
        if let SupervisionEvent::ActorFailed(_, error) = event {
            tracing::error!(error = %error, "a tenant failed and stays stopped until the next start");
        }
        Ok(())
    }
}

/// Starts a node.
pub async fn start(setup: Setup) -> Result<Running, StartError> {
    let failed = |error: ractor::SpawnErr| StartError(error.to_string());
    let (root, _) = Actor::spawn(None, Root, ()).await.map_err(failed)?;
    let stop = CancellationToken::new();
    let mut tenants = Vec::new();
    for tenant in setup.tenants {
        let name = tenant.name.clone();
        let arguments = tenant::Arguments {
            setup: TenantSetup { ..tenant },
            clock: Arc::clone(&setup.clock),
            tuning: setup.tuning.clone(),
            stop: stop.clone(),
        };
        let spawned = Actor::spawn_linked(None, Tenant, arguments, root.get_cell()).await;
        let (actor, _) = spawned.map_err(failed)?;
        tenants.push((name, actor));
    }
    Ok(Running {
        root,
        tenants,
        stop,
    })
}

impl Running {
    /// What can be seen of it.
    pub async fn status(&self) -> status::Node {
        let mut tenants = Vec::new();
        for (_, actor) in &self.tenants {
            let (reply, answer) = oneshot::channel();
            let _ = actor.cast(Letter::single(tenant::Message::Observe(reply)));
            if let Ok(view) = answer.await {
                tenants.push(view);
            }
        }
        status::Node { tenants }
    }

    /// The store of a tenant, for reading; nothing when the tenant is unknown or its store is not open.
    pub async fn store(&self, tenant: &TenantName) -> Option<Store> {
        let (_, actor) = self.tenants.iter().find(|(name, _)| name == tenant)?;
        let (reply, answer) = oneshot::channel();
        actor
            .cast(Letter::single(tenant::Message::Lend(reply)))
            .ok()?;
        answer.await.ok().flatten()
    }

    /// Says that something may have changed at the remotes of a profile, or of all of them.
    pub fn wake(&self, tenant: &TenantName, profile: Option<&ProfileName>) {
        self.tell(tenant, tenant::Message::Wake(profile.cloned()));
    }

    /// Gives a person's order about a pair.
    pub fn order(
        &self,
        tenant: &TenantName,
        profile: &ProfileName,
        pair: PairId,
        command: Command,
    ) {
        self.tell(
            tenant,
            tenant::Message::Order(profile.clone(), pair, command),
        );
    }

    fn tell(&self, tenant: &TenantName, message: tenant::Message) {
        if let Some((_, actor)) = self.tenants.iter().find(|(name, _)| name == tenant) {
            let _ = actor.cast(Letter::single(message));
        }
    }

    /// Stops: nothing new is sent, what is on its way is waited for, the stores are closed. It takes at most
    /// [`limit::STOP_MS`] and a moment for the stores.
    pub async fn stop(self) -> Result<(), StopError> {
        self.stop.cancel();
        let grace = Duration::from_millis(limit::STOP_MS.saturating_sub(500));
        let finished = tokio::time::timeout(grace, self.settled()).await;
        let mut stores = Vec::new();
        for (name, _) in &self.tenants {
            if let Some(store) = self.store(name).await {
                stores.push((name.clone(), store));
            }
        }
        self.root.stop(None);
        for (_, actor) in &self.tenants {
            let _ = actor
                .stop_and_wait(None, Some(ractor::concurrency::Duration::from_millis(400)))
                .await;
        }
        for (tenant, store) in stores {
            let closed = tokio::task::spawn_blocking(move || store.close()).await;
            let error = match closed {
                Ok(Ok(())) => continue,
                Ok(Err(error)) => error.to_string(),
                Err(error) => error.to_string(),
            };
            return Err(StopError::Store { tenant, error });
        }
        finished.map_err(|_| StopError::Unfinished)
    }

    /// Waits until no pair is at work.
    async fn settled(&self) {
        loop {
            let status = self.status().await;
            if status.profiles().all(|profile| profile.active == 0) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
