//! Lists, tasks and decisions.

use serde_json::Value;

use crate::block::{
    Block, DecisionItem, Item, List, ListKind, TaskContent, TaskEntry, TaskItem, TaskList,
};
use crate::inline::Inline;
use crate::limit::MAX_DEPTH;
use crate::loss::{Instead, LossKind};

use super::Reader;
use super::node::{content, is_block, is_inline, kind, path_name, string};

impl Reader {
    pub(super) fn list(&mut self, node: &Value, kind: ListKind) -> Block {
        let items = self.children(node, "listItem", |reader, _, blocks| Item {
            blocks: reader.blocks(blocks),
        });
        Block::List(List { kind, items })
    }

    pub(super) fn tasks(&mut self, node: &Value) -> TaskList {
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
        for (index, child) in content(node).iter().enumerate() {
            if self.full(child) {
                break;
            }
            self.losses.enter(index, path_name(kind(child)));
            self.check(child);
            entries.push(match kind(child) {
                "taskList" => TaskEntry::List(self.tasks(child)),
                "taskItem" => task(child, TaskContent::Inlines(self.line(content(child)))),
                "blockTaskItem" => task(child, TaskContent::Blocks(self.blocks(content(child)))),
                name if is_inline(name) || !is_block(name) => {
                    self.losses.add(LossKind::Malformed, Instead::Text);
                    let inlines = self.line(std::slice::from_ref(child));
                    task(&Value::Null, TaskContent::Inlines(inlines))
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

    pub(super) fn decisions(&mut self, node: &Value) -> Vec<DecisionItem> {
        self.children(node, "decisionItem", |reader, item, inlines| DecisionItem {
            inlines: reader.line(inlines),
            state: string(item, "state").unwrap_or_default(),
            local_id: string(item, "localId"),
        })
    }
}

pub(super) fn task(node: &Value, content: TaskContent) -> TaskEntry {
    TaskEntry::Item(TaskItem {
        done: string(node, "state").as_deref() == Some("DONE"),
        local_id: string(node, "localId"),
        content,
    })
}
