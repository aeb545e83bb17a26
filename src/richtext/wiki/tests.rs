//! Tests of wiki markup: tables of examples, and the laws over generated documents and markup.

mod examples;
mod laws;
mod plain;

use serde_json::Value;

use crate::{Document, Verbatim, adf, wiki};

fn read(text: &str) -> Document {
    wiki::read(text).0
}

fn print(doc: &Document) -> String {
    wiki::write(doc, &Verbatim).0
}

fn to_adf(doc: &Document) -> Value {
    let value = adf::write(doc, &Verbatim).0;
    crate::tests::assert_valid(&value);
    value
}
