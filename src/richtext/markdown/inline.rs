//! Lines: inlines printed as Markdown.
//!
//! Whether `**` opens or closes depends on the characters beside it. So a line is first laid out in pieces; then each mark takes the
//! signs of Markdown where they hold on both ends for sure, and tags of HTML, which hold everywhere, elsewhere.

use crate::html::tag;
use crate::inline::{Image, ImageSource, Inline, Mention, Text};
use crate::mark::Mark;

use super::escape;

/// Where a line is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In a paragraph, which may have several lines.
    Paragraph,
    /// In a heading or a task, which are one line.
    Single,
    /// In a cell of a table, where `|` ends the cell.
    Cell,
}

/// A line as Markdown. One break at the end is not shown by browsers, so an empty line and one that ends with a break get
/// one more sign.
pub(super) fn line(inlines: &[Inline], place: Place) -> String {
    let mut layout = Layout {
        place,
        pieces: Vec::new(),
        open: Vec::new(),
        after: After::Start,
        fresh: place == Place::Paragraph,
    };
    for (index, inline) in inlines.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|index| inlines.get(index));
        let behind = inlines.get(index + 1);
        layout.inline(inline, before, behind);
    }
    layout.switch(&[]);
    match inlines.last() {
        None => layout.pieces.push(Piece::Text("&nbsp;".to_owned())),
        Some(Inline::HardBreak) => layout.pieces.push(Piece::Atom("<br>".to_owned())),
        Some(_) => {}
    }
    print(&layout.pieces)
}

/// A part of a line.
enum Piece {
    /// Escaped text.
    Text(String),
    /// Something that begins and ends with punctuation.
    Atom(String),
    /// A break that ends the line in the source.
    Newline,
    /// The start of a mark, and where it ends.
    Open(Mark, usize),
    /// The end of a mark, and where it starts.
    Close(Mark, usize),
}

/// What was laid out last, for the spaces of a browser.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    Start,
    Space,
    Visible,
}

struct Layout {
    place: Place,
    pieces: Vec<Piece>,
    /// The marks that are open, and where they opened.
    open: Vec<(Mark, usize)>,
    after: After,
    /// Whether a line of the source starts here.
    fresh: bool,
}

impl Layout {
    fn inline(&mut self, inline: &Inline, before: Option<&Inline>, behind: Option<&Inline>) {
        match inline {
            Inline::Text(run) => self.run(run, behind),
            Inline::HardBreak => self.line_break(before, behind),
            Inline::Mention(mention) => {
                self.switch(&[]);
                self.atom(self::mention(mention));
            }
            Inline::Image(image) => {
                let link: Vec<Mark> = image.link.iter().map(Mark::link).collect();
                self.switch(&link);
                self.atom(self::image(image));
            }
            // Lowering leaves no other kinds.
            _ => {}
        }
    }

    fn run(&mut self, run: &Text, behind: Option<&Inline>) {
        match run.marks.split_last() {
            Some((Mark::Code, outer)) if self.place != Place::Cell || !run.text.contains('|') => {
                self.switch(outer);
                self.atom(code_span(&run.text));
            }
            _ => {
                self.switch(&run.marks);
                let ends = matches!(behind, None | Some(Inline::HardBreak));
                self.text(&run.text, ends);
            }
        }
    }

    fn atom(&mut self, text: String) {
        self.pieces.push(Piece::Atom(text));
        self.after = After::Visible;
        self.fresh = false;
    }

