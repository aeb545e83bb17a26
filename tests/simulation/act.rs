//! What somebody does at a moment: decided before a history begins, so that one act can be left out and the others stay.

use model::Side;
use rand::Rng as _;
use rand::rngs::SmallRng;
use sync::Command;

/// One act.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    /// Its number; no other has it.
    pub(crate) number: usize,
    /// Milliseconds after the beginning at which it happens.
    pub(crate) at_ms: i64,
    /// Where its choices come from.
    pub(crate) seed: u64,
    /// What is done.
    pub(crate) deed: Deed,
}

/// What is done. Pairs are counted in the order of their origins, round and round.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deed {
    /// Whatever the choices lead to.
    Any,
    /// A new item.
    Begin(Side),
    /// A change of one field or a comment on one side.
    Edit(usize, Side, usize),
    /// The same on both sides at once.
    Both(usize, usize),
    /// An order about a pair.
    Order(usize, Command),
    /// An item is deleted, or put into the recycle bin.
    Delete(usize, Side),
    /// An item is moved to the other project, or back.
    Move(usize, Side),
    /// The store writes a checkpoint.
    Checkpoint,
}

/// So many acts at random moments within that time.
pub(crate) fn drawn(random: &mut SmallRng, count: u32, window_ms: i64) -> Vec<Act> {
    let mut times: Vec<i64> = (0..count)
        .map(|_| random.random_range(0..window_ms))
        .collect();
    times.sort_unstable();
    let act = |(number, at_ms)| Act {
        number,
        at_ms,
        seed: random.random(),
        deed: Deed::Any,
    };
    times.into_iter().enumerate().map(act).collect()
}
