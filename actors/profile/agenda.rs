//! What waits: which pairs have work, which are at it, and which want to be woken when. No input or output.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use model::{Both, Millis, PairId, Revision, Side};
use sync::{Command, Event};

use crate::pair::News;
use crate::stored::{TimerRow, Waiting};

/// Events that wait for one pair at most. Each of them says "look at it", but for commands, of which the last ones count.
const EVENTS: usize = 64;

/// Who is served first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// A person has given an order.
    Ordered,
    /// Somebody has just changed something.
    Live,
    /// The rest.
    Backfill,
}

/// Work that waits for a pair.
#[derive(Clone, Default)]
pub(crate) struct Pending {
    /// What was learned.
    pub(crate) events: Vec<News>,
    /// The inbox rows that say so.
    pub(crate) rows: Vec<Vec<u8>>,
    /// The latest revisions that they name.
    pub(crate) told: Both<Revision>,
    /// Whether it goes before backfill.
    pub(crate) live: bool,
}

impl Pending {
    /// The word of an inbox row: that item of the pair has that revision.
    pub(crate) fn row(row: Vec<u8>, side: Side, revision: Revision, live: bool) -> Pending {
        let mut told = Both::default();
        *told.get_mut(side) = revision;
        Pending {
            rows: vec![row],
            told,
            live,
            ..Pending::default()
        }
    }

    /// An event.
    pub(crate) fn event(event: Event, live: bool) -> Pending {
        Pending {
            events: vec![News { event, order: None }],
            live,
            ..Pending::default()
        }
    }

    /// A person's order, and the row that it stands in.
    pub(crate) fn order(command: Command, row: Vec<u8>) -> Pending {
        let news = News {
            event: Event::Command(command),
            order: Some(row),
        };
        Pending {
            events: vec![news],
            live: true,
            ..Pending::default()
        }
    }

    fn rank(&self) -> Rank {
        if self.events.iter().any(|news| news.order.is_some()) {
            Rank::Ordered
        } else if self.live {
            Rank::Live
        } else {
            Rank::Backfill
        }
    }

    fn absorb(&mut self, later: Pending) {
        self.events.extend(later.events);
        let surplus = self.events.len().saturating_sub(EVENTS);
        // The row of an order that later ones have overtaken goes with the others.
        let overtaken = self.events.drain(..surplus);
        self.rows.extend(overtaken.filter_map(|news| news.order));
        self.rows.extend(later.rows);
        self.told = later_of(self.told, later.told);
        self.live |= later.live;
    }
}

/// The later revision of each side.
fn later_of(one: Both<Revision>, other: Both<Revision>) -> Both<Revision> {
    Both::of(|side| *one.get(side).max(other.get(side)))
}

/// What waits.
#[derive(Default)]
pub(crate) struct Agenda {
    pending: BTreeMap<PairId, Pending>,
    /// By rank, and by the side that pairs began on.
    queues: [Both<VecDeque<PairId>>; 3],
    /// The side whose turn was last. Pairs that began on one side mostly write to the other, and timers that are due at once
    /// fire in the order of identities: without turns one connection would idle while the other is full.
    last: Option<Side>,
    /// At work now. What comes for them meanwhile is theirs when they rest, so that no pair is ever at work twice.
    busy: BTreeSet<PairId>,
    /// What goes along with the pair's next activation but is no reason for one.
    later: BTreeMap<PairId, Pending>,
    /// Failed lately: nothing but their timer activates them.
    barred: BTreeSet<PairId>,
    timers: BTreeMap<PairId, TimerRow>,
    due: BTreeSet<(Millis, PairId)>,
}

impl Agenda {
    /// Notes work for a pair.
    pub(crate) fn pend(&mut self, id: PairId, work: Pending) {
        if self.barred.contains(&id) {
            return self.later.entry(id).or_default().absorb(work);
        }
        let queued = self.pending.get(&id).map(Pending::rank);
        let pending = self.pending.entry(id).or_default();
        if let Some(kept) = self.later.remove(&id) {
            pending.rows.extend(kept.rows);
            pending.told = later_of(pending.told, kept.told);
            pending.events.extend(kept.events);
        }
        pending.absorb(work);
        let rank = pending.rank();
        if !self.busy.contains(&id) && queued.is_none_or(|before| rank < before) {
            self.queue(id);
        }
    }

