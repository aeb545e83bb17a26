//! Reading Markdown: parsed, rendered as HTML, and that read.

use comrak::{Arena, Options};

use crate::document::Document;
use crate::html;
use crate::limit::MAX_MARKDOWN_BYTES;
use crate::loss::{Instead, Loss, LossKind, Losses};
use crate::normal;

use super::source::Source;
use super::{lower, render, tasks};

/// Reads Markdown as Azure DevOps shows it. Never fails: what is not text or unknown is left out or becomes a placeholder, and
/// a loss says so.
pub fn read(text: &str) -> (Document, Vec<Loss>) {
    let mut losses = Losses::default();
    let end = text.floor_char_boundary(MAX_MARKDOWN_BYTES);
    let (text, rest) = text.split_at(end);
    if !rest.is_empty() {
        losses.add(LossKind::TooLarge, Instead::Nothing);
    }
    let source = Source::new(text);
    let arena = Arena::new();
    let root = comrak::parse_document(&arena, &source.text, &options());
    let rendered = render::html(root, &source, &mut losses);
    let (doc, found) = html::read_rendered(&rendered);
    losses.absorb(found);
    let doc = tasks::document(&doc, &mut losses);
    let doc = normal::document(&doc, &mut losses);
    // HTML may hold what Markdown can say elsewhere only, such as tasks in a cell of a table.
    let doc = lower::document(&doc, &mut losses);
    (doc, losses.done())
}

/// CommonMark with what Azure DevOps shows of GitHub's extensions.
fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.tasklist = true;
    options.extension.strikethrough = true;
    options
}
