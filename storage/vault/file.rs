//! The vault's file. Numbers are little-endian, texts stand behind their length of four bytes.
//!
//! ```text
//! file  = "CPVAULT\n" format:u16 body tag:32 crc:u32          tag: HMAC-SHA256 of all before it; crc: CRC-32C of all before it
//! body  = tenant:text generation:u64 slots:u16 slot* entries:u16 entry*
//! slot  = master:8 nonce:12 sealed-data-key:48
//! entry = kind:u8 name:text version:u64 set:i64 expires:i64 nonce:12 sealed:text      expires: i64::MIN for never
//! ```
//!
//! The checksum finds damage without a key; the tag finds what somebody made look undamaged.
//!
//! A file that holds a digest key has format 2, any other format 1. So a program that knows credentials only says of the former
//! that it does not know it, and not that it is damaged.

use std::path::Path;

use model::{Millis, TenantName};
use ring::aead::NONCE_LEN;

use super::key::{DataKey, KEY, TAG};
use super::seal::{self, Sealed};
use super::{Listed, MasterKey, MasterKeyId, SecretKind, VaultError};
use crate::bytes::{Reader, put_sized};
use crate::disk::Disk;
use crate::limit;

const MAGIC: &[u8; 8] = b"CPVAULT\n";
const FORMAT: u16 = 1;
const FORMAT_WITH_DIGEST_KEY: u16 = 2;
const NEVER: i64 = i64::MIN;
const SEALED_KEY: usize = KEY + 16;

/// What a vault holds.
#[derive(Clone)]
pub(super) struct Content {
    pub(super) tenant: String,
    /// How often it was changed.
    pub(super) generation: u64,
    pub(super) slots: Vec<Slot>,
    /// In the order of kind and name.
    pub(super) entries: Vec<Entry>,
}

impl Content {
    pub(super) fn slot(&self, master: MasterKeyId) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.master == master)
    }

    pub(super) fn entry(&self, kind: SecretKind, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.is(kind, name))
    }

    pub(super) fn count(&self, kind: SecretKind) -> usize {
        self.entries
            .iter()
            .filter(|entry| entry.kind == kind)
            .count()
    }

    pub(super) fn holds(&self, kind: SecretKind) -> bool {
        self.count(kind) > 0
    }

    fn format(&self) -> u16 {
        match self.holds(SecretKind::Digest) {
            true => FORMAT_WITH_DIGEST_KEY,
            false => FORMAT,
        }
    }

    /// Puts an entry in its place.
    pub(super) fn put(&mut self, entry: Entry) {
        self.entries.retain(|old| !old.is(entry.kind, &entry.name));
        let place = self
            .entries
            .partition_point(|old| (old.kind, &old.name) < (entry.kind, &entry.name));
        self.entries.insert(place, entry);
    }
}

/// The data key, sealed under one master key.
#[derive(Clone)]
pub(super) struct Slot {
    pub(super) master: MasterKeyId,
    sealed: Sealed,
}

impl Slot {
    pub(super) fn seal(
        disk: &dyn Disk,
        master: &MasterKey,
        tenant: &str,
        key: &DataKey,
    ) -> Result<Slot, VaultError> {
        let label = slot_label(master.id(), tenant);
        Ok(Slot {
            master: master.id(),
            sealed: seal::seal(disk, master.bytes(), &label, key.bytes())?,
        })
    }

    pub(super) fn open(&self, master: &MasterKey, tenant: &str) -> Option<DataKey> {
        let label = slot_label(self.master, tenant);
        let opened = seal::open(master.bytes(), &label, &self.sealed)?;
        DataKey::of(opened.expose())
    }
}

fn slot_label(master: MasterKeyId, tenant: &str) -> Vec<u8> {
    let mut label = b"counterpart data key 1".to_vec();
    label.extend_from_slice(&master.0);
    put_sized(&mut label, tenant.as_bytes());
    label
}

/// One secret.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) kind: SecretKind,
    pub(super) name: String,
    pub(super) version: u64,
    pub(super) set: Millis,
    pub(super) expires: Option<Millis>,
    pub(super) sealed: Sealed,
}

impl Entry {
    pub(super) fn is(&self, kind: SecretKind, name: &str) -> bool {
        self.kind == kind && self.name == name
    }

    pub(super) fn listed(&self) -> Listed {
        Listed {
            kind: self.kind,
            name: self.name.clone(),
            version: self.version,
            set: self.set,
            expires: self.expires,
        }
    }
}

/// A file that was taken apart. Its tag is still to be checked.
pub(super) struct Parsed<'a> {
    pub(super) content: Content,
    pub(super) covered: &'a [u8],
    pub(super) tag: &'a [u8],
}

/// Why bytes are no vault.
pub(super) enum Unreadable {
    Damaged,
    Newer(u16),
}

impl Unreadable {
    pub(super) fn at(self, path: &Path) -> VaultError {
        let path = path.to_path_buf();
        match self {
            Unreadable::Damaged => VaultError::Damaged(path),
            Unreadable::Newer(format) => VaultError::Newer { path, format },
        }
    }
}

