//! Inline CSS that carries meaning, and the names of colours.

use crate::block::{Alignment, VerticalAlign};
use crate::mark::Color;

use super::color::background;
pub(super) use super::color::color;

/// What an element's own tag and style say; `None` where they say nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) strong: Option<bool>,
    pub(super) em: Option<bool>,
    pub(super) underline: Option<bool>,
    pub(super) strike: Option<bool>,
    pub(super) sub: Option<bool>,
    pub(super) sup: Option<bool>,
    pub(super) color: Option<Color>,
    pub(super) background: Option<Color>,
    pub(super) alignment: Option<Alignment>,
    pub(super) valign: Option<VerticalAlign>,
    /// Width in pixels.
    pub(super) width: Option<u32>,
    /// Height in pixels.
    pub(super) height: Option<u32>,
    /// What becomes of white space.
    pub(super) space: Option<Space>,
    /// Lines around it.
    pub(super) frame: Option<Frame>,
    /// What it is in a word processor's list.
    pub(super) list: Option<ListRole>,
    /// Not shown at all.
    pub(super) hidden: bool,
    /// In a font, size or case of its own.
    pub(super) letters: bool,
    /// Indented.
    pub(super) shifted: bool,
    /// Set to both sides, or from right to left.
    pub(super) turned: bool,
    /// With numbers other than 1, 2, 3.
    pub(super) numbered: bool,
    /// At the side, with the text around it.
    pub(super) floats: bool,
    /// As wide as a part of what is around it.
    pub(super) relative: bool,
}

/// What becomes of white space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Space {
    /// Any of it in a row is one space.
    #[default]
    Collapsed,
    /// Line breaks stay, other white space is collapsed.
    Lines,
    /// All of it stays.
    Kept,
}

/// Lines that are drawn at the edges of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// Said to have none.
    None,
    /// Only at the left, as mail programs mark what is answered.
    Left,
    /// Only at the top, as mail programs part an answer from what is answered.
    Top,
    /// Any other.
    Other,
}

/// What an element is in a word processor's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListRole {
    /// An item.
    Item(ListLevel),
    /// The bullet or number of an item.
    Marker,
}

/// A level of one of a word processor's lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ListLevel {
    /// The number of the list.
    pub(super) list: u32,
    /// 1 for the outermost, 9 for the innermost level.
    pub(super) level: u8,
}

impl Style {
    /// Reads the content of a `style` attribute. Declarations that mean nothing here are passed over.
    pub(super) fn read(css: &str) -> Self {
        let mut style = Style::default();
        for declaration in css.split(';') {
            if let Some((name, value)) = declaration.split_once(':') {
                let value = value.trim().to_ascii_lowercase();
                let value = value.trim_end_matches("!important").trim();
                style.declare(&name.trim().to_ascii_lowercase(), value);
            }
        }
        style
    }

    fn declare(&mut self, name: &str, value: &str) {
        match name {
            "font-weight" => self.strong = is_bold(value).or(self.strong),
            "font-style" => self.em = Some(value == "italic" || value.starts_with("oblique")),
            "font" => self.font(value),
            "text-decoration" | "text-decoration-line" => {
                self.underline = Some(value.contains("underline"));
                self.strike = Some(value.contains("line-through"));
            }
            "vertical-align" => {
                self.sub = Some(value == "sub");
                self.sup = Some(value == "super");
                self.valign = valign(value).or(self.valign);
            }
            "color" => self.color = color(value),
            "background-color" | "background" => self.background = background(value),
            "text-align" => {
                self.alignment = alignment(value);
                self.turned |= value == "justify";
            }
            "direction" => self.turned |= value == "rtl",
            "width" | "height" => self.size(name, value),
            "font-size" | "font-family" | "font-variant" | "text-transform" => {
                self.letters = is_own(value);
            }
            "margin-left" | "padding-left" | "text-indent" => self.shifted |= is_shift(value),
            "margin" | "padding" => self.shifted |= is_shift(left(value)),
            "list-style" | "list-style-type" => self.numbered = is_numbering(value),
            "float" => self.floats = matches!(value, "left" | "right"),
            "display" => self.hidden = value == "none",
            "mso-hide" => self.hidden |= value == "all",
            "white-space" => self.space = space(value),
            "border" | "border-left" | "border-top" | "border-right" | "border-bottom" => {
                self.border(name, value);
            }
            "mso-list" => self.list = list_role(value),
            _ => {}
        }
    }

    fn size(&mut self, name: &str, value: &str) {
        let size = length(value);
        match name {
            "width" => self.width = size,
            _ => self.height = size,
        }
        self.relative |= value.ends_with('%');
    }

    /// The short form of all that is said of letters.
    fn font(&mut self, value: &str) {
        self.letters = is_own(value);
        let mut words = value.split_ascii_whitespace();
        let bold = words
            .clone()
            .any(|word| matches!(word, "bold" | "bolder" | "600" | "700" | "800" | "900"));
        let italic = words.any(|word| matches!(word, "italic" | "oblique"));
        self.strong = bold.then_some(true).or(self.strong);
        self.em = italic.then_some(true).or(self.em);
    }

    /// What a border leaves of the frame so far. A later declaration of one edge adds to `border:none`.
    fn border(&mut self, name: &str, value: &str) {
        let drawn = !value
            .split_ascii_whitespace()
            .any(|word| matches!(word, "none" | "hidden" | "0" | "0px" | "initial" | "unset"));
        let frame = match (name, drawn) {
            ("border", false) => Frame::None,
            (_, false) => return,
            ("border-left", true) => Frame::Left,
            ("border-top", true) => Frame::Top,
            (_, true) => Frame::Other,
        };
        self.frame = match self.frame {
            None | Some(Frame::None) => Some(frame),
            Some(known) if known == frame => Some(known),
            Some(_) => Some(Frame::Other),
        };
    }
}

