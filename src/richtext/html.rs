//! HTML as Azure DevOps stores it (azure.md 9).

mod color;
mod lower;
mod palette;
mod read;
mod style;
#[cfg(test)]
mod tests;
mod tree;
mod write;

pub(crate) use read::Parts;
pub use read::read;
pub use write::write;

pub(crate) use color::color;
pub(crate) use tree::{Counting, feed, is_tag};
pub(crate) use write::tag;
