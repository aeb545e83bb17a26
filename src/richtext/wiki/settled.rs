//! Settled: blocks that are printed as they are, because every stage of the writer would leave them so.
//!
//! Most texts are paragraphs, headings, lists, tables, code and quotes with a few marks. A block of these that markup can say
//! is neither copied nor taken apart. What is not known here goes through the stages.

use crate::block::{Block, BlockStyle, Cell, CodeBlock, List, ListKind, Table};
use crate::inline::{Inline, Text};
use crate::limit::MAX_LIST_LEVELS;
use crate::mark::Mark;
use crate::resolver::Resolver;
use crate::settled;

use super::escape::is_space;
use super::{link, lower};

/// Whether a block of a document is in normal form, has the references of the target side, and is one that markup has.
pub(super) fn block(block: &Block, resolver: &dyn Resolver) -> bool {
    let known = match block {
        Block::Quote(quote) => {
            let mut blocks = quote.blocks.iter();
            blocks.all(|block| !matches!(block, Block::Quote(_)) && loose(block, resolver))
        }
        other => loose(other, resolver),
    };
    known && settled::block(block)
}

/// A block with empty lines around it.
fn loose(block: &Block, resolver: &dyn Resolver) -> bool {
    match block {
        Block::Paragraph(paragraph) => {
            paragraph.style == BlockStyle::default() && line(&paragraph.inlines, resolver)
        }
        Block::Heading(heading) => {
            heading.style == BlockStyle::default() && line(&heading.inlines, resolver)
        }
        Block::List(inner) => list(inner, MAX_LIST_LEVELS, resolver),
        Block::Code(inner) => code(inner),
        Block::Table(inner) => table(inner, resolver),
        Block::Rule => true,
        _ => false,
    }
}

/// Code that holds the end of no macro.
fn code(code: &CodeBlock) -> bool {
    let language = code.language.as_deref();
    code.breakout.is_none() && !code.text.contains('{') && language.is_none_or(lower::is_language)
}

fn list(list: &List, levels: usize, resolver: &dyn Resolver) -> bool {
    let numbered = matches!(list.kind, ListKind::Ordered { start } if start != 1);
    let Some(levels) = levels.checked_sub(1) else {
        return false;
    };
    let mut items = list.items.iter();
    !numbered && items.all(|item| tight(&item.blocks, levels, resolver))
}

/// Blocks where no empty line can be: a paragraph, and a list below it.
fn tight(blocks: &[Block], levels: usize, resolver: &dyn Resolver) -> bool {
    let (Some(Block::Paragraph(_)), below) = (blocks.first(), blocks.get(1..).unwrap_or_default())
    else {
        return false;
    };
    let below = match below {
        [] => true,
        [Block::List(inner)] => list(inner, levels, resolver),
        _ => false,
    };
    below && blocks.first().is_some_and(|first| loose(first, resolver))
}

fn table(table: &Table, resolver: &dyn Resolver) -> bool {
    let laid_out = table.placement.is_some() || table.width.is_some() || table.fixed.is_some();
    let mut rows = table.rows.iter();
    !laid_out
        && !table.numbered
        && rows
            .all(|row| !row.cells.is_empty() && row.cells.iter().all(|inner| cell(inner, resolver)))
}

fn cell(cell: &Cell, resolver: &dyn Resolver) -> bool {
    let spans = cell.colspan != 1 || cell.rowspan != 1;
    let dressed = !cell.widths.is_empty() || cell.background.is_some() || cell.valign.is_some();
    !spans && !dressed && tight(&cell.blocks, MAX_LIST_LEVELS, resolver)
}

fn line(inlines: &[Inline], resolver: &dyn Resolver) -> bool {
    let is_break = |inline: Option<&Inline>| matches!(inline, None | Some(Inline::HardBreak));
    inlines
        .iter()
        .enumerate()
        .all(|(index, inline)| match inline {
            Inline::Text(run) => {
                let before = index.checked_sub(1).and_then(|before| inlines.get(before));
                let begins = is_break(before);
                let ends = is_break(inlines.get(index + 1));
                spaced(run, begins, ends) && run.marks.iter().all(|it| mark(it, run, resolver))
            }
            Inline::HardBreak => true,
            _ => false,
        })
}

/// Whether spaces at the ends of a run stay where they are: under no marks, and within the line.
fn spaced(run: &Text, begins: bool, ends: bool) -> bool {
    let (first, last) = (run.text.starts_with(is_space), run.text.ends_with(is_space));
    !(first && begins || last && ends) && (run.marks.is_empty() || !first && !last)
}

fn mark(mark: &Mark, run: &Text, resolver: &dyn Resolver) -> bool {
    match mark {
        Mark::Link(link) => {
            link.title.is_none()
                && link::is_simple(&link.href)
                && resolver.link(&link.href).is_none()
                && resolver.picture(&link.href, &run.text).is_none()
        }
        Mark::Strong
        | Mark::Em
        | Mark::Underline
        | Mark::Strike
        | Mark::Sub
        | Mark::Sup
        | Mark::Color(_)
        | Mark::Code => true,
        Mark::Background(_) | Mark::Annotation(_) | Mark::Unknown(_) => false,
    }
}
