//! Reading wiki markup: lines made into blocks.

use std::borrow::Cow;

use serde_json::json;

use crate::adf;
use crate::block::{Block, Card, CodeBlock, Decoration, Heading, MediaSingle, Panel, Quote};
use crate::document::Document;
use crate::inline::{Image, Inline};
use crate::limit::{MAX_NODES, MAX_WIKI_BYTES};
use crate::loss::{Instead, Loss, LossKind, Losses};
use crate::mark::Mark;
use crate::normal;

use super::lex::Alone;
use super::line::{self, Lead};
use super::source::{self, Line, Macro, Name, Piece, Source, Text};
use super::tint::Tint;
use super::{escape, list, panel, table};

/// The bytes that the smallest node of ADF takes as JSON.
const ADF_NODE_BYTES: usize = 12;

/// Reads wiki markup as Jira's own renderer does, where that loses no text. Never fails: what is no markup is text.
pub fn read(text: &str) -> (Document, Vec<Loss>) {
    let mut losses = Losses::default();
    let mut end = text.len().min(MAX_WIKI_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    if end < text.len() {
        losses.add(LossKind::TooLarge, Instead::Nothing);
    }
    let text = text.get(..end).unwrap_or_default();
    let clean = match normal::is_clean(text) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(normal::clean(text)),
    };
    let mut reader = Reader {
        losses,
        nodes: 0,
        tint: Tint::default(),
    };
    let blocks = reader.scope(&clean);
    let doc = normal::document(Document { blocks }, &mut reader.losses);
    (doc, reader.losses.done())
}

/// Where lines stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In the document, a quote or a panel.
    Scope,
    /// In a list item, which has no lists, tables and rules of its own lines.
    Item,
    /// In a table cell, which has no tables and rules.
    Cell,
}

/// Lines one at a time, with a look at the next.
pub(super) type Lines<'i, 'a> = std::iter::Peekable<&'i mut dyn Iterator<Item = Line<'a>>>;

pub(super) struct Reader {
    pub(super) losses: Losses,
    nodes: usize,
    tint: Tint,
}

/// Blocks as they are found, and the paragraph that is being filled.
#[derive(Default)]
struct Flow {
    blocks: Vec<Block>,
    line: Vec<Inline>,
    /// A line break stands between the paragraph and what follows.
    broken: bool,
}

impl Flow {
    /// Ends the paragraph. One that holds breaks alone is what people write for an empty line; the last of them ends it.
    fn flush(&mut self) {
        self.broken = false;
        let mut inlines = std::mem::take(&mut self.line);
        if inlines.is_empty() {
            return;
        }
        if inlines.iter().all(|inline| *inline == Inline::HardBreak) {
            inlines.pop();
        }
        self.blocks.push(Block::paragraph(inlines));
    }

    fn block(&mut self, block: Block) {
        self.flush();
        self.blocks.push(block);
    }

    /// Appends a line to the paragraph. Its break counts once where the next line begins with one of its own.
    fn text(&mut self, inlines: Vec<Inline>) {
        if inlines.is_empty() {
            return;
        }
        let own = inlines.first() == Some(&Inline::HardBreak);
        if self.broken && !self.line.is_empty() && !own {
            self.line.push(Inline::HardBreak);
        }
        self.broken = false;
        self.line.extend(inlines);
    }
}

impl Reader {
    /// The blocks of a text of its own: the document, a quote, a panel.
    fn scope(&mut self, text: &str) -> Vec<Block> {
        let outer = std::mem::replace(&mut self.tint, Tint::new(text));
        let mut source = Source::new(text);
        let blocks = self.lines(&mut source, Place::Scope);
        self.tint = outer;
        blocks
    }

