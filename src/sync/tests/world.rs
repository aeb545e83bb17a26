//! A world for the core: two remotes, a store that keeps committed pairs, and a runner that follows the rules of design.md
//! 5. Nothing in it waits: time moves when a test says so.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use mapping::{Kind as Type, Lead, Place, Profile};
use model::{
    Both, Comment, CommentMarker, Digest, DigestKey, Item, ItemId, ItemKey, Marker, Millis, PairId,
    Revision, Side,
};
use proptest::test_runner::{Config, RngSeed};

use super::remote::{INSTALLATION, Remote};
use crate::context::{Addresses, Context, Schedule, Twins};
use crate::effect::{Body, Class, Effect, Floor, Probe, Reading, Target, Write};
use crate::event::{Command, Event};
use crate::intent::{Intent, Kind, Stage};
use crate::links::Links;
use crate::note::Note;
use crate::pair::{Pair, Phase};
use crate::{Finding, Hindrance, Outcome, Receipt, Refusal, Step, Stop, invariant, step};

/// What goes wrong with the next write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nothing.
    None,
    /// It is applied, and the answer is lost.
    Lost,
    /// The client gives up, and it is applied so many milliseconds later.
    Late(i64),
    /// It waits so long for its turn before it leaves, the answer is lost at once, and it is applied so much later.
    Waits(i64, i64),
    /// It never arrives, and nobody knows.
    Dropped,
    /// It certainly never arrives.
    NotSent,
    /// A move stops on its way; any other write is carried out.
    Halfway(Stop),
    /// The remote says that the item moved on.
    Stale,
    /// What lies between sends it twice, and only the second is answered: it is turned away. What must not be repeated is sent
    /// once.
    Twice,
    /// The process dies when it has arrived, before anybody hears of it.
    Crash,
}

/// Milliseconds by which a step of a move is late that was not answered.
const STEP_LATE_MS: i64 = 15_000;

/// What goes wrong with the next reading of a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blur {
    /// It shows the item as it was so many revisions ago.
    Old(usize),
    /// It fails.
    Failed,
    /// The item is not shown.
    Missing,
    /// The list of its comments shows fewer than there are.
    Short,
}

/// Something the runner is about to do.
#[derive(Clone)]
pub(super) enum Job {
    /// Carry out effects of one step, in order.
    Run(PairId, Effects),
    /// Hand over what came of one; after an applied write the rest goes on.
    Tell(PairId, Arc<Event>, Effects),
}

impl Job {
    /// The pair that it is of.
    pub(super) fn pair(&self) -> PairId {
        match self {
            Job::Run(id, _) | Job::Tell(id, ..) => *id,
        }
    }

    fn hands_over(&self) -> bool {
        match self {
            Job::Run(_, effects) => matches!(
                effects.front().map(Arc::as_ref),
                Some(Effect::HandOver { .. })
            ),
            Job::Tell(..) => false,
        }
    }
}

/// Effects of one step that are still to be carried out, in order.
pub(super) type Effects = VecDeque<Arc<Effect>>;

/// How many histories a property lives through: more than usual, and more still when `PROPTEST_CASES` says so.
pub(super) fn cases() -> u32 {
    Config::default().cases * 8
}

/// Whether `PROPTEST_CASES` asks for another number of cases than usual, as a search for something new does.
pub(super) fn is_search() -> bool {
    Config::default().cases != 256
}

/// Where the histories come from: the same ones in every ordinary run, so that a change is judged by itself; new ones
/// whenever `PROPTEST_CASES` asks for another number, as a search does.
pub(super) fn seed() -> RngSeed {
    if is_search() {
        RngSeed::Random
    } else {
        RngSeed::Fixed(2)
    }
}

