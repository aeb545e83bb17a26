//! Checkpoints: the whole state at one LSN in one file, `checkpoint/<LSN in hexadecimal>.ckpt`.
//!
//! The journal before a checkpoint is superfluous, and a state rebuilds itself from the checkpoint and the journal behind it.
//! A checkpoint appears whole or not at all. All numbers are little-endian. Header, 52 bytes: magic (8), format u32, LSN u64, tally
//! (rows, bytes, sum: 3 x u64), zero u32, crc32c u32 of all before. Blocks: length u32, crc32c u32 of length and content, then
//! rows in order (table u8, key and value behind their lengths u32). A block of length zero ends the file.

use std::io;
use std::path::{Path, PathBuf};

use crate::batch::RowKey;
use crate::bytes::{self, Reader, offset, put_sized};
use crate::digest::Tally;
use crate::disk::{self, Access, Disk, DiskFile, parent};
use crate::engine::{Engine, EngineError, Stamp, walk};
use crate::journal;
use crate::limit;
use crate::lsn::Lsn;
use crate::table;

const MAGIC: &[u8; 8] = b"CPCHECK\n";
const FORMAT: u32 = 1;
const HEADER: usize = 52;
const BLOCK_HEADER: usize = 8;
/// A block holds at least one row, which came from one record.
const LONGEST_BLOCK: usize = limit::BLOCK_BYTES + limit::RECORD_BYTES + limit::KEY_BYTES + 16;

/// Why a checkpoint cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DamagedCheckpoint {
    /// Its bytes are not what was written.
    #[error("{}: damaged at offset {offset} ({why}): put an older copy of the tenant's directory back, or delete it: the next start finds the twins by their markers", path.display())]
    Damaged {
        /// The checkpoint file.
        path: PathBuf,
        /// Where, in bytes.
        offset: u64,
        /// What is wrong.
        why: &'static str,
    },
    /// It could not be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The checkpoint file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Why a checkpoint could not be written. Where the disk is at fault the store goes on, and the journal just is not shortened;
