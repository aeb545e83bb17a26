//! The whole node in one thread with virtual time: real actors, store and connectors between the emulators, on a disk that
//! loses what was not synced, behind a network that loses, delays and repeats, with a machine that stops at any moment.
//!
//! What may go wrong in a history, how often and when, is drawn from its seed. Then the faults end, and within a bound of
//! virtual time both sides must be equal. What is believed is what the remotes say and what their ledgers hold.
//! `COUNTERPART_SEEDS=7..8` replays seed 7, `COUNTERPART_SEEDS=0..100000` runs many;
//! `COUNTERPART_TRACE=1` with `--nocapture` shows every exchange. A history that fails is told with the smallest part of it that
//! fails too: `COUNTERPART_WITHOUT` names what is left out.
//!
//! Apart from that a fixed script is lived through once for each point at which the power may go, and once for each request
//! that may be lost, repeated or late (`points.rs`).

#![expect(clippy::expect_used, reason = "the helpers of a test fail the test")]

#[path = "simulation/act.rs"]
mod act;
#[path = "simulation/aside.rs"]
mod aside;
#[path = "simulation/cut.rs"]
mod cut;
#[path = "simulation/excuse.rs"]
mod excuse;
#[path = "simulation/life.rs"]
mod life;
#[path = "simulation/people.rs"]
mod people;
#[path = "simulation/points.rs"]
mod points;
#[path = "simulation/remote.rs"]
mod remote;
#[path = "simulation/rot.rs"]
mod rot;
#[path = "simulation/script.rs"]
mod script;
#[path = "simulation/swarm.rs"]
mod swarm;
#[path = "simulation/tally.rs"]
mod tally;
#[path = "simulation/trace.rs"]
mod trace;
#[path = "simulation/verdict.rs"]
mod verdict;
#[path = "simulation/wire.rs"]
mod wire;
#[path = "simulation/world.rs"]
mod world;

use std::collections::BTreeSet;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use tally::Tally;
use tests::environment;

/// Seeds of an ordinary run.
const SEEDS: usize = 1_000;
/// Seeds of the long programme.
const SEEDS_LONG: usize = 20_000;
/// Histories at once, each in a thread of its own.
const AT_ONCE: usize = 2;
/// Failed histories that are told before a run gives up.
const FAILURES_TOLD: usize = 10;
/// Failed histories for which a smaller one is still looked for.
static FAILURES_CUT: AtomicI64 = AtomicI64::new(3);

/// The seeds that are asked for.
fn seeds() -> Range<u64> {
    let usual = environment::amount(SEEDS, SEEDS_LONG);
    let Ok(text) = std::env::var("COUNTERPART_SEEDS") else {
        return 0..usual as u64;
    };
    let (from, to) = text.split_once("..").expect("COUNTERPART_SEEDS=from..to");
    from.parse().expect("a number")..to.parse().expect("a number")
}

/// Lives through one history without those parts, or says what went wrong.
fn attempt(seed: u64, left_out: &BTreeSet<String>) -> Result<life::History, String> {
    let lived = catch_unwind(AssertUnwindSafe(|| {
        let (swarm, random) = life::drawn(seed);
        life::history(&cut::without(swarm, left_out), random)
    }));
    lived.unwrap_or_else(|_| Err("it panicked; see above".to_owned()))
}

/// The command that replays a history without those parts.
fn replay(seed: u64, left_out: &BTreeSet<String>) -> String {
    let names: Vec<&str> = left_out.iter().map(String::as_str).collect();
    let without = match names.as_slice() {
        [] => String::new(),
        names => format!("COUNTERPART_WITHOUT={} ", names.join(",")),
    };
    let seeds = format!("{seed}..{}", seed + 1);
    format!(
        "COUNTERPART_SEEDS={seeds} {without}cargo test --workspace --test simulation every_history"
    )
}

/// Lives through one history; what went wrong is told with the commands that replay it and the smallest part of it.
fn history(seed: u64) -> Result<life::History, String> {
    let asked = cut::asked_for();
    let mut told = match attempt(seed, &asked) {
        Ok(mut history) => {
            history.tally.slowest_seed = seed;
            return Ok(history);
        }
        Err(told) => told,
    };
    let whole = replay(seed, &asked);
    let mut left_out = asked;
    if FAILURES_CUT.fetch_sub(1, Ordering::Relaxed) > 0 {
        (left_out, told) = cut::smallest(seed, told);
    }
    let smallest = replay(seed, &left_out);
    Err(format!(
        "seed {seed}: {told}\nreplay: {whole}\nthe smallest found: {smallest}\n"
    ))
}

/// Takes one after the other of these until none is left or too much went wrong.
fn side_by_side<T: Sync>(
    all: &[T],
    live: impl Fn(&T) -> Result<life::History, String> + Sync,
) -> (Tally, Vec<String>) {
    let next = AtomicUsize::new(0);
    let found = Mutex::new((Tally::default(), Vec::new()));
    let lock = || found.lock().unwrap_or_else(PoisonError::into_inner);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(one) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if lock().1.len() >= FAILURES_TOLD {
                        return;
                    }
                    match live(one) {
                        Ok(history) => lock().0.add(&history.tally),
                        Err(told) => lock().1.push(told),
                    }
                }
            });
        }
    });
    found.into_inner().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn every_history_ends_in_step() {
    let seeds: Vec<u64> = seeds().collect();
    let (tally, failed) = side_by_side(&seeds, |seed| history(*seed));
    println!("{tally}");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    if seeds.len() >= SEEDS {
        assert_eq!(
            tally.missing(),
            Vec::<&str>::new(),
            "never happened: {tally}"
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_history() {
    for seed in 0..12 {
        let trace = || history(seed).map(|history| (history.hash, history.tally.requests));
        assert_eq!(trace(), trace(), "seed {seed}");
    }
}
