use super::*;

#[test]
fn a_contributor_lacks_what_needs_a_permission() {
    let mut world = World::new();
    let id = world.story("t");
    let title = sets("add", &[("System.Title", json!("x"))]);
    let item = format!("/_apis/wit/workitems/{id}");
    let moved = sets("add", &[("System.TeamProject", json!("Operations"))]);
    for (method, path, body, code) in [
        (
            Method::PATCH,
            format!("{item}?bypassRules=true"),
            Some(title.clone()),
            "TF401322",
        ),
        (
            Method::PATCH,
            format!("{item}?suppressNotifications=true"),
            Some(title),
            "TF50309",
        ),
        (Method::PATCH, item.clone(), Some(moved), "TF50309"),
        (
            Method::DELETE,
            format!("{item}?destroy=true"),
            None,
            "TF50309",
        ),
        (
            Method::POST,
            "/_apis/wit/workitemsdelete".to_owned(),
            Some(json!({"ids": [id], "destroy": true})),
            "TF50309",
        ),
        (
            Method::POST,
            "/_apis/hooks/subscriptions".to_owned(),
            Some(json!({})),
            "TF50309",
        ),
    ] {
        let (status, body) = world.call_as("fumiko", method, &path, body);
        assert_eq!(status, 403, "{path}");
        assert!(message(&body).starts_with(code), "{path}: {body}");
    }
    assert_eq!(world.item(id)["rev"], 1);
}

#[test]
fn a_bypass_names_who_changed_the_item() {
    let mut world = World::new();
    let id = world.story("t");
    let path = format!("/_apis/wit/workitems/{id}?bypassRules=true");
    let nobody = sets("add", &[("System.ChangedBy", json!(""))]);
    let (status, body) = world.call(Method::PATCH, &path, Some(nobody));
    assert_eq!(status, 400);
    assert!(message(&body).starts_with("VS403417"), "{body}");
    let someone = sets(
        "add",
        &[
            ("System.ChangedBy", json!("Someone Who Left")),
            ("System.State", json!("Nowhere")),
        ],
    );
    let (status, body) = world.call(Method::PATCH, &path, Some(someone));
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["fields"]["System.ChangedBy"], "Someone Who Left");
    assert_eq!(body["fields"]["System.State"], "Nowhere");
}

#[test]
fn operations_that_the_service_does_not_take_are_refused() {
    let mut world = World::new();
    let id = world.story("t");
    for operation in [
        json!({"op": "move", "from": "/fields/System.Title", "path": "/fields/System.Description"}),
        json!({"op": "copy", "from": "/fields/System.Title", "path": "/fields/System.Description"}),
        json!({"op": "add", "path": "/fields/System.Title"}),
        json!({"op": "remove", "path": "/id"}),
        json!({"op": "add", "path": "/relations/0/url", "value": "x"}),
        json!({"op": "frobnicate", "path": "/fields/System.Title", "value": "x"}),
    ] {
        let (status, body) = world.patch(id, json!([operation]));
        assert_eq!(status, 400, "{operation}");
        assert!(
            message(&body).starts_with("You must pass a valid patch document"),
            "{operation}: {body}"
        );
    }
    let tested = json!([
        {"op": "test", "path": "/fields/System.Title", "value": "t"},
        {"op": "replace", "path": "/fields/System.Title", "value": "u"},
    ]);
    assert_eq!(world.patch(id, tested.clone()).0, 200);
    assert_eq!(world.patch(id, tested).0, 412);
}

