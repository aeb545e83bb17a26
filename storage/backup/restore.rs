//! Making a store from a backup.
//!
//! The first thing that is written is the file `restoring`, and the last thing that happens is that it goes. While it is there
//! nobody opens the directory as a store, and a restore begins anew. A restored store goes on where the backup was made, in a later
//! life: its incarnation is raised past all that there can have been since, and it knows when it was restored. So its creates are
//! probed first: the gate before creates is shut at every start, the old cursors name whatever was made since, and after a restore
//! the gate waits until a remote's index must show what was made last.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::Millis;

use super::manifest::{Manifest, Preface};
use super::read::{Taker, walk};
use super::{BackupError, KeyFile};
use crate::batch::{Batch, RowKey};
use crate::checkpoint::{self, Filling};
use crate::digest_key::{self, DigestKey, KeyError, Sealing};
use crate::disk::{self, Access, Disk, Lock};
use crate::journal::{self, writer::Writer};
use crate::lsn::Lsn;
use crate::store::Options;
use crate::store::open::{INCARNATION, RESTORED, lock_path};
use crate::table::SYSTEM;
use crate::{limit, vault};

/// What stands in the file that says that a restore is not at its end.
const WORDS: &[u8] =
    b"A backup is being restored into this directory, or the restore stopped before its end.\n\
    Nothing here is to be used. Run `counterpart backup restore` again: it begins anew.\n";

/// Where that file is in a store's directory.
pub(crate) fn marker_path(store: &Path) -> PathBuf {
    store.join("restoring")
}

/// Whether a restore into that directory is not at its end.
///
/// # Errors
/// What the file system says.
pub fn is_half_restored(disk: &dyn Disk, store: &Path) -> io::Result<bool> {
    Ok(disk.list(store)?.iter().any(|name| name == "restoring"))
}

/// A restore to be made.
pub struct Restore<'a> {
    /// The backup's file.
    pub backup: &'a Path,
    /// The tenant.
    pub tenant: &'a str,
    /// The keys.
    pub keys: &'a KeyFile,
    /// The store's directory, empty or half restored.
    pub store: &'a Path,
    /// How the digest key is sealed; without it the key is put into a file.
    pub sealing: Option<&'a Sealing>,
    /// The folder for the tenant's profiles; nothing where none are to be written. One that is there is left as it is.
    pub profiles: Option<&'a Path>,
    /// When it is.
    pub now: Millis,
}

/// A store that was restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What the backup held.
    pub manifest: Manifest,
    /// The incarnation that the next open is beyond.
    pub incarnation: u64,
    /// Profile files that were put back.
    pub profiles: Vec<PathBuf>,
    /// Profile files that were there already with other content, and were left.
    pub left: Vec<PathBuf>,
    /// The vault's file, when no present master key opens it. It was set aside, and the credentials in it have to be set again.
    pub vault_aside: Option<PathBuf>,
}

