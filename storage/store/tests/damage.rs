//! Flipped bits and missing files: found, named, never used.

use super::*;
use crate::fsck::{Severity, fsck_on};
use crate::journal::JournalError;

/// A store with a checkpoint and several segments behind it, stopped in order or not.
fn sample(orderly: bool) -> LossyDisk {
    sample_of(1, orderly)
}

/// The same of another store, by its seed.
fn sample_of(seed: u64, orderly: bool) -> LossyDisk {
    let disk = LossyDisk::new(seed);
    let store = open(&disk);
    for number in 0..60u8 {
        put(&store, &format!("k{number}"), &[number; 100]).unwrap();
    }
    store.checkpoint().unwrap();
    for number in 60..110u8 {
        put(&store, &format!("k{number}"), &[number; 100]).unwrap();
    }
    if orderly {
        store.close().unwrap()
    } else {
        drop(store)
    }
    disk
}

fn rows(disk: &LossyDisk) -> Result<u64, OpenError> {
    try_open(disk, small()).map(|store| store.count(Table::Pair, b"").unwrap())
}

fn used(bytes: &[u8]) -> usize {
    bytes.len() - bytes.iter().rev().take_while(|byte| **byte == 0).count()
}

fn of_kind(disk: &LossyDisk, extension: &str) -> Vec<PathBuf> {
    let paths = disk.paths().into_iter();
    paths
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect()
}

#[test]
fn the_sample_is_sound() {
    for orderly in [true, false] {
        let disk = sample(orderly);
        let report = fsck_on(&disk, EngineKind::Memory, Path::new(DIR)).unwrap();
        assert_eq!(report.findings, []);
        assert_eq!(report.tables, BTreeMap::from([(Table::Pair, 110)]));
        assert!(report.segments >= 2 && report.checkpoint > Lsn::ZERO && report.last == Lsn(111));
        assert_eq!(rows(&disk).unwrap(), 110);
    }
}

#[test]
fn a_flipped_bit_anywhere_in_an_orderly_closed_store_is_found_and_refused() {
    let disk = sample(true);
    let files = [
        of_kind(&disk, "seg"),
        of_kind(&disk, "ckpt"),
        of_kind(&disk, "key"),
    ]
    .concat();
    assert!(files.len() >= 4);
    for path in files {
        let length = used(&disk.read(&path).unwrap()) as u64;
        for byte in (0..length).filter(|byte| *byte < 120 || byte % 5 == 0 || length - byte < 30) {
            let damaged = disk.kill();
            assert!(damaged.flip_bit(&path, byte * 8 + byte % 8));
            let context = format!("{} byte {byte}", path.display());
            // A bit in the part of the first live segment that the checkpoint covers is damage as well.
            let report = fsck_on(&damaged, EngineKind::Memory, Path::new(DIR)).unwrap();
            assert!(!report.ok(), "{context}");
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            assert!(
                report
                    .findings
                    .iter()
                    .any(|finding| finding.where_.contains(&name)
                        || finding.what.contains("its journal ends")),
                "{context}: {report:?}"
            );
            let error = rows(&damaged).expect_err(&context);
            assert!(error.to_string().contains(DIR), "{context}: {error}");
        }
    }
}

#[test]
fn a_flipped_bit_after_a_crash_costs_at_most_the_last_record_and_is_reported() {
    let disk = sample(false);
    for path in of_kind(&disk, "seg") {
        let length = used(&disk.read(&path).unwrap()) as u64;
        for byte in (0..length).step_by(3) {
            let damaged = disk.kill();
            assert!(damaged.flip_bit(&path, byte * 8 + 3));
            let report = fsck_on(&damaged, EngineKind::Memory, Path::new(DIR)).unwrap();
            assert!(
                report
                    .findings
                    .iter()
                    .any(|finding| finding.severity >= Severity::Warning),
                "byte {byte}"
            );
            match rows(&damaged) {
                Ok(rows) => assert!(rows == 109 && report.ok(), "byte {byte}"),
                Err(_) => assert!(!report.ok(), "byte {byte}"),
            }
        }
    }
}

