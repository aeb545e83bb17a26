//! Making the next checkpoint: the last one, and over it what changed since.
//!
//! A block in which nothing changed is taken over as it is, so what a checkpoint costs beside reading and writing goes by what
//! changed, not by what there is.

use std::io;
use std::path::{Path, PathBuf};

use super::base::Entry;
use super::{Base, CheckpointError, DamagedCheckpoint, Filling, forget, is_full};
use crate::batch::RowKey;
use crate::digest::Tally;
use crate::disk::Disk;
use crate::engine::{Engine, EngineError, Pages, Stamp};
use crate::state;

/// Writes the checkpoint of the stamp's record, from a base and the changes since, which nobody changes meanwhile. The changes
/// have to come to what the stamp says.
pub(crate) fn merge(
    disk: &dyn Disk,
    store: &Path,
    base: &Base,
    changes: &dyn Engine,
    stamp: &Stamp,
) -> Result<Base, CheckpointError> {
    let path = super::path(store, stamp.applied);
    let outcome = attempt(disk, store, base, changes, stamp);
    outcome.map_err(|failure| {
        forget(disk, &path);
        failure.named(store, path)
    })
}

enum Failure {
    Io(io::Error),
    Base(DamagedCheckpoint),
    Engine(EngineError),
    Disagrees,
}

impl Failure {
    fn named(self, store: &Path, path: PathBuf) -> CheckpointError {
        match self {
            Failure::Io(source) if is_full(&source) => CheckpointError::Full(path),
            Failure::Io(source) => CheckpointError::Io { path, source },
            Failure::Base(error) => CheckpointError::Base(error),
            Failure::Engine(error) => CheckpointError::Engine(error),
            Failure::Disagrees => CheckpointError::State(store.to_path_buf()),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Io(error)
    }
}

impl From<DamagedCheckpoint> for Failure {
    fn from(error: DamagedCheckpoint) -> Failure {
        Failure::Base(error)
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Failure {
        Failure::Engine(error)
    }
}

fn attempt(
    disk: &dyn Disk,
    store: &Path,
    base: &Base,
    changes: &dyn Engine,
    stamp: &Stamp,
) -> Result<Base, Failure> {
    let mut merging = Merging {
        filling: Filling::begin(disk, store, stamp.applied)?,
        changes: Pages::all(changes),
        seen: Tally::default(),
        tally: base.stamp().tally,
    };
    for (number, entry) in base.index().iter().enumerate() {
        let until = base.index().get(number + 1).map(|next| &next.first);
        merging.block(base, entry, until)?;
    }
    merging.insert_before(None)?;
    merging.filling.close()?;
    // What was written is weighed apart from what should have been: the journal before it goes for it.
    if merging.seen != stamp.tally || merging.filling.tally() != merging.tally {
        return Err(Failure::Disagrees);
    }
    Ok(merging.filling.place(disk)?)
}

struct Merging<'a> {
    filling: Filling,
    changes: Pages<'a>,
    /// What the changes came to so far, as the engine has them.
    seen: Tally,
    /// What the checkpoint's rows come to.
    tally: Tally,
}

impl Merging<'_> {
    fn block(&mut self, base: &Base, entry: &Entry, until: Option<&RowKey>) -> Result<(), Failure> {
        if !self.is_changed_before(until)? && self.filling.is_at_block() {
            return Ok(self.filling.copy(entry, &base.raw(entry)?)?);
        }
        for (row, value) in base.rows(entry)? {
            self.insert_before(Some(&row))?;
            match self.changes.peek()? {
                Some((changed, _)) if *changed == row => {
                    self.tally.remove(&row, &value);
                    self.insert()?;
                }
                _ => self.filling.push(row, value)?,
            }
        }
        self.insert_before(until)?;
        match self.filling.is_at_block() {
            true => Ok(self.filling.close()?),
            false => Ok(()),
        }
    }

    fn is_changed_before(&mut self, until: Option<&RowKey>) -> Result<bool, EngineError> {
        let next = self.changes.peek()?;
        Ok(next.is_some_and(|(row, _)| until.is_none_or(|until| row < until)))
    }

    /// Adds the changed rows that come before `until`.
    fn insert_before(&mut self, until: Option<&RowKey>) -> Result<(), Failure> {
        while self.is_changed_before(until)? {
            self.insert()?;
        }
        Ok(())
    }

    fn insert(&mut self) -> Result<(), Failure> {
        let Some((row, entry)) = self.changes.take() else {
            return Ok(());
        };
        self.seen.add(&row, &entry);
        if let Some(value) = state::content(entry)? {
            self.tally.add(&row, &value);
            self.filling.push(row, value)?;
        }
        Ok(())
    }
}
