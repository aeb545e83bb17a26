//! The store's side of a power-cut round.
//!
//! `powercut write DIR` commits numbered rows without end, 16 at a time, small and large, with segments and checkpoints that change
//! often, and prints a number when it and all before it are durable. `powercut reopen DIR` does so too, and lets go of the store
//! after every few commits, so that the next open makes the state anew. `powercut verify DIR NUMBER` checks a copy of the disk as a
//! cut left it: fsck finds no lost record, the store opens, every row up to the number is there, and what one commit wrote is there
//! whole. `powercut prepare DIR` leaves a store with history to begin from.
#![allow(clippy::print_stdout, reason = "its output is how it is driven")]

use std::error::Error;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use storage::{Batch, FsckError, Options, Store, Table};
use tokio::runtime::Runtime;

type Outcome = Result<(), Box<dyn Error>>;

/// Commits that wait for the disk together.
const AT_ONCE: u64 = 16;
/// Commits of a store with history.
const PREPARED: u64 = 4_000;
/// Commits between two opens of `reopen`.
const BETWEEN: u64 = 64;
/// Every commit of a multiple of this writes all rows of [`WIDE_ROWS`] at once.
const WIDE: u64 = 193;
/// Rows of a wide commit: about a megabyte.
const WIDE_ROWS: u64 = 256;

fn main() -> Outcome {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["prepare", dir] => run(dir, PREPARED, |_| Ok(())),
        ["write", dir] => run(dir, u64::MAX, print),
        ["reopen", dir] => reopen(dir),
        ["verify", dir, number] => verify(Path::new(dir), number.parse()?),
        _ => Err("powercut prepare DIR | write DIR | reopen DIR | verify DIR NUMBER".into()),
    }
}

fn open(dir: &str) -> Result<Store, Box<dyn Error>> {
    let options = Options {
        segment_bytes: 1 << 20,
        checkpoint_bytes: 4 << 20,
        ..Options::default()
    };
    Ok(Store::open(Path::new(dir), options)?)
}

fn value(number: u64) -> Vec<u8> {
    let words = match number % 29 {
        0 => 2_500,
        odd if odd % 2 == 1 => 32,
        _ => 4,
    };
    number.to_le_bytes().repeat(words)
}

/// What every row of a wide commit holds.
fn wide(number: u64) -> Vec<u8> {
    number.to_le_bytes().repeat(500)
}

fn print(number: u64) -> Outcome {
    println!("{number}");
    Ok(std::io::stdout().flush()?)
}

/// The last number that the store knows to have come with all before it.
fn last(store: &Store) -> Result<u64, Box<dyn Error>> {
    let last = store.get(Table::Cursor, b"last")?;
    let number = last.and_then(|last| last.try_into().ok());
    Ok(number.map_or(0, u64::from_le_bytes))
}

fn run(dir: &str, most: u64, acknowledge: fn(u64) -> Outcome) -> Outcome {
    let store = open(dir)?;
    write(&store, most, acknowledge)?;
    Ok(store.close()?)
}

/// Goes on behind the last number that the store holds, up to `most`.
fn write(store: &Store, most: u64, acknowledge: fn(u64) -> Outcome) -> Outcome {
    let mut next = last(store)? + 1;
    let runtime = Runtime::new()?;
    while next < most {
        let commit = |number: u64| {
            let store = store.clone();
            runtime.spawn(async move { store.commit(batch(number)).await })
        };
        let commits: Vec<_> = (next..next + AT_ONCE).map(commit).collect();
        for commit in commits {
            runtime.block_on(commit)??;
        }
        next += AT_ONCE;
        acknowledge(next - 1)?;
    }
    Ok(())
}

/// Lets go of the store as a crash would, and has its state made anew.
fn reopen(dir: &str) -> Outcome {
    loop {
        let store = open(dir)?;
        let until = last(&store)? + BETWEEN;
        write(&store, until, print)?;
        drop(store);
        File::create(Path::new(dir).join("rebuild"))?;
    }
}

fn batch(number: u64) -> Batch {
    let mut batch = Batch::new();
    batch.put(Table::Pair, number.to_be_bytes(), value(number));
    batch.put(
        Table::Index,
        (number % 500).to_be_bytes(),
        number.to_le_bytes(),
    );
    if number.is_multiple_of(AT_ONCE) {
        batch.put(Table::Cursor, b"last".as_slice(), number.to_le_bytes());
    }
    if number.is_multiple_of(WIDE) {
        for row in 0..WIDE_ROWS {
            batch.put(Table::History, row.to_be_bytes(), wide(number));
        }
    }
    batch
}

fn verify(dir: &Path, acknowledged: u64) -> Outcome {
    let report = match storage::fsck(dir) {
        Err(FsckError::NoStore(_)) if acknowledged == 0 => {
            println!("no store yet");
            return Ok(());
        }
        checked => checked?,
    };
    if !report.ok() {
        return Err(format!("fsck: {:?}", report.findings).into());
    }
    let store = Store::open(dir, Options::default())?;
    for number in 1..=acknowledged {
        if store.get(Table::Pair, &number.to_be_bytes())?.as_deref() != Some(&value(number)) {
            return Err(format!("{number} of {acknowledged} is lost").into());
        }
    }
    is_whole(&store, acknowledged)?;
    println!("{:?}", store.status().recovery);
    store.close()?;
    match storage::fsck(dir)?.findings.as_slice() {
        [] => Ok(()),
        findings => Err(format!("fsck after the close: {findings:?}").into()),
    }
}

/// All rows of the last wide commit are those of one commit, and not of an older one than was acknowledged.
fn is_whole(store: &Store, acknowledged: u64) -> Outcome {
    let first = store.get(Table::History, &0_u64.to_be_bytes())?;
    let number = first.as_deref().and_then(<[u8]>::first_chunk);
    let number = number.map_or(0, |bytes| u64::from_le_bytes(*bytes));
    if number < acknowledged - acknowledged % WIDE {
        return Err(format!("the wide commit behind {number} is lost").into());
    }
    for row in 0..WIDE_ROWS {
        let found = store.get(Table::History, &row.to_be_bytes())?;
        if number > 0 && found.as_deref() != Some(&wide(number)) {
            return Err(format!("of wide commit {number} row {row} is not there").into());
        }
    }
    Ok(())
}
