//! Every answer that the tests provoked, held against the vendors' descriptions.
//!
//! `tests/run` lets all tests run with `COUNTERPART_RECORDINGS` set and then runs this one, so it is ignored elsewhere: what it
//! reads is what the others did.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails in its helpers, and tells what it met"
)]

#[path = "recordings/reader.rs"]
mod reader;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use bytes::Bytes;
use tests::descriptions::{Descriptions, EXCEPTIONS, RARITIES, Verdict};
use tests::environment;

use reader::{Record, Records};

/// Fewer judged exchanges than this are not those of all tests.
const EXCHANGES_MIN: u64 = 20_000;

/// Fewer distinct operations than this are not those of all tests.
const OPERATIONS_MIN: usize = 300;

/// What was read.
#[derive(Debug, Default)]
struct Tally {
    verdict: Verdict,
    files: usize,
    bytes: u64,
    /// Exchanges with a body that recordings do not take.
    long: u64,
    /// Exchanges of a kind of which there were enough.
    often: u64,
    /// What faults put in the place of answers.
    no_answers: u64,
    /// Files that ended within a record.
    torn: usize,
    /// Files that were full.
    full: Vec<PathBuf>,
    /// How many answers had each status.
    statuses: BTreeMap<u16, u64>,
    /// Exchanges that our product began.
    by_product: u64,
}

impl Tally {
    fn add(&mut self, other: Tally) {
        self.verdict.add(other.verdict);
        self.files += other.files;
        self.bytes += other.bytes;
        self.long += other.long;
        self.often += other.often;
        self.no_answers += other.no_answers;
        self.torn += other.torn;
        self.full.extend(other.full);
        self.by_product += other.by_product;
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
    }

    fn read(descriptions: &Descriptions, path: &Path) -> Tally {
        let bytes = Bytes::from(fs::read(path).expect("a recording can be read"));
        let mut tally = Tally {
            files: 1,
            bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            ..Tally::default()
        };
        let mut records = Records::of(bytes);
        for record in records.by_ref() {
            match record {
                Record::Exchange(exchange) => {
                    *tally.statuses.entry(exchange.status).or_default() += 1;
                    tally.by_product += u64::from(exchange.by_product);
                    descriptions.judge(&exchange, &mut tally.verdict);
                }
                Record::NoAnswer => tally.no_answers += 1,
                Record::Long => tally.long += 1,
                Record::Often => tally.often += 1,
                Record::Full => tally.full.push(path.to_owned()),
            }
        }
        tally.torn = usize::from(records.is_torn);
        tally
    }

    fn tell(&self) {
        eprintln!(
            "{} exchanges judged, {} of them begun by the product, over {} operations; statuses {:?}; {} recordings with {} MB",
            self.verdict.exchanges,
            self.by_product,
            self.verdict.operations.len(),
            self.statuses,
            self.files,
            self.bytes / 1_000_000,
        );
        eprintln!(
            "not judged: {} answers that a fault spoiled or replaced, {} with a body too long to be recorded, {} of a kind of \
             which there were enough, the last record of {} recordings whose process was killed",
            self.no_answers, self.long, self.often, self.torn,
        );
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder);
    let entries = entries.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a readable entry").path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "recording"))
        .collect();
    // The longest first, so that no thread is left alone with it at the end.
    files.sort_by_key(|path| fs::metadata(path).map_or(0, |file| file.len()));
    files
}

fn judged(descriptions: &Descriptions, folder: &Path) -> Tally {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let open = Mutex::new(files(folder));
    let next = || open.lock().expect("no thread fails with it").pop();
    let work = || {
        let mut tally = Tally::default();
        while let Some(path) = next() {
            tally.add(Tally::read(descriptions, &path));
        }
        tally
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut all = Tally::default();
        for worker in workers {
            all.add(worker.join().expect("a judge comes to an end"));
        }
        all
    })
}

/// What only the recordings need, and nothing there needs any more.
fn idle(verdict: &Verdict) -> Vec<String> {
    RARITIES
        .iter()
        .enumerate()
        .filter(|(place, _)| !verdict.exceptions.contains(&(EXCEPTIONS.len() + place)))
        .map(|(_, exception)| format!("{} | {}", exception.operation, exception.what))
        .collect()
}

#[test]
#[ignore = "tests/run runs it after all others, over what they recorded"]
fn every_answer_that_the_tests_provoked_is_as_the_vendors_describe_it() {
    let Some(folder) = environment::recordings() else {
        eprintln!("COUNTERPART_RECORDINGS names no folder; nothing is judged");
        return;
    };
    let Some(specs) = environment::specs() else {
        eprintln!("the vendors' descriptions are not at hand; answers are not judged");
        return;
    };
    let tally = judged(&Descriptions::load(&specs), &folder);
    tally.tell();
    let verdict = &tally.verdict;
    assert!(
        verdict.violations.is_empty(),
        "{} against the vendors' descriptions:\n{}",
        verdict.violations.len(),
        verdict.lines()
    );
    assert!(tally.full.is_empty(), "full: {:?}", tally.full);
    let (exchanges, operations) = (verdict.exchanges, verdict.operations.len());
    assert!(
        exchanges >= EXCHANGES_MIN && operations >= OPERATIONS_MIN,
        "{exchanges} exchanges over {operations} operations are not those of all tests"
    );
    let idle = idle(verdict);
    assert!(
        idle.is_empty(),
        "nothing needs these:\n  {}",
        idle.join("\n  ")
    );
}
