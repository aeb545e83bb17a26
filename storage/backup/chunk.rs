//! Sealing a stream in chunks, so that no chunk can be changed, left out, doubled, moved, or taken from another backup.
//!
//! Each backup has a key of its own, derived from the tenant's backup key and the whole header, in which sixteen random bytes
//! stand: whoever changes the header opens nothing. Within it the chunk's number and whether it is the last one are the
//! nonce, so none occurs twice, and a stream that ends early has no last chunk. A chunk is packed before it is sealed; what is
//! in it is the tenant's own, and nobody who sees only lengths can put something beside it, so the lengths tell no more than
//! how well rows pack.

use std::io;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use zstd::bulk::{Compressor, Decompressor};

use super::BackupError;
use super::key::BackupKey;
use crate::limit;

/// How hard rows are packed. The next levels take twice the time for some hundredths of the size.
const LEVEL: i32 = 3;
const TAG: usize = 16;
/// What stands before each sealed chunk: whether it is the last, and its length.
pub(super) const HEAD: usize = 5;
/// The longest chunk that is opened.
pub(super) const LONGEST_SEALED: usize = longest(limit::BACKUP_CHUNK_BYTES);

/// The most bytes that a chunk of that length takes sealed: zstd adds one in 256 to what does not pack, and some.
const fn longest(length: usize) -> usize {
    length + (length >> 8) + 1_024
}

fn cipher(key: &BackupKey, header: &[u8]) -> Option<LessSafeKey> {
    let base = hmac::Key::new(hmac::HMAC_SHA256, key.bytes());
    let mut context = hmac::Context::with_key(&base);
    context.update(b"counterpart backup 1");
    context.update(header);
    let derived = context.sign();
    UnboundKey::new(&AES_256_GCM, derived.as_ref())
        .ok()
        .map(LessSafeKey::new)
}

fn nonce(index: u64, last: bool) -> Nonce {
    let mut bytes = [0; NONCE_LEN];
    let number = index.to_le_bytes().into_iter();
    let parts = [u8::from(last), 0, 0, 0].into_iter().chain(number);
    bytes
        .iter_mut()
        .zip(parts)
        .for_each(|(to, from)| *to = from);
    Nonce::assume_unique_for_key(bytes)
}

/// Packs and seals chunks in their order.
pub(super) struct Sealer {
    cipher: LessSafeKey,
    packer: Compressor<'static>,
    index: u64,
}

impl Sealer {
    pub(super) fn new(key: &BackupKey, header: &[u8]) -> Result<Sealer, BackupError> {
        Ok(Sealer {
            cipher: cipher(key, header).ok_or(BackupError::Cipher)?,
            packer: Compressor::new(LEVEL).map_err(|_| BackupError::Cipher)?,
            index: 0,
        })
    }

    /// The next chunk as it stands in the file.
    pub(super) fn seal(&mut self, plain: &[u8], last: bool) -> Result<Vec<u8>, BackupError> {
        // With room for all of it at once: growing would leave an unsealed copy behind.
        let mut sealed = Vec::with_capacity(longest(plain.len()));
        let packed = self.packer.compress_to_buffer(plain, &mut sealed);
        packed.map_err(|_| BackupError::Cipher)?;
        let nonce = nonce(self.index, last);
        self.cipher
            .seal_in_place_append_tag(nonce, Aad::empty(), &mut sealed)
            .map_err(|_| BackupError::Cipher)?;
        self.index += 1;
        let mut out = Vec::with_capacity(HEAD + sealed.len());
        out.push(u8::from(last));
        out.extend_from_slice(&crate::bytes::length(&sealed));
        out.extend_from_slice(&sealed);
        Ok(out)
    }
}

/// Opens chunks in their order.
pub(super) struct Opener {
    cipher: LessSafeKey,
    unpacker: Decompressor<'static>,
    index: u64,
}

impl Opener {
    pub(super) fn new(key: &BackupKey, header: &[u8]) -> Result<Opener, BackupError> {
        Ok(Opener {
            cipher: cipher(key, header).ok_or(BackupError::Cipher)?,
            unpacker: Decompressor::new().map_err(|_| BackupError::Cipher)?,
            index: 0,
        })
    }

    /// What the next chunk holds.
    pub(super) fn open(&mut self, sealed: &mut [u8], last: bool) -> Result<Vec<u8>, &'static str> {
        let nonce = nonce(self.index, last);
        let opened = self.cipher.open_in_place(nonce, Aad::empty(), sealed);
        let packed = opened.map_err(|_| "a chunk is not what was sealed")?;
        self.index += 1;
        let plain = self.unpacker.decompress(packed, limit::BACKUP_CHUNK_BYTES);
        plain.map_err(|_: io::Error| "a chunk cannot be unpacked")
    }
}

/// Whether a length can be that of a sealed chunk.
pub(super) fn is_length(length: usize) -> bool {
    (TAG..=LONGEST_SEALED).contains(&length)
}
