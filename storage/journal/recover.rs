//! What the journal holds when a store opens.

use std::io;
use std::path::{Path, PathBuf};

use crate::batch::Batch;
use crate::disk::{self, Access, Disk};
use crate::journal::{self, JournalError, Segment, format};
use crate::limit;
use crate::lsn::Lsn;

/// The end of the journal's last segment, bad bytes that were never acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TornTail {
    /// The segment file.
    pub segment: PathBuf,
    /// Where the bad bytes begin.
    pub offset: u64,
    /// What is wrong with them.
    pub why: &'static str,
}

/// How a segment's records end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tail {
    /// In zeros or at the end of the file.
    Clean,
    /// In bytes that can be an unfinished write.
    Torn(&'static str),
    /// In a bad record that had been durable.
    Middle(&'static str),
}

/// One segment's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scan {
    /// The LSN behind the last whole record.
    pub(crate) next: Lsn,
    /// The offset behind the last whole record.
    pub(crate) end: usize,
    pub(crate) records: u64,
    pub(crate) tail: Tail,
}

/// Walks the records of a segment whose header was found right, calling `each` with every record.
pub(crate) fn scan(bytes: &[u8], first: Lsn, mut each: impl FnMut(Lsn, &[u8])) -> Scan {
    let mut next = first;
    let mut end = format::SEGMENT_HEADER;
    let mut records = 0;
    let why = loop {
        match format::record_at(bytes, end) {
            Ok(found) if found.lsn == next => {
                each(next, found.payload);
                (next, end, records) = (next.next(), found.end, records + 1);
            }
            Ok(_) => break "the LSN is not the next one",
            Err(why) => break why,
        }
    };
    Scan {
        next,
        end,
        records,
        tail: tail(bytes, end, next, why),
    }
}

fn tail(bytes: &[u8], end: usize, next: Lsn, why: &'static str) -> Tail {
    let rest = bytes.get(end..).unwrap_or_default();
    if rest.iter().all(|byte| *byte == 0) {
        return Tail::Clean;
    }
    let later_group = (end..bytes.len()).any(|offset| is_of_later_group(bytes, offset, next));
    if later_group {
        Tail::Middle(why)
    } else {
        Tail::Torn(why)
    }
}

/// Whether a whole record stands here that was written only after the record `next` had become durable.
fn is_of_later_group(bytes: &[u8], offset: usize, next: Lsn) -> bool {
    let plausible = next.0..next.0.saturating_add(limit::LSN_WINDOW);
    if !format::claimed_lsn(bytes, offset).is_some_and(|lsn| plausible.contains(&lsn.0)) {
        return false;
    }
    let begins_at = |found: format::Found<'_>| found.lsn.0.saturating_sub(u64::from(found.group));
    format::record_at(bytes, offset).is_ok_and(|found| begins_at(found) > next.0)
}

/// The journal as it was found.
#[derive(Clone, Debug)]
pub(crate) struct Recovered {
    /// The live segments, in order. Empty in a new store.
    pub(crate) segments: Vec<Segment>,
    /// Segments that a checkpoint made superfluous.
    pub(crate) stale: Vec<Segment>,
    /// The last LSN.
    pub(crate) end: Lsn,
    /// Where the last segment's records end.
    pub(crate) position: usize,
    /// All bytes of the live segments' records.
    pub(crate) bytes: u64,
    pub(crate) torn: Option<TornTail>,
}

/// All segments of a directory, in order of their first LSN.
pub(crate) fn list(disk: &dyn Disk, dir: &Path) -> Result<Vec<Segment>, JournalError> {
    let names = disk.list(dir).map_err(JournalError::io(dir))?;
    let segment = |name: &String| {
        journal::number(name, ".seg").map(|first| Segment {
            first,
            path: dir.join(name),
        })
    };
    Ok(names.iter().filter_map(segment).collect())
}

/// Splits off the segments whose records all lie at or below the checkpoint.
pub(crate) fn split_stale(
    mut segments: Vec<Segment>,
    checkpoint: Lsn,
) -> (Vec<Segment>, Vec<Segment>) {
    let begins = |segment: &Segment| segment.first <= checkpoint.next();
    let stale = segments
        .iter()
        .filter(|segment| begins(segment))
        .count()
        .saturating_sub(1);
    let live = segments.split_off(stale);
    (segments, live)
}

