//! What may go wrong in one history: drawn from its seed, each kind of fault in about half of all histories.

use emulator::fault::{Fault, Match, Rule};
use model::Side;
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use storage::Threads;

use crate::act::{self, Act};

/// The header by which requests are marked that meet faults of the remote. People never send it.
pub(crate) const WEATHER: &str = "x-weather";

/// Everything that is decided before a history begins.
#[derive(Clone, Debug)]
pub(crate) struct Swarm {
    /// Sample items on each side.
    pub(crate) items: u32,
    /// Acts of people.
    pub(crate) acts: Vec<Act>,
    /// How likely an act is an order about a pair.
    pub(crate) orders: f64,
    /// How likely an act is that an item is deleted.
    pub(crate) deletes: f64,
    /// How likely an act is that an item is moved to another project, or back.
    pub(crate) moves: f64,
    /// How many profiles the tenant has, each with projects of its own.
    pub(crate) profiles: usize,
    /// The profiles' direction.
    pub(crate) direction: &'static str,
    /// The profile's policy for conflicts.
    pub(crate) policy: &'static str,
    /// How long the search indexes lag, in milliseconds.
    pub(crate) search_lag_ms: (u32, u32),
    /// Whether Jira limits the writes on one issue.
    pub(crate) write_limits: bool,
    /// How likely an act wakes the node, as a webhook does.
    pub(crate) wakes: f64,
    /// The network.
    pub(crate) network: Network,
    /// What the remotes themselves do wrong.
    pub(crate) wrongs: Vec<(Fault, f64, u64)>,
    /// The lives of the node before the last one.
    pub(crate) lives: Vec<Life>,
    /// Milliseconds of calm at the beginning of the last life.
    pub(crate) calm_ms: i64,
    /// Milliseconds between two looks at the remotes' metadata.
    pub(crate) refresh_ms: u64,
    /// Sizes of the store.
    pub(crate) store: storage::Options,
}

/// What the network does, as likelihoods of each request.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    /// Milliseconds that a request and its answer usually take, at least and at most, each.
    pub(crate) latency_ms: (u64, u64),
    /// It is applied, and its answer is lost.
    pub(crate) lost: f64,
    /// It never arrives.
    pub(crate) dropped: f64,
    /// It arrives after its sender gave it up.
    pub(crate) late: f64,
    /// No connection is made.
    pub(crate) refused: f64,
    /// It arrives twice, if a proxy might repeat it.
    pub(crate) twice: f64,
    /// It takes longer than its sender waits, or nearly.
    pub(crate) slow: f64,
    /// The side that does not accept the credential, and from when to when.
    pub(crate) unaccepted: Option<(Side, i64, i64)>,
    /// Whether a sign-in page says so, and not a status.
    pub(crate) page: bool,
    /// The side on which the account may only read, and from when to when.
    pub(crate) forbidden: Option<(Side, i64, i64)>,
    /// What becomes of one request of all, by its number.
    pub(crate) at: Option<(u64, Fate)>,
}

/// What becomes of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is answered.
    Answered,
    /// It is applied, and its answer is lost.
    Lost,
    /// It never arrives.
    Dropped,
    /// It is given up, and arrives so many milliseconds later.
    Late(u64),
    /// No connection is made.
    Refused,
    /// It arrives twice.
    Twice,
}

/// One life of the node.
#[derive(Clone, Debug)]
pub(crate) struct Life {
    /// Milliseconds that it lasts unless the power goes before.
    pub(crate) lasts_ms: i64,
    /// Milliseconds at its beginning in which nothing goes wrong on the way.
    pub(crate) calm_ms: i64,
    /// How it ends.
    pub(crate) end: End,
    /// What its disk does.
    pub(crate) disk: Disk,
    /// Milliseconds until the next life begins.
    pub(crate) gap_ms: i64,
    /// Milliseconds by which the machine's clock is off in this life.
    pub(crate) skew_ms: i64,
}

