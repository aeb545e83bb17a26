//! The options of the custom fields that choose from a list, and the one context that each custom field has.
//!
//! An issue holds the ids of its options, so that a renamed option is seen everywhere at once.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::jira::custom::{AREA, PLATFORMS, SEVERITY};
use crate::jira::view::View;

/// One option of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldOption {
    pub(crate) id: u64,
    /// The id of its field.
    pub(crate) field: &'static str,
    /// The option below which a cascading field shows it.
    pub(crate) parent: Option<u64>,
    /// Unique among the options of the same field and parent.
    pub(crate) value: String,
    /// Nobody can choose it any more; issues that have it keep it.
    pub(crate) disabled: bool,
}

/// The options of all fields, by id.
#[derive(Debug)]
pub(crate) struct FieldOptions {
    all: BTreeMap<u64, FieldOption>,
    /// The ids of each field's options in the order in which they are shown.
    order: BTreeMap<&'static str, Vec<u64>>,
    next: u64,
}

/// The id of the first option.
const FIRST: u64 = 10_300;

/// The options with which the site begins: field, value, and the values below it.
const SAMPLE: [(&str, &str, &[&str]); 8] = [
    (SEVERITY, "Critical", &[]),
    (SEVERITY, "Major", &[]),
    (SEVERITY, "Minor", &[]),
    (PLATFORMS, "Linux", &[]),
    (PLATFORMS, "macOS", &[]),
    (PLATFORMS, "Windows", &[]),
    (AREA, "Shop", &["Cart", "Checkout"]),
    (AREA, "Back office", &["Reports", "Stock"]),
];

impl Default for FieldOptions {
    /// The options of the sample site.
    fn default() -> Self {
        let mut options = Self {
            all: BTreeMap::new(),
            order: BTreeMap::new(),
            next: FIRST,
        };
        for (field, value, children) in SAMPLE {
            let parent = options.add(field, None, value.to_owned(), false);
            for child in children {
                options.add(field, Some(parent), (*child).to_owned(), false);
            }
        }
        options
    }
}

impl FieldOptions {
    pub(crate) fn get(&self, id: u64) -> Option<&FieldOption> {
        self.all.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut FieldOption> {
        self.all.get_mut(&id)
    }

    /// The options of a field in their order, those of every parent mixed.
    pub(crate) fn of_field<'a>(
        &'a self,
        field: &str,
    ) -> impl Iterator<Item = &'a FieldOption> + use<'a> {
        let ids = self.order.get(field).map_or(&[][..], Vec::as_slice);
        ids.iter().filter_map(|id| self.all.get(id))
    }

    /// The order of a field's options, for moving some.
    pub(crate) fn order_mut(&mut self, field: &'static str) -> &mut Vec<u64> {
        self.order.entry(field).or_default()
    }

    /// Adds an option as the last of its field, and gives its id.
    pub(crate) fn add(
        &mut self,
        field: &'static str,
        parent: Option<u64>,
        value: String,
        disabled: bool,
    ) -> u64 {
        let id = self.next;
        self.next += 1;
        let option = FieldOption {
            id,
            field,
            parent,
            value,
            disabled,
        };
        self.all.insert(id, option);
        self.order_mut(field).push(id);
        id
    }

    /// Takes an option away with those below it, and gives the ids of all that are gone.
    pub(crate) fn remove(&mut self, id: u64) -> Vec<u64> {
        let below = |it: &&FieldOption| it.id == id || it.parent == Some(id);
        let gone: Vec<u64> = self.all.values().filter(below).map(|it| it.id).collect();
        for id in &gone {
            if let Some(option) = self.all.remove(id) {
                self.order_mut(option.field).retain(|it| it != id);
            }
        }
        gone
    }

    /// The option that `{"id"}` or `{"value"}` names among a field's options below `parent`; values are matched in their
    /// exact case (jira.md 9.2). A disabled option is not found.
    pub(crate) fn named(
        &self,
        field: &str,
        parent: Option<u64>,
        given: &Value,
    ) -> Result<u64, String> {
        let mut possible = self
            .of_field(field)
            .filter(|it| it.parent == parent && !it.disabled);
        match (&given["id"], &given["value"]) {
            (Value::String(id), _) => possible
                .find(|it| it.id.to_string() == *id)
                .map(|it| it.id)
                .ok_or_else(|| format!("Option id '{id}' is not valid")),
            (_, Value::String(value)) => possible
                .find(|it| it.value == *value)
                .map(|it| it.id)
                .ok_or_else(|| format!("Option value '{value}' is not valid")),
            _ => Err("Specify a valid 'id' or 'value' of an option.".to_owned()),
        }
    }
}

/// An option as a field's value shows it.
pub(crate) fn brief(view: &View<'_>, option: &FieldOption) -> Value {
    json!({
        "self": view.link(&format!("customFieldOption/{}", option.id)),
        "value": option.value,
        "id": option.id.to_string(),
    })
}
