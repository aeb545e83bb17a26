//! Counts of what happens, for as long as the process lives.
//!
//! A tenant and a profile have one each. It outlives the actors that count: a profile that failed and was started again goes
//! on where it was.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::limit::METRIC_WORDS;
use model::metric::{Histogram, Kind, Measured, Metric, Number, Place, Sample};
use model::{ProfileName, TenantName};

/// What a series is told apart by within its place. Words that stand in the program, so that nothing else can be one.
type Words = [&'static str; METRIC_WORDS];

/// The counts of one place. The series are bounded by the words that each metric declares.
#[derive(Debug, Default)]
pub struct Meter {
    place: Place,
    counts: Mutex<BTreeMap<(Metric, Words), Count>>,
}

#[derive(Clone, Debug)]
enum Count {
    Number(u64),
    Times(Box<Histogram>),
}

/// The meters of a tenant.
#[derive(Debug)]
pub struct Meters {
    /// Its own.
    pub own: Arc<Meter>,
    /// Those of its profiles.
    pub profiles: BTreeMap<ProfileName, Arc<Meter>>,
}

impl Meters {
    /// Meters for a tenant with these profiles.
    pub fn new<'a>(
        tenant: &TenantName,
        profiles: impl IntoIterator<Item = &'a ProfileName>,
    ) -> Meters {
        let of = |profile: Option<&ProfileName>| {
            let tenant = Some(tenant.clone());
            let profile = profile.cloned();
            Arc::new(Meter::of(Place { tenant, profile }))
        };
        let profiles = profiles.into_iter();
        Meters {
            own: of(None),
            profiles: profiles
                .map(|name| (name.clone(), of(Some(name))))
                .collect(),
        }
    }

    /// That profile's, or one that nobody reads.
    #[must_use]
    pub fn profile(&self, name: &ProfileName) -> Arc<Meter> {
        self.profiles.get(name).cloned().unwrap_or_default()
    }
}

impl Meter {
    /// The meter of that place.
    #[must_use]
    pub fn of(place: Place) -> Meter {
        Meter {
            place,
            counts: Mutex::default(),
        }
    }

    /// What it is about.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    fn counts(&self) -> MutexGuard<'_, BTreeMap<(Metric, Words), Count>> {
        // Each change is complete when the guard goes, so a panic elsewhere leaves it sound.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts so many.
    pub fn count<const N: usize>(&self, metric: Metric, words: [&'static str; N], by: u64) {
        debug_assert_eq!(metric.row().kind, Kind::Counter, "{metric:?}");
        let key = key(metric, words);
        let mut counts = self.counts();
        let count = counts.entry(key).or_insert(Count::Number(0));
        if let Count::Number(number) = count {
            *number = number.saturating_add(by);
        }
    }

    /// Takes in how long something took.
    pub fn time<const N: usize>(&self, metric: Metric, words: [&'static str; N], took: Duration) {
        debug_assert_eq!(metric.row().kind, Kind::Histogram, "{metric:?}");
        let key = key(metric, words);
        let mut counts = self.counts();
        let count = counts
            .entry(key)
            .or_insert_with(|| Count::Times(Box::default()));
        if let Count::Times(times) = count {
            times.add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
        }
    }

    /// The sum of a counter's series that are wanted.
    #[must_use]
    pub fn sum(&self, metric: Metric, wanted: impl Fn(&Words) -> bool) -> u64 {
        let counts = self.counts();
        let numbers = counts
            .iter()
            .filter_map(|((of, words), count)| match count {
                Count::Number(number) if *of == metric && wanted(words) => Some(*number),
                Count::Number(_) | Count::Times(_) => None,
            });
        numbers.fold(0, u64::saturating_add)
    }

    /// Everything that was counted. A metric with few series shows those too that nothing was counted for: whoever watches a
    /// rate would not see the first of them otherwise.
    #[must_use]
    pub fn samples(&self) -> Vec<Sample> {
        let mut counts = self.counts().clone();
        for metric in Metric::ALL {
            let row = metric.row();
            if row.place() != self.place.depth() || row.measured != Measured::AsItHappens {
                continue;
            }
            for series in row.series() {
                let zero = match row.kind {
                    Kind::Counter | Kind::Gauge => Count::Number(0),
                    Kind::Histogram => Count::Times(Box::default()),
                };
                counts.entry((metric, padded(&series))).or_insert(zero);
            }
        }
        let samples = counts.into_iter().map(|((metric, words), count)| Sample {
            metric,
            place: self.place.clone(),
            words: words.into_iter().filter(|word| !word.is_empty()).collect(),
            number: match count {
                Count::Number(number) => Number::Count(number),
                Count::Times(times) => Number::Spread(times),
            },
        });
        samples.collect()
    }
}

fn key<const N: usize>(metric: Metric, words: [&'static str; N]) -> (Metric, Words) {
    debug_assert!(
        metric.row().allows(&words),
        "{metric:?} does not declare {words:?}"
    );
    (metric, padded(&words))
}

fn padded(words: &[&'static str]) -> Words {
    let mut padded = [""; METRIC_WORDS];
    for (place, word) in padded.iter_mut().zip(words) {
        *place = word;
    }
    padded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter() -> Meter {
        let place = Place {
            tenant: TenantName::new("acme").ok(),
            profile: ProfileName::new("web").ok(),
        };
        Meter::of(place)
    }

    fn shown(meter: &Meter, metric: Metric) -> Vec<(Vec<&'static str>, Number)> {
        let samples = meter.samples().into_iter();
        let of = samples.filter(|sample| sample.metric == metric);
        of.map(|sample| (sample.words, sample.number)).collect()
    }

    #[test]
    fn a_metric_with_few_series_begins_at_zero() {
        let meter = meter();
        meter.count(Metric::Doubts, ["azure"], 2);
        let expected = [
            (vec!["azure"], Number::Count(2)),
            (vec!["jira"], Number::Count(0)),
        ];
        assert_eq!(shown(&meter, Metric::Doubts), expected);
        assert_eq!(shown(&meter, Metric::Steps), [(vec![], Number::Count(0))]);
        assert_eq!(shown(&meter, Metric::Losses), []);
    }

    #[test]
    fn only_what_is_counted_as_it_happens_stands_in_a_meter() {
        for sample in meter().samples() {
            let row = sample.metric.row();
            assert_eq!(row.measured, Measured::AsItHappens);
            assert_eq!(row.place(), 2);
        }
    }

    #[test]
    #[should_panic(expected = "does not declare")]
    fn a_word_that_is_not_declared_is_a_defect() {
        meter().count(Metric::Doubts, ["WEB-12"], 1);
    }

    #[test]
    fn a_sum_takes_the_series_that_are_wanted() {
        let meter = meter();
        meter.count(Metric::Effects, ["jira", "edit", "applied"], 3);
        meter.count(Metric::Effects, ["azure", "create", "applied"], 4);
        meter.count(Metric::Effects, ["azure", "create", "unknown"], 5);
        assert_eq!(meter.sum(Metric::Effects, |words| words[2] == "applied"), 7);
    }
}
