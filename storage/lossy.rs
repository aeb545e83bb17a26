//! A disk in memory that loses what was not synced: the stand-in for a power cut.
//!
//! It keeps, per file, the durable bytes and the writes since the last sync, and per directory the durable names and the
//! changes since. [`LossyDisk::crash`] gives the disk as a machine might find it after power came back: of everything unsynced any
//! part may be there, sector by sector, the last one torn. All choices come from the seed. Faults can be planned: power cut
//! at the n-th operation, a full disk, a sync that fails once and forgets its writes, a flipped bit.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::disk::{Access, Disk, DiskFile, Lock, parent};

const SECTOR: usize = 512;

/// A disk in memory. Clones are the same disk.
#[derive(Clone, Debug)]
pub struct LossyDisk {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    names: BTreeMap<PathBuf, u64>,
    durable_names: BTreeMap<PathBuf, u64>,
    unsynced_names: Vec<NameChange>,
    files: BTreeMap<u64, Content>,
    next_file: u64,
    locks: BTreeSet<PathBuf>,
    random: u64,
    operations: u64,
    cut_at: Option<u64>,
    capacity: Option<u64>,
    failing_sync: Option<u64>,
    syncs: u64,
    read_only: bool,
}

/// One file's bytes: as a reader sees them, as they are safe, and the writes between.
#[derive(Clone, Debug, Default)]
struct Content {
    current: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<(usize, Vec<u8>)>,
}

/// A change of a directory that is not yet durable.
#[derive(Clone, Debug)]
struct NameChange {
    /// The name that goes, if any.
    from: Option<PathBuf>,
    /// The name that comes, if any, and its file.
    to: Option<(PathBuf, u64)>,
}

impl NameChange {
    fn touches(&self, dir: &Path) -> bool {
        let from = self.from.as_deref().map(parent);
        let to = self.to.as_ref().map(|(path, _)| parent(path));
        from == Some(dir) || to == Some(dir)
    }

    fn make(&self, names: &mut BTreeMap<PathBuf, u64>) {
        if let Some(from) = &self.from {
            names.remove(from);
        }
        if let Some((to, file)) = &self.to {
            names.insert(to.clone(), *file);
        }
    }
}

impl LossyDisk {
    /// An empty disk whose choices come from the seed.
    pub fn new(seed: u64) -> LossyDisk {
        LossyDisk::from_inner(Inner {
            random: seed,
            ..Inner::default()
        })
    }

    fn from_inner(inner: Inner) -> LossyDisk {
        LossyDisk {
            inner: Arc::new(Mutex::new(inner)),
        }
    }

    fn lock_inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many changing operations were asked for so far: the crash points.
    pub fn operations(&self) -> u64 {
        self.lock_inner().operations
    }

    /// Cuts the power at the n-th changing operation from the beginning: it and all later ones fail. A write may be there in part.
    pub fn cut_power_at(&self, operation: u64) {
        self.lock_inner().cut_at = Some(operation);
    }