/// A segment's bytes, its header checked.
pub(crate) fn read(disk: &dyn Disk, segment: &Segment) -> Result<Vec<u8>, JournalError> {
    let bytes = disk::read_all(disk, &segment.path, limit::SEGMENT_FILE_BYTES)
        .map_err(JournalError::io(&segment.path))?;
    format::check_segment_header(&bytes, segment.first).map_err(|why| JournalError::Header {
        segment: segment.path.clone(),
        why,
    })?;
    Ok(bytes)
}

/// Reads the whole journal behind a checkpoint and says where it ends.
///
/// # Errors
/// When acknowledged records are damaged or missing. Nothing is changed.
pub(crate) fn recover(
    disk: &dyn Disk,
    dir: &Path,
    checkpoint: Lsn,
) -> Result<Recovered, JournalError> {
    let (stale, segments) = split_stale(list(disk, dir)?, checkpoint);
    let mut found = Recovered {
        segments: Vec::new(),
        stale,
        end: checkpoint,
        position: 0,
        bytes: 0,
        torn: None,
    };
    let mut expected = None;
    let last = segments.len().saturating_sub(1);
    for (number, segment) in segments.into_iter().enumerate() {
        let next = expected.unwrap_or_else(|| segment.first.min(checkpoint.next()));
        if segment.first != next {
            return Err(JournalError::Gap {
                segment: segment.path,
                expected: next,
                found: segment.first,
            });
        }
        let bytes = read(disk, &segment)?;
        let scan = scan(&bytes, segment.first, |_, _| ());
        check_tail(&segment, &scan, number == last, &mut found)?;
        found.end = Lsn(scan.next.0.saturating_sub(1));
        found.position = scan.end;
        found.bytes += scan.end as u64;
        found.segments.push(segment);
        expected = Some(scan.next);
    }
    check_reach(dir, found, checkpoint)
}

/// A journal that ends below its checkpoint has lost its end.
fn check_reach(dir: &Path, found: Recovered, checkpoint: Lsn) -> Result<Recovered, JournalError> {
    if found.end < checkpoint {
        let journal = dir.to_path_buf();
        return Err(JournalError::Shortened {
            journal,
            end: found.end,
            closed: checkpoint,
        });
    }
    Ok(found)
}

fn check_tail(
    segment: &Segment,
    scan: &Scan,
    is_last: bool,
    found: &mut Recovered,
) -> Result<(), JournalError> {
    let offset = scan.end as u64;
    match scan.tail {
        Tail::Clean => {}
        Tail::Torn(why) if is_last => {
            found.torn = Some(TornTail {
                segment: segment.path.clone(),
                offset,
                why,
            });
        }
        // Behind a segment that was left in order another one follows; whether records are missing shows in its first LSN.
        Tail::Torn(why) | Tail::Middle(why) => {
            return Err(JournalError::TornMiddle {
                segment: segment.path.clone(),
                offset,
                lsn: scan.next,
                why,
            });
        }
    }
    Ok(())
}

/// Calls `each` with every batch after an LSN, in order.
///
/// # Errors
/// When a segment cannot be read, a payload is unknown, or `each` fails.
pub(crate) fn replay<E: From<JournalError>>(
    disk: &dyn Disk,
    segments: &[Segment],
    after: Lsn,
    mut each: impl FnMut(Lsn, Batch) -> Result<(), E>,
) -> Result<(), E> {
    let (_, segments) = split_stale(segments.to_vec(), after);
    for segment in &segments {
        let bytes = read(disk, segment)?;
        let mut outcome = Ok(());
        scan(&bytes, segment.first, |lsn, payload| {
            if lsn > after && outcome.is_ok() {
                outcome = decode(segment, lsn, payload)
                    .map_err(E::from)
                    .and_then(|batch| each(lsn, batch));
            }
        });
        outcome?;
    }
    Ok(())
}

pub(crate) fn decode(segment: &Segment, lsn: Lsn, payload: &[u8]) -> Result<Batch, JournalError> {
    Batch::decode(payload).map_err(|why| JournalError::Payload {
        segment: segment.path.clone(),
        lsn,
        why,
    })
}

/// Overwrites the torn tail with zeros, durably, so that its remains can never be taken for records.
pub(crate) fn cut(disk: &dyn Disk, tail: &TornTail) -> Result<(), JournalError> {
    let act = || {
        let file = disk.open(&tail.segment, Access::Write)?;
        let length = file.length()?;
        let zeros = vec![0; 64 << 10];
        let mut offset = tail.offset;
        while offset < length {
            let count = usize::try_from(length - offset)
                .unwrap_or(usize::MAX)
                .min(zeros.len());
            file.write_at(offset, zeros.get(..count).unwrap_or_default())?;
            offset += count as u64;
        }
        file.sync_data()
    };
    act().map_err(JournalError::io(&tail.segment))
}

