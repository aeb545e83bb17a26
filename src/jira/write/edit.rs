//! Editing fields: values replace, sets are changed element by element (jira.md 5.2).

use model::http::{Method, Response};
use serde_json::{Map, Value as Json, json};
use sync::{Change, Edit, Outcome, Receipt};

use super::{applied, confirm, send};
use crate::address::writing;
use crate::issue::{CHANGELOG, Issue, ROUTE, fetch_logged};
use crate::refusal::{decode, unprepared};
use crate::settings::{Context, Shared};
use crate::value::Shape;
use sync::script::Step;

/// Edits the issue. There is no precondition to send: Jira has none (jira.md 5.2). What somebody set since the plan was made
/// is therefore overwritten, so the changelog is asked for with the answer, and the receipt names those fields.
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
    let query = [("returnIssue", "true"), CHANGELOG];
    let id = item.to_string();
    let put = context
        .address()
        .send(Method::Put, ROUTE, &[&id], &query, &body);
    let (shared, wanted) = (context.clone(), edit.clone());
    send(
        context,
        writing(put, item),
        move |response| match returned(&response, &wanted) {
            Some(issue) => told(&shared, issue, &wanted),
            None => look_back(&shared, wanted, known),
        },
    )
}

/// The receipt of an edit that left the issue like this, with what it overwrote.
fn told(context: &Shared, issue: Issue, edit: &Edit) -> Step<Outcome> {
    let overwritten = overwritten(context, &issue, edit);
    applied(context, issue).then(move |outcome| {
        Step::Done(match outcome {
            Outcome::Applied(receipt) => Outcome::Applied(Receipt {
                overwritten,
                ..receipt
            }),
            other => other,
        })
    })
}

/// The fields that were set over what somebody had set since the plan was made. An element that is added or removed
/// overwrites nothing.
fn overwritten(context: &Context, issue: &Issue, edit: &Edit) -> Vec<String> {
    let set = |(field, change): &(String, Change)| match change {
        Change::Set(_) => Some(field.clone()),
        Change::Merge { .. } => None,
    };
    let lost = |field: &String| issue.changelog.is_overwritten(context, field, edit.at);
    edit.changes.iter().filter_map(set).filter(lost).collect()
}

/// Reads the issue with its changelog after an edit whose answer did not show it. When that read fails, what is known is
/// told.
fn look_back(context: &Shared, edit: Edit, known: Receipt) -> Step<Outcome> {
    let shared = context.clone();
    fetch_logged(context, edit.item).then(move |issue| match issue {
        Ok(issue) if issue.item_id() == edit.item => told(&shared, issue, &edit),
        _ => Step::Done(Outcome::Applied(known)),
    })
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
    use crate::drill::{Drill, comment as remark, context, issue, json as answer, logged, status};
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
        assert!(
            drill
                .url(0)
                .ends_with("/issue/12?returnIssue=true&expand=changelog")
        );
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

    const US: &str = "712020:us";
    const ALICE: &str = "712020:alice";

    fn lost(outcome: Outcome) -> Vec<String> {
        match outcome {
            Outcome::Applied(receipt) => receipt.overwritten,
            other => panic!("not applied: {other:?}"),
        }
    }

    fn check_lost(entries: &[(&str, i64, &str)], expected: &[&str]) {
        let changes = || {
            vec![
                ("summary", set("New")),
                ("assignee", Change::Set(Value::Empty)),
                ("labels", merge(&["a"], &["b"])),
            ]
        };
        let mut after = issue(12, "WEB-12");
        after["changelog"] = logged(entries);
        let mut told = drill(changes());
        told.answer(PUT, answer(200, &after));
        assert_eq!(lost(told.end()), expected, "{entries:?}");
        let mut read = drill(changes());
        read.answer(PUT, status(204));
        read.answer(GET, answer(200, &after));
        assert!(read.url(1).ends_with("&expand=changelog"));
        assert_eq!(lost(read.end()), expected, "read back: {entries:?}");
    }

    #[test]
    fn what_somebody_set_since_the_plan_is_named() {
        let ours = |at, field| (US, at, field);
        let hers = |at, field| (ALICE, at, field);
        check_lost(&[], &[]);
        check_lost(&[ours(7, "summary")], &[]);
        check_lost(&[ours(7, "summary"), hers(5, "summary")], &[]);
        check_lost(&[ours(7, "summary"), hers(6, "summary")], &["summary"]);
        check_lost(&[hers(8, "summary"), ours(7, "summary")], &[]);
        check_lost(&[ours(7, "summary"), hers(6, "priority")], &[]);
        check_lost(&[ours(7, "labels"), hers(6, "labels")], &[]);
        check_lost(
            &[
                ours(8, "assignee"),
                ours(8, "summary"),
                hers(7, "assignee"),
                hers(6, "summary"),
            ],
            &["summary", "assignee"],
        );
    }

    #[test]
    fn an_edit_without_a_changelog_in_its_answer_is_applied_all_the_same() {
        for log in [json!(null), json!([]), json!({ "histories": [7] })] {
            let mut after = issue(12, "WEB-12");
            after["changelog"] = log;
            let mut drill = drill(vec![("summary", set("New"))]);
            drill.answer(PUT, answer(200, &after));
            assert!(lost(drill.end()).is_empty());
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
