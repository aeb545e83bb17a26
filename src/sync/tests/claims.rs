//! Linking and editing.

use model::{Millis, PairId, Revision, RuleName, Side, limit, problem::Code};

use super::remote::{choice, number, rich, set, text};
use super::world::{Blur, Fault, LABELS, PRIORITY, STATE, TEXT, TITLE, World};
use crate::effect::{Effect, Reading};
use crate::event::{Command, Event};
use crate::note::Note;
use crate::pair::Phase;
use model::Both;

fn titles(world: &World, id: PairId) -> Both<model::Value> {
    Both::of(|side| world.value(id, side, TITLE).clone())
}

#[test]
fn an_item_gets_a_counterpart_that_holds_what_it_holds() {
    for origin in Side::BOTH {
        let mut world = World::new("latest");
        let id = world.begin(origin);
        world.edit_source(id, TITLE, text("one"));
        world.edit_source(id, LABELS, set(&["x"]));
        world.edit_source(id, TEXT, rich(origin, "words"));
        world.settle();
        world.assert_in_step(id);
        assert_eq!(titles(&world, id).jira, text("one"));
        assert_eq!(titles(&world, id).azure, text("one"));
        assert_eq!(world.remote(Side::Jira).items.len(), 1);
        assert_eq!(world.remote(Side::Azure).items.len(), 1);
    }
}

#[test]
fn a_new_twins_defaults_never_come_back_over_its_source() {
    for policy in ["latest", "jira", "azure", "manual"] {
        for (origin, state) in [(Side::Jira, "In Progress"), (Side::Azure, "Active")] {
            let mut world = World::new(policy);
            let id = world.begin(origin);
            world.edit_source(id, STATE, choice(state));
            world.settle();
            world.assert_in_step(id);
            assert_eq!(
                world.value(id, origin, STATE),
                &choice(state),
                "{policy} {origin}"
            );
            assert!(
                world
                    .notes
                    .iter()
                    .all(|note| !matches!(note, Note::Conflict { .. }))
            );
        }
    }
}

#[test]
fn a_change_of_one_side_is_carried_to_the_other() {
    for from in Side::BOTH {
        for origin in Side::BOTH {
            let (mut world, id) = World::linked("latest", origin);
            world.edit(id, from, TITLE, text("changed"));
            world.edit(id, from, TEXT, rich(from, "changed"));
            world.quiet();
            assert_eq!(world.value(id, from.other(), TITLE), &text("changed"));
            world.assert_in_step(id);
        }
    }
}

#[test]
fn states_follow_by_transition_and_by_edit() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.edit(id, Side::Azure, STATE, choice("Closed"));
    world.quiet();
    assert_eq!(world.value(id, Side::Jira, STATE), &choice("Done"));
    assert_eq!(world.remote(Side::Jira).writes, ["transition"]);
    world.edit(id, Side::Jira, STATE, choice("In Review"));
    world.quiet();
    assert_eq!(world.value(id, Side::Azure, STATE), &choice("Active"));
    assert_eq!(world.value(id, Side::Jira, STATE), &choice("In Review"));
    world.assert_in_step(id);
}

#[test]
fn a_side_that_did_not_change_is_never_rewritten() {
    for from in Side::BOTH {
        let (mut world, id) = World::linked("latest", Side::Jira);
        world.edit(id, from, TITLE, text("changed"));
        world.edit(
            id,
            from,
            PRIORITY,
            if from == Side::Jira {
                choice("High")
            } else {
                number(1.0)
            },
        );
        world.settle();
        assert!(
            world.remote(from).writes.is_empty(),
            "{:?}",
            world.remote(from).writes
        );
        assert_eq!(world.remote(from.other()).writes, ["edit"]);
    }
}

#[test]
fn many_to_one_values_are_kept() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    for (jira, azure) in [
        ("Lowest", 4.0),
        ("Low", 4.0),
        ("High", 2.0),
        ("Lowest", 4.0),
    ] {
        world.edit(id, Side::Jira, PRIORITY, choice(jira));
        world.quiet();
        world.settle();
        assert_eq!(world.value(id, Side::Jira, PRIORITY), &choice(jira));
        assert_eq!(world.value(id, Side::Azure, PRIORITY), &number(azure));
    }
    world.edit(id, Side::Azure, PRIORITY, number(1.0));
    world.quiet();
    assert_eq!(world.value(id, Side::Jira, PRIORITY), &choice("Highest"));
}

