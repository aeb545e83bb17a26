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
use crate::stages;

use super::inline::{self, Place};
use super::{lower, table};

/// Writes a document as Markdown that Azure DevOps shows as it was meant. What Markdown cannot say is shown in another
/// way, and a loss says so.
pub fn write(doc: &Document, resolver: &dyn Resolver) -> (String, Vec<Loss>) {
    let mut losses = Losses::default();
    let mut page = Page::default();
    let mut sequence = Sequence::default();
    stages::run(
        doc,
        resolver,
        &mut losses,
        |_| false,
        lower::block,
        |block| {
            page.next(&mut sequence, block, Gap::Line);
        },
    );
    (page.out, losses.done())
}

/// Prints a lowered document.
#[cfg(test)]
pub(super) fn print(doc: &Document) -> String {
    let mut page = Page::default();
    page.blocks(&doc.blocks, Gap::Line);
    page.out
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

/// The text that is printed, and what stands before each line of it.
#[derive(Default)]
struct Page {
    out: String,
    /// The signs of the containers that are open.
    prefix: String,
    /// The same for the next line alone, where it is the first of an item.
    lead: Option<String>,
    /// How many lines were printed.
    lines: usize,
}

/// Blocks that follow one another.
#[derive(Default)]
struct Sequence {
    /// Whether any of them printed a line.
    begun: bool,
    /// What kind of list the last one was.
    before: Option<Family>,
    /// Whether it had the other sign.
    other: bool,
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

impl Page {
    /// Prints a line. Before an empty one the signs stand without the space that ends them.
    fn line(&mut self, text: &str) {
        if self.lines > 0 {
            self.out.push('\n');
        }
        self.lines += 1;
        let lead = self.lead.take();
        let signs = match &lead {
            Some(lead) if text.is_empty() && lead.ends_with("> ") => lead.trim_end(),
            Some(lead) => lead,
            None if text.is_empty() => self.prefix.trim_end(),
            None => &self.prefix,
        };
        self.out.push_str(signs);
        self.out.push_str(text);
    }

    fn text(&mut self, text: &str) {
        text.split('\n').for_each(|line| self.line(line));
    }

    /// Prints what stands in a container, whose sign stands before the first line of it and `behind` before all others.
    fn within(&mut self, sign: &str, behind: &str, print: impl FnOnce(&mut Self)) {
        let (outer, lead) = (self.prefix.len(), self.lead.clone());
        let first = lead.as_deref().unwrap_or(&self.prefix);
        if sign != behind || lead.is_some() {
            self.lead = Some(format!("{first}{sign}"));
        }
        self.prefix.push_str(behind);
        let before = self.lines;
        print(self);
        self.prefix.truncate(outer);
        if self.lines == before {
            self.lead = lead;
        }
    }

    fn blocks(&mut self, blocks: &[Block], gap: Gap) {
        let mut sequence = Sequence::default();
        for block in blocks {
            self.next(&mut sequence, block, gap);
        }
    }

    /// Prints the next block of a sequence.
    fn next(&mut self, sequence: &mut Sequence, block: &Block, gap: Gap) {
        let family = family(block);
        sequence.other = family.is_some() && family == sequence.before && !sequence.other;
        sequence.before = family;
        if sequence.begun && gap == Gap::Line {
            self.line("");
        }
        let before = self.lines;
        self.block(block, sequence.other);
        sequence.begun |= self.lines > before;
    }

    /// Prints a block; `other` asks a list for its other sign.
    fn block(&mut self, block: &Block, other: bool) {
        if needs_html(block) {
            return self.line(&html_line(block));
        }
        match block {
            Block::Paragraph(paragraph) => {
                self.text(&inline::line(&paragraph.inlines, Place::Paragraph));
            }
            Block::Heading(heading) => self.line(&title(heading)),
            Block::List(inner) => self.list(inner, other),
            Block::TaskList(list) => self.tasks(list, other),
            Block::Quote(quote) => {
                self.within("> ", "> ", |page| page.blocks(&quote.blocks, Gap::Line));
            }
            Block::Code(inner) => self.code(inner),
            Block::Table(inner) => table::lines(inner, |line| self.line(line)),
            Block::Rule => self.line("___"),
            Block::Media(media) => {
                let image = Inline::Image(media.image.clone());
                self.line(&inline::line(&[image], Place::Single));
            }
            // Lowering leaves no other kinds.
            _ => {}
        }
    }

    /// Code between more backticks than it has in a row.
    fn code(&mut self, code: &CodeBlock) {
        let fence = "`".repeat((inline::longest_run(&code.text, '`') + 1).max(3));
        let language = code.language.as_deref().unwrap_or_default();
        self.line(&format!("{fence}{language}"));
        self.text(&code.text);
        self.line(&fence);
    }

    fn list(&mut self, list: &List, other: bool) {
        let gap = if list.items.iter().all(is_tight) {
            Gap::None
        } else {
            Gap::Line
        };
        for (index, item) in list.items.iter().enumerate() {
            if index > 0 && gap == Gap::Line {
                self.line("");
            }
            let marker = match list.kind {
                ListKind::Bullet => bullet(other).to_owned(),
                ListKind::Ordered { start } => {
                    let number = u64::from(start).saturating_add(index as u64);
                    let number = number.min(MAX_LIST_START.into());
                    format!("{number}{} ", if other { ')' } else { '.' })
                }
            };
            let indent = " ".repeat(marker.len());
            self.within(&marker, &indent, |page| page.blocks(&item.blocks, gap));
        }
    }

    fn tasks(&mut self, list: &TaskList, other: bool) {
        let marker = bullet(other);
        for entry in &list.entries {
            match entry {
                TaskEntry::Item(item) => {
                    let sign = if item.done { "[x]" } else { "[ ]" };
                    let text = match &item.content {
                        TaskContent::Inlines(inlines) => inline::line(inlines, Place::Single),
                        // Lowering leaves lines only.
                        TaskContent::Blocks(_) => String::new(),
                    };
                    self.line(&format!("{marker}{sign} {text}"));
                }
                TaskEntry::List(nested) => {
                    let indent = " ".repeat(marker.len());
                    self.within(&indent, &indent, |page| page.tasks(nested, false));
                }
            }
        }
    }
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
