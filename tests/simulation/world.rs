//! What outlives a node: the remotes, true time, and the network between.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actors::Clock;
use counterpart::demo::compare::{self, Comparison, Twins};
use emulator::{Faults, Options};
use mapping::Profile;
use model::{Both, ItemId, Marker, Millis, PairId, Side};
use rand::Rng as _;
use rand::rngs::SmallRng;
use reqwest::Method;
use serde_json::{Value, json};
use storage::lossy::LossyDisk;
use tests::simulated::profile_text;
use tokio::time::Instant;

use crate::remote::Remote;
use crate::swarm::{Network, Swarm, rules};
use crate::tally::Tally;
use crate::trace::Trace;

/// The world of one history. Everything in it happens in one thread; the lock is for the types of the ports.
pub(crate) struct World {
    inner: Mutex<Inner>,
    /// The profiles.
    pub(crate) profiles: Vec<Arc<Profile>>,
}

/// What the lock guards.
pub(crate) struct Inner {
    /// The remotes.
    pub(crate) remotes: Both<Remote>,
    /// What the network does now.
    pub(crate) network: Network,
    /// The source of its whims.
    pub(crate) random: SmallRng,
    /// What went over the wires.
    pub(crate) trace: Trace,
    /// What happened.
    pub(crate) tally: Tally,
    /// Whether a write that Jira could not guard against came late: it may have undone what a person did.
    pub(crate) late_on_jira: bool,
    /// The numbers of the node's requests that were there to change something.
    pub(crate) writes: Vec<u64>,
    /// Whether a request that makes something new was applied twice.
    pub(crate) repeated: bool,
    /// The machine's disk, and the operation at which its power goes.
    pub(crate) power: Option<(LossyDisk, u64)>,
    /// Requests that left and answers that came.
    pub(crate) points: u64,
    time: Time,
    skew_ms: i64,
    calm_until_ms: i64,
}

/// True time: what has passed before this life of the node, and when it began by the runtime's time.
struct Time {
    before_ms: i64,
    life: Option<Instant>,
}

impl Time {
    fn now(&self) -> i64 {
        let passed = self.life.map_or(0, |began| {
            i64::try_from(began.elapsed().as_millis()).expect("a short life")
        });
        self.before_ms + passed
    }
}

/// The profiles by their policies and directions: compiling one takes longer than a short history.
static PROFILES: Mutex<BTreeMap<Named, Arc<Profile>>> = Mutex::new(BTreeMap::new());

/// A profile's policy, its direction and its place in [`PROJECTS`].
type Named = (&'static str, &'static str, usize);

/// A profile's projects on Jira and on Azure DevOps.
pub(crate) const PROJECTS: [(&str, &str); 2] = [("WEB", "Platform"), ("OPS", "Operations")];

fn profile(policy: &'static str, direction: &'static str, place: usize) -> Arc<Profile> {
    let mut known = PROFILES.lock().unwrap_or_else(PoisonError::into_inner);
    let named = (policy, direction, place);
    let compiled = known.entry(named).or_insert_with(|| {
        let (jira_project, azure_project) = PROJECTS[place];
        let [jira, azure] = remotes(&Options::default());
        let urls = Both {
            jira: jira.url(),
            azure: azure.url(),
        };
        let text = profile_text(&format!("simulated-{place}"), &urls)
            .replace("project = \"WEB\"", &format!("project = {jira_project:?}"))
            .replace(
                "project = \"Platform\"",
                &format!("project = {azure_project:?}"),
            );
        // The statuses of the second project are others, and states are not kept in step there.
        let text = if place == 0 {
            text
        } else {
            without_states(&text)
        };
        let text = text
            .replace("conflict = \"latest\"", &format!("conflict = {policy:?}"))
            .replace(
                "direction = \"both\"",
                &format!("direction = {direction:?}"),
            );
        let profile = Profile::compile(&text, "the simulated profile");
        Arc::new(profile.expect("the sample compiles"))
    });
    Arc::clone(compiled)
}

/// A profile's text without its rows of states.
fn without_states(text: &str) -> String {
    let mut parts = text.split("[[state]]");
    let before = parts.next().unwrap_or_default().to_owned();
    let last = parts.last().unwrap_or_default();
    let after = last.find("\n[").map_or("", |at| &last[at..]);
    before + after
}

