//! Both sides changed.

use model::{Both, PairId, Side, Value, limit, problem::Code};

use super::remote::{choice, number, rich, set, text};
use super::world::{Fault, LABELS, PRIORITY, STATE, TEXT, TITLE, World};
use crate::note::Note;
use crate::pair::Swing;

fn conflicts(world: &World) -> usize {
    let told = |note: &&Note| matches!(note, Note::Conflict { .. } | Note::ConflictWaits { .. });
    world.notes.iter().filter(told).count()
}

#[test]
fn different_fields_edited_on_both_sides_merge() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.edit(id, Side::Jira, TITLE, text("title"));
    world.edit(id, Side::Azure, STATE, choice("Active"));
    world.quiet();
    assert_eq!(world.value(id, Side::Azure, TITLE), &text("title"));
    assert_eq!(world.value(id, Side::Jira, STATE), &choice("In Progress"));
    assert_eq!(conflicts(&world), 0);
    world.assert_in_step(id);
}

/// The labels of both sides after each side changed its own, with a fault at the n-th write.
fn merged(before: &[&str], jira: &[&str], azure: &[&str], at: usize, fault: Fault) -> Both<Value> {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.edit(id, Side::Jira, LABELS, set(before));
    world.settle();
    world.edit(id, Side::Jira, LABELS, set(jira));
    world.edit(id, Side::Azure, LABELS, set(azure));
    world.faults.extend(vec![Fault::None; at]);
    world.faults.push_back(fault);
    world.quiet();
    world.advance(600_000);
    world.settle();
    world.assert_in_step(id);
    Both::of(|side| world.value(id, side, LABELS).clone())
}

#[test]
fn labels_merge_per_element() {
    let faults = [
        Fault::None,
        Fault::Crash,
        Fault::Lost,
        Fault::Dropped,
        Fault::Stale,
        Fault::NotSent,
    ];
    for fault in faults {
        for at in 0..3 {
            for (before, jira, azure, after) in [
                (
                    &["a"][..],
                    &["a", "x"][..],
                    &["a", "y"][..],
                    &["a", "x", "y"][..],
                ),
                (&["a", "b"], &["a"], &["b"], &[]),
                (
                    &["a", "b", "c"],
                    &["a", "c", "x"],
                    &["b", "c", "y"],
                    &["c", "x", "y"],
                ),
                (&[], &["x"], &["y"], &["x", "y"]),
                (&["a"], &[], &["a", "y"], &["y"]),
            ] {
                let sides = merged(before, jira, azure, at, fault);
                assert_eq!(sides.jira, set(after), "{fault:?} at {at}");
                assert_eq!(sides.azure, set(after), "{fault:?} at {at}");
            }
        }
    }
}

#[test]
fn an_element_removed_on_both_sides_can_come_back() {
    for at in 0..3 {
        let (mut world, id) = World::linked("latest", Side::Jira);
        world.edit(id, Side::Jira, LABELS, set(&["a", "b"]));
        world.settle();
        world.edit(id, Side::Jira, LABELS, set(&["b"]));
        world.edit(id, Side::Azure, LABELS, set(&["a"]));
        world.faults.extend(vec![Fault::None; at]);
        world.faults.push_back(Fault::Crash);
        world.quiet();
        world.settle();
        world.edit(id, Side::Jira, LABELS, set(&["a"]));
        world.settle();
        assert_eq!(world.value(id, Side::Jira, LABELS), &set(&["a"]));
        assert_eq!(world.value(id, Side::Azure, LABELS), &set(&["a"]));
    }
}

#[test]
fn tags_that_share_a_key_survive_a_merge() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.edit(id, Side::Azure, LABELS, set(&["front end", "front_end"]));
    world.settle();
    world.edit(id, Side::Jira, LABELS, set(&["front_end", "x"]));
    world.quiet();
    assert_eq!(
        world.value(id, Side::Azure, LABELS),
        &set(&["front end", "front_end", "x"])
    );
    world.settle();
    world.assert_in_step(id);
    world.edit(id, Side::Jira, LABELS, set(&["x"]));
    world.settle();
    assert_eq!(world.value(id, Side::Azure, LABELS), &set(&["x"]));
}

#[test]
fn a_label_of_two_spellings_that_a_person_removes_does_not_come_back() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.edit(id, Side::Jira, LABELS, set(&["API", "api", "x"]));
    world.settle();
    world.edit(id, Side::Azure, LABELS, set(&["x"]));
    world.settle();
    for side in Side::BOTH {
        assert_eq!(world.value(id, side, LABELS), &set(&["x"]), "{side}");
    }
    world.assert_in_step(id);
}

