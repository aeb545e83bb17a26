//! Finding out what became of a doubtful create or comment (durability.md 3.3).
//!
//! Only a direct read may say absent. For a create it reads the keys of its project above the highest one known there
//! before, through `issue/bulkfetch`, until a whole gap of keys is missing; the search index is asked besides when the probe says so, and
//! may only answer found, or how far the keys go: behind a gap of deleted or hidden issues the direct read then goes on. Anything that fails on the way makes the probe inconclusive, but that the issue is not there whose comment is looked for.

use model::{CommentId, CommentMarker, ItemId, ItemKey, Marker, limit};
use serde_json::{Value as Json, json};
use sync::{Finding, Obstacle, Probe, Receipt, Target};

use crate::address::quoted;
use crate::bulk;
use crate::comment::{self, Remark};
use crate::feed::{Found, SEARCH, keys};
use crate::issue::{Issue, returned};
use crate::page::Page;
use crate::refusal::fetch;
use crate::settings::Shared;
use crate::wire::PROPERTY;
use sync::script::Step;

/// Looks for a doubtful effect.
pub(crate) fn probe(context: &Shared, probe: &Probe) -> Step<Finding> {
    match &probe.target {
        Target::Create {
            marker,
            project,
            floor,
        } => {
            let sought = Sought {
                context: context.clone(),
                marker: marker.clone(),
                project: project.clone(),
                search: probe.search,
                topped: false,
            };
            // Another project's keys say nothing of this one's.
            let known = floor.highest(project);
            sought.batch(known.saturating_add(1), known, 1)
        }
        Target::Comment { item, marker } => {
            let sought = SoughtComment {
                context: context.clone(),
                item: *item,
                marker: *marker,
            };
            sought.page(0, None)
        }
    }
}

/// The create that is looked for.
struct Sought {
    context: Shared,
    marker: Marker,
    project: String,
    search: bool,
    /// Whether the index was asked how far the project's keys go.
    topped: bool,
}

impl Sought {
    /// Reads a batch of keys from `first` on. `last` is the highest number up to which keys are accounted for.
    fn batch(self, first: u64, last: u64, count: usize) -> Step<Finding> {
        let names = keys(&self.project, first);
        let fields = self.context.settings.asked();
        let address = self.context.address().clone();
        bulk::fetch_issues(&address, &names, &fields).then(move |answer| {
            let Ok(bulk) = answer else {
                return Step::Done(Finding::Inconclusive);
            };
            if let Some(issue) = self.among(&bulk.issues) {
                return found(&self.context, issue);
            }
            if !bulk.is_whole() {
                return Step::Done(Finding::Inconclusive);
            }
            let end = first.saturating_add(limit::JIRA_READ_BATCH as u64);
            let read = accounted(&bulk.issues, first, end).unwrap_or(0);
            let last = last.max(read);
            if end.saturating_sub(1).saturating_sub(last) >= limit::PROBE_KEY_GAP {
                return self.absent(end, count);
            }
            if count >= limit::PROBE_PAGES {
                return Step::Done(Finding::Inconclusive);
            }
            self.batch(end, last, count + 1)
        })
    }

    /// The issue among these that carries the marker. The oldest one, should there be more.
    fn among(&self, issues: &[Issue]) -> Option<Issue> {
        let carries = |issue: &&Issue| {
            let marker = issue.marker(&self.context);
            marker.is_some_and(|m| m.names(&self.marker.profile, self.marker.source))
        };
        let ours = issues.iter().filter(carries);
        ours.min_by_key(|issue| issue.id).cloned()
    }

    /// It is not there by a direct read up to `end`; the index may still know better.
    fn absent(self, end: u64, count: usize) -> Step<Finding> {
        if !self.search {
            return Step::Done(Finding::Absent);
        }
        if self.topped {
            return self.index(None, 1);
        }
        self.top(end, count)
    }

