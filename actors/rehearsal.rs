//! The dry run: what a sync would do now, without a write to anybody.
//!
//! A rehearsal plays a sync of one profile with the real core. It meets both remotes, reads their feeds from where the
//! profile's last run left them, and reads each item that a run would look at, once. Then each pair is driven by
//! [`crate::activation`] as in a node; but a write that the core wants is answered in memory. The item it would change is
//! changed there, a new one is made there, and the core hears that it was applied. So it goes on to what follows: the move of
//! a new twin to its state, the comments, the link. What was wanted on the way is the [`Plan`].
//!
//! Architecture invariant: a rehearsal has no way to write. It holds connectors by [`Asks`] and reaches remotes through
//! [`Questions`] only, and its store is one that whoever calls has opened for looking.
//!
//! Restriction: what a remote makes of a new item beyond what it was given is known only when the item is there. A rehearsal
//! takes what the remote's metadata says of defaults and first states; where Jira does not say where a workflow begins, the
//! first status of the earliest category is taken, and a move that rests on it is marked as assumed.

mod act;
mod agenda;
mod ask;
mod plan;
mod twin;

use std::collections::BTreeMap;
use std::sync::Arc;

use mapping::check::Gap;
use mapping::{Profile, Schema, check};
use model::{
    Both, DigestKey, Installation, ItemId, ItemKey, Millis, PairId, Revision, Side, limit,
};
use storage::Store;
use sync::{
    Addresses, Context, Event, Finding, Floor, Obstacle, Pair, Reading, Schedule, Signpost,
};
use tokio_util::sync::CancellationToken;

use crate::governor::Priority;
use crate::ledger::{Ledger, LedgerError};
use crate::line::Line;
use crate::port::{Clock, Gateway};
use crate::reads::{Asks, Questions};
use crate::twins::{Lookup, Sites};
use act::{Act, Need};
use agenda::{Agenda, Cue};
use ask::Patience;
pub use plan::{Decided, Deed, Entry, Field, Lost, Of, Plan, What, hash_of};

/// What a rehearsal is given.
pub struct Arguments {
    /// The profile.
    pub profile: Arc<Profile>,
    /// The way to its remotes. Only questions go it.
    pub gateway: Arc<dyn Gateway>,
    /// The routes of each remote whose POST only asks.
    pub questions: Both<&'static [&'static str]>,
    /// The tenant's store, opened for looking.
    pub store: Store,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// When doubts are probed.
    pub schedule: Schedule,
    /// Milliseconds between two passes over everything.
    pub rescan_ms: i64,
    /// Who is told how far it has got.
    pub progress: Arc<dyn Fn(Reached) + Send + Sync>,
}

/// How far a rehearsal has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// So many items were named by the feeds.
    Named(usize),
    /// So many of so many pairs are planned.
    Planned(usize, usize),
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// A remote could not be asked.
    #[error("{}: {obstacle}", side.product())]
    Remote {
        /// Which.
        side: Side,
        /// What is in the way.
        obstacle: Obstacle,
    },
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] LedgerError),
}

impl From<storage::ReadError> for RehearsalError {
    fn from(error: storage::ReadError) -> RehearsalError {
        RehearsalError::Store(error.into())
    }
}

/// What every pair is played on.
struct Stage {
    profile: Arc<Profile>,
    ledger: Ledger,
    asks: Both<Asks>,
    lines: Both<Line>,
    /// Where the feeds ended.
    ends: Both<Option<String>>,
    schemas: Both<Schema>,
    key: DigestKey,
    installation: Installation,
    incarnation: u64,
    floor: Floor,
    schedule: Schedule,
    now: Millis,
}

impl Addresses for Stage {
    fn browse(&self, side: Side, key: &ItemKey, item: ItemId) -> String {
        self.asks.get(side).browse_url(key, item)
    }
}

impl Sites for Stage {
    fn signpost(&self, side: Side, url: &str) -> Option<Signpost> {
        self.asks.get(side).signpost(url)
    }
}

impl Stage {
    async fn set(arguments: &Arguments) -> Result<Stage, RehearsalError> {
        let Arguments { store, profile, .. } = arguments;
        let line = |side: Side| {
            let below = arguments.gateway.transport(side);
            let way = Questions::over(below, arguments.questions.get(side));
            let clock = Arc::clone(&arguments.clock);
            let most = limit::REQUESTS_IN_FLIGHT;
            Line::new(Arc::new(way), most, clock, CancellationToken::new())
        };
        let lines = Both::of(line);
        let meet = |side: Side| {
            let make = move || arguments.gateway.discover(side, profile);
            ask::patiently(lines.get(side), side, make)
        };
        let (jira, azure) = tokio::join!(meet(Side::Jira), meet(Side::Azure));
        let (jira, azure) = (jira?, azure?);
        Ok(Stage {
            profile: Arc::clone(profile),
            ledger: Ledger {
                store: store.clone(),
                profile: profile.name.clone(),
            },
            asks: Both {
                jira: Asks::of(jira.connector),
                azure: Asks::of(azure.connector),
            },
            lines,
            ends: Both::default(),
            schemas: Both {
                jira: jira.schema,
                azure: azure.schema,
            },
            key: DigestKey::new(*store.digest_key().expose()),
            installation: Installation(store.installation()),
            incarnation: store.incarnation(),
            floor: Floor::default(),
            schedule: arguments.schedule.clone(),
            now: arguments.clock.now(),
        })
    }

