//! Lists of word processors, which are paragraphs that say at which level of which list they stand.

use crate::block::{Block, Item, List, ListKind};

use super::super::style::ListLevel;
use super::line::Flow;
use super::{Context, Reader};
use crate::html::tree::Id;

/// A paragraph that is an item.
pub(super) struct Listed {
    /// Its list and level.
    pub(super) at: ListLevel,
    /// Bullet or number, and which.
    pub(super) kind: ListKind,
    /// Its content.
    pub(super) blocks: Vec<Block>,
}

impl Reader<'_> {
    /// Reads a paragraph as an item of a list. What shows its bullet or number is no text of it.
    pub(super) fn listed(&mut self, id: Id, at: ListLevel, context: &Context, flow: &mut Flow) {
        self.marker = Some(String::new());
        let mut inner = Flow::default();
        let plain = Context {
            indentation: 0,
            ..context.clone()
        };
        self.children(id, &plain, &mut inner);
        let blocks = inner.finish(&plain);
        let marker = self.marker.take().unwrap_or_default();
        flow.push_listed(Listed {
            at,
            kind: kind_of(&marker),
            blocks,
        });
    }
}

/// What a marker says: `3.`, `(b)` and `iv)` number, all else is a bullet.
fn kind_of(marker: &str) -> ListKind {
    let marker = marker.trim_matches(|c: char| c.is_whitespace() || c == '\u{a0}');
    let Some(number) = marker.strip_suffix(['.', ')']) else {
        return ListKind::Bullet;
    };
    let number = number.strip_prefix('(').unwrap_or(number);
    // Numbers of several levels, such as 1.2.3, count by the last.
    let last = number.rsplit('.').next().unwrap_or(number);
    if let Ok(start) = last.parse() {
        return ListKind::Ordered { start };
    }
    let letters = !number.is_empty() && number.len() <= 8;
    if letters && number.bytes().all(|b| b.is_ascii_alphabetic()) {
        return ListKind::Ordered { start: 1 };
    }
    ListKind::Bullet
}

/// The lists that items make which follow one another, deeper levels within the item before.
pub(super) fn lists(items: Vec<Listed>) -> Vec<Block> {
    // The lists that are open, outermost first, each with its level and number.
    let mut open: Vec<(ListLevel, List)> = Vec::new();
    let mut out = Vec::new();
    for item in items {
        while let Some((at, list)) = open.last() {
            let same_kind =
                std::mem::discriminant(&list.kind) == std::mem::discriminant(&item.kind);
            let continues = at.level < item.at.level || *at == item.at && same_kind;
            if continues {
                break;
            }
            close(&mut open, &mut out);
        }
        let listed = Item {
            blocks: item.blocks,
        };
        match open.last_mut() {
            Some((at, list)) if at.level == item.at.level => list.items.push(listed),
            _ => open.push((
                item.at,
                List {
                    kind: item.kind,
                    items: vec![listed],
                },
            )),
        }
    }
    while !open.is_empty() {
        close(&mut open, &mut out);
    }
    out
}

/// Closes the innermost list: it belongs to the last item of the list around it.
fn close(open: &mut Vec<(ListLevel, List)>, out: &mut Vec<Block>) {
    let Some((_, list)) = open.pop() else {
        return;
    };
    let outer = open
        .last_mut()
        .and_then(|(_, outer)| outer.items.last_mut());
    match outer {
        Some(item) => item.blocks.push(Block::List(list)),
        None => out.push(Block::List(list)),
    }
}
