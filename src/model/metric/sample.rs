//! One number at one moment.

use super::{Histogram, Metric};
use crate::{ProfileName, TenantName};

/// What a number is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The tenant; nothing for the node.
    pub tenant: Option<TenantName>,
    /// The profile; nothing for a tenant.
    pub profile: Option<ProfileName>,
}

impl Place {
    /// How many names it has.
    #[must_use]
    pub fn depth(&self) -> usize {
        usize::from(self.tenant.is_some()) + usize::from(self.profile.is_some())
    }
}

/// A number.
#[derive(Clone, Debug, PartialEq)]
pub enum Number {
    /// Of a counter.
    Count(u64),
    /// Of a gauge.
    Level(f64),
    /// Of a histogram.
    Spread(Box<Histogram>),
}

/// One number at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Of what.
    pub metric: Metric,
    /// What it is about.
    pub place: Place,
    /// What its further labels say: words that stand in the program.
    pub words: Vec<&'static str>,
    /// The number.
    pub number: Number,
}

impl Sample {
    /// A gauge.
    #[must_use]
    pub fn level(metric: Metric, place: &Place, words: &[&'static str], level: f64) -> Sample {
        debug_assert!(metric.row().allows(words), "{metric:?} {words:?}");
        Sample {
            metric,
            place: place.clone(),
            words: words.to_vec(),
            number: Number::Level(level),
        }
    }

    /// Its labels, each with what it says.
    pub fn labels(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let tenant = self.place.tenant.as_ref().map(TenantName::as_str);
        let profile = self.place.profile.as_ref().map(ProfileName::as_str);
        let said = tenant
            .into_iter()
            .chain(profile)
            .chain(self.words.iter().copied());
        let labels = self.metric.row().labels.iter();
        labels.map(|label| label.name).zip(said)
    }
}
