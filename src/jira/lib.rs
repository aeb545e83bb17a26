//! The Jira Cloud connector, without sockets: effects become requests, answers become outcomes.
//!
//! It speaks REST v3 of Jira Cloud: rich text is ADF, people are `accountId`s, search is `search/jql`. [`Connector`]
//! implements the port [`sync::Connector`]. Each of its methods makes a conversation: a value that says which request to
//! send, takes the answer, and says the next one, until it ends in a result. Somebody else owns the socket, the
//! credential, the limits and the waiting.
//!
//! What a connector has to know of its site (own account, ids of types, statuses with their categories, shapes of
//! fields) is learned once by [`discover()`] and handed to it as [`Knowledge`]; the same knowledge, as a
//! [`mapping::Schema`], is what a profile is checked against.
//!
//! Three traits of Jira shape the code. Search is an index that lags and may forget again, so the feed reads
//! overlapping windows and everything that must be certain is read through `issue/bulkfetch`, which reads the store
//! (jira.md 3.1, 4). Nothing fences a create, so it carries its marker as an issue property, and a probe reads the keys
//! above the highest one known before (durability.md 3.3). A transition may answer success and not move, so its end is
//! read back (jira.md 6).
//!
//! Architecture invariant: a conversation never sends a write twice. It ends in one of the four outcomes of
//! [`sync::Outcome`], and whether to try again is decided by others.
//!
//! Architecture invariant: no text of a remote's error leaves this crate; only codes of a closed list and ids of fields
//! that the profile or the site's own metadata name.
//!
//! Architecture invariant: no clock, no randomness, no input or output. Timestamps are parsed, never taken.
//!
//! Start reading at [`connector`], then `script` for how conversations are put together, then `read`, `feed`, `write` and
//! `probe`.

mod address;
mod bulk;
mod changelog;
mod comment;
pub mod connector;
mod cursor;
mod discover;
mod feed;
mod issue;
pub mod knowledge;
mod page;
mod probe;
mod read;
mod refusal;
mod scope;
mod settings;
mod signpost;
mod time;
mod value;
mod webhook;
mod wire;
mod write;

#[cfg(test)]
mod drill;

pub use connector::Connector;
pub use discover::discover;
pub use knowledge::Knowledge;
pub use webhook::hint;

/// The routes whose POST only asks, since its parameters stand in the body (jira.md 2). Any other POST writes.
pub const QUESTIONS: [&str; 4] = [bulk::ROUTE, comment::BATCH, feed::SEARCH, scope::MATCH];