#[test]
fn a_torn_middle_names_segment_and_offset() {
    let disk = sample(false);
    let first = segments(&disk).remove(0);
    let bytes = disk.read(&first).unwrap();
    let second_record = {
        let found = crate::journal::format::record_at(&bytes, 32).unwrap();
        found.end
    };
    assert!(disk.flip_bit(&first, (second_record as u64 + 25) * 8));
    match try_open(&disk, small()).unwrap_err() {
        OpenError::Journal(JournalError::TornMiddle {
            segment, offset, ..
        }) => {
            assert_eq!((segment, offset), (first, second_record as u64));
        }
        error => panic!("{error}"),
    }
}

#[test]
fn a_missing_segment_is_a_gap() {
    let all = segments(&sample(false));
    for missing in all.iter().rev().skip(1) {
        let disk = sample(false);
        crate::disk::Disk::remove(&disk, missing).unwrap();
        let error = try_open(&disk, small()).unwrap_err();
        assert!(
            matches!(error, OpenError::Journal(JournalError::Gap { .. })),
            "{error}"
        );
        assert!(
            !fsck_on(&disk, EngineKind::Memory, Path::new(DIR))
                .unwrap()
                .ok()
        );
    }
}

#[test]
fn a_missing_last_segment_is_missed_after_an_orderly_close() {
    let disk = sample(true);
    crate::disk::Disk::remove(&disk, &last_segment(&disk)).unwrap();
    let error = try_open(&disk, small()).unwrap_err();
    assert!(
        matches!(error, OpenError::Journal(JournalError::Shortened { .. })),
        "{error}"
    );
}

fn reopen(disk: &LossyDisk, known: Identity) -> Result<Store, OpenError> {
    let disk = Arc::new(disk.clone());
    Store::reopen_on(disk, EngineKind::Memory, Path::new(DIR), small(), known)
}

#[test]
fn a_store_that_has_gone_is_waited_for_and_no_new_one_is_made() {
    let store = open(&LossyDisk::new(1));
    let bare = LossyDisk::new(2);
    let gone = reopen(&bare, store.identity());
    assert!(matches!(gone, Err(OpenError::Gone(_))), "{gone:?}");
    assert_eq!((bare.paths(), bare.operations()), (vec![], 0));
}

#[test]
fn a_store_is_opened_again_and_another_one_or_an_older_copy_is_not_taken_for_it() {
    let disk = LossyDisk::new(1);
    let known = open(&disk).identity();
    let copy = disk.kill();
    let other = LossyDisk::new(2);
    drop(open(&other));
    let exchanged = reopen(&other, known);
    assert!(matches!(exchanged, Err(OpenError::Exchanged(_))));
    assert_eq!(open(&other).incarnation(), 2, "it was left as it was");
    let again = reopen(&disk, known).unwrap().identity();
    assert_eq!(again.installation, known.installation);
    let exchanged = reopen(&copy, again);
    assert!(matches!(exchanged, Err(OpenError::Exchanged(_))));
}

#[test]
fn a_store_without_its_journal_is_not_a_new_store() {
    let disk = sample(false);
    for segment in segments(&disk) {
        crate::disk::Disk::remove(&disk, &segment).unwrap();
    }
    assert!(matches!(
        try_open(&disk, small()),
        Err(OpenError::JournalMissing(_))
    ));
}

#[test]
fn a_store_that_stopped_before_its_first_segment_has_lost_nothing() {
    let disk = sample(false);
    for path in disk.paths() {
        // The memory engine leaves no files, so that nothing but these tells of commits.
        let tells = ["seg", "ckpt"].map(|extension| path.extension() == Some(extension.as_ref()));
        if tells.contains(&true) {
            crate::disk::Disk::remove(&disk, &path).unwrap();
        }
    }
    let report = fsck_on(&disk, EngineKind::Memory, Path::new(DIR)).unwrap();
    assert!(report.ok(), "{report:?}");
    assert_eq!(report.findings.len(), 1, "{report:?}");
    let orderly = sample(true);
    for path in [of_kind(&orderly, "seg"), of_kind(&orderly, "ckpt")].concat() {
        crate::disk::Disk::remove(&orderly, &path).unwrap();
    }
    let report = fsck_on(&orderly, EngineKind::Memory, Path::new(DIR)).unwrap();
    assert!(!report.ok(), "a closed store had a journal");
}

