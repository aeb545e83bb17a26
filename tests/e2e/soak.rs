//! Hours of work with faults, in which nothing grows but what people write.
//!
//! `tests/run --long` soaks for ten minutes, `COUNTERPART_SOAK_SECONDS` names another time; without either nothing is soaked.
//! Memory, file handles, threads, actors and disk are looked at every few seconds; the last quarter of the time may not show
//! more of any than the second one did, beyond what chance gives.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use model::Side;
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use storage::{Options, Store};
use tests::environment;
use tests::harness::{Plan, World, pause};
use tests::mount::skipped;

/// Items on each side.
const ITEMS: u32 = 30;
/// Seconds of the long programme.
const SECONDS: u64 = 600;
/// The pause between two looks.
const LOOK: Duration = Duration::from_secs(5);
/// For how long each kind of weather lasts.
const WEATHER: Duration = Duration::from_secs(20);
/// The pause between two edits, in milliseconds.
const EDIT_MS: u64 = 60;
/// One of so many edits is a comment: comments stay, and so do the rows that know them.
const COMMENTS: u64 = 400;
/// Pairs at work at once at most, as the product bounds them, and those that wait beside them.
const ACTORS: u64 = 128;

/// What is seen of the node at one moment.
#[derive(Clone, Copy, Debug, Default)]
struct Sample {
    seconds: u64,
    memory_kib: u64,
    handles: u64,
    threads: u64,
    active: u64,
    journal: u64,
    checkpoint: u64,
    state: u64,
}

impl Sample {
    async fn take(world: &World, seconds: u64) -> Sample {
        let process = format!("/proc/{}", world.process());
        let status = fs::read_to_string(format!("{process}/status")).unwrap_or_default();
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let word = line.and_then(|line| line.split_whitespace().next());
            word.and_then(|word| word.parse().ok()).unwrap_or(0)
        };
        let handles = fs::read_dir(format!("{process}/fd")).map_or(0, Iterator::count);
        let console = world.status().await.unwrap_or_default();
        let profile = &console["tenants"][0]["profiles"][0];
        let store = world.store();
        Sample {
            seconds,
            memory_kib: number("VmRSS:"),
            handles: handles as u64,
            threads: number("Threads:"),
            active: profile["active"].as_u64().unwrap_or(0),
            journal: size(&store.join("journal")),
            checkpoint: size(&store.join("checkpoint")),
            state: size(&store.join("state")),
        }
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kib = |bytes: u64| bytes >> 10;
        write!(
            f,
            "{} s: memory {} KiB, {} handles, {} threads, {} pairs at work, journal {} KiB, checkpoint {} KiB, state {} KiB",
            self.seconds,
            self.memory_kib,
            self.handles,
            self.threads,
            self.active,
            kib(self.journal),
            kib(self.checkpoint),
            kib(self.state)
        )
    }
}

