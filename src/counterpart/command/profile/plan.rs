//! `counterpart profile plan`: what a sync would do now, told before anything is written.

mod told;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use actors::rehearsal::{self, Arguments, Plan, Reached, RehearsalError};
use model::{Both, ProfileName, TenantName};
use serde_json::{Value, json};
use storage::overlay::Overlay;
use storage::{EngineKind, OpenError, Store};

use super::{Chosen, online};
use crate::cli;
use crate::clock::SystemClock;
use crate::command::lock::Lock;
use crate::command::{Out, complain, name};
use crate::config::{Config, Tenant};
use crate::exit::{Ending, Error};
use crate::gateway::Remotes;
use crate::progress::Progress;

/// A plan, and whose it is.
struct Planned {
    tenant: TenantName,
    plan: Plan,
}

/// The plans of some profiles.
pub(super) struct Plans {
    plans: Vec<Planned>,
    /// What is wrong with profiles that are left out.
    left_out: Vec<String>,
    /// What could not be reached for profiles that are not planned.
    unmet: Vec<String>,
}

/// Which profiles are planned.
pub(super) struct Wanted<'a> {
    pub(super) config: &'a Path,
    pub(super) file: Option<&'a Path>,
    pub(super) tenant: Option<&'a str>,
    pub(super) profile: Option<&'a str>,
}

/// Runs the command.
pub(super) async fn run(arguments: &cli::Plan, out: &Out) -> Result<Ending, Error> {
    let wanted = Wanted {
        config: &arguments.config.config,
        file: arguments.file.as_deref(),
        tenant: arguments.tenant.as_deref(),
        profile: arguments.profile.as_deref(),
    };
    let made = make(&wanted).await?;
    out.print_large(
        || made.document(),
        || {
            let plans = made.plans.iter();
            plans.flat_map(|each| told::lines(&each.plan)).collect()
        },
    );
    let well = made.plans.iter().all(|each| told::is_well(&each.plan));
    Ok(match (made.unmet.is_empty(), made.left_out.is_empty()) {
        (false, _) => Ending::OutOfReach,
        (true, true) if well => Ending::Done,
        (true, _) => Ending::Amiss,
    })
}

/// Makes the plans. A broken profile is left out and told of, as a sync does it, and so is one whose remotes or store cannot
/// be reached, unless no other is left.
pub(super) async fn make(wanted: &Wanted<'_>) -> Result<Plans, Error> {
    let path = wanted.config;
    let tenant = name(wanted.tenant, "--tenant", TenantName::new)?;
    let only = name(wanted.profile, "--profile", ProfileName::new)?;
    let (config, mut chosen) = match wanted.file {
        Some(file) => {
            let chosen = super::one(path, file, tenant)?;
            (Config::load_any(path)?, vec![chosen])
        }
        None => {
            let config = Config::load_sound(path)?;
            let chosen = super::configured(&config, tenant.as_ref())?;
            (config, chosen)
        }
    };
    chosen.retain(|each| only.as_ref().is_none_or(|only| *only == each.profile.name));
    config.faults.iter().for_each(|fault| complain(fault));
    if chosen.is_empty() {
        return Err(Error::Usage(format!(
            "{}: there is no such profile to plan; profiles are TOML files in profiles/<tenant>/ beside the configuration: \
             look at --tenant and --profile",
            path.display()
        )));
    }
    let (mut plans, mut unmet) = (Vec::new(), Vec::new());
    for each in &chosen {
        match plan_one(&config, each).await {
            Ok(planned) => plans.push(planned),
            Err(Error::Unreachable(error)) => unmet.push(error),
            Err(error) => return Err(error),
        }
    }
    if plans.is_empty() {
        // A data directory in use is in the way of all of them alike.
        unmet.dedup();
        return Err(Error::Unreachable(unmet.join("\n")));
    }
    unmet.iter().for_each(|error| complain(error));
    Ok(Plans {
        plans,
        left_out: config.faults,
        unmet,
    })
}

impl Plans {
    /// The hash of all of them; of a single one it is its own. There is none while one is missing.
    pub(super) fn hash(&self) -> Result<String, Error> {
        if !self.unmet.is_empty() {
            return Err(Error::Unreachable(self.unmet.join("\n")));
        }
        let hashes: Vec<&str> = self
            .plans
            .iter()
            .map(|each| each.plan.hash.as_str())
            .collect();
        Ok(rehearsal::hash_of(&hashes))
    }

