//! The change feed: windows over `updated`, and once a walk beyond the index.
//!
//! A window asks `updated >= mark - overlap` in ascending order and without an upper bound (jira.md 3.3, 3.4). What it
//! brings overlaps with what the one before brought; that is intended, for the index lags, and callers drop what they
//! know by its revision. Each call reads one page, so that what it brought can be committed with the cursor.
//!
//! The first window of a feed reads everything in the projects. Issues created shortly before may not be in the index
//! yet, and nothing would tell of them before they change again: so it is followed by a walk through `issue/bulkfetch`
//! over the keys above the highest one that the index knows.

use std::collections::BTreeSet;

use model::{ItemKey, Revision, limit};
use serde::Deserialize;
use serde_json::json;
use sync::{FeedChange, FeedPage, Obstacle};

use crate::address::quoted;
use crate::bulk;
use crate::cursor::{Cursor, Stage, Window};
use crate::issue::Issue;
use crate::refusal::fetch;
use crate::settings::{Settings, Shared};
use sync::script::Step;

pub(crate) const SEARCH: &str = "/rest/api/3/search/jql";

type Fed = Step<Result<FeedPage, Obstacle>>;

/// A page of `search/jql`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Found {
    #[serde(default)]
    pub(crate) issues: Vec<Issue>,
    #[serde(default)]
    next_page_token: Option<String>,
    #[serde(default)]
    is_last: Option<bool>,
}

impl Found {
    /// What asks for the next page. The last page says so, or has no token, or both (jira.md 3.1).
    pub(crate) fn next(&self) -> Option<&str> {
        if self.is_last == Some(true) {
            return None;
        }
        self.next_page_token.as_deref().filter(|t| !t.is_empty())
    }
}

/// The next part of the feed.
pub(crate) fn feed(context: &Shared, cursor: Option<&str>) -> Fed {
    let Some(cursor) = cursor.map_or(Some(Cursor::beginning()), Cursor::parse) else {
        let subject = "the feed's position".to_owned();
        return Step::Done(Err(Obstacle::Unknown { subject }));
    };
    let mark = cursor.mark;
    match cursor.stage {
        Stage::Walk(after) => walk(context.clone(), mark, &after),
        Stage::Window(window) => Turning::begin(context, mark, window).page(),
        Stage::Rest => {
            let from = mark.saturating_sub(limit::JIRA_OVERLAP_MS).max(0);
            Turning::begin(context, mark, Window::new(false, from)).page()
        }
    }
}

fn window_jql(settings: &Settings, from: i64) -> String {
    let projects = settings.projects();
    let projects: Vec<String> = projects.iter().map(|key| quoted(key)).collect();
    let projects = projects.join(", ");
    format!("project in ({projects}) AND updated >= {from} ORDER BY updated ASC, id ASC")
}

/// The pages of one call. It is one page, unless a page's token is too long for a cursor: then the conversation follows
/// it by itself, for a cursor could only begin the window again.
struct Turning {
    context: Shared,
    mark: i64,
    window: Window,
    changes: Vec<FeedChange>,
    tokens: BTreeSet<String>,
}

impl Turning {
    fn begin(context: &Shared, mark: i64, window: Window) -> Turning {
        Turning {
            context: context.clone(),
            mark,
            window,
            changes: Vec::new(),
            tokens: BTreeSet::new(),
        }
    }

    fn page(self) -> Fed {
        let mut body = json!({
            "jql": window_jql(&self.context.settings, self.window.from),
            "fields": ["updated"],
            "maxResults": limit::JIRA_FEED_PAGE,
        });
        if !self.window.token.is_empty() {
            body["nextPageToken"] = self.window.token.as_str().into();
        }
        let request = self.context.address().post(SEARCH, &body);
        fetch::<Found>(request).then(|answer| match answer {
            Ok(found) => self.take(&found),
            Err(Obstacle::Refused { status: 400, .. }) if !self.window.token.is_empty() => {
                self.anew()
            }
            Err(obstacle) => Step::Done(Err(obstacle)),
        })
    }

