//! Reading a checkpoint from front to back.

use std::path::{Path, PathBuf};

use super::DamagedCheckpoint;
use super::format::{BLOCK_HEADER, BlockHead, HEADER, Unpacker, Unread, parse_header};
use crate::batch::RowKey;
use crate::bytes::offset;
use crate::digest::Tally;
use crate::disk::DiskFile;
use crate::engine::Stamp;
use crate::lsn::Lsn;
use crate::rows::{RowReader, RowRef};

/// A block that was read and whose checksum is right.
pub(super) struct Block {
    /// Where it begins in the file.
    pub(super) at: u64,
    /// Its rows' bytes.
    pub(super) plain: Vec<u8>,
    /// How much of the file it takes.
    pub(super) length: usize,
}

/// A checkpoint that is being read in order.
pub(super) struct Input<'a> {
    file: &'a dyn DiskFile,
    path: &'a Path,
    unpacker: &'a Unpacker,
    /// The block whose rows are shown.
    at: u64,
    /// What follows it.
    next: u64,
    tally: Tally,
    last: Option<RowKey>,
}

impl<'a> Input<'a> {
    pub(super) fn of(file: &'a dyn DiskFile, path: &'a Path, unpacker: &'a Unpacker) -> Input<'a> {
        Input {
            file,
            path,
            unpacker,
            at: 0,
            next: 0,
            tally: Tally::default(),
            last: None,
        }
    }

    fn damaged(&self, why: &'static str) -> DamagedCheckpoint {
        damaged(self.path, self.at, why)
    }

    pub(super) fn header(&mut self, lsn: Lsn) -> Result<Stamp, DamagedCheckpoint> {
        let bytes = take(self.file, self.path, 0, HEADER)?;
        self.next = offset(HEADER);
        match parse_header(&bytes) {
            Ok(stamp) if stamp.applied == lsn => Ok(stamp),
            Ok(_) => Err(self.damaged("the header is wrong")),
            Err(Unread::Wrong(why)) => Err(self.damaged(why)),
            Err(Unread::Foreign) => Err(DamagedCheckpoint::Foreign(self.path.into())),
        }
    }

    /// The next block, or `None` at the one that ends the file.
    pub(super) fn block(&mut self) -> Result<Option<Block>, DamagedCheckpoint> {
        let at = self.next;
        self.at = at;
        let head = take(self.file, self.path, at, BLOCK_HEADER)?;
        let head = BlockHead::parse(&head).map_err(|why| self.damaged(why))?;
        let content = take(self.file, self.path, at + offset(BLOCK_HEADER), head.packed)?;
        let plain = self.unpacker.unpack(&head, content);
        let plain = plain.map_err(|why| self.damaged(why))?;
        let length = BLOCK_HEADER + head.packed;
        self.next += offset(length);
        Ok((head.plain > 0).then_some(Block { at, plain, length }))
    }

    /// Shows the rows of a block, checked and weighed.
    pub(super) fn rows<E: From<DamagedCheckpoint>>(
        &mut self,
        plain: &[u8],
        mut each: impl FnMut(RowRef<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut reader = RowReader::new(plain);
        loop {
            match reader.next() {
                Ok(Some(row)) => {
                    self.weigh(&row)?;
                    each(row)?;
                }
                Ok(None) => return Ok(()),
                Err(why) => return Err(self.damaged(why).into()),
            }
        }
    }

    fn weigh(&mut self, row: &RowRef<'_>) -> Result<(), DamagedCheckpoint> {
        let is_behind = |last: &RowKey| order(last) < row.order();
        if !self.last.as_ref().is_none_or(is_behind) {
            return Err(self.damaged("the rows are out of order"));
        }
        self.tally.add_key(row.table, row.key, row.value);
        let last = self.last.get_or_insert_with(|| RowKey::new(row.table, ""));
        last.table = row.table;
        last.key.clear();
        last.key.extend_from_slice(row.key);
        Ok(())
    }

    /// What the rows came to so far.
    pub(super) fn tally(&self) -> Tally {
        self.tally
    }

    pub(super) fn end(&mut self, stamp: &Stamp) -> Result<(), DamagedCheckpoint> {
        if self.tally != stamp.tally {
            return Err(self.damaged("the rows are not those that the header promises"));
        }
        let length = self.file.length();
        let length = length.map_err(|source| DamagedCheckpoint::Io {
            path: self.path.into(),
            source,
        })?;
        if length == self.next {
            Ok(())
        } else {
            Err(self.damaged("bytes follow the end"))
        }
    }
}

/// A row's place in the order of all rows.
pub(super) fn order(row: &RowKey) -> (u8, &[u8]) {
    (row.table, &row.key)
}

pub(super) fn damaged(path: &Path, offset: u64, why: &'static str) -> DamagedCheckpoint {
    DamagedCheckpoint::Damaged {
        path: path.into(),
        offset,
        why,
    }
}

/// So many bytes of the file.
pub(super) fn take(
    file: &dyn DiskFile,
    path: &Path,
    at: u64,
    length: usize,
) -> Result<Vec<u8>, DamagedCheckpoint> {
    let mut bytes = vec![0; length];
    match file.read_at(at, &mut bytes) {
        Ok(read) if read == length => Ok(bytes),
        Ok(_) => Err(damaged(path, at, "the file ends too early")),
        Err(source) => Err(DamagedCheckpoint::Io {
            path: PathBuf::from(path),
            source,
        }),
    }
}
