//! Days and months, in UTC.

use jiff::civil::Date;
use model::Millis;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// The day of a time.
pub(super) fn day(at: Millis) -> Date {
    let timestamp = jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    jiff::tz::Offset::UTC.to_datetime(timestamp).date()
}

/// Milliseconds until the next day begins.
pub(super) fn left_of_day(at: Millis) -> i64 {
    DAY_MS - at.0.rem_euclid(DAY_MS)
}

/// The month of a day: `2026-11`.
pub(super) fn month(day: Date) -> String {
    format!("{:04}-{:02}", day.year(), day.month())
}

/// So many days before.
pub(super) fn before(day: Date, days: i64) -> Date {
    day.checked_sub(jiff::Span::new().days(days))
        .unwrap_or(Date::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_at_midnight_utc() {
        let noon = Millis(1_795_953_600_000);
        assert_eq!(day(noon).to_string(), "2026-11-29");
        assert_eq!(left_of_day(noon), DAY_MS / 2);
        let last = noon.plus(DAY_MS / 2 - 1);
        assert_eq!(day(last).to_string(), "2026-11-29");
        assert_eq!(day(last.plus(1)).to_string(), "2026-11-30");
        assert_eq!(month(day(noon)), "2026-11");
        assert_eq!(before(day(noon), 400).to_string(), "2025-10-25");
    }
}
