//! Blocks that hold others or code: quotes, sections that open, images with a caption, headings, code.

use crate::block::{Block, BlockStyle, CodeBlock, Expand, Heading, Quote};
use crate::html::tree::{Id, Kind};
use crate::inline::Inline;
use crate::limit::MAX_NAME_CHARS;
use crate::loss::{Instead, LossKind};
use crate::normal;

use super::line::Flow;
use super::{Context, Reader, is_division};

impl Reader<'_> {
    pub(super) fn quote(&mut self, id: Id, context: &Context) -> Option<Block> {
        let blocks = self.blocks(id, context);
        (!blocks.is_empty()).then_some(Block::Quote(Quote { blocks }))
    }

    /// `details`: a section that opens on a click, under the text of its `summary`.
    pub(super) fn expand(&mut self, id: Id, context: &Context) -> Block {
        let summary = self.child(id, "summary");
        let title = summary.map_or_else(String::new, |summary| self.text(summary));
        if let Some(summary) = summary {
            self.tell_all_but_text(summary, &[]);
        }
        let title: Vec<&str> = title.split_whitespace().collect();
        Block::Expand(Expand {
            title: title.join(" "),
            blocks: self.blocks_but(id, summary, context),
            breakout: None,
        })
    }

    /// `figure`: an image and its caption; where it holds anything else, its blocks and the caption as one more.
    pub(super) fn figure(&mut self, id: Id, context: &Context, flow: &mut Flow) {
        let caption = self.child(id, "figcaption");
        let mut blocks = self.blocks_but(id, caption, context);
        let Some(caption) = caption else {
            return flow.extend(blocks);
        };
        let captions = self.blocks(caption, context);
        if let [Block::Media(media)] = blocks.as_mut_slice()
            && let Some(lines) = lines(&captions)
        {
            media.caption = Some(lines);
            return flow.extend(blocks);
        }
        let first = self
            .tree
            .children(id)
            .find(|child| matches!(self.tree.kind(*child), Kind::Element(..)));
        if first == Some(caption) {
            flow.extend(captions);
            flow.extend(blocks);
        } else {
            flow.extend(blocks);
            flow.extend(captions);
        }
    }

    fn child(&self, id: Id, name: &str) -> Option<Id> {
        let mut children = self.tree.children(id);
        children.find(|child| self.tree.name(*child) == Some(name))
    }

    /// The content of an element as blocks, one child of it left out.
    fn blocks_but(&mut self, id: Id, without: Option<Id>, context: &Context) -> Vec<Block> {
        let outer = std::mem::replace(&mut self.without, without);
        let blocks = self.blocks(id, context);
        self.without = outer;
        blocks
    }

    pub(super) fn heading(
        &mut self,
        id: Id,
        name: &str,
        context: &Context,
        flow: &mut Flow,
        outer: &Context,
    ) {
        flow.flush(outer);
        let mut inner = Flow::of_heading();
        self.children(id, context, &mut inner);
        let mut lines = Vec::new();
        let mut others = Vec::new();
        let mut style = BlockStyle {
            alignment: context.alignment,
            indentation: context.indentation,
            small: false,
        };
        for block in inner.finish(context) {
            match block {
                Block::Paragraph(paragraph) => {
                    style = paragraph.style;
                    lines.push(paragraph.inlines);
                }
                other => others.push(other),
            }
        }
        if !others.is_empty() {
            self.losses.add(LossKind::Structure, Instead::Blocks);
        }
        if !lines.is_empty() {
            flow.push(Block::Heading(Heading {
                level: name
                    .bytes()
                    .last()
                    .map_or(1, |digit| digit.saturating_sub(b'0')),
                inlines: lines.join(&Inline::HardBreak),
                style,
            }));
        }
        flow.extend(others);
    }

    pub(super) fn code(&mut self, id: Id) -> Option<Block> {
        let text = normal::clean(&self.text(id)).replace('\u{a0}', " ");
        let text = text.strip_suffix('\n').unwrap_or(&text);
        if text.is_empty() {
            return None;
        }
        self.tell_all_but_text(id, &["code"]);
        Some(Block::Code(CodeBlock {
            language: self.language(id),
            text: text.to_owned(),
            breakout: None,
        }))
    }

    /// The language that the class of code names: `language-x` or `lang-x`, on the block or on the code within it.
    fn language(&self, id: Id) -> Option<String> {
        let inner = self.child(id, "code");
        let classes = [Some(id), inner].into_iter().flatten();
        let classes = classes.filter_map(|id| self.tree.attr(id, "class"));
        let mut names = classes
            .flat_map(str::split_ascii_whitespace)
            .filter_map(|class| {
                class
                    .strip_prefix("language-")
                    .or_else(|| class.strip_prefix("lang-"))
            });
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '#' | '.' | '_');
        names
            .find(|name| (1..=MAX_NAME_CHARS).contains(&name.len()) && name.chars().all(plain))
            .map(str::to_owned)
    }

    /// Tells what is lost of an element of which only the text is kept: images, and the marks of all elements but these.
    fn tell_all_but_text(&mut self, id: Id, silent: &[&str]) {
        let mut open: Vec<Id> = self.tree.children(id).collect();
        let (mut image, mut mark) = (false, false);
        while let Some(next) = open.pop() {
            let name = self.tree.name(next).unwrap_or_default();
            image |= name == "img";
            let plain = matches!(name, "" | "br" | "span" | "img") || is_division(name);
            mark |= !plain && !silent.contains(&name);
            open.extend(self.tree.children(next));
        }
        if image {
            self.losses.add(LossKind::Image, Instead::Nothing);
        }
        if mark {
            self.losses.add(LossKind::Mark, Instead::Plain);
        }
    }
}

/// Paragraphs as one line; `None` when there is anything else.
fn lines(blocks: &[Block]) -> Option<Vec<Inline>> {
    let line = |block: &Block| match block {
        Block::Paragraph(paragraph) => Some(paragraph.inlines.clone()),
        _ => None,
    };
    let lines: Option<Vec<Vec<Inline>>> = blocks.iter().map(line).collect();
    lines.map(|lines| lines.join(&Inline::HardBreak))
}