#[derive(Clone)]
pub(super) struct World {
    pub(super) profile: Arc<Profile>,
    key: Arc<DigestKey>,
    schedule: Schedule,
    floor: Floor,
    pub(super) now: Millis,
    /// Milliseconds by which the node's clock is ahead.
    pub(super) ahead: i64,
    /// The moment of the latest change at either remote. Each has one of its own, so that of two changes one is the later.
    pub(super) latest: Millis,
    pub(super) incarnation: u64,
    pub(super) may_create: bool,
    /// Shared between copies of the world until one of them changes it, as are the pairs and the jobs' contents.
    pub(super) remotes: Both<Arc<Remote>>,
    /// The store: what was committed.
    pub(super) pairs: BTreeMap<PairId, Arc<Pair>>,
    pub(super) awake: Vec<PairId>,
    pub(super) jobs: VecDeque<Job>,
    pub(super) late: Vec<(Millis, Write)>,
    pub(super) faults: VecDeque<Fault>,
    pub(super) blurs: Both<VecDeque<Blur>>,
    pub(super) findings: VecDeque<Finding>,
    pub(super) notes: Vec<Note>,
    /// Every effect that the core asked for, where somebody wants to know.
    pub(super) effects: Vec<Effect>,
    pub(super) keeps_effects: bool,
}

struct Browser;

impl Addresses for Browser {
    fn browse(&self, side: Side, key: &ItemKey, _: ItemId) -> String {
        match side {
            Side::Jira => format!("https://jira.example/browse/{key}"),
            Side::Azure => format!("https://azure.example/_workitems/edit/{key}"),
        }
    }
}

/// The address of the item of that key in a browser.
pub(super) fn address(side: Side, key: &ItemKey) -> String {
    Browser.browse(side, key, ItemId(0))
}

impl Twins for World {
    fn lead(&self, side: Side, url: &str) -> Option<Lead> {
        let items = self.remotes.get(side).items.values();
        let mut items = items.filter(|item| address(side, &item.key) == url);
        let item = items.next()?;
        let mut pairs = self.pairs.values();
        let pair = pairs.find(|pair| pair.is_linked() && pair.item(side) == Some(item.id));
        let end = pair.and_then(|pair| pair.ends.get(side.other()).as_ref());
        let place = |side: Side, key: &ItemKey| Place::of(side, key, address(side, key));
        Some(Lead {
            item: place(side, &item.key),
            twin: end.map(|end| place(side.other(), &end.key)),
        })
    }
}

const PROFILE: &str = r#"
name = "web"
conflict = "POLICY"
[jira]
url = "https://jira.example"
credential = "j"
[azure]
url = "https://azure.example/acme"
credential = "a"
[[scope]]
jira = { project = "WEB" }
azure = { project = "Platform" }
[[scope]]
jira = { project = "APP" }
azure = { project = "Another" }
[[type]]
jira = "Story"
azure = "User Story"
[[field]]
jira = "priority"
azure = "Microsoft.VSTS.Common.Priority"
values = [["Highest", 1], ["High", 2], ["Medium", 3], ["Low", 4], ["Lowest", 4]]
otherwise = "skip"
[[field]]
jira = "labels"
azure = "System.Tags"
[[state]]
jira = "To Do"
azure = "New"
[[state]]
jira = "In Progress"
azure = "Active"
[[state]]
jira = "In Review"
azure = "Active"
[[state]]
jira = "Done"
azure = "Closed"
"#;

pub(super) const TITLE: Both<&str> = Both {
    jira: "summary",
    azure: "System.Title",
};
pub(super) const TEXT: Both<&str> = Both {
    jira: "description",
    azure: "System.Description",
};
pub(super) const PRIORITY: Both<&str> = Both {
    jira: "priority",
    azure: "Microsoft.VSTS.Common.Priority",
};
pub(super) const LABELS: Both<&str> = Both {
    jira: "labels",
    azure: "System.Tags",
};
pub(super) const STATE: Both<&str> = Both {
    jira: "status",
    azure: "System.State",
};