/// The file's bytes.
pub(super) fn write(content: &Content, key: &DataKey) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    out.extend_from_slice(&content.format().to_le_bytes());
    put_sized(&mut out, content.tenant.as_bytes());
    out.extend_from_slice(&content.generation.to_le_bytes());
    put_count(&mut out, content.slots.len());
    for slot in &content.slots {
        out.extend_from_slice(&slot.master.0);
        out.extend_from_slice(&slot.sealed.nonce);
        out.extend_from_slice(&slot.sealed.bytes);
    }
    put_count(&mut out, content.entries.len());
    for entry in &content.entries {
        out.push(entry.kind as u8);
        put_sized(&mut out, entry.name.as_bytes());
        out.extend_from_slice(&entry.version.to_le_bytes());
        out.extend_from_slice(&entry.set.0.to_le_bytes());
        let expires = entry.expires.map_or(NEVER, |at| at.0);
        out.extend_from_slice(&expires.to_le_bytes());
        out.extend_from_slice(&entry.sealed.nonce);
        put_sized(&mut out, &entry.sealed.bytes);
    }
    let tag = key.authenticate(&out);
    out.extend_from_slice(&tag);
    let crc = crc32c::crc32c(&out);
    out.extend_from_slice(&crc.to_le_bytes());
    out
}

/// Counts are bounded far below 65,536 before they come here.
fn put_count(out: &mut Vec<u8>, count: usize) {
    let count = u16::try_from(count).unwrap_or(u16::MAX);
    out.extend_from_slice(&count.to_le_bytes());
}

/// Takes a file apart.
pub(super) fn parse(bytes: &[u8]) -> Result<Parsed<'_>, Unreadable> {
    let head = MAGIC.len() + 2;
    let (rest, crc) = split_end(bytes, 4).ok_or(Unreadable::Damaged)?;
    let mut reader = Reader::new(rest);
    if reader.take(MAGIC.len()) != Some(MAGIC) || crc != crc32c::crc32c(rest).to_le_bytes() {
        return Err(Unreadable::Damaged);
    }
    match reader.u16() {
        Some(FORMAT | FORMAT_WITH_DIGEST_KEY) => {}
        Some(newer) if newer > FORMAT_WITH_DIGEST_KEY => return Err(Unreadable::Newer(newer)),
        _ => return Err(Unreadable::Damaged),
    }
    let (covered, tag) = split_end(rest, TAG).ok_or(Unreadable::Damaged)?;
    let body = covered.get(head..).ok_or(Unreadable::Damaged)?;
    let content = content(body).ok_or(Unreadable::Damaged)?;
    Ok(Parsed {
        content,
        covered,
        tag,
    })
}

fn split_end(bytes: &[u8], length: usize) -> Option<(&[u8], &[u8])> {
    bytes.split_at_checked(bytes.len().checked_sub(length)?)
}

fn content(body: &[u8]) -> Option<Content> {
    let mut reader = Reader::new(body);
    let tenant = text(&mut reader).filter(|tenant| TenantName::new(tenant).is_ok())?;
    let generation = reader.u64()?;
    let slots = counted(&mut reader, limit::MASTER_KEYS, slot)?;
    let entries = counted(&mut reader, limit::SECRETS + 1, entry)?;
    let ordered = entries
        .windows(2)
        .all(|two| matches!(two, [a, b] if (a.kind, &a.name) < (b.kind, &b.name)));
    (reader.is_empty() && ordered).then_some(Content {
        tenant,
        generation,
        slots,
        entries,
    })
}

fn counted<T>(
    reader: &mut Reader<'_>,
    most: usize,
    read: impl Fn(&mut Reader<'_>) -> Option<T>,
) -> Option<Vec<T>> {
    let count = usize::from(reader.u16()?);
    if count > most {
        return None;
    }
    (0..count).map(|_| read(reader)).collect()
}

fn slot(reader: &mut Reader<'_>) -> Option<Slot> {
    Some(Slot {
        master: MasterKeyId(reader.take(8)?.try_into().ok()?),
        sealed: Sealed {
            nonce: reader.take(NONCE_LEN)?.try_into().ok()?,
            bytes: reader.take(SEALED_KEY)?.to_vec(),
        },
    })
}

fn entry(reader: &mut Reader<'_>) -> Option<Entry> {
    let kind = match reader.u8()? {
        1 => SecretKind::Credential,
        2 => SecretKind::Digest,
        _ => return None,
    };
    let name = text(reader)?;
    let version = reader.u64()?;
    let (set, expires) = (moment(reader)?, moment(reader)?);
    Some(Entry {
        kind,
        name,
        version,
        set: Millis(set),
        expires: (expires != NEVER).then_some(Millis(expires)),
        sealed: Sealed {
            nonce: reader.take(NONCE_LEN)?.try_into().ok()?,
            bytes: reader.sized()?.to_vec(),
        },
    })
}

fn moment(reader: &mut Reader<'_>) -> Option<i64> {
    Some(i64::from_le_bytes(reader.take(8)?.try_into().ok()?))
}

fn text(reader: &mut Reader<'_>) -> Option<String> {
    String::from_utf8(reader.sized()?.to_vec()).ok()
}
