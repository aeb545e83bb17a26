//! The orders in which queries look for items: by the moment of the latest change, by state, by
//! type and by project. Only `store.rs` writes here, with every revision.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use super::field;
use super::item::Revision;

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
    /// The newest revision of an item is another, or there is none any more.
    pub(crate) fn replace(&mut self, id: i64, old: Option<&Revision>, new: Option<&Revision>) {
        if let Some(old) = old {
            self.changed.remove(&(old.changed_ms, id));
        }
        if let Some(new) = new {
            self.changed.insert((new.changed_ms, id));
        }
        let words = |reference: &'static str| {
            let word = move |it: &Revision| it.fields.text(reference).to_lowercase();
            (old.map(word), new.map(word))
        };
        relist(&mut self.states, id, words(field::STATE));
        relist(&mut self.kinds, id, words(field::TYPE));
        let projects = (old.map(|it| it.project), new.map(|it| it.project));
        relist(&mut self.projects, id, projects);
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
fn relist<K: Ord>(
    lists: &mut BTreeMap<K, BTreeSet<i64>>,
    id: i64,
    (from, to): (Option<K>, Option<K>),
) {
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
