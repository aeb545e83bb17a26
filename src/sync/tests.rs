//! The core against two small remotes, without a socket and without a clock.

mod claims;
mod comments;
mod conflicts;
mod doubts;
mod exhaustive;
mod links;
mod moves;
mod property;
mod remote;
mod total;
mod unheard;
mod world;
