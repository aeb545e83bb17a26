//! Outcomes that come late, from elsewhere or for nothing, and what is refused.

use model::{
    CommentId, CommentMarker, ItemId, ItemKey, PairId, Problem, Side, limit, problem::Code,
};

use super::remote::{choice, set, text};
use super::world::{Fault, LABELS, STATE, TITLE, World, edits, finish, planned};
use crate::effect::CommentRef;
use crate::event::Event;
use crate::intent::{Intent, Kind};
use crate::note::Note;
use crate::pair::Phase;
use crate::{Hindrance, Outcome, Receipt, Refusal};

fn creates(intent: &Intent) -> bool {
    matches!(intent.kind, Kind::Create { .. })
}

/// A write arrived at that item.
fn arrived(item: ItemId) -> Outcome {
    Outcome::Applied(Receipt {
        item: Some(item),
        key: ItemKey::new("KEY-7"),
        ..Receipt::default()
    })
}

fn refused(fields: &[&str], code: Option<&str>) -> Outcome {
    Outcome::Refused(Refusal::Fields {
        fields: fields.iter().map(|field| (*field).to_owned()).collect(),
        code: code.map(str::to_owned),
    })
}

fn field_refused(side: Side, subject: &str) -> Problem {
    Problem::new(Code::FieldRefused).on(side).about(subject)
}

fn contradictions(world: &World) -> usize {
    let told = |note: &&Note| matches!(note, Note::Contradiction { .. });
    world.notes.iter().filter(told).count()
}

/// A new item whose create is planned and, when asked for, on its way.
fn creating(origin: Side, sent: bool) -> (World, PairId, u64) {
    let mut world = World::new("latest");
    let id = world.begin(origin);
    world.edit_source(id, LABELS, set(&["x"]));
    let intent = planned(&mut world, id, creates);
    if sent {
        world.step(id, Event::Sending { intent });
    }
    (world, id, intent)
}

#[test]
fn a_late_answer_is_told_only_when_it_names_another_twin() {
    for origin in Side::BOTH {
        let (mut world, id) = World::linked("latest", origin);
        let far = origin.other();
        // The source is named by the answer to a write on its own side.
        for item in [world.end(id, far), id.item] {
            finish(&mut world, id, 1, arrived(item));
            assert!(world.pair(id).problems.is_empty(), "{origin} {item:?}");
        }
        finish(&mut world, id, 1, arrived(ItemId(77)));
        let told = Problem::new(Code::Duplicate).on(far).about("KEY-7");
        assert_eq!(world.pair(id).problems, [told].into());
        world.edit(id, origin, TITLE, text("goes on"));
        world.quiet();
        assert_eq!(world.value(id, far, TITLE), &text("goes on"));
    }
}

#[test]
fn an_answer_to_what_was_never_sent_is_not_believed() {
    let (mut world, id, create) = creating(Side::Jira, false);
    let before = world.pair(id).clone();
    for outcome in [arrived(ItemId(77)), refused(&[], None), Outcome::Unknown] {
        finish(&mut world, id, create, outcome);
        assert_eq!(world.pair(id), &before);
    }
    assert_eq!(contradictions(&world), 3);
    world.settle();
    world.assert_in_step(id);
}

#[test]
fn what_could_not_even_be_marked_as_sent_is_planned_again() {
    let (mut world, id, create) = creating(Side::Jira, false);
    let hindrance = Outcome::NotSent(Hindrance::Withheld);
    finish(&mut world, id, create, hindrance);
    assert!(!world.pair(id).is_open());
    assert_eq!(contradictions(&world), 0);
    world.advance(limit::RETRY_AFTER_MS[0]);
    assert!(world.pair(id).is_linked());
    world.settle();
    world.assert_in_step(id);
}

