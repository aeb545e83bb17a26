//! Moves over several statuses that stop on their way.

use model::{PairId, Problem, Side, limit, problem::Code};

use super::remote::{choice, text};
use super::world::{Fault, STATE, TITLE, World};
use crate::Stop;
use crate::effect::{Body, Effect, Write};
use crate::event::{Command, Event};
use crate::intent::Kind;
use crate::note::Note;

/// A world with a pair that never moved, or has moved and come back.
fn agreed(policy: &str, origin: Side, fresh: bool) -> (World, PairId) {
    let (mut world, id) = World::linked(policy, origin);
    if !fresh {
        world.edit(id, Side::Jira, STATE, choice("In Progress"));
        world.settle();
        world.edit(id, Side::Azure, STATE, choice("New"));
        world.settle();
        world.notes.clear();
    }
    (world, id)
}

/// A world in which a person closes the work item and the issue gets no further than one status on the way.
fn stopped(policy: &str, origin: Side, fresh: bool, stop: Stop) -> (World, PairId) {
    let (mut world, id) = agreed(policy, origin, fresh);
    world.edit(id, Side::Azure, STATE, choice("Closed"));
    let halts = &mut world.remote(Side::Jira).halts;
    halts.push_back(("In Review", stop));
    world.now = world.now.plus(1_000);
    world.quiet();
    assert_eq!(world.value(id, Side::Jira, STATE), &choice("In Review"));
    (world, id)
}

/// A world in which a walk has come to a dead end, and no transition leads on from there.
fn stuck(policy: &str) -> (World, PairId) {
    let (mut world, id) = stopped(policy, Side::Jira, false, Stop::DeadEnd);
    let remote = world.remote(Side::Jira);
    remote.unreachable.insert("Done".to_owned());
    world.effects.clear();
    (world, id)
}

fn written(world: &World) -> usize {
    let told = |note: &&Note| {
        matches!(
            note,
            Note::Written {
                side: Side::Jira,
                ..
            }
        )
    };
    world.notes.iter().filter(told).count()
}

fn each_halfway(mut check: impl FnMut(&str, Side, bool)) {
    for policy in ["latest", "jira", "azure", "manual"] {
        for origin in Side::BOTH {
            for fresh in [true, false] {
                check(policy, origin, fresh);
            }
        }
    }
}

#[test]
fn a_move_that_stops_halfway_is_not_taken_for_a_persons() {
    each_halfway(|policy, origin, fresh| {
        let (mut world, id) = stopped(policy, origin, fresh, Stop::Interrupted);
        let end = world.pair(id).ends.jira.clone().unwrap();
        assert_eq!(end.written, world.item(id, Side::Jira).revision);
        let stepped = world.now;
        assert_eq!(world.value(id, Side::Azure, STATE), &choice("Closed"));
        assert_eq!(written(&world), 0, "{policy} {origin} {fresh}");
        assert!(world.pair(id).problems.is_empty());
        assert!(world.pair(id).wake.is_some_and(|wake| wake > world.now));
        world.advance(600_000);
        assert_eq!(world.value(id, Side::Jira, STATE), &choice("Done"));
        assert_eq!(world.value(id, Side::Azure, STATE), &choice("Closed"));
        assert_eq!(written(&world), 1);
        let end = world.pair(id).ends.jira.clone().unwrap();
        assert!(end.touched < stepped, "our step is nobody's touch");
        let told = |note: &Note| matches!(note, Note::Conflict { .. } | Note::ConflictWaits { .. });
        assert!(!world.notes.iter().any(told), "{policy} {origin} {fresh}");
        world.settle();
        world.assert_in_step(id);
    });
}

#[test]
fn a_move_that_keeps_stopping_is_tried_again_with_growing_pauses() {
    let (mut world, id) = stopped("latest", Side::Jira, false, Stop::Interrupted);
    let mut pauses = Vec::new();
    for _ in 0..4 {
        let wake = world.pair(id).wake.unwrap();
        let pause = wake.since(world.now);
        pauses.push(pause);
        let next = ("In Review", Stop::Interrupted);
        world.remote(Side::Jira).halts.push_back(next);
        world.advance(pause);
        world.quiet();
    }
    assert!(pauses.is_sorted() && pauses.first() < pauses.last());
    world.settle();
    world.assert_in_step(id);
    assert_eq!(world.value(id, Side::Jira, STATE), &choice("Done"));
}

