//! The tables of the state.

/// Tables of the state; the numeric value is on disk and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Table {
    /// Facts about the tenant's store itself.
    Meta = 0,
    /// One row per pair.
    Pair = 1,
    /// From an item's identity to its pair.
    Index = 2,
    /// Events that were received and not yet taken up.
    Inbox = 3,
    /// How far each feed has been read.
    Cursor = 4,
    /// Problems for the customer.
    Problem = 5,
    /// What was done, per pair.
    History = 6,
    /// What is due when.
    Timer = 7,
    /// Profiles, sealed by their owner.
    Profile = 8,
    /// Receipts of effects.
    Receipt = 9,
}

impl Table {
    /// Every table, in the order of their numbers.
    pub const ALL: [Table; 10] = [
        Table::Meta,
        Table::Pair,
        Table::Index,
        Table::Inbox,
        Table::Cursor,
        Table::Problem,
        Table::History,
        Table::Timer,
        Table::Profile,
        Table::Receipt,
    ];

    /// The table of a number, if there is one.
    pub fn from_number(number: u8) -> Option<Table> {
        Table::ALL.get(usize::from(number)).copied()
    }

    /// The number that is on disk.
    pub fn number(self) -> u8 {
        self as u8
    }
}

/// The store's own table: the installation, the incarnation, the check of the digest key. Out of its users' reach.
pub(crate) const SYSTEM: u8 = 0x7e;

/// Whether a number found on disk is that of a table.
pub(crate) fn is_known(number: u8) -> bool {
    number == SYSTEM || Table::from_number(number).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_frozen() {
        for (position, table) in Table::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(table.number()), position);
            assert_eq!(Table::from_number(table.number()), Some(table));
        }
        assert_eq!(Table::Receipt.number(), 9);
        assert_eq!(Table::from_number(10), None);
        assert!(is_known(SYSTEM));
        assert!(!is_known(10));
    }
}
