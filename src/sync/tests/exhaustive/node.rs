//! A small world at one moment of its history, and everything that may happen to it next.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Both, ItemId, Millis, PairId, Revision, Side, limit};

use super::names::Names;
use crate::effect::{Body, Effect};
use crate::pair::Phase;
use crate::tests::remote::{choice, number, set, text};
use crate::tests::world::{Blur, Fault, Job, LABELS, PRIORITY, STATE, TITLE, World};

/// Misfortunes that may still happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Misfortunes {
    pub(super) crashes: u8,
    pub(super) unknown: u8,
    pub(super) late: u8,
    pub(super) stale: u8,
    pub(super) webhooks: u8,
}

impl Misfortunes {
    /// Each of them as a bit. None happens twice.
    pub(super) fn bits(&self) -> u8 {
        let all = [
            self.crashes,
            self.unknown,
            self.late,
            self.stale,
            self.webhooks,
        ];
        let bits = all.into_iter().zip(0_u8..);
        bits.map(|(count, place)| {
            assert!(count <= 1, "{self:?}");
            count << place
        })
        .sum()
    }
}

/// Something that happens at a remote, and that nobody has seen yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    /// A person edits.
    Edit(Side),
    /// A write that is on its way there arrives.
    Arrive(Side),
}

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// The next job is done.
    Work,
    /// The next job is a write: it is applied, and its answer is lost.
    Lost,
    /// The next job is a write: it never arrives, and nobody knows.
    Dropped,
    /// The next job is a write: the client gives up, and it is still on its way.
    Late,
    /// The next job is a reading: that side shows the item as it was one revision ago.
    Stale(Side),
    /// A feed delivers.
    Feed(Side),
    /// A webhook tells again of the item as it is.
    Webhook(Side),
    /// The process dies.
    Crash,
    /// Nothing is left to do, and time passes until the next timer, or until what is on its way has to arrive.
    Wait,
}

/// Moves that nobody has seen, and the first action that sees the last of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Leg {
    pub(super) moves: Vec<Move>,
    pub(super) action: Action,
}

/// One kind of edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hand {
    Title,
    Labels,
    State,
    Priority,
    Comment,
}

/// What people do, in order.
pub(super) type Plan = Both<&'static [Hand]>;

/// A world and what may still happen to it.
#[derive(Clone)]
pub(super) struct Node {
    pub(super) world: World,
    pub(super) id: PairId,
    pub(super) names: Arc<Names>,
    plan: Plan,
    /// The edits that people have made.
    pub(super) made: Both<usize>,
    most: usize,
    pub(super) luck: Misfortunes,
    /// Whether an edit of ours has replaced what somebody had set on Jira since the reading that it was planned on. That is told,
    /// when there is an answer, and cannot be helped.
    pub(super) overwritten: bool,
}

impl Node {
    /// A world with one item on that side, in which people make at most so many edits of the plan on each side.
    pub(super) fn new(origin: Side, plan: Plan, most: usize, luck: Misfortunes) -> Node {
        let mut world = World::new("latest");
        let id = world.begin(origin);
        let names = Arc::new(Names::of(&world, most));
        Node {
            world,
            id,
            names,
            plan,
            made: Both::default(),
            most,
            luck,
            overwritten: false,
        }
    }

    /// Edits that people may still make on each side.
    pub(super) fn left(&self) -> Both<usize> {
        Both::of(|side| self.most - *self.made.get(side))
    }

    /// Whether all edits are of one kind, so that only their number tells what is still to come.
    pub(super) fn is_uniform(&self) -> bool {
        let mut hands = self.plan.jira.iter().chain(self.plan.azure);
        hands.all(|hand| *hand == Hand::Title)
    }

    pub(super) fn has_item(&self, side: Side) -> bool {
        let pair = self.world.pairs.get(&self.id);
        side == self.id.origin || pair.is_some_and(|pair| pair.item(side).is_some())
    }

    pub(super) fn item(&self, side: Side) -> ItemId {
        let pair = self.world.pairs.get(&self.id);
        pair.and_then(|pair| pair.item(side))
            .unwrap_or(self.id.item)
    }

    /// Everything that may happen next. The plain course of things comes last, and so is followed first.
    pub(super) fn legs(&self) -> Vec<Leg> {
        let mut legs = Vec::new();
        self.add_legs(&mut Vec::new(), &mut legs);
        legs
    }

    /// Moves commute with whatever does not see them, so they are made just before they are seen (the essay says why that
    /// is enough).
    fn add_legs(&self, moves: &mut Vec<Move>, legs: &mut Vec<Leg>) {
        for next in self.moves() {
            let mut later = self.clone();
            later.make(next);
            moves.push(next);
            later.add_legs(moves, legs);
            moves.pop();
        }
        let last = moves
            .last()
            .map(|(Move::Edit(side) | Move::Arrive(side))| *side);
        for action in self.actions() {
            if last.is_none_or(|side| self.is_seen_by(action, side)) {
                let moves = moves.clone();
                legs.push(Leg { moves, action });
            }
        }
    }

