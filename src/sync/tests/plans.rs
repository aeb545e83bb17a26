//! What a plan keeps, forgets and tells.

use std::iter::repeat_n;
use std::sync::Arc;

use model::{PairId, RuleName, Side, limit};

use super::remote::{choice, number, set, text};
use super::world::{Blur, Fault, LABELS, PRIORITY, TITLE, World, edits, finish, planned};
use crate::effect::Change;
use crate::note::Note;
use crate::{Outcome, Receipt};

fn rule(name: &str) -> RuleName {
    RuleName::new(name).unwrap()
}

/// Whether the pair keeps anything of that rule: an agreement, a conflict that waits or was told of, a refusal, a write of
/// which nothing was heard.
fn kept(world: &World, id: PairId, name: &RuleName) -> [bool; 5] {
    let pair = world.pair(id);
    [
        pair.base.contains_key(name),
        pair.waiting.contains_key(name),
        pair.told.contains_key(name),
        pair.refused.contains_key(name),
        pair.unheard.contains_key(name),
    ]
}

#[test]
fn a_rule_that_the_profile_loses_leaves_nothing_behind() {
    let nothing: fn(&mut World) = |_| {};
    let refuses: fn(&mut World) = |world| {
        let field = PRIORITY.jira.to_owned();
        world.remote(Side::Jira).forbidden.insert(field);
    };
    let answers_nothing: fn(&mut World) = |world| world.faults.push_back(Fault::Dropped);
    for (policy, hinder, before) in [
        ("manual", nothing, [true, true, false, false, false]),
        ("latest", refuses, [true, false, true, true, false]),
        ("latest", answers_nothing, [true, false, true, false, true]),
    ] {
        let (mut world, id) = World::linked(policy, Side::Jira);
        hinder(&mut world);
        world.edit(id, Side::Jira, PRIORITY, choice("Low"));
        world.edit(id, Side::Azure, PRIORITY, number(1.0));
        world.quiet();
        let priority = rule("priority");
        assert_eq!(kept(&world, id, &priority), before);
        let profile = Arc::make_mut(&mut world.profile);
        profile.rules.retain(|rule| rule.name != priority);
        world.edit(id, Side::Jira, TITLE, text("goes on"));
        world.quiet();
        assert_eq!(kept(&world, id, &priority), [false; 5]);
        assert!(kept(&world, id, &rule("summary"))[0]);
        assert!(world.pair(id).problems.is_empty());
        world.assert_in_step(id);
    }
}

#[test]
fn writes_to_and_fro_are_remembered_for_as_long_as_they_count() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    let is_remembered = |world: &World| world.pair(id).swings.contains_key(&rule("summary"));
    world.edit(id, Side::Jira, TITLE, text("changed"));
    world.quiet();
    for (pause, priority, remembered) in [
        (limit::PING_PONG_WINDOW_MS / 2, "Low", true),
        (limit::PING_PONG_WINDOW_MS, "High", false),
    ] {
        world.advance(pause);
        world.edit(id, Side::Jira, PRIORITY, choice(priority));
        world.quiet();
        assert_eq!(is_remembered(&world), remembered);
    }
}

#[test]
fn a_write_counts_as_to_and_fro_whatever_else_its_plan_writes() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    for (turn, side) in [Side::Azure, Side::Jira, Side::Azure]
        .into_iter()
        .enumerate()
    {
        world.edit(id, side, TITLE, text(&format!("turn {turn}")));
        world.comment(id, side, "beside it");
        world.quiet();
    }
    assert_eq!(world.pair(id).swings[&rule("summary")].count, 2);
}

fn agreed(world: &World) -> usize {
    let told = |note: &&Note| matches!(note, Note::Agreed { .. });
    world.notes.iter().filter(told).count()
}

#[test]
fn only_what_both_sides_changed_to_the_same_is_told_as_agreed() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.edit(id, Side::Jira, PRIORITY, choice("Low"));
    world.quiet();
    // Both of them are 4 on the other side.
    world.edit(id, Side::Jira, PRIORITY, choice("Lowest"));
    world.quiet();
    assert_eq!(agreed(&world), 0);
    for side in Side::BOTH {
        world.edit(id, side, TITLE, text("same"));
    }
    world.quiet();
    assert_eq!(agreed(&world), 1);
    world.lose_history();
    world.settle();
    world.assert_in_step(id);
    assert_eq!(agreed(&world), 1, "two sides that meet have not changed");
}

#[test]
fn a_comment_rides_in_the_patch_of_the_fields() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.edit(id, Side::Jira, TITLE, text("changed"));
    world.comment(id, Side::Jira, "with it");
    world.quiet();
    assert_eq!(world.remote(Side::Azure).writes, ["edit", "comment"]);
    world.assert_in_step(id);
}

#[test]
fn a_comment_that_waits_for_those_of_the_other_side_waits_for_no_word_of_a_change() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    let marker = world.comment(id, Side::Jira, "once");
    let (far, now) = (world.end(id, Side::Azure), world.moment());
    world.remote(Side::Azure).touch(far, now);
    let hidden = usize::from(limit::STALE_READINGS) + 1;
    world.blurs.azure.extend(repeat_n(Blur::Short, hidden));
    world.quiet();
    world.advance(3_600_000);
    assert_eq!(world.remotes.azure.twins(far, marker).len(), 1);
    world.assert_in_step(id);
}

/// A person gives a label on the other side, and the answer to our write shows the item without it.
fn answered_without(to: Side) -> (World, PairId) {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.edit(id, to.other(), LABELS, set(&["x"]));
    let intent = planned(&mut world, id, edits(to));
    let (item, now) = (world.end(id, to), world.moment());
    world.remote(to).touch(item, now);
    let returned = world.item(id, to).clone();
    let receipt = Receipt {
        item: Some(item),
        revision: Some(returned.revision),
        returned: Some(Box::new(returned)),
        ..Receipt::default()
    };
    finish(&mut world, id, intent, Outcome::Applied(receipt));
    (world, id)
}

#[test]
fn a_tag_that_azure_devops_does_not_keep_is_nobodys_removal() {
    let (mut world, id) = answered_without(Side::Azure);
    world.quiet();
    world.edit(id, Side::Jira, LABELS, set(&["x", "y"]));
    world.settle();
    assert_eq!(world.value(id, Side::Jira, LABELS), &set(&["x", "y"]));
}

#[test]
fn a_label_that_jira_shows_no_more_was_removed_by_a_person() {
    let (mut world, id) = answered_without(Side::Jira);
    world.settle();
    for side in Side::BOTH {
        assert!(world.value(id, side, LABELS).is_empty(), "{side}");
    }
    world.assert_in_step(id);
}

#[test]
fn a_change_is_shown_by_its_kind_and_by_how_much_it_is() {
    let shown = format!("{:?}", Change::Set(text("canary")));
    assert!(shown.starts_with("Set("), "{shown}");
    assert!(!shown.contains("canary"), "{shown}");
    let names = |count: usize| vec!["canary".to_owned(); count];
    let merge = Change::Merge {
        add: names(1),
        remove: names(2),
        whole: names(3),
    };
    let shown = format!("{merge:?}");
    assert_eq!(shown, "Merge { add: 1, remove: 2, whole: 3 }");
}
