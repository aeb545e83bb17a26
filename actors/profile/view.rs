//! What can be seen of a profile.

use model::metric::Metric;
use model::{Both, ProfileName, Side};

use super::State;
use crate::status;

impl State {
    pub(super) fn view(&self) -> status::Profile {
        let trouble = Side::BOTH
            .into_iter()
            .flat_map(|side| self.trouble.get(side).problems());
        let count = |metric| self.shared.meter.sum(metric, |_| true);
        let applied = |words: &[&str; 3]| words[2] == "applied";
        let now = self.arguments.clock.now();
        let oldest = self.since.values().map(|(at, _)| now.since(*at)).max();
        status::Profile {
            name: self.ledger.profile.clone(),
            idle: self.is_idle(),
            quiet_for_ms: now.since(self.last_news),
            connected: self.pollers.is_some(),
            open: self.gate.is_open(),
            trouble: trouble.collect(),
            pending: self.agenda.pending(),
            active: self.active.len(),
            waiting: self.agenda.waiting(),
            parked: self.parked.len(),
            effects: self.shared.meter.sum(Metric::Effects, applied),
            conflicts: count(Metric::Conflicts),
            steps: count(Metric::Steps),
            commits: count(Metric::Commits),
            losses: count(Metric::Losses),
            requests: Both::of(|side| self.lines.get(side).requests()),
            in_flight: Both::of(|side| self.lines.get(side).load().0),
            width: Both::of(|side| self.lines.get(side).load().1),
            feed_age_ms: Both::of(|side| self.read_to_end.get(side).map(|at| now.since(at))),
            oldest_pending_ms: oldest.unwrap_or(0).max(0),
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
        in_flight: Both::default(),
        width: Both::default(),
        feed_age_ms: Both::default(),
        oldest_pending_ms: 0,
    }
}
