//! The pen: a line of inlines as markup.
//!
//! Most lines are plain (`plain.rs`). Another one is written twice at most. First as people would type it, with a backslash before what would mean something. That
//! is read again at once, and when it reads as something else, the line is written in the spelling that leaves nothing to interpret: each sign
//! a character reference, each symbol in braces.

use crate::inline::{CardTarget, Image, ImageSource, Inline, Text};
use crate::loss::Losses;
use crate::mark::{Link, Mark};

use super::escape::{self, is_space, is_wordlike, push_reference};
use super::image::{self, Shown};
use super::lex::Kind;
use super::line::{self, Lead};
use super::source::{self, Piece, Source};
use super::tint::Tint;
use super::{link, plain, smiley, table};

/// Where a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    /// In a table cell, where a bar ends it.
    pub(super) cell: bool,
}

/// Appends the markup of a line.
pub(super) fn line(out: &mut String, inlines: &[Inline], setting: Setting) {
    if !plain::push(out, inlines) {
        out.push_str(&checked(inlines, setting));
    }
}

/// The markup of a line, read again.
pub(super) fn checked(inlines: &[Inline], setting: Setting) -> String {
    let loose = Pen::new(setting, false).write(inlines);
    if reads_as(&loose, inlines, setting) {
        loose
    } else {
        Pen::new(setting, true).write(inlines)
    }
}

/// The markup of a file shown by its name.
pub(super) fn file(image: &Image) -> String {
    let ImageSource::Attachment(name) = &image.reference.source else {
        return String::new();
    };
    match &image.reference.alt {
        Some(alt) => {
            let mut label = String::new();
            for c in alt.chars() {
                if c.is_ascii_punctuation() {
                    push_reference(&mut label, c);
                } else {
                    label.push(c);
                }
            }
            format!("[{label}|^{name}]")
        }
        None => format!("[^{name}]"),
    }
}

/// Whether this markup is one line of text that reads as these inlines.
fn reads_as(text: &str, inlines: &[Inline], setting: Setting) -> bool {
    if line::lead(text, true) != Lead::None || setting.cell && !table::bars(text).is_empty() {
        return false;
    }
    let mut source = Source::new(text);
    let (Some(line), None) = (source.next(), source.next()) else {
        return false;
    };
    let [Piece::Text(line)] = line.as_slice() else {
        return false;
    };
    let mut tint = Tint::new(text);
    let read = line::read(*line, &mut tint, &mut Losses::default());
    !tint.open && read.inlines == inlines
}

/// What must not touch a letter.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Touch {
    Nothing,
    /// An image or a smiley stands there.
    Picture,
}

struct Pen {
    out: String,
    setting: Setting,
    /// The spelling that leaves nothing to interpret.
    strict: bool,
    /// The marks that are open, and whether their symbols are in braces.
    open: Vec<(Mark, bool)>,
    /// What stands before the place where the pen is.
    before: Touch,
}

impl Pen {
    fn new(setting: Setting, strict: bool) -> Self {
        Self {
            out: String::new(),
            setting,
            strict,
            open: Vec::new(),
            before: Touch::Nothing,
        }
    }

    fn write(mut self, inlines: &[Inline]) -> String {
        for (index, inline) in inlines.iter().enumerate() {
            let rest = inlines.get(index + 1..).unwrap_or_default();
            match inline {
                Inline::Text(run) => self.run(run, rest),
                other => {
                    self.switch(&[], "", &[]);
                    self.node(other, rest);
                }
            }
        }
        self.switch(&[], "", &[]);
        self.out
    }