    fn queue(&mut self, id: PairId) {
        if let Some(pending) = self.pending.get(&id) {
            let queue = self.queues[pending.rank() as usize].get_mut(id.origin);
            queue.push_back(id);
        }
    }

    /// The next pair that has work, which from now on is at work.
    pub(crate) fn next(&mut self) -> Option<(PairId, Pending)> {
        let ranks = [Rank::Ordered, Rank::Live, Rank::Backfill];
        ranks.into_iter().find_map(|rank| self.next_of(rank))
    }

    /// The next pair that a person has given an order about.
    pub(crate) fn next_ordered(&mut self) -> Option<(PairId, Pending)> {
        self.next_of(Rank::Ordered)
    }

    fn next_of(&mut self, rank: Rank) -> Option<(PairId, Pending)> {
        let first = self.last.map_or(Side::Jira, Side::other);
        let found = self
            .next_from(rank, first)
            .or_else(|| self.next_from(rank, first.other()))?;
        self.last = Some(found.0.origin);
        Some(found)
    }

    fn next_from(&mut self, rank: Rank, side: Side) -> Option<(PairId, Pending)> {
        while let Some(id) = self.queues[rank as usize].get_mut(side).pop_front() {
            // One that was raised to a better queue stands in the other one still.
            if self.busy.contains(&id) {
                continue;
            }
            if let Some(pending) = self.pending.remove(&id) {
                self.busy.insert(id);
                return Some((id, pending));
            }
        }
        None
    }

    /// A pair at work rests: what came for it meanwhile, with which it goes on at once.
    pub(crate) fn more(&mut self, id: PairId) -> Option<Pending> {
        let mut pending = self.pending.remove(&id)?;
        if let Some(kept) = self.later.remove(&id) {
            pending.absorb(kept);
        }
        Some(pending)
    }

    /// A pair is no longer at work.
    pub(crate) fn end(&mut self, id: PairId) {
        self.busy.remove(&id);
        if self.pending.contains_key(&id) {
            self.queue(id);
        }
    }

    /// A pair's actor failed with this work. It gets it again, with all that comes until then, when the timer is due.
    pub(crate) fn bar(&mut self, id: PairId, lost: Pending, until: Millis) {
        self.busy.remove(&id);
        let mut work = lost;
        if let Some(kept) = self.later.remove(&id) {
            work.absorb(kept);
        }
        if let Some(pending) = self.pending.remove(&id) {
            work.absorb(pending);
        }
        self.later.insert(id, work);
        self.barred.insert(id);
        let row = TimerRow {
            due: until,
            waiting: Waiting::Retry,
        };
        self.set_timer(id, Some(row));
    }

    /// A pair is given up until something new comes for it. Orders that were given go before that: one that was forgotten
    /// here would be carried out after the next start, behind those that were given later.
    pub(crate) fn drop(&mut self, id: PairId, lost: Pending) {
        self.busy.remove(&id);
        self.barred.remove(&id);
        let kept = [self.later.remove(&id), self.pending.remove(&id)];
        let mut events = lost.events;
        events.extend(kept.into_iter().flatten().flat_map(|work| work.events));
        events.retain(|news| news.order.is_some());
        if !events.is_empty() {
            self.later.entry(id).or_default().events = events;
        }
        self.set_timer(id, None);
    }

    /// Rows that the next activation deals with.
    pub(crate) fn keep(&mut self, id: PairId, rows: Vec<Vec<u8>>) {
        if !rows.is_empty() {
            self.later.entry(id).or_default().rows.extend(rows);
        }
    }

    /// Sets or clears a pair's timer.
    pub(crate) fn set_timer(&mut self, id: PairId, row: Option<TimerRow>) {
        if let Some(old) = self.timers.remove(&id) {
            self.due.remove(&(old.due, id));
        }
        if let Some(row) = row {
            self.due.insert((row.due, id));
            self.timers.insert(id, row);
        }
    }

