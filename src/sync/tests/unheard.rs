//! Writes of which nothing was heard: each may have arrived, may still arrive, or was lost on its way.

use model::{Both, PairId, Side, Value};

use super::remote::{choice, set, text};
use super::world::{Blur, Fault, LABELS, STATE, TITLE, World};

/// A field, what both sides have agreed on there, and what a person gives one side.
struct Given {
    field: Both<&'static str>,
    old: Both<Value>,
    new: Both<Value>,
}

fn given() -> [Given; 3] {
    let alike = |value: Value| Both {
        jira: value.clone(),
        azure: value,
    };
    let state = |jira, azure| Both {
        jira: choice(jira),
        azure: choice(azure),
    };
    [
        Given {
            field: TITLE,
            old: alike(text("agreed")),
            new: alike(text("new")),
        },
        Given {
            field: LABELS,
            old: alike(set(&["agreed"])),
            new: alike(set(&["agreed", "new"])),
        },
        Given {
            field: STATE,
            old: state("To Do", "New"),
            new: state("Done", "Closed"),
        },
    ]
}

/// How a write becomes one of which nothing is heard.
#[derive(Clone, Copy, Debug)]
enum Unheard {
    /// No answer comes.
    NoAnswer(Fault),
    /// The node dies before it hears the answer.
    Death(Fault),
}

/// A pair whose sides have agreed. A person sets the field on one, and nothing is heard of the write to the other.
fn unheard(policy: &str, to: Side, given: &Given, how: Unheard) -> (World, PairId) {
    let from = to.other();
    let (mut world, id) = World::linked(policy, from);
    world.edit(id, from, given.field, given.new.get(from).clone());
    world.settle();
    world.edit(id, from, given.field, given.old.get(from).clone());
    world.settle();
    world.edit(id, from, given.field, given.new.get(from).clone());
    let (Unheard::NoAnswer(fault) | Unheard::Death(fault)) = how;
    world.faults.push_back(fault);
    world.feeds();
    while !world.faults.is_empty() {
        assert!(world.pump(), "the write never left");
    }
    if let Unheard::Death(_) = how {
        world.crash();
    }
    (world, id)
}

/// The same, and then the person takes it back.
fn taken_back(policy: &str, to: Side, given: &Given, how: Unheard) -> (World, PairId) {
    let (mut world, id) = unheard(policy, to, given, how);
    let from = to.other();
    world.edit(id, from, given.field, given.old.get(from).clone());
    world.quiet();
    (world, id)
}

fn each(fault: Fault, check: impl Fn(&mut World, PairId, Side, &Given)) {
    for policy in ["latest", "jira", "azure"] {
        for to in Side::BOTH {
            for given in given() {
                for how in [Unheard::NoAnswer(fault), Unheard::Death(fault)] {
                    let (mut world, id) = taken_back(policy, to, &given, how);
                    check(&mut world, id, to, &given);
                    world.assert_in_step(id);
                }
            }
        }
    }
}

#[test]
fn a_write_that_never_arrived_takes_no_persons_for_its_own() {
    each(Fault::Dropped, |world, id, to, given| {
        world.advance(600_000);
        assert_eq!(world.value(id, to, given.field), given.old.get(to));
        assert!(world.pair(id).unheard.is_empty());
        world.edit(id, to, given.field, given.new.get(to).clone());
        world.settle();
        for side in Side::BOTH {
            assert_eq!(world.value(id, side, given.field), given.new.get(side));
        }
    });
}

#[test]
fn a_write_that_arrives_as_late_as_any_may_is_not_taken_for_a_persons() {
    each(Fault::Late(119_000), |world, id, _, given| {
        world.advance(600_000);
        world.settle();
        for side in Side::BOTH {
            assert_eq!(world.value(id, side, given.field), given.old.get(side));
        }
    });
}

#[test]
fn a_move_that_never_left_its_status_leaves_a_persons_next_move_to_them() {
    let given = given();
    let state = given.last().unwrap();
    for how in [
        Unheard::NoAnswer(Fault::Dropped),
        Unheard::Death(Fault::Dropped),
    ] {
        let (mut world, id) = taken_back("latest", Side::Jira, state, how);
        world.advance(600_000);
        world.edit(id, Side::Jira, STATE, choice("In Progress"));
        world.settle();
        assert_eq!(world.value(id, Side::Jira, STATE), &choice("In Progress"));
        assert_eq!(world.value(id, Side::Azure, STATE), &choice("Active"));
        world.assert_in_step(id);
    }
}

#[test]
fn one_reading_that_lags_after_an_outage_makes_no_write_of_ours_a_persons() {
    for to in Side::BOTH {
        for given in given() {
            let (mut world, id) = unheard("latest", to, &given, Unheard::NoAnswer(Fault::Lost));
            // The feed is as late as the readings.
            let feed = std::mem::take(&mut world.remote(to).feed);
            let from = to.other();
            world.edit(id, from, given.field, given.old.get(from).clone());
            for _ in 0..20 {
                world.blurs.get_mut(to).push_back(Blur::Failed);
                world.advance(10_000);
            }
            *world.blurs.get_mut(to) = [Blur::Old(1)].into();
            while !world.blurs.get(to).is_empty() {
                world.advance(1_000);
            }
            world.remote(to).feed.extend(feed);
            world.settle();
            for side in Side::BOTH {
                assert_eq!(
                    world.value(id, side, given.field),
                    given.old.get(side),
                    "{to}"
                );
            }
            world.assert_in_step(id);
        }
    }
}

#[test]
fn an_edit_that_was_sent_twice_and_turned_away_once_is_not_taken_for_a_persons() {
    for to in Side::BOTH {
        let from = to.other();
        let (mut world, id) = World::linked("manual", from);
        world.edit(id, from, TITLE, text("new"));
        world.faults.push_back(Fault::Twice);
        world.feeds();
        while !world.faults.is_empty() {
            assert!(world.pump(), "the write never left");
        }
        // A person goes on before both items are read again.
        world.edit(id, from, TITLE, text("newer"));
        world.quiet();
        world.advance(600_000);
        assert!(world.pair(id).waiting.is_empty(), "{to}");
        assert_eq!(world.value(id, to, TITLE), &text("newer"));
        world.settle();
        world.assert_in_step(id);
    }
}
