//! The files of the log: one for each day of UTC, for thirty days.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan as _};
use model::{Millis, limit};

use super::line::Line;

/// Writes lines into the file of their day. Whoever calls brings the time.
pub(super) struct Files {
    directory: PathBuf,
    day: Option<Date>,
    file: Option<File>,
    size: u64,
    /// Whether the file ends within a line.
    torn: bool,
    lost: u64,
}

impl Files {
    /// Makes the directory if need be.
    pub(super) fn below(directory: &Path) -> io::Result<Files> {
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700).create(directory)?;
        Ok(Files {
            directory: directory.to_owned(),
            day: None,
            file: None,
            size: 0,
            torn: false,
            lost: 0,
        })
    }

    /// So many lines were lost on their way here.
    pub(super) fn miss(&mut self, lines: u64) {
        self.lost = self.lost.saturating_add(lines);
    }

    /// Writes a line, or counts it among the lost.
    pub(super) fn write(&mut self, line: &str, now: Millis) {
        self.tend(now);
        if self.lost > 0 {
            let told = Line::of_loss(self.lost, now).json();
            if self.append(&told).is_ok() {
                self.lost = 0;
            }
        }
        // Without room for the word of the loss there is none for the line.
        if self.lost > 0 || self.append(line).is_err() {
            self.miss(1);
        }
    }

    /// Begins the file of a new day, and removes those that are over age.
    pub(super) fn tend(&mut self, now: Millis) {
        let Some(today) = day_of(now).filter(|today| self.day != Some(*today)) else {
            return;
        };
        (self.day, self.file) = (Some(today), None);
        // What cannot be removed now is tried again on the next day.
        let _ = self.remove_older(today);
    }

    fn append(&mut self, line: &str) -> io::Result<()> {
        if self.file.is_none() {
            self.open()?;
        }
        let Some(file) = &mut self.file else {
            return Err(io::ErrorKind::NotFound.into());
        };
        let length = line.len() as u64;
        if self.size.saturating_add(length) > limit::LOG_DAY_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let whole = match self.torn {
            true => format!("\n{line}"),
            false => line.to_owned(),
        };
        // One write for one line, so that lines of several processes do not mix.
        match file.write(whole.as_bytes()) {
            Ok(written) if written == whole.len() => {
                (self.torn, self.size) = (false, self.size + length);
                Ok(())
            }
            ended => {
                self.torn |= ended.is_ok_and(|written| written > 0);
                // Perhaps it is another disk when it is opened again.
                self.file = None;
                Err(io::ErrorKind::StorageFull.into())
            }
        }
    }

    fn open(&mut self) -> io::Result<()> {
        let day = self.day.ok_or(io::ErrorKind::NotFound)?;
        let path = self.directory.join(name_of(day));
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)?;
        self.size = file.metadata()?.len();
        self.file = Some(file);
        Ok(())
    }

    fn remove_older(&self, today: Date) -> io::Result<()> {
        let days = i64::try_from(limit::LOG_DAYS).unwrap_or(0);
        let Ok(first) = today.checked_sub(days.days()) else {
            return Ok(());
        };
        for entry in fs::read_dir(&self.directory)? {
            let name = entry?.file_name();
            let Some(name) = name.to_str() else { continue };
            if day_named(name).is_some_and(|day| day <= first) {
                fs::remove_file(self.directory.join(name))?;
            }
        }
        Ok(())
    }
}

fn day_of(now: Millis) -> Option<Date> {
    let at = Timestamp::from_millisecond(now.0).ok()?;
    Some(Offset::UTC.to_datetime(at).date())
}

fn name_of(day: Date) -> String {
    format!("counterpart-{day}.log")
}

/// The day of a file of ours; of any other name there is none.
fn day_named(name: &str) -> Option<Date> {
    let day = name.strip_prefix("counterpart-")?.strip_suffix(".log")?;
    let day: Date = day.parse().ok()?;
    (name_of(day) == name).then_some(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn each_day_has_its_file_and_after_thirty_days_it_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = Files::below(folder.path()).unwrap();
        for day in 0..100 {
            files.write(&format!("day {day}\n"), Millis(day * DAY));
            files.write(&format!("end {day}\n"), Millis(day * DAY + DAY - 1));
            let kept = names(folder.path());
            let expected = usize::try_from(day + 1).unwrap().min(limit::LOG_DAYS);
            assert_eq!(kept.len(), expected, "on day {day}: {kept:?}");
        }
        let last = folder.path().join("counterpart-1970-04-10.log");
        assert_eq!(fs::read_to_string(last).unwrap(), "day 99\nend 99\n");
    }

    #[test]
    fn a_node_that_says_nothing_removes_what_is_over_age_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = Files::below(folder.path()).unwrap();
        files.write("one\n", Millis(0));
        files.tend(Millis(29 * DAY));
        assert_eq!(names(folder.path()).len(), 1);
        files.tend(Millis(30 * DAY));
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn nothing_is_removed_but_files_of_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let others = [
            "counterpart-1970-01-01.log.gz",
            "counterpart-1970-1-1.log",
            "counterpart-x.log",
            "counterpart.toml",
            "other-1970-01-01.log",
        ];
        for name in others {
            fs::write(folder.path().join(name), "kept").unwrap();
        }
        let mut files = Files::below(folder.path()).unwrap();
        files.tend(Millis(1_000 * DAY));
        assert_eq!(names(folder.path()), others);
    }

    #[test]
    fn lines_without_room_are_counted_and_told_when_there_is_room() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("log");
        let mut files = Files::below(&place).unwrap();
        fs::remove_dir(&place).unwrap();
        for _ in 0..3 {
            files.write("lost\n", Millis(0));
        }
        fs::create_dir(&place).unwrap();
        files.write("kept\n", Millis(1));
        let text = fs::read_to_string(place.join("counterpart-1970-01-01.log")).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        let told: serde_json::Value = serde_json::from_str(lines[0]).unwrap();
        assert_eq!(told["fields"]["lines"], 3, "{text}");
        assert_eq!(lines[1], "kept");
    }

    #[test]
    fn a_full_disk_stops_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = Files::below(folder.path()).unwrap();
        files.tend(Millis(0));
        files.file = Some(OpenOptions::new().append(true).open("/dev/full").unwrap());
        files.write("lost\n", Millis(0));
        assert_eq!(files.lost, 1);
        files.write("kept\n", Millis(0));
        assert_eq!(files.lost, 0);
    }

    #[test]
    fn a_day_has_a_bound_and_the_next_day_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = Files::below(folder.path()).unwrap();
        files.write("one\n", Millis(0));
        files.size = limit::LOG_DAY_BYTES;
        files.write("two\n", Millis(1));
        files.write("three\n", Millis(2));
        let read = |day: &str| {
            fs::read_to_string(folder.path().join(format!("counterpart-1970-01-{day}.log")))
                .unwrap()
        };
        assert_eq!(read("01"), "one\n");
        files.write("four\n", Millis(DAY));
        assert!(read("02").contains("\"lines\":2") && read("02").ends_with("four\n"));
    }

    #[test]
    fn the_files_are_for_their_user_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("log");
        let mut files = Files::below(&place).unwrap();
        files.write("one\n", Millis(0));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&place), 0o700);
        assert_eq!(mode(&place.join("counterpart-1970-01-01.log")), 0o600);
    }
}
