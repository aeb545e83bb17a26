//! Lowering: a document brought into what Markdown can show.
//!
//! What Markdown lacks is shown by what it or the HTML within it has: a panel as a quote with a bold title, a date as its text, a
//! table that is more than a grid of lines as a table of HTML. Law: lowering twice is lowering once, and a document that ADF
//! accepts is one that it accepts after lowering. A text that came back is then written exactly as before.

use crate::adf;
use crate::block::{
    Block, BlockStyle, CodeBlock, Heading, ListKind, MediaSingle, Panel, Paragraph, Placement,
    Quote, Table, TaskContent, TaskEntry, TaskItem, TaskList,
};
use crate::document::Document;
use crate::html;
use crate::inline::{
    CardTarget, Emoji, Image, ImageRef, ImageSource, Inline, MediaKind, Mention, Text,
};
use crate::limit::{MAX_LIST_START, MAX_PIXELS};
use crate::loss::{Instead, LossKind, Losses};
use crate::mark::{Link, Mark};
use crate::resolver::Verbatim;
use crate::walk::{self, Visitor};
use crate::{normal, reference};

use super::source::is_guid;
use super::tasks::without_blanks;
use super::{table, write};

/// The document as Markdown can show it, in normal form.
pub(super) fn document(doc: &Document, losses: &mut Losses) -> Document {
    let mut lowering = Lowering { losses, within: 0 };
    Document {
        blocks: lowering.sequence(&doc.blocks),
    }
}

struct Lowering<'a> {
    losses: &'a mut Losses,
    /// How many blocks around may become HTML, in which mentions have names and links no titles.
    within: usize,
}

impl Visitor for Lowering<'_> {
    fn inlines(&mut self, inlines: &[Inline]) -> Vec<Inline> {
        let mut shown = Vec::with_capacity(inlines.len());
        for inline in inlines {
            shown.extend(self.inline(inline));
        }
        let mut line = normal::line(&shown);
        for inline in &mut line {
            if let Inline::Text(run) = inline {
                self.spaces(&mut run.text);
            }
        }
        // White space alone is how editors write an empty line, so it would be read as one.
        let kept = without_blanks(line.clone());
        if kept.len() < line.len() {
            self.losses.add(LossKind::Whitespace, Instead::Nothing);
        }
        kept
    }

    fn blocks(&mut self, part: usize, blocks: &[Block]) -> Vec<Block> {
        self.losses.enter(part, "part");
        let mut out = self.sequence(blocks);
        self.losses.leave();
        if out.is_empty() {
            out.push(Block::paragraph(Vec::new()));
        }
        out
    }
}

