//! Unsaid: what an element says and a document has no place for: fonts, boxes, tooltips.
//!
//! A text that crosses and comes back is without it, so it is told. Editors say much of it with every word, fonts above all;
//! so each is told once for a text, where it was met first.

use crate::html::style::{Frame, Style};
use crate::html::tree::Id;
use crate::loss::{Instead, LossKind};

use super::Reader;

/// A loss that is told once.
pub(super) type Told = (LossKind, Instead);

impl Reader<'_> {
    /// Tells what this element says beyond what is read of it.
    pub(super) fn tell_unsaid(&mut self, id: Id, name: &str, own: &Style) {
        let said = [
            (self.dresses_letters(id, name, own), LossKind::Mark),
            (self.dresses_block(id, name, own), LossKind::Style),
            (self.places_image(id, name, own), LossKind::MediaLayout),
            (self.places_table(id, name, own), LossKind::TableLayout),
            (name != "a" && self.says(id, "title"), LossKind::Attribute),
        ];
        for (said, kind) in said {
            if said {
                self.tell_once((kind, Instead::Plain));
            }
        }
        match name {
            "a" if self.says(id, "name") || self.says(id, "id") => {
                self.tell_once((LossKind::Anchor, Instead::Nothing));
            }
            "button" | "select" | "textarea" | "output" => {
                self.tell_once((LossKind::Unsupported, Instead::Text));
            }
            "ruby" => self.tell_once((LossKind::Structure, Instead::Text)),
            _ => {}
        }
    }

    fn tell_once(&mut self, loss: Told) {
        if self.told.insert(loss) {
            self.losses.add(loss.0, loss.1);
        }
    }

    /// Whether an attribute is there and not blank.
    fn says(&self, id: Id, name: &str) -> bool {
        let value = self.tree.attr(id, name);
        value.is_some_and(|value| !value.trim().is_empty())
    }

    /// The font, the size and the case of letters.
    fn dresses_letters(&self, id: Id, name: &str, own: &Style) -> bool {
        let font = name == "font" && (self.says(id, "size") || self.says(id, "face"));
        own.letters || font || matches!(name, "small" | "big")
    }

    /// Boxes, indentation, the direction of the text, and kinds of numbers.
    fn dresses_block(&self, id: Id, name: &str, own: &Style) -> bool {
        let right = self.tree.attr(id, "dir");
        let turned = own.turned || right.is_some_and(|dir| dir.trim().eq_ignore_ascii_case("rtl"));
        let numbered = match name {
            "ol" => own.numbered || self.tree.attr(id, "reversed").is_some(),
            "li" => own.numbered || self.says(id, "value"),
            _ => false,
        };
        let boxed = match name {
            "div" => own.frame == Some(Frame::Other),
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                matches!(own.frame, Some(Frame::Other | Frame::Left))
            }
            _ => false,
        };
        // A word processor indents its items, which are read as such.
        let shifted = matches!(name, "p" | "div") && own.shifted && own.list.is_none();
        turned || numbered || boxed || shifted
    }

    fn places_image(&self, id: Id, name: &str, own: &Style) -> bool {
        let relative = |name| {
            let size = self.tree.attr(id, name);
            size.is_some_and(|size| size.trim_end().ends_with('%'))
        };
        let sized = own.relative || relative("width") || relative("height");
        name == "img" && (own.floats || sized || self.says(id, "align"))
    }

    fn places_table(&self, id: Id, name: &str, own: &Style) -> bool {
        let colored = own.background.is_some() || self.says(id, "bgcolor");
        let placed = own.floats || self.says(id, "align");
        name == "table" && (colored || placed || own.width.is_some())
    }
}
