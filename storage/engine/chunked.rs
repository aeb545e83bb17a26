//! How a row lies in an engine whose own rows must stay short.
//!
//! The head row is `[table] key` and holds the number of parts (u16, little-endian) and the first part. Further parts lie at
//! `[table | 0x80] key [part u32, big-endian]`. Parts are read by exact key only, so a key that ends like a part number is no harm.

use crate::batch::RowKey;
use crate::limit;

/// What a part of a value may take, the head's count included.
const PART: usize = limit::CHUNK_BYTES - 2;
const MORE: u8 = 0x80;

pub(crate) fn head_key(row: &RowKey) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + row.key.len());
    key.push(row.table);
    key.extend_from_slice(&row.key);
    key
}

pub(crate) fn part_key(row: &RowKey, part: u32) -> Vec<u8> {
    let mut key = Vec::with_capacity(5 + row.key.len());
    key.push(row.table | MORE);
    key.extend_from_slice(&row.key);
    key.extend_from_slice(&part.to_be_bytes());
    key
}

/// The row of a head's key; `None` for a part's key and for anything else.
pub(crate) fn row_of(key: &[u8]) -> Option<RowKey> {
    let (table, key) = key.split_first()?;
    (*table < MORE).then(|| RowKey::new(*table, key))
}

/// How many parts a value of this length has; an empty one has one.
pub(crate) fn parts(length: usize) -> u32 {
    u32::try_from(length.div_ceil(PART).max(1)).unwrap_or(u32::MAX)
}

/// The head row's value.
pub(crate) fn head(value: &[u8]) -> Vec<u8> {
    let first = value.get(..PART).unwrap_or(value);
    let count = u16::try_from(parts(value.len())).unwrap_or(u16::MAX);
    let mut out = Vec::with_capacity(2 + first.len());
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(first);
    out
}

/// The parts behind the head, with their numbers.
pub(crate) fn tail(value: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    (0..).zip(value.chunks(PART)).skip(1)
}

/// Splits a head row's value into the number of parts and the first of them.
pub(crate) fn parse_head(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (count, first) = bytes.split_first_chunk::<2>()?;
    let count = u16::from_le_bytes(*count);
    (count > 0).then_some((u32::from(count), first))
}
