//! How often a child may fail before its supervisor gives up on it, and how long to wait before it is started again.

use std::collections::VecDeque;

use model::{Millis, limit};

/// The failures of one child.
#[derive(Debug, Default)]
pub struct Restarts {
    failures: VecDeque<Millis>,
}

/// What to do about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Start it again after so many milliseconds.
    Again {
        /// The pause.
        after_ms: i64,
    },
    /// It failed too often: the supervisor itself stops, or does without it.
    Enough,
}

impl Restarts {
    /// Whether a failure still counts.
    #[must_use]
    pub fn is_recent(&self, now: Millis) -> bool {
        self.failures
            .back()
            .is_some_and(|at| now.since(*at) < limit::RESTART_WINDOW_MS)
    }

    /// Takes a failure. `jitter` in 0..1000 spreads children that failed together.
    pub fn failed(&mut self, now: Millis, jitter: u16) -> Verdict {
        self.failures
            .retain(|at| now.since(*at) < limit::RESTART_WINDOW_MS);
        self.failures.push_back(now);
        let count = self.failures.len();
        if count > limit::RESTARTS_MAX {
            return Verdict::Enough;
        }
        let doubled = 100_i64 << count.min(16);
        let pause = doubled.min(limit::RESTART_PAUSE_MAX_MS);
        let spread = pause * i64::from(jitter.min(1_000)) / 2_000;
        Verdict::Again {
            after_ms: pause + spread,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_that_keeps_failing_is_given_up_and_one_that_fails_rarely_is_not() {
        let mut restarts = Restarts::default();
        let verdicts: Vec<_> = (0..6)
            .map(|n| restarts.failed(Millis(n * 1_000), 0))
            .collect();
        assert_eq!(verdicts[0], Verdict::Again { after_ms: 200 });
        assert_eq!(verdicts[1], Verdict::Again { after_ms: 400 });
        assert_eq!(verdicts[5], Verdict::Enough);

        let mut rare = Restarts::default();
        for n in 0..100 {
            let verdict = rare.failed(Millis(n * limit::RESTART_WINDOW_MS), 0);
            assert_eq!(verdict, Verdict::Again { after_ms: 200 });
        }
    }
}
