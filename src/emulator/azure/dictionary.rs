//! The fields of one organisation: the stock ones, and those that its people added.

use super::field::{self, Field};

/// A field that was added, with what only added fields have.
#[derive(Debug, Clone)]
pub(crate) struct Custom {
    pub(crate) field: &'static Field,
    pub(crate) description: String,
    /// The picklist whose values it takes.
    pub(crate) picklist: Option<String>,
    /// Whether values outside the picklist are welcome too.
    pub(crate) suggested: bool,
    pub(crate) locked: bool,
    /// Deleted fields can be restored by a PATCH.
    pub(crate) deleted: bool,
}

/// Every field of an organisation.
#[derive(Debug, Default)]
pub(crate) struct Dictionary {
    custom: Vec<Custom>,
}

impl Dictionary {
    /// Every field that is not deleted, stock fields first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &'static Field> + '_ {
        let live = self.custom.iter().filter(|c| !c.deleted);
        field::FIELDS.iter().chain(live.map(|c| c.field))
    }

    /// A field by reference name, whatever the case.
    pub(crate) fn by_reference(&self, name: &str) -> Option<&'static Field> {
        field::by_reference(name).or_else(|| {
            let mut live = self.custom.iter().filter(|c| !c.deleted);
            live.find(|c| c.field.reference.eq_ignore_ascii_case(name))
                .map(|c| c.field)
        })
    }

    /// A field by reference name or display name.
    pub(crate) fn by_any_name(&self, name: &str) -> Option<&'static Field> {
        self.by_reference(name)
            .or_else(|| self.all().find(|f| f.name.eq_ignore_ascii_case(name)))
    }

    /// How many fields were added, deleted ones included.
    pub(crate) fn added(&self) -> usize {
        self.custom.len()
    }

    pub(crate) fn add(&mut self, custom: Custom) {
        self.custom.push(custom);
    }

    /// An added field by either name, deleted ones included.
    pub(crate) fn custom(&self, name: &str) -> Option<&Custom> {
        self.custom.iter().find(|c| named(c, name))
    }

    pub(crate) fn custom_mut(&mut self, name: &str) -> Option<&mut Custom> {
        self.custom.iter_mut().find(|c| named(c, name))
    }

    /// Deleted fields that were added.
    pub(crate) fn deleted(&self) -> impl Iterator<Item = &Custom> {
        self.custom.iter().filter(|c| c.deleted)
    }

    /// Whether a field takes its values from this picklist.
    pub(crate) fn uses_list(&self, list: &str) -> bool {
        self.custom
            .iter()
            .any(|c| c.picklist.as_deref() == Some(list))
    }
}

fn named(custom: &Custom, name: &str) -> bool {
    custom.field.reference.eq_ignore_ascii_case(name)
        || custom.field.name.eq_ignore_ascii_case(name)
}
