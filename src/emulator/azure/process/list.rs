//! Picklists: named lists of values that fields take.

use serde_json::{Value as Json, json};

/// A picklist of the organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct List {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Whether the items are whole numbers.
    pub(crate) numbers: bool,
    pub(crate) suggested: bool,
    pub(crate) items: Vec<String>,
}

impl List {
    /// The list without its items.
    pub(crate) fn row(&self, base: &str) -> Json {
        json!({
            "id": self.id,
            "name": self.name,
            "type": if self.numbers { "Integer" } else { "String" },
            "isSuggested": self.suggested,
            "url": format!("{base}/_apis/work/processes/lists/{}", self.id),
        })
    }

    /// The list with its items.
    pub(crate) fn json(&self, base: &str) -> Json {
        let mut json = self.row(base);
        json["items"] = json!(self.items);
        json
    }
}
