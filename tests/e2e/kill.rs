//! The node is killed again and again, and aborts again and again, while people work on both sides.
//!
//! `COUNTERPART_KILLS` names how many times.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use model::Side;
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::json;
use sync::Note;
use tests::environment;
use tests::harness::{Plan, World, counts, pause};
use tests::listener::Listener;
use tests::rows;

use crate::hand::{Hand, describers};

/// Items on each side.
const ITEMS: u32 = 40;
/// Kills between two looks at the ledgers and the store.
const CHECK: u64 = 50;
/// How long a start may take until the store is open.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a life may last in which there is little to do.
const LIFE: Duration = Duration::from_secs(4);

/// `COUNTERPART_SEED` names another seed than the test's own.
fn seed() -> u64 {
    environment::number("COUNTERPART_SEED", 9)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_killed_at_random_moments_doubles_nothing_and_loses_nothing() {
    let plan = Plan {
        log: "info,storage::store=trace,actors::tenant=debug",
        recorded: !environment::is_long(),
        ..Plan::new(ITEMS, seed())
    };
    let mut random = SmallRng::seed_from_u64(plan.seed);
    let mut world = World::begin(plan).await;
    // Real remotes take their time to answer; without that, a kill would hardly ever meet a write under way.
    let slow =
        json!([{ "match": { "method": "POST" }, "fault": "latency", "p": 0.7, "delay_ms": 120 }]);
    world.fault_both(slow).await;
    let crowd = world.crowd();
    let kills = environment::number("COUNTERPART_KILLS", environment::amount(20, 300));
    let mut lives = Lives::new(&world);
    let alice = Hand::at(&world.addresses.jira, "alice");
    let bruno = Hand::at(&world.addresses.azure, "bruno");
    let mut made = 0;
    for kill in 1..=kills {
        // Every other life has something to create.
        let title = format!("Made before kill {kill}");
        match kill % 4 {
            0 => drop(alice.issue("Story", json!({ "summary": title })).await),
            2 => drop(
                bruno
                    .work_item("User Story", json!({ "System.Title": title }))
                    .await,
            ),
            _ => {}
        }
        made += usize::from(kill % 2 == 0);
        lives.live(&mut world, &mut random).await;
        if kill % CHECK == 0 {
            assert_eq!(world.doubled().await, BTreeMap::new(), "after kill {kill}");
            is_sound(&world, false).await;
            eprintln!("{kill} kills: {lives}");
        }
    }
    let edits = crowd.rest().await;
    world.start().await;
    let comparison = world.in_step(Duration::from_secs(120 + kills / 4)).await;
    let doubled = world.doubled().await;
    assert!(doubled.is_empty(), "created more than once: {doubled:?}");
    assert_eq!(comparison.pairs, 2 * ITEMS as usize + made, "pairs");
    assert_eq!(described_by_us(&world, &alice).await, Vec::<String>::new());
    let (status, _) = world.terminate().await;
    assert_eq!(status.code(), Some(0), "{}", world.tail());
    is_sound(&world, true).await;
    lives.hear();
    assert!(lives.acknowledged > 0, "no commit was acknowledged");
    assert!(
        lives.opens > kills / 2,
        "only {} of {kills} starts opened the store",
        lives.opens
    );
    let (creates, comments) = world.marked().await;
    assert_eq!(creates, comparison.pairs as u64, "creates with markers");
    let noted = |is_it: fn(&Note) -> bool| rows::noted(&world.store(), is_it);
    let found = noted(|note| matches!(note, Note::Linked { found: true, .. }));
    let doubts = noted(|note| matches!(note, Note::Doubtful { .. }));
    // Histories keep their last lines only, so these are fewer than there were.
    eprintln!(
        "seed {}: {kills} kills ({lives}), {edits} edits, {creates} creates, {comments} comments, doubled 0, differences 0; \
         the histories still tell of {found} creates found by marker and {doubts} doubts",
        world.plan.seed
    );
    world.end();
}

/// The issues whose description our own account changed. The crowd describes issues and never work items, so whatever we wrote
/// there would be an edit of a person's that was undone.
async fn described_by_us(world: &World, hand: &Hand) -> Vec<String> {
    let items = world.items(Side::Jira).await;
    let ids = items["items"].as_array().into_iter().flatten();
    let ours = emulator::people::sync_account().display;
    let (mut undone, mut described) = (Vec::new(), 0);
    for id in ids.filter_map(|item| item["id"].as_str()) {
        let by = describers(&hand.read_issue(id).await);
        described += by.len();
        if by.iter().any(|name| name == ours) {
            undone.push(id.to_owned());
        }
    }
    assert!(described > 0, "nobody described anything");
    undone
}

/// When a life ends.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// So soon after the process began.
    Begun,
    /// So soon after the store began to be opened.
    Opening,
    /// So soon after the store was open.
    Open,
    /// So soon after that many commits: a slow machine must not let lives end before any work was done.
    Working(u64),
}

impl Moment {
    /// One of them, and how many milliseconds after it the end comes.
    fn draw(random: &mut SmallRng) -> (Moment, u64) {
        match random.random_range(0..8) {
            0 => (Moment::Begun, random.random_range(0..150)),
            1 | 2 => (Moment::Opening, random.random_range(0..40)),
            3 => (Moment::Open, random.random_range(0..60)),
            4 | 5 => (Moment::Working(random.random_range(1..40)), 0),
            // Creates come late in a life: first everything has to be met.
            _ => {
                let commits = random.random_range(40..200);
                (Moment::Working(commits), random.random_range(0..200))
            }
        }
    }
}

