//! One tenant's backups: making, listing, checking, trying out, restoring and removing them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use actors::Clock as _;
use actors::rows::Rows;
use model::{Millis, TenantName};
use storage::backup::{
    self, BackupError, BackupId, Drilled, Entry, Kept, KeyFile, Manifest, Order, Rehearsal,
    Restore, Restored, State, Written,
};
use storage::disk::{self, Access, Disk, OsDisk};
use storage::vault::{Vault, VaultError};
use storage::{EngineKind, Store};

use super::bucket::Bucket;
use super::record::{Drill, Failure, Record};
use super::settings::BucketSettings;
use crate::clock::SystemClock;
use crate::command::access::ours;
use crate::config::{Config, Credential, Proxy, profile_files};
use crate::exit::Error;
use crate::master_key::{self, KeyRing};

/// Where a tenant's store, backups and profiles are, and what opens them.
#[derive(Clone)]
pub struct Place {
    /// The tenant.
    pub tenant: TenantName,
    /// The store's directory.
    pub store: PathBuf,
    /// The directory of the tenant's backups.
    pub backups: PathBuf,
    /// The folder of the tenant's profiles.
    pub profiles: PathBuf,
    ring: Arc<KeyRing>,
    options: storage::Options,
    /// Where copies go, and what signs in there.
    copies: Option<(BucketSettings, Option<Credential>, Proxy)>,
}

/// How an error of a backup ends a command.
pub(crate) fn told(error: BackupError) -> Error {
    match error {
        BackupError::KeyFile(error) => master_key::told(error),
        BackupError::Damaged { .. }
        | BackupError::Format { .. }
        | BackupError::Foreign { .. }
        | BackupError::NoKey { .. }
        | BackupError::KeyDamaged(_)
        | BackupError::KeyMissing(_)
        | BackupError::NotEmpty { .. }
        | BackupError::Bound(_) => Error::usage(error),
        BackupError::Full(_)
        | BackupError::Busy(_)
        | BackupError::Io { .. }
        | BackupError::Checkpoint(_)
        | BackupError::Copy(_)
        | BackupError::Random
        | BackupError::Cipher
        | BackupError::DigestKey(_)
        | BackupError::Open(_)
        | BackupError::Fsck(_) => Error::unreachable(error),
    }
}

/// A backup as the rule of keeping sees it.
fn kept(entry: &Entry) -> Kept {
    Kept {
        id: entry.id,
        good: entry.is_good(),
    }
}

impl Place {
    /// The place of a tenant.
    #[must_use]
    pub fn of(config: &Config, tenant: &TenantName) -> Place {
        Place {
            tenant: tenant.clone(),
            store: config.data.join(tenant.as_str()),
            backups: config.backup.directory.join(tenant.as_str()),
            profiles: config.profiles.join(tenant.as_str()),
            ring: Arc::clone(&config.ring),
            options: config.options(tenant),
            copies: config.backup.bucket.clone().map(|settings| {
                let known = config.tenants.iter().find(|each| each.name == *tenant);
                let credential = known.and_then(|each| each.credentials.get(&settings.credential));
                (settings, credential.cloned(), config.proxy)
            }),
        }
    }

    /// The bucket for the tenant's copies; nothing when the configuration names none.
    ///
    /// # Errors
    /// When what signs in there is not to be had.
    pub fn bucket(&self) -> Result<Option<Bucket>, Error> {
        let Some((settings, credential, proxy)) = &self.copies else {
            return Ok(None);
        };
        let credential = credential.as_ref().ok_or_else(|| {
            Error::Usage(format!(
                "tenant {} has no credential {:?}, by which [backup.bucket] signs in; set it by `counterpart secret set {} --tenant \
                 {} --user ACCESS-KEY-ID < secret`, or name it by a [[credential]]",
                self.tenant, settings.credential, settings.credential, self.tenant
            ))
        })?;
        Bucket::open(settings, &self.tenant, credential, *proxy).map(Some)
    }

    /// The tenant's keys, if there are any.
    ///
    /// # Errors
    /// When no master key is to be had that opens them, or they are damaged.
    pub fn keys(&self) -> Result<Option<KeyFile>, Error> {
        let path = backup::key_path(&self.backups);
        match Vault::peek_at(&OsDisk, &path, self.tenant.as_str()) {
            Err(VaultError::Damaged(path)) => Err(told(BackupError::KeyDamaged(path))),
            Err(error) => Err(master_key::told(error)),
            Ok(None) => Ok(None),
            Ok(Some(_)) => {
                let opened = self.ring.open_at(&path, self.tenant.as_str())?;
                Ok(opened.map(KeyFile::of))
            }
        }
    }