    /// The blocks of these lines.
    pub(super) fn lines<'a>(
        &mut self,
        lines: &mut dyn Iterator<Item = Line<'a>>,
        place: Place,
    ) -> Vec<Block> {
        let mut lines = lines.peekable();
        let mut flow = Flow::default();
        let mut number = 0;
        while let Some(line) = lines.peek() {
            if self.full(0) {
                break;
            }
            self.losses.enter(number, "line");
            number += 1;
            let lead = line::lead(source::head(line), false);
            match lead {
                Lead::Item(..) if place != Place::Item => {
                    flow.flush();
                    flow.blocks.extend(list::read(self, &mut lines));
                }
                Lead::Row if place == Place::Scope => {
                    flow.flush();
                    flow.blocks.push(table::read(self, &mut lines));
                }
                _ => {
                    if let Some(line) = lines.next() {
                        self.line(&line, place, &mut flow);
                    }
                }
            }
            self.losses.leave();
        }
        flow.flush();
        flow.blocks.shrink_to_fit();
        flow.blocks
    }

    /// Counts nodes; true, with a loss, once there are too many.
    pub(super) fn full(&mut self, more: usize) -> bool {
        self.nodes = self.nodes.saturating_add(more);
        let full = self.nodes >= MAX_NODES;
        if full {
            self.losses.add(LossKind::TooLarge, Instead::Nothing);
        }
        full
    }

    fn line(&mut self, line: &[Piece<'_>], place: Place, flow: &mut Flow) {
        if source::is_blank(line) {
            return flow.flush();
        }
        flow.broken = true;
        let whole = line.len() == 1;
        for (index, piece) in line.iter().enumerate() {
            match piece {
                Piece::Text(text) if index == 0 => self.first(*text, whole, place, flow),
                Piece::Text(text) => self.text(*text, false, flow),
                Piece::Macro(found) => {
                    flow.flush();
                    self.nodes += 1;
                    let blocks = self.block_macro(*found);
                    flow.blocks.extend(blocks);
                }
            }
        }
    }

    /// The text at the beginning of a line, which may be more than text.
    fn first(&mut self, text: Text<'_>, whole: bool, place: Place, flow: &mut Flow) {
        let behind = |rest: &str| Text {
            at: text.at + (text.text.len() - rest.len()),
            text: text
                .text
                .get(text.text.len() - rest.len()..)
                .unwrap_or_default(),
        };
        match line::lead(text.text, false) {
            Lead::Rule(rest) if place == Place::Scope => {
                flow.block(Block::Rule);
                self.text(behind(rest), false, flow);
            }
            Lead::Heading(level, rest) => {
                let inlines = self.inlines(behind(rest)).inlines;
                flow.block(Block::Heading(Heading {
                    level,
                    inlines,
                    style: Default::default(),
                }));
            }
            Lead::Quote(rest) => {
                let mut inner = Flow::default();
                self.text(behind(rest), true, &mut inner);
                inner.flush();
                flow.block(Block::Quote(Quote {
                    blocks: inner.blocks,
                }));
            }
            _ => self.text(text, whole, flow),
        }
    }

    fn inlines(&mut self, text: Text<'_>) -> line::Read {
        let mut read = line::read(text, &mut self.tint, &mut self.losses);
        let room = MAX_NODES.saturating_sub(self.nodes);
        read.inlines.truncate(room);
        self.full(read.inlines.len() + 1);
        read
    }

    /// Text of a line. An image, a card or files that have the line for themselves are blocks.
    fn text(&mut self, text: Text<'_>, whole: bool, flow: &mut Flow) {
        if escape::trim(text.text).is_empty() {
            return;
        }
        let read = self.inlines(text);
        let alone = read.alone;
        match (read.inlines.as_slice(), alone) {
            ([Inline::Image(image)], Some(Alone::Image(placement, width))) if whole => {
                flow.block(Block::Media(Box::new(MediaSingle {
                    image: image.clone(),
                    caption: None,
                    placement,
                    width,
                })));
            }
            ([Inline::Card(target)], Some(Alone::Card(view))) if whole => {
                flow.block(Block::Card(Box::new(Card {
                    target: target.clone(),
                    view,
                })));
            }
            (inlines, _) if whole && line::is_files(inlines) => {
                let files = inlines.iter().filter_map(|inline| match inline {
                    Inline::Image(image) => Some(image.clone()),
                    _ => None,
                });
                let files: Vec<Image> = files.collect();
                flow.block(Block::MediaGroup(files));
            }
            (_, alone) => {
                match alone {
                    Some(Alone::Card(_)) => self.losses.add(LossKind::Card, Instead::Plain),
                    Some(Alone::Image(placement, width))
                        if placement != Default::default() || width.is_some() =>
                    {
                        self.losses.add(LossKind::MediaLayout, Instead::Plain);
                    }
                    _ => {}
                }
                flow.text(read.inlines);
            }
        }
    }

    fn block_macro(&mut self, found: Macro<'_>) -> Vec<Block> {
        match found.name {
            Name::Code | Name::Noformat => self.code(found),
            Name::Quote => vec![Block::Quote(Quote {
                blocks: self.scope(found.body),
            })],
            Name::Panel => vec![self.panel(found)],
            Name::Adf => self.adf(found.body),
        }
    }

    /// Code, after its title. Without a language it is Java, as on both flavours of Jira (jira.md 13.4).
    fn code(&mut self, found: Macro<'_>) -> Vec<Block> {
        let mut language = None;
        let mut title = None;
        for (key, value) in attributes(found.attrs) {
            match (key.as_str(), value) {
                ("title", Some(text)) => title = title.or(Some(escape::decode(text))),
                ("language" | "lang", Some(text)) => {
                    language = language.or_else(|| Some(text.to_owned()));
                }
                (_, None) if language.is_none() => language = Some(key),
                _ => self.losses.add(LossKind::Attribute, Instead::Plain),
            }
        }
        let mut blocks = Vec::new();
        if let Some(title) = title.filter(|title| !title.trim().is_empty()) {
            self.losses.add(LossKind::Code, Instead::Text);
            let title = Inline::marked(title, vec![Mark::Strong]);
            blocks.push(Block::paragraph(normal::line(&[title])));
        }
        let java = || Some("java".to_owned());
        let body = found.body.strip_prefix('\n').unwrap_or(found.body);
        blocks.push(Block::Code(CodeBlock {
            language: match found.name {
                Name::Code => language.or_else(java),
                _ => None,
            },
            text: body.strip_suffix('\n').unwrap_or(body).to_owned(),
            breakout: None,
        }));
        blocks
    }

    fn panel(&mut self, found: Macro<'_>) -> Block {
        let mut title = None;
        let mut color = None;
        for (key, value) in attributes(found.attrs) {
            match (key.as_str(), value) {
                ("title", Some(text)) => title = title.or(Some(escape::decode(text))),
                ("bgcolor", Some(text)) => color = color.or_else(|| panel::parse(text)),
                _ => self.losses.add(LossKind::Panel, Instead::Plain),
            }
        }
        let (kind, own) = panel::kind(color);
        Block::Panel(Panel {
            kind,
            decoration: Box::new(Decoration {
                color: own.map(|color| color.to_string()),
                ..Decoration::default()
            }),
            title: title.unwrap_or_default(),
            blocks: self.scope(found.body),
        })
    }

    /// A node of ADF. What is no JSON stays visible as code.
    fn adf(&mut self, body: &str) -> Vec<Block> {
        let fits = self.nodes + body.len() / ADF_NODE_BYTES <= MAX_NODES;
        let parsed = fits.then(|| serde_json::from_str::<serde_json::Value>(body));
        match parsed {
            Some(Ok(node)) => {
                self.nodes += body.len() / ADF_NODE_BYTES;
                let content = match node.get("type").and_then(|kind| kind.as_str()) {
                    Some("doc") => node,
                    _ => json!({"type": "doc", "version": 1, "content": [node]}),
                };
                let (doc, losses) = adf::read(&content);
                for loss in losses {
                    self.losses.add(loss.kind, loss.instead);
                }
                doc.blocks
            }
            _ => {
                self.losses.add(LossKind::Malformed, Instead::Text);
                vec![Block::Code(CodeBlock {
                    text: escape::trim(body).to_owned(),
                    ..CodeBlock::default()
                })]
            }
        }
    }
}

/// The attributes of a macro, their names in lower case; the first of each name counts for who takes only one.
fn attributes(attrs: &str) -> impl Iterator<Item = (String, Option<&str>)> {
    let parts = attrs.split('|').filter(|part| !part.trim().is_empty());
    parts.map(|part| match part.split_once('=') {
        Some((key, value)) => (key.trim().to_ascii_lowercase(), Some(value)),
        None => (part.trim().to_owned(), None),
    })
}
