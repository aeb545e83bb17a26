//! The records that every store is given.

/// A key and a value.
pub(crate) type Row = (Vec<u8>, Vec<u8>);

/// A linked pair's row with six fields and four comments.
const PAIR: usize = 321;
/// A pair's identity, which an index row leads to.
const IDENTITY: usize = 9;

/// The first byte of a pair's key; what follows is its number.
pub(crate) const PAIR_TABLE: u8 = 1;
/// The first byte of an index row's key.
pub(crate) const INDEX_TABLE: u8 = 2;

/// All rows of a new pair.
pub(crate) fn of(pair: u64) -> Vec<Row> {
    vec![row(pair, 0), index(pair, b'j'), index(pair, b'a')]
}

/// The row of a pair as it is after so many changes. Digests make up most of it, so it is of random bytes.
pub(crate) fn row(pair: u64, change: u64) -> Row {
    let key = [[PAIR_TABLE].as_slice(), &pair.to_be_bytes()].concat();
    (key, noise(pair ^ change.rotate_left(32), PAIR))
}

fn index(pair: u64, side: u8) -> Row {
    let key = [[INDEX_TABLE, side].as_slice(), &pair.to_be_bytes()].concat();
    (key, noise(pair, IDENTITY))
}

/// Bytes that do not compress (splitmix64).
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bytes.extend_from_slice(&(word ^ (word >> 31)).to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}