/// How a life ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The machine loses its power: what was not synced is lost, or torn, or there.
    Power,
    /// The process is killed: what it wrote is there.
    Kill,
    /// It is stopped in order.
    Stop,
}

/// What a disk does in one life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disk {
    /// It works.
    Sound,
    /// The power goes at that operation of this life.
    Cut(u64),
    /// That sync fails.
    Sync(u64),
    /// It is full after so many more bytes.
    Full(u64),
    /// Of what has lain on it for long one bit is another, or one sector holds another's bytes; the number chooses which.
    Rot(u64),
}

/// How far a clock is off that nobody set: hours, days, a battery that was empty.
const FAR_OFF_MS: [i64; 6] = [
    3_600_000,
    -3_600_000,
    86_400_000,
    -86_400_000,
    400 * 86_400_000,
    -20 * 365 * 86_400_000,
];

/// A likelihood of that order in half of the histories, else none.
fn rate(random: &mut SmallRng, most: f64) -> f64 {
    if random.random_bool(0.5) {
        return 0.0;
    }
    random.random_range(most / 20.0..most)
}

impl Swarm {
    /// Draws them.
    pub(crate) fn draw(random: &mut SmallRng) -> Swarm {
        // Choices of their own, so that a new kind of them does not shift the others.
        let mut more = SmallRng::seed_from_u64(random.random());
        let window_ms = random.random_range(60_000..900_000);
        let lag = pick(
            random,
            &[(0, 0), (400, 1_500), (2_000, 20_000), (10_000, 90_000)],
        );
        Swarm {
            items: random.random_range(1..=3),
            acts: {
                let count = random.random_range(8..=30);
                act::drawn(&mut more, count, window_ms)
            },
            orders: rate(&mut more, 0.3),
            deletes: rate(&mut more, 0.1),
            profiles: pick(&mut more, &[1, 1, 2]),
            direction: pick(&mut more, &["both", "both", "both", "to-azure", "to-jira"]),
            policy: {
                let named = pick(random, &["latest", "latest", "jira", "azure"]);
                let manual = more.random_bool(0.2);
                if manual { "manual" } else { named }
            },
            search_lag_ms: lag,
            write_limits: random.random_bool(0.5),
            wakes: rate(random, 1.0),
            network: {
                let mut network = Network::draw(random, window_ms);
                network.page = more.random_bool(0.5);
                let from = more.random_range(0..window_ms);
                let until = from + more.random_range(5_000..300_000);
                let side = pick(&mut more, &Side::BOTH);
                let forbidden = more.random_bool(0.25);
                network.forbidden = forbidden.then_some((side, from, until));
                network
            },
            wrongs: {
                let mut wrongs = wrongs(random);
                let full = rate(&mut more, 0.05);
                let full = (full > 0.0).then_some((Fault::RevisionLimit500, full, 0));
                wrongs.extend(full);
                wrongs
            },
            lives: {
                let mut lives = lives(random, window_ms);
                for life in &mut lives {
                    let (rots, which) = (more.random_bool(0.2), more.random());
                    if rots && life.disk == Disk::Sound {
                        life.disk = Disk::Rot(which);
                    }
                }
                for life in &mut lives {
                    if more.random_bool(0.1) {
                        life.skew_ms = pick(&mut more, &FAR_OFF_MS);
                    }
                }
                lives
            },
            moves: rate(&mut more, 0.1),
            calm_ms: calm(random),
            refresh_ms: pick(random, &[60_000, 600_000, 3_600_000, 3_600_000]),
            store: sizes(random),
        }
    }
}

impl Network {
    fn draw(random: &mut SmallRng, window_ms: i64) -> Network {
        let from = random.random_range(0..window_ms);
        let until = from + random.random_range(5_000..300_000);
        let side = pick(random, &Side::BOTH);
        Network {
            latency_ms: pick(random, &[(1, 10), (10, 200), (100, 2_000)]),
            lost: rate(random, 0.2),
            dropped: rate(random, 0.2),
            late: rate(random, 0.15),
            refused: rate(random, 0.2),
            twice: rate(random, 0.2),
            slow: rate(random, 0.05),
            unaccepted: random.random_bool(0.4).then_some((side, from, until)),
            page: false,
            forbidden: None,
            at: None,
        }
    }

