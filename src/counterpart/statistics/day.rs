//! One day's line of a file.

use std::collections::BTreeMap;

use model::metric::{Histogram, Number, Sample};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A day of a tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operational {
    /// The day, such as `2026-11-29`, in UTC.
    pub day: String,
    /// Pairs at the last look of the day.
    #[serde(default)]
    pub pairs: u64,
    /// What was counted, by metric and words.
    #[serde(default)]
    pub counts: BTreeMap<String, u64>,
    /// How many took how long, by metric and words: the classes of [`model::metric::BOUNDS`].
    #[serde(default)]
    pub times: BTreeMap<String, Vec<u64>>,
}

/// A day of somebody whom nobody can name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Business {
    /// The day.
    pub day: String,
    /// A random number that is drawn anew each month.
    pub subject: String,
    /// How much of each feature, rounded down to 1, 2 or 5 times a power of ten.
    #[serde(default)]
    pub features: BTreeMap<String, u64>,
}

/// A line that belongs to a day.
pub(super) trait Line: Serialize + for<'a> Deserialize<'a> {
    /// The day.
    fn day(&self) -> &str;
}

impl Line for Operational {
    fn day(&self) -> &str {
        &self.day
    }
}

impl Line for Business {
    fn day(&self) -> &str {
        &self.day
    }
}

impl Operational {
    /// Adds what was counted since the last time.
    pub(super) fn include(&mut self, more: &Counts) {
        for (key, count) in &more.counts {
            let known = self.counts.entry(key.clone()).or_default();
            *known = known.saturating_add(*count);
        }
        for (key, times) in &more.times {
            let mut known = histogram(self.times.get(key).map_or(&[], Vec::as_slice));
            known.include(times);
            self.times.insert(key.clone(), known.counts.to_vec());
        }
    }

    /// The day as people read it: with percentiles for the classes.
    #[must_use]
    pub fn shown(&self) -> Value {
        let times = self.times.iter().map(|(key, counts)| {
            let times = histogram(counts);
            let shown = json!({
                "count": times.count(),
                "p50_seconds": times.percentile(50),
                "p90_seconds": times.percentile(90),
                "p99_seconds": times.percentile(99),
            });
            (key.clone(), shown)
        });
        json!({
            "day": self.day,
            "pairs": self.pairs,
            "counts": self.counts,
            "times": times.collect::<Map<_, _>>(),
        })
    }
}

/// What was counted, summed over the profiles of a tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) counts: BTreeMap<String, u64>,
    pub(super) times: BTreeMap<String, Histogram>,
}

impl Counts {
    /// The sums of those samples whose metric is kept by the day.
    pub(super) fn of(samples: &[Sample]) -> Counts {
        let mut sums = Counts::default();
        for sample in samples.iter().filter(|sample| sample.metric.row().daily) {
            let key = key(sample);
            match &sample.number {
                Number::Count(0) | Number::Level(_) => {}
                Number::Count(number) => {
                    let sum = sums.counts.entry(key).or_default();
                    *sum = sum.saturating_add(*number);
                }
                Number::Spread(times) => sums.times.entry(key).or_default().include(times),
            }
        }
        sums.times.retain(|_, times| times.count() > 0);
        sums
    }

    /// What came since an earlier state of the same.
    pub(super) fn since(&self, before: &Counts) -> Counts {
        let mut rest = self.clone();
        for (key, count) in &mut rest.counts {
            *count = count.saturating_sub(before.counts.get(key).copied().unwrap_or(0));
        }
        for (key, times) in &mut rest.times {
            if let Some(before) = before.times.get(key) {
                *times = times.since(before);
            }
        }
        rest.counts.retain(|_, count| *count > 0);
        rest.times.retain(|_, times| times.count() > 0);
        rest
    }
}

/// A metric's name with its words, without tenant and profile: `effects_total side=jira kind=edit outcome=applied`.
fn key(sample: &Sample) -> String {
    let row = sample.metric.row();
    let mut key = row.name.to_owned();
    for (label, word) in row.labels.iter().skip(row.place()).zip(&sample.words) {
        key.push_str(&format!(" {}={word}", label.name));
    }
    key
}

/// A histogram from its classes. What a file has too many of is left out.
fn histogram(counts: &[u64]) -> Histogram {
    let mut histogram = Histogram::default();
    for (class, count) in histogram.counts.iter_mut().zip(counts) {
        *class = *count;
    }
    histogram
}

#[cfg(test)]
mod tests {
    use model::metric::{Metric, Place};

    use super::*;

    fn sample(profile: &str, number: u64) -> Sample {
        Sample {
            metric: Metric::Effects,
            place: Place {
                tenant: model::TenantName::new("acme").ok(),
                profile: model::ProfileName::new(profile).ok(),
            },
            words: vec!["jira", "edit", "applied"],
            number: Number::Count(number),
        }
    }

    #[test]
    fn profiles_are_summed_and_named_nowhere() {
        let counts = Counts::of(&[sample("web", 3), sample("ops", 4)]);
        let expected = [(
            "effects_total side=jira kind=edit outcome=applied".to_owned(),
            7,
        )];
        assert_eq!(counts.counts, expected.into());
    }

    #[test]
    fn a_day_adds_what_came_since_the_last_time() {
        let before = Counts::of(&[sample("web", 3)]);
        let after = Counts::of(&[sample("web", 10)]);
        let mut day = Operational::default();
        day.include(&before);
        day.include(&after.since(&before));
        assert_eq!(day.counts.values().sum::<u64>(), 10);
        assert_eq!(after.since(&after), Counts::default());
    }
}
