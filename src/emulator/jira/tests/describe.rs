//! What is set up on the site is described where clients look for it.

use serde_json::{Value, json};

use super::{ALICE, Bench};

#[test]
fn every_description_is_where_clients_look_for_it() {
    let mut bench = Bench::new(1);
    let mut check = |path: &str, pointer: &str, expected: Value| {
        let (status, answer) = bench.get(path);
        assert_eq!(status, 200, "{path}: {answer}");
        assert_eq!(answer.pointer(pointer), Some(&expected), "{path}: {answer}");
    };
    check("3/serverInfo", "/deploymentType", json!("Cloud"));
    check("2/serverInfo", "/versionNumbers/0", json!(1001));
    check("latest/myself", "/emailAddress", json!("sync@acme.example"));
    check("3/project", "/0/key", json!("WEB"));
    check("3/project/search?maxResults=1", "/isLast", json!(false));
    check("3/project/10000", "/issueTypes/4/subtask", json!(true));
    check(
        "3/project/web/statuses",
        "/0/statuses/3/name",
        json!("Done"),
    );
    check("3/issuetype", "/0/hierarchyLevel", json!(1));
    check(
        "3/issuetype/project?projectId=10000",
        "/3/name",
        json!("Bug"),
    );
    check("3/status", "/1/statusCategory/key", json!("indeterminate"));
    check(
        "3/statuses/search",
        "/values/0/statusCategory",
        json!("TODO"),
    );
    check("3/statuscategory", "/3/key", json!("done"));
    check("3/priority", "/0/name", json!("Highest"));
    check("3/priority/search", "/total", json!(5));
    check("3/resolution", "/0/name", json!("Done"));
    check("3/field", "/0/schema/system", json!("summary"));
    check(
        "3/field/search?type=custom",
        "/values/0/id",
        json!("customfield_10016"),
    );
    check(
        "3/issue/createmeta/WEB/issuetypes",
        "/issueTypes/1/name",
        json!("Story"),
    );
    check(
        "3/issue/createmeta/WEB/issuetypes/10001",
        "/fields/0/required",
        json!(true),
    );
    check(
        "3/issue/WEB-1/editmeta",
        "/fields/labels/operations/2",
        json!("remove"),
    );
    check(
        "3/issue/WEB-1?expand=names",
        "/names/summary",
        json!("Summary"),
    );
    check(
        &format!("3/user?accountId={ALICE}"),
        "/displayName",
        json!("Alice Abara"),
    );
    check(
        "3/user/search?query=alice@acme.example",
        "/0/accountId",
        json!(ALICE),
    );
    check(
        "3/user/assignable/search?project=WEB&query=ali",
        "/0/accountId",
        json!(ALICE),
    );
    check(
        "3/users/search",
        "/6/displayName",
        json!("Counterpart Sync"),
    );
    check(
        &format!("3/user/bulk?accountId={ALICE}&accountId=x"),
        "/total",
        json!(1),
    );
}

#[test]
fn what_is_not_set_up_is_not_found() {
    let mut bench = Bench::new(0);
    for path in [
        "3/project/NOPE",
        "3/project/NOPE/statuses",
        "3/issuetype/9",
        "3/priority/9",
        "3/user?accountId=nobody",
        "3/issue/WEB-1/editmeta",
        "4/myself",
    ] {
        assert_eq!(bench.get(path).0, 404, "{path}");
    }
    for path in ["NOPE/issuetypes", "WEB/issuetypes/9"] {
        let path = format!("3/issue/createmeta/{path}");
        assert_eq!(bench.get(&path).0, 400, "{path}");
    }
}

#[test]
fn a_group_tells_its_members_where_that_is_asked_for() {
    let mut bench = Bench::new(0);
    let (status, bare) = bench.get("3/group?groupname=developers");
    assert_eq!((status, &bare["users"]["size"]), (200, &json!(4)));
    assert_eq!(bare["users"]["items"], json!([]));
    let (_, shown) = bench.get("3/group?groupname=developers&expand=users%5B2:3%5D");
    assert_eq!(
        (&shown["users"]["start-index"], &shown["users"]["end-index"]),
        (&json!(2), &json!(3))
    );
    assert_eq!(shown["users"]["items"].as_array().map(Vec::len), Some(2));
    assert_eq!(bench.get("3/group?groupname=nobody").0, 404);
    assert_eq!(bench.get("3/group").0, 400);
}

#[test]
fn those_who_can_be_assigned_in_several_projects_can_be_in_each() {
    let mut bench = Bench::new(0);
    let path = "3/user/assignable/multiProjectSearch";
    let (status, found) = bench.get(&format!("{path}?query=alice&projectKeys=WEB,OPS"));
    assert_eq!((status, found.as_array().map(Vec::len)), (200, Some(1)));
    assert_eq!(bench.get(&format!("{path}?query=alice")).0, 400);
    assert_eq!(bench.get(&format!("{path}?projectKeys=WEB")).0, 400);
    let unknown = format!("{path}?query=alice&projectKeys=WEB,NONE");
    assert_eq!(bench.get(&unknown).0, 404);
}
