//! Phrases: the symbols of a line paired, and their marks laid over what stands between.

use crate::inline::Inline;
use crate::loss::{Instead, LossKind, Losses};
use crate::mark::{Color, Mark};
use crate::normal;

use super::lex::{Kind, Token};

/// The line that these tokens make, beginning in this colour.
pub(super) fn pair(tokens: &[Token<'_>], color: Option<Color>, losses: &mut Losses) -> Vec<Inline> {
    let closers = Kind::ALL.map(|kind| {
        let closes = |token: &Token<'_>| match token {
            Token::Symbol(symbol) => symbol.closes && symbol.kind == kind,
            _ => false,
        };
        let places = tokens.iter().enumerate();
        places
            .filter(|(_, token)| closes(token))
            .map(|(place, _)| place)
            .collect()
    });
    let mut pairing = Pairing {
        tokens,
        closers,
        open: Vec::new(),
        color,
        losses,
        out: Vec::new(),
    };
    pairing.range(0, tokens.len());
    pairing.out
}

struct Pairing<'a, 'l> {
    tokens: &'a [Token<'a>],
    /// The places of the symbols of each kind that may be the second of a pair.
    closers: [Vec<usize>; Kind::ALL.len()],
    /// The kinds of the pairs around. None nests in its own kind, which bounds the recursion.
    open: Vec<Kind>,
    color: Option<Color>,
    losses: &'l mut Losses,
    out: Vec<Inline>,
}

impl Pairing<'_, '_> {
    fn range(&mut self, from: usize, to: usize) {
        let mut at = from;
        while at < to {
            let Some(token) = self.tokens.get(at) else {
                return;
            };
            match token {
                Token::Literal(text) => self.text(text),
                Token::Break(raw) if self.in_code() => self.text(raw),
                Token::Break(_) => self.out.push(Inline::HardBreak),
                Token::Color(color) => self.color = *color,
                Token::Shown(inlines, raw) => self.shown(inlines, raw),
                Token::Symbol(symbol) => match self.partner(at, to) {
                    Some(partner) => {
                        if symbol.kind == Kind::Cite {
                            self.losses.add(LossKind::Mark, Instead::Plain);
                        }
                        self.open.push(symbol.kind);
                        self.range(at + 1, partner);
                        self.open.pop();
                        at = partner;
                    }
                    None => self.text(symbol.raw),
                },
            }
            at += 1;
        }
    }

    fn in_code(&self) -> bool {
        self.open.contains(&Kind::Mono)
    }

    /// The second of the pair that begins here. The next symbol of its kind decides; where it has a space before it or
    /// nothing between, there is no pair.
    fn partner(&self, at: usize, to: usize) -> Option<usize> {
        let Some(Token::Symbol(first)) = self.tokens.get(at) else {
            return None;
        };
        if !first.opens || self.in_code() || self.open.contains(&first.kind) {
            return None;
        }
        let doubled = |next: &Token<'_>| match next {
            Token::Symbol(next) => next.kind == first.kind && next.kind != Kind::Mono,
            _ => false,
        };
        if self.tokens.get(at + 1).is_some_and(doubled) {
            return None;
        }
        let closers = self.closers.get(first.kind as usize)?;
        let next = closers.partition_point(|closer| *closer <= at);
        let partner = *closers.get(next)?;
        let Some(Token::Symbol(second)) = self.tokens.get(partner) else {
            return None;
        };
        (partner < to && partner > at + 1 && !second.after_space).then_some(partner)
    }

    fn text(&mut self, text: &str) {
        let marks = self.marks();
        normal::push_text(&mut self.out, text, &marks);
    }

    fn marks(&self) -> Vec<Mark> {
        let symbols = self.open.iter().map(|kind| kind.mark());
        let marks: Vec<Mark> = symbols.chain(self.color.map(Mark::Color)).collect();
        normal::marks(&marks)
    }

    fn shown(&mut self, inlines: &[Inline], raw: &str) {
        let linked = |inline: &Inline| match inline {
            Inline::Text(run) => !run.marks.is_empty(),
            Inline::Image(_) | Inline::Mention(_) | Inline::Card(_) => true,
            _ => false,
        };
        if self.in_code() && !inlines.iter().any(linked) {
            return self.text(raw);
        }
        let outer = self.marks();
        for inline in inlines {
            match inline {
                Inline::Text(run) => {
                    let marks = [run.marks.as_slice(), outer.as_slice()].concat();
                    normal::push_text(&mut self.out, &run.text, &normal::marks(&marks));
                }
                other => {
                    if matches!(other, Inline::Mention(_)) && !outer.is_empty() {
                        self.losses.add(LossKind::Mark, Instead::Plain);
                    }
                    self.out.push(other.clone());
                }
            }
        }
    }
}
