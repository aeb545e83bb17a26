//! The way of reading commands to a store: directly, or through the node that has it open.

mod chosen;
#[cfg(test)]
mod tests;

pub use chosen::{Found, find};

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use admin::{Client, ClientError, Query, Refusal, Token};
use model::TenantName;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use storage::Store;

use crate::config::Config;
use crate::exit::Error;
use crate::query;
use chosen::{Among, Place};

use super::lock::Lock;

/// What a running node leaves in its data directory, readable by its user only, so that commands find it.
#[derive(Serialize, Deserialize)]
pub struct NodeFile {
    /// Where the administration endpoint listens.
    pub listen: SocketAddr,
    /// The token of this run.
    pub token: String,
}

impl NodeFile {
    /// Where the file is.
    #[must_use]
    pub fn path(data: &Path) -> PathBuf {
        data.join("node.json")
    }
}

/// Answers a question about the stores of a configuration: through the node that works on them, else directly.
pub async fn ask(config: &Config, question: Query) -> Result<Value, Error> {
    // Held while the stores are open, so that a node that starts meanwhile says what is in its way.
    let Some(_lock) = Lock::take_if_free(&config.data)? else {
        return through_node(config, &question).await;
    };
    let stores = open(config, tenant_of(&question))?;
    let answer = direct(config, &stores, &question);
    close(stores)?;
    answer
}

/// What a running node says of itself; nothing when none runs.
///
/// # Errors
/// When something works on the data directory that cannot be asked.
pub(super) async fn status(config: &Config) -> Result<Option<Value>, Error> {
    match Lock::look(&config.data) {
        Ok(_) => Ok(None),
        Err(_) => through_node(config, &Query::Status).await.map(Some),
    }
}

/// The tenant that a question is about, when it names one.
fn tenant_of(question: &Query) -> Option<&str> {
    match question {
        Query::Pairs { tenant, .. }
        | Query::Pair { tenant, .. }
        | Query::Why { tenant, .. }
        | Query::Problems { tenant, .. }
        | Query::Order { tenant, .. }
        | Query::BackUp { tenant } => tenant.as_deref(),
        Query::Extended { tenant, .. } => Some(tenant),
        Query::Status | Query::Backups => None,
    }
}

/// The stores of all tenants, or of the one that is asked for.
fn open(config: &Config, only: Option<&str>) -> Result<Vec<(TenantName, Store)>, Error> {
    let mut stores = Vec::new();
    for tenant in &config.tenants {
        if only.is_some_and(|only| only != tenant.name.as_str())
            || !has_tenant_store(&tenant.directory)?
        {
            continue;
        }
        ours(&tenant.directory)?;
        let store = Store::open(&tenant.directory, config.options(&tenant.name))
            .map_err(|error| Error::Unreachable(format!("{}: {error}", tenant.name)))?;
        stores.push((tenant.name.clone(), store));
    }
    Ok(stores)
}

/// Closes them in order, so that the next start finds them as the last one left them.
fn close(stores: Vec<(TenantName, Store)>) -> Result<(), Error> {
    let mut first = Ok(());
    for (name, store) in stores {
        let closed = store.close();
        let closed = closed.map_err(|error| Error::Unreachable(format!("{name}: {error}")));
        first = first.and(closed);
    }
    first
}

/// Whether a tenant has a store yet. That it may not be looked at is no answer to that.
///
/// # Errors
/// When the directory cannot be looked at.
pub(super) fn has_store(directory: &Path) -> Result<bool, Error> {
    directory.try_exists().map_err(|error| {
        Error::Unreachable(format!(
            "{}: {error}; run this command as the user that the node runs as",
            directory.display()
        ))
    })
}

/// Whether a tenant's directory holds a store. One with nothing but a vault in it does not; of any other nobody can say
/// without a look, not even of an empty one, from which a store may have been lost.
///
/// # Errors
/// As [`has_store`].
pub(super) fn has_tenant_store(directory: &Path) -> Result<bool, Error> {
    if !has_store(directory)? {
        return Ok(false);
    }
    let Ok(entries) = std::fs::read_dir(directory) else {
        return Ok(true);
    };
    let names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
    let of_vault = |name: &std::ffi::OsString| {
        ["vault", "vault.lock", "vault.tmp"]
            .iter()
            .any(|known| name == known)
    };
    Ok(names.is_empty() || !names.iter().all(of_vault))
}

/// Opening a store writes into it; what somebody else leaves there its owner's node could not open.
pub(crate) fn ours(directory: &Path) -> Result<(), Error> {
    use std::os::unix::fs::MetadataExt as _;
    let owner = |path: &Path| std::fs::metadata(path).map(|meta| meta.uid());
    match (owner(directory), owner(Path::new("/proc/self"))) {
        (Ok(owner), Ok(we)) if owner != we => Err(Error::Unreachable(format!(
            "{}: the directory belongs to the user of number {owner}; run this command as that user",
            directory.display()
        ))),
        _ => Ok(()),
    }
}

