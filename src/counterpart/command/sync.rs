//! `counterpart sync --once`: until nothing is left to do.

use std::time::{Duration, Instant};

use model::{ProfileName, TenantName};
use serde_json::json;

use super::lock::Lock;
use super::{Out, node, stop_signal};
use crate::cli::Sync;
use crate::config::Config;
use crate::exit::{Ending, Error};
use crate::log;
use crate::progress::Progress;

/// Milliseconds without news after which an idle profile counts as done: Jira's search shows a change only after a while.
const QUIET_MS: i64 = 3_000;
/// How long a connection may be in trouble before the command gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs the command.
pub(super) async fn run(arguments: Sync, out: &Out) -> Result<Ending, Error> {
    let mut config = Config::load(&arguments.config.config)?;
    log::begin(config.log.as_deref())?;
    // A command that ends must not idle between two looks as a node that stays may.
    config.tuning.poll_ms = config.tuning.poll_ms.min(1_000);
    let tenant = name(arguments.tenant.as_deref(), "--tenant", TenantName::new)?;
    let profile = name(arguments.profile.as_deref(), "--profile", ProfileName::new)?;
    let started = Instant::now();
    let _lock = Lock::take(&config.data)?;
    let running = node::start(&config, tenant.as_ref(), profile.as_ref()).await?;
    let ended = tokio::select! {
        ended = finished(&running) => ended,
        () = stop_signal() => End::Interrupted,
    };
    let status = running.status().await;
    let mut pairs = 0;
    for tenant in &status.tenants {
        if let Some(store) = running.store(&tenant.name).await {
            for profile in &tenant.profiles {
                let prefix = actors::stored::key::profile(&profile.name);
                pairs += store
                    .count(storage::Table::Pair, &prefix)
                    .map_err(Error::unreachable)?;
            }
        }
    }
    running.stop().await.map_err(Error::unreachable)?;
    let sum = |pick: fn(&actors::status::Profile) -> u64| status.profiles().map(pick).sum::<u64>();
    let parked: usize = status.profiles().map(|profile| profile.parked).sum();
    let document = json!({
        "pairs": pairs,
        "effects": sum(|profile| profile.effects),
        "parked": parked,
        "conflicts": sum(|profile| profile.conflicts),
        "requests": {
            "jira": sum(|profile| profile.requests.jira),
            "azure": sum(|profile| profile.requests.azure),
        },
        "seconds": started.elapsed().as_secs_f64(),
        "finished": ended == End::Finished,
    });
    out.print(&document, || {
        vec![format!(
            "{pairs} pairs, {} effects, {parked} parked, {} conflicts, {:.1} s",
            document["effects"],
            document["conflicts"],
            started.elapsed().as_secs_f64()
        )]
    });
    match ended {
        End::Finished if parked == 0 => Ok(Ending::Done),
        End::Finished | End::Interrupted => Ok(Ending::Amiss),
        End::Trouble(text) => Err(Error::Unreachable(text)),
    }
}

fn name<T, E: ToString>(
    text: Option<&str>,
    flag: &str,
    make: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, Error> {
    let wrong = |error: E| Error::Usage(format!("{flag}: {}", error.to_string()));
    text.map(make).transpose().map_err(wrong)
}

#[derive(PartialEq, Eq)]
enum End {
    Finished,
    Interrupted,
    Trouble(String),
}

async fn finished(running: &actors::Running) -> End {
    let mut well = Instant::now();
    let mut progress = Progress::spinner("keeping in step");
    loop {
        tokio::time::sleep(Duration::from_millis(250)).await;
        let status = running.status().await;
        if let Some(failure) = status
            .tenants
            .iter()
            .find_map(|tenant| tenant.failure.clone())
        {
            return End::Trouble(failure);
        }
        let trouble: Vec<String> = status
            .profiles()
            .flat_map(|profile| {
                profile
                    .trouble
                    .iter()
                    .map(|problem| tell(&profile.name, problem))
            })
            .collect();
        if trouble.is_empty() {
            well = Instant::now();
        } else if well.elapsed() > PATIENCE {
            return End::Trouble(trouble.join("\n"));
        }
        let effects: u64 = status.profiles().map(|profile| profile.effects).sum();
        let waiting: usize = status
            .profiles()
            .map(|profile| profile.pending + profile.active)
            .sum();
        progress.tell(&format!("{effects} effects, {waiting} pairs at work"));
        let done =
            |profile: &actors::status::Profile| profile.idle && profile.quiet_for_ms >= QUIET_MS;
        if status.profiles().count() > 0 && status.profiles().all(done) {
            return End::Finished;
        }
    }
}

/// A problem with its cure.
fn tell(profile: &ProfileName, problem: &model::Problem) -> String {
    let mut what = problem.code.to_string();
    let side = problem.side.map(|side| side.product());
    for more in [side, problem.subject.as_deref()].into_iter().flatten() {
        what.push(' ');
        what.push_str(more);
    }
    format!("profile {profile}: {what}: {}", problem.code.cure())
}
