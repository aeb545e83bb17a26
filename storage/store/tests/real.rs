//! The store on the real file system, with sled and its own threads.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;
use crate::fsck::{FsckError, Judge, Severity, fsck, fsck_with};

fn options() -> Options {
    Options {
        segment_bytes: 64 << 10,
        chunk_bytes: 16 << 10,
        cache_bytes: 4 << 20,
        ..Options::default()
    }
}

fn open(dir: &Path) -> Store {
    Store::open(dir, options()).unwrap()
}

fn fill(store: &Store, from: u32, to: u32) {
    for number in from..to {
        put(
            store,
            &format!("k{number:05}"),
            &number.to_le_bytes().repeat(30),
        )
        .unwrap();
    }
}

fn wait_until(what: impl Fn() -> bool) {
    let start = Instant::now();
    while !what() {
        assert!(start.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn rows_survive_close_and_drop() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    fill(&store, 0, 300);
    store.close().unwrap();
    let store = open(dir.path());
    assert_eq!(
        store.status().recovery,
        Recovery {
            clean: true,
            ..Recovery::default()
        }
    );
    fill(&store, 300, 400);
    drop(store);
    let store = open(dir.path());
    assert!(!store.status().recovery.clean);
    assert_eq!(store.count(Table::Pair, b"k").unwrap(), 400);
    store.close().unwrap();
    assert_eq!(fsck(dir.path()).unwrap().findings, []);
}

#[test]
fn long_values_come_back_through_sled() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let value: Vec<u8> = (0..100_000u32).map(|at| (at % 249) as u8).collect();
    put(&store, "long", &value).unwrap();
    wait_until(|| store.status().applied == store.status().lsn);
    assert_eq!(get(&store, "long").unwrap(), value);
    store.checkpoint().unwrap();
    store.close().unwrap();
    fs::remove_dir_all(dir.path().join("state")).unwrap();
    assert_eq!(get(&open(dir.path()), "long").unwrap(), value);
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// The directory of the one engine that there is.
fn engine_of(store: &Path) -> PathBuf {
    let entries: Vec<_> = fs::read_dir(store.join("state")).unwrap().collect();
    let [engine] = &entries[..] else {
        panic!("{entries:?}");
    };
    engine.as_ref().unwrap().path()
}

#[test]
fn a_deleted_state_rebuilds_itself() {
    for checkpoint in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        fill(&store, 0, 200);
        if checkpoint {
            store.checkpoint().unwrap();
        }
        fill(&store, 200, 250);
        store.close().unwrap();
        fs::remove_dir_all(dir.path().join("state")).unwrap();
        let store = open(dir.path());
        assert_eq!(store.status().recovery.rebuilt, Some(Rebuilt::Missing));
        assert_eq!(store.count(Table::Pair, b"").unwrap(), 250);
    }
}

#[test]
fn a_garbled_state_rebuilds_itself() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    fill(&store, 0, 300);
    store.close().unwrap();
    let db = engine_of(dir.path()).join("db");
    let whole = fs::read(&db).unwrap();
    for round in 0..6 {
        let mut bytes = whole.clone();
        match round {
            0 => bytes.fill(0),
            1 => bytes.truncate(whole.len() / 2),
            2 => bytes.iter_mut().step_by(97).for_each(|byte| *byte ^= 0x55),
            3 => bytes.clear(),
            4 => bytes[..4096].fill(0xff),
            _ => {
                let half = whole.len() / 4;
                bytes[half..half + 4096].fill(0);
            }
        }
        fs::write(&db, &bytes).unwrap();
        let store = open(dir.path());
        assert_eq!(store.count(Table::Pair, b"").unwrap(), 300, "round {round}");
        let last = store.get(Table::Pair, b"k00299").unwrap().unwrap();
        assert_eq!(last, 299u32.to_le_bytes().repeat(30));
        store.close().unwrap();
    }
}

#[test]
fn a_state_from_another_time_is_brought_forward_or_rebuilt() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    fill(&store, 0, 50);
    store.close().unwrap();
    let state = engine_of(dir.path());
    let saved = fs::read(state.join("db")).unwrap();
    let store = open(dir.path());
    fill(&store, 50, 100);
    store.close().unwrap();
    for entry in fs::read_dir(&state).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file()
            && path
                .file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with("snap")
        {
            fs::remove_file(path).unwrap();
        }
    }
    fs::write(state.join("db"), saved).unwrap();
    let store = open(dir.path());
    assert_eq!(store.count(Table::Pair, b"").unwrap(), 100);
    let recovery = store.status().recovery;
    assert!(
        recovery.replayed >= 50 || recovery.rebuilt.is_some(),
        "{recovery:?}"
    );
}

