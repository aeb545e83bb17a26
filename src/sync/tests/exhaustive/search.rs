//! The search: depth first, each state once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::node::{Leg, Misfortunes, Node};
use super::verdict;
use super::{ALL, fingerprint};

/// The longest history; more means that something never comes to rest.
const DEEPEST: usize = 600;

/// What a search came to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// States that were looked at.
    pub(super) states: usize,
    /// Legs that were gone.
    pub(super) legs: usize,
    /// States in which nothing more happens by itself.
    pub(super) ends: usize,
    /// Legs of the longest history.
    pub(super) deepest: usize,
}

/// States that were met, and the misfortunes that could still happen then. What fewer of them lead to from the same state
/// is among what more of them lead to. Each set of misfortunes is a bit: a hundred million states have to have room.
#[derive(Default)]
struct Met(BTreeMap<u64, u32>);

impl Met {
    /// Notes a state. Says whether anything new can follow from it.
    fn note(&mut self, state: u64, luck: Misfortunes) -> bool {
        let known = self.0.entry(state).or_default();
        let luck = luck.bits();
        let more = (0..=ALL).filter(|more| luck & more == luck);
        if more.into_iter().any(|more| *known & 1 << more != 0) {
            return false;
        }
        *known |= 1 << luck;
        true
    }
}

/// The way to the state that is looked at; printed when something in it fails.
struct Path(Vec<Leg>);

impl Drop for Path {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut told = String::new();
            for Leg { moves, action } in &self.0 {
                for one in moves {
                    let _ = write!(told, "{one:?}, ");
                }
                let _ = write!(told, "{action:?}; ");
            }
            eprintln!("the history: {told}");
        }
    }
}

/// A state whose legs are being gone.
struct Stop {
    node: Node,
    name: (u64, Misfortunes),
    legs: Vec<Leg>,
}

impl Stop {
    fn at(node: Node, state: u64) -> Stop {
        let name = (state, node.luck);
        let legs = node.legs();
        Stop { node, name, legs }
    }
}

/// Looks at every state that can be reached.
pub(super) fn search(root: Node) -> Tally {
    let (mut tally, mut path, mut met) = (Tally::default(), Path(Vec::new()), Met::default());
    let state = fingerprint::of(&root);
    met.note(state, root.luck);
    let mut stack = vec![Stop::at(root, state)];
    let mut behind = BTreeSet::from([stack[0].name]);
    while let Some(stop) = stack.last_mut() {
        let Some(leg) = stop.legs.pop() else {
            behind.remove(&stop.name);
            stack.pop();
            path.0.pop();
            continue;
        };
        let mut next = stop.node.clone();
        path.0.push(leg);
        next.go(&path.0[path.0.len() - 1]);
        tally.legs += 1;
        let state = fingerprint::of(&next);
        assert!(!behind.contains(&(state, next.luck)), "it runs in circles");
        if !met.note(state, next.luck) {
            path.0.pop();
            continue;
        }
        tally.states += 1;
        if tally.states.is_multiple_of(5_000_000) {
            println!("so far: {tally:?}");
        }
        tally.ends += usize::from(next.is_quiet());
        let wrong = verdict::faults(&next);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        stack.push(Stop::at(next, state));
        behind.insert(stack[stack.len() - 1].name);
        tally.deepest = tally.deepest.max(stack.len());
        assert!(stack.len() < DEEPEST, "it never comes to rest");
    }
    tally
}
