//! What is durable before what.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use actors::ledger::Ledger;
use model::http::{Method, Request};
use model::{ItemId, Marker, PairId, Side};
use storage::Store;
use sync::intent::{Kind, Stage};
use tests::simulated::{
    Act, Hurried, Script, World, converge, is_reading_of_work_items, kind, start_by, start_one,
    tenant, tenant_of, until,
};

const PATIENCE: Duration = Duration::from_secs(40);

/// What a write does by its look, and the pair it is for.
fn fragile(
    world: &World,
    store: &Store,
    side: Side,
    request: &Request,
) -> Option<(&'static str, PairId)> {
    let ledger = Ledger {
        store: store.clone(),
        profile: world.profile.name.clone(),
    };
    let body = String::from_utf8_lossy(&request.body).into_owned();
    let marker = body.find("counterpart:1:").and_then(|at| {
        let text: String = body[at..].chars().take_while(|c| *c != '"').collect();
        Marker::parse(&text)
    });
    let of = |text: &str| {
        let id = ItemId(text.parse().expect("a numeric id"));
        ledger.pair_of(side, id).expect("readable").expect("a pair")
    };
    let path = request.url.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.rsplit('/').collect();
    match (request.method, side, parts.as_slice()) {
        (Method::Post, Side::Jira, ["issue", ..]) => Some(("create", marker?.source)),
        (Method::Post, Side::Azure, [kind, ..]) if kind.starts_with('$') => {
            Some(("create", marker?.source))
        }
        (Method::Patch, Side::Azure, [kind, ..]) if kind.starts_with('$') => {
            Some(("create", marker?.source))
        }
        (Method::Post, Side::Jira, ["transitions", id, ..]) => Some(("transition", of(id))),
        (Method::Post, Side::Jira, ["comment", id, ..]) => Some(("comment", of(id))),
        _ => None,
    }
}

