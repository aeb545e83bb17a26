//! A full run of 1,000 linked items with 1,000 edits, against a bare client that makes the same requests.

use std::sync::Arc;
use std::time::{Duration, Instant};

use counterpart::command::emulate::Emulators;
use counterpart::demo::compare;
use model::Both;

use crate::floor::{self, Likeness};
use crate::people;
use crate::stage::{self, Doors, Outcome, is_idle, median, until};
use crate::tape::{Detour, Taken, Tapes, Way, routes};

const ITEMS: u32 = 1_000;
const ROUNDS: u64 = 3;
/// The pause between two looks at a feed, as in the demo.
const POLL_MS: u64 = 300;

/// What a node did.
struct Run {
    bases: Both<String>,
    link: Part,
    edits: Part,
    accepted: usize,
}

/// One part of a run: until all items were linked, or until all edits were carried over.
struct Part {
    seconds: f64,
    tapes: Both<Vec<Taken>>,
}

impl Part {
    fn requests(&self) -> Both<usize> {
        Both::of(|side| self.tapes.get(side).len())
    }

    fn bytes(&self) -> usize {
        let both = self.tapes.jira.iter().chain(&self.tapes.azure);
        both.map(|taken| taken.bytes).sum()
    }
}

/// Runs and prints.
pub(crate) async fn print() -> Outcome<()> {
    println!("{ITEMS} items linked, then {ITEMS} edits, {ROUNDS} rounds, node and floor in turns:");
    let (mut nodes, mut floors) = (Vec::new(), Vec::new());
    let mut last = None;
    for round in 0..ROUNDS {
        let run = node(round + 1).await?;
        let (floor, likeness) = bare(round + 1, &run).await?;
        let node = (run.link.seconds, run.edits.seconds);
        print_round(node, floor, likeness, &run);
        nodes.push(node);
        floors.push(floor);
        last = Some(run);
    }
    let pick =
        |times: &[(f64, f64)], one: fn(&(f64, f64)) -> f64| median(times.iter().map(one).collect());
    for (name, one) in [
        ("link", (|times| times.0) as fn(&(f64, f64)) -> f64),
        ("edits", |times| times.1),
        ("whole", |times| times.0 + times.1),
    ] {
        let (node, floor) = (pick(&nodes, one), pick(&floors, one));
        println!(
            "  median {name}: node {node:.2} s, floor {floor:.2} s, ratio {:.2}",
            node / floor
        );
    }
    if let Some(run) = last {
        print_routes(&run);
    }
    Ok(())
}

fn print_round(node: (f64, f64), floor: (f64, f64), likeness: Likeness, run: &Run) {
    println!(
        "  node {:.2} + {:.2} s, floor {:.2} + {:.2} s, ratio {:.2}; {} edits accepted; the floor had {:.1} % of its \
         answers with the status of the run and {:.0} % of its bytes",
        node.0,
        node.1,
        floor.0,
        floor.1,
        (node.0 + node.1) / (floor.0 + floor.1),
        run.accepted,
        100.0 * likeness.alike as f64 / likeness.requests as f64,
        100.0 * likeness.bytes as f64 / (run.link.bytes() + run.edits.bytes()) as f64,
    );
}

fn print_routes(run: &Run) {
    for (name, part) in [("link", &run.link), ("edits", &run.edits)] {
        let counts = part.requests();
        println!(
            "  requests, {name}: {} to Jira, {} to Azure DevOps",
            counts.jira, counts.azure
        );
        for tape in [&part.tapes.jira, &part.tapes.azure] {
            for (route, count, time) in routes(tape) {
                let each = time.as_secs_f64() * 1e3 / count as f64;
                println!("    {count:>6} {route} ({each:.2} ms each)");
            }
        }
    }
}

async fn node(seed: u64) -> Outcome<Run> {
    let emulators = stage::emulators(ITEMS, seed).await?;
    let doors = Doors::of(&emulators);
    let profile = doors.profile("web-to-platform")?;
    let tapes = Tapes::default();
    let gateway = Detour {
        inner: doors.remotes(&profile)?,
        way: Way::Noted(tapes.clone()),
    };
    let folder = tempfile::tempdir()?;
    let begun = Instant::now();
    let ways = vec![(Arc::clone(&profile), Arc::new(gateway) as _)];
    let running = stage::node(folder.path(), POLL_MS, ways).await?;
    until(&running, "all items are linked", 50, is_idle).await?;
    let link = part(&tapes, begun)?;
    let pairs = people::pairs(&emulators).await?;
    if pairs.len() != ITEMS as usize {
        return Err(format!("{} pairs instead of {ITEMS}", pairs.len()).into());
    }
    let begun = Instant::now();
    let accepted = people::edit_all(&emulators, &pairs).await?;
    in_step(&running, &emulators, &profile).await?;
    let edits = part(&tapes, begun)?;
    running.stop().await?;
    let bases = bases(&emulators);
    stop(emulators).await;
    Ok(Run {
        bases,
        link,
        edits,
        accepted,
    })
}

fn part(tapes: &Tapes, begun: Instant) -> Outcome<Part> {
    let (tapes, last) = tapes.take();
    let last = last.ok_or("the node wrote nothing")?;
    Ok(Part {
        seconds: (last - begun).as_secs_f64(),
        tapes,
    })
}

/// Waits until both sides are equal.
async fn in_step(
    running: &actors::Running,
    emulators: &Emulators,
    profile: &mapping::Profile,
) -> Outcome<()> {
    for _ in 0..60 {
        tokio::time::sleep(Duration::from_millis(4 * POLL_MS)).await;
        until(running, "all edits are carried over", 50, is_idle).await?;
        let found = compare::sides(&emulators.addresses(), profile).await?;
        if found.differences.is_empty() && found.duplicates == 0 {
            return Ok(());
        }
    }
    let found = compare::sides(&emulators.addresses(), profile).await?;
    let some: Vec<_> = found.differences.iter().take(5).collect();
    Err(format!(
        "the sides differ: {some:?}, {} duplicates",
        found.duplicates
    )
    .into())
}

/// The same requests and the same edits on remotes that begin in the same way.
async fn bare(seed: u64, run: &Run) -> Outcome<((f64, f64), Likeness)> {
    let emulators = stage::emulators(ITEMS, seed).await?;
    let doors = Doors::of(&emulators);
    let remotes = doors.remotes(&doors.profile("web-to-platform")?)?;
    let to = bases(&emulators);
    let begun = Instant::now();
    let mut likeness = floor::replay(&remotes, &run.link.tapes, &run.bases, &to).await?;
    let link = begun.elapsed().as_secs_f64();
    let pairs = people::pairs(&emulators).await?;
    let begun = Instant::now();
    let people = people::edit_all(&emulators, &pairs);
    let replay = floor::replay(&remotes, &run.edits.tapes, &run.bases, &to);
    let (accepted, more) = tokio::join!(people, replay);
    accepted?;
    likeness.add(more?);
    let edits = begun.elapsed().as_secs_f64();
    stop(emulators).await;
    Ok(((link, edits), likeness))
}

fn bases(emulators: &Emulators) -> Both<String> {
    Both {
        jira: emulators.jira.url.clone(),
        azure: emulators.azure.url.clone(),
    }
}

async fn stop(emulators: Emulators) {
    emulators.jira.running.stop().await;
    emulators.azure.running.stop().await;
}
