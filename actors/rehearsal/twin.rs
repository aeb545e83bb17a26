//! Items in memory: a twin as it would be born, and an item as it would be after a write.

use mapping::TypeSchema;
use model::{
    Both, Comment, CommentId, Item, ItemId, ItemKey, Millis, Revision, RuleName, Side, User, Value,
};
use sync::intent::{Intent, Kind};
use sync::{Body, Change, Create, NewComment, Write};

use super::Stage;

/// Ids from here on are nobody's: neither remote counts so far.
const IMAGINED: u64 = 1 << 62;

/// The item that a create would make: what it is given, and what its remote is known to fill in.
pub(super) fn born(
    stage: &Stage,
    create: &Create,
    side: Side,
    source: &Item,
    now: Millis,
) -> Option<Item> {
    let mut item = Item {
        side,
        id: ItemId(IMAGINED.saturating_add(source.id.0)),
        // It stands for a key that only the remote can give, and is shown to nobody.
        key: ItemKey::new("new")?,
        revision: Revision(1),
        changed: now,
        project: create.project.clone(),
        kind: create.kind.clone(),
        fields: create.fields.iter().cloned().collect(),
        comments: Some(Vec::new()),
        created_by_us: true,
        marker: Some(create.marker.clone()),
    };
    fill(stage, &mut item, source);
    Some(item)
}

/// Fills in what the remote's metadata says of an item of that type.
fn fill(stage: &Stage, item: &mut Item, source: &Item) {
    let Some(kind) = kind_of(stage, item) else {
        return;
    };
    let side = item.side;
    let kinds = Both::of(|of| if of == side { &item.kind } else { &source.kind }.clone());
    for rule in stage.profile.rules_for(&kinds) {
        let native = rule.field(side);
        let told = match rule.kind {
            mapping::Kind::State => kind.initial.as_ref().or(kind.expected.as_ref()),
            _ => {
                let field = kind.fields.get(native);
                field.and_then(|field| field.default.as_ref())
            }
        };
        let value = told.and_then(|text| rule.value_of(side, text));
        if let (Some(value), false) = (value, item.fields.contains_key(native)) {
            item.fields.insert(native.to_owned(), value);
        }
    }
}

/// Whether only an expectation says in which state such an item begins.
pub(super) fn begins_unsure(stage: &Stage, item: &Item) -> bool {
    kind_of(stage, item).is_none_or(|kind| kind.initial.is_none())
}

fn kind_of<'a>(stage: &'a Stage, item: &Item) -> Option<&'a TypeSchema> {
    let same = |one: &str, other: &str| one.to_lowercase() == other.to_lowercase();
    let mut projects = stage.schemas.get(item.side).projects.iter();
    let (_, project) = projects.find(|(name, _)| same(name, &item.project))?;
    let mut kinds = project.types.iter();
    let (_, kind) = kinds.find(|(name, _)| same(name, &item.kind))?;
    Some(kind)
}

/// Changes an item as a write would. Gives the id of the comment that it adds.
pub(super) fn change(
    stage: &Stage,
    item: &mut Item,
    write: &Write,
    intent: &Intent,
    now: Millis,
) -> Option<CommentId> {
    let added = match &write.body {
        Body::Create(_) | Body::Link(_) => return None,
        Body::Edit(edit) => {
            for (native, change) in &edit.changes {
                let value = match change {
                    Change::Set(value) => value.clone(),
                    Change::Merge { whole, .. } => Value::Set(whole.iter().cloned().collect()),
                };
                item.fields.insert(native.clone(), value);
            }
            edit.comment.as_ref()
        }
        Body::Transition(transition) => {
            if let Kind::Transition { field } = &intent.kind {
                let native = native(stage, &field.rule, item.side);
                let status = Value::Choice(transition.status.clone());
                item.fields.extend(native.map(|native| (native, status)));
            }
            None
        }
        Body::Comment(comment) => Some(comment),
    };
    item.revision = Revision(item.revision.0.saturating_add(1));
    item.changed = now.max(item.changed);
    added.map(|comment| say(item, comment, now))
}

fn say(item: &mut Item, comment: &NewComment, now: Millis) -> CommentId {
    let comments = item.comments.get_or_insert_default();
    let id = CommentId(IMAGINED + comments.len() as u64);
    comments.push(Comment {
        id,
        author: User {
            id: String::new(),
            display: String::new(),
        },
        created: now,
        body: comment.body.clone(),
        by_us: true,
        restricted: false,
        marker: Some(comment.marker),
    });
    id
}

/// That side's field of a rule.
pub(super) fn native(stage: &Stage, name: &RuleName, side: Side) -> Option<String> {
    let mut rules = stage.profile.rules.iter();
    let rule = rules.find(|rule| rule.name == *name)?;
    Some(rule.field(side).to_owned())
}
