//! Tenants come, are looked over, and go: for good, whatever moment a kill chooses.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use tests::binary;
use tests::environment;
use tests::harness::{Plan, TENANT, World, pause};

use crate::hand::SOON;

/// The row of a tenant in `tenant list`.
async fn row(world: &World, tenant: &str) -> Value {
    let listed = world.run(&["tenant", "list"]).await.json();
    let rows = listed["tenants"].as_array().cloned().unwrap_or_default();
    let found = rows.into_iter().find(|row| row["tenant"] == tenant);
    found.unwrap_or_default()
}

fn profiles(world: &World, tenant: &str) -> PathBuf {
    world.folder().join("profiles").join(tenant)
}

/// Backups as another program leaves them: a key, and what it opens.
fn put_backups(world: &World, files: usize) -> PathBuf {
    let folder = world.folder().join("backups").join(TENANT);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("key"), [7; 64]).expect("a key");
    for number in 0..files {
        fs::write(folder.join(format!("{number}.backup")), [1; 64]).expect("a backup");
    }
    folder
}

/// Every file below, with its bytes.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push((path.clone(), fs::read(path).unwrap_or_default()));
            }
        }
    }
    found.sort();
    found
}

fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    let copied = Command::new("cp").arg("-a").args([from, to]).status();
    assert!(copied.expect("cp runs").success(), "no copy");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_is_added_once_and_its_draft_stops_nobody() {
    let world = World::begin(Plan::new(2, 41)).await;
    world.seal().await;
    let added = world.run(&["tenant", "add", "beta"]).await;
    assert_eq!(added.code, Some(0), "{}", added.err);
    let draft = profiles(&world, "beta").join("profile.toml.draft");
    assert_eq!(added.json()["draft"], draft.display().to_string());
    assert_eq!(added.json()["made"].as_array().map(Vec::len), Some(3));
    assert!(world.data().join("beta").join("vault").exists());
    fs::write(
        &draft,
        fs::read_to_string(&draft).expect("it is there") + "\n# mine\n",
    )
    .expect("written");
    let mine = fs::read(&draft).expect("it is there");
    let again = world.run(&["tenant", "add", "beta"]).await.json();
    assert_eq!(again["made"], json!([]));
    assert_eq!(fs::read(&draft).expect("it is there"), mine);

    let shown = draft.display().to_string();
    let checked = world.run(&["profile", "check", &shown]).await;
    assert_eq!(checked.code, Some(2));
    for open in [
        "[jira] has no `url`",
        "[azure] has no `url`",
        "[[scope]] has no",
    ] {
        assert!(checked.err.contains(open), "{open}: {}", checked.err);
    }
    // Nobody is held up by a tenant that is not complete.
    assert_eq!(world.run(&["sync", "--once"]).await.code, Some(0));
    assert_eq!(world.run(&["fsck"]).await.code, Some(0));
    assert_eq!(row(&world, "beta").await["state"], "new");
    let wrong = world.run(&["tenant", "add", "../beta"]).await;
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tenants_are_listed_beside_a_running_node_and_without_one() {
    let mut world = World::begin(Plan::new(2, 42)).await;
    world.seal().await;
    let file = world.folder().join("value");
    fs::write(&file, &world.tokens.jira).expect("written");
    let set = ["secret", "set", "jira-sync", "--expires", "2999-12-31"];
    assert_eq!(world.feed(&set, &file).await.code, Some(0));
    let before = row(&world, TENANT).await;
    assert_eq!(before["state"], "new");
    assert_eq!(before["last_activity"], Value::Null);
    world.start().await;
    world.in_step(SOON).await;
    let running = row(&world, TENANT).await;
    assert_eq!(running["state"], "running");
    assert_eq!(running["profiles"], json!([world.profile.name.as_str()]));
    let credentials = running["credentials"].as_array().expect("a list");
    assert_eq!(credentials.len(), 2);
    assert_eq!(credentials[1]["name"], "jira-sync");
    assert!(credentials[1]["expires"].as_i64() > Some(32_503_593_600_000));
    world.terminate().await;
    let stopped = row(&world, TENANT).await;
    assert_eq!(stopped["state"], "stopped");
    assert!(stopped["bytes"].as_u64() > before["bytes"].as_u64());
    assert!(stopped["last_activity"].as_i64() > Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn erasing_asks_first_and_then_leaves_nothing() {
    let mut world = World::begin(Plan::new(3, 43)).await;
    world.seal().await;
    let backups = put_backups(&world, 3);
    world.start().await;
    world.in_step(SOON).await;
    let erase = ["tenant", "erase", TENANT, "--yes", TENANT];
    let busy = world.run(&erase).await;
    assert_eq!(busy.code, Some(3), "{busy:?}");
    assert!(busy.err.contains("stop it first"), "{}", busy.err);
    world.terminate().await;

    let before = (files(&world.store()), files(&backups));
    for (arguments, words) in [
        (&erase[..3], "--yes acme"),
        (
            &["tenant", "erase", TENANT, "--yes", "beta"],
            "nothing was erased",
        ),
        (
            &["tenant", "erase", "beta", "--yes", "beta"],
            "nothing of a tenant beta",
        ),
    ] {
        let refused = world.run(arguments).await;
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(refused.err.contains(words), "{}", refused.err);
    }
    assert_eq!((files(&world.store()), files(&backups)), before);

    // Whoever holds the files open sees what became of their bytes.
    let held = [
        world.store().join("vault"),
        world.store().join("vault.aside"),
        backups.join("key"),
        backups.join("key.tmp"),
        backups.join("drill").join("vault"),
    ];
    for path in held.iter().filter(|path| !path.exists()) {
        fs::create_dir_all(path.parent().expect("a folder")).expect("it is made");
        fs::write(path, "what a restore, a writer or a drill left").expect("it is written");
    }
    let mut held = held.map(|path| File::open(path).expect("it is there"));
    let ledgers = (world.marked().await, world.doubled().await);
    let erased = world.run(&erase).await;
    assert_eq!(erased.code, Some(0), "{}", erased.err);
    assert!(erased.err.contains("a tenant was erased"), "{}", erased.err);
    for file in &mut held {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(0)).expect("it is open");
        file.read_to_end(&mut bytes).expect("readable");
        assert!(!bytes.is_empty() && bytes.iter().all(|byte| *byte == 0));
    }
    assert!(!world.store().exists() && !backups.exists() && !profiles(&world, TENANT).exists());
    // The remotes keep what they have.
    assert_eq!((world.marked().await, world.doubled().await), ledgers);
    let listed = world.run(&["tenant", "list"]).await;
    assert_eq!(
        (listed.code, &listed.json()["tenants"]),
        (Some(0), &json!([]))
    );
    let nobody = world.run(&["sync", "--once"]).await;
    assert_eq!(nobody.code, Some(2), "{nobody:?}");
    assert!(!world.store().exists());
    assert_eq!(world.run(&erase).await.code, Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kept_profiles_begin_anew_and_find_their_twins() {
    let world = World::begin(Plan::new(3, 44)).await;
    assert_eq!(world.run(&["sync", "--once"]).await.code, Some(0));
    let before = world.marked().await;
    let erase = [
        "tenant",
        "erase",
        TENANT,
        "--yes",
        TENANT,
        "--keep-profiles",
    ];
    let erased = world.run(&erase).await;
    assert_eq!(erased.code, Some(0), "{}", erased.err);
    assert_eq!(erased.json()["credentials_left"], true);
    assert!(!world.store().exists() && world.profile_path().exists());
    assert_eq!(world.run(&["sync", "--once"]).await.code, Some(0));
    assert_eq!(world.marked().await, before);
    assert!(world.doubled().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_without_profiles_is_left_alone_by_a_node() {
    let mut world = World::begin(Plan::new(2, 45)).await;
    assert_eq!(world.run(&["sync", "--once"]).await.code, Some(0));
    // Another tenant, which covers nothing, so that there is something to run.
    copy(&profiles(&world, TENANT), &profiles(&world, "beta"));
    fs::remove_dir_all(profiles(&world, TENANT)).expect("they go");
    let path = profiles(&world, "beta").join("web.toml");
    let text = fs::read_to_string(&path).expect("it is there");
    let text = text
        .replace(
            "{ project = \"WEB\"",
            "{ filter = \"labels = none\", project = \"WEB\"",
        )
        .replace(
            "{ project = \"Platform\"",
            "{ filter = \"[System.Tags] CONTAINS 'none'\", project = \"Platform\"",
        );
    fs::write(&path, text).expect("written");
    let config = fs::read_to_string(world.config()).expect("it is there");
    fs::write(world.config(), config.replace("\"acme\"", "\"beta\"")).expect("written");
    let before = files(&world.store());
    world.start().await;
    world.until("beta is idle", SOON, || world.is_idle()).await;
    assert_eq!(row(&world, TENANT).await["state"], "unconfigured");
    assert_eq!(row(&world, "beta").await["state"], "running");
    world.terminate().await;
    assert_eq!(files(&world.store()), before);
    // A directory in which nothing is left is made again by nobody.
    let erase = ["tenant", "erase", TENANT, "--yes", TENANT];
    assert_eq!(world.run(&erase).await.code, Some(0));
    world.start().await;
    world.until("beta is idle", SOON, || world.is_idle()).await;
    assert!(!world.store().exists());
}

/// When a kill comes.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// So many microseconds after the process began.
    Begun(u64),
    /// So many microseconds after the mark was there.
    Marked(u64),
}

/// Begins to erase and kills it.
fn kill_at(world: &World, moment: Moment) {
    let mut child = Command::new(binary::built())
        .args(["tenant", "erase", TENANT, "--yes", TENANT, "--config"])
        .arg(world.config())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let since = Instant::now();
    let wait = match moment {
        Moment::Begun(wait) => wait,
        Moment::Marked(wait) => {
            let mark = world.store().join("erasing");
            while !mark.exists() && !has_ended(&mut child) {
                assert!(since.elapsed() < SOON, "it never begins");
                std::hint::spin_loop();
            }
            wait
        }
    };
    std::thread::sleep(Duration::from_micros(wait));
    let _ = child.kill();
    child.wait().expect("a child can be waited for");
}

fn has_ended(child: &mut Child) -> bool {
    child.try_wait().expect("a child can be asked").is_some()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_at_any_moment_leaves_a_tenant_untouched_or_one_that_nothing_starts_from() {
    let world = World::begin(Plan::new(10, 46)).await;
    world.seal().await;
    assert_eq!(world.run(&["sync", "--once"]).await.code, Some(0));
    let whole = world.folder().join("whole");
    fs::create_dir(&whole).expect("a folder");
    copy(&world.store(), &whole.join("store"));
    copy(&profiles(&world, TENANT), &whole.join("profiles"));
    let before = fs::read(world.store().join("vault")).expect("it is there");
    let mut random = SmallRng::seed_from_u64(environment::number("COUNTERPART_SEED", 9));
    let (mut untouched, mut begun, mut gone) = (0, 0, 0);
    for cycle in 0..environment::number("COUNTERPART_KILLS", environment::amount(3, 50)) {
        copy(&whole.join("store"), &world.store());
        copy(&whole.join("profiles"), &profiles(&world, TENANT));
        let backups = put_backups(&world, 300);
        let moment = match cycle % 3 {
            0 => Moment::Begun(random.random_range(0..60_000)),
            1 => Moment::Marked(random.random_range(0..2_000)),
            _ => Moment::Marked(random.random_range(0..30_000)),
        };
        kill_at(&world, moment);
        let context = format!("cycle {cycle} {moment:?}");
        if world.store().join("erasing").exists() {
            begun += 1;
            assert_eq!(row(&world, TENANT).await["state"], "erasing", "{context}");
            for command in [&["sync", "--once"][..], &["fsck"], &["pair", "list"]] {
                let ran = world.run(command).await;
                let said = format!("{}{}", ran.out, ran.err);
                let is_told = said.contains("erasing of this tenant was begun");
                // With the profiles gone nothing speaks of the tenant any more.
                let is_nobodys = !profiles(&world, TENANT).join("web.toml").exists();
                assert!(is_told || is_nobodys, "{context}: {command:?}: {ran:?}");
                assert!(
                    is_nobodys || ran.code != Some(0) || command[0] == "pair",
                    "{context}: {ran:?}"
                );
            }
        } else if world.store().join("vault").exists() {
            untouched += 1;
            assert_eq!(
                fs::read(world.store().join("vault")).expect("it is there"),
                before,
                "{context}"
            );
            assert_eq!(world.run(&["fsck"]).await.code, Some(0), "{context}");
            let synced = world.run(&["sync", "--once"]).await;
            assert_eq!(synced.code, Some(0), "{context}: {}", synced.err);
            assert!(backups.join("key").exists(), "{context}");
        } else {
            gone += 1;
        }
        let again = world
            .run(&["tenant", "erase", TENANT, "--yes", TENANT])
            .await;
        let left = again.code != Some(2);
        assert!(!left || again.code == Some(0), "{context}: {again:?}");
        for place in [&world.store(), &backups, &profiles(&world, TENANT)] {
            assert!(!place.exists(), "{context}: {} is left", place.display());
        }
        pause(1).await;
    }
    eprintln!("kills of an erase: {untouched} untouched, {begun} begun, {gone} ended");
    assert!(begun > 0, "no kill met an erase under way");
}
