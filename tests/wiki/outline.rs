//! Outlines: what a reader makes of a text, in lines that can be compared and read by people.
//!
//! A line for each block, indented below the one around it, and marks as `‹strong em|text›`. Not told apart: empty
//! paragraphs, amounts of white space, the marks of white space at the ends of a run, and the order of marks.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Lines as they are collected.
#[derive(Default)]
pub(crate) struct Outline {
    text: String,
    depth: usize,
}

impl Outline {
    /// The outline that these calls make.
    pub(crate) fn of(fill: impl FnOnce(&mut Outline)) -> String {
        let mut outline = Outline::default();
        fill(&mut outline);
        outline.text
    }

    /// A block without content.
    pub(crate) fn line(&mut self, words: &str) {
        writeln!(self.text, "{}{words}", "  ".repeat(self.depth)).expect("a string takes all");
    }

    /// A block with what stands in it.
    pub(crate) fn within(&mut self, words: &str, fill: impl FnOnce(&mut Outline)) {
        self.line(words);
        self.depth += 1;
        fill(self);
        self.depth -= 1;
    }

    /// A block of text, which is none without text.
    pub(crate) fn text(&mut self, words: &str, text: &Text) {
        let shown = text.shown();
        if !shown.is_empty() {
            self.line(&format!("{words}: {shown}"));
        }
    }

    /// A block of code.
    pub(crate) fn code(&mut self, language: &str, code: &str) {
        self.within(format!("code {language}").trim_end(), |outline| {
            for line in code.trim_matches('\n').split('\n') {
                outline.line(format!("| {line}").trim_end());
            }
        });
    }
}

/// The marks of a run.
pub(crate) type Marks = BTreeSet<String>;

/// Runs as they are collected.
#[derive(Default)]
pub(crate) struct Text {
    runs: Vec<(Marks, String)>,
}

impl Text {
    /// Appends text under marks.
    pub(crate) fn push(&mut self, text: &str, marks: &Marks) {
        for c in text.chars() {
            let space = c.is_whitespace() && c != BREAK;
            self.push_char(if space { ' ' } else { c }, marks);
        }
    }

    fn push_char(&mut self, c: char, marks: &Marks) {
        match self.runs.last_mut() {
            Some((last, run)) if last == marks => run.push(c),
            _ => self.runs.push((marks.clone(), c.to_string())),
        }
    }

    /// Appends a line break.
    pub(crate) fn line_break(&mut self) {
        self.push_char(BREAK, &Marks::new());
    }

    /// One character after another with its marks: no white space beside a break, at an end, or twice, and none with marks.
    fn characters(&self) -> Vec<(char, &Marks)> {
        static NONE: Marks = Marks::new();
        let all = self.runs.iter().flat_map(|(marks, run)| {
            let end = run.trim_end().len();
            let begin = run.len() - run.trim_start().len();
            run.char_indices().map(move |(at, c)| {
                let inner = (begin..end).contains(&at) && c != BREAK;
                (c, if inner { marks } else { &NONE })
            })
        });
        let mut out: Vec<(char, &Marks)> = Vec::new();
        for (c, marks) in all {
            let last = out.last().map(|(last, _)| *last);
            let after_space = matches!(last, None | Some(' ' | BREAK));
            match c {
                ' ' if after_space => {}
                BREAK => {
                    while matches!(out.last(), Some((' ', _))) {
                        out.pop();
                    }
                    out.push((c, marks));
                }
                _ => out.push((c, marks)),
            }
        }
        out
    }

    /// The runs in one line.
    pub(crate) fn shown(&self) -> String {
        let characters = self.characters();
        let blank = |(c, _): &(char, &Marks)| matches!(*c, ' ' | BREAK);
        let begin = characters.iter().position(|c| !blank(c));
        let end = characters.iter().rposition(|c| !blank(c));
        let (Some(begin), Some(end)) = (begin, end) else {
            return String::new();
        };
        let seen = characters.get(begin..=end).unwrap_or_default();
        let mut out = String::new();
        for run in seen.chunk_by(|(_, one), (_, other)| one == other) {
            let marks = run.first().map(|(_, marks)| *marks).into_iter().flatten();
            let marks: Vec<&str> = marks.map(String::as_str).collect();
            let text: String = run.iter().map(|(c, _)| *c).collect();
            if marks.is_empty() {
                out.push_str(&text);
            } else {
                out.push_str(&format!("‹{}|{text}›", marks.join(" ")));
            }
        }
        out
    }
}

/// What stands for a line break.
const BREAK: char = '⏎';
