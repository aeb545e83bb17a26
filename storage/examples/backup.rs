//! How long a backup of many pairs takes, how large it is, what it does to commits meanwhile, and how long a restore takes.
//!
//! `cargo run --release -p storage --example backup [-- PAIRS]`. The rows are made like those of a node: for each pair a row with
//! the names of the sample profile's six rules, two digests of eight random bytes for each and one of a label, four index rows, and
//! a line of history, which a backup leaves out. Digests do not pack; the rest does.
#![allow(clippy::print_stdout, reason = "a measurement prints its figures")]

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use model::Millis;
use storage::backup::{KeyFile, Order, Restore, verify};
use storage::disk::{Disk, OsDisk};
use storage::vault::MasterKey;
use storage::{Batch, Options, Store, Table};

type Outcome<T> = Result<T, Box<dyn Error>>;

const RULES: [&str; 6] = [
    "title",
    "description",
    "state",
    "assignee",
    "priority",
    "labels",
];
const TENANT: &str = "acme";

/// Numbers that look drawn.
struct Drawn(u64);

impl Drawn {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed ^ (mixed >> 29)
    }
}

fn pair_row(pair: u64, drawn: &mut Drawn) -> Vec<u8> {
    let mut row = vec![0xDE, 0xC0, 1, 1, 0, 3, 0];
    row.extend_from_slice(&drawn.next().to_le_bytes()[..4]);
    for (id, key) in [
        (10_000 + pair, format!("WEB-{pair}")),
        (4_000 + pair, format!("{}", 4_000 + pair)),
    ] {
        row.extend_from_slice(&id.to_le_bytes());
        row.push(u8::try_from(key.len()).unwrap_or(0));
        row.extend_from_slice(key.as_bytes());
        let touched = 1_795_000_000_000 + drawn.next() % 1_000_000_000;
        row.extend_from_slice(&touched.to_le_bytes());
        row.extend_from_slice(&[3, 2, 0]);
    }
    for rule in RULES {
        row.push(u8::try_from(rule.len()).unwrap_or(0));
        row.extend_from_slice(rule.as_bytes());
        for _ in 0..2 {
            row.push(1);
            row.extend_from_slice(&drawn.next().to_le_bytes());
        }
        row.extend_from_slice(&[0, 0]);
    }
    // The one label that both sides have.
    row.extend_from_slice(&drawn.next().to_le_bytes());
    row.extend_from_slice(&[0; 24]);
    row
}

fn key(kind: u8, number: u64) -> Vec<u8> {
    let mut key = b"web-to-platform\0".to_vec();
    key.push(kind);
    key.extend_from_slice(&number.to_be_bytes());
    key
}

fn put_pair(batch: &mut Batch, pair: u64, drawn: &mut Drawn) {
    batch.put(Table::Pair, key(b'j', 10_000 + pair), pair_row(pair, drawn));
    let index = [
        b"\xDE\xC0\x01\x08\x00\x01\x00".as_slice(),
        &(10_000 + pair).to_le_bytes(),
    ]
    .concat();
    for at in [
        key(b'j', 10_000 + pair),
        key(b'a', 4_000 + pair),
        [
            b"web-to-platform\0k".as_slice(),
            format!("WEB-{pair}").as_bytes(),
        ]
        .concat(),
        [
            b"web-to-platform\0k".as_slice(),
            format!("{}", 4_000 + pair).as_bytes(),
        ]
        .concat(),
    ] {
        batch.put(Table::Index, at, index.clone());
    }
    for line in 0..1u64 {
        let at = [key(b'j', 10_000 + pair), line.to_be_bytes().to_vec()].concat();
        batch.put(Table::History, at, [0x55; 40]);
    }
}

fn fill(store: &Store, pairs: u64) -> Outcome<()> {
    let mut drawn = Drawn(7);
    let mut batch = Batch::new();
    for pair in 0..pairs {
        put_pair(&mut batch, pair, &mut drawn);
        if batch.len() >= 7_000 {
            store.commit_blocking(std::mem::take(&mut batch))?;
        }
    }
    store.commit_blocking(batch)?;
    Ok(())
}