    fn with_context<T>(&self, work: impl FnOnce(&Context<'_>) -> T) -> T {
        work(&Context {
            profile: &self.profile,
            key: &self.key,
            installation: self.installation,
            incarnation: self.incarnation,
            // Every item that could be a twin of ours was met before the first pair is played; where one was not, the plan
            // says so of each create.
            may_create: true,
            floor: &self.floor,
            addresses: self,
            twins: &Lookup::new(&self.ledger, self),
            schedule: &self.schedule,
        })
    }

    fn gaps(&self) -> Vec<Gap> {
        check::online(&self.profile, &self.schemas.jira, &self.schemas.azure)
    }
}

/// Foretells what a sync of the profile would do now.
///
/// # Errors
/// When a remote cannot be asked or the store cannot be read.
pub async fn rehearse(arguments: Arguments) -> Result<Plan, RehearsalError> {
    let mut stage = Stage::set(&arguments).await?;
    let mut plan = Plan::of(&stage.profile, stage.gaps());
    let mut agenda = Agenda::load(&stage.ledger, &stage.profile, stage.now)?;
    let from = Both::of(|side| agenda.position(side, stage.now, arguments.rescan_ms));
    let (jira, azure) = tokio::join!(
        ask::named(&stage, Side::Jira, from.jira),
        ask::named(&stage, Side::Azure, from.azure)
    );
    let (jira, azure) = (jira?, azure?);
    stage.ends = Both {
        jira: Some(jira.end),
        azure: Some(azure.end),
    };
    let named = Both {
        jira: jira.items,
        azure: azure.items,
    };
    plan.named = Both::of(|side| named.get(side).len());
    (arguments.progress)(Reached::Named(plan.named.jira + plan.named.azure));
    for side in Side::BOTH {
        sort(&stage, side, named.get(side), &mut agenda).await?;
    }
    let unmet = hand_over(&stage, &mut agenda, &mut plan).await?;
    play(&stage, agenda, &mut plan, &*arguments.progress).await?;
    plan.doubt_creates(&unmet);
    plan.requests = Both::of(|side| stage.lines.get(side).requests());
    plan.close();
    Ok(plan)
}

/// Puts on the agenda what a feed named: what its pair has not seen yet, and new items that the profile covers.
async fn sort(
    stage: &Stage,
    side: Side,
    named: &BTreeMap<ItemId, Revision>,
    agenda: &mut Agenda,
) -> Result<(), RehearsalError> {
    let mut unknown = Vec::new();
    for (&item, &revision) in named {
        let Some(id) = stage.ledger.pair_of(side, item)? else {
            unknown.push(item);
            continue;
        };
        let row = stage.ledger.pair(id)?;
        if !row.is_some_and(|row| row.pair.has_seen(side, revision)) {
            agenda.told(id, side, revision);
        }
    }
    for item in ask::covered(stage, side, &unknown).await? {
        let id = PairId { origin: side, item };
        agenda.told(id, side, named.get(&item).copied().unwrap_or_default());
    }
    Ok(())
}

/// Meets every item on the agenda that has no twin yet. One that is itself the twin of another pair is handed to that pair,
/// before any pair is played: a twin that is there is never planned again. Says on which sides an item could not be met.
async fn hand_over(
    stage: &Stage,
    agenda: &mut Agenda,
    plan: &mut Plan,
) -> Result<Both<bool>, RehearsalError> {
    let mut unmet = Both::default();
    for side in Side::BOTH {
        let sources = agenda.unlinked(&stage.ledger, side)?;
        for part in sources.chunks(stage.asks.get(side).read_batch()) {
            let requests: Vec<_> = part.iter().map(|cue| cue.request()).collect();
            let readings = ask::read(stage, side, &requests, Patience::Long).await?;
            *plan.read.get_mut(side) += readings.len();
            for (source, reading) in part.iter().zip(readings) {
                match reading {
                    Reading::Present(item) => {
                        if let Some(to) = item.twin_of(&stage.profile.name) {
                            agenda.hand_over(source.id(side), to, item.id);
                        }
                    }
                    // Who is not there is nobody's twin.
                    Reading::Missing => {}
                    Reading::Failed(_) | Reading::NotAsked => *unmet.get_mut(side) = true,
                }
            }
        }
    }
    Ok(unmet)
}

/// Plays every pair on the agenda, some at a time, so that no more than their items are in memory.
async fn play(
    stage: &Stage,
    agenda: Agenda,
    plan: &mut Plan,
    progress: &(dyn Fn(Reached) + Send + Sync),
) -> Result<(), RehearsalError> {
    let cues = agenda.into_cues();
    let all = cues.len();
    let looked_at: Vec<PairId> = cues.keys().copied().collect();
    let mut open = cues.into_iter().peekable();
    let mut played = 0;
    while open.peek().is_some() {
        let part: Vec<(PairId, Cue)> = open.by_ref().take(limit::ACTIVE_PAIRS).collect();
        played += part.len();
        plan.entries
            .extend(play_part(stage, part, &mut plan.read).await?);
        progress(Reached::Planned(played, all));
    }
    agenda::stand_by(&stage.ledger, &looked_at, |pair| {
        plan.entries.extend(Entry::of_stored(pair));
    })?;
    plan.entries.sort_by_key(|entry| entry.pair);
    Ok(())
}

async fn play_part(
    stage: &Stage,
    part: Vec<(PairId, Cue)>,
    read: &mut Both<usize>,
) -> Result<Vec<Entry>, RehearsalError> {
    let mut acts = Vec::with_capacity(part.len());
    let mut unplayed = Vec::new();
    for (id, cue) in part {
        match adopted(stage, id, &cue, read).await? {
            Some(adopted) => acts.push(Act::begin(stage, id, cue, adopted)?),
            // Played without its twin it would plan another one.
            None => unplayed.push(left(stage, id)?),
        }
    }
    // Each round but the last gives an act at least one of its looks, so their number bounds the rounds.
    for round in 0..act::ROUNDS {
        let patience = match round {
            0 => Patience::Long,
            _ => Patience::Short,
        };
        let mut wanted: Both<Vec<(usize, sync::ReadRequest)>> = Both::default();
        let mut waits = false;
        for (place, act) in acts.iter_mut().enumerate() {
            while let Need::Probe(probe) = act.go_on() {
                let talk = stage.asks.get(probe.side).probe(&probe);
                let line = stage.lines.get(probe.side);
                let finding = line.converse(talk, Priority::Live).await;
                act.probed(probe.intent, finding.unwrap_or(Finding::Inconclusive));
            }
            waits |= act.is_waiting();
            for side in Side::BOTH {
                let request = act.wants(side);
                wanted
                    .get_mut(side)
                    .extend(request.map(|request| (place, request)));
            }
        }
        if wanted.jira.is_empty() && wanted.azure.is_empty() {
            break;
        }
        if waits {
            ask::pause(0).await;
        }
        let (jira, azure) = tokio::join!(
            ask::read_all(stage, Side::Jira, &wanted.jira, patience),
            ask::read_all(stage, Side::Azure, &wanted.azure, patience)
        );
        for (side, readings) in [(Side::Jira, jira?), (Side::Azure, azure?)] {
            *read.get_mut(side) += readings.len();
            for ((place, _), reading) in wanted.get(side).iter().zip(readings) {
                if let Some(act) = acts.get_mut(*place) {
                    act.hear(side, reading);
                }
            }
        }
        acts.iter_mut().for_each(Act::observe);
    }
    let played = acts.into_iter().filter_map(Act::end);
    Ok(played.chain(unplayed).collect())
}

/// A pair whose twin was found and cannot be read.
fn left(stage: &Stage, id: PairId) -> Result<Entry, RehearsalError> {
    let row = stage.ledger.pair(id)?;
    Ok(Entry::left(
        &row.map_or_else(|| Pair::new(id), |row| row.pair),
    ))
}

/// The items that were handed to a pair, whole; nothing when one of them cannot be read any more.
async fn adopted(
    stage: &Stage,
    id: PairId,
    cue: &Cue,
    read: &mut Both<usize>,
) -> Result<Option<Vec<Event>>, RehearsalError> {
    let side = id.origin.other();
    let requests: Vec<_> = cue.adopted.iter().copied().map(agenda::whole).collect();
    if requests.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let readings = ask::read(stage, side, &requests, Patience::Long).await?;
    *read.get_mut(side) += readings.len();
    let event = |reading| match reading {
        Reading::Present(item) => Some(Event::Adopted(item)),
        Reading::Missing | Reading::Failed(_) | Reading::NotAsked => None,
    };
    Ok(readings.into_iter().map(event).collect())
}
