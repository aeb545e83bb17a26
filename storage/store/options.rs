//! How a store is to be run.

use crate::digest_key::Sealing;
use crate::limit;

/// Sizes and threads of a store. Values out of range are drawn into it at open.
#[derive(Clone, Debug)]
pub struct Options {
    /// A segment is closed when it would grow beyond this many bytes. Default 16 MiB.
    pub segment_bytes: u64,
    /// Segments are filled with zeros ahead in chunks of this many bytes. Default 1 MiB.
    pub chunk_bytes: u64,
    /// A checkpoint is made when the journal has grown by this many bytes since the last one. Default 64 MiB.
    pub checkpoint_bytes: u64,
    /// What the state engine may cache, in bytes. Default 64 MiB.
    pub cache_bytes: u64,
    /// What all commits that are not yet applied to the state may take, in bytes; further commits wait. Default 64 MiB.
    pub pending_bytes: usize,
    /// Whether the store has threads of its own.
    pub threads: Threads,
    /// How the digest key is sealed. Without it the key is in a file, and one that was sealed is not to be had. Default none.
    pub sealing: Option<Sealing>,
}

/// Where the store's work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threads {
    /// One thread writes the journal, one applies to the state and makes checkpoints.
    Background,
    /// All work is done within the call that causes it: for simulations, where the same calls make the same I/O.
    Inline,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            segment_bytes: 16 << 20,
            chunk_bytes: 1 << 20,
            checkpoint_bytes: 64 << 20,
            cache_bytes: 64 << 20,
            pending_bytes: 64 << 20,
            threads: Threads::Background,
            sealing: None,
        }
    }
}

impl Options {
    pub(crate) fn in_range(self) -> Options {
        let overhead = limit::COMMIT_OVERHEAD + limit::BATCH_OPS * limit::OP_OVERHEAD;
        let least_pending = 2 * (limit::RECORD_BYTES + overhead);
        Options {
            segment_bytes: self.segment_bytes.clamp(4 << 10, 128 << 20),
            chunk_bytes: self.chunk_bytes.clamp(4 << 10, 16 << 20),
            checkpoint_bytes: self.checkpoint_bytes.max(4 << 10),
            cache_bytes: self.cache_bytes.clamp(1 << 20, 4 << 30),
            pending_bytes: self.pending_bytes.clamp(least_pending, 1 << 30),
            threads: self.threads,
            sealing: self.sealing,
        }
    }
}
