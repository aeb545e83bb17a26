//! Points in time as the service writes them.

use jiff::Timestamp;
use model::Millis;

/// Reads `2014-03-18T17:17:52.02Z`.
pub(crate) fn parse(text: &str) -> Option<Millis> {
    let moment: Timestamp = text.parse().ok()?;
    Some(Millis(moment.as_millisecond()))
}

/// Writes the same form; nothing when the moment lies outside the years that it can express.
pub(crate) fn format(moment: Millis) -> Option<String> {
    let moment = Timestamp::from_millisecond(moment.0).ok()?;
    Some(moment.to_string())
}

/// Reads the date of an HTTP header.
pub(crate) fn parse_header(text: &str) -> Option<Millis> {
    let parser = jiff::fmt::rfc2822::DateTimeParser::new();
    let moment = parser.parse_timestamp(text).ok()?;
    Some(Millis(moment.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_read_back() {
        for text in ["2014-03-18T17:17:52.02Z", "2020-01-07T13:16:04Z"] {
            let moment = parse(text);
            assert_eq!(
                moment.and_then(format).and_then(|text| parse(&text)),
                moment
            );
            assert!(moment.is_some(), "{text}");
        }
        assert_eq!(parse("1970-01-01T00:00:01.5Z"), Some(Millis(1_500)));
        assert_eq!(parse("yesterday"), None);
        assert_eq!(format(Millis(i64::MAX)), None);
    }

    #[test]
    fn header_dates_are_read() {
        assert_eq!(
            parse_header("Thu, 01 Jan 1970 00:00:02 GMT"),
            Some(Millis(2_000))
        );
        assert_eq!(parse_header("soon"), None);
    }
}
