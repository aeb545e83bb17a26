//! Writing ADF: a repaired document printed as JSON.

mod inline;
mod media;
mod node;
mod valid;

use serde_json::{Map, Value, json};

use crate::block::{
    Block, Cell, DecisionItem, Expand, Extension, Item, Layout, List, ListKind, Row, SyncBlock,
    Table, TaskContent, TaskEntry, TaskItem, TaskList,
};
use crate::document::Document;
use crate::inline::Inline;
use crate::loss::{Loss, Losses};
use crate::resolver::Resolver;
use crate::{normal, resolve};

use super::repair;
use inline::line;
use media::{card_node, media, media_single};
use node::{
    breakout_mark, code_block, marked, node, panel_attrs, percent, placement_name, put, styled,
    valign_name,
};

pub(super) use valid::{
    border_color_is_valid, datasource_is_valid, extension_is_valid, status_color_is_valid,
};

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
