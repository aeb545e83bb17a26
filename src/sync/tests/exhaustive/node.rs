//! A small world at one moment of its history, and everything that may happen to it next.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Both, ItemId, Millis, PairId, Revision, Side, limit};

use super::names::Names;
use crate::effect::{Body, Effect, Write};
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
    /// How many of an item's latest states a reading may show.
    pub(super) fn kept(&self) -> usize {
        1 + usize::from(self.stale)
    }

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

impl Move {
    pub(super) fn side(self) -> Side {
        match self {
            Move::Edit(side) | Move::Arrive(side) => side,
        }
    }
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

/// Moves that nobody has seen, the world after them, and the actions that see the last of them.
pub(super) struct Fork {
    pub(super) moves: Vec<Move>,
    pub(super) node: Node,
    pub(super) actions: Vec<Action>,
}

impl Action {
    /// Whether it is word of a change.
    pub(super) fn is_word(self) -> bool {
        matches!(self, Action::Feed(_) | Action::Webhook(_))
    }

    /// Whether the next job is done.
    fn is_work(self) -> bool {
        match self {
            Action::Work | Action::Lost | Action::Dropped | Action::Late | Action::Stale(_) => true,
            Action::Feed(_) | Action::Webhook(_) | Action::Crash | Action::Wait => false,
        }
    }
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

/// How long the window is in which writes to and fro are counted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Swings {
    /// It never ends. Then the count is never lower than it would be; here no history brings it to its bound, where the pair
    /// would not be in step.
    Counted,
    /// It ends after each action, and nothing is counted.
    Forgotten,
}

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
    late_at_first: u8,
    /// Whether an edit of ours came upon a younger issue on Jira than the one that it was planned on. What it replaces there is
    /// told, when there is an answer, and cannot be helped.
    pub(super) overwritten: bool,
    pub(super) swings: Swings,
    /// Whether no word need overtake the readings that are about to be heard: there is nothing younger and will not be, or what
    /// is younger may have happened after a reading that was made before all moves.
    pub(super) is_deaf: bool,
}

