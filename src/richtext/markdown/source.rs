//! Source: what Azure DevOps adds to Markdown, spelled so that a parser of CommonMark takes it as one thing.
//!
//! A mention `@<GUID>` is disguised as an autolink, and the size in `![alt](url =20x10)` as the title of the image. The disguise
//! holds a word that the text does not contain, so wherever the parser finds it in code, HTML or plain text, the original
//! spelling is put back.

use std::borrow::Cow;

use crate::limit::MAX_PIXELS;
use crate::reference::{GUID_CHARS, is_guid};

/// How long the scheme of an autolink may be in CommonMark.
const MAX_SCHEME: usize = 32;

/// How the word of the disguise begins.
const STEM: &str = "vss";

/// How many digits of an image's width or height are read.
const MAX_DIGITS: usize = 6;

/// A text of Markdown in disguise.
pub(super) struct Source {
    /// What the parser gets.
    pub(super) text: String,
    /// A word that the original does not contain; empty when there is none that fits.
    word: String,
}

/// The width and height that a text asks for an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    /// Width in pixels.
    pub(super) width: Option<u32>,
    /// Height in pixels.
    pub(super) height: Option<u32>,
}

impl Source {
    /// Disguises a text.
    pub(super) fn new(text: &str) -> Self {
        let word = absent_word(text);
        if word.is_empty() {
            return Self {
                text: text.to_owned(),
                word,
            };
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(['@', '=']) {
            let (before, here) = rest.split_at(at);
            out.push_str(before);
            if let Some(guid) = mention(here) {
                out.push_str(&format!("<{word}:{guid}>"));
                rest = here.get(guid.len() + 3..).unwrap_or_default();
            } else if let Some(size) = size(here).filter(|_| out.ends_with(' ')) {
                out.push_str(&format!("({word}{size})"));
                rest = here.get(size.len()..).unwrap_or_default();
            } else {
                let (one, more) = here.split_at(1);
                out.push_str(one);
                rest = more;
            }
        }
        out.push_str(rest);
        Self { text: out, word }
    }

    /// A text that the parser found, as it was before the disguise.
    pub(super) fn restore<'a>(&self, found: &'a str) -> Cow<'a, str> {
        if self.word.is_empty() || !found.contains(&self.word) {
            return Cow::Borrowed(found);
        }
        let mut out = String::with_capacity(found.len());
        let mut rest = found;
        while let Some(at) = rest.find(&self.word) {
            let (before, here) = rest.split_at(at);
            let after = here.get(self.word.len()..).unwrap_or_default();
            let guid = after.get(1..=GUID_CHARS).filter(|guid| is_guid(guid));
            if let (Some(before), Some(guid)) = (before.strip_suffix('<'), guid) {
                out.push_str(before);
                out.push_str("@<");
                out.push_str(guid);
                rest = after.get(1 + GUID_CHARS..).unwrap_or_default();
            } else if let (Some(before), Some(size)) = (before.strip_suffix('('), size(after)) {
                out.push_str(before);
                out.push_str(size);
                rest = after.get(size.len() + 1..).unwrap_or_default();
            } else {
                out.push_str(before);
                out.push_str(&self.word);
                rest = after;
            }
        }
        out.push_str(rest);
        Cow::Owned(out)
    }

    /// The person mentioned by a link to this URL.
    pub(super) fn mentioned<'a>(&self, url: &'a str) -> Option<&'a str> {
        let guid = self.behind_word(url)?.strip_prefix(':')?;
        is_guid(guid).then_some(guid)
    }

    /// The size that stands in this title of an image.
    pub(super) fn size(&self, title: &str) -> Option<Size> {
        let size = self.behind_word(title)?.strip_prefix('=')?;
        let (width, height) = size.split_once('x')?;
        let pixels = |digits: &str| digits.parse().ok().filter(|size| *size <= MAX_PIXELS);
        Some(Size {
            width: pixels(width),
            height: pixels(height),
        })
    }

    fn behind_word<'a>(&self, text: &'a str) -> Option<&'a str> {
        text.strip_prefix(&self.word)
            .filter(|_| !self.word.is_empty())
    }
}

