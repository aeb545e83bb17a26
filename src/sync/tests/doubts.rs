//! Lost answers, late arrivals and crashes.

use model::{Both, CommentMarker, PairId, Side, limit, problem::Code};

use super::remote::text;
use super::world::{Fault, TITLE, World};
use crate::effect::{CommentRef, Effect, Probe, Reading, Target};
use crate::event::{Command, Event};
use crate::pair::{Phase, Twin};
use crate::{Finding, Schedule};

/// The probes that left, in order.
fn probes(world: &World) -> Vec<&Probe> {
    let probes = world.effects.iter().filter_map(|effect| match effect {
        Effect::Probe(probe) => Some(probe),
        Effect::Read | Effect::Write(_) | Effect::HandOver { .. } => None,
    });
    probes.collect()
}

/// A person comments on the work item, and nobody knows what became of the twin.
fn doubt_a_comment(world: &mut World, id: PairId, fault: Fault) -> CommentMarker {
    let marker = world.comment(id, Side::Azure, "doubtful");
    world.faults.push_back(fault);
    world.quiet();
    assert_eq!(world.pair(id).phase, Phase::Doubtful);
    world.effects.clear();
    marker
}

/// Both items are read as they are.
fn show(world: &mut World, id: PairId) {
    let readings = Both::of(|side| Reading::Present(Box::new(world.item(id, side).clone())));
    world.step(id, Event::Observed(readings));
}

#[test]
fn a_lost_create_response_never_makes_a_second_item() {
    for origin in Side::BOTH {
        let faults = [
            Fault::Lost,
            Fault::Crash,
            Fault::Dropped,
            Fault::NotSent,
            Fault::Late(1_000),
            Fault::Late(59_000),
            Fault::Late(119_000),
        ];
        for fault in faults {
            let mut world = World::new("latest");
            let id = world.begin(origin);
            world.faults.push_back(fault);
            world.feeds();
            world.advance(2_000_000);
            world.settle();
            assert_eq!(world.remote(origin.other()).items.len(), 1, "{fault:?}");
            world.assert_in_step(id);
        }
    }
}

#[test]
fn a_crash_between_sending_and_outcome_is_probed_before_anything_else() {
    let mut world = World::new("latest");
    let id = world.begin(Side::Jira);
    world.faults.push_back(Fault::Crash);
    world.feeds();
    while !world
        .effects
        .iter()
        .any(|effect| matches!(effect, Effect::Write(_)))
    {
        assert!(world.pump());
    }
    world.effects.clear();
    assert!(world.pump());
    assert_eq!(world.incarnation, 2);
    assert!(
        matches!(world.effects[..], [Effect::Probe(_)]),
        "{:?}",
        world.effects
    );
    assert_eq!(world.pair(id).phase, Phase::Doubtful);
    world.settle();
    world.assert_in_step(id);
}

#[test]
fn absence_is_believed_only_when_it_was_asked_for_late_enough() {
    let mut world = World::new("latest");
    let id = world.begin(Side::Jira);
    world.faults.push_back(Fault::Dropped);
    world.feeds();
    world.advance(299_000);
    assert!(world.remote(Side::Azure).items.is_empty());
    // The answer to the fourth probe comes only now; it speaks for the moment at which the probe left.
    let creates = |world: &World| {
        world
            .effects
            .iter()
            .filter(|e| matches!(e, Effect::Write(_)))
            .count()
    };
    assert_eq!(creates(&world), 1);
    assert_eq!(probes(&world).len(), 4);
    world.advance(2_000);
    world.settle();
    world.assert_in_step(id);
}

#[test]
fn a_wait_for_a_permit_does_not_age_a_doubt() {
    for (turn, after) in [(60_000, 119_000), (250_000, 110_000), (299_000, 1_000)] {
        let mut world = World::new("latest");
        let id = world.begin(Side::Jira);
        world.faults.push_back(Fault::Waits(turn, after));
        world.feeds();
        world.advance(2_000_000);
        world.settle();
        assert_eq!(world.remote(Side::Azure).items.len(), 1, "{turn} {after}");
        world.comment(id, Side::Azure, "once");
        world.faults.push_back(Fault::Waits(turn, after));
        world.quiet();
        world.advance(2_000_000);
        world.settle();
        world.assert_in_step(id);
    }
}

#[test]
fn what_is_found_sent_at_a_start_is_in_doubt_from_then_on() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.comment(id, Side::Azure, "once");
    world.feeds();
    while !world
        .pair(id)
        .intents
        .iter()
        .any(|intent| intent.is_probed())
    {
        assert!(world.pump());
    }
    let intent = world.pair(id).intents[0].number;
    world.step(id, Event::Sending { intent });
    // It leaves after four minutes, and the process dies with it.
    world.now = world.now.plus(240_000);
    world.crash();
    world.advance(100_000);
    assert!(world.pair(id).intent(intent).is_some());
    world.settle();
    world.assert_in_step(id);
}