#[test]
fn a_dead_end_on_the_way_is_told_and_left_later() {
    each_halfway(|policy, origin, fresh| {
        let (mut world, id) = stopped(policy, origin, fresh, Stop::DeadEnd);
        assert_eq!(world.value(id, Side::Azure, STATE), &choice("Closed"));
        let dead = |problem: &model::Problem| problem.code == Code::NoTransition;
        assert!(world.pair(id).problems.iter().any(dead));
        assert_eq!(written(&world), 0);
        let steps = world.remote(Side::Jira).writes.len();
        world.edit(id, Side::Azure, TITLE, text("goes on"));
        world.quiet();
        assert_eq!(world.value(id, Side::Jira, TITLE), &text("goes on"));
        assert_eq!(world.remote(Side::Jira).writes.len(), steps + 1);
        world.advance(25 * 3_600_000);
        assert_eq!(world.value(id, Side::Jira, STATE), &choice("Done"));
        world.settle();
        world.assert_in_step(id);
        assert!(world.pair(id).problems.is_empty());
    });
}

/// The transitions that were asked for, and whether each had to be a direct one.
fn moves(world: &World) -> Vec<bool> {
    let direct = |effect: &Effect| match effect {
        Effect::Write(Write {
            body: Body::Transition(transition),
            ..
        }) => Some(transition.direct),
        Effect::Write(_) | Effect::Read | Effect::Probe(_) | Effect::HandOver { .. } => None,
    };
    world.effects.iter().filter_map(direct).collect()
}

#[test]
fn a_dead_end_is_not_walked_again_from_where_it_ended() {
    let (mut world, id) = stuck("latest");
    for hour in 0..23 {
        world.edit(id, Side::Azure, TITLE, text(&format!("goes on {hour}")));
        world.quiet();
        world.advance(3_600_000);
    }
    assert_eq!(moves(&world), [false; 0]);
    world.advance(4 * 24 * 3_600_000);
    assert_eq!(moves(&world), [true; 4], "one a day, and nowhere else");
    let dead = |problem: &model::Problem| problem.code == Code::NoTransition;
    assert!(world.pair(id).problems.iter().any(dead));
    // A way is looked for again when the issue stands elsewhere, or when a person says so.
    for resumed in [false, true] {
        world.effects.clear();
        if resumed {
            world.step(id, Event::Command(Command::Resume));
        } else {
            world.edit(id, Side::Azure, STATE, choice("New"));
            world.quiet();
            world.edit(id, Side::Azure, STATE, choice("Closed"));
        }
        world.quiet();
        assert_eq!(moves(&world).last(), Some(&false), "{resumed}");
    }
    world.remote(Side::Jira).unreachable.clear();
    world.settle();
    world.assert_in_step(id);
    assert_eq!(world.value(id, Side::Jira, STATE), &choice("Done"));
}

#[test]
fn a_dead_end_whose_time_comes_while_something_else_is_written_is_tried_again() {
    let (mut world, id) = stuck("latest");
    let rule = world.pair(id).refused.keys().next().cloned().unwrap();
    world.edit(id, Side::Azure, TITLE, text("written meanwhile"));
    world.feeds();
    while !world.pair(id).is_open() {
        assert!(world.pump());
    }
    world.now = world.pair(id).refused[&rule].until.plus(1);
    world.effects.clear();
    while world.pump() {}
    world.advance(10_000);
    assert_eq!(moves(&world), [true], "at once, not a day later");
    world.advance(4 * 24 * 3_600_000);
    assert_eq!(moves(&world).len(), 5, "and one a day from then on");
}

const HOUR_MS: i64 = 3_600_000;

#[test]
fn a_dead_end_that_no_plan_tries_to_leave_wakes_its_pair_once_a_day() {
    for policy in ["manual", "azure"] {
        let (mut world, id) = stopped(policy, Side::Jira, false, Stop::DeadEnd);
        if policy == "manual" {
            // A person has moved it too, so that it waits for one.
            world.edit(id, Side::Jira, STATE, choice("In Progress"));
        } else {
            // The profile goes the other way from now on.
            world.profile = World::one_way("to-azure").profile;
            world.edit(id, Side::Jira, TITLE, text("goes on"));
        }
        world.quiet();
        world.effects.clear();
        world.advance(3 * 24 * HOUR_MS + HOUR_MS);
        assert_eq!(world.effects, vec![Effect::Read; 3], "{policy}");
        let pause = world.pair(id).wake.unwrap().since(world.now);
        assert!(pause > 22 * HOUR_MS, "{policy}: {pause}");
    }
}

#[test]
fn a_look_at_a_dead_end_does_not_put_off_the_next_try() {
    let (mut world, id) = stuck("latest");
    world.advance(23 * HOUR_MS);
    world.edit(id, Side::Azure, TITLE, text("goes on"));
    world.quiet();
    assert_eq!(moves(&world), [false; 0]);
    world.advance(2 * HOUR_MS);
    assert_eq!(moves(&world), [true]);
}