    fn node(&mut self, inline: &Inline, rest: &[Inline]) {
        self.before = Touch::Nothing;
        match inline {
            Inline::HardBreak => {
                self.out.push_str("\\\\");
                if !rest.is_empty() {
                    self.out.push(' ');
                }
            }
            Inline::Mention(mention) => self.out.push_str(&link::print_mention(&mention.id)),
            Inline::Emoji(emoji) => {
                self.out.push_str(smiley::sign(emoji).unwrap_or_default());
                self.before = Touch::Picture;
            }
            Inline::Card(CardTarget::Url(url)) => {
                self.out.push_str(&format!("[{url}|{url}|smart-link]"));
            }
            Inline::Image(shown) if line::is_file(inline) => self.out.push_str(&file(shown)),
            Inline::Image(shown) => {
                self.out.push_str(&image::print(&Shown {
                    image: shown.clone(),
                    placement: Default::default(),
                    width: None,
                }));
                self.before = Touch::Picture;
            }
            Inline::Anchor(name) => self.out.push_str(&format!("{{anchor:{name}}}")),
            // Lowering leaves no other kinds.
            _ => {}
        }
    }

    fn run(&mut self, run: &Text, rest: &[Inline]) {
        self.switch(&run.marks, &run.text, rest);
        if let [Mark::Link(link)] = run.marks.as_slice()
            && run.text == link.href
            && link.title.is_none()
            && !link.href.starts_with("mailto:")
            && shows_itself(&link.href)
            && !matches!(rest.first(), Some(Inline::Text(next)) if next.marks.contains(&Mark::Link(link.clone())))
            && self.out.ends_with('[')
        {
            // The address is its own text, and closing the link must not write it again.
            self.out.push_str(&run.text);
            self.out.push(']');
            self.open.clear();
            return;
        }
        let ends = rest.is_empty();
        let picture = rest.first().is_some_and(|next| match next {
            Inline::Emoji(_) => false,
            Inline::Image(_) => !line::is_file(next),
            _ => false,
        });
        let linked = run.marks.iter().any(|mark| matches!(mark, Mark::Link(_)));
        if self.strict {
            self.strictly(&run.text, picture);
        } else {
            self.loosely(&run.text, &run.marks, linked, ends);
        }
        self.before = Touch::Nothing;
    }

    /// Each sign as a reference, and each letter that touches a picture.
    fn strictly(&mut self, text: &str, picture: bool) {
        let last = text.chars().count().saturating_sub(1);
        for (index, c) in text.chars().enumerate() {
            let touches = index == 0 && self.before == Touch::Picture || index == last && picture;
            if c.is_ascii_punctuation() || touches && is_wordlike(c) {
                push_reference(&mut self.out, c);
            } else {
                self.out.push(c);
            }
        }
    }

    /// As people would type it.
    fn loosely(&mut self, text: &str, marks: &[Mark], linked: bool, ends: bool) {
        let mut at = 0;
        loop {
            // What is no sign is taken as a whole.
            let signs = text.get(at..).unwrap_or_default();
            let safe = signs.find(|c: char| c.is_ascii_punctuation());
            let (safe, signs) = signs.split_at(safe.unwrap_or(signs.len()));
            self.out.push_str(safe);
            at += safe.len();
            let Some(c) = signs.chars().next() else {
                return;
            };
            let rest = text.get(at..).unwrap_or_default();
            let behind = rest.get(c.len_utf8()..).unwrap_or_default();
            at += c.len_utf8();
            match self.spelling(c, rest, behind, marks, linked, ends) {
                Spelling::Plain => self.out.push(c),
                Spelling::Escaped => {
                    self.out.push('\\');
                    self.out.push(c);
                }
                Spelling::Reference => push_reference(&mut self.out, c),
            }
        }
    }