    /// A network that does its work.
    pub(crate) fn sound() -> Network {
        Network {
            latency_ms: (10, 200),
            lost: 0.0,
            dropped: 0.0,
            late: 0.0,
            refused: 0.0,
            twice: 0.0,
            slow: 0.0,
            unaccepted: None,
            page: false,
            forbidden: None,
            at: None,
        }
    }
}

fn pick<T: Copy>(random: &mut SmallRng, from: &[T]) -> T {
    from[random.random_range(0..from.len())]
}

/// What the remotes themselves do wrong, how likely, and after how many seconds one may come back.
fn wrongs(random: &mut SmallRng) -> Vec<(Fault, f64, u64)> {
    let kinds = [
        (Fault::Error500, 0.1),
        (Fault::Error503, 0.1),
        (Fault::Throttle429, 0.15),
        (Fault::SignInPage, 0.03),
        (Fault::TruncatedBody, 0.05),
        (Fault::GarbageBody, 0.05),
        (Fault::StaleSearch, 0.8),
    ];
    let drawn = kinds.map(|(fault, most)| {
        let retry_after_s = random.random_range(1..40);
        (fault, rate(random, most), retry_after_s)
    });
    drawn.into_iter().filter(|(_, p, _)| *p > 0.0).collect()
}

/// The same as rules, for requests in foul weather.
pub(crate) fn rules(wrongs: &[(Fault, f64, u64)]) -> Vec<Rule> {
    let rule = |(fault, p, retry_after_s): &(Fault, f64, u64)| Rule {
        p: *p,
        matches: Match {
            header: Some(format!("{WEATHER}: foul")),
            ..Match::default()
        },
        retry_after_s: (*fault == Fault::Throttle429).then_some(*retry_after_s),
        ..Rule::always(*fault)
    };
    wrongs.iter().map(rule).collect()
}

fn lives(random: &mut SmallRng, window_ms: i64) -> Vec<Life> {
    let count = random.random_range(0..5);
    (0..count).map(|_| Life::draw(random, window_ms)).collect()
}

/// To meet a remote takes dozens of requests, all of them answered. A node that is never let through tries nothing else.
fn calm(random: &mut SmallRng) -> i64 {
    let most = pick(random, &[1, 20_000, 60_000, 60_000]);
    random.random_range(0..most)
}

impl Life {
    fn draw(random: &mut SmallRng, window_ms: i64) -> Life {
        let jump = random.random_range(-300_000..300_000);
        let disk = match random.random_range(0..8) {
            0 | 1 => Disk::Cut(random.random_range(1..300)),
            2 => Disk::Sync(random.random_range(1..60)),
            3 => Disk::Full(random.random_range(1_000..60_000)),
            _ => Disk::Sound,
        };
        let end = match disk {
            Disk::Cut(_) => End::Power,
            Disk::Sound | Disk::Sync(_) | Disk::Full(_) | Disk::Rot(_) => {
                pick(random, &[End::Power, End::Kill, End::Stop])
            }
        };
        Life {
            lasts_ms: random.random_range(50..window_ms),
            calm_ms: calm(random),
            end,
            disk,
            gap_ms: random.random_range(0..120_000),
            skew_ms: if random.random_bool(0.3) { jump } else { 0 },
        }
    }
}

/// Small files, so that segments end and checkpoints are made within minutes.
fn sizes(random: &mut SmallRng) -> storage::Options {
    storage::Options {
        segment_bytes: 1 << random.random_range(14..18),
        chunk_bytes: 1 << random.random_range(12..15),
        checkpoint_bytes: 1 << random.random_range(14..20),
        threads: Threads::Inline,
        ..storage::Options::default()
    }
}
