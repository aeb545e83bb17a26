//! The statistics of one tenant while its node runs.

use std::path::Path;
use std::sync::Arc;

use jiff::civil::Date;
use mapping::Profile;
use model::metric::Sample;

use super::day::Counts;
use super::feature;
use super::shelf::{Shelf, ShelfError};

/// What was noted of one tenant, so that nothing is noted twice.
pub struct Book {
    shelf: Shelf,
    profiles: Vec<Arc<Profile>>,
    noted: Counts,
    pairs: u64,
}

impl Book {
    /// The book of the tenant in that directory, with these profiles.
    #[must_use]
    pub fn of(directory: &Path, profiles: Vec<Arc<Profile>>) -> Book {
        Book {
            shelf: Shelf::of(directory),
            profiles,
            noted: Counts::default(),
            pairs: 0,
        }
    }

    /// Takes in how many pairs there are.
    pub fn count_pairs(&mut self, pairs: u64) {
        self.pairs = pairs;
    }

    /// Notes on that day what was counted since the last time. What cannot be written is noted with the next time.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn note(
        &mut self,
        samples: &[Sample],
        day: Date,
        draw: impl FnOnce() -> String,
    ) -> Result<(), ShelfError> {
        let counted = Counts::of(samples);
        let fresh = counted.since(&self.noted);
        let pairs = self.pairs;
        let line = self.shelf.note(day, |line| {
            line.include(&fresh);
            line.pairs = pairs;
        })?;
        self.noted = counted;
        let profiles: Vec<&Profile> = self.profiles.iter().map(AsRef::as_ref).collect();
        let mut features = feature::configured(&profiles);
        features.extend(feature::counted(&line.counts));
        features.insert("pairs".to_owned(), pairs);
        let features = feature::told(features);
        self.shelf.note_unnamed(day, draw, features)?;
        self.shelf.prune(day)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use model::metric::{Metric, Number, Place};

    use super::super::{KEPT_DAYS, calendar};
    use super::*;

    fn counted(number: u64) -> Vec<Sample> {
        vec![Sample {
            metric: Metric::Effects,
            place: Place {
                tenant: model::TenantName::new("acme").ok(),
                profile: model::ProfileName::new("web").ok(),
            },
            words: vec!["jira", "create", "applied"],
            number: Number::Count(number),
        }]
    }

    fn book(directory: &Path) -> Book {
        let profile = Profile::compile(mapping::SAMPLE, "web.toml").expect("the sample compiles");
        Book::of(directory, vec![Arc::new(profile)])
    }

    fn day(text: &str) -> Date {
        text.parse().expect("a day")
    }

    fn sums(directory: &Path) -> Vec<(String, u64)> {
        let days = Shelf::of(directory).operational().expect("readable");
        let sum = |counts: &std::collections::BTreeMap<String, u64>| counts.values().sum();
        days.iter()
            .map(|line| (line.day.clone(), sum(&line.counts)))
            .collect()
    }

    #[test]
    fn a_day_goes_on_over_restarts_and_counts_nothing_twice() {
        let folder = tempfile::tempdir().unwrap();
        let draw = || "a".to_owned();
        let today = day("2026-11-29");
        let mut first = book(folder.path());
        first.note(&counted(3), today, draw).unwrap();
        first.note(&counted(5), today, draw).unwrap();
        first.note(&counted(5), today, draw).unwrap();
        let mut second = book(folder.path());
        second.note(&counted(4), today, draw).unwrap();
        second.note(&counted(6), day("2026-11-30"), draw).unwrap();
        let expected = [("2026-11-29".to_owned(), 9), ("2026-11-30".to_owned(), 2)];
        assert_eq!(sums(folder.path()), expected);
    }

    #[test]
    fn what_could_not_be_written_is_noted_the_next_time() {
        let folder = tempfile::tempdir().unwrap();
        let tenant = folder.path().join("acme");
        std::fs::write(&tenant, "in the way").unwrap();
        let mut book = book(&tenant);
        let today = day("2026-11-29");
        assert!(book.note(&counted(3), today, String::new).is_err());
        std::fs::remove_file(&tenant).unwrap();
        book.note(&counted(5), today, String::new).unwrap();
        assert_eq!(sums(&tenant), [("2026-11-29".to_owned(), 5)]);
    }

    #[test]
    fn a_day_goes_when_its_time_is_over_and_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let mut book = book(folder.path());
        let begin = day("2025-09-20");
        for nth in 0..500 {
            let today = begin.checked_add(jiff::Span::new().days(nth)).unwrap();
            let number = u64::try_from(nth).unwrap() + 1;
            book.note(&counted(number), today, String::new).unwrap();
            let first = calendar::before(today, KEPT_DAYS).max(begin);
            let sums = sums(folder.path());
            assert_eq!(sums[0].0, first.to_string(), "on {today}");
            assert_eq!(sums.last().unwrap().0, today.to_string());
        }
        assert_eq!(sums(folder.path()).len(), 401);
        let unnamed = Shelf::of(folder.path()).business().unwrap();
        assert_eq!(unnamed.len(), 401);
    }

    #[test]
    fn a_line_that_cannot_be_read_harms_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let mut book = book(folder.path());
        book.note(&counted(3), day("2026-11-28"), String::new)
            .unwrap();
        let path = folder.path().join("statistics/2026-11.jsonl");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{text}{{\"day\":\n")).unwrap();
        book.note(&counted(5), day("2026-11-29"), String::new)
            .unwrap();
        let expected = [("2026-11-28".to_owned(), 3), ("2026-11-29".to_owned(), 2)];
        assert_eq!(sums(folder.path()), expected);
    }

    #[test]
    fn business_days_name_nobody_and_each_month_another_number() {
        let folder = tempfile::tempdir().unwrap();
        let mut book = book(folder.path());
        for (today, drawn) in [
            ("2026-11-29", "one"),
            ("2026-11-30", "two"),
            ("2026-12-01", "three"),
        ] {
            book.note(&counted(100), day(today), || drawn.to_owned())
                .unwrap();
        }
        let days = Shelf::of(folder.path()).business().unwrap();
        let subjects: Vec<_> = days.iter().map(|line| line.subject.as_str()).collect();
        assert_eq!(subjects, ["one", "one", "three"]);
        let month = folder.path().join("statistics/2026-11.business.jsonl");
        let text = std::fs::read_to_string(month).unwrap();
        for name in ["acme", "web", "atlassian", "azure.com"] {
            assert!(!text.contains(name), "{name} in {text}");
        }
        let declared: BTreeSet<&str> = super::super::FEATURES.iter().map(|is| is.name).collect();
        for line in &days {
            assert!(
                line.features
                    .keys()
                    .all(|name| declared.contains(name.as_str()))
            );
        }
        assert_eq!(days[0].features.get("used.create"), Some(&100));
    }
}
