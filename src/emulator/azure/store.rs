//! All items, and the orders in which feeds read them. Every write ends in [`Store::commit`];
//! nothing else makes revisions.

use std::collections::BTreeMap;

use super::comment::Comment;
use super::error::Refusal;
use super::field::{self, Value};
use super::guid;
use super::identity::Who;
use super::index::Index;
use super::item::{CommentMark, Item, Revision};
use super::relation::{End, Relation};
use super::update::Update;

/// One revision in the organisation's order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) watermark: i64,
    pub(crate) id: i64,
    /// Counted from 1.
    pub(crate) rev: usize,
    /// The latest `System.ChangedDate` of this and all earlier entries, so that a feed from a date
    /// on begins where the first such revision can be.
    pub(crate) by_ms: i64,
}

/// A link between items that was made or taken away.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LinkEvent {
    pub(crate) kind: &'static super::relation::Kind,
    pub(crate) source: i64,
    pub(crate) target: i64,
    pub(crate) at_ms: i64,
    pub(crate) active: bool,
}

/// A tag as it was first written in a project.
#[derive(Debug, Clone)]
pub(crate) struct Tag {
    /// The id, which a new name does not change.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) used_ms: i64,
}

/// A write that has passed every check.
#[derive(Debug)]
pub(crate) struct Commit {
    /// The item; 0 for a new one.
    pub(crate) id: i64,
    pub(crate) by: Who,
    pub(crate) at_ms: i64,
    /// The new revision, unless only links change.
    pub(crate) revision: Option<Revision>,
    pub(crate) comment: Option<Comment>,
    pub(crate) added: Vec<Relation>,
    pub(crate) removed: Vec<Relation>,
    pub(crate) updated: Vec<Relation>,
}

/// All items of the organisation.
#[derive(Debug, Default)]
pub(crate) struct Store {
    items: BTreeMap<i64, Item>,
    feed: Vec<Entry>,
    links: Vec<LinkEvent>,
    pub(crate) index: Index,
    index_rests: bool,
    tags: BTreeMap<(usize, String), Tag>,
    last_item: i64,
    last_comment: i64,
    last_relation: i64,
    last_tag: u64,
    watermark: i64,
}

impl Store {
    /// An item that is not in the recycle bin.
    ///
    /// # Errors
    /// [`Refusal::ItemMissing`], which does not tell a deleted item from one that never was.
    pub(crate) fn live(&self, id: i64) -> Result<&Item, Refusal> {
        let item = self.items.get(&id).filter(|item| !item.is_deleted());
        item.ok_or(Refusal::ItemMissing(id))
    }

    /// An item that is in the recycle bin.
    ///
    /// # Errors
    /// [`Refusal::ItemMissing`].
    pub(crate) fn binned(&self, id: i64) -> Result<&Item, Refusal> {
        let item = self.items.get(&id).filter(|item| item.is_deleted());
        item.ok_or(Refusal::ItemMissing(id))
    }

    /// An item wherever it is, unless it was destroyed.
    pub(crate) fn any(&self, id: i64) -> Option<&Item> {
        self.items.get(&id)
    }

    /// Every item in the order of ids, deleted ones included.
    pub(crate) fn items(&self) -> impl Iterator<Item = &Item> {
        self.items.values()
    }

    /// The items of a span of ids, in their order.
    pub(crate) fn span(&self, from: i64, to: i64) -> impl DoubleEndedIterator<Item = &Item> {
        self.items.range(from..=to.max(from)).map(|(_, item)| item)
    }

    /// Lets the index rest: what is written from here on is not in it before [`Store::index_all`].
    pub(crate) fn rest_index(&mut self) {
        self.index_rests = true;
    }

    /// Lists all items in the index, which from here on follows every write.
    pub(crate) fn index_all(&mut self) {
        self.index_rests = false;
        self.index = Index::of(self.items.values());
    }

    /// Gives back the room that the lists of all items take beyond their content.
    pub(crate) fn compact(&mut self) {
        for item in self.items.values_mut() {
            item.revisions.shrink_to_fit();
            item.updates.shrink_to_fit();
            item.comments.shrink_to_fit();
        }
        self.feed.shrink_to_fit();
    }

    /// Writes the paths of a tree anew where a node was renamed or moved: a revision names a node,
    /// not its name of the day.
    pub(crate) fn repath(&mut self, reference: &'static str, from: &str, to: &str) {
        for revision in self.items.values_mut().flat_map(|i| &mut i.revisions) {
            let path = revision.fields.text(reference);
            let rest = path.strip_prefix(from);
            let Some(rest) = rest.filter(|r| r.is_empty() || r.starts_with('\\')) else {
                continue;
            };
            let path = format!("{to}{rest}");
            revision.fields.set(reference, Value::text(&path));
        }
    }

