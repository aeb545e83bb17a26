//! What the declaration of a metric says.

use super::Metric;

/// How a number behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It only rises while the process lives.
    Counter,
    /// It rises and falls.
    Gauge,
    /// How many took how long.
    Histogram,
}

impl Kind {
    /// Its name, as Prometheus has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        }
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    One,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// 0 or 1.
    Truth,
}

impl Unit {
    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Unit::One => "count",
            Unit::Seconds => "seconds",
            Unit::Bytes => "bytes",
            Unit::Truth => "0 or 1",
        }
    }
}

/// What a number tells about, in the words of the data policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// How the node works. It names the tenant, and nothing of the items.
    Operational,
    /// What is used how much. It names nobody.
    Business,
}

impl Class {
    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Class::Operational => "operational",
            Class::Business => "business, anonymous",
        }
    }
}

/// When a number is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measured {
    /// As it happens, for as long as the process lives.
    AsItHappens,
    /// When somebody asks.
    WhenAsked,
}

/// What a label may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// A name that the configuration gave.
    Named,
    /// One of these words.
    Words(&'static [&'static str]),
}

/// A label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// Its name.
    pub name: &'static str,
    /// What it may say.
    pub values: Values,
}

impl Label {
    /// The words that it may say; none when names of the configuration stand there.
    #[must_use]
    pub fn words(&self) -> &'static [&'static str] {
        match self.values {
            Values::Named => &[],
            Values::Words(words) => words,
        }
    }
}

/// The declaration of a metric.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Which one.
    pub metric: Metric,
    /// How it behaves.
    pub kind: Kind,
    /// Its name, without the prefix that all have.
    pub name: &'static str,
    /// What is counted.
    pub unit: Unit,
    /// What it is told apart by: names of the configuration first, then words.
    pub labels: &'static [Label],
    /// What it tells about.
    pub class: Class,
    /// When it is taken.
    pub measured: Measured,
    /// Whether the sum of each day is kept, for each tenant, in its daily statistics.
    pub daily: bool,
    /// What it says, and what for.
    pub purpose: &'static str,
}

/// Series of one place that are told before anything was counted; a metric with more than these shows what was counted only.
const ZEROES: usize = 8;

impl Row {
    /// How many names of the configuration it is told apart by: none for the node, one for a tenant, two for a profile.
    #[must_use]
    pub fn place(&self) -> usize {
        let named = |label: &&Label| label.values == Values::Named;
        self.labels.iter().filter(named).count()
    }

    /// Whether these are words that its labels may say.
    #[must_use]
    pub fn allows(&self, words: &[&str]) -> bool {
        let labels = self.labels.iter().skip(self.place());
        labels.clone().count() == words.len()
            && labels
                .zip(words)
                .all(|(label, word)| label.words().contains(word))
    }

    /// The words of every series of one place, unless they are many.
    #[must_use]
    pub fn series(&self) -> Vec<Vec<&'static str>> {
        let labels = self.labels.iter().skip(self.place());
        let many = labels
            .clone()
            .map(|label| label.words().len())
            .product::<usize>();
        if many > ZEROES {
            return Vec::new();
        }
        labels.fold(vec![Vec::new()], |series, label| {
            let longer = |words: &Vec<&'static str>, word| {
                let mut words = words.clone();
                words.push(word);
                words
            };
            let each = series.iter();
            each.flat_map(|words| label.words().iter().map(move |word| longer(words, *word)))
                .collect()
        })
    }
}
