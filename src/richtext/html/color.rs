//! Colours as CSS spells them.

use crate::mark::Color;

use super::palette::NAMES;

/// The colour of a background, which may stand among other values.
pub(super) fn background(value: &str) -> Option<Color> {
    if let Some(found) = color(value) {
        return Some(found);
    }
    let start = ["rgb", "hsl"].iter().find_map(|name| value.find(name));
    if let Some(function) = start.and_then(|start| value.get(start..)) {
        let end = function.find(')')?;
        return color(function.get(..=end)?);
    }
    value.split_ascii_whitespace().find_map(color)
}

/// A CSS colour: `#rgb`, `#rrggbb`, `rgb()`, `hsl()` and their kin unless transparent, or a name.
pub(crate) fn color(value: &str) -> Option<Color> {
    let value = value.trim().to_ascii_lowercase();
    if let Some(digits) = value.strip_prefix('#') {
        return match digits.len() {
            3 | 4 => Color::from_hex(
                &digits
                    .chars()
                    .take(3)
                    .fold("#".to_owned(), |hex, digit| format!("{hex}{digit}{digit}")),
            ),
            6 => Color::from_hex(&value),
            8 => Color::from_hex(value.get(..7)?),
            _ => None,
        };
    }
    let (function, rest) = value.split_once('(').unwrap_or((&value, ""));
    match function.trim() {
        "rgb" | "rgba" => rgb(&parts(rest)?),
        "hsl" | "hsla" => hsl(&parts(rest)?),
        _ => named(&value),
    }
}

/// The values of a function; `None` when the last of four, how opaque it is, is nothing.
fn parts(rest: &str) -> Option<Vec<&str>> {
    let inner = rest.strip_suffix(')')?;
    let parts: Vec<&str> = inner
        .split([',', ' ', '/'])
        .filter(|part| !part.is_empty())
        .collect();
    let opaque = |alpha: &&str| {
        alpha
            .trim_end_matches('%')
            .parse::<f64>()
            .is_ok_and(|alpha| alpha > 0.0)
    };
    parts.get(3).is_none_or(opaque).then_some(parts)
}

fn rgb(parts: &[&str]) -> Option<Color> {
    let mut channels = parts.iter().map(|part| {
        let value = match part.strip_suffix('%') {
            Some(percent) => percent.parse::<f64>().ok()? * 2.55,
            None => part.parse::<f64>().ok()?,
        };
        Some(value.round().clamp(0.0, 255.0) as u8)
    });
    let mut channel = || channels.next().flatten();
    Some(Color([channel()?, channel()?, channel()?]))
}

/// Hue in degrees, saturation and lightness in per cent.
fn hsl(parts: &[&str]) -> Option<Color> {
    let number = |index: usize, unit: &str| {
        let part: &&str = parts.get(index)?;
        let value = part
            .strip_suffix(unit)
            .unwrap_or(part)
            .parse::<f64>()
            .ok()?;
        value.is_finite().then_some(value)
    };
    let hue = number(0, "deg")?.rem_euclid(360.0);
    let saturation = number(1, "%")?.clamp(0.0, 100.0) / 100.0;
    let lightness = number(2, "%")?.clamp(0.0, 100.0) / 100.0;
    let reach = saturation * lightness.min(1.0 - lightness);
    let channel = |offset: f64| {
        let place = (offset + hue / 30.0).rem_euclid(12.0);
        let value = lightness - reach * (place - 3.0).min(9.0 - place).clamp(-1.0, 1.0);
        (value * 255.0).round().clamp(0.0, 255.0) as u8
    };
    Some(Color([channel(0.0), channel(8.0), channel(4.0)]))
}

fn named(name: &str) -> Option<Color> {
    let (_, value) = NAMES.iter().find(|(known, _)| *known == name)?;
    let [_, red, green, blue] = value.to_be_bytes();
    Some(Color([red, green, blue]))
}

#[cfg(test)]
mod tests {
    use super::color;
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
            ("rgb(255 0 0 / 0%)", None),
            ("#f00c", Some([255, 0, 0])),
            ("hsl(0, 100%, 50%)", Some([255, 0, 0])),
            ("hsl(120deg 100% 25%)", Some([0, 128, 0])),
            ("hsla(240, 100%, 50%, 0)", None),
            ("hsl(nan, 1%, 1%)", None),
            ("rebeccapurple", Some([0x66, 0x33, 0x99])),
            ("windowtext", None),
            ("red", Some([255, 0, 0])),
            ("transparent", None),
            ("expression(alert(1))", None),
            ("#ff", None),
            ("#ßß", None),
        ] {
            assert_eq!(color(css), expected.map(Color), "{css}");
        }
    }
}
