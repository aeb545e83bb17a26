//! Counts of what happened, so that a run can say what it tried.

use std::collections::BTreeMap;
use std::fmt;

/// What has to happen in a run of many histories, or the run tries less than it says.
const WANTED: [&str; 22] = [
    "answer 429",
    "answer 500",
    "answer 503",
    "clock set",
    "connection refused",
    "credential refused",
    "damage found",
    "disk full",
    "item deleted",
    "killed",
    "late, applied",
    "order taken",
    "permission refused",
    "power cut",
    "power cut at a disk operation",
    "request dropped",
    "request repeated",
    "request timed out",
    "response lost",
    "stopped in order",
    "sync failed",
    "wish judged",
];

/// The counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Histories.
    pub(crate) histories: u64,
    /// Requests of the node.
    pub(crate) requests: u64,
    /// Milliseconds of the longest way to convergence once the faults had ended.
    pub(crate) slowest_ms: i64,
    /// The seed that took it.
    pub(crate) slowest_seed: u64,
    counts: BTreeMap<&'static str, u64>,
}

impl Tally {
    /// Counts one of that kind.
    pub(crate) fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// Adds what another history counted.
    pub(crate) fn add(&mut self, other: &Tally) {
        self.histories += other.histories;
        self.requests += other.requests;
        if other.slowest_ms > self.slowest_ms {
            (self.slowest_ms, self.slowest_seed) = (other.slowest_ms, other.slowest_seed);
        }
        for (what, count) in &other.counts {
            *self.counts.entry(what).or_default() += count;
        }
    }

    /// What never happened of all that should.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        let missing = |what: &&str| !self.counts.contains_key(what);
        WANTED.into_iter().filter(missing).collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{} histories, {} requests; in step after {} s at most (seed {})",
            self.histories,
            self.requests,
            self.slowest_ms / 1_000,
            self.slowest_seed
        )?;
        for (what, count) in &self.counts {
            write!(out, "; {what} {count}")?;
        }
        Ok(())
    }
}
