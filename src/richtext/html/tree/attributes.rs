//! Feeding the tokenizer, with tags cut to the attributes that are looked at.
//!
//! Whether a sign begins a tag or stands in a comment, in a script or in text, only the tokenizer knows. So it gets the text in
//! pieces, none with a `<` behind its first sign. While it hands out nothing, it is still reading what began where it last did; if
//! that is a tag, it is followed here too, to find the attributes beyond the bound.

use html5ever::TokenizerResult;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, TokenSink, Tokenizer};

use crate::limit::MAX_ATTRIBUTES;

/// How many spaces and slashes a piece holds at most: as many attributes may begin in it.
const PIECE_SPACES: usize = 128;

/// A sink that knows how many tokens it took, errors aside.
pub(crate) trait Counting {
    /// How many.
    fn count(&self) -> usize;
}

/// How a text was fed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fed {
    /// Whether attributes were left out.
    pub(crate) cut: bool,
    /// Where what was not handed out yet begins.
    pub(crate) open: usize,
}

/// Feeds a whole text, which the caller ends.
pub(crate) fn feed<S: TokenSink + Counting>(tokenizer: &Tokenizer<S>, text: &str) -> Fed {
    let mut feeder = Feeder {
        tokenizer,
        whole: StrTendril::from_slice(text),
        input: BufferQueue::default(),
    };
    let mut fed = Fed {
        cut: false,
        open: 0,
    };
    let (mut at, mut followed) = (0, 0);
    while at < text.len() {
        let end = piece_end(text, at);
        let piece = text.get(at..end).unwrap_or_default();
        // Text may have waited for this sign, and a tag may begin with it.
        let first = at + piece.chars().next().map_or(0, char::len_utf8);
        if feeder.feed(at, first) {
            fed.open = if piece.starts_with('<') { at } else { end };
        }
        // This is nothing at all.
        let nothing = fed.open == at && piece == "</>";
        if feeder.feed(first, end) || nothing {
            fed.open = end;
        }
        at = end;
        if fed.open < at && at >= followed && is_tag(text.get(fed.open..).unwrap_or_default()) {
            let (end, excess) = tag_end(text.as_bytes(), fed.open + 1, at);
            followed = end;
            if let Some(excess) = excess {
                feeder.feed(at, excess);
                fed.cut = true;
                at = end;
            }
        }
    }
    fed
}

struct Feeder<'a, S> {
    tokenizer: &'a Tokenizer<S>,
    whole: StrTendril,
    input: BufferQueue,
}

impl<S: TokenSink + Counting> Feeder<'_, S> {
    /// Feeds a part of the text; true when the tokenizer handed something out.
    fn feed(&mut self, from: usize, to: usize) -> bool {
        let before = self.tokenizer.sink.count();
        let (Ok(offset), Ok(length)) = (u32::try_from(from), u32::try_from(to - from)) else {
            return false;
        };
        if let Ok(piece) = self.whole.try_subtendril(offset, length) {
            self.input.push_back(piece);
        }
        while !matches!(self.tokenizer.feed(&self.input), TokenizerResult::Done) {}
        self.tokenizer.sink.count() != before
    }
}

/// Where the piece ends that begins here.
fn piece_end(text: &str, from: usize) -> usize {
    let mut spaces = 0;
    let bytes = text.as_bytes().iter().enumerate().skip(from);
    for (at, byte) in bytes {
        if *byte == b'<' && at > from {
            return at;
        }
        spaces += usize::from(byte.is_ascii_whitespace() || *byte == b'/');
        if spaces > PIECE_SPACES {
            return at + 1;
        }
    }
    text.len()
}

