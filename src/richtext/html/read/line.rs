//! The line that is being filled, and the blocks before it.

use std::borrow::Cow;

use crate::block::{Block, BlockStyle, MediaSingle, Paragraph, Placement};
use crate::inline::Inline;
use crate::mark::Mark;
use crate::normal;

use super::super::style::Space;
use super::Context;
use super::word::{self, Listed};

/// Blocks as they are found, and the line that is being filled.
#[derive(Default)]
pub(super) struct Flow {
    blocks: Vec<Block>,
    /// Paragraphs that are items of a word processor's list, until something else follows.
    listed: Vec<Listed>,
    pub(super) line: Line,
    /// The line belongs to a heading, where an image stays within the line.
    heading: bool,
}

/// A line with white space collapsed.
#[derive(Default)]
pub(super) struct Line {
    inlines: Vec<Inline>,
    /// A space that counts once something follows, under these marks.
    space: Option<Vec<Mark>>,
}

impl Line {
    pub(super) fn text(&mut self, text: &str, context: &Context) {
        let keeps_lines = context.space != Space::Collapsed;
        let keeps_spaces = context.space == Space::Kept;
        let text = match normal::is_clean(text) {
            true => Cow::Borrowed(text),
            false => Cow::Owned(normal::clean(text)),
        };
        let mut visible = String::with_capacity(text.len());
        // White space that counts once something follows in this text.
        let mut parted = false;
        for c in text.chars() {
            match c {
                '\n' if keeps_lines => {
                    self.visible(&mut visible, context);
                    self.push(Inline::HardBreak);
                    parted = false;
                }
                ' ' | '\t' | '\n' if !keeps_spaces => {
                    if visible.is_empty() {
                        self.space(context);
                    }
                    parted = !visible.is_empty();
                }
                c => {
                    if std::mem::take(&mut parted) {
                        visible.push(' ');
                    }
                    visible.push(if matches!(c, '\u{a0}' | '\t') { ' ' } else { c });
                }
            }
        }
        self.visible(&mut visible, context);
        if parted {
            self.space(context);
        }
    }

    /// Appends what is seen.
    fn visible(&mut self, text: &mut String, context: &Context) {
        if !text.is_empty() {
            self.settle();
            normal::push_own(&mut self.inlines, std::mem::take(text), &context.marks);
        }
    }

    /// Remembers a space, unless one is remembered or the line begins here.
    fn space(&mut self, context: &Context) {
        let starts = matches!(self.inlines.last(), None | Some(Inline::HardBreak));
        if !starts && self.space.is_none() {
            self.space = Some(context.marks.clone());
        }
    }

    /// Writes the space that was waiting for something to follow.
    fn settle(&mut self) {
        if let Some(marks) = self.space.take() {
            normal::push_own(&mut self.inlines, " ".to_owned(), &marks);
        }
    }

    pub(super) fn push(&mut self, inline: Inline) {
        match inline {
            Inline::HardBreak => self.space = None,
            _ => self.settle(),
        }
        self.inlines.push(inline);
    }

    /// The line, if there is one. One break at the end is not seen, and spaces alone are an empty line.
    fn take(&mut self) -> Option<Vec<Inline>> {
        self.space = None;
        let mut inlines = std::mem::take(&mut self.inlines);
        if inlines.is_empty() {
            return None;
        }
        if inlines.last() == Some(&Inline::HardBreak) {
            inlines.pop();
        }
        let blank = |inline: &Inline| matches!(inline, Inline::Text(run) if run.text.bytes().all(|b| b == b' '));
        if inlines.iter().all(blank) {
            inlines.clear();
        }
        inlines.shrink_to_fit();
        Some(inlines)
    }
}

impl Flow {
    /// The line of a heading.
    pub(super) fn of_heading() -> Self {
        Self {
            heading: true,
            ..Self::default()
        }
    }

    /// Ends the line: it becomes a paragraph, or an image where it holds nothing else.
    pub(super) fn flush(&mut self, context: &Context) {
        let Some(inlines) = self.line.take() else {
            return;
        };
        match inlines.as_slice() {
            [Inline::Image(image)] if !self.heading => {
                self.push(Block::Media(Box::new(MediaSingle {
                    image: image.clone(),
                    caption: None,
                    placement: Placement::Center,
                    width: None,
                })));
            }
            _ => self.push(Block::Paragraph(Paragraph {
                inlines,
                style: BlockStyle {
                    alignment: context.alignment,
                    indentation: context.indentation,
                    small: false,
                },
            })),
        }
    }

    pub(super) fn push(&mut self, block: Block) {
        self.end_list();
        self.blocks.push(block);
    }

    pub(super) fn extend(&mut self, blocks: impl IntoIterator<Item = Block>) {
        blocks.into_iter().for_each(|block| self.push(block));
    }

    /// Appends a paragraph that is an item of a word processor's list.
    pub(super) fn push_listed(&mut self, item: Listed) {
        self.listed.push(item);
    }

    fn end_list(&mut self) {
        let listed = std::mem::take(&mut self.listed);
        self.blocks.extend(word::lists(listed));
    }

    /// All blocks, the last line ended.
    pub(super) fn finish(mut self, context: &Context) -> Vec<Block> {
        self.flush(context);
        self.end_list();
        self.blocks.shrink_to_fit();
        self.blocks
    }
}
