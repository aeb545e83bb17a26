//! Doubt: an effect that may or may not have arrived is looked for, never repeated blindly (durability.md 3.2, rule 5).

use model::{Both, CommentMarker, Problem, Side, limit, problem::Code};

use crate::effect::{Effect, Probe, Reading, Target};
use crate::intent::{Attempt, Intent, Kind, Stage};
use crate::note::Note;
use crate::step::Work;
use crate::{Finding, Receipt};

impl Work<'_> {
    /// The effect of that intent was sent and nobody knows what became of it. Its first byte left no later than now, and how
    /// long it waited for its turn before that nobody knows either: so the age of the doubt counts from now.
    pub(crate) fn doubt(&mut self, number: u64, attempt: Attempt) {
        let attempt = attempt.no_earlier_than(self.now);
        let schedule = self.context.schedule;
        let next = attempt
            .at
            .plus(schedule.probes.first().copied().unwrap_or(0))
            .max(self.now);
        let Some(intent) = self
            .pair
            .intents
            .iter_mut()
            .find(|intent| intent.number == number)
        else {
            return;
        };
        intent.stage = Stage::Doubt {
            attempt,
            probes: 0,
            asked: None,
            next,
        };
        let side = intent.side;
        self.pair.intents.retain(Intent::has_left);
        self.pair.settled = false;
        self.notes.push(Note::Doubtful {
            side,
            intent: number,
        });
        self.settle_phase();
    }

    /// When the next probe is due.
    pub(crate) fn next_probe(&self) -> Option<model::Millis> {
        if self.is_held() {
            return None;
        }
        let due = self
            .pair
            .intents
            .iter()
            .filter_map(|intent| match intent.stage {
                Stage::Doubt { next, .. } => Some(next),
                Stage::Planned | Stage::Sent(_) => None,
            });
        due.min()
    }

    /// Asks about every doubtful intent whose time has come; the others wake the pair later.
    pub(crate) fn probe_due(&mut self) {
        for intent in self.pair.intents.clone() {
            let Stage::Doubt {
                attempt,
                probes,
                next,
                ..
            } = intent.stage
            else {
                continue;
            };
            if next > self.now {
                continue;
            }
            match self.probe_for(&intent, attempt) {
                Some(probe) => {
                    self.asked(intent.number);
                    self.effects.push(Effect::Probe(probe));
                }
                None => self.inconclusive(&intent, attempt, probes),
            }
        }
    }

    /// A probe leaves. Until its answer comes, or must be lost, no other does.
    fn asked(&mut self, number: u64) {
        let now = self.now;
        let lost = now.plus(limit::RETRY_AFTER_MAX_MS + limit::LATENESS_MS);
        let open = self.pair.intents.iter_mut();
        for intent in open.filter(|intent| intent.number == number) {
            if let Stage::Doubt { asked, next, .. } = &mut intent.stage {
                (*asked, *next) = (Some(now), lost);
            }
        }
    }

    fn probe_for(&self, intent: &Intent, attempt: Attempt) -> Option<Probe> {
        let target = match &intent.kind {
            Kind::Create { floor, project, .. } => Target::Create {
                marker: self.marker(),
                project: self.project_of(*project)?,
                floor: floor.clone(),
            },
            Kind::Comment { original } => Target::Comment {
                item: self.pair.item(intent.side)?,
                marker: CommentMarker {
                    side: original.side,
                    comment: original.id,
                },
            },
            Kind::Edit { .. } | Kind::Transition { .. } | Kind::Link => return None,
        };
        let search = self.now.since(attempt.at) >= self.context.schedule.search;
        Some(Probe {
            intent: intent.number,
            side: intent.side,
            target,
            search,
        })
    }

    /// The project that a create went to. Nothing when the profile no longer names it: then nobody can look there, and
    /// absence elsewhere says nothing.
    fn project_of(&self, digest: model::Digest) -> Option<String> {
        let projects = self.context.profile.projects(self.pair.far());
        projects
            .into_iter()
            .find(|name| self.context.project(name) == digest)
    }

    pub(crate) fn probed(&mut self, number: u64, finding: Finding) {
        let Some(intent) = self.pair.intent(number).cloned() else {
            return self.contradiction("a probe ended of an intent that is not open");
        };
        let Stage::Doubt {
            attempt,
            probes,
            asked,
            ..
        } = intent.stage
        else {
            return self.contradiction("a probe ended of an intent that is not in doubt");
        };
        match finding {
            Finding::Found(receipt) => self.found(&intent, &receipt),
            Finding::Absent => self.absent(&intent, attempt, probes, asked),
            Finding::Inconclusive => self.inconclusive(&intent, attempt, probes),
        }
    }

    fn found(&mut self, intent: &Intent, receipt: &Receipt) {
        match &intent.kind {
            Kind::Create { .. } => {
                // People may have changed the item since; only what was sent counts as agreed.
                let item = receipt.returned.as_deref();
                let bare = Receipt {
                    item: item.map(|item| item.id).or(receipt.item),
                    key: item
                        .map(|item| item.key.clone())
                        .or_else(|| receipt.key.clone()),
                    ..Receipt::default()
                };
                self.linked(&bare, item, true);
            }
            Kind::Comment { .. } | Kind::Edit { .. } | Kind::Transition { .. } | Kind::Link => {
                // While it was in doubt, word of changes went unheard.
                self.pair.owes = true;
                self.applied(intent, receipt);
            }
        }
    }

    /// What was absent when the probe left may have arrived while its answer was on the way, so the age counts from then.
    fn absent(
        &mut self,
        intent: &Intent,
        attempt: Attempt,
        probes: u16,
        asked: Option<model::Millis>,
    ) {
        let for_good =
            asked.is_some_and(|asked| asked.since(attempt.at) >= self.last_probe_at(intent));
        if !for_good {
            return self.probe_again(intent.number, attempt, probes);
        }
        self.notes.push(Note::Absent {
            side: intent.side,
            intent: intent.number,
        });
        self.pair
            .intents
            .retain(|other| other.number != intent.number);
        self.settle_phase();
        // One that never arrives is told in the end, and not sent for ever.
        if self.pair.retry.failures >= limit::FAILURES_TOLD {
            return self.failed_again(intent.side, None);
        }
        self.pair.retry.failures = self.pair.retry.failures.saturating_add(1);
        self.look();
    }

    /// Until when absent is not yet absent for good.
    fn last_probe_at(&self, intent: &Intent) -> i64 {
        let direct = self.lateness();
        match intent.kind {
            Kind::Create { .. } => self.context.schedule.search.max(direct),
            Kind::Comment { .. } | Kind::Edit { .. } | Kind::Transition { .. } | Kind::Link => {
                direct
            }
        }
    }

    /// Milliseconds after which what was given up cannot arrive any more.
    pub(crate) fn lateness(&self) -> i64 {
        let probes = self.context.schedule.probes.last();
        probes.copied().unwrap_or(limit::LATENESS_MS)
    }

    fn inconclusive(&mut self, intent: &Intent, attempt: Attempt, probes: u16) {
        if probes.saturating_add(1) >= limit::PROBES_MAX {
            self.probe_again(intent.number, attempt, probes);
            let problem = Problem::new(Code::Doubt).on(intent.side);
            return self.park(problem, true);
        }
        self.probe_again(intent.number, attempt, probes);
    }

    fn probe_again(&mut self, number: u64, attempt: Attempt, probes: u16) {
        let age = self.now.since(attempt.at);
        let schedule = self.context.schedule;
        let planned = schedule.probes.iter().copied().chain([schedule.search]);
        let next = planned.filter(|at| *at > age).min().map_or_else(
            || {
                self.now
                    .plus(limit::PROBE_AGAIN_MS.min(schedule.search.max(1_000)))
            },
            |at| attempt.at.plus(at),
        );
        let probes = probes.saturating_add(1);
        if let Some(intent) = self
            .pair
            .intents
            .iter_mut()
            .find(|intent| intent.number == number)
        {
            intent.stage = Stage::Doubt {
                attempt,
                probes,
                asked: None,
                next,
            };
        }
        self.settle_phase();
    }

    /// Items were read while something was in doubt: what they carry may close the doubt for free.
    pub(crate) fn doubt_observed(&mut self, readings: &Both<Reading>) {
        for side in Side::BOTH {
            if let Reading::Present(item) = readings.get(side) {
                self.close_by_comments(item);
            }
        }
        if !self.in_doubt() && self.pair.reading.is_none() {
            self.settle_phase();
            self.look();
        }
    }

    fn close_by_comments(&mut self, item: &model::Item) {
        let ours = item
            .comments
            .iter()
            .flatten()
            .filter(|comment| comment.by_us);
        for comment in ours {
            let Some(marker) = comment.marker else {
                continue;
            };
            let open = self.pair.intents.iter().find(|intent| {
                let original = intent.comment();
                intent.side == item.side
                    && original.is_some_and(|o| o.side == marker.side && o.id == marker.comment)
            });
            if let Some(intent) = open.cloned() {
                let receipt = Receipt {
                    comment: Some(comment.id),
                    ..Receipt::default()
                };
                self.pair.owes = true;
                self.applied(&intent, &receipt);
            }
        }
    }
}
