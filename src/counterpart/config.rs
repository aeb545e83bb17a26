//! `counterpart.toml` and the profiles beside it.
//!
//! ```toml
//! [node]
//! data = "/var/lib/counterpart"       # below it, one directory per tenant
//! listen = "127.0.0.1:7460"           # the administration endpoint
//! proxy = "none"                      # or "system": the proxy that the environment names, for https addresses
//!
//! [[credential]]
//! tenant = "acme"
//! name = "jira-sync"                  # as profiles call it
//! user = "sync@acme.example"          # Jira Cloud wants the account's e-mail address
//! env = "COUNTERPART_JIRA_TOKEN"      # or: file = "/run/secrets/jira"
//!
//! [master_key]                        # opens the vaults, where `counterpart secret set` seals further credentials
//! file = "master.key"                 # or: env = "...", or: command = ["pass", "show", "counterpart"]
//!
//! [backup]                            # see `backup/settings.rs`
//! at = "03:00"
//! [telemetry]
//! statistics = true                   # of each day, kept below `data` and sent nowhere
//! otlp = "https://collector:4318"     # metrics and traces go there; to nobody by default
//! ```
//!
//! Profiles are `profiles/<tenant>/*.toml` beside the configuration. A path in the configuration is meant from the folder
//! that the configuration is in.

mod telemetry;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mapping::Profile;
use model::log::{Loggable, Name};
use model::{TenantName, limit};
use serde::Deserialize;
use storage::disk::{OsDisk, lacks_handles};
use storage::vault::{Listed, SecretKind, Vault};
use zeroize::Zeroizing;

use crate::backup::settings::{BackupTable, Settings};
use crate::clock::SystemClock;
use crate::credential::{DAY_MS, Kept, Sealed, is_near};
use crate::exit::Error;
use crate::log;
use crate::master_key::{KeyRing, MasterKeyTable, MasterKeys, is_variable};
use telemetry::TelemetryTable;
pub use telemetry::{Collector, Telemetry};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    node: NodeTable,
    #[serde(default)]
    credential: Vec<CredentialTable>,
    master_key: Option<MasterKeyTable>,
    backup: Option<BackupTable>,
    #[serde(default)]
    telemetry: TelemetryTable,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NodeTable {
    data: Option<PathBuf>,
    listen: Option<String>,
    poll_seconds: Option<f64>,
    /// Seconds after it fell into doubt at which an effect is probed.
    probe_seconds: Option<Vec<f64>>,
    search_seconds: Option<f64>,
    /// Seconds for which a field that a remote refused is left out, unless it changes before.
    refusal_seconds: Option<f64>,
    requests_in_flight: Option<usize>,
    log: Option<String>,
    #[serde(default)]
    log_format: log::Form,
    log_directory: Option<PathBuf>,
    #[serde(default)]
    proxy: Proxy,
}

/// Whether requests to remotes may go through a proxy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Proxy {
    /// Never: what the environment says (`HTTPS_PROXY` and the like) is not looked at.
    #[default]
    None,
    /// Through the one that the environment names, for https addresses.
    System,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CredentialTable {
    tenant: TenantName,
    name: String,
    #[serde(default)]
    user: String,
    env: Option<String>,
    file: Option<PathBuf>,
}

/// A credential, read and ready. It has no `Debug`.
#[derive(Clone)]
pub struct Credential {
    /// The user's name; empty for Azure DevOps.
    pub user: String,
    /// The token. Read when a connection is made, so that a replaced token is taken up.
    pub source: Source,
}

fn data_directory(path: &Path, folder: &Path, node: &NodeTable) -> Result<PathBuf, Error> {
    let data = node.data.as_ref().ok_or_else(|| {
        Error::Usage(format!(
            "{}: [node] has no `data`; name the data directory by it, such as data = \"data\"",
            path.display()
        ))
    })?;
    Ok(folder.join(data))
}

/// Refuses backups that lie where something else does: what is erased or listed there would be taken for them, or they for it.
fn apart(path: &Path, backups: &Path, others: [(&str, &PathBuf); 2]) -> Result<(), Error> {
    let met = others
        .into_iter()
        .find(|(_, other)| overlap(backups, other));
    met.map_or(Ok(()), |(what, other)| {
        Err(Error::Usage(format!(
            "{}: [backup] directory {} and {what} {} lie within each other; give the backups a directory of their own, best on \
             another disk",
            path.display(),
            backups.display(),
            other.display()
        )))
    })
}

/// Whether one of two directories is the other or lies within it.
fn overlap(one: &Path, other: &Path) -> bool {
    let (one, other) = (real(one), real(other));
    one.starts_with(&other) || other.starts_with(&one)
}

