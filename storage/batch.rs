//! The batch: what one commit changes, all of it or nothing.
//!
//! On disk a batch is the payload of one record: format u8, count u32, then per operation kind u8, table u8, key (length u32,
//! bytes) and, for a put, value (length u32, bytes). All numbers are little-endian.

use crate::bytes::{Reader, put_sized};
use crate::limit;
use crate::table::{self, Table};

const FORMAT: u8 = 1;
const PUT: u8 = 1;
const DELETE: u8 = 2;

/// One change to one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Op {
    pub(crate) row: RowKey,
    /// The new value, or `None` when the row goes.
    pub(crate) value: Option<Vec<u8>>,
}

/// A row's place in the state: its table and key, ordered by both.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RowKey {
    pub(crate) table: u8,
    pub(crate) key: Vec<u8>,
}

impl RowKey {
    pub(crate) fn new(table: u8, key: impl Into<Vec<u8>>) -> RowKey {
        RowKey {
            table,
            key: key.into(),
        }
    }

    /// Whether it lies in the same table and begins with the same key.
    pub(crate) fn is_within(&self, within: &RowKey) -> bool {
        self.table == within.table && self.key.starts_with(&within.key)
    }
}

/// Changes to rows that become durable and visible together.
///
/// Later operations on the same row win over earlier ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    ops: Vec<Op>,
}

/// Why a batch cannot be committed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// A key is longer than [`limit::KEY_BYTES`] or empty.
    #[error(
        "a key of table {table} has {length} bytes; 1 to {} are allowed: shorten the key",
        limit::KEY_BYTES
    )]
    Key {
        /// The table's number.
        table: u8,
        /// The key's length in bytes.
        length: usize,
    },
    /// The encoded batch is longer than [`limit::RECORD_BYTES`].
    #[error(
        "the batch takes {length} bytes, more than {}: split it into several commits",
        limit::RECORD_BYTES
    )]
    Bytes {
        /// The encoded length in bytes.
        length: usize,
    },
    /// More operations than [`limit::BATCH_OPS`].
    #[error(
        "the batch has {count} operations, more than {}: split it into several commits",
        limit::BATCH_OPS
    )]
    Ops {
        /// How many there are.
        count: usize,
    },
}

impl Batch {
    /// A batch that changes nothing.
    pub fn new() -> Self {
        Batch::default()
    }

    /// Sets the row to the value.
    pub fn put(
        &mut self,
        table: Table,
        key: impl Into<Vec<u8>>,
        value: impl Into<Vec<u8>>,
    ) -> &mut Self {
        self.put_raw(table.number(), key, value)
    }

    /// Removes the row, if it is there.
    pub fn delete(&mut self, table: Table, key: impl Into<Vec<u8>>) -> &mut Self {
        self.ops.push(Op {
            row: RowKey::new(table.number(), key),
            value: None,
        });
        self
    }

    /// Adds the operations of another batch behind one's own.
    pub fn append(&mut self, other: Batch) {
        self.ops.extend(other.ops);
    }

    /// Whether there is nothing to change.
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    /// How many operations there are.
    pub fn len(&self) -> usize {
        self.ops.len()
    }

    pub(crate) fn put_raw(
        &mut self,
        table: u8,
        key: impl Into<Vec<u8>>,
        value: impl Into<Vec<u8>>,
    ) -> &mut Self {
        self.ops.push(Op {
            row: RowKey::new(table, key),
            value: Some(value.into()),
        });
        self
    }

    pub(crate) fn into_ops(self) -> Vec<Op> {
        self.ops
    }

