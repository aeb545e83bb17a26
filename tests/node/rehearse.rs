//! What a dry run makes of work that a node has left behind.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actors::rehearsal::{Arguments, Deed, Plan, RehearsalError, What, rehearse};
use counterpart::clock::SystemClock;
use model::http::{Method, Request};
use model::problem::Code;
use model::{Both, ItemId, PairId, Side};
use serde_json::Value;
use storage::overlay::Overlay;
use storage::{EngineKind, Options, Store};
use tests::simulated::{Act, Script, World, is_reading_of_work_items, kind, start_one, until};

const PATIENCE: Duration = Duration::from_secs(40);

/// The plan for a world and the store that a node has left.
async fn planned(world: &World, data: &Path) -> Plan {
    tried(world, data, &kind()).await.expect("a plan")
}

/// The same where a script says what becomes of each request.
async fn tried(world: &World, data: &Path, script: &Script) -> Result<Plan, RehearsalError> {
    let disk = Arc::new(Overlay::new());
    let directory = data.join("acme");
    let store = Store::open_on(disk, EngineKind::Memory, &directory, Options::default());
    let arguments = Arguments {
        profile: Arc::clone(&world.profile),
        gateway: Arc::new(world.gateway(script)),
        questions: Both {
            jira: &jira::QUESTIONS,
            azure: &azure::QUESTIONS,
        },
        store: store.expect("it can be looked at"),
        clock: Arc::new(SystemClock),
        schedule: sync::Schedule::default(),
        rescan_ms: 86_400_000,
        progress: Arc::new(|_| {}),
    };
    rehearse(arguments).await
}

/// Whether the request reads that work item whole, alone or among others.
fn reads(side: Side, request: &Request, item: ItemId) -> bool {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let mut ids = body["ids"].as_array().into_iter().flatten();
    is_reading_of_work_items(side, request) && ids.any(|id| id.as_u64() == Some(item.0))
}

fn is_create(deed: &Deed) -> bool {
    matches!(deed.what, What::Create { .. })
}

