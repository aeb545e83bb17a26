//! Tags cut to the attributes that are looked at.

use std::borrow::Cow;

use crate::limit::MAX_ATTRIBUTES;

/// Cuts the attributes of a tag beyond the bound; who calls tells it. Follows quotes and comments as the tokenizer does, but sees
/// tags within elements too whose content is text.
pub(crate) fn bounded_attributes(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(open) = find(bytes, at, |b| b == b'<') {
        at = open + 1;
        let behind = text.get(at..).unwrap_or_default();
        let name = behind.strip_prefix('/').unwrap_or(behind);
        if behind.starts_with("!--") {
            at = comment_end(text, at + 3);
            continue;
        }
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            // What is taken for a comment ends at the first sign that could end it.
            if behind.starts_with(['!', '?', '/']) {
                at = find(bytes, at, |b| b == b'>').unwrap_or(bytes.len());
            }
            continue;
        }
        at = text.len() - name.len();
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

/// Where in a tag a byte stands.
#[derive(Clone, Copy)]
enum At {
    /// In the name of the tag.
    TagName,
    /// Before an attribute.
    Between,
    /// In the name of an attribute.
    Name,
    /// Behind the name of an attribute, where a value may still follow.
    AfterName,
    /// Behind the equals sign.
    BeforeValue,
    /// In a value without quotes, which may hold quotes.
    Bare,
}

impl At {
    /// Where the next byte stands, behind this one that is neither the end of the tag nor a quote before a value.
    fn next(self, byte: u8) -> Self {
        let space = matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c');
        match (self, byte) {
            (At::TagName | At::Bare, _) if space => At::Between,
            (At::TagName | At::Name | At::AfterName | At::Between, b'/') => At::Between,
            (At::Name | At::AfterName, _) if space => At::AfterName,
            (At::Name | At::AfterName, b'=') => At::BeforeValue,
            (At::Between | At::BeforeValue, _) if space => self,
            (At::Between | At::Name | At::AfterName, _) => At::Name,
            (At::BeforeValue | At::Bare, _) => At::Bare,
            (At::TagName, _) => At::TagName,
        }
    }
}

/// Where the tag ends (at its `>`), and where its first attribute beyond the bound begins.
fn tag_end(bytes: &[u8], from: usize) -> (usize, Option<usize>) {
    let mut excess = None;
    let mut attributes = 0;
    let mut at = from;
    let mut state = At::TagName;
    while let Some(byte) = bytes.get(at) {
        let next = match (state, byte) {
            (_, b'>') => return (at, excess),
            (At::BeforeValue, b'"' | b'\'') => {
                at = find(bytes, at + 1, |b| b == *byte).unwrap_or(bytes.len());
                At::Between
            }
            _ => state.next(*byte),
        };
        if matches!((state, next), (At::Between | At::AfterName, At::Name)) {
            attributes += 1;
            if attributes > MAX_ATTRIBUTES && excess.is_none() {
                excess = Some(at);
            }
        }
        state = next;
        at += 1;
    }
    (bytes.len(), excess)
}

/// Where a comment ends whose beginning is this one.
fn comment_end(text: &str, from: usize) -> usize {
    let inner = text.get(from..).unwrap_or_default();
    if inner.starts_with('>') || inner.starts_with("->") {
        return from;
    }
    let mut ends = inner.match_indices('>').map(|(at, _)| at).filter(|at| {
        let before = inner.get(..*at).unwrap_or_default();
        before.ends_with("--") || before.ends_with("--!")
    });
    ends.next().map_or(text.len(), |end| from + end)
}

#[cfg(test)]
mod tests {
    use super::{MAX_ATTRIBUTES, bounded_attributes};

    /// What is left of many attributes between two texts.
    #[track_caller]
    fn check(before: &str, after: &str, most: usize) {
        let many: String = (0..2 * MAX_ATTRIBUTES)
            .map(|at| format!(" a{at}"))
            .collect();
        let left: String = (0..most).map(|at| format!(" a{at}")).collect();
        let bounded = bounded_attributes(&format!("{before}{many}{after}")).into_owned();
        assert_eq!(
            bounded.replacen(&left, "", 1).replace(' ', ""),
            format!("{before}{after}").replace(' ', "")
        );
    }

    #[test]
    fn only_a_tag_is_cut_and_its_end_is_where_the_tokenizer_has_it() {
        for before in [
            "<b",
            "</b",
            "<i a=x=\"><b",
            "<i =\"><b",
            "<i=\"><b",
            "<i a=\"<b\"><b",
            "<i a = '>'><b",
            "<!-- <i a=\" --><b",
            "<!-- <i a=\" --!><b",
            "<!-- ---><b",
            "<!--><b",
            "<!x <i a=\"><b",
            "<?x <i a=\"><b",
            "</ <i a=\"><b",
            "<!---><b",
        ] {
            check(before, ">c", MAX_ATTRIBUTES);
        }
        for before in ["", "<b>", "<!--", "<!-- -> <b", "<i a=\"", "<i a = '>"] {
            check(before, "", 2 * MAX_ATTRIBUTES);
        }
    }
}
