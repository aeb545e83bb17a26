//! Tables printed.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::block::{Cell, Row, Table};

use super::Print;
use super::node::{Node, placement_name, put, valign_name};

impl Serialize for Print<'_, Table> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Print(table, printer) = *self;
        let mut attrs = Map::new();
        put(&mut attrs, "layout", table.placement.map(placement_name));
        put(&mut attrs, "width", table.width);
        let numbered = table.numbered.then_some(true);
        put(&mut attrs, "isNumberColumnEnabled", numbered);
        let mode = table
            .fixed
            .map(|fixed| if fixed { "fixed" } else { "default" });
        put(&mut attrs, "displayMode", mode);
        Node::new("table")
            .some_attrs(attrs)
            .content(&Print(table.rows.as_slice(), printer.within_nested()))
            .serialize(serializer)
    }
}

impl Serialize for Print<'_, Row> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Print(row, printer) = *self;
        Node::new("tableRow")
            .content(&Print(row.cells.as_slice(), printer))
            .serialize(serializer)
    }
}

impl Serialize for Print<'_, Cell> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Print(cell, printer) = *self;
        let span = |span: u32| (span != 1).then_some(span);
        let mut attrs = Map::new();
        put(&mut attrs, "colspan", span(cell.colspan));
        put(&mut attrs, "rowspan", span(cell.rowspan));
        let widths = (!cell.widths.is_empty()).then(|| cell.widths.clone());
        put(&mut attrs, "colwidth", widths);
        put(&mut attrs, "background", cell.background.clone());
        put(&mut attrs, "valign", cell.valign.map(valign_name));
        let name = if cell.header {
            "tableHeader"
        } else {
            "tableCell"
        };
        Node::new(name)
            .some_attrs(attrs)
            .content(&Print(cell.blocks.as_slice(), printer))
            .serialize(serializer)
    }
}

impl<C> Node<'_, C> {
    /// The node with attributes, where there are any.
    fn some_attrs(self, attrs: Map<String, Value>) -> Self {
        if attrs.is_empty() {
            self
        } else {
            self.attrs(Value::Object(attrs))
        }
    }
}
