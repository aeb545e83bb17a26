//! The bytes of a segment.
//!
//! All numbers are little-endian. Segment header, 32 bytes: magic (8), format u32, zero u32, first LSN u64, crc32c u32 of the 24
//! bytes before it, zero u32. Record: length u32 of the payload, crc32c u32 over all its other bytes, LSN u64, position in its group
//! u32, payload. Behind the last record zeros, so a length of zero means the end.

use crate::bytes::{self, Reader};
use crate::limit;
use crate::lsn::Lsn;

pub(crate) const MAGIC: &[u8; 8] = b"CPJOURN\n";
pub(crate) const FORMAT: u32 = 1;
pub(crate) const SEGMENT_HEADER: usize = 32;
pub(crate) const RECORD_HEADER: usize = 20;

/// The header of the segment that begins with this LSN.
pub(crate) fn segment_header(first: Lsn) -> Vec<u8> {
    let mut out = Vec::with_capacity(SEGMENT_HEADER);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&FORMAT.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&first.0.to_le_bytes());
    out.extend_from_slice(&crc32c::crc32c(&out).to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out
}

/// Checks a segment's header against the LSN in its name; the text says what is wrong.
pub(crate) fn check_segment_header(bytes: &[u8], first: Lsn) -> Result<(), &'static str> {
    let header = bytes
        .get(..SEGMENT_HEADER)
        .ok_or("the file is shorter than a header")?;
    if header == segment_header(first) {
        return Ok(());
    }
    let mut reader = Reader::new(header);
    if reader.take(8) != Some(MAGIC.as_slice()) {
        return Err("the magic number is wrong");
    }
    if reader.u32() != Some(FORMAT) {
        return Err("the format is not one this program knows");
    }
    Err("checksum or first LSN is wrong")
}

/// Appends a record to a buffer.
pub(crate) fn put_record(out: &mut Vec<u8>, lsn: Lsn, group: u32, payload: &[u8]) {
    let length = bytes::length(payload);
    let mut covered = [0; 12];
    for (to, from) in covered
        .iter_mut()
        .zip(lsn.0.to_le_bytes().into_iter().chain(group.to_le_bytes()))
    {
        *to = from;
    }
    let crc = checksum(&length, &covered, payload);
    out.extend_from_slice(&length);
    out.extend_from_slice(&crc.to_le_bytes());
    out.extend_from_slice(&covered);
    out.extend_from_slice(payload);
}

fn checksum(length: &[u8], covered: &[u8], payload: &[u8]) -> u32 {
    let crc = crc32c::crc32c_append(crc32c::crc32c(length), covered);
    crc32c::crc32c_append(crc, payload)
}

/// A whole record found in a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found<'a> {
    pub(crate) lsn: Lsn,
    /// How many records of the same write stand before this one.
    pub(crate) group: u32,
    pub(crate) payload: &'a [u8],
    /// Where the next record begins.
    pub(crate) end: usize,
}

/// The record at an offset; the text says why there is none.
pub(crate) fn record_at(segment: &[u8], offset: usize) -> Result<Found<'_>, &'static str> {
    let rest = segment.get(offset..).unwrap_or_default();
    let (header, behind) = rest
        .split_at_checked(RECORD_HEADER)
        .ok_or("the file ends within a header")?;
    let (length_bytes, after) = header.split_at(4);
    let (crc_bytes, covered) = after.split_at(4);
    let length = length_bytes.try_into().map_or(0, u32::from_le_bytes) as usize;
    if length == 0 || length > limit::RECORD_BYTES {
        return Err("the length is out of bounds");
    }
    let payload = behind
        .get(..length)
        .ok_or("the file ends within a record")?;
    if crc_bytes != checksum(length_bytes, covered, payload).to_le_bytes() {
        return Err("the checksum is wrong");
    }
    let mut reader = Reader::new(covered);
    let (Some(lsn), Some(group)) = (reader.u64(), reader.u32()) else {
        return Err("the file ends within a header");
    };
    Ok(Found {
        lsn: Lsn(lsn),
        group,
        payload,
        end: offset + RECORD_HEADER + length,
    })
}

/// The LSN that the bytes at an offset claim, before any checksum: a cheap sieve for [`record_at`].
pub(crate) fn claimed_lsn(segment: &[u8], offset: usize) -> Option<Lsn> {
    let mut reader = Reader::new(segment.get(offset..)?);
    let length = reader.u32()? as usize;
    reader.u32()?;
    let lsn = reader.u64()?;
    (length != 0 && length <= limit::RECORD_BYTES).then_some(Lsn(lsn))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_of_a_segment_header_are_frozen() {
        let golden = hex("43504a4f55524e0a01000000000000000500000000000000a0be5c3200000000");
        assert_eq!(segment_header(Lsn(5)), golden);
    }

    #[test]
    fn the_bytes_of_a_record_are_frozen() {
        let mut out = Vec::new();
        put_record(&mut out, Lsn(7), 2, b"abc");
        assert_eq!(out, hex("030000002e8c5fce070000000000000002000000616263"));
    }

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
            .collect()
    }

    #[test]
    fn every_flipped_bit_of_a_record_is_found() {
        let mut bytes = Vec::new();
        put_record(&mut bytes, Lsn(7), 0, b"payload");
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(record_at(&flipped, 0).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn every_flipped_bit_of_a_header_is_found() {
        let header = segment_header(Lsn(9));
        for bit in 0..header.len() * 8 {
            let mut flipped = header.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(check_segment_header(&flipped, Lsn(9)).is_err(), "bit {bit}");
        }
    }
}
