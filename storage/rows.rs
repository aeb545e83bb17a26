//! Rows in their order, one behind the other: the content of a checkpoint's block and of a backup's chunk.
//!
//! Neighbours are alike, so of a key only that stands there in which it differs from the one before: table u8, the bytes that are
//! shared, the length of the rest, the rest, the value's length, the value. Numbers are LEB128. The first row shares nothing.

use crate::batch::RowKey;
use crate::bytes::{self, Reader};
use crate::limit;
use crate::table;

/// Writes rows.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    bytes: Vec<u8>,
    last: Vec<u8>,
}

impl Rows {
    /// Appends a row.
    pub(crate) fn push(&mut self, row: &RowKey, value: &[u8]) {
        let same = self.last.iter().zip(&row.key);
        let shared = same.take_while(|(one, other)| one == other).count();
        let rest = row.key.get(shared..).unwrap_or_default();
        self.bytes.push(row.table);
        bytes::put_number(&mut self.bytes, shared);
        bytes::put_number(&mut self.bytes, rest.len());
        self.bytes.extend_from_slice(rest);
        bytes::put_number(&mut self.bytes, value.len());
        self.bytes.extend_from_slice(value);
        self.last.truncate(shared);
        self.last.extend_from_slice(rest);
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Begins anew.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.last.clear();
    }
}

/// Reads rows.
pub(crate) struct RowReader<'a> {
    rest: Reader<'a>,
    key: Vec<u8>,
}

/// A row as it is being read.
pub(crate) struct RowRef<'a> {
    pub(crate) table: u8,
    pub(crate) key: &'a [u8],
    pub(crate) value: &'a [u8],
}

impl RowRef<'_> {
    /// Its place in the order of all rows.
    pub(crate) fn order(&self) -> (u8, &[u8]) {
        (self.table, self.key)
    }

    pub(crate) fn row(&self) -> RowKey {
        RowKey::new(self.table, self.key)
    }
}

impl<'a> RowReader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> RowReader<'a> {
        RowReader {
            rest: Reader::new(bytes),
            key: Vec::new(),
        }
    }

    /// The next row; nothing at the end.
    pub(crate) fn next(&mut self) -> Result<Option<RowRef<'_>>, &'static str> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let row = self.row();
        row.map(Some).ok_or("a row is malformed")
    }

    fn row(&mut self) -> Option<RowRef<'_>> {
        let table = self.rest.u8().filter(|table| table::is_known(*table))?;
        let shared = self.rest.number()?;
        let length = self.rest.number()?;
        let is_key = shared <= self.key.len() && length <= limit::KEY_BYTES - shared;
        let rest = self.rest.take(length).filter(|_| is_key)?;
        self.key.truncate(shared);
        self.key.extend_from_slice(rest);
        let length = self.rest.number()?;
        let value = self.rest.take(length)?;
        let key = &self.key;
        Some(RowRef { table, key, value })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Result<Vec<(RowKey, Vec<u8>)>, &'static str> {
        let mut reader = RowReader::new(bytes);
        let mut rows = Vec::new();
        while let Some(row) = reader.next()? {
            rows.push((row.row(), row.value.to_vec()));
        }
        Ok(rows)
    }

    proptest! {
        #[test]
        fn rows_are_read_as_they_were_written(
            rows in proptest::collection::vec(
                ((1u8..5, proptest::collection::vec(0u8..3, 0..9)), proptest::collection::vec(any::<u8>(), 0..300)), 0..40),
        ) {
            let rows: Vec<_> = rows.into_iter().map(|((table, key), value)| (RowKey::new(table, key), value)).collect();
            let mut out = Rows::default();
            for (row, value) in &rows {
                out.push(row, value);
            }
            prop_assert_eq!(read(out.bytes()), Ok(rows));
        }

        #[test]
        fn any_bytes_are_rows_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            // It does not panic, and what it takes for a key is none too long.
            for (row, _) in read(&bytes).unwrap_or_default() {
                prop_assert!(row.key.len() <= limit::KEY_BYTES);
            }
        }
    }

    #[test]
    fn the_bytes_of_rows_are_frozen() {
        let mut rows = Rows::default();
        rows.push(&RowKey::new(1, "WEB-1"), b"one");
        rows.push(&RowKey::new(1, "WEB-23"), &[7; 130]);
        let golden = [
            b"\x01\x00\x05WEB-1\x03one\x01\x04\x0223\x82\x01".as_slice(),
            &[7; 130],
        ];
        assert_eq!(rows.bytes(), golden.concat());
    }
}
