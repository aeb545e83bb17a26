//! The titles that occur in a small world, and their digests on both sides.

use std::collections::BTreeMap;

use model::{Digest, Side};

use crate::tests::remote::text;
use crate::tests::world::{TITLE, World};

/// More titles than there are.
pub(super) const MOST: usize = 8;

/// The titles, each with its number.
pub(super) struct Names {
    most: usize,
    texts: BTreeMap<String, usize>,
    digests: BTreeMap<Digest, usize>,
}

impl Names {
    /// The title that everything begins with, and those that people give in so many edits on each side.
    pub(super) fn of(world: &World, most: usize) -> Names {
        let given = Side::BOTH
            .into_iter()
            .flat_map(|side| (0..most).map(move |nth| Names::given(side, nth)));
        let all = std::iter::once("first".to_owned()).chain(given);
        let texts: BTreeMap<String, usize> = all.zip(0..).collect();
        assert!(texts.len() < MOST, "{texts:?}");
        let digests = texts.iter().flat_map(|(name, number)| {
            let digest = |side: Side| (world.digest(TITLE, side, &text(name)), *number);
            Side::BOTH.map(digest)
        });
        Names {
            most,
            digests: digests.collect(),
            texts: texts.clone(),
        }
    }

    /// The number of the title that a person gives with the nth edit of that side.
    pub(super) fn of_given(&self, side: Side, nth: usize) -> usize {
        match side {
            Side::Jira => 1 + nth,
            Side::Azure => 1 + self.most + nth,
        }
    }

    /// The title that a person gives with the nth edit of that side.
    pub(super) fn given(side: Side, nth: usize) -> String {
        format!("{side}-{nth}")
    }

    /// The number of a title.
    pub(super) fn of_text(&self, text: &str) -> Option<usize> {
        self.texts.get(text).copied()
    }

    /// The number of the title whose digest that is.
    pub(super) fn of_digest(&self, digest: Digest) -> Option<usize> {
        self.digests.get(&digest).copied()
    }
}

#[test]
fn a_given_title_has_the_number_that_its_text_has() {
    let names = Names::of(&World::without_rules("latest"), 2);
    for side in Side::BOTH {
        for nth in 0..2 {
            let text = Names::given(side, nth);
            assert_eq!(names.of_text(&text), Some(names.of_given(side, nth)));
        }
    }
}
