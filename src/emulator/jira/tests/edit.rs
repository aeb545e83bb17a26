//! Edits, transitions, comments, properties and links of an existing issue.

use serde_json::{Value, json};

use super::{Bench, document, issue, parsed};

fn updated(bench: &mut Bench) -> Value {
    bench.get("3/issue/WEB-1?fields=updated").1["fields"]["updated"].clone()
}

#[test]
fn an_edit_writes_all_or_nothing() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    let (status, _) = bench.put(
        "3/issue/WEB-1",
        &json!({"fields": {"summary": "New", "labels": ["a b"]}}),
    );
    assert_eq!(status, 400);
    assert_eq!(bench.get("3/issue/WEB-1").1["fields"]["summary"], "A task");
    let (status, answer) = bench.put("3/issue/WEB-1", &json!({"fields": {"summary": "New"}, "update": {"labels": [{"add": "x"}, {"add": "y"}, {"remove": "x"}]}}));
    assert_eq!((status, answer), (204, Value::Null));
    let (_, read) = bench.get("3/issue/10001");
    assert_eq!(read["fields"]["labels"], json!(["y"]));
    let (status, read) = bench.put(
        "3/issue/WEB-1?returnIssue=true",
        &json!({"fields": {"summary": "Newer"}}),
    );
    assert_eq!((status, &read["fields"]["summary"]), (200, &json!("Newer")));
}

#[test]
fn an_edit_that_returns_the_issue_shows_its_changelog_when_asked() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    let mut put = |query: &str, summary: &str| {
        let body = json!({"fields": {"summary": summary}});
        let path = format!("3/issue/WEB-1{query}");
        bench.wait(1_000);
        (
            bench.put(&path, &body).1,
            bench.get("3/issue/WEB-1?expand=changelog").1,
        )
    };
    let (told, read) = put("?returnIssue=true&expand=changelog", "New");
    assert_eq!(told["changelog"], read["changelog"]);
    let (told, read) = put("?returnIssue=true&expand=changelog", "Newer");
    assert_eq!(told["changelog"], read["changelog"]);
    let newest = &told["changelog"]["histories"][0];
    assert_eq!(newest["items"][0]["fieldId"], "summary");
    assert_eq!(newest["items"][0]["fromString"], "New");
    assert_eq!(newest["items"][0]["toString"], "Newer");
    assert_eq!(newest["created"], told["fields"]["updated"]);
    assert!(newest["author"]["accountId"].is_string());
    assert_eq!(told["changelog"]["total"], 2);
    let (told, _) = put("?returnIssue=true", "Newest");
    assert_eq!(told["changelog"], Value::Null, "it was not asked for");
    let (told, _) = put("?expand=changelog", "Last");
    assert_eq!(told, Value::Null, "no issue was asked for");
}

#[test]
fn a_field_stands_in_fields_or_in_update_and_status_in_neither() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    let both = json!({"fields": {"labels": []}, "update": {"labels": [{"add": "x"}]}});
    assert_eq!(bench.put("3/issue/WEB-1", &both).0, 400);
    let (status, answer) = bench.put(
        "3/issue/WEB-1",
        &json!({"fields": {"status": {"name": "Done"}}}),
    );
    assert_eq!(status, 400);
    assert!(answer["errors"]["status"].is_string());
    assert_eq!(
        bench
            .put("3/issue/WEB-9", &json!({"fields": {"summary": "x"}}))
            .0,
        404
    );
}

#[test]
fn a_transition_is_valid_only_from_its_status() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    let go = |bench: &mut Bench, id: &str| {
        bench
            .post(
                "3/issue/WEB-1/transitions",
                &json!({"transition": {"id": id}}),
            )
            .0
    };
    let names = |bench: &mut Bench| -> Vec<Value> {
        let rows = bench.get("3/issue/WEB-1/transitions").1["transitions"].clone();
        rows.as_array()
            .expect("rows")
            .iter()
            .map(|it| it["to"]["name"].clone())
            .collect()
    };
    assert_eq!(names(&mut bench), ["In Progress"]);
    assert_eq!(go(&mut bench, "31"), 400);
    assert_eq!(go(&mut bench, "11"), 204);
    assert_eq!(names(&mut bench), ["In Review", "To Do"]);
    assert_eq!(go(&mut bench, "11"), 400);
    assert_eq!(go(&mut bench, "21"), 204);
    assert_eq!(go(&mut bench, "31"), 204);
    let (_, read) = bench.get("3/issue/WEB-1?expand=changelog");
    assert_eq!(read["fields"]["status"]["statusCategory"]["key"], "done");
    assert_eq!(read["fields"]["resolution"]["name"], "Done");
    assert_eq!(read["changelog"]["total"], 3);
    assert_eq!(
        read["changelog"]["histories"][0]["items"][0]["toString"], "Done",
        "newest first"
    );
    let (_, oldest_first) = bench.get("3/issue/WEB-1/changelog");
    assert_eq!(
        oldest_first["values"][0]["items"][0]["toString"],
        "In Progress"
    );
}