fn is_sent(store: &Store, world: &World, what: &str, pair: PairId) -> bool {
    let ledger = Ledger {
        store: store.clone(),
        profile: world.profile.name.clone(),
    };
    let Some(row) = ledger.pair(pair).expect("readable") else {
        return false;
    };
    row.pair.intents.iter().any(|intent| {
        let kind = match intent.kind {
            Kind::Create { .. } => "create",
            Kind::Transition { .. } => "transition",
            Kind::Comment { .. } => "comment",
            Kind::Edit { .. } | Kind::Link => "other",
        };
        let sent = matches!(intent.stage, Stage::Sent(attempt) if attempt.incarnation == store.incarnation());
        kind == what && sent
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_leaves_before_its_commit() {
    let world = Arc::new(World::new("order", 12, 9));
    let data = tempfile::tempdir().expect("a directory");
    let place: Arc<OnceLock<Store>> = Arc::default();
    let seen: Arc<Mutex<BTreeSet<&'static str>>> = Arc::default();
    let wrong: Arc<Mutex<Vec<String>>> = Arc::default();
    let script: Script = {
        let (world, place) = (Arc::clone(&world), Arc::clone(&place));
        let (seen, wrong) = (Arc::clone(&seen), Arc::clone(&wrong));
        Arc::new(move |side, request| {
            let Some(store) = place.get() else {
                return Act::NotSend;
            };
            if let Some((what, pair)) = fragile(&world, store, side, request) {
                seen.lock().expect("unbroken").insert(what);
                if !is_sent(store, &world, what, pair) {
                    let text = format!("{what} of {pair} left before its commit");
                    wrong.lock().expect("unbroken").push(text);
                }
            }
            Act::Answer
        })
    };
    let running = start_one(&world, data.path(), &script).await;
    let store = running.store(&tenant("acme")).await.expect("a store");
    place.set(store).ok();
    converge(&running, &world, PATIENCE).await;
    for nth in 0..6 {
        world.rename(nth, &format!("renamed {nth}"));
        world.comment(nth + 3, &format!("a comment on {nth}"));
        world.discuss(nth, &format!("a word on {nth}"));
        world.close(nth + 1);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    converge(&running, &world, PATIENCE).await;
    let status = running.status().await;
    let profile = status.profiles().next().expect("a profile");
    let (commits, effects) = (profile.commits, profile.effects);
    running.stop().await.expect("it stops in order");
    let wrong = wrong.lock().expect("unbroken");
    assert!(wrong.is_empty(), "{wrong:#?}");
    let seen: Vec<_> = seen.lock().expect("unbroken").iter().copied().collect();
    assert_eq!(seen, ["comment", "create", "transition"]);
    // A plan, its sending, its end: three for a fragile effect, two for another. Looking costs none that changes nothing.
    assert!(
        commits <= effects * 3,
        "{commits} commits for {effects} effects"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn creates_wait_for_the_gate() {
    let world = World::new("gate", 15, 6);
    let data = tempfile::tempdir().expect("a directory");
    let running = start_one(&world, data.path(), &kind()).await;
    converge(&running, &world, PATIENCE).await;
    running.stop().await.expect("it stops in order");
    let creates = || world.remotes.jira.creates() + world.remotes.azure.creates();
    let before = creates();
    assert_eq!(before, 30);
    std::fs::remove_dir_all(data.path().join("acme")).expect("the store is gone");
    world.retitle(2, "changed while nobody looked");
    // Reads are hindered at first: what could not be read was not met.
    let hindered = Arc::new(std::sync::atomic::AtomicU32::new(4));
    let script: Script = Arc::new(move |_, request| {
        let read = request.url.contains("bulkfetch") || request.url.contains("workitemsbatch");
        let less = |left: u32| left.checked_sub(1);
        let order = std::sync::atomic::Ordering::Relaxed;
        if read && hindered.fetch_update(order, order, less).is_ok() {
            return Act::NotSend;
        }
        Act::Answer
    });
    let running = start_one(&world, data.path(), &script).await;
    let comparison = converge(&running, &world, PATIENCE).await;
    assert_eq!(comparison.pairs, 30);
    assert_eq!(creates(), before, "something was created anew");
    running.stop().await.expect("it stops in order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_position_that_is_refused_costs_a_pass_over_everything_and_no_more() {
    use actors::stored::{CursorRow, key};
    let world = World::new("position", 5, 6);
    let data = tempfile::tempdir().expect("a directory");
    let running = start_one(&world, data.path(), &kind()).await;
    converge(&running, &world, PATIENCE).await;
    running.stop().await.expect("it stops in order");
    let store = Store::open(&data.path().join("acme"), storage::Options::default()).expect("opens");
    let mut batch = storage::Batch::new();
    for side in Side::BOTH {
        let row = CursorRow {
            cursor: "no position of anything".to_owned(),
            drained: true,
            floor: sync::Floor::default(),
            scanned: model::Millis(0),
        };
        let at = key::cursor(&world.profile.name, side);
        let bytes = storage::encode(&row).expect("encodes");
        batch.put(storage::Table::Cursor, at, bytes);
    }
    store.commit(batch).await.expect("durable");
    store.close().expect("closes");
    world.retitle(0, "changed here");
    world.rename(3, "changed there");
    let running = start_one(&world, data.path(), &kind()).await;
    converge(&running, &world, PATIENCE).await;
    running.stop().await.expect("it stops in order");
}

/// Every other reading of work items is refused by one word, the others by another.
fn outage(side: Side, request: &Request, refused: &AtomicU32) -> Act {
    if is_reading_of_work_items(side, request) {
        let before = refused.fetch_add(1, Ordering::Relaxed);
        return [Act::Throttle, Act::Busy][before as usize % 2];
    }
    Act::Answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_during_the_first_meeting_keeps_the_gate_shut() {
    let world = World::new("outage", 6, 6);
    let data = tempfile::tempdir().expect("a directory");
    let running = start_one(&world, data.path(), &kind()).await;
    converge(&running, &world, PATIENCE).await;
    running.stop().await.expect("it stops in order");
    let creates = || world.remotes.jira.creates() + world.remotes.azure.creates();
    let before = creates();
    std::fs::remove_dir_all(data.path().join("acme")).expect("the store is gone");
    let (lasts, refused) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU32::new(0)));
    let script: Script = {
        let (lasts, refused) = (Arc::clone(&lasts), Arc::clone(&refused));
        Arc::new(move |side, request| {
            if lasts.load(Ordering::Acquire) {
                return outage(side, request, &refused);
            }
            Act::Answer
        })
    };
    let profiles = vec![world.setup(&script)];
    let running = start_by(
        Hurried::by(100),
        vec![tenant_of("acme", data.path(), profiles)],
    )
    .await;
    // Both feeds are well. Five minutes of the node's clock are enough to try each work item ten times.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let tried = refused.load(Ordering::Relaxed);
    assert!(tried > u32::from(model::limit::MEETING_TRIES), "{tried}");
    let status = running.status().await;
    let profile = status.profiles().next().expect("a profile");
    assert!(!profile.open, "{status:#?}");
    assert_eq!(profile.trouble.len(), 1, "the outage was not told");
    lasts.store(false, Ordering::Release);
    let comparison = converge(&running, &world, PATIENCE).await;
    assert_eq!(comparison.pairs, 12);
    assert_eq!(creates(), before, "something was created anew");
    let status = running.status().await;
    let profile = status.profiles().next().expect("a profile");
    assert!(profile.trouble.is_empty(), "{status:#?}");
    running.stop().await.expect("it stops in order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_linked_pair_retries_while_the_gate_is_shut() {
    let world = World::new("shut", 3, 6);
    let data = tempfile::tempdir().expect("a directory");
    let running = start_one(&world, data.path(), &kind()).await;
    converge(&running, &world, PATIENCE).await;
    running.stop().await.expect("it stops in order");
    world.retitle(1, "changed while the gate is shut");
    // One feed is never read to its end, and a write is told to wait.
    let throttled = Arc::new(AtomicU32::new(1));
    let left = Arc::clone(&throttled);
    let script: Script = Arc::new(move |side, request| {
        let less = |left: u32| left.checked_sub(1);
        let write = side == Side::Azure && request.method == Method::Patch;
        if side == Side::Azure && request.url.contains("workitemrevisions") {
            return Act::Hang;
        }
        let order = Ordering::Relaxed;
        if write && left.fetch_update(order, order, less).is_ok() {
            return Act::Throttle;
        }
        Act::Answer
    });
    let profiles = vec![world.setup(&script)];
    let running = start_by(
        Hurried::by(100),
        vec![tenant_of("acme", data.path(), profiles)],
    )
    .await;
    until(&running, PATIENCE, |_| {
        world.compare().differences.is_empty()
    })
    .await;
    assert_eq!(throttled.load(Ordering::Relaxed), 0, "no write had to wait");
    let status = running.status().await;
    assert!(
        status.profiles().all(|profile| !profile.open),
        "{status:#?}"
    );
    running.stop().await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn creates_go_to_both_remotes_at_a_time() {
    let world = World::new("turns", 160, 6);
    let data = tempfile::tempdir().expect("a directory");
    let sides: Arc<Mutex<Vec<Side>>> = Arc::default();
    let seen = Arc::clone(&sides);
    let script: Script = Arc::new(move |side, request| {
        let create = request.method == Method::Post || side == Side::Azure;
        let marker = request.body.windows(12).any(|part| part == b"counterpart:");
        if create && marker && request.writes.is_none() {
            seen.lock().expect("unbroken").push(side);
        }
        Act::Answer
    });
    let running = start_one(&world, data.path(), &script).await;
    until(&running, PATIENCE, |status| {
        status.profiles().all(|profile| profile.open)
            && sides.lock().expect("unbroken").len() >= 320
    })
    .await;
    running.stop().await.ok();
    let sides = sides.lock().expect("unbroken");
    // Neither connection idles while the other works off its own half of the pairs.
    for half in sides[..320].chunks(160) {
        let jira = half.iter().filter(|side| **side == Side::Jira).count();
        assert!((40..=120).contains(&jira), "{jira} of 160 went to Jira");
    }
}
