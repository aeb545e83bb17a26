//! The figures of the whole product, each a ratio or a size measured in one run of this program.
//!
//! `cargo bench -p counterpart --bench product [-- run|memory|opening|recovery]`; without a word, all four. What the figures mean
//! stands in `docs/performance.md`.
//!
//! [`run`] times a node against a bare client that makes the same requests. [`memory`] weighs idle and active pairs.
//! [`opening`] opens a store of 100,000 pairs and starts a profile on it. [`recovery`] starts a node on 10,000 open intents. Memory and cold starts are measured in children
//! of this program ([`child`]), so that nothing left over from an earlier figure is part of the next.
//!
//! Start reading at [`stage`], which sets up what all of them need.
#![allow(
    clippy::print_stdout,
    reason = "a benchmark prints its figures, and a child its answer"
)]

mod child;
mod crowd;
mod floor;
mod memory;
mod opening;
mod people;
mod recovery;
mod run;
mod stage;
mod tape;

use std::process::ExitCode;

use stage::Outcome;

fn main() -> ExitCode {
    match figures() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("the benchmark ended early: {error}");
            ExitCode::FAILURE
        }
    }
}

fn figures() -> Outcome<()> {
    // cargo adds a flag of its own, `--bench`.
    let mut words = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'));
    let word = words.next();
    let runtime = tokio::runtime::Runtime::new()?;
    if word.as_deref() == Some(child::WORD) {
        return child::answer(&runtime, &words.collect::<Vec<_>>());
    }
    let wanted = |name: &str| word.as_deref().is_none_or(|word| word == name);
    if wanted("run") {
        runtime.block_on(run::print())?;
    }
    if wanted("memory") {
        runtime.block_on(memory::print())?;
    }
    if wanted("opening") {
        runtime.block_on(opening::print())?;
    }
    if wanted("recovery") {
        runtime.block_on(recovery::print())?;
    }
    Ok(())
}
