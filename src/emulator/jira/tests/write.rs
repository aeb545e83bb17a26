//! Creates and who may make them.

use serde_json::{Value, json};

use super::{ALICE, Bench, document, issue, parsed};
use crate::site::Request;

#[test]
fn a_created_issue_is_read_back_at_once() {
    let mut bench = Bench::new(0);
    let key = bench.create(json!({"description": document("Hello"), "labels": ["b", "a"], "priority": {"name": "High"}, "assignee": {"accountId": ALICE}}));
    assert_eq!(key, "WEB-1");
    let (status, read) = bench.get("3/issue/WEB-1");
    assert_eq!(status, 200);
    let fields = &read["fields"];
    assert_eq!(read["id"], "10001");
    assert_eq!(fields["summary"], "A task");
    assert_eq!(fields["description"], document("Hello"));
    assert_eq!(fields["labels"], json!(["a", "b"]));
    assert_eq!(fields["status"]["name"], "To Do");
    assert_eq!(fields["assignee"]["accountId"], ALICE);
    assert_eq!(
        fields["assignee"].get("emailAddress"),
        None,
        "addresses are hidden"
    );
    let created = fields["created"].as_str().expect("a moment");
    assert!(
        created.ends_with("+0000") && created.len() == 28,
        "{created}"
    );
}

#[test]
fn what_jira_refuses_is_refused_by_field() {
    let mut bench = Bench::new(0);
    let mut check = |fields: Value, field: &str, text: &str| {
        let (status, answer) = bench.post("3/issue", &issue(fields.clone()));
        assert_eq!(status, 400, "{fields}");
        let given = answer["errors"][field].as_str().unwrap_or_default();
        assert!(given.contains(text), "{fields}: {answer}");
    };
    let off_screen = "It is not on the appropriate screen, or unknown.";
    check(json!({"nonsense": 1}), "nonsense", off_screen);
    check(json!({"status": {"name": "Done"}}), "status", off_screen);
    check(
        json!({"resolution": {"name": "Done"}}),
        "resolution",
        off_screen,
    );
    check(
        json!({"summary": ""}),
        "summary",
        "You must specify a summary",
    );
    check(json!({"summary": "a\nb"}), "summary", "newline");
    check(json!({"summary": "x".repeat(256)}), "summary", "255");
    check(
        json!({"labels": ["a b"]}),
        "labels",
        "The label 'a b' contains spaces which is invalid.",
    );
    check(json!({"labels": "a"}), "labels", "data was not an array");
    check(
        json!({"priority": {"name": "Urgent"}}),
        "priority",
        "invalid",
    );
    check(
        json!({"assignee": {"accountId": "712020:nobody"}}),
        "assignee",
        "cannot be assigned",
    );
    check(json!({"assignee": {"name": "alice"}}), "assignee", "GDPR");
    check(
        json!({"issuetype": {"name": "Saga"}}),
        "issuetype",
        "valid issue type",
    );
    check(
        json!({"project": {"key": "NOPE"}}),
        "project",
        "valid project",
    );
    check(
        json!({"issuetype": {"name": "Sub-task"}}),
        "parent",
        "sub-task",
    );
    check(
        json!({"parent": {"key": "WEB-77"}}),
        "parent",
        "Could not find issue",
    );
    check(
        json!({"duedate": "tomorrow"}),
        "duedate",
        "Error parsing date string",
    );
    check(
        json!({"description": "text"}),
        "description",
        "Operation value must be an Atlassian Document",
    );
    check(
        json!({"description": {"type": "doc", "version": 1, "content": [{"type": "odd"}]}}),
        "description",
        "INVALID_INPUT",
    );
    check(
        json!({"description": document(&"x".repeat(32_768))}),
        "description",
        "CONTENT_LIMIT_EXCEEDED",
    );
    assert!(bench.offline.ledger().entries().is_empty());
    assert!(bench.offline.site().items().is_empty());
}

