//! Writing ADF: a repaired document printed as JSON.

use serde_json::{Map, Value, json};

use crate::block::{
    Alignment, Block, BlockStyle, Breakout, Card, CardView, Cell, CodeBlock, DecisionItem, Expand,
    Extension, Item, Layout, List, ListKind, MediaSingle, MediaWidth, Panel, PanelKind, Placement,
    Row, SyncBlock, Table, TaskContent, TaskEntry, TaskItem, TaskList, VerticalAlign,
};
use crate::document::Document;
use crate::inline::{
    CardTarget, Emoji, Image, ImageSource, Inline, MediaKind, Mention, Status, Text, UserType,
};
use crate::loss::{Loss, Losses};
use crate::mark::{Color, Mark};
use crate::resolver::Resolver;
use crate::{normal, resolve};

use super::repair;

/// Writes a document as ADF. The result is always accepted by Atlassian's schema: what it does not allow is replaced
/// by the nearest it does, and a loss says so. A node that the schema does not know becomes a visible placeholder.
pub fn write(doc: &Document, resolver: &dyn Resolver) -> (Value, Vec<Loss>) {
    let mut losses = Losses::default();
    let normal = normal::document(doc, &mut losses);
    let resolved = resolve::document(&normal, resolver, &mut losses);
    let valid = repair::document(&resolved, &mut losses);
    let mut printer = Printer {
        nested: false,
        ids: 0,
    };
    let content = printer.blocks(&valid.blocks);
    (
        json!({"type": "doc", "version": 1, "content": content}),
        losses.done(),
    )
}

struct Printer {
    /// Whether an expand here is a nested one.
    nested: bool,
    /// How many identities were given out.
    ids: usize,
}

impl Printer {
    fn blocks(&mut self, blocks: &[Block]) -> Vec<Value> {
        blocks.iter().map(|block| self.block(block)).collect()
    }

    fn block(&mut self, block: &Block) -> Value {
        match block {
            Block::Paragraph(paragraph) => styled(
                node("paragraph", None, line(&paragraph.inlines)),
                paragraph.style,
            ),
            Block::Heading(heading) => {
                let attrs = json!({"level": heading.level});
                styled(
                    node("heading", Some(attrs), line(&heading.inlines)),
                    heading.style,
                )
            }
            Block::List(list) => self.list(list),
            Block::TaskList(list) => self.tasks(list),
            Block::DecisionList(items) => self.decisions(items),
            Block::Quote(quote) => node("blockquote", None, self.blocks(&quote.blocks)),
            Block::Code(code) => code_block(code),
            Block::Panel(panel) => node(
                "panel",
                Some(panel_attrs(panel)),
                self.blocks(&panel.blocks),
            ),
            Block::Expand(expand) => self.expand(expand),
            Block::Table(table) => self.table(table),
            Block::Rule => json!({"type": "rule"}),
            Block::Media(single) => media_single(single),
            Block::MediaGroup(images) => node(
                "mediaGroup",
                None,
                images.iter().map(|image| media(image, "media")).collect(),
            ),
            Block::Card(card) => card_node(card),
            Block::Layout(layout) => self.layout(layout),
            Block::Extension(extension) => self.extension(extension),
            Block::Sync(sync) => self.sync(sync),
            Block::Unknown(unknown) => node(
                "paragraph",
                None,
                line(&[Inline::text(unknown.placeholder())]),
            ),
        }
    }

    fn list(&mut self, list: &List) -> Value {
        let item = |item: &Item| node("listItem", None, self.blocks(&item.blocks));
        let items = list.items.iter().map(item).collect();
        match list.kind {
            ListKind::Bullet => node("bulletList", None, items),
            ListKind::Ordered { start: 1 } => node("orderedList", None, items),
            ListKind::Ordered { start } => {
                node("orderedList", Some(json!({"order": start})), items)
            }
        }
    }

