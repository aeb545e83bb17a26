//! Indexes over the newest revisions of all items, which queries narrow with.

use std::collections::{BTreeMap, BTreeSet};

use super::field;
use super::item::{Item, Revision};

/// Where an item stands in the indexes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    project: usize,
    kind: String,
    state: String,
    changed_ms: i64,
}

/// Items by what their newest revision says.
#[derive(Debug, Default)]
pub(crate) struct Index {
    projects: BTreeMap<usize, BTreeSet<i64>>,
    kinds: BTreeMap<String, BTreeSet<i64>>,
    states: BTreeMap<String, BTreeSet<i64>>,
    changes: BTreeSet<(i64, i64)>,
}

fn key(revision: &Revision) -> Key {
    Key {
        project: revision.project,
        kind: revision.fields.text(field::TYPE).to_lowercase(),
        state: revision.fields.text(field::STATE).to_lowercase(),
        changed_ms: revision.changed_ms,
    }
}

fn drop_from<K: Ord>(map: &mut BTreeMap<K, BTreeSet<i64>>, key: &K, id: i64) {
    if let Some(set) = map.get_mut(key) {
        set.remove(&id);
    }
}

impl Index {
    /// Takes an item with its newest revision in, in the place of the revision before.
    pub(crate) fn put(&mut self, item: &Item) {
        let Some(new) = item.latest().map(key) else {
            return;
        };
        let before = item.revisions.len().checked_sub(2);
        let old = before.and_then(|at| item.revisions.get(at)).map(key);
        if let Some(old) = &old {
            self.changes.remove(&(old.changed_ms, item.id));
        }
        self.changes.insert((new.changed_ms, item.id));
        let differs = |part: fn(&Key) -> String| old.as_ref().map(part) != Some(part(&new));
        let project_differs = old.as_ref().map(|o| o.project) != Some(new.project);
        if project_differs {
            if let Some(old) = &old {
                drop_from(&mut self.projects, &old.project, item.id);
            }
            self.projects
                .entry(new.project)
                .or_default()
                .insert(item.id);
        }
        if differs(|k| k.kind.clone()) {
            if let Some(old) = &old {
                drop_from(&mut self.kinds, &old.kind, item.id);
            }
            self.kinds
                .entry(new.kind.clone())
                .or_default()
                .insert(item.id);
        }
        if differs(|k| k.state.clone()) {
            if let Some(old) = &old {
                drop_from(&mut self.states, &old.state, item.id);
            }
            self.states
                .entry(new.state.clone())
                .or_default()
                .insert(item.id);
        }
    }

    /// Takes an item out for ever.
    pub(crate) fn remove(&mut self, item: &Item) {
        let Some(old) = item.latest().map(key) else {
            return;
        };
        self.changes.remove(&(old.changed_ms, item.id));
        drop_from(&mut self.projects, &old.project, item.id);
        drop_from(&mut self.kinds, &old.kind, item.id);
        drop_from(&mut self.states, &old.state, item.id);
    }

    /// The items of a project.
    pub(crate) fn project(&self, project: usize) -> impl Iterator<Item = i64> + '_ {
        self.projects.get(&project).into_iter().flatten().copied()
    }

    /// The items whose type or state has the name.
    pub(crate) fn named<'a>(
        &'a self,
        reference: &str,
        name: &str,
    ) -> impl Iterator<Item = i64> + 'a {
        let map = if reference == field::TYPE {
            &self.kinds
        } else {
            &self.states
        };
        map.get(&name.to_lowercase()).into_iter().flatten().copied()
    }

    /// The items last changed from one moment to another, both included.
    pub(crate) fn changed(&self, from: i64, to: i64) -> impl Iterator<Item = i64> + '_ {
        self.changes
            .range((from, i64::MIN)..=(to, i64::MAX))
            .map(|(_, id)| *id)
    }
}
