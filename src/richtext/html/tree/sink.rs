//! The arena that the parser fills.

use std::borrow::Cow;
use std::cell::{Cell, Ref, RefCell};

use html5ever::tendril::StrTendril;
use html5ever::tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::{Attribute, QualName, local_name, ns};

use super::{Id, Kind, Node, ROOT};

/// The arena that the tree builder fills.
pub(super) struct Sink {
    pub(super) nodes: RefCell<Vec<Node>>,
    /// How deep the element stands that was opened or closed last.
    pub(super) depth: Cell<usize>,
}

impl Default for Sink {
    fn default() -> Self {
        let root = Node {
            kind: Kind::Fragment,
            parent: None,
            children: Vec::new(),
            depth: 0,
        };
        Self {
            nodes: RefCell::new(vec![root]),
            depth: Cell::new(0),
        }
    }
}

impl Sink {
    pub(super) fn push(&self, kind: Kind) -> Id {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node {
            kind,
            parent: None,
            children: Vec::new(),
            depth: 0,
        });
        nodes.len() - 1
    }

    /// Puts a node below a parent, at a position or at the end.
    fn attach(&self, parent: Id, position: Option<usize>, child: NodeOrText<Id>) {
        let child = match child {
            NodeOrText::AppendNode(child) => child,
            NodeOrText::AppendText(text) => {
                if self.join_text(parent, position, &text) {
                    return;
                }
                self.push(Kind::Text(text.to_string()))
            }
        };
        self.detach(child);
        let mut nodes = self.nodes.borrow_mut();
        let depth = nodes.get(parent).map_or(0, |parent| parent.depth) + 1;
        if let Some(node) = nodes.get_mut(child) {
            node.parent = Some(parent);
            node.depth = depth;
            if matches!(node.kind, Kind::Element(..)) {
                self.depth.set(depth);
            }
        }
        if let Some(parent) = nodes.get_mut(parent) {
            let end = parent.children.len();
            parent
                .children
                .insert(position.unwrap_or(end).min(end), child);
        }
    }

    /// Appends text to the text that stands before the position, if there is one.
    fn join_text(&self, parent: Id, position: Option<usize>, text: &str) -> bool {
        let mut nodes = self.nodes.borrow_mut();
        let before = nodes.get(parent).and_then(|parent| {
            let index = position.unwrap_or(parent.children.len()).checked_sub(1)?;
            parent.children.get(index).copied()
        });
        match before.and_then(|before| nodes.get_mut(before)) {
            Some(Node {
                kind: Kind::Text(before),
                ..
            }) => {
                before.push_str(text);
                true
            }
            _ => false,
        }
    }

    fn detach(&self, child: Id) {
        let mut nodes = self.nodes.borrow_mut();
        let Some(parent) = nodes.get_mut(child).and_then(|node| node.parent.take()) else {
            return;
        };
        if let Some(parent) = nodes.get_mut(parent)
            && let Some(position) = parent.children.iter().rposition(|id| *id == child)
        {
            parent.children.remove(position);
        }
    }

    /// A node's parent and its position there.
    fn position(&self, child: Id) -> Option<(Id, usize)> {
        let nodes = self.nodes.borrow();
        let parent = nodes.get(child)?.parent?;
        let children = &nodes.get(parent)?.children;
        Some((parent, children.iter().rposition(|id| *id == child)?))
    }
}

impl TreeSink for Sink {
    type Handle = Id;
    type Output = ();
    type ElemName<'a> = Ref<'a, QualName>;

    fn finish(self) {}

    fn parse_error(&self, _message: Cow<'static, str>) {}

    fn get_document(&self) -> Id {
        ROOT
    }

    fn elem_name<'a>(&'a self, target: &'a Id) -> Ref<'a, QualName> {
        static NONE: std::sync::LazyLock<QualName> =
            std::sync::LazyLock::new(|| QualName::new(None, ns!(html), local_name!("")));
        Ref::map(self.nodes.borrow(), |nodes| {
            match nodes.get(*target).map(|node| &node.kind) {
                Some(Kind::Element(name, _)) => name,
                _ => &*NONE,
            }
        })
    }

    fn create_element(&self, name: QualName, attrs: Vec<Attribute>, _flags: ElementFlags) -> Id {
        self.push(Kind::Element(name, attrs))
    }

    fn create_comment(&self, _text: StrTendril) -> Id {
        self.push(Kind::Other)
    }

    fn create_pi(&self, _target: StrTendril, _data: StrTendril) -> Id {
        self.push(Kind::Other)
    }

    fn append(&self, parent: &Id, child: NodeOrText<Id>) {
        self.attach(*parent, None, child);
    }

    fn append_based_on_parent_node(&self, element: &Id, previous: &Id, child: NodeOrText<Id>) {
        match self.position(*element) {
            Some((parent, position)) => self.attach(parent, Some(position), child),
            None => self.attach(*previous, None, child),
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn pop(&self, node: &Id) {
        let depth = self.nodes.borrow().get(*node).map_or(0, |node| node.depth);
        self.depth.set(depth.saturating_sub(1));
    }

    fn get_template_contents(&self, _target: &Id) -> Id {
        // What a template holds is not shown, so it may hang anywhere outside of the tree.
        self.push(Kind::Fragment)
    }

    fn same_node(&self, x: &Id, y: &Id) -> bool {
        x == y
    }

    fn set_quirks_mode(&self, _mode: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &Id, child: NodeOrText<Id>) {
        if let Some((parent, position)) = self.position(*sibling) {
            self.attach(parent, Some(position), child);
        }
    }

    fn add_attrs_if_missing(&self, _target: &Id, _attrs: Vec<Attribute>) {}

    fn remove_from_parent(&self, target: &Id) {
        self.detach(*target);
    }

    fn reparent_children(&self, node: &Id, new_parent: &Id) {
        let children = {
            let mut nodes = self.nodes.borrow_mut();
            nodes
                .get_mut(*node)
                .map(|node| std::mem::take(&mut node.children))
                .unwrap_or_default()
        };
        let mut nodes = self.nodes.borrow_mut();
        for child in &children {
            if let Some(child) = nodes.get_mut(*child) {
                child.parent = Some(*new_parent);
            }
        }
        if let Some(parent) = nodes.get_mut(*new_parent) {
            parent.children.extend(children);
        }
    }
}
