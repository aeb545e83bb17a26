//! The search: depth first, each state once.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::met::{Met, Name};
use super::node::{Action, Fork, Move, Node};
use super::verdict;

/// The longest history; more means that something never comes to rest.
const DEEPEST: usize = 600;

/// What a search came to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// States that were looked at.
    pub(super) states: usize,
    /// Steps from a state to another one, known or new.
    pub(super) legs: usize,
    /// States in which nothing more happens by itself.
    pub(super) ends: usize,
    /// Legs of the longest history.
    pub(super) deepest: usize,
}

/// The way to the state that is looked at; printed when something in it fails.
struct Path(Vec<(Vec<Move>, Action)>);

impl Drop for Path {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut told = String::new();
            for (moves, action) in &self.0 {
                for one in moves {
                    let _ = write!(told, "{one:?}, ");
                }
                let _ = write!(told, "{action:?}; ");
            }
            eprintln!("the history: {told}");
        }
    }
}

/// A state, and the ways on from it that are not gone yet.
struct Stop {
    name: Name,
    forks: Vec<Fork>,
}

impl Stop {
    fn at(node: Node, name: Name) -> Stop {
        let forks = node.forks();
        Stop { name, forks }
    }

    /// The next way on: the moves, the action, and where they lead.
    fn pop(&mut self) -> Option<(Vec<Move>, Action, Node)> {
        let fork = self.forks.last_mut()?;
        let action = fork.actions.pop()?;
        let (moves, mut next) = if fork.actions.is_empty() {
            let fork = self.forks.pop()?;
            (fork.moves, fork.node)
        } else {
            (fork.moves.clone(), fork.node.clone())
        };
        next.go(action, !moves.is_empty());
        Some((moves, action, next))
    }
}

/// Looks at every state that can be reached.
pub(super) fn search(root: Node) -> Tally {
    search_and(root, |_| {})
}

/// The same, and shows each state that a step leads to, known or new.
pub(super) fn search_and(root: Node, mut meet: impl FnMut(&Node)) -> Tally {
    let (mut tally, mut path, mut met) = (Tally::default(), Path(Vec::new()), Met::default());
    let name = Name::of(&root);
    met.note(name);
    let mut stack = vec![Stop::at(root, name)];
    let mut behind = BTreeSet::from([name]);
    while let Some(stop) = stack.last_mut() {
        let Some((moves, action, next)) = stop.pop() else {
            behind.remove(&stop.name);
            stack.pop();
            path.0.pop();
            continue;
        };
        path.0.push((moves, action));
        tally.legs += 1;
        meet(&next);
        let name = Name::of(&next);
        assert!(!behind.contains(&name), "it runs in circles");
        if !met.note(name) {
            path.0.pop();
            continue;
        }
        if let Some(less) = Name::without_past(&next) {
            met.note(less);
        }
        tally.states += 1;
        if tally.states.is_multiple_of(5_000_000) {
            println!("so far: {tally:?}");
        }
        tally.ends += usize::from(next.is_quiet());
        let wrong = verdict::faults(&next);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        stack.push(Stop::at(next, name));
        behind.insert(name);
        tally.deepest = tally.deepest.max(stack.len());
        assert!(stack.len() < DEEPEST, "it never comes to rest");
    }
    tally
}
