//! What is remembered of a tenant's backups, beside them: what failed last, which are damaged, and how the last drill went.

use std::collections::BTreeMap;
use std::path::Path;

use model::Millis;
use serde::{Deserialize, Serialize};
use storage::backup::BackupId;
use storage::disk::{self, Disk};

use crate::exit::Error;

/// The longest record that is read, in bytes.
const RECORD_BYTES: u64 = 1 << 20;

/// The record. One that cannot be read counts as empty: it holds nothing that is not found out again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// Why the last backup could not be made, if it could not.
    pub failure: Option<Failure>,
    /// Why the copies in the bucket are not as they should be, if they are not.
    pub copy_failure: Option<Failure>,
    /// How the last drill went.
    pub drill: Option<Drill>,
    /// Backups in which damage was found, and what it is.
    pub damaged: BTreeMap<String, String>,
}

/// What failed, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// When.
    pub at: Millis,
    /// Why.
    pub why: String,
}

impl Failure {
    /// What failed at that time.
    pub(super) fn of(error: &Error, at: Millis) -> Failure {
        Failure {
            at,
            why: error.to_string(),
        }
    }
}

/// A drill that was held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drill {
    /// When.
    pub at: Millis,
    /// Of which backup.
    pub backup: String,
    /// What was wrong, if anything was.
    pub why: Option<String>,
}

impl Record {
    /// The record among a tenant's backups.
    #[must_use]
    pub fn read(disk: &dyn Disk, dir: &Path) -> Record {
        let bytes = disk::read_all(disk, &path(dir), RECORD_BYTES);
        let record = bytes
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok());
        record.unwrap_or_default()
    }

    /// Changes the record, durably. What it says of backups that are gone is forgotten.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn change(
        disk: &dyn Disk,
        dir: &Path,
        present: &[BackupId],
        change: impl FnOnce(&mut Record),
    ) -> Result<Record, Error> {
        let before = Record::read(disk, dir);
        let mut record = before.clone();
        change(&mut record);
        record
            .damaged
            .retain(|id, _| present.iter().any(|present| present.to_string() == *id));
        if record != before {
            let failed = |error: std::io::Error| {
                Error::Unreachable(format!("{}: {error}", path(dir).display()))
            };
            let bytes = serde_json::to_vec(&record).map_err(Error::unreachable)?;
            disk.create_dir(dir).map_err(failed)?;
            disk::replace(disk, &path(dir), &bytes).map_err(failed)?;
        }
        Ok(record)
    }
}

fn path(dir: &Path) -> std::path::PathBuf {
    dir.join("record.json")
}
