//! The HTML tree: html5ever's parser filling an arena, with bounds on depth, number and attributes.
//!
//! The parser itself has costs that grow with the square of nesting, of attributes in a tag, and of formatting elements that are
//! never closed. So a guard stands between its tokenizer and its tree builder and drops start tags beyond the bounds, and overlong
//! tags are cut while they are fed.

mod attributes;
mod sink;

use std::cell::{Cell, RefCell};

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use html5ever::tree_builder::{Tracer, TreeBuilder, TreeBuilderOpts};
use html5ever::{Attribute, LocalName, Namespace, local_name, ns};

use crate::limit::{MAX_ELEMENT_DEPTH, MAX_ELEMENTS, MAX_FORMATTING, MAX_REOPENED};

pub(crate) use attributes::{Counting, feed, is_tag};
use sink::Sink;

/// A parsed fragment.
pub(super) struct Tree {
    nodes: Vec<Node>,
    /// Whether start tags were dropped because of depth.
    pub(super) flattened: bool,
    /// Whether start tags were dropped because of number.
    pub(super) full: bool,
    /// Whether the input, or what its tags say, was longer than the bound.
    pub(super) cut: bool,
}

/// The position of a node in its tree.
pub(super) type Id = u32;

/// The position of no node.
const NONE: Id = Id::MAX;

/// A node and its place. Children hang together as a chain, so that there is no list to grow for each parent.
struct Node {
    kind: Kind,
    parent: Id,
    first: Id,
    last: Id,
    previous: Id,
    next: Id,
    depth: u32,
}

impl Node {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            parent: NONE,
            first: NONE,
            last: NONE,
            previous: NONE,
            next: NONE,
            depth: 0,
        }
    }
}

/// The children of a node from first to last.
#[derive(Clone)]
pub(super) struct Children<'a> {
    tree: &'a Tree,
    next: Id,
}

impl Iterator for Children<'_> {
    type Item = Id;

    fn next(&mut self) -> Option<Id> {
        let found = self.next;
        let node = self.tree.nodes.get(found as usize)?;
        self.next = node.next;
        Some(found)
    }
}

/// The name of an element, without a prefix, which means nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) ns: Namespace,
    pub(super) local: LocalName,
}

impl Name {
    fn html(local: LocalName) -> Self {
        Self {
            ns: ns!(html),
            local,
        }
    }
}

/// What a node is.
pub(super) enum Kind {
    /// The root, and the content of templates.
    Fragment,
    /// An element.
    Element(Name, Box<[Attribute]>),
    /// Text, mostly a part of what was parsed.
    Text(StrTendril),
    /// A comment, a doctype or the like.
    Other,
}

const ROOT: Id = 0;

impl Tree {
    /// Parses as many bytes of HTML as the content of a `div`.
    pub(super) fn parse(text: &str, most: usize) -> Self {
        let end = text.floor_char_boundary(most);
        let (text, rest) = text.split_at(end);
        let tokenizer = Tokenizer::new(
            Guard::new(text.len()),
            TokenizerOpts {
                discard_bom: false,
                ..TokenizerOpts::default()
            },
        );
        let fed = feed(&tokenizer, text);
        tokenizer.end();
        let guard = tokenizer.sink;
        Self {
            nodes: guard.builder.sink.nodes.into_inner(),
            flattened: guard.flattened.get(),
            full: guard.full.get(),
            cut: !rest.is_empty() || fed.cut,
        }
    }

    /// Parses HTML as a browser does: without bounds, with scripts, as a whole page or as the content of an element.
    #[cfg(test)]
    pub(super) fn browsed(text: &str, within: Option<LocalName>) -> Self {
        let sink = Sink::default();
        let opts = TreeBuilderOpts::default();
        let builder = match within {
            Some(name) => {
                let context = sink.push(Kind::Element(Name::html(name), Box::default()));
                TreeBuilder::new_for_fragment(sink, context, None, opts)
            }
            None => TreeBuilder::new(sink, opts),
        };
        let tokenizer = Tokenizer::new(builder, TokenizerOpts::default());
        let input = html5ever::tokenizer::BufferQueue::default();
        input.push_back(StrTendril::from_slice(text));
        while !matches!(tokenizer.feed(&input), html5ever::TokenizerResult::Done) {}
        tokenizer.end();
        Self {
            nodes: tokenizer.sink.sink.nodes.into_inner(),
            flattened: false,
            full: false,
            cut: false,
        }
    }

    /// The node that holds the parsed content: the `html` element that the parser makes of a fragment.
    pub(super) fn root(&self) -> Id {
        self.children(ROOT).next().unwrap_or(ROOT)
    }

    pub(super) fn children(&self, id: Id) -> Children<'_> {
        let node = self.nodes.get(id as usize);
        Children {
            tree: self,
            next: node.map_or(NONE, |node| node.first),
        }
    }

    pub(super) fn kind(&self, id: Id) -> &Kind {
        let node = self.nodes.get(id as usize);
        node.map_or(&Kind::Other, |node| &node.kind)
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

/// Stands before the tree builder and drops start tags beyond the bounds.
struct Guard {
    builder: TreeBuilder<Id, Sink>,
    /// The element whose start tag was dropped and whose content is no markup, and whether that is text to be shown.
    skipping: RefCell<Option<(LocalName, bool)>>,
    flattened: Cell<bool>,
    full: Cell<bool>,
    /// How many tokens were taken, errors aside.
    tokens: Cell<usize>,
    /// How many nodes there may be.
    room: usize,
    /// How many start tags of formatting elements were taken since the elements in hand were counted.
    formatting: Cell<usize>,
    /// Whether an end tag was taken since the depth was found.
    closed: Cell<bool>,
}

/// Counts the elements that the tree builder has in hand: those that are open, and formatting elements to be opened again.
struct InHand<'a> {
    sink: &'a Sink,
    count: Cell<usize>,
    /// How deep the deepest of them stands.
    depth: Cell<u32>,
}

