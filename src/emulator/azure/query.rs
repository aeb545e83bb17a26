//! Stored queries: the two roots of every project, folders, and what is in them. Every caller has
//! `My Queries` of their own; `Shared Queries` belong to the project.

mod answer;
mod change;

use std::collections::BTreeMap;

/// A stored query or a folder.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) id: String,
    pub(crate) project: usize,
    /// Whose query it is; nothing for a shared one.
    pub(crate) owner: Option<usize>,
    /// The folder; nothing for a root.
    pub(crate) parent: Option<String>,
    pub(crate) name: String,
    /// The query's text; nothing for a folder.
    pub(crate) wiql: Option<String>,
    pub(crate) created: (usize, i64),
    pub(crate) modified: (usize, i64),
    pub(crate) executed: Option<(usize, i64)>,
    pub(crate) deleted: bool,
}

/// The queries of the organisation.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    items: BTreeMap<String, Stored>,
}

pub(crate) const MINE: &str = "My Queries";
pub(crate) const SHARED: &str = "Shared Queries";

impl Shelf {
    pub(crate) fn get(&self, id: &str) -> Option<&Stored> {
        self.items.get(&id.to_lowercase())
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Stored> {
        self.items.get_mut(&id.to_lowercase())
    }

    pub(crate) fn put(&mut self, stored: Stored) {
        self.items.insert(stored.id.to_lowercase(), stored);
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    /// What stands in a folder, folders first, each in the order of names.
    pub(crate) fn children(&self, id: &str, deleted: bool) -> Vec<&Stored> {
        let mut rows: Vec<&Stored> = self
            .items
            .values()
            .filter(|s| s.parent.as_deref() == Some(id) && (deleted || !s.deleted))
            .collect();
        rows.sort_by_key(|s| (s.wiql.is_some(), s.name.to_lowercase()));
        rows
    }

    /// The folders above, the root first. The depth of folders is bounded when they are made.
    pub(crate) fn above(&self, stored: &Stored) -> Vec<&Stored> {
        let mut rows = Vec::new();
        let mut next = stored.parent.as_deref();
        while let Some(folder) = next.and_then(|id| self.get(id)) {
            rows.insert(0, folder);
            next = folder.parent.as_deref();
        }
        rows
    }

    /// `Shared Queries/Folder/Query`.
    pub(crate) fn path(&self, stored: &Stored) -> String {
        let above = self.above(stored).into_iter().map(|s| s.name.as_str());
        let names: Vec<&str> = above.chain([stored.name.as_str()]).collect();
        names.join("/")
    }

    /// Everything below a folder, not the folder itself.
    pub(crate) fn below(&self, id: &str) -> Vec<String> {
        let mut all = Vec::new();
        let mut waiting = vec![id.to_owned()];
        while let Some(id) = waiting.pop() {
            for child in self.children(&id, true) {
                all.push(child.id.clone());
                waiting.push(child.id.clone());
            }
        }
        all
    }

    /// Takes an item with everything below it away for ever.
    pub(crate) fn destroy(&mut self, id: &str) {
        for id in self.below(id).into_iter().chain([id.to_owned()]) {
            self.items.remove(&id.to_lowercase());
        }
    }

    /// Every item.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Stored> {
        self.items.values()
    }
}
