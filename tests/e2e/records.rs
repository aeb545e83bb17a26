//! What is kept of what was done to a node: the audit log, and the announcement of extended logging.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

use counterpart::command::access::NodeFile;
use model::Side;
use serde_json::{Value, json};
use tests::harness::{Plan, TENANT, World};
use tests::mount::{Mount, skipped};

use crate::hand::{SOON, text};

/// How long a problem may take to show or to go.
const TOLD: Duration = Duration::from_secs(40);
const MINUTE: Duration = Duration::from_secs(60);
/// Milliseconds by which two clocks may differ, and after which the end of a time is surely told.
const SLACK: i64 = 1_000;
const LATE: i64 = 30_000;
/// What stands in the log of a refusal that was heard.
const HEARD: &str = "extended: a remote refused";

async fn entries(world: &World) -> Vec<Value> {
    let answer = world.run(&["log", "audit"]).await.json();
    answer["entries"].as_array().cloned().unwrap_or_default()
}

/// What the audit log tells: codes and stages, in order.
async fn told(world: &World) -> Vec<String> {
    let entries = entries(world).await;
    let word = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    let entries = entries.iter();
    entries
        .map(|entry| format!("{} {}", word(entry, "what"), word(entry, "stage")))
        .collect()
}

async fn first_pair(world: &World) -> String {
    let pairs = world.run(&["pair", "list"]).await.json();
    let key = pairs["pairs"][0]["jira"]["key"].as_str();
    key.expect("there is a pair").to_owned()
}

