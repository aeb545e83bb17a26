//! Time tracking: estimates, and texts such as `3d 4h` for them. A week has five days and a day has eight hours, as on a
//! site that nobody changed.

use serde_json::{Map, Value, json};

use crate::jira::changelog::change;
use crate::jira::issue::{Change, Fields, Tracking};

const MINUTE_S: u64 = 60;
const HOUR_S: u64 = 3_600;
const DAY_S: u64 = 8 * HOUR_S;
const WEEK_S: u64 = 5 * DAY_S;

/// The longest time that Jira takes, in seconds: what a 32-bit number of minutes holds would be far beyond any work.
pub(crate) const SECONDS_MAX: u64 = 100_000 * HOUR_S;

/// A time such as `1w 2d 3h 4m`; a bare number is minutes. Nothing when it is none.
pub(crate) fn seconds(text: &str) -> Option<u64> {
    let text = text.trim();
    if text.is_empty() || text.len() > 64 {
        return None;
    }
    let mut total: u64 = 0;
    for part in text.split_whitespace() {
        let at = part.find(|c: char| !c.is_ascii_digit() && c != '.');
        let (number, unit) = part.split_at(at.unwrap_or(part.len()));
        let unit_s = match unit {
            "w" => WEEK_S,
            "d" => DAY_S,
            "h" => HOUR_S,
            "m" | "" => MINUTE_S,
            _ => return None,
        };
        total = total.checked_add(scaled(number, unit_s)?)?;
    }
    (total <= SECONDS_MAX).then_some(total)
}

/// `1.5` of a unit, in whole minutes' seconds.
fn scaled(number: &str, unit_s: u64) -> Option<u64> {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let whole: u64 = whole.parse().ok()?;
    let seconds = whole.checked_mul(unit_s)?;
    if part.is_empty() {
        return (!number.ends_with('.')).then_some(seconds);
    }
    let part = part.get(..part.len().min(3))?;
    let places = u32::try_from(part.len()).ok()?;
    let fraction = part.parse::<u64>().ok()?.checked_mul(unit_s)? / 10_u64.pow(places);
    seconds.checked_add(fraction)
}

/// A time as people read it.
pub(crate) fn text(seconds: u64) -> String {
    let mut left = seconds;
    let mut parts = Vec::new();
    for (unit, unit_s) in [("w", WEEK_S), ("d", DAY_S), ("h", HOUR_S), ("m", MINUTE_S)] {
        let count = left / unit_s;
        left %= unit_s;
        if count > 0 {
            parts.push(format!("{count}{unit}"));
        }
    }
    if parts.is_empty() {
        return "0m".to_owned();
    }
    parts.join(" ")
}

/// Sets the estimates of `{"originalEstimate","remainingEstimate"}`. Where only one of them was ever given, the other
/// takes its value.
pub(crate) fn set(draft: &mut Fields, value: &Value) -> Result<(), String> {
    let given = value
        .as_object()
        .ok_or("Time tracking value must be an object.")?;
    let known = ["originalEstimate", "remainingEstimate"];
    let read = |name: &str| match given.get(name) {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(None)),
        Some(Value::String(text)) => seconds(text).map(|it| Some(Some(it))).ok_or_else(wrong),
        Some(_) => Err(wrong()),
    };
    let readable = |name: &String| known.contains(&name.as_str()) || is_read_only(name);
    if let Some(other) = given.keys().find(|name| !readable(name)) {
        return Err(format!("Unrecognized time tracking member '{other}'."));
    }
    let (original, remaining) = (read(known[0])?, read(known[1])?);
    let tracking = &mut draft.tracking;
    if let Some(original) = original {
        tracking.original_s = original;
    }
    match (remaining, original) {
        (Some(remaining), _) => tracking.remaining_s = remaining,
        (None, Some(original)) if tracking.remaining_s.is_none() => {
            tracking.remaining_s = original;
        }
        _ => {}
    }
    if tracking.original_s.is_none() && original.is_none() && tracking.spent_s.is_none() {
        tracking.original_s = tracking.remaining_s;
    }
    Ok(())
}

/// What clients send back because they read it; it sets nothing.
fn is_read_only(name: &str) -> bool {
    name.ends_with("Seconds") || name == "timeSpent"
}

fn wrong() -> String {
    "Invalid value entered for time tracking. Use the format: 2w 4d 6h 45m.".to_owned()
}

/// The field `timetracking`: only what is set, each as text and in seconds.
pub(crate) fn document(tracking: Tracking) -> Value {
    let mut document = Map::new();
    for (name, seconds) in [
        ("originalEstimate", tracking.original_s),
        ("remainingEstimate", tracking.remaining_s),
        ("timeSpent", tracking.spent_s),
    ] {
        if let Some(seconds) = seconds {
            document.insert(name.to_owned(), json!(text(seconds)));
            document.insert(format!("{name}Seconds"), json!(seconds));
        }
    }
    Value::Object(document)
}

/// What the changelog says of a change.
pub(crate) fn diff(before: Tracking, after: Tracking) -> Vec<Change> {
    let side = |seconds: Option<u64>| {
        let text = seconds.map(|it| it.to_string());
        (text.clone(), text)
    };
    let rows = [
        ("timeoriginalestimate", before.original_s, after.original_s),
        ("timeestimate", before.remaining_s, after.remaining_s),
        ("timespent", before.spent_s, after.spent_s),
    ];
    let changed = rows.into_iter().filter(|(_, was, is)| was != is);
    changed
        .map(|(field, was, is)| change(field, field, side(was), side(is)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written_as_people_do() {
        let check =
            |given: &str, expected: Option<u64>| assert_eq!(seconds(given), expected, "{given}");
        check("3h", Some(10_800));
        check("1w 2d 3h 4m", Some(144_000 + 57_600 + 10_800 + 240));
        check("1.5h", Some(5_400));
        check("30", Some(1_800));
        check("", None);
        check("3x", None);
        check("h", None);
        check("1.", None);
        check("-3h", None);
        assert_eq!(text(212_640), "1w 2d 3h 4m");
        assert_eq!(text(0), "0m");
    }
}
