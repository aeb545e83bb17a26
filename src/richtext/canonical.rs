//! Canonical bytes: equal exactly when two documents mean the same.
//!
//! The document in normal form, every value with a tag and every text with its length, so that no two documents share
//! bytes by accident. Left out is what means nothing: identities that an editor makes anew, a mention's name
//! beside its id, the name of an emoji that has characters: it means what its characters mean as text.

use serde_json::Value;

use crate::block::{
    Alignment, Block, BlockStyle, Breakout, Card, CardView, Cell, DecisionItem, ListKind,
    MediaSingle, MediaWidth, Original, Panel, Table, TaskContent, TaskEntry, TaskList, Unknown,
};
use crate::document::Document;
use crate::inline::{CardTarget, Image, ImageSource, Inline, Mention};
use crate::loss::Losses;
use crate::mark::Mark;
use crate::normal;

/// Raised whenever the same document would give other bytes.
const VERSION: u8 = 2;

impl Document {
    /// Bytes that are equal exactly when two documents mean the same, as the input of digests. The first byte is the
    /// version of the encoding.
    pub fn canonical(&self) -> Vec<u8> {
        let normal = normal::document(self.clone(), &mut Losses::default());
        let mut out = Bytes(vec![VERSION]);
        out.blocks(&normal.blocks);
        out.0
    }
}

struct Bytes(Vec<u8>);

impl Bytes {
    fn tag(&mut self, tag: u8) {
        self.0.push(tag);
    }

