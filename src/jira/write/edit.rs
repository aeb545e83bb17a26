//! Editing fields: values replace, sets are changed element by element (jira.md 5.2).

use model::http::{Method, Response};
use serde_json::{Map, Value as Json, json};
use sync::{Change, Edit, Outcome, Receipt};

use super::{applied, confirm, send};
use crate::address::writing;
use crate::issue::{Issue, ROUTE};
use crate::refusal::{decode, unprepared};
use crate::settings::{Context, Shared};
use crate::value::Shape;
use sync::script::Step;

/// Edits the issue. There is no precondition to send: Jira has none (jira.md 5.2).
pub(super) fn edit(context: &Shared, edit: &Edit) -> Step<Outcome> {
    if edit.comment.is_some() {
        // A comment has its own request here; one that rides in an edit would get lost.
        return Step::Done(unprepared("comment"));
    }
    let body = match Parts::of(context, edit) {
        Ok(parts) => parts.body(),
        Err(subject) => return Step::Done(unprepared(&subject)),
    };
    let item = edit.item;
    let known = Receipt {
        item: Some(item),
        ..Receipt::default()
    };
    let Some(body) = body else {
        return confirm(context, item, known);
    };
    let query = [("returnIssue", "true")];
    let id = item.to_string();
    let put = context
        .address()
        .send(Method::Put, ROUTE, &[&id], &query, &body);
    let (shared, wanted) = (context.clone(), edit.clone());
    send(
        context,
        writing(put, item),
        move |response| match returned(&response, &wanted) {
            Some(issue) => applied(&shared, issue),
            None => confirm(&shared, item, known),
        },
    )
}

/// The issue of the answer, when it is the one and has what was written. A 204 has none, and an answer that leaves
/// fields out would make them look empty.
fn returned(response: &Response, edit: &Edit) -> Option<Issue> {
    let issue: Issue = decode(response)?;
    let mut fields = edit.changes.iter().map(|(field, _)| field);
    let whole = fields.all(|field| issue.fields.contains_key(field));
    let usable = whole && issue.item_id() == edit.item && issue.revision().is_some();
    usable.then_some(issue)
}

/// The two places of an edit; a field stands in one of them only.
#[derive(Default)]
struct Parts {
    fields: Map<String, Json>,
    update: Map<String, Json>,
}

impl Parts {
    /// The parts, or the field that cannot be said.
    fn of(context: &Context, edit: &Edit) -> Result<Parts, String> {
        let mut parts = Parts::default();
        for (field, change) in &edit.changes {
            let shape = context.knowledge.shape(None, field);
            let put = shape.and_then(|shape| parts.put(field, &shape, change));
            put.ok_or_else(|| field.clone())?;
        }
        Ok(parts)
    }

