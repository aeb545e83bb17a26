//! A poller: reads one remote's change feed and puts what it brings into the inbox.
//!
//! The cursor moves in the very commit that carries what it brought, so nothing that a feed said is lost between two
//! commits, and nothing that was committed is asked for again without need. What a pair has dealt with already (its own
//! echoes first of all) is dropped before it becomes work.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use model::{ItemId, Millis, PairId, Problem, Revision, Side, limit, problem::Code};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use storage::{Batch, Table, decode, encode};
use sync::{FeedChange, FeedPage, Hindrance, Obstacle};

use crate::governor::Priority;
use crate::ledger::LedgerError;
use crate::mailbox::{Letter, Mailbox};
use crate::profile;
use crate::shared::Shared;
use crate::stored::{CursorRow, InboxRow, key};

/// What a poller is told.
pub enum Message {
    /// Look at the feed.
    Look,
    /// Something may have changed: look at once.
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
}

/// An item that may need work.
pub struct Hint {
    /// Its pair.
    pub pair: PairId,
    /// The inbox row that says so.
    pub row: Vec<u8>,
    /// Whether it came with the first pass over everything.
    pub priority: Priority,
}

/// The actor.
pub struct Poller;

/// Its state.
pub struct State {
    arguments: Arguments,
    place: Option<CursorRow>,
    /// The position of a pass over everything, while one is under way.
    scan: Option<Option<String>>,
    next_scan: Millis,
    counter: u64,
    failures: u32,
    trouble: Option<Problem>,
    armed: bool,
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
            arguments
                .shared
                .raise_floor(Some(place.floor.key), place.floor.token.clone());
        }
        let next_scan = arguments.shared.clock.now().plus(arguments.rescan_ms);
        myself.cast(Letter::single(Message::Wake))?;
        Ok(State {
            arguments,
            place,
            scan: None,
            next_scan,
            counter: 0,
            failures: 0,
            trouble: None,
            armed: false,
        })
    }

    async fn handle(
        &self,
        myself: ActorRef<Self::Msg>,
        letter: Self::Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        if matches!(letter.open(), Message::Look) {
            state.armed = false;
        }
        let pause = match state.look().await? {
            Ok(Look::More) => 0,
            Ok(Look::Drained) => state.arguments.poll_ms,
            Err(obstacle) => state.troubled(&obstacle),
        };
        if !std::mem::replace(&mut state.armed, true) {
            let pause = Duration::from_millis(pause);
            myself.send_after(pause, || Letter::single(Message::Look));
        }
        Ok(())
    }
}

enum Look {
    More,
    Drained,
}

impl State {
    /// Reads a bounded number of pages.
    async fn look(&mut self) -> Result<Result<Look, Obstacle>, LedgerError> {
        let mut news = false;
        for _ in 0..limit::FEED_PAGES_PER_TURN {
            let page = match self.page().await {
                Ok(page) => page,
                Err(obstacle) => return Ok(Err(obstacle)),
            };
            self.well();
            let more = page.more;
            news |= match self.take(page).await? {
                Ok(news) => news,
                Err(obstacle) => return Ok(Err(obstacle)),
            };
            if !more {
                self.scan_next();
                let message = profile::Message::Drained {
                    side: self.arguments.side,
                    news,
                };
                let _ = self.arguments.profile.send(message).await;
                return Ok(Ok(Look::Drained));
            }
        }
        Ok(Ok(Look::More))
    }

