//! Ten commits of a pair's rows in a row, each durable before the next.

use std::path::Path;

use storage::{Batch, Options, Store, Table};

use crate::{Outcome, RESULT, STEPS, load};

/// A linked pair's row with six fields and four comments.
const PAIR: usize = 321;

/// Measures the store in `dir`.
pub(crate) async fn measure(dir: &Path) -> Outcome {
    let store = Store::open(dir, Options::default())?;
    let shared = store.clone();
    load::measure("ours", move |pair| {
        let store = shared.clone();
        async move {
            for step in 0..STEPS {
                let commit = store.commit(rows(pair, step)).await;
                commit.map_err(|error| error.to_string())?;
            }
            Ok(())
        }
    })
    .await?;
    Ok(store.close()?)
}

fn rows(pair: u64, step: u32) -> Batch {
    let mut batch = Batch::new();
    let id = pair.to_be_bytes();
    batch.put(Table::Pair, id, vec![step as u8; PAIR]);
    batch.put(Table::Timer, id, u64::from(step).to_be_bytes());
    let line = [id.as_slice(), &step.to_be_bytes()].concat();
    batch.put(Table::History, line, vec![step as u8; RESULT]);
    batch
}
