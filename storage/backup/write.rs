//! Making a backup: from a checkpoint to a file under its name.

use std::path::{Path, PathBuf};

use model::{Millis, limit::PROFILE_BYTES};
use zeroize::Zeroizing;

use super::chunk::Sealer;
use super::file::{Footer, Header, MANIFEST, PART, PREFACE, ROWS};
use super::manifest::{FileSum, Manifest, Preface, Sum, Tables, digest_of};
use super::{BackupError, BackupId, KeyFile, catalogue};
use crate::bytes::{offset, put_sized};
use crate::checkpoint::Base;
use crate::digest_key::DigestKey;
use crate::disk::{self, Disk, DiskFile, parent};
use crate::rows::Rows;
use crate::{Record, limit, vault};

/// A backup to be made.
pub struct Order<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// The directory with the tenant's backups.
    pub dir: &'a Path,
    /// The tenant's profile files.
    pub profiles: &'a [PathBuf],
    /// The version of the program.
    pub program: &'a str,
    /// The keys.
    pub keys: &'a KeyFile,
    /// When it is.
    pub now: Millis,
}

/// A backup that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Which one.
    pub id: BackupId,
    /// Where it is.
    pub path: PathBuf,
    /// How long the file is.
    pub bytes: u64,
    /// What it holds.
    pub manifest: Manifest,
}

/// What an open store gives to its backup.
pub(crate) struct Source<'a> {
    /// The store's directory.
    pub(crate) dir: &'a Path,
    /// The checkpoint, held, so that its bytes stay though it may be replaced meanwhile.
    pub(crate) base: &'a Base,
    pub(crate) key: &'a DigestKey,
    pub(crate) incarnation: u64,
    pub(crate) installation: [u8; 16],
}

/// Writes the backup.
pub(crate) fn write(
    disk: &dyn Disk,
    source: Source<'_>,
    order: &Order<'_>,
) -> Result<Written, BackupError> {
    disk.create_dir(order.dir)
        .map_err(BackupError::io(order.dir))?;
    let _lock = catalogue::lock(disk, order.dir)?;
    catalogue::tidy(disk, order.dir)?;
    let id = catalogue::new_id(disk, order.dir, order.now)?;
    let path = order.dir.join(id.file_name());
    let temporary = disk::temporary(&path);
    let written = fill(disk, &temporary, source, order, id);
    let placed = written.and_then(|(manifest, bytes)| {
        disk.rename(&temporary, &path)
            .and_then(|()| disk.sync_dir(parent(&path)))
            .map_err(BackupError::io(&path))?;
        Ok(Written {
            id,
            path: path.clone(),
            bytes,
            manifest,
        })
    });
    if placed.is_err() {
        // What is left is superfluous, and the next backup takes it away.
        disk.remove(&temporary).ok();
    }
    placed
}

fn fill(
    disk: &dyn Disk,
    path: &Path,
    source: Source<'_>,
    order: &Order<'_>,
    id: BackupId,
) -> Result<(Manifest, u64), BackupError> {
    let (key_id, key) = order.keys.newest()?;
    let mut salt = [0; 16];
    disk.random(&mut salt).map_err(|_| BackupError::Random)?;
    let header = Header {
        tenant: order.tenant.to_owned(),
        id,
        created: order.now,
        key: key_id,
        salt,
    };
    let header = header.encode();
    let file = disk.create(path).map_err(BackupError::io(path))?;
    let mut out = Out {
        file,
        path,
        at: 0,
        synced: 0,
        digest: ring::digest::Context::new(&ring::digest::SHA256),
        sealer: Sealer::new(&key, &header)?,
    };
    out.write(&header)?;
    let preface = Preface {
        tenant: order.tenant.to_owned(),
        id: id.to_string(),
        created: order.now,
        program: order.program.to_owned(),
        lsn: source.base.stamp().applied.0,
        incarnation: source.incarnation,
        installation: source.installation,
        digest_key: *source.key.expose(),
    };
    out.record(PREFACE, &preface, false)?;
    let mut manifest = Manifest {
        tenant: order.tenant.to_owned(),
        id: id.to_string(),
        created: order.now,
        program: order.program.to_owned(),
        lsn: source.base.stamp().applied.0,
        incarnation: source.incarnation,
        installation: source.installation,
        tables: Vec::new(),
        files: Vec::new(),
    };
    out.files(disk, source.dir, order.profiles, &mut manifest)?;
    manifest.tables = out.rows(source.base)?;
    out.record(MANIFEST, &manifest, true)?;
    let bytes = out.finish()?;
    Ok((manifest, bytes))
}

/// The file that is written.
struct Out<'a> {
    file: Box<dyn DiskFile>,
    path: &'a Path,
    at: u64,
    synced: u64,
    digest: ring::digest::Context,
    sealer: Sealer,
}

