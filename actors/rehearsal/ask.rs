//! Asking the remotes: patiently where asking again may help, and never for ever.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use model::{ItemId, Revision, Side, limit};
use sync::{Conversation, Hindrance, Obstacle, ReadRequest, Reading};

use super::{RehearsalError, Stage};
use crate::governor::Priority;
use crate::line::Line;
use crate::outbox::{hindrance, is_divisible};

/// Waits before a further try.
pub(super) async fn pause(tries: u32) {
    let doubled = limit::PLAN_PAUSE_MS << tries.min(limit::PLAN_TRIES);
    tokio::time::sleep(Duration::from_millis(doubled)).await;
}

/// Asks until there is an answer, or there will be none.
pub(super) async fn patiently<T>(
    line: &Line,
    side: Side,
    make: impl Fn() -> Conversation<Result<T, Obstacle>>,
) -> Result<T, RehearsalError> {
    ask(line, side, limit::PLAN_TRIES, make).await
}

/// Asks at most that often where one item may be the reason why there is no answer. What concerns the whole remote, as a
/// request to wait does, is asked as patiently as ever.
async fn ask<T>(
    line: &Line,
    side: Side,
    most: u32,
    make: impl Fn() -> Conversation<Result<T, Obstacle>>,
) -> Result<T, RehearsalError> {
    let mut tries = 0;
    loop {
        let obstacle = match once(line, make()).await {
            Ok(answer) => return Ok(answer),
            Err(obstacle) => obstacle,
        };
        tries += 1;
        let most = match is_divisible(Some(&obstacle)) {
            true => most,
            false => limit::PLAN_TRIES,
        };
        if tries >= most || !may_pass(&obstacle) {
            return Err(RehearsalError::Remote { side, obstacle });
        }
        pause(tries).await;
    }
}

async fn once<T>(line: &Line, talk: Conversation<Result<T, Obstacle>>) -> Result<T, Obstacle> {
    let endless = Obstacle::Unreadable {
        route: "conversation",
        what: "it does not end",
    };
    let told = line.converse(talk, Priority::Live).await;
    told.unwrap_or(Err(endless))
}

/// Whether the same question may be answered later. A credential that is not accepted will not be by itself.
fn may_pass(obstacle: &Obstacle) -> bool {
    match obstacle {
        Obstacle::Hindered(
            Hindrance::Throttled { .. } | Hindrance::Unreachable | Hindrance::Withheld,
        ) => true,
        Obstacle::Hindered(Hindrance::Credential | Hindrance::Unprepared { .. }) => false,
        Obstacle::Refused { status, .. } => *status >= 500,
        Obstacle::Unreadable { .. } => true,
        Obstacle::Forbidden { .. } | Obstacle::Unknown { .. } => false,
    }
}

/// What a feed names.
pub(super) struct Named {
    /// Every item, with the latest revision.
    pub(super) items: BTreeMap<ItemId, Revision>,
    /// Where the feed ended.
    pub(super) end: String,
}

/// Every item that a feed names from that position on.
pub(super) async fn named(
    stage: &Stage,
    side: Side,
    from: Option<String>,
) -> Result<Named, RehearsalError> {
    let mut items: BTreeMap<ItemId, Revision> = BTreeMap::new();
    let (mut cursor, mut restarts) = (from, 0);
    for _ in 0..limit::PLAN_FEED_PAGES {
        let asks = stage.asks.get(side);
        let ask = || asks.feed(cursor.as_deref());
        let page = match patiently(stage.lines.get(side), side, ask).await {
            // What is not known may be the position: then everything is read, once.
            Err(RehearsalError::Remote {
                obstacle: Obstacle::Unknown { .. },
                ..
            }) if cursor.is_some() && restarts == 0 => {
                (cursor, restarts) = (None, 1);
                continue;
            }
            page => page?,
        };
        for change in page.changes {
            let latest = items.entry(change.item).or_default();
            *latest = (*latest).max(change.revision);
        }
        if page.restarted {
            restarts += 1;
            if restarts > limit::PLAN_TRIES {
                return Err(endless(side));
            }
            pause(restarts).await;
        } else if !page.more {
            let end = page.cursor;
            return Ok(Named { items, end });
        }
        cursor = Some(page.cursor);
    }
    Err(endless(side))
}

