//! Raw HTML within Markdown, kept from reaching beyond its place.
//!
//! An element whose content is no markup, a comment or a tag that is never closed would swallow all the text behind it. So a block
//! of HTML is taken apart by the same tokenizer that reads HTML later, and its tags are written anew, each of them whole.

use std::cell::RefCell;

use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

use crate::html::{Counting, feed, is_tag};
use crate::loss::{Instead, LossKind, Losses};

use super::render::escape;

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

/// A block of HTML that ends where it ends.
pub(super) fn block(text: &str, losses: &mut Losses) -> String {
    let opts = TokenizerOpts {
        discard_bom: false,
        ..TokenizerOpts::default()
    };
    let tokenizer = Tokenizer::new(Rewriter::default(), opts);
    let fed = feed(&tokenizer, text);
    if fed.cut {
        losses.add(LossKind::TooLarge, Instead::Nothing);
    }
    tokenizer.end();
    let mut writing = tokenizer.sink.0.into_inner();
    for (kind, instead) in writing.lost {
        losses.add(kind, instead);
    }
    // What follows would have been within a tag that is never closed, so none of it is markup.
    let open = text.get(fed.open..).unwrap_or_default();
    if let Within::Markup = writing.within
        && is_tag(open)
    {
        writing.out.push_str(&open.replace('<', "&lt;"));
    }
    if let Within::Text(end) = writing.within {
        writing.out.push_str(end);
    }
    writing.out
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

/// Takes tokens and writes them anew.
#[derive(Default)]
struct Rewriter(RefCell<Writing>);

/// What was written so far.
#[derive(Default)]
struct Writing {
    out: String,
    lost: Vec<(LossKind, Instead)>,
    /// How many tokens were taken, errors aside.
    tokens: usize,
    within: Within,
}

/// What the tokens stand in.
#[derive(Default)]
enum Within {
    /// In nothing that changes how they are read.
    #[default]
    Markup,
    /// In an element that holds text only, which ends with this tag.
    Text(&'static str),
    /// In an element of this name that is left out, with so many of its kind open.
    Nothing(String, usize),
}

impl TokenSink for Rewriter {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut writing = self.0.borrow_mut();
        writing.tokens += usize::from(!matches!(token, Token::ParseError(_)));
        match token {
            Token::TagToken(tag) => match tag.kind {
                TagKind::StartTag => return writing.start(&tag),
                TagKind::EndTag => writing.end(&tag),
            },
            Token::CharacterTokens(text) => writing.text(&text),
            Token::CommentToken(_)
            | Token::DoctypeToken(_)
            | Token::NullCharacterToken
            | Token::ParseError(_)
            | Token::EOFToken => {}
        }
        TokenSinkResult::Continue
    }
}

impl Counting for Rewriter {
    fn count(&self) -> usize {
        self.0.borrow().tokens
    }
}

impl Writing {
    fn start(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name = &*tag.name;
        if let Within::Nothing(skipped, open) = &mut self.within {
            *open += usize::from(skipped == name && !tag.self_closing);
            return TokenSinkResult::Continue;
        }
        match name {
            "script" | "iframe" => self.placeholder(name),
            "svg" | "math" => {
                self.placeholder(name);
                if tag.self_closing {
                    self.within = Within::Markup;
                }
            }
            "style" | "title" | "noembed" | "noframes" | "template" => self.leave_out(name),
            "textarea" => {
                self.out.push_str("<textarea>");
                self.within = Within::Text("</textarea>");
            }
            "xmp" => {
                self.out.push_str("<pre>\n");
                self.within = Within::Text("</pre>");
            }
            // This element can never be closed.
            "plaintext" => self.out.push_str("&lt;plaintext>"),
            "select" | "frameset" => self.lost.push((LossKind::Unsupported, Instead::Text)),
            _ => self.tag(tag),
        }
        match name {
            "script" => TokenSinkResult::RawData(RawKind::ScriptData),
            "style" | "xmp" | "iframe" | "noembed" | "noframes" => {
                TokenSinkResult::RawData(RawKind::Rawtext)
            }
            "title" | "textarea" => TokenSinkResult::RawData(RawKind::Rcdata),
            _ => TokenSinkResult::Continue,
        }
    }

    fn end(&mut self, tag: &Tag) {
        let name = &*tag.name;
        match &mut self.within {
            Within::Markup if !SWALLOWING.contains(&name) => {
                self.out.push_str(&format!("</{}>", plain_name(name)));
            }
            Within::Markup => {}
            Within::Text(end) => {
                self.out.push_str(end);
                self.within = Within::Markup;
            }
            Within::Nothing(skipped, open) if skipped == name => {
                *open -= 1;
                if *open == 0 {
                    self.within = Within::Markup;
                }
            }
            Within::Nothing(..) => {}
        }
    }

    /// An element that is named where it stood, without its content.
    fn placeholder(&mut self, name: &str) {
        self.out.push_str(&format!("<{name}></{name}>"));
        self.within = Within::Nothing(name.to_owned(), 1);
    }

    /// An element that is no content of HTML.
    fn leave_out(&mut self, name: &str) {
        self.lost.push((LossKind::Unsupported, Instead::Nothing));
        self.within = Within::Nothing(name.to_owned(), 1);
    }

    fn tag(&mut self, tag: &Tag) {
        self.out.push_str(&format!("<{}", plain_name(&tag.name)));
        for attribute in &tag.attrs {
            let name = &*attribute.name.local;
            if name.chars().all(is_plain) {
                self.out.push_str(&format!(" {name}=\""));
                self.text(&attribute.value);
                self.out.push('"');
            }
        }
        self.out.push('>');
    }

    fn text(&mut self, text: &str) {
        if let Within::Nothing(..) = self.within {
            return;
        }
        for c in text.chars() {
            match c {
                // Without this it would be read as a line feed.
                '\r' => self.out.push_str("&#13;"),
                c => escape(&mut self.out, c),
            }
        }
    }
}

/// Whether a sign in a name means only itself wherever it stands in a tag.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_:.".contains(c)
}