impl Tracer for InHand<'_> {
    type Handle = Id;

    fn trace_handle(&self, element: &Id) {
        self.count.set(self.count.get() + 1);
        self.depth
            .set(self.depth.get().max(self.sink.depth_of(*element)));
    }
}

/// Elements that the tree builder opens again where they were not closed.
fn is_formatting(name: &LocalName) -> bool {
    matches!(
        &**name,
        "a" | "b"
            | "big"
            | "code"
            | "em"
            | "font"
            | "i"
            | "nobr"
            | "s"
            | "small"
            | "strike"
            | "strong"
            | "tt"
            | "u"
    )
}

impl Guard {
    /// For a text of so many bytes.
    fn new(bytes: usize) -> Self {
        let sink = Sink::default();
        let context = sink.push(Kind::Element(
            Name::html(local_name!("div")),
            Box::default(),
        ));
        let opts = TreeBuilderOpts {
            scripting_enabled: false,
            ..TreeBuilderOpts::default()
        };
        Self {
            builder: TreeBuilder::new_for_fragment(sink, context, None, opts),
            skipping: RefCell::new(None),
            flattened: Cell::new(false),
            full: Cell::new(false),
            tokens: Cell::new(0),
            room: bytes.saturating_add(MAX_REOPENED).min(MAX_ELEMENTS),
            formatting: Cell::new(0),
            closed: Cell::new(false),
        }
    }

    fn in_hand(&self) -> InHand<'_> {
        let in_hand = InHand {
            sink: &self.builder.sink,
            count: Cell::new(0),
            depth: Cell::new(0),
        };
        self.builder.trace_handles(&in_hand);
        in_hand
    }

    /// Whether no element may stand below the current one. The tree builder does not tell of all elements that it closes, so where
    /// one may have been closed they are counted.
    fn is_deep(&self) -> bool {
        let sink = &self.builder.sink;
        let deep = || sink.depth.get() as usize >= MAX_ELEMENT_DEPTH;
        if deep() && self.closed.take() {
            sink.depth.set(self.in_hand().depth.get());
        }
        deep()
    }

    /// Whether this is the start of a formatting element for which there is no room. The tree builder goes over all that it has in
    /// hand for many a tag, and counting goes over them too, so that is done once in so many tags.
    fn formats_too_much(&self, tag: &Tag) -> bool {
        if !is_formatting(&tag.name) {
            return false;
        }
        if self.formatting.get() < MAX_FORMATTING {
            self.formatting.set(self.formatting.get() + 1);
            return false;
        }
        let full = self.in_hand().count.get() > 2 * MAX_FORMATTING;
        if !full {
            self.formatting.set(1);
        }
        self.flattened.set(self.flattened.get() | full);
        full
    }

    /// Whether there is no room for one more element, because of depth or of number.
    fn has_no_room(&self) -> bool {
        let sink = &self.builder.sink;
        let flattened = self.is_deep();
        let full = sink.nodes.borrow().len() >= self.room;
        self.flattened.set(self.flattened.get() | flattened);
        self.full.set(self.full.get() | full);
        flattened || full
    }

    /// Drops a start tag. The content of what is no text (scripts, styles) is dropped with it.
    fn drop_start(&self, tag: &Tag) -> TokenSinkResult<Id> {
        let raw = match &*tag.name {
            "script" | "style" | "xmp" | "iframe" | "noembed" | "noframes" => RawKind::Rawtext,
            "title" | "textarea" => RawKind::Rcdata,
            _ => return TokenSinkResult::Continue,
        };
        let shown = matches!(&*tag.name, "xmp" | "textarea");
        *self.skipping.borrow_mut() = Some((tag.name.clone(), shown));
        TokenSinkResult::RawData(raw)
    }
}

impl Counting for Guard {
    fn count(&self) -> usize {
        self.tokens.get()
    }
}

impl TokenSink for Guard {
    type Handle = Id;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<Id> {
        if !matches!(token, Token::ParseError(_)) {
            self.tokens.set(self.tokens.get() + 1);
        }
        if matches!(&token, Token::TagToken(tag) if tag.kind == TagKind::EndTag) {
            self.closed.set(true);
        }
        if let Some((skipped, shown)) = &*self.skipping.borrow() {
            match &token {
                Token::TagToken(tag) if tag.kind == TagKind::EndTag && tag.name == *skipped => {}
                Token::EOFToken => return self.builder.process_token(token, line),
                Token::CharacterTokens(_) if *shown => {
                    return self.builder.process_token(token, line);
                }
                _ => return TokenSinkResult::Continue,
            }
        } else {
            return match token {
                Token::TagToken(tag)
                    if tag.kind == TagKind::StartTag
                        && (self.has_no_room() || self.formats_too_much(&tag)) =>
                {
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
