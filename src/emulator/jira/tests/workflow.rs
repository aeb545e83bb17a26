//! The second project's workflow: screens, validators, conditions, loops, and statuses out of reach.

use serde_json::{Value, json};

use super::{Bench, document};

fn ops(bench: &mut Bench, fields: Value) -> String {
    let mut all =
        json!({"project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": "Op"});
    all.as_object_mut()
        .expect("an object")
        .extend(fields.as_object().expect("fields").clone());
    let (status, made) = bench.post("3/issue", &json!({"fields": all}));
    assert_eq!(status, 201, "{made}");
    made["key"].as_str().expect("a key").to_owned()
}

fn step(bench: &mut Bench, key: &str, id: &str, more: Value) -> (u16, Value) {
    let mut body = json!({"transition": {"id": id}});
    body.as_object_mut()
        .expect("an object")
        .extend(more.as_object().expect("members").clone());
    bench.post(&format!("3/issue/{key}/transitions"), &body)
}

fn ids(bench: &mut Bench, key: &str, query: &str) -> Vec<String> {
    let (_, answer) = bench.get(&format!("3/issue/{key}/transitions{query}"));
    let rows = answer["transitions"].as_array().expect("rows").clone();
    rows.iter()
        .map(|it| it["id"].as_str().expect("an id").to_owned())
        .collect()
}

#[test]
fn not_every_status_is_one_step_away() {
    let mut bench = Bench::new(0);
    let key = ops(&mut bench, json!({}));
    assert_eq!(
        bench.get(&format!("3/issue/{key}")).1["fields"]["status"]["name"],
        "Open"
    );
    assert_eq!(ids(&mut bench, &key, ""), ["101", "106", "108", "110"]);
    let (_, statuses) = bench.get("3/project/OPS/statuses");
    assert_eq!(statuses[0]["statuses"].as_array().map(Vec::len), Some(7));
    let (status, answer) = step(&mut bench, &key, "104", json!({}));
    assert_eq!(
        (status, &answer["errorMessages"][0]),
        (
            400,
            &json!("Transition id '104' is not valid for this issue.")
        )
    );
}

#[test]
fn a_condition_hides_a_transition_from_others() {
    let mut bench = Bench::new(0);
    let key = ops(&mut bench, json!({}));
    assert_eq!(step(&mut bench, &key, "101", json!({})).0, 204);
    assert_eq!(
        ids(&mut bench, &key, "?transitionId=102"),
        Vec::<String>::new()
    );
    let (_, all) = bench.get(&format!(
        "3/issue/{key}/transitions?includeUnavailableTransitions=true&transitionId=102"
    ));
    assert_eq!(
        (
            &all["transitions"][0]["isAvailable"],
            &all["transitions"][0]["isConditional"]
        ),
        (&json!(false), &json!(true))
    );
    assert_eq!(step(&mut bench, &key, "102", json!({})).0, 400);
    let own = bench.get("3/myself").1["accountId"].clone();
    bench.put(
        &format!("3/issue/{key}/assignee"),
        &json!({"accountId": own}),
    );
    assert_eq!(step(&mut bench, &key, "102", json!({})).0, 204);
}

#[test]
fn validators_name_fields_that_no_screen_flags() {
    let mut bench = Bench::new(0);
    let own = bench.get("3/myself").1["accountId"].clone();
    let key = ops(&mut bench, json!({"assignee": {"accountId": own}}));
    for id in ["101", "102"] {
        assert_eq!(step(&mut bench, &key, id, json!({})).0, 204);
    }
    let (_, shown) = bench.get(&format!(
        "3/issue/{key}/transitions?transitionId=103&expand=transitions.fields"
    ));
    assert_eq!(shown["transitions"][0]["fields"], json!({}));
    let (status, answer) = step(&mut bench, &key, "103", json!({}));
    assert_eq!(
        (status, answer["errors"]["duedate"].is_string()),
        (400, true),
        "{answer}"
    );
    bench.put(
        &format!("3/issue/{key}"),
        &json!({"fields": {"duedate": "2026-12-01"}}),
    );
    assert_eq!(step(&mut bench, &key, "103", json!({})).0, 204);
    let (status, answer) = step(&mut bench, &key, "105", json!({}));
    assert_eq!(
        (status, answer["errors"]["comment"].is_string()),
        (400, true),
        "{answer}"
    );
    let comment = json!({"update": {"comment": [{"add": {"body": document("No.")}}]}});
    assert_eq!(step(&mut bench, &key, "105", comment).0, 204);
    assert_eq!(
        bench.get(&format!("3/issue/{key}")).1["fields"]["status"]["name"],
        "In Progress"
    );
}

