//! The store's side of a power-cut round.
//!
//! `powercut write DIR` commits numbered rows without end, 16 at a time, small and large, with segments and checkpoints that change
//! often, and prints a number when it and all before it are durable. `powercut verify DIR NUMBER` checks a copy of the disk as a
//! cut left it: fsck finds no lost record, the store opens, every row up to the number is there. `powercut prepare DIR` leaves
//! a store with history to begin from.
#![allow(clippy::print_stdout, reason = "its output is how it is driven")]

use std::error::Error;
use std::io::Write;
use std::path::Path;

use storage::{Batch, Options, Store, Table};
use tokio::runtime::Runtime;

type Outcome = Result<(), Box<dyn Error>>;

const AT_ONCE: u64 = 16;
const PREPARED: u64 = 20_000;

fn main() -> Outcome {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["prepare", dir] => write(Path::new(dir), PREPARED, |_| Ok(())),
        ["write", dir] => write(Path::new(dir), u64::MAX, print),
        ["verify", dir, number] => verify(Path::new(dir), number.parse()?),
        _ => Err("powercut prepare DIR | write DIR | verify DIR NUMBER".into()),
    }
}

fn options() -> Options {
    Options {
        segment_bytes: 1 << 20,
        checkpoint_bytes: 4 << 20,
        ..Options::default()
    }
}

fn value(number: u64) -> Vec<u8> {
    let words = match number % 29 {
        0 => 2_500,
        odd if odd % 2 == 1 => 32,
        _ => 4,
    };
    number.to_le_bytes().repeat(words)
}

fn print(number: u64) -> Outcome {
    println!("{number}");
    Ok(std::io::stdout().flush()?)
}

/// Goes on behind the last number that the store holds.
fn write(dir: &Path, most: u64, acknowledge: fn(u64) -> Outcome) -> Outcome {
    let store = Store::open(dir, options())?;
    let last = store.get(Table::Cursor, b"last")?;
    let mut next = last
        .and_then(|last| last.try_into().ok())
        .map_or(0, u64::from_le_bytes)
        + 1;
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
    Ok(store.close()?)
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
    batch
}

fn verify(dir: &Path, acknowledged: u64) -> Outcome {
    let report = storage::fsck(dir)?;
    if !report.ok() {
        return Err(format!("fsck: {:?}", report.findings).into());
    }
    let store = Store::open(dir, options())?;
    for number in 1..=acknowledged {
        if store.get(Table::Pair, &number.to_be_bytes())?.as_deref() != Some(&value(number)) {
            return Err(format!("{number} of {acknowledged} is lost").into());
        }
    }
    println!("{:?}", store.status().recovery);
    store.close()?;
    match storage::fsck(dir)?.findings.as_slice() {
        [] => Ok(()),
        findings => Err(format!("fsck after the close: {findings:?}").into()),
    }
}
