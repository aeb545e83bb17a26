//! Keeps so many units at work for so long, and prints what came of it.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::{Outcome, STEPS};

const AT_A_TIME: [u64; 2] = [1, 64];
const WARMING_UP: Duration = Duration::from_secs(1);
const LENGTH: Duration = Duration::from_secs(10);
/// No unit of anyone takes longer than this on a machine that works.
const PATIENCE: Duration = Duration::from_secs(30);

/// Measures `unit`, which is given a number that no other unit has, with each number of units at a time.
pub(crate) async fn measure<F, A>(name: &str, unit: F) -> Outcome
where
    F: Fn(u64) -> A + Send + Sync + 'static,
    A: Future<Output = Result<(), String>> + Send,
{
    let (unit, next) = (Arc::new(unit), Arc::new(AtomicU64::new(0)));
    for at_a_time in AT_A_TIME {
        run(&unit, &next, at_a_time, WARMING_UP).await?;
        let begin = Instant::now();
        let mut times = run(&unit, &next, at_a_time, LENGTH).await?;
        let seconds = begin.elapsed().as_secs_f64();
        times.sort();
        let quantile = |share: f64| {
            let place = (times.len() as f64 * share) as usize;
            times
                .get(place)
                .map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
        };
        let figures = json!({
            "name": name,
            "at_a_time": at_a_time,
            "steps_per_second": (times.len() as f64 * f64::from(STEPS) / seconds).round(),
            "p50_ms_of_ten": quantile(0.5),
            "p99_ms_of_ten": quantile(0.99),
        });
        println!("{figures}");
    }
    Ok(())
}

/// The time that each unit took. A unit that fails ends the measurement.
async fn run<F, A>(
    unit: &Arc<F>,
    next: &Arc<AtomicU64>,
    at_a_time: u64,
    length: Duration,
) -> Result<Vec<Duration>, Box<dyn Error>>
where
    F: Fn(u64) -> A + Send + Sync + 'static,
    A: Future<Output = Result<(), String>> + Send,
{
    let start = Instant::now();
    let work = || {
        let (unit, next) = (unit.clone(), next.clone());
        tokio::spawn(async move {
            let mut times = Vec::new();
            while start.elapsed() < length {
                let begin = Instant::now();
                let number = next.fetch_add(1, Ordering::Relaxed);
                tokio::time::timeout(PATIENCE, unit(number))
                    .await
                    .map_err(|_| format!("unit {number} did not end within {PATIENCE:?}"))??;
                times.push(begin.elapsed());
            }
            Ok::<_, String>(times)
        })
    };
    let tasks: Vec<_> = (0..at_a_time).map(|_| work()).collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await??);
    }
    Ok(all)
}
