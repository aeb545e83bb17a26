//! A tenant's vault: one file with the credentials of its remotes and the key of its digests, sealed.
//!
//! A key of the tenant's own, the data key, seals every secret with AES-256-GCM; the master key, which the administrator
//! keeps elsewhere, seals the data key. So the master key changes without a secret being sealed again, a tenant's data key
//! changes without the master key, and a tenant whose vault is gone is gone for good, whatever copies of its secrets remain.
//!
//! A secret is sealed together with the tenant, its kind, its name and its version as associated data: copied to another
//! place it does not open. The whole file is authenticated under a key derived from the data key, so nothing can be taken
//! out of it or put back from an older file unseen, but the whole of it. Each change writes a new file and puts it in the
//! place of the old one at once: there is no moment at which a key is there without what it seals, or the other way round.
//!
//! Architecture invariant: nothing here has a `Debug`, `Display` or `Serialize` that could show a key or a secret, and all
//! of them are wiped from memory when they go.

use std::io;
use std::path::{Path, PathBuf};

use model::Millis;

use crate::disk::{self, Access, Disk, Lock};
use crate::erase;
use crate::limit;

mod error;
mod file;
mod key;
mod seal;
mod secret;

#[cfg(test)]
mod tests;

pub use error::VaultError;
pub use key::{MasterKey, MasterKeyError, MasterKeyId};
pub use secret::Secret;

use file::{Content, Entry, Slot};
use key::DataKey;
use seal::Label;

/// What a secret is for; the numeric value is on disk and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum SecretKind {
    /// What signs in to a remote.
    Credential = 1,
    /// The key of the base digests, which the store keeps here.
    Digest = 2,
    /// What seals a tenant's backups. It lies in the key file beside them and in no vault.
    Backup = 3,
}

/// What may be told of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What it is for.
    pub kind: SecretKind,
    /// Its name, as profiles call it.
    pub name: String,
    /// Rises with every change of the vault; no two secrets ever have the same.
    pub version: u64,
    /// When it was set.
    pub set: Millis,
    /// When the remote will no longer accept it, if the administrator said so.
    pub expires: Option<Millis>,
}

/// An open vault, as it was when it was read.
pub struct Vault {
    path: PathBuf,
    tenant: String,
    content: Content,
    key: DataKey,
}

/// Whether a secret may be called so: a name stands in messages, so it holds nothing that a terminal obeys.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.@".contains(&byte);
    (1..=limit::SECRET_NAME_BYTES).contains(&name.len()) && name.bytes().all(known)
}

/// The lock of whoever changes the vault of a tenant's directory.
pub(crate) fn lock_path(dir: &Path) -> PathBuf {
    dir.join("vault.lock")
}

/// Where a restore sets a vault aside that no master key of the configuration opens.
pub(crate) fn aside_path(dir: &Path) -> PathBuf {
    dir.join("vault.aside")
}

/// Where the vault of a tenant's directory is.
#[must_use]
pub fn path(dir: &Path) -> PathBuf {
    dir.join("vault")
}

/// What of a vault the store has to know before it asks for a master key.
pub(crate) struct Outline {
    pub(crate) masters: Vec<MasterKeyId>,
    pub(crate) holds_digest_key: bool,
}

/// The outline of a vault, whosever it is; nothing when there is none.
pub(crate) fn outline(disk: &dyn Disk, dir: &Path) -> Result<Option<Outline>, VaultError> {
    let path = path(dir);
    let Some(bytes) = read(disk, &path)? else {
        return Ok(None);
    };
    let content = file::parse(&bytes).map_err(|why| why.at(&path))?.content;
    Ok(Some(Outline {
        masters: content.slots.iter().map(|slot| slot.master).collect(),
        holds_digest_key: content.holds(SecretKind::Digest),
    }))
}

/// What the bytes of such a file list, read without any key.
///
/// # Errors
/// When they are damaged or another tenant's.
pub fn list_of(bytes: &[u8], tenant: &str) -> Result<Vec<Listed>, VaultError> {
    let content = owned(Path::new("key"), bytes, tenant)?.content;
    Ok(content.entries.iter().map(Entry::listed).collect())
}

