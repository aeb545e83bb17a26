//! Many issues at once: bulk creates, moves, and properties of many.

use serde_json::{Value, json};

use super::{Bench, issue};

#[test]
fn a_bulk_create_makes_what_is_sound_and_tells_what_is_not() {
    let mut bench = Bench::new(0);
    let sound = issue(json!({"summary": "Sound"}));
    let broken = issue(json!({"summary": "", "labels": ["a b"]}));
    let (status, answer) = bench.post(
        "3/issue/bulk",
        &json!({"issueUpdates": [sound, broken, sound]}),
    );
    assert_eq!(status, 201);
    assert_eq!(answer["issues"][1]["key"], "WEB-2");
    assert_eq!(answer["errors"].as_array().map(Vec::len), Some(1));
    let error = &answer["errors"][0];
    assert_eq!(
        (&error["failedElementNumber"], &error["status"]),
        (&json!(1), &json!(400))
    );
    assert!(error["elementErrors"]["errors"]["labels"].is_string());
    let (status, answer) = bench.post("3/issue/bulk", &json!({"issueUpdates": [broken]}));
    assert_eq!((status, &answer["issues"]), (400, &json!([])));
    let many = json!({"issueUpdates": vec![sound; 51]});
    for wrong in [many, json!({"issueUpdates": []})] {
        let (status, answer) = bench.post("3/issue/bulk", &wrong);
        let text = &answer["errors"][0]["elementErrors"]["errorMessages"][0];
        assert_eq!(
            (status, &answer["issues"], text.is_string()),
            (400, &json!([]), true)
        );
    }
    assert_eq!(bench.offline.ledger().entries().len(), 2);
}

fn move_to(bench: &mut Bench, target: &str, issues: &[&str]) -> (u16, Value) {
    let mapping = json!({target: {
        "issueIdsOrKeys": issues,
        "inferFieldDefaults": true,
        "inferStatusDefaults": true,
        "inferSubtaskTypeDefault": true,
        "inferClassificationDefaults": true,
    }});
    bench.post(
        "3/bulk/issues/move",
        &json!({"targetToSourcesMapping": mapping}),
    )
}

#[test]
fn a_moved_issue_keeps_its_id_and_answers_to_its_old_key() {
    let mut bench = Bench::new(0);
    bench.create(json!({"components": [{"name": "Cart"}]}));
    bench.create(json!({"issuetype": {"name": "Sub-task"}, "parent": {"key": "WEB-1"}}));
    let (status, task) = move_to(&mut bench, "OPS,10003", &["WEB-1", "WEB-77"]);
    assert_eq!(status, 201, "{task}");
    let path = format!("3/bulk/queue/{}", task["taskId"].as_str().expect("an id"));
    assert_eq!(bench.get(&path).1["status"], "ENQUEUED");
    assert_eq!(bench.get("3/issue/WEB-1").1["key"], "WEB-1", "not yet");
    bench.wait(500);
    assert_eq!(bench.get(&path).1["status"], "RUNNING");
    bench.wait(500);
    let (_, progress) = bench.get(&path);
    assert_eq!(
        (&progress["status"], &progress["progressPercent"]),
        (&json!("COMPLETE"), &json!(100))
    );
    assert_eq!(progress["processedAccessibleIssues"], json!([10_001]));
    assert_eq!(progress["invalidOrInaccessibleIssueCount"], 1);
    assert_eq!(bench.by("alice", "GET", &path, None).0, 400);
    let (_, read) = bench.get("3/issue/WEB-1?expand=changelog");
    assert_eq!(
        (&read["id"], &read["key"]),
        (&json!("10001"), &json!("OPS-1"))
    );
    assert_eq!(read["fields"]["issuetype"]["name"], "Bug");
    assert_eq!(read["fields"]["components"], json!([]));
    assert_eq!(
        bench.get("3/issue/OPS-2").1["fields"]["parent"]["key"],
        "OPS-1"
    );
    let items = &read["changelog"]["histories"][0]["items"];
    assert_eq!(
        (&items[0]["field"], &items[0]["to"]),
        (&json!("project"), &json!("10001"))
    );
    assert_eq!(
        (
            &items[1]["field"],
            &items[1]["fromString"],
            &items[1]["toString"]
        ),
        (&json!("Key"), &json!("WEB-1"), &json!("OPS-1"))
    );
    bench.wait(2_000);
    assert_eq!(bench.search("key = WEB-1"), ["OPS-1"]);
    assert_eq!(bench.search("project = WEB"), Vec::<String>::new());
    assert_eq!(
        bench.search("project = OPS ORDER BY id"),
        ["OPS-1", "OPS-2"]
    );
    assert_eq!(
        bench.create(json!({})),
        "WEB-3",
        "the old numbers are not given again"
    );
    assert_eq!(bench.delete("3/issue/WEB-1?deleteSubtasks=True"), 204);
    assert_eq!(bench.get("3/issue/WEB-1").0, 404);
}

