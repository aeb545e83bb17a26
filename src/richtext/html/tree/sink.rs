//! The arena that the parser fills.

use std::borrow::Cow;
use std::cell::{Cell, Ref, RefCell};

use html5ever::tendril::StrTendril;
use html5ever::tree_builder::{ElemName, ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::{Attribute, LocalName, Namespace, QualName, local_name, ns};

use super::{Id, Kind, NONE, Name, Node, ROOT};

/// The arena that the tree builder fills.
pub(super) struct Sink {
    pub(super) nodes: RefCell<Vec<Node>>,
    /// How deep the element stands that was opened or closed last.
    pub(super) depth: Cell<u32>,
}

impl Default for Sink {
    fn default() -> Self {
        Self {
            nodes: RefCell::new(vec![Node::new(Kind::Fragment)]),
            depth: Cell::new(0),
        }
    }
}

impl Sink {
    pub(super) fn push(&self, kind: Kind) -> Id {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node::new(kind));
        // The guard and the bound on bytes keep the number of nodes far below what a number of this width can hold.
        Id::try_from(nodes.len() - 1).unwrap_or(ROOT)
    }

    /// How deep a node stands.
    pub(super) fn depth_of(&self, id: Id) -> u32 {
        get(&self.nodes.borrow(), id).map_or(0, |node| node.depth)
    }

    /// Puts a node below a parent, before one of its children or at the end.
    fn attach(&self, parent: Id, before: Id, child: NodeOrText<Id>) {
        let child = match child {
            NodeOrText::AppendNode(child) => child,
            NodeOrText::AppendText(text) => {
                if self.join_text(parent, before, &text) {
                    return;
                }
                self.push(Kind::Text(text))
            }
        };
        self.detach(child);
        let mut nodes = self.nodes.borrow_mut();
        let depth = get(&nodes, parent).map_or(0, |parent| parent.depth) + 1;
        let previous = neighbour(&nodes, parent, before);
        if let Some(node) = get_mut(&mut nodes, child) {
            node.parent = parent;
            node.previous = previous;
            node.next = before;
            node.depth = depth;
            if matches!(node.kind, Kind::Element(..)) {
                self.depth.set(depth);
            }
        }
        link(&mut nodes, parent, previous, child);
        link_back(&mut nodes, parent, before, child);
    }

    /// Appends text to the text that stands before the place, if there is one.
    fn join_text(&self, parent: Id, before: Id, text: &StrTendril) -> bool {
        let mut nodes = self.nodes.borrow_mut();
        let previous = neighbour(&nodes, parent, before);
        match get_mut(&mut nodes, previous).map(|node| &mut node.kind) {
            Some(Kind::Text(known)) => {
                known.push_tendril(text);
                true
            }
            _ => false,
        }
    }

    fn detach(&self, child: Id) {
        let mut nodes = self.nodes.borrow_mut();
        let Some(node) = get_mut(&mut nodes, child).filter(|node| node.parent != NONE) else {
            return;
        };
        let (parent, previous, next) = (node.parent, node.previous, node.next);
        (node.parent, node.previous, node.next) = (NONE, NONE, NONE);
        link(&mut nodes, parent, previous, next);
        link_back(&mut nodes, parent, next, previous);
    }

    fn parent(&self, child: Id) -> Option<Id> {
        let nodes = self.nodes.borrow();
        let parent = get(&nodes, child)?.parent;
        (parent != NONE).then_some(parent)
    }
}

fn get(nodes: &[Node], id: Id) -> Option<&Node> {
    nodes.get(id as usize)
}

fn get_mut(nodes: &mut [Node], id: Id) -> Option<&mut Node> {
    nodes.get_mut(id as usize)
}

/// The child that stands before another, or the last one.
fn neighbour(nodes: &[Node], parent: Id, before: Id) -> Id {
    match get(nodes, before) {
        Some(before) => before.previous,
        None => get(nodes, parent).map_or(NONE, |parent| parent.last),
    }
}