/// Where a path leads without links, as far as it is there: the directory of the first backup is not there yet.
fn real(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let there = |above: &Path| {
        let real = std::fs::canonicalize(above).ok()?;
        Some(real.join(path.strip_prefix(above).ok()?))
    };
    path.ancestors()
        .find_map(there)
        .unwrap_or_else(|| path.clone())
}

/// What the configuration says of master keys at this moment.
fn master_keys(path: &Path) -> Result<Option<MasterKeys>, Error> {
    let text = text(path)?;
    let file: File = toml::from_str(&text).map_err(|error| fault(path, &text, &error))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let table = file.master_key.as_ref();
    table.map(|table| table.sources(path, folder)).transpose()
}

impl Credential {
    /// The account's name and the token, as they are now.
    ///
    /// # Errors
    /// When they are not to be had.
    pub fn read(&self) -> Result<Sealed, Error> {
        if let Source::Vault(kept) = &self.source {
            return kept.read();
        }
        let (user, token) = (self.user.clone(), self.source.read()?);
        Ok(Sealed { user, token })
    }
}

/// Where a token comes from.
#[derive(Clone)]
pub enum Source {
    /// An environment variable.
    Env(String),
    /// A file that holds nothing else.
    File(PathBuf),
    /// The tenant's vault.
    Vault(Kept),
    /// Given by the program itself, for the demo.
    Given(Arc<Zeroizing<String>>),
}

/// Where it comes from, never what it is.
impl Loggable for Source {
    type Form = String;

    fn form(&self) -> String {
        match self {
            Source::Env(name) => format!("the variable {}", Name(name).form()),
            Source::File(path) => path.form(),
            Source::Vault(kept) => format!("the vault's {}", Name(&kept.name).form()),
            Source::Given(_) => "given".to_owned(),
        }
    }
}

impl Source {
    /// What kind of place it is, in one word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Source::Env(_) => "env",
            Source::File(_) => "file",
            Source::Vault(_) => "vault",
            Source::Given(_) => "given",
        }
    }

    /// Where in a vault it lies, if it does.
    #[must_use]
    pub fn kept(&self) -> Option<&Kept> {
        match self {
            Source::Vault(kept) => Some(kept),
            Source::Env(_) | Source::File(_) | Source::Given(_) => None,
        }
    }

    /// The token as it is now, without the white space around it.
    pub fn read(&self) -> Result<Zeroizing<String>, Error> {
        match self {
            Source::Env(name) => match std::env::var(name) {
                Ok(token) => Ok(Zeroizing::new(token.trim().to_owned())),
                Err(_) => Err(Error::Usage(format!(
                    "the environment variable {name} is not set or not text; it should hold the token that counterpart.toml \
                     names by `env`"
                ))),
            },
            Source::File(path) => match bounded(path, TOKEN_BYTES) {
                Ok(token) if token.trim().is_empty() => Err(Error::Usage(format!(
                    "{}: the file is empty; put the token alone into it, readable by this user only",
                    path.display()
                ))),
                Ok(token) => Ok(Zeroizing::new(token.trim().to_owned())),
                Err(error) if lacks_handles(&error) => Err(Error::Unreachable(format!(
                    "{}: cannot read the token: too many files are open; raise the limit of open files",
                    path.display()
                ))),
                Err(error) => Err(Error::Usage(format!(
                    "{}: cannot read the token: {error}; put the token alone into this file, readable by this user only",
                    path.display()
                ))),
            },
            Source::Vault(kept) => Ok(kept.read()?.token),
            Source::Given(token) => Ok(Zeroizing::new(token.to_string())),
        }
    }
}

/// A tenant as configured.
pub struct Tenant {
    /// Its name.
    pub name: TenantName,
    /// Its directory.
    pub directory: PathBuf,
    /// The folder of its profiles; nothing where they come from the program itself.
    pub folder: Option<PathBuf>,
    /// Its profiles.
    pub profiles: Vec<Arc<Profile>>,
    /// Its credentials by name.
    pub credentials: BTreeMap<String, Credential>,
    /// Whether it has a vault that cannot be read: what is missing may be in it.
    pub unopened: bool,
    /// Whether its digest key is in its vault, so that nothing of it works without a master key.
    pub sealed: bool,
    /// Credentials for want of which profiles are left out.
    pub wanting: BTreeSet<String>,
}

impl Tenant {
    /// Whether something of the configuration calls a credential so, or one is called so already.
    #[must_use]
    pub fn knows_credential(&self, name: &str) -> bool {
        self.credentials.contains_key(name) || self.wanting.contains(name)
    }
}

