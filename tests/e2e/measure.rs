//! What a node tells of itself in numbers, and that the data policy names all that it leaves behind.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use counterpart::command::access::NodeFile;
use counterpart::demo::remote::paragraph;
use counterpart::policy;
use model::Side;
use model::metric::{Kind, Metric, Values};
use serde_json::json;
use tests::harness::{Plan, World, pause};

/// The numbers as Prometheus reads them: by name and labels.
type Numbers = BTreeMap<(String, BTreeMap<String, String>), f64>;

async fn scrape(world: &World) -> String {
    let text = fs::read_to_string(NodeFile::path(&world.data())).expect("the node runs");
    let file: NodeFile = serde_json::from_str(&text).expect("its file is sound");
    let url = format!("http://{}/metrics", file.listen);
    let asked = reqwest::Client::new().get(url).bearer_auth(file.token);
    let answer = asked.send().await.expect("the node answers");
    assert_eq!(answer.status(), 200);
    answer.text().await.expect("a text")
}

fn parsed(text: &str) -> Numbers {
    let mut numbers = Numbers::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (series, number) = line.rsplit_once(' ').expect("a number at the end");
        let number = number.parse().expect("a number");
        let (name, labels) = match series.split_once('{') {
            Some((name, labels)) => (name, labels.trim_end_matches('}')),
            None => (series, ""),
        };
        let labels = labels.split(',').filter(|label| !label.is_empty());
        let labels = labels.map(|label| {
            let (name, value) = label.split_once('=').expect("a name and a value");
            (name.to_owned(), value.trim_matches('"').to_owned())
        });
        let before = numbers.insert((name.to_owned(), labels.collect()), number);
        assert!(before.is_none(), "twice: {line}");
    }
    numbers
}

/// The names under which a metric's series stand.
fn series(metric: Metric) -> Vec<String> {
    let name = metric.full_name();
    match metric.row().kind {
        Kind::Counter | Kind::Gauge => vec![name],
        Kind::Histogram => ["_bucket", "_sum", "_count"]
            .map(|end| format!("{name}{end}"))
            .to_vec(),
    }
}

fn sum(numbers: &Numbers, metric: Metric) -> f64 {
    let name = series(metric).pop().unwrap_or_default();
    let of = numbers.iter().filter(|((is, _), _)| *is == name);
    of.map(|(_, number)| number).sum()
}

/// What has to have been more than nothing after a busy run.
const BUSY: [Metric; 32] = [
    Metric::Tenants,
    Metric::Uptime,
    Metric::StoreOpens,
    Metric::StateRebuilds,
    Metric::JournalBytes,
    Metric::JournalSegments,
    Metric::JournalRecords,
    Metric::JournalSync,
    Metric::CheckpointAge,
    Metric::CheckpointBehind,
    Metric::CheckpointBytes,
    Metric::StateRows,
    Metric::StateBytes,
    Metric::Connected,
    Metric::CreatesAllowed,
    Metric::Idle,
    Metric::ChangeSeconds,
    Metric::Effects,
    Metric::Conflicts,
    Metric::Steps,
    Metric::Commits,
    Metric::Losses,
    Metric::Doubts,
    Metric::Probes,
    Metric::Problems,
    Metric::Requests,
    Metric::RequestSeconds,
    Metric::RequestsAllowed,
    Metric::ThrottleWaits,
    Metric::ThrottleSeconds,
    Metric::FeedPages,
    Metric::FeedItems,
];

/// What has to be nothing while nothing is broken.
const NOTHING: [Metric; 7] = [
    Metric::BackupFailed,
    Metric::DrillFailed,
    Metric::TenantFailed,
    Metric::ProfilesStopped,
    Metric::StoreFailed,
    Metric::InvariantsBroken,
    Metric::Trouble,
];

fn only_what_is_declared(numbers: &Numbers) {
    let declared: BTreeMap<String, Metric> = Metric::ALL
        .into_iter()
        .flat_map(|metric| series(metric).into_iter().map(move |name| (name, metric)))
        .collect();
    for (name, labels) in numbers.keys() {
        let metric = declared.get(name);
        let row = metric
            .unwrap_or_else(|| panic!("{name} is not declared"))
            .row();
        let mut told = labels.clone();
        told.remove("le");
        for label in row.labels {
            let value = told.remove(label.name);
            let value = value.unwrap_or_else(|| panic!("{name} has no {}", label.name));
            let is_allowed = match label.values {
                Values::Named => ["acme", "web-to-platform"].contains(&value.as_str()),
                Values::Words(words) => words.contains(&value.as_str()),
            };
            assert!(is_allowed, "{name}: {} = {value:?}", label.name);
        }
        assert!(told.is_empty(), "{name} has also {told:?}");
    }
}

