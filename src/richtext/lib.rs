//! Rich text: ADF, wiki markup, HTML and Markdown to and from one document, with every loss named.
//!
//! Jira Cloud speaks the Atlassian Document Format, Azure DevOps stores HTML or Markdown. None can say all that the
//! others can. This crate reads each into one [`Document`] that can hold what all (and later wiki markup) can say, and
//! writes a document out again as something the receiver accepts. What could not be carried is never silent: every
//! reader and writer returns a list of [`Loss`] beside its result.
//!
//! The conversion is built from four small functions. A *reader* turns a format into a `Document` and brings it
//! into normal form (`normal.rs`): one spelling for each meaning. A *writer* first brings the document into what its
//! format can express (`adf/repair.rs` obeys the ADF schema; `html/lower.rs`, `markdown/lower.rs` and `wiki/lower.rs`
//! replace what theirs lack), then prints it mechanically. Two laws make repeated synchronisation stand still: reading what
//! was just written gives the document that was printed, and lowering keeps a schema-valid document schema-valid. From them
//! follows that a text that crossed once and comes back crosses again without a change. What HTML can say and ours does
//! not (a tick box, a section that opens, the language of code) is read as what it is and written in a simpler form, with a
//! loss; that form then stays. What no document of ours has a place for (fonts, boxes, tooltips) is told when it is read.
//!
//! A text may be ten megabytes long, so no step holds more than it must. A writer takes a document through its steps block by block
//! (`stages.rs`), and each step takes what it is given apart rather than copy it (`walk.rs`). Readers of ADF and of Markdown take
//! their text in parts.
//!
//! What a reference becomes on the other side (a mention of a person, an image behind a login, a link to an issue) is
//! knowledge of the caller, who hands in a [`Resolver`].
//!
//! Architecture invariant: nothing here fails, panics, or does IO, and the same input gives the same output. Input is
//! hostile: every recursion, every list and every size has a bound in [`limit`], beyond which text is flattened or
//! cut, with a loss that says so. Nothing executable passes in any direction: no script, no handler, no URL whose
//! scheme is not known to be harmless. No loss ever carries text of the document.
//!
//! Start with `block.rs` and `inline.rs` for the tree, then `adf/read.rs`, `html/read.rs` and `markdown/render.rs`.

pub mod adf;
#[cfg(test)]
mod arbitrary;
mod block;
mod canonical;
mod document;
mod format;
pub mod html;
mod inline;
pub mod limit;
mod loss;
mod lower;
mod mark;
pub mod markdown;
mod normal;
#[cfg(test)]
mod pairs;
mod plain;
mod reference;
mod resolve;
mod resolver;
mod settled;
mod stages;
#[cfg(test)]
mod tests;
mod walk;
pub mod wiki;

pub use block::{
    Alignment, Block, BlockStyle, Breakout, Card, CardView, Cell, CodeBlock, Column, DecisionItem,
    Decoration, Expand, Extension, Heading, Item, Layout, List, ListKind, MediaSingle, MediaWidth,
    Original, Panel, PanelKind, Paragraph, Placement, Quote, Row, SyncBlock, Table, TaskContent,
    TaskEntry, TaskItem, TaskList, Unknown, VerticalAlign,
};
pub use document::Document;
pub use format::{Format, Unreadable};
pub use inline::{
    CardTarget, Date, Emoji, Image, ImageRef, ImageSource, Inline, InlineExtension, MediaKind,
    Mention, Status, Text, UserType,
};
pub use loss::{Instead, Loss, LossKind};
pub use mark::{Border, Color, Link, Mark};
pub use reference::is_guid;
pub use resolver::{Resolver, Verbatim};
