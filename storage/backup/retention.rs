//! How long backups are kept: a rule over a list and a time.

use std::collections::BTreeSet;

use model::Millis;

use super::BackupId;

const DAY_MS: i64 = 86_400_000;

/// A backup as the rule sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Which one.
    pub id: BackupId,
    /// Whether it is whole as far as anybody knows.
    pub good: bool,
}

/// The newest good backup. One from the future was made while the clock stood ahead, and counts only where there is no other.
#[must_use]
pub fn newest(list: &[Kept], now: Millis) -> Option<BackupId> {
    let good = list.iter().filter(|kept| kept.good).map(|kept| kept.id);
    let past = good.clone().filter(|id| id.at() <= now);
    past.max().or(good.max())
}

/// The backups that may go: those older than so many days, but the newest good one. While no good one is left, none goes:
/// a damaged one is better than nothing. One from the future, when a clock was set back, stays.
#[must_use]
pub fn expired(list: &[Kept], now: Millis, days: u32) -> BTreeSet<BackupId> {
    let Some(last) = newest(list, now) else {
        return BTreeSet::new();
    };
    let age = i64::from(days).saturating_mul(DAY_MS);
    let is_old = |kept: &&Kept| now.since(kept.id.at()) > age && kept.id != last;
    list.iter().filter(is_old).map(|kept| kept.id).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kept(day: i64, good: bool) -> Kept {
        Kept {
            id: BackupId::new(Millis(day * DAY_MS), 1).unwrap(),
            good,
        }
    }

    fn days(list: &BTreeSet<BackupId>) -> Vec<i64> {
        list.iter().map(|id| id.at().0 / DAY_MS).collect()
    }

    #[test]
    fn one_that_a_clock_ahead_made_is_not_the_last_one_when_the_clock_is_right_again() {
        let list = [kept(1, true), kept(2, true), kept(40_000, true)];
        let now = Millis(60 * DAY_MS);
        assert_eq!(newest(&list, now), Some(list[1].id));
        assert_eq!(days(&expired(&list, now, 30)), [1]);
        assert_eq!(newest(&list[2..], now), Some(list[2].id));
    }

    #[test]
    fn a_year_of_days_leaves_the_last_thirty() {
        let mut list: Vec<Kept> = Vec::new();
        for today in 0..365 {
            list.push(kept(today, true));
            let now = Millis(today * DAY_MS + 1);
            let gone = expired(&list, now, 30);
            list.retain(|kept| !gone.contains(&kept.id));
            assert_eq!(list.len() as i64, (today + 1).min(30), "day {today}");
        }
    }

    #[test]
    fn the_last_good_one_stays_however_old() {
        let list = [kept(1, true), kept(2, true), kept(90, false)];
        let gone = expired(&list, Millis(400 * DAY_MS), 30);
        assert_eq!(days(&gone), [1, 90]);
    }

    #[test]
    fn while_none_is_good_none_goes() {
        let list = [kept(1, false), kept(2, false)];
        assert!(expired(&list, Millis(400 * DAY_MS), 30).is_empty());
    }

    #[test]
    fn a_clock_that_was_set_back_removes_nothing() {
        let list = [kept(100, true), kept(101, true)];
        assert!(expired(&list, Millis(5 * DAY_MS), 30).is_empty());
    }

    proptest! {
        #[test]
        fn a_good_one_is_left_wherever_one_was(
            list in proptest::collection::btree_map(0i64..500, any::<bool>(), 0..40),
            today in 0i64..1_000,
            kept_days in 0u32..100,
        ) {
            let list: Vec<Kept> = list.into_iter().map(|(day, good)| kept(day, good)).collect();
            let gone = expired(&list, Millis(today * DAY_MS), kept_days);
            let left: Vec<&Kept> = list.iter().filter(|kept| !gone.contains(&kept.id)).collect();
            let good = |kept: &Kept| kept.good;
            prop_assert_eq!(list.iter().any(good), left.iter().any(|kept| kept.good));
            let newest = |list: &mut dyn Iterator<Item = &Kept>| list.filter(|kept| kept.good).map(|kept| kept.id).max();
            prop_assert_eq!(newest(&mut list.iter()), newest(&mut left.into_iter()));
        }
    }
}
