//! Tags cut to the attributes that are looked at.

use std::borrow::Cow;

use crate::limit::MAX_ATTRIBUTES;

/// Cuts the attributes of a tag beyond the bound. Follows a tag's quotes as the tokenizer does; within comments it may see tags
/// where there are none, which does no harm as comments are not kept.
pub(crate) fn bounded_attributes(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(open) = find(bytes, at, |b| b == b'<') {
        at = open + 1;
        if !bytes
            .get(at)
            .is_some_and(|b| b.is_ascii_alphabetic() || *b == b'/')
        {
            continue;
        }
        let (end, excess) = tag_end(bytes, at);
        if let Some(cut) = excess {
            out.push_str(text.get(copied..cut).unwrap_or_default());
            copied = end;
        }
        at = end;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

fn find(bytes: &[u8], from: usize, wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let rest = bytes.get(from..)?;
    rest.iter()
        .position(|b| wanted(*b))
        .map(|found| from + found)
}

/// Where the tag ends (at its `>`), and where its first attribute beyond the bound begins.
fn tag_end(bytes: &[u8], from: usize) -> (usize, Option<usize>) {
    let mut excess = None;
    let mut attributes = 0;
    let mut at = from;
    let mut in_name = true;
    let mut before_value = false;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'>' => return (at, excess),
            b'"' | b'\'' if before_value => {
                let quote = *byte;
                at = find(bytes, at + 1, |b| b == quote).unwrap_or(bytes.len());
                (in_name, before_value) = (false, false);
            }
            b'=' if in_name => before_value = true,
            b' ' | b'\t' | b'\n' | b'\r' | b'\x0c' | b'/' if before_value && *byte != b'/' => {}
            b' ' | b'\t' | b'\n' | b'\r' | b'\x0c' | b'/' => in_name = false,
            _ if before_value => (in_name, before_value) = (true, false),
            _ if !in_name => {
                in_name = true;
                attributes += 1;
                if attributes > MAX_ATTRIBUTES && excess.is_none() {
                    excess = Some(at);
                }
            }
            _ => {}
        }
        at += 1;
    }
    (bytes.len(), excess)
}