    /// Whether there is no key file here.
    #[must_use]
    pub fn has_no_keys(&self) -> bool {
        !backup::key_path(&self.backups).exists()
    }

    fn keys_there(&self) -> Result<KeyFile, Error> {
        let missing = || told(BackupError::KeyMissing(backup::key_path(&self.backups)));
        self.keys()?.ok_or_else(missing)
    }

    /// The tenant's keys, made if need be.
    fn keys_or_new(&self, now: Millis) -> Result<KeyFile, Error> {
        if let Some(keys) = self.keys()? {
            return Ok(keys);
        }
        let (current, next) = self.ring.present()?;
        let tenant = self.tenant.as_str();
        let made = KeyFile::change(&OsDisk, &self.backups, tenant, &current, now);
        let mut made = made.map_err(told)?;
        if let Some(next) = &next {
            // Keys that begin while the master key is being changed take part in it.
            made.admit(next).map_err(told)?;
        }
        drop(made);
        self.keys_there()
    }

    /// Makes a backup of an open store, and reads back what was written.
    ///
    /// # Errors
    /// When it cannot be made, or is not what it should be. The record remembers why.
    pub fn create(&self, store: &Store, now: Millis) -> Result<Written, Error> {
        let made = self.try_create(store, now);
        let failure = made.as_ref().err().map(|error| Failure::of(error, now));
        let noted = self.note(|record| record.failure = failure);
        let written = made?;
        noted?;
        Ok(written)
    }

    fn try_create(&self, store: &Store, now: Millis) -> Result<Written, Error> {
        self.is_ours()?;
        let keys = self.keys_or_new(now)?;
        let profiles = profile_files(&self.profiles)?;
        let order = Order {
            tenant: self.tenant.as_str(),
            dir: &self.backups,
            profiles: &profiles,
            program: env!("CARGO_PKG_VERSION"),
            keys: &keys,
            now,
        };
        let written = store.backup(&order).map_err(told)?;
        let read = self.verify_with(&keys, written.id);
        if matches!(&read, Ok(manifest) if *manifest == written.manifest) {
            return Ok(written);
        }
        // Whatever it was, nobody has seen that this one is good.
        let why = read.err().map_or_else(
            || "what was read back is not what was written".to_owned(),
            |error| error.to_string(),
        );
        let told = format!("{}: {why}; look at the disk", written.path.display());
        let id = written.id.to_string();
        self.note(|record| drop(record.damaged.insert(id, why)))?;
        Err(Error::Unreachable(told))
    }

    /// What another user writes the node could not read.
    fn is_ours(&self) -> Result<(), Error> {
        let there = self.backups.ancestors().find(|folder| folder.exists());
        there.map_or(Ok(()), ours)
    }

    /// The backups that lie there, oldest first.
    ///
    /// # Errors
    /// When they cannot be looked at.
    pub fn list(&self) -> Result<Vec<Entry>, Error> {
        let listed = backup::catalogue(&OsDisk, &self.backups, self.tenant.as_str());
        let mut entries = listed.map_err(told)?;
        let record = self.record();
        for entry in &mut entries {
            if let Some(why) = record.damaged.get(&entry.id.to_string()) {
                entry.state = State::Damaged(why.clone());
            }
        }
        Ok(entries)
    }

    /// What is remembered.
    #[must_use]
    pub fn record(&self) -> Record {
        Record::read(&OsDisk, &self.backups)
    }

