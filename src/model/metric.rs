//! Every number that a node tells of itself, declared in one table.
//!
//! What is not declared here cannot be recorded: whoever counts names a [`Metric`]. Labels are names from the configuration
//! or words of a closed set, by their types, so that no content and no id of an item can become one. The table is also what
//! `counterpart policy` prints.

mod histogram;
mod row;
mod sample;
mod table;
mod words;

pub use histogram::{BOUNDS, Histogram};
pub use row::{Class, Kind, Label, Measured, Row, Unit, Values};
pub use sample::{Number, Place, Sample};

/// A number that a node tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Tenants of the node.
    Tenants,
    /// Time since the node began.
    Uptime,
    /// Requests to the collector.
    TelemetryExports,
    /// Spans that nobody will see.
    TelemetryDropped,
    /// Whether a tenant does not run.
    TenantFailed,
    /// Profiles that were stopped.
    ProfilesStopped,
    /// Age of the last good backup.
    BackupAge,
    /// Whether the last backup or its copy failed.
    BackupFailed,
    /// Whether the last drill failed.
    DrillFailed,
    /// Whether a store takes no commits.
    StoreFailed,
    /// Times that a store was opened.
    StoreOpens,
    /// Times that a state was made anew.
    StateRebuilds,
    /// What the journal takes.
    JournalBytes,
    /// Segments of the journal.
    JournalSegments,
    /// Records of the journal.
    JournalRecords,
    /// How long the journal takes to be durable.
    JournalSync,
    /// Age of the last checkpoint.
    CheckpointAge,
    /// What was written since the last checkpoint.
    CheckpointBehind,
    /// What the checkpoint takes.
    CheckpointBytes,
    /// Rows of the state.
    StateRows,
    /// What the state takes.
    StateBytes,
    /// Whether both remotes were met.
    Connected,
    /// Whether creates are allowed.
    CreatesAllowed,
    /// Whether nothing is left to do.
    Idle,
    /// Problems of the connections.
    Trouble,
    /// Pairs that wait for their turn.
    PairsPending,
    /// Pairs at work.
    PairsActive,
    /// Pairs that wait for a time.
    PairsWaiting,
    /// Pairs that wait for a person.
    PairsParked,
    /// How long the oldest change waits.
    OldestPending,
    /// How long changes took.
    ChangeSeconds,
    /// Writes by what came of them.
    Effects,
    /// Conflicts.
    Conflicts,
    /// Steps of the core.
    Steps,
    /// Broken invariants.
    InvariantsBroken,
    /// Commits of pairs.
    Commits,
    /// What conversions could not carry.
    Losses,
    /// Doubts that arose.
    Doubts,
    /// Probes of doubts.
    Probes,
    /// Open problems.
    ProblemsOpen,
    /// Problems that were noted.
    Problems,
    /// Requests by answer.
    Requests,
    /// How long answers took.
    RequestSeconds,
    /// Requests that are under way.
    RequestsInFlight,
    /// Requests that may be under way.
    RequestsAllowed,
    /// Requests that had to wait.
    ThrottleWaits,
    /// How long they waited.
    ThrottleSeconds,
    /// Pages of feeds.
    FeedPages,
    /// Items that feeds named.
    FeedItems,
    /// Time since a feed was read to its end.
    FeedAge,
    /// Actors that were started again.
    Restarts,
}

impl Metric {
    /// Every metric, in the order of the table.
    pub const ALL: [Metric; 51] = [
        Metric::Tenants,
        Metric::Uptime,
        Metric::TelemetryExports,
        Metric::TelemetryDropped,
        Metric::TenantFailed,
        Metric::ProfilesStopped,
        Metric::BackupAge,
        Metric::BackupFailed,
        Metric::DrillFailed,
        Metric::StoreFailed,
        Metric::StoreOpens,
        Metric::StateRebuilds,
        Metric::JournalBytes,
        Metric::JournalSegments,
        Metric::JournalRecords,
        Metric::JournalSync,
        Metric::CheckpointAge,
        Metric::CheckpointBehind,
        Metric::CheckpointBytes,
        Metric::StateRows,
        Metric::StateBytes,
        Metric::Connected,
        Metric::CreatesAllowed,
        Metric::Idle,
        Metric::Trouble,
        Metric::PairsPending,
        Metric::PairsActive,
        Metric::PairsWaiting,
        Metric::PairsParked,
        Metric::OldestPending,
        Metric::ChangeSeconds,
        Metric::Effects,
        Metric::Conflicts,
        Metric::Steps,
        Metric::InvariantsBroken,
        Metric::Commits,
        Metric::Losses,
        Metric::Doubts,
        Metric::Probes,
        Metric::ProblemsOpen,
        Metric::Problems,
        Metric::Requests,
        Metric::RequestSeconds,
        Metric::RequestsInFlight,
        Metric::RequestsAllowed,
        Metric::ThrottleWaits,
        Metric::ThrottleSeconds,
        Metric::FeedPages,
        Metric::FeedItems,
        Metric::FeedAge,
        Metric::Restarts,
    ];

    /// Its declaration.
    #[must_use]
    pub fn row(self) -> &'static Row {
        &table::TABLE[self as usize]
    }

    /// Its name with the prefix that all of them have.
    #[must_use]
    pub fn full_name(self) -> String {
        format!("counterpart_{}", self.row().name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_metric_has_its_own_row_and_its_own_name() {
        for (place, metric) in Metric::ALL.into_iter().enumerate() {
            assert_eq!(metric as usize, place);
            assert_eq!(metric.row().metric, metric);
        }
        let names: BTreeSet<_> = Metric::ALL.iter().map(|metric| metric.row().name).collect();
        assert_eq!(names.len(), Metric::ALL.len());
    }

    #[test]
    fn names_end_as_their_kind_and_unit_ask() {
        for metric in Metric::ALL {
            let row = metric.row();
            let is_counter = row.name.ends_with("_total");
            assert_eq!(is_counter, row.kind == Kind::Counter, "{}", row.name);
            let stem = row.name.trim_end_matches("_total");
            match row.unit {
                Unit::Seconds => assert!(stem.ends_with("_seconds"), "{}", row.name),
                Unit::Bytes => assert!(stem.ends_with("_bytes"), "{}", row.name),
                Unit::One | Unit::Truth => {
                    let other = stem.ends_with("_seconds") || stem.ends_with("_bytes");
                    assert!(!other, "{}", row.name);
                }
            }
            assert!(row.purpose.ends_with('.'), "{}", row.name);
        }
    }

    #[test]
    fn a_day_sums_only_what_is_counted_as_it_happens() {
        let daily = Metric::ALL.into_iter().filter(|metric| metric.row().daily);
        let wrong: Vec<_> = daily
            .filter(|metric| metric.row().measured == Measured::WhenAsked)
            .collect();
        assert_eq!(wrong, []);
    }

    #[test]
    fn names_of_the_configuration_come_before_words() {
        for metric in Metric::ALL {
            let labels = metric.row().labels;
            let named = labels.iter().take_while(|label| label.words().is_empty());
            let place = metric.row().place();
            assert_eq!(named.count(), place, "{metric:?}");
            let rest = labels.iter().skip(place);
            assert!(
                rest.clone().count() <= crate::limit::METRIC_WORDS,
                "{metric:?}"
            );
            assert!(
                rest.clone().all(|label| !label.words().is_empty()),
                "{metric:?}"
            );
        }
    }
}
