//! Inline CSS that carries meaning, and the names of colours.

use crate::block::Alignment;
use crate::mark::Color;

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
    /// White space is kept as in code.
    pub(super) preformatted: bool,
    /// Not shown at all.
    pub(super) hidden: bool,
}

impl Style {
    /// Reads the content of a `style` attribute. Declarations that mean nothing here are passed over.
    pub(super) fn read(css: &str) -> Self {
        let mut style = Style::default();
        for declaration in css.split(';') {
            if let Some((name, value)) = declaration.split_once(':') {
                let value = value.trim().trim_end_matches("!important").trim();
                style.declare(
                    &name.trim().to_ascii_lowercase(),
                    &value.to_ascii_lowercase(),
                );
            }
        }
        style
    }

    fn declare(&mut self, name: &str, value: &str) {
        match name {
            "font-weight" => self.strong = is_bold(value).or(self.strong),
            "font-style" => self.em = Some(value == "italic" || value.starts_with("oblique")),
            "text-decoration" | "text-decoration-line" => {
                self.underline = Some(value.contains("underline"));
                self.strike = Some(value.contains("line-through"));
            }
            "vertical-align" => {
                self.sub = Some(value == "sub");
                self.sup = Some(value == "super");
            }
            "color" => self.color = color(value),
            "background-color" | "background" => self.background = color(value),
            "text-align" => self.alignment = alignment(value),
            "display" => self.hidden = value == "none",
            "white-space" => self.preformatted = value == "pre",
            _ => {}
        }
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

/// A CSS colour: `#rgb`, `#rrggbb`, `rgb()`, `rgba()` that is not transparent, or one of the common names.
pub(crate) fn color(value: &str) -> Option<Color> {
    let value = value.trim().to_ascii_lowercase();
    if let Some(digits) = value.strip_prefix('#') {
        return match digits.len() {
            3 => Color::from_hex(
                &digits
                    .chars()
                    .fold("#".to_owned(), |hex, digit| format!("{hex}{digit}{digit}")),
            ),
            6 => Color::from_hex(&value),
            8 => Color::from_hex(value.get(..7)?),
            _ => None,
        };
    }
    match value
        .strip_prefix("rgba")
        .or_else(|| value.strip_prefix("rgb"))
    {
        Some(rest) => channels(rest),
        None => named(&value),
    }
}

fn channels(rest: &str) -> Option<Color> {
    let inner = rest.trim().strip_prefix('(')?.strip_suffix(')')?;
    let separators = [',', ' ', '/'];
    let mut parts = inner
        .split(separators)
        .map(str::trim)
        .filter(|part| !part.is_empty());
    let mut channel = || {
        let part = parts.next()?;
        let value = match part.strip_suffix('%') {
            Some(percent) => percent.parse::<f64>().ok()? * 2.55,
            None => part.parse::<f64>().ok()?,
        };
        Some(value.round().clamp(0.0, 255.0) as u8)
    };
    let color = Color([channel()?, channel()?, channel()?]);
    match parts
        .next()
        .map(|alpha| alpha.trim_end_matches('%').parse::<f64>())
    {
        Some(Ok(0.0)) => None,
        Some(Err(_)) => None,
        _ => Some(color),
    }
}

fn named(name: &str) -> Option<Color> {
    const NAMES: [(&str, u32); 40] = [
        ("aqua", 0x00_ffff),
        ("black", 0x00_0000),
        ("blue", 0x00_00ff),
        ("brown", 0xa5_2a2a),
        ("coral", 0xff_7f50),
        ("crimson", 0xdc_143c),
        ("cyan", 0x00_ffff),
        ("darkblue", 0x00_008b),
        ("darkgray", 0xa9_a9a9),
        ("darkgreen", 0x00_6400),
        ("darkgrey", 0xa9_a9a9),
        ("darkorange", 0xff_8c00),
        ("darkred", 0x8b_0000),
        ("fuchsia", 0xff_00ff),
        ("gold", 0xff_d700),
        ("gray", 0x80_8080),
        ("green", 0x00_8000),
        ("grey", 0x80_8080),
        ("indigo", 0x4b_0082),
        ("lightblue", 0xad_d8e6),
        ("lightgray", 0xd3_d3d3),
        ("lightgreen", 0x90_ee90),
        ("lightgrey", 0xd3_d3d3),
        ("lightyellow", 0xff_ffe0),
        ("lime", 0x00_ff00),
        ("magenta", 0xff_00ff),
        ("maroon", 0x80_0000),
        ("navy", 0x00_0080),
        ("olive", 0x80_8000),
        ("orange", 0xff_a500),
        ("pink", 0xff_c0cb),
        ("purple", 0x80_0080),
        ("red", 0xff_0000),
        ("silver", 0xc0_c0c0),
        ("skyblue", 0x87_ceeb),
        ("teal", 0x00_8080),
        ("tomato", 0xff_6347),
        ("violet", 0xee_82ee),
        ("white", 0xff_ffff),
        ("yellow", 0xff_ff00),
    ];
    let (_, value) = NAMES.iter().find(|(known, _)| *known == name)?;
    let [_, red, green, blue] = value.to_be_bytes();
    Some(Color([red, green, blue]))
}

#[cfg(test)]
mod tests {
    use super::{Style, color};
    use crate::mark::Color;

    #[test]
    fn colours_are_read_in_all_their_spellings() {
        for (css, expected) in [
            ("#f00", Some([255, 0, 0])),
            ("#FF0000", Some([255, 0, 0])),
            ("#ff0000cc", Some([255, 0, 0])),
            ("rgb(255, 0, 0)", Some([255, 0, 0])),
            ("rgb(100% 0% 0% / 50%)", Some([255, 0, 0])),
            ("rgba(0,0,0,0)", None),
            ("red", Some([255, 0, 0])),
            ("transparent", None),
            ("expression(alert(1))", None),
            ("#ff", None),
            ("#ßß", None),
        ] {
            assert_eq!(color(css), expected.map(Color), "{css}");
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
