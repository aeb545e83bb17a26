//! Reading ADF. Any JSON is accepted: what is no ADF becomes text, a placeholder or nothing, with a loss.

use serde_json::{Map, Value};

use crate::block::{
    Alignment, Block, BlockStyle, Breakout, Card, CardView, Cell, CodeBlock, Column, DecisionItem,
    Decoration, Expand, Extension, Heading, Item, Layout, List, ListKind, MediaSingle, MediaWidth,
    Original, Panel, PanelKind, Paragraph, Placement, Quote, Row, SyncBlock, Table, TaskContent,
    TaskEntry, TaskItem, TaskList, Unknown, VerticalAlign,
};
use crate::document::Document;
use crate::inline::{
    CardTarget, Date, Emoji, Image, ImageRef, ImageSource, Inline, InlineExtension, MediaKind,
    Mention, Status, UserType,
};
use crate::limit::{MAX_ADF_BYTES, MAX_COLSPAN, MAX_DEPTH, MAX_NODES, MAX_ROWSPAN};
use crate::loss::{Instead, Loss, LossKind, Losses};
use crate::mark::{Border, Color, Link, Mark};
use crate::normal;

use known::{IDENTITIES, attributes, carried_marks};

mod known;

/// What a JSON value is counted as beside its text.
const VALUE_BYTES: usize = 8;

/// Reads ADF. Never fails: input of another shape gives an empty document or placeholders, and losses that say so.
/// Identities that an editor makes anew (`localId` of anything but a task) are not kept and no loss.
pub fn read(value: &Value) -> (Document, Vec<Loss>) {
    let mut reader = Reader {
        losses: Losses::default(),
        nodes: 0,
        bytes: 0,
        depth: 0,
    };
    let blocks = match kind(value) {
        "doc" => reader.blocks(content(value)),
        _ if value.is_null() => Vec::new(),
        _ => {
            reader.losses.add(LossKind::Malformed, Instead::Placeholder);
            match value.as_str() {
                Some(text) => Document::from_plain(reader.bounded(text)).blocks,
                None => reader.sequence(std::slice::from_ref(value)),
            }
        }
    };
    let doc = normal::document(&Document { blocks }, &mut reader.losses);
    (doc, reader.losses.done())
}

struct Reader {
    losses: Losses,
    /// How many nodes were taken.
    nodes: usize,
    /// How many bytes of text and attributes they hold.
    bytes: usize,
    /// How many containers are open.
    depth: usize,
}

impl Reader {
    /// Blocks of a container, within the bounds of depth and number.
    fn blocks(&mut self, children: &[Value]) -> Vec<Block> {
        if self.depth > MAX_DEPTH {
            self.losses.add(LossKind::TooDeep, Instead::Text);
            let text = self.text(children);
            return vec![Block::paragraph(vec![Inline::text(text)])];
        }
        self.depth += 1;
        let out = self.sequence(children);
        self.depth -= 1;
        out
    }

