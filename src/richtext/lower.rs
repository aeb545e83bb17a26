//! What the lowerings for HTML and for Markdown have in common, and a little of that for wiki markup.
//!
//! What none of these formats has is shown by what they all have: an expand as a bold title with its content below, a date as
//! its text, an app's content as a placeholder. A lowering says what its format makes of the rest.

use crate::adf;
use crate::block::{
    Block, BlockStyle, MediaSingle, Panel, Paragraph, Placement, Quote, Table, TaskList,
};
use crate::inline::{CardTarget, Emoji, Image, Inline, Mention, Text};
use crate::loss::{Instead, LossKind, Losses};
use crate::mark::{Link, Mark};
use crate::normal;
use crate::reference;
use crate::walk::{self, Rewrite, Visitor};

/// A lowering for a format that has paragraphs, headings, lists, quotes, code and tables, and nothing else.
pub(crate) trait Lowering: Rewrite + Visitor + Sized {
    /// Appends what shows a list of tasks.
    fn task_list(&mut self, list: TaskList, out: &mut Vec<Block>);

    /// Takes away what the format cannot say of a block that it has.
    fn trim(&mut self, block: &mut Block);

    /// A mention as the format writes it, or its text.
    fn mention(&mut self, mention: &Mention) -> Inline;

    /// Takes away what the format cannot say of a link.
    fn link(&mut self, link: &mut Link);

    /// The image as the format shows it, or the text that stands in where it has no URL.
    fn image(&mut self, image: &Image) -> Result<Image, String>;

    /// Appends a paragraph or a heading as the format shows it.
    fn line(&mut self, block: Block, out: &mut Vec<Block>) {
        self.keep(block, out);
    }

    /// Appends a table as the format shows it.
    fn table(&mut self, table: Block, out: &mut Vec<Block>) {
        self.keep(table, out);
    }

    /// Appends a block that the format has.
    fn keep(&mut self, block: Block, out: &mut Vec<Block>) {
        let mut kept = walk::rebuild(block, self);
        self.trim(&mut kept);
        out.push(kept);
    }

    /// Appends what shows a block.
    fn lower(&mut self, block: Block, out: &mut Vec<Block>) {
        match block {
            Block::TaskList(list) => self.task_list(list, out),
            Block::DecisionList(items) => {
                self.losses().add(LossKind::Decision, Instead::Blocks);
                self.lower(adf::decision_bullets(items), out);
            }
            Block::Panel(panel) => self.panel(panel, out),
            Block::Expand(expand) => {
                self.losses().add(LossKind::Expand, Instead::Blocks);
                self.all(adf::expand_blocks(expand), out);
            }
            Block::Layout(layout) => {
                self.losses().add(LossKind::Layout, Instead::Blocks);
                self.all(adf::layout_blocks(layout), out);
            }
            Block::Extension(extension) => {
                self.losses()
                    .add(LossKind::Unsupported, Instead::Placeholder);
                self.all(adf::extension_blocks(extension).0, out);
            }
            Block::Sync(sync) => {
                self.losses()
                    .add(LossKind::Unsupported, Instead::Placeholder);
                out.push(adf::text_block("[unsupported: syncBlock]"));
                self.all(sync.body.unwrap_or_default(), out);
            }
            Block::Unknown(unknown) => {
                self.losses()
                    .add(LossKind::Unsupported, Instead::Placeholder);
                out.push(adf::text_block(&unknown.placeholder()));
            }
            Block::Card(card) => {
                let inlines = self.inlines(vec![Inline::Card(card.target)]);
                out.push(Block::paragraph(inlines));
            }
            Block::Media(single) => self.media(*single, out),
            Block::MediaGroup(images) => self.group(&images, out),
            Block::Paragraph(_) | Block::Heading(_) => self.line(block, out),
            Block::Table(_) => self.table(block, out),
            Block::List(_) | Block::Quote(_) | Block::Code(_) | Block::Rule => {
                self.keep(block, out);
            }
        }
    }

