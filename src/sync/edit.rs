//! Editing: three-way merge per field, against the base of the last agreement (design.md 6).

use std::collections::BTreeSet;

use mapping::{Carried, Kind as Type, Leads, Rule};
use model::{Both, Digest, Item, Problem, RuleName, Side, Value, limit, problem::Code};

use crate::conflict::Verdict;
use crate::effect::{Body, Change, Class, Edit, Transition};
use crate::intent::{Kind, Planned};
use crate::links::Links;
use crate::note::Note;
use crate::pair::Base;
use crate::step::Work;

/// What a plan gathers for one side while it goes through the rules.
#[derive(Default)]
pub(crate) struct Gathered {
    changes: Vec<(String, Change)>,
    planned: Vec<Planned>,
    status: Option<(Planned, String)>,
}

/// One rule's field on both sides.
pub(crate) struct Field<'a> {
    pub(crate) rule: &'a Rule,
    pub(crate) value: Both<&'a Value>,
    pub(crate) digest: Both<Digest>,
    /// Whether its side was changed by anybody since the last plan was made: what shows no more than that plan was made on tells
    /// nothing of what became of it.
    pub(crate) newer: Both<bool>,
    /// Where the links of a text lead.
    pub(crate) leads: &'a dyn Leads,
}

impl Work<'_> {
    /// Both items are there: carry over what changed on either side since they last agreed.
    pub(crate) fn keep_in_step(&mut self, items: Both<&Item>) {
        let profile = self.context.profile;
        let kinds = Both {
            jira: items.jira.kind.clone(),
            azure: items.azure.kind.clone(),
        };
        let links = Links::of(self.context, &[items.jira, items.azure]);
        let newer = Both::of(|side| {
            let end = self.pair.ends.get(side).as_ref();
            end.is_none_or(|end| items.get(side).revision > end.seen)
        });
        let mut gathered: Both<Gathered> = Both::default();
        let mut problems = self.standing_problems();
        problems.extend(self.muted_problems());
        problems.extend(self.doubled_comments(items));
        for rule in profile.rules_for(&kinds) {
            let value = Both::of(|side| items.get(side).field(rule.field(side)));
            let digest = Both::of(|side| self.context.digest(rule, side, value.get(side)));
            let field = Field {
                rule,
                value,
                digest,
                newer,
                leads: &links,
            };
            if let Some(problem) = self.merge(&field, &kinds, &mut gathered) {
                problems.insert(problem);
            }
        }
        self.forget_old(&kinds);
        self.keep_problems(problems);
        if self.is_held() {
            return;
        }
        self.write(items, gathered);
        self.renew_dead_ends();
        self.conclude(items);
    }

    /// Where a walk ended, and nothing leads on from there now that its time has come either, another time passes. A way on that
    /// is being tried says itself what comes next.
    pub(crate) fn renew_dead_ends(&mut self) {
        let (now, intents) = (self.now, &self.pair.intents);
        for (rule, refused) in &mut self.pair.refused {
            let is_due = refused.stood.is_some() && refused.until <= now;
            if is_due && !intents.iter().any(|intent| intent.sets(rule)) {
                refused.until = now.plus(limit::DEAD_END_MS);
            }
        }
    }

    /// Problems that a plan does not find out anew, so that it must not cure them.
    pub(crate) fn standing_problems(&self) -> BTreeSet<Problem> {
        // Whether a remote that kept failing does so still is told by its next write.
        let standing =
            |problem: &&Problem| matches!(problem.code, Code::Duplicate | Code::RemoteError);
        self.pair
            .problems
            .iter()
            .filter(standing)
            .cloned()
            .collect()
    }

    /// Problems of comments that are left out of the plan.
    fn muted_problems(&self) -> impl Iterator<Item = Problem> {
        let originals = self.pair.muted.keys();
        originals.map(|original| crate::finish::muted_problem(original.side.other()))
    }

    /// Problems of fields that are left out of a create.
    pub(crate) fn refusals(&self) -> BTreeSet<Problem> {
        let refused = self.pair.refused.iter();
        refused
            .map(|(rule, refused)| refused.problem(rule))
            .collect()
    }

    /// Drops what is kept of rules that the profile no longer has.
    fn forget_old(&mut self, kinds: &Both<String>) {
        let rules = self.context.profile.rules_for(kinds);
        let names: BTreeSet<RuleName> = rules.map(|rule| rule.name.clone()).collect();
        self.pair.base.retain(|name, _| names.contains(name));
        self.pair.waiting.retain(|name, _| names.contains(name));
        self.pair.refused.retain(|name, _| names.contains(name));
        self.pair.told.retain(|name, _| names.contains(name));
        self.pair.unheard.retain(|name, _| names.contains(name));
        let now = self.now;
        self.pair
            .swings
            .retain(|_, swing| now.since(swing.since) <= limit::PING_PONG_WINDOW_MS);
    }

    /// One field. Gives a problem when it cannot be kept in step.
    fn merge(
        &mut self,
        field: &Field<'_>,
        kinds: &Both<String>,
        gathered: &mut Both<Gathered>,
    ) -> Option<Problem> {
        self.hear(field);
        let base = self
            .pair
            .base
            .get(&field.rule.name)
            .cloned()
            .unwrap_or_default();
        let changed = Both::of(|side| *base.value.get(side) != Some(*field.digest.get(side)));
        let rests = !changed.jira && !changed.azure && !base.first;
        if rests && !self.may_overflow(field) {
            self.at_rest(field);
            return None;
        }
        if field.rule.kind == Type::Set {
            return self.merge_set(field, &base, gathered);
        }
        if self.agrees(field, kinds) || is_first(&base) && self.is_alike(field) {
            self.agree(field, &base, changed);
            return None;
        }
        let from = match self.decide(field, &base, changed) {
            Verdict::Carry(from) => from,
            Verdict::Leave => return None,
            Verdict::Wait => {
                return Some(Problem::new(Code::ConflictManual).about(field.rule.name.as_str()));
            }
        };
        self.carry(field, from, kinds, gathered)
    }

    /// Neither side has moved since they last agreed, or both have come back: nothing waits and nothing is refused. Of a
    /// set's agreed elements those that are on neither side any more are forgotten, or they would be taken for removed
    /// when somebody adds them again.
    fn at_rest(&mut self, field: &Field<'_>) {
        let rule = field.rule;
        self.pair.waiting.remove(&rule.name);
        self.pair.refused.remove(&rule.name);
        self.pair.told.remove(&rule.name);
        if rule.kind != Type::Set {
            return;
        }
        let mut present = self.elements_in(rule, Side::Jira, field.value.jira);
        present.extend(self.elements_in(rule, Side::Azure, field.value.azure));
        if let Some(base) = self.pair.base.get_mut(&rule.name) {
            base.elements.retain(|element| present.contains(element));
        }
    }

    /// Whether the two values already mean the same: either side's, carried over, is what the other side has. The second
    /// look keeps a value that shares its counterpart with others (`Low` and `Lowest`, both 4) as it is.
    fn agrees(&self, field: &Field<'_>, kinds: &Both<String>) -> bool {
        Side::BOTH.into_iter().any(|from| {
            let carried = self.context.profile.carry(
                field.rule,
                from,
                field.value.get(from),
                field.value.get(from.other()),
                kinds,
                field.leads,
            );
            let Carried::Value { value, .. } = carried else {
                return false;
            };
            let far = from.other();
            self.context.digest(field.rule, far, &value) == *field.digest.get(far)
        })
    }

    /// Whether two texts of which no agreement is known differ only in where their links lead. After a loss of history the
    /// pairs are found one after the other, so a link of ours and its original cannot be told to be one as long as the pair
    /// that they lead to is not known.
    fn is_alike(&self, field: &Field<'_>) -> bool {
        let profile = self.context.profile;
        profile.alike(field.rule, field.value, field.leads)
    }

    fn agree(&mut self, field: &Field<'_>, base: &Base, changed: Both<bool>) {
        let both = changed.jira && changed.azure && base.value.jira.is_some();
        if both {
            self.notes.push(Note::Agreed {
                rule: field.rule.name.clone(),
            });
        }
        self.take_as_agreed(field, BTreeSet::new());
    }

    pub(crate) fn take_as_agreed(&mut self, field: &Field<'_>, elements: BTreeSet<Digest>) {
        let name = &field.rule.name;
        self.pair.waiting.remove(name);
        self.pair.refused.remove(name);
        self.pair.told.remove(name);
        self.give_up_unheard(name);
        let value = Both::of(|side| Some(*field.digest.get(side)));
        let base = Base {
            value,
            elements,
            first: false,
        };
        self.pair.base.insert(name.clone(), base);
    }

    /// Carries one side's value over.
    fn carry(
        &mut self,
        field: &Field<'_>,
        from: Side,
        kinds: &Both<String>,
        gathered: &mut Both<Gathered>,
    ) -> Option<Problem> {
        let (rule, far) = (field.rule, from.other());
        let (source, target) = (*field.digest.get(from), *field.digest.get(far));
        self.forget_other_end(rule, source, target);
        if let Some(problem) = self.refusal_of(rule, source) {
            return Some(problem);
        }
        let (value, held) = (field.value.get(from), field.value.get(far));
        let carried = (self.context.profile).carry(rule, from, value, held, kinds, field.leads);
        match carried {
            Carried::Value { value, losses } => {
                if let Some(problem) = self.is_ping_pong(&rule.name, far) {
                    return Some(problem);
                }
                let sent = self.context.digest(rule, far, &value);
                let planned = Planned {
                    rule: rule.name.clone(),
                    source,
                    sent,
                    elements: Vec::new(),
                };
                let note = Note::Carried {
                    rule: rule.name.clone(),
                    from,
                    value: source,
                    losses,
                };
                self.notes.push(note);
                gathered.get_mut(far).take(rule, far, value, planned);
                None
            }
            Carried::Skip => {
                // The rule says to leave the other side alone; the next change of either is looked at again.
                self.take_as_agreed(field, BTreeSet::new());
                None
            }
            Carried::Error(code) => Some(Problem::new(code).on(from).about(rule.name.as_str())),
        }
    }

    /// Turns what was gathered into writes: one guarded patch on Azure DevOps, one edit and at most one transition on Jira,
    /// and the comments and the link.
    fn write(&mut self, items: Both<&Item>, gathered: Both<Gathered>) {
        self.write_azure(items, gathered.azure);
        let jira = gathered.jira;
        if !jira.changes.is_empty() {
            let edit = Edit {
                item: items.jira.id,
                at: items.jira.revision,
                changes: jira.changes,
                comment: None,
            };
            let kind = Kind::Edit {
                fields: jira.planned,
                comment: None,
            };
            self.intend(Side::Jira, Class::Natural, kind, Body::Edit(edit));
        }
        self.write_jira_comments(items);
        self.link_back(items);
        // Last, for it is refused most easily: by a screen, a condition or a validator.
        if let Some((field, status)) = jira.status {
            let refused = self.pair.refused.get(&field.rule);
            let transition = Transition {
                item: items.jira.id,
                at: items.jira.revision,
                status,
                direct: refused.is_some_and(|refused| refused.stood.is_some()),
            };
            let kind = Kind::Transition { field };
            let body = Body::Transition(transition);
            self.intend(Side::Jira, Class::Fragile, kind, body);
        }
    }

    fn write_azure(&mut self, items: Both<&Item>, gathered: Gathered) {
        let mut comments = self.comments_owed(items, Side::Jira).into_iter();
        let mut changes = gathered.changes;
        let mut planned = gathered.planned;
        let mut at = items.azure.revision;
        loop {
            let alone = self.pair.apart && !changes.is_empty();
            let comment = if self.has_room() && !alone {
                comments.next()
            } else {
                None
            };
            if changes.is_empty() && comment.is_none() {
                self.pair.owes |= comments.len() > 0;
                return;
            }
            let (original, body) = comment.map(|owed| self.announce(owed)).unzip();
            let edit = Edit {
                item: items.azure.id,
                at,
                changes: std::mem::take(&mut changes),
                comment: body,
            };
            let fields = std::mem::take(&mut planned);
            let kind = Kind::Edit {
                fields,
                comment: original,
            };
            self.intend(Side::Azure, Class::Guarded, kind, Body::Edit(edit));
            // Each patch makes one revision; when the remote makes more, the guard refuses and the plan is made anew.
            at = model::Revision(at.0.saturating_add(1));
        }
    }

    /// Ends a plan: either there is nothing left, or the writes are on their way.
    fn conclude(&mut self, items: Both<&Item>) {
        for side in Side::BOTH {
            let revision = items.get(side).revision;
            if let Some(end) = self.pair.ends.get_mut(side) {
                end.seen = end.seen.max(revision);
            }
        }
        if self.pair.is_open() {
            self.pair.settled = false;
            self.pair.owes |= self.unread;
        } else {
            self.succeeded();
            self.carried_out();
        }
        self.settle_phase();
        if self.unread && !self.pair.is_open() && self.pair.reading.is_none() {
            self.retry_later(None);
        }
    }

    /// After a write arrived: the base is what the remote returned. Jira's answer may already hold what a person wrote a
    /// moment later, so there only an answer equal to what was sent is believed; Azure DevOps' answer belongs to the very
    /// revision that the guarded patch made (azure.md 5.2).
    pub(crate) fn lay_base(&mut self, field: &Planned, to: Side, returned: Option<&Item>) {
        let from = to.other();
        let arrived = returned.and_then(|item| self.digest_by_name(&field.rule, item));
        let value = match (to, arrived) {
            (Side::Azure, Some(arrived)) => arrived,
            (Side::Jira, _) | (Side::Azure, None) => field.sent,
        };
        let shown = returned.and_then(|item| self.stored(&field.rule, item));
        let open = self.doubted(&field.rule);
        let base = self.pair.base.entry(field.rule.clone()).or_default();
        *base.value.get_mut(to) = Some(value);
        *base.value.get_mut(from) = Some(field.source);
        base.first = false;
        let before = std::mem::take(&mut base.elements);
        base.elements = field.elements.iter().copied().collect();
        if let Some(shown) = &shown {
            open.get(to).settle(&mut base.elements, shown);
        }
        if let Some(stored) = shown.as_ref().filter(|_| to == Side::Azure) {
            // What is new and was not kept by the remote was not removed by a person.
            base.elements
                .retain(|element| stored.contains(element) || before.contains(element));
        }
        self.pair.waiting.remove(&field.rule);
        self.pair.refused.remove(&field.rule);
        self.pair.told.remove(&field.rule);
        self.still_unheard(field, to, shown.is_some(), &open);
    }

    /// After a move that stopped on its way: where it stands is ours, and the source's value is still to be carried. It is
    /// not even kept as the former agreement: if it came back to that, the two sides would seem to be in step.
    pub(crate) fn lay_halfway(&mut self, field: &Planned, to: Side, returned: Option<&Item>) {
        let shown = returned.filter(|item| item.side == to);
        let Some(arrived) = shown.and_then(|item| self.digest_by_name(&field.rule, item)) else {
            return;
        };
        self.put_halfway(&field.rule, to, arrived);
    }

    pub(crate) fn put_halfway(&mut self, rule: &RuleName, to: Side, arrived: Digest) {
        let base = self.pair.base.entry(rule.clone()).or_default();
        *base.value.get_mut(to) = Some(arrived);
        *base.value.get_mut(to.other()) = None;
        base.first = false;
        self.pair.unheard.remove(rule);
    }

    pub(crate) fn digest_by_name(&self, name: &RuleName, item: &Item) -> Option<Digest> {
        let rule = self.context.rule(name)?;
        Some(
            self.context
                .digest(rule, item.side, item.field(rule.field(item.side))),
        )
    }

    /// Forgets where a walk ended when either side is no longer where it was then: another way may lead on.
    fn forget_other_end(&mut self, rule: &Rule, source: Digest, target: Digest) {
        let refused = self.pair.refused.get(&rule.name);
        let other = refused.is_some_and(|refused| {
            refused.stood.is_some_and(|stood| stood != target) || refused.source != source
        });
        if other {
            self.pair.refused.remove(&rule.name);
        }
    }

    /// Whether a remote refused this very value, and its time has not come yet.
    pub(crate) fn is_refused(&self, rule: &Rule, source: Digest) -> bool {
        self.refusal_of(rule, source).is_some()
    }

    /// The problem of a field whose very value a remote refused, while its time has not come yet.
    pub(crate) fn refusal_of(&self, rule: &Rule, source: Digest) -> Option<Problem> {
        let refused = self.pair.refused.get(&rule.name)?;
        let holds = refused.source == source && self.now < refused.until;
        holds.then(|| refused.problem(&rule.name))
    }
}

/// Whether the sides of a field have never agreed.
fn is_first(base: &Base) -> bool {
    base.value.jira.is_none() && base.value.azure.is_none()
}

impl Gathered {
    pub(crate) fn take_set(&mut self, change: (String, Change), planned: Planned) {
        self.changes.push(change);
        self.planned.push(planned);
    }

    fn take(&mut self, rule: &Rule, to: Side, value: Value, planned: Planned) {
        if let (Type::State, Side::Jira, Value::Choice(status)) = (rule.kind, to, &value) {
            self.status = Some((planned, status.clone()));
            return;
        }
        self.changes
            .push((rule.field(to).to_owned(), Change::Set(value)));
        self.planned.push(planned);
    }
}
