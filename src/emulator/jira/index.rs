//! The search index, which follows the issues late.
//!
//! Every write becomes visible to searches only after its own lag, so a search misses what was
//! just created and shows what was just edited as it was before (jira.md 3.1). Direct reads never
//! come here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::jira::issue::Fields;

/// How far back a stale search looks, in milliseconds.
const STALE_MS: i64 = 30_000;

#[derive(Debug)]
struct Entry {
    now: Arc<Fields>,
    since_ms: i64,
    before: Option<Arc<Fields>>,
}

#[derive(Debug)]
enum Pending {
    Put(Arc<Fields>),
    Remove(u64),
}

/// Copies of the issues' fields, each as of some moment before now.
#[derive(Debug, Default)]
pub(crate) struct Index {
    entries: BTreeMap<u64, Entry>,
    by_updated: BTreeSet<(u64, i64, u64)>,
    pending: BTreeMap<(i64, u64), Pending>,
    sequence: u64,
}

impl Index {
    /// The index will show these fields from `due_ms` on.
    pub(crate) fn put(&mut self, fields: Arc<Fields>, due_ms: i64) {
        self.wait(due_ms, Pending::Put(fields));
    }

    /// The index will no longer show this issue from `due_ms` on.
    pub(crate) fn remove(&mut self, id: u64, due_ms: i64) {
        self.wait(due_ms, Pending::Remove(id));
    }

    fn wait(&mut self, due_ms: i64, pending: Pending) {
        self.sequence += 1;
        self.pending.insert((due_ms, self.sequence), pending);
    }

    /// Takes in what is due.
    pub(crate) fn catch_up(&mut self, now_ms: i64) {
        while let Some(entry) = self.pending.first_entry() {
            let due_ms = entry.key().0;
            if due_ms > now_ms {
                return;
            }
            match entry.remove() {
                Pending::Put(fields) => self.take_in(fields, due_ms),
                Pending::Remove(id) => self.drop_out(id),
            }
        }
    }

    fn take_in(&mut self, fields: Arc<Fields>, due_ms: i64) {
        let id = fields.id;
        let before = self.entries.get(&id).map(|entry| Arc::clone(&entry.now));
        if before
            .as_ref()
            .is_some_and(|before| before.revision >= fields.revision)
        {
            return;
        }
        if let Some(before) = &before {
            self.by_updated.remove(&position(before));
        }
        self.by_updated.insert(position(&fields));
        self.entries.insert(
            id,
            Entry {
                now: fields,
                since_ms: due_ms,
                before,
            },
        );
    }

    fn drop_out(&mut self, id: u64) {
        if let Some(entry) = self.entries.remove(&id) {
            self.by_updated.remove(&position(&entry.now));
        }
    }

    /// One issue as the index shows it.
    pub(crate) fn get(&self, id: u64) -> Option<&Arc<Fields>> {
        self.entries.get(&id).map(|entry| &entry.now)
    }

    /// All issues as the index shows them.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Fields>> {
        self.entries.values().map(|entry| &entry.now)
    }

    /// All issues as the index showed them a while ago.
    pub(crate) fn stale(&self, now_ms: i64) -> impl Iterator<Item = &Arc<Fields>> {
        let fresh = move |entry: &&Entry| entry.since_ms > now_ms - STALE_MS;
        self.entries.values().filter_map(move |entry| {
            if fresh(&entry) {
                entry.before.as_ref()
            } else {
                Some(&entry.now)
            }
        })
    }

    /// The issues of one project that were updated at or after a moment.
    pub(crate) fn updated_since(
        &self,
        project: u64,
        since_ms: i64,
    ) -> impl Iterator<Item = &Arc<Fields>> {
        let range = (project, since_ms, 0)..=(project, i64::MAX, u64::MAX);
        self.by_updated
            .range(range)
            .filter_map(|&(_, _, id)| self.get(id))
    }
}

fn position(fields: &Fields) -> (u64, i64, u64) {
    (fields.project.id, fields.updated_ms, fields.id)
}