/// What the files below a directory take, in bytes.
fn size(directory: &Path) -> u64 {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => size(&entry.path()),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

/// The kinds of weather, in turn.
fn weather(turn: u64) -> Value {
    let posts = json!({ "method": "POST" });
    match turn % 7 {
        0 | 4 => json!([]),
        1 => json!([{ "fault": "throttle_429", "p": 0.2 }]),
        2 => json!([{ "fault": "error_503", "p": 0.1 }, { "fault": "error_500", "p": 0.05 }]),
        3 => json!([{ "match": posts, "fault": "lost_response", "p": 0.1 }]),
        5 => json!([{ "fault": "dropped", "p": 0.1 }]),
        _ => json!([{ "fault": "latency", "p": 0.5, "delay_ms": 150 }]),
    }
}

/// People who edit the same items over and over again.
struct Editors {
    rest: Arc<AtomicBool>,
    edits: Arc<AtomicU64>,
    work: tokio::task::JoinHandle<()>,
}

impl Editors {
    async fn begin(world: &World) -> Editors {
        let rest = Arc::new(AtomicBool::new(false));
        let edits = Arc::new(AtomicU64::new(0));
        let (told, count) = (Arc::clone(&rest), Arc::clone(&edits));
        let issues = ids(&world.items(Side::Jira).await);
        let work_items = ids(&world.items(Side::Azure).await);
        let alice = world.seat(Side::Jira, "alice");
        let bruno = world.seat(Side::Azure, "bruno");
        let mut random = SmallRng::seed_from_u64(world.plan.seed);
        let work = tokio::spawn(async move {
            let mut number = 0_u64;
            while !told.load(Ordering::Relaxed) {
                number += 1;
                let title = format!("Title {number}");
                let issue = &issues[random.random_range(0..issues.len())];
                let work_item = &work_items[random.random_range(0..work_items.len())];
                let priority = random.random_range(1..=4);
                let done = match random.random_range(0..COMMENTS) {
                    0 => alice.comment_issue(issue, &title).await,
                    // Each field is edited on one side only: to and fro at this pace would be taken for ping-pong, and the
                    // pairs would rest instead of working.
                    odd if odd % 2 == 0 => {
                        let body = json!({ "fields": { "summary": title } });
                        alice.edit_issue(issue, &body).await
                    }
                    _ => {
                        let field = "Microsoft.VSTS.Common.Priority";
                        bruno.patch(work_item, &set(field, &json!(priority))).await
                    }
                };
                // The weather may have eaten the edit or its answer.
                count.fetch_add(u64::from(done.unwrap_or(false)), Ordering::Relaxed);
                pause(EDIT_MS).await;
            }
        });
        Editors { rest, edits, work }
    }

    async fn end(self) -> u64 {
        self.rest.store(true, Ordering::Relaxed);
        self.work.await.expect("the editors end well");
        self.edits.load(Ordering::Relaxed)
    }
}

fn set(field: &str, value: &Value) -> Value {
    json!([{ "op": "add", "path": format!("/fields/{field}"), "value": value }])
}

fn ids(items: &Value) -> Vec<String> {
    let all = items["items"].as_array().into_iter().flatten();
    all.filter_map(|item| item["id"].as_str().map(str::to_owned))
        .collect()
}

/// The greatest of something among these looks.
fn most(samples: &[Sample], of: fn(&Sample) -> u64) -> u64 {
    samples.iter().map(of).max().unwrap_or(0)
}

/// The last quarter shows no more than the second one did.
fn is_flat(samples: &[Sample]) {
    let quarter = samples.len() / 4;
    let second = samples.get(quarter..2 * quarter).unwrap_or_default();
    let last = samples.get(3 * quarter..).unwrap_or_default();
    // What, how to see it, and how much more than a quarter more is no growth.
    type Measure = (&'static str, fn(&Sample) -> u64, u64);
    let measures: [Measure; 3] = [
        ("memory in KiB", |sample| sample.memory_kib, 16 << 10),
        ("handles", |sample| sample.handles, 16),
        ("threads", |sample| sample.threads, 8),
    ];
    for (what, of, allowance) in measures {
        let (before, after) = (most(second, of), most(last, of));
        assert!(
            after <= before + before / 4 + allowance,
            "{what} grew from {before} to {after}"
        );
    }
    let active = most(samples, |sample| sample.active);
    assert!(active <= ACTORS, "{active} pairs at work at once");
}

/// What lies on the disk, against what of it lives.
fn is_compact(samples: &[Sample], live: u64) {
    let Options {
        segment_bytes,
        checkpoint_bytes,
        ..
    } = Options::default();
    // The journal is kept until a checkpoint is due, whatever lives; a segment more is being filled, and one being removed.
    let journal = checkpoint_bytes + 2 * segment_bytes;
    let most_of_journal = most(samples, |sample| sample.journal);
    assert!(
        most_of_journal <= journal,
        "{most_of_journal} bytes of journal, {live} live"
    );
    // It holds what changed since the checkpoint, which the journal bounds, in files that grow by more than that.
    let state = 3 * checkpoint_bytes;
    let most_of_state = most(samples, |sample| sample.state);
    assert!(
        most_of_state <= state,
        "{most_of_state} bytes of state, {live} live"
    );
    let most_of_checkpoint = most(samples, |sample| sample.checkpoint);
    assert!(
        most_of_checkpoint <= 3 * live,
        "{most_of_checkpoint} bytes of checkpoints, {live} live"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn hours_of_work_with_faults_leave_memory_handles_and_disk_flat() {
    let usual = environment::amount(0, SECONDS);
    let seconds = environment::number("COUNTERPART_SOAK_SECONDS", usual);
    if seconds == 0 {
        return skipped("the soak", "it was not asked for");
    }
    let plan = Plan {
        log: "warn",
        recorded: false,
        ..Plan::new(ITEMS, environment::number("COUNTERPART_SEED", 71))
    };
    let mut world = World::begin(plan).await;
    world.start().await;
    world.in_step(Duration::from_secs(900)).await;
    let editors = Editors::begin(&world).await;
    let samples = soak(&mut world, Duration::from_secs(seconds)).await;
    let edits = editors.end().await;
    world.fault_both(json!([])).await;
    world.in_step(Duration::from_secs(600)).await;
    assert!(world.doubled().await.is_empty());
    let (status, _) = world.terminate().await;
    assert_eq!(status.code(), Some(0), "{}", world.tail());
    let store = Store::open(&world.store(), Options::default()).expect("the store opens");
    // Before a checkpoint what changed counts twice.
    store.checkpoint().expect("a checkpoint");
    let figures = store.status();
    store.close().expect("it closes");
    eprintln!(
        "soaked {seconds} s: {edits} edits, {} records, {} rows, {} bytes live, state {} bytes after the restart",
        figures.lsn.get(),
        figures.rows,
        figures.live_bytes,
        figures.state_bytes
    );
    is_flat(&samples);
    is_compact(&samples, figures.live_bytes);
    world.end();
}

/// Looks at the node while the weather changes.
async fn soak(world: &mut World, time: Duration) -> Vec<Sample> {
    let since = Instant::now();
    let (mut samples, mut turn) = (Vec::new(), 0);
    while since.elapsed() < time {
        if since.elapsed() >= WEATHER.saturating_mul(turn) {
            world.fault_both(weather(turn.into())).await;
            turn += 1;
        }
        if let Some(status) = world.ended() {
            panic!("the node ended: {status}\n{}", world.tail());
        }
        let sample = Sample::take(world, since.elapsed().as_secs()).await;
        if samples.len() % 12 == 0 {
            eprintln!("{sample}");
        }
        samples.push(sample);
        tokio::time::sleep(LOOK).await;
    }
    samples
}
