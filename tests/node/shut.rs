//! A tenant whose store is shut: for how long, why, and what is said of it.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actors::{Running, Setup, StopError, Tuning};
use counterpart::clock::SystemClock;
use model::{ItemId, PairId, Side};
use storage::disk::{Access, Disk, DiskFile, Lock, OsDisk};
use storage::lossy::LossyDisk;
use storage::{EngineKind, Options, Store};
use sync::Command;
use tests::simulated::{World, converge, kind, start_one, tenant, tenant_of, until};

const PATIENCE: Duration = Duration::from_secs(60);

async fn start_on(world: &World, data: &Path, disk: Arc<dyn Disk>, engine: EngineKind) -> Running {
    let tuning = Tuning {
        poll_ms: 50,
        disk,
        engine,
        ..Tuning::default()
    };
    let setup = Setup {
        tenants: vec![tenant_of("acme", data, vec![world.setup(&kind())])],
        clock: Arc::new(SystemClock),
        tuning,
    };
    actors::start(setup).await.expect("the node starts")
}

async fn fails(running: &Running) -> String {
    until(running, PATIENCE, |status| {
        status.tenants[0].failure.is_some()
    })
    .await;
    let status = running.status().await;
    status.tenants[0].failure.clone().unwrap_or_default()
}

async fn runs(running: &Running) {
    until(running, PATIENCE, |status| {
        status.tenants[0].failure.is_none()
    })
    .await;
}

/// A node at rest whose store refused an order, since its disk takes no writes any more.
async fn shut(world: &World, seed: u64) -> (Running, LossyDisk) {
    let disk = LossyDisk::new(seed);
    let on = Arc::new(disk.clone());
    let running = start_on(world, Path::new("/data"), on, EngineKind::Memory).await;
    converge(&running, world, PATIENCE).await;
    disk.set_read_only(true);
    park(&running, world).await.expect_err("it cannot be kept");
    fails(&running).await;
    (running, disk)
}

/// An order about a pair that is none.
async fn park(running: &Running, world: &World) -> Result<(), actors::OrderError> {
    let pair = PairId {
        origin: Side::Jira,
        item: ItemId(1_000_000),
    };
    let (name, profile) = (tenant("acme"), &world.profile.name);
    running.order(&name, profile, pair, Command::Park).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_whose_directory_has_gone_is_waited_for_and_not_made_anew() {
    let world = World::new("gone", 3, 1);
    let data = tempfile::tempdir().expect("a directory");
    let (here, away) = (data.path().join("acme"), data.path().join("away"));
    let running = start_one(&world, data.path(), &kind()).await;
    converge(&running, &world, PATIENCE).await;
    let store = running.store(&tenant("acme")).await.expect("a store");
    let installation = store.installation();
    let closed = tokio::task::spawn_blocking(move || store.close()).await;
    closed.expect("no panic").expect("it closes");
    world.retitle(1, "nobody can note this");
    fails(&running).await;
    std::fs::rename(&here, &away).expect("moved");
    until(&running, PATIENCE, |status| {
        let failure = status.tenants[0].failure.clone().unwrap_or_default();
        failure.contains("is not there")
    })
    .await;
    assert!(!here.exists(), "something was made in its place");
    std::fs::rename(&away, &here).expect("moved");
    runs(&running).await;
    let store = running.store(&tenant("acme")).await.expect("a store");
    assert_eq!(store.installation(), installation);
    drop(store);
    assert_eq!(converge(&running, &world, PATIENCE).await.duplicates, 0);
    running.stop().await.expect("it stops in order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_refused_an_order_is_opened_again_though_nothing_else_happens() {
    let world = World::new("quiet", 3, 2);
    let (running, disk) = shut(&world, 2).await;
    disk.set_read_only(false);
    runs(&running).await;
    park(&running, &world).await.expect("it is kept");
    running.stop().await.expect("it stops in order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_while_the_store_is_shut_says_so() {
    let world = World::new("shut", 3, 3);
    let (running, _disk) = shut(&world, 3).await;
    let stopped = running.stop().await;
    assert!(
        matches!(stopped, Err(StopError::Store { .. })),
        "{stopped:?}"
    );
}

/// A disk that keeps a lock's taker waiting while it is shut.
#[derive(Clone, Debug, Default)]
struct Gate {
    shut: Arc<AtomicBool>,
    waits: Arc<AtomicBool>,
    taken: Arc<AtomicBool>,
}

impl Disk for Gate {
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        OsDisk.create_dir(dir)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        OsDisk.list(dir)
    }

    fn open(&self, path: &Path, access: Access) -> io::Result<Box<dyn DiskFile>> {
        OsDisk.open(path, access)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        OsDisk.create(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        OsDisk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        OsDisk.remove(path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        OsDisk.sync_dir(dir)
    }

    fn lock(&self, path: &Path, access: Access) -> io::Result<Box<dyn Lock>> {
        while self.shut.load(Ordering::Acquire) {
            self.waits.store(true, Ordering::Release);
            std::thread::sleep(Duration::from_millis(5));
        }
        let lock = OsDisk.lock(path, access)?;
        self.taken.store(true, Ordering::Release);
        Ok(lock)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_was_being_opened_when_the_node_stopped_is_closed_in_order() {
    let world = World::new("late", 3, 4);
    let data = tempfile::tempdir().expect("a directory");
    let directory = data.path().join("acme");
    let open = || Store::open(&directory, Options::default());
    let reader = open().expect("opens");
    let gate = Gate::default();
    let on = Arc::new(gate.clone());
    let running = start_on(&world, data.path(), on, EngineKind::Sled).await;
    assert!(fails(&running).await.contains("the node tries again"));
    gate.shut.store(true, Ordering::Release);
    reader.close().expect("it closes");
    while !gate.waits.load(Ordering::Acquire) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    running.stop().await.ok();
    gate.shut.store(false, Ordering::Release);
    while !gate.taken.load(Ordering::Acquire) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for _ in 0..1_000 {
        if let Ok(store) = open() {
            let status = store.status();
            assert_eq!((store.incarnation(), status.recovery.clean), (3, true));
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it was never closed");
}
