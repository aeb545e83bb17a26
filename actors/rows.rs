//! What `fsck` asks of the rows: that each is what its table says, and that they agree with each other.

use std::collections::{BTreeMap, BTreeSet};

use model::{PairId, ProfileName, Side};
use storage::{Judge, Record, Table, decode};
use sync::invariant;

use crate::ledger;
use crate::stored::{
    CursorRow, HistoryRow, InboxRow, IndexRow, OrderRow, PairRow, ProblemRow, ProfileRow, TimerRow,
    key,
};

/// Rows as they are met; keeps of them what the agreement among them needs.
#[derive(Debug, Default)]
pub struct Rows {
    pairs: BTreeMap<Vec<u8>, Known>,
    index: BTreeMap<Vec<u8>, PairId>,
    timers: BTreeSet<Vec<u8>>,
}

/// What the other tables must have of a pair.
#[derive(Debug)]
struct Known {
    /// The index rows of its ends.
    ends: Vec<Vec<u8>>,
    /// Whether it wants to be woken.
    wakes: bool,
}

impl Judge for Rows {
    fn row(&mut self, table: Table, at: &[u8], value: Option<&[u8]>) -> Result<(), String> {
        let Some(value) = value else {
            self.forget(table, at);
            return Ok(());
        };
        match table {
            Table::Pair => self.pair(at, value),
            Table::Index => self.index(at, value),
            Table::Timer => {
                read::<TimerRow>("timer", value)?;
                self.timers.insert(at.to_vec());
                Ok(())
            }
            Table::Inbox => inbox(at, value),
            Table::Cursor => cursor(at, value),
            Table::Problem => problem(at, value),
            Table::History => history(at, value),
            Table::Profile => read::<ProfileRow>("profile", value).map(drop),
            // Nothing writes these.
            Table::Meta | Table::Receipt => Err(format!("a row in the unused table {table:?}")),
        }
    }

    fn end(&mut self) -> Vec<String> {
        let mut found = Vec::new();
        for (at, known) in &self.pairs {
            let astray = |end: &Vec<u8>| self.index.get(end).map(|id| id.to_bytes()) != tail(at);
            if known.ends.iter().any(astray) {
                found.push(format!(
                    "an item of {} does not lead to its pair",
                    shown(at)
                ));
            }
            if known.wakes && !self.timers.contains(at) {
                found.push(format!(
                    "{} has no timer and would never be woken",
                    shown(at)
                ));
            }
        }
        let orphans = self
            .timers
            .iter()
            .filter(|at| !self.pairs.contains_key(*at));
        found.extend(orphans.map(|at| format!("{} has a timer and no row", shown(at))));
        found
    }
}

impl Rows {
    fn forget(&mut self, table: Table, at: &[u8]) {
        match table {
            Table::Pair => drop(self.pairs.remove(at)),
            Table::Index => drop(self.index.remove(at)),
            Table::Timer => drop(self.timers.remove(at)),
            Table::Meta
            | Table::Inbox
            | Table::Cursor
            | Table::Problem
            | Table::History
            | Table::Profile
            | Table::Receipt => {}
        }
    }

    fn pair(&mut self, at: &[u8], value: &[u8]) -> Result<(), String> {
        let row: PairRow = read("pair", value)?;
        let profile = profile_of(at).ok_or_else(|| "a pair row under no profile".to_owned())?;
        if at != key::pair(&profile, row.pair.id) {
            return Err(format!("{} holds the pair {}", shown(at), row.pair.id));
        }
        let end = |side| {
            row.pair
                .ends
                .get(side)
                .as_ref()
                .map(|end| key::item(&profile, side, end.id))
        };
        let known = Known {
            ends: Side::BOTH.into_iter().filter_map(end).collect(),
            wakes: ledger::timer(&row.pair, false).is_some(),
        };
        self.pairs.insert(at.to_vec(), known);
        match invariant::unsound(&row.pair).first() {
            Some(name) => Err(format!("{} breaks the invariant {name}", shown(at))),
            None => Ok(()),
        }
    }

