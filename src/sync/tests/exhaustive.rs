//! Every interleaving of a small world: one pair, an edit on each side, and one misfortune, or two at once. Depth first, each
//! state once. What must hold is asked of every state; where nothing more happens by itself, both sides must be in step.
//!
//! The worlds are the ones of the other tests, so the predicates are those of production: [`World::step`] asserts them.

mod fingerprint;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use model::{Both, Millis, PairId, Side};

use super::remote::{set, text};
use super::world::{Blur, Fault, Job, LABELS, PRIORITY, STATE, TITLE, World, is_search};
use crate::effect::Effect;

/// What may still happen that nobody can foresee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Budget {
    edits: Both<usize>,
    crashes: u8,
    unknown: u8,
    late: u8,
    stale: u8,
    webhooks: u8,
}

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    /// The next job is done.
    Work,
    /// The next job is a write: it is applied, and its answer is lost.
    Lost,
    /// The next job is a write: it never arrives, and nobody knows.
    Dropped,
    /// The next job is a write: the client gives up, and it is still on its way.
    Late,
    /// What is on its way arrives.
    Arrive,
    /// The next job is a reading: that side shows the item as it was one revision ago.
    Stale(Side),
    /// A person edits.
    Edit(Side),
    /// A feed delivers.
    Feed(Side),
    /// A webhook tells again of the item as it is.
    Webhook(Side),
    /// The process dies.
    Crash,
    /// Nothing is left to do, and time passes until the next timer, or until what is on its way has to arrive.
    Wait,
}

/// One kind of edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hand {
    Title,
    Labels,
    State,
    Priority,
    Comment,
}

/// What people do, in order.
type Plan = Both<&'static [Hand]>;

/// A world and what may still happen to it.
#[derive(Clone)]
struct Node {
    world: World,
    id: PairId,
    plan: Plan,
    first: Budget,
    left: Budget,
}

/// The longest history; more means that something runs in circles.
const DEEPEST: usize = 600;

/// What a search came to.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    states: usize,
    steps: usize,
    ends: usize,
    deepest: usize,
}

impl Node {
    fn new(origin: Side, policy: &str, plan: Plan, left: Budget) -> Node {
        let mut world = World::new(policy);
        let id = world.begin(origin);
        world.awake.clear();
        Node {
            world,
            id,
            plan,
            first: left,
            left,
        }
    }

    fn has_item(&self, side: Side) -> bool {
        let twin = self.world.pairs.get(&self.id);
        side == self.id.origin || twin.is_some_and(|pair| pair.item(side).is_some())
    }

    /// Everything that may happen next.
    fn actions(&self) -> Vec<Action> {
        let mut actions = Vec::new();
        match self.world.jobs.front() {
            Some(job) => self.add_work(job, &mut actions),
            None if self.next_moment().is_some() => actions.push(Action::Wait),
            None => {}
        }
        if !self.world.late.is_empty() {
            actions.push(Action::Arrive);
        }
        for side in Side::BOTH {
            if *self.left.edits.get(side) > 0 && self.has_item(side) {
                actions.push(Action::Edit(side));
            }
            if !self.world.remotes.get(side).feed.is_empty() {
                actions.push(Action::Feed(side));
            }
            if self.left.webhooks > 0 && self.has_item(side) {
                actions.push(Action::Webhook(side));
            }
        }
        if self.left.crashes > 0 {
            actions.push(Action::Crash);
        }
        actions
    }

    fn add_work(&self, job: &Job, actions: &mut Vec<Action>) {
        actions.push(Action::Work);
        let Job::Run(id, effects) = job else {
            return;
        };
        let Some(pair) = self.world.pairs.get(id) else {
            return;
        };
        match effects.front() {
            Some(Effect::Write(write)) if pair.awaits(write.intent) => {
                if self.left.unknown > 0 {
                    actions.extend([Action::Lost, Action::Dropped]);
                }
                if self.left.late > 0 {
                    actions.push(Action::Late);
                }
            }
            Some(Effect::Read) if self.left.stale > 0 => {
                let read = Side::BOTH.into_iter().filter(|side| self.has_item(*side));
                actions.extend(read.map(Action::Stale));
            }
            _ => {}
        }
    }

    /// The next timer, or the last moment at which something on its way arrives.
    fn next_moment(&self) -> Option<Millis> {
        let timers = self.world.pairs.values().filter_map(|pair| pair.wake);
        let late = self.world.late.iter().map(|(until, _)| *until);
        timers.chain(late).min()
    }

