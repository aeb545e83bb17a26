//! The live part: what turns the pure core, the connectors and the store into a node at work.
//!
//! A tree of actors. A [`node`] has tenants, a [`tenant`] opens its store and supervises profiles, a [`profile`] has a
//! [`poller`] for each remote, one [`outbox`], and an actor for each [`pair`] that has something to do. A poller puts what a
//! feed brings into the durable inbox, in the commit that moves its cursor. The profile activates pairs for what is in the
//! inbox. A pair's actor drives the core: it takes an event, makes the new state durable, and only then carries out what
//! the core wants, one effect after the other. When nothing is left to do, it goes, and the pair costs bytes on disk.
//!
//! Whatever a message in a mailbox says can be learned again from the store: mailboxes may be lost with their actor. A
//! person's order is in the inbox before it is acknowledged, like the word of a feed.
//!
//! Architecture invariant: nothing leaves the process before the commit that intends it is durable
//! ([`activation`], [`pair`]).
//!
//! Architecture invariant: a pair's rows are written by its own actor only, a cursor by its poller only.
//!
//! Architecture invariant: no socket and no clock of its own. Requests and time come through [`port`].
//!
//! Start reading at [`activation`] (the order of effects), then [`pair`], then [`profile`].

mod absent;
pub mod activation;
mod aside;
mod failure;
pub mod governor;
pub mod ledger;
pub mod line;
pub mod mailbox;
pub mod node;
pub mod outbox;
pub mod pair;
pub mod poller;
pub mod port;
pub mod profile;
pub mod reads;
pub mod rehearsal;
mod reopening;
pub mod restart;
pub mod rows;
pub mod setup;
pub mod shared;
pub mod status;
pub mod stored;
pub mod tenant;
mod twins;

pub use node::{Running, StartError, StopError, start};
pub use port::{Clock, Discovered, Expiry, Gateway, Later, Transport};
pub use setup::{ProfileSetup, Setup, TenantSetup, Tuning};
pub use tenant::OrderError;
