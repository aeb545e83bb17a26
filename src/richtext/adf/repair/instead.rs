//! What stands in the place of a block that is not accepted.

use crate::block::{
    Block, Card, DecisionItem, Expand, Extension, Heading, Item, Layout, List, ListKind,
    MediaSingle, Panel, Paragraph, Placement, Table, TaskContent, TaskEntry, TaskList,
};
use crate::inline::{CardTarget, Image, Inline};
use crate::loss::{Instead, LossKind};
use crate::mark::Mark;
use crate::normal;

/// An image that stands by itself.
pub(crate) fn single(image: &Image) -> Block {
    Block::Media(Box::new(MediaSingle {
        image: image.clone(),
        caption: None,
        placement: Placement::Center,
        width: None,
    }))
}

/// A paragraph of this text.
pub(crate) fn text_block(text: &str) -> Block {
    Block::paragraph(vec![Inline::text(text)])
}

pub(super) fn strong_block(text: &str) -> Block {
    Block::paragraph(normal::line(&[Inline::marked(text, vec![Mark::Strong])]))
}

pub(super) fn strong_paragraph(mut heading: Heading) -> Block {
    for inline in &mut heading.inlines {
        if let Inline::Text(run) = inline
            && !run.marks.contains(&Mark::Code)
        {
            run.marks.push(Mark::Strong);
        }
    }
    Block::Paragraph(Paragraph {
        inlines: normal::own_line(heading.inlines),
        style: heading.style,
    })
}

/// The blocks of a list's items, one after the other.
pub(super) fn lines(list: List) -> Vec<Block> {
    let items = list.items.into_iter();
    items.flat_map(|item| item.blocks).collect()
}

pub(super) fn bullets(items: Vec<Item>) -> Block {
    Block::List(List {
        kind: ListKind::Bullet,
        items,
    })
}

pub(super) fn signed(sign: &str, content: TaskContent) -> Vec<Block> {
    let before = |mut inlines: Vec<Inline>| {
        inlines.insert(0, Inline::text(sign));
        normal::own_line(inlines)
    };
    match content {
        TaskContent::Inlines(inlines) => vec![Block::paragraph(before(inlines))],
        TaskContent::Blocks(mut blocks) => {
            if let Some(Block::Paragraph(first)) = blocks.first_mut() {
                first.inlines = before(std::mem::take(&mut first.inlines));
            } else {
                blocks.insert(0, Block::paragraph(before(Vec::new())));
            }
            blocks
        }
    }
}

/// A table as one line a row where each cell is one line, and as the blocks of its cells otherwise.
pub(crate) fn table_blocks(table: Table) -> Vec<Block> {
    let mut out = Vec::new();
    for row in table.rows {
        let mut line = Vec::new();
        let simple = row
            .cells
            .iter()
            .all(|cell| matches!(&*cell.blocks, [Block::Paragraph(_)]));
        let blocks = row.cells.into_iter().flat_map(|cell| cell.blocks);
        for (index, block) in blocks.enumerate() {
            match block {
                Block::Paragraph(paragraph) if simple => {
                    if index > 0 {
                        line.push(Inline::text(" | "));
                    }
                    line.extend(paragraph.inlines);
                }
                other => out.push(other),
            }
        }
        if simple && !line.is_empty() {
            out.push(Block::paragraph(normal::own_line(line)));
        }
    }
    out
}

pub(super) fn media_blocks(media: MediaSingle) -> (Vec<Block>, Instead) {
    let mut blocks = vec![text_block(&media.image.reference.placeholder())];
    blocks.extend(media.caption.map(Block::paragraph));
    (blocks, Instead::Placeholder)
}

pub(super) fn card_blocks(card: Card) -> (Vec<Block>, Instead) {
    match card.target {
        CardTarget::Url(url) if url.is_empty() => (
            vec![text_block("[unsupported: card]")],
            Instead::Placeholder,
        ),
        target => (
            vec![Block::paragraph(vec![Inline::Card(target)])],
            Instead::Link,
        ),
    }
}

pub(super) fn loss_of(block: &Block) -> LossKind {
    match block {
        Block::TaskList(_) => LossKind::Task,
        Block::DecisionList(_) => LossKind::Decision,
        Block::Panel(_) => LossKind::Panel,
        Block::Expand(_) => LossKind::Expand,
        Block::Media(_) => LossKind::Image,
        Block::Card(_) => LossKind::Card,
        Block::Layout(_) => LossKind::Layout,
        Block::Extension(_) | Block::Sync(_) | Block::Unknown(_) => LossKind::Unsupported,
        _ => LossKind::Structure,
    }
}

/// A task list as bullets whose text begins with a ticked or empty box.
pub(crate) fn task_bullets(list: TaskList) -> Block {
    let mut items: Vec<Item> = Vec::new();
    for entry in list.entries {
        match entry {
            TaskEntry::Item(item) => {
                let sign = if item.done { "☑ " } else { "☐ " };
                items.push(Item {
                    blocks: signed(sign, item.content),
                });
            }
            TaskEntry::List(nested) => {
                if items.is_empty() {
                    items.push(Item::default());
                }
                if let Some(last) = items.last_mut() {
                    last.blocks.push(task_bullets(nested));
                }
            }
        }
    }
    bullets(items)
}

/// Decisions as bullets that begin with a sign.
pub(crate) fn decision_bullets(decisions: Vec<DecisionItem>) -> Block {
    let item = |decision: DecisionItem| Item {
        blocks: signed("◆ ", TaskContent::Inlines(decision.inlines)),
    };
    bullets(decisions.into_iter().map(item).collect())
}

/// A panel as a bold title with its content below.
pub(crate) fn panel_blocks(panel: Panel) -> Vec<Block> {
    let title = if panel.title.is_empty() {
        panel.kind.title()
    } else {
        &panel.title
    };
    let mut blocks = panel.blocks;
    blocks.insert(0, strong_block(title));
    blocks
}

/// An expand as a bold title with its content below.
pub(crate) fn expand_blocks(expand: Expand) -> Vec<Block> {
    let mut blocks = expand.blocks;
    if !expand.title.is_empty() {
        blocks.insert(0, strong_block(&expand.title));
    }
    blocks
}

/// The blocks of all columns, one column after the other.
pub(crate) fn layout_blocks(layout: Layout) -> Vec<Block> {
    let columns = layout.columns.into_iter();
    columns.flat_map(|column| column.blocks).collect()
}

/// A placeholder, and the body where there is one.
pub(crate) fn extension_blocks(extension: Extension) -> (Vec<Block>, Instead) {
    let name = if extension.body.is_some() {
        "bodiedExtension"
    } else {
        "extension"
    };
    let mut blocks = vec![text_block(&format!("[unsupported: {name}]"))];
    blocks.extend(extension.body.unwrap_or_default());
    (blocks, Instead::Placeholder)
}