    fn moves(&self) -> Vec<Move> {
        let may_edit = |side: &Side| *self.made.get(*side) < self.most && self.has_item(*side);
        let edits = Side::BOTH.into_iter().filter(may_edit).map(Move::Edit);
        let late = self.world.late.first();
        let arrives = late.map(|(_, write)| Move::Arrive(write.side));
        edits.chain(arrives).collect()
    }

    fn actions(&self) -> Vec<Action> {
        let mut actions = Vec::new();
        if self.luck.crashes > 0 {
            actions.push(Action::Crash);
        }
        for side in Side::BOTH {
            if self.luck.webhooks > 0 && self.may_tell_again(side) {
                actions.push(Action::Webhook(side));
            }
            if !self.news(side).is_empty() {
                actions.push(Action::Feed(side));
            }
        }
        match self.world.jobs.front() {
            Some(job) => self.add_work(job, &mut actions),
            None if self.next_moment().is_some() => actions.push(Action::Wait),
            None => {}
        }
        actions
    }

    fn add_work(&self, job: &Job, actions: &mut Vec<Action>) {
        match self.effect_of(job) {
            Some(Effect::Write(_)) => {
                if self.luck.unknown > 0 {
                    actions.extend([Action::Lost, Action::Dropped]);
                }
                if self.luck.late > 0 {
                    actions.push(Action::Late);
                }
            }
            Some(Effect::Read) if self.luck.stale > 0 => {
                let read = Side::BOTH.into_iter().filter(|side| self.is_past(*side));
                actions.extend(read.map(Action::Stale));
            }
            Some(Effect::Read | Effect::Probe(_) | Effect::HandOver { .. }) | None => {}
        }
        actions.push(Action::Work);
    }

