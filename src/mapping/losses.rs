//! What a conversion lost, by kind: enough to tell people what to look at, and nothing of the text.
//!
//! Only kinds and numbers are ever written anywhere. Where each loss is and what stands in its place is there for whoever
//! foretells a conversion, and is forgotten with it.

use std::collections::BTreeMap;
use std::fmt;

use richtext::{Instead, Loss, LossKind};
use serde::{Deserialize, Serialize};

/// How many losses of each kind. Kinds that nothing was lost of are not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Losses {
    kinds: BTreeMap<LossKind, u32>,
    #[serde(skip)]
    places: Vec<Loss>,
}

impl Losses {
    /// One loss of this kind, of the whole value, where it happened; none where it did not.
    #[must_use]
    pub fn one_if(happened: bool, kind: LossKind, instead: Instead) -> Self {
        if !happened {
            return Self::default();
        }
        let path = "/".to_owned();
        let loss = Loss {
            kind,
            path,
            instead,
        };
        Self::from([loss].as_slice())
    }

    fn add(&mut self, kind: LossKind, count: u32) {
        let known = self.kinds.entry(kind).or_insert(0);
        *known = known.saturating_add(count);
    }

    /// Both together.
    #[must_use]
    pub fn and(mut self, other: &Losses) -> Self {
        for (&kind, &count) in &other.kinds {
            self.add(kind, count);
        }
        self.places.extend(other.places.iter().cloned());
        self
    }

    /// Whether nothing was lost.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// How many there are of all kinds.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.kinds
            .values()
            .fold(0, |sum, &count| sum.saturating_add(count))
    }

    /// Each loss with its place, of a conversion just made; none of losses that were read from a store.
    #[must_use]
    pub fn places(&self) -> &[Loss] {
        &self.places
    }

    /// The kinds with how often each was lost.
    pub fn kinds(&self) -> impl Iterator<Item = (LossKind, u32)> + '_ {
        self.kinds.iter().map(|(&kind, &count)| (kind, count))
    }
}

impl From<&[Loss]> for Losses {
    fn from(found: &[Loss]) -> Self {
        let mut losses = Self::default();
        for loss in found {
            losses.add(loss.kind, 1);
        }
        losses.places = found.to_vec();
        losses
    }
}

/// `2 panel, 1 date`.
impl fmt::Display for Losses {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (kind, count)) in self.kinds().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(out, "{comma}{count} {}", kind.name())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_told_by_kind_and_number() {
        let one = |kind| Losses::one_if(true, kind, Instead::Plain);
        let both = one(LossKind::Panel).and(&one(LossKind::Date));
        let all = both.and(&one(LossKind::Panel));
        assert_eq!(all.to_string(), "2 panel, 1 date");
        assert_eq!(all.total(), 3);
        assert_eq!(all.places().len(), 3);
        assert!(Losses::one_if(false, LossKind::Panel, Instead::Plain).is_empty());
    }

    #[test]
    fn only_kinds_and_numbers_are_ever_written() {
        let losses = Losses::one_if(true, LossKind::Panel, Instead::Blocks);
        let written = serde_json::to_value(&losses).unwrap();
        assert_eq!(written, serde_json::json!({ "panel": 1 }));
        let read: Losses = serde_json::from_value(written).unwrap();
        assert_eq!((read.total(), read.places()), (1, [].as_slice()));
    }
}
