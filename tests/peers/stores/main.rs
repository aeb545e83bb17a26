//! The store of a tenant against other embedded stores and a bare file, at a million pairs, in one run.
//!
//! Each is given the same records: for every pair its row and an index row for each side. Commits are durable one by one:
//! `fdatasync` or the like comes before the acknowledgement. Stores that have one writer get a thread that takes all
//! commits that wait into one transaction, as ours does within itself, so that nobody pays for a missing group commit.
//!
//! `stores [PAIRS [FOLDER]]` prints a line of JSON for each store: commits per second of 64 tasks over all pairs, bytes per
//! pair on disk after its own compaction, and in processes of their own the time to open and the resident memory after it,
//! once closed in order and once killed under load. The bare file has no rows, so it is only written to.
//!
//! Start reading at [`subject`] for what each store is asked, then [`measure`] for the order of the questions.

mod bare;
mod fjall;
mod grouped;
mod load;
mod measure;
mod ours;
mod redb;
mod rows;
mod sqlite;
mod subject;

use std::error::Error;
use std::path::Path;

type Outcome<T> = Result<T, Box<dyn Error>>;

const PAIRS: u64 = 1_000_000;

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["child", name, act, dir, pairs] => {
            measure::child(name, act, Path::new(dir), pairs.parse()?)
        }
        [] => measure::all(PAIRS, &std::env::temp_dir()),
        [pairs] => measure::all(pairs.parse()?, &std::env::temp_dir()),
        [pairs, folder] => measure::all(pairs.parse()?, Path::new(folder)),
        _ => Err("stores [PAIRS [FOLDER]]".into()),
    }
}
