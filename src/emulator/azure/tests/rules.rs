use super::*;

#[test]
fn a_broken_rule_is_told_field_by_field() {
    let mut world = World::new();
    let long = "x".repeat(256);
    for (fields, reference, flag) in [
        (vec![], "System.Title", "required, invalidEmpty"),
        (
            vec![("System.Title", json!(long))],
            "System.Title",
            "invalidTooLong",
        ),
        (
            vec![
                ("System.Title", json!("t")),
                ("System.State", json!("Doing")),
            ],
            "System.State",
            "invalidListValue",
        ),
        (
            vec![
                ("System.Title", json!("t")),
                ("System.State", json!("Active")),
            ],
            "System.State",
            "invalidListValue",
        ),
        (
            vec![
                ("System.Title", json!("t")),
                ("Microsoft.VSTS.Common.Priority", json!(5)),
            ],
            "Microsoft.VSTS.Common.Priority",
            "limitedToValues",
        ),
        (
            vec![
                ("System.Title", json!("t")),
                ("Microsoft.VSTS.Common.Priority", json!("high")),
            ],
            "Microsoft.VSTS.Common.Priority",
            "invalidType",
        ),
    ] {
        let body = if fields.is_empty() {
            sets("add", &[("System.Tags", json!("x"))])
        } else {
            sets("add", &fields)
        };
        let (status, body) = world.call(
            Method::POST,
            "/Platform/_apis/wit/workitems/$Bug",
            Some(body),
        );
        assert_eq!(status, 400, "{fields:?}");
        assert!(
            message(&body).starts_with("TF401320: Rule Error for field "),
            "{body}"
        );
        assert_eq!(body["typeKey"], "RuleValidationException");
        let first = &body["customProperties"]["RuleValidationErrors"][0];
        assert_eq!(first["fieldReferenceName"], reference);
        assert!(
            first["fieldStatusFlags"].as_str().unwrap().contains(flag),
            "{first}"
        );
    }
    assert!(world.ledger.entries().is_empty());
    assert!(world.services.items().is_empty());
}

#[test]
fn what_cannot_be_written_is_refused_by_its_own_code() {
    let mut world = World::new();
    let id = world.story("t");
    let set = |name: &str, value: Json| sets("add", &[(name, value)]);
    for (operations, status, text) in [
        (set("Custom.None", json!(1)), 400, "TF51535"),
        (
            set("System.CreatedDate", json!("2020-01-01T00:00:00Z")),
            400,
            "TF401326",
        ),
        (set("System.BoardColumn", json!("New")), 400, "TF401326"),
        (
            set("System.AreaPath", json!("Platform\\None")),
            400,
            "TF401347",
        ),
        (set("System.AreaPath", json!("Operations")), 400, "TF401347"),
        (
            set("System.AssignedTo", json!("nobody@x.example")),
            400,
            "The identity value 'nobody@x.example' for field 'Assigned To' is an unknown identity.",
        ),
        (set("System.TeamProject", json!("Nowhere")), 404, "TF200016"),
        (
            set("System.WorkItemType", json!("Incident")),
            404,
            "VS402323",
        ),
        (
            sets(
                "add",
                &[("System.Title", json!("a")), ("System.Title", json!("b"))],
            ),
            400,
            "VS403691",
        ),
        (
            json!([{"op": "remove", "path": "/fields/System.AssignedTo"}]),
            400,
            "You must pass a valid patch document",
        ),
        (
            json!([{"op": "add", "path": "/title", "value": 1}]),
            400,
            "You must pass a valid patch document",
        ),
        (
            json!([{"op": "remove", "path": "/relations/0"}]),
            404,
            "Relation with index 0",
        ),
        (json!([]), 400, "You must pass a valid patch document"),
    ] {
        let (found, body) = world.patch(id, operations.clone());
        assert_eq!(found, status, "{operations}: {body}");
        assert!(message(&body).starts_with(text), "{operations}: {body}");
    }
    let request = Request::new(
        Method::PATCH,
        &format!("/acme/_apis/wit/workitems/{id}?api-version=7.1"),
    )
    .with_basic("", "alice-token")
    .with_json(&set("System.Title", json!("x")));
    assert_eq!(world.send(request).status, 400, "the content type is wrong");
    let (status, body) = world.call(
        Method::POST,
        "/Platform/_apis/wit/workitems/$Incident",
        Some(set("System.Title", json!("x"))),
    );
    assert_eq!(
        (status, body["typeKey"].as_str()),
        (404, Some("WorkItemTypeNotFoundException"))
    );
    assert_eq!(world.item(id)["rev"], 1);
}

#[test]
fn a_person_is_set_in_every_documented_form_and_cleared_by_nothing() {
    let mut world = World::new();
    let id = world.story("t");
    let reference = world.get("/Platform/_apis/wit/workitemtypes/Task/fields/System.AssignedTo?$expand=all")["allowedValues"][1].clone();
    for form in [
        json!("bruno@acme.example"),
        json!("Bruno Belmonte <bruno@acme.example>"),
        json!("Bruno Belmonte"),
        reference,
    ] {
        let json = world.set(id, &[("System.AssignedTo", form.clone())]);
        let who = &json["fields"]["System.AssignedTo"];
        assert_eq!(who["uniqueName"], "bruno@acme.example", "{form}");
        assert!(who["_links"]["avatar"]["href"].is_string() && who["descriptor"].is_string());
        let json = world.set(id, &[("System.AssignedTo", json!(""))]);
        assert_eq!(json["fields"].get("System.AssignedTo"), None);
    }
}