    /// Whether nothing happens any more by itself.
    fn is_quiet(&self) -> bool {
        let feeds = Side::BOTH.into_iter();
        let silent = feeds.map(|side| &self.world.remotes.get(side).feed);
        let mut silent = silent.map(Vec::is_empty);
        self.world.jobs.is_empty() && self.next_moment().is_none() && silent.all(|empty| empty)
    }

    fn take(&mut self, action: Action) {
        let world = &mut self.world;
        match action {
            Action::Work => {
                world.pump();
            }
            Action::Lost | Action::Dropped => {
                self.left.unknown -= 1;
                let lost = action == Action::Lost;
                let fault = if lost { Fault::Lost } else { Fault::Dropped };
                world.faults.push_back(fault);
                world.pump();
            }
            Action::Late => {
                self.left.late -= 1;
                // One second before the moment from which on absence is believed.
                let bound = model::limit::LATENESS_MS - 1_000;
                world.faults.push_back(Fault::Late(bound));
                world.pump();
            }
            Action::Arrive => {
                for (at, _) in &mut world.late {
                    *at = world.now;
                }
                world.arrive();
            }
            Action::Stale(side) => {
                self.left.stale -= 1;
                world.blurs.get_mut(side).push_back(Blur::Old(1));
                world.pump();
            }
            Action::Edit(side) => self.edit(side),
            Action::Feed(side) => {
                for (item, revision) in std::mem::take(&mut world.remote(side).feed) {
                    world.hint(side, item, revision);
                }
            }
            Action::Webhook(side) => {
                self.left.webhooks -= 1;
                let item = self.item(side);
                let revision = self.world.remotes.get(side).item(item).revision;
                self.world.hint(side, item, revision);
            }
            Action::Crash => {
                self.left.crashes -= 1;
                world.crash();
            }
            Action::Wait => self.wait(),
        }
    }

    fn item(&self, side: Side) -> model::ItemId {
        let twin = self.world.pairs.get(&self.id);
        let known = twin.and_then(|pair| pair.item(side));
        known.unwrap_or(self.id.item)
    }

    fn wait(&mut self) {
        let Some(next) = self.next_moment() else {
            return;
        };
        self.world.wait(next.0.saturating_sub(self.world.now.0));
    }

    fn edit(&mut self, side: Side) {
        let left = self.left.edits.get_mut(side);
        let plan = self.plan.get(side);
        let nth = *self.first.edits.get(side) - *left;
        *left -= 1;
        let (item, hand) = (self.item(side), plan[nth]);
        let world = &mut self.world;
        world.now = world.now.plus(10);
        let now = world.now;
        let name = format!("{side}-{nth}");
        let (field, value) = match hand {
            Hand::Title => (TITLE, text(&name)),
            Hand::Labels => (LABELS, set(&[&name])),
            Hand::State => (STATE, state(side, nth)),
            Hand::Priority => (PRIORITY, priority(side, nth)),
            Hand::Comment => {
                world.remote(side).comment(item, now, &name);
                return;
            }
        };
        world.remote(side).edit(item, now, field.get(side), value);
    }

    /// What is wrong in this very state, whatever comes.
    fn faults(&self) -> Vec<String> {
        let far = self.world.remotes.get(self.id.origin.other());
        let twins = far.marked(&self.world.marker(self.id)).len();
        let mut wrong = Vec::new();
        if twins > 1 {
            wrong.push(format!("{twins} items of one marker"));
        }
        if self.has_item(self.id.origin.other()) && self.world.pairs.contains_key(&self.id) {
            wrong.extend(self.doubled_comments());
        }
        wrong
    }

    fn doubled_comments(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for side in Side::BOTH {
            let remote = self.world.remotes.get(side);
            let Some(item) = remote.items.get(&self.item(side)) else {
                continue;
            };
            let mut met = BTreeSet::new();
            for comment in item.comments.iter().flatten() {
                if let Some(marker) = comment.marker.filter(|_| comment.by_us)
                    && !met.insert((marker.side, marker.comment))
                {
                    wrong.push(format!("two twins of {:?} on {side}", marker.comment));
                }
            }
        }
        wrong
    }

    /// What is wrong where nothing more happens by itself.
    fn faults_at_rest(&self) -> Vec<String> {
        let mut wrong = self.world.faults_of(self.id);
        // Jira takes no precondition: a write that arrives late may undo what a person did meanwhile (durability.md 3.3).
        if self.left.late > 0 {
            wrong.extend(self.lost_titles());
        }
        wrong
    }