#[test]
fn elements_that_have_no_room_are_told_and_carried_later() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    let names: Vec<String> = (0..100).map(|n| format!("tag {n:03}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    world.edit(id, Side::Azure, LABELS, set(&names[..99]));
    world.settle();
    let labels = |world: &World| world.value(id, Side::Jira, LABELS).clone();
    let Value::Set(mut jira) = labels(&world) else {
        panic!("{:?}", labels(&world));
    };
    jira.extend(["a".to_owned(), "b".to_owned()]);
    world.edit(id, Side::Jira, LABELS, Value::Set(jira.clone()));
    world.settle();
    let told = |world: &World| {
        let mut problems = world.pair(id).problems.iter();
        problems.any(|problem| problem.code == Code::TooLong)
    };
    assert!(told(&world));
    // It is told as long as it is so.
    world.edit(id, Side::Jira, TITLE, text("goes on"));
    world.settle();
    assert!(told(&world));
    assert_eq!(labels(&world), Value::Set(jira.clone()));
    jira.remove("tag_000");
    world.edit(id, Side::Jira, LABELS, Value::Set(jira));
    world.settle();
    assert!(!told(&world));
    world.assert_in_step(id);
}

/// The title that both sides have after both were edited, Jira first.
fn decided(policy: &str) -> (World, model::PairId) {
    let (mut world, id) = World::linked(policy, Side::Jira);
    world.edit(id, Side::Jira, TITLE, text("of jira"));
    world.edit(id, Side::Azure, TITLE, text("of azure"));
    world.edit(id, Side::Jira, LABELS, set(&["goes on"]));
    world.quiet();
    (world, id)
}

#[test]
fn the_same_field_follows_the_policy() {
    for (policy, title) in [
        ("jira", "of jira"),
        ("azure", "of azure"),
        ("latest", "of jira"),
    ] {
        let (mut world, id) = decided(policy);
        assert_eq!(conflicts(&world), 1, "{policy}");
        for side in Side::BOTH {
            assert_eq!(world.value(id, side, TITLE), &text(title), "{policy}");
        }
        world.settle();
        world.assert_in_step(id);
    }
}

#[test]
fn of_two_changes_at_one_moment_that_on_jira_is_kept() {
    let (mut world, id) = World::linked("latest", Side::Azure);
    world.now = world.now.plus(10);
    let now = world.moment();
    for side in Side::BOTH {
        let item = world.end(id, side);
        let title = text(&format!("of {side}"));
        world.remote(side).edit(item, now, TITLE.get(side), title);
    }
    let kept = world.value(id, Side::Jira, TITLE).clone();
    world.quiet();
    assert_eq!(world.value(id, Side::Azure, TITLE), &kept);
    assert_eq!(conflicts(&world), 1);
    world.assert_in_step(id);
}

#[test]
fn a_field_that_is_carried_from_the_twin_alone_takes_what_the_twin_was_born_with() {
    let mut world = World::one_way_priority("to-jira");
    let id = world.begin(Side::Jira);
    world.edit_source(id, PRIORITY, choice("Lowest"));
    world.quiet();
    assert_eq!(world.value(id, Side::Azure, PRIORITY), &number(2.0));
    assert_eq!(world.value(id, Side::Jira, PRIORITY), &choice("High"));
    world.assert_in_step(id);
}

#[test]
fn what_stands_only_where_nothing_is_carried_from_is_not_emptied() {
    let mut world = World::one_way("to-jira");
    let id = world.begin(Side::Azure);
    world.quiet();
    let theirs = rich(Side::Jira, "only here");
    world.edit(id, Side::Jira, TEXT, theirs.clone());
    world.settle();
    assert_eq!(world.value(id, Side::Jira, TEXT), &theirs);
    world.lose_history();
    world.scan();
    while world.pump() {}
    world.may_create = true;
    world.settle();
    assert!(world.pair(id).is_linked());
    assert_eq!(world.value(id, Side::Jira, TEXT), &theirs);
    assert!(world.value(id, Side::Azure, TEXT).is_empty());
}

#[test]
fn a_manual_conflict_waits_alone_and_ends_when_a_person_makes_both_equal() {
    let (mut world, id) = decided("manual");
    world.settle();
    assert_eq!(conflicts(&world), 1);
    assert_eq!(world.value(id, Side::Jira, TITLE), &text("of jira"));
    assert_eq!(world.value(id, Side::Azure, TITLE), &text("of azure"));
    assert_eq!(world.value(id, Side::Azure, LABELS), &set(&["goes on"]));
    let problems = &world.pair(id).problems;
    assert!(
        problems
            .iter()
            .any(|problem| problem.code == Code::ConflictManual)
    );
    world.edit(id, Side::Azure, TITLE, text("of jira"));
    world.quiet();
    assert!(world.pair(id).problems.is_empty());
    world.assert_in_step(id);
}

#[test]
fn both_sides_changed_to_the_same_is_no_conflict() {
    let (mut world, id) = World::linked("manual", Side::Jira);
    world.edit(id, Side::Jira, TITLE, text("same"));
    world.edit(id, Side::Azure, TITLE, text("same"));
    world.quiet();
    assert_eq!(conflicts(&world), 0);
    assert!(
        Side::BOTH
            .iter()
            .all(|side| world.remotes.get(*side).writes.is_empty())
    );
    world.assert_in_step(id);
}

#[test]
fn a_conflict_is_told_once_however_often_its_write_fails() {
    let (mut world, id) = World::linked("jira", Side::Jira);
    world.edit(id, Side::Jira, TITLE, text("of jira"));
    world.edit(id, Side::Azure, TITLE, text("of azure"));
    world
        .faults
        .extend([Fault::NotSent, Fault::Stale, Fault::Dropped, Fault::NotSent]);
    world.quiet();
    world.advance(3_600_000);
    assert_eq!(conflicts(&world), 1);
    world.assert_in_step(id);
}

#[test]
fn our_own_write_does_not_make_a_side_the_latest() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world
        .remote(Side::Jira)
        .forbidden
        .insert(TITLE.jira.to_owned());
    world.edit(id, Side::Azure, TITLE, text("older"));
    world.quiet();
    world.edit(id, Side::Jira, LABELS, set(&["x"]));
    world.feeds();
    world.pump();
    world.pump();
    // The labels are about to be written to Azure DevOps, later than either title.
    world.edit(id, Side::Jira, TITLE, text("newer"));
    world.now = world.now.plus(10);
    world.quiet();
    assert_eq!(world.value(id, Side::Azure, LABELS), &set(&["x"]));
    assert_eq!(world.value(id, Side::Azure, TITLE), &text("newer"));
    world.settle();
    world.assert_in_step(id);
}