#[test]
fn a_missing_checkpoint_is_a_gap() {
    let disk = sample(false);
    for path in of_kind(&disk, "ckpt") {
        crate::disk::Disk::remove(&disk, &path).unwrap();
    }
    let error = try_open(&disk, small()).unwrap_err();
    assert!(
        matches!(error, OpenError::Journal(JournalError::Gap { .. })),
        "{error}"
    );
}

#[test]
fn another_stores_digest_key_is_refused_and_a_missing_one_too() {
    let disk = sample(true);
    let foreign = sample_of(2, true).read(&file("digest.key")).unwrap();
    let own = disk.read(&file("digest.key")).unwrap();
    assert_ne!(own, foreign);
    disk.write(&file("digest.key"), &foreign);
    assert!(matches!(
        try_open(&disk, small()),
        Err(OpenError::Key(crate::KeyError::Foreign(_)))
    ));
    crate::disk::Disk::remove(&disk, &file("digest.key")).unwrap();
    assert!(matches!(
        try_open(&disk, small()),
        Err(OpenError::Key(crate::KeyError::Missing(_)))
    ));
    assert!(
        !fsck_on(&disk, EngineKind::Memory, Path::new(DIR))
            .unwrap()
            .ok()
    );
    disk.write(&file("digest.key"), &own);
    assert_eq!(rows(&disk).unwrap(), 110);
}

#[test]
fn an_open_store_is_not_checked_and_no_store_is_none() {
    let disk = LossyDisk::new(1);
    let store = open(&disk);
    let locked = fsck_on(&disk, EngineKind::Memory, Path::new(DIR));
    assert!(matches!(locked, Err(crate::FsckError::Locked(_))));
    drop(store);
    let report = fsck_on(&disk, EngineKind::Memory, Path::new(DIR)).unwrap();
    assert!(report.ok());
}

#[test]
fn damage_in_the_last_record_below_a_checkpoint_is_an_error_for_open_and_fsck() {
    let disk = LossyDisk::new(1);
    let store = open(&disk);
    put(&store, "k", &[0xAA; 100]).unwrap();
    store.checkpoint().unwrap();
    drop(store);
    let segment = last_segment(&disk);
    let at = disk
        .read(&segment)
        .unwrap()
        .iter()
        .rposition(|byte| *byte == 0xAA)
        .unwrap();
    assert!(disk.flip_bit(&segment, at as u64 * 8));
    assert!(
        !fsck_on(&disk, EngineKind::Memory, Path::new(DIR))
            .unwrap()
            .ok()
    );
    assert!(matches!(
        rows(&disk),
        Err(OpenError::Journal(JournalError::Shortened { .. }))
    ));
}

#[test]
fn damage_in_the_checkpoint_of_a_running_store_is_never_read_as_a_row() {
    let disk = LossyDisk::new(1);
    let store = open(&disk);
    for number in 0..100 {
        put(&store, &format!("k{number:03}"), &[number; 1_000]).unwrap();
    }
    let lsn = store.checkpoint().unwrap();
    let path = crate::checkpoint::path(Path::new(DIR), lsn);
    let length = disk.read(&path).unwrap().len() as u64;
    disk.flip_bit(&path, length * 4);
    let read = (0..100).map(|number| store.get(Table::Pair, format!("k{number:03}").as_bytes()));
    let read: Vec<_> = read.collect();
    let named = |error: &ReadError| error.to_string().contains(".ckpt: damaged at offset");
    for (number, outcome) in read.iter().enumerate() {
        match outcome {
            Ok(value) => assert_eq!(*value, Some(vec![number as u8; 1_000])),
            Err(error) => assert!(named(error), "{error}"),
        }
    }
    assert!(read.iter().any(Result::is_err));
    assert!(matches!(
        put(&store, "k", b"v"),
        Err(CommitError::Poisoned(_))
    ));
    drop(store);
    let refused = try_open(&disk, small());
    assert!(
        matches!(refused, Err(OpenError::Checkpoint(_))),
        "{refused:?}"
    );
}