    /// Remembers something.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn note(&self, change: impl FnOnce(&mut Record)) -> Result<Record, Error> {
        self.is_ours()?;
        // A node and a command may remember different things at the same moment.
        let path = self.backups.join("record.lock");
        let failed = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::WouldBlock => Error::Unreachable(format!(
                "{}: another process holds this lock and does not end; look what it is",
                path.display()
            )),
            _ => Error::Unreachable(format!("{}: {error}", path.display())),
        };
        OsDisk.create_dir(&self.backups).map_err(failed)?;
        let _lock = disk::lock_in_turn(&OsDisk, &path, Access::Write).map_err(failed)?;
        let names = OsDisk
            .list(&self.backups)
            .map_err(|error| Error::Unreachable(format!("{}: {error}", self.backups.display())))?;
        let present: Vec<BackupId> = names
            .iter()
            .filter_map(|name| BackupId::of_file(name))
            .collect();
        Record::change(&OsDisk, &self.backups, &present, change)
    }

    /// The backup that is meant by a name, or by `latest`.
    ///
    /// # Errors
    /// When there is none.
    pub fn choose(&self, name: &str) -> Result<BackupId, Error> {
        let entries = self.list()?;
        if name == "latest" {
            let kept: Vec<Kept> = entries.iter().map(kept).collect();
            return backup::newest(&kept, SystemClock.now()).ok_or_else(|| {
                Error::Usage(format!(
                    "tenant {} has no good backup in {}; make one by `counterpart backup create`, or fetch one from the bucket",
                    self.tenant,
                    self.backups.display()
                ))
            });
        }
        let id = BackupId::parse(name).filter(|id| entries.iter().any(|entry| entry.id == *id));
        id.ok_or_else(|| {
            Error::Usage(format!(
                "tenant {} has no backup {name:?} in {}; `counterpart backup list` shows what there is",
                self.tenant,
                self.backups.display()
            ))
        })
    }

    /// Where that backup is.
    #[must_use]
    pub fn path(&self, id: BackupId) -> PathBuf {
        backup::path(&self.backups, id)
    }

    /// Reads every byte of a backup. Damage is remembered.
    ///
    /// # Errors
    /// When no key opens it.
    pub fn verify(&self, id: BackupId) -> Result<Result<Manifest, String>, Error> {
        let keys = self.keys_there()?;
        match self.verify_with(&keys, id) {
            Ok(manifest) => {
                let id = id.to_string();
                if self.record().damaged.contains_key(&id) {
                    self.note(|record| drop(record.damaged.remove(&id)))?;
                }
                Ok(Ok(manifest))
            }
            Err(error) if error.is_damage() => Ok(Err(error.to_string())),
            Err(error) => Err(told(error)),
        }
    }

    fn verify_with(&self, keys: &KeyFile, id: BackupId) -> Result<Manifest, BackupError> {
        let verified = backup::verify(&OsDisk, &self.path(id), self.tenant.as_str(), keys);
        if let Err(error) = &verified
            && error.is_damage()
        {
            self.note_damage(id, error);
        }
        verified
    }

    /// Reads every byte of a backup, for which no key is needed. Damage is remembered.
    ///
    /// # Errors
    /// When a byte is not what was written, or it cannot be read.
    pub fn read_through(&self, id: BackupId) -> Result<(), Error> {
        let read = backup::is_whole(&OsDisk, &self.path(id));
        read.map(drop).map_err(|error| {
            if error.is_damage() {
                self.note_damage(id, &error);
            }
            told(error)
        })
    }

    /// Whether a file is that backup, sound to the last byte, wherever it is.
    ///
    /// # Errors
    /// When it is not, or no key opens it.
    pub fn is_sound(&self, path: &Path, id: BackupId) -> Result<(), Error> {
        let keys = self.keys_there()?;
        let manifest = backup::verify(&OsDisk, path, self.tenant.as_str(), &keys).map_err(told)?;
        match manifest.id == id.to_string() {
            true => Ok(()),
            false => Err(Error::Usage(format!(
                "the copy of {id} in the bucket is another backup under this name"
            ))),
        }
    }

    fn note_damage(&self, id: BackupId, error: &BackupError) {
        let noted =
            self.note(|record| drop(record.damaged.insert(id.to_string(), error.to_string())));
        if noted.is_err() {
            model::log!(
                error,
                "a damaged backup cannot be noted",
                tenant = self.tenant,
                backup = id
            );
        }
    }

    /// Restores a backup for a trial, checks and compares it, and remembers how it went.
    ///
    /// # Errors
    /// When the trial could not be held.
    pub fn drill(&self, id: BackupId, now: Millis) -> Result<Result<Drilled, String>, Error> {
        self.is_ours()?;
        let keys = self.keys_there()?;
        let _lock = self.drill_lock()?;
        let scratch = Scratch::new(self.backups.join("drill"))?;
        let rehearsal = Rehearsal {
            backup: &self.path(id),
            tenant: self.tenant.as_str(),
            keys: &keys,
            scratch: &scratch.0,
            options: self.options.clone(),
            now,
        };
        let disk: Arc<dyn Disk> = Arc::new(OsDisk);
        let held = rehearsal.run(&disk, EngineKind::Sled, &mut Rows::default());
        let drilled = match held {
            Ok(drilled) => Ok(drilled),
            Err(error) if error.is_damage() => {
                self.note_damage(id, &error);
                Err(error.to_string())
            }
            Err(error @ (BackupError::Open(_) | BackupError::Fsck(_))) => Err(error.to_string()),
            Err(error) => return Err(told(error)),
        };
        let why = match &drilled {
            Ok(drilled) => wrong(drilled),
            Err(why) => Some(why.clone()),
        };
        self.note(|record| {
            record.drill = Some(Drill {
                at: now,
                backup: id.to_string(),
                why,
            });
        })?;
        Ok(drilled)
    }

    fn drill_lock(&self) -> Result<Box<dyn disk::Lock>, Error> {
        let path = self.backups.join("drill.lock");
        let lock = OsDisk.lock(&path, Access::Write);
        lock.map_err(|error| match error.kind() {
            std::io::ErrorKind::WouldBlock => Error::Unreachable(format!(
                "{}: another drill of this tenant is under way; try again when it has ended",
                path.display()
            )),
            _ => Error::Unreachable(format!("{}: {error}", path.display())),
        })
    }

    /// Removes the backups that are past their time.
    ///
    /// # Errors
    /// When they cannot be looked at or removed.
    pub fn retire(&self, days: u32, now: Millis) -> Result<Vec<BackupId>, Error> {
        let entries = self.list()?;
        let list: Vec<Kept> = entries.iter().map(kept).collect();
        let gone = backup::expired(&list, now, days);
        for id in &gone {
            let path = self.path(*id);
            let removed = disk::discard(&OsDisk, &path);
            removed.map_err(|error| Error::Unreachable(format!("{}: {error}", path.display())))?;
            model::log!(
                info,
                "a backup past its time was removed",
                tenant = self.tenant,
                backup = id
            );
        }
        Ok(gone.into_iter().collect())
    }

    /// Makes the tenant's store from a backup, in an empty directory.
    ///
    /// # Errors
    /// When the directory is not empty, or the backup does not open.
    pub fn restore(&self, id: BackupId, now: Millis) -> Result<Restored, Error> {
        let there = self.store.ancestors().find(|folder| folder.exists());
        there.map_or(Ok(()), ours)?;
        let keys = self.keys_there()?;
        let restore = Restore {
            backup: &self.path(id),
            tenant: self.tenant.as_str(),
            keys: &keys,
            store: &self.store,
            sealing: self.options.sealing.as_ref(),
            profiles: Some(&self.profiles),
            now,
        };
        let disk: Arc<dyn Disk> = Arc::new(OsDisk);
        restore.run(&disk).map_err(|error| {
            if error.is_damage() {
                self.note_damage(id, &error);
            }
            told(error)
        })
    }
}

