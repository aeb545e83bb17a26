//! A backup's file. Numbers are little-endian, texts stand behind their length of four bytes.
//!
//! ```text
//! file   = header chunk+ footer
//! header = "CPBACKUP" format:u16=2 tenant:text id:text created:i64 key:8 salt:16 crc:u32      crc: CRC-32C of all before it
//! chunk  = last:u8 length:u32 sealed:length                  sealed: packed with zstd, then AES-256-GCM with its tag of 16
//! footer = sha256:32 "CPBKEND\n"                             sha256: of all before it
//! ```
//!
//! What a chunk holds begins with its kind: 1 the preface, the first chunk and no other; 2 a part of a file (name text, whole
//! length u64, where the part begins u64, the part); 3 rows as `storage::rows` has them; 4 the
//! manifest, the last chunk and no other. All files come before the first row. Preface and manifest stand in the store's envelope.
//!
//! The footer finds damage without a key, and tells a file that is whole from one that was cut off. The seals find the rest.

use std::path::Path;

use model::{Millis, TenantName};

use super::key::BackupKeyId;
use super::{BackupError, BackupId};
use crate::bytes::{Reader, put_sized};
use crate::disk::DiskFile;
use crate::limit;

const MAGIC: &[u8; 8] = b"CPBACKUP";
const END: &[u8; 8] = b"CPBKEND\n";
const FORMAT: u16 = 2;
const SALT: usize = 16;
/// The length of the footer.
pub const FOOTER: usize = 40;

/// What a backup begins with, in the open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The tenant.
    pub tenant: String,
    /// The backup.
    pub id: BackupId,
    /// When it was begun.
    pub created: Millis,
    /// The key that seals it.
    pub key: BackupKeyId,
    pub(super) salt: [u8; SALT],
}

impl Header {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend_from_slice(&FORMAT.to_le_bytes());
        put_sized(&mut out, self.tenant.as_bytes());
        put_sized(&mut out, self.id.to_string().as_bytes());
        out.extend_from_slice(&self.created.0.to_le_bytes());
        out.extend_from_slice(&self.key.0);
        out.extend_from_slice(&self.salt);
        let crc = crc32c::crc32c(&out);
        out.extend_from_slice(&crc.to_le_bytes());
        out
    }

    /// The header at the front of these bytes, and how many of them it takes.
    pub(super) fn parse(bytes: &[u8], path: &Path) -> Result<(Header, usize), BackupError> {
        let damaged = |why| BackupError::damaged(path, 0, why);
        let mut reader = Reader::new(bytes);
        if reader.take(MAGIC.len()) != Some(MAGIC) {
            return Err(damaged("it does not begin as a backup does"));
        }
        match reader.u16() {
            Some(FORMAT) => {}
            Some(format) => {
                return Err(BackupError::Format {
                    path: path.to_path_buf(),
                    format,
                });
            }
            None => return Err(damaged("the header is wrong")),
        }
        let header = fields(&mut reader).ok_or_else(|| damaged("the header is wrong"))?;
        let length = header.encode().len();
        let same = bytes.get(..length) == Some(header.encode().as_slice());
        same.then_some((header, length))
            .ok_or_else(|| damaged("the header is wrong"))
    }
}

fn fields(reader: &mut Reader<'_>) -> Option<Header> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    let tenant = text(reader.sized()?).filter(|tenant| TenantName::new(tenant).is_ok())?;
    let id = BackupId::parse(&text(reader.sized()?)?)?;
    Some(Header {
        tenant,
        id,
        created: Millis(i64::from_le_bytes(reader.take(8)?.try_into().ok()?)),
        key: BackupKeyId(reader.take(8)?.try_into().ok()?),
        salt: reader.take(SALT)?.try_into().ok()?,
    })
}

/// Reads the header of an open file.
pub(super) fn read_header(
    file: &dyn DiskFile,
    path: &Path,
) -> Result<(Header, Vec<u8>), BackupError> {
    let mut bytes = vec![0; limit::BACKUP_HEADER_BYTES];
    let read = file.read_at(0, &mut bytes).map_err(BackupError::io(path))?;
    bytes.truncate(read);
    let (header, length) = Header::parse(&bytes, path)?;
    bytes.truncate(length);
    Ok((header, bytes))
}

/// What a whole file ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footer {
    /// SHA-256 over all before it.
    pub digest: [u8; 32],
}

impl Footer {
    pub(super) fn encode(&self) -> [u8; FOOTER] {
        let mut out = [0; FOOTER];
        let bytes = self.digest.iter().chain(END);
        out.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        out
    }

    /// The footer in these bytes, if they are one.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Footer> {
        let (digest, end) = bytes.split_at_checked(32)?;
        let digest = digest.try_into().ok()?;
        (end == END).then_some(Footer { digest })
    }
}

/// The footer of an open file and the file's length; no footer when it does not end with one.
pub fn read_footer(file: &dyn DiskFile, path: &Path) -> Result<(Option<Footer>, u64), BackupError> {
    let length = file.length().map_err(BackupError::io(path))?;
    let mut bytes = [0; FOOTER];
    let at = length.saturating_sub(FOOTER as u64);
    let read = file
        .read_at(at, &mut bytes)
        .map_err(BackupError::io(path))?;
    let footer = bytes.get(..read).and_then(Footer::parse);
    Ok((footer, length))
}

pub(super) const PREFACE: u8 = 1;
pub(super) const PART: u8 = 2;
pub(super) const ROWS: u8 = 3;
pub(super) const MANIFEST: u8 = 4;
