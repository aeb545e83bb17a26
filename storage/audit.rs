//! The audit log of a data directory: who did what to configuration, keys, backups, pairs and the log itself.
//!
//! `node.audit/` holds segments of JSON lines that only grow, and `head`, which says how many entries there are. Each entry holds the
//! sum of the one before, and its own over all of its bytes, so no bit of it can change, and none can be taken out, put in or
//! moved, without the chain telling. With a master key at hand entries and head also carry a seal under a key that follows from
//! it, so that nobody without the master key can make the chain anew.
//!
//! An entry is durable before [`Audit::append`] comes back. Several processes may append: each takes the lock for it.
//! Whoever changes something appends an entry that it has begun and one of how it ended; between the two a crash leaves the
//! first alone, and nobody has to guess what is missing.
//!
//! Architecture invariant: entries hold numbers, codes, and what [`model::log`](mod@model::log) lets into a log: names, never content.
//!
//! Architecture invariant: nothing that was found wrong is mended in silence. A tail that a crash tore off stays where it is, and
//! the next entry says how many bytes it has; a gap stays a gap in the numbers.

mod act;
mod check;
mod error;
mod head;
mod key;
mod line;
#[cfg(test)]
mod tests;

use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::Millis;
use model::log::Told;
use serde::{Deserialize, Serialize};

use crate::disk::{self, Access, Disk, Lock};
use crate::limit;
use head::{Head, Place, Standing};
use line::Sum;

pub use act::{Act, Action, Stage};
pub use check::AuditReport;
pub use error::AuditError;
pub use key::AuditKey;

/// One entry, as it is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its number; the first one is 1.
    pub n: u64,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Who: numbers and names of accounts of this machine, or the endpoint.
    pub who: String,
    /// What: the code of an [`Action`]. A later release may know more of them.
    pub what: String,
    /// How far it is: the code of a [`Stage`].
    pub stage: String,
    /// The entry that this one tells the end of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<u64>,
    /// The tenant it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// What it is about: the name of a credential, a pair, a profile with its fingerprint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The sum of the entry before.
    prev: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seal: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sum: Option<String>,
}

/// The audit log of one data directory.
#[derive(Clone, Debug)]
pub struct Audit {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
}

/// Where the chain ends.
#[derive(Default)]
struct End {
    n: u64,
    sum: Sum,
    /// Bytes behind the last entry of the last segment.
    torn: u64,
    /// The last segment, if there is one, and its length.
    segment: Option<(u32, u64)>,
    /// Whether the last entry lacks the line feed that ends it.
    is_open: bool,
    /// Whether the last entry is sealed.
    is_sealed: bool,
    /// The key that sealed the latest of the last entries that are sealed.
    sealed_by: Option<String>,
    /// Whether the head does not know of the last entries yet, as a crash leaves it.
    head_is_behind: bool,
    /// Whether the head is not there or cannot be what the last append left.
    head_is_wrong: bool,
}

impl Audit {
    /// The audit log of that data directory. Nothing is made until something is appended.
    #[must_use]
    pub fn at(disk: Arc<dyn Disk>, data: &Path) -> Audit {
        let dir = data.join("node.audit");
        Audit { disk, dir }
    }

    /// Appends an entry durably and gives its number.
    ///
    /// # Errors
    /// When it is not durable. Then nobody should go on with what it tells of.
    pub fn append(
        &self,
        act: &Act,
        now: Millis,
        key: Option<&AuditKey>,
    ) -> Result<u64, AuditError> {
        let _lock = self.begin()?;
        self.append_to(self.end(key)?, act, now, key)
    }