    /// Lets the disk hold this many bytes and no more.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.lock_inner().capacity = bytes;
    }

    /// Lets the n-th file sync from now on fail once (1 is the next) and forget the writes it should have kept.
    pub fn fail_sync(&self, n: u64) {
        let mut inner = self.lock_inner();
        inner.failing_sync = Some(inner.syncs.saturating_add(n));
    }

    /// Refuses every change, as a file system mounted read-only.
    pub fn set_read_only(&self, read_only: bool) {
        self.lock_inner().read_only = read_only;
    }

    /// Flips one bit of a file, durably. Returns whether the file has that bit.
    pub fn flip_bit(&self, path: &Path, bit: u64) -> bool {
        let mut inner = self.lock_inner();
        let Some(file) = inner.names.get(path).copied() else {
            return false;
        };
        let Some(content) = inner.files.get_mut(&file) else {
            return false;
        };
        let Ok(position) = usize::try_from(bit / 8) else {
            return false;
        };
        let mask = 1u8 << (bit % 8);
        let Some(byte) = content.current.get_mut(position) else {
            return false;
        };
        *byte ^= mask;
        if let Some(byte) = content.durable.get_mut(position) {
            *byte ^= mask;
        }
        true
    }

    /// A file's bytes as a reader sees them now.
    pub fn read(&self, path: &Path) -> Option<Vec<u8>> {
        let inner = self.lock_inner();
        inner
            .names
            .get(path)
            .and_then(|file| inner.files.get(file))
            .map(|file| file.current.clone())
    }

    /// Puts a file in place durably.
    pub fn write(&self, path: &Path, bytes: &[u8]) {
        let mut inner = self.lock_inner();
        let file = inner.new_file();
        let content = Content {
            current: bytes.into(),
            durable: bytes.into(),
            unsynced: Vec::new(),
        };
        inner.files.insert(file, content);
        inner.names.insert(path.into(), file);
        inner.durable_names.insert(path.into(), file);
    }

    /// All files, sorted by path.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.lock_inner().names.keys().cloned().collect()
    }

    /// A copy of this disk as it is now, unsynced writes included, with no planned faults and no locks: a killed process.
    pub fn kill(&self) -> LossyDisk {
        let inner = self.lock_inner();
        LossyDisk::from_inner(Inner {
            names: inner.names.clone(),
            durable_names: inner.durable_names.clone(),
            unsynced_names: inner.unsynced_names.clone(),
            files: inner.files.clone(),
            next_file: inner.next_file,
            random: inner.random,
            ..Inner::default()
        })
    }

    /// The disk after a power cut: what was synced, and of the rest whatever the seed picks.
    pub fn crash(&self, seed: u64) -> LossyDisk {
        let inner = self.lock_inner();
        let mut random = inner.random;
        let mut random = next(&mut random).wrapping_add(seed);
        let mut names = inner.durable_names.clone();
        let mode = next(&mut random) % 4;
        for change in &inner.unsynced_names {
            if survives(mode, &mut random) {
                change.make(&mut names);
            }
        }
        let mut files = BTreeMap::new();
        for (file, content) in &inner.files {
            let bytes = content.after_crash(mode, &mut random);
            let safe = Content {
                current: bytes.clone(),
                durable: bytes,
                unsynced: Vec::new(),
            };
            files.insert(*file, safe);
        }
        let durable_names = names.clone();
        let next_file = inner.next_file;
        LossyDisk::from_inner(Inner {
            names,
            durable_names,
            files,
            next_file,
            random,
            ..Inner::default()
        })
    }
}

impl Content {
    fn after_crash(&self, mode: u64, random: &mut u64) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        for (offset, written) in &self.unsynced {
            for (number, sector) in written.chunks(SECTOR).enumerate() {
                if survives(mode, random) {
                    put(
                        &mut bytes,
                        offset + number * SECTOR,
                        torn(sector, mode, random),
                    );
                }
            }
        }
        bytes
    }

    fn write(&mut self, offset: usize, bytes: &[u8]) {
        put(&mut self.current, offset, bytes);
        self.unsynced.push((offset, bytes.to_vec()));
    }

    fn sync(&mut self) {
        for (offset, bytes) in std::mem::take(&mut self.unsynced) {
            put(&mut self.durable, offset, &bytes);
        }
    }
}

/// Mode 0 loses all that is unsynced, mode 1 keeps all, the others toss a coin each time.
fn survives(mode: u64, random: &mut u64) -> bool {
    match mode {
        0 => false,
        1 => true,
        _ => next(random).is_multiple_of(2),
    }
}

fn torn<'a>(sector: &'a [u8], mode: u64, random: &mut u64) -> &'a [u8] {
    if mode < 3 || !next(random).is_multiple_of(8) {
        return sector;
    }
    let keep = next(random) as usize % (sector.len() + 1);
    sector.get(..keep).unwrap_or(sector)
}

fn put(to: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset.saturating_add(bytes.len());
    if to.len() < end {
        to.resize(end, 0);
    }
    if let Some(place) = to.get_mut(offset..end) {
        place.copy_from_slice(bytes);
    }
}

