use super::*;

fn entry(method: &str, uri: &str, body: Json) -> Json {
    json!({
        "method": method,
        "uri": uri,
        "headers": {"Content-Type": "application/json-patch+json"},
        "body": body,
    })
}

fn batch(world: &mut World, rows: Json) -> (u16, Json) {
    let request = Request::new(Method::PATCH, "/acme/_apis/wit/$batch?api-version=7.1")
        .with_basic("", "alice-token")
        .with_json(&rows);
    let response = world.send(request);
    let json = serde_json::from_slice(&response.body).unwrap_or(Json::Null);
    (response.status, json)
}

fn slot(answer: &Json, index: usize) -> (u64, Json) {
    let slot = &answer["value"][index];
    let body = slot["body"].as_str().unwrap();
    (
        slot["code"].as_u64().unwrap(),
        serde_json::from_str(body).unwrap(),
    )
}

#[test]
fn a_batch_writes_each_on_its_own_and_links_by_negative_ids() {
    let mut world = World::new();
    let old = world.story("old");
    let story = "/Platform/_apis/wit/workitems/$User%20Story?api-version=5.0";
    let task = "/Platform/_apis/wit/workitems/$Task?api-version=5.0";
    let title = |text: &str| json!({"op": "add", "path": "/fields/System.Title", "value": text});
    let id = |n: i64| json!({"op": "add", "path": "/id", "value": n.to_string()});
    let under = |n: i64| {
        let url = format!("https://dev.azure.com/acme/_apis/wit/workItems/{n}");
        json!({"op": "add", "path": "/relations/-",
            "value": {"rel": "System.LinkTypes.Hierarchy-Reverse", "url": url}})
    };
    let change = format!("/_apis/wit/workitems/{old}?api-version=5.0");
    let (status, answer) = batch(
        &mut world,
        json!([
            entry("PATCH", story, json!([id(-1), title("parent")])),
            entry("PATCH", task, json!([id(-2), title("child"), under(-1)])),
            entry("PATCH", task, json!([title("orphan"), under(-9)])),
            entry("PATCH", &change, json!([title("new")])),
            entry(
                "PATCH",
                "/_apis/wit/workitems/999?api-version=5.0",
                json!([title("x")])
            ),
            entry("GET", "/_apis/projects?api-version=5.0", json!(null)),
        ]),
    );
    assert_eq!((status, &answer["count"]), (200, &json!(6)), "{answer}");
    let (code, parent) = slot(&answer, 0);
    assert_eq!(code, 200);
    let (code, child) = slot(&answer, 1);
    assert_eq!(code, 200);
    let at = child["id"].as_i64().unwrap();
    assert_eq!(world.field(at, "System.Parent"), parent["id"]);
    let (code, body) = slot(&answer, 2);
    assert_eq!(code, 404);
    assert_eq!(body["count"], 1);
    assert!(body["value"]["Message"].as_str().unwrap().contains("-9"));
    assert_eq!(slot(&answer, 3).1["fields"]["System.Title"], "new");
    assert_eq!(slot(&answer, 4).0, 404);
    assert_eq!(slot(&answer, 5).0, 400, "only work items are written");
    assert_eq!(batch(&mut world, json!([])).0, 400);
    let many = vec![entry("PATCH", &change, json!([title("x")])); 201];
    assert_eq!(batch(&mut world, json!(many)).0, 400);
}

#[test]
fn many_items_are_deleted_each_with_its_result() {
    let mut world = World::new();
    let (one, two) = (world.story("one"), world.story("two"));
    let body = json!({"ids": [one, 99, two], "destroy": false, "skipNotifications": true});
    let (status, answer) = world.call(Method::POST, "/_apis/wit/workitemsdelete", Some(body));
    assert_eq!(status, 200);
    let codes: Vec<&Json> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| &r["code"])
        .collect();
    assert_eq!(codes, [&json!(200), &json!(404), &json!(200)]);
    let list = world.get(&format!("/Platform/_apis/wit/recyclebin?ids={one},99"));
    assert_eq!(list["count"], 1);
    assert_eq!(list["value"][0]["name"], "one");
    assert_eq!(list["value"][0].get("resource"), None);
    let date = list["value"][0]["deletedDate"].as_str().unwrap();
    assert!(date.ends_with("AM") || date.ends_with("PM"), "{date}");
    assert_eq!(
        world
            .call(Method::POST, "/_apis/wit/workitemsdelete", Some(json!({})))
            .0,
        400
    );
}

#[test]
fn a_tag_is_renamed_and_deleted_everywhere_without_a_revision() {
    let mut world = World::new();
    let id = world.create(
        "Task",
        &[
            ("System.Title", json!("t")),
            ("System.Tags", json!("old; x")),
        ],
    );
    let tags = "/Platform/_apis/wit/tags";
    let first = world.get(&format!("{tags}/old"));
    let rename = |name: &str| Some(json!({"name": name}));
    let (status, renamed) = world.call(Method::PATCH, &format!("{tags}/old"), rename("brand new"));
    assert_eq!((status, &renamed["id"]), (200, &first["id"]));
    assert_eq!(world.field(id, "System.Tags"), "brand new; x");
    assert_eq!(world.item(id)["rev"], 1);
    for (name, status) in [("x", 409), ("a;b", 400), ("", 400), ("Brand New", 200)] {
        let path = format!("{tags}/{}", first["id"].as_str().unwrap());
        assert_eq!(
            world.call(Method::PATCH, &path, rename(name)).0,
            status,
            "{name}"
        );
    }
    assert_eq!(
        world.call(Method::DELETE, &format!("{tags}/x"), None).0,
        204
    );
    assert_eq!(
        world.call(Method::DELETE, &format!("{tags}/x"), None).0,
        404
    );
    assert_eq!(world.field(id, "System.Tags"), "Brand New");
    assert_eq!(world.get(tags)["count"], 1);
}
