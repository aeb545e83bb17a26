//! Repair: a document brought into what the ADF schema accepts (jira.md 13.2).
//!
//! The schema says for each container which blocks it may hold and how those may be styled. A block that does not fit
//! is replaced by the nearest that does; each replacement is of a simpler kind, so replacing ends.

mod accept;
mod instead;
mod split;

use crate::block::{Alignment, Block, BlockStyle, CardView, Placement};
use crate::inline::{CardTarget, Image, ImageSource, Inline, Status, Text};
use crate::loss::{Instead, LossKind, Losses};
use crate::mark::{Border, Mark};
use crate::normal;
use crate::walk::{self, Visitor};

use super::write::{border_color_is_valid, extension_is_valid, status_color_is_valid};
use accept::{accepts, inner_line, inner_place, is_nowhere};
use instead::{card_blocks, lines, loss_of, media_blocks, strong_paragraph};
use split::split_images;

pub(crate) use instead::{
    decision_bullets, expand_blocks, extension_blocks, layout_blocks, panel_blocks, single,
    table_blocks, task_bullets, text_block,
};

/// The container in which blocks stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The document itself.
    Doc,
    /// A column of a layout.
    Column,
    /// A list item.
    Item,
    /// A block quote.
    Quote,
    /// A panel.
    Panel,
    /// A table cell.
    Cell,
    /// An expand of the document.
    Expand,
    /// An expand within an expand or a cell.
    NestedExpand,
    /// The body of an extension.
    Body,
    /// The body of a synced block.
    SyncBody,
    /// A task that holds blocks.
    Task,
}

/// Where a line of inlines stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LinePlace {
    /// In a paragraph or heading that can be split around an image.
    Splittable,
    /// In a task, a decision.
    Single,
    /// In a caption, which knows fewer inlines.
    Caption,
}

/// Appends a block of a document in ADF's grammar.
pub(super) fn block(index: usize, block: Block, losses: &mut Losses, out: &mut Vec<Block>) {
    losses.enter(index, block.name());
    let mut repair = Repair {
        place: Place::Doc,
        line: LinePlace::Single,
        losses,
    };
    repair.fit(block, Place::Doc, out);
    losses.leave();
}

/// Blocks as a quote may hold them. HTML shows panels as quotes, and what it shows must stay acceptable to ADF.
pub(crate) fn fit_quote(blocks: Vec<Block>, losses: &mut Losses) -> Vec<Block> {
    fit(blocks, Place::Quote, losses)
}

/// Blocks as a list item may hold them. Wiki markup has no way back from a list to the cell around it, so what follows a
/// list there becomes an item of it, and must stay acceptable to ADF.
pub(crate) fn fit_item(blocks: Vec<Block>, losses: &mut Losses) -> Vec<Block> {
    fit(blocks, Place::Item, losses)
}

fn fit(blocks: Vec<Block>, place: Place, losses: &mut Losses) -> Vec<Block> {
    let mut repair = Repair {
        place,
        line: LinePlace::Single,
        losses,
    };
    repair.sequence(blocks, place)
}

struct Repair<'a> {
    /// The container of the block that is being rebuilt.
    place: Place,
    /// What lines of the block that is being rebuilt may hold.
    line: LinePlace,
    losses: &'a mut Losses,
}

impl Visitor for Repair<'_> {
    fn inlines(&mut self, inlines: Vec<Inline>) -> Vec<Inline> {
        let fitting = inlines.into_iter().filter_map(|inline| self.inline(inline));
        normal::own_line(fitting.collect())
    }

    fn blocks(&mut self, part: usize, blocks: Vec<Block>) -> Vec<Block> {
        self.losses.enter(part, "part");
        let mut out = self.sequence(blocks, self.place);
        self.losses.leave();
        if out.is_empty() {
            out.push(Block::paragraph(Vec::new()));
        }
        if self.place == Place::Task {
            self.only_two(&mut out);
        }
        out
    }
}