    /// Appends what shows blocks, under the path of the block that they stand for.
    fn all(&mut self, blocks: Vec<Block>, out: &mut Vec<Block>) {
        for block in blocks {
            self.lower(block, out);
        }
    }

    /// A panel as a quote. ADF allows less in a quote than in a panel, so the content is fitted first.
    fn panel(&mut self, panel: Panel, out: &mut Vec<Block>) {
        self.losses().add(LossKind::Panel, Instead::Blocks);
        let blocks = adf::fit_quote(adf::panel_blocks(panel), self.losses());
        self.lower(Block::Quote(Quote { blocks }), out);
    }

    /// An image without its place and width, with its caption below.
    fn media(&mut self, media: MediaSingle, out: &mut Vec<Block>) {
        if media.placement != Placement::Center || media.width.is_some() {
            self.losses().add(LossKind::MediaLayout, Instead::Plain);
        }
        self.picture(&media.image, out);
        if let Some(caption) = media.caption {
            self.losses().add(LossKind::Caption, Instead::Blocks);
            let mut caption = Block::paragraph(self.inlines(caption));
            self.trim(&mut caption);
            out.push(caption);
        }
    }

    /// Images below one another.
    fn group(&mut self, images: &[Image], out: &mut Vec<Block>) {
        self.losses().add(LossKind::MediaLayout, Instead::Blocks);
        for image in images {
            self.picture(image, out);
        }
    }

    /// An image that stands by itself, or its text.
    fn picture(&mut self, image: &Image, out: &mut Vec<Block>) {
        out.push(match self.image(image) {
            Ok(image) => adf::single(&image),
            Err(text) => Block::paragraph(self.inlines(vec![Inline::text(text)])),
        });
    }

    /// A line as the format shows it, in normal form.
    fn shown(&mut self, inlines: Vec<Inline>) -> Vec<Inline> {
        let shown = inlines.into_iter().filter_map(|inline| self.inline(inline));
        let mut line = normal::own_line(shown.collect());
        for inline in &mut line {
            if let Inline::Text(run) = inline {
                self.spaces(&mut run.text, &['\t', '\u{a0}']);
            }
        }
        let length = line.len();
        let kept = without_blanks(line);
        if kept.len() < length {
            self.losses().add(LossKind::Whitespace, Instead::Nothing);
        }
        kept
    }

    /// An inline as the format shows it; `None` where it shows nothing.
    fn inline(&mut self, inline: Inline) -> Option<Inline> {
        match inline {
            Inline::Text(run) => Some(self.text(run)),
            Inline::Mention(mention) => Some(self.mention(&mention)),
            Inline::Emoji(emoji) => Some(as_glyphs(&emoji, self.losses())),
            Inline::Card(target) => Some(as_link(&target, self.losses())),
            Inline::Image(image) => {
                Some(self.image(&image).map_or_else(Inline::text, Inline::Image))
            }
            Inline::HardBreak
            | Inline::Date(_)
            | Inline::Status(_)
            | Inline::Placeholder(_)
            | Inline::Anchor(_)
            | Inline::Extension(_)
            | Inline::Unknown(_) => as_text(&inline, self.losses()),
        }
    }

    /// A run of text without the marks that the format lacks.
    fn text(&mut self, mut run: Text) -> Inline {
        run.marks.retain_mut(|mark| match mark {
            Mark::Annotation(_) | Mark::Unknown(_) => {
                self.losses().add(LossKind::Mark, Instead::Plain);
                false
            }
            Mark::Link(link) => {
                self.link(link);
                true
            }
            _ => true,
        });
        Inline::Text(run)
    }

    /// Plain spaces for those that HTML, and Markdown with it, cannot tell from them.
    fn spaces(&mut self, text: &mut String, lost: &[char]) {
        if text.contains(lost) {
            self.losses().add(LossKind::Whitespace, Instead::Plain);
            *text = text.replace(lost, " ");
        }
    }

