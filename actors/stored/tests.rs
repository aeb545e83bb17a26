//! What is on disk stays readable: the golden bytes of every row, and the order of the keys.

use std::collections::{BTreeMap, BTreeSet};

use model::problem::Code;
use model::{
    Both, CommentId, Digest, ItemId, ItemKey, Millis, PairId, Problem, ProfileName, Revision,
    RuleName, Side,
};
use storage::{Record, decode, encode};
use sync::intent::{Attempt, Intent, Kind, Planned, Stage};
use sync::pair::{Base, End, Refused, Retry, Swing, Twin, Unheard};
use sync::{Class, CommentRef, Floor, Note, Pair, Phase};

use super::*;

fn id() -> PairId {
    PairId {
        origin: Side::Jira,
        item: ItemId(0x0102),
    }
}

fn rule(name: &str) -> RuleName {
    RuleName::new(name).unwrap()
}

fn name(name: &str) -> ProfileName {
    ProfileName::new(name).unwrap()
}

fn end(id: u64, key: &str) -> Option<End> {
    Some(End {
        id: ItemId(id),
        key: ItemKey::new(key).unwrap(),
        seen: Revision(3),
        written: Revision(2),
        said: Revision(1),
        touched: Millis(1_000),
    })
}

fn planned() -> Planned {
    Planned {
        rule: rule("title"),
        source: Digest([1; 8]),
        sent: Digest([2; 8]),
        elements: vec![Digest([3; 8])],
    }
}

/// Intents of every kind, at every stage.
fn intents(original: CommentRef) -> Vec<Intent> {
    let attempt = Attempt {
        at: Millis(5),
        incarnation: 4,
    };
    let create = Kind::Create {
        floor: Floor {
            keys: BTreeMap::from([("WEB".to_owned(), 9)]),
            token: Some("t".to_owned()),
        },
        project: Digest([6; 8]),
        fields: vec![planned()],
        left: vec![(rule("labels"), Digest([7; 8]))],
    };
    let intent = |number, class, kind, stage| Intent {
        number,
        side: Side::Azure,
        class,
        kind,
        stage,
    };
    vec![
        intent(
            1,
            Class::Fragile,
            create,
            Stage::Doubt {
                attempt,
                probes: 2,
                asked: Some(Millis(6)),
                next: Millis(7),
            },
        ),
        intent(
            2,
            Class::Guarded,
            Kind::Edit {
                fields: vec![planned()],
                comment: Some(original),
            },
            Stage::Planned,
        ),
        intent(
            3,
            Class::Fragile,
            Kind::Comment { original },
            Stage::Sent(attempt),
        ),
        intent(
            4,
            Class::Fragile,
            Kind::Transition { field: planned() },
            Stage::Planned,
        ),
        intent(5, Class::Natural, Kind::Link, Stage::Planned),
    ]
}

