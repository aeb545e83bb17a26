//! The way of reading commands to a store: directly, or through the node that has it open.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use admin::{Client, ClientError, Query, Token};
use model::TenantName;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use storage::{OpenError, Store};

use crate::config::Config;
use crate::exit::Error;
use crate::query;

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

/// Answers a question about the stores of a configuration.
pub async fn ask(config: &Config, question: Query) -> Result<Value, Error> {
    match open(config)? {
        Some(stores) => direct(config, &stores, &question),
        None => through_node(config, &question).await,
    }
}

/// The stores, or nothing when a node has them.
fn open(config: &Config) -> Result<Option<Vec<(TenantName, Store)>>, Error> {
    let mut stores = Vec::new();
    for tenant in &config.tenants {
        if !tenant.directory.exists() {
            continue;
        }
        match Store::open(&tenant.directory, config.tuning.store.clone()) {
            Ok(store) => stores.push((tenant.name.clone(), store)),
            Err(OpenError::Locked(_)) => return Ok(None),
            Err(error) => return Err(Error::Unreachable(format!("{}: {error}", tenant.name))),
        }
    }
    Ok(Some(stores))
}

async fn through_node(config: &Config, question: &Query) -> Result<Value, Error> {
    let path = NodeFile::path(&config.data);
    let broken = |error: &dyn std::fmt::Display| {
        Error::Unreachable(format!(
            "a node has the store open, but {} does not tell how to ask it: {error}; stop the node, or start it with \
             [node] listen",
            path.display()
        ))
    };
    let text = std::fs::read_to_string(&path).map_err(|error| broken(&error))?;
    let file: NodeFile = serde_json::from_str(&text).map_err(|error| broken(&error))?;
    let token = Token::new(&file.token).map_err(|error| broken(&error))?;
    Client::query(file.listen, &token, question)
        .await
        .map_err(|error| match error {
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
        Refused::Unknown(what) => Error::Usage(what),
        Refused::Failed(what) => Error::Unreachable(what),
    })
}

/// Why a question has no answer.
pub enum Refused {
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
    match question {
        Query::Pairs {
            tenant,
            profile,
            after,
            limit,
        } => pairs(
            config,
            stores,
            tenant.as_deref(),
            profile.as_deref(),
            after.as_deref(),
            *limit,
        ),
        Query::Pair { id } => one(config, stores, id, |_, profile, row| {
            Ok(query::show(profile, row))
        }),
        Query::Why { id } => one(config, stores, id, |store, profile, row| {
            Ok(query::why(store, profile, row)?)
        }),
        Query::Problems { tenant, all } => problems(config, stores, tenant.as_deref(), *all),
        Query::Status | Query::Order { .. } => Err(Refused::Unknown(
            "this can only be asked of a running node; start it with serve".to_owned(),
        )),
    }
}

fn each<'a>(
    config: &'a Config,
    stores: &'a [(TenantName, Store)],
    tenant: Option<&'a str>,
) -> impl Iterator<Item = (&'a Store, &'a model::ProfileName)> {
    let wanted = move |name: &TenantName| tenant.is_none_or(|only| only == name.as_str());
    stores
        .iter()
        .filter(move |(name, _)| wanted(name))
        .flat_map(|(name, store)| {
            let configured = config
                .tenants
                .iter()
                .filter(move |tenant| tenant.name == *name);
            let profiles = configured.flat_map(|tenant| &tenant.profiles);
            profiles.map(move |profile| (store, &profile.name))
        })
}

fn pairs(
    config: &Config,
    stores: &[(TenantName, Store)],
    tenant: Option<&str>,
    profile: Option<&str>,
    after: Option<&str>,
    limit: usize,
) -> Result<Value, Refused> {
    let mut list = Vec::new();
    for (store, name) in each(config, stores, tenant) {
        if profile.is_none_or(|only| only == name.as_str()) {
            let room = limit.saturating_sub(list.len());
            list.extend(query::pairs(store, name, after, room)?);
        }
    }
    Ok(serde_json::json!({ "pairs": list }))
}

fn one(
    config: &Config,
    stores: &[(TenantName, Store)],
    id: &str,
    show: impl Fn(&Store, &model::ProfileName, &actors::stored::PairRow) -> Result<Value, Refused>,
) -> Result<Value, Refused> {
    for (store, profile) in each(config, stores, None) {
        if let Some(row) = query::find(store, profile, id)? {
            return show(store, profile, &row);
        }
    }
    Err(Refused::Unknown(format!(
        "no pair has the item {id:?}; name it by its key (WEB-12), its id (4711) or as `pair list` does"
    )))
}

fn problems(
    config: &Config,
    stores: &[(TenantName, Store)],
    tenant: Option<&str>,
    all: bool,
) -> Result<Value, Refused> {
    let mut list = Vec::new();
    for (store, name) in each(config, stores, tenant) {
        list.extend(query::problems(store, name, all)?);
    }
    Ok(serde_json::json!({ "problems": list }))
}
