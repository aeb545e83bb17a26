//! A checkpoint is what was written or nothing, and the next one is what the rows say.

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::batch::RowKey;
use crate::engine::{Change, Engine, EngineKind, Stamp};
use crate::lossy::LossyDisk;
use crate::state;

const STORE: &str = "/s";

fn store() -> &'static Path {
    Path::new(STORE)
}

fn engine() -> Box<dyn Engine> {
    EngineKind::Memory
        .begin(Path::new(""), Lsn::ZERO, 0)
        .unwrap()
}

/// Puts the entries of those changes into an engine, and gives the stamp that agrees.
fn changed(
    engine: &dyn Engine,
    base: &Base,
    changes: &BTreeMap<RowKey, Option<Vec<u8>>>,
    lsn: u64,
) -> Stamp {
    let mut stamp = Stamp {
        applied: Lsn(lsn),
        ..Stamp::default()
    };
    for (row, value) in changes {
        let entry = state::entry(value.as_deref(), base.finder().contains(row).unwrap());
        stamp.tally.change(row, None, entry.as_deref());
        let change = Change {
            row,
            old: None,
            new: entry.as_deref(),
        };
        engine.apply(&[change], &stamp).unwrap();
    }
    stamp
}

fn sample() -> (LossyDisk, Base) {
    let disk = LossyDisk::new(1);
    let (engine, none) = (engine(), Base::none(store()));
    let changes = BTreeMap::from([(RowKey::new(1, "k"), Some(b"v".to_vec()))]);
    let stamp = changed(&*engine, &none, &changes, 3);
    let base = merge(&disk, store(), &none, &*engine, &stamp).unwrap();
    (disk, base)
}

fn rows(disk: &LossyDisk) -> Result<Vec<RowKey>, DamagedCheckpoint> {
    let mut rows = Vec::new();
    Base::open_with(disk, store(), Lsn(3), |row| rows.push(row.row()))?;
    Ok(rows)
}

#[test]
fn the_bytes_of_a_checkpoint_are_frozen() {
    let (disk, base) = sample();
    let bytes = disk.read(&path(store(), Lsn(3))).unwrap();
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let golden = concat!(
        "4350434845434b0a020000000300000000000000010000000000000002000000",
        "00000000e3ca1d4ffd2246c400000000f1cd10860600000006000000e02509b9",
        "0100016b017600000000000000008ab2288c",
    );
    assert_eq!(text, golden);
    assert_eq!(rows(&disk).unwrap(), [RowKey::new(1, "k")]);
    let row = RowKey::new(1, "k");
    assert_eq!(base.get(&row).unwrap(), Some(b"v".to_vec()));
}

#[test]
fn every_flipped_bit_and_every_cut_is_found() {
    let path = path(store(), Lsn(3));
    let (disk, _) = sample();
    let bytes = disk.read(&path).unwrap();
    for bit in 0..bytes.len() as u64 * 8 {
        let damaged = disk.kill();
        damaged.flip_bit(&path, bit);
        assert!(rows(&damaged).is_err(), "bit {bit}");
    }
    for end in 0..bytes.len() {
        disk.write(&path, &bytes[..end]);
        assert!(rows(&disk).is_err(), "cut at {end}");
    }
    disk.write(&path, &[bytes.as_slice(), b"x"].concat());
    assert!(rows(&disk).is_err());
}

/// Rows that pack, in many blocks.
fn many(disk: &LossyDisk) -> Base {
    let (engine, none) = (engine(), Base::none(store()));
    let value = |number: u32| Some(format!("{number:0>200}").into_bytes());
    let changes = (0..2_000u32).map(|number| (RowKey::new(1, number.to_be_bytes()), value(number)));
    let stamp = changed(&*engine, &none, &changes.collect(), 3);
    merge(disk, store(), &none, &*engine, &stamp).unwrap()
}

#[test]
fn a_flipped_bit_in_a_block_is_found_by_whoever_reads_a_row_of_it() {
    let disk = LossyDisk::new(1);
    let base = many(&disk);
    let length = usize::try_from(base.size()).unwrap();
    assert!(base.index().len() > 5, "{}", base.index().len());
    assert!(length < 2_000 * 100, "{length}: nothing was packed");
    let at = base.index()[2].at;
    for bit in (at * 8..at * 8 + 1_000).step_by(7) {
        let damaged = disk.kill();
        let path = path(store(), Lsn(3));
        let reading = Base::open(&damaged, store(), Lsn(3)).unwrap();
        damaged.flip_bit(&path, bit);
        let entry = &reading.index()[2];
        assert!(reading.get(&entry.first).is_err(), "bit {bit}");
        assert!(reading.raw(entry).is_err(), "bit {bit}");
    }
}

#[test]
fn rows_that_disagree_with_the_stamp_make_no_checkpoint() {
    let disk = LossyDisk::new(1);
    let engine = engine();
    let tally = crate::digest::Tally {
        rows: 1,
        bytes: 2,
        sum: 3,
    };
    let stamp = Stamp {
        applied: Lsn(3),
        tally,
    };
    let outcome = merge(&disk, store(), &Base::none(store()), &*engine, &stamp);
    assert!(matches!(outcome, Err(CheckpointError::State(_))));
    assert!(disk.paths().is_empty());
}

