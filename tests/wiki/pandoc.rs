//! The outline of a document in pandoc's JSON.

use serde_json::Value;

use crate::outline::{Marks, Outline, Text};

/// The outline of a document.
pub(crate) fn outline(document: &Value) -> String {
    Outline::of(|outline| blocks(outline, &document["blocks"]))
}

fn all(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn kind(node: &Value) -> &str {
    node["t"].as_str().unwrap_or_default()
}

fn blocks(outline: &mut Outline, content: &Value) {
    for child in all(content) {
        block(outline, child);
    }
}

fn block(outline: &mut Outline, node: &Value) {
    let content = &node["c"];
    match kind(node) {
        "Para" | "Plain" => paragraph(outline, all(content)),
        "Header" => outline.text(&format!("heading {}", content[0]), &text(&content[2])),
        "BulletList" => items(outline, "bullets", content),
        "OrderedList" => items(outline, "numbers", &content[1]),
        "BlockQuote" => outline.within("quote", |outline| blocks(outline, content)),
        "Div" => outline.within("panel info", |outline| blocks(outline, &content[1])),
        "CodeBlock" => {
            let language = content[0][1][0].as_str().unwrap_or_default();
            outline.code(language, content[1].as_str().unwrap_or_default());
        }
        "HorizontalRule" => outline.line("rule"),
        "Table" => table(outline, content),
        other => outline.line(other),
    }
}

/// An image that stands alone is a block, as in ADF.
fn paragraph(outline: &mut Outline, inlines: &[Value]) {
    match inlines {
        [image] if kind(image) == "Image" => {
            outline.line(&format!("picture {}", target(&image["c"])));
        }
        _ => outline.text("paragraph", &texts(inlines)),
    }
}

fn items(outline: &mut Outline, words: &str, content: &Value) {
    outline.within(words, |outline| {
        for item in all(content) {
            outline.within("item", |outline| blocks(outline, item));
        }
    });
}

/// A table as its head and its bodies have it. pandoc keeps no header cells in a row of others.
fn table(outline: &mut Outline, content: &Value) {
    let bodies = all(&content[4]).iter().flat_map(|body| all(&body[3]));
    outline.within("table", |outline| {
        all(&content[3][1])
            .iter()
            .for_each(|row| cells(outline, "header", row));
        bodies.for_each(|row| cells(outline, "cell", row));
    });
}

fn cells(outline: &mut Outline, words: &str, row: &Value) {
    outline.within("row", |outline| {
        for cell in all(&row[1]) {
            outline.within(words, |outline| blocks(outline, &cell[4]));
        }
    });
}

fn target(content: &Value) -> &str {
    content[2][0].as_str().unwrap_or_default()
}

fn text(inlines: &Value) -> Text {
    texts(all(inlines))
}

fn texts(inlines: &[Value]) -> Text {
    let mut text = Text::default();
    push_all(&mut text, inlines, &Marks::new());
    text
}

fn push_all(text: &mut Text, inlines: &[Value], marks: &Marks) {
    for inline in inlines {
        push(text, inline, marks);
    }
}

fn with(marks: &Marks, mark: &str) -> Marks {
    let mut marks = marks.clone();
    marks.insert(mark.to_owned());
    marks
}

fn push(text: &mut Text, inline: &Value, marks: &Marks) {
    let content = &inline["c"];
    let mut under = |mark: &str| push_all(text, all(content), &with(marks, mark));
    match kind(inline) {
        "Strong" => under("strong"),
        "Emph" => under("em"),
        "Strikeout" => under("strike"),
        "Underline" => under("underline"),
        "Superscript" => under("sup"),
        "Subscript" => under("sub"),
        "Str" => text.push(&smileys(content.as_str().unwrap_or_default()), marks),
        "Space" | "SoftBreak" => text.push(" ", marks),
        "LineBreak" => text.line_break(),
        "Code" => {
            let code = content[1].as_str().unwrap_or_default();
            text.push(code, &with(marks, "code"));
        }
        "Span" => span(text, content, marks),
        "Link" => link(text, content, marks),
        "Image" => text.push(&format!("‹picture {}›", target(content)), &Marks::new()),
        other => text.push(&format!("‹{other}›"), marks),
    }
}

/// Coloured text, an anchor, or a citation.
fn span(text: &mut Text, content: &Value, marks: &Marks) {
    let attributes = all(&content[0][2]);
    let color = attributes
        .iter()
        .find(|pair| pair[0] == "color")
        .and_then(|pair| pair[1].as_str());
    match color {
        Some(color) => push_all(text, all(&content[1]), &with(marks, hexadecimal(color))),
        None => push_all(text, all(&content[1]), marks),
    }
}

fn link(text: &mut Text, content: &Value, marks: &Marks) {
    let target = target(content);
    match content[0][1][0].as_str() {
        Some("user-account") => {
            let id = target.trim_start_matches('~');
            let id = id.strip_prefix("accountid:").unwrap_or(id);
            text.push(&format!("‹@{id}›"), &Marks::new());
        }
        Some("attachment") => text.push(&format!("‹file {target}›"), &Marks::new()),
        _ => push_all(text, all(&content[1]), &with(marks, target)),
    }
}

/// The colours that pandoc leaves as they are named in the snippets.
fn hexadecimal(color: &str) -> &str {
    match color {
        "red" => "#ff0000",
        "blue" => "#0000ff",
        other => other,
    }
}

/// The characters that pandoc takes for signs, and the names and characters that Atlassian has for them.
const SMILEYS: [(char, &str); 13] = [
    ('🙁', "😞"),
    ('ℹ', ":info:"),
    ('✔', ":check_mark:"),
    ('❌', ":cross_mark:"),
    ('❗', ":warning:"),
    ('➕', ":plus:"),
    ('➖', ":minus:"),
    ('❓', ":question:"),
    ('💡', ":light_bulb_on:"),
    ('🌙', ":light_bulb_off:"),
    ('⭐', ":yellow_star:"),
    ('⚑', ":flag_on:"),
    ('⚐', ":flag_off:"),
];

fn smileys(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match SMILEYS.iter().find(|(sign, _)| *sign == c) {
            Some((_, name)) => out.push_str(name),
            None => out.push(c),
        }
    }
    out
}