    /// Like [`Audit::append`] under a key that was held for a while. It may be a former one by now, and an entry under that behind
    /// one under its successor would look forged for ever; so nothing is appended unless
    /// that key sealed the latest of the last entries, as far as any did.
    ///
    /// # Errors
    /// [`AuditError::OtherKey`], upon which the key is to be asked for anew; as [`Audit::append`].
    pub fn append_under(&self, act: &Act, now: Millis, held: &AuditKey) -> Result<u64, AuditError> {
        let _lock = self.begin()?;
        let end = self.end(Some(held))?;
        if end.n > 0 && end.sealed_by.as_deref() != Some(held.id()) {
            return Err(AuditError::OtherKey);
        }
        self.append_to(end, act, now, Some(held))
    }

    fn begin(&self) -> Result<Box<dyn Lock>, AuditError> {
        let made = self.disk.create_dir(&self.dir);
        made.map_err(AuditError::io(&self.dir))?;
        self.lock(Access::Write)
    }

    fn append_to(
        &self,
        mut end: End,
        act: &Act,
        now: Millis,
        key: Option<&AuditKey>,
    ) -> Result<u64, AuditError> {
        if end.n == 0 && !end.head_is_wrong {
            // From here on no crash leaves entries without a head.
            self.put_head(0, &Sum::default(), key)?;
        }
        // The head is one entry behind at most; a log whose head failed twice would look forged.
        if end.head_is_behind && (key.is_some() || !end.is_sealed) {
            self.put_head(end.n, &end.sum, key)?;
        }
        if end.torn > 0 {
            let told = model::told!("{} bytes", end.torn);
            self.add(&mut end, &Act::own(Action::TailMended, told), now, key)?;
            // A head that is wrong stays until that is told: a crash between must not make it look right.
            if !end.head_is_wrong {
                self.put_head(end.n, &end.sum, key)?;
            }
        }
        if end.head_is_wrong {
            let told = model::told!("before entry {}", end.n.saturating_add(1));
            self.put(&mut end, &Act::own(Action::HeadMended, told), now, key)?;
        }
        self.put(&mut end, act, now, key)
    }