    /// Asks how far the project's keys go: a gap may be one of issues that were deleted or are hidden from us, and then the
    /// direct read goes on behind it. The index says where to read, never that there is nothing.
    fn top(mut self, end: u64, count: usize) -> Step<Finding> {
        let project = quoted(&self.project);
        let body = json!({
            "jql": format!("project = {project} ORDER BY key DESC"),
            "fields": ["created"],
            "maxResults": 1,
        });
        let request = self.context.address().post(SEARCH, &body);
        fetch::<Found>(request).then(move |answer| {
            let Ok(answer) = answer else {
                return Step::Done(Finding::Inconclusive);
            };
            self.topped = true;
            let top = answer.issues.first().and_then(Issue::number);
            match top.filter(|top| *top >= end) {
                None => self.index(None, 1),
                Some(_) if count >= limit::PROBE_PAGES => Step::Done(Finding::Inconclusive),
                Some(top) => self.batch(end, top, count + 1),
            }
        })
    }

    fn index(self, token: Option<String>, page: usize) -> Step<Finding> {
        let project = quoted(&self.project);
        let jql = format!(
            "project = {project} AND creator = currentUser() ORDER BY created DESC, id DESC"
        );
        let mut body = json!({
            "jql": jql,
            "fields": self.context.settings.asked(),
            "properties": [PROPERTY],
            "maxResults": limit::JIRA_READ_BATCH,
        });
        if let Some(token) = &token {
            body["nextPageToken"] = token.as_str().into();
        }
        let request = self.context.address().post(SEARCH, &body);
        fetch::<Found>(request).then(move |answer| {
            let Ok(answer) = answer else {
                return Step::Done(Finding::Inconclusive);
            };
            if let Some(issue) = self.among(&answer.issues) {
                return found(&self.context, issue);
            }
            match answer.next() {
                // Newest first: what was created since the doubt is on the first pages.
                Some(next) if page < limit::PROBE_PAGES && token.as_deref() != Some(next) => {
                    self.index(Some(next.to_owned()), page + 1)
                }
                _ => Step::Done(Finding::Absent),
            }
        })
    }
}

/// Up to which number the keys `first..end` are accounted for by what a bulk read of them brought: the highest number
/// among them, or all when an issue came that was moved to another key since.
fn accounted(issues: &[Issue], first: u64, end: u64) -> Option<u64> {
    let number = |issue: &Issue| match issue.number() {
        Some(number) if (first..end).contains(&number) => number,
        _ => end.saturating_sub(1),
    };
    issues.iter().map(number).max()
}

fn found(context: &Shared, issue: Issue) -> Step<Finding> {
    returned(context, &issue).then(move |item| {
        Step::Done(Finding::Found(Receipt {
            item: Some(issue.item_id()),
            key: ItemKey::new(&issue.key),
            revision: issue.revision(),
            returned: item,
            ..Receipt::default()
        }))
    })
}

/// The comment that is looked for.
struct SoughtComment {
    context: Shared,
    item: ItemId,
    marker: CommentMarker,
}

impl SoughtComment {
    /// Reads a page of comments, newest first. `total` is what the page before it said.
    fn page(self, start: usize, total: Option<usize>) -> Step<Finding> {
        let id = self.item.to_string();
        let from = start.to_string();
        let query = [
            ("startAt", from.as_str()),
            ("maxResults", "100"),
            ("orderBy", "-created"),
        ];
        let address = self.context.address();
        let request = address.get(comment::ROUTE, &[&id], &query);
        fetch::<Json>(request).then(move |answer| {
            if matches!(answer, Err(Obstacle::Unknown { .. })) {
                // An issue that is not there takes no comment. One that is only hidden is read with all its comments before
                // anything is written on it again.
                return Step::Done(Finding::Absent);
            }
            let Some(page) = answer.ok().and_then(Page::of) else {
                return Step::Done(Finding::Inconclusive);
            };
            // A comment that was deleted meanwhile shifts the pages, and one may have slipped through between them.
            let shrank = matches!((total, page.total), (Some(was), Some(is)) if is < was);
            if shrank || start > limit::COMMENTS_PER_ITEM {
                return Step::Done(Finding::Inconclusive);
            }
            self.judge(page, start)
        })
    }

