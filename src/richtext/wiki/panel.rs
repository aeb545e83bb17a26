//! Panels: a colour says what a box says.

use crate::block::PanelKind;
use crate::html;
use crate::mark::Color;

/// The background of each kind (jira.md 13.4). A tip has none in Jira's own markup; its green is next to that of success,
/// so that who does not know it shows success.
const COLORS: [(PanelKind, Color); 6] = [
    (PanelKind::Info, Color([0xde, 0xeb, 0xff])),
    (PanelKind::Note, Color([0xea, 0xe6, 0xff])),
    (PanelKind::Success, Color([0xe3, 0xfc, 0xef])),
    (PanelKind::Warning, Color([0xff, 0xfa, 0xe6])),
    (PanelKind::Error, Color([0xff, 0xeb, 0xe6])),
    (PanelKind::Tip, Color([0xe3, 0xfc, 0xf0])),
];

/// The colour that says this kind; a custom panel without a colour is an ordinary one.
pub(super) fn color(kind: PanelKind) -> Color {
    let found = COLORS.iter().find(|(known, _)| *known == kind);
    found.map_or(Color([0xde, 0xeb, 0xff]), |(_, color)| *color)
}

/// The kind that a colour says, and the colour itself where it is not the one that says that kind.
pub(super) fn kind(color: Option<Color>) -> (PanelKind, Option<Color>) {
    let Some(color) = color else {
        return (PanelKind::Info, None);
    };
    if let Some((kind, _)) = COLORS.iter().find(|(_, known)| *known == color) {
        return (*kind, None);
    }
    let nearest = COLORS
        .iter()
        .filter(|(kind, _)| *kind != PanelKind::Tip)
        .min_by_key(|(_, known)| distance(*known, color));
    (
        nearest.map_or(PanelKind::Info, |(kind, _)| *kind),
        Some(color),
    )
}

fn distance(one: Color, other: Color) -> u32 {
    let channels = one.0.iter().zip(other.0);
    channels
        .map(|(one, other)| u32::from(one.abs_diff(other)).pow(2))
        .sum()
}

/// Reads the value of a colour as markup has it: as in CSS, and with the `#` left out.
pub(super) fn parse(value: &str) -> Option<Color> {
    let value = value.trim();
    html::color(value).or_else(|| html::color(&format!("#{value}")))
}
