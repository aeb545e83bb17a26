//! Reading HTML: the parsed tree walked into blocks and lines.
//!
//! Elements fall into a few kinds: those that make a block, those that only end the line before and after them (`div`
//! and all its kin), those that lay marks over text, and those that are not text. Block elements may stand within inline
//! ones and the other way round, as editors write both, so one walk carries marks and alignment down through all.

mod inline;
mod line;
mod list;
mod names;
mod section;
mod table;
mod unsaid;
mod word;

use std::collections::BTreeSet;

use crate::block::{Alignment, Block};
use crate::document::Document;
use crate::inline::Inline;
use crate::limit::{MAX_ELEMENT_DEPTH, MAX_HTML_BYTES, MAX_NODES, MAX_RENDERED_BYTES};
use crate::loss::{Instead, Loss, LossKind, Losses};
use crate::mark::Mark;
use crate::normal;

use super::style::{self, Frame, ListRole, Space, Style};
use super::tree::{Id, Kind, Tree};
use line::Flow;
use names::{is_division, is_plain_inline, tag_style};
use unsaid::Told;

/// Reads HTML as a browser would. Never fails: what is not text or unknown is left out or becomes a placeholder, and
/// a loss says so.
pub fn read(text: &str) -> (Document, Vec<Loss>) {
    let tree = Tree::parse(text, MAX_HTML_BYTES);
    let mut reader = Reader::new(&tree, Origin::Stored, Losses::default());
    let blocks = reader.all();
    let mut losses = reader.losses;
    drop(tree);
    let doc = normal::document(Document { blocks }, &mut losses);
    (doc, losses.done())
}

/// Reads what the reader of Markdown rendered, part by part. A tick box is an [`Inline::Placeholder`] of `x` or a space, since
/// which lists of Markdown are tasks is not for HTML to say.
pub(crate) struct Parts {
    /// What was lost so far.
    pub(crate) losses: Losses,
    /// How many nodes were read.
    nodes: usize,
    /// How many of them were of the outermost level.
    taken: usize,
    /// What is told once and was told.
    told: BTreeSet<Told>,
}

impl Parts {
    /// Before the first part, with what was lost until then.
    pub(crate) fn new(losses: Losses) -> Self {
        Self {
            losses,
            nodes: 0,
            taken: 0,
            told: BTreeSet::new(),
        }
    }

    /// The blocks of the next part, in normal form.
    pub(crate) fn read(&mut self, text: String) -> Vec<Block> {
        let tree = Tree::parse(&text, MAX_RENDERED_BYTES);
        // The tree holds what it needs of the text.
        drop(text);
        let mut reader = Reader::new(&tree, Origin::Markdown, std::mem::take(&mut self.losses));
        (reader.nodes, reader.first) = (self.nodes, self.taken);
        reader.told = std::mem::take(&mut self.told);
        let blocks = reader.all();
        self.nodes = reader.nodes;
        self.told = reader.told;
        self.losses = reader.losses;
        self.taken += tree.children(tree.root()).count();
        drop(tree);
        normal::document(Document { blocks }, &mut self.losses).blocks
    }
}

/// Where HTML comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// From a field of Azure DevOps.
    Stored,
    /// From our own rendering of Markdown.
    Markdown,
}

/// The identity in a mention: without white space and the braces that some writers put around a GUID.
pub(super) fn mention_id(id: &str) -> String {
    let edge = |c: char| c.is_whitespace() || c.is_control() || c == '{' || c == '}';
    normal::clean(id.trim_matches(edge)).replace(['\n', '\t'], " ")
}

struct Reader<'a> {
    tree: &'a Tree,
    origin: Origin,
    losses: Losses,
    nodes: usize,
    depth: usize,
    /// Tick boxes of tasks, which are no text.
    boxes: BTreeSet<Id>,
    /// A child that its parent has read in another way.
    without: Option<Id>,
    /// The bullet or number of the word processor's item that is being read; `None` outside of items.
    marker: Option<String>,
    /// The number of the first node of the outermost level in the whole text.
    first: usize,
    /// What is told once and was told.
    told: BTreeSet<Told>,
}

/// What elements around a text say of it.
#[derive(Clone, Default)]
struct Context {
    marks: Vec<Mark>,
    alignment: Alignment,
    /// Levels by which paragraphs are indented.
    indentation: u8,
    /// What becomes of white space.
    space: Space,
}

impl<'a> Reader<'a> {
    fn new(tree: &'a Tree, origin: Origin, losses: Losses) -> Self {
        Self {
            tree,
            origin,
            losses,
            nodes: 0,
            depth: 0,
            boxes: BTreeSet::new(),
            without: None,
            marker: None,
            first: 0,
            told: BTreeSet::new(),
        }
    }

