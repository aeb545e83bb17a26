//! Copies of backups in a bucket of a real S3-compatible server, over a line that breaks.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use model::Side;
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use tests::environment;
use tests::harness::{Plan, TENANT, World, pause};
use tests::s3::{BUCKET, KEY_ID, Line, S3, SECRET};

use crate::hand::{Hand, text};

const MINUTE: Duration = Duration::from_secs(60);

/// A world whose node makes backups and copies them over that line.
async fn world(line: &Line, seed: u64) -> World {
    let world = World::begin(Plan::new(4, seed)).await;
    world.seal().await;
    fs::write(world.folder().join("bucket.secret"), SECRET).expect("the secret is written");
    world.keep_backups();
    world.configure_more(&format!(
        "\n[backup.bucket]\nendpoint = {:?}\nbucket = {BUCKET:?}\nprefix = \"node-1\"\ncredential = \"bucket\"\n\n\
         [[credential]]\ntenant = {TENANT:?}\nname = \"bucket\"\nuser = {KEY_ID:?}\nfile = \"bucket.secret\"\n",
        line.endpoint()
    ));
    world
}

/// Files that make a backup so large that it is copied in parts: what they hold does not pack, and none is a profile that works.
fn fatten(world: &World, megabytes: u32) {
    let mut random = SmallRng::seed_from_u64(8);
    let folder = world.folder().join("profiles").join(TENANT);
    for number in 0..megabytes.div_ceil(4) {
        let mut text = String::with_capacity(4 << 20);
        while text.len() < (4 << 20) - 100 {
            text.push_str("# ");
            text.extend((0..80).map(|_| char::from(random.random_range(b'0'..=b'z'))));
            text.push('\n');
        }
        fs::write(folder.join(format!("fat-{number}.toml")), text).expect("it is written");
    }
}

async fn listed(world: &World) -> Value {
    let ran = world.run(&["backup", "list"]).await;
    assert!(matches!(ran.code, Some(0 | 1)), "{ran:?}");
    ran.json()["tenants"][0].clone()
}

fn names(list: &Value) -> Vec<String> {
    let list = list.as_array().cloned().unwrap_or_default();
    let good = list.iter().filter(|entry| entry["good"] == true);
    good.map(|entry| text(&entry["id"])).collect()
}

