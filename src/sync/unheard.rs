//! What was sent and never heard of: whether it arrived is learned from what the items show later (design.md 6).

use std::collections::BTreeSet;

use mapping::Kind as Type;
use model::{Both, Digest, Millis, RuleName, Side, limit};

use crate::edit::Field;
use crate::intent::{Intent, Planned};
use crate::pair::Unheard;
use crate::step::Work;

/// Elements of a set that a write without an answer gave to a side or took from it. Until the side shows which, they are
/// agreed only as far as they are there.
#[derive(Default)]
pub(crate) struct Doubted {
    gained: BTreeSet<Digest>,
    lost: BTreeSet<Digest>,
}

impl Doubted {
    fn between(before: &BTreeSet<Digest>, after: &[Digest]) -> Doubted {
        let after: BTreeSet<Digest> = after.iter().copied().collect();
        Doubted {
            gained: after.difference(before).copied().collect(),
            lost: before.difference(&after).copied().collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.gained.is_empty() && self.lost.is_empty()
    }

    /// Whether a gain does not show yet: a reading that lags may lie between two of our writes.
    fn is_owed(&self, shown: &[Digest]) -> bool {
        !self.gained.iter().all(|gain| shown.contains(gain))
    }

    /// A reading, which may lag: what it shows of the gains has arrived, and what it no longer shows is not agreed.
    fn read(&self, agreed: &mut BTreeSet<Digest>, shown: &[Digest]) {
        let doubted =
            |element: &Digest| self.gained.contains(element) || self.lost.contains(element);
        agreed.retain(|element| shown.contains(element) || !doubted(element));
        agreed.extend(self.gained.iter().filter(|gain| shown.contains(gain)));
    }

    /// The answer to a later write, which cannot lag behind an earlier one. What that write sent again is its own.
    pub(crate) fn settle(&self, agreed: &mut BTreeSet<Digest>, shown: &[Digest]) {
        agreed.retain(|element| shown.contains(element) || !self.lost.contains(element));
        agreed.extend(self.gained.iter().filter(|gain| shown.contains(gain)));
    }

    /// The elements that are agreed if all of it has arrived.
    fn arrived(&self, agreed: impl IntoIterator<Item = Digest>) -> Vec<Digest> {
        let kept = agreed.into_iter().filter(|one| !self.lost.contains(one));
        let mut all: BTreeSet<Digest> = kept.collect();
        let room = limit::SET_ELEMENTS
            .saturating_mul(2)
            .saturating_sub(all.len());
        all.extend(self.gained.iter().copied().take(room));
        all.into_iter().collect()
    }
}

impl Unheard {
    /// When the next reading is to be asked for that tells something of what became of the writes.
    fn next(&self, lateness: i64) -> Millis {
        match self.unseen {
            None => self.last.at.plus(lateness),
            Some(first) => first.plus(limit::LAG_MS),
        }
    }

    /// Remembers that value as one that may still arrive on that side. One that was sent twice may arrive twice.
    fn expect(&mut self, side: Side, planned: Planned) {
        let late = self.late.get_mut(side);
        late.push(planned);
        if late.len() > limit::LATE_EDITS {
            // One that is there again goes first: while a remote fails, one value is tried many times.
            let again = |(at, one): &(usize, &Planned)| {
                let later = late.get(at + 1..).unwrap_or_default();
                later.iter().any(|other| other.sent == one.sent)
            };
            let doubled = late.iter().enumerate().find(again).map(|(at, _)| at);
            late.remove(doubled.unwrap_or(0));
        }
    }

    /// Takes out the value of that digest, if it was awaited on that side.
    fn take_late(&mut self, side: Side, sent: Digest) -> Option<Planned> {
        let late = self.late.get_mut(side);
        let at = late.iter().position(|planned| planned.sent == sent)?;
        Some(late.remove(at))
    }