    fn number(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_be_bytes());
    }

    fn count(&mut self, count: usize) {
        self.number(count as u64);
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn maybe<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        match value {
            None => self.tag(0),
            Some(value) => {
                self.tag(1);
                write(self, value);
            }
        }
    }

    fn maybe_text(&mut self, text: Option<&String>) {
        self.maybe(text, |out, text| out.text(text));
    }

    fn maybe_number(&mut self, number: Option<u32>) {
        self.maybe(number, |out, number| out.number(number.into()));
    }

    /// JSON with the keys of its objects in order, whatever order they are held in.
    fn json(&mut self, value: &Value) {
        match value {
            Value::Object(object) => {
                self.tag(1);
                let mut keys: Vec<&String> = object.keys().collect();
                keys.sort();
                self.count(keys.len());
                for key in keys {
                    self.text(key);
                    self.json(object.get(key).unwrap_or(&Value::Null));
                }
            }
            Value::Array(values) => {
                self.tag(2);
                self.jsons(values);
            }
            scalar => {
                self.tag(3);
                self.text(&scalar.to_string());
            }
        }
    }

    fn jsons(&mut self, values: &[Value]) {
        self.count(values.len());
        for value in values {
            self.json(value);
        }
    }

    fn blocks(&mut self, blocks: &[Block]) {
        self.count(blocks.len());
        for block in blocks {
            self.block(block);
        }
    }

    fn block(&mut self, block: &Block) {
        self.text(block.name());
        match block {
            Block::Paragraph(paragraph) => {
                self.style(paragraph.style);
                self.line(&paragraph.inlines);
            }
            Block::Heading(heading) => {
                self.tag(heading.level);
                self.style(heading.style);
                self.line(&heading.inlines);
            }
            Block::List(list) => {
                match list.kind {
                    ListKind::Bullet => self.tag(0),
                    ListKind::Ordered { start } => {
                        self.tag(1);
                        self.number(start.into());
                    }
                }
                self.count(list.items.len());
                for item in &list.items {
                    self.blocks(&item.blocks);
                }
            }
            Block::TaskList(list) => self.tasks(list),
            Block::DecisionList(items) => self.decisions(items),
            Block::Quote(quote) => self.blocks(&quote.blocks),
            Block::Code(code) => {
                self.maybe_text(code.language.as_ref());
                self.text(&code.text);
                self.breakout(code.breakout);
            }
            Block::Panel(panel) => self.panel(panel),
            Block::Expand(expand) => {
                self.text(&expand.title);
                self.breakout(expand.breakout);
                self.blocks(&expand.blocks);
            }
            Block::Table(table) => self.table(table),
            Block::Rule => {}
            Block::Media(single) => self.media(single),
            Block::MediaGroup(images) => {
                self.count(images.len());
                images.iter().for_each(|image| self.image(image));
            }
            Block::Card(card) => self.card(card),
            Block::Layout(layout) => {
                self.breakout(layout.breakout);
                self.count(layout.columns.len());
                for column in &layout.columns {
                    self.number(column.width.into());
                    self.maybe(column.valign, |out, valign| out.tag(valign as u8));
                    self.blocks(&column.blocks);
                }
            }
            Block::Extension(extension) => {
                self.attributes(&extension.attrs, &extension.marks);
                self.maybe(extension.body.as_ref(), |out, body| out.blocks(body));
            }
            Block::Sync(sync) => {
                self.text(&sync.resource_id);
                self.breakout(sync.breakout);
                self.maybe(sync.body.as_ref(), |out, body| out.blocks(body));
            }
            Block::Unknown(unknown) => self.unknown(unknown),
        }
    }

    fn style(&mut self, style: BlockStyle) {
        self.tag(match style.alignment {
            Alignment::Start => 0,
            Alignment::Center => 1,
            Alignment::End => 2,
        });
        self.tag(style.indentation);
        self.tag(style.small.into());
    }

    fn breakout(&mut self, breakout: Option<Breakout>) {
        self.maybe(breakout, |out, breakout| {
            out.tag(breakout.full_width.into());
            out.maybe_number(breakout.width);
        });
    }

    fn tasks(&mut self, list: &TaskList) {
        self.count(list.entries.len());
        for entry in &list.entries {
            match entry {
                TaskEntry::List(nested) => {
                    self.tag(0);
                    self.tasks(nested);
                }
                TaskEntry::Item(item) => {
                    self.tag(1);
                    self.tag(item.done.into());
                    match &item.content {
                        TaskContent::Inlines(inlines) => {
                            self.tag(0);
                            self.line(inlines);
                        }
                        TaskContent::Blocks(blocks) => {
                            self.tag(1);
                            self.blocks(blocks);
                        }
                    }
                }
            }
        }
    }

    fn decisions(&mut self, items: &[DecisionItem]) {
        self.count(items.len());
        for item in items {
            self.text(&item.state);
            self.line(&item.inlines);
        }
    }

    fn panel(&mut self, panel: &Panel) {
        self.tag(panel.kind as u8);
        self.maybe_text(panel.decoration.icon.as_ref());
        self.maybe_text(panel.decoration.icon_id.as_ref());
        self.maybe_text(panel.decoration.icon_text.as_ref());
        self.maybe_text(panel.decoration.color.as_ref());
        self.text(&panel.title);
        self.blocks(&panel.blocks);
    }

    fn table(&mut self, table: &Table) {
        self.maybe(table.placement, |out, placement| out.tag(placement as u8));
        self.maybe_number(table.width);
        self.tag(table.numbered.into());
        self.maybe(table.fixed, |out, fixed| out.tag(fixed.into()));
        self.count(table.rows.len());
        for row in &table.rows {
            self.count(row.cells.len());
            row.cells.iter().for_each(|cell| self.cell(cell));
        }
    }

    fn cell(&mut self, cell: &Cell) {
        self.tag(cell.header.into());
        self.number(cell.colspan.into());
        self.number(cell.rowspan.into());
        self.count(cell.widths.len());
        cell.widths
            .iter()
            .for_each(|width| self.number((*width).into()));
        self.maybe_text(cell.background.as_ref());
        self.maybe(cell.valign, |out, valign| out.tag(valign as u8));
        self.blocks(&cell.blocks);
    }

    fn media(&mut self, single: &MediaSingle) {
        self.image(&single.image);
        self.maybe(single.caption.as_ref(), |out, caption| out.line(caption));
        self.tag(single.placement as u8);
        self.maybe(single.width, |out, width| match width {
            MediaWidth::Percent(width) => {
                out.tag(0);
                out.number(width.into());
            }
            MediaWidth::Pixels(width) => {
                out.tag(1);
                out.number(width.into());
            }
        });
    }

    fn image(&mut self, image: &Image) {
        let reference = &image.reference;
        match &reference.source {
            ImageSource::Url(url) => {
                self.tag(0);
                self.text(url);
            }
            ImageSource::File { id, collection } => {
                self.tag(1);
                self.text(id);
                self.text(collection);
            }
            ImageSource::Attachment(name) => {
                self.tag(2);
                self.text(name);
            }
        }
        self.tag(reference.kind as u8);
        self.maybe_text(reference.alt.as_ref());
        self.maybe_number(reference.width);
        self.maybe_number(reference.height);
        self.maybe_text(image.link.as_ref());
        self.maybe(image.border.as_ref(), |out, border| {
            out.tag(border.size);
            out.text(&border.color);
        });
    }

    fn card(&mut self, card: &Card) {
        self.target(&card.target);
        match &card.view {
            CardView::Block => self.tag(0),
            CardView::Embed {
                placement,
                width,
                original,
            } => {
                self.tag(1);
                self.tag(*placement as u8);
                self.maybe_number(*width);
                self.maybe_number(original.map(|(width, _)| width));
                self.maybe_number(original.map(|(_, height)| height));
            }
            CardView::Datasource {
                source,
                placement,
                width,
            } => {
                self.tag(2);
                self.json(source);
                self.maybe(*placement, |out, placement| out.tag(placement as u8));
                self.maybe_number(*width);
            }
        }
    }

    fn target(&mut self, target: &CardTarget) {
        match target {
            CardTarget::Url(url) => {
                self.tag(0);
                self.text(url);
            }
            CardTarget::Data(data) => {
                self.tag(1);
                self.json(data);
            }
        }
    }

    fn attributes(&mut self, attrs: &serde_json::Map<String, Value>, marks: &[Value]) {
        let mut kept = attrs.clone();
        kept.remove("localId");
        self.json(&Value::Object(kept));
        self.jsons(marks);
    }

    fn unknown(&mut self, unknown: &Unknown) {
        self.text(&unknown.kind);
        match &unknown.original {
            Original::Adf(value) => {
                self.tag(0);
                self.json(value);
            }
            Original::Html(text) => {
                self.tag(1);
                self.text(text);
            }
            Original::Wiki(text) => {
                self.tag(2);
                self.text(text);
            }
            Original::Markdown(text) => {
                self.tag(3);
                self.text(text);
            }
            Original::Gone => self.tag(4),
        }
    }

    fn line(&mut self, inlines: &[Inline]) {
        let spoken: Vec<Inline> = inlines.iter().map(glyphs_as_text).collect();
        let line = normal::line(&spoken);
        self.count(line.len());
        for inline in &line {
            self.inline(inline);
        }
    }

    fn inline(&mut self, inline: &Inline) {
        match inline {
            Inline::Text(run) => {
                self.tag(0);
                self.text(&run.text);
                self.count(run.marks.len());
                run.marks.iter().for_each(|mark| self.mark(mark));
            }
            Inline::HardBreak => self.tag(1),
            Inline::Mention(mention) => self.mention(mention),
            Inline::Emoji(emoji) => {
                self.tag(3);
                self.text(&emoji.short_name);
            }
            Inline::Date(date) => {
                self.tag(4);
                self.0.extend_from_slice(&date.millis.to_be_bytes());
            }
            Inline::Status(status) => {
                self.tag(5);
                self.text(&status.text);
                self.text(&status.color);
                self.maybe_text(status.style.as_ref());
            }
            Inline::Card(target) => {
                self.tag(6);
                self.target(target);
            }
            Inline::Image(image) => {
                self.tag(7);
                self.image(image);
            }
            Inline::Placeholder(text) => {
                self.tag(8);
                self.text(text);
            }
            Inline::Anchor(name) => {
                self.tag(9);
                self.text(name);
            }
            Inline::Extension(extension) => {
                self.tag(10);
                self.attributes(&extension.attrs, &extension.marks);
            }
            Inline::Unknown(unknown) => {
                self.tag(11);
                self.unknown(unknown);
            }
        }
    }

    fn mention(&mut self, mention: &Mention) {
        self.tag(2);
        self.text(&mention.id);
        if mention.id.is_empty() {
            self.text(&mention.name);
        }
    }

    fn mark(&mut self, mark: &Mark) {
        self.tag(mark.rank());
        match mark {
            Mark::Link(link) => {
                self.text(&link.href);
                self.maybe_text(link.title.as_ref());
            }
            Mark::Color(color) | Mark::Background(color) => self.0.extend_from_slice(&color.0),
            Mark::Annotation(id) => self.text(id),
            Mark::Unknown(unknown) => self.unknown(unknown),
            _ => {}
        }
    }
}

/// An emoji that has characters is those characters, which join the text around them.
fn glyphs_as_text(inline: &Inline) -> Inline {
    match inline {
        Inline::Emoji(emoji) => emoji.glyphs().map_or_else(|| inline.clone(), Inline::text),
        other => other.clone(),
    }
}
