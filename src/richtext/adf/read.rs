//! Reading ADF. Any JSON is accepted: what is no ADF becomes text, a placeholder or nothing, with a loss.

mod inline;
mod known;
mod list;
mod media;
mod node;
mod section;
mod table;
mod text;

use serde_json::Value;

use crate::block::{
    Block, Expand, Heading, ListKind, Original, Paragraph, Quote, SyncBlock, Unknown,
};
use crate::document::Document;
use crate::inline::Inline;
use crate::limit::{MAX_ADF_BYTES, MAX_DEPTH, MAX_MARKS, MAX_NODES};
use crate::loss::{Instead, Loss, LossKind, Losses};
use crate::normal;

pub(crate) use text::read_text;

use known::{IDENTITIES, attributes, carried_marks};
use node::{
    all_marks, attr, attrs, content, has_odd_content, is_inline, is_leaf, kind, marks, path_name,
    rounded, shallow, string, visible_text, weight, weight_of_all,
};

/// Reads ADF. Never fails: input of another shape gives an empty document or placeholders, and losses that say so.
/// Identities that an editor makes anew (`localId` of anything but a task) are not kept and no loss.
pub fn read(value: &Value) -> (Document, Vec<Loss>) {
    let mut reader = Reader::default();
    let blocks = match kind(value) {
        "doc" => {
            if has_odd_content(value) {
                reader.losses.add(LossKind::Malformed, Instead::Plain);
            }
            reader.blocks(content(value))
        }
        _ if value.is_null() => Vec::new(),
        _ => {
            reader.losses.add(LossKind::Malformed, Instead::Placeholder);
            match value.as_str() {
                Some(text) => Document::from_plain(reader.bounded(text)).blocks,
                None => reader.sequence(std::slice::from_ref(value)),
            }
        }
    };
    let doc = normal::document(Document { blocks }, &mut reader.losses);
    (doc, reader.losses.done())
}

#[derive(Default)]
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
        let mut flow = Flow::default();
        for node in nodes {
            if !self.next(node, &mut flow) {
                break;
            }
        }
        flow.finish()
    }

    /// Takes the next node of a sequence; false, with a loss, where there is no room for it.
    fn next(&mut self, node: &Value, flow: &mut Flow) -> bool {
        if self.full(node) {
            return false;
        }
        self.losses.enter(flow.taken, path_name(kind(node)));
        flow.taken += 1;
        if is_inline(kind(node)) {
            self.losses.add(LossKind::Malformed, Instead::Blocks);
            self.inline(node, &mut flow.loose);
        } else {
            flow.flush();
            let block = self.block(node);
            flow.blocks.extend(block);
        }
        self.losses.leave();
        true
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
        let (text, all) = visible_text(nodes, MAX_NODES);
        if !all {
            self.losses.add(LossKind::TooLarge, Instead::Nothing);
        }
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
            "syncBlock" | "bodiedSyncBlock" => Block::Sync(Box::new(SyncBlock {
                resource_id: string(node, "resourceId").unwrap_or_default(),
                local_id: string(node, "localId"),
                body: (kind(node) == "bodiedSyncBlock").then(|| self.blocks(content(node))),
                breakout: self.breakout(node),
            })),
            _ => Block::Unknown(self.unknown(node)),
        })
    }

    /// Records what the node says and the document cannot hold.
    fn check(&mut self, node: &Value) {
        self.check_attributes(node);
        if has_odd_content(node) {
            self.losses.add(LossKind::Malformed, Instead::Plain);
        }
        if is_leaf(kind(node)) && !content(node).is_empty() {
            self.losses.add(LossKind::Malformed, Instead::Nothing);
        }
        if all_marks(node).len() > MAX_MARKS {
            self.losses.add(LossKind::TooLarge, Instead::Plain);
        }
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

/// A sequence of nodes as it is read.
#[derive(Default)]
struct Flow {
    blocks: Vec<Block>,
    /// Inlines that stand where blocks should: a paragraph once a block follows.
    loose: Vec<Inline>,
    /// How many nodes were taken.
    taken: usize,
}

impl Flow {
    fn flush(&mut self) {
        if !self.loose.is_empty() {
            self.blocks
                .push(Block::paragraph(std::mem::take(&mut self.loose)));
        }
    }

    fn finish(mut self) -> Vec<Block> {
        self.flush();
        self.blocks.shrink_to_fit();
        self.blocks
    }
}