/// The file's bytes; nothing when there is none. What is being erased is not read any more.
fn read(disk: &dyn Disk, path: &Path) -> Result<Option<Vec<u8>>, VaultError> {
    let dir = disk::parent(path);
    if erase::is_begun(disk, dir).map_err(VaultError::io(dir))? {
        return Err(VaultError::Erasing(dir.into()));
    }
    match disk::read_all(disk, path, limit::VAULT_BYTES) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            Err(VaultError::Damaged(path.to_path_buf()))
        }
        Err(source) => Err(VaultError::io(path)(source)),
    }
}

/// The file taken apart, if it is that tenant's.
fn owned<'a>(path: &Path, bytes: &'a [u8], tenant: &str) -> Result<file::Parsed<'a>, VaultError> {
    let parsed = file::parse(bytes).map_err(|why| why.at(path))?;
    if parsed.content.tenant == tenant {
        return Ok(parsed);
    }
    Err(VaultError::Foreign {
        path: path.to_path_buf(),
        owner: parsed.content.tenant,
    })
}

impl Vault {
    /// What a vault lists, read without any key: that it is whole is known, that nobody forged it is not. Nothing when there is
    /// no vault.
    ///
    /// # Errors
    /// When the file is damaged, another tenant's, or cannot be read.
    pub fn peek(
        disk: &dyn Disk,
        dir: &Path,
        tenant: &str,
    ) -> Result<Option<Vec<Listed>>, VaultError> {
        Vault::peek_at(disk, &path(dir), tenant)
    }

    /// As [`Vault::peek`], of a file of that name.
    ///
    /// # Errors
    /// As [`Vault::peek`].
    pub fn peek_at(
        disk: &dyn Disk,
        path: &Path,
        tenant: &str,
    ) -> Result<Option<Vec<Listed>>, VaultError> {
        let Some(bytes) = read(disk, path)? else {
            return Ok(None);
        };
        let content = owned(path, &bytes, tenant)?.content;
        Ok(Some(content.entries.iter().map(Entry::listed).collect()))
    }

    /// Opens the vault in a tenant's directory; nothing when there is none.
    ///
    /// # Errors
    /// When the file is damaged or another tenant's, or another master key seals it. See [`VaultError`].
    pub fn open(
        disk: &dyn Disk,
        dir: &Path,
        tenant: &str,
        master: &MasterKey,
    ) -> Result<Option<Vault>, VaultError> {
        Vault::open_at(disk, &path(dir), tenant, master)
    }

