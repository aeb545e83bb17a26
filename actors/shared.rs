//! What the actors of one profile share.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use mapping::Profile;
use model::{Both, DigestKey, Installation, ItemId, ItemKey, Side};
use sync::{Addresses, Connector, Context, Floor, Schedule, Signpost};

use crate::ledger::{Ledger, Room};
use crate::line::Line;
use crate::port::Clock;
use crate::stored::Numbers;
use crate::twins::{Lookup, Sites};

/// The connectors of a profile. They are exchanged when a remote was met anew and its metadata had changed.
pub struct Connectors(RwLock<Both<Arc<dyn Connector>>>);

impl Connectors {
    /// These connectors.
    #[must_use]
    pub fn new(connectors: Both<Arc<dyn Connector>>) -> Connectors {
        Connectors(RwLock::new(connectors))
    }

    /// That side's connector.
    #[must_use]
    pub fn get(&self, side: Side) -> Arc<dyn Connector> {
        Arc::clone(
            self.0
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .get(side),
        )
    }

    /// Takes a newer connector for that side.
    pub fn exchange(&self, side: Side, connector: Arc<dyn Connector>) {
        *self
            .0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .get_mut(side) = connector;
    }
}

impl Addresses for Connectors {
    fn browse(&self, side: Side, key: &ItemKey, item: ItemId) -> String {
        self.get(side).browse_url(key, item)
    }
}

impl Sites for Connectors {
    fn signpost(&self, side: Side, url: &str) -> Option<Signpost> {
        self.get(side).signpost(url)
    }
}

/// What the actors of one profile share. Everything in it is read only or guarded by itself.
pub struct Shared {
    /// The profile.
    pub profile: Arc<Profile>,
    /// Its rows.
    pub ledger: Ledger,
    /// The connectors, once both remotes were met.
    pub connectors: Connectors,
    /// The connections.
    pub lines: Both<Arc<Line>>,
    /// The digest key of the tenant.
    pub key: Arc<DigestKey>,
    /// Who we are.
    pub installation: Installation,
    /// Under which incarnation of the store we run.
    pub incarnation: u64,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// When doubts are probed.
    pub schedule: Schedule,
    /// Whether creates are allowed: every item was met once.
    pub may_create: AtomicBool,
    /// From where on an item created from now on would have to be looked for.
    pub floor: Mutex<Floor>,
    /// What was done.
    pub tally: Tally,
    /// Room for problems of pairs.
    pub room: Room,
    /// Numbers of inbox rows.
    pub numbers: Numbers,
}

/// Counts since the start.
#[derive(Debug, Default)]
pub struct Tally {
    /// Writes that remotes applied.
    pub effects: AtomicU64,
    /// Conflicts that were met.
    pub conflicts: AtomicU64,
    /// Steps of the core.
    pub steps: AtomicU64,
    /// Commits.
    pub commits: AtomicU64,
    /// Conversions that could not carry everything.
    pub losses: AtomicU64,
}

impl Shared {
    /// What one step may know now.
    pub fn with_context<T>(&self, work: impl FnOnce(&Context<'_>) -> T) -> T {
        let floor = self
            .floor
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let twins = Lookup::new(&self.ledger, &self.connectors);
        let context = Context {
            profile: &self.profile,
            key: &self.key,
            installation: self.installation,
            incarnation: self.incarnation,
            may_create: self.may_create.load(Ordering::Acquire),
            floor: &floor,
            addresses: &self.connectors,
            twins: &twins,
            schedule: &self.schedule,
        };
        work(&context)
    }

    /// Raises the floor by what a feed or a receipt showed. Only projects of the profile have one: that bounds it.
    pub fn raise_floor<'a>(
        &self,
        keys: impl IntoIterator<Item = &'a ItemKey>,
        token: Option<String>,
    ) -> Floor {
        let mut floor = self.floor.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            let known = |project| self.profile.scope_of(Side::Jira, project).is_some();
            if key.project().is_some_and(known) {
                floor.raise(key);
            }
        }
        if token.is_some() {
            floor.token = token;
        }
        floor.clone()
    }

    /// Takes up the floor that was kept before a start.
    pub fn resume_floor(&self, kept: &Floor) {
        let mut floor = self.floor.lock().unwrap_or_else(PoisonError::into_inner);
        for (project, number) in &kept.keys {
            if self.profile.scope_of(Side::Jira, project).is_some() {
                let known = floor.keys.entry(project.clone()).or_default();
                *known = (*known).max(*number);
            }
        }
        if kept.token.is_some() {
            floor.token.clone_from(&kept.token);
        }
    }
}
