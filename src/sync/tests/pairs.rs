//! What a pair says of itself: what may be taken as read, when it waits for a remote that lags, what a restart believes.

use model::{Both, CommentId, Millis, Revision, Side, limit, problem::Code};

use super::remote::{choice, text};
use super::world::{Blur, PRIORITY, TITLE, World, edits, planned};
use crate::context::Schedule;
use crate::effect::{CommentRef, Effect};
use crate::event::{Command, Event};
use crate::pair::{Pair, Phase, Refused};

#[test]
fn what_is_dealt_with_may_be_taken_as_read_unless_something_is_owed() {
    let (world, id) = World::linked("latest", Side::Jira);
    let pair = world.pair(id).clone();
    for side in Side::BOTH {
        assert_eq!(pair.known(side), Some(world.item(id, side).revision));
    }
    let mut unsettled = pair.clone();
    unsettled.settled = false;
    let mut muted = pair.clone();
    let comment = CommentRef {
        side: Side::Jira,
        id: CommentId(1),
    };
    muted.muted.insert(comment, Millis(1));
    let mut bare = pair;
    bare.ends.azure = None;
    for (pair, side) in [
        (unsettled, Side::Jira),
        (muted, Side::Jira),
        (bare, Side::Azure),
    ] {
        assert_eq!(pair.known(side), None);
    }
}

/// A pair that waits for Jira to show what is known of it already.
fn lagging() -> (World, Pair) {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.edit(id, Side::Jira, TITLE, text("new"));
    for _ in 0..3 {
        world.blurs.jira.push_back(Blur::Old(1));
    }
    world.quiet();
    let pair = world.pair(id).clone();
    assert!(pair.retry.stale > 0 && pair.wake > Some(world.now));
    (world, pair)
}

#[test]
fn a_pair_lags_while_its_pause_lasts_and_nothing_else_is_under_way() {
    let (world, pair) = lagging();
    let wake = pair.wake.unwrap();
    assert!(pair.lags(world.now));
    assert!(!pair.lags(wake), "its time has come");
    let longest = limit::RETRY_AFTER_MS.into_iter().max().unwrap();
    assert!(pair.lags(wake.plus(-longest)));
    assert!(
        !pair.lags(wake.plus(-longest - 1)),
        "of a clock that stood ahead"
    );
    let without = |change: fn(&mut Pair)| {
        let mut other = pair.clone();
        change(&mut other);
        assert!(!other.lags(world.now), "{other:#?}");
    };
    without(|pair| pair.retry.stale = 0);
    without(|pair| pair.wake = None);
    without(|pair| pair.reading = Some(Millis(1)));
    without(|pair| pair.ends.azure = None);
    without(|pair| pair.intents = vec![intent()]);
}

fn intent() -> crate::intent::Intent {
    crate::intent::Intent {
        number: 1,
        side: Side::Jira,
        class: crate::Class::Natural,
        kind: crate::intent::Kind::Link,
        stage: crate::intent::Stage::Planned,
    }
}

#[test]
fn a_restart_while_a_remote_lags_uses_up_no_reading() {
    let (mut world, pair) = lagging();
    world.effects.clear();
    world.crash();
    assert_eq!(world.pair(pair.id).wake, pair.wake);
    assert!(!world.effects.contains(&Effect::Read));
    world.settle();
    world.assert_in_step(pair.id);
}

#[test]
fn a_restart_believes_a_pause_that_may_be_and_no_longer_one() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    let rule = world.profile.rules[0].name.clone();
    let refusal = Schedule::default().refusal;
    let comment = CommentRef {
        side: Side::Jira,
        id: CommentId(1),
    };
    for (pause, kept) in [(refusal, true), (refusal + 1, false)] {
        let until = world.now.plus(pause);
        let refused = Refused {
            by: Side::Azure,
            source: model::Digest([0; 8]),
            code: Code::FieldRefused,
            named: None,
            stood: None,
            until,
        };
        let pair = world.pair_mut(id);
        pair.refused.insert(rule.clone(), refused);
        pair.muted.insert(comment, until);
        world.passivate();
        world.activate_for(id);
        let expected = if kept { until } else { world.now };
        assert_eq!(world.pair(id).refused[&rule].until, expected);
        assert_eq!(world.pair(id).muted[&comment], expected);
        world.quiet();
    }
}

