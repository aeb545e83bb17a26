//! A remote as the core sees it: items with revisions, comments and markers, written by people and by us.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use model::{
    Comment, CommentId, CommentMarker, Installation, Item, ItemId, ItemKey, Marker, Millis, Number,
    Revision, Side, User, Value,
};

use crate::effect::{Body, Change, Create, Edit, NewComment, Write};
use crate::{Outcome, Receipt, Refusal, Stop};

/// One remote.
#[derive(Clone)]
pub(super) struct Remote {
    pub(super) side: Side,
    pub(super) items: BTreeMap<ItemId, Arc<Item>>,
    /// Every state an item has had, for readings that lag.
    pub(super) past: BTreeMap<ItemId, Vec<Arc<Item>>>,
    /// What the change feed has not delivered yet.
    pub(super) feed: Vec<(ItemId, Revision)>,
    /// Native fields whose writing is refused.
    pub(super) forbidden: BTreeSet<String>,
    /// Statuses that cannot be reached.
    pub(super) unreachable: BTreeSet<String>,
    /// Where the next moves stop, and why.
    pub(super) halts: VecDeque<(&'static str, Stop)>,
    /// A field that is not ours and that every move demands.
    pub(super) demands: Option<&'static str>,
    /// A field that no rule fills and for which edits that set this one are refused.
    pub(super) strange: Option<(&'static str, &'static str)>,
    /// Whether comments are refused.
    pub(super) mute: bool,
    /// Whether new items have the defaults of a workflow.
    pub(super) has_defaults: bool,
    /// What people set: the item, the revision that it made and the field.
    pub(super) changelog: Vec<(ItemId, Revision, String)>,
    /// Writes of ours that were applied, by kind.
    pub(super) writes: Vec<&'static str>,
    next: u64,
}

pub(super) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub(super) fn choice(name: &str) -> Value {
    Value::Choice(name.to_owned())
}

pub(super) fn number(of: f64) -> Value {
    Value::Number(Number::new(of).unwrap())
}

pub(super) fn set(names: &[&str]) -> Value {
    Value::Set(names.iter().map(|name| (*name).to_owned()).collect())
}

impl Remote {
    pub(super) fn new(side: Side) -> Remote {
        Remote {
            side,
            items: BTreeMap::new(),
            past: BTreeMap::new(),
            feed: Vec::new(),
            forbidden: BTreeSet::new(),
            unreachable: BTreeSet::new(),
            halts: VecDeque::new(),
            demands: None,
            strange: None,
            mute: false,
            has_defaults: true,
            changelog: Vec::new(),
            writes: Vec::new(),
            next: match side {
                Side::Jira => 100,
                Side::Azure => 5000,
            },
        }
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// A new item, with the defaults of its workflow.
    pub(super) fn create(
        &mut self,
        now: Millis,
        fields: Vec<(String, Value)>,
        marker: Option<Marker>,
    ) -> ItemId {
        let number = self.number();
        let (id, side) = (ItemId(number), self.side);
        let mut all: BTreeMap<String, Value> = match side {
            _ if !self.has_defaults => BTreeMap::new(),
            Side::Jira => [
                ("status".to_owned(), choice("To Do")),
                ("priority".to_owned(), choice("Medium")),
            ]
            .into(),
            Side::Azure => [
                ("System.State".to_owned(), choice("New")),
                ("Microsoft.VSTS.Common.Priority".to_owned(), number_of(2)),
            ]
            .into(),
        };
        all.extend(fields);
        let (key, project, kind) = match side {
            Side::Jira => (format!("WEB-{number}"), "WEB", "Story"),
            Side::Azure => (number.to_string(), "Platform", "User Story"),
        };
        let item = Item {
            side,
            id,
            key: ItemKey::new(&key).unwrap(),
            revision: Revision(0),
            changed: now,
            project: project.to_owned(),
            kind: kind.to_owned(),
            fields: all,
            comments: Some(Vec::new()),
            created_by_us: marker.is_some(),
            marker,
        };
        self.items.insert(id, Arc::new(item));
        self.touch(id, now);
        id
    }

    /// Makes a new revision of an item that was changed.
    pub(super) fn touch(&mut self, id: ItemId, now: Millis) {
        let side = self.side;
        let item = self.item_mut(id);
        item.revision = match side {
            Side::Jira => Revision(u64::try_from(now.0).unwrap().max(item.revision.0 + 1)),
            Side::Azure => Revision(item.revision.0 + 1),
        };
        item.changed = now;
        let item = Arc::clone(&self.items[&id]);
        self.feed.push((id, item.revision));
        self.past.entry(id).or_default().push(item);
    }

    /// A person sets a field.
    pub(super) fn edit(&mut self, id: ItemId, now: Millis, field: &str, value: Value) {
        let before = self.item(id).revision;
        self.put(id, now, field, value);
        let after = self.item(id).revision;
        if after != before {
            self.changelog.push((id, after, field.to_owned()));
        }
    }

    fn put(&mut self, id: ItemId, now: Millis, field: &str, value: Value) {
        if self.item(id).field(field) == &value {
            return;
        }
        let item = self.item_mut(id);
        item.fields.insert(field.to_owned(), value);
        self.touch(id, now);
    }

    /// A person comments.
    pub(super) fn comment(&mut self, id: ItemId, now: Millis, body: &str) -> CommentId {
        self.remark(id, now, rich(self.side, body))
    }

    /// A person comments with that very text.
    pub(super) fn remark(&mut self, id: ItemId, now: Millis, body: Value) -> CommentId {
        self.say(id, now, body, None)
    }

    fn say(
        &mut self,
        id: ItemId,
        now: Millis,
        body: Value,
        marker: Option<CommentMarker>,
    ) -> CommentId {
        let comment = CommentId(self.number());
        let author = match marker {
            Some(_) => "counterpart",
            None => "a.person",
        };
        let comments = self.item_mut(id).comments.as_mut().unwrap();
        comments.push(Comment {
            id: comment,
            author: User {
                id: author.to_owned(),
                display: author.to_owned(),
            },
            created: now,
            body,
            by_us: marker.is_some(),
            restricted: false,
            marker,
        });
        self.touch(id, now);
        comment
    }

    pub(super) fn item(&self, id: ItemId) -> &Item {
        &self.items[&id]
    }

    /// An item, to be changed without a word of it.
    pub(super) fn item_mut(&mut self, id: ItemId) -> &mut Item {
        Arc::make_mut(self.items.get_mut(&id).unwrap())
    }

    pub(super) fn marked(&self, marker: &Marker) -> Vec<&Item> {
        let names = |item: &&Item| {
            let own = item.marker.as_ref().filter(|_| item.created_by_us);
            own.is_some_and(|own| own.names(&marker.profile, marker.source))
        };
        let items = self.items.values().map(Arc::as_ref);
        items.filter(names).collect()
    }

    pub(super) fn twins(&self, id: ItemId, marker: CommentMarker) -> Vec<CommentId> {
        let item = self.items.get(&id);
        let comments = item
            .into_iter()
            .flat_map(|item| item.comments.iter().flatten());
        comments
            .filter(|comment| comment.by_us && comment.marker == Some(marker))
            .map(|comment| comment.id)
            .collect()
    }

    /// Carries out one of our writes.
    pub(super) fn write(&mut self, write: &Write, now: Millis) -> Outcome {
        let item = match &write.body {
            Body::Create(_) => None,
            Body::Edit(edit) => Some(edit.item),
            Body::Transition(transition) => Some(transition.item),
            Body::Comment(comment) => Some(comment.item),
            Body::Link(link) => Some(link.item),
        };
        if item.is_some_and(|item| !self.items.contains_key(&item)) {
            return Outcome::Refused(Refusal::Gone);
        }
        match &write.body {
            Body::Create(create) => self.write_create(create, now),
            Body::Edit(edit) => self.write_edit(edit, now),
            Body::Transition(transition) => {
                if let Some((status, stop)) = self.halts.pop_front() {
                    return self.stop_at(transition.item, now, status, stop);
                }
                if let Some(field) = self.demands {
                    return refusal(vec![field.to_owned()]);
                }
                if self.unreachable.contains(&transition.status) {
                    return Outcome::Refused(Refusal::NoTransition);
                }
                self.writes.push("transition");
                self.put(transition.item, now, "status", choice(&transition.status));
                self.applied(transition.item, None)
            }
            Body::Comment(comment) => self.write_comment(comment, now),
            Body::Link(link) => {
                self.writes.push("link");
                self.applied(link.item, None)
            }
        }
    }

    /// A step of a move arrives late.
    pub(super) fn step_to(&mut self, item: ItemId, now: Millis, status: &str) {
        self.put(item, now, "status", choice(status));
    }

    /// Moves an issue to a status on the way.
    fn stop_at(&mut self, item: ItemId, now: Millis, status: &str, stop: Stop) -> Outcome {
        self.writes.push("step");
        self.put(item, now, "status", choice(status));
        let Outcome::Applied(receipt) = self.applied(item, None) else {
            unreachable!()
        };
        Outcome::Applied(Receipt {
            stopped: Some(stop),
            ..receipt
        })
    }

    fn write_create(&mut self, create: &Create, now: Millis) -> Outcome {
        if let Some(refused) = self.refused(create.fields.iter().map(|(field, _)| field)) {
            return refused;
        }
        self.writes.push("create");
        let id = self.create(now, create.fields.clone(), Some(create.marker.clone()));
        self.applied(id, None)
    }

    fn write_edit(&mut self, edit: &Edit, now: Millis) -> Outcome {
        if self.side == Side::Azure && self.item(edit.item).revision != edit.at {
            return Outcome::Refused(Refusal::Stale);
        }
        if let Some(refused) = self.refused(edit.changes.iter().map(|(field, _)| field)) {
            return refused;
        }
        if let Some((set, named)) = self.strange
            && edit.changes.iter().any(|(field, _)| field == set)
        {
            return refusal(vec![named.to_owned()]);
        }
        if edit.comment.is_some() && self.mute {
            return refusal(Vec::new());
        }
        self.writes.push("edit");
        let overwritten = self.overwritten(edit);
        let side = self.side;
        let item = self.item_mut(edit.item);
        for (field, change) in &edit.changes {
            let value = after(side, item.field(field), change);
            item.fields.insert(field.clone(), value);
        }
        match &edit.comment {
            Some(comment) => {
                // One revision for the patch with its comment, and no word of the comment's id.
                self.writes.push("comment");
                self.say(edit.item, now, comment.body.clone(), Some(comment.marker));
            }
            None => self.touch(edit.item, now),
        }
        let Outcome::Applied(receipt) = self.applied(edit.item, None) else {
            unreachable!()
        };
        Outcome::Applied(Receipt {
            overwritten,
            ..receipt
        })
    }

    /// The fields that an edit is about to set over what people set since it was planned.
    fn overwritten(&self, edit: &Edit) -> Vec<String> {
        let item = self.item(edit.item);
        let lost = |(field, change): &&(String, Change)| {
            let since = |(id, revision, name): &(ItemId, Revision, String)| {
                *id == edit.item && *revision > edit.at && name == field
            };
            let differs = |value: &Value| value != item.field(field);
            matches!(change, Change::Set(value) if differs(value))
                && self.changelog.iter().any(since)
        };
        let lost = edit.changes.iter().filter(lost);
        lost.map(|(field, _)| field.clone()).collect()
    }

    fn write_comment(&mut self, comment: &NewComment, now: Millis) -> Outcome {
        if self.mute {
            return refusal(Vec::new());
        }
        self.writes.push("comment");
        let id = self.say(
            comment.item,
            now,
            comment.body.clone(),
            Some(comment.marker),
        );
        let Outcome::Applied(receipt) = self.applied(comment.item, Some(id)) else {
            unreachable!()
        };
        Outcome::Applied(Receipt {
            returned: None,
            ..receipt
        })
    }

    fn refused<'a>(&self, mut fields: impl Iterator<Item = &'a String>) -> Option<Outcome> {
        let named = fields.find(|field| self.forbidden.contains(*field))?;
        Some(refusal(vec![named.clone()]))
    }

