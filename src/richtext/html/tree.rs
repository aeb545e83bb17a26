//! The HTML tree: html5ever's parser filling an arena, with bounds on depth, number and attributes.
//!
//! The parser itself has costs that grow with the square of nesting and of attributes in a tag. So a guard stands between its
//! tokenizer and its tree builder and drops start tags beyond the bounds, and overlong tags are cut before.

mod attributes;
mod sink;

use std::cell::{Cell, RefCell};

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use html5ever::{Attribute, LocalName, QualName, local_name, ns};

use crate::limit::{MAX_ELEMENT_DEPTH, MAX_ELEMENTS, MAX_HTML_BYTES};

use attributes::bounded_attributes;
use sink::Sink;

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
