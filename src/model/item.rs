//! An item: a Jira issue or an Azure DevOps work item.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Comment, ItemKey, Marker, Millis, PairId, ProfileName, Revision, Side, Value};

/// An item's id on its side: the numeric issue id of Jira, the work item id of Azure DevOps. It survives moves
/// (jira.md 7.4, azure.md 8.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ItemId(pub u64);

impl fmt::Display for ItemId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// An item as one read showed it. Never kept.
#[derive(Clone, PartialEq)]
pub struct Item {
    /// Where it lives.
    pub side: Side,
    /// Its id.
    pub id: ItemId,
    /// Its key at the time of the read.
    pub key: ItemKey,
    /// How far it had got.
    pub revision: Revision,
    /// When it last changed, by the remote's clock.
    pub changed: Millis,
    /// Its project: the key on Jira, the name on Azure DevOps.
    pub project: String,
    /// Its type's name: `Story`, `User Story`.
    pub kind: String,
    /// The fields that the profile's rules name, by the side's own field id (`summary`, `System.Title`). A field that is
    /// not there is empty.
    pub fields: BTreeMap<String, Value>,
    /// All comments, oldest first; `None` when they were not read because the caller knew this revision already.
    pub comments: Option<Vec<Comment>>,
    /// Whether the account we use created it.
    pub created_by_us: bool,
    /// What we wrote into it when we created it. Only believed on items that we created.
    pub marker: Option<Marker>,
}

impl Item {
    /// The value of a field; the empty value when the item has none.
    #[must_use]
    pub fn field(&self, name: &str) -> &Value {
        const EMPTY: &Value = &Value::Empty;
        self.fields.get(name).unwrap_or(EMPTY)
    }

    /// The pair of that profile whose twin this item is, by its marker. A marker is only believed on an item that we
    /// created, and only when it names an item of the other side.
    #[must_use]
    pub fn twin_of(&self, profile: &ProfileName) -> Option<PairId> {
        let marker = self.marker.as_ref().filter(|_| self.created_by_us)?;
        let ours = marker.profile == *profile;
        let far = marker.source.origin == self.side.other();
        (ours && far).then_some(marker.source)
    }
}

impl fmt::Debug for Item {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Item")
            .field("side", &self.side)
            .field("key", &self.key.as_str())
            .field("revision", &self.revision.0)
            .field("fields", &self.fields)
            .field("comments", &self.comments.as_ref().map(Vec::len))
            .finish_non_exhaustive()
    }
}
