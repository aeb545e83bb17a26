//! Rich text as the service keeps it: sanitised by a white-list and normalised, so that what is
//! stored differs from what was sent in harmless ways (azure.md 9). Also the reading of such text
//! as plain words.

use std::collections::HashSet;
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};

use super::limit;

const TAGS: [&str; 48] = [
    "a",
    "b",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "div",
    "dl",
    "dt",
    "em",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
];
const STYLES: [&str; 12] = [
    "background-color",
    "color",
    "font-family",
    "font-size",
    "font-style",
    "font-weight",
    "margin",
    "padding",
    "text-align",
    "text-decoration",
    "width",
    "height",
];
const BLOCKS: [&str; 24] = [
    "blockquote",
    "br",
    "caption",
    "dd",
    "div",
    "dl",
    "dt",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "table",
    "td",
    "th",
    "tr",
    "ul",
    "center",
];

const VOID: [&str; 5] = ["br", "hr", "img", "col", "input"];

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(cleaner);

fn cleaner() -> Builder<'static> {
    let mut builder = Builder::new();
    builder
        .tags(HashSet::from(TAGS))
        .clean_content_tags(HashSet::from([
            "script", "style", "title", "xmp", "noembed",
        ]))
        .tag_attributes(
            [
                (
                    "a",
                    HashSet::from(["href", "data-vss-mention", "title", "target"]),
                ),
                (
                    "img",
                    HashSet::from(["src", "alt", "width", "height", "title"]),
                ),
                (
                    "td",
                    HashSet::from(["colspan", "rowspan", "align", "valign"]),
                ),
                (
                    "th",
                    HashSet::from(["colspan", "rowspan", "align", "valign", "scope"]),
                ),
                ("ol", HashSet::from(["start", "type"])),
                (
                    "table",
                    HashSet::from(["border", "cellpadding", "cellspacing", "width"]),
                ),
                ("font", HashSet::from(["color", "face", "size"])),
                ("col", HashSet::from(["span", "width"])),
            ]
            .into(),
        )
        .generic_attributes(HashSet::from(["style", "dir", "lang"]))
        .filter_style_properties(HashSet::from(STYLES))
        .url_schemes(HashSet::from([
            "http", "https", "mailto", "ftp", "file", "tel",
        ]))
        .url_relative(UrlRelative::PassThrough)
        .link_rel(None);
    builder
}

/// What the service stores of an HTML text: empty when nothing is left of it.
pub(crate) fn sanitise(source: &str) -> String {
    if depth(source) > limit::HTML_DEPTH {
        return format!("<div>{}</div>", escape(&plain(source)));
    }
    let clean = CLEANER.clean(source).to_string();
    let trimmed = clean.trim();
    if trimmed.is_empty() || begins_with_block(trimmed) {
        return trimmed.to_owned();
    }
    format!("<div>{trimmed}</div>")
}

/// How deeply a text may nest at most: an element without an end counts as open for ever.
fn depth(source: &str) -> usize {
    let (mut open, mut deepest) = (0_usize, 0);
    for tag in source.split('<').skip(1) {
        if tag.starts_with('/') {
            open = open.saturating_sub(1);
        } else if tag.starts_with(|c: char| c.is_ascii_alphabetic()) {
            open += usize::from(!VOID.contains(&name_of(tag).as_str()));
            deepest = deepest.max(open);
        }
    }
    deepest
}

fn begins_with_block(html: &str) -> bool {
    let Some(rest) = html.strip_prefix('<') else {
        return false;
    };
    BLOCKS.contains(&name_of(rest).as_str())
}

fn name_of(tag: &str) -> String {
    tag.trim_start_matches('/')
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .flat_map(char::to_lowercase)
        .collect()
}

/// The words of sanitised HTML with white space collapsed; a block's boundary counts as one space.
pub(crate) fn plain(html: &str) -> String {
    let mut words = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        decode(before, &mut words);
        let (tag, following) = after.split_once('>').unwrap_or((after, ""));
        if BLOCKS.contains(&name_of(tag).as_str()) {
            words.push(' ');
        }
        rest = following;
    }
    decode(rest, &mut words);
    collapse(&words)
}

/// White space collapsed to single spaces.
pub(crate) fn collapse(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn decode(text: &str, into: &mut String) {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        into.push_str(before);
        match after
            .split_once(';')
            .and_then(|(name, tail)| Some((entity(name)?, tail)))
        {
            Some((letter, tail)) => {
                into.push(letter);
                rest = tail;
            }
            None => {
                into.push('&');
                rest = after;
            }
        }
    }
    into.push_str(rest);
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "nbsp" => Some(' '),
        _ => char::from_u32(name.strip_prefix('#')?.parse().ok()?),
    }
}

