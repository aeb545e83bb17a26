//! Sealing: AES-256-GCM under a random nonce, bound to what the sealed bytes are.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroize as _;

use super::key::KEY;
use super::{Secret, VaultError};
use crate::bytes::put_sized;
use crate::disk::Disk;

/// Sealed bytes with their nonce. A nonce is twelve random bytes: among the at most some thousand seals of one key two are
/// never the same, also after an older copy of the file was put back.
#[derive(Clone)]
pub(super) struct Sealed {
    pub(super) nonce: [u8; NONCE_LEN],
    /// The ciphertext and its tag.
    pub(super) bytes: Vec<u8>,
}

/// What a sealed secret is: it opens as this and as nothing else.
pub(super) struct Label<'a> {
    pub(super) tenant: &'a str,
    pub(super) kind: u8,
    pub(super) name: &'a str,
    pub(super) version: u64,
}

impl Label<'_> {
    /// The associated data. Every part stands behind its length, so no two labels have the same bytes.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"counterpart secret 1".to_vec();
        put_sized(&mut bytes, self.tenant.as_bytes());
        bytes.push(self.kind);
        put_sized(&mut bytes, self.name.as_bytes());
        bytes.extend_from_slice(&self.version.to_le_bytes());
        bytes
    }
}

fn cipher(key: &[u8; KEY]) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM, key)
        .ok()
        .map(LessSafeKey::new)
}

pub(super) fn seal(
    disk: &dyn Disk,
    key: &[u8; KEY],
    label: &[u8],
    plain: &[u8],
) -> Result<Sealed, VaultError> {
    let mut nonce = [0; NONCE_LEN];
    disk.random(&mut nonce).map_err(|_| VaultError::Random)?;
    let cipher = cipher(key).ok_or(VaultError::Cipher)?;
    let mut bytes = Vec::with_capacity(plain.len() + AES_256_GCM.tag_len());
    bytes.extend_from_slice(plain);
    let nonce_once = Nonce::assume_unique_for_key(nonce);
    let sealed = cipher.seal_in_place_append_tag(nonce_once, Aad::from(label), &mut bytes);
    if sealed.is_err() {
        bytes.zeroize();
        return Err(VaultError::Cipher);
    }
    Ok(Sealed { nonce, bytes })
}

/// What was sealed, if the key, the label and every byte are right.
pub(super) fn open(key: &[u8; KEY], label: &[u8], sealed: &Sealed) -> Option<Secret> {
    let mut bytes = sealed.bytes.clone();
    let nonce = Nonce::assume_unique_for_key(sealed.nonce);
    let length = cipher(key)?
        .open_in_place(nonce, Aad::from(label), &mut bytes)
        .ok()?
        .len();
    bytes.truncate(length);
    Some(Secret::new(bytes))
}