impl Out<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), BackupError> {
        self.digest.update(bytes);
        self.write_raw(bytes)
    }

    fn write_raw(&mut self, bytes: &[u8]) -> Result<(), BackupError> {
        let io = BackupError::io(self.path);
        self.file.write_at(self.at, bytes).map_err(io)?;
        self.at += offset(bytes.len());
        if self.at - self.synced >= limit::SYNC_BYTES {
            self.sync()?;
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<(), BackupError> {
        self.synced = self.at;
        self.file.sync_data().map_err(BackupError::io(self.path))
    }

    fn chunk(&mut self, plain: &[u8], last: bool) -> Result<(), BackupError> {
        if plain.len() > limit::BACKUP_CHUNK_BYTES {
            return Err(BackupError::Bound(format!(
                "{}: a part of the backup takes {} bytes, more than {}",
                self.path.display(),
                plain.len(),
                limit::BACKUP_CHUNK_BYTES
            )));
        }
        let sealed = self.sealer.seal(plain, last)?;
        self.write(&sealed)
    }

    fn record<R: Record>(&mut self, kind: u8, record: &R, last: bool) -> Result<(), BackupError> {
        let bound = |error: crate::EncodeError| BackupError::Bound(error.to_string());
        let encoded = Zeroizing::new(crate::encode(record).map_err(bound)?);
        let mut plain = Zeroizing::new(Vec::with_capacity(1 + encoded.len()));
        plain.push(kind);
        plain.extend_from_slice(&encoded);
        self.chunk(&plain, last)
    }

    /// The vault as it is at this moment, and the profiles.
    fn files(
        &mut self,
        disk: &dyn Disk,
        store: &Path,
        profiles: &[PathBuf],
        manifest: &mut Manifest,
    ) -> Result<(), BackupError> {
        if profiles.len() >= limit::BACKUP_FILES {
            return Err(BackupError::Bound(format!(
                "a backup takes fewer than {} profiles",
                limit::BACKUP_FILES
            )));
        }
        let vault = vault::path(store);
        match disk::read_all(disk, &vault, limit::VAULT_BYTES) {
            Ok(bytes) => manifest.files.push(self.whole("vault".to_owned(), &bytes)?),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => return Err(BackupError::io(&vault)(source)),
        }
        for path in profiles {
            let name = path.file_name().and_then(|name| name.to_str());
            let name = name.map(|name| format!("profiles/{name}"));
            let Some(name) = name.filter(|name| is_file_name(name)) else {
                return Err(BackupError::Bound(format!(
                    "{}: a backup takes profiles whose names have at most 200 letters, digits, '-', '_', '.' and blanks, and do \
                     not begin with '.'; name this one otherwise",
                    path.display()
                )));
            };
            let bytes = disk::read_all(disk, path, PROFILE_BYTES as u64);
            let bytes = bytes.map_err(BackupError::io(path))?;
            manifest.files.push(self.whole(name, &bytes)?);
        }
        Ok(())
    }

    fn whole(&mut self, name: String, bytes: &[u8]) -> Result<FileSum, BackupError> {
        let mut sum = Sum::new();
        sum.part(bytes);
        let mut at = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let part = rest.get(..limit::BACKUP_CHUNK_TARGET).unwrap_or(rest);
            let mut plain = vec![PART];
            put_sized(&mut plain, name.as_bytes());
            plain.extend_from_slice(&offset(bytes.len()).to_le_bytes());
            plain.extend_from_slice(&offset(at).to_le_bytes());
            plain.extend_from_slice(part);
            self.chunk(&plain, false)?;
            at += part.len();
            if at >= bytes.len() {
                break;
            }
        }
        Ok(FileSum {
            name,
            bytes: sum.bytes,
            digest: sum.digest(),
        })
    }

    fn rows(&mut self, base: &Base) -> Result<Vec<super::TableSum>, BackupError> {
        let mut tables = Tables::new();
        let mut rows = Rows::default();
        base.read::<BackupError>(|row, value| {
            if !tables.row(row.table, &row.key, value) {
                return Ok(());
            }
            rows.push(&row, value);
            match rows.bytes().len() >= limit::BACKUP_CHUNK_TARGET {
                true => self.row_chunk(&mut rows),
                false => Ok(()),
            }
        })?;
        self.row_chunk(&mut rows)?;
        Ok(tables.sums())
    }

    fn row_chunk(&mut self, rows: &mut Rows) -> Result<(), BackupError> {
        if !rows.bytes().is_empty() {
            self.chunk(&[&[ROWS], rows.bytes()].concat(), false)?;
            rows.clear();
        }
        Ok(())
    }

    fn finish(mut self) -> Result<u64, BackupError> {
        let digest = digest_of(self.digest.clone());
        self.write_raw(&Footer { digest }.encode())?;
        self.sync()?;
        Ok(self.at)
    }
}

/// Whether a file of that name may be in a backup: the vault, or a profile whose name leads nowhere else.
pub(super) fn is_file_name(name: &str) -> bool {
    let known = |c: char| c.is_alphanumeric() || "-_. ".contains(c);
    let is_profile = |name: &str| {
        !name.starts_with('.')
            && name.ends_with(".toml")
            && name.chars().count() <= 200
            && name.chars().all(known)
    };
    name == "vault" || name.strip_prefix("profiles/").is_some_and(is_profile)
}
