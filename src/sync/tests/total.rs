//! Any event, at any time: a step never panics and keeps every invariant.

use model::{Both, CommentId, Item, ItemId, Revision, Side};
use proptest::prelude::*;

use super::remote::{set, text};
use super::world::{LABELS, TITLE, World, cases};
use crate::effect::Reading;
use crate::event::{Command, Event};
use crate::{Finding, Hindrance, Outcome, Receipt, Refusal, Stop};

/// What an event is made of: numbers that choose.
type Seed = (u8, u8, u8, u8);

fn hindrance(n: u8) -> Hindrance {
    match n % 5 {
        0 => Hindrance::Throttled {
            retry_after_ms: Some(i64::from(n) * (i64::MAX / 255)),
        },
        1 => Hindrance::Unreachable,
        2 => Hindrance::Credential,
        3 => Hindrance::Withheld,
        _ => Hindrance::Unprepared {
            subject: "Story".to_owned(),
        },
    }
}

fn refusal(n: u8) -> Refusal {
    match n % 7 {
        0 => Refusal::Stale,
        1 => Refusal::Gone,
        2 => Refusal::Forbidden { code: None },
        3 => Refusal::NoTransition,
        4 => Refusal::Full,
        5 => Refusal::Fields {
            fields: Vec::new(),
            code: None,
        },
        _ => Refusal::Fields {
            fields: vec![TITLE.azure.to_owned(), LABELS.jira.to_owned()],
            code: None,
        },
    }
}

/// An item that may or may not be one of the pair's.
fn item(world: &World, id: model::PairId, side: Side, (a, b, c, _): Seed) -> Item {
    let known = world.pairs.get(&id).and_then(|pair| pair.item(side));
    let stored = known.and_then(|known| world.remotes.get(side).items.get(&known));
    let mut item = match stored {
        Some(item) => Item::clone(item),
        None => world.remotes.get(id.origin).item(id.item).clone(),
    };
    item.fields.insert(
        (*TITLE.get(side)).to_owned(),
        text(["", "x", "y"][usize::from(a % 3)]),
    );
    item.fields.insert(
        (*LABELS.get(side)).to_owned(),
        set(&["p", "q", "r"][..usize::from(b % 4)]),
    );
    item.revision = Revision(item.revision.0.wrapping_add(u64::from(c % 3)));
    match c % 11 {
        0 => item.id = ItemId(item.id.0 + 1),
        1 => item.side = item.side.other(),
        2 => item.comments = None,
        3 => item.created_by_us = !item.created_by_us,
        4 => item.kind = "Epic".to_owned(),
        5 => item.project = "Elsewhere".to_owned(),
        6 => item.marker = Some(world.marker(id)),
        _ => {}
    }
    item
}

fn reading(world: &World, id: model::PairId, side: Side, seed: Seed) -> Reading {
    match seed.3 % 8 {
        0 => Reading::Missing,
        1 => Reading::Failed(hindrance(seed.0)),
        2 => Reading::NotAsked,
        _ => Reading::Present(Box::new(item(world, id, side, seed))),
    }
}

fn receipt(world: &World, id: model::PairId, seed: Seed) -> Receipt {
    let side = if seed.0.is_multiple_of(2) {
        Side::Jira
    } else {
        Side::Azure
    };
    let item = item(world, id, side, seed);
    Receipt {
        item: (!seed.1.is_multiple_of(3)).then_some(item.id),
        key: (!seed.1.is_multiple_of(4)).then(|| item.key.clone()),
        revision: (!seed.1.is_multiple_of(5)).then_some(item.revision),
        comment: (!seed.2.is_multiple_of(2)).then_some(CommentId(u64::from(seed.2))),
        returned: (!seed.2.is_multiple_of(3)).then(|| Box::new(item)),
        overwritten: match seed.1 % 3 {
            0 => vec![(*TITLE.get(side)).to_owned(), "unknown".to_owned()],
            _ => Vec::new(),
        },
        stopped: match seed.0 % 5 {
            0 => Some(Stop::Interrupted),
            1 => Some(Stop::DeadEnd),
            2 => Some(Stop::Astray),
            _ => None,
        },
    }
}

fn event(world: &World, id: model::PairId, seed: Seed) -> Event {
    let (kind, a, b, c) = seed;
    let open = world
        .pairs
        .get(&id)
        .map(|pair| pair.intents.clone())
        .unwrap_or_default();
    let intent = match open.get(usize::from(a) % open.len().max(1)) {
        Some(intent) if !b.is_multiple_of(8) => intent.number,
        _ => u64::from(b),
    };
    let seed = (a, b, c, kind.wrapping_mul(31).wrapping_add(c));
    match kind % 9 {
        0 => Event::Opened,
        1 | 2 => Event::Observed(Both {
            jira: reading(world, id, Side::Jira, seed),
            azure: reading(world, id, Side::Azure, (b, c, a, a ^ c)),
        }),
        3 => Event::Sending { intent },
        4 | 5 => Event::Finished {
            intent,
            incarnation: u64::from(!c.is_multiple_of(4)),
            outcome: match c % 6 {
                0 => Outcome::Refused(refusal(a)),
                1 => Outcome::NotSent(hindrance(a)),
                2 => Outcome::Unknown,
                _ => Outcome::Applied(receipt(world, id, seed)),
            },
        },
        6 => Event::Probed {
            intent,
            finding: match c % 3 {
                0 => Finding::Absent,
                1 => Finding::Inconclusive,
                _ => Finding::Found(receipt(world, id, seed)),
            },
        },
        7 => match c % 12 {
            0 => Event::Command(Command::Park),
            1 => Event::Command(Command::Resume),
            2 => Event::Command(Command::Resync),
            3 if a == 0 => Event::Command(Command::Detach),
            4..=6 => Event::Adopted(Box::new(item(world, id, id.origin.other(), seed))),
            3 => Event::Told(Both {
                jira: Revision(u64::from(a)),
                azure: Revision(u64::from(b)),
            }),
            _ => Event::Woken,
        },
        _ => Event::Woken,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_event_on_any_pair_keeps_the_invariants(
        linked in any::<bool>(),
        origin in prop_oneof![Just(Side::Jira), Just(Side::Azure)],
        seeds in proptest::collection::vec((any::<Seed>(), 0_i64..400_000), 1..80),
    ) {
        let (mut world, id) = match linked {
            true => World::linked("latest", origin),
            false => {
                let mut world = World::new("latest");
                let id = world.begin(origin);
                (world, id)
            }
        };
        for (seed, later) in seeds {
            let event = event(&world, id, seed);
            world.now = world.now.plus(later);
            world.step(id, event);
            if seed.0.is_multiple_of(2) {
                world.pump();
            }
        }
    }
}