    /// Revisions in order.
    pub(crate) fn feed(&self) -> &[Entry] {
        &self.feed
    }

    /// Changes of links in order.
    pub(crate) fn links(&self) -> &[LinkEvent] {
        &self.links
    }

    /// The tags of a project.
    pub(crate) fn tags(&self, project: usize) -> impl Iterator<Item = &Tag> {
        self.tags
            .range((project, String::new())..(project + 1, String::new()))
            .map(|(_, tag)| tag)
    }

    /// A tag in the spelling of its first use.
    pub(crate) fn spelled(&self, project: usize, tag: &str) -> String {
        let known = self.tags.get(&(project, tag.to_lowercase()));
        known.map_or_else(|| tag.to_owned(), |t| t.name.clone())
    }

    /// Remembers tags that an item now has.
    pub(crate) fn note_tags(&mut self, project: usize, joined: &str, now: i64) {
        for name in joined.split("; ").filter(|t| !t.is_empty()) {
            let made = &mut self.last_tag;
            let tag = self
                .tags
                .entry((project, name.to_lowercase()))
                .or_insert_with(|| {
                    *made += 1;
                    Tag {
                        id: guid::of(&["tag", &made.to_string()]),
                        name: name.to_owned(),
                        used_ms: now,
                    }
                });
            tag.used_ms = now;
        }
    }

    /// Gives a tag a new name, or takes it away, on every item of the project and in every revision.
    pub(crate) fn replace_tag(&mut self, project: usize, old: &str, new: Option<&str>, now: i64) {
        let Some(tag) = self.tags.remove(&(project, old.to_lowercase())) else {
            return;
        };
        if let Some(new) = new {
            let renamed = Tag {
                name: new.to_owned(),
                used_ms: now,
                ..tag
            };
            self.tags.insert((project, new.to_lowercase()), renamed);
        }
        let revisions = self.items.values_mut().flat_map(|i| i.revisions.iter_mut());
        for revision in revisions.filter(|r| r.project == project) {
            let joined = revision.fields.text(field::TAGS);
            let mut tags: Vec<&str> = joined.split("; ").collect();
            let at = tags
                .iter()
                .position(|t| t.to_lowercase() == old.to_lowercase());
            let Some(at) = at else {
                continue;
            };
            tags.remove(at);
            tags.extend(new);
            tags.sort_by_key(|t| t.to_lowercase());
            let value = (!tags.is_empty()).then(|| Value::text(&tags.join("; ")));
            revision.fields.put(field::TAGS, value);
        }
    }

    /// Changes an item in place without a revision: its comments.
    pub(crate) fn comments_mut(&mut self, id: i64) -> Option<&mut Vec<Comment>> {
        self.items.get_mut(&id).map(|item| &mut item.comments)
    }

    /// Carries a checked write out, and gives the item's id.
    pub(crate) fn commit(&mut self, commit: Commit) -> i64 {
        let id = self.id_of(commit.id);
        let added = self.numbered(commit.added);
        let mark = commit.comment.map(|comment| self.add_comment(id, comment));
        let revised = commit.revision.is_some();
        if let Some(revision) = commit.revision {
            self.add_revision(id, revision, mark);
        }
        let item = self.items.entry(id).or_insert_with(|| Item::new(id));
        for relation in &commit.removed {
            item.unlink(relation, commit.at_ms);
        }
        item.relations.extend(added.iter().cloned());
        for relation in &commit.updated {
            if let Some(slot) = item.relations.iter_mut().find(|r| r.same_as(relation)) {
                slot.attributes.clone_from(&relation.attributes);
            }
        }
        // What is said of a link changes in no update (azure.md 6).
        if revised || !added.is_empty() || !commit.removed.is_empty() {
            item.updates.push(Update {
                rev: item.rev(),
                revised,
                at_ms: commit.at_ms,
                by: commit.by.clone(),
                added: added.clone(),
                removed: commit.removed.clone(),
            });
        }
        self.mirror(id, &commit.by, commit.at_ms, &added, &commit.removed);
        self.mirror_words(id, &commit.updated);
        id
    }

    fn id_of(&mut self, id: i64) -> i64 {
        if id != 0 {
            return id;
        }
        self.last_item += 1;
        self.last_item
    }

    fn add_comment(&mut self, id: i64, comment: Comment) -> CommentMark {
        self.last_comment += 1;
        let numbered = Comment {
            id: self.last_comment,
            ..comment
        };
        let item = self.items.entry(id).or_insert_with(|| Item::new(id));
        item.comments.push(numbered);
        CommentMark {
            id: self.last_comment,
            version: 1,
        }
    }

