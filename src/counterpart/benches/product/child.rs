//! What a child of this program measures of itself: memory, and the time from nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use actors::{Gateway, Running};
use mapping::Profile;
use model::http::Request;
use model::limit;
use serde::{Deserialize, Serialize};
use storage::{Options, Store, Table};
use sync::Command;
use tokio::runtime::Runtime;

use crate::recovery;
use crate::stage::{self, Doors, Outcome, is_idle, until};
use crate::tape::{Detour, Way, is_write};

/// The first word of a child's command line.
pub(crate) const WORD: &str = "child";

/// What a child is asked.
#[derive(Serialize, Deserialize)]
pub(crate) enum Question {
    /// The memory of a process that has only opened that store.
    Store(PathBuf),
    /// The memory of a node with so many profiles whose pairs all rest and, if wanted, then of as many as may be active
    /// waiting for a reading.
    Idle(PathBuf, Doors, usize, bool),
    /// The memory of a node whose pairs all wait for the answer to a write: the items have no counterparts yet, and no
    /// remote answers a create. So many profiles, so many active pairs.
    Writing(PathBuf, Doors, usize, usize),
    /// The time until a store is open, and a node's until it has begun to read both feeds.
    Start(PathBuf, Doors),
    /// The time until a store is open.
    Open(PathBuf, bool),
    /// The time until a node has taken in hand every intent that an earlier life of it left open.
    Recover(PathBuf, Doors),
}

/// What a child answers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// Resident bytes.
    pub(crate) resident: u64,
    /// Resident bytes after as many pairs were active as may be, and rested again.
    pub(crate) warm_resident: u64,
    /// Resident bytes with active pairs.
    pub(crate) active_resident: u64,
    /// How many were active then, or to become so.
    pub(crate) active: usize,
    /// Actors and timers of pairs while all rested.
    pub(crate) resting: usize,
    /// Milliseconds.
    pub(crate) milliseconds: f64,
    /// Milliseconds until the store was open, where both are asked for.
    pub(crate) open_milliseconds: f64,
    /// Milliseconds until what is open was loaded.
    pub(crate) loaded_milliseconds: f64,
    /// Milliseconds of processor time that the process had taken by then.
    pub(crate) computed_milliseconds: f64,
    /// Why the open made the state anew, if it did.
    pub(crate) rebuilt: Option<String>,
}

/// Asks a child and waits for its answer.
pub(crate) async fn ask(question: Question) -> Outcome<Answer> {
    let program = std::env::current_exe()?;
    let question = serde_json::to_string(&question)?;
    let child = tokio::task::spawn_blocking(move || {
        std::process::Command::new(program)
            .args([WORD, &question])
            .output()
    });
    let output = child.await??;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let last = text.lines().last().unwrap_or_default();
    serde_json::from_str(last).map_err(|_| format!("a child said {text:?}").into())
}

/// Answers the question of the command line.
pub(crate) fn answer(runtime: &Runtime, words: &[String]) -> Outcome<()> {
    let question = words.first().ok_or("a child needs a question")?;
    let answer = runtime.block_on(look(serde_json::from_str(question)?))?;
    println!("{}", serde_json::to_string(&answer)?);
    // Requests that are held for ever would hold up an orderly end.
    std::process::exit(0);
}

async fn look(question: Question) -> Outcome<Answer> {
    match question {
        Question::Store(directory) => {
            let store = Store::open(&directory, Options::default())?;
            settle().await;
            let answer = Answer {
                resident: resident()?,
                ..Answer::default()
            };
            store.close()?;
            Ok(answer)
        }
        Question::Idle(directory, doors, profiles, also_active) => {
            idle(&directory, &doors, profiles, also_active).await
        }
        Question::Writing(directory, doors, profiles, active) => {
            writing(&directory, &doors, profiles, active).await
        }
        Question::Start(directory, doors) => start(&directory, &doors).await,
        Question::Open(directory, close) => open(&directory, close),
        Question::Recover(directory, doors) => recovery::recover(&directory, &doors).await,
    }
}

/// The names of so many profiles.
pub(crate) fn profiles(doors: &Doors, count: usize) -> Outcome<Vec<Arc<Profile>>> {
    (0..count)
        .map(|number| doors.profile(&format!("profile-{number:03}")))
        .collect()
}

async fn idle(directory: &Path, doors: &Doors, count: usize, also_active: bool) -> Outcome<Answer> {
    let held = Arc::new(AtomicBool::new(false));
    let profiles = profiles(doors, count)?;
    let ways = ways(doors, &profiles, &held, is_reading)?;
    let running = stage::node(directory, 1_000, ways).await?;
    until(&running, "all pairs rest", 200, is_idle).await?;
    settle().await;
    let (rest, resting) = (resident()?, at_work(&running).await);
    if !also_active {
        running.stop().await?;
        return Ok(Answer {
            resident: rest,
            resting,
            ..Answer::default()
        });
    }
    // Other pairs are made active and rest again before anything is weighed: what the store and the allocator take once, for
    // so many orders at a time, is no part of what an active pair takes.
    held.store(true, Ordering::Release);
    activate(&running, &profiles, 0).await?;
    held.store(false, Ordering::Release);
    until(&running, "all pairs rest again", 200, is_idle).await?;
    settle().await;
    let warm = resident()?;
    held.store(true, Ordering::Release);
    let active = activate(&running, &profiles, limit::ACTIVE_PAIRS).await?;
    let active_resident = resident()?;
    Ok(Answer {
        resident: rest,
        warm_resident: warm,
        active_resident,
        active,
        resting,
        ..Answer::default()
    })
}

