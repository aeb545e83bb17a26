//! Lexing: one line of text cut into what stands for itself, symbols that may pair, and what is shown as a whole.

use crate::block::{CardView, MediaWidth, Placement};
use crate::inline::{CardTarget, Image, ImageRef, ImageSource, Inline, MediaKind, Mention};
use crate::loss::{Instead, LossKind, Losses};
use crate::mark::{Color, Link, Mark};
use crate::plain;

use super::escape::{self, is_space, is_wordlike};
use super::image::{self, Ends};
use super::link::{self, Bracket, View};
use super::source;
use super::tint::{COLOR_END, Tint};
use super::{panel, phrase, smiley};

/// The symbols that lay a mark over what stands between two of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `*`
    Strong,
    /// `_`
    Em,
    /// `??`
    Cite,
    /// `-`
    Strike,
    /// `+`
    Underline,
    /// `^`
    Sup,
    /// `~`
    Sub,
    /// `{{` and `}}`
    Mono,
}

/// A part of a line.
#[derive(Clone, Debug)]
pub(super) enum Token<'a> {
    /// Text that stands for itself.
    Literal(String),
    /// A symbol.
    Symbol(Symbol<'a>),
    /// A forced line break, as it was spelled.
    Break(&'a str),
    /// Something shown as a whole, as it was spelled. Within `{{ }}` only links are.
    Shown(Vec<Inline>, &'a str),
    /// The colour from here on.
    Color(Option<Color>),
}

/// A symbol and what its neighbours let it do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Symbol<'a> {
    /// Which one.
    pub(super) kind: Kind,
    /// Its spelling.
    pub(super) raw: &'a str,
    /// It may be the first of a pair.
    pub(super) opens: bool,
    /// It is looked at as the second of a pair.
    pub(super) closes: bool,
    /// A space stands before it, so that it cannot be the second, and none behind it can.
    pub(super) after_space: bool,
}

impl Kind {
    /// All symbols.
    pub(super) const ALL: [Kind; 8] = [
        Kind::Strong,
        Kind::Em,
        Kind::Cite,
        Kind::Strike,
        Kind::Underline,
        Kind::Sup,
        Kind::Sub,
        Kind::Mono,
    ];

    /// The spelling of the first of a pair and of the second.
    pub(super) fn signs(self) -> (&'static str, &'static str) {
        match self {
            Kind::Strong => ("*", "*"),
            Kind::Em => ("_", "_"),
            Kind::Cite => ("??", "??"),
            Kind::Strike => ("-", "-"),
            Kind::Underline => ("+", "+"),
            Kind::Sup => ("^", "^"),
            Kind::Sub => ("~", "~"),
            Kind::Mono => ("{{", "}}"),
        }
    }

    /// The mark that a pair lays over what stands between.
    pub(super) fn mark(self) -> Mark {
        match self {
            Kind::Strong => Mark::Strong,
            Kind::Em | Kind::Cite => Mark::Em,
            Kind::Strike => Mark::Strike,
            Kind::Underline => Mark::Underline,
            Kind::Sup => Mark::Sup,
            Kind::Sub => Mark::Sub,
            Kind::Mono => Mark::Code,
        }
    }
}

/// What an image or a card becomes when it stands alone in its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Alone {
    /// An image in this place, this wide.
    Image(Placement, Option<MediaWidth>),
    /// A card shown like this.
    Card(CardView),
}

/// Cuts one line.
pub(super) struct Lexer<'a, 'l> {
    text: &'a str,
    /// Where the line begins in its source.
    at: usize,
    /// Links are looked for; not within the text of a link.
    links: bool,
    tint: &'l mut Tint,
    losses: &'l mut Losses,
    ends: Ends,
    tokens: Vec<Token<'a>>,
    literal: String,
    alone: Option<Alone>,
    /// For each kind, whether a symbol that opens waits for the second of its pair.
    waiting: [bool; Kind::ALL.len()],
}

/// The tokens of a line, and what its only image or card becomes when it stands alone.
pub(super) fn lex<'a>(
    line: source::Text<'a>,
    links: bool,
    tint: &mut Tint,
    losses: &mut Losses,
) -> (Vec<Token<'a>>, Option<Alone>) {
    let mut lexer = Lexer {
        text: line.text,
        at: line.at,
        links,
        tint,
        losses,
        ends: Ends::default(),
        tokens: Vec::new(),
        literal: String::new(),
        alone: None,
        waiting: [false; Kind::ALL.len()],
    };
    let mut at = 0;
    while let Some(c) = lexer.rest(at).chars().next() {
        at += lexer.step(at, c);
    }
    lexer.flush();
    (lexer.tokens, lexer.alone)
}

