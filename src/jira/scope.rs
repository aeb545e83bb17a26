//! Which items the profile's scopes cover.
//!
//! Ids alone do not tell a project, and an issue may have been moved since it was last seen. So the projects are always
//! read, in bulk and from the store; only scopes with a filter then ask `jql/match`, which asks the index (jira.md 2).

use std::collections::{BTreeMap, BTreeSet};

use model::{ItemId, limit};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use sync::{Hindrance, Obstacle};

use crate::bulk;
use crate::refusal::fetch;
use crate::settings::{Scope, Shared};
use crate::wire::Num;
use sync::script::Step;

pub(crate) const MATCH: &str = "/rest/api/3/jql/match";

#[derive(Deserialize)]
struct Matches {
    matches: Vec<Match>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Match {
    #[serde(default)]
    matched_issues: Vec<Num>,
    #[serde(default)]
    errors: Vec<Json>,
}

type Covered = Step<Result<BTreeSet<ItemId>, Obstacle>>;

/// Those of the items that some scope covers, in the order of the question.
pub(crate) fn covered(context: &Shared, items: &[ItemId]) -> Step<Result<Vec<ItemId>, Obstacle>> {
    let asked = items.to_vec();
    let batches = asked.chunks(limit::JIRA_READ_BATCH).map(<[ItemId]>::to_vec);
    let batches: Vec<Vec<ItemId>> = batches.collect();
    onward(context.clone(), batches.into_iter(), BTreeSet::new())
        .map_ok(move |inside| asked.into_iter().filter(|id| inside.contains(id)).collect())
}

fn onward(
    context: Shared,
    mut batches: std::vec::IntoIter<Vec<ItemId>>,
    mut inside: BTreeSet<ItemId>,
) -> Covered {
    let Some(batch) = batches.next() else {
        return Step::Done(Ok(inside));
    };
    by_project(&context, &batch).and_then(move |mut more| {
        inside.append(&mut more);
        onward(context, batches, inside)
    })
}

fn by_project(context: &Shared, batch: &[ItemId]) -> Covered {
    let names: Vec<String> = batch.iter().map(ToString::to_string).collect();
    let context = context.clone();
    let fields = ["project".to_owned()];
    bulk::fetch_issues(context.address(), &names, &fields).and_then(move |bulk| {
        if bulk.failed() {
            return Step::Done(Err(Obstacle::Hindered(Hindrance::Unreachable)));
        }
        let mut sorting = Sorting::default();
        // One that cannot be read is told of by its pair.
        sorting.inside.extend(bulk.unreadable());
        for issue in &bulk.issues {
            for scope in &context.settings.scopes {
                let here = |project: &str| project.eq_ignore_ascii_case(&scope.project);
                if issue.project().is_some_and(here) {
                    sorting.put(issue.item_id(), scope);
                }
            }
        }
        by_filter(&context, sorting)
    })
}

/// What the projects alone decide, and what filters have to.
#[derive(Default)]
struct Sorting {
    inside: BTreeSet<ItemId>,
    open: BTreeMap<String, BTreeSet<ItemId>>,
}

impl Sorting {
    fn put(&mut self, item: ItemId, scope: &Scope) {
        if scope.filter.is_none() {
            self.inside.insert(item);
        } else {
            self.open.entry(scope.jql()).or_default().insert(item);
        }
    }
}

fn by_filter(context: &Shared, sorting: Sorting) -> Covered {
    let Sorting { mut inside, open } = sorting;
    let asked: BTreeSet<ItemId> = open.values().flatten().copied().collect();
    if asked.is_empty() {
        return Step::Done(Ok(inside));
    }
    let ids: Vec<u64> = asked.iter().map(|id| id.0).collect();
    let jqls: Vec<String> = open.into_keys().collect();
    let body = json!({ "issueIds": ids, "jqls": jqls });
    fetch::<Matches>(context.address().post(MATCH, &body)).and_then(move |answer| {
        if answer.matches.iter().any(|one| !one.errors.is_empty()) {
            // The filter is not valid JQL there. Nothing may be taken for outside because of that.
            let status = 400;
            return Step::Done(Err(Obstacle::Refused { status, code: None }));
        }
        let matched = answer.matches.iter().flat_map(|one| &one.matched_issues);
        let matched = matched.map(|num| ItemId(num.0));
        inside.extend(matched.filter(|id| asked.contains(id)));
        Step::Done(Ok(inside))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::{Drill, context, context_of, issue, json, settings};

    const BULK: &str = "POST /rest/api/3/issue/bulkfetch";
    const MATCHES: &str = "POST /rest/api/3/jql/match";

    fn ids(ids: &[u64]) -> Vec<ItemId> {
        ids.iter().map(|id| ItemId(*id)).collect()
    }

    #[test]
    fn without_a_filter_the_project_decides() {
        let mut drill = Drill::new(covered(&context(), &ids(&[3, 2, 1])));
        let issues = json!([issue(1, "WEB-1"), issue(2, "OPS-2"), issue(3, "WEB-3")]);
        drill.answer(BULK, json(200, &json!({ "issues": issues })));
        assert_eq!(drill.body(0)["fields"], json!(["project"]));
        assert_eq!(drill.end(), Ok(ids(&[3, 1])));
    }

    #[test]
    fn a_filter_is_asked_of_the_remote() {
        let context = context_of(settings(Some("labels = shared")));
        let mut drill = Drill::new(covered(&context, &ids(&[1, 2, 3])));
        let issues = json!([issue(1, "WEB-1"), issue(2, "OPS-2"), issue(3, "WEB-3")]);
        drill.answer(BULK, json(200, &json!({ "issues": issues })));
        let matches = json!({ "matches": [{ "matchedIssues": [3, 77], "errors": [] }] });
        drill.answer(MATCHES, json(200, &matches));
        let jql = "project = \"WEB\" AND (labels = shared)";
        assert_eq!(drill.body(1), json!({ "issueIds": [1, 3], "jqls": [jql] }));
        assert_eq!(drill.end(), Ok(ids(&[3])));
    }

    #[test]
    fn an_invalid_filter_leaves_nothing_out() {
        let context = context_of(settings(Some("broken =")));
        let mut drill = Drill::new(covered(&context, &ids(&[1])));
        drill.answer(BULK, json(200, &json!({ "issues": [issue(1, "WEB-1")] })));
        let matches = json!({ "matches": [{ "matchedIssues": [], "errors": ["Invalid JQL"] }] });
        drill.answer(MATCHES, json(200, &matches));
        assert!(matches!(
            drill.end(),
            Err(Obstacle::Refused { status: 400, .. })
        ));
    }
}
