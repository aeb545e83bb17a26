use super::*;

#[test]
fn a_stale_rev_is_refused_with_412_and_changes_nothing() {
    let mut world = World::new();
    let id = world.story("one");
    world.set(id, &[("System.Title", json!("two"))]);
    let (status, body) = world.patch(
        id,
        json!([{"op": "test", "path": "/rev", "value": 1}, {"op": "add", "path": "/fields/System.Title", "value": "three"}]),
    );
    assert_eq!(status, 412);
    assert_eq!(body["typeKey"], "TestPatchOperationFailedException");
    assert_eq!(
        message(&body),
        "VS403351: Test Operation for path /rev failed, value 2 was not equal to test value 1."
    );
    assert_eq!(world.field(id, "System.Title"), "two");
    assert_eq!(world.kinds(), [Kind::Create, Kind::Edit]);
}

#[test]
fn add_merges_tags_and_replace_replaces_them() {
    let mut world = World::new();
    let id = world.create(
        "Task",
        &[
            ("System.Title", json!("t")),
            ("System.Tags", json!("beta; Alpha")),
        ],
    );
    assert_eq!(world.field(id, "System.Tags"), "Alpha; beta");
    world.set(id, &[("System.Tags", json!("gamma, ALPHA"))]);
    assert_eq!(world.field(id, "System.Tags"), "Alpha; beta; gamma");
    world.patch(
        id,
        sets("replace", &[("System.Tags", json!("Beta ;delta"))]),
    );
    assert_eq!(
        world.field(id, "System.Tags"),
        "beta; delta",
        "the first spelling stays"
    );
    world.patch(id, sets("replace", &[("System.Tags", json!(""))]));
    assert_eq!(
        world.field(id, "System.Tags"),
        Json::Null,
        "an empty field is absent"
    );
    let tags = world.get("/Platform/_apis/wit/tags");
    assert_eq!(tags["count"], 4);
}

#[test]
fn html_is_stored_sanitised_and_normalised() {
    let mut world = World::new();
    let id = world.story("t");
    for (sent, stored) in [
        ("words", "<div>words</div>"),
        ("<p onclick=x>a<script>x</script></p>", "<p>a</p>"),
        ("<p><a href='javascript:x'>a</a></p>", "<p><a>a</a></p>"),
    ] {
        let json = world.set(id, &[("System.Description", json!(sent))]);
        assert_eq!(json["fields"]["System.Description"], stored);
        assert_eq!(json["multilineFieldsFormat"]["System.Description"], "html");
    }
    assert_eq!(world.services.items()[0]["text"], "a");
}

#[test]
fn markdown_is_kept_as_it_is_and_a_format_needs_a_value() {
    let mut world = World::new();
    let id = world.story("t");
    let format = json!({"op": "add", "path": "/multilineFieldsFormat/System.Description", "value": "markdown"});
    let (status, body) = world.patch(id, json!([format]));
    assert_eq!(status, 400, "{body}");
    let text = json!({"op": "add", "path": "/fields/System.Description", "value": "# a <b>"});
    let (status, body) = world.patch(id, json!([format, text]));
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["fields"]["System.Description"], "# a <b>");
    assert_eq!(
        body["multilineFieldsFormat"]["System.Description"],
        "markdown"
    );
    let json = world.set(id, &[("System.Description", json!("still *markdown*"))]);
    assert_eq!(json["fields"]["System.Description"], "still *markdown*");
    let only = world.get(&format!(
        "/_apis/wit/workitems/{id}?fields=System.Description"
    ));
    assert_eq!(
        only.get("multilineFieldsFormat"),
        None,
        "no map with a fields filter"
    );
}

#[test]
fn changed_date_increases_even_when_the_clock_stands_still() {
    let mut world = World::new();
    let id = world.story("t");
    let mut last = String::new();
    for n in 0..5 {
        world.now_ms -= 1000;
        let json = world.set(id, &[("System.Title", json!(format!("t{n}")))]);
        let now = json["fields"]["System.ChangedDate"]
            .as_str()
            .unwrap()
            .to_owned();
        world.now_ms -= 1000;
        let at = super::super::time::parse(&now).unwrap().0;
        assert!(
            last.is_empty() || at > super::super::time::parse(&last).unwrap().0,
            "{now} after {last}"
        );
        last = now;
    }
}

#[test]
fn a_patch_that_changes_nothing_makes_no_revision() {
    let mut world = World::new();
    let id = world.story("same");
    assert_eq!(world.set(id, &[("System.Title", json!("same"))])["rev"], 1);
    assert_eq!(world.set(id, &[("System.Title", json!("other"))])["rev"], 2);
}