/// Writes the records of a segment once more, durably.
///
/// They are what a reader sees, which may be more than the disk holds: after a failed sync the kernel shows pages that it
/// takes for written and will never write. A record behind such pages would be an acknowledged one behind a torn middle.
pub(crate) fn keep(disk: &dyn Disk, segment: &Segment, end: usize) -> Result<(), JournalError> {
    let act = || {
        let file = disk.open(&segment.path, Access::Write)?;
        let mut buffer = vec![0; 64 << 10];
        let mut offset = 0;
        while offset < end {
            let most = (end - offset).min(buffer.len());
            let count = file.read_at(offset as u64, buffer.get_mut(..most).unwrap_or_default())?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            file.write_at(offset as u64, buffer.get(..count).unwrap_or_default())?;
            offset += count;
        }
        file.sync_data()
    };
    act().map_err(JournalError::io(&segment.path))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A segment with these (LSN, position in group) records, each with a payload of its own.
    fn segment(records: &[(u64, u32)]) -> (Vec<u8>, Vec<usize>) {
        let mut bytes = format::segment_header(Lsn(1));
        let mut starts = Vec::new();
        for (lsn, group) in records {
            starts.push(bytes.len());
            format::put_record(
                &mut bytes,
                Lsn(*lsn),
                *group,
                format!("payload {lsn}").as_bytes(),
            );
        }
        bytes.resize(bytes.len() + 100, 0);
        (bytes, starts)
    }

    #[test]
    fn whole_records_are_walked_to_the_zeros() {
        let (bytes, _) = segment(&[(1, 0), (2, 0), (3, 1)]);
        let mut seen = Vec::new();
        let scan = scan(&bytes, Lsn(1), |lsn, payload| {
            seen.push((lsn.0, payload.to_vec()))
        });
        assert_eq!(
            (scan.next, scan.records, scan.tail),
            (Lsn(4), 3, Tail::Clean)
        );
        assert_eq!(seen[2], (3, b"payload 3".to_vec()));
    }

    #[test]
    fn a_bad_record_before_its_own_group_is_a_torn_tail() {
        let (mut bytes, starts) = segment(&[(1, 0), (2, 0), (3, 1)]);
        bytes[starts[1] + 21] ^= 1;
        let scan = scan(&bytes, Lsn(1), |_, _| ());
        assert_eq!((scan.next, scan.end), (Lsn(2), starts[1]));
        assert!(matches!(scan.tail, Tail::Torn(_)));
    }

    #[test]
    fn a_bad_record_before_a_later_group_is_a_torn_middle() {
        let (good, starts) = segment(&[(1, 0), (2, 0), (3, 0)]);
        for at in starts[1]..starts[2] {
            let mut bytes = good.clone();
            bytes[at] ^= 0x40;
            let scan = scan(&bytes, Lsn(1), |_, _| ());
            assert!(matches!(scan.tail, Tail::Middle(_)), "byte {at}");
            assert_eq!(scan.end, starts[1]);
        }
    }

    #[test]
    fn a_skipped_lsn_is_a_torn_middle() {
        let (bytes, _) = segment(&[(1, 0), (3, 0)]);
        assert!(matches!(
            scan(&bytes, Lsn(1), |_, _| ()).tail,
            Tail::Middle(_)
        ));
    }

    #[test]
    fn segments_below_the_checkpoint_are_stale() {
        let check = |firsts: &[u64], checkpoint: u64, stale: usize| {
            let segments = firsts.iter().map(|first| Segment {
                first: Lsn(*first),
                path: "s".into(),
            });
            let (gone, live) = split_stale(segments.collect(), Lsn(checkpoint));
            assert_eq!(
                (gone.len(), live.len()),
                (stale, firsts.len() - stale),
                "{firsts:?} {checkpoint}"
            );
        };
        check(&[1, 10, 20], 0, 0);
        check(&[1, 10, 20], 8, 0);
        check(&[1, 10, 20], 9, 1);
        check(&[1, 10, 20], 100, 2);
        check(&[10, 20], 3, 0);
        check(&[], 3, 0);
    }
}
