//! The administration endpoint: health, numbers, questions about pairs, webhooks in, and a console to look at.
//!
//! A running node answers here. [`serve()`] takes a listener and a [`Backend`], which is the node as this crate sees it:
//! something that answers a [`Query`] with JSON, can be woken for one side of one profile, and says whether it is ready.
//! Everything else is this crate's own business: HTTP, bounds, who may ask, and how an answer looks to a program, to
//! Prometheus and to a person. [`Client`] is the other end, for the command line asking a node that runs already.
//!
//! Three kinds of callers come. Monitoring asks `/healthz` and `/readyz` without saying who it is. Programs ask below
//! `/api/` and `/metrics` and carry a bearer token. A person opens the console by a link that works once and is then
//! remembered by a cookie; the console only shows, it changes nothing. Remotes call `/hooks/`: what they send is read
//! within a bound and thrown away, since a webhook is a wake-up and never the truth.
//!
//! Architecture invariant: only loopback addresses are served, because there is no TLS here yet, and a token must not
//! cross a network in the clear. HTTPS, sessions and roles come with the console's own issue.
//!
//! Architecture invariant: no request is trusted for being local. A browser on this machine runs strangers' pages, so the
//! `Host` has to be a loopback name (DNS rebinding), a foreign `Origin` is refused, and the cookie is same-site.
//!
//! Architecture invariant: nothing that came from outside reaches a page unescaped, a log, or an error message of the
//! endpoint beyond the name of what was wrong. Connections, heads, bodies and times are bounded in [`limit`].
//!
//! Start reading at [`backend`], then `server.rs` for the way of a request, `route.rs` for what can be asked, and
//! `access.rs` for who may.

mod access;
pub mod backend;
mod client;
mod console;
mod host;
pub mod limit;
mod metrics;
mod openapi;
mod parameters;
mod reply;
mod route;
mod server;
#[cfg(test)]
mod tests;
mod token;

pub use backend::{Answering, Backend, Command, Measuring, Query, Readiness, Refusal};
pub use client::{Client, ClientError};
pub use server::{ServeError, serve};
pub use token::{Token, TokenError};
