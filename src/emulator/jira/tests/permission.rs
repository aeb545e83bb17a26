//! What lacking permissions look like.

use serde_json::{Value, json};

use super::{Bench, document, issue};

const WRITES: [(&str, &str, u16); 9] = [
    ("PUT", "issue/WEB-1", 403),
    ("DELETE", "issue/WEB-1", 403),
    ("PUT", "issue/WEB-1/assignee", 403),
    ("POST", "issue/WEB-1/comment", 400),
    ("POST", "issue/WEB-1/remotelink", 403),
    ("PUT", "issue/WEB-1/properties/k", 403),
    ("POST", "issue/WEB-1/transitions", 400),
    ("POST", "component", 403),
    ("POST", "version", 404),
];

#[test]
fn a_reader_reads_and_changes_nothing() {
    let mut bench = Bench::new(1);
    assert_eq!(
        bench.raw("GET", "/rest/api/3/issue/WEB-1", "grace", None).0,
        200
    );
    let body = json!({
        "fields": {"summary": "x"}, "accountId": null, "body": document("x"), "transition": {"id": "11"},
        "project": "WEB", "projectId": 10000, "name": "x", "object": {"url": "http://x", "title": "x"},
    });
    for (method, path, expected) in WRITES {
        let (status, answer) =
            bench.raw(method, &format!("/rest/api/3/{path}"), "grace", Some(&body));
        assert_eq!(status, expected, "{method} {path}: {answer}");
        assert!(
            answer["errorMessages"][0].is_string() || answer["errors"].is_object(),
            "{answer}"
        );
    }
    let (status, answer) = bench.raw(
        "POST",
        "/rest/api/3/issue",
        "grace",
        Some(&issue(json!({}))),
    );
    assert_eq!(
        (status, &answer["errorMessages"][0]),
        (
            403,
            &json!("You do not have permission to create issues in this project.")
        )
    );
    let (_, transitions) = bench.raw("GET", "/rest/api/3/issue/WEB-1/transitions", "grace", None);
    assert_eq!(transitions["transitions"], json!([]));
    assert_eq!(
        bench
            .raw(
                "POST",
                "/rest/agile/1.0/sprint",
                "grace",
                Some(&json!({"name": "x", "originBoardId": 1}))
            )
            .0,
        403
    );
    let (_, held) = bench.raw(
        "GET",
        "/rest/api/3/mypermissions?permissions=EDIT_ISSUES,BROWSE_PROJECTS",
        "grace",
        None,
    );
    assert_eq!(held["permissions"]["EDIT_ISSUES"]["havePermission"], false);
    assert_eq!(
        held["permissions"]["BROWSE_PROJECTS"]["havePermission"],
        true
    );
    assert!(bench.offline.ledger().entries().is_empty());
}

#[test]
fn who_may_not_browse_users_finds_nobody_silently() {
    let mut bench = Bench::new(0);
    let mut get = |path: &str| bench.raw("GET", &format!("/rest/api/3/{path}"), "hugo", None);
    assert_eq!(get("user/search?query=alice"), (200, json!([])));
    assert_eq!(get("user/assignable/search?project=WEB"), (200, json!([])));
    assert_eq!(get("groups/picker?query=dev").1["total"], 0);
    assert_eq!(get("users/search").0, 403);
    assert_eq!(get("group/bulk").0, 403);
    assert_eq!(get("myself").0, 200);
}

#[test]
fn what_a_guest_does_not_see_is_not_there() {
    let mut bench = Bench::new(0);
    let hidden = json!({"fields": {"project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": "Hidden"}});
    assert_eq!(bench.post("3/issue", &hidden).0, 201);
    let key = bench.create(json!({}));
    bench.wait(2_000);
    let mut ask =
        |method: &str, path: &str, body: Option<&Value>| bench.raw(method, path, "ines", body);
    assert_eq!(ask("GET", "/rest/api/3/issue/OPS-1", None).0, 404);
    assert_eq!(ask("GET", "/rest/api/3/issue/OPS-1/comment", None).0, 404);
    assert_eq!(ask("GET", "/rest/api/3/project/OPS", None).0, 404);
    assert_eq!(ask("GET", "/rest/api/3/project/search", None).1["total"], 1);
    assert_eq!(ask("POST", "/rest/api/3/issue", Some(&hidden)).0, 400);
    let bulk = json!({"issueIdsOrKeys": ["OPS-1", key]});
    assert_eq!(
        ask("POST", "/rest/api/3/issue/bulkfetch", Some(&bulk)).1["issues"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
    let search = |jql: &str| json!({"jql": jql, "fields": ["key"]});
    assert_eq!(
        ask(
            "POST",
            "/rest/api/3/search/jql",
            Some(&search("project = OPS"))
        )
        .0,
        400
    );
    let (_, found) = ask(
        "POST",
        "/rest/api/3/search/jql",
        Some(&search("summary ~ Hidden or created > -1d")),
    );
    assert_eq!(found["issues"].as_array().map(Vec::len), Some(1));
    assert_eq!(ask("GET", "/rest/agile/1.0/board", None).1["total"], 1);
}

#[test]
fn people_and_groups_are_looked_up() {
    let mut bench = Bench::new(0);
    let mut get = |path: &str| bench.get(&format!("3/{path}"));
    let (_, exact) = get("user/search?query=bruno@acme.example");
    assert_eq!(exact[0]["displayName"], "Bruno Belmonte");
    assert_eq!(exact[0].get("emailAddress"), None);
    assert_eq!(
        get("user/search?query=bruno@acme").1,
        json!([]),
        "only whole addresses are found"
    );
    assert_eq!(get("user/search").0, 400);
    assert_eq!(get("group/bulk").1["total"], 4);
    assert_eq!(
        get("group/bulk?groupName=developers").1["values"][0]["name"],
        "developers"
    );
    assert_eq!(get("group/member?groupname=developers").1["total"], 4);
    assert_eq!(get("group/member?groupname=nobodies").0, 404);
    assert_eq!(
        get("groups/picker?query=dev").1["groups"][0]["html"],
        "<strong>dev</strong>elopers"
    );
    let id = exact[0]["accountId"].as_str().expect("an id").to_owned();
    assert_eq!(
        get(&format!("user/groups?accountId={id}")).1[0]["name"],
        "developers"
    );
    assert_eq!(
        get(&format!("user?accountId={id}&expand=groups")).1["groups"]["size"],
        2
    );
    assert_eq!(get("user/assignable/search?issueKey=WEB-9").0, 404);
    let names = get("user/assignable/search?project=WEB").1;
    assert!(
        names
            .as_array()
            .is_some_and(|it| it.iter().all(|one| one["displayName"] != "Grace Grundy"))
    );
    assert_eq!(
        get("permissions").1["permissions"]["EDIT_ISSUES"]["type"],
        "PROJECT"
    );
    assert_eq!(
        get("mypermissions?permissions=EDIT_ISSUES&projectKey=NOPE").0,
        404
    );
}
