//! The key in a file of its own that only its owner may read.

use std::io;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{DigestKey, KEY, KeyError};
use crate::bytes::Reader;
use crate::disk::{self, Disk};

const NAME: &str = "digest.key";
const MAGIC: &[u8; 8] = b"CPDIGKEY";
const LENGTH: usize = 8 + KEY + 4;

/// Where the file is.
pub(crate) fn path(dir: &Path) -> PathBuf {
    dir.join(NAME)
}

fn failed(dir: &Path) -> impl FnOnce(io::Error) -> KeyError {
    let path = path(dir);
    move |source| KeyError::Io { path, source }
}

/// The file's key, or `None` when there is no file.
pub(super) fn load(disk: &dyn Disk, dir: &Path) -> Result<Option<DigestKey>, KeyError> {
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
    let key: [u8; KEY] = reader.take(KEY)?.try_into().ok()?;
    let key = Zeroizing::new(key);
    let crc = reader.u32()?;
    let whole = magic == MAGIC && crc == crc32c::crc32c(key.as_slice()) && reader.is_empty();
    whole.then(|| DigestKey::new(key))
}

/// Keeps a key in the file, durably.
pub(super) fn put(disk: &dyn Disk, dir: &Path, key: &DigestKey) -> Result<(), KeyError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(LENGTH));
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(key.expose());
    bytes.extend_from_slice(&crc32c::crc32c(key.expose()).to_le_bytes());
    disk::replace(disk, &path(dir), &bytes).map_err(failed(dir))
}

/// Takes the file away for good: its bytes are overwritten first, and with them those that a writer left who was killed.
pub(super) fn discard(disk: &dyn Disk, dir: &Path) -> Result<(), KeyError> {
    let path = path(dir);
    for path in [disk::temporary(&path), path] {
        disk::shred(disk, &path).map_err(failed(dir))?;
    }
    Ok(())
}
