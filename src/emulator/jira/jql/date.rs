//! Moments in JQL: dates in minutes of the caller's time zone, periods from now, epoch milliseconds, and the functions
//! that name the beginnings and ends of calendar units (jira.md 3.3).

use jiff::Span;
use jiff::civil::{DateTime, Time};
use jiff::{Timestamp, tz::Offset};

use crate::jira::jql::function;
use crate::jira::jql::parser::Operand;
use crate::jira::jql::resolve::{Resolve, Setting, written};
use crate::jira::jql::test::Moment;
use crate::jira::time::{self, DAY_MS};

/// A calendar unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Minute,
    Hour,
    Day,
    /// From Sunday on, as the site's locale (American English) has it.
    Week,
    Month,
    Year,
}

impl Setting<'_> {
    /// The moment that an operand names, and the end of what it names: a minute for a date.
    pub(crate) fn span(&self, name: &str, operand: &Operand) -> Resolve<(i64, i64)> {
        match operand {
            Operand::Text(text) => self.text_span(name, text),
            Operand::Function(function, arguments) => {
                let known = function::named(function, arguments)?;
                if known.gives != function::Gives::Moment {
                    return Err(format!(
                        "A value provided by the function '{}' is invalid for the field '{name}'.",
                        known.name
                    ));
                }
                self.moment_function(known.name, arguments.first())
                    .map(exact)
            }
            Operand::Empty | Operand::List(_) => Err(format!(
                "The value '{}' is not a date for the field '{name}'.",
                written(operand)
            )),
        }
    }

    /// As [`Setting::span`], in the grain of the moment: whole days for due dates.
    pub(crate) fn span_of(
        &self,
        name: &str,
        moment: Moment,
        operand: &Operand,
    ) -> Resolve<(i64, i64)> {
        let (from, to) = self.span(name, operand)?;
        if !matches!(moment, Moment::Due | Moment::CustomDay(_)) {
            return Ok((from, to));
        }
        let local = from.saturating_add(self.user.zone.offset_ms);
        let day = local - local.rem_euclid(DAY_MS);
        Ok((day, day.saturating_add(DAY_MS)))
    }

    /// The moment that a text names.
    pub(crate) fn text_span(&self, name: &str, text: &str) -> Resolve<(i64, i64)> {
        let milliseconds = text.parse::<i64>().ok().map(exact);
        let date = || time::jql_date(text, self.user.zone).map(|it| (it, it + 60_000));
        let relative = || time::jql_span(text).map(|it| exact(self.now_ms.saturating_add(it)));
        milliseconds.or_else(date).or_else(relative).ok_or_else(|| {
            format!("Date value '{text}' for field '{name}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'.")
        })
    }

    /// The beginning of the caller's day that holds a moment.
    pub(crate) fn start_of_day(&self, at_ms: i64) -> i64 {
        time::start_of_day(at_ms, self.user.zone)
    }

    fn moment_function(&self, name: &str, argument: Option<&String>) -> Resolve<i64> {
        let (unit, end) = match name {
            "startOfDay" => (Unit::Day, false),
            "startOfWeek" => (Unit::Week, false),
            "startOfMonth" => (Unit::Month, false),
            "startOfYear" => (Unit::Year, false),
            "endOfDay" => (Unit::Day, true),
            "endOfWeek" => (Unit::Week, true),
            "endOfMonth" => (Unit::Month, true),
            "endOfYear" => (Unit::Year, true),
            _ => return Ok(self.now_ms),
        };
        let shift = match argument {
            None => (0, unit),
            Some(text) => shift(text, unit).ok_or_else(|| {
                format!("Duration for function '{name}' should have the format (+/-)n(yMwdm), e.g -1M for 1 month earlier.")
            })?,
        };
        let found = self.bound_of(unit, end, shift);
        found.ok_or_else(|| format!("The argument of function '{name}' is too large."))
    }

    /// The beginning or the end of the unit that holds now. A shift in the unit itself chooses another such unit; one in
    /// a different unit moves the bound.
    fn bound_of(&self, unit: Unit, end: bool, (count, by): (i64, Unit)) -> Option<i64> {
        let offset_ms = self.user.zone.offset_ms;
        let local = Timestamp::from_millisecond(self.now_ms.checked_add(offset_ms)?).ok()?;
        let mut at = Offset::UTC.to_datetime(local);
        if by == unit {
            at = moved(at, count, by)?;
        }
        let mut bound = start(at, unit)?;
        if end {
            bound = moved(bound, 1, unit)?;
        }
        if by != unit {
            bound = moved(bound, count, by)?;
        }
        let at_ms = Offset::UTC.to_timestamp(bound).ok()?.as_millisecond();
        at_ms.checked_sub(offset_ms)?.checked_sub(i64::from(end))
    }
}

fn exact(at_ms: i64) -> (i64, i64) {
    (at_ms, at_ms.saturating_add(1))
}

fn start(at: DateTime, unit: Unit) -> Option<DateTime> {
    let date = at.date();
    let day = match unit {
        Unit::Minute | Unit::Hour | Unit::Day => date,
        Unit::Week => {
            let since_sunday = i64::from(date.weekday().to_sunday_zero_offset());
            date.checked_sub(Span::new().try_days(since_sunday).ok()?)
                .ok()?
        }
        Unit::Month => date.first_of_month(),
        Unit::Year => date.first_of_year(),
    };
    Some(day.to_datetime(Time::midnight()))
}

fn moved(at: DateTime, count: i64, unit: Unit) -> Option<DateTime> {
    let span = Span::new();
    let span = match unit {
        Unit::Minute => span.try_minutes(count),
        Unit::Hour => span.try_hours(count),
        Unit::Day => span.try_days(count),
        Unit::Week => span.try_weeks(count),
        Unit::Month => span.try_months(count),
        Unit::Year => span.try_years(count),
    };
    at.checked_add(span.ok()?).ok()
}

/// `-1`, `+2w` or `4M`: a count with a unit, by default the function's own.
fn shift(text: &str, usual: Unit) -> Option<(i64, Unit)> {
    let text = text.trim();
    let digits = text.trim_end_matches(|it: char| it.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..)? {
        "" => usual,
        "m" => Unit::Minute,
        "h" => Unit::Hour,
        "d" => Unit::Day,
        "w" => Unit::Week,
        "M" => Unit::Month,
        "y" => Unit::Year,
        _ => return None,
    };
    Some((digits.parse::<i32>().ok()?.into(), unit))
}