/// splitmix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

impl Inner {
    fn new_file(&mut self) -> u64 {
        self.next_file += 1;
        self.next_file
    }

    /// Counts a changing operation; false in `Ok` when the power goes during this very one.
    fn operate(&mut self) -> io::Result<bool> {
        if self.read_only {
            return Err(io::ErrorKind::ReadOnlyFilesystem.into());
        }
        self.operations += 1;
        match self.cut_at {
            Some(cut) if self.operations > cut => Err(no_power()),
            Some(cut) if self.operations == cut => Ok(false),
            _ => Ok(true),
        }
    }

    fn change_names(&mut self, change: NameChange) -> io::Result<()> {
        let powered = self.operate()?;
        change.make(&mut self.names);
        self.unsynced_names.push(change);
        powered.then_some(()).ok_or_else(no_power)
    }

    fn used(&self) -> u64 {
        let linked: BTreeSet<_> = self.names.values().collect();
        let length = |file: &u64| {
            self.files
                .get(file)
                .map_or(0, |content| content.current.len() as u64)
        };
        linked.into_iter().map(length).sum()
    }

    fn has_room(&self, file: u64, end: usize) -> bool {
        let Some(capacity) = self.capacity else {
            return true;
        };
        let length = self
            .files
            .get(&file)
            .map_or(0, |content| content.current.len());
        self.used()
            .saturating_add(end.saturating_sub(length) as u64)
            <= capacity
    }
}

fn no_power() -> io::Error {
    io::Error::other("the power is cut")
}

impl Disk for LossyDisk {
    fn create_dir(&self, _dir: &Path) -> io::Result<()> {
        let inner = self.lock_inner();
        if inner.read_only {
            Err(io::ErrorKind::ReadOnlyFilesystem.into())
        } else {
            Ok(())
        }
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let inner = self.lock_inner();
        let inside = inner.names.keys().filter(|path| parent(path) == dir);
        let name = |path: &PathBuf| {
            path.file_name()
                .map(|name| name.to_string_lossy().into_owned())
        };
        Ok(inside.filter_map(name).collect())
    }

