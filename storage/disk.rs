//! The little that the journal, the checkpoints and the marker files need of a file system.
//!
//! Narrow on purpose: every operation that a power cut can undo goes through here, so that [`crate::lossy`] can stand in for the
//! real thing and forget what was not synced.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};

mod os;

pub use os::OsDisk;

/// A file system as the store sees it. Paths are whole paths; parents exist unless said otherwise.
pub trait Disk: Send + Sync + fmt::Debug {
    /// Makes the directory and its missing parents, durably. One that is there already is fine.
    ///
    /// # Errors
    /// What the file system says.
    fn create_dir(&self, dir: &Path) -> io::Result<()>;

    /// The names of the files in the directory, sorted. A directory that is not there is empty.
    ///
    /// # Errors
    /// What the file system says.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;

    /// Opens an existing file, for reading alone or also for writing.
    ///
    /// # Errors
    /// `NotFound` when it is not there, otherwise what the file system says.
    fn open(&self, path: &Path, access: Access) -> io::Result<Box<dyn DiskFile>>;

    /// Makes an empty file that only its owner may read, in place of one of that name.
    ///
    /// # Errors
    /// What the file system says.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    /// Renames a file over another, at once or not at all.
    ///
    /// # Errors
    /// What the file system says.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// What the file system says.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes creations, renames and removals in the directory durable.
    ///
    /// # Errors
    /// What the file system says.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;

    /// Takes the exclusive lock on a file and holds it until the guard is dropped.
    ///
    /// # Errors
    /// `WouldBlock` when another holder has it, otherwise what the file system says.
    fn lock(&self, path: &Path, access: Access) -> io::Result<Box<dyn Lock>>;

    /// Fills the bytes with what nobody can foretell, as the operating system gives it: keys are made of it. A disk of a
    /// simulation draws it from its seed, so that the same seed gives the same store.
    ///
    /// # Errors
    /// When the operating system gives none.
    fn random(&self, bytes: &mut [u8]) -> io::Result<()> {
        let none = |_| io::Error::other("the operating system gave no random bytes");
        SystemRandom::new().fill(bytes).map_err(none)
    }
}

/// What an opened file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reading alone.
    Read,
    /// Reading and writing.
    Write,
}

/// An open file.
pub trait DiskFile: Send + Sync + fmt::Debug {
    /// Fills the buffer from the offset on; fewer bytes only at the end of the file.
    ///
    /// # Errors
    /// What the file system says.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// Writes all bytes at the offset, beyond the end if need be.
    ///
    /// # Errors
    /// What the file system says; the bytes may then be there in part.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Makes content and length durable (fdatasync).
    ///
    /// # Errors
    /// What the file system says; what was written before may then be lost even if a later call succeeds.
    fn sync_data(&self) -> io::Result<()>;

    /// The length in bytes.
    ///
    /// # Errors
    /// What the file system says.
    fn length(&self) -> io::Result<u64>;
}

/// A held lock; dropping it releases it.
pub trait Lock: Send + Sync + fmt::Debug {}

/// Whether an error says that no more files may be opened, by this process or on this machine.
#[must_use]
pub fn lacks_handles(error: &io::Error) -> bool {
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;
    matches!(error.raw_os_error(), Some(ENFILE | EMFILE))
}

/// A path's directory.
pub(crate) fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

/// The name beside `path` under which its next content is written.
#[must_use]
pub fn temporary(path: &Path) -> PathBuf {
    beside(path, ".tmp")
}

/// The name beside `path` that ends so.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Reads a whole file of at most `most` bytes; a longer one is `FileTooLarge`.
///
/// # Errors
/// What the file system says.
pub fn read_all(disk: &dyn Disk, path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = disk.open(path, Access::Read)?;
    let length = file.length()?;
    if length > most {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut bytes = vec![0; usize::try_from(length).map_err(|_| io::ErrorKind::FileTooLarge)?];
    let read = file.read_at(0, &mut bytes)?;
    bytes.truncate(read);
    Ok(bytes)
}

/// How long a short lock of another process is waited for, in tries.
const LOCK_TRIES: u32 = 250;
/// How long it is waited between two tries.
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// Takes a lock that nobody holds for long, and waits its turn for some seconds.
///
/// # Errors
/// [`io::ErrorKind::WouldBlock`] when it is still held then; what the file system says.
pub fn lock_in_turn(disk: &dyn Disk, path: &Path, access: Access) -> io::Result<Box<dyn Lock>> {
    for _ in 0..LOCK_TRIES {
        match disk.lock(path, access) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                std::thread::sleep(LOCK_PAUSE);
            }
            locked => return locked,
        }
    }
    Err(io::ErrorKind::WouldBlock.into())
}

/// Puts a small file in place durably: old content or new content, nothing between.
///
/// # Errors
/// What the file system says.
pub fn replace(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = temporary(path);
    let file = disk.create(&temporary)?;
    file.write_at(0, bytes)?;
    file.sync_data()?;
    disk.rename(&temporary, path)?;
    disk.sync_dir(parent(path))
}

/// Removes a file durably, after its bytes were overwritten; one that is not there is fine. Where the file system or the disk
/// keeps former blocks, this does not reach them.
pub(crate) fn shred(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    const PIECE: usize = 64 << 10;
    let file = match disk.open(path, Access::Write) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let length = file.length()?;
    let zeros = [0; PIECE];
    let mut at = 0;
    while at < length {
        let left = usize::try_from(length - at).unwrap_or(PIECE).min(PIECE);
        file.write_at(at, zeros.get(..left).unwrap_or(&zeros))?;
        at += left as u64;
    }
    file.sync_data()?;
    discard(disk, path)
}

/// Removes a file durably; one that is not there is fine.
///
/// # Errors
/// What the file system says.
pub fn discard(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    match disk.remove(path) {
        Ok(()) => disk.sync_dir(parent(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}