/// The configuration, read and checked.
pub struct Config {
    /// The folder of the configuration.
    pub folder: PathBuf,
    /// The data directory.
    pub data: PathBuf,
    /// The tenants of which `[[credential]]` names something, configured or not.
    pub named: BTreeSet<TenantName>,
    /// The folder with one folder of profiles for each tenant.
    pub profiles: PathBuf,
    /// Where backups go, when, and for how long.
    pub backup: Settings,
    /// Where the administration endpoint listens; nothing for none.
    pub listen: Option<SocketAddr>,
    /// What is logged, and where.
    pub log: log::Settings,
    /// Whether remotes are reached through a proxy.
    pub proxy: Proxy,
    /// Where the master key comes from; nothing when no vault is used.
    pub master: Option<MasterKeys>,
    /// What opens the vaults.
    pub ring: Arc<KeyRing>,
    /// How the node goes about its work.
    pub tuning: actors::Tuning,
    /// What is counted and told.
    pub telemetry: Telemetry,
    /// The tenants.
    pub tenants: Vec<Tenant>,
    /// What is wrong with profiles, tenants and credentials that are left out.
    pub faults: Vec<String>,
}

impl Config {
    /// Reads the configuration and every profile. All faults are told at once.
    pub fn load(path: &Path) -> Result<Config, Error> {
        let config = Config::load_sound(path)?;
        if config.faults.is_empty() {
            return Ok(config);
        }
        Err(Error::Usage(config.faults.join("\n")))
    }

    /// Reads the configuration for a command that works and ends: a profile with faults is left out and told of, so that one
    /// tenant's slip does not stop the others. It fails when no profile is left.
    pub fn load_sound(path: &Path) -> Result<Config, Error> {
        Config::load_opened(path, false)
    }

    /// The same for a node that stays. A store that does not open for want of a master key is tried again, so its profiles
    /// are not left out for that.
    pub fn load_lasting(path: &Path) -> Result<Config, Error> {
        Config::load_opened(path, true)
    }

    fn load_opened(path: &Path, lasts: bool) -> Result<Config, Error> {
        let mut config = Config::load_any(path)?;
        open_vaults(&config.ring, &mut config.tenants, &mut config.faults, lasts);
        let none = config
            .tenants
            .iter()
            .all(|tenant| tenant.profiles.is_empty());
        if none && !config.faults.is_empty() {
            return Err(Error::Usage(config.faults.join("\n")));
        }
        Ok(config)
    }

    /// Reads the configuration for a command that looks at what there is: whatever is wrong with a profile or a tenant is
    /// in the faults.
    pub fn load_any(path: &Path) -> Result<Config, Error> {
        Config::read(path, false)
    }

    /// Reads the configuration for a restore: the profiles may be gone, and a tenant may be known by its credential alone.
    pub fn load_bare(path: &Path) -> Result<Config, Error> {
        Config::read(path, true)
    }

    fn read(path: &Path, bare: bool) -> Result<Config, Error> {
        let text = text(path)?;
        let file: File = toml::from_str(&text).map_err(|error| fault(path, &text, &error))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let data = data_directory(path, folder, &file.node)?;
        let mut tuning = tuning(path, &file.node)?;
        let listen = listen(path, file.node.listen.as_deref())?;
        let root = folder.join("profiles");
        let (mut tenants, mut faults) = match bare && !root.exists() {
            true => (Vec::new(), Vec::new()),
            false => profiles(&root, &data)?,
        };
        let backup = BackupTable::settings(file.backup.as_ref(), path, folder)?;
        apart(
            path,
            &backup.directory,
            [("[node] data", &data), ("profiles", &root)],
        )?;
        if backup.schedule.is_some() && file.master_key.is_none() {
            return Err(Error::Usage(format!(
                "{}: [backup] needs a [master_key], under which backups are sealed; make one by `counterpart secret generate > \
                 master.key`, chmod 600 it, and name it by file = \"master.key\"",
                path.display()
            )));
        }
        let named = file.credential.iter().map(|table| table.tenant.clone());
        let named = named.collect();
        for table in file.credential {
            let credential = credential(path, folder, &table)?;
            if bare && !tenants.iter().any(|tenant| tenant.name == table.tenant) {
                tenants.push(bare_tenant(&data, &table.tenant));
            }
            let tenant = tenants
                .iter_mut()
                .find(|tenant| tenant.name == table.tenant);
            let Some(tenant) = tenant else {
                faults.push(format!(
                    "{}: credential {:?} is for tenant {:?}, which has no folder {}; make it and put its profiles there",
                    path.display(),
                    table.name,
                    table.tenant.as_str(),
                    folder
                        .join("profiles")
                        .join(table.tenant.as_str())
                        .display(),
                ));
                continue;
            };
            if tenant.credentials.contains_key(&table.name) {
                return Err(Error::Usage(format!(
                    "{}: tenant {} has two credentials named {:?}; take one out or name it otherwise",
                    path.display(),
                    table.tenant,
                    table.name
                )));
            }
            tenant.credentials.insert(table.name, credential);
        }
        let master = file.master_key.as_ref();
        let master = master
            .map(|table| table.sources(path, folder))
            .transpose()?;
        let again = path.to_path_buf();
        let ring = Arc::new(KeyRing::of(move || master_keys(&again)));
        let masters: Arc<dyn storage::Masters> = ring.clone();
        tuning.masters = Some(masters);
        list_vaults(&ring, &mut tenants, &mut faults);
        let telemetry = telemetry::telemetry(path, file.telemetry, &tenants)?;
        leave_out_uncredited(path, &mut tenants, &mut faults);
        let NodeTable {
            log: filter,
            log_format: form,
            log_directory,
            proxy,
            ..
        } = file.node;
        let log = log::Settings {
            filter,
            form,
            directory: log_directory.map(|directory| folder.join(directory)),
        };
        Ok(Config {
            folder: folder.to_owned(),
            data,
            named,
            profiles: root,
            backup,
            listen,
            log,
            proxy,
            master,
            ring,
            tuning,
            telemetry,
            tenants,
            faults,
        })
    }

