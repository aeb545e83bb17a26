//! Opening: find the truth, bring the state up to it, raise the incarnation.
//!
//! Nothing is believed unchecked. The checkpoint is read whole, every record's checksum is computed, and the engine with what changed
//! since is taken over only when its stamp lies between checkpoint and journal end *and* a walk over all its rows gives the count,
//! size and hash sum of the stamp, after a clean close too. So an engine that silently lost rows, came back empty or went back in
//! time cannot pass: the first two change the sum, the last only makes it behind, and the journal carries it forward.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::Millis;

use super::core::{Parts, tell_if_left};
use super::{Identity, OpenError, Options};
use crate::backup;
use crate::batch::{Batch, RowKey};
use crate::checkpoint::{self, Base};
use crate::digest_key::{self, DigestKey, KeyError};
use crate::disk::{self, Access, Disk, Lock};
use crate::engine::{Engine, EngineError, EngineKind, Stamp, weigh};
use crate::erase;
use crate::journal::recover::{self, Recovered, TornTail};
use crate::journal::writer::{AppendError, Writer};
use crate::journal::{self, JournalError};
use crate::limit;
use crate::lsn::Lsn;
use crate::marker::{self, Clean};
use crate::state::{State, StateError};
use crate::table::SYSTEM;

const INSTALLATION: &str = "installation";
pub(crate) const INCARNATION: &str = "incarnation";
/// When a backup was last restored into the store.
pub(crate) const RESTORED: &str = "restored";
const KEY_CHECK: &str = "digest-key-check";

/// What an open found and mended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Whether the store had been closed in order.
    pub clean: bool,
    /// An unfinished write at the journal's end, which was never acknowledged and is cut off.
    pub torn_tail: Option<TornTail>,
    /// Why the engine with the changes since the checkpoint was made anew from the journal, if it was.
    pub rebuilt: Option<Rebuilt>,
    /// How many records were applied to the state.
    pub replayed: u64,
}

/// Why the state was made anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rebuilt {
    /// There was none, or it held nothing of what it should.
    Missing,
    /// It had failed while the store ran.
    Wanted,
    /// It ends before the checkpoint.
    Behind(Lsn),
    /// It reaches beyond the journal: the journal lost acknowledged records. Every effect since needs a probe.
    Ahead(Lsn),
    /// Its rows are not those it claims to hold.
    Disagrees,
    /// The engine failed or panicked.
    Failed(EngineError),
}

impl fmt::Display for Rebuilt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rebuilt::Missing => f.write_str("it was missing or empty"),
            Rebuilt::Wanted => f.write_str("it was marked to be rebuilt"),
            Rebuilt::Behind(lsn) => write!(f, "it ended at LSN {lsn}, before the checkpoint"),
            Rebuilt::Ahead(lsn) => write!(f, "it reached to LSN {lsn}, beyond the journal"),
            Rebuilt::Disagrees => f.write_str("its rows were not those it claimed to hold"),
            Rebuilt::Failed(error) => error.fmt(f),
        }
    }
}

/// The engines' directory inside a store's.
pub(crate) fn state_dir(store: &Path) -> PathBuf {
    store.join("state")
}

/// The directory of the engine that holds what changed since a checkpoint.
pub(crate) fn engine_dir(store: &Path, checkpoint: Lsn) -> PathBuf {
    state_dir(store).join(format!("{:016x}", checkpoint.0))
}

/// Whether anything tells of commits. The journal is begun before anything else that they leave, so a store without it and
/// without these never took one. The engine's directory counts whatever engine looks: it may only look at a store that a
/// node runs on.
pub(crate) fn was_in_use(store: &Path, checkpoint: Lsn, clean: Clean) -> bool {
    checkpoint > Lsn::ZERO || clean != Clean::Absent || state_dir(store).is_dir()
}

/// The lock file inside a store's directory.
pub(crate) fn lock_path(store: &Path) -> PathBuf {
    store.join("lock")
}

/// Everything that one open works on.
struct Opening<'a> {
    disk: Arc<dyn Disk>,
    kind: EngineKind,
    dir: &'a Path,
    options: &'a Options,
    /// The store that has to be there, when it was open before.
    known: Option<Identity>,
}