    /// Tasks and decisions must have an identity; one that has none is given its number in the document.
    fn id(&mut self, known: Option<&String>) -> Value {
        self.ids += 1;
        match known {
            Some(id) if !id.is_empty() => Value::from(id.as_str()),
            _ => Value::from(format!("local-{}", self.ids)),
        }
    }

    fn tasks(&mut self, list: &TaskList) -> Value {
        let attrs = json!({"localId": self.id(list.local_id.as_ref())});
        let entries = list.entries.iter().map(|entry| match entry {
            TaskEntry::List(nested) => self.tasks(nested),
            TaskEntry::Item(item) => self.task(item),
        });
        let entries = entries.collect();
        node("taskList", Some(attrs), entries)
    }

    fn task(&mut self, item: &TaskItem) -> Value {
        let state = if item.done { "DONE" } else { "TODO" };
        let attrs = json!({"localId": self.id(item.local_id.as_ref()), "state": state});
        match &item.content {
            TaskContent::Inlines(inlines) => node("taskItem", Some(attrs), line(inlines)),
            TaskContent::Blocks(blocks) => node("blockTaskItem", Some(attrs), self.blocks(blocks)),
        }
    }

    fn decisions(&mut self, items: &[DecisionItem]) -> Value {
        let attrs = json!({"localId": self.id(None)});
        let item = |item: &DecisionItem| {
            let state = if item.state.is_empty() {
                "DECIDED"
            } else {
                &item.state
            };
            let attrs = json!({"localId": self.id(item.local_id.as_ref()), "state": state});
            node("decisionItem", Some(attrs), line(&item.inlines))
        };
        node(
            "decisionList",
            Some(attrs),
            items.iter().map(item).collect(),
        )
    }

    fn expand(&mut self, expand: &Expand) -> Value {
        let name = if self.nested {
            "nestedExpand"
        } else {
            "expand"
        };
        let attrs = json!({"title": expand.title});
        let content = self.within_nested(|printer| printer.blocks(&expand.blocks));
        marked(
            node(name, Some(attrs), content),
            breakout_mark(expand.breakout),
        )
    }

    fn within_nested<T>(&mut self, print: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.nested, true);
        let out = print(self);
        self.nested = outer;
        out
    }

    fn table(&mut self, table: &Table) -> Value {
        let mut attrs = Map::new();
        put(&mut attrs, "layout", table.placement.map(placement_name));
        put(&mut attrs, "width", table.width);
        put(
            &mut attrs,
            "isNumberColumnEnabled",
            table.numbered.then_some(true),
        );
        put(
            &mut attrs,
            "displayMode",
            table
                .fixed
                .map(|fixed| if fixed { "fixed" } else { "default" }),
        );
        let attrs = (!attrs.is_empty()).then_some(Value::Object(attrs));
        let rows =
            self.within_nested(|printer| table.rows.iter().map(|row| printer.row(row)).collect());
        node("table", attrs, rows)
    }

    fn row(&mut self, row: &Row) -> Value {
        node(
            "tableRow",
            None,
            row.cells.iter().map(|cell| self.cell(cell)).collect(),
        )
    }

    fn cell(&mut self, cell: &Cell) -> Value {
        let mut attrs = Map::new();
        put(
            &mut attrs,
            "colspan",
            (cell.colspan != 1).then_some(cell.colspan),
        );
        put(
            &mut attrs,
            "rowspan",
            (cell.rowspan != 1).then_some(cell.rowspan),
        );
        put(
            &mut attrs,
            "colwidth",
            (!cell.widths.is_empty()).then(|| cell.widths.clone()),
        );
        put(&mut attrs, "background", cell.background.clone());
        put(&mut attrs, "valign", cell.valign.map(valign_name));
        let name = if cell.header {
            "tableHeader"
        } else {
            "tableCell"
        };
        let attrs = (!attrs.is_empty()).then_some(Value::Object(attrs));
        node(name, attrs, self.blocks(&cell.blocks))
    }

    fn layout(&mut self, layout: &Layout) -> Value {
        let columns = layout.columns.iter().map(|column| {
            let mut attrs = Map::new();
            put(&mut attrs, "width", Some(percent(column.width)));
            put(&mut attrs, "valign", column.valign.map(valign_name));
            node(
                "layoutColumn",
                Some(Value::Object(attrs)),
                self.blocks(&column.blocks),
            )
        });
        let columns = columns.collect();
        marked(
            node("layoutSection", None, columns),
            breakout_mark(layout.breakout),
        )
    }

    fn extension(&mut self, extension: &Extension) -> Value {
        let name = if extension.body.is_some() {
            "bodiedExtension"
        } else {
            "extension"
        };
        let mut out = Map::new();
        out.insert("type".to_owned(), Value::from(name));
        out.insert("attrs".to_owned(), Value::Object(extension.attrs.clone()));
        if !extension.marks.is_empty() {
            out.insert("marks".to_owned(), Value::from(extension.marks.clone()));
        }
        if let Some(body) = &extension.body {
            out.insert("content".to_owned(), Value::from(self.blocks(body)));
        }
        Value::Object(out)
    }

    fn sync(&mut self, sync: &SyncBlock) -> Value {
        let name = if sync.body.is_some() {
            "bodiedSyncBlock"
        } else {
            "syncBlock"
        };
        let attrs =
            json!({"resourceId": sync.resource_id, "localId": self.id(sync.local_id.as_ref())});
        let mut out = json!({"type": name, "attrs": attrs});
        if let (Some(body), Some(out)) = (&sync.body, out.as_object_mut()) {
            out.insert("content".to_owned(), Value::from(self.blocks(body)));
        }
        marked(out, breakout_mark(sync.breakout))
    }
}