    /// How a tenant's store is opened now.
    #[must_use]
    pub fn options(&self, tenant: &TenantName) -> storage::Options {
        let now = actors::Clock::now(&SystemClock);
        self.tuning.options(tenant, now)
    }

    /// Whether a `[[credential]]` is for that tenant.
    #[must_use]
    pub fn names_credentials_of(&self, tenant: &TenantName) -> bool {
        self.named.contains(tenant)
    }

    /// The tenant of that name.
    ///
    /// # Errors
    /// When the configuration has none.
    pub fn tenant(&self, name: &TenantName) -> Result<&Tenant, Error> {
        let found = self.tenants.iter().find(|tenant| tenant.name == *name);
        found.ok_or_else(|| {
            let known: Vec<&str> = self.tenants.iter().map(|each| each.name.as_str()).collect();
            let known = known.join(", ");
            Error::Usage(format!(
                "the configuration has no tenant {name}; it has {known}"
            ))
        })
    }
}

/// The tenant in whose folder `profiles/<tenant>/`, beside that configuration, a file is.
#[must_use]
pub fn tenant_of(config: &Path, file: &Path) -> Option<TenantName> {
    let beside = config.parent().unwrap_or(Path::new(""));
    let root = beside.join("profiles").canonicalize().ok()?;
    let file = file.canonicalize().ok()?;
    let folder = file.parent()?;
    if folder.parent()? != root {
        return None;
    }
    TenantName::new(folder.file_name()?.to_str()?).ok()
}

/// Whether a name in the data directory is the node's own, and no tenant's.
pub(crate) fn is_of_node(name: &str) -> bool {
    name.starts_with("node.")
}

fn fault(path: &Path, text: &str, error: &toml::de::Error) -> Error {
    let before = error
        .span()
        .and_then(|span| text.get(..span.start))
        .unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let told = without_value(error.message());
    Error::Usage(format!("{}:{line}: {told}", path.display()))
}

/// What the parser says, without the text that it found where something else belongs: that may be a secret in a wrong place.
fn without_value(message: &str) -> String {
    let Some((before, rest)) = message.split_once("string \"") else {
        return message.to_owned();
    };
    let after = rest.rsplit_once('"').map_or("", |(_, after)| after);
    format!("{before}string{after}")
}

/// The most bytes of the configuration file.
const CONFIG_BYTES: u64 = 1 << 20;
/// The most bytes of a file that holds a token.
const TOKEN_BYTES: u64 = 64 << 10;

/// A file's text, without the byte order mark that some editors put before it.
fn bounded(path: &Path, most: u64) -> Result<Zeroizing<String>, std::io::Error> {
    use std::io::Read as _;
    // As large as it can get at once: growing would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(most + 1).unwrap_or(0)));
    std::fs::File::open(path)?
        .take(most + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let error = format!("it has more than {most} bytes");
        return Err(std::io::Error::other(error));
    }
    let text = std::str::from_utf8(&bytes)
        .map_err(|error| std::io::Error::other(format!("it is not UTF-8 text ({error})")))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    Ok(Zeroizing::new(text.to_owned()))
}

fn text(path: &Path) -> Result<String, Error> {
    let read = bounded(path, CONFIG_BYTES);
    let text = read.map_err(|error| {
        let cure = if error.kind() == std::io::ErrorKind::NotFound {
            "; name it with --config or COUNTERPART_CONFIG"
        } else {
            ""
        };
        Error::Usage(format!(
            "{}: cannot read the configuration: {error}{cure}",
            path.display()
        ))
    })?;
    Ok(text.to_string())
}

fn listen(path: &Path, text: Option<&str>) -> Result<Option<SocketAddr>, Error> {
    let parse = |text: &str| {
        text.parse().map_err(|_| {
            Error::Usage(format!(
                "{}: [node] listen = {text:?} is no address with a port; write it in numbers, such as 127.0.0.1:7460",
                path.display()
            ))
        })
    };
    text.map(parse).transpose()
}