/// People write, some of it at both ends, some of it more than the other side can hold; and the remotes have a bad day.
async fn a_busy_run(world: &mut World) {
    let comment = |path: &str| json!({ "method": "POST", "path": path });
    world
        .fault(
            Side::Jira,
            json!([
                { "match": comment("*/rest/api/3/issue"), "fault": "lost_response", "times": 2 },
                { "match": { "method": "POST", "path": "*/bulkfetch" }, "fault": "throttle_429", "times": 2 },
            ]),
        )
        .await;
    world.start().await;
    let crowd = world.crowd();
    pause(4_000).await;
    crowd.rest().await;
    world.in_step(Duration::from_secs(90)).await;
    contradict(world).await;
    // The panel makes the texts differ for good, so what is waited for is the node's own word.
    let world = &*world;
    let seen = || async move {
        let numbers = parsed(&scrape(world).await);
        let met = [
            Metric::Conflicts,
            Metric::Losses,
            Metric::Problems,
            Metric::Idle,
        ];
        met.into_iter().all(|metric| sum(&numbers, metric) > 0.0)
    };
    let what = "conflicts, losses and problems are counted, and the node rests";
    world.until(what, Duration::from_secs(60), seen).await;
}

/// Both sides get other titles while the node sleeps, a text with what the other side cannot hold, and one that is too long
/// for it.
async fn contradict(world: &World) {
    world.signal("STOP");
    let comparison = counterpart::demo::compare::pair_up(
        &world.items(Side::Jira).await,
        &world.items(Side::Azure).await,
    )
    .into_iter()
    .filter_map(|twins| {
        let id = |item: Option<&serde_json::Value>| Some(item?["id"].as_str()?.to_owned());
        Some((id(twins.jira)?, id(twins.azure)?))
    })
    .collect::<Vec<_>>();
    let (one, other) = (
        world.seat(Side::Jira, "dilek"),
        world.seat(Side::Azure, "fumiko"),
    );
    for (issue, work_item) in comparison.iter().take(3) {
        let mut text = paragraph("before a panel");
        let panel = json!({ "type": "panel", "attrs": { "panelType": "info" }, "content": [
            { "type": "paragraph", "content": [{ "type": "text", "text": "in a panel" }] }
        ] });
        text["content"].as_array_mut().expect("a list").push(panel);
        let fields = json!({ "fields": { "summary": "One title", "description": text } });
        assert!(one.edit_issue(issue, &fields).await.expect("an answer"));
        let patch =
            json!([{ "op": "add", "path": "/fields/System.Title", "value": "Another title" }]);
        assert!(other.patch(work_item, &patch).await.expect("an answer"));
    }
    let (_, work_item) = comparison.last().expect("a pair");
    let text = format!("<p>{}</p>", "long ".repeat(9_000));
    let patch = json!([{ "op": "add", "path": "/fields/System.Description", "value": text }]);
    assert!(other.patch(work_item, &patch).await.expect("an answer"));
    world.signal("CONT");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_declared_number_is_measured_and_no_other_one() {
    let mut world = World::begin(Plan::new(8, 71)).await;
    world.seal().await;
    world.keep_backups();
    world.start().await;
    let (status, _) = world.terminate().await;
    assert_eq!(status.code(), Some(0), "{}", world.tail());
    fs::write(world.store().join("rebuild"), "").expect("a mark");
    a_busy_run(&mut world).await;
    let text = scrape(&world).await;
    for metric in Metric::ALL {
        let head = format!(
            "# TYPE {} {}",
            metric.full_name(),
            metric.row().kind.as_str()
        );
        assert!(text.lines().any(|line| line == head), "{head}");
    }
    let numbers = parsed(&text);
    only_what_is_declared(&numbers);
    let names: BTreeSet<&String> = numbers.keys().map(|(name, _)| name).collect();
    for metric in Metric::ALL {
        let known = series(metric);
        assert!(
            known.iter().all(|name| names.contains(name)),
            "{known:?} is not measured\n{text}"
        );
    }
    for metric in BUSY {
        assert!(sum(&numbers, metric) > 0.0, "{metric:?} is nothing\n{text}");
    }
    for metric in NOTHING {
        assert!(
            sum(&numbers, metric) == 0.0,
            "{metric:?} is something\n{text}"
        );
    }
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_counted_is_what_the_remotes_saw() {
    let mut world = World::begin(Plan::new(6, 72)).await;
    world.start().await;
    world.in_step(Duration::from_secs(60)).await;
    let numbers = parsed(&scrape(&world).await);
    let created = |side: Side| {
        let name = Metric::Effects.full_name();
        let wanted = [
            ("side", side.as_str()),
            ("kind", "create"),
            ("outcome", "applied"),
        ];
        let is_wanted = |labels: &BTreeMap<String, String>| {
            wanted
                .iter()
                .all(|(name, value)| labels.get(*name).is_some_and(|is| is == value))
        };
        let of = numbers.iter();
        let of = of.filter(|((is, labels), _)| *is == name && is_wanted(labels));
        of.map(|(_, number)| *number).sum::<f64>()
    };
    for side in Side::BOTH {
        assert!(
            (created(side) - 6.0).abs() < 0.5,
            "{side}: {}",
            created(side)
        );
    }
    world.end();
}

/// Every file and directory below this one, by its path from there.
fn below(root: &Path) -> Vec<(PathBuf, bool)> {
    let (mut found, mut open) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let is_folder = path.is_dir();
            if is_folder {
                open.push(path.clone());
            }
            let path = path.strip_prefix(root).expect("below it").to_owned();
            found.push((path, is_folder));
        }
    }
    found
}

