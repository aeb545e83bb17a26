//! One suite that every engine passes.

use std::collections::BTreeMap;
use std::ops::Bound;

use proptest::prelude::*;

use super::*;

fn on_each(claim: impl Fn(&dyn Engine)) {
    let dir = tempfile::tempdir().unwrap();
    for kind in [EngineKind::Memory, EngineKind::Sled] {
        let engine = kind.open(&dir.path().join("state"), 1 << 20).unwrap();
        claim(&*engine);
    }
}

fn set(engine: &dyn Engine, table: u8, key: &[u8], new: Option<&[u8]>, lsn: u64) {
    let row = RowKey::new(table, key);
    let old = engine.get(&row).unwrap().map(|value| value.len());
    let stamp = Stamp {
        applied: Lsn(lsn),
        tally: Tally::default(),
    };
    engine
        .apply(
            &[Change {
                row: &row,
                old,
                new,
            }],
            &stamp,
        )
        .unwrap();
}

fn all(engine: &dyn Engine) -> Vec<Row> {
    engine.rows(Bound::Unbounded, None, usize::MAX).unwrap()
}

#[test]
fn a_fresh_engine_has_neither_rows_nor_stamp() {
    on_each(|engine| {
        assert_eq!(all(engine), []);
        assert_eq!(engine.stamp().unwrap(), None);
        assert_eq!(engine.get(&RowKey::new(1, "k")).unwrap(), None);
    });
}

#[test]
fn the_stamp_moves_with_the_rows() {
    on_each(|engine| {
        set(engine, 1, b"k", Some(b"v"), 5);
        assert_eq!(engine.stamp().unwrap().unwrap().applied, Lsn(5));
        set(engine, 1, b"k", None, 6);
        assert_eq!(engine.stamp().unwrap().unwrap().applied, Lsn(6));
        assert_eq!(all(engine).len(), 0);
    });
}

#[test]
fn values_of_every_length_come_back_and_leave_nothing() {
    on_each(|engine| {
        for length in [0, 1, 3_997, 3_998, 3_999, 7_996, 7_997, 1 << 20] {
            let value: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            set(engine, 1, b"k", Some(&value), 1);
            assert_eq!(
                engine.get(&RowKey::new(1, "k")).unwrap().unwrap(),
                value,
                "{length}"
            );
            assert_eq!(all(engine), [(RowKey::new(1, "k"), value)]);
        }
        set(engine, 1, b"k", Some(b"short"), 1);
        assert_eq!(engine.get(&RowKey::new(1, "k")).unwrap().unwrap(), b"short");
        set(engine, 1, b"k", None, 1);
        assert_eq!(all(engine), []);
    });
}

#[test]
fn keys_that_look_like_parts_do_not_mix() {
    on_each(|engine| {
        let long = vec![7; 9_000];
        set(engine, 1, b"a", Some(&long), 1);
        set(engine, 1, b"a\0\0\0\x01", Some(&long), 1);
        set(engine, 1, b"a\0\0\0\x02", Some(b"x"), 1);
        set(engine, 1, b"a", None, 1);
        assert_eq!(
            engine
                .get(&RowKey::new(1, b"a\0\0\0\x01".as_slice()))
                .unwrap()
                .unwrap(),
            long
        );
        assert_eq!(all(engine).len(), 2);
    });
}

#[test]
fn rows_come_in_order_and_only_from_within() {
    on_each(|engine| {
        for (table, key) in [(2, "a"), (1, "b"), (1, "ab"), (1, "a"), (1, "aa"), (0, "z")] {
            set(engine, table, key.as_bytes(), Some(b"v"), 1);
        }
        let keys = |start: Bound<&RowKey>, within: Option<&RowKey>, limit| {
            let rows = engine.rows(start, within, limit).unwrap();
            rows.into_iter()
                .map(|(row, _)| String::from_utf8(row.key).unwrap())
                .collect::<Vec<_>>()
        };
        let within = RowKey::new(1, "a");
        assert_eq!(
            keys(Bound::Included(&within), Some(&within), 9),
            ["a", "aa", "ab"]
        );
        assert_eq!(
            keys(Bound::Excluded(&RowKey::new(1, "a")), Some(&within), 1),
            ["aa"]
        );
        assert_eq!(
            keys(Bound::Unbounded, None, 9),
            ["z", "a", "aa", "ab", "b", "a"]
        );
        let table = RowKey::new(1, "");
        assert_eq!(
            keys(Bound::Included(&table), Some(&table), 9),
            ["a", "aa", "ab", "b"]
        );
    });
}

#[test]
fn a_value_that_shrinks_under_a_scan_is_seen_whole() {
    const ROUNDS: u64 = 400;
    on_each(|engine| {
        let row = RowKey::new(1, b"k".as_slice());
        let lengths = [9_000, 3_900];
        set(engine, 1, b"k", Some(&[0; 9_000]), 1);
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| {
                for (lsn, length) in (2..ROUNDS).zip(lengths.into_iter().rev().cycle()) {
                    set(engine, 1, b"k", Some(&vec![0; length]), lsn);
                }
            });
            while !writer.is_finished() {
                let (rows, got) = (all(engine), engine.get(&row).unwrap().unwrap());
                assert!(lengths.contains(&rows[0].1.len()) && lengths.contains(&got.len()));
            }
        });
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn an_engine_is_a_map(ops in proptest::collection::vec(
        (0u8..3, proptest::collection::vec(0u8..3, 1..4), proptest::option::of(0usize..9_000)), 1..40)) {
        on_each(|engine| {
            let mut model = BTreeMap::new();
            for (number, (table, key, length)) in ops.iter().enumerate() {
                let value = length.map(|length| vec![number as u8; length]);
                set(engine, *table, key, value.as_deref(), number as u64);
                match value {
                    Some(value) => model.insert(RowKey::new(*table, key.clone()), value),
                    None => model.remove(&RowKey::new(*table, key.clone())),
                };
            }
            let mut tally = Tally::default();
            for (row, value) in &model {
                tally.add(row, value);
            }
            assert_eq!(weigh(engine).unwrap(), tally);
            assert_eq!(all(engine), model.into_iter().collect::<Vec<_>>());
        });
    }
}
