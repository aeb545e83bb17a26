//! The core: what to do next for one pair, as a pure function.
//!
//! [`step()`] takes the state of a pair, one event and the time, and returns the new state, the effects that should follow,
//! and notes for people. It never fails and never panics: an input that cannot be gives a note, and the pair looks again. Effects
//! come back by value, in order, and are carried out by others, after the new state is durable.
//!
//! State ([`Pair`]) is plain data and holds identities, revisions, digests and intents only. Content arrives in an event,
//! leaves in effects, and is forgotten in between. So recovery never replays a payload: it reads both items again and
//! plans again, and a crash, a restore and a new installation are the same case.
//!
//! The crate also holds the port to the remotes ([`exchange`]): conversations of requests and answers without sockets,
//! which the connectors implement.
//!
//! Architecture invariant: no clock, no randomness, no input or output, no task and no thread; time and identities
//! arrive in events.
//!
//! Architecture invariant: nothing that [`Pair`] can hold is content. Its field types come from `model` and are the ones
//! that can be serialised there.
//!
//! Architecture invariant: a create or a comment is never sent again before a probe has found it absent after the
//! lateness bound (`doubt.rs`).
//!
//! Start reading at [`pair`] (the states and their transitions), then [`step()`], then one concern at a time: `link.rs`,
//! `edit.rs`, `set.rs`, `comment.rs`, `doubt.rs`.

mod comment;
mod conflict;
pub mod context;
mod doubt;
mod echo;
mod edit;
pub mod effect;
pub mod event;
pub mod exchange;
mod finish;
pub mod intent;
pub mod invariant;
mod link;
mod links;
pub mod note;
pub mod outcome;
pub mod pair;
pub mod script;
mod set;
pub mod step;
#[cfg(test)]
mod tests;
mod unheard;

pub use context::{Addresses, Context, Schedule, Twins};
pub use effect::{
    BackLink, Body, Change, Class, CommentRef, Create, Edit, Effect, Floor, NewComment, Probe,
    ReadRequest, Reading, Target, Transition, Write,
};
pub use event::{Command, Event};
pub use exchange::{
    Account, Connector, Conversation, Exchange, FeedChange, FeedPage, Named, Obstacle, Signpost,
    Turn,
};
pub use note::Note;
pub use outcome::{Finding, Hindrance, Outcome, Receipt, Refusal, Stop};
pub use pair::{Pair, Phase};
pub use step::{Step, step};
