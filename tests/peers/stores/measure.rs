//! The order of the questions, and the children that answer those that need a fresh process.

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::bare::{Ahead, Growing};
use crate::fjall::Fjall;
use crate::grouped::Grouped;
use crate::ours::Ours;
use crate::redb::Redb;
use crate::rows;
use crate::sqlite::Sqlite;
use crate::subject::{OneWriter, Subject};
use crate::{Outcome, load};

const NAMES: [&str; 6] = [
    "bare file",
    "bare file, filled ahead",
    "ours",
    "redb",
    "fjall",
    "SQLite",
];
/// In this order, each leaves what the next one needs.
const ACTS: [&str; 5] = ["fill", "open", "commits", "killed", "reopen"];
const LENGTH: Duration = Duration::from_secs(10);
const BEFORE_THE_KILL: Duration = Duration::from_secs(2);
/// Pairs in one commit while a store is filled.
const AT_ONCE: u64 = 1_000;

/// Measures all, and prints a line for each.
pub(crate) fn all(pairs: u64, folder: &Path) -> Outcome<()> {
    for name in NAMES {
        let dir = tempfile::tempdir_in(folder)?;
        let mut figures = Map::from_iter([("store".to_owned(), json!(name))]);
        for act in ACTS {
            if name.starts_with("bare file") && act != "commits" {
                continue;
            }
            figures.append(&mut ask(name, act, dir.path(), pairs)?);
        }
        println!("{}", Value::from(figures));
    }
    Ok(())
}

/// Lets a child do one act. The act `killed` ends with the child's death, which is no failure.
fn ask(name: &str, act: &str, dir: &Path, pairs: u64) -> Outcome<Map<String, Value>> {
    let output = Command::new(std::env::current_exe()?)
        .args(["child", name, act])
        .arg(dir)
        .arg(pairs.to_string())
        .stderr(std::process::Stdio::inherit())
        .output()?;
    if act == "killed" {
        return Ok(Map::new());
    }
    if !output.status.success() {
        return Err(format!("{name}, {act}: {}", output.status).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// What a child does.
pub(crate) fn child(name: &str, act: &str, dir: &Path, pairs: u64) -> Outcome<()> {
    match name {
        "bare file" => grouped::<Growing>(act, dir, pairs),
        "bare file, filled ahead" => grouped::<Ahead>(act, dir, pairs),
        "ours" => ours(act, dir, pairs),
        "redb" => grouped::<Redb>(act, dir, pairs),
        "fjall" => grouped::<Fjall>(act, dir, pairs),
        "SQLite" => grouped::<Sqlite>(act, dir, pairs),
        _ => Err(format!("no store is called \"{name}\"").into()),
    }
}

fn ours(act: &str, dir: &Path, pairs: u64) -> Outcome<()> {
    if !matches!(act, "commits" | "killed") {
        return common::<Ours>(act, dir, pairs);
    }
    let store = Ours::open(dir)?;
    let shared = store.clone();
    under_load(act, pairs, move |rows| {
        let store = shared.clone();
        async move { store.commit(rows).await }
    })?;
    store.close()
}

fn grouped<S: OneWriter>(act: &str, dir: &Path, pairs: u64) -> Outcome<()> {
    if !matches!(act, "commits" | "killed") {
        return common::<S>(act, dir, pairs);
    }
    let (writer, thread) = Grouped::start(S::open(dir)?);
    under_load(act, pairs, move |rows| {
        let writer = writer.clone();
        async move { writer.commit(rows).await }
    })?;
    let store = thread.join().map_err(|_| "the writer panicked")??;
    store.close()
}

/// Commits for the time of the act; `killed` does not come back.
fn under_load<F, A>(act: &str, pairs: u64, commit: F) -> Outcome<()>
where
    F: Fn(Vec<rows::Row>) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = bool> + Send,
{
    if act == "killed" {
        std::thread::spawn(|| {
            std::thread::sleep(BEFORE_THE_KILL);
            std::process::abort();
        });
    }
    let rate = load::commits(pairs, LENGTH, commit)?;
    print(json!({"commits_per_second": rate.round()}))
}

fn common<S: Subject>(act: &str, dir: &Path, pairs: u64) -> Outcome<()> {
    match act {
        "fill" => fill::<S>(dir, pairs),
        "open" => open::<S>(dir, pairs, "open"),
        "reopen" => open::<S>(dir, pairs, "open_after_kill"),
        _ => Err(format!("no act is called \"{act}\"").into()),
    }
}

fn fill<S: Subject>(dir: &Path, pairs: u64) -> Outcome<()> {
    let start = Instant::now();
    let mut store = S::open(dir)?;
    for begin in (0..pairs).step_by(AT_ONCE as usize) {
        let end = pairs.min(begin + AT_ONCE);
        store.fill((begin..end).flat_map(rows::of).collect())?;
    }
    store.compact()?;
    store.close()?;
    let content: usize = rows::of(0)
        .iter()
        .map(|(key, value)| key.len() + value.len())
        .sum();
    print(json!({
        "fill_seconds": start.elapsed().as_secs_f64(),
        "content_bytes_per_pair": content,
        "disk_bytes_per_pair": size(dir)? as f64 / pairs as f64,
    }))
}

/// Opens, reads one row to be sure, and weighs the process.
fn open<S: Subject>(dir: &Path, pairs: u64, what: &str) -> Outcome<()> {
    let start = Instant::now();
    let store = S::open(dir)?;
    let (key, _) = rows::row(pairs / 2, 0);
    if store.get(&key)?.is_none() {
        return Err("a row is missing".into());
    }
    let milliseconds = start.elapsed().as_secs_f64() * 1e3;
    let resident = resident()?;
    store.close()?;
    print(json!({format!("{what}_ms"): milliseconds, format!("{what}_mib"): resident >> 20}))
}

fn print(figures: Value) -> Outcome<()> {
    println!("{figures}");
    Ok(std::io::stdout().flush()?)
}

/// Resident memory in bytes, as the kernel counts it.
fn resident() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    Ok(kib.ok_or("no VmRSS")?.parse::<u64>()? << 10)
}

/// What a folder takes on disk. Blocks count, not lengths: files may have holes.
fn size(path: &Path) -> Outcome<u64> {
    use std::os::unix::fs::MetadataExt;
    let mut sum = 0;
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        let found = entry.metadata()?;
        sum += if found.is_dir() {
            size(&entry.path())?
        } else {
            found.blocks() * 512
        };
    }
    Ok(sum)
}
