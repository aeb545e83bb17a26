//! Reading items whole: a bulk read, the comments that did not come with it, and the properties of our own comments.

use std::collections::BTreeMap;

use model::{Item, ItemId, limit};
use sync::{Hindrance, Obstacle, ReadRequest, Reading};

use crate::bulk::{self, Bulk};
use crate::comment::{self, Remark, finish};
use crate::issue::{Embedded, Issue};
use crate::settings::Shared;
use sync::script::Step;

/// Reads the items and answers in the order of the question, a batch at a time.
pub(crate) fn read(
    context: &Shared,
    asked: &[ReadRequest],
) -> Step<Result<Vec<Reading>, Obstacle>> {
    let batches: Vec<Vec<ReadRequest>> = asked
        .chunks(limit::JIRA_READ_BATCH)
        .map(<[ReadRequest]>::to_vec)
        .collect();
    onward(context.clone(), batches.into_iter(), Vec::new())
}

fn onward(
    context: Shared,
    mut batches: std::vec::IntoIter<Vec<ReadRequest>>,
    mut done: Vec<Reading>,
) -> Step<Result<Vec<Reading>, Obstacle>> {
    let Some(asked) = batches.next() else {
        return Step::Done(Ok(done));
    };
    batch(&context, asked).and_then(move |mut readings| {
        done.append(&mut readings);
        onward(context, batches, done)
    })
}

fn batch(context: &Shared, asked: Vec<ReadRequest>) -> Step<Result<Vec<Reading>, Obstacle>> {
    let ids: Vec<String> = asked.iter().map(|one| one.item.to_string()).collect();
    let context = context.clone();
    bulk::fetch_issues(context.address(), &ids, &context.settings.asked()).and_then(|bulk| {
        let batch = Batch::of(context, asked, bulk);
        let pending = batch.pending();
        threads(batch, pending.into_iter())
            .and_then(markers)
            .map_ok(Batch::readings)
    })
}

/// What is known of the items of one batch so far.
struct Batch {
    context: Shared,
    asked: Vec<ReadRequest>,
    drafts: BTreeMap<ItemId, Draft>,
}

enum Draft {
    /// The item, and its comments.
    Present(Box<Item>, Thread),
    /// It went away while its comments were read.
    Missing,
    /// It cannot be read.
    Failed(Hindrance),
}

enum Thread {
    /// The caller knows this revision.
    Known,
    /// They have to be read in pages.
    Pending,
    /// They are here.
    Here(Vec<Remark>),
}

/// An item of which something is not as promised.
fn unprepared(subject: &str) -> Draft {
    Draft::Failed(Hindrance::Unprepared {
        subject: subject.to_owned(),
    })
}

impl Batch {
    /// Matches what came by id, for a bulk read follows issues that were moved (jira.md 4).
    fn of(context: Shared, asked: Vec<ReadRequest>, bulk: Bulk) -> Batch {
        let failures = bulk.failures();
        let named = asked.iter().map(|one| one.item.to_string());
        let broken: Vec<String> = named.filter(|id| bulk.is_broken(id)).collect();
        let by_id = |issue: Issue| (issue.item_id(), issue);
        let mut issues: BTreeMap<ItemId, Issue> = bulk.issues.into_iter().map(by_id).collect();
        let mut drafts = BTreeMap::new();
        for one in &asked {
            if let Some(issue) = issues.remove(&one.item) {
                drafts.insert(one.item, draft(&context, *one, &issue));
            } else if failures.contains(&one.item.to_string()) {
                drafts.insert(one.item, Draft::Failed(Hindrance::Unreachable));
            } else if broken.contains(&one.item.to_string()) {
                drafts.insert(one.item, unprepared("issue"));
            }
        }
        Batch {
            context,
            asked,
            drafts,
        }
    }

    /// The items whose comments have to be read in pages.
    fn pending(&self) -> Vec<ItemId> {
        let drafts = self.drafts.iter();
        let pending = drafts.filter(|(_, d)| matches!(d, Draft::Present(_, Thread::Pending)));
        pending.map(|(id, _)| *id).collect()
    }

    fn remarks(&mut self) -> impl Iterator<Item = &mut Vec<Remark>> {
        self.drafts.values_mut().filter_map(|draft| match draft {
            Draft::Present(_, Thread::Here(remarks)) => Some(remarks),
            _ => None,
        })
    }

    fn readings(mut self) -> Vec<Reading> {
        let asked = std::mem::take(&mut self.asked);
        asked.iter().map(|one| self.reading(one.item)).collect()
    }

