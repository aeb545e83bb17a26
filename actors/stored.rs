//! The rows of the store: their keys and their versions.
//!
//! Every value stands in the store's envelope, which names its kind and version. A version's struct never changes: a new
//! one gets a new struct, a new number, and a step from the old one. The golden bytes in the tests hold that.

pub mod key;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use model::{ItemId, Millis, PairId, Problem, Revision, Side};
use serde::{Deserialize, Serialize};
use storage::Record;
use sync::{Command, Floor, Note, Pair};

/// A pair and how many lines its history has had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairRow {
    /// The pair.
    pub pair: Pair,
    /// Lines written to its history so far; the last [`model::limit::HISTORY_PER_PAIR`] of them are kept.
    pub lines: u64,
}

impl Record for PairRow {
    const KIND: u16 = 1;
    const VERSION: u16 = 5;
}

/// A line of a pair's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryRow {
    /// Its number, counted from 0 over the pair's life.
    pub line: u64,
    /// When it was written.
    pub at: Millis,
    /// What it says.
    pub note: Note,
}

impl Record for HistoryRow {
    const KIND: u16 = 2;
    const VERSION: u16 = 2;
}

/// An item that a feed named and that nobody has looked at yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxRow {
    /// The side of the item.
    pub side: Side,
    /// The item.
    pub item: ItemId,
    /// The revision that the feed named.
    pub revision: Revision,
    /// Whether it came with the first pass over everything.
    pub backfill: bool,
}

impl Record for InboxRow {
    const KIND: u16 = 3;
    const VERSION: u16 = 1;
}

/// What a person may order, as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ordered {
    /// Stop working on this pair.
    Park,
    /// Go on.
    Resume,
    /// Compare every field.
    Resync,
    /// Give the pair up.
    Detach,
}

impl From<Command> for Ordered {
    fn from(command: Command) -> Ordered {
        match command {
            Command::Park => Ordered::Park,
            Command::Resume => Ordered::Resume,
            Command::Resync => Ordered::Resync,
            Command::Detach => Ordered::Detach,
        }
    }
}

impl From<Ordered> for Command {
    fn from(ordered: Ordered) -> Command {
        match ordered {
            Ordered::Park => Command::Park,
            Ordered::Resume => Command::Resume,
            Ordered::Resync => Command::Resync,
            Ordered::Detach => Command::Detach,
        }
    }
}

/// A person's order about a pair. It stands in the inbox, under a key of its own kind, until the pair has taken it in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRow {
    /// What is ordered.
    pub order: Ordered,
}

impl Record for OrderRow {
    const KIND: u16 = 9;
    const VERSION: u16 = 1;
}

/// Numbers of inbox rows. They go on over the failures of pollers and profiles: a number that came again would name a row
/// that is still there, and whoever takes out the old one would take out the new one with it.
#[derive(Clone, Debug, Default)]
pub struct Numbers(Arc<AtomicU64>);

impl Numbers {
    /// One that was not given before under this incarnation of the store.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

/// How far a feed has been read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CursorRow {
    /// The connector's own position.
    pub cursor: String,
    /// Whether the feed has been read to its end once since the beginning.
    pub drained: bool,
    /// What is known of the newest items, for the floors of creates.
    pub floor: Floor,
    /// When the last pass over everything ended; 0 before the first.
    pub scanned: Millis,
}

impl Record for CursorRow {
    const KIND: u16 = 4;
    const VERSION: u16 = 1;
}

/// Why a pair wants to be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Waiting {
    /// Work is under way; after a restart it is looked at before anything else.
    Open,
    /// It is to be tried again.
    Retry,
    /// It is parked and tried again now and then; nothing waits for it.
    Parked,
}

/// When a pair wants to be woken, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimerRow {
    /// When.
    pub due: Millis,
    /// Why.
    pub waiting: Waiting,
}

impl Record for TimerRow {
    const KIND: u16 = 5;
    const VERSION: u16 = 1;
}

/// A problem as customers see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemRow {
    /// What is wrong.
    pub problem: Problem,
    /// The pair that has it; nothing when it is the profile's.
    pub pair: Option<PairId>,
    /// When it was first met.
    pub first: Millis,
    /// When it was last met.
    pub last: Millis,
    /// How often it was met.
    pub count: u64,
    /// Whether it is still there.
    pub open: bool,
}

impl Record for ProblemRow {
    const KIND: u16 = 6;
    const VERSION: u16 = 1;
}

/// What is remembered of a profile itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileRow {
    /// The fingerprint of the profile that the pairs were last kept in step by.
    pub fingerprint: String,
}

impl Record for ProfileRow {
    const KIND: u16 = 7;
    const VERSION: u16 = 1;
}

/// The pair that an item belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexRow {
    /// The pair.
    pub pair: PairId,
}

impl Record for IndexRow {
    const KIND: u16 = 8;
    const VERSION: u16 = 1;
}