    fn judge(self, page: Page, start: usize) -> Step<Finding> {
        let (total, next) = (page.total, start + page.entries.len());
        let ends = page.entries.is_empty() || total.is_none_or(|total| next >= total);
        let remarks: Option<Vec<Remark>> = page.entries.into_iter().map(Remark::of).collect();
        let Some(remarks) = remarks else {
            return Step::Done(Finding::Inconclusive);
        };
        if let Some(remark) = remarks.iter().find(|remark| self.carries(remark)) {
            return Step::Done(self.found(remark));
        }
        let open = remarks.iter().filter(|r| r.in_question(&self.context));
        let ids: Vec<u64> = open.map(|remark| remark.id.0).collect();
        comment::properties(&self.context.clone(), ids).then(move |known| {
            let Ok(known) = known else {
                return Step::Done(Finding::Inconclusive);
            };
            for mut remark in remarks {
                let property = known.get(&remark.id.0).cloned();
                remark.properties = property.or(remark.properties);
                if self.carries(&remark) {
                    return Step::Done(self.found(&remark));
                }
            }
            if ends {
                return Step::Done(Finding::Absent);
            }
            self.page(next, total)
        })
    }

    fn carries(&self, remark: &Remark) -> bool {
        remark.marker(&self.context) == Some(self.marker)
    }

