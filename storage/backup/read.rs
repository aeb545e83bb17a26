//! Reading a backup from its first byte to its last: for looking whether it is sound, and for restoring it.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::chunk::{self, HEAD, Opener};
use super::file::{FOOTER, Footer, Header, MANIFEST, PART, PREFACE, ROWS, read_header};
use super::manifest::{FileSum, Manifest, Preface, Sum, Tables, digest_of, is_carried};
use super::write::is_file_name;
use super::{BackupError, BackupId, KeyFile};
use crate::batch::RowKey;
use crate::bytes::{Reader, offset};
use crate::disk::{Access, Disk, DiskFile};
use crate::rows::RowReader;
use crate::{Record, limit};

/// Takes what a backup holds, in its order.
pub(super) trait Taker {
    /// The beginning.
    fn preface(&mut self, preface: &Preface) -> Result<(), BackupError>;
    /// A whole file.
    fn file(&mut self, name: &str, bytes: &[u8]) -> Result<(), BackupError>;
    /// A row.
    fn row(&mut self, row: RowKey, value: &[u8]) -> Result<(), BackupError>;
}

/// Takes nothing.
struct Nobody;

impl Taker for Nobody {
    fn preface(&mut self, _: &Preface) -> Result<(), BackupError> {
        Ok(())
    }

    fn file(&mut self, _: &str, _: &[u8]) -> Result<(), BackupError> {
        Ok(())
    }

    fn row(&mut self, _: RowKey, _: &[u8]) -> Result<(), BackupError> {
        Ok(())
    }
}

/// Reads every byte of a backup, opens every chunk, and compares everything with what the manifest says.
///
/// # Errors
/// When a byte is not what was written, the keys do not open it, or it cannot be read.
pub fn verify(
    disk: &dyn Disk,
    path: &Path,
    tenant: &str,
    keys: &KeyFile,
) -> Result<Manifest, BackupError> {
    walk(disk, path, tenant, keys, &mut Nobody)
}

/// Reads every byte of a backup and compares them with the digest at its end. No key is needed; what somebody made look whole is
/// found by [`verify`] alone.
///
/// # Errors
/// When a byte is not what was written, or it cannot be read.
pub fn is_whole(disk: &dyn Disk, path: &Path) -> Result<Footer, BackupError> {
    let mut input = Input::open(disk, path)?;
    while input.left() > 0 {
        let next = input.left().min(offset(limit::BACKUP_CHUNK_TARGET));
        input.take(usize::try_from(next).unwrap_or(limit::BACKUP_CHUNK_TARGET))?;
    }
    input.footer()
}

pub(super) fn walk(
    disk: &dyn Disk,
    path: &Path,
    tenant: &str,
    keys: &KeyFile,
    taker: &mut dyn Taker,
) -> Result<Manifest, BackupError> {
    let mut input = Input::open(disk, path)?;
    let (header, bytes) = read_header(&*input.file, path)?;
    if header.tenant != tenant {
        return Err(BackupError::Foreign {
            path: path.to_path_buf(),
            owner: header.tenant,
        });
    }
    let named = path.file_name().and_then(|name| name.to_str());
    let named = named.and_then(BackupId::of_file);
    if named.is_some_and(|id| id != header.id) {
        let why = "it is another backup under this name";
        return Err(BackupError::damaged(path, 0, why));
    }
    input.take(bytes.len())?;
    let key = keys.get(header.key)?.ok_or_else(|| BackupError::NoKey {
        path: path.to_path_buf(),
        wanted: header.key,
    })?;
    let mut opener = Opener::new(&key, &bytes)?;
    let mut content = Content::new(path.to_path_buf(), header);
    loop {
        content.at = input.at;
        let (mut sealed, last) = input.chunk()?;
        let opened = opener.open(&mut sealed, last);
        let plain = Zeroizing::new(opened.map_err(|why| content.damaged(why))?);
        if let Some(manifest) = content.chunk(&plain, last, taker)? {
            input.footer()?;
            return Ok(manifest);
        }
    }
}

