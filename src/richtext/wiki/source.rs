//! Source: markup cut into lines, with the macros that may span lines taken out whole.

use super::escape;

/// A part of a line.
#[derive(Clone, Copy, Debug)]
pub(super) enum Piece<'a> {
    /// Text within one line.
    Text(Text<'a>),
    /// A macro with all that stands between its two ends.
    Macro(Macro<'a>),
}

/// Text within one line, and where it begins in its source.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<'a> {
    /// The text.
    pub(super) text: &'a str,
    /// Bytes of the source before it.
    pub(super) at: usize,
}

/// A macro that makes blocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Macro<'a> {
    /// Which one.
    pub(super) name: Name,
    /// What stands behind the colon of its first end.
    pub(super) attrs: &'a str,
    /// What stands between its ends.
    pub(super) body: &'a str,
}

/// The macros that make blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// Code with a language.
    Code,
    /// Text as it stands.
    Noformat,
    /// A quote.
    Quote,
    /// A box.
    Panel,
    /// A node of ADF as JSON, as Jira Cloud writes what it has no markup for.
    Adf,
}

/// The pieces between two line breaks.
pub(super) type Line<'a> = Vec<Piece<'a>>;

/// Lines of a text, one at a time.
pub(super) struct Source<'a> {
    text: &'a str,
    at: usize,
    done: bool,
    /// The macros that have no end in the rest of the text, so that none is looked for twice.
    endless: Vec<Name>,
}

impl Name {
    /// All of them.
    const ALL: [Name; 5] = [
        Name::Code,
        Name::Noformat,
        Name::Quote,
        Name::Panel,
        Name::Adf,
    ];

    /// The name in markup.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Name::Code => "code",
            Name::Noformat => "noformat",
            Name::Quote => "quote",
            Name::Panel => "panel",
            Name::Adf => "adf",
        }
    }

    /// Where the end of this macro begins in a text.
    pub(super) fn end_in(self, text: &str) -> Option<usize> {
        let opens = text.match_indices('{');
        let mut ends = opens.map(|(at, _)| at).filter(|at| {
            let inner = text.get(at + 1..).unwrap_or_default();
            strip(inner, self.as_str()).is_some_and(|rest| rest.starts_with('}'))
        });
        ends.next()
    }
}

/// The text behind a name in any case.
fn strip<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let head = text.get(..name.len())?;
    head.eq_ignore_ascii_case(name)
        .then(|| text.get(name.len()..).unwrap_or_default())
}

impl<'a> Source<'a> {
    /// The lines of this text.
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            done: false,
            endless: Vec::new(),
        }
    }

    /// The macro that begins at this `{`, and where it ends.
    fn macro_at(&mut self, at: usize) -> Option<(Macro<'a>, usize)> {
        let before = self.text.get(..at).unwrap_or_default();
        if before.ends_with('{') || escape::is_escaped(self.text, at) {
            return None;
        }
        let inner = self.text.get(at + 1..)?;
        let named = |name: &Name| Some((*name, strip(inner, name.as_str())?));
        let (name, rest) = Name::ALL.iter().find_map(named)?;
        let (attrs, body) = match rest.strip_prefix(':') {
            Some(rest) => {
                let end = rest.find(['{', '}', '\n'])?;
                let (attrs, behind) = rest.split_at(end);
                (attrs, behind.strip_prefix('}')?)
            }
            None => ("", rest.strip_prefix('}')?),
        };
        if self.endless.contains(&name) {
            return None;
        }
        let Some(end) = name.end_in(body) else {
            self.endless.push(name);
            return None;
        };
        let from = self.text.len() - body.len();
        let body = body.get(..end)?;
        let behind = from + end + name.as_str().len() + 2;
        Some((Macro { name, attrs, body }, behind))
    }

    fn piece(&self, from: usize, to: usize) -> Piece<'a> {
        Piece::Text(Text {
            text: self.text.get(from..to).unwrap_or_default(),
            at: from,
        })
    }
}

impl<'a> Iterator for Source<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        if self.done {
            return None;
        }
        let mut line = Vec::new();
        let mut look = self.at;
        loop {
            let rest = self.text.get(look..).unwrap_or_default();
            let Some(offset) = rest.find(['\n', '{']) else {
                line.push(self.piece(self.at, self.text.len()));
                self.done = true;
                return Some(line);
            };
            let at = look + offset;
            if rest
                .get(offset..)
                .is_some_and(|rest| rest.starts_with('\n'))
            {
                line.push(self.piece(self.at, at));
                self.at = at + 1;
                return Some(line);
            }
            look = at + 1;
            if let Some((found, behind)) = self.macro_at(at) {
                line.push(self.piece(self.at, at));
                line.push(Piece::Macro(found));
                self.at = behind;
                look = behind;
            }
        }
    }
}

/// Whether nothing stands in a line.
pub(super) fn is_blank(line: &[Piece<'_>]) -> bool {
    let blank = |piece: &Piece<'_>| matches!(piece, Piece::Text(text) if escape::trim(text.text).is_empty());
    line.iter().all(blank)
}

/// The text with which a line begins.
pub(super) fn head<'a>(line: &[Piece<'a>]) -> &'a str {
    match line.first() {
        Some(Piece::Text(text)) => text.text,
        _ => "",
    }
}
