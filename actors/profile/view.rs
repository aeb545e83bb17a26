//! What can be seen of a profile.

use std::sync::atomic::{AtomicU64, Ordering};

use model::{Both, ProfileName, Side};

use super::State;
use crate::shared::Tally;
use crate::status;

impl State {
    pub(super) fn view(&self) -> status::Profile {
        let trouble = Side::BOTH
            .into_iter()
            .flat_map(|side| self.trouble.get(side).problems());
        let tally = &self.shared.tally;
        let count = |pick: fn(&Tally) -> &AtomicU64| pick(tally).load(Ordering::Relaxed);
        status::Profile {
            name: self.ledger.profile.clone(),
            idle: self.is_idle(),
            quiet_for_ms: self.arguments.clock.now().since(self.last_news),
            connected: self.pollers.is_some(),
            open: self.gate.is_open(),
            trouble: trouble.collect(),
            pending: self.agenda.pending(),
            active: self.active.len(),
            waiting: self.agenda.waiting(),
            parked: self.parked.len(),
            effects: count(|tally| &tally.effects),
            conflicts: count(|tally| &tally.conflicts),
            steps: count(|tally| &tally.steps),
            commits: count(|tally| &tally.commits),
            losses: count(|tally| &tally.losses),
            requests: Both::of(|side| self.lines.get(side).requests()),
        }
    }

    /// Both feeds were looked at once more after the last news, and brought nothing, and nothing waits.
    fn is_idle(&self) -> bool {
        let quiet = self.drained.jira >= 2 && self.drained.azure >= 2;
        let well = !self.is_troubled() && self.pollers.is_some();
        let passed = !self.owed.jira && !self.owed.azure;
        quiet
            && passed
            && well
            && self.gate.is_open()
            && self.agenda.is_idle()
            && self.active.is_empty()
    }
}

/// A profile that does not run now.
pub(crate) fn absent(name: &ProfileName) -> status::Profile {
    status::Profile {
        name: name.clone(),
        idle: false,
        quiet_for_ms: 0,
        connected: false,
        open: false,
        trouble: Vec::new(),
        pending: 0,
        active: 0,
        waiting: 0,
        parked: 0,
        effects: 0,
        conflicts: 0,
        steps: 0,
        commits: 0,
        losses: 0,
        requests: Both::default(),
    }
}