    /// Indentation and size away, which neither format has.
    fn trim_style(&mut self, style: &mut BlockStyle) {
        if style.indentation > 0 || style.small {
            self.losses().add(LossKind::Style, Instead::Plain);
        }
        style.indentation = 0;
        style.small = false;
    }

    /// The image of a paragraph that holds nothing else: such a one is read as an image that stands by itself.
    fn lone_image(&mut self, paragraph: &Paragraph) -> Option<Image> {
        let [Inline::Image(image)] = paragraph.inlines.as_slice() else {
            return None;
        };
        if paragraph.style != BlockStyle::default() {
            self.losses().add(LossKind::Style, Instead::Plain);
        }
        Some(image.clone())
    }
}

/// A line, empty where there is white space alone: that is how editors write an empty line, so it would be read as one.
pub(crate) fn without_blanks(mut line: Vec<Inline>) -> Vec<Inline> {
    let blank = |inline: &Inline| matches!(inline, Inline::Text(run) if run.text.bytes().all(|b| b == b' '));
    if line.iter().all(blank) {
        line.clear();
    }
    line
}

/// The text of an inline that is more than text in ADF alone; `None` for an anchor, which has none. What other inlines are is
/// for each format to say, and they stay.
pub(crate) fn as_text(inline: &Inline, losses: &mut Losses) -> Option<Inline> {
    Some(match inline {
        Inline::Date(date) => {
            losses.add(LossKind::Date, Instead::Text);
            Inline::text(date.shown())
        }
        Inline::Status(status) => {
            losses.add(LossKind::Status, Instead::Text);
            Inline::marked(format!("[{}]", status.text), vec![Mark::Strong])
        }
        Inline::Placeholder(text) => {
            losses.add(LossKind::Prompt, Instead::Text);
            Inline::text(text.clone())
        }
        Inline::Anchor(_) => {
            losses.add(LossKind::Anchor, Instead::Nothing);
            return None;
        }
        Inline::Extension(_) => {
            losses.add(LossKind::Unsupported, Instead::Placeholder);
            Inline::text("[unsupported: inlineExtension]")
        }
        Inline::Unknown(unknown) => {
            losses.add(LossKind::Unsupported, Instead::Placeholder);
            Inline::text(unknown.placeholder())
        }
        Inline::Text(_)
        | Inline::HardBreak
        | Inline::Mention(_)
        | Inline::Emoji(_)
        | Inline::Card(_)
        | Inline::Image(_) => inline.clone(),
    })
}

/// An emoji as its characters, which is no loss, or as its name.
pub(crate) fn as_glyphs(emoji: &Emoji, losses: &mut Losses) -> Inline {
    match emoji.glyphs() {
        Some(glyphs) => Inline::text(glyphs),
        None => {
            losses.add(LossKind::Emoji, Instead::Text);
            Inline::text(emoji.short_name.clone())
        }
    }
}

/// A card as a link, or as a placeholder where it leads nowhere harmless.
fn as_link(target: &CardTarget, losses: &mut Losses) -> Inline {
    match target.url().and_then(reference::harmless) {
        Some(url) => {
            losses.add(LossKind::Card, Instead::Link);
            Inline::marked(url.clone(), vec![Mark::link(url)])
        }
        None => {
            losses.add(LossKind::Card, Instead::Placeholder);
            Inline::text("[unsupported: card]")
        }
    }
}

/// Takes away how a table is laid out, which neither format has, and says whether there was anything of it.
pub(crate) fn take_layout(table: &mut Table) -> bool {
    let lost = table.placement.take().is_some()
        | table.width.take().is_some()
        | table.fixed.take().is_some()
        | std::mem::take(&mut table.numbered);
    let cells = table.rows.iter_mut().flat_map(|row| &mut row.cells);
    cells.fold(lost, |lost, cell| {
        lost | !std::mem::take(&mut cell.widths).is_empty() | cell.valign.take().is_some()
    })
}
