//! `counterpart sync --once`: until nothing is left to do.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actors::{Running, status};
use model::log::Name;
use model::{ProfileName, TenantName};
use serde_json::json;
use storage::audit::{Act, Action};

use super::lock::Lock;
use super::serve::announcer::close_leftovers;
use super::{Out, complain, name, node, stop_signal};
use crate::auditor::Auditor;
use crate::cli::Sync;
use crate::config::{Config, Tenant};
use crate::exit::{Ending, Error};
use crate::log;
use crate::progress::Progress;
use crate::query::{self, Standing};
use crate::statistics::Keeper;
use crate::telemetry::Exporter;

/// Milliseconds without news after which an idle profile counts as done: Jira's search shows a change only after a while.
const QUIET_MS: i64 = 3_000;
/// How long a connection may be in trouble before the command gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// What it is done for, as the audit log tells it.
#[derive(Clone, Copy)]
pub(super) enum Order<'a> {
    /// `sync --once`.
    Sync,
    /// `profile apply`, with the hash of the plan that is carried out, if it is one.
    Apply(Option<&'a str>),
}

impl Order<'_> {
    /// What is told. Names are told that the configuration knows, and no others: somebody may have typed anything.
    fn act(
        self,
        config: &Config,
        auditor: &Auditor,
        tenant: Option<&TenantName>,
        profile: Option<&ProfileName>,
    ) -> Result<Act, Error> {
        let is_meant = |each: &&Tenant| tenant.is_none_or(|only| *only == each.name);
        let mut profiles = config
            .tenants
            .iter()
            .filter(is_meant)
            .flat_map(|each| &each.profiles);
        if !profiles.any(|each| profile.is_none_or(|only| *only == each.name)) {
            return Err(node::none());
        }
        let (what, plan) = match self {
            Order::Sync => (Action::SyncedOnce, None),
            Order::Apply(plan) => (Action::ProfileApplied, plan.map(Name)),
        };
        let act = match tenant {
            Some(tenant) => auditor.act(what).for_tenant(tenant),
            None => auditor.act(what),
        };
        Ok(match (profile, plan) {
            (Some(profile), Some(plan)) => act.about(model::told!("{}, plan {}", profile, plan)),
            (Some(profile), None) => act.about(model::told!("{}", profile)),
            (None, Some(plan)) => act.about(model::told!("plan {}", plan)),
            (None, None) => act,
        })
    }
}

/// Runs the command.
pub(super) async fn run(arguments: Sync, out: &Out) -> Result<Ending, Error> {
    once(arguments, Order::Sync, out).await
}

/// Works until nothing is left to do, when the audit log was told of it.
pub(super) async fn once(arguments: Sync, order: Order<'_>, out: &Out) -> Result<Ending, Error> {
    let mut config = Config::load_sound(&arguments.config.config)?;
    config.faults.iter().for_each(|fault| complain(fault));
    let _log = log::begin_traced(&config.log, config.telemetry.collector.is_some())?;
    let exporter = Exporter::new(&config)?;
    // A command that ends must not idle between two looks as a node that stays may.
    config.tuning.poll_ms = config.tuning.poll_ms.min(1_000);
    let tenant = name(arguments.tenant.as_deref(), "--tenant", TenantName::new)?;
    let profile = name(arguments.profile.as_deref(), "--profile", ProfileName::new)?;
    let started = Instant::now();
    let _lock = Lock::take(&config.data)?;
    let auditor = Auditor::of(&config);
    let act = order.act(&config, &auditor, tenant.as_ref(), profile.as_ref())?;
    let work = async {
        auditor.tell_profiles(&config);
        let extended = Arc::default();
        let running = node::start(&config, tenant.as_ref(), profile.as_ref(), &extended).await?;
        finish(&config, order, running, exporter, started, out).await
    };
    auditor.told(act, work).await
}

/// Waits until a node has nothing left to do, stops it, and tells what came of it.
async fn finish(
    config: &Config,
    order: Order<'_>,
    running: Running,
    exporter: Option<Exporter>,
    started: Instant,
    out: &Out,
) -> Result<Ending, Error> {
    let keeper = Keeper::new(config, &running);
    let ended = tokio::select! {
        ended = finished(&running) => ended,
        () = stop_signal() => End::Interrupted,
    };
    close_leftovers(config, &running).await;
    let status = running.status().await;
    let standing = standing(&running, &status).await?;
    if let Some(keeper) = keeper {
        keeper.note(&running).await;
    }
    if let Some(exporter) = exporter {
        exporter.finish(&running).await;
    }
    running.stop().await.map_err(Error::unreachable)?;
    let sum = |pick: fn(&status::Profile) -> u64| status.profiles().map(pick).sum::<u64>();
    let Standing {
        pairs,
        parked,
        problems,
    } = standing;
    let mut document = json!({
        "pairs": pairs,
        "effects": sum(|profile| profile.effects),
        "parked": parked,
        "problems": problems,
        "conflicts": sum(|profile| profile.conflicts),
        "requests": {
            "jira": sum(|profile| profile.requests.jira),
            "azure": sum(|profile| profile.requests.azure),
        },
        "seconds": started.elapsed().as_secs_f64(),
        "finished": ended == End::Finished,
        "left_out": config.faults,
    });
    if let Order::Apply(Some(plan)) = order {
        document["plan"] = plan.into();
        document["applied"] = true.into();
    }
    out.print(&document, || {
        vec![format!(
            "{pairs} pairs, {} effects, {parked} parked, {problems} open problems, {} conflicts, {:.1} s",
            document["effects"],
            document["conflicts"],
            started.elapsed().as_secs_f64()
        )]
    });
    match ending(ended, &standing)? {
        Ending::Done if !config.faults.is_empty() => Ok(Ending::Amiss),
        ending => Ok(ending),
    }
}

/// What the stores say, whatever the node remembers of it.
async fn standing(running: &Running, status: &status::Node) -> Result<Standing, Error> {
    let mut standing = Standing::default();
    for tenant in &status.tenants {
        if let Some(store) = running.store(&tenant.name).await {
            for profile in &tenant.profiles {
                let more = query::standing(&store, &profile.name).map_err(Error::unreachable)?;
                standing = standing.and(more);
            }
        }
    }
    Ok(standing)
}

fn ending(ended: End, standing: &Standing) -> Result<Ending, Error> {
    match ended {
        End::Finished if standing.is_well() => Ok(Ending::Done),
        End::Finished | End::Interrupted => Ok(Ending::Amiss),
        End::Trouble(text) => Err(Error::Unreachable(text)),
    }
}

#[derive(PartialEq, Eq)]
enum End {
    Finished,
    Interrupted,
    Trouble(String),
}

async fn finished(running: &Running) -> End {
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
        let done = |profile: &status::Profile| profile.idle && profile.quiet_for_ms >= QUIET_MS;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_wholly_in_order_ends_well() {
        let check = |parked, problems, expected| {
            let standing = Standing {
                pairs: 5,
                parked,
                problems,
            };
            let ended = ending(End::Finished, &standing);
            assert_eq!(ended.ok(), Some(expected), "{standing:?}");
        };
        check(0, 0, Ending::Done);
        check(1, 0, Ending::Amiss);
        check(0, 1, Ending::Amiss);
        let well = Standing::default();
        assert_eq!(ending(End::Interrupted, &well).ok(), Some(Ending::Amiss));
        assert!(ending(End::Trouble("the remote".to_owned()), &well).is_err());
    }
}