#[test]
fn updated_moves_for_everything_but_properties() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    let mut check = |what: &str, moves: bool, act: &dyn Fn(&mut Bench) -> u16| {
        bench.wait(1_000);
        let before = updated(&mut bench);
        assert!(act(&mut bench) < 300, "{what}");
        assert_eq!(updated(&mut bench) != before, moves, "{what}");
    };
    check("edit", true, &|bench| {
        bench
            .put("3/issue/WEB-1", &json!({"fields": {"summary": "B"}}))
            .0
    });
    check("an edit that changes nothing", false, &|bench| {
        bench
            .put("3/issue/WEB-1", &json!({"fields": {"summary": "B"}}))
            .0
    });
    check("transition", true, &|bench| {
        bench
            .post(
                "3/issue/WEB-1/transitions",
                &json!({"transition": {"id": "11"}}),
            )
            .0
    });
    check("comment", true, &|bench| {
        bench
            .post("3/issue/WEB-1/comment", &json!({"body": document("c")}))
            .0
    });
    check("remote link", true, &|bench| {
        bench
            .post(
                "3/issue/WEB-1/remotelink",
                &json!({"object": {"url": "https://x.example", "title": "x"}}),
            )
            .0
    });
    check("property", false, &|bench| {
        bench.put("3/issue/WEB-1/properties/p", &json!({"a": 1})).0
    });
}

#[test]
fn comments_have_properties_that_a_list_by_id_returns() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    let body =
        json!({"body": document("Hi"), "properties": [{"key": "counterpart", "value": {"c": 9}}]});
    let (status, comment) = bench.post("3/issue/WEB-1/comment", &body);
    assert_eq!(status, 201);
    assert_eq!(
        bench.offline.ledger().comments().get(r#"{"c":9}"#),
        Some(&1)
    );
    let id: u64 = comment["id"]
        .as_str()
        .and_then(|it| it.parse().ok())
        .expect("an id");
    let (_, list) = bench.post(
        "3/comment/list?expand=properties",
        &json!({"ids": [id, 999]}),
    );
    assert_eq!(
        list["values"][0]["properties"],
        json!([{"key": "counterpart", "value": {"c": 9}}])
    );
    assert_eq!(list["total"], 1);
    assert_eq!(
        bench
            .get(&format!("3/comment/{id}/properties/counterpart"))
            .1["value"]["c"],
        9
    );
    let path = format!("3/issue/WEB-1/comment/{id}");
    assert_eq!(
        bench.put(&path, &json!({"body": document("Ho")})).1["body"],
        document("Ho")
    );
    assert_eq!(bench.response("DELETE", &path, None).status, 204);
    assert_eq!(bench.get(&path).0, 404);
}

#[test]
fn a_comment_must_be_a_document() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    let (status, answer) = bench.post("3/issue/WEB-1/comment", &json!({"body": "text"}));
    assert_eq!(
        (status, &answer["errors"]["comment"]),
        (400, &json!("Comment body is not valid!"))
    );
    assert_eq!(
        bench
            .post(
                "3/issue/WEB-1/comment",
                &json!({"body": {"type": "doc", "version": 2, "content": []}})
            )
            .0,
        400
    );
    assert_eq!(bench.post("3/issue/WEB-1/comment", &json!({})).0, 400);
    assert_eq!(
        bench
            .post("2/issue/WEB-1/comment", &json!({"body": "text"}))
            .0,
        201
    );
}

#[test]
fn the_field_comment_holds_the_latest_hundred() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    for number in 0..105 {
        bench.wait(2_000);
        bench.post(
            "3/issue/WEB-1/comment",
            &json!({"body": document(&number.to_string())}),
        );
    }
    let (_, read) = bench.get("3/issue/WEB-1?fields=comment");
    let field = &read["fields"]["comment"];
    assert_eq!(
        (&field["total"], field["comments"].as_array().map(Vec::len)),
        (&json!(105), Some(100))
    );
    assert_eq!(
        field["comments"][0]["body"],
        document("5"),
        "the oldest are dropped"
    );
    let (_, page) = bench.get("3/issue/WEB-1/comment?startAt=100&maxResults=50");
    assert_eq!(
        (page["comments"].as_array().map(Vec::len), &page["total"]),
        (Some(5), &json!(105))
    );
    let (_, page) = bench.get("3/issue/WEB-1/comment?orderBy=-created&maxResults=1");
    assert_eq!(page["comments"][0]["body"], document("104"));
}

