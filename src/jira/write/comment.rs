//! Adding a comment with its marker in the same request (jira.md 7.1).

use model::http::Method;
use model::{CommentId, Revision, Value};
use serde::Deserialize;
use serde_json::json;
use sync::{NewComment, Outcome, Receipt};

use super::send;
use crate::address::writing;
use crate::comment::{ROUTE, property};
use crate::refusal::{decode, unprepared};
use crate::settings::Shared;
use crate::time;
use crate::value::Shape;
use crate::wire::Num;
use sync::script::Step;

#[derive(Deserialize)]
struct Created {
    id: Num,
    /// Adding a comment moves the issue's own `updated` (jira.md 3.4), to just this moment as far as is known.
    #[serde(default)]
    updated: Option<String>,
}

impl Created {
    fn revision(&self) -> Option<Revision> {
        let updated = time::moment(self.updated.as_deref()?)?;
        u64::try_from(updated.0).ok().map(Revision)
    }
}

/// Adds the comment.
pub(super) fn comment(context: &Shared, new: &NewComment) -> Step<Outcome> {
    let body = match &new.body {
        body @ (Value::Adf(_) | Value::Text(_)) => Shape::Rich.encode(body),
        _ => None,
    };
    let Some(body) = body.filter(|body| !body.is_null()) else {
        return Step::Done(unprepared("comment"));
    };
    let item = new.item;
    let id = item.to_string();
    let body = json!({ "body": body, "properties": property(new.marker) });
    let post = context
        .address()
        .send(Method::Post, ROUTE, &[&id], &[], &body);
    send(context, writing(post, item), move |response| {
        let created = decode::<Created>(&response);
        Step::Done(created.map_or(Outcome::Unknown, |created| {
            Outcome::Applied(Receipt {
                item: Some(item),
                revision: created.revision(),
                comment: Some(CommentId(created.id.0)),
                ..Receipt::default()
            })
        }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::{Drill, comment as made, context, json as answer, status};
    use crate::value::document;
    use model::{CommentMarker, ItemId, Side};
    use sync::Refusal;

    const POST: &str = "POST /rest/api/3/issue/{id}/comment";

    fn drill(body: Value) -> Drill<Outcome> {
        let marker = CommentMarker {
            side: Side::Azure,
            comment: CommentId(123),
        };
        let new = NewComment {
            item: ItemId(12),
            body,
            marker,
        };
        Drill::new(comment(&context(), &new))
    }

    fn adf() -> Value {
        Value::Adf(document("Alice wrote in Azure DevOps"))
    }

    #[test]
    fn a_comment_carries_its_marker() {
        let mut drill = drill(adf());
        let mut created = made(77, "712020:us");
        created["updated"] = json!("2026-08-24T11:11:52.944+0000");
        drill.answer(POST, answer(201, &created));
        let expected = json!({
            "body": document("Alice wrote in Azure DevOps"),
            "properties": [{ "key": "counterpart", "value": { "side": "azure", "comment": 123 } }],
        });
        assert_eq!((drill.body(0), drill.writes(0)), (expected, Some(12)));
        let receipt = Receipt {
            item: Some(ItemId(12)),
            revision: Some(Revision(1_787_569_912_944)),
            comment: Some(CommentId(77)),
            ..Receipt::default()
        };
        assert_eq!(drill.end(), Outcome::Applied(receipt));
    }

    #[test]
    fn what_came_of_it_decides() {
        let cases = [
            (answer(201, &json!({})), Outcome::Unknown),
            (status(500), Outcome::Unknown),
            (status(413), Outcome::Refused(Refusal::Full)),
            (status(404), Outcome::Refused(Refusal::Gone)),
        ];
        for (given, expected) in cases {
            let mut drill = drill(adf());
            drill.answer(POST, given);
            assert_eq!(drill.end(), expected);
        }
    }

    #[test]
    fn a_body_in_another_form_is_not_sent() {
        for body in [
            Value::Html("<p>x</p>".to_owned()),
            Value::Empty,
            Value::Text(String::new()),
        ] {
            assert_eq!(drill(body).end(), unprepared("comment"));
        }
    }
}