fn is_named_by_the_policy(world: &World) {
    let found = below(&world.data());
    assert!(found.len() > 8, "{found:?}");
    let named = |(path, is_folder): &&(PathBuf, bool)| !policy::names(path, *is_folder);
    let strange: Vec<_> = found.iter().filter(named).collect();
    assert!(
        strange.is_empty(),
        "no row of src/counterpart/policy/stored.rs names {strange:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_on_disk_that_the_policy_does_not_name() {
    let mut world = World::begin(Plan::new(4, 73)).await;
    world.seal().await;
    for _ in 0..3 {
        world.start().await;
        pause(900).await;
        is_named_by_the_policy(&world);
        assert!(world.kill(), "the node ended by itself\n{}", world.tail());
        is_named_by_the_policy(&world);
    }
    fs::write(world.store().join("rebuild"), "").expect("a file");
    world.start().await;
    world.in_step(Duration::from_secs(60)).await;
    let (status, _) = world.terminate().await;
    assert_eq!(status.code(), Some(0), "{}", world.tail());
    is_named_by_the_policy(&world);
    for command in [&["fsck"][..], &["problems"], &["sync", "--once"]] {
        let ran = world.run(command).await;
        assert_eq!(ran.code, Some(0), "{command:?}: {ran:?}");
        is_named_by_the_policy(&world);
    }
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_day_is_kept_and_told_to_whoever_asks_here() {
    let mut world = World::begin(Plan::new(4, 74)).await;
    world.start().await;
    world.in_step(Duration::from_secs(60)).await;
    let (status, _) = world.terminate().await;
    assert_eq!(status.code(), Some(0), "{}", world.tail());
    let again = world.run(&["sync", "--once"]).await;
    assert_eq!(again.code, Some(0), "{again:?}");
    let shown = world.run(&["statistics", "show"]).await;
    assert_eq!(shown.code, Some(0), "{shown:?}");
    let shown = shown.json();
    let days = shown["tenants"][0]["days"].as_array().expect("days");
    let sum = |name: &str| -> u64 {
        let counts = days.iter().filter_map(|day| day["counts"][name].as_u64());
        counts.sum()
    };
    for side in ["jira", "azure"] {
        let creates = sum(&format!(
            "effects_total side={side} kind=create outcome=applied"
        ));
        assert_eq!(creates, 4, "{shown:#}");
    }
    assert_eq!(
        sum("store_opens_total"),
        2,
        "the node and the command: {shown:#}"
    );
    assert_eq!(days.last().expect("a day")["pairs"], 8, "{shown:#}");

    let business = world.run(&["statistics", "export", "--business"]).await;
    assert_eq!(business.code, Some(0), "{business:?}");
    let installation = storage::Store::open(&world.store(), storage::Options::default())
        .map(|store| store.installation())
        .expect("the store opens");
    let subject = business.json()["subject"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert_eq!(subject.len(), 16, "{business:?}");
    let installation = hex::encode(installation);
    assert!(!installation.contains(&subject));
    for name in [
        "acme",
        "web-to-platform",
        "WEB",
        "Platform",
        "127.0.0.1",
        "localhost",
    ] {
        assert!(!business.out.contains(name), "{name} in {business:?}");
    }
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_kept_when_statistics_are_off() {
    let mut world = World::begin(Plan::new(2, 75)).await;
    let text = fs::read_to_string(world.config()).expect("the configuration");
    let text = format!("{text}\n[telemetry]\nstatistics = false\n");
    fs::write(world.config(), text).expect("it is written");
    world.start().await;
    world.in_step(Duration::from_secs(60)).await;
    let (status, _) = world.terminate().await;
    assert_eq!(status.code(), Some(0), "{}", world.tail());
    assert!(!world.store().join("statistics").exists());
    let shown = world.run(&["statistics", "show"]).await;
    assert_eq!(shown.json()["tenants"][0]["days"], json!([]), "{shown:?}");
    world.end();
}