    /// Something newer is known of that side. What went to Azure DevOps cannot arrive any more then, for it names the revision
    /// that it was to follow.
    fn overtake(&mut self, side: Side) {
        *self.sent.get_mut(side) = None;
        if side == Side::Azure {
            self.late.azure.clear();
        }
    }

    /// Whether that is a value that was sent there.
    fn has_sent(&self, side: Side, value: Digest) -> bool {
        let sent = self.sent.get(side).iter();
        let mut all = sent.chain(self.late.get(side));
        all.any(|planned| planned.sent == value)
    }
}

/// Why nothing is known of what became of a write.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Silence {
    /// There was no answer, or nobody to hear it: it may arrive as late as any.
    NoAnswer,
    /// It was turned away. What lies between may have sent it twice, and then the first has arrived before that.
    TurnedAway,
}

impl Work<'_> {
    /// Remembers what was sent of an effect of which nothing will be heard. What was unheard before may still arrive or
    /// show, so a set's elements stay in doubt.
    pub(crate) fn unheard(&mut self, intent: &Intent, why: Silence) {
        for field in intent.fields() {
            let doubted = self.doubted(&field.rule);
            let mut planned = field.clone();
            planned.elements = doubted.get(intent.side).arrived(planned.elements);
            let last = self.attempt();
            let comes_late =
                why == Silence::NoAnswer && self.is_known_late(&field.rule, intent.side);
            let unheard = self.pair.unheard.entry(field.rule.clone());
            let unheard = unheard.or_insert_with(|| Unheard {
                sent: Both::default(),
                late: Both::default(),
                last,
                unseen: None,
            });
            if comes_late {
                unheard.expect(intent.side, planned.clone());
            }
            *unheard.sent.get_mut(intent.side) = Some(planned);
            (unheard.last, unheard.unseen) = (last, None);
        }
    }

    fn kind_of(&self, name: &RuleName) -> Option<Type> {
        self.context.rule(name).map(|rule| rule.kind)
    }

    /// Whether a value of that rule's is told from a person's when it arrives there after something newer was sent. A set has no
    /// value that could come as a whole, and where a status on Jira came from its value does not tell.
    fn is_known_late(&self, name: &RuleName, side: Side) -> bool {
        match (self.kind_of(name), side) {
            (None | Some(Type::Set), _) | (Some(Type::State), Side::Jira) => false,
            (Some(_), _) => true,
        }
    }

    /// Something newer is known of that side than what was sent there without an answer.
    fn overtake(&mut self, name: &RuleName, side: Side) {
        if let Some(unheard) = self.pair.unheard.get_mut(name) {
            unheard.overtake(side);
        }
        self.forget_heard(name);
    }

    /// Both sides agree on something else than what was sent; it may still arrive.
    pub(crate) fn give_up_unheard(&mut self, name: &RuleName) {
        if let Some(unheard) = self.pair.unheard.get_mut(name) {
            unheard.sent = Both::default();
        }
        self.forget_heard(name);
    }

    /// Whether that is a value that was sent to that side, and of which nothing was heard.
    pub(crate) fn has_sent(&self, name: &RuleName, side: Side, value: Digest) -> bool {
        let unheard = self.pair.unheard.get(name);
        unheard.is_some_and(|unheard| unheard.has_sent(side, value))
    }

    /// Nobody knows what the clock showed in an earlier life of the node, so what was sent in one ages anew. What may only come
    /// over a newer value does not, or a node that is run now and then for a moment would wait for it for ever.
    pub(crate) fn distrust_unheard(&mut self) {
        let now = self.attempt();
        for unheard in self.pair.unheard.values_mut() {
            if unheard.last.incarnation == now.incarnation {
                continue;
            }
            if unheard.is_awaited() {
                (unheard.last, unheard.unseen) = (now, None);
            } else {
                unheard.last.at = unheard.last.at.min(now.at);
                unheard.unseen = unheard.unseen.map(|unseen| unseen.min(now.at));
            }
        }
    }

    /// When a reading shows what became of writes of which nothing was heard.
    pub(crate) fn unheard_until(&self) -> Option<Millis> {
        let unheard = self.pair.unheard.values();
        let first = unheard.map(|unheard| unheard.next(self.lateness())).min()?;
        // The reading that was under way at that moment was asked for before it.
        self.pair.is_linked().then(|| first.max(self.soon()))
    }

    /// Forgets a field's writes when readings would show them if they had arrived: from here on what is there is a person's. It
    /// takes two of them, for one may lag; but a single one that late for what can only come over something newer.
    fn forget_lost(&mut self, name: &RuleName) {
        let lateness = self.lateness();
        let (Some(asked), Some(unheard)) = (self.asked, self.pair.unheard.get_mut(name)) else {
            return;
        };
        if asked < unheard.next(lateness) {
            return;
        }
        let second = unheard.last.at.plus(lateness + limit::LAG_MS);
        let is_enough = !unheard.is_awaited() && asked >= second;
        match unheard.unseen {
            None if is_enough => drop(self.pair.unheard.remove(name)),
            None => unheard.unseen = Some(asked),
            Some(_) => drop(self.pair.unheard.remove(name)),
        }
    }

    /// A field that holds just what was sent there, without an answer, was written by us: the base is laid as if the answer
    /// had come. Azure DevOps first, as it is written first.
    pub(crate) fn hear(&mut self, field: &Field<'_>) {
        let name = &field.rule.name;
        let Some(sent) = self.pair.unheard.get(name).map(|one| one.sent.clone()) else {
            return;
        };
        if field.rule.kind == Type::Set {
            self.hear_set(field, &sent);
        } else {
            self.hear_whole(field, &sent);
            for to in [Side::Azure, Side::Jira] {
                self.hear_late(field, to);
            }
        }
        self.forget_lost(name);
    }

    fn hear_whole(&mut self, field: &Field<'_>, sent: &Both<Option<Planned>>) {
        for to in [Side::Azure, Side::Jira] {
            let Some(planned) = sent.get(to).as_ref().filter(|_| *field.newer.get(to)) else {
                continue;
            };
            let base = self.pair.base.get(&field.rule.name);
            let before = base.and_then(|base| *base.value.get(to));
            let now = *field.digest.get(to);
            if planned.sent == now {
                if let Some(unheard) = self.pair.unheard.get_mut(&field.rule.name) {
                    unheard.take_late(to, now);
                }
                self.lay_base(planned, to, None);
            } else if before != Some(now) && is_on_the_way(field, to) {
                self.stand_halfway(field, to);
            } else if before != Some(now)
                && let Some(unheard) = self.pair.unheard.get_mut(&field.rule.name)
            {
                // Somebody has changed it since, or an earlier write of ours has come: that is seen next.
                *unheard.sent.get_mut(to) = None;
            }
        }
    }

    /// A side shows neither what both agreed on nor what was sent there last. When that was sent there before, it has come late,
    /// and what is newer on the other side is to be carried again; else it is a person's. On Jira it may be a person's all the
    /// same, who set just that value, or whose value it has replaced, so it is told as a conflict.
    fn hear_late(&mut self, field: &Field<'_>, to: Side) {
        let name = &field.rule.name;
        let now = *field.digest.get(to);
        let base = self.pair.base.get(name);
        let agreed = base.and_then(|base| *base.value.get(to)) == Some(now);
        if agreed || !field.newer.get(to) {
            return;
        }
        let Some(unheard) = self.pair.unheard.get_mut(name) else {
            return;
        };
        let Some(planned) = unheard.take_late(to, now) else {
            return self.overtake(name, to);
        };
        if to == Side::Jira {
            self.tell(field, Side::Azure);
        }
        self.lay_base(&planned, to, None);
    }

    /// A set is heard of element by element: a person may have changed others meanwhile, and a reading that lags does not
    /// show yet what arrived. While it does not show everything new the write stays
    /// unheard.
    fn hear_set(&mut self, field: &Field<'_>, sent: &Both<Option<Planned>>) {
        let name = &field.rule.name;
        let doubted = self.doubted(name);
        for to in [Side::Azure, Side::Jira] {
            let Some(planned) = sent.get(to) else {
                continue;
            };
            let now = *field.digest.get(to);
            let shown = self.elements_in(field.rule, to, field.value.get(to));
            let base = self.pair.base.entry(name.clone()).or_default();
            let open = planned.sent != now
                && (*base.value.get(to) == Some(now) || doubted.get(to).is_owed(&shown));
            doubted.get(to).read(&mut base.elements, &shown);
            if planned.sent == now {
                *base.value.get_mut(to) = Some(now);
                *base.value.get_mut(to.other()) = Some(planned.source);
                base.first = false;
            }
            if !open && let Some(unheard) = self.pair.unheard.get_mut(name) {
                *unheard.sent.get_mut(to) = None;
            }
        }
        self.forget_heard(name);
    }

    /// What is in doubt of a rule's set on each side; nothing for a field that has no elements. Jira is written after Azure
    /// DevOps, so its write was planned on what is agreed when the other has arrived.
    pub(crate) fn doubted(&self, rule: &RuleName) -> Both<Doubted> {
        let Some(Unheard { sent, .. }) = self.pair.unheard.get(rule) else {
            return Both::default();
        };
        let base = self.pair.base.get(rule);
        let agreed = base.map(|base| base.elements.clone()).unwrap_or_default();
        let azure = sent.azure.as_ref().map(|planned| &planned.elements);
        let first: BTreeSet<Digest> = match azure {
            Some(elements) => elements.iter().copied().collect(),
            None => agreed.clone(),
        };
        let jira = sent.jira.as_ref();
        Both {
            azure: azure.map_or_else(Doubted::default, |after| Doubted::between(&agreed, after)),
            jira: jira.map_or_else(Doubted::default, |planned| {
                Doubted::between(&first, &planned.elements)
            }),
        }
    }

    /// After a write arrived: an earlier one to the same side is settled by its answer, if it showed the item. One to the
    /// other side stays in doubt as long as the same plan is still to write there.
    pub(crate) fn still_unheard(
        &mut self,
        field: &Planned,
        to: Side,
        shown: bool,
        doubted: &Both<Doubted>,
    ) {
        let name = &field.rule;
        if self.kind_of(name) != Some(Type::Set) {
            return self.overtake(name, to);
        }
        let base = self.pair.base.get(name);
        let agreed = base.map(|base| base.elements.clone()).unwrap_or_default();
        let next = |side: Side| {
            let intents = &self.pair.intents;
            intents.iter().any(|one| one.side == side && one.sets(name))
        };
        let open = Both::of(|side| {
            let open = if side == to { !shown } else { next(side) };
            open && !doubted.get(side).is_empty()
        });
        let Some(Unheard { sent, .. }) = self.pair.unheard.get_mut(name) else {
            return;
        };
        for side in Side::BOTH {
            let kept = sent.get_mut(side).take().filter(|_| *open.get(side));
            *sent.get_mut(side) = kept.map(|planned| Planned {
                elements: doubted.get(side).arrived(agreed.iter().copied()),
                ..if side == to { field.clone() } else { planned }
            });
        }
        self.forget_heard(name);
    }

    fn forget_heard(&mut self, rule: &RuleName) {
        let is_done = |unheard: &Unheard| {
            let late = &unheard.late;
            !unheard.is_awaited() && late.jira.is_empty() && late.azure.is_empty()
        };
        if self.pair.unheard.get(rule).is_some_and(is_done) {
            self.pair.unheard.remove(rule);
        }
    }

    /// The status is neither where an unheard move began nor where it was to end. That move may have led there, and then
    /// taking it for a person's would undo what a person did on the other side: what the move was to carry, or what they
    /// changed it to since, back to the former agreement even. So it is gone on from. For the case that it was a person
    /// after all, it is told as a conflict.
    fn stand_halfway(&mut self, field: &Field<'_>, to: Side) {
        self.tell(field, to.other());
        self.put_halfway(&field.rule.name, to, *field.digest.get(to));
    }
}

