//! Lists, and lists whose items all begin with a tick box.

use crate::block::{
    Block, BlockStyle, Item, List, ListKind, TaskContent, TaskEntry, TaskItem, TaskList,
};
use crate::html::style::Style;
use crate::html::tree::{Id, Kind};
use crate::loss::{Instead, LossKind};

use super::line::Flow;
use super::{Context, Origin, Reader};

/// How deep a tick box is looked for in its item: within a paragraph, a label and the like.
const MAX_BOX_DEPTH: usize = 4;

impl Reader<'_> {
    /// A list. What stands between items, nested lists above all, belongs to the item before.
    pub(super) fn list(&mut self, id: Id, name: &str, context: &Context) -> Block {
        let boxes = self.boxes(id);
        let mut items: Vec<Item> = Vec::new();
        let tree = self.tree;
        for (index, child) in tree.children(id).enumerate() {
            if self.full() {
                break;
            }
            self.losses.enter(index, "item");
            if tree.name(child) == Some("li") {
                let own = Style::read(tree.attr(child, "style").unwrap_or_default());
                self.tell_unsaid(child, "li", &own);
                let inner = self.context(child, "li", &own, context);
                items.push(Item {
                    blocks: self.blocks(child, &inner),
                });
            } else {
                let mut flow = Flow::default();
                self.stray(child, context, &mut flow);
                let mut blocks = flow.finish(context);
                match items.last_mut() {
                    Some(last) => last.blocks.append(&mut blocks),
                    None if blocks.is_empty() => {}
                    None => items.push(Item { blocks }),
                }
            }
            self.losses.leave();
        }
        match boxes {
            Some(boxes) if boxes.len() == items.len() => Block::TaskList(tasks(&boxes, items)),
            _ => Block::List(List {
                kind: self.list_kind(id, name),
                items,
            }),
        }
    }

    fn list_kind(&mut self, id: Id, name: &str) -> ListKind {
        if name != "ol" {
            return ListKind::Bullet;
        }
        let numbered = |kind: &str| matches!(kind.trim(), "" | "1");
        if !self.tree.attr(id, "type").is_none_or(numbered) {
            self.losses.add(LossKind::Style, Instead::Plain);
        }
        let start = self.tree.attr(id, "start");
        ListKind::Ordered {
            start: start
                .and_then(|start| start.trim().parse().ok())
                .unwrap_or(1),
        }
    }

    /// Whether each item is ticked, when every item begins with a tick box. The boxes are then no text of their items.
    fn boxes(&mut self, id: Id) -> Option<Vec<bool>> {
        if self.origin == Origin::Markdown {
            return None;
        }
        let items = self.tree.children(id);
        let items = items.filter(|item| self.tree.name(*item) == Some("li"));
        let found: Option<Vec<Id>> = items.map(|item| self.box_of(item)).collect();
        let found = found.filter(|found| !found.is_empty())?;
        let ticked = |input: &Id| self.tree.attr(*input, "checked").is_some();
        let ticked = found.iter().map(ticked).collect();
        self.boxes.extend(found);
        Some(ticked)
    }

    /// The tick box that an item begins with.
    fn box_of(&self, item: Id) -> Option<Id> {
        let mut at = item;
        for _ in 0..MAX_BOX_DEPTH {
            let seen = |child: &Id| match self.tree.kind(*child) {
                Kind::Text(text) => !text.trim().is_empty(),
                Kind::Element(..) => true,
                Kind::Fragment | Kind::Other => false,
            };
            at = self.tree.children(at).find(seen)?;
            match self.tree.name(at) {
                Some("input") => {
                    let kind = self.tree.attr(at, "type").unwrap_or_default();
                    return kind.eq_ignore_ascii_case("checkbox").then_some(at);
                }
                Some("p" | "div" | "label" | "span") => {}
                _ => return None,
            }
        }
        None
    }

    /// A node where only items should stand.
    fn stray(&mut self, id: Id, context: &Context, flow: &mut Flow) {
        self.depth += 1;
        match self.tree.kind(id) {
            Kind::Text(text) => flow.line.text(text, context),
            Kind::Element(..) if self.depth <= crate::limit::MAX_ELEMENT_DEPTH => {
                self.element(id, context, flow);
            }
            Kind::Element(..) => {
                self.losses.add(LossKind::TooDeep, Instead::Text);
                let text = self.text(id);
                flow.line.text(&text, context);
            }
            Kind::Fragment | Kind::Other => {}
        }
        self.depth -= 1;
        flow.flush(context);
    }
}

/// Items with their boxes. A list of tasks within an item follows its task, as ADF has it.
fn tasks(boxes: &[bool], items: Vec<Item>) -> TaskList {
    let mut entries = Vec::new();
    for (done, item) in boxes.iter().zip(items) {
        let mut blocks = Vec::new();
        let mut nested = Vec::new();
        for block in item.blocks {
            match block {
                Block::TaskList(list) => nested.push(TaskEntry::List(list)),
                other => blocks.push(other),
            }
        }
        entries.push(TaskEntry::Item(TaskItem {
            done: *done,
            content: task_content(blocks),
            local_id: None,
        }));
        entries.append(&mut nested);
    }
    TaskList {
        entries,
        local_id: None,
    }
}

fn task_content(blocks: Vec<Block>) -> TaskContent {
    match blocks.as_slice() {
        [] => TaskContent::Inlines(Vec::new()),
        [Block::Paragraph(only)] if only.style == BlockStyle::default() => {
            TaskContent::Inlines(only.inlines.clone())
        }
        _ => TaskContent::Blocks(blocks),
    }
}
