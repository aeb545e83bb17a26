use super::*;

#[test]
fn a_patch_of_links_alone_keeps_the_rev_and_makes_an_update_on_both_sides() {
    let mut world = World::new();
    let (parent, child) = (
        world.story("parent"),
        world.create("Task", &[("System.Title", json!("child"))]),
    );
    let (status, json) = world.link(child, "system.linktypes.hierarchy-reverse", parent);
    assert_eq!((status, &json["rev"]), (200, &json!(1)));
    assert_eq!(
        json["relations"][0]["rel"],
        "System.LinkTypes.Hierarchy-Reverse"
    );
    assert_eq!(
        world.item(parent)["relations"][0]["rel"],
        "System.LinkTypes.Hierarchy-Forward"
    );
    assert_eq!(world.field(child, "System.Parent"), parent);
    let updates = world.get(&format!("/_apis/wit/workitems/{parent}/updates"));
    assert_eq!(updates["value"][1]["id"], 2);
    assert_eq!(updates["value"][1]["rev"], 1);
    assert_eq!(updates["value"][1].get("fields"), None);
    assert!(updates["value"][1]["relations"]["added"].is_array());
    let guarded = json!([{"op": "test", "path": "/rev", "value": 1}, {"op": "remove", "path": "/relations/0"}]);
    let (status, json) = world.patch(child, guarded);
    assert_eq!((status, json.get("relations")), (200, None));
    assert_eq!(world.item(parent).get("relations"), None);
    assert_eq!(
        world.kinds(),
        [Kind::Create, Kind::Create, Kind::Link, Kind::Link]
    );
}

#[test]
fn a_hierarchy_has_one_parent_and_no_circle() {
    let mut world = World::new();
    let ids: Vec<i64> = (0..3).map(|n| world.story(&format!("s{n}"))).collect();
    let (up, down) = (
        "System.LinkTypes.Hierarchy-Reverse",
        "System.LinkTypes.Hierarchy-Forward",
    );
    assert_eq!(world.link(ids[1], up, ids[0]).0, 200);
    assert!(message(&world.link(ids[1], up, ids[2]).1).starts_with("TF201036"));
    assert!(message(&world.link(ids[2], down, ids[1]).1).starts_with("TF201036"));
    assert!(message(&world.link(ids[0], up, ids[1]).1).starts_with("TF201035"));
    assert!(message(&world.link(ids[0], "System.LinkTypes.Related", 99).1).starts_with("TF401232"));
    assert!(message(&world.link(ids[0], down, ids[1]).1).starts_with("Relation already exists"));
    let url = format!("{ORIGIN}/acme/_apis/wit/workItems/{}", ids[2]);
    let swap = json!([
        {"op": "remove", "path": "/relations/0"},
        {"op": "add", "path": "/relations/-", "value": {"rel": up, "url": url}},
    ]);
    assert_eq!(
        world.patch(ids[1], swap).0,
        200,
        "a parent is changed in one patch"
    );
    assert_eq!(world.field(ids[1], "System.Parent"), ids[2]);
}

#[test]
fn a_hyperlink_in_a_create_is_the_marker_in_the_ledger() {
    let mut world = World::new();
    let link = json!({"rel": "Hyperlink", "url": "https://jira.example/browse/WEB-1", "attributes": {"comment": "cp:1"}});
    let body = json!([
        {"op": "add", "path": "/fields/System.Title", "value": "t"},
        {"op": "add", "path": "/relations/-", "value": link},
    ]);
    let (status, json) = world.call_as(
        "sync",
        Method::POST,
        "/Platform/_apis/wit/workitems/$Bug",
        Some(body),
    );
    assert_eq!(status, 200);
    assert_eq!(json["relations"][0]["attributes"]["comment"], "cp:1");
    let entry = &world.ledger.entries()[0];
    assert_eq!(
        (entry.marker.as_deref(), entry.by.as_str()),
        (Some("cp:1"), "sync@acme.example")
    );
    assert_eq!(world.services.items()[0]["marker"], "cp:1");
    let id = json["id"].as_i64().unwrap();
    let edit =
        json!([{"op": "replace", "path": "/relations/0/attributes/comment", "value": "cp:2"}]);
    let (_, json) = world.patch(id, edit);
    assert_eq!(json["relations"][0]["attributes"]["comment"], "cp:2");
    assert_eq!(json["rev"], 2, "a resource link belongs to the revision");
}

#[test]
fn links_to_a_deleted_item_are_hidden_until_it_is_restored() {
    let mut world = World::new();
    let (parent, child) = (world.story("p"), world.story("c"));
    world.link(child, "System.LinkTypes.Hierarchy-Reverse", parent);
    world.call(
        Method::DELETE,
        &format!("/_apis/wit/workitems/{parent}"),
        None,
    );
    assert_eq!(world.item(child).get("relations"), None);
    assert_eq!(world.field(child, "System.Parent"), Json::Null);
    let bin = format!("/_apis/wit/recyclebin/{parent}");
    world.call(Method::PATCH, &bin, Some(json!({"isDeleted": false})));
    assert_eq!(world.field(child, "System.Parent"), parent);
}
