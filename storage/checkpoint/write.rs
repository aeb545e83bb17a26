//! Writing a checkpoint.

use std::io;
use std::path::{Path, PathBuf};

use super::base::{Base, Entry};
use super::format::{HEADER, Packer, header};
use super::{path, put_in_place};
use crate::batch::RowKey;
use crate::bytes::offset;
use crate::digest::Tally;
use crate::disk::{self, Disk, DiskFile};
use crate::engine::{Row, Stamp};
use crate::limit;
use crate::lsn::Lsn;
use crate::rows::Rows;

/// A checkpoint that is being written, beside its place until [`Filling::place`]. Rows come in their order.
///
/// Rows wait until they fill two blocks, and are then put into two alike. So a row that is put between others makes one block larger,
/// or two out of one, and moves none of those behind it.
pub(crate) struct Filling {
    out: Out,
    packer: Packer,
    waiting: Vec<Row>,
    /// What the rows that wait take.
    size: usize,
    index: Vec<Entry>,
    lsn: Lsn,
    temporary: PathBuf,
    path: PathBuf,
}

/// The least that a block holds where another one follows.
const LEAST: usize = limit::BLOCK_BYTES / 4;
/// What waits at most.
const MOST: usize = limit::BLOCK_BYTES * 2;

impl Filling {
    /// Begins the checkpoint of that record.
    pub(crate) fn begin(disk: &dyn Disk, store: &Path, lsn: Lsn) -> io::Result<Filling> {
        let path = path(store, lsn);
        let temporary = disk::temporary(&path);
        let mut out = Out {
            file: disk.create(&temporary)?,
            at: 0,
            gathered: Vec::new(),
            synced: 0,
        };
        // What the rows come to is known at the end; until then the header is none.
        out.gathered.extend_from_slice(&[0; HEADER]);
        Ok(Filling {
            out,
            packer: Packer::new()?,
            waiting: Vec::new(),
            size: 0,
            index: Vec::new(),
            lsn,
            temporary,
            path,
        })
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, row: RowKey, value: Vec<u8>) -> io::Result<()> {
        self.size += size_of(&row, &value);
        self.waiting.push((row, value));
        match self.size >= MOST {
            true => self.close(),
            false => Ok(()),
        }
    }

    /// Whether a block may begin anew here: not when that would leave a very small one.
    pub(super) fn is_at_block(&self) -> bool {
        self.waiting.is_empty() || self.size >= LEAST
    }

    /// Writes the rows that wait, in one block or in two.
    pub(super) fn close(&mut self) -> io::Result<()> {
        let mut rows = std::mem::take(&mut self.waiting);
        let size = std::mem::take(&mut self.size);
        // One that is hardly more than a block stays one.
        if size > limit::BLOCK_BYTES + LEAST {
            let rest = rows.split_off(middle(&rows, size / 2));
            self.block(&rows)?;
            return self.block(&rest);
        }
        self.block(&rows)
    }

    fn block(&mut self, rows: &[Row]) -> io::Result<()> {
        let Some((first, _)) = rows.first() else {
            return Ok(());
        };
        let (mut plain, mut tally) = (Rows::default(), Tally::default());
        for (row, value) in rows {
            plain.push(row, value);
            tally.add(row, value);
        }
        let at = self.out.end_at();
        self.packer.put(plain.bytes(), &mut self.out.gathered)?;
        self.note(first.clone(), at, tally);
        self.out.write_if_much()
    }

    /// Adds a block as it lies in another checkpoint.
    pub(super) fn copy(&mut self, entry: &Entry, raw: &[u8]) -> io::Result<()> {
        self.close()?;
        let at = self.out.end_at();
        self.out.gathered.extend_from_slice(raw);
        self.note(entry.first.clone(), at, entry.tally);
        self.out.write_if_much()
    }

    fn note(&mut self, first: RowKey, at: u64, tally: Tally) {
        let length = self.out.end_at().saturating_sub(at);
        self.index.push(Entry {
            first,
            at,
            length: usize::try_from(length).unwrap_or(usize::MAX),
            tally,
        });
    }

    /// What the rows come to that were written, block by block.
    pub(super) fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for entry in &self.index {
            tally.include(&entry.tally);
        }
        tally
    }

    /// Ends it and puts it in its place, durably.
    pub(crate) fn place(mut self, disk: &dyn Disk) -> io::Result<Base> {
        self.close()?;
        let stamp = Stamp {
            applied: self.lsn,
            tally: self.tally(),
        };
        // The block without rows ends the file.
        self.packer.put(&[], &mut self.out.gathered)?;
        let file = self.out.end(&header(&stamp))?;
        put_in_place(disk, &self.temporary, &self.path)?;
        Ok(Base::written(file, self.path, stamp, self.index))
    }
}

fn size_of(row: &RowKey, value: &[u8]) -> usize {
    row.key.len() + value.len()
}

/// The row with which so much is reached; neither the first nor none where there is another.
fn middle(rows: &[Row], size: usize) -> usize {
    let mut sum = 0;
    let reached = rows.iter().position(|(row, value)| {
        sum += size_of(row, value);
        sum >= size
    });
    reached.unwrap_or(rows.len()).max(1).min(rows.len())
}

/// The file, written in pieces: what is gathered is written in one call, and what is written is brought to the disk before it is
/// so much that a single sync of it would hold up the journal's.
struct Out {
    file: Box<dyn DiskFile>,
    at: u64,
    gathered: Vec<u8>,
    synced: u64,
}

impl Out {
    fn write_if_much(&mut self) -> io::Result<()> {
        match self.gathered.len() >= limit::WRITE_BYTES {
            true => self.write(),
            false => Ok(()),
        }
    }

    fn write(&mut self) -> io::Result<()> {
        self.file.write_at(self.at, &self.gathered)?;
        self.at += offset(self.gathered.len());
        self.gathered.clear();
        if self.at - self.synced >= limit::SYNC_BYTES {
            self.synced = self.at;
            self.file.sync_data()?;
        }
        Ok(())
    }

    /// Where the next byte goes.
    fn end_at(&self) -> u64 {
        self.at + offset(self.gathered.len())
    }

    /// Writes what is gathered, and what the file begins with, and brings all of it to the disk.
    fn end(mut self, begin: &[u8]) -> io::Result<Box<dyn DiskFile>> {
        self.write()?;
        self.file.write_at(0, begin)?;
        self.file.sync_data()?;
        Ok(self.file)
    }
}
