//! The outline of a document in ADF: Atlassian's own reader gives it, and our writer.

use serde_json::Value;

use crate::outline::{Marks, Outline, Text};

/// The outline of a document.
pub(crate) fn outline(document: &Value) -> String {
    Outline::of(|outline| blocks(outline, document))
}

fn content(node: &Value) -> &[Value] {
    node["content"].as_array().map_or(&[], Vec::as_slice)
}

fn attr<'a>(node: &'a Value, name: &str) -> &'a str {
    node["attrs"][name].as_str().unwrap_or_default()
}

fn kind(node: &Value) -> &str {
    node["type"].as_str().unwrap_or_default()
}

fn blocks(outline: &mut Outline, node: &Value) {
    for child in content(node) {
        block(outline, child);
    }
}

fn block(outline: &mut Outline, node: &Value) {
    match kind(node) {
        "paragraph" => outline.text("paragraph", &text(node)),
        "heading" => {
            let words = format!("heading {}", node["attrs"]["level"]);
            outline.text(&words, &text(node));
        }
        "bulletList" => outline.within("bullets", |outline| blocks(outline, node)),
        "orderedList" => outline.within("numbers", |outline| blocks(outline, node)),
        "listItem" => outline.within("item", |outline| blocks(outline, node)),
        "blockquote" => outline.within("quote", |outline| blocks(outline, node)),
        "panel" => {
            let words = format!("panel {}", attr(node, "panelType"));
            outline.within(&words, |outline| blocks(outline, node));
        }
        "codeBlock" => {
            let code: String = content(node)
                .iter()
                .filter_map(|text| text["text"].as_str())
                .collect();
            outline.code(attr(node, "language"), &code);
        }
        "table" => outline.within("table", |outline| blocks(outline, node)),
        "tableRow" => outline.within("row", |outline| blocks(outline, node)),
        "tableHeader" => outline.within("header", |outline| blocks(outline, node)),
        "tableCell" => outline.within("cell", |outline| blocks(outline, node)),
        "rule" => outline.line("rule"),
        "mediaSingle" => {
            for media in content(node) {
                outline.line(&format!("picture {}", picture(media, node)));
            }
        }
        "mediaGroup" => {
            for media in content(node) {
                outline.line(&format!("file {}", name(media)));
            }
        }
        "blockCard" | "embedCard" => {
            outline.line(&format!("{} {}", kind(node), attr(node, "url")));
        }
        other => outline.line(&format!("{other} {}", node["attrs"])),
    }
}

fn name(media: &Value) -> &str {
    match attr(media, "type") {
        "external" => attr(media, "url"),
        _ => attr(media, "id"),
    }
}

/// An image by its name, its width in percent, how it stands, what it says and where it leads. Atlassian's reader makes a
/// size up where none is given, so sizes in pixels are compared nowhere.
fn picture(media: &Value, single: &Value) -> String {
    let mut words = name(media).to_owned();
    if let Some(width) = single["attrs"]["width"].as_f64() {
        words.push_str(&format!(" {width}%"));
    }
    let layout = attr(single, "layout");
    if layout.starts_with("wrap") {
        words.push_str(&format!(" {layout}"));
    }
    let alt = attr(media, "alt");
    if !alt.is_empty() {
        words.push_str(&format!(" \"{alt}\""));
    }
    for mark in media["marks"].as_array().into_iter().flatten() {
        words.push_str(&format!(" to {}", attr(mark, "href")));
    }
    words
}

fn text(node: &Value) -> Text {
    let mut text = Text::default();
    for inline in content(node) {
        push(&mut text, inline);
    }
    text
}

fn push(text: &mut Text, inline: &Value) {
    let marks = marks(inline);
    match kind(inline) {
        "text" => text.push(inline["text"].as_str().unwrap_or_default(), &marks),
        "hardBreak" => text.line_break(),
        "mention" => text.push(&format!("‹{}›", person(attr(inline, "id"))), &Marks::new()),
        "emoji" => text.push(attr(inline, "text"), &Marks::new()),
        "inlineCard" => text.push(&format!("‹card {}›", attr(inline, "url")), &Marks::new()),
        "mediaInline" => {
            let what = match attr(inline, "type") {
                "image" => "picture",
                _ => "file",
            };
            text.push(&format!("‹{what} {}›", name(inline)), &Marks::new());
        }
        other => text.push(&format!("‹{other} {}›", inline["attrs"]), &Marks::new()),
    }
}

/// The identity of a person. Atlassian's reader leaves the prefix of an account to its caller.
fn person(id: &str) -> String {
    let prefix = "accountid:";
    let head = id.get(..prefix.len()).unwrap_or_default();
    let id = if head.eq_ignore_ascii_case(prefix) {
        id.get(prefix.len()..).unwrap_or_default()
    } else {
        id
    };
    format!("@{}", id.trim())
}

fn marks(inline: &Value) -> Marks {
    let marks = inline["marks"].as_array().into_iter().flatten();
    marks.map(mark).collect()
}

fn mark(mark: &Value) -> String {
    match kind(mark) {
        "textColor" => attr(mark, "color").to_lowercase(),
        "link" => match attr(mark, "title") {
            "" => attr(mark, "href").to_owned(),
            title => format!("{} \"{title}\"", attr(mark, "href")),
        },
        "subsup" => attr(mark, "type").to_owned(),
        other => other.to_owned(),
    }
}
