//! Tests of HTML: what attackers send, what editors write.

mod attacks;
mod browser;
mod editors;
mod hostile;
