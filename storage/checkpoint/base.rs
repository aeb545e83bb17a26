//! A checkpoint as rows are looked up in it: it is never changed, so any number of readers share it without a lock.
//!
//! What is held of it in memory is the first row of each block and where the block lies.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use super::format::{BLOCK_HEADER, BlockHead, Unpacker, check_block};
use super::read::{Input, damaged, order, take};
use super::{DamagedCheckpoint, path};
use crate::batch::RowKey;
use crate::digest::Tally;
use crate::disk::{Access, Disk, DiskFile};
use crate::engine::{Row, Stamp};
use crate::limit;
use crate::lsn::Lsn;
use crate::rows::{RowReader, RowRef};

/// The checkpoint that a state stands on.
pub(crate) struct Base {
    /// Nothing as long as the store has no checkpoint.
    file: Option<Box<dyn DiskFile>>,
    path: PathBuf,
    stamp: Stamp,
    index: Vec<Entry>,
    unpacker: Unpacker,
}

/// Where a block lies.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Its first row.
    pub(super) first: RowKey,
    pub(super) at: u64,
    pub(super) length: usize,
    /// What its rows come to.
    pub(super) tally: Tally,
}

impl Base {
    /// That of a store without a checkpoint.
    pub(crate) fn none(store: &Path) -> Base {
        Base {
            file: None,
            path: path(store, Lsn::ZERO),
            stamp: Stamp::default(),
            index: Vec::new(),
            unpacker: Unpacker::default(),
        }
    }

    /// Reads the whole checkpoint, to know that it is right and where its blocks lie.
    pub(crate) fn open(disk: &dyn Disk, store: &Path, lsn: Lsn) -> Result<Base, DamagedCheckpoint> {
        Base::open_with(disk, store, lsn, |_| ())
    }

    /// The same, and shows each row in its order.
    pub(crate) fn open_with(
        disk: &dyn Disk,
        store: &Path,
        lsn: Lsn,
        mut each: impl FnMut(&RowRef<'_>),
    ) -> Result<Base, DamagedCheckpoint> {
        let path = path(store, lsn);
        let file = disk.open(&path, Access::Read);
        let file = file.map_err(|source| DamagedCheckpoint::Io {
            path: path.clone(),
            source,
        })?;
        let (unpacker, mut index) = (Unpacker::default(), Vec::new());
        let mut input = Input::of(&*file, &path, &unpacker);
        let stamp = input.header(lsn)?;
        while let Some(block) = input.block()? {
            let (mut first, before) = (None, input.tally());
            input.rows(&block.plain, |row| {
                first.get_or_insert_with(|| row.row());
                each(&row);
                Ok::<_, DamagedCheckpoint>(())
            })?;
            let mut tally = input.tally();
            tally.subtract(&before);
            if index.len() >= limit::CHECKPOINT_BLOCKS {
                return Err(damaged(&path, block.at, "it has too many blocks"));
            }
            index.extend(first.map(|first| Entry {
                first,
                at: block.at,
                length: block.length,
                tally,
            }));
        }
        input.end(&stamp)?;
        Ok(Base {
            file: Some(file),
            path,
            stamp,
            index,
            unpacker,
        })
    }

    /// One that was just written, with the blocks that it is known to have.
    pub(super) fn written(
        file: Box<dyn DiskFile>,
        path: PathBuf,
        stamp: Stamp,
        index: Vec<Entry>,
    ) -> Base {
        Base {
            file: Some(file),
            path,
            stamp,
            index,
            unpacker: Unpacker::default(),
        }
    }

    /// The record whose state it holds, and what its rows come to.
    pub(crate) fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// How much of the disk it takes, in bytes.
    pub(crate) fn size(&self) -> u64 {
        let file = self.file.as_ref();
        file.and_then(|file| file.length().ok()).unwrap_or(0)
    }

    /// Reads it from front to back, calling `each` with every row.
    ///
    /// # Errors
    /// When any byte is not what was written, or `each` fails.
    pub(crate) fn read<E: From<DamagedCheckpoint>>(
        &self,
        mut each: impl FnMut(RowKey, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(file) = self.file.as_deref() else {
            return Ok(());
        };
        let mut input = Input::of(file, &self.path, &self.unpacker);
        let stamp = input.header(self.stamp.applied)?;
        while let Some(block) = input.block()? {
            input.rows(&block.plain, |row| each(row.row(), row.value))?;
        }
        Ok(input.end(&stamp)?)
    }

    /// A row's value.
    pub(crate) fn get(&self, row: &RowKey) -> Result<Option<Vec<u8>>, DamagedCheckpoint> {
        self.finder().find(row, <[u8]>::to_vec)
    }

    /// Looks for rows, several of which may lie in one block.
    pub(crate) fn finder(&self) -> Finder<'_> {
        Finder {
            base: self,
            block: None,
        }
    }

    /// The block in which a row lies, if it is there.
    fn block_of(&self, row: &RowKey) -> Option<usize> {
        let behind = self.index.partition_point(|entry| entry.first <= *row);
        behind.checked_sub(1)
    }

    /// Where the blocks lie.
    pub(super) fn index(&self) -> &[Entry] {
        &self.index
    }

    fn bytes(&self, entry: &Entry) -> Result<Vec<u8>, DamagedCheckpoint> {
        match self.file.as_deref() {
            Some(file) => take(file, &self.path, entry.at, entry.length),
            None => Ok(Vec::new()),
        }
    }

    /// A block as it lies in the file.
    pub(super) fn raw(&self, entry: &Entry) -> Result<Vec<u8>, DamagedCheckpoint> {
        let bytes = self.bytes(entry)?;
        let right = check_block(&bytes);
        right.map_err(|why| self.damaged(entry, why))?;
        Ok(bytes)
    }

    fn plain(&self, entry: &Entry) -> Result<Vec<u8>, DamagedCheckpoint> {
        let mut bytes = self.bytes(entry)?;
        let content = bytes.split_off(BLOCK_HEADER.min(bytes.len()));
        let plain = BlockHead::parse(&bytes);
        let plain = plain.and_then(|head| self.unpacker.unpack(&head, content));
        plain.map_err(|why| self.damaged(entry, why))
    }

    /// The rows of a block.
    pub(super) fn rows(&self, entry: &Entry) -> Result<VecDeque<Row>, DamagedCheckpoint> {
        let plain = self.plain(entry)?;
        let mut reader = RowReader::new(&plain);
        let mut rows = VecDeque::new();
        while let Some(row) = reader.next().map_err(|why| self.damaged(entry, why))? {
            rows.push_back((row.row(), row.value.to_vec()));
        }
        Ok(rows)
    }

    fn damaged(&self, entry: &Entry, why: &'static str) -> DamagedCheckpoint {
        damaged(&self.path, entry.at, why)
    }

    /// The rows from `start` on, in order, those only that lie `within` (same table, key beginning with its key).
    pub(crate) fn cursor<'a>(
        &'a self,
        start: Bound<&'a RowKey>,
        within: Option<&'a RowKey>,
    ) -> Cursor<'a> {
        let next = match start {
            Bound::Included(row) | Bound::Excluded(row) => self.block_of(row).unwrap_or(0),
            Bound::Unbounded => 0,
        };
        Cursor {
            base: self,
            start,
            within,
            next,
            rows: VecDeque::new(),
        }
    }
}

