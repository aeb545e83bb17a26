//! What the commits of a pair leave in the store.

use std::path::Path;

use model::problem::Code;
use model::{Both, ItemId, Revision, RuleName};
use storage::{Options, Threads};
use sync::pair::{End, Park};

use super::*;

struct Desk {
    ledger: Ledger,
    room: Room,
    row: PairRow,
    stored: Option<Pair>,
    _folder: Folder,
}

/// A directory that goes with the test.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("ledger-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn store(at: &Path) -> Store {
    let options = Options {
        threads: Threads::Inline,
        ..Options::default()
    };
    Store::open(at, options).unwrap()
}

fn id() -> PairId {
    PairId {
        origin: Side::Jira,
        item: ItemId(1),
    }
}

fn end(key: &str) -> Option<End> {
    Some(End {
        id: ItemId(1),
        key: ItemKey::new(key).unwrap(),
        seen: Revision(1),
        written: Revision(0),
        said: Revision(0),
        touched: Millis(0),
    })
}

fn refused(field: &str) -> Problem {
    Problem::new(Code::FieldRefused).about(field)
}

impl Desk {
    fn new(name: &str) -> Desk {
        let folder = Folder::new(name);
        let ledger = Ledger {
            store: store(&folder.0),
            profile: ProfileName::new("web").unwrap(),
        };
        Desk {
            ledger,
            room: Room::default(),
            row: PairRow {
                pair: Pair::new(id()),
                lines: 0,
            },
            stored: None,
            _folder: folder,
        }
    }

    fn commit(&mut self, notes: &[Note]) {
        let step = Written {
            before: self.stored.as_ref(),
            notes,
            owing: false,
            now: Millis(5),
        };
        let batch = self.ledger.write(&step, &mut self.row, &self.room).unwrap();
        self.ledger.store.commit_blocking(batch).unwrap();
        self.stored = Some(self.row.pair.clone());
    }

    fn problems(&self) -> Vec<(String, bool, u64)> {
        let rows = self.ledger.problems(|_| true, 100).unwrap();
        let show = |row: ProblemRow| (row.problem.subject.unwrap_or_default(), row.open, row.count);
        rows.into_iter().map(show).collect()
    }
}

#[test]
fn a_history_keeps_its_last_lines_in_order() {
    let mut desk = Desk::new("ring");
    for n in 0..100 {
        desk.commit(&[Note::Doubtful {
            side: Side::Jira,
            intent: n,
        }]);
    }
    let lines = desk.ledger.history(id()).unwrap();
    let numbers: Vec<u64> = lines.iter().map(|row| row.line).collect();
    assert_eq!(numbers, (36..100).collect::<Vec<_>>());
    assert_eq!(desk.ledger.pair(id()).unwrap().unwrap().lines, 100);
}

#[test]
fn equal_problems_are_merged_and_close_when_they_are_cured() {
    let mut desk = Desk::new("problems");
    desk.row.pair.problems = [refused("a"), refused("b")].into();
    let both = [Note::Problem(refused("a")), Note::Problem(refused("b"))];
    desk.commit(&both);
    desk.row.pair.next_intent = 2;
    desk.commit(&[Note::Problem(refused("a"))]);
    let open = |name: &str, open, count| (name.to_owned(), open, count);
    assert_eq!(desk.problems(), [open("a", true, 2), open("b", true, 1)]);
    desk.row.pair.problems.remove(&refused("a"));
    desk.commit(&[]);
    assert_eq!(desk.problems(), [open("a", false, 2), open("b", true, 1)]);
    desk.row.pair.problems.clear();
    desk.commit(&[Note::Healed]);
    assert_eq!(desk.problems(), [open("a", false, 2), open("b", false, 1)]);
    desk.commit(&[Note::Problem(refused("b"))]);
    assert_eq!(desk.problems(), [open("a", false, 2), open("b", true, 2)]);
}