    /// Begins the window again because its token expired (jira.md 3.1). Not at once: a remote that refuses every token
    /// must not be asked without a pause.
    fn anew(self) -> Fed {
        let stage = Stage::Window(self.window.anew());
        let page = page(self.changes, self.mark, stage, false);
        Step::Done(page.map(|page| FeedPage {
            restarted: true,
            ..page
        }))
    }

    fn take(mut self, found: &Found) -> Fed {
        let mut last = self.window.from;
        for issue in &found.issues {
            let updated = issue.revision().map_or(last, signed);
            last = updated;
            self.mark = self.mark.max(updated);
            self.changes.push(change(issue, updated));
        }
        match found.next() {
            Some(token) => self.turn(token.to_owned()),
            None if self.window.first => self.hand_over(Stage::Walk(String::new()), true),
            None => self.hand_over(Stage::Rest, false),
        }
    }

    fn turn(mut self, token: String) -> Fed {
        let repeated =
            !self.tokens.insert(self.window.token.clone()) || self.tokens.contains(&token);
        if repeated {
            return Step::Done(Err(Obstacle::Unreadable {
                route: SEARCH,
                what: "a page token repeats, so the list would not end",
            }));
        }
        let Some(window) = self.window.onward(token) else {
            return self.anew();
        };
        let stage = Stage::Window(window.clone());
        let fits = Cursor {
            mark: self.mark,
            stage: stage.clone(),
        };
        if fits.text().is_some() {
            return self.hand_over(stage, true);
        }
        self.window = window;
        self.page()
    }

    fn hand_over(self, stage: Stage, more: bool) -> Fed {
        handed(self.changes, self.mark, stage, more)
    }
}

fn handed(changes: Vec<FeedChange>, mark: i64, stage: Stage, more: bool) -> Fed {
    Step::Done(page(changes, mark, stage, more))
}

fn page(
    changes: Vec<FeedChange>,
    mark: i64,
    stage: Stage,
    more: bool,
) -> Result<FeedPage, Obstacle> {
    let page = Cursor { mark, stage }.text().map(|cursor| FeedPage {
        changes,
        cursor,
        more,
        restarted: false,
    });
    page.ok_or(Obstacle::Unreadable {
        route: SEARCH,
        what: "a project's key is too long for a cursor",
    })
}

fn signed(revision: Revision) -> i64 {
    i64::try_from(revision.0).unwrap_or(i64::MAX)
}

/// A record may lack `updated` (jira.md 3.4): its place in the order then tells about when that was.
fn change(issue: &Issue, updated: i64) -> FeedChange {
    FeedChange {
        item: issue.item_id(),
        revision: Revision(updated.unsigned_abs()),
        key: ItemKey::new(&issue.key),
    }
}

/// Walks one project, the next after `after`, and hands over to the one after it.
fn walk(context: Shared, mark: i64, after: &str) -> Fed {
    let mut projects = context.settings.projects().into_iter();
    let Some(project) = projects.find(|project| project.as_str() > after) else {
        return handed(Vec::new(), mark, Stage::Rest, false);
    };
    let body = json!({
        "jql": format!("project = {} ORDER BY key DESC", quoted(&project)),
        "fields": ["updated"],
        "maxResults": 1,
    });
    fetch::<Found>(context.address().post(SEARCH, &body)).and_then(move |found| {
        let highest = found.issues.iter().filter_map(Issue::number).max();
        let first = highest.unwrap_or(0).saturating_add(1);
        beyond(context, project.clone(), first, Vec::new(), 1)
            .and_then(move |changes| handed(changes, mark, Stage::Walk(project), true))
    })
}

/// Keys of a batch: as many as one bulk read takes, from that number on.
pub(crate) fn keys(project: &str, first: u64) -> Vec<String> {
    let end = first.saturating_add(limit::JIRA_READ_BATCH as u64);
    (first..end).map(|n| format!("{project}-{n}")).collect()
}

