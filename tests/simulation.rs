//! The whole node in one thread with virtual time: real actors, store and connectors between the emulators, on a disk that
//! loses what was not synced, behind a network that loses, delays and repeats, with a machine that stops at any moment.
//!
//! What may go wrong in a history, how often and when, is drawn from its seed. Then the faults end, and within a bound of
//! virtual time both sides must be equal. What is believed is what the remotes say and what their ledgers hold.
//! `COUNTERPART_SEEDS=7..8` replays seed 7, `COUNTERPART_SEEDS=0..100000` runs many;
//! `COUNTERPART_TRACE=1` with `--nocapture` shows every exchange.

#![expect(clippy::expect_used, reason = "the helpers of a test fail the test")]

#[path = "simulation/life.rs"]
mod life;
#[path = "simulation/people.rs"]
mod people;
#[path = "simulation/remote.rs"]
mod remote;
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

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tally::Tally;
use tests::environment;

/// Seeds of an ordinary run.
const SEEDS: u64 = 1_000;
/// Seeds of the long programme.
const SEEDS_LONG: u64 = 20_000;
/// Histories at once, each in a thread of its own.
const AT_ONCE: usize = 2;
/// Failed histories that are told before a run gives up.
const FAILURES_TOLD: usize = 10;

/// The seeds that are asked for.
fn seeds() -> Range<u64> {
    let usual = environment::amount(SEEDS, SEEDS_LONG);
    let Ok(text) = std::env::var("COUNTERPART_SEEDS") else {
        return 0..usual;
    };
    let (from, to) = text.split_once("..").expect("COUNTERPART_SEEDS=from..to");
    from.parse().expect("a number")..to.parse().expect("a number")
}

/// Lives through one history; what went wrong is told with the command that replays it.
fn history(seed: u64) -> Result<life::History, String> {
    let lived = catch_unwind(AssertUnwindSafe(|| life::history(seed)));
    let told = match lived {
        Ok(Ok(history)) => return Ok(history),
        Ok(Err(told)) => told,
        Err(_) => "it panicked; see above".to_owned(),
    };
    Err(format!(
        "seed {seed}: {told}\nreplay: COUNTERPART_SEEDS={seed}..{} cargo test -p tests --test simulation every_history\n",
        seed + 1
    ))
}

/// Takes one seed after the other until none is left or too much went wrong.
fn work(next: &AtomicU64, end: u64, found: &Mutex<(Tally, Vec<String>)>) {
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        let lock = || found.lock().unwrap_or_else(PoisonError::into_inner);
        if seed >= end || lock().1.len() >= FAILURES_TOLD {
            return;
        }
        match history(seed) {
            Ok(history) => lock().0.add(&history.tally),
            Err(told) => lock().1.push(told),
        }
    }
}

#[test]
fn every_history_ends_in_step() {
    let seeds = seeds();
    let next = AtomicU64::new(seeds.start);
    let found = Mutex::new((Tally::default(), Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| work(&next, seeds.end, &found));
        }
    });
    let (tally, failed) = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("{tally}");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    if seeds.end - seeds.start >= SEEDS {
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