#[test]
fn all_wrong_fields_are_named_together() {
    let mut bench = Bench::new(0);
    let (_, answer) = bench.post(
        "3/issue",
        &issue(json!({"summary": "", "labels": ["a b"], "odd": 1})),
    );
    let names: Vec<&String> = answer["errors"]
        .as_object()
        .expect("errors")
        .keys()
        .collect();
    assert_eq!(names, ["labels", "odd", "summary"]);
}

#[test]
fn a_create_enters_its_marker() {
    let mut bench = Bench::new(0);
    let mut body = issue(json!({}));
    body["properties"] = json!([{"key": "counterpart", "value": {"side": "azure", "id": 7}}]);
    bench.post("3/issue", &body);
    let marker = r#"{"id":7,"side":"azure"}"#;
    assert_eq!(bench.offline.ledger().creates().get(marker), Some(&1));
    let (_, read) = bench.get("3/issue/WEB-1?properties=counterpart&fields=summary");
    assert_eq!(read["properties"]["counterpart"]["id"], 7);
    assert_eq!(bench.offline.site().items()[0]["marker"], marker);
}

#[test]
fn version_two_speaks_plain_text() {
    let mut bench = Bench::new(0);
    let (status, _) = bench.post("2/issue", &issue(json!({"description": "one\ntwo"})));
    assert_eq!(status, 201);
    assert_eq!(
        bench.get("2/issue/WEB-1").1["fields"]["description"],
        "one\ntwo"
    );
    assert_eq!(
        bench.get("3/issue/WEB-1").1["fields"]["description"]["type"],
        "doc"
    );
    let (status, _) = bench.post("2/issue", &issue(json!({"description": document("x")})));
    assert_eq!(status, 400);
}

#[test]
fn credentials_are_judged() {
    let mut bench = Bench::new(1);
    let mut status = |request: Request| bench.send(&request).response().expect("an answer").status;
    let get = |path: &str| Request::new(http::Method::GET, path);
    assert_eq!(status(get("/rest/api/3/serverInfo")), 200);
    assert_eq!(status(get("/_edge/tenant_info")), 200);
    assert_eq!(status(get("/rest/api/3/myself")), 401);
    assert_eq!(status(get("/rest/api/3/issue/WEB-1")), 404);
    assert_eq!(
        status(get("/rest/api/3/myself").with_basic("alice@acme.example", "alice-token")),
        200
    );
    assert_eq!(
        status(get("/rest/api/3/myself").with_basic("alice@acme.example", "bruno-token")),
        401
    );
    assert_eq!(
        status(get("/rest/api/3/search/jql?jql=project=WEB").with_basic("x", "y")),
        401
    );
    assert_eq!(
        status(get("/rest/api/3/nonsense").with_basic("alice@acme.example", "alice-token")),
        404
    );
    let nobody = bench
        .send(&get("/rest/api/3/search/jql?jql=project=WEB"))
        .response()
        .expect("an answer");
    assert_eq!(
        parsed(&nobody),
        (200, json!({"issues": [], "isLast": true}))
    );
}

#[test]
fn permissions_must_be_asked_for_by_name() {
    let mut bench = Bench::new(0);
    assert_eq!(bench.get("3/mypermissions").0, 400);
    assert_eq!(bench.get("3/mypermissions?permissions=FLY").0, 400);
    let (_, answer) = bench.get("3/mypermissions?permissions=BROWSE_PROJECTS,ADMINISTER");
    assert_eq!(
        answer["permissions"]["BROWSE_PROJECTS"]["havePermission"],
        true
    );
    assert_eq!(answer["permissions"]["ADMINISTER"]["havePermission"], false);
}

#[test]
fn sample_issues_would_all_be_accepted_as_they_are() {
    let mut bench = Bench::new(60);
    for item in bench.offline.site().items() {
        let key = item["key"].as_str().expect("a key");
        let (_, read) = bench.get(&format!("3/issue/{key}"));
        let description = &read["fields"]["description"];
        assert_eq!(crate::adf::check(description), Ok(()), "{description}");
        let moves = bench.get(&format!("3/issue/{key}/changelog")).1["total"].clone();
        assert_eq!(moves == json!(0), item["state"] == "To Do", "{key}");
    }
}