    /// The payload of the batch's record.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, BatchError> {
        self.check()?;
        let mut out = Vec::with_capacity(self.encoded_length());
        out.push(FORMAT);
        out.extend_from_slice(
            &u32::try_from(self.ops.len())
                .unwrap_or(u32::MAX)
                .to_le_bytes(),
        );
        for op in &self.ops {
            encode_op(&mut out, op);
        }
        Ok(out)
    }

    fn check(&self) -> Result<(), BatchError> {
        if self.ops.len() > limit::BATCH_OPS {
            return Err(BatchError::Ops {
                count: self.ops.len(),
            });
        }
        for Op { row, .. } in &self.ops {
            if row.key.is_empty() || row.key.len() > limit::KEY_BYTES {
                return Err(BatchError::Key {
                    table: row.table,
                    length: row.key.len(),
                });
            }
        }
        let length = self.encoded_length();
        if length > limit::RECORD_BYTES {
            return Err(BatchError::Bytes { length });
        }
        Ok(())
    }

    fn encoded_length(&self) -> usize {
        let op =
            |op: &Op| 6 + op.row.key.len() + op.value.as_ref().map_or(0, |value| 4 + value.len());
        self.ops.iter().map(op).fold(5, usize::saturating_add)
    }

    /// Reads a payload; the text says what is wrong with it.
    pub(crate) fn decode(payload: &[u8]) -> Result<Batch, &'static str> {
        let mut reader = Reader::new(payload);
        match reader.u8() {
            Some(FORMAT) => {}
            Some(_) => return Err("the batch has a format that this program does not know"),
            None => return Err("the batch is empty"),
        }
        let count = reader.u32().ok_or("the batch ends within its count")?;
        if count as usize > limit::BATCH_OPS {
            return Err("the batch claims more operations than are allowed");
        }
        let mut ops = Vec::new();
        for _ in 0..count {
            ops.push(decode_op(&mut reader)?);
        }
        if reader.is_empty() {
            Ok(Batch { ops })
        } else {
            Err("the batch has bytes behind its end")
        }
    }
}

fn encode_op(out: &mut Vec<u8>, op: &Op) {
    out.push(if op.value.is_some() { PUT } else { DELETE });
    out.push(op.row.table);
    put_sized(out, &op.row.key);
    if let Some(value) = &op.value {
        put_sized(out, value);
    }
}

fn decode_op(reader: &mut Reader<'_>) -> Result<Op, &'static str> {
    let kind = reader.u8().ok_or("the batch ends within an operation")?;
    let table = reader.u8().ok_or("the batch ends within an operation")?;
    if !table::is_known(table) {
        return Err("the batch names a table that this program does not know");
    }
    let key = reader.sized().ok_or("the batch ends within a key")?;
    let value = match kind {
        PUT => Some(
            reader
                .sized()
                .ok_or("the batch ends within a value")?
                .to_vec(),
        ),
        DELETE => None,
        _ => return Err("the batch holds an operation that this program does not know"),
    };
    Ok(Op {
        row: RowKey::new(table, key),
        value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Batch {
        let mut batch = Batch::new();
        batch
            .put(Table::Pair, b"k".as_slice(), b"vw".as_slice())
            .delete(Table::Timer, b"t".as_slice());
        batch
    }

    #[test]
    fn the_bytes_of_a_batch_are_frozen() {
        let golden: &[u8] = &[
            1, 2, 0, 0, 0, // format, count
            1, 1, 1, 0, 0, 0, b'k', 2, 0, 0, 0, b'v', b'w', // put
            2, 7, 1, 0, 0, 0, b't', // delete
        ];
        assert_eq!(sample().encode().unwrap(), golden);
        assert_eq!(Batch::decode(golden).unwrap(), sample());
    }

    #[test]
    fn every_shortened_payload_is_refused() {
        let payload = sample().encode().unwrap();
        for end in 0..payload.len() {
            assert!(Batch::decode(&payload[..end]).is_err(), "cut at {end}");
        }
        let mut longer = payload.clone();
        longer.push(0);
        assert!(Batch::decode(&longer).is_err());
    }

    #[test]
    fn a_batch_beyond_a_bound_is_refused() {
        let mut key = Batch::new();
        key.put(Table::Pair, vec![0; limit::KEY_BYTES + 1], b"".as_slice());
        assert!(matches!(
            key.encode(),
            Err(BatchError::Key { table: 1, .. })
        ));
        let mut empty = Batch::new();
        empty.delete(Table::Pair, b"".as_slice());
        assert!(matches!(
            empty.encode(),
            Err(BatchError::Key { length: 0, .. })
        ));
        let mut long = Batch::new();
        long.put(Table::Pair, b"k".as_slice(), vec![0; limit::RECORD_BYTES]);
        assert!(matches!(long.encode(), Err(BatchError::Bytes { .. })));
        let mut many = Batch::new();
        for _ in 0..=limit::BATCH_OPS {
            many.delete(Table::Pair, b"k".as_slice());
        }
        assert!(matches!(many.encode(), Err(BatchError::Ops { .. })));
    }
}