    fn spelling(
        &self,
        c: char,
        rest: &str,
        behind: &str,
        marks: &[Mark],
        linked: bool,
        ends: bool,
    ) -> Spelling {
        let before = self.out.chars().next_back();
        let next = behind.chars().next();
        let wordlike = |c: Option<char>| c.is_some_and(is_wordlike);
        let space = |c: Option<char>| c.is_some_and(is_space);
        match c {
            '\\' => {
                let last = ends && marks.is_empty() && !self.setting.cell;
                Spelling::reference_unless(is_plain_backslash(before, behind, last))
            }
            '[' | ']' | '|' if linked => Spelling::Reference,
            '!' if linked => Spelling::Escaped,
            '{' | '}' | '[' => Spelling::Escaped,
            '|' if self.setting.cell => Spelling::Reference,
            '|' | '#' => Spelling::escaped_if(self.out.is_empty()),
            '!' => {
                let last = next.is_none() && ends;
                Spelling::escaped_if(!wordlike(before) && !space(next) && !last)
            }
            '?' => Spelling::escaped_if(before == Some('?')),
            '-' if before == Some('-') || next == Some('-') => Spelling::Escaped,
            '*' | '_' | '+' | '^' | '~' | '-' => {
                let within_word = wordlike(before) && wordlike(next);
                let alone = space(before) && space(next) && !has(marks, c);
                Spelling::escaped_if(!within_word && !alone)
            }
            '(' | ')' => {
                let eyes = [":", ";", ":-", ";-"];
                let face = eyes.iter().any(|eyes| self.out.ends_with(eyes));
                Spelling::escaped_if(face || smiley::at(rest).is_some())
            }
            ':' | ';' => Spelling::reference_unless(!self.begins_something(rest, linked)),
            '&' => Spelling::reference_unless(escape::reference(rest).is_none()),
            '.' => Spelling::reference_unless(!self.is_lead()),
            _ => Spelling::Plain,
        }
    }

    /// Whether a colon here makes a smiley that no bracket ends, or an address where one is looked for.
    fn begins_something(&self, rest: &str, linked: bool) -> bool {
        let face = smiley::at(rest).is_some_and(|(_, sign)| !sign.ends_with([')', '(']));
        let slashes = rest
            .strip_prefix("://")
            .is_some_and(|rest| !ends_address(rest));
        let word = self.out.rsplit(|c: char| !c.is_ascii_alphanumeric()).next();
        let word = word.unwrap_or_default().to_ascii_lowercase();
        let scheme = matches!(word.as_str(), "http" | "https" | "ftp" | "ftps" | "irc");
        let address = rest.starts_with(':') && (slashes && scheme || word == "mailto");
        face || address && !linked
    }

    /// Whether a dot here makes a heading or a quote of the line.
    fn is_lead(&self) -> bool {
        let word = self.out.trim_start_matches(is_space);
        let lead = ["h1", "h2", "h3", "h4", "h5", "h6", "bq"];
        lead.contains(&word)
    }

    /// Closes and opens marks so that exactly these are open. `text` is what follows, `rest` what stands behind it.
    fn switch(&mut self, wanted: &[Mark], text: &str, rest: &[Inline]) {
        let both = self.open.iter().zip(wanted);
        let common = both
            .take_while(|((open, _), wanted)| open == *wanted)
            .count();
        for (mark, braces) in self.open.split_off(common).into_iter().rev() {
            self.close(&mark, braces);
        }
        for (index, mark) in wanted.iter().enumerate().skip(common) {
            let outer = wanted.get(..=index).unwrap_or_default();
            let inner = wanted.get(index + 1);
            let first = if inner.is_some() {
                None
            } else {
                text.chars().next()
            };
            let touched = first.is_some_and(is_space) || self.is_touched() || follows(outer, rest);
            let braces = self.strict || touched;
            self.begin(mark, braces);
            self.open.push((mark.clone(), braces));
        }
    }

    /// Whether a letter stands right before.
    fn is_touched(&self) -> bool {
        self.out.chars().next_back().is_some_and(is_wordlike)
    }

    fn begin(&mut self, mark: &Mark, braces: bool) {
        match (mark, kind(mark)) {
            (Mark::Link(_), _) => self.out.push('['),
            (Mark::Color(color), _) => self.out.push_str(&format!("{{color:{color}}}")),
            (_, Some(kind)) => self.symbol(kind.signs().0, braces),
            (_, None) => {}
        }
    }

