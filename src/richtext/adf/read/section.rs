//! Blocks that hold others, and code.

use serde_json::Value;

use crate::block::{
    Block, Breakout, CodeBlock, Column, Decoration, Extension, Layout, Panel, PanelKind,
};
use crate::loss::{Instead, LossKind};

use super::Reader;
use super::kind::Kind;
use super::node::{content, hundredths, marks, shallow_but_content, string, valign};
use super::tape::Node;

impl Reader {
    pub(super) fn code(&mut self, node: Node<'_>) -> Block {
        Block::Code(CodeBlock {
            language: string(node, "language"),
            text: self.text(content(node)),
            breakout: self.breakout(node),
        })
    }

    pub(super) fn panel(&mut self, node: Node<'_>) -> Block {
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

    pub(super) fn layout(&mut self, node: Node<'_>) -> Block {
        let columns = self.children(node, Kind::LayoutColumn, |reader, column, blocks| Column {
            width: hundredths(column, "width").unwrap_or_default(),
            valign: valign(column),
            blocks: reader.blocks(blocks),
        });
        Block::Layout(Layout {
            columns,
            breakout: self.breakout(node),
        })
    }

    pub(super) fn extension(&mut self, node: Node<'_>) -> Block {
        let (Some(attrs), true) = (node.attrs(), shallow_but_content(node)) else {
            return Block::Unknown(self.unknown(node));
        };
        Block::Extension(Extension {
            attrs: attrs.to_map(),
            marks: self.extension_marks(node),
            body: (node.kind() == Kind::BodiedExtension).then(|| self.blocks(content(node))),
        })
    }

    /// The marks that an extension may have, as they came.
    pub(super) fn extension_marks(&mut self, node: Node<'_>) -> Vec<Value> {
        let kept = |mark: &Node<'_>| matches!(mark.kind(), Kind::DataConsumer | Kind::Fragment);
        let (kept, others): (Vec<Node<'_>>, Vec<Node<'_>>) = marks(node).partition(kept);
        if !others.is_empty() {
            self.losses.add(LossKind::Mark, Instead::Plain);
        }
        kept.into_iter().map(Node::to_value).collect()
    }

    pub(super) fn breakout(&mut self, node: Node<'_>) -> Option<Breakout> {
        let mark = marks(node).find(|mark| mark.kind() == Kind::Breakout)?;
        Some(Breakout {
            full_width: string(mark, "mode").as_deref() == Some("full-width"),
            width: self.number(mark, "width"),
        })
    }
}
