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
    Block::Media(MediaSingle {
        image: image.clone(),
        caption: None,
        placement: Placement::Center,
        width: None,
    })
}

/// A paragraph of this text.
pub(crate) fn text_block(text: &str) -> Block {
    Block::paragraph(vec![Inline::text(text)])
}

pub(super) fn strong_block(text: &str) -> Block {
    Block::paragraph(normal::line(&[Inline::marked(text, vec![Mark::Strong])]))
}

pub(super) fn strong_paragraph(heading: &Heading) -> Block {
    let strong = |inline: &Inline| match inline {
        Inline::Text(run) if !run.marks.contains(&Mark::Code) => {
            let mut marks = run.marks.clone();
            marks.push(Mark::Strong);
            Inline::marked(run.text.clone(), marks)
        }
        other => other.clone(),
    };
    let inlines: Vec<Inline> = heading.inlines.iter().map(strong).collect();
    Block::Paragraph(Paragraph {
        inlines: normal::line(&inlines),
        style: heading.style,
    })
}

/// The blocks of a list's items, one after the other.
pub(super) fn lines(list: &List) -> Vec<Block> {
    let items = list.items.iter();
    items.flat_map(|item| item.blocks.clone()).collect()
}

pub(super) fn bullets(items: Vec<Item>) -> Block {
    Block::List(List {
        kind: ListKind::Bullet,
        items,
    })
}

pub(super) fn signed(sign: &str, content: &TaskContent) -> Vec<Block> {
    let before = |inlines: &[Inline]| {
        let mut line = vec![Inline::text(sign)];
        line.extend_from_slice(inlines);
        normal::line(&line)
    };
    match content {
        TaskContent::Inlines(inlines) => vec![Block::paragraph(before(inlines))],
        TaskContent::Blocks(blocks) => match blocks.split_first() {
            Some((Block::Paragraph(first), rest)) => {
                let first = Block::Paragraph(Paragraph {
                    inlines: before(&first.inlines),
                    style: first.style,
                });
                [&[first], rest].concat()
            }
            _ => [&[Block::paragraph(before(&[]))], blocks.as_slice()].concat(),
        },
    }
}

/// A table as one line a row where each cell is one line, and as the blocks of its cells otherwise.
pub(crate) fn table_blocks(table: &Table) -> Vec<Block> {
    let mut out = Vec::new();
    for row in &table.rows {
        let mut line = Vec::new();
        let simple = row
            .cells
            .iter()
            .all(|cell| matches!(&*cell.blocks, [Block::Paragraph(_)]));
        for (index, block) in row.cells.iter().flat_map(|cell| &cell.blocks).enumerate() {
            match block {
                Block::Paragraph(paragraph) if simple => {
                    if index > 0 {
                        line.push(Inline::text(" | "));
                    }
                    line.extend_from_slice(&paragraph.inlines);
                }
                other => out.push(other.clone()),
            }
        }
        if simple && !line.is_empty() {
            out.push(Block::paragraph(normal::line(&line)));
        }
    }
    out
}

pub(super) fn media_blocks(media: &MediaSingle) -> (Vec<Block>, Instead) {
    let mut blocks = vec![text_block(&media.image.reference.placeholder())];
    blocks.extend(media.caption.clone().map(Block::paragraph));
    (blocks, Instead::Placeholder)
}

pub(super) fn card_blocks(card: &Card) -> (Vec<Block>, Instead) {
    match &card.target {
        CardTarget::Url(url) if url.is_empty() => (
            vec![text_block("[unsupported: card]")],
            Instead::Placeholder,
        ),
        target => (
            vec![Block::paragraph(vec![Inline::Card(target.clone())])],
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
pub(crate) fn task_bullets(list: &TaskList) -> Block {
    let mut items: Vec<Item> = Vec::new();
    for entry in &list.entries {
        match entry {
            TaskEntry::Item(item) => {
                let sign = if item.done { "☑ " } else { "☐ " };
                items.push(Item {
                    blocks: signed(sign, &item.content),
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
pub(crate) fn decision_bullets(decisions: &[DecisionItem]) -> Block {
    let item = |decision: &DecisionItem| Item {
        blocks: signed("◆ ", &TaskContent::Inlines(decision.inlines.clone())),
    };
    bullets(decisions.iter().map(item).collect())
}

/// A panel as a bold title with its content below.
pub(crate) fn panel_blocks(panel: &Panel) -> Vec<Block> {
    let title = if panel.title.is_empty() {
        panel.kind.title()
    } else {
        &panel.title
    };
    let mut blocks = vec![strong_block(title)];
    blocks.extend_from_slice(&panel.blocks);
    blocks
}

/// An expand as a bold title with its content below.
pub(crate) fn expand_blocks(expand: &Expand) -> Vec<Block> {
    let mut blocks = Vec::new();
    if !expand.title.is_empty() {
        blocks.push(strong_block(&expand.title));
    }
    blocks.extend_from_slice(&expand.blocks);
    blocks
}

/// The blocks of all columns, one column after the other.
pub(crate) fn layout_blocks(layout: &Layout) -> Vec<Block> {
    let columns = layout.columns.iter();
    columns.flat_map(|column| column.blocks.clone()).collect()
}

/// A placeholder, and the body where there is one.
pub(crate) fn extension_blocks(extension: &Extension) -> (Vec<Block>, Instead) {
    let name = if extension.body.is_some() {
        "bodiedExtension"
    } else {
        "extension"
    };
    let mut blocks = vec![text_block(&format!("[unsupported: {name}]"))];
    blocks.extend(extension.body.clone().unwrap_or_default());
    (blocks, Instead::Placeholder)
}
