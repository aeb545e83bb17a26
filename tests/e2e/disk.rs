//! What the machine may refuse a node: room on the disk, writing at all, file handles. It concerns the tenant whose disk it is
//! and nobody else; nothing that was acknowledged is lost, nothing is made twice, and work goes on by itself afterwards.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tests::harness::{Plan, pause};
use tests::mount::{Mount, skipped, tool};

use crate::hand::{Couple, text};
use crate::town::{STEP, Town};

/// A disk with room for a store's beginning: a journal's first chunk and some of the state.
const SMALL: u64 = 1_700 << 10;
/// Items on each side: their rows do not fit on it.
const ITEMS: u32 = 60;
/// How long the first tenant may take to be whole again.
const LONG: Duration = Duration::from_secs(120);

/// Why the first tenant does not run.
async fn failure(town: &Town) -> Option<String> {
    let status = town.world.status().await?;
    status["tenants"][0]["failure"].as_str().map(str::to_owned)
}

/// Waits until the first tenant has failed, and gives the reason.
async fn failed(town: &Town) -> String {
    town.world
        .until("the tenant to stop", LONG, || async {
            failure(town).await.is_some()
        })
        .await;
    failure(town).await.unwrap_or_default()
}

/// Waits until the first tenant runs.
async fn runs(town: &Town) {
    town.world
        .until("the tenant to run again", LONG, || async {
            let status = town.world.status().await.unwrap_or_default();
            status["tenants"][0]["failure"] == Value::Null && status["tenants"][0].is_object()
        })
        .await;
}

/// The store of the first tenant, on a disk of its own.
fn own_disk(town: &Town, bytes: u64) -> Result<Mount, String> {
    fs::create_dir_all(town.world.store()).expect("a directory");
    Mount::memory(&town.world.store(), bytes)
}

/// Everything is in step, nothing was made twice, and the store is sound.
async fn is_whole(mut town: Town) {
    town.world.in_step(LONG).await;
    assert!(town.world.doubled().await.is_empty());
    let (status, _) = town.world.terminate().await;
    assert_eq!(status.code(), Some(0), "{}", town.world.tail());
    let checked = town.world.run(&["fsck"]).await;
    assert_eq!(checked.code, Some(0), "{checked:?}");
    town.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_its_tenant_alone_and_work_goes_on_by_itself_when_there_is_room() {
    let mut town = Town::of(Plan::new(ITEMS, 81)).await;
    let disk = match own_disk(&town, SMALL) {
        Ok(disk) => disk,
        Err(why) => return skipped("a full disk", &why),
    };
    town.world.start().await;
    let why = failed(&town).await;
    eprintln!("a full disk: {why}");
    assert!(why.contains("by itself"), "{why}");
    town.the_neighbour_is_well("Beside a full disk").await;
    let ready = failure(&town).await;
    assert!(ready.is_some(), "it cannot run without room");
    disk.again("size=64m").expect("there is room");
    runs(&town).await;
    is_whole(town).await;
    drop(disk);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_volume_that_cannot_be_written_is_named_and_used_as_soon_as_it_can_be() {
    let mut town = Town::found(82).await;
    let disk = match own_disk(&town, 64 << 20) {
        Ok(disk) => disk,
        Err(why) => return skipped("a disk that cannot be written", &why),
    };
    town.world.start().await;
    let couple = town.story("Before the disk was read-only").await;
    town.world.terminate().await;
    disk.again("ro").expect("nobody writes");
    town.world.start().await;
    let why = failed(&town).await;
    assert!(why.contains("permits no writing"), "{why}");
    assert!(
        why.contains(&town.world.store().display().to_string()),
        "{why}"
    );
    let edit = json!({ "summary": "While the disk was read-only" });
    town.alice.set_issue(&couple.issue, edit).await;
    town.the_neighbour_is_well("Beside a read-only disk").await;
    disk.again("rw").expect("it can be written again");
    runs(&town).await;
    town.world
        .until("the edit to be carried", STEP, || async {
            couple.seen_work_item(&town.world).await["title"] == "While the disk was read-only"
        })
        .await;
    is_whole(town).await;
    drop(disk);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_that_cannot_be_written_ends_the_start_with_its_name() {
    let town = Town::found(83).await;
    let disk = match Mount::memory(&town.world.data(), 1 << 20) {
        Ok(disk) => disk,
        Err(why) => return skipped("a data directory that cannot be written", &why),
    };
    disk.again("ro").expect("nobody writes");
    for command in [&["serve"][..], &["sync", "--once"]] {
        let ran = town.world.run(command).await;
        assert_eq!(ran.code, Some(3), "{ran:?}");
        let data = town.world.data().display().to_string();
        assert!(
            ran.err.contains(&data) && ran.err.contains("writ"),
            "{ran:?}"
        );
    }
    town.end().await;
}

/// Bounds the files that the node may have open.
fn handles(town: &Town, most: &str) -> Result<(), String> {
    let process = town.world.process().to_string();
    let bound = format!("--nofile={most}:");
    tool("prlimit", ["--pid", &process, &bound], [] as [&Path; 0])
}

#[tokio::test(flavor = "multi_thread")]
async fn without_file_handles_nothing_is_lost_and_work_goes_on_when_there_are_some() {
    let mut town = Town::of(Plan::new(10, 84)).await;
    town.world.start().await;
    let couple = town.story("Before the handles ran out").await;
    if let Err(why) = handles(&town, "1") {
        town.end().await;
        return skipped("a node without file handles", &why);
    }
    // What connections there are end, and no new ones can be had.
    town.jira.shut().await;
    town.azure.shut().await;
    town.jira.open().await;
    town.azure.open().await;
    let edit = json!({ "summary": "Without handles" });
    town.alice.set_issue(&couple.issue, edit).await;
    let fields = json!({ "System.Title": "Made without handles" });
    let made = town.bruno.work_item("User Story", fields).await;
    pause(4_000).await;
    let title = couple.seen_work_item(&town.world).await["title"].clone();
    assert_eq!(text(&title), "Before the handles ran out");
    assert!(town.world.ended().is_none(), "{}", town.world.tail());
    handles(&town, "1024").expect("there are handles again");
    Couple::of(&town.world, model::Side::Azure, &made).await;
    town.world
        .until("the edit to be carried", STEP, || async {
            couple.seen_work_item(&town.world).await["title"] == "Without handles"
        })
        .await;
    // The token could not be read either, and that is no reason to ask for another one.
    let problems = town.problems(true).await;
    let asks = problems.iter().any(|each| each["code"] == "credential");
    assert!(!asks, "{problems:#?}");
    is_whole(town).await;
}
