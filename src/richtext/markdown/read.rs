//! Reading Markdown: parsed, rendered as HTML, and that read.

use comrak::{Arena, Options};

use crate::document::Document;
use crate::html;
use crate::limit::MAX_MARKDOWN_BYTES;
use crate::loss::{Instead, Loss, LossKind, Losses};
use crate::normal;

use super::source::Source;
use super::{lower, part, render, tasks};

/// How long the parts are, at least, in which a long text is read.
const PART_BYTES: usize = 64 * 1024;

/// Reads Markdown as Azure DevOps shows it. Never fails: what is not text or unknown is left out or becomes a placeholder, and
/// a loss says so.
pub fn read(text: &str) -> (Document, Vec<Loss>) {
    let mut losses = Losses::default();
    let end = text.floor_char_boundary(MAX_MARKDOWN_BYTES);
    let (text, rest) = text.split_at(end);
    if !rest.is_empty() {
        losses.add(LossKind::TooLarge, Instead::Nothing);
    }
    read_parts(part::parts(text, PART_BYTES), losses)
}

/// Reads parts, one after the other.
pub(super) fn read_parts(parts: Vec<&str>, losses: Losses) -> (Document, Vec<Loss>) {
    let mut html = html::Parts::new(losses);
    let mut blocks = Vec::new();
    let mut number = 0;
    for part in parts {
        let text = rendered(part, &mut html.losses);
        let read = html.read(text);
        let losses = &mut html.losses;
        for block in read {
            let (mut ticked, mut tidied) = (Vec::new(), Vec::new());
            tasks::block(number, block, losses, &mut ticked);
            for block in ticked {
                normal::block(number, block, losses, &mut tidied);
            }
            // HTML may hold what Markdown can say elsewhere only, such as tasks in a cell of a table.
            for block in tidied {
                lower::block(number, block, losses, &mut blocks);
            }
            number += 1;
        }
    }
    (Document { blocks }, html.losses.done())
}

/// The text as HTML. The tree that comes between is gone before HTML makes one of its own.
fn rendered(text: &str, losses: &mut Losses) -> String {
    let source = Source::new(text);
    let arena = Arena::new();
    let root = comrak::parse_document(&arena, &source.text, &options());
    render::html(root, &source, losses)
}

/// CommonMark with what Azure DevOps shows of GitHub's extensions.
fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.tasklist = true;
    options.extension.strikethrough = true;
    options
}
