//! Blocks printed.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::block::{
    Block, CodeBlock, Column, Expand, Extension, Item, Layout, List, ListKind, SyncBlock,
};
use crate::inline::Inline;

use super::inline::Line;
use super::media::{Single, card_node, media};
use super::node::{Node, breakout_mark, panel_attrs, percent, put, style_marks, valign_name};
use super::{Print, Printer};

impl Serialize for Print<'_, Block> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Print(block, printer) = *self;
        match block {
            Block::Paragraph(paragraph) => Node::new("paragraph")
                .marks(style_marks(paragraph.style))
                .content(&Line(&paragraph.inlines))
                .serialize(serializer),
            Block::Heading(heading) => Node::new("heading")
                .attrs(json!({"level": heading.level}))
                .marks(style_marks(heading.style))
                .content(&Line(&heading.inlines))
                .serialize(serializer),
            Block::List(list) => Print(list, printer).serialize(serializer),
            Block::TaskList(list) => Print(list, printer).serialize(serializer),
            Block::DecisionList(items) => Node::new("decisionList")
                .attrs(json!({"localId": printer.id(None)}))
                .content(&Print(items.as_slice(), printer))
                .serialize(serializer),
            Block::Quote(quote) => Node::new("blockquote")
                .content(&Print(quote.blocks.as_slice(), printer))
                .serialize(serializer),
            Block::Code(code) => Print(code, printer).serialize(serializer),
            Block::Panel(panel) => Node::new("panel")
                .attrs(panel_attrs(panel))
                .content(&Print(panel.blocks.as_slice(), printer))
                .serialize(serializer),
            Block::Expand(expand) => Print(expand, printer).serialize(serializer),
            Block::Table(table) => Print(table, printer).serialize(serializer),
            Block::Rule => json!({"type": "rule"}).serialize(serializer),
            Block::Media(single) => Single(single).serialize(serializer),
            Block::MediaGroup(images) => {
                let images: Vec<Value> = images.iter().map(|image| media(image, "media")).collect();
                Node::new("mediaGroup")
                    .content(&images)
                    .serialize(serializer)
            }
            Block::Card(card) => card_node(card).serialize(serializer),
            Block::Layout(layout) => Print(layout, printer).serialize(serializer),
            Block::Extension(extension) => Print(extension, printer).serialize(serializer),
            Block::Sync(sync) => Print(&**sync, printer).serialize(serializer),
            Block::Unknown(unknown) => Node::new("paragraph")
                .content(&Line(&[Inline::text(unknown.placeholder())]))
                .serialize(serializer),
        }
    }
}

impl Serialize for Print<'_, List> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Print(list, printer) = *self;
        let items = Print(list.items.as_slice(), printer);
        match list.kind {
            ListKind::Bullet => Node::new("bulletList").content(&items),
            ListKind::Ordered { start: 1 } => Node::new("orderedList").content(&items),
            ListKind::Ordered { start } => Node::new("orderedList")
                .attrs(json!({"order": start}))
                .content(&items),
        }
        .serialize(serializer)
    }
}

impl Serialize for Print<'_, CodeBlock> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Print(code, _) = *self;
        let language = code.language.as_ref();
        let attrs = language.map(|language| json!({"language": language}));
        let text = [BTreeMap::from([
            ("type", "text"),
            ("text", code.text.as_str()),
        ])];
        let node = Node::new("codeBlock").marks(breakout_mark(code.breakout));
        let node = match attrs {
            Some(attrs) => node.attrs(attrs),
            None => node,
        };
        node.content(&text).serialize(serializer)
    }
}

impl Serialize for Print<'_, Item> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Print(item, printer) = *self;
        Node::new("listItem")
            .content(&Print(item.blocks.as_slice(), printer))
            .serialize(serializer)
    }
}

impl Serialize for Print<'_, Expand> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Print(expand, printer) = *self;
        let name = if printer.nested {
            "nestedExpand"
        } else {
            "expand"
        };
        Node::new(name)
            .attrs(json!({"title": expand.title}))
            .marks(breakout_mark(expand.breakout))
            .content(&Print(expand.blocks.as_slice(), printer.within_nested()))
            .serialize(serializer)
    }
}

impl Serialize for Print<'_, Layout> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Print(layout, printer) = *self;
        Node::new("layoutSection")
            .marks(breakout_mark(layout.breakout))
            .content(&Print(layout.columns.as_slice(), printer))
            .serialize(serializer)
    }
}

impl Serialize for Print<'_, Column> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Print(column, printer) = *self;
        let mut attrs = serde_json::Map::new();
        put(&mut attrs, "width", Some(percent(column.width)));
        put(&mut attrs, "valign", column.valign.map(valign_name));
        Node::new("layoutColumn")
            .attrs(Value::Object(attrs))
            .content(&Print(column.blocks.as_slice(), printer))
            .serialize(serializer)
    }
}

/// What may have a body, with it where it has one.
fn bodied<S: Serializer>(
    node: Node<'_, ()>,
    body: Option<&[Block]>,
    printer: Printer<'_>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match body {
        Some(body) => node.content(&Print(body, printer)).serialize(serializer),
        None => node.serialize(serializer),
    }
}

impl Serialize for Print<'_, Extension> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Print(extension, printer) = *self;
        let name = if extension.body.is_some() {
            "bodiedExtension"
        } else {
            "extension"
        };
        let node = Node::new(name)
            .attrs(Value::Object(extension.attrs.clone()))
            .marks(extension.marks.clone());
        bodied(node, extension.body.as_deref(), printer, serializer)
    }
}

impl Serialize for Print<'_, SyncBlock> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Print(sync, printer) = *self;
        let name = if sync.body.is_some() {
            "bodiedSyncBlock"
        } else {
            "syncBlock"
        };
        let id = printer.id(sync.local_id.as_ref());
        let node = Node::new(name)
            .attrs(json!({"resourceId": sync.resource_id, "localId": id}))
            .marks(breakout_mark(sync.breakout));
        bodied(node, sync.body.as_deref(), printer, serializer)
    }
}