#[test]
fn an_answer_from_another_life_makes_a_doubt_of_a_create() {
    let (mut world, id, create) = creating(Side::Jira, true);
    let former = world.incarnation;
    world.incarnation += 1;
    let event = Event::Finished {
        intent: create,
        incarnation: former,
        outcome: arrived(ItemId(77)),
    };
    world.step(id, event);
    assert_eq!(world.pair(id).phase, Phase::Doubtful);
    assert_eq!(contradictions(&world), 0);
    // The sending was of the other life too, so no answer of this one can be to it.
    finish(&mut world, id, create, arrived(ItemId(77)));
    assert_eq!(world.pair(id).phase, Phase::Doubtful);
    assert_eq!(contradictions(&world), 1);
    world.settle();
    world.assert_in_step(id);
}

#[test]
fn an_answer_from_another_life_to_an_edit_changes_nothing() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.edit(id, Side::Jira, TITLE, text("changed"));
    let intent = planned(&mut world, id, edits(Side::Azure));
    let before = world.pair(id).clone();
    let event = Event::Finished {
        intent,
        incarnation: world.incarnation + 1,
        outcome: arrived(world.end(id, Side::Azure)),
    };
    world.step(id, event);
    assert_eq!(world.pair(id), &before);
    assert_eq!(contradictions(&world), 1);
}

#[test]
fn a_write_that_is_refused_as_stale_is_made_again_at_once_three_times() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.faults.extend([Fault::Stale; 8]);
    world.edit(id, Side::Jira, TITLE, text("changed"));
    world.quiet();
    assert_eq!(world.faults.len(), 4);
    world.faults.clear();
    world.advance(limit::RETRY_AFTER_MS[3]);
    assert_eq!(world.value(id, Side::Azure, TITLE), &text("changed"));
    world.assert_in_step(id);
}

#[test]
fn an_item_that_takes_no_more_revisions_is_told_and_left_alone() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.edit(id, Side::Jira, TITLE, text("changed"));
    let edit = planned(&mut world, id, edits(Side::Azure));
    world.effects.clear();
    finish(&mut world, id, edit, Outcome::Refused(Refusal::Full));
    let told = field_refused(Side::Azure, "limit");
    assert_eq!(world.pair(id).problems, [told].into());
    assert!(matches!(world.pair(id).phase, Phase::Parked(_)));
    assert_eq!(world.effects, []);
}

fn original(marker: CommentMarker) -> CommentRef {
    CommentRef {
        side: marker.side,
        id: marker.comment,
    }
}

fn twins(world: &World, id: PairId, marker: CommentMarker) -> usize {
    let side = marker.side.other();
    let item = world.end(id, side);
    world.remotes.get(side).twins(item, marker).len()
}

#[test]
fn an_item_that_takes_no_more_comments_holds_up_nothing_else() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    let ours = ["one", "two"].map(|body| world.comment(id, Side::Jira, body));
    let theirs = world.comment(id, Side::Azure, "back");
    let edit = planned(&mut world, id, edits(Side::Azure));
    finish(&mut world, id, edit, Outcome::Refused(Refusal::Full));
    let muted: Vec<_> = world.pair(id).muted.keys().copied().collect();
    assert_eq!(muted, ours.map(original));
    world.edit(id, Side::Jira, TITLE, text("goes on"));
    world.quiet();
    assert_eq!(world.value(id, Side::Azure, TITLE), &text("goes on"));
    assert_eq!(twins(&world, id, theirs), 1);
    assert_eq!(ours.map(|marker| twins(&world, id, marker)), [0; 2]);
    let told = field_refused(Side::Azure, "comment");
    assert_eq!(world.pair(id).problems, [told].into());
    world.settle();
    world.assert_in_step(id);
}

#[test]
fn no_more_comments_are_left_out_than_two_items_can_hold() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.comment(id, Side::Jira, "one too many");
    let edit = planned(&mut world, id, edits(Side::Azure));
    let until = world.now.plus(limit::REFUSED_MS);
    let bound = 2 * limit::COMMENTS_PER_ITEM;
    let all = (1..).take(bound).map(|number| CommentRef {
        side: Side::Azure,
        id: CommentId(number),
    });
    let muted = all.map(|comment| (comment, until)).collect();
    world.pair_mut(id).muted = muted;
    world.effects.clear();
    finish(&mut world, id, edit, Outcome::Refused(Refusal::Full));
    assert_eq!(world.pair(id).muted.len(), bound);
    assert!(
        world.effects.is_empty(),
        "it would be refused again at once"
    );
    assert!(world.pair(id).wake > Some(world.now));
}

