//! A whole node over simulated remotes: what its supervision, its stop and its recovery promise.

#![expect(clippy::expect_used, reason = "the helpers of a test fail the test")]

#[path = "node/crash.rs"]
mod crash;
#[path = "node/disk.rs"]
mod disk;
#[path = "node/expiry.rs"]
mod expiry;
#[path = "node/jumpy.rs"]
mod jumpy;
#[path = "node/mute.rs"]
mod mute;
#[path = "node/order.rs"]
mod order;
#[path = "node/rehearse.rs"]
mod rehearse;
#[path = "node/restored.rs"]
mod restored;
#[path = "node/scope.rs"]
mod scope;
#[path = "node/shut.rs"]
mod shut;
#[path = "node/supervision.rs"]
mod supervision;