impl Restore<'_> {
    /// Makes the store. When this fails or stops, the directory says that it is half restored, and the same restore begins anew.
    ///
    /// # Errors
    /// When the directory is not empty, the backup is damaged or does not open, or a file cannot be written.
    pub fn run(&self, disk: &Arc<dyn Disk>) -> Result<Restored, BackupError> {
        let disk_of = &**disk;
        disk_of
            .create_dir(self.store)
            .map_err(BackupError::io(self.store))?;
        let _lock = self.clear(disk_of)?;
        for dir in [journal::dir(self.store), checkpoint::dir(self.store)] {
            disk_of.create_dir(&dir).map_err(BackupError::io(&dir))?;
        }
        let mut making = Making {
            disk: disk_of,
            restore: self,
            filling: None,
            digest_key: None,
            before: 0,
            profiles: Vec::new(),
            left: Vec::new(),
        };
        let manifest = walk(disk_of, self.backup, self.tenant, self.keys, &mut making)?;
        let incarnation = making.before.saturating_add(limit::RESTORE_JUMP);
        let seconds = u64::try_from(self.now.0 / 1_000).unwrap_or(0);
        let incarnation = incarnation.saturating_add(seconds);
        let (profiles, left, vault_aside) = making.finish()?;
        self.begin_journal(disk, Lsn(manifest.lsn), incarnation)?;
        let marker = marker_path(self.store);
        disk::discard(disk_of, &marker).map_err(BackupError::io(&marker))?;
        Ok(Restored {
            manifest,
            incarnation,
            profiles,
            left,
            vault_aside,
        })
    }

    /// Makes sure that nothing is there but what an earlier restore left, takes that away, and says that a restore begins.
    fn clear(&self, disk: &dyn Disk) -> Result<Box<dyn Lock>, BackupError> {
        let store = self.store;
        let half = is_half_restored(disk, store).map_err(BackupError::io(store))?;
        if !half {
            self.is_empty(disk)?;
        }
        let path = lock_path(store);
        let lock = disk.lock(&path, Access::Write);
        let lock = lock.map_err(|source| match source.kind() {
            io::ErrorKind::WouldBlock => BackupError::NotEmpty {
                dir: store.to_path_buf(),
                what: "a store that is open".to_owned(),
            },
            _ => BackupError::io(&path)(source),
        })?;
        let marker = marker_path(store);
        if !half {
            disk::replace(disk, &marker, WORDS).map_err(BackupError::io(&marker))?;
        }
        for dir in [
            journal::dir(store),
            checkpoint::dir(store),
            store.to_path_buf(),
        ] {
            for name in disk.list(&dir).map_err(BackupError::io(&dir))? {
                let path = dir.join(&name);
                let stays = path == marker || path == lock_path(store);
                if stays || [journal::dir(store), checkpoint::dir(store)].contains(&path) {
                    continue;
                }
                disk::discard(disk, &path).map_err(BackupError::io(&path))?;
            }
        }
        Ok(lock)
    }

    fn is_empty(&self, disk: &dyn Disk) -> Result<(), BackupError> {
        let store = self.store;
        let mut found = BTreeSet::new();
        for dir in [
            store.to_path_buf(),
            journal::dir(store),
            checkpoint::dir(store),
        ] {
            found.extend(disk.list(&dir).map_err(BackupError::io(&dir))?);
        }
        // Left by a restore that stopped right at its beginning.
        for name in ["lock", "restoring.tmp"] {
            found.remove(name);
        }
        if found.is_empty() {
            return Ok(());
        }
        const SHOWN: usize = 5;
        let more = if found.len() > SHOWN { ", ..." } else { "" };
        let shown: Vec<String> = found.into_iter().take(SHOWN).collect();
        Err(BackupError::NotEmpty {
            dir: store.to_path_buf(),
            what: format!("{}{more}", shown.join(", ")),
        })
    }

    /// The one record behind the checkpoint: the store lives on in a later life, and knows since when.
    fn begin_journal(
        &self,
        disk: &Arc<dyn Disk>,
        end: Lsn,
        incarnation: u64,
    ) -> Result<(), BackupError> {
        let options = Options::default();
        let sizes = (options.segment_bytes, options.chunk_bytes);
        let dir = journal::dir(self.store);
        let mut writer = Writer::open(Arc::clone(disk), &dir, sizes, end, None)?;
        let mut batch = Batch::new();
        batch.put_raw(SYSTEM, INCARNATION, incarnation.to_le_bytes());
        batch.put_raw(SYSTEM, RESTORED, self.now.0.to_le_bytes());
        let payload = batch
            .encode()
            .map_err(|error| BackupError::Bound(error.to_string()))?;
        writer.append(std::iter::once(payload.as_slice()))?;
        Ok(())
    }
}

/// Profile files that were put back, those that were left, and a vault that was set aside.
type Ended = (Vec<PathBuf>, Vec<PathBuf>, Option<PathBuf>);

