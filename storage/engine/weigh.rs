//! Counting, sizing and hashing every row, by several threads: the truth about what an engine holds.
//!
//! No engine tells where the middle of its rows is, and keys are not spread evenly. So a thread weighs a few rows of a stretch,
//! halves what is left by the numbers that its first and last keys begin with, and puts the halves back for whoever is free.

use std::ops::Bound;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::{Engine, EngineError};
use crate::batch::RowKey;
use crate::digest::Tally;
use crate::limit;

/// Part of the rows, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// Where it begins.
    pub(crate) from: Bound<RowKey>,
    /// The first row that is no part of it; nothing when it goes on to the end.
    pub(crate) until: Option<RowKey>,
}

/// What was weighed of a stretch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Weighed {
    pub(crate) tally: Tally,
    /// The last row weighed, if there may be more.
    pub(crate) reached: Option<RowKey>,
}

/// Weighs all rows. The rows must not change meanwhile.
pub(crate) fn weigh(engine: &dyn Engine) -> Result<Tally, EngineError> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    weigh_by(
        engine,
        threads.min(limit::WEIGHING_THREADS),
        limit::WEIGHED_ROWS,
    )
}

/// The same with so many threads, each of which weighs so many rows at a time.
pub(super) fn weigh_by(
    engine: &dyn Engine,
    threads: usize,
    rows: usize,
) -> Result<Tally, EngineError> {
    let Some(last) = engine.last()? else {
        return Ok(Tally::default());
    };
    let whole = Stretch {
        from: Bound::Unbounded,
        until: None,
    };
    let work = Work {
        state: Mutex::new(State {
            left: vec![whole],
            ..State::default()
        }),
        changed: Condvar::new(),
    };
    thread::scope(|scope| {
        let helpers = (1..threads).filter_map(|_| {
            let helper = thread::Builder::new().name("storage-weigh".into());
            // Where the system gives no more threads, this one does it all.
            let helper = helper.spawn_scoped(scope, || work.take_part(engine, &last, rows));
            helper.ok()
        });
        let helpers: Vec<_> = helpers.collect();
        work.take_part(engine, &last, rows);
        for helper in helpers {
            // How it ended stands in the work.
            let _ = helper.join();
        }
    });
    let state = work
        .state
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    match state.failed {
        Some(error) => Err(error),
        None => Ok(state.tally),
    }
}

struct Work {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    left: Vec<Stretch>,
    /// Threads that are weighing and may put something back.
    busy: usize,
    tally: Tally,
    failed: Option<EngineError>,
}

impl Work {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_part(&self, engine: &dyn Engine, last: &RowKey, rows: usize) {
        while let Some(stretch) = self.take() {
            let mut turn = Turn {
                work: self,
                outcome: Err(EngineError::Panicked(
                    "while its rows were weighed".to_owned(),
                )),
            };
            turn.outcome = engine.weigh(&stretch, rows).map(|weighed| {
                let left = weighed
                    .reached
                    .map(|reached| halves(reached, stretch.until, last));
                (weighed.tally, left.unwrap_or_default())
            });
        }
    }

