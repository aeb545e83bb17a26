//! The files of one tenant's statistics.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::calendar;
use super::day::{Business, Line, Operational};
use super::{FILE_BYTES, KEPT_DAYS};

/// A file of the statistics could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub struct ShelfError {
    /// Which.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub source: io::Error,
}

model::loggable!(ShelfError);

impl ShelfError {
    fn at(path: &Path) -> impl FnOnce(io::Error) -> ShelfError {
        let path = path.to_owned();
        move |source| ShelfError { path, source }
    }
}

/// How the files of a kind of statistics end.
const OPERATIONAL: &str = ".jsonl";
const BUSINESS: &str = ".business.jsonl";

/// The directory that holds a tenant's statistics.
#[derive(Clone, Debug)]
pub struct Shelf {
    folder: PathBuf,
}

impl Shelf {
    /// The shelf in a tenant's directory.
    #[must_use]
    pub fn of(tenant: &Path) -> Shelf {
        Shelf {
            folder: tenant.join("statistics"),
        }
    }

    /// Every day of the tenant, in order.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn operational(&self) -> Result<Vec<Operational>, ShelfError> {
        self.all(OPERATIONAL)
    }

    /// Every day without a name, in order.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn business(&self) -> Result<Vec<Business>, ShelfError> {
        self.all(BUSINESS)
    }

    fn all<L: Line>(&self, ending: &str) -> Result<Vec<L>, ShelfError> {
        let mut lines: Vec<L> = Vec::new();
        for month in self.months()? {
            lines.extend(self.read(&month, ending)?);
        }
        Ok(lines)
    }

    /// The months of which there is a file, in order.
    fn months(&self) -> Result<Vec<String>, ShelfError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(ShelfError::at(&self.folder)(error)),
        };
        let names = entries.flatten().map(|entry| entry.file_name());
        let mut months: Vec<String> = names
            .filter_map(|name| Some(name.to_str()?.strip_suffix(OPERATIONAL)?.to_owned()))
            .map(|stem| stem.trim_end_matches(".business").to_owned())
            .filter(|month| format!("{month}-01").parse::<Date>().is_ok())
            .collect();
        months.sort();
        months.dedup();
        Ok(months)
    }

    fn path(&self, month: &str, ending: &str) -> PathBuf {
        self.folder.join(format!("{month}{ending}"))
    }

    /// The lines of a file; none when it is not there. A line that cannot be read is left out: it is nobody's truth.
    fn read<L: Line>(&self, month: &str, ending: &str) -> Result<Vec<L>, ShelfError> {
        let path = self.path(month, ending);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(ShelfError::at(&path)(error)),
        };
        let mut bytes = Vec::new();
        let read = file.take(FILE_BYTES).read_to_end(&mut bytes);
        read.map_err(ShelfError::at(&path))?;
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<_> = text.lines().map(serde_json::from_str::<L>).collect();
        let bad = lines.iter().filter(|line| line.is_err()).count();
        if bad > 0 {
            model::log!(
                warn,
                "lines of the statistics cannot be read and are left out",
                path = path,
                count = bad
            );
        }
        let mut lines: Vec<L> = lines.into_iter().flatten().collect();
        lines.sort_by(|one, other| one.day().cmp(other.day()));
        Ok(lines)
    }

    /// Puts a day of the tenant into its file, made from what is there of it.
    pub(super) fn note(
        &self,
        day: Date,
        change: impl FnOnce(&mut Operational),
    ) -> Result<Operational, ShelfError> {
        let month = calendar::month(day);
        let name = day.to_string();
        let mut lines: Vec<Operational> = self.read(&month, OPERATIONAL)?;
        let place = lines.iter().position(|line| line.day == name);
        let mut line = place.map(|place| lines.remove(place)).unwrap_or_default();
        line.day = name;
        change(&mut line);
        lines.push(line.clone());
        self.write(&month, OPERATIONAL, lines)?;
        Ok(line)
    }

    /// The same of a day without a name. All days of a month have one subject, which `draw` makes for the first of them.
    pub(super) fn note_unnamed(
        &self,
        day: Date,
        draw: impl FnOnce() -> String,
        features: std::collections::BTreeMap<String, u64>,
    ) -> Result<(), ShelfError> {
        let month = calendar::month(day);
        let name = day.to_string();
        let mut lines: Vec<Business> = self.read(&month, BUSINESS)?;
        let subject = lines.first().map(|line| line.subject.clone());
        lines.retain(|line| line.day != name);
        lines.push(Business {
            day: name,
            subject: subject.unwrap_or_else(draw),
            features,
        });
        self.write(&month, BUSINESS, lines)
    }

    /// Takes away what is older than [`KEPT_DAYS`].
    pub(super) fn prune(&self, today: Date) -> Result<(), ShelfError> {
        let first = calendar::before(today, KEPT_DAYS);
        let limit = calendar::month(first);
        for month in self.months()? {
            if month < limit {
                for ending in [OPERATIONAL, BUSINESS] {
                    self.remove(&self.path(&month, ending))?;
                }
            } else if month == limit {
                self.shorten::<Operational>(&month, OPERATIONAL, first)?;
                self.shorten::<Business>(&month, BUSINESS, first)?;
            }
        }
        Ok(())
    }

    fn shorten<L: Line>(&self, month: &str, ending: &str, first: Date) -> Result<(), ShelfError> {
        let mut lines: Vec<L> = self.read(month, ending)?;
        let (count, first) = (lines.len(), first.to_string());
        lines.retain(|line| line.day() >= first.as_str());
        if lines.len() == count {
            return Ok(());
        }
        if lines.is_empty() {
            return self.remove(&self.path(month, ending));
        }
        self.write(month, ending, lines)
    }

    fn remove(&self, path: &Path) -> Result<(), ShelfError> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(ShelfError::at(path)(error))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Writes a file beside the old one and puts it in its place.
    fn write<L: Line>(
        &self,
        month: &str,
        ending: &str,
        mut lines: Vec<L>,
    ) -> Result<(), ShelfError> {
        lines.sort_by(|one, other| one.day().cmp(other.day()));
        let path = self.path(month, ending);
        let beside = self.folder.join(format!("{month}{ending}.tmp"));
        let mut text = String::new();
        for line in lines {
            let line = serde_json::to_string(&line).map_err(io::Error::other);
            text.push_str(&line.map_err(ShelfError::at(&path))?);
            text.push('\n');
        }
        let made = DirBuilder::new()
            .mode(0o700)
            .recursive(true)
            .create(&self.folder);
        made.map_err(ShelfError::at(&self.folder))?;
        put(&beside, text.as_bytes()).map_err(ShelfError::at(&beside))?;
        fs::rename(&beside, &path).map_err(ShelfError::at(&path))?;
        // Whether a power cut keeps the old file or the new one, it is a whole one.
        let _ = File::open(&self.folder).and_then(|folder| folder.sync_all());
        Ok(())
    }
}

fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
