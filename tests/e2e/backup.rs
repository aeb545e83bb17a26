//! Backups of the real program: made while it works, lost and restored, killed at random moments.

use std::fs;
use std::time::{Duration, Instant};

use model::Side;
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use tests::environment;
use tests::harness::{PROFILE, Plan, Ran, TENANT, World, pause};

use crate::hand::{Couple, Hand, text};

/// How long a node may take for what it does by itself.
const MINUTE: Duration = Duration::from_secs(60);

/// A world with a master key.
async fn sealed(items: u32, seed: u64) -> World {
    let world = World::begin(Plan::new(items, seed)).await;
    world.seal().await;
    world
}

async fn done(world: &World, arguments: &[&str]) -> Value {
    let ran = world.run(arguments).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran.json()["tenants"][0].clone()
}

/// What is listed of the one tenant, whatever the ending.
async fn listed(world: &World) -> Vec<Value> {
    let ran = world.run(&["backup", "list"]).await;
    assert!(matches!(ran.code, Some(0 | 1)), "{ran:?}");
    let tenants = ran.json()["tenants"].clone();
    tenants[0]["backups"]
        .as_array()
        .cloned()
        .unwrap_or_default()
}

/// Everything that a disaster takes but the backups, the master key and the configuration.
fn lose(world: &World) {
    fs::remove_dir_all(world.data()).expect("the data directory goes");
    fs::remove_dir_all(world.folder().join("profiles")).expect("the profiles go");
}