/// How far a life has come, by the node's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Begun,
    Opening,
    Open,
    Working,
}

/// All lives of the node so far. No start recovers less than what had been acknowledged, and the incarnation rises.
struct Lives {
    listener: Listener,
    heard: Stage,
    /// How many ended at each stage.
    ended: [u64; 4],
    aborts: u64,
    acknowledged: u64,
    commits: u64,
    /// Commits of this life.
    fresh: u64,
    incarnation: u64,
    opens: u64,
}

impl Lives {
    fn new(world: &World) -> Lives {
        Lives {
            listener: Listener::new(world.log()),
            heard: Stage::Begun,
            ended: [0; 4],
            aborts: 0,
            acknowledged: 0,
            commits: 0,
            fresh: 0,
            incarnation: 0,
            opens: 0,
        }
    }

    /// One life, from its start to its violent end.
    async fn live(&mut self, world: &mut World, random: &mut SmallRng) {
        let (moment, after) = Moment::draw(random);
        let aborts = random.random_bool(0.3);
        (self.heard, self.fresh) = (Stage::Begun, 0);
        world.spawn();
        let since = Instant::now();
        while !self.has_come(moment) {
            let working = self.heard >= Stage::Open;
            if working && since.elapsed() > LIFE {
                break;
            }
            assert!(since.elapsed() < PATIENCE, "no start\n{}", world.tail());
            pause(1).await;
            self.hear();
        }
        pause(after).await;
        let ran = match aborts {
            true => world.abort().await,
            false => world.kill(),
        };
        assert!(ran, "the node ended by itself\n{}", world.tail());
        self.aborts += u64::from(aborts);
        self.hear();
        self.ended[self.heard as usize] += 1;
    }

    fn has_come(&self, moment: Moment) -> bool {
        match moment {
            Moment::Begun => true,
            Moment::Opening => self.heard >= Stage::Opening,
            Moment::Open => self.heard >= Stage::Open,
            Moment::Working(commits) => self.fresh >= commits,
        }
    }

    fn hear(&mut self) {
        for line in self.listener.hear() {
            let fields = &line["fields"];
            let number = |name: &str| {
                let number = fields[name].as_u64();
                number.unwrap_or_else(|| panic!("no {name}: {line}"))
            };
            match fields["message"].as_str() {
                Some("the store is being opened") => self.heard = Stage::Opening,
                Some("acknowledged") => {
                    self.acknowledged = self.acknowledged.max(number("lsn"));
                    self.commits += 1;
                    self.fresh += 1;
                    self.heard = Stage::Working;
                }
                Some("the store is open") => {
                    self.is_later(number("lsn"), number("incarnation"));
                    self.opens += 1;
                    self.heard = Stage::Open;
                }
                _ => {}
            }
        }
    }

    fn is_later(&mut self, recovered: u64, incarnation: u64) {
        let start = self.opens;
        assert!(
            recovered >= self.acknowledged,
            "open {start} recovered record {recovered}, but {} had been acknowledged",
            self.acknowledged
        );
        assert!(
            incarnation > self.incarnation,
            "open {start}: incarnation {incarnation} after {}",
            self.incarnation
        );
        self.incarnation = incarnation;
    }
}

impl fmt::Display for Lives {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [begun, opening, open, working] = self.ended;
        write!(
            f,
            "{} aborts; {begun} before the store was touched, {opening} while it was recovered, {open} before the first \
             commit, {working} at work; {} opens, {} commits acknowledged, 0 lost",
            self.aborts, self.opens, self.commits
        )
    }
}

/// `fsck` finds nothing, or after a crash nothing that the next start does not mend.
async fn is_sound(world: &World, closed: bool) {
    let checked = world.run(&["fsck"]).await;
    assert_eq!(checked.code, Some(0), "{checked:?}");
    let report = checked.json();
    assert_eq!(report["ok"], true, "{report:#}");
    assert!(
        !closed || report["tenants"][0]["findings"] == json!([]),
        "{report:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_between_a_create_and_its_answer_leaves_one_item() {
    let mut world = World::begin(Plan::new(20, seed())).await;
    // Answers come so late that every kill meets creates that were applied and not yet answered.
    let slow =
        json!([{ "match": { "method": "POST" }, "fault": "latency", "p": 1.0, "delay_ms": 700 }]);
    world.fault_both(slow).await;
    for _ in 0..environment::amount(4, 40) {
        world.spawn();
        let before = world.marked().await.0;
        let since = Instant::now();
        while world.marked().await.0 == before && since.elapsed() < Duration::from_secs(6) {
            pause(20).await;
        }
        assert!(world.kill(), "the node ended by itself\n{}", world.tail());
    }
    world.fault_both(json!([])).await;
    world.start().await;
    world.in_step(Duration::from_secs(90)).await;
    for side in Side::BOTH {
        let ledger = world.ledger(side).await;
        let doubled: Vec<_> = counts(&ledger, "creates")
            .filter(|(_, count)| *count > 1)
            .collect();
        assert!(
            doubled.is_empty(),
            "created more than once on {side}: {doubled:?}"
        );
    }
    world.kill();
    let found = rows::noted(&world.store(), |note| {
        matches!(note, Note::Linked { found: true, .. })
    });
    eprintln!("kills amid creates: {found} creates were found by their marker");
    assert!(found > 0, "no kill met a create");
    world.end();
}
