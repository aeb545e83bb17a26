//! The states that were met.

use std::collections::BTreeMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use model::Side;

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

    /// A number of all that may still happen: no step leads to a greater one, and what covers it has no lesser one. What is seldom
    /// used up weighs most, so that what waits for lesser numbers is little.
    pub(super) fn level(self) -> usize {
        let bit = |place: usize| usize::from(self.luck.misfortunes >> place & 1);
        let [crashes, unknown, late, stale, webhooks] = [0, 1, 2, 3, 4].map(bit);
        let digits = [unknown, late, crashes, stale, webhooks];
        digits.into_iter().fold(0, |all, digit| 2 * all + digit)
    }

    /// The name of a state that a move on that side led to, and that nobody has seen yet: only what sees it follows.
    pub(super) fn moved(self, side: Side) -> Name {
        let salt = match side {
            Side::Jira => 0x9e37_79b9_7f4a_7c15,
            Side::Azure => 0xd6e8_feb8_6659_fd93,
        };
        Name {
            state: self.state ^ salt,
            asked: self.asked.map(|asked| asked ^ salt),
            luck: self.luck,
        }
    }

    /// The same whatever people wish for.
    pub(super) fn plain(self) -> Name {
        Name {
            asked: None,
            ..self
        }
    }
}

/// What became of a name that was noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Noted {
    /// Something new can follow from the state; that is its place among all such.
    New(u32),
    /// Just this was met before, and that is its place.
    Same(u32),
    /// It was met when more could happen.
    Covered,
}

/// States that were met, and what could still happen then. What less of it leads to from the same state is among what more of
/// it leads to. Several workers may note at the same time.
#[derive(Default)]
pub(super) struct Met {
    parts: [Mutex<Part>; PARTS],
    count: AtomicU32,
}

/// Into how many parts the states are divided, so that workers seldom wait for each other.
const PARTS: usize = 32;

#[derive(Default)]
struct Part {
    /// What could happen when a state was first met: of millions most are met once.
    first: Table,
    /// What more could happen at other times.
    more: BTreeMap<u64, Vec<Visit>>,
}

/// What could happen to a state when it was met, and its place, or [`NOWHERE`].
#[derive(Clone, Copy)]
struct Visit {
    luck: Luck,
    place: u32,
}

/// The place of a state that was not looked at itself.
const NOWHERE: u32 = u32::MAX;

#[expect(
    clippy::disallowed_types,
    reason = "nothing depends on its order, and it has to hold millions"
)]
type Table = std::collections::HashMap<u64, Visit, BuildHasherDefault<Same>>;

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
    /// Notes a state from which all will be followed, if anything new can follow from it.
    pub(super) fn note(&self, name: Name) -> Noted {
        if self.is_asked(name) {
            return Noted::Covered;
        }
        let mut part = self.part(name.state);
        match part.find(name.state, name.luck) {
            Some(visit) if visit.luck == name.luck && visit.place != NOWHERE => {
                Noted::Same(visit.place)
            }
            Some(_) => Noted::Covered,
            None => {
                let place = self.count.fetch_add(1, Ordering::Relaxed);
                part.add(name, place);
                Noted::New(place)
            }
        }
    }

    /// Whether the state was met when more could happen.
    pub(super) fn is_outdone(&self, name: Name) -> bool {
        if self.is_asked(name) {
            return true;
        }
        let covers = |visit: Visit| visit.place == NOWHERE || visit.luck != name.luck;
        let part = self.part(name.state);
        part.visits(name.state, name.luck).any(covers)
    }

    /// Whether it was met when it was still asked for people's titles.
    fn is_asked(&self, name: Name) -> bool {
        let visit = |asked| self.part(asked).find(asked, name.luck);
        name.asked.and_then(visit).is_some()
    }

    /// Notes a state all of which follows from another one.
    pub(super) fn note_too(&self, name: Name) {
        let mut part = self.part(name.state);
        if part.find(name.state, name.luck).is_none() {
            part.add(name, NOWHERE);
        }
    }

    /// How many states have a place.
    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed) as usize
    }

    fn part(&self, state: u64) -> MutexGuard<'_, Part> {
        let part = &self.parts[(state >> 32) as usize % PARTS];
        part.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Part {
    /// A visit at which all of this could happen.
    fn find(&self, state: u64, luck: Luck) -> Option<Visit> {
        let first = *self.first.get(&state)?;
        match first.luck.covers(luck) {
            true => Some(first),
            false => self.visits(state, luck).next(),
        }
    }

    /// All such.
    fn visits(&self, state: u64, luck: Luck) -> impl Iterator<Item = Visit> {
        let first = self.first.get(&state).copied();
        let more = first.and_then(|_| self.more.get(&state));
        let all = first.into_iter().chain(more.into_iter().flatten().copied());
        all.filter(move |visit| visit.luck.covers(luck))
    }

    fn add(&mut self, Name { state, luck, .. }: Name, place: u32) {
        let visit = Visit { luck, place };
        match self.first.get(&state) {
            None => drop(self.first.insert(state, visit)),
            Some(_) => self.more.entry(state).or_default().push(visit),
        }
    }
}
