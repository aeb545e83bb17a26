//! The one function: state and event in, state, effects and notes out.

use model::{Both, Millis, Problem, Revision, Side, limit, problem::Code};

use crate::context::Context;
use crate::effect::{Effect, Reading};
use crate::event::{Command, Event};
use crate::intent::{Attempt, Intent, Kind, Stage};
use crate::note::Note;
use crate::pair::{Pair, Park, Phase, Retry};
use crate::unheard::Silence;
use crate::{Hindrance, Write};

/// What follows from an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The new state. To be made durable before any effect leaves.
    pub pair: Pair,
    /// What to do, in order.
    pub effects: Vec<Effect>,
    /// What people are told.
    pub notes: Vec<Note>,
}

/// Takes one event. Total: it never fails and never panics.
#[must_use]
pub fn step(context: &Context<'_>, pair: Pair, event: Event, now: Millis) -> Step {
    let mut work = Work {
        context,
        pair,
        effects: Vec::new(),
        notes: Vec::new(),
        now,
        asked: None,
        unread: false,
    };
    work.take(event);
    work.pair.wake = work.next_wake();
    Step {
        pair: work.pair,
        effects: work.effects,
        notes: work.notes,
    }
}

/// Milliseconds after which a reading that did not come back is taken to be lost. The longest pause that a remote may
/// impose lies within it.
const READING_LOST_MS: i64 = limit::RETRY_AFTER_MAX_MS + limit::LATENESS_MS;
/// Milliseconds after which a write of which nothing was heard is taken to be lost, counted anew with each write that
/// ended.
const WRITE_LOST_MS: i64 = 2 * limit::RETRY_AFTER_MAX_MS;

/// A step under way. The concerns (link, edit, comment, doubt) are methods of it, one file each.
pub(crate) struct Work<'a> {
    pub(crate) context: &'a Context<'a>,
    pub(crate) pair: Pair,
    pub(crate) effects: Vec<Effect>,
    pub(crate) notes: Vec<Note>,
    pub(crate) now: Millis,
    /// When the readings that a plan is made on were asked for.
    pub(crate) asked: Option<Millis>,
    /// Whether comments wait because those of the other side were not shown.
    pub(crate) unread: bool,
}

