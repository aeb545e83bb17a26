//! What comes of an answer that is about to be heard, and what may as well happen after it.

use model::{Both, Item, Revision, Side};

use super::node::{Action, Node, effect_of};
use crate::effect::{Effect, Reading};
use crate::event::Event;
use crate::pair::Pair;
use crate::tests::world::Job;

/// What becomes of readings that are about to be heard, where nothing else can become of them any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Heard {
    /// They are thrown away, and a pause follows.
    Old,
    /// They are thrown away, for there was word of something younger, and asked for anew at once.
    Behind,
    /// They are believed, whatever was heard before.
    Fresh,
}

impl Node {
    /// What becomes of the readings that are about to be heard. The predicates are those of the core's `observed`; where it
    /// has others to go by, or something may still come before them, nothing is said.
    pub(super) fn heard(&self) -> Option<Heard> {
        let (job, pair) = self.alone()?;
        let shown = readings(job)?;
        if is_judged_otherwise(pair) {
            return None;
        }
        let (mut old, mut behind) = (false, false);
        for side in Side::BOTH {
            match shown.get(side) {
                Reading::Present(item) => {
                    old |= is_old(pair, side, item);
                    behind |= item.revision < *pair.told_of.get(side);
                }
                Reading::NotAsked => {}
                Reading::Missing | Reading::Failed(_) => return None,
            }
        }
        let at_once = pair.owes || pair.retry.stale == 0;
        match (old, behind) {
            (false, true) if at_once => Some(Heard::Behind),
            (true, _) | (false, true) => Some(Heard::Old),
            (false, false) => self.is_deaf.then_some(Heard::Fresh),
        }
    }

    /// The only job, of the only pair.
    fn alone(&self) -> Option<(&Job, &Pair)> {
        let (jobs, pairs) = (&self.world.jobs, &self.world.pairs);
        let pair = pairs.get(&self.id).filter(|_| pairs.len() == 1)?;
        let job = jobs.front().filter(|_| jobs.len() == 1)?;
        Some((job, pair))
    }

    /// Whether something may still happen to an item that is younger than the readings that are about to be heard.
    pub(super) fn may_be_overtaken(&self) -> bool {
        let Some(shown) = self.world.jobs.front().and_then(readings) else {
            return true;
        };
        let is_past = |side: Side| match shown.get(side) {
            Reading::Present(item) => {
                let present = self.world.remotes.get(side).items.get(&item.id);
                present.is_none_or(|present| present.revision > item.revision)
            }
            Reading::Missing | Reading::Failed(_) => true,
            Reading::NotAsked => false,
        };
        let left = self.left();
        let changes = left.jira + left.azure > 0 || !self.world.late.is_empty();
        changes || Side::BOTH.into_iter().any(is_past)
    }

    /// Whether an action is put off, because whatever it leads to follows as well when it comes later (the essay says why).
    pub(super) fn is_put_off(&self, action: Action) -> bool {
        let Some((job, _)) = self.alone() else {
            return false;
        };
        match action {
            Action::Crash => readings(job).is_some(),
            Action::Feed(_) | Action::Webhook(_) => {
                self.commutes_with(action)
                    || self.is_overtaken_elsewhere(action)
                    || self.is_told_by_feed(action)
            }
            Action::Work
            | Action::Lost
            | Action::Dropped
            | Action::Late
            | Action::Stale(_)
            | Action::Wait => false,
        }
    }

    /// What word that is, if it is of the pair's own items alone.
    fn word(&self, action: Action) -> Option<(Side, Revision)> {
        match action {
            Action::Feed(side) => {
                let (item, revision) = self.only_news(side)?;
                let is_ours = self.has_item(side) && self.item(side) == item;
                is_ours.then_some((side, revision))
            }
            Action::Webhook(side) => {
                let item = self.world.remotes.get(side).item(self.item(side));
                Some((side, item.revision))
            }
            Action::Work
            | Action::Lost
            | Action::Dropped
            | Action::Late
            | Action::Stale(_)
            | Action::Crash
            | Action::Wait => None,
        }
    }

    /// Whether that word and the next job lead to the same in either order. No reading is made by a word, nor a write to the
    /// other side; readings that are thrown away are thrown away; and those that show the revision are heard as if there had
    /// been no word.
    pub(super) fn commutes_with(&self, action: Action) -> bool {
        let (Some((job, pair)), Some((side, revision))) = (self.alone(), self.word(action)) else {
            return false;
        };
        match effect_of(job) {
            Some(Effect::Read | Effect::Probe(_)) => return true,
            Some(Effect::Write(write)) => return write.side != side,
            Some(Effect::HandOver { .. }) | None => {}
        }
        let Some(shown) = readings(job) else {
            return false;
        };
        let shows = match shown.get(side) {
            Reading::Present(item) => item.revision >= revision,
            Reading::Missing | Reading::Failed(_) | Reading::NotAsked => false,
        };
        let is_thrown_away = matches!(self.heard(), Some(Heard::Old | Heard::Behind));
        is_thrown_away || shows && pair.retry.believed.is_none()
    }

    /// Whether the feed has just that word too. Then the feed's comes first: who tells of it again makes no difference.
    pub(super) fn is_told_by_feed(&self, action: Action) -> bool {
        let Action::Webhook(side) = action else {
            return false;
        };
        self.word(action).is_some() && self.word(action) == self.word(Action::Feed(side))
    }

    /// Whether a word that overtakes the readings that are about to be heard leads to nothing that it does not lead to when
    /// they were made before all moves: either way they are thrown away.
    fn is_overtaken_elsewhere(&self, action: Action) -> bool {
        let (Some((_, pair)), Some(_)) = (self.alone(), self.word(action)) else {
            return false;
        };
        self.is_deaf && !is_judged_otherwise(pair)
    }
}

/// Whether more than what is shown, seen and told of decides what becomes of readings.
fn is_judged_otherwise(pair: &Pair) -> bool {
    pair.is_resigned() || pair.is_open() || pair.retry.believed.is_some()
}

/// Whether an item is shown as it was before something that the pair knows already, or without comments of which it does not.
fn is_old(pair: &Pair, side: Side, item: &Item) -> bool {
    let end = pair.ends.get(side).as_ref();
    let is_stale = end.is_some_and(|end| item.revision < end.seen.max(end.written));
    is_stale || item.comments.is_none() && pair.known(side) != Some(item.revision)
}

/// Readings that are about to be heard.
pub(super) fn readings(job: &Job) -> Option<&Both<Reading>> {
    match job {
        Job::Tell(_, event, _) => match &**event {
            Event::Observed(readings) => Some(readings),
            Event::Opened
            | Event::Sending { .. }
            | Event::Finished { .. }
            | Event::Probed { .. }
            | Event::Adopted(_)
            | Event::Woken
            | Event::Told(_)
            | Event::Command(_) => None,
        },
        Job::Run(..) => None,
    }
}
