//! Appending to the journal.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::bytes::offset;
use crate::disk::{self, Access, Disk, DiskFile};
use crate::journal::{self, Segment, format};
use crate::lsn::Lsn;

/// The one that appends. Any error leaves it unusable: what a failed sync kept is unknown, and asking again would lie.
#[derive(Debug)]
pub(crate) struct Writer {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    segment_bytes: u64,
    chunk_bytes: u64,
    current: Option<Current>,
    next: Lsn,
    buffer: Vec<u8>,
    failed: bool,
}

/// The segment that grows.
#[derive(Debug)]
struct Current {
    file: Box<dyn DiskFile>,
    path: PathBuf,
    /// Where the next record goes.
    position: u64,
    /// Up to where the file is filled with zeros.
    allocated: u64,
}

/// What an append did.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Appended {
    pub(crate) first: Lsn,
    /// How many bytes the records take.
    pub(crate) bytes: u64,
    /// A segment that was begun for them.
    pub(crate) begun: Option<Segment>,
}

/// An append failed; whether its records are durable is unknown until the journal is read again.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub(crate) struct AppendError {
    pub(crate) path: PathBuf,
    pub(crate) source: io::Error,
}

impl Writer {
    /// A writer that goes on behind `end` in the last of the segments, at this offset.
    pub(crate) fn open(
        disk: Arc<dyn Disk>,
        dir: &Path,
        sizes: (u64, u64),
        end: Lsn,
        last: Option<(&Segment, usize)>,
    ) -> Result<Writer, AppendError> {
        let current = match last {
            None => None,
            Some((segment, position)) => Some(reopen(&*disk, segment, offset(position)).map_err(
                |source| AppendError {
                    path: segment.path.clone(),
                    source,
                },
            )?),
        };
        let (segment_bytes, chunk_bytes) = sizes;
        let (dir, next) = (dir.into(), end.next());
        let buffer = Vec::new();
        Ok(Writer {
            disk,
            dir,
            segment_bytes,
            chunk_bytes,
            current,
            next,
            buffer,
            failed: false,
        })
    }

    /// Begins the first segment of a new journal, so that the journal is there before anything that depends on it.
    pub(crate) fn begin_if_new(&mut self) -> Result<Option<Segment>, AppendError> {
        if self.current.is_some() {
            Ok(None)
        } else {
            self.make_room(0)
        }
    }

    /// Appends the payloads as one group: one write, one sync. They are durable when this returns `Ok`.
    pub(crate) fn append<'a>(
        &mut self,
        payloads: impl Iterator<Item = &'a [u8]>,
    ) -> Result<Appended, AppendError> {
        if self.failed {
            let source = io::Error::other("an earlier write failed");
            return Err(AppendError {
                path: self.dir.clone(),
                source,
            });
        }
        self.failed = true;
        let appended = self.append_once(payloads)?;
        self.failed = false;
        Ok(appended)
    }

    fn append_once<'a>(
        &mut self,
        payloads: impl Iterator<Item = &'a [u8]>,
    ) -> Result<Appended, AppendError> {
        let first = self.next;
        self.buffer.clear();
        let mut next = first;
        for (group, payload) in (0u32..).zip(payloads) {
            format::put_record(&mut self.buffer, next, group, payload);
            next = next.next();
        }
        let bytes = offset(self.buffer.len());
        let begun = self.make_room(bytes)?;
        if let Some(current) = &mut self.current {
            current
                .write(&mut self.buffer, self.chunk_bytes)
                .map_err(|source| AppendError {
                    path: current.path.clone(),
                    source,
                })?;
        }
        self.next = next;
        Ok(Appended {
            first,
            bytes,
            begun,
        })
    }

    /// Begins a segment when there is none or the current one is full. A group never spans two segments.
    fn make_room(&mut self, bytes: u64) -> Result<Option<Segment>, AppendError> {
        let fits = |current: &Current| {
            current.position == offset(format::SEGMENT_HEADER)
                || current.position.saturating_add(bytes) <= self.segment_bytes
        };
        if self.current.as_ref().is_some_and(fits) {
            return Ok(None);
        }
        let segment = Segment {
            first: self.next,
            path: self.dir.join(journal::name(self.next)),
        };
        let current = self.begin(&segment).map_err(|source| AppendError {
            path: segment.path.clone(),
            source,
        })?;
        self.current = Some(current);
        Ok(Some(segment))
    }

    /// A new segment appears whole or not at all: it is written under another name, synced, renamed.
    fn begin(&self, segment: &Segment) -> io::Result<Current> {
        let mut bytes = format::segment_header(segment.first);
        let allocated = round_up(offset(bytes.len()), self.chunk_bytes);
        bytes.resize(
            usize::try_from(allocated).unwrap_or(format::SEGMENT_HEADER),
            0,
        );
        disk::replace(&*self.disk, &segment.path, &bytes)?;
        reopen(&*self.disk, segment, offset(format::SEGMENT_HEADER))
    }
}

fn reopen(disk: &dyn Disk, segment: &Segment, position: u64) -> io::Result<Current> {
    let file = disk.open(&segment.path, Access::Write)?;
    let allocated = file.length()?;
    Ok(Current {
        file,
        path: segment.path.clone(),
        position,
        allocated,
    })
}

impl Current {
    /// One write, with zeros behind the records up to the next chunk when they leave the filled part; one sync.
    fn write(&mut self, buffer: &mut Vec<u8>, chunk: u64) -> io::Result<()> {
        let end = self.position.saturating_add(offset(buffer.len()));
        if end > self.allocated {
            self.allocated = round_up(end, chunk);
            let zeros = usize::try_from(self.allocated - end).unwrap_or(0);
            buffer.resize(buffer.len() + zeros, 0);
        }
        self.file.write_at(self.position, buffer)?;
        self.file.sync_data()?;
        self.position = end;
        Ok(())
    }
}

fn round_up(length: u64, chunk: u64) -> u64 {
    length.checked_next_multiple_of(chunk).unwrap_or(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lossy::LossyDisk;

    #[test]
    fn a_writer_that_failed_stays_failed() {
        let disk = LossyDisk::new(1);
        let dir = Path::new("/journal");
        let mut writer =
            Writer::open(Arc::new(disk.clone()), dir, (4096, 4096), Lsn::ZERO, None).unwrap();
        let mut append = || writer.append(std::iter::once(b"payload".as_slice()));
        assert_eq!(append().unwrap().first, Lsn(1));
        disk.fail_sync(1);
        assert!(append().is_err());
        let operations = disk.operations();
        assert!(append().is_err());
        assert_eq!(disk.operations(), operations);
    }
}
