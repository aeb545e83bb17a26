//! The store of one tenant: the handle that everything else uses.

use std::ops::Bound;
use std::path::Path;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

use model::Millis;
use model::log::Told;
use model::metric::Histogram;
use tokio::sync::oneshot;

use crate::backup::{self, BackupError};
use crate::batch::{Batch, RowKey};
use crate::checkpoint::CheckpointError;
use crate::digest_key::DigestKey;
use crate::disk::{Disk, OsDisk};
use crate::engine::EngineKind;
use crate::limit;
use crate::lsn::Lsn;
use crate::table::Table;

mod core;
mod error;
mod identity;
pub(crate) mod open;
mod options;

#[cfg(test)]
mod tests;

use self::core::{Core, Pending};
pub use error::{CloseError, CommitError, OpenError, ReadError};
pub use identity::Identity;
pub use open::{Rebuilt, Recovery};
pub use options::{Options, Threads};

/// A tenant's store. Clones are cheap and are the same store.
///
/// Call [`Store::close`] at the end. A store whose last handle is dropped instead stops as if killed: nothing acknowledged is lost.
#[derive(Clone)]
pub struct Store {
    running: Arc<Running>,
}

/// The core and its threads, stopped when the last handle goes.
struct Running {
    core: Arc<Core>,
    threads: Mutex<Option<[JoinHandle<()>; 2]>>,
}

/// A store's figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The last durable record.
    pub lsn: Lsn,
    /// The last record whose changes are in the state engine.
    pub applied: Lsn,
    /// The last checkpoint's record; zero before the first.
    pub checkpoint: Lsn,
    /// How many segments the journal has.
    pub segments: usize,
    /// What the journal takes on disk, in bytes.
    pub bytes: u64,
    /// How many bytes of records were written since the last checkpoint.
    pub since_checkpoint: u64,
    /// Records that became durable since the store was opened.
    pub records: u64,
    /// How long groups of records took to become durable, since the store was opened.
    pub syncs: Histogram,
    /// Time since the last checkpoint, or since the store was opened.
    pub unsettled: Duration,
    /// Rows, the store's own among them, at most: one that changed since the last checkpoint counts twice.
    pub rows: u64,
    /// Keys and values, in bytes, counted likewise.
    pub live_bytes: u64,
    /// What the checkpoint takes on disk, in bytes.
    pub checkpoint_bytes: u64,
    /// What the engine with the changes since takes on disk, in bytes.
    pub state_bytes: u64,
    /// What waiting commits may still take before further ones wait, in bytes.
    pub free_budget: usize,
    /// Why the store takes no more commits, if it does not.
    pub failure: Option<Told>,
    /// What the open found and mended.
    pub recovery: Recovery,
}

impl Store {
    /// Opens the store in a directory, which is made if need be: takes its exclusive lock, recovers, raises the incarnation durably.
    ///
    /// # Errors
    /// When the lock is held, the directory cannot be written, or the truth in it is damaged. See [`OpenError`].
    pub fn open(dir: &Path, options: Options) -> Result<Store, OpenError> {
        Store::open_on(Arc::new(OsDisk), EngineKind::Sled, dir, options)
    }

