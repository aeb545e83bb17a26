//! The node as the endpoint sees it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use model::Side;
use model::metric::Sample;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An answer that is being worked out.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Result<Value, Refusal>> + Send + 'a>>;

/// Numbers that are being looked up.
pub type Measuring<'a> = Pin<Box<dyn Future<Output = Vec<Sample>> + Send + 'a>>;

/// What stands behind the endpoint.
///
/// The endpoint passes answers on as they are. What it reads of them itself, for the console, is this:
///
/// - [`Query::Status`]: `{"tenants": [{"name", "failure", "stopped": [[profile, error]], "profiles": [{"name", "idle",
///   "connected", "open", "trouble": [problem], "pending", "active", "waiting", "parked", "effects", "conflicts",
///   "steps", "commits", "losses", "requests": {"jira", "azure"}}]}]}`.
/// - [`Query::Problems`]: `{"problems": [problem]}` or the bare list. A problem is `{"code", "side", "subject"}` as in
///   [`model::Problem`], and may have `"tenant"`, `"profile"`, `"pair"`, `"cure"`, `"parked"`. Beside the list may stand
///   `"stopped": [{"tenant", "error"}]`, the tenants that do not run.
///
/// What is missing is left out of the console.
pub trait Backend: Send + Sync + 'static {
    /// Answers a question or carries out an order.
    fn answer(&self, query: Query) -> Answering<'_>;

    /// Every number that the node tells of itself.
    fn measure(&self) -> Measuring<'_>;

    /// Lets a profile look at one side soon. Says whether there is such a profile.
    ///
    /// It comes from webhooks, so from anybody: it has to be cheap, and many wakes are one.
    fn wake(&self, profile: &str, side: Side) -> bool;

    /// Whether the node can do its work. Asked often and without a token.
    fn ready(&self) -> Readiness;
}

/// Whether a node can do its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// All profiles have met both remotes.
    Ready,
    /// Not yet, or no longer; the reason names no more than profiles and codes, since anybody may read it.
    Waiting(String),
}

/// What can be asked of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// The state of all tenants and profiles in numbers.
    Status,
    /// One page of pairs.
    Pairs {
        /// Of this tenant only.
        tenant: Option<String>,
        /// Of this profile only.
        profile: Option<String>,
        /// Those after this one: the `next` of the page before.
        after: Option<String>,
        /// At most so many, 1 to [`crate::limit::PAGE_MAX`].
        limit: usize,
    },
    /// One pair.
    Pair {
        /// The key or the work item's number.
        id: String,
        /// Of this tenant only.
        tenant: Option<String>,
        /// Of this profile only.
        profile: Option<String>,
    },
    /// What was done to a pair, and why.
    Why {
        /// The key or the work item's number.
        id: String,
        /// Of this tenant only.
        tenant: Option<String>,
        /// Of this profile only.
        profile: Option<String>,
    },
    /// Problems that a person should look at.
    Problems {
        /// Of this tenant only.
        tenant: Option<String>,
        /// Those that are over too.
        all: bool,
    },
    /// What the node knows of its backups: `{"tenants": [{"tenant", "running", "orders", "done", "last", "failure", "drill"}]}`.
    Backups,
    /// An order to make backups, of one tenant or of all.
    BackUp {
        /// Of this tenant only.
        tenant: Option<String>,
    },
    /// An order about one pair.
    Order {
        /// The key or the work item's number.
        id: String,
        /// Of this tenant only.
        tenant: Option<String>,
        /// Of this profile only.
        profile: Option<String>,
        /// What to do.
        command: Command,
    },
    /// An order to log what the remotes say to a tenant's requests when they refuse.
    Extended {
        /// The tenant.
        tenant: String,
        /// For so many minutes, at most [`model::limit::EXTENDED_MINUTES`]; none ends it.
        minutes: u32,
    },
}

/// What a person may order about a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Leave the pair alone until it is resumed.
    Park,
    /// Go on with a parked pair.
    Resume,
    /// Read both items again and compare them with the base.
    Resync,
}

impl Command {
    /// All commands.
    pub const ALL: [Command; 3] = [Command::Park, Command::Resume, Command::Resync];

    /// The command's name in paths and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Command::Park => "park",
            Command::Resume => "resume",
            Command::Resync => "resync",
        }
    }

    /// The command of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Command> {
        Command::ALL
            .into_iter()
            .find(|command| command.as_str() == text)
    }
}

impl fmt::Display for Command {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// Why a question is not answered. The text says what, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", content = "message", rename_all = "kebab-case")]
pub enum Refusal {
    /// The question itself is wrong. HTTP 400.
    #[error("{0}")]
    Invalid(String),
    /// There is no such pair, tenant or profile. HTTP 404.
    #[error("{0}")]
    Unknown(String),
    /// The order does not fit the pair's state. HTTP 409.
    #[error("{0}")]
    Conflict(String),
    /// The node cannot say now. HTTP 503.
    #[error("{0}")]
    Unavailable(String),
}
