//! Lists, tasks and decisions.

use crate::block::{
    Block, DecisionItem, Item, List, ListKind, TaskContent, TaskEntry, TaskItem, TaskList,
};
use crate::inline::Inline;
use crate::limit::MAX_DEPTH;
use crate::loss::{Instead, LossKind};

use super::Reader;
use super::kind::Kind;
use super::node::{content, string};
use super::tape::Node;

impl Reader {
    pub(super) fn list(&mut self, node: Node<'_>, kind: ListKind) -> Block {
        let items = self.children(node, Kind::ListItem, |reader, _, blocks| Item {
            blocks: reader.blocks(blocks),
        });
        Block::List(List { kind, items })
    }

    pub(super) fn tasks(&mut self, node: Node<'_>) -> TaskList {
        let mut entries = Vec::new();
        if self.depth > MAX_DEPTH {
            self.losses.add(LossKind::TooDeep, Instead::Text);
            let text = self.text(content(node));
            entries.push(task(node, TaskContent::Inlines(vec![Inline::text(text)])));
            return TaskList {
                entries,
                local_id: None,
            };
        }
        self.depth += 2;
        for (index, child) in content(node).enumerate() {
            if self.full(child) {
                break;
            }
            self.losses.enter(index, child.kind().path_name());
            self.check(child);
            entries.push(match child.kind() {
                Kind::TaskList => TaskEntry::List(self.tasks(child)),
                Kind::TaskItem => task(child, TaskContent::Inlines(self.line(content(child)))),
                Kind::BlockTaskItem => {
                    task(child, TaskContent::Blocks(self.blocks(content(child))))
                }
                kind if kind.is_inline() || !kind.is_block() => {
                    self.losses.add(LossKind::Malformed, Instead::Text);
                    let inlines = self.line(child.alone());
                    task(Node::NULL, TaskContent::Inlines(inlines))
                }
                _ => {
                    self.losses.add(LossKind::Malformed, Instead::Text);
                    task(child, TaskContent::Inlines(self.line(content(child))))
                }
            });
            self.losses.leave();
        }
        self.depth -= 2;
        TaskList {
            entries,
            local_id: string(node, "localId"),
        }
    }

    pub(super) fn decisions(&mut self, node: Node<'_>) -> Vec<DecisionItem> {
        self.children(node, Kind::DecisionItem, |reader, item, inlines| {
            DecisionItem {
                inlines: reader.line(inlines),
                state: string(item, "state").unwrap_or_default(),
                local_id: string(item, "localId"),
            }
        })
    }
}

pub(super) fn task(node: Node<'_>, content: TaskContent) -> TaskEntry {
    TaskEntry::Item(TaskItem {
        done: string(node, "state").as_deref() == Some("DONE"),
        local_id: string(node, "localId"),
        content,
    })
}
