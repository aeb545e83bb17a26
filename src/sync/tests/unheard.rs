//! Writes of which nothing was heard: each may have arrived, may still arrive, or was lost on its way.

use model::{Both, PairId, Side, Value, limit};

use super::remote::{choice, set, text};
use super::world::{Blur, Fault, LABELS, STATE, TITLE, World, planned};
use crate::event::{Command, Event};
use crate::note::Note;

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

/// The next write leaves, and that goes wrong with it.
fn send(world: &mut World, fault: Fault) {
    world.faults.push_back(fault);
    world.feeds();
    while !world.faults.is_empty() {
        assert!(world.pump(), "the write never left");
    }
}

/// The next write leaves when its time comes, and that goes wrong with it.
fn send_in_time(world: &mut World, fault: Fault) {
    world.faults.push_back(fault);
    world.feeds();
    while !world.faults.is_empty() {
        world.advance(500);
    }
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
    send(&mut world, fault);
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
        send(&mut world, Fault::Twice);
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

/// An edit to Jira of which nothing was heard, and a person goes on at that side, which is carried over before it arrives.
fn overtaken(policy: &str, side: Side, arrives: i64) -> (World, PairId) {
    let (mut world, id) = World::linked(policy, Side::Azure);
    world.edit(id, Side::Azure, TITLE, text("sent"));
    send(&mut world, Fault::Late(arrives));
    world.edit(id, side, TITLE, text("newer"));
    world.quiet();
    world.advance(20_000);
    assert_titles(&world, id, "newer");
    (world, id)
}

fn assert_titles(world: &World, id: PairId, expected: &str) {
    for side in Side::BOTH {
        assert_eq!(world.value(id, side, TITLE), &text(expected), "{side}");
    }
}

#[test]
fn an_edit_that_arrives_late_over_a_newer_one_is_taken_back() {
    let on_azure = ["latest", "jira", "azure", "manual"].map(|policy| (policy, Side::Azure));
    let on_jira = ["latest", "jira"].map(|policy| (policy, Side::Jira));
    for (policy, side) in on_azure.into_iter().chain(on_jira) {
        for arrives in [30_000, 67_000, 119_000] {
            let (mut world, id) = overtaken(policy, side, arrives);
            world.advance(600_000);
            world.settle();
            assert_titles(&world, id, "newer");
            assert!(world.pair(id).unheard.is_empty());
            world.assert_in_step(id);
        }
    }
}

#[test]
fn of_several_edits_that_arrive_late_none_is_taken_for_a_persons() {
    let (mut world, id) = World::linked("latest", Side::Azure);
    for (title, arrives) in [("one", 90_000), ("two", 60_000), ("three", 30_000)] {
        world.edit(id, Side::Azure, TITLE, text(title));
        send_in_time(&mut world, Fault::Late(arrives));
    }
    world.edit(id, Side::Azure, TITLE, text("newest"));
    world.advance(600_000);
    world.settle();
    assert_titles(&world, id, "newest");
    world.assert_in_step(id);
}

fn conflicts(world: &World) -> usize {
    let told = world.notes.iter();
    told.filter(|note| matches!(note, Note::Conflict { .. }))
        .count()
}

#[test]
fn an_edit_that_comes_late_is_told_as_a_conflict_for_a_person_may_have_made_it() {
    let (mut world, id) = overtaken("latest", Side::Azure, 67_000);
    assert_eq!(conflicts(&world), 0);
    world.advance(600_000);
    world.settle();
    assert_eq!(conflicts(&world), 1);
    world.assert_in_step(id);
}

#[test]
fn a_patch_that_comes_before_the_newer_one_that_it_turns_away_is_not_taken_for_a_persons() {
    for policy in ["latest", "jira", "azure", "manual"] {
        let (mut world, id) = World::linked(policy, Side::Jira);
        world.edit(id, Side::Jira, TITLE, text("first patch"));
        send(&mut world, Fault::Late(60_000));
        world.edit(id, Side::Jira, TITLE, text("second"));
        world.feeds();
        while !world.pump() || !world.pair(id).is_open() {
            if world.jobs.is_empty() {
                world.wait(1_000);
            }
        }
        world.late[0].0 = world.now;
        world.arrive();
        world.advance(600_000);
        assert!(world.pair(id).waiting.is_empty(), "{policy}");
        world.settle();
        assert_titles(&world, id, "second");
        world.assert_in_step(id);
    }
}

#[test]
fn an_edit_that_comes_late_undoes_no_persons_of_which_the_other_side_has_not_been_heard_of() {
    for policy in ["latest", "jira"] {
        let (mut world, id) = World::linked(policy, Side::Azure);
        world.edit(id, Side::Azure, TITLE, text("late"));
        send(&mut world, Fault::Late(50_000));
        world.edit(id, Side::Jira, TITLE, text("a person's"));
        send_in_time(&mut world, Fault::Lost);
        // Nothing is read before the late one is there too.
        for side in Side::BOTH {
            for _ in 0..20 {
                world.blurs.get_mut(side).push_back(Blur::Failed);
            }
        }
        world.advance(60_000);
        world.blurs = Both::default();
        world.advance(600_000);
        world.settle();
        assert_titles(&world, id, "a person's");
        world.assert_in_step(id);
    }
}

#[test]
fn a_conflict_that_waits_for_a_person_does_not_end_in_silence_when_an_edit_comes_late() {
    let (mut world, id) = World::linked("manual", Side::Azure);
    world.edit(id, Side::Azure, TITLE, text("late"));
    send(&mut world, Fault::Late(50_000));
    world.edit(id, Side::Jira, TITLE, text("a person's"));
    world.quiet();
    world.advance(10_000);
    assert!(!world.pair(id).waiting.is_empty());
    assert_eq!(conflicts(&world), 0);
    world.advance(600_000);
    assert_eq!(conflicts(&world), 1);
    world.assert_in_step(id);
}

#[test]
fn an_edit_that_was_turned_away_leaves_nothing_that_a_person_could_be_taken_for() {
    let (mut world, id) = World::linked("latest", Side::Azure);
    world.edit(id, Side::Azure, TITLE, text("turned away"));
    send(&mut world, Fault::Stale);
    while world.value(id, Side::Jira, TITLE) != &text("turned away") {
        world.advance(500);
    }
    world.quiet();
    assert!(world.pair(id).unheard.is_empty());
    world.edit(id, Side::Jira, TITLE, text("other"));
    world.quiet();
    world.edit(id, Side::Jira, TITLE, text("turned away"));
    world.settle();
    assert_titles(&world, id, "turned away");
}

#[test]
fn what_may_only_come_over_a_newer_value_is_forgotten_with_one_reading_that_is_late_enough() {
    let (mut world, id) = overtaken("latest", Side::Azure, 67_000);
    world.late.clear();
    world.now = world.now.plus(180_000);
    world.step(id, Event::Woken);
    world.quiet();
    assert!(world.pair(id).unheard.is_empty());
}

#[test]
fn an_edit_that_comes_late_is_no_touch_of_a_persons() {
    let (mut world, id) = overtaken("latest", Side::Azure, 67_000);
    let touched = |world: &World| world.pair(id).ends.jira.as_ref().unwrap().touched;
    let before = touched(&world);
    world.advance(600_000);
    world.settle();
    assert_eq!(touched(&world), before);
}

#[test]
fn a_value_that_is_tried_again_and_again_pushes_no_other_out_of_memory() {
    let (mut world, id) = World::linked("latest", Side::Azure);
    world.edit(id, Side::Azure, TITLE, text("older"));
    send(&mut world, Fault::Late(119_000));
    world.edit(id, Side::Azure, TITLE, text("newer"));
    world.feeds();
    world.faults.extend([Fault::Dropped; 2 * limit::LATE_EDITS]);
    for _ in 0..100 {
        world.advance(1_000);
    }
    let late = |world: &World| {
        let unheard = world.pair(id).unheard.values().next();
        unheard.map_or(0, |unheard| unheard.late.jira.len())
    };
    assert_eq!(late(&world), limit::LATE_EDITS);
    world.faults.clear();
    world.late[0].0 = world.now.plus(60_000);
    world.advance(600_000);
    world.settle();
    assert_titles(&world, id, "newer");
    world.assert_in_step(id);
}

#[test]
fn a_value_that_was_sent_twice_may_arrive_twice() {
    let (mut world, id) = World::linked("latest", Side::Azure);
    world.edit(id, Side::Azure, TITLE, text("sent twice"));
    send(&mut world, Fault::Late(100_000));
    send_in_time(&mut world, Fault::Lost);
    world.advance(20_000);
    world.edit(id, Side::Azure, TITLE, text("newer"));
    world.quiet();
    assert_titles(&world, id, "newer");
    world.advance(600_000);
    world.settle();
    assert_titles(&world, id, "newer");
    world.assert_in_step(id);
}

#[test]
fn a_value_that_a_person_sets_when_no_edit_can_arrive_any_more_is_theirs() {
    let (mut world, id) = World::linked("latest", Side::Azure);
    world.edit(id, Side::Azure, TITLE, text("sent"));
    send(&mut world, Fault::Dropped);
    world.edit(id, Side::Azure, TITLE, text("newer"));
    world.quiet();
    assert!(!world.pair(id).unheard.is_empty());
    world.advance(600_000);
    assert!(world.pair(id).unheard.is_empty());
    world.edit(id, Side::Jira, TITLE, text("sent"));
    world.settle();
    assert_titles(&world, id, "sent");
    world.assert_in_step(id);
}

#[test]
fn what_may_only_come_over_a_newer_value_does_not_age_anew_and_is_waited_for_no_longer_than_a_clock_allows()
 {
    let (mut world, id) = overtaken("latest", Side::Azure, 67_000);
    let last = |world: &World| world.pair(id).unheard.values().next().unwrap().last.at;
    let sent = last(&world);
    world.crash();
    assert_eq!(last(&world), sent);
    world.ahead -= 3_600_000;
    world.crash();
    assert!(last(&world) < sent);
}

#[test]
fn a_persons_value_in_place_of_a_write_that_was_lost_is_theirs() {
    for to in Side::BOTH {
        let (mut world, id) = World::linked("latest", to.other());
        world.edit(id, to.other(), TITLE, text("never arrives"));
        send(&mut world, Fault::Dropped);
        world.edit(id, to, TITLE, text("a person's"));
        world.settle();
        assert_titles(&world, id, "a person's");
        world.assert_in_step(id);
    }
}

/// A pair whose labels were `old` on both sides until a person made them `new` on Azure DevOps, of which nothing was heard; and
/// the issue is read with those that are `shown`. Gives whether the write is still waited for.
fn waits_for(old: &[&str], new: &[&str], shown: &[&str]) -> bool {
    let (mut world, id) = World::linked("latest", Side::Azure);
    world.edit(id, Side::Azure, LABELS, set(old));
    world.settle();
    world.edit(id, Side::Azure, LABELS, set(new));
    send(&mut world, Fault::Dropped);
    while world.pair(id).is_open() {
        assert!(world.pump());
    }
    world.edit(id, Side::Jira, LABELS, set(shown));
    world.step(id, Event::Woken);
    for _ in 0..2 {
        assert!(world.pump());
    }
    !world.pair(id).unheard.is_empty()
}

#[test]
fn a_write_to_a_set_is_waited_for_until_the_set_shows_it_or_something_newer() {
    for (old, new, shown, waits) in [
        (&["a"][..], &["a", "b"][..], &["a"][..], true),
        (&["a"], &["a", "b"], &["a", "b"], false),
        (&["a"], &["a", "b"], &["a", "b", "person"], false),
        (&["a"], &["a", "b"], &["a", "person"], true),
        (&["a", "b"], &["a"], &["a", "b"], true),
        (&["a", "b"], &["a"], &["a"], false),
        (&["a", "b"], &["a"], &["a", "b", "person"], false),
    ] {
        assert_eq!(
            waits_for(old, new, shown),
            waits,
            "{old:?} {new:?} {shown:?}"
        );
    }
}

#[test]
fn what_was_sent_ages_anew_after_a_restart_and_not_when_its_pair_is_put_away() {
    let (mut world, id) = World::linked("latest", Side::Azure);
    world.edit(id, Side::Azure, TITLE, text("never arrives"));
    send(&mut world, Fault::Dropped);
    while world.pair(id).is_open() {
        assert!(world.pump());
    }
    let last = |world: &World| {
        let unheard = world.pair(id).unheard.values().next();
        unheard.unwrap().last
    };
    let sent = last(&world);
    world.now = world.now.plus(500);
    world.passivate();
    world.activate_for(id);
    assert_eq!(last(&world), sent);
    world.crash();
    let again = last(&world);
    assert_eq!(
        (again.at, again.incarnation),
        (world.now, world.incarnation)
    );
}

/// A person orders that the pair be set aside while an effect is planned or on its way, and that it go on.
fn set_aside_meanwhile(policy: &str, mut work: impl FnMut(&mut World, PairId)) -> (World, PairId) {
    let (mut world, id) = World::linked(policy, Side::Azure);
    work(&mut world, id);
    world.step(id, Event::Command(Command::Park));
    while world.pump() {}
    (world, id)
}

#[test]
fn an_edit_that_arrives_while_its_pair_is_set_aside_is_not_taken_for_a_persons() {
    let (mut world, id) = set_aside_meanwhile("manual", |world, id| {
        world.edit(id, Side::Azure, TITLE, text("carried"));
        world.feeds();
        while world.value(id, Side::Jira, TITLE) != &text("carried") {
            assert!(world.pump());
        }
    });
    world.edit(id, Side::Azure, TITLE, text("goes on"));
    world.step(id, Event::Command(Command::Resume));
    world.quiet();
    assert!(world.pair(id).waiting.is_empty());
    assert_eq!(world.value(id, Side::Jira, TITLE), &text("goes on"));
}

#[test]
fn a_move_that_never_left_before_its_pair_was_set_aside_takes_no_persons_for_its_own() {
    let (mut world, id) = set_aside_meanwhile("latest", |world, id| {
        world.edit(id, Side::Azure, STATE, choice("Closed"));
        planned(world, id, |intent| {
            matches!(intent.kind, crate::intent::Kind::Transition { .. })
        });
    });
    world.edit(id, Side::Jira, STATE, choice("In Progress"));
    world.step(id, Event::Command(Command::Resume));
    world.settle();
    assert_eq!(world.value(id, Side::Jira, STATE), &choice("In Progress"));
    assert_eq!(world.value(id, Side::Azure, STATE), &choice("Active"));
}

#[test]
fn of_two_writes_that_nobody_heard_of_each_is_in_doubt_until_it_is_made_again() {
    let (mut world, id) = World::linked("latest", Side::Azure);
    world.edit(id, Side::Jira, LABELS, set(&["jira"]));
    world.edit(id, Side::Azure, LABELS, set(&["azure"]));
    planned(&mut world, id, |intent| intent.side == Side::Jira);
    assert_eq!(world.pair(id).intents.len(), 2);
    world.crash();
    let doubted = |world: &World| {
        let sent = world.pair(id).unheard.values().next();
        let sent = sent.map(|unheard| unheard.sent.clone());
        sent.map(|sent| (sent.azure.is_some(), sent.jira.is_some()))
    };
    assert_eq!(doubted(&world), Some((true, true)));
    while world.pair(id).intents.len() != 2 {
        assert!(world.pump());
    }
    while world.pair(id).intents.len() != 1 {
        assert!(world.pump());
    }
    assert_eq!(doubted(&world), Some((false, true)));
    while world.pair(id).is_open() {
        assert!(world.pump());
    }
    assert_eq!(doubted(&world), None);
    world.settle();
    world.assert_in_step(id);
}
