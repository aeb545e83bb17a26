//! The `counterpart` command.

use std::process::ExitCode;

use clap::Parser as _;
use counterpart::cli::Cli;
use counterpart::{command, fault};

fn main() -> ExitCode {
    fault::watch();
    let cli = Cli::parse();
    let json = cli.json;
    match command::run(cli) {
        Ok(ending) => ending.into(),
        Err(error) => {
            command::complain(&error.to_string());
            if json {
                command::say(&command::failure(&error).to_string());
            }
            error.code().into()
        }
    }
}
