//! The journal: the record of truth, an append-only log in segments.
//!
//! A segment is `journal/<first LSN in hexadecimal>.seg`: a header, then records without a gap, then zeros. One write and one
//! sync carry a *group* of records. Each record says where it stands in its group, which is what tells a torn tail from a torn
//! middle: records of one group reach the disk in any order, so a bad record followed by good ones of its own group was never
//! acknowledged; followed by one of a *later* group it was, because no group is written before the one ahead of it is durable.

pub(crate) mod format;
pub(crate) mod recover;
pub(crate) mod writer;

use std::io;
use std::path::{Path, PathBuf};

use crate::lsn::Lsn;

/// Why the journal cannot be trusted.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// A segment's header is damaged or of an unknown format.
    #[error("{}: the segment's header at offset 0 is wrong ({why}): put an older copy of the tenant's directory back, or delete it: the next start finds the twins by their markers", segment.display())]
    Header {
        /// The segment file.
        segment: PathBuf,
        /// What is wrong.
        why: &'static str,
    },
    /// A bad record that was acknowledged: a later group follows it, or it lies in a segment that is not the last.
    #[error("{}: the record at offset {offset} (LSN {lsn}) is damaged and acknowledged records follow ({why}): put an older copy of the tenant's directory back, or delete it: the next start finds the twins by their markers", segment.display())]
    TornMiddle {
        /// The segment file.
        segment: PathBuf,
        /// Where the bad record begins, in bytes.
        offset: u64,
        /// The LSN that belongs there.
        lsn: Lsn,
        /// What is wrong.
        why: &'static str,
    },
    /// Records are missing between two files.
    #[error("{}: LSN {expected} to {} are missing before this segment: put the missing segment back, or an older copy of the tenant's directory", segment.display(), found.0.saturating_sub(1))]
    Gap {
        /// The segment behind the gap.
        segment: PathBuf,
        /// The LSN that should come next.
        expected: Lsn,
        /// The LSN that comes next.
        found: Lsn,
    },
    /// The store was closed in order at a later LSN than the journal now reaches.
    #[error("{}: the journal ends at LSN {end}, but the store was closed at LSN {closed}: acknowledged records are lost; put an older copy of the tenant's directory back, or delete it: the next start finds the twins by their markers", journal.display())]
    Shortened {
        /// The journal's directory.
        journal: PathBuf,
        /// Where the journal ends.
        end: Lsn,
        /// Where it ended when the store was closed.
        closed: Lsn,
    },
    /// A record is whole, but its payload is no batch that this program knows.
    #[error("{}: the record at LSN {lsn} cannot be read ({why}): was the store written by a later release?", segment.display())]
    Payload {
        /// The segment file.
        segment: PathBuf,
        /// The record.
        lsn: Lsn,
        /// What is wrong.
        why: &'static str,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl JournalError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> JournalError + '_ {
        move |source| JournalError::Io {
            path: path.into(),
            source,
        }
    }
}

/// One segment file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) first: Lsn,
    pub(crate) path: PathBuf,
}

/// The journal's directory inside a store's.
pub(crate) fn dir(store: &Path) -> PathBuf {
    store.join("journal")
}

/// The file name of the segment that begins with this LSN.
pub(crate) fn name(first: Lsn) -> String {
    format!("{:016x}.seg", first.0)
}

/// The number in a file name like `<16 hexadecimal digits>.<extension>`.
pub(crate) fn number(name: &str, extension: &str) -> Option<Lsn> {
    let digits = name.strip_suffix(extension)?;
    let plain = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if digits.len() != 16 || !digits.bytes().all(plain) {
        return None;
    }
    u64::from_str_radix(digits, 16).ok().map(Lsn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_names_are_segments() {
        assert_eq!(number(&name(Lsn(255)), ".seg"), Some(Lsn(255)));
        assert_eq!(name(Lsn(255)), "00000000000000ff.seg");
        for foreign in [
            "00000000000000ff.seg.tmp",
            "ff.seg",
            "00000000000000FF.seg",
            "+0000000000000ff.seg",
        ] {
            assert_eq!(number(foreign, ".seg"), None, "{foreign}");
        }
    }
}
