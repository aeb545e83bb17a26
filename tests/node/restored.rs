//! A store that was restored from a backup, and the while for which it creates nothing.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use actors::{Clock, Running};
use counterpart::clock::SystemClock;
use model::{Millis, Side};
use storage::backup::{KeyFile, Order, Restore};
use storage::disk::{Disk, OsDisk};
use storage::vault::MasterKey;
use storage::{Options, Store};
use tests::simulated::{World, converge, kind, start_one, start_tuned, tenant_of, tuning, until};

const PATIENCE: Duration = Duration::from_secs(45);
/// How long a remote's index may lag here, in milliseconds: longer than this test takes.
const SEARCH: i64 = 600_000;
/// Requests to each remote after which both feeds were surely read to their end, many times over.
const MANY: u64 = 60;

/// A clock that is set forward.
#[derive(Default)]
struct Set(AtomicI64);

impl Clock for Set {
    fn now(&self) -> Millis {
        SystemClock.now().plus(self.0.load(Ordering::Relaxed))
    }
}

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

async fn start(world: &World, data: &Path, clock: &Arc<Set>) -> Running {
    let mut tuning = tuning();
    tuning.schedule.search = SEARCH;
    let tenants = vec![tenant_of("acme", data, vec![world.setup(&kind())])];
    start_tuned(Arc::clone(clock) as Arc<dyn Clock>, tenants, tuning).await
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
    for (ahead, is_young) in [
        (0, true),
        (SEARCH / 2, true),
        (SEARCH - 60_000, true),
        (10 * 86_400_000, false),
    ] {
        let elsewhere = tempfile::tempdir().expect("a directory");
        restored(data.path(), elsewhere.path(), SystemClock.now().plus(ahead));
        world.file(&format!("made since, {ahead}"));
        let before = creates();
        let requests = || Side::BOTH.map(|side| world.remotes.get(side).requests());
        let begun = requests();
        let clock = Arc::new(Set::default());
        let running = start(&world, elsewhere.path(), &clock).await;
        if is_young {
            until(&running, PATIENCE, |_| {
                let now = requests();
                (0..2).all(|side| now[side] > begun[side] + MANY)
            })
            .await;
            assert_eq!(creates(), before, "{ahead}: it was created too early");
            clock.0.store(ahead + SEARCH, Ordering::Relaxed);
        }
        until(&running, PATIENCE, |_| creates() > before).await;
        converge(&running, &world, PATIENCE).await;
        running.stop().await.expect("it stops in order");
    }
}