/// The longest time that a setting may name, in seconds: a day.
const LONGEST: f64 = 86_400.0;

fn tuning(path: &Path, node: &NodeTable) -> Result<actors::Tuning, Error> {
    let within = |name: &str, value: f64, least: f64, most: f64| {
        if value >= least && value <= most {
            return Ok(());
        }
        Err(Error::Usage(format!(
            "{}: [node] {name} = {value} is out of range; it takes {least} to {most}",
            path.display()
        )))
    };
    for (name, value, least) in [
        ("poll_seconds", node.poll_seconds, 0.05),
        ("search_seconds", node.search_seconds, 0.0),
        ("refusal_seconds", node.refusal_seconds, 1.0),
    ] {
        within(name, value.unwrap_or(least), least, LONGEST)?;
    }
    let probes = node.probe_seconds.as_deref();
    if probes.is_some_and(|probes| probes.is_empty() || probes.len() > PROBES) {
        return Err(Error::Usage(format!(
            "{}: [node] probe_seconds takes 1 to {PROBES} times",
            path.display()
        )));
    }
    for at in probes.into_iter().flatten() {
        within("probe_seconds", *at, 0.0, LONGEST)?;
    }
    let most = limit::REQUESTS_IN_FLIGHT;
    if node
        .requests_in_flight
        .is_some_and(|wanted| wanted == 0 || wanted > most)
    {
        return Err(Error::Usage(format!(
            "{}: [node] requests_in_flight takes 1 to {most}",
            path.display()
        )));
    }
    Ok(tuned(node))
}

/// The most times at which a doubtful effect is probed.
const PROBES: usize = 20;

fn tuned(node: &NodeTable) -> actors::Tuning {
    let mut tuning = actors::Tuning::default();
    let milliseconds = |seconds: f64| {
        #[allow(
            clippy::cast_possible_truncation,
            reason = "a float casts to the nearest integer"
        )]
        let milliseconds = (seconds * 1000.0) as i64;
        milliseconds
    };
    if let Some(seconds) = node.poll_seconds {
        tuning.poll_ms = u64::try_from(milliseconds(seconds)).unwrap_or(0);
    }
    if let Some(seconds) = &node.probe_seconds {
        tuning.schedule.probes = seconds.iter().map(|at| milliseconds(*at)).collect();
        tuning.schedule.probes.sort_unstable();
    }
    if let Some(seconds) = node.search_seconds {
        tuning.schedule.search = milliseconds(seconds);
    }
    if let Some(seconds) = node.refusal_seconds {
        tuning.schedule.refusal = milliseconds(seconds);
    }
    if let Some(most) = node.requests_in_flight {
        tuning.requests_in_flight = most;
    }
    tuning
}

/// Every folder below `profiles` is a tenant, every TOML file in it a profile. Gives the tenants with their sound
/// profiles, and what is wrong with the others.
fn profiles(root: &Path, data: &Path) -> Result<(Vec<Tenant>, Vec<String>), Error> {
    let mut tenants = Vec::new();
    let mut faults = Vec::new();
    for folder in entries(root)? {
        if !folder.is_dir() {
            if is_profile(&folder) {
                faults.push(format!(
                    "{}: a profile belongs into a tenant's folder: move it to profiles/<tenant>/",
                    folder.display()
                ));
            }
            continue;
        }
        let name = match TenantName::new(&named(&folder)) {
            Ok(name) => name,
            Err(error) => {
                faults.push(format!("{}: as a tenant's name: {error}", folder.display()));
                continue;
            }
        };
        if is_of_node(name.as_str()) {
            faults.push(format!(
                "{}: names that begin with \"node.\" are the node's own in the data directory; call the tenant otherwise",
                folder.display()
            ));
            continue;
        }
        let mut compiled: Vec<Arc<Profile>> = Vec::new();
        for file in entries(&folder)? {
            if !is_profile(&file) {
                continue;
            }
            match compile(&file) {
                Ok(profile) if compiled.iter().any(|other| other.name == profile.name) => {
                    let name = &profile.name;
                    faults.push(format!(
                        "{}: the tenant has another profile named {name}",
                        file.display()
                    ));
                }
                Ok(profile) => compiled.push(Arc::new(profile)),
                Err(Error::Usage(text) | Error::Unreachable(text)) => faults.push(text),
            }
        }
        let directory = data.join(name.as_str());
        tenants.push(Tenant {
            name,
            directory,
            folder: Some(folder),
            profiles: compiled,
            credentials: BTreeMap::new(),
            unopened: false,
            sealed: false,
            wanting: BTreeSet::new(),
        });
    }
    Ok((tenants, faults))
}

