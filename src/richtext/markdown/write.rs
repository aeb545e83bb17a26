//! Writing Markdown: a lowered document printed, block by block.
//!
//! An empty line stands between blocks, so that none joins the one before, and lists that follow one another change their
//! bullets. Each container puts its own sign before the lines of what it holds.

use crate::block::{
    Alignment, Block, CodeBlock, Heading, Item, List, ListKind, Paragraph, TaskContent, TaskEntry,
    TaskList,
};
use crate::document::Document;
use crate::html;
use crate::inline::Inline;
use crate::limit::{MAX_LIST_START, MAX_NAME_CHARS};
use crate::loss::{Loss, Losses};
use crate::resolver::{Resolver, Verbatim};
use crate::{normal, resolve};

use super::inline::{self, Place};
use super::{lower, table};

/// Writes a document as Markdown that Azure DevOps shows as it was meant. What Markdown cannot say is shown in another
/// way, and a loss says so.
pub fn write(doc: &Document, resolver: &dyn Resolver) -> (String, Vec<Loss>) {
    let mut losses = Losses::default();
    let normal = normal::document(doc, &mut losses);
    let resolved = resolve::document(&normal, resolver, &mut losses);
    let lowered = lower::document(&resolved, &mut losses);
    (print(&lowered), losses.done())
}

/// Prints a lowered document.
pub(super) fn print(doc: &Document) -> String {
    blocks(&doc.blocks, Gap::Line).join("\n")
}

/// The language of code as it may stand behind a fence; `None` when it may not.
pub(super) fn language(name: &str) -> Option<&str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "+#-_.".contains(c);
    let fits = !name.is_empty() && name.chars().count() <= MAX_NAME_CHARS;
    (fits && name.chars().all(plain)).then_some(name)
}

/// Whether Markdown lacks what HTML has for a block: alignment, or a table that is more than a grid of lines.
pub(super) fn needs_html(block: &Block) -> bool {
    match block {
        Block::Paragraph(Paragraph { style, .. }) | Block::Heading(Heading { style, .. }) => {
            style.alignment != Alignment::Start
        }
        Block::Table(inner) => !table::fits(inner),
        _ => false,
    }
}

/// A block as HTML on one line, which an empty line in code would otherwise end.
fn html_line(block: &Block) -> String {
    let doc = Document {
        blocks: vec![block.clone()],
    };
    let (text, _known) = html::write(&doc, &Verbatim);
    text.replace('\n', "&#10;")
}

/// What stands between blocks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gap {
    /// An empty line.
    Line,
    /// Nothing.
    None,
}

/// The lines of a sequence of blocks.
fn blocks(blocks: &[Block], gap: Gap) -> Vec<String> {
    let mut out = Vec::new();
    let mut other = false;
    let mut before = None;
    for block in blocks {
        let family = family(block);
        other = family.is_some() && family == before && !other;
        before = family;
        if !out.is_empty() && gap == Gap::Line {
            out.push(String::new());
        }
        out.append(&mut lines(block, other));
    }
    out
}

/// Lists that would be one list if they followed one another with the same sign.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Bullets,
    Numbers,
}

fn family(block: &Block) -> Option<Family> {
    match block {
        Block::List(list) => Some(match list.kind {
            ListKind::Bullet => Family::Bullets,
            ListKind::Ordered { .. } => Family::Numbers,
        }),
        Block::TaskList(_) => Some(Family::Bullets),
        _ => None,
    }
}

/// The lines of a block; `other` asks a list for its other sign.
fn lines(block: &Block, other: bool) -> Vec<String> {
    if needs_html(block) {
        return vec![html_line(block)];
    }
    match block {
        Block::Paragraph(paragraph) => split(&inline::line(&paragraph.inlines, Place::Paragraph)),
        Block::Heading(heading) => vec![title(heading)],
        Block::List(inner) => list(inner, other),
        Block::TaskList(list) => tasks(list, other),
        Block::Quote(quote) => quoted(&blocks(&quote.blocks, Gap::Line)),
        Block::Code(inner) => code(inner),
        Block::Table(inner) => table::lines(inner),
        Block::Rule => vec!["___".to_owned()],
        Block::Media(media) => {
            let image = Inline::Image(media.image.clone());
            vec![inline::line(&[image], Place::Single)]
        }
        // Lowering leaves no other kinds.
        _ => Vec::new(),
    }
}