/// A pair with something in every field.
fn pair() -> Pair {
    let original = CommentRef {
        side: Side::Jira,
        id: CommentId(7),
    };
    let both = Both {
        jira: Digest([4; 8]),
        azure: Digest([5; 8]),
    };
    let problem = Problem::new(Code::FieldRefused)
        .on(Side::Azure)
        .about("title");
    Pair {
        phase: Phase::Doubtful,
        ends: Both {
            jira: end(0x0102, "WEB-1"),
            azure: end(8, "8"),
        },
        base: BTreeMap::from([(
            rule("title"),
            Base {
                value: Both {
                    jira: Some(Digest([8; 8])),
                    azure: None,
                },
                elements: BTreeSet::from([Digest([9; 8])]),
                first: true,
            },
        )]),
        comments: BTreeMap::from([(original, Twin::Written(CommentId(11)))]),
        intents: intents(original),
        next_intent: 6,
        waiting: BTreeMap::from([(rule("title"), both)]),
        swings: BTreeMap::from([(
            rule("title"),
            Swing {
                to: Side::Jira,
                count: 1,
                since: Millis(8),
            },
        )]),
        retry: Retry {
            failures: 1,
            stale: 2,
            believed: Some(Millis(3)),
        },
        wake: Some(Millis(9)),
        linked_back: true,
        problems: BTreeSet::from([problem]),
        refused: BTreeMap::from([(
            rule("title"),
            Refused {
                by: Side::Azure,
                source: Digest([10; 8]),
                code: Code::FieldRefused,
                named: Some("Custom.X".to_owned()),
                stood: Some(Digest([11; 8])),
                until: Millis(10),
            },
        )]),
        settled: true,
        owes: true,
        told_of: Both {
            jira: Revision(3),
            azure: Revision(4),
        },
        reading: Some(Millis(11)),
        unheard: BTreeMap::from([(
            rule("title"),
            Unheard {
                sent: Both {
                    jira: Some(planned()),
                    azure: None,
                },
                late: Both {
                    jira: vec![planned()],
                    azure: Vec::new(),
                },
                last: Attempt {
                    at: Millis(13),
                    incarnation: 14,
                },
                unseen: Some(Millis(15)),
            },
        )]),
        told: BTreeMap::from([(rule("title"), both)]),
        muted: BTreeMap::from([(original, Millis(12))]),
        apart: true,
        ..Pair::new(id())
    }
}

/// The body of a row behind its envelope, in hex; what follows a `#` is for people.
fn check<R: Record + PartialEq + std::fmt::Debug>(
    row: &R,
    (kind, version): (u16, u16),
    golden: &str,
) {
    assert_eq!((R::KIND, R::VERSION), (kind, version), "a number changed");
    let bytes = encode(row).unwrap();
    let body: String = bytes[15..]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let lines = golden.lines().map(|line| line.split('#').next());
    let golden: String = lines.flatten().collect();
    let golden = golden.replace(char::is_whitespace, "");
    assert_eq!(
        body, golden,
        "the layout of kind {kind} changed: give the new one a new struct and the next version"
    );
    assert_eq!(decode::<R>(&bytes).unwrap(), *row);
}

#[test]
fn the_bytes_of_every_row_are_frozen() {
    let pair_row = PairRow {
        pair: pair(),
        lines: 300,
    };
    check(&pair_row, (1, 5), include_str!("tests/pair.hex"));
    let history = HistoryRow {
        line: 5,
        at: Millis(1_000),
        note: Note::Written {
            side: Side::Azure,
            revision: Some(Revision(4)),
            rules: vec![rule("title")],
        },
    };
    check(&history, (2, 2), "05 fbd007 03 01 01 04 01 05 7469746c65");
    let inbox = InboxRow {
        side: Side::Azure,
        item: ItemId(8),
        revision: Revision(300),
        backfill: true,
    };
    check(&inbox, (3, 1), "01 08 fb2c01 01");
    let cursor = CursorRow {
        cursor: "1:50:rest".to_owned(),
        drained: true,
        floor: Floor {
            keys: BTreeMap::from([("WEB".to_owned(), 9)]),
            token: None,
        },
        scanned: Millis(1_000),
    };
    check(
        &cursor,
        (4, 1),
        "09 313a35303a72657374 01 01 03 574542 09 00 fbd007",
    );
    let timer = TimerRow {
        due: Millis(1_000),
        waiting: Waiting::Parked,
    };
    check(&timer, (5, 1), "fbd007 02");
    let problem = ProblemRow {
        problem: Problem::new(Code::ProfileGap).on(Side::Jira).about("Story"),
        pair: Some(id()),
        first: Millis(1),
        last: Millis(2),
        count: 3,
        open: true,
    };
    check(
        &problem,
        (6, 1),
        "11 01 00 01 05 53746f7279 01 00 fb0201 02 04 03 01",
    );
    let profile = ProfileRow {
        fingerprint: "ab".to_owned(),
    };
    check(&profile, (7, 1), "02 6162");
    let index = IndexRow { pair: id() };
    check(&index, (8, 1), "00 fb0201");
    let order = OrderRow {
        order: Ordered::Detach,
    };
    check(&order, (9, 1), "03");
}

