//! `counterpart tenant`: customers come, are looked over, and go.

mod add;
mod erase;
mod list;
#[cfg(test)]
mod tests;

use model::TenantName;

use super::Out;
use crate::cli;
use crate::exit::{Ending, Error};

/// Runs the command.
pub(super) async fn run(arguments: cli::Tenant, out: &Out) -> Result<Ending, Error> {
    match arguments {
        cli::Tenant::Add(arguments) => add::run(&arguments, out).await,
        cli::Tenant::List(arguments) => list::run(&arguments, out).await,
        cli::Tenant::Erase(arguments) => erase::run(&arguments, out).await,
    }
}

fn named(text: &str) -> Result<TenantName, Error> {
    TenantName::new(text).map_err(|error| Error::Usage(format!("{text:?}: {error}")))
}