#[test]
fn a_pair_at_rest_is_read_without_its_comments() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.comment(id, Side::Jira, "one");
    world.settle();
    for side in Side::BOTH {
        let known = world.pair(id).known(side);
        assert!(known > Some(Revision(0)), "{side}");
    }
    world.edit(id, Side::Azure, PRIORITY, super::remote::number(1.0));
    world.settle();
    assert_eq!(world.value(id, Side::Jira, PRIORITY), &choice("Highest"));
    world.assert_in_step(id);
}

/// A pair that is being read.
fn read_now() -> (World, model::PairId) {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.step(id, Event::Woken);
    assert_eq!(world.effects, [Effect::Read]);
    world.now = world.now.plus(10);
    (world, id)
}

#[test]
fn what_is_under_way_is_given_up_after_the_longest_that_it_may_take() {
    let (world, id) = read_now();
    let asked = world.pair(id).reading.unwrap();
    let longest = limit::RETRY_AFTER_MAX_MS + limit::LATENESS_MS;
    assert_eq!(world.pair(id).wake, Some(asked.plus(longest)));
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.edit(id, Side::Jira, TITLE, text("new"));
    planned(&mut world, id, edits(Side::Azure));
    let longest = 2 * limit::RETRY_AFTER_MAX_MS;
    assert_eq!(world.pair(id).wake, Some(world.now.plus(longest)));
}

fn word(world: &mut World, id: model::PairId, revision: u64) {
    let told = Both {
        azure: Revision(revision),
        ..Both::default()
    };
    world.step(id, Event::Told(told));
}

#[test]
fn only_a_new_word_of_a_change_during_a_reading_asks_for_another_one() {
    let (mut world, id) = read_now();
    word(&mut world, id, 50);
    assert!(world.pair(id).owes);
    let (mut world, id) = read_now();
    world.pair_mut(id).told_of.azure = Revision(50);
    word(&mut world, id, 50);
    assert!(!world.pair(id).owes, "it was told before");
}

#[test]
fn a_pair_that_pauses_is_looked_at_when_an_item_changes() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.pair_mut(id).wake = Some(world.now.plus(60_000));
    word(&mut world, id, 50);
    assert_eq!(world.effects, [Effect::Read]);
}

#[test]
fn a_persons_word_waits_for_no_reading_that_is_under_way() {
    let (mut world, id) = read_now();
    world.step(id, Event::Command(Command::Resume));
    assert_eq!(world.effects, [Effect::Read, Effect::Read]);
}

/// A pair that is parked until it is tried again.
fn parked() -> (World, model::PairId) {
    let (mut world, id) = World::linked("latest", Side::Jira);
    let item = world.end(id, Side::Azure);
    world.remote(Side::Azure).items.remove(&item);
    world.step(id, Event::Woken);
    world.advance(60_000);
    assert!(matches!(world.pair(id).phase, Phase::Parked(_)));
    (world, id)
}

#[test]
fn a_parked_pair_stays_parked_when_it_cannot_be_read() {
    let (mut world, id) = parked();
    world.blurs.jira.push_back(Blur::Failed);
    world.step(id, Event::Woken);
    while world.pump() {}
    assert!(world.blurs.jira.is_empty());
    assert!(matches!(world.pair(id).phase, Phase::Parked(_)));
}

#[test]
fn pauses_grow_to_the_longest_and_stay_there() {
    let (mut world, id) = parked();
    let longest = limit::RETRY_AFTER_MS.into_iter().max();
    for failures in [5, 6, 200] {
        world.pair_mut(id).retry.failures = failures;
        world.step(id, Event::Woken);
        while world.pump() {}
        let pause = world.pair(id).wake.map(|wake| wake.since(world.now));
        assert_eq!(pause, longest, "{failures}");
    }
}