    /// The next stretch; nothing when all is weighed, or something failed.
    fn take(&self) -> Option<Stretch> {
        let mut state = self.lock();
        loop {
            if state.failed.is_some() {
                return None;
            }
            if let Some(stretch) = state.left.pop() {
                state.busy += 1;
                return Some(stretch);
            }
            if state.busy == 0 {
                return None;
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A thread at work on one stretch. However it ends, the others hear of it.
struct Turn<'a> {
    work: &'a Work,
    /// What was weighed, and what is left.
    outcome: Result<(Tally, Vec<Stretch>), EngineError>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.work.lock();
        state.busy -= 1;
        match &mut self.outcome {
            Ok((tally, left)) => {
                state.tally.include(tally);
                state.left.append(left);
            }
            Err(error) => state.failed = Some(error.clone()),
        }
        drop(state);
        self.work.changed.notify_all();
    }
}

/// What lies behind a row, in two parts if it can be told where to part it.
fn halves(after: RowKey, until: Option<RowKey>, last: &RowKey) -> Vec<Stretch> {
    let middle = middle(&after, until.as_ref().unwrap_or(last));
    let from = Bound::Excluded(after);
    match middle {
        Some(middle) if until.as_ref().is_none_or(|until| middle < *until) => vec![
            Stretch {
                from: Bound::Included(middle.clone()),
                until,
            },
            Stretch {
                from,
                until: Some(middle),
            },
        ],
        _ => vec![Stretch { from, until }],
    }
}

/// A key about halfway between two, by the eight bytes in which they first differ.
fn middle(low: &RowKey, high: &RowKey) -> Option<RowKey> {
    if low.table < high.table {
        let table = low.table + (high.table - low.table).div_ceil(2);
        return Some(RowKey::new(table, Vec::new()));
    }
    let alike = low
        .key
        .iter()
        .zip(&high.key)
        .take_while(|(low, high)| low == high);
    let alike = alike.count();
    let (from, to) = (number(&low.key, alike), number(&high.key, alike));
    let middle = from + to.checked_sub(from)?.div_ceil(2);
    let mut key = high.key.get(..alike)?.to_vec();
    key.extend_from_slice(&middle.to_be_bytes());
    let middle = RowKey::new(low.table, key);
    (middle > *low).then_some(middle)
}

/// Eight bytes of a key as a number, zeros behind its end.
fn number(key: &[u8], at: usize) -> u64 {
    let mut bytes = [0; 8];
    for (to, from) in bytes.iter_mut().zip(key.iter().skip(at)) {
        *to = *from;
    }
    u64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::memory::Memory;
    use super::super::{Change, walk};
    use super::*;
    use proptest::prelude::*;

    fn filled(rows: &[(u8, Vec<u8>)]) -> Memory {
        let engine = Memory::default();
        for (table, key) in rows {
            let change = Change {
                row: &RowKey::new(*table, key.clone()),
                old: None,
                new: Some(key),
            };
            engine.apply(&[change], None).unwrap();
        }
        engine
    }

    #[test]
    fn a_middle_lies_between_and_halves_what_keys_begin_with() {
        let row = |key: &[u8]| RowKey::new(3, key);
        let check = |low: &[u8], high: &[u8], expected: Option<&[u8]>| {
            assert_eq!(
                middle(&row(low), &row(high)),
                expected.map(row),
                "{low:?} {high:?}"
            );
        };
        check(b"a\0", b"a\x10", Some(b"a\x08\0\0\0\0\0\0\0"));
        check(
            &[1, 0, 0, 0, 0, 0, 0, 0],
            &[1, 0, 0, 0, 0, 0, 0, 1],
            Some(&[1, 0, 0, 0, 0, 0, 0, 0, 128, 0, 0, 0, 0, 0, 0]),
        );
        check(b"b", b"a", None);
        assert_eq!(
            middle(&RowKey::new(1, "x"), &RowKey::new(4, "a")),
            Some(RowKey::new(3, ""))
        );
    }

    #[test]
    fn a_failure_of_one_thread_is_the_failure_of_all() {
        struct Failing;
        impl Engine for Failing {
            fn get(&self, _: &RowKey) -> Result<Option<Vec<u8>>, EngineError> {
                Ok(None)
            }
            fn rows(
                &self,
                _: Bound<&RowKey>,
                _: Option<&RowKey>,
                _: usize,
            ) -> Result<Vec<super::super::Row>, EngineError> {
                Ok(Vec::new())
            }
            fn weigh(&self, stretch: &Stretch, _: usize) -> Result<Weighed, EngineError> {
                match (&stretch.from, &stretch.until) {
                    (Bound::Unbounded, _) => Ok(Weighed {
                        reached: Some(RowKey::new(1, "a")),
                        ..Weighed::default()
                    }),
                    (_, None) => Err(EngineError::Row("torn")),
                    (_, Some(_)) => Ok(Weighed::default()),
                }
            }
            fn last(&self) -> Result<Option<RowKey>, EngineError> {
                Ok(Some(RowKey::new(9, "z")))
            }
            fn apply(
                &self,
                _: &[Change<'_>],
                _: Option<&super::super::Stamp>,
            ) -> Result<(), EngineError> {
                Ok(())
            }
            fn stamp(&self) -> Result<Option<super::super::Stamp>, EngineError> {
                Ok(None)
            }
            fn flush(&self) -> Result<(), EngineError> {
                Ok(())
            }
            fn size(&self) -> Result<u64, EngineError> {
                Ok(0)
            }
        }
        assert_eq!(weigh_by(&Failing, 3, 2), Err(EngineError::Row("torn")));
    }

    proptest! {
        #[test]
        fn many_threads_weigh_what_one_walk_does(
            rows in prop::collection::vec((1u8..5, prop::collection::vec(prop::sample::select(vec![0u8, 1, 255]), 1..12)), 0..120),
            threads in 1usize..5,
            page in 1usize..9,
        ) {
            let engine = filled(&rows);
            prop_assert_eq!(weigh_by(&engine, threads, page).unwrap(), walk(&engine, |_, _| ()).unwrap());
        }
    }
}