pub(crate) fn open(
    disk: Arc<dyn Disk>,
    kind: EngineKind,
    dir: &Path,
    options: &Options,
    known: Option<Identity>,
) -> Result<Parts, OpenError> {
    let opening = Opening {
        disk,
        kind,
        dir,
        options,
        known,
    };
    opening.is_there()?;
    let lock = opening.lock()?;
    if backup::is_half_restored(opening.disk(), dir).map_err(OpenError::io(dir))? {
        return Err(OpenError::HalfRestored(dir.into()));
    }
    let (base, found, clean) = opening.find_truth()?;
    let (key, is_sealed) = opening.key(found.end)?;
    opening.tidy(base.stamp().applied, &found)?;
    if let Some(last) = found.segments.last().filter(|_| !clean) {
        recover::keep(&*opening.disk, last, found.position)?;
    }
    let mut recovery = Recovery {
        clean,
        torn_tail: found.torn.clone(),
        ..Recovery::default()
    };
    let sizes = (options.segment_bytes, options.chunk_bytes);
    let last = found
        .segments
        .last()
        .map(|segment| (segment, found.position));
    let writer = Writer::open(
        opening.disk.clone(),
        &journal::dir(dir),
        sizes,
        found.end,
        last,
    );
    let mut writer = writer.map_err(append_error)?;
    // The journal comes before the engine: an engine without a journal is a loss, and must never come from a crash in here.
    let begun = writer.begin_if_new().map_err(append_error)?;
    let (state, mut stamp) = opening.bring_up(base, &found, &mut recovery)?;
    opening.report(&recovery);
    let mut parts = Parts {
        lock,
        key,
        state,
        writer,
        segments: found.segments.into_iter().chain(begun).collect(),
        journal_bytes: found.bytes,
        recovery,
        stamp,
        incarnation: 0,
        installation: [0; 16],
        restored: None,
    };
    opening.introduce(&mut parts, &mut stamp)?;
    if !is_sealed {
        opening.seal(&parts.key)?;
    }
    parts.stamp = stamp;
    Ok(parts)
}

fn append_error(error: AppendError) -> OpenError {
    OpenError::io(&error.path)(error.source)
}