    fn sequence(&mut self, nodes: &[Value]) -> Vec<Block> {
        let mut out = Vec::new();
        let mut loose = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            if self.full(node) {
                break;
            }
            self.losses.enter(index, path_name(kind(node)));
            if is_inline(kind(node)) {
                self.losses.add(LossKind::Malformed, Instead::Blocks);
                self.inline(node, &mut loose);
            } else {
                flush(&mut loose, &mut out);
                let block = self.block(node);
                out.extend(block);
            }
            self.losses.leave();
        }
        flush(&mut loose, &mut out);
        out
    }

    /// Counts a node, its content aside; true, with a loss, once there are too many or they hold too much.
    fn full(&mut self, node: &Value) -> bool {
        self.nodes += 1;
        self.bytes = self.bytes.saturating_add(weight(node));
        let full = self.nodes > MAX_NODES || self.bytes > MAX_ADF_BYTES;
        if full {
            self.losses.add(LossKind::TooLarge, Instead::Nothing);
        }
        full
    }

    /// As much of a text as the bound of bytes leaves room for.
    fn bounded<'a>(&mut self, text: &'a str) -> &'a str {
        let room = MAX_ADF_BYTES.saturating_sub(self.bytes);
        self.bytes = self.bytes.saturating_add(text.len());
        if text.len() > room {
            self.losses.add(LossKind::TooLarge, Instead::Nothing);
        }
        text.get(..text.floor_char_boundary(room))
            .unwrap_or_default()
    }

    /// The text below nodes whose structure is not kept.
    fn text(&mut self, nodes: &[Value]) -> String {
        let text = visible_text(nodes);
        self.bounded(&text).to_owned()
    }

    fn block(&mut self, node: &Value) -> Option<Block> {
        self.check(node);
        Some(match kind(node) {
            "paragraph" => Block::Paragraph(Paragraph {
                style: self.style(node),
                inlines: self.line(content(node)),
            }),
            "heading" => Block::Heading(Heading {
                level: self
                    .number(node, "level")
                    .map_or(1, |level| level.clamp(1, 6) as u8),
                style: self.style(node),
                inlines: self.line(content(node)),
            }),
            "bulletList" => self.list(node, ListKind::Bullet),
            "orderedList" => {
                let start = self.number(node, "order").unwrap_or(1);
                self.list(node, ListKind::Ordered { start })
            }
            "taskList" => Block::TaskList(self.tasks(node)),
            "decisionList" => Block::DecisionList(self.decisions(node)),
            "blockquote" => Block::Quote(Quote {
                blocks: self.blocks(content(node)),
            }),
            "codeBlock" => self.code(node),
            "panel" => self.panel(node),
            "expand" | "nestedExpand" => Block::Expand(Expand {
                title: string(node, "title").unwrap_or_default(),
                breakout: self.breakout(node),
                blocks: self.blocks(content(node)),
            }),
            "table" => self.table(node),
            "rule" => Block::Rule,
            "mediaSingle" => return self.media_single(node),
            "mediaGroup" => Block::MediaGroup(
                content(node)
                    .iter()
                    .filter_map(|media| self.image(media))
                    .collect(),
            ),
            "media" => {
                self.losses.add(LossKind::Malformed, Instead::Blocks);
                Block::MediaGroup(self.image(node).into_iter().collect())
            }
            "blockCard" | "embedCard" => self.card(node),
            "layoutSection" => self.layout(node),
            "extension" | "bodiedExtension" => self.extension(node),
            "syncBlock" | "bodiedSyncBlock" => Block::Sync(SyncBlock {
                resource_id: string(node, "resourceId").unwrap_or_default(),
                local_id: string(node, "localId"),
                body: (kind(node) == "bodiedSyncBlock").then(|| self.blocks(content(node))),
                breakout: self.breakout(node),
            }),
            _ => Block::Unknown(self.unknown(node)),
        })
    }

    /// Records what the node says and the document cannot hold.
    fn check(&mut self, node: &Value) {
        self.check_attributes(node);
        let Some(carried) = carried_marks(kind(node)) else {
            return;
        };
        for (index, mark) in marks(node).iter().enumerate() {
            let repeated = |earlier: &Value| kind(earlier) == kind(mark) && earlier != mark;
            let earlier = marks(node).get(..index).unwrap_or_default();
            if !carried.contains(&kind(mark)) || earlier.iter().any(repeated) {
                self.losses.add(LossKind::Mark, Instead::Plain);
            }
            if kind(mark) == "link" && string(mark, "title").is_some_and(|title| !title.is_empty())
            {
                self.losses.add(LossKind::LinkDetail, Instead::Plain);
            }
            self.check_attributes(mark);
        }
    }

    fn check_attributes(&mut self, node: &Value) {
        let Some(carried) = attributes(kind(node)) else {
            return;
        };
        let said = attrs(node).into_iter().flatten();
        for (name, value) in said {
            let name = name.as_str();
            if !carried.contains(&name) && !IDENTITIES.contains(&name) && !value.is_null() {
                self.losses.add(LossKind::Attribute, Instead::Plain);
            }
        }
    }

    fn unknown(&mut self, node: &Value) -> Unknown {
        self.losses.add(LossKind::Unsupported, Instead::Placeholder);
        let copied = weight_of_all(content(node));
        self.bytes = self.bytes.saturating_add(copied);
        Unknown {
            kind: kind(node).to_owned(),
            original: match shallow(node) && self.bytes <= MAX_ADF_BYTES {
                true => Original::Adf(node.clone()),
                false => Original::Gone,
            },
        }
    }

    fn list(&mut self, node: &Value, kind: ListKind) -> Block {
        let items = self.children(node, "listItem", |reader, _, blocks| Item {
            blocks: reader.blocks(blocks),
        });
        Block::List(List { kind, items })
    }

    /// The children of the only kind that a node may have, each with its content. One of another kind is read as the
    /// content of such a child.
    fn children<T>(
        &mut self,
        node: &Value,
        expected: &'static str,
        read: impl Fn(&mut Self, &Value, &[Value]) -> T,
    ) -> Vec<T> {
        let mut out = Vec::new();
        self.depth += 1;
        for (index, child) in content(node).iter().enumerate() {
            if self.full(child) {
                break;
            }
            self.losses.enter(index, expected);
            if kind(child) == expected {
                self.check(child);
                out.push(read(self, child, content(child)));
            } else {
                self.losses.add(LossKind::Malformed, Instead::Blocks);
                out.push(read(self, &Value::Null, std::slice::from_ref(child)));
            }
            self.losses.leave();
        }
        self.depth -= 1;
        out
    }

    fn tasks(&mut self, node: &Value) -> TaskList {
        let mut entries = Vec::new();
        if self.depth > MAX_DEPTH {
            self.losses.add(LossKind::TooDeep, Instead::Text);
            let text = self.text(content(node));
            entries.push(task(node, TaskContent::Inlines(vec![Inline::text(text)])));
            return TaskList {
                entries,
                local_id: None,
            };
        }
        self.depth += 2;
        for (index, child) in content(node).iter().enumerate() {
            if self.full(child) {
                break;
            }
            self.losses.enter(index, path_name(kind(child)));
            self.check(child);
            entries.push(match kind(child) {
                "taskList" => TaskEntry::List(self.tasks(child)),
                "taskItem" => task(child, TaskContent::Inlines(self.line(content(child)))),
                "blockTaskItem" => task(child, TaskContent::Blocks(self.blocks(content(child)))),
                _ => {
                    self.losses.add(LossKind::Malformed, Instead::Text);
                    task(child, TaskContent::Inlines(self.line(content(child))))
                }
            });
            self.losses.leave();
        }
        self.depth -= 2;
        TaskList {
            entries,
            local_id: string(node, "localId"),
        }
    }

    fn decisions(&mut self, node: &Value) -> Vec<DecisionItem> {
        self.children(node, "decisionItem", |reader, item, inlines| DecisionItem {
            inlines: reader.line(inlines),
            state: string(item, "state").unwrap_or_default(),
            local_id: string(item, "localId"),
        })
    }

    fn code(&mut self, node: &Value) -> Block {
        Block::Code(CodeBlock {
            language: string(node, "language"),
            text: self.text(content(node)),
            breakout: self.breakout(node),
        })
    }

    fn panel(&mut self, node: &Value) -> Block {
        Block::Panel(Panel {
            kind: match string(node, "panelType").as_deref() {
                Some("note") => PanelKind::Note,
                Some("tip") => PanelKind::Tip,
                Some("warning") => PanelKind::Warning,
                Some("error") => PanelKind::Error,
                Some("success") => PanelKind::Success,
                Some("custom") => PanelKind::Custom,
                Some("info") => PanelKind::Info,
                _ => {
                    self.losses.add(LossKind::Malformed, Instead::Plain);
                    PanelKind::Info
                }
            },
            decoration: Decoration {
                icon: string(node, "panelIcon"),
                icon_id: string(node, "panelIconId"),
                icon_text: string(node, "panelIconText"),
                color: string(node, "panelColor"),
            },
            title: String::new(),
            blocks: self.blocks(content(node)),
        })
    }

    fn table(&mut self, node: &Value) -> Block {
        let rows = self.children(node, "tableRow", |reader, _, cells| Row {
            cells: reader.cells(cells),
        });
        Block::Table(Table {
            rows,
            placement: placement(node),
            width: self.number(node, "width"),
            numbered: boolean(node, "isNumberColumnEnabled").unwrap_or(false),
            fixed: string(node, "displayMode").map(|mode| mode == "fixed"),
        })
    }

    fn cells(&mut self, cells: &[Value]) -> Vec<Cell> {
        let mut out = Vec::new();
        for (index, cell) in cells.iter().enumerate() {
            if self.full(cell) {
                break;
            }
            self.losses.enter(index, "cell");
            if !matches!(kind(cell), "tableCell" | "tableHeader") {
                self.losses.add(LossKind::Malformed, Instead::Blocks);
            }
            out.push(self.cell(cell));
            self.losses.leave();
        }
        out
    }

    fn cell(&mut self, cell: &Value) -> Cell {
        self.check(cell);
        let span = |reader: &mut Self, name, most| {
            let span = reader.number(cell, name).unwrap_or(1);
            if !(1..=most).contains(&span) {
                reader.losses.add(LossKind::Attribute, Instead::Plain);
            }
            span
        };
        Cell {
            header: kind(cell) == "tableHeader",
            colspan: span(self, "colspan", MAX_COLSPAN),
            rowspan: span(self, "rowspan", MAX_ROWSPAN),
            widths: self.widths(cell),
            background: string(cell, "background").filter(|color| !color.is_empty()),
            valign: valign(cell),
            blocks: self.blocks(content(cell)),
        }
    }

    fn widths(&mut self, cell: &Value) -> Vec<u32> {
        let widths = attr(cell, "colwidth").and_then(Value::as_array);
        let widths = widths.map_or(&[][..], Vec::as_slice);
        widths
            .iter()
            .filter_map(|width| self.whole(width))
            .collect()
    }

    fn media_single(&mut self, node: &Value) -> Option<Block> {
        let children = content(node);
        let media = children.iter().find(|child| kind(child) == "media");
        let caption = children.iter().find(|child| kind(child) == "caption");
        let taken = usize::from(media.is_some()) + usize::from(caption.is_some());
        if children.len() > taken {
            self.losses.add(LossKind::Malformed, Instead::Nothing);
        }
        if let Some(caption) = caption {
            self.check(caption);
        }
        let caption = caption.map(|caption| self.line(content(caption)));
        let Some(mut image) = media.and_then(|media| self.image(media)) else {
            self.losses.add(LossKind::Malformed, Instead::Nothing);
            return caption.map(Block::paragraph);
        };
        match link(node) {
            outer if image.link.is_none() => image.link = outer,
            outer if outer.is_some() && outer != image.link => {
                self.losses.add(LossKind::LinkDetail, Instead::Plain);
            }
            _ => {}
        }
        let pixels = string(node, "widthType").as_deref() == Some("pixel");
        Some(Block::Media(MediaSingle {
            image,
            caption,
            placement: placement(node).unwrap_or_default(),
            width: match pixels {
                true => self.number(node, "width").map(MediaWidth::Pixels),
                false => hundredths(node, "width").map(MediaWidth::Percent),
            },
        }))
    }

    fn image(&mut self, node: &Value) -> Option<Image> {
        if self.full(node) {
            return None;
        }
        self.check(node);
        let source = match (string(node, "url"), string(node, "id")) {
            (Some(url), _) => ImageSource::Url(url),
            (None, Some(id)) if !id.is_empty() => ImageSource::File {
                id,
                collection: string(node, "collection").unwrap_or_default(),
            },
            _ => {
                self.losses.add(LossKind::Malformed, Instead::Nothing);
                return None;
            }
        };
        Some(Image {
            reference: ImageRef {
                source,
                kind: match string(node, "type").as_deref() {
                    Some("image") => MediaKind::Image,
                    Some("link") => MediaKind::Link,
                    _ => MediaKind::File,
                },
                alt: string(node, "alt"),
                width: self.number(node, "width"),
                height: self.number(node, "height"),
            },
            link: link(node),
            border: self.border(node),
        })
    }

    fn card(&mut self, node: &Value) -> Block {
        let view = match attr(node, "datasource") {
            _ if kind(node) == "embedCard" => CardView::Embed {
                placement: placement(node).unwrap_or_default(),
                width: hundredths(node, "width"),
                original: self.original(node),
            },
            Some(source) if shallow(source) => CardView::Datasource {
                source: source.clone(),
                placement: placement(node),
                width: self.number(node, "width"),
            },
            _ => CardView::Block,
        };
        Block::Card(Card {
            target: self.target(node),
            view,
        })
    }

    /// Width and height of what a card shows; one alone says nothing.
    fn original(&mut self, node: &Value) -> Option<(u32, u32)> {
        let width = self.number(node, "originalWidth");
        let height = self.number(node, "originalHeight");
        if width.is_some() != height.is_some() {
            self.losses.add(LossKind::Attribute, Instead::Plain);
        }
        width.zip(height)
    }

    fn target(&mut self, node: &Value) -> CardTarget {
        match (string(node, "url"), attr(node, "data")) {
            (Some(url), _) => CardTarget::Url(url),
            (None, Some(data)) if shallow(data) => CardTarget::Data(data.clone()),
            _ => CardTarget::Url(String::new()),
        }
    }

    fn layout(&mut self, node: &Value) -> Block {
        let columns = self.children(node, "layoutColumn", |reader, column, blocks| Column {
            width: hundredths(column, "width").unwrap_or_default(),
            valign: valign(column),
            blocks: reader.blocks(blocks),
        });
        Block::Layout(Layout {
            columns,
            breakout: self.breakout(node),
        })
    }

    fn extension(&mut self, node: &Value) -> Block {
        let (Some(attrs), true) = (attrs(node), shallow_but_content(node)) else {
            return Block::Unknown(self.unknown(node));
        };
        Block::Extension(Extension {
            attrs: attrs.clone(),
            marks: self.extension_marks(node),
            body: (kind(node) == "bodiedExtension").then(|| self.blocks(content(node))),
        })
    }

    /// The marks that an extension may have, as they came.
    fn extension_marks(&mut self, node: &Value) -> Vec<Value> {
        let (kept, others): (Vec<&Value>, Vec<&Value>) = marks(node)
            .iter()
            .partition(|mark| matches!(kind(mark), "dataConsumer" | "fragment"));
        if !others.is_empty() {
            self.losses.add(LossKind::Mark, Instead::Plain);
        }
        kept.into_iter().cloned().collect()
    }

    fn line(&mut self, children: &[Value]) -> Vec<Inline> {
        let mut out = Vec::new();
        for child in children {
            if self.full(child) {
                break;
            }
            self.inline(child, &mut out);
        }
        out
    }

    fn inline(&mut self, node: &Value, out: &mut Vec<Inline>) {
        self.check(node);
        out.push(match kind(node) {
            "text" => match node.get("text").and_then(Value::as_str) {
                Some(text) => Inline::marked(text, self.marks(node)),
                None => return self.losses.add(LossKind::Malformed, Instead::Nothing),
            },
            "hardBreak" => Inline::HardBreak,
            "mention" => Inline::Mention(mention(node)),
            "emoji" => Inline::Emoji(Emoji {
                short_name: string(node, "shortName").unwrap_or_default(),
                id: string(node, "id"),
                text: string(node, "text"),
            }),
            "date" => return self.date(node, out),
            "status" => Inline::Status(Status {
                text: string(node, "text").unwrap_or_default(),
                color: string(node, "color").unwrap_or_default(),
                style: string(node, "style"),
            }),
            "inlineCard" => Inline::Card(self.target(node)),
            "mediaInline" => match self.image(node) {
                Some(image) => Inline::Image(image),
                None => return,
            },
            "placeholder" => Inline::Placeholder(string(node, "text").unwrap_or_default()),
            "inlineExtension" if shallow(node) && attrs(node).is_some() => {
                Inline::Extension(InlineExtension {
                    attrs: attrs(node).cloned().unwrap_or_default(),
                    marks: self.extension_marks(node),
                })
            }
            name if is_block(name) => return self.block_in_line(node, out),
            _ => Inline::Unknown(self.unknown(node)),
        });
    }

    /// A block where only inlines may stand: its text stays, on lines of its own.
    fn block_in_line(&mut self, node: &Value, out: &mut Vec<Inline>) {
        self.losses.add(LossKind::Malformed, Instead::Text);
        if !out.is_empty() {
            out.push(Inline::HardBreak);
        }
        out.push(Inline::text(self.text(std::slice::from_ref(node))));
    }

    fn date(&mut self, node: &Value, out: &mut Vec<Inline>) {
        let stamp = attr(node, "timestamp");
        let millis = match stamp {
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(Value::Number(number)) => number.as_i64(),
            _ => None,
        };
        match millis {
            // The years 0 to 9999; what lies beyond is no date that somebody picked.
            Some(millis @ -62_167_219_200_000..=253_402_300_799_999) => {
                out.push(Inline::Date(Date { millis }));
            }
            _ => {
                self.losses.add(LossKind::Date, Instead::Placeholder);
                out.push(Inline::text("[date]"));
            }
        }
    }

    /// The marks of a text, the first of each kind.
    fn marks(&mut self, node: &Value) -> Vec<Mark> {
        let mut out: Vec<Mark> = Vec::new();
        for value in marks(node) {
            self.check_attributes(value);
            match mark(value) {
                Some(mark) if out.contains(&mark) => {}
                Some(mark) if out.iter().all(|known| known.rank() != mark.rank()) => out.push(mark),
                _ => self.losses.add(LossKind::Mark, Instead::Plain),
            }
        }
        out
    }

    fn style(&mut self, node: &Value) -> BlockStyle {
        let mut style = BlockStyle::default();
        for mark in marks(node) {
            let before = style;
            match kind(mark) {
                "alignment" if string(mark, "align").as_deref() == Some("center") => {
                    style.alignment = Alignment::Center;
                }
                "alignment" if string(mark, "align").as_deref() == Some("end") => {
                    style.alignment = Alignment::End;
                }
                "indentation" => {
                    style.indentation = self.number(mark, "level").unwrap_or(0).min(6) as u8;
                }
                "fontSize" => style.small = true,
                _ => self.losses.add(LossKind::Style, Instead::Plain),
            }
            let aligned = before.alignment != Alignment::Start;
            if aligned && style.alignment != before.alignment
                || before.indentation > 0 && style.indentation != before.indentation
            {
                self.losses.add(LossKind::Style, Instead::Plain);
            }
        }
        style
    }

    fn breakout(&mut self, node: &Value) -> Option<Breakout> {
        let mark = marks(node).iter().find(|mark| kind(mark) == "breakout")?;
        Some(Breakout {
            full_width: string(mark, "mode").as_deref() == Some("full-width"),
            width: self.number(mark, "width"),
        })
    }

    fn border(&mut self, node: &Value) -> Option<Border> {
        let mark = marks(node).iter().find(|mark| kind(mark) == "border")?;
        Some(Border {
            size: self.number(mark, "size").unwrap_or(1).clamp(1, 3) as u8,
            color: string(mark, "color")
                .filter(|color| super::write::border_color_is_valid(color))?,
        })
    }

    /// A number of a node as a whole one, with a loss where it is none.
    fn number(&mut self, node: &Value, name: &str) -> Option<u32> {
        let value = attr(node, name).filter(|value| !value.is_null())?;
        self.whole(value)
    }

    fn whole(&mut self, value: &Value) -> Option<u32> {
        let exact = value.as_f64();
        let whole = exact.and_then(rounded);
        if exact.is_none() || exact != whole.map(f64::from) {
            self.losses.add(LossKind::Attribute, Instead::Plain);
        }
        whole
    }
}

