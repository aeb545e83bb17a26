//! What can be seen of a running node.

use model::{Both, Problem, ProfileName, TenantName};
use serde::Serialize;

/// A node.
#[derive(Clone, Debug, Serialize)]
pub struct Node {
    /// Its tenants.
    pub tenants: Vec<Tenant>,
}

/// A tenant.
#[derive(Clone, Debug, Serialize)]
pub struct Tenant {
    /// Its name.
    pub name: TenantName,
    /// Why it does not run; nothing when it does.
    pub failure: Option<String>,
    /// Its profiles.
    pub profiles: Vec<Profile>,
    /// Profiles that failed too often and were stopped, with the last error.
    pub stopped: Vec<(ProfileName, String)>,
}

/// A profile.
#[derive(Clone, Debug, Serialize)]
pub struct Profile {
    /// Its name.
    pub name: ProfileName,
    /// Whether nothing is left to do: both feeds are at their end and nothing waits.
    pub idle: bool,
    /// Milliseconds since a feed last brought anything.
    pub quiet_for_ms: i64,
    /// Whether both remotes were met.
    pub connected: bool,
    /// Whether creates are allowed.
    pub open: bool,
    /// What is wrong with the connections.
    pub trouble: Vec<Problem>,
    /// Pairs that wait for their turn.
    pub pending: usize,
    /// Pairs at work.
    pub active: usize,
    /// Pairs that wait for a time.
    pub waiting: usize,
    /// Parked pairs.
    pub parked: usize,
    /// Writes that remotes applied.
    pub effects: u64,
    /// Conflicts that were met.
    pub conflicts: u64,
    /// Steps of the core.
    pub steps: u64,
    /// Commits.
    pub commits: u64,
    /// What conversions could not carry.
    pub losses: u64,
    /// Requests sent.
    pub requests: Both<u64>,
    /// Requests that wait for an answer.
    pub in_flight: Both<usize>,
    /// Requests that may be in flight at once.
    pub width: Both<usize>,
    /// Milliseconds since each feed was read to its end; nothing before it was.
    pub feed_age_ms: Both<Option<i64>>,
    /// Milliseconds for which the oldest change that a feed named has not been dealt with.
    pub oldest_pending_ms: i64,
}

impl Node {
    /// All profiles of all tenants.
    pub fn profiles(&self) -> impl Iterator<Item = &Profile> {
        self.tenants.iter().flat_map(|tenant| &tenant.profiles)
    }
}
