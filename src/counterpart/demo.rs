//! `counterpart demo`: both emulators, a node between them, and people at work on both sides.

pub mod compare;
pub mod people;
pub mod remote;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actors::Running;
use mapping::Profile;
use model::TenantName;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::backup::settings::Settings;
use crate::cli::Demo;
use crate::command::emulate::{self, Emulators};
use crate::command::lock::Lock;
use crate::command::node;
use crate::command::serve::{self, Console};
use crate::command::{Out, stop_signal};
use crate::config::{Config, Credential, Proxy, Source, Telemetry, Tenant};
use crate::exit::{Ending, Error};
use crate::log;
use crate::progress::Progress;
use compare::Comparison;
use people::People;

/// How long a demo waits for both sides to be in step before it gives up.
const PATIENCE: Duration = Duration::from_secs(600);

/// Runs the command.
pub async fn run(arguments: Demo, out: &Out) -> Result<Ending, Error> {
    let filter = std::env::var("COUNTERPART_LOG");
    let _log = log::begin(&log::Settings {
        filter: Some(filter.unwrap_or_else(|_| "error".to_owned())),
        ..log::Settings::default()
    })?;
    let scene = Scene::set(&arguments).await?;
    let ending = if arguments.once {
        tokio::select! {
            ending = once(&scene, &arguments, out) => ending,
            () = stop_signal() => Ok(Ending::Amiss),
        }
    } else {
        lively(&scene, &arguments, out).await
    };
    scene.clear().await?;
    ending
}

/// Everything that a demo runs.
struct Scene {
    emulators: Emulators,
    running: Arc<Running>,
    console: Console,
    profile: Arc<Profile>,
    data: PathBuf,
    /// Keeps a node from working on the same directory.
    _lock: Lock,
    /// Removes a temporary data directory when the scene goes.
    _temporary: Option<tempfile::TempDir>,
}

impl Scene {
    async fn set(arguments: &Demo) -> Result<Scene, Error> {
        let faults = emulate::faults(arguments.faults.as_deref())?;
        let any = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        let half = arguments.items / 2;
        let emulators = emulate::start(
            any,
            any,
            half,
            arguments.items - half,
            arguments.seed,
            &faults,
        )
        .await?;
        let (temporary, data) = match &arguments.data {
            Some(data) => (None, data.clone()),
            None => {
                let folder = tempfile::tempdir().map_err(Error::unreachable)?;
                let path = folder.path().to_owned();
                (Some(folder), path)
            }
        };
        let config = Arc::new(configuration(&emulators, &data)?);
        let lock = Lock::take(&config.data)?;
        unused(&config)?;
        let profile = Arc::clone(&config.tenants[0].profiles[0]);
        let listener = serve::listen(&config).await?;
        let extended = Arc::default();
        let running = Arc::new(node::start(&config, None, None, &extended).await?);
        let console = Console::start(
            listener,
            Arc::clone(&config),
            Arc::clone(&running),
            None,
            extended,
        )?;
        Ok(Scene {
            _lock: lock,
            emulators,
            running,
            console,
            profile,
            data,
            _temporary: temporary,
        })
    }

    async fn clear(self) -> Result<(), Error> {
        self.console.stop(&self.data).await;
        serve::stop(self.running).await?;
        self.emulators.jira.running.stop().await;
        self.emulators.azure.running.stop().await;
        Ok(())
    }
}

/// The emulators begin anew with every demo, so that a store of an earlier one speaks of items that are gone.
fn unused(config: &Config) -> Result<(), Error> {
    let used = config
        .tenants
        .iter()
        .find(|tenant| tenant.directory.exists());
    match used {
        None => Ok(()),
        Some(tenant) => Err(Error::Usage(format!(
            "{}: an earlier demo left its store there, and its items are gone; delete it, or name another directory by --data",
            tenant.directory.display()
        ))),
    }
}

/// The sample profile, turned to the emulators, with the sample people as users.
fn profile(emulators: &Emulators) -> Result<Profile, Error> {
    let mut text = mapping::SAMPLE
        .replace("https://acme.atlassian.net", &emulators.jira.url)
        .replace("https://dev.azure.com/acme", &emulators.azure.url);
    for person in emulator::people::people() {
        let row = format!(
            "\n[[user]]\njira = {:?}\nazure = {:?}\n",
            person.account_id, person.email
        );
        text.push_str(&row);
    }
    Profile::compile(&text, "the demo's profile").map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Error::Usage(lines.join("\n"))
    })
}

