//! The `counterpart` command.

use std::process::ExitCode;

use clap::Parser as _;
use counterpart::cli::Cli;
use counterpart::{command, fault};

fn main() -> ExitCode {
    fault::watch();
    let cli = Cli::parse();
    match command::run(cli) {
        Ok(ending) => ending.into(),
        Err(error) => {
            eprint(&error.to_string());
            error.code()
        }
    }
}

#[allow(
    clippy::print_stderr,
    reason = "a command tells its user what went wrong"
)]
fn eprint(text: &str) {
    for line in text.lines() {
        eprintln!("counterpart: {line}");
    }
}