#[test]
fn a_wrong_move_is_refused() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    let mut check = |target: &str, issues: &[&str]| {
        let (status, answer) = move_to(&mut bench, target, issues);
        assert_eq!(status, 400, "{target}");
        assert!(answer["errors"][0]["message"].is_string(), "{answer}");
    };
    check("NONE,10003", &["WEB-1"]);
    check("OPS,77", &["WEB-1"]);
    check("OPS", &["WEB-1"]);
    check("OPS,10004", &["WEB-1"]);
    check("OPS,10004,WEB-1", &["WEB-1"]);
    check("OPS,10003", &[]);
    assert_eq!(
        bench
            .post("3/bulk/issues/move", &json!({"targetToSourcesMapping": {}}))
            .0,
        400
    );
    assert_eq!(bench.get("3/bulk/queue/1").0, 400);
    for _ in 0..5 {
        assert_eq!(move_to(&mut bench, "OPS,10003", &["WEB-1"]).0, 201);
    }
    assert_eq!(move_to(&mut bench, "OPS,10003", &["WEB-1"]).0, 429);
}

#[test]
fn properties_of_many_issues_are_set_by_a_task() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    bench.create(json!({}));
    let set = |bench: &mut Bench, method: &str, path: &str, body: Value| -> String {
        let response = bench.response(method, path, Some(&body));
        assert_eq!(response.status, 303, "{body}");
        let address = response.header("location").expect("an address").to_owned();
        bench.wait(1_000);
        let path = address
            .split_once("/rest/api/")
            .expect("a path")
            .1
            .to_owned();
        assert_eq!(bench.get(&path).1["status"], "COMPLETE");
        path
    };
    let value = |bench: &mut Bench, key: &str| {
        bench.get(&format!("3/issue/{key}/properties/p")).1["value"].clone()
    };
    set(
        &mut bench,
        "POST",
        "3/issue/properties",
        json!({"entitiesIds": [10_001, 10_002], "properties": {"p": 1}}),
    );
    assert_eq!(
        (value(&mut bench, "WEB-1"), value(&mut bench, "WEB-2")),
        (json!(1), json!(1))
    );
    set(
        &mut bench,
        "POST",
        "3/issue/properties/multi",
        json!({"issues": [{"issueID": 10_002, "properties": {"p": 2}}]}),
    );
    set(
        &mut bench,
        "PUT",
        "3/issue/properties/p",
        json!({"value": 3, "filter": {"currentValue": 2}}),
    );
    assert_eq!(
        (value(&mut bench, "WEB-1"), value(&mut bench, "WEB-2")),
        (json!(1), json!(3))
    );
    set(
        &mut bench,
        "DELETE",
        "3/issue/properties/p",
        json!({"entityIds": [10_001]}),
    );
    assert_eq!(bench.get("3/issue/WEB-1/properties/p").0, 404);
    let unknown = json!({"entitiesIds": [1], "properties": {"p": 1}});
    assert_eq!(bench.post("3/issue/properties", &unknown).0, 400);
    assert_eq!(bench.get("3/task/1").0, 404);
}

#[test]
fn changelogs_are_read_by_the_ids_of_their_entries() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    for summary in ["One", "Two"] {
        let body = json!({"fields": {"summary": summary}});
        assert_eq!(bench.put("3/issue/WEB-1", &body).0, 204);
    }
    let (_, log) = bench.get("3/issue/WEB-1/changelog");
    let id: u64 = log["values"][1]["id"]
        .as_str()
        .expect("an id")
        .parse()
        .expect("a number");
    let (status, found) = bench.post(
        "3/issue/WEB-1/changelog/list",
        &json!({"changelogIds": [id, 1]}),
    );
    assert_eq!((status, &found["total"]), (200, &json!(1)));
    assert_eq!(found["histories"][0]["items"][0]["toString"], "Two");
    let none = json!({"changelogIds": []});
    assert_eq!(bench.post("3/issue/WEB-1/changelog/list", &none).0, 400);
}

#[test]
fn nobody_in_particular_is_nobody() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    let assign = |bench: &mut Bench, account: Value| {
        bench
            .put("3/issue/WEB-1/assignee", &json!({"accountId": account}))
            .0
    };
    assert_eq!(assign(&mut bench, json!(super::ALICE)), 204);
    assert_eq!(assign(&mut bench, json!("-1")), 204);
    assert_eq!(
        bench.get("3/issue/WEB-1").1["fields"]["assignee"],
        Value::Null
    );
    assert_eq!(assign(&mut bench, json!("nobody")), 400);
}
