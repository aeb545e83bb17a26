//! Who wins when both sides changed one field.

use mapping::{Direction, Policy};
use model::{Both, RuleName, Side, limit};

use crate::edit::Field;
use crate::note::Note;
use crate::pair::{Base, Park, Phase, Swing};
use crate::step::Work;

/// What becomes of a field that is not in step.
pub(crate) enum Verdict {
    /// This side's value is carried over.
    Carry(Side),
    /// The change is on the side that the rule does not carry from: it is left as it is.
    Leave,
    /// It waits for a person.
    Wait,
}

impl Work<'_> {
    pub(crate) fn decide(
        &mut self,
        field: &Field<'_>,
        base: &Base,
        changed: Both<bool>,
    ) -> Verdict {
        let history = base.value.jira.is_some() || base.value.azure.is_some();
        if (base.first || !history)
            && let Some(verdict) = self.first_meeting(field, base)
        {
            return verdict;
        }
        let only = match (changed.jira, changed.azure) {
            (true, false) => Some(Side::Jira),
            (false, true) => Some(Side::Azure),
            (true, true) | (false, false) => None,
        };
        if let Some(from) = only {
            return match field.rule.direction.allows(from) {
                true => Verdict::Carry(from),
                false => Verdict::Leave,
            };
        }
        let kept = match field.rule.direction {
            Direction::ToAzure => Side::Jira,
            Direction::ToJira => Side::Azure,
            Direction::Both => match self.policy(field) {
                Some(side) => side,
                None => return self.wait(field),
            },
        };
        self.tell(field, kept);
        Verdict::Carry(kept)
    }

    /// Tells of a conflict once, however often its outcome has to be planned again.
    pub(crate) fn tell(&mut self, field: &Field<'_>, kept: Side) {
        let name = field.rule.name.clone();
        if self.pair.told.insert(name.clone(), field.digest) == Some(field.digest) {
            return;
        }
        self.notes.push(Note::Conflict {
            rule: name,
            kept,
            lost: *field.digest.get(kept.other()),
        });
    }

    /// The policy's choice. What counts as latest is what people did: our own last write is no reason to prefer the side
    /// that it went to.
    fn policy(&self, field: &Field<'_>) -> Option<Side> {
        let touched = |side: Side| {
            let end = self.pair.ends.get(side).as_ref();
            end.map(|end| end.touched).unwrap_or_default()
        };
        match field.rule.conflict {
            Policy::Jira => Some(Side::Jira),
            Policy::Azure => Some(Side::Azure),
            Policy::Manual => None,
            Policy::Latest if touched(Side::Azure) > touched(Side::Jira) => Some(Side::Azure),
            Policy::Latest => Some(Side::Jira),
        }
    }

    /// Two sides of a field that never agreed: no conflict, unless both were changed since they met. A value is worth more
    /// than none; otherwise a twin that was made for this pair gives way while it holds no more than the defaults it was
    /// born with.
    fn first_meeting(&self, field: &Field<'_>, base: &Base) -> Option<Verdict> {
        let moved = |side: Side| {
            let before = base.value.get(side).as_ref();
            before.is_some_and(|before| before != field.digest.get(side))
        };
        let fuller = match (field.value.jira.is_empty(), field.value.azure.is_empty()) {
            (false, true) => Some(Side::Jira),
            (true, false) => Some(Side::Azure),
            (true, true) | (false, false) => None,
        };
        let origin = self.pair.id.origin;
        let from = match (base.first, moved(origin), moved(origin.other())) {
            (false, _, _) => fuller?,
            (true, false, false) => fuller.unwrap_or(origin),
            (true, true, false) => origin,
            (true, false, true) => origin.other(),
            (true, true, true) => return None,
        };
        Some(match field.rule.direction.allows(from) {
            true => Verdict::Carry(from),
            // The rule goes the other way only; an empty value does not empty a field that it has never filled.
            false if fuller == Some(from) => Verdict::Leave,
            false => Verdict::Carry(from.other()),
        })
    }

    fn wait(&mut self, field: &Field<'_>) -> Verdict {
        let before = self
            .pair
            .waiting
            .insert(field.rule.name.clone(), field.digest);
        if before != Some(field.digest) {
            self.notes.push(Note::ConflictWaits {
                rule: field.rule.name.clone(),
            });
        }
        Verdict::Wait
    }

    /// Whether one more write of a field to that side would be ping-pong: writes have gone to and fro too often, and the
    /// pair waits for a person (azure.md 15.4).
    pub(crate) fn is_ping_pong(&mut self, rule: &RuleName, to: Side) -> Option<model::Problem> {
        let now = self.now;
        let swing = self.pair.swings.get(rule)?;
        let fresh = now.since(swing.since) <= limit::PING_PONG_WINDOW_MS;
        if !fresh || swing.to == to || swing.count < limit::PING_PONG_MAX {
            return None;
        }
        let problem = model::Problem::new(model::problem::Code::PingPong).about(rule.as_str());
        self.pair.settled = false;
        self.pair.phase = Phase::Parked(Park {
            problem: problem.clone(),
            since: now,
            held: true,
        });
        Some(problem)
    }

    /// Counts a move that stopped on its way: the next try to move on is taken for a change of direction.
    pub(crate) fn count_stray(&mut self, rule: &RuleName, to: Side) {
        self.count_swing(rule, to);
        if let Some(swing) = self.pair.swings.get_mut(rule) {
            swing.to = to.other();
        }
    }

    /// Counts a write that arrived. Plans that came to nothing do not count, nor does the first half of a merge that goes
    /// both ways at once.
    pub(crate) fn count_swing(&mut self, rule: &RuleName, to: Side) {
        let halves = self.pair.intents.iter().filter(|intent| intent.sets(rule));
        if halves.count() > 1 {
            return;
        }
        let now = self.now;
        let fresh = Swing {
            to,
            count: 0,
            since: now,
        };
        let swing = self.pair.swings.entry(rule.clone()).or_insert(fresh);
        if now.since(swing.since) > limit::PING_PONG_WINDOW_MS {
            *swing = fresh;
        }
        if swing.to != to {
            swing.to = to;
            swing.count = swing.count.saturating_add(1);
        }
    }
}
