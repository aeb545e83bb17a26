//! Tables.

use crate::block::{Block, Cell, Row, Table};
use crate::limit::{MAX_COLSPAN, MAX_ROWSPAN};
use crate::loss::{Instead, LossKind};

use super::Reader;
use super::kind::Kind;
use super::node::{attr, boolean, content, placement, string, valign};
use super::tape::{Node, Nodes};

impl Reader {
    pub(super) fn table(&mut self, node: Node<'_>) -> Block {
        let rows = self.children(node, Kind::TableRow, |reader, _, cells| Row {
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

    pub(super) fn cells(&mut self, cells: Nodes<'_>) -> Vec<Cell> {
        let mut out = Vec::new();
        for (index, cell) in cells.enumerate() {
            if self.full(cell) {
                break;
            }
            self.losses.enter(index, "cell");
            if !matches!(cell.kind(), Kind::TableCell | Kind::TableHeader) {
                self.losses.add(LossKind::Malformed, Instead::Blocks);
            }
            out.push(self.cell(cell));
            self.losses.leave();
        }
        out
    }

    pub(super) fn cell(&mut self, cell: Node<'_>) -> Cell {
        self.check(cell);
        let span = |reader: &mut Self, name, most| {
            let span = reader.number(cell, name).unwrap_or(1);
            if !(1..=most).contains(&span) {
                reader.losses.add(LossKind::Attribute, Instead::Plain);
            }
            span
        };
        Cell {
            header: cell.kind() == Kind::TableHeader,
            colspan: span(self, "colspan", MAX_COLSPAN),
            rowspan: span(self, "rowspan", MAX_ROWSPAN),
            widths: self.widths(cell),
            background: string(cell, "background").filter(|color| !color.is_empty()),
            valign: valign(cell),
            blocks: self.blocks(content(cell)),
        }
    }

    pub(super) fn widths(&mut self, cell: Node<'_>) -> Vec<u32> {
        let widths = attr(cell, "colwidth").map(Node::values);
        widths
            .unwrap_or_default()
            .filter_map(|width| self.whole(width))
            .collect()
    }
}