impl Opening<'_> {
    fn disk(&self) -> &dyn Disk {
        &*self.disk
    }

    fn engine_error(&self) -> impl FnOnce(EngineError) -> OpenError {
        let path = state_dir(self.dir);
        move |source| OpenError::State { path, source }
    }

    fn state_error(&self) -> impl FnOnce(StateError) -> OpenError {
        let engine_error = self.engine_error();
        move |error| match error {
            StateError::Engine(error) => engine_error(error),
            StateError::Base(error) => error.into(),
        }
    }

    /// A store that was open before is there, before anything is made in its place.
    fn is_there(&self) -> Result<(), OpenError> {
        if self.known.is_none() {
            return Ok(());
        }
        let journal = journal::dir(self.dir);
        let names = self.disk().list(&journal);
        let names = names.map_err(OpenError::io(&journal))?;
        if names
            .iter()
            .any(|name| journal::number(name, ".seg").is_some())
        {
            return Ok(());
        }
        Err(OpenError::Gone(self.dir.into()))
    }

    fn lock(&self) -> Result<Box<dyn Lock>, OpenError> {
        self.disk
            .create_dir(self.dir)
            .map_err(OpenError::io(self.dir))?;
        let path = lock_path(self.dir);
        let lock = self
            .disk
            .lock(&path, Access::Write)
            .map_err(|source| match source.kind() {
                std::io::ErrorKind::WouldBlock => OpenError::Locked(path.clone()),
                _ => OpenError::io(&path)(source),
            })?;
        if erase::is_begun(self.disk(), self.dir).map_err(OpenError::io(self.dir))? {
            return Err(OpenError::Erasing(self.dir.into()));
        }
        for dir in [journal::dir(self.dir), checkpoint::dir(self.dir)] {
            self.disk.create_dir(&dir).map_err(OpenError::io(&dir))?;
        }
        Ok(lock)
    }

    /// The newest checkpoint, the journal behind it, and whether the store was closed in order. Changes nothing.
    fn find_truth(&self) -> Result<(Base, Recovered, bool), OpenError> {
        let base = match checkpoint::list(self.disk(), self.dir)?.last() {
            Some(newest) => Base::open(self.disk(), self.dir, *newest)?,
            None => Base::none(self.dir),
        };
        let checkpoint = base.stamp().applied;
        let journal = journal::dir(self.dir);
        let found = recover::recover(self.disk(), &journal, checkpoint)?;
        let path = marker::clean_path(self.dir);
        let clean = marker::read_clean(self.disk(), self.dir).map_err(OpenError::io(&path))?;
        if found.segments.is_empty() && was_in_use(self.dir, checkpoint, clean) {
            return Err(OpenError::JournalMissing(journal));
        }
        match clean {
            Clean::At(closed) if found.end < closed => Err(JournalError::Shortened {
                journal,
                end: found.end,
                closed,
            }
            .into()),
            clean => Ok((
                base,
                found,
                clean != Clean::Absent && clean != Clean::Damaged,
            )),
        }
    }

    /// The digest key, and whether it is sealed. Only a store without history gets a new one.
    fn key(&self, end: Lsn) -> Result<(DigestKey, bool), OpenError> {
        let sealing = self.options.sealing.as_ref();
        match digest_key::find(self.disk(), self.dir, sealing)? {
            Some(found) => Ok((found.key, found.is_sealed)),
            None if end > Lsn::ZERO => Err(KeyError::Missing(digest_key::path(self.dir)).into()),
            None => {
                let key = DigestKey::random(self.disk())?;
                self.seal(&key)?;
                Ok((key, true))
            }
        }
    }

    /// Puts the key where it belongs. One that comes from a file is known to be this store's own by then.
    fn seal(&self, key: &DigestKey) -> Result<(), OpenError> {
        let sealing = self.options.sealing.as_ref();
        Ok(digest_key::place(self.disk(), self.dir, sealing, key)?)
    }

    /// From here on the store is in use: the marker of the clean close goes first.
    fn tidy(&self, checkpoint: Lsn, found: &Recovered) -> Result<(), OpenError> {
        let path = marker::clean_path(self.dir);
        disk::discard(self.disk(), &path).map_err(OpenError::io(&path))?;
        // A store that stopped between putting a file in its place and bringing its name to the disk left one that a power cut
        // takes away again: the digest key, a checkpoint. From here on the journal leans on them.
        for dir in [self.dir.to_path_buf(), checkpoint::dir(self.dir)] {
            self.disk().sync_dir(&dir).map_err(OpenError::io(&dir))?;
        }
        if let Some(tail) = &found.torn {
            recover::cut(self.disk(), tail)?;
        }
        let stale = found.stale.iter().map(|segment| segment.path.clone());
        let checkpoints = checkpoint::list(self.disk(), self.dir)?;
        let older = checkpoints.into_iter().filter(|lsn| *lsn < checkpoint);
        let older = older.map(|lsn| checkpoint::path(self.dir, lsn));
        for path in stale.chain(older).chain(self.leftovers()?) {
            disk::discard(self.disk(), &path).map_err(OpenError::io(&path))?;
        }
        Ok(())
    }

    /// Files that were being written when the store stopped.
    fn leftovers(&self) -> Result<Vec<PathBuf>, OpenError> {
        let mut left = Vec::new();
        for dir in [journal::dir(self.dir), checkpoint::dir(self.dir)] {
            let names = self.disk.list(&dir).map_err(OpenError::io(&dir))?;
            left.extend(
                names
                    .iter()
                    .filter(|name| name.ends_with(".tmp"))
                    .map(|name| dir.join(name)),
            );
        }
        Ok(left)
    }

    /// The state as of the journal's end, its engine the one that is there where that can be believed, else a new one.
    fn bring_up(
        &self,
        base: Base,
        found: &Recovered,
        recovery: &mut Recovery,
    ) -> Result<(State, Stamp), OpenError> {
        let base = Arc::new(base);
        let checkpoint = base.stamp().applied;
        let dir = engine_dir(self.dir, checkpoint);
        let reason = match self.adopt(&dir, checkpoint, found) {
            Ok((changes, stamp)) => {
                let state = State {
                    base: Arc::clone(&base),
                    changes,
                };
                match self.replay(&state, stamp, found, recovery) {
                    Ok(stamp) => {
                        self.drop_engines(Some(&dir));
                        return Ok((state, stamp));
                    }
                    Err(OpenError::State { source, .. }) => Rebuilt::Failed(source),
                    Err(error) => return Err(error),
                }
            }
            // Somebody works with it. To make it anew would take it from under their hands.
            Err(Adopt::Refused(error)) => return Err(error),
            Err(Adopt::Rebuild(reason)) => reason,
        };
        recovery.replayed = 0;
        if found.end > Lsn::ZERO && self.kind != EngineKind::Memory {
            recovery.rebuilt = Some(reason);
        }
        self.drop_engines(None);
        let cache = self.options.cache_bytes;
        let changes = self.kind.begin(&dir, checkpoint, cache);
        let changes = Arc::from(changes.map_err(self.engine_error())?);
        let state = State { base, changes };
        let stamp = Stamp {
            applied: checkpoint,
            ..Stamp::default()
        };
        let stamp = self.replay(&state, stamp, found, recovery)?;
        let path = marker::rebuild_path(self.dir);
        disk::discard(self.disk(), &path).map_err(OpenError::io(&path))?;
        Ok((state, stamp))
    }

    /// Removes all engines but the one that is used: others are left where a store stopped while a checkpoint was made. What
    /// cannot be removed harms nobody.
    fn drop_engines(&self, used: Option<&Path>) {
        for path in self.kind.found(&state_dir(self.dir)) {
            let removed = match used == Some(path.as_path()) {
                true => Ok(()),
                false => self.kind.wipe(&path),
            };
            tell_if_left(&path, removed);
        }
    }

    fn adopt(
        &self,
        dir: &Path,
        checkpoint: Lsn,
        found: &Recovered,
    ) -> Result<(Arc<dyn Engine>, Stamp), Adopt> {
        let wanted = marker::is_rebuild_wanted(self.disk(), self.dir);
        if wanted.map_err(|source| Adopt::Refused(OpenError::io(self.dir)(source)))? {
            return Err(Adopt::Rebuild(Rebuilt::Wanted));
        }
        if !self.kind.is_present(dir) {
            return Err(Adopt::Rebuild(Rebuilt::Missing));
        }
        let engine = match self.kind.open(dir, self.options.cache_bytes) {
            Err(error @ EngineError::Busy(_)) => {
                return Err(Adopt::Refused(self.engine_error()(error)));
            }
            opened => opened.map_err(Rebuilt::Failed)?,
        };
        let stamp = examine(&*engine, checkpoint, found.end)?;
        Ok((Arc::from(engine), stamp))
    }

    /// Applies the records behind the stamp, several to one application.
    fn replay(
        &self,
        state: &State,
        mut stamp: Stamp,
        found: &Recovered,
        recovery: &mut Recovery,
    ) -> Result<Stamp, OpenError> {
        let mut rows: BTreeMap<RowKey, Option<Vec<u8>>> = BTreeMap::new();
        let mut size = 0;
        let after = stamp.applied;
        recover::replay::<OpenError>(self.disk(), &found.segments, after, |lsn, batch| {
            for op in batch.into_ops() {
                size += op.row.key.len() + op.value.as_ref().map_or(0, Vec::len);
                rows.insert(op.row, op.value);
            }
            recovery.replayed += 1;
            if size >= limit::LAYER_BYTES || rows.len() >= limit::GROUP_RECORDS {
                size = 0;
                let rows = std::mem::take(&mut rows);
                let applied = state.apply(&mut stamp, &rows, lsn);
                applied.map_err(self.state_error())?;
            }
            Ok(())
        })?;
        if stamp.applied < found.end {
            let applied = state.apply(&mut stamp, &rows, found.end);
            applied.map_err(self.state_error())?;
        }
        Ok(stamp)
    }

    /// One record that says who the store is and that it was opened once more.
    fn introduce(&self, parts: &mut Parts, stamp: &mut Stamp) -> Result<(), OpenError> {
        let state = parts.state.clone();
        let read = |name: &str| {
            state
                .get(&RowKey::new(SYSTEM, name))
                .map_err(self.state_error())
        };
        let mut batch = Batch::new();
        let check = parts.key.check();
        match read(KEY_CHECK)? {
            None => drop(batch.put_raw(SYSTEM, KEY_CHECK, check)),
            Some(known) if known == check => {}
            Some(_) => return Err(KeyError::Foreign(digest_key::path(self.dir)).into()),
        }
        match read(INSTALLATION)? {
            Some(known) => {
                parts.installation = known
                    .try_into()
                    .map_err(|_| OpenError::SystemRow(INSTALLATION))?;
            }
            None => {
                parts.installation = digest_key::random(self.disk())?;
                batch.put_raw(SYSTEM, INSTALLATION, parts.installation);
            }
        }
        let before = match read(INCARNATION)? {
            Some(known) => u64::from_le_bytes(
                known
                    .try_into()
                    .map_err(|_| OpenError::SystemRow(INCARNATION))?,
            ),
            None => 0,
        };
        parts.restored = match read(RESTORED)? {
            Some(known) => Some(Millis(i64::from_le_bytes(
                known
                    .try_into()
                    .map_err(|_| OpenError::SystemRow(RESTORED))?,
            ))),
            None => None,
        };
        // A state that knew records which the journal lost may also know incarnations that it lost. Each took at least one record.
        let lost = match parts.recovery.rebuilt {
            Some(Rebuilt::Ahead(lsn)) => lsn.0.saturating_sub(stamp.applied.0),
            _ => 0,
        };
        parts.incarnation = before.saturating_add(lost).saturating_add(1);
        let found = Identity {
            installation: parts.installation,
            incarnation: parts.incarnation,
        };
        if self.known.is_some_and(|known| !known.lives_on_in(&found)) {
            return Err(OpenError::Exchanged(self.dir.into()));
        }
        batch.put_raw(SYSTEM, INCARNATION, parts.incarnation.to_le_bytes());
        self.commit(parts, stamp, batch)
    }

    fn commit(&self, parts: &mut Parts, stamp: &mut Stamp, batch: Batch) -> Result<(), OpenError> {
        let payload = batch
            .encode()
            .map_err(|_| OpenError::SystemRow(INCARNATION))?;
        let appended = parts
            .writer
            .append(std::iter::once(payload.as_slice()))
            .map_err(append_error)?;
        parts.segments.extend(appended.begun);
        parts.journal_bytes += appended.bytes;
        let rows = batch
            .into_ops()
            .into_iter()
            .map(|op| (op.row, op.value))
            .collect();
        let applied = parts.state.apply(stamp, &rows, appended.first);
        applied.map_err(self.state_error())
    }

    fn report(&self, recovery: &Recovery) {
        let dir = self.dir;
        if let Some(tail) = &recovery.torn_tail {
            model::log!(
                warn,
                "an unfinished write at the journal's end was cut off",
                segment = tail.segment,
                offset = tail.offset,
                why = tail.why
            );
        }
        if let Some(reason @ Rebuilt::Ahead(_)) = &recovery.rebuilt {
            model::log!(
                error,
                "the journal has lost acknowledged records; everything since is probed for",
                dir = dir,
                reason = reason
            );
        } else if let Some(reason) = &recovery.rebuilt {
            model::log!(
                warn,
                "the state was rebuilt from the journal",
                dir = dir,
                reason = reason,
                replayed = recovery.replayed
            );
        }
    }
}

/// Why the engine on disk is not taken over.
enum Adopt {
    Rebuild(Rebuilt),
    Refused(OpenError),
}

impl From<Rebuilt> for Adopt {
    fn from(reason: Rebuilt) -> Adopt {
        Adopt::Rebuild(reason)
    }
}

/// Whether the engine holds what it says and says what the journal can explain.
pub(crate) fn examine(engine: &dyn Engine, checkpoint: Lsn, end: Lsn) -> Result<Stamp, Rebuilt> {
    let stamp = engine
        .stamp()
        .map_err(Rebuilt::Failed)?
        .ok_or(Rebuilt::Missing)?;
    if stamp.applied > end {
        return Err(Rebuilt::Ahead(stamp.applied));
    }
    if stamp.applied < checkpoint {
        return Err(Rebuilt::Behind(stamp.applied));
    }
    let tally = weigh(engine).map_err(Rebuilt::Failed)?;
    if tally == stamp.tally {
        Ok(stamp)
    } else {
        Err(Rebuilt::Disagrees)
    }
}