#[test]
fn keys_read_back() {
    let profile = name("web");
    for origin in Side::BOTH {
        let id = PairId {
            origin,
            item: ItemId(u64::MAX),
        };
        assert_eq!(key::pair_of(&profile, &key::pair(&profile, id)), Some(id));
        let row = key::inbox(&profile, id, Side::Azure, 3, 4);
        assert_eq!(key::pair_of(&profile, &row), Some(id));
        assert!(row.starts_with(&key::inbox_of(&profile, id)));
        assert!(!key::is_order(&profile, &row));
        let order = key::order(&profile, id, 3, 4);
        assert_eq!(key::pair_of(&profile, &order), Some(id));
        assert!(order.starts_with(&key::inbox_of(&profile, id)));
        assert!(key::is_order(&profile, &order));
        assert!(order < key::order(&profile, id, 3, 5));
    }
    assert_eq!(key::pair_of(&profile, b"web"), None);
    assert_eq!(key::pair_of(&profile, b"web\0jshort"), None);
}

#[test]
fn the_rows_of_one_profile_are_never_anothers() {
    let (short, long) = (name("web"), name("web-2"));
    let key = ItemKey::new("WEB-1").unwrap();
    let problem = Problem::new(Code::Doubt);
    let rows = [
        key::pair(&long, id()),
        key::item(&long, Side::Jira, ItemId(1)),
        key::human(&long, &key),
        key::cursor(&long, Side::Azure),
        key::history(&long, id(), 1),
        key::problem(&long, Some(id()), &problem),
        key::inbox(&long, id(), Side::Jira, 1, 1),
        key::order(&long, id(), 1, 1),
        key::profile(&long),
    ];
    for row in rows {
        assert!(!row.starts_with(&key::profile(&short)), "{row:?}");
        assert!(row.starts_with(&key::profile(&long)), "{row:?}");
        assert_eq!(key::pair_of(&short, &row), None);
    }
}

#[test]
fn keys_sort_by_side_and_number() {
    let profile = name("web");
    let key = |origin, item| {
        key::pair(
            &profile,
            PairId {
                origin,
                item: ItemId(item),
            },
        )
    };
    assert!(key(Side::Jira, 2) < key(Side::Jira, 10));
    assert!(key(Side::Jira, 255) < key(Side::Jira, 256));
    assert!(key(Side::Azure, u64::MAX) < key(Side::Jira, 0));
}

#[test]
fn different_problems_have_different_rows_and_equal_ones_share_one() {
    let profile = name("web");
    let at = |pair, problem: Problem| key::problem(&profile, pair, &problem);
    let base = || Problem::new(Code::FieldRefused);
    let rows = [
        at(None, base()),
        at(Some(id()), base()),
        at(Some(id()), base().on(Side::Jira)),
        at(Some(id()), base().on(Side::Azure)),
        at(Some(id()), base().on(Side::Azure).about("title")),
        at(Some(id()), Problem::new(Code::Doubt)),
    ];
    let distinct: BTreeSet<_> = rows.iter().collect();
    assert_eq!(distinct.len(), rows.len());
    let again = at(Some(id()), base().on(Side::Azure).about("title"));
    assert_eq!(again, rows[4]);
    let longest = base().about(&"x".repeat(100_000));
    assert!(at(Some(id()), longest).len() < 1_000);
}

#[test]
fn the_lines_of_a_history_lie_in_a_ring() {
    let profile = name("web");
    let ring = model::limit::HISTORY_PER_PAIR as u64;
    let at = |line| key::history(&profile, id(), line);
    assert_eq!(at(0), at(ring));
    assert_ne!(at(0), at(ring - 1));
}
