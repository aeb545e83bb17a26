//! Raw HTML within Markdown, kept from reaching beyond its place.
//!
//! An element whose content is no markup, a comment or a tag that is never closed would swallow all the text behind it.

use crate::loss::{Instead, LossKind, Losses};

/// Elements within which HTML is read in another way, or not at all.
const SWALLOWING: [&str; 14] = [
    "script",
    "style",
    "textarea",
    "title",
    "xmp",
    "iframe",
    "noembed",
    "noframes",
    "template",
    "select",
    "svg",
    "math",
    "frameset",
    "plaintext",
];

/// Those of them whose text the HTML reader leaves out without a word, since they are no content of HTML.
const SILENT: [&str; 5] = ["style", "title", "noembed", "noframes", "template"];

/// A block of HTML that ends where it ends.
pub(super) fn block(text: &str, losses: &mut Losses) -> String {
    let mut out = match open_tag(text) {
        // What follows would have been within that tag, so none of it is markup.
        Some(at) => {
            let (before, rest) = text.split_at(at);
            format!("{before}{}", rest.replace('<', "&lt;"))
        }
        None => text.to_owned(),
    };
    let lower = text.to_ascii_lowercase();
    let starts = |name: &&&str| lower.contains(&format!("<{name}"));
    for name in SWALLOWING.iter().filter(starts) {
        if SILENT.contains(name) {
            losses.add(LossKind::Unsupported, Instead::Nothing);
        }
        if *name == "plaintext" {
            out = without_plaintext(&out);
        } else {
            out.push_str(&format!("</{name}>"));
        }
    }
    if let Some(opened) = out.rfind("<!--")
        && out.rfind("-->").is_none_or(|closed| closed < opened)
    {
        out.push_str("-->");
    }
    out
}

/// A tag within a line as it may stand there; `None`, mostly with a loss, when it may not.
pub(super) fn inline<'a>(tag: &'a str, losses: &mut Losses) -> Option<&'a str> {
    let name = name(tag);
    if name.is_empty() {
        if !tag.starts_with("<!--") {
            losses.add(LossKind::Unsupported, Instead::Nothing);
        }
        return None;
    }
    if name == "script" {
        losses.add(LossKind::Script, Instead::Text);
        return None;
    }
    if SWALLOWING.contains(&name.as_str()) {
        losses.add(LossKind::Unsupported, Instead::Text);
        return None;
    }
    Some(tag)
}

/// The name in a tag in lower case; empty for a comment and the like.
fn name(tag: &str) -> String {
    let inner = tag.trim_start_matches(['<', '/']);
    let letters = inner
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '-');
    letters.collect::<String>().to_ascii_lowercase()
}

/// The element `plaintext` cannot be closed, so its tag becomes text.
fn without_plaintext(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for (at, tag) in lower.match_indices("<plaintext") {
        out.push_str(text.get(copied..at).unwrap_or_default());
        out.push_str("&lt;plaintext");
        copied = at + tag.len();
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    out
}

/// Where a tag starts that is not closed before the end.
fn open_tag(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(open) = position(bytes, at, b'<') {
        at = open + 1;
        let tag = bytes.get(at).copied().unwrap_or_default();
        if text
            .get(open..)
            .is_some_and(|rest| rest.starts_with("<!--"))
        {
            // A comment may hold what looks like a tag. An open one is closed by the caller.
            at = text.get(at..)?.find("-->").map(|end| at + end)?;
        } else if tag.is_ascii_alphabetic() || matches!(tag, b'/' | b'!' | b'?') {
            match tag_end(bytes, at) {
                Some(end) => at = end,
                None => return Some(open),
            }
        }
    }
    None
}

/// The end of a tag, which quotes behind an equals sign may contain.
fn tag_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    let mut last = 0;
    loop {
        let byte = *bytes.get(at)?;
        at += 1;
        match byte {
            b'>' => return Some(at),
            b'"' | b'\'' if last == b'=' => at = position(bytes, at, byte)? + 1,
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            last = byte;
        }
    }
}

fn position(bytes: &[u8], from: usize, wanted: u8) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let found = rest.iter().position(|byte| *byte == wanted)?;
    Some(from + found)
}

#[cfg(test)]
mod tests {
    use super::{Losses, block};

    #[test]
    fn a_block_of_html_ends_where_it_ends() {
        for (text, expected) in [
            ("<div>a", "<div>a"),
            ("<style>a", "<style>a</style>"),
            ("a <!-- b", "a <!-- b-->"),
            ("<!-- <b -->", "<!-- <b -->"),
            ("<div class=\"a>", "&lt;div class=\"a>"),
            ("<i>a<b @<c", "<i>a&lt;b @&lt;c"),
            ("<a b='>'>", "<a b='>'>"),
            ("<PlainText>a", "&lt;plaintext>a"),
        ] {
            assert_eq!(block(text, &mut Losses::default()), expected);
        }
    }
}
