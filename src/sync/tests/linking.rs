//! How an item gets its counterpart: what a create sends, what keeps it from being made, and whose twin is met.

use model::{Both, Item, PairId, Problem, Revision, Side, problem::Code};

use super::remote::{choice, set, text};
use super::world::{Blur, Fault, LABELS, PRIORITY, STATE, TITLE, World, finish};
use crate::effect::{Body, Create, Effect, Write};
use crate::event::Event;
use crate::note::Note;
use crate::pair::Phase;
use crate::{Outcome, Receipt};

/// The creates that were asked for.
fn creates(world: &World) -> Vec<Create> {
    let create = |effect: &Effect| match effect {
        Effect::Write(Write {
            body: Body::Create(create),
            ..
        }) => Some(create.clone()),
        Effect::Write(_) | Effect::Read | Effect::Probe(_) | Effect::HandOver { .. } => None,
    };
    world.effects.iter().filter_map(create).collect()
}

/// The names of the fields that a create sends.
fn sent(create: &Create) -> Vec<&str> {
    let names = create.fields.iter().map(|(name, _)| name.as_str());
    names.collect()
}

fn set_kind(world: &mut World, id: PairId, kind: &str) {
    let now = world.moment();
    let remote = world.remote(id.origin);
    remote.item_mut(id.item).kind = kind.to_owned();
    remote.touch(id.item, now);
}

fn codes(world: &World, id: PairId) -> Vec<Code> {
    let problems = world.pair(id).problems.iter();
    problems.map(|problem| problem.code).collect()
}

#[test]
fn a_create_sends_what_has_a_value_and_no_status() {
    for origin in Side::BOTH {
        let mut world = World::new("latest");
        let id = world.begin(origin);
        world.edit_source(id, STATE, choice(STATES.get(origin)));
        world.settle();
        let created = creates(&world);
        let far = origin.other();
        let expected = [*TITLE.get(far), *PRIORITY.get(far)];
        assert_eq!(sent(&created[0]), expected, "{origin}");
        world.assert_in_step(id);
    }
}

/// The last status of each side.
const STATES: Both<&str> = Both {
    jira: "Done",
    azure: "Closed",
};

#[test]
fn what_a_create_loses_on_the_way_is_told_and_nothing_else_of_it() {
    let told = |title: &str| {
        let mut world = World::new("latest");
        let id = world.begin(Side::Azure);
        world.edit_source(id, TITLE, text(title));
        world.feeds();
        while creates(&world).is_empty() {
            assert!(world.pump());
        }
        let carried = |note: &&Note| matches!(note, Note::Carried { .. });
        world.notes.iter().filter(carried).count()
    };
    assert_eq!(told("in one line"), 0);
    assert_eq!(told("in two\nlines"), 1);
}

#[test]
fn a_type_without_a_twin_is_told_once_and_linked_when_it_has_one() {
    for origin in Side::BOTH {
        let mut world = World::new("latest");
        let id = world.begin(origin);
        let kind = world.remotes.get(origin).item(id.item).kind.clone();
        set_kind(&mut world, id, "Epic");
        world.quiet();
        let unmapped = Problem::new(Code::TypeUnmapped).on(origin).about("Epic");
        assert_eq!(world.pair(id).problems, [unmapped.clone()].into());
        let revision = world.remotes.get(origin).item(id.item).revision;
        assert!(world.pair(id).has_seen(origin, revision));
        world.settle();
        let told = world
            .notes
            .iter()
            .filter(|note| **note == Note::Problem(unmapped.clone()));
        assert_eq!(told.count(), 1);
        set_kind(&mut world, id, &kind);
        world.settle();
        world.assert_in_step(id);
        assert!(world.pair(id).problems.is_empty());
    }
}

#[test]
fn a_title_that_does_not_fit_keeps_the_create_back_and_any_other_field_does_not() {
    let long = "x".repeat(300);
    let mut world = World::new("latest");
    let id = world.begin(Side::Jira);
    world.edit_source(id, TITLE, text(&long));
    world.settle();
    assert_eq!(codes(&world, id), [Code::TooLong]);
    assert!(creates(&world).is_empty());
    world.edit_source(id, TITLE, text("short"));
    world.settle();
    world.assert_in_step(id);

    let mut world = World::new("latest");
    let id = world.begin(Side::Jira);
    world.edit_source(id, LABELS, set(&[&long]));
    world.settle();
    assert_eq!(creates(&world).len(), 1);
    assert!(world.pair(id).is_linked());
}