fn remotes(options: &Options) -> [Remote; 2] {
    let jira = Box::new(emulator::jira::Cloud::new(options.clone()));
    let azure = Box::new(emulator::azure::Services::new(options.clone()));
    [
        Remote::new(jira, options.clone(), "http://127.0.0.1:81"),
        Remote::new(azure, options.clone(), "http://127.0.0.1:82"),
    ]
}

impl World {
    /// A world at its beginning.
    pub(crate) fn new(swarm: &Swarm, random: &mut SmallRng) -> Arc<World> {
        let options = Options {
            items: swarm.items,
            seed: random.random(),
            search_lag_ms: swarm.search_lag_ms,
            write_limits: swarm.write_limits,
            faults: Faults::of(rules(&swarm.wrongs)),
            ..Options::default()
        };
        let [jira, azure] = remotes(&options);
        let absolute = |(side, from, until)| {
            let start = options.start_ms;
            (side, start + from, start + until)
        };
        let network = Network {
            unaccepted: swarm.network.unaccepted.map(absolute),
            forbidden: swarm.network.forbidden.map(absolute),
            ..swarm.network.clone()
        };
        let inner = Inner {
            remotes: Both { jira, azure },
            network,
            random: rand::SeedableRng::seed_from_u64(random.random()),
            trace: Trace::new(),
            tally: Tally::default(),
            late_on_jira: false,
            writes: Vec::new(),
            repeated: false,
            power: None,
            points: 0,
            time: Time {
                before_ms: options.start_ms,
                life: None,
            },
            skew_ms: 0,
            calm_until_ms: 0,
        };
        Arc::new(World {
            inner: Mutex::new(inner),
            profiles: (0..swarm.profiles)
                .map(|place| profile(swarm.policy, swarm.direction, place))
                .collect(),
        })
    }

    /// Its inside.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True time.
    pub(crate) fn now(&self) -> i64 {
        self.lock().now()
    }

    /// The profile of a pair.
    pub(crate) fn profile_of(&self, twins: &Twins<'_>) -> &Profile {
        &self.profiles[self.place_of(twins).unwrap_or(0)]
    }

    /// The place of the profile of a pair. Of several it is known by the project.
    pub(crate) fn place_of(&self, twins: &Twins<'_>) -> Option<usize> {
        if self.profiles.len() == 1 {
            return Some(0);
        }
        let key = twins.jira?["key"].as_str()?;
        let project = key.split('-').next()?;
        PROJECTS.iter().position(|(jira, _)| *jira == project)
    }
}

impl Inner {
    /// True time.
    pub(crate) fn now(&self) -> i64 {
        self.time.now()
    }

    /// A life begins: the runtime's time goes from here, the machine's clock is off by so much, and the way is calm for a
    /// while.
    pub(crate) fn begin(&mut self, skew_ms: i64, calm_ms: i64) {
        self.time.life = Some(Instant::now());
        self.skew_ms = skew_ms;
        self.calm_until_ms = self.now() + calm_ms;
    }

    /// Whether nothing goes wrong on the way now.
    pub(crate) fn is_calm(&self) -> bool {
        self.now() < self.calm_until_ms
    }

    /// A life ends.
    pub(crate) fn end(&mut self) {
        (self.time.before_ms, self.time.life) = (self.time.now(), None);
        self.power = None;
    }

    /// Time passes while no node runs.
    pub(crate) fn pass_until(&mut self, at_ms: i64) {
        self.time.before_ms = self.time.before_ms.max(at_ms);
    }

    /// A request leaves, or an answer comes: a point at which the power may go, as an operation of the disk is.
    pub(crate) fn point(&mut self) {
        self.points += 1;
        if let Some((disk, at)) = self
            .power
            .as_mut()
            .filter(|(disk, at)| disk.operations() < *at)
        {
            *at -= 1;
            disk.cut_power_at(*at);
        }
    }

    /// Whether the machine has no power any more.
    pub(crate) fn is_dark(&self) -> bool {
        let cut = |(disk, at): &(LossyDisk, u64)| disk.operations() >= *at;
        self.power.as_ref().is_some_and(cut)
    }

