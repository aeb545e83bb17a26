//! Writing ADF: a repaired document printed as JSON.
//!
//! What is printed describes itself to whoever takes it, as a tree or as text, so that no tree is made where text is wanted.

mod block;
mod inline;
mod media;
mod node;
mod table;
mod task;
mod valid;

use std::cell::Cell;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::block::Block;
use crate::document::Document;
use crate::loss::{Loss, Losses};
use crate::resolver::Resolver;
use crate::stages;

use super::repair;

pub(super) use valid::{
    border_color_is_valid, datasource_is_valid, extension_is_valid, status_color_is_valid,
};

/// Writes a document as ADF. The result is always accepted by Atlassian's schema: what it does not allow is replaced
/// by the nearest it does, and a loss says so. A node that the schema does not know becomes a visible placeholder.
pub fn write(doc: &Document, resolver: &dyn Resolver) -> (Value, Vec<Loss>) {
    let mut content = Vec::with_capacity(doc.blocks.len());
    let losses = each(doc, resolver, |block| {
        // A tree of strings and numbers takes whatever is told.
        content.extend(serde_json::to_value(block));
    });
    (
        json!({"type": "doc", "version": 1, "content": content}),
        losses,
    )
}

/// The same as text.
pub(crate) fn write_text(doc: &Document, resolver: &dyn Resolver) -> (String, Vec<Loss>) {
    let mut out = String::from("{\"type\":\"doc\",\"version\":1,\"content\":[");
    let mut first = true;
    let losses = each(doc, resolver, |block| {
        if !std::mem::take(&mut first) {
            out.push(',');
        }
        json::push(&mut out, block);
    });
    out.push_str("]}");
    (out, losses)
}

/// Hands each block on as it is printed.
fn each(
    doc: &Document,
    resolver: &dyn Resolver,
    mut print: impl FnMut(&Print<'_, Block>),
) -> Vec<Loss> {
    let mut losses = Losses::default();
    let ids = Cell::new(0);
    stages::run(
        doc,
        resolver,
        &mut losses,
        |_| false,
        repair::block,
        |block| {
            print(&Print(
                block,
                Printer {
                    nested: false,
                    ids: &ids,
                },
            ));
        },
    );
    losses.done()
}

/// What printing needs to know beside what is printed.
#[derive(Clone, Copy)]
struct Printer<'a> {
    /// Whether an expand here is a nested one.
    nested: bool,
    /// How many identities were given out.
    ids: &'a Cell<usize>,
}

impl Printer<'_> {
    /// Tasks and decisions must have an identity; one that has none is given its number in the document.
    fn id(self, known: Option<&String>) -> Value {
        self.ids.set(self.ids.get() + 1);
        match known {
            Some(id) if !id.is_empty() => Value::from(id.as_str()),
            _ => Value::from(format!("local-{}", self.ids.get())),
        }
    }

    /// The same within what makes an expand a nested one.
    fn within_nested(self) -> Self {
        Self {
            nested: true,
            ..self
        }
    }
}

/// Something as it is printed.
struct Print<'a, T: ?Sized>(&'a T, Printer<'a>);

impl<T> Serialize for Print<'_, [T]>
where
    for<'b> Print<'b, T>: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Print(parts, printer) = self;
        serializer.collect_seq(parts.iter().map(|part| Print(part, *printer)))
    }
}

/// JSON as text.
mod json {
    use std::io;

    use serde::Serialize;

    /// Writes to the end of a string. What serialises JSON writes whole characters; were it not so, nothing would be written.
    struct End<'a>(&'a mut String);

    impl io::Write for End<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
            self.0.push_str(text);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Appends something as JSON; nothing where it cannot be said in JSON.
    pub(super) fn push(out: &mut String, value: &impl Serialize) {
        let before = out.len();
        if serde_json::to_writer(End(out), value).is_err() {
            out.truncate(before);
        }
    }
}
