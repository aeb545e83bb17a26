//! A store that was restored from a backup, and the while for which it creates nothing.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actors::{Clock as _, Running};
use counterpart::clock::SystemClock;
use model::Millis;
use storage::backup::{KeyFile, Order, Restore};
use storage::disk::{Disk, OsDisk};
use storage::vault::MasterKey;
use storage::{Options, Store};
use tests::simulated::{World, converge, kind, start_one, start_tuned, tenant_of, tuning, until};

const PATIENCE: Duration = Duration::from_secs(45);
/// How long a remote's index may lag here, in milliseconds.
const SEARCH: i64 = 3_000;

/// A backup of a store, restored elsewhere as if it were that time.
fn restored(data: &Path, elsewhere: &Path, now: Millis) {
    let disk: Arc<dyn Disk> = Arc::new(OsDisk);
    let master = MasterKey::parse(&"0123456789abcdef".repeat(4)).expect("a master key");
    let backups = elsewhere.join("backups");
    let changing = KeyFile::change(&OsDisk, &backups, "acme", &master, now);
    drop(changing.expect("a key file"));
    let keys = KeyFile::open(&OsDisk, &backups, "acme", &master);
    let keys = keys.expect("it opens").expect("it is there");
    let store = Store::open(&data.join("acme"), Options::default()).expect("it opens");
    let order = Order {
        tenant: "acme",
        dir: &backups,
        profiles: &[],
        program: "0.1.0",
        keys: &keys,
        now,
    };
    let written = store.backup(&order).expect("a backup");
    store.close().expect("it closes");
    let restore = Restore {
        backup: &written.path,
        tenant: "acme",
        keys: &keys,
        store: &elsewhere.join("acme"),
        sealing: None,
        profiles: None,
        now,
    };
    restore.run(&disk).expect("it is restored");
}

async fn start(world: &World, data: &Path) -> Running {
    let mut tuning = tuning();
    tuning.schedule.search = SEARCH;
    let tenants = vec![tenant_of("acme", data, vec![world.setup(&kind())])];
    start_tuned(Arc::new(SystemClock), tenants, tuning).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_creates_nothing_for_a_while_after_it_was_restored_though_the_clock_steps_back() {
    let world = World::new("young", 3, 8);
    let data = tempfile::tempdir().expect("a directory");
    let running = start_one(&world, data.path(), &kind()).await;
    converge(&running, &world, PATIENCE).await;
    running.stop().await.expect("it stops in order");
    let creates = || world.remotes.jira.creates() + world.remotes.azure.creates();
    // By how much the clock was ahead of the node's when it was restored, and whether it is young then.
    for (ahead, is_young) in [(0, true), (SEARCH / 2, true), (10 * 86_400_000, false)] {
        let elsewhere = tempfile::tempdir().expect("a directory");
        let at = SystemClock.now().plus(ahead);
        restored(data.path(), elsewhere.path(), at);
        world.file(&format!("made since, {ahead}"));
        let before = creates();
        let begun = Instant::now();
        let running = start(&world, elsewhere.path()).await;
        until(&running, PATIENCE, |_| creates() > before).await;
        let (now, waited) = (SystemClock.now(), begun.elapsed());
        match is_young {
            true => assert!(now.since(at) >= SEARCH, "{ahead}: after {waited:?}"),
            false => assert!(waited < PATIENCE / 3, "{ahead}: after {waited:?}"),
        }
        converge(&running, &world, PATIENCE).await;
        running.stop().await.expect("it stops in order");
    }
}