impl Node {
    /// A world with one item on that side, in which people make at most so many edits of the plan on each side.
    pub(super) fn new(
        origin: Side,
        plan: Plan,
        most: usize,
        luck: Misfortunes,
        swings: Swings,
    ) -> Node {
        let mut hands = plan.jira.iter().chain(plan.azure);
        let mut world = match hands.all(|hand| *hand == Hand::Title) {
            true => World::without_rules("latest"),
            false => World::new("latest"),
        };
        world.keeps_effects = false;
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
            late_at_first: luck.late,
            overwritten: false,
            swings,
            is_deaf: false,
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

    /// The item that people see on that side, whether the pair knows it or not.
    fn shown_item(&self, side: Side) -> Option<ItemId> {
        let known = self.has_item(side).then(|| self.item(side));
        let marker = self.world.marker(self.id);
        let marked = || {
            self.world
                .remotes
                .get(side)
                .marked(&marker)
                .first()
                .map(|item| item.id)
        };
        known.or_else(marked)
    }

    pub(super) fn item(&self, side: Side) -> ItemId {
        let pair = self.world.pairs.get(&self.id);
        pair.and_then(|pair| pair.item(side))
            .unwrap_or(self.id.item)
    }

    /// Everything that may happen next and is not put off. The plain course of things comes last, and so is followed first. A
    /// state between a move and what sees it is gone on from when it is to be entered.
    pub(super) fn forks(self, enters: &impl Fn(&Node, Side) -> bool) -> Vec<Fork> {
        let mut forks = Vec::new();
        let kind = |node: &Node, action| !node.is_put_off(action);
        self.add_forks(Vec::new(), &kind, enters, &mut forks);
        forks
    }

    /// Everything of that kind that may happen next.
    pub(super) fn forks_of(self, kind: &impl Fn(&Node, Action) -> bool) -> Vec<Fork> {
        let mut forks = Vec::new();
        self.add_forks(Vec::new(), kind, &|_, _| true, &mut forks);
        forks
    }

    /// Moves commute with whatever does not see them, so they are made just before they are seen (the essay says why that
    /// is enough).
    fn add_forks(
        self,
        moves: Vec<Move>,
        kind: &impl Fn(&Node, Action) -> bool,
        enters: &impl Fn(&Node, Side) -> bool,
        forks: &mut Vec<Fork>,
    ) {
        for next in self.moves() {
            let mut later = self.clone();
            later.make(next);
            if enters(&later, next.side()) {
                let mut moves = moves.clone();
                moves.push(next);
                later.add_forks(moves, kind, enters, forks);
            }
        }
        let last = moves.last().map(|last| last.side());
        let mut actions = self.actions();
        actions.retain(|action| last.is_none_or(|side| self.is_seen_by(*action, side)));
        actions.retain(|action| kind(&self, *action));
        if !actions.is_empty() {
            let node = self;
            forks.push(Fork {
                moves,
                node,
                actions,
            });
        }
    }

    pub(super) fn moves(&self) -> Vec<Move> {
        let may_edit =
            |side: &Side| *self.made.get(*side) < self.most && self.shown_item(*side).is_some();
        let edits = Side::BOTH.into_iter().filter(may_edit).map(Move::Edit);
        let late = self.world.late.first();
        let arrives = late.map(|(_, write)| Move::Arrive(write.side));
        edits.chain(arrives).collect()
    }

    pub(super) fn actions(&self) -> Vec<Action> {
        let mut actions = Vec::new();
        if self.luck.crashes > 0 {
            actions.push(Action::Crash);
        }
        for side in Side::BOTH {
            if self.luck.webhooks > 0 && self.may_tell_again(side) {
                actions.push(Action::Webhook(side));
            }
            if self.has_news(side) {
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
        match effect_of(job) {
            Some(Effect::Write(_)) => {
                if self.luck.unknown > 0 {
                    actions.extend([Action::Lost, Action::Dropped]);
                }
                if self.luck.late > 0 {
                    actions.push(Action::Late);
                }
            }
            Some(Effect::Read) if self.luck.stale > 0 => {
                let may_lag = |side: &Side| self.may_lag(job, *side);
                actions.extend(Side::BOTH.into_iter().filter(may_lag).map(Action::Stale));
            }
            Some(Effect::Read | Effect::Probe(_) | Effect::HandOver { .. }) | None => {}
        }
        actions.push(Action::Work);
    }

    /// Whether it is an edit of an issue that somebody has changed since the edit was planned.
    pub(super) fn overwrites(&self, write: &Write) -> bool {
        let Body::Edit(edit) = &write.body else {
            return false;
        };
        let item = self.world.remotes.get(write.side).items.get(&edit.item);
        write.side == Side::Jira && item.is_some_and(|item| item.revision > edit.at)
    }

    /// Whether the reading that is the next job may show an older state of that side than the present one.
    fn may_lag(&self, job: &Job, side: Side) -> bool {
        let pair = self.world.pairs.get(&job.pair());
        let item = pair.and_then(|pair| pair.item(side));
        let past = item.and_then(|item| self.world.remotes.get(side).past.get(&item));
        past.is_some_and(|past| past.len() > 1)
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
    pub(super) fn news(&self, side: Side) -> BTreeMap<ItemId, Revision> {
        let mut news = BTreeMap::new();
        for (item, revision) in self.untold(side) {
            let latest = news.entry(item).or_insert(revision);
            *latest = (*latest).max(revision);
        }
        news
    }

    /// The same when it tells of one item alone.
    pub(super) fn only_news(&self, side: Side) -> Option<(ItemId, Revision)> {
        let mut all = self.untold(side);
        let first = all.next()?;
        all.try_fold(first, |(of, latest), (item, revision)| {
            (item == of).then(|| (of, latest.max(revision)))
        })
    }

    /// How many words of that feed are still to be told.
    pub(super) fn count_untold(&self, side: Side) -> usize {
        self.untold(side).count()
    }

    fn has_news(&self, side: Side) -> bool {
        self.untold(side).next().is_some()
    }

    /// What the feed of that side holds and the pair of the item has not dealt with.
    fn untold(&self, side: Side) -> impl Iterator<Item = (ItemId, Revision)> {
        let feed = self.world.remotes.get(side).feed.iter().copied();
        feed.filter(move |(item, revision)| {
            let mut pairs = self.world.pairs.values();
            let pair = pairs.find(|pair| pair.item(side) == Some(*item));
            pair.is_none_or(|pair| !pair.has_seen(side, *revision))
        })
    }

    /// Whether an action sees what has just happened at that side, or stands in an order to it that somebody can tell.
    pub(super) fn is_seen_by(&self, action: Action, side: Side) -> bool {
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
                match job.and_then(effect_of) {
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

    pub(super) fn is_about_to_read(&self) -> bool {
        let next = self.world.jobs.front().and_then(effect_of);
        matches!(next, Some(Effect::Read))
    }

    /// Whether nothing happens any more by itself.
    pub(super) fn is_quiet(&self) -> bool {
        let silent = |side: Side| !self.has_news(side);
        self.world.jobs.is_empty()
            && self.next_moment().is_none()
            && Side::BOTH.into_iter().all(silent)
    }

    /// Goes on by an action, before which something was moved or not.
    pub(super) fn go(&mut self, action: Action, moved: bool) {
        let reads = self.is_about_to_read();
        self.take(action);
        self.forget();
        let later = moved && action == Action::Work;
        self.is_deaf = reads && action.is_work() && (later || !self.may_be_overtaken());
    }

    pub(super) fn make(&mut self, next: Move) {
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
        let arrives = matches!(action, Action::Work | Action::Lost);
        let next = self.world.jobs.front().and_then(effect_of);
        if let (true, Some(Effect::Write(write))) = (arrives, next) {
            self.overwritten |= self.overwrites(write);
        }
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

    fn edit(&mut self, side: Side) {
        let Some(item) = self.shown_item(side) else {
            return;
        };
        let nth = *self.made.get(side);
        *self.made.get_mut(side) += 1;
        let hand = self.plan.get(side)[nth];
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

    /// Whether it is still asked whether a person's title was lost: Jira takes no precondition, so a write that arrives late may
    /// undo what a person did there meanwhile (durability.md 3.3), and so may one that leaves just then, which is told.
    pub(super) fn is_asked(&self) -> bool {
        let in_time = self.luck.late == self.late_at_first && !self.overwritten;
        in_time || self.made.jira == 0
    }

    /// Which edit of each side was the last one of the title.
    pub(super) fn wishes(&self) -> Both<Option<usize>> {
        Both::of(|side| {
            let made = self.plan.get(side).get(..*self.made.get(side))?;
            made.iter().rposition(|hand| *hand == Hand::Title)
        })
    }
}

/// The effect that a job carries out.
pub(super) fn effect_of(job: &Job) -> Option<&Effect> {
    match job {
        Job::Run(_, effects) => effects.front().map(Arc::as_ref),
        Job::Tell(..) => None,
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
