//! The tenant's digest key, and where it is kept: sealed in the tenant's vault where there is a master key, else in a file.
//!
//! Base digests are worth nothing without the key, and would betray guessable values with it. A store has one key for its
//! whole life: [`place`] is the only way to one, for a new store, for one whose key is to be sealed from now on, and for one
//! that comes out of a copy.
//!
//! Architecture invariant: a new key is made for a store without history only, and never because another could not be
//! opened. A file goes after the vault that holds its key is durable.

use std::path::Path;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::disk::Disk;

mod error;
mod plain;
mod sealed;
mod sealing;

#[cfg(test)]
mod tests;

pub use error::KeyError;
pub(crate) use plain::path;
pub use sealed::NAME as SEALED_NAME;
pub use sealing::{Masters, NoMasterKey, Sealing};

/// How many bytes a key has.
const KEY: usize = 32;

/// The 32 bytes under which base digests are computed. No Debug, erased from memory when the last handle goes.
#[derive(Clone)]
pub struct DigestKey(Arc<Zeroizing<[u8; KEY]>>);

impl DigestKey {
    /// Takes a key over from where it was kept.
    #[must_use]
    pub fn new(bytes: Zeroizing<[u8; KEY]>) -> DigestKey {
        DigestKey(Arc::new(bytes))
    }

    /// A new one.
    pub(crate) fn random(disk: &dyn Disk) -> Result<DigestKey, KeyError> {
        Ok(DigestKey::new(Zeroizing::new(random(disk)?)))
    }

    /// The key's bytes. Do not copy them anywhere that outlives their use.
    pub fn expose(&self) -> &[u8; KEY] {
        &self.0
    }

    /// Eight bytes that tell this key from another without giving it away; the journal keeps them.
    pub(crate) fn check(&self) -> [u8; 8] {
        let mut context = ring::digest::Context::new(&ring::digest::SHA256);
        context.update(b"counterpart digest key check");
        context.update(self.expose());
        let mut check = [0; 8];
        for (to, from) in check.iter_mut().zip(context.finish().as_ref()) {
            *to = *from;
        }
        check
    }

    fn is(&self, other: &DigestKey) -> bool {
        self.expose() == other.expose()
    }
}

/// A key that is there.
pub(crate) struct Found {
    pub(crate) key: DigestKey,
    /// Whether it is in the vault and nowhere else.
    pub(crate) is_sealed: bool,
}

/// Random bytes, from the operating system unless the disk is simulated.
pub(crate) fn random<const N: usize>(disk: &dyn Disk) -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    disk.random(&mut bytes).map_err(|_| KeyError::Random)?;
    Ok(bytes)
}

/// The store's key, or `None` when there is none. A vault that holds one is what is believed: the file beside it was left by a
/// move that was broken off, so it holds the same, or remains that were being overwritten.
pub(crate) fn find(
    disk: &dyn Disk,
    dir: &Path,
    sealing: Option<&Sealing>,
) -> Result<Option<Found>, KeyError> {
    let Some(key) = sealed::load(disk, dir, sealing)? else {
        let is_sealed = false;
        return Ok(plain::load(disk, dir)?.map(|key| Found { key, is_sealed }));
    };
    let is_sealed = match plain::load(disk, dir) {
        Ok(None) => true,
        Ok(Some(plain)) if plain.is(&key) => false,
        Err(KeyError::Damaged(_)) => false,
        Ok(Some(_)) => return Err(KeyError::Two(path(dir))),
        Err(error) => return Err(error),
    };
    Ok(Some(Found { key, is_sealed }))
}

/// Puts a digest key in its place durably: into the vault where `sealing` has a master key, else into the file. One that is
/// in the file goes into the vault by this, and when it is in its place already nothing happens.
///
/// After a crash within, the key is where it was, where it is to be, or in both, and the next call ends it.
///
/// # Errors
/// When another key is there already, no master key is to be had that opens the vault, or a file cannot be written.
pub fn place(
    disk: &dyn Disk,
    dir: &Path,
    sealing: Option<&Sealing>,
    key: &DigestKey,
) -> Result<(), KeyError> {
    let found = find(disk, dir, sealing)?;
    match &found {
        Some(found) if !found.key.is(key) => return Err(KeyError::Two(path(dir))),
        Some(found) if found.is_sealed => return Ok(()),
        Some(_) | None => {}
    }
    let sealed = match sealing {
        Some(sealing) => sealed::put(disk, dir, sealing, key)?,
        None => false,
    };
    match (sealed, found) {
        (true, _) => plain::discard(disk, dir),
        (false, Some(_)) => Ok(()),
        (false, None) => plain::put(disk, dir, key),
    }
}
