//! Lowering: a document brought into what wiki markup can say.
//!
//! What markup lacks is shown by what it has, as people do in Jira: a task as a bullet with a box, an expand as a bold title
//! with its content below. In list items and table cells there is no empty line, so paragraphs there join as lines, and
//! what follows a list becomes an item of it. Law: a document that ADF accepts is still one that ADF accepts after lowering, and
//! lowering twice is lowering once.

mod lines;
mod tight;

use crate::adf;
use crate::block::{
    Block, BlockStyle, Card, CardView, CodeBlock, Decoration, Heading, Item, List, ListKind,
    MediaSingle, MediaWidth, Panel, Paragraph, Placement, Quote, Table,
};
use crate::inline::{CardTarget, Image, Inline};
use crate::limit::MAX_LIST_LEVELS;
use crate::loss::{Instead, LossKind, Losses};
use crate::{normal, plain};

use super::panel;
use super::source::Name;

pub(super) use lines::printed;

/// Appends a block of a document as wiki markup can say it, in normal form.
pub(super) fn block(index: usize, block: Block, losses: &mut Losses, out: &mut Vec<Block>) {
    let mut lowered = Vec::new();
    losses.enter(index, block.name());
    Lowering { losses }.block(block, Place::default(), &mut lowered);
    losses.leave();
    for block in lowered {
        normal::block(index, block, losses, out);
    }
}

/// Where blocks stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Place {
    /// In a list item or a table cell, where no empty line can be.
    tight: bool,
    /// Within a quote, however deep; none nests.
    quote: bool,
    /// Within a panel, however deep; none nests.
    panel: bool,
    /// Within a table cell or a list item, where no table can be, nor a rule.
    cramped: bool,
    /// Lists around, up to the next quote or panel.
    levels: usize,
}

impl Place {
    /// The items of a list that stands here.
    fn item(self) -> Self {
        Self {
            tight: true,
            cramped: true,
            levels: self.levels + 1,
            ..self
        }
    }
}

struct Lowering<'a> {
    losses: &'a mut Losses,
}

