//! The backups that lie in a tenant's directory of backups, and what can be said of each without a key.

use std::io;
use std::path::{Path, PathBuf};

use model::Millis;

use super::file::{Header, read_footer, read_header};
use super::{BackupError, BackupId};
use crate::disk::{self, Access, Disk, Lock};
use crate::limit;

/// A backup that lies there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which one.
    pub id: BackupId,
    /// Where it is.
    pub path: PathBuf,
    /// How long the file is.
    pub bytes: u64,
    /// What is known of it.
    pub state: State,
}

/// What is known of a backup without reading all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It begins and ends as it should.
    Whole {
        /// Its header.
        header: Header,
        /// SHA-256 of all but the footer, as the footer says.
        digest: [u8; 32],
    },
    /// It is no good, for this reason.
    Damaged(String),
}

impl Entry {
    /// Whether it is whole as far as anybody knows.
    #[must_use]
    pub fn is_good(&self) -> bool {
        matches!(self.state, State::Whole { .. })
    }
}

/// Where that backup is in a tenant's directory of backups.
#[must_use]
pub fn path(dir: &Path, id: BackupId) -> PathBuf {
    dir.join(id.file_name())
}

/// Whether a name is that of a file that was being written or fetched when somebody stopped.
#[must_use]
pub fn is_partial(name: &str) -> bool {
    let begun = name.strip_suffix(".tmp");
    begun.is_some_and(|name| BackupId::of_file(name).is_some())
}

/// The backups in a directory, oldest first. A directory that is not there has none.
///
/// # Errors
/// When the directory or a file of it cannot be read.
pub fn catalogue(disk: &dyn Disk, dir: &Path, tenant: &str) -> Result<Vec<Entry>, BackupError> {
    let names = disk.list(dir).map_err(BackupError::io(dir))?;
    let mut ids: Vec<BackupId> = names
        .iter()
        .filter_map(|name| BackupId::of_file(name))
        .collect();
    ids.sort_unstable();
    // The newest ones count.
    let surplus = ids.len().saturating_sub(limit::BACKUPS);
    let mut entries = Vec::new();
    for id in ids.into_iter().skip(surplus) {
        match examine(disk, dir, tenant, id) {
            Ok(entry) => entries.push(entry),
            // Its time was over in this moment.
            Err(BackupError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            // One that cannot be read must not hide the others, nor hold up the making of more.
            Err(error) => entries.push(Entry {
                id,
                path: path(dir, id),
                bytes: 0,
                state: State::Damaged(error.to_string()),
            }),
        }
    }
    Ok(entries)
}

/// Looks at one backup's beginning and end.
///
/// # Errors
/// When the file cannot be read.
pub fn examine(
    disk: &dyn Disk,
    dir: &Path,
    tenant: &str,
    id: BackupId,
) -> Result<Entry, BackupError> {
    let path = path(dir, id);
    let file = disk
        .open(&path, Access::Read)
        .map_err(BackupError::io(&path))?;
    let (footer, bytes) = read_footer(&*file, &path)?;
    let state = match (read_header(&*file, &path), footer) {
        (Err(error @ BackupError::Io { .. }), _) => return Err(error),
        (Err(error), _) => State::Damaged(error.to_string()),
        (Ok((header, _)), _) if header.tenant != tenant || header.id != id => {
            State::Damaged("it is another backup under this name".to_owned())
        }
        (Ok(_), None) => State::Damaged("its end is missing".to_owned()),
        (Ok((header, _)), Some(footer)) => State::Whole {
            header,
            digest: footer.digest,
        },
    };
    Ok(Entry {
        id,
        path,
        bytes,
        state,
    })
}

/// The right to change a tenant's backups.
pub(super) fn lock(disk: &dyn Disk, dir: &Path) -> Result<Box<dyn Lock>, BackupError> {
    let path = dir.join("lock");
    disk.lock(&path, Access::Write)
        .map_err(|source| match source.kind() {
            io::ErrorKind::WouldBlock => BackupError::Busy(path.clone()),
            _ => BackupError::io(&path)(source),
        })
}

/// Takes away what was being written when somebody stopped. Only who holds the lock may: another may be at work on it.
pub(super) fn tidy(disk: &dyn Disk, dir: &Path) -> Result<(), BackupError> {
    for name in disk.list(dir).map_err(BackupError::io(dir))? {
        if is_partial(&name) {
            let path = dir.join(name);
            disk::discard(disk, &path).map_err(BackupError::io(&path))?;
        }
    }
    Ok(())
}

/// A name that no backup here has: within a second numbers rise.
pub(super) fn new_id(disk: &dyn Disk, dir: &Path, now: Millis) -> Result<BackupId, BackupError> {
    let beyond = || {
        BackupError::Bound(
            "the clock stands beyond the year 9999 or before 1970; set it".to_owned(),
        )
    };
    let first = BackupId::new(now, 1).ok_or_else(beyond)?;
    let names = disk.list(dir).map_err(BackupError::io(dir))?;
    let same = names
        .iter()
        .filter_map(|name| BackupId::of_file(name))
        .filter(|id| id.at() == first.at());
    Ok(same.max().map_or(first, BackupId::next))
}
