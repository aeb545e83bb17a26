//! Durable steps per second of Counterpart's store, of Restate and of DBOS, measured the same way.
//!
//! A unit of work is ten durable steps in a row: each is on the disk, with `fdatasync` or the like, before the next begins. One or
//! 64 units run at a time, for some seconds after a second of warming up. `steps ours DIR`, `steps dbos URL` and
//! `steps restate INGRESS ADMIN` print one line of JSON for each number at a time; `tests/peers/run` starts what they need,
//! runs them after each other and prints the table.
//!
//! What is compared is not the same product. Restate calls a handler over HTTP and keeps its journal in its own process; DBOS
//! keeps its steps in PostgreSQL; ours is a library in the process that uses it, and a step is one commit of the rows that an
//! active pair writes: its own row, its timer and a line of history. None of the three does any work in a step.
//!
//! Start reading at [`load`] for how the time is taken.

mod dbos;
mod load;
mod ours;
mod restate;

use std::error::Error;

/// How many durable steps a unit has.
const STEPS: u32 = 10;
/// The bytes that each step leaves behind.
const RESULT: usize = 32;

type Outcome = Result<(), Box<dyn Error>>;

#[tokio::main]
async fn main() -> Outcome {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["ours", dir] => ours::measure(dir.as_ref()).await,
        ["dbos", url] => dbos::measure(url).await,
        ["restate", ingress, admin] => restate::measure(ingress, admin).await,
        _ => Err("steps ours DIR | steps dbos URL | steps restate INGRESS ADMIN".into()),
    }
}