/// The file, read from front to back.
struct Input {
    file: Box<dyn DiskFile>,
    path: PathBuf,
    at: u64,
    /// Where the footer begins.
    end: u64,
    digest: ring::digest::Context,
}

impl Input {
    fn open(disk: &dyn Disk, path: &Path) -> Result<Input, BackupError> {
        let file = disk
            .open(path, Access::Read)
            .map_err(BackupError::io(path))?;
        let length = file.length().map_err(BackupError::io(path))?;
        let end = length.checked_sub(offset(FOOTER));
        Ok(Input {
            file,
            path: path.to_path_buf(),
            at: 0,
            end: end.ok_or_else(|| BackupError::damaged(path, 0, "it is too short"))?,
            digest: ring::digest::Context::new(&ring::digest::SHA256),
        })
    }

    fn left(&self) -> u64 {
        self.end.saturating_sub(self.at)
    }

    fn damaged(&self, why: &'static str) -> BackupError {
        BackupError::damaged(&self.path, self.at, why)
    }

    fn take(&mut self, length: usize) -> Result<Vec<u8>, BackupError> {
        if offset(length) > self.left() {
            return Err(self.damaged("it ends too early"));
        }
        let mut bytes = vec![0; length];
        let read = self.file.read_at(self.at, &mut bytes);
        if read.map_err(BackupError::io(&self.path))? != length {
            return Err(self.damaged("it ends too early"));
        }
        self.digest.update(&bytes);
        self.at += offset(length);
        Ok(bytes)
    }

    /// The next sealed chunk, and whether it claims to be the last.
    fn chunk(&mut self) -> Result<(Vec<u8>, bool), BackupError> {
        let head = self.take(HEAD)?;
        let mut reader = Reader::new(&head);
        let last = reader.u8();
        let length = reader.u32().and_then(|length| usize::try_from(length).ok());
        let length = length.filter(|length| chunk::is_length(*length));
        match (last, length) {
            (Some(last @ (0 | 1)), Some(length)) => Ok((self.take(length)?, last == 1)),
            _ => Err(self.damaged("a chunk's length is out of bounds")),
        }
    }

    /// Nothing but the footer follows, and it is right.
    fn footer(self) -> Result<Footer, BackupError> {
        if self.left() > 0 {
            return Err(self.damaged("bytes follow the last chunk"));
        }
        let mut bytes = [0; FOOTER];
        let read = self.file.read_at(self.at, &mut bytes);
        let read = read.map_err(BackupError::io(&self.path))?;
        let footer = bytes.get(..read).and_then(Footer::parse);
        let footer = footer.ok_or_else(|| self.damaged("its end is missing"))?;
        match footer.digest == digest_of(self.digest.clone()) {
            true => Ok(footer),
            false => Err(self.damaged("its digest is wrong")),
        }
    }
}

/// A file that comes in parts.
struct Partial {
    name: String,
    length: usize,
    bytes: Vec<u8>,
}

/// What was read so far, and what may come next.
struct Content {
    path: PathBuf,
    header: Header,
    /// Where the chunk begins that is looked at.
    at: u64,
    preface: Option<Preface>,
    partial: Option<Partial>,
    files: Vec<FileSum>,
    tables: Tables,
    last_row: Option<RowKey>,
}

impl Content {
    fn new(path: PathBuf, header: Header) -> Content {
        Content {
            path,
            header,
            at: 0,
            preface: None,
            partial: None,
            files: Vec::new(),
            tables: Tables::new(),
            last_row: None,
        }
    }

    fn damaged(&self, why: &'static str) -> BackupError {
        BackupError::damaged(&self.path, self.at, why)
    }

    /// Takes a chunk in; gives the manifest when it was the last one.
    fn chunk(
        &mut self,
        plain: &[u8],
        last: bool,
        taker: &mut dyn Taker,
    ) -> Result<Option<Manifest>, BackupError> {
        let (kind, body) = plain
            .split_first()
            .ok_or_else(|| self.damaged("a chunk is empty"))?;
        match (*kind, self.preface.is_some(), last) {
            (PREFACE, false, false) => self.begin(body, taker).map(|()| None),
            (PART, true, false) => self.part(body, taker).map(|()| None),
            (ROWS, true, false) => self.rows(body, taker).map(|()| None),
            (MANIFEST, true, true) => self.end(body).map(Some),
            _ => Err(self.damaged("a chunk stands where it does not belong")),
        }
    }