#[test]
fn a_state_that_lost_a_row_does_not_pass() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    fill(&store, 0, 100);
    store.close().unwrap();
    let db = sled::open(engine_of(dir.path())).unwrap();
    db.remove([&[Table::Pair.number()], b"k00042".as_slice()].concat())
        .unwrap()
        .unwrap();
    db.flush().unwrap();
    drop(db);
    let findings = fsck(dir.path()).unwrap().findings;
    assert!(
        findings
            .iter()
            .any(|finding| finding.what.contains("the journal makes")),
        "{findings:?}"
    );
    let store = open(dir.path());
    assert_eq!(store.status().recovery.rebuilt, Some(Rebuilt::Disagrees));
    assert!(get(&store, "k00042").is_some());
}

#[test]
fn a_state_ahead_of_the_journal_raises_the_incarnation_past_the_loss() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    fill(&store, 0, 20);
    store.close().unwrap();
    let saved = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(dir.path().join("journal")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), saved.path().join(entry.file_name())).unwrap();
    }
    let store = open(dir.path());
    fill(&store, 20, 30);
    let lost = store.incarnation();
    drop(store);
    for entry in fs::read_dir(saved.path()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(
            entry.path(),
            dir.path().join("journal").join(entry.file_name()),
        )
        .unwrap();
    }
    assert!(!fsck(dir.path()).unwrap().ok());
    let store = open(dir.path());
    assert!(matches!(
        store.status().recovery.rebuilt,
        Some(Rebuilt::Ahead(_))
    ));
    assert!(store.incarnation() > lost);
    assert_eq!(store.count(Table::Pair, b"").unwrap(), 20);
}

#[test]
fn a_state_marked_to_be_rebuilt_is() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    fill(&store, 0, 20);
    store.close().unwrap();
    fs::write(dir.path().join("rebuild"), b"").unwrap();
    let store = open(dir.path());
    assert_eq!(store.status().recovery.rebuilt, Some(Rebuilt::Wanted));
    store.close().unwrap();
    assert!(!dir.path().join("rebuild").exists());
    assert_eq!(open(dir.path()).status().recovery.rebuilt, None);
}

#[test]
fn a_second_open_is_refused_while_the_first_lives() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    assert!(matches!(
        Store::open(dir.path(), options()),
        Err(OpenError::Locked(_))
    ));
    assert!(matches!(fsck(dir.path()), Err(FsckError::Locked(_))));
    drop(store);
    open(dir.path()).close().unwrap();
}

#[test]
fn fsck_needs_a_store_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(fsck(dir.path()), Err(FsckError::NoStore(_))));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    let store = open(dir.path());
    fill(&store, 0, 20);
    drop(store);
    let snapshot = || {
        let mut files = BTreeMap::new();
        let of = |name: &str| dir.path().join(name);
        for folder in [
            of(""),
            of("journal"),
            of("checkpoint"),
            engine_of(dir.path()),
        ] {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    files.insert(path.clone(), fs::read(path).unwrap());
                }
            }
        }
        files
    };
    let before = snapshot();
    assert!(fsck(dir.path()).unwrap().ok());
    assert_eq!(snapshot(), before);
}

