//! Links from one item's text to another item: they lead to the twin, and nothing of that is a change.

use std::sync::Arc;

use model::{Both, PairId, Revision, Side, Value};
use proptest::prelude::*;
use serde_json::json;

use super::remote::rich;
use super::world::{Fault, Job, TEXT, World, address, cases, seed};
use crate::Outcome;
use crate::event::{Command, Event};
use crate::note::Note;

/// A text of that side: words and links, each its own text.
fn text(side: Side, words: &str, links: &[String]) -> Value {
    match side {
        Side::Jira => {
            let link = |url: &String| json!({ "type": "text", "text": url, "marks": [{ "type": "link", "attrs": { "href": url } }] });
            let mut content = vec![json!({ "type": "text", "text": words })];
            for url in links {
                content.extend([link(url), json!({ "type": "text", "text": "." })]);
            }
            let line = json!({ "type": "paragraph", "content": content });
            Value::Adf(json!({ "type": "doc", "version": 1, "content": [line] }))
        }
        Side::Azure => {
            let link = |url: &String| format!("<a href=\"{url}\">{url}</a>.");
            let links: String = links.iter().map(link).collect();
            Value::Html(format!("<p>{words}{links}</p>"))
        }
    }
}

/// A text of that side that ends in a link.
fn see(side: Side, words: &str, url: &str) -> Value {
    text(side, words, &[url.to_owned()])
}

/// The address of the pair's item on that side.
fn url(world: &World, id: PairId, side: Side) -> String {
    address(side, &world.item(id, side).key)
}

fn assert_text(world: &World, id: PairId, side: Side, expected: &Value) {
    let found = world.value(id, side, TEXT);
    let digest = |value: &Value| world.digest(TEXT, side, value);
    let shown = |value: &Value| match value {
        Value::Adf(tree) => tree.to_string(),
        Value::Html(html) => html.clone(),
        other => format!("{other:?}"),
    };
    assert_eq!(
        digest(found),
        digest(expected),
        "{} and not {}",
        shown(found),
        shown(expected)
    );
}

#[test]
fn an_image_without_an_address_leads_to_the_item_that_shows_it() {
    let (mut world, id) = World::linked("latest", Side::Azure);
    let media =
        json!({ "type": "media", "attrs": { "type": "file", "id": "f00d", "collection": "" } });
    let image =
        json!({ "type": "mediaSingle", "attrs": { "layout": "center" }, "content": [media] });
    let content = json!({ "type": "doc", "version": 1, "content": [image] });
    world.edit(id, Side::Jira, TEXT, Value::Adf(content));
    world.settle();
    let Value::Html(html) = world.value(id, Side::Azure, TEXT) else {
        panic!("no text was carried");
    };
    assert!(html.contains(&url(&world, id, Side::Jira)), "{html}");
}

/// Nothing is written any more, however often both items of every pair are looked at.
fn assert_rests(world: &mut World) {
    for side in Side::BOTH {
        world.remote(side).writes.clear();
    }
    world.notes.clear();
    let all: Vec<PairId> = world.pairs.keys().copied().collect();
    for _ in 0..3 {
        for id in &all {
            world.activate_for(*id);
            world.step(*id, Event::Command(Command::Resync));
        }
        world.settle();
    }
    for side in Side::BOTH {
        let writes = world.remote(side).writes.clone();
        assert!(writes.is_empty(), "{writes:?} on {side}");
    }
    let told = |note: &&Note| matches!(note, Note::Conflict { .. } | Note::ConflictWaits { .. });
    assert_eq!(world.notes.iter().find(told), None);
}

/// A world with two pairs in step.
fn two(policy: &str) -> (World, PairId, PairId) {
    let (mut world, one) = World::linked(policy, Side::Jira);
    let other = world.begin(Side::Azure);
    world.settle();
    (world, one, other)
}

#[test]
fn a_link_to_an_item_leads_to_its_twin_on_the_other_side() {
    for from in Side::BOTH {
        let (mut world, one, other) = two("latest");
        let link = Both::of(|side| url(&world, other, side));
        let words = see(from, "see ", link.get(from));
        world.edit(one, from, TEXT, words);
        world.quiet();
        let far = from.other();
        assert_text(&world, one, far, &see(far, "see ", link.get(far)));
        assert_rests(&mut world);
    }
}

#[test]
fn an_edit_on_the_other_side_gives_the_first_text_its_own_links_again() {
    for from in Side::BOTH {
        let (mut world, one, other) = two("latest");
        let link = Both::of(|side| url(&world, other, side));
        world.edit(one, from, TEXT, see(from, "see ", link.get(from)));
        world.quiet();
        let far = from.other();
        world.edit(one, far, TEXT, see(far, "do see ", link.get(far)));
        world.quiet();
        assert_text(&world, one, from, &see(from, "do see ", link.get(from)));
        assert_rests(&mut world);
    }
}

