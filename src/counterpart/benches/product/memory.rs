//! The memory of a pair: at rest, waiting for a reading, waiting for the answer to a write.

use std::path::Path;

use crate::child::{self, Answer, Question};
use crate::crowd::{Crowd, PATTERNS};
use crate::stage::{self, Doors, Outcome, median};

const ROUNDS: usize = 3;
/// Pairs in the store from which pairs are made active; more than may be active at once.
const ACTIVE_FROM: usize = 8_192;
/// Profiles of the node that is weighed: each may have [`model::limit::ACTIVE_PAIRS`] pairs active.
const PROFILES: usize = 32;
/// Resting pairs of the small and of the large store.
const RESTING: [usize; 2] = [PROFILES * PATTERNS as usize, 100_000];
/// Items of the remotes whose creates are held: fewer and more of them, all active.
const WRITING: [u32; 2] = [16, 128];

/// Runs and prints.
pub(crate) async fn print() -> Outcome<()> {
    let emulators = stage::emulators(PATTERNS, 1).await?;
    let doors = Doors::of(&emulators);
    let crowd = Crowd::of(&emulators).await?;
    let folder = tempfile::tempdir()?;
    let profiles = child::profiles(&doors, PROFILES)?;
    let paths = RESTING.map(|pairs| folder.path().join(pairs.to_string()));
    for (path, pairs) in paths.iter().zip(RESTING) {
        crowd.fill(path, &profiles, pairs).await?;
    }
    let (mut stores, mut nodes, mut active) = (Vec::new(), Vec::new(), Vec::new());
    let mut at_work = 0;
    for _ in 0..ROUNDS {
        let [small, large] = &paths;
        let store = (store(small).await?, store(large).await?);
        let node = (
            node(small, &doors, false).await?,
            node(large, &doors, false).await?,
        );
        let pairs = (RESTING[1] - RESTING[0]) as f64;
        stores.push(difference(store.0.resident, store.1.resident) / pairs);
        nodes.push(difference(node.0.resident, node.1.resident) / pairs);
        at_work = at_work.max(node.1.resting);
    }
    // These end like a crash, with work under way, so each round has a store of its own.
    for round in 0..ROUNDS {
        let path = folder.path().join(format!("active-{round}"));
        crowd.fill(&path, &profiles, ACTIVE_FROM).await?;
        let node = node(&path, &doors, true).await?;
        let more = difference(node.warm_resident, node.active_resident);
        active.push(more / node.active as f64);
    }
    let (store, node) = (median(stores), median(nodes));
    println!(
        "idle pairs, {PROFILES} profiles with {} pairs in all against {}, median of {ROUNDS}:",
        RESTING[1], RESTING[0]
    );
    println!("  actors, timers and queue entries of idle pairs: {at_work}");
    println!(
        "  resident memory per idle pair: node {node:.0} bytes, of which the open store alone has {store:.0}"
    );
    println!(
        "active pairs, {} at once: {:.0} bytes each while waiting for a reading",
        PROFILES * model::limit::ACTIVE_PAIRS,
        median(active)
    );
    drop(emulators);
    print_writing().await
}

async fn store(path: &Path) -> Outcome<Answer> {
    child::ask(Question::Store(path.to_owned())).await
}

async fn node(path: &Path, doors: &Doors, also_active: bool) -> Outcome<Answer> {
    let question = Question::Idle(path.to_owned(), doors.clone(), PROFILES, also_active);
    child::ask(question).await
}

async fn print_writing() -> Outcome<()> {
    let mut each = Vec::new();
    for _ in 0..ROUNDS {
        let mut weighed = Vec::new();
        for items in WRITING {
            let emulators = stage::emulators(items, 1).await?;
            let folder = tempfile::tempdir()?;
            let path = folder.path().to_owned();
            let active = PROFILES * items as usize;
            let question = Question::Writing(path, Doors::of(&emulators), PROFILES, active);
            weighed.push(child::ask(question).await?);
        }
        if let [few, many] = weighed.as_slice() {
            let more = difference(few.active_resident, many.active_resident);
            each.push(more / (many.active - few.active) as f64);
        }
    }
    println!(
        "active pairs, {} against {}: {:.0} bytes each while waiting for the answer to a create",
        PROFILES * WRITING[1] as usize,
        PROFILES * WRITING[0] as usize,
        median(each)
    );
    Ok(())
}

fn difference(less: u64, more: u64) -> f64 {
    more as f64 - less as f64
}
