//! The table.

use super::Metric;
use super::row::{Class, Kind, Label, Measured, Row, Unit};
use super::words::{
    ACTOR, CODE, CONFLICT, DELIVERY, EFFECT, FINDING, LOSS, OUTCOME, PROFILE, REASON, REBUILT,
    SIDE, SIGNAL, STATUS, TENANT,
};

const fn row(
    metric: Metric,
    (kind, name, unit): (Kind, &'static str, Unit),
    labels: &'static [Label],
    measured: Measured,
    purpose: &'static str,
) -> Row {
    Row {
        metric,
        kind,
        name,
        unit,
        labels,
        class: Class::Operational,
        measured,
        daily: is_daily(metric),
        purpose,
    }
}

/// What a tenant's daily statistics keep.
const fn is_daily(metric: Metric) -> bool {
    matches!(
        metric,
        Metric::StoreOpens
            | Metric::ChangeSeconds
            | Metric::Effects
            | Metric::Conflicts
            | Metric::Losses
            | Metric::Doubts
            | Metric::Probes
            | Metric::Problems
            | Metric::Requests
            | Metric::ThrottleWaits
            | Metric::FeedItems
            | Metric::Restarts
    )
}

/// Every metric, in the order of [`Metric::ALL`].
pub(super) const TABLE: [Row; Metric::ALL.len()] = [
    row(
        Metric::Tenants,
        (Kind::Gauge, "tenants", Unit::One),
        &[],
        Measured::WhenAsked,
        "Tenants of the node.",
    ),
    row(
        Metric::Uptime,
        (Kind::Gauge, "uptime_seconds", Unit::Seconds),
        &[],
        Measured::WhenAsked,
        "Time since the node was started.",
    ),
    row(
        Metric::TelemetryExports,
        (Kind::Counter, "telemetry_exports_total", Unit::One),
        &[SIGNAL, DELIVERY],
        Measured::AsItHappens,
        "Requests to the collector, by what was sent and what came of it.",
    ),
    row(
        Metric::TelemetryDropped,
        (Kind::Counter, "telemetry_dropped_total", Unit::One),
        &[],
        Measured::AsItHappens,
        "Spans that were dropped since the collector did not take them, or too many waited.",
    ),
    row(
        Metric::TenantFailed,
        (Kind::Gauge, "tenant_failed", Unit::Truth),
        &[TENANT],
        Measured::WhenAsked,
        "Whether the tenant does not run.",
    ),
    row(
        Metric::ProfilesStopped,
        (Kind::Gauge, "profiles_stopped", Unit::One),
        &[TENANT],
        Measured::WhenAsked,
        "Profiles that failed too often and were stopped.",
    ),
    row(
        Metric::BackupAge,
        (Kind::Gauge, "backup_age_seconds", Unit::Seconds),
        &[TENANT],
        Measured::WhenAsked,
        "Age of the last good backup.",
    ),
    row(
        Metric::BackupFailed,
        (Kind::Gauge, "backup_failed", Unit::Truth),
        &[TENANT],
        Measured::WhenAsked,
        "Whether the last backup, or its copy to the bucket, failed.",
    ),
    row(
        Metric::DrillFailed,
        (Kind::Gauge, "backup_drill_failed", Unit::Truth),
        &[TENANT],
        Measured::WhenAsked,
        "Whether the last drill failed.",
    ),
    row(
        Metric::StoreFailed,
        (Kind::Gauge, "store_failed", Unit::Truth),
        &[TENANT],
        Measured::WhenAsked,
        "Whether the store is not open or takes no commits.",
    ),
    row(
        Metric::StoreOpens,
        (Kind::Counter, "store_opens_total", Unit::One),
        &[TENANT],
        Measured::AsItHappens,
        "Times that the store was opened; more than one means that it failed in between.",
    ),
    row(
        Metric::StateRebuilds,
        (Kind::Counter, "state_rebuilds_total", Unit::One),
        &[TENANT, REBUILT],
        Measured::AsItHappens,
        "Times that what sled held of the changes since the checkpoint was made anew from the journal, by what was found.",
    ),
    row(
        Metric::JournalBytes,
        (Kind::Gauge, "journal_bytes", Unit::Bytes),
        &[TENANT],
        Measured::WhenAsked,
        "What the journal takes on disk.",
    ),
    row(
        Metric::JournalSegments,
        (Kind::Gauge, "journal_segments", Unit::One),
        &[TENANT],
        Measured::WhenAsked,
        "Segments of the journal.",
    ),
    row(
        Metric::JournalRecords,
        (Kind::Counter, "journal_records_total", Unit::One),
        &[TENANT],
        Measured::WhenAsked,
        "Records that became durable since the store was opened.",
    ),
    row(
        Metric::JournalSync,
        (Kind::Histogram, "journal_sync_seconds", Unit::Seconds),
        &[TENANT],
        Measured::WhenAsked,
        "How long it took to write a group of records and to make it durable, since the store was opened.",
    ),
    row(
        Metric::CheckpointAge,
        (Kind::Gauge, "checkpoint_age_seconds", Unit::Seconds),
        &[TENANT],
        Measured::WhenAsked,
        "Time since the last checkpoint, or since the store was opened.",
    ),
    row(
        Metric::CheckpointBehind,
        (Kind::Gauge, "checkpoint_behind_bytes", Unit::Bytes),
        &[TENANT],
        Measured::WhenAsked,
        "What was written to the journal since the last checkpoint.",
    ),
    row(
        Metric::CheckpointBytes,
        (Kind::Gauge, "checkpoint_bytes", Unit::Bytes),
        &[TENANT],
        Measured::WhenAsked,
        "What the checkpoint takes on disk.",
    ),
    row(
        Metric::StateRows,
        (Kind::Gauge, "state_rows", Unit::One),
        &[TENANT],
        Measured::WhenAsked,
        "Rows of the state, at most: one that changed since the checkpoint counts twice.",
    ),
    row(
        Metric::StateBytes,
        (Kind::Gauge, "state_bytes", Unit::Bytes),
        &[TENANT],
        Measured::WhenAsked,
        "What the changes since the checkpoint take on disk, beside the journal.",
    ),
    row(
        Metric::Connected,
        (Kind::Gauge, "connected", Unit::Truth),
        &[TENANT, PROFILE],
        Measured::WhenAsked,
        "Whether both remotes were met.",
    ),
    row(
        Metric::CreatesAllowed,
        (Kind::Gauge, "creates_allowed", Unit::Truth),
        &[TENANT, PROFILE],
        Measured::WhenAsked,
        "Whether creates are allowed: every item was met since the start.",
    ),
    row(
        Metric::Idle,
        (Kind::Gauge, "idle", Unit::Truth),
        &[TENANT, PROFILE],
        Measured::WhenAsked,
        "Whether nothing is left to do.",
    ),
    row(
        Metric::Trouble,
        (Kind::Gauge, "trouble", Unit::One),
        &[TENANT, PROFILE],
        Measured::WhenAsked,
        "Problems of the connections that are there now.",
    ),
    row(
        Metric::PairsPending,
        (Kind::Gauge, "pairs_pending", Unit::One),
        &[TENANT, PROFILE],
        Measured::WhenAsked,
        "Pairs that wait for their turn.",
    ),
    row(
        Metric::PairsActive,
        (Kind::Gauge, "pairs_active", Unit::One),
        &[TENANT, PROFILE],
        Measured::WhenAsked,
        "Pairs at work.",
    ),
    row(
        Metric::PairsWaiting,
        (Kind::Gauge, "pairs_waiting", Unit::One),
        &[TENANT, PROFILE],
        Measured::WhenAsked,
        "Pairs that wait for a time.",
    ),
    row(
        Metric::PairsParked,
        (Kind::Gauge, "pairs_parked", Unit::One),
        &[TENANT, PROFILE],
        Measured::WhenAsked,
        "Pairs that wait for a person.",
    ),
    row(
        Metric::OldestPending,
        (Kind::Gauge, "oldest_pending_seconds", Unit::Seconds),
        &[TENANT, PROFILE],
        Measured::WhenAsked,
        "How long the oldest change that a feed named has not been dealt with: how far the sync lags.",
    ),
    row(
        Metric::ChangeSeconds,
        (Kind::Histogram, "change_seconds", Unit::Seconds),
        &[TENANT, PROFILE],
        Measured::AsItHappens,
        "How long it took from a feed's word of a change until its pair rested, first passes aside.",
    ),
    row(
        Metric::Effects,
        (Kind::Counter, "effects_total", Unit::One),
        &[TENANT, PROFILE, SIDE, EFFECT, OUTCOME],
        Measured::AsItHappens,
        "Writes to a remote, by what was written and what came of it.",
    ),
    row(
        Metric::Conflicts,
        (Kind::Counter, "conflicts_total", Unit::One),
        &[TENANT, PROFILE, CONFLICT],
        Measured::AsItHappens,
        "Fields that both sides had changed: decided by the policy, left to a person, or overwritten before it was seen.",
    ),
    row(
        Metric::Steps,
        (Kind::Counter, "steps_total", Unit::One),
        &[TENANT, PROFILE],
        Measured::AsItHappens,
        "Steps of the core.",
    ),
    row(
        Metric::InvariantsBroken,
        (Kind::Counter, "invariants_broken_total", Unit::One),
        &[TENANT, PROFILE],
        Measured::AsItHappens,
        "Steps after which an invariant did not hold; anything but zero is a defect of the program.",
    ),
    row(
        Metric::Commits,
        (Kind::Counter, "commits_total", Unit::One),
        &[TENANT, PROFILE],
        Measured::AsItHappens,
        "Durable commits of pairs.",
    ),
    row(
        Metric::Losses,
        (Kind::Counter, "losses_total", Unit::One),
        &[TENANT, PROFILE, LOSS],
        Measured::AsItHappens,
        "What conversions of text could not carry, by kind.",
    ),
    row(
        Metric::Doubts,
        (Kind::Counter, "doubts_total", Unit::One),
        &[TENANT, PROFILE, SIDE],
        Measured::AsItHappens,
        "Writes of which nobody knows whether they arrived, until a probe finds out.",
    ),
    row(
        Metric::Probes,
        (Kind::Counter, "probes_total", Unit::One),
        &[TENANT, PROFILE, SIDE, FINDING],
        Measured::AsItHappens,
        "Probes of doubtful writes, by what they found.",
    ),
    row(
        Metric::ProblemsOpen,
        (Kind::Gauge, "problems_open", Unit::One),
        &[TENANT, PROFILE, CODE],
        Measured::WhenAsked,
        "Open problems that a person should look at.",
    ),
    row(
        Metric::Problems,
        (Kind::Counter, "problems_total", Unit::One),
        &[TENANT, PROFILE, CODE],
        Measured::AsItHappens,
        "Times that a problem of a pair was noted.",
    ),
    row(
        Metric::Requests,
        (Kind::Counter, "requests_total", Unit::One),
        &[TENANT, PROFILE, SIDE, STATUS],
        Measured::AsItHappens,
        "Requests to a remote, by the class of the answer's status.",
    ),
    row(
        Metric::RequestSeconds,
        (Kind::Histogram, "request_seconds", Unit::Seconds),
        &[TENANT, PROFILE, SIDE],
        Measured::AsItHappens,
        "How long a remote took to answer.",
    ),
    row(
        Metric::RequestsInFlight,
        (Kind::Gauge, "requests_in_flight", Unit::One),
        &[TENANT, PROFILE, SIDE],
        Measured::WhenAsked,
        "Requests that wait for the remote's answer.",
    ),
    row(
        Metric::RequestsAllowed,
        (Kind::Gauge, "requests_allowed", Unit::One),
        &[TENANT, PROFILE, SIDE],
        Measured::WhenAsked,
        "Requests that may be in flight at once; less than configured after the remote has throttled.",
    ),
    row(
        Metric::ThrottleWaits,
        (Kind::Counter, "throttle_waits_total", Unit::One),
        &[TENANT, PROFILE, SIDE, REASON],
        Measured::AsItHappens,
        "Times that a request had to wait before it was sent, by reason.",
    ),
    row(
        Metric::ThrottleSeconds,
        (Kind::Histogram, "throttle_seconds", Unit::Seconds),
        &[TENANT, PROFILE, SIDE],
        Measured::AsItHappens,
        "How long requests that had to wait did so.",
    ),
    row(
        Metric::FeedPages,
        (Kind::Counter, "feed_pages_total", Unit::One),
        &[TENANT, PROFILE, SIDE],
        Measured::AsItHappens,
        "Pages that were read of a remote's feed.",
    ),
    row(
        Metric::FeedItems,
        (Kind::Counter, "feed_items_total", Unit::One),
        &[TENANT, PROFILE, SIDE],
        Measured::AsItHappens,
        "Changes that a remote's feed named.",
    ),
    row(
        Metric::FeedAge,
        (Kind::Gauge, "feed_age_seconds", Unit::Seconds),
        &[TENANT, PROFILE, SIDE],
        Measured::WhenAsked,
        "Time since a remote's feed was last read to its end.",
    ),
    row(
        Metric::Restarts,
        (Kind::Counter, "restarts_total", Unit::One),
        &[TENANT, PROFILE, ACTOR],
        Measured::AsItHappens,
        "Actors that failed and were to be started again.",
    ),
];
