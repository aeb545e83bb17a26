//! Writing a checkpoint.

use std::io;
use std::path::{Path, PathBuf};

use super::base::Entry;
use super::format::{HEADER, Packer, header};
use super::{path, put_in_place};
use crate::batch::RowKey;
use crate::bytes::offset;
use crate::digest::Tally;
use crate::disk::{self, Disk, DiskFile};
use crate::engine::Stamp;
use crate::limit;
use crate::lsn::Lsn;
use crate::rows::Rows;

/// A checkpoint that is being written, beside its place until [`Filling::place`]. Rows come in their order.
pub(crate) struct Filling {
    out: Out,
    packer: Packer,
    block: Rows,
    /// The first row of the block that is being filled.
    first: Option<RowKey>,
    /// The blocks that are closed.
    index: Vec<Entry>,
    stamp: Stamp,
    temporary: PathBuf,
    path: PathBuf,
}

impl Filling {
    /// Begins the checkpoint of that record.
    pub(crate) fn begin(disk: &dyn Disk, store: &Path, lsn: Lsn) -> io::Result<Filling> {
        let path = path(store, lsn);
        let temporary = disk::temporary(&path);
        let mut out = Out {
            file: disk.create(&temporary)?,
            at: 0,
            waiting: Vec::new(),
            synced: 0,
            failed: None,
        };
        let stamp = Stamp {
            applied: lsn,
            tally: Tally::default(),
        };
        // What the rows come to is known at the end; until then the header is none.
        out.put(|waiting| {
            waiting.extend_from_slice(&[0; HEADER]);
            Ok(())
        });
        Ok(Filling {
            out,
            packer: Packer::new()?,
            block: Rows::default(),
            first: None,
            index: Vec::new(),
            stamp,
            temporary,
            path,
        })
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, row: &RowKey, value: &[u8]) {
        self.stamp.tally.add(row, value);
        self.put(row, value);
    }

    /// Adds a row that is weighed elsewhere.
    pub(super) fn put(&mut self, row: &RowKey, value: &[u8]) {
        self.first.get_or_insert_with(|| row.clone());
        self.block.push(row, value);
        if self.block.bytes().len() >= limit::BLOCK_BYTES {
            self.close_block();
        }
    }

    /// Whether a whole block may follow: not when it would leave a very small one before it.
    pub(super) fn takes_block(&self) -> bool {
        self.block.bytes().is_empty() || self.block.bytes().len() >= limit::BLOCK_BYTES / 4
    }

    /// Adds a block as it lies in another checkpoint.
    pub(super) fn copy(&mut self, first: &RowKey, raw: &[u8]) {
        self.close_block();
        self.first = Some(first.clone());
        self.write_block(|_, waiting| {
            waiting.extend_from_slice(raw);
            Ok(())
        });
    }

    /// Says what the rows come to that were added without being weighed.
    pub(super) fn weighed(&mut self, tally: Tally) {
        self.stamp.tally = tally;
    }

    fn close_block(&mut self) {
        if !self.block.bytes().is_empty() {
            let mut block = std::mem::take(&mut self.block);
            self.write_block(|packer, waiting| packer.put(block.bytes(), waiting));
            block.clear();
            self.block = block;
        }
    }

    fn write_block(&mut self, fill: impl FnOnce(&mut Packer, &mut Vec<u8>) -> io::Result<()>) {
        let at = self.out.end_at();
        let packer = &mut self.packer;
        self.out.put(|waiting| fill(packer, waiting));
        let length = self.out.end_at().saturating_sub(at);
        self.index.extend(self.first.take().map(|first| Entry {
            first,
            at,
            length: usize::try_from(length).unwrap_or(usize::MAX),
        }));
    }

    /// Ends it and puts it in its place, durably.
    pub(crate) fn place(self, disk: &dyn Disk) -> io::Result<()> {
        self.place_known(disk).map(|_| ())
    }

    /// The same, and gives what it came to and where its blocks lie.
    pub(super) fn place_known(mut self, disk: &dyn Disk) -> io::Result<(Stamp, Vec<Entry>)> {
        self.close_block();
        // The block without rows ends the file.
        self.write_block(|packer, waiting| packer.put(&[], waiting));
        self.out.end(&header(&self.stamp))?;
        put_in_place(disk, &self.temporary, &self.path)?;
        Ok((self.stamp, self.index))
    }
}

/// The file, written in pieces: what is gathered is written in one call, and what is written is brought to the disk before it is
/// so much that a single sync of it would hold up the journal's.
struct Out {
    file: Box<dyn DiskFile>,
    at: u64,
    waiting: Vec<u8>,
    synced: u64,
    failed: Option<io::Error>,
}

impl Out {
    /// Appends what `fill` puts behind what waits. After an error nothing is written any more.
    fn put(&mut self, fill: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) {
        if self.failed.is_some() {
            return;
        }
        let outcome = fill(&mut self.waiting);
        let outcome = outcome.and_then(|()| match self.waiting.len() >= limit::WRITE_BYTES {
            true => self.write(),
            false => Ok(()),
        });
        self.failed = outcome.err();
    }

    /// Where the next byte goes.
    fn end_at(&self) -> u64 {
        self.at + offset(self.waiting.len())
    }

    fn write(&mut self) -> io::Result<()> {
        self.file.write_at(self.at, &self.waiting)?;
        self.at += offset(self.waiting.len());
        self.waiting.clear();
        if self.at - self.synced >= limit::SYNC_BYTES {
            self.synced = self.at;
            self.file.sync_data()?;
        }
        Ok(())
    }

    /// Writes what waits, and what the file begins with, and brings all of it to the disk.
    fn end(mut self, begin: &[u8]) -> io::Result<()> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        self.write()?;
        self.file.write_at(0, begin)?;
        self.file.sync_data()
    }
}
