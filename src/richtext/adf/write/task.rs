//! Tasks and decisions printed.

use serde::{Serialize, Serializer};
use serde_json::json;

use crate::block::{DecisionItem, TaskContent, TaskEntry, TaskItem, TaskList};

use super::Print;
use super::inline::Line;
use super::node::Node;

impl Serialize for Print<'_, TaskList> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Print(list, printer) = *self;
        Node::new("taskList")
            .attrs(json!({"localId": printer.id(list.local_id.as_ref())}))
            .content(&Print(list.entries.as_slice(), printer))
            .serialize(serializer)
    }
}

impl Serialize for Print<'_, TaskEntry> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Print(entry, printer) = *self;
        match entry {
            TaskEntry::List(nested) => Print(nested, printer).serialize(serializer),
            TaskEntry::Item(item) => Print(item, printer).serialize(serializer),
        }
    }
}

impl Serialize for Print<'_, TaskItem> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Print(item, printer) = *self;
        let state = if item.done { "DONE" } else { "TODO" };
        let attrs = json!({"localId": printer.id(item.local_id.as_ref()), "state": state});
        match &item.content {
            TaskContent::Inlines(inlines) => Node::new("taskItem")
                .attrs(attrs)
                .content(&Line(inlines))
                .serialize(serializer),
            TaskContent::Blocks(blocks) => Node::new("blockTaskItem")
                .attrs(attrs)
                .content(&Print(blocks.as_slice(), printer))
                .serialize(serializer),
        }
    }
}

impl Serialize for Print<'_, DecisionItem> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Print(item, printer) = *self;
        let state = if item.state.is_empty() {
            "DECIDED"
        } else {
            &item.state
        };
        let attrs = json!({"localId": printer.id(item.local_id.as_ref()), "state": state});
        Node::new("decisionItem")
            .attrs(attrs)
            .content(&Line(&item.inlines))
            .serialize(serializer)
    }
}
