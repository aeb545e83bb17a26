//! What a backup is called: when it was begun, and a number.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use model::Millis;

/// How a moment stands in a name.
const FORM: &str = "%Y%m%dT%H%M%SZ";
/// What ends the name of a backup's file.
const ENDING: &str = ".backup";

model::loggable!(BackupId);

/// Which backup of a tenant it is. Ordered by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BackupId {
    /// The second it was begun in, since the epoch.
    second: i64,
    /// Tells those of one second apart.
    number: u16,
}

impl BackupId {
    /// The backup of that moment and number; nothing for a moment that has no name, beyond the year 9999.
    #[must_use]
    pub fn new(at: Millis, number: u16) -> Option<BackupId> {
        let second = at.0.div_euclid(1_000);
        let id = BackupId { second, number };
        (0..=253_402_300_799).contains(&second).then_some(id)
    }

    /// When it was begun.
    #[must_use]
    pub fn at(self) -> Millis {
        Millis(self.second.saturating_mul(1_000))
    }

    /// The one after it within the same second.
    #[must_use]
    pub fn next(self) -> BackupId {
        BackupId {
            number: self.number.saturating_add(1),
            ..self
        }
    }

    /// The backup of that name, `20261129T030000Z-1`.
    #[must_use]
    pub fn parse(text: &str) -> Option<BackupId> {
        let (moment, number) = text.split_once('-')?;
        let at = DateTime::strptime(FORM, moment).ok()?;
        let second = Offset::UTC.to_timestamp(at).ok()?.as_second();
        let number = number.parse().ok()?;
        let id = BackupId { second, number };
        // There is one spelling of each.
        (id.to_string() == text).then_some(id)
    }

    /// The name of its file.
    #[must_use]
    pub fn file_name(self) -> String {
        format!("{self}{ENDING}")
    }

    /// The backup that lies in a file of that name.
    #[must_use]
    pub fn of_file(name: &str) -> Option<BackupId> {
        BackupId::parse(name.strip_suffix(ENDING)?)
    }
}

impl fmt::Display for BackupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = Timestamp::from_second(self.second).map_err(|_| fmt::Error)?;
        write!(f, "{}-{}", moment.strftime(FORM), self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_when_and_comes_back() {
        let id = BackupId::new(Millis(1_795_921_200_999), 3).unwrap();
        assert_eq!(id.to_string(), "20261129T030000Z-3");
        assert_eq!(BackupId::parse("20261129T030000Z-3"), Some(id));
        assert_eq!(BackupId::of_file(&id.file_name()), Some(id));
        assert_eq!(id.at(), Millis(1_795_921_200_000));
    }

    #[test]
    fn what_is_spelled_otherwise_is_no_backup() {
        for text in [
            "",
            "20261129T030000Z",
            "20261129T030000Z-03",
            "20261129T030000Z--1",
            "20261329T030000Z-1",
            "20261129T030000Z-1.backup.tmp",
            "20261129T030000Z-70000",
        ] {
            assert_eq!(BackupId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn they_sort_by_time_and_then_by_number() {
        let id = |text| BackupId::parse(text).unwrap();
        assert!(id("20261129T030000Z-9") < id("20261129T030000Z-10"));
        assert!(id("20261129T030000Z-10") < id("20261129T030001Z-1"));
    }
}
