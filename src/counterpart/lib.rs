//! The parts of the `counterpart` command: configuration, the way out over HTTP, and one module per subcommand.
//!
//! Everything else of the product is a library that knows neither sockets nor files of its own nor the clock on the wall;
//! this crate brings those and ties the libraries together. [`config`] reads `counterpart.toml` and the profiles beside it,
//! [`http`] carries requests with reqwest, [`gateway`] makes the two connectors, [`query`] answers what people ask about a
//! store (for the command line and for the administration endpoint alike), and [`command`] holds the subcommands.
//!
//! Architecture invariant: only this crate reads environment variables, and only [`config`] reads credentials. A credential
//! is held by its transport alone and printed nowhere.
//!
//! Architecture invariant: nothing outside [`demo`] and [`command::emulate`] knows that emulators exist.
//!
//! Start reading at [`cli`], then the module of the command you care about.

pub mod auditor;
pub mod backup;
pub mod cli;
pub mod clock;
pub mod command;
pub mod config;
pub mod credential;
pub mod demo;
pub mod exit;
pub mod extended;
pub mod fault;
pub mod gateway;
pub mod http;
pub mod log;
pub mod master_key;
pub mod policy;
pub mod progress;
pub mod query;
pub mod statistics;
pub mod telemetry;
