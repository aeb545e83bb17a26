//! What a running node does for its backups: makes them by schedule and on order, tries one out each week, removes those that
//! are past their time, and tells what failed.
//!
//! One tenant after the other, so that a node with many tenants never does this work for two at once. All that takes long is done
//! in a thread of its own, which a stopping node does not wait for: what it leaves is no backup.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actors::{Clock as _, Running, ledger};
use admin::Refusal;
use model::metric::{Metric, Place as Of, Sample};
use model::{Millis, Problem, TenantName, problem::Code};
use serde_json::{Value, json};
use storage::Store;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use super::copies;
use super::place::Place;
use super::record::{Failure, Record};
use super::schedule::seed;
use super::settings::Settings;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::exit::Error;

/// The pause between two looks at what is due.
const LOOK: Duration = Duration::from_secs(20);
/// Milliseconds until what failed is tried again.
const AGAIN_MS: i64 = 600_000;
/// Milliseconds between two looks at a bucket when nothing is known to be amiss.
const COPY_MS: i64 = 3_600_000;
/// Milliseconds until a bucket that failed is tried again.
const COPY_AGAIN_MS: i64 = 60_000;

/// The task and what it tells.
pub struct Keeper {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

/// What is known of all tenants, for whoever asks.
pub struct Shared {
    wake: Notify,
    tenants: Mutex<BTreeMap<TenantName, Standing>>,
}

/// How a tenant's backups stand.
#[derive(Clone, Debug, Default)]
struct Standing {
    /// Whether one is being made.
    running: bool,
    /// Orders that were given, and those that were carried out.
    orders: u64,
    done: u64,
    /// What came of the last order.
    last: Value,
    /// When the last good backup was begun.
    good: Option<Millis>,
    record: Record,
    /// What failed is not tried again before.
    next: Millis,
    next_drill: Millis,
    next_copy: Millis,
}

impl Shared {
    fn tenants(&self) -> MutexGuard<'_, BTreeMap<TenantName, Standing>> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, tenant: &TenantName, change: impl FnOnce(&mut Standing)) {
        if let Some(standing) = self.tenants().get_mut(tenant) {
            change(standing);
        }
    }

    /// Takes an order, for one tenant or for all. It is carried out soon.
    ///
    /// # Errors
    /// When there is no such tenant.
    pub fn order(&self, only: Option<&str>) -> Result<Value, Refusal> {
        let mut tenants = self.tenants();
        let wanted = |name: &TenantName| only.is_none_or(|only| only == name.as_str());
        let mut taken = Vec::new();
        for (name, standing) in tenants.iter_mut().filter(|(name, _)| wanted(name)) {
            standing.orders = standing.orders.saturating_add(1);
            taken.push(json!({ "tenant": name.as_str(), "order": standing.orders }));
        }
        drop(tenants);
        if taken.is_empty() {
            return Err(Refusal::Unknown(
                "no tenant of that name runs here; `counterpart problems` tells which tenants do not run".to_owned(),
            ));
        }
        self.wake.notify_one();
        Ok(json!({ "accepted": true, "tenants": taken }))
    }

    /// How all tenants' backups stand.
    #[must_use]
    pub fn report(&self) -> Value {
        let tenants = self.tenants();
        let row = |(name, standing): (&TenantName, &Standing)| {
            json!({
                "tenant": name.as_str(),
                "running": standing.running,
                "orders": standing.orders,
                "done": standing.done,
                "last": standing.last,
                "good": standing.good.map(|at| at.0),
                "failure": standing.record.failure,
                "copy_failure": standing.record.copy_failure,
                "drill": standing.record.drill,
            })
        };
        json!({ "tenants": tenants.iter().map(row).collect::<Vec<_>>() })
    }

    /// What the numbers tell of the tenants' backups.
    #[must_use]
    pub fn samples(&self, now: Millis) -> Vec<Sample> {
        let tenants = self.tenants();
        tenants
            .iter()
            .flat_map(|(tenant, standing)| standing.samples(tenant, now))
            .collect()
    }
}

impl Standing {
    fn samples(&self, tenant: &TenantName, now: Millis) -> Vec<Sample> {
        let place = Of {
            tenant: Some(tenant.clone()),
            profile: None,
        };
        let level = |metric, number| Sample::level(metric, &place, &[], number);
        let truth = |is| f64::from(u8::from(is));
        let record = &self.record;
        let failed = record.failure.is_some() || record.copy_failure.is_some();
        let drill = record.drill.as_ref();
        let drill_failed = drill.is_some_and(|drill| drill.why.is_some());
        let age = |at: Millis| now.since(at).max(0) as f64 / 1_000.0;
        let aged = self.good.map(|at| level(Metric::BackupAge, age(at)));
        let told = [
            level(Metric::BackupFailed, truth(failed)),
            level(Metric::DrillFailed, truth(drill_failed)),
        ];
        aged.into_iter().chain(told).collect()
    }
}

