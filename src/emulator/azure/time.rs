//! Moments in the service's notation: UTC, as few fractional digits as needed, `9999-01-01` for
//! "still valid".

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// What `System.RevisedDate` says of the newest revision (azure.md 6).
pub(crate) const FOREVER: &str = "9999-01-01T00:00:00Z";

const DAY_MS: i64 = 86_400_000;

/// Milliseconds since 1970 as `2014-03-18T17:17:05.76Z`.
pub(crate) fn text(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| FOREVER.to_owned(), |at| at.to_string())
}

/// The moment as the recycle bin writes it: `1/31/2017 9:21:14 PM` (azure.md 8.5).
pub(crate) fn american(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(
        |_| FOREVER.to_owned(),
        |at| at.strftime("%-m/%-d/%Y %-I:%M:%S %p").to_string(),
    )
}

/// A literal as a client writes it, and whether it names a time of day. Without a zone it is read
/// as UTC.
pub(crate) fn parse(text: &str) -> Option<(i64, bool)> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some((at.as_millisecond(), true));
    }
    // The npm client writes dates as HTTP headers do.
    if let Ok(at) = DateTime::strptime("%a, %d %b %Y %H:%M:%S GMT", text) {
        let at = TimeZone::UTC.to_timestamp(at).ok()?;
        return Some((at.as_millisecond(), true));
    }
    if !text.contains(':') {
        return date(text).map(|ms| (ms, false));
    }
    let at: DateTime = text.parse().ok()?;
    let at = TimeZone::UTC.to_timestamp(at).ok()?;
    Some((at.as_millisecond(), true))
}

/// A literal of a query in a zone that is `offset_ms` ahead of UTC, and whether it names a time of
/// day there: midnight, however it is written, does not.
pub(crate) fn parse_in(text: &str, offset_ms: i64) -> Option<(i64, bool)> {
    let text = text.trim();
    let ms = match text.parse::<Timestamp>() {
        Ok(at) => at.as_millisecond(),
        Err(_) => parse(text)?.0.checked_sub(offset_ms)?,
    };
    Some((ms, day_in(ms, offset_ms) != ms))
}

fn date(text: &str) -> Option<i64> {
    let day: Date = text
        .parse()
        .ok()
        .or_else(|| Date::strptime("%m/%d/%Y", text).ok())?;
    let at = TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()?;
    Some(at.as_millisecond())
}

/// Midnight (UTC) of the day that holds `ms`.
pub(crate) fn day(ms: i64) -> i64 {
    ms.div_euclid(DAY_MS) * DAY_MS
}

/// Midnight of the day that holds `ms`, in a zone that is `offset_ms` ahead of UTC.
pub(crate) fn day_in(ms: i64, offset_ms: i64) -> i64 {
    day(ms.saturating_add(offset_ms)).saturating_sub(offset_ms)
}

/// `ms` moved by whole days, saturating.
pub(crate) fn plus_days(ms: i64, days: i64) -> i64 {
    ms.saturating_add(days.saturating_mul(DAY_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_as_short_as_they_can_be() {
        assert_eq!(text(1_395_163_025_760), "2014-03-18T17:17:05.76Z");
        assert_eq!(text(0), "1970-01-01T00:00:00Z");
        assert_eq!(american(1_485_897_674_000), "1/31/2017 9:21:14 PM");
    }

    #[test]
    fn a_literal_without_a_zone_is_read_in_the_callers() {
        let hour = 3_600_000;
        assert_eq!(parse_in("1970-01-02", hour), Some((DAY_MS - hour, false)));
        let midnight = parse_in("1970-01-02T00:00:00.0000000", hour);
        assert_eq!(midnight, Some((DAY_MS - hour, false)));
        assert_eq!(parse_in("1970-01-02T00:00:00Z", hour), Some((DAY_MS, true)));
    }

    #[test]
    fn a_literal_tells_whether_it_names_a_time() {
        assert_eq!(parse("1970-01-02"), Some((DAY_MS, false)));
        assert_eq!(parse("1970-01-02T00:00:01Z"), Some((DAY_MS + 1000, true)));
        assert_eq!(parse("1970-01-02T00:00:01"), Some((DAY_MS + 1000, true)));
        assert_eq!(parse("1/2/1970"), Some((DAY_MS, false)));
        assert_eq!(
            parse("Fri, 02 Jan 1970 00:00:01 GMT"),
            Some((DAY_MS + 1000, true))
        );
        assert_eq!(parse("soon"), None);
    }
}
