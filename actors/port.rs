//! The ports to the world outside: requests and time. Production, tests and simulation each bring their own.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use mapping::{Profile, Schema};
use model::http::{Failure, Request, Response};
use model::{Millis, Side};
use sync::{Connector, Conversation, Obstacle};

/// A future that can be boxed and sent.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Carries one request to one remote: sockets, TLS, credentials and time-outs. It never repeats a request, never follows a
/// redirect with the credential to another host, and reads at most [`model::limit::RESPONSE_BYTES`].
pub trait Transport: Send + Sync {
    /// Sends one request. [`Failure::NotSent`] only when certainly no byte of it was processed.
    fn send(&self, request: Request) -> Later<'_, Result<Response, Failure>>;
}

/// The clock on the wall.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Millis;
}

/// What a profile needs to reach its two remotes.
pub trait Gateway: Send + Sync {
    /// Learns who we are there and what the remote has, and makes the connector from it.
    fn discover(&self, side: Side, profile: &Profile)
    -> Conversation<Result<Discovered, Obstacle>>;

    /// The way to that remote.
    fn transport(&self, side: Side) -> Arc<dyn Transport>;

    /// When what signs in to that remote ends, as far as somebody said so. Asked every minute or so, so it has to be cheap.
    fn expiry(&self, _side: Side) -> Expiry {
        Expiry::Never
    }
}

/// When a credential ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// It cannot be found out now.
    Unknown,
    /// Never, or nobody said when.
    Never,
    /// The credential of that name, at that time.
    At(String, Millis),
}

/// What was learned of a remote.
pub struct Discovered {
    /// The connector, ready for work.
    pub connector: Arc<dyn Connector>,
    /// What the remote has, as far as the profile can name it.
    pub schema: Schema,
}