#[test]
fn a_state_brings_its_reason_and_dates() {
    let mut world = World::new();
    let id = world.story("t");
    let active = world.set(id, &[("System.State", json!("active"))]);
    assert_eq!(active["fields"]["System.State"], "Active");
    assert_eq!(active["fields"]["System.Reason"], "Implementation started");
    assert_eq!(
        active["fields"]["Microsoft.VSTS.Common.ActivatedBy"]["displayName"],
        "Alice Abara"
    );
    let closed = world.set(id, &[("System.State", json!("Closed"))]);
    let changed = &closed["fields"]["System.ChangedDate"];
    assert_eq!(
        &closed["fields"]["Microsoft.VSTS.Common.ClosedDate"],
        changed
    );
    assert_eq!(
        &closed["fields"]["Microsoft.VSTS.Common.StateChangeDate"],
        changed
    );
    let (status, _) = world.patch(id, sets("add", &[("System.State", json!("Removed"))]));
    assert_eq!(status, 400, "what is closed is not removed");
    let back = world.set(id, &[("System.State", json!("New"))]);
    assert_eq!(back["fields"].get("Microsoft.VSTS.Common.ClosedDate"), None);
    assert_eq!(
        world.kinds(),
        [
            Kind::Create,
            Kind::Transition,
            Kind::Transition,
            Kind::Transition
        ]
    );
}

#[test]
fn validate_only_shows_and_stores_nothing() {
    let mut world = World::new();
    let id = world.story("t");
    let path = format!("/_apis/wit/workitems/{id}?validateOnly=true");
    let (status, json) = world.call(
        Method::PATCH,
        &path,
        Some(sets("add", &[("System.Title", json!("would be"))])),
    );
    assert_eq!(
        (status, &json["rev"], &json["fields"]["System.Title"]),
        (200, &json!(1), &json!("would be"))
    );
    assert_eq!(world.field(id, "System.Title"), "t");
    let (status, _) = world.call(
        Method::PATCH,
        &path,
        Some(sets("add", &[("System.State", json!("Doing"))])),
    );
    assert_eq!(status, 400);
}

#[test]
fn bypass_lets_dates_and_people_be_forged_but_not_backwards() {
    let mut world = World::new();
    let body = sets(
        "add",
        &[
            ("System.Title", json!("old")),
            ("System.State", json!("Closed")),
            ("System.CreatedDate", json!("2020-01-01T00:00:00Z")),
            ("System.ChangedDate", json!("2020-01-01T00:00:00Z")),
            ("System.ChangedBy", json!("erik@acme.example")),
            ("System.AssignedTo", json!("Long Gone")),
        ],
    );
    let (status, json) = world.call(
        Method::POST,
        "/Platform/_apis/wit/workitems/$Task?bypassRules=true",
        Some(body),
    );
    assert_eq!(status, 200, "{json}");
    assert_eq!(json["fields"]["System.AssignedTo"], "Long Gone");
    assert_eq!(json["fields"]["System.ChangedDate"], "2020-01-01T00:00:00Z");
    let id = json["id"].as_i64().unwrap();
    for (date, code) in [
        ("2019-01-01T00:00:00Z", "VS402625"),
        ("2090-01-01T00:00:00Z", "VS402624"),
    ] {
        let body = sets(
            "add",
            &[
                ("System.ChangedDate", json!(date)),
                ("System.Title", json!("x")),
            ],
        );
        let path = format!("/_apis/wit/workitems/{id}?bypassRules=true");
        let (status, json) = world.call(Method::PATCH, &path, Some(body));
        assert_eq!(status, 400);
        assert!(message(&json).starts_with(code), "{json}");
    }
}

#[test]
fn after_ten_thousand_revisions_updates_fail_for_ever() {
    let mut world = World::new();
    let id = world.story("t0");
    for n in 1..super::super::limit::REVISIONS {
        world.set(id, &[("System.Title", json!(format!("t{n}")))]);
    }
    for _ in 0..2 {
        let (status, body) = world.patch(id, sets("add", &[("System.Title", json!("one more"))]));
        assert_eq!(status, 500);
        assert!(
            message(&body).contains("has 10000 revisions, but currently"),
            "{body}"
        );
    }
}

#[test]
fn a_text_has_a_limit() {
    let mut world = World::new();
    let id = world.story("t");
    let long = "x".repeat(super::super::limit::TEXT_CHARS + 1);
    for field in ["System.Description", "System.History"] {
        let (status, body) = world.patch(id, sets("add", &[(field, json!(long))]));
        assert_eq!(status, 400);
        assert!(message(&body).contains("InvalidTooLong"), "{body}");
    }
}
