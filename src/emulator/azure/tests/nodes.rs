//! Classification nodes.

use super::*;

const AREAS: &str = "/Platform/_apis/wit/classificationnodes/areas";
const ITERATIONS: &str = "/Platform/_apis/wit/classificationnodes/iterations";

#[test]
fn a_node_is_made_once_below_one_parent() {
    let mut world = World::new();
    let body = json!({"name": "Backend"});
    let (status, node) = world.call(Method::POST, AREAS, Some(body.clone()));
    assert_eq!(status, 201, "{node}");
    assert_eq!(node["path"], "\\Platform\\Area\\Backend");
    let (status, again) = world.call(Method::POST, AREAS, Some(json!({"name": "BACKEND"})));
    assert_eq!(status, 409);
    assert!(message(&again).starts_with("VS402371: Classification node name BACKEND"));
    let path = format!("{AREAS}/Backend");
    assert_eq!(world.call(Method::POST, &path, Some(body)).0, 201);
    for name in ["a/b", "", "NUL", "50%"] {
        let (status, _) = world.call(Method::POST, AREAS, Some(json!({"name": name})));
        assert_eq!(status, 400, "{name}");
    }
    let tree = world.get(&format!("{AREAS}?$depth=2"));
    assert_eq!(tree["children"][0]["children"][0]["name"], "Backend");
    let id = &node["id"];
    let nodes = world.get(&format!(
        "/Platform/_apis/wit/classificationnodes?ids={id},11"
    ));
    assert_eq!(nodes["value"][1]["name"], "Web");
    let missing = "/Platform/_apis/wit/classificationnodes?ids=4711";
    assert_eq!(world.call(Method::GET, missing, None).0, 404);
    let omitted = world.get(&format!("{missing},11&errorPolicy=omit"));
    assert_eq!(omitted["value"][0], Json::Null);
}

#[test]
fn items_follow_a_node_that_is_renamed_or_moved() {
    let mut world = World::new();
    let id = world.create(
        "Bug",
        &[
            ("System.Title", json!("t")),
            ("System.AreaPath", json!("Platform\\Web")),
        ],
    );
    let path = format!("{AREAS}/Web");
    let (status, node) = world.call(Method::PATCH, &path, Some(json!({"name": "Shop"})));
    assert_eq!(
        (status, &node["path"]),
        (200, &json!("\\Platform\\Area\\Shop"))
    );
    let item = world.item(id);
    assert_eq!(item["fields"]["System.AreaPath"], "Platform\\Shop");
    assert_eq!(item["rev"], 1, "a rename is no revision");
    world.call(Method::POST, AREAS, Some(json!({"name": "Top"})));
    let (status, moved) = world.call(
        Method::POST,
        &format!("{AREAS}/Top"),
        Some(json!({"id": 11})),
    );
    assert_eq!(status, 200, "{moved}");
    assert_eq!(world.field(id, "System.AreaPath"), "Platform\\Top\\Shop");
    let below = format!("{AREAS}/Top/Shop");
    let top = world.get(&format!("{AREAS}/Top"))["id"].clone();
    assert_eq!(
        world.call(Method::POST, &below, Some(json!({"id": top}))).0,
        400
    );
    let root = json!({"id": 10});
    assert_eq!(world.call(Method::POST, &below, Some(root)).0, 400);
}

#[test]
fn items_of_a_deleted_node_go_where_they_are_sent() {
    let mut world = World::new();
    let id = world.create(
        "Bug",
        &[
            ("System.Title", json!("t")),
            ("System.IterationPath", json!("Platform\\Sprint 1")),
        ],
    );
    let path = format!("{ITERATIONS}/Sprint%201");
    for (wanted, status) in [("?$reclassifyId=4711", 404), ("?$reclassifyId=21", 404)] {
        let gone = world.call(Method::DELETE, &format!("{path}{wanted}"), None);
        assert_eq!(gone.0, status, "{wanted}");
    }
    let (status, _) = world.call(Method::DELETE, &format!("{path}?$reclassifyId=22"), None);
    assert_eq!(status, 204);
    let item = world.item(id);
    assert_eq!(item["fields"]["System.IterationPath"], "Platform\\Sprint 2");
    assert_eq!(item["rev"], 2);
    assert_eq!(world.call(Method::GET, &path, None).0, 404);
    let (status, _) = world.call(Method::DELETE, ITERATIONS, None);
    assert_eq!(status, 400, "a root stays");
}

#[test]
fn an_iteration_has_both_dates_or_none() {
    let mut world = World::new();
    let dates = |start: Json, finish: Json| json!({"name": "Sprint 3", "attributes": {"startDate": start, "finishDate": finish}});
    let (early, late) = (json!("2026-09-01T00:00:00Z"), json!("2026-09-14T00:00:00Z"));
    for (start, finish) in [
        (late.clone(), early.clone()),
        (early.clone(), Json::Null),
        (json!("soon"), late.clone()),
    ] {
        let (status, _) = world.call(Method::POST, ITERATIONS, Some(dates(start, finish)));
        assert_eq!(status, 400);
    }
    let (status, node) = world.call(Method::POST, ITERATIONS, Some(dates(early, late.clone())));
    assert_eq!(status, 201);
    assert_eq!(node["attributes"]["finishDate"], late);
    let path = format!("{ITERATIONS}/Sprint%203");
    let cleared = json!({"attributes": {"startDate": null, "finishDate": null}});
    let (status, node) = world.call(Method::PATCH, &path, Some(cleared));
    assert_eq!((status, node.get("attributes")), (200, None));
}
