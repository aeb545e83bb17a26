//! Starting a node on 10,000 intents that an earlier life of it left open.
//!
//! The pairs are real ones: a node linked them, and both remotes hold their items. Then each gets an intent that was sent and of
//! which nobody heard: a patch of a work item for one half, a comment on a Jira issue, which may not be sent again before a probe
//! has looked for it, for the other. The first readings and the probes that recovery asks for are answered by the remotes.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actors::Running;
use actors::ledger::{Ledger, timer};
use actors::stored::{PairRow, key};
use mapping::Profile;
use model::{CommentId, Millis, PairId, Side};
use storage::{Batch, Options, Store, Table, encode};
use sync::intent::{Attempt, Intent, Kind, Planned, Stage};
use sync::{Class, CommentRef};

use crate::child::{self, Answer, Question};
use crate::stage::{self, Doors, Outcome, is_idle, until};

const ITEMS: u32 = 10_000;
const ROUNDS: usize = 3;
/// Pairs in one commit while intents are put in.
const PAIRS_PER_COMMIT: usize = 64;
/// A comment that no work item has.
const COMMENT: u64 = 9_000_000;
/// How often is looked whether all is in hand.
const LOOK: Duration = Duration::from_millis(50);
/// How long anything is waited for.
const PATIENCE: Duration = Duration::from_secs(300);

/// Runs and prints.
pub(crate) async fn print() -> Outcome<()> {
    let emulators = stage::emulators(ITEMS, 1).await?;
    let doors = Doors::of(&emulators);
    let profile = doors.profile("web-to-platform")?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("store");
    link(&path, &doors, &profile).await?;
    let (mut whole, mut opens, mut loads, mut computed) = (vec![], vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        let intents = interrupt(&path, &profile).await?;
        let answer = child::ask(Question::Recover(path.clone(), doors.clone())).await?;
        println!(
            "{intents} open intents: store open after {:.0} ms, {} pairs loaded and due after {:.0} ms, all in hand after {:.0} ms",
            answer.open_milliseconds,
            answer.active,
            answer.loaded_milliseconds,
            answer.milliseconds
        );
        whole.push(answer.milliseconds);
        opens.push(answer.open_milliseconds);
        loads.push(answer.loaded_milliseconds);
        computed.push(answer.computed_milliseconds);
    }
    println!(
        "recovery of {ITEMS} open intents, medians of {ROUNDS}: store open after {:.0} ms, all loaded and due after {:.0} ms, all in \
         hand after {:.0} ms; until then the node computed for {:.0} ms",
        stage::median(opens),
        stage::median(loads),
        stage::median(whole),
        stage::median(computed)
    );
    Ok(())
}

async fn link(path: &Path, doors: &Doors, profile: &Arc<Profile>) -> Outcome<()> {
    let gateway = Arc::new(doors.remotes(profile)?);
    let ways = vec![(Arc::clone(profile), gateway as _)];
    let running = stage::node(path, 1_000, ways).await?;
    until(&running, "all items are linked", 200, is_idle).await?;
    running.stop().await?;
    Ok(())
}

/// Leaves an open intent in each pair, as a node that was killed while it waited for the answers would.
async fn interrupt(path: &Path, profile: &Profile) -> Outcome<usize> {
    let store = Store::open(path, Options::default())?;
    let ledger = ledger(&store, profile);
    let rows = ledger.pairs(None, ITEMS as usize)?;
    let attempt = Attempt {
        at: Millis(0),
        incarnation: store.incarnation(),
    };
    for (turn, rows) in rows.chunks(PAIRS_PER_COMMIT).enumerate() {
        let mut batch = Batch::new();
        for (number, row) in rows.iter().enumerate() {
            let row = with_intent(row, turn * PAIRS_PER_COMMIT + number, attempt)?;
            let at = key::pair(&profile.name, row.pair.id);
            let due = timer(&row.pair, false).ok_or("an open pair has no timer")?;
            batch.put(Table::Timer, at.clone(), encode(&due)?);
            batch.put(Table::Pair, at, encode(&row)?);
        }
        store.commit(batch).await?;
    }
    let open = sent(&ledger)?.len();
    drop(ledger);
    store.close()?;
    Ok(open)
}