#[test]
fn a_value_that_the_profile_skips_stays_on_both_sides() {
    for policy in ["latest", "jira", "azure", "manual"] {
        let (mut world, id) = World::linked(policy, Side::Jira);
        let azure = world.value(id, Side::Azure, PRIORITY).clone();
        world.edit(id, Side::Jira, PRIORITY, choice("Blocker"));
        for _ in 0..3 {
            world.settle();
            world.step(id, Event::Command(Command::Resync));
        }
        assert_eq!(world.value(id, Side::Jira, PRIORITY), &choice("Blocker"));
        assert_eq!(world.value(id, Side::Azure, PRIORITY), &azure);
        world.edit(id, Side::Azure, PRIORITY, number(1.0));
        world.quiet();
        assert_eq!(
            world.value(id, Side::Jira, PRIORITY),
            &choice("Highest"),
            "{policy}"
        );
    }
}

#[test]
fn a_field_cleared_on_one_side_is_cleared_on_the_other() {
    for from in Side::BOTH {
        let (mut world, id) = World::linked("latest", Side::Jira);
        world.edit(id, from, TEXT, rich(from, "words"));
        world.edit(id, from, LABELS, set(&["x", "y"]));
        world.quiet();
        world.edit(id, from, TEXT, model::Value::Empty);
        world.edit(id, from, LABELS, model::Value::Empty);
        world.quiet();
        assert!(world.value(id, from.other(), TEXT).is_empty());
        assert!(world.value(id, from.other(), LABELS).is_empty());
        world.assert_in_step(id);
    }
}

#[test]
fn an_echo_yields_no_effect() {
    for from in Side::BOTH {
        let (mut world, id) = World::linked("latest", Side::Jira);
        world.edit(id, from, TITLE, text("changed"));
        world.feeds();
        while world.pump() {}
        world.effects.clear();
        world.quiet();
        assert!(world.effects.is_empty(), "{:?}", world.effects);
    }
}

#[test]
fn a_human_edit_between_our_read_and_our_jira_write_is_still_carried() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.edit(id, Side::Azure, TITLE, text("ours"));
    world.feeds();
    world.pump();
    world.pump();
    // The write is planned and has not left; the person is quicker, and no feed tells of it in time.
    world.edit(id, Side::Jira, LABELS, set(&["theirs"]));
    world.remote(Side::Jira).feed.clear();
    while world.pump() {}
    world.quiet();
    assert_eq!(world.value(id, Side::Jira, TITLE), &text("ours"));
    assert_eq!(world.value(id, Side::Azure, LABELS), &set(&["theirs"]));
    world.assert_in_step(id);
}

/// What is told of overwritten edits after a person on Jira was quicker than our write of a title, with that edit.
fn overtaken(by: impl FnOnce(&mut World, PairId)) -> Vec<Note> {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.edit(id, Side::Azure, TITLE, text("ours"));
    world.feeds();
    world.pump();
    world.pump();
    // The write is planned and has not left.
    by(&mut world, id);
    world.quiet();
    world.settle();
    world.assert_in_step(id);
    let told = |note: &Note| matches!(note, Note::Overwritten { .. });
    world.notes.into_iter().filter(told).collect()
}

#[test]
fn an_edit_overwritten_within_the_window_is_told() {
    let told = overtaken(|world, id| {
        world.edit(id, Side::Jira, TITLE, text("theirs"));
    });
    let title = Note::Overwritten {
        rule: RuleName::new("summary").unwrap(),
        side: Side::Jira,
    };
    assert_eq!(told, [title]);
}

#[test]
fn an_edit_that_nothing_is_written_over_is_not_told() {
    let told = overtaken(|world, id| {
        world.edit(id, Side::Jira, LABELS, set(&["theirs"]));
        world.edit(id, Side::Jira, TITLE, text("ours"));
    });
    assert_eq!(told, []);
    assert_eq!(overtaken(|_, _| {}), []);
}

#[test]
fn an_edit_that_azure_devops_guards_is_never_overwritten() {
    let (mut world, id) = World::linked("jira", Side::Jira);
    world.edit(id, Side::Jira, TITLE, text("ours"));
    world.feeds();
    world.pump();
    world.pump();
    world.edit(id, Side::Azure, TITLE, text("theirs"));
    world.quiet();
    world.assert_in_step(id);
    let told = |note: &&Note| matches!(note, Note::Overwritten { .. });
    assert_eq!(world.notes.iter().filter(told).count(), 0);
    let conflict = |note: &&Note| matches!(note, Note::Conflict { .. });
    assert_eq!(world.notes.iter().filter(conflict).count(), 1);
}