    fn put(&mut self, field: &str, shape: &Shape, change: &Change) -> Option<()> {
        match change {
            Change::Set(value) => {
                let json = shape.encode(value)?;
                self.fields.insert(field.to_owned(), json);
            }
            Change::Merge { add, remove, .. } => {
                let one = |name: &'static str| {
                    move |text: &String| Some(json!({ name: shape.element(text)? }))
                };
                let added = add.iter().map(one("add"));
                let removed = remove.iter().map(one("remove"));
                let steps: Vec<Json> = added.chain(removed).collect::<Option<_>>()?;
                if !steps.is_empty() {
                    self.update.insert(field.to_owned(), steps.into());
                }
            }
        }
        Some(())
    }

    /// The body; nothing when there is nothing to change.
    fn body(self) -> Option<Json> {
        let mut body = Map::new();
        for (name, part) in [("fields", self.fields), ("update", self.update)] {
            if !part.is_empty() {
                body.insert(name.to_owned(), part.into());
            }
        }
        (!body.is_empty()).then_some(Json::Object(body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::{Drill, comment as remark, context, issue, json as answer, status};
    use model::{ItemId, Revision, Value};
    use sync::Refusal;

    const PUT: &str = "PUT /rest/api/3/issue/{id}";
    const GET: &str = "GET /rest/api/3/issue/{id}";

    fn of(changes: Vec<(&str, Change)>) -> Edit {
        let own = |(field, change): (&str, Change)| (field.to_owned(), change);
        Edit {
            item: ItemId(12),
            at: Revision(5),
            changes: changes.into_iter().map(own).collect(),
            comment: None,
        }
    }

    fn merge(add: &[&str], remove: &[&str]) -> Change {
        let own = |list: &[&str]| list.iter().map(ToString::to_string).collect();
        Change::Merge {
            add: own(add),
            remove: own(remove),
            whole: Vec::new(),
        }
    }

    fn set(text: &str) -> Change {
        Change::Set(Value::Text(text.to_owned()))
    }

    fn drill(changes: Vec<(&str, Change)>) -> Drill<Outcome> {
        Drill::new(edit(&context(), &of(changes)))
    }

    fn revision(outcome: &Outcome) -> Option<u64> {
        match outcome {
            Outcome::Applied(receipt) => receipt.returned.as_ref().map(|item| item.revision.0),
            _ => None,
        }
    }

    #[test]
    fn values_replace_and_sets_change_by_element() {
        let mut drill = drill(vec![
            ("summary", set("New")),
            ("assignee", Change::Set(Value::Empty)),
            ("labels", merge(&["a"], &["b"])),
            ("components", merge(&["Cart"], &[])),
        ]);
        let mut after = issue(12, "WEB-12");
        after["fields"]["components"] = json!([]);
        drill.answer(PUT, answer(200, &after));
        assert!(drill.url(0).ends_with("/issue/12?returnIssue=true"));
        assert_eq!(drill.writes(0), Some(12));
        let expected = json!({
            "fields": { "summary": "New", "assignee": null },
            "update": {
                "labels": [{ "add": "a" }, { "remove": "b" }],
                "components": [{ "add": { "name": "Cart" } }],
            },
        });
        assert_eq!(drill.body(0), expected);
        assert_eq!(revision(&drill.end()), Some(1_787_569_912_944));
    }

    #[test]
    fn an_answer_that_does_not_show_the_issue_is_followed_by_a_read() {
        let mut partial = issue(12, "WEB-12");
        partial["fields"] = json!({ "updated": "2026-08-24T11:11:52.944+0000" });
        for first in [
            status(204),
            answer(200, &partial),
            answer(200, &issue(13, "WEB-13")),
        ] {
            let mut drill = drill(vec![("summary", set("New"))]);
            drill.answer(PUT, first);
            drill.answer(GET, answer(200, &issue(12, "WEB-12")));
            assert_eq!(revision(&drill.end()), Some(1_787_569_912_944));
        }
    }

    #[test]
    fn our_comments_in_the_answer_are_asked_for_their_markers() {
        let mut drill = drill(vec![("summary", set("New"))]);
        let mut after = issue(12, "WEB-12");
        let comments = json!([remark(5, "712020:al"), remark(6, "712020:us")]);
        after["fields"]["comment"] = json!({ "comments": comments, "total": 2 });
        drill.answer(PUT, answer(200, &after));
        let list = json!({ "values": [remark(6, "712020:us")], "isLast": true });
        drill.answer("POST /rest/api/3/comment/list", answer(200, &list));
        let Outcome::Applied(receipt) = drill.end() else {
            panic!("not applied")
        };
        let comments = receipt.returned.and_then(|item| item.comments);
        assert_eq!(comments.map(|list| list.len()), Some(2));
    }

    #[test]
    fn an_edit_whose_reading_back_fails_was_still_applied() {
        let mut drill = drill(vec![("summary", set("New"))]);
        drill.answer(PUT, status(204));
        drill.answer(GET, status(429));
        let known = Receipt {
            item: Some(ItemId(12)),
            ..Receipt::default()
        };
        assert_eq!(drill.end(), Outcome::Applied(known));
    }

    #[test]
    fn an_edit_that_changes_nothing_only_reads() {
        let mut drill = drill(vec![("labels", merge(&[], &[]))]);
        drill.answer(GET, answer(200, &issue(12, "WEB-12")));
        assert!(revision(&drill.end()).is_some());
    }

    #[test]
    fn a_conflicting_update_is_stale() {
        let mut drill = drill(vec![("summary", set("New"))]);
        drill.answer(PUT, status(409));
        assert_eq!(drill.end(), Outcome::Refused(Refusal::Stale));
    }

    #[test]
    fn what_an_edit_cannot_say_is_named() {
        assert_eq!(
            drill(vec![("status", set("Done"))]).end(),
            unprepared("status")
        );
        assert_eq!(drill(vec![("cf", set("x"))]).end(), unprepared("cf"));
        assert_eq!(
            drill(vec![("summary", merge(&["a"], &[]))]).end(),
            unprepared("summary")
        );
    }
}
