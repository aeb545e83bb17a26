//! What stands beside an issue's fields: links, worklogs, watchers and votes.

use serde_json::{Value, json};

use super::{ALICE, Bench, document};

fn updated(bench: &mut Bench, key: &str) -> Value {
    let path = format!("3/issue/{key}?fields=updated");
    bench.get(&path).1["fields"]["updated"].clone()
}

fn blocks(bench: &mut Bench) -> u16 {
    let body = json!({"type": {"name": "blocks"}, "inwardIssue": {"key": "WEB-1"}, "outwardIssue": {"key": "WEB-2"}, "comment": {"body": document("linked")}});
    bench.post("3/issueLink", &body).0
}

#[test]
fn a_link_is_seen_from_both_sides_and_moves_both() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    bench.create(json!({}));
    let before = (updated(&mut bench, "WEB-1"), updated(&mut bench, "WEB-2"));
    bench.wait(1_000);
    assert_eq!(blocks(&mut bench), 201);
    assert_ne!(updated(&mut bench, "WEB-1"), before.0);
    assert_ne!(updated(&mut bench, "WEB-2"), before.1);
    assert_eq!(blocks(&mut bench), 201, "also for one that is there");
    let links = |bench: &mut Bench, key: &str| {
        bench.get(&format!("3/issue/{key}")).1["fields"]["issuelinks"].clone()
    };
    let from = links(&mut bench, "WEB-1");
    assert_eq!(from.as_array().map(Vec::len), Some(1));
    assert_eq!(from[0]["outwardIssue"]["key"], "WEB-2");
    assert_eq!(from[0]["type"]["outward"], "blocks");
    assert_eq!(
        links(&mut bench, "WEB-2")[0]["inwardIssue"]["fields"]["summary"],
        "A task"
    );
    assert_eq!(
        bench.get("3/issue/WEB-2/comment").1["total"],
        2,
        "the comments go to the outward issue"
    );
    let (_, log) = bench.get("3/issue/WEB-2/changelog");
    assert_eq!(
        log["values"][0]["items"][0]["toString"],
        "This issue is blocked by WEB-1"
    );
    let id = from[0]["id"].as_str().expect("an id").to_owned();
    let (status, link) = bench.get(&format!("3/issueLink/{id}"));
    assert_eq!(
        (status, &link["inwardIssue"]["key"]),
        (200, &json!("WEB-1"))
    );
    assert_eq!(bench.delete(&format!("3/issueLink/{id}")), 204);
    assert_eq!(bench.delete(&format!("3/issueLink/{id}")), 404);
    assert_eq!(bench.get("3/issueLink/x").0, 400);
    assert_eq!(links(&mut bench, "WEB-1"), json!([]));
}

#[test]
fn a_wrong_link_is_refused_and_a_deleted_issue_leaves_none() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    bench.create(json!({}));
    let mut check = |kind: &str, from: &str, to: &str, expected: u16| {
        let body = json!({"type": {"name": kind}, "inwardIssue": {"key": from}, "outwardIssue": {"key": to}});
        assert_eq!(bench.post("3/issueLink", &body).0, expected, "{body}");
    };
    check("Hinders", "WEB-1", "WEB-2", 404);
    check("Blocks", "WEB-1", "WEB-9", 404);
    check("Blocks", "WEB-1", "WEB-1", 400);
    let update = json!({"update": {"issuelinks": [{"add": {"type": {"name": "Relates"}, "outwardIssue": {"key": "WEB-2"}}}]}});
    assert_eq!(bench.put("3/issue/WEB-1", &update).0, 204);
    assert_eq!(bench.delete("3/issue/WEB-2"), 204);
    assert_eq!(
        bench.get("3/issue/WEB-1").1["fields"]["issuelinks"],
        json!([])
    );
}

