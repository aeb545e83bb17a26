//! Repair: a document brought into what the ADF schema accepts (jira.md 13.2).
//!
//! The schema says for each container which blocks it may hold and how those may be styled. A block that does not fit
//! is replaced by the nearest that does; each replacement is of a simpler kind, so replacing ends.

use crate::block::{
    Alignment, Block, BlockStyle, Card, CardView, DecisionItem, Expand, Extension, Heading, Item,
    Layout, List, ListKind, MediaSingle, Panel, Paragraph, Placement, Table, TaskContent,
    TaskEntry, TaskList,
};
use crate::document::Document;
use crate::inline::{CardTarget, Image, ImageSource, Inline, Status, Text};
use crate::loss::{Instead, LossKind, Losses};
use crate::mark::{Border, Mark};
use crate::normal;
use crate::walk::{self, Visitor};

use super::write::{
    border_color_is_valid, datasource_is_valid, extension_is_valid, status_color_is_valid,
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

/// The document in ADF's grammar.
pub(super) fn document(doc: &Document, losses: &mut Losses) -> Document {
    let mut repair = Repair {
        place: Place::Doc,
        line: LinePlace::Single,
        losses,
    };
    Document {
        blocks: repair.sequence(&doc.blocks, Place::Doc),
    }
}

/// Blocks as a quote may hold them. HTML shows panels as quotes, and what it shows must stay acceptable to ADF.
pub(crate) fn fit_quote(blocks: &[Block], losses: &mut Losses) -> Vec<Block> {
    let mut repair = Repair {
        place: Place::Quote,
        line: LinePlace::Single,
        losses,
    };
    repair.sequence(blocks, Place::Quote)
}

/// Blocks as a list item may hold them. Wiki markup has no way back from a list to the cell around it, so what follows a
/// list there becomes an item of it, and must stay acceptable to ADF.
pub(crate) fn fit_item(blocks: &[Block], losses: &mut Losses) -> Vec<Block> {
    let mut repair = Repair {
        place: Place::Item,
        line: LinePlace::Single,
        losses,
    };
    repair.sequence(blocks, Place::Item)
}

struct Repair<'a> {
    /// The container of the block that is being rebuilt.
    place: Place,
    /// What lines of the block that is being rebuilt may hold.
    line: LinePlace,
    losses: &'a mut Losses,
}