    /// Opens a store on another disk and engine: for simulations. sled always uses the real file system.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_on(
        disk: Arc<dyn Disk>,
        engine: EngineKind,
        dir: &Path,
        options: Options,
    ) -> Result<Store, OpenError> {
        Store::open_known(disk, engine, dir, options, None)
    }

    /// Opens a store again that was open before. Where it has gone no new one is made, and one that lies there in its place is
    /// not taken for it.
    ///
    /// # Errors
    /// As [`Store::open`]; [`OpenError::Gone`] and [`OpenError::Exchanged`] as well.
    pub fn reopen_on(
        disk: Arc<dyn Disk>,
        engine: EngineKind,
        dir: &Path,
        options: Options,
        known: Identity,
    ) -> Result<Store, OpenError> {
        Store::open_known(disk, engine, dir, options, Some(known))
    }

    fn open_known(
        disk: Arc<dyn Disk>,
        engine: EngineKind,
        dir: &Path,
        options: Options,
        known: Option<Identity>,
    ) -> Result<Store, OpenError> {
        let options = options.in_range();
        let parts = open::open(disk.clone(), engine, dir, &options, known)?;
        let core = Arc::new(Core::new(disk, engine, dir.into(), options, parts));
        let running = Arc::new(Running {
            core: core.clone(),
            threads: Mutex::new(None),
        });
        if core.options.threads == Threads::Background {
            let threads = start(&core).map_err(OpenError::Thread)?;
            *running
                .threads
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = Some(threads);
        }
        Ok(Store { running })
    }

    fn core(&self) -> &Core {
        &self.running.core
    }

    /// How often the store has been opened, this time included. Rises durably before [`Store::open`] returns.
    pub fn incarnation(&self) -> u64 {
        self.core().incarnation
    }

    /// Random bytes that tell this store from every other, made at its first open and kept in the journal.
    pub fn installation(&self) -> [u8; 16] {
        self.core().installation
    }

    /// When a backup was last restored into it; nothing when none was.
    pub fn restored(&self) -> Option<Millis> {
        self.core().restored
    }

    /// Which store it is, for [`Store::reopen_on`].
    pub fn identity(&self) -> Identity {
        Identity {
            installation: self.installation(),
            incarnation: self.incarnation(),
        }
    }

    /// The key under which base digests are computed.
    pub fn digest_key(&self) -> DigestKey {
        self.core().key.clone()
    }

    /// A row's value, as of all acknowledged commits.
    ///
    /// # Errors
    /// When the state engine fails or the store is closed.
    pub fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
        self.core()
            .read(|view| view.get(&RowKey::new(table.number(), key)))
    }

    /// Rows whose keys begin with `prefix` and lie behind `after`, in order of their keys: one moment's, whole batches only.
    ///
    /// At most `limit` rows and never more than [`limit::SCAN_ROWS`]: go on with the last key as `after`.
    ///
    /// # Errors
    /// When the state engine fails or the store is closed.
    #[expect(clippy::type_complexity, reason = "rows are pairs of key and value")]
    pub fn scan(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<(Vec<u8>, Vec<u8>)>, ReadError> {
        let within = RowKey::new(table.number(), prefix);
        let start = match after {
            Some(after) if after >= prefix => Bound::Excluded(RowKey::new(table.number(), after)),
            _ => Bound::Included(within.clone()),
        };
        let rows = self.core().read(|view| view.scan(&start, &within, limit))?;
        Ok(rows
            .into_iter()
            .map(|(row, value)| (row.key, value))
            .collect())
    }

    /// How many rows of a table have keys that begin with `prefix`. Walks them, page by page; commits meanwhile may or may not count.
    ///
    /// # Errors
    /// When the state engine fails or the store is closed.
    pub fn count(&self, table: Table, prefix: &[u8]) -> Result<u64, ReadError> {
        let mut count = 0;
        let mut after: Option<Vec<u8>> = None;
        loop {
            let rows = self.scan(table, prefix, after.as_deref(), limit::PAGE_ROWS)?;
            count += rows.len() as u64;
            match rows.into_iter().next_back() {
                Some((key, _)) => after = Some(key),
                None => return Ok(count),
            }
        }
    }

    /// Makes the batch durable and visible, then gives its LSN. Works on any runtime and waits while too much is pending.
    ///
    /// A future that is dropped after it was polled may still commit. An empty batch writes nothing and gives the last LSN.
    ///
    /// # Errors
    /// When the batch is beyond a bound, the store is closed, or writing failed, now or earlier. See [`CommitError`].
    pub async fn commit(&self, batch: Batch) -> Result<Lsn, CommitError> {
        let core = self.core();
        if batch.is_empty() {
            return core.failure().map_or(Ok(core.durable()), |reason| {
                Err(CommitError::Poisoned(reason))
            });
        }
        let payload = batch.encode()?;
        let charge = payload.len() + limit::COMMIT_OVERHEAD + batch.len() * limit::OP_OVERHEAD;
        let permits = u32::try_from(charge).unwrap_or(u32::MAX);
        let permit = core
            .budget
            .acquire_many(permits)
            .await
            .map_err(|_| core.stopped())?;
        let (reply, answer) = oneshot::channel();
        core.enqueue(Pending {
            payload,
            ops: batch.into_ops(),
            charge,
            reply,
        })?;
        // The charge is given back when the batch has been applied to the engine.
        permit.forget();
        if core.options.threads == Threads::Inline {
            while core.write_next() {}
            core.apply_pending();
        }
        let acknowledged = answer.await.unwrap_or_else(|_| Err(core.stopped()))?;
        model::log!(trace, "acknowledged", lsn = acknowledged.get());
        Ok(acknowledged)
    }

    /// [`Store::commit`] for callers without a runtime. Blocks its thread.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn commit_blocking(&self, batch: Batch) -> Result<Lsn, CommitError> {
        // Within a task that has used up its turn, the runtime would have this wait for the task's next one, which never comes
        // while the task waits here.
        block_on(tokio::task::unconstrained(self.commit(batch)))
    }

    /// Writes the whole state as a checkpoint and removes the journal before it. Commits go on meanwhile. Blocks its thread.
    ///
    /// # Errors
    /// When the checkpoint cannot be written; the journal is then kept.
    pub fn checkpoint(&self) -> Result<Lsn, CheckpointError> {
        self.core().checkpoint()
    }

    /// Makes a backup of the whole store as of all acknowledged commits. Commits go on meanwhile. Blocks its thread.
    ///
    /// # Errors
    /// When it cannot be made; what was there before stays as it was. See [`BackupError`].
    pub fn backup(&self, order: &backup::Order<'_>) -> Result<backup::Written, BackupError> {
        let core = self.core();
        let base = core.checkpoint_held()?;
        let source = backup::Source {
            dir: &core.dir,
            base: &base,
            key: &core.key,
            incarnation: core.incarnation,
            installation: core.installation,
        };
        let written = backup::write(core.disk(), source, order);
        if let Err(BackupError::Copy(error)) = &written {
            core.note_damage(&base, error);
        }
        written
    }

    /// The store's figures.
    pub fn status(&self) -> Status {
        let core = self.core();
        let tally = core.tally();
        let (records, syncs) = core.written();
        let (checkpoint_bytes, state_bytes) = core.sizes();
        Status {
            lsn: core.durable(),
            applied: core.applied(),
            checkpoint: core.checkpoint_lsn(),
            segments: core.segments().len(),
            bytes: core.journal_bytes(),
            since_checkpoint: core.grown(),
            records,
            syncs,
            unsettled: core.unsettled(),
            rows: tally.rows,
            live_bytes: tally.bytes,
            checkpoint_bytes,
            state_bytes,
            free_budget: core.budget.available_permits(),
            failure: core.failure(),
            recovery: core.recovery.clone(),
        }
    }

    /// Why the store takes no more commits, if it does not. Costs nothing, unlike [`Store::status`].
    pub fn failure(&self) -> Option<Told> {
        self.core().failure()
    }

    /// Writes what waits, brings the state up to date, flushes it, notes the orderly end, and releases the lock. Blocks its thread.
    ///
    /// Other handles on the store find it closed.
    ///
    /// # Errors
    /// When the end was not orderly; the lock is released nevertheless and nothing acknowledged is lost.
    pub fn close(self) -> Result<(), CloseError> {
        self.running.join();
        self.core().finish()
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("dir", &self.core().dir)
            .finish_non_exhaustive()
    }
}

impl Running {
    /// Ends the threads, after they have done what waits.
    fn join(&self) {
        let threads = self
            .threads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        self.core.stop_queue();
        let Some([writer, applier]) = threads else {
            return;
        };
        // A thread that panicked has nothing left to do; what it left undone the next open finds in the journal.
        writer.join().ok();
        self.core.stop_applier();
        applier.join().ok();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.join();
        self.core.release();
    }
}

fn start(core: &Arc<Core>) -> std::io::Result<[JoinHandle<()>; 2]> {
    let (for_writer, for_applier) = (core.clone(), core.clone());
    let writer = thread::Builder::new().name("storage-journal".into());
    let writer = writer.spawn(move || for_writer.run_writer())?;
    let applier = thread::Builder::new().name("storage-apply".into());
    let applier = applier.spawn(move || for_applier.run_applier());
    applier.map(|applier| [writer, applier])
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Drives a future on this thread, with or without a runtime around it.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}
