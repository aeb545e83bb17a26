//! Tasks: lists whose items begin with a tick box, as lists of tasks.
//!
//! The HTML reader leaves an [`Inline::Placeholder`] where a tick box stands. A list of bullets that each begin with one and
//! hold nothing but a line and further such lists is a list of tasks; any other tick box becomes a sign.

use crate::block::{Block, BlockStyle, List, ListKind, TaskContent, TaskEntry, TaskItem, TaskList};
use crate::document::Document;
use crate::inline::Inline;
use crate::limit::MAX_DEPTH;
use crate::loss::{Instead, LossKind, Losses};
use crate::normal;
use crate::walk::{self, Visitor};

/// How many levels a nested list of tasks counts for, as in normal form.
const LEVELS: usize = 2;

/// The document with lists of tasks and without tick boxes.
pub(super) fn document(doc: &Document, losses: &mut Losses) -> Document {
    let mut ticking = Ticking { depth: 0, losses };
    Document {
        blocks: ticking.sequence(&doc.blocks),
    }
}

/// A line that may stand in a list of tasks: white space alone is an empty line.
pub(super) fn without_blanks(mut line: Vec<Inline>) -> Vec<Inline> {
    let blank = |inline: &Inline| matches!(inline, Inline::Text(run) if run.text.bytes().all(|b| b == b' '));
    if line.iter().all(blank) {
        line.clear();
    }
    line
}

struct Ticking<'a> {
    depth: usize,
    losses: &'a mut Losses,
}

impl Visitor for Ticking<'_> {
    fn inlines(&mut self, inlines: &[Inline]) -> Vec<Inline> {
        let mut out = Vec::with_capacity(inlines.len());
        for inline in inlines {
            out.push(match inline {
                Inline::Placeholder(state) => {
                    self.losses.add(LossKind::Task, Instead::Text);
                    Inline::text(if state == "x" { "☑ " } else { "☐ " })
                }
                other => other.clone(),
            });
        }
        normal::line(&out)
    }

    fn blocks(&mut self, part: usize, blocks: &[Block]) -> Vec<Block> {
        self.depth += 1;
        self.losses.enter(part, "part");
        let out = self.sequence(blocks);
        self.losses.leave();
        self.depth -= 1;
        out
    }
}

impl Ticking<'_> {
    fn sequence(&mut self, blocks: &[Block]) -> Vec<Block> {
        let mut out = Vec::with_capacity(blocks.len());
        for (index, block) in blocks.iter().enumerate() {
            self.losses.enter(index, block.name());
            let room = MAX_DEPTH.saturating_sub(self.depth);
            let list = match block {
                Block::List(list) if is_tasks(list, room) => Block::TaskList(self.list(list)),
                other => walk::rebuild(other, self),
            };
            out.push(list);
            self.losses.leave();
        }
        out
    }

    fn list(&mut self, list: &List) -> TaskList {
        let mut entries = Vec::with_capacity(list.items.len());
        for item in &list.items {
            let Some((done, line, nested)) = task(&item.blocks) else {
                continue;
            };
            entries.push(TaskEntry::Item(TaskItem {
                done,
                content: TaskContent::Inlines(without_blanks(self.inlines(line))),
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