    /// Applies at one remote what was on its way and is due.
    pub(crate) fn settle(&mut self, side: Side) {
        let now = self.now();
        for arrived in self.remotes.get_mut(side).settle(now) {
            let what = format!("{side} late {}", arrived.what);
            self.trace.event(arrived.at_ms, &what, &[]);
            if arrived.wrote {
                self.tally.count("late, applied");
                self.late_on_jira |= side == Side::Jira;
            }
        }
    }

    /// A person's request.
    pub(crate) fn act(
        &mut self,
        side: Side,
        person: usize,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Option<Value> {
        self.settle(side);
        let now = self.now();
        let remote = self.remotes.get_mut(side);
        let answer = remote.act(person, method.clone(), path, body, now);
        let what = format!("{side} a person: {method} {path} {}", answer.is_some());
        self.trace.event(now, &what, body.to_string().as_bytes());
        answer
    }

    /// What a control endpoint of one remote says.
    pub(crate) fn control(&mut self, side: Side, what: &str) -> Value {
        self.settle(side);
        let now = self.now();
        self.remotes.get_mut(side).control(what, now)
    }

    /// Every item of both sides.
    pub(crate) fn items(&mut self) -> Both<Value> {
        Both::of(|side| self.control(side, "items"))
    }

    /// The ids of the items of a pair, as far as they are there.
    pub(crate) fn items_of(&mut self, pair: PairId) -> Both<Option<String>> {
        let items = self.items();
        let pairs = compare::pair_up(&items.jira, &items.azure);
        let found = pairs.iter().find(|twins| origin(twins) == Some(pair));
        let id = |item: Option<&Value>| Some(item?["id"].as_str()?.to_owned());
        Both {
            jira: found.and_then(|twins| id(twins.jira)),
            azure: found.and_then(|twins| id(twins.azure)),
        }
    }

    /// Both sides compared, each pair by its profile and by what the remotes themselves say; these pairs are left out.
    pub(crate) fn compare(&mut self, world: &World, without: &BTreeSet<PairId>) -> Comparison {
        let items = self.items();
        let ledgers = Side::BOTH.map(|side| self.control(side, "ledger"));
        let pairs = compare::pair_up(&items.jira, &items.azure);
        let mut whole: Option<Comparison> = None;
        for (place, profile) in world.profiles.iter().enumerate() {
            let of_it = pairs.iter().filter(|twins| {
                let left_out = origin(twins).is_some_and(|pair| without.contains(&pair));
                // An item without a twin is missed all the same, whose it may be.
                !left_out && world.place_of(twins).unwrap_or(0) == place
            });
            let (jira, azure): (Vec<_>, Vec<_>) =
                of_it.map(|twins| (twins.jira, twins.azure)).unzip();
            let listed = |items: Vec<Option<&Value>>| json!({ "items": items.into_iter().flatten().collect::<Vec<_>>() });
            let compared = compare::documents((&listed(jira), &listed(azure)), &ledgers, profile);
            match &mut whole {
                Some(whole) => whole.differences.extend(compared.differences),
                None => whole = Some(compared),
            }
        }
        whole.expect("at least one profile")
    }

    /// From now on nothing goes wrong any more but what is on its way already.
    pub(crate) fn mend(&mut self) {
        self.network = Network::sound();
        for side in Side::BOTH {
            self.remotes.get_mut(side).mend();
        }
    }
}

/// The item that a pair began with.
pub(crate) fn origin(twins: &Twins<'_>) -> Option<PairId> {
    let marked = [twins.jira, twins.azure].into_iter().flatten();
    let source = marked.filter_map(|item| {
        let text = item["marker"].as_str()?;
        let inner = serde_json::from_str::<Value>(text).ok();
        let inner = inner.as_ref().and_then(|value| value["marker"].as_str());
        Some(Marker::parse(inner.unwrap_or(text))?.source)
    });
    let alone = match (twins.jira, twins.azure) {
        (Some(item), None) => Some((Side::Jira, item)),
        (None, Some(item)) => Some((Side::Azure, item)),
        _ => None,
    };
    let alone = alone.and_then(|(origin, item)| {
        let item = ItemId(item["id"].as_str()?.parse().ok()?);
        Some(PairId { origin, item })
    });
    source.chain(alone).next()
}

/// The clock of the machine that the node runs on.
pub(crate) struct Machine(pub(crate) Arc<World>);

impl Clock for Machine {
    fn now(&self) -> Millis {
        let inner = self.0.lock();
        Millis(inner.now() + inner.skew_ms)
    }
}
