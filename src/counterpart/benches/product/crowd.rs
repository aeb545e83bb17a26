//! Stores of many pairs, made from pairs that a node really linked.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actors::ledger::Ledger;
use actors::stored::{CursorRow, HistoryRow, IndexRow, PairRow, ProfileRow, key};
use counterpart::command::emulate::Emulators;
use mapping::Profile;
use model::{Both, ItemId, ItemKey, ProfileName, Side};
use storage::{Batch, Options, Record, Store, Table, decode, encode};

use crate::people;
use crate::stage::{self, Doors, Outcome, is_idle, until};

/// Pairs that a node links as the pattern of all others.
pub(crate) const PATTERNS: u32 = 64;
/// Pairs in one commit while a store is filled.
const PAIRS_PER_COMMIT: usize = 64;
/// The distance between the identities of one copy of the patterns and the next.
const STRIDE: u64 = 1_000;

/// The rows of a node that has linked a few items with a comment of a person on each of them.
pub(crate) struct Crowd {
    patterns: Vec<(PairRow, Vec<HistoryRow>)>,
    cursors: Both<Vec<u8>>,
}

/// What one pair takes on average, in bytes of encoded rows, and how many of each there are.
pub(crate) struct Average {
    pub(crate) pair_row: f64,
    pub(crate) history: f64,
    pub(crate) rules: f64,
    pub(crate) comments: f64,
    pub(crate) lines: f64,
}

impl Crowd {
    /// Lets a node link the items of these remotes, which are kept as they are then.
    pub(crate) async fn of(emulators: &Emulators) -> Outcome<Crowd> {
        let doors = Doors::of(emulators);
        let profile = doors.profile("web-to-platform")?;
        let folder = tempfile::tempdir()?;
        let gateway = Arc::new(doors.remotes(&profile)?);
        let ways = vec![(Arc::clone(&profile), gateway as _)];
        let running = stage::node(folder.path(), 100, ways).await?;
        until(&running, "the patterns are linked", 50, is_idle).await?;
        let pairs = people::pairs(emulators).await?;
        people::comment_all(emulators, &pairs).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        until(&running, "the patterns are in step", 50, is_idle).await?;
        running.stop().await?;
        Crowd::read(folder.path(), &profile.name)
    }

    fn read(directory: &Path, profile: &ProfileName) -> Outcome<Crowd> {
        let store = Store::open(directory, Options::default())?;
        let ledger = Ledger {
            store: store.clone(),
            profile: profile.clone(),
        };
        let mut patterns = Vec::new();
        for row in ledger.pairs(None, PATTERNS as usize)? {
            let history = ledger.history(row.pair.id)?;
            patterns.push((row, history));
        }
        let cursor = |side| -> Outcome<Vec<u8>> {
            let bytes = store.get(Table::Cursor, &key::cursor(profile, side))?;
            let bytes = bytes.ok_or("a feed has no cursor")?;
            let row: CursorRow = decode(&bytes)?;
            Ok(encode(&row)?)
        };
        let cursors = Both {
            jira: cursor(Side::Jira)?,
            azure: cursor(Side::Azure)?,
        };
        drop(ledger);
        store.close()?;
        if patterns.len() != PATTERNS as usize {
            return Err(format!("{} patterns instead of {PATTERNS}", patterns.len()).into());
        }
        Ok(Crowd { patterns, cursors })
    }

    /// What a pair of it takes.
    pub(crate) fn average(&self) -> Outcome<Average> {
        let of = |count: usize| count as f64 / self.patterns.len() as f64;
        let (mut row, mut history) = (0, 0);
        let (mut rules, mut comments, mut lines) = (0, 0, 0);
        for (pair, all) in &self.patterns {
            row += encode(pair)?.len();
            history += bytes(all)?;
            rules += pair.pair.base.len();
            comments += pair.pair.comments.len();
            lines += all.len();
        }
        Ok(Average {
            pair_row: of(row),
            history: of(history),
            rules: of(rules),
            comments: of(comments),
            lines: of(lines),
        })
    }

    /// Fills a store with so many pairs in all, shared evenly among the profiles, and closes it in order.
    pub(crate) async fn fill(
        &self,
        directory: &Path,
        profiles: &[Arc<Profile>],
        pairs: usize,
    ) -> Outcome<()> {
        let store = Store::open(directory, Options::default())?;
        for profile in profiles {
            self.fill_profile(&store, profile, pairs / profiles.len())
                .await?;
        }
        store.checkpoint()?;
        store.close()?;
        Ok(())
    }

    async fn fill_profile(&self, store: &Store, profile: &Profile, pairs: usize) -> Outcome<()> {
        let name = &profile.name;
        let mut batch = Batch::new();
        let row = ProfileRow {
            fingerprint: profile.fingerprint().to_owned(),
        };
        batch.put(Table::Profile, key::profile(name), encode(&row)?);
        for side in Side::BOTH {
            let bytes = self.cursors.get(side).clone();
            batch.put(Table::Cursor, key::cursor(name, side), bytes);
        }
        let patterns = self.patterns.iter().cycle().take(pairs);
        for (number, (row, history)) in patterns.enumerate() {
            let copy = (number / self.patterns.len()) as u64;
            put(&mut batch, name, &moved(row, copy), history)?;
            if number % PAIRS_PER_COMMIT == 0 {
                let full = std::mem::replace(&mut batch, Batch::new());
                store.commit(full).await?;
            }
        }
        store.commit(batch).await?;
        Ok(())
    }
}

fn bytes<R: Record + serde::Serialize>(rows: &[R]) -> Outcome<usize> {
    let mut sum = 0;
    for row in rows {
        sum += encode(row)?.len();
    }
    Ok(sum)
}

/// The same pair between other items.
fn moved(row: &PairRow, copy: u64) -> PairRow {
    let mut row = row.clone();
    let by = copy * STRIDE;
    row.pair.id.item = ItemId(row.pair.id.item.0 + by);
    for side in Side::BOTH {
        let Some(end) = row.pair.ends.get_mut(side) else {
            continue;
        };
        end.id = ItemId(end.id.0 + by);
        let number = end.key.number().map(|number| number + by);
        let key = match number {
            Some(number) => format!("WEB-{number}"),
            None => end.id.to_string(),
        };
        if let Some(key) = ItemKey::new(&key) {
            end.key = key;
        }
    }
    row
}

fn put(
    batch: &mut Batch,
    profile: &ProfileName,
    row: &PairRow,
    history: &[HistoryRow],
) -> Outcome<()> {
    let id = row.pair.id;
    batch.put(Table::Pair, key::pair(profile, id), encode(row)?);
    let index = encode(&IndexRow { pair: id })?;
    for side in Side::BOTH {
        if let Some(end) = row.pair.ends.get(side) {
            let item = key::item(profile, side, end.id);
            batch.put(Table::Index, item, index.clone());
            batch.put(Table::Index, key::human(profile, &end.key), index.clone());
        }
    }
    for line in history {
        let at = key::history(profile, id, line.line);
        batch.put(Table::History, at, encode(line)?);
    }
    Ok(())
}