/// What the twin's title is after the world was left alone for a few minutes, without a pass over everything.
fn title_after(world: &mut World, id: PairId) -> model::Value {
    world.advance(300_000);
    world.value(id, Side::Jira, TITLE).clone()
}

#[test]
fn of_many_words_about_an_item_that_is_read_late_the_last_one_counts() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    for n in 0..8 {
        world.edit(id, Side::Azure, TITLE, text(&format!("change {n}")));
        world.blurs.azure.push_back(Blur::Old(1));
        world.feeds();
        while world.pump() {}
    }
    assert_eq!(title_after(&mut world, id), text("change 7"));
}

#[test]
fn an_item_that_a_feed_named_and_a_reading_does_not_show_is_read_again() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.edit(id, Side::Azure, TITLE, text("hidden for a moment"));
    let shown = [Blur::Old(1), Blur::Missing, Blur::Old(1)];
    world.blurs.azure.extend(shown);
    world.feeds();
    assert_eq!(title_after(&mut world, id), text("hidden for a moment"));
    assert_eq!(world.held(), []);

    let mut world = World::new("latest");
    let id = world.begin(Side::Azure);
    world.blurs.azure.extend([Blur::Missing, Blur::Missing]);
    world.feeds();
    world.advance(300_000);
    assert!(world.pair(id).is_linked());
}

#[test]
fn word_of_a_change_that_comes_while_a_pair_is_parked_is_remembered() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.step(id, Event::Command(Command::Park));
    world.edit(id, Side::Azure, TITLE, text("meanwhile"));
    world.feeds();
    world.blurs.azure.push_back(Blur::Old(1));
    world.step(id, Event::Command(Command::Resume));
    assert_eq!(title_after(&mut world, id), text("meanwhile"));
}

#[test]
fn word_of_a_change_during_a_write_is_not_forgotten() {
    for steps in 1..6 {
        for side in Side::BOTH {
            let (mut world, id) = World::linked("latest", Side::Jira);
            world.edit(id, Side::Jira, TITLE, text("first change"));
            world.feeds();
            for _ in 0..steps {
                world.pump();
            }
            world.edit(id, side, LABELS, set(&["later"]));
            world.feeds();
            while world.pump() {}
            assert_eq!(
                world.value(id, side.other(), LABELS),
                &set(&["later"]),
                "{steps} {side}"
            );
        }
    }
}

#[test]
fn a_reading_from_before_our_write_is_not_taken_for_a_change() {
    for side in Side::BOTH {
        let (mut world, id) = World::linked("latest", Side::Jira);
        world.edit(id, side.other(), TITLE, text("changed"));
        world.quiet();
        world.edit(id, side.other(), LABELS, set(&["x"]));
        world.remote(side).feed.clear();
        world.blurs.get_mut(side).push_back(Blur::Old(1));
        world.quiet();
        world.advance(60_000);
        world.quiet();
        // Not even for a moment: the next reading would mend it, and a person would see it go to and fro.
        let item = world.end(id, side.other());
        let past = &world.remotes.get(side.other()).past[&item];
        let mut titles: Vec<_> = past
            .iter()
            .map(|item| item.field(TITLE.get(side.other())))
            .collect();
        titles.dedup();
        assert_eq!(titles.len(), 2, "{side}: {titles:?}");
        assert_eq!(titles.last(), Some(&&text("changed")), "{side}");
        world.assert_in_step(id);
    }
}

#[test]
fn a_reading_that_comes_while_a_plan_is_carried_out_does_not_upset_it() {
    for target in Side::BOTH {
        let (mut world, id) = World::linked("latest", Side::Jira);
        world.edit(id, target.other(), TITLE, text("changed"));
        let readings = Both::of(|side| Reading::Present(Box::new(world.item(id, side).clone())));
        world.feeds();
        world.pump();
        world.pump();
        world.step(id, Event::Observed(readings.clone()));
        world.pump();
        world.step(id, Event::Observed(readings));
        while world.pump() {}
        let writes = world.effects.iter();
        let writes = writes.filter(|effect| matches!(effect, Effect::Write(_)));
        assert_eq!(writes.count(), 1, "{target}");
        world.settle();
        world.assert_in_step(id);
    }
}

