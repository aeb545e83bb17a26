//! What must hold once the faults have ended, by what the remotes themselves say.

use std::collections::BTreeSet;
use std::time::Duration;

use actors::Running;
use actors::ledger::Ledger;
use counterpart::demo::compare::{self, Twins};
use model::{Both, Side};
use serde_json::Value;
use storage::Store;

use crate::excuse;
use crate::people::{FIELDS, People, Wishes};
use crate::world::{World, origin};

/// Milliseconds within which both sides are in step once the faults have ended. The longest pause of a pair whose own
/// requests failed is an hour ([`model::limit::RETRY_AFTER_MS`]); a clock that was set back may add five minutes, the
/// last doubt another five.
const BOUND_MS: i64 = 75 * 60_000;
/// Milliseconds between two looks.
const LOOK_MS: u64 = 5_000;
/// Differences that are told.
const TOLD: usize = 10;
/// Open problems that are looked at.
const OPEN: usize = 100;

/// Waits until both sides are in step, no problem is open and the node has nothing left to do, at two looks.
pub(crate) async fn in_step(
    world: &World,
    people: &People,
    (running, store): (&Running, &Store),
) -> Result<(), String> {
    let began = world.now();
    let mut well = 0;
    loop {
        let status = running.status().await;
        let idle = status.profiles().count() == world.profiles.len()
            && status.profiles().all(|one| one.idle);
        let passed = world.now() - began;
        if idle {
            let wrong = wrong(world, people, store)?;
            let repeated = world.lock().repeated;
            let is_well = repeated || wrong.is_empty();
            well = if is_well { well + 1 } else { 0 };
        } else {
            well = 0;
        }
        if well == 2 {
            world.lock().tally.slowest_ms = passed;
            return Ok(());
        }
        if passed > BOUND_MS {
            let mut wrong = wrong(world, people, store)?;
            wrong.truncate(TOLD);
            let wrong = wrong.join("\n");
            return Err(format!("not in step in time: {wrong}\n{status:#?}"));
        }
        tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
    }
}

/// What is not as it should be, by the remotes and by the problems that are open.
fn wrong(world: &World, people: &People, store: &Store) -> Result<Vec<String>, String> {
    let mut open = Vec::new();
    for profile in &world.profiles {
        let ledger = Ledger {
            store: store.clone(),
            profile: profile.name.clone(),
        };
        let of_it = ledger.problems(|row| row.open, OPEN);
        open.extend(of_it.map_err(|error| error.to_string())?);
    }
    Ok(excuse::unexcused(world, people, &open))
}

/// Nothing was written on the side that nothing is carried to but the link for people, and what people did not delete is
/// there.
pub(crate) fn kept(world: &World, people: &People) -> Result<(), String> {
    let mut inner = world.lock();
    for side in Side::BOTH {
        let ledger = inner.control(side, "ledger");
        let source = excuse::receiver(&world.profiles[0]).map(Side::other);
        let forbidden: &[&str] = if source == Some(side) {
            &["create", "edit", "transition", "comment", "delete"]
        } else {
            &["delete"]
        };
        let us = emulator::people::sync_account();
        let ours = [us.account_id, us.email, us.handle];
        let entries = ledger["entries"].as_array().into_iter().flatten();
        let mut broken = entries.filter(|entry| {
            let is =
                |name: &str, all: &[&str]| entry[name].as_str().is_some_and(|it| all.contains(&it));
            is("by", &ours) && is("kind", forbidden)
        });
        if let Some(entry) = broken.next() {
            return Err(format!("{side} took {entry}"));
        }
        let items = inner.control(side, "items");
        let there = |id: &str| {
            let mut all = items["items"].as_array().into_iter().flatten();
            all.any(|item| item["id"] == id)
        };
        for (_, id) in people.deleted.iter().filter(|(of, _)| *of == side) {
            if there(id) {
                return Err(format!("{side} {id} came back"));
            }
        }
    }
    Ok(())
}

