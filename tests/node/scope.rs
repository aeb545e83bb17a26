//! Passes over everything: when they are made, and what they bring.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use actors::Clock as _;
use actors::stored::{CursorRow, TimerRow, Waiting, key};
use counterpart::clock::SystemClock;
use model::{Millis, Side};
use storage::{Batch, Store, Table, decode, encode};
use tests::simulated::{
    Act, Hurried, Script, World, converge, is_idle, kind, start_by, start_one, tenant_of, until,
};

const PATIENCE: Duration = Duration::from_secs(40);

async fn cursors(world: &World, data: &Path, change: impl Fn(&mut CursorRow)) -> Vec<CursorRow> {
    let store = Store::open(&data.join("acme"), storage::Options::default()).expect("opens");
    let mut rows = Vec::new();
    for side in Side::BOTH {
        let at = key::cursor(&world.profile.name, side);
        let bytes = store.get(Table::Cursor, &at).expect("readable");
        let mut row: CursorRow = decode(&bytes.expect("a cursor")).expect("decodes");
        change(&mut row);
        let mut batch = Batch::new();
        batch.put(Table::Cursor, at, encode(&row).expect("encodes"));
        store.commit(batch).await.expect("durable");
        rows.push(row);
    }
    store.close().expect("closes");
    rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wider_scope_brings_in_what_was_there_before() {
    let wide = World::new("wider", 8, 3);
    let narrow = wide.narrowed("issuetype = Bug", "[System.WorkItemType] = 'Bug'");
    let data = tempfile::tempdir().expect("a directory");
    let running = start_one(&narrow, data.path(), &kind()).await;
    until(&running, PATIENCE, is_idle).await;
    running.stop().await.expect("it stops in order");
    let creates = || wide.remotes.jira.creates() + wide.remotes.azure.creates();
    let few = creates();
    assert!((1..16).contains(&few), "{few} of 16 were in the scope");

    // Until the pass has been made the profile has work to do; a stop in between costs nothing but time.
    let closed = Arc::new(AtomicBool::new(true));
    let barrier = Arc::clone(&closed);
    let script: Script = Arc::new(move |side, request| {
        let begins = side == Side::Azure
            && request.url.contains("workitemrevisions")
            && !request.url.contains("continuationToken");
        if begins && barrier.load(Ordering::Acquire) {
            return Act::NotSend;
        }
        Act::Answer
    });
    let running = start_one(&wide, data.path(), &script).await;
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert!(!is_idle(&running.status().await), "the pass was not owed");
    running.stop().await.expect("it stops in order");
    closed.store(false, Ordering::Release);
    let running = start_one(&wide, data.path(), &script).await;
    let comparison = converge(&running, &wide, PATIENCE).await;
    assert_eq!((comparison.pairs, creates()), (16, 16));
    running.stop().await.expect("it stops in order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pass_is_due_by_the_time_of_the_last_one_also_after_a_restart() {
    let world = World::new("daily", 3, 3);
    let data = tempfile::tempdir().expect("a directory");
    let running = start_one(&world, data.path(), &kind()).await;
    converge(&running, &world, PATIENCE).await;
    running.stop().await.expect("it stops in order");
    let first = cursors(&world, data.path(), |_| {}).await;
    assert!(first.iter().all(|row| row.scanned > Millis(0)));

    let passes = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&passes);
    let script: Script = Arc::new(move |_, request| {
        let feed = request.url.contains("workitemrevisions");
        if feed && !request.url.contains("continuationToken") {
            count.fetch_add(1, Ordering::Relaxed);
        }
        Act::Answer
    });
    let running = start_one(&world, data.path(), &script).await;
    converge(&running, &world, PATIENCE).await;
    running.stop().await.expect("it stops in order");
    assert_eq!(passes.load(Ordering::Relaxed), 0, "it was not due");
    let day = 86_400_000;
    let old = cursors(&world, data.path(), |row| {
        row.scanned = Millis(row.scanned.0 - day);
    })
    .await;
    let running = start_one(&world, data.path(), &script).await;
    converge(&running, &world, PATIENCE).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    running.stop().await.expect("it stops in order");
    assert_eq!(passes.load(Ordering::Relaxed), 1, "it was due once");
    let new = cursors(&world, data.path(), |_| {}).await;
    for (new, old) in new.iter().zip(&old) {
        assert!(new.scanned > old.scanned.plus(day));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_page_token_does_not_open_the_gate() {
    let world = World::new("token", 700, 3);
    let data = tempfile::tempdir().expect("a directory");
    let refuse = Arc::new(AtomicBool::new(true));
    let refused = Arc::new(AtomicU32::new(0));
    let (barrier, count) = (Arc::clone(&refuse), Arc::clone(&refused));
    let script: Script = Arc::new(move |side, request| {
        let body = String::from_utf8_lossy(&request.body);
        let page = side == Side::Jira && body.contains("nextPageToken");
        if page && barrier.load(Ordering::Acquire) {
            count.fetch_add(1, Ordering::Relaxed);
            return Act::Refuse;
        }
        Act::Answer
    });
    let running = start_one(&world, data.path(), &script).await;
    // Everything that the first page named was met, and the rest was refused again and again.
    until(&running, PATIENCE, |status| {
        let met = status.profiles().all(|one| one.pending + one.active == 0);
        met && refused.load(Ordering::Relaxed) > 9
    })
    .await;
    let status = running.status().await;
    let profile = status.profiles().next().expect("a profile");
    assert!(!profile.open && !profile.idle, "{status:#?}");
    assert_eq!(world.remotes.azure.creates(), 0);
    refuse.store(false, Ordering::Release);
    until(&running, PATIENCE, |status| {
        status.profiles().all(|profile| profile.open)
    })
    .await;
    running.stop().await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parked_pair_does_not_wait_for_a_time_that_a_wrong_clock_noted() {
    let world = World::new("ahead", 2, 3);
    let data = tempfile::tempdir().expect("a directory");
    let running = start_one(&world, data.path(), &kind()).await;
    converge(&running, &world, PATIENCE).await;
    running.stop().await.expect("it stops in order");
    // The timer of a parked pair, written while the clock was a year ahead.
    let store = Store::open(&data.path().join("acme"), storage::Options::default()).expect("opens");
    let prefix = key::profile(&world.profile.name);
    let pairs = store.scan(Table::Pair, &prefix, None, 1).expect("readable");
    let at = pairs.into_iter().next().expect("a pair").0;
    let row = TimerRow {
        due: SystemClock.now().plus(365 * 86_400_000),
        waiting: Waiting::Parked,
    };
    let mut batch = Batch::new();
    batch.put(Table::Timer, at, encode(&row).expect("encodes"));
    store.commit(batch).await.expect("durable");
    store.close().expect("closes");
    let steps = |status: &actors::status::Node| status.profiles().map(|one| one.steps).sum::<u64>();
    let profiles = vec![world.setup(&kind())];
    let hour_in_a_second = Hurried::by(3_600);
    let running = start_by(
        hour_in_a_second,
        vec![tenant_of("acme", data.path(), profiles)],
    )
    .await;
    until(&running, PATIENCE, |status| steps(status) > 0).await;
    running.stop().await.expect("it stops in order");
}