impl Visitor for Repair<'_> {
    fn inlines(&mut self, inlines: &[Inline]) -> Vec<Inline> {
        let mut out = Vec::with_capacity(inlines.len());
        for inline in inlines {
            out.extend(self.inline(inline));
        }
        normal::line(&out)
    }

    fn blocks(&mut self, part: usize, blocks: &[Block]) -> Vec<Block> {
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
    fn sequence(&mut self, blocks: &[Block], place: Place) -> Vec<Block> {
        let mut out = Vec::with_capacity(blocks.len());
        for (index, block) in blocks.iter().enumerate() {
            self.losses.enter(index, block.name());
            self.fit(block, place, &mut out);
            self.losses.leave();
        }
        out
    }

    /// Appends the block, or what replaces it, as `place` accepts it.
    fn fit(&mut self, block: &Block, place: Place, out: &mut Vec<Block>) {
        match self.replacement(block, place) {
            Some(simpler) => {
                for block in &simpler {
                    self.fit(block, place, out);
                }
            }
            None => self.keep(block, place, out),
        }
    }

    /// Appends a block that `place` accepts, its content repaired.
    fn keep(&mut self, block: &Block, place: Place, out: &mut Vec<Block>) {
        let (outer_place, outer_line) = (self.place, self.line);
        self.place = inner_place(block, place);
        self.line = inner_line(block, place);
        let mut kept = walk::rebuild(block, self);
        self.place = outer_place;
        self.line = outer_line;
        self.trim(&mut kept, place);
        match kept {
            Block::Paragraph(_) | Block::Heading(_) => split_images(kept, out),
            other => out.push(other),
        }
    }

    /// What stands for a block that `place` does not accept; `None` when it does.
    fn replacement(&mut self, block: &Block, place: Place) -> Option<Vec<Block>> {
        if accepts(place, block) {
            return None;
        }
        let (blocks, instead) = match block {
            Block::Heading(heading) => (vec![strong_paragraph(heading)], Instead::Blocks),
            Block::List(list) => (lines(list), Instead::Blocks),
            Block::TaskList(list) => (vec![task_bullets(list)], Instead::Blocks),
            Block::DecisionList(items) => (vec![decision_bullets(items)], Instead::Blocks),
            Block::Quote(quote) => (quote.blocks.clone(), Instead::Blocks),
            Block::Code(code) => (normal::flat(&[Block::Code(code.clone())]), Instead::Text),
            Block::Panel(panel) => (panel_blocks(panel), Instead::Blocks),
            Block::Expand(expand) => (expand_blocks(expand), Instead::Blocks),
            Block::Table(table) => (table_blocks(table), Instead::Blocks),
            Block::Rule => (vec![text_block("———")], Instead::Text),
            Block::Media(media) => media_blocks(media),
            Block::MediaGroup(images) => (images.iter().map(single).collect(), Instead::Blocks),
            Block::Card(card) => card_blocks(card),
            Block::Layout(layout) => (layout_blocks(layout), Instead::Blocks),
            Block::Extension(extension) => extension_blocks(extension),
            Block::Sync(sync) => {
                let mut blocks = vec![text_block("[unsupported: syncBlock]")];
                blocks.extend(sync.body.clone().unwrap_or_default());
                (blocks, Instead::Placeholder)
            }
            Block::Unknown(unknown) => (
                vec![text_block(&unknown.placeholder())],
                Instead::Placeholder,
            ),
            Block::Paragraph(_) => return None,
        };
        self.losses.add(loss_of(block), instead);
        Some(blocks)
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

    fn inline(&mut self, inline: &Inline) -> Vec<Inline> {
        match inline {
            Inline::Text(run) => vec![self.text(run)],
            Inline::Image(image) => vec![self.image(image)],
            Inline::Anchor(_) => {
                self.losses.add(LossKind::Anchor, Instead::Nothing);
                Vec::new()
            }
            Inline::Unknown(unknown) => {
                self.losses.add(LossKind::Unsupported, Instead::Placeholder);
                vec![Inline::text(unknown.placeholder())]
            }
            Inline::Extension(extension)
                if self.line == LinePlace::Caption
                    || !extension_is_valid(&extension.attrs, &extension.marks, true) =>
            {
                self.losses.add(LossKind::Unsupported, Instead::Placeholder);
                vec![Inline::text("[unsupported: inlineExtension]")]
            }
            Inline::Card(target) if is_nowhere(target) => {
                self.losses.add(LossKind::Card, Instead::Placeholder);
                vec![Inline::text("[unsupported: card]")]
            }
            Inline::Status(status) if status.text.is_empty() => {
                self.losses.add(LossKind::Status, Instead::Nothing);
                Vec::new()
            }
            Inline::Status(status) if !status_color_is_valid(&status.color) => {
                self.losses.add(LossKind::Status, Instead::Plain);
                let color = "neutral".to_owned();
                vec![Inline::Status(Status {
                    color,
                    ..status.clone()
                })]
            }
            other => vec![other.clone()],
        }
    }

    /// Takes away a frame that the schema does not accept.
    fn trim_border(&mut self, image: &mut Image) {
        let valid = |border: &Border| border_color_is_valid(&border.color);
        if image.border.as_ref().is_some_and(|border| !valid(border)) {
            image.border = None;
            self.losses.add(LossKind::MediaLayout, Instead::Plain);
        }
    }

    fn text(&mut self, run: &Text) -> Inline {
        let code = run.marks.contains(&Mark::Code);
        let fits = |mark: &&Mark| match mark {
            Mark::Unknown(_) => false,
            Mark::Link(_) | Mark::Code | Mark::Annotation(_) => true,
            _ => !code,
        };
        let marks: Vec<Mark> = run.marks.iter().filter(fits).cloned().collect();
        if marks.len() < run.marks.len() {
            self.losses.add(LossKind::Mark, Instead::Plain);
        }
        Inline::marked(run.text.clone(), marks)
    }

    fn image(&mut self, image: &Image) -> Inline {
        let stays = match &image.reference.source {
            ImageSource::File { id, .. } => self.line != LinePlace::Caption && !id.is_empty(),
            ImageSource::Url(_) => self.line == LinePlace::Splittable,
            ImageSource::Attachment(_) => false,
        };
        if stays {
            if matches!(image.reference.source, ImageSource::Url(_)) {
                self.losses.add(LossKind::Structure, Instead::Blocks);
            }
            let mut image = image.clone();
            self.trim_border(&mut image);
            return Inline::Image(image);
        }
        self.losses.add(LossKind::Image, Instead::Placeholder);
        Inline::text(image.reference.placeholder())
    }
}

/// Whether `place` may hold a block of this kind, and the block itself can be written.
fn accepts(place: Place, block: &Block) -> bool {
    use Place::{Body, Cell, Column, Doc, Expand, NestedExpand, Panel, SyncBody};
    let roomy = matches!(
        place,
        Doc | Column | Cell | Expand | NestedExpand | Body | SyncBody
    );
    match block {
        Block::Paragraph(_) => true,
        Block::List(_) | Block::Code(_) => place != Place::Task,
        Block::Heading(_) | Block::DecisionList(_) | Block::Rule => roomy || place == Panel,
        Block::TaskList(_) => roomy || matches!(place, Panel | Place::Item),
        Block::Quote(_) | Block::Panel(_) => roomy,
        Block::Table(_) => roomy && !matches!(place, Cell | NestedExpand),
        Block::Expand(_) => matches!(place, Doc | Column | SyncBody | Expand | Cell),
        Block::Media(media) => place != Place::Task && writable(&media.image),
        Block::MediaGroup(images) => {
            (roomy || matches!(place, Panel | Place::Quote)) && images.iter().all(writable)
        }
        Block::Card(card) => card_fits(card) && card_place(card, roomy, place),
        Block::Layout(layout) => {
            matches!(place, Doc | SyncBody) && (2..=3).contains(&layout.columns.len())
        }
        Block::Extension(extension) => {
            let valid = extension_is_valid(&extension.attrs, &extension.marks, false);
            valid
                && place != SyncBody
                && (extension.body.is_none() || matches!(place, Doc | Column))
        }
        Block::Sync(_) => place == Doc,
        Block::Unknown(_) => false,
    }
}

fn card_place(card: &Card, roomy: bool, place: Place) -> bool {
    let embedded = matches!(card.view, CardView::Embed { .. });
    roomy && place != Place::NestedExpand || place == Place::Panel && !embedded
}

fn card_fits(card: &Card) -> bool {
    match &card.view {
        CardView::Block => !is_nowhere(&card.target),
        CardView::Embed { .. } => {
            matches!(card.target, CardTarget::Url(_)) && !is_nowhere(&card.target)
        }
        CardView::Datasource { source, .. } => datasource_is_valid(source),
    }
}

fn is_nowhere(target: &CardTarget) -> bool {
    matches!(target, CardTarget::Url(url) if url.is_empty())
}

fn writable(image: &Image) -> bool {
    match &image.reference.source {
        ImageSource::Url(_) => true,
        ImageSource::File { id, .. } => !id.is_empty(),
        ImageSource::Attachment(_) => false,
    }
}

/// The place that a block's children stand in.
fn inner_place(block: &Block, place: Place) -> Place {
    match block {
        Block::List(_) => Place::Item,
        Block::TaskList(_) => Place::Task,
        Block::Quote(_) => Place::Quote,
        Block::Panel(_) => Place::Panel,
        Block::Expand(_) if matches!(place, Place::Expand | Place::Cell) => Place::NestedExpand,
        Block::Expand(_) => Place::Expand,
        Block::Table(_) => Place::Cell,
        Block::Layout(_) => Place::Column,
        Block::Extension(_) => Place::Body,
        Block::Sync(_) => Place::SyncBody,
        _ => place,
    }
}

fn inner_line(block: &Block, place: Place) -> LinePlace {
    match block {
        Block::Paragraph(_) if place == Place::Task => LinePlace::Single,
        Block::Paragraph(_) | Block::Heading(_) => LinePlace::Splittable,
        Block::Media(_) => LinePlace::Caption,
        _ => LinePlace::Single,
    }
}

/// Makes a paragraph or heading of a part of its line.
type Rebuild = dyn Fn(Vec<Inline>) -> Block;

/// Splits a paragraph or heading around images that ADF can only show as blocks.
fn split_images(block: Block, out: &mut Vec<Block>) {
    let (inlines, again): (Vec<Inline>, Box<Rebuild>) = match block {
        Block::Paragraph(Paragraph { inlines, style }) => (
            inlines,
            Box::new(move |inlines| Block::Paragraph(Paragraph { inlines, style })),
        ),
        Block::Heading(Heading {
            level,
            inlines,
            style,
        }) => (
            inlines,
            Box::new(move |inlines| {
                Block::Heading(Heading {
                    level,
                    inlines,
                    style,
                })
            }),
        ),
        other => return out.push(other),
    };
    if !inlines.iter().any(is_external) {
        return out.push(again(inlines));
    }
    let mut segment = Vec::new();
    for inline in inlines {
        match inline {
            Inline::Image(image) if matches!(image.reference.source, ImageSource::Url(_)) => {
                push_segment(&mut segment, &again, out);
                out.push(single(&image));
            }
            other => segment.push(other),
        }
    }
    push_segment(&mut segment, &again, out);
}

fn is_external(inline: &Inline) -> bool {
    matches!(inline, Inline::Image(image) if matches!(image.reference.source, ImageSource::Url(_)))
}

/// Appends what stands beside an image, unless it is only the white space and breaks between images.
fn push_segment(segment: &mut Vec<Inline>, again: &Rebuild, out: &mut Vec<Block>) {
    let inlines = std::mem::take(segment);
    if !inlines.iter().all(Inline::is_blank) {
        out.push(again(inlines));
    }
}

fn single(image: &Image) -> Block {
    Block::Media(MediaSingle {
        image: image.clone(),
        caption: None,
        placement: Placement::Center,
        width: None,
    })
}

fn text_block(text: &str) -> Block {
    Block::paragraph(vec![Inline::text(text)])
}

fn strong_block(text: &str) -> Block {
    Block::paragraph(normal::line(&[Inline::marked(text, vec![Mark::Strong])]))
}

fn strong_paragraph(heading: &Heading) -> Block {
    let strong = |inline: &Inline| match inline {
        Inline::Text(run) if !run.marks.contains(&Mark::Code) => {
            let mut marks = run.marks.clone();
            marks.push(Mark::Strong);
            Inline::marked(run.text.clone(), marks)
        }
        other => other.clone(),
    };
    let inlines: Vec<Inline> = heading.inlines.iter().map(strong).collect();
    Block::Paragraph(Paragraph {
        inlines: normal::line(&inlines),
        style: heading.style,
    })
}

/// The blocks of a list's items, one after the other.
fn lines(list: &List) -> Vec<Block> {
    let items = list.items.iter();
    items.flat_map(|item| item.blocks.clone()).collect()
}

/// A task list as bullets whose text begins with a ticked or empty box.
pub(crate) fn task_bullets(list: &TaskList) -> Block {
    let mut items: Vec<Item> = Vec::new();
    for entry in &list.entries {
        match entry {
            TaskEntry::Item(item) => {
                let sign = if item.done { "☑ " } else { "☐ " };
                items.push(Item {
                    blocks: signed(sign, &item.content),
                });
            }
            TaskEntry::List(nested) => {
                if items.is_empty() {
                    items.push(Item::default());
                }
                if let Some(last) = items.last_mut() {
                    last.blocks.push(task_bullets(nested));
                }
            }
        }
    }
    bullets(items)
}

/// Decisions as bullets that begin with a sign.
pub(crate) fn decision_bullets(decisions: &[DecisionItem]) -> Block {
    let item = |decision: &DecisionItem| Item {
        blocks: signed("◆ ", &TaskContent::Inlines(decision.inlines.clone())),
    };
    bullets(decisions.iter().map(item).collect())
}

fn bullets(items: Vec<Item>) -> Block {
    Block::List(List {
        kind: ListKind::Bullet,
        items,
    })
}

fn signed(sign: &str, content: &TaskContent) -> Vec<Block> {
    let before = |inlines: &[Inline]| {
        let mut line = vec![Inline::text(sign)];
        line.extend_from_slice(inlines);
        normal::line(&line)
    };
    match content {
        TaskContent::Inlines(inlines) => vec![Block::paragraph(before(inlines))],
        TaskContent::Blocks(blocks) => match blocks.split_first() {
            Some((Block::Paragraph(first), rest)) => {
                let first = Block::Paragraph(Paragraph {
                    inlines: before(&first.inlines),
                    style: first.style,
                });
                [&[first], rest].concat()
            }
            _ => [&[Block::paragraph(before(&[]))], blocks.as_slice()].concat(),
        },
    }
}

/// A panel as a bold title with its content below.
pub(crate) fn panel_blocks(panel: &Panel) -> Vec<Block> {
    let title = if panel.title.is_empty() {
        panel.kind.title()
    } else {
        &panel.title
    };
    let mut blocks = vec![strong_block(title)];
    blocks.extend_from_slice(&panel.blocks);
    blocks
}

/// An expand as a bold title with its content below.
pub(crate) fn expand_blocks(expand: &Expand) -> Vec<Block> {
    let mut blocks = Vec::new();
    if !expand.title.is_empty() {
        blocks.push(strong_block(&expand.title));
    }
    blocks.extend_from_slice(&expand.blocks);
    blocks
}

/// A table as one line a row where each cell is one line, and as the blocks of its cells otherwise.
pub(crate) fn table_blocks(table: &Table) -> Vec<Block> {
    let mut out = Vec::new();
    for row in &table.rows {
        let mut line = Vec::new();
        let simple = row
            .cells
            .iter()
            .all(|cell| matches!(&*cell.blocks, [Block::Paragraph(_)]));
        for (index, block) in row.cells.iter().flat_map(|cell| &cell.blocks).enumerate() {
            match block {
                Block::Paragraph(paragraph) if simple => {
                    if index > 0 {
                        line.push(Inline::text(" | "));
                    }
                    line.extend_from_slice(&paragraph.inlines);
                }
                other => out.push(other.clone()),
            }
        }
        if simple && !line.is_empty() {
            out.push(Block::paragraph(normal::line(&line)));
        }
    }
    out
}

fn media_blocks(media: &MediaSingle) -> (Vec<Block>, Instead) {
    let mut blocks = vec![text_block(&media.image.reference.placeholder())];
    blocks.extend(media.caption.clone().map(Block::paragraph));
    (blocks, Instead::Placeholder)
}

fn card_blocks(card: &Card) -> (Vec<Block>, Instead) {
    match &card.target {
        CardTarget::Url(url) if url.is_empty() => (
            vec![text_block("[unsupported: card]")],
            Instead::Placeholder,
        ),
        target => (
            vec![Block::paragraph(vec![Inline::Card(target.clone())])],
            Instead::Link,
        ),
    }
}

/// The blocks of all columns, one column after the other.
pub(crate) fn layout_blocks(layout: &Layout) -> Vec<Block> {
    let columns = layout.columns.iter();
    columns.flat_map(|column| column.blocks.clone()).collect()
}

/// A placeholder, and the body where there is one.
pub(crate) fn extension_blocks(extension: &Extension) -> (Vec<Block>, Instead) {
    let name = if extension.body.is_some() {
        "bodiedExtension"
    } else {
        "extension"
    };
    let mut blocks = vec![text_block(&format!("[unsupported: {name}]"))];
    blocks.extend(extension.body.clone().unwrap_or_default());
    (blocks, Instead::Placeholder)
}

fn loss_of(block: &Block) -> LossKind {
    match block {
        Block::TaskList(_) => LossKind::Task,
        Block::DecisionList(_) => LossKind::Decision,
        Block::Panel(_) => LossKind::Panel,
        Block::Expand(_) => LossKind::Expand,
        Block::Media(_) => LossKind::Image,
        Block::Card(_) => LossKind::Card,
        Block::Layout(_) => LossKind::Layout,
        Block::Extension(_) | Block::Sync(_) | Block::Unknown(_) => LossKind::Unsupported,
        _ => LossKind::Structure,
    }
}
