//! Notes the statistics of a running node every now and then.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actors::meter::Meters;
use actors::{Clock as _, Running};
use jiff::civil::Date;
use model::TenantName;
use storage::{Store, Table};
use tokio::sync::oneshot;

use super::{Book, calendar};
use crate::clock::SystemClock;
use crate::config::Config;

/// Milliseconds between two notes; a crash loses what was counted since the last one.
const NOTE_MS: i64 = 300_000;
/// Time for which a number of pairs is taken to be right: counting them reads all their rows.
const PAIRS: Duration = Duration::from_secs(3_600);

/// The books of all tenants of a node.
pub struct Keeper {
    tenants: Vec<Kept>,
    /// The day to which belongs what is counted now.
    day: Date,
}

struct Kept {
    name: TenantName,
    meters: Arc<Meters>,
    book: Book,
    counted: Option<Instant>,
    /// Whether the last note failed, which is told once.
    failed: bool,
}

impl Keeper {
    /// Books for the tenants that run; nothing when statistics are switched off.
    #[must_use]
    pub fn new(config: &Config, running: &Running) -> Option<Keeper> {
        if !config.telemetry.statistics {
            return None;
        }
        let kept = running.meters().iter().filter_map(|meters| {
            let name = meters.own.place().tenant.clone()?;
            let tenant = config.tenants.iter().find(|tenant| tenant.name == name)?;
            Some(Kept {
                name,
                meters: Arc::clone(meters),
                book: Book::of(&tenant.directory, tenant.profiles.clone()),
                counted: None,
                failed: false,
            })
        });
        Some(Keeper {
            tenants: kept.collect(),
            day: calendar::day(SystemClock.now()),
        })
    }

    /// Notes until it is told to stop, and then once more.
    pub async fn keep(mut self, running: Arc<Running>, mut stop: oneshot::Receiver<()>) {
        loop {
            let pause = calendar::left_of_day(SystemClock.now()).clamp(1, NOTE_MS);
            let pause = Duration::from_millis(pause.unsigned_abs());
            let stopped = tokio::select! {
                _ = &mut stop => true,
                () = tokio::time::sleep(pause) => false,
            };
            self = self.note(&running).await;
            if stopped {
                return;
            }
        }
    }

    /// Notes what was counted since the last time, for the day on which that was.
    pub async fn note(mut self, running: &Running) -> Keeper {
        let day = self.day;
        let mut tenants = Vec::new();
        for kept in self.tenants {
            let store = running.store(&kept.name).await;
            let name = kept.name.clone();
            match tokio::task::spawn_blocking(move || kept.noted(store.as_ref(), day)).await {
                Ok(kept) => tenants.push(kept),
                Err(_) => {
                    model::log!(
                        error,
                        "the statistics end by a fault in the program",
                        tenant = name
                    );
                }
            }
        }
        self.tenants = tenants;
        self.day = calendar::day(SystemClock.now());
        self
    }
}

impl Kept {
    /// Without a store nothing is noted: its directory may be gone, and nothing is to be made in its place.
    fn noted(mut self, store: Option<&Store>, day: Date) -> Kept {
        let Some(store) = store else { return self };
        if self.counted.is_none_or(|at| at.elapsed() > PAIRS)
            && let Ok(pairs) = store.count(Table::Pair, b"")
        {
            self.book.count_pairs(pairs);
            self.counted = Some(Instant::now());
        }
        let mut samples = self.meters.own.samples();
        let profiles = self.meters.profiles.values();
        samples.extend(profiles.flat_map(|meter| meter.samples()));
        let noted = self.book.note(&samples, day, subject);
        if let Err(error) = &noted
            && !self.failed
        {
            model::log!(
                warn,
                "the statistics cannot be kept; they are tried again",
                tenant = self.name,
                error = error
            );
        }
        self.failed = noted.is_err();
        self
    }
}

/// A random number that is nobody's; zero where the system has none, which is nobody's either.
fn subject() -> String {
    let random = admin::Token::random();
    let digits = random.map(|random| random.expose().chars().take(16).collect());
    digits.unwrap_or_else(|_| "0".repeat(16))
}