/// A copy of the title in a field of its own.
const COPY: &str = r#"
[[field]]
jira = "summary"
azure = "Custom.JiraTitle"
name = "copy"
direction = "to-azure"
"#;

#[test]
fn a_copy_of_the_title_that_is_refused_is_left_out_and_the_title_itself_is_not() {
    for (refused, linked) in [("Custom.JiraTitle", true), ("System.Title", false)] {
        let mut world = World::with(COPY);
        let id = world.begin(Side::Jira);
        let remote = world.remote(Side::Azure);
        remote.forbidden.insert(refused.to_owned());
        world.quiet();
        assert_eq!(world.pair(id).is_linked(), linked, "{refused}");
        assert_eq!(codes(&world, id), [Code::FieldRefused], "{refused}");
    }
}

/// A world in which the answer of a create is on its way.
fn created(origin: Side) -> (World, PairId, u64) {
    let mut world = World::new("latest");
    let id = world.begin(origin);
    world.faults.push_back(Fault::Lost);
    world.feeds();
    while world.remotes.get(origin.other()).items.is_empty() {
        assert!(world.pump());
    }
    world.forget_jobs();
    let intent = world.pair(id).intents[0].number;
    (world, id, intent)
}

fn answered(world: &mut World, id: PairId, intent: u64, item: &Item) {
    let receipt = Receipt {
        item: Some(item.id),
        key: Some(item.key.clone()),
        revision: Some(item.revision),
        returned: Some(Box::new(item.clone())),
        ..Receipt::default()
    };
    finish(world, id, intent, Outcome::Applied(receipt));
}

fn twin(world: &World, id: PairId) -> Item {
    let far = world.remotes.get(id.origin.other());
    Item::clone(far.items.values().next().unwrap())
}

#[test]
fn what_a_create_itself_reports_is_our_writing_and_what_is_met_later_need_not_be() {
    for origin in Side::BOTH {
        let (mut world, id, intent) = created(origin);
        let item = twin(&world, id);
        let mut met = world.clone();
        answered(&mut world, id, intent, &item);
        let end = world.pair(id).ends.get(origin.other()).clone().unwrap();
        assert_eq!(end.written, item.revision);

        met.step(id, Event::Adopted(Box::new(item)));
        let end = met.pair(id).ends.get(origin.other()).clone().unwrap();
        assert_eq!(end.written, Revision(0));
        let found = |note: &Note| matches!(note, Note::Linked { found: true, .. });
        assert!(met.notes.iter().any(found));
    }
}

#[test]
fn a_twin_that_was_met_before_its_create_was_answered_is_no_duplicate() {
    let (mut world, id, intent) = created(Side::Jira);
    let item = twin(&world, id);
    world.step(id, Event::Adopted(Box::new(item.clone())));
    answered(&mut world, id, intent, &item);
    world.settle();
    world.assert_in_step(id);
    assert!(world.pair(id).problems.is_empty());
}

/// Another item with the pair's marker.
fn surplus(world: &mut World, id: PairId) -> Item {
    let (far, marker) = (id.origin.other(), world.marker(id));
    let now = world.moment();
    let title = vec![(TITLE.get(far).to_string(), text("again"))];
    let item = world.remote(far).create(now, title, Some(marker));
    world.remotes.get(far).item(item).clone()
}

#[test]
fn a_second_item_with_the_marker_is_told_by_its_key() {
    for origin in Side::BOTH {
        let (mut world, id) = World::linked("latest", origin);
        let other = surplus(&mut world, id);
        world.step(id, Event::Adopted(Box::new(other.clone())));
        let duplicate = Problem::new(Code::Duplicate).on(origin.other());
        let duplicate = duplicate.about(other.key.as_str());
        assert_eq!(world.pair(id).problems, [duplicate].into());
        assert!(world.effects.is_empty(), "a look would tell nothing more");
    }
}

/// No pair is so: a create is closed when its twin is met. Should one be, its twin is not exchanged.
#[test]
fn the_answer_of_a_create_never_exchanges_a_twin_that_is_known() {
    let (mut world, id, intent) = created(Side::Jira);
    let item = twin(&world, id);
    let open = world.pair(id).intents.clone();
    world.step(id, Event::Adopted(Box::new(item.clone())));
    world.pair_mut(id).intents = open;
    let other = surplus(&mut world, id);
    for (answer, told) in [(item.clone(), false), (other, true)] {
        let mut world = world.clone();
        answered(&mut world, id, intent, &answer);
        assert_eq!(world.end(id, Side::Azure), item.id);
        assert_eq!(codes(&world, id).contains(&Code::Duplicate), told);
    }
}