/// The address of the first link in a text: where a synchroniser leaves its mark in a comment.
pub(crate) fn first_link(html: &str) -> Option<String> {
    let at = html.find("<a ")?;
    let tag = html.get(at..)?.split('>').next()?;
    let (_, value) = tag.split_once("href=\"")?;
    let mut href = String::new();
    decode(value.split('"').next()?, &mut href);
    Some(href)
}

/// Markdown shown as HTML, as far as comments need it: paragraphs of escaped text.
pub(crate) fn render_markdown(source: &str) -> String {
    source
        .split("\n\n")
        .filter(|paragraph| !paragraph.trim().is_empty())
        .map(|paragraph| format!("<p>{}</p>\n", escape(paragraph.trim())))
        .collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// People mentioned in an HTML text: the ids in `data-vss-mention="version:2.0,{id}"` (azure.md 9).
pub(crate) fn mentions(html: &str) -> Vec<String> {
    html.split("data-vss-mention=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next()?.split_once(','))
        .map(|(_, id)| id.trim_matches(['{', '}']).to_owned())
        .collect()
}

/// People mentioned in a Markdown text: `@<id>` (azure.md 9).
pub(crate) fn markdown_mentions(text: &str) -> Vec<String> {
    text.split("@<")
        .skip(1)
        .filter_map(|rest| rest.split_once('>'))
        .map(|(id, _)| id)
        .filter(|id| id.len() == 36 && id.chars().all(|c| c.is_ascii_hexdigit() || c == '-'))
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_harmful_goes_and_what_is_harmless_stays() {
        for (sent, stored) in [
            ("plain words", "<div>plain words</div>"),
            ("<p>a</p>", "<p>a</p>"),
            ("<b>a</b> <i>b</i>", "<div><b>a</b> <i>b</i></div>"),
            (
                "<p onclick=\"x()\">a<script>alert(1)</script></p>",
                "<p>a</p>",
            ),
            ("<p><a href=\"javascript:x()\">a</a></p>", "<p><a>a</a></p>"),
            (
                "<p><a href='https://x.example/?a=1&b=2'>a</a></p>",
                "<p><a href=\"https://x.example/?a=1&amp;b=2\">a</a></p>",
            ),
            (
                "<p><img src=data:image/png;base64,AA alt=x></p>",
                "<p><img alt=\"x\"></p>",
            ),
            ("<td colspan=2>a</td>", "<div>a</div>"),
            (
                "<table><tr><td colspan=2>a</td></tr></table>",
                "<table><tbody><tr><td colspan=\"2\">a</td></tr></tbody></table>",
            ),
            (
                "<p style=\"color:red;position:fixed\">a</p>",
                "<p style=\"color:red\">a</p>",
            ),
            ("<div>a\u{a0}b</div>", "<div>a&nbsp;b</div>"),
            (
                "<div><a href=\"#\" data-vss-mention=\"version:2.0,1-2\">@A</a></div>",
                "<div><a href=\"#\" data-vss-mention=\"version:2.0,1-2\">@A</a></div>",
            ),
            ("<script>alert(1)</script>", ""),
        ] {
            assert_eq!(sanitise(sent), stored, "{sent}");
            assert_eq!(sanitise(&sanitise(sent)), stored, "twice: {sent}");
        }
    }

    #[test]
    fn a_block_boundary_is_one_space() {
        for (html, text) in [
            ("<p>a</p><p>b</p>", "a b"),
            ("a<b>b</b>c", "abc"),
            ("<ul><li>x</li><li>y &amp; z</li></ul>", "x y & z"),
            ("a<br>b&nbsp; c", "a b c"),
            ("1 &lt; 2 &unknown; &#65;", "1 < 2 &unknown; A"),
        ] {
            assert_eq!(plain(html), text, "{html}");
        }
    }

    #[test]
    fn the_first_link_is_found() {
        let html = "<div>see <a href=\"https://x.example/?a=1&amp;b=2\">it</a></div>";
        assert_eq!(
            first_link(html).as_deref(),
            Some("https://x.example/?a=1&b=2")
        );
        assert_eq!(first_link("<div>nothing</div>"), None);
    }

    #[test]
    fn deep_nesting_breaks_nothing() {
        for depth in [2_000, 100_000] {
            let deep = format!(
                "{}x &lt; y{}",
                "<div>".repeat(depth),
                "</div>".repeat(depth)
            );
            assert_eq!(plain(&sanitise(&deep)), "x < y", "{depth}");
        }
        let long = "<p>a<br>b</p>".repeat(20_000);
        assert!(sanitise(&long).starts_with("<p>a<br>b</p>"));
    }
}
