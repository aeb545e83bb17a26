//! HTML as Azure DevOps stores it (azure.md 9).

mod lower;
mod read;
mod style;
mod tree;
mod write;

pub use read::read;
pub use write::write;

pub(crate) use style::color;
