//! Lowering: a document brought into what Markdown can show.
//!
//! What Markdown lacks is shown by what it or the HTML within it has: a panel as a quote with a bold title, a date as its text, a
//! table that is more than a grid of lines as a table of HTML. Law: lowering twice is lowering once, and a document that ADF
//! accepts is one that it accepts after lowering. A text that came back is then written exactly as before.

use crate::adf;
use crate::block::{
    Block, BlockStyle, CodeBlock, Heading, ListKind, Paragraph, Table, TaskContent, TaskEntry,
    TaskItem, TaskList,
};
use crate::document::Document;
use crate::html;
use crate::inline::{Image, ImageRef, ImageSource, Inline, MediaKind, Mention};
use crate::limit::{MAX_LIST_START, MAX_PIXELS};
use crate::loss::{Instead, LossKind, Losses};
use crate::lower::{self, Lowering};
use crate::mark::Link;
use crate::reference::is_guid;
use crate::resolver::Verbatim;
use crate::walk::{self, Rewrite, Visitor};
use crate::{normal, plain};

use super::{table, write};

/// Appends a block of a document as Markdown can show it, in normal form.
pub(super) fn block(index: usize, block: Block, losses: &mut Losses, out: &mut Vec<Block>) {
    Markdown { losses, within: 0 }.at(index, block, out);
}

struct Markdown<'a> {
    losses: &'a mut Losses,
    /// How many blocks around may become HTML, in which mentions have names and links no titles.
    within: usize,
}

impl Visitor for Markdown<'_> {
    fn inlines(&mut self, inlines: Vec<Inline>) -> Vec<Inline> {
        self.shown(inlines)
    }

    fn blocks(&mut self, part: usize, blocks: Vec<Block>) -> Vec<Block> {
        self.content(part, blocks)
    }
}

impl Rewrite for Markdown<'_> {
    fn losses(&mut self) -> &mut Losses {
        self.losses
    }

    fn block(&mut self, block: Block, out: &mut Vec<Block>) {
        self.lower(block, out);
    }
}

impl Lowering for Markdown<'_> {
    fn task_list(&mut self, list: TaskList, out: &mut Vec<Block>) {
        let list = self.task_entries(list);
        out.push(Block::TaskList(list));
    }

    /// Takes away what Markdown cannot say of a block that it has.
    fn trim(&mut self, block: &mut Block) {
        match block {
            Block::Paragraph(Paragraph { style, .. }) | Block::Heading(Heading { style, .. }) => {
                self.trim_style(style);
            }
            Block::Code(code) => self.trim_code(code),
            Block::List(list) => {
                if let ListKind::Ordered { start } = &mut list.kind
                    && *start > MAX_LIST_START
                {
                    *start = MAX_LIST_START;
                    self.losses.add(LossKind::Structure, Instead::Plain);
                }
            }
            _ => {}
        }
        if let Block::Paragraph(paragraph) = block
            && let Some(image) = self.lone_image(paragraph)
        {
            *block = adf::single(&image);
        }
    }

    /// A paragraph or a heading, as HTML where it is aligned.
    fn line(&mut self, block: Block, out: &mut Vec<Block>) {
        let aligned = usize::from(write::needs_html(&block));
        self.within += aligned;
        let mut kept = walk::rebuild(block, self);
        self.trim(&mut kept);
        self.within -= aligned;
        if self.within == 0 && write::needs_html(&kept) {
            self.as_html(kept, out);
        } else {
            out.push(kept);
        }
    }

    /// A table that Markdown can say, or else as HTML can.
    fn table(&mut self, original: Block, out: &mut Vec<Block>) {
        self.within += 1;
        let rebuilt = walk::rebuild(original, self);
        self.within -= 1;
        let Block::Table(mut table) = rebuilt else {
            return;
        };
        if lower::take_layout(&mut table) {
            self.losses.add(LossKind::TableLayout, Instead::Plain);
        }
        if self.within > 0 {
            return out.push(Block::Table(table));
        }
        if table::fits(&table) {
            self.trim_cells(&mut table);
            return out.push(Block::Table(table));
        }
        self.as_html(Block::Table(table), out);
    }

    /// A mention, which is of a GUID or none. The name that is shown is Azure DevOps' own.
    fn mention(&mut self, mention: &Mention) -> Inline {
        if mention.access_level.is_some() || mention.user_type.is_some() {
            self.losses.add(LossKind::Attribute, Instead::Plain);
        }
        let edge = |c: char| c.is_whitespace() || c.is_control() || c == '{' || c == '}';
        let id = mention.id.trim_matches(edge);
        if !is_guid(id) {
            self.losses.add(LossKind::Mention, Instead::Text);
            return Inline::text(mention.shown());
        }
        // HTML shows the identity where there is no name.
        let named = self.within > 0 && mention.name != id;
        let name = if named { &mention.name } else { "" };
        Inline::Mention(Box::new(Mention {
            id: id.to_owned(),
            name: name.to_owned(),
            ..Mention::default()
        }))
    }

    /// A link with its title on one line, and without it where a block may become HTML, which has none.
    fn link(&mut self, link: &mut Link) {
        let title = link.title.as_deref().filter(|_| self.within == 0);
        let title = title.map(one_line);
        if title != link.title {
            self.losses.add(LossKind::LinkDetail, Instead::Plain);
        }
        link.title = title.filter(|title| !title.is_empty());
    }

    /// The image as Markdown shows it, or the text that stands in where it has no URL.
    fn image(&mut self, image: &Image) -> Result<Image, String> {
        let reference = &image.reference;
        let ImageSource::Url(_) = reference.source else {
            self.losses.add(LossKind::Image, Instead::Placeholder);
            return Err(reference.placeholder());
        };
        let size = |pixels: Option<u32>| pixels.filter(|pixels| *pixels <= MAX_PIXELS);
        let (width, height) = (size(reference.width), size(reference.height));
        if image.border.is_some() || width != reference.width || height != reference.height {
            self.losses.add(LossKind::MediaLayout, Instead::Plain);
        }
        let alt = reference.alt.as_deref().map(one_line);
        if alt != reference.alt {
            self.losses.add(LossKind::Whitespace, Instead::Plain);
        }
        Ok(Image {
            reference: Box::new(ImageRef {
                source: reference.source.clone(),
                kind: MediaKind::File,
                alt: alt.filter(|alt| !alt.is_empty()),
                width,
                height,
            }),
            link: image.link.clone(),
            border: None,
        })
    }
}

