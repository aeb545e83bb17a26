//! A pair that a person has set aside: from the order on nothing of it is written, until another order.

use model::{Both, PairId, Side, limit};
use serde_json::Value;

/// One such time.
#[derive(Clone, Debug)]
pub(crate) struct Aside {
    /// The place of its profile.
    pub(crate) place: usize,
    /// The pair.
    pub(crate) pair: PairId,
    /// The ids of its items, as far as they were known to be a pair.
    items: Both<Option<String>>,
    from_ms: i64,
    /// Until when; nothing while it lasts.
    pub(crate) until_ms: Option<i64>,
    /// Whether it was given up for good.
    pub(crate) for_good: bool,
}

/// Milliseconds after the order within which what had left before may still arrive, and what was under way is seen to its end.
const UNDER_WAY_MS: i64 = limit::LATENESS_MS + limit::REQUEST_TIMEOUT_MS;

impl Aside {
    /// A pair with these items is set aside from then on.
    pub(crate) fn from(
        (place, pair): (usize, PairId),
        items: Both<Option<String>>,
        from_ms: i64,
        for_good: bool,
    ) -> Aside {
        Aside {
            place,
            pair,
            items,
            from_ms,
            until_ms: None,
            for_good,
        }
    }

    /// What we wrote of it all the same, by the ledger of that side.
    pub(crate) fn broken(&self, side: Side, ledger: &Value) -> Vec<String> {
        let us = emulator::people::sync_account();
        let ours = [us.account_id, us.email, us.handle];
        let entries = ledger["entries"].as_array().into_iter().flatten();
        let within = |at: i64| {
            at > self.from_ms + UNDER_WAY_MS && self.until_ms.is_none_or(|until| at < until)
        };
        let broken = entries.filter(|entry| {
            let of_it = self.items.get(side).as_deref() == entry["id"].as_str();
            let by_us = entry["by"].as_str().is_some_and(|by| ours.contains(&by));
            of_it && by_us && entry["at"].as_i64().is_some_and(within)
        });
        broken
            .map(|entry| format!("{} was set aside, and {side} took {entry}", self.pair))
            .collect()
    }
}