/// The store as it comes out of the backup.
struct Making<'a> {
    disk: &'a dyn Disk,
    restore: &'a Restore<'a>,
    filling: Option<Filling>,
    digest_key: Option<DigestKey>,
    before: u64,
    profiles: Vec<PathBuf>,
    left: Vec<PathBuf>,
}

impl Making<'_> {
    fn checkpoint_error(&self) -> impl FnOnce(io::Error) -> BackupError + use<> {
        BackupError::io(&checkpoint::dir(self.restore.store))
    }

    fn finish(mut self) -> Result<Ended, BackupError> {
        let io = self.checkpoint_error();
        if let Some(filling) = self.filling.take() {
            filling.place(self.disk).map_err(io)?;
        }
        let mut vault_aside = None;
        if let Some(key) = &self.digest_key {
            vault_aside = self.place(key)?;
        }
        Ok((self.profiles, self.left, vault_aside))
    }

    /// Puts the digest key in its place. The vault is sealed under the master key of its time: when no present one opens it, it
    /// is set aside, so that the key has a place. The backup's own key did open, so it is no question of reach.
    fn place(&self, key: &DigestKey) -> Result<Option<PathBuf>, BackupError> {
        let (store, sealing) = (self.restore.store, self.restore.sealing);
        match digest_key::place(self.disk, store, sealing, key) {
            Ok(()) => return Ok(None),
            Err(KeyError::Sealed { .. } | KeyError::Unsealed { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let (path, aside) = (vault::path(store), vault::aside_path(store));
        let moved = self.disk.rename(&path, &aside);
        let moved = moved.and_then(|()| self.disk.sync_dir(store));
        moved.map_err(BackupError::io(&path))?;
        digest_key::place(self.disk, store, sealing, key)?;
        Ok(Some(aside))
    }

    /// Puts a profile back where there is none of that name; what somebody wrote since stays.
    fn profile(&mut self, folder: &Path, name: &str, bytes: &[u8]) -> Result<(), BackupError> {
        let path = folder.join(name);
        let there = disk::read_all(self.disk, &path, limit::BACKUP_FILE_BYTES as u64);
        match there {
            Ok(present) if present == bytes => return Ok(()),
            Ok(_) => {
                self.left.push(path);
                return Ok(());
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(BackupError::io(&path)(source)),
        }
        self.disk
            .create_dir(folder)
            .map_err(BackupError::io(folder))?;
        disk::replace(self.disk, &path, bytes).map_err(BackupError::io(&path))?;
        self.profiles.push(path);
        Ok(())
    }
}

impl Taker for Making<'_> {
    fn preface(&mut self, preface: &Preface) -> Result<(), BackupError> {
        let filling = Filling::begin(self.disk, self.restore.store, Lsn(preface.lsn));
        self.filling = Some(filling.map_err(self.checkpoint_error())?);
        let key = zeroize::Zeroizing::new(preface.digest_key);
        self.digest_key = Some(DigestKey::new(key));
        self.before = preface.incarnation;
        Ok(())
    }

    fn file(&mut self, name: &str, bytes: &[u8]) -> Result<(), BackupError> {
        match (name.strip_prefix("profiles/"), self.restore.profiles) {
            (Some(name), Some(folder)) => self.profile(folder, name, bytes),
            (Some(_), None) => Ok(()),
            (None, _) => {
                let path = vault::path(self.restore.store);
                disk::replace(self.disk, &path, bytes).map_err(BackupError::io(&path))
            }
        }
    }

    fn row(&mut self, row: RowKey, value: &[u8]) -> Result<(), BackupError> {
        if let Some(filling) = &mut self.filling {
            let pushed = filling.push(row, value.to_vec());
            pushed.map_err(BackupError::io(&checkpoint::dir(self.restore.store)))?;
        }
        Ok(())
    }
}