#[test]
fn a_refused_field_does_not_hold_up_the_others() {
    for side in Side::BOTH {
        for field in [PRIORITY, LABELS] {
            let (mut world, id) = World::linked("latest", Side::Jira);
            let name = (*field.get(side)).to_owned();
            world.remote(side).forbidden.insert(name);
            let far = side.other();
            world.edit(id, far, LABELS, set(&["x"]));
            world.edit(
                id,
                far,
                PRIORITY,
                if far == Side::Jira {
                    choice("High")
                } else {
                    number(1.0)
                },
            );
            world.edit(id, far, TITLE, text("goes on"));
            world.quiet();
            assert_eq!(world.value(id, side, TITLE), &text("goes on"));
            let problems = &world.pair(id).problems;
            assert!(
                problems
                    .iter()
                    .any(|problem| problem.code == Code::FieldRefused)
            );
            world.remote(side).forbidden.clear();
            world.advance(600_000);
            world.assert_in_step(id);
            assert!(world.pair(id).problems.is_empty());
        }
    }
}

#[test]
fn a_refused_field_that_goes_back_leaves_no_timer_behind() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    let before = world.value(id, Side::Jira, PRIORITY).clone();
    world
        .remote(Side::Azure)
        .forbidden
        .insert(PRIORITY.azure.to_owned());
    world.edit(id, Side::Jira, PRIORITY, choice("High"));
    world.quiet();
    world.edit(id, Side::Jira, PRIORITY, before);
    world.quiet();
    assert_eq!(world.pair(id).wake, None);
    world.advance(3_600_000);
    world.assert_in_step(id);
}

#[test]
fn a_refused_field_does_not_hold_up_a_create() {
    let mut world = World::new("latest");
    world
        .remote(Side::Azure)
        .forbidden
        .insert(LABELS.azure.to_owned());
    let id = world.begin(Side::Jira);
    world.edit_source(id, LABELS, set(&["x"]));
    world.feeds();
    while world.pump() {}
    assert_eq!(world.pair(id).phase, Phase::Linked);
    world.remote(Side::Azure).forbidden.clear();
    world.settle();
    world.assert_in_step(id);
}

#[test]
fn a_status_that_cannot_be_reached_is_told_and_heals() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world
        .remote(Side::Jira)
        .unreachable
        .insert("Done".to_owned());
    world.edit(id, Side::Azure, STATE, choice("Closed"));
    world.edit(id, Side::Azure, TITLE, text("goes on"));
    world.quiet();
    assert_eq!(world.value(id, Side::Jira, TITLE), &text("goes on"));
    let problems = &world.pair(id).problems;
    assert!(
        problems
            .iter()
            .any(|problem| problem.code == Code::NoTransition)
    );
    world.remote(Side::Jira).unreachable.clear();
    world.advance(600_000);
    world.assert_in_step(id);
    assert!(world.pair(id).problems.is_empty());
}

#[test]
fn a_transition_that_needs_a_field_does_not_hold_up_comments() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.remote(Side::Jira).demands = Some("resolution");
    world.edit(id, Side::Azure, STATE, choice("Closed"));
    let first = world.comment(id, Side::Azure, "with the move");
    world.quiet();
    let later = world.comment(id, Side::Azure, "after it");
    world.quiet();
    let jira = world.end(id, Side::Jira);
    for comment in [first, later] {
        assert_eq!(world.remotes.jira.twins(jira, comment).len(), 1);
    }
    let told = model::Problem::new(Code::FieldRefused).on(Side::Jira);
    let problems = &world.pair(id).problems;
    assert!(problems.contains(&told.about("resolution")), "{problems:?}");
    assert_eq!(world.pair(id).phase, Phase::Linked);
    world.remote(Side::Jira).demands = None;
    world.advance(600_000);
    assert_eq!(world.value(id, Side::Jira, STATE), &choice("Done"));
    assert!(world.pair(id).problems.is_empty());
    world.assert_in_step(id);
}

