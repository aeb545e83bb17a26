//! Tables.

use serde_json::Value;

use crate::block::{Block, Cell, Row, Table};
use crate::limit::{MAX_COLSPAN, MAX_ROWSPAN};
use crate::loss::{Instead, LossKind};

use super::Reader;
use super::node::{attr, boolean, content, kind, placement, string, valign};

impl Reader {
    pub(super) fn table(&mut self, node: &Value) -> Block {
        let rows = self.children(node, "tableRow", |reader, _, cells| Row {
            cells: reader.cells(cells),
        });
        Block::Table(Table {
            rows,
            placement: placement(node),
            width: self.number(node, "width"),
            numbered: boolean(node, "isNumberColumnEnabled").unwrap_or(false),
            fixed: string(node, "displayMode").map(|mode| mode == "fixed"),
        })
    }

    pub(super) fn cells(&mut self, cells: &[Value]) -> Vec<Cell> {
        let mut out = Vec::new();
        for (index, cell) in cells.iter().enumerate() {
            if self.full(cell) {
                break;
            }
            self.losses.enter(index, "cell");
            if !matches!(kind(cell), "tableCell" | "tableHeader") {
                self.losses.add(LossKind::Malformed, Instead::Blocks);
            }
            out.push(self.cell(cell));
            self.losses.leave();
        }
        out
    }

    pub(super) fn cell(&mut self, cell: &Value) -> Cell {
        self.check(cell);
        let span = |reader: &mut Self, name, most| {
            let span = reader.number(cell, name).unwrap_or(1);
            if !(1..=most).contains(&span) {
                reader.losses.add(LossKind::Attribute, Instead::Plain);
            }
            span
        };
        Cell {
            header: kind(cell) == "tableHeader",
            colspan: span(self, "colspan", MAX_COLSPAN),
            rowspan: span(self, "rowspan", MAX_ROWSPAN),
            widths: self.widths(cell),
            background: string(cell, "background").filter(|color| !color.is_empty()),
            valign: valign(cell),
            blocks: self.blocks(content(cell)),
        }
    }

    pub(super) fn widths(&mut self, cell: &Value) -> Vec<u32> {
        let widths = attr(cell, "colwidth").and_then(Value::as_array);
        let widths = widths.map_or(&[][..], Vec::as_slice);
        widths
            .iter()
            .filter_map(|width| self.whole(width))
            .collect()
    }
}
