//! A number for a state of the small world. Unlike `Debug` of effects and values, it tells contents apart.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher};

use model::{Comment, Item, Side, Value};

use super::Node;
use crate::Outcome;
use crate::effect::{Body, Change, Effect, NewComment, Reading, Write};
use crate::event::Event;
use crate::tests::world::{Job, World};

/// The state's number.
pub(super) fn of(node: &Node) -> u64 {
    let mut out = DefaultHasher::new();
    node.left.hash(&mut out);
    world(&node.world, &mut out);
    out.finish()
}

fn world(world: &World, out: &mut DefaultHasher) {
    (world.now, world.incarnation).hash(out);
    world.pairs.hash(out);
    world.awake.hash(out);
    for side in Side::BOTH {
        let remote = world.remotes.get(side);
        remote.feed.hash(out);
        for past in remote.past.values() {
            // A reading shows the present or what was one revision before.
            let last = past.iter().rev().take(2);
            last.for_each(|shown| item(shown, out));
        }
        remote.changelog.hash(out);
    }
    for (at, late) in &world.late {
        at.hash(out);
        write(late, out);
    }
    world.jobs.iter().for_each(|one| job(one, out));
}

fn job(job: &Job, out: &mut DefaultHasher) {
    match job {
        Job::Run(id, effects) => {
            (0_u8, id).hash(out);
            effects.iter().for_each(|one| effect(one, out));
        }
        Job::Tell(id, told, effects) => {
            (1_u8, id).hash(out);
            event(told, out);
            effects.iter().for_each(|one| effect(one, out));
        }
    }
}

fn effect(effect: &Effect, out: &mut DefaultHasher) {
    match effect {
        Effect::Write(one) => write(one, out),
        other @ (Effect::Read | Effect::Probe(_) | Effect::HandOver { .. }) => {
            format!("{other:?}").hash(out);
        }
    }
}

fn write(write: &Write, out: &mut DefaultHasher) {
    (write.intent, write.side, write.class).hash(out);
    match &write.body {
        Body::Create(create) => {
            for (field, set) in &create.fields {
                field.hash(out);
                value(set, out);
            }
        }
        Body::Edit(edit) => {
            (edit.item, edit.at).hash(out);
            for (field, to) in &edit.changes {
                field.hash(out);
                change(to, out);
            }
            edit.comment.iter().for_each(|one| new_comment(one, out));
        }
        Body::Transition(transition) => {
            (transition.item, transition.at, &transition.status).hash(out);
        }
        Body::Comment(one) => new_comment(one, out),
        Body::Link(link) => link.item.hash(out),
    }
}

fn change(change: &Change, out: &mut DefaultHasher) {
    match change {
        Change::Set(set) => value(set, out),
        Change::Merge { add, remove, whole } => (add, remove, whole).hash(out),
    }
}

fn new_comment(comment: &NewComment, out: &mut DefaultHasher) {
    (comment.item, comment.marker.side, comment.marker.comment).hash(out);
    value(&comment.body, out);
}

fn event(event: &Event, out: &mut DefaultHasher) {
    format!("{event:?}").hash(out);
    match event {
        Event::Observed(readings) => {
            for side in Side::BOTH {
                if let Reading::Present(shown) = readings.get(side) {
                    item(shown, out);
                }
            }
        }
        Event::Finished {
            outcome: Outcome::Applied(receipt),
            ..
        } => receipt.returned.iter().for_each(|shown| item(shown, out)),
        Event::Adopted(shown) => item(shown, out),
        Event::Opened
        | Event::Sending { .. }
        | Event::Finished { .. }
        | Event::Probed { .. }
        | Event::Woken
        | Event::Told(_)
        | Event::Command(_) => {}
    }
}

fn item(item: &Item, out: &mut DefaultHasher) {
    (item.side, item.id, item.revision, item.changed).hash(out);
    for (field, set) in &item.fields {
        field.hash(out);
        value(set, out);
    }
    let comments = item.comments.iter().flatten();
    comments.for_each(|one| comment(one, out));
    item.comments.is_some().hash(out);
}

fn comment(comment: &Comment, out: &mut DefaultHasher) {
    (comment.id, comment.by_us, comment.created).hash(out);
    value(&comment.body, out);
}

fn value(value: &Value, out: &mut DefaultHasher) {
    std::mem::discriminant(value).hash(out);
    match value {
        Value::Empty => {}
        Value::Text(text) | Value::Html(text) | Value::Markdown(text) | Value::Choice(text) => {
            text.hash(out);
        }
        Value::Adf(tree) => tree.to_string().hash(out),
        Value::Number(number) => format!("{number:?}").hash(out),
        Value::User(user) => user.id.hash(out),
        Value::Set(names) => names.hash(out),
        Value::Moment(at) => at.hash(out),
        Value::Flag(flag) => flag.hash(out),
    }
}
