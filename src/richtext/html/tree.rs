//! The HTML tree: html5ever's parser filling an arena, with bounds on depth, number and attributes.
//!
//! The parser itself has costs that grow with the square of nesting and of attributes in a tag. So a guard stands between its
//! tokenizer and its tree builder and drops start tags beyond the bounds, and overlong tags are cut before.

use std::borrow::Cow;
use std::cell::{Cell, Ref, RefCell};

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use html5ever::tree_builder::{
    ElementFlags, NodeOrText, QuirksMode, TreeBuilder, TreeBuilderOpts, TreeSink,
};
use html5ever::{Attribute, LocalName, QualName, local_name, ns};

use crate::limit::{MAX_ATTRIBUTES, MAX_ELEMENT_DEPTH, MAX_ELEMENTS, MAX_HTML_BYTES};

/// A parsed fragment.
pub(super) struct Tree {
    nodes: Vec<Node>,
    /// Whether start tags were dropped because of depth or number.
    pub(super) flattened: bool,
    /// Whether the input was longer than the bound.
    pub(super) cut: bool,
}

/// The position of a node in its tree.
pub(super) type Id = usize;

struct Node {
    kind: Kind,
    parent: Option<Id>,
    children: Vec<Id>,
    depth: usize,
}

/// What a node is.
pub(super) enum Kind {
    /// The root, and the content of templates.
    Fragment,
    /// An element.
    Element(QualName, Vec<Attribute>),
    /// Text.
    Text(String),
    /// A comment, a doctype or the like.
    Other,
}

const ROOT: Id = 0;

impl Tree {
    /// Parses HTML as the content of a `div`.
    pub(super) fn parse(text: &str) -> Self {
        let end = text.floor_char_boundary(MAX_HTML_BYTES);
        let (text, rest) = text.split_at(end);
        let tokenizer = Tokenizer::new(
            Guard::new(),
            TokenizerOpts {
                discard_bom: false,
                ..TokenizerOpts::default()
            },
        );
        let input = BufferQueue::default();
        input.push_back(StrTendril::from_slice(&bounded_attributes(text)));
        while !matches!(tokenizer.feed(&input), html5ever::TokenizerResult::Done) {}
        tokenizer.end();
        let guard = tokenizer.sink;
        Self {
            nodes: guard.builder.sink.nodes.into_inner(),
            flattened: guard.flattened.get(),
            cut: !rest.is_empty(),
        }
    }

    /// Parses HTML as a browser does: without bounds, with scripts, as a whole page or as the content of an element.
    #[cfg(test)]
    pub(super) fn browsed(text: &str, within: Option<LocalName>) -> Self {
        let sink = Sink::default();
        let opts = TreeBuilderOpts::default();
        let builder = match within {
            Some(name) => {
                let name = QualName::new(None, ns!(html), name);
                let context = sink.push(Kind::Element(name, Vec::new()));
                TreeBuilder::new_for_fragment(sink, context, None, opts)
            }
            None => TreeBuilder::new(sink, opts),
        };
        let tokenizer = Tokenizer::new(builder, TokenizerOpts::default());
        let input = BufferQueue::default();
        input.push_back(StrTendril::from_slice(text));
        while !matches!(tokenizer.feed(&input), html5ever::TokenizerResult::Done) {}
        tokenizer.end();
        Self {
            nodes: tokenizer.sink.sink.nodes.into_inner(),
            flattened: false,
            cut: false,
        }
    }

    /// The node that holds the parsed content: the `html` element that the parser makes of a fragment.
    pub(super) fn root(&self) -> Id {
        self.children(ROOT).first().copied().unwrap_or(ROOT)
    }

    pub(super) fn children(&self, id: Id) -> &[Id] {
        self.nodes.get(id).map_or(&[], |node| &node.children)
    }

    pub(super) fn kind(&self, id: Id) -> &Kind {
        self.nodes.get(id).map_or(&Kind::Other, |node| &node.kind)
    }

    /// The element's name; `None` for all that is no HTML element.
    pub(super) fn name(&self, id: Id) -> Option<&str> {
        match self.kind(id) {
            Kind::Element(name, _) if name.ns == ns!(html) => Some(&name.local),
            Kind::Element(..) => Some("foreign"),
            _ => None,
        }
    }

    pub(super) fn attr(&self, id: Id, wanted: &str) -> Option<&str> {
        let Kind::Element(_, attrs) = self.kind(id) else {
            return None;
        };
        let found = attrs.iter().find(|attr| &*attr.name.local == wanted);
        found.map(|attr| &*attr.value)
    }
}

