//! What a node is started with.

use std::path::PathBuf;
use std::sync::Arc;

use mapping::Profile;
use model::{Millis, TenantName};
use storage::disk::{Disk, OsDisk};
use storage::{EngineKind, Masters, Sealing};
use sync::Schedule;

use crate::port::{Clock, Gateway};

/// A node.
pub struct Setup {
    /// Its tenants.
    pub tenants: Vec<TenantSetup>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// How it goes about its work.
    pub tuning: Tuning,
}

/// A tenant: own directory, own store, own profiles.
pub struct TenantSetup {
    /// Its name.
    pub name: TenantName,
    /// The directory that holds its store and nothing else.
    pub directory: PathBuf,
    /// Its profiles.
    pub profiles: Vec<ProfileSetup>,
}

/// A profile, compiled, with the way to its remotes.
#[derive(Clone)]
pub struct ProfileSetup {
    /// The profile.
    pub profile: Arc<Profile>,
    /// The way to its remotes.
    pub gateway: Arc<dyn Gateway>,
}

/// How a node goes about its work. The defaults suit real remotes; a test shortens them.
#[derive(Clone, Debug)]
pub struct Tuning {
    /// Milliseconds between two looks at a feed that has nothing new.
    pub poll_ms: u64,
    /// When doubtful effects are probed.
    pub schedule: Schedule,
    /// Milliseconds between two passes over everything that a feed may have missed.
    pub rescan_ms: i64,
    /// Milliseconds between two looks at the remotes' metadata.
    pub refresh_ms: u64,
    /// Requests in flight on one connection at most.
    pub requests_in_flight: usize,
    /// Options of each tenant's store, but for how its digest key is sealed.
    pub store: storage::Options,
    /// Who knows the master keys under which digest keys are sealed; nothing for keys in files.
    pub masters: Option<Arc<dyn Masters>>,
    /// The disk that the stores lie on.
    pub disk: Arc<dyn Disk>,
    /// The engine that holds the stores' states.
    pub engine: EngineKind,
}

impl Tuning {
    /// How a tenant's store is opened at that time.
    #[must_use]
    pub fn options(&self, tenant: &TenantName, now: Millis) -> storage::Options {
        let sealing = |masters: &Arc<dyn Masters>| Sealing {
            tenant: tenant.clone(),
            masters: Arc::clone(masters),
            now,
        };
        storage::Options {
            sealing: self.masters.as_ref().map(sealing),
            ..self.store.clone()
        }
    }
}

impl Default for Tuning {
    fn default() -> Tuning {
        Tuning {
            poll_ms: 10_000,
            rescan_ms: 86_400_000,
            refresh_ms: 60_000,
            schedule: Schedule::default(),
            requests_in_flight: model::limit::REQUESTS_IN_FLIGHT,
            store: storage::Options::default(),
            masters: None,
            disk: Arc::new(OsDisk),
            engine: EngineKind::Sled,
        }
    }
}