impl World {
    pub(super) fn new(policy: &str) -> World {
        World::of(&PROFILE.replace("POLICY", policy))
    }

    /// A world in which titles and texts alone are kept in step, and items have nothing else.
    pub(super) fn without_rules(policy: &str) -> World {
        let rules = PROFILE.find("[[field]]").unwrap();
        let mut world = World::of(&PROFILE[..rules].replace("POLICY", policy));
        for side in Side::BOTH {
            world.remote(side).has_defaults = false;
        }
        world
    }

    /// A world whose profile goes that way only.
    pub(super) fn one_way(direction: &str) -> World {
        let direction = format!("direction = {direction:?}\n");
        World::of(&(direction + &PROFILE.replace("POLICY", "latest")))
    }

    /// A world in which priorities go that way only, and everything else goes both ways.
    pub(super) fn one_way_priority(direction: &str) -> World {
        let last = "otherwise = \"skip\"\n";
        let field = format!("{last}direction = {direction:?}\n");
        World::of(&PROFILE.replace(last, &field).replace("POLICY", "latest"))
    }

    /// A world whose profile has this too.
    pub(super) fn with(more: &str) -> World {
        World::of(&(PROFILE.replace("POLICY", "latest") + more))
    }

    pub(super) fn of(profile: &str) -> World {
        let profile = Profile::compile(profile, "web.toml").map_err(|faults| {
            let all: Vec<String> = faults.iter().map(ToString::to_string).collect();
            all.join("\n")
        });
        World {
            profile: Arc::new(profile.unwrap()),
            key: Arc::new(DigestKey::new([3; 32])),
            schedule: Schedule::default(),
            floor: Floor::default(),
            now: Millis(1_000_000_000),
            ahead: 0,
            latest: Millis(0),
            incarnation: 1,
            may_create: true,
            remotes: Both::of(|side| Arc::new(Remote::new(side))),
            pairs: BTreeMap::new(),
            awake: Vec::new(),
            jobs: VecDeque::new(),
            late: Vec::new(),
            faults: VecDeque::new(),
            blurs: Both::default(),
            findings: VecDeque::new(),
            notes: Vec::new(),
            effects: Vec::new(),
            keeps_effects: true,
        }
    }

    /// A world with one pair in step, begun on that side.
    pub(super) fn linked(policy: &str, origin: Side) -> (World, PairId) {
        let mut world = World::new(policy);
        let id = world.begin(origin);
        world.settle();
        world.notes.clear();
        world.effects.clear();
        for side in Side::BOTH {
            world.remote(side).writes.clear();
        }
        (world, id)
    }

    /// A person makes an item.
    pub(super) fn begin(&mut self, origin: Side) -> PairId {
        let now = self.moment();
        let title = super::remote::text("first");
        let fields = vec![(TITLE.get(origin).to_string(), title)];
        let item = self.remote(origin).create(now, fields, None);
        PairId { origin, item }
    }

    /// The moment at which a remote is changed next.
    pub(super) fn moment(&mut self) -> Millis {
        self.latest = self.now.max(self.latest.plus(1));
        self.latest
    }

    pub(super) fn remote(&mut self, side: Side) -> &mut Remote {
        Arc::make_mut(self.remotes.get_mut(side))
    }

    pub(super) fn pair(&self, id: PairId) -> &Pair {
        &self.pairs[&id]
    }

    /// A pair of the store, to be changed without a step.
    pub(super) fn pair_mut(&mut self, id: PairId) -> &mut Pair {
        Arc::make_mut(self.pairs.get_mut(&id).unwrap())
    }

    /// The id of the pair's item on that side.
    pub(super) fn end(&self, id: PairId, side: Side) -> ItemId {
        self.pair(id).item(side).unwrap()
    }

    pub(super) fn item(&self, id: PairId, side: Side) -> &Item {
        self.remotes.get(side).item(self.end(id, side))
    }

