//! When a store is opened again.

use std::time::Duration;

use model::Millis;

/// The first pause.
const FIRST: Duration = Duration::from_secs(5);
/// The longest one. Each try reads the whole journal, and one that succeeds starts all profiles.
const LONGEST: Duration = Duration::from_secs(300);
/// Doublings that lead beyond the longest pause.
const DOUBLINGS: u32 = 6;
/// Milliseconds that a store has to run before it counts as mended. A disk may have room for the record of an open and for
/// nothing after it.
const MENDED_MS: i64 = 300_000;

/// The pauses before a store that failed, or could not be opened, is opened again.
#[derive(Default)]
pub(crate) struct Reopening {
    /// Pauses since it ran for long.
    pauses: u32,
    /// Since when it is open.
    open: Option<Millis>,
}

impl Reopening {
    /// The store is open.
    pub(crate) fn opened(&mut self, now: Millis) {
        self.open = Some(now);
    }

    /// The pause that follows on a failure: twice as long as the one before, unless the store ran for some minutes.
    pub(crate) fn pause(&mut self, now: Millis) -> Duration {
        let since = self.open.take();
        if since.is_some_and(|since| now.since(since) >= MENDED_MS) {
            self.pauses = 0;
        }
        let doublings = self.pauses.min(DOUBLINGS);
        self.pauses = self.pauses.saturating_add(1);
        FIRST.saturating_mul(1 << doublings).min(LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_five_minutes_however_often_the_store_opens_between() {
        let mut reopening = Reopening::default();
        let pauses: Vec<u64> = (0..9)
            .map(|nth| {
                reopening.opened(Millis(nth * 1_000_000));
                let failed = Millis(nth * 1_000_000 + MENDED_MS - 1);
                reopening.pause(failed).as_secs()
            })
            .collect();
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
    }

    #[test]
    fn a_store_that_ran_for_minutes_is_opened_again_soon() {
        let mut reopening = Reopening::default();
        reopening.pause(Millis(0));
        reopening.pause(Millis(0));
        reopening.opened(Millis(0));
        assert_eq!(reopening.pause(Millis(MENDED_MS)), FIRST);
        assert_eq!(reopening.pause(Millis(10 * MENDED_MS)), FIRST * 2);
    }
}
