//! The node: the root of the tree, and the handle by which the rest of the program holds it.

use std::sync::Arc;
use std::time::Duration;

use model::metric::Sample;
use model::{Millis, PairId, ProfileName, TenantName, limit};
use ractor::{Actor, ActorProcessingErr, ActorRef, SupervisionEvent};
use storage::{Store, Threads};
use sync::Command;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::aside::aside;
use crate::failure::{told, told_of_start};
use crate::mailbox::{Mailbox, NotTaken};
use crate::measure;
use crate::meter::Meters;
use crate::port::Clock;
use crate::setup::Setup;
use crate::status;
use crate::tenant::{self, Lent, OrderError, Tenant};

/// A running node. Dropping it without [`Running::stop`] is like a crash: recovery mends it, but later.
pub struct Running {
    root: ActorRef<()>,
    tenants: Vec<(TenantName, Mailbox<tenant::Message>)>,
    meters: Vec<Arc<Meters>>,
    clock: Arc<dyn Clock>,
    begun: Millis,
    threads: Threads,
    stop: CancellationToken,
    abandon: CancellationToken,
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
    /// A store had failed and was not open again, or did not close well.
    #[error("the store of tenant {tenant} did not end in order: {error}")]
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
            let error = told(&error);
            model::log!(
                error,
                "a tenant failed and stays stopped until the next start",
                error = error
            );
        }
        Ok(())
    }
}

/// Starts a node.
pub async fn start(setup: Setup) -> Result<Running, StartError> {
    let failed = |error: ractor::SpawnErr| StartError(told_of_start(&error).to_string());
    let (root, _) = Actor::spawn(None, Root, ()).await.map_err(failed)?;
    let (stop, abandon) = (CancellationToken::new(), CancellationToken::new());
    let begun = setup.clock.now();
    let (mut tenants, mut counting) = (Vec::new(), Vec::new());
    for tenant in setup.tenants {
        let name = tenant.name.clone();
        let profiles = tenant.profiles.iter().map(|each| &each.profile.name);
        let meters = Arc::new(Meters::new(&name, profiles));
        counting.push(Arc::clone(&meters));
        let arguments = tenant::Arguments {
            setup: tenant,
            clock: Arc::clone(&setup.clock),
            tuning: setup.tuning.clone(),
            meters,
            stop: stop.clone(),
            abandon: abandon.clone(),
        };
        let spawned = Actor::spawn_linked(None, Tenant, arguments, root.get_cell()).await;
        let (actor, _) = spawned.map_err(failed)?;
        tenants.push((name, Mailbox::new(actor)));
    }
    Ok(Running {
        root,
        tenants,
        meters: counting,
        clock: setup.clock,
        begun,
        threads: setup.tuning.store.threads,
        stop,
        abandon,
    })
}

/// Milliseconds of [`limit::STOP_MS`] that answers are waited for; the rest is for what follows from giving them up, and for
/// the stores.
const GRACE_MS: u64 = limit::STOP_MS - 1_500;
/// Milliseconds for pairs to note that their answers were given up.
const ABANDON_MS: u64 = 400;
/// How long a tenant may take to answer.
const ANSWER: Duration = Duration::from_secs(2);

impl Running {
    /// What can be seen of it.
    pub async fn status(&self) -> status::Node {
        let ask = |(_, tenant): &(TenantName, Mailbox<tenant::Message>)| {
            let (reply, answer) = oneshot::channel();
            let _ = tenant.try_send(tenant::Message::Observe(reply));
            answer
        };
        let asked: Vec<_> = self.tenants.iter().map(ask).collect();
        let until = tokio::time::Instant::now() + ANSWER;
        let mut tenants = Vec::new();
        for ((name, _), answer) in self.tenants.iter().zip(asked) {
            let answer = tokio::time::timeout_at(until, answer).await;
            let silent = || status::Tenant {
                name: name.clone(),
                failure: Some("the tenant does not answer".to_owned()),
                profiles: Vec::new(),
                stopped: Vec::new(),
            };
            tenants.push(answer.ok().and_then(Result::ok).unwrap_or_else(silent));
        }
        status::Node { tenants }
    }

    /// Every number that it tells of itself.
    pub async fn metrics(&self) -> Vec<Sample> {
        let status = self.status().await;
        let mut samples = measure::node(&status, self.clock.now().since(self.begun));
        for tenant in status.tenants {
            let store = self.store(&tenant.name).await;
            let work = move || measure::tenant(&tenant, store.as_ref());
            samples.extend(aside(self.threads, work).await.unwrap_or_default());
        }
        for meters in &self.meters {
            samples.extend(meters.own.samples());
            let profiles = meters.profiles.values();
            samples.extend(profiles.flat_map(|meter| meter.samples()));
        }
        samples
    }