/// The stem with more letters `x` behind it than it has anywhere in the text, as it stands and as the parser decodes it.
fn absent_word(text: &str) -> String {
    let longest = longest_run(text).max(longest_run(&with_letters(text)));
    if STEM.len() + longest + 1 > MAX_SCHEME {
        return String::new();
    }
    format!("{STEM}{}", "x".repeat(longest + 1))
}

/// How many letters `x` stand behind the stem at most.
fn longest_run(text: &str) -> usize {
    let runs = text.match_indices(STEM).map(|(at, stem)| {
        let behind = text.as_bytes().get(at + stem.len()..).unwrap_or_default();
        behind.iter().take_while(|byte| **byte == b'x').count()
    });
    runs.max().unwrap_or(0)
}

/// The text with letters where it has references to them by number. No reference by name means a letter of the word.
fn with_letters(text: &str) -> Cow<'_, str> {
    if !text.contains("&#") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("&#") {
        out.push_str(before);
        match letter(behind) {
            Some((letter, after)) => {
                out.push(letter);
                rest = after;
            }
            None => {
                out.push_str("&#");
                rest = behind;
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The letter that a reference means whose number begins here, and what stands behind it.
fn letter(text: &str) -> Option<(char, &str)> {
    let (digits, radix) = match text.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16),
        None => (text, 10),
    };
    let end = digits.find(|c: char| !c.is_ascii_hexdigit())?;
    let (digits, after) = digits.split_at(end);
    let code = u8::from_str_radix(digits, radix).ok()?;
    let letter = char::from(code);
    let after = after.strip_prefix(';')?;
    letter.is_ascii_alphabetic().then_some((letter, after))
}

/// The GUID of a mention at the start of a text.
fn mention(text: &str) -> Option<&str> {
    let guid = text.strip_prefix("@<")?.get(..GUID_CHARS)?;
    let closed = text.as_bytes().get(GUID_CHARS + 2) == Some(&b'>');
    (closed && is_guid(guid)).then_some(guid)
}

/// The size at the start of a text, such as `=20x10` or `=20x`, when a parenthesis follows.
fn size(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        let behind = bytes.get(from..).unwrap_or_default().iter();
        behind.take_while(|byte| byte.is_ascii_digit()).count()
    };
    bytes.first().filter(|byte| **byte == b'=')?;
    let width = digits(1);
    bytes.get(1 + width).filter(|byte| **byte == b'x')?;
    let height = digits(2 + width);
    let end = 2 + width + height;
    bytes.get(end).filter(|byte| **byte == b')')?;
    let asks = width + height > 0 && width.max(height) <= MAX_DIGITS;
    text.get(..end).filter(|_| asks)
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn what_is_in_disguise_can_be_restored() {
        let guid = "0a1b2c3d-0000-1111-2222-333344445555";
        for text in [
            format!("a @<{guid}> b"),
            format!("vssx <vssxx:{guid}> @<{guid}>"),
            "![a](u =20x10) ![a](u =x10) ![a](u =20x) (vssx=1x1)".to_owned(),
            "no =x) =1x1 @<x>".to_owned(),
        ] {
            let source = Source::new(&text);
            assert_eq!(source.restore(&source.text), text);
        }
        let source = Source::new(&format!("@<{guid}>![a](u =20x10)"));
        assert_eq!(source.text, format!("<vssx:{guid}>![a](u (vssx=20x10))"));
    }

    #[test]
    fn the_word_is_in_no_text_that_the_parser_decodes() {
        for (text, word) in [
            ("vss&#120;", "vssxx"),
            ("&#118;&#x73;&#X000073;&#0000120;x", "vssxxx"),
            ("vssx&#12;&#120", "vssxx"),
            ("&#&#120;&#xvss&#99999;", "vssx"),
        ] {
            assert_eq!(Source::new(text).word, word, "{text}");
        }
    }
}