#[test]
fn an_index_names_a_relation_of_the_revision_whatever_went_before() {
    let mut world = World::new();
    let id = world.story("t");
    let link = |n: i64| {
        let url = format!("https://x.example/{n}");
        json!({"op": "add", "path": "/relations/-", "value": {"rel": "Hyperlink", "url": url}})
    };
    world.patch(id, json!([link(0), link(1), link(2)]));
    let (status, left) = world.patch(
        id,
        json!([
            {"op": "remove", "path": "/relations/0"},
            {"op": "remove", "path": "/relations/1"},
        ]),
    );
    assert_eq!(status, 200);
    assert_eq!(left["relations"].as_array().unwrap().len(), 1);
    assert_eq!(left["relations"][0]["url"], "https://x.example/2");
    let twice = json!([
        {"op": "remove", "path": "/relations/0"},
        {"op": "remove", "path": "/relations/0"},
    ]);
    assert_eq!(world.patch(id, twice).0, 404);
    let ahead = json!([link(5), {"op": "remove", "path": "/relations/1"}]);
    assert_eq!(
        world.patch(id, ahead).0,
        404,
        "what the document adds has no index yet"
    );
    let again = json!([{"op": "remove", "path": "/relations/0"}, link(2)]);
    assert_eq!(world.patch(id, again).0, 200, "a link may be made anew");
}

#[test]
fn an_answer_carries_what_expand_asks_for_by_word_or_number() {
    let mut world = World::new();
    let id = world.story("t");
    let body = |n: usize| Some(sets("add", &[("System.Title", json!(format!("t{n}")))]));
    for (n, expand) in ["all", "fields", "4", "2"].iter().enumerate() {
        let path = format!("/_apis/wit/workitems/{id}?$expand={expand}");
        let (status, json) = world.call(Method::PATCH, &path, body(n));
        assert_eq!(status, 200);
        assert_eq!(json["fields"]["System.NodeName"], "Platform", "{expand}");
    }
    let path = format!("/_apis/wit/workitems/{id}?$expand=everything");
    assert_eq!(world.call(Method::PATCH, &path, body(9)).0, 400);
    assert_eq!(world.field(id, "System.Title"), "t3", "nothing was stored");
    let list = world.get(&format!("/_apis/wit/workitems?ids={id},99&errorPolicy=2"));
    assert_eq!(list["value"][1], Json::Null);
    let path = format!("/_apis/wit/workitems?ids={id}&errorPolicy=perhaps");
    assert_eq!(world.call(Method::GET, &path, None).0, 400);
}

#[test]
fn a_new_type_begins_anew_and_keeps_the_id() {
    let mut world = World::new();
    let parent = world.story("p");
    let child = world.create("Task", &[("System.Title", json!("c"))]);
    world.link(child, "System.LinkTypes.Hierarchy-Reverse", parent);
    world.set(parent, &[("System.State", json!("Active"))]);
    let json = world.set(parent, &[("System.WorkItemType", json!("Feature"))]);
    assert_eq!(json["id"], parent);
    assert_eq!(json["fields"]["System.State"], "New");
    assert_eq!(json["fields"]["System.Reason"], "New");
    let json = world.set(parent, &[("System.TeamProject", json!("Operations"))]);
    assert_eq!(json["fields"]["System.TeamProject"], "Operations");
    assert_eq!(
        world.field(child, "System.TeamProject"),
        "Platform",
        "children stay"
    );
    assert_eq!(world.field(child, "System.Parent"), parent);
}

