//! Tables: what the form that Markdown has for tables can say, and how it is printed.
//!
//! Such a table has one row of headers, as many cells in each row, one line in each cell, and one alignment in each column. Any
//! other is written as the HTML that Azure DevOps would store, in one block (docs/decisions/0011-tables-in-markdown.md).

use crate::block::{Alignment, Block, Cell, Table};
use crate::inline::Inline;
use crate::limit::MAX_MARKDOWN_COLUMNS;

use super::inline::{self, Place};

/// Whether the table has a form in Markdown.
pub(super) fn fits(table: &Table) -> bool {
    let Some((head, body)) = table.rows.split_first() else {
        return false;
    };
    let columns = head.cells.len();
    let rows = body.iter();
    (1..=MAX_MARKDOWN_COLUMNS).contains(&columns)
        && head.cells.iter().all(|cell| cell.header && is_line(cell))
        && rows
            .clone()
            .all(|row| row.cells.len() == columns && row.cells.iter().all(is_body))
        && (0..columns).all(|column| alignment(table, column).is_some())
}

fn is_body(cell: &Cell) -> bool {
    !cell.header && is_line(cell)
}

fn is_line(cell: &Cell) -> bool {
    let plain = cell.colspan == 1 && cell.rowspan == 1 && cell.background.is_none();
    plain && matches!(&*cell.blocks, [] | [Block::Paragraph(_) | Block::Media(_)])
}

/// The one alignment of a column; `None` when its cells disagree. An empty cell agrees with each.
fn alignment(table: &Table, column: usize) -> Option<Alignment> {
    let mut found = None;
    for row in &table.rows {
        if let Some([Block::Paragraph(paragraph)]) = row.cells.get(column).map(|cell| &*cell.blocks)
            && !paragraph.inlines.is_empty()
        {
            let own = paragraph.style.alignment;
            if *found.get_or_insert(own) != own {
                return None;
            }
        }
    }
    Some(found.unwrap_or_default())
}

/// Hands on the lines of a table that fits, one for each row.
pub(super) fn lines(table: &Table, mut print: impl FnMut(&str)) {
    for (index, row) in table.rows.iter().enumerate() {
        print(&joined(row.cells.iter().map(cell)));
        if index == 0 {
            let columns = 0..row.cells.len();
            print(&joined(columns.map(|column| {
                let sign = match alignment(table, column).unwrap_or_default() {
                    Alignment::Start => "---",
                    Alignment::Center => ":-:",
                    Alignment::End => "--:",
                };
                sign.to_owned()
            })));
        }
    }
}

fn joined(cells: impl Iterator<Item = String>) -> String {
    let mut line = "|".to_owned();
    for cell in cells {
        line.push(' ');
        line.push_str(&cell);
        line.push_str(" |");
    }
    line
}

fn cell(cell: &Cell) -> String {
    match &*cell.blocks {
        [Block::Paragraph(paragraph)] if paragraph.inlines.is_empty() => String::new(),
        [Block::Paragraph(paragraph)] => inline::line(&paragraph.inlines, Place::Cell),
        [Block::Media(media)] => inline::line(&[Inline::Image(media.image.clone())], Place::Cell),
        _ => String::new(),
    }
}
