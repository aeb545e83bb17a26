//! A poller: reads one remote's change feed and puts what it brings into the inbox.
//!
//! The cursor moves in the very commit that carries what it brought, so nothing that a feed said is lost between two
//! commits, and nothing that was committed is asked for again without need. What a pair has dealt with already (its own
//! echoes first of all) is dropped before it becomes work.
//!
//! A position that the remote does not accept any more costs a pass over everything and no more: the feed begins anew.
//!
//! Once a day, and at once after the profile has changed, a pass over everything goes along with the feed. It has no durable
//! position: a stop in its midst begins it again, for only its end is noted.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use model::metric::Metric;
use model::{ItemId, Millis, PairId, Problem, Revision, Side, limit, problem::Code};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use storage::{Batch, Table, decode, encode};
use sync::{FeedChange, FeedPage, Hindrance, Obstacle};
use tracing::Instrument as _;

use crate::governor::Priority;
use crate::ledger::LedgerError;
use crate::mailbox::{Letter, Mailbox};
use crate::profile;
use crate::shared::Shared;
use crate::stored::{CursorRow, InboxRow, key};

/// What a poller is told.
pub enum Message {
    /// The timer of that number has come: look at the feed.
    Look(u64),
    /// Something may have changed: look soon.
    Wake,
}

/// What a poller is started with.
pub struct Arguments {
    /// The side it reads.
    pub side: Side,
    /// What the actors of the profile share.
    pub shared: Arc<Shared>,
    /// Who gets what it brings.
    pub profile: Mailbox<profile::Message>,
    /// The pause between two looks when there is nothing new, in milliseconds.
    pub poll_ms: u64,
    /// The pause between two passes over everything, in milliseconds.
    pub rescan_ms: i64,
    /// Whether to begin with one.
    pub rescan: bool,
}

/// An item that may need work.
pub struct Hint {
    /// Its pair.
    pub pair: PairId,
    /// The inbox row that says so.
    pub row: Vec<u8>,
    /// The revision that the feed named.
    pub revision: Revision,
    /// Whether it came with the first pass over everything.
    pub priority: Priority,
}

/// Milliseconds between two looks at least, however often somebody says that something changed.
const SPACING_MS: i64 = 250;
/// Milliseconds for which the same word about the same item is not passed on again. Jira's feed repeats what lies within
/// its overlap at each look, and a pair that cannot deal with it now has a timer of its own.
const REPEAT_MS: i64 = 30_000;
/// Items whose last word is remembered; beyond that all are forgotten, and some words are passed on twice.
const REMEMBERED: usize = 20_000;

/// The actor.
pub struct Poller;

/// Its state.
pub struct State {
    arguments: Arguments,
    place: Option<CursorRow>,
    /// The position of a pass over everything, while one is under way.
    scan: Option<Option<String>>,
    next_scan: Millis,
    failures: u32,
    trouble: Option<Problem>,
    /// What was passed on of each item lately, and when.
    told: BTreeMap<ItemId, (Revision, Millis)>,
    /// The number of the timer that counts, and when it comes.
    timer: (u64, Millis),
    last_look: Millis,
}

impl Actor for Poller {
    type Msg = Letter<Message>;
    type State = State;
    type Arguments = Arguments;

    async fn pre_start(
        &self,
        myself: ActorRef<Self::Msg>,
        arguments: Arguments,
    ) -> Result<State, ActorProcessingErr> {
        let ledger = &arguments.shared.ledger;
        let at = key::cursor(&ledger.profile, arguments.side);
        let stored = ledger.store.get(Table::Cursor, &at)?;
        let place: Option<CursorRow> = stored.map(|bytes| decode(&bytes)).transpose()?;
        if let Some(place) = &place {
            arguments.shared.resume_floor(&place.floor);
        }
        // A first pass that was under way by other rules is none by these.
        let place = place.filter(|place| place.drained || !arguments.rescan);
        let now = arguments.shared.clock.now();
        let next_scan = next_scan(place.as_ref(), now, arguments.rescan_ms);
        let scan = (arguments.rescan && place.is_some()).then_some(None);
        myself.cast(Letter::single(Message::Look(0)))?;
        Ok(State {
            arguments,
            place,
            scan,
            next_scan,
            failures: 0,
            trouble: None,
            told: BTreeMap::new(),
            timer: (0, now),
            last_look: Millis(0),
        })
    }

