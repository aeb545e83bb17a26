//! What must hold of every pair and every step: named predicates, the same for production, tests and the model checker.

use std::collections::BTreeSet;

use model::limit;

use crate::effect::{Class, Effect};
use crate::intent::{Intent, Kind, Stage};
use crate::pair::{Pair, Phase};
use crate::step::Step;

/// A named predicate over what a step made of a pair. `before` is the pair the step began with.
pub struct Invariant {
    /// Its name, as tests and logs print it.
    pub name: &'static str,
    /// Whether it holds.
    pub holds: fn(before: &Pair, step: &Step) -> bool,
}

/// All of them.
pub const ALL: &[Invariant] = &[
    Invariant {
        name: "identity-never-changes",
        holds: |before, step| before.id == step.pair.id,
    },
    Invariant {
        name: "at-most-one-fragile-in-flight",
        holds: one_fragile,
    },
    Invariant {
        name: "intent-numbers-rise",
        holds: numbers_rise,
    },
    Invariant {
        name: "doubtful-means-an-open-doubt",
        holds: doubtful_has_doubt,
    },
    Invariant {
        name: "linked-means-both-ends",
        holds: linked_has_ends,
    },
    Invariant {
        name: "no-write-without-its-intent",
        holds: writes_have_intents,
    },
    Invariant {
        name: "no-write-while-in-doubt",
        holds: doubt_writes_nothing,
    },
    Invariant {
        name: "no-second-create-while-one-is-open",
        holds: one_create,
    },
    Invariant {
        name: "no-create-for-a-linked-pair",
        holds: linked_never_creates,
    },
    Invariant {
        name: "a-comment-with-a-twin-gets-no-other",
        holds: one_twin,
    },
    Invariant {
        name: "a-doubt-is-closed-or-woken",
        holds: doubt_wakes,
    },
    Invariant {
        name: "a-known-end-is-never-exchanged",
        holds: ends_stay,
    },
    Invariant {
        name: "what-is-under-way-is-watched",
        holds: watched,
    },
    Invariant {
        name: "a-pair-that-waits-for-a-person-does-nothing",
        holds: held_rests,
    },
    Invariant {
        name: "plans-are-bounded",
        holds: bounded,
    },
];

/// Those that speak of the pair alone, and so of a pair in a store too, whose effects are not there.
const ALONE: [&str; 6] = [
    "at-most-one-fragile-in-flight",
    "intent-numbers-rise",
    "doubtful-means-an-open-doubt",
    "linked-means-both-ends",
    "no-second-create-while-one-is-open",
    "no-create-for-a-linked-pair",
];

/// The names of those that do not hold of a pair at rest in a store.
#[must_use]
pub fn unsound(pair: &Pair) -> Vec<&'static str> {
    let stored = Step {
        pair: pair.clone(),
        effects: Vec::new(),
        notes: Vec::new(),
    };
    let alone = ALL.iter().filter(|one| ALONE.contains(&one.name));
    alone
        .filter(|one| !(one.holds)(pair, &stored))
        .map(|one| one.name)
        .collect()
}

/// The names of those that do not hold.
#[must_use]
pub fn broken(before: &Pair, step: &Step) -> Vec<&'static str> {
    ALL.iter()
        .filter(|one| !(one.holds)(before, step))
        .map(|one| one.name)
        .collect()
}

fn one_fragile(_: &Pair, step: &Step) -> bool {
    let left = |intent: &&Intent| intent.class == Class::Fragile && intent.has_left();
    step.pair.intents.iter().filter(left).count() <= 1
}

fn numbers_rise(_: &Pair, step: &Step) -> bool {
    let numbers: Vec<u64> = step
        .pair
        .intents
        .iter()
        .map(|intent| intent.number)
        .collect();
    numbers
        .windows(2)
        .all(|pair| matches!(pair, [a, b] if a < b))
        && numbers.iter().all(|number| *number < step.pair.next_intent)
}