    pub(super) fn value(&self, id: PairId, side: Side, field: Both<&str>) -> &model::Value {
        self.item(id, side).field(field.get(side))
    }

    /// A person sets a field of a linked item, a moment after whatever was last.
    pub(super) fn edit(&mut self, id: PairId, side: Side, field: Both<&str>, value: model::Value) {
        self.now = self.now.plus(10);
        let (item, now) = (self.end(id, side), self.moment());
        self.remote(side).edit(item, now, field.get(side), value);
    }

    /// A person sets a field of an item that has no twin yet.
    pub(super) fn edit_source(&mut self, id: PairId, field: Both<&str>, value: model::Value) {
        self.now = self.now.plus(10);
        let now = self.moment();
        let field = *field.get(id.origin);
        self.remote(id.origin).edit(id.item, now, field, value);
    }

    /// The runner loses what it was about to do, without dying.
    pub(super) fn forget_jobs(&mut self) {
        self.jobs.clear();
    }

    /// What rests is put away, so that whatever comes next begins with an activation, as it does in a node.
    pub(super) fn passivate(&mut self) {
        self.awake.clear();
    }

    pub(super) fn activate_for(&mut self, id: PairId) {
        self.activate(id);
    }

    pub(super) fn comment(&mut self, id: PairId, side: Side, body: &str) -> CommentMarker {
        self.now = self.now.plus(10);
        let (item, now) = (self.end(id, side), self.moment());
        let comment = self.remote(side).comment(item, now, body);
        CommentMarker { side, comment }
    }

    /// The comments of the pair's item on that side, to be changed without a word of it.
    pub(super) fn comments(&mut self, id: PairId, side: Side) -> &mut Vec<Comment> {
        let item = self.end(id, side);
        let item = self.remote(side).item_mut(item);
        item.comments.as_mut().unwrap()
    }

    /// A person comments with that very text.
    pub(super) fn remark(&mut self, id: PairId, side: Side, body: model::Value) {
        self.now = self.now.plus(10);
        let (item, now) = (self.end(id, side), self.moment());
        self.remote(side).remark(item, now, body);
    }

    /// Everything that was kept is lost, and nothing is created until every marker was met.
    pub(super) fn lose_history(&mut self) {
        self.jobs.clear();
        self.awake.clear();
        self.pairs.clear();
        self.incarnation += 1;
        self.may_create = false;
    }

    pub(super) fn marker(&self, id: PairId) -> Marker {
        Marker {
            installation: INSTALLATION,
            profile: self.profile.name.clone(),
            source: id,
        }
    }

    /// The digest of a field's value on one side.
    pub(super) fn digest(&self, field: Both<&str>, side: Side, value: &model::Value) -> Digest {
        let mut rules = self.profile.rules.iter();
        let rule = rules.find(|rule| rule.jira == field.jira).unwrap();
        self.context().digest(rule, side, value)
    }

