//! How a node starts and stops, and what the commands that end say.

use std::time::Duration;

use serde_json::json;
use tests::harness::{Plan, World, pause, run};

#[tokio::test(flavor = "multi_thread")]
async fn a_graceful_stop_amid_work_takes_less_than_five_seconds_and_loses_nothing() {
    let mut world = World::begin(Plan::new(40, 31)).await;
    let crowd = world.crowd();
    world.start().await;
    for stop in 0_u64..5 {
        pause(400 + stop * 300).await;
        let (status, took) = world.terminate().await;
        assert_eq!(status.code(), Some(0), "{}", world.tail());
        assert!(took < Duration::from_secs(5), "the stop took {took:?}");
        world.start().await;
    }
    crowd.rest().await;
    let comparison = world.in_step(Duration::from_secs(60)).await;
    assert!(comparison.pairs >= 80, "{} pairs", comparison.pairs);
    assert!(world.doubled().await.is_empty());
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_once_ends_when_nothing_is_left_to_do() {
    let mut world = World::begin(Plan::new(15, 32)).await;
    let ran = world.run(&["sync", "--once"]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let document = ran.json();
    for key in ["pairs", "effects", "parked", "conflicts", "seconds"] {
        assert!(document[key].is_number(), "{key} in {document:#}");
    }
    for side in ["jira", "azure"] {
        assert!(
            document["requests"][side].as_u64() > Some(0),
            "{document:#}"
        );
    }
    assert_eq!(document["pairs"], 30);
    assert_eq!(document["parked"], 0);
    let comparison = world.compare().await;
    assert!(
        comparison.differences.is_empty(),
        "{:?}",
        comparison.differences
    );
    assert_eq!(comparison.pairs, 30);
    // A second run finds everything done: it writes nothing.
    let before = world.marked().await;
    let again = world.run(&["sync", "--once"]).await;
    assert_eq!(again.code, Some(0), "{again:?}");
    assert_eq!(again.json()["effects"], 0, "{again:?}");
    assert_eq!(world.marked().await, before);
    world.kill();
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_node_on_the_same_data_directory_is_refused() {
    let mut world = World::begin(Plan::new(2, 33)).await;
    world.start().await;
    for command in [&["serve"][..], &["sync", "--once"]] {
        let second = world.run(command).await;
        assert_eq!(second.code, Some(3), "{command:?}: {second:?}");
        assert!(second.err.contains("another node"), "{second:?}");
        assert!(
            second.err.contains(&world.data().display().to_string()),
            "{second:?}"
        );
    }
    // The first one goes on and can still be asked.
    world.in_step(Duration::from_secs(30)).await;
    let (status, _) = world.terminate().await;
    assert_eq!(status.code(), Some(0), "{}", world.tail());
    world.start().await;
    world.in_step(Duration::from_secs(30)).await;
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_prints_the_contracts_document() {
    let arguments = ["demo", "--once", "--items", "40", "--seed", "7", "--json"];
    let binary = tests::binary::built();
    let ran = run(&binary, arguments.map(str::to_owned).to_vec()).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let document = ran.json();
    let keys: Vec<&str> = document
        .as_object()
        .map(|object| object.keys().map(String::as_str).collect())
        .unwrap_or_default();
    let contract = [
        "converged",
        "differences",
        "duplicates",
        "effects",
        "items",
        "pairs",
        "requests",
        "seconds",
    ];
    let added = ["comments", "conflicts", "edits"];
    for key in contract {
        assert!(keys.contains(&key), "{key} is missing: {document:#}");
    }
    for key in &keys {
        assert!(
            contract.contains(key) || added.contains(key),
            "{key} is new: {document:#}"
        );
    }
    assert_eq!(document["items"], 40);
    assert_eq!(document["pairs"], 40);
    assert_eq!(document["duplicates"], 0);
    assert_eq!(document["differences"], json!([]));
    assert_eq!(document["converged"], true);
    assert!(document["seconds"].as_f64() > Some(0.0));
    assert!(document["requests"]["jira"].is_number() && document["requests"]["azure"].is_number());
}