#[test]
fn a_link_in_a_comment_leads_to_the_twin() {
    for from in Side::BOTH {
        let (mut world, one, other) = two("latest");
        let link = Both::of(|side| url(&world, other, side));
        let said = see(from, "see ", link.get(from));
        world.remark(one, from, said);
        world.quiet();
        let far = from.other();
        let comments = world.item(one, far).comments.clone().unwrap();
        let shown = match &comments.last().unwrap().body {
            Value::Adf(tree) => tree.to_string(),
            Value::Html(html) => html.clone(),
            other => panic!("{other:?}"),
        };
        assert!(shown.contains(&format!("\"{}\"", link.get(far))), "{shown}");
        assert!(
            !shown.contains(&format!("\"{}\"", link.get(from))),
            "{shown}"
        );
        assert_rests(&mut world);
    }
}

#[test]
fn a_twin_that_is_found_later_changes_nothing_until_the_text_is_edited() {
    for from in Side::BOTH {
        let (mut world, one) = World::linked("latest", Side::Jira);
        let far = from.other();
        // Nobody has heard of the new item yet.
        let other = world.begin(from);
        world.remote(from).feed.clear();
        let own = address(from, &world.remotes.get(from).item(other.item).key);
        world.edit(one, from, TEXT, see(from, "see ", &own));
        world.quiet();
        assert_text(&world, one, far, &see(far, "see ", &own));
        world.settle();
        assert!(world.pair(other).is_linked());
        assert_text(&world, one, far, &see(far, "see ", &own));
        assert_rests(&mut world);
        world.edit(one, from, TEXT, see(from, "now see ", &own));
        world.quiet();
        let twin = url(&world, other, far);
        assert_text(&world, one, far, &see(far, "now see ", &twin));
        assert_rests(&mut world);
    }
}

#[test]
fn a_link_that_was_not_known_yet_stays_the_originals_own_when_the_other_side_is_edited() {
    let (mut world, one) = World::linked("latest", Side::Jira);
    let other = world.begin(Side::Jira);
    world.remote(Side::Jira).feed.clear();
    let own = address(Side::Jira, &world.remotes.jira.item(other.item).key);
    world.edit(one, Side::Jira, TEXT, see(Side::Jira, "see ", &own));
    world.quiet();
    world.settle();
    world.edit(one, Side::Azure, TEXT, see(Side::Azure, "do see ", &own));
    world.quiet();
    assert_text(&world, one, Side::Jira, &see(Side::Jira, "do see ", &own));
    assert_rests(&mut world);
}

#[test]
fn a_conflict_that_waits_is_settled_by_the_twins_own_text() {
    let (mut world, one, other) = two("manual");
    let link = Both::of(|side| url(&world, other, side));
    for side in Side::BOTH {
        world.edit(one, side, TEXT, rich(side, &format!("{side} alone")));
    }
    world.quiet();
    assert!(!world.pair(one).waiting.is_empty());
    // A person brings both sides to say the same, each with a link of its own.
    for side in Side::BOTH {
        world.edit(one, side, TEXT, see(side, "see ", link.get(side)));
    }
    world.quiet();
    assert!(world.pair(one).waiting.is_empty());
    assert_rests(&mut world);
}

#[test]
fn a_profile_that_goes_one_way_rewrites_links_that_way_only() {
    let mut world = World::one_way("to-azure");
    let (one, other) = (world.begin(Side::Jira), world.begin(Side::Jira));
    world.settle();
    let link = Both::of(|side| url(&world, other, side));
    world.edit(one, Side::Jira, TEXT, see(Side::Jira, "see ", &link.jira));
    world.quiet();
    assert_text(
        &world,
        one,
        Side::Azure,
        &see(Side::Azure, "see ", &link.azure),
    );
    let theirs = see(Side::Azure, "theirs ", &link.azure);
    world.edit(one, Side::Azure, TEXT, theirs.clone());
    world.quiet();
    assert_text(
        &world,
        one,
        Side::Jira,
        &see(Side::Jira, "see ", &link.jira),
    );
    assert_text(&world, one, Side::Azure, &theirs);
}

#[test]
fn after_a_loss_of_history_links_are_no_conflict_in_whatever_order_the_pairs_are_found() {
    for policy in ["latest", "manual"] {
        for last in 0..2 {
            let (mut world, one, other) = two(policy);
            let link = Both::of(|side| url(&world, other, side));
            let back = Both::of(|side| url(&world, one, side));
            world.edit(one, Side::Jira, TEXT, see(Side::Jira, "see ", &link.jira));
            world.edit(
                other,
                Side::Azure,
                TEXT,
                see(Side::Azure, "see ", &back.azure),
            );
            world.settle();
            let before =
                [one, other].map(|id| Both::of(|side| world.value(id, side, TEXT).clone()));
            let twins =
                [one, other].map(|id| (id.origin.other(), world.end(id, id.origin.other())));
            world.lose_history();
            // The twin of one pair is met before anybody has heard of the other.
            for at in [last, 1 - last] {
                let (side, item) = twins[at];
                world.hint(side, item, Revision(1));
                while world.pump() {}
            }
            world.may_create = true;
            world.settle();
            assert_rests(&mut world);
            for (id, texts) in [one, other].into_iter().zip(&before) {
                for side in Side::BOTH {
                    assert_text(&world, id, side, texts.get(side));
                }
            }
        }
    }
}

