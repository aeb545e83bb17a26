//! Tables: rows of cells between bars, which may go on over lines.

use crate::block::{Block, Cell, Row, Table};

use super::image::{self, Ends};
use super::line::{self, Lead};
use super::read::{Lines, Place, Reader};
use super::source::{self, Line, Piece, Text};
use super::{escape, link};

/// A cell as it is collected.
struct Open<'a> {
    header: bool,
    lines: Vec<Line<'a>>,
}

/// Reads the table that begins with the next line and goes on to a line that begins without a bar, where no cell is open.
pub(super) fn read<'a>(reader: &mut Reader, lines: &mut Lines<'_, 'a>) -> Block {
    let mut table = Table::default();
    while let Some(line) = lines.next_if(|line| is_row(line)) {
        if reader.full(1) {
            break;
        }
        let mut row = Row::default();
        for Open { header, lines } in cells(line, lines) {
            if reader.full(1) {
                break;
            }
            row.cells.push(Cell {
                header,
                blocks: reader.lines(&mut lines.into_iter(), Place::Cell),
                ..Cell::default()
            });
        }
        if !row.cells.is_empty() {
            table.rows.push(row);
        }
    }
    // Bars with nothing between them are a table all the same.
    if table.rows.is_empty() {
        let cells = vec![Cell::default()];
        table.rows.push(Row { cells });
    }
    Block::Table(table)
}

fn is_row(line: &[Piece<'_>]) -> bool {
    line::lead(source::head(line), false) == Lead::Row
}

/// The cells of the row that begins with this line. A line break within a cell belongs to it.
fn cells<'a>(first: Line<'a>, lines: &mut Lines<'_, 'a>) -> Vec<Open<'a>> {
    let mut done = Vec::new();
    let mut open: Option<Open<'a>> = None;
    let mut line = first;
    loop {
        feed(line, &mut open, &mut done);
        if open.as_ref().is_none_or(is_empty) {
            return done;
        }
        let goes_on = |line: &Line<'a>| !source::is_blank(line) && !is_row(line);
        let Some(next) = lines.next_if(goes_on) else {
            break;
        };
        if let Some(open) = &mut open {
            open.lines.push(Vec::new());
        }
        line = next;
    }
    done.extend(open);
    done
}

fn is_empty(cell: &Open<'_>) -> bool {
    cell.lines.iter().all(|line| source::is_blank(line))
}

/// Takes one line: bars end a cell and begin the next.
fn feed<'a>(line: Line<'a>, open: &mut Option<Open<'a>>, done: &mut Vec<Open<'a>>) {
    for piece in line {
        let Piece::Text(text) = piece else {
            push(open, piece);
            continue;
        };
        let mut from = 0;
        for (bar, end) in bars(text.text) {
            push(open, part(text, from, bar));
            done.extend(open.take());
            *open = Some(Open {
                header: end - bar > 1,
                lines: vec![Vec::new()],
            });
            from = end;
        }
        push(open, part(text, from, text.text.len()));
    }
}

fn push<'a>(open: &mut Option<Open<'a>>, piece: Piece<'a>) {
    let line = open.as_mut().and_then(|open| open.lines.last_mut());
    if let Some(line) = line {
        line.push(piece);
    }
}

fn part(text: Text<'_>, from: usize, to: usize) -> Piece<'_> {
    Piece::Text(Text {
        text: text.text.get(from..to).unwrap_or_default(),
        at: text.at + from,
    })
}

/// Where bars stand that part cells, and where they end: not those of links, images and macros, nor escaped ones.
pub(super) fn bars(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut ends = Ends::default();
    let mut at = 0;
    while let Some(offset) = text
        .get(at..)
        .and_then(|rest| rest.find(['|', '\\', '[', '!', '{']))
    {
        at += offset;
        let rest = text.get(at..).unwrap_or_default();
        at += match rest.chars().next() {
            Some('|') => {
                let length = rest.len() - rest.trim_start_matches('|').len();
                found.push((at, at + length));
                length
            }
            Some('\\') => {
                let escapes = |c: char| c == '\\' || escape::is_escapable(c);
                1 + usize::from(rest.chars().nth(1).is_some_and(escapes))
            }
            Some('[') => link::between(rest).map_or(1, |body| body.len() + 2),
            Some('!') => image::at(text, at, &mut ends).map_or(1, |content| content.len() + 2),
            _ => color(rest).unwrap_or(1),
        };
    }
    found
}

/// The length of the first end of a macro within a line.
fn color(text: &str) -> Option<usize> {
    let anchor = "{anchor:";
    let head = text.get(..anchor.len()).unwrap_or_default();
    let found = text.starts_with("{color:") || head.eq_ignore_ascii_case(anchor);
    if !found {
        return None;
    }
    let end = text.get(1..)?.find(['{', '}'])? + 1;
    text.get(end..)?.starts_with('}').then_some(end + 1)
}