    fn reading(&mut self, id: ItemId) -> Reading {
        let (mut item, thread) = match self.drafts.remove(&id) {
            Some(Draft::Present(item, thread)) => (item, thread),
            Some(Draft::Failed(hindrance)) => return Reading::Failed(hindrance),
            Some(Draft::Missing) | None => return Reading::Missing,
        };
        if let Thread::Here(remarks) = thread {
            item.comments = finish(&self.context, remarks);
            if item.comments.is_none() {
                let subject = "comment".to_owned();
                return Reading::Failed(Hindrance::Unprepared { subject });
            }
        }
        Reading::Present(item)
    }
}

fn draft(context: &Shared, asked: ReadRequest, issue: &Issue) -> Draft {
    let item = match issue.item(context) {
        Ok(item) => Box::new(item),
        Err(field) => return unprepared(&field),
    };
    if asked.known == Some(item.revision) {
        return Draft::Present(item, Thread::Known);
    }
    match issue.comments() {
        Embedded::Whole(remarks) => Draft::Present(item, Thread::Here(remarks)),
        Embedded::Part => Draft::Present(item, Thread::Pending),
        Embedded::Broken => unprepared("comment"),
    }
}

/// Reads the comments of the pending items, one item after the other.
fn threads(
    mut batch: Batch,
    mut pending: std::vec::IntoIter<ItemId>,
) -> Step<Result<Batch, Obstacle>> {
    let Some(id) = pending.next() else {
        return Step::Done(Ok(batch));
    };
    comment::all(&batch.context, id).then(move |result| {
        let draft = match (batch.drafts.remove(&id), result) {
            (Some(Draft::Present(item, _)), Ok(remarks)) => {
                Draft::Present(item, Thread::Here(remarks))
            }
            // What hinders one request hinders all.
            (_, Err(Obstacle::Hindered(hindrance))) => {
                return Step::Done(Err(Obstacle::Hindered(hindrance)));
            }
            (_, Err(Obstacle::Refused { status, .. })) if status >= 500 => {
                Draft::Failed(Hindrance::Unreachable)
            }
            (_, Err(Obstacle::Unknown { .. })) | (_, Ok(_)) => Draft::Missing,
            (_, Err(_)) => unprepared("comment"),
        };
        batch.drafts.insert(id, draft);
        threads(batch, pending)
    })
}

