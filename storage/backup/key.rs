//! The key file: the keys under which a tenant's backups are sealed, themselves sealed under the master key.
//!
//! It is a vault of its own kind, in the file `key` beside the backups: the same seals, and the same ways to another master key.
//! Every backup names the key that seals it. A new backup takes the newest key; the older ones stay for the backups that were
//! made with them.

use std::fmt;
use std::path::{Path, PathBuf};

use model::Millis;
use ring::hmac;
use zeroize::Zeroizing;

use super::BackupError;
use crate::disk::Disk;
use crate::limit;
use crate::vault::{self, Listed, MasterKey, MasterKeyId, Secret, SecretKind, Vault, VaultError};

const KEY: usize = 32;

/// Where the key file is among a tenant's backups.
#[must_use]
pub fn key_path(dir: &Path) -> PathBuf {
    dir.join("key")
}

/// What tells one backup key from another without giving it away.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BackupKeyId(pub(super) [u8; 8]);

impl fmt::Display for BackupKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for BackupKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BackupKeyId({self})")
    }
}

/// A key that seals backups. No `Debug`; wiped when it goes.
pub(super) struct BackupKey(Secret);

impl BackupKey {
    fn random(disk: &dyn Disk) -> Result<BackupKey, BackupError> {
        let mut bytes = Zeroizing::new(vec![0; KEY]);
        disk.random(&mut bytes).map_err(|_| BackupError::Random)?;
        Ok(BackupKey(Secret::new(std::mem::take(&mut *bytes))))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.expose()
    }

    fn id(&self) -> BackupKeyId {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.bytes());
        let tag = hmac::sign(&key, b"counterpart backup key id");
        let mut id = [0; 8];
        id.iter_mut()
            .zip(tag.as_ref())
            .for_each(|(to, from)| *to = *from);
        BackupKeyId(id)
    }
}

/// An open key file.
pub struct KeyFile(Vault);

/// What a vault's error means of a key file.
fn told(error: VaultError) -> BackupError {
    match error {
        VaultError::Damaged(path) => BackupError::KeyDamaged(path),
        VaultError::Busy(path) => BackupError::Busy(path),
        error => BackupError::KeyFile(error),
    }
}

impl KeyFile {
    /// Opens the key file among a tenant's backups; nothing when there is none.
    ///
    /// # Errors
    /// When it is damaged or another tenant's, or another master key seals it.
    pub fn open(
        disk: &dyn Disk,
        dir: &Path,
        tenant: &str,
        master: &MasterKey,
    ) -> Result<Option<KeyFile>, BackupError> {
        let opened = Vault::open_at(disk, &key_path(dir), tenant, master);
        Ok(opened.map_err(told)?.map(KeyFile))
    }

    /// The key file that a vault was found to be.
    #[must_use]
    pub fn of(vault: Vault) -> KeyFile {
        KeyFile(vault)
    }

    /// Takes the key file to change it, and makes one with a first key when there is none and no backup that would want it.
    ///
    /// # Errors
    /// As [`KeyFile::open`]; when somebody else changes it; [`BackupError::KeyMissing`].
    pub fn change<'a>(
        disk: &'a dyn Disk,
        dir: &Path,
        tenant: &str,
        master: &'a MasterKey,
        now: Millis,
    ) -> Result<Changing<'a>, BackupError> {
        let path = key_path(dir);
        let changing = Vault::change_at(disk, &path, tenant, master).map_err(told)?;
        let is_new = changing.vault().list().next().is_none();
        let mut changing = Changing { disk, changing };
        if is_new {
            let names = disk.list(dir).map_err(BackupError::io(dir))?;
            if names
                .iter()
                .any(|name| super::BackupId::of_file(name).is_some())
            {
                return Err(BackupError::KeyMissing(path));
            }
            changing.renew(now)?;
        }
        Ok(changing)
    }

    /// The key of that name.
    pub(super) fn get(&self, id: BackupKeyId) -> Result<Option<BackupKey>, BackupError> {
        let found = self.0.get(SecretKind::Backup, &id.to_string());
        let found = found
            .map_err(told)?
            .filter(|secret| secret.expose().len() == KEY);
        Ok(found.map(BackupKey))
    }

    /// The key that seals new backups.
    pub(super) fn newest(&self) -> Result<(BackupKeyId, BackupKey), BackupError> {
        let keys = self
            .0
            .list()
            .filter(|listed| listed.kind == SecretKind::Backup);
        let newest = keys.max_by_key(|listed| listed.version);
        let damaged = || BackupError::KeyDamaged(self.0.path().to_path_buf());
        let name = newest.ok_or_else(damaged)?.name;
        let found = self.0.get(SecretKind::Backup, &name).map_err(told)?;
        let key = BackupKey(found.ok_or_else(damaged)?);
        let id = key.id();
        match id.to_string() == name {
            true => Ok((id, key)),
            false => Err(damaged()),
        }
    }

    /// The master keys that open it.
    pub fn masters(&self) -> impl Iterator<Item = MasterKeyId> {
        self.0.masters()
    }
}

/// A key file that nobody else can change. Each change is durable when its method returns.
pub struct Changing<'a> {
    disk: &'a dyn Disk,
    changing: vault::Changing<'a>,
}

impl Changing<'_> {
    /// Makes a new key, which seals backups from now on.
    ///
    /// # Errors
    /// When the file is full or cannot be written.
    pub fn renew(&mut self, now: Millis) -> Result<(), BackupError> {
        let key = BackupKey::random(self.disk)?;
        let (kind, name) = (SecretKind::Backup, key.id().to_string());
        self.changing
            .set(kind, &name, &key.0, now, None)
            .map_err(told)?;
        self.forget_oldest()
    }

    /// The file holds only so many keys. The oldest ones go: the backups that they seal are long past their time.
    fn forget_oldest(&mut self) -> Result<(), BackupError> {
        let mut keys: Vec<Listed> = self.changing.vault().list().collect();
        // Not by the time: a clock that was set back would let the newest one go.
        keys.sort_by_key(|listed| listed.version);
        let surplus = keys.len().saturating_sub(limit::BACKUP_KEYS);
        let names: Vec<String> = keys.drain(..surplus).map(|listed| listed.name).collect();
        for name in names {
            self.changing
                .remove(SecretKind::Backup, &name)
                .map_err(told)?;
        }
        Ok(())
    }

    /// Lets another master key open the file as well; says whether it did not before.
    ///
    /// # Errors
    /// When two others open it already, or it cannot be written.
    pub fn admit(&mut self, next: &MasterKey) -> Result<bool, BackupError> {
        self.changing.admit(next).map_err(told)
    }

    /// Lets no other master key open the file from now on. Whoever had the other one may have had the keys, so new backups get a
    /// new one, and that first: a step that is broken off between the two is done again. Says whether there was another.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn dismiss_others(&mut self, now: Millis) -> Result<bool, BackupError> {
        if self.masters().count() <= 1 {
            return Ok(false);
        }
        self.renew(now)?;
        self.changing.dismiss_others().map_err(told)
    }

    /// Seals the keys anew under a new key of the file's own, and makes a new one for the backups to come.
    ///
    /// # Errors
    /// While two master keys open it, or when it cannot be written.
    pub fn rotate(&mut self, now: Millis) -> Result<(), BackupError> {
        self.changing.rotate().map_err(told)?;
        self.renew(now)
    }

    /// The master keys that open it.
    pub fn masters(&self) -> impl Iterator<Item = MasterKeyId> {
        self.changing.vault().masters()
    }
}
