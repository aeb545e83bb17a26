//! `counterpart profile`: files of rules.

mod apply;
mod online;
mod plan;
#[cfg(test)]
mod tests;

pub(super) use plan::in_use;

use std::path::Path;
use std::sync::Arc;

use mapping::Profile;
use mapping::check::{Gap, Severity};
use model::{Side, TenantName};
use serde_json::{Value, json};

use super::Out;
use crate::cli;
use crate::config::{self, Config};
use crate::exit::{Ending, Error};
use crate::progress::Progress;

/// Runs the command.
pub(super) async fn run(arguments: cli::Profile, out: &Out) -> Result<Ending, Error> {
    match arguments {
        cli::Profile::Schema => {
            super::say(&format!("{:#}", mapping::schema_json()));
            Ok(Ending::Done)
        }
        cli::Profile::Check(arguments) => check(arguments, out).await,
        cli::Profile::Plan(arguments) => plan::run(&arguments, out).await,
        cli::Profile::Apply(arguments) => apply::run(arguments, out).await,
    }
}

/// A profile, and whose it is. A tenant's credentials are used for its own profiles only: another tenant's may have the
/// same names, and the profile says to which server they go.
struct Chosen {
    tenant: Option<TenantName>,
    profile: Arc<Profile>,
}

async fn check(arguments: cli::Check, out: &Out) -> Result<Ending, Error> {
    let wanted = super::name(arguments.tenant.as_deref(), "--tenant", TenantName::new)?;
    let path = &arguments.config.config;
    let chosen = choose(path, arguments.file.as_deref(), wanted)?;
    if chosen.is_empty() {
        return Err(Error::Usage(format!(
            "{}: there is no profile to check; profiles are TOML files in profiles/<tenant>/ beside the configuration",
            path.display()
        )));
    }
    let (mut gaps, mut unmet) = (Vec::new(), Vec::new());
    if arguments.online {
        let config = Config::load_any(&arguments.config.config)?;
        let mut progress = Progress::bar("profiles checked", chosen.len() as u64);
        for (number, each) in (1..).zip(&chosen) {
            match online::check(&config, each).await {
                Ok(found) => gaps.extend(found),
                Err(Error::Unreachable(error)) => unmet.push(error),
                Err(error) => return Err(error),
            }
            progress.reach(number);
        }
    }
    let names: Vec<&str> = chosen
        .iter()
        .map(|each| each.profile.name.as_str())
        .collect();
    let document = json!({
        "profiles": names,
        "online": arguments.online,
        "gaps": gaps.iter().map(gap).collect::<Vec<_>>(),
        "unreachable": unmet,
    });
    unmet.iter().for_each(|error| super::complain(error));
    out.print(&document, || {
        let mut lines: Vec<String> = gaps.iter().map(ToString::to_string).collect();
        lines.push(format!("{}: {} gaps", names.join(", "), gaps.len()));
        lines
    });
    let wrong = gaps.iter().any(|gap| gap.severity == Severity::Error);
    Ok(match (unmet.is_empty(), wrong) {
        (false, _) => Ending::OutOfReach,
        (true, true) => Ending::Amiss,
        (true, false) => Ending::Done,
    })
}

fn gap(gap: &Gap) -> Value {
    json!({
        "severity": gap.severity.to_string(),
        "file": gap.file,
        "line": gap.line,
        "side": gap.side.map(Side::as_str),
        "what": gap.what,
        "cure": gap.cure,
    })
}

fn choose(
    path: &Path,
    file: Option<&Path>,
    wanted: Option<TenantName>,
) -> Result<Vec<Chosen>, Error> {
    match file {
        Some(file) => Ok(vec![one(path, file, wanted)?]),
        None => all(path, wanted.as_ref()),
    }
}

/// The profile of a file, with the tenant whose folder it is in.
fn one(path: &Path, file: &Path, wanted: Option<TenantName>) -> Result<Chosen, Error> {
    let profile = Arc::new(config::compile(file)?);
    let owner = config::tenant_of(path, file);
    if let (Some(wanted), Some(owner)) = (&wanted, &owner)
        && wanted != owner
    {
        return Err(Error::Usage(format!(
            "{}: the file is in the folder of tenant {owner}, and --tenant says {wanted}; leave --tenant out, or name a copy \
             of the file elsewhere",
            file.display()
        )));
    }
    let tenant = owner.or(wanted);
    Ok(Chosen { tenant, profile })
}

fn all(path: &Path, wanted: Option<&TenantName>) -> Result<Vec<Chosen>, Error> {
    configured(&Config::load(path)?, wanted)
}

/// The profiles of a configuration, or of one of its tenants.
fn configured(config: &Config, wanted: Option<&TenantName>) -> Result<Vec<Chosen>, Error> {
    if let Some(wanted) = wanted {
        config.tenant(wanted)?;
    }
    let tenants = config.tenants.iter();
    let tenants = tenants.filter(|tenant| wanted.is_none_or(|only| *only == tenant.name));
    let chosen = tenants.flat_map(|tenant| {
        tenant.profiles.iter().map(|profile| Chosen {
            tenant: Some(tenant.name.clone()),
            profile: Arc::clone(profile),
        })
    });
    Ok(chosen.collect())
}
