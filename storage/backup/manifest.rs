//! What a backup says of itself: at its beginning what a restore needs first, at its end what it must have held.

use model::Millis;
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::envelope::Record;

/// The beginning. It holds the key of the digests, so it has no `Debug` and is wiped when it goes.
#[derive(Serialize, Deserialize)]
pub(super) struct Preface {
    /// The tenant.
    pub(super) tenant: String,
    /// The backup's name.
    pub(super) id: String,
    /// When it was begun.
    pub(super) created: Millis,
    /// The version of the program that wrote it.
    pub(super) program: String,
    /// The last record whose changes are in the rows.
    pub(super) lsn: u64,
    /// How often the store had been opened.
    pub(super) incarnation: u64,
    /// Which store it is.
    pub(super) installation: [u8; 16],
    /// The key of the digests.
    pub(super) digest_key: [u8; 32],
}

impl Record for Preface {
    const KIND: u16 = 64;
    const VERSION: u16 = 1;
}

impl Drop for Preface {
    fn drop(&mut self) {
        self.digest_key.zeroize();
    }
}

/// What a backup holds, counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The tenant.
    pub tenant: String,
    /// The backup's name.
    pub id: String,
    /// When it was begun.
    pub created: Millis,
    /// The version of the program that wrote it.
    pub program: String,
    /// The last record whose changes are in the rows.
    pub lsn: u64,
    /// How often the store had been opened.
    pub incarnation: u64,
    /// Which store it is.
    pub installation: [u8; 16],
    /// The tables, in the order of their numbers, the store's own last; those without a row too.
    pub tables: Vec<TableSum>,
    /// The files, in their order.
    pub files: Vec<FileSum>,
}

impl Record for Manifest {
    const KIND: u16 = 65;
    const VERSION: u16 = 1;
}

impl Manifest {
    /// Rows of all tables.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }

    /// Bytes of all keys, values and files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let tables = self.tables.iter().map(|table| table.bytes);
        tables.chain(self.files.iter().map(|file| file.bytes)).sum()
    }
}

/// One table's rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSum {
    /// The table's number.
    pub table: u8,
    /// How many rows.
    pub rows: u64,
    /// Bytes of keys and values.
    pub bytes: u64,
    /// SHA-256 over keys and values in order, each behind its length.
    pub digest: [u8; 32],
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSum {
    /// `vault`, or `profiles/` and the name of the file.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 over it.
    pub digest: [u8; 32],
}

/// Counts and hashes what goes by.
pub(super) struct Sum {
    context: ring::digest::Context,
    pub(super) rows: u64,
    pub(super) bytes: u64,
}

impl Sum {
    pub(super) fn new() -> Sum {
        Sum {
            context: ring::digest::Context::new(&ring::digest::SHA256),
            rows: 0,
            bytes: 0,
        }
    }

    pub(super) fn row(&mut self, key: &[u8], value: &[u8]) {
        self.rows += 1;
        self.bytes += (key.len() + value.len()) as u64;
        for part in [key, value] {
            self.context.update(&crate::bytes::length(part));
            self.context.update(part);
        }
    }

    pub(super) fn part(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.context.update(bytes);
    }

    pub(super) fn digest(&self) -> [u8; 32] {
        digest_of(self.context.clone())
    }
}

pub(super) fn digest_of(context: ring::digest::Context) -> [u8; 32] {
    let mut out = [0; 32];
    for (to, from) in out.iter_mut().zip(context.finish().as_ref()) {
        *to = *from;
    }
    out
}

/// The tables that a backup carries, with what was counted of each: all but the histories, and the store's own.
pub(super) struct Tables(Vec<(u8, Sum)>);

impl Tables {
    pub(super) fn new() -> Tables {
        let users = crate::Table::ALL.into_iter().map(crate::Table::number);
        let carried = users
            .chain([crate::table::SYSTEM])
            .filter(|table| is_carried(*table));
        Tables(carried.map(|table| (table, Sum::new())).collect())
    }

    /// Counts a row; says whether its table is one that is carried.
    pub(super) fn row(&mut self, table: u8, key: &[u8], value: &[u8]) -> bool {
        let found = self.0.iter_mut().find(|(number, _)| *number == table);
        let Some((_, sum)) = found else { return false };
        sum.row(key, value);
        true
    }

    pub(super) fn sums(&self) -> Vec<TableSum> {
        let sum = |(table, sum): &(u8, Sum)| TableSum {
            table: *table,
            rows: sum.rows,
            bytes: sum.bytes,
            digest: sum.digest(),
        };
        self.0.iter().map(sum).collect()
    }
}

/// Whether a backup carries the rows of a table. What was done to a pair is no part of what is needed to go on with it.
pub(super) fn is_carried(table: u8) -> bool {
    table != crate::Table::History.number()
}