#[test]
fn a_clock_that_is_set_between_two_lives_neither_ends_a_doubt_nor_holds_it_up() {
    const DAY: i64 = 86_400_000;
    for ahead in [-DAY, DAY, -3_600_000, 400 * DAY] {
        let mut world = World::new("latest");
        let id = world.begin(Side::Jira);
        world.ahead = ahead;
        world.faults.push_back(Fault::Late(119_000));
        world.feeds();
        world.advance(20_000);
        assert_eq!(world.pair(id).phase, Phase::Doubtful);
        world.ahead = 0;
        world.crash();
        world.advance(1_000_000);
        assert_eq!(world.remote(Side::Azure).items.len(), 1, "{ahead}");
        world.assert_in_step(id);
    }
}

#[test]
fn a_pause_that_a_clock_far_ahead_made_ends_with_that_life() {
    for ahead in [3_600_000, 400 * 86_400_000] {
        let (mut world, id) = World::linked("latest", Side::Jira);
        world.ahead = ahead;
        world.remote(Side::Azure).mute = true;
        world.remote(Side::Azure).strange = Some((TITLE.azure, "Custom.Reviewer"));
        world.comment(id, Side::Jira, "once");
        world.edit(id, Side::Jira, TITLE, text("carried"));
        world.quiet();
        let pair = world.pair(id);
        assert!(!pair.muted.is_empty() && !pair.refused.is_empty());
        world.remote(Side::Azure).mute = false;
        world.remote(Side::Azure).strange = None;
        world.ahead = 0;
        world.crash();
        world.advance(1_000);
        world.assert_in_step(id);
    }
}

#[test]
fn a_slow_probe_does_not_prove_absence() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.comment(id, Side::Azure, "once");
    world.faults.push_back(Fault::Late(110_000));
    world.quiet();
    world.advance(5_000);
    world.advance(25_000);
    world.advance(29_000);
    let intent = world.pair(id).intents[0].number;
    // The probe of the 60th second leaves, and its answer takes more than a minute.
    world.now = world.now.plus(2_000);
    world.step(id, Event::Woken);
    world.forget_jobs();
    world.now = world.now.plus(70_000);
    let finding = Finding::Absent;
    world.step(id, Event::Probed { intent, finding });
    assert!(world.pair(id).intent(intent).is_some());
    world.settle();
    world.assert_in_step(id);
}

#[test]
fn a_marker_met_early_closes_the_doubt() {
    let mut world = World::new("latest");
    let id = world.begin(Side::Jira);
    world.faults.push_back(Fault::Lost);
    world.feeds();
    while world.pump() {}
    assert_eq!(world.pair(id).phase, Phase::Doubtful);
    // The feed of the other side brings the twin before the first probe is due.
    world.quiet();
    assert_eq!(world.pair(id).phase, Phase::Linked);
    assert!(probes(&world).is_empty());
    world.settle();
    world.assert_in_step(id);
}

#[test]
fn what_changed_during_a_doubt_is_carried_after_it() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.comment(id, Side::Azure, "doubtful");
    world.faults.push_back(Fault::Lost);
    world.quiet();
    assert_eq!(world.pair(id).phase, Phase::Doubtful);
    world.edit(id, Side::Azure, TITLE, text("meanwhile"));
    world.quiet();
    world.advance(10_000);
    assert_eq!(world.value(id, Side::Jira, TITLE), &text("meanwhile"));
    world.assert_in_step(id);
}

#[test]
fn inconclusive_probes_park_for_a_person_who_resumes() {
    let mut world = World::new("latest");
    let id = world.begin(Side::Jira);
    world.faults.push_back(Fault::Lost);
    world.findings.extend(vec![Finding::Inconclusive; 1000]);
    world.hint(Side::Jira, id.item, model::Revision(1));
    world.advance(24 * 3_600_000);
    assert_eq!(world.held(), [id]);
    let problems = &world.pair(id).problems;
    assert!(problems.iter().any(|problem| problem.code == Code::Doubt));
    world.findings.clear();
    world.step(id, Event::Command(Command::Resume));
    world.advance(60_000);
    world.settle();
    world.assert_in_step(id);
    assert!(world.pair(id).problems.is_empty());
    assert_eq!(world.remote(Side::Azure).items.len(), 1);
}

