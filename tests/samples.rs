//! The vendors' own examples and recorded payloads, read by the connectors: nothing of a known field may be lost.
//!
//! An example is an answer, so it is given as one: a conversation asks, and the example is what it hears. What the connector
//! made of it is compared with the example itself, field by field. Where the folders are not at hand the tests say so.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "the helpers of a test fail the test, and a test tells what it met"
)]

#[path = "samples/azure.rs"]
mod azure_items;
#[path = "samples/hints.rs"]
mod hints;
#[path = "samples/jira.rs"]
mod jira_issues;
#[path = "samples/talk.rs"]
mod talk;
