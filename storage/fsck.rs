//! Checking a closed store, without changing anything in it.
//!
//! Every byte of checkpoint and journal is read, the rows that follow from them are computed, and what the state engine holds of
//! the changes since the checkpoint is compared with them, in a private copy of its directory because sled writes even when it
//! only reads.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::backup;
use crate::batch::{Op, RowKey};
use crate::bytes::offset;
use crate::checkpoint::{self, Base};
use crate::digest::Tally;
use crate::digest_key::{self, DigestKey, KeyError, Sealing};
use crate::disk::{Access, Disk, Lock, OsDisk};
use crate::engine::{EngineError, EngineKind, Stamp, weigh};
use crate::erase;
use crate::journal::recover::{self, Scan, Tail};
use crate::journal::{self, Segment};
use crate::limit;
use crate::lsn::Lsn;
use crate::marker::{self, Clean};
use crate::state;
use crate::store::open::{engine_dir, lock_path, state_dir, was_in_use};
use crate::table::{SYSTEM, Table};
use crate::vault;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Superfluous; the next open removes it.
    Note,
    /// The next open mends it without losing an acknowledged commit.
    Warning,
    /// Acknowledged commits are damaged or lost, or rows are not what they should be. Most such stores do not open.
    Error,
}

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub what: String,
    /// Where: file, and offset or LSN where there is one.
    pub where_: String,
    /// What to do about it.
    pub cure: &'static str,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What is wrong, in the order it was found; at most [`limit::FINDINGS`].
    pub findings: Vec<Finding>,
    /// How many journal segments are live.
    pub segments: usize,
    /// How many whole records they hold.
    pub records: u64,
    /// The newest checkpoint; zero when there is none.
    pub checkpoint: Lsn,
    /// The last whole record.
    pub last: Lsn,
    /// How many rows each table has, by checkpoint and journal.
    pub tables: BTreeMap<Table, u64>,
    /// Whether the state could not be looked at, so that nothing is known of it.
    pub unseen: bool,
    /// Whether the digest key is sealed and could not be opened, so that nothing is known of it.
    pub unopened: bool,
}

impl Report {
    /// Whether nothing is lost and no row is wrong.
    pub fn ok(&self) -> bool {
        self.findings
            .iter()
            .all(|finding| finding.severity < Severity::Error)
    }
}

/// Why a store cannot be checked.
#[derive(Debug, thiserror::Error)]
pub enum FsckError {
    /// There is no store in the directory.
    #[error("{}: there is no store in this directory", .0.display())]
    NoStore(PathBuf),
    /// The store is open.
    #[error("{}: another process holds this lock: stop it first", .0.display())]
    Locked(PathBuf),
    /// The tenant is being erased.
    #[error("{}: the erasing of this tenant was begun and has not ended: run `counterpart tenant erase` again", .0.display())]
    Erasing(PathBuf),
    /// A file could not be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// What rows mean, which the store does not know: whoever encoded them judges them.
pub trait Judge {
    /// Hears of a row's value as the checkpoint or a record has it, or of its end. A row is told of each time it changes.
    ///
    /// # Errors
    /// What is wrong with the value.
    fn row(&mut self, table: Table, key: &[u8], value: Option<&[u8]>) -> Result<(), String>;

    /// What is wrong among the rows that stand at the end.
    fn end(&mut self) -> Vec<String>;
}

/// Finds nothing wrong with any row.
struct Lenient;

impl Judge for Lenient {
    fn row(&mut self, _: Table, _: &[u8], _: Option<&[u8]>) -> Result<(), String> {
        Ok(())
    }

