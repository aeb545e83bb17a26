//! Walk: rebuilding a block with its inlines and its child blocks passed through a visitor.

use crate::block::{
    Block, Cell, Column, DecisionItem, Expand, Extension, Heading, Item, Layout, List, MediaSingle,
    Panel, Paragraph, Quote, Row, SyncBlock, Table, TaskContent, TaskEntry, TaskItem, TaskList,
};
use crate::inline::Inline;
use crate::loss::Losses;

/// What happens to the parts of a block.
pub(crate) trait Visitor {
    /// Replaces a line of inlines.
    fn inlines(&mut self, inlines: &[Inline]) -> Vec<Inline>;

    /// Replaces a sequence of child blocks; `part` counts the sequences of one parent (items, cells, columns).
    fn blocks(&mut self, part: usize, blocks: &[Block]) -> Vec<Block>;

    /// Replaces the entries of a nested task list.
    fn tasks(&mut self, part: usize, list: &TaskList) -> TaskList
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
    fn block(&mut self, block: &Block, out: &mut Vec<Block>);

    /// What stands in the place of blocks that follow one another.
    fn sequence(&mut self, blocks: &[Block]) -> Vec<Block> {
        let mut out = Vec::with_capacity(blocks.len());
        for (index, block) in blocks.iter().enumerate() {
            self.losses().enter(index, block.name());
            self.block(block, &mut out);
            self.losses().leave();
        }
        out
    }

    /// The same for the blocks of a part of a block, as [`Visitor::blocks`] counts parts.
    fn part(&mut self, part: usize, blocks: &[Block]) -> Vec<Block> {
        self.losses().enter(part, "part");
        let out = self.sequence(blocks);
        self.losses().leave();
        out
    }

    /// The same for a part that must hold something: an empty paragraph where there is nothing.
    fn content(&mut self, part: usize, blocks: &[Block]) -> Vec<Block> {
        let mut out = self.part(part, blocks);
        if out.is_empty() {
            out.push(Block::paragraph(Vec::new()));
        }
        out
    }
}

/// Rebuilds a block. Nothing is copied that the visitor replaces.
pub(crate) fn rebuild<V: Visitor>(block: &Block, visitor: &mut V) -> Block {
    match block {
        Block::Paragraph(paragraph) => Block::Paragraph(Paragraph {
            inlines: visitor.inlines(&paragraph.inlines),
            style: paragraph.style,
        }),
        Block::Heading(heading) => Block::Heading(Heading {
            level: heading.level,
            inlines: visitor.inlines(&heading.inlines),
            style: heading.style,
        }),
        Block::List(list) => Block::List(items(list, visitor)),
        Block::TaskList(list) => Block::TaskList(tasks(list, visitor)),
        Block::DecisionList(items) => Block::DecisionList(decisions(items, visitor)),
        Block::Quote(quote) => Block::Quote(Quote {
            blocks: visitor.blocks(0, &quote.blocks),
        }),
        Block::Panel(panel) => Block::Panel(Panel {
            kind: panel.kind,
            decoration: panel.decoration.clone(),
            title: panel.title.clone(),
            blocks: visitor.blocks(0, &panel.blocks),
        }),
        Block::Expand(expand) => Block::Expand(Expand {
            title: expand.title.clone(),
            blocks: visitor.blocks(0, &expand.blocks),
            breakout: expand.breakout,
        }),
        Block::Table(table) => Block::Table(cells(table, visitor)),
        Block::Media(media) => Block::Media(MediaSingle {
            caption: media
                .caption
                .as_ref()
                .map(|caption| visitor.inlines(caption)),
            image: media.image.clone(),
            placement: media.placement,
            width: media.width,
        }),
        Block::Layout(layout) => Block::Layout(columns(layout, visitor)),
        Block::Extension(extension) => Block::Extension(Extension {
            attrs: extension.attrs.clone(),
            marks: extension.marks.clone(),
            body: extension.body.as_ref().map(|body| visitor.blocks(0, body)),
        }),
        Block::Sync(sync) => Block::Sync(SyncBlock {
            resource_id: sync.resource_id.clone(),
            local_id: sync.local_id.clone(),
            body: sync.body.as_ref().map(|body| visitor.blocks(0, body)),
            breakout: sync.breakout,
        }),
        Block::Code(_)
        | Block::Rule
        | Block::MediaGroup(_)
        | Block::Card(_)
        | Block::Unknown(_) => block.clone(),
    }
}

fn items<V: Visitor>(list: &List, visitor: &mut V) -> List {
    let items = list.items.iter().enumerate();
    List {
        kind: list.kind,
        items: items
            .map(|(part, item)| Item {
                blocks: visitor.blocks(part, &item.blocks),
            })
            .collect(),
    }
}

/// Rebuilds the entries of a task list.
pub(crate) fn tasks<V: Visitor>(list: &TaskList, visitor: &mut V) -> TaskList {
    let entries = list.entries.iter().enumerate();
    TaskList {
        entries: entries
            .map(|(part, entry)| task(part, entry, visitor))
            .collect(),
        local_id: list.local_id.clone(),
    }
}

fn task<V: Visitor>(part: usize, entry: &TaskEntry, visitor: &mut V) -> TaskEntry {
    match entry {
        TaskEntry::List(list) => TaskEntry::List(visitor.tasks(part, list)),
        TaskEntry::Item(item) => TaskEntry::Item(TaskItem {
            done: item.done,
            local_id: item.local_id.clone(),
            content: match &item.content {
                TaskContent::Inlines(line) => TaskContent::Inlines(visitor.inlines(line)),
                TaskContent::Blocks(blocks) => TaskContent::Blocks(visitor.blocks(part, blocks)),
            },
        }),
    }
}

fn decisions<V: Visitor>(items: &[DecisionItem], visitor: &mut V) -> Vec<DecisionItem> {
    let items = items.iter();
    items
        .map(|item| DecisionItem {
            inlines: visitor.inlines(&item.inlines),
            state: item.state.clone(),
            local_id: item.local_id.clone(),
        })
        .collect()
}

fn cells<V: Visitor>(table: &Table, visitor: &mut V) -> Table {
    let mut part = 0;
    let mut cell = |cell: &Cell| {
        part += 1;
        Cell {
            blocks: visitor.blocks(part - 1, &cell.blocks),
            widths: cell.widths.clone(),
            background: cell.background.clone(),
            ..*cell
        }
    };
    let rows = table.rows.iter();
    Table {
        rows: rows
            .map(|row| Row {
                cells: row.cells.iter().map(&mut cell).collect(),
            })
            .collect(),
        placement: table.placement,
        width: table.width,
        numbered: table.numbered,
        fixed: table.fixed,
    }
}

fn columns<V: Visitor>(layout: &Layout, visitor: &mut V) -> Layout {
    let columns = layout.columns.iter().enumerate();
    Layout {
        columns: columns
            .map(|(part, column)| Column {
                width: column.width,
                valign: column.valign,
                blocks: visitor.blocks(part, &column.blocks),
            })
            .collect(),
        breakout: layout.breakout,
    }
}
