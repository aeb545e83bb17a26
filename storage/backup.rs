//! Backups: what a tenant needs to go on elsewhere, in one file, sealed.
//!
//! A backup is made from a checkpoint, which is a consistent copy of the state at one record and lies on the disk already:
//! while it is read, packed and sealed, commits and further checkpoints go on. It holds every row but the histories, the key of
//! the digests, the tenant's vault as it is, and its profile files. `file` has its layout.
//!
//! A backup is sealed under a key of the tenant's own, the backup key, which lies beside the backups in a file of its own,
//! sealed under the master key ([`KeyFile`]). So a tenant is forgotten, backups and all, when its key file is destroyed; and the
//! master key changes without a backup being written again.
//!
//! A backup appears under its name when it is whole and on the disk, never before. What a restore writes is no store before its
//! last step: until then a file says so, and nobody opens it ([`Restore`]).
//!
//! Architecture invariant: reading and writing take memory for one chunk and one file of the tenant's, whatever the backup's size.
//!
//! Architecture invariant: nothing that a backup says is used before its chunk was authenticated, and a restore is no store before
//! all of it was.

mod catalogue;
mod chunk;
mod drill;
mod error;
mod file;
mod key;
mod manifest;
mod name;
mod read;
mod restore;
mod retention;
mod write;

#[cfg(test)]
mod tests;

pub use catalogue::{Entry, State, catalogue, examine, is_partial, path};
pub use drill::{Drilled, Rehearsal};
pub use error::BackupError;
pub use file::{FOOTER, Footer, Header, read_footer};
pub use key::{BackupKeyId, Changing, KeyFile, key_path};
pub use manifest::{FileSum, Manifest, TableSum};
pub use name::BackupId;
pub use read::{is_whole, verify};
pub use restore::{Restore, Restored, is_half_restored};
pub use retention::{Kept, expired, newest};
pub use write::{Order, Written};

pub(crate) use restore::marker_path;
pub(crate) use write::{Source, write};