fn doubtful_has_doubt(_: &Pair, step: &Step) -> bool {
    step.pair.phase != Phase::Doubtful || step.pair.intents.iter().any(Intent::is_doubtful)
}

fn linked_has_ends(_: &Pair, step: &Step) -> bool {
    step.pair.phase != Phase::Linked || step.pair.is_linked()
}

fn writes_have_intents(_: &Pair, step: &Step) -> bool {
    step.effects.iter().all(|effect| match effect {
        Effect::Write(write) => step.pair.intent(write.intent).is_some_and(|intent| {
            intent.stage == Stage::Planned
                && intent.side == write.side
                && intent.class == write.class
        }),
        Effect::Read | Effect::Probe(_) | Effect::HandOver { .. } => true,
    })
}

fn doubt_writes_nothing(_: &Pair, step: &Step) -> bool {
    let doubtful = step.pair.intents.iter().any(Intent::is_doubtful);
    let writes = step
        .effects
        .iter()
        .any(|effect| matches!(effect, Effect::Write(_)));
    !(doubtful && writes)
}

fn creates(pair: &Pair) -> usize {
    let create = |intent: &&Intent| matches!(intent.kind, Kind::Create { .. });
    pair.intents.iter().filter(create).count()
}

fn one_create(_: &Pair, step: &Step) -> bool {
    creates(&step.pair) <= 1
}

fn linked_never_creates(_: &Pair, step: &Step) -> bool {
    let far = step.pair.ends.get(step.pair.far());
    far.is_none() || creates(&step.pair) == 0
}

fn one_twin(_: &Pair, step: &Step) -> bool {
    let planned: Vec<_> = step
        .pair
        .intents
        .iter()
        .filter_map(Intent::comment)
        .collect();
    let distinct: BTreeSet<_> = planned.iter().collect();
    distinct.len() == planned.len()
        && planned
            .iter()
            .all(|original| !step.pair.comments.contains_key(original))
}

fn doubt_wakes(_: &Pair, step: &Step) -> bool {
    let held = matches!(&step.pair.phase, Phase::Parked(park) if park.held);
    let doubtful = step.pair.intents.iter().any(Intent::is_doubtful);
    let asked = step
        .effects
        .iter()
        .any(|effect| matches!(effect, Effect::Probe(_)));
    !doubtful || held || asked || step.pair.wake.is_some()
}

fn ends_stay(before: &Pair, step: &Step) -> bool {
    model::Side::BOTH.into_iter().all(|side| {
        let (was, is) = (before.ends.get(side), step.pair.ends.get(side));
        was.as_ref()
            .is_none_or(|was| is.as_ref().is_some_and(|is| is.id == was.id))
    })
}

/// Whether the pair waits for a person, or no longer for anything.
fn rests(pair: &Pair) -> bool {
    match &pair.phase {
        Phase::Parked(park) => park.held,
        Phase::Detached => true,
        Phase::Unlinked | Phase::Linking | Phase::Linked | Phase::Doubtful => false,
    }
}

/// A timer stands behind every reading and every write, so that none of them can be waited for in vain.
fn watched(_: &Pair, step: &Step) -> bool {
    let reads = step.effects.contains(&Effect::Read);
    let under_way = step.pair.is_open() || step.pair.reading.is_some() || reads;
    !under_way || rests(&step.pair) || step.pair.wake.is_some()
}

fn held_rests(_: &Pair, step: &Step) -> bool {
    let acts = step
        .effects
        .iter()
        .any(|effect| matches!(effect, Effect::Write(_) | Effect::Probe(_)));
    !rests(&step.pair) || !acts && step.pair.wake.is_none()
}

/// A plan holds at most its bound of effects, and the edit, the transition and the link that need no room.
fn bounded(_: &Pair, step: &Step) -> bool {
    step.pair.intents.len() <= limit::EFFECTS_PER_PLAN + 3
}
