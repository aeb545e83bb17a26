//! The orders in which queries look for items: by the moment of the latest change, by state and by
//! type. Only `store.rs` writes here, with every revision.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use super::field;
use super::item::Revision;

/// Ids of items, by what their newest revision says. Items in the recycle bin are listed too.
#[derive(Debug, Default)]
pub(crate) struct Index {
    changed: BTreeSet<(i64, i64)>,
    states: BTreeMap<String, BTreeSet<i64>>,
    kinds: BTreeMap<String, BTreeSet<i64>>,
    examined: Cell<u64>,
}

impl Index {
    /// The newest revision of an item is another, or there is none any more.
    pub(crate) fn replace(&mut self, id: i64, old: Option<&Revision>, new: Option<&Revision>) {
        if let Some(old) = old {
            self.changed.remove(&(old.changed_ms, id));
        }
        if let Some(new) = new {
            self.changed.insert((new.changed_ms, id));
        }
        relist(&mut self.states, field::STATE, id, old, new);
        relist(&mut self.kinds, field::TYPE, id, old, new);
    }

    /// Items whose latest change is this one or a later, the earliest first.
    pub(crate) fn changed_since(&self, ms: i64) -> impl Iterator<Item = i64> {
        self.changed.range((ms, i64::MIN)..).map(|&(_, id)| id)
    }

    /// Items in a state, whatever its case.
    pub(crate) fn of_state(&self, name: &str) -> Option<&BTreeSet<i64>> {
        self.states.get(&name.to_lowercase())
    }

    /// Items of a type, whatever its case.
    pub(crate) fn of_kind(&self, name: &str) -> Option<&BTreeSet<i64>> {
        self.kinds.get(&name.to_lowercase())
    }

    /// Counts one more item or revision that a query or a feed looks at.
    pub(crate) fn examine(&self) {
        self.examined.set(self.examined.get() + 1);
    }

    /// How many rows queries and feeds have looked at so far.
    pub(crate) fn examined(&self) -> u64 {
        self.examined.get()
    }
}

fn relist(
    lists: &mut BTreeMap<String, BTreeSet<i64>>,
    reference: &str,
    id: i64,
    old: Option<&Revision>,
    new: Option<&Revision>,
) {
    let (from, to) = (
        old.map(|r| r.fields.text(reference)),
        new.map(|r| r.fields.text(reference)),
    );
    if from == to {
        return;
    }
    if let Some(ids) = from.and_then(|from| lists.get_mut(&from.to_lowercase())) {
        ids.remove(&id);
    }
    if let Some(to) = to {
        lists.entry(to.to_lowercase()).or_default().insert(id);
    }
}