impl Repair<'_> {
    fn sequence(&mut self, blocks: Vec<Block>, place: Place) -> Vec<Block> {
        let mut out = Vec::with_capacity(blocks.len());
        for (index, block) in blocks.into_iter().enumerate() {
            self.losses.enter(index, block.name());
            self.fit(block, place, &mut out);
            self.losses.leave();
        }
        out
    }

    /// Appends the block, or what replaces it, as `place` accepts it.
    fn fit(&mut self, block: Block, place: Place, out: &mut Vec<Block>) {
        if accepts(place, &block) {
            return self.keep(block, place, out);
        }
        for simpler in self.replacement(block) {
            self.fit(simpler, place, out);
        }
    }

    /// Appends a block that `place` accepts, its content repaired.
    fn keep(&mut self, block: Block, place: Place, out: &mut Vec<Block>) {
        let (outer_place, outer_line) = (self.place, self.line);
        self.place = inner_place(&block, place);
        self.line = inner_line(&block, place);
        let mut kept = walk::rebuild(block, self);
        self.place = outer_place;
        self.line = outer_line;
        self.trim(&mut kept, place);
        match kept {
            Block::Paragraph(_) | Block::Heading(_) => split_images(kept, out),
            other => out.push(other),
        }
    }

    /// What stands for a block that its place does not accept.
    fn replacement(&mut self, block: Block) -> Vec<Block> {
        let lost = loss_of(&block);
        let (blocks, instead) = match block {
            Block::Heading(heading) => (vec![strong_paragraph(heading)], Instead::Blocks),
            Block::List(list) => (lines(list), Instead::Blocks),
            Block::TaskList(list) => (vec![task_bullets(list)], Instead::Blocks),
            Block::DecisionList(items) => (vec![decision_bullets(items)], Instead::Blocks),
            Block::Quote(quote) => (quote.blocks, Instead::Blocks),
            Block::Code(_) => (normal::flat(&[block]), Instead::Text),
            Block::Panel(panel) => (panel_blocks(panel), Instead::Blocks),
            Block::Expand(expand) => (expand_blocks(expand), Instead::Blocks),
            Block::Table(table) => (table_blocks(table), Instead::Blocks),
            Block::Rule => (vec![text_block("———")], Instead::Text),
            Block::Media(media) => media_blocks(*media),
            Block::MediaGroup(images) => (images.iter().map(single).collect(), Instead::Blocks),
            Block::Card(card) => card_blocks(*card),
            Block::Layout(layout) => (layout_blocks(layout), Instead::Blocks),
            Block::Extension(extension) => extension_blocks(extension),
            Block::Sync(sync) => {
                let mut blocks = vec![text_block("[unsupported: syncBlock]")];
                blocks.extend(sync.body.unwrap_or_default());
                (blocks, Instead::Placeholder)
            }
            Block::Unknown(unknown) => (
                vec![text_block(&unknown.placeholder())],
                Instead::Placeholder,
            ),
            // Every place accepts a paragraph.
            Block::Paragraph(_) => return Vec::new(),
        };
        self.losses.add(lost, instead);
        blocks
    }

    /// Takes away what the schema does not accept on the block itself.
    fn trim(&mut self, block: &mut Block, place: Place) {
        match block {
            Block::Paragraph(paragraph) => self.trim_style(&mut paragraph.style, place, false),
            Block::Heading(heading) => self.trim_style(&mut heading.style, place, true),
            Block::Code(code) if place != Place::Doc && code.breakout.is_some() => {
                code.breakout = None;
                self.losses.add(LossKind::Code, Instead::Plain);
            }
            Block::Expand(expand) if place != Place::Doc && expand.breakout.is_some() => {
                expand.breakout = None;
                self.losses.add(LossKind::Expand, Instead::Plain);
            }
            Block::Panel(panel) if !panel.title.is_empty() => {
                let title = Inline::marked(std::mem::take(&mut panel.title), vec![Mark::Strong]);
                panel
                    .blocks
                    .insert(0, Block::paragraph(normal::line(&[title])));
                self.losses.add(LossKind::Panel, Instead::Text);
            }
            Block::Media(media) => self.trim_border(&mut media.image),
            Block::MediaGroup(images) => {
                images.iter_mut().for_each(|image| self.trim_border(image));
            }
            Block::Card(card)
                if matches!(card.view, CardView::Datasource { .. })
                    && matches!(card.target, CardTarget::Data(_)) =>
            {
                card.target = CardTarget::Url(String::new());
                self.losses.add(LossKind::Card, Instead::Plain);
            }
            Block::Table(table)
                if matches!(
                    table.placement,
                    Some(Placement::WrapLeft | Placement::WrapRight)
                ) =>
            {
                table.placement = None;
                self.losses.add(LossKind::TableLayout, Instead::Plain);
            }
            _ => {}
        }
    }

    fn trim_style(&mut self, style: &mut BlockStyle, place: Place, heading: bool) {
        let before = *style;
        let wide = matches!(place, Place::Doc | Place::Column | Place::SyncBody);
        if !wide && place != Place::Cell {
            style.alignment = Alignment::Start;
        }
        if style.alignment != Alignment::Start || !(wide || heading && place == Place::Cell) {
            style.indentation = 0;
        }
        if place == Place::Quote {
            style.small = false;
        }
        if *style != before {
            self.losses.add(LossKind::Style, Instead::Plain);
        }
    }

    /// A block task holds at most two blocks that are checked; the rest joins the second as lines.
    fn only_two(&mut self, blocks: &mut Vec<Block>) {
        if blocks.len() > 2 {
            let rest = blocks.split_off(1);
            blocks.extend(normal::flat(&rest));
            self.losses.add(LossKind::Task, Instead::Text);
        }
    }

    fn inline(&mut self, inline: Inline) -> Option<Inline> {
        Some(match inline {
            Inline::Text(run) => self.text(run),
            Inline::Image(image) => self.image(image),
            Inline::Anchor(_) => {
                self.losses.add(LossKind::Anchor, Instead::Nothing);
                return None;
            }
            Inline::Unknown(unknown) => {
                self.losses.add(LossKind::Unsupported, Instead::Placeholder);
                Inline::text(unknown.placeholder())
            }
            Inline::Extension(extension)
                if self.line == LinePlace::Caption
                    || !extension_is_valid(&extension.attrs, &extension.marks, true) =>
            {
                self.losses.add(LossKind::Unsupported, Instead::Placeholder);
                Inline::text("[unsupported: inlineExtension]")
            }
            Inline::Card(target) if is_nowhere(&target) => {
                self.losses.add(LossKind::Card, Instead::Placeholder);
                Inline::text("[unsupported: card]")
            }
            Inline::Status(status) if status.text.is_empty() => {
                self.losses.add(LossKind::Status, Instead::Nothing);
                return None;
            }
            Inline::Status(status) if !status_color_is_valid(&status.color) => {
                self.losses.add(LossKind::Status, Instead::Plain);
                let color = "neutral".to_owned();
                Inline::Status(Box::new(Status { color, ..*status }))
            }
            other => other,
        })
    }

    /// Takes away a frame that the schema does not accept.
    fn trim_border(&mut self, image: &mut Image) {
        let valid = |border: &Border| border_color_is_valid(&border.color);
        if image.border.as_ref().is_some_and(|border| !valid(border)) {
            image.border = None;
            self.losses.add(LossKind::MediaLayout, Instead::Plain);
        }
    }

    fn text(&mut self, mut run: Text) -> Inline {
        let code = run.marks.contains(&Mark::Code);
        let before = run.marks.len();
        run.marks.retain(|mark| match mark {
            Mark::Unknown(_) => false,
            Mark::Link(_) | Mark::Code | Mark::Annotation(_) => true,
            _ => !code,
        });
        if run.marks.len() < before {
            self.losses.add(LossKind::Mark, Instead::Plain);
        }
        Inline::Text(run)
    }

    fn image(&mut self, mut image: Image) -> Inline {
        let stays = match &image.reference.source {
            ImageSource::File { id, .. } => self.line != LinePlace::Caption && !id.is_empty(),
            ImageSource::Url(_) => self.line == LinePlace::Splittable,
            ImageSource::Attachment(_) => false,
        };
        if stays {
            if matches!(image.reference.source, ImageSource::Url(_)) {
                self.losses.add(LossKind::Structure, Instead::Blocks);
            }
            self.trim_border(&mut image);
            return Inline::Image(image);
        }
        self.losses.add(LossKind::Image, Instead::Placeholder);
        Inline::text(image.reference.placeholder())
    }
}
