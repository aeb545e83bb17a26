//! Parts: a long text cut where nothing of Markdown reaches across.
//!
//! Parsers hold a tree of all that they read, which is many times as large as the text. So a long text is read in parts. It is cut
//! before a line that begins with a letter or a number sign right after an empty line: such a line is in no list, quote or code. Three things
//! reach further, and a text that may have any of them is read as one: definitions of references, HTML, and fences of code that do not
//! stand at the very beginning of a line.

/// Where a text may be cut, at least so many bytes apart.
pub(super) fn parts(text: &str, least: usize) -> Vec<&str> {
    let mut out = Vec::new();
    if text.len() <= least || !is_plain(text) {
        return vec![text];
    }
    let mut from = 0;
    let mut at = 0;
    let mut fence = Fence::default();
    let mut blank = false;
    for line in text.split_inclusive('\n') {
        let words = line.trim_end_matches(['\n', '\r', ' ', '\t']);
        let begins = line.starts_with(|c: char| c == '#' || c.is_alphabetic());
        if blank && begins && !fence.open && at - from >= least {
            out.push(text.get(from..at).unwrap_or_default());
            from = at;
        }
        if !fence.take(words) {
            return vec![text];
        }
        blank = words.is_empty();
        at += line.len();
    }
    out.push(text.get(from..).unwrap_or_default());
    out
}

/// Whether a text has no definition of a reference, no HTML, and no line that ends with a carriage return alone.
fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    let begins_tag = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'/' | b'!' | b'?');
    while let Some(found) = bytes.get(at..).and_then(|rest| {
        rest.iter()
            .position(|byte| matches!(byte, b'<' | b']' | b'\r'))
    }) {
        at += found;
        let rest = bytes.get(at + 1..).unwrap_or_default();
        let next = rest.first().copied().unwrap_or_default();
        let reaches = match bytes.get(at) {
            // No element has a name with a colon in it, so these are addresses.
            Some(b'<') if rest.starts_with(b"http:") || rest.starts_with(b"https:") => false,
            Some(b'<') => begins_tag(next),
            Some(b']') => next == b':',
            _ => next != b'\n',
        };
        if reaches {
            return false;
        }
        at += 1;
    }
    true
}

/// The fence of code that is open.
#[derive(Default)]
struct Fence {
    open: bool,
    sign: u8,
    length: usize,
}

impl Fence {
    /// Looks at a line without the white space at its end; false where a fence may be one of a list or a quote.
    fn take(&mut self, line: &str) -> bool {
        let sign = match line.as_bytes().first() {
            Some(sign @ (b'`' | b'~')) => *sign,
            _ => return !line.contains("```") && !line.contains("~~~"),
        };
        let length = line.bytes().take_while(|byte| *byte == sign).count();
        let info = line.get(length..).unwrap_or_default();
        if self.open {
            let closes = sign == self.sign && length >= self.length && info.is_empty();
            self.open = !closes;
            return closes || length < 3 || sign != self.sign || !info.is_empty();
        }
        if length >= 3 && !(sign == b'`' && info.contains('`')) {
            (self.open, self.sign, self.length) = (true, sign, length);
            return true;
        }
        !info.contains("```") && !info.contains("~~~")
    }
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(parts(text, 1), expected);
    }

    #[test]
    fn a_text_is_cut_where_nothing_reaches_across() {
        check("a\n\nb\n\n# c\n", &["a\n\n", "b\n\n", "# c\n"]);
        check(
            "a\nb\n\n- c\n\n- d\n\n  e\n\nf",
            &["a\nb\n\n- c\n\n- d\n\n  e\n\n", "f"],
        );
        check("```\n\na\n\n```\n\nb", &["```\n\na\n\n```\n\n", "b"]);
        check(
            "a\r\n\r\nb <https://x.example>",
            &["a\r\n\r\n", "b <https://x.example>"],
        );
        for whole in [
            "[a]\n\nb\n\n[a]: /x",
            "<div>\n\na\n\nb",
            "- ```\n\na\n\nb",
            "a\r\rb\n\nc",
            "~~~\n\na\n\nb",
        ] {
            check(whole, &[whole]);
        }
    }
}
