//! The limit on writes to one issue: 20 in 2 s and 100 in 30 s (jira.md 11).

use std::collections::VecDeque;

use crate::jira::limiter;
use crate::jira::refusal::Refusal;
use crate::throttle::{Flavor, Throttle};

const WINDOWS: [(usize, i64); 2] = [(20, 2_000), (100, 30_000)];

/// Counts one more write, or says how many milliseconds it comes too early.
pub(crate) fn admit(writes_ms: &mut VecDeque<i64>, now_ms: i64) -> Result<(), i64> {
    while writes_ms
        .front()
        .is_some_and(|&at_ms| at_ms <= now_ms - 30_000)
    {
        writes_ms.pop_front();
    }
    for (most, window_ms) in WINDOWS {
        let nth_back = writes_ms
            .len()
            .checked_sub(most)
            .and_then(|at| writes_ms.get(at));
        if let Some(&at_ms) = nth_back.filter(|&&at_ms| at_ms > now_ms - window_ms) {
            return Err(at_ms + window_ms - now_ms);
        }
    }
    writes_ms.push_back(now_ms);
    Ok(())
}

/// The answer to a write that comes too early.
pub(crate) fn refusal(early_ms: i64, now_ms: i64) -> Refusal {
    let seconds = u64::try_from((early_ms + 999) / 1_000).unwrap_or(0);
    limiter::refusal(&Throttle {
        flavor: Some(Flavor::JiraPerIssue),
        retry_after_s: Some(seconds.max(1)),
        silent: false,
        now_ms,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_windows_hold() {
        let mut writes = VecDeque::new();
        for _ in 0..20 {
            assert_eq!(admit(&mut writes, 1_000), Ok(()));
        }
        assert_eq!(admit(&mut writes, 1_500), Err(1_500));
        for step in 1..=8 {
            for _ in 0..10 {
                assert_eq!(admit(&mut writes, 1_000 + step * 2_000), Ok(()));
            }
        }
        assert_eq!(admit(&mut writes, 20_000), Err(11_000));
        assert_eq!(admit(&mut writes, 31_000), Ok(()));
        assert!(writes.len() <= 100);
    }
}
