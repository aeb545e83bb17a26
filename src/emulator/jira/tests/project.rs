//! Versions, components and what else belongs to a project.

use serde_json::{Value, json};

use super::Bench;

fn version(bench: &mut Bench, name: &str) -> String {
    let (status, made) = bench.post("3/version", &json!({"projectId": 10000, "name": name}));
    assert_eq!(status, 201, "{made}");
    made["id"].as_str().expect("an id").to_owned()
}

#[test]
fn versions_are_made_released_moved_and_merged() {
    let mut bench = Bench::new(0);
    let (a, b) = (version(&mut bench, "a-1"), version(&mut bench, "b-1"));
    let (status, answer) = bench.post("3/version", &json!({"project": "WEB", "name": "A-1"}));
    assert_eq!((status, answer["errors"]["name"].is_string()), (400, true));
    assert_eq!(bench.post("3/version", &json!({"name": "x"})).0, 400);
    assert_eq!(
        bench
            .post(
                "3/version",
                &json!({"projectId": 10000, "name": "x", "releaseDate": "soon"})
            )
            .0,
        400
    );
    let key = bench.create(json!({"fixVersions": [{"id": a}], "versions": [{"id": a}]}));
    let updated = bench.get(&format!("3/issue/{key}")).1["fields"]["updated"].clone();
    bench.wait(5_000);
    let (_, released) = bench.put(
        &format!("3/version/{a}"),
        &json!({"released": true, "releaseDate": "2026-10-01"}),
    );
    assert_eq!(
        (&released["released"], &released["userReleaseDate"]),
        (&json!(true), &json!("01/Oct/26"))
    );
    assert_eq!(
        bench.get(&format!("3/issue/{key}")).1["fields"]["updated"],
        updated,
        "releasing touches no issue"
    );
    assert_eq!(
        bench.search("fixVersion in releasedVersions(WEB)"),
        std::slice::from_ref(&key)
    );
    assert_eq!(
        bench.search("fixVersion < \"b-1\""),
        std::slice::from_ref(&key)
    );
    assert_eq!(
        bench.search("affectedVersion in unreleasedVersions()"),
        Vec::<String>::new()
    );
    let (_, counts) = bench.get(&format!("3/version/{a}/relatedIssueCounts"));
    assert_eq!(
        (&counts["issuesFixedCount"], &counts["issuesAffectedCount"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        bench.get(&format!("3/version/{a}/unresolvedIssueCount")).1["issuesUnresolvedCount"],
        1
    );
    assert_eq!(
        bench
            .post(
                &format!("3/version/{b}/move"),
                &json!({"position": "First"})
            )
            .0,
        200
    );
    assert_eq!(bench.get("3/project/WEB/versions").1[0]["id"], json!(b));
    assert_eq!(
        bench
            .post(&format!("3/version/{b}/move"), &json!({"position": "Up"}))
            .0,
        400
    );
    let (_, page) = bench.get("3/project/WEB/version?query=a-1&status=released");
    assert_eq!(page["total"], 1);
}

#[test]
fn a_version_that_goes_is_replaced_or_taken_away_in_its_issues() {
    let mut bench = Bench::new(0);
    let had = bench
        .get("3/project/WEB/versions")
        .1
        .as_array()
        .map_or(0, Vec::len);
    let (a, b) = (version(&mut bench, "a-1"), version(&mut bench, "b-1"));
    let key = bench.create(json!({"fixVersions": [{"id": a}], "versions": [{"id": a}]}));
    bench.wait(5_000);
    assert_eq!(
        bench
            .put(&format!("3/version/{a}/mergeto/{b}"), &json!({}))
            .0,
        204
    );
    assert_eq!(bench.get(&format!("3/version/{a}")).0, 404);
    let (_, read) = bench.get(&format!("3/issue/{key}?expand=changelog"));
    assert_eq!(read["fields"]["fixVersions"][0]["name"], "b-1");
    assert_eq!(read["fields"]["versions"][0]["name"], "b-1");
    let fields: Vec<&Value> = read["changelog"]["histories"][0]["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|it| &it["field"])
        .collect();
    assert_eq!(fields, ["Fix Version", "Fix Version", "Version", "Version"]);
    bench.wait(2_000);
    assert_eq!(
        bench.search("fixVersion changed to \"b-1\""),
        std::slice::from_ref(&key)
    );
    let path = format!("3/version/{b}?moveFixIssuesTo={}", 999);
    assert_eq!(bench.response("DELETE", &path, None).status, 400);
    assert_eq!(
        bench
            .response("DELETE", &format!("3/version/{b}"), None)
            .status,
        204
    );
    assert_eq!(
        bench.get(&format!("3/issue/{key}")).1["fields"]["fixVersions"],
        json!([])
    );
    assert_eq!(
        bench
            .get("3/project/WEB/versions")
            .1
            .as_array()
            .map(Vec::len),
        Some(had)
    );
}

#[test]
fn components_are_made_changed_and_replaced() {
    let mut bench = Bench::new(0);
    let mut make = |name: &str| bench.post("3/component", &json!({"project": "WEB", "name": name}));
    let (status, a) = make("Zeta");
    assert_eq!(status, 201, "{a}");
    let (_, b) = make("Eta");
    assert_eq!(make("zeta").0, 400);
    assert_eq!(make(" ").0, 400);
    let id = |it: &Value| it["id"].as_str().expect("an id").to_owned();
    let (a, b) = (id(&a), id(&b));
    let key = bench.create(json!({"components": [{"id": a}]}));
    let (_, changed) = bench.put(
        &format!("3/component/{a}"),
        &json!({"description": "Last", "leadAccountId": super::ALICE}),
    );
    assert_eq!(changed["lead"]["accountId"], super::ALICE);
    assert_eq!(
        bench.get(&format!("3/component/{a}/relatedIssueCounts")).1["issueCount"],
        1
    );
    bench.wait(2_000);
    assert_eq!(bench.search("component = zeta"), std::slice::from_ref(&key));
    assert_eq!(
        bench
            .response("DELETE", &format!("3/component/{a}?moveIssuesTo={b}"), None)
            .status,
        204
    );
    assert_eq!(
        bench.get(&format!("3/issue/{key}")).1["fields"]["components"][0]["name"],
        "Eta"
    );
    assert_eq!(
        bench.get("3/project/WEB/component?query=eta").1["values"][0]["issueCount"],
        1
    );
    assert_eq!(
        bench.get("3/component?projectIdsOrKeys=WEB&query=eta").1["total"],
        1
    );
    assert_eq!(bench.get("3/component/1").0, 404);
}

#[test]
fn labels_roles_and_properties_of_projects_are_there() {
    let mut bench = Bench::new(0);
    bench.create(json!({"labels": ["b", "a"]}));
    bench.wait(2_000);
    assert_eq!(bench.get("3/label").1["values"], json!(["a", "b"]));
    assert!(bench.get("3/project/WEB/role").1["Administrators"].is_string());
    assert_eq!(
        bench.get("3/project/WEB/role/10002").1["actors"][0]["displayName"],
        "Alice Abara"
    );
    assert_eq!(bench.get("3/role/10003").1["name"], "Developers");
    assert_eq!(bench.get("3/project/WEB/roledetails").1[0]["admin"], true);
    assert_eq!(
        bench.put("3/project/WEB/properties/k", &json!({"v": 1})).0,
        201
    );
    assert_eq!(
        bench.put("3/project/WEB/properties/k", &json!({"v": 2})).0,
        200
    );
    assert_eq!(
        bench.get("3/project/WEB/properties/k").1["value"],
        json!({"v": 2})
    );
    assert_eq!(bench.get("3/project/OPS/properties").1["keys"], json!([]));
    assert_eq!(
        bench
            .response("DELETE", "3/project/WEB/properties/k", None)
            .status,
        204
    );
    assert_eq!(
        bench.get("3/statuses/search?statusCategory=DONE").1["total"],
        3
    );
    assert_eq!(bench.get("3/statuses/search?projectId=10001").1["total"], 7);
    assert_eq!(bench.get("3/statuses?id=3").1[0]["name"], "In Progress");
    assert_eq!(
        bench.get("3/statuses/byNames?name=done").1[0]["id"],
        "10002"
    );
    assert_eq!(bench.get("3/statuscategory/done").1["id"], 3);
    assert_eq!(bench.get("3/resolution/search").1["total"], 2);
    assert_eq!(bench.get("3/resolution/10001").1["name"], "Won't Do");
    assert_eq!(
        bench.get("3/priority/search?priorityName=low").1["total"],
        2
    );
    assert_eq!(
        bench
            .get("3/issuetype/10001/alternatives")
            .1
            .as_array()
            .map(Vec::len),
        Some(3)
    );
}
