//! People: identities, Graph, and what people may not do.

use super::*;

#[test]
fn an_identity_is_found_by_every_search() {
    let mut world = World::new();
    let guid = "a11ce000-0000-4000-8000-000000000001";
    for search in [
        "searchFilter=General&filterValue=alice@acme.example",
        "searchFilter=General&filterValue=abara",
        "searchFilter=MailAddress&filterValue=ALICE@acme.example",
        "searchFilter=DisplayName&filterValue=Alice%20Abara",
        "identityIds=a11ce000-0000-4000-8000-000000000001",
    ] {
        let found = world.get(&format!("/_apis/identities?{search}"));
        assert_eq!(found["value"][0]["id"], guid, "{search}");
    }
    let descriptor = world.get("/_apis/connectionData")["authenticatedUser"]["subjectDescriptor"]
        .as_str()
        .unwrap()
        .to_owned();
    let by = world.get(&format!(
        "/_apis/identities?subjectDescriptors={descriptor},nobody&queryMembership=Direct"
    ));
    assert_eq!(by["value"][1], Json::Null);
    assert!(by["value"][0]["memberOf"].as_array().unwrap().len() > 3);
    for wrong in ["", "?searchFilter=Shoe&filterValue=1"] {
        let path = format!("/_apis/identities{wrong}");
        assert_eq!(world.call(Method::GET, &path, None).0, 400, "{wrong}");
    }
    let team = "searchFilter=General&filterValue=%5BPlatform%5D%5CPlatform%20Team";
    let team = world.get(&format!("/_apis/identities?{team}"));
    assert_eq!(team["value"][0]["isContainer"], true);
}

#[test]
fn graph_knows_users_groups_and_who_belongs_where() {
    let mut world = World::new();
    let users = world.get("/_apis/graph/users");
    assert_eq!(users["count"], 9);
    let alice = users["value"][0]["descriptor"].as_str().unwrap().to_owned();
    let one = world.get(&format!("/_apis/graph/users/{alice}"));
    assert_eq!(one["principalName"], "alice@acme.example");
    let key = world.get(&format!("/_apis/graph/storagekeys/{alice}"))["value"].clone();
    let back = world.get(&format!(
        "/_apis/graph/descriptors/{}",
        key.as_str().unwrap()
    ));
    assert_eq!(back["value"], alice);
    let up = world.get(&format!("/_apis/graph/memberships/{alice}"));
    let group = up["value"][0]["containerDescriptor"]
        .as_str()
        .unwrap()
        .to_owned();
    let down = world.get(&format!("/_apis/graph/memberships/{group}?direction=Down"));
    assert!(down["count"].as_i64().unwrap() > 0);
    world.get(&format!("/_apis/graph/memberships/{alice}/{group}"));
    world.get(&format!("/_apis/graph/groups/{group}"));
    let query = json!({"query": "chan", "subjectKind": ["User"]});
    let path = "/_apis/graph/subjectquery";
    let (status, found) = world.call(Method::POST, path, Some(query));
    assert_eq!((status, &found["count"]), (200, &json!(1)));
    let lookup = json!({"lookupKeys": [{"descriptor": alice}]});
    let path = "/_apis/graph/subjectlookup";
    let (_, found) = world.call(Method::POST, path, Some(lookup));
    assert_eq!(found["value"][&alice]["displayName"], "Alice Abara");
    assert_eq!(
        world
            .call(Method::GET, "/_apis/graph/users/aad.none", None)
            .0,
        404
    );
    let picked = json!({"query": "erik", "identityTypes": ["user"]});
    let request = Request::new(
        Method::POST,
        "/acme/_apis/IdentityPicker/Identities?api-version=7.1-preview.1",
    );
    let request = request.with_basic("", "alice-token").with_json(&picked);
    let picked: Json = serde_json::from_slice(&world.send(request).body).unwrap();
    assert_eq!(
        picked["results"][0]["identities"][0]["mail"],
        "erik@acme.example"
    );
    let profile = world.call(Method::GET, "/_apis/profile/profiles/me", None);
    assert_eq!(profile.0, 401, "profiles do not answer tokens");
}

#[test]
fn a_reader_reads_and_writes_nothing() {
    let mut world = World::new();
    let id = world.story("t");
    let item = format!("/_apis/wit/workitems/{id}");
    assert_eq!(world.call_as("rhea", Method::GET, &item, None).0, 200);
    let body = sets("add", &[("System.Title", json!("mine"))]);
    let (status, refusal) = world.call_as("rhea", Method::PATCH, &item, Some(body));
    assert_eq!(status, 403);
    assert!(message(&refusal).starts_with("TF237111"), "{refusal}");
    let areas = "/Platform/_apis/wit/classificationnodes/areas";
    let body = Some(json!({"name": "Mine"}));
    assert_eq!(world.call_as("rhea", Method::POST, areas, body).0, 403);
    let query = Some(json!({"query": "SELECT [System.Id] FROM WorkItems"}));
    let wiql = "/_apis/wit/wiql";
    assert_eq!(world.call_as("rhea", Method::POST, wiql, query).0, 200);
    assert_eq!(world.kinds(), [Kind::Create]);
}

#[test]
fn an_area_that_somebody_cannot_see_does_not_exist_for_them() {
    let mut world = World::new();
    let open = world.story("open");
    let hidden = world.create(
        "Bug",
        &[
            ("System.Title", json!("hidden")),
            ("System.AreaPath", json!("Platform\\Web")),
        ],
    );
    let path = format!("/_apis/wit/workitems/{hidden}");
    let (status, body) = world.call_as("otto", Method::GET, &path, None);
    assert_eq!(status, 404);
    assert!(message(&body).starts_with("TF401232"));
    let query = Some(json!({"query": "SELECT [System.Id] FROM WorkItems"}));
    let (_, found) = world.call_as("otto", Method::POST, "/_apis/wit/wiql", query);
    assert_eq!(found["workItems"].as_array().unwrap().len(), 1);
    assert_eq!(found["workItems"][0]["id"], open);
    let feed = "/_apis/wit/reporting/workitemrevisions";
    let (_, feed) = world.call_as("otto", Method::GET, feed, None);
    assert_eq!(feed["values"].as_array().unwrap().len(), 1);
}

#[test]
fn the_recycle_bin_hides_what_its_area_hides() {
    let mut world = World::new();
    let fields = [
        ("System.Title", json!("hidden")),
        ("System.AreaPath", json!("Platform\\Web")),
    ];
    let hidden = world.create("Bug", &fields);
    let path = format!("/_apis/wit/workitems/{hidden}");
    assert_eq!(world.call(Method::DELETE, &path, None).0, 200);
    let bin = "/Platform/_apis/wit/recyclebin";
    let one = format!("{bin}/{hidden}");
    assert_eq!(world.get(bin)["count"], 1);
    let (_, list) = world.call_as("otto", Method::GET, bin, None);
    assert_eq!(list["count"], 0);
    let mut refused = |method, body| {
        let (status, body) = world.call_as("otto", method, &one, body);
        assert_eq!(status, 404, "{body}");
        assert!(message(&body).starts_with("TF401232"), "{body}");
    };
    refused(Method::GET, None);
    refused(Method::PATCH, Some(json!({"isDeleted": false})));
    refused(Method::DELETE, None);
    assert_eq!(world.get(&one)["id"], hidden);
}
