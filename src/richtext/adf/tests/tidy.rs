//! The tidy form of ADF: what two documents have in common that mean the same to an editor.
//!
//! Left out or made equal is exactly this. Identities that an editor makes anew (`localId` of all but a task, a decision, a synced
//! block and what an extension holds; `uniqueId`, `occurrenceKey`). An attribute that says the default (`order` 1, spans of 1, `layout` of a
//! table or an image, `type` of a file, an empty title, background or list of widths, no number column). The order of marks, and a mark said twice. Neighbouring
//! texts under the same marks. A line break in a text, which is a `hardBreak`; control characters. The case of a
//! colour of text. White space around a URL. A percentage beyond its hundredths. The `@` and the white space of a mention. The link of an image, which may
//! stand on the image or around it. Code without text and a list of columns without columns, which show nothing.

use serde_json::{Map, Value, json};

/// The document in its tidy form.
pub(super) fn tidy(node: &Value) -> Value {
    let mut out = Map::new();
    let kind = node["type"].as_str().unwrap_or_default();
    out.insert("type".to_owned(), Value::from(kind));
    let attrs = attrs(kind, &node["attrs"]);
    if !attrs.is_empty() {
        out.insert("attrs".to_owned(), Value::Object(attrs));
    }
    let marks = marks(kind, node);
    if !marks.is_empty() {
        out.insert("marks".to_owned(), Value::from(marks));
    }
    if let Some(text) = node["text"].as_str() {
        out.insert("text".to_owned(), Value::from(clean(text)));
    }
    let children = content(kind, node);
    if kind == "codeBlock" && children.is_empty() {
        return json!({"type": "paragraph"});
    }
    if !children.is_empty() {
        out.insert("content".to_owned(), Value::from(children));
    }
    Value::Object(out)
}

fn content(kind: &str, node: &Value) -> Vec<Value> {
    let mut out: Vec<Value> = Vec::new();
    let link = node["marks"].as_array().into_iter().flatten().next();
    for child in node["content"].as_array().into_iter().flatten() {
        let mut child = child.clone();
        if kind == "mediaSingle" && child["type"] == "media" {
            inherit(&mut child, link);
        }
        match child["type"].as_str() {
            Some("text") => push_text(&mut out, &tidy(&child), kind == "codeBlock"),
            Some("layoutSection") if tidy(&child)["content"].is_null() => {}
            _ => out.push(tidy(&child)),
        }
    }
    out
}

/// Puts the link around an image on it, when it has none.
fn inherit(media: &mut Value, link: Option<&Value>) {
    let mut marks = media["marks"].as_array().cloned().unwrap_or_default();
    if marks.iter().all(|mark| mark["type"] != "link") {
        marks.extend(link.cloned());
    }
    media["marks"] = Value::from(marks);
}

fn push_text(out: &mut Vec<Value>, node: &Value, code: bool) {
    let text = node["text"].as_str().unwrap_or_default();
    let pieces = if code {
        vec![text]
    } else {
        text.split('\n').collect()
    };
    for (index, piece) in pieces.into_iter().enumerate() {
        if index > 0 {
            out.push(json!({"type": "hardBreak"}));
        }
        if piece.is_empty() {
            continue;
        }
        if let Some(last) = out.last_mut()
            && last["type"] == "text"
            && last["marks"] == node["marks"]
        {
            let joined = format!("{}{piece}", last["text"].as_str().unwrap_or_default());
            last["text"] = Value::from(joined);
            continue;
        }
        let mut piece_node = node.clone();
        piece_node["text"] = Value::from(piece);
        out.push(piece_node);
    }
}

fn marks(kind: &str, node: &Value) -> Vec<Value> {
    let verbatim = kind.to_ascii_lowercase().ends_with("extension");
    let marks = node["marks"].as_array().cloned().unwrap_or_default();
    if verbatim {
        return marks;
    }
    if kind == "mediaSingle" {
        return Vec::new();
    }
    let mut out: Vec<Value> = marks.iter().map(tidy).collect();
    out.sort_by_key(Value::to_string);
    out.dedup();
    out
}

fn attrs(kind: &str, attrs: &Value) -> Map<String, Value> {
    let mut attrs = attrs.as_object().cloned().unwrap_or_default();
    if kind.to_ascii_lowercase().ends_with("extension") {
        return attrs;
    }
    let named = matches!(
        kind,
        "taskList"
            | "taskItem"
            | "blockTaskItem"
            | "decisionItem"
            | "syncBlock"
            | "bodiedSyncBlock"
    );
    if !named {
        attrs.remove("localId");
    }
    attrs.remove("uniqueId");
    attrs.remove("occurrenceKey");
    for (name, value) in &mut attrs {
        if let Some(tidied) = tidied(kind, name, value) {
            *value = tidied;
        }
    }
    attrs.retain(|name, value| !is_default(kind, name, value));
    attrs
}

fn is_default(kind: &str, name: &str, value: &Value) -> bool {
    match (kind, name) {
        ("orderedList", "order") | ("tableCell" | "tableHeader", "colspan" | "rowspan") => {
            *value == json!(1)
        }
        ("tableCell" | "tableHeader", "colwidth") => *value == json!([]),
        ("tableCell" | "tableHeader", "background") | ("expand" | "nestedExpand", "title") => {
            *value == json!("")
        }
        ("table", "layout") => *value == json!("default"),
        ("table", "isNumberColumnEnabled") => *value == json!(false),
        ("mediaSingle", "layout") => *value == json!("center"),
        ("mediaSingle", "widthType") => *value == json!("percentage"),
        ("mediaInline", "type") => *value == json!("file"),
        ("mediaInline", "data") => value.is_null(),
        ("hardBreak", "text") => true,
        ("link", "title")
        | ("mention", "text")
        | ("media" | "mediaInline", "alt")
        | ("codeBlock", "language") => *value == json!(""),
        _ => false,
    }
}

fn tidied(kind: &str, name: &str, value: &Value) -> Option<Value> {
    if name == "width" && matches!(kind, "layoutColumn" | "embedCard" | "mediaSingle") {
        return Some(json!((value.as_f64()? * 100.0).round() / 100.0));
    }
    let text = value.as_str()?;
    Some(Value::from(match (kind, name) {
        ("textColor" | "backgroundColor", "color") => text.to_ascii_lowercase(),
        ("mention", "text") => {
            let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let name: String = name.chars().filter(|c| !c.is_control()).collect();
            match name.strip_prefix('@').unwrap_or(&name).trim() {
                "" => String::new(),
                name => format!("@{name}"),
            }
        }
        ("date", "timestamp") => text.trim().parse::<i64>().ok()?.to_string(),
        ("decisionItem", "state") if clean(text).is_empty() => "DECIDED".to_owned(),
        (_, "url" | "href") => {
            let seen: String = text.chars().filter(|c| !c.is_control()).collect();
            seen.trim().to_owned()
        }
        _ => clean(text),
    }))
}

fn clean(text: &str) -> String {
    let unix = text.replace("\r\n", "\n").replace('\r', "\n");
    unix.chars()
        .filter(|c| *c >= ' ' || matches!(c, '\n' | '\t'))
        .collect()
}