#[test]
fn a_screen_requires_a_resolution() {
    let mut bench = Bench::new(0);
    let key = ops(&mut bench, json!({}));
    step(&mut bench, &key, "101", json!({}));
    let (_, shown) = bench.get(&format!(
        "3/issue/{key}/transitions?transitionId=109&expand=transitions.fields"
    ));
    let row = &shown["transitions"][0];
    assert_eq!(
        (&row["hasScreen"], &row["to"]["name"]),
        (&json!(true), &json!("Closed"))
    );
    assert_eq!(row["fields"]["resolution"]["required"], true);
    assert_eq!(
        row["fields"]["resolution"]["allowedValues"][1]["name"],
        "Won't Do"
    );
    let (status, answer) = step(&mut bench, &key, "109", json!({}));
    assert_eq!(
        (status, &answer["errors"]["resolution"]),
        (400, &json!("Resolution is required."))
    );
    let given = |fields: Value| json!({"fields": fields});
    assert_eq!(
        step(
            &mut bench,
            &key,
            "109",
            given(json!({"resolution": {"name": "Odd"}}))
        )
        .0,
        400
    );
    assert_eq!(
        step(
            &mut bench,
            &key,
            "109",
            given(json!({"resolution": {"name": "Done"}, "labels": []}))
        )
        .0,
        400
    );
    assert_eq!(
        step(
            &mut bench,
            &key,
            "109",
            given(json!({"resolution": {"name": "Won't Do"}}))
        )
        .0,
        204
    );
    let (_, read) = bench.get(&format!("3/issue/{key}"));
    assert_eq!(read["fields"]["resolution"]["name"], "Won't Do");
    assert_eq!(step(&mut bench, &key, "111", json!({})).0, 204);
    assert_eq!(
        bench.get(&format!("3/issue/{key}")).1["fields"]["resolution"],
        Value::Null
    );
    assert_eq!(
        bench
            .put(
                "3/issue/OPS-1",
                &json!({"fields": {"resolution": {"name": "Done"}}})
            )
            .0,
        400
    );
}

#[test]
fn global_and_looped_transitions_are_possible_from_everywhere() {
    let mut bench = Bench::new(0);
    let key = ops(&mut bench, json!({}));
    let (_, shown) = bench.get(&format!("3/issue/{key}/transitions?transitionId=108"));
    let row = &shown["transitions"][0];
    assert_eq!(
        (&row["looped"], &row["isGlobal"], &row["to"]["name"]),
        (&json!(true), &json!(true), &json!("Open"))
    );
    let labels = json!({"update": {"labels": [{"add": "noted"}]}});
    assert_eq!(step(&mut bench, &key, "108", labels).0, 204);
    let (_, read) = bench.get(&format!("3/issue/{key}"));
    assert_eq!(
        (&read["fields"]["labels"], &read["fields"]["status"]["name"]),
        (&json!(["noted"]), &json!("Open"))
    );
    assert_eq!(step(&mut bench, &key, "106", json!({})).0, 204);
    assert!(
        !ids(&mut bench, &key, "").contains(&"106".to_owned()),
        "not to where it is"
    );
    assert_eq!(step(&mut bench, &key, "110", json!({})).0, 204);
    assert_eq!(
        bench.get(&format!("3/issue/{key}")).1["fields"]["resolution"]["name"],
        "Won't Do"
    );
}
