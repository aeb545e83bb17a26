//! Relations of a draft: made, taken away, described, and checked against the shape that their type may have (azure.md
//! 8.2): one parent in a tree, no circle in a tree or among dependencies.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::super::attachment;
use super::super::error::Refusal;
use super::super::item::Item;
use super::super::limit;
use super::super::relation::{self, End, Kind, Relation, Target};
use super::super::time;
use super::Draft;

impl Draft<'_> {
    pub(super) fn relate(&mut self, value: &Json) -> Result<(), Refusal> {
        let mut relation = Relation::parse(value, self.desk.now)?;
        if relation.kind.reference == relation::FILE {
            self.describe_file(&mut relation)?;
        }
        if self.live().any(|r| r.same_as(&relation)) {
            return Err(Refusal::RelationExists);
        }
        self.check_room(&relation)?;
        if let Some(target) = relation.item() {
            self.check_link(&relation, target)?;
        }
        self.relations.push(relation.clone());
        self.added.push(relation);
        Ok(())
    }

    /// A file's relation leads to an upload that the caller may read, and tells its size, name and dates.
    fn describe_file(&self, relation: &mut Relation) -> Result<(), Refusal> {
        let Target::Url(url) = &relation.target else {
            return Ok(());
        };
        let refused = || Refusal::RelationUrl(url.to_string(), relation::FILE);
        let id = attachment::id_of(url).ok_or_else(refused)?;
        let (file, content) = self.desk.files.readable(id, self.desk.caller)?;
        let plain = url.split(['?', '#']).next().unwrap_or(url);
        let made = time::text(file.created_ms);
        let attributes = &mut relation.attributes;
        attributes.entry("name").or_insert_with(|| json!(file.name));
        attributes.insert("resourceSize".to_owned(), json!(content.len()));
        attributes.insert("resourceCreatedDate".to_owned(), json!(made));
        attributes.insert("resourceModifiedDate".to_owned(), json!(made));
        relation.target = Target::Url(plain.into());
        Ok(())
    }

    /// The relations that the item would have now.
    fn live(&self) -> impl Iterator<Item = &Relation> {
        let all = self.relations.iter().enumerate();
        all.filter(|(index, _)| !self.taken.contains(index))
            .map(|(_, relation)| relation)
    }

    fn check_room(&self, relation: &Relation) -> Result<(), Refusal> {
        let is_file = relation.kind.reference == relation::FILE;
        let files = self.live().filter(|r| r.kind == relation.kind);
        if is_file && files.count() >= limit::FILES {
            return Err(Refusal::TooMany {
                id: self.id(),
                what: "attachments",
                limit: limit::FILES,
            });
        }
        if self.live().count() >= limit::RELATIONS {
            return Err(Refusal::TooMany {
                id: self.id(),
                what: "links",
                limit: limit::RELATIONS,
            });
        }
        Ok(())
    }

    fn check_link(&self, relation: &Relation, target: i64) -> Result<(), Refusal> {
        let other = self.desk.store.live(target)?;
        let (from, to) = match relation.kind.end {
            End::Reverse(_) => (target, self.id()),
            End::Forward(_) | End::Both | End::Resource => (self.id(), target),
        };
        if target == self.id() {
            return Err(circular(relation.kind, from, to));
        }
        let Some(reverse) = relation.kind.reverse() else {
            return Ok(());
        };
        let is_own = matches!(relation.kind.end, End::Reverse(_));
        let taken = if is_own {
            self.live().any(|r| r.kind == reverse)
        } else {
            above(other, reverse).any(|parent| parent != self.id())
        };
        if taken && reverse.is_tree() {
            return Err(Refusal::SecondParent {
                link: forward_name(relation.kind),
                back: reverse.name(),
                from,
                to,
            });
        }
        self.check_cycle(reverse, from, to)
    }

    /// Refuses a link to an item from which its beginning can already be reached.
    fn check_cycle(&self, reverse: &'static Kind, from: i64, to: i64) -> Result<(), Refusal> {
        let mut seen = BTreeSet::from([from]);
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            if at == to || seen.len() > limit::ANCESTORS {
                return Err(circular(reverse, from, to));
            }
            let next: Vec<i64> = if at == self.id() {
                let own = self.live().filter(|r| r.kind == reverse);
                own.filter_map(Relation::item).collect()
            } else {
                let item = self.desk.store.any(at);
                item.map_or_else(Vec::new, |item| above(item, reverse).collect())
            };
            open.extend(next.into_iter().filter(|id| seen.insert(*id)));
        }
        Ok(())
    }

    fn named(&self, index: usize) -> Result<usize, Refusal> {
        let there = index < self.shown && !self.taken.contains(&index);
        there.then_some(index).ok_or(Refusal::RelationIndex(index))
    }

    pub(super) fn unrelate(&mut self, index: usize) -> Result<(), Refusal> {
        let index = self.named(index)?;
        self.removed.extend(self.relations.get(index).cloned());
        self.taken.push(index);
        Ok(())
    }

    pub(super) fn reattribute(
        &mut self,
        index: usize,
        change: impl FnOnce(&mut Map<String, Json>),
    ) -> Result<(), Refusal> {
        let index = self.named(index)?;
        let slot = self
            .relations
            .get_mut(index)
            .ok_or(Refusal::RelationIndex(index))?;
        change(&mut slot.attributes);
        let changed = slot.clone();
        self.updated.retain(|r| !r.same_as(&changed));
        self.updated.push(changed);
        Ok(())
    }
}

/// The items that an item has above itself in one kind of link.
fn above(item: &Item, reverse: &'static Kind) -> impl Iterator<Item = i64> {
    let shown = item.relations.iter().filter(|r| !r.hidden);
    shown
        .filter(move |r| r.kind == reverse)
        .filter_map(Relation::item)
}

fn forward_name(kind: &'static Kind) -> &'static str {
    match kind.end {
        End::Reverse(_) => kind.opposite().map_or("", Kind::name),
        End::Forward(_) | End::Both | End::Resource => kind.name(),
    }
}

fn circular(kind: &'static Kind, from: i64, to: i64) -> Refusal {
    Refusal::Circular {
        link: forward_name(kind),
        from,
        to,
    }
}