/// A name of an element; signs that no known one has become dashes.
fn plain_name(name: &str) -> String {
    let plain = |c| if is_plain(c) { c } else { '-' };
    name.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::{Losses, block};

    #[test]
    fn a_block_of_html_ends_where_it_ends() {
        for (text, expected) in [
            ("<div>a", "<div>a"),
            ("<style>a", ""),
            ("a <!-- b", "a "),
            ("<!-- <b -->", ""),
            ("<div class=\"a>", "&lt;div class=\"a>"),
            ("<i>a<b @<c", "<i>a&lt;b @&lt;c"),
            ("<a b='>'>", "<a b=\"&gt;\">"),
            ("<a b='>'>'>", "<a b=\"&gt;\">'&gt;"),
            ("<PlainText>a", "&lt;plaintext>a"),
            ("<div =\"><i title=\">", "<div>&lt;i title=\">"),
            (
                "<div a=x=\"><i title=\">",
                "<div a=\"x=&quot;\">&lt;i title=\">",
            ),
            ("<!-- a --!><b title=\"\n-->", "&lt;b title=\"\n-->"),
            ("<script><!--<script>", "<script></script>"),
            ("</><i title=\">", "&lt;i title=\">"),
            ("<xmp><b></xmp>&amp;", "<pre>\n&lt;b&gt;</pre>&amp;"),
            ("<textarea><b>", "<textarea>&lt;b&gt;</textarea>"),
            ("<svg><i></svg>b", "<svg></svg>b"),
            ("<svg><foreignObject><div>a", "<svg></svg>"),
            ("<template><template></template>a", ""),
            ("<select><option>a", "<option>a"),
            ("<a<b\"c>d", "<a-b-c>d"),
            ("<script>a</script title=\"", "<script></script>"),
        ] {
            assert_eq!(block(text, &mut Losses::default()), expected);
        }
    }
}
