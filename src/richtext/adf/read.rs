//! Reading ADF. Any JSON is accepted: what is no ADF becomes text, a placeholder or nothing, with a loss.

mod inline;
mod kind;
mod known;
mod list;
mod media;
mod node;
mod section;
mod table;
mod tape;
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

use kind::Kind;
use known::{IDENTITIES, attributes, carried_marks};
use node::{
    all_marks, attr, content, float, has_odd_content, marks, rounded, shallow, string, visible_text,
};
use tape::{Node, Nodes, Tape};

/// Reads ADF. Never fails: input of another shape gives an empty document or placeholders, and losses that say so.
/// Identities that an editor makes anew (`localId` of anything but a task) are not kept and no loss.
pub fn read(value: &Value) -> (Document, Vec<Loss>) {
    let mut reader = Reader::default();
    let is_document = value.get("type").and_then(Value::as_str) == Some("doc");
    let blocks = match (value, value.get("content")) {
        (_, None | Some(Value::Null)) if is_document => Vec::new(),
        (_, Some(Value::Array(nodes))) if is_document => reader.document(nodes),
        (_, Some(node)) if is_document => {
            reader.losses.add(LossKind::Malformed, Instead::Plain);
            reader.document(std::slice::from_ref(node))
        }
        (Value::Null, _) => Vec::new(),
        (Value::String(text), _) => {
            reader.losses.add(LossKind::Malformed, Instead::Placeholder);
            Document::from_plain(reader.bounded(text)).blocks
        }
        (node, _) => {
            reader.losses.add(LossKind::Malformed, Instead::Placeholder);
            reader.values(std::slice::from_ref(node))
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
    /// Blocks of a document.
    fn document(&mut self, nodes: &[Value]) -> Vec<Block> {
        self.depth += 1;
        let out = self.values(nodes);
        self.depth -= 1;
        out
    }

    /// Blocks of nodes that are laid on a tape one after the other.
    fn values(&mut self, nodes: &[Value]) -> Vec<Block> {
        let mut flow = Flow::default();
        let mut tape = Tape::default();
        for node in nodes {
            tape.lay(node);
            if !self.next(tape.node(), &mut flow) {
                break;
            }
        }
        flow.finish()
    }

    /// Blocks of a container, within the bounds of depth and number.
    fn blocks(&mut self, children: Nodes<'_>) -> Vec<Block> {
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

    fn sequence(&mut self, nodes: Nodes<'_>) -> Vec<Block> {
        let mut flow = Flow::default();
        for node in nodes {
            if !self.next(node, &mut flow) {
                break;
            }
        }
        flow.finish()
    }

    /// Takes the next node of a sequence; false, with a loss, where there is no room for it.
    fn next(&mut self, node: Node<'_>, flow: &mut Flow) -> bool {
        if self.full(node) {
            return false;
        }
        self.losses.enter(flow.taken, node.kind().path_name());
        flow.taken += 1;
        if node.kind().is_inline() {
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
    fn full(&mut self, node: Node<'_>) -> bool {
        self.nodes += 1;
        self.bytes = self.bytes.saturating_add(node.weight());
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
    fn text(&mut self, nodes: Nodes<'_>) -> String {
        let (text, all) = visible_text(nodes, MAX_NODES);
        if !all {
            self.losses.add(LossKind::TooLarge, Instead::Nothing);
        }
        self.bounded(&text).to_owned()
    }

    fn block(&mut self, node: Node<'_>) -> Option<Block> {
        self.check(node);
        Some(match node.kind() {
            Kind::Paragraph => Block::Paragraph(Paragraph {
                style: self.style(node),
                inlines: self.line(content(node)),
            }),
            Kind::Heading => Block::Heading(Heading {
                level: self
                    .number(node, "level")
                    .map_or(1, |level| level.clamp(1, 6) as u8),
                style: self.style(node),
                inlines: self.line(content(node)),
            }),
            Kind::BulletList => self.list(node, ListKind::Bullet),
            Kind::OrderedList => {
                let start = self.number(node, "order").unwrap_or(1);
                self.list(node, ListKind::Ordered { start })
            }
            Kind::TaskList => Block::TaskList(self.tasks(node)),
            Kind::DecisionList => Block::DecisionList(self.decisions(node)),
            Kind::Blockquote => Block::Quote(Quote {
                blocks: self.blocks(content(node)),
            }),
            Kind::CodeBlock => self.code(node),
            Kind::Panel => self.panel(node),
            Kind::Expand | Kind::NestedExpand => Block::Expand(Expand {
                title: string(node, "title").unwrap_or_default(),
                breakout: self.breakout(node),
                blocks: self.blocks(content(node)),
            }),
            Kind::Table => self.table(node),
            Kind::Rule => Block::Rule,
            Kind::MediaSingle => return self.media_single(node),
            Kind::MediaGroup => Block::MediaGroup(
                content(node)
                    .filter_map(|media| self.image(media))
                    .collect(),
            ),
            Kind::Media => {
                self.losses.add(LossKind::Malformed, Instead::Blocks);
                Block::MediaGroup(self.image(node).into_iter().collect())
            }
            Kind::BlockCard | Kind::EmbedCard => self.card(node),
            Kind::LayoutSection => self.layout(node),
            Kind::Extension | Kind::BodiedExtension => self.extension(node),
            Kind::SyncBlock | Kind::BodiedSyncBlock => Block::Sync(Box::new(SyncBlock {
                resource_id: string(node, "resourceId").unwrap_or_default(),
                local_id: string(node, "localId"),
                body: (node.kind() == Kind::BodiedSyncBlock).then(|| self.blocks(content(node))),
                breakout: self.breakout(node),
            })),
            _ => Block::Unknown(self.unknown(node)),
        })
    }

    /// Records what the node says and the document cannot hold.
    fn check(&mut self, node: Node<'_>) {
        self.check_attributes(node);
        if has_odd_content(node) {
            self.losses.add(LossKind::Malformed, Instead::Plain);
        }
        if node.kind().is_leaf() && !content(node).is_empty() {
            self.losses.add(LossKind::Malformed, Instead::Nothing);
        }
        if all_marks(node).nth(MAX_MARKS).is_some() {
            self.losses.add(LossKind::TooLarge, Instead::Plain);
        }
        let Some(carried) = carried_marks(node.kind()) else {
            return;
        };
        let repeated = repeated(node);
        for (index, mark) in marks(node).enumerate() {
            if !carried.contains(&mark.kind()) || repeated.contains(&index) {
                self.losses.add(LossKind::Mark, Instead::Plain);
            }
            if mark.kind() == Kind::Link
                && string(mark, "title").is_some_and(|title| !title.is_empty())
            {
                self.losses.add(LossKind::LinkDetail, Instead::Plain);
            }
            self.check_attributes(mark);
        }
    }

    fn check_attributes(&mut self, node: Node<'_>) {
        let Some(carried) = attributes(node.kind()) else {
            return;
        };
        let said = node.attrs().into_iter().flat_map(Node::parts);
        for (name, value) in said {
            if !carried.contains(&name) && !IDENTITIES.contains(&name) && !value.is_null() {
                self.losses.add(LossKind::Attribute, Instead::Plain);
            }
        }
    }

    fn unknown(&mut self, node: Node<'_>) -> Unknown {
        self.losses.add(LossKind::Unsupported, Instead::Placeholder);
        let copied = content(node).weight();
        self.bytes = self.bytes.saturating_add(copied);
        Unknown {
            kind: node.name().to_owned(),
            original: match shallow(node) && self.bytes <= MAX_ADF_BYTES {
                true => Original::Adf(node.to_value()),
                false => Original::Gone,
            },
        }
    }

    /// The children of the only kind that a node may have, each with its content. One of another kind is read as the
    /// content of such a child.
    fn children<T>(
        &mut self,
        node: Node<'_>,
        expected: Kind,
        read: impl Fn(&mut Self, Node<'_>, Nodes<'_>) -> T,
    ) -> Vec<T> {
        let mut out = Vec::new();
        self.depth += 1;
        for (index, child) in content(node).enumerate() {
            if self.full(child) {
                break;
            }
            self.losses.enter(index, expected.path_name());
            if child.kind() == expected {
                self.check(child);
                out.push(read(self, child, content(child)));
            } else {
                self.losses.add(LossKind::Malformed, Instead::Blocks);
                out.push(read(self, Node::NULL, child.alone()));
            }
            self.losses.leave();
        }
        self.depth -= 1;
        out
    }

    /// A number of a node as a whole one, with a loss where it is none.
    fn number(&mut self, node: Node<'_>, name: &str) -> Option<u32> {
        let value = attr(node, name).filter(|value| !value.is_null())?;
        self.whole(value)
    }

    fn whole(&mut self, value: Node<'_>) -> Option<u32> {
        let exact = float(value);
        let whole = exact.and_then(rounded);
        if exact.is_none() || exact != whole.map(f64::from) {
            self.losses.add(LossKind::Attribute, Instead::Plain);
        }
        whole
    }
}

/// The numbers of the marks of a node before which another one of the same type says something else.
fn repeated(node: Node<'_>) -> Vec<usize> {
    let marks: Vec<Node<'_>> = marks(node).collect();
    if marks.len() < 2 {
        return Vec::new();
    }
    let said = |mark: &Node<'_>| shallow(*mark).then(|| mark.to_value());
    let said: Vec<Option<Value>> = marks.iter().map(said).collect();
    let named: Vec<(&str, Option<Value>)> =
        marks.iter().map(|mark| mark.name()).zip(said).collect();
    let earlier = |index: usize| named.iter().take(index);
    let differs = |(index, (name, said)): &(usize, &(&str, Option<Value>))| {
        earlier(*index).any(|(other, before)| other == name && before != said)
    };
    let all = named.iter().enumerate();
    all.filter(differs).map(|(index, _)| index).collect()
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
