//! Claims about how little a search looks at, counted in issues.

use serde_json::json;

use super::Bench;
use crate::fault::{Fault, Rule};

/// How many issues a search for one page of 50 looks at, and how many it finds.
fn cost(bench: &mut Bench, jql: &str) -> (u64, usize) {
    let before = bench.offline.site().rows_examined();
    let body = json!({"jql": jql, "fields": ["key"], "maxResults": 50});
    let (status, answer) = bench.post("3/search/jql", &body);
    assert_eq!(status, 200, "{answer}");
    let found = answer["issues"].as_array().expect("rows").len();
    (bench.offline.site().rows_examined() - before, found)
}

#[test]
fn a_search_looks_at_what_it_may_find() {
    let mut bench = Bench::new(3_000);
    let start_ms = bench.now_ms;
    bench.wait(60_000);
    let key = bench.create(json!({"labels": ["rare"]}));
    bench.wait(60_000);
    let mut check = |jql: &str, most: u64, found: usize| {
        let (looked, rows) = cost(&mut bench, jql);
        assert!(looked <= most, "{jql}: {looked} issues were looked at");
        assert_eq!(rows, found, "{jql}");
    };
    check(&format!("key = {key}"), 1, 1);
    check("key in (WEB-1, WEB-2, WEB-3) AND labels = nothing", 3, 0);
    check(&format!("project = WEB AND updated >= {start_ms}"), 1, 1);
    let feed = format!("project in (WEB) AND updated >= {start_ms} ORDER BY updated ASC, id ASC");
    check(&feed, 1, 1);
    check("project = WEB ORDER BY updated ASC, id ASC", 60, 50);
    check("project = WEB ORDER BY updated DESC", 60, 50);
    check("project = OPS", 0, 0);
    check(
        "assignee = 712020:90abcdef-2e6d-4b2e-8a09-7d8f1b3c5e99",
        0,
        0,
    );
    check("status = Done AND labels = nothing", 1_200, 0);
}

#[test]
fn a_stale_search_looks_at_what_it_may_find_and_at_what_changed_lately() {
    let mut bench = Bench::new(3_000);
    bench.wait(60_000);
    let start_ms = bench.now_ms;
    let (old, new) = (bench.create(json!({})), bench.create(json!({})));
    bench.wait(60_000);
    let edit = json!({"fields": {"summary": "Edited"}});
    assert_eq!(bench.put(&format!("3/issue/{old}"), &edit).0, 204);
    bench.wait(20_000);
    // An index that lags behind from now on has taken the edit in before.
    assert_eq!(bench.search(&format!("key = {old}")), [old.as_str()]);
    bench.faults([Rule::always(Fault::StaleSearch)]);
    let mut check = |jql: &str, most: u64, found: usize| {
        let (looked, rows) = cost(&mut bench, jql);
        assert!(looked <= most, "{jql}: {looked} issues were looked at");
        assert_eq!(rows, found, "{jql}");
    };
    check("project = WEB ORDER BY updated ASC, id ASC", 60, 50);
    check(&format!("key in ({old}, {new}, WEB-1)"), 4, 3);
    check(&format!("project = WEB AND updated >= {start_ms}"), 3, 2);
    check("summary ~ Edited AND status = Done", 1_200, 0);
}

#[test]
fn each_page_of_a_walk_costs_the_same() {
    let mut bench = Bench::new(2_000);
    let mut token = None;
    let mut keys = std::collections::BTreeSet::new();
    for page in 0.. {
        let before = bench.offline.site().rows_examined();
        let mut body = json!({"jql": "project = WEB ORDER BY updated ASC, id ASC", "fields": ["key"], "maxResults": 100});
        if let Some(token) = &token {
            body["nextPageToken"] = json!(token);
        }
        let (status, answer) = bench.post("3/search/jql", &body);
        assert_eq!(status, 200, "{answer}");
        let looked = bench.offline.site().rows_examined() - before;
        assert!(looked <= 120, "page {page}: {looked} issues were looked at");
        let rows = answer["issues"].as_array().expect("rows");
        keys.extend(rows.iter().map(|row| row["key"].to_string()));
        match answer["nextPageToken"].as_str() {
            Some(next) => token = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(keys.len(), 2_000);
}

#[test]
fn many_sample_issues_take_little_room() {
    let mut bench = Bench::new(300);
    let told = |bench: &Bench| bench.offline.site().items();
    let before = told(&bench);
    assert!(
        before
            .iter()
            .all(|it| it["text"].as_str().is_some_and(|text| text.len() > 20))
    );
    let (status, issue) = bench.get("3/issue/WEB-7");
    assert_eq!(status, 200);
    let body = json!({"fields": {"description": issue["fields"]["description"]}});
    assert_eq!(bench.put("3/issue/WEB-7", &body).0, 204);
    let log = bench.get("3/issue/WEB-7/changelog").1;
    let last = log["values"].as_array().and_then(|all| all.last().cloned());
    let touched = last.is_some_and(|it| it["items"].to_string().contains("description"));
    assert!(!touched, "the same text was written again: {log}");
}
