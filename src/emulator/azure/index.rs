//! The orders in which queries look for items: by the moment of the latest change, by state, by
//! type and by project. Only `store.rs` writes here, with every revision.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use super::field;
use super::item::{Item, Revision};

/// What nothing is in.
static NONE: BTreeSet<i64> = BTreeSet::new();

/// Ids of items, by what their newest revision says. Items in the recycle bin are listed too.
#[derive(Debug, Default)]
pub(crate) struct Index {
    changed: BTreeSet<(i64, i64)>,
    states: BTreeMap<String, BTreeSet<i64>>,
    kinds: BTreeMap<String, BTreeSet<i64>>,
    projects: BTreeMap<usize, BTreeSet<i64>>,
    examined: Cell<u64>,
}

impl Index {
    /// The index of these items, faster than one write after the other.
    pub(crate) fn of<'a>(items: impl Iterator<Item = &'a Item>) -> Self {
        let mut index = Self::default();
        let mut changed = Vec::new();
        for item in items {
            let Some(latest) = item.latest() else {
                continue;
            };
            changed.push((latest.changed_ms, item.id));
            index.list(item.id, None, latest);
        }
        index.changed = changed.into_iter().collect();
        index
    }

    /// The newest revision of an item is another, or there is none any more.
    pub(crate) fn replace(&mut self, id: i64, old: Option<&Revision>, new: Option<&Revision>) {
        if let Some(old) = old {
            self.changed.remove(&(old.changed_ms, id));
        }
        if let Some(new) = new {
            self.changed.insert((new.changed_ms, id));
        }
        match new {
            Some(new) => self.list(id, old, new),
            None => self.unlist(id, old),
        }
    }

    /// Moves an item between the lists of words where its words are not those of before.
    fn list(&mut self, id: i64, old: Option<&Revision>, new: &Revision) {
        for (reference, lists) in [
            (field::STATE, &mut self.states),
            (field::TYPE, &mut self.kinds),
        ] {
            let before = old.map(|it| it.fields.text(reference));
            let after = new.fields.text(reference);
            if before != Some(after) {
                relist(
                    lists,
                    id,
                    before.map(str::to_lowercase),
                    Some(after.to_lowercase()),
                );
            }
        }
        let before = old.map(|it| it.project);
        if before != Some(new.project) {
            relist(&mut self.projects, id, before, Some(new.project));
        }
    }

    fn unlist(&mut self, id: i64, old: Option<&Revision>) {
        let Some(old) = old else { return };
        let word = |reference| Some(old.fields.text(reference).to_lowercase());
        relist(&mut self.states, id, word(field::STATE), None);
        relist(&mut self.kinds, id, word(field::TYPE), None);
        relist(&mut self.projects, id, Some(old.project), None);
    }

    /// Items whose latest change is this one or a later, the earliest first.
    pub(crate) fn changed_since(&self, ms: i64) -> impl Iterator<Item = i64> {
        self.changed(ms, i64::MAX)
    }

    /// Items whose latest change is in a span of time, both ends included, the earliest first.
    pub(crate) fn changed(&self, from: i64, to: i64) -> impl Iterator<Item = i64> {
        let span = (from, i64::MIN)..=(to.max(from), i64::MAX);
        self.changed.range(span).map(|&(_, id)| id)
    }

    /// Items in a state, whatever its case.
    pub(crate) fn of_state(&self, name: &str) -> &BTreeSet<i64> {
        self.states.get(&name.to_lowercase()).unwrap_or(&NONE)
    }

    /// Items of a type, whatever its case.
    pub(crate) fn of_kind(&self, name: &str) -> &BTreeSet<i64> {
        self.kinds.get(&name.to_lowercase()).unwrap_or(&NONE)
    }

    /// Items of a project.
    pub(crate) fn of_project(&self, project: usize) -> &BTreeSet<i64> {
        self.projects.get(&project).unwrap_or(&NONE)
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

/// Moves an item from the list of its old word to that of its new one.
fn relist<K: Ord>(lists: &mut BTreeMap<K, BTreeSet<i64>>, id: i64, from: Option<K>, to: Option<K>) {
    if from == to {
        return;
    }
    if let Some(ids) = from.and_then(|from| lists.get_mut(&from)) {
        ids.remove(&id);
    }
    if let Some(to) = to {
        lists.entry(to).or_default().insert(id);
    }
}