async fn is_sound(world: &World) {
    let checked = world.run(&["fsck"]).await;
    assert_eq!(checked.code, Some(0), "{checked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_was_made_under_load_brings_a_lost_tenant_back() {
    let mut world = sealed(20, 71).await;
    world.start().await;
    let crowd = world.crowd();
    let mut ids = Vec::new();
    for _ in 0..3 {
        let made = done(&world, &["backup", "create"]).await;
        ids.push(text(&made["backup"]["id"]));
    }
    let edits = crowd.rest().await;
    assert!(edits > 0, "nobody edited anything meanwhile");
    world.in_step(MINUTE * 5).await;
    let made = done(&world, &["backup", "create", "--tenant", TENANT]).await;
    assert_eq!(made["backup"]["tables"]["pair"]["rows"], 40, "{made:#}");
    assert_eq!(
        made["backup"]["files"][1]["name"],
        format!("profiles/{PROFILE}")
    );
    let all = done(&world, &["backup", "verify", "all"]).await;
    assert_eq!(all["backups"].as_array().map(Vec::len), Some(4), "{all:#}");
    let drilled = done(&world, &["backup", "drill"]).await;
    assert_eq!(drilled["backups"][0]["ok"], true, "{drilled:#}");
    assert!(world.kill());
    lose(&world);
    let restored = done(&world, &["backup", "restore"]).await;
    assert_eq!(restored["restored"]["id"], made["backup"]["id"]);
    assert!(world.profile_path().exists(), "{restored:#}");
    is_sound(&world).await;
    world.start().await;
    let comparison = world.in_step(MINUTE).await;
    assert_eq!(comparison.pairs, 40);
    assert!(world.doubled().await.is_empty());
    assert_eq!(listed(&world).await.len(), 4);
    world.end();
}

/// What a restore of an old backup must get right: whatever was made, carried and edited since is found again.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_backup_restored_after_hundreds_of_creates_doubles_nothing_and_loses_no_edit() {
    let more = environment::number("COUNTERPART_CREATES", environment::amount(60, 250));
    let mut world = sealed(20, 72).await;
    world.start().await;
    world.in_step(MINUTE).await;
    world.terminate().await;
    let made = done(&world, &["backup", "create"]).await;
    world.start().await;
    let alice = Hand::at(&world.addresses.jira, "alice");
    let bruno = Hand::at(&world.addresses.azure, "bruno");
    let (mut issues, mut work_items) = (Vec::new(), Vec::new());
    for number in 0..more {
        let title = json!({ "summary": format!("Since the backup {number}") });
        issues.push(alice.issue("Story", title).await);
        let title = json!({ "System.Title": format!("Since the backup, too {number}") });
        work_items.push(bruno.work_item("User Story", title).await);
    }
    world.in_step(MINUTE * 5).await;
    let old = world.items(Side::Jira).await["items"][0]["id"].clone();
    let old = Couple::of(&world, Side::Jira, &text(&old)).await;
    let new = Couple::of(&world, Side::Jira, &issues[0]).await;
    // Carried before the loss, unknown to the backup.
    alice
        .set_issue(&old.issue, json!({ "summary": "Edited before the loss" }))
        .await;
    world.in_step(MINUTE).await;
    world.terminate().await;
    // What people did while nothing ran.
    alice
        .set_issue(&new.issue, json!({ "summary": "Edited after the loss" }))
        .await;
    bruno
        .set_work_item(
            &old.work_item,
            json!({ "System.Title": "Edited there after the loss" }),
        )
        .await;
    lose(&world);
    let restored = done(&world, &["backup", "restore", "--from", "latest"]).await;
    assert_eq!(restored["restored"]["id"], made["backup"]["id"]);
    world.start().await;
    let comparison = world.in_step(MINUTE * 5).await;
    assert_eq!(comparison.pairs as u64, 40 + 2 * more);
    assert!(world.doubled().await.is_empty());
    assert_eq!(
        new.seen_work_item(&world).await["title"],
        "Edited after the loss"
    );
    assert_eq!(
        old.seen_issue(&world).await["title"],
        "Edited there after the loss"
    );
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_makes_backups_and_tries_them_out_by_itself_and_tells_when_it_cannot() {
    let mut world = sealed(4, 73).await;
    world.keep_backups();
    world.start().await;
    let drilled = |world: &World| {
        let path = world
            .folder()
            .join("backups")
            .join(TENANT)
            .join("record.json");
        let record = fs::read_to_string(path).unwrap_or_default();
        record.contains("\"drill\":{")
    };
    world
        .until("a first backup and its drill", MINUTE, || async {
            drilled(&world)
        })
        .await;
    let first = listed(&world).await;
    assert_eq!(first.len(), 1, "{first:#?}");
    assert_eq!(first[0]["good"], true);
    // Damage is found by whoever looks, told as a problem by the node, and gone with the next drill.
    let id = text(&first[0]["id"]);
    let path = world
        .folder()
        .join("backups")
        .join(TENANT)
        .join(format!("{id}.backup"));
    let mut bytes = fs::read(&path).expect("it is there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(&path, bytes).expect("it is damaged");
    let verified = world.run(&["backup", "verify"]).await;
    assert_eq!(verified.code, Some(1), "{verified:?}");
    assert_eq!(listed(&world).await[0]["good"], false);
    world.terminate().await;
    world.start().await;
    world
        .until("another backup in its place", MINUTE, || async {
            listed(&world)
                .await
                .iter()
                .any(|entry| entry["good"] == true)
        })
        .await;
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_cannot_be_read_hides_no_others_and_leads_to_no_backup_after_backup() {
    let mut world = sealed(4, 77).await;
    world.start().await;
    world.in_step(MINUTE).await;
    world.terminate().await;
    let made = done(&world, &["backup", "create"]).await;
    let folder = world.folder().join("backups").join(TENANT);
    let path = folder.join(format!("{}.backup", text(&made["backup"]["id"])));
    fs::remove_file(&path).expect("it goes");
    // Nothing can be read of a directory, whoever tries.
    fs::create_dir(&path).expect("a directory in its place");
    world.keep_backups();
    world.start().await;
    let files = || {
        let files = fs::read_dir(&folder).into_iter().flatten().flatten();
        let backups = files.filter(|file| file.file_name().to_string_lossy().ends_with(".backup"));
        backups.filter(|file| file.path().is_file()).count()
    };
    world
        .until("a good backup beside it", MINUTE, || async { files() > 0 })
        .await;
    // A node looks every 20 seconds at what is due.
    pause(25_000).await;
    assert_eq!(files(), 1);
    let good: Vec<bool> = listed(&world)
        .await
        .iter()
        .map(|entry| entry["good"] == true)
        .collect();
    assert_eq!(good, [false, true]);
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_master_key_there_are_no_backups_and_it_is_said() {
    let world = World::begin(Plan::new(2, 74)).await;
    let refused = |ran: &Ran| {
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.err.contains("[master_key]"), "{}", ran.err);
    };
    refused(&world.run(&["backup", "create"]).await);
    world.configure_more("[backup]\n");
    refused(&world.run(&["backup", "list"]).await);
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_killed_at_random_moments_is_whole_or_not_there() {
    let mut world = sealed(10, 75).await;
    world.start().await;
    world.in_step(MINUTE).await;
    world.terminate().await;
    let usual = took(&world, &["backup", "create"]).await;
    let mut random = SmallRng::seed_from_u64(environment::number("COUNTERPART_SEED", 75));
    let kills = environment::amount(6, 50);
    let mut ended = 0;
    for _ in 0..kills {
        let after = random.random_range(0..usual + usual / 4);
        ended += usize::from(world.run_briefly(&["backup", "create"], after).await == Some(0));
        for entry in listed(&world).await {
            assert_eq!(entry["good"], true, "{entry:#}");
        }
    }
    let all = done(&world, &["backup", "verify", "all"]).await;
    let sound = all["backups"].as_array().map_or(0, Vec::len);
    assert!(sound > ended, "{sound} sound, {ended} ended");
    is_sound(&world).await;
    // What the kills left beside them goes with the next one.
    done(&world, &["backup", "create"]).await;
    let folder = fs::read_dir(world.folder().join("backups").join(TENANT)).expect("it is there");
    let left = folder
        .flatten()
        .filter(|file| file.file_name().to_string_lossy().ends_with(".tmp"));
    assert_eq!(left.count(), 0);
    eprintln!("{kills} kills of a backup, {ended} were too late, {sound} backups, all sound");
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_killed_at_random_moments_leaves_no_store_or_a_whole_one() {
    let mut world = sealed(10, 76).await;
    world.start().await;
    world.in_step(MINUTE).await;
    world.terminate().await;
    done(&world, &["backup", "create"]).await;
    lose(&world);
    let usual = took(&world, &["backup", "restore"]).await;
    let mut random = SmallRng::seed_from_u64(environment::number("COUNTERPART_SEED", 76));
    let kills = environment::amount(6, 50);
    let (mut half, mut whole) = (0, 0);
    for _ in 0..kills {
        lose(&world);
        let after = random.random_range(0..usual + usual / 4);
        world.run_briefly(&["backup", "restore"], after).await;
        let names = fs::read_dir(world.store());
        let names: Vec<String> = names
            .into_iter()
            .flatten()
            .flatten()
            .map(|file| file.file_name().to_string_lossy().into_owned())
            .collect();
        let again = world.run(&["backup", "restore"]).await;
        // Until its mark is there nothing else is written, so a mark that is not whole yet is no beginning.
        let before = ["lock", "restoring.tmp"];
        let has_begun = names.iter().any(|name| !before.contains(&name.as_str()));
        if has_begun && !names.iter().any(|name| name == "restoring") {
            // It was at its end.
            assert_eq!(again.code, Some(2), "{names:?}: {again:?}");
            assert!(again.err.contains("not empty"), "{}", again.err);
            whole += 1;
        } else {
            assert_eq!(again.code, Some(0), "{names:?}: {again:?}");
            half += usize::from(has_begun);
        }
        is_sound(&world).await;
    }
    world.start().await;
    world.in_step(MINUTE).await;
    assert!(world.doubled().await.is_empty());
    eprintln!("{kills} kills of a restore: {half} met it half done, {whole} came too late");
    world.end();
}

/// How many milliseconds a command takes.
async fn took(world: &World, arguments: &[&str]) -> u64 {
    let since = Instant::now();
    done(world, arguments).await;
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
