//! Tasks: lists whose items begin with a tick box, as lists of tasks.
//!
//! The HTML reader leaves an [`Inline::Placeholder`] where a tick box stands. A list of bullets that each begin with one and
//! hold nothing but a line and further such lists is a list of tasks; any other tick box becomes a sign.

use crate::block::{Block, BlockStyle, List, ListKind, TaskContent, TaskEntry, TaskItem, TaskList};
use crate::inline::Inline;
use crate::limit::MAX_DEPTH;
use crate::loss::{Instead, LossKind, Losses};
use crate::lower::without_blanks;
use crate::normal;
use crate::walk::{self, Rewrite, Visitor};

/// How many levels a nested list of tasks counts for, as in normal form.
const LEVELS: usize = 2;

/// Appends a block of a document with lists of tasks and without tick boxes.
pub(super) fn block(index: usize, block: Block, losses: &mut Losses, out: &mut Vec<Block>) {
    Ticking { depth: 0, losses }.at(index, block, out);
}

struct Ticking<'a> {
    depth: usize,
    losses: &'a mut Losses,
}

impl Visitor for Ticking<'_> {
    fn inlines(&mut self, mut inlines: Vec<Inline>) -> Vec<Inline> {
        for inline in &mut inlines {
            if let Inline::Placeholder(state) = inline {
                self.losses.add(LossKind::Task, Instead::Text);
                *inline = Inline::text(if state == "x" { "☑ " } else { "☐ " });
            }
        }
        normal::own_line(inlines)
    }

    fn blocks(&mut self, part: usize, blocks: Vec<Block>) -> Vec<Block> {
        self.depth += 1;
        let out = self.part(part, blocks);
        self.depth -= 1;
        out
    }
}

impl Rewrite for Ticking<'_> {
    fn losses(&mut self) -> &mut Losses {
        self.losses
    }

    fn block(&mut self, block: Block, out: &mut Vec<Block>) {
        let room = MAX_DEPTH.saturating_sub(self.depth);
        out.push(match block {
            Block::List(list) if is_tasks(&list, room) => Block::TaskList(self.list(&list)),
            other => walk::rebuild(other, self),
        });
    }
}

impl Ticking<'_> {
    fn list(&mut self, list: &List) -> TaskList {
        let mut entries = Vec::with_capacity(list.items.len());
        for item in &list.items {
            let Some((done, line, nested)) = task(&item.blocks) else {
                continue;
            };
            entries.push(TaskEntry::Item(TaskItem {
                done,
                content: TaskContent::Inlines(without_blanks(self.inlines(line.to_vec()))),
                local_id: None,
            }));
            entries.extend(nested.map(|nested| TaskEntry::List(self.list(nested))));
        }
        TaskList {
            entries,
            local_id: None,
        }
    }
}

/// Whether a list can be one of tasks, with room for so many levels of nesting.
fn is_tasks(list: &List, room: usize) -> bool {
    list.kind == ListKind::Bullet
        && list.items.iter().all(|item| match task(&item.blocks) {
            Some((_, _, Some(nested))) => room >= LEVELS && is_tasks(nested, room - LEVELS),
            Some((_, _, None)) => true,
            None => false,
        })
}

/// The state, the line and the nested list of an item that begins with a tick box and holds nothing else.
fn task(blocks: &[Block]) -> Option<(bool, &[Inline], Option<&List>)> {
    let (Block::Paragraph(first), rest) = blocks.split_first()? else {
        return None;
    };
    let (Inline::Placeholder(state), line) = first.inlines.split_first()? else {
        return None;
    };
    if first.style != BlockStyle::default() {
        return None;
    }
    match rest {
        [] => Some((state == "x", line, None)),
        [Block::List(nested)] => Some((state == "x", line, Some(nested))),
        _ => None,
    }
}
