//! Tests of Markdown: tables of examples in both directions, and laws over generated documents and texts.

mod arbitrary;
mod examples;
mod laws;