/// Says what follows a child; where there is no such child, what comes first.
fn link(nodes: &mut [Node], parent: Id, previous: Id, next: Id) {
    match get_mut(nodes, previous) {
        Some(previous) => previous.next = next,
        None => {
            if let Some(parent) = get_mut(nodes, parent) {
                parent.first = next;
            }
        }
    }
}

/// Says what stands before a child; where there is no such child, what comes last.
fn link_back(nodes: &mut [Node], parent: Id, next: Id, previous: Id) {
    match get_mut(nodes, next) {
        Some(next) => next.previous = previous,
        None => {
            if let Some(parent) = get_mut(nodes, parent) {
                parent.last = previous;
            }
        }
    }
}

/// The name of an element in the arena.
#[derive(Debug)]
pub(super) struct Named<'a>(Ref<'a, Name>);

impl ElemName for Named<'_> {
    fn ns(&self) -> &Namespace {
        &self.0.ns
    }

    fn local_name(&self) -> &LocalName {
        &self.0.local
    }
}

impl TreeSink for Sink {
    type Handle = Id;
    type Output = ();
    type ElemName<'a> = Named<'a>;

    fn finish(self) {}

    fn parse_error(&self, _message: Cow<'static, str>) {}

    fn get_document(&self) -> Id {
        ROOT
    }

    fn elem_name<'a>(&'a self, target: &'a Id) -> Named<'a> {
        static NAMELESS: Name = Name {
            ns: ns!(html),
            local: local_name!(""),
        };
        Named(Ref::map(self.nodes.borrow(), |nodes| {
            match get(nodes, *target).map(|node| &node.kind) {
                Some(Kind::Element(name, _)) => name,
                _ => &NAMELESS,
            }
        }))
    }

    fn create_element(&self, name: QualName, attrs: Vec<Attribute>, _flags: ElementFlags) -> Id {
        let QualName { ns, local, .. } = name;
        self.push(Kind::Element(Name { ns, local }, attrs.into_boxed_slice()))
    }

    fn create_comment(&self, _text: StrTendril) -> Id {
        self.push(Kind::Other)
    }

    fn create_pi(&self, _target: StrTendril, _data: StrTendril) -> Id {
        self.push(Kind::Other)
    }

    fn append(&self, parent: &Id, child: NodeOrText<Id>) {
        self.attach(*parent, NONE, child);
    }

    fn append_based_on_parent_node(&self, element: &Id, previous: &Id, child: NodeOrText<Id>) {
        match self.parent(*element) {
            Some(parent) => self.attach(parent, *element, child),
            None => self.attach(*previous, NONE, child),
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn pop(&self, node: &Id) {
        let depth = get(&self.nodes.borrow(), *node).map_or(0, |node| node.depth);
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
        if let Some(parent) = self.parent(*sibling) {
            self.attach(parent, *sibling, child);
        }
    }

    fn add_attrs_if_missing(&self, _target: &Id, _attrs: Vec<Attribute>) {}

    fn remove_from_parent(&self, target: &Id) {
        self.detach(*target);
    }

    fn reparent_children(&self, node: &Id, new_parent: &Id) {
        let mut nodes = self.nodes.borrow_mut();
        let Some(old) = get_mut(&mut nodes, *node) else {
            return;
        };
        let (first, last) = (old.first, old.last);
        (old.first, old.last) = (NONE, NONE);
        let mut child = first;
        while let Some(node) = get_mut(&mut nodes, child) {
            node.parent = *new_parent;
            child = node.next;
        }
        if first != NONE {
            let before = neighbour(&nodes, *new_parent, NONE);
            link(&mut nodes, *new_parent, before, first);
            link_back(&mut nodes, *new_parent, first, before);
            link_back(&mut nodes, *new_parent, NONE, last);
        }
    }
}