#[test]
fn a_move_that_is_not_prepared_or_not_allowed_concerns_the_status_alone() {
    let forbidden = crate::Refusal::Forbidden { code: None };
    let subject = "Done".to_owned();
    let unprepared = crate::Hindrance::Unprepared { subject };
    for (outcome, code) in [
        (crate::Outcome::Refused(forbidden), Code::Forbidden),
        (crate::Outcome::NotSent(unprepared), Code::ProfileGap),
    ] {
        let (mut world, id) = World::linked("latest", Side::Jira);
        world.edit(id, Side::Azure, STATE, choice("Closed"));
        world.feeds();
        world.pump();
        world.pump();
        let intent = world.pair(id).intents[0].number;
        world.forget_jobs();
        world.step(id, Event::Sending { intent });
        let incarnation = world.incarnation;
        world.step(
            id,
            Event::Finished {
                intent,
                incarnation,
                outcome,
            },
        );
        world.edit(id, Side::Azure, TITLE, text("goes on"));
        world.quiet();
        assert_eq!(world.value(id, Side::Jira, TITLE), &text("goes on"));
        assert_eq!(world.pair(id).phase, Phase::Linked);
        let mut problems = world.pair(id).problems.iter();
        assert!(problems.any(|problem| problem.code == code), "{code}");
        world.settle();
        world.assert_in_step(id);
    }
}

#[test]
fn an_item_that_always_answers_500_is_told() {
    for (side, comments) in [
        (Side::Azure, false),
        (Side::Jira, false),
        (Side::Jira, true),
    ] {
        let (mut world, id) = World::linked("latest", Side::Jira);
        if comments {
            world.comment(id, side.other(), "never arrives");
        } else {
            world.edit(id, side.other(), TITLE, text("never arrives"));
        }
        world.faults.extend([Fault::Dropped; 1000]);
        world.quiet();
        let told = model::Problem::new(Code::RemoteError).on(side);
        world.advance(if comments { 1_200_000 } else { 240_000 });
        assert!(world.pair(id).problems.contains(&told), "{side} {comments}");
        let tries = |world: &World| 1000 - world.faults.len();
        let before = tries(&world);
        world.advance(24 * 3_600_000);
        assert!(tries(&world) - before < 30, "{}", tries(&world) - before);
        assert!(tries(&world) - before > 20, "{}", tries(&world) - before);
        let problem = |note: &&Note| matches!(note, Note::Problem(_));
        assert_eq!(world.notes.iter().filter(problem).count(), 1);
        world.faults.clear();
        world.advance(2 * 3_600_000);
        assert!(world.pair(id).problems.is_empty());
        world.assert_in_step(id);
    }
}

#[test]
fn an_item_that_can_never_be_read_is_told() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.edit(id, Side::Jira, TITLE, text("changed"));
    world.blurs.azure.extend([Blur::Failed; 40]);
    world.quiet();
    world.advance(240_000);
    let told = model::Problem::new(Code::RemoteError).on(Side::Azure);
    assert_eq!(world.pair(id).problems, [told].into());
    world.blurs.azure.clear();
    world.advance(2 * 3_600_000);
    assert!(world.pair(id).problems.is_empty());
    world.assert_in_step(id);
}

#[test]
fn a_pair_that_is_in_step_is_not_called_failing_for_long_after_a_reading_failed() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.edit(id, Side::Jira, TITLE, text("arrives at last"));
    world.faults.extend([Fault::Dropped; 6]);
    world.faults.push_back(Fault::Lost);
    world.quiet();
    let wanted = text("arrives at last");
    while world.value(id, Side::Azure, TITLE) != &wanted {
        world.advance(1_000);
    }
    let told = model::Problem::new(Code::RemoteError).on(Side::Azure);
    assert_eq!(world.pair(id).problems, [told].into());
    // The feed names our own write, and the reading that follows fails.
    world.blurs.azure.push_back(Blur::Failed);
    world.quiet();
    assert!(world.blurs.azure.is_empty());
    world.advance(model::limit::UNREAD_RETRY_MAX_MS);
    assert!(world.pair(id).problems.is_empty());
    world.assert_in_step(id);
}

#[test]
fn an_item_that_is_not_carried_is_read_once_for_each_of_its_revisions() {
    let mut world = World::one_way("to-jira");
    let id = world.begin(Side::Jira);
    world.quiet();
    assert!(world.remotes.azure.items.is_empty());
    world.effects.clear();
    world.scan();
    assert!(world.effects.is_empty());
    world.edit_source(id, TITLE, text("changed"));
    world.feeds();
    assert_eq!(world.effects, [Effect::Read]);
    world.quiet();
    world.remote(Side::Jira).items.remove(&id.item);
    world.activate_for(id);
    world.step(id, crate::Event::Woken);
    world.quiet();
    world.advance(3_600_000);
    assert!(world.pair(id).problems.is_empty());
}