#[test]
fn a_try_to_leave_a_dead_end_that_was_not_sent_is_made_again_soon() {
    let (mut world, _) = stuck("latest");
    world.faults.push_back(Fault::NotSent);
    world.advance(25 * HOUR_MS);
    assert_eq!(moves(&world), [true; 2]);
    world.advance(20 * HOUR_MS);
    assert_eq!(moves(&world).len(), 2);
}

#[test]
fn a_dead_end_is_left_by_any_way_once_either_side_stands_elsewhere() {
    for (side, state) in [(Side::Azure, "New"), (Side::Jira, "In Progress")] {
        let (mut world, id) = stuck("azure");
        world.edit(id, side, STATE, choice(state));
        world.quiet();
        assert_eq!(moves(&world), [false], "{side}");
    }
}

#[test]
fn a_way_out_of_a_dead_end_that_demands_a_field_is_tried_again_the_same_day() {
    let (mut world, id) = stuck("latest");
    world.remote(Side::Jira).demands = Some("resolution");
    world.advance(24 * HOUR_MS + HOUR_MS / 2);
    assert!(moves(&world).len() > 2, "{:?}", moves(&world));
    let told = Problem::new(Code::FieldRefused).on(Side::Jira);
    let problems = &world.pair(id).problems;
    assert!(problems.contains(&told.about("resolution")), "{problems:?}");
    let remote = world.remote(Side::Jira);
    (remote.demands, remote.unreachable) = (None, [].into());
    world.advance(limit::REFUSED_MS);
    assert_eq!(world.value(id, Side::Jira, STATE), &choice("Done"));
    world.assert_in_step(id);
}

#[test]
fn a_move_that_stops_again_and_again_is_ping_pong() {
    let (mut world, id) = stopped("latest", Side::Jira, false, Stop::Interrupted);
    for n in 0..10 {
        let next = if n % 2 == 0 {
            "In Progress"
        } else {
            "In Review"
        };
        let halts = &mut world.remote(Side::Jira).halts;
        halts.push_back((next, Stop::Interrupted));
        world.edit(id, Side::Azure, TITLE, text(&format!("goes on {n}")));
        world.quiet();
    }
    assert_eq!(world.held(), [id]);
    let told = |problem: &model::Problem| problem.code == Code::PingPong;
    assert!(world.pair(id).problems.iter().any(told));
}

#[test]
fn a_move_that_stopped_halfway_is_taken_back_when_its_source_goes_back() {
    each_halfway(|policy, origin, fresh| {
        let (mut world, id) = stopped(policy, origin, fresh, Stop::Interrupted);
        world.edit(id, Side::Azure, STATE, choice("New"));
        world.settle();
        world.advance(3_600_000);
        assert_eq!(world.value(id, Side::Azure, STATE), &choice("New"));
        assert_eq!(world.value(id, Side::Jira, STATE), &choice("To Do"));
        world.assert_in_step(id);
    });
}

#[test]
fn a_move_that_stopped_halfway_is_not_carried_back_when_its_source_shows_no_state() {
    let (mut world, id) = stopped("latest", Side::Jira, true, Stop::Interrupted);
    world.edit(id, Side::Azure, STATE, model::Value::Empty);
    world.remote(Side::Azure).writes.clear();
    world.quiet();
    world.advance(3_600_000);
    assert!(world.remotes.azure.writes.is_empty());
    assert_eq!(world.value(id, Side::Jira, STATE), &choice("In Review"));
}

#[test]
fn a_step_that_arrives_after_its_move_was_given_up_is_not_taken_for_a_persons() {
    for step in ["In Progress", "Done"] {
        each_halfway(|policy, origin, fresh| {
            let (mut world, id) = stopped(policy, origin, fresh, Stop::Unheard);
            let (issue, now) = (world.end(id, Side::Jira), world.moment());
            world.remote(Side::Jira).step_to(issue, now, step);
            world.quiet();
            world.advance(HOUR_MS);
            assert!(world.held().is_empty(), "{policy} {origin} {fresh}");
            assert!(world.pair(id).waiting.is_empty());
            assert_eq!(world.value(id, Side::Jira, STATE), &choice("Done"));
            assert_eq!(world.value(id, Side::Azure, STATE), &choice("Closed"));
            world.settle();
            world.assert_in_step(id);
        });
    }
}

