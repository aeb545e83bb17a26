//! Who announces extended logging where the customer looks.

use std::collections::BTreeMap;
use std::sync::Arc;

use actors::ledger::{Ledger, LedgerError};
use actors::{Clock as _, Running};
use model::problem::{Code, Problem};
use model::{Millis, TenantName};
use storage::Store;
use storage::audit::{Act, Action};
use tokio::sync::Mutex;

use crate::auditor::Auditor;
use crate::clock::SystemClock;
use crate::config::{Config, Tenant};
use crate::extended::Extended;

/// Keeps the problem `extended-logging` open while it is on, and closed while it is not.
pub(super) struct Announcer {
    config: Arc<Config>,
    running: Arc<Running>,
    extended: Arc<Extended>,
    auditor: Auditor,
    /// What was announced last. Nothing at the start: what a former run left open is closed then.
    told: Mutex<BTreeMap<TenantName, bool>>,
}

impl Announcer {
    pub(super) fn new(
        config: &Arc<Config>,
        running: &Arc<Running>,
        extended: Arc<Extended>,
    ) -> Announcer {
        Announcer {
            config: Arc::clone(config),
            running: Arc::clone(running),
            extended,
            auditor: Auditor::of(config),
            told: Mutex::default(),
        }
    }

    pub(super) fn extended(&self) -> &Extended {
        &self.extended
    }

    /// Looks whether what was announced is still so. `ordered` says that somebody's order is at work, who tells of it himself.
    /// What cannot be announced now, since the store is not open, is announced with a later look.
    pub(super) async fn look(&self, ordered: bool) {
        let mut told = self.told.lock().await;
        let now = SystemClock.now();
        for tenant in &self.config.tenants {
            let is_on = self.extended.is_on(&tenant.name, now);
            let before = told.get(&tenant.name).copied();
            if before == Some(is_on) || tenant.profiles.is_empty() {
                continue;
            }
            let Some(store) = self.running.store(&tenant.name).await else {
                continue;
            };
            if let Err(error) = announce(&store, tenant, is_on, now).await {
                model::log!(
                    error,
                    "extended logging cannot be announced",
                    tenant = tenant.name,
                    error = error
                );
                continue;
            }
            told.insert(tenant.name.clone(), is_on);
            if before == Some(true) && !is_on && !ordered {
                self.tell_end(&tenant.name).await;
            }
        }
    }

    async fn tell_end(&self, tenant: &TenantName) {
        let act = Act::new(
            model::told!("the node, since the time is over"),
            Action::ExtendedOff,
        );
        let (act, auditor) = (act.for_tenant(tenant), self.auditor.clone());
        let _ = tokio::task::spawn_blocking(move || auditor.try_tell(&act)).await;
    }
}

/// Closes what a run that was killed left open; while the command runs it is off.
pub(in crate::command) async fn close_leftovers(config: &Config, running: &Running) {
    let now = SystemClock.now();
    for tenant in &config.tenants {
        if let Some(store) = running.store(&tenant.name).await {
            // What cannot be closed now is closed by the next run.
            let _ = announce(&store, tenant, false, now).await;
        }
    }
}

/// The problem is each profile's, since that is where people look.
async fn announce(
    store: &Store,
    tenant: &Tenant,
    is_on: bool,
    now: Millis,
) -> Result<(), LedgerError> {
    let problem = Problem::new(Code::ExtendedLogging);
    for profile in &tenant.profiles {
        let ledger = Ledger {
            store: store.clone(),
            profile: profile.name.clone(),
        };
        if let Some(batch) = ledger.profile_problem(&problem, is_on, now)? {
            store.commit(batch).await.map_err(LedgerError::from)?;
        }
    }
    Ok(())
}
