//! Jira's way of writing moments: `2026-08-24T11:11:52.944+0000`, without a colon in the offset
//! (jira.md, "What shapes the design" 11).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::jira::account::Zone;

/// A day, in milliseconds.
pub(crate) const DAY_MS: i64 = 86_400_000;

/// A moment as answers carry it.
pub(crate) fn written(at_ms: i64) -> String {
    let civil = civil(at_ms, 0);
    format!("{}+0000", civil.strftime("%Y-%m-%dT%H:%M:%S%.3f"))
}

/// A moment as `serverInfo` and changelogs in bulk need it elsewhere: local date and time.
fn civil(at_ms: i64, offset_ms: i64) -> DateTime {
    let local = Timestamp::from_millisecond(at_ms.saturating_add(offset_ms)).unwrap_or_default();
    Offset::UTC.to_datetime(local)
}

/// The beginning of the day that holds the moment in a zone.
pub(crate) fn start_of_day(at_ms: i64, zone: Zone) -> i64 {
    let local = at_ms.saturating_add(zone.offset_ms);
    local - local.rem_euclid(DAY_MS) - zone.offset_ms
}

/// A date of JQL, `yyyy-MM-dd`, `yyyy-MM-dd HH:mm` or with slashes, in a zone. Seconds do not
/// exist in JQL.
pub(crate) fn jql_date(text: &str, zone: Zone) -> Option<i64> {
    let text = text.trim().replace('/', "-");
    let (day, time) = text.split_once(' ').unwrap_or((text.as_str(), "00:00"));
    let mut parts = day.split('-');
    let year = digits(parts.next()?, 4)?;
    let month = digits(parts.next()?, 2)?;
    let date = digits(parts.next()?, 2)?;
    let (hour, minute) = time.trim().split_once(':')?;
    if parts.next().is_some() {
        return None;
    }
    let narrow = |value: i16| i8::try_from(value).ok();
    let civil = DateTime::new(
        year,
        narrow(month)?,
        narrow(date)?,
        narrow(digits(hour, 2)?)?,
        narrow(digits(minute, 2)?)?,
        0,
        0,
    );
    let at_ms = Offset::UTC.to_timestamp(civil.ok()?).ok()?.as_millisecond();
    Some(at_ms - zone.offset_ms)
}

fn digits(text: &str, most: usize) -> Option<i16> {
    let sound = !text.is_empty() && text.len() <= most && text.bytes().all(|b| b.is_ascii_digit());
    sound.then(|| text.parse().ok()).flatten()
}

/// A relative moment of JQL such as `-5d`, `2w` or `-1d 4h`, as milliseconds from now.
pub(crate) fn jql_span(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut total: i64 = 0;
    for part in rest.split_whitespace() {
        let at = part
            .len()
            .checked_sub(1)
            .filter(|&at| part.is_char_boundary(at))?;
        let (count, unit) = part.split_at(at);
        let unit_ms = match unit {
            "w" => 7 * DAY_MS,
            "d" => DAY_MS,
            "h" => 3_600_000,
            "m" => 60_000,
            _ => return None,
        };
        let count: u32 = count.parse().ok()?;
        total = total.checked_add(i64::from(count).checked_mul(unit_ms)?)?;
    }
    (!rest.trim().is_empty()).then_some(sign * total)
}

/// A moment as requests must write it: `2021-01-17T12:34:00.000+0000`, with milliseconds and without a colon in the
/// offset (jira.md 9.4).
pub(crate) fn parsed(text: &str) -> Option<i64> {
    let (civil, offset) = text.split_at_checked(23)?;
    let plain = civil.len() == 23
        && civil.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            10 => byte == b'T',
            13 | 16 => byte == b':',
            19 => byte == b'.',
            _ => byte.is_ascii_digit(),
        });
    let (sign, zone) = match offset.split_at_checked(1)? {
        ("+", zone) => (1, zone),
        ("-", zone) => (-1, zone),
        _ => return None,
    };
    if !plain || zone.len() != 4 {
        return None;
    }
    let hours = i64::from(digits(zone.get(..2)?, 2)?);
    let minutes = i64::from(digits(zone.get(2..)?, 2)?);
    let civil: DateTime = civil.parse().ok()?;
    let at_ms = Offset::UTC.to_timestamp(civil).ok()?.as_millisecond();
    Some(at_ms - sign * (hours * 60 + minutes) * 60_000)
}

/// The midnight in UTC that begins a calendar day.
pub(crate) fn day_ms(day: &str) -> Option<i64> {
    let date: jiff::civil::Date = day.parse().ok()?;
    let at = Offset::UTC.to_timestamp(date.to_datetime(jiff::civil::Time::midnight()));
    Some(at.ok()?.as_millisecond())
}

/// Whether a text is a calendar day as a date field takes it.
pub(crate) fn is_day(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKYO: Zone = Zone {
        name: "Asia/Tokyo",
        offset_ms: 9 * 3_600_000,
    };
    const UTC: Zone = Zone {
        name: "UTC",
        offset_ms: 0,
    };

    #[test]
    fn moments_are_written_without_a_colon_in_the_offset() {
        assert_eq!(written(1_787_569_912_944), "2026-08-24T11:11:52.944+0000");
    }

    #[test]
    fn dates_are_read_in_the_zone_of_the_account() {
        let check =
            |text: &str, zone, expected| assert_eq!(jql_date(text, zone), expected, "{text}");
        check("2026-08-24 11:11", UTC, Some(1_787_569_860_000));
        check("2026/08/24 20:11", TOKYO, Some(1_787_569_860_000));
        check("2026-08-24", UTC, Some(1_787_529_600_000));
        check("2026-08-24 11:11:52", UTC, None);
        check("2026-13-24", UTC, None);
        check("yesterday", UTC, None);
    }

    #[test]
    fn spans_are_signed_and_have_units() {
        let check = |text: &str, expected| assert_eq!(jql_span(text), expected, "{text}");
        check("-5d", Some(-5 * DAY_MS));
        check("2w", Some(14 * DAY_MS));
        check("-1d 4h", Some(-DAY_MS - 4 * 3_600_000));
        check("5x", None);
        check("-", None);
        check("é", None);
    }

    #[test]
    fn a_day_begins_in_its_own_zone() {
        assert_eq!(start_of_day(1_787_569_912_944, UTC), 1_787_529_600_000);
        assert_eq!(start_of_day(1_787_569_912_944, TOKYO), 1_787_497_200_000);
    }
}
