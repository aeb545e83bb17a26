//! 64 tasks that commit changes of random pairs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use crate::Outcome;
use crate::rows::{self, Row};

const TASKS: u64 = 64;

/// Commits per second.
pub(crate) fn commits<F, A>(pairs: u64, length: Duration, commit: F) -> Outcome<f64>
where
    F: Fn(Vec<Row>) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = bool> + Send,
{
    let runtime = Runtime::new()?;
    let done = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let work = |task: u64| {
        let (commit, done) = (commit.clone(), done.clone());
        runtime.spawn(async move {
            let mut place = task;
            for change in 1.. {
                if start.elapsed() >= length {
                    break;
                }
                // Steps of a large prime reach every pair, each of them far from the one before.
                place = (place + 7_368_787) % pairs.max(1);
                if !commit(vec![rows::row(place, change)]).await {
                    return false;
                }
                done.fetch_add(1, Ordering::Relaxed);
            }
            true
        })
    };
    let tasks: Vec<_> = (0..TASKS).map(work).collect();
    for task in tasks {
        if !runtime.block_on(task)? {
            return Err("a commit failed".into());
        }
    }
    Ok(done.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64())
}