fn flush(loose: &mut Vec<Inline>, out: &mut Vec<Block>) {
    if !loose.is_empty() {
        out.push(Block::paragraph(std::mem::take(loose)));
    }
}

fn task(node: &Value, content: TaskContent) -> TaskEntry {
    TaskEntry::Item(TaskItem {
        done: string(node, "state").as_deref() == Some("DONE"),
        local_id: string(node, "localId"),
        content,
    })
}

fn kind(node: &Value) -> &str {
    node.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn content(node: &Value) -> &[Value] {
    node.get("content")
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn marks(node: &Value) -> &[Value] {
    node.get("marks")
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn attrs(node: &Value) -> Option<&Map<String, Value>> {
    node.get("attrs").and_then(Value::as_object)
}

fn attr<'a>(node: &'a Value, name: &str) -> Option<&'a Value> {
    attrs(node)?.get(name)
}

fn string(node: &Value, name: &str) -> Option<String> {
    attr(node, name)?.as_str().map(normal::clean)
}

fn boolean(node: &Value, name: &str) -> Option<bool> {
    attr(node, name)?.as_bool()
}

fn hundredths(node: &Value, name: &str) -> Option<u32> {
    rounded(attr(node, name)?.as_f64()? * 100.0).map(|value| value.min(10_000))
}

fn rounded(value: f64) -> Option<u32> {
    let value = value.round();
    (0.0..=f64::from(u32::MAX))
        .contains(&value)
        .then_some(value as u32)
}

fn placement(node: &Value) -> Option<Placement> {
    Some(match string(node, "layout")?.as_str() {
        "center" => Placement::Center,
        "wide" => Placement::Wide,
        "full-width" => Placement::FullWidth,
        "wrap-left" => Placement::WrapLeft,
        "wrap-right" => Placement::WrapRight,
        "align-start" => Placement::AlignStart,
        "align-end" => Placement::AlignEnd,
        _ => return None,
    })
}

fn valign(node: &Value) -> Option<VerticalAlign> {
    Some(match string(node, "valign")?.as_str() {
        "top" => VerticalAlign::Top,
        "middle" => VerticalAlign::Middle,
        "bottom" => VerticalAlign::Bottom,
        _ => return None,
    })
}

fn link(node: &Value) -> Option<String> {
    let mark = marks(node).iter().find(|mark| kind(mark) == "link")?;
    string(mark, "href")
}

fn mention(node: &Value) -> Mention {
    Mention {
        id: string(node, "id").unwrap_or_default(),
        name: string(node, "text").unwrap_or_default(),
        access_level: string(node, "accessLevel"),
        user_type: match string(node, "userType").as_deref() {
            Some("DEFAULT") => Some(UserType::Default),
            Some("SPECIAL") => Some(UserType::Special),
            Some("APP") => Some(UserType::App),
            _ => None,
        },
    }
}

fn mark(value: &Value) -> Option<Mark> {
    Some(match kind(value) {
        "strong" => Mark::Strong,
        "em" => Mark::Em,
        "underline" => Mark::Underline,
        "strike" => Mark::Strike,
        "code" => Mark::Code,
        "subsup" => match string(value, "type")?.as_str() {
            "sub" => Mark::Sub,
            "sup" => Mark::Sup,
            _ => return None,
        },
        "link" => Mark::Link(Link {
            href: string(value, "href")?,
            title: string(value, "title"),
        }),
        "textColor" => Mark::Color(Color::from_hex(&string(value, "color")?)?),
        "backgroundColor" => Mark::Background(Color::from_hex(&string(value, "color")?)?),
        "annotation" => Mark::Annotation(string(value, "id")?),
        _ => return None,
    })
}

fn is_inline(kind: &str) -> bool {
    matches!(
        kind,
        "text"
            | "hardBreak"
            | "mention"
            | "emoji"
            | "date"
            | "status"
            | "inlineCard"
            | "mediaInline"
            | "placeholder"
            | "inlineExtension"
    )
}

fn is_block(kind: &str) -> bool {
    path_name(kind) != "unknown" && !is_inline(kind)
}

/// The type of a node as it may stand in a path: only types of the schema, nothing of the input.
fn path_name(kind: &str) -> &'static str {
    const KINDS: [&str; 37] = [
        "paragraph",
        "heading",
        "bulletList",
        "orderedList",
        "listItem",
        "taskList",
        "taskItem",
        "blockTaskItem",
        "decisionList",
        "decisionItem",
        "blockquote",
        "codeBlock",
        "panel",
        "expand",
        "nestedExpand",
        "table",
        "tableRow",
        "tableCell",
        "tableHeader",
        "rule",
        "mediaSingle",
        "mediaGroup",
        "media",
        "blockCard",
        "embedCard",
        "layoutSection",
        "layoutColumn",
        "extension",
        "bodiedExtension",
        "syncBlock",
        "bodiedSyncBlock",
        "text",
        "hardBreak",
        "mention",
        "emoji",
        "date",
        "status",
    ];
    KINDS
        .into_iter()
        .find(|known| *known == kind)
        .unwrap_or("unknown")
}

