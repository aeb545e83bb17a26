//! The states that were met.

use std::collections::BTreeMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::fingerprint;
use super::node::{Misfortunes, Node};

/// A state, and what may still happen to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    state: u64,
    /// The state under which it may have been met while it was still asked what became of people's titles.
    asked: Option<u64>,
    luck: Luck,
}

/// What may still happen: misfortunes as bits, edits on each side, and whether readings may be overtaken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Luck {
    misfortunes: u8,
    jira: u8,
    azure: u8,
    hears: bool,
}

impl Luck {
    /// Whether all that may happen with the other may happen with this.
    fn covers(self, other: Luck) -> bool {
        let misfortunes = self.misfortunes & other.misfortunes == other.misfortunes;
        let edits = self.jira >= other.jira && self.azure >= other.azure;
        misfortunes && edits && self.hears >= other.hears
    }
}

impl Name {
    pub(super) fn of(node: &Node) -> Name {
        Name::with(node, node.luck)
    }

    /// The same when no reading will show the past any more.
    pub(super) fn without_past(node: &Node) -> Option<Name> {
        let luck = Misfortunes {
            stale: 0,
            ..node.luck
        };
        (node.luck.stale > 0).then(|| Name::with(node, luck))
    }

    fn with(node: &Node, luck: Misfortunes) -> Name {
        let numbers = fingerprint::of(node, luck.kept());
        let (state, asked) = match node.is_asked() {
            true => (numbers.wished, None),
            false => (numbers.plain, Some(numbers.wished)),
        };
        let left = node.left();
        let luck = Luck {
            misfortunes: luck.bits(),
            jira: left.jira as u8,
            azure: left.azure as u8,
            hears: !node.is_deaf,
        };
        Name { state, asked, luck }
    }

    /// The same whatever people wish for.
    pub(super) fn plain(self) -> Name {
        Name {
            asked: None,
            ..self
        }
    }
}

/// States that were met, and what could still happen then. What less of it leads to from the same state is among what more of
/// it leads to.
#[derive(Default)]
pub(super) struct Met {
    /// What could happen when a state was first met: of tens of millions most are met once.
    first: Table,
    /// What more could happen at other times.
    more: BTreeMap<u64, Vec<Luck>>,
}

#[expect(
    clippy::disallowed_types,
    reason = "nothing depends on its order, and it has to hold tens of millions"
)]
type Table = std::collections::HashMap<u64, Luck, BuildHasherDefault<Same>>;

/// Names are mixed well enough already.
#[derive(Default)]
struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        unreachable!("{bytes:?} is no name");
    }

    fn write_u64(&mut self, name: u64) {
        self.0 = name;
    }
}

impl Met {
    /// Notes a state. Says whether anything new can follow from it.
    pub(super) fn note(&mut self, Name { state, asked, luck }: Name) -> bool {
        let known = asked.is_some_and(|asked| self.covers(asked, luck));
        if known || self.covers(state, luck) {
            return false;
        }
        match self.first.get(&state) {
            None => drop(self.first.insert(state, luck)),
            Some(_) => self.more.entry(state).or_default().push(luck),
        }
        true
    }

    fn covers(&self, state: u64, luck: Luck) -> bool {
        let Some(first) = self.first.get(&state) else {
            return false;
        };
        let more = || self.more.get(&state).into_iter().flatten();
        first.covers(luck) || more().any(|other| other.covers(luck))
    }
}
