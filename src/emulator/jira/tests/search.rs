//! Searches lag, page and refuse as Jira's do; bulk reads do not lag.

use serde_json::{Value, json};

use super::Bench;
use crate::fault::{Fault, Rule};

#[test]
fn a_search_misses_what_was_just_written_and_direct_reads_do_not() {
    let mut bench = Bench::new(0);
    bench.create(json!({"labels": ["new"]}));
    assert!(bench.search("labels = new").is_empty());
    assert_eq!(bench.get("3/issue/WEB-1").0, 200);
    let (_, bulk) = bench.post("3/issue/bulkfetch", &json!({"issueIdsOrKeys": ["WEB-1"]}));
    assert_eq!(bulk["issues"][0]["key"], "WEB-1");
    bench.wait(1_500);
    assert_eq!(bench.search("labels = new"), ["WEB-1"]);
    bench.put(
        "3/issue/WEB-1",
        &json!({"fields": {"summary": "Edited", "labels": []}}),
    );
    assert_eq!(bench.search("labels = new"), ["WEB-1"]);
    let (_, old) = bench.post(
        "3/search/jql",
        &json!({"jql": "labels = new", "fields": ["summary"]}),
    );
    assert_eq!(old["issues"][0]["fields"]["summary"], "A task");
    let (_, reconciled) = bench.post(
        "3/search/jql",
        &json!({"jql": "labels = new", "reconcileIssues": [10001]}),
    );
    assert_eq!(reconciled["issues"], json!([]));
    bench.wait(1_500);
    assert!(bench.search("labels = new").is_empty());
}

#[test]
fn reconciling_reads_own_writes() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    let (_, found) = bench.post(
        "3/search/jql",
        &json!({"jql": "project = WEB", "reconcileIssues": [10001]}),
    );
    assert_eq!(
        found["issues"],
        json!([{"id": "10001"}]),
        "and the default field is the id alone"
    );
    let many: Vec<u64> = (1..=51).collect();
    assert_eq!(
        bench
            .post(
                "3/search/jql",
                &json!({"jql": "project = WEB", "reconcileIssues": many})
            )
            .0,
        400
    );
}

#[test]
fn a_stale_search_shows_what_was_before() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    bench.wait(60_000);
    assert_eq!(bench.search("project = WEB"), ["WEB-1"]);
    bench.put("3/issue/WEB-1", &json!({"fields": {"labels": ["fresh"]}}));
    bench.wait(2_000);
    assert_eq!(bench.search("labels = fresh"), ["WEB-1"]);
    bench.faults([Rule::always(Fault::StaleSearch)]);
    assert!(
        bench.search("labels = fresh").is_empty(),
        "a found issue can vanish again"
    );
    assert_eq!(bench.search("project = WEB"), ["WEB-1"]);
}

#[test]
fn pages_follow_each_other_by_token() {
    let mut bench = Bench::new(25);
    let mut seen = Vec::new();
    let mut token = Value::Null;
    for page in 1..=10 {
        let body = json!({"jql": "project = WEB ORDER BY key ASC", "fields": ["key"], "maxResults": 10, "nextPageToken": token});
        let (status, answer) = bench.post("3/search/jql", &body);
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer.get("total"), None);
        seen.extend(
            answer["issues"]
                .as_array()
                .expect("rows")
                .iter()
                .map(|it| it["key"].clone()),
        );
        token = answer["nextPageToken"].clone();
        if answer["isLast"] == true {
            assert_eq!((page, &token), (3, &Value::Null));
            break;
        }
    }
    let expected: Vec<String> = (1..=25).map(|it| format!("WEB-{it}")).collect();
    assert_eq!(seen, expected);
}

#[test]
fn a_token_belongs_to_its_query_and_ends_after_a_week() {
    let mut bench = Bench::new(5);
    let (_, first) = bench.post(
        "3/search/jql",
        &json!({"jql": "project = WEB", "maxResults": 2}),
    );
    let token = &first["nextPageToken"];
    let mut next = |jql: &str, wait_ms: i64| {
        bench.wait(wait_ms);
        bench
            .post("3/search/jql", &json!({"jql": jql, "nextPageToken": token}))
            .0
    };
    assert_eq!(next("project = WEB", 0), 200);
    assert_eq!(next("project = OPS", 0), 400);
    assert_eq!(next("project = WEB", 7 * 86_400_000), 400);
}

#[test]
fn pages_with_many_fields_are_shorter_than_asked() {
    let mut bench = Bench::new(150);
    let mut rows = |fields: &str| {
        let (_, answer) = bench.get(&format!(
            "3/search/jql?jql=project%3DWEB&maxResults=5000&fields={fields}"
        ));
        answer["issues"].as_array().map(Vec::len)
    };
    assert_eq!(rows("key"), Some(150));
    assert_eq!(rows("*all"), Some(100));
    assert_eq!(rows("summary,status"), Some(150));
}

