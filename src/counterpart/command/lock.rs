//! One node per data directory.

use std::fs::DirBuilder;
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;

use storage::disk::{self, Access, Disk as _, OsDisk};

use crate::exit::Error;

/// The right to work on a data directory. The system takes it back when the process ends, however it ends.
///
/// Every tenant's store has a lock of its own beside this one; this one keeps a second node from starting at all and from
/// replacing the first one's `node.json`.
pub(crate) struct Lock {
    _held: Box<dyn disk::Lock>,
}

impl Lock {
    /// Makes the data directory if need be and takes its lock.
    pub(crate) fn take(data: &Path) -> Result<Lock, Error> {
        let mut builder = DirBuilder::new();
        builder
            .recursive(true)
            .mode(0o700)
            .create(data)
            .map_err(|error| {
                Error::Usage(format!(
                    "{}: cannot make the data directory: {error}",
                    data.display()
                ))
            })?;
        tell_open(data);
        Lock::of(data)?.ok_or_else(|| {
            Error::Unreachable(format!(
                "{}: another node works on this data directory; stop it first, or give this one a directory of its own by \
                 [node] data",
                data.display()
            ))
        })
    }

    /// Takes the lock of a data directory that is there; nothing when somebody works on it.
    pub(crate) fn take_if_free(data: &Path) -> Result<Option<Lock>, Error> {
        let there = data.try_exists();
        let there = there.map_err(|error| {
            Error::Unreachable(format!(
                "{}: {error}; run this command as the user that the node runs as",
                data.display()
            ))
        })?;
        if !there {
            return Err(Error::Unreachable(format!(
                "{}: there is no data directory; start the node first, or see whether [node] data names the right place and \
                 its volume is mounted",
                data.display()
            )));
        }
        Lock::of(data)
    }

    /// Takes the lock for a look at a data directory in which nothing may be made: nothing where no node ever ran.
    pub(crate) fn look(data: &Path) -> Result<Option<Lock>, Error> {
        let path = data.join("node.lock");
        match OsDisk.lock(&path, Access::Read) {
            Ok(held) => Ok(Some(Lock { _held: held })),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                Err(Error::Unreachable(super::profile::in_use(&path)))
            }
            Err(error) => Err(Error::Unreachable(format!(
                "{}: {error}; run this command as the user that the node runs as",
                path.display()
            ))),
        }
    }

    fn of(data: &Path) -> Result<Option<Lock>, Error> {
        let path = data.join("node.lock");
        match OsDisk.lock(&path, Access::Write) {
            Ok(held) => Ok(Some(Lock { _held: held })),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) => {
                let cure = match error.kind() {
                    ErrorKind::PermissionDenied => {
                        "; run this command as the user that the node runs as"
                    }
                    ErrorKind::ReadOnlyFilesystem => {
                        "; the data directory must be writable: see how its volume is mounted, or name another one by [node] data"
                    }
                    ErrorKind::StorageFull => "; free some space and start again",
                    _ => "",
                };
                Err(Error::Unreachable(format!(
                    "{}: {error}{cure}",
                    path.display()
                )))
            }
        }
    }
}

/// A directory that was there before keeps its mode: who may look into it is its owner's decision.
fn tell_open(data: &Path) {
    let mode = std::fs::metadata(data).map_or(0, |meta| meta.permissions().mode());
    if mode & 0o077 != 0 {
        model::log!(
            warn,
            "other users may look into the data directory; give it mode 0700",
            directory = data
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn the_data_directory_and_its_lock_are_for_their_user_alone() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("above").join("data");
        let _lock = Lock::take(&data).unwrap();
        assert_eq!(mode(&folder.path().join("above")), 0o700);
        assert_eq!(mode(&data), 0o700);
        assert_eq!(mode(&data.join("node.lock")), 0o600);
    }

    #[test]
    fn a_directory_that_is_not_there_is_not_free_but_missing() {
        let folder = tempfile::tempdir().unwrap();
        let absent = folder.path().join("data");
        let refused = Lock::take_if_free(&absent).err().unwrap().to_string();
        assert!(refused.contains("no data directory"), "{refused}");
        assert!(!absent.exists());
    }

    #[test]
    fn a_second_lock_is_refused_while_the_first_one_lives() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::take(folder.path()).unwrap();
        assert!(Lock::take(folder.path()).is_err());
        assert!(Lock::take_if_free(folder.path()).unwrap().is_none());
        drop(first);
        assert!(Lock::take(folder.path()).is_ok());
    }
}
