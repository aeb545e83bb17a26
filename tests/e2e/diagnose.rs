//! What commands answer when something is in their way, and what they leave behind.

use std::fs;

use serde_json::json;
use tests::harness::{Plan, Ran, World, run};

/// A world whose node has linked its items and was stopped in order.
async fn linked(items: u32, seed: u64) -> World {
    let mut world = World::begin(Plan::new(items, seed)).await;
    world.start().await;
    world.in_step(std::time::Duration::from_secs(60)).await;
    let (status, _) = world.terminate().await;
    assert_eq!(status.code(), Some(0), "{}", world.tail());
    world
}

/// Another tenant with a profile that says this.
fn neighbour(world: &World, text: &str) {
    let folder = world.folder().join("profiles").join("beta");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("b.toml"), text).expect("a file");
}

#[tokio::test(flavor = "multi_thread")]
async fn diagnostics_work_beside_a_broken_profile() {
    let world = linked(2, 61).await;
    neighbour(&world, "name = 1");
    for command in [&["problems"][..], &["fsck"], &["pair", "list"]] {
        let ran = world.run(command).await;
        assert_eq!(ran.code, Some(0), "{command:?}: {ran:?}");
        assert!(ran.err.contains("b.toml:1"), "{command:?}: {ran:?}");
    }
    // It was done as far as it went, and something is not as it should be.
    let ran = world.run(&["sync", "--once"]).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(ran.json()["finished"], true, "{ran:?}");
    assert!(
        ran.json()["left_out"][0]
            .as_str()
            .is_some_and(|it| it.contains("b.toml:1"))
    );
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_leaves_the_store_as_an_orderly_stop_left_it() {
    let world = linked(2, 62).await;
    let clean = world.store().join("clean");
    assert!(clean.exists(), "the node was stopped in order");
    for command in [
        &["problems"][..],
        &["pair", "list"],
        &["pair", "why", "WEB-1"],
    ] {
        let ran = world.run(command).await;
        assert_eq!(ran.code, Some(0), "{command:?}: {ran:?}");
        assert!(
            clean.exists(),
            "{command:?} left the store as a crash would"
        );
    }
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn fsck_reports_every_tenant_and_never_calls_sound_what_it_could_not_see() {
    let world = linked(2, 63).await;
    neighbour(&world, "name = 1");
    let beta = world.data().join("beta");
    fs::create_dir(&beta).expect("a folder");
    let ran = world.run(&["fsck"]).await;
    assert_eq!(ran.code, Some(3), "{ran:?}");
    let report = ran.json();
    let of = |name: &str| {
        let tenants = report["tenants"].as_array().cloned().unwrap_or_default();
        tenants
            .into_iter()
            .find(|it| it["tenant"] == name)
            .unwrap_or_default()
    };
    assert_eq!(of("acme")["ok"], true, "{report:#}");
    assert_eq!(of("beta")["ok"], false, "{report:#}");
    fs::remove_dir(beta).expect("a folder less");
    let unseen = unseen(&world).await;
    assert_eq!(unseen.code, Some(1), "{unseen:?}");
    let report = unseen.json();
    assert_eq!(report["ok"], false, "{report:#}");
    assert_eq!(report["tenants"][0]["state_checked"], false, "{report:#}");
    world.end();
}

/// `fsck` where there is no room for a private copy of the state.
async fn unseen(world: &World) -> Ran {
    let shell = format!(
        "TMPDIR=/nowhere exec {} fsck --json --config {}",
        tests::binary::built().display(),
        world.config().display()
    );
    run(
        std::path::Path::new("/bin/sh"),
        vec!["-c".to_owned(), shell],
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_ending_with_json_is_one_document() {
    let world = World::begin(Plan::new(0, 64)).await;
    let ran = world.run(&["fsck"]).await;
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert_eq!(ran.json()["error"]["code"], 3, "{ran:?}");
    fs::write(world.profile_path(), "name = 1").expect("a file");
    let ran = world.run(&["profile", "check"]).await;
    assert_eq!(ran.code, Some(2), "{ran:?}");
    let message = ran.json()["error"]["message"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert!(message.contains("web.toml:1"), "{ran:?}");
    fs::remove_file(world.profile_path()).expect("a file less");
    let ran = world.run(&["profile", "check"]).await;
    assert_eq!(
        ran.code,
        Some(2),
        "a check of nothing finds nothing right: {ran:?}"
    );
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_port_touches_no_store() {
    let world = World::begin(Plan::new(2, 65)).await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = taken.local_addr().expect("an address");
    let text = fs::read_to_string(world.config()).expect("the configuration");
    let text = text.replace("127.0.0.1:0", &at.to_string());
    fs::write(world.config(), text).expect("the configuration");
    let ran = world.run(&["serve"]).await;
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("cannot listen"), "{ran:?}");
    assert!(!world.store().exists(), "the store was opened");
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_leaves_a_running_node_and_an_earlier_demo_alone() {
    let mut world = World::begin(Plan::new(2, 66)).await;
    world.start().await;
    let binary = tests::binary::built();
    let demo = |data: String| {
        let arguments = ["demo", "--once", "--items", "2", "--json", "--data", &data];
        run(&binary, arguments.map(str::to_owned).to_vec())
    };
    let beside = demo(world.data().display().to_string()).await;
    assert_eq!(beside.code, Some(3), "{beside:?}");
    assert!(beside.err.contains("another node"), "{beside:?}");
    assert!(
        world.status().await.is_some(),
        "the node can still be asked"
    );
    let data = world.folder().join("demo").display().to_string();
    let first = demo(data.clone()).await;
    assert_eq!(first.code, Some(0), "{first:?}");
    let second = demo(data).await;
    assert_eq!(second.code, Some(2), "{second:?}");
    assert_eq!(second.json()["error"]["code"], json!(2), "{second:?}");
    assert!(second.err.contains("earlier demo"), "{second:?}");
    world.kill();
    world.end();
}