    /// What was counted of each tenant, as it happened.
    #[must_use]
    pub fn meters(&self) -> &[Arc<Meters>] {
        &self.meters
    }

    /// The store of a tenant, for reading; nothing when the tenant is unknown or its store is not open.
    pub async fn store(&self, tenant: &TenantName) -> Option<Store> {
        match self.lend(tenant, ANSWER).await? {
            Lent::Open(store) => Some(store),
            Lent::Never | Lent::Failed(_) => None,
        }
    }

    async fn lend(&self, tenant: &TenantName, patience: Duration) -> Option<Lent> {
        let (_, mailbox) = self.tenants.iter().find(|(name, _)| name == tenant)?;
        let (reply, answer) = oneshot::channel();
        mailbox.try_send(tenant::Message::Lend(reply)).ok()?;
        tokio::time::timeout(patience, answer).await.ok()?.ok()
    }

    /// Says that something may have changed at the remotes of a profile, or of all of them. It may be said too often:
    /// what a tenant cannot take now is as good as said already.
    pub fn wake(&self, tenant: &TenantName, profile: Option<&ProfileName>) {
        if let Some((_, mailbox)) = self.tenants.iter().find(|(name, _)| name == tenant) {
            let _ = mailbox.try_send(tenant::Message::Wake(profile.cloned()));
        }
    }

    /// Gives a person's order about a pair. When it is taken it is durable: it is carried out as soon as the profile runs,
    /// after a crash too, whether the remotes can be reached or not.
    pub async fn order(
        &self,
        tenant: &TenantName,
        profile: &ProfileName,
        pair: PairId,
        command: Command,
    ) -> Result<(), OrderError> {
        let found = self.tenants.iter().find(|(name, _)| name == tenant);
        let (_, mailbox) = found.ok_or(OrderError::Unknown)?;
        let (reply, answer) = oneshot::channel();
        let order = tenant::Message::Order(profile.clone(), pair, command, reply);
        mailbox.try_send(order).map_err(|why| match why {
            NotTaken::Full => OrderError::Busy,
            NotTaken::Gone => OrderError::Gone,
        })?;
        answer.await.map_err(|_| OrderError::Gone)?
    }

    /// Stops: nothing new is sent, what is on its way is waited for as long as there is time and then left to recovery, and
    /// the stores are closed. It takes at most [`limit::STOP_MS`] unless a disk is slower than that.
    pub async fn stop(self) -> Result<(), StopError> {
        self.stop.cancel();
        let grace = Duration::from_millis(GRACE_MS);
        let finished = tokio::time::timeout(grace, self.settled()).await;
        self.abandon.cancel();
        if finished.is_err() {
            let pause = Duration::from_millis(ABANDON_MS);
            let _ = tokio::time::timeout(pause, self.settled()).await;
        }
        let stores = self.stores().await;
        let ended = self.tenants.iter().map(|(_, mailbox)| {
            let patience = ractor::concurrency::Duration::from_millis(ABANDON_MS);
            mailbox.actor().stop_and_wait(None, Some(patience))
        });
        futures::future::join_all(ended).await;
        self.root.stop(None);
        close(stores, self.threads).await?;
        finished.map_err(|_| StopError::Unfinished)
    }

    async fn stores(&self) -> Vec<(TenantName, Lent)> {
        let patience = Duration::from_millis(ABANDON_MS);
        let lent = self.tenants.iter().map(|(name, _)| async move {
            let store = self.lend(name, patience).await?;
            Some((name.clone(), store))
        });
        let stores = futures::future::join_all(lent).await;
        stores.into_iter().flatten().collect()
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

/// Why a store did not end in order, if it did not.
async fn end(lent: Lent, threads: Threads) -> Option<String> {
    let store = match lent {
        Lent::Open(store) => store,
        Lent::Never => return None,
        Lent::Failed(failure) => return Some(failure),
    };
    match aside(threads, move || store.close()).await {
        Some(closed) => closed.err().map(|error| error.to_string()),
        // Its words may be those of a panic.
        None => Some("a fault in the program".to_owned()),
    }
}

/// Closes all stores, also when one of them does not close well, and tells the first that did not.
async fn close(stores: Vec<(TenantName, Lent)>, threads: Threads) -> Result<(), StopError> {
    let mut first = Ok(());
    for (tenant, lent) in stores {
        let Some(error) = end(lent, threads).await else {
            continue;
        };
        if first.is_ok() {
            first = Err(StopError::Store { tenant, error });
        }
    }
    first
}
