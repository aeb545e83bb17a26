//! The product from outside: the real binary between both emulators, over real HTTP.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "the helpers of a test fail the test, and a test tells what it met"
)]

#[path = "e2e/backup.rs"]
mod backup;
#[path = "e2e/bucket.rs"]
mod bucket;
#[path = "e2e/clients.rs"]
mod clients;
#[path = "e2e/collector.rs"]
mod collector;
#[path = "e2e/convert.rs"]
mod convert;
#[path = "e2e/damage.rs"]
mod damage;
#[path = "e2e/days.rs"]
mod days;
#[path = "e2e/decoded.rs"]
mod decoded;
#[path = "e2e/diagnose.rs"]
mod diagnose;
#[path = "e2e/disk.rs"]
mod disk;
#[path = "e2e/edits.rs"]
mod edits;
#[path = "e2e/fence.rs"]
mod fence;
#[path = "e2e/flood.rs"]
mod flood;
#[path = "e2e/hand.rs"]
mod hand;
#[path = "e2e/heal.rs"]
mod heal;
#[path = "e2e/kill.rs"]
mod kill;
#[path = "e2e/links.rs"]
mod links;
#[path = "e2e/lost.rs"]
mod lost;
#[path = "e2e/measure.rs"]
mod measure;
#[path = "e2e/mentions.rs"]
mod mentions;
#[path = "e2e/plan.rs"]
mod plan;
#[path = "e2e/powercut.rs"]
mod powercut;
#[path = "e2e/records.rs"]
mod records;
#[path = "e2e/refuse.rs"]
mod refuse;
#[path = "e2e/rest.rs"]
mod rest;
#[path = "e2e/rotate.rs"]
mod rotate;
#[path = "e2e/soak.rs"]
mod soak;
#[path = "e2e/start.rs"]
mod start;
#[path = "e2e/tenant.rs"]
mod tenant;
#[path = "e2e/town.rs"]
mod town;
#[path = "e2e/vault.rs"]
mod vault;
