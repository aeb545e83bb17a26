//! The running store: the queue of commits, the journal's writer, the applier.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use model::Millis;
use model::log::Told;
use model::metric::Histogram;
use tokio::sync::{Semaphore, oneshot};

use super::open::{Recovery, engine_dir, state_dir};
use super::{CloseError, CommitError, Options, ReadError};
use crate::batch::Op;
use crate::checkpoint::{self, Base, CheckpointError, DamagedCheckpoint};
use crate::digest::Tally;
use crate::digest_key::DigestKey;
use crate::disk::{self, Disk, Lock};
use crate::engine::{EngineKind, Stamp};
use crate::journal::Segment;
use crate::journal::recover::split_stale;
use crate::journal::writer::{AppendError, Appended, Writer};
use crate::limit;
use crate::lsn::Lsn;
use crate::marker;
use crate::state::{State, StateError};
use crate::view::{View, ViewError};

/// What an open hands over.
pub(crate) struct Parts {
    pub(crate) lock: Box<dyn Lock>,
    pub(crate) key: DigestKey,
    pub(crate) state: State,
    pub(crate) writer: Writer,
    pub(crate) segments: Vec<Segment>,
    pub(crate) journal_bytes: u64,
    pub(crate) recovery: Recovery,
    pub(crate) stamp: Stamp,
    pub(crate) incarnation: u64,
    pub(crate) installation: [u8; 16],
    pub(crate) restored: Option<Millis>,
}

/// A commit that waits for the journal.
pub(crate) struct Pending {
    pub(crate) payload: Vec<u8>,
    pub(crate) ops: Vec<Op>,
    pub(crate) charge: usize,
    pub(crate) reply: oneshot::Sender<Result<Lsn, CommitError>>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Pending>,
    closed: bool,
}

#[derive(Default)]
struct Signal {
    work: bool,
    stop: bool,
}

/// The state as its one writer sees it.
struct Applier {
    state: Option<State>,
    stamp: Stamp,
}

/// Shared by the handles and the threads. Locks are taken in the order journal, applier, view; the others are leaves.
pub(crate) struct Core {
    disk: Arc<dyn Disk>,
    kind: EngineKind,
    pub(crate) dir: PathBuf,
    pub(crate) options: Options,
    pub(crate) key: DigestKey,
    pub(crate) incarnation: u64,
    pub(crate) installation: [u8; 16],
    pub(crate) restored: Option<Millis>,
    pub(crate) recovery: Recovery,
    pub(crate) budget: Semaphore,
    queue: Mutex<Queue>,
    queue_signal: Condvar,
    journal: Mutex<Writer>,
    segments: Mutex<Vec<Segment>>,
    view: RwLock<View>,
    applier: Mutex<Applier>,
    signal: Mutex<Signal>,
    apply_signal: Condvar,
    durable: AtomicU64,
    applied: AtomicU64,
    /// What the state holds at most, for those who must not wait for a checkpoint.
    tally: Mutex<Tally>,
    checkpoint: AtomicU64,
    /// Bytes of records since the last checkpoint.
    grown: AtomicU64,
    /// Records that became durable, and how long that took.
    written: Mutex<(u64, Histogram)>,
    /// When the last checkpoint was made, or the store was opened.
    settled: Mutex<Instant>,
    failure: OnceLock<Told>,
    lock: Mutex<Option<Box<dyn Lock>>>,
}

