//! Walk: rebuilding a block with its inlines and its child blocks passed through a visitor.

use crate::block::{Block, TaskContent, TaskEntry, TaskList};
use crate::inline::Inline;
use crate::loss::Losses;

/// What happens to the parts of a block.
pub(crate) trait Visitor {
    /// Replaces a line of inlines.
    fn inlines(&mut self, inlines: Vec<Inline>) -> Vec<Inline>;

    /// Replaces a sequence of child blocks; `part` counts the sequences of one parent (items, cells, columns).
    fn blocks(&mut self, part: usize, blocks: Vec<Block>) -> Vec<Block>;

    /// Replaces the entries of a nested task list.
    fn tasks(&mut self, part: usize, list: TaskList) -> TaskList
    where
        Self: Sized,
    {
        let _ = part;
        tasks(list, self)
    }
}

/// A change of a document that puts any number of blocks in the place of each, and tells losses where it is.
pub(crate) trait Rewrite {
    /// Where losses are told.
    fn losses(&mut self) -> &mut Losses;

    /// Appends what stands in the place of a block.
    fn block(&mut self, block: Block, out: &mut Vec<Block>);

    /// Appends what stands in the place of a block of a sequence.
    fn at(&mut self, index: usize, block: Block, out: &mut Vec<Block>) {
        self.losses().enter(index, block.name());
        self.block(block, out);
        self.losses().leave();
    }

    /// What stands in the place of blocks that follow one another.
    fn sequence(&mut self, blocks: Vec<Block>) -> Vec<Block> {
        let mut out = Vec::with_capacity(blocks.len());
        for (index, block) in blocks.into_iter().enumerate() {
            self.at(index, block, &mut out);
        }
        out
    }

    /// The same for the blocks of a part of a block, as [`Visitor::blocks`] counts parts.
    fn part(&mut self, part: usize, blocks: Vec<Block>) -> Vec<Block> {
        self.losses().enter(part, "part");
        let out = self.sequence(blocks);
        self.losses().leave();
        out
    }

    /// The same for a part that must hold something: an empty paragraph where there is nothing.
    fn content(&mut self, part: usize, blocks: Vec<Block>) -> Vec<Block> {
        let mut out = self.part(part, blocks);
        if out.is_empty() {
            out.push(Block::paragraph(Vec::new()));
        }
        out
    }
}

/// Rebuilds a block in its place: what the visitor leaves alone is neither copied nor moved.
pub(crate) fn rebuild<V: Visitor>(mut block: Block, visitor: &mut V) -> Block {
    match &mut block {
        Block::Paragraph(paragraph) => line(&mut paragraph.inlines, visitor),
        Block::Heading(heading) => line(&mut heading.inlines, visitor),
        Block::List(list) => {
            for (part, item) in list.items.iter_mut().enumerate() {
                within(part, &mut item.blocks, visitor);
            }
        }
        Block::TaskList(list) => entries(list, visitor),
        Block::DecisionList(items) => {
            items
                .iter_mut()
                .for_each(|item| line(&mut item.inlines, visitor));
        }
        Block::Quote(quote) => within(0, &mut quote.blocks, visitor),
        Block::Panel(panel) => within(0, &mut panel.blocks, visitor),
        Block::Expand(expand) => within(0, &mut expand.blocks, visitor),
        Block::Table(table) => {
            let cells = table.rows.iter_mut().flat_map(|row| &mut row.cells);
            for (part, cell) in cells.enumerate() {
                within(part, &mut cell.blocks, visitor);
            }
        }
        Block::Media(media) => media
            .caption
            .iter_mut()
            .for_each(|caption| line(caption, visitor)),
        Block::Layout(layout) => {
            for (part, column) in layout.columns.iter_mut().enumerate() {
                within(part, &mut column.blocks, visitor);
            }
        }
        Block::Extension(extension) => {
            extension
                .body
                .iter_mut()
                .for_each(|body| within(0, body, visitor));
        }
        Block::Sync(sync) => sync
            .body
            .iter_mut()
            .for_each(|body| within(0, body, visitor)),
        Block::Code(_)
        | Block::Rule
        | Block::MediaGroup(_)
        | Block::Card(_)
        | Block::Unknown(_) => {}
    }
    block
}

fn line<V: Visitor>(inlines: &mut Vec<Inline>, visitor: &mut V) {
    *inlines = visitor.inlines(std::mem::take(inlines));
}

fn within<V: Visitor>(part: usize, blocks: &mut Vec<Block>, visitor: &mut V) {
    *blocks = visitor.blocks(part, std::mem::take(blocks));
}

/// Rebuilds the entries of a task list.
pub(crate) fn tasks<V: Visitor>(mut list: TaskList, visitor: &mut V) -> TaskList {
    entries(&mut list, visitor);
    list
}

fn entries<V: Visitor>(list: &mut TaskList, visitor: &mut V) {
    for (part, entry) in list.entries.iter_mut().enumerate() {
        match entry {
            TaskEntry::List(nested) => *nested = visitor.tasks(part, std::mem::take(nested)),
            TaskEntry::Item(item) => match &mut item.content {
                TaskContent::Inlines(inlines) => line(inlines, visitor),
                TaskContent::Blocks(blocks) => within(part, blocks, visitor),
            },
        }
    }
}
