//! Writes: one conversation each, one outcome each.

mod comment;
mod create;
mod edit;
mod link;
mod transition;

use model::http::{Request, Response};
use model::{ItemId, ItemKey, Side};
use sync::{Body, Outcome, Receipt, Write};

use crate::issue::{Issue, fetch_issue, returned};
use crate::refusal::{unprepared, writing};
use crate::settings::Shared;
use sync::script::Step;

/// Carries out a write.
pub(crate) fn write(context: &Shared, write: &Write) -> Step<Outcome> {
    if write.side != Side::Jira {
        return Step::Done(unprepared("side"));
    }
    match &write.body {
        Body::Create(create) => create::create(context, create),
        Body::Edit(edit) => edit::edit(context, edit),
        Body::Transition(transition) => transition::transition(context, transition),
        Body::Comment(comment) => comment::comment(context, comment),
        Body::Link(link) => link::link(context, link),
    }
}

/// Sends a write, and goes on when it was applied.
fn send(
    context: &Shared,
    request: Request,
    next: impl FnOnce(Response) -> Step<Outcome> + Send + 'static,
) -> Step<Outcome> {
    let context = context.clone();
    Step::ask(request, move |answer| match writing(&context, answer) {
        Ok(response) => next(response),
        Err(outcome) => Step::Done(outcome),
    })
}

/// The receipt of a write that left the issue like this.
fn applied(context: &Shared, issue: Issue) -> Step<Outcome> {
    returned(context, &issue).then(move |item| {
        Step::Done(Outcome::Applied(Receipt {
            item: Some(issue.item_id()),
            key: ItemKey::new(&issue.key),
            revision: issue.revision(),
            returned: item,
            ..Receipt::default()
        }))
    })
}

/// Reads the issue after a write that was applied for certain. When that read fails, what is known is told.
fn confirm(context: &Shared, item: ItemId, known: Receipt) -> Step<Outcome> {
    let shared = context.clone();
    fetch_issue(context, item).then(move |issue| match issue {
        Ok(issue) if issue.item_id() == item => applied(&shared, issue),
        _ => Step::Done(Outcome::Applied(known)),
    })
}
