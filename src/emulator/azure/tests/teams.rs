//! Teams, their settings and boards.

use super::*;

#[test]
fn a_team_is_made_changed_and_dropped() {
    let mut world = World::new();
    let teams = "/_apis/projects/Platform/teams";
    let (status, team) = world.call(Method::POST, teams, Some(json!({"name": "Blue"})));
    assert_eq!(status, 200, "{team}");
    assert_eq!(
        world
            .call(Method::POST, teams, Some(json!({"name": "blue"})))
            .0,
        409
    );
    let path = format!("{teams}/{}", team["id"].as_str().unwrap());
    let (_, renamed) = world.call(Method::PATCH, &path, Some(json!({"name": "Navy"})));
    assert_eq!(renamed["name"], "Navy");
    let members = world.get(&format!("{teams}/navy/members"));
    assert_eq!(
        members["value"][0]["identity"]["displayName"],
        "Alice Abara"
    );
    assert_eq!(members["value"][0]["isTeamAdmin"], true);
    assert_eq!(world.get("/_apis/teams")["count"], 6);
    assert_eq!(world.call(Method::DELETE, &path, None).0, 204);
    let own = format!("{teams}/Platform%20Team");
    assert_eq!(world.call(Method::DELETE, &own, None).0, 400);
    assert_eq!(world.call(Method::GET, &path, None).0, 404);
    let properties =
        world.get("/_apis/projects/Platform/properties?keys=System.Process%20Template");
    assert_eq!(properties["value"][0]["value"], "Agile");
}

#[test]
fn a_team_chooses_its_iterations_and_areas() {
    let mut world = World::new();
    let settings = "/Platform/Platform%20Team/_apis/work/teamsettings";
    let all = world.get(&format!("{settings}/iterations"));
    assert_eq!(all["count"], 2);
    let first = all["value"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("{settings}/iterations/{first}");
    assert_eq!(world.call(Method::DELETE, &path, None).0, 204);
    assert_eq!(world.call(Method::GET, &path, None).0, 404);
    let body = json!({"id": first});
    let (status, back) = world.call(Method::POST, &format!("{settings}/iterations"), Some(body));
    assert_eq!((status, &back["path"]), (200, &json!("Platform\\Sprint 1")));
    world.now_ms = super::super::time::parse("2026-08-20").unwrap().0;
    let now = world.get(&format!("{settings}/iterations?$timeframe=current"));
    assert_eq!(now["value"][0]["name"], "Sprint 2");
    let id = world.create(
        "Task",
        &[
            ("System.Title", json!("t")),
            ("System.IterationPath", json!("Platform\\Sprint 2")),
        ],
    );
    let sprint = now["value"][0]["id"].as_str().unwrap();
    let items = world.get(&format!("{settings}/iterations/{sprint}/workitems"));
    assert_eq!(items["workItemRelations"][0]["target"]["id"], id);
    let areas = json!({
        "defaultValue": "Platform\\Web",
        "values": [{"value": "Platform\\Web", "includeChildren": true}],
    });
    let path = format!("{settings}/teamfieldvalues");
    let (status, body) = world.call(Method::PATCH, &path, Some(areas));
    assert_eq!(
        (status, &body["defaultValue"]),
        (200, &json!("Platform\\Web"))
    );
    let items = world.get(&format!("{settings}/iterations/{sprint}/workitems"));
    assert_eq!(items["workItemRelations"], json!([]));
    let body = json!({"bugsBehavior": "asTasks", "workingDays": ["monday"]});
    let (_, changed) = world.call(Method::PATCH, settings, Some(body));
    assert_eq!(changed["bugsBehavior"], "asTasks");
    let body = json!({"bugsBehavior": "never"});
    assert_eq!(world.call(Method::PATCH, settings, Some(body)).0, 400);
    let missing = "/Platform/Nobody/_apis/work/teamsettings";
    assert_eq!(world.call(Method::GET, missing, None).0, 404);
}

#[test]
fn boards_have_a_column_per_state() {
    let mut world = World::new();
    let work = "/Platform/Platform%20Team/_apis/work";
    let boards = world.get(&format!("{work}/boards"));
    assert_eq!(boards["value"][2]["name"], "Stories");
    let columns = world.get(&format!("{work}/boards/Stories/columns"));
    let names: Vec<&str> = columns["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["New", "Active", "Resolved", "Closed"]);
    assert_eq!(columns["value"][0]["stateMappings"]["Bug"], "New");
    world.story("open");
    let items = world.get(&format!(
        "{work}/backlogs/Microsoft.RequirementCategory/workItems"
    ));
    assert_eq!(items["workItems"][0]["target"]["id"], 1);
    for part in ["backlogs", "backlogconfiguration", "processconfiguration"] {
        world.get(&format!("{work}/{part}"));
    }
    assert_eq!(
        world
            .call(Method::GET, &format!("{work}/boards/None"), None)
            .0,
        404
    );
}