    fn index(&mut self, at: &[u8], value: &[u8]) -> Result<(), String> {
        let row: IndexRow = read("index", value)?;
        self.index.insert(at.to_vec(), row.pair);
        Ok(())
    }
}

/// A word of a feed or a person's order, as its key says.
fn inbox(at: &[u8], value: &[u8]) -> Result<(), String> {
    let profile = profile_of(at).ok_or_else(|| "an inbox row under no profile".to_owned())?;
    if key::pair_of(&profile, at).is_none() {
        return Err(format!(
            "an inbox row of {} names no pair",
            profile.as_str()
        ));
    }
    if key::is_order(&profile, at) {
        return read::<OrderRow>("order", value).map(drop);
    }
    let row: InboxRow = read("inbox", value)?;
    let named = match row.side {
        Side::Jira => b'j',
        Side::Azure => b'a',
    };
    if at.get(pair_part(at).len()) == Some(&named) {
        Ok(())
    } else {
        Err("an inbox row stands under another key".to_owned())
    }
}

fn cursor(at: &[u8], value: &[u8]) -> Result<(), String> {
    read::<CursorRow>("cursor", value)?;
    let profile = profile_of(at);
    let is_one = |profile: &ProfileName| {
        Side::BOTH
            .into_iter()
            .any(|side| at == key::cursor(profile, side))
    };
    if profile.as_ref().is_some_and(is_one) {
        Ok(())
    } else {
        Err("a cursor stands under a key that is no feed's".to_owned())
    }
}

/// The part of a key that names the pair, as the pair's own row has it.
fn pair_part(at: &[u8]) -> Vec<u8> {
    const ID: usize = 9;
    let begin = at
        .iter()
        .position(|byte| *byte == 0)
        .map_or(0, |end| end + 1);
    at.get(..begin + ID).unwrap_or(at).to_vec()
}

fn problem(at: &[u8], value: &[u8]) -> Result<(), String> {
    let row: ProblemRow = read("problem", value)?;
    if row.pair.is_none() && at == key::tenant_problem(&row.problem) {
        return Ok(());
    }
    let profile = profile_of(at).ok_or_else(|| "a problem row under no profile".to_owned())?;
    if at == key::problem(&profile, row.pair, &row.problem) {
        Ok(())
    } else {
        Err(format!(
            "a problem row of {} stands under another key",
            profile.as_str()
        ))
    }
}

fn history(at: &[u8], value: &[u8]) -> Result<(), String> {
    let row: HistoryRow = read("history", value)?;
    let place = profile_of(at).and_then(|profile| {
        let id = key::pair_of(&profile, at)?;
        Some(key::history(&profile, id, row.line))
    });
    if place.as_deref() == Some(at) {
        Ok(())
    } else {
        Err("a line of history stands under another key".to_owned())
    }
}

fn read<R: Record>(name: &str, value: &[u8]) -> Result<R, String> {
    decode(value).map_err(|error| format!("a {name} row cannot be decoded: {error}"))
}

fn profile_of(at: &[u8]) -> Option<ProfileName> {
    let end = at.iter().position(|byte| *byte == 0)?;
    ProfileName::new(std::str::from_utf8(at.get(..end)?).ok()?).ok()
}

/// The last nine bytes of a pair's key, which name it.
fn tail(at: &[u8]) -> Option<[u8; 9]> {
    at.last_chunk().copied()
}