/// where the state is, the store takes no more commits until it is opened again.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// No room on the disk.
    #[error("{}: no space left for the checkpoint: free some space; the journal is kept until then", .0.display())]
    Full(PathBuf),
    /// Another error of the file system.
    #[error("{}: {source}", path.display())]
    Io {
        /// The checkpoint file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The state is not what the journal made it; it is rebuilt at the next open.
    #[error("the state in {} disagrees with what was applied to it: restart, and it is rebuilt from the journal", .0.display())]
    State(PathBuf),
    /// The engine failed; the state is rebuilt at the next open.
    #[error("{0}: restart, and the state is rebuilt from the journal")]
    Engine(#[from] EngineError),
    /// The store is closed or has failed before.
    #[error("the store takes no more work: {0}")]
    Stopped(String),
}

/// The checkpoints' directory inside a store's.
pub(crate) fn dir(store: &Path) -> PathBuf {
    store.join("checkpoint")
}

pub(crate) fn path(store: &Path, lsn: Lsn) -> PathBuf {
    dir(store).join(format!("{:016x}.ckpt", lsn.0))
}

/// The checkpoints that are there, oldest first.
pub(crate) fn list(disk: &dyn Disk, store: &Path) -> Result<Vec<Lsn>, DamagedCheckpoint> {
    let dir = dir(store);
    let names = disk
        .list(&dir)
        .map_err(|source| DamagedCheckpoint::Io { path: dir, source })?;
    Ok(names
        .iter()
        .filter_map(|name| journal::number(name, ".ckpt"))
        .collect())
}

/// Writes the engine's rows, which nobody changes meanwhile, as the checkpoint of its stamp.
pub(crate) fn write(
    disk: &dyn Disk,
    store: &Path,
    engine: &dyn Engine,
    stamp: &Stamp,
) -> Result<PathBuf, CheckpointError> {
    let path = path(store, stamp.applied);
    let temporary = disk::temporary(&path);
    let outcome =
        fill(disk, &temporary, engine, stamp).and_then(|tally| match tally == stamp.tally {
            true => put_in_place(disk, &temporary, &path).map_err(Failure::Io),
            false => Err(Failure::Disagrees),
        });
    outcome.map(|()| path.clone()).map_err(|failure| {
        // What is left is superfluous and overwritten by the next attempt; failing to remove it changes nothing.
        disk.remove(&temporary).ok();
        failure.named(store, path)
    })
}

/// Writes a checkpoint from rows that come in order from elsewhere. It lies beside its place until [`Filling::place`].
pub(crate) struct Filling {
    out: Blocks,
    stamp: Stamp,
    temporary: PathBuf,
    path: PathBuf,
}

impl Filling {
    /// Begins the checkpoint of that record.
    pub(crate) fn begin(disk: &dyn Disk, store: &Path, lsn: Lsn) -> io::Result<Filling> {
        let path = path(store, lsn);
        let temporary = disk::temporary(&path);
        let mut out = Blocks {
            file: disk.create(&temporary)?,
            at: 0,
            block: Vec::new(),
            failed: None,
        };
        let stamp = Stamp {
            applied: lsn,
            tally: Tally::default(),
        };
        // What the rows come to is known at the end; until then the header is none.
        out.write(&[0; HEADER]);
        Ok(Filling {
            out,
            stamp,
            temporary,
            path,
        })
    }

    pub(crate) fn push(&mut self, row: &RowKey, value: &[u8]) {
        self.stamp.tally.add(row, value);
        self.out.push(row, value);
    }

    /// Ends it and puts it in its place, durably.
    pub(crate) fn place(mut self, disk: &dyn Disk) -> io::Result<()> {
        self.out.close();
        self.out.at = 0;
        self.out.write(&header(&self.stamp));
        self.out.sync()?;
        put_in_place(disk, &self.temporary, &self.path)
    }
}

fn put_in_place(disk: &dyn Disk, temporary: &Path, path: &Path) -> io::Result<()> {
    disk.rename(temporary, path)?;
    disk.sync_dir(parent(path))
}

enum Failure {
    Io(io::Error),
    Engine(EngineError),
    Disagrees,
}

impl Failure {
    fn named(self, store: &Path, path: PathBuf) -> CheckpointError {
        match self {
            Failure::Io(source) if is_full(&source) => CheckpointError::Full(path),
            Failure::Io(source) => CheckpointError::Io { path, source },
            Failure::Engine(error) => CheckpointError::Engine(error),
            Failure::Disagrees => CheckpointError::State(store.to_path_buf()),
        }
    }
}

/// Whether an error says that the disk or the quota is full.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

fn fill(
    disk: &dyn Disk,
    path: &Path,
    engine: &dyn Engine,
    stamp: &Stamp,
) -> Result<Tally, Failure> {
    let file = disk.create(path).map_err(Failure::Io)?;
    let mut out = Blocks {
        file,
        at: 0,
        block: Vec::new(),
        failed: None,
    };
    out.write(&header(stamp));
    let tally = walk(engine, |row, value| out.push(row, value)).map_err(Failure::Engine)?;
    out.finish().map_err(Failure::Io)?;
    Ok(tally)
}

fn header(stamp: &Stamp) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&FORMAT.to_le_bytes());
    out.extend_from_slice(&stamp.applied.0.to_le_bytes());
    stamp.tally.encode(&mut out);
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&crc32c::crc32c(&out).to_le_bytes());
    out
}

/// Gathers rows into blocks and writes them one behind the other.
struct Blocks {
    file: Box<dyn DiskFile>,
    at: u64,
    block: Vec<u8>,
    failed: Option<io::Error>,
}

impl Blocks {
    fn write(&mut self, bytes: &[u8]) {
        if self.failed.is_some() {
            return;
        }
        match self.file.write_at(self.at, bytes) {
            Ok(()) => self.at += offset(bytes.len()),
            Err(error) => self.failed = Some(error),
        }
    }

    fn push(&mut self, row: &RowKey, value: &[u8]) {
        self.block.push(row.table);
        put_sized(&mut self.block, &row.key);
        put_sized(&mut self.block, value);
        if self.block.len() >= limit::BLOCK_BYTES {
            self.close_block();
        }
    }

    fn close_block(&mut self) {
        let content = std::mem::take(&mut self.block);
        let length = bytes::length(&content);
        let crc = crc32c::crc32c_append(crc32c::crc32c(&length), &content);
        let mut block = Vec::with_capacity(BLOCK_HEADER + content.len());
        block.extend_from_slice(&length);
        block.extend_from_slice(&crc.to_le_bytes());
        block.extend_from_slice(&content);
        self.write(&block);
    }

