//! Crashes at any moment: the runtime goes, with everything that was in memory.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actors::ledger::Ledger;
use actors::stored::{HistoryRow, InboxRow};
use model::{PairId, Side};
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use storage::{Store, Table};
use sync::{Command, Note, Phase};
use tests::simulated::{
    Act, Script, World, converge, is_reading_of_work_items, kind, start_one, tenant, until,
};

const SEEDS: u64 = 50;
const AT_ONCE: usize = 6;
const PATIENCE: Duration = Duration::from_secs(45);

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime")
}

/// Runs a node for a while, with people at work, and lets it drop dead.
fn live_and_die(world: &World, data: &std::path::Path, random: &mut SmallRng) {
    let runtime = runtime();
    let span = Duration::from_millis(random.random_range(1..400));
    let nth = random.random_range(0..20_usize);
    runtime.block_on(async {
        let running = start_one(world, data, &kind()).await;
        tokio::time::sleep(span / 2).await;
        world.retitle(nth, &format!("title {nth} of {span:?}"));
        world.rename(nth + 1, &format!("name {nth} of {span:?}"));
        world.comment(nth + 2, &format!("comment {nth} of {span:?}"));
        tokio::time::sleep(span / 2).await;
        std::mem::forget(running);
    });
    drop(runtime);
}

fn survive(seed: u64) {
    let mut random = SmallRng::seed_from_u64(seed);
    let world = World::new("crash", 4, seed + 1);
    let data = tempfile::tempdir().expect("a directory");
    for _ in 0..random.random_range(1..4) {
        live_and_die(&world, data.path(), &mut random);
    }
    runtime().block_on(async {
        let running = start_one(&world, data.path(), &kind()).await;
        let comparison = converge(&running, &world, PATIENCE).await;
        assert_eq!(comparison.pairs, 8, "seed {seed}");
        running.stop().await.expect("it stops in order");
    });
}

#[test]
fn a_cursor_never_moves_ahead_of_its_inbox() {
    let next = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let workers: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let next = Arc::clone(&next);
            std::thread::spawn(move || {
                loop {
                    let seed = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    if seed >= SEEDS {
                        return;
                    }
                    survive(seed);
                }
            })
        })
        .collect();
    let failed = workers
        .into_iter()
        .filter_map(|worker| worker.join().err())
        .count();
    assert_eq!(failed, 0, "see the seeds above");
}

/// Copies a closed store.
fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).expect("a directory");
    for entry in std::fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

#[test]
fn a_data_directory_put_back_from_an_older_copy_doubles_nothing() {
    let world = World::new("restored", 4, 77);
    let data = tempfile::tempdir().expect("a directory");
    let old = tempfile::tempdir().expect("a directory");
    let run = |data: &std::path::Path| {
        runtime().block_on(async {
            let running = start_one(&world, data, &kind()).await;
            let comparison = converge(&running, &world, PATIENCE).await;
            running.stop().await.expect("it stops in order");
            comparison
        })
    };
    assert_eq!(run(data.path()).pairs, 8);
    copy(data.path(), old.path());
    world.file("an issue since the copy");
    world.open("a work item since the copy");
    assert_eq!(run(data.path()).pairs, 10);
    let comparison = run(old.path());
    assert_eq!((comparison.pairs, comparison.duplicates), (10, 0));
}

fn inbox(store: &Store, world: &World) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let prefix = actors::stored::key::profile(&world.profile.name);
    let rows = store.scan(Table::Inbox, &prefix, None, 1_000);
    rows.expect("readable").into_iter().collect()
}

