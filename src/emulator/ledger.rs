//! The ledger: every write that a site accepted, in order. It is the oracle of every test, so it
//! is kept apart from the site's own state and no request but a reset can take anything out of it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::limit;

/// What a write did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An item came to be.
    Create,
    /// Fields of an item changed.
    Edit,
    /// An item's status or state changed.
    Transition,
    /// A comment came to be.
    Comment,
    /// A comment's text changed.
    CommentEdit,
    /// A comment was taken away.
    CommentDelete,
    /// A file was uploaded or attached.
    Attachment,
    /// A link, remote link or relation was made, changed or taken away.
    Link,
    /// An item went to another project or became of another type by a move.
    Move,
    /// Options of a custom field were made, changed or taken away.
    Option,
    /// Work on an item was logged, or such a log was changed or taken away.
    Worklog,
    /// Somebody watches an item or votes for it, or no longer does.
    Watch,
    /// A property of an item or comment was set or taken away.
    Property,
    /// An item was deleted or put into the recycle bin.
    Delete,
    /// An item came back out of the recycle bin.
    Restore,
}

/// One accepted write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Virtual time, milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// The HTTP method.
    pub method: String,
    /// The request's path.
    pub path: String,
    /// What the write did.
    pub kind: Kind,
    /// The item's id.
    pub id: String,
    /// What a synchroniser left in the write so as to find it again, if anything.
    pub marker: Option<String>,
    /// The writer: account id or unique name.
    pub by: String,
}

/// All accepted writes of one site.
#[derive(Debug, Default)]
pub struct Ledger {
    entries: Vec<Entry>,
    creates: BTreeMap<String, u64>,
    comments: BTreeMap<String, u64>,
    beyond: u64,
}

impl Ledger {
    /// An empty ledger.
    pub fn new() -> Self {
        Self::default()
    }

    /// Enters one accepted write. Beyond [`limit::LEDGER_ENTRIES_MAX`] a write is counted, no
    /// longer listed; the counts per marker stay exact.
    pub fn enter(&mut self, entry: Entry) {
        if let Some(marker) = &entry.marker {
            match entry.kind {
                Kind::Create => *self.creates.entry(marker.clone()).or_default() += 1,
                Kind::Comment => *self.comments.entry(marker.clone()).or_default() += 1,
                _ => {}
            }
        }
        if self.entries.len() < limit::LEDGER_ENTRIES_MAX {
            self.entries.push(entry);
        } else {
            self.beyond += 1;
        }
    }

    /// All listed writes, oldest first; the position plus one is the sequence number.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many creates carried each marker.
    pub fn creates(&self) -> &BTreeMap<String, u64> {
        &self.creates
    }

    /// How many new comments carried each marker.
    pub fn comments(&self) -> &BTreeMap<String, u64> {
        &self.comments
    }

    /// Forgets everything; only a reset of the whole site does this.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The document of `GET /_emulator/ledger`.
    pub fn document(&self) -> Value {
        let entries: Vec<Value> = self.entries.iter().enumerate().map(numbered).collect();
        json!({
            "entries": entries,
            "creates": self.creates,
            "comments": self.comments,
            "unlisted": self.beyond,
        })
    }
}

fn numbered((index, entry): (usize, &Entry)) -> Value {
    json!({
        "seq": index + 1,
        "at": entry.at_ms,
        "method": entry.method,
        "path": entry.path,
        "kind": entry.kind,
        "id": entry.id,
        "marker": entry.marker,
        "by": entry.by,
    })
}
