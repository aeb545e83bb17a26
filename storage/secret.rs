//! The tenant's digest key: made at the first open, kept in a file of its own that only its owner may read.
//!
//! Base digests are worth nothing without it and would betray guessable values with it. Sealing the file under the vault's
//! data key belongs to the vault; until then the file's mode is what protects it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::bytes::Reader;
use crate::disk::{self, Disk};

const NAME: &str = "digest.key";
const MAGIC: &[u8; 8] = b"CPDIGKEY";
const LENGTH: usize = 8 + 32 + 4;

/// The 32 bytes under which base digests are computed. No Debug, erased from memory when the last handle goes.
#[derive(Clone)]
pub struct DigestKey(Arc<Zeroizing<[u8; 32]>>);

impl DigestKey {
    /// The key's bytes. Do not copy them anywhere that outlives their use.
    pub fn expose(&self) -> &[u8; 32] {
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
}

/// Why the digest key is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The store has history, but its key file is gone.
    #[error("{} is missing though the store has history: put it back from a copy, or delete the tenant's directory: the next start finds the twins by their markers", .0.display())]
    Missing(PathBuf),
    /// The key file does not hold a whole key.
    #[error("{} is damaged: put it back from a copy, or delete the tenant's directory: the next start finds the twins by their markers", .0.display())]
    Damaged(PathBuf),
    /// The key file holds another store's key.
    #[error("{} is the key of another store: put this store's own back from a copy", .0.display())]
    Foreign(PathBuf),
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    Random,
    /// The file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The key file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Random bytes, from the operating system unless the disk is simulated.
pub(crate) fn random<const N: usize>(disk: &dyn Disk) -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    disk.random(&mut bytes).map_err(|_| KeyError::Random)?;
    Ok(bytes)
}

pub(crate) fn path(dir: &Path) -> PathBuf {
    dir.join(NAME)
}

/// The key file's key, or `None` when there is no file.
pub(crate) fn load(disk: &dyn Disk, dir: &Path) -> Result<Option<DigestKey>, KeyError> {
    let path = path(dir);
    let bytes = match disk::read_all(disk, &path, LENGTH as u64) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) if source.kind() == io::ErrorKind::FileTooLarge => {
            return Err(KeyError::Damaged(path));
        }
        Err(source) => return Err(KeyError::Io { path, source }),
    };
    parse(&bytes).map(Some).ok_or(KeyError::Damaged(path))
}

fn parse(bytes: &[u8]) -> Option<DigestKey> {
    let mut reader = Reader::new(bytes);
    let magic = reader.take(8)?;
    let key: [u8; 32] = reader.take(32)?.try_into().ok()?;
    let crc = reader.u32()?;
    let whole = magic == MAGIC && crc == crc32c::crc32c(&key) && reader.is_empty();
    whole.then(|| DigestKey(Arc::new(Zeroizing::new(key))))
}

/// Makes a key and keeps it durably.
pub(crate) fn create(disk: &dyn Disk, dir: &Path) -> Result<DigestKey, KeyError> {
    let key = Zeroizing::new(random::<32>(disk)?);
    put(disk, dir, &key)?;
    Ok(DigestKey(Arc::new(key)))
}

/// Keeps a key durably, such as one from a backup.
pub(crate) fn put(disk: &dyn Disk, dir: &Path, key: &[u8; 32]) -> Result<(), KeyError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(LENGTH));
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(key.as_slice());
    bytes.extend_from_slice(&crc32c::crc32c(key.as_slice()).to_le_bytes());
    let path = path(dir);
    disk::replace(disk, &path, &bytes).map_err(|source| KeyError::Io { path, source })
}
