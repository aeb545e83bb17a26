//! Sets: labels, tags and the like, merged element by element (design.md 6).

use std::collections::{BTreeMap, BTreeSet};

use mapping::{Kind as Type, Losses, Rule};
use model::{Both, Digest, Item, Problem, RuleName, Side, Value, limit, problem::Code};

use crate::edit::{Field, Gathered};
use crate::effect::Change;
use crate::intent::Planned;
use crate::note::Note;
use crate::pair::Base;
use crate::step::Work;

impl Work<'_> {
    /// Labels, tags and the like merge element by element: what one side gained the other gains, what one side lost the
    /// other loses.
    pub(crate) fn merge_set(
        &mut self,
        field: &Field<'_>,
        base: &Base,
        gathered: &mut Both<Gathered>,
    ) -> Option<Problem> {
        let rule = field.rule;
        let held = Both::of(|side| rule.spellings(side, field.value.get(side)));
        let mut now = Both::of(|side| rule.elements(side, field.value.get(side)));
        let plan =
            Both::of(|to| self.set_change(rule, to, held.get(to), now.get(to.other()), base));
        let full = Side::BOTH.into_iter().find(|to| plan.get(*to).is_cut);
        let mut problem = full.map(|to| {
            let full = Problem::new(Code::TooLong).on(to.other());
            full.about(rule.name.as_str())
        });
        if plan.jira.is_empty() && plan.azure.is_empty() {
            if problem.is_some() {
                // What does not fit is not agreed: it is carried when there is room.
                return problem;
            }
            let mut agreed = self.common(rule, &now.jira, &now.azure);
            agreed.extend(self.left_off(rule, base, &now));
            self.take_as_agreed(field, agreed);
            return None;
        }
        // What each side holds when everything has arrived. It is the base of both writes, so that after a crash between
        // them the side not yet written is seen to differ from it.
        let digest = Both::of(|side| match plan.get(side).is_empty() {
            true => *field.digest.get(side),
            false => self.set_digest(rule, side, &plan.get(side).apply(now.get(side))),
        });
        for to in [Side::Azure, Side::Jira] {
            let (change, source) = (plan.get(to), *digest.get(to.other()));
            if change.is_empty() {
                continue;
            }
            let hindered = self.refusal_of(rule, source);
            if let Some(hindered) = hindered.or_else(|| self.is_ping_pong(&rule.name, to)) {
                problem = Some(hindered);
                continue;
            }
            let after = change.apply(now.get(to));
            *now.get_mut(to) = after;
            let mut elements = self.common(rule, &now.jira, &now.azure);
            elements.extend(self.still_to_go(rule, plan.get(to.other()), now.get(to.other())));
            elements.extend(self.left_off(rule, base, &now));
            self.notes.push(Note::Carried {
                rule: rule.name.clone(),
                from: to.other(),
                value: *field.digest.get(to.other()),
                losses: Losses::default(),
            });
            gathered.get_mut(to).take_set(
                (rule.field(to).to_owned(), change.as_change(held.get(to))),
                Planned {
                    rule: rule.name.clone(),
                    source,
                    sent: *digest.get(to),
                    elements: elements.into_iter().collect(),
                },
            );
        }
        problem
    }

    fn set_digest(&self, rule: &Rule, side: Side, elements: &BTreeMap<String, String>) -> Digest {
        let whole = Value::Set(elements.values().cloned().collect());
        self.context.digest(rule, side, &whole)
    }

    /// Agreed elements that the other write of the same plan is to remove: until it has arrived they stay agreed, or they
    /// would be taken for new.
    fn still_to_go(
        &self,
        rule: &Rule,
        change: &SetChange,
        here: &BTreeMap<String, String>,
    ) -> Vec<Digest> {
        let pending = change.remove.keys().filter(|key| here.contains_key(*key));
        pending.map(|key| self.context.element(rule, key)).collect()
    }

    /// Agreed elements that somebody took away where nothing is carried from. They stay agreed as long as the source has
    /// them, or they would be taken for new there and come back.
    fn left_off(
        &self,
        rule: &Rule,
        base: &Base,
        now: &Both<BTreeMap<String, String>>,
    ) -> Vec<Digest> {
        let sources = Side::BOTH.into_iter().filter(|side| {
            let back = rule.direction.allows(side.other());
            rule.direction.allows(*side) && !back
        });
        let elements = sources.flat_map(|source| now.get(source).keys());
        let elements = elements.map(|key| self.context.element(rule, key));
        elements
            .filter(|element| base.elements.contains(element))
            .collect()
    }

    fn common(
        &self,
        rule: &Rule,
        one: &BTreeMap<String, String>,
        other: &BTreeMap<String, String>,
    ) -> BTreeSet<Digest> {
        let both = one.keys().filter(|key| other.contains_key(*key));
        both.map(|key| self.context.element(rule, key)).collect()
    }

    /// The digests of a set's elements on one side; nothing for other kinds.
    pub(crate) fn elements_in(&self, rule: &Rule, side: Side, value: &Value) -> Vec<Digest> {
        if rule.kind != Type::Set {
            return Vec::new();
        }
        rule.elements(side, value)
            .keys()
            .map(|key| self.context.element(rule, key))
            .collect()
    }

    fn set_change(
        &self,
        rule: &Rule,
        to: Side,
        here: &BTreeMap<String, Vec<String>>,
        there: &BTreeMap<String, String>,
        base: &Base,
    ) -> SetChange {
        let mut change = SetChange::default();
        if !rule.direction.allows(to.other()) {
            return change;
        }
        let agreed = |key: &String| base.elements.contains(&self.context.element(rule, key));
        for (key, native) in there {
            if !here.contains_key(key) && !agreed(key) {
                change.add.insert(key.clone(), rule.spell(to, native));
            }
        }
        for (key, native) in here {
            if !there.contains_key(key) && agreed(key) {
                change.remove.insert(key.clone(), native.clone());
            }
        }
        let kept = here
            .iter()
            .filter(|(key, _)| !change.remove.contains_key(*key));
        let room = limit::SET_ELEMENTS.saturating_sub(kept.map(|(_, all)| all.len()).sum());
        while change.add.len() > room && change.add.pop_last().is_some() {
            change.is_cut = true;
        }
        change
    }

    /// Whether a set's side is full, so that the other's elements may not all have had room there: what is at rest otherwise
    /// is then looked at all the same.
    pub(crate) fn may_overflow(&self, field: &Field<'_>) -> bool {
        let is_full = |side: Side| match field.value.get(side) {
            Value::Set(names) => names.len() >= limit::SET_ELEMENTS,
            _ => false,
        };
        field.rule.kind == Type::Set && Side::BOTH.into_iter().any(is_full)
    }

    /// The elements of a set as the remote returned it.
    pub(crate) fn stored(&self, name: &RuleName, item: &Item) -> Option<Vec<Digest>> {
        let rule = self.context.rule(name)?;
        let value = item.field(rule.field(item.side));
        (rule.kind == Type::Set).then(|| self.elements_in(rule, item.side, value))
    }
}

/// What a set gains and loses, by neutral key. What it loses goes in every spelling; what it keeps stays in all of them.
#[derive(Default)]
struct SetChange {
    add: BTreeMap<String, String>,
    remove: BTreeMap<String, Vec<String>>,
    /// Whether there was no room for all that it should gain.
    is_cut: bool,
}

impl SetChange {
    fn is_empty(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }

    fn apply(&self, here: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let mut after = here.clone();
        after.retain(|key, _| !self.remove.contains_key(key));
        after.extend(self.add.clone());
        after
    }

    /// The change of a set that holds these elements.
    fn as_change(&self, here: &BTreeMap<String, Vec<String>>) -> Change {
        let kept = here
            .iter()
            .filter(|(key, _)| !self.remove.contains_key(*key));
        let kept = kept.flat_map(|(_, all)| all);
        Change::Merge {
            add: self.add.values().cloned().collect(),
            remove: self.remove.values().flatten().cloned().collect(),
            whole: kept.chain(self.add.values()).cloned().collect(),
        }
    }
}