    /// Makes work of the timers that are due.
    pub(crate) fn fire(&mut self, now: Millis) {
        while let Some((_, id)) = self.due.first().copied().filter(|(due, _)| *due <= now) {
            let open = self
                .timers
                .get(&id)
                .is_some_and(|row| row.waiting == Waiting::Open);
            self.set_timer(id, None);
            self.barred.remove(&id);
            if !self.busy.contains(&id) {
                let work = Pending {
                    live: open,
                    ..Pending::default()
                };
                self.pend(id, work);
            }
        }
    }

    /// Makes the timers due at once whose reason is among these. One that is barred keeps its pause.
    pub(crate) fn hurry(&mut self, reasons: &[Waiting]) {
        let wanted = |(id, row): (&PairId, &TimerRow)| {
            let meant = reasons.contains(&row.waiting) && !self.barred.contains(id);
            meant.then_some((*id, row.waiting))
        };
        let found: Vec<_> = self.timers.iter().filter_map(wanted).collect();
        for (id, waiting) in found {
            let due = Millis(0);
            self.set_timer(id, Some(TimerRow { due, waiting }));
        }
    }

    /// When the next timer is due.
    pub(crate) fn next_due(&self) -> Option<Millis> {
        self.due.first().map(|(due, _)| *due)
    }

    /// Whether more waits for that pair.
    pub(crate) fn has_more(&self, id: PairId) -> bool {
        self.pending.contains_key(&id)
    }

    /// Whether nobody is at work or waits for his turn or for a time that comes by itself.
    pub(crate) fn is_idle(&self) -> bool {
        let parked = |row: &TimerRow| row.waiting == Waiting::Parked;
        self.pending.is_empty() && self.busy.is_empty() && self.timers.values().all(parked)
    }

    /// Pairs that wait for their turn.
    pub(crate) fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Pairs that wait for a time.
    pub(crate) fn waiting(&self) -> usize {
        self.timers.len()
    }
}

#[cfg(test)]
mod tests {
    use model::ItemId;

    use super::*;

    fn id(item: u64) -> PairId {
        PairId {
            origin: Side::Jira,
            item: ItemId(item),
        }
    }

    fn row(n: u8, live: bool) -> Pending {
        Pending::row(vec![n], Side::Jira, Revision(u64::from(n)), live)
    }

    fn timer(due: i64, waiting: Waiting) -> Option<TimerRow> {
        Some(TimerRow {
            due: Millis(due),
            waiting,
        })
    }

    fn all(agenda: &mut Agenda) -> Vec<(u64, Vec<Vec<u8>>)> {
        std::iter::from_fn(|| agenda.next())
            .map(|(id, work)| (id.item.0, work.rows))
            .collect()
    }

    #[test]
    fn live_work_goes_first_and_events_of_one_pair_coalesce() {
        let mut agenda = Agenda::default();
        agenda.pend(id(1), row(1, false));
        agenda.pend(id(2), row(2, true));
        agenda.pend(id(1), row(3, false));
        agenda.pend(id(3), row(4, false));
        agenda.pend(id(3), row(5, true));
        let expected = vec![
            (2, vec![vec![2]]),
            (3, vec![vec![4], vec![5]]),
            (1, vec![vec![1], vec![3]]),
        ];
        assert_eq!(all(&mut agenda), expected);
        assert_eq!(agenda.pending(), 0);
    }

    #[test]
    fn pairs_of_both_sides_take_turns_within_their_rank() {
        let mut agenda = Agenda::default();
        let azure = |item| PairId {
            origin: Side::Azure,
            item: ItemId(item),
        };
        (1..5).for_each(|item| agenda.pend(id(item), row(1, false)));
        (1..3).for_each(|item| agenda.pend(azure(item), row(1, false)));
        agenda.pend(azure(9), row(1, true));
        let order: Vec<PairId> = std::iter::from_fn(|| agenda.next())
            .map(|(id, _)| id)
            .collect();
        let turns = [azure(9), id(1), azure(1), id(2), azure(2), id(3), id(4)];
        assert_eq!(order, turns);
    }

