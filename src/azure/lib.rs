//! The Azure DevOps connector, without sockets.
//!
//! It turns what the core wants from Azure DevOps Services into requests of REST 7.1, and answers into readings, feed
//! pages, outcomes and findings. Each operation is a conversation ([`sync::Exchange`]): it hands out one request, takes
//! its answer, and so on until it ends. Somebody else owns the sockets, the credential, the limits and the clock.
//!
//! What the remote is like shows in three habits of this code. A sign-in page may come with a good status, so an answer is
//! classified before anybody looks into it (`answer`). People are written in three ways, so they are compared in one
//! place (`identity`). And a lost answer to a create must be found again, so a create carries a hyperlink whose comment
//! is the marker, and the probe reads the revisions feed from a stored position on and then the candidates themselves,
//! since the feed shows no relations (`probe`).
//!
//! Links between work items do not raise a revision and have a feed of their own (`reporting/workitemlinks`, azure.md
//! 3.2). They are not carried over yet, so that feed is not read here; the cursor has a version so that it can hold two
//! positions later.
//!
//! Architecture invariant: nothing here opens a socket, reads a clock, draws a random number or touches a file. The same
//! answers give the same requests and the same end.
//!
//! Architecture invariant: a conversation never sends a write twice, and ends within [`model::limit::EXCHANGE_TURNS`]
//! requests whatever the remote answers.
//!
//! Architecture invariant: a remote's text never leaves in an error. What leaves is a status, an error code that looks
//! like one, and reference names of fields that the profile or the metadata knows.
//!
//! Start reading at `connector`, then `script` (how a conversation is written), `answer` and `refusal` (what an
//! answer means), and then one operation at a time: `account`, `discover`, `feed`, `read`, `covered`, `write`, `probe`.

mod account;
mod address;
mod answer;
mod comment;
mod connector;
mod covered;
mod cursor;
mod discover;
mod feed;
mod identity;
mod knowledge;
mod patch;
mod probe;
mod read;
mod refusal;
#[cfg(test)]
mod sample;
mod signpost;
mod site;
mod time;
mod value;
mod webhook;
mod wiql;
mod work_item;
mod write;

pub use connector::{Connector, discover};
pub use knowledge::Knowledge;
pub use webhook::hint;

/// The routes whose POST only asks, since its parameters stand in the body (azure.md 2, 4). Any other POST writes.
pub const QUESTIONS: [&str; 2] = [read::BATCH, wiql::WIQL];
