//! Blocks that hold others, and code.

use serde_json::Value;

use crate::block::{
    Block, Breakout, CodeBlock, Column, Decoration, Extension, Layout, Panel, PanelKind,
};
use crate::loss::{Instead, LossKind};

use super::Reader;
use super::node::{attrs, content, hundredths, kind, marks, shallow_but_content, string, valign};

impl Reader {
    pub(super) fn code(&mut self, node: &Value) -> Block {
        Block::Code(CodeBlock {
            language: string(node, "language"),
            text: self.text(content(node)),
            breakout: self.breakout(node),
        })
    }

    pub(super) fn panel(&mut self, node: &Value) -> Block {
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
            decoration: Box::new(Decoration {
                icon: string(node, "panelIcon"),
                icon_id: string(node, "panelIconId"),
                icon_text: string(node, "panelIconText"),
                color: string(node, "panelColor"),
            }),
            title: String::new(),
            blocks: self.blocks(content(node)),
        })
    }

    pub(super) fn layout(&mut self, node: &Value) -> Block {
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

    pub(super) fn extension(&mut self, node: &Value) -> Block {
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
    pub(super) fn extension_marks(&mut self, node: &Value) -> Vec<Value> {
        let (kept, others): (Vec<&Value>, Vec<&Value>) = marks(node)
            .iter()
            .partition(|mark| matches!(kind(mark), "dataConsumer" | "fragment"));
        if !others.is_empty() {
            self.losses.add(LossKind::Mark, Instead::Plain);
        }
        kept.into_iter().cloned().collect()
    }

    pub(super) fn breakout(&mut self, node: &Value) -> Option<Breakout> {
        let mark = marks(node).iter().find(|mark| kind(mark) == "breakout")?;
        Some(Breakout {
            full_width: string(mark, "mode").as_deref() == Some("full-width"),
            width: self.number(mark, "width"),
        })
    }
}
