//! Markdown as Azure DevOps keeps it in comments and large text fields (azure.md 7 and 9).
//!
//! It is CommonMark with GitHub's tables, task lists and strikethrough, and with HTML within, which Azure DevOps shows
//! as a browser would. So the reader renders Markdown to HTML and lets the HTML reader of this crate read that: an element that
//! opens in one paragraph and closes in another then means here what it means there. The writer
//! prints a lowered document, which reads back as exactly what was printed.

mod escape;
mod inline;
mod lower;
mod part;
mod raw;
mod read;
mod render;
mod source;
mod table;
mod tasks;
#[cfg(test)]
mod tests;
mod write;

pub use read::read;
pub use write::write;
