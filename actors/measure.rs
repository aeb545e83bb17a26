//! The numbers that are looked up when somebody asks, as samples.

use std::collections::BTreeMap;

use model::metric::{Metric, Number, Place, Sample};
use model::{Side, limit};
use storage::Store;

use crate::ledger::Ledger;
use crate::status;

/// The node's own numbers.
pub(crate) fn node(node: &status::Node, uptime_ms: i64) -> Vec<Sample> {
    let level = |metric, number| Sample::level(metric, &Place::default(), &[], number);
    vec![
        level(Metric::Tenants, count(node.tenants.len())),
        level(Metric::Uptime, seconds(uptime_ms)),
    ]
}

/// The numbers of a tenant and of its profiles. Reads the store, so it blocks its thread.
pub(crate) fn tenant(tenant: &status::Tenant, store: Option<&Store>) -> Vec<Sample> {
    let place = Place {
        tenant: Some(tenant.name.clone()),
        profile: None,
    };
    let level = |metric, number| Sample::level(metric, &place, &[], number);
    let failed = store.is_none_or(|store| store.failure().is_some());
    let mut samples = vec![
        level(Metric::TenantFailed, truth(tenant.failure.is_some())),
        level(Metric::ProfilesStopped, count(tenant.stopped.len())),
        level(Metric::StoreFailed, truth(failed)),
    ];
    if let Some(store) = store {
        samples.extend(of_store(&place, store));
    }
    for profile in &tenant.profiles {
        let place = Place {
            tenant: Some(tenant.name.clone()),
            profile: Some(profile.name.clone()),
        };
        samples.extend(of_profile(&place, profile));
        samples.extend(store.into_iter().flat_map(|store| problems(&place, store)));
    }
    samples
}

fn of_store(place: &Place, store: &Store) -> Vec<Sample> {
    let status = store.status();
    let level = |metric, number| Sample::level(metric, place, &[], number);
    let other = |metric, number| Sample {
        metric,
        place: place.clone(),
        words: Vec::new(),
        number,
    };
    vec![
        level(Metric::JournalBytes, float(status.bytes)),
        level(Metric::JournalSegments, count(status.segments)),
        other(Metric::JournalRecords, Number::Count(status.records)),
        other(Metric::JournalSync, Number::Spread(Box::new(status.syncs))),
        level(Metric::CheckpointAge, status.unsettled.as_secs_f64()),
        level(Metric::CheckpointBehind, float(status.since_checkpoint)),
        level(Metric::CheckpointBytes, float(status.checkpoint_bytes)),
        level(Metric::StateRows, float(status.rows)),
        level(Metric::StateBytes, float(status.state_bytes)),
    ]
}

fn of_profile(place: &Place, profile: &status::Profile) -> Vec<Sample> {
    let level = |metric, number| Sample::level(metric, place, &[], number);
    let mut samples = vec![
        level(Metric::Connected, truth(profile.connected)),
        level(Metric::CreatesAllowed, truth(profile.open)),
        level(Metric::Idle, truth(profile.idle)),
        level(Metric::Trouble, count(profile.trouble.len())),
        level(Metric::PairsPending, count(profile.pending)),
        level(Metric::PairsActive, count(profile.active)),
        level(Metric::PairsWaiting, count(profile.waiting)),
        level(Metric::PairsParked, count(profile.parked)),
        level(Metric::OldestPending, seconds(profile.oldest_pending_ms)),
    ];
    for side in Side::BOTH {
        let level = |metric, number| Sample::level(metric, place, &[side.as_str()], number);
        let in_flight = count(*profile.in_flight.get(side));
        samples.push(level(Metric::RequestsInFlight, in_flight));
        let width = count(*profile.width.get(side));
        samples.push(level(Metric::RequestsAllowed, width));
        let age = profile.feed_age_ms.get(side).map(seconds);
        samples.extend(age.map(|age| level(Metric::FeedAge, age)));
    }
    samples
}

/// Open problems by code. A store that cannot be read says so by another number.
fn problems(place: &Place, store: &Store) -> Vec<Sample> {
    let Some(profile) = place.profile.clone() else {
        return Vec::new();
    };
    let ledger = Ledger {
        store: store.clone(),
        profile,
    };
    let most = 2 * limit::PROBLEMS_PER_PROFILE;
    let open = ledger.problems(|row| row.open, most).unwrap_or_default();
    let mut codes: BTreeMap<_, usize> = BTreeMap::new();
    for row in open {
        *codes.entry(row.problem.code).or_default() += 1;
    }
    let all = model::problem::Code::ALL.into_iter();
    let level = |code: model::problem::Code| {
        let open = codes.get(&code).copied().unwrap_or(0);
        Sample::level(Metric::ProblemsOpen, place, &[code.as_str()], count(open))
    };
    all.map(level).collect()
}

fn truth(is_so: bool) -> f64 {
    f64::from(u8::from(is_so))
}

fn count(number: usize) -> f64 {
    float(number as u64)
}

fn float(number: u64) -> f64 {
    #[allow(
        clippy::cast_precision_loss,
        reason = "whoever watches needs no more than fifteen digits"
    )]
    let number = number as f64;
    number
}

fn seconds(milliseconds: i64) -> f64 {
    float(u64::try_from(milliseconds).unwrap_or(0)) / 1_000.0
}
