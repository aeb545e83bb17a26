//! Requests that a site wants to send: webhooks of Jira, service hooks of Azure DevOps.
//!
//! A site has no sockets, so it only says what is to be sent and when, and hears how it went. Which event reaches which
//! subscriber, how a body is signed, and what follows a failure (another attempt, probation, nothing) is the product's
//! own business; who carries the requests only sends them, and lets the webhook faults lose, double or reorder them.

use bytes::Bytes;

/// One POST that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// What the site calls this attempt; [`crate::Site::posted`] names it again.
    pub id: u64,
    /// Where it goes: `http://127.0.0.1:PORT/...` in every sensible test.
    pub url: String,
    /// Its headers, the content type among them.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Bytes,
}

/// How a post went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posted {
    /// An answer came, with this status.
    Answered(u16),
    /// No answer came: nobody listens, the connection broke, or it took too long.
    Unanswered,
}