/// Cuts the attributes of a tag beyond the bound. Follows a tag's quotes as the tokenizer does; within comments it may see tags
/// where there are none, which does no harm as comments are not kept.
fn bounded_attributes(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(open) = find(bytes, at, |b| b == b'<') {
        at = open + 1;
        if !bytes
            .get(at)
            .is_some_and(|b| b.is_ascii_alphabetic() || *b == b'/')
        {
            continue;
        }
        let (end, excess) = tag_end(bytes, at);
        if let Some(cut) = excess {
            out.push_str(text.get(copied..cut).unwrap_or_default());
            copied = end;
        }
        at = end;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

fn find(bytes: &[u8], from: usize, wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let rest = bytes.get(from..)?;
    rest.iter()
        .position(|b| wanted(*b))
        .map(|found| from + found)
}

/// Where the tag ends (at its `>`), and where its first attribute beyond the bound begins.
fn tag_end(bytes: &[u8], from: usize) -> (usize, Option<usize>) {
    let mut excess = None;
    let mut attributes = 0;
    let mut at = from;
    let mut in_name = true;
    let mut before_value = false;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'>' => return (at, excess),
            b'"' | b'\'' if before_value => {
                let quote = *byte;
                at = find(bytes, at + 1, |b| b == quote).unwrap_or(bytes.len());
                (in_name, before_value) = (false, false);
            }
            b'=' if in_name => before_value = true,
            b' ' | b'\t' | b'\n' | b'\r' | b'\x0c' | b'/' if before_value && *byte != b'/' => {}
            b' ' | b'\t' | b'\n' | b'\r' | b'\x0c' | b'/' => in_name = false,
            _ if before_value => (in_name, before_value) = (true, false),
            _ if !in_name => {
                in_name = true;
                attributes += 1;
                if attributes > MAX_ATTRIBUTES && excess.is_none() {
                    excess = Some(at);
                }
            }
            _ => {}
        }
        at += 1;
    }
    (bytes.len(), excess)
}

/// Stands before the tree builder and drops start tags beyond the bounds.
struct Guard {
    builder: TreeBuilder<Id, Sink>,
    /// The element whose start tag was dropped and whose content is no text to be shown.
    skipping: RefCell<Option<LocalName>>,
    flattened: Cell<bool>,
}

impl Guard {
    fn new() -> Self {
        let sink = Sink::default();
        let context = sink.push(Kind::Element(
            QualName::new(None, ns!(html), local_name!("div")),
            Vec::new(),
        ));
        let opts = TreeBuilderOpts {
            scripting_enabled: false,
            ..TreeBuilderOpts::default()
        };
        Self {
            builder: TreeBuilder::new_for_fragment(sink, context, None, opts),
            skipping: RefCell::new(None),
            flattened: Cell::new(false),
        }
    }

    fn is_full(&self) -> bool {
        let sink = &self.builder.sink;
        sink.depth.get() >= MAX_ELEMENT_DEPTH || sink.nodes.borrow().len() >= MAX_ELEMENTS
    }

    /// Drops a start tag. The content of what is no text (scripts, styles) is dropped with it.
    fn drop_start(&self, tag: &Tag) -> TokenSinkResult<Id> {
        self.flattened.set(true);
        let raw = match &*tag.name {
            "script" | "style" | "xmp" | "iframe" | "noembed" | "noframes" => RawKind::Rawtext,
            "title" | "textarea" => RawKind::Rcdata,
            _ => return TokenSinkResult::Continue,
        };
        *self.skipping.borrow_mut() = Some(tag.name.clone());
        TokenSinkResult::RawData(raw)
    }
}

impl TokenSink for Guard {
    type Handle = Id;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<Id> {
        if let Some(skipped) = &*self.skipping.borrow() {
            match &token {
                Token::TagToken(tag) if tag.kind == TagKind::EndTag && tag.name == *skipped => {}
                Token::EOFToken => return self.builder.process_token(token, line),
                _ => return TokenSinkResult::Continue,
            }
        } else {
            return match token {
                Token::TagToken(tag) if tag.kind == TagKind::StartTag && self.is_full() => {
                    self.drop_start(&tag)
                }
                token => self.builder.process_token(token, line),
            };
        }
        *self.skipping.borrow_mut() = None;
        TokenSinkResult::Continue
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder
            .adjusted_current_node_present_but_not_in_html_namespace()
    }
}

/// The arena that the tree builder fills.
struct Sink {
    nodes: RefCell<Vec<Node>>,
    /// How deep the element stands that was opened or closed last.
    depth: Cell<usize>,
}

impl Default for Sink {
    fn default() -> Self {
        let root = Node {
            kind: Kind::Fragment,
            parent: None,
            children: Vec::new(),
            depth: 0,
        };
        Self {
            nodes: RefCell::new(vec![root]),
            depth: Cell::new(0),
        }
    }
}