impl Keeper {
    /// Starts the task for all tenants that run.
    #[must_use]
    pub fn start(config: &Config, running: Arc<Running>) -> Keeper {
        let works = config
            .tenants
            .iter()
            .filter(|tenant| !tenant.profiles.is_empty());
        let places: Vec<Place> = works
            .map(|tenant| Place::of(config, &tenant.name))
            .collect();
        let standing = |place: &Place| (place.tenant.clone(), Standing::default());
        let shared = Arc::new(Shared {
            wake: Notify::new(),
            tenants: Mutex::new(places.iter().map(standing).collect()),
        });
        let work = Work {
            settings: config.backup.clone(),
            places,
            running,
            shared: Arc::clone(&shared),
        };
        let task = tokio::spawn(work.go_on());
        Keeper { shared, task }
    }

    /// What it tells.
    #[must_use]
    pub fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    /// Ends the task. What it had under way leaves no half backup.
    pub async fn stop(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

struct Work {
    settings: Settings,
    places: Vec<Place>,
    running: Arc<Running>,
    shared: Arc<Shared>,
}

fn now() -> Millis {
    SystemClock.now()
}

/// Does work that blocks in a thread of its own, for which nobody waits when the process ends.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let (reply, answer) = oneshot::channel();
    let thread = std::thread::Builder::new().name("backup".to_owned());
    let spawned = thread.spawn(move || {
        // Nobody hears it any more when the node stops.
        let _ = reply.send(work());
    });
    spawned.map_err(|error| Error::Unreachable(format!("no thread for a backup: {error}")))?;
    let fault = || Error::Unreachable("a fault in the program; the log tells where".to_owned());
    answer.await.unwrap_or_else(|_| Err(fault()))
}

impl Work {
    async fn go_on(self) {
        loop {
            for place in &self.places {
                self.look_after(place).await;
            }
            tokio::select! {
                () = self.shared.wake.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    fn standing(&self, place: &Place) -> Standing {
        let tenants = self.shared.tenants();
        tenants.get(&place.tenant).cloned().unwrap_or_default()
    }

    async fn look_after(&self, place: &Place) {
        let before = self.standing(place);
        let ordered = before.orders > before.done;
        if self.settings.schedule.is_none() && !ordered {
            return;
        }
        self.refresh(place).await;
        let standing = self.standing(place);
        if ordered || self.is_due(place, &standing) {
            self.make(place, standing.orders).await;
        }
        if self.settings.schedule.is_some() {
            self.drill(place).await;
            self.retire(place).await;
            self.copy(place).await;
            self.refresh(place).await;
            self.tell(place).await;
        }
    }

    fn is_due(&self, place: &Place, standing: &Standing) -> bool {
        let due = self.settings.schedule.is_some_and(|schedule| {
            schedule.is_due(seed(place.tenant.as_str()), standing.good, now())
        });
        due && now() >= standing.next
    }

    /// Looks at what lies there.
    async fn refresh(&self, place: &Place) {
        let at = place.clone();
        let found = apart(move || {
            let good = at
                .list()?
                .into_iter()
                .filter(storage::backup::Entry::is_good);
            Ok((
                good.map(|entry| entry.id.at())
                    .filter(|at| *at <= now())
                    .max(),
                at.record(),
            ))
        });
        match found.await {
            Ok((good, record)) => self.shared.change(&place.tenant, |standing| {
                (standing.good, standing.record) = (good, record);
            }),
            Err(error) => {
                self.shared.change(&place.tenant, |standing| {
                    standing.record.failure = Some(Failure::of(&error, now()));
                    standing.next = standing.next.max(now().plus(AGAIN_MS));
                });
                model::log!(
                    error,
                    "the backups cannot be looked at; `backup list` says why",
                    tenant = place.tenant
                );
            }
        }
    }

    async fn make(&self, place: &Place, order: u64) {
        self.shared
            .change(&place.tenant, |standing| standing.running = true);
        let made = match self.ready(place).await {
            Ok(store) => {
                let at = place.clone();
                apart(move || at.create(&store, now())).await
            }
            Err(error) => Err(error),
        };
        let last = match &made {
            Ok(written) => {
                model::log!(
                    info,
                    "a backup was made",
                    tenant = place.tenant,
                    backup = written.id,
                    bytes = written.bytes
                );
                super::made_row(written)
            }
            Err(error) => {
                model::log!(
                    error,
                    "no backup could be made; `backup list` says why",
                    tenant = place.tenant
                );
                self.note_failure(place, error).await;
                json!({ "error": error.to_string() })
            }
        };
        let failed = made.is_err();
        let good = made.as_ref().ok().map(|written| written.id.at());
        self.shared.change(&place.tenant, |standing| {
            standing.good = standing.good.max(good);
            standing.running = false;
            standing.done = order;
            standing.last = last;
            standing.next = if failed {
                now().plus(AGAIN_MS)
            } else {
                Millis(0)
            };
            standing.next_copy = Millis(0);
        });
        self.refresh(place).await;
    }

    /// The store, when a backup of it can be made. Where keys lie in the bucket and none here, no others are made in their place.
    async fn ready(&self, place: &Place) -> Result<Store, Error> {
        copies::keys_first(place).await?;
        let store = self.running.store(&place.tenant).await;
        store.ok_or_else(|| {
            Error::Unreachable(
                "the tenant's store is not open; `counterpart problems` tells why".to_owned(),
            )
        })
    }

    /// What failed before a backup was begun, too.
    async fn note_failure(&self, place: &Place, error: &Error) {
        let (at, failure) = (place.clone(), Failure::of(error, now()));
        let noted = apart(move || at.note(|record| record.failure = Some(failure)));
        if noted.await.is_err() {
            model::log!(
                error,
                "that a backup failed cannot be noted beside the backups",
                tenant = place.tenant
            );
        }
    }

    /// Brings the bucket up to what lies here.
    async fn copy(&self, place: &Place) {
        if self.settings.bucket.is_none() || now() < self.standing(place).next_copy {
            return;
        }
        let outcome = self.try_copy(place).await;
        let failed = outcome.is_err();
        if failed {
            model::log!(
                error,
                "the copies in the bucket are not as they should be; it is tried again, and `backup list` says why",
                tenant = place.tenant
            );
        }
        let failure = outcome.err().map(|error| Failure::of(&error, now()));
        let at = place.clone();
        let noted = apart(move || at.note(|record| record.copy_failure = failure));
        if noted.await.is_err() {
            model::log!(
                error,
                "what came of the copies cannot be noted beside the backups",
                tenant = place.tenant
            );
        }
        let pause = if failed { COPY_AGAIN_MS } else { COPY_MS };
        self.shared.change(&place.tenant, |standing| {
            standing.next_copy = now().plus(pause);
        });
    }

    async fn try_copy(&self, place: &Place) -> Result<(), Error> {
        let Some(bucket) = place.bucket()? else {
            return Ok(());
        };
        let kempt = copies::keep(place, &bucket, self.settings.keep_days, now()).await?;
        for id in &kempt.sent {
            model::log!(
                info,
                "a backup was copied into the bucket",
                tenant = place.tenant,
                backup = id
            );
        }
        for id in &kempt.removed {
            model::log!(
                info,
                "a copy past its time was removed from the bucket",
                tenant = place.tenant,
                backup = id
            );
        }
        kempt.failure().map_or(Ok(()), Err)
    }

    async fn drill(&self, place: &Place) {
        let standing = self.standing(place);
        let last = standing.record.drill.as_ref().map(|drill| drill.at);
        let due = self
            .settings
            .schedule
            .is_some_and(|schedule| schedule.is_drill_due(last, now()));
        if !due || standing.good.is_none() || now() < standing.next_drill {
            return;
        }
        let at = place.clone();
        let held = apart(move || {
            let id = at.choose("latest")?;
            at.drill(id, now())
        });
        let why = match held.await {
            Ok(Ok(drilled)) => super::place::wrong(&drilled),
            Ok(Err(why)) => Some(why),
            Err(_) => {
                model::log!(
                    error,
                    "the drill could not be held; it is tried again, and `backup drill` says why",
                    tenant = place.tenant
                );
                self.shared.change(&place.tenant, |standing| {
                    standing.next_drill = now().plus(AGAIN_MS)
                });
                return;
            }
        };
        match why {
            None => model::log!(
                info,
                "a backup was tried out and is sound",
                tenant = place.tenant
            ),
            Some(_) => {
                model::log!(
                    error,
                    "a backup was tried out and is not sound; `backup list` says why",
                    tenant = place.tenant
                )
            }
        }
    }

    async fn retire(&self, place: &Place) {
        let (at, days) = (place.clone(), self.settings.keep_days);
        if apart(move || at.retire(days, now())).await.is_err() {
            model::log!(
                error,
                "backups past their time cannot be removed",
                tenant = place.tenant
            );
        }
    }

    /// Opens and closes the tenant's problems, as the record says.
    async fn tell(&self, place: &Place) {
        let Some(store) = self.running.store(&place.tenant).await else {
            return;
        };
        let record = self.standing(place).record;
        let drill_failed = record
            .drill
            .as_ref()
            .is_some_and(|drill| drill.why.is_some());
        for (problem, open) in [
            (Problem::new(Code::BackupFailed), record.failure.is_some()),
            (
                Problem::new(Code::BackupFailed).about("bucket"),
                record.copy_failure.is_some(),
            ),
            (Problem::new(Code::DrillFailed), drill_failed),
        ] {
            if tell(&store, &problem, open).await.is_err() {
                model::log!(
                    error,
                    "a problem of the backups cannot be noted",
                    tenant = place.tenant
                );
            }
        }
    }
}

async fn tell(store: &Store, problem: &Problem, open: bool) -> Result<(), String> {
    let batch = ledger::tenant_problem(store, problem, open, now());
    let Some(batch) = batch.map_err(|error| error.to_string())? else {
        return Ok(());
    };
    let committed = store.commit(batch).await;
    committed.map(drop).map_err(|error| error.to_string())
}