fn with_intent(row: &PairRow, number: usize, attempt: Attempt) -> Outcome<PairRow> {
    let mut row = row.clone();
    let (rule, base) = row
        .pair
        .base
        .first_key_value()
        .ok_or("a pair agreed on nothing")?;
    let (side, class, kind) = if number.is_multiple_of(2) {
        let digests = (base.value.jira, base.value.azure);
        let (Some(source), Some(sent)) = digests else {
            return Err("a side never agreed".into());
        };
        let field = Planned {
            rule: rule.clone(),
            source,
            sent,
            elements: Vec::new(),
        };
        let kind = Kind::Edit {
            fields: vec![field],
            comment: None,
        };
        (Side::Azure, Class::Guarded, kind)
    } else {
        let original = CommentRef {
            side: Side::Azure,
            id: CommentId(COMMENT),
        };
        (Side::Jira, Class::Fragile, Kind::Comment { original })
    };
    row.pair.settled = false;
    row.pair.intents = vec![Intent {
        number: row.pair.next_intent,
        side,
        class,
        kind,
        stage: Stage::Sent(attempt),
    }];
    row.pair.next_intent += 1;
    Ok(row)
}

fn ledger(store: &Store, profile: &Profile) -> Ledger {
    Ledger {
        store: store.clone(),
        profile: profile.name.clone(),
    }
}

/// The pairs with an intent that is taken for sent, by a life that has not looked at it.
fn sent(ledger: &Ledger) -> Outcome<Vec<PairId>> {
    let rows = ledger.pairs(None, ITEMS as usize)?;
    let sent = rows.iter().filter(|row| is_sent(row));
    Ok(sent.map(|row| row.pair.id).collect())
}

fn is_sent(row: &PairRow) -> bool {
    let mut intents = row.pair.intents.iter();
    intents.any(|intent| matches!(intent.stage, Stage::Sent(_)))
}

/// Waits until the profile has loaded what is open, and says how many pairs it works on or is to work on.
async fn until_loaded(running: &Running) -> Outcome<usize> {
    let due = |status: &actors::status::Node| -> usize {
        let each = status.profiles();
        each.map(|profile| profile.active + profile.pending + profile.waiting)
            .sum()
    };
    until(running, "what is open is loaded", 1, |status| {
        due(status) > 0
    })
    .await?;
    Ok(due(&running.status().await))
}

/// The time from nothing until each intent is settled or in doubt, durably.
pub(crate) async fn recover(directory: &Path, doors: &Doors) -> Outcome<Answer> {
    let profile = doors.profile("web-to-platform")?;
    let gateway = Arc::new(doors.remotes(&profile)?);
    let begun = Instant::now();
    let ways = vec![(Arc::clone(&profile), gateway as _)];
    let running = stage::node(directory, 1_000, ways).await?;
    let store = running.store(&stage::tenant()?).await.ok_or("no store")?;
    let open_milliseconds = begun.elapsed().as_secs_f64() * 1e3;
    let due = until_loaded(&running).await?;
    let loaded_milliseconds = begun.elapsed().as_secs_f64() * 1e3;
    let ledger = ledger(&store, &profile);
    // One after the other, so that the looking costs next to nothing beside what is looked at.
    let mut left = sent(&ledger)?;
    while let Some(id) = left.last() {
        if !ledger.pair(*id)?.is_some_and(|row| is_sent(&row)) {
            left.pop();
            continue;
        }
        if begun.elapsed() > PATIENCE {
            return Err("intents stay open".into());
        }
        tokio::time::sleep(LOOK).await;
    }
    let milliseconds = begun.elapsed().as_secs_f64() * 1e3;
    let computed_milliseconds = child::computed()?;
    drop((ledger, store));
    running.stop().await?;
    Ok(Answer {
        milliseconds,
        open_milliseconds,
        loaded_milliseconds,
        active: due,
        computed_milliseconds,
        ..Answer::default()
    })
}
