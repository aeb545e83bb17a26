//! Tint: the colour of a text, which goes on over lines until its macro ends.

use crate::mark::Color;

use super::escape;
use super::source::{Piece, Source};

/// The end of a colour macro.
pub(super) const COLOR_END: &str = "{color}";

/// The colour that is open where a line begins or ends. It goes on over lines, items and cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tint {
    /// A colour macro is open.
    pub(super) open: bool,
    /// Its colour, where it is one.
    pub(super) color: Option<Color>,
    /// Where the last end of a colour macro stands in the source; none begins behind it.
    pub(super) last: Option<usize>,
}

impl Tint {
    /// Nothing is open yet in this source.
    pub(super) fn new(source: &str) -> Self {
        Self {
            open: false,
            color: None,
            last: last_end(source),
        }
    }
}

/// Where the last end of a colour macro stands in a source, other than in what is taken as it stands or has a text of its own.
fn last_end(source: &str) -> Option<usize> {
    if !source.contains(COLOR_END) {
        return None;
    }
    let end = |piece: Piece<'_>| match piece {
        Piece::Text(line) => {
            let mut ends = line.text.rmatch_indices(COLOR_END);
            let end = ends.find(|(at, _)| !escape::is_escaped(line.text, *at));
            end.map(|(at, _)| line.at + at)
        }
        Piece::Macro(_) => None,
    };
    Source::new(source).flatten().filter_map(end).last()
}