    async fn handle(
        &self,
        myself: ActorRef<Self::Msg>,
        letter: Self::Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match letter.open() {
            // Nothing is sent any more once the node stops, and that is no trouble of the remote's.
            Message::Look(_) if state.is_stopping() => {}
            Message::Look(timer) if timer == state.timer.0 => {
                let pause = match state.look().await? {
                    Ok(Look::More) => 0,
                    Ok(Look::Rest) => state.arguments.poll_ms,
                    Err(obstacle) => state.troubled(&obstacle).await,
                };
                state.last_look = state.arguments.shared.clock.now();
                state.arm(&myself, pause);
            }
            Message::Look(_) => {}
            Message::Wake => state.woken(&myself),
        }
        Ok(())
    }
}

enum Look {
    /// There is more at once.
    More,
    /// There is nothing to be had before the next poll.
    Rest,
}

/// When the next pass over everything is due: counted from the last one, also over restarts. One that ended in the future
/// ended now, for the clock was set.
fn next_scan(place: Option<&CursorRow>, now: Millis, rescan_ms: i64) -> Millis {
    let last = place.filter(|place| place.drained);
    let last = last.map_or(now, |place| place.scanned.min(now));
    last.plus(rescan_ms)
}

/// Where a page is read.
enum Place {
    /// A pass over everything, from that position.
    Scan(Option<String>),
    /// The feed.
    Feed,
}

struct Turned {
    more: bool,
    news: bool,
    restarted: bool,
}

/// A page that leads nowhere, or to a position that cannot be kept, is none.
fn sound(page: FeedPage, from: Option<&str>) -> Result<FeedPage, Obstacle> {
    let wrong = |what| {
        Err(Obstacle::Unreadable {
            route: "feed",
            what,
        })
    };
    if page.cursor.len() > limit::CURSOR_BYTES {
        return wrong("its position is too long");
    }
    if page.more && page.changes.is_empty() && from == Some(page.cursor.as_str()) {
        return wrong("it does not move on");
    }
    Ok(page)
}

impl State {
    /// Looks after so many milliseconds. An earlier timer counts no longer.
    fn arm(&mut self, myself: &ActorRef<Letter<Message>>, pause: u64) {
        let now = self.arguments.shared.clock.now();
        let number = self.timer.0.wrapping_add(1);
        self.timer = (number, now.plus(i64::try_from(pause).unwrap_or(i64::MAX)));
        let message = move || Letter::single(Message::Look(number));
        if pause == 0 {
            let _ = myself.cast(message());
        } else {
            myself.send_after(Duration::from_millis(pause), message);
        }
    }

    /// Somebody says that something changed. While the remote is in trouble the pauses are kept all the same.
    fn woken(&mut self, myself: &ActorRef<Letter<Message>>) {
        let now = self.arguments.shared.clock.now();
        let soonest = self.last_look.plus(SPACING_MS).max(now);
        if self.failures == 0 && soonest < self.timer.1 {
            self.arm(myself, u64::try_from(soonest.since(now)).unwrap_or(0));
        }
    }

    /// Reads a bounded number of pages: one of the pass over everything while one is under way, and what is new.
    async fn look(&mut self) -> Result<Result<Look, Obstacle>, LedgerError> {
        let mut restarted = false;
        if let Some(scan) = self.scan.take() {
            match self.turn_page(Place::Scan(scan)).await? {
                Ok(page) => restarted = page.restarted,
                Err(obstacle) => return Ok(Err(obstacle)),
            }
        }
        let mut news = false;
        for _ in 0..limit::FEED_PAGES_PER_TURN {
            match self.turn_page(Place::Feed).await? {
                Ok(page) if page.restarted => return Ok(Ok(Look::Rest)),
                Ok(page) if page.more => news |= page.news,
                Ok(page) => {
                    self.scan_next();
                    self.tell_drained(news || page.news).await;
                    let at_once = self.scan.is_some() && !restarted;
                    return Ok(Ok(if at_once { Look::More } else { Look::Rest }));
                }
                Err(obstacle) => return Ok(Err(obstacle)),
            }
        }
        Ok(Ok(if restarted { Look::Rest } else { Look::More }))
    }

    async fn tell_drained(&self, news: bool) {
        let side = self.arguments.side;
        let message = profile::Message::Drained { side, news };
        let _ = self.arguments.profile.send(message).await;
    }