fn endless(side: Side) -> RehearsalError {
    let obstacle = Obstacle::Unreadable {
        route: "feed",
        what: "it does not end",
    };
    RehearsalError::Remote { side, obstacle }
}

/// Those of the items that the profile covers.
pub(super) async fn covered(
    stage: &Stage,
    side: Side,
    items: &[ItemId],
) -> Result<Vec<ItemId>, RehearsalError> {
    let asks = stage.asks.get(side);
    let mut covered = Vec::new();
    for part in items.chunks(asks.read_batch()) {
        let inside = patiently(stage.lines.get(side), side, || asks.covered(part)).await?;
        covered.extend(inside.into_iter().filter(|item| part.contains(item)));
    }
    Ok(covered)
}

/// Batches of one side in flight at once: within each an item's comments may take a request of their own.
const BATCHES: usize = 4;
/// Items of a batch at least, so that what needs one request for all does not take many.
const LEAST: usize = 16;

/// How often a batch is asked for before it is parted. Its parts are asked for once: what passes by itself has passed by
/// then, and what does not is to be found quickly.
#[derive(Clone, Copy)]
pub(super) enum Patience {
    /// The items are read for the first time.
    Long,
    /// They are looked at again, and will be once more.
    Short,
}

impl Patience {
    fn tries(self) -> u32 {
        match self {
            Patience::Long => limit::PLAN_TRIES,
            Patience::Short => 1,
        }
    }
}

/// Reads what several pairs want, some batches at a time.
pub(super) async fn read_all(
    stage: &Stage,
    side: Side,
    wanted: &[(usize, ReadRequest)],
    patience: Patience,
) -> Result<Vec<Reading>, RehearsalError> {
    let requests: Vec<ReadRequest> = wanted.iter().map(|(_, request)| *request).collect();
    let most = stage.asks.get(side).read_batch();
    let size = requests.len().div_ceil(BATCHES).max(LEAST).min(most);
    let parts = requests
        .chunks(size)
        .map(|part| read(stage, side, part, patience));
    let read: Vec<Vec<Reading>> = stream::iter(parts).buffered(BATCHES).try_collect().await?;
    Ok(read.into_iter().flatten().collect())
}

/// Reads one batch. One that fails as a whole is parted, so that an item which makes it fail harms itself only. Many
/// failures in a row may be that item's too, so they end the plan only when the remote answers nothing else either.
pub(super) async fn read(
    stage: &Stage,
    side: Side,
    requests: &[ReadRequest],
    patience: Patience,
) -> Result<Vec<Reading>, RehearsalError> {
    let (asks, line) = (stage.asks.get(side), stage.lines.get(side));
    let mut readings = Vec::with_capacity(requests.len());
    let (mut open, mut parts) = (vec![requests], 0);
    let mut tries = patience.tries();
    while let Some(part) = open.pop() {
        let read = ask(line, side, tries, || asks.read(part)).await;
        tries = Patience::Short.tries();
        let obstacle = match read {
            Ok(mut read) => {
                read.resize(part.len(), Reading::Failed(Hindrance::Withheld));
                readings.extend(read);
                continue;
            }
            Err(RehearsalError::Remote { obstacle, .. }) => obstacle,
            Err(error) => return Err(error),
        };
        if !is_divisible(Some(&obstacle)) {
            return Err(RehearsalError::Remote { side, obstacle });
        }
        if line.is_down() {
            answers(stage, side).await?;
        }
        if part.len() > 1 && parts < limit::BATCH_PARTS {
            parts += 1;
            let (first, rest) = part.split_at(part.len() / 2);
            open.extend([rest, first]);
            continue;
        }
        readings.resize(
            readings.len() + part.len(),
            Reading::Failed(hindrance(&obstacle)),
        );
    }
    Ok(readings)
}

/// Makes sure that a remote still answers: asks what follows in its feed, which names no item.
async fn answers(stage: &Stage, side: Side) -> Result<(), RehearsalError> {
    let (asks, line) = (stage.asks.get(side), stage.lines.get(side));
    let end = stage.ends.get(side).as_deref();
    match patiently(line, side, || asks.feed(end)).await {
        Ok(_) => Ok(()),
        // That it does not know the position is an answer.
        Err(RehearsalError::Remote {
            obstacle: Obstacle::Unknown { .. },
            ..
        }) => Ok(()),
        Err(error) => Err(error),
    }
}
