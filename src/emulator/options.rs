//! How an emulated site begins, and what of the remote's behaviour is switched on.

use crate::fault::Faults;
use crate::limit;

/// The options of one site and of its server.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many sample items exist at the start.
    pub items: u32,
    /// The seed of everything that looks random: sample data, search lag, faults.
    pub seed: u64,
    /// Virtual time at which the site begins, milliseconds since the Unix epoch; the sample data
    /// lies before it.
    pub start_ms: i64,
    /// How long Jira's search index lags behind a write, in milliseconds: the least and the most.
    pub search_lag_ms: (u32, u32),
    /// Whether Jira's per-issue limits on writes answer 429 (jira.md 11).
    pub write_limits: bool,
    /// The fault rules with which the server begins.
    pub faults: Faults,
    /// How many posts a server carries at once; one keeps their order.
    pub posts_at_once: usize,
    /// What a server allows its clients.
    pub allowance: Allowance,
}

/// What a server allows its clients: time in milliseconds, memory in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// For the head of a request to arrive, and for a connection to stay idle.
    pub head_ms: u64,
    /// For the body of a request to arrive.
    pub body_ms: u64,
    /// For a client to take the next piece of its answer.
    pub answer_ms: u64,
    /// For a receiver to answer a post.
    pub post_ms: u64,
    /// Held by request bodies together.
    pub bodies_bytes: usize,
    /// Held by answers that are not read yet together.
    pub answers_bytes: usize,
    /// Connections at once.
    pub connections: usize,
}

impl Default for Allowance {
    fn default() -> Self {
        Self {
            head_ms: 120_000,
            body_ms: 60_000,
            answer_ms: 60_000,
            post_ms: 10_000,
            bodies_bytes: limit::BODIES_BYTES_MAX,
            answers_bytes: limit::ANSWERS_BYTES_MAX,
            connections: limit::CONNECTIONS_MAX,
        }
    }
}

impl Options {
    /// The defaults for a server that begins now, with sample data that lies before now.
    pub fn live(items: u32, seed: u64) -> Self {
        Self {
            items,
            seed,
            start_ms: crate::clock::system_ms(),
            ..Self::default()
        }
    }
}

impl Default for Options {
    /// No items, seed 1, the lag and the limits of a busy Cloud site, no faults.
    fn default() -> Self {
        Self {
            items: 0,
            seed: 1,
            start_ms: 1_790_000_000_000,
            search_lag_ms: (400, 1_500),
            write_limits: true,
            faults: Faults::default(),
            posts_at_once: 8,
            allowance: Allowance::default(),
        }
    }
}