#[test]
fn a_decided_conflict_is_told_and_needs_nobody() {
    let mut desk = Desk::new("conflict");
    desk.commit(&[Note::Conflict {
        rule: RuleName::new("title").unwrap(),
        kept: Side::Jira,
        lost: model::Digest([0; 8]),
    }]);
    assert_eq!(desk.problems(), [("title".to_owned(), false, 1)]);
}

#[test]
fn open_problems_beyond_the_bound_get_no_row_until_others_close() {
    let mut desk = Desk::new("bound");
    desk.room = Room::taken(limit::PROBLEMS_PER_PROFILE - 1);
    desk.row.pair.problems = [refused("a"), refused("b")].into();
    let both = [Note::Problem(refused("a")), Note::Problem(refused("b"))];
    desk.commit(&both);
    assert_eq!(desk.problems(), [("a".to_owned(), true, 1)]);
    desk.row.pair.problems.remove(&refused("a"));
    desk.commit(&[]);
    desk.commit(&[Note::Problem(refused("b"))]);
    let expected = [("a".to_owned(), false, 1), ("b".to_owned(), true, 1)];
    assert_eq!(desk.problems(), expected);
}

#[test]
fn the_index_moves_with_the_key() {
    let mut desk = Desk::new("index");
    let key = |name: &str| ItemKey::new(name).unwrap();
    desk.row.pair.ends.jira = end("WEB-1");
    desk.commit(&[]);
    desk.row.pair.ends.jira = end("OPS-9");
    desk.commit(&[]);
    let ledger = &desk.ledger;
    assert_eq!(ledger.pair_called(&key("WEB-1")).unwrap(), None);
    assert_eq!(ledger.pair_called(&key("OPS-9")).unwrap(), Some(id()));
    assert_eq!(ledger.pair_of(Side::Jira, ItemId(1)).unwrap(), Some(id()));
    assert_eq!(ledger.pair_of(Side::Azure, ItemId(1)).unwrap(), None);
}

#[test]
fn a_forgotten_pair_leaves_no_problem_and_no_timer() {
    let mut desk = Desk::new("forget");
    desk.row.pair.ends.jira = end("WEB-1");
    desk.row.pair.wake = Some(Millis(9));
    desk.commit(&[Note::Problem(refused("a"))]);
    let batch = desk.ledger.forget(&desk.row.pair).unwrap();
    desk.ledger.store.commit_blocking(batch).unwrap();
    assert!(desk.problems().is_empty());
    assert!(desk.ledger.history(id()).unwrap().is_empty());
    assert!(desk.ledger.pair(id()).unwrap().is_none());
    let at = key::pair(&desk.ledger.profile, id());
    assert_eq!(desk.ledger.store.get(Table::Timer, &at).unwrap(), None);
}

#[test]
fn orders_wait_in_the_order_they_were_given_up_to_a_bound() {
    let desk = Desk::new("orders");
    let ledger = &desk.ledger;
    let mut given = Vec::new();
    for number in 0..limit::ORDERS_PER_PAIR as u64 {
        let (at, batch) = ledger.order(id(), Command::Park, number).unwrap().unwrap();
        ledger.store.commit_blocking(batch).unwrap();
        given.push(at);
    }
    let waiting = key::inbox_of(&ledger.profile, id());
    let rows = ledger
        .store
        .scan(Table::Inbox, &waiting, None, 1_000)
        .unwrap();
    let kept: Vec<_> = rows.into_iter().map(|(at, _)| at).collect();
    assert_eq!(kept, given);
    assert!(ledger.order(id(), Command::Park, 999).unwrap().is_none());
    let other = PairId {
        origin: Side::Azure,
        item: ItemId(1),
    };
    assert!(ledger.order(other, Command::Park, 999).unwrap().is_some());
}

