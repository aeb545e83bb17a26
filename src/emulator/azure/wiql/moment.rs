//! Macros that stand for moments: `@Today - 3`, `@StartOfMonth('-1M')`.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan as _};

use super::super::error::Refusal;
use super::super::time;
use super::lexer::{Placed, Token};
use super::parser::Parser;

/// From which unit a macro of time counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Year,
    Month,
    Week,
    Day,
    Hour,
    Minute,
}

impl Parser<'_> {
    /// A macro that stands for a moment; nothing when the name is none of theirs.
    pub(super) fn time_macro(&mut self, name: &str) -> Result<Option<i64>, Refusal> {
        let unit = match name {
            "today" | "startofday" => Unit::Day,
            "startofweek" => Unit::Week,
            "startofmonth" => Unit::Month,
            "startofyear" => Unit::Year,
            _ => return Ok(None),
        };
        let offset = self.setting.offset_ms;
        let today = time::day_in(self.setting.now, offset);
        let local = civil(today.saturating_add(offset)).ok_or_else(beyond)?;
        let start = match unit {
            Unit::Year => Date::new(local.year(), 1, 1).map_err(|_| beyond())?,
            Unit::Month => Date::new(local.year(), local.month(), 1).map_err(|_| beyond())?,
            Unit::Week => {
                let back = i64::from(local.weekday().to_sunday_zero_offset());
                local.checked_sub(back.days()).map_err(|_| beyond())?
            }
            Unit::Day | Unit::Hour | Unit::Minute => local,
        };
        let (count, unit) = self.shift(name, unit)?;
        moved(start, count, unit)
            .map(|ms| Some(ms.saturating_sub(offset)))
            .ok_or_else(beyond)
    }

    /// `('-1M')`, `- 3` or nothing, after a macro.
    fn shift(&mut self, name: &str, usual: Unit) -> Result<(i64, Unit), Refusal> {
        if name != "today" && self.sign("(") {
            let Some(Placed {
                token: Token::Text(text),
                ..
            }) = self.next()
            else {
                return Err(self.unexpected("an offset in quotes", None));
            };
            self.expect_sign(")")?;
            return offset(text, usual).ok_or_else(|| {
                Refusal::Query(format!(
                    "The offset is not valid. The error is caused by «@{name}('{text}')»."
                ))
            });
        }
        Ok((self.whole_shift()?, usual))
    }

    pub(super) fn whole_shift(&mut self) -> Result<i64, Refusal> {
        let sign = if self.sign("-") {
            -1
        } else if self.sign("+") {
            1
        } else {
            return Ok(0);
        };
        match self.next() {
            Some(Placed {
                token: Token::Number(days),
                ..
            }) if days.fract() == 0.0 && *days < 100_000.0 => Ok(sign * (*days as i64)),
            token => Err(self.unexpected("a whole number", token)),
        }
    }
}

fn beyond() -> Refusal {
    Refusal::Query("The date lies beyond the calendar.".into())
}

fn civil(local_ms: i64) -> Option<Date> {
    let at = Timestamp::from_millisecond(local_ms).ok()?;
    Some(TimeZone::UTC.to_datetime(at).date())
}

fn moved(start: Date, count: i64, unit: Unit) -> Option<i64> {
    let span = Span::new();
    let day = match unit {
        Unit::Year => start.checked_add(span.try_years(count).ok()?),
        Unit::Month => start.checked_add(span.try_months(count).ok()?),
        Unit::Week => start.checked_add(span.try_weeks(count).ok()?),
        Unit::Day => start.checked_add(span.try_days(count).ok()?),
        Unit::Hour | Unit::Minute => Ok(start),
    };
    let at = TimeZone::UTC.to_timestamp(day.ok()?.at(0, 0, 0, 0)).ok()?;
    let more = match unit {
        Unit::Hour => count.checked_mul(3_600_000)?,
        Unit::Minute => count.checked_mul(60_000)?,
        Unit::Year | Unit::Month | Unit::Week | Unit::Day => 0,
    };
    at.as_millisecond().checked_add(more)
}

/// `+3y`, `-1M`, `2w`, `-1d`, `5h`, `30m`: how many, and of what.
fn offset(text: &str, usual: Unit) -> Option<(i64, Unit)> {
    let text = text.trim();
    let (digits, unit) = match text.char_indices().last()? {
        (at, 'y') => (text.get(..at)?, Unit::Year),
        (at, 'M') => (text.get(..at)?, Unit::Month),
        (at, 'w') => (text.get(..at)?, Unit::Week),
        (at, 'd') => (text.get(..at)?, Unit::Day),
        (at, 'h') => (text.get(..at)?, Unit::Hour),
        (at, 'm') => (text.get(..at)?, Unit::Minute),
        _ => (text, usual),
    };
    let count: i64 = digits.strip_prefix('+').unwrap_or(digits).parse().ok()?;
    (count.abs() < 100_000).then_some((count, unit))
}
