//! The document: a sequence of blocks.

use crate::block::Block;

/// A rich text in no particular format.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// The blocks from top to bottom.
    pub blocks: Vec<Block>,
}

impl Document {
    /// Whether nothing would be seen: no block, or only paragraphs and headings without visible content.
    pub fn is_empty(&self) -> bool {
        self.blocks.iter().all(|block| match block {
            Block::Paragraph(paragraph) => paragraph.inlines.iter().all(|inline| inline.is_blank()),
            Block::Heading(heading) => heading.inlines.iter().all(|inline| inline.is_blank()),
            _ => false,
        })
    }

    /// Puts a block before all others, for instance a line that names the author.
    pub fn push_front(&mut self, block: Block) {
        self.blocks.insert(0, block);
    }
}
