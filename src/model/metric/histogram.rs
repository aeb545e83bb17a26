//! How often something took how long.

/// The upper bounds of the classes, in seconds. What took longer than the last is in one more class.
pub const BOUNDS: [f64; 19] = [
    0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0, 30.0, 60.0, 300.0,
];

/// How many took how long.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// How many there were in each class.
    pub counts: [u64; BOUNDS.len() + 1],
    /// The sum of all, in nanoseconds.
    pub nanos: u64,
}

impl Histogram {
    /// Takes one in.
    pub fn add(&mut self, nanos: u64) {
        let seconds = seconds(nanos);
        let class = BOUNDS.partition_point(|bound| *bound < seconds);
        if let Some(count) = self.counts.get_mut(class) {
            *count = count.saturating_add(1);
        }
        self.nanos = self.nanos.saturating_add(nanos);
    }

    /// How many there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts
            .iter()
            .fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The sum of all, in seconds.
    #[must_use]
    pub fn sum(&self) -> f64 {
        seconds(self.nanos)
    }

    /// The bound below which so many in a hundred lie; the last bound for what lies beyond it. Nothing when there were none.
    #[must_use]
    pub fn percentile(&self, hundredths: u64) -> Option<f64> {
        let count = self.count();
        let wanted = count.saturating_mul(hundredths).div_ceil(100).max(1);
        let mut seen = 0_u64;
        let class = self.counts.iter().position(|count| {
            seen = seen.saturating_add(*count);
            seen >= wanted
        });
        let last = BOUNDS.len() - 1;
        class
            .filter(|_| count > 0)
            .map(|class| BOUNDS[class.min(last)])
    }

    /// What came since an earlier state of the same.
    #[must_use]
    pub fn since(&self, before: &Histogram) -> Histogram {
        let mut rest = self.clone();
        for (count, before) in rest.counts.iter_mut().zip(before.counts) {
            *count = count.saturating_sub(before);
        }
        rest.nanos = rest.nanos.saturating_sub(before.nanos);
        rest
    }

    /// Adds another one.
    pub fn include(&mut self, other: &Histogram) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count = count.saturating_add(more);
        }
        self.nanos = self.nanos.saturating_add(other.nanos);
    }
}

fn seconds(nanos: u64) -> f64 {
    #[allow(
        clippy::cast_precision_loss,
        reason = "a measured time has no so many digits"
    )]
    let nanos = nanos as f64;
    nanos / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_in_the_class_whose_bound_it_does_not_exceed() {
        let mut histogram = Histogram::default();
        for nanos in [0, 100_000, 100_001, 300_000_000_000, 300_000_000_001] {
            histogram.add(nanos);
        }
        assert_eq!(histogram.counts[0], 2);
        assert_eq!(histogram.counts[1], 1);
        assert_eq!(histogram.counts[BOUNDS.len() - 1], 1);
        assert_eq!(histogram.counts[BOUNDS.len()], 1);
        assert_eq!(histogram.count(), 5);
    }

    #[test]
    fn a_percentile_is_the_bound_that_so_many_do_not_exceed() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.percentile(50), None);
        for _ in 0..90 {
            histogram.add(4_000_000);
        }
        for _ in 0..10 {
            histogram.add(40_000_000_000_000);
        }
        assert_eq!(histogram.percentile(50), Some(0.005));
        assert_eq!(histogram.percentile(90), Some(0.005));
        assert_eq!(histogram.percentile(91), Some(300.0));
        let later = histogram.clone();
        histogram.add(1);
        assert_eq!(histogram.since(&later).count(), 1);
    }
}
