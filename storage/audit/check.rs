//! Checking the chain.

use std::io;
use std::path::Path;

use super::line::{self, Line, Sum};
use super::{Action, Audit, AuditError, AuditKey, Entry, Head, read_head};
use crate::disk::{self, Access};
use crate::fsck::{Finding, Severity};
use crate::limit;

const FORGED: &str = "find out who wrote into the data directory, and compare with a copy of it; the log goes on all the same";
const CRASHED: &str = "nothing: a crash leaves this, and the next entry tells of it";

/// What a check of the audit log found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditReport {
    /// What is wrong, in the order it was found.
    pub findings: Vec<Finding>,
    /// How many entries there are.
    pub entries: u64,
    /// How many of them are sealed under a key that is at hand. The last of them vouches for all before.
    pub sealed: u64,
    /// How many are sealed under keys that are not at hand.
    pub unproven: u64,
}

impl AuditReport {
    /// Whether nothing was changed, taken out or put in.
    #[must_use]
    pub fn ok(&self) -> bool {
        let is_fine = |finding: &Finding| finding.severity < Severity::Error;
        self.findings.iter().all(is_fine)
    }
}

impl Audit {
    /// Reads every byte of it, with these keys for the seals; nothing when there is no audit log.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn check(&self, keys: &[AuditKey]) -> Result<Option<AuditReport>, AuditError> {
        let head_path = self.head_path();
        if self.segments()?.is_empty() && self.head()?.is_none() {
            return Ok(None);
        }
        // A copy of the files may come without the lock, and then nobody appends to it.
        let _lock = match self.lock(Access::Read) {
            Err(AuditError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => None,
            locked => Some(locked?),
        };
        let head = disk::read_all(&*self.disk, &head_path, limit::AUDIT_LINE_BYTES);
        let head = match head {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => Some(Vec::new()),
            Err(error) => return Err(AuditError::io(&head_path)(error)),
        };
        let mut chain = Chain::with(keys);
        for number in self.segments()? {
            let bytes = self.read_segment(number)?;
            chain.segment(&self.segment_path(number), &bytes);
        }
        chain.head(&head_path, head.as_deref());
        if !keys.is_empty() && chain.n > 0 && chain.report.sealed + chain.report.unproven == 0 {
            let what = "no entry carries a seal".to_owned();
            let cure = "nothing, when the master key is new; otherwise somebody without it made the log anew";
            chain.find(
                Severity::Warning,
                &head_path.display().to_string(),
                what,
                cure,
            );
        }
        Ok(Some(chain.report))
    }
}

/// The chain as far as it was followed.
struct Chain<'a> {
    keys: &'a [AuditKey],
    report: AuditReport,
    n: u64,
    sum: Sum,
    prev: String,
    /// Whether the last entry is sealed.
    is_sealed: bool,
    /// Whether an entry was sealed with a key that is at hand.
    is_proven: bool,
    /// What cannot be read, since the last entry: where it begins, why, and its bytes with their line feeds.
    broken: Option<(String, &'static str, u64)>,
}

