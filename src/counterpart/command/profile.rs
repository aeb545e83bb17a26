//! `counterpart profile`: files of rules.

use std::sync::Arc;

use actors::Gateway as _;
use actors::line::Line;
use mapping::Profile;
use mapping::check::{self, Severity};
use model::{Both, Side};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::Out;
use crate::cli;
use crate::clock::SystemClock;
use crate::config::{self, Config};
use crate::exit::{Ending, Error};
use crate::gateway::Remotes;

/// Runs the command.
pub(super) async fn run(arguments: cli::Profile, out: &Out) -> Result<Ending, Error> {
    match arguments {
        cli::Profile::Schema => {
            super::say(&format!("{:#}", mapping::schema_json()));
            Ok(Ending::Done)
        }
        cli::Profile::Check(arguments) => check(arguments, out).await,
    }
}

async fn check(arguments: cli::Check, out: &Out) -> Result<Ending, Error> {
    let profiles = chosen(&arguments)?;
    let mut gaps = Vec::new();
    if arguments.online {
        let config = Config::load(&arguments.config.config)?;
        for profile in &profiles {
            gaps.extend(online(&config, profile).await?);
        }
    }
    let document = json!({
        "profiles": profiles.iter().map(|profile| profile.name.as_str()).collect::<Vec<_>>(),
        "online": arguments.online,
        "gaps": gaps.iter().map(|gap| json!({
            "severity": if gap.severity == Severity::Error { "error" } else { "warning" },
            "line": gap.line,
            "side": gap.side.map(Side::as_str),
            "what": gap.what,
            "cure": gap.cure,
        })).collect::<Vec<_>>(),
    });
    out.print(&document, || {
        let mut lines: Vec<String> = gaps.iter().map(ToString::to_string).collect();
        let names: Vec<&str> = profiles
            .iter()
            .map(|profile| profile.name.as_str())
            .collect();
        lines.push(format!("{}: {} gaps", names.join(", "), gaps.len()));
        lines
    });
    let wrong = gaps.iter().any(|gap| gap.severity == Severity::Error);
    Ok(if wrong { Ending::Amiss } else { Ending::Done })
}

fn chosen(arguments: &cli::Check) -> Result<Vec<Arc<Profile>>, Error> {
    if let Some(file) = &arguments.file {
        return Ok(vec![Arc::new(config::compile(file)?)]);
    }
    let config = Config::load(&arguments.config.config)?;
    Ok(config
        .tenants
        .into_iter()
        .flat_map(|tenant| tenant.profiles)
        .collect())
}

/// Compares a profile with what both remotes have.
async fn online(config: &Config, profile: &Arc<Profile>) -> Result<Vec<check::Gap>, Error> {
    let tenant = config.tenants.iter().find(|tenant| {
        [&profile.jira, &profile.azure]
            .iter()
            .all(|remote| tenant.credentials.contains_key(&remote.credential))
    });
    let Some(tenant) = tenant else {
        return Err(Error::Usage(format!(
            "profile {}: no tenant of the configuration has the credentials {:?} and {:?}",
            profile.name, profile.jira.credential, profile.azure.credential
        )));
    };
    for remote in [&profile.jira, &profile.azure] {
        if let Some(credential) = tenant.credentials.get(&remote.credential) {
            credential.source.read()?;
        }
    }
    let remotes = Remotes::new(profile, &tenant.credentials)?;
    let schemas = Both {
        jira: meet(&remotes, Side::Jira, profile).await?,
        azure: meet(&remotes, Side::Azure, profile).await?,
    };
    Ok(check::online(profile, &schemas.jira, &schemas.azure))
}

async fn meet(remotes: &Remotes, side: Side, profile: &Profile) -> Result<mapping::Schema, Error> {
    let stop = CancellationToken::new();
    let line = Line::new(remotes.transport(side), 1, Arc::new(SystemClock), stop);
    let talk = remotes.discover(side, profile);
    let told = line.converse(talk, actors::governor::Priority::Live).await;
    match told {
        Ok(Ok(discovered)) => Ok(discovered.schema),
        Ok(Err(obstacle)) => {
            let problem = actors::poller::problem_of(side, &obstacle);
            Err(Error::Unreachable(format!(
                "{}: {obstacle}; {}",
                side.product(),
                problem.code.cure()
            )))
        }
        Err(endless) => Err(Error::unreachable(endless)),
    }
}
