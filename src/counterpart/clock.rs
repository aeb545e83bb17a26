//! The clock: the wall's time at the start, and from then on the time that has truly passed.
//!
//! A clock on the wall is set, forward after a wrong start, backward after a leap. Ages of doubts and pauses that a remote
//! imposed are measured by this one, so it must do neither: it never goes backward, and what it shows to have passed is
//! what has passed, give or take one part in a hundred. Towards the wall it goes by no more than that, so that the times in histories and
//! problems are right again after some hours, and at once with the next start.

use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use actors::Clock;
use model::Millis;

/// One part in so many of the time that passed is the most by which the clock goes towards the wall: 1.2 s of the lateness
/// bound of 120 s, which is a minute more than a request may take.
const SLEW: i128 = 100;
/// Nanoseconds of a millisecond.
const MILLI: i128 = 1_000_000;

/// The system's clock. All of them in one process are the same.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Millis {
        static STEADY: LazyLock<(Instant, Mutex<Steady>)> =
            LazyLock::new(|| (Instant::now(), Mutex::new(Steady::at(wall()))));
        let (began, steady) = &*STEADY;
        // A reading is complete when the guard goes, so a panic elsewhere leaves it sound.
        let mut steady = steady.lock().unwrap_or_else(PoisonError::into_inner);
        steady.tell(wall(), nanos(began.elapsed().as_nanos()))
    }
}

/// A steady clock; whoever asks brings what the wall says and what has passed since the beginning, in nanoseconds.
#[derive(Debug)]
struct Steady {
    shown: i128,
    passed: i128,
}

impl Steady {
    /// One that begins at that time.
    fn at(wall: i128) -> Steady {
        Steady {
            shown: wall,
            passed: 0,
        }
    }

    fn tell(&mut self, wall: i128, passed: i128) -> Millis {
        // Two who ask at once may come in the other order.
        let since = (passed - self.passed).max(0);
        let most = since / SLEW;
        let straight = self.shown + since;
        self.shown = straight + (wall - straight).clamp(-most, most);
        self.passed += since;
        Millis(i64::try_from(self.shown / MILLI).unwrap_or(i64::MAX))
    }
}

fn wall() -> i128 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    nanos(since.unwrap_or_default().as_nanos())
}

fn nanos(count: u128) -> i128 {
    i128::try_from(count).unwrap_or(i128::MAX / 2)
}

#[cfg(test)]
mod tests {
    use model::limit;

    use super::*;

    const SECOND: i128 = 1_000 * MILLI;
    const START: i128 = 1_000_000 * SECOND;

    /// Asks once a second for so many seconds, the wall being off by so many; gives what the clock shows to have passed.
    fn shown(steady: &mut Steady, seconds: i128, off: i128) -> i64 {
        let (first, begin) = (steady.shown, steady.passed);
        for second in 1..=seconds {
            let passed = begin + second * SECOND;
            let before = steady.shown;
            steady.tell(START + passed + off * SECOND, passed);
            assert!(steady.shown >= before, "it went backward");
        }
        i64::try_from((steady.shown - first) / MILLI).unwrap()
    }

    #[test]
    fn a_clock_set_forward_does_not_end_a_doubt() {
        let mut steady = Steady::at(START);
        assert_eq!(shown(&mut steady, 10, 0), 10_000);
        // Five minutes forward, more than any bound of a doubt.
        let age = shown(&mut steady, 100, 300);
        assert!(age < limit::LATENESS_MS, "{age}");
        assert!((100_000..=101_000).contains(&age), "{age}");
    }

    #[test]
    fn a_clock_set_backward_lengthens_no_pause() {
        let mut steady = Steady::at(START);
        shown(&mut steady, 10, 0);
        let passed = shown(&mut steady, 100, -3_600);
        assert!((99_000..=100_000).contains(&passed), "{passed}");
    }

    #[test]
    fn it_comes_back_to_the_wall_by_and_by_and_stays_there() {
        for off in [300, -300] {
            let mut steady = Steady::at(START);
            shown(&mut steady, 100 * 300 + 400, off);
            assert_eq!(steady.shown, START + steady.passed + off * SECOND);
        }
    }

    #[test]
    fn many_looks_are_as_good_as_few() {
        let mut steady = Steady::at(START);
        for step in 1..=100_000 {
            steady.tell(START + 300 * SECOND, step * SECOND / 1_000);
        }
        let passed = (steady.shown - START) / SECOND;
        assert!((100..=101).contains(&passed), "{passed}");
    }
}