/// A tenant of which nothing is known but its name.
pub(crate) fn bare_tenant(data: &Path, name: &TenantName) -> Tenant {
    Tenant {
        name: name.clone(),
        directory: data.join(name.as_str()),
        folder: None,
        profiles: Vec::new(),
        credentials: BTreeMap::new(),
        sealed: false,
        unopened: false,
        wanting: BTreeSet::new(),
    }
}

/// The profile files of a tenant's folder, whatever is in them.
pub(crate) fn profile_files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files = entries(folder)?;
    files.retain(|path| is_profile(path) && path.is_file());
    Ok(files)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |error: std::io::Error| {
        Error::Usage(format!(
            "{}: cannot read the folder: {error}; profiles are TOML files in profiles/<tenant>/ beside the configuration",
            folder.display()
        ))
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        paths.push(entry.map_err(failed)?.path());
    }
    // What an editor, a version control system or a file system keeps there is hidden, and nobody's tenant or profile.
    paths.retain(|path| !named(path).starts_with('.'));
    paths.sort();
    Ok(paths)
}

fn named(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn is_profile(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "toml")
}

/// Reads and compiles one profile file.
pub fn compile(file: &Path) -> Result<Profile, Error> {
    let size = std::fs::metadata(file).map_or(0, |meta| meta.len());
    if size > limit::PROFILE_BYTES as u64 {
        let most = limit::PROFILE_BYTES;
        return Err(Error::Usage(format!(
            "{}: a profile has at most {most} bytes",
            file.display()
        )));
    }
    let text = std::fs::read_to_string(file).map_err(|error| {
        Error::Usage(format!(
            "{}: cannot read the profile: {error}",
            file.display()
        ))
    })?;
    let name = file.display().to_string();
    Profile::compile(&text, &name).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Error::Usage(lines.join("\n"))
    })
}

fn credential(path: &Path, folder: &Path, table: &CredentialTable) -> Result<Credential, Error> {
    let source = match (&table.env, &table.file) {
        (Some(env), None) if is_variable(env) => Source::Env(env.clone()),
        (Some(_), None) => {
            return Err(Error::Usage(format!(
                "{}: credential {:?}: `env` is the name of a variable",
                path.display(),
                table.name
            )));
        }
        (None, Some(file)) => Source::File(folder.join(file)),
        (Some(_), Some(_)) | (None, None) => {
            return Err(Error::Usage(format!(
                "{}: credential {:?} needs either `env` (a variable's name) or `file` (a path)",
                path.display(),
                table.name
            )));
        }
    };
    Ok(Credential {
        user: table.user.clone(),
        source,
    })
}

/// Takes in what the tenants' vaults list. No key is needed for that, so commands that only look ask for none.
fn list_vaults(ring: &Arc<KeyRing>, tenants: &mut [Tenant], faults: &mut Vec<String>) {
    for tenant in tenants {
        match Vault::peek(&OsDisk, &tenant.directory, tenant.name.as_str()) {
            Ok(listed) => {
                for listed in listed.unwrap_or_default() {
                    match listed.kind {
                        SecretKind::Credential => take_in(tenant, ring, listed, faults),
                        SecretKind::Digest => tenant.sealed = true,
                        // It lies in the key files of backups alone.
                        SecretKind::Backup => {}
                    }
                }
            }
            Err(error) => {
                faults.push(format!("tenant {}: {error}", tenant.name));
                tenant.unopened = true;
            }
        }
    }
}

fn take_in(tenant: &mut Tenant, ring: &Arc<KeyRing>, listed: Listed, faults: &mut Vec<String>) {
    if tenant.credentials.contains_key(&listed.name) {
        faults.push(format!(
            "tenant {}: the credential {:?} is in the vault and in a [[credential]] as well; the latter is used; take one of \
             them out",
            tenant.name, listed.name
        ));
        return;
    }
    let kept = Kept {
        directory: tenant.directory.clone(),
        tenant: tenant.name.clone(),
        name: listed.name.clone(),
        ring: Arc::clone(ring),
    };
    let (user, source) = (String::new(), Source::Vault(kept));
    tenant
        .credentials
        .insert(listed.name, Credential { user, source });
}

/// Opens the vaults of which a profile wants something, be it only the digest key. One that does not open is a fault of its tenant alone, and its
/// profiles are left out.
fn open_vaults(ring: &KeyRing, tenants: &mut [Tenant], faults: &mut Vec<String>, lasts: bool) {
    for tenant in tenants {
        let (credentials, sealed) = (&tenant.credentials, tenant.sealed);
        let wants = |profile: &Arc<Profile>| {
            let remotes = [&profile.jira, &profile.azure];
            sealed
                || remotes.into_iter().any(|remote| {
                    let found = credentials.get(&remote.credential);
                    found.is_some_and(|found| matches!(found.source, Source::Vault(_)))
                })
        };
        if !tenant.profiles.iter().any(wants) {
            continue;
        }
        match ring.open(&tenant.directory, tenant.name.as_str()) {
            Ok(vault) => vault
                .iter()
                .flat_map(Vault::list)
                .for_each(|listed| warn(&tenant.name, &listed)),
            // Its store needs the same key, and tells.
            Err(_) if lasts && sealed => {}
            Err(error) => {
                faults.push(format!("tenant {}: {error}", tenant.name));
                tenant.profiles.retain(|profile| !wants(profile));
            }
        }
    }
}

