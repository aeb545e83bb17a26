//! The head: how many entries there are, what the last one's sum is, and whether a crash can have left it as it is.
//!
//! The head is in place before the first segment is, and is put in place anew after each entry. So a crash leaves it at the last entry
//! or at the one before; or two behind, when the last entry was written without the master key that sealed the one before, since
//! nobody without that key can put the head at a sealed entry. Anything else somebody did who wrote into the directory: a
//! head that is missing where there are segments, that knows of another chain, or that carries no seal where its entry
//! carries one.

use serde::{Deserialize, Serialize};

use super::line::{self, Line, Sum};
use super::{AuditKey, Entry};

/// How many places behind the last entry the head may be.
pub(super) const PLACES: usize = 3;

/// What `head` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    pub(super) n: u64,
    pub(super) last: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seal: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sum: Option<String>,
}

impl Head {
    /// The head behind that entry, before it is sealed.
    pub(super) fn behind(n: u64, sum: &Sum) -> Head {
        Head {
            n,
            last: line::hex(sum),
            key: None,
            seal: None,
            sum: None,
        }
    }
}

/// The head's line, which is all that its file holds.
pub(super) fn read(bytes: &[u8]) -> Result<Line<Head>, ()> {
    let text = bytes.strip_suffix(b"\n").ok_or(())?;
    line::read(text).map_err(|_| ())
}

/// A place behind an entry, or before the first one, that the head may be at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The entry's number.
    pub(super) n: u64,
    /// Its sum.
    pub(super) sum: Sum,
    /// The name of the key that sealed it. Before the first entry it is that of the first one, which comes of the same append.
    pub(super) key: Option<String>,
}

impl Place {
    /// The place behind that entry.
    pub(super) fn behind(entry: &Line<Entry>) -> Place {
        Place {
            n: entry.body.n,
            sum: entry.sum,
            key: sealed_by(entry),
        }
    }

    /// The place before the first entry, when it is that one.
    pub(super) fn before(first: &Line<Entry>) -> Place {
        Place {
            n: 0,
            sum: Sum::default(),
            key: sealed_by(first),
        }
    }

    fn is_of(&self, head: &Head) -> bool {
        self.n == head.n && line::hex(&self.sum) == head.last
    }
}

fn sealed_by(entry: &Line<Entry>) -> Option<String> {
    let key = || entry.body.key.clone().unwrap_or_default();
    entry.seal.as_ref().map(|_| key())
}

/// Where a head stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// At the last entry.
    Level,
    /// Where a crash kept it from the last entry, or the last two.
    Behind,
    /// At an entry that is not there.
    Ahead,
    /// Where no crash leaves it.
    Elsewhere,
}

/// Where a head stands in a chain of which the last places are these, the last one first.
pub(super) fn standing(head: &Head, places: &[Place]) -> Standing {
    let last = places.first().map_or(0, |place| place.n);
    if head.n > last {
        return Standing::Ahead;
    }
    let is_sealed = |at: usize| places.get(at).is_some_and(|place| place.key.is_some());
    match places.iter().position(|place| place.is_of(head)) {
        Some(0) => Standing::Level,
        Some(1) => Standing::Behind,
        Some(2) if !is_sealed(0) && is_sealed(1) => Standing::Behind,
        Some(_) | None => Standing::Elsewhere,
    }
}

/// What is wrong with the seal of a head, as far as these keys can tell. `is_proven` says whether an entry before it is sealed under
/// one of them.
pub(super) fn forgery(
    head: &Line<Head>,
    places: &[Place],
    keys: &[AuditKey],
    is_proven: bool,
) -> Option<&'static str> {
    const FORGED: &str = "the head was not sealed with the master key";
    let Some(seal) = &head.seal else {
        let place = places.iter().find(|place| place.is_of(&head.body));
        let is_sealed = place.is_some_and(|place| place.key.is_some());
        return is_sealed.then_some("the head carries no seal, its entry does");
    };
    let known = keys
        .iter()
        .find(|key| Some(key.id()) == head.body.key.as_deref());
    // One that a crash kept from the first entry under another key is sealed as the entry is that it knows of.
    let is_behind = |place: &Place| place.is_of(&head.body) && place.key == head.body.key;
    let is_behind = places.iter().skip(1).any(is_behind);
    // Former keys come before those at hand, and never after them.
    let is_forged = known.map_or(is_proven && !is_behind, |key| !seal.is_of(key));
    is_forged.then_some(FORGED)
}