    /// The effect that a job carries out.
    fn effect_of<'a>(&self, job: &'a Job) -> Option<&'a Effect> {
        match job {
            Job::Run(_, effects) => effects.front(),
            Job::Tell(..) => None,
        }
    }

    /// Whether the next job is an edit of an issue that somebody has changed since the edit was planned.
    fn overwrites(&self) -> bool {
        let job = self.world.jobs.front();
        let Some(Effect::Write(write)) = job.and_then(|job| self.effect_of(job)) else {
            return false;
        };
        let Body::Edit(edit) = &write.body else {
            return false;
        };
        let item = self.world.remotes.get(write.side).items.get(&edit.item);
        write.side == Side::Jira && item.is_some_and(|item| item.revision > edit.at)
    }

    /// Whether a reading of that side may show an older state than the present one.
    fn is_past(&self, side: Side) -> bool {
        let past = self.world.remotes.get(side).past.get(&self.item(side));
        self.has_item(side) && past.is_some_and(|past| past.len() > 1)
    }

    fn may_tell_again(&self, side: Side) -> bool {
        if !self.has_item(side) {
            return false;
        }
        let revision = self.world.remotes.get(side).item(self.item(side)).revision;
        let pair = self.world.pairs.get(&self.id);
        pair.is_none_or(|pair| !pair.has_seen(side, revision))
    }

    /// What the feed of that side has to tell, the latest of each item.
    fn news(&self, side: Side) -> BTreeMap<ItemId, Revision> {
        let mut news = BTreeMap::new();
        for (item, revision) in &self.world.remotes.get(side).feed {
            let latest = news.entry(*item).or_insert(*revision);
            *latest = (*latest).max(*revision);
        }
        let of = |item: ItemId| {
            let mut pairs = self.world.pairs.values();
            pairs.find(move |pair| pair.item(side) == Some(item))
        };
        news.retain(|item, revision| of(*item).is_none_or(|pair| !pair.has_seen(side, *revision)));
        news
    }

    /// Whether an action sees what has just happened at that side, or stands in an order to it that somebody can tell.
    fn is_seen_by(&self, action: Action, side: Side) -> bool {
        match action {
            Action::Feed(of) | Action::Webhook(of) => of == side,
            // A change that we make has its moment too, and which of two changes is the later may decide a conflict.
            Action::Lost | Action::Stale(_) => true,
            Action::Dropped | Action::Late | Action::Crash => false,
            Action::Wait => {
                let next = self.next_moment();
                self.world.late.iter().any(|(at, _)| Some(*at) <= next)
            }
            Action::Work => {
                let job = self.world.jobs.front();
                match job.and_then(|job| self.effect_of(job)) {
                    Some(Effect::Read | Effect::Write(_) | Effect::HandOver { .. }) => true,
                    Some(Effect::Probe(probe)) => probe.side == side,
                    None => false,
                }
            }
        }
    }

    /// The next timer, or the last moment at which something on its way arrives.
    fn next_moment(&self) -> Option<Millis> {
        let timers = self.world.pairs.values().filter_map(|pair| pair.wake);
        let late = self.world.late.iter().map(|(until, _)| *until);
        timers.chain(late).min()
    }

    /// Whether nothing happens any more by itself.
    pub(super) fn is_quiet(&self) -> bool {
        let silent = |side: Side| self.news(side).is_empty();
        self.world.jobs.is_empty()
            && self.next_moment().is_none()
            && Side::BOTH.into_iter().all(silent)
    }

    /// Goes one leg.
    pub(super) fn go(&mut self, leg: &Leg) {
        for next in &leg.moves {
            self.make(*next);
        }
        self.take(leg.action);
        self.forget();
    }

    fn make(&mut self, next: Move) {
        match next {
            Move::Edit(side) => self.edit(side),
            Move::Arrive(_) => {
                if let Some((at, _)) = self.world.late.first_mut() {
                    *at = self.world.now;
                }
                self.world.arrive();
            }
        }
    }

    fn take(&mut self, action: Action) {
        self.overwritten |= matches!(action, Action::Work | Action::Lost) && self.overwrites();
        let world = &mut self.world;
        match action {
            Action::Work => {
                world.pump();
            }
            Action::Lost | Action::Dropped => {
                self.luck.unknown -= 1;
                let lost = action == Action::Lost;
                let fault = if lost { Fault::Lost } else { Fault::Dropped };
                world.faults.push_back(fault);
                world.pump();
            }
            Action::Late => {
                self.luck.late -= 1;
                // One second before the moment from which on absence is believed.
                world
                    .faults
                    .push_back(Fault::Late(limit::LATENESS_MS - 1_000));
                world.pump();
            }
            Action::Stale(side) => {
                self.luck.stale -= 1;
                world.blurs.get_mut(side).push_back(Blur::Old(1));
                world.pump();
            }
            Action::Feed(side) => {
                for (item, revision) in self.news(side) {
                    self.world.hint(side, item, revision);
                }
                self.world.remote(side).feed.clear();
            }
            Action::Webhook(side) => {
                self.luck.webhooks -= 1;
                let item = self.item(side);
                let revision = self.world.remotes.get(side).item(item).revision;
                self.world.hint(side, item, revision);
            }
            Action::Crash => {
                self.luck.crashes -= 1;
                world.crash();
            }
            Action::Wait => {
                let next = self.next_moment().unwrap_or(self.world.now);
                self.world.wait(next.since(self.world.now));
            }
        }
    }

    /// Forgets what nothing that may still happen can ask for.
    fn forget(&mut self) {
        for side in Side::BOTH {
            let news = self.news(side).into_iter().collect();
            let kept = if self.luck.stale > 0 { 2 } else { 1 };
            let remote = self.world.remote(side);
            remote.feed = news;
            remote.writes.clear();
            remote.changelog.clear();
            for past in remote.past.values_mut() {
                past.drain(..past.len().saturating_sub(kept));
            }
        }
        let world = &mut self.world;
        world.notes.clear();
        world.effects.clear();
        for pair in world.pairs.values_mut() {
            pair.told.clear();
            for swing in pair.swings.values_mut() {
                swing.since = world.now;
            }
            if let Phase::Parked(park) = &mut pair.phase {
                park.since = Millis(0);
            }
        }
        let pairs = &world.pairs;
        world.jobs.retain(|job| match job {
            Job::Tell(id, ..) => pairs.contains_key(id),
            Job::Run(id, effects) => pairs.get(id).is_some_and(|pair| match effects.front() {
                Some(Effect::Write(write)) => pair.awaits(write.intent),
                Some(Effect::Read | Effect::Probe(_) | Effect::HandOver { .. }) => true,
                None => false,
            }),
        });
    }

    fn edit(&mut self, side: Side) {
        let nth = *self.made.get(side);
        *self.made.get_mut(side) += 1;
        let (item, hand) = (self.item(side), self.plan.get(side)[nth]);
        let at = self.world.moment();
        let name = Names::given(side, nth);
        let (field, value) = match hand {
            Hand::Title => (TITLE, text(&name)),
            Hand::Labels => (LABELS, set(&[&name])),
            Hand::State => (STATE, state(side, nth)),
            Hand::Priority => (PRIORITY, priority(side, nth)),
            Hand::Comment => {
                self.world.remote(side).comment(item, at, &name);
                return;
            }
        };
        let remote = self.world.remote(side);
        remote.edit(item, at, field.get(side), value);
    }

    /// The title that people gave last on each side.
    pub(super) fn wishes(&self) -> Both<Option<String>> {
        Both::of(|side| {
            let made = self.plan.get(side).get(..*self.made.get(side))?;
            let last = made.iter().rposition(|hand| *hand == Hand::Title)?;
            Some(Names::given(side, last))
        })
    }
}

fn state(side: Side, nth: usize) -> model::Value {
    let names = match side {
        Side::Jira => ["In Progress", "Done"],
        Side::Azure => ["Active", "Closed"],
    };
    choice(names[nth % 2])
}

fn priority(side: Side, nth: usize) -> model::Value {
    match side {
        Side::Jira => choice(["Highest", "Low"][nth % 2]),
        Side::Azure => number([3.0, 1.0][nth % 2]),
    }
}
