//! An activated pair: its state, and the effects that wait for their turn. No input or output, no task.
//!
//! It keeps the one rule that the core cannot keep alone: effects of a step are carried out in order, each only after the
//! one before it was applied; after any other outcome the rest is dropped, since the core plans again.

use std::collections::VecDeque;

use model::Millis;
use sync::{Class, Context, Effect, Event, Note, Outcome, Pair, Step, Write, invariant, step};

/// An activated pair.
pub struct Activation {
    pair: Pair,
    queue: VecDeque<Effect>,
}

/// What an event changed. To be made durable before the next effect is taken.
pub struct Change {
    /// Whether the state itself changed.
    pub changed: bool,
    /// Lines for the pair's history.
    pub notes: Vec<Note>,
    /// The invariants that no longer hold; always empty, and loudly told when not.
    pub broken: Vec<&'static str>,
}

/// What to do next.
pub enum Task {
    /// Read both items.
    Read,
    /// Make durable that this write is about to leave: take [`Event::Sending`] with its intent, then carry it out.
    Announce(Write),
    /// Carry out a write.
    Write(Write),
    /// Carry out a probe.
    Probe(sync::Probe),
    /// Hand the item over to that pair, and forget this one.
    HandOver(model::PairId),
}

impl Activation {
    /// Activates a pair.
    #[must_use]
    pub fn new(pair: Pair) -> Activation {
        Activation {
            pair,
            queue: VecDeque::new(),
        }
    }

    /// The state.
    #[must_use]
    pub fn pair(&self) -> &Pair {
        &self.pair
    }

    /// Takes one event.
    pub fn take(&mut self, context: &Context<'_>, event: Event, now: Millis) -> Change {
        if ends_plan(&event) {
            self.queue.clear();
        }
        let before = self.pair.clone();
        let made = step(context, before.clone(), event, now);
        let broken = invariant::broken(&before, &made);
        let Step {
            pair,
            effects,
            notes,
        } = made;
        let changed = pair != before;
        self.pair = pair;
        self.queue.extend(effects);
        self.drop_orphans();
        Change {
            changed,
            notes,
            broken,
        }
    }

    /// The next thing to do; nothing when the pair rests.
    pub fn next_task(&mut self) -> Option<Task> {
        let task = match self.queue.pop_front()? {
            Effect::Read => Task::Read,
            Effect::Probe(probe) => Task::Probe(probe),
            Effect::HandOver { to } => Task::HandOver(to),
            Effect::Write(write) if write.class == Class::Fragile => Task::Announce(write),
            Effect::Write(write) => Task::Write(write),
        };
        Some(task)
    }

    /// Whether effects wait for their turn.
    #[must_use]
    pub fn is_owing(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Whether nothing waits but readings, which leave no trace at a remote.
    #[must_use]
    pub fn only_reads(&self) -> bool {
        self.queue
            .iter()
            .all(|effect| matches!(effect, Effect::Read))
    }

    /// Whether the items are to be read again before anything is concluded from them.
    #[must_use]
    pub fn is_owing_a_read(&self) -> bool {
        self.queue
            .iter()
            .any(|effect| matches!(effect, Effect::Read))
    }

    /// Writes whose intents the core has dropped must not leave, and one read is as good as two.
    fn drop_orphans(&mut self) {
        let pair = &self.pair;
        let mut read = false;
        self.queue.retain(|effect| match effect {
            Effect::Write(write) => pair.intent(write.intent).is_some(),
            Effect::Read => !std::mem::replace(&mut read, true),
            Effect::Probe(_) | Effect::HandOver { .. } => true,
        });
    }
}

/// Whether the event ends the plan that the waiting effects belong to.
fn ends_plan(event: &Event) -> bool {
    match event {
        Event::Finished { outcome, .. } => !matches!(outcome, Outcome::Applied(_)),
        Event::Opened | Event::Observed(_) | Event::Command(_) | Event::Woken => true,
        // The reading that the word is remembered for may be waiting.
        Event::Told(_) | Event::Sending { .. } | Event::Probed { .. } | Event::Adopted(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use model::{ItemId, PairId, Side};
    use sync::intent::{Intent, Kind, Stage};
    use sync::{BackLink, Body, Hindrance, Receipt};

    use super::*;

    fn id() -> PairId {
        PairId {
            origin: Side::Jira,
            item: ItemId(1),
        }
    }

    fn write(intent: u64, class: Class) -> Effect {
        Effect::Write(Write {
            intent,
            side: Side::Azure,
            class,
            body: Body::Link(BackLink {
                item: ItemId(1),
                to: Side::Azure,
                twin: ItemId(2),
                key: model::ItemKey::new("2").unwrap(),
                url: String::new(),
            }),
        })
    }

    /// An activation with planned intents of these classes and their writes.
    fn planned(classes: &[Class]) -> Activation {
        let mut activation = Activation::new(Pair::new(id()));
        for (number, class) in (1..).zip(classes) {
            activation.pair.intents.push(Intent {
                number,
                side: Side::Azure,
                class: *class,
                kind: Kind::Link,
                stage: Stage::Planned,
            });
            activation.queue.push_back(write(number, *class));
        }
        activation
    }

    fn intent(task: Option<Task>) -> Option<(&'static str, u64)> {
        match task? {
            Task::Announce(write) => Some(("announce", write.intent)),
            Task::Write(write) => Some(("write", write.intent)),
            Task::Read | Task::Probe(_) | Task::HandOver(_) => None,
        }
    }

    #[test]
    fn a_fragile_write_is_announced_before_it_leaves_and_the_order_is_kept() {
        let mut activation = planned(&[Class::Guarded, Class::Fragile, Class::Natural]);
        assert_eq!(intent(activation.next_task()), Some(("write", 1)));
        assert_eq!(intent(activation.next_task()), Some(("announce", 2)));
        assert_eq!(intent(activation.next_task()), Some(("write", 3)));
        assert!(activation.next_task().is_none());
    }

    #[test]
    fn a_plan_goes_on_after_what_was_applied_and_ends_with_anything_else() {
        let finished = |outcome| Event::Finished {
            intent: 1,
            incarnation: 1,
            outcome,
        };
        let applied = finished(Outcome::Applied(Receipt::default()));
        assert!(!ends_plan(&applied));
        for outcome in [
            Outcome::Unknown,
            Outcome::NotSent(Hindrance::Withheld),
            Outcome::Refused(sync::Refusal::Stale),
        ] {
            assert!(ends_plan(&finished(outcome)));
        }
        assert!(ends_plan(&Event::Opened));
        assert!(ends_plan(&Event::Woken));
        assert!(!ends_plan(&Event::Sending { intent: 1 }));
    }

    #[test]
    fn a_write_whose_intent_is_gone_never_leaves_and_two_readings_are_one() {
        let mut activation = planned(&[Class::Guarded, Class::Guarded]);
        activation.queue.push_back(Effect::Read);
        activation.queue.push_front(Effect::Read);
        activation.pair.intents.remove(0);
        activation.drop_orphans();
        assert!(activation.is_owing_a_read() && !activation.only_reads());
        assert!(matches!(activation.next_task(), Some(Task::Read)));
        assert_eq!(intent(activation.next_task()), Some(("write", 2)));
        assert!(!activation.is_owing());
    }
}
