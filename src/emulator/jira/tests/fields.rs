//! Fields of every kind: how they are set, shown, described and logged.

use serde_json::{Value, json};

use super::{ALICE, Bench, document, issue};

fn field(bench: &mut Bench, id: &str) -> Value {
    bench.get("3/issue/WEB-1").1["fields"][id].clone()
}

#[test]
fn a_custom_field_of_each_kind_is_written_as_it_is_read() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    let mut check = |id: &str, given: Value, pointer: &str, expected: Value| {
        bench.wait(2_000);
        let body = json!({"fields": {id: given}});
        let (status, answer) = bench.put("3/issue/WEB-1", &body);
        assert_eq!(status, 204, "{id}: {answer}");
        let shown = field(&mut bench, id);
        assert_eq!(shown.pointer(pointer), Some(&expected), "{id}: {shown}");
        let body = json!({"fields": {id: shown}});
        let (status, answer) = bench.put("3/issue/WEB-1", &body);
        assert_eq!(status, 204, "{id} as it was read: {answer}");
        let cleared = json!({"fields": {id: null}});
        assert_eq!(bench.put("3/issue/WEB-1", &cleared).0, 204, "{id}");
        assert_eq!(field(&mut bench, id), Value::Null, "{id}");
    };
    check(
        "customfield_10100",
        json!("one line"),
        "",
        json!("one line"),
    );
    check("customfield_10101", document("long"), "/type", json!("doc"));
    check("customfield_10102", json!(2.5), "", json!(2.5));
    check(
        "customfield_10103",
        json!({"value": "Major"}),
        "/id",
        json!("10301"),
    );
    check(
        "customfield_10104",
        json!([{"value": "Linux"}, {"id": "10305"}]),
        "/1/value",
        json!("Windows"),
    );
    check(
        "customfield_10105",
        json!({"value": "Shop", "child": {"value": "Checkout"}}),
        "/child/value",
        json!("Checkout"),
    );
    check(
        "customfield_10106",
        json!("2026-11-02"),
        "",
        json!("2026-11-02"),
    );
    check(
        "customfield_10107",
        json!("2026-11-02T10:00:00.000-0700"),
        "",
        json!("2026-11-02T17:00:00.000+0000"),
    );
    check(
        "customfield_10108",
        json!(["red", "blue"]),
        "/0",
        json!("blue"),
    );
    check(
        "customfield_10109",
        json!({"accountId": ALICE}),
        "/accountId",
        json!(ALICE),
    );
    check(
        "customfield_10110",
        json!([{"accountId": ALICE}]),
        "/0/accountId",
        json!(ALICE),
    );
    check(
        "customfield_10111",
        json!("https://x.example/a"),
        "",
        json!("https://x.example/a"),
    );
    check("environment", document("Linux"), "/type", json!("doc"));
}

#[test]
fn a_wrong_value_is_refused_under_the_name_of_its_field() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    let mut check = |id: &str, given: Value| {
        bench.wait(2_000);
        let body = json!({"fields": {id: given}});
        let (status, answer) = bench.put("3/issue/WEB-1", &body);
        assert_eq!(status, 400, "{body}");
        assert!(answer["errors"][id].is_string(), "{body}: {answer}");
    };
    check("customfield_10100", json!("x".repeat(256)));
    check("customfield_10100", document("a document"));
    check("customfield_10101", json!("a string"));
    check("customfield_10102", json!("5"));
    check("customfield_10103", json!({"value": "major"}));
    check("customfield_10103", json!({"id": "10303"}));
    check("customfield_10103", json!("Major"));
    check("customfield_10104", json!({"value": "Linux"}));
    check("customfield_10104", json!([{"value": "BeOS"}]));
    check(
        "customfield_10105",
        json!({"value": "Shop", "child": {"value": "Stock"}}),
    );
    check("customfield_10106", json!("2.11.2026"));
    check("customfield_10107", json!("2026-11-02T10:00:00.000+07:00"));
    check("customfield_10107", json!("2026-11-02T10:00:00+0700"));
    check("customfield_10108", json!(["with space"]));
    check("customfield_10109", json!({"accountId": "nobody"}));
    check("customfield_10110", json!({"accountId": ALICE}));
    check("customfield_10111", json!("no address"));
    check("customfield_19999", json!("unknown"));
    check("components", json!([{"name": "Network"}]));
    check("components", json!([{"id": "1"}]));
    check("fixVersions", json!([{"name": "3.0"}]));
    check("versions", json!({"name": "1.0"}));
    check("timetracking", json!({"originalEstimate": "soon"}));
    check("timetracking", json!("1d"));
}

