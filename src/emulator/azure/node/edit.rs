//! Changes of a tree of nodes.

use super::Node;

impl Node {
    /// The node at names below this one.
    pub(crate) fn at_mut(&mut self, names: &[&str]) -> Option<&mut Node> {
        let mut node = self;
        for name in names {
            let lower = name.to_lowercase();
            node = node
                .children
                .iter_mut()
                .find(|c| c.name.to_lowercase() == lower)?;
        }
        Some(node)
    }

    /// Takes a node with all below it out of the tree.
    pub(crate) fn detach(&mut self, id: i64) -> Option<Node> {
        if let Some(at) = self.children.iter().position(|c| c.id == id) {
            return Some(self.children.remove(at));
        }
        self.children.iter_mut().find_map(|c| c.detach(id))
    }

    /// Puts a node among the children, which stand in the order of their names.
    pub(crate) fn attach(&mut self, node: Node) {
        let name = node.name.to_lowercase();
        let at = self
            .children
            .partition_point(|c| c.name.to_lowercase() < name);
        self.children.insert(at, node);
    }

    /// How many nodes there are, with this one.
    pub(crate) fn count(&self) -> usize {
        1 + self.children.iter().map(Node::count).sum::<usize>()
    }

    /// How many levels there are, with this one.
    pub(crate) fn height(&self) -> usize {
        1 + self.children.iter().map(Node::height).max().unwrap_or(0)
    }

    /// Whether a node is this one or below it.
    pub(crate) fn holds(&self, id: i64) -> bool {
        self.id == id || self.children.iter().any(|c| c.holds(id))
    }
}

/// Whether a node may have the name.
pub(crate) fn is_name(name: &str) -> bool {
    let forbidden = [
        '\\', '/', ':', '*', '?', '"', '<', '>', '|', '#', '$', '&', '%', '+',
    ];
    let reserved = [
        "prn", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "lpt1",
        "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9", "nul", "con", "aux", ".",
        "..",
    ];
    !name.is_empty()
        && name.trim() == name
        && name.chars().count() <= crate::azure::limit::NAME_CHARS
        && !name.contains(forbidden)
        && !name.chars().any(char::is_control)
        && !reserved.contains(&name.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_changed_in_place() {
        let mut root = Node::leaf(1, "Root");
        for (id, name) in [(2, "b"), (3, "a"), (4, "C")] {
            root.attach(Node::leaf(id, name));
        }
        let names: Vec<&str> = root.children.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "C"]);
        root.at_mut(&["B"]).unwrap().attach(Node::leaf(5, "deep"));
        assert_eq!((root.count(), root.height()), (5, 3));
        let taken = root.detach(5).unwrap();
        assert_eq!(taken.name, "deep");
        assert!(!root.holds(5) && root.detach(5).is_none());
    }

    #[test]
    fn names_that_paths_cannot_hold_are_none() {
        for (name, expected) in [
            ("Sprint 1", true),
            ("Übung", true),
            ("a\\b", false),
            ("a/b", false),
            ("", false),
            (" a", false),
            ("NUL", false),
            ("50%", false),
        ] {
            assert_eq!(is_name(name), expected, "{name}");
        }
    }
}