#[test]
fn a_comment_that_is_named_as_refused_is_left_out_of_the_next_patch() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.edit(id, Side::Jira, TITLE, text("goes on"));
    let marker = world.comment(id, Side::Jira, "refused");
    let edit = planned(&mut world, id, edits(Side::Azure));
    let outcome = refused(&["System.History"], None);
    finish(&mut world, id, edit, outcome);
    world.quiet();
    assert_eq!(world.value(id, Side::Azure, TITLE), &text("goes on"));
    assert_eq!(twins(&world, id, marker), 0);
    let told = field_refused(Side::Azure, "comment");
    assert_eq!(world.pair(id).problems, [told].into());
    world.advance(limit::REFUSED_MS + 1_000);
    assert_eq!(twins(&world, id, marker), 1);
    world.assert_in_step(id);
}

#[test]
fn a_create_that_is_refused_for_its_title_or_for_nothing_named_waits() {
    for (outcome, subject) in [
        (refused(&[TITLE.azure], None), TITLE.azure),
        (refused(&[], Some("TF401320")), "TF401320"),
    ] {
        let (mut world, id, create) = creating(Side::Jira, true);
        world.effects.clear();
        finish(&mut world, id, create, outcome);
        let told = field_refused(Side::Azure, subject);
        assert_eq!(world.pair(id).problems, [told].into());
        assert!(matches!(world.pair(id).phase, Phase::Parked(_)));
        assert_eq!(world.effects, [], "{subject}");
        world.settle();
        world.assert_in_step(id);
        assert!(world.pair(id).problems.is_empty());
    }
}

#[test]
fn a_field_that_a_create_left_out_is_told_once() {
    let mut world = World::new("latest");
    let labels = LABELS.azure.to_owned();
    world.remote(Side::Azure).forbidden.insert(labels);
    let id = world.begin(Side::Jira);
    world.edit_source(id, LABELS, set(&["x"]));
    world.quiet();
    assert!(world.pair(id).is_linked());
    let told = field_refused(Side::Azure, "labels");
    let told_of = |note: &&Note| matches!(note, Note::Problem(_) | Note::Healed);
    let notes: Vec<_> = world.notes.iter().filter(told_of).collect();
    assert_eq!(notes, [&Note::Problem(told)]);
}

#[test]
fn a_link_that_is_refused_is_not_left_again_at_once() {
    let mut world = World::new("latest");
    let id = world.begin(Side::Jira);
    let is_link = |intent: &Intent| intent.kind == Kind::Link;
    let link = planned(&mut world, id, is_link);
    world.effects.clear();
    let outcome = refused(&[], Some("ACCESS"));
    finish(&mut world, id, link, outcome);
    assert_eq!(world.effects, []);
    let told = field_refused(Side::Jira, "ACCESS");
    assert_eq!(world.pair(id).problems, [told].into());
    world.settle();
    assert!(world.pair(id).linked_back);
    world.assert_in_step(id);
}

#[test]
fn a_move_whose_answer_comes_before_it_was_sent_is_made_all_the_same() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.edit(id, Side::Azure, STATE, choice("Closed"));
    let moves = |intent: &Intent| matches!(intent.kind, Kind::Transition { .. });
    let intent = planned(&mut world, id, moves);
    let item = world.end(id, Side::Jira);
    finish(&mut world, id, intent, arrived(item));
    assert_eq!(contradictions(&world), 1);
    world.settle();
    assert_eq!(world.value(id, Side::Jira, STATE), &choice("Done"));
    world.assert_in_step(id);
}