    fn record<R: Record>(&self, body: &[u8]) -> Result<R, BackupError> {
        crate::decode(body).map_err(|_| self.damaged("a chunk cannot be decoded"))
    }

    fn begin(&mut self, body: &[u8], taker: &mut dyn Taker) -> Result<(), BackupError> {
        let preface: Preface = self.record(body)?;
        if preface.tenant != self.header.tenant || preface.id != self.header.id.to_string() {
            return Err(self.damaged("header and preface disagree"));
        }
        taker.preface(&preface)?;
        self.preface = Some(preface);
        Ok(())
    }

    fn part(&mut self, body: &[u8], taker: &mut dyn Taker) -> Result<(), BackupError> {
        let malformed = || self.damaged("a part of a file is malformed");
        let mut reader = Reader::new(body);
        let name = reader
            .sized()
            .and_then(|name| std::str::from_utf8(name).ok());
        let name = name
            .filter(|name| is_file_name(name))
            .ok_or_else(malformed)?;
        let length = reader.u64().and_then(|length| usize::try_from(length).ok());
        let length = length.filter(|length| *length <= limit::BACKUP_FILE_BYTES);
        let (length, at) = length.zip(reader.u64()).ok_or_else(malformed)?;
        let part = reader.rest();
        if self.last_row.is_some() || self.files.len() >= limit::BACKUP_FILES {
            return Err(malformed());
        }
        let name = name.to_owned();
        let mut partial = self.partial.take().unwrap_or_else(|| Partial {
            name: name.clone(),
            length,
            bytes: Vec::new(),
        });
        let goes_on = partial.name == name
            && partial.length == length
            && offset(partial.bytes.len()) == at
            && partial.bytes.len() + part.len() <= length
            && (!part.is_empty() || length == 0);
        if !goes_on || self.files.iter().any(|file| file.name == name) {
            return Err(self.damaged("a part of a file is malformed"));
        }
        partial.bytes.extend_from_slice(part);
        if partial.bytes.len() < length {
            self.partial = Some(partial);
            return Ok(());
        }
        let mut sum = Sum::new();
        sum.part(&partial.bytes);
        taker.file(&name, &partial.bytes)?;
        self.files.push(FileSum {
            name,
            bytes: sum.bytes,
            digest: sum.digest(),
        });
        Ok(())
    }

    fn rows(&mut self, body: &[u8], taker: &mut dyn Taker) -> Result<(), BackupError> {
        if self.partial.is_some() {
            return Err(self.damaged("a file ends too early"));
        }
        let mut reader = RowReader::new(body);
        while let Some(next) = reader.next().map_err(|why| self.damaged(why))? {
            if !is_carried(next.table) {
                return Err(self.damaged("a row is malformed"));
            }
            let (row, value) = (next.row(), next.value);
            if self.last_row.as_ref().is_some_and(|last| *last >= row) {
                return Err(self.damaged("the rows are out of order"));
            }
            self.tables.row(row.table, &row.key, value);
            self.last_row = Some(row.clone());
            taker.row(row, value)?;
        }
        Ok(())
    }

    fn end(&mut self, body: &[u8]) -> Result<Manifest, BackupError> {
        let manifest: Manifest = self.record(body)?;
        let same = self.preface.as_ref().is_some_and(|preface| {
            preface.tenant == manifest.tenant
                && preface.id == manifest.id
                && preface.created == manifest.created
                && preface.lsn == manifest.lsn
                && preface.incarnation == manifest.incarnation
                && preface.installation == manifest.installation
        });
        if self.partial.is_some()
            || !same
            || manifest.tables != self.tables.sums()
            || manifest.files != self.files
        {
            return Err(self.damaged("it does not hold what its manifest says"));
        }
        Ok(manifest)
    }
}