/// Looks for rows in a checkpoint, and keeps the block in which it looked last.
pub(crate) struct Finder<'a> {
    base: &'a Base,
    block: Option<(usize, Vec<u8>)>,
}

impl Finder<'_> {
    /// Whether the row is there.
    pub(crate) fn contains(&mut self, row: &RowKey) -> Result<bool, DamagedCheckpoint> {
        self.find(row, |_| ()).map(|found| found.is_some())
    }

    fn find<T>(
        &mut self,
        row: &RowKey,
        found: impl FnOnce(&[u8]) -> T,
    ) -> Result<Option<T>, DamagedCheckpoint> {
        let base = self.base;
        let Some((number, entry)) = base
            .block_of(row)
            .and_then(|number| Some((number, base.index.get(number)?)))
        else {
            return Ok(None);
        };
        let plain = match self.block.take() {
            Some((known, plain)) if known == number => plain,
            _ => base.plain(entry)?,
        };
        let mut reader = RowReader::new(&plain);
        let mut value = None;
        while let Some(next) = reader.next().map_err(|why| base.damaged(entry, why))? {
            match next.order().cmp(&order(row)) {
                Ordering::Less => continue,
                Ordering::Equal => value = Some(found(next.value)),
                Ordering::Greater => {}
            }
            break;
        }
        self.block = Some((number, plain));
        Ok(value)
    }
}

/// Rows of a checkpoint in order, a block at a time.
pub(crate) struct Cursor<'a> {
    base: &'a Base,
    start: Bound<&'a RowKey>,
    within: Option<&'a RowKey>,
    next: usize,
    rows: VecDeque<Row>,
}

impl Cursor<'_> {
    /// The next row, which stays.
    pub(crate) fn peek(&mut self) -> Result<Option<&Row>, DamagedCheckpoint> {
        while self.rows.is_empty() {
            let Some(entry) = self.base.index.get(self.next) else {
                break;
            };
            self.rows = self.base.rows(entry)?;
            self.next += 1;
            while self
                .rows
                .front()
                .is_some_and(|(row, _)| !self.is_begun(row))
            {
                self.rows.pop_front();
            }
        }
        let inside = |row: &RowKey| self.within.is_none_or(|within| row.is_within(within));
        Ok(self.rows.front().filter(|(row, _)| inside(row)))
    }

    /// Takes the row that [`Cursor::peek`] showed.
    pub(crate) fn take(&mut self) -> Option<Row> {
        self.rows.pop_front()
    }

    fn is_begun(&self, row: &RowKey) -> bool {
        match self.start {
            Bound::Included(start) => start <= row,
            Bound::Excluded(start) => start < row,
            Bound::Unbounded => true,
        }
    }
}
