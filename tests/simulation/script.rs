//! A fixed story of about thirty steps, told at a steady pace: everything that people do, and nothing goes wrong by itself.

use model::Side;
use rand::SeedableRng as _;
use rand::rngs::SmallRng;
use storage::Threads;
use sync::Command;

use crate::act::{Act, Deed};
use crate::life::{self, History};
use crate::swarm::{Disk, End, Fate, Life, Network, Swarm};

/// Fields, by their places in [`crate::people::FIELDS`]; a comment is beyond them.
const TITLE: usize = 0;
const TEXT: usize = 1;
const PRIORITY: usize = 2;
const LABELS: usize = 3;
const STATE: usize = 4;
const COMMENT: usize = 5;

/// Milliseconds between two steps.
const PACE_MS: i64 = 4_000;
/// Milliseconds before the first, in which the node meets the remotes.
const MEETING_MS: i64 = 20_000;

/// The steps.
const STEPS: [Deed; 32] = [
    Deed::Begin(Side::Jira),
    Deed::Begin(Side::Azure),
    Deed::Edit(0, Side::Jira, TITLE),
    Deed::Edit(1, Side::Azure, TITLE),
    Deed::Edit(2, Side::Jira, COMMENT),
    Deed::Edit(3, Side::Azure, COMMENT),
    Deed::Edit(0, Side::Azure, STATE),
    Deed::Edit(1, Side::Jira, STATE),
    Deed::Edit(2, Side::Azure, LABELS),
    Deed::Edit(3, Side::Jira, LABELS),
    Deed::Both(0, TITLE),
    Deed::Both(1, LABELS),
    Deed::Order(2, Command::Park),
    Deed::Edit(2, Side::Jira, TITLE),
    Deed::Edit(2, Side::Azure, PRIORITY),
    Deed::Checkpoint,
    Deed::Begin(Side::Azure),
    Deed::Order(2, Command::Resume),
    Deed::Edit(0, Side::Jira, PRIORITY),
    Deed::Edit(3, Side::Azure, TEXT),
    Deed::Edit(1, Side::Jira, TEXT),
    Deed::Both(3, COMMENT),
    Deed::Edit(2, Side::Azure, STATE),
    Deed::Begin(Side::Jira),
    Deed::Edit(0, Side::Jira, COMMENT),
    Deed::Both(2, PRIORITY),
    Deed::Order(1, Command::Resync),
    Deed::Edit(1, Side::Azure, STATE),
    Deed::Edit(4, Side::Azure, TITLE),
    Deed::Edit(4, Side::Jira, COMMENT),
    Deed::Both(0, TEXT),
    Deed::Edit(3, Side::Jira, TITLE),
];

/// What befalls the node, once.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Blow {
    /// Nothing.
    None,
    /// The power goes at that point, within so many milliseconds.
    Power(u64, i64),
    /// That request meets that fate.
    Request(u64, Fate),
}

fn acts() -> Vec<Act> {
    let act = |(number, deed): (usize, Deed)| Act {
        number,
        at_ms: MEETING_MS + PACE_MS * i64::try_from(number).unwrap_or(0),
        seed: u64::try_from(number).unwrap_or(0),
        deed,
    };
    STEPS.into_iter().enumerate().map(act).collect()
}

fn swarm(blow: Blow) -> Swarm {
    let mut network = Network::sound();
    network.latency_ms = (20, 20);
    let mut lives = Vec::new();
    match blow {
        Blow::None => {}
        Blow::Request(at, fate) => network.at = Some((at, fate)),
        Blow::Power(point, within_ms) => lives.push(Life {
            lasts_ms: within_ms,
            calm_ms: 0,
            end: End::Power,
            disk: Disk::Cut(point),
            gap_ms: 1_000,
            skew_ms: 0,
        }),
    }
    Swarm {
        items: 1,
        acts: acts(),
        orders: 0.0,
        deletes: 0.0,
        moves: 0.0,
        profiles: 1,
        direction: "both",
        policy: "latest",
        search_lag_ms: (400, 1_500),
        write_limits: false,
        wakes: 1.0,
        network,
        wrongs: Vec::new(),
        lives,
        calm_ms: 0,
        refresh_ms: 3_600_000,
        store: storage::Options {
            segment_bytes: 1 << 14,
            chunk_bytes: 1 << 12,
            checkpoint_bytes: 1 << 17,
            threads: Threads::Inline,
            ..storage::Options::default()
        },
    }
}

/// Lives through it, or says what went wrong.
pub(crate) fn live(blow: Blow) -> Result<History, String> {
    let lived = life::history(&swarm(blow), SmallRng::seed_from_u64(7));
    lived.map_err(|told| format!("{blow:?}: {told}"))
}
