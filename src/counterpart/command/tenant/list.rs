//! `counterpart tenant list`: every tenant, what it has, and how it stands. It opens no store, so it works beside a running node.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use actors::Expiry;
use model::{Millis, TenantName};
use serde_json::{Value, json};
use storage::disk::OsDisk;
use storage::erase;

use crate::cli;
use crate::command::access::{self, has_tenant_store};
use crate::command::pair::stamp;
use crate::command::{Out, look};
use crate::config::{Config, Credential, Tenant, is_of_node};
use crate::credential::{Kept, until_expiry};
use crate::exit::{Ending, Error};

/// Folders below a tenant's directory whose files are counted.
const DEEPEST: usize = 4;
/// Files that are counted; a store has some hundreds at most.
const FILES: usize = 100_000;

/// Runs the command. It ends amiss while a tenant does not run as it should.
pub(super) async fn run(arguments: &cli::Config, out: &Out) -> Result<Ending, Error> {
    let config = look(&arguments.config)?;
    let node = Node::of(&config).await;
    let mut rows: Vec<Value> = config
        .tenants
        .iter()
        .map(|tenant| configured(tenant, &node))
        .collect();
    rows.extend(strangers(&config));
    let document = json!({ "node": node.word(), "tenants": rows });
    out.print(&document, || lines(&rows));
    let amiss = |row: &Value| {
        matches!(
            row["state"].as_str(),
            Some("failed" | "erasing" | "unconfigured")
        )
    };
    Ok(match rows.iter().any(amiss) {
        true => Ending::Amiss,
        false => Ending::Done,
    })
}

/// What works on the data directory.
enum Node {
    None,
    /// A node, and what it says of itself.
    Running(Value),
    /// Something that cannot be asked, such as `sync --once`.
    Mute,
}

impl Node {
    async fn of(config: &Config) -> Node {
        match access::status(config).await {
            Ok(Some(status)) => Node::Running(status),
            Ok(None) => Node::None,
            Err(_) => Node::Mute,
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Node::None => "none",
            Node::Running(_) => "running",
            Node::Mute => "busy",
        }
    }

    /// What it says of a tenant: nothing when it does not run it.
    fn tenant(&self, name: &TenantName) -> Option<&Value> {
        let Node::Running(status) = self else {
            return None;
        };
        let tenants = status["tenants"].as_array()?;
        tenants
            .iter()
            .find(|tenant| tenant["name"] == name.as_str())
    }
}

fn configured(tenant: &Tenant, node: &Node) -> Value {
    let profiles: Vec<&str> = tenant
        .profiles
        .iter()
        .map(|profile| profile.name.as_str())
        .collect();
    let (state, error) = state(tenant, node);
    let size = Size::of(&tenant.directory);
    json!({
        "tenant": tenant.name.as_str(),
        "profiles": profiles,
        "credentials": credentials(tenant),
        "state": state,
        "error": error,
        "bytes": size.bytes,
        "last_activity": last_activity(&tenant.directory).map(|at| at.0),
    })
}

/// One word for how it stands, and why it fails.
fn state(tenant: &Tenant, node: &Node) -> (&'static str, Option<String>) {
    if erase::is_begun(&OsDisk, &tenant.directory).unwrap_or(false) {
        return ("erasing", None);
    }
    if let Some(told) = node.tenant(&tenant.name) {
        let failure = told["failure"].as_str().map(str::to_owned);
        return (
            if failure.is_some() {
                "failed"
            } else {
                "running"
            },
            failure,
        );
    }
    match has_tenant_store(&tenant.directory) {
        Ok(true) => ("stopped", None),
        Ok(false) => ("new", None),
        Err(error) => ("failed", Some(error.to_string())),
    }
}

fn credentials(tenant: &Tenant) -> Vec<Value> {
    let one = |(name, credential): (&String, &Credential)| {
        let expiry = credential.source.kept().map(Kept::expiry);
        let expires = match expiry {
            Some(Expiry::At(_, at)) => Some(at.0),
            Some(Expiry::Unknown | Expiry::Never) | None => None,
        };
        json!({
            "name": name,
            "source": credential.source.word(),
            "expires": expires,
        })
    };
    tenant.credentials.iter().map(one).collect()
}