impl Sink {
    fn push(&self, kind: Kind) -> Id {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node {
            kind,
            parent: None,
            children: Vec::new(),
            depth: 0,
        });
        nodes.len() - 1
    }

    /// Puts a node below a parent, at a position or at the end.
    fn attach(&self, parent: Id, position: Option<usize>, child: NodeOrText<Id>) {
        let child = match child {
            NodeOrText::AppendNode(child) => child,
            NodeOrText::AppendText(text) => {
                if self.join_text(parent, position, &text) {
                    return;
                }
                self.push(Kind::Text(text.to_string()))
            }
        };
        self.detach(child);
        let mut nodes = self.nodes.borrow_mut();
        let depth = nodes.get(parent).map_or(0, |parent| parent.depth) + 1;
        if let Some(node) = nodes.get_mut(child) {
            node.parent = Some(parent);
            node.depth = depth;
            if matches!(node.kind, Kind::Element(..)) {
                self.depth.set(depth);
            }
        }
        if let Some(parent) = nodes.get_mut(parent) {
            let end = parent.children.len();
            parent
                .children
                .insert(position.unwrap_or(end).min(end), child);
        }
    }

    /// Appends text to the text that stands before the position, if there is one.
    fn join_text(&self, parent: Id, position: Option<usize>, text: &str) -> bool {
        let mut nodes = self.nodes.borrow_mut();
        let before = nodes.get(parent).and_then(|parent| {
            let index = position.unwrap_or(parent.children.len()).checked_sub(1)?;
            parent.children.get(index).copied()
        });
        match before.and_then(|before| nodes.get_mut(before)) {
            Some(Node {
                kind: Kind::Text(before),
                ..
            }) => {
                before.push_str(text);
                true
            }
            _ => false,
        }
    }

    fn detach(&self, child: Id) {
        let mut nodes = self.nodes.borrow_mut();
        let Some(parent) = nodes.get_mut(child).and_then(|node| node.parent.take()) else {
            return;
        };
        if let Some(parent) = nodes.get_mut(parent)
            && let Some(position) = parent.children.iter().rposition(|id| *id == child)
        {
            parent.children.remove(position);
        }
    }

    /// A node's parent and its position there.
    fn position(&self, child: Id) -> Option<(Id, usize)> {
        let nodes = self.nodes.borrow();
        let parent = nodes.get(child)?.parent?;
        let children = &nodes.get(parent)?.children;
        Some((parent, children.iter().rposition(|id| *id == child)?))
    }
}

impl TreeSink for Sink {
    type Handle = Id;
    type Output = ();
    type ElemName<'a> = Ref<'a, QualName>;

    fn finish(self) {}

    fn parse_error(&self, _message: Cow<'static, str>) {}

    fn get_document(&self) -> Id {
        ROOT
    }

    fn elem_name<'a>(&'a self, target: &'a Id) -> Ref<'a, QualName> {
        static NONE: std::sync::LazyLock<QualName> =
            std::sync::LazyLock::new(|| QualName::new(None, ns!(html), local_name!("")));
        Ref::map(self.nodes.borrow(), |nodes| {
            match nodes.get(*target).map(|node| &node.kind) {
                Some(Kind::Element(name, _)) => name,
                _ => &*NONE,
            }
        })
    }

    fn create_element(&self, name: QualName, attrs: Vec<Attribute>, _flags: ElementFlags) -> Id {
        self.push(Kind::Element(name, attrs))
    }

    fn create_comment(&self, _text: StrTendril) -> Id {
        self.push(Kind::Other)
    }

    fn create_pi(&self, _target: StrTendril, _data: StrTendril) -> Id {
        self.push(Kind::Other)
    }

    fn append(&self, parent: &Id, child: NodeOrText<Id>) {
        self.attach(*parent, None, child);
    }

    fn append_based_on_parent_node(&self, element: &Id, previous: &Id, child: NodeOrText<Id>) {
        match self.position(*element) {
            Some((parent, position)) => self.attach(parent, Some(position), child),
            None => self.attach(*previous, None, child),
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn pop(&self, node: &Id) {
        let depth = self.nodes.borrow().get(*node).map_or(0, |node| node.depth);
        self.depth.set(depth.saturating_sub(1));
    }

    fn get_template_contents(&self, _target: &Id) -> Id {
        // What a template holds is not shown, so it may hang anywhere outside of the tree.
        self.push(Kind::Fragment)
    }

    fn same_node(&self, x: &Id, y: &Id) -> bool {
        x == y
    }

    fn set_quirks_mode(&self, _mode: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &Id, child: NodeOrText<Id>) {
        if let Some((parent, position)) = self.position(*sibling) {
            self.attach(parent, Some(position), child);
        }
    }

    fn add_attrs_if_missing(&self, _target: &Id, _attrs: Vec<Attribute>) {}

    fn remove_from_parent(&self, target: &Id) {
        self.detach(*target);
    }

    fn reparent_children(&self, node: &Id, new_parent: &Id) {
        let children = {
            let mut nodes = self.nodes.borrow_mut();
            nodes
                .get_mut(*node)
                .map(|node| std::mem::take(&mut node.children))
                .unwrap_or_default()
        };
        let mut nodes = self.nodes.borrow_mut();
        for child in &children {
            if let Some(child) = nodes.get_mut(*child) {
                child.parent = Some(*new_parent);
            }
        }
        if let Some(parent) = nodes.get_mut(*new_parent) {
            parent.children.extend(children);
        }
    }
}