fn split(text: &str) -> Vec<String> {
    text.split('\n').map(str::to_owned).collect()
}

/// A heading. Number signs at its end would be taken for its closing.
fn title(heading: &Heading) -> String {
    let signs = "#".repeat(heading.level.into());
    let text = inline::line(&heading.inlines, Place::Single);
    match text.strip_suffix('#') {
        Some(text) => format!("{signs} {text}\\#"),
        None => format!("{signs} {text}"),
    }
}

fn quoted(lines: &[String]) -> Vec<String> {
    let quote = |line: &String| match line.as_str() {
        "" => ">".to_owned(),
        line => format!("> {line}"),
    };
    lines.iter().map(quote).collect()
}

/// Code between more backticks than it has in a row.
fn code(code: &CodeBlock) -> Vec<String> {
    let fence = "`".repeat((inline::longest_run(&code.text, '`') + 1).max(3));
    let language = code.language.as_deref().unwrap_or_default();
    let mut out = vec![format!("{fence}{language}")];
    out.append(&mut split(&code.text));
    out.push(fence);
    out
}

fn list(list: &List, other: bool) -> Vec<String> {
    let gap = if list.items.iter().all(is_tight) {
        Gap::None
    } else {
        Gap::Line
    };
    let mut out = Vec::new();
    for (index, item) in list.items.iter().enumerate() {
        if index > 0 && gap == Gap::Line {
            out.push(String::new());
        }
        let marker = match list.kind {
            ListKind::Bullet => bullet(other).to_owned(),
            ListKind::Ordered { start } => {
                let number = u64::from(start).saturating_add(index as u64);
                let number = number.min(MAX_LIST_START.into());
                format!("{number}{} ", if other { ')' } else { '.' })
            }
        };
        out.append(&mut marked(&marker, &blocks(&item.blocks, gap)));
    }
    out
}

fn bullet(other: bool) -> &'static str {
    if other { "* " } else { "- " }
}

/// Whether an item is a line, or a line and a list that may follow it without an empty line.
fn is_tight(item: &Item) -> bool {
    match &*item.blocks {
        [first, ..] if needs_html(first) => false,
        [Block::Paragraph(_)] => true,
        [Block::Paragraph(_), Block::List(list)] => {
            matches!(list.kind, ListKind::Bullet | ListKind::Ordered { start: 1 })
        }
        [Block::Paragraph(_), Block::TaskList(_)] => true,
        _ => false,
    }
}

/// Lines with a marker before the first and as much space before the others.
fn marked(marker: &str, lines: &[String]) -> Vec<String> {
    let indent = " ".repeat(marker.len());
    let mark = |(index, line): (usize, &String)| match (index, line.as_str()) {
        (0, line) => format!("{marker}{line}"),
        (_, "") => String::new(),
        (_, line) => format!("{indent}{line}"),
    };
    lines.iter().enumerate().map(mark).collect()
}

fn tasks(list: &TaskList, other: bool) -> Vec<String> {
    let marker = bullet(other);
    let mut out = Vec::new();
    for entry in &list.entries {
        match entry {
            TaskEntry::Item(item) => {
                let sign = if item.done { "[x]" } else { "[ ]" };
                let text = match &item.content {
                    TaskContent::Inlines(inlines) => inline::line(inlines, Place::Single),
                    // Lowering leaves lines only.
                    TaskContent::Blocks(_) => String::new(),
                };
                out.push(format!("{marker}{sign} {text}"));
            }
            TaskEntry::List(nested) => {
                let indent = " ".repeat(marker.len());
                let inner = tasks(nested, false).into_iter();
                out.extend(inner.map(|line| format!("{indent}{line}")));
            }
        }
    }
    out
}