    /// As [`Vault::open`], of a file of that name.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub fn open_at(
        disk: &dyn Disk,
        path: &Path,
        tenant: &str,
        master: &MasterKey,
    ) -> Result<Option<Vault>, VaultError> {
        let path = path.to_path_buf();
        let Some(bytes) = read(disk, &path)? else {
            return Ok(None);
        };
        let parsed = owned(&path, &bytes, tenant)?;
        let slot = parsed.content.slot(master.id());
        let slot = slot.ok_or_else(|| VaultError::WrongKey {
            path: path.clone(),
            given: master.id(),
            wanted: parsed
                .content
                .slots
                .iter()
                .map(|slot| slot.master)
                .collect(),
        })?;
        let key = slot
            .open(master, tenant)
            .ok_or_else(|| VaultError::Damaged(path.clone()))?;
        if !key.authenticates(parsed.covered, parsed.tag) {
            return Err(VaultError::Damaged(path));
        }
        Ok(Some(Vault {
            path,
            tenant: tenant.to_owned(),
            content: parsed.content,
            key,
        }))
    }

    /// Takes the vault to change it, and makes one when there is none yet. Nobody else can change it until the guard is dropped; who only
    /// reads it sees the old or the new file.
    ///
    /// # Errors
    /// As [`Vault::open`], and when somebody else is changing it.
    pub fn change<'a>(
        disk: &'a dyn Disk,
        dir: &Path,
        tenant: &str,
        master: &'a MasterKey,
    ) -> Result<Changing<'a>, VaultError> {
        Vault::change_at(disk, &path(dir), tenant, master)
    }

    /// As [`Vault::change`], of a file of that name.
    ///
    /// # Errors
    /// As [`Vault::change`].
    pub fn change_at<'a>(
        disk: &'a dyn Disk,
        path: &Path,
        tenant: &str,
        master: &'a MasterKey,
    ) -> Result<Changing<'a>, VaultError> {
        let dir = disk::parent(path);
        disk.create_dir(dir).map_err(VaultError::io(dir))?;
        let guard = disk::beside(path, ".lock");
        let lock = disk
            .lock(&guard, Access::Write)
            .map_err(|source| match source.kind() {
                io::ErrorKind::WouldBlock => VaultError::Busy(guard.clone()),
                _ => VaultError::io(&guard)(source),
            })?;
        let vault = match Vault::open_at(disk, path, tenant, master)? {
            Some(vault) => vault,
            None => Vault::empty(disk, path, tenant, master)?,
        };
        Ok(Changing {
            disk,
            master,
            vault,
            _lock: lock,
        })
    }

    fn empty(
        disk: &dyn Disk,
        path: &Path,
        tenant: &str,
        master: &MasterKey,
    ) -> Result<Vault, VaultError> {
        let key = DataKey::random(disk).map_err(|_| VaultError::Random)?;
        let slot = Slot::seal(disk, master, tenant, &key)?;
        Ok(Vault {
            path: path.to_path_buf(),
            tenant: tenant.to_owned(),
            content: Content {
                tenant: tenant.to_owned(),
                generation: 0,
                slots: vec![slot],
                entries: Vec::new(),
            },
            key,
        })
    }

    /// The secret of that kind and name; nothing when there is none.
    ///
    /// # Errors
    /// When its seal is broken, although the file as a whole was sound.
    pub fn get(&self, kind: SecretKind, name: &str) -> Result<Option<Secret>, VaultError> {
        let Some(entry) = self.content.entry(kind, name) else {
            return Ok(None);
        };
        let opened = self.key.open(&self.label(entry), &entry.sealed);
        opened
            .map(Some)
            .ok_or_else(|| VaultError::Damaged(self.path.clone()))
    }

    /// Its file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is in it, by kind and name.
    pub fn list(&self) -> impl Iterator<Item = Listed> {
        self.content.entries.iter().map(Entry::listed)
    }

    /// The master keys under which the data key is sealed: one, or two while the master key is being changed.
    pub fn masters(&self) -> impl Iterator<Item = MasterKeyId> {
        self.content.slots.iter().map(|slot| slot.master)
    }

    fn label<'a>(&'a self, entry: &'a Entry) -> Label<'a> {
        Label {
            tenant: &self.tenant,
            kind: entry.kind as u8,
            name: &entry.name,
            version: entry.version,
        }
    }
}

/// A vault that nobody else can change. Each change is durable when its method returns. When it fails the file is the old or
/// the new one, never anything between.
pub struct Changing<'a> {
    disk: &'a dyn Disk,
    master: &'a MasterKey,
    vault: Vault,
    _lock: Box<dyn Lock>,
}

