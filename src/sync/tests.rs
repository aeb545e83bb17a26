//! The core against two small remotes, without a socket and without a clock.

mod claims;
mod comments;
mod conflicts;
mod doubts;
mod echoes;
mod exhaustive;
mod invariants;
mod linking;
mod links;
mod moves;
mod outcomes;
mod pairs;
mod plans;
mod property;
mod remote;
mod total;
mod unheard;
mod world;