/// All text below nodes in order, blocks on lines of their own. Walks without recursion, for trees of any depth.
fn visible_text(nodes: &[Value]) -> String {
    let mut out = String::new();
    let mut stack = vec![nodes.iter()];
    let mut visited = 0;
    while let Some(level) = stack.last_mut() {
        let Some(node) = level.next() else {
            stack.pop();
            continue;
        };
        visited += 1;
        if visited > MAX_NODES {
            break;
        }
        match kind(node) {
            "text" => out.push_str(node.get("text").and_then(Value::as_str).unwrap_or_default()),
            "hardBreak" => out.push('\n'),
            name if is_block(name) && !out.is_empty() && !out.ends_with('\n') => out.push('\n'),
            _ => out.push_str(&string(node, "text").unwrap_or_default()),
        }
        stack.push(content(node).iter());
    }
    out
}

/// How many bytes a node takes, its content aside: every value a few, every text its length.
fn weight(node: &Value) -> usize {
    match node.as_object() {
        Some(parts) => parts
            .iter()
            .filter(|(name, _)| *name != "content")
            .map(|(_, part)| weight_of_all(std::slice::from_ref(part)))
            .sum(),
        None => weight_of_all(std::slice::from_ref(node)),
    }
}

/// How many bytes values take with all that is in them. Walks without recursion, for trees of any depth.
fn weight_of_all(values: &[Value]) -> usize {
    let mut total: usize = 0;
    let mut stack: Vec<&Value> = values.iter().collect();
    while let Some(value) = stack.pop() {
        let own = match value {
            Value::String(text) => text.len(),
            Value::Array(values) => {
                stack.extend(values);
                0
            }
            Value::Object(parts) => {
                stack.extend(parts.values());
                parts.keys().map(String::len).sum()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        };
        total = total.saturating_add(own).saturating_add(VALUE_BYTES);
    }
    total
}

/// Whether JSON is shallow enough to be copied.
fn shallow(value: &Value) -> bool {
    nests_within(value, 2 * MAX_DEPTH)
}

fn shallow_but_content(node: &Value) -> bool {
    let parts = node.as_object().into_iter().flatten();
    parts
        .filter(|(name, _)| *name != "content")
        .all(|(_, part)| shallow(part))
}

fn nests_within(value: &Value, depth: usize) -> bool {
    if depth == 0 {
        return false;
    }
    match value {
        Value::Array(values) => values.iter().all(|value| nests_within(value, depth - 1)),
        Value::Object(values) => values.values().all(|value| nests_within(value, depth - 1)),
        _ => true,
    }
}
