//! The two keys: the master key, which is not ours to keep, and a tenant's data key.

use std::fmt;
use std::io;

use ring::hmac;
use zeroize::Zeroizing;

use super::seal::{self, Label, Sealed};
use super::{Secret, VaultError};
use crate::disk::Disk;

/// The length of both keys.
pub(super) const KEY: usize = 32;
/// The length of what authenticates a file.
pub(super) const TAG: usize = 32;

/// What tells one master key from another without giving it away.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MasterKeyId(pub(super) [u8; 8]);

impl fmt::Display for MasterKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for MasterKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKeyId({self})")
    }
}

/// Why a text is no master key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MasterKeyError {
    /// It is not 64 hexadecimal digits.
    #[error(
        "a master key is 64 hexadecimal digits (32 random bytes) and nothing else; `counterpart secret generate` makes one"
    )]
    Form,
    /// All its bytes are the same: nobody's random bytes are.
    #[error("this master key is not random; `counterpart secret generate` makes one that is")]
    Weak,
}

/// The key that seals the data keys of all tenants. No `Debug`; wiped when it goes, and boxed, so that moves leave no copies.
#[derive(Clone)]
pub struct MasterKey(Box<Zeroizing<[u8; KEY]>>);

impl MasterKey {
    /// Reads the text form: 64 hexadecimal digits, with white space around them.
    ///
    /// # Errors
    /// When it is something else.
    pub fn parse(text: &str) -> Result<MasterKey, MasterKeyError> {
        let text = text.trim().as_bytes();
        let mut key = Box::new(Zeroizing::new([0; KEY]));
        if text.len() != 2 * KEY {
            return Err(MasterKeyError::Form);
        }
        for (byte, pair) in key.iter_mut().zip(text.chunks_exact(2)) {
            let digit = |at: usize| pair.get(at).and_then(|c| char::from(*c).to_digit(16));
            let (Some(high), Some(low)) = (digit(0), digit(1)) else {
                return Err(MasterKeyError::Form);
            };
            *byte = u8::try_from(high * 16 + low).map_err(|_| MasterKeyError::Form)?;
        }
        let first = key.first().copied();
        if key.iter().all(|byte| Some(*byte) == first) {
            return Err(MasterKeyError::Weak);
        }
        Ok(MasterKey(key))
    }

    /// A new one in its text form.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn generate(disk: &dyn Disk) -> io::Result<Zeroizing<String>> {
        let mut key = Zeroizing::new([0; KEY]);
        disk.random(key.as_mut_slice())?;
        let mut text = Zeroizing::new(String::with_capacity(2 * KEY));
        for byte in key.iter() {
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
            }
        }
        Ok(text)
    }

    /// What tells it from others.
    #[must_use]
    pub fn id(&self) -> MasterKeyId {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_slice());
        let tag = hmac::sign(&key, b"counterpart master key id");
        let mut id = [0; 8];
        for (to, from) in id.iter_mut().zip(tag.as_ref()) {
            *to = *from;
        }
        MasterKeyId(id)
    }

    /// Bytes that follow from it for one purpose, and from which it does not follow.
    pub(crate) fn derived(&self, purpose: &[u8]) -> hmac::Tag {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_slice());
        hmac::sign(&key, purpose)
    }

    pub(super) fn bytes(&self) -> &[u8; KEY] {
        &self.0
    }
}

/// A tenant's key. No `Debug`; wiped when it goes, and boxed, so that moves leave no copies.
pub(super) struct DataKey(Box<Zeroizing<[u8; KEY]>>);

impl DataKey {
    pub(super) fn random(disk: &dyn Disk) -> io::Result<DataKey> {
        let mut key = Box::new(Zeroizing::new([0; KEY]));
        disk.random(key.as_mut_slice())?;
        Ok(DataKey(key))
    }

    pub(super) fn of(bytes: &[u8]) -> Option<DataKey> {
        let mut key = Box::new(Zeroizing::new([0; KEY]));
        if bytes.len() != KEY {
            return None;
        }
        key.copy_from_slice(bytes);
        Some(DataKey(key))
    }

    pub(super) fn bytes(&self) -> &[u8; KEY] {
        &self.0
    }

    pub(super) fn seal(
        &self,
        disk: &dyn Disk,
        label: &Label<'_>,
        secret: &Secret,
    ) -> Result<Sealed, VaultError> {
        seal::seal(disk, &self.0, &label.bytes(), secret.expose())
    }

    pub(super) fn open(&self, label: &Label<'_>, sealed: &Sealed) -> Option<Secret> {
        seal::open(&self.0, &label.bytes(), sealed)
    }

    /// The key that authenticates whole files; the data key itself only ever seals.
    fn file_key(&self) -> hmac::Key {
        let base = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_slice());
        let derived = hmac::sign(&base, b"counterpart vault file");
        hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref())
    }

    pub(super) fn authenticate(&self, bytes: &[u8]) -> [u8; TAG] {
        let tag = hmac::sign(&self.file_key(), bytes);
        let mut out = [0; TAG];
        for (to, from) in out.iter_mut().zip(tag.as_ref()) {
            *to = *from;
        }
        out
    }

    pub(super) fn authenticates(&self, bytes: &[u8], tag: &[u8]) -> bool {
        hmac::verify(&self.file_key(), bytes, tag).is_ok()
    }
}