    fn close(&mut self, mark: &Mark, braces: bool) {
        match (mark, kind(mark)) {
            (Mark::Link(Link { href, title }), _) => {
                self.out.push('|');
                self.out.push_str(href);
                if let Some(title) = title {
                    self.out.push('|');
                    self.out.push_str(&escape::encode(title));
                }
                self.out.push(']');
            }
            (Mark::Color(_), _) => self.out.push_str("{color}"),
            (_, Some(kind)) => self.symbol(kind.signs().1, braces),
            (_, None) => {}
        }
    }

    fn symbol(&mut self, sign: &str, braces: bool) {
        if braces {
            self.out.push('{');
        }
        self.out.push_str(sign);
        if braces {
            self.out.push('}');
        }
    }
}

/// Whether a backslash stands for itself between these.
fn is_plain_backslash(before: Option<char>, behind: &str, last: bool) -> bool {
    let second = before == Some('\\');
    match behind.chars().next() {
        None => last,
        Some('\\') if second => true,
        // Two backslashes break the line where no third one follows in the word.
        Some('\\') => {
            let word = behind.get(1..).unwrap_or_default();
            let stop = word.find(|c: char| c.is_whitespace() || c == '\\');
            stop.and_then(|stop| word.get(stop..))
                .is_some_and(|rest| rest.starts_with('\\'))
        }
        Some(c) => !escape::is_escapable(c),
    }
}

/// Whether no address goes on with this text.
fn ends_address(rest: &str) -> bool {
    rest.chars().next().is_none_or(char::is_whitespace)
}

/// Whether an address between brackets shows as it stands: it holds no sign that would mean something in a text.
fn shows_itself(url: &str) -> bool {
    let read = line::label(source::Text { text: url, at: 0 });
    matches!(read.as_slice(), [Inline::Text(run)] if run.text == url && run.marks.is_empty())
}

/// How a character is spelled.
enum Spelling {
    Plain,
    Escaped,
    Reference,
}

impl Spelling {
    fn escaped_if(needed: bool) -> Self {
        if needed {
            Spelling::Escaped
        } else {
            Spelling::Plain
        }
    }

    fn reference_unless(plain: bool) -> Self {
        if plain {
            Spelling::Plain
        } else {
            Spelling::Reference
        }
    }
}

/// The symbol of a mark.
fn kind(mark: &Mark) -> Option<Kind> {
    match mark {
        Mark::Strong => Some(Kind::Strong),
        Mark::Em => Some(Kind::Em),
        Mark::Underline => Some(Kind::Underline),
        Mark::Strike => Some(Kind::Strike),
        Mark::Sub => Some(Kind::Sub),
        Mark::Sup => Some(Kind::Sup),
        Mark::Code => Some(Kind::Mono),
        Mark::Link(_)
        | Mark::Color(_)
        | Mark::Background(_)
        | Mark::Annotation(_)
        | Mark::Unknown(_) => None,
    }
}

/// Whether one of these marks has this sign as its symbol.
fn has(marks: &[Mark], sign: char) -> bool {
    let same = |mark: &Mark| kind(mark).is_some_and(|kind| kind.signs().0.starts_with(sign));
    marks.iter().any(same)
}

/// Whether a letter follows the end of the last of these marks.
fn follows(marks: &[Mark], rest: &[Inline]) -> bool {
    for inline in rest {
        let Inline::Text(run) = inline else {
            return false;
        };
        let goes_on = run.marks.get(..marks.len()) == Some(marks);
        if goes_on {
            continue;
        }
        let shared = run
            .marks
            .iter()
            .zip(marks)
            .take_while(|(one, other)| one == other);
        let opens = run.marks.len() > shared.count();
        return !opens && run.text.starts_with(is_wordlike);
    }
    false
}