    async fn page(&self) -> Result<FeedPage, Obstacle> {
        let shared = &self.arguments.shared;
        let cursor = match &self.scan {
            Some(scan) => scan.as_deref(),
            None => self.place.as_ref().map(|place| place.cursor.as_str()),
        };
        let talk = shared.connectors.get(self.arguments.side).feed(cursor);
        self.converse(talk).await
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

    fn is_drained(&self) -> bool {
        self.place.as_ref().is_some_and(|place| place.drained)
    }

    /// Puts a page into the inbox, with the cursor, in one commit. Says whether there was anything new.
    async fn take(&mut self, page: FeedPage) -> Result<Result<bool, Obstacle>, LedgerError> {
        let side = self.arguments.side;
        let shared = Arc::clone(&self.arguments.shared);
        let highest = page.changes.iter().filter_map(|change| change.key).max();
        let token = (side == Side::Azure).then(|| page.cursor.clone());
        let (known, unknown) = self.sort(&page.changes)?;
        let covered = match self.covered(&unknown).await {
            Ok(covered) => covered,
            Err(obstacle) => return Ok(Err(obstacle)),
        };
        let floor = shared.raise_floor(highest, token);
        let backfill = !self.is_drained() && self.scan.is_none();
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
                priority,
            });
        }
        self.move_on(&mut batch, &page, floor)?;
        if !batch.is_empty() {
            shared.ledger.store.commit(batch).await?;
        }
        let news = !hints.is_empty();
        if news {
            let _ = self
                .arguments
                .profile
                .send(profile::Message::Arrived(hints))
                .await;
        }
        Ok(Ok(news))
    }

    fn inbox_key(&mut self, pair: PairId) -> Vec<u8> {
        self.counter += 1;
        let shared = &self.arguments.shared;
        let side = self.arguments.side;
        key::inbox(
            &shared.ledger.profile,
            pair,
            side,
            shared.incarnation,
            self.counter,
        )
    }

    /// Moves the cursor, or the position of a pass over everything, which lives in memory only.
    fn move_on(
        &mut self,
        batch: &mut Batch,
        page: &FeedPage,
        floor: sync::Floor,
    ) -> Result<(), LedgerError> {
        if let Some(scan) = &mut self.scan {
            *scan = page.more.then(|| page.cursor.clone());
            if !page.more {
                self.scan = None;
            }
            return Ok(());
        }
        let drained = self.is_drained() || !page.more;
        let row = CursorRow {
            cursor: page.cursor.clone(),
            drained,
            floor,
        };
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
            self.next_scan = now.plus(self.arguments.rescan_ms);
            self.scan = Some(None);
        }
    }

    /// Parts what has a pair from what has none, and drops what its pair has seen.
    fn sort(&self, changes: &[FeedChange]) -> Result<(Vec<News>, Vec<News>), LedgerError> {
        let side = self.arguments.side;
        let ledger = &self.arguments.shared.ledger;
        let mut newest: BTreeMap<ItemId, Revision> = BTreeMap::new();
        for change in changes {
            let revision = newest.entry(change.item).or_default();
            *revision = (*revision).max(change.revision);
        }
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for (item, revision) in newest {
            match ledger.pair_of(side, item)? {
                None => unknown.push((PairId { origin: side, item }, item, revision)),
                Some(id) => {
                    let row = ledger.pair(id)?;
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
    fn troubled(&mut self, obstacle: &Obstacle) -> u64 {
        self.failures = self.failures.saturating_add(1);
        let problem = problem_of(self.arguments.side, obstacle);
        tracing::warn!(side = %self.arguments.side, code = %problem.code, "the feed cannot be read");
        if let Some(problem) = problem_to_tell(&problem, self.failures)
            && self.trouble.as_ref() != Some(problem)
        {
            self.trouble = Some(problem.clone());
            let side = self.arguments.side;
            let message = profile::Message::Trouble {
                side,
                problem: Some(problem.clone()),
            };
            let _ = self.arguments.profile.send_single(message);
        }
        let doubled = 500_u64 << self.failures.min(6);
        doubled.min(30_000)
    }

    fn well(&mut self) {
        self.failures = 0;
        if self.trouble.take().is_some() {
            let message = profile::Message::Trouble {
                side: self.arguments.side,
                problem: None,
            };
            let _ = self.arguments.profile.send_single(message);
        }
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
        Obstacle::Refused { status, .. } => Problem::new(Code::RemoteError)
            .on(side)
            .about(&status.to_string()),
        Obstacle::Unreadable { route, .. } => Problem::new(Code::Unreadable).on(side).about(route),
    }
}
