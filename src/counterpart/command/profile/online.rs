//! A profile against its remotes, as they are now.

use std::collections::BTreeMap;
use std::sync::Arc;

use actors::line::Line;
use actors::{Discovered, Gateway as _};
use mapping::check::{self, Gap, Severity};
use mapping::{Profile, Scope};
use model::{Both, ItemId, Side};
use sync::{Conversation, Obstacle};
use tokio_util::sync::CancellationToken;

use super::Chosen;
use crate::clock::SystemClock;
use crate::config::{Config, Credential};
use crate::exit::Error;
use crate::gateway::Remotes;

/// Pages of a feed that are read to find an item for trying a filter.
const PAGES: usize = 4;

/// Compares a profile with what both remotes have, and tries its filters.
pub(super) async fn check(config: &Config, chosen: &Chosen) -> Result<Vec<Gap>, Error> {
    let profile = &chosen.profile;
    let credentials = credentials(config, chosen)?;
    for remote in [&profile.jira, &profile.azure] {
        if let Some(credential) = credentials.get(&remote.credential) {
            credential.source.read()?;
        }
    }
    let remotes = Remotes::new(profile, credentials, config.proxy)?;
    let jira = meet(&remotes, Side::Jira, profile).await?;
    let azure = meet(&remotes, Side::Azure, profile).await?;
    let mut gaps = check::online(profile, &jira.schema, &azure.schema);
    let known = Both {
        jira: &jira.schema,
        azure: &azure.schema,
    };
    for scope in &profile.scopes {
        for side in Side::BOTH {
            // A project that is not there has its gap already.
            if !known.get(side).has_project(scope.project(side)) {
                continue;
            }
            if let Some(condition) = condition(scope, side) {
                let met = try_condition(&remotes, side, profile, scope).await?;
                gaps.extend(met.gap(condition, profile, scope, side));
            }
        }
    }
    Ok(gaps)
}

/// The credentials of the profile's own tenant, and of nobody else.
pub(super) fn credentials<'a>(
    config: &'a Config,
    chosen: &Chosen,
) -> Result<&'a BTreeMap<String, Credential>, Error> {
    let profile = &chosen.profile;
    let Some(name) = &chosen.tenant else {
        return Err(Error::Usage(format!(
            "{}: the file is in no tenant's folder profiles/<tenant>/ of the configuration; say by --tenant whose credentials \
             are to be used",
            profile.file()
        )));
    };
    let tenant = config.tenant(name)?;
    for remote in [&profile.jira, &profile.azure] {
        if !tenant.credentials.contains_key(&remote.credential) {
            return Err(Error::Usage(format!(
                "profile {}: tenant {name} has no credential {:?}; add a [[credential]] with that tenant and name",
                profile.name, remote.credential
            )));
        }
    }
    Ok(&tenant.credentials)
}

async fn meet(remotes: &Remotes, side: Side, profile: &Profile) -> Result<Discovered, Error> {
    let talk = remotes.discover(side, profile);
    let met = converse(remotes, side, talk).await?;
    met.map_err(|obstacle| unreachable(side, &obstacle))
}

async fn converse<T>(
    remotes: &Remotes,
    side: Side,
    talk: Conversation<Result<T, Obstacle>>,
) -> Result<Result<T, Obstacle>, Error> {
    let stop = CancellationToken::new();
    let line = Line::new(remotes.transport(side), 1, Arc::new(SystemClock), stop);
    let told = line.converse(talk, actors::governor::Priority::Live).await;
    told.map_err(Error::unreachable)
}

fn unreachable(side: Side, obstacle: &Obstacle) -> Error {
    let problem = actors::poller::problem_of(side, obstacle);
    Error::Unreachable(format!(
        "{}: {obstacle}; {}",
        side.product(),
        problem.code.cure()
    ))
}

/// What narrows a scope below its project, in the profile's words.
fn condition(scope: &Scope, side: Side) -> Option<&'static str> {
    let area = side == Side::Azure && scope.azure.area.is_some();
    match (scope.filter(side).is_some(), area) {
        (true, false) => Some("filter"),
        (false, true) => Some("area"),
        (true, true) => Some("filter or area"),
        (false, false) => None,
    }
}

/// What became of a condition that was tried.
enum Tried {
    /// The remote could evaluate it.
    Taken,
    /// The remote refuses it, and how.
    Refused(String),
    /// There is no item to try it with.
    Nothing,
}

impl Tried {
    fn gap(self, condition: &str, profile: &Profile, scope: &Scope, side: Side) -> Option<Gap> {
        let project = format!("{} project {}", side.product(), scope.project(side));
        let (severity, what, cure) = match self {
            Tried::Taken => return None,
            Tried::Refused(how) => (
                Severity::Error,
                format!(
                    "{} refuses the {condition} of project {} {how}",
                    side.product(),
                    scope.project(side)
                ),
                format!("mend the {condition} in [[scope]]"),
            ),
            Tried::Nothing => (
                Severity::Warning,
                format!("{project} has no item yet, so its {condition} was not tried"),
                "check again when it has one".to_owned(),
            ),
        };
        Some(Gap {
            severity,
            file: profile.file().to_owned(),
            line: Some(scope.line()),
            side: Some(side),
            what,
            cure,
        })
    }
}

/// Lets a remote evaluate one scope's condition once, over one item.
async fn try_condition(
    remotes: &Remotes,
    side: Side,
    profile: &Profile,
    scope: &Scope,
) -> Result<Tried, Error> {
    // A connector asks for all scopes at once; with this one alone it is certain whose condition was refused.
    let mut narrow = profile.clone();
    narrow.scopes = vec![scope.clone()];
    let narrow = Arc::new(narrow);
    let remotes = remotes.narrowed(Arc::clone(&narrow));
    let met = meet(&remotes, side, &narrow).await?;
    let Some(item) = some_item(&remotes, side, &met).await? else {
        return Ok(Tried::Nothing);
    };
    let answer = converse(&remotes, side, met.connector.covered(&[item])).await?;
    match answer {
        Ok(_) => Ok(Tried::Taken),
        Err(obstacle) => match refused(&obstacle) {
            Some(how) => Ok(Tried::Refused(how)),
            None => Err(unreachable(side, &obstacle)),
        },
    }
}

/// Azure DevOps takes any number for trying a query. Jira looks first whether the issue is in the project.
async fn some_item(
    remotes: &Remotes,
    side: Side,
    met: &Discovered,
) -> Result<Option<ItemId>, Error> {
    if side == Side::Azure {
        return Ok(Some(ItemId(1)));
    }
    let mut cursor: Option<String> = None;
    for _ in 0..PAGES {
        let talk = met.connector.feed(cursor.as_deref());
        let page = converse(remotes, side, talk).await?;
        let page = page.map_err(|obstacle| unreachable(side, &obstacle))?;
        if let Some(change) = page.changes.first() {
            return Ok(Some(change.item));
        }
        if !page.more {
            break;
        }
        cursor = Some(page.cursor);
    }
    Ok(None)
}

/// How a remote refused, when asking again would not help.
fn refused(obstacle: &Obstacle) -> Option<String> {
    match obstacle {
        Obstacle::Refused {
            status: status @ 400..=499,
            ..
        } => Some(format!("with status {status}")),
        Obstacle::Unknown { subject } => Some(format!("and does not know {subject}")),
        Obstacle::Refused { .. }
        | Obstacle::Hindered(_)
        | Obstacle::Forbidden { .. }
        | Obstacle::Unreadable { .. } => None,
    }
}