#[test]
fn an_item_that_is_gone_is_told_soon_however_often_anything_failed_before() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.edit(id, Side::Jira, TITLE, text("is not let through"));
    world.faults.extend([Fault::NotSent; 20]);
    world.quiet();
    world.advance(120_000);
    assert!(world.pair(id).retry.failures > 3);
    world.edit(id, Side::Azure, TITLE, text("the last one"));
    let item = world.end(id, Side::Azure);
    world.remote(Side::Azure).items.remove(&item).unwrap();
    world.quiet();
    world.advance(180_000);
    let gone = model::Problem::new(Code::ItemGone).on(Side::Azure);
    assert!(world.pair(id).problems.contains(&gone));
}

#[test]
fn a_reading_that_a_younger_word_overtook_is_no_lag() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.edit(id, Side::Jira, TITLE, text("title 0"));
    world.feeds();
    for nth in 1..=4 {
        // Both items are read, somebody edits, and the feed tells of it before the answer is heard.
        world.pump();
        world.edit(id, Side::Jira, TITLE, text(&format!("title {nth}")));
        world.feeds();
        world.pump();
        if world.jobs.is_empty() {
            let wake = world.pair(id).wake.unwrap();
            world.wait(wake.since(world.now));
        }
    }
    world.blurs.jira.push_back(Blur::Old(1));
    world.quiet();
    world.advance(600_000);
    assert!(world.blurs.jira.is_empty());
    assert_eq!(world.value(id, Side::Azure, TITLE), &text("title 4"));
    world.assert_in_step(id);
}

/// A person edits that side, a feed tells of it, and readings lag until one is believed that does not show it.
fn believed_against_a_word(side: Side) -> (World, PairId) {
    let (mut world, id) = World::linked("latest", Side::Jira);
    let stale = usize::from(limit::STALE_READINGS) + 1;
    world.blurs.get_mut(side).extend(vec![Blur::Old(1); stale]);
    world.edit(id, side, TITLE, text("told of, and not shown"));
    world.feeds();
    while !world.blurs.get(side).is_empty() {
        world.advance(1_000);
    }
    (world, id)
}

#[test]
fn a_reading_that_is_believed_though_a_younger_change_is_known_of_is_made_once_more() {
    let (mut world, id) = believed_against_a_word(Side::Jira);
    assert_ne!(
        world.value(id, Side::Azure, TITLE),
        &text("told of, and not shown")
    );
    world.advance(2 * limit::LAG_MS);
    world.assert_in_step(id);
    // A remote that was put back shows no more than that.
    let pair = world.pair(id);
    assert!(pair.settled && pair.wake.is_none() && pair.retry.stale == 0);
    assert_eq!(pair.retry.believed, None);
}

#[test]
fn a_change_soon_after_a_reading_was_believed_is_not_believed_away_with_it() {
    let (mut world, id) = believed_against_a_word(Side::Azure);
    // The remote lags on: another change is told of, and two readings show neither.
    world.advance(50_000);
    world.blurs.azure.extend([Blur::Old(2); 2]);
    world.edit(id, Side::Azure, TITLE, text("told of a moment later"));
    world.feeds();
    world.advance(3_600_000);
    assert_eq!(
        world.value(id, Side::Jira, TITLE),
        &text("told of a moment later")
    );
    world.assert_in_step(id);
}

#[test]
fn the_look_after_a_reading_was_believed_is_not_used_up_by_an_earlier_one() {
    let (mut world, id) = believed_against_a_word(Side::Azure);
    world.blurs.azure.push_back(Blur::Old(1));
    world.crash();
    world.advance(3_600_000);
    world.assert_in_step(id);
}

#[test]
fn an_item_that_counts_otherwise_than_it_lists_is_carried_however_often_it_is_edited() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.blurs.azure.extend([Blur::Short; 1_000]);
    for nth in 0..10 {
        world.edit(id, Side::Azure, TITLE, text(&format!("title {nth}")));
        world.passivate();
        world.feeds();
        world.advance(60_000);
        world.passivate();
        world.advance(60_000);
    }
    // Up to the last but four of them: that long are the readings doubted.
    let shown = world.value(id, Side::Jira, TITLE);
    assert!(
        (5..10).any(|nth| shown == &text(&format!("title {nth}"))),
        "{shown:?}"
    );
}

