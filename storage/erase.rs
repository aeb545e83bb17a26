//! Erasing a tenant's directory, in an order that never leaves half a store from which anything would start.
//!
//! First comes the mark: while it is there no store, no vault and no check opens what is in the directory. Then the keys are
//! overwritten and removed: what is left of credentials and digests is worth nothing from then on. Then everything else, and
//! the mark last. A kill or a power cut in between leaves a directory that says that its erasing was begun, and erasing it again
//! goes on.

use std::fs;
use std::io::{self, ErrorKind as Kind};
use std::path::{Path, PathBuf};

use crate::checkpoint;
use crate::digest_key;
use crate::disk::{self, Access, Disk, Lock, parent};
use crate::engine::EngineKind;
use crate::journal;
use crate::store::open::{lock_path, state_dir};
use crate::vault;

const NAME: &str = "erasing";

/// Why a directory is not erased. What was begun goes on when it is erased again.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// The store or the vault is in use.
    #[error("{}: another process holds this lock: stop it first; nothing was erased", .0.display())]
    Locked(PathBuf),
    /// A file could not be removed.
    #[error("{}: {source}: mend that, and erase again to go on", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> EraseError {
    let path = path.to_path_buf();
    move |source| EraseError::Io { path, source }
}

fn mark(dir: &Path) -> PathBuf {
    dir.join(NAME)
}

/// Whether the erasing of a tenant's directory was begun and has not ended.
///
/// # Errors
/// What the file system says.
pub fn is_begun(disk: &dyn Disk, dir: &Path) -> io::Result<bool> {
    match disk.open(&mark(dir), Access::Read) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == Kind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// A directory that is being erased. Nobody else opens what is in it.
pub struct Erasing<'a> {
    disk: &'a dyn Disk,
    dir: PathBuf,
    resumed: bool,
    _locks: [Box<dyn Lock>; 2],
}

impl Erasing<'_> {
    /// Marks a tenant's directory durably, which is made if need be. From here on there is no way back.
    ///
    /// # Errors
    /// When the store or the vault is in use, or the mark cannot be written.
    pub fn begin<'a>(disk: &'a dyn Disk, dir: &Path) -> Result<Erasing<'a>, EraseError> {
        disk.create_dir(dir).map_err(failed(dir))?;
        let lock = |path: PathBuf| {
            let held = disk.lock(&path, Access::Write);
            held.map_err(|source| match source.kind() {
                Kind::WouldBlock => EraseError::Locked(path),
                _ => EraseError::Io { path, source },
            })
        };
        let locks = [lock(lock_path(dir))?, lock(vault::lock_path(dir))?];
        let mark = mark(dir);
        let resumed = is_begun(disk, dir).map_err(failed(&mark))?;
        // One that is there may not be durable yet.
        disk::replace(disk, &mark, b"").map_err(failed(&mark))?;
        Ok(Erasing {
            disk,
            dir: dir.into(),
            resumed,
            _locks: locks,
        })
    }

    /// Whether it had been begun before.
    #[must_use]
    pub fn resumed(&self) -> bool {
        self.resumed
    }

    /// Overwrites and removes the vault, one that was set aside, and the digest key, with what a killed writer left of them.
    ///
    /// # Errors
    /// When a file cannot be written or removed.
    pub fn keys(&self) -> Result<(), EraseError> {
        keys(self.disk, &self.dir)
    }

    /// Removes journal, checkpoints and state.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn rows(&self, kind: EngineKind) -> Result<(), EraseError> {
        for dir in [journal::dir(&self.dir), checkpoint::dir(&self.dir)] {
            for name in self.disk.list(&dir).map_err(failed(&dir))? {
                let path = dir.join(name);
                disk::discard(self.disk, &path).map_err(failed(&path))?;
            }
        }
        let state = state_dir(&self.dir);
        kind.wipe(&state).map_err(failed(&state))
    }

    /// Removes whatever else is in the directory, the mark, and the directory itself.
    ///
    /// # Errors
    /// When something cannot be removed; the mark is there until nothing else is.
    pub fn end(self) -> Result<(), EraseError> {
        let mark = mark(&self.dir);
        for entry in fs::read_dir(&self.dir).map_err(failed(&self.dir))? {
            let path = entry.map_err(failed(&self.dir))?.path();
            if path == mark {
                continue;
            }
            let is_dir = fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_dir());
            let removed = match is_dir {
                true => fs::remove_dir_all(&path),
                false => fs::remove_file(&path),
            };
            removed.map_err(failed(&path))?;
        }
        self.disk.sync_dir(&self.dir).map_err(failed(&self.dir))?;
        disk::discard(self.disk, &mark).map_err(failed(&mark))?;
        match fs::remove_dir(&self.dir) {
            // The directory of a volume, or a link to one, is not ours: it stays, with nothing in it.
            Err(error) if matches!(error.kind(), Kind::ResourceBusy | Kind::NotADirectory) => {}
            removed => removed.map_err(failed(&self.dir))?,
        }
        let above = parent(&self.dir);
        self.disk.sync_dir(above).map_err(failed(above))
    }
}

/// Overwrites and removes the keys in a store's directory: the vault, one that was set aside, and the digest key, with what a
/// killed writer left of them.
///
/// # Errors
/// When a file cannot be written or removed.
pub fn keys(disk: &dyn Disk, dir: &Path) -> Result<(), EraseError> {
    let paths = [vault::path, vault::aside_path, digest_key::path];
    paths.iter().try_for_each(|path| shred(disk, &path(dir)))
}

