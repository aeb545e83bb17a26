//! When a backup or a drill is due: rules over times that are given.

use model::Millis;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;

/// When a node makes backups by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The minute of the day (UTC) from which on a day's backup is made.
    pub at_minute: u32,
    /// Within so many minutes after it, so that not all tenants and not all nodes begin at once.
    pub jitter_minutes: u32,
    /// Days between two drills.
    pub drill_days: u32,
}

impl Schedule {
    /// Whether a backup is due, when the last good one was begun then. One that was missed while the node did not run is made
    /// up for, and a tenant without any gets its first at once. `seed` tells tenants apart.
    #[must_use]
    pub fn is_due(&self, seed: u64, last: Option<Millis>, now: Millis) -> bool {
        // A time to come is of a clock that stood ahead.
        let last = last.filter(|last| *last <= now);
        last.is_none_or(|last| self.latest(seed, now) > last)
    }

    /// Whether a drill is due, when the last one was then.
    #[must_use]
    pub fn is_drill_due(&self, last: Option<Millis>, now: Millis) -> bool {
        let last = last.filter(|last| *last <= now);
        last.is_none_or(|last| now.since(last) >= i64::from(self.drill_days) * DAY_MS)
    }

    /// The latest moment of the schedule that is not to come.
    fn latest(&self, seed: u64, now: Millis) -> Millis {
        let today = now.0.div_euclid(DAY_MS);
        let moments = [today, today - 1, today - 2].map(|day| self.moment(seed, day));
        let past = moments.into_iter().filter(|moment| *moment <= now);
        past.max().unwrap_or(Millis(i64::MIN))
    }

    fn moment(&self, seed: u64, day: i64) -> Millis {
        let spread = u64::from(self.jitter_minutes) * 60;
        let drawn = mixed(seed ^ day.unsigned_abs()) % (spread + 1);
        let seconds = i64::try_from(drawn).unwrap_or(0);
        Millis(day * DAY_MS + i64::from(self.at_minute) * MINUTE_MS + seconds * 1_000)
    }
}

/// What tells tenants apart.
#[must_use]
pub fn seed(tenant: &str) -> u64 {
    tenant
        .bytes()
        .fold(0x51ED_270B, |seed, byte| mixed(seed ^ u64::from(byte)))
}

/// A number that looks drawn, the same for the same number.
fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 31)).wrapping_mul(0x7FB5_D329_728E_A185);
    let number = (number ^ (number >> 27)).wrapping_mul(0x81DA_DEF4_BC2D_D44D);
    number ^ (number >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEDULE: Schedule = Schedule {
        at_minute: 180,
        jitter_minutes: 30,
        drill_days: 7,
    };

    /// Lives through so many days minute by minute; gives when backups were made.
    fn live(schedule: Schedule, tenant: &str, days: i64) -> Vec<Millis> {
        let mut made: Vec<Millis> = vec![Millis(10 * DAY_MS)];
        for minute in 0..days * 1_440 {
            let now = Millis(10 * DAY_MS + minute * MINUTE_MS);
            if schedule.is_due(seed(tenant), made.last().copied(), now) {
                made.push(now);
            }
        }
        made.remove(0);
        made
    }

    #[test]
    fn a_year_has_one_backup_a_day_within_its_half_hour() {
        let made = live(SCHEDULE, "acme", 365);
        assert_eq!(made.len(), 365);
        for at in &made {
            let minute = at.0.rem_euclid(DAY_MS) / MINUTE_MS;
            assert!((180..=211).contains(&minute), "{minute}");
        }
        let minutes: std::collections::BTreeSet<i64> =
            made.iter().map(|at| at.0.rem_euclid(DAY_MS)).collect();
        assert!(minutes.len() > 10, "{minutes:?}");
    }

    #[test]
    fn tenants_do_not_all_begin_at_once() {
        assert_ne!(live(SCHEDULE, "acme", 10), live(SCHEDULE, "other", 10));
    }

    #[test]
    fn a_window_over_midnight_is_one_day_too() {
        let late = Schedule {
            at_minute: 1_430,
            jitter_minutes: 120,
            ..SCHEDULE
        };
        let made = live(late, "acme", 100).len();
        assert!((98..=101).contains(&made), "{made}");
    }

    #[test]
    fn what_was_missed_is_made_up_for_once() {
        let now = Millis(100 * DAY_MS + 12 * 60 * MINUTE_MS);
        assert!(SCHEDULE.is_due(1, Some(Millis(96 * DAY_MS)), now));
        assert!(!SCHEDULE.is_due(1, Some(now), now.plus(MINUTE_MS)));
        assert!(SCHEDULE.is_due(1, None, now));
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_stop_backups_for_ever() {
        let now = Millis(100 * DAY_MS);
        let ahead = Some(now.plus(3_650 * DAY_MS));
        assert!(SCHEDULE.is_due(1, ahead, now));
        assert!(SCHEDULE.is_drill_due(ahead, now));
    }

    #[test]
    fn a_drill_is_held_each_week() {
        let last = Millis(100 * DAY_MS);
        assert!(!SCHEDULE.is_drill_due(Some(last), last.plus(7 * DAY_MS - 1)));
        assert!(SCHEDULE.is_drill_due(Some(last), last.plus(7 * DAY_MS)));
        assert!(SCHEDULE.is_drill_due(None, last));
    }
}
