//! The line that is being filled, and the blocks before it.

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
        let mut visible = String::new();
        for c in normal::clean(text).chars() {
            match c {
                '\n' if keeps_lines => {
                    self.flush_text(&mut visible, &context.marks);
                    self.push(Inline::HardBreak);
                }
                ' ' | '\t' | '\n' if !keeps_spaces => {
                    self.flush_text(&mut visible, &context.marks);
                    let starts = matches!(self.inlines.last(), None | Some(Inline::HardBreak));
                    if !starts && self.space.is_none() {
                        self.space = Some(context.marks.clone());
                    }
                }
                '\u{a0}' | '\t' => visible.push(' '),
                c => visible.push(c),
            }
        }
        self.flush_text(&mut visible, &context.marks);
    }

    fn flush_text(&mut self, text: &mut String, marks: &[Mark]) {
        if !text.is_empty() {
            self.settle();
            normal::push_text(&mut self.inlines, text, &normal::marks(marks));
            text.clear();
        }
    }

    /// Writes the space that was waiting for something to follow.
    fn settle(&mut self) {
        if let Some(marks) = self.space.take() {
            normal::push_text(&mut self.inlines, " ", &normal::marks(&marks));
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
                self.push(Block::Media(MediaSingle {
                    image: image.clone(),
                    caption: None,
                    placement: Placement::Center,
                    width: None,
                }));
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
        self.blocks
    }
}