    #[test]
    fn an_order_goes_first_and_none_is_lost() {
        let mut agenda = Agenda::default();
        let order = |row: u16| Pending::order(Command::Park, row.to_be_bytes().to_vec());
        agenda.pend(id(1), row(1, true));
        agenda.pend(id(2), row(2, false));
        assert!(agenda.next_ordered().is_none());
        agenda.pend(id(2), order(3));
        let (first, work) = agenda.next_ordered().unwrap();
        assert_eq!((first, work.events.len()), (id(2), 1));
        assert!(agenda.next_ordered().is_none());
        assert_eq!(agenda.next().unwrap().0, id(1));
        let given = u16::try_from(EVENTS).unwrap() + 9;
        (0..given).for_each(|row| agenda.pend(id(3), order(row)));
        let (_, work) = agenda.next().unwrap();
        assert_eq!((work.events.len(), work.rows.len()), (EVENTS, 9));
    }

    #[test]
    fn a_pair_that_is_given_up_keeps_its_orders_in_their_order() {
        let mut agenda = Agenda::default();
        agenda.pend(id(1), Pending::order(Command::Detach, vec![1]));
        let (_, lost) = agenda.next().unwrap();
        agenda.pend(id(1), row(2, true));
        agenda.drop(id(1), lost);
        assert!(agenda.next().is_none());
        agenda.pend(id(1), Pending::order(Command::Resume, vec![3]));
        let (_, work) = agenda.next().unwrap();
        let orders: Vec<_> = work.events.into_iter().map(|news| news.order).collect();
        assert_eq!(orders, [Some(vec![1]), Some(vec![3])]);
        assert!(work.rows.is_empty());
    }

    #[test]
    fn a_pair_at_work_is_never_at_work_twice() {
        let mut agenda = Agenda::default();
        agenda.pend(id(1), row(1, true));
        assert_eq!(all(&mut agenda).len(), 1);
        agenda.pend(id(1), row(2, true));
        agenda.set_timer(id(1), timer(0, Waiting::Open));
        agenda.fire(Millis(1));
        assert!(all(&mut agenda).is_empty());
        assert_eq!(agenda.more(id(1)).unwrap().rows, [vec![2]]);
        assert!(agenda.more(id(1)).is_none());
        agenda.pend(id(1), row(3, false));
        agenda.end(id(1));
        assert_eq!(all(&mut agenda), [(1, vec![vec![3]])]);
    }

    #[test]
    fn a_pair_that_failed_gets_its_work_again_but_not_before_its_time() {
        let mut agenda = Agenda::default();
        agenda.pend(id(1), row(1, true));
        let (_, lost) = agenda.next().unwrap();
        agenda.pend(id(1), row(2, true));
        agenda.bar(id(1), lost, Millis(500));
        agenda.pend(id(1), row(3, true));
        agenda.hurry(&[Waiting::Retry]);
        agenda.fire(Millis(499));
        assert!(all(&mut agenda).is_empty());
        assert!(!agenda.is_idle());
        agenda.fire(Millis(500));
        assert_eq!(all(&mut agenda), [(1, vec![vec![1], vec![2], vec![3]])]);
    }

    #[test]
    fn rows_that_were_not_dealt_with_go_with_the_next_activation() {
        let mut agenda = Agenda::default();
        agenda.keep(id(1), vec![vec![1]]);
        assert!(all(&mut agenda).is_empty());
        agenda.set_timer(id(1), timer(5, Waiting::Open));
        agenda.fire(Millis(5));
        assert_eq!(all(&mut agenda), [(1, vec![vec![1]])]);
    }

    #[test]
    fn a_timer_fires_once_and_parked_pairs_do_not_count_as_work() {
        let mut agenda = Agenda::default();
        agenda.set_timer(id(1), timer(10, Waiting::Retry));
        agenda.set_timer(id(2), timer(20, Waiting::Parked));
        assert_eq!(agenda.next_due(), Some(Millis(10)));
        agenda.fire(Millis(15));
        agenda.fire(Millis(16));
        assert_eq!(all(&mut agenda), [(1, vec![])]);
        agenda.end(id(1));
        assert!(agenda.is_idle());
        agenda.hurry(&[Waiting::Retry]);
        assert_eq!(agenda.next_due(), Some(Millis(20)));
        agenda.hurry(&[Waiting::Retry, Waiting::Parked]);
        assert_eq!(agenda.next_due(), Some(Millis(0)));
        agenda.drop(id(2), Pending::default());
        assert_eq!((agenda.next_due(), agenda.waiting()), (None, 0));
    }
}
