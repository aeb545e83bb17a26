//! Jira wiki markup: what Jira Data Center stores, and what Jira Cloud takes and gives in REST v2 (jira.md 13.5).
//!
//! The grammar is that of Jira's own renderer with its quirks. Text is cut into lines first (`source.rs`), with the macros
//! that may span lines taken out whole; lines make blocks (`read.rs`, `list.rs`, `table.rs`), and each line is lexed
//! once and its symbols paired (`lex.rs`, `phrase.rs`). A macro never nests in one of its own name, so recursion is bounded by the grammar.
//!
//! A document is written after lowering (`lower.rs`) in the spelling that people would use, and each line is read again at
//! once: where the plain spelling would mean something else, every sign of that line is written as a character reference
//! and every symbol in braces, which leaves nothing to interpret (`pen.rs`). What is printed so reads as what was printed.

mod escape;
mod image;
mod lex;
mod line;
mod link;
mod list;
mod lower;
mod panel;
mod pen;
mod phrase;
mod plain;
mod read;
mod settled;
mod smiley;
mod source;
mod table;
#[cfg(test)]
mod tests;
mod tint;
mod write;

pub use read::read;
pub use write::write;
