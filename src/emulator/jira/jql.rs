//! JQL: from text to a test over an issue's fields.
//!
//! [`lexer`] cuts the text, [`parser`] builds the tree, [`resolve`] gives every name its meaning
//! and refuses what does not exist, [`test`] judges issues. Nothing is ever skipped: a word that
//! is not understood is an error with Jira's text.

pub(crate) mod lexer;
pub(crate) mod parser;
pub(crate) mod resolve;
pub(crate) mod test;

pub(crate) use resolve::{Query, Setting, compile};

#[cfg(test)]
mod tests;
