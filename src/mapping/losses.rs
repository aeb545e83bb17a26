//! What a conversion lost, by kind: enough to tell people what to look at, and nothing of the text.

use std::collections::BTreeMap;
use std::fmt;

use richtext::{Loss, LossKind};
use serde::{Deserialize, Serialize};

/// How many losses of each kind. Kinds that nothing was lost of are not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Losses(BTreeMap<LossKind, u32>);

impl Losses {
    /// One loss of this kind where it happened, none where it did not.
    #[must_use]
    pub fn one_if(happened: bool, kind: LossKind) -> Self {
        let mut losses = Self::default();
        if happened {
            losses.add(kind, 1);
        }
        losses
    }

    /// Counts further losses of a kind.
    pub fn add(&mut self, kind: LossKind, count: u32) {
        let known = self.0.entry(kind).or_insert(0);
        *known = known.saturating_add(count);
    }

    /// Both together.
    #[must_use]
    pub fn and(mut self, other: &Losses) -> Self {
        for (&kind, &count) in &other.0 {
            self.add(kind, count);
        }
        self
    }

    /// Whether nothing was lost.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are of all kinds.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.0
            .values()
            .fold(0, |sum, &count| sum.saturating_add(count))
    }

    /// The kinds with how often each was lost.
    pub fn kinds(&self) -> impl Iterator<Item = (LossKind, u32)> + '_ {
        self.0.iter().map(|(&kind, &count)| (kind, count))
    }
}

impl From<&[Loss]> for Losses {
    fn from(found: &[Loss]) -> Self {
        let mut losses = Self::default();
        for loss in found {
            losses.add(loss.kind, 1);
        }
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
        let mut losses = Losses::one_if(true, LossKind::Panel);
        losses.add(LossKind::Date, 1);
        let both = losses.and(&Losses::one_if(true, LossKind::Panel));
        assert_eq!(both.to_string(), "2 panel, 1 date");
        assert_eq!(both.total(), 3);
        assert!(Losses::one_if(false, LossKind::Panel).is_empty());
    }
}
