//! A node from a configuration.

use std::sync::Arc;

use actors::{ProfileSetup, Running, Setup, TenantSetup};
use model::{ProfileName, TenantName};

use crate::clock::SystemClock;
use crate::config::Config;
use crate::exit::Error;
use crate::extended::Extended;
use crate::gateway::Remotes;

/// Starts a node with all tenants and profiles, or only those that are asked for.
pub async fn start(
    config: &Config,
    tenant: Option<&TenantName>,
    profile: Option<&ProfileName>,
    extended: &Arc<Extended>,
) -> Result<Running, Error> {
    let mut tenants = Vec::new();
    for configured in &config.tenants {
        if tenant.is_some_and(|only| *only != configured.name) {
            continue;
        }
        // One that was erased between the reading of the configuration and the lock must not be begun anew.
        if configured
            .folder
            .as_ref()
            .is_some_and(|folder| !folder.is_dir())
        {
            continue;
        }
        let mut profiles = Vec::new();
        for each in &configured.profiles {
            if profile.is_some_and(|only| *only != each.name) {
                continue;
            }
            let gateway = Remotes::new(each, &configured.credentials, config.proxy)?;
            let gateway = gateway.overheard(&configured.name, extended);
            profiles.push(ProfileSetup {
                profile: Arc::clone(each),
                gateway: Arc::new(gateway),
            });
        }
        if profiles.is_empty() {
            continue;
        }
        let directory = configured.directory.clone();
        tenants.push(TenantSetup {
            name: configured.name.clone(),
            directory,
            profiles,
        });
    }
    if tenants.is_empty() {
        return Err(none());
    }
    let setup = Setup {
        tenants,
        clock: Arc::new(SystemClock),
        tuning: config.tuning.clone(),
    };
    actors::start(setup).await.map_err(Error::unreachable)
}

/// That nothing is configured of what is asked for.
pub(super) fn none() -> Error {
    Error::usage(
        "there is no profile to work on; put one into profiles/<tenant>/ beside the configuration, or look at --tenant and \
         --profile",
    )
}