/// Overwrites and removes a file that holds a key, and what a killed writer left of it, durably; one that is not there is fine.
///
/// # Errors
/// When it cannot be written or removed.
pub fn shred(disk: &dyn Disk, path: &Path) -> Result<(), EraseError> {
    for path in [&disk::temporary(path), path] {
        disk::shred(disk, path).map_err(failed(path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::lossy::LossyDisk;
    use crate::{Batch, FsckError, OpenError, Options, Store, Table, Threads, fsck_on};

    const DIR: &str = "/data/acme";

    fn open(disk: &LossyDisk) -> Result<Store, OpenError> {
        let options = Options {
            segment_bytes: 4 << 10,
            chunk_bytes: 4 << 10,
            threads: Threads::Inline,
            ..Options::default()
        };
        let disk = Arc::new(disk.clone());
        Store::open_on(disk, EngineKind::Memory, Path::new(DIR), options)
    }

    fn sample(seed: u64) -> LossyDisk {
        let disk = LossyDisk::new(seed);
        let store = open(&disk).unwrap();
        for number in 0..40u8 {
            let mut batch = Batch::new();
            batch.put(Table::Pair, [number], [number; 200]);
            store.commit_blocking(batch).unwrap();
            if number == 20 {
                store.checkpoint().unwrap();
            }
        }
        store.close().unwrap();
        disk
    }

    fn erase(disk: &LossyDisk) -> Result<(), EraseError> {
        let erasing = Erasing::begin(disk, Path::new(DIR))?;
        erasing.keys()?;
        erasing.rows(EngineKind::Memory)
    }

    #[test]
    fn a_power_cut_at_every_operation_leaves_a_whole_store_or_none_that_opens() {
        let whole = sample(1);
        let before = whole.operations();
        erase(&whole).unwrap();
        let operations = whole.operations();
        assert!(operations > before + 10);
        let (mut untouched, mut begun) = (0, 0);
        for cut in before + 1..=operations {
            for seed in 0..6 {
                let disk = sample(1);
                disk.cut_power_at(cut);
                assert!(erase(&disk).is_err());
                let after = disk.crash(seed);
                let context = format!("cut {cut} seed {seed}");
                if is_begun(&after, Path::new(DIR)).unwrap() {
                    begun += 1;
                    assert!(
                        matches!(open(&after), Err(OpenError::Erasing(_))),
                        "{context}"
                    );
                    assert!(
                        matches!(
                            fsck_on(&after, EngineKind::Memory, Path::new(DIR)),
                            Err(FsckError::Erasing(_))
                        ),
                        "{context}"
                    );
                    erase(&after).unwrap();
                } else {
                    untouched += 1;
                    let store = open(&after).unwrap_or_else(|error| panic!("{context}: {error}"));
                    assert_eq!(store.count(Table::Pair, b"").unwrap(), 40, "{context}");
                }
            }
        }
        assert!(untouched > 0 && begun > 0);
    }

    #[test]
    fn nothing_of_the_rows_and_keys_is_left() {
        let disk = sample(1);
        erase(&disk).unwrap();
        let left = disk.paths().into_iter();
        let left: Vec<String> = left.map(|path| path.display().to_string()).collect();
        assert!(
            left.iter()
                .all(|path| ["erasing", "lock", "vault.lock", "clean"]
                    .iter()
                    .any(|known| *path == format!("{DIR}/{known}"))),
            "{left:?}"
        );
    }

    #[test]
    fn keys_are_overwritten_wherever_a_writer_or_a_restore_left_them() {
        use std::io::Read as _;
        let folder = tempfile::tempdir().unwrap();
        let names = [
            "vault",
            "vault.tmp",
            "vault.aside",
            "digest.key",
            "digest.key.tmp",
            "key",
            "key.tmp",
        ];
        let mut held = names.map(|name| {
            let path = folder.path().join(name);
            fs::write(&path, "a key").unwrap();
            fs::File::open(path).unwrap()
        });
        let erasing = Erasing::begin(&disk::OsDisk, folder.path()).unwrap();
        erasing.keys().unwrap();
        shred(&disk::OsDisk, &folder.path().join("key")).unwrap();
        // Whoever holds them open sees what became of their bytes.
        for (name, file) in names.iter().zip(&mut held) {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            assert_eq!(bytes, [0; 5], "{name}");
            assert!(!folder.path().join(name).exists(), "{name}");
        }
    }

    #[test]
    fn a_store_that_is_open_is_not_erased() {
        let disk = LossyDisk::new(1);
        let store = open(&disk).unwrap();
        assert!(matches!(erase(&disk), Err(EraseError::Locked(_))));
        assert!(!is_begun(&disk, Path::new(DIR)).unwrap());
        store.close().unwrap();
        assert!(open(&disk).is_ok());
    }

    #[test]
    fn the_whole_directory_goes_and_the_mark_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("acme");
        let store = Store::open(&dir, Options::default()).unwrap();
        store.close().unwrap();
        fs::create_dir(dir.join("strange")).unwrap();
        fs::write(dir.join("strange/file"), "x").unwrap();
        let erasing = Erasing::begin(&disk::OsDisk, &dir).unwrap();
        assert!(!erasing.resumed());
        erasing.keys().unwrap();
        erasing.rows(EngineKind::Sled).unwrap();
        drop(erasing);
        assert!(matches!(
            Store::open(&dir, Options::default()),
            Err(OpenError::Erasing(_))
        ));
        let erasing = Erasing::begin(&disk::OsDisk, &dir).unwrap();
        assert!(erasing.resumed());
        erasing.end().unwrap();
        assert!(!dir.exists());
    }
}