    /// A title that only one side was given must be there; of two that both were given, one.
    fn lost_titles(&self) -> Option<String> {
        let given = Both::of(|side| {
            let plan = self.plan.get(side);
            let made = self.first.edits.get(side) - self.left.edits.get(side);
            let last = plan[..made].iter().rposition(|hand| *hand == Hand::Title);
            last.map(|nth| format!("{side}-{nth}"))
        });
        let mut wished = Side::BOTH
            .into_iter()
            .filter_map(|side| given.get(side).clone());
        let title = self.world.value(self.id, Side::Jira, TITLE);
        let any = given.jira.is_some() || given.azure.is_some();
        let held = wished.any(|wish| *title == text(&wish));
        (any && !held).then(|| "a person's title is lost".to_owned())
    }
}

fn state(side: Side, nth: usize) -> model::Value {
    let names = match side {
        Side::Jira => ["In Progress", "Done"],
        Side::Azure => ["Active", "Closed"],
    };
    super::remote::choice(names[nth % 2])
}

fn priority(side: Side, nth: usize) -> model::Value {
    match side {
        Side::Jira => super::remote::choice(["Highest", "Low"][nth % 2]),
        Side::Azure => super::remote::number([3.0, 1.0][nth % 2]),
    }
}

/// The way to the state that is looked at; printed when something in it fails.
struct Path(Vec<Action>);

impl Drop for Path {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut told = String::new();
            for action in &self.0 {
                let _ = write!(told, "{action:?} ");
            }
            eprintln!("the history: {told}");
        }
    }
}

/// Looks at every state that can be reached.
fn search(root: Node) -> Tally {
    let (mut tally, mut path) = (Tally::default(), Path(Vec::new()));
    let mut met = BTreeSet::from([fingerprint::of(&root)]);
    let first = root.actions();
    let mut stack = vec![(root, first)];
    while let Some((node, actions)) = stack.last_mut() {
        let Some(action) = actions.pop() else {
            stack.pop();
            path.0.pop();
            continue;
        };
        let mut next = node.clone();
        path.0.push(action);
        next.take(action);
        next.world.notes.clear();
        next.world.effects.clear();
        tally.steps += 1;
        if !met.insert(fingerprint::of(&next)) {
            path.0.pop();
            continue;
        }
        look(&next, &mut tally);
        let actions = next.actions();
        stack.push((next, actions));
        tally.deepest = tally.deepest.max(stack.len());
        assert!(stack.len() < DEEPEST, "it never comes to rest");
    }
    tally.states = met.len();
    tally
}

fn look(node: &Node, tally: &mut Tally) {
    let wrong = node.faults();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    if node.is_quiet() {
        tally.ends += 1;
        let wrong = node.faults_at_rest();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

/// No misfortune, and so many edits on each side.
const fn fair(edits: usize) -> Budget {
    Budget {
        edits: Both {
            jira: edits,
            azure: edits,
        },
        crashes: 0,
        unknown: 0,
        late: 0,
        stale: 0,
        webhooks: 0,
    }
}

/// All of the misfortunes whose bit is set, once each.
const fn unfortunate(edits: usize, bits: u8) -> Budget {
    Budget {
        crashes: bits & 1,
        unknown: bits >> 1 & 1,
        late: bits >> 2 & 1,
        stale: bits >> 3 & 1,
        webhooks: bits >> 4 & 1,
        ..fair(edits)
    }
}

const ALL: u8 = 0b11111;

/// Each misfortune alone, with one edit on each side; every two of them where `PROPTEST_CASES` asks for more than usual.
fn budgets() -> Vec<Budget> {
    let at_once = if is_search() { 2 } else { 1 };
    let chosen = (0..=ALL).filter(|bits| bits.count_ones() == at_once);
    chosen.map(|bits| unfortunate(1, bits)).collect()
}

fn check(origin: Side, plan: Plan) {
    for budget in budgets() {
        let tally = search(Node::new(origin, "latest", plan, budget));
        assert!(
            tally.ends > 0 && tally.states > 1_000,
            "{budget:?}: {tally:?}"
        );
    }
}

#[test]
fn titles_set_on_both_sides_at_once_end_in_step_in_every_interleaving() {
    let titles: &[Hand] = &[Hand::Title, Hand::Title];
    let plan = Both {
        jira: titles,
        azure: titles,
    };
    check(Side::Jira, plan);
}

#[test]
fn comments_and_states_end_in_step_in_every_interleaving() {
    let hands: &[Hand] = &[Hand::Comment, Hand::State];
    let plan = Both {
        jira: hands,
        azure: hands,
    };
    check(Side::Azure, plan);
}

#[test]
fn labels_and_priorities_end_in_step_in_every_interleaving() {
    let plan = Both {
        jira: &[Hand::Labels, Hand::Priority] as &[Hand],
        azure: &[Hand::Priority, Hand::Labels],
    };
    check(Side::Jira, plan);
}