    fn context(&self) -> Context<'_> {
        Context {
            profile: &self.profile,
            key: &self.key,
            installation: INSTALLATION,
            incarnation: self.incarnation,
            may_create: self.may_create,
            floor: &self.floor,
            addresses: &Browser,
            twins: self,
            schedule: &self.schedule,
        }
    }

    /// What the node's clock shows.
    fn clock(&self) -> Millis {
        self.now.plus(self.ahead)
    }

    /// One step and its commit.
    pub(super) fn step(&mut self, id: PairId, event: Event) {
        self.take(id, Arc::new(event));
    }

    fn take(&mut self, id: PairId, event: Arc<Event>) {
        let before = self.pairs.get(&id).cloned();
        let before = before.unwrap_or_else(|| Arc::new(Pair::new(id)));
        let told = Arc::clone(&event);
        let event = Arc::unwrap_or_clone(event);
        let step = step(&self.context(), (*before).clone(), event, self.clock());
        let broken = invariant::broken(&before, &step);
        assert!(
            broken.is_empty(),
            "{broken:?} after {told:?}: {before:#?} -> {step:#?}"
        );
        self.commit(id, step);
    }

    fn commit(&mut self, id: PairId, step: Step) {
        self.pairs.insert(id, Arc::new(step.pair));
        self.notes.extend(step.notes);
        if self.keeps_effects {
            self.effects.extend(step.effects.iter().cloned());
        }
        if !step.effects.is_empty() {
            let effects = step.effects.into_iter().map(Arc::new);
            self.jobs.push_back(Job::Run(id, effects.collect()));
        }
    }

    /// Loads the pair when it is not active, as the first event of every activation.
    fn activate(&mut self, id: PairId) -> bool {
        if self.awake.contains(&id) {
            return false;
        }
        self.awake.push(id);
        self.step(id, Event::Opened);
        true
    }

    /// The process dies: everything but the store is gone. Pairs with work or a timer are opened again.
    ///
    /// Word of an item that is handed over to another pair stays in the inbox until that pair has taken it, so it comes again.
    pub(super) fn crash(&mut self) {
        let jobs = self.jobs.iter().filter(|job| job.hands_over());
        let told: Vec<PairId> = jobs.map(Job::pair).collect();
        self.jobs.clear();
        self.awake.clear();
        self.incarnation += 1;
        let open = |pair: &&Arc<Pair>| pair.is_open() || pair.wake.is_some();
        let open: Vec<PairId> = self
            .pairs
            .values()
            .filter(open)
            .map(|pair| pair.id)
            .collect();
        for id in open.into_iter().chain(told) {
            self.activate(id);
        }
    }

    /// Delivers what the feeds hold.
    pub(super) fn feeds(&mut self) {
        for side in Side::BOTH {
            for (item, revision) in std::mem::take(&mut self.remote(side).feed) {
                self.hint(side, item, revision);
            }
        }
    }

    /// A slow scan over all items, which finds what the feeds missed.
    pub(super) fn scan(&mut self) {
        for side in Side::BOTH {
            let items = self.remotes.get(side).items.values();
            let all: Vec<(ItemId, Revision)> = items.map(|item| (item.id, item.revision)).collect();
            for (item, revision) in all {
                self.hint(side, item, revision);
            }
        }
    }

    pub(super) fn hint(&mut self, side: Side, item: ItemId, revision: Revision) {
        let ends = |pair: &&Arc<Pair>| pair.item(side) == Some(item);
        let known = self
            .pairs
            .values()
            .filter(ends)
            .max_by_key(|pair| pair.is_linked());
        let id = known.map_or(PairId { origin: side, item }, |pair| pair.id);
        if known.is_some_and(|pair| pair.has_seen(side, revision)) {
            return;
        }
        self.activate(id);
        let mut told = Both::default();
        *told.get_mut(side) = revision;
        self.step(id, Event::Told(told));
    }

    /// Does one job. False when there is none.
    pub(super) fn pump(&mut self) -> bool {
        let Some(job) = self.jobs.pop_front() else {
            return false;
        };
        match job {
            // What was handed over is no pair any more.
            Job::Run(id, _) | Job::Tell(id, ..) if !self.pairs.contains_key(&id) => {}
            Job::Run(id, mut effects) => {
                if let Some(effect) = effects.pop_front() {
                    self.run(id, &effect, effects);
                }
            }
            Job::Tell(id, event, rest) => {
                let goes_on = !matches!(
                    &*event,
                    Event::Finished { outcome, .. } if !matches!(outcome, Outcome::Applied(_))
                );
                self.take(id, event);
                if goes_on && !rest.is_empty() {
                    self.jobs.push_front(Job::Run(id, rest));
                }
            }
        }
        true
    }

    fn tell(&mut self, id: PairId, event: Event, rest: Effects) {
        self.jobs.push_back(Job::Tell(id, Arc::new(event), rest));
    }

    fn run(&mut self, id: PairId, effect: &Effect, rest: Effects) {
        match effect {
            Effect::Read => {
                let readings = Both::of(|side| self.read(id, side));
                self.tell(id, Event::Observed(readings), rest);
            }
            Effect::Write(write) => self.write(id, write, rest),
            Effect::Probe(probe) => {
                let finding = self
                    .findings
                    .pop_front()
                    .unwrap_or_else(|| self.probe(probe));
                let intent = probe.intent;
                self.tell(id, Event::Probed { intent, finding }, rest);
            }
            Effect::HandOver { to } => {
                let item = self.remotes.get(id.origin).item(id.item).clone();
                self.pairs.remove(&id);
                self.awake.retain(|awake| *awake != id);
                self.activate(*to);
                self.step(*to, Event::Adopted(Box::new(item)));
            }
        }
    }

    fn read(&mut self, id: PairId, side: Side) -> Reading {
        let pair = &self.pairs[&id];
        let Some(item) = pair.item(side) else {
            return Reading::NotAsked;
        };
        let known = pair.known(side);
        let remote = self.remotes.get(side);
        let Some(current) = remote.items.get(&item) else {
            return Reading::Missing;
        };
        let mut shown = match self.blurs.get_mut(side).pop_front() {
            None => (**current).clone(),
            Some(Blur::Failed) => return Reading::Failed(Hindrance::Unreachable),
            Some(Blur::Missing) => return Reading::Missing,
            Some(Blur::Short) => {
                let shown = (**current).clone();
                return Reading::Present(Box::new(Item {
                    comments: None,
                    ..shown
                }));
            }
            Some(Blur::Old(by)) => {
                let past = &remote.past[&item];
                (*past[past.len().saturating_sub(1 + by)]).clone()
            }
        };
        if known == Some(shown.revision) {
            shown.comments = None;
        }
        Reading::Present(Box::new(shown))
    }

    fn write(&mut self, id: PairId, write: &Write, rest: Effects) {
        if !self.pairs[&id].awaits(write.intent) {
            return;
        }
        if write.class == Class::Fragile {
            let intent = write.intent;
            self.step(id, Event::Sending { intent });
            let sent = |stage: &Stage| matches!(stage, Stage::Sent(_));
            assert!(
                self.pairs[&id]
                    .intent(intent)
                    .is_some_and(|intent| sent(&intent.stage))
            );
        }
        let outcome = match self.faults.pop_front().unwrap_or(Fault::None) {
            Fault::None => self.apply(write),
            Fault::Halfway(stop) => {
                if let Body::Transition(_) = write.body {
                    let halts = &mut self.remote(write.side).halts;
                    halts.push_back(("In Review", stop));
                    if stop == Stop::Unheard {
                        self.late.push((self.now.plus(STEP_LATE_MS), write.clone()));
                    }
                }
                self.apply(write)
            }
            Fault::Lost => {
                let _ = self.apply(write);
                Outcome::Unknown
            }
            Fault::Late(after) => {
                self.late.push((self.now.plus(after), write.clone()));
                Outcome::Unknown
            }
            Fault::Waits(turn, after) => {
                self.now = self.now.plus(turn);
                self.late.push((self.now.plus(after), write.clone()));
                Outcome::Unknown
            }
            Fault::Dropped => Outcome::Unknown,
            Fault::NotSent => Outcome::NotSent(Hindrance::Unreachable),
            Fault::Stale => Outcome::Refused(Refusal::Stale),
            Fault::Twice => self.apply_twice(write),
            Fault::Crash => {
                let _ = self.apply(write);
                return self.crash();
            }
        };
        let event = Event::Finished {
            intent: write.intent,
            incarnation: self.incarnation,
            outcome,
        };
        self.tell(id, event, rest);
    }

    /// A write arrives at its remote.
    fn apply(&mut self, write: &Write) -> Outcome {
        let at = self.moment();
        self.remote(write.side).write(write, at)
    }

    fn apply_twice(&mut self, write: &Write) -> Outcome {
        let first = self.apply(write);
        match write.class {
            Class::Fragile => first,
            Class::Guarded => self.apply(write),
            Class::Natural => Outcome::NotSent(Hindrance::Throttled {
                retry_after_ms: None,
            }),
        }
    }

    fn probe(&self, probe: &Probe) -> Finding {
        let remote = self.remotes.get(probe.side);
        let receipt = match &probe.target {
            Target::Create {
                marker, project, ..
            } => {
                let found = remote.marked(marker);
                let found = found.iter().find(|item| item.project == *project);
                found.map(|item| Receipt {
                    item: Some(item.id),
                    key: Some(item.key.clone()),
                    returned: Some(Box::new((*item).clone())),
                    ..Receipt::default()
                })
            }
            Target::Comment { item, marker } => {
                let comment = remote.twins(*item, *marker).first().copied();
                comment.map(|comment| Receipt {
                    comment: Some(comment),
                    ..Receipt::default()
                })
            }
        };
        receipt.map_or(Finding::Absent, Finding::Found)
    }

    /// Time passes: late writes arrive and timers ring, in order.
    pub(super) fn advance(&mut self, by: i64) {
        let end = self.now.plus(by);
        for _ in 0..10_000 {
            while self.pump() {}
            let timers = self.pairs.values().filter_map(|pair| pair.wake);
            let timers = timers.map(|wake| wake.plus(-self.ahead));
            let next = timers.chain(self.late.iter().map(|(at, _)| *at)).min();
            let Some(next) = next.filter(|next| *next <= end) else {
                // A write that waited for its turn may have taken longer.
                self.now = self.now.max(end);
                return;
            };
            self.wait(next.0.saturating_sub(self.now.0));
        }
        panic!("it never comes to rest: {:#?}", self.pairs);
    }

    /// So much time passes at once; what was to arrive by then arrives, and timers that are due ring.
    pub(super) fn wait(&mut self, by: i64) {
        self.now = self.now.plus(by.max(0));
        self.arrive();
        let due = |pair: &&Arc<Pair>| pair.wake.is_some_and(|wake| wake <= self.clock());
        let due: Vec<PairId> = self
            .pairs
            .values()
            .filter(due)
            .map(|pair| pair.id)
            .collect();
        for id in due {
            if !self.activate(id) {
                self.step(id, Event::Woken);
            }
        }
    }

    pub(super) fn arrive(&mut self) {
        let now = self.now;
        let late = std::mem::take(&mut self.late);
        let (due, later) = late.into_iter().partition(|(at, _)| *at <= now);
        self.late = later;
        let due: Vec<(Millis, Write)> = due;
        for (_, write) in due {
            let _ = self.apply(&write);
        }
    }

    /// Faults end, feeds and scans deliver, more than a day passes, a person resumes what waits for one.
    pub(super) fn settle(&mut self) {
        self.faults.clear();
        self.findings.clear();
        self.blurs = Both::default();
        for round in 0..6 {
            self.feeds();
            self.scan();
            let held: Vec<PairId> = self.held();
            for id in held.into_iter().filter(|_| round > 1) {
                self.activate(id);
                self.step(id, Event::Command(Command::Resume));
            }
            self.advance(5 * 3_600_000);
        }
    }

    pub(super) fn held(&self) -> Vec<PairId> {
        let held = |pair: &&Arc<Pair>| matches!(&pair.phase, Phase::Parked(park) if park.held);
        self.pairs
            .values()
            .filter(held)
            .map(|pair| pair.id)
            .collect()
    }

    /// Feeds deliver and jobs are done until nothing moves; time stands still.
    pub(super) fn quiet(&mut self) {
        for _ in 0..50 {
            self.feeds();
            while self.pump() {}
        }
    }

    /// What is not as it should be when everything is quiet.
    pub(super) fn faults_of(&self, id: PairId) -> Vec<String> {
        let pair = self.pair(id);
        let mut wrong = Vec::new();
        if pair.phase != Phase::Linked || pair.is_open() || pair.wake.is_some() || !pair.settled {
            wrong.push(format!("not at rest: {pair:#?}"));
        }
        if !pair.is_linked() {
            return wrong;
        }
        let far = self.remotes.get(id.origin.other());
        if far.marked(&self.marker(id)).len() != 1 {
            wrong.push("not one item of one marker".to_owned());
        }
        wrong.extend(self.fields_apart(id));
        for side in Side::BOTH {
            wrong.extend(self.comments_apart(id, side));
        }
        wrong
    }

    fn fields_apart(&self, id: PairId) -> Vec<String> {
        let items = Both::of(|side| self.item(id, side));
        let kinds = Both::of(|side| items.get(side).kind.clone());
        let context = self.context();
        let links = Links::of(&context, &[items.jira, items.azure]);
        let mut apart = Vec::new();
        for rule in self.profile.rules_for(&kinds) {
            let value = Both::of(|side| items.get(side).field(rule.field(side)));
            let agrees = if rule.kind == Type::Set {
                let names = Both::of(|side| rule.elements(side, value.get(side)).into_keys());
                names.jira.eq(names.azure)
            } else {
                Side::BOTH.into_iter().any(|from| {
                    let far = from.other();
                    let (value, held) = (value.get(from), value.get(far));
                    let profile = &self.profile;
                    match profile.carry(rule, from, value, held, &kinds, &links) {
                        mapping::Carried::Value { value: carried, .. } => {
                            rule.canonical(far, &carried) == rule.canonical(far, held)
                        }
                        mapping::Carried::Skip | mapping::Carried::Error(_) => true,
                    }
                })
            };
            if !agrees && !self.profile.alike(rule, value, &links) {
                let shown = Both::of(|side| rule.canonical(side, value.get(side)));
                let shown = Both::of(|side| String::from_utf8_lossy(shown.get(side)).into_owned());
                apart.push(format!("{} differs: {shown:?}", rule.name));
            }
        }
        apart
    }

    fn comments_apart(&self, id: PairId, side: Side) -> Vec<String> {
        let far = self.end(id, side.other());
        let comments = self.item(id, side).comments.iter().flatten();
        let people = comments.filter(|comment| !comment.by_us);
        people
            .filter_map(|comment| {
                let marker = CommentMarker {
                    side,
                    comment: comment.id,
                };
                let twins = self.remotes.get(side.other()).twins(far, marker).len();
                let wanted = usize::from(!comment.restricted);
                (twins != wanted).then(|| format!("{twins} twins of {side} {:?}", comment.id))
            })
            .collect()
    }

    pub(super) fn assert_in_step(&self, id: PairId) {
        let wrong = self.faults_of(id);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

/// Works until such an effect of the pair is planned, and gives its number. Nothing of the plan is sent.
pub(super) fn planned(world: &mut World, id: PairId, is: impl Fn(&Intent) -> bool) -> u64 {
    world.feeds();
    loop {
        let pair = world.pairs.get(&id);
        let intent = pair.and_then(|pair| pair.intents.iter().find(|intent| is(intent)));
        if let Some(number) = intent.map(|intent| intent.number) {
            world.forget_jobs();
            return number;
        }
        assert!(world.pump(), "it is never planned");
    }
}

/// That outcome comes, under the incarnation of the store that is now.
pub(super) fn finish(world: &mut World, id: PairId, intent: u64, outcome: Outcome) {
    let incarnation = world.incarnation;
    let event = Event::Finished {
        intent,
        incarnation,
        outcome,
    };
    world.step(id, event);
}

pub(super) fn edits(side: Side) -> impl Fn(&Intent) -> bool {
    move |intent| intent.side == side && matches!(intent.kind, Kind::Edit { .. })
}