impl Lowering<'_> {
    fn sequence(&mut self, blocks: &[Block]) -> Vec<Block> {
        let mut out = Vec::with_capacity(blocks.len());
        for (index, block) in blocks.iter().enumerate() {
            self.losses.enter(index, block.name());
            self.block(block, &mut out);
            self.losses.leave();
        }
        out
    }

    fn all(&mut self, blocks: &[Block], out: &mut Vec<Block>) {
        for block in blocks {
            self.block(block, out);
        }
    }

    fn block(&mut self, block: &Block, out: &mut Vec<Block>) {
        match block {
            Block::TaskList(list) => out.push(Block::TaskList(self.tasks(list))),
            Block::Table(table) => self.table(table, out),
            Block::DecisionList(items) => {
                self.losses.add(LossKind::Decision, Instead::Blocks);
                self.block(&adf::decision_bullets(items), out);
            }
            Block::Panel(panel) => self.panel(panel, out),
            Block::Expand(expand) => {
                self.losses.add(LossKind::Expand, Instead::Blocks);
                self.all(&adf::expand_blocks(expand), out);
            }
            Block::Layout(layout) => {
                self.losses.add(LossKind::Layout, Instead::Blocks);
                self.all(&adf::layout_blocks(layout), out);
            }
            Block::Extension(extension) => {
                self.losses.add(LossKind::Unsupported, Instead::Placeholder);
                self.all(&adf::extension_blocks(extension).0, out);
            }
            Block::Sync(sync) => {
                self.losses.add(LossKind::Unsupported, Instead::Placeholder);
                out.push(placeholder("[unsupported: syncBlock]"));
                self.all(sync.body.as_deref().unwrap_or_default(), out);
            }
            Block::Unknown(unknown) => {
                self.losses.add(LossKind::Unsupported, Instead::Placeholder);
                out.push(placeholder(&unknown.placeholder()));
            }
            Block::Card(card) => {
                let inlines = self.inlines(&[Inline::Card(card.target.clone())]);
                out.push(Block::paragraph(inlines));
            }
            Block::Media(single) => self.media(single, out),
            Block::MediaGroup(images) => self.group(images, out),
            Block::Paragraph(_) | Block::Heading(_) => self.line(block, out),
            Block::List(_) | Block::Quote(_) | Block::Code(_) | Block::Rule => {
                let mut kept = walk::rebuild(block, self);
                self.trim(&mut kept);
                out.push(kept);
            }
        }
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
            && let [Inline::Image(image)] = paragraph.inlines.as_slice()
        {
            if paragraph.style != BlockStyle::default() {
                self.losses.add(LossKind::Style, Instead::Plain);
            }
            *block = single(image.clone());
        }
    }

    fn trim_style(&mut self, style: &mut BlockStyle) {
        let before = *style;
        style.indentation = 0;
        style.small = false;
        if *style != before {
            self.losses.add(LossKind::Style, Instead::Plain);
        }
    }

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
        if code.text.contains('\u{a0}') {
            self.losses.add(LossKind::Whitespace, Instead::Plain);
            code.text = code.text.replace('\u{a0}', " ");
        }
    }

    /// A paragraph or a heading, as HTML where it is aligned.
    fn line(&mut self, block: &Block, out: &mut Vec<Block>) {
        let aligned = usize::from(write::needs_html(block));
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
    fn table(&mut self, original: &Table, out: &mut Vec<Block>) {
        self.within += 1;
        let rebuilt = walk::rebuild(&Block::Table(original.clone()), self);
        self.within -= 1;
        let Block::Table(mut table) = rebuilt else {
            return;
        };
        let lost = table.placement.take().is_some()
            | table.width.take().is_some()
            | table.fixed.take().is_some()
            | std::mem::take(&mut table.numbered);
        let cells = table.rows.iter_mut().flat_map(|row| &mut row.cells);
        let lost = cells.fold(lost, |lost, cell| {
            lost | !std::mem::take(&mut cell.widths).is_empty() | cell.valign.take().is_some()
        });
        if lost {
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
            .iter()
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
    fn tasks(&mut self, list: &TaskList) -> TaskList {
        let mut out: Vec<TaskEntry> = Vec::with_capacity(list.entries.len());
        for (part, entry) in list.entries.iter().enumerate() {
            self.losses.enter(part, "entry");
            match entry {
                TaskEntry::Item(item) => out.push(TaskEntry::Item(TaskItem {
                    done: item.done,
                    content: TaskContent::Inlines(self.task(&item.content)),
                    local_id: None,
                })),
                TaskEntry::List(nested) => {
                    let mut nested = self.tasks(nested);
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

    fn task(&mut self, content: &TaskContent) -> Vec<Inline> {
        let blocks = match content {
            TaskContent::Inlines(inlines) => return self.inlines(inlines),
            TaskContent::Blocks(blocks) => self.sequence(blocks),
        };
        self.losses.add(LossKind::Task, Instead::Plain);
        let lines: Vec<Vec<Inline>> = blocks
            .iter()
            .map(|block| match block {
                Block::Paragraph(paragraph) => paragraph.inlines.clone(),
                Block::Media(media) => vec![Inline::Image(media.image.clone())],
                other => vec![Inline::text(normal_text(other))],
            })
            .collect();
        let line = lines.join(&Inline::HardBreak);
        self.inlines(&line)
    }

    /// A panel as a quote. ADF allows less in a quote than in a panel, so the content is fitted first.
    fn panel(&mut self, panel: &Panel, out: &mut Vec<Block>) {
        self.losses.add(LossKind::Panel, Instead::Blocks);
        let blocks = adf::fit_quote(&adf::panel_blocks(panel), self.losses);
        self.block(&Block::Quote(Quote { blocks }), out);
    }

    fn media(&mut self, media: &MediaSingle, out: &mut Vec<Block>) {
        if media.placement != Placement::Center || media.width.is_some() {
            self.losses.add(LossKind::MediaLayout, Instead::Plain);
        }
        out.push(match self.image(&media.image) {
            Ok(image) => single(image),
            Err(text) => Block::paragraph(self.inlines(&[Inline::text(text)])),
        });
        if let Some(caption) = &media.caption {
            self.losses.add(LossKind::Caption, Instead::Blocks);
            let mut caption = Block::paragraph(self.inlines(caption));
            self.trim(&mut caption);
            out.push(caption);
        }
    }

    fn group(&mut self, images: &[Image], out: &mut Vec<Block>) {
        self.losses.add(LossKind::MediaLayout, Instead::Blocks);
        for image in images {
            out.push(match self.image(image) {
                Ok(image) => single(image),
                Err(text) => Block::paragraph(self.inlines(&[Inline::text(text)])),
            });
        }
    }

    fn inline(&mut self, inline: &Inline) -> Option<Inline> {
        Some(match inline {
            Inline::Text(run) => self.text(run),
            Inline::HardBreak => Inline::HardBreak,
            Inline::Mention(mention) => self.mention(mention),
            Inline::Emoji(emoji) => self.emoji(emoji),
            Inline::Date(date) => {
                self.losses.add(LossKind::Date, Instead::Text);
                Inline::text(date.shown())
            }
            Inline::Status(status) => {
                self.losses.add(LossKind::Status, Instead::Text);
                Inline::marked(format!("[{}]", status.text), vec![Mark::Strong])
            }
            Inline::Card(target) => self.card(target),
            Inline::Image(image) => self.image(image).map_or_else(Inline::text, Inline::Image),
            Inline::Placeholder(text) => {
                self.losses.add(LossKind::Prompt, Instead::Text);
                Inline::text(text.clone())
            }
            Inline::Anchor(_) => {
                self.losses.add(LossKind::Anchor, Instead::Nothing);
                return None;
            }
            Inline::Extension(_) => {
                self.losses.add(LossKind::Unsupported, Instead::Placeholder);
                Inline::text("[unsupported: inlineExtension]")
            }
            Inline::Unknown(unknown) => {
                self.losses.add(LossKind::Unsupported, Instead::Placeholder);
                Inline::text(unknown.placeholder())
            }
        })
    }

    fn text(&mut self, run: &Text) -> Inline {
        let mut marks = Vec::with_capacity(run.marks.len());
        for mark in &run.marks {
            match mark {
                Mark::Annotation(_) | Mark::Unknown(_) => {
                    self.losses.add(LossKind::Mark, Instead::Plain);
                }
                Mark::Link(link) => marks.push(Mark::Link(self.link(link))),
                mark => marks.push(mark.clone()),
            }
        }
        Inline::marked(run.text.clone(), marks)
    }

    /// A link with its title on one line, and without it where a block may become HTML, which has none.
    fn link(&mut self, link: &Link) -> Link {
        let title = link.title.as_deref().filter(|_| self.within == 0);
        let title = title.map(one_line);
        if title != link.title {
            self.losses.add(LossKind::LinkDetail, Instead::Plain);
        }
        Link {
            href: link.href.clone(),
            title: title.filter(|title| !title.is_empty()),
        }
    }

    /// A tab and a no-break space become plain spaces, as in HTML.
    fn spaces(&mut self, text: &mut String) {
        if text.contains(['\t', '\u{a0}']) {
            self.losses.add(LossKind::Whitespace, Instead::Plain);
            *text = text.replace(['\t', '\u{a0}'], " ");
        }
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
        Inline::Mention(Mention {
            id: id.to_owned(),
            name: name.to_owned(),
            ..Mention::default()
        })
    }

    /// An emoji as its characters, which is no loss, or as its name.
    fn emoji(&mut self, emoji: &Emoji) -> Inline {
        match emoji.glyphs() {
            Some(glyphs) => Inline::text(glyphs),
            None => {
                self.losses.add(LossKind::Emoji, Instead::Text);
                Inline::text(emoji.short_name.clone())
            }
        }
    }

    fn card(&mut self, target: &CardTarget) -> Inline {
        match target.url().and_then(reference::harmless) {
            Some(url) => {
                self.losses.add(LossKind::Card, Instead::Link);
                Inline::marked(url.clone(), vec![Mark::link(url)])
            }
            _ => {
                self.losses.add(LossKind::Card, Instead::Placeholder);
                Inline::text("[unsupported: card]")
            }
        }
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
            reference: ImageRef {
                source: reference.source.clone(),
                kind: MediaKind::File,
                alt: alt.filter(|alt| !alt.is_empty()),
                width,
                height,
            },
            link: image.link.clone(),
            border: None,
        })
    }
}

/// The words of a text on one line.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    normal::clean(&words.join(" "))
}

fn normal_text(block: &Block) -> String {
    let doc = Document {
        blocks: vec![block.clone()],
    };
    doc.plain_text()
}

fn placeholder(text: &str) -> Block {
    Block::paragraph(vec![Inline::text(text)])
}

fn single(image: Image) -> Block {
    Block::Media(MediaSingle {
        image,
        caption: None,
        placement: Placement::Center,
        width: None,
    })
}