    /// Writes what waits, and the block that ends the file.
    fn close(&mut self) {
        if !self.block.is_empty() {
            self.close_block();
        }
        self.close_block();
    }

    fn finish(mut self) -> io::Result<()> {
        self.close();
        self.sync()
    }

    fn sync(self) -> io::Result<()> {
        match self.failed {
            Some(error) => Err(error),
            None => self.file.sync_data(),
        }
    }
}

/// Reads a checkpoint from front to back, calling `each` with every row in order.
///
/// # Errors
/// When any byte is not what was written, or `each` fails.
pub(crate) fn read<E: From<DamagedCheckpoint>>(
    disk: &dyn Disk,
    store: &Path,
    lsn: Lsn,
    each: impl FnMut(RowKey, &[u8]) -> Result<(), E>,
) -> Result<Stamp, E> {
    let path = path(store, lsn);
    let io = |source| DamagedCheckpoint::Io {
        path: path.clone(),
        source,
    };
    let file = disk.open(&path, Access::Read).map_err(io)?;
    read_open(file, path, lsn, each)
}

/// As [`read`], of a file that is open already.
pub(crate) fn read_open<E: From<DamagedCheckpoint>>(
    file: Box<dyn DiskFile>,
    path: PathBuf,
    lsn: Lsn,
    mut each: impl FnMut(RowKey, &[u8]) -> Result<(), E>,
) -> Result<Stamp, E> {
    let mut input = Input {
        file,
        path,
        at: 0,
        tally: Tally::default(),
        last: None,
    };
    let stamp = input.header(lsn)?;
    while let Some(block) = input.block()? {
        let mut reader = Reader::new(&block);
        while !reader.is_empty() {
            let (row, value) = input.row(&mut reader)?;
            each(row, value)?;
        }
    }
    input.end(&stamp)?;
    Ok(stamp)
}

struct Input {
    file: Box<dyn DiskFile>,
    path: PathBuf,
    at: u64,
    tally: Tally,
    last: Option<RowKey>,
}

impl Input {
    fn damaged(&self, why: &'static str) -> DamagedCheckpoint {
        DamagedCheckpoint::Damaged {
            path: self.path.clone(),
            offset: self.at,
            why,
        }
    }

    fn take(&mut self, length: usize) -> Result<Vec<u8>, DamagedCheckpoint> {
        let mut bytes = vec![0; length];
        let read = self.file.read_at(self.at, &mut bytes);
        match read.map_err(|source| DamagedCheckpoint::Io {
            path: self.path.clone(),
            source,
        })? {
            read if read == length => Ok(bytes),
            _ => Err(self.damaged("the file ends too early")),
        }
    }

    fn header(&mut self, lsn: Lsn) -> Result<Stamp, DamagedCheckpoint> {
        let bytes = self.take(HEADER)?;
        let stamp = parse_header(&bytes).filter(|stamp| stamp.applied == lsn);
        let stamp = stamp.ok_or_else(|| self.damaged("the header is wrong"))?;
        self.at = offset(HEADER);
        Ok(stamp)
    }

    /// The next block's content, or `None` at the block that ends the file.
    fn block(&mut self) -> Result<Option<Vec<u8>>, DamagedCheckpoint> {
        let head = self.take(BLOCK_HEADER)?;
        let (length_bytes, crc) = head.split_at(4);
        let length = length_bytes.try_into().map_or(0, u32::from_le_bytes) as usize;
        if length > LONGEST_BLOCK {
            return Err(self.damaged("a block's length is out of bounds"));
        }
        let start = self.at;
        self.at += offset(BLOCK_HEADER);
        let content = self.take(length)?;
        if crc != crc32c::crc32c_append(crc32c::crc32c(length_bytes), &content).to_le_bytes() {
            self.at = start;
            return Err(self.damaged("a block's checksum is wrong"));
        }
        self.at += offset(length);
        Ok((length > 0).then_some(content))
    }