impl Markdown<'_> {
    fn trim_code(&mut self, code: &mut CodeBlock) {
        let named = code.language.is_some();
        code.language = code
            .language
            .as_deref()
            .and_then(write::language)
            .map(str::to_owned);
        if (named && code.language.is_none()) | code.breakout.take().is_some() {
            self.losses.add(LossKind::Code, Instead::Plain);
        }
        self.spaces(&mut code.text, &['\u{a0}']);
    }

    /// A block as HTML gives it back. That may have lost just what Markdown cannot say.
    fn as_html(&mut self, block: Block, out: &mut Vec<Block>) {
        let doc = Document {
            blocks: vec![block],
        };
        let (text, losses) = html::write(&doc, &Verbatim);
        for loss in losses {
            self.losses.add(loss.kind, loss.instead);
        }
        self.within += 1;
        let read = html::read(&text).0.blocks;
        let known: Vec<Block> = read
            .into_iter()
            .map(|block| walk::rebuild(block, self))
            .collect();
        self.within -= 1;
        for mut block in known {
            if let Block::Table(table) = &mut block
                && table::fits(table)
            {
                self.trim_cells(table);
            }
            out.push(block);
        }
    }

    /// A table of Markdown shows no name of a mention, and no alignment of an empty cell.
    fn trim_cells(&mut self, table: &mut Table) {
        let cells = table.rows.iter_mut().flat_map(|row| &mut row.cells);
        for block in cells.flat_map(|cell| &mut cell.blocks) {
            let Block::Paragraph(paragraph) = block else {
                continue;
            };
            for inline in &mut paragraph.inlines {
                if let Inline::Mention(mention) = inline {
                    mention.name.clear();
                }
            }
            if paragraph.inlines.is_empty() && paragraph.style != BlockStyle::default() {
                self.losses.add(LossKind::Style, Instead::Plain);
                paragraph.style = BlockStyle::default();
            }
        }
    }

    /// Tasks of one line each, with lists below them.
    fn task_entries(&mut self, list: TaskList) -> TaskList {
        let mut out: Vec<TaskEntry> = Vec::with_capacity(list.entries.len());
        for (part, entry) in list.entries.into_iter().enumerate() {
            self.losses.enter(part, "entry");
            match entry {
                TaskEntry::Item(item) => out.push(TaskEntry::Item(TaskItem {
                    done: item.done,
                    content: TaskContent::Inlines(self.task(item.content)),
                    local_id: None,
                })),
                TaskEntry::List(nested) => {
                    let mut nested = self.task_entries(nested);
                    match out.last_mut() {
                        Some(TaskEntry::Item(_)) => out.push(TaskEntry::List(nested)),
                        // Lists that follow one another are one, and one without a task above it is no list of its own.
                        Some(TaskEntry::List(before)) => {
                            self.losses.add(LossKind::Task, Instead::Plain);
                            before.entries.append(&mut nested.entries);
                        }
                        None => {
                            self.losses.add(LossKind::Task, Instead::Plain);
                            out.append(&mut nested.entries);
                        }
                    }
                }
            }
            self.losses.leave();
        }
        TaskList {
            entries: out,
            local_id: None,
        }
    }

    fn task(&mut self, content: TaskContent) -> Vec<Inline> {
        let blocks = match content {
            TaskContent::Inlines(inlines) => return self.inlines(inlines),
            TaskContent::Blocks(blocks) => self.sequence(blocks),
        };
        self.losses.add(LossKind::Task, Instead::Plain);
        let lines: Vec<Vec<Inline>> = blocks
            .into_iter()
            .map(|block| match block {
                Block::Paragraph(paragraph) => paragraph.inlines,
                Block::Media(media) => vec![Inline::Image(media.image)],
                other => vec![Inline::text(plain::blocks(&[other]))],
            })
            .collect();
        self.inlines(lines.join(&Inline::HardBreak))
    }
}

/// The words of a text on one line.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    normal::clean(&words.join(" "))
}
