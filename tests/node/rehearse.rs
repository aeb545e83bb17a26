//! What a dry run makes of work that a node has left behind.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actors::rehearsal::{Arguments, Plan, What, rehearse};
use counterpart::clock::SystemClock;
use model::Both;
use model::http::{Method, Request};
use storage::overlay::Overlay;
use storage::{EngineKind, Options, Store};
use tests::simulated::{Act, Script, World, kind, start_one, until};

const PATIENCE: Duration = Duration::from_secs(40);

/// The plan for a world and the store that a node has left.
async fn planned(world: &World, data: &Path) -> Plan {
    let disk = Arc::new(Overlay::new());
    let directory = data.join("acme");
    let store = Store::open_on(disk, EngineKind::Memory, &directory, Options::default());
    let arguments = Arguments {
        profile: Arc::clone(&world.profile),
        gateway: Arc::new(world.gateway(&kind())),
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
    rehearse(arguments).await.expect("a plan")
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