#[test]
fn a_text_that_was_agreed_and_then_leads_elsewhere_is_carried() {
    for from in Side::BOTH {
        let (mut world, one, other) = two("latest");
        let far = from.other();
        for id in [other, one] {
            let link = Both::of(|side| url(&world, id, side));
            world.edit(one, from, TEXT, see(from, "see ", link.get(from)));
            world.quiet();
            assert_text(&world, one, far, &see(far, "see ", link.get(far)));
        }
        assert_rests(&mut world);
    }
}

#[test]
fn a_text_that_leads_elsewhere_than_its_twins_is_carried_though_only_its_beginning_is_known() {
    let (mut world, one, other) = two("latest");
    let new = world.begin(Side::Jira);
    world.feeds();
    while !world.pairs.get(&new).is_some_and(|pair| pair.is_linked()) {
        for job in &mut world.jobs {
            keep_back(job);
        }
        assert!(world.pump());
    }
    let link = [one, other].map(|id| Both::of(|side| url(&world, id, side)));
    for (side, link) in [(Side::Jira, &link[0]), (Side::Azure, &link[1])] {
        world.edit(new, side, TEXT, see(side, "see ", link.get(side)));
    }
    world.quiet();
    for side in Side::BOTH {
        assert_text(&world, new, side, &see(side, "see ", link[0].get(side)));
    }
    assert_rests(&mut world);
}

/// An answer that is about to be heard tells no more of an item than which one it is.
fn keep_back(job: &mut Job) {
    if let Job::Tell(_, event, _) = job
        && let Event::Finished {
            outcome: Outcome::Applied(receipt),
            ..
        } = Arc::make_mut(event)
    {
        receipt.returned = None;
    }
}

/// One thing that happens.
#[derive(Clone, Debug)]
enum Op {
    /// A person makes an item.
    Begin(Side),
    /// A person writes a text that leads to these items, each named by its own or its twin's address.
    Write(usize, Side, Vec<(usize, Side)>),
    Feeds,
    Pump(u8),
    Advance(i64),
    Crash,
    Fault(Fault),
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Jira), Just(Side::Azure)]
}

fn op() -> impl Strategy<Value = Op> {
    let links = proptest::collection::vec((0_usize..4, side()), 0..3);
    let fault = prop_oneof![
        Just(Fault::Lost),
        Just(Fault::Dropped),
        Just(Fault::NotSent),
        Just(Fault::Stale),
        Just(Fault::Crash),
        (0_i64..119_000).prop_map(Fault::Late),
    ];
    prop_oneof![
        2 => side().prop_map(Op::Begin),
        8 => (0_usize..4, side(), links).prop_map(|(at, side, links)| Op::Write(at, side, links)),
        4 => Just(Op::Feeds),
        6 => (1_u8..6).prop_map(Op::Pump),
        1 => (1_i64..150_000).prop_map(Op::Advance),
        1 => Just(Op::Crash),
        1 => fault.prop_map(Op::Fault),
    ]
}

/// The address of a pair's item on that side, or of the one that there is.
fn known(world: &World, id: PairId, side: Side) -> String {
    let twin = world.pairs.get(&id).and_then(|pair| pair.item(side));
    let (side, item) = twin.map_or((id.origin, id.item), |item| (side, item));
    address(side, &world.remotes.get(side).item(item).key)
}

fn happen(world: &mut World, ids: &mut Vec<PairId>, number: usize, op: &Op) {
    match op {
        Op::Begin(side) if ids.len() < 4 => ids.push(world.begin(*side)),
        Op::Begin(_) | Op::Feeds => world.feeds(),
        Op::Write(at, side, links) => {
            let id = ids[at % ids.len()];
            let links = links.iter();
            let links: Vec<String> = links
                .map(|(to, of)| known(world, ids[to % ids.len()], *of))
                .collect();
            let linked = world.pairs.get(&id).is_some_and(|pair| pair.is_linked());
            if linked {
                world.edit(
                    id,
                    *side,
                    TEXT,
                    text(*side, &format!("words {number} "), &links),
                );
            }
        }
        Op::Pump(times) => {
            for _ in 0..*times {
                world.pump();
            }
        }
        Op::Advance(by) => world.advance(*by),
        Op::Crash => world.crash(),
        Op::Fault(fault) => world.faults.push_back(*fault),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases() / 4, rng_seed: seed(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn links_never_play_ping_pong(
        policy in prop_oneof![Just("latest"), Just("jira"), Just("azure"), Just("manual")],
        origin in side(),
        ops in proptest::collection::vec(op(), 1..60),
    ) {
        let (mut world, first) = World::linked(policy, origin);
        let mut ids = vec![first];
        for (number, op) in ops.iter().enumerate() {
            happen(&mut world, &mut ids, number, op);
        }
        world.settle();
        if policy != "manual" {
            ids.iter().for_each(|id| world.assert_in_step(*id));
        }
        assert_rests(&mut world);
    }
}
