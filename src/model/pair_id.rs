//! The identity of a pair.

use serde::{Deserialize, Serialize};

use crate::{ItemId, Side};

/// A pair is named by the item it began with: where that item lives and its id there. The name is a pure function of the
/// source, so two events about one source can never begin two pairs, and a pair found again after a restore has the
/// identity it had before (durability.md 3.2, rule 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PairId {
    /// The side on which the pair began.
    pub origin: Side,
    /// The item on that side.
    pub item: ItemId,
}

impl PairId {
    /// Nine bytes that sort by origin, then by id.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 9] {
        let mut bytes = [0; 9];
        bytes[0] = match self.origin {
            Side::Jira => b'j',
            Side::Azure => b'a',
        };
        bytes[1..].copy_from_slice(&self.item.0.to_be_bytes());
        bytes
    }

    /// The pair of these nine bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<PairId> {
        let (first, rest) = bytes.split_first()?;
        let origin = match first {
            b'j' => Side::Jira,
            b'a' => Side::Azure,
            _ => return None,
        };
        Some(PairId {
            origin,
            item: ItemId(u64::from_be_bytes(rest.try_into().ok()?)),
        })
    }
}

impl std::fmt::Display for PairId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}-{}", self.origin, self.item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_read_back() {
        for origin in Side::BOTH {
            let pair = PairId {
                origin,
                item: ItemId(0x0102_0304_0506),
            };
            assert_eq!(PairId::from_bytes(&pair.to_bytes()), Some(pair));
        }
        assert_eq!(PairId::from_bytes(b"x12345678"), None);
        assert_eq!(PairId::from_bytes(b"j"), None);
    }
}
