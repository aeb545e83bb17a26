//! Escaping: text that Markdown leaves alone.
//!
//! More is escaped than our parser would ask for: Azure DevOps also reads formulas between dollar signs and names of emoji
//! between colons, and takes every `<` for HTML (azure.md 9).

use std::fmt::Write as _;

/// How far a name between colons or an entity is looked for.
const MAX_AHEAD: usize = 40;

/// Appends text as it is shown. At the start of a line, what would begin a block is escaped too.
pub(super) fn text(out: &mut String, text: &str, line_start: bool) {
    let mut rest = text;
    if line_start {
        let (marker, behind) = text.split_at(block_marker(text));
        out.push_str(marker);
        if !marker.is_empty() || begins_block(text) {
            rest = behind;
            if let Some(c) = rest.chars().next() {
                out.push('\\');
                out.push(c);
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
            }
        }
    }
    let mut before = None;
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        character(out, before, c, chars.as_str());
        before = Some(c);
    }
}

fn character(out: &mut String, before: Option<char>, c: char, behind: &str) {
    match c {
        '\\' | '`' | '*' | '[' | ']' | '~' | '|' | '$' => {
            out.push('\\');
            out.push(c);
        }
        '_' if within_word(before, behind) => out.push('_'),
        '_' => out.push_str("\\_"),
        ':' if begins_emoji(behind) => out.push_str("\\:"),
        '&' if begins_entity(behind) => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '\u{a0}' => out.push_str("&nbsp;"),
        '\u{feff}' => out.push_str("&#65279;"),
        c => out.push(c),
    }
}

/// How many bytes of digits begin a numbered list.
fn block_marker(text: &str) -> usize {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let behind = text.get(digits..).unwrap_or_default();
    let ends = |rest: &str| rest.is_empty() || rest.starts_with([' ', '\u{a0}']);
    let numbered = behind.strip_prefix(['.', ')']).is_some_and(ends);
    if numbered && digits > 0 { digits } else { 0 }
}

/// Whether the first character begins a block or underlines the line before.
fn begins_block(text: &str) -> bool {
    let mut chars = text.chars();
    let first = chars.next();
    let second = chars.next();
    match first {
        Some('-' | '=') => true,
        Some('+' | '#') => matches!(second, None | Some(' ' | '\u{a0}' | '#')),
        Some(':') => second == Some('-'),
        _ => false,
    }
}

/// An underscore between letters or digits marks nothing.
fn within_word(before: Option<char>, behind: &str) -> bool {
    before.is_some_and(char::is_alphanumeric) && behind.starts_with(char::is_alphanumeric)
}

fn begins_emoji(behind: &str) -> bool {
    let name = behind.bytes().take(MAX_AHEAD).take_while(
        |byte| matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'+' | b'-'),
    );
    let length = name.count();
    length > 0 && behind.as_bytes().get(length) == Some(&b':')
}

fn begins_entity(behind: &str) -> bool {
    let named = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'#';
    let name = behind.bytes().take(MAX_AHEAD).take_while(named).count();
    name > 0 && behind.as_bytes().get(name) == Some(&b';')
}

/// Appends a URL as the target of a link or an image. It is escaped so that it needs no angle brackets around it.
pub(super) fn url(out: &mut String, url: &str) {
    let mut chars = url.chars();
    while let Some(c) = chars.next() {
        match c {
            '(' | ')' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '&' if !begins_entity(chars.as_str()) => out.push('&'),
            '-' | '.' | '_' | '~' | ':' | '/' | '?' | '#' | '@' | '!' | '$' | '\'' | '*' | '+'
            | ',' | ';' | '=' | '%' => out.push(c),
            c if c.is_alphanumeric() => out.push(c),
            c => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
        }
    }
}

/// Appends the title of a link, in quotes.
pub(super) fn title(out: &mut String, title: &str) {
    let mut escaped = String::with_capacity(title.len());
    text(&mut escaped, title, false);
    out.push('"');
    out.push_str(&escaped.replace('"', "&quot;"));
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::{text, url};

    #[test]
    fn only_what_would_be_read_otherwise_is_escaped() {
        for (plain, expected) in [
            ("a b, c.", "a b, c."),
            ("snake_case _x_", "snake_case \\_x\\_"),
            ("#123 # x", "#123 # x"),
            ("# x", "\\# x"),
            ("1. x", "1\\. x"),
            ("1.5", "1.5"),
            ("2)", "2\\)"),
            ("- x", "\\- x"),
            ("a & b &amp; AT&T", "a & b &amp;amp; AT&T"),
            ("a<b>", "a&lt;b&gt;"),
            ("10:30 :smile:", "10:30 \\:smile:"),
            ("$5", "\\$5"),
        ] {
            let mut out = String::new();
            text(&mut out, plain, true);
            assert_eq!(out, expected);
        }
        let mut out = String::new();
        url(&mut out, "https://a.example/(b) c?d=1&e;f&g|<\\");
        assert_eq!(
            out,
            "https://a.example/\\(b\\)&#32;c?d=1&#38;e;f&g&#124;&#60;\\\\"
        );
    }
}