#[test]
fn words_of_changes_use_up_no_reading_while_a_remote_lags() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.blurs.azure.push_back(Blur::Old(1));
    for nth in 0..6 {
        world.edit(id, Side::Azure, TITLE, text(&format!("change {nth}")));
        if world.blurs.azure.len() < 2 {
            world.blurs.azure.push_back(Blur::Old(1));
        }
        world.passivate();
        world.feeds();
        while world.pump() {}
    }
    assert_eq!(world.pair(id).retry.stale, 2);
    assert_eq!(title_after(&mut world, id), text("change 5"));
    world.assert_in_step(id);
}

#[test]
fn a_parked_pair_heals() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    let item = world.end(id, Side::Azure);
    let gone = world.remote(Side::Azure).items.remove(&item).unwrap();
    world.edit(id, Side::Jira, TITLE, text("meanwhile"));
    world.quiet();
    world.advance(60_000);
    assert!(matches!(&world.pair(id).phase, Phase::Parked(park) if !park.held));
    world.remote(Side::Azure).items.insert(item, gone);
    world.advance(4 * 3_600_000);
    world.assert_in_step(id);
    assert!(world.pair(id).problems.is_empty());
    assert!(world.notes.contains(&Note::Healed));
}

#[test]
fn a_404_is_never_a_deletion() {
    for side in Side::BOTH {
        let (mut world, id) = World::linked("latest", Side::Jira);
        world.edit(id, side.other(), TITLE, text("changed"));
        world.blurs.get_mut(side).extend([Blur::Missing; 6]);
        world.quiet();
        for _ in 0..6 {
            world.advance(60_000);
        }
        assert!(world.remote(side).writes.is_empty());
        assert!(world.pair(id).is_linked());
        world.settle();
        world.assert_in_step(id);
        assert_eq!(world.remote(side).items.len(), 1);
    }
}

#[test]
fn ping_pong_parks() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    let mut rounds = 0;
    while world.held().is_empty() && rounds < 50 {
        // Two automations, each of which will not have the other's title.
        world.edit(id, Side::Jira, TITLE, text("upper"));
        world.quiet();
        world.edit(id, Side::Azure, TITLE, text("lower"));
        world.quiet();
        rounds += 1;
    }
    assert!((3..10).contains(&rounds), "{rounds}");
    let problems = &world.pair(id).problems;
    assert!(
        problems
            .iter()
            .any(|problem| problem.code == Code::PingPong)
    );
    world.step(id, Event::Command(Command::Resume));
    world.settle();
    world.assert_in_step(id);
    assert!(world.pair(id).problems.is_empty());
}

#[test]
fn plans_that_come_to_nothing_are_no_ping_pong() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.edit(id, Side::Jira, LABELS, set(&["x"]));
    world.edit(id, Side::Azure, LABELS, set(&["y"]));
    world.faults.extend([Fault::Stale; 20]);
    world.quiet();
    for _ in 0..40 {
        world.advance(10_000);
    }
    world.faults.clear();
    world.settle();
    assert!(
        world
            .notes
            .iter()
            .all(|note| !matches!(note, Note::Problem(_)))
    );
    world.assert_in_step(id);
}

#[test]
fn an_item_with_our_marker_is_handed_over() {
    let mut world = World::new("latest");
    let id = world.begin(Side::Jira);
    let marker = world.marker(id);
    let now = world.now;
    let fields = vec![(TITLE.azure.to_owned(), text("first"))];
    let twin = world.remote(Side::Azure).create(now, fields, Some(marker));
    // Nothing is known of either: a new installation that meets the twin first.
    world.hint(Side::Azure, twin, Revision(1));
    while world.pump() {}
    world.settle();
    assert_eq!(world.pairs.len(), 1);
    assert_eq!(world.remote(Side::Azure).items.len(), 1);
    assert!(
        world
            .remote(Side::Jira)
            .writes
            .iter()
            .all(|kind| *kind != "create")
    );
    world.assert_in_step(id);
}

#[test]
fn nothing_is_created_before_it_is_allowed() {
    let mut world = World::new("latest");
    world.may_create = false;
    let id = world.begin(Side::Azure);
    world.settle();
    assert!(world.remote(Side::Jira).items.is_empty());
    world.may_create = true;
    world.settle();
    world.assert_in_step(id);
}