fn blocks(base: &Base) -> Vec<Vec<u8>> {
    let raw = base.index().iter().map(|entry| base.raw(entry).unwrap());
    raw.collect()
}

#[test]
fn a_block_in_which_nothing_changed_is_taken_over_as_it_is() {
    let disk = LossyDisk::new(1);
    let base = many(&disk);
    let before = blocks(&base);
    let row = base.index()[3].first.clone();
    let mut added = row.clone();
    added.key.push(0);
    let value = vec![7; 500];
    for (row, value) in [
        (row.clone(), None),
        (row, Some(value.clone())),
        (added, Some(value)),
    ] {
        let engine = engine();
        let stamp = changed(&*engine, &base, &BTreeMap::from([(row, value)]), 4);
        let next = merge(&disk, store(), &base, &*engine, &stamp).unwrap();
        let after = blocks(&next);
        let same = after.iter().filter(|block| before.contains(block)).count();
        assert_eq!(same, before.len() - 1);
    }
}

#[test]
fn blocks_stay_of_a_size_whatever_is_put_between_and_removed() {
    let disk = LossyDisk::new(1);
    let mut base = many(&disk);
    let mut lsn = 3;
    let mut round = |base: &Base, change: &dyn Fn(u32) -> Option<(RowKey, Option<Vec<u8>>)>| {
        lsn += 1;
        let engine = engine();
        let changes = (0..2_000).filter_map(change).collect();
        let stamp = changed(&*engine, base, &changes, lsn);
        merge(&disk, store(), base, &*engine, &stamp).unwrap()
    };
    for part in 0..8 {
        base = round(&base, &|number| {
            let key = [&number.to_be_bytes()[..], &[part]].concat();
            let is_its = number % 8 == u32::from(part);
            is_its.then(|| (RowKey::new(1, key), Some(vec![number as u8; 200])))
        });
    }
    assert_eq!(base.stamp().tally.rows, 4_000);
    let grown = base.index().len();
    for part in 0..8 {
        base = round(&base, &|number| {
            let is_its = number % 8 == part && number % 100 != 0;
            is_its.then(|| (RowKey::new(1, number.to_be_bytes()), None))
        });
        base = round(&base, &|number| {
            let key = [&number.to_be_bytes()[..], &[(number % 8) as u8]].concat();
            (number % 8 == part).then(|| (RowKey::new(1, key), None))
        });
    }
    assert_eq!(base.stamp().tally.rows, 20);
    let shrunk = base.index().len();
    // 816,000 bytes at most and 4,080 at least, in blocks of 4 KiB to 20 KiB.
    assert!((40..200).contains(&grown), "{grown}");
    assert!((1..3).contains(&shrunk), "{shrunk}");
}

fn changes() -> impl Strategy<Value = BTreeMap<RowKey, Option<Vec<u8>>>> {
    let key = (1u8..3, 0u16..100).prop_map(|(table, key)| RowKey::new(table, key.to_be_bytes()));
    // Long enough that some dozen rows fill a block.
    let value = proptest::option::weighted(
        0.7,
        (any::<u8>(), 0usize..3_000).prop_map(|(byte, length)| vec![byte; length]),
    );
    proptest::collection::btree_map(key, value, 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn checkpoint_upon_checkpoint_holds_the_rows_that_were_put(
        rounds in proptest::collection::vec(changes(), 1..6),
        random in proptest::bool::ANY,
    ) {
        let disk = LossyDisk::new(1);
        let mut base = Base::none(store());
        let mut model: BTreeMap<RowKey, Vec<u8>> = BTreeMap::new();
        for (lsn, mut changes) in (1..).zip(rounds) {
            if random {
                // What does not pack lies in the file as it is.
                for (number, value) in changes.values_mut().flatten().enumerate() {
                    let mut state = lsn * 1_000 + number as u64;
                    value.iter_mut().for_each(|byte| {
                        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                        *byte = (state >> 56) as u8;
                    });
                }
            }
            let engine = engine();
            let stamp = changed(&*engine, &base, &changes, lsn);
            base = merge(&disk, store(), &base, &*engine, &stamp).unwrap();
            for (row, value) in changes {
                match value {
                    Some(value) => model.insert(row, value),
                    None => model.remove(&row),
                };
            }
            let mut found = BTreeMap::new();
            Base::open_with(&disk, store(), Lsn(lsn), |row| drop(found.insert(row.row(), row.value.to_vec()))).unwrap();
            prop_assert_eq!(&found, &model);
            for table in 1..3 {
                for key in (0u16..100).step_by(7) {
                    let row = RowKey::new(table, key.to_be_bytes());
                    prop_assert_eq!(base.get(&row).unwrap(), model.get(&row).cloned());
                }
            }
        }
    }
}
