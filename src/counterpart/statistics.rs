//! Daily statistics of each tenant, kept in its directory and nowhere else.
//!
//! Operational ones are the sums of a day of those metrics that say so in their declaration; they belong to the tenant. Business
//! ones say which features are used, rounded, under a random number that is drawn anew each month and stands nowhere else; they
//! name nobody. Nothing is sent anywhere: `counterpart statistics export` prints them, and a person takes them along.
//!
//! A day is one line of a file for its month. The file is written anew beside the old one and put in its place, every five
//! minutes and at the end of each day, so a crash loses five minutes of counts. Days older than [`KEPT_DAYS`] go by themselves.

mod book;
mod calendar;
mod day;
mod feature;
mod keeper;
mod shelf;

pub use book::Book;
pub use day::{Business, Operational};
pub use feature::{FEATURES, Feature};
pub use keeper::Keeper;
pub use shelf::{Shelf, ShelfError};

/// Days for which a day's statistics are kept.
pub const KEPT_DAYS: i64 = 400;
/// Bytes of one file that is read: a month has far fewer.
const FILE_BYTES: u64 = 16 << 20;