fn node(name: &str, attrs: Option<Value>, content: Vec<Value>) -> Value {
    let mut out = Map::new();
    out.insert("type".to_owned(), Value::from(name));
    put(&mut out, "attrs", attrs);
    out.insert("content".to_owned(), Value::from(content));
    Value::Object(out)
}

fn put(attrs: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        attrs.insert(name.to_owned(), value.into());
    }
}

fn marked(mut node: Value, marks: Vec<Value>) -> Value {
    if let Some(object) = node.as_object_mut()
        && !marks.is_empty()
    {
        object.insert("marks".to_owned(), Value::from(marks));
    }
    node
}

fn styled(node: Value, style: BlockStyle) -> Value {
    let mut marks = Vec::new();
    if style.small {
        marks.push(json!({"type": "fontSize", "attrs": {"fontSize": "small"}}));
    }
    match style.alignment {
        Alignment::Start => {}
        Alignment::Center => marks.push(json!({"type": "alignment", "attrs": {"align": "center"}})),
        Alignment::End => marks.push(json!({"type": "alignment", "attrs": {"align": "end"}})),
    }
    if style.indentation > 0 {
        marks.push(json!({"type": "indentation", "attrs": {"level": style.indentation}}));
    }
    marked(node, marks)
}

fn breakout_mark(breakout: Option<Breakout>) -> Vec<Value> {
    let Some(Breakout { full_width, width }) = breakout else {
        return Vec::new();
    };
    let mut attrs = Map::new();
    put(
        &mut attrs,
        "mode",
        Some(if full_width { "full-width" } else { "wide" }),
    );
    put(&mut attrs, "width", width);
    vec![json!({"type": "breakout", "attrs": attrs})]
}

/// A number of hundredths as per cent: whole where it is whole.
fn percent(hundredths: u32) -> Value {
    let hundredths = hundredths.min(10_000);
    if hundredths.is_multiple_of(100) {
        Value::from(hundredths / 100)
    } else {
        Value::from(f64::from(hundredths) / 100.0)
    }
}

fn code_block(code: &CodeBlock) -> Value {
    let attrs = code
        .language
        .as_ref()
        .map(|language| json!({"language": language}));
    let text = json!({"type": "text", "text": code.text});
    marked(
        node("codeBlock", attrs, vec![text]),
        breakout_mark(code.breakout),
    )
}

