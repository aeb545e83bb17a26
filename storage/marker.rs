//! Small files beside the journal: `clean` says that the store was closed in order and at which LSN; `rebuild` says that the
//! state is to be made anew at the next open.

use std::io;
use std::path::{Path, PathBuf};

use crate::bytes::Reader;
use crate::disk::{self, Disk};
use crate::lsn::Lsn;

const MAGIC: &[u8; 8] = b"CPCLEAN\n";
const LENGTH: usize = 20;

pub(crate) fn clean_path(dir: &Path) -> PathBuf {
    dir.join("clean")
}

pub(crate) fn rebuild_path(dir: &Path) -> PathBuf {
    dir.join("rebuild")
}

/// What the marker of an orderly close says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clean {
    /// There is none: the store stopped without being closed.
    Absent,
    /// The store was closed behind this record.
    At(Lsn),
    /// The marker's bytes are wrong; it counts as absent.
    Damaged,
}

pub(crate) fn read_clean(disk: &dyn Disk, dir: &Path) -> io::Result<Clean> {
    match disk::read_all(disk, &clean_path(dir), LENGTH as u64) {
        Ok(bytes) => Ok(parse(&bytes).map_or(Clean::Damaged, Clean::At)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Clean::Absent),
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => Ok(Clean::Damaged),
        Err(error) => Err(error),
    }
}

fn parse(bytes: &[u8]) -> Option<Lsn> {
    let (covered, crc) = bytes.split_at_checked(LENGTH - 4)?;
    let mut reader = Reader::new(covered);
    let right = reader.take(8)? == MAGIC && crc == crc32c::crc32c(covered).to_le_bytes();
    reader.u64().filter(|_| right).map(Lsn)
}

pub(crate) fn write_clean(disk: &dyn Disk, dir: &Path, lsn: Lsn) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(LENGTH);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&lsn.0.to_le_bytes());
    bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
    disk::replace(disk, &clean_path(dir), &bytes)
}

pub(crate) fn is_rebuild_wanted(disk: &dyn Disk, dir: &Path) -> io::Result<bool> {
    Ok(disk.list(dir)?.iter().any(|name| name == "rebuild"))
}

pub(crate) fn want_rebuild(disk: &dyn Disk, dir: &Path) -> io::Result<()> {
    disk.create(&rebuild_path(dir))?.sync_data()?;
    disk.sync_dir(dir)
}