/// Whether the log's files lie in that directory.
fn holds_log(config: &Config, path: &Path) -> bool {
    let log = config.log.directory.as_deref();
    log.is_some_and(|log| log.starts_with(path))
}

/// Tenants that have a directory below the data directory, and no profiles. A node leaves them alone.
fn strangers(config: &Config) -> Vec<Value> {
    let known: BTreeSet<&str> = config
        .tenants
        .iter()
        .map(|tenant| tenant.name.as_str())
        .collect();
    let mut names: Vec<TenantName> = Vec::new();
    for entry in fs::read_dir(&config.data).into_iter().flatten().flatten() {
        let name = TenantName::new(&entry.file_name().to_string_lossy());
        if let Ok(name) = name
            && entry.path().is_dir()
            && !known.contains(name.as_str())
            && !is_of_node(name.as_str())
            && !holds_log(config, &entry.path())
        {
            names.push(name);
        }
    }
    names.sort();
    let row = |name: TenantName| {
        let directory = config.data.join(name.as_str());
        let begun = erase::is_begun(&OsDisk, &directory).unwrap_or(false);
        json!({
            "tenant": name.as_str(),
            "profiles": [],
            "credentials": [],
            "state": if begun { "erasing" } else { "unconfigured" },
            "error": Value::Null,
            "bytes": Size::of(&directory).bytes,
            "last_activity": last_activity(&directory).map(|at| at.0),
        })
    };
    names.into_iter().map(row).collect()
}

/// What a directory takes on disk, as far as it may be looked at.
#[derive(Default)]
struct Size {
    bytes: u64,
    files: usize,
}

impl Size {
    fn of(directory: &Path) -> Size {
        let mut size = Size::default();
        size.add(directory, 0);
        size
    }

    fn add(&mut self, directory: &Path, depth: usize) {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            let Ok(meta) = entry.metadata() else { continue };
            if meta.is_dir() && depth < DEEPEST {
                self.add(&entry.path(), depth + 1);
            }
            if meta.is_file() && self.files < FILES {
                self.files += 1;
                self.bytes += meta.len();
            }
        }
    }
}

/// When the journal was last written.
fn last_activity(directory: &Path) -> Option<Millis> {
    let entries = fs::read_dir(directory.join("journal")).ok()?;
    let changed = entries.flatten().filter_map(|entry| {
        let at = entry.metadata().ok()?.modified().ok()?;
        let since = at.duration_since(std::time::UNIX_EPOCH).ok()?;
        i64::try_from(since.as_millis()).ok()
    });
    changed.max().map(Millis)
}

fn lines(rows: &[Value]) -> Vec<String> {
    if rows.is_empty() {
        return vec!["no tenants; add one by `counterpart tenant add NAME`".to_owned()];
    }
    rows.iter().flat_map(of_one).collect()
}

fn of_one(row: &Value) -> Vec<String> {
    let name = row["tenant"].as_str().unwrap_or_default();
    let told = match row["state"].as_str().unwrap_or_default() {
        "new" => "no store yet".to_owned(),
        "erasing" => format!("erasing was begun; run `counterpart tenant erase {name}` again"),
        "unconfigured" => {
            format!(
                "has no folder below profiles/; a node leaves it alone, and `counterpart tenant erase {name}` destroys it"
            )
        }
        "failed" => format!(
            "does not run: {}",
            row["error"].as_str().unwrap_or_default()
        ),
        other => other.to_owned(),
    };
    let profiles: Vec<&str> = row["profiles"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let profiles = match profiles.is_empty() {
        true => "no profiles".to_owned(),
        false => profiles.join(", "),
    };
    let activity = match row["last_activity"].is_i64() {
        true => format!(", last written {}", stamp(&row["last_activity"])),
        false => String::new(),
    };
    let kib = row["bytes"].as_u64().unwrap_or(0).div_ceil(1_024);
    let mut lines = vec![format!("{name}: {told}; {profiles}; {kib} KiB{activity}")];
    let now = actors::Clock::now(&crate::clock::SystemClock);
    for credential in row["credentials"].as_array().into_iter().flatten() {
        let text = |key: &str| credential[key].as_str().unwrap_or_default();
        let expires = credential["expires"].as_i64().map(Millis);
        lines.push(format!(
            "  credential {} ({}){}",
            text("name"),
            text("source"),
            until_expiry(expires, now)
        ));
    }
    lines
}
