//! Names that people invent while the organisation runs (fields, states, types, processes), kept for
//! the life of the process, so that a revision can hold them as cheaply as the stock names. The same
//! text is kept once, whoever asks for it; nothing can be asked of this table but the text itself.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use super::field::{Access, Field, Kind};

static TEXTS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
static FIELDS: Mutex<Vec<&'static Field>> = Mutex::new(Vec::new());

/// The text for ever. Callers bound how many different ones they ask for: each comes from a
/// definition that has a limit of its own in `limit.rs`.
pub(crate) fn text(text: &str) -> &'static str {
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = texts.get(text) {
        return known;
    }
    let kept: &'static str = Box::leak(text.to_owned().into_boxed_str());
    texts.insert(kept);
    kept
}

/// A field definition for ever.
pub(crate) fn field(reference: &str, name: &str, kind: Kind) -> &'static Field {
    let wanted = Field {
        reference: text(reference),
        name: text(name),
        kind,
        access: Access::Open,
    };
    let mut fields = FIELDS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = fields.iter().find(|f| ***f == wanted) {
        return known;
    }
    let kept: &'static Field = Box::leak(Box::new(wanted));
    fields.push(kept);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_definition_is_kept_once() {
        let one = field("Custom.Kept", "Kept", Kind::Line);
        assert!(std::ptr::eq(one, field("Custom.Kept", "Kept", Kind::Line)));
        assert!(std::ptr::eq(text("Waiting"), text("Waiting")));
    }
}