#[test]
fn remote_links_are_upserted_by_global_id() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    let link = |title: &str, global: Option<&str>| json!({"globalId": global, "relationship": "r", "object": {"url": "https://x.example", "title": title}});
    let (status, first) = bench.post(
        "3/issue/WEB-1/remotelink",
        &link("one", Some("system=x&id=1")),
    );
    assert_eq!(status, 201);
    let without = json!({"globalId": "system=x&id=1", "object": {"url": "https://x.example", "title": "two"}});
    let (status, second) = bench.post("3/issue/WEB-1/remotelink", &without);
    assert_eq!((status, &second["id"]), (200, &first["id"]));
    let (_, read) = bench.get("3/issue/WEB-1/remotelink?globalId=system%3Dx%26id%3D1");
    assert_eq!(read["object"]["title"], "two");
    assert_eq!(read.get("relationship"), None, "what is not sent is unset");
    bench.post("3/issue/WEB-1/remotelink", &link("three", None));
    bench.post("3/issue/WEB-1/remotelink", &link("three", None));
    assert_eq!(
        bench
            .get("3/issue/WEB-1/remotelink")
            .1
            .as_array()
            .map(Vec::len),
        Some(3)
    );
    let path = "3/issue/WEB-1/remotelink?globalId=system%3Dx%26id%3D1";
    assert_eq!(bench.response("DELETE", path, None).status, 415);
    let typed =
        Bench::request("DELETE", path, None).with_header("content-type", "application/json");
    assert_eq!(
        bench.send(&typed).response().expect("an answer").status,
        204
    );
    assert_eq!(bench.get(path).0, 404);
}

#[test]
fn properties_come_and_go() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    assert_eq!(
        bench.put("3/issue/WEB-1/properties/p", &json!({"a": 1})).0,
        201
    );
    assert_eq!(
        bench.put("3/issue/WEB-1/properties/p", &json!({"a": 2})).0,
        200
    );
    assert_eq!(
        bench.get("3/issue/WEB-1/properties/p").1,
        json!({"key": "p", "value": {"a": 2}})
    );
    assert_eq!(
        bench.get("3/issue/WEB-1/properties").1["keys"][0]["key"],
        "p"
    );
    let long = json!("x".repeat(32_768));
    assert_eq!(bench.put("3/issue/WEB-1/properties/p", &long).0, 400);
    assert_eq!(
        bench
            .response("DELETE", "3/issue/WEB-1/properties/p", None)
            .status,
        204
    );
    assert_eq!(bench.get("3/issue/WEB-1/properties/p").0, 404);
}

#[test]
fn writes_to_one_issue_are_limited_and_to_others_are_not() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    bench.create(json!({}));
    let edit = |bench: &mut Bench, key: &str| {
        let body = json!({"fields": {"summary": "x"}});
        bench.response("PUT", &format!("3/issue/{key}"), Some(&body))
    };
    for _ in 0..20 {
        assert_eq!(edit(&mut bench, "WEB-1").status, 204);
    }
    let refused = edit(&mut bench, "WEB-1");
    assert_eq!(refused.status, 429);
    assert_eq!(
        refused.header("RateLimit-Reason"),
        Some("jira-per-issue-on-write")
    );
    assert_eq!(refused.header("Retry-After"), Some("2"));
    assert_eq!(edit(&mut bench, "WEB-2").status, 204);
    assert_eq!(bench.get("3/issue/WEB-1").0, 200, "reads are not limited");
    bench.wait(2_000);
    assert_eq!(edit(&mut bench, "WEB-1").status, 204);
}

#[test]
fn a_deleted_issue_looks_like_one_that_never_was() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    let mut sub = issue(json!({"issuetype": {"name": "Sub-task"}, "parent": {"key": "WEB-1"}}));
    sub["fields"]["summary"] = json!("Part");
    assert_eq!(bench.post("3/issue", &sub).0, 201);
    assert_eq!(
        bench.get("3/issue/WEB-1").1["fields"]["subtasks"][0]["key"],
        "WEB-2"
    );
    assert_eq!(bench.response("DELETE", "3/issue/WEB-1", None).status, 400);
    assert_eq!(
        bench
            .response("DELETE", "3/issue/WEB-1?deleteSubtasks=true", None)
            .status,
        204
    );
    let gone = bench.response("GET", "3/issue/WEB-1", None);
    assert_eq!(
        parsed(&gone).1["errorMessages"][0],
        "Issue does not exist or you do not have permission to see it."
    );
    assert_eq!(bench.get("3/issue/WEB-2").0, 404);
    assert_eq!(bench.create(json!({})), "WEB-3", "keys are not given twice");
}