/// A pair's key as people read it.
fn shown(at: &[u8]) -> String {
    let named = profile_of(at).and_then(|profile| Some((key::pair_of(&profile, at)?, profile)));
    match named {
        Some((id, profile)) => format!("the pair {id} of {}", profile.as_str()),
        None => "a row under no pair's key".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use model::{ItemId, ItemKey, Millis, Revision};
    use storage::encode;
    use sync::Pair;
    use sync::pair::{End, Phase};

    use super::*;
    use crate::stored::{Ordered, Waiting};

    fn profile() -> ProfileName {
        ProfileName::new("web").unwrap()
    }

    fn id(item: u64) -> PairId {
        PairId {
            origin: Side::Jira,
            item: ItemId(item),
        }
    }

    fn row(item: u64) -> PairRow {
        let mut pair = Pair::new(id(item));
        pair.ends.jira = Some(End {
            id: ItemId(item),
            key: ItemKey::new("WEB-1").unwrap(),
            seen: Revision(1),
            written: Revision(0),
            said: Revision(0),
            touched: Millis(0),
        });
        PairRow { pair, lines: 0 }
    }

    /// A store's rows in which nothing is wrong.
    fn sound() -> Rows {
        let mut rows = Rows::default();
        let index = encode(&IndexRow { pair: id(1) }).unwrap();
        let item = key::item(&profile(), Side::Jira, ItemId(1));
        rows.row(Table::Index, &item, Some(&index)).unwrap();
        let pair = encode(&row(1)).unwrap();
        rows.row(Table::Pair, &key::pair(&profile(), id(1)), Some(&pair))
            .unwrap();
        rows
    }

    #[test]
    fn rows_that_agree_are_sound() {
        assert_eq!(sound().end(), [] as [String; 0]);
    }

    #[test]
    fn a_row_that_is_not_what_its_table_says_is_named() {
        let index = encode(&IndexRow { pair: id(1) }).unwrap();
        let at = key::pair(&profile(), id(1));
        for table in Table::ALL
            .into_iter()
            .filter(|table| *table != Table::Index)
        {
            assert!(
                Rows::default().row(table, &at, Some(&index)).is_err(),
                "{table:?}"
            );
        }
        let elsewhere = key::pair(&profile(), id(2));
        let pair = encode(&row(1)).unwrap();
        let said = Rows::default().row(Table::Pair, &elsewhere, Some(&pair));
        assert!(said.unwrap_err().contains("holds the pair"));
    }

    #[test]
    fn an_order_and_a_word_of_a_feed_are_told_apart_by_their_keys() {
        let order = encode(&OrderRow {
            order: Ordered::Park,
        })
        .unwrap();
        let ordered = key::order(&profile(), id(1), 1, 1);
        let said = key::inbox(&profile(), id(1), Side::Jira, 1, 1);
        let mut rows = sound();
        assert_eq!(rows.row(Table::Inbox, &ordered, Some(&order)), Ok(()));
        assert!(rows.row(Table::Inbox, &said, Some(&order)).is_err());
        let nowhere = key::profile(&profile());
        assert!(rows.row(Table::Inbox, &nowhere, Some(&order)).is_err());
    }

    #[test]
    fn a_pair_that_cannot_be_is_named() {
        let mut wrong = row(1);
        wrong.pair.phase = Phase::Linked;
        let pair = encode(&wrong).unwrap();
        let said = sound().row(Table::Pair, &key::pair(&profile(), id(1)), Some(&pair));
        assert!(said.unwrap_err().contains("linked-means-both-ends"));
    }

    #[test]
    fn an_item_that_leads_elsewhere_and_a_timer_of_nobody_are_named() {
        let mut rows = sound();
        let item = key::item(&profile(), Side::Jira, ItemId(1));
        rows.row(Table::Index, &item, None).unwrap();
        assert!(rows.end()[0].contains("does not lead to its pair"));
        let mut rows = sound();
        let timer = TimerRow {
            due: Millis(1),
            waiting: Waiting::Retry,
        };
        let at = key::pair(&profile(), id(2));
        rows.row(Table::Timer, &at, Some(&encode(&timer).unwrap()))
            .unwrap();
        assert!(rows.end()[0].contains("has a timer and no row"));
    }
}