/// Reads the properties of the comments that we wrote.
fn markers(mut batch: Batch) -> Step<Result<Batch, Obstacle>> {
    let context = batch.context.clone();
    let remarks = batch.remarks().flatten();
    let ours = remarks.filter(|remark| remark.in_question(&context));
    let ids: Vec<u64> = ours.map(|remark| remark.id.0).collect();
    comment::properties(&context.clone(), ids).map_ok(move |known| {
        for remarks in batch.remarks() {
            comment::mark(&context, remarks, &known);
        }
        batch
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::{Drill, comment, context, issue, json, status};
    use model::{CommentId, CommentMarker, Revision, Side};
    use serde_json::{Value as Json, json};

    const BULK: &str = "POST /rest/api/3/issue/bulkfetch";
    const LIST: &str = "POST /rest/api/3/comment/list";
    const COMMENTS: &str = "GET /rest/api/3/issue/{id}/comment";

    fn ask(id: u64) -> ReadRequest {
        ReadRequest {
            item: ItemId(id),
            known: None,
            resigned: false,
        }
    }

    fn with_comments(mut issue: Json, comments: &[Json], total: usize) -> Json {
        issue["fields"]["comment"] = json!({ "comments": comments, "total": total });
        issue
    }

    fn present(reading: &Reading) -> &Item {
        match reading {
            Reading::Present(item) => item,
            other => panic!("not present: {other:?}"),
        }
    }

    #[test]
    fn readings_come_in_the_order_of_the_question() {
        let context = context();
        let mut drill = Drill::new(read(&context, &[ask(3), ask(1), ask(2), ask(4)]));
        let mut broken = issue(2, "WEB-2");
        broken["fields"]["priority"] = json!(true);
        let body = json!({
            "issues": [issue(1, "WEB-1"), broken, issue(3, "OPS-9")],
            "issueErrors": [{ "id": "4", "errorMessage": "the store was busy" }],
        });
        drill.answer(BULK, json(200, &body));
        let asked = drill.body(0);
        assert_eq!(asked["issueIdsOrKeys"], json!(["3", "1", "2", "4"]));
        assert_eq!(asked["properties"], json!(["counterpart"]));
        for field in ["summary", "comment", "updated", "creator", "status"] {
            let fields = asked["fields"].as_array().expect("fields");
            assert!(fields.contains(&json!(field)), "{field}");
        }
        let readings = drill.end().expect("readings");
        assert_eq!(present(&readings[0]).key.as_str(), "OPS-9");
        assert_eq!(present(&readings[1]).id, ItemId(1));
        let subject = "priority".to_owned();
        assert_eq!(
            readings[2],
            Reading::Failed(Hindrance::Unprepared { subject })
        );
        assert_eq!(readings[3], Reading::Failed(Hindrance::Unreachable));
    }

    #[test]
    fn an_issue_without_its_head_does_not_take_the_others_with_it() {
        let context = context();
        let mut drill = Drill::new(read(&context, &[ask(1), ask(2)]));
        let mut broken = issue(1, "WEB-1");
        broken["key"] = json!(null);
        let body = json!({ "issues": [broken, issue(2, "WEB-2")] });
        drill.answer(BULK, json(200, &body));
        let readings = drill.end().expect("readings");
        let subject = "issue".to_owned();
        assert_eq!(
            readings[0],
            Reading::Failed(Hindrance::Unprepared { subject })
        );
        assert_eq!(present(&readings[1]).id, ItemId(2));
    }

    #[test]
    fn what_did_not_come_back_is_missing_and_no_more() {
        let context = context();
        let mut drill = Drill::new(read(&context, &[ask(1)]));
        drill.answer(BULK, json(200, &json!({ "issues": [], "issueErrors": [] })));
        assert_eq!(drill.end(), Ok(vec![Reading::Missing]));
    }

    #[test]
    fn a_known_revision_costs_no_further_request() {
        let context = context();
        let known = Some(Revision(1_787_569_912_944));
        let asked = ReadRequest { known, ..ask(1) };
        let mut drill = Drill::new(read(&context, &[asked]));
        let many = with_comments(issue(1, "WEB-1"), &[comment(5, "712020:us")], 400);
        drill.answer(BULK, json(200, &json!({ "issues": [many] })));
        let readings = drill.end().expect("readings");
        assert_eq!(present(&readings[0]).comments, None);
    }

    #[test]
    fn comments_beyond_the_first_hundred_are_paged() {
        let context = context();
        let mut drill = Drill::new(read(&context, &[ask(1), ask(2)]));
        let part = |id| with_comments(issue(id, "WEB-1"), &[], 2);
        drill.answer(BULK, json(200, &json!({ "issues": [part(1), part(2)] })));
        let page = |ids: &[u64]| {
            let list: Vec<Json> = ids.iter().map(|id| comment(*id, "712020:al")).collect();
            json(200, &json!({ "comments": list, "total": 2, "startAt": 0 }))
        };
        drill.answer(COMMENTS, page(&[8]));
        drill.answer(COMMENTS, page(&[9]));
        drill.answer(COMMENTS, status(404));
        assert!(drill.url(2).contains("startAt=1"));
        let readings = drill.end().expect("readings");
        let comments = present(&readings[0]).comments.as_ref().expect("comments");
        assert_eq!(comments.iter().map(|c| c.id.0).collect::<Vec<_>>(), [8, 9]);
        assert_eq!(readings[1], Reading::Missing);
    }

    #[test]
    fn our_comments_get_their_markers() {
        let context = context();
        let mut drill = Drill::new(read(&context, &[ask(1)]));
        let comments = [
            comment(5, "712020:alice"),
            comment(6, "712020:us"),
            comment(7, "712020:us"),
        ];
        let whole = with_comments(issue(1, "WEB-1"), &comments, 3);
        drill.answer(BULK, json(200, &json!({ "issues": [whole] })));
        let wanted = CommentMarker {
            side: Side::Azure,
            comment: CommentId(123),
        };
        let mut marked = comment(6, "712020:us");
        marked["properties"] = json!([comment::property(wanted)]);
        drill.answer(
            LIST,
            json(200, &json!({ "values": [marked], "isLast": true })),
        );
        assert_eq!(drill.body(1), json!({ "ids": [6, 7] }));
        let readings = drill.end().expect("readings");
        let comments = present(&readings[0]).comments.as_ref().expect("comments");
        let markers: Vec<_> = comments.iter().map(|c| (c.id.0, c.marker)).collect();
        assert_eq!(markers, [(5, None), (6, Some(wanted))]);
    }

    #[test]
    fn a_hindered_read_is_an_obstacle_for_all() {
        let context = context();
        let mut drill = Drill::new(read(&context, &[ask(1)]));
        drill.answer(BULK, status(401));
        let hindered = Obstacle::Hindered(Hindrance::Credential);
        assert_eq!(drill.end(), Err(hindered));
    }
}
