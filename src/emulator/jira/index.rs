//! The search index, which follows the issues late.
//!
//! Every write becomes visible to searches only after its own lag, so a search misses what was
//! just created and shows what was just edited as it was before (jira.md 3.1). Direct reads never
//! come here. The issues are also kept in the orders by which people mostly search, so that a
//! search looks at what it may find and not at everything (`narrow.rs` chooses).

use std::cell::Cell;
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
    by_status: BTreeMap<&'static str, BTreeSet<u64>>,
    by_assignee: BTreeMap<&'static str, BTreeSet<u64>>,
    /// Changed issues by the moment from which the index has shown the change.
    by_since: BTreeSet<(i64, u64)>,
    pending: BTreeMap<(i64, u64), Pending>,
    sequence: u64,
    examined: Cell<u64>,
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

    /// The index shows these fields at once, and as if it always had.
    pub(crate) fn show(&mut self, fields: Arc<Fields>) {
        self.take_in(fields, i64::MIN);
    }

    fn take_in(&mut self, fields: Arc<Fields>, due_ms: i64) {
        let id = fields.id;
        let old = self.entries.get(&id);
        let since_ms = old.map(|entry| entry.since_ms);
        let before = old.map(|entry| Arc::clone(&entry.now));
        if before
            .as_ref()
            .is_some_and(|before| before.revision >= fields.revision)
        {
            return;
        }
        if let (Some(before), Some(since_ms)) = (&before, since_ms) {
            self.unlist(before);
            self.by_since.remove(&(since_ms, id));
        }
        self.list(&fields);
        // What was always there is never shown as it was before.
        if due_ms != i64::MIN {
            self.by_since.insert((due_ms, id));
        }
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
            self.unlist(&entry.now);
            self.by_since.remove(&(entry.since_ms, id));
        }
    }

    fn list(&mut self, fields: &Fields) {
        self.by_updated.insert(position(fields));
        let of_status = self.by_status.entry(fields.status.id).or_default();
        of_status.insert(fields.id);
        if let Some(assignee) = fields.assignee {
            let of_assignee = self.by_assignee.entry(assignee).or_default();
            of_assignee.insert(fields.id);
        }
    }

    fn unlist(&mut self, fields: &Fields) {
        self.by_updated.remove(&position(fields));
        if let Some(ids) = self.by_status.get_mut(fields.status.id) {
            ids.remove(&fields.id);
        }
        let assigned = fields.assignee.and_then(|it| self.by_assignee.get_mut(it));
        if let Some(ids) = assigned {
            ids.remove(&fields.id);
        }
    }

    /// Counts one more issue that a search looks at.
    pub(crate) fn examine(&self) {
        self.examined.set(self.examined.get() + 1);
    }

    /// How many issues searches have looked at so far.
    pub(crate) fn examined(&self) -> u64 {
        self.examined.get()
    }

    /// How many issues the index shows.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// One issue as the index shows it.
    pub(crate) fn get(&self, id: u64) -> Option<&Arc<Fields>> {
        self.entries.get(&id).map(|entry| &entry.now)
    }

    /// The issues of which a stale search does not know the latest change.
    pub(crate) fn fresh(&self, now_ms: i64) -> BTreeSet<u64> {
        let known_ms = now_ms.saturating_sub(STALE_MS);
        let after = (known_ms.saturating_add(1), 0);
        self.by_since.range(after..).map(|&(_, id)| id).collect()
    }

    /// One issue as the index showed it before its latest change; nothing when that made it known.
    pub(crate) fn before(&self, id: u64) -> Option<&Arc<Fields>> {
        self.entries.get(&id)?.before.as_ref()
    }

    /// The issues of one project by `updated`, within both bounds; ids decide among equals.
    pub(crate) fn by_updated(
        &self,
        project: u64,
        from_ms: i64,
        to_ms: i64,
    ) -> impl DoubleEndedIterator<Item = &Arc<Fields>> {
        // An empty span would be a range that ends before it begins.
        let to_ms = to_ms.max(from_ms);
        let range = (project, from_ms, 0)..=(project, to_ms, u64::MAX);
        self.by_updated
            .range(range)
            .filter_map(|&(_, _, id)| self.get(id))
    }

    /// The issues of a status, by its id.
    pub(crate) fn of_status(&self, status: &str) -> Option<&BTreeSet<u64>> {
        self.by_status.get(status)
    }

    /// The issues of an assignee, by account id.
    pub(crate) fn of_assignee(&self, account: &str) -> Option<&BTreeSet<u64>> {
        self.by_assignee.get(account)
    }
}

fn position(fields: &Fields) -> (u64, i64, u64) {
    (fields.project.id, fields.updated_ms, fields.id)
}