impl Lowering<'_> {
    fn sequence(&mut self, blocks: Vec<Block>, place: Place) -> Vec<Block> {
        let mut out = Vec::with_capacity(blocks.len());
        for (index, block) in blocks.into_iter().enumerate() {
            self.losses.enter(index, block.name());
            self.block(block, place, &mut out);
            self.losses.leave();
        }
        if place.tight {
            out = tight::settle(out, place, self);
        }
        out
    }

    /// The content of a container, which is never empty.
    fn inner(&mut self, part: usize, blocks: Vec<Block>, place: Place) -> Vec<Block> {
        self.losses.enter(part, "part");
        let mut out = self.sequence(blocks, place);
        self.losses.leave();
        if out.is_empty() {
            out.push(Block::paragraph(Vec::new()));
        }
        out
    }

    fn all(&mut self, blocks: Vec<Block>, place: Place, out: &mut Vec<Block>) {
        for block in blocks {
            self.block(block, place, out);
        }
    }

    fn block(&mut self, block: Block, place: Place, out: &mut Vec<Block>) {
        match block {
            Block::Paragraph(paragraph) => self.paragraph(&paragraph, out),
            Block::Heading(heading) => out.push(self.heading(&heading)),
            Block::List(list) => self.list(list, place, out),
            Block::Quote(quote) => self.quote(quote, place, out),
            Block::Code(code) => self.code(code, place, out),
            Block::Panel(panel) => self.panel(panel, place, out),
            Block::Table(table) => self.table(table, place, out),
            Block::Rule if place.cramped => {
                self.losses.add(LossKind::Structure, Instead::Text);
                out.push(self.text_block("———"));
            }
            Block::Rule => out.push(Block::Rule),
            Block::Media(media) => self.media(*media, out),
            Block::MediaGroup(images) => self.group(&images, out),
            Block::Card(card) => self.card(&card, out),
            Block::TaskList(list) => {
                self.losses.add(LossKind::Task, Instead::Blocks);
                self.block(adf::task_bullets(list), place, out);
            }
            Block::DecisionList(items) => {
                self.losses.add(LossKind::Decision, Instead::Blocks);
                self.block(adf::decision_bullets(items), place, out);
            }
            Block::Expand(expand) => {
                self.losses.add(LossKind::Expand, Instead::Blocks);
                self.all(adf::expand_blocks(expand), place, out);
            }
            Block::Layout(layout) => {
                self.losses.add(LossKind::Layout, Instead::Blocks);
                self.all(adf::layout_blocks(layout), place, out);
            }
            Block::Extension(extension) => {
                self.losses.add(LossKind::Unsupported, Instead::Placeholder);
                self.all(adf::extension_blocks(extension).0, place, out);
            }
            Block::Sync(sync) => {
                self.losses.add(LossKind::Unsupported, Instead::Placeholder);
                out.push(self.text_block("[unsupported: syncBlock]"));
                self.all(sync.body.unwrap_or_default(), place, out);
            }
            Block::Unknown(unknown) => {
                self.losses.add(LossKind::Unsupported, Instead::Placeholder);
                out.push(self.text_block(&unknown.placeholder()));
            }
        }
    }

    /// A paragraph of a text, which may hold line breaks and white space like any other.
    fn text_block(&mut self, text: &str) -> Block {
        Block::paragraph(lines::lower(&[Inline::text(text)], self.losses))
    }

    /// A block as its text, in which not every format holds a tab.
    fn as_text(&mut self, block: Block, out: &mut Vec<Block>) {
        let text = plain::blocks(&[block]).replace('\t', " ");
        out.push(self.text_block(&text));
    }

    fn style(&mut self, style: BlockStyle) {
        if style != BlockStyle::default() {
            self.losses.add(LossKind::Style, Instead::Plain);
        }
    }

    fn paragraph(&mut self, paragraph: &Paragraph, out: &mut Vec<Block>) {
        self.style(paragraph.style);
        let inlines = lines::lower(&paragraph.inlines, self.losses);
        lines::split(inlines, out, self.losses);
    }

    fn heading(&mut self, heading: &Heading) -> Block {
        self.style(heading.style);
        Block::Heading(Heading {
            level: heading.level,
            inlines: lines::lower(&heading.inlines, self.losses),
            style: BlockStyle::default(),
        })
    }

    fn list(&mut self, list: List, place: Place, out: &mut Vec<Block>) {
        if place.levels >= MAX_LIST_LEVELS {
            self.losses.add(LossKind::TooDeep, Instead::Text);
            return self.as_text(Block::List(list), out);
        }
        if matches!(list.kind, ListKind::Ordered { start } if start != 1) {
            self.losses.add(LossKind::Structure, Instead::Plain);
        }
        let inner = place.item();
        let kind = match list.kind {
            ListKind::Bullet => ListKind::Bullet,
            ListKind::Ordered { .. } => ListKind::Ordered { start: 1 },
        };
        let beside = matches!(out.last(), Some(Block::List(_)));
        let items = list.items.into_iter().enumerate();
        let items = items.map(|(index, item)| {
            let mut blocks = self.inner(index, item.blocks, inner);
            // Signs alone make a list within a list only where no item before takes it, and of one kind only.
            let first = index == 0 && !(beside && place.tight);
            let begins = match blocks.first() {
                Some(Block::List(list)) => !first || list.kind != kind,
                _ => false,
            };
            if begins {
                self.losses.add(LossKind::Structure, Instead::Plain);
                blocks.insert(0, Block::paragraph(Vec::new()));
            }
            Item { blocks }
        });
        let items = items.collect();
        out.push(Block::List(List { kind, items }));
    }

    fn quote(&mut self, quote: Quote, place: Place, out: &mut Vec<Block>) {
        if place.quote {
            self.losses.add(LossKind::Structure, Instead::Blocks);
            return self.all(quote.blocks, place, out);
        }
        let inner = Place {
            quote: true,
            panel: place.panel,
            ..Place::default()
        };
        out.push(Block::Quote(Quote {
            blocks: self.inner(0, quote.blocks, inner),
        }));
    }

    /// Code. Nothing can be escaped in it, so what holds the end of a macro around it is text.
    fn code(&mut self, code: CodeBlock, place: Place, out: &mut Vec<Block>) {
        let holds = |name: Name| name.end_in(&code.text).is_some();
        let language = code
            .language
            .clone()
            .filter(|language| is_language(language));
        let language = language.filter(|_| !holds(Name::Code));
        let around = place.quote && holds(Name::Quote) || place.panel && holds(Name::Panel);
        let unsaid = language.is_none() && holds(Name::Noformat);
        if around || unsaid {
            self.losses.add(LossKind::Code, Instead::Text);
            return self.as_text(Block::Code(code), out);
        }
        if language != code.language || code.breakout.is_some() {
            self.losses.add(LossKind::Code, Instead::Plain);
        }
        out.push(Block::Code(CodeBlock {
            language,
            text: code.text,
            breakout: None,
        }));
    }

    fn panel(&mut self, panel: Panel, place: Place, out: &mut Vec<Block>) {
        if place.panel {
            self.losses.add(LossKind::Panel, Instead::Blocks);
            return self.all(adf::panel_blocks(panel), place, out);
        }
        let color = panel.decoration.color.as_deref().and_then(panel::parse);
        let (kind, own) = panel::kind(Some(color.unwrap_or_else(|| panel::color(panel.kind))));
        let title = self.one_line(&panel.title);
        let decoration = Decoration {
            color: own.map(|color| color.to_string()),
            ..Decoration::default()
        };
        if kind != panel.kind || decoration != *panel.decoration {
            self.losses.add(LossKind::Panel, Instead::Plain);
        }
        let inner = Place {
            panel: true,
            quote: place.quote,
            ..Place::default()
        };
        out.push(Block::Panel(Panel {
            kind,
            decoration: Box::new(decoration),
            title,
            blocks: self.inner(0, panel.blocks, inner),
        }));
    }

    /// A text on one line.
    fn one_line(&mut self, text: &str) -> String {
        if text.contains('\n') {
            self.losses.add(LossKind::Whitespace, Instead::Plain);
        }
        text.replace('\n', " ")
    }

    fn table(&mut self, table: Table, place: Place, out: &mut Vec<Block>) {
        if place.cramped {
            self.losses.add(LossKind::Structure, Instead::Blocks);
            return self.all(adf::table_blocks(table), place, out);
        }
        let mut table = tight::without_spans(table, self.losses);
        let inner = Place {
            tight: true,
            cramped: true,
            ..place
        };
        let cells = table.rows.iter_mut().flat_map(|row| &mut row.cells);
        for (part, cell) in cells.enumerate() {
            cell.blocks = self.inner(part, std::mem::take(&mut cell.blocks), inner);
        }
        if !table.rows.is_empty() {
            out.push(Block::Table(table));
        }
    }

    fn media(&mut self, media: MediaSingle, out: &mut Vec<Block>) {
        match lines::image(&media.image, self.losses) {
            Ok(image) => {
                let placement = match media.placement {
                    known @ (Placement::WrapLeft | Placement::WrapRight) => known,
                    _ => Placement::Center,
                };
                let sized = image.reference.width.or(image.reference.height).is_some();
                let width = media.width.filter(|width| match width {
                    MediaWidth::Percent(hundredths) => hundredths % 100 == 0 && !sized,
                    MediaWidth::Pixels(_) => false,
                });
                if placement != media.placement || width != media.width {
                    self.losses.add(LossKind::MediaLayout, Instead::Plain);
                }
                out.push(Block::Media(Box::new(MediaSingle {
                    image,
                    caption: None,
                    placement,
                    width,
                })));
            }
            Err(text) => out.push(self.text_block(&text)),
        }
        if let Some(caption) = media.caption {
            self.losses.add(LossKind::Caption, Instead::Blocks);
            let caption = Paragraph {
                inlines: caption,
                ..Paragraph::default()
            };
            self.paragraph(&caption, out);
        }
    }

    /// Files by their names side by side, as far as they have names; the others one by one.
    fn group(&mut self, images: &[Image], out: &mut Vec<Block>) {
        let mut named = Vec::new();
        for image in images {
            match lines::file(image, self.losses) {
                Some(file) => named.push(file),
                None => {
                    self.losses.add(LossKind::MediaLayout, Instead::Blocks);
                    group(&mut named, out);
                    let media = MediaSingle {
                        image: image.clone(),
                        caption: None,
                        placement: Placement::Center,
                        width: None,
                    };
                    self.media(media, out);
                }
            }
        }
        group(&mut named, out);
    }

    fn card(&mut self, card: &Card, out: &mut Vec<Block>) {
        let inline = lines::card(&card.target, self.losses);
        let Inline::Card(CardTarget::Url(_)) = &inline else {
            return lines::split(vec![inline], out, self.losses);
        };
        let plain = match &card.view {
            CardView::Block | CardView::Datasource { .. } => CardView::Block,
            CardView::Embed { .. } => CardView::Embed {
                placement: Placement::Center,
                width: None,
                original: None,
            },
        };
        if plain != card.view {
            self.losses.add(LossKind::Card, Instead::Plain);
        }
        if let Inline::Card(target) = inline {
            out.push(Block::Card(Box::new(Card {
                target,
                view: plain,
            })));
        }
    }
}

fn group(named: &mut Vec<Image>, out: &mut Vec<Block>) {
    if !named.is_empty() {
        out.push(Block::MediaGroup(std::mem::take(named)));
    }
}

/// Whether a language can stand in the head of a macro.
pub(super) fn is_language(language: &str) -> bool {
    let sign = |c: char| c.is_ascii_alphanumeric() || "+#.-_ ".contains(c);
    language.trim() == language && language.chars().all(sign)
}
