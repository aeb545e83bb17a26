//! The figures of rich text: how fast it is converted, whether time grows with size alone, and how much memory that takes.
//!
//! `cargo bench -p richtext --bench convert [-- pairs|pandoc|npm|hostile|memory]`; without a word, all of them. What the figures mean stands in
//! `docs/performance.md`.
//!
//! [`pairs`] times every ordered pair of formats at four sizes. [`peers`] times pandoc and Atlassian's own transformer on the very
//! documents that this crate gets, each in one process that times itself, so that no start is in the figure. [`hostile`] looks for
//! costs that grow faster than their input. [`memory`] weighs
//! each pair in a child of this program. The texts come from [`sample`].
#![allow(
    clippy::print_stdout,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a benchmark has a clock, files and children, and prints its figures"
)]

mod hostile;
mod memory;
mod pairs;
mod peers;
mod sample;

use std::process::ExitCode;

/// What a part of the benchmark ends in.
type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

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
    if word.as_deref() == Some(memory::WORD) {
        return memory::answer(&words.collect::<Vec<_>>());
    }
    let wanted = |name: &str| word.as_deref().is_none_or(|word| word == name);
    if wanted("pairs") {
        pairs::print()?;
    }
    if wanted("pandoc") {
        peers::pandoc()?;
    }
    if wanted("npm") {
        peers::npm()?;
    }
    if wanted("hostile") {
        hostile::print()?;
    }
    if wanted("memory") {
        memory::print()?;
    }
    Ok(())
}