/// Nothing was created twice but what the network repeated, and that once. Nothing that people had set aside was written.
pub(crate) fn ledgers(world: &World, people: &People) -> Result<(), String> {
    let mut inner = world.lock();
    let doubled = Side::BOTH
        .map(|side| inner.remotes.get(side).doubled())
        .concat();
    let remade = Side::BOTH.map(|side| remade(side, &inner.control(side, "ledger"), people));
    let repeated = usize::from(inner.repeated) + remade.iter().sum::<usize>();
    let surplus = inner.compare(world, &BTreeSet::new()).duplicates;
    if doubled.len() > repeated || surplus > repeated {
        return Err(format!("created more than once: {surplus}, {doubled:#?}"));
    }
    let mut broken = Vec::new();
    for side in Side::BOTH {
        let ledger = inner.control(side, "ledger");
        let aside = people.aside.iter();
        broken.extend(aside.flat_map(|aside| aside.broken(side, &ledger)));
    }
    if broken.is_empty() {
        return Ok(());
    }
    Err(broken.join("\n"))
}

/// How many twins were made again because people had deleted the first one. Who deletes a twin while nobody knows yet whether
/// it was made gets another one: a probe looks among the items that are there.
fn remade(side: Side, ledger: &Value, people: &People) -> usize {
    let entries = ledger["entries"].as_array().into_iter().flatten();
    let made: Vec<&Value> = entries
        .filter(|entry| entry["kind"] == "create" && !entry["marker"].is_null())
        .collect();
    let is_gone = |entry: &&&Value| {
        let id = entry["id"].as_str().unwrap_or_default();
        people.deleted.contains(&(side, id.to_owned()))
    };
    let again = |gone: &&&Value| {
        let mut others = made.iter().filter(|other| other["id"] != gone["id"]);
        others.any(|other| other["marker"] == gone["marker"])
    };
    made.iter().filter(is_gone).filter(again).count()
}

/// What people wrote and nobody undid is there: what they wrote last on the only side that they wrote on, or else on one
/// of the two. Jira has no guard, so a write that arrives there late may undo what a person did meanwhile; such histories
/// are not judged by this.
pub(crate) fn wishes(world: &World, people: &People) -> Result<(), String> {
    let (wishes, detached) = (&people.wishes, people.left_out());
    let mut inner = world.lock();
    if inner.late_on_jira {
        return Ok(());
    }
    let items = inner.items();
    let mut lost = Vec::new();
    let pairs = compare::pair_up(&items.jira, &items.azure);
    let kept = |twins: &Twins<'_>| origin(twins).is_none_or(|pair| !detached.contains(&pair));
    for twins in pairs.into_iter().filter(kept) {
        let item = Both {
            jira: twins.jira,
            azure: twins.azure,
        };
        for field in FIELDS {
            if let Some(told) = judge(&item, field, wishes) {
                lost.push(told);
            } else {
                inner.tally.count("wish judged");
            }
        }
    }
    if lost.is_empty() {
        return Ok(());
    }
    Err(format!("lost: {lost:#?}"))
}

/// Says what is lost of one field of a pair.
fn judge(item: &Both<Option<&Value>>, field: &'static str, wishes: &Wishes) -> Option<String> {
    let wish = |side: Side| {
        let id = (*item.get(side))?["id"].as_str()?.to_owned();
        wishes.get(&(side, id, field))
    };
    let wished = Both::of(wish);
    let both = wished.jira.is_some() && wished.azure.is_some();
    let none = wished.jira.is_none() && wished.azure.is_none();
    // The elements of sets that both sides changed are merged.
    if none || both && field == "tags" {
        return None;
    }
    let holds = |side: Side| {
        let here = item.get(side).map(|item| &item[field]);
        wished.get(side).is_some() && here == *wished.get(side)
    };
    if Side::BOTH.into_iter().any(holds) {
        return None;
    }
    let is = Both::of(|side| item.get(side).map(|item| item[field].clone()));
    let key = |side: Side| item.get(side).map(|item| item["key"].clone());
    Some(format!(
        "{field} of {:?} and {:?}: wished {wished:?}, is {is:?}",
        key(Side::Jira),
        key(Side::Azure)
    ))
}
