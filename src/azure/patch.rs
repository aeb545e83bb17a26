//! JSON Patch documents for work items (azure.md 5.1).

use model::Revision;
use serde_json::{Value as Json, json};

/// A patch that is being written. A field stands in it once: the last word counts (the service answers two with
/// VS403691).
#[derive(Debug, Default)]
pub(crate) struct Patch {
    operations: Vec<Json>,
}

impl Patch {
    /// A patch that is refused when the item is not at this revision any more (azure.md 5.2). The test stands first.
    pub(crate) fn at(revision: Revision) -> Patch {
        let test = json!({ "op": "test", "path": "/rev", "value": revision.0 });
        Patch {
            operations: vec![test],
        }
    }

    /// Gives a field a value. Tags are replaced as a whole, for adding them would merge them with those that are there.
    pub(crate) fn set(&mut self, field: &str, value: Json) {
        let operation = if field.eq_ignore_ascii_case("System.Tags") {
            "replace"
        } else {
            "add"
        };
        self.put(operation, field, value);
    }

    /// Gives a field of a new item a value.
    pub(crate) fn add(&mut self, field: &str, value: Json) {
        self.put("add", field, value);
    }

    fn put(&mut self, operation: &str, field: &str, value: Json) {
        let path = format!("/fields/{}", pointer(field));
        self.operations
            .retain(|old| old.get("path").and_then(Json::as_str) != Some(&path));
        self.operations
            .push(json!({ "op": operation, "path": path, "value": value }));
    }

    /// Adds a hyperlink with a comment.
    pub(crate) fn hyperlink(&mut self, url: &str, comment: &str) {
        let relation =
            json!({ "rel": "Hyperlink", "url": url, "attributes": { "comment": comment } });
        self.operations
            .push(json!({ "op": "add", "path": "/relations/-", "value": relation }));
    }

    /// The document.
    pub(crate) fn into_json(self) -> Json {
        Json::Array(self.operations)
    }
}

/// A segment of a JSON Pointer (RFC 6901).
fn pointer(segment: &str) -> String {
    segment.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_of_the_revision_stands_first() {
        let mut patch = Patch::at(Revision(3));
        patch.set("System.Title", "x".into());
        let expected = json!([
            { "op": "test", "path": "/rev", "value": 3 },
            { "op": "add", "path": "/fields/System.Title", "value": "x" },
        ]);
        assert_eq!(patch.into_json(), expected);
    }

    #[test]
    fn a_field_stands_once() {
        let mut patch = Patch::default();
        patch.set("System.Title", "x".into());
        patch.set("System.Title", "y".into());
        let expected = json!([{ "op": "add", "path": "/fields/System.Title", "value": "y" }]);
        assert_eq!(patch.into_json(), expected);
    }

    #[test]
    fn tags_are_replaced_and_those_of_a_new_item_added() {
        let mut patch = Patch::default();
        patch.set("System.Tags", "a; b".into());
        assert_eq!(patch.into_json()[0]["op"], "replace");
        let mut patch = Patch::default();
        patch.add("System.Tags", "a; b".into());
        assert_eq!(patch.into_json()[0]["op"], "add");
    }

    #[test]
    fn a_field_cannot_leave_its_path() {
        let mut patch = Patch::default();
        patch.set("a/b~c", "x".into());
        assert_eq!(patch.into_json()[0]["path"], "/fields/a~1b~0c");
    }
}