    /// Text in which a space that a browser would swallow is one that it does not.
    fn text(&mut self, text: &str, ends: bool) {
        let mut shown = String::with_capacity(text.len());
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let last = ends && chars.peek().is_none();
            if c != ' ' {
                shown.push(c);
                self.after = After::Visible;
            } else if self.after == After::Visible && !last {
                shown.push(' ');
                self.after = After::Space;
            } else {
                shown.push('\u{a0}');
                self.after = After::Visible;
            }
        }
        let mut escaped = String::with_capacity(shown.len());
        escape::text(&mut escaped, &shown, self.fresh);
        self.pieces.push(Piece::Text(escaped));
        self.fresh = false;
    }

    /// A break as the end of a line with two spaces before, as Azure DevOps documents it. That is one break whether or not the
    /// end of a line alone would be one. Where no line may end, or an empty one would end the paragraph, it is a tag.
    fn line_break(&mut self, before: Option<&Inline>, behind: Option<&Inline>) {
        let wanted: &[Mark] = match behind {
            Some(Inline::Text(run)) => &run.marks,
            _ => &[],
        };
        let both = self.open.iter().zip(wanted);
        let common = both
            .take_while(|((open, _), wanted)| open == *wanted && **wanted != Mark::Code)
            .count();
        self.close(common);
        let visible = |inline: Option<&Inline>| !matches!(inline, None | Some(Inline::HardBreak));
        if self.place == Place::Paragraph && visible(before) && visible(behind) {
            self.pieces.push(Piece::Newline);
            self.fresh = true;
        } else {
            self.pieces.push(Piece::Atom("<br>".to_owned()));
            self.fresh = false;
        }
        self.after = After::Start;
    }

    /// Closes and opens marks so that exactly these are open.
    fn switch(&mut self, wanted: &[Mark]) {
        let both = self.open.iter().zip(wanted);
        let common = both
            .take_while(|((open, _), wanted)| open == *wanted)
            .count();
        self.close(common);
        for mark in wanted.iter().skip(common) {
            self.open.push((mark.clone(), self.pieces.len()));
            self.pieces.push(Piece::Open(mark.clone(), 0));
            self.fresh = false;
        }
    }

    /// Closes all marks but so many.
    fn close(&mut self, kept: usize) {
        for (mark, start) in self.open.drain(kept..).rev() {
            let end = self.pieces.len();
            if let Some(Piece::Open(_, known)) = self.pieces.get_mut(start) {
                *known = end;
            }
            self.pieces.push(Piece::Close(mark, start));
            self.fresh = false;
        }
    }
}

/// What stands beside a sign.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edge {
    /// White space, or the end of the line.
    Space,
    /// A letter or a digit.
    Word,
    /// Punctuation of ASCII.
    Sign,
    /// Something that parsers might see differently.
    Other,
}

impl Edge {
    fn of(c: Option<char>) -> Self {
        match c {
            None | Some(' ') => Edge::Space,
            Some(c) if c.is_ascii_punctuation() => Edge::Sign,
            Some(c) if c.is_alphanumeric() => Edge::Word,
            Some(_) => Edge::Other,
        }
    }

    /// What a piece begins with, as seen from before it.
    fn first(piece: Option<&Piece>) -> Self {
        match piece {
            Some(Piece::Text(text)) => Edge::of(text.chars().next()),
            Some(Piece::Atom(_) | Piece::Open(..) | Piece::Close(..)) => Edge::Sign,
            None | Some(Piece::Newline) => Edge::Space,
        }
    }

    /// What a piece ends with, as seen from behind it.
    fn last(piece: Option<&Piece>) -> Self {
        match piece {
            Some(Piece::Text(text)) => Edge::of(text.chars().next_back()),
            other => Edge::first(other),
        }
    }
}

fn print(pieces: &[Piece]) -> String {
    let mut out = String::new();
    for (index, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Text(text) => {
                // An exclamation mark before a link would make it an image.
                let link = matches!(pieces.get(index + 1), Some(Piece::Open(Mark::Link(_), _)));
                match text.strip_suffix('!').filter(|_| link) {
                    Some(text) => {
                        out.push_str(text);
                        out.push_str("\\!");
                    }
                    None => out.push_str(text),
                }
            }
            Piece::Atom(text) => out.push_str(text),
            Piece::Newline => out.push_str("  \n"),
            Piece::Open(mark, end) => open_mark(&mut out, mark, sign(pieces, mark, index, *end)),
            Piece::Close(mark, start) => {
                close_mark(&mut out, mark, sign(pieces, mark, *start, index));
            }
        }
    }
    out
}