#[test]
fn a_timer_says_when_and_why() {
    let check = |change: fn(&mut Pair), owing, expected: Option<(i64, Waiting)>| {
        let mut pair = Pair::new(id());
        change(&mut pair);
        let expected = expected.map(|(due, waiting)| TimerRow {
            due: Millis(due),
            waiting,
        });
        assert_eq!(timer(&pair, owing), expected);
    };
    check(|_| {}, false, None);
    check(|_| {}, true, Some((0, Waiting::Open)));
    check(
        |pair| pair.wake = Some(Millis(7)),
        false,
        Some((7, Waiting::Retry)),
    );
    let settled = |pair: &mut Pair| (pair.wake, pair.settled) = (Some(Millis(7)), true);
    check(settled, false, Some((7, Waiting::Parked)));
    fn planned() -> sync::intent::Planned {
        sync::intent::Planned {
            rule: RuleName::new("title").unwrap(),
            source: model::Digest([1; 8]),
            sent: model::Digest([2; 8]),
            elements: Vec::new(),
        }
    }
    fn unheard(pair: &mut Pair, sent: Option<sync::intent::Planned>) {
        (pair.wake, pair.settled) = (Some(Millis(7)), true);
        let unheard = sync::pair::Unheard {
            sent: Both {
                jira: sent,
                azure: None,
            },
            late: Both {
                jira: vec![planned()],
                azure: Vec::new(),
            },
            last: sync::intent::Attempt {
                at: Millis(1),
                incarnation: 1,
            },
            unseen: None,
        };
        let title = RuleName::new("title").unwrap();
        pair.unheard.insert(title, unheard);
    }
    let sent = |pair: &mut Pair| unheard(pair, Some(planned()));
    check(sent, false, Some((7, Waiting::Retry)));
    let late = |pair: &mut Pair| unheard(pair, None);
    check(late, false, Some((7, Waiting::Parked)));
    let open = |pair: &mut Pair| {
        pair.wake = Some(Millis(7));
        pair.intents.push(sync::intent::Intent {
            number: 1,
            side: Side::Azure,
            class: sync::Class::Fragile,
            kind: sync::intent::Kind::Link,
            stage: sync::intent::Stage::Planned,
        });
    };
    check(open, false, Some((7, Waiting::Open)));
    let parked = |pair: &mut Pair| {
        pair.wake = Some(Millis(7));
        pair.phase = Phase::Parked(Park {
            problem: Problem::new(Code::ItemGone),
            since: Millis(1),
            held: false,
        });
    };
    check(parked, false, Some((7, Waiting::Parked)));
    let held = |pair: &mut Pair| {
        pair.phase = Phase::Parked(Park {
            problem: Problem::new(Code::Doubt),
            since: Millis(1),
            held: true,
        });
    };
    check(held, false, None);
    let detached = |pair: &mut Pair| (pair.wake, pair.phase) = (Some(Millis(7)), Phase::Detached);
    check(detached, true, None);
}

#[test]
fn an_open_problem_behind_a_thousand_closed_ones_is_told() {
    let mut desk = Desk::new("behind");
    let names: Vec<String> = (0..1_100).map(|n| format!("a{n:04}")).collect();
    for part in names.chunks(100) {
        desk.row.pair.problems = part.iter().map(|name| refused(name)).collect();
        let notes: Vec<Note> = part
            .iter()
            .map(|name| Note::Problem(refused(name)))
            .collect();
        desk.commit(&notes);
    }
    desk.row.pair.problems = [refused("z")].into();
    desk.commit(&[Note::Problem(refused("z"))]);
    let open = desk.ledger.problems(|row| row.open, 10).unwrap();
    let subjects: Vec<_> = open.into_iter().map(|row| row.problem.subject).collect();
    assert_eq!(subjects, [Some("z".to_owned())]);
}

#[test]
fn two_gaps_that_begin_alike_are_two_problems() {
    let mut desk = Desk::new("alike");
    let gap = |kind: &str| {
        refused(&format!(
            "{} on type {kind}",
            "a project requires a field ".repeat(4)
        ))
    };
    desk.row.pair.problems = [gap("Task"), gap("Bug")].into();
    desk.commit(&[Note::Problem(gap("Task")), Note::Problem(gap("Bug"))]);
    assert_eq!(desk.problems().len(), 2);
}
