//! Processes, their types, fields and rules.

use super::*;

fn inherited(world: &mut World) -> String {
    let body = json!({
        "name": "Ours",
        "parentProcessTypeId": "adcc42ab-9882-485e-a3ed-7678f01f66bc",
        "referenceName": "Custom.Ours",
    });
    let (status, process) = world.call(Method::POST, "/_apis/work/processes", Some(body));
    assert_eq!(status, 200, "{process}");
    assert_eq!(process["customizationType"], "inherited");
    let id = process["typeId"].as_str().unwrap().to_owned();
    let kinds = format!("/_apis/work/processes/{id}/workitemtypes");
    let body = json!({"inheritsFrom": "Microsoft.VSTS.WorkItemTypes.Bug"});
    let (status, kind) = world.call(Method::POST, &kinds, Some(body));
    assert_eq!(
        (status, &kind["referenceName"]),
        (200, &json!("Custom.Ours.Bug"))
    );
    let path = "/Platform/_apis/wit/projectprocessmigration";
    let (status, body) = world.call(Method::POST, path, Some(json!({"typeId": id})));
    assert_eq!((status, &body["processId"]), (200, &json!(id)));
    format!("{kinds}/Custom.Ours.Bug")
}

#[test]
fn every_project_has_the_types_of_its_process() {
    let mut world = World::new();
    for (project, process, types) in [
        ("Platform", "Agile", 6),
        ("Operations", "Agile", 6),
        ("Storefront", "Scrum", 6),
        ("Compliance", "CMMI", 9),
        ("Helpdesk", "Basic", 3),
    ] {
        let found = world.get(&format!("/{project}/_apis/wit/workitemtypes"));
        assert_eq!(found["count"], types, "{project}");
        let one = world.get(&format!(
            "/_apis/projects/{project}?includeCapabilities=true"
        ));
        let template = &one["capabilities"]["processTemplate"];
        assert_eq!(template["templateName"], process);
        let categories = world.get(&format!("/{project}/_apis/wit/workitemtypecategories"));
        assert!(categories["count"].as_i64().unwrap() >= 3, "{categories}");
    }
    let processes = world.get("/_apis/work/processes?$expand=projects");
    assert_eq!(processes["count"], 4);
    assert_eq!(processes["value"][0]["projects"][0]["name"], "Platform");
    assert_eq!(
        world.get("/_apis/process/processes")["value"][3]["name"],
        "Basic"
    );
}

#[test]
fn items_of_other_processes_follow_their_own_workflow() {
    let mut world = World::new();
    let path = "/Storefront/_apis/wit/workitems/$Product%20Backlog%20Item";
    let body = sets("add", &[("System.Title", json!("t"))]);
    let (status, item) = world.call(Method::POST, path, Some(body));
    assert_eq!(
        (status, &item["fields"]["System.State"]),
        (200, &json!("New"))
    );
    let id = item["id"].as_i64().unwrap();
    assert_eq!(item["fields"]["System.Reason"], "New backlog item");
    let done = world.set(id, &[("System.State", json!("Done"))]);
    assert!(done["fields"]["Microsoft.VSTS.Common.ClosedDate"].is_string());
    let (status, _) = world.patch(id, sets("add", &[("System.State", json!("Active"))]));
    assert_eq!(status, 400);
    let (status, body) = world.patch(
        id,
        sets("add", &[("System.TeamProject", json!("Platform"))]),
    );
    assert_eq!(status, 404, "the type is not in the other process: {body}");
    let both = [
        ("System.TeamProject", json!("Platform")),
        ("System.WorkItemType", json!("User Story")),
    ];
    let (status, moved) = world.patch(id, sets("add", &both));
    assert_eq!(
        (status, &moved["fields"]["System.State"]),
        (200, &json!("New"))
    );
    let (status, body) = world.patch(id, sets("add", &[("System.Reason", json!("Bored"))]));
    assert_eq!(status, 400);
    let errors = &body["customProperties"]["RuleValidationErrors"];
    assert_eq!(errors[0]["fieldReferenceName"], "System.Reason");
}

#[test]
fn a_custom_field_is_written_read_and_queried() {
    let mut world = World::new();
    let kind = inherited(&mut world);
    let body = json!({"name": "Origin Key", "type": "string", "description": "d"});
    let (status, field) = world.call(Method::POST, "/_apis/wit/fields", Some(body.clone()));
    assert_eq!(
        (status, &field["referenceName"]),
        (200, &json!("Custom.OriginKey"))
    );
    assert_eq!(
        world.call(Method::POST, "/_apis/wit/fields", Some(body)).0,
        409
    );
    let member =
        json!({"referenceName": "Custom.OriginKey", "required": true, "defaultValue": "none"});
    let fields = format!("{kind}/fields");
    assert_eq!(world.call(Method::POST, &fields, Some(member)).0, 200);
    let id = world.create("Bug", &[("System.Title", json!("t"))]);
    assert_eq!(world.field(id, "Custom.OriginKey"), "none");
    world.set(id, &[("Custom.OriginKey", json!("ABC-1"))]);
    let query = "SELECT [System.Id] FROM WorkItems WHERE [Origin Key] = 'abc-1'";
    let path = "/_apis/wit/wiql";
    let (_, found) = world.call(Method::POST, path, Some(json!({"query": query})));
    assert_eq!(found["workItems"][0]["id"], id);
    let (status, body) = world.patch(id, sets("add", &[("Custom.OriginKey", json!(""))]));
    assert_eq!(status, 400, "{body}");
    let rows = world.get("/Platform/_apis/wit/workitemtypes/Bug/fields/Custom.OriginKey");
    assert_eq!(
        (&rows["alwaysRequired"], &rows["defaultValue"]),
        (&json!(true), &json!("none"))
    );
    assert_eq!(
        world
            .call(Method::DELETE, "/_apis/wit/fields/Custom.OriginKey", None)
            .0,
        204
    );
    assert_eq!(
        world
            .call(Method::GET, "/_apis/wit/fields/Custom.OriginKey", None)
            .0,
        404
    );
    let back = json!({"isDeleted": false});
    let path = "/_apis/wit/fields/Custom.OriginKey";
    assert_eq!(world.call(Method::PATCH, path, Some(back)).0, 200);
}

