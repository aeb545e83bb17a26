use super::*;

fn comments(id: i64) -> String {
    format!("/Platform/_apis/wit/workItems/{id}/comments")
}

#[test]
fn a_comment_makes_a_revision_and_stands_in_its_history() {
    let mut world = World::new();
    let id = world.story("t");
    let text = json!({"text": "see <a href=\"https://jira.example/c/1\">it</a><script>x</script>"});
    let (status, made) = world.call_as("bruno", Method::POST, &comments(id), Some(text));
    assert_eq!(status, 200);
    let stored = "<div>see <a href=\"https://jira.example/c/1\">it</a></div>";
    assert_eq!(
        (&made["text"], &made["format"], &made["version"]),
        (&json!(stored), &json!("html"), &json!(1))
    );
    let item = world.item(id);
    assert_eq!(
        (&item["rev"], &item["fields"]["System.CommentCount"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(item["fields"]["System.History"], stored);
    assert_eq!(item["commentVersionRef"]["commentId"], made["id"]);
    let entry = world.ledger.entries().last().unwrap();
    assert_eq!(
        (entry.kind, entry.marker.as_deref()),
        (Kind::Comment, Some("https://jira.example/c/1"))
    );
    world.set(id, &[("System.History", json!("by the field"))]);
    let list = world.get(&comments(id));
    assert_eq!(
        (&list["totalCount"], &list["comments"][0]["text"]),
        (&json!(2), &json!("<div>by the field</div>"))
    );
    let neutral = &world.services.items()[0]["comments"];
    assert_eq!(neutral[0]["text"], "see it");
    assert_eq!(neutral[0]["by"], "bruno");
}

#[test]
fn an_edit_is_a_version_and_changes_the_old_history() {
    let mut world = World::new();
    let id = world.story("t");
    let (_, made) = world.call(Method::POST, &comments(id), Some(json!({"text": "one"})));
    let path = format!("{}/{}", comments(id), made["id"]);
    let (status, edited) = world.call(Method::PATCH, &path, Some(json!({"text": "two"})));
    assert_eq!((status, &edited["version"]), (200, &json!(2)));
    let second = world.get(&format!("/_apis/wit/workitems/{id}/revisions/2"));
    assert_eq!(second["fields"]["System.History"], "<div>two</div>");
    assert_eq!(world.item(id)["fields"].get("System.History"), None);
    assert_eq!(world.item(id)["rev"], 3);
    let versions = world.get(&format!("{path}/versions"));
    assert_eq!(versions["value"][1]["text"], "<div>one</div>");
    assert_eq!(
        world.kinds(),
        [Kind::Create, Kind::Comment, Kind::CommentEdit]
    );
}

#[test]
fn a_delete_is_soft() {
    let mut world = World::new();
    let id = world.story("t");
    let (_, made) = world.call(Method::POST, &comments(id), Some(json!({"text": "one"})));
    let path = format!("{}/{}", comments(id), made["id"]);
    let (status, gone) = world.call(Method::DELETE, &path, None);
    assert_eq!(
        (status, &gone["isDeleted"], &gone["version"]),
        (200, &json!(true), &json!(2))
    );
    assert_eq!(world.get(&comments(id))["totalCount"], 0);
    assert_eq!(
        world.get(&format!("{}?includeDeleted=true", comments(id)))["comments"][0]["isDeleted"],
        true
    );
    assert_eq!(world.field(id, "System.CommentCount"), 0);
    assert_eq!(
        world
            .call(Method::PATCH, &path, Some(json!({"text": "x"})))
            .0,
        404
    );
    assert_eq!(world.call(Method::GET, &path, None).0, 404);
}

#[test]
fn a_list_is_paged_newest_first() {
    let mut world = World::new();
    let id = world.story("t");
    for n in 0..5 {
        world.call(
            Method::POST,
            &comments(id),
            Some(json!({"text": format!("c{n}")})),
        );
    }
    let mut seen = Vec::new();
    let mut token = String::new();
    for _ in 0..3 {
        let page = world.get(&format!(
            "{}?$top=2&continuationToken={token}",
            comments(id)
        ));
        for comment in page["comments"].as_array().unwrap() {
            seen.push(comment["text"].as_str().unwrap().to_owned());
        }
        token = page["continuationToken"].as_str().unwrap_or("").to_owned();
    }
    assert!(token.is_empty());
    let expected: Vec<String> = (0..5).rev().map(|n| format!("<div>c{n}</div>")).collect();
    assert_eq!(seen, expected);
    let first = world.get(&format!("{}?order=asc&$top=1", comments(id)));
    assert_eq!(first["comments"][0]["text"], "<div>c0</div>");
    assert_eq!(
        world
            .call(
                Method::GET,
                &format!("{}?continuationToken=zz", comments(id)),
                None
            )
            .0,
        400
    );
}

#[test]
fn a_markdown_comment_is_kept_and_rendered() {
    let mut world = World::new();
    let id = world.story("t");
    let path = format!("{}?format=markdown", comments(id));
    let (status, made) = world.call(Method::POST, &path, Some(json!({"text": "**a** <b>"})));
    assert_eq!(
        (status, &made["format"], &made["text"]),
        (200, &json!("markdown"), &json!("**a** <b>"))
    );
    assert_eq!(made["renderedText"], "<p>**a** &lt;b&gt;</p>\n");
    assert_eq!(
        world
            .call(Method::POST, &comments(id), Some(json!({"text": " "})))
            .0,
        400
    );
}

#[test]
fn a_reaction_is_only_ones_own() {
    let mut world = World::new();
    let id = world.story("t");
    let (_, made) = world.call(Method::POST, &comments(id), Some(json!({"text": "a"})));
    let comment = made["id"].as_i64().unwrap();
    let path = format!("{}/{comment}/reactions", comments(id));
    let (status, like) = world.call(Method::PUT, &format!("{path}/like"), None);
    assert_eq!(status, 200);
    assert_eq!(
        (&like["type"], &like["count"], &like["isCurrentUserEngaged"]),
        (&json!("like"), &json!(1), &json!(true))
    );
    let (_, again) = world.call(Method::PUT, &format!("{path}/0"), None);
    assert_eq!(again["count"], 1, "a number of the enum is the same kind");
    world.call_as("bruno", Method::PUT, &format!("{path}/heart"), None);
    let all = world.get(&path);
    assert_eq!(all["count"], 2);
    assert_eq!(all["value"][1]["isCurrentUserEngaged"], false);
    let users = world.get(&format!("{path}/heart/users"));
    assert_eq!(users["value"][0]["displayName"], "Bruno Belmonte");
    for (kind, status) in [("heart", 404), ("like", 200), ("like", 404), ("anger", 400)] {
        let path = format!("{path}/{kind}");
        assert_eq!(world.call(Method::DELETE, &path, None).0, status, "{kind}");
    }
    assert_eq!(world.item(id)["rev"], 2, "a reaction is no revision");
    let list = world.get(&format!("{}?$expand=reactions", comments(id)));
    assert_eq!(list["comments"][0]["reactions"][0]["type"], "heart");
    let plain = world.get(&comments(id));
    assert_eq!(plain["comments"][0].get("reactions"), None);
}

#[test]
fn words_that_comments_do_not_know_are_refused() {
    let mut world = World::new();
    let id = world.story("t");
    let text = || Some(json!({"text": "a"}));
    for query in ["format=rtf", "format=2"] {
        let path = format!("{}?{query}", comments(id));
        assert_eq!(world.call(Method::POST, &path, text()).0, 400, "{query}");
    }
    for query in ["order=random", "$expand=everything"] {
        let path = format!("{}?{query}", comments(id));
        assert_eq!(world.call(Method::GET, &path, None).0, 400, "{query}");
    }
}

#[test]
fn an_edit_without_a_format_keeps_markdown_and_its_mentions() {
    let mut world = World::new();
    let id = world.story("t");
    let guid = "a11ce000-0000-4000-8000-000000000001";
    let path = format!("{}?format=markdown", comments(id));
    let (_, made) = world.call(
        Method::POST,
        &path,
        Some(json!({"text": format!("@<{guid}>")})),
    );
    assert_eq!(made["mentions"][0]["artifactId"], guid);
    let path = format!("{}/{}", comments(id), made["id"]);
    let (_, edited) = world.call(Method::PATCH, &path, Some(json!({"text": "**b**"})));
    assert_eq!(
        (&edited["format"], &edited["text"], &edited["version"]),
        (&json!("markdown"), &json!("**b**"), &json!(2))
    );
    let feed = world.get("/_apis/wit/reporting/workItemRevisions/discussions");
    assert_eq!(feed["values"].as_array().unwrap().len(), 2);
}
