//! Claims about the whole store.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::batch::RowKey;
use crate::engine::Change;
use crate::lossy::LossyDisk;

mod crash;
mod damage;
mod real;

const DIR: &str = "/data/tenant";

fn small() -> Options {
    Options {
        segment_bytes: 4 << 10,
        chunk_bytes: 4 << 10,
        checkpoint_bytes: 1 << 30,
        cache_bytes: 1 << 20,
        threads: Threads::Inline,
        ..Options::default()
    }
}

fn try_open(disk: &LossyDisk, options: Options) -> Result<Store, OpenError> {
    Store::open_on(
        Arc::new(disk.clone()),
        EngineKind::Memory,
        Path::new(DIR),
        options,
    )
}

fn open(disk: &LossyDisk) -> Store {
    try_open(disk, small()).unwrap()
}

fn put(store: &Store, key: &str, value: &[u8]) -> Result<Lsn, CommitError> {
    let mut batch = Batch::new();
    batch.put(Table::Pair, key, value);
    store.commit_blocking(batch)
}

fn get(store: &Store, key: &str) -> Option<Vec<u8>> {
    store.get(Table::Pair, key.as_bytes()).unwrap()
}

fn file(name: &str) -> PathBuf {
    Path::new(DIR).join(name)
}

fn last_segment(disk: &LossyDisk) -> PathBuf {
    segments(disk).pop().unwrap()
}

fn segments(disk: &LossyDisk) -> Vec<PathBuf> {
    let paths = disk.paths();
    paths
        .into_iter()
        .filter(|path| path.extension().is_some_and(|end| end == "seg"))
        .collect()
}

#[test]
fn a_commit_is_visible_when_it_returns() {
    let store = open(&LossyDisk::new(1));
    let first = put(&store, "a", b"1").unwrap();
    assert_eq!(get(&store, "a").unwrap(), b"1");
    assert_eq!(put(&store, "a", b"2").unwrap(), first.next());
    assert_eq!(get(&store, "a").unwrap(), b"2");
    assert_eq!(store.status().lsn, first.next());
}

#[test]
fn everything_is_there_after_a_reopen() {
    let disk = LossyDisk::new(1);
    let store = open(&disk);
    let (installation, key) = (store.installation(), *store.digest_key().expose());
    for number in 0..100 {
        put(&store, &format!("k{number}"), &[number; 50]).unwrap();
    }
    store.close().unwrap();
    let store = open(&disk);
    assert!(store.status().recovery.clean);
    assert_eq!(store.count(Table::Pair, b"").unwrap(), 100);
    assert_eq!(get(&store, "k7").unwrap(), [7; 50]);
    assert_eq!(
        (store.installation(), *store.digest_key().expose()),
        (installation, key)
    );
    assert!(segments(&disk).len() > 2);
}

#[test]
fn the_incarnation_rises_with_every_open() {
    let disk = LossyDisk::new(1);
    for incarnation in 1..5 {
        let store = open(&disk);
        assert_eq!(store.incarnation(), incarnation);
        if incarnation % 2 == 0 {
            store.close().unwrap();
        }
    }
}

#[test]
fn a_held_lock_keeps_others_out_and_names_its_file() {
    let disk = LossyDisk::new(1);
    let store = open(&disk);
    let error = try_open(&disk, small()).unwrap_err();
    assert!(
        matches!(&error, OpenError::Locked(path) if *path == file("lock")),
        "{error}"
    );
    assert!(error.to_string().contains("/data/tenant/lock"));
    store.close().unwrap();
    open(&disk);
}

#[test]
fn a_clone_of_a_closed_store_says_so() {
    let store = open(&LossyDisk::new(1));
    let other = store.clone();
    store.close().unwrap();
    assert!(matches!(put(&other, "a", b""), Err(CommitError::Closed)));
    assert!(matches!(
        other.get(Table::Pair, b"a"),
        Err(ReadError::Closed)
    ));
    assert!(matches!(other.close(), Err(CloseError::Closed)));
}