    fn found(&self, remark: &Remark) -> Finding {
        Finding::Found(Receipt {
            item: Some(self.item),
            comment: Some(CommentId(remark.id.0)),
            ..Receipt::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::{Drill, comment as remark, context, issue, json as answer, marker, status};
    use model::Side;
    use sync::Floor;
    use sync::script::Answer;

    const BULK: &str = "POST /rest/api/3/issue/bulkfetch";
    const COMMENTS: &str = "GET /rest/api/3/issue/{id}/comment";
    const LIST: &str = "POST /rest/api/3/comment/list";
    const FIND: &str = "POST /rest/api/3/search/jql";

    fn create(search: bool) -> Drill<Finding> {
        create_in("WEB", search)
    }

    /// A create in one of two projects, of which the other one has come much further.
    fn create_in(project: &str, search: bool) -> Drill<Finding> {
        let mut floor = Floor::default();
        for key in ["WEB-40", "WEB-7", "OPS-9000"] {
            floor.raise(&ItemKey::new(key).expect("a key"));
        }
        let target = Target::Create {
            marker: marker(17),
            project: project.to_owned(),
            floor,
        };
        drill(target, search)
    }

    fn drill(target: Target, search: bool) -> Drill<Finding> {
        let intent = 1;
        let side = Side::Jira;
        let question = Probe {
            intent,
            side,
            target,
            search,
        };
        Drill::new(probe(&context(), &question))
    }

    fn ours(id: u64, key: &str, source: u64) -> Json {
        let mut json = issue(id, key);
        json["fields"]["creator"] = json!({ "accountId": "712020:us" });
        json["properties"] = json!({ "counterpart": { "marker": marker(source).to_string() } });
        json
    }

    fn bulk(issues: &[Json]) -> Answer {
        answer(200, &json!({ "issues": issues, "issueErrors": [] }))
    }

    fn item(finding: &Finding) -> Option<u64> {
        match finding {
            Finding::Found(receipt) => receipt.item.map(|id| id.0),
            _ => None,
        }
    }

    #[test]
    fn a_create_is_found_among_the_keys_above_the_floor() {
        let mut drill = create(false);
        let others = ours(9, "WEB-41", 99);
        let mut forged = ours(10, "WEB-42", 17);
        forged["fields"]["creator"]["accountId"] = json!("712020:mallory");
        drill.answer(BULK, bulk(&[others, forged, ours(12, "WEB-44", 17)]));
        let keys = drill.body(0)["issueIdsOrKeys"].clone();
        assert_eq!((&keys[0], &keys[99]), (&json!("WEB-41"), &json!("WEB-140")));
        let finding = drill.end();
        assert_eq!(item(&finding), Some(12));
        let Finding::Found(receipt) = finding else {
            panic!("not found")
        };
        assert!(
            receipt
                .returned
                .is_some_and(|item| item.marker == Some(marker(17)))
        );
    }

    #[test]
    fn each_project_has_a_floor_of_its_own() {
        for (project, first) in [("WEB", 41), ("web", 41), ("OPS", 9001), ("NEW", 1)] {
            let mut drill = create_in(project, false);
            let key = format!("{project}-{first}");
            drill.answer(BULK, bulk(&[ours(12, &key, 17)]));
            assert_eq!(drill.body(0)["issueIdsOrKeys"][0], json!(key));
            assert_eq!(item(&drill.end()), Some(12));
        }
    }

    #[test]
    fn a_whole_gap_of_missing_keys_is_absence() {
        let mut drill = create(false);
        drill.answer(BULK, bulk(&[issue(50, "WEB-90")]));
        drill.answer(BULK, bulk(&[]));
        assert_eq!(drill.body(1)["issueIdsOrKeys"][0], json!("WEB-141"));
        assert_eq!(drill.end(), Finding::Absent);
        let mut empty = create(false);
        empty.answer(BULK, bulk(&[]));
        assert_eq!(empty.end(), Finding::Absent);
    }

    #[test]
    fn a_moved_issue_does_not_make_a_gap() {
        let mut drill = create(false);
        drill.answer(BULK, bulk(&[issue(50, "OPS-3")]));
        drill.answer(BULK, bulk(&[]));
        assert_eq!(drill.end(), Finding::Absent);
    }

    #[test]
    fn keys_without_end_are_inconclusive() {
        let mut drill = create(false);
        for page in 0..limit::PROBE_PAGES as u64 {
            let key = format!("WEB-{}", 41 + page * 100 + 99);
            drill.answer(BULK, bulk(&[issue(page, &key)]));
        }
        assert_eq!(drill.end(), Finding::Inconclusive);
    }

    #[test]
    fn a_failure_is_inconclusive() {
        let errors = json!({ "issues": [], "issueErrors": [{ "id": "WEB-41" }] });
        for failed in [status(500), status(429), answer(200, &errors)] {
            let mut drill = create(false);
            drill.answer(BULK, failed);
            assert_eq!(drill.end(), Finding::Inconclusive);
        }
    }

    #[test]
    fn the_index_may_find_and_never_miss() {
        let top = |key: &str| answer(200, &json!({ "issues": [issue(40, key)] }));
        let mut found = create(true);
        found.answer(BULK, bulk(&[]));
        found.answer(FIND, top("WEB-40"));
        let jql = "project = \"WEB\" ORDER BY key DESC";
        assert_eq!(found.body(1)["jql"], json!(jql));
        found.answer(
            FIND,
            answer(200, &json!({ "issues": [ours(8, "WEB-8", 17)] })),
        );
        let jql = "project = \"WEB\" AND creator = currentUser() ORDER BY created DESC, id DESC";
        assert_eq!(found.body(2)["jql"], json!(jql));
        assert_eq!(item(&found.end()), Some(8));
        let mut missed = create(true);
        missed.answer(BULK, status(500));
        assert_eq!(missed.end(), Finding::Inconclusive);
        let mut broken = create(true);
        broken.answer(BULK, bulk(&[]));
        broken.answer(FIND, status(400));
        assert_eq!(broken.end(), Finding::Inconclusive);
        let mut unread = create(true);
        unread.answer(BULK, bulk(&[]));
        unread.answer(FIND, top("WEB-40"));
        unread.answer(FIND, status(500));
        assert_eq!(unread.end(), Finding::Inconclusive);
    }

    #[test]
    fn a_gap_of_hidden_keys_is_not_absence() {
        let top = |key: &str| answer(200, &json!({ "issues": [issue(400, key)] }));
        let none = || answer(200, &json!({ "issues": [] }));
        let mut behind = create(true);
        behind.answer(BULK, bulk(&[]));
        behind.answer(FIND, top("WEB-250"));
        // The index shows that the keys go on, and not the one that is sought.
        behind.answer(BULK, bulk(&[]));
        assert_eq!(behind.body(2)["issueIdsOrKeys"][0], json!("WEB-141"));
        behind.answer(BULK, bulk(&[ours(12, "WEB-251", 17)]));
        assert_eq!(item(&behind.end()), Some(12));
        let mut gone = create(true);
        gone.answer(BULK, bulk(&[]));
        gone.answer(FIND, top("WEB-250"));
        gone.answer(BULK, bulk(&[]));
        gone.answer(BULK, bulk(&[issue(9, "WEB-250")]));
        gone.answer(BULK, bulk(&[]));
        gone.answer(FIND, none());
        assert_eq!(gone.end(), Finding::Absent);
        let mut far = create(true);
        far.answer(BULK, bulk(&[]));
        far.answer(FIND, top("WEB-90000"));
        for _ in 1..limit::PROBE_PAGES {
            far.answer(BULK, bulk(&[]));
        }
        assert_eq!(far.end(), Finding::Inconclusive);
    }

    fn wanted() -> CommentMarker {
        CommentMarker {
            side: Side::Azure,
            comment: CommentId(123),
        }
    }

    fn comment_drill() -> Drill<Finding> {
        let target = Target::Comment {
            item: ItemId(12),
            marker: wanted(),
        };
        drill(target, false)
    }

    fn page(comments: &[Json], total: usize) -> Answer {
        answer(
            200,
            &json!({ "comments": comments, "total": total, "startAt": 0 }),
        )
    }

    #[test]
    fn a_comment_is_found_by_its_property() {
        let mut drill = comment_drill();
        let mut marked = remark(6, "712020:us");
        marked["properties"] = json!([comment::property(wanted())]);
        drill.answer(
            COMMENTS,
            page(&[remark(7, "712020:al"), remark(6, "712020:us")], 2),
        );
        drill.answer(
            LIST,
            answer(200, &json!({ "values": [marked], "isLast": true })),
        );
        assert!(drill.url(0).contains("orderBy=-created"));
        assert_eq!(drill.body(1), json!({ "ids": [6] }));
        let Finding::Found(receipt) = drill.end() else {
            panic!("not found")
        };
        assert_eq!(receipt.comment, Some(CommentId(6)));
    }

    #[test]
    fn a_comment_is_absent_when_all_were_read() {
        let mut drill = comment_drill();
        drill.answer(COMMENTS, page(&[remark(7, "712020:al")], 2));
        drill.answer(COMMENTS, page(&[remark(6, "712020:al")], 2));
        assert!(drill.url(1).contains("startAt=1"));
        assert_eq!(drill.end(), Finding::Absent);
    }

    #[test]
    fn a_comment_of_an_issue_that_is_not_there_is_absent() {
        let mut drill = comment_drill();
        drill.answer(COMMENTS, status(404));
        assert_eq!(drill.end(), Finding::Absent);
    }

    #[test]
    fn comments_that_shift_or_fail_are_inconclusive() {
        let mut shifted = comment_drill();
        shifted.answer(COMMENTS, page(&[remark(7, "712020:al")], 3));
        shifted.answer(COMMENTS, page(&[remark(5, "712020:al")], 2));
        assert_eq!(shifted.end(), Finding::Inconclusive);
        let mut failed = comment_drill();
        failed.answer(COMMENTS, status(503));
        assert_eq!(failed.end(), Finding::Inconclusive);
        let mut unread = comment_drill();
        unread.answer(COMMENTS, page(&[remark(6, "712020:us")], 1));
        unread.answer(LIST, status(503));
        assert_eq!(unread.end(), Finding::Inconclusive);
    }
}
