//! Relations of a draft: made, taken away, described, and checked against the hierarchy (azure.md
//! 8.2).

use serde_json::{Map, Value as Json};

use super::super::error::Refusal;
use super::super::item::Item;
use super::super::limit;
use super::super::relation::{self, Relation};
use super::Draft;

impl Draft<'_> {
    pub(super) fn relate(&mut self, value: &Json) -> Result<(), Refusal> {
        let relation = Relation::parse(value, self.desk.now)?;
        if self.relations.iter().any(|r| r.same_as(&relation)) {
            return Err(Refusal::RelationExists);
        }
        if self.relations.len() >= limit::RELATIONS {
            return Err(Refusal::TooMany {
                id: self.id(),
                what: "links",
                limit: limit::RELATIONS,
            });
        }
        if let Some(target) = relation.item() {
            self.check_link(&relation, target)?;
        }
        self.relations.push(relation.clone());
        self.added.push(relation);
        Ok(())
    }

    fn check_link(&self, relation: &Relation, target: i64) -> Result<(), Refusal> {
        let other = self.desk.store.live(target)?;
        if target == self.id() {
            return Err(Refusal::Circular(target, target));
        }
        match relation.kind.reference {
            relation::PARENT => {
                if self.relations.iter().any(|r| r.kind == relation.kind) {
                    return Err(Refusal::SecondParent(target, self.id()));
                }
                self.check_cycle(target, self.id())
            }
            relation::CHILD => {
                if other.parent().is_some_and(|p| p != self.id()) {
                    return Err(Refusal::SecondParent(self.id(), target));
                }
                self.check_cycle(self.id(), target)
            }
            _ => Ok(()),
        }
    }

    /// Refuses a parent that has the child among its own ancestors.
    fn check_cycle(&self, parent: i64, child: i64) -> Result<(), Refusal> {
        let mut at = Some(parent);
        for _ in 0..limit::ANCESTORS {
            match at {
                None => return Ok(()),
                Some(id) if id == child => return Err(Refusal::Circular(parent, child)),
                Some(id) => at = self.desk.store.any(id).and_then(Item::parent),
            }
        }
        Err(Refusal::Circular(parent, child))
    }

    pub(super) fn unrelate(&mut self, index: usize) -> Result<(), Refusal> {
        if index >= self.relations.len() {
            return Err(Refusal::RelationIndex(index));
        }
        let gone = self.relations.remove(index);
        if let Some(at) = self.added.iter().position(|r| r.same_as(&gone)) {
            self.added.remove(at);
            return Ok(());
        }
        self.removed.push(gone);
        Ok(())
    }

    pub(super) fn reattribute(
        &mut self,
        index: usize,
        change: impl FnOnce(&mut Map<String, Json>),
    ) -> Result<(), Refusal> {
        let slot = self
            .relations
            .get_mut(index)
            .ok_or(Refusal::RelationIndex(index))?;
        change(&mut slot.attributes);
        let changed = slot.clone();
        if let Some(new) = self.added.iter_mut().find(|r| r.same_as(&changed)) {
            *new = changed;
            return Ok(());
        }
        self.updated.retain(|r| !r.same_as(&changed));
        self.updated.push(changed);
        Ok(())
    }
}
