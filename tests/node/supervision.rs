//! What fails, and what runs on.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use actors::StopError;
use model::http::Request;
use model::problem::Code;
use model::{ItemId, Millis, PairId, Problem, Side, limit};
use sync::Command;
use tests::simulated::{
    Act, Script, World, converge, is_idle, is_reading_of_work_items, kind, start, start_one,
    tenant, tenant_of, until,
};

use crate::jumpy::Jumpy;

const PATIENCE: Duration = Duration::from_secs(40);

/// What a store says of the world's profile.
fn ledger_of(world: &World, store: Option<storage::Store>) -> actors::ledger::Ledger {
    actors::ledger::Ledger {
        store: store.expect("a store"),
        profile: world.profile.name.clone(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_node_has_no_pair_actors() {
    let world = World::new("idle", 30, 3);
    let data = tempfile::tempdir().expect("a directory");
    let running = start_one(&world, data.path(), &kind()).await;
    let comparison = converge(&running, &world, PATIENCE).await;
    assert_eq!(comparison.pairs, 60);
    let status = running.status().await;
    let profile = status.profiles().next().expect("a profile");
    assert_eq!((profile.active, profile.pending), (0, 0));
    let tasks = tokio::runtime::Handle::current()
        .metrics()
        .num_alive_tasks();
    // Node, tenant, profile, outbox, two pollers, and timers.
    assert!(tasks < 25, "{tasks} tasks for an idle node of 60 pairs");
    running.stop().await.expect("an idle node stops in order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pair_that_panics_is_restarted_and_the_others_go_on() {
    let world = World::new("jumpy", 8, 5);
    let data = tempfile::tempdir().expect("a directory");
    let left = Arc::new(AtomicU32::new(2));
    let gateway = Jumpy {
        inner: world.gateway(&kind()),
        key: "WEB-3".to_owned(),
        left: Arc::clone(&left),
    };
    let setup = world.setup_over(Arc::new(gateway));
    let running = start(vec![tenant_of("acme", data.path(), vec![setup])]).await;
    let comparison = converge(&running, &world, PATIENCE).await;
    assert_eq!(left.load(Ordering::Relaxed), 0, "nothing panicked");
    assert_eq!(comparison.pairs, 16);
    running.stop().await.expect("it stops in order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pair_that_always_panics_is_set_aside_alone_and_told() {
    let world = World::new("poison", 6, 5);
    let data = tempfile::tempdir().expect("a directory");
    let left = Arc::new(AtomicU32::new(u32::MAX));
    let gateway = Jumpy {
        inner: world.gateway(&kind()),
        key: "WEB-3".to_owned(),
        left: Arc::clone(&left),
    };
    let setup = world.setup_over(Arc::new(gateway));
    let running = start(vec![tenant_of("acme", data.path(), vec![setup])]).await;
    until(&running, PATIENCE, is_idle).await;
    let status = running.status().await;
    assert!(status.tenants[0].stopped.is_empty(), "{status:#?}");
    let differences = world.compare().differences;
    assert_eq!(differences.len(), 1, "{differences:?}");
    let ledger = ledger_of(&world, running.store(&tenant("acme")).await);
    let problems = ledger.own_problems(10).expect("readable");
    assert!(problems.iter().any(|row| row.open), "{problems:?}");
    drop(ledger);
    running.stop().await.expect("it stops in order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pair_whose_row_cannot_be_decoded_is_set_aside_alone_and_told() {
    let world = World::new("undecodable", 4, 5);
    let data = tempfile::tempdir().expect("a directory");
    let running = start_one(&world, data.path(), &kind()).await;
    converge(&running, &world, PATIENCE).await;
    running.stop().await.expect("it stops in order");
    let directory = data.path().join("acme");
    let store = storage::Store::open(&directory, storage::Options::default()).expect("opens");
    let prefix = actors::stored::key::profile(&world.profile.name);
    let rows = store.scan(storage::Table::Pair, &prefix, None, 1_000);
    // The row of the first issue and its twin becomes one of another kind.
    let lame = PairId {
        origin: Side::Jira,
        item: world.issue(0),
    };
    let at = actors::stored::key::pair(&world.profile.name, lame);
    assert!(rows.expect("readable").iter().any(|(key, _)| *key == at));
    let strange = actors::stored::IndexRow { pair: lame };
    let mut batch = storage::Batch::new();
    let bytes = storage::encode(&strange).expect("encodes");
    batch.put(storage::Table::Pair, at, bytes);
    store.commit(batch).await.expect("durable");
    store.close().expect("closes");

    world.retitle(0, "nobody can note this");
    world.retitle(1, "the others go on");
    let running = start_one(&world, data.path(), &kind()).await;
    let ledger = ledger_of(&world, running.store(&tenant("acme")).await);
    let told = || {
        let problems = ledger.own_problems(10).expect("readable");
        problems.iter().any(|row| row.open)
    };
    until(&running, PATIENCE, |_| {
        told() && world.compare().differences.len() == 1
    })
    .await;
    let status = running.status().await;
    assert!(status.tenants[0].stopped.is_empty(), "{status:#?}");
    drop(ledger);
    running.stop().await.expect("it stops in order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_profile_that_keeps_failing_stops_and_its_sibling_runs_on() {
    let (bad, good) = (World::new("bad", 4, 1), World::new("good", 4, 2));
    let data = tempfile::tempdir().expect("a directory");
    let falls: Script = Arc::new(|side, request| {
        let feed = side == Side::Azure && request.url.contains("reporting");
        if feed { Act::Panic } else { Act::Answer }
    });
    let profiles = vec![bad.setup(&falls), good.setup(&kind())];
    let running = start(vec![tenant_of("acme", data.path(), profiles)]).await;
    converge(&running, &good, PATIENCE).await;
    until(&running, PATIENCE, |status| {
        status.tenants[0].stopped.len() == 1
    })
    .await;
    let status = running.status().await;
    assert_eq!(status.tenants[0].stopped[0].0, bad.profile.name);
    assert!(!is_idle(&status), "a stopped profile never counts as done");
    let ledger = ledger_of(&bad, running.store(&tenant("acme")).await);
    let problems = ledger.own_problems(10).expect("readable");
    assert!(problems.iter().any(|row| row.open), "{problems:?}");
    drop(ledger);
    good.retitle(1, "its sibling runs on");
    tokio::time::sleep(Duration::from_millis(200)).await;
    converge(&running, &good, PATIENCE).await;
    running.stop().await.expect("it stops in order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_cannot_open_stops_only_its_tenant() {
    let (lame, sound) = (World::new("lame", 2, 1), World::new("sound", 4, 2));
    let data = tempfile::tempdir().expect("a directory");
    std::fs::write(data.path().join("lame"), "not a directory").expect("written");
    let tenants = vec![
        tenant_of("lame", data.path(), vec![lame.setup(&kind())]),
        tenant_of("sound", data.path(), vec![sound.setup(&kind())]),
    ];
    let running = start(tenants).await;
    converge(&running, &sound, PATIENCE).await;
    let status = running.status().await;
    assert!(status.tenants[0].failure.is_some(), "{status:#?}");
    assert!(status.tenants[1].failure.is_none(), "{status:#?}");
    assert_eq!(lame.remotes.jira.requests(), 0);
    running.stop().await.expect("it stops in order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_somebody_else_reads_is_opened_when_they_are_done() {
    let world = World::new("locked", 3, 1);
    let data = tempfile::tempdir().expect("a directory");
    let directory = data.path().join("acme");
    let reader = storage::Store::open(&directory, storage::Options::default()).expect("opens");
    let running = start_one(&world, data.path(), &kind()).await;
    let status = running.status().await;
    let failure = status.tenants[0].failure.clone().unwrap_or_default();
    assert!(failure.contains("lock"), "{failure}");
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(world.remotes.jira.requests(), 0);
    reader.close().expect("it closes");
    converge(&running, &world, PATIENCE).await;
    let status = running.status().await;
    assert!(status.tenants[0].failure.is_none(), "{status:#?}");
    running.stop().await.expect("it stops in order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_stops_taking_commits_stops_only_its_tenant_until_it_is_opened_again() {
    let (lame, sound) = (World::new("lame", 2, 1), World::new("sound", 4, 2));
    let data = tempfile::tempdir().expect("a directory");
    let tenants = vec![
        tenant_of("lame", data.path(), vec![lame.setup(&kind())]),
        tenant_of("sound", data.path(), vec![sound.setup(&kind())]),
    ];
    let running = start(tenants).await;
    converge(&running, &lame, PATIENCE).await;
    let store = running.store(&tenant("lame")).await.expect("a store");
    tokio::task::spawn_blocking(move || store.close())
        .await
        .expect("no panic")
        .expect("it closes");
    lame.retitle(1, "nobody can note this");
    until(&running, PATIENCE, |status| {
        status.tenants[0].failure.is_some()
    })
    .await;
    sound.retitle(1, "the other tenant runs on");
    tokio::time::sleep(Duration::from_millis(200)).await;
    converge(&running, &sound, PATIENCE).await;
    until(&running, PATIENCE, |status| {
        status.tenants[0].failure.is_none()
    })
    .await;
    let comparison = converge(&running, &lame, PATIENCE).await;
    assert_eq!(comparison.duplicates, 0);
    running.stop().await.expect("it stops in order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stop_ends_within_five_seconds_while_requests_hang() {
    let world = World::new("hangs", 6, 4);
    let data = tempfile::tempdir().expect("a directory");
    let hanging = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&hanging);
    let hangs: Script = Arc::new(move |_, request| {
        if request.body.windows(12).any(|part| part == b"counterpart:") {
            count.fetch_add(1, Ordering::Relaxed);
            return Act::ApplyAndHang;
        }
        Act::Answer
    });
    let running = start_one(&world, data.path(), &hangs).await;
    let started = Instant::now();
    while hanging.load(Ordering::Relaxed) < 4 {
        assert!(started.elapsed() < PATIENCE, "nothing was created");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let began = Instant::now();
    let stopped = running.stop().await;
    let took = began.elapsed();
    assert!(took < Duration::from_millis(limit::STOP_MS), "{took:?}");
    assert!(matches!(stopped, Err(StopError::Unfinished)), "{stopped:?}");
    let running = start_one(&world, data.path(), &kind()).await;
    let store = running.store(&tenant("acme")).await.expect("a store");
    assert!(store.status().recovery.clean, "the store was not closed");
    let ledger = ledger_of(&world, Some(store));
    let told = ledger.own_problems(10).expect("readable");
    assert!(told.is_empty(), "the stop was told as trouble: {told:?}");
    drop(ledger);
    converge(&running, &world, PATIENCE).await;
    running.stop().await.expect("it stops in order");
}

#[tokio::test]
async fn mailboxes_are_bounded() {
    let world = World::new("flood", 2, 4);
    let data = tempfile::tempdir().expect("a directory");
    let running = start_one(&world, data.path(), &kind()).await;
    converge(&running, &world, PATIENCE).await;
    let name = tenant("acme");
    let order = |number| {
        let pair = PairId {
            origin: Side::Jira,
            item: ItemId(1_000_000 + number),
        };
        running.order(&name, &world.profile.name, pair, Command::Park)
    };
    // Nobody else runs on this thread until all of them were given, so nothing is taken out.
    let orders = (0..limit::MAILBOX as u64 * 3).map(order);
    let given = tokio::task::unconstrained(futures::future::join_all(orders)).await;
    let taken = given.iter().filter(|order| order.is_ok()).count();
    assert_eq!(taken, limit::MAILBOX);
    converge(&running, &world, PATIENCE).await;
    let before = world.remotes.jira.requests();
    for _ in 0..50 {
        for _ in 0..1_000 {
            running.wake(&name, None);
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let asked = world.remotes.jira.requests() - before;
    assert!(asked < 50, "{asked} requests for 50,000 words of a change");
    running.stop().await.expect("it stops in order");
}

/// Whether a request reads that issue whole, in a batch or alone.
fn reads_whole(request: &Request, poison: &OnceLock<String>) -> bool {
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let lists = |name: &str, wanted: &str| {
        let all = body[name].as_array().into_iter().flatten();
        all.filter_map(serde_json::Value::as_str)
            .any(|one| one == wanted)
    };
    if !request.url.contains("/issue/bulkfetch") || !lists("fields", "comment") {
        return false;
    }
    if let Some([first, _, ..]) = body["issueIdsOrKeys"].as_array().map(Vec::as_slice) {
        poison.get_or_init(|| first.as_str().unwrap_or_default().to_owned());
    }
    poison
        .get()
        .is_some_and(|poison| lists("issueIdsOrKeys", poison))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poisoned_batch_harms_its_own_item_only() {
    let world = World::new("poison", 12, 9);
    let data = tempfile::tempdir().expect("a directory");
    let poison: Arc<OnceLock<String>> = Arc::default();
    let poisoned = Arc::new(AtomicBool::new(false));
    let script: Script = {
        let (poison, poisoned) = (Arc::clone(&poison), Arc::clone(&poisoned));
        Arc::new(move |side, request| {
            let fails = poisoned.load(Ordering::Relaxed)
                && side == Side::Jira
                && reads_whole(request, &poison);
            if fails { Act::Refuse } else { Act::Answer }
        })
    };
    let running = start_one(&world, data.path(), &script).await;
    converge(&running, &world, PATIENCE).await;
    poisoned.store(true, Ordering::Relaxed);
    for nth in 0..12 {
        world.retitle(nth, &format!("Anew {nth}"));
    }
    let started = Instant::now();
    let apart = |world: &World| world.compare().differences.len();
    while apart(&world) > 1 {
        let apart = world.compare().differences;
        assert!(started.elapsed() < PATIENCE, "not in step: {apart:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(poison.get().is_some() && apart(&world) == 1);
    running.stop().await.expect("it stops in order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn problems_of_an_earlier_life_are_cured_when_the_remote_is_met() {
    let world = World::new("earlier", 2, 5);
    let data = tempfile::tempdir().expect("a directory");
    let running = start_one(&world, data.path(), &kind()).await;
    converge(&running, &world, PATIENCE).await;
    running.stop().await.expect("it stops in order");
    let directory = data.path().join("acme");
    let store = storage::Store::open(&directory, storage::Options::default()).expect("opens");
    let ledger = ledger_of(&world, Some(store.clone()));
    // What a node that was killed in the midst of troubles leaves.
    for problem in [
        Problem::new(Code::RemoteError)
            .on(Side::Jira)
            .about("throttled"),
        Problem::new(Code::Unreachable).on(Side::Jira),
        Problem::new(Code::Unreachable).on(Side::Azure),
    ] {
        let batch = ledger.profile_problem(&problem, true, Millis(1));
        let batch = batch.expect("readable").expect("news");
        store.commit(batch).await.expect("durable");
    }
    drop(ledger);
    store.close().expect("closes");
    let running = start_one(&world, data.path(), &kind()).await;
    let ledger = ledger_of(&world, running.store(&tenant("acme")).await);
    until(&running, PATIENCE, |_| {
        let problems = ledger.own_problems(10).expect("readable");
        problems.len() == 3 && problems.iter().all(|row| !row.open)
    })
    .await;
    drop(ledger);
    running.stop().await.expect("it stops in order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trouble_with_readings_ends_when_whatever_could_not_be_read_is_set_aside() {
    let world = World::new("aside", 2, 5);
    let data = tempfile::tempdir().expect("a directory");
    let fails = Arc::new(AtomicBool::new(false));
    let script: Script = {
        let fails = Arc::clone(&fails);
        Arc::new(move |side, request| {
            match is_reading_of_work_items(side, request) && fails.load(Ordering::Acquire) {
                true => Act::NotSend,
                false => Act::Answer,
            }
        })
    };
    let running = start_one(&world, data.path(), &script).await;
    converge(&running, &world, PATIENCE).await;
    let ledger = ledger_of(&world, running.store(&tenant("acme")).await);
    let is_open = || {
        let problems = ledger.own_problems(10).expect("readable");
        problems.iter().any(|row| row.open)
    };
    fails.store(true, Ordering::Release);
    world.retitle(0, "nobody can read its twin");
    world.retitle(1, "nor this one's");
    until(&running, PATIENCE, |_| is_open()).await;
    for row in ledger.pairs(None, 10).expect("readable") {
        let (acme, name) = (tenant("acme"), &world.profile.name);
        let order = running.order(&acme, name, row.pair.id, Command::Park);
        order.await.expect("taken");
    }
    until(&running, PATIENCE, |_| !is_open()).await;
    drop(ledger);
    running.stop().await.expect("it stops in order");
}