/// A world in which a person closes the work item, and nothing is heard of the move that gets one status far.
fn unheard(policy: &str, origin: Side, fresh: bool) -> (World, PairId) {
    let (mut world, id) = agreed(policy, origin, fresh);
    world.edit(id, Side::Azure, STATE, choice("Closed"));
    world.feeds();
    while world.value(id, Side::Jira, STATE) == &choice("To Do") {
        let halts = &mut world.remote(Side::Jira).halts;
        halts.clear();
        halts.push_back(("In Review", Stop::Interrupted));
        assert!(world.pump());
    }
    world.crash();
    (world, id)
}

fn is_kept_on_azure(note: &Note) -> bool {
    matches!(
        note,
        Note::Conflict {
            kept: Side::Azure,
            ..
        }
    )
}

#[test]
fn a_move_of_which_nothing_was_heard_is_not_taken_for_a_persons_either() {
    each_halfway(|policy, origin, fresh| {
        let (mut world, id) = unheard(policy, origin, fresh);
        world.quiet();
        world.advance(600_000);
        assert_eq!(world.value(id, Side::Jira, STATE), &choice("Done"));
        assert_eq!(world.value(id, Side::Azure, STATE), &choice("Closed"));
        let is_told = world.notes.iter().any(is_kept_on_azure);
        assert!(is_told, "{policy} {origin} {fresh}");
        world.remote(Side::Jira).halts.clear();
        world.settle();
        world.assert_in_step(id);
    });
}

#[test]
fn a_move_of_which_nothing_was_heard_undoes_nothing_that_a_person_did_since() {
    each_halfway(|policy, origin, fresh| {
        let (mut world, id) = unheard(policy, origin, fresh);
        world.edit(id, Side::Azure, STATE, choice("New"));
        world.quiet();
        world.remote(Side::Jira).halts.clear();
        world.advance(600_000);
        world.settle();
        assert_eq!(world.value(id, Side::Azure, STATE), &choice("New"));
        assert_eq!(world.value(id, Side::Jira, STATE), &choice("To Do"));
        let is_told = world.notes.iter().any(is_kept_on_azure);
        assert!(is_told, "{policy} {origin} {fresh}");
        world.assert_in_step(id);
    });
}

#[test]
fn a_move_that_never_left_takes_no_persons_for_its_own() {
    each_halfway(|policy, origin, fresh| {
        let (mut world, id) = agreed(policy, origin, fresh);
        world.edit(id, Side::Azure, STATE, choice("Closed"));
        world.feeds();
        let is_planned = |world: &World| {
            let mut intents = world.pair(id).intents.iter();
            intents
                .any(|intent| matches!(intent.kind, Kind::Transition { .. }) && !intent.has_left())
        };
        while !is_planned(&world) {
            assert!(world.pump());
        }
        world.crash();
        world.edit(id, Side::Azure, STATE, choice("New"));
        world.edit(id, Side::Jira, STATE, choice("In Progress"));
        world.settle();
        assert_eq!(world.value(id, Side::Azure, STATE), &choice("Active"));
        assert_eq!(world.value(id, Side::Jira, STATE), &choice("In Progress"));
        world.assert_in_step(id);
    });
}

#[test]
fn a_person_who_moves_on_from_halfway_is_heard() {
    let (mut world, id) = stopped("latest", Side::Jira, false, Stop::Interrupted);
    world.edit(id, Side::Jira, STATE, choice("To Do"));
    world.settle();
    assert_eq!(world.value(id, Side::Azure, STATE), &choice("New"));
    let told = |note: &Note| {
        matches!(
            note,
            Note::Conflict {
                kept: Side::Jira,
                ..
            }
        )
    };
    assert!(world.notes.iter().any(told));
    world.assert_in_step(id);
}

#[test]
fn a_move_that_is_led_astray_again_and_again_is_told_and_rests() {
    let (mut world, id) = agreed("latest", Side::Jira, false);
    world
        .remote(Side::Jira)
        .halts
        .extend([("In Review", Stop::Astray); 100]);
    world.edit(id, Side::Azure, STATE, choice("Closed"));
    world.quiet();
    let problem = Problem::new(Code::NoTransition)
        .on(Side::Jira)
        .about("status");
    assert!(!world.pair(id).problems.contains(&problem));
    world.advance(3_600_000);
    assert!(world.pair(id).problems.contains(&problem));
    let tried = 100 - world.remotes.jira.halts.len();
    assert!((2..=8).contains(&tried), "{tried}");
    world.advance(12 * 3_600_000);
    assert_eq!(100 - world.remotes.jira.halts.len(), tried);
    world.remote(Side::Jira).halts.clear();
    world.settle();
    world.assert_in_step(id);
}