/// The sign of Markdown for a mark, where it opens and closes for sure between what stands beside it.
fn sign(pieces: &[Piece], mark: &Mark, start: usize, end: usize) -> Option<&'static str> {
    let sign = match mark {
        Mark::Strong => "**",
        Mark::Em => "_",
        Mark::Strike => "~~",
        Mark::Link(_)
        | Mark::Underline
        | Mark::Sub
        | Mark::Sup
        | Mark::Color(_)
        | Mark::Background(_)
        | Mark::Code
        | Mark::Annotation(_)
        | Mark::Unknown(_) => return None,
    };
    let piece = |index: Option<usize>| index.and_then(|index| pieces.get(index));
    let outside = [
        Edge::last(piece(start.checked_sub(1))),
        Edge::first(piece(end.checked_add(1))),
    ];
    let inside = [
        Edge::first(piece(start.checked_add(1))),
        Edge::last(piece(end.checked_sub(1))),
    ];
    // Some parsers look through `~~` when they judge the signs beside it, so it stands beside none.
    let beside = [
        start.checked_sub(1),
        start.checked_add(1),
        end.checked_sub(1),
        end.checked_add(1),
    ];
    let is_sign = |index| matches!(piece(index), Some(Piece::Open(..) | Piece::Close(..)));
    if *mark == Mark::Strike && beside.into_iter().any(is_sign) {
        return None;
    }
    let apart = |edge: Edge| matches!(edge, Edge::Space | Edge::Sign);
    let holds = |edge: Edge| matches!(edge, Edge::Word | Edge::Sign);
    let sure = outside.into_iter().all(apart) && inside.into_iter().all(holds);
    sure.then_some(sign)
}

fn open_mark(out: &mut String, mark: &Mark, sign: Option<&str>) {
    match (mark, sign) {
        (_, Some(sign)) => out.push_str(sign),
        (Mark::Link(_), None) => out.push('['),
        (Mark::Color(color), None) => out.push_str(&format!("<span style=\"color:{color}\">")),
        (Mark::Background(color), None) => {
            out.push_str(&format!("<span style=\"background-color:{color}\">"));
        }
        (mark, None) => out.push_str(&format!("<{}>", tag(mark))),
    }
}

fn close_mark(out: &mut String, mark: &Mark, sign: Option<&str>) {
    match (mark, sign) {
        (_, Some(sign)) => out.push_str(sign),
        (Mark::Link(link), None) => {
            out.push_str("](");
            escape::url(out, &link.href);
            if let Some(title) = &link.title {
                out.push(' ');
                escape::title(out, title);
            }
            out.push(')');
        }
        (mark, None) => out.push_str(&format!("</{}>", tag(mark))),
    }
}

/// Code between more backticks than it has in a row. One space on each side is dropped by readers, so one is added where
/// they would drop one of the code, and where a backtick stands at an end.
fn code_span(text: &str) -> String {
    let fence = "`".repeat(longest_run(text, '`') + 1);
    let ends = |c: char| text.starts_with(c) || text.ends_with(c);
    let spaced = text.starts_with(' ') && text.ends_with(' ') && !text.trim_matches(' ').is_empty();
    let pad = if ends('`') || spaced { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// How often a character is repeated at most.
pub(super) fn longest_run(text: &str, wanted: char) -> usize {
    let runs = text.split(|c| c != wanted).map(str::len);
    runs.max().unwrap_or(0)
}

fn mention(mention: &Mention) -> String {
    format!("@<{}>", mention.id)
}

fn image(image: &Image) -> String {
    let mut out = "![".to_owned();
    let alt = image.reference.alt.as_deref().unwrap_or_default();
    // The parser takes `![^` for a mark and a footnote, whether it knows footnotes or not.
    if alt.starts_with('^') {
        out.push('\\');
    }
    escape::text(&mut out, alt, false);
    out.push_str("](");
    if let ImageSource::Url(url) = &image.reference.source {
        escape::url(&mut out, url);
    }
    let pixels = |size: Option<u32>| size.map(|size| size.to_string()).unwrap_or_default();
    let (width, height) = (
        pixels(image.reference.width),
        pixels(image.reference.height),
    );
    if !width.is_empty() || !height.is_empty() {
        out.push_str(&format!(" ={width}x{height}"));
    }
    out.push(')');
    out
}
