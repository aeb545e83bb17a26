//! Creating an issue with its marker in the same request (jira.md 5.1).

use model::http::Response;
use model::{ItemId, ItemKey};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use sync::{Create, Outcome, Receipt};

use super::{confirm, send};
use crate::knowledge::IssueType;
use crate::refusal::{decode, unprepared};
use crate::settings::{Context, Shared};
use crate::wire::{Num, PROPERTY};
use sync::script::Step;

const ROUTE: &str = "/rest/api/3/issue";

#[derive(Deserialize)]
struct Created {
    id: Num,
    key: String,
}

/// Creates the issue, then reads it back as the site made it.
pub(super) fn create(context: &Shared, create: &Create) -> Step<Outcome> {
    let body = match body(context, create) {
        Ok(body) => body,
        Err(subject) => return Step::Done(unprepared(&subject)),
    };
    let request = context.address().post(ROUTE, &body);
    let shared = context.clone();
    send(context, request, move |response| made(&shared, &response))
}

fn made(context: &Shared, response: &Response) -> Step<Outcome> {
    // A success that does not tell the id leaves open what was made: a probe finds it by its marker.
    let Some(created) = decode::<Created>(response) else {
        return Step::Done(Outcome::Unknown);
    };
    let item = ItemId(created.id.0);
    let known = Receipt {
        item: Some(item),
        key: ItemKey::new(&created.key),
        ..Receipt::default()
    };
    confirm(context, item, known)
}

/// The body, or what the site does not have.
fn body(context: &Context, create: &Create) -> Result<Json, String> {
    let project = context.knowledge.project(&create.project);
    let project = project.ok_or_else(|| create.project.clone())?;
    let kind = project.issue_type(&create.kind);
    let kind = kind.ok_or_else(|| create.kind.clone())?;
    let mut fields = fields(context, kind, create)?;
    fields.insert("project".to_owned(), json!({ "key": create.project }));
    fields.insert("issuetype".to_owned(), json!({ "id": kind.id }));
    let marker = json!({ "marker": create.marker.to_string() });
    Ok(json!({
        "fields": fields,
        "properties": [{ "key": PROPERTY, "value": marker }],
    }))
}