#[test]
fn our_own_comment_does_not_make_jira_the_latest() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    let forbidden = &mut world.remote(Side::Azure).forbidden;
    forbidden.insert(TITLE.azure.to_owned());
    world.edit(id, Side::Jira, TITLE, text("older"));
    world.quiet();
    world.comment(id, Side::Azure, "words");
    world.feeds();
    world.pump();
    world.pump();
    // The comment is about to be written to Jira, later than either title.
    world.edit(id, Side::Azure, TITLE, text("newer"));
    world.now = world.now.plus(10);
    world.quiet();
    assert_eq!(world.value(id, Side::Jira, TITLE), &text("newer"));
    world.settle();
    world.assert_in_step(id);
}

#[test]
fn the_link_that_we_leave_is_nobodys_touch() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    let before = world.pair(id).ends.jira.clone().unwrap();
    world.pair_mut(id).linked_back = false;
    world.edit(id, Side::Azure, LABELS, set(&["x"]));
    world.quiet();
    world.now = world.now.plus(10);
    let (item, now) = (world.end(id, Side::Jira), world.now);
    world.remote(Side::Jira).touch(item, now);
    world.quiet();
    let after = world.pair(id).ends.jira.clone().unwrap();
    assert!(after.seen > before.seen);
    assert_eq!(after.touched, before.touched);
}

#[test]
fn an_element_that_a_person_removes_before_we_do_can_come_back() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.edit(id, Side::Jira, LABELS, set(&["a", "b"]));
    world.settle();
    world.edit(id, Side::Jira, LABELS, set(&["a"]));
    world.edit(id, Side::Azure, LABELS, set(&["b"]));
    // Azure DevOps loses `b`, and before Jira loses `a` by us, it does by a person.
    world.faults.extend([Fault::None, Fault::NotSent]);
    world.quiet();
    world.edit(id, Side::Jira, LABELS, set(&[]));
    world.settle();
    world.edit(id, Side::Jira, LABELS, set(&["a"]));
    world.settle();
    for side in Side::BOTH {
        assert_eq!(world.value(id, side, LABELS), &set(&["a"]), "{side}");
    }
}