    fn end(&mut self) -> Vec<String> {
        Vec::new()
    }
}

const RESTORE: &str = "put an older copy of the tenant's directory back, or delete it: the next start finds the twins by their markers";
/// The cure of rows that are whole and yet not what they should be.
const ROW: &str = "put an older copy of the tenant's directory back; as the last resort delete it: the next start finds the \
                   twins by their markers, and fields that differ then follow the policy";
/// The cure of a digest key that is lost.
const LOST_KEY: &str = "put the key back from a copy, or delete the tenant's directory: the next start finds the twins by their markers";
const OWN_KEY: &str = "put this store's own key back";
const TWO_KEYS: &str = "move away the one that is another store's";
const MASTER_KEY: &str = "give the master key by [master_key] and check again";
const BY_ITSELF: &str = "nothing: the next open mends it";

/// Checks the files of the closed store in a directory.
///
/// # Errors
/// When there is no store, it is open, or its files cannot be read at all.
pub fn fsck(dir: &Path) -> Result<Report, FsckError> {
    fsck_on(&OsDisk, EngineKind::Sled, dir)
}

/// Checks the closed store in a directory: its files, by `judge` what its rows say, and by `sealing` a digest key that is sealed.
///
/// # Errors
/// As [`fsck`].
pub fn fsck_with(
    dir: &Path,
    sealing: Option<&Sealing>,
    judge: &mut dyn Judge,
) -> Result<Report, FsckError> {
    check(&OsDisk, EngineKind::Sled, dir, sealing, judge)
}

/// Checks the files of a closed store on another disk and engine.
///
/// # Errors
/// As [`fsck`].
pub fn fsck_on(disk: &dyn Disk, kind: EngineKind, dir: &Path) -> Result<Report, FsckError> {
    check(disk, kind, dir, None, &mut Lenient)
}

pub(crate) fn check(
    disk: &dyn Disk,
    kind: EngineKind,
    dir: &Path,
    sealing: Option<&Sealing>,
    judge: &mut dyn Judge,
) -> Result<Report, FsckError> {
    let begun = erase::is_begun(disk, dir).map_err(|source| FsckError::Io {
        path: dir.into(),
        source,
    })?;
    if begun {
        return Err(FsckError::Erasing(dir.into()));
    }
    let _lock = lock(disk, dir)?;
    let mut check = Check::new(disk, dir, judge);
    check.restored()?;
    check.checkpoint()?;
    check.state = check.inspect_state(kind);
    check.compare_state(check.report.checkpoint);
    check.journal()?;
    check.clean_marker()?;
    check.key(sealing);
    check.state_reach();
    check.count_tables();
    check.among_rows();
    Ok(check.report)
}

fn lock(disk: &dyn Disk, dir: &Path) -> Result<Option<Box<dyn Lock>>, FsckError> {
    let path = lock_path(dir);
    match disk.lock(&path, Access::Read) {
        Ok(lock) => Ok(Some(lock)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(FsckError::Locked(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let names = disk.list(&journal::dir(dir)).unwrap_or_default();
            if names.is_empty() {
                Err(FsckError::NoStore(dir.into()))
            } else {
                Ok(None)
            }
        }
        Err(source) => Err(FsckError::Io { path, source }),
    }
}

struct Check<'a> {
    disk: &'a dyn Disk,
    dir: &'a Path,
    judge: &'a mut dyn Judge,
    report: Report,
    /// The rows that checkpoint and journal make.
    rows: BTreeSet<RowKey>,
    /// The store's own rows in full.
    system: BTreeMap<Vec<u8>, Vec<u8>>,
    /// What the engine should hold: for each row that a record changed, whether the checkpoint has it, and its part of the tally.
    changed: BTreeMap<RowKey, (bool, Tally)>,
    /// What the engine should come to.
    changes: Tally,
    /// What the engine says of itself and what it holds.
    state: Option<(Stamp, Tally)>,
    compared: bool,
    /// Rows whose present value is not what it should be: where it is, and what is wrong.
    wrong: BTreeMap<RowKey, (String, String)>,
}

impl<'a> Check<'a> {
    fn new(disk: &'a dyn Disk, dir: &'a Path, judge: &'a mut dyn Judge) -> Check<'a> {
        Check {
            disk,
            dir,
            judge,
            report: Report::default(),
            rows: BTreeSet::new(),
            system: BTreeMap::new(),
            changed: BTreeMap::new(),
            changes: Tally::default(),
            state: None,
            compared: false,
            wrong: BTreeMap::new(),
        }
    }

    fn find(&mut self, severity: Severity, where_: &Path, what: impl ToString, cure: &'static str) {
        self.find_at(severity, where_.display().to_string(), what, cure);
    }

    fn find_at(
        &mut self,
        severity: Severity,
        where_: String,
        what: impl ToString,
        cure: &'static str,
    ) {
        if self.report.findings.len() < limit::FINDINGS {
            self.report.findings.push(Finding {
                severity,
                what: what.to_string(),
                where_,
                cure,
            });
        }
    }

    fn list(&self, dir: &Path) -> Result<Vec<String>, FsckError> {
        self.disk.list(dir).map_err(|source| FsckError::Io {
            path: dir.into(),
            source,
        })
    }

    /// Takes in a row that the checkpoint or a record brings.
    fn bring(&mut self, row: RowKey, value: Option<&[u8]>, from: &Path, lsn: Lsn) {
        let table = Table::from_number(row.table);
        let judged = match table {
            Some(table) => self.judge.row(table, &row.key, value),
            None => own(&row.key, value),
        };
        if let Some((where_, what)) = self.wrong.remove(&row) {
            let what = format!("a former value, since replaced: {what}");
            self.find_at(
                Severity::Note,
                where_,
                what,
                "nothing: a checkpoint takes it away",
            );
        }
        if let Err(what) = judged
            && self.wrong.len() < limit::FINDINGS
        {
            let where_ = format!("{} at LSN {lsn}", from.display());
            self.wrong.insert(row.clone(), (where_, what));
        }
        self.set(row, value);
    }

    fn restored(&mut self) -> Result<(), FsckError> {
        let half = backup::is_half_restored(self.disk, self.dir);
        let half = half.map_err(|source| FsckError::Io {
            path: self.dir.into(),
            source,
        })?;
        if half {
            let path = backup::marker_path(self.dir);
            let what = "a restore stopped here before its end, so this is no store";
            let cure = "run `counterpart backup restore` again, it begins anew";
            self.find(Severity::Error, &path, what, cure);
        }
        Ok(())
    }

    fn among_rows(&mut self) {
        for (where_, what) in std::mem::take(&mut self.wrong).into_values() {
            self.find_at(Severity::Error, where_, what, ROW);
        }
        for what in self.judge.end() {
            let where_ = format!("{} at LSN {}", self.dir.display(), self.report.last);
            self.find_at(Severity::Error, where_, what, ROW);
        }
    }

    fn set(&mut self, row: RowKey, value: Option<&[u8]>) {
        if row.table == SYSTEM {
            self.system
                .insert(row.key.clone(), value.unwrap_or_default().to_vec());
        }
        match value {
            Some(_) => self.rows.insert(row),
            None => self.rows.remove(&row),
        };
    }

    /// Takes note of what a record makes of the engine's rows.
    fn change(&mut self, row: &RowKey, value: Option<&[u8]>) {
        let is_in_base = match self.changed.get(row) {
            Some((is_in_base, part)) => {
                self.changes.subtract(part);
                *is_in_base
            }
            None => self.rows.contains(row),
        };
        let mut part = Tally::default();
        if let Some(entry) = state::entry(value, is_in_base) {
            part.add(row, &entry);
        }
        self.changes.include(&part);
        self.changed.insert(row.clone(), (is_in_base, part));
    }

    fn checkpoint(&mut self) -> Result<(), FsckError> {
        let dir = checkpoint::dir(self.dir);
        let newest = self
            .list(&dir)?
            .iter()
            .filter_map(|name| journal::number(name, ".ckpt"))
            .max();
        for name in self.list(&dir)? {
            if journal::number(&name, ".ckpt").is_none_or(|lsn| Some(lsn) != newest) {
                self.find(
                    Severity::Note,
                    &dir.join(name),
                    "a superfluous file",
                    BY_ITSELF,
                );
            }
        }
        let Some(newest) = newest else { return Ok(()) };
        self.report.checkpoint = newest;
        self.report.last = newest;
        let (disk, store) = (self.disk, self.dir);
        let path = checkpoint::path(store, newest);
        let read = Base::open_with(disk, store, newest, |row| {
            self.bring(row.row(), Some(row.value), &path, newest);
        });
        if let Err(error) = read {
            self.find(Severity::Error, &path, error, RESTORE);
        }
        Ok(())
    }

    fn journal(&mut self) -> Result<(), FsckError> {
        let dir = journal::dir(self.dir);
        for name in self.list(&dir)? {
            if journal::number(&name, ".seg").is_none() {
                self.find(
                    Severity::Note,
                    &dir.join(name),
                    "a superfluous file",
                    BY_ITSELF,
                );
            }
        }
        let segments = recover::list(self.disk, &dir).unwrap_or_default();
        let (stale, live) = recover::split_stale(segments, self.report.checkpoint);
        for segment in stale {
            self.find(
                Severity::Note,
                &segment.path,
                "the checkpoint replaces this segment",
                BY_ITSELF,
            );
        }
        // One that cannot be read is there.
        let clean = marker::read_clean(self.disk, self.dir).unwrap_or(Clean::Damaged);
        let in_use = was_in_use(self.dir, self.report.checkpoint, clean);
        if live.is_empty() && in_use {
            self.find(Severity::Error, &dir, "the journal has no segment", RESTORE);
        } else if live.is_empty() {
            let what = "the store stopped before it had begun its journal";
            self.find(Severity::Note, &dir, what, BY_ITSELF);
        }
        self.report.segments = live.len();
        let mut expected = live
            .first()
            .map(|first| first.first.min(self.report.checkpoint.next()));
        for (number, segment) in live.iter().enumerate() {
            let is_last = number + 1 == live.len();
            expected = self.segment(segment, expected.unwrap_or(segment.first), is_last);
        }
        self.report.last = self
            .report
            .last
            .max(Lsn(expected.map_or(0, |next| next.0.saturating_sub(1))));
        Ok(())
    }

    /// Checks one segment and gives the LSN that should follow it.
    fn segment(&mut self, segment: &Segment, expected: Lsn, is_last: bool) -> Option<Lsn> {
        if segment.first != expected {
            let last = segment.first.0.saturating_sub(1);
            let what = format!("LSN {expected} to {last} are missing before this segment");
            self.find(
                Severity::Error,
                &segment.path,
                what,
                "put the missing segment back, or an older copy of the tenant's directory",
            );
        }
        let bytes = match recover::read(self.disk, segment) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.find(Severity::Error, &segment.path, error, RESTORE);
                return None;
            }
        };
        let scan = recover::scan(&bytes, segment.first, |lsn, payload| {
            self.record(segment, lsn, payload);
        });
        self.report.records += scan.records;
        self.tail(segment, &scan, is_last);
        Some(scan.next)
    }

    fn record(&mut self, segment: &Segment, lsn: Lsn, payload: &[u8]) {
        if lsn <= self.report.checkpoint {
            return;
        }
        match recover::decode(segment, lsn, payload) {
            Ok(batch) => {
                for Op { row, value } in batch.into_ops() {
                    self.change(&row, value.as_deref());
                    self.bring(row, value.as_deref(), &segment.path, lsn);
                }
            }
            Err(error) => self.find(
                Severity::Error,
                &segment.path,
                error,
                "use the release that wrote the store",
            ),
        }
        self.compare_state(lsn);
    }

    fn tail(&mut self, segment: &Segment, scan: &Scan, is_last: bool) {
        let where_ = format!("{} at offset {}", segment.path.display(), offset(scan.end));
        let next = scan.next;
        match scan.tail {
            Tail::Clean => {}
            Tail::Torn(why) if is_last && next > self.report.checkpoint => {
                let what =
                    format!("an unfinished write after the last whole record, LSN {next} ({why})");
                self.find_at(
                    Severity::Warning,
                    where_,
                    what,
                    "nothing: the next open cuts it off",
                );
            }
            Tail::Torn(why) | Tail::Middle(why) => {
                let what = format!("record LSN {next}, which was acknowledged, is damaged ({why})");
                self.find_at(Severity::Error, where_, what, RESTORE);
            }
        }
    }

    fn clean_marker(&mut self) -> Result<(), FsckError> {
        let path = marker::clean_path(self.dir);
        let read = marker::read_clean(self.disk, self.dir);
        match read.map_err(|source| FsckError::Io {
            path: path.clone(),
            source,
        })? {
            Clean::At(closed) if closed > self.report.last => {
                let last = self.report.last;
                let what = format!(
                    "the store was closed at LSN {closed}, but its journal ends at LSN {last}"
                );
                self.find(Severity::Error, &path, what, RESTORE);
            }
            Clean::Damaged => {
                self.find(Severity::Warning, &path, "the marker is damaged", BY_ITSELF)
            }
            Clean::At(_) | Clean::Absent => {}
        }
        Ok(())
    }

    fn key(&mut self, sealing: Option<&Sealing>) {
        let path = digest_key::path(self.dir);
        if is_open_to_others(&path) {
            self.find(
                Severity::Warning,
                &path,
                "other users may read the digest key, which would let them confirm guesses",
                "give the file mode 0600",
            );
        }
        let known = self.system.get(b"digest-key-check".as_slice()).cloned();
        let is_other = |key: &DigestKey| known.as_deref().is_some_and(|known| known != key.check());
        match digest_key::find(self.disk, self.dir, sealing) {
            Ok(Some(found)) if is_other(&found.key) => {
                let what = "this is the key of another store";
                self.find(Severity::Error, &path, what, OWN_KEY);
            }
            Ok(None) if known.is_some() => {
                self.find(
                    Severity::Error,
                    &path,
                    "the digest key is missing",
                    LOST_KEY,
                );
            }
            Ok(_) => {}
            Err(error @ (KeyError::Sealed { .. } | KeyError::Random)) => {
                self.report.unopened = true;
                let what = format!("the digest key was not checked: {error}");
                let vault = vault::path(self.dir);
                self.find(Severity::Warning, &vault, what, MASTER_KEY);
            }
            Err(error @ KeyError::Two(_)) => self.find(Severity::Error, &path, error, TWO_KEYS),
            Err(error) => self.find(Severity::Error, &path, error, LOST_KEY),
        }
    }

    fn inspect_state(&mut self, kind: EngineKind) -> Option<(Stamp, Tally)> {
        let dir = engine_dir(self.dir, self.report.checkpoint);
        for path in kind.found(&state_dir(self.dir)) {
            if path != dir {
                self.find(Severity::Note, &path, "a superfluous state", BY_ITSELF);
            }
        }
        if !kind.is_present(&dir) {
            return None;
        }
        match inspect(kind, &dir) {
            Ok(Some(found)) => Some(found),
            Ok(None) => {
                self.find(
                    Severity::Warning,
                    &dir,
                    "the state holds nothing",
                    BY_ITSELF,
                );
                None
            }
            Err(Unseen::Engine(error)) => {
                self.find(Severity::Warning, &dir, error, BY_ITSELF);
                None
            }
            Err(Unseen::Copy(error)) => {
                self.report.unseen = true;
                self.find(
                    Severity::Warning,
                    &dir,
                    format!("the state was not checked, for it could not be copied: {error}"),
                    "name a directory with room for the state in TMPDIR and check again",
                );
                None
            }
        }
    }

    /// Compares the engine with the truth, when the truth has come to where the engine stands.
    fn compare_state(&mut self, lsn: Lsn) {
        let Some((stamp, tally)) = self.state.filter(|(stamp, _)| stamp.applied == lsn) else {
            return;
        };
        self.compared = true;
        if stamp.tally != self.changes || tally != self.changes {
            let what = format!(
                "at LSN {lsn} the state claims {} changed rows and holds {}, the journal makes {}",
                stamp.tally.rows, tally.rows, self.changes.rows
            );
            self.find(Severity::Warning, &state_dir(self.dir), what, BY_ITSELF);
        }
    }

    fn state_reach(&mut self) {
        let Some((stamp, _)) = self.state.filter(|_| !self.compared) else {
            return;
        };
        let (applied, last) = (stamp.applied, self.report.last);
        let dir = state_dir(self.dir);
        if applied > last {
            let what =
                format!("the state reaches to LSN {applied}, but the journal ends at LSN {last}");
            self.find(
                Severity::Error,
                &dir,
                what,
                "acknowledged commits are lost: put an older copy of the tenant's directory back, or delete it: the next start finds the twins by their markers",
            );
        } else {
            let what = format!("the state ends at LSN {applied}, before the checkpoint");
            self.find(Severity::Warning, &dir, what, BY_ITSELF);
        }
    }

    fn count_tables(&mut self) {
        for table in self
            .rows
            .iter()
            .filter_map(|row| Table::from_number(row.table))
        {
            *self.report.tables.entry(table).or_default() += 1;
        }
    }
}

/// Why nothing can be said of the state.
enum Unseen {
    /// There is no room, or no directory, for a private copy of it.
    Copy(io::Error),
    /// The engine does not open it.
    Engine(EngineError),
}

impl From<EngineError> for Unseen {
    fn from(error: EngineError) -> Unseen {
        Unseen::Engine(error)
    }
}

/// What is wrong with a row of the store's own.
fn own(key: &[u8], value: Option<&[u8]>) -> Result<(), String> {
    let right = match (key, value) {
        (b"installation", Some(value)) => value.len() == 16,
        (b"incarnation" | b"digest-key-check" | b"restored", Some(value)) => value.len() == 8,
        _ => false,
    };
    let name = String::from_utf8_lossy(key);
    let wrong = || format!("the store's own row `{name}` is malformed");
    right.then_some(()).ok_or_else(wrong)
}

fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0)
}

