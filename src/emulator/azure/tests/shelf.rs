//! Stored queries.

use super::*;

const QUERIES: &str = "/Platform/_apis/wit/queries";
const WIQL: &str = "SELECT [System.Id] FROM WorkItems WHERE [System.State] = 'New'";

fn add(world: &mut World, parent: &str, body: Json) -> Json {
    let (status, json) = world.call(Method::POST, &format!("{QUERIES}/{parent}"), Some(body));
    assert_eq!(status, 201, "{json}");
    json
}

#[test]
fn a_query_is_kept_in_its_folder_and_asked_by_its_id() {
    let mut world = World::new();
    world.story("new");
    let roots = world.get(QUERIES);
    assert_eq!(roots["value"][0]["name"], "My Queries");
    assert_eq!(roots["value"][1]["isPublic"], true);
    let folder = json!({"name": "Team", "isFolder": true});
    let folder = add(&mut world, "Shared%20Queries", folder);
    let query = add(
        &mut world,
        "Shared%20Queries/Team",
        json!({"name": "New ones", "wiql": WIQL}),
    );
    assert_eq!(query["path"], "Shared Queries/Team/New ones");
    let id = query["id"].as_str().unwrap();
    let result = world.get(&format!("/Platform/_apis/wit/wiql/{id}"));
    assert_eq!(result["workItems"][0]["id"], 1);
    let read = world.get(&format!("{QUERIES}/{id}?$expand=all"));
    assert_eq!(read["wiql"], WIQL);
    assert_eq!(read["queryType"], "flat");
    assert_eq!(read["clauses"]["operator"]["name"], "=");
    assert!(read["lastExecutedDate"].is_string());
    let by_path = world.get(&format!("{QUERIES}/shared%20queries/TEAM?$depth=1"));
    assert_eq!(by_path["id"], folder["id"]);
    assert_eq!(by_path["children"][0]["id"], query["id"]);
    assert_eq!(by_path["children"][0].get("wiql"), None);
    let found = world.get(&format!("{QUERIES}?$filter=NEW&$expand=wiql"));
    assert_eq!(
        (&found["count"], &found["hasMore"]),
        (&json!(1), &json!(false))
    );
    let batch = json!({"ids": [id], "$expand": "minimal"});
    let (_, batch) = world.call(
        Method::POST,
        "/Platform/_apis/wit/queriesbatch",
        Some(batch),
    );
    assert_eq!(batch["value"][0]["name"], "New ones");
    assert_eq!(batch["value"][0].get("createdBy"), None);
}

#[test]
fn what_cannot_be_kept_is_refused() {
    let mut world = World::new();
    let one = json!({"name": "one", "wiql": WIQL});
    add(&mut world, "My%20Queries", one.clone());
    for (parent, body, status) in [
        ("My%20Queries", one.clone(), 409),
        ("My%20Queries", json!({"name": "a/b", "wiql": WIQL}), 400),
        ("My%20Queries", json!({"name": "two"}), 400),
        (
            "My%20Queries",
            json!({"name": "two", "wiql": "SELECT"}),
            400,
        ),
        (
            "My%20Queries/one",
            json!({"name": "two", "wiql": WIQL}),
            400,
        ),
        ("My%20Queries/none", one.clone(), 404),
        ("Other", one.clone(), 404),
    ] {
        let path = format!("{QUERIES}/{parent}");
        let (found, json) = world.call(Method::POST, &path, Some(body.clone()));
        assert_eq!(found, status, "{parent} {body}: {json}");
    }
    let check = format!("{QUERIES}/My%20Queries?validateWiqlOnly=true");
    let body = json!({"name": "only checked", "wiql": WIQL});
    assert_eq!(world.call(Method::POST, &check, Some(body)).0, 201);
    let path = format!("{QUERIES}/My%20Queries/only%20checked");
    assert_eq!(world.call(Method::GET, &path, None).0, 404);
    assert_eq!(
        world
            .call(Method::GET, &format!("{QUERIES}?$depth=3"), None)
            .0,
        400
    );
}

#[test]
fn a_query_moves_is_deleted_and_comes_back() {
    let mut world = World::new();
    let query = add(
        &mut world,
        "My%20Queries",
        json!({"name": "one", "wiql": WIQL}),
    );
    let id = query["id"].as_str().unwrap().to_owned();
    let moved = json!({"id": id});
    let path = format!("{QUERIES}/Shared%20Queries");
    let (status, moved) = world.call(Method::POST, &path, Some(moved));
    assert_eq!(
        (status, &moved["path"]),
        (200, &json!("Shared Queries/one"))
    );
    let path = format!("{QUERIES}/{id}");
    let (_, renamed) = world.call(Method::PATCH, &path, Some(json!({"name": "uno"})));
    assert_eq!(renamed["path"], "Shared Queries/uno");
    assert_eq!(renamed["wiql"], WIQL);
    assert_eq!(world.call(Method::DELETE, &path, None).0, 204);
    assert_eq!(world.call(Method::GET, &path, None).0, 404);
    let hidden = world.get(&format!("{path}?$includeDeleted=true"));
    assert_eq!(hidden["isDeleted"], true);
    let back = json!({"isDeleted": false});
    assert_eq!(world.call(Method::PATCH, &path, Some(back)).0, 200);
    assert_eq!(world.get(&path)["name"], "uno");
}

#[test]
fn my_queries_are_mine_and_readers_do_not_change_shared_ones() {
    let mut world = World::new();
    let query = add(
        &mut world,
        "My%20Queries",
        json!({"name": "one", "wiql": WIQL}),
    );
    let path = format!("{QUERIES}/{}", query["id"].as_str().unwrap());
    assert_eq!(world.call_as("bruno", Method::GET, &path, None).0, 404);
    let body = || Some(json!({"name": "x", "wiql": WIQL}));
    for (folder, status) in [("Shared%20Queries", 403), ("My%20Queries", 201)] {
        let path = format!("{QUERIES}/{folder}");
        let (found, json) = world.call_as("rhea", Method::POST, &path, body());
        assert_eq!(found, status, "{folder}: {json}");
    }
}
