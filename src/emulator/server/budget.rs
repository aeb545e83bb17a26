//! Memory that clients can make a server hold, counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// So many bytes may be held at once.
#[derive(Debug)]
pub(super) struct Budget {
    held: AtomicUsize,
    most: usize,
}

impl Budget {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            held: AtomicUsize::new(0),
            most,
        })
    }

    /// A loan of nothing yet.
    pub(super) fn open(self: &Arc<Self>) -> Loan {
        Loan {
            budget: Arc::clone(self),
            bytes: 0,
        }
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }
}

/// Bytes taken out of a budget; they go back when the loan is dropped.
#[derive(Debug)]
pub(super) struct Loan {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Loan {
    /// Takes more; says whether there was room for it, and takes nothing when there was none.
    pub(super) fn grow(&mut self, bytes: usize) -> bool {
        let most = self.budget.most;
        let take = |held: usize| held.checked_add(bytes).filter(|held| *held <= most);
        // Only the number counts: no other memory is published with it.
        let taken = self
            .budget
            .held
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        if taken.is_ok() {
            self.bytes += bytes;
        }
        taken.is_ok()
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        self.budget.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loan_is_refused_beyond_the_budget_and_comes_back() {
        let budget = Budget::new(10);
        let (mut one, mut other) = (budget.open(), budget.open());
        assert!(one.grow(6) && one.grow(2));
        assert!(!other.grow(3) && other.grow(2));
        assert_eq!(budget.held(), 10);
        drop(one);
        assert!(other.grow(8));
        assert!(!other.grow(usize::MAX));
        drop(other);
        assert_eq!(budget.held(), 0);
    }
}