#[test]
fn sets_take_add_and_remove_and_their_changes_are_logged_one_by_one() {
    let mut bench = Bench::new(0);
    bench.create(json!({"components": [{"name": "cart"}], "fixVersions": [{"id": "10000"}]}));
    let update = json!({"update": {
        "components": [{"add": {"name": "Search"}}, {"remove": {"name": "Cart"}}],
        "fixVersions": [{"add": {"name": "2.0"}}],
        "versions": [{"set": [{"name": "1.0"}]}],
        "customfield_10104": [{"add": {"value": "Linux"}}],
        "customfield_10108": [{"add": "x"}, {"add": "y"}, {"remove": "x"}],
        "customfield_10110": [{"add": {"accountId": ALICE}}],
        "timetracking": [{"edit": {"originalEstimate": "1d", "remainingEstimate": "4h"}}],
    }});
    let (status, answer) = bench.put("3/issue/WEB-1", &update);
    assert_eq!((status, &answer), (204, &Value::Null), "{answer}");
    let (_, read) = bench.get("3/issue/WEB-1?expand=changelog");
    let fields = &read["fields"];
    assert_eq!(fields["components"].as_array().map(Vec::len), Some(1));
    assert_eq!(fields["components"][0]["name"], "Search");
    assert_eq!(fields["fixVersions"][1]["name"], "2.0");
    assert_eq!(fields["versions"][0]["released"], true);
    assert_eq!(fields["customfield_10108"], json!(["y"]));
    assert_eq!(fields["timetracking"]["originalEstimateSeconds"], 28_800);
    assert_eq!(fields["timetracking"]["remainingEstimate"], "4h");
    let items = read["changelog"]["histories"][0]["items"].as_array();
    let item = |field: &str| -> Vec<Value> {
        let items = items.expect("items").iter();
        items.filter(|it| it["fieldId"] == field).cloned().collect()
    };
    let components = item("components");
    assert_eq!(components.len(), 2);
    assert_eq!(components[0]["field"], "Component");
    assert_eq!(components[0]["fromString"], "Cart");
    assert_eq!(components[1]["toString"], "Search");
    assert_eq!(item("fixVersions")[0]["to"], "10001");
    assert_eq!(item("customfield_10104")[0]["fieldtype"], "custom");
    assert_eq!(item("timeoriginalestimate")[0]["to"], "28800");
    let body = json!({"update": {"summary": [{"add": "x"}]}});
    assert_eq!(bench.put("3/issue/WEB-1", &body).0, 400);
    let body = json!({"update": {"customfield_10103": [{"add": {"value": "Major"}}]}});
    assert_eq!(bench.put("3/issue/WEB-1", &body).0, 400);
}

#[test]
fn metadata_tells_what_can_be_set_and_to_what() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    let (status, meta) = bench.get("3/issue/WEB-1/editmeta");
    assert_eq!(status, 200);
    let check = |pointer: &str, expected: Value| {
        assert_eq!(meta.pointer(pointer), Some(&expected), "{pointer}");
    };
    check("/fields/components/allowedValues/1/name", json!("Search"));
    check(
        "/fields/fixVersions/operations",
        json!(["add", "set", "remove"]),
    );
    check(
        "/fields/customfield_10103/allowedValues/0/value",
        json!("Critical"),
    );
    check(
        "/fields/customfield_10105/allowedValues/0/children/1/value",
        json!("Checkout"),
    );
    check(
        "/fields/customfield_10102/schema/custom",
        json!("com.atlassian.jira.plugin.system.customfieldtypes:float"),
    );
    check(
        "/fields/comment/operations",
        json!(["add", "edit", "remove"]),
    );
    check("/fields/priority/defaultValue/name", json!("Medium"));
    assert_eq!(
        meta.pointer("/fields/project"),
        None,
        "only a move changes it"
    );
    let path = "3/issue/createmeta?projectKeys=WEB&issuetypeNames=Bug,Epic&expand=projects.issuetypes.fields";
    let (_, meta) = bench.get(path);
    let kinds = &meta["projects"][0]["issuetypes"];
    assert_eq!(kinds.as_array().map(Vec::len), Some(2));
    assert_eq!(kinds[1]["fields"]["summary"]["required"], true);
    assert_eq!(
        bench.get("3/issue/WEB-1?expand=editmeta").1["editmeta"]["fields"]["labels"]["key"],
        "labels"
    );
    assert_eq!(
        bench.get("3/customFieldOption/10300").1["value"],
        "Critical"
    );
}

