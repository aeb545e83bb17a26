//! Tables.

use crate::block::{Block, Cell, Row, Table, VerticalAlign};
use crate::html::style::{self, Style};
use crate::html::tree::Id;
use crate::limit::MAX_COLSPAN;
use crate::loss::{Instead, LossKind};

use super::line::Flow;
use super::{Context, Reader};

impl Reader<'_> {
    pub(super) fn table(&mut self, id: Id, context: &Context, flow: &mut Flow, outer: &Context) {
        flow.flush(outer);
        let (mut rows, mut last) = (Vec::new(), Vec::new());
        let mut columns = Vec::new();
        for part in self.tree.children(id) {
            let children = self.tree.children(part);
            match self.tree.name(part) {
                Some("tr") => rows.push(part),
                Some("thead" | "tbody") => rows.extend(children),
                // The foot is shown last, wherever it was written.
                Some("tfoot") => last.extend(children),
                Some("colgroup") => {
                    for column in children {
                        self.column(column, &mut columns);
                    }
                }
                Some("caption") => {
                    self.losses.add(LossKind::Caption, Instead::Blocks);
                    let blocks = self.blocks(part, context);
                    flow.extend(blocks);
                }
                _ => {}
            }
        }
        rows.append(&mut last);
        let rows: Vec<Id> = rows
            .into_iter()
            .filter(|row| self.tree.name(*row) == Some("tr"))
            .collect();
        let mut rows = self.rows(&rows, context);
        if let Some(first) = rows.first_mut() {
            set_widths(first, &columns);
        }
        flow.push(Block::Table(Table {
            rows,
            ..Table::default()
        }));
    }

    /// The width of a column, for as many columns as it stands for; 0 without one.
    fn column(&self, id: Id, columns: &mut Vec<u32>) {
        let span = self.tree.attr(id, "span");
        let span = span.and_then(|span| span.trim().parse().ok()).unwrap_or(1);
        let room = (MAX_COLSPAN as usize).saturating_sub(columns.len());
        let width = self.width(id).unwrap_or(0);
        columns.extend(std::iter::repeat_n(width, std::cmp::min(span, room)));
    }

    /// A width in pixels by style or attribute.
    fn width(&self, id: Id) -> Option<u32> {
        let own = Style::read(self.tree.attr(id, "style").unwrap_or_default());
        let said = self.tree.attr(id, "width").and_then(style::length);
        own.width.or(said).filter(|width| *width > 0)
    }

    fn rows(&mut self, rows: &[Id], context: &Context) -> Vec<Row> {
        let mut out = Vec::new();
        for row in rows {
            if self.full() {
                break;
            }
            out.push(self.row(*row, context));
        }
        out
    }

    fn row(&mut self, id: Id, outer: &Context) -> Row {
        let mut own = Style::read(self.tree.attr(id, "style").unwrap_or_default());
        let color = self.tree.attr(id, "bgcolor").and_then(style::color);
        own.background = own.background.or(color);
        let context = self.context(id, "tr", &own, outer);
        let mut cells = Vec::new();
        for (index, cell) in self.tree.children(id).enumerate() {
            if let Some(name @ ("td" | "th")) = self.tree.name(cell) {
                if self.full() {
                    break;
                }
                self.losses.enter(index, "cell");
                cells.push(self.cell(cell, name, &own, &context));
                self.losses.leave();
            }
        }
        Row { cells }
    }

    fn cell(&mut self, id: Id, name: &str, row: &Style, outer: &Context) -> Cell {
        let attr = |name| self.tree.attr(id, name);
        let own = Style::read(attr("style").unwrap_or_default());
        self.tell_unsaid(id, name, &own);
        let context = self.context(id, name, &own, outer);
        let attr = |name| self.tree.attr(id, name);
        let span = |name| {
            attr(name)
                .and_then(|span| span.trim().parse().ok())
                .unwrap_or(1)
        };
        let color = own
            .background
            .or(attr("bgcolor").and_then(style::color))
            .or(row.background);
        let colspan = span("colspan");
        let valign = own.valign.or(attr("valign").and_then(style::valign));
        Cell {
            header: name == "th",
            colspan,
            rowspan: span("rowspan"),
            // One width for several columns says nothing of each.
            widths: self
                .width(id)
                .filter(|_| colspan == 1)
                .into_iter()
                .collect(),
            background: color.map(|color| color.to_string()),
            // The top is where ADF sets content anyway.
            valign: valign.filter(|valign| *valign != VerticalAlign::Top),
            blocks: self.blocks(id, &context),
        }
    }
}

/// Gives the cells of the first row the widths of their columns, where all of them are known.
fn set_widths(row: &mut Row, columns: &[u32]) {
    let mut at = 0;
    for cell in &mut row.cells {
        let end = at + cell.colspan.clamp(1, MAX_COLSPAN) as usize;
        if let Some(widths) = columns.get(at..end)
            && !widths.contains(&0)
        {
            cell.widths = widths.to_vec();
        }
        at = end;
    }
}