fn creates(request: &Request) -> bool {
    let route = request.route;
    request.method == Method::Post
        && (route == "/rest/api/3/issue" || route.contains("workitems/$"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_in_doubt_is_looked_for_and_not_planned_again() {
    let world = World::new("doubted", 2, 9);
    let data = tempfile::tempdir().expect("a directory");
    let script: Script = Arc::new(|_, request| match creates(request) {
        true => Act::ApplyAndHang,
        false => Act::Answer,
    });
    let running = start_one(&world, data.path(), &script).await;
    let made = || world.remotes.jira.creates() + world.remotes.azure.creates();
    until(&running, PATIENCE, |_| made() == 4).await;
    // Answers are still awaited, so it cannot end in order.
    let _ = running.stop().await;
    let plan = planned(&world, data.path()).await;
    let again = plan
        .deeds()
        .any(|deed| matches!(deed.what, What::Create { .. }));
    assert!(!again, "{:#?}", plan.entries);
    assert_eq!(plan.entries.iter().filter(|entry| entry.found).count(), 4);
    assert!(
        plan.entries
            .iter()
            .all(|entry| !entry.unsettled && entry.stays.is_empty())
    );
    assert!(plan.deeds().any(|deed| deed.what == What::Link));
    assert_eq!(made(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_that_never_arrived_stays_in_doubt_until_its_time_has_come() {
    let world = World::new("lost", 1, 9);
    let data = tempfile::tempdir().expect("a directory");
    let script: Script = Arc::new(|_, request| match creates(request) {
        true => Act::Hang,
        false => Act::Answer,
    });
    let running = start_one(&world, data.path(), &script).await;
    let opened = |status: &actors::status::Node| status.profiles().all(|profile| profile.open);
    until(&running, PATIENCE, opened).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let _ = running.stop().await;
    let plan = planned(&world, data.path()).await;
    assert_eq!(plan.entries.len(), 2, "{:#?}", plan.entries);
    for entry in &plan.entries {
        assert!(entry.unsettled && entry.deeds.is_empty(), "{entry:#?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_item_that_fails_every_batch_leaves_the_other_pairs_planned() {
    let world = World::new("poisoned", 6, 9);
    let data = tempfile::tempdir().expect("a directory");
    let whole = planned(&world, data.path()).await;
    let mut pairs = whole.entries.iter().map(|entry| entry.pair);
    let bad = pairs.find(|pair| pair.origin == Side::Azure).expect("one");
    let script: Script = Arc::new(move |side, request| match reads(side, request, bad.item) {
        true => Act::Fail,
        false => Act::Answer,
    });
    let plan = tried(&world, data.path(), &script).await.expect("a plan");
    assert_eq!(plan.entries.len(), whole.entries.len());
    for entry in &plan.entries {
        let creates: Vec<&Deed> = entry.deeds.iter().filter(|deed| is_create(deed)).collect();
        assert_eq!(creates.is_empty(), entry.pair == bad, "{entry:#?}");
        // An item that nobody could look at may be the twin of any issue, and is that of no work item.
        let doubted = entry.pair.origin == Side::Jira;
        assert!(creates.iter().all(|deed| deed.assumed == doubted));
        assert_eq!(entry.unsettled, doubted, "{entry:#?}");
        let mut stays = entry.stays.iter();
        let told = stays.any(|problem| problem.code == Code::RemoteError);
        assert_eq!(told, entry.pair == bad, "{entry:#?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_remote_that_falls_silent_while_its_items_are_read_ends_the_plan() {
    let world = World::new("silent", 6, 9);
    let data = tempfile::tempdir().expect("a directory");
    let silent = AtomicBool::new(false);
    let script: Script = Arc::new(move |side, request| {
        let begins = is_reading_of_work_items(side, request);
        match side == Side::Azure && silent.fetch_or(begins, Ordering::Relaxed) {
            true => Act::Lose,
            false => Act::Answer,
        }
    });
    let ended = tried(&world, data.path(), &script).await;
    let side = match ended {
        Err(RehearsalError::Remote { side, .. }) => Some(side),
        Err(RehearsalError::Store(_)) | Ok(_) => None,
    };
    assert_eq!(side, Some(Side::Azure));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_twin_that_was_found_and_is_not_shown_again_is_not_planned_again() {
    let world = World::new("hidden", 2, 9);
    let data = tempfile::tempdir().expect("a directory");
    let running = start_one(&world, data.path(), &kind()).await;
    let made = || world.remotes.jira.creates() + world.remotes.azure.creates();
    until(&running, PATIENCE, |_| made() == 4).await;
    let _ = running.stop().await;
    // The store is lost, so the twins are found by their markers alone.
    let data = tempfile::tempdir().expect("a directory");
    let found = planned(&world, data.path()).await;
    let of_jira = |pair: &PairId| pair.origin == Side::Jira;
    let mut entries = found.entries.iter().filter(|entry| of_jira(&entry.pair));
    let entry = entries.find(|entry| entry.found).expect("a twin");
    let key = entry.keys.azure.as_ref().expect("its key");
    let twin = ItemId(key.as_str().parse().expect("a number"));
    let seen = AtomicBool::new(false);
    let script: Script = Arc::new(move |side, request| {
        let hidden = reads(side, request, twin) && seen.swap(true, Ordering::Relaxed);
        if hidden { Act::Lose } else { Act::Answer }
    });
    let plan = tried(&world, data.path(), &script).await.expect("a plan");
    assert!(!plan.deeds().any(is_create), "{:#?}", plan.entries);
    let mut left = plan.entries.iter().filter(|left| left.unsettled);
    assert_eq!(left.next().map(|left| left.pair), Some(entry.pair));
    assert!(left.next().is_none(), "{:#?}", plan.entries);
}