#[test]
fn trees_have_one_parent_and_dependencies_no_circle() {
    let mut world = World::new();
    let ids: Vec<i64> = (0..4).map(|n| world.story(&format!("s{n}"))).collect();
    let successor = "System.LinkTypes.Dependency-Forward";
    let predecessor = "System.LinkTypes.Dependency-Reverse";
    assert_eq!(world.link(ids[0], successor, ids[1]).0, 200);
    assert_eq!(world.link(ids[2], successor, ids[1]).0, 200, "no tree");
    assert_eq!(world.link(ids[1], successor, ids[3]).0, 200);
    let (status, body) = world.link(ids[3], successor, ids[0]);
    assert_eq!(status, 400);
    assert!(
        message(&body).starts_with("TF201035: You cannot add a Successor link"),
        "{body}"
    );
    assert_eq!(world.link(ids[0], predecessor, ids[3]).0, 400);
    let copy = "System.LinkTypes.Duplicate-Reverse";
    assert_eq!(world.link(ids[0], copy, ids[1]).0, 200);
    let (_, body) = world.link(ids[0], copy, ids[2]);
    assert!(
        message(&body).starts_with("TF201036: You cannot add a Duplicate link"),
        "{body}"
    );
    assert_eq!(
        world.link(ids[3], "System.LinkTypes.Related", ids[0]).0,
        200
    );
    let kinds = world.get("/_apis/wit/workitemrelationtypes");
    assert_eq!(kinds["count"], 18);
    let word = json!([{"op": "add", "path": "/relations/0/attributes/comment", "value": "why"}]);
    let updates = format!("/_apis/wit/workitems/{}/updates", ids[2]);
    let before = world.get(&updates)["count"].clone();
    world.patch(ids[2], word);
    assert_eq!(world.get(&updates)["count"], before, "it makes no update");
    let other = world.item(ids[1]);
    let said = other["relations"]
        .as_array()
        .unwrap()
        .iter()
        .any(|r| r["attributes"]["comment"] == "why");
    assert!(said, "what is said of a link is said at both ends: {other}");
}

#[test]
fn an_item_holds_so_many_links_and_tags_and_no_more() {
    let mut world = World::new();
    let id = world.story("t");
    let links = |numbers: std::ops::Range<usize>| -> Json {
        numbers
            .map(|n| {
                let value = json!({"rel": "Hyperlink", "url": format!("https://x.example/{n}")});
                json!({"op": "add", "path": "/relations/-", "value": value})
            })
            .collect()
    };
    assert_eq!(world.patch(id, links(0..1000)).0, 200);
    let (status, body) = world.patch(id, links(1000..1001));
    assert_eq!(status, 400);
    assert!(message(&body).contains("1000 links"), "{body}");
    let tags = |count: usize| {
        let all: Vec<String> = (0..count).map(|n| format!("t{n}")).collect();
        sets("replace", &[("System.Tags", json!(all.join("; ")))])
    };
    assert_eq!(world.patch(id, tags(100)).0, 200);
    assert_eq!(world.patch(id, tags(101)).0, 400);
}

#[test]
fn an_artifact_link_leads_to_another_service_and_a_hyperlink_to_the_web() {
    let mut world = World::new();
    let id = world.story("t");
    let build = "vstfs:///Build/Build/7";
    for (rel, url, status) in [
        ("ArtifactLink", build, 200),
        ("ArtifactLink", build, 400),
        ("ArtifactLink", "https://x.example/1", 400),
        ("Hyperlink", "https://x.example/1", 200),
        ("Hyperlink", "javascript:alert(1)", 400),
        ("Hyperlink", "nothing", 400),
    ] {
        let value = json!({"rel": rel, "url": url, "attributes": {"name": "Build"}});
        let patch = json!([{"op": "add", "path": "/relations/-", "value": value}]);
        assert_eq!(world.patch(id, patch).0, status, "{rel} {url}");
    }
    let item = world.item(id);
    assert_eq!(item["rev"], 3, "each is part of a revision");
    let feed = world.get("/_apis/wit/reporting/workitemlinks");
    assert_eq!(
        feed["values"],
        json!([]),
        "the feed has only links of items"
    );
}

#[test]
fn comments_that_are_written_with_a_patch_may_be_markdown() {
    let mut world = World::new();
    let id = world.story("t");
    let value = json!({"format": "Markdown", "text": "**hi**"});
    let (status, body) = world.patch(id, sets("add", &[("System.History", value)]));
    assert_eq!(status, 200, "{body}");
    let path = format!("/Platform/_apis/wit/workItems/{id}/comments");
    let comments = world.get(&path);
    assert_eq!(comments["comments"][0]["format"], "markdown");
    assert_eq!(comments["comments"][0]["text"], "**hi**");
}