#[test]
fn an_administrator_keeps_the_types_of_links() {
    let mut bench = Bench::new(0);
    let (_, types) = bench.get("3/issueLinkType");
    assert_eq!(types["issueLinkTypes"][0]["inward"], "is blocked by");
    let new = json!({"name": "Tests", "inward": "is tested by", "outward": "tests"});
    assert_eq!(bench.post("3/issueLinkType", &new).0, 404);
    let (status, made) = bench.by("alice", "POST", "3/issueLinkType", Some(&new));
    assert_eq!(status, 201);
    assert_eq!(
        bench.by("alice", "POST", "3/issueLinkType", Some(&new)).0,
        404
    );
    let path = format!("3/issueLinkType/{}", made["id"].as_str().expect("an id"));
    let renamed = json!({"name": "Checks"});
    assert_eq!(
        bench.by("alice", "PUT", &path, Some(&renamed)).1["outward"],
        "tests"
    );
    assert_eq!(bench.get(&path).1["name"], "Checks");
    assert_eq!(bench.by("alice", "DELETE", &path, None).0, 204);
    assert_eq!(bench.get(&path).0, 404);
}

#[test]
fn worklogs_move_the_estimate_as_asked() {
    let mut bench = Bench::new(0);
    bench.create(json!({"timetracking": {"originalEstimate": "1d"}}));
    let path = "3/issue/WEB-1/worklog";
    let remaining =
        |bench: &mut Bench| bench.get("3/issue/WEB-1").1["fields"]["timetracking"].clone();
    let hours = |text: &str| json!({"timeSpent": text, "started": "2021-01-17T12:34:00.000+0000"});
    let (status, first) = bench.post(path, &hours("3h"));
    assert_eq!((status, &first["timeSpentSeconds"]), (201, &json!(10_800)));
    assert_eq!(first["started"], "2021-01-17T12:34:00.000+0000");
    assert_eq!(remaining(&mut bench)["remainingEstimate"], "5h");
    let mut check = |query: &str, expected: &str| {
        assert_eq!(
            bench.post(&format!("{path}{query}"), &hours("1h")).0,
            201,
            "{query}"
        );
        assert_eq!(
            remaining(&mut bench)["remainingEstimate"],
            expected,
            "{query}"
        );
    };
    check("?adjustEstimate=leave", "5h");
    check("?adjustEstimate=new&newEstimate=2h", "2h");
    check("?adjustEstimate=manual&reduceBy=30m", "1h 30m");
    check("", "30m");
    assert_eq!(remaining(&mut bench)["timeSpentSeconds"], 7 * 3_600);
    let one = format!("{path}/{}", first["id"].as_str().expect("an id"));
    assert_eq!(
        bench.put(&one, &json!({"timeSpentSeconds": 7_200})).1["timeSpent"],
        "2h"
    );
    assert_eq!(remaining(&mut bench)["remainingEstimate"], "1h 30m");
    assert_eq!(
        bench.delete(&format!("{one}?adjustEstimate=manual&increaseBy=1h")),
        204
    );
    let tracking = remaining(&mut bench);
    assert_eq!(
        (&tracking["remainingEstimate"], &tracking["timeSpent"]),
        (&json!("2h 30m"), &json!("4h"))
    );
    assert_eq!(bench.get(&one).0, 404);
    assert_eq!(bench.get(path).1["total"], 4);
    assert_eq!(
        bench.get("3/issue/WEB-1").1["fields"]["worklog"]["total"],
        4
    );
}

#[test]
fn a_wrong_worklog_is_refused() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    let mut check = |query: &str, body: Value| {
        let path = format!("3/issue/WEB-1/worklog{query}");
        assert_eq!(bench.post(&path, &body).0, 400, "{query} {body}");
    };
    check("", json!({}));
    check("", json!({"timeSpent": "soon"}));
    check("", json!({"timeSpentSeconds": 0}));
    check("", json!({"timeSpentSeconds": "60"}));
    check(
        "",
        json!({"timeSpent": "1h", "started": "2021-01-17T12:34:00.000+00:00"}),
    );
    check(
        "",
        json!({"timeSpent": "1h", "started": "2021-01-17T12:34:00+0000"}),
    );
    check("", json!({"timeSpent": "1h", "comment": "no document"}));
    check("?adjustEstimate=new", json!({"timeSpent": "1h"}));
    check("?adjustEstimate=never", json!({"timeSpent": "1h"}));
}