#[test]
fn only_an_administrator_changes_options_and_issues_follow_a_renamed_one() {
    let mut bench = Bench::new(0);
    bench.create(json!({"customfield_10103": {"value": "Major"}}));
    let base = "3/field/customfield_10103/context";
    assert_eq!(bench.get(base).0, 403);
    let (status, contexts) = bench.by("alice", "GET", base, None);
    assert_eq!(
        (status, &contexts["values"][0]["isGlobalContext"]),
        (200, &json!(true))
    );
    let id = contexts["values"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let path = format!("{base}/{id}/option");
    let mut alice =
        |method: &str, path: &str, body: Value| bench.by("alice", method, path, Some(&body));
    let new = json!({"options": [{"value": "Trivial"}, {"value": "Blocker", "disabled": true}]});
    let (status, made) = alice("POST", &path, new.clone());
    assert_eq!(
        (status, &made["options"][1]["disabled"]),
        (200, &json!(true))
    );
    assert_eq!(alice("POST", &path, new).0, 400, "a value is there once");
    let renamed = json!({"options": [{"id": "10301", "value": "Serious"}]});
    assert_eq!(alice("PUT", &path, renamed).0, 200);
    let first = json!({"customFieldOptionIds": ["10302"], "position": "First"});
    assert_eq!(alice("PUT", &format!("{path}/move"), first).0, 204);
    let (_, listed) = alice("GET", &path, json!({}));
    assert_eq!(listed["values"][0]["value"], "Minor");
    assert_eq!(listed["total"], 5);
    assert_eq!(
        alice("DELETE", &format!("{path}/10301"), json!({})).0,
        400,
        "in use"
    );
    assert_eq!(alice("DELETE", &format!("{path}/10300"), json!({})).0, 204);
    assert_eq!(alice("DELETE", &format!("{path}/10300"), json!({})).0, 404);
    assert_eq!(
        alice(
            "GET",
            "3/field/customfield_10103/context/1/option",
            json!({})
        )
        .0,
        404
    );
    assert_eq!(
        alice("GET", "3/field/customfield_1/context", json!({})).0,
        404
    );
    let none = json!({"options": [{"value": "x"}]});
    assert_eq!(
        alice(
            "POST",
            "3/field/customfield_10102/context/20102/option",
            none
        )
        .0,
        400
    );
    assert_eq!(field(&mut bench, "customfield_10103")["value"], "Serious");
    let disabled = json!({"fields": {"customfield_10103": {"value": "Blocker"}}});
    assert_eq!(bench.put("3/issue/WEB-1", &disabled).0, 400);
}

#[test]
fn the_levels_of_parents_are_held() {
    let mut bench = Bench::new(0);
    let epic = bench.create(json!({"issuetype": {"name": "Epic"}}));
    let story = bench.create(json!({"issuetype": {"name": "Story"}, "parent": {"key": epic}}));
    let sub = bench.create(json!({"issuetype": {"name": "Sub-task"}, "parent": {"key": story}}));
    let mut check = |key: &str, fields: Value, name: &str| {
        let (status, answer) = bench.put(&format!("3/issue/{key}"), &json!({"fields": fields}));
        assert_eq!(status, 400, "{fields}");
        assert!(answer["errors"][name].is_string(), "{answer}");
    };
    check(&sub, json!({"parent": {"key": epic}}), "parent");
    check(&sub, json!({"parent": null}), "parent");
    check(&epic, json!({"parent": {"key": story}}), "parent");
    check(&epic, json!({"issuetype": {"name": "Task"}}), "issuetype");
    check(
        &story,
        json!({"issuetype": {"name": "Sub-task"}}),
        "issuetype",
    );
    check(&story, json!({"parent": {"key": "WEB-99"}}), "parent");
    let none = json!({"update": {"parent": [{"set": {"none": true}}]}});
    assert_eq!(bench.put(&format!("3/issue/{story}"), &none).0, 204);
    let alone = issue(json!({"issuetype": {"name": "Sub-task"}}));
    assert_eq!(bench.post("3/issue", &alone).0, 400);
}
