//! An administrator changes the screens while people work.

use serde_json::{Value, json};

use super::{Bench, issue};
use crate::site::Request;

fn administer(bench: &mut Bench, change: &Value) -> u16 {
    let request = Request::new(http::Method::POST, "/_emulator/screens").with_json(change);
    let answer = bench.send(&request).response().expect("an answer");
    answer.status
}

#[test]
fn a_field_off_the_screens_can_neither_be_set_nor_found() {
    let mut bench = Bench::new(1);
    assert_eq!(
        administer(&mut bench, &json!({"hidden": ["priority"]})),
        200
    );
    let edit = json!({"fields": {"priority": {"name": "High"}}});
    let (status, answer) = bench.put("3/issue/WEB-1", &edit);
    let text = answer["errors"]["priority"].as_str().unwrap_or_default();
    assert!(
        status == 400 && text.contains("not on the appropriate screen"),
        "{answer}"
    );
    let (_, edits) = bench.get("3/issue/WEB-1/editmeta");
    assert_eq!(edits["fields"]["priority"], Value::Null);
    assert_eq!(administer(&mut bench, &json!({})), 200);
    assert_eq!(bench.put("3/issue/WEB-1", &edit).0, 204);
}

#[test]
fn a_field_that_became_required_is_asked_of_creates_and_of_edits_that_empty_it() {
    let mut bench = Bench::new(0);
    let points = "customfield_10016";
    assert_eq!(administer(&mut bench, &json!({"required": [points]})), 200);
    let (status, answer) = bench.post("3/issue", &issue(json!({})));
    assert_eq!(status, 400);
    assert_eq!(
        answer["errors"][points],
        "Story point estimate is required."
    );
    let (_, meta) = bench.get("3/issue/createmeta/WEB/issuetypes/10001");
    let rows = meta["fields"].as_array().cloned().unwrap_or_default();
    let row = rows.iter().find(|row| row["fieldId"] == points);
    assert_eq!(row.map(|row| &row["required"]), Some(&json!(true)));
    let (status, made) = bench.post("3/issue", &issue(json!({points: 3})));
    assert_eq!(status, 201, "{made}");
    let path = format!("3/issue/{}", made["key"].as_str().unwrap_or_default());
    let edit = |fields: Value| json!({"fields": fields});
    assert_eq!(bench.put(&path, &edit(json!({"summary": "y"}))).0, 204);
    assert_eq!(bench.put(&path, &edit(json!({points: null}))).0, 400);
}

#[test]
fn only_fields_of_screens_can_be_hidden_or_required() {
    let mut bench = Bench::new(0);
    for change in [
        json!({"hidden": ["status"]}),
        json!({"hidden": ["nonsense"]}),
        json!({"required": ["summary"]}),
        json!({"nonsense": []}),
    ] {
        assert_eq!(administer(&mut bench, &change), 400, "{change}");
    }
}