#[test]
fn the_feeds_of_worklogs_tell_what_changed_and_what_is_gone_a_minute_later() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    let since = bench.now_ms - 1;
    let log = |bench: &mut Bench| {
        bench
            .post("3/issue/WEB-1/worklog", &json!({"timeSpent": "1h"}))
            .1
    };
    let (one, two) = (log(&mut bench), log(&mut bench));
    let feed = |bench: &mut Bench, name: &str| -> Value {
        bench.get(&format!("3/worklog/{name}?since={since}")).1
    };
    assert_eq!(
        feed(&mut bench, "updated")["values"],
        json!([]),
        "the last minute is left out"
    );
    let id = two["id"].as_str().expect("an id").to_owned();
    bench.wait(60_000);
    assert_eq!(
        feed(&mut bench, "updated")["values"]
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    assert_eq!(bench.delete(&format!("3/issue/WEB-1/worklog/{id}")), 204);
    bench.wait(60_000);
    let left = feed(&mut bench, "updated");
    assert_eq!(
        left["values"][0]["worklogId"].to_string(),
        one["id"].as_str().expect("an id")
    );
    assert_eq!(left["lastPage"], true);
    assert_eq!(
        feed(&mut bench, "deleted")["values"][0]["worklogId"].to_string(),
        id
    );
    let number: u64 = one["id"]
        .as_str()
        .expect("an id")
        .parse()
        .expect("a number");
    let (_, listed) = bench.post("3/worklog/list", &json!({"ids": [number, 1]}));
    assert_eq!(listed[0]["issueId"], "10001");
    assert_eq!(bench.delete("3/issue/WEB-1"), 204);
    bench.wait(60_000);
    assert_eq!(
        feed(&mut bench, "deleted")["values"]
            .as_array()
            .map(Vec::len),
        Some(2)
    );
}

#[test]
fn watchers_and_votes_move_the_issue_and_leave_no_history() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    let before = updated(&mut bench, "WEB-1");
    bench.wait(1_000);
    assert_eq!(
        bench.get("3/issue/WEB-1/watchers").1["watchCount"],
        1,
        "whoever creates watches"
    );
    assert_eq!(bench.post("3/issue/WEB-1/watchers", &json!(ALICE)).0, 204);
    assert_ne!(updated(&mut bench, "WEB-1"), before);
    assert_eq!(
        bench.get("3/issue/WEB-1/watchers").1["watchers"][1]["accountId"],
        ALICE
    );
    let text = Bench::request("POST", "3/issue/WEB-1/watchers", Some(&json!("x")))
        .with_header("content-type", "text/plain");
    assert_eq!(bench.send(&text).response().expect("an answer").status, 415);
    assert_eq!(
        bench.post("3/issue/WEB-1/watchers", &json!("nobody")).0,
        404
    );
    assert_eq!(bench.delete("3/issue/WEB-1/watchers"), 400);
    assert_eq!(
        bench.delete(&format!("3/issue/WEB-1/watchers?accountId={ALICE}")),
        204
    );
    let asked = json!({"issueIds": ["10001", "7"]});
    let (_, answer) = bench.post("3/issue/watching", &asked);
    assert_eq!(
        answer["issuesIsWatching"],
        json!({"10001": true, "7": false})
    );
    assert_eq!(
        bench.response("POST", "3/issue/WEB-1/votes", None).status,
        204,
        "also the reporter"
    );
    let (_, votes) = bench.get("3/issue/WEB-1/votes");
    assert_eq!(
        (&votes["votes"], &votes["hasVoted"]),
        (&json!(1), &json!(true))
    );
    assert_eq!(bench.get("3/issue/WEB-1").1["fields"]["votes"]["votes"], 1);
    assert_eq!(bench.delete("3/issue/WEB-1/votes"), 204);
    assert_eq!(bench.get("3/issue/WEB-1/changelog").1["total"], 0);
}

#[test]
fn a_remote_link_that_is_replaced_forgets_what_is_left_out() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    let object = json!({"url": "https://x.example/1", "title": "One"});
    let path = "3/issue/WEB-1/remotelink";
    let (status, made) = bench.post(
        path,
        &json!({"globalId": "g=1", "relationship": "mirrors", "object": object}),
    );
    assert_eq!(status, 201);
    let one = format!("{path}/{}", made["id"]);
    assert_eq!(bench.put(&one, &json!({"object": object})).0, 204);
    let (_, read) = bench.get(&one);
    assert_eq!(
        (&read["relationship"], &read["globalId"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(bench.put(&one, &json!({"object": {"url": "x"}})).0, 400);
    assert_eq!(
        bench
            .put(&format!("{path}/1"), &json!({"object": object}))
            .0,
        404
    );
}
