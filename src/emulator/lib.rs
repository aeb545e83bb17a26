//! Jira and Azure DevOps over real HTTP, with their traps, faults and a ledger.
//!
//! A test that wants to know whether two systems stay in step needs the two systems. This crate is
//! both of them: a Jira Cloud site ([`jira`]) and an Azure DevOps Services organisation
//! ([`azure`]), each behaving as its documents and its users describe it, including what hurts:
//! search that lags behind writes, refused documents, truncated lists, limits, and answers that
//! never arrive. Public clients of both products work against them unchanged.
//!
//! Each product is a [`Site`]: pure logic from a request at a moment to a response. [`Offline`]
//! puts a site together with its [`ledger`], its [`fault`] rules and a virtual clock, and answers
//! calls without sockets; [`Server`] does the same over HTTP by asking the same `Offline`, so a
//! fault cannot behave differently in a unit test and in a whole run. The endpoints below
//! `/_emulator/` ([`control`]) read the ledger and steer faults and time; faults never touch them.
//! Where the environment asks for it, `Offline` also leaves every answer in a `recording`.
//!
//! Architecture invariant: the emulator depends on no other crate of this project. It is the
//! independent oracle of every test, so it must not share a parser, a type or an assumption with
//! what it judges. It is never taught to accept what the real remote refuses.
//!
//! Architecture invariant: a site knows no socket, no thread and no real clock. The same requests
//! at the same moments with the same seed give the same answers.
//!
//! Start reading at [`site`], then [`offline`], then `jira.rs` or `azure.rs`.

mod adf;
pub mod azure;
pub mod clock;
pub mod control;
pub mod fault;
pub mod jira;
pub mod ledger;
pub mod limit;
pub mod offline;
pub mod options;
pub mod people;
pub mod post;
mod recording;
pub mod sample;
pub mod server;
pub mod site;
pub mod throttle;

pub use fault::Faults;
pub use ledger::Ledger;
pub use offline::{Answer, Offline, Sending};
pub use options::{Allowance, Options, RateLimit};
pub use post::{Post, Posted, Target};
pub use server::{Running, Server};
pub use site::{Credentials, Moment, Request, Response, Site};
