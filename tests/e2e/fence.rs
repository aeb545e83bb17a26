//! Two nodes where one should be, and one that was away for longer than anybody waits.

use std::collections::BTreeSet;
use std::time::Duration;

use model::Side;
use serde_json::json;
use tests::environment;
use tests::harness::{Plan, World, counts, pause};

use crate::hand::{Couple, Hand, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_stood_still_past_every_time_out_doubles_nothing_and_loses_nothing() {
    let mut world = World::begin(Plan::new(30, 95)).await;
    let slow =
        json!([{ "match": { "method": "POST" }, "fault": "latency", "p": 1.0, "delay_ms": 500 }]);
    world.fault_both(slow).await;
    let crowd = world.crowd();
    world.start().await;
    // Past the last probe and the search, and in the long programme past the bound of a request too.
    let still = environment::amount(6_000, 75_000);
    for _ in 0..environment::amount(1, 4) {
        let before = world.marked().await.0;
        world
            .until(
                "writes to be under way",
                Duration::from_secs(60),
                || async { world.marked().await.0 > before },
            )
            .await;
        world.signal("STOP");
        pause(still).await;
        world.signal("CONT");
    }
    let edits = crowd.rest().await;
    assert!(edits > 0, "nobody edited anything meanwhile");
    world.fault_both(json!([])).await;
    let comparison = world.in_step(Duration::from_secs(120)).await;
    assert!(comparison.pairs >= 60, "{} pairs", comparison.pairs);
    let doubled = world.doubled().await;
    assert!(doubled.is_empty(), "created more than once: {doubled:?}");
    world.end();
}

/// Markers that both ledgers know more than once.
async fn doubled(world: &World) -> BTreeSet<String> {
    let mut doubled = BTreeSet::new();
    for side in Side::BOTH {
        let ledger = world.ledger(side).await;
        let more = counts(&ledger, "creates").filter(|(_, count)| *count > 1);
        doubled.extend(more.map(|(marker, _)| marker.to_owned()));
    }
    doubled
}

/// The problems of that code which a node knows.
async fn duplicates(world: &World, twin: bool) -> BTreeSet<String> {
    let arguments = ["problems", "--all"];
    let ran = match twin {
        true => world.run_twin(&arguments).await,
        false => world.run(&arguments).await,
    };
    let document = ran.json();
    let problems = document["problems"].as_array().into_iter().flatten();
    problems
        .filter(|problem| problem["code"] == "duplicate")
        .map(|problem| text(&problem["pair"]))
        .collect()
}

/// Nothing keeps two nodes apart that were started from copies of one data directory. This is what follows: new items are
/// doubled, and each double is found by its marker and told.
#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_on_copies_of_one_data_directory_double_new_items_and_tell_each_of_them() {
    let mut world = World::begin(Plan::new(5, 96)).await;
    world.start().await;
    world.in_step(Duration::from_secs(60)).await;
    world.terminate().await;
    world.start_twin().await;
    world.start().await;
    let alice = Hand::at(&world.addresses.jira, "alice");
    let bruno = Hand::at(&world.addresses.azure, "bruno");
    let old = world.items(Side::Jira).await["items"][0]["id"].clone();
    let couple = Couple::of(&world, Side::Jira, &text(&old)).await;
    let edit = json!({ "summary": "Edited under two nodes" });
    alice.set_issue(&couple.issue, edit).await;
    for number in 0..5 {
        let title = json!({ "summary": format!("Seen by both {number}") });
        alice.issue("Story", title).await;
        let title = json!({ "System.Title": format!("Seen by both, too {number}") });
        bruno.work_item("User Story", title).await;
        pause(300).await;
    }
    pause(5_000).await;
    let doubled = doubled(&world).await;
    assert!(!doubled.is_empty(), "something keeps them apart");
    let told = || async {
        let (own, other) = (
            duplicates(&world, false).await,
            duplicates(&world, true).await,
        );
        &own | &other
    };
    let minute = Duration::from_secs(60);
    world
        .until("every double to be told", minute, || async {
            told().await.len() >= doubled.len()
        })
        .await;
    // What was in step before has one twin still.
    world
        .until("the edit to be carried", minute, || async {
            couple.seen_work_item(&world).await["title"] == "Edited under two nodes"
        })
        .await;
    eprintln!(
        "{} of 10 new items were doubled, {} told",
        doubled.len(),
        told().await.len()
    );
    world.end();
}