impl<'a> Lexer<'a, '_> {
    fn rest(&self, at: usize) -> &'a str {
        self.text.get(at..).unwrap_or_default()
    }

    fn before(&self, at: usize) -> Option<char> {
        self.text.get(..at)?.chars().next_back()
    }

    fn flush(&mut self) {
        if !self.literal.is_empty() {
            let literal = std::mem::take(&mut self.literal);
            self.tokens.push(Token::Literal(literal));
        }
    }

    fn push(&mut self, token: Token<'a>) {
        self.flush();
        self.tokens.push(token);
    }

    /// Takes what begins at this place, and gives its length.
    fn step(&mut self, at: usize, c: char) -> usize {
        let rest = self.rest(at);
        let taken = match c {
            '\\' => Some(self.backslash(at)),
            '{' => self.brace(at),
            '}' if rest.starts_with("}}") => Some(self.symbol(Kind::Mono, "}}", at, false)),
            '[' if self.links => self.bracket(rest),
            '!' => self.bang(at),
            '&' => escape::reference(rest).map(|(c, length)| {
                self.literal.push(c);
                length
            }),
            ':' | ';' | '(' => smiley::at(rest).map(|(emoji, sign)| {
                self.push(Token::Shown(vec![Inline::Emoji(Box::new(emoji))], sign));
                sign.len()
            }),
            '-' => self.dashes(at),
            '*' => Some(self.symbol(Kind::Strong, "*", at, true)),
            '_' => Some(self.symbol(Kind::Em, "_", at, true)),
            '+' => Some(self.symbol(Kind::Underline, "+", at, true)),
            '^' => Some(self.symbol(Kind::Sup, "^", at, true)),
            '~' => Some(self.symbol(Kind::Sub, "~", at, true)),
            '?' if rest.starts_with("??") => Some(self.symbol(Kind::Cite, "??", at, true)),
            'f' | 'h' | 'i' | 'm' | 'F' | 'H' | 'I' | 'M' if self.links => self.bare(at),
            _ => None,
        };
        taken.unwrap_or_else(|| {
            self.literal.push(c);
            c.len_utf8()
        })
    }

    fn backslash(&mut self, at: usize) -> usize {
        let rest = self.rest(at);
        let second = self.before(at) == Some('\\');
        let next = rest.chars().nth(1);
        if second {
            // The second backslash of a row escapes nothing, and what stands behind it begins nothing.
            let taken = next.filter(|c| *c == '\\' || escape::is_escapable(*c));
            self.literal.push('\\');
            self.literal.extend(taken);
            return 1 + taken.map_or(0, char::len_utf8);
        }
        match next {
            Some('\\') => {
                let behind = rest.get(2..).unwrap_or_default();
                let stop = behind.find(|c: char| c.is_whitespace() || c == '\\');
                let more = stop.is_some_and(|stop| {
                    behind
                        .get(stop..)
                        .is_some_and(|rest| rest.starts_with('\\'))
                });
                if more {
                    self.literal.push_str("\\\\");
                    return 2;
                }
                // A space behind a break is not seen.
                let spaces = behind.len() - behind.trim_start_matches(is_space).len();
                self.push(Token::Break(rest.get(..2 + spaces).unwrap_or_default()));
                2 + spaces
            }
            Some(c) if escape::is_escapable(c) => {
                self.literal.push(c);
                2
            }
            _ => {
                self.literal.push('\\');
                1
            }
        }
    }

    /// A symbol in its plain spelling. The brackets of monospaced text are two: one opens and one closes.
    fn symbol(&mut self, kind: Kind, raw: &'a str, at: usize, both: bool) -> usize {
        let before = self.before(at);
        let behind = self.rest(at + raw.len()).chars().next();
        let mono = kind == Kind::Mono;
        let opening = !mono || raw == "{{";
        self.push_symbol(Symbol {
            kind,
            raw,
            opens: opening && !before.is_some_and(is_wordlike) && !behind.is_some_and(is_space),
            closes: (both || !opening) && !behind.is_some_and(is_wordlike),
            after_space: before.is_some_and(is_space),
        });
        raw.len()
    }

    fn push_symbol(&mut self, symbol: Symbol<'a>) {
        if let Some(waiting) = self.waiting.get_mut(symbol.kind as usize) {
            let ends = *waiting && symbol.closes && !symbol.after_space;
            *waiting = !ends && (symbol.opens || *waiting && !symbol.closes);
        }
        self.push(Token::Symbol(symbol));
    }

    /// A symbol in braces, which may stand within a word.
    fn braced(&mut self, kind: Kind, raw: &'a str, at: usize) -> usize {
        let before = self.before(at);
        let behind = self.rest(at + raw.len()).chars().next();
        let opening = kind != Kind::Mono || raw == "{{{}";
        let closing = kind != Kind::Mono || raw == "{}}}";
        self.push_symbol(Symbol {
            kind,
            raw,
            opens: opening && !behind.is_some_and(is_space),
            closes: closing,
            after_space: before.is_some_and(is_space),
        });
        raw.len()
    }

    fn brace(&mut self, at: usize) -> Option<usize> {
        let rest = self.rest(at);
        for (raw, kind) in BRACED {
            if let Some(raw) = rest.get(..raw.len()).filter(|head| *head == raw) {
                return Some(self.braced(kind, raw, at));
            }
        }
        if rest.starts_with("{{") {
            let raw = rest.get(..2)?;
            return Some(self.symbol(Kind::Mono, raw, at, false));
        }
        if rest.starts_with("{color") {
            return self.color(at);
        }
        let head = "{anchor:";
        let named = rest.get(..head.len())?.eq_ignore_ascii_case(head);
        let name = value(rest.get(head.len()..).filter(|_| named)?)?;
        self.push(Token::Shown(
            vec![Inline::Anchor(name.to_owned())],
            rest.get(..head.len() + name.len() + 1)?,
        ));
        Some(head.len() + name.len() + 1)
    }

    fn color(&mut self, at: usize) -> Option<usize> {
        let rest = self.rest(at);
        if rest.starts_with(COLOR_END) && self.tint.open {
            self.tint.open = false;
            self.tint.color = None;
            self.push(Token::Color(None));
            return Some(COLOR_END.len());
        }
        let value = attribute(rest, "{color:")?;
        let ends = self.tint.last.is_some_and(|last| last > self.at + at);
        if !ends {
            return None;
        }
        let color = panel::parse(value);
        if color.is_none() {
            self.losses.add(LossKind::Mark, Instead::Plain);
        }
        self.tint.open = true;
        self.tint.color = color;
        self.push(Token::Color(color));
        Some("{color:}".len() + value.len())
    }

    fn dashes(&mut self, at: usize) -> Option<usize> {
        let rest = self.rest(at);
        let length = rest.len() - rest.trim_start_matches('-').len();
        let raw = rest.get(..length)?;
        let spaced = |c: Option<char>| c.is_none_or(char::is_whitespace);
        let free = spaced(self.before(at)) && spaced(self.rest(at + length).chars().next());
        let dash = match length {
            1 => return Some(self.symbol(Kind::Strike, raw, at, true)),
            2 if free => "–",
            3 if free => "—",
            _ => {
                self.literal.push_str(raw);
                return Some(length);
            }
        };
        self.push(Token::Shown(vec![Inline::text(dash)], raw));
        Some(length)
    }

    fn bang(&mut self, at: usize) -> Option<usize> {
        let content = image::at(self.text, at, &mut self.ends)?;
        let shown = image::read(content, self.losses)?;
        self.alone = Some(Alone::Image(shown.placement, shown.width));
        let raw = self.rest(at).get(..content.len() + 2)?;
        self.push(Token::Shown(vec![Inline::Image(shown.image)], raw));
        Some(raw.len())
    }

    fn bare(&mut self, at: usize) -> Option<usize> {
        if self.before(at).is_some_and(is_wordlike) {
            return None;
        }
        let rest = self.rest(at);
        let (run, raw) = link::bare(rest, |at| self.closes(rest, at))?;
        let plain = raw.replace('\\', "");
        let Some(href) = link::target(&plain) else {
            // What is no link stays text as a whole, so that none is looked for within.
            self.literal.push_str(run);
            return Some(run.len());
        };
        let text = without_mailto(&plain).to_owned();
        let marks = vec![Mark::link(href)];
        self.push(Token::Shown(vec![Inline::marked(text, marks)], raw));
        Some(raw.len())
    }

    /// Whether an address ends at this place because a symbol there is the second of a pair that is open.
    fn closes(&self, address: &str, at: usize) -> bool {
        let here = address.get(at..).unwrap_or_default();
        let before = address.get(..at).and_then(|text| text.chars().next_back());
        let open = Kind::ALL.into_iter().find(|kind| {
            let waits = self.waiting.get(*kind as usize).is_some_and(|waits| *waits);
            waits && here.starts_with(kind.signs().1)
        });
        open.is_some_and(|kind| {
            let sign = kind.signs().1;
            let behind = here.get(sign.len()..).unwrap_or_default();
            let dashes = kind == Kind::Strike && (before == Some('-') || behind.starts_with('-'));
            before != Some('\\') && !dashes && !behind.starts_with(is_wordlike)
        })
    }

    fn bracket(&mut self, rest: &'a str) -> Option<usize> {
        let body = link::between(rest)?;
        let raw = rest.get(..body.len() + 2)?;
        let at = self.at + (self.text.len() - rest.len()) + 1;
        let inlines = match link::read(body)? {
            Bracket::Mention(id) => vec![Inline::Mention(Box::new(Mention {
                id: id.to_owned(),
                ..Mention::default()
            }))],
            Bracket::Attachment(name, label) => {
                let label = label.map(|label| self.label(label, at)).unwrap_or_default();
                self.alone = None;
                let alt = self.alternative(&label);
                vec![attachment(name, alt)]
            }
            Bracket::Card(url, view) => vec![self.card(url, view)],
            Bracket::Link { label, url, title } => self.link(label, url, title, at),
        };
        self.push(Token::Shown(inlines, raw));
        Some(raw.len())
    }

    fn card(&mut self, url: String, view: View) -> Inline {
        let shown = match view {
            View::Inline => None,
            View::Block => Some(CardView::Block),
            View::Embed => Some(CardView::Embed {
                placement: Placement::Center,
                width: None,
                original: None,
            }),
        };
        self.alone = shown.map(Alone::Card);
        Inline::Card(CardTarget::Url(url))
    }

    /// The text of a link read on its own.
    fn label(&mut self, label: &'a str, at: usize) -> Vec<Inline> {
        let line = source::Text {
            text: escape::trim(label),
            at,
        };
        let color = self.tint.color;
        let (tokens, alone) = lex(line, false, self.tint, self.losses);
        self.alone = alone;
        phrase::pair(&tokens, color, self.losses)
    }

    /// The label of a file as text. What else it holds is shown by its own text.
    fn alternative(&mut self, label: &[Inline]) -> String {
        for inline in label {
            match inline {
                Inline::Text(run) if run.marks.is_empty() => {}
                Inline::Text(_) => self.losses.add(LossKind::Mark, Instead::Plain),
                Inline::Emoji(_) => self.losses.add(LossKind::Emoji, Instead::Text),
                Inline::Image(_) => self.losses.add(LossKind::Image, Instead::Text),
                _ => self.losses.add(LossKind::Structure, Instead::Text),
            }
        }
        plain::line(label).replace('\n', " ")
    }

    fn link(
        &mut self,
        label: Option<&'a str>,
        href: String,
        title: Option<String>,
        at: usize,
    ) -> Vec<Inline> {
        let titled = title.is_some();
        let link = Mark::Link(Link {
            href: href.clone(),
            title,
        });
        let Some(label) = label else {
            return vec![Inline::marked(without_mailto(&href), vec![link])];
        };
        let mut inlines = self.label(label, at);
        let mut linked = false;
        for inline in &mut inlines {
            match inline {
                Inline::Text(run) => {
                    run.marks.push(link.clone());
                    linked = true;
                }
                Inline::Image(image) => {
                    let earlier = image.link.replace(href.clone());
                    if titled || earlier.is_some_and(|earlier| earlier != href) {
                        self.losses.add(LossKind::LinkDetail, Instead::Plain);
                    }
                    linked = true;
                }
                _ => {}
            }
        }
        // A link over a smiley alone has nothing that could carry it, so its text does.
        if linked {
            inlines
        } else {
            vec![Inline::marked(escape::trim(label), vec![link])]
        }
    }
}

