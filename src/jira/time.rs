//! Jira's timestamps and dates.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::Millis;

/// A timestamp such as `2026-08-24T11:11:52.944+0000`: no colon in the offset, so it is no RFC 3339 (jira.md, point 11).
/// Offsets with a colon and `Z` are read too.
pub(crate) fn moment(text: &str) -> Option<Millis> {
    let time: Timestamp = text.parse().ok()?;
    Some(Millis(time.as_millisecond()))
}

/// A date such as `2019-08-12`, as its midnight in UTC.
pub(crate) fn day(text: &str) -> Option<Millis> {
    let date: Date = text.parse().ok()?;
    let start = TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()?;
    Some(Millis(start.as_millisecond()))
}

/// The timestamp as Jira writes it.
pub(crate) fn moment_text(moment: Millis) -> Option<String> {
    let time = Timestamp::from_millisecond(moment.0).ok()?;
    Some(time.strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string())
}

/// The date of that moment in UTC.
pub(crate) fn day_text(moment: Millis) -> Option<String> {
    let time = Timestamp::from_millisecond(moment.0).ok()?;
    Some(time.strftime("%Y-%m-%d").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<i64>) {
        assert_eq!(moment(text).map(|m| m.0), expected, "{text}");
    }

    #[test]
    fn timestamps_have_an_offset_without_a_colon() {
        check("2026-08-24T11:11:52.944+0000", Some(1_787_569_912_944));
        check("2026-08-24T13:11:52.944+0200", Some(1_787_569_912_944));
        check("2026-08-24T13:11:52.944+02:00", Some(1_787_569_912_944));
        check("2026-08-24T11:11:52.944Z", Some(1_787_569_912_944));
        check("1970-01-01T00:00:00.000+0000", Some(0));
        check("2026-08-24T11:11:52.944", None);
        check("2026-08-24", None);
        check("yesterday", None);
        check("", None);
    }

    #[test]
    fn what_is_written_reads_back() {
        let then = Millis(1_787_569_912_944);
        assert_eq!(
            moment_text(then).as_deref(),
            Some("2026-08-24T11:11:52.944+0000")
        );
        assert_eq!(moment_text(then).and_then(|text| moment(&text)), Some(then));
        assert_eq!(day_text(then).as_deref(), Some("2026-08-24"));
        assert_eq!(
            day("2026-08-24").and_then(day_text).as_deref(),
            Some("2026-08-24")
        );
        assert_eq!(day("2026-02-30"), None);
        assert_eq!(moment_text(Millis(i64::MAX)), None);
    }
}