    fn applied(&self, id: ItemId, comment: Option<CommentId>) -> Outcome {
        let item = self.item(id);
        Outcome::Applied(Receipt {
            item: Some(id),
            key: Some(item.key.clone()),
            revision: Some(item.revision),
            returned: Some(Box::new(item.clone())),
            comment,
            ..Receipt::default()
        })
    }
}

fn number_of(of: u32) -> Value {
    number(f64::from(of))
}

fn refusal(fields: Vec<String>) -> Outcome {
    Outcome::Refused(Refusal::Fields { fields, code: None })
}

/// Formatted text of that side.
pub(super) fn rich(side: Side, words: &str) -> Value {
    match side {
        Side::Jira => Value::Adf(serde_json::json!({
            "type": "doc", "version": 1,
            "content": [{ "type": "paragraph", "content": [{ "type": "text", "text": words }] }]
        })),
        Side::Azure => Value::Html(format!("<p>{words}</p>")),
    }
}

fn after(side: Side, before: &Value, change: &Change) -> Value {
    match change {
        Change::Set(value) => value.clone(),
        // It can only replace.
        Change::Merge { whole, .. } if side == Side::Azure => {
            Value::Set(whole.iter().cloned().collect())
        }
        Change::Merge { add, remove, .. } => {
            let mut names = match before {
                Value::Set(names) => names.clone(),
                _ => BTreeSet::new(),
            };
            names.retain(|name| !remove.contains(name));
            names.extend(add.iter().cloned());
            Value::Set(names)
        }
    }
}

pub(super) const INSTALLATION: Installation = Installation([7; 16]);
