//! Editing fields, guarded by the revision that the plan was made on (azure.md 5.2). A comment may ride along, so that
//! the same guard keeps it from being written twice.

use std::sync::Arc;

use model::http::{Method, Request};
use model::{CommentId, CommentMarker, ItemId};
use serde_json::Value as Json;
use sync::{Change, Edit, Outcome, Receipt};

use crate::address::{VERSION, send_patch};
use crate::answer;
use crate::comment::{comments_of, page_request};
use crate::patch::Patch;
use crate::refusal::outcome;
use crate::site::Site;
use crate::write::{history, receipt, unprepared};
use crate::{value, work_item};
use sync::script::{Answer, Step};

const EDIT: &str = "/_apis/wit/workitems/{id}";

/// Newest comments looked at to learn the id of the one that was just written.
const RECENT: usize = 10;

/// Edits a work item.
pub(crate) fn begin(site: Arc<Site>, edit: &Edit) -> Step<Outcome> {
    if edit.changes.is_empty() && edit.comment.is_none() {
        return unprepared("an edit without a change");
    }
    let patch = match patch(&site, edit) {
        Ok(patch) => patch,
        Err(field) => return unprepared(field),
    };
    let request = request(&site, edit.item, patch);
    let (item, marker) = (
        edit.item,
        edit.comment.as_ref().map(|comment| comment.marker),
    );
    Step::ask(request, move |answer| match answer::json(answer) {
        Ok(body) => applied(site, item, marker, &body),
        Err(fault) => Step::Done(outcome(&site, fault)),
    })
}

/// The document, or the field whose value cannot be written.
fn patch<'a>(site: &Site, edit: &'a Edit) -> Result<Patch, &'a str> {
    let mut patch = Patch::at(edit.at);
    for (field, change) in &edit.changes {
        let json = encode(site, field, change).ok_or(field.as_str())?;
        patch.set(field, json);
    }
    if let Some(comment) = &edit.comment {
        patch.set(
            "System.History",
            history(&comment.body).ok_or("System.History")?,
        );
    }
    Ok(patch)
}

fn encode(site: &Site, field: &str, change: &Change) -> Option<Json> {
    match change {
        Change::Set(content) => value::encode(content, site.knowledge.form(field)),
        Change::Merge { whole, .. } => Some(value::join(whole).into()),
    }
}

fn request(site: &Site, item: ItemId, patch: Patch) -> Request {
    let path = format!("wit/workitems/{item}");
    let url = site
        .address
        .api(None, &path, VERSION, &[("$expand", "all")]);
    let mut request = send_patch(Method::Patch, url, EDIT, &patch.into_json());
    request.writes = Some(item.0);
    request
}

/// The patch was taken; what is left is to learn the comment's id.
fn applied(
    site: Arc<Site>,
    item: ItemId,
    marker: Option<CommentMarker>,
    body: &Json,
) -> Step<Outcome> {
    let Some(mut receipt) = receipt(&site, body).filter(|receipt| receipt.item == Some(item))
    else {
        return Step::Done(Outcome::Unknown);
    };
    let Some(marker) = marker else {
        return Step::Done(Outcome::Applied(receipt));
    };
    receipt.comment = work_item::comment_of_revision(body);
    let project = body
        .pointer("/fields/System.TeamProject")
        .and_then(Json::as_str);
    match project {
        Some(project) if receipt.comment.is_none() => {
            find_comment(site, project, receipt, item, marker)
        }
        _ => Step::Done(Outcome::Applied(receipt)),
    }
}

/// Whatever comes of this, the patch was applied.
fn find_comment(
    site: Arc<Site>,
    project: &str,
    receipt: Receipt,
    item: ItemId,
    marker: CommentMarker,
) -> Step<Outcome> {
    let request = page_request(&site, project, item, "desc", RECENT, None);
    Step::ask(request, move |answer| {
        let comment = newest(&site, answer, marker);
        Step::Done(Outcome::Applied(Receipt { comment, ..receipt }))
    })
}