fn panel_attrs(panel: &Panel) -> Value {
    let mut attrs = Map::new();
    put(&mut attrs, "panelType", Some(panel_name(panel.kind)));
    put(&mut attrs, "panelIcon", panel.decoration.icon.clone());
    put(&mut attrs, "panelIconId", panel.decoration.icon_id.clone());
    put(
        &mut attrs,
        "panelIconText",
        panel.decoration.icon_text.clone(),
    );
    put(&mut attrs, "panelColor", panel.decoration.color.clone());
    Value::Object(attrs)
}

fn panel_name(kind: PanelKind) -> &'static str {
    match kind {
        PanelKind::Info => "info",
        PanelKind::Note => "note",
        PanelKind::Tip => "tip",
        PanelKind::Warning => "warning",
        PanelKind::Error => "error",
        PanelKind::Success => "success",
        PanelKind::Custom => "custom",
    }
}

fn placement_name(placement: Placement) -> &'static str {
    match placement {
        Placement::Center => "center",
        Placement::Wide => "wide",
        Placement::FullWidth => "full-width",
        Placement::WrapLeft => "wrap-left",
        Placement::WrapRight => "wrap-right",
        Placement::AlignStart => "align-start",
        Placement::AlignEnd => "align-end",
    }
}

fn valign_name(valign: VerticalAlign) -> &'static str {
    match valign {
        VerticalAlign::Top => "top",
        VerticalAlign::Middle => "middle",
        VerticalAlign::Bottom => "bottom",
    }
}

fn media_single(single: &MediaSingle) -> Value {
    let mut attrs = Map::new();
    put(&mut attrs, "layout", Some(placement_name(single.placement)));
    match single.width {
        Some(MediaWidth::Percent(width)) => put(&mut attrs, "width", Some(percent(width))),
        Some(MediaWidth::Pixels(width)) => {
            put(&mut attrs, "width", Some(width));
            put(&mut attrs, "widthType", Some("pixel"));
        }
        None => {}
    }
    let mut content = vec![media(&single.image, "media")];
    if let Some(caption) = &single.caption {
        content.push(node("caption", None, line(caption)));
    }
    node("mediaSingle", Some(Value::Object(attrs)), content)
}

fn media(image: &Image, name: &str) -> Value {
    let mut attrs = Map::new();
    let reference = &image.reference;
    let kind = match reference.kind {
        MediaKind::Image if name == "mediaInline" => "image",
        MediaKind::Link => "link",
        MediaKind::File | MediaKind::Image => "file",
    };
    match &reference.source {
        ImageSource::Url(url) | ImageSource::Attachment(url) => {
            put(&mut attrs, "type", Some("external"));
            put(&mut attrs, "url", Some(url.as_str()));
        }
        ImageSource::File { id, collection } => {
            put(&mut attrs, "type", Some(kind));
            put(&mut attrs, "id", Some(id.as_str()));
            put(&mut attrs, "collection", Some(collection.as_str()));
        }
    }
    put(&mut attrs, "alt", reference.alt.clone());
    put(&mut attrs, "width", reference.width);
    put(&mut attrs, "height", reference.height);
    marked(json!({"type": name, "attrs": attrs}), media_marks(image))
}

fn media_marks(image: &Image) -> Vec<Value> {
    let mut marks = Vec::new();
    if let Some(link) = &image.link {
        marks.push(json!({"type": "link", "attrs": {"href": link}}));
    }
    if let Some(border) = &image.border
        && border_color_is_valid(&border.color)
    {
        let size = border.size.clamp(1, 3);
        marks.push(json!({"type": "border", "attrs": {"size": size, "color": border.color}}));
    }
    marks
}