#[test]
fn an_item_of_ours_without_its_marker_waits_for_a_person() {
    let mut world = World::new("latest");
    let id = world.begin(Side::Jira);
    world.remote(Side::Jira).item_mut(id.item).created_by_us = true;
    world.feeds();
    while world.pump() {}
    world.advance(3_600_000);
    assert_eq!(world.held(), [id]);
    assert!(world.remote(Side::Azure).items.is_empty());
    world.step(id, Event::Command(Command::Resume));
    world.advance(60_000);
    world.settle();
    world.assert_in_step(id);
}

#[test]
fn a_pair_parked_by_a_person_does_nothing_until_resumed() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.step(id, Event::Command(Command::Park));
    world.edit(id, Side::Jira, TITLE, text("unseen"));
    world.quiet();
    world.advance(3_600_000);
    world.crash();
    world.advance(3_600_000);
    assert!(world.remote(Side::Azure).writes.is_empty());
    world.activate_for(id);
    world.step(id, Event::Command(Command::Resume));
    world.quiet();
    world.assert_in_step(id);
    assert_eq!(world.value(id, Side::Azure, TITLE), &text("unseen"));
}

#[test]
fn a_detached_pair_is_deaf() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.step(id, Event::Command(Command::Detach));
    world.edit(id, Side::Jira, TITLE, text("unseen"));
    world.quiet();
    world.settle();
    assert!(world.remote(Side::Azure).writes.is_empty());
    assert_eq!(world.pair(id).phase, Phase::Detached);
}

#[test]
fn a_reading_of_another_item_is_not_believed() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    let (mut one, other) = (
        world.item(id, Side::Jira).clone(),
        world.item(id, Side::Azure).clone(),
    );
    one.id.0 += 1;
    let ends = world.pair(id).ends.clone();
    let readings = Both {
        jira: Reading::Present(Box::new(one)),
        azure: Reading::Present(Box::new(other)),
    };
    world.step(id, Event::Observed(readings));
    assert_eq!(world.pair(id).ends, ends);
    assert!(world.remote(Side::Azure).writes.is_empty());
    world.settle();
    world.assert_in_step(id);
}

#[test]
fn whatever_is_lost_by_the_runner_is_asked_for_again() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.edit(id, Side::Jira, TITLE, text("changed"));
    world.feeds();
    world.forget_jobs();
    world.advance(3_600_000);
    assert_eq!(world.value(id, Side::Azure, TITLE), &text("changed"));
    world.edit(id, Side::Jira, TITLE, text("again"));
    world.feeds();
    world.pump();
    world.pump();
    world.forget_jobs();
    world.advance(3_600_000);
    assert_eq!(world.value(id, Side::Azure, TITLE), &text("again"));
    world.assert_in_step(id);
}

#[test]
fn one_hint_costs_one_reading() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.edit(id, Side::Azure, TITLE, text("changed"));
    world.feeds();
    world.feeds();
    while world.pump() {}
    let reads = world
        .effects
        .iter()
        .filter(|effect| **effect == Effect::Read);
    assert_eq!(reads.count(), 1);
}

#[test]
fn debug_of_everything_shows_no_content() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    let mut shown = String::new();
    for side in Side::BOTH {
        world.edit(id, side, LABELS, set(&["canary-label", "canary-more"]));
        world.edit(id, side, TITLE, text("canary-title"));
        world.edit(id, side, TEXT, rich(side, "canary-text"));
        world.comment(id, side, "canary-comment");
        world.quiet();
        world.edit(id, side, LABELS, set(&["canary-more"]));
        world.quiet();
        let item = world.item(id, side).clone();
        shown += &format!("{:?}", Event::Adopted(Box::new(item.clone())));
        let readings = Both::of(|_| Reading::Present(Box::new(item.clone())));
        shown += &format!("{:#?}", Event::Observed(readings));
    }
    shown += &format!("{:#?} {:#?} {:?}", world.effects, world.notes, world.pairs);
    assert!(shown.len() > 1000 && !shown.contains("canary"), "{shown}");
    assert!(world.now > Millis(0));
}

#[test]
fn a_remote_that_was_put_back_is_believed_in_the_end() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.edit(id, Side::Azure, TITLE, text("forgotten"));
    world.quiet();
    let item = world.end(id, Side::Azure);
    let past = world.remote(Side::Azure).past[&item][0].clone();
    world.remote(Side::Azure).items.insert(item, past);
    world.edit(id, Side::Jira, LABELS, set(&["x"]));
    world.quiet();
    world.advance(3_600_000);
    assert_eq!(world.value(id, Side::Azure, LABELS), &set(&["x"]));
    world.assert_in_step(id);
}