#[test]
fn a_custom_state_is_part_of_the_workflow() {
    let mut world = World::new();
    let kind = inherited(&mut world);
    let states = format!("{kind}/states");
    let body = json!({"name": "Waiting", "color": "aa9900", "stateCategory": "InProgress"});
    let (status, state) = world.call(Method::POST, &states, Some(body.clone()));
    assert_eq!(status, 200, "{state}");
    assert_eq!(world.call(Method::POST, &states, Some(body)).0, 409);
    let id = world.create("Bug", &[("System.Title", json!("t"))]);
    let waiting = world.set(id, &[("System.State", json!("waiting"))]);
    assert_eq!(waiting["fields"]["System.State"], "Waiting");
    assert_eq!(waiting["fields"]["System.Reason"], "Moved to state Waiting");
    let shown = world.get("/Platform/_apis/wit/workitemtypes/Bug/states");
    let names: Vec<&str> = shown["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["New", "Active", "Waiting", "Resolved", "Closed", "Removed"]
    );
    let resolved = world.get(&states)["value"][3]["id"].clone();
    let path = format!("{states}/{}", resolved.as_str().unwrap());
    assert_eq!(
        world
            .call(Method::PUT, &path, Some(json!({"hidden": true})))
            .0,
        200
    );
    let (status, _) = world.patch(id, sets("add", &[("System.State", json!("Resolved"))]));
    assert_eq!(status, 400, "a hidden state is none");
}

#[test]
fn an_added_rule_is_kept() {
    let mut world = World::new();
    let kind = inherited(&mut world);
    let rule = json!({
        "name": "A closed bug says where it was found",
        "conditions": [{"conditionType": "whenStateChangedTo", "field": "System.State", "value": "Closed"}],
        "actions": [{"actionType": "makeRequired", "targetField": "Microsoft.VSTS.Build.FoundIn"}],
    });
    let (status, made) = world.call(Method::POST, &format!("{kind}/rules"), Some(rule));
    assert_eq!(status, 200, "{made}");
    let id = world.create("Bug", &[("System.Title", json!("t"))]);
    let (status, _) = world.patch(id, sets("add", &[("System.State", json!("Closed"))]));
    assert_eq!(status, 400);
    let both = [
        ("System.State", json!("Closed")),
        ("Microsoft.VSTS.Build.FoundIn", json!("1.0")),
    ];
    assert_eq!(world.patch(id, sets("add", &both)).0, 200);
    let rules = world.get(&format!("{kind}/rules"));
    let custom = rules["value"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(custom["customizationType"], "custom");
}

#[test]
fn a_system_process_does_not_change_and_only_administrators_change_others() {
    let mut world = World::new();
    let agile = "/_apis/work/processes/adcc42ab-9882-485e-a3ed-7678f01f66bc";
    let bug = format!("{agile}/workitemtypes/Microsoft.VSTS.WorkItemTypes.Bug");
    let state = json!({"name": "Waiting", "stateCategory": "Proposed"});
    let (status, body) = world.call(Method::POST, &format!("{bug}/states"), Some(state));
    assert_eq!(status, 400);
    assert!(message(&body).starts_with("VS402356"), "{body}");
    let process =
        json!({"name": "X", "parentProcessTypeId": "adcc42ab-9882-485e-a3ed-7678f01f66bc"});
    let path = "/_apis/work/processes";
    let (status, body) = world.call_as("bruno", Method::POST, path, Some(process));
    assert_eq!(status, 403);
    assert!(message(&body).starts_with("TF50309"), "{body}");
    for part in ["", "/states", "/fields", "/rules", "/layout"] {
        world.get(&format!("{bug}{part}"));
    }
    let behaviors = "/workitemtypesbehaviors/Microsoft.VSTS.WorkItemTypes.Bug/behaviors";
    assert_eq!(world.get(&format!("{agile}{behaviors}"))["count"], 1);
    let lists = "/_apis/work/processes/lists";
    let list = json!({"name": "Colors", "type": "String", "items": ["Red", "Blue"]});
    let (status, list) = world.call(Method::POST, lists, Some(list));
    assert_eq!(status, 200, "{list}");
    assert_eq!(world.get(lists)["value"][0].get("items"), None);
}