/// Empty values are left out: a field that is not on the create screen may not even be cleared (jira.md 5.1).
fn fields(
    context: &Context,
    kind: &IssueType,
    create: &Create,
) -> Result<Map<String, Json>, String> {
    let given = create.fields.iter().filter(|(_, value)| !value.is_empty());
    let encode = |(field, value): &(String, model::Value)| {
        let shape = context.knowledge.shape(Some(kind), field);
        let json = shape.and_then(|shape| shape.encode(value));
        json.map(|json| (field.clone(), json))
            .ok_or_else(|| field.clone())
    };
    given.map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::{Drill, context, issue, json as answer, marker, status};
    use crate::value::document;
    use crate::write::write;
    use model::http::Failure;
    use model::{Revision, Side, User, Value};
    use serde_json::json;
    use sync::{BackLink, Body, Class, Hindrance, Refusal, Write};

    const POST: &str = "POST /rest/api/3/issue";
    const GET: &str = "GET /rest/api/3/issue/{id}";

    fn effect(kind: &str, fields: Vec<(&str, Value)>) -> Write {
        let own = |(field, value): (&str, Value)| (field.to_owned(), value);
        Write {
            intent: 1,
            side: Side::Jira,
            class: Class::Fragile,
            body: Body::Create(Create {
                project: "WEB".to_owned(),
                area: None,
                kind: kind.to_owned(),
                fields: fields.into_iter().map(own).collect(),
                marker: marker(17),
                source: BackLink {
                    item: ItemId(17),
                    to: Side::Azure,
                    twin: ItemId(17),
                    key: ItemKey::new("17").expect("a key"),
                    url: "https://dev.azure.com/acme/_workitems/edit/17".to_owned(),
                },
            }),
        }
    }

    fn drill(fields: Vec<(&str, Value)>) -> Drill<Outcome> {
        Drill::new(write(&context(), &effect("Story", fields)))
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn a_create_carries_everything_in_one_request_and_is_read_back() {
        let mut drill = drill(vec![
            ("summary", text("Cart forgets")),
            ("description", Value::Adf(document("Steps"))),
            ("priority", Value::Choice("High".to_owned())),
            ("labels", Value::Set(["shared".to_owned()].into())),
            (
                "assignee",
                Value::User(User {
                    id: "712020:al".to_owned(),
                    display: String::new(),
                }),
            ),
            ("duedate", Value::Empty),
        ]);
        drill.answer(
            POST,
            answer(201, &json!({ "id": "10012", "key": "WEB-12" })),
        );
        drill.answer(GET, answer(200, &issue(10012, "WEB-12")));
        let expected = json!({
            "fields": {
                "summary": "Cart forgets",
                "description": document("Steps"),
                "priority": { "name": "High" },
                "labels": ["shared"],
                "assignee": { "accountId": "712020:al" },
                "project": { "key": "WEB" },
                "issuetype": { "id": "10001" },
            },
            "properties": [
                { "key": "counterpart", "value": { "marker": marker(17).to_string() } },
            ],
        });
        assert_eq!(drill.body(0), expected);
        let Outcome::Applied(receipt) = drill.end() else {
            panic!("not applied")
        };
        assert_eq!(receipt.item, Some(ItemId(10012)));
        assert_eq!(receipt.revision, Some(Revision(1_787_569_912_944)));
        let returned = receipt.returned.expect("the issue");
        assert_eq!(returned.comments, Some(Vec::new()));
    }

    #[test]
    fn a_create_whose_reading_back_fails_was_still_applied() {
        let mut drill = drill(vec![("summary", text("x"))]);
        drill.answer(
            POST,
            answer(201, &json!({ "id": "10012", "key": "WEB-12" })),
        );
        drill.answer(GET, status(500));
        let known = Receipt {
            item: Some(ItemId(10012)),
            key: ItemKey::new("WEB-12"),
            ..Receipt::default()
        };
        assert_eq!(drill.end(), Outcome::Applied(known));
    }

    #[test]
    fn a_success_without_an_id_is_unknown() {
        for body in [json!({ "key": "WEB-12" }), json!({}), json!([])] {
            let mut drill = drill(vec![("summary", text("x"))]);
            drill.answer(POST, answer(201, &body));
            assert_eq!(drill.end(), Outcome::Unknown);
        }
    }

    #[test]
    fn what_came_of_it_decides() {
        let refused = |fields: &[&str]| {
            let fields = fields.iter().map(ToString::to_string).collect();
            Outcome::Refused(Refusal::Fields { fields, code: None })
        };
        let body = json!({ "errorMessages": [], "errors": { "priority": "Specify a valid name" } });
        let cases = [
            (
                Err(Failure::NotSent),
                Outcome::NotSent(Hindrance::Unreachable),
            ),
            (Err(Failure::Lost), Outcome::Unknown),
            (status(504), Outcome::Unknown),
            (answer(400, &body), refused(&["priority"])),
            (status(422), refused(&[])),
        ];
        for (given, expected) in cases {
            let mut drill = drill(vec![("summary", text("x"))]);
            drill.answer(POST, given);
            assert_eq!(drill.end(), expected);
        }
    }

    #[test]
    fn nothing_is_sent_that_the_site_does_not_have() {
        let check = |write: &Write, subject: &str| {
            let expected = unprepared(subject);
            assert_eq!(
                Drill::new(super::super::write(&context(), write)).end(),
                expected
            );
        };
        check(&effect("Incident", Vec::new()), "Incident");
        check(
            &effect("Story", vec![("customfield_1", text("x"))]),
            "customfield_1",
        );
        check(&effect("Story", vec![("status", text("Done"))]), "status");
        let mut elsewhere = effect("Story", Vec::new());
        if let Body::Create(create) = &mut elsewhere.body {
            create.project = "OPS".to_owned();
        }
        check(&elsewhere, "OPS");
        elsewhere.side = Side::Azure;
        check(&elsewhere, "side");
    }
}
