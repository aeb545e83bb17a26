//! Lines: what a line of text reads as, and which lines are more than text.

use crate::inline::{ImageSource, Inline, MediaKind};
use crate::loss::Losses;
use crate::normal;

use super::lex::{self, Alone};
use super::source::Text;
use super::tint::Tint;
use super::{escape, phrase};

/// What a line says when it is more than text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lead<'a> {
    /// `----`
    Rule(&'a str),
    /// `h1.` to `h6.`
    Heading(u8, &'a str),
    /// `bq.`
    Quote(&'a str),
    /// `|`
    Row,
    /// `*`, `#` and `-` and what follows them.
    Item(&'a str, &'a str),
    /// Text.
    None,
}

/// What a line begins with. Within a list more is taken for the sign of an item than at its beginning.
pub(super) fn lead(line: &str, within_list: bool) -> Lead<'_> {
    let text = line.trim_start_matches(escape::is_space);
    let bytes = text.as_bytes();
    match bytes {
        [b'h', level @ b'1'..=b'6', b'.', ..] => {
            Lead::Heading(level - b'0', text.get(3..).unwrap_or_default())
        }
        [b'b', b'q', b'.', ..] => Lead::Quote(text.get(3..).unwrap_or_default()),
        [b'|', ..] => Lead::Row,
        [b'*' | b'#' | b'-', ..] => {
            rule(text, within_list).unwrap_or_else(|| item(text, within_list))
        }
        _ => Lead::None,
    }
}

/// A rule. Within a list dashes with text behind them are the signs of an item.
fn rule(text: &str, within_list: bool) -> Option<Lead<'_>> {
    let rest = text.trim_start_matches('-');
    let dashes = text.len() - rest.len();
    let alone = escape::trim(rest).is_empty();
    let ends = alone || !within_list && rest.starts_with(escape::is_space);
    (matches!(dashes, 4 | 5) && ends).then_some(Lead::Rule(rest))
}

fn item(text: &str, within_list: bool) -> Lead<'_> {
    let end = text.find(|c| !matches!(c, '*' | '#' | '-'));
    let (signs, rest) = text.split_at(end.unwrap_or(text.len()));
    let begins = within_list || signs == "-" || !signs.contains('-');
    match rest.strip_prefix(' ') {
        Some(rest) if begins && signs.len() <= crate::limit::MAX_LIST_LEVELS => {
            Lead::Item(signs, rest)
        }
        _ => Lead::None,
    }
}

/// What a line of text reads as.
#[derive(Clone, Debug, Default)]
pub(super) struct Read {
    /// Its inlines, in normal form.
    pub(super) inlines: Vec<Inline>,
    /// What its last image or card becomes when it stands alone.
    pub(super) alone: Option<Alone>,
}

/// Reads a line of text, without the white space around it.
pub(super) fn read(line: Text<'_>, tint: &mut Tint, losses: &mut Losses) -> Read {
    let text = escape::trim(line.text);
    let skipped = line.text.len() - line.text.trim_start_matches(escape::is_space).len();
    let trimmed = Text {
        text,
        at: line.at + skipped,
    };
    let color = tint.color;
    let (tokens, alone) = lex::lex(trimmed, true, tint, losses);
    let inlines = normal::line(&phrase::pair(&tokens, color, losses));
    Read { inlines, alone }
}

/// Reads the text of a link.
pub(super) fn label(text: Text<'_>) -> Vec<Inline> {
    let mut losses = Losses::default();
    let (tokens, _) = lex::lex(text, false, &mut Tint::default(), &mut losses);
    phrase::pair(&tokens, None, &mut losses)
}

/// Whether a line holds files and nothing else, which then stand side by side.
pub(super) fn is_files(inlines: &[Inline]) -> bool {
    inlines.iter().any(is_file)
        && inlines
            .iter()
            .all(|inline| is_file(inline) || is_spaces(inline))
}

/// Whether this is a file shown by its name.
pub(super) fn is_file(inline: &Inline) -> bool {
    let Inline::Image(image) = inline else {
        return false;
    };
    let attached = matches!(image.reference.source, ImageSource::Attachment(_));
    attached && image.reference.kind == MediaKind::File
}

fn is_spaces(inline: &Inline) -> bool {
    matches!(inline, Inline::Text(run) if run.text.chars().all(escape::is_space))
}