fn is_of_azure(row: &[u8]) -> bool {
    let row: InboxRow = storage::decode(row).expect("a row of the inbox");
    row.side == Side::Azure
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_profile_that_is_started_again_replaces_no_row_of_its_earlier_life() {
    let world = World::new("lives", 1, 3);
    let data = tempfile::tempdir().expect("a directory");
    let falls = Arc::new(AtomicBool::new(false));
    let once = Arc::clone(&falls);
    let script: Script = Arc::new(move |side, request| {
        let read = is_reading_of_work_items(side, request);
        let feed = side == Side::Azure && request.url.contains("workitemrevisions");
        if feed && once.swap(false, Ordering::AcqRel) {
            return Act::Panic;
        }
        if read { Act::Hang } else { Act::Answer }
    });
    let running = start_one(&world, data.path(), &script).await;
    let store = running.store(&tenant("acme")).await.expect("a store");
    // The issue was met; the reading of the work item is waited for.
    until(&running, PATIENCE, |status| {
        let active: usize = status.profiles().map(|profile| profile.active).sum();
        let rows = inbox(&store, &world);
        active == 1 && rows.len() == 1 && rows.values().all(|row| is_of_azure(row))
    })
    .await;
    let before = inbox(&store, &world);
    falls.store(true, Ordering::Release);
    until(&running, PATIENCE, |_| !falls.load(Ordering::Acquire)).await;
    world.rename(0, "changed in its second life");
    until(&running, PATIENCE, |_| inbox(&store, &world).len() > 1).await;
    let after = inbox(&store, &world);
    for (key, row) in &before {
        assert_eq!(
            after.get(key),
            Some(row),
            "a row was replaced by a later one"
        );
    }
    drop(store);
    running.stop().await.ok();
}

/// The first pair, and its phase.
fn first_pair(world: &World, store: &Store) -> (PairId, Phase) {
    let ledger = Ledger {
        store: store.clone(),
        profile: world.profile.name.clone(),
    };
    let pairs = ledger.pairs(None, 1).expect("readable");
    let pair = pairs.into_iter().next().expect("a pair").pair;
    (pair.id, pair.phase)
}

#[test]
fn an_order_given_while_a_remote_is_down_survives_a_restart() {
    let world = World::new("ordered", 2, 3);
    let data = tempfile::tempdir().expect("a directory");
    let down = Arc::new(AtomicBool::new(false));
    let script: Script = {
        let down = Arc::clone(&down);
        Arc::new(move |side, _| {
            let lost = side == Side::Azure && down.load(Ordering::Acquire);
            if lost { Act::NotSend } else { Act::Answer }
        })
    };
    let (name, profile) = (tenant("acme"), &world.profile.name);
    let first = runtime();
    let id = first.block_on(async {
        let running = start_one(&world, data.path(), &script).await;
        converge(&running, &world, PATIENCE).await;
        down.store(true, Ordering::Release);
        until(&running, PATIENCE, |status| {
            status.profiles().all(|profile| !profile.trouble.is_empty())
        })
        .await;
        let store = running.store(&tenant("acme")).await.expect("a store");
        let (id, phase) = first_pair(&world, &store);
        assert_eq!(phase, Phase::Linked);
        let order = running.order(&name, profile, id, Command::Park);
        order.await.expect("the order is taken");
        std::mem::forget(running);
        id
    });
    drop(first);
    runtime().block_on(async {
        // The remote is not met at all in this life, and the order is carried out all the same.
        let running = start_one(&world, data.path(), &script).await;
        let store = running.store(&tenant("acme")).await.expect("a store");
        let is_parked = || matches!(first_pair(&world, &store), (one, Phase::Parked(park)) if one == id && park.held);
        until(&running, PATIENCE, |_| is_parked()).await;
        assert!(inbox(&store, &world).is_empty(), "the order is there still");
        let ledger = Ledger {
            store: store.clone(),
            profile: profile.clone(),
        };
        let ordered = |row: &HistoryRow| matches!(row.note, Note::Ordered { .. });
        let history = ledger.history(id).expect("readable");
        assert_eq!(history.iter().filter(|row| ordered(row)).count(), 1);
        down.store(false, Ordering::Release);
        let order = running.order(&name, profile, id, Command::Resume);
        order.await.expect("the order is taken");
        until(&running, PATIENCE, |_| !is_parked()).await;
        drop((store, ledger));
        converge(&running, &world, PATIENCE).await;
        running.stop().await.expect("it stops in order");
    });
}