    /// The last entries, at most so many, the oldest first. What cannot be read is left out: [`Audit::check`] names it.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn last(&self, most: usize) -> Result<Vec<Entry>, AuditError> {
        let mut found = Vec::new();
        if most > 0 {
            self.look_back(None, |entry| {
                found.push(entry);
                match found.len() < most {
                    true => ControlFlow::Continue(()),
                    false => ControlFlow::Break(()),
                }
            })?;
        }
        found.reverse();
        Ok(found)
    }

    /// Shows the entries, or only those of that action, from the last one back, until enough was seen. What cannot be read is left
    /// out, and segments before that are not read at all.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn look_back(
        &self,
        what: Option<Action>,
        mut look: impl FnMut(Entry) -> ControlFlow<()>,
    ) -> Result<(), AuditError> {
        // Most lines are of other actions: they are not worth the reading.
        let sign = what.map(|what| format!("\"what\":\"{}\"", what.as_str()));
        let is_meant = |line: &&[u8]| {
            let is_it = |sign: &String| {
                std::str::from_utf8(line).is_ok_and(|text| text.contains(sign.as_str()))
            };
            sign.as_ref().is_none_or(is_it)
        };
        for number in self.segments()?.into_iter().rev() {
            let bytes = self.read_segment(number)?;
            for line in bytes.rsplit(|byte| *byte == b'\n').filter(is_meant) {
                let read = line::read::<Entry>(line);
                if read.is_ok_and(|line| look(line.body).is_break()) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Waits its turn.
    fn lock(&self, access: Access) -> Result<Box<dyn Lock>, AuditError> {
        let path = self.dir.join("lock");
        let locked = disk::lock_in_turn(&*self.disk, &path, access);
        locked.map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => AuditError::Busy(path),
            _ => AuditError::io(&path)(error),
        })
    }

    /// Adds an entry, and puts the head behind it.
    fn put(
        &self,
        end: &mut End,
        act: &Act,
        now: Millis,
        key: Option<&AuditKey>,
    ) -> Result<u64, AuditError> {
        self.add(end, act, now, key)?;
        self.put_head(end.n, &end.sum, key)?;
        Ok(end.n)
    }

    /// Adds an entry durably, and leaves the head as it is.
    fn add(
        &self,
        end: &mut End,
        act: &Act,
        now: Millis,
        key: Option<&AuditKey>,
    ) -> Result<(), AuditError> {
        let n = end.n.saturating_add(1);
        let text = |told: &Told| {
            told.as_str()
                .chars()
                .take(limit::AUDIT_TEXT_CHARS)
                .collect()
        };
        let entry = Entry {
            n,
            at: now.0,
            who: text(&act.who),
            what: act.what.as_str().to_owned(),
            stage: act.stage.as_str().to_owned(),
            of: act.of,
            tenant: act.tenant.as_ref().map(|tenant| tenant.as_str().to_owned()),
            subject: act.subject.as_ref().map(text),
            prev: line::hex(&end.sum),
            key: None,
            seal: None,
            sum: None,
        };
        let (written, sum) = line::write(&entry, key)?;
        self.write(end, &written)?;
        (end.n, end.sum, end.torn, end.is_open) = (n, sum, 0, false);
        Ok(())
    }

    fn put_head(&self, n: u64, sum: &Sum, key: Option<&AuditKey>) -> Result<(), AuditError> {
        let path = self.head_path();
        let (written, _) = line::write(&Head::behind(n, sum), key)?;
        let put = disk::replace(&*self.disk, &path, written.as_bytes());
        put.map_err(AuditError::io(&path))
    }

    fn write(&self, end: &mut End, line: &str) -> Result<(), AuditError> {
        let fresh = match end.segment {
            None => Some(1),
            Some((number, length)) if length >= limit::AUDIT_SEGMENT_BYTES && end.torn == 0 => {
                Some(number.saturating_add(1))
            }
            Some(_) => None,
        };
        if let Some(number) = fresh {
            let path = self.segment_path(number);
            self.disk.create(&path).map_err(AuditError::io(&path))?;
            let synced = self.disk.sync_dir(&self.dir);
            synced.map_err(AuditError::io(&self.dir))?;
            end.segment = Some((number, 0));
        }
        let (number, length) = end.segment.unwrap_or((1, 0));
        let path = self.segment_path(number);
        // What was torn off ends here, and stays.
        let line = match (end.torn, end.is_open) {
            (0, false) => line.to_owned(),
            (_, true) | (1.., false) => format!("\n{line}"),
        };
        let written = self.disk.open(&path, Access::Write).and_then(|file| {
            file.write_at(length, line.as_bytes())?;
            file.sync_data()
        });
        written.map_err(AuditError::io(&path))?;
        end.segment = Some((number, length.saturating_add(line.len() as u64)));
        Ok(())
    }

    /// Finds where the chain ends: by the last entry that can be read, and by the head where that knows of more.
    fn end(&self, key: Option<&AuditKey>) -> Result<End, AuditError> {
        let mut end = End::default();
        // The last entries, the last one first.
        let mut last: Vec<line::Line<Entry>> = Vec::new();
        for (at, number) in self.segments()?.iter().rev().enumerate() {
            let bytes = self.read_segment(*number)?;
            let (found, behind) = last_entries(&bytes, head::PLACES - last.len());
            if at == 0 {
                end.segment = Some((*number, bytes.len() as u64));
                end.torn = (bytes.len() - behind) as u64;
                // A crash may have taken nothing but the line feed.
                let rest = bytes.get(behind..).unwrap_or_default();
                if let Ok(open) = line::read::<Entry>(rest) {
                    last.push(open);
                    (end.is_open, end.torn) = (true, 0);
                }
            }
            last.extend(found);
            if last.len() >= head::PLACES {
                break;
            }
        }
        if let Some(last) = last.first() {
            (end.n, end.sum, end.is_sealed) = (last.body.n, last.sum, last.seal.is_some());
        }
        let mut places: Vec<Place> = last.iter().map(Place::behind).collect();
        end.sealed_by = places.iter().find_map(|place| place.key.clone());
        let first = last.iter().find(|entry| entry.body.n == 1);
        places.extend(first.map(Place::before));
        if places.is_empty() {
            places.push(Place::default());
        }
        self.judge_head(&mut end, &places, key)?;
        Ok(end)
    }

    /// Says where the head stands.
    fn judge_head(
        &self,
        end: &mut End,
        places: &[Place],
        key: Option<&AuditKey>,
    ) -> Result<(), AuditError> {
        let head = match self.head()? {
            Some(Ok(head)) => head,
            Some(Err(())) => {
                end.head_is_wrong = true;
                return Ok(());
            }
            None => {
                end.head_is_wrong = end.segment.is_some();
                return Ok(());
            }
        };
        let keys = key.map(std::slice::from_ref).unwrap_or_default();
        let is_ours = |place: &Place| place.key.as_deref() == key.map(AuditKey::id);
        let is_proven = key.is_some() && places.iter().any(is_ours);
        end.head_is_wrong = head::forgery(&head, places, keys, is_proven).is_some();
        match head::standing(&head.body, places) {
            Standing::Level => {}
            Standing::Behind => end.head_is_behind = !end.head_is_wrong,
            Standing::Ahead => {
                // Entries are gone. Their numbers are not given again, and the sum of the last one is known.
                end.n = head.body.n;
                end.sum = line::unhex(&head.body.last).unwrap_or_default();
            }
            Standing::Elsewhere => end.head_is_wrong = true,
        }
        Ok(())
    }

    /// The head; nothing when there is none, and an error when it cannot be read.
    fn head(&self) -> Result<Option<Result<line::Line<Head>, ()>>, AuditError> {
        let path = self.head_path();
        match disk::read_all(&*self.disk, &path, limit::AUDIT_LINE_BYTES) {
            Ok(bytes) => Ok(Some(head::read(&bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => Ok(Some(Err(()))),
            Err(error) => Err(AuditError::io(&path)(error)),
        }
    }

    fn head_path(&self) -> PathBuf {
        self.dir.join("head")
    }

    fn segment_path(&self, number: u32) -> PathBuf {
        self.dir.join(format!("{number:06}.jsonl"))
    }

    /// The numbers of the segments, in order.
    fn segments(&self) -> Result<Vec<u32>, AuditError> {
        let names = self.disk.list(&self.dir);
        let names = names.map_err(AuditError::io(&self.dir))?;
        let number = |name: &String| name.strip_suffix(".jsonl")?.parse().ok();
        let mut numbers: Vec<u32> = names.iter().filter_map(number).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn read_segment(&self, number: u32) -> Result<Vec<u8>, AuditError> {
        // An entry may begin below the bound and end beyond it, and a torn tail come on top.
        let most = limit::AUDIT_SEGMENT_BYTES + 16 * limit::AUDIT_LINE_BYTES;
        let path = self.segment_path(number);
        disk::read_all(&*self.disk, &path, most).map_err(AuditError::io(&path))
    }
}

/// The last whole entries, at most so many, the last one first, and the offset behind the last one's line.
fn last_entries(bytes: &[u8], most: usize) -> (Vec<line::Line<Entry>>, usize) {
    let (mut found, mut behind) = (Vec::new(), 0);
    let mut end = bytes.iter().rposition(|byte| *byte == b'\n');
    while let Some(at) = end.filter(|_| found.len() < most) {
        let whole = bytes.get(..at).unwrap_or_default();
        let before = whole.iter().rposition(|byte| *byte == b'\n');
        let begin = before.map_or(0, |before| before + 1);
        if let Ok(entry) = line::read(whole.get(begin..).unwrap_or_default()) {
            behind = behind.max(at + 1);
            found.push(entry);
        }
        end = before;
    }
    (found, behind)
}
