//! ADF, the Atlassian Document Format (jira.md 13.1 to 13.3).

mod read;
mod repair;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod tests;
mod write;

pub use read::read;
pub(crate) use read::read_text;
pub use write::write;
pub(crate) use write::write_text;

pub(crate) use repair::{
    decision_bullets, expand_blocks, extension_blocks, fit_item, fit_quote, layout_blocks,
    panel_blocks, single, table_blocks, task_bullets, text_block,
};
