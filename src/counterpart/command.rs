//! The subcommands: each a function from its arguments to an ending.

pub mod access;
mod backup;
mod convert;
pub mod emulate;
mod fsck;
pub(crate) mod lock;
mod log;
pub mod node;
mod pair;
mod policy;
mod problems;
mod profile;
mod secret;
pub mod serve;
mod statistics;
mod sync;
mod tenant;

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::{Cli, Command};
use crate::config::Config;
use crate::demo;
use crate::exit::{Ending, Error};

/// Runs a command.
pub fn run(cli: Cli) -> Result<Ending, Error> {
    let out = Out { json: cli.json };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::Unreachable(format!("cannot start the runtime: {error}")))?;
    runtime.block_on(async {
        match cli.command {
            Command::Demo(arguments) => demo::run(arguments, &out).await,
            Command::Emulate(arguments) => emulate::run(arguments).await,
            Command::Serve(arguments) => serve::run(&arguments, &out).await,
            Command::Sync(arguments) => sync::run(arguments, &out).await,
            Command::Profile(arguments) => profile::run(arguments, &out).await,
            Command::Pair(arguments) => pair::run(arguments, &out).await,
            Command::Problems(arguments) => problems::run(arguments, &out).await,
            Command::Tenant(arguments) => tenant::run(arguments, &out).await,
            Command::Secret(arguments) => secret::run(arguments, &out).await,
            Command::Backup(arguments) => backup::run(arguments, &out).await,
            Command::Log(arguments) => log::run(arguments, &out).await,
            Command::Fsck(arguments) => fsck::run(&arguments, &out),
            Command::Statistics(arguments) => statistics::run(&arguments, &out),
            Command::Policy(arguments) => Ok(policy::run(&arguments, &out)),
            Command::Convert(arguments) => convert::run(&arguments, &out),
        }
    })
}

/// Reads the configuration for a command that looks at what there is. What of it is left out is told and stops nothing.
fn look(path: &Path) -> Result<Config, Error> {
    let config = Config::load_any(path)?;
    config.faults.iter().for_each(|fault| complain(fault));
    Ok(config)
}

/// Tells on standard error what is wrong. That nobody reads it any more is no error of ours.
pub fn complain(text: &str) {
    use std::io::Write as _;
    let mut out = std::io::stderr().lock();
    for line in text.lines() {
        let _ = writeln!(out, "counterpart: {line}");
    }
}

/// The JSON document of a command that could not do its work.
#[must_use]
pub fn failure(error: &Error) -> Value {
    json!({ "error": { "code": error.code(), "message": error.to_string() } })
}

/// A name given by a flag, checked.
fn name<T, E: ToString>(
    text: Option<&str>,
    flag: &str,
    make: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, Error> {
    let wrong = |error: E| Error::Usage(format!("{flag}: {}", error.to_string()));
    text.map(make).transpose().map_err(wrong)
}

/// Where results go: lines for people, or one JSON document.
pub struct Out {
    /// Whether JSON was asked for.
    pub json: bool,
}

impl Out {
    /// Prints a result: the document with `--json`, else the lines.
    pub fn print(&self, document: &Value, lines: impl FnOnce() -> Vec<String>) {
        if self.json {
            say(&document.to_string());
        } else {
            lines().iter().for_each(|line| say(line));
        }
    }

    /// As [`Out::print`], for a document so large that it is made only when it is asked for.
    pub fn print_large(
        &self,
        document: impl FnOnce() -> Value,
        lines: impl FnOnce() -> Vec<String>,
    ) {
        if self.json {
            say(&document().to_string());
        } else {
            lines().iter().for_each(|line| say(line));
        }
    }

    /// Prints a line for people, nothing with `--json`.
    pub fn line(&self, text: &str) {
        if !self.json {
            say(text);
        }
    }
}

/// Writes a line to standard output. That nobody reads it any more (a closed pipe) is no error of ours.
pub fn say(text: &str) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Waits for an interrupt or a request to terminate.
pub async fn stop_signal() {
    let interrupt = tokio::signal::ctrl_c();
    let Ok(mut terminate) =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
    else {
        let _ = interrupt.await;
        return;
    };
    tokio::select! {
        _ = interrupt => {}
        _ = terminate.recv() => {}
    }
}