#[test]
fn merges_that_go_both_ways_are_no_ping_pong() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    let (mut jira, mut azure) = (Vec::new(), Vec::new());
    for name in ["c", "d", "e", "f", "g", "h", "i", "j", "k", "l"] {
        let other = name.repeat(2);
        jira.push(name.to_owned());
        azure.push(other.clone());
        let all = [jira.clone(), azure.clone()].concat();
        let without = |skip: &str| all.iter().filter(|one| *one != skip).cloned().collect();
        world.edit(id, Side::Jira, LABELS, Value::Set(without(&other)));
        world.edit(id, Side::Azure, LABELS, Value::Set(without(name)));
        world.quiet();
    }
    assert!(world.held().is_empty());
    world.assert_in_step(id);
}

/// A world in which the title was set on each side in turn as often as may be without a pause, Jira first and last.
fn to_and_fro() -> (World, PairId) {
    let (mut world, id) = World::linked("latest", Side::Jira);
    for turn in 0..=usize::from(limit::PING_PONG_MAX) {
        let side = Side::BOTH[turn % 2];
        world.edit(id, side, TITLE, text(&format!("turn {turn}")));
        world.quiet();
        assert!(world.held().is_empty(), "{turn}");
    }
    world.assert_in_step(id);
    (world, id)
}

#[test]
fn a_field_that_has_turned_around_too_often_is_left_to_a_person() {
    let (mut world, id) = to_and_fro();
    let last = world.value(id, Side::Jira, TITLE).clone();
    world.edit(id, Side::Azure, TITLE, text("once more"));
    world.quiet();
    assert_eq!(world.held(), [id]);
    assert_eq!(world.value(id, Side::Jira, TITLE), &last);
    let told = model::Problem::new(Code::PingPong).about(TITLE.jira);
    assert_eq!(world.pair(id).problems, [told].into());
}

#[test]
fn a_field_that_goes_on_the_same_way_is_no_ping_pong() {
    let (mut world, id) = to_and_fro();
    world.edit(id, Side::Jira, TITLE, text("the same way"));
    world.quiet();
    assert!(world.held().is_empty());
    world.assert_in_step(id);
}

#[test]
fn a_field_that_rested_for_a_while_may_turn_around_again() {
    let (mut world, id) = to_and_fro();
    world.advance(limit::PING_PONG_WINDOW_MS + 1);
    world.edit(id, Side::Azure, TITLE, text("another day"));
    world.quiet();
    assert!(world.held().is_empty());
    world.assert_in_step(id);
}

/// What is counted of the title when it was set there and back, the second write was planned at the end of the window of the
/// first and arrives so much later; and that end.
fn counted(late: i64) -> (Swing, model::Millis) {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.edit(id, Side::Jira, TITLE, text("there"));
    world.quiet();
    let swing = |world: &World| *world.pair(id).swings.values().next().unwrap();
    let end = swing(&world).since.plus(limit::PING_PONG_WINDOW_MS);
    world.now = end.plus(-10);
    world.edit(id, Side::Azure, TITLE, text("and back"));
    assert_eq!(world.now, end);
    world.feeds();
    while !world.pair(id).is_open() {
        assert!(world.pump());
    }
    world.now = end.plus(late);
    while world.pump() {}
    world.assert_in_step(id);
    (swing(&world), end)
}

#[test]
fn a_write_that_arrives_after_the_window_begins_a_new_one() {
    let to = Side::Jira;
    for (late, count, begun) in [(0, 1, -limit::PING_PONG_WINDOW_MS), (1, 0, 1)] {
        let (swing, end) = counted(late);
        let since = end.plus(begun);
        assert_eq!(swing, Swing { to, count, since }, "{late}");
    }
}

#[test]
fn what_was_taken_away_where_nothing_is_carried_from_does_not_come_back() {
    let mut world = World::one_way("to-jira");
    let id = world.begin(Side::Azure);
    world.edit_source(id, LABELS, set(&["a", "b"]));
    world.quiet();
    assert_eq!(world.value(id, Side::Jira, LABELS), &set(&["a", "b"]));
    for here in [&["b"] as &[&str], &["b", "c"], &["c"]] {
        world.edit(id, Side::Jira, LABELS, set(here));
        world.quiet();
        assert_eq!(world.value(id, Side::Jira, LABELS), &set(here));
    }
    world.edit(id, Side::Azure, LABELS, set(&["a", "b", "d"]));
    world.quiet();
    assert_eq!(world.value(id, Side::Jira, LABELS), &set(&["c", "d"]));
    world.edit(id, Side::Jira, LABELS, set(&["d", "e"]));
    world.quiet();
    assert_eq!(world.value(id, Side::Jira, LABELS), &set(&["d", "e"]));
    world.edit(id, Side::Azure, LABELS, set(&["a", "b"]));
    world.quiet();
    assert_eq!(world.value(id, Side::Jira, LABELS), &set(&["e"]));
}