fn inspect(kind: EngineKind, dir: &Path) -> Result<Option<(Stamp, Tally)>, Unseen> {
    const CACHE: u64 = 64 << 20;
    let copy = Copy::of(dir).map_err(Unseen::Copy)?;
    let engine = kind.open(&copy.0.join("state"), CACHE)?;
    let Some(stamp) = engine.stamp()? else {
        return Ok(None);
    };
    let tally = weigh(&*engine)?;
    drop(engine);
    Ok(Some((stamp, tally)))
}

/// A directory of our own in the temporary directory, removed at the end.
struct Copy(PathBuf);

impl Copy {
    fn of(dir: &Path) -> io::Result<Copy> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("counterpart-fsck-{}-{number}", std::process::id());
        let copy = Copy(std::env::temp_dir().join(name));
        let mut builder = fs::DirBuilder::new();
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&copy.0)?;
        copy_tree(dir, &copy.0.join("state"), 0)?;
        Ok(copy)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // It holds identities alone, and the temporary directory is cleaned by the system.
        fs::remove_dir_all(&self.0).ok();
    }
}

fn copy_tree(from: &Path, to: &Path, depth: usize) -> io::Result<()> {
    const DEEPEST: usize = 4;
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() && depth < DEEPEST {
            copy_tree(&entry.path(), &target, depth + 1)?;
        } else if entry.path().is_file() {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
