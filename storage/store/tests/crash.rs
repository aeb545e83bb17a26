//! Power cuts at every operation, torn tails at every byte.

use super::*;
use crate::fsck::{Severity, fsck_on};
use proptest::prelude::*;

/// What a run knows at its end: what was acknowledged, and what was asked for when the power went.
#[derive(Default)]
struct Known {
    acknowledged: BTreeMap<String, Vec<u8>>,
    asked: Option<(String, Vec<u8>)>,
    incarnation: u64,
}

/// A script with segment changes, overwrites, checkpoints and a reopen. Ends early when the power goes.
fn run(disk: &LossyDisk, known: &mut Known) -> Option<()> {
    for life in 0..2u8 {
        let store = try_open(disk, small()).ok()?;
        known.incarnation = store.incarnation();
        for step in 0..30u8 {
            let key = format!("k{}", step % 13);
            let value = vec![step + 100 * life; 60 + 17 * usize::from(step)];
            known.asked = Some((key.clone(), value.clone()));
            put(&store, &key, &value).ok()?;
            known.acknowledged.insert(key, value);
            known.asked = None;
            if step % 11 == 10 {
                store.checkpoint().ok()?;
            }
        }
        store.close().ok()?;
    }
    Some(())
}

fn verify(disk: &LossyDisk, known: &Known, context: &str) {
    let store = try_open(disk, small()).unwrap_or_else(|error| panic!("{context}: {error}"));
    assert!(store.incarnation() > known.incarnation, "{context}");
    let rows = store.scan(Table::Pair, b"", None, 1000).unwrap();
    let found: BTreeMap<_, _> = rows
        .into_iter()
        .map(|(k, v)| (String::from_utf8(k).unwrap(), v))
        .collect();
    let mut with_asked = known.acknowledged.clone();
    with_asked.extend(known.asked.clone());
    assert!(
        found == known.acknowledged || found == with_asked,
        "{context}: {found:?}"
    );
    put(&store, "goes on", b"x").unwrap_or_else(|error| panic!("{context}: {error}"));
    store.close().unwrap();
    let report = fsck_on(disk, EngineKind::Memory, Path::new(DIR)).unwrap();
    assert_eq!(report.findings, [], "{context}");
}

#[test]
fn a_power_cut_at_every_operation_loses_no_acknowledged_commit() {
    let whole = LossyDisk::new(0);
    run(&whole, &mut Known::default()).unwrap();
    let operations = whole.operations();
    assert!(operations > 150);
    for cut in 1..=operations {
        let disk = LossyDisk::new(cut);
        disk.cut_power_at(cut);
        let mut known = Known::default();
        assert!(run(&disk, &mut known).is_none(), "cut {cut}");
        for seed in 0..6 {
            let after = disk.crash(seed);
            let report = fsck_on(&after, EngineKind::Memory, Path::new(DIR));
            assert!(
                report.is_ok_and(|report| report.ok()) || known.incarnation == 0,
                "cut {cut} seed {seed}"
            );
            verify(&after, &known, &format!("cut {cut} seed {seed}"));
        }
    }
}

#[test]
fn a_power_cut_during_recovery_loses_nothing_either() {
    for cut in (1..200).step_by(7) {
        let disk = LossyDisk::new(cut);
        disk.cut_power_at(cut);
        let mut known = Known::default();
        if run(&disk, &mut known).is_some() {
            continue;
        }
        for second in 1..12 {
            let after = disk.crash(second);
            after.cut_power_at(second);
            drop(try_open(&after, small()));
            verify(
                &after.crash(second + 1),
                &known,
                &format!("cut {cut} then {second}"),
            );
        }
    }
}

#[test]
fn a_power_cut_after_a_kill_and_a_start_loses_nothing_either() {
    let whole = LossyDisk::new(0);
    run(&whole, &mut Known::default()).unwrap();
    for cut in 1..=whole.operations() {
        let disk = LossyDisk::new(cut);
        disk.cut_power_at(cut);
        let mut known = Known::default();
        assert!(run(&disk, &mut known).is_none(), "cut {cut}");
        let killed = disk.kill();
        drop(try_open(&killed, small()).unwrap_or_else(|error| panic!("cut {cut}: {error}")));
        for seed in 0..4 {
            let context = format!("killed at {cut}, then seed {seed}");
            verify(&killed.crash(seed), &known, &context);
        }
    }
}

#[test]
fn a_torn_tail_is_cut_at_every_byte_of_the_last_record() {
    let disk = LossyDisk::new(1);
    let store = open(&disk);
    put(&store, "kept", b"1").unwrap();
    let segment = last_segment(&disk);
    let used = |disk: &LossyDisk| {
        let bytes = disk.read(&segment).unwrap();
        bytes.len() - bytes.iter().rev().take_while(|byte| **byte == 0).count()
    };
    let before = used(&disk);
    put(&store, "torn", b"the last record").unwrap();
    drop(store);
    let (whole, end) = (disk.read(&segment).unwrap(), used(&disk));
    for keep in before..end {
        for zeros in [true, false] {
            let mut bytes = whole[..keep].to_vec();
            bytes.resize(if zeros { whole.len() } else { keep }, 0);
            let torn = disk.kill();
            torn.write(&segment, &bytes);
            let store = open(&torn);
            assert_eq!(get(&store, "kept").unwrap(), b"1", "{keep}");
            assert_eq!(get(&store, "torn"), None, "{keep}");
            assert_eq!(
                store.status().recovery.torn_tail.is_some(),
                keep > before,
                "{keep}"
            );
            put(&store, "next", b"2").unwrap();
            drop(store);
            assert_eq!(get(&open(&torn), "next").unwrap(), b"2", "{keep}");
        }
    }
}

