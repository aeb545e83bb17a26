//! What every figure needs: two emulated remotes, profiles between them, a node.

use std::collections::BTreeMap;
use std::error::Error;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actors::{Gateway, ProfileSetup, Running, Setup, TenantSetup, Tuning};
use counterpart::clock::SystemClock;
use counterpart::command::emulate::{Emulated, Emulators};
use counterpart::config::{Credential, Proxy, Source};
use counterpart::gateway::Remotes;
use emulator::{Options, Server, Site};
use mapping::Profile;
use model::TenantName;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// What a step of a benchmark gives.
pub(crate) type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// A profile and the way to its remotes.
pub(crate) type Road = (Arc<Profile>, Arc<dyn Gateway>);

/// How long anything is waited for.
const PATIENCE: Duration = Duration::from_secs(300);

/// Where the remotes are and how to get in: enough for another process to reach them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Doors {
    jira: String,
    azure: String,
    user: String,
    tokens: (String, String),
}

/// Starts both remotes with so many items in all, half of them on each side. Search follows writes at once: its lag is
/// the remote's affair and nothing that a client could be quicker at.
pub(crate) async fn emulators(items: u32, seed: u64) -> Outcome<Emulators> {
    let options = |items| Options {
        search_lag_ms: (0, 0),
        ..Options::live(items, seed)
    };
    let half = items / 2;
    let cloud = emulator::jira::Cloud::new(options(half));
    let services = emulator::azure::Services::new(options(items - half));
    Ok(Emulators {
        jira: serve(Box::new(cloud), options(half)).await?,
        azure: serve(Box::new(services), options(items - half)).await?,
    })
}

async fn serve(site: Box<dyn Site>, options: Options) -> Outcome<Emulated> {
    let credentials = site.sync_credentials();
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let running = Server::bind(any, site, options).await?;
    let url = format!("{}{}", running.url(), credentials.base_path);
    Ok(Emulated {
        running,
        user: credentials.user,
        token: credentials.token,
        project: credentials.project,
        url,
    })
}

impl Doors {
    pub(crate) fn of(emulators: &Emulators) -> Doors {
        let (jira, azure) = (&emulators.jira, &emulators.azure);
        Doors {
            jira: jira.url.clone(),
            azure: azure.url.clone(),
            user: jira.user.clone(),
            tokens: (jira.token.clone(), azure.token.clone()),
        }
    }

    /// The sample profile under that name, turned to these remotes, with the sample people as users.
    pub(crate) fn profile(&self, name: &str) -> Outcome<Arc<Profile>> {
        let mut text = mapping::SAMPLE
            .replacen("web-to-platform", name, 1)
            .replace("https://acme.atlassian.net", &self.jira)
            .replace("https://dev.azure.com/acme", &self.azure);
        for person in emulator::people::people() {
            let row = format!(
                "\n[[user]]\njira = {:?}\nazure = {:?}\n",
                person.account_id, person.email
            );
            text.push_str(&row);
        }
        let compiled = Profile::compile(&text, "the benchmark's profile");
        Ok(Arc::new(compiled.map_err(|faults| format!("{faults:?}"))?))
    }

    /// The way to the remotes, as production goes it.
    pub(crate) fn remotes(&self, profile: &Arc<Profile>) -> Outcome<Remotes> {
        let given = |user: &str, token: &str| Credential {
            user: user.to_owned(),
            source: Source::Given(Arc::new(Zeroizing::new(token.to_owned()))),
        };
        let credentials = BTreeMap::from([
            (
                profile.jira.credential.clone(),
                given(&self.user, &self.tokens.0),
            ),
            (profile.azure.credential.clone(), given("", &self.tokens.1)),
        ]);
        Ok(Remotes::new(profile, &credentials, Proxy::None)?)
    }
}

/// The tenant of every benchmark.
pub(crate) fn tenant() -> Outcome<TenantName> {
    Ok(TenantName::new("bench")?)
}

/// A node with one tenant, whose store is in that directory.
pub(crate) async fn node(directory: &Path, poll_ms: u64, profiles: Vec<Road>) -> Outcome<Running> {
    let profiles = profiles
        .into_iter()
        .map(|(profile, gateway)| ProfileSetup { profile, gateway })
        .collect();
    let setup = Setup {
        tenants: vec![TenantSetup {
            name: tenant()?,
            directory: directory.to_owned(),
            profiles,
        }],
        clock: Arc::new(SystemClock),
        tuning: Tuning {
            poll_ms,
            ..Tuning::default()
        },
    };
    Ok(actors::start(setup).await?)
}

/// Waits until the node's status is as wanted.
pub(crate) async fn until(
    running: &Running,
    what: &str,
    pause_ms: u64,
    wanted: impl Fn(&actors::status::Node) -> bool,
) -> Outcome<()> {
    let begun = Instant::now();
    loop {
        let status = running.status().await;
        if wanted(&status) {
            return Ok(());
        }
        if begun.elapsed() > PATIENCE {
            let seen = serde_json::to_string(&status)?;
            return Err(format!("{what}: not so after {PATIENCE:?}, but {seen}").into());
        }
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
    }
}

/// Whether nothing is left to do.
pub(crate) fn is_idle(status: &actors::status::Node) -> bool {
    status.profiles().all(|profile| profile.idle)
}

/// The middle one of the figures.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
