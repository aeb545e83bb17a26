//! Lowering: a document brought into what plain HTML can show.
//!
//! What HTML lacks is shown by what it has: a panel as a quote with a bold title, a task as a bullet with a box, a date as its
//! text. Law: a document that ADF accepts is still one that ADF accepts after lowering, and lowering twice is lowering
//! once. A text that came back is then written exactly as before.

use crate::adf;
use crate::block::{
    Block, BlockStyle, CodeBlock, Heading, MediaSingle, Panel, Paragraph, Placement, Quote, Table,
};
use crate::document::Document;
use crate::inline::{
    CardTarget, Emoji, Image, ImageRef, ImageSource, Inline, MediaKind, Mention, Text,
};
use crate::loss::{Instead, LossKind, Losses};
use crate::mark::{Link, Mark};
use crate::normal;
use crate::reference;
use crate::walk::{self, Visitor};

use super::style;

/// The document as HTML can show it, in normal form.
pub(super) fn document(doc: &Document, losses: &mut Losses) -> Document {
    let mut lowering = Lowering { losses };
    Document {
        blocks: lowering.sequence(&doc.blocks),
    }
}

struct Lowering<'a> {
    losses: &'a mut Losses,
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
        let blank = |inline: &Inline| matches!(inline, Inline::Text(run) if run.text.bytes().all(|b| b == b' '));
        if !line.is_empty() && line.iter().all(blank) {
            self.losses.add(LossKind::Whitespace, Instead::Nothing);
            line.clear();
        }
        line
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
            Block::TaskList(list) => {
                self.losses.add(LossKind::Task, Instead::Blocks);
                self.block(&adf::task_bullets(list), out);
            }
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
            Block::Paragraph(_)
            | Block::Heading(_)
            | Block::List(_)
            | Block::Quote(_)
            | Block::Code(_)
            | Block::Table(_)
            | Block::Rule => {
                let mut kept = walk::rebuild(block, self);
                self.trim(&mut kept);
                out.push(kept);
            }
        }
    }

    /// Takes away what HTML cannot say of a block that it has.
    fn trim(&mut self, block: &mut Block) {
        match block {
            Block::Paragraph(Paragraph { style, .. }) | Block::Heading(Heading { style, .. }) => {
                self.trim_style(style);
            }
            Block::Code(code) => self.trim_code(code),
            Block::Table(table) => self.trim_table(table),
            _ => {}
        }
        if let Block::Paragraph(paragraph) = block
            && let [Inline::Image(image)] = paragraph.inlines.as_slice()
        {
            if paragraph.style != BlockStyle::default() {
                self.losses.add(LossKind::Style, Instead::Plain);
            }
            // An image alone in a line is read as one that stands by itself.
            self.losses.add(LossKind::Structure, Instead::Blocks);
            *block = single(image.clone());
        }
    }

    fn trim_style(&mut self, style: &mut BlockStyle) {
        if style.indentation > 0 || style.small {
            self.losses.add(LossKind::Style, Instead::Plain);
        }
        style.indentation = 0;
        style.small = false;
    }

    fn trim_code(&mut self, code: &mut CodeBlock) {
        if code.language.take().is_some() | code.breakout.take().is_some() {
            self.losses.add(LossKind::Code, Instead::Plain);
        }
        if code.text.contains('\u{a0}') {
            self.losses.add(LossKind::Whitespace, Instead::Plain);
            code.text = code.text.replace('\u{a0}', " ");
        }
    }

    fn trim_table(&mut self, table: &mut Table) {
        let mut lost = table.placement.take().is_some()
            | table.width.take().is_some()
            | table.fixed.take().is_some()
            | std::mem::take(&mut table.numbered);
        for cell in table.rows.iter_mut().flat_map(|row| &mut row.cells) {
            lost |= !std::mem::take(&mut cell.widths).is_empty() | cell.valign.take().is_some();
            if let Some(background) = cell.background.take() {
                cell.background = style::color(&background).map(|color| color.to_string());
                lost |= cell.background.is_none();
            }
        }
        if lost {
            self.losses.add(LossKind::TableLayout, Instead::Plain);
        }
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
                Mark::Link(Link {
                    href,
                    title: Some(_),
                }) => {
                    self.losses.add(LossKind::LinkDetail, Instead::Plain);
                    marks.push(Mark::link(href));
                }
                mark => marks.push(mark.clone()),
            }
        }
        Inline::marked(run.text.clone(), marks)
    }

    /// HTML knows one kind of space that editors use for two: a tab and a no-break space become plain ones.
    fn spaces(&mut self, text: &mut String) {
        if text.contains(['\t', '\u{a0}']) {
            self.losses.add(LossKind::Whitespace, Instead::Plain);
            *text = text.replace(['\t', '\u{a0}'], " ");
        }
    }

    fn mention(&mut self, mention: &Mention) -> Inline {
        if mention.access_level.is_some() || mention.user_type.is_some() {
            self.losses.add(LossKind::Attribute, Instead::Plain);
        }
        let id = super::read::mention_id(&mention.id);
        if id.is_empty() {
            self.losses.add(LossKind::Mention, Instead::Text);
            return Inline::text(mention.shown());
        }
        let name = match normal::name(&mention.name) {
            name if name.is_empty() => normal::name(&id),
            name => name,
        };
        Inline::Mention(Mention {
            id,
            name,
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

    /// The image as HTML shows it, or the text that stands in where it has no URL.
    fn image(&mut self, image: &Image) -> Result<Image, String> {
        let reference = &image.reference;
        let ImageSource::Url(_) = reference.source else {
            self.losses.add(LossKind::Image, Instead::Placeholder);
            return Err(reference.placeholder());
        };
        if image.border.is_some() {
            self.losses.add(LossKind::MediaLayout, Instead::Plain);
        }
        let alt = reference.alt.as_deref().map(normal::clean);
        Ok(Image {
            reference: ImageRef {
                source: reference.source.clone(),
                kind: MediaKind::File,
                alt: alt.filter(|alt| !alt.is_empty()),
                width: reference.width,
                height: reference.height,
            },
            link: image.link.clone(),
            border: None,
        })
    }
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
