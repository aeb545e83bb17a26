//! Opening a store of 100,000 pairs, and starting a profile on it.

use std::path::Path;

use crate::child::{self, Question};
use crate::crowd::{Crowd, PATTERNS};
use crate::stage::{self, Doors, Outcome, median};

const PAIRS: usize = 100_000;
const ROUNDS: usize = 3;

const ORDERLY: &str = "open, closed in order before";
const KILLED: &str = "open, killed before";
const LOST: &str = "open, state lost";
const STARTED: &str =
    "start of a node until its profile reads both feeds, store and remotes included";
/// In this order, each leaves what the next one needs.
const CASES: [&str; 4] = [ORDERLY, KILLED, LOST, STARTED];

/// Runs and prints.
pub(crate) async fn print() -> Outcome<()> {
    let emulators = stage::emulators(PATTERNS, 1).await?;
    let doors = Doors::of(&emulators);
    let crowd = Crowd::of(&emulators).await?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("store");
    let profiles = child::profiles(&doors, 1)?;
    crowd.fill(&path, &profiles, PAIRS).await?;
    let average = crowd.average()?;
    println!(
        "a linked pair: {:.1} rules, {:.1} comments, row {:.0} bytes; {:.1} lines of history, {:.0} bytes",
        average.rules, average.comments, average.pair_row, average.lines, average.history
    );
    println!("a store of {PAIRS} such pairs, median of {ROUNDS}:");
    for part in ["journal", "checkpoint", "state"] {
        let bytes = size(&path.join(part))?;
        println!(
            "  {part}: {:.0} bytes per pair on disk",
            bytes as f64 / PAIRS as f64
        );
    }
    let open = |close| Question::Open(path.clone(), close);
    let start = || Question::Start(path.clone(), doors.clone());
    let mut cases = CASES.map(|what| (what, Vec::new()));
    for _ in 0..ROUNDS {
        for (what, answers) in &mut cases {
            if *what == LOST {
                std::fs::remove_dir_all(path.join("state"))?;
            }
            let question = match *what {
                ORDERLY => open(false),
                STARTED => start(),
                _ => open(true),
            };
            answers.push(child::ask(question).await?);
        }
    }
    for (what, answers) in cases {
        let times = answers.iter().map(|answer| answer.milliseconds).collect();
        let rebuilt: Vec<_> = answers
            .iter()
            .filter_map(|answer| answer.rebuilt.as_deref())
            .collect();
        println!("  {what}: {:.0} ms{}", median(times), anew(&rebuilt));
    }
    Ok(())
}

fn size(path: &Path) -> Outcome<u64> {
    if !path.is_dir() {
        return Ok(path.metadata().map_or(0, |found| found.len()));
    }
    let mut sum = 0;
    for entry in std::fs::read_dir(path)? {
        sum += size(&entry?.path())?;
    }
    Ok(sum)
}

/// What is told of opens that made the state anew.
fn anew(reasons: &[&str]) -> String {
    match reasons.first() {
        Some(reason) => format!(
            " ({} of {ROUNDS} made the state anew: {reason})",
            reasons.len()
        ),
        None => String::new(),
    }
}
