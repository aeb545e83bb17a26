//! What the names of elements say.

use crate::html::style::{self, Style};
use crate::mark::Color;

/// What a tag says by itself.
pub(super) fn tag_style(name: &str, font_color: Option<&str>) -> Style {
    let mut style = Style::default();
    match name {
        "b" | "strong" | "dt" => style.strong = Some(true),
        "i" | "em" | "cite" | "var" | "dfn" => style.em = Some(true),
        "u" | "ins" => style.underline = Some(true),
        "s" | "strike" | "del" => style.strike = Some(true),
        "sub" => style.sub = Some(true),
        "sup" => style.sup = Some(true),
        "mark" => style.background = Some(Color([0xff, 0xff, 0])),
        "font" => style.color = font_color.and_then(style::color),
        _ => {}
    }
    style
}

/// Elements that only end the line before and after them.
pub(super) fn is_division(name: &str) -> bool {
    matches!(
        name,
        "p" | "div"
            | "html"
            | "body"
            | "section"
            | "article"
            | "aside"
            | "header"
            | "footer"
            | "main"
            | "nav"
            | "address"
            | "center"
            | "figure"
            | "figcaption"
            | "form"
            | "fieldset"
            | "legend"
            | "details"
            | "summary"
            | "dl"
            | "dt"
            | "dd"
            | "li"
            | "hgroup"
            | "dialog"
            | "search"
            | "noscript"
            | "tr"
            | "tbody"
            | "thead"
            | "tfoot"
            | "caption"
            | "td"
            | "th"
            | "optgroup"
            | "option"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "blockquote"
            | "ul"
            | "ol"
            | "pre"
            | "table"
            | "hr"
    )
}

/// Elements within a line that say nothing that is kept beyond their text, or whose marks are read elsewhere.
pub(super) fn is_plain_inline(name: &str) -> bool {
    matches!(
        name,
        "span"
            | "b"
            | "strong"
            | "i"
            | "em"
            | "cite"
            | "var"
            | "dfn"
            | "u"
            | "ins"
            | "s"
            | "strike"
            | "del"
            | "sub"
            | "sup"
            | "mark"
            | "font"
            | "code"
            | "tt"
            | "kbd"
            | "samp"
            | "small"
            | "big"
            | "abbr"
            | "acronym"
            | "q"
            | "bdi"
            | "bdo"
            | "time"
            | "data"
            | "label"
            | "nobr"
            | "ruby"
            | "rt"
            | "rp"
            | "button"
            | "select"
            | "textarea"
            | "output"
            | "picture"
            | "source"
            | "track"
    ) || name.contains(':')
}