#[test]
fn the_digest_key_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mode = fs::metadata(dir.path().join("digest.key"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_ne!(store.digest_key().expose(), &[0; 32]);
}

#[test]
fn many_tasks_share_syncs_and_see_their_own_commits() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options {
        checkpoint_bytes: 256 << 10,
        ..options()
    };
    let store = Store::open(dir.path(), options).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    let tasks: Vec<_> = (0..64u8)
        .map(|task| {
            let store = store.clone();
            runtime.spawn(async move {
                for step in 0..50u8 {
                    let mut batch = Batch::new();
                    batch.put(Table::Pair, [task, step], [step; 100]);
                    batch.put(Table::Cursor, [task], [step]);
                    store.commit(batch).await.unwrap();
                    assert_eq!(store.get(Table::Cursor, &[task]).unwrap().unwrap(), [step]);
                }
            })
        })
        .collect();
    for task in tasks {
        runtime.block_on(task).unwrap();
    }
    wait_until(|| store.status().applied == store.status().lsn);
    wait_until(|| store.status().checkpoint > Lsn::ZERO);
    assert_eq!(store.status().lsn, Lsn(3201));
    store.close().unwrap();
    // A segment that was begun while a checkpoint was made leaves its predecessor to the next one: a note, no more.
    let findings = fsck(dir.path()).unwrap().findings;
    assert!(
        findings
            .iter()
            .all(|finding| finding.severity == Severity::Note),
        "{findings:?}"
    );
    let store = open(dir.path());
    assert_eq!(store.count(Table::Pair, b"").unwrap(), 64 * 50);
    store.close().unwrap();
    assert_eq!(fsck(dir.path()).unwrap().findings, []);
}

#[test]
fn a_batch_is_seen_whole_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let writer = store.clone();
    let thread = std::thread::spawn(move || {
        for number in 0..400u32 {
            let mut batch = Batch::new();
            for key in ["a", "b", "c"] {
                batch.put(
                    Table::Pair,
                    key,
                    number.to_le_bytes().repeat(1 + number as usize * 7),
                );
            }
            writer.commit_blocking(batch).unwrap();
        }
    });
    while !thread.is_finished() {
        let rows = store.scan(Table::Pair, b"", None, 10).unwrap();
        assert!(rows.windows(2).all(|two| two[0].1 == two[1].1));
    }
    thread.join().unwrap();
}

#[test]
fn commits_go_on_during_checkpoints() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    fill(&store, 0, 500);
    let other = store.clone();
    let thread =
        std::thread::spawn(move || (0..5).map(|_| other.checkpoint().unwrap()).max().unwrap());
    fill(&store, 500, 1500);
    let last = thread.join().unwrap();
    drop(store);
    let store = open(dir.path());
    assert!(store.status().checkpoint >= last);
    assert_eq!(store.count(Table::Pair, b"").unwrap(), 1500);
}

#[test]
fn commit_blocking_works_inside_a_runtime() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async { put(&store, "a", b"1").unwrap() });
}

/// The runtime lets a task poll 128 times before it has to give way.
#[test]
fn many_blocking_commits_in_one_turn_of_a_task_end() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        for number in 0..300 {
            put(&store, &format!("k{number:05}"), b"1").unwrap();
        }
    });
    assert_eq!(store.count(Table::Pair, b"k").unwrap(), 300);
}

#[test]
fn a_killed_store_without_its_journal_is_no_new_one_for_an_engine_in_memory_either() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    fill(&store, 0, 20);
    drop(store);
    fs::remove_dir_all(dir.path().join("journal")).unwrap();
    for kind in [EngineKind::Memory, EngineKind::Sled] {
        let disk = Arc::new(crate::disk::OsDisk);
        let opened = Store::open_on(disk, kind, dir.path(), options());
        assert!(
            matches!(opened, Err(OpenError::JournalMissing(_))),
            "{kind:?}"
        );
    }
}

#[test]
fn a_state_that_another_handle_holds_is_never_wiped() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    fill(&store, 0, 20);
    fs::remove_file(dir.path().join("lock")).unwrap();
    let second = Store::open(dir.path(), options()).map(drop);
    assert!(matches!(second, Err(OpenError::State { .. })), "{second:?}");
    fill(&store, 20, 40);
    store.close().unwrap();
    assert_eq!(open(dir.path()).count(Table::Pair, b"k").unwrap(), 40);
}

/// Finds rows wrong that say so.
struct Strict;

impl Judge for Strict {
    fn row(&mut self, _: Table, _: &[u8], value: Option<&[u8]>) -> Result<(), String> {
        let bad = value == Some(b"bad".as_slice());
        if bad {
            Err("it says so".to_owned())
        } else {
            Ok(())
        }
    }

    fn end(&mut self) -> Vec<String> {
        Vec::new()
    }
}

