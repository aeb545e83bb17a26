//! Checking the chain.

use std::io;
use std::path::Path;

use super::head::{self, Head, Place, Standing};
use super::line::{self, Line};
use super::{Action, Audit, AuditError, AuditKey, Entry};
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
    /// How many of them are sealed under a key that is at hand. The last of them vouches for all sealed ones before.
    pub sealed: u64,
    /// How many are sealed under keys that are not at hand.
    pub unproven: u64,
    /// How many carry no seal. That a sealed one follows on them says only that they were there by then.
    pub unsealed: u64,
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
        if !keys.is_empty()
            && chain.report.entries > 0
            && chain.report.sealed + chain.report.unproven == 0
        {
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
    /// Where the head may be, the last place first.
    places: Vec<Place>,
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
            places: vec![Place::default()],
            is_proven: false,
            broken: None,
        }
    }

    /// The number of the last entry.
    fn n(&self) -> u64 {
        self.places.first().map_or(0, |place| place.n)
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
                "before entry {} the head was lost, damaged or exchanged, and entries may have been cut off with it",
                entry.n
            );
            self.find(Severity::Error, place, what, FORGED);
        }
        self.seal(place, found);
        if entry.n == 1 {
            self.places = vec![Place::before(found)];
        }
        self.places.insert(0, Place::behind(found));
        self.places.truncate(head::PLACES);
        self.report.entries += 1;
    }

    fn unreadable(&mut self, place: &str, why: &str) {
        let what = format!("a line cannot be read: {why}");
        self.find(Severity::Error, place, what, FORGED);
    }

    /// Whether the entry is the one that follows.
    fn follow(&mut self, place: &str, entry: &Entry) {
        let next = self.n().saturating_add(1);
        let sum = self.places.first().map(|place| place.sum);
        if entry.n > next {
            let what = format!("entries {next} to {} are missing", entry.n - 1);
            self.find(Severity::Error, place, what, FORGED);
        } else if entry.n < next {
            let what = format!("entry {} stands where entry {next} belongs", entry.n);
            self.find(Severity::Error, place, what, FORGED);
        } else if entry.prev != line::hex(&sum.unwrap_or_default()) {
            let what = format!("entry {} does not follow on the entry before it", entry.n);
            self.find(Severity::Error, place, what, FORGED);
        }
    }

    fn seal(&mut self, place: &str, found: &Line<Entry>) {
        let entry = &found.body;
        let is_sealed = |place: &Place| place.key.is_some();
        let was_sealed = self.places.first().is_some_and(is_sealed);
        let Some(seal) = &found.seal else {
            if was_sealed {
                let what = format!("entry {} carries no seal, the one before does", entry.n);
                self.find(
                    Severity::Warning,
                    place,
                    what,
                    "see whether the master key could not be had then; otherwise somebody without it wrote the entry",
                );
            }
            self.report.unsealed += 1;
            return;
        };
        let is_first = self.report.sealed + self.report.unproven == 0;
        if is_first && self.report.unsealed > 0 {
            let what = format!(
                "entry {} is the first with a seal, which does not vouch for those before it",
                entry.n
            );
            let cure = "nothing, when the master key was new then; otherwise somebody without it made them anew";
            self.find(Severity::Warning, place, what, cure);
        }
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
        let head = bytes.map(head::read);
        let known = match &head {
            Some(Ok(head)) => head.body.n,
            Some(Err(())) | None => 0,
        };
        if let Some((broken, why, _)) = self.broken.take() {
            match known > self.n() {
                true => self.unreadable(&broken, why),
                false => {
                    let what = format!("an entry that a crash left unfinished: {why}");
                    self.find(Severity::Warning, &broken, what, CRASHED);
                }
            }
        }
        match head {
            Some(Ok(head)) => self.compare(&place, &head),
            Some(Err(())) => {
                let what = "the head cannot be read".to_owned();
                self.find(Severity::Error, &place, what, FORGED);
            }
            // It is there before the first segment is, so no crash leaves entries without it.
            None => {
                let what = "the head is missing, and entries may have been cut off with it";
                self.find(Severity::Error, &place, what.to_owned(), FORGED);
            }
        }
    }

    fn compare(&mut self, place: &str, head: &Line<Head>) {
        let (n, last) = (head.body.n, self.n());
        let next = last.saturating_add(1);
        match head::standing(&head.body, &self.places) {
            Standing::Level => {}
            Standing::Behind => {
                let what = format!("the head knows of {n} entries, and there are {last}");
                self.find(Severity::Warning, place, what, CRASHED);
            }
            Standing::Ahead => {
                let what = format!("entries {next} to {n} are missing at the end");
                self.find(Severity::Error, place, what, FORGED);
            }
            Standing::Elsewhere => {
                let what =
                    format!("the head knows of {n} entries, and the last of them is another one");
                self.find(Severity::Error, place, what, FORGED);
            }
        }
        if let Some(what) = head::forgery(head, &self.places, self.keys, self.is_proven) {
            self.find(Severity::Error, place, what.to_owned(), FORGED);
        }
    }
}
