//! Credentials and the digest key in the vault: they sign in, are replaced and rotated, and nobody reads them who lacks the key.

use std::fs;
use std::time::Duration;

use model::Side;
use serde_json::{Value, json};
use tests::harness::{Plan, Ran, World};

use crate::hand::{Hand, SOON};

/// How long a problem may take to show or to go.
const TOLD: Duration = Duration::from_secs(40);

/// A sealed world with some items.
async fn sealed(seed: u64) -> World {
    let world = World::begin(Plan::new(4, seed)).await;
    world.seal().await;
    world
}

/// Writes a value into a file and sets it as a secret.
async fn set(world: &World, name: &str, value: &str) -> Ran {
    let file = world.folder().join("value");
    fs::write(&file, format!("{value}\n")).expect("the value is written");
    world.feed(&["secret", "set", name], &file).await
}

async fn is_told(world: &World, code: &str) -> bool {
    let asked = world.run(&["problems"]).await.json();
    let problems = asked["problems"].as_array().cloned().unwrap_or_default();
    problems
        .iter()
        .any(|problem| problem["code"] == code && problem["open"] == true)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_was_set_anew_is_taken_up_without_a_restart() {
    let mut world = sealed(31).await;
    world.start().await;
    world.in_step(SOON).await;
    let right = world.tokens.azure.clone();
    assert_eq!(set(&world, "azure-sync", "not-a-token").await.code, Some(0));
    world
        .until("the wrong token is told", TOLD, || {
            is_told(&world, "credential")
        })
        .await;
    assert_eq!(set(&world, "azure-sync", &right).await.code, Some(0));
    Hand::at(&world.addresses.azure, "bruno")
        .work_item(
            "User Story",
            json!({ "System.Title": "After the new token" }),
        )
        .await;
    world.in_step(TOLD).await;
    assert!(!is_told(&world, "credential").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_keys_change_while_the_node_runs_and_it_goes_on() {
    let mut world = sealed(32).await;
    world.start().await;
    world.in_step(SOON).await;
    let rotate = |more: &'static [&'static str]| {
        let arguments = [&["secret", "rotate"], more].concat();
        let world = &world;
        async move { world.run(&arguments).await }
    };
    assert_eq!(rotate(&[]).await.code, Some(0));
    let early = rotate(&["--master"]).await;
    assert_eq!(early.code, Some(2));
    assert!(early.err.contains("[master_key.next]"), "{}", early.err);
    world.write_master("next.key", &world.new_master().await);
    let text = fs::read_to_string(world.config()).expect("it is there");
    let config = |text: String| fs::write(world.config(), text).expect("written");
    config(format!("{text}[master_key.next]\nfile = \"next.key\"\n"));
    let admitted = rotate(&["--master"]).await.json();
    assert_eq!(
        admitted["tenants"][0]["master_keys"]
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    let early = rotate(&["--master", "--finish"]).await;
    assert_eq!(early.code, Some(2));
    assert!(
        early.err.contains("[master_key.next] is still there"),
        "{}",
        early.err
    );
    // From here on the node has the key at hand that seals what it tells the audit log.
    let pairs = world.run(&["pair", "list"]).await.json();
    let pair = pairs["pairs"][0]["jira"]["key"].as_str().expect("a pair");
    assert_eq!(world.run(&["pair", "park", pair]).await.code, Some(0));
    config(text.replace("master.key", "next.key"));
    let finished = rotate(&["--master", "--finish"]).await.json();
    assert_eq!(
        finished["tenants"][0]["master_keys"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
    assert_eq!(world.run(&["pair", "resume", pair]).await.code, Some(0));
    let checked = world.run(&["fsck"]).await;
    assert_eq!(checked.json()["audit"]["findings"], json!([]));
    fs::remove_file(world.folder().join("master.key")).expect("the former key goes");
    Hand::at(&world.addresses.jira, "alice")
        .issue("Story", json!({ "summary": "Under the new key" }))
        .await;
    world.in_step(SOON).await;
    assert!(!is_told(&world, "credential").await);
    world.terminate().await;
    world.start().await;
    world.in_step(SOON).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewed_token_keeps_its_account() {
    let world = sealed(35).await;
    let renewed = set(&world, "jira-sync", &world.tokens.jira).await;
    assert_eq!(renewed.code, Some(0), "{}", renewed.err);
    // A vault alone is no store, whole or broken.
    let before = world.run(&["fsck"]).await;
    assert_eq!(before.code, Some(3));
    assert!(
        before
            .err
            .contains("no tenant of the configuration has a store"),
        "{before:?}"
    );
    assert_eq!(before.json()["audit"]["ok"], true, "{}", before.out);
    assert_eq!(world.run(&["sync", "--once"]).await.code, Some(0));
    let file = world.folder().join("value");
    let wrong = world
        .feed(&["secret", "set", "jira-sync", "--user", "a:b"], &file)
        .await;
    assert_eq!(wrong.code, Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_key_and_a_damaged_vault_are_one_clear_error_each() {
    let world = sealed(33).await;
    let vault = world.store().join("vault");
    let told = |ran: &Ran, words: &str| assert!(ran.err.contains(words), "{words}: {}", ran.err);
    assert_eq!(world.run(&["sync", "--once"]).await.code, Some(0));
    assert_eq!(world.run(&["fsck"]).await.code, Some(0));
    let sound = fs::read(&vault).expect("it is there");
    let right = fs::read_to_string(world.folder().join("master.key")).expect("it is there");

    world.write_master("master.key", &"0123456789abcdef".repeat(4));
    let wrong = world.run(&["sync", "--once"]).await;
    assert_eq!(wrong.code, Some(2));
    told(&wrong, "sealed under another master key");
    let checked = world.run(&["fsck"]).await;
    assert_eq!(
        (checked.code, &checked.json()["tenants"][0]["vault"]["ok"]),
        (Some(3), &Value::Bool(false))
    );
    world.write_master("master.key", &right);

    for at in [3, sound.len() / 2, sound.len() - 2] {
        let mut flipped = sound.clone();
        flipped[at] ^= 4;
        fs::write(&vault, flipped).expect("written");
        let damaged = world.run(&["sync", "--once"]).await;
        assert_eq!(damaged.code, Some(2));
        told(&damaged, "is damaged");
        assert_eq!(world.run(&["fsck"]).await.code, Some(1));
    }
    fs::write(&vault, sound).expect("written");
    assert_eq!(world.run(&["sync", "--once"]).await.code, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_a_secret_is_refused_and_changes_nothing() {
    let world = sealed(34).await;
    let vault = world.store().join("vault");
    let before = fs::read(&vault).expect("it is there");
    for (value, words) in [
        ("", "empty"),
        ("two\nlines", "control character"),
        ("\u{0}", "control character"),
    ] {
        let refused = set(&world, "jira-sync", value).await;
        assert_eq!(refused.code, Some(2), "{value:?}");
        assert!(refused.err.contains(words), "{}", refused.err);
        assert!(value.is_empty() || !refused.err.contains(value));
    }
    let long = set(&world, "jira-sync", &"x".repeat(70_000)).await;
    assert_eq!(long.code, Some(2));
    let gone = world.run(&["secret", "remove", "nobody"]).await;
    assert_eq!(gone.code, Some(2));
    assert_eq!(fs::read(&vault).expect("it is there"), before);
    let late = world.folder().join("value");
    fs::write(&late, "token").expect("written");
    let expired = ["secret", "set", "old", "--expires", "2020-01-01"];
    assert_eq!(world.feed(&expired, &late).await.code, Some(0));
    let listed = world.run(&["secret", "list"]).await;
    assert_eq!(listed.code, Some(1));
    assert_eq!(listed.json()["secrets"].as_array().map(Vec::len), Some(3));
    let tokens = Side::BOTH.map(|side| world.tokens.get(side).clone());
    assert!(
        tokens
            .iter()
            .all(|token| !listed.out.contains(token.as_str()))
    );
}

/// Where the digest key is while it is not sealed.
fn plain(world: &World) -> std::path::PathBuf {
    world.store().join("digest.key")
}

async fn kinds(world: &World) -> Vec<String> {
    let listed = world.run(&["secret", "list"]).await.json();
    let secrets = listed["secrets"].as_array().cloned().unwrap_or_default();
    let kind = |secret: &Value| secret["kind"].as_str().unwrap_or_default().to_owned();
    secrets.iter().map(kind).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_digest_key_in_a_file_is_sealed_at_the_next_start_and_stays_the_same() {
    let world = World::begin(Plan::new(4, 36)).await;
    assert_eq!(world.run(&["sync", "--once"]).await.code, Some(0));
    assert!(plain(&world).exists());
    let key = fs::read(plain(&world)).expect("it is there")[8..40].to_vec();
    world.seal().await;
    // A plan only looks, so it moves nothing.
    let planned = world.run(&["profile", "plan"]).await;
    assert_eq!(planned.code, Some(0), "{}", planned.err);
    assert!(plain(&world).exists());
    // Under another key every base would be worth nothing, and everything would be compared and written by the policy.
    let again = world.run(&["sync", "--once"]).await;
    assert_eq!(again.code, Some(0), "{}", again.err);
    assert_eq!(again.json()["effects"], 0);
    assert!(!plain(&world).exists());
    let vault = fs::read(world.store().join("vault")).expect("it is there");
    assert!(!vault.windows(key.len()).any(|part| part == key));
    assert_eq!(kinds(&world).await, ["credential", "credential", "digest"]);
    let planned = world.run(&["profile", "plan"]).await;
    assert_eq!(planned.code, Some(0), "{}", planned.err);
    assert_eq!(world.run(&["problems"]).await.code, Some(0));
    let checked = world.run(&["fsck"]).await.json();
    assert_eq!(checked["tenants"][0]["digest_key_checked"], true);
    assert_eq!(
        checked["tenants"][0]["vault"],
        json!({ "ok": true, "secrets": 3 })
    );
    let removed = world.run(&["secret", "remove", "digest-key"]).await;
    assert_eq!(removed.code, Some(2));
    assert!(removed.err.contains("key of its digests"), "{removed:?}");
    assert_eq!(world.run(&["secret", "rotate"]).await.code, Some(0));
    let rotated = world.run(&["sync", "--once"]).await;
    assert_eq!(
        (rotated.code, &rotated.json()["effects"]),
        (Some(0), &json!(0))
    );
}

/// Credentials lie in files; the master key is there for the digest key alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sealed_digest_key_that_does_not_open_is_one_error_and_no_new_key_is_made() {
    let mut world = World::begin(Plan::new(4, 37)).await;
    let right = world.new_master().await;
    world.write_master("master.key", &right);
    let text = fs::read_to_string(world.config()).expect("it is there");
    let with = format!("{text}\n[master_key]\nfile = \"master.key\"\n");
    fs::write(world.config(), &with).expect("written");
    assert_eq!(world.run(&["sync", "--once"]).await.code, Some(0));
    assert!(!plain(&world).exists());
    assert_eq!(kinds(&world).await, ["digest"]);
    let vault = || fs::read(world.store().join("vault")).expect("it is there");
    let before = vault();

    for (config, master, words) in [
        (&text, &right, "no [master_key]"),
        (&with, &"0123456789abcdef".repeat(4), "another master key"),
        (&with, &"not a key".to_owned(), "64 hexadecimal digits"),
    ] {
        fs::write(world.config(), config).expect("written");
        world.write_master("master.key", master);
        for command in [
            &["sync", "--once"][..],
            &["profile", "plan"],
            &["problems"],
            &["pair", "list"],
        ] {
            let ran = world.run(command).await;
            assert!(matches!(ran.code, Some(2 | 3)), "{command:?}: {ran:?}");
            assert!(ran.err.contains(words), "{command:?}: {}", ran.err);
        }
        let checked = world.run(&["fsck"]).await;
        assert_eq!(checked.code, Some(3), "{checked:?}");
        assert_eq!(checked.json()["tenants"][0]["digest_key_checked"], false);
        assert!(!plain(&world).exists());
        assert_eq!(vault(), before);
    }
    fs::write(world.config(), &with).expect("written");
    world.write_master("master.key", &right);
    let again = world.run(&["sync", "--once"]).await;
    assert_eq!((again.code, &again.json()["effects"]), (Some(0), &json!(0)));
    world.start().await;
    world.in_step(SOON).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_credential_that_ends_soon_is_a_problem_until_a_later_day_is_set() {
    let mut world = sealed(38).await;
    let until = |day: &'static str| {
        let file = world.folder().join("value");
        fs::write(&file, &world.tokens.jira).expect("the value is written");
        let world = &world;
        async move {
            let set = ["secret", "set", "jira-sync", "--expires", day];
            let ran = world.feed(&set, &file).await;
            assert_eq!(ran.code, Some(0), "{}", ran.err);
        }
    };
    until("2020-01-01").await;
    // The remote decides whether it still takes the token; we only tell.
    let synced = world.run(&["sync", "--once"]).await;
    assert_eq!(synced.code, Some(1), "{}", synced.err);
    let told = world.run(&["problems"]).await;
    assert_eq!(told.code, Some(1));
    let problem = &told.json()["problems"][0];
    assert_eq!(problem["code"], "credential-expired");
    assert_eq!(
        (&problem["side"], &problem["subject"]),
        (&json!("jira"), &json!("jira-sync"))
    );
    assert!(
        problem["cure"]
            .as_str()
            .is_some_and(|cure| cure.contains("secret set"))
    );
    until("2999-01-01").await;
    world.start().await;
    world.in_step(SOON).await;
    world
        .until("it is taken back", TOLD, || async {
            world.run(&["problems"]).await.code == Some(0)
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_starts_without_its_master_key_goes_on_by_itself_when_it_is_there() {
    let mut world = sealed(39).await;
    assert_eq!(world.run(&["sync", "--once"]).await.code, Some(0));
    let right = fs::read_to_string(world.folder().join("master.key")).expect("it is there");
    fs::remove_file(world.folder().join("master.key")).expect("it goes");
    world.start().await;
    let told = world.run(&["problems"]).await;
    assert_eq!(told.code, Some(1), "{told:?}");
    let why = told.json()["stopped"][0]["error"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert!(why.contains("cannot read the master key"), "{why}");
    assert!(why.contains("tries again by itself"), "{why}");
    world.write_master("master.key", &right);
    Hand::at(&world.addresses.jira, "alice")
        .issue("Story", json!({ "summary": "After the key came" }))
        .await;
    world.in_step(TOLD).await;
    assert_eq!(world.run(&["problems"]).await.code, Some(0));
}
