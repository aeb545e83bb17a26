//! The port to a remote: conversations without sockets.

use model::http::{Failure, Request, Response};
use model::{ItemId, ItemKey, Revision, User};

use crate::{Finding, Hindrance, Outcome, Probe, ReadRequest, Reading, Write};

/// A conversation of one or more requests that ends in a value. The executor calls [`Exchange::next`], sends what it is
/// told to send, hands the answer to [`Exchange::answer`], and so on until the exchange is done. A conversation never
/// repeats a request by itself: limits and waiting belong to the executor, retries to the core.
pub trait Exchange: Send {
    /// What it ends in.
    type Output;

    /// What to do now.
    #[must_use]
    fn next(&mut self) -> Turn<Self::Output>;

    /// Takes what came of the last request. Called once for each [`Turn::Send`].
    fn answer(&mut self, answer: Result<Response, Failure>);
}

/// What an exchange wants.
#[derive(Debug)]
pub enum Turn<T> {
    /// Send this request and come back with its answer.
    Send(Request),
    /// The conversation is over.
    Done(T),
}

/// A boxed conversation.
pub type Conversation<T> = Box<dyn Exchange<Output = T>>;

/// Why a conversation that only reads came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// Try again later; nothing is wrong with the question.
    #[error("the remote did not answer: {0:?}")]
    Hindered(Hindrance),
    /// The account may not read this.
    #[error("the account may not read this{}", code.as_ref().map(|c| format!(" ({c})")).unwrap_or_default())]
    Forbidden {
        /// The remote's error code, when it gave one.
        code: Option<String>,
    },
    /// What was asked for does not exist, or not for us: a project, a saved position.
    #[error("the remote does not know {subject}")]
    Unknown {
        /// What it does not know, an identifier.
        subject: String,
    },
    /// The remote refused the question.
    #[error("the remote refused the request with status {status}{}", code.as_ref().map(|c| format!(" ({c})")).unwrap_or_default())]
    Refused {
        /// The status.
        status: u16,
        /// The remote's error code, when it gave one.
        code: Option<String>,
    },
    /// The answer is not what the remote's documents promise.
    #[error("the answer to {route} cannot be read: {what}")]
    Unreadable {
        /// The route.
        route: &'static str,
        /// What is wrong with it; never a part of the answer.
        what: &'static str,
    },
}

/// The account that a credential stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// Who it is.
    pub user: User,
    /// The remote's clock in milliseconds, when it told it.
    pub server_time_ms: Option<i64>,
}

/// What a feed brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedPage {
    /// Items that changed, possibly more than once and in any order.
    pub changes: Vec<FeedChange>,
    /// Where to go on. To be made durable in the commit that carries the changes.
    pub cursor: String,
    /// Whether there is more at once.
    pub more: bool,
    /// The position was not accepted any more, and what it stood in begins anew at the cursor. Nothing may be concluded
    /// from this page's being the last one, and the next is not to be asked for at once: a remote that accepts no position
    /// would be asked without a pause.
    pub restarted: bool,
}

/// One changed item.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FeedChange {
    /// Which item.
    pub item: ItemId,
    /// The revision that the feed knows.
    pub revision: Revision,
    /// The item's key on Jira; raises the floor of later creates in its project.
    pub key: Option<ItemKey>,
}

/// An item as an address names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// By its id.
    Id(ItemId),
    /// By its key.
    Key(ItemKey),
}

/// An address that leads to an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signpost {
    /// The item.
    pub item: Named,
    /// The item's own address, as [`Connector::browse_url`] gives it.
    pub url: String,
}

/// What one remote is able to do for the product. Every method only makes a conversation; nothing happens until an
/// executor carries it out. Methods take `&self`: what a connector knows of its remote's metadata was given to it when it
/// was made.
pub trait Connector: Send + Sync {
    /// Who are we there? The first request on every connection (jira.md 10, azure.md 10.1).
    fn account(&self) -> Conversation<Result<Account, Obstacle>>;

    /// The next part of the change feed of all projects in the profile's scopes. `None` begins at the beginning: every
    /// item in scope.
    fn feed(&self, cursor: Option<&str>) -> Conversation<Result<FeedPage, Obstacle>>;

    /// Reads items whole, markers and comments included, as many as the remote's batch allows at most
    /// ([`Connector::read_batch`]). Answers in the order of the question, one reading each.
    fn read(&self, items: &[ReadRequest]) -> Conversation<Result<Vec<Reading>, Obstacle>>;

    /// How many items one [`Connector::read`] takes.
    fn read_batch(&self) -> usize;

    /// Which of these items the profile's scope covers: the scopes' filters are in the remote's own query language, so
    /// only the remote can tell (jira.md 2 `jql/match`, azure.md 2). Items in a scope without filter and area are covered
    /// by their project alone and cost no request.
    fn covered(&self, items: &[ItemId]) -> Conversation<Result<Vec<ItemId>, Obstacle>>;

    /// Carries out a write. One that names something unknown to the connector is [`Hindrance::Unprepared`].
    fn write(&self, write: &Write) -> Conversation<Outcome>;

    /// Looks for a doubtful effect.
    fn probe(&self, probe: &Probe) -> Conversation<Finding>;

    /// The address of an item in a browser.
    fn browse_url(&self, key: &ItemKey, item: ItemId) -> String;

    /// The item that a URL in a text leads to. Nothing where that is no item of this remote, or where the URL says more than
    /// which item it is: a comment, a filter, a board.
    fn signpost(&self, url: &str) -> Option<Signpost>;
}