    /// Reads one page and puts it into the inbox.
    async fn turn_page(&mut self, place: Place) -> Result<Result<Turned, Obstacle>, LedgerError> {
        let profile = &self.arguments.shared.ledger.profile;
        let span = model::span!("page", profile = profile, side = self.arguments.side);
        self.take_page(place).instrument(span).await
    }

    async fn take_page(&mut self, place: Place) -> Result<Result<Turned, Obstacle>, LedgerError> {
        let from = match &place {
            Place::Scan(scan) => scan.clone(),
            Place::Feed => self.place.as_ref().map(|place| place.cursor.clone()),
        };
        let connector = self.arguments.shared.connectors.get(self.arguments.side);
        let page = self.converse(connector.feed(from.as_deref())).await;
        let page = match page.and_then(|page| sound(page, from.as_deref())) {
            Ok(page) => page,
            Err(obstacle) => {
                self.doubt_position(place, &obstacle);
                return Ok(Err(obstacle));
            }
        };
        let meter = &self.arguments.shared.meter;
        let words = [self.arguments.side.as_str()];
        meter.count(Metric::FeedPages, words, 1);
        meter.count(Metric::FeedItems, words, page.changes.len() as u64);
        let (more, restarted) = (page.more, page.restarted);
        if restarted {
            model::log!(
                warn,
                "a page's position is not accepted; what it stood in begins anew",
                side = self.arguments.side
            );
        }
        let first = !self.is_drained();
        let taken = self.take(page, &place).await?;
        if taken.is_ok() {
            self.well().await;
            let passed = match &place {
                Place::Scan(_) => self.scan.is_none(),
                Place::Feed => first && self.is_drained(),
            };
            if passed {
                self.tell_passed().await;
            }
        } else if let Place::Scan(scan) = place {
            self.scan = Some(scan);
        }
        Ok(taken.map(|news| Turned {
            more,
            news,
            restarted,
        }))
    }

    async fn tell_passed(&self) {
        let message = profile::Message::Passed(self.arguments.side);
        let _ = self.arguments.profile.send(message).await;
    }

    /// What is not known may be the position. Everything is read anew then: what pairs have seen is dropped again.
    fn doubt_position(&mut self, place: Place, obstacle: &Obstacle) {
        let unknown = matches!(obstacle, Obstacle::Unknown { .. });
        match place {
            Place::Feed if unknown && self.place.take().is_some() => {
                model::log!(
                    warn,
                    "the feed's position is not accepted; it begins anew",
                    side = self.arguments.side
                );
            }
            Place::Feed => {}
            Place::Scan(scan) => self.scan = Some(scan.filter(|_| !unknown)),
        }
    }

    async fn converse<T>(
        &self,
        talk: sync::Conversation<Result<T, Obstacle>>,
    ) -> Result<T, Obstacle> {
        let priority = if self.is_drained() {
            Priority::Live
        } else {
            Priority::Backfill
        };
        let line = self.arguments.shared.lines.get(self.arguments.side);
        let endless = Obstacle::Unreadable {
            route: "feed",
            what: "it does not end",
        };
        line.converse(talk, priority).await.unwrap_or(Err(endless))
    }

    fn is_stopping(&self) -> bool {
        let shared = &self.arguments.shared;
        shared.lines.get(self.arguments.side).is_stopping()
    }

    fn is_drained(&self) -> bool {
        self.place.as_ref().is_some_and(|place| place.drained)
    }

    /// Puts a page into the inbox, with the cursor, in one commit. Says whether there was anything new.
    async fn take(
        &mut self,
        page: FeedPage,
        place: &Place,
    ) -> Result<Result<bool, Obstacle>, LedgerError> {
        let side = self.arguments.side;
        let shared = Arc::clone(&self.arguments.shared);
        // A pass over everything stands far behind the feed.
        let foremost = side == Side::Azure && matches!(place, Place::Feed);
        let token = foremost.then(|| page.cursor.clone());
        let changes = self.fresh(&page.changes);
        let (known, unknown) = self.sort(&changes)?;
        let covered = match self.covered(&unknown).await {
            Ok(covered) => covered,
            Err(obstacle) => return Ok(Err(obstacle)),
        };
        let keys = page.changes.iter().filter_map(|change| change.key.as_ref());
        let floor = shared.raise_floor(keys, token);
        let backfill = !self.is_drained() || matches!(place, Place::Scan(_));
        let mut batch = Batch::new();
        let mut hints = Vec::new();
        for (pair, item, revision) in known.into_iter().chain(covered) {
            let row = InboxRow {
                side,
                item,
                revision,
                backfill,
            };
            let at = self.inbox_key(pair);
            batch.put(Table::Inbox, at.clone(), encode(&row)?);
            let priority = if backfill {
                Priority::Backfill
            } else {
                Priority::Live
            };
            hints.push(Hint {
                pair,
                row: at,
                revision,
                priority,
            });
        }
        match place {
            Place::Scan(_) if page.more || page.restarted => {}
            Place::Scan(_) => self.end_scan(&mut batch)?,
            Place::Feed => self.move_on(&mut batch, &page, floor)?,
        }
        if !batch.is_empty() {
            shared.ledger.store.commit(batch).await?;
        }
        if matches!(place, Place::Scan(_)) {
            self.scan = (page.more || page.restarted).then_some(Some(page.cursor));
        }
        self.remember(&changes);
        let news = !hints.is_empty();
        if news {
            let message = profile::Message::Arrived(side, hints);
            let _ = self.arguments.profile.send(message).await;
        }
        Ok(Ok(news))
    }

