//! Adding a comment with its marker in the same request (jira.md 7.1).

use model::http::Method;
use model::{CommentId, Revision, Value};
use serde::Deserialize;
use serde_json::{Value as Json, json};
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

/// The property that makes a comment of a service project internal (jira.md 7.1).
fn internal() -> Json {
    json!({ "key": "sd.public.comment", "value": { "internal": true } })
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
    let mut properties = vec![property(new.marker)];
    let project = context.knowledge.project(&new.project);
    if project.is_some_and(|project| project.serves) {
        // A customer of the service project must not be sent what was said in the other product.
        properties.push(internal());
    }
    let body = json!({ "body": body, "properties": properties });
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
        drill_in(&context(), "WEB", body)
    }

    fn drill_in(context: &Shared, project: &str, body: Value) -> Drill<Outcome> {
        let marker = CommentMarker {
            side: Side::Azure,
            comment: CommentId(123),
        };
        let new = NewComment {
            item: ItemId(12),
            project: project.to_owned(),
            body,
            marker,
        };
        Drill::new(comment(context, &new))
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
    fn a_twin_in_a_service_project_is_internal() {
        let mut context = context();
        let shared = std::sync::Arc::get_mut(&mut context).expect("nobody else has it");
        let project = shared.knowledge.projects.get_mut("WEB").expect("a project");
        project.serves = true;
        for (project, count) in [("WEB", 2), ("web", 2), ("OPS", 1)] {
            let mut drill = drill_in(&context, project, adf());
            drill.answer(POST, answer(201, &made(77, "712020:us")));
            let properties = drill.body(0)["properties"].clone();
            let properties = properties.as_array().expect("properties");
            assert_eq!(properties.len(), count, "{project}");
            let internal = json!({ "key": "sd.public.comment", "value": { "internal": true } });
            assert_eq!(properties.contains(&internal), count == 2);
        }
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