#[test]
fn a_scan_is_in_order_and_goes_on_behind_a_key() {
    let store = open(&LossyDisk::new(1));
    for key in ["b1", "a2", "a1", "a3", "c"] {
        put(&store, key, key.as_bytes()).unwrap();
    }
    let keys = |after: Option<&[u8]>, limit| {
        let rows = store.scan(Table::Pair, b"a", after, limit).unwrap();
        rows.into_iter()
            .map(|(key, _)| String::from_utf8(key).unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(None, 9), ["a1", "a2", "a3"]);
    assert_eq!(keys(Some(b"a1"), 1), ["a2"]);
    assert_eq!(keys(Some(b"A"), 9), ["a1", "a2", "a3"]);
    assert_eq!(keys(None, 0), [""; 0]);
    assert_eq!(store.count(Table::Index, b"").unwrap(), 0);
    assert_eq!(store.count(Table::Pair, b"").unwrap(), 5);
}

#[test]
fn a_checkpoint_replaces_the_journal_before_it() {
    let disk = LossyDisk::new(1);
    let store = open(&disk);
    for number in 0..200 {
        put(&store, &format!("k{number}"), &[1; 100]).unwrap();
    }
    let before = segments(&disk).len();
    let lsn = store.checkpoint().unwrap();
    assert_eq!(store.checkpoint().unwrap(), lsn);
    assert_eq!((store.status().checkpoint, segments(&disk).len()), (lsn, 1));
    assert!(before > 5);
    put(&store, "after", b"x").unwrap();
    drop(store);
    let store = open(&disk.kill());
    assert_eq!(store.count(Table::Pair, b"").unwrap(), 201);
    assert_eq!(store.status().recovery.replayed, 1);
}

#[test]
fn checkpoints_come_by_themselves() {
    let disk = LossyDisk::new(1);
    let store = try_open(
        &disk,
        Options {
            checkpoint_bytes: 8 << 10,
            ..small()
        },
    )
    .unwrap();
    for number in 0..500 {
        put(&store, &format!("k{}", number % 10), &[1; 100]).unwrap();
    }
    assert!(store.status().checkpoint > Lsn(400));
    assert_eq!(store.status().segments, segments(&disk).len());
    assert!((1..6).contains(&segments(&disk).len()));
}

#[test]
fn a_store_that_is_written_for_long_keeps_within_three_times_its_content() {
    const ROWS: u64 = 200;
    let disk = LossyDisk::new(1);
    let options = Options {
        checkpoint_bytes: 64 << 10,
        ..small()
    };
    let store = try_open(&disk, options).unwrap();
    let mut most = 0;
    for number in 0..8_000_u64 {
        let value = number.to_le_bytes().repeat(80);
        put(&store, &format!("k{}", number * 7 % ROWS), &value).unwrap();
        if number >= ROWS {
            let paths = disk.paths().into_iter();
            let taken: usize = paths.map(|path| disk.read(&path).unwrap().len()).sum();
            most = most.max(taken as u64);
        }
    }
    let live = store.status().live_bytes;
    assert!(live > 100 << 10, "{live} bytes live");
    assert!(most <= 3 * live, "{most} bytes on disk, {live} live");
    assert!(store.status().checkpoint > Lsn(7_000));
}

#[test]
fn a_full_disk_stops_the_store_until_it_is_reopened() {
    let disk = LossyDisk::new(1);
    let store = open(&disk);
    put(&store, "a", b"1").unwrap();
    disk.set_capacity(Some(9 << 10));
    let outcome = (0..200)
        .map(|number| put(&store, &format!("k{number}"), &[1; 100]))
        .find(Result::is_err);
    assert!(
        matches!(outcome, Some(Err(CommitError::Full(_)))),
        "{outcome:?}"
    );
    disk.set_capacity(None);
    assert!(matches!(
        put(&store, "b", b"2"),
        Err(CommitError::Poisoned(_))
    ));
    assert_eq!(get(&store, "a").unwrap(), b"1");
    assert!(matches!(store.close(), Err(CloseError::Poisoned(_))));
    let store = open(&disk);
    put(&store, "b", b"2").unwrap();
    assert_eq!(get(&store, "a").unwrap(), b"1");
}

#[test]
fn a_failed_sync_is_never_taken_for_success_later() {
    let disk = LossyDisk::new(1);
    let store = open(&disk);
    put(&store, "a", b"1").unwrap();
    disk.fail_sync(1);
    assert!(matches!(
        put(&store, "lost", b"x"),
        Err(CommitError::Io { .. })
    ));
    for _ in 0..3 {
        assert!(matches!(
            put(&store, "b", b"2"),
            Err(CommitError::Poisoned(_))
        ));
    }
    assert_eq!(get(&store, "b"), None);
    drop(store);
    let store = open(&disk.crash(3));
    assert_eq!(
        (get(&store, "a"), get(&store, "b")),
        (Some(b"1".to_vec()), None)
    );
}

#[test]
fn a_full_disk_at_a_checkpoint_harms_nothing() {
    let disk = LossyDisk::new(1);
    let store = open(&disk);
    for number in 0..100 {
        put(&store, &format!("k{number}"), &[1; 100]).unwrap();
    }
    disk.set_capacity(Some(1));
    assert!(matches!(store.checkpoint(), Err(CheckpointError::Full(_))));
    disk.set_capacity(None);
    put(&store, "more", b"x").unwrap();
    store.checkpoint().unwrap();
    drop(store);
    assert_eq!(open(&disk).count(Table::Pair, b"").unwrap(), 101);
}

#[test]
fn a_read_only_disk_and_a_full_one_are_told_apart() {
    let disk = LossyDisk::new(1);
    disk.set_read_only(true);
    assert!(matches!(
        try_open(&disk, small()),
        Err(OpenError::ReadOnly { .. })
    ));
    disk.set_read_only(false);
    disk.set_capacity(Some(10));
    assert!(matches!(try_open(&disk, small()), Err(OpenError::Full(_))));
    disk.set_capacity(None);
    open(&disk);
}

#[test]
fn a_batch_beyond_a_bound_harms_nothing() {
    let store = open(&LossyDisk::new(1));
    let mut batch = Batch::new();
    batch.put(Table::Pair, "k", vec![0; limit::RECORD_BYTES + 1]);
    assert!(matches!(
        store.commit_blocking(batch),
        Err(CommitError::Batch(_))
    ));
    put(&store, "k", b"v").unwrap();
    let lsn = store.status().lsn;
    assert_eq!(store.commit_blocking(Batch::new()).unwrap(), lsn);
}

#[test]
fn the_budget_comes_back() {
    let store = open(&LossyDisk::new(1));
    let free = store.status().free_budget;
    for number in 0..50 {
        put(&store, &format!("k{number}"), &[1; 1000]).unwrap();
    }
    assert_eq!(store.status().free_budget, free);
}

#[test]
fn a_state_that_disagrees_stops_the_store() {
    let store = open(&LossyDisk::new(1));
    put(&store, "a", b"1").unwrap();
    store.checkpoint().unwrap();
    put(&store, "b", b"2").unwrap();
    let engine = store
        .core()
        .read(|view| Ok(view.state().unwrap().changes.clone()))
        .unwrap();
    let (ghost, stamp) = (
        RowKey::new(Table::Pair.number(), "ghost"),
        engine.stamp().unwrap(),
    );
    let change = Change {
        row: &ghost,
        old: None,
        new: Some(b"x"),
    };
    engine.apply(&[change], &stamp.unwrap()).unwrap();
    assert!(store.checkpoint().is_err());
    assert!(matches!(
        put(&store, "c", b"3"),
        Err(CommitError::Poisoned(_))
    ));
}