    fn row<'a>(
        &mut self,
        reader: &mut Reader<'a>,
    ) -> Result<(RowKey, &'a [u8]), DamagedCheckpoint> {
        let (row, value) = parse_row(reader).ok_or_else(|| self.damaged("a row is malformed"))?;
        if self.last.as_ref().is_some_and(|last| *last >= row) {
            return Err(self.damaged("the rows are out of order"));
        }
        self.tally.add(&row, value);
        self.last = Some(row.clone());
        Ok((row, value))
    }

    fn end(&mut self, stamp: &Stamp) -> Result<(), DamagedCheckpoint> {
        if self.tally != stamp.tally {
            return Err(self.damaged("the rows are not those that the header promises"));
        }
        let length = self.file.length();
        let length = length.map_err(|source| DamagedCheckpoint::Io {
            path: self.path.clone(),
            source,
        })?;
        if length == self.at {
            Ok(())
        } else {
            Err(self.damaged("bytes follow the end"))
        }
    }
}

fn parse_header(bytes: &[u8]) -> Option<Stamp> {
    let (covered, crc) = bytes.split_at_checked(HEADER - 4)?;
    let mut reader = Reader::new(covered);
    let right = reader.take(8)? == MAGIC
        && reader.u32()? == FORMAT
        && crc == crc32c::crc32c(covered).to_le_bytes();
    let stamp = Stamp {
        applied: Lsn(reader.u64()?),
        tally: Tally::decode(&mut reader)?,
    };
    right.then_some(stamp)
}

fn parse_row<'a>(reader: &mut Reader<'a>) -> Option<(RowKey, &'a [u8])> {
    let table = reader.u8().filter(|table| table::is_known(*table))?;
    let key = reader.sized()?;
    let value = reader.sized()?;
    Some((RowKey::new(table, key), value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Change, EngineKind};
    use crate::lossy::LossyDisk;

    fn sample() -> (LossyDisk, Stamp) {
        let disk = LossyDisk::new(1);
        let engine = EngineKind::Memory.open(Path::new(""), 0).unwrap();
        let row = RowKey::new(1, "k");
        let mut stamp = Stamp {
            applied: Lsn(3),
            tally: Tally::default(),
        };
        stamp.tally.add(&row, b"v");
        let change = Change {
            row: &row,
            old: None,
            new: Some(b"v"),
        };
        engine.apply(&[change], Some(&stamp)).unwrap();
        write(&disk, Path::new("/s"), &*engine, &stamp).unwrap();
        (disk, stamp)
    }

    fn rows(disk: &LossyDisk) -> Result<Vec<RowKey>, DamagedCheckpoint> {
        let mut rows = Vec::new();
        read::<DamagedCheckpoint>(disk, Path::new("/s"), Lsn(3), |row, _| {
            rows.push(row);
            Ok(())
        })?;
        Ok(rows)
    }

    #[test]
    fn the_bytes_of_a_checkpoint_are_frozen() {
        let (disk, _) = sample();
        let bytes = disk.read(&path(Path::new("/s"), Lsn(3))).unwrap();
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let golden = concat!(
            "4350434845434b0a010000000300000000000000010000000000000002000000",
            "00000000e3ca1d4ffd2246c4000000007d84bce50b000000866e9b2501010000",
            "006b010000007600000000c74b6748",
        );
        assert_eq!(text, golden);
        assert_eq!(rows(&disk).unwrap(), [RowKey::new(1, "k")]);
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_found() {
        let path = path(Path::new("/s"), Lsn(3));
        let (disk, _) = sample();
        let bytes = disk.read(&path).unwrap();
        for bit in 0..bytes.len() as u64 * 8 {
            let damaged = disk.kill();
            damaged.flip_bit(&path, bit);
            assert!(rows(&damaged).is_err(), "bit {bit}");
        }
        for end in 0..bytes.len() {
            disk.write(&path, &bytes[..end]);
            assert!(rows(&disk).is_err(), "cut at {end}");
        }
        disk.write(&path, &[bytes.as_slice(), b"x"].concat());
        assert!(rows(&disk).is_err());
    }

    #[test]
    fn rows_that_disagree_with_the_stamp_make_no_checkpoint() {
        let disk = LossyDisk::new(1);
        let engine = EngineKind::Memory.open(Path::new(""), 0).unwrap();
        let tally = Tally {
            rows: 1,
            bytes: 2,
            sum: 3,
        };
        let stamp = Stamp {
            applied: Lsn(3),
            tally,
        };
        let outcome = write(&disk, Path::new("/s"), &*engine, &stamp);
        assert!(matches!(outcome, Err(CheckpointError::State(_))));
        assert!(disk.paths().is_empty());
    }
}