#[test]
fn reads_select_fields_and_moments() {
    let mut world = World::new();
    let id = world.story("one");
    let then = super::super::time::text(world.now_ms);
    world.set(id, &[("System.Title", json!("two"))]);
    let old = world.get(&format!("/_apis/wit/workitems/{id}?asOf={then}"));
    assert_eq!(
        (&old["rev"], &old["fields"]["System.Title"]),
        (&json!(1), &json!("one"))
    );
    let only = world.get(&format!(
        "/_apis/wit/workitems/{id}?fields=System.Id,system.title"
    ));
    assert_eq!(
        only["fields"],
        json!({"System.Id": id, "System.Title": "two"})
    );
    for (query, status, text) in [
        ("fields=Custom.None", 400, "TF51535"),
        (
            "fields=System.Id&$expand=relations",
            400,
            "The expand parameter",
        ),
        ("asOf=2001-01-01", 404, "TF401232"),
    ] {
        let (found, body) = world.call(
            Method::GET,
            &format!("/_apis/wit/workitems/{id}?{query}"),
            None,
        );
        assert_eq!(found, status, "{query}");
        assert!(message(&body).starts_with(text), "{query}: {body}");
    }
    let all = world.item(id);
    assert_eq!(all["fields"]["System.NodeName"], "Platform");
    assert_eq!(all["fields"]["System.AreaId"], 10);
    assert_eq!(all["fields"]["System.RevisedDate"], "9999-01-01T00:00:00Z");
}

#[test]
fn a_batch_fails_or_omits_and_has_a_limit() {
    let mut world = World::new();
    let id = world.story("t");
    let mut batch = |body: Json| world.call(Method::POST, "/_apis/wit/workitemsbatch", Some(body));
    assert_eq!(batch(json!({"ids": [id, 77]})).0, 404);
    let (status, body) =
        batch(json!({"ids": [id, 77], "errorPolicy": "omit", "fields": ["System.Title"]}));
    assert_eq!(status, 200);
    assert_eq!(body["value"][0]["fields"], json!({"System.Title": "t"}));
    assert_eq!(body["value"][1], Json::Null);
    let (status, body) = batch(json!({"ids": (1..=201).collect::<Vec<_>>()}));
    assert_eq!(status, 400);
    assert_eq!(
        message(&body),
        "VS403474: You requested 201 work items which exceeds the limit of 200"
    );
}

#[test]
fn a_deleted_item_is_gone_until_it_is_restored() {
    let mut world = World::new();
    let id = world.story("t");
    let (status, gone) = world.call(
        Method::DELETE,
        &format!("/Platform/_apis/wit/workitems/{id}"),
        None,
    );
    assert_eq!(
        (status, &gone["code"], &gone["type"]),
        (200, &json!(200), &json!("User Story"))
    );
    assert_eq!(
        world
            .call(Method::GET, &format!("/_apis/wit/workitems/{id}"), None)
            .0,
        404
    );
    assert_eq!(world.get("/Platform/_apis/wit/recyclebin")["count"], 1);
    assert!(world.services.items().is_empty());
    let bin = format!("/Platform/_apis/wit/recyclebin/{id}");
    assert_eq!(
        world
            .call(Method::PATCH, &bin, Some(json!({"isDeleted": false})))
            .0,
        200
    );
    assert_eq!(
        world.item(id)["rev"],
        3,
        "deleting and restoring are revisions"
    );
    world.call(Method::DELETE, &format!("/_apis/wit/workitems/{id}"), None);
    assert_eq!(world.call(Method::DELETE, &bin, None).0, 204);
    assert_eq!(world.call(Method::GET, &bin, None).0, 404);
    assert_eq!(
        world.kinds(),
        [
            Kind::Create,
            Kind::Delete,
            Kind::Restore,
            Kind::Delete,
            Kind::Delete
        ]
    );
}

#[test]
fn an_item_moves_and_changes_its_type() {
    let mut world = World::new();
    let id = world.create(
        "Bug",
        &[
            ("System.Title", json!("t")),
            ("System.AreaPath", json!("platform\\web")),
        ],
    );
    assert_eq!(world.field(id, "System.AreaPath"), "Platform\\Web");
    let json = world.set(id, &[("System.TeamProject", json!("Operations"))]);
    assert_eq!(json["fields"]["System.TeamProject"], "Operations");
    assert_eq!(json["fields"]["System.AreaPath"], "Operations");
    let json = world.set(id, &[("System.WorkItemType", json!("Task"))]);
    assert_eq!(json["fields"]["System.WorkItemType"], "Task");
    assert_eq!(
        world
            .call(
                Method::GET,
                &format!("/Platform/_apis/wit/workitems/{id}"),
                None
            )
            .0,
        404
    );
}

#[test]
fn updates_tell_old_and_new() {
    let mut world = World::new();
    let id = world.story("one");
    world.set(
        id,
        &[("System.Title", json!("two")), ("System.Tags", json!("a"))],
    );
    let updates = world.get(&format!("/_apis/wit/workitems/{id}/updates"));
    let second = &updates["value"][1];
    assert_eq!(
        second["fields"]["System.Title"],
        json!({"oldValue": "one", "newValue": "two"})
    );
    assert_eq!(second["fields"]["System.Tags"], json!({"newValue": "a"}));
    assert_eq!(second["revisedDate"], "9999-01-01T00:00:00Z");
    assert_eq!(second["fields"].get("System.State"), None);
    let paged = world.get(&format!("/_apis/wit/workitems/{id}/updates?$skip=1&$top=5"));
    assert_eq!(paged["count"], 1);
    assert_eq!(
        world
            .call(
                Method::GET,
                &format!("/_apis/wit/workitems/{id}/updates/9"),
                None
            )
            .0,
        404
    );
}
