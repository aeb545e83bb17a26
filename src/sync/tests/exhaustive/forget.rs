//! What nothing that may still happen can ask for.

use std::sync::Arc;

use model::{Millis, Side};

use super::node::{Node, Swings};
use crate::effect::{Body, Effect};
use crate::pair::{Pair, Phase};
use crate::tests::world::{Job, World};

impl Node {
    /// Forgets it. What is as it should be is left alone, for it may be shared.
    pub(super) fn forget(&mut self) {
        for side in Side::BOTH {
            self.forget_past(side);
        }
        let world = &mut self.world;
        world.notes.clear();
        for pair in world.pairs.values_mut() {
            forget_told(pair, world.now, self.swings);
        }
        forget_overtaken(world);
        forget_undone(world);
    }

    fn forget_past(&mut self, side: Side) {
        let kept = self.luck.kept();
        let remote = self.world.remotes.get(side);
        let long = remote.past.values().any(|past| past.len() > kept);
        let old = match remote.feed.len() {
            held @ 0..=1 => self.count_untold(side) < held,
            held => self.news(side).len() < held,
        };
        if !long && !old && remote.writes.is_empty() && remote.changelog.is_empty() {
            return;
        }
        let news = self.news(side).into_iter().collect();
        let remote = self.world.remote(side);
        remote.feed = news;
        remote.writes.clear();
        remote.changelog.clear();
        for past in remote.past.values_mut() {
            past.drain(..past.len().saturating_sub(kept));
        }
    }
}

/// A guarded patch on its way is refused whenever it arrives once the revision that it names is past.
fn forget_overtaken(world: &mut World) {
    let azure = &world.remotes.azure;
    world.late.retain(|(_, write)| match &write.body {
        Body::Edit(edit) if write.side == Side::Azure => azure.item(edit.item).revision <= edit.at,
        Body::Edit(_)
        | Body::Create(_)
        | Body::Transition(_)
        | Body::Comment(_)
        | Body::Link(_) => true,
    });
}

/// Jobs that come to nothing when their turn comes.
fn forget_undone(world: &mut World) {
    let pairs = &world.pairs;
    world.jobs.retain(|job| match job {
        Job::Tell(id, ..) => pairs.contains_key(id),
        Job::Run(id, effects) => {
            let front = effects.front().map(Arc::as_ref);
            pairs.get(id).is_some_and(|pair| match front {
                Some(Effect::Write(write)) => pair.awaits(write.intent),
                Some(Effect::Read | Effect::Probe(_) | Effect::HandOver { .. }) => true,
                None => false,
            })
        }
    });
}

/// What only people are told of, and moments that nothing depends on here.
fn forget_told(pair: &mut Arc<Pair>, now: Millis, swings: Swings) {
    let parked = matches!(&pair.phase, Phase::Parked(park) if park.since != Millis(0));
    let swung = match swings {
        Swings::Counted => pair.swings.values().any(|swing| swing.since != now),
        Swings::Forgotten => !pair.swings.is_empty(),
    };
    if pair.told.is_empty() && !parked && !swung {
        return;
    }
    let pair = Arc::make_mut(pair);
    pair.told.clear();
    match swings {
        Swings::Counted => {
            for swing in pair.swings.values_mut() {
                swing.since = now;
            }
        }
        Swings::Forgotten => pair.swings.clear(),
    }
    if let Phase::Parked(park) = &mut pair.phase {
        park.since = Millis(0);
    }
}