    fn inbox_key(&self, pair: PairId) -> Vec<u8> {
        let shared = &self.arguments.shared;
        let side = self.arguments.side;
        key::inbox(
            &shared.ledger.profile,
            pair,
            side,
            shared.incarnation,
            shared.numbers.next(),
        )
    }

    /// Each item's newest word, unless it was passed on a moment ago.
    fn fresh(&self, changes: &[FeedChange]) -> BTreeMap<ItemId, Revision> {
        let now = self.arguments.shared.clock.now();
        let mut newest: BTreeMap<ItemId, Revision> = BTreeMap::new();
        for change in changes {
            let revision = newest.entry(change.item).or_default();
            *revision = (*revision).max(change.revision);
        }
        newest.retain(|item, revision| {
            let told = self.told.get(item);
            !told.is_some_and(|(told, at)| *told == *revision && now.since(*at) < REPEAT_MS)
        });
        newest
    }

    fn remember(&mut self, changes: &BTreeMap<ItemId, Revision>) {
        let now = self.arguments.shared.clock.now();
        if self.told.len() + changes.len() > REMEMBERED {
            self.told.retain(|_, (_, at)| now.since(*at) < REPEAT_MS);
        }
        if self.told.len() + changes.len() > REMEMBERED {
            self.told.clear();
        }
        let words = changes.iter().map(|(item, rev)| (*item, (*rev, now)));
        self.told.extend(words);
    }

    /// Moves the cursor.
    fn move_on(
        &mut self,
        batch: &mut Batch,
        page: &FeedPage,
        floor: sync::Floor,
    ) -> Result<(), LedgerError> {
        let before = self.is_drained();
        let drained = before || !(page.more || page.restarted);
        let mut scanned = self.place.as_ref().map_or(Millis(0), |row| row.scanned);
        if drained && !before {
            scanned = self.pass_ends();
        }
        self.keep_place(
            batch,
            CursorRow {
                cursor: page.cursor.clone(),
                drained,
                floor,
                scanned,
            },
        )
    }

    /// Notes that a pass over everything has ended, unless the feed itself begins anew, which is another one.
    fn end_scan(&mut self, batch: &mut Batch) -> Result<(), LedgerError> {
        let scanned = self.pass_ends();
        match self.place.clone() {
            Some(place) => self.keep_place(batch, CursorRow { scanned, ..place }),
            None => Ok(()),
        }
    }

    /// The next pass is counted from now. Gives the time.
    fn pass_ends(&mut self) -> Millis {
        let now = self.arguments.shared.clock.now();
        self.next_scan = now.plus(self.arguments.rescan_ms);
        now
    }

    fn keep_place(&mut self, batch: &mut Batch, row: CursorRow) -> Result<(), LedgerError> {
        if self.place.as_ref() != Some(&row) {
            let ledger = &self.arguments.shared.ledger;
            let at = key::cursor(&ledger.profile, self.arguments.side);
            batch.put(Table::Cursor, at, encode(&row)?);
            self.place = Some(row);
        }
        Ok(())
    }

    /// Begins a pass over everything when its time has come: it closes what the feed missed (design.md 7).
    fn scan_next(&mut self) {
        let now = self.arguments.shared.clock.now();
        if self.scan.is_none() && self.is_drained() && now >= self.next_scan {
            self.scan = Some(None);
        }
    }