fn beyond(
    context: Shared,
    project: String,
    first: u64,
    mut changes: Vec<FeedChange>,
    batch: usize,
) -> Step<Result<Vec<FeedChange>, Obstacle>> {
    let names = keys(&project, first);
    let fields = ["updated".to_owned()];
    bulk::fetch_issues(context.address(), &names, &fields).and_then(move |bulk| {
        if bulk.failed() {
            let busy = sync::Hindrance::Unreachable;
            return Step::Done(Err(Obstacle::Hindered(busy)));
        }
        let dated = bulk.issues.iter().filter_map(|issue| {
            let updated = signed(issue.revision()?);
            Some(change(issue, updated))
        });
        changes.extend(dated);
        if bulk.issues.is_empty() || batch >= limit::PROBE_PAGES {
            return Step::Done(Ok(changes));
        }
        let next = first.saturating_add(limit::JIRA_READ_BATCH as u64);
        beyond(context, project, next, changes, batch + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::{Drill, context, issue, json, status};
    use model::ItemId;
    use serde_json::Value as Json;
    use sync::script::Answer;

    const FIND: &str = "POST /rest/api/3/search/jql";
    const BULK: &str = "POST /rest/api/3/issue/bulkfetch";
    const UPDATED: i64 = 1_787_569_912_944;

    fn found(ids: &[u64], token: Option<&str>) -> Answer {
        let issues: Vec<Json> = ids
            .iter()
            .map(|id| issue(*id, &format!("WEB-{id}")))
            .collect();
        let body = json!({ "issues": issues, "nextPageToken": token, "isLast": token.is_none() });
        json(200, &body)
    }

    fn drill(cursor: Option<&str>) -> Drill<Result<FeedPage, Obstacle>> {
        Drill::new(feed(&context(), cursor))
    }

    /// One page: what is asked, what comes, what is handed over.
    fn check(cursor: Option<&str>, answer: Answer, asked: &str, changes: usize, next: &str) {
        let mut drill = drill(cursor);
        drill.answer(FIND, answer);
        let body = drill.body(0);
        assert_eq!(body["jql"], json!(asked));
        assert_eq!(body["fields"], json!(["updated"]));
        let page = drill.end().expect("a page");
        assert_eq!(page.changes.len(), changes);
        let (more, cursor) = next.split_once(' ').expect("more and cursor");
        assert_eq!((page.more, page.cursor.as_str()), (more == "more", cursor));
        assert!(!page.restarted);
    }

    fn jql(from: i64) -> String {
        format!("project in (\"WEB\") AND updated >= {from} ORDER BY updated ASC, id ASC")
    }

    #[test]
    fn windows_overlap_and_have_no_upper_bound() {
        let beginning = format!("more 1:{UPDATED}:first:0:1:t1");
        check(None, found(&[1, 2], Some("t1")), &jql(0), 2, &beginning);
        let middle = format!("more 1:{UPDATED}:again:40:3:t2");
        check(
            Some("1:50:again:40:2:t1"),
            found(&[3], Some("t2")),
            &jql(40),
            1,
            &middle,
        );
        let end = format!("rest 1:{UPDATED}:rest");
        check(
            Some("1:50:again:40:2:t1"),
            found(&[3], None),
            &jql(40),
            1,
            &end,
        );
        check(
            Some("1:200000:rest"),
            found(&[], None),
            &jql(20_000),
            0,
            "rest 1:200000:rest",
        );
        check(
            Some("1:5:rest"),
            found(&[], None),
            &jql(0),
            0,
            "rest 1:5:rest",
        );
        let walk = format!("more 1:{UPDATED}:walk:");
        check(
            Some("1:0:first:0:1:t1"),
            found(&[4], None),
            &jql(0),
            1,
            &walk,
        );
    }

    #[test]
    fn a_token_is_sent_back_as_it_came() {
        let mut drill = drill(Some("1:50:again:40:2:t:1"));
        drill.answer(FIND, found(&[], None));
        assert_eq!(drill.body(0)["nextPageToken"], json!("t:1"));
        assert_eq!(drill.body(0)["maxResults"], json!(500));
    }

    #[test]
    fn an_expired_token_begins_the_window_again() {
        for (from, next) in [
            ("1:50:again:40:2:t1", "1:50:again:40:0:"),
            ("1:50:first:0:2:t1", "1:50:first:0:0:"),
        ] {
            let mut drill = drill(Some(from));
            drill.answer(FIND, status(400));
            let page = drill.end().expect("a page");
            assert_eq!(page.cursor, next);
            assert!(page.restarted && !page.more && page.changes.is_empty());
        }
        let mut drill = drill(Some("1:50:again:40:0:"));
        drill.answer(FIND, status(400));
        assert!(drill.end().is_err());
    }

    #[test]
    fn a_missing_token_ends_a_window_even_when_it_is_not_called_the_last() {
        let answer = json(200, &json!({ "issues": [], "isLast": false }));
        check(Some("1:5:rest"), answer, &jql(0), 0, "rest 1:5:rest");
    }

    #[test]
    fn a_repeated_token_is_an_error() {
        let mut drill = drill(Some("1:50:again:40:2:t1"));
        drill.answer(FIND, found(&[1], Some("t1")));
        assert!(matches!(drill.end(), Err(Obstacle::Unreadable { .. })));
    }

    #[test]
    fn a_token_too_long_for_a_cursor_is_followed_at_once() {
        let long = "x".repeat(limit::CURSOR_BYTES);
        let mut same = drill(Some("1:5:rest"));
        same.answer(FIND, found(&[1], Some(&long)));
        same.answer(FIND, found(&[2], Some(&long)));
        assert!(matches!(same.end(), Err(Obstacle::Unreadable { .. })));
        let mut drill = drill(Some("1:5:rest"));
        drill.answer(FIND, found(&[1], Some(&long)));
        drill.answer(FIND, found(&[2], None));
        assert_eq!(drill.body(1)["nextPageToken"], json!(long));
        let page = drill.end().expect("a page");
        assert_eq!((page.changes.len(), page.more), (2, false));
    }

    #[test]
    fn a_change_tells_id_revision_and_key() {
        let mut drill = drill(Some("1:5:rest"));
        let mut timeless = issue(8, "WEB-8");
        timeless["fields"] = json!({});
        let issues = json!([issue(7, "WEB-7"), timeless]);
        drill.answer(FIND, json(200, &json!({ "issues": issues })));
        let page = drill.end().expect("a page");
        let change = |id, key| FeedChange {
            item: ItemId(id),
            revision: Revision(UPDATED.unsigned_abs()),
            key: ItemKey::new(key),
        };
        assert_eq!(page.changes, [change(7, "WEB-7"), change(8, "WEB-8")]);
    }

    #[test]
    fn a_first_window_is_followed_by_a_walk_beyond_the_index() {
        let mut walk = drill(Some("1:50:walk:"));
        walk.answer(FIND, found(&[12], None));
        let bulk = |ids: &[u64]| {
            let issues: Vec<Json> = ids
                .iter()
                .map(|id| issue(*id, &format!("WEB-{id}")))
                .collect();
            json(200, &json!({ "issues": issues, "issueErrors": [] }))
        };
        walk.answer(BULK, bulk(&[13, 15]));
        walk.answer(BULK, bulk(&[]));
        assert_eq!(
            walk.body(0)["jql"],
            json!("project = \"WEB\" ORDER BY key DESC")
        );
        let names = walk.body(1)["issueIdsOrKeys"].clone();
        assert_eq!(
            (&names[0], &names[99]),
            (&json!("WEB-13"), &json!("WEB-112"))
        );
        let page = walk.end().expect("a page");
        assert_eq!(page.changes.len(), 2);
        assert_eq!((page.cursor.as_str(), page.more), ("1:50:walk:WEB", true));
        let done = drill(Some("1:50:walk:WEB")).end().expect("a page");
        assert_eq!((done.cursor.as_str(), done.more), ("1:50:rest", false));
    }

    #[test]
    fn a_position_that_is_none_is_not_guessed_at() {
        assert!(matches!(
            drill(Some("42")).end(),
            Err(Obstacle::Unknown { .. })
        ));
    }
}
