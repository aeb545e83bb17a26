//! A disk that reads what is there and keeps in memory what is written, so that a store can be opened for looking only.
//!
//! Architecture invariant: no operation here changes anything below. The file system is only ever opened for reading; a
//! file that is opened for writing is taken into memory whole, and what is created, renamed or removed is so for this disk
//! alone.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::disk::{self, Access, Disk, DiskFile, Lock, OsDisk, parent};

/// A disk that changes nothing below.
#[derive(Clone, Debug, Default)]
pub struct Overlay {
    files: Arc<Mutex<BTreeMap<PathBuf, Option<Page>>>>,
}

/// A file in memory.
#[derive(Clone, Debug, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

/// What was locked is let go at once.
#[derive(Debug)]
struct Looked;

impl Lock for Looked {}

impl Overlay {
    /// One on which nothing was written yet.
    #[must_use]
    pub fn new() -> Overlay {
        Overlay::default()
    }

    fn files(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Option<Page>>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file in memory, taken there if need be.
    fn take(&self, path: &Path) -> io::Result<Page> {
        if let Some(known) = self.files().get(path) {
            return known.clone().ok_or_else(absent);
        }
        let bytes = disk::read_all(&OsDisk, path, u64::MAX)?;
        let page = Page(Arc::new(Mutex::new(bytes)));
        self.files().insert(path.into(), Some(page.clone()));
        Ok(page)
    }
}

fn absent() -> io::Error {
    io::ErrorKind::NotFound.into()
}

impl Disk for Overlay {
    fn create_dir(&self, _dir: &Path) -> io::Result<()> {
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let mut names: BTreeSet<String> = OsDisk.list(dir)?.into_iter().collect();
        for (path, page) in self.files().iter() {
            let name = path.file_name().filter(|_| parent(path) == dir);
            let Some(name) = name.map(|name| name.to_string_lossy().into_owned()) else {
                continue;
            };
            match page {
                Some(_) => names.insert(name),
                None => names.remove(&name),
            };
        }
        Ok(names.into_iter().collect())
    }

    fn open(&self, path: &Path, access: Access) -> io::Result<Box<dyn DiskFile>> {
        let known = self.files().contains_key(path);
        match access {
            Access::Read if !known => OsDisk.open(path, Access::Read),
            Access::Read | Access::Write => Ok(Box::new(self.take(path)?)),
        }
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let page = Page::default();
        self.files().insert(path.into(), Some(page.clone()));
        Ok(Box::new(page))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let page = self.take(from)?;
        let mut files = self.files();
        files.insert(from.into(), None);
        files.insert(to.into(), Some(page));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.open(path, Access::Read)?;
        self.files().insert(path.into(), None);
        Ok(())
    }

    fn sync_dir(&self, _dir: &Path) -> io::Result<()> {
        Ok(())
    }

    /// Only looks whether somebody holds it: to hold it would keep a node from starting for as long as somebody reads.
    fn lock(&self, path: &Path, _access: Access) -> io::Result<Box<dyn Lock>> {
        match OsDisk.lock(path, Access::Read) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(_) | Err(_) => Ok(Box::new(Looked)),
        }
    }

    /// Always the same: a key that is made here ends with the process, and two who look must see the same.
    fn random(&self, bytes: &mut [u8]) -> io::Result<()> {
        bytes.fill(0x50);
        Ok(())
    }
}

impl Page {
    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DiskFile for Page {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.bytes();
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = bytes.get(from..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(rest) {
            *to = *from;
        }
        Ok(count)
    }

    fn write_at(&self, offset: u64, written: &[u8]) -> io::Result<()> {
        let too_large = || io::Error::from(io::ErrorKind::FileTooLarge);
        let from = usize::try_from(offset).map_err(|_| too_large())?;
        let end = from.checked_add(written.len()).ok_or_else(too_large)?;
        let mut bytes = self.bytes();
        if bytes.len() < end {
            bytes.resize(end, 0);
        }
        if let Some(place) = bytes.get_mut(from..end) {
            place.copy_from_slice(written);
        }
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.bytes().len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;

    use super::*;
    use crate::{Batch, EngineKind, Options, Store, Table};

    /// Every file below a directory.
    fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut open = vec![dir.to_owned()];
        while let Some(next) = open.pop() {
            for entry in fs::read_dir(next).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    let bytes = fs::read(&path).unwrap();
                    found.insert(path, bytes);
                }
            }
        }
        found
    }

    fn look(dir: &Path) -> Store {
        let disk = Arc::new(Overlay::new());
        Store::open_on(disk, EngineKind::Memory, dir, Options::default()).unwrap()
    }

    fn row(value: &[u8]) -> Batch {
        let mut batch = Batch::new();
        batch.put(Table::Pair, b"key".to_vec(), value.to_vec());
        batch
    }

    #[test]
    fn a_store_that_is_only_looked_at_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), Options::default()).unwrap();
        store.commit_blocking(row(b"before")).unwrap();
        let key = *store.digest_key().expose();
        store.close().unwrap();
        let before = files(folder.path());
        let looked = look(folder.path());
        assert_eq!(
            looked.get(Table::Pair, b"key").unwrap(),
            Some(b"before".to_vec())
        );
        assert_eq!(*looked.digest_key().expose(), key);
        looked.commit_blocking(row(b"after")).unwrap();
        looked.checkpoint().unwrap();
        looked.close().unwrap();
        assert_eq!(files(folder.path()), before);
    }

    #[test]
    fn a_store_that_is_not_there_is_not_made_and_always_looks_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let absent = folder.path().join("acme");
        let (one, other) = (look(&absent), look(&absent));
        assert_eq!(one.digest_key().expose(), other.digest_key().expose());
        assert!(!absent.exists());
    }

    #[test]
    fn a_store_at_work_is_not_looked_at_and_one_that_is_looked_at_can_begin_work() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), Options::default()).unwrap();
        let disk = Arc::new(Overlay::new());
        let locked = Store::open_on(disk, EngineKind::Memory, folder.path(), Options::default());
        assert!(matches!(locked, Err(crate::OpenError::Locked(_))));
        store.close().unwrap();
        let _looked = look(folder.path());
        assert!(Store::open(folder.path(), Options::default()).is_ok());
    }
}
