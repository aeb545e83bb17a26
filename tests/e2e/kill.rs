//! The node is killed again and again while people work on both sides.

use std::fs;
use std::time::Duration;

use model::Side;
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use sync::Note;
use tests::environment;
use tests::harness::{Plan, World, counts, pause};
use tests::rows;

/// Items on each side.
const ITEMS: u32 = 100;
/// How long the node lives after its start, in milliseconds.
const LIFE_MS: std::ops::Range<u64> = 50..1_500;

/// `COUNTERPART_SEED` names another seed than the test's own.
fn seed() -> u64 {
    let named = std::env::var("COUNTERPART_SEED").ok();
    named.map_or(9, |text| {
        text.parse().expect("COUNTERPART_SEED is a number")
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_killed_at_random_moments_doubles_nothing_and_loses_nothing() {
    let plan = Plan {
        log: "info,storage::store=trace",
        ..Plan::new(ITEMS, seed())
    };
    let mut random = SmallRng::seed_from_u64(plan.seed);
    let mut world = World::begin(plan).await;
    // Real remotes take their time to answer; without that, a kill would hardly ever meet a write under way.
    let slow =
        json!([{ "match": { "method": "POST" }, "fault": "latency", "p": 0.7, "delay_ms": 120 }]);
    world.fault_both(slow).await;
    let crowd = world.crowd();
    let kills = environment::amount(30, 300);
    for kill in 0..kills {
        world.spawn();
        pause(random.random_range(LIFE_MS)).await;
        assert!(
            world.kill(),
            "before kill {kill} the node ended by itself\n{}",
            world.tail()
        );
    }
    let edits = crowd.rest().await;
    world.start().await;
    let comparison = world.in_step(Duration::from_secs(120)).await;
    let doubled = world.doubled().await;
    assert!(doubled.is_empty(), "created more than once: {doubled:?}");
    assert!(
        comparison.pairs >= 2 * ITEMS as usize,
        "{} pairs",
        comparison.pairs
    );
    let (status, _) = world.terminate().await;
    assert_eq!(status.code(), Some(0), "{}", world.tail());
    is_sound(&world).await;
    let starts = history_is_kept(&world);
    assert!(
        starts > kills / 2,
        "only {starts} of {kills} starts opened the store"
    );
    let (creates, comments) = world.marked().await;
    assert_eq!(creates, comparison.pairs as u64, "creates with markers");
    let found = rows::noted(&world.store(), |note| {
        matches!(note, Note::Linked { found: true, .. })
    });
    eprintln!(
        "seed {}: {kills} kills, {edits} edits, {creates} creates, {found} of them found by marker, {comments} comments, \
         {starts} opens",
        world.plan.seed
    );
    world.end();
}

/// `fsck` finds nothing.
async fn is_sound(world: &World) {
    let checked = world.run(&["fsck"]).await;
    assert_eq!(checked.code, Some(0), "{checked:?}");
    let report = checked.json();
    assert_eq!(report["ok"], true, "{report:#}");
    assert_eq!(
        report["tenants"][0]["findings"],
        Value::Array(Vec::new()),
        "{report:#}"
    );
}

/// No start recovers less than what had been acknowledged, and the incarnation rises. Gives the number of starts that came
/// so far as to open the store.
fn history_is_kept(world: &World) -> usize {
    let text = fs::read(world.log()).expect("the node's log");
    let text = String::from_utf8_lossy(&text);
    let (mut acknowledged, mut incarnation, mut starts) = (0, 0, 0);
    // A kill may tear the last line of a log.
    for line in text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
    {
        let fields = &line["fields"];
        let number = |name: &str| {
            fields[name]
                .as_u64()
                .unwrap_or_else(|| panic!("no {name}: {line}"))
        };
        match fields["message"].as_str() {
            Some("acknowledged") => acknowledged = acknowledged.max(number("lsn")),
            Some("the store is open") => {
                let recovered = number("lsn");
                assert!(
                    recovered >= acknowledged,
                    "start {starts} recovered record {recovered}, but {acknowledged} had been acknowledged"
                );
                assert!(
                    number("incarnation") > incarnation,
                    "the incarnation does not rise: {line}"
                );
                incarnation = number("incarnation");
                starts += 1;
            }
            _ => {}
        }
    }
    assert!(acknowledged > 0, "no commit was acknowledged");
    starts
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_between_a_create_and_its_answer_leaves_one_item() {
    let mut world = World::begin(Plan::new(20, seed())).await;
    // Answers come so late that every kill meets creates that were applied and not yet answered.
    let slow =
        json!([{ "match": { "method": "POST" }, "fault": "latency", "p": 1.0, "delay_ms": 700 }]);
    world.fault_both(slow).await;
    for _ in 0..environment::amount(4, 40) {
        world.spawn();
        let before = world.marked().await.0;
        let since = std::time::Instant::now();
        while world.marked().await.0 == before && since.elapsed() < Duration::from_secs(6) {
            pause(20).await;
        }
        assert!(world.kill(), "the node ended by itself\n{}", world.tail());
    }
    world.fault_both(json!([])).await;
    world.start().await;
    world.in_step(Duration::from_secs(90)).await;
    for side in Side::BOTH {
        let ledger = world.ledger(side).await;
        let doubled: Vec<_> = counts(&ledger, "creates")
            .filter(|(_, count)| *count > 1)
            .collect();
        assert!(
            doubled.is_empty(),
            "created more than once on {side}: {doubled:?}"
        );
    }
    world.kill();
    let found = rows::noted(&world.store(), |note| {
        matches!(note, Note::Linked { found: true, .. })
    });
    eprintln!("kills amid creates: {found} creates were found by their marker");
    assert!(found > 0, "no kill met a create");
    world.end();
}
