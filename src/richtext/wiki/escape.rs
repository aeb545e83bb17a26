//! Escapes: characters that stand for themselves.
//!
//! A backslash takes the meaning from the sign behind it. For what has no such escape (a backslash, a bar in a cell, a
//! bracket in the text of a link) there are character references, which Jira's renderer hands on to the browser.

/// The signs from which a backslash takes the meaning (jira.md 13.5).
const ESCAPABLE: &str = "-#*_+?^~|%{}[]()!@";

/// Character references by name, as people type them.
const NAMED: [(&str, char); 6] = [
    ("nbsp", '\u{a0}'),
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
];

/// Whether a backslash before this sign is an escape.
pub(super) fn is_escapable(c: char) -> bool {
    ESCAPABLE.contains(c)
}

/// Whether a symbol beside this character stands within a word: letters, digits and all that is not ASCII, but not the
/// no-break space (jira.md 13.5).
pub(super) fn is_wordlike(c: char) -> bool {
    c.is_ascii_alphanumeric() || (!c.is_ascii() && c != '\u{a0}')
}

/// Whether this is white space within a line.
pub(super) fn is_space(c: char) -> bool {
    c == ' ' || c == '\t'
}

/// A line without the white space around it.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// The character reference at the beginning of a text: what it stands for, and its length.
pub(super) fn reference(text: &str) -> Option<(char, usize)> {
    let inner = text.strip_prefix('&')?;
    let end = inner.bytes().take(10).position(|b| b == b';')?;
    let name = inner.get(..end)?;
    let c = match name.strip_prefix('#') {
        Some(digits) => numbered(digits)?,
        None => NAMED.iter().find(|(known, _)| *known == name)?.1,
    };
    Some((c, end + 2))
}

fn numbered(digits: &str) -> Option<char> {
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(hex) if hex.bytes().all(|b| b.is_ascii_hexdigit()) => u32::from_str_radix(hex, 16),
        None if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse(),
        _ => return None,
    };
    char::from_u32(code.ok()?).filter(|c| !c.is_control())
}

/// Appends a character as a reference.
pub(super) fn push_reference(out: &mut String, c: char) {
    out.push_str(&format!("&#{};", u32::from(c)));
}

/// A text with its character references replaced.
pub(super) fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let (c, length) = reference(from).unwrap_or(('&', 1));
        out.push(c);
        rest = from.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// A text as the value of an attribute, without the signs that end it or begin something else.
pub(super) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let begins = c == '&' && text.get(at..).and_then(reference).is_some();
        if begins || "|{}[]!,\"\\".contains(c) {
            push_reference(&mut out, c);
        } else {
            out.push(c);
        }
    }
    out
}

/// Whether the sign at this place has its meaning taken by a backslash, which must not be the second of two.
pub(super) fn is_escaped(text: &str, at: usize) -> bool {
    let mut before = text.get(..at).unwrap_or_default().bytes().rev();
    before.next() == Some(b'\\') && before.next() != Some(b'\\')
}
