//! The search: depth first, each state once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use model::Both;

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

/// States that were met, and what could still happen then: which misfortunes, and how many edits on each side, by which the
/// maps are told apart. What less of it leads to from the same state is among what more of it leads to. Each set of misfortunes
/// is a bit: a hundred million states have to have room.
#[derive(Default)]
struct Met(BTreeMap<(usize, usize), BTreeMap<u64, u32>>);

impl Met {
    /// Notes a state. Says whether anything new can follow from it.
    fn note(&mut self, Name { state, luck, left }: Name) -> bool {
        let luck = luck.bits();
        let more = (0..=ALL).filter(|more| luck & more == luck);
        let more = more.fold(0_u32, |all, more| all | 1 << more);
        let mut maps = self.0.iter();
        let is_known = maps.any(|(theirs, met)| {
            let enough = theirs.0 >= left.jira && theirs.1 >= left.azure;
            enough && met.get(&state).is_some_and(|known| known & more != 0)
        });
        if !is_known {
            let met = self.0.entry((left.jira, left.azure)).or_default();
            *met.entry(state).or_default() |= 1 << luck;
        }
        !is_known
    }
}

/// A state, and what may still happen to it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    state: u64,
    luck: Misfortunes,
    left: Both<usize>,
}

impl Name {
    fn of(node: &Node) -> Name {
        Name {
            state: fingerprint::of(node),
            luck: node.luck,
            left: node.left(),
        }
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
    name: Name,
    legs: Vec<Leg>,
}

impl Stop {
    fn at(node: Node, name: Name) -> Stop {
        let legs = node.legs();
        Stop { node, name, legs }
    }
}

/// Looks at every state that can be reached.
pub(super) fn search(root: Node) -> Tally {
    let (mut tally, mut path, mut met) = (Tally::default(), Path(Vec::new()), Met::default());
    let name = Name::of(&root);
    met.note(name);
    let mut stack = vec![Stop::at(root, name)];
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
        let name = Name::of(&next);
        assert!(!behind.contains(&name), "it runs in circles");
        if !met.note(name) {
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
        stack.push(Stop::at(next, name));
        behind.insert(stack[stack.len() - 1].name);
        tally.deepest = tally.deepest.max(stack.len());
        assert!(stack.len() < DEEPEST, "it never comes to rest");
    }
    tally
}