    /// Parts what has a pair from what has none, and drops what its pair has seen.
    fn sort(
        &self,
        changes: &BTreeMap<ItemId, Revision>,
    ) -> Result<(Vec<News>, Vec<News>), LedgerError> {
        let side = self.arguments.side;
        let ledger = &self.arguments.shared.ledger;
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for (&item, &revision) in changes {
            match ledger.pair_of(side, item)? {
                None => unknown.push((PairId { origin: side, item }, item, revision)),
                Some(id) => {
                    let row = match ledger.pair(id) {
                        // The pair's own actor tells of it; the feed goes on.
                        Err(LedgerError::Decode(_)) => None,
                        row => row?,
                    };
                    if !row.is_some_and(|row| row.pair.has_seen(side, revision)) {
                        known.push((id, item, revision));
                    }
                }
            }
        }
        Ok((known, unknown))
    }

    /// Those of the unknown items that the profile covers.
    async fn covered(&self, unknown: &[News]) -> Result<Vec<News>, Obstacle> {
        let side = self.arguments.side;
        let connector = self.arguments.shared.connectors.get(side);
        let mut covered = Vec::new();
        for chunk in unknown.chunks(connector.read_batch().max(1)) {
            let items: Vec<ItemId> = chunk.iter().map(|(_, item, _)| *item).collect();
            let mut inside = self.converse(connector.covered(&items)).await?;
            inside.sort_unstable();
            covered.extend(
                chunk
                    .iter()
                    .filter(|(_, item, _)| inside.binary_search(item).is_ok()),
            );
        }
        Ok(covered)
    }

    /// The connection is in trouble: told once, then tried again with growing pauses. Gives the pause.
    async fn troubled(&mut self, obstacle: &Obstacle) -> u64 {
        self.failures = self.failures.saturating_add(1);
        let problem = problem_of(self.arguments.side, obstacle);
        model::log!(
            warn,
            "the feed cannot be read",
            side = self.arguments.side,
            code = problem.code
        );
        if let Some(problem) = problem_to_tell(&problem, self.failures)
            && self.trouble.as_ref() != Some(problem)
        {
            self.trouble = Some(problem.clone());
            self.tell(Some(problem.clone())).await;
        }
        let doubled = 500_u64 << self.failures.min(6);
        doubled.min(30_000)
    }

    async fn well(&mut self) {
        self.failures = 0;
        if self.trouble.take().is_some() {
            self.tell(None).await;
        }
    }

    async fn tell(&self, problem: Option<Problem>) {
        let message = profile::Message::Trouble {
            source: profile::Source::Feed,
            side: self.arguments.side,
            problem,
        };
        let _ = self.arguments.profile.send(message).await;
    }
}

type News = (PairId, ItemId, Revision);

/// A passing fault is not worth a person's attention; a refused credential is at once.
fn problem_to_tell(problem: &Problem, failures: u32) -> Option<&Problem> {
    let at_once = matches!(
        problem.code,
        Code::Credential | Code::Forbidden | Code::ProfileGap
    );
    (at_once || failures >= 3).then_some(problem)
}

/// What a customer reads of an obstacle.
#[must_use]
pub fn problem_of(side: Side, obstacle: &Obstacle) -> Problem {
    match obstacle {
        Obstacle::Hindered(Hindrance::Credential) => Problem::new(Code::Credential).on(side),
        Obstacle::Hindered(Hindrance::Unreachable | Hindrance::Withheld) => {
            Problem::new(Code::Unreachable).on(side)
        }
        Obstacle::Hindered(Hindrance::Throttled { .. }) => {
            Problem::new(Code::RemoteError).on(side).about("throttled")
        }
        Obstacle::Hindered(Hindrance::Unprepared { subject }) | Obstacle::Unknown { subject } => {
            Problem::new(Code::ProfileGap).on(side).about(subject)
        }
        Obstacle::Forbidden { code } => {
            let problem = Problem::new(Code::Forbidden).on(side);
            match code {
                Some(code) => problem.about(code),
                None => problem,
            }
        }
        Obstacle::Refused {
            status: status @ 400..=499,
            ..
        } => Problem::new(Code::ProfileGap)
            .on(side)
            .about(&format!("filter or field refused with {status}")),
        Obstacle::Refused { status, .. } => Problem::new(Code::RemoteError)
            .on(side)
            .about(&status.to_string()),
        Obstacle::Unreadable { route, .. } => Problem::new(Code::Unreadable).on(side).about(route),
    }
}
