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
use crate::disk::{Access, Disk, DiskFile};
use crate::engine::{Row, Stamp};
use crate::lsn::Lsn;
use crate::rows::RowReader;

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
        let mut base = Base::at(disk, store, lsn)?;
        let Some(file) = base.file.as_deref() else {
            return Ok(base);
        };
        let mut input = Input::of(file, &base.path, &base.unpacker);
        let stamp = input.header(lsn)?;
        while let Some(block) = input.block()? {
            let mut first = None;
            input.rows(&block.plain, |row| {
                first.get_or_insert_with(|| row.row());
                Ok::<_, DamagedCheckpoint>(())
            })?;
            base.index.extend(first.map(|first| Entry {
                first,
                at: block.at,
                length: block.length,
            }));
        }
        input.end(&stamp)?;
        base.stamp = stamp;
        Ok(base)
    }

    /// One that was just written, with the blocks that it is known to have.
    pub(super) fn written(
        disk: &dyn Disk,
        store: &Path,
        stamp: Stamp,
        index: Vec<Entry>,
    ) -> Result<Base, DamagedCheckpoint> {
        let base = Base::at(disk, store, stamp.applied)?;
        Ok(Base {
            stamp,
            index,
            ..base
        })
    }

    fn at(disk: &dyn Disk, store: &Path, lsn: Lsn) -> Result<Base, DamagedCheckpoint> {
        let path = path(store, lsn);
        let file = disk.open(&path, Access::Read);
        let file = file.map_err(|source| DamagedCheckpoint::Io {
            path: path.clone(),
            source,
        })?;
        Ok(Base {
            file: Some(file),
            path,
            ..Base::none(store)
        })
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
        self.find(row, <[u8]>::to_vec)
    }

    /// Whether the row is there.
    pub(crate) fn contains(&self, row: &RowKey) -> Result<bool, DamagedCheckpoint> {
        self.find(row, |_| ()).map(|found| found.is_some())
    }

    fn find<T>(
        &self,
        row: &RowKey,
        found: impl FnOnce(&[u8]) -> T,
    ) -> Result<Option<T>, DamagedCheckpoint> {
        let Some(number) = self.block_of(row) else {
            return Ok(None);
        };
        let plain = self.plain(number)?;
        let mut reader = RowReader::new(&plain);
        while let Some(next) = reader.next().map_err(|why| self.damaged(number, why))? {
            match next.order().cmp(&order(row)) {
                Ordering::Less => {}
                Ordering::Equal => return Ok(Some(found(next.value))),
                Ordering::Greater => break,
            }
        }
        Ok(None)
    }

    /// The block in which a row lies, if it is there.
    fn block_of(&self, row: &RowKey) -> Option<usize> {
        let behind = self.index.partition_point(|entry| entry.first <= *row);
        behind.checked_sub(1)
    }

    /// How many blocks there are.
    pub(super) fn blocks(&self) -> usize {
        self.index.len()
    }

    /// Where a block begins in the file.
    #[cfg(test)]
    pub(super) fn index_of(&self, number: usize) -> u64 {
        self.index[number].at
    }

    /// The first row of a block.
    pub(super) fn first(&self, number: usize) -> Option<&RowKey> {
        self.index.get(number).map(|entry| &entry.first)
    }

    /// A block as it lies in the file.
    pub(super) fn raw(&self, number: usize) -> Result<Vec<u8>, DamagedCheckpoint> {
        let (Some(file), Some(entry)) = (self.file.as_deref(), self.index.get(number)) else {
            return Ok(Vec::new());
        };
        let bytes = take(file, &self.path, entry.at, entry.length)?;
        let right = check_block(&bytes);
        right.map_err(|why| self.damaged(number, why))?;
        Ok(bytes)
    }

    fn plain(&self, number: usize) -> Result<Vec<u8>, DamagedCheckpoint> {
        let (Some(file), Some(entry)) = (self.file.as_deref(), self.index.get(number)) else {
            return Ok(Vec::new());
        };
        let mut bytes = take(file, &self.path, entry.at, entry.length)?;
        let content = bytes.split_off(BLOCK_HEADER.min(bytes.len()));
        let plain = BlockHead::parse(&bytes);
        let plain = plain.and_then(|head| self.unpacker.unpack(&head, content));
        plain.map_err(|why| self.damaged(number, why))
    }

    /// The rows of a block.
    pub(super) fn rows(&self, number: usize) -> Result<VecDeque<Row>, DamagedCheckpoint> {
        let plain = self.plain(number)?;
        let mut reader = RowReader::new(&plain);
        let mut rows = VecDeque::new();
        while let Some(row) = reader.next().map_err(|why| self.damaged(number, why))? {
            rows.push_back((row.row(), row.value.to_vec()));
        }
        Ok(rows)
    }

    fn damaged(&self, number: usize, why: &'static str) -> DamagedCheckpoint {
        let at = self.index.get(number).map_or(0, |entry| entry.at);
        damaged(&self.path, at, why)
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
        while self.rows.is_empty() && self.next < self.base.blocks() {
            self.rows = self.base.rows(self.next)?;
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
