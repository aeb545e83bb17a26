//! Durable commits of 64 tasks against a bare append with fdatasync and the same grouping, and the time to open a store.
//!
//! `cargo bench -p storage --bench commit [-- SECONDS]`. Both sides run in turns in one process on one file system, each with
//! a 256-byte change per commit, so that their ratio means something on a noisy machine.
#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::error::Error;
use std::fs::File;
use std::io::{Seek, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use storage::{Batch, Options, Store, Table};
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot};

const TASKS: u64 = 64;
const ROUNDS: u32 = 3;
const KEYS: u64 = 1_000;
const VALUE: usize = 236;
const ROWS: u64 = 100_000;
/// What the floor fills with zeros ahead, in bytes; at its end it begins again.
const AHEAD: usize = 64 << 20;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let seconds = std::env::args()
        .skip(1)
        .find_map(|word| word.parse().ok())
        .unwrap_or(3);
    let length = Duration::from_secs(seconds);
    let dir = tempfile::tempdir()?;
    let runtime = Runtime::new()?;
    let mut rates = [const { Vec::new() }; 4];
    for round in 0..ROUNDS {
        let path = |name: &str| dir.path().join(format!("{name}-{round}"));
        let round = [
            bare(&runtime, &path("growing"), length, 0)?,
            bare(&runtime, &path("ahead"), length, AHEAD)?,
            commits(&runtime, &path("store"), length, KEYS)?,
            commits(&runtime, &path("fresh"), length, u64::MAX)?,
        ];
        for (rates, rate) in rates.iter_mut().zip(round) {
            rates.push(rate);
        }
    }
    let [growing, ahead, ours, fresh] = rates.map(median);
    println!("64 tasks, 276 bytes each, medians of {ROUNDS}:");
    println!("raw append + fdatasync, the file grows: {growing:.0} commits/s");
    println!("raw append + fdatasync, the file filled ahead: {ahead:.0} commits/s");
    for (what, rate) in [
        (format!("store, over {KEYS} rows each"), ours),
        ("store, every row new".to_owned(), fresh),
    ] {
        println!(
            "{what}: {rate:.0} commits/s, ratio {:.2} to the growing file, {:.2} to the one filled ahead",
            rate / growing,
            rate / ahead
        );
    }
    opening(&dir.path().join("large"))
}

/// The middle one of the rates.
fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Runs `act` in 64 tasks until the time is up and gives the rate.
fn tasks<F, A>(runtime: &Runtime, length: Duration, act: F) -> f64
where
    F: Fn(u64, u64) -> A + Send + Sync + 'static,
    A: Future<Output = bool> + Send,
{
    let (act, done) = (Arc::new(act), Arc::new(AtomicU64::new(0)));
    let start = Instant::now();
    let spawn = |task| {
        let (act, done) = (act.clone(), done.clone());
        runtime.spawn(async move {
            let mut step = 0;
            while start.elapsed() < length && act(task, step).await {
                done.fetch_add(1, Ordering::Relaxed);
                step += 1;
            }
        })
    };
    let handles: Vec<_> = (0..TASKS).map(spawn).collect();
    for handle in handles {
        runtime.block_on(handle).ok();
    }
    done.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64()
}

fn commits(runtime: &Runtime, dir: &Path, length: Duration, keys: u64) -> Outcome<f64> {
    let store = Store::open(dir, Options::default())?;
    let shared = store.clone();
    let rate = tasks(runtime, length, move |task, step| {
        let store = shared.clone();
        let mut batch = Batch::new();
        let key = [task.to_be_bytes(), (step % keys).to_be_bytes()].concat();
        batch.put(Table::Pair, key, vec![step as u8; VALUE]);
        async move { store.commit(batch).await.is_ok() }
    });
    store.close()?;
    Ok(rate)
}

type Append = (Vec<u8>, oneshot::Sender<()>);

/// The floor: a thread drains a channel into one write and one sync. `ahead` bytes of the file are there before.
fn bare(runtime: &Runtime, path: &Path, length: Duration, ahead: usize) -> Outcome<f64> {
    let (sender, mut receiver) = mpsc::channel::<Append>(1024);
    let mut file = File::create(path)?;
    file.write_all(&vec![0; ahead])?;
    file.sync_all()?;
    file.rewind()?;
    let writer = std::thread::spawn(move || -> std::io::Result<()> {
        let (mut buffer, mut replies) = (Vec::new(), Vec::new());
        let mut written = 0;
        while let Some(first) = receiver.blocking_recv() {
            let rest = std::iter::from_fn(|| receiver.try_recv().ok());
            for (bytes, reply) in std::iter::once(first).chain(rest).take(1024) {
                buffer.extend_from_slice(&bytes);
                replies.push(reply);
            }
            if ahead > 0 && written + buffer.len() > ahead {
                file.rewind()?;
                written = 0;
            }
            written += buffer.len();
            file.write_all(&buffer)?;
            file.sync_data()?;
            buffer.clear();
            for reply in replies.drain(..) {
                let reply: oneshot::Sender<()> = reply;
                reply.send(()).ok();
            }
        }
        Ok(())
    });
    let rate = tasks(runtime, length, move |_, step| {
        let sender = sender.clone();
        async move {
            let (reply, answer) = oneshot::channel();
            sender
                .send((vec![step as u8; VALUE + 40], reply))
                .await
                .is_ok()
                && answer.await.is_ok()
        }
    });
    writer.join().map_err(|_| "the writer panicked")??;
    Ok(rate)
}

/// Fills a store and opens it: after an orderly close, after a stop without one, and with its state gone.
fn opening(dir: &Path) -> Outcome<()> {
    let store = Store::open(dir, Options::default())?;
    for start in (0..ROWS).step_by(1_000) {
        let mut batch = Batch::new();
        for number in start..start + 1_000 {
            batch.put(Table::Pair, number.to_be_bytes(), vec![number as u8; 392]);
        }
        store.commit_blocking(batch)?;
    }
    store.checkpoint()?;
    store.close()?;
    drop(timed(
        "open 100,000 rows of 400 bytes, closed in order",
        dir,
    )?);
    timed("open 100,000 rows of 400 bytes, not closed", dir)?.close()?;
    std::fs::remove_dir_all(dir.join("state"))?;
    timed("open 100,000 rows of 400 bytes, state rebuilt", dir)?.close()?;
    Ok(())
}

fn timed(what: &str, dir: &Path) -> Outcome<Store> {
    let start = Instant::now();
    let store = Store::open(dir, Options::default())?;
    let status = store.status();
    println!(
        "{what}: {:.0} ms (state {} MiB)",
        start.elapsed().as_secs_f64() * 1e3,
        status.state_bytes >> 20
    );
    Ok(store)
}