/// What was wrong in a drill, if anything was.
pub(crate) fn wrong(drilled: &Drilled) -> Option<String> {
    if drilled.ok() {
        return None;
    }
    let findings = drilled.report.findings.iter();
    let findings = findings.map(|finding| format!("{}: {}", finding.where_, finding.what));
    let unseen = drilled
        .report
        .unseen
        .then(|| "the state could not be checked".to_owned());
    let all = drilled
        .differences
        .iter()
        .cloned()
        .chain(unseen)
        .chain(findings);
    const SHOWN: usize = 5;
    Some(all.take(SHOWN).collect::<Vec<_>>().join("; "))
}

/// A directory of our own, removed at the end; one that an earlier drill left is removed first.
struct Scratch(PathBuf);

impl Scratch {
    fn new(path: PathBuf) -> Result<Scratch, Error> {
        remove(&path)?;
        Ok(Scratch(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if remove(&self.0).is_err() {
            model::log!(
                warn,
                "what a drill restored could not be removed; the next one does",
                path = self.0
            );
        }
    }
}

/// Removes it, its keys first: what a tenant's erasing overwrites in the store is not to be left in the blocks of a copy.
fn remove(path: &Path) -> Result<(), Error> {
    storage::erase::keys(&OsDisk, path).map_err(Error::unreachable)?;
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::Unreachable(format!("{}: {error}", path.display())))
        }
        _ => Ok(()),
    }
}
