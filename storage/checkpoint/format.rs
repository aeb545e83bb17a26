//! The bytes of a checkpoint.
//!
//! All numbers are little-endian. Header, 52 bytes: magic (8), format u32, LSN u64, tally (rows, bytes, sum: 3 x u64), zero u32,
//! crc32c u32 of all before. Blocks: packed length u32, length u32, crc32c u32 of both lengths and the packed content, then the
//! packed content: rows as [`crate::rows`] has them, packed by zstd, or as they are where the lengths are equal. A block whose lengths are zero ends the file.

use std::io;
use std::sync::{Mutex, PoisonError};

use zstd::bulk::{Compressor, Decompressor};

use crate::bytes::{self, Reader};
use crate::digest::Tally;
use crate::engine::Stamp;
use crate::limit;
use crate::lsn::Lsn;

const MAGIC: &[u8; 8] = b"CPCHECK\n";
const FORMAT: u32 = 2;
pub(super) const HEADER: usize = 52;
pub(super) const BLOCK_HEADER: usize = 12;
/// How hard blocks are packed. Higher levels take longer for some hundredths of the size.
const LEVEL: i32 = 1;
/// A block holds one row, which came from one record, or what waits for a block at most.
const LONGEST_BLOCK: usize = 2 * limit::BLOCK_BYTES + limit::RECORD_BYTES + limit::KEY_BYTES + 16;

pub(super) fn header(stamp: &Stamp) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&FORMAT.to_le_bytes());
    out.extend_from_slice(&stamp.applied.0.to_le_bytes());
    stamp.tally.encode(&mut out);
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&crc32c::crc32c(&out).to_le_bytes());
    out
}

/// Why a header is none.
pub(super) enum Unread {
    /// Its bytes are not what was written.
    Wrong(&'static str),
    /// It is that of another form.
    Foreign,
}

pub(super) fn parse_header(bytes: &[u8]) -> Result<Stamp, Unread> {
    let whole = |reader: &mut Reader<'_>| {
        let stamp = Stamp {
            applied: Lsn(reader.u64()?),
            tally: Tally::decode(reader)?,
        };
        Some(stamp)
    };
    let (covered, crc) = bytes
        .split_at_checked(HEADER - 4)
        .ok_or(Unread::Wrong("the file ends too early"))?;
    let mut reader = Reader::new(covered);
    if reader.take(8) != Some(MAGIC) || crc != crc32c::crc32c(covered).to_le_bytes() {
        return Err(Unread::Wrong("the header is wrong"));
    }
    match reader.u32() {
        Some(FORMAT) => whole(&mut reader).ok_or(Unread::Wrong("the header is wrong")),
        _ => Err(Unread::Foreign),
    }
}

/// What stands before a block's packed content.
#[derive(Clone, Copy, Debug)]
pub(super) struct BlockHead {
    pub(super) packed: usize,
    pub(super) plain: usize,
    crc: u32,
}

impl BlockHead {
    pub(super) fn parse(bytes: &[u8]) -> Result<BlockHead, &'static str> {
        let mut reader = Reader::new(bytes);
        let number = |reader: &mut Reader<'_>| reader.u32().ok_or("the file ends too early");
        let head = BlockHead {
            packed: number(&mut reader)? as usize,
            plain: number(&mut reader)? as usize,
            crc: number(&mut reader)?,
        };
        let fits = head.packed <= head.plain && head.plain <= LONGEST_BLOCK;
        let fits = fits && (head.packed == 0) == (head.plain == 0);
        fits.then_some(head)
            .ok_or("a block's length is out of bounds")
    }

    fn is_right(&self, content: &[u8]) -> bool {
        self.crc == checksum(self.packed, self.plain, content)
    }
}

/// Whether a block is what was written, without unpacking it.
pub(super) fn check_block(bytes: &[u8]) -> Result<(), &'static str> {
    let (head, content) = bytes
        .split_at_checked(BLOCK_HEADER)
        .ok_or("the file ends too early")?;
    let head = BlockHead::parse(head)?;
    let right = head.packed == content.len() && head.is_right(content);
    right.then_some(()).ok_or("a block's checksum is wrong")
}

fn checksum(packed: usize, plain: usize, content: &[u8]) -> u32 {
    let mut crc = 0;
    for length in [packed, plain] {
        crc = crc32c::crc32c_append(crc, &number(length));
    }
    crc32c::crc32c_append(crc, content)
}

/// A length within the bound of a block.
fn number(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes()
}

/// Packs blocks.
pub(super) struct Packer(Compressor<'static>);

impl Packer {
    pub(super) fn new() -> io::Result<Packer> {
        Compressor::new(LEVEL).map(Packer)
    }

    /// Appends the block of that content to `out`; one without content ends the file.
    pub(super) fn put(&mut self, plain: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        let packed = self.0.compress(plain)?;
        let content = match packed.len() < plain.len() {
            true => packed.as_slice(),
            false => plain,
        };
        let crc = checksum(content.len(), plain.len(), content);
        out.extend_from_slice(&bytes::length(content));
        out.extend_from_slice(&bytes::length(plain));
        out.extend_from_slice(&crc.to_le_bytes());
        out.extend_from_slice(content);
        Ok(())
    }
}

/// Unpacks blocks, for several readers at once.
#[derive(Default)]
pub(super) struct Unpacker {
    /// Contexts that nobody uses at the moment: making one takes as long as unpacking a block.
    idle: Mutex<Vec<Decompressor<'static>>>,
}

impl Unpacker {
    /// The rows' bytes of a block.
    pub(super) fn unpack(
        &self,
        head: &BlockHead,
        content: Vec<u8>,
    ) -> Result<Vec<u8>, &'static str> {
        const WRONG: &str = "a block cannot be unpacked";
        if !head.is_right(&content) {
            return Err("a block's checksum is wrong");
        }
        if head.packed == head.plain {
            return Ok(content);
        }
        let mut context = match self.take() {
            Some(context) => context,
            None => Decompressor::new().map_err(|_| WRONG)?,
        };
        let plain = context.decompress(&content, head.plain);
        self.give_back(context);
        let plain = plain.map_err(|_: io::Error| WRONG)?;
        (plain.len() == head.plain).then_some(plain).ok_or(WRONG)
    }

    fn take(&self) -> Option<Decompressor<'static>> {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
    }

    fn give_back(&self, context: Decompressor<'static>) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < limit::UNPACKERS {
            idle.push(context);
        }
    }
}
