//! Writes, one file for each kind.

mod comment;
mod create;
mod edit;

use std::sync::Arc;

use model::{Side, Value};
use serde_json::{Value as Json, json};
use sync::{Body, Hindrance, Outcome, Receipt, Write};

use crate::knowledge::Form;
use crate::site::Site;
use crate::{value, work_item};
use sync::script::Step;

/// Carries out a write. States are fields here and the human's link rides in the create, so transitions and links have
/// no request of their own.
pub(crate) fn begin(site: Arc<Site>, write: &Write) -> Step<Outcome> {
    if write.side != Side::Azure {
        return unprepared("a write for the other side");
    }
    match &write.body {
        Body::Create(create) => create::begin(site, create),
        Body::Edit(edit) => edit::begin(site, edit),
        Body::Comment(comment) => comment::begin(site, comment),
        Body::Transition(_) => unprepared("a transition: states are edited here"),
        Body::Link(_) => unprepared("a link: it is part of the create here"),
    }
}

/// Nothing is sent, for this is not known here.
fn unprepared(subject: &str) -> Step<Outcome> {
    Step::Done(Outcome::NotSent(Hindrance::Unprepared {
        subject: subject.to_owned(),
    }))
}

/// What the full work item in an answer tells; nothing when it is none.
fn receipt(site: &Site, json: &Json) -> Option<Receipt> {
    let (item, revision) = work_item::head(json)?;
    let returned = work_item::decode(site, json).map(|read| Box::new(read.item));
    Some(Receipt {
        item: Some(item),
        key: model::ItemKey::new(&item.to_string()),
        revision: Some(revision),
        returned,
        ..Receipt::default()
    })
}

/// A comment's text as `System.History` takes it: HTML as a text, Markdown with its name (azure.md 7).
fn history(body: &Value) -> Option<Json> {
    match body {
        Value::Markdown(text) => Some(json!({ "format": "Markdown", "text": text })),
        Value::Text(_) | Value::Html(_) => value::encode(body, Form::Html),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{lead, site};
    use model::{ItemId, ItemKey};
    use sync::{BackLink, Class, Transition};

    fn check(side: Side, body: Body, expected: &str) {
        let write = Write {
            intent: 1,
            side,
            class: Class::Natural,
            body,
        };
        let mut sent = 0;
        let outcome = lead(begin(Arc::new(site()), &write), |_| {
            sent += 1;
            Err(model::http::Failure::Lost)
        });
        let subject = expected.to_owned();
        assert_eq!(outcome, Outcome::NotSent(Hindrance::Unprepared { subject }));
        assert_eq!(sent, 0);
    }

    #[test]
    fn what_this_side_has_no_request_for_is_not_sent() {
        let transition = Transition {
            direct: false,
            item: ItemId(1),
            at: model::Revision(1),
            status: "Done".into(),
        };
        check(
            Side::Azure,
            Body::Transition(transition.clone()),
            "a transition: states are edited here",
        );
        check(
            Side::Jira,
            Body::Transition(transition),
            "a write for the other side",
        );
        if let Some(key) = ItemKey::new("WEB-12") {
            let link = BackLink {
                item: ItemId(1),
                to: Side::Jira,
                twin: ItemId(2),
                key,
                url: "https://x".into(),
            };
            check(
                Side::Azure,
                Body::Link(link),
                "a link: it is part of the create here",
            );
        }
    }
}