    fn open(&self, path: &Path, access: Access) -> io::Result<Box<dyn DiskFile>> {
        let inner = self.lock_inner();
        let file = *inner.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        if access == Access::Write && inner.read_only {
            return Err(io::ErrorKind::ReadOnlyFilesystem.into());
        }
        Ok(Box::new(LossyFile {
            disk: self.clone(),
            file,
        }))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut inner = self.lock_inner();
        let file = inner.new_file();
        inner.files.insert(file, Content::default());
        inner.change_names(NameChange {
            from: None,
            to: Some((path.into(), file)),
        })?;
        Ok(Box::new(LossyFile {
            disk: self.clone(),
            file,
        }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut inner = self.lock_inner();
        let file = *inner.names.get(from).ok_or(io::ErrorKind::NotFound)?;
        inner.change_names(NameChange {
            from: Some(from.into()),
            to: Some((to.into(), file)),
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut inner = self.lock_inner();
        if !inner.names.contains_key(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        inner.change_names(NameChange {
            from: Some(path.into()),
            to: None,
        })
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut inner = self.lock_inner();
        if !inner.operate()? {
            return Err(no_power());
        }
        let changes = std::mem::take(&mut inner.unsynced_names);
        let (now, later): (Vec<_>, Vec<_>) =
            changes.into_iter().partition(|change| change.touches(dir));
        inner.unsynced_names = later;
        for change in now {
            change.make(&mut inner.durable_names);
        }
        Ok(())
    }

    fn lock(&self, path: &Path, _access: Access) -> io::Result<Box<dyn Lock>> {
        let mut inner = self.lock_inner();
        if inner.read_only {
            return Err(io::ErrorKind::ReadOnlyFilesystem.into());
        }
        if !inner.locks.insert(path.into()) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(Box::new(LossyLock {
            disk: self.clone(),
            path: path.into(),
        }))
    }

    fn random(&self, bytes: &mut [u8]) -> io::Result<()> {
        let mut inner = self.lock_inner();
        for part in bytes.chunks_mut(8) {
            let drawn = next(&mut inner.random).to_le_bytes();
            part.iter_mut().zip(drawn).for_each(|(to, from)| *to = from);
        }
        Ok(())
    }
}

#[derive(Debug)]
struct LossyFile {
    disk: LossyDisk,
    file: u64,
}

impl DiskFile for LossyFile {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let inner = self.disk.lock_inner();
        let content = inner.files.get(&self.file).ok_or(io::ErrorKind::NotFound)?;
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = content.current.get(start..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(rest) {
            *to = *from;
        }
        Ok(count)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut inner = self.disk.lock_inner();
        let powered = inner.operate()?;
        let start = usize::try_from(offset).map_err(|_| io::ErrorKind::InvalidInput)?;
        if !inner.has_room(self.file, start.saturating_add(bytes.len())) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let content = inner
            .files
            .get_mut(&self.file)
            .ok_or(io::ErrorKind::NotFound)?;
        content.write(start, bytes);
        powered.then_some(()).ok_or_else(no_power)
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut inner = self.disk.lock_inner();
        if !inner.operate()? {
            return Err(no_power());
        }
        inner.syncs += 1;
        let fails = inner.failing_sync == Some(inner.syncs);
        let content = inner
            .files
            .get_mut(&self.file)
            .ok_or(io::ErrorKind::NotFound)?;
        if fails {
            content.unsynced.clear();
            return Err(io::Error::other("the device reports an error"));
        }
        content.sync();
        Ok(())
    }

    fn length(&self) -> io::Result<u64> {
        let inner = self.disk.lock_inner();
        let content = inner.files.get(&self.file).ok_or(io::ErrorKind::NotFound)?;
        Ok(content.current.len() as u64)
    }
}

#[derive(Debug)]
struct LossyLock {
    disk: LossyDisk,
    path: PathBuf,
}

impl Lock for LossyLock {}

impl Drop for LossyLock {
    fn drop(&mut self) {
        self.disk.lock_inner().locks.remove(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk;

    #[test]
    fn what_was_synced_survives_every_crash() {
        for seed in 0..64 {
            let disk = LossyDisk::new(seed);
            disk::replace(&disk, Path::new("/d/f"), b"first").unwrap();
            let file = disk.open(Path::new("/d/f"), Access::Write).unwrap();
            file.write_at(0, b"later").unwrap();
            let after = disk.crash(seed).read(Path::new("/d/f")).unwrap();
            assert_eq!(after.len(), 5);
            disk.create(Path::new("/d/g")).unwrap();
            disk.sync_dir(Path::new("/d")).unwrap();
            assert_eq!(disk.crash(seed).paths().len(), 2);
        }
    }

    #[test]
    fn what_was_not_synced_is_lost_in_some_crash() {
        let lost = (0..64).filter(|seed| {
            let disk = LossyDisk::new(*seed);
            disk.create(Path::new("/d/f")).unwrap();
            disk.crash(*seed).paths().is_empty()
        });
        assert!((10..60).contains(&lost.count()));
    }

    #[test]
    fn the_same_seed_draws_the_same_bytes_and_another_seed_others() {
        let drawn = |seed| {
            let mut bytes = [0; 20];
            LossyDisk::new(seed).random(&mut bytes).unwrap();
            bytes
        };
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
    }

    #[test]
    fn a_failed_sync_forgets_its_writes() {
        let disk = LossyDisk::new(1);
        let file = disk.create(Path::new("/f")).unwrap();
        disk.sync_dir(Path::new("/")).unwrap();
        disk.fail_sync(1);
        file.write_at(0, b"gone").unwrap();
        assert!(file.sync_data().is_err());
        assert!(file.sync_data().is_ok());
        assert_eq!(disk.crash(1).read(Path::new("/f")).unwrap(), b"");
    }
}
