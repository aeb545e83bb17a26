//! What a journal's disk may do to a node: refuse, and be slow.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actors::{Running, Tuning};
use counterpart::clock::SystemClock;
use storage::disk::{Access, Disk, DiskFile, Lock, OsDisk};
use storage::lossy::LossyDisk;
use storage::{EngineKind, Options};
use tests::simulated::{World, converge, kind, start_tuned, tenant_of, tuning, until};

const PATIENCE: Duration = Duration::from_secs(60);
/// Items on each side.
const ITEMS: u32 = 6;

async fn start(world: &World, data: &Path, tuning: Tuning) -> Running {
    let tenants = vec![tenant_of("acme", data, vec![world.setup(&kind())])];
    start_tuned(Arc::new(SystemClock), tenants, tuning).await
}

async fn fails(running: &Running) {
    until(running, PATIENCE, |status| {
        status.tenants[0].failure.is_some()
    })
    .await;
}

/// New items on both sides.
fn work(world: &World) {
    for number in 0..ITEMS {
        world.file(&format!("issue {number} since the refusal"));
        world.open(&format!("work item {number} since the refusal"));
    }
}

/// A node meets a disk that refuses, and the disk comes to its senses.
async fn is_taken_up_again(refuse: impl Fn(&LossyDisk), relent: impl Fn(&LossyDisk)) {
    let world = World::new("refused", ITEMS, 7);
    let disk = LossyDisk::new(7);
    let tuning = Tuning {
        disk: Arc::new(disk.clone()),
        engine: EngineKind::Memory,
        store: Options {
            // The journal asks for room after every few records.
            chunk_bytes: 4 << 10,
            ..Options::default()
        },
        ..tuning()
    };
    let running = start(&world, Path::new("/data"), tuning).await;
    assert_eq!(converge(&running, &world, PATIENCE).await.pairs, 12);
    refuse(&disk);
    work(&world);
    fails(&running).await;
    relent(&disk);
    until(&running, PATIENCE, |status| {
        status.tenants[0].failure.is_none()
    })
    .await;
    // This one says that nothing was created twice.
    assert_eq!(converge(&running, &world, PATIENCE).await.pairs, 24);
    running.stop().await.expect("it stops in order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_without_room_is_taken_up_again_when_there_is_some() {
    let size = |disk: &LossyDisk| {
        let paths = disk.paths().into_iter();
        let lengths = paths.map(|path| disk.read(&path).map_or(0, |bytes| bytes.len() as u64));
        lengths.sum::<u64>()
    };
    is_taken_up_again(
        |disk| disk.set_capacity(Some(size(disk))),
        |disk| disk.set_capacity(None),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_whose_sync_failed_is_read_again_and_taken_up() {
    is_taken_up_again(|disk| disk.fail_sync(5), |_| ()).await;
}

/// A disk that takes its time.
#[derive(Debug)]
struct Slow(OsDisk);

/// How long it takes for a sync.
const SLOW: Duration = Duration::from_millis(120);

#[derive(Debug)]
struct SlowFile(Box<dyn DiskFile>);

impl Disk for Slow {
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        self.0.create_dir(dir)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        self.0.list(dir)
    }

    fn open(&self, path: &Path, access: Access) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(SlowFile(self.0.open(path, access)?)))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(SlowFile(self.0.create(path)?)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.0.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.0.remove(path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        std::thread::sleep(SLOW);
        self.0.sync_dir(dir)
    }

    fn lock(&self, path: &Path, access: Access) -> io::Result<Box<dyn Lock>> {
        self.0.lock(path, access)
    }
}

impl DiskFile for SlowFile {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read_at(offset, buffer)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.write_at(offset, bytes)
    }

    fn sync_data(&self) -> io::Result<()> {
        std::thread::sleep(SLOW);
        self.0.sync_data()
    }

    fn length(&self) -> io::Result<u64> {
        self.0.length()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_disk_delays_and_loses_nothing() {
    let world = World::new("slow", ITEMS, 9);
    let data = tempfile::tempdir().expect("a directory");
    let tuning = Tuning {
        disk: Arc::new(Slow(OsDisk)),
        ..tuning()
    };
    let running = start(&world, data.path(), tuning.clone()).await;
    work(&world);
    assert_eq!(converge(&running, &world, PATIENCE).await.pairs, 24);
    // A stop amid what waits for the disk.
    work(&world);
    tokio::time::sleep(SLOW * 4).await;
    running.stop().await.ok();
    let running = start(&world, data.path(), tuning).await;
    assert_eq!(converge(&running, &world, PATIENCE).await.pairs, 36);
    running.stop().await.expect("it stops in order");
}