/// `#rrggbb` or `#rrggbbaa`.
pub(super) fn border_color_is_valid(color: &str) -> bool {
    let digits = color.strip_prefix('#').unwrap_or_default();
    matches!(digits.len(), 6 | 8) && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

fn card_node(card: &Card) -> Value {
    let mut attrs = target_attrs(&card.target);
    let name = match &card.view {
        CardView::Block => "blockCard",
        CardView::Embed {
            placement,
            width,
            original,
        } => {
            put(&mut attrs, "layout", Some(placement_name(*placement)));
            put(&mut attrs, "width", width.map(percent));
            put(
                &mut attrs,
                "originalWidth",
                original.map(|(width, _)| width),
            );
            put(
                &mut attrs,
                "originalHeight",
                original.map(|(_, height)| height),
            );
            "embedCard"
        }
        CardView::Datasource {
            source,
            placement,
            width,
        } => {
            // The remote leaves the URL out where there is only a query.
            attrs.retain(|name, url| name == "url" && url.as_str() != Some(""));
            put(&mut attrs, "datasource", Some(source.clone()));
            put(&mut attrs, "layout", placement.map(placement_name));
            put(&mut attrs, "width", *width);
            "blockCard"
        }
    };
    json!({"type": name, "attrs": attrs})
}

fn target_attrs(target: &CardTarget) -> Map<String, Value> {
    let mut attrs = Map::new();
    match target {
        CardTarget::Url(url) => put(&mut attrs, "url", Some(url.as_str())),
        CardTarget::Data(data) => put(&mut attrs, "data", Some(data.clone())),
    }
    attrs
}

fn line(inlines: &[Inline]) -> Vec<Value> {
    inlines.iter().map(inline).collect()
}

fn inline(inline: &Inline) -> Value {
    match inline {
        Inline::Text(run) => text(run),
        Inline::HardBreak => json!({"type": "hardBreak"}),
        Inline::Mention(mention) => mention_node(mention),
        Inline::Emoji(emoji) => emoji_node(emoji),
        Inline::Date(date) => {
            json!({"type": "date", "attrs": {"timestamp": date.millis.to_string()}})
        }
        Inline::Status(status) => status_node(status),
        Inline::Card(target) => json!({"type": "inlineCard", "attrs": target_attrs(target)}),
        Inline::Image(image) => media(image, "mediaInline"),
        Inline::Placeholder(text) => json!({"type": "placeholder", "attrs": {"text": text}}),
        Inline::Extension(extension) => {
            let node = json!({"type": "inlineExtension", "attrs": extension.attrs});
            marked(node, extension.marks.clone())
        }
        Inline::Anchor(name) => json!({"type": "placeholder", "attrs": {"text": name}}),
        Inline::Unknown(unknown) => json!({"type": "text", "text": unknown.placeholder()}),
    }
}

fn text(run: &Text) -> Value {
    let marks: Vec<Value> = run.marks.iter().filter_map(mark).collect();
    marked(json!({"type": "text", "text": run.text}), marks)
}

fn mark(mark: &Mark) -> Option<Value> {
    Some(match mark {
        Mark::Link(link) => {
            let mut attrs = Map::new();
            put(&mut attrs, "href", Some(link.href.as_str()));
            put(&mut attrs, "title", link.title.clone());
            json!({"type": "link", "attrs": attrs})
        }
        Mark::Strong => json!({"type": "strong"}),
        Mark::Em => json!({"type": "em"}),
        Mark::Underline => json!({"type": "underline"}),
        Mark::Strike => json!({"type": "strike"}),
        Mark::Sub => json!({"type": "subsup", "attrs": {"type": "sub"}}),
        Mark::Sup => json!({"type": "subsup", "attrs": {"type": "sup"}}),
        Mark::Color(color) => colored("textColor", *color),
        Mark::Background(color) => colored("backgroundColor", *color),
        Mark::Code => json!({"type": "code"}),
        Mark::Annotation(id) => {
            json!({"type": "annotation", "attrs": {"id": id, "annotationType": "inlineComment"}})
        }
        Mark::Unknown(_) => return None,
    })
}

fn colored(name: &str, color: Color) -> Value {
    json!({"type": name, "attrs": {"color": color.to_string()}})
}

fn mention_node(mention: &Mention) -> Value {
    let mut attrs = Map::new();
    put(&mut attrs, "id", Some(mention.id.as_str()));
    put(
        &mut attrs,
        "text",
        (!mention.name.is_empty()).then(|| mention.shown()),
    );
    put(&mut attrs, "accessLevel", mention.access_level.clone());
    let user_type = mention.user_type.map(|user_type| match user_type {
        UserType::Default => "DEFAULT",
        UserType::Special => "SPECIAL",
        UserType::App => "APP",
    });
    put(&mut attrs, "userType", user_type);
    json!({"type": "mention", "attrs": attrs})
}

fn emoji_node(emoji: &Emoji) -> Value {
    let mut attrs = Map::new();
    put(&mut attrs, "shortName", Some(emoji.short_name.as_str()));
    put(&mut attrs, "id", emoji.id.clone());
    put(&mut attrs, "text", emoji.text.clone());
    json!({"type": "emoji", "attrs": attrs})
}

/// A name of ADF or `#rrggbb`.
pub(super) fn status_color_is_valid(color: &str) -> bool {
    let named = ["neutral", "purple", "blue", "red", "yellow", "green"];
    named.contains(&color) || Color::from_hex(color).is_some()
}

fn status_node(status: &Status) -> Value {
    let mut attrs = Map::new();
    put(&mut attrs, "text", Some(status.text.as_str()));
    put(&mut attrs, "color", Some(status.color.as_str()));
    put(&mut attrs, "style", status.style.clone());
    json!({"type": "status", "attrs": attrs})
}

/// Whether the schema accepts these attributes and marks on an extension.
pub(super) fn extension_is_valid(
    attrs: &Map<String, Value>,
    marks: &[Value],
    inline: bool,
) -> bool {
    let filled = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    let known = |(name, value): (&String, &Value)| match name.as_str() {
        "extensionKey" | "extensionType" | "localId" => filled(value),
        "parameters" => true,
        "text" => value.is_string(),
        "layout" => !inline && matches!(value.as_str(), Some("wide" | "full-width" | "default")),
        _ => false,
    };
    attrs.contains_key("extensionKey")
        && attrs.contains_key("extensionType")
        && attrs.iter().all(known)
        && marks.iter().all(extension_mark_is_valid)
}

fn extension_mark_is_valid(mark: &Value) -> bool {
    let Some(attrs) = mark.get("attrs").and_then(Value::as_object) else {
        return false;
    };
    if mark.as_object().is_none_or(|mark| mark.len() != 2) {
        return false;
    }
    match mark.get("type").and_then(Value::as_str) {
        Some("fragment") => {
            attrs
                .get("localId")
                .and_then(Value::as_str)
                .is_some_and(|id| !id.is_empty())
                && attrs.iter().all(|(name, value)| {
                    matches!(name.as_str(), "localId" | "name") && value.is_string()
                })
        }
        Some("dataConsumer") => {
            let sources = attrs.get("sources").and_then(Value::as_array);
            attrs.len() == 1
                && sources.is_some_and(|sources| {
                    !sources.is_empty() && sources.iter().all(Value::is_string)
                })
        }
        _ => false,
    }
}

/// Whether the schema accepts this `datasource` attribute of a card.
pub(super) fn datasource_is_valid(source: &Value) -> bool {
    let Some(source) = source.as_object() else {
        return false;
    };
    let view = |view: &Value| {
        view.get("type").is_some_and(Value::is_string)
            && view.as_object().is_some_and(|view| {
                view.keys()
                    .all(|key| matches!(key.as_str(), "type" | "properties"))
            })
    };
    let views = source.get("views").and_then(Value::as_array);
    source.len() == 3
        && source.get("id").is_some_and(Value::is_string)
        && source.contains_key("parameters")
        && views.is_some_and(|views| !views.is_empty() && views.iter().all(view))
}