/// Whether a text begins with a tag, where a tag may begin.
pub(crate) fn is_tag(text: &str) -> bool {
    let behind = text.strip_prefix('<').unwrap_or_default();
    let name = behind.strip_prefix('/').unwrap_or(behind);
    name.starts_with(|c: char| c.is_ascii_alphabetic())
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

/// Where the tag ends (at its `>`) whose name begins here or behind a slash, and where its first attribute beyond the bound begins
/// that does not stand before a place.
fn tag_end(bytes: &[u8], from: usize, least: usize) -> (usize, Option<usize>) {
    let mut excess = None;
    let mut attributes = 0;
    let mut at = from + usize::from(bytes.get(from) == Some(&b'/'));
    let mut state = At::TagName;
    while let Some(byte) = bytes.get(at) {
        let next = match (state, byte) {
            (_, b'>') => return (at, excess),
            (At::BeforeValue, b'"' | b'\'') => {
                at = find(bytes, at + 1, *byte).unwrap_or(bytes.len());
                At::Between
            }
            _ => state.next(*byte),
        };
        if matches!((state, next), (At::Between | At::AfterName, At::Name)) {
            attributes += 1;
            if attributes > MAX_ATTRIBUTES && at >= least && excess.is_none() {
                excess = Some(at);
            }
        }
        state = next;
        at += 1;
    }
    (bytes.len(), excess)
}

fn find(bytes: &[u8], from: usize, wanted: u8) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let found = rest.iter().position(|byte| *byte == wanted)?;
    Some(from + found)
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use html5ever::tokenizer::states::RawKind;
    use html5ever::tokenizer::{
        TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
    };

    use super::{Counting, Fed, MAX_ATTRIBUTES, PIECE_SPACES, feed};

    /// Takes tokens, and remembers the attributes of the largest tag and all text.
    #[derive(Default)]
    struct Taker {
        count: Cell<usize>,
        most: Cell<usize>,
        text: RefCell<String>,
    }

    impl TokenSink for Taker {
        type Handle = ();

        fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
            let error = matches!(token, Token::ParseError(_));
            self.count.set(self.count.get() + usize::from(!error));
            match token {
                Token::TagToken(tag) => {
                    self.most.set(self.most.get().max(tag.attrs.len()));
                    match &*tag.name {
                        _ if tag.kind == TagKind::EndTag => {}
                        "script" => return TokenSinkResult::RawData(RawKind::ScriptData),
                        "textarea" => return TokenSinkResult::RawData(RawKind::Rcdata),
                        _ => {}
                    }
                }
                Token::CharacterTokens(text) => self.text.borrow_mut().push_str(&text),
                _ => {}
            }
            TokenSinkResult::Continue
        }
    }

    impl Counting for Taker {
        fn count(&self) -> usize {
            self.count.get()
        }
    }

    fn fed(text: &str) -> (Fed, Taker) {
        let tokenizer = Tokenizer::new(Taker::default(), TokenizerOpts::default());
        let fed = feed(&tokenizer, text);
        tokenizer.end();
        (fed, tokenizer.sink)
    }

    fn many() -> String {
        let many = 0..20 * MAX_ATTRIBUTES;
        many.map(|at| format!(" a{at}")).collect()
    }

    #[test]
    fn a_tag_is_cut_wherever_the_tokenizer_sees_one() {
        for before in [
            "<b",
            "<<b",
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
            "</ <i a=\"><b",
            "<script><i a=\"</script><b",
            "<script><!--</script><b",
            "<textarea><i a='</textarea><b",
            "&am<b",
        ] {
            let (fed, taker) = fed(&format!("{before}{}>seen", many()));
            assert!(fed.cut, "{before}");
            assert!(
                taker.most.get() <= 2 * MAX_ATTRIBUTES + PIECE_SPACES,
                "{before}"
            );
            assert!(taker.text.borrow().ends_with("seen"), "{before}");
        }
    }

    #[test]
    fn what_is_no_tag_stays_whole() {
        let many = many();
        for before in [
            "",
            "<b>",
            "a < b",
            "<textarea>",
            "<textarea><b",
            "<script><b",
            "<i a='",
        ] {
            let (fed, taker) = fed(&format!("{before}{many}"));
            assert!(!fed.cut, "{before}");
            let shown = taker.text.borrow().contains(&many);
            assert_eq!(shown, before != "<i a='", "{before}");
        }
    }

    #[test]
    fn what_was_not_handed_out_begins_where_its_tag_does() {
        for (text, open) in [
            ("a<b>c", ""),
            ("<b>c<i title=\">", "<i title=\">"),
            ("</><i title=\">", "<i title=\">"),
            ("<<i title='", "<i title='"),
            ("<i a='<b>", "<i a='<b>"),
            ("<!-- <b>", "<!-- <b>"),
            ("a <b", "<b"),
        ] {
            assert_eq!(&text[fed(text).0.open..], open, "{text}");
        }
    }
}