impl Work<'_> {
    fn take(&mut self, event: Event) {
        if self.pair.phase == Phase::Detached {
            return;
        }
        match event {
            Event::Opened => self.opened(),
            Event::Observed(readings) => self.observed(readings),
            Event::Sending { intent } => self.sending(intent),
            Event::Finished {
                intent,
                incarnation,
                outcome,
            } => {
                self.finished(intent, incarnation, outcome);
            }
            Event::Probed { intent, finding } => self.probed(intent, finding),
            Event::Adopted(item) => self.adopted(&item),
            Event::Woken => self.woken(),
            Event::Told(revisions) => self.told_of(&revisions),
            Event::Command(command) => self.ordered(command),
        }
    }

    /// Recovery: what was planned is dropped and planned again, what had left is doubted (durability.md 3.2, rule 11).
    fn opened(&mut self) {
        self.distrust_times();
        if self.pair.lags(self.now) {
            return;
        }
        self.doubt_what_left();
        self.pair.reading = None;
        self.pair.wake = None;
        self.woken();
    }

    /// Nobody knows what the clock showed in an earlier life of the node. So doubts from then begin to age anew, since an age
    /// that is only the clock's would end them too early; and a pause that is longer than any is over.
    fn distrust_times(&mut self) {
        let (now, schedule) = (self.now, self.context.schedule);
        let fresh = self.attempt();
        for intent in &mut self.pair.intents {
            if let Stage::Doubt {
                attempt,
                probes,
                asked,
                next,
            } = &mut intent.stage
                && attempt.incarnation != fresh.incarnation
            {
                *attempt = fresh;
                (*probes, *asked, *next) = (0, None, now);
            }
        }
        for until in self.pair.muted.values_mut() {
            if until.since(now) > schedule.refusal {
                *until = now;
            }
        }
        for refused in self.pair.refused.values_mut() {
            let longest = match refused.stood {
                Some(_) => schedule.refusal.max(limit::DEAD_END_MS),
                None => schedule.refusal,
            };
            if refused.until.since(now) > longest {
                refused.until = now;
            }
        }
        for swing in self.pair.swings.values_mut() {
            swing.since = swing.since.min(now);
        }
        let believed = &mut self.pair.retry.believed;
        *believed = believed.map(|since| since.min(now));
        self.distrust_unheard();
    }

    /// An attempt whose first byte left no later than now.
    pub(crate) fn attempt(&self) -> Attempt {
        Attempt {
            at: self.now,
            incarnation: self.context.incarnation,
        }
    }

    /// After the shortest of the pauses.
    pub(crate) fn soon(&self) -> Millis {
        self.now.plus(limit::RETRY_AFTER_MS[0])
    }

    /// Keeps what may have left and can be looked for, in doubt from now on, and drops the rest.
    fn doubt_what_left(&mut self) {
        let (now, fresh) = (self.now, self.attempt());
        for intent in self.pair.intents.clone() {
            let may_have_left = intent.has_left() || intent.class != crate::Class::Fragile;
            if !intent.is_probed() && may_have_left {
                self.unheard(&intent, Silence::NoAnswer);
            }
        }
        self.pair
            .intents
            .retain(|intent| intent.has_left() && intent.is_probed());
        for intent in &mut self.pair.intents {
            intent.stage = match intent.stage {
                Stage::Sent(_) => Stage::Doubt {
                    attempt: fresh,
                    probes: 0,
                    asked: None,
                    next: now,
                },
                // The probe went down with those who waited for its answer.
                Stage::Doubt {
                    attempt,
                    probes,
                    asked: Some(_),
                    ..
                } => Stage::Doubt {
                    attempt,
                    probes,
                    asked: None,
                    next: now,
                },
                stage @ (Stage::Planned | Stage::Doubt { .. }) => stage,
            };
        }
    }

    /// A timer or word of a change. While a reading or a write is under way it is only remembered: a plan made on a reading
    /// from before that write would take our own write for a change, or undo it.
    fn woken(&mut self) {
        if self.is_held() {
            return;
        }
        if self.in_doubt() {
            self.settle_phase();
            return self.probe_due();
        }
        let busy = self.pair.is_open() || self.pair.reading.is_some();
        if busy && self.pair.wake.is_some_and(|wake| wake > self.now) {
            self.pair.owes = true;
            return;
        }
        self.doubt_what_left();
        if self.in_doubt() {
            self.settle_phase();
            return self.probe_due();
        }
        self.look();
    }

    /// Word of a change. While a reading is under way, or waits because the last one lagged, it is enough to remember the
    /// revision: a reading that was made before the change shows an older one, and is not believed. To read at each word would
    /// use up the readings after which an old one is believed all the same.
    pub(crate) fn told_of(&mut self, revisions: &Both<Revision>) {
        let mut younger = false;
        for side in Side::BOTH {
            let latest = self.pair.told_of.get_mut(side);
            younger |= *revisions.get(side) > *latest;
            *latest = (*latest).max(*revisions.get(side));
        }
        if younger && self.pair.reading.is_some_and(|asked| asked < self.now) {
            // The reading under way was asked for before this word, and need not show the change.
            self.pair.owes = true;
        }
        let retry = &mut self.pair.retry;
        if younger && retry.believed.take().is_some() {
            // A new change is not believed away with an old one.
            retry.stale = 0;
        }
        let lags = retry.stale > 0 || retry.believed.is_some();
        let reads = self.pair.reading.is_some() || lags;
        let waits = self.pair.wake.is_some_and(|wake| wake > self.now);
        if !reads || !waits || self.pair.is_open() {
            self.woken();
        }
    }

    fn observed(&mut self, readings: Both<Reading>) {
        self.asked = self.pair.reading.take();
        if self.is_held() {
            return;
        }
        if self.in_doubt() {
            return self.doubt_observed(&readings);
        }
        if self.pair.is_open() {
            self.pair.owes = true;
            return;
        }
        self.pair.wake = None;
        if let Some(what) = self.foreign(&readings) {
            return self.contradiction(what);
        }
        for side in Side::BOTH {
            if let Reading::Failed(hindrance) = readings.get(side) {
                let hindrance = hindrance.clone();
                return self.unread(side, &hindrance);
            }
        }
        let old = self.is_stale(&readings) || self.is_short(&readings);
        let behind = self.is_behind_word(&readings);
        if !self.pair.is_resigned() && old {
            self.pair.retry.stale += 1;
            return self.retry_soon(None);
        }
        if !self.pair.is_resigned() && behind {
            if self.pair.owes {
                // A word overtook this reading, so it is no lag of the remote's. The next one is asked for after the word.
                return self.look();
            }
            self.pair.retry.stale += 1;
            // The change may be younger than the reading, and then the next one shows it.
            return match self.pair.retry.stale {
                1 => self.look(),
                // However often anything failed before: what lags is believed after a minute or so.
                _ => self.retry_soon(None),
            };
        }
        self.believe(old || behind);
        self.forget_expired();
        self.plan(&readings);
    }

    /// Takes a reading as it is. One that others speak against is made once more before they are forgotten.
    fn believe(&mut self, disputed: bool) {
        let retry = &mut self.pair.retry;
        let again = retry.believed.map(|since| since.plus(limit::LAG_MS));
        let is_last = self.asked >= again;
        match again {
            None if disputed => retry.believed = Some(self.now),
            Some(_) if disputed && !is_last => {}
            None | Some(_) => {
                (retry.stale, retry.believed) = (0, None);
                self.pair.told_of = Both::default();
            }
        }
    }

    /// What is wrong with readings of other items than the pair's own.
    fn foreign(&self, readings: &Both<Reading>) -> Option<&'static str> {
        let strange = Side::BOTH.into_iter().any(|side| match readings.get(side) {
            Reading::Present(item) => {
                let known = self.pair.item(side);
                item.side != side || known != Some(item.id)
            }
            Reading::Missing | Reading::Failed(_) | Reading::NotAsked => false,
        });
        strange.then_some("an item was read that is not the pair's")
    }

    /// Whether an item was shown as it was before something that is known of it already. A plan made on that would take the
    /// old values for a change.
    fn is_stale(&self, readings: &Both<Reading>) -> bool {
        Side::BOTH.into_iter().any(|side| {
            let Reading::Present(item) = readings.get(side) else {
                return false;
            };
            let end = self.pair.ends.get(side).as_ref();
            end.is_some_and(|end| item.revision < end.seen.max(end.written))
        })
    }

    /// Whether an item was shown as it was before a change that a feed has named, or not at all: what was changed is there.
    fn is_behind_word(&self, readings: &Both<Reading>) -> bool {
        Side::BOTH.into_iter().any(|side| match readings.get(side) {
            Reading::Present(item) => item.revision < *self.pair.told_of.get(side),
            Reading::Missing => *self.pair.told_of.get(side) > Revision(0),
            Reading::Failed(_) | Reading::NotAsked => false,
        })
    }

    /// Whether comments were left out of a reading of which they are not known: the list of them did not show all that there
    /// are (azure.md 6). A plan made on that would deal with the revision and miss its comment.
    fn is_short(&self, readings: &Both<Reading>) -> bool {
        Side::BOTH.into_iter().any(|side| {
            let Reading::Present(item) = readings.get(side) else {
                return false;
            };
            item.comments.is_none() && self.pair.known(side) != Some(item.revision)
        })
    }

    fn forget_expired(&mut self) {
        let now = self.now;
        // Where a walk ended is remembered beyond its time, so that it is not begun again from there.
        self.pair
            .refused
            .retain(|_, refused| now < refused.until || refused.stood.is_some());
        self.pair.muted.retain(|_, until| now < *until);
    }

    /// Asks for both items.
    pub(crate) fn look(&mut self) {
        self.pair.owes = false;
        self.pair.reading = Some(self.now);
        self.pair.wake = Some(self.now.plus(READING_LOST_MS));
        self.effects.push(Effect::Read);
    }

    /// Something is under way of which the outbox has to be heard.
    pub(crate) fn watch(&mut self) {
        self.pair.wake = Some(self.now.plus(WRITE_LOST_MS));
    }

    /// When to look again. A pair that waits for a person never wakes; a doubt wakes for its probes; whatever is under way
    /// wakes when it must be lost; what was left out of the plan wakes when its time comes, what was never heard of when a
    /// reading shows what became of it, and what was read as nobody can have it any more when no remote lags that long.
    fn next_wake(&self) -> Option<Millis> {
        if self.is_held() || self.pair.phase == Phase::Detached {
            return None;
        }
        // What came due while a write was under way is still to be tried.
        let left_out = self.pair.refused.values().map(|refused| refused.until);
        let left_out = left_out.chain(self.pair.muted.values().copied());
        let soon = self.soon();
        let left_out = left_out.map(|until| if until > self.now { until } else { soon });
        let believed = self.pair.retry.believed;
        let again = believed.map(|since| since.plus(limit::LAG_MS).max(soon));
        let rested = left_out.chain(self.unheard_until()).chain(again).min();
        self.next_probe().or(self.pair.wake).or(rested)
    }

    fn plan(&mut self, readings: &Both<Reading>) {
        let origin = self.pair.id.origin;
        match (readings.get(origin), readings.get(origin.other())) {
            (Reading::Present(source), Reading::Present(twin)) => {
                self.meet(source);
                self.meet(twin);
                let items = match origin {
                    Side::Jira => Both {
                        jira: &**source,
                        azure: &**twin,
                    },
                    Side::Azure => Both {
                        jira: &**twin,
                        azure: &**source,
                    },
                };
                self.keep_in_step(items);
            }
            (Reading::Present(_), Reading::NotAsked)
                if self.pair.ends.get(origin.other()).is_some() =>
            {
                self.look();
            }
            (Reading::Present(source), Reading::NotAsked) => self.link(source),
            (Reading::Missing, Reading::NotAsked)
                if self.pair.ends.get(origin).is_none()
                    || !self.context.profile.direction.allows(origin) =>
            {
                self.cure_all();
                self.renew_dead_ends();
                self.rest();
            }
            (Reading::Missing, _) => self.gone(origin),
            (_, Reading::Missing) => self.gone(origin.other()),
            (Reading::NotAsked | Reading::Failed(_), _) | (_, Reading::Failed(_)) => {
                self.contradiction("the source of a pair was not read");
            }
        }
    }

    /// Deleted, moved away or hidden: nobody can tell from a 404 alone (azure.md 4, jira.md 7.4), so nothing is done.
    fn gone(&mut self, side: Side) {
        let first = self.pair.retry.failures == 0;
        if first {
            // The next look is soon: a read replica or a permission change in progress looks the same.
            return self.retry_later(None);
        }
        self.park(Problem::new(Code::ItemGone).on(side), false);
    }

    fn ordered(&mut self, command: Command) {
        let name = match command {
            Command::Park => "park",
            Command::Resume => "resume",
            Command::Resync => "resync",
            Command::Detach => "detach",
        };
        self.notes.push(Note::Ordered {
            command: name.to_owned(),
        });
        match command {
            Command::Park => {
                for intent in self.pair.intents.clone() {
                    if !intent.has_left() && intent.class != crate::Class::Fragile {
                        self.unheard(&intent, Silence::NoAnswer);
                    }
                }
                self.pair.intents.retain(Intent::has_left);
                let problem = Problem::new(Code::Doubt).about(Park::PERSON);
                self.pair.phase = Phase::Parked(Park {
                    problem,
                    since: self.now,
                    held: true,
                });
            }
            Command::Resume => self.resume(),
            Command::Resync => {
                for side in Side::BOTH {
                    if let Some(end) = self.pair.ends.get_mut(side) {
                        end.seen = Revision(0);
                    }
                }
                self.resume();
            }
            Command::Detach => {
                self.pair.intents.clear();
                self.pair.reading = None;
                self.cure_all();
                self.pair.phase = Phase::Detached;
            }
        }
    }

    fn resume(&mut self) {
        let now = self.now;
        self.pair.refused.clear();
        self.pair.muted.clear();
        self.pair.swings.clear();
        self.pair.retry = Retry::default();
        self.pair.settled = false;
        // A surplus item that is still there is met and told again. That a doubt was looked into has to be remembered.
        let looked_into = |problem: &&Problem| problem.code == Code::Doubt;
        let kept = self.pair.problems.iter().filter(looked_into).cloned();
        self.keep_problems(kept.collect());
        for intent in &mut self.pair.intents {
            if let Stage::Doubt { probes, next, .. } = &mut intent.stage {
                (*probes, *next) = (0, now);
            }
        }
        self.pair.phase = self.pair.settled_phase();
        if !self.pair.is_open() {
            self.pair.reading = None;
        }
        self.woken();
    }

    /// Gives a write to the outbox: its intent in the state, its content in the effects.
    pub(crate) fn intend(
        &mut self,
        side: Side,
        class: crate::Class,
        kind: Kind,
        body: crate::Body,
    ) {
        let number = self.pair.next_intent;
        self.pair.next_intent = number.saturating_add(1);
        self.pair.intents.push(Intent {
            number,
            side,
            class,
            kind,
            stage: Stage::Planned,
        });
        self.watch();
        self.effects.push(Effect::Write(Write {
            intent: number,
            side,
            class,
            body,
        }));
    }

    /// Whether there is room for another write in this plan.
    pub(crate) fn has_room(&self) -> bool {
        self.pair.intents.len() < limit::EFFECTS_PER_PLAN
    }

    /// Everything is done for now.
    pub(crate) fn rest(&mut self) {
        self.pair.wake = None;
        self.succeeded();
        self.settle_phase();
    }

    /// Takes the phase that ends and intents speak for, unless a person holds the pair.
    pub(crate) fn settle_phase(&mut self) {
        if !self.is_held() {
            self.pair.phase = self.pair.settled_phase();
        }
    }

    /// The remote or the way to it is at fault, not the pair: try again later, and say nothing here at first. The
    /// connection's own problem is told once, by the profile, and not by each pair; while it lasts no pair is started.
    pub(crate) fn hindered(&mut self, side: Side, hindrance: &Hindrance) {
        match hindrance {
            Hindrance::Throttled { retry_after_ms } => self.retry_soon(*retry_after_ms),
            Hindrance::Credential => self.retry_soon(None),
            Hindrance::Unreachable | Hindrance::Withheld => self.failed_again(side, None),
            Hindrance::Unprepared { subject } => {
                self.park(
                    Problem::new(Code::ProfileGap).on(side).about(subject),
                    false,
                );
            }
        }
    }

    /// A reading failed. However often anything failed before, it is soon made again: it does no harm, and where the last write
    /// was applied and only its answer was lost, nothing but a reading tells that all is well.
    fn unread(&mut self, side: Side, hindrance: &Hindrance) {
        self.hindered(side, hindrance);
        match hindrance {
            Hindrance::Unreachable | Hindrance::Withheld => {
                let latest = self.now.plus(limit::UNREAD_RETRY_MAX_MS);
                self.pair.wake = self.pair.wake.map(|wake| wake.min(latest));
            }
            Hindrance::Throttled { .. } | Hindrance::Credential | Hindrance::Unprepared { .. } => {}
        }
    }

    /// A failure of the remote's that may be this item's own. The connection has an answer for others, so what fails often
    /// enough in a row is told, and left alone for longer and longer.
    pub(crate) fn failed_again(&mut self, side: Side, at_least_ms: Option<i64>) {
        let Some(beyond) = self.pair.retry.failures.checked_sub(limit::FAILURES_TOLD) else {
            return self.retry_soon(at_least_ms);
        };
        self.park(Problem::new(Code::RemoteError).on(side), false);
        let steps = limit::RETRY_AFTER_MS.get(2..).unwrap_or_default();
        let last = steps.len().saturating_sub(1);
        let pause = steps.get(usize::from(beyond).min(last)).copied();
        self.pair.wake = Some(self.now.plus(pause.unwrap_or(limit::RETRY_AFTER_MAX_MS)));
    }

    /// The remote has done what it was asked for: whatever failed before does not count any more.
    pub(crate) fn succeeded(&mut self) {
        self.pair.retry.failures = 0;
        let fails = |problem: &Problem| problem.code == Code::RemoteError;
        if self.pair.problems.iter().any(fails) {
            let others = self.pair.problems.iter().filter(|one| !fails(one));
            self.keep_problems(others.cloned().collect());
        }
    }

    /// Looks again after a pause that grows, but not so far that a short outage is followed by a long silence: a pair that
    /// people keep changing fails many times within it.
    pub(crate) fn retry_soon(&mut self, at_least_ms: Option<i64>) {
        let least = at_least_ms.unwrap_or(0).min(limit::RETRY_AFTER_MAX_MS);
        let latest = limit::HINDERED_RETRY_MAX_MS.max(least);
        self.retry_later(at_least_ms);
        self.pair.wake = self.pair.wake.map(|wake| wake.min(self.now.plus(latest)));
    }

    /// Looks again after a pause that grows with each failure.
    pub(crate) fn retry_later(&mut self, at_least_ms: Option<i64>) {
        let pause = self
            .pause()
            .max(at_least_ms.unwrap_or(0).min(limit::RETRY_AFTER_MAX_MS));
        self.pair.retry.failures = self.pair.retry.failures.saturating_add(1);
        self.pair.settled = false;
        self.pair.wake = Some(self.now.plus(pause));
        if !matches!(self.pair.phase, Phase::Parked(_)) {
            self.settle_phase();
        }
    }

    fn pause(&self) -> i64 {
        let steps = limit::RETRY_AFTER_MS;
        let last = steps.len() - 1;
        let at = usize::from(self.pair.retry.failures).min(last);
        steps.get(at).copied().unwrap_or(limit::RETRY_AFTER_MAX_MS)
    }

    /// Sets the pair aside. Unless it is held, it is tried again by itself after a pause and on every change.
    pub(crate) fn park(&mut self, problem: Problem, held: bool) {
        self.trouble(problem.clone());
        self.retry_later(None);
        self.pair.phase = Phase::Parked(Park {
            problem,
            since: self.now,
            held,
        });
    }

    /// Notes a problem once.
    pub(crate) fn trouble(&mut self, problem: Problem) {
        if self.pair.problems.insert(problem.clone()) {
            self.notes.push(Note::Problem(problem));
        }
    }

    /// Keeps only these problems; the others are cured.
    pub(crate) fn keep_problems(&mut self, current: std::collections::BTreeSet<Problem>) {
        let had = !self.pair.problems.is_empty();
        let new: Vec<Problem> = current.difference(&self.pair.problems).cloned().collect();
        self.pair.problems = current;
        self.notes.extend(new.into_iter().map(Note::Problem));
        if had && self.pair.problems.is_empty() {
            self.notes.push(Note::Healed);
        }
    }

    pub(crate) fn cure_all(&mut self) {
        self.keep_problems(std::collections::BTreeSet::new());
    }

    /// An input that cannot be: told, and nothing else done with it.
    pub(crate) fn contradiction(&mut self, what: &str) {
        self.notes.push(Note::Contradiction {
            what: what.to_owned(),
        });
        if self.pair.wake.is_none() {
            self.pair.wake = Some(self.now.plus(self.pause()));
        }
    }

    pub(crate) fn is_held(&self) -> bool {
        matches!(&self.pair.phase, Phase::Parked(park) if park.held)
    }

    pub(crate) fn in_doubt(&self) -> bool {
        self.pair.intents.iter().any(Intent::is_doubtful)
    }
}