fn space(value: &str) -> Option<Space> {
    match value {
        "normal" | "nowrap" => Some(Space::Collapsed),
        "pre-line" => Some(Space::Lines),
        "pre" | "pre-wrap" | "break-spaces" => Some(Space::Kept),
        _ => None,
    }
}

/// Whether a value says something else than what is around or what is usual.
fn is_own(value: &str) -> bool {
    let usual = [
        "", "inherit", "initial", "unset", "normal", "none", "medium",
    ];
    !usual.contains(&value)
}

/// Whether this is a length other than 0.
fn is_shift(value: &str) -> bool {
    let number = value.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
    number.parse::<f64>().is_ok_and(|length| length != 0.0)
}

/// What the short form for all four sides says of the left one.
fn left(value: &str) -> &str {
    let mut sides = value.split_ascii_whitespace();
    let count = sides.clone().count();
    let at = match count {
        4 => 3,
        2 | 3 => 1,
        _ => 0,
    };
    sides.nth(at).unwrap_or_default()
}

/// Whether a kind of bullet or number numbers, and not as all lists do.
fn is_numbering(value: &str) -> bool {
    let kinds = ["alpha", "latin", "roman", "greek", "leading-zero"];
    kinds.iter().any(|kind| value.contains(kind))
}

/// `l0 level1 lfo1`, or `Ignore` for what is drawn before an item.
fn list_role(value: &str) -> Option<ListRole> {
    if value == "ignore" {
        return Some(ListRole::Marker);
    }
    let mut words = value.split_ascii_whitespace();
    let list = words.next()?.strip_prefix('l')?.parse().ok()?;
    let level = words.next()?.strip_prefix("level")?.parse().ok()?;
    (1..=9)
        .contains(&level)
        .then_some(ListRole::Item(ListLevel { list, level }))
}

/// A length in pixels: `200`, `200px`, `150pt`. Others depend on what is around.
pub(super) fn length(value: &str) -> Option<u32> {
    let value = value.trim();
    let (number, scale) = match value.strip_suffix("pt") {
        Some(points) => (points, 4.0 / 3.0),
        None => (value.strip_suffix("px").unwrap_or(value), 1.0),
    };
    let pixels = number.trim().parse::<f64>().ok()? * scale;
    (0.0..=100_000.0)
        .contains(&pixels)
        .then_some(pixels.round() as u32)
}

/// The value of `vertical-align` or of the attribute `valign`, as far as it is one of a cell.
pub(super) fn valign(value: &str) -> Option<VerticalAlign> {
    match value.trim().to_ascii_lowercase().as_str() {
        "top" => Some(VerticalAlign::Top),
        "middle" => Some(VerticalAlign::Middle),
        "bottom" => Some(VerticalAlign::Bottom),
        _ => None,
    }
}

fn is_bold(value: &str) -> Option<bool> {
    match value {
        "bold" | "bolder" => Some(true),
        "normal" | "lighter" => Some(false),
        number => number.parse::<u32>().ok().map(|weight| weight >= 600),
    }
}

/// The value of `text-align` or of the attribute `align`.
pub(super) fn alignment(value: &str) -> Option<Alignment> {
    match value.trim().to_ascii_lowercase().as_str() {
        "center" | "-webkit-center" | "middle" => Some(Alignment::Center),
        "right" | "end" | "-webkit-right" => Some(Alignment::End),
        "left" | "start" | "justify" => Some(Alignment::Start),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Frame, Style, length};
    use crate::mark::Color;

    #[test]
    fn a_background_is_found_among_other_values() {
        for (css, expected) in [
            ("background:yellow", Some([255, 255, 0])),
            ("background: #ff0 none repeat scroll", Some([255, 255, 0])),
            (
                "background:url(x.png) rgb(255, 255, 0) no-repeat",
                Some([255, 255, 0]),
            ),
            ("background:none", None),
            ("background:url(red)", None),
            ("background:rgb(", None),
            ("BACKGROUND-COLOR:Yellow !IMPORTANT", Some([255, 255, 0])),
        ] {
            assert_eq!(Style::read(css).background, expected.map(Color), "{css}");
        }
    }

    #[test]
    fn a_frame_is_what_its_edges_draw() {
        for (css, expected) in [
            (
                "border:none;border-left:solid blue 1.5pt",
                Some(Frame::Left),
            ),
            (
                "border:none;border-top:solid #e1e1e1 1.0pt",
                Some(Frame::Top),
            ),
            (
                "border-left:1px solid;border-top:1px solid",
                Some(Frame::Other),
            ),
            ("border:1px solid", Some(Frame::Other)),
            ("border:0", Some(Frame::None)),
            ("border-left:none", None),
        ] {
            assert_eq!(Style::read(css).frame, expected, "{css}");
        }
    }

    #[test]
    fn lengths_are_pixels() {
        for (css, expected) in [
            ("20", Some(20)),
            ("20px", Some(20)),
            ("15pt", Some(20)),
            ("50%", None),
            ("auto", None),
            ("-1px", None),
            ("1e99", None),
            ("nan", None),
        ] {
            assert_eq!(length(css), expected, "{css}");
        }
    }

    #[test]
    fn a_style_may_take_boldness_away() {
        assert_eq!(Style::read("font-weight:normal").strong, Some(false));
        assert_eq!(Style::read("FONT-WEIGHT: 700 ;").strong, Some(true));
        assert_eq!(
            Style::read("text-decoration:underline line-through").strike,
            Some(true)
        );
    }
}