/// Asks the node that works on the data directory.
///
/// # Errors
/// When it cannot be asked, or refuses.
pub(super) async fn through_node(config: &Config, question: &Query) -> Result<Value, Error> {
    let path = NodeFile::path(&config.data);
    let broken = |error: &dyn std::fmt::Display| {
        Error::Unreachable(format!(
            "another process works on the data directory, but {} does not tell how to ask it: {error}; a node that runs as \
             another user can be asked by that user only, and `sync --once` cannot be asked at all: wait for its end",
            path.display()
        ))
    };
    let text = std::fs::read_to_string(&path).map_err(|error| broken(&error))?;
    let file: NodeFile = serde_json::from_str(&text).map_err(|error| broken(&error))?;
    let token = Token::new(&file.token).map_err(|error| broken(&error))?;
    Client::query(file.listen, &token, question)
        .await
        .map_err(|error| match error {
            ClientError::Refused(Refusal::Unavailable(what)) => Error::Unreachable(what),
            ClientError::Refused(refusal) => Error::Usage(refusal.to_string()),
            other => Error::Unreachable(other.to_string()),
        })
}

fn direct(
    config: &Config,
    stores: &[(TenantName, Store)],
    question: &Query,
) -> Result<Value, Error> {
    let answer = answer(config, stores, question);
    answer.map_err(|error| match error {
        Refused::Wrong(what) | Refused::Unknown(what) => Error::Usage(what),
        Refused::Failed(what) => Error::Unreachable(what),
    })
}

/// Why a question has no answer.
#[derive(Debug)]
pub enum Refused {
    /// The question does not say enough, or what cannot be.
    Wrong(String),
    /// What was asked for is not there.
    Unknown(String),
    /// The store could not be read.
    Failed(String),
}

impl From<actors::ledger::LedgerError> for Refused {
    fn from(error: actors::ledger::LedgerError) -> Refused {
        Refused::Failed(error.to_string())
    }
}

/// Answers a question from open stores.
pub fn answer(
    config: &Config,
    stores: &[(TenantName, Store)],
    question: &Query,
) -> Result<Value, Refused> {
    let among = |tenant, profile| Among::new(config, stores, tenant, profile);
    match question {
        Query::Pairs {
            tenant,
            profile,
            after,
            limit,
        } => {
            let among = among(tenant, profile)?;
            pairs(&among, after.as_deref(), *limit)
        }
        Query::Pair {
            id,
            tenant,
            profile,
        } => {
            let found = among(tenant, profile)?.find(id)?;
            let shown = query::show(found.place.profile, &found.row);
            Ok(of_tenant(&found.place, shown))
        }
        Query::Why {
            id,
            tenant,
            profile,
        } => {
            let found = among(tenant, profile)?.find(id)?;
            let Place { store, profile, .. } = found.place;
            let told = query::why(store, profile, &found.row)?;
            Ok(of_tenant(&found.place, told))
        }
        Query::Problems { tenant, all } => {
            let mut list = tenant_problems(stores, tenant.as_deref(), *all)?;
            list.extend(problems(&among(tenant, &None)?, *all)?);
            Ok(serde_json::json!({ "problems": list }))
        }
        Query::Status
        | Query::Order { .. }
        | Query::Extended { .. }
        | Query::Backups
        | Query::BackUp { .. } => Err(Refused::Unknown(
            "this can only be asked of a running node; start it with serve".to_owned(),
        )),
    }
}

/// One page: its `next` is where the one after it begins.
fn pairs(among: &Among<'_>, after: Option<&str>, limit: usize) -> Result<Value, Refused> {
    let (from, mut pair) = match after {
        Some(after) => {
            let (place, pair) = among.cursor(after)?;
            (place, Some(pair))
        }
        None => (0, None),
    };
    let mut list: Vec<Value> = Vec::new();
    let mut next = None;
    for place in among.places.iter().skip(from) {
        let room = limit.saturating_sub(list.len());
        // One more than there is room for tells whether there is more.
        let rows = query::pairs(place.store, place.profile, pair.take(), room + 1)?;
        if rows.len() > room {
            next = list.last().map(end_of);
            if room > 0 {
                next = rows.get(room - 1).map(|row| {
                    let row = of_tenant(place, row.clone());
                    end_of(&row)
                });
            }
        }
        let rows = rows.into_iter().take(room);
        list.extend(rows.map(|row| of_tenant(place, row)));
        if next.is_some() {
            break;
        }
    }
    Ok(serde_json::json!({ "pairs": list, "next": next }))
}

/// The place of a listed pair.
fn end_of(row: &Value) -> String {
    let text = |key: &str| row[key].as_str().unwrap_or_default();
    format!("{}/{}/{}", text("tenant"), text("profile"), text("pair"))
}

fn of_tenant(place: &Place<'_>, mut value: Value) -> Value {
    value["tenant"] = place.tenant.as_str().into();
    value
}

/// The problems that are a tenant's and no profile's.
fn tenant_problems(
    stores: &[(TenantName, Store)],
    only: Option<&str>,
    all: bool,
) -> Result<Vec<Value>, Refused> {
    let mut list = Vec::new();
    for (tenant, store) in stores {
        if only.is_some_and(|only| only != tenant.as_str()) {
            continue;
        }
        for mut row in query::tenant_problems(store, all)? {
            row["tenant"] = tenant.as_str().into();
            list.push(row);
        }
    }
    Ok(list)
}

fn problems(among: &Among<'_>, all: bool) -> Result<Vec<Value>, Refused> {
    let mut list = Vec::new();
    for place in &among.places {
        let rows = query::problems(place.store, place.profile, all)?;
        list.extend(rows.into_iter().map(|row| of_tenant(place, row)));
    }
    Ok(list)
}