fn segment(world: &World) -> PathBuf {
    world.data().join("node.audit").join("000001.jsonl")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_done_to_a_node_is_told_and_a_changed_word_of_it_is_found() {
    let mut world = World::begin(Plan::new(4, 61)).await;
    world.seal().await;
    world.start().await;
    world.in_step(SOON).await;
    let pair = first_pair(&world).await;
    for order in ["park", "resume"] {
        assert_eq!(world.run(&["pair", order, &pair]).await.code, Some(0));
    }
    assert_eq!(world.run(&["secret", "rotate"]).await.code, Some(0));
    assert_eq!(
        world.run(&["secret", "remove", "nobody"]).await.code,
        Some(2),
        "what is refused for its name is not told"
    );
    let (status, _) = world.terminate().await;
    assert_eq!(status.code(), Some(0), "{}", world.tail());
    let ended = ["begun", "done"];
    let both = |what: &str| ended.map(|stage| format!("{what} {stage}"));
    let mut expected = Vec::new();
    expected.extend(both("secret-set"));
    expected.extend(both("secret-set"));
    expected.push("node-started done".to_owned());
    expected.push("profile-changed done".to_owned());
    expected.extend(both("pair-parked"));
    expected.extend(both("pair-resumed"));
    expected.extend(both("data-key-rotated"));
    expected.push("node-stopped done".to_owned());
    assert_eq!(told(&world).await, expected);
    let checked = world.run(&["fsck"]).await;
    assert_eq!(checked.code, Some(0), "{}", checked.out);
    let audit = &checked.json()["audit"];
    assert_eq!(audit["sealed"], expected.len(), "{audit}");
    assert_eq!(audit["findings"], json!([]));
    // Somebody takes out that a pair was parked.
    let whole = fs::read_to_string(segment(&world)).expect("it is there");
    let parked = |line: &&str| !line.contains("pair-parked");
    let less: String = whole.split_inclusive('\n').filter(parked).collect();
    fs::write(segment(&world), less).expect("written");
    let checked = world.run(&["fsck"]).await;
    assert_eq!(checked.code, Some(1), "{}", checked.out);
    let found = checked.json()["audit"]["findings"][0].clone();
    assert_eq!(found["what"], "entries 7 to 8 are missing", "{found}");
    let place = found["where"].as_str().unwrap_or_default();
    assert!(place.ends_with("000001.jsonl line 7"), "{place}");
    fs::write(segment(&world), whole).expect("written");
    // The same profile is not told of again.
    world.start().await;
    world.in_step(SOON).await;
    let after = told(&world).await;
    assert_eq!(after.last().map(String::as_str), Some("node-started done"));
    world.end();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audit_log_is_checked_where_no_tenant_has_a_store() {
    let world = World::begin(Plan::new(2, 63)).await;
    world.seal().await;
    let checked = world.run(&["fsck"]).await;
    assert_eq!(
        checked.code,
        Some(3),
        "no store is no store: {}",
        checked.out
    );
    assert!(checked.err.contains("no tenant"), "{}", checked.err);
    assert_eq!(checked.json()["audit"]["entries"], 4, "{}", checked.out);
    let whole = fs::read_to_string(segment(&world)).expect("it is there");
    let less: String = whole.split_inclusive('\n').skip(1).collect();
    fs::write(segment(&world), less).expect("written");
    let checked = world.run(&["fsck"]).await;
    assert_eq!(checked.code, Some(1), "{}", checked.out);
    let found = checked.json()["audit"]["findings"][0].clone();
    assert_eq!(found["what"], "entries 1 to 1 are missing", "{found}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_that_ends_by_itself_is_told_with_its_tenant_and_profile() {
    let world = World::begin(Plan::new(2, 64)).await;
    let profile = "web-to-platform";
    let named = ["sync", "--once", "--tenant", "acme", "--profile"];
    // What is not configured may be anything that somebody typed, a token too: it is refused and not told.
    let mistyped = world.run(&[&named[..], &["s3cret-token"]].concat()).await;
    assert_eq!(mistyped.code, Some(2), "{}", mistyped.err);
    let ran = world.run(&[&named[..], &[profile]].concat()).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let entries = entries(&world).await;
    let told: Vec<_> = entries
        .iter()
        .map(|entry| [&entry["what"], &entry["stage"], &entry["tenant"]].map(|word| word.as_str()))
        .collect();
    let what = |what, stage| [Some(what), Some(stage), Some("acme")];
    assert_eq!(
        told,
        [
            what("synced-once", "begun"),
            what("profile-changed", "done"),
            what("synced-once", "done")
        ]
    );
    assert_eq!(entries[0]["subject"], profile);
    assert_eq!(entries[2]["of"], 1);
    assert!(
        entries[0]["who"]
            .as_str()
            .is_some_and(|who| who.starts_with("uid "))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_that_is_typed_in_its_names_place_does_not_stay_in_the_audit_log() {
    let world = World::begin(Plan::new(2, 65)).await;
    world.seal().await;
    let file = world.folder().join("value");
    fs::write(&file, "value").expect("written");
    let subjects = |entries: Vec<Value>| -> Vec<Value> {
        entries
            .iter()
            .map(|entry| entry["subject"].clone())
            .collect()
    };
    let before = entries(&world).await.len();
    for secret in ["ATATT3x=1F", "two words", &"x".repeat(200)] {
        let ran = world.feed(&["secret", "set", secret], &file).await;
        assert_eq!(ran.code, Some(2), "{secret}");
        assert!(!ran.err.contains(secret), "{}", ran.err);
    }
    let typed = "ghp0123456789abcdefghijklmnopqrstuvwxyz01";
    let ran = world.run(&["secret", "remove", typed]).await;
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    assert_eq!(
        entries(&world).await.len(),
        before,
        "what is refused is not told"
    );
    for (name, expected) in [
        (typed, "a name that nothing uses"),
        ("jira-sync", "jira-sync"),
    ] {
        let ran = world.feed(&["secret", "set", name], &file).await;
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        let told = subjects(entries(&world).await);
        assert_eq!(told[told.len() - 2..], [expected, expected]);
    }
    let whole = fs::read_to_string(segment(&world)).expect("it is there");
    assert!(!whole.contains(typed), "{whole}");
}

/// Gives an order about a pair and goes away at once.
fn order_and_go(world: &World, pair: &str, order: &str) {
    let text = fs::read_to_string(NodeFile::path(&world.data())).expect("the node runs");
    let file: NodeFile = serde_json::from_str(&text).expect("its file is sound");
    let mut stream = TcpStream::connect(file.listen).expect("it listens");
    let head = format!(
        "POST /api/v1/pairs/{pair}/{order} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Length: 0\r\n\r\n",
        file.listen, file.token
    );
    stream.write_all(head.as_bytes()).expect("it reads");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_told_to_its_end_although_who_gave_it_went_away() {
    let mut world = World::begin(Plan::new(2, 66)).await;
    world.start().await;
    world.in_step(SOON).await;
    let pair = first_pair(&world).await;
    const ORDERS: usize = 12;
    for number in 0..ORDERS {
        order_and_go(&world, &pair, ["park", "resume"][number % 2]);
        tests::harness::pause(100).await;
    }
    let (status, _) = world.terminate().await;
    assert_eq!(status.code(), Some(0), "{}", world.tail());
    let told = told(&world).await;
    let count = |stage: &str| {
        let is_it = |told: &&String| told.starts_with("pair-") && told.ends_with(stage);
        told.iter().filter(is_it).count()
    };
    // Whoever goes before the node has read the order gave none.
    assert!(count("begun") > 0, "{told:?}");
    assert_eq!(count("done"), count("begun"), "{told:?}");
    world.end();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_remotes_say_is_logged_only_while_somebody_ordered_it_and_the_customer_is_told() {
    let mut world = World::begin(Plan::new(4, 62)).await;
    let on = ["log", "extended", "--tenant", "acme", "--for", "30m"];
    let ran = world.run(&on).await;
    assert_eq!(ran.code, Some(2), "no node runs: {}", ran.err);
    world.start().await;
    world.in_step(SOON).await;
    let refuse = json!([{ "fault": "error_500", "p": 0.5 }]);
    world.fault(Side::Jira, refuse).await;
    tests::harness::pause(2_000).await;
    assert!(world.logged(HEARD).is_empty(), "it is off");
    let ran = world.run(&on).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(is_told(&world).await, "it is announced at once");
    world
        .until("a refusal is heard", TOLD, || async {
            world.logged(HEARD).iter().any(|line| {
                let words = line["fields"]["words"].as_str();
                words.is_some_and(|words| !words.is_empty())
            })
        })
        .await;
    let ran = world
        .run(&["log", "extended", "--tenant", "acme", "--off"])
        .await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(!is_told(&world).await, "its end is announced at once");
    let heard = world.logged(HEARD).len();
    tests::harness::pause(2_000).await;
    assert!(world.logged(HEARD).len() <= heard + 1, "one was under way");
    // A node that is killed within the time starts without it, and closes the problem.
    let ran = world.run(&on).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(world.kill());
    world.fault(Side::Jira, json!([])).await;
    world.start().await;
    world
        .until("the problem is closed", TOLD, || async {
            !is_told(&world).await
        })
        .await;
    let told = told(&world).await;
    let ordered = told
        .iter()
        .filter(|told| told.starts_with("extended-"))
        .count();
    assert_eq!(ordered, 6, "{told:?}");
    world.end();
}

async fn is_told(world: &World) -> bool {
    announced(world, &["problems"]).await == Some(true)
}

/// Whether the problem of extended logging is open, where these problems hold it.
async fn announced(world: &World, problems: &[&str]) -> Option<bool> {
    let asked = world.run(problems).await.json();
    let problems = asked["problems"].as_array().cloned().unwrap_or_default();
    let it = problems
        .iter()
        .find(|problem| problem["code"] == "extended-logging")?;
    it["open"].as_bool()
}

/// How often Jira has refused.
async fn refusals(world: &World) -> u64 {
    let requests = world.control(Side::Jira, "requests").await;
    let rows = requests["endpoints"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let refused = rows.iter().filter(|row| row["status"] == 500);
    refused.filter_map(|row| row["count"].as_u64()).sum()
}

/// Waits until Jira has refused that many times more.
async fn until_refused(world: &World, more: u64) {
    let before = refusals(world).await;
    world
        .until("more refusals", 2 * MINUTE, || async {
            refusals(world).await >= before + more
        })
        .await;
}

/// A node whose requests to Jira are refused every now and then: so rarely that it never pauses for long.
async fn refused(world: &mut World) {
    world.start().await;
    world.in_step(SOON).await;
    let refuse = json!([{ "fault": "error_500", "p": 0.25 }]);
    world.fault(Side::Jira, refuse).await;
}

/// Milliseconds since 1970 of a line of the log.
fn stamp(line: &Value) -> i64 {
    let stamp: jiff::Timestamp = text(&line["timestamp"]).parse().expect("a time");
    stamp.as_millisecond()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn extended_logging_ends_by_itself_when_its_time_is_over() {
    let mut world = World::begin(Plan::new(4, 63)).await;
    refused(&mut world).await;
    let on = |time: &'static str| ["log", "extended", "--tenant", TENANT, "--for", time];
    for wrong in ["59s", "0m", "241m", "5h"] {
        assert_eq!(world.run(&on(wrong)).await.code, Some(2), "{wrong}");
    }
    // The shortest time that the command takes.
    let ran = world.run(&on("1m")).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let until = ran.json()["until"].as_i64().expect("it says until when");
    assert!(is_told(&world).await, "it is announced at once");
    until_refused(&world, 3).await;
    assert!(!world.logged(HEARD).is_empty(), "nothing is heard");
    world
        .until("its end is announced", MINUTE + TOLD, || async {
            !is_told(&world).await
        })
        .await;
    let now = jiff::Timestamp::now().as_millisecond();
    assert!(
        (until - SLACK..until + LATE).contains(&now),
        "{now} {until}"
    );
    assert_eq!(announced(&world, &["problems", "--all"]).await, Some(false));
    until_refused(&world, 3).await;
    let heard = world.logged(HEARD);
    let last = heard.iter().map(stamp).max().unwrap_or_default();
    assert!(
        last < until + SLACK,
        "one was heard at {last}, after {until}"
    );
    let told = told(&world).await;
    assert_eq!(
        told[told.len() - 3..],
        ["extended-on begun", "extended-on done", "extended-off done"]
    );
    let entries = world.run(&["log", "audit", "--limit", "1"]).await.json();
    let end = &entries["entries"][0];
    assert_eq!(end["who"], "the node, since the time is over", "{end:#}");
    assert_eq!(end["tenant"], TENANT);
    world.end();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn extended_logging_is_ended_though_the_audit_log_has_no_room() {
    let mut world = World::begin(Plan::new(4, 64)).await;
    let audit = world.data().join("node.audit");
    fs::create_dir_all(&audit).expect("a directory");
    let disk = match Mount::memory(&audit, 256 << 10) {
        Ok(disk) => disk,
        Err(why) => return skipped("extended logging on a full disk", &why),
    };
    refused(&mut world).await;
    let tenant = ["log", "extended", "--tenant", TENANT];
    let on = [&tenant[..], &["--for", "30m"]].concat();
    let off = [&tenant[..], &["--off"]].concat();
    assert_eq!(world.run(&on).await.code, Some(0));
    until_refused(&world, 3).await;
    assert!(!world.logged(HEARD).is_empty(), "nothing is heard");
    let filler = audit.join("filler");
    assert!(
        fs::write(&filler, vec![0; 512 << 10]).is_err(),
        "it is full"
    );
    // What cannot be told is not begun; that it ends is more than that it is told.
    let ran = world.run(&off).await;
    assert_eq!(ran.code, Some(3), "{ran:?}");
    world
        .until("its end is announced", TOLD, || async {
            !is_told(&world).await
        })
        .await;
    let heard = world.logged(HEARD).len();
    until_refused(&world, 3).await;
    assert!(world.logged(HEARD).len() <= heard + 1, "one was under way");
    let ran = world.run(&on).await;
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(!is_told(&world).await, "it began untold");
    fs::remove_file(filler).expect("there is room again");
    assert_eq!(world.run(&on).await.code, Some(0));
    assert_eq!(world.run(&off).await.code, Some(0));
    world.terminate().await;
    let checked = world.run(&["fsck"]).await;
    assert_eq!(checked.code, Some(0), "{checked:?}");
    world.end();
    drop(disk);
}
