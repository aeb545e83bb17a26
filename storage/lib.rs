//! Per tenant: the journal that is the truth, the state that is read, the checkpoints that bound both.
//!
//! A store is one directory. `journal/` is an append-only log in segments; a commit is one record in it, and is acknowledged
//! when the record has been synced to the disk. Commits that wait at the same time share one write and one sync. `checkpoint/`
//! holds the whole state at one record, in a file that is never changed, so that the journal before it can go. `state/` is an
//! embedded sled database with the rows that changed since; it follows the journal and says with every application how far it
//! has come. Whoever reads looks there first and then in the checkpoint. `lock` is held by the one process that has the store open, `digest.key` is the key of the base digests unless the vault holds it, `clean` is there after an orderly close, and
//! `rebuild` asks the next open to make the state anew. Where `erasing` lies nothing opens any more ([`erase`]).
//!
//! Architecture invariant: nothing but journal and checkpoint is ever believed. sled does not sync what it says it synced,
//! and after a power cut may open empty without an error; so its directory may be deleted at any time, and an open checks every
//! row of it against a running sum, and makes it anew from the journal when in doubt. What an open cannot repair without losing an acknowledged
//! commit, it refuses, naming file and offset; [`fsck()`] lists all of it on a closed store without changing anything.
//!
//! Architecture invariant: a failed write or sync is never tried again on the same file. The kernel may have thrown the
//! pages away and report success the next time. The store takes no more commits until it has been opened again.
//!
//! Architecture invariant: no content of an item comes in here. Rows are identities, revisions and keyed digests.
//!
//! Beside the store lies the tenant's [`vault`]: its credentials, sealed, and the digest key where there is a master key. The
//! master keys are the opener's, who lends them by [`Sealing`].
//! A [`backup`] holds both, sealed once more, for another place.
//!
//! Beside the tenants' directories lies the [`audit`] log of the whole data directory.
//!
//! Start reading at [`Store`] (`store.rs`), then `store/core.rs` for the way of a commit, `state.rs` for that of a reader,
//! `store/open.rs` for recovery, and `journal/recover.rs` for what a torn tail is. File systems are behind [`disk::Disk`], engines behind the trait in `engine.rs`.

pub mod audit;
pub mod backup;
mod batch;
mod bytes;
mod checkpoint;
mod digest;
mod digest_key;
pub mod disk;
mod engine;
pub mod envelope;
pub mod erase;
mod fsck;
mod journal;
pub mod limit;
pub mod lossy;
mod lsn;
mod marker;
pub mod overlay;
mod rows;
mod state;
mod store;
mod table;
pub mod vault;
mod view;

pub use batch::{Batch, BatchError};
pub use checkpoint::{CheckpointError, DamagedCheckpoint};
pub use digest_key::{
    DigestKey, KeyError, Masters, NoMasterKey, SEALED_NAME, Sealing, place as place_digest_key,
};
pub use engine::{EngineError, EngineKind};
pub use envelope::{DecodeError, EncodeError, Record, decode, encode, peek};
pub use fsck::{Finding, FsckError, Judge, Report, Severity, fsck, fsck_on, fsck_with};
pub use journal::JournalError;
pub use journal::recover::TornTail;
pub use lsn::Lsn;
pub use store::{
    CloseError, CommitError, Identity, OpenError, Options, ReadError, Rebuilt, Recovery, Status,
    Store, Threads,
};
pub use table::Table;