#[test]
fn searches_are_refused_as_documented() {
    let mut bench = Bench::new(3);
    let mut check = |body: Value, text: &str| {
        let (status, answer) = bench.post("3/search/jql", &body);
        assert_eq!(status, 400, "{body}");
        assert!(
            answer["errorMessages"][0]
                .as_str()
                .is_some_and(|it| it.contains(text)),
            "{answer}"
        );
    };
    check(json!({"jql": "order by key desc"}), "Unbounded");
    check(json!({"jql": ""}), "Unbounded");
    check(
        json!({"jql": "project = NOPE"}),
        "does not exist for the field 'project'",
    );
    check(
        json!({"jql": "project = WEB", "maxResults": 0}),
        "between 1 and 5000",
    );
    check(
        json!({"jql": "project = WEB", "maxResults": 5001}),
        "between 1 and 5000",
    );
    check(
        json!({"jql": "project = WEB", "startAt": 5}),
        "Invalid request payload",
    );
    check(
        json!({"jql": "project = WEB", "expand": ["names"]}),
        "Invalid request payload",
    );
    check(
        json!({"jql": "project = WEB", "properties": ["a", "b", "c", "d", "e", "f"]}),
        "At most 5",
    );
}

#[test]
fn the_old_search_is_gone() {
    let mut bench = Bench::new(1);
    for path in ["2/search", "3/search", "latest/search"] {
        let (status, answer) = bench.get(&format!("{path}?jql=project=WEB"));
        assert_eq!(status, 410);
        assert!(
            answer["errorMessages"][0]
                .as_str()
                .is_some_and(|it| it.contains("/rest/api/3/search/jql"))
        );
        assert_eq!(bench.post(path, &json!({"jql": "project = WEB"})).0, 410);
    }
}

#[test]
fn bulk_reads_are_ordered_and_leave_out_what_is_missing() {
    let mut bench = Bench::new(5);
    let body =
        json!({"issueIdsOrKeys": ["WEB-4", "10002", "WEB-77", "WEB-2"], "fields": ["summary"]});
    let (status, answer) = bench.post("3/issue/bulkfetch", &body);
    assert_eq!(status, 200);
    let keys: Vec<&Value> = answer["issues"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|it| &it["key"])
        .collect();
    assert_eq!(keys, ["WEB-2", "WEB-4"]);
    assert_eq!(answer["issueErrors"], json!([]));
    let many: Vec<String> = (1..=101).map(|it| it.to_string()).collect();
    assert_eq!(
        bench
            .post("3/issue/bulkfetch", &json!({"issueIdsOrKeys": many}))
            .0,
        400
    );
}

#[test]
fn counts_and_matches_ask_the_index() {
    let mut bench = Bench::new(5);
    assert_eq!(
        bench
            .post(
                "3/search/approximate-count",
                &json!({"jql": "project = WEB"})
            )
            .1,
        json!({"count": 5})
    );
    let body = json!({"issueIds": [10001, 10002, 99], "jqls": ["key = WEB-2", "odd = 1"]});
    let (_, answer) = bench.post("3/jql/match", &body);
    assert_eq!(answer["matches"][0]["matchedIssues"], json!([10002]));
    assert_eq!(
        answer["matches"][1]["errors"].as_array().map(Vec::len),
        Some(1)
    );
}

#[test]
fn the_changelogs_of_many_issues_come_in_pages() {
    let mut bench = Bench::new(0);
    for key in ["WEB-1", "WEB-2"] {
        bench.create(json!({}));
        bench.put(
            &format!("3/issue/{key}"),
            &json!({"fields": {"summary": "B"}}),
        );
        bench.put(
            &format!("3/issue/{key}"),
            &json!({"fields": {"labels": ["l"]}}),
        );
    }
    let (_, first) = bench.post(
        "3/changelog/bulkfetch",
        &json!({"issueIdsOrKeys": ["WEB-2", "WEB-1"], "maxResults": 3}),
    );
    assert_eq!(first["issueChangeLogs"][0]["issueId"], "10001");
    assert_eq!(
        first["issueChangeLogs"][1]["changeHistories"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
    let body = json!({"issueIdsOrKeys": ["WEB-2", "WEB-1"], "maxResults": 3, "nextPageToken": first["nextPageToken"]});
    let (_, second) = bench.post("3/changelog/bulkfetch", &body);
    assert_eq!(second.get("nextPageToken"), None);
    let (_, labels) = bench.post(
        "3/changelog/bulkfetch",
        &json!({"issueIdsOrKeys": ["WEB-1"], "fieldIds": ["labels"]}),
    );
    assert_eq!(
        labels["issueChangeLogs"][0]["changeHistories"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

#[test]
fn the_index_never_goes_back_to_an_older_edit() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    bench.wait(2_000);
    for number in 1..=15 {
        bench.put(
            "3/issue/WEB-1",
            &json!({"fields": {"summary": format!("Edit {number:02}")}}),
        );
    }
    let mut seen = String::new();
    for _ in 0..=30 {
        let (_, found) = bench.post(
            "3/search/jql",
            &json!({"jql": "project = WEB", "fields": ["summary"]}),
        );
        let shown = found["issues"][0]["fields"]["summary"]
            .as_str()
            .expect("a summary")
            .to_owned();
        assert!(shown >= seen || seen == "A task", "{seen} before {shown}");
        seen = shown;
        bench.wait(50);
    }
    assert_eq!(seen, "Edit 15");
}