/// Whether an unheard write to that side may have led to what is neither its beginning nor its end: a move to a status goes over
/// others (jira.md 6).
fn is_on_the_way(field: &Field<'_>, to: Side) -> bool {
    let carried = field.rule.direction.allows(to.other());
    carried && field.rule.kind == Type::State && to == Side::Jira
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Digest = Digest([1; 8]);
    const B: Digest = Digest([2; 8]);
    const C: Digest = Digest([3; 8]);
    const D: Digest = Digest([4; 8]);

    fn set(all: &[Digest]) -> BTreeSet<Digest> {
        all.iter().copied().collect()
    }

    /// A write in doubt that gave `C` and took `A` where `A` and `B` were agreed.
    fn doubted() -> Doubted {
        Doubted::between(&set(&[A, B]), &[B, C])
    }

    #[test]
    fn only_a_write_that_changes_nothing_leaves_nothing_in_doubt() {
        let agreed = set(&[A, B]);
        for (after, empty) in [(&[A, B][..], true), (&[A, B, C], false), (&[A], false)] {
            assert_eq!(Doubted::between(&agreed, after).is_empty(), empty);
        }
    }

    #[test]
    fn a_gain_is_owed_until_it_shows() {
        for (shown, owed) in [(&[A, B][..], true), (&[B, C], false), (&[A, C, D], false)] {
            assert_eq!(doubted().is_owed(shown), owed);
        }
        let taken = Doubted::between(&set(&[A, B]), &[B]);
        assert!(!taken.is_owed(&[A, B]));
        let both = Doubted::between(&set(&[A]), &[A, B, C]);
        assert!(both.is_owed(&[A, B]), "one of two is not all");
    }

    fn check(
        shown: &[Digest],
        judge: impl Fn(&Doubted, &mut BTreeSet<Digest>, &[Digest]),
        expected: &[Digest],
    ) {
        let mut agreed = set(&[A, B]);
        judge(&doubted(), &mut agreed, shown);
        assert_eq!(agreed, set(expected));
    }

    #[test]
    fn a_reading_leaves_agreed_what_it_shows_and_what_was_never_in_doubt() {
        check(&[A, B], Doubted::read, &[A, B]);
        check(&[B, C], Doubted::read, &[B, C]);
        check(&[A, B, C], Doubted::read, &[A, B, C]);
        check(&[C], Doubted::read, &[B, C]);
        check(&[], Doubted::read, &[B]);
        let mut known = set(&[A, B, C]);
        doubted().read(&mut known, &[A, B]);
        assert_eq!(
            known,
            set(&[A, B]),
            "a gain that shows no more is not agreed"
        );
    }

    #[test]
    fn a_later_answer_settles_what_was_taken_and_given() {
        check(&[B, C], Doubted::settle, &[B, C]);
        check(&[A, B], Doubted::settle, &[A, B]);
        check(&[A, B, C], Doubted::settle, &[A, B, C]);
        check(&[], Doubted::settle, &[B]);
    }

    #[test]
    fn what_is_agreed_when_all_has_arrived_is_bounded() {
        assert_eq!(doubted().arrived([A, B]), [B, C]);
        let many = (0..limit::SET_ELEMENTS as u64 * 2).map(|n| Digest(n.to_be_bytes()));
        let all: Vec<Digest> = many.collect();
        let full = Doubted::between(&set(&[]), &[A]).arrived(all.iter().copied());
        assert_eq!(full.len(), limit::SET_ELEMENTS * 2);
    }
}