impl Chain<'_> {
    fn with(keys: &[AuditKey]) -> Chain<'_> {
        Chain {
            keys,
            report: AuditReport::default(),
            n: 0,
            sum: Sum::default(),
            prev: line::hex(&Sum::default()),
            is_sealed: false,
            is_proven: false,
            broken: None,
        }
    }

    fn find(&mut self, severity: Severity, place: &str, what: String, cure: &'static str) {
        let finding = Finding {
            severity,
            what,
            where_: place.to_owned(),
            cure,
        };
        let findings = &mut self.report.findings;
        if findings.len() < limit::FINDINGS {
            return findings.push(finding);
        }
        // What is worse takes the place of what is not, so that no number of small findings hides a great one.
        let lesser = findings.iter_mut().rev();
        if let Some(lesser) = lesser.into_iter().find(|lesser| lesser.severity < severity) {
            *lesser = finding;
        }
    }

    fn segment(&mut self, path: &Path, bytes: &[u8]) {
        let count = bytes.iter().filter(|byte| **byte == b'\n').count();
        for (at, text) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let place = format!("{} line {}", path.display(), at + 1);
            if at < count {
                match line::read::<Entry>(text) {
                    Ok(found) => self.entry(&place, &found),
                    Err(why) => self.broke(place, why, text.len() as u64 + 1),
                }
            } else if !text.is_empty() {
                self.broke(place, "it has no end", text.len() as u64);
            }
        }
    }

    fn broke(&mut self, place: String, why: &'static str, bytes: u64) {
        let broken = self.broken.get_or_insert((place, why, 0));
        broken.2 = broken.2.saturating_add(bytes);
    }

    fn entry(&mut self, place: &str, found: &Line<Entry>) {
        let entry = &found.body;
        if let Some((broken, why, bytes)) = self.broken.take() {
            // The line feed that ends it came with the entry that tells of it.
            let told = format!("{} bytes", bytes.saturating_sub(1));
            let is_told = entry.what == Action::TailMended.as_str()
                && entry.subject.as_deref() == Some(told.as_str());
            let what = format!("an entry that a crash left unfinished: {why}");
            match is_told {
                true => self.find(Severity::Note, &broken, what, CRASHED),
                false => self.unreadable(&broken, why),
            }
        }
        self.follow(place, entry);
        if entry.what == Action::HeadMended.as_str() {
            let what = format!(
                "before entry {} the head was lost, damaged or exchanged",
                entry.n
            );
            self.find(Severity::Warning, place, what, FORGED);
        }
        self.seal(place, found);
        (self.n, self.sum) = (entry.n, found.sum);
        self.prev.clone_from(&entry.prev);
        self.report.entries += 1;
    }

    fn unreadable(&mut self, place: &str, why: &str) {
        let what = format!("a line cannot be read: {why}");
        self.find(Severity::Error, place, what, FORGED);
    }

    /// Whether the entry is the one that follows.
    fn follow(&mut self, place: &str, entry: &Entry) {
        let next = self.n.saturating_add(1);
        if entry.n > next {
            let what = format!("entries {next} to {} are missing", entry.n - 1);
            self.find(Severity::Error, place, what, FORGED);
        } else if entry.n < next {
            let what = format!("entry {} stands where entry {next} belongs", entry.n);
            self.find(Severity::Error, place, what, FORGED);
        } else if entry.prev != line::hex(&self.sum) {
            let what = format!("entry {} does not follow on the entry before it", entry.n);
            self.find(Severity::Error, place, what, FORGED);
        }
    }

    fn seal(&mut self, place: &str, found: &Line<Entry>) {
        let entry = &found.body;
        let Some(seal) = &found.seal else {
            if self.is_sealed {
                let what = format!("entry {} carries no seal, the one before does", entry.n);
                self.find(
                    Severity::Warning,
                    place,
                    what,
                    "see whether the master key could not be had then; otherwise somebody without it wrote the entry",
                );
            }
            self.is_sealed = false;
            return;
        };
        self.is_sealed = true;
        match self.key(entry.key.as_deref()) {
            None => {
                self.report.unproven += 1;
                // Former keys come before the present one, and never after it.
                if self.is_proven {
                    let what = format!("entry {} is sealed with a key that is not known", entry.n);
                    self.find(Severity::Error, place, what, FORGED);
                }
            }
            Some(key) if seal.is_of(key) => {
                self.report.sealed += 1;
                self.is_proven = true;
            }
            Some(_) => {
                let what = format!("entry {} was not sealed with the master key", entry.n);
                self.find(Severity::Error, place, what, FORGED);
            }
        }
    }

    fn key(&self, id: Option<&str>) -> Option<&AuditKey> {
        self.keys.iter().find(|key| Some(key.id()) == id)
    }

    fn head(&mut self, path: &Path, bytes: Option<&[u8]>) {
        let place = path.display().to_string();
        let head = bytes.map(read_head);
        let known = match &head {
            Some(Ok(head)) => head.body.n,
            Some(Err(())) | None => 0,
        };
        if let Some((broken, why, _)) = self.broken.take() {
            match known > self.n {
                true => self.unreadable(&broken, why),
                false => {
                    let what = format!("an entry that a crash left unfinished: {why}");
                    self.find(Severity::Warning, &broken, what, CRASHED);
                }
            }
        }
        match head {
            Some(Ok(head)) => self.compare(&place, &head),
            Some(Err(())) => self.find(
                Severity::Error,
                &place,
                "the head cannot be read".to_owned(),
                FORGED,
            ),
            None if self.n > 1 => {
                self.find(
                    Severity::Error,
                    &place,
                    "the head is missing".to_owned(),
                    FORGED,
                );
            }
            None => {
                let what = "the head is not there yet".to_owned();
                self.find(Severity::Warning, &place, what, CRASHED);
            }
        }
    }

    fn compare(&mut self, place: &str, head: &Line<Head>) {
        let (n, last) = (head.body.n, head.body.last.as_str());
        let next = self.n.saturating_add(1);
        if n > self.n {
            let what = format!("entries {next} to {n} are missing at the end");
            self.find(Severity::Error, place, what, FORGED);
        } else if n.saturating_add(1) == self.n && last == self.prev {
            let what = format!("the head does not know of entry {}, the last one", self.n);
            self.find(Severity::Warning, place, what, CRASHED);
        } else if n != self.n || last != line::hex(&self.sum) {
            let what =
                format!("the head knows of {n} entries, and the last of them is another one");
            self.find(Severity::Error, place, what, FORGED);
        }
        match &head.seal {
            None if self.is_sealed && n == self.n => {
                let what = "the head carries no seal, the last entry does".to_owned();
                self.find(Severity::Error, place, what, FORGED);
            }
            None => {}
            Some(seal) => {
                let known = self.key(head.body.key.as_deref());
                let forged = known.map_or(self.is_proven, |key| !seal.is_of(key));
                if forged {
                    let what = "the head was not sealed with the master key".to_owned();
                    self.find(Severity::Error, place, what, FORGED);
                }
            }
        }
    }
}