/// Waits until the bucket has what lies here, whole.
async fn until_copied(world: &World) -> Vec<String> {
    world
        .until("every backup to be in the bucket", MINUTE * 2, || async {
            let listed = listed(world).await;
            eprintln!("{listed}");
            let here = names(&listed["backups"]);
            !here.is_empty() && here == names(&listed["bucket"])
        })
        .await;
    names(&listed(world).await["bucket"])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_comes_back_from_the_bucket_the_master_key_and_the_configuration() {
    let Some(s3) = S3::begin().await else { return };
    let line = s3.line().await;
    let mut world = world(&line, 81).await;
    world.start().await;
    world.in_step(MINUTE).await;
    let made = world.run(&["backup", "create"]).await;
    assert_eq!(made.code, Some(0), "{made:?}");
    let copied = until_copied(&world).await;
    // One of long ago, whole: it is past its time, and a newer good one is there.
    let objects = s3.objects(TENANT);
    let newest = objects.join(format!("{}.backup", copied[0]));
    let old = objects.join("20200101T030000Z-1.backup");
    fs::copy(newest, &old).expect("an old copy");
    assert!(world.kill());
    world.start().await;
    world
        .until("the old copy to be removed", MINUTE, || async {
            !old.exists()
        })
        .await;
    assert!(world.kill());
    for folder in ["data", "profiles", "backups"] {
        fs::remove_dir_all(world.folder().join(folder)).expect("it is lost");
    }
    let restored = world.run(&["backup", "restore"]).await;
    assert_eq!(restored.code, Some(0), "{restored:?}");
    Hand::at(&world.addresses.jira, "alice")
        .issue("Story", json!({ "summary": "After the loss" }))
        .await;
    world.start().await;
    let comparison = world.in_step(MINUTE).await;
    assert_eq!(comparison.pairs, 9);
    assert!(world.doubled().await.is_empty());
    assert!(!world.items(Side::Azure).await["items"].is_null());
    world.end();
}

/// The key file lies in the bucket alone each time that keys are changed.
#[tokio::test(flavor = "multi_thread")]
async fn keys_that_only_copies_in_the_bucket_need_survive_every_change_of_keys() {
    let Some(s3) = S3::begin().await else { return };
    let line = s3.line().await;
    let mut world = world(&line, 89).await;
    world.start().await;
    world.in_step(MINUTE).await;
    let made = world.run(&["backup", "create"]).await;
    assert_eq!(made.code, Some(0), "{made:?}");
    let copied = until_copied(&world).await;
    world.terminate().await;
    world.write_master("next.key", &world.new_master().await);
    let config = fs::read_to_string(world.config()).expect("it is there");
    let admitting = format!("{config}\n[master_key.next]\nfile = \"next.key\"\n");
    let finishing = config.replace("master.key", "next.key");
    let backups = world.folder().join("backups");
    for (config, more) in [
        (&config, &[][..]),
        (&admitting, &["--master"]),
        (&finishing, &["--master", "--finish"]),
    ] {
        fs::write(world.config(), config).expect("written");
        fs::remove_dir_all(&backups).expect("they are lost");
        let turned = world.run(&[&["secret", "rotate"], more].concat()).await;
        assert_eq!(turned.code, Some(0), "{more:?}: {turned:?}");
        let keys = &turned.json()["tenants"][1];
        assert_eq!(
            (&keys["of"], &keys["changed"]),
            (&json!("backups"), &json!(true)),
            "{more:?}: {turned:?}"
        );
    }
    fs::remove_file(world.folder().join("master.key")).expect("the former key goes");
    for folder in ["data", "profiles", "backups"] {
        fs::remove_dir_all(world.folder().join(folder)).expect("it is lost");
    }
    let restored = world.run(&["backup", "restore", "--bucket"]).await;
    assert_eq!(restored.code, Some(0), "{restored:?}");
    let restored = &restored.json()["tenants"][0]["restored"];
    assert_eq!(restored["id"], copied[copied.len() - 1].as_str());
    // The vault in it is of its time, under the former master key.
    assert!(restored["vault_aside"].is_string(), "{restored:#}");
    let checked = world.run(&["fsck"]).await;
    assert_eq!(checked.code, Some(0), "{checked:?}");
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_tenant_leaves_nothing_in_the_bucket() {
    let Some(s3) = S3::begin().await else { return };
    let line = s3.line().await;
    let mut world = world(&line, 87).await;
    world.start().await;
    world.in_step(MINUTE).await;
    let made = world.run(&["backup", "create"]).await;
    assert_eq!(made.code, Some(0), "{made:?}");
    until_copied(&world).await;
    assert!(s3.objects(TENANT).join("key").exists());
    assert!(world.kill());
    let erased = world
        .run(&["tenant", "erase", TENANT, "--yes", TENANT])
        .await;
    assert_eq!(erased.code, Some(0), "{erased:?}");
    assert_eq!(erased.json()["bucket"], "erased");
    let left = fs::read_dir(s3.objects(TENANT)).into_iter().flatten();
    assert_eq!(left.count(), 0);
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_whose_bucket_is_not_reached_is_erased_only_when_its_copies_may_stay() {
    let mut world = World::begin(Plan::new(4, 88)).await;
    world.seal().await;
    fs::write(world.folder().join("bucket.secret"), SECRET).expect("the secret is written");
    world.keep_backups();
    world.configure_more(&format!(
        "\n[backup.bucket]\nendpoint = \"http://127.0.0.1:9\"\nbucket = {BUCKET:?}\ncredential = \"bucket\"\n\n\
         [[credential]]\ntenant = {TENANT:?}\nname = \"bucket\"\nuser = {KEY_ID:?}\nfile = \"bucket.secret\"\n"
    ));
    world.start().await;
    world.in_step(MINUTE).await;
    assert!(world.kill());
    let erase = ["tenant", "erase", TENANT, "--yes", TENANT];
    let refused = world.run(&erase).await;
    assert_eq!(refused.code, Some(3), "{refused:?}");
    assert!(refused.err.contains("--leave-bucket"), "{refused:?}");
    assert!(world.store().join("vault").exists());
    let erased = world.run(&[&erase[..], &["--leave-bucket"]].concat()).await;
    assert_eq!(erased.code, Some(0), "{erased:?}");
    assert_eq!(erased.json()["bucket"], "left");
    assert!(!world.store().exists());
    world.end();
}

/// A world whose node has stopped with one backup copied and two more to copy, and their names.
async fn with_three(line: &Line, seed: u64) -> (World, Vec<String>) {
    let mut world = world(line, seed).await;
    world.start().await;
    world.in_step(MINUTE).await;
    until_copied(&world).await;
    world.terminate().await;
    for _ in 0..2 {
        let made = world.run(&["backup", "create"]).await;
        assert_eq!(made.code, Some(0), "{made:?}");
    }
    let names = names(&listed(&world).await["backups"]);
    assert_eq!(names.len(), 3, "{names:?}");
    (world, names)
}

fn local(world: &World, name: &str) -> PathBuf {
    let folder = world.folder().join("backups").join(TENANT);
    folder.join(format!("{name}.backup"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_other_bytes_is_sent_again_and_a_rotten_backup_holds_up_no_other() {
    let Some(s3) = S3::begin().await else { return };
    let line = s3.line().await;
    let (mut world, made) = with_three(&line, 89).await;
    let object = |name: &str| s3.objects(TENANT).join(format!("{name}.backup"));
    let flip = |path: &PathBuf, from_end: usize| {
        let mut bytes = fs::read(path).expect("it is there");
        let at = bytes.len() - from_end;
        bytes[at] ^= 4;
        fs::write(path, bytes).expect("it is written");
    };
    // The copy has another digest at its end, and the same length; of the second backup one byte in the middle has changed.
    flip(&object(&made[0]), 30);
    let rotten = local(&world, &made[1]);
    flip(&rotten, 500);
    world.start().await;
    world
        .until("the rotten backup to be told", MINUTE, || async {
            let failure = listed(&world).await["copy_failure"].clone();
            failure["why"]
                .as_str()
                .is_some_and(|why| why.contains(&made[1]))
        })
        .await;
    let listed = listed(&world).await;
    let sound = [made[0].clone(), made[2].clone()];
    assert_eq!(names(&listed["backups"]), sound, "{listed}");
    assert_eq!(names(&listed["bucket"]), sound, "{listed}");
    assert!(!object(&made[1]).exists(), "what rotted is not sent");
    for name in sound {
        let (here, there) = (fs::read(local(&world, &name)), fs::read(object(&name)));
        assert!(here.expect("here") == there.expect("there"), "{name}");
    }
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_fetched_takes_no_backups_place_before_it_is_known_to_be_it() {
    let Some(s3) = S3::begin().await else { return };
    let line = s3.line().await;
    let (world, made) = with_three(&line, 90).await;
    let object = s3.objects(TENANT).join(format!("{}.backup", made[0]));
    let before = fs::read(local(&world, &made[0])).expect("it is there");
    // A whole backup, and not the one that it is called.
    fs::copy(local(&world, &made[1]), &object).expect("it is exchanged");
    fs::remove_dir_all(world.store()).expect("it is lost");
    let restore = ["backup", "restore", "--from", &made[0]];
    let refused = world.run(&[&restore[..], &["--bucket"]].concat()).await;
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.err.contains("another backup"), "{refused:?}");
    assert!(fs::read(local(&world, &made[0])).expect("it is there") == before);
    let folder = fs::read_dir(world.folder().join("backups").join(TENANT));
    let mut left = folder.expect("it is there").flatten();
    assert!(!left.any(|file| file.file_name().to_string_lossy().ends_with(".tmp")));
    let restored = world.run(&restore).await;
    assert_eq!(restored.code, Some(0), "{restored:?}");
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_was_broken_off_goes_on_where_it_stood_after_a_kill_too() {
    let Some(s3) = S3::begin().await else { return };
    let line = s3.line().await;
    let mut world = world(&line, 82).await;
    fatten(&world, 24);
    line.cut_after(11 << 20);
    world.start().await;
    world
        .until("the line to break", MINUTE, || async { line.is_cut() })
        .await;
    world
        .until("the failure to be told", MINUTE, || async {
            listed(&world).await["copy_failure"].is_object()
        })
        .await;
    assert!(world.kill());
    line.mend();
    assert_eq!(names(&listed(&world).await["bucket"]), [] as [String; 0]);
    line.mend();
    world.start().await;
    let copied = until_copied(&world).await;
    let size = fs::metadata(s3.objects(TENANT).join(format!("{}.backup", copied[0])));
    let size = size.expect("it is there").len();
    let again = line.passed();
    assert!(size > 16 << 20, "{size} bytes are too few for this");
    assert!(
        again < size - (6 << 20),
        "{again} of {size} bytes were sent again"
    );
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_killed_while_it_copies_leaves_nothing_half_in_the_bucket() {
    let Some(s3) = S3::begin().await else { return };
    let line = s3.line().await;
    let mut world = world(&line, 83).await;
    fatten(&world, 16);
    let mut random = SmallRng::seed_from_u64(environment::number("COUNTERPART_SEED", 83));
    let kills = environment::amount(4, 50);
    for kill in 0..kills {
        world.start().await;
        if kill % 2 == 1 {
            // One more to copy, or the kill meets its making.
            world
                .run_briefly(&["backup", "create"], random.random_range(0..1_500))
                .await;
        }
        pause(random.random_range(0..1_500)).await;
        assert!(world.kill());
        for file in fs::read_dir(s3.objects(TENANT))
            .into_iter()
            .flatten()
            .flatten()
        {
            let name = file.file_name().to_string_lossy().into_owned();
            if name.ends_with(".backup") {
                let bytes = fs::read(file.path()).expect("it is there");
                assert!(bytes.ends_with(b"CPBKEND\n"), "{name} is half there");
            }
        }
    }
    world.start().await;
    let copied = until_copied(&world).await;
    world.terminate().await;
    let verified = world.run(&["backup", "verify", "all"]).await;
    assert_eq!(verified.code, Some(0), "{verified:?}");
    eprintln!("{kills} kills, {} copies, all whole", copied.len());
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_is_told_and_shows_nothing_of_it() {
    let Some(s3) = S3::begin().await else { return };
    let line = s3.line().await;
    let mut world = world(&line, 84).await;
    fs::write(world.folder().join("bucket.secret"), "canary-wrong-secret").expect("written");
    world.start().await;
    world
        .until("the failure to be a problem", MINUTE, || async {
            let problems = world.run(&["problems"]).await.json();
            let list = problems["problems"].as_array().cloned().unwrap_or_default();
            list.iter()
                .any(|problem| problem["code"] == "backup-failed" && problem["subject"] == "bucket")
        })
        .await;
    let list = listed(&world).await.to_string();
    assert!(list.contains("HTTP 403"), "{list}");
    for told in [list, fs::read_to_string(world.log()).unwrap_or_default()] {
        assert!(!told.contains("canary"), "{told}");
        assert!(!told.contains("SignatureDoesNotMatch"), "{told}");
    }
    world.end();
}
