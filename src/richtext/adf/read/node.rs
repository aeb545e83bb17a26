//! The parts of an ADF node, whatever it holds.

use crate::block::{Placement, VerticalAlign};
use crate::limit::{MAX_DEPTH, MAX_MARKS};
use crate::normal;

use super::kind::Kind;
use super::tape::{Node, Nodes};

/// The nodes in a node. What stands where a list of them should is taken as the only one.
pub(super) fn content(node: Node<'_>) -> Nodes<'_> {
    match node.content() {
        Some(content) if content.is_list() => content.values(),
        Some(content) if !content.is_null() => content.alone(),
        _ => Nodes::default(),
    }
}

/// Whether there is content, and it is no list.
pub(super) fn has_odd_content(node: Node<'_>) -> bool {
    let content = node.content();
    content.is_some_and(|content| !content.is_list() && !content.is_null())
}

/// The marks of a node, as many as are looked at.
pub(super) fn marks(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    all_marks(node).take(MAX_MARKS)
}

pub(super) fn all_marks(node: Node<'_>) -> Nodes<'_> {
    node.marks().map(Node::values).unwrap_or_default()
}

pub(super) fn attr<'t>(node: Node<'t>, name: &str) -> Option<Node<'t>> {
    node.attrs()?.get(name)
}

pub(super) fn string(node: Node<'_>, name: &str) -> Option<String> {
    attr(node, name)?.as_str().map(normal::clean)
}

pub(super) fn boolean(node: Node<'_>, name: &str) -> Option<bool> {
    attr(node, name)?.as_bool()
}

/// A number as what all numbers can be told in.
pub(super) fn float(node: Node<'_>) -> Option<f64> {
    node.as_number()?.as_f64()
}

pub(super) fn hundredths(node: Node<'_>, name: &str) -> Option<u32> {
    rounded(float(attr(node, name)?)? * 100.0).map(|value| value.min(10_000))
}

pub(super) fn rounded(value: f64) -> Option<u32> {
    let value = value.round();
    (0.0..=f64::from(u32::MAX))
        .contains(&value)
        .then_some(value as u32)
}

pub(super) fn placement(node: Node<'_>) -> Option<Placement> {
    Some(match string(node, "layout")?.as_str() {
        "center" => Placement::Center,
        "wide" => Placement::Wide,
        "full-width" => Placement::FullWidth,
        "wrap-left" => Placement::WrapLeft,
        "wrap-right" => Placement::WrapRight,
        "align-start" => Placement::AlignStart,
        "align-end" => Placement::AlignEnd,
        _ => return None,
    })
}

pub(super) fn valign(node: Node<'_>) -> Option<VerticalAlign> {
    Some(match string(node, "valign")?.as_str() {
        "top" => VerticalAlign::Top,
        "middle" => VerticalAlign::Middle,
        "bottom" => VerticalAlign::Bottom,
        _ => return None,
    })
}

pub(super) fn link(node: Node<'_>) -> Option<String> {
    let mark = marks(node).find(|mark| mark.kind() == Kind::Link)?;
    string(mark, "href")
}

/// All text below nodes in order, blocks on lines of their own, and whether that is all: only so many nodes are looked at. Walks
/// without recursion, for trees of any depth.
pub(super) fn visible_text(nodes: Nodes<'_>, most: usize) -> (String, bool) {
    let mut out = String::new();
    let mut stack = vec![nodes];
    let mut visited = 0;
    while let Some(level) = stack.last_mut() {
        let Some(node) = level.next() else {
            stack.pop();
            continue;
        };
        visited += 1;
        if visited > most {
            return (out, false);
        }
        match node.kind() {
            Kind::Text => out.push_str(node.text().unwrap_or_default()),
            Kind::HardBreak => out.push('\n'),
            kind if kind.is_block() && !out.is_empty() && !out.ends_with('\n') => out.push('\n'),
            _ => out.push_str(&string(node, "text").unwrap_or_default()),
        }
        stack.push(content(node));
    }
    (out, true)
}

/// Whether JSON is shallow enough to be copied.
pub(super) fn shallow(node: Node<'_>) -> bool {
    node.nests_within(2 * MAX_DEPTH)
}

pub(super) fn shallow_but_content(node: Node<'_>) -> bool {
    let mut parts = node.parts().filter(|(name, _)| *name != "content");
    parts.all(|(_, part)| shallow(part))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tape::Tape;
    use super::visible_text;

    #[test]
    fn text_says_whether_it_is_all() {
        let text = |text: &str| json!({"type": "text", "text": text});
        let node = json!({"type": "paragraph", "content": [text("a"), text("b")]});
        let mut tape = Tape::default();
        tape.lay(&node);
        let shown = |most| visible_text(tape.node().alone(), most);
        assert_eq!(shown(3), ("ab".to_owned(), true));
        assert_eq!(shown(2), ("a".to_owned(), false));
    }
}