impl Changing<'_> {
    /// The vault as it stands.
    #[must_use]
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Puts a secret in, in the place of one of that name.
    ///
    /// # Errors
    /// When the name or the value is beyond its bound, the vault is full, or the file cannot be written.
    pub fn set(
        &mut self,
        kind: SecretKind,
        name: &str,
        value: &Secret,
        now: Millis,
        expires: Option<Millis>,
    ) -> Result<(), VaultError> {
        if !is_name(name) {
            return Err(VaultError::Name);
        }
        if value.expose().len() > limit::SECRET_BYTES {
            return Err(VaultError::TooLong);
        }
        let mut content = self.next();
        let label = Label {
            tenant: &self.vault.tenant,
            kind: kind as u8,
            name,
            version: content.generation,
        };
        let sealed = self.vault.key.seal(self.disk, &label, value)?;
        let entry = Entry {
            kind,
            name: name.to_owned(),
            version: content.generation,
            set: now,
            expires,
            sealed,
        };
        content.put(entry);
        if content.count(SecretKind::Credential) > limit::SECRETS {
            return Err(VaultError::Full);
        }
        self.save(content)
    }

    /// Makes the file when there is none yet, with no secret in it. Says whether it did.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&mut self) -> Result<bool, VaultError> {
        if self.vault.content.generation > 0 {
            return Ok(false);
        }
        let content = self.next();
        self.save(content).map(|()| true)
    }

    /// Takes a secret out; says whether there was one.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn remove(&mut self, kind: SecretKind, name: &str) -> Result<bool, VaultError> {
        if self.vault.content.entry(kind, name).is_none() {
            return Ok(false);
        }
        let mut content = self.next();
        content.entries.retain(|entry| !entry.is(kind, name));
        self.save(content).map(|()| true)
    }

    /// Makes a new data key and seals every secret with it anew. A copy of the former key opens nothing of the new file.
    ///
    /// # Errors
    /// While two master keys open the vault, since the new key could be sealed under one of them only; when a seal is
    /// broken, or the file cannot be written.
    pub fn rotate(&mut self) -> Result<(), VaultError> {
        if self.vault.content.slots.len() > 1 {
            return Err(VaultError::TwoMasters(self.vault.path.clone()));
        }
        self.seal_anew()
    }

    /// Seals the data key under another master key as well, so that either opens the vault from now on. Says whether it
    /// did not before.
    ///
    /// # Errors
    /// When it is sealed under two others already, or the file cannot be written.
    pub fn admit(&mut self, next: &MasterKey) -> Result<bool, VaultError> {
        if self.vault.content.slot(next.id()).is_some() {
            return Ok(false);
        }
        if self.vault.content.slots.len() >= limit::MASTER_KEYS {
            return Err(VaultError::TwoMasters(self.vault.path.clone()));
        }
        let slot = Slot::seal(self.disk, next, &self.vault.tenant, &self.vault.key)?;
        let mut content = self.next();
        content.slots.push(slot);
        self.save(content).map(|()| true)
    }

    /// Ends a change of the master key: only the key that opened the vault opens it from now on. The data key is made anew with
    /// it, for whoever had the other master key may have had the former one. Says whether there was another.
    ///
    /// # Errors
    /// When a seal is broken, or the file cannot be written.
    pub fn dismiss_others(&mut self) -> Result<bool, VaultError> {
        if self.vault.content.slots.len() <= 1 {
            return Ok(false);
        }
        self.seal_anew().map(|()| true)
    }

    /// Everything under a new data key, which the present master key alone opens.
    fn seal_anew(&mut self) -> Result<(), VaultError> {
        let key = DataKey::random(self.disk).map_err(|_| VaultError::Random)?;
        let mut content = self.next();
        for entry in &mut content.entries {
            let label = Label {
                tenant: &self.vault.tenant,
                kind: entry.kind as u8,
                name: &entry.name,
                version: entry.version,
            };
            let secret = self.vault.key.open(&label, &entry.sealed);
            let secret = secret.ok_or_else(|| VaultError::Damaged(self.vault.path.clone()))?;
            entry.sealed = key.seal(self.disk, &label, &secret)?;
        }
        content.slots = vec![Slot::seal(
            self.disk,
            self.master,
            &self.vault.tenant,
            &key,
        )?];
        self.write(&content, &key)?;
        self.vault.content = content;
        self.vault.key = key;
        Ok(())
    }

    fn next(&self) -> Content {
        let mut content = self.vault.content.clone();
        content.generation = content.generation.saturating_add(1);
        content
    }

    fn save(&mut self, content: Content) -> Result<(), VaultError> {
        self.write(&content, &self.vault.key)?;
        self.vault.content = content;
        Ok(())
    }

    fn write(&self, content: &Content, key: &DataKey) -> Result<(), VaultError> {
        // What is written must be read again.
        if content.entries.len() > limit::SECRETS + 1 {
            return Err(VaultError::Full);
        }
        let bytes = file::write(content, key);
        if bytes.len() as u64 > limit::VAULT_BYTES {
            return Err(VaultError::Full);
        }
        let path = &self.vault.path;
        disk::replace(self.disk, path, &bytes).map_err(VaultError::io(path))
    }
}