#[test]
fn the_remains_of_a_torn_tail_are_overwritten_durably() {
    let disk = LossyDisk::new(1);
    let store = open(&disk);
    put(&store, "torn", &[0xAA; 300]).unwrap();
    drop(store);
    let segment = last_segment(&disk);
    let mut bytes = disk.read(&segment).unwrap();
    let at = bytes.iter().rposition(|byte| *byte == 0xAA).unwrap();
    bytes[at] ^= 1;
    disk.write(&segment, &bytes);
    drop(open(&disk));
    for seed in 0..8 {
        let after = disk.crash(seed).read(&segment).unwrap();
        assert!(
            !after.windows(4).any(|four| four == [0xAA; 4]),
            "seed {seed}"
        );
    }
}

#[test]
fn a_tail_torn_after_an_orderly_close_is_refused() {
    let disk = LossyDisk::new(1);
    let store = open(&disk);
    put(&store, "a", &[0xAA; 30]).unwrap();
    store.close().unwrap();
    let segment = last_segment(&disk);
    let mut bytes = disk.read(&segment).unwrap();
    let at = bytes.iter().rposition(|byte| *byte == 0xAA).unwrap();
    bytes[at] ^= 1;
    disk.write(&segment, &bytes);
    let error = try_open(&disk, small()).unwrap_err();
    assert!(
        matches!(
            error,
            OpenError::Journal(crate::JournalError::Shortened { .. })
        ),
        "{error}"
    );
    let report = fsck_on(&disk, EngineKind::Memory, Path::new(DIR)).unwrap();
    assert!(
        report
            .findings
            .iter()
            .any(|finding| finding.severity == Severity::Error)
    );
}

#[test]
fn a_crash_that_the_state_outlives_leaves_a_store_that_opens() {
    // The journal lies on the disk that forgets, sled on the real one: the state is then as new as it can be.
    let on = |disk: &LossyDisk, dir: &Path| {
        Store::open_on(Arc::new(disk.clone()), EngineKind::Sled, dir, small())
    };
    for cut in 1..40 {
        let dir = tempfile::tempdir().unwrap();
        let disk = LossyDisk::new(cut);
        disk.cut_power_at(cut);
        let mut acknowledged = Vec::new();
        if let Ok(store) = on(&disk, dir.path()) {
            for key in ["a", "b", "c", "d"] {
                acknowledged.extend(put(&store, key, b"v").is_ok().then_some(key));
            }
            store.checkpoint().ok();
        }
        let store =
            on(&disk.crash(cut), dir.path()).unwrap_or_else(|error| panic!("cut {cut}: {error}"));
        assert!(
            acknowledged.iter().all(|key| get(&store, key).is_some()),
            "cut {cut}"
        );
        assert!(
            !matches!(store.status().recovery.rebuilt, Some(Rebuilt::Ahead(_))),
            "cut {cut}"
        );
        store.close().unwrap();
    }
}

#[test]
fn what_a_failed_sync_left_to_be_seen_is_durable_before_anything_follows_it() {
    for seed in 0..16 {
        let disk = LossyDisk::new(seed);
        let store = open(&disk);
        put(&store, "before", b"1").unwrap();
        disk.fail_sync(1);
        put(&store, "in doubt", b"2").unwrap_err();
        drop(store);
        // The process starts again, and the pages whose sync failed are still there to be read.
        let disk = disk.kill();
        let store = open(&disk);
        let seen = get(&store, "in doubt");
        put(&store, "after", b"3").unwrap();
        drop(store);
        let store = open(&disk.crash(seed));
        assert_eq!(get(&store, "before").unwrap(), b"1", "seed {seed}");
        assert_eq!(get(&store, "in doubt"), seen, "seed {seed}");
        assert_eq!(get(&store, "after").unwrap(), b"3", "seed {seed}");
    }
}

#[derive(Clone, Debug)]
enum Step {
    Commit(Vec<(u8, Option<u8>)>),
    Checkpoint,
    Close,
    Crash(u64),
    Kill,
}

fn step() -> impl Strategy<Value = Step> {
    let change = (0u8..12, proptest::option::weighted(0.7, any::<u8>()));
    prop_oneof![
        8 => proptest::collection::vec(change, 1..6).prop_map(Step::Commit),
        1 => Just(Step::Checkpoint),
        1 => Just(Step::Close),
        1 => any::<u64>().prop_map(Step::Crash),
        1 => Just(Step::Kill),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_store_is_a_map_that_survives(steps in proptest::collection::vec(step(), 1..40)) {
        let mut disk = LossyDisk::new(9);
        let mut store = open(&disk);
        let mut model = BTreeMap::new();
        for step in steps {
            match step {
                Step::Commit(changes) => {
                    let mut batch = Batch::new();
                    for (key, value) in changes {
                        match value {
                            Some(value) => {
                                let value = vec![value; usize::from(value) * 4];
                                batch.put(Table::Pair, [key], value.clone());
                                model.insert(vec![key], value);
                            }
                            None => {
                                batch.delete(Table::Pair, [key]);
                                model.remove(&vec![key]);
                            }
                        }
                    }
                    store.commit_blocking(batch).unwrap();
                }
                Step::Checkpoint => drop(store.checkpoint().unwrap()),
                Step::Close => {
                    store.close().unwrap();
                    store = open(&disk);
                }
                Step::Crash(seed) => {
                    disk = disk.crash(seed);
                    store = open(&disk);
                }
                Step::Kill => {
                    disk = disk.kill();
                    store = open(&disk);
                }
            }
            let rows = store.scan(Table::Pair, b"", None, 1000).unwrap();
            prop_assert_eq!(rows, model.clone().into_iter().collect::<Vec<_>>());
        }
    }
}