fn warn(tenant: &TenantName, listed: &Listed) {
    let now = actors::Clock::now(&SystemClock);
    if is_near(listed.expires, now) {
        let left = listed.expires.map_or(0, |at| at.since(now).max(0));
        model::log!(
            warn,
            "a credential ends: make a new token at the remote and set it",
            tenant = tenant,
            credential = Name(&listed.name),
            days = left / DAY_MS
        );
    }
}

/// A profile whose credential is not configured cannot work; the others can.
fn leave_out_uncredited(path: &Path, tenants: &mut [Tenant], faults: &mut Vec<String>) {
    for tenant in tenants {
        let (name, credentials) = (&tenant.name, &tenant.credentials);
        let (unopened, wanting) = (tenant.unopened, &mut tenant.wanting);
        tenant.profiles.retain(|profile| {
            let mut missing = [&profile.jira, &profile.azure]
                .into_iter()
                .filter(|remote| !credentials.contains_key(&remote.credential));
            let all = missing.clone().map(|remote| remote.credential.clone());
            wanting.extend(all);
            let Some(missing) = missing.next() else {
                return true;
            };
            if unopened {
                return false;
            }
            faults.push(format!(
                "{}: profile {} of tenant {name} uses the credential {:?}, which is not configured; add a [[credential]] \
                 with that name, or seal one by `counterpart secret set`",
                path.display(),
                profile.name,
                missing.credential
            ));
            false
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: &str = r#"
        [node]
        data = "data"
        [[credential]]
        tenant = "sound"
        name = "jira-sync"
        env = "JIRA"
        [[credential]]
        tenant = "sound"
        name = "azure-sync"
        file = "token"
    "#;

    /// A configuration with these profile files, by tenant.
    fn configuration(profiles: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("counterpart.toml");
        std::fs::write(&path, NODE).unwrap();
        for (tenant, text) in profiles {
            let beside = folder.path().join("profiles").join(tenant);
            std::fs::create_dir_all(&beside).unwrap();
            std::fs::write(beside.join("web.toml"), text).unwrap();
        }
        (folder, path)
    }

    fn refusal(result: Result<Config, Error>) -> String {
        match result {
            Ok(_) => panic!("the configuration was taken"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_broken_profile_of_one_tenant_does_not_stop_the_others() {
        let (_folder, path) = configuration(&[("sound", mapping::SAMPLE), ("broken", "name = 1")]);
        let config = Config::load_sound(&path).unwrap();
        let running: Vec<usize> = config
            .tenants
            .iter()
            .map(|tenant| tenant.profiles.len())
            .collect();
        assert_eq!(running, [0, 1]);
        assert!(
            config
                .faults
                .iter()
                .all(|fault| fault.contains("web.toml:1"))
        );
        assert!(refusal(Config::load(&path)).contains("web.toml:1"));
    }

    #[test]
    fn backups_have_a_directory_of_their_own_whatever_leads_there() {
        let (folder, path) = configuration(&[("sound", mapping::SAMPLE)]);
        std::fs::create_dir(folder.path().join("data")).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(folder.path().join("data"), link).unwrap();
        let told = |directory: &str| {
            let sealed = "[master_key]\nfile = \"master.key\"\n";
            let text = format!("{NODE}\n{sealed}[backup]\ndirectory = {directory:?}\n");
            std::fs::write(&path, text).unwrap();
            let loaded = Config::load_bare(&path);
            loaded
                .err()
                .map_or_else(String::new, |error| error.to_string())
        };
        for within in [
            "data",
            "data/backups",
            "data/sound",
            "data/none/../backups",
            "link",
            "link/backups",
            "profiles",
            "profiles/sound",
            ".",
            "../",
            "/",
        ] {
            assert!(
                told(within).contains("within each other"),
                "{within}: {}",
                told(within)
            );
        }
        for beside in [
            "backups",
            "data-backups",
            "link-backups/data",
            "/var/backups",
        ] {
            assert_eq!(told(beside), "", "{beside}");
        }
        // Tests run in the folder of their package.
        assert!(overlap(Path::new("backup/none"), Path::new("backup")));
    }

    #[test]
    fn a_node_needs_at_least_one_sound_profile() {
        let (_folder, path) = configuration(&[("sound", "name = 1")]);
        assert!(refusal(Config::load_sound(&path)).contains("web.toml:1"));
    }

    #[test]
    fn a_missing_credential_leaves_out_its_profile_alone() {
        let other = mapping::SAMPLE.replace("\"jira-sync\"", "\"jira-other\"");
        let (folder, path) = configuration(&[("sound", mapping::SAMPLE)]);
        let other = other.replace("web-to-platform", "other");
        std::fs::write(folder.path().join("profiles/sound/other.toml"), other).unwrap();
        let config = Config::load_sound(&path).unwrap();
        assert_eq!(config.tenants[0].profiles.len(), 1);
        assert!(
            config.faults[0].contains("jira-other"),
            "{:?}",
            config.faults
        );
    }

    #[test]
    fn what_others_keep_beside_the_profiles_stops_nobody() {
        let (folder, path) = configuration(&[("sound", mapping::SAMPLE)]);
        let profiles = folder.path().join("profiles");
        std::fs::create_dir(profiles.join(".git")).unwrap();
        std::fs::write(profiles.join("sound/.#web.toml"), "a lock").unwrap();
        assert!(Config::load(&path).is_ok());
        std::fs::create_dir(profiles.join("lost+found")).unwrap();
        std::fs::write(profiles.join("web.toml"), mapping::SAMPLE).unwrap();
        let config = Config::load_sound(&path).unwrap();
        assert_eq!(config.faults.len(), 2, "{:?}", config.faults);
        assert!(
            config
                .faults
                .iter()
                .any(|fault| fault.contains("profiles/<tenant>/"))
        );
    }

    #[test]
    fn two_credentials_of_one_name_are_refused() {
        let (_folder, path) = configuration(&[("sound", mapping::SAMPLE)]);
        let twice = format!(
            "{NODE}\n[[credential]]\ntenant = \"sound\"\nname = \"jira-sync\"\nenv = \"OTHER\""
        );
        std::fs::write(&path, twice).unwrap();
        assert!(refusal(Config::load_any(&path)).contains("two credentials"));
    }

    #[test]
    fn a_setting_out_of_range_is_refused_with_its_range() {
        let (_folder, path) = configuration(&[("sound", mapping::SAMPLE)]);
        let check = |setting: &str, expected: &str| {
            std::fs::write(&path, NODE.replace("[node]", &format!("[node]\n{setting}"))).unwrap();
            let refused = refusal(Config::load_any(&path));
            assert!(refused.contains(expected), "{setting}: {refused}");
        };
        check("poll_seconds = nan", "0.05 to 86400");
        check("poll_seconds = 0", "0.05 to 86400");
        check("search_seconds = -5", "0 to 86400");
        check("probe_seconds = []", "1 to 20");
        check("probe_seconds = [5, inf]", "0 to 86400");
        check("requests_in_flight = 999", "1 to 8");
        check("listen = \"localhost:7460\"", "127.0.0.1:7460");
        std::fs::write(&path, "[node]\n").unwrap();
        assert!(refusal(Config::load_any(&path)).contains("data = "));
    }

    #[test]
    fn a_byte_order_mark_belongs_to_no_token_and_an_empty_file_holds_none() {
        let (folder, path) = configuration(&[("sound", mapping::SAMPLE)]);
        let token = folder.path().join("token");
        let read = || {
            Config::load(&path).unwrap().tenants[0].credentials["azure-sync"]
                .source
                .read()
        };
        std::fs::write(&token, "\u{feff}secret\r\n").unwrap();
        assert_eq!(read().unwrap().as_str(), "secret");
        std::fs::write(&token, " \n").unwrap();
        assert!(read().unwrap_err().to_string().contains("empty"));
        std::fs::write(&token, vec![b'x'; 100_000]).unwrap();
        assert!(read().unwrap_err().to_string().contains("65536"));
    }

    #[test]
    fn a_proxy_is_used_only_when_the_configuration_says_so() {
        let (_folder, path) = configuration(&[("sound", mapping::SAMPLE)]);
        assert_eq!(Config::load(&path).unwrap().proxy, Proxy::None);
        let with = |value: &str| {
            let text = NODE.replace("[node]", &format!("[node]\nproxy = {value:?}"));
            std::fs::write(&path, text).unwrap();
            Config::load(&path)
        };
        assert_eq!(with("system").unwrap().proxy, Proxy::System);
        assert!(refusal(with("http://proxy.acme.example")).contains("system"));
    }

    #[test]
    fn a_token_in_a_file_is_meant_from_the_configuration_and_is_trimmed() {
        let (folder, path) = configuration(&[("sound", mapping::SAMPLE)]);
        std::fs::write(folder.path().join("token"), " secret\n").unwrap();
        let config = Config::load(&path).unwrap();
        let credential = &config.tenants[0].credentials["azure-sync"];
        assert_eq!(credential.source.read().unwrap().as_str(), "secret");
    }
}
