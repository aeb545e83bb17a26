//! What the workers of one search share: the states that were met, and the work that is still to be done.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::met::Met;
use super::search::Task;

/// Where workers meet. What more can still befall is looked at first, so that most of what less can befall is known by then:
/// work is done level by level, and on each by all workers.
pub(super) struct Board {
    /// States from which everything that may happen is followed.
    pub(super) states: Met,
    /// States between a move and the action that sees it.
    pub(super) moved: Met,
    todo: Mutex<Todo>,
    bell: Condvar,
    /// How much work waits.
    waiting: AtomicUsize,
    is_ended: AtomicBool,
}

struct Todo {
    /// The work by levels, that of the present one last.
    levels: Vec<Vec<Task>>,
    /// Workers that have some.
    busy: usize,
}

/// Tasks that a worker takes at a time: their locks cost nothing then, and towards the end of a level nobody waits for long.
const AT_A_TIME: usize = 32;

/// About two gigabytes.
const MOST_WAITING: usize = 200_000;

impl Board {
    /// A board whose first work is of that level.
    pub(super) fn new(level: usize) -> Board {
        let levels = (0..=level).map(|_| Vec::new()).collect();
        Board {
            states: Met::default(),
            moved: Met::default(),
            todo: Mutex::new(Todo { levels, busy: 0 }),
            bell: Condvar::new(),
            waiting: AtomicUsize::new(0),
            is_ended: AtomicBool::new(false),
        }
    }

    /// Whether so much work waits that what comes next has to be done at once, for each keeps a world.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) >= MOST_WAITING
    }

    /// Work for later, of a level that is not over.
    pub(super) fn put(&self, tasks: impl Iterator<Item = Task>) {
        let mut todo = self.todo();
        for task in tasks {
            todo.levels[task.level()].push(task);
            self.waiting.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits for work. None when there is none any more. Who took some has to say when it is done.
    pub(super) fn take(&self) -> Option<Vec<Task>> {
        let mut todo = self.todo();
        while !self.is_ended() {
            let tasks = todo.levels.last_mut()?;
            if !tasks.is_empty() {
                let kept = tasks.len().saturating_sub(AT_A_TIME);
                let taken = tasks.split_off(kept);
                todo.busy += 1;
                self.waiting.fetch_sub(taken.len(), Ordering::Relaxed);
                return Some(taken);
            }
            if todo.busy > 0 {
                todo = self.bell.wait(todo).unwrap_or_else(PoisonError::into_inner);
            } else {
                todo.levels.pop();
                self.bell.notify_all();
            }
        }
        None
    }

    /// What was taken is done.
    pub(super) fn done(&self) {
        let mut todo = self.todo();
        todo.busy -= 1;
        if todo.busy == 0 {
            self.bell.notify_all();
        }
    }

    /// Whether something was found, so that nobody need go on.
    pub(super) fn is_ended(&self) -> bool {
        self.is_ended.load(Ordering::Relaxed)
    }

    /// Something was found: nobody goes on.
    pub(super) fn end(&self) {
        // Under the lock, so that nobody goes to sleep between the two.
        let _todo = self.todo();
        self.is_ended.store(true, Ordering::Relaxed);
        self.bell.notify_all();
    }

    fn todo(&self) -> MutexGuard<'_, Todo> {
        self.todo.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