/// Has as many pairs of each profile read as may be active at once, but for the first ones.
async fn activate(running: &Running, profiles: &[Arc<Profile>], first: usize) -> Outcome<usize> {
    let tenant = stage::tenant()?;
    let store = running.store(&tenant).await.ok_or("no store")?;
    let mut wanted = 0;
    for profile in profiles {
        let prefix = actors::stored::key::profile(&profile.name);
        let rows = store.scan(Table::Pair, &prefix, None, first + limit::ACTIVE_PAIRS)?;
        for (at, _) in rows.into_iter().skip(first) {
            let id = actors::stored::key::pair_of(&profile.name, &at).ok_or("no pair")?;
            // The tenant's mailbox is bounded, so an order may have to be given again.
            let order = || running.order(&tenant, &profile.name, id, Command::Resync);
            while order().await.is_err() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            wanted += 1;
        }
    }
    let all = |status: &actors::status::Node| {
        status.profiles().map(|each| each.active).sum::<usize>() == wanted
    };
    until(running, "pairs are active", 100, all).await?;
    settle().await;
    Ok(wanted)
}

async fn writing(directory: &Path, doors: &Doors, count: usize, active: usize) -> Outcome<Answer> {
    let held = Arc::new(AtomicBool::new(true));
    let profiles = profiles(doors, count)?;
    let ways = ways(doors, &profiles, &held, is_write)?;
    let running = stage::node(directory, 1_000, ways).await?;
    let all = |status: &actors::status::Node| {
        let sum: usize = status.profiles().map(|each| each.active).sum();
        sum == active && status.profiles().all(|each| each.open)
    };
    until(&running, "pairs are held", 200, all).await?;
    settle().await;
    Ok(Answer {
        active_resident: resident()?,
        active,
        ..Answer::default()
    })
}

async fn start(directory: &Path, doors: &Doors) -> Outcome<Answer> {
    let profiles = profiles(doors, 1)?;
    let ways = ways(doors, &profiles, &Arc::default(), is_write)?;
    let begun = Instant::now();
    let running = stage::node(directory, 1_000, ways).await?;
    let connected =
        |status: &actors::status::Node| status.profiles().all(|profile| profile.connected);
    until(&running, "the feeds are read", 1, connected).await?;
    let milliseconds = begun.elapsed().as_secs_f64() * 1e3;
    let store = running.store(&stage::tenant()?).await;
    let rebuilt = store.and_then(|store| store.status().recovery.rebuilt);
    running.stop().await?;
    Ok(Answer {
        milliseconds,
        rebuilt: rebuilt.map(|reason| reason.to_string()),
        ..Answer::default()
    })
}

fn open(directory: &Path, close: bool) -> Outcome<Answer> {
    let begun = Instant::now();
    let store = Store::open(directory, Options::default())?;
    let milliseconds = begun.elapsed().as_secs_f64() * 1e3;
    let rebuilt = store.status().recovery.rebuilt;
    if close {
        store.close()?;
    }
    Ok(Answer {
        milliseconds,
        rebuilt: rebuilt.map(|reason| reason.to_string()),
        resident: resident()?,
        ..Answer::default()
    })
}

fn ways(
    doors: &Doors,
    profiles: &[Arc<Profile>],
    held: &Arc<AtomicBool>,
    which: fn(&Request) -> bool,
) -> Outcome<Vec<stage::Road>> {
    let way = |profile: &Arc<Profile>| {
        let gateway = Detour {
            inner: doors.remotes(profile)?,
            way: Way::Held(Arc::clone(held), which),
        };
        Ok((Arc::clone(profile), Arc::new(gateway) as Arc<dyn Gateway>))
    };
    profiles.iter().map(way).collect()
}

fn is_reading(request: &Request) -> bool {
    matches!(
        request.route,
        "/rest/api/3/issue/bulkfetch" | "/_apis/wit/workitemsbatch"
    )
}

async fn at_work(running: &Running) -> usize {
    let status = running.status().await;
    let each = status
        .profiles()
        .map(|profile| profile.active + profile.pending + profile.waiting);
    each.sum()
}

async fn settle() {
    tokio::time::sleep(Duration::from_secs(1)).await;
}

/// Milliseconds for which the threads of this process have computed, as the kernel counts them: in hundredths of a second.
pub(crate) fn computed() -> Outcome<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, behind_name) = stat.rsplit_once(')').ok_or("no name")?;
    let times = behind_name.split_whitespace().skip(11).take(2);
    let hundredths: u64 = times.filter_map(|time| time.parse::<u64>().ok()).sum();
    Ok(hundredths as f64 * 10.0)
}

/// Resident bytes of this process, as the kernel counts them.
fn resident() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next());
    Ok(kib.ok_or("no VmRSS")?.parse::<u64>()? * 1024)
}
