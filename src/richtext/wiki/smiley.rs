//! Smileys: the signs that are pictures (jira.md 13.5), with the emoji that Jira Cloud makes of them.

use crate::inline::Emoji;

struct Smiley {
    /// The spellings; the first one is written.
    signs: &'static [&'static str],
    id: &'static str,
    name: &'static str,
    /// Empty where Jira's own picture is no character; its text is then its name.
    glyph: &'static str,
}

const fn smiley(
    signs: &'static [&'static str],
    id: &'static str,
    name: &'static str,
    glyph: &'static str,
) -> Smiley {
    Smiley {
        signs,
        id,
        name,
        glyph,
    }
}

const ALL: [Smiley; 22] = [
    smiley(&[":)", ":-)"], "1f642", ":slight_smile:", "🙂"),
    smiley(&[":(", ":-("], "1f61e", ":disappointed:", "😞"),
    smiley(
        &[":P", ":-P", ":p", ":-p"],
        "1f61b",
        ":stuck_out_tongue:",
        "😛",
    ),
    smiley(&[":D", ":-D"], "1f603", ":smiley:", "😃"),
    smiley(&[";)", ";-)"], "1f609", ":wink:", "😉"),
    smiley(&["(y)"], "1f44d", ":thumbsup:", "👍"),
    smiley(&["(n)"], "1f44e", ":thumbsdown:", "👎"),
    smiley(&["(i)"], "atlassian-info", ":info:", ""),
    smiley(&["(/)"], "atlassian-check_mark", ":check_mark:", ""),
    smiley(&["(x)"], "atlassian-cross_mark", ":cross_mark:", ""),
    smiley(&["(!)"], "atlassian-warning", ":warning:", ""),
    smiley(&["(+)"], "atlassian-plus", ":plus:", ""),
    smiley(&["(-)"], "atlassian-minus", ":minus:", ""),
    smiley(&["(?)"], "atlassian-question_mark", ":question:", ""),
    smiley(&["(on)"], "atlassian-light_bulb_on", ":light_bulb_on:", ""),
    smiley(
        &["(off)"],
        "atlassian-light_bulb_off",
        ":light_bulb_off:",
        "",
    ),
    smiley(
        &["(*)", "(*y)"],
        "atlassian-yellow_star",
        ":yellow_star:",
        "",
    ),
    smiley(&["(*r)"], "atlassian-red_star", ":red_star:", ""),
    smiley(&["(*g)"], "atlassian-green_star", ":green_star:", ""),
    smiley(&["(*b)"], "atlassian-blue_star", ":blue_star:", ""),
    smiley(&["(flag)"], "atlassian-flag_on", ":flag_on:", ""),
    smiley(&["(flagoff)"], "atlassian-flag_off", ":flag_off:", ""),
];

impl Smiley {
    fn emoji(&self) -> Emoji {
        let text = if self.glyph.is_empty() {
            self.name
        } else {
            self.glyph
        };
        Emoji {
            short_name: self.name.to_owned(),
            id: Some(self.id.to_owned()),
            text: Some(text.to_owned()),
        }
    }
}

/// The smiley at the beginning of a text, which no letter or digit may follow.
pub(super) fn at(text: &str) -> Option<(Emoji, &str)> {
    let ends = |sign: &str| {
        let rest = text.strip_prefix(sign);
        rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
    };
    ALL.iter().find_map(|smiley| {
        let sign = smiley.signs.iter().copied().find(|sign| ends(sign))?;
        Some((smiley.emoji(), text.get(..sign.len())?))
    })
}

/// The emoji that is read where this one is written, when it has a sign.
pub(super) fn same(emoji: &Emoji) -> Option<Emoji> {
    let found = ALL.iter().find(|smiley| match emoji.glyphs() {
        Some(glyphs) => glyphs == smiley.glyph,
        None => smiley.glyph.is_empty() && emoji.short_name == smiley.name,
    });
    found.map(Smiley::emoji)
}

/// The sign of an emoji that [`same`] gave.
pub(super) fn sign(emoji: &Emoji) -> Option<&'static str> {
    let found = ALL.iter().find(|smiley| emoji.short_name == smiley.name)?;
    found.signs.first().copied()
}