fn configuration(emulators: &Emulators, data: &Path) -> Result<Config, Error> {
    let profile = Arc::new(profile(emulators)?);
    let given = |user: &str, token: &str| Credential {
        user: user.to_owned(),
        source: Source::Given(Arc::new(Zeroizing::new(token.to_owned()))),
    };
    let jira = given(&emulators.jira.user, &emulators.jira.token);
    let azure = given("", &emulators.azure.token);
    let credentials = [
        (profile.jira.credential.clone(), jira),
        (profile.azure.credential.clone(), azure),
    ]
    .into();
    let name = TenantName::new("demo").map_err(Error::usage)?;
    let directory = data.join(name.as_str());
    let tuning = actors::Tuning {
        poll_ms: 300,
        ..actors::Tuning::default()
    };
    Ok(Config {
        folder: data.to_owned(),
        data: data.to_owned(),
        named: std::collections::BTreeSet::new(),
        profiles: data.join("profiles"),
        backup: Settings::none(data),
        listen: Some(std::net::SocketAddr::from(([127, 0, 0, 1], 0))),
        log: log::Settings::default(),
        proxy: Proxy::None,
        master: None,
        ring: Arc::new(crate::master_key::KeyRing::of(|| Ok(None))),
        tuning,
        telemetry: Telemetry::default(),
        tenants: vec![Tenant {
            name,
            directory,
            folder: None,
            profiles: vec![profile],
            credentials,
            unopened: false,
            wanting: std::collections::BTreeSet::new(),
            sealed: false,
        }],
        faults: Vec::new(),
    })
}

/// People edit until they are tired; then both sides are waited for and compared.
async fn once(scene: &Scene, arguments: &Demo, out: &Out) -> Result<Ending, Error> {
    let started = Instant::now();
    let edits = u64::from(arguments.items);
    let people = People::new(scene.emulators.addresses(), arguments.seed)?;
    let done = {
        let mut progress = Progress::bar("people at work", edits);
        people.work(edits, |done| progress.reach(done)).await?
    };
    let (comparison, converged) = in_step(scene).await?;
    let document = summary(scene, arguments, &comparison, converged, done, started).await?;
    out.print(&document, || lines(&document));
    let well = converged && comparison.differences.is_empty() && comparison.duplicates == 0;
    Ok(if well { Ending::Done } else { Ending::Amiss })
}

/// Waits until nothing is left to do and both sides are equal, or patience ends.
async fn in_step(scene: &Scene) -> Result<(Comparison, bool), Error> {
    let started = Instant::now();
    let mut progress = Progress::spinner("coming into step");
    loop {
        let status = scene.running.status().await;
        let idle = status.profiles().all(|profile| profile.idle);
        let late = started.elapsed() > PATIENCE;
        if idle || late {
            let comparison = compare::sides(&scene.emulators.addresses(), &scene.profile).await?;
            progress.tell(&format!("{} differences", comparison.differences.len()));
            if comparison.differences.is_empty() || late {
                return Ok((comparison, idle && !late));
            }
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn summary(
    scene: &Scene,
    arguments: &Demo,
    comparison: &Comparison,
    converged: bool,
    edits: u64,
    started: Instant,
) -> Result<Value, Error> {
    let status = scene.running.status().await;
    let sum = |pick: fn(&actors::status::Profile) -> u64| status.profiles().map(pick).sum::<u64>();
    Ok(json!({
        "items": arguments.items,
        "edits": edits,
        "pairs": comparison.pairs,
        "comments": comparison.comments,
        "effects": sum(|profile| profile.effects),
        "conflicts": sum(|profile| profile.conflicts),
        "requests": {
            "jira": sum(|profile| profile.requests.jira),
            "azure": sum(|profile| profile.requests.azure),
        },
        "duplicates": comparison.duplicates,
        "differences": comparison.differences,
        "converged": converged,
        "seconds": started.elapsed().as_secs_f64(),
    }))
}

fn lines(document: &Value) -> Vec<String> {
    let mut lines = vec![format!(
        "{} pairs from {} items, {} edits by people, {} writes, {} conflicts, {} duplicates, {} differences, {:.1} s",
        document["pairs"],
        document["items"],
        document["edits"],
        document["effects"],
        document["conflicts"],
        document["duplicates"],
        document["differences"].as_array().map_or(0, Vec::len),
        document["seconds"].as_f64().unwrap_or(0.0),
    )];
    for difference in document["differences"]
        .as_array()
        .into_iter()
        .flatten()
        .take(20)
    {
        lines.push(format!("  {}", difference.as_str().unwrap_or_default()));
    }
    lines
}

/// People edit now and then until the demo is stopped.
async fn lively(scene: &Scene, arguments: &Demo, out: &Out) -> Result<Ending, Error> {
    let (jira, azure) = (&scene.emulators.jira, &scene.emulators.azure);
    let document = json!({
        "jira": { "url": jira.url, "user": jira.user, "token": jira.token },
        "azure": { "url": azure.url, "token": azure.token },
        "console": scene.console.address(),
        "data": scene.data.display().to_string(),
    });
    out.print(&document, || {
        vec![
            format!("Jira:         {}", jira.url),
            format!("Azure DevOps: {}", azure.url),
            format!("console:      {}", scene.console.address()),
            "people are at work on both sides; stop with Ctrl-C".to_owned(),
        ]
    });
    let people = People::new(scene.emulators.addresses(), arguments.seed)?;
    let stopped = stop_signal();
    tokio::pin!(stopped);
    loop {
        tokio::select! {
            () = &mut stopped => return Ok(Ending::Done),
            () = tokio::time::sleep(Duration::from_secs(1)) => {
                people.work(1, |_| {}).await?;
            }
        }
    }
}