fn newest(site: &Site, answer: Answer, marker: CommentMarker) -> Option<CommentId> {
    let comments = comments_of(site, &answer::json(answer).ok()?).ok()?;
    let ours = comments
        .iter()
        .filter(|comment| comment.by_us && comment.marker == Some(marker));
    ours.map(|comment| comment.id).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{body_of, comment, lead, reply, site, story};
    use model::http::Failure;
    use model::{Revision, Side, Value};
    use serde_json::json;
    use sync::{Hindrance, NewComment, Refusal};

    const MARKER: CommentMarker = CommentMarker {
        side: Side::Jira,
        comment: CommentId(10_023),
    };

    fn edit(changes: Vec<(&str, Change)>, with_comment: bool) -> Edit {
        Edit {
            item: ItemId(12),
            at: Revision(3),
            changes: changes
                .into_iter()
                .map(|(field, change)| (field.to_owned(), change))
                .collect(),
            comment: with_comment.then(|| NewComment {
                item: ItemId(12),
                project: "Platform".to_owned(),
                body: Value::Html("<p>hello</p>".into()),
                marker: MARKER,
            }),
        }
    }

    fn title() -> Vec<(&'static str, Change)> {
        vec![("System.Title", Change::Set(Value::Text("x".into())))]
    }

    fn run(edit: &Edit, answers: Vec<Answer>) -> (Outcome, Vec<Request>) {
        let mut answers = answers.into_iter();
        let mut sent = Vec::new();
        let outcome = lead(begin(Arc::new(site()), edit), |request| {
            sent.push(request.clone());
            answers.next().unwrap_or(Err(Failure::Lost))
        });
        (outcome, sent)
    }

    #[test]
    fn the_patch_tests_the_revision_and_sets_each_field() {
        let changes = vec![
            ("System.State", Change::Set(Value::Choice("Active".into()))),
            ("System.Description", Change::Set(Value::Empty)),
            (
                "System.Tags",
                Change::Merge {
                    add: vec!["b".into()],
                    remove: vec![],
                    whole: vec!["a".into(), "b".into()],
                },
            ),
        ];
        let (outcome, sent) = run(&edit(changes, false), vec![reply(200, &story(12, 4))]);
        let Outcome::Applied(receipt) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(receipt.revision, Some(Revision(4)));
        assert!(receipt.returned.is_some_and(|item| item.comments.is_none()));
        let [request] = sent.as_slice() else {
            panic!("{sent:?}");
        };
        assert_eq!(
            request.url,
            "https://dev.azure.com/acme/_apis/wit/workitems/12?api-version=7.1&$expand=all"
        );
        assert_eq!((request.method, request.writes), (Method::Patch, Some(12)));
        let expected = json!([
            { "op": "test", "path": "/rev", "value": 3 },
            { "op": "add", "path": "/fields/System.State", "value": "Active" },
            { "op": "add", "path": "/fields/System.Description", "value": "" },
            { "op": "replace", "path": "/fields/System.Tags", "value": "a; b" },
        ]);
        assert_eq!(body_of(request), expected);
    }

    #[test]
    fn a_comment_rides_in_the_same_patch() {
        let mut answer = story(12, 4);
        answer["commentVersionRef"] = json!({ "commentId": 50, "version": 1 });
        let (outcome, sent) = run(&edit(title(), true), vec![reply(200, &answer)]);
        let Outcome::Applied(receipt) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(receipt.comment, Some(CommentId(50)));
        let expected =
            json!({ "op": "add", "path": "/fields/System.History", "value": "<p>hello</p>" });
        assert_eq!(
            sent.first().map(|request| body_of(request)[2].clone()),
            Some(expected)
        );
        assert_eq!(sent.len(), 1);
    }

    #[test]
    fn the_comments_id_is_looked_up_when_the_answer_does_not_tell() {
        let link =
            |id: u64| format!("<a href=\"https://x/browse/WEB-1?focusedCommentId={id}\">A</a>");
        let page = json!({ "comments": [
            comment(52, "alice@acme.example", &link(10_023)),
            comment(51, "sync@acme.example", &link(10_024)),
            comment(50, "sync@acme.example", &link(10_023)),
        ] });
        let lookup = |answer| {
            let (outcome, sent) = run(
                &edit(title(), true),
                vec![reply(200, &story(12, 4)), answer],
            );
            assert!(sent[1].url.ends_with("/Platform/_apis/wit/workItems/12/comments?api-version=7.1-preview.4&$top=10&order=desc"));
            match outcome {
                Outcome::Applied(receipt) => receipt.comment,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(lookup(reply(200, &page)), Some(CommentId(50)));
        assert_eq!(lookup(reply(500, &json!({}))), None);
        assert_eq!(lookup(Err(Failure::Lost)), None);
    }

    #[test]
    fn a_moved_revision_is_stale() {
        let answer = reply(
            412,
            &json!({ "message": "VS403351: Test Operation for path /rev failed" }),
        );
        let (outcome, sent) = run(&edit(title(), true), vec![answer]);
        assert_eq!(outcome, Outcome::Refused(Refusal::Stale));
        assert_eq!(sent.len(), 1);
    }

    #[test]
    fn an_answer_about_another_item_leaves_it_unknown() {
        let (outcome, _) = run(&edit(title(), false), vec![reply(200, &story(13, 4))]);
        assert_eq!(outcome, Outcome::Unknown);
    }

    #[test]
    fn what_cannot_be_written_is_not_sent() {
        let adf = Change::Set(Value::Adf(json!({})));
        for (edit, expected) in [
            (
                edit(vec![("System.Description", adf)], false),
                "System.Description",
            ),
            (edit(Vec::new(), false), "an edit without a change"),
        ] {
            let (outcome, sent) = run(&edit, Vec::new());
            let subject = expected.to_owned();
            assert_eq!(outcome, Outcome::NotSent(Hindrance::Unprepared { subject }));
            assert!(sent.is_empty());
        }
    }
}