#[test]
fn a_row_that_is_wrong_is_an_error_until_it_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let with = |value: &[u8]| {
        let store = open(dir.path());
        put(&store, "a", value).unwrap();
        store.close().unwrap();
        fsck_with(dir.path(), None, &mut Strict).unwrap()
    };
    let report = with(b"bad");
    assert!(
        !report.ok() && report.findings[0].what.contains("it says so"),
        "{report:?}"
    );
    let report = with(b"good");
    assert!(report.ok(), "{report:?}");
    assert_eq!(report.findings[0].severity, Severity::Note);
}

#[test]
fn a_key_that_others_may_read_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    open(dir.path()).close().unwrap();
    let key = dir.path().join("digest.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let findings = fsck(dir.path()).unwrap().findings;
    assert!(findings[0].what.contains("digest key"), "{findings:?}");
}

/// What is done to a store that people use.
#[derive(Clone, Debug)]
enum Deed {
    Put(u8, u16),
    Remove(u8),
    Checkpoint,
    Close,
    Drop,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        8 => (0u8..60, 0u16..9_000).prop_map(|(key, length)| Deed::Put(key, length)),
        4 => (0u8..60).prop_map(Deed::Remove),
        2 => Just(Deed::Checkpoint),
        1 => Just(Deed::Close),
        1 => Just(Deed::Drop),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn rows_are_what_was_put_wherever_they_lie(deeds in proptest::collection::vec(deed(), 1..60)) {
        let dir = tempfile::tempdir().unwrap();
        let mut model = BTreeMap::new();
        let mut store = open(dir.path());
        for (number, deed) in deeds.into_iter().enumerate() {
            let key = |key: u8| format!("k{key:03}").into_bytes();
            match deed {
                Deed::Put(at, length) => {
                    let value = vec![number as u8; usize::from(length)];
                    model.insert(key(at), value.clone());
                    put(&store, std::str::from_utf8(&key(at)).unwrap(), &value).unwrap();
                }
                Deed::Remove(at) => {
                    model.remove(&key(at));
                    let mut batch = Batch::new();
                    batch.delete(Table::Pair, key(at));
                    store.commit_blocking(batch).unwrap();
                }
                Deed::Checkpoint => drop(store.checkpoint().unwrap()),
                Deed::Close => {
                    store.close().unwrap();
                    prop_assert!(fsck(dir.path()).unwrap().findings.is_empty());
                    store = open(dir.path());
                    prop_assert_eq!(store.status().recovery.rebuilt, None);
                }
                Deed::Drop => {
                    drop(store);
                    store = open(dir.path());
                }
            }
        }
        let rows = store.scan(Table::Pair, b"", None, 100).unwrap();
        prop_assert_eq!(rows, model.clone().into_iter().collect::<Vec<_>>());
        for at in 0u8..60 {
            let key = format!("k{at:03}");
            prop_assert_eq!(get(&store, &key), model.get(key.as_bytes()).cloned());
        }
    }
}

#[test]
fn a_store_that_stopped_right_behind_a_checkpoint_goes_on_and_leaves_no_former_state() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    fill(&store, 0, 100);
    store.close().unwrap();
    let former = engine_of(dir.path());
    let kept = tempfile::tempdir().unwrap();
    copy(&former, kept.path());
    let store = open(dir.path());
    store.checkpoint().unwrap();
    fill(&store, 100, 110);
    store.close().unwrap();
    fs::remove_dir_all(dir.path().join("state")).unwrap();
    fs::create_dir_all(&former).unwrap();
    copy(kept.path(), &former);
    let store = open(dir.path());
    assert_eq!(store.status().recovery.rebuilt, Some(Rebuilt::Missing));
    assert_eq!(store.count(Table::Pair, b"").unwrap(), 110);
    assert!(!former.exists());
    engine_of(dir.path());
}

#[test]
fn a_checkpoint_that_cannot_begin_the_next_state_harms_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    fill(&store, 0, 20);
    let state = dir.path().join("state");
    let aside = dir.path().join("aside");
    fs::rename(&state, &aside).unwrap();
    fs::write(&state, b"").unwrap();
    assert!(matches!(store.checkpoint(), Err(CheckpointError::Begin(_))));
    fill(&store, 20, 30);
    fs::remove_file(&state).unwrap();
    fs::rename(&aside, &state).unwrap();
    store.checkpoint().unwrap();
    fill(&store, 30, 40);
    store.close().unwrap();
    assert_eq!(open(dir.path()).count(Table::Pair, b"").unwrap(), 40);
}
