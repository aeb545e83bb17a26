//! Tight places: list items and table cells, where no empty line can be, and tables without spans.

use crate::adf;
use crate::block::{Block, Cell, Item, List, Paragraph, Row, Table};
use crate::inline::Inline;
use crate::limit::MAX_PADDING_CELLS;
use crate::loss::{Instead, LossKind, Losses};

use super::{Lowering, Place, lines};

/// Blocks so that they can follow one another without empty lines: paragraphs join as lines, lists of one kind are one, and
/// what follows a list is its last item.
pub(super) fn settle(blocks: Vec<Block>, place: Place, lowering: &mut Lowering<'_>) -> Vec<Block> {
    let mut out: Vec<Block> = Vec::with_capacity(blocks.len());
    let mut more: Vec<Block> = Vec::new();
    for block in blocks {
        match (out.last_mut(), block) {
            (Some(Block::List(before)), Block::List(list)) if before.kind == list.kind => {
                lowering.losses.add(LossKind::Structure, Instead::Blocks);
                end_item(before, &mut more, place, lowering);
                before.items.extend(own_line(list.items));
            }
            (Some(Block::List(before)), Block::List(list)) => {
                end_item(before, &mut more, place, lowering);
                let items = own_line(list.items).collect();
                out.push(Block::List(List { items, ..list }));
            }
            (Some(Block::List(_)), block) => {
                lowering.losses.add(LossKind::Structure, Instead::Blocks);
                more.push(block);
            }
            (Some(Block::Paragraph(before)), Block::Paragraph(after)) => {
                lowering.losses.add(LossKind::Structure, Instead::Plain);
                join(before, after);
            }
            (_, block) => out.push(block),
        }
    }
    if let Some(Block::List(list)) = out.last_mut() {
        end_item(list, &mut more, place, lowering);
    }
    // Joined lines may leave an image with a line for itself.
    let mut split = Vec::with_capacity(out.len());
    for block in out {
        match block {
            Block::Paragraph(paragraph) => {
                lines::split(paragraph.inlines, &mut split, lowering.losses)
            }
            other => split.push(other),
        }
    }
    split
}

/// The items of a list that joins another: none begins with a list, which the item before it would take.
fn own_line(items: Vec<Item>) -> impl Iterator<Item = Item> {
    items.into_iter().map(|mut item| {
        if matches!(item.blocks.first(), Some(Block::List(_))) {
            item.blocks.insert(0, Block::paragraph(Vec::new()));
        }
        item
    })
}

/// Makes an item of what followed a list.
fn end_item(list: &mut List, more: &mut Vec<Block>, place: Place, lowering: &mut Lowering<'_>) {
    if more.is_empty() {
        return;
    }
    let blocks = adf::fit_item(std::mem::take(more), lowering.losses);
    // What fits an item may be of another kind than what did not, and new to this place.
    let blocks = lowering.sequence(blocks, place.item());
    list.items.extend(own_line(vec![Item { blocks }]));
}

/// Two paragraphs as the lines of one.
fn join(before: &mut Paragraph, after: Paragraph) {
    before.inlines.push(Inline::HardBreak);
    before.inlines.extend(after.inlines);
}

/// The table with an empty cell wherever a span reached, so that columns stay columns, and without what markup lacks.
pub(super) fn without_spans(table: Table, losses: &mut Losses) -> Table {
    let mut padding = MAX_PADDING_CELLS;
    let mut lost = table.placement.is_some() || table.width.is_some();
    lost |= table.fixed.is_some() || table.numbered;
    // For each column, how many rows below are still covered, and whether by a header.
    let mut covered: Vec<(u32, bool)> = Vec::new();
    let mut rows = Vec::with_capacity(table.rows.len());
    for row in table.rows {
        let mut cells = Vec::with_capacity(row.cells.len());
        for cell in row.cells {
            pad(&mut cells, &mut covered, &mut padding);
            lost |= is_dressed(&cell);
            place(cell, &mut cells, &mut covered, &mut padding);
        }
        pad(&mut cells, &mut covered, &mut padding);
        lost |= cells.is_empty();
        if !cells.is_empty() {
            rows.push(Row { cells });
        }
    }
    if lost {
        losses.add(LossKind::TableLayout, Instead::Plain);
    }
    Table {
        rows,
        ..Table::default()
    }
}

fn is_dressed(cell: &Cell) -> bool {
    let spans = cell.colspan != 1 || cell.rowspan != 1;
    spans || !cell.widths.is_empty() || cell.background.is_some() || cell.valign.is_some()
}

fn plain(header: bool, blocks: Vec<Block>) -> Cell {
    Cell {
        header,
        blocks,
        ..Cell::default()
    }
}

fn empty(header: bool) -> Cell {
    plain(header, vec![Block::paragraph(Vec::new())])
}

/// Appends an empty cell for every column from here on that a cell of a row above covers.
fn pad(cells: &mut Vec<Cell>, covered: &mut [(u32, bool)], padding: &mut usize) {
    while let Some((rows, header)) = covered.get_mut(cells.len()) {
        if *rows == 0 || *padding == 0 {
            return;
        }
        *rows -= 1;
        *padding -= 1;
        cells.push(empty(*header));
    }
}

/// Appends a cell, and an empty one for every further column that it covers.
fn place(cell: Cell, cells: &mut Vec<Cell>, covered: &mut Vec<(u32, bool)>, padding: &mut usize) {
    let more = usize::try_from(cell.colspan.saturating_sub(1)).unwrap_or(usize::MAX);
    let more = more.min(*padding);
    *padding -= more;
    let from = cells.len();
    cells.push(plain(cell.header, cell.blocks));
    cells.extend(std::iter::repeat_with(|| empty(cell.header)).take(more));
    if cell.rowspan > 1 {
        if covered.len() < cells.len() {
            covered.resize(cells.len(), (0, false));
        }
        for column in covered.iter_mut().skip(from).take(more + 1) {
            *column = (cell.rowspan - 1, cell.header);
        }
    }
}