fn closed() -> CheckpointError {
    CheckpointError::Stopped("it is closed".into())
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Core {
    pub(crate) fn new(
        disk: Arc<dyn Disk>,
        kind: EngineKind,
        dir: PathBuf,
        options: Options,
        parts: Parts,
    ) -> Core {
        let end = parts.stamp.applied.0;
        let checkpoint = parts.state.base.stamp().applied;
        let tally = parts.state.at_most(&parts.stamp);
        Core {
            disk,
            kind,
            dir,
            budget: Semaphore::new(options.pending_bytes),
            options,
            key: parts.key,
            incarnation: parts.incarnation,
            installation: parts.installation,
            restored: parts.restored,
            recovery: parts.recovery,
            queue: Mutex::default(),
            queue_signal: Condvar::new(),
            journal: Mutex::new(parts.writer),
            segments: Mutex::new(parts.segments),
            view: RwLock::new(View::new(parts.state.clone())),
            applier: Mutex::new(Applier {
                state: Some(parts.state),
                stamp: parts.stamp,
            }),
            signal: Mutex::default(),
            apply_signal: Condvar::new(),
            durable: AtomicU64::new(end),
            applied: AtomicU64::new(end),
            tally: Mutex::new(tally),
            checkpoint: AtomicU64::new(checkpoint.0),
            grown: AtomicU64::new(parts.journal_bytes),
            written: Mutex::default(),
            settled: Mutex::new(Instant::now()),
            failure: OnceLock::new(),
            lock: Mutex::new(Some(parts.lock)),
        }
    }

    pub(crate) fn durable(&self) -> Lsn {
        Lsn(self.durable.load(Ordering::Acquire))
    }

    pub(crate) fn applied(&self) -> Lsn {
        Lsn(self.applied.load(Ordering::Acquire))
    }

    pub(crate) fn checkpoint_lsn(&self) -> Lsn {
        Lsn(self.checkpoint.load(Ordering::Acquire))
    }

    pub(crate) fn grown(&self) -> u64 {
        self.grown.load(Ordering::Acquire)
    }

    pub(crate) fn failure(&self) -> Option<Told> {
        self.failure.get().cloned()
    }

    pub(crate) fn segments(&self) -> Vec<Segment> {
        held(&self.segments).clone()
    }

    pub(crate) fn disk(&self) -> &dyn Disk {
        &*self.disk
    }

    /// Why no more commits are taken.
    pub(crate) fn stopped(&self) -> CommitError {
        self.failure()
            .map_or(CommitError::Closed, CommitError::Poisoned)
    }

    /// Queues a commit whose charge has been taken from the budget.
    pub(crate) fn enqueue(&self, pending: Pending) -> Result<(), CommitError> {
        let mut queue = held(&self.queue);
        if queue.closed || self.failure.get().is_some() {
            return Err(self.stopped());
        }
        queue.waiting.push_back(pending);
        drop(queue);
        self.queue_signal.notify_one();
        Ok(())
    }

    /// The writer thread's life.
    pub(crate) fn run_writer(&self) {
        while self.wait_for_commits() {
            self.write_next();
        }
    }

    /// Waits until there is something to write; false when the queue is closed and empty.
    fn wait_for_commits(&self) -> bool {
        let idle = |queue: &mut Queue| queue.waiting.is_empty() && !queue.closed;
        let queue = self.queue_signal.wait_while(held(&self.queue), idle);
        !queue
            .unwrap_or_else(PoisonError::into_inner)
            .waiting
            .is_empty()
    }

    fn next_group(&self) -> Vec<Pending> {
        let mut queue = held(&self.queue);
        let mut bytes = 0;
        let mut count = 0;
        for pending in &queue.waiting {
            bytes += pending.payload.len();
            let fits = count == 0 || (bytes <= limit::GROUP_BYTES && count < limit::GROUP_RECORDS);
            if !fits {
                break;
            }
            count += 1;
        }
        queue.waiting.drain(..count).collect()
    }

    /// Writes what waits as one group; false when nothing waits.
    pub(crate) fn write_next(&self) -> bool {
        let mut journal = held(&self.journal);
        let group = self.next_group();
        if group.is_empty() {
            return false;
        }
        if let Some(reason) = self.failure() {
            self.refuse(group, &CommitError::Poisoned(reason));
            return true;
        }
        let begun = Instant::now();
        match journal.append(group.iter().map(|pending| pending.payload.as_slice())) {
            Ok(appended) => {
                self.note_written(group.len(), begun.elapsed());
                self.publish(group, appended);
            }
            Err(error) => self.fail(group, error),
        }
        true
    }

    /// Figures for those who watch the store; nothing is decided by them.
    fn note_written(&self, records: usize, took: Duration) {
        let mut written = held(&self.written);
        written.0 = written.0.saturating_add(records as u64);
        written
            .1
            .add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Records that became durable since the store was opened, and how long each group of them took.
    pub(crate) fn written(&self) -> (u64, Histogram) {
        held(&self.written).clone()
    }

    /// Time since the last checkpoint, or since the store was opened.
    pub(crate) fn unsettled(&self) -> Duration {
        held(&self.settled).elapsed()
    }

    /// Makes a durable group visible, then acknowledges it.
    fn publish(&self, group: Vec<Pending>, appended: Appended) {
        held(&self.segments).extend(appended.begun);
        self.grown.fetch_add(appended.bytes, Ordering::AcqRel);
        let mut lsn = appended.first;
        let mut replies = Vec::with_capacity(group.len());
        let mut view = self.view.write().unwrap_or_else(PoisonError::into_inner);
        for pending in group {
            view.publish(lsn, pending.ops, pending.charge);
            replies.push((pending.reply, lsn));
            self.durable.store(lsn.0, Ordering::Release);
            lsn = lsn.next();
        }
        drop(view);
        for (reply, lsn) in replies {
            // A caller that went away does not want to know.
            reply.send(Ok(lsn)).ok();
        }
        self.wake_applier(|signal| signal.work = true);
    }

    fn fail(&self, group: Vec<Pending>, error: AppendError) {
        self.poison(model::told!("{}", error));
        let AppendError { path, source } = error;
        let error = match checkpoint::is_full(&source) {
            true => CommitError::Full(path),
            false => CommitError::Io {
                path,
                source: Arc::new(source),
            },
        };
        self.refuse(group, &error);
    }

    fn refuse(&self, group: Vec<Pending>, error: &CommitError) {
        for pending in group {
            pending.reply.send(Err(error.clone())).ok();
        }
    }

    /// From here on every commit fails.
    fn poison(&self, reason: Told) {
        if self.failure.set(reason.clone()).is_ok() {
            model::log!(
                error,
                "the store takes no more commits until it is opened again",
                dir = self.dir,
                reason = reason
            );
        }
        self.budget.close();
        self.queue_signal.notify_all();
    }

    fn wake_applier(&self, change: impl FnOnce(&mut Signal)) {
        change(&mut held(&self.signal));
        self.apply_signal.notify_one();
    }

    /// The applier thread's life.
    pub(crate) fn run_applier(&self) {
        loop {
            let idle = |signal: &mut Signal| !signal.work && !signal.stop;
            let signal = self.apply_signal.wait_while(held(&self.signal), idle);
            let mut signal = signal.unwrap_or_else(PoisonError::into_inner);
            let stop = signal.stop;
            signal.work = false;
            drop(signal);
            // A thread that ends unseen would leave commits waiting for ever.
            if catch_unwind(AssertUnwindSafe(|| self.apply_pending())).is_err() {
                self.want_rebuild();
                self.poison(model::told!("the state's thread panicked"));
            }
            if stop {
                return;
            }
        }
    }

    /// Applies what is durable and makes a checkpoint when one is due.
    pub(crate) fn apply_pending(&self) {
        let mut applier = held(&self.applier);
        if self.apply_until(&mut applier, Lsn(u64::MAX)).is_err() {
            return;
        }
        if self.grown() >= self.options.checkpoint_bytes
            && let Err(error) = self.checkpoint_with(&mut applier)
        {
            model::log!(
                warn,
                "no checkpoint was made; the journal is kept",
                dir = self.dir,
                error = error
            );
        }
    }

    /// Applies layers until the engine has reached `lsn` or nothing is left.
    fn apply_until(&self, applier: &mut Applier, lsn: Lsn) -> Result<(), StateError> {
        while self.applied() < lsn {
            let Some(state) = &applier.state else {
                return Ok(());
            };
            let layer = self
                .view
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .oldest();
            let Some(layer) = layer else { return Ok(()) };
            if let Err(error) = state.apply(&mut applier.stamp, &layer.rows, layer.last) {
                self.give_up(&error);
                return Err(error);
            }
            self.view
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .drop_oldest();
            *held(&self.tally) = state.at_most(&applier.stamp);
            self.applied.store(layer.last.0, Ordering::Release);
            self.budget.add_permits(layer.charge);
        }
        Ok(())
    }

    /// The state failed while the store runs. Nothing acknowledged is lost; where the engine failed, it must be made anew.
    fn give_up(&self, error: &StateError) {
        if let StateError::Engine(_) = error {
            self.want_rebuild();
        }
        self.poison(model::told!("{}", error));
    }

    fn want_rebuild(&self) {
        if let Err(error) = marker::want_rebuild(self.disk(), &self.dir) {
            model::log!(
                warn,
                "the state could not be marked to be rebuilt",
                dir = self.dir,
                error = error
            );
        }
    }

    pub(crate) fn checkpoint(&self) -> Result<Lsn, CheckpointError> {
        self.checkpoint_with(&mut held(&self.applier))
    }

    /// Makes a checkpoint and gives it. It can be read for as long as somebody holds it, though the next one takes its place.
    pub(crate) fn checkpoint_held(&self) -> Result<Arc<Base>, CheckpointError> {
        let mut applier = held(&self.applier);
        self.checkpoint_with(&mut applier)?;
        let state = applier.state.as_ref();
        state.map(|state| state.base.clone()).ok_or_else(closed)
    }

    /// Commits go on meanwhile, into the overlay; the state stands still.
    fn checkpoint_with(&self, applier: &mut Applier) -> Result<Lsn, CheckpointError> {
        if let Some(reason) = self.failure() {
            return Err(CheckpointError::Stopped(reason.to_string()));
        }
        self.grown.store(0, Ordering::Release);
        self.apply_until(applier, self.durable())
            .map_err(|error| match error {
                StateError::Engine(error) => CheckpointError::Engine(error),
                StateError::Base(error) => CheckpointError::Base(error),
            })?;
        let state = applier.state.as_ref().ok_or_else(closed)?;
        let stamp = applier.stamp;
        if stamp.applied == self.checkpoint_lsn() {
            return Ok(stamp.applied);
        }
        let next = self.next_state(state, &stamp)?;
        let former = state.base.stamp().applied;
        *held(&self.tally) = next.base.stamp().tally;
        self.view
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .put_below(next.clone());
        let replaced = applier.state.replace(next);
        applier.stamp.tally = Tally::default();
        self.checkpoint.store(stamp.applied.0, Ordering::Release);
        *held(&self.settled) = Instant::now();
        drop(replaced);
        self.remove_superfluous(former, stamp.applied);
        Ok(stamp.applied)
    }

    /// The checkpoint of the stamp's record, with nothing changed since.
    fn next_state(&self, state: &State, stamp: &Stamp) -> Result<State, CheckpointError> {
        let dir = engine_dir(&self.dir, stamp.applied);
        // Before the checkpoint is there: without it the store could not go on behind it.
        let begun = self
            .kind
            .begin(&dir, stamp.applied, self.options.cache_bytes);
        let changes = begun.map_err(|error| {
            self.remove_engine(&dir);
            CheckpointError::Begin(error)
        })?;
        let made = checkpoint::merge(self.disk(), &self.dir, &state.base, &*state.changes, stamp);
        match made {
            Ok(base) => Ok(State {
                base: Arc::new(base),
                changes: Arc::from(changes),
            }),
            Err(error) => {
                drop(changes);
                self.note_unmade(&error);
                self.remove_engine(&dir);
                Err(error)
            }
        }
    }

    /// A checkpoint was found to be damaged. Where the state still stands on it, what is read from it from now on fails.
    pub(crate) fn note_damage(&self, base: &Arc<Base>, error: &DamagedCheckpoint) {
        let view = self.view.read().unwrap_or_else(PoisonError::into_inner);
        let is_present = view
            .state()
            .is_some_and(|state| Arc::ptr_eq(&state.base, base));
        drop(view);
        if is_present {
            self.poison(model::told!("{}", error));
        }
    }

    /// Stops the store where what is read from it from now on may be wrong, for decisions would follow from it.
    fn note_unmade(&self, error: &CheckpointError) {
        match error {
            CheckpointError::State(_) | CheckpointError::Engine(_) => self.want_rebuild(),
            CheckpointError::Base(_) => {}
            CheckpointError::Full(_)
            | CheckpointError::Io { .. }
            | CheckpointError::Begin(_)
            | CheckpointError::Stopped(_) => return,
        }
        self.poison(model::told!("{}", error));
    }

    fn remove_engine(&self, dir: &Path) {
        tell_if_left(dir, self.kind.wipe(dir));
    }

    /// Removes what the checkpoint replaces.
    fn remove_superfluous(&self, former: Lsn, lsn: Lsn) {
        self.remove_engine(&engine_dir(&self.dir, former));
        let mut segments = held(&self.segments);
        let (stale, live) = split_stale(std::mem::take(&mut *segments), lsn);
        *segments = live;
        drop(segments);
        let older = checkpoint::list(self.disk(), &self.dir).unwrap_or_default();
        let older = older.into_iter().filter(|older| *older < lsn);
        let stale = stale.into_iter().map(|segment| segment.path);
        for path in stale.chain(older.map(|older| checkpoint::path(&self.dir, older))) {
            tell_if_left(&path, disk::discard(self.disk(), &path));
        }
    }

    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&View) -> Result<T, ViewError>,
    ) -> Result<T, ReadError> {
        let outcome = read(&self.view.read().unwrap_or_else(PoisonError::into_inner));
        outcome.map_err(|error| match error {
            ViewError::Closed => ReadError::Closed,
            ViewError::State(error) => {
                self.give_up(&error);
                match error {
                    StateError::Engine(error) => ReadError::Engine(error),
                    StateError::Base(error) => ReadError::Checkpoint(Arc::new(error)),
                }
            }
        })
    }

    /// What checkpoint and engine take on disk, in bytes.
    pub(crate) fn sizes(&self) -> (u64, u64) {
        // Held meanwhile, so that nobody has the engine when a checkpoint lets go of it.
        let view = self.view.read().unwrap_or_else(PoisonError::into_inner);
        view.state().map_or((0, 0), |state| {
            (state.base.size(), state.changes.size().unwrap_or(0))
        })
    }

    pub(crate) fn tally(&self) -> Tally {
        *held(&self.tally)
    }

    /// Takes no more commits; those that wait are still written.
    pub(crate) fn stop_queue(&self) {
        held(&self.queue).closed = true;
        self.budget.close();
        self.queue_signal.notify_all();
    }

    pub(crate) fn stop_applier(&self) {
        self.wake_applier(|signal| signal.stop = true);
    }

    /// Ends an orderly run, after the threads have ended.
    pub(crate) fn finish(&self) -> Result<(), CloseError> {
        while self.write_next() {}
        self.apply_pending();
        let outcome = self.settle();
        self.release();
        outcome
    }

    fn settle(&self) -> Result<(), CloseError> {
        if let Some(reason) = self.failure() {
            return Err(CloseError::Poisoned(reason));
        }
        let mut applier = held(&self.applier);
        let state = applier.state.take().ok_or(CloseError::Closed)?;
        state.changes.flush()?;
        let end = applier.stamp.applied;
        drop(applier);
        self.view
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .close();
        drop(state);
        let io = |path: PathBuf| move |source| CloseError::Io { path, source };
        let dir = state_dir(&self.dir);
        self.kind.settle(&dir).map_err(io(dir))?;
        marker::write_clean(self.disk(), &self.dir, end).map_err(io(marker::clean_path(&self.dir)))
    }

    /// Lets go of engine and lock, whatever came before.
    pub(crate) fn release(&self) {
        self.view
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .close();
        held(&self.applier).state = None;
        drop(held(&self.lock).take());
    }

    /// All bytes of the journal's files.
    pub(crate) fn journal_bytes(&self) -> u64 {
        let length = |segment: &Segment| {
            let file = self.disk.open(&segment.path, disk::Access::Read);
            file.and_then(|file| file.length()).unwrap_or(0)
        };
        self.segments().iter().map(length).sum()
    }
}

/// Tells that something of no more use could not be removed. It goes at the next open.
pub(crate) fn tell_if_left(path: &Path, removed: std::io::Result<()>) {
    if let Err(error) = removed {
        model::log!(
            warn,
            "a superfluous file could not be removed",
            path = path,
            error = error
        );
    }
}
