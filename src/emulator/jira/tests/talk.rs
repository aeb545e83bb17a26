//! Comments: who may see them, how they answer each other, and how an edit carries them.

use serde_json::{Value, json};

use super::{Bench, document};

#[test]
fn a_restricted_comment_is_not_there_for_others() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    let path = "3/issue/WEB-1/comment";
    let restricted = |kind: &str, value: &str| json!({"body": document("secret"), "visibility": {"type": kind, "value": value}});
    for (kind, value) in [
        ("role", "Administrators"),
        ("group", "site-admins"),
        ("role", "Nobody"),
        ("team", "x"),
    ] {
        let (status, answer) = bench.post(path, &restricted(kind, value));
        assert_eq!(status, 400, "{kind} {value}: {answer}");
        assert!(answer["errors"]["commentLevel"].is_string());
    }
    let (status, secret) = bench.by(
        "alice",
        "POST",
        path,
        Some(&restricted("group", "site-admins")),
    );
    assert_eq!(
        (status, &secret["visibility"]["value"]),
        (201, &json!("site-admins"))
    );
    let id = secret["id"].as_str().expect("an id").to_owned();
    assert_eq!(bench.post(path, &restricted("role", "Developers")).0, 201);
    assert_eq!(bench.get(path).1["total"], 1);
    assert_eq!(bench.by("alice", "GET", path, None).1["total"], 2);
    assert_eq!(
        bench.get("3/issue/WEB-1").1["fields"]["comment"]["total"],
        1
    );
    let number: u64 = id.parse().expect("a number");
    assert_eq!(
        bench.post("3/comment/list", &json!({"ids": [number]})).1["total"],
        0
    );
    for path in [format!("{path}/{id}"), format!("3/comment/{id}/properties")] {
        assert_eq!(bench.get(&path).0, 404, "{path}");
    }
    assert_eq!(bench.delete(&format!("{path}/{id}")), 404);
    assert_eq!(
        bench.by("alice", "DELETE", &format!("{path}/{id}"), None).0,
        204
    );
}

#[test]
fn an_answer_to_a_comment_is_seen_by_whoever_sees_the_comment() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    let path = "3/issue/WEB-1/comment";
    let first =
        json!({"body": document("first"), "visibility": {"type": "role", "value": "Developers"}});
    let (_, first) = bench.post(path, &first);
    let id = first["id"].as_str().expect("an id").to_owned();
    let (status, reply) = bench.post(path, &json!({"body": document("reply"), "parentId": id}));
    assert_eq!(status, 201, "{reply}");
    assert_eq!(reply["visibility"]["value"], "Developers");
    assert_eq!(reply["parentId"].to_string(), id);
    let reply = format!("{path}/{}", reply["id"].as_str().expect("an id"));
    let open = json!({"body": document("reply"), "visibility": null});
    assert_eq!(bench.put(&reply, &open).0, 400);
    let (status, edited) = bench.put(&format!("{path}/{id}"), &open);
    assert_eq!((status, &edited["visibility"]), (200, &Value::Null));
    assert_eq!(bench.get(&reply).1["visibility"], Value::Null);
    assert_eq!(
        bench
            .post(path, &json!({"body": document("x"), "parentId": "7"}))
            .0,
        404
    );
    assert_eq!(
        bench.get(&format!("{reply}?expand=renderedBody")).1["renderedBody"],
        "<p>reply</p>"
    );
}

#[test]
fn an_update_adds_edits_and_removes_comments_all_or_none() {
    let mut bench = Bench::new(0);
    bench.create(json!({}));
    let (_, one) = bench.post("3/issue/WEB-1/comment", &json!({"body": document("one")}));
    let (_, two) = bench.post("3/issue/WEB-1/comment", &json!({"body": document("two")}));
    let bad = json!({"fields": {"summary": "Changed"}, "update": {"comment": [{"add": {"body": document("three")}}, {"remove": {"id": "1"}}]}});
    assert_eq!(bench.put("3/issue/WEB-1", &bad).0, 404);
    assert_eq!(bench.get("3/issue/WEB-1").1["fields"]["summary"], "A task");
    let good = json!({"update": {"comment": [
        {"add": {"body": document("three")}},
        {"edit": {"id": one["id"], "body": document("uno")}},
        {"remove": {"id": two["id"]}},
    ]}});
    assert_eq!(bench.put("3/issue/WEB-1", &good).0, 204);
    let (_, listed) = bench.get("3/issue/WEB-1/comment?orderBy=-created");
    let text =
        |at: usize| listed["comments"][at]["body"]["content"][0]["content"][0]["text"].clone();
    assert_eq!((text(0), text(1)), (json!("three"), json!("uno")));
    assert_eq!(listed["total"], 2);
}