/// Symbols in braces, the longest spelling first.
const BRACED: [(&str, Kind); 9] = [
    ("{{{}", Kind::Mono),
    ("{}}}", Kind::Mono),
    ("{??}", Kind::Cite),
    ("{*}", Kind::Strong),
    ("{_}", Kind::Em),
    ("{-}", Kind::Strike),
    ("{+}", Kind::Underline),
    ("{^}", Kind::Sup),
    ("{~}", Kind::Sub),
];

/// What stands between this opening and the next `}`.
fn attribute<'a>(text: &'a str, opening: &str) -> Option<&'a str> {
    value(text.strip_prefix(opening)?)
}

/// What stands before the next `}`.
fn value(text: &str) -> Option<&str> {
    let end = text.find(['{', '}'])?;
    let (value, behind) = text.split_at(end);
    (!value.is_empty() && behind.starts_with('}')).then_some(value)
}

fn without_mailto(url: &str) -> &str {
    url.strip_prefix("mailto:").unwrap_or(url)
}

fn attachment(name: &str, alt: String) -> Inline {
    Inline::Image(Image {
        reference: Box::new(ImageRef {
            source: ImageSource::Attachment(name.to_owned()),
            kind: MediaKind::File,
            alt: Some(alt).filter(|alt| !alt.is_empty()),
            width: None,
            height: None,
        }),
        link: None,
        border: None,
    })
}
