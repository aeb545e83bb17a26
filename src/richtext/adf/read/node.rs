//! The parts of an ADF node, whatever it holds.

use serde_json::{Map, Value};

use crate::block::{Placement, VerticalAlign};
use crate::limit::{MAX_DEPTH, MAX_MARKS};
use crate::normal;

pub(super) fn kind(node: &Value) -> &str {
    node.get("type").and_then(Value::as_str).unwrap_or_default()
}

/// The nodes in a node. What stands where a list of them should is taken as the only one.
pub(super) fn content(node: &Value) -> &[Value] {
    match node.get("content") {
        Some(Value::Array(nodes)) => nodes,
        None | Some(Value::Null) => &[],
        Some(node) => std::slice::from_ref(node),
    }
}

/// Whether there is content, and it is no list.
pub(super) fn has_odd_content(node: &Value) -> bool {
    !matches!(
        node.get("content"),
        None | Some(Value::Null | Value::Array(_))
    )
}

/// Whether nodes of this kind have no content.
pub(super) fn is_leaf(kind: &str) -> bool {
    is_inline(kind)
        || matches!(
            kind,
            "rule" | "media" | "blockCard" | "embedCard" | "extension" | "syncBlock"
        )
}

/// The marks of a node, as many as are looked at.
pub(super) fn marks(node: &Value) -> &[Value] {
    let marks = all_marks(node);
    marks.get(..MAX_MARKS).unwrap_or(marks)
}

pub(super) fn all_marks(node: &Value) -> &[Value] {
    node.get("marks")
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

pub(super) fn attrs(node: &Value) -> Option<&Map<String, Value>> {
    node.get("attrs").and_then(Value::as_object)
}

pub(super) fn attr<'a>(node: &'a Value, name: &str) -> Option<&'a Value> {
    attrs(node)?.get(name)
}

pub(super) fn string(node: &Value, name: &str) -> Option<String> {
    attr(node, name)?.as_str().map(normal::clean)
}

pub(super) fn boolean(node: &Value, name: &str) -> Option<bool> {
    attr(node, name)?.as_bool()
}

pub(super) fn hundredths(node: &Value, name: &str) -> Option<u32> {
    rounded(attr(node, name)?.as_f64()? * 100.0).map(|value| value.min(10_000))
}

pub(super) fn rounded(value: f64) -> Option<u32> {
    let value = value.round();
    (0.0..=f64::from(u32::MAX))
        .contains(&value)
        .then_some(value as u32)
}

pub(super) fn placement(node: &Value) -> Option<Placement> {
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

pub(super) fn valign(node: &Value) -> Option<VerticalAlign> {
    Some(match string(node, "valign")?.as_str() {
        "top" => VerticalAlign::Top,
        "middle" => VerticalAlign::Middle,
        "bottom" => VerticalAlign::Bottom,
        _ => return None,
    })
}

pub(super) fn link(node: &Value) -> Option<String> {
    let mark = marks(node).iter().find(|mark| kind(mark) == "link")?;
    string(mark, "href")
}

pub(super) fn is_inline(kind: &str) -> bool {
    matches!(
        kind,
        "text"
            | "hardBreak"
            | "mention"
            | "emoji"
            | "date"
            | "status"
            | "inlineCard"
            | "mediaInline"
            | "placeholder"
            | "inlineExtension"
    )
}

pub(super) fn is_block(kind: &str) -> bool {
    path_name(kind) != "unknown" && !is_inline(kind)
}

/// The type of a node as it may stand in a path: only types of the schema, nothing of the input.
pub(super) fn path_name(kind: &str) -> &'static str {
    const KINDS: [&str; 37] = [
        "paragraph",
        "heading",
        "bulletList",
        "orderedList",
        "listItem",
        "taskList",
        "taskItem",
        "blockTaskItem",
        "decisionList",
        "decisionItem",
        "blockquote",
        "codeBlock",
        "panel",
        "expand",
        "nestedExpand",
        "table",
        "tableRow",
        "tableCell",
        "tableHeader",
        "rule",
        "mediaSingle",
        "mediaGroup",
        "media",
        "blockCard",
        "embedCard",
        "layoutSection",
        "layoutColumn",
        "extension",
        "bodiedExtension",
        "syncBlock",
        "bodiedSyncBlock",
        "text",
        "hardBreak",
        "mention",
        "emoji",
        "date",
        "status",
    ];
    KINDS
        .into_iter()
        .find(|known| *known == kind)
        .unwrap_or("unknown")
}

/// All text below nodes in order, blocks on lines of their own, and whether that is all: only so many nodes are looked at. Walks
/// without recursion, for trees of any depth.
pub(super) fn visible_text(nodes: &[Value], most: usize) -> (String, bool) {
    let mut out = String::new();
    let mut stack = vec![nodes.iter()];
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
        match kind(node) {
            "text" => out.push_str(node.get("text").and_then(Value::as_str).unwrap_or_default()),
            "hardBreak" => out.push('\n'),
            name if is_block(name) && !out.is_empty() && !out.ends_with('\n') => out.push('\n'),
            _ => out.push_str(&string(node, "text").unwrap_or_default()),
        }
        stack.push(content(node).iter());
    }
    (out, true)
}

/// What a JSON value is counted as beside its text.
const VALUE_BYTES: usize = 8;

/// How many bytes a node takes, its content aside: every value a few, every text its length.
pub(super) fn weight(node: &Value) -> usize {
    match node.as_object() {
        Some(parts) => parts
            .iter()
            .filter(|(name, _)| *name != "content")
            .map(|(_, part)| weight_of_all(std::slice::from_ref(part)))
            .sum(),
        None => weight_of_all(std::slice::from_ref(node)),
    }
}

/// How many bytes values take with all that is in them. Walks without recursion, for trees of any depth.
pub(super) fn weight_of_all(values: &[Value]) -> usize {
    let mut total: usize = 0;
    let mut stack: Vec<&Value> = values.iter().collect();
    while let Some(value) = stack.pop() {
        let own = match value {
            Value::String(text) => text.len(),
            Value::Array(values) => {
                stack.extend(values);
                0
            }
            Value::Object(parts) => {
                stack.extend(parts.values());
                parts.keys().map(String::len).sum()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        };
        total = total.saturating_add(own).saturating_add(VALUE_BYTES);
    }
    total
}

/// Whether JSON is shallow enough to be copied.
pub(super) fn shallow(value: &Value) -> bool {
    nests_within(value, 2 * MAX_DEPTH)
}

pub(super) fn shallow_but_content(node: &Value) -> bool {
    let parts = node.as_object().into_iter().flatten();
    parts
        .filter(|(name, _)| *name != "content")
        .all(|(_, part)| shallow(part))
}

pub(super) fn nests_within(value: &Value, depth: usize) -> bool {
    if depth == 0 {
        return false;
    }
    match value {
        Value::Array(values) => values.iter().all(|value| nests_within(value, depth - 1)),
        Value::Object(values) => values.values().all(|value| nests_within(value, depth - 1)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::visible_text;

    #[test]
    fn text_says_whether_it_is_all() {
        let text = |text: &str| json!({"type": "text", "text": text});
        let nodes = [json!({"type": "paragraph", "content": [text("a"), text("b")]})];
        assert_eq!(visible_text(&nodes, 3), ("ab".to_owned(), true));
        assert_eq!(visible_text(&nodes, 2), ("a".to_owned(), false));
    }
}