    /// Everything, and a loss for what the parser left out.
    fn all(&mut self) -> Vec<Block> {
        if self.tree.cut {
            self.losses.add(LossKind::TooLarge, Instead::Nothing);
        }
        if self.tree.flattened {
            self.losses.add(LossKind::TooDeep, Instead::Text);
        }
        if self.tree.full {
            self.losses.add(LossKind::TooLarge, Instead::Text);
        }
        self.blocks(self.tree.root(), &Context::default())
    }
}

impl Reader<'_> {
    /// The content of an element as blocks.
    fn blocks(&mut self, id: Id, context: &Context) -> Vec<Block> {
        let mut flow = Flow::default();
        self.children(id, context, &mut flow);
        flow.finish(context)
    }

    fn children(&mut self, id: Id, context: &Context, flow: &mut Flow) {
        if self.depth > MAX_ELEMENT_DEPTH {
            self.losses.add(LossKind::TooDeep, Instead::Text);
            let text = self.text(id);
            return flow.line.text(&text, context);
        }
        self.depth += 1;
        let tree = self.tree;
        let first = if self.depth == 1 { self.first } else { 0 };
        for (index, child) in tree.children(id).enumerate() {
            if self.full() {
                break;
            }
            match tree.kind(child) {
                Kind::Text(text) => flow.line.text(text, context),
                Kind::Element(..) if self.without == Some(child) => {}
                Kind::Element(..) => {
                    self.losses.enter(first + index, "element");
                    self.element(child, context, flow);
                    self.losses.leave();
                }
                Kind::Fragment | Kind::Other => {}
            }
        }
        self.depth -= 1;
    }

    /// Counts a node; true, with a loss, once there are too many.
    fn full(&mut self) -> bool {
        self.nodes += 1;
        let full = self.nodes > MAX_NODES;
        if full {
            self.losses.add(LossKind::TooLarge, Instead::Nothing);
        }
        full
    }

    fn element(&mut self, id: Id, outer: &Context, flow: &mut Flow) {
        let name = self.tree.name(id).unwrap_or_default();
        let own = Style::read(self.tree.attr(id, "style").unwrap_or_default());
        if own.hidden || self.tree.attr(id, "hidden").is_some() {
            return self.losses.add(LossKind::Unsupported, Instead::Nothing);
        }
        self.tell_unsaid(id, name, &own);
        let mut context = self.context(id, name, &own, outer);
        match (own.list, self.marker.is_some()) {
            (Some(ListRole::Marker), true) => {
                let text = self.text(id);
                return self.marker.get_or_insert_default().push_str(&text);
            }
            (Some(ListRole::Item(at)), false) if matches!(name, "p" | "div") => {
                flow.flush(outer);
                return self.listed(id, at, &context, flow);
            }
            _ => {}
        }
        match name {
            "script" => self.losses.add(LossKind::Script, Instead::Nothing),
            "style" | "head" | "title" | "meta" | "link" | "base" | "template" | "noframes"
            | "noembed" | "col" | "colgroup" | "datalist" | "wbr" | "area" | "xml" => {}
            "br" => flow.line.push(Inline::HardBreak),
            "img" => self.image(id, &own, &context, flow),
            "input" => self.input(id, &context, flow),
            "a" if self.is_mention(id) => self.mention(id, &context, flow),
            "a" => {
                self.link(id, &mut context);
                self.children(id, &context, flow);
            }
            "q" => {
                flow.line.text("\u{201c}", &context);
                self.children(id, &context, flow);
                flow.line.text("\u{201d}", &context);
            }
            "hr" => self.one(flow, outer, |_| Some(Block::Rule)),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.heading(id, name, &context, flow, outer)
            }
            "pre" | "listing" | "xmp" | "plaintext" => {
                self.one(flow, outer, |reader| reader.code(id));
            }
            // Browsers indent by a quote that has no frame.
            "blockquote" if own.frame != Some(Frame::None) => {
                self.one(flow, outer, |reader| reader.quote(id, &context));
            }
            "div" if own.frame == Some(Frame::Left) => {
                self.one(flow, outer, |reader| reader.quote(id, &context));
            }
            "ul" | "ol" | "dir" | "menu" => {
                self.one(flow, outer, |reader| Some(reader.list(id, name, &context)))
            }
            "table" => self.table(id, &context, flow, outer),
            "details" => self.one(flow, outer, |reader| Some(reader.expand(id, &context))),
            "figure" => {
                flow.flush(outer);
                self.figure(id, &context, flow);
            }
            "iframe" | "video" | "audio" | "object" | "embed" | "canvas" | "applet" | "map"
            | "foreign" | "frameset" | "progress" | "meter" => {
                self.losses.add(LossKind::Unsupported, Instead::Placeholder);
                let kind = if name == "foreign" { "drawing" } else { name };
                flow.line.text(&format!("[unsupported: {kind}]"), &context);
            }
            _ if is_division(name) => self.division(id, name, &own, &context, flow, outer),
            _ => {
                if !is_plain_inline(name) {
                    self.losses.add(LossKind::Unsupported, Instead::Text);
                }
                self.children(id, &context, flow);
            }
        }
    }

    /// An element that ends the line before and after it.
    fn division(
        &mut self,
        id: Id,
        name: &str,
        own: &Style,
        context: &Context,
        flow: &mut Flow,
        outer: &Context,
    ) {
        flow.flush(outer);
        if name == "dl" {
            self.losses.add(LossKind::Structure, Instead::Blocks);
        }
        // A mail program draws a line so before what a mail answers.
        if own.frame == Some(Frame::Top) {
            flow.push(Block::Rule);
        }
        self.children(id, context, flow);
        flow.flush(context);
    }

    /// Ends the line and appends the block that is read.
    fn one(
        &mut self,
        flow: &mut Flow,
        outer: &Context,
        read: impl FnOnce(&mut Self) -> Option<Block>,
    ) {
        flow.flush(outer);
        flow.extend(read(self));
    }

    /// What holds within an element: what holds around it, its tag, its style.
    fn context(&self, id: Id, name: &str, own: &Style, outer: &Context) -> Context {
        let mut context = outer.clone();
        let tag = tag_style(name, self.tree.attr(id, "color"));
        lay(&mut context.marks, Mark::Strong, own.strong.or(tag.strong));
        lay(&mut context.marks, Mark::Em, own.em.or(tag.em));
        lay_more(
            &mut context.marks,
            Mark::Underline,
            own.underline.or(tag.underline),
        );
        lay_more(&mut context.marks, Mark::Strike, own.strike.or(tag.strike));
        lay_more(&mut context.marks, Mark::Sub, own.sub.or(tag.sub));
        lay_more(&mut context.marks, Mark::Sup, own.sup.or(tag.sup));
        if let Some(color) = own.color.or(tag.color) {
            replace(&mut context.marks, Mark::Color(color));
        }
        let cell = matches!(name, "td" | "th" | "tr" | "table");
        if let Some(color) = own.background.or(tag.background).filter(|_| !cell) {
            replace(&mut context.marks, Mark::Background(color));
        }
        if matches!(name, "code" | "tt" | "kbd" | "samp") {
            replace(&mut context.marks, Mark::Code);
        }
        let aligned = self
            .tree
            .attr(id, "align")
            .filter(|_| name != "img" && name != "table");
        let by_tag = (name == "center").then_some(Alignment::Center);
        let alignment = own
            .alignment
            .or(aligned.and_then(style::alignment))
            .or(by_tag);
        context.alignment = alignment.unwrap_or(outer.alignment);
        if name == "blockquote" && own.frame == Some(Frame::None) {
            context.indentation = outer.indentation.saturating_add(1);
        }
        context.space = own.space.unwrap_or(outer.space);
        context
    }

    /// All text below an element, without recursion: breaks as line breaks, divisions on lines of their own.
    fn text(&self, id: Id) -> String {
        let mut out = String::new();
        let mut stack = vec![self.tree.children(id)];
        while let Some(level) = stack.last_mut() {
            let Some(child) = level.next() else {
                stack.pop();
                continue;
            };
            match self.tree.kind(child) {
                Kind::Text(text) => out.push_str(text),
                Kind::Element(..) => {
                    let name = self.tree.name(child).unwrap_or_default();
                    if matches!(name, "script" | "style" | "title" | "template" | "xml") {
                        continue;
                    }
                    let breaks = is_division(name) && !out.is_empty() && !out.ends_with('\n');
                    if name == "br" || breaks {
                        out.push('\n');
                    }
                    stack.push(self.tree.children(child));
                }
                Kind::Fragment | Kind::Other => {}
            }
        }
        out
    }
}

/// Sets or takes away a mark that an inner element can take away.
fn lay(marks: &mut Vec<Mark>, mark: Mark, said: Option<bool>) {
    match said {
        Some(true) => replace(marks, mark),
        Some(false) => marks.retain(|known| *known != mark),
        None => {}
    }
}

/// Sets a mark that an inner element cannot take away: decorations are drawn by the element that asked for them.
fn lay_more(marks: &mut Vec<Mark>, mark: Mark, said: Option<bool>) {
    if said == Some(true) {
        replace(marks, mark);
    }
}

fn replace(marks: &mut Vec<Mark>, mark: Mark) {
    marks.retain(|known| known.rank() != mark.rank());
    marks.push(mark);
}
