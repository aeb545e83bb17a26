//! A running check over rows that does not depend on their order.
//!
//! The sum of one 64-bit hash per row, with the count and the size of the rows. Of what an engine holds it is kept with every
//! application and compared with a walk over all rows, and of a checkpoint it stands in the header. It guards against lost, stale and doubled
//! rows, not against an adversary. The function is on disk in checkpoints and is frozen.

use crate::batch::RowKey;
use crate::bytes::{Reader, offset};

/// Count, size and hash sum of all rows of a state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    pub(crate) sum: u64,
}

impl Tally {
    /// How many bytes a tally takes on disk.
    pub(crate) const LENGTH: usize = 24;

    pub(crate) fn add(&mut self, row: &RowKey, value: &[u8]) {
        self.add_key(row.table, &row.key, value);
    }

    /// Adds a row whose key nobody owns.
    pub(crate) fn add_key(&mut self, table: u8, key: &[u8], value: &[u8]) {
        self.rows = self.rows.wrapping_add(1);
        self.bytes = self.bytes.wrapping_add(size(key, value));
        self.sum = self.sum.wrapping_add(hash(table, key, value));
    }

    pub(crate) fn remove(&mut self, row: &RowKey, value: &[u8]) {
        self.rows = self.rows.wrapping_sub(1);
        self.bytes = self.bytes.wrapping_sub(size(&row.key, value));
        self.sum = self.sum.wrapping_sub(hash(row.table, &row.key, value));
    }

    /// Accounts for one row that had `old` and now has `new`.
    pub(crate) fn change(&mut self, row: &RowKey, old: Option<&[u8]>, new: Option<&[u8]>) {
        if let Some(old) = old {
            self.remove(row, old);
        }
        if let Some(new) = new {
            self.add(row, new);
        }
    }

    /// Adds another tally.
    pub(crate) fn include(&mut self, other: &Tally) {
        self.rows = self.rows.wrapping_add(other.rows);
        self.bytes = self.bytes.wrapping_add(other.bytes);
        self.sum = self.sum.wrapping_add(other.sum);
    }

    /// Takes another tally away.
    pub(crate) fn subtract(&mut self, other: &Tally) {
        self.rows = self.rows.wrapping_sub(other.rows);
        self.bytes = self.bytes.wrapping_sub(other.bytes);
        self.sum = self.sum.wrapping_sub(other.sum);
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.rows.to_le_bytes());
        out.extend_from_slice(&self.bytes.to_le_bytes());
        out.extend_from_slice(&self.sum.to_le_bytes());
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Option<Tally> {
        Some(Tally {
            rows: reader.u64()?,
            bytes: reader.u64()?,
            sum: reader.u64()?,
        })
    }
}

fn size(key: &[u8], value: &[u8]) -> u64 {
    offset(key.len()).wrapping_add(offset(value.len()))
}

fn hash(table: u8, key: &[u8], value: &[u8]) -> u64 {
    let mut state = mix(0x9E37_79B9_7F4A_7C15, u64::from(table));
    state = mix(state, offset(key.len()));
    state = absorb(state, key);
    state = absorb(state, value);
    finish(mix(state, offset(value.len())))
}

fn absorb(mut state: u64, bytes: &[u8]) -> u64 {
    let mut words = bytes.chunks_exact(8);
    for word in &mut words {
        let word = word.try_into().map_or(0, u64::from_le_bytes);
        state = mix(state, word);
    }
    let tail = words
        .remainder()
        .iter()
        .fold(0u64, |tail, byte| (tail << 8) | u64::from(*byte));
    mix(state, tail)
}

fn mix(state: u64, word: u64) -> u64 {
    (state ^ word)
        .wrapping_mul(0xD6E8_FEB8_6659_FD93)
        .rotate_left(29)
}

fn finish(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(rows: &[(u8, &str, &str)]) -> Tally {
        let mut tally = Tally::default();
        for (table, key, value) in rows {
            tally.add(&RowKey::new(*table, *key), value.as_bytes());
        }
        tally
    }

    #[test]
    fn the_order_of_rows_does_not_matter() {
        assert_eq!(
            tally(&[(1, "a", "x"), (2, "b", "y")]),
            tally(&[(2, "b", "y"), (1, "a", "x")])
        );
    }

    #[test]
    fn what_is_removed_leaves_no_trace() {
        let mut all = tally(&[(1, "a", "x"), (2, "b", "y")]);
        all.remove(&RowKey::new(2, "b"), b"y");
        assert_eq!(all, tally(&[(1, "a", "x")]));
    }

    #[test]
    fn a_changed_row_changes_the_sum() {
        let right = tally(&[(1, "ab", "12345678x")]);
        for wrong in [
            (2, "ab", "12345678x"),
            (1, "a", "b12345678x"),
            (1, "ab", "12345678y"),
        ] {
            assert_ne!(tally(&[wrong]).sum, right.sum, "{wrong:?}");
        }
    }

    #[test]
    fn the_hash_is_frozen() {
        assert_eq!(
            tally(&[(1, "key", "a value of some length")]).sum,
            9_413_955_912_975_275_981
        );
    }
}