    fn document(&self) -> Value {
        let one = |each: &Planned| {
            let mut plan = told::document(&each.plan);
            plan["tenant"] = each.tenant.as_str().into();
            plan
        };
        json!({
            "hash": self.hash().ok(),
            "plans": self.plans.iter().map(one).collect::<Vec<Value>>(),
            "left_out": self.left_out,
            "unreachable": self.unmet,
        })
    }
}

async fn plan_one(config: &Config, chosen: &Chosen) -> Result<Planned, Error> {
    let profile = &chosen.profile;
    let credentials = online::credentials(config, chosen)?;
    for remote in [&profile.jira, &profile.azure] {
        if let Some(credential) = credentials.get(&remote.credential) {
            credential.source.read()?;
        }
    }
    let gateway = Remotes::new(profile, credentials, config.proxy)?;
    let name = chosen.tenant.as_ref();
    let tenant = config.tenant(name.ok_or_else(|| Error::usage("the profile has no tenant"))?)?;
    let store = look_at(config, tenant)?;
    let plan = rehearsal::rehearse(Arguments {
        profile: Arc::clone(profile),
        gateway: Arc::new(gateway),
        questions: Both {
            jira: &jira::QUESTIONS,
            azure: &azure::QUESTIONS,
        },
        store,
        clock: Arc::new(SystemClock),
        schedule: config.tuning.schedule.clone(),
        rescan_ms: config.tuning.rescan_ms,
        progress: shown(profile.name.as_str()),
    });
    let plan = plan
        .await
        .map_err(|error| unplanned(profile.name.as_str(), &error))?;
    Ok(Planned {
        tenant: tenant.name.clone(),
        plan,
    })
}

/// Opens the tenant's store for looking: what opening writes stays in memory, so that the directory is not touched. A
/// tenant that never ran has none, and then a first sync is planned.
fn look_at(config: &Config, tenant: &Tenant) -> Result<Store, Error> {
    // Held while the files are read, so that no node writes them meanwhile; then everything is in memory.
    let _lock = Lock::look(&config.data)?;
    let mut options = config.options(tenant);
    // What is filled ahead is filled in memory here.
    options.chunk_bytes = 0;
    let disk = Arc::new(Overlay::new());
    let opened = Store::open_on(disk, EngineKind::Memory, &tenant.directory, options);
    opened.map_err(|error| match error {
        OpenError::Locked(path) => Error::Unreachable(in_use(&path)),
        other => Error::Unreachable(format!("{}: {other}", tenant.name)),
    })
}

/// What is told when somebody works on what a plan would have to read.
pub(crate) fn in_use(path: &Path) -> String {
    format!(
        "{}: another process works on this data directory, and a plan reads what the last run left there: stop the node or \
         wait for the end of `sync --once`, then plan; `pair why` and `problems` can be asked while the node runs",
        path.display()
    )
}

/// Shows how far it has got: first what is being read, then a bar over the pairs.
fn shown(profile: &str) -> Arc<dyn Fn(Reached) + Send + Sync> {
    let title = format!("planning {profile}");
    let bar = Mutex::new(Progress::spinner(&format!("{title}: reading the feeds")));
    let at = Mutex::new(0);
    Arc::new(move |reached| {
        let mut bar = bar.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = at.lock().unwrap_or_else(PoisonError::into_inner);
        match reached {
            Reached::Named(items) => bar.tell(&format!("{items} items named, looking for twins")),
            Reached::Planned(pairs, of) => {
                if *known == 0 {
                    *bar = Progress::bar(&title, of as u64);
                }
                *known = pairs;
                bar.reach(pairs as u64);
            }
        }
    })
}

fn unplanned(profile: &str, error: &RehearsalError) -> Error {
    match error {
        RehearsalError::Remote { side, obstacle } => {
            let problem = actors::poller::problem_of(*side, obstacle);
            let cure = problem.code.cure();
            Error::Unreachable(format!(
                "profile {profile}: {error}; {cure}; nothing was planned"
            ))
        }
        RehearsalError::Store(_) => Error::Unreachable(format!("profile {profile}: {error}")),
    }
}
