//! A profile file compiled: which projects, types, fields, values, states and people belong together, and how a value of
//! one side is said on the other.
//!
//! A profile is written by a person as TOML. [`Profile::compile`] turns the text into something that can be relied on, or
//! into the list of everything that is wrong with it, each [`Fault`] with its line and its cure. After that there are no
//! half-understood profiles: what a [`Profile`] holds has been checked against itself, and [`check::online`] compares it
//! with what the two remotes really have.
//!
//! A compiled profile is a list of [`Rule`]s. A rule names one field on each side and knows what both hold ([`Kind`]). Three
//! questions are asked of it, and the rest of the product knows nothing of fields beyond the answers: what the other side
//! should hold ([`Profile::carry`]), whether two values of one side mean the same ([`Rule::canonical`]), and what the
//! elements of a set are ([`Rule::elements`]). A state is mapped by rows limited to a type first; everything else by a
//! table of values, by equal names, or through rich text.
//!
//! Tables may be many-to-one: `Low` and `Lowest` may both be 4, `In Review` and `In Progress` may both be `Active`. When a
//! value is carried the first row that names it wins, so a value may come back as another one. That is why the core leaves
//! a side alone whose own value carries to what the other side already holds.
//!
//! Architecture invariant: this crate reads no file and no clock, asks no remote, and draws no random number. The text of
//! a profile, the value of a field and the [`Schema`] of a remote are handed to it; the same input gives the same answer.
//!
//! Architecture invariant: [`Profile::carry`] is total. A value that cannot exist on the other side is an answer
//! ([`Carried::Error`]), not a failure.
//!
//! Architecture invariant: neither a [`Profile`] nor a [`Rule`] shows the rows of its tables through `Debug`, because
//! they may name people.
//!
//! Start reading at [`profile`], then [`rule`], then `carry`; the file's grammar is in `compile`.

mod canonical;
mod carry;
pub mod check;
mod comment;
mod compile;
pub mod fault;
mod json_schema;
pub mod lead;
mod losses;
mod near;
pub mod options;
pub mod profile;
pub mod rule;
pub mod schema;
mod system;
mod table;

pub use check::{Gap, Severity};
pub use fault::Fault;
pub use json_schema::schema_json;
pub use lead::{Lead, Leads, Nowhere, Place};
pub use losses::Losses;
pub use options::{Attachments, Comments, Deletion, Direction, Example, Links, Policy};
pub use profile::{AzureScope, JiraScope, Profile, Remote, Scope, TypePair};
pub use rule::{Carried, Kind, Otherwise, Rule};
pub use schema::{FieldSchema, Permission, ProjectSchema, Schema, TypeSchema};

/// A whole profile between the Jira project `WEB` and the Azure DevOps project `Platform` of process Agile, without users:
/// what `demo` runs and the README shows.
pub const SAMPLE: &str = include_str!("sample.toml");