#[test]
fn a_twin_that_is_met_again_is_looked_at_unless_somebody_looks_already() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    let item = world.item(id, Side::Azure).clone();
    let adopt = |world: &mut World| world.step(id, Event::Adopted(Box::new(item.clone())));
    adopt(&mut world);
    assert_eq!(world.effects, [Effect::Read]);
    adopt(&mut world);
    assert_eq!(world.effects.len(), 1, "one reading is enough");
    world.quiet();
    world.effects.clear();
    world.step(id, Event::Command(crate::Command::Park));
    adopt(&mut world);
    assert!(world.effects.is_empty(), "it was set aside");
}

#[test]
fn an_item_that_is_not_the_pairs_twin_is_not_adopted() {
    let (world, id) = World::linked("latest", Side::Jira);
    let twin = world.item(id, Side::Azure).clone();
    let foreign = |change: fn(&mut Item)| {
        let (mut world, mut item) = (world.clone(), twin.clone());
        change(&mut item);
        world.step(id, Event::Adopted(Box::new(item)));
        let is_told = |note: &Note| matches!(note, Note::Contradiction { .. });
        assert!(world.notes.iter().any(is_told));
        assert!(world.effects.is_empty());
    };
    foreign(|item| item.created_by_us = false);
    foreign(|item| item.side = Side::Jira);
    foreign(|item| item.marker = None);
    foreign(|item| {
        item.marker.as_mut().unwrap().profile = model::ProfileName::new("other").unwrap()
    });
}

#[test]
fn a_twin_that_turns_up_ends_the_waiting_for_it_but_not_a_persons_word() {
    let (mut world, id, _) = created(Side::Jira);
    let item = twin(&world, id);
    world.crash();
    world.findings = vec![crate::Finding::Inconclusive; 10_000].into();
    world.advance(30 * 24 * 3_600_000);
    assert_eq!(world.held(), [id]);
    let mut set_aside = world.clone();
    world.step(id, Event::Adopted(Box::new(item.clone())));
    assert_eq!(world.pair(id).phase, Phase::Linked);
    assert!(world.pair(id).problems.is_empty());
    world.settle();
    world.assert_in_step(id);

    set_aside.step(id, Event::Command(crate::Command::Park));
    set_aside.step(id, Event::Adopted(Box::new(item)));
    assert_eq!(set_aside.held(), [id], "a person set it aside");
}

#[test]
fn an_item_of_no_scope_is_no_pair_under_way() {
    let mut world = World::new("latest");
    let id = world.begin(Side::Jira);
    let remote = world.remote(Side::Jira);
    remote.item_mut(id.item).project = "ELSE".to_owned();
    world.quiet();
    assert_eq!(world.pair(id).phase, Phase::Unlinked);
    assert_eq!(world.pair(id).wake, None);
}

/// A pair that waits because its item's type has no twin.
fn unmapped() -> (World, PairId) {
    let mut world = World::new("latest");
    let id = world.begin(Side::Jira);
    set_kind(&mut world, id, "Epic");
    world.quiet();
    assert_eq!(codes(&world, id), [Code::TypeUnmapped]);
    (world, id)
}

#[test]
fn an_item_that_leaves_every_scope_is_waited_for_no_more() {
    let (mut world, id) = unmapped();
    let now = world.moment();
    let remote = world.remote(Side::Jira);
    remote.item_mut(id.item).project = "ELSE".to_owned();
    remote.touch(id.item, now);
    world.quiet();
    assert_eq!(world.pair(id).phase, Phase::Unlinked);
    assert_eq!(world.pair(id).wake, None);
    assert!(world.pair(id).problems.is_empty());
}

#[test]
fn an_item_that_is_gone_before_it_had_a_twin_is_told() {
    let (mut world, id) = unmapped();
    world.remote(Side::Jira).items.remove(&id.item);
    world.step(id, Event::Woken);
    world.advance(6 * 3_600_000);
    assert!(codes(&world, id).contains(&Code::ItemGone));
}

#[test]
fn word_of_a_twin_that_is_handed_over_while_both_are_read_is_not_lost() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.edit(id, Side::Azure, TITLE, text("new"));
    // Another pair was told of it, since this one did not know the twin yet.
    world.remote(Side::Azure).feed.clear();
    world.step(id, Event::Woken);
    let twin = world.item(id, Side::Azure).clone();
    world.step(id, Event::Adopted(Box::new(twin)));
    world.blurs.azure.push_back(Blur::Old(1));
    world.quiet();
    world.advance(60_000);
    assert_eq!(world.value(id, Side::Jira, TITLE), &text("new"));
    world.assert_in_step(id);
}
