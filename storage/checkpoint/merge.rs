//! Making the next checkpoint: the last one, and over it what changed since.
//!
//! A block in which nothing changed is taken over as it is, so what a checkpoint costs beside reading and writing goes by what
//! changed, not by what there is.

use std::io;
use std::path::{Path, PathBuf};

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
    for number in 0..base.blocks() {
        merging.block(base, number)?;
    }
    merging.insert_before(None)?;
    if merging.seen != stamp.tally {
        return Err(Failure::Disagrees);
    }
    merging.filling.weighed(merging.tally);
    let (stamp, index) = merging.filling.place_known(disk)?;
    Ok(Base::written(disk, store, stamp, index)?)
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
    fn block(&mut self, base: &Base, number: usize) -> Result<(), Failure> {
        let Some(first) = base.first(number) else {
            return Ok(());
        };
        let until = base.first(number + 1);
        if !self.is_changed_before(until)? && self.filling.takes_block() {
            self.filling.copy(first, &base.raw(number)?);
            return Ok(());
        }
        for (row, value) in base.rows(number)? {
            self.insert_before(Some(&row))?;
            match self.changes.peek()? {
                Some((changed, _)) if *changed == row => {
                    self.tally.remove(&row, &value);
                    self.insert()?;
                }
                _ => self.filling.put(&row, &value),
            }
        }
        // Behind the last block comes what is left, at the end.
        match until {
            Some(_) => self.insert_before(until),
            None => Ok(()),
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
            self.filling.put(&row, &value);
        }
        Ok(())
    }
}