/// Commits one changed pair after the other until it is told to stop; gives how long each took.
fn work(store: &Store, pairs: u64, stop: &AtomicBool) -> Vec<Duration> {
    let mut drawn = Drawn(99);
    let mut took = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let pair = drawn.next() % pairs;
        let mut batch = Batch::new();
        batch.put(
            Table::Pair,
            key(b'j', 10_000 + pair),
            pair_row(pair, &mut drawn),
        );
        let since = Instant::now();
        if store.commit_blocking(batch).is_err() {
            break;
        }
        took.push(since.elapsed());
        // Some hundred commits a second: more than remotes take.
        std::thread::sleep(Duration::from_millis(3));
    }
    took
}

/// The commits of four workers while something is done.
fn beside<T>(
    store: &Store,
    pairs: u64,
    what: &str,
    done: impl FnOnce() -> Outcome<T>,
) -> Outcome<T> {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| work(store, pairs, &stop)))
            .collect();
        let since = Instant::now();
        let outcome = done();
        let elapsed = since.elapsed();
        stop.store(true, Ordering::Relaxed);
        let mut took: Vec<Duration> = workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_default())
            .collect();
        took.sort_unstable();
        let at = |part: usize| {
            took.get(took.len() * part / 1_000)
                .copied()
                .unwrap_or_default()
        };
        println!(
            "{what}: {:.1} s; {} commits beside it, median {:.1} ms, 99 % {:.1} ms, longest {:.1} ms",
            elapsed.as_secs_f64(),
            took.len(),
            at(500).as_secs_f64() * 1e3,
            at(990).as_secs_f64() * 1e3,
            took.last().copied().unwrap_or_default().as_secs_f64() * 1e3,
        );
        outcome
    })
}

fn main() -> Outcome<()> {
    let pairs: u64 = std::env::args()
        .skip(1)
        .find_map(|word| word.parse().ok())
        .unwrap_or(1_000_000);
    let folder = tempfile::tempdir()?;
    let (dir, backups) = (folder.path().join("store"), folder.path().join("backups"));
    let store = Store::open(&dir, Options::default())?;
    let since = Instant::now();
    fill(&store, pairs)?;
    println!(
        "{pairs} pairs filled in {:.1} s",
        since.elapsed().as_secs_f64()
    );
    beside(&store, pairs, "nothing else", || {
        std::thread::sleep(Duration::from_secs(10));
        Ok(())
    })?;
    let master = MasterKey::parse(&format!("{:064x}", 4_711))?;
    let now = Millis(1_795_921_200_000);
    drop(KeyFile::change(&OsDisk, &backups, TENANT, &master, now)?);
    let keys = KeyFile::open(&OsDisk, &backups, TENANT, &master)?.ok_or("no key file")?;
    let order = Order {
        tenant: TENANT,
        dir: &backups,
        profiles: &[],
        program: "0",
        keys: &keys,
        now,
    };
    let written = beside(&store, pairs, "backup", || Ok(store.backup(&order)?))?;
    println!(
        "{} rows, {:.1} MB of content, {:.1} MB in the file, {:.0} bytes a pair",
        written.manifest.rows(),
        written.manifest.bytes() as f64 / 1e6,
        written.bytes as f64 / 1e6,
        written.bytes as f64 / pairs as f64
    );
    println!(
        "the checkpoint takes {:.1} MB",
        store.status().checkpoint_bytes as f64 / 1e6
    );
    timed("verify", || {
        Ok(verify(&OsDisk, &written.path, TENANT, &keys)?)
    })?;
    store.close()?;
    restore(folder.path(), &written.path, &keys, now)
}

fn restore(folder: &Path, backup: &Path, keys: &KeyFile, now: Millis) -> Outcome<()> {
    let dir = folder.join("restored");
    let disk: Arc<dyn Disk> = Arc::new(OsDisk);
    let restore = Restore {
        backup,
        tenant: TENANT,
        keys,
        store: &dir,
        sealing: None,
        profiles: None,
        now,
    };
    timed("restore", || Ok(restore.run(&disk)?))?;
    let store = timed("first open", || Ok(Store::open(&dir, Options::default())?))?;
    store.close()?;
    Ok(())
}

fn timed<T>(what: &str, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    let since = Instant::now();
    let outcome = work();
    println!("{what}: {:.1} s", since.elapsed().as_secs_f64());
    outcome
}
