//! JQL: from text to a test over an issue's fields.
//!
//! [`lexer`] cuts the text, [`parser`] builds the tree, [`resolve`] gives every name its meaning
//! (fields by `field`, values by `value`, `function` and `date`) and refuses what does not exist,
//! [`test`] judges issues, looking at them through `look` and at their past through `history`.
//! Nothing is ever skipped: a word that is not understood is an error with Jira's text.

pub(crate) mod complete;
mod date;
pub(crate) mod field;
pub(crate) mod function;
mod history;
pub(crate) mod lexer;
mod look;
mod order;
pub(crate) mod parser;
mod reserved;
pub(crate) mod resolve;
pub(crate) mod structure;
pub(crate) mod test;
mod text;
mod value;

pub(crate) use order::Sort;
pub(crate) use resolve::{Query, Setting, compile};

#[cfg(test)]
mod naive;
#[cfg(test)]
mod tests;
