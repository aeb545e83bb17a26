//! What a state shows of what has an order: revisions and moments.

use model::{Both, Item, Millis, Revision, Side};

use super::heard::Heard;
use super::node::Node;
use crate::effect::Reading;
use crate::event::Event;
use crate::tests::remote::Remote;
use crate::tests::world::Job;
use crate::{Finding, Outcome, Receipt};

/// The revisions that may still be read or heard of, and the moments of changes.
pub(super) struct Shown {
    revisions: Both<Vec<Revision>>,
    /// The latest revision of any item of Azure DevOps'.
    latest: Revision,
    /// With the side that was changed.
    moments: Vec<(Millis, Side)>,
    /// The revision that our own last write made. When it was changed so is of no concern, as long as nobody reads what is past
    /// and no other pair is to begin with the item.
    ours: Both<Revision>,
}

/// Room for as many of each as a state shows at most times.
const ROOM: usize = 12;

impl Shown {
    /// What the state shows when readings may show each item as it was up to so many revisions ago, the present one counted.
    pub(super) fn of(node: &Node, kept: usize) -> Shown {
        let world = &node.world;
        let items = world.remotes.azure.items.values();
        let is_alone = kept == 1 && world.pairs.len() == 1;
        let pair = world.pairs.get(&node.id).filter(|_| is_alone);
        let mut shown = Shown {
            revisions: Both::of(|_| Vec::with_capacity(ROOM)),
            latest: items.map(|item| item.revision).max().unwrap_or_default(),
            moments: Vec::with_capacity(ROOM),
            ours: Both::of(|side| {
                let end = pair.and_then(|pair| pair.ends.get(side).as_ref());
                end.map(|end| end.written).unwrap_or_default()
            }),
        };
        shown.gather(node, kept);
        for side in Side::BOTH {
            let all = shown.revisions.get_mut(side);
            all.sort_unstable();
            all.dedup();
        }
        shown.moments.sort_unstable();
        shown.moments.dedup();
        shown
    }

    fn gather(&mut self, node: &Node, kept: usize) {
        let (world, heard) = (&node.world, node.heard());
        for pair in world.pairs.values() {
            for side in Side::BOTH {
                let end = pair.ends.get(side).as_ref();
                self.moments.extend(end.map(|end| (end.touched, side)));
            }
        }
        for side in Side::BOTH {
            let remote = world.remotes.get(side);
            let told = remote.feed.iter().filter(|_| heard != Some(Heard::Fresh));
            let told = told.map(|(_, revision)| *revision);
            self.revisions.get_mut(side).extend(told);
            for item in last(remote, kept) {
                self.item(item);
            }
        }
        if matches!(heard, Some(Heard::Old | Heard::Behind)) {
            return;
        }
        for job in &world.jobs {
            if let Job::Tell(_, event, _) = job {
                self.event(event);
            }
        }
    }

    fn item(&mut self, item: &Item) {
        self.revisions.get_mut(item.side).push(item.revision);
        if !self.is_ours(item) {
            self.moments.push((item.changed, item.side));
        }
    }

    fn event(&mut self, event: &Event) {
        match event {
            Event::Observed(readings) => {
                for side in Side::BOTH {
                    if let Reading::Present(item) = readings.get(side) {
                        self.item(item);
                    }
                }
            }
            Event::Finished {
                outcome: Outcome::Applied(receipt),
                ..
            }
            | Event::Probed {
                finding: Finding::Found(receipt),
                ..
            } => self.receipt(receipt),
            Event::Adopted(item) => self.item(item),
            Event::Opened
            | Event::Sending { .. }
            | Event::Finished { .. }
            | Event::Probed { .. }
            | Event::Woken
            | Event::Told(_)
            | Event::Command(_) => {}
        }
    }

    fn receipt(&mut self, receipt: &Receipt) {
        if let Some(item) = &receipt.returned {
            self.item(item);
        }
    }

    /// Whether the item is as our own last write left it.
    pub(super) fn is_ours(&self, item: &Item) -> bool {
        *self.ours.get(item.side) == item.revision
    }

    /// A moment at which that side was changed. Only those of two sides are ever compared, so moments of one side between
    /// which the other was not changed are one.
    pub(super) fn moment(&self, side: Side, at: Millis) -> usize {
        if at == Millis(0) {
            return 0;
        }
        let before = self.moments.iter();
        let before = before.take_while(|moment| **moment <= (at, side));
        let (mut turns, mut last) = (0, None);
        for (_, of) in before {
            turns += usize::from(last != Some(of));
            last = Some(of);
        }
        turns
    }

    /// A revision: where it stands among those that may still be read or heard of, for it is compared with nothing else. A patch
    /// may be planned on one that Azure DevOps does not have yet; such a one counts from the latest.
    pub(super) fn revision(&self, side: Side, revision: Revision) -> (u8, u64) {
        if revision == Revision(0) {
            return (0, 0);
        }
        if side == Side::Azure && revision > self.latest {
            return (1, revision.0 - self.latest.0);
        }
        match self.revisions.get(side).binary_search(&revision) {
            Ok(place) => (2, place as u64),
            Err(place) => (3, place as u64),
        }
    }
}

/// The items as they were lately.
pub(super) fn last(remote: &Remote, kept: usize) -> impl Iterator<Item = &Item> {
    let past = remote.past.values();
    past.flat_map(move |past| {
        let before = past.len().saturating_sub(kept);
        past.iter().skip(before).map(AsRef::as_ref)
    })
}