#[test]
fn a_doubtful_create_is_looked_for_in_the_project_it_went_to() {
    let mut world = World::new("latest");
    let id = world.begin(Side::Jira);
    world.faults.push_back(Fault::Lost);
    world.hint(Side::Jira, id.item, model::Revision(1));
    world.advance(6_000);
    for probe in probes(&world) {
        assert!(matches!(&probe.target, Target::Create { project, .. } if project == "Platform"));
    }
    assert_eq!(world.pair(id).phase, Phase::Linked);
}

#[test]
fn a_slow_answer_of_this_incarnation_closes_a_doubt() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    let marker = world.comment(id, Side::Azure, "once");
    world.faults.push_back(Fault::Lost);
    world.quiet();
    let item = world.end(id, Side::Jira);
    let comment = world.remotes.jira.twins(item, marker)[0];
    let receipt = crate::Receipt {
        comment: Some(comment),
        ..crate::Receipt::default()
    };
    let event = Event::Finished {
        intent: world.pair(id).intents[0].number,
        incarnation: 1,
        outcome: crate::Outcome::Applied(receipt),
    };
    world.step(id, event);
    assert_eq!(world.pair(id).phase, Phase::Linked);
    world.settle();
    world.assert_in_step(id);
}

#[test]
fn one_probe_is_on_its_way_at_a_time() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.comment(id, Side::Azure, "once");
    world.faults.push_back(Fault::Lost);
    world.quiet();
    world.now = world.now.plus(6_000);
    for _ in 0..5 {
        world.step(id, Event::Woken);
    }
    assert_eq!(probes(&world).len(), 1);
    // The answer never comes; after a while it is asked for again.
    world.forget_jobs();
    world.settle();
    world.assert_in_step(id);
}

#[test]
fn a_twin_that_is_shown_while_it_is_in_doubt_ends_the_doubt() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    let marker = doubt_a_comment(&mut world, id, Fault::Lost);
    show(&mut world, id);
    let jira = world.end(id, Side::Jira);
    let twin = world.remotes.jira.twins(jira, marker)[0];
    let original = CommentRef {
        side: marker.side,
        id: marker.comment,
    };
    assert_eq!(world.pair(id).comments[&original], Twin::Written(twin));
    assert_eq!(world.pair(id).phase, Phase::Linked);
    // What changed during the doubt went unheard, so both items are read again, once.
    assert_eq!(world.effects, [Effect::Read]);
    world.settle();
    world.assert_in_step(id);
}

#[test]
fn the_twin_of_another_comment_leaves_a_doubt_open() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    for side in Side::BOTH {
        world.comment(id, side, "earlier");
    }
    world.settle();
    doubt_a_comment(&mut world, id, Fault::Dropped);
    let before = world.pair(id).clone();
    show(&mut world, id);
    assert_eq!(world.pair(id), &before);
    assert!(world.effects.is_empty());
    world.settle();
    world.assert_in_step(id);
}

#[test]
fn a_probe_whose_answer_never_comes_leaves_again_when_it_must_be_lost() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    doubt_a_comment(&mut world, id, Fault::Lost);
    world.now = world.now.plus(limit::PROBE_AT_MS[0]);
    world.step(id, Event::Woken);
    world.forget_jobs();
    let lost = world
        .now
        .plus(limit::RETRY_AFTER_MAX_MS + limit::LATENESS_MS);
    assert_eq!(world.pair(id).wake, Some(lost));
    for (now, left) in [(lost.plus(-1), 1), (lost, 2)] {
        world.now = now;
        world.step(id, Event::Woken);
        assert_eq!(probes(&world).len(), left);
    }
    world.settle();
    world.assert_in_step(id);
}

#[test]
fn a_marker_is_searched_for_only_when_it_must_be_found_if_it_is_there() {
    let mut world = World::new("latest");
    let id = world.begin(Side::Jira);
    world.faults.push_back(Fault::Dropped);
    world.feeds();
    world.advance(Schedule::default().search + 1_000);
    let searches = probes(&world).into_iter().map(|probe| probe.search);
    let searches: Vec<bool> = searches.collect();
    assert_eq!(searches, [false, false, false, false, true]);
    world.settle();
    world.assert_in_step(id);
}

#[test]
fn a_person_is_asked_only_when_the_last_probe_cannot_tell_either() {
    let most = usize::from(limit::PROBES_MAX);
    for (vague, asked) in [(most - 1, false), (most, true)] {
        let (mut world, id) = World::linked("latest", Side::Jira);
        doubt_a_comment(&mut world, id, Fault::Lost);
        world.findings.extend(vec![Finding::Inconclusive; vague]);
        world.advance(24 * 3_600_000);
        assert_eq!(!world.held().is_empty(), asked, "{vague}");
        assert_eq!(!world.pair(id).problems.is_empty(), asked, "{vague}");
        world.settle();
        world.assert_in_step(id);
    }
}