    fn add_revision(&mut self, id: i64, mut revision: Revision, mark: Option<CommentMark>) {
        self.watermark += 1;
        let item = self.items.entry(id).or_insert_with(|| Item::new(id));
        revision.watermark = self.watermark;
        revision.comment = mark.or(revision.comment);
        revision.comment_count = item.live_comments();
        revision.fields.compact();
        if !self.index_rests {
            self.index.replace(id, item.latest(), Some(&revision));
        }
        let by_ms = self.feed.last().map_or(i64::MIN, |entry| entry.by_ms);
        self.feed.push(Entry {
            watermark: self.watermark,
            id,
            rev: item.rev() + 1,
            by_ms: by_ms.max(revision.changed_ms),
        });
        item.revisions.push(revision);
    }

    fn numbered(&mut self, mut added: Vec<Relation>) -> Vec<Relation> {
        for relation in &mut added {
            self.last_relation += 1;
            relation.id = self.last_relation;
        }
        added
    }

    /// The other ends of links, each with an update of its own but no revision, and the links feed.
    fn mirror(&mut self, id: i64, by: &Who, now: i64, added: &[Relation], removed: &[Relation]) {
        let gone = removed.iter().map(|r| (r, false));
        let made = added.iter().map(|r| (r, true));
        for (relation, active) in gone.chain(made) {
            let (Some(target), Some(mirror)) = (relation.item(), relation.mirror(id)) else {
                continue;
            };
            self.links
                .push(link_event(id, target, relation, now, active));
            let Some(item) = self.items.get_mut(&target) else {
                continue;
            };
            if active {
                item.relations.push(mirror.clone());
            } else {
                item.unlink(&mirror, now);
            }
            let (added, removed) = if active {
                (vec![mirror], vec![])
            } else {
                (vec![], vec![mirror])
            };
            item.updates.push(Update {
                rev: item.rev(),
                revised: false,
                at_ms: now,
                by: by.clone(),
                added,
                removed,
            });
        }
    }

    /// What is said of a link is said at both of its ends.
    fn mirror_words(&mut self, id: i64, updated: &[Relation]) {
        for relation in updated {
            let (Some(target), Some(mirror)) = (relation.item(), relation.mirror(id)) else {
                continue;
            };
            let other = self.items.get_mut(&target).map(|item| &mut item.relations);
            let slot = other.and_then(|all| all.iter_mut().find(|r| r.same_as(&mirror)));
            if let Some(slot) = slot {
                slot.attributes = mirror.attributes;
            }
        }
    }

    /// Hides the links of an item that goes into the recycle bin, or shows them again when it comes
    /// back.
    pub(crate) fn hide_links(&mut self, id: i64, hidden: bool, now: i64) {
        let relations = self
            .items
            .get(&id)
            .map(|item| item.relations.clone())
            .unwrap_or_default();
        for relation in relations {
            let (Some(target), Some(mirror)) = (relation.item(), relation.mirror(id)) else {
                continue;
            };
            let gone = self.items.get(&target).is_none_or(Item::is_deleted);
            self.set_hidden(id, &relation, hidden || gone);
            self.set_hidden(target, &mirror, hidden || gone);
            self.links
                .push(link_event(id, target, &relation, now, !(hidden || gone)));
        }
    }

    fn set_hidden(&mut self, id: i64, relation: &Relation, hidden: bool) {
        let relations = self.items.get_mut(&id).map(|item| &mut item.relations);
        if let Some(slot) = relations.and_then(|all| all.iter_mut().find(|r| r.same_as(relation))) {
            slot.hidden = hidden;
        }
    }

    /// Removes an item for ever: no tombstone, nothing in any feed (azure.md 3.1).
    pub(crate) fn destroy(&mut self, id: i64, now: i64) {
        let Some(item) = self.items.remove(&id) else {
            return;
        };
        self.index.replace(id, item.latest(), None);
        for relation in item.relations {
            let (Some(target), Some(mirror)) = (relation.item(), relation.mirror(id)) else {
                continue;
            };
            if let Some(other) = self.items.get_mut(&target) {
                other.unlink(&mirror, now);
            }
            self.links
                .push(link_event(id, target, &relation, now, false));
        }
    }
}

fn link_event(id: i64, target: i64, relation: &Relation, now: i64, active: bool) -> LinkEvent {
    let (source, target) = match relation.kind.end {
        End::Reverse(_) => (target, id),
        End::Forward(_) | End::Both | End::Resource => (id, target),
    };
    LinkEvent {
        kind: relation.kind,
        source,
        target,
        at_ms: now,
        active,
    }
}
