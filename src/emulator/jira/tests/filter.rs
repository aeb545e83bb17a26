//! Saved filters: whose they are, who may use them, and what queries make of them.

use serde_json::{Value, json};

use super::Bench;

fn saved(bench: &mut Bench, who: &str, body: &Value) -> String {
    let (status, filter) = bench.by(who, "POST", "3/filter", Some(body));
    assert_eq!(status, 200, "{filter}");
    filter["id"].as_str().expect("an id").to_owned()
}

fn names(answer: &Value) -> Vec<&str> {
    let rows = answer.as_array().or_else(|| answer["values"].as_array());
    let rows = rows.expect("rows").iter();
    rows.filter_map(|it| it["name"].as_str()).collect()
}

#[test]
fn a_filter_is_saved_changed_marked_and_removed() {
    let mut bench = Bench::new(0);
    let body = json!({"name": "Open", "jql": "status = Nowhere", "description": "What is left", "favourite": true});
    let id = saved(&mut bench, "bruno", &json!({"name": "Other"}));
    let (status, refused) = bench.post("3/filter", &body);
    assert_eq!(status, 400, "{refused}");
    assert!(
        refused["errorMessages"][0]
            .as_str()
            .is_some_and(|it| it.contains("'Nowhere'"))
    );
    let body = json!({"name": "Open", "jql": "statusCategory != Done", "favourite": true});
    let (status, made) = bench.post("3/filter", &body);
    assert_eq!(
        (status, &made["favouritedCount"]),
        (200, &json!(1)),
        "{made}"
    );
    assert_eq!(made["owner"]["displayName"], "Counterpart Sync");
    let path = format!("3/filter/{}", made["id"].as_str().expect("an id"));
    assert_eq!(bench.get(&path), (200, made));
    let (status, refused) = bench.post("3/filter", &json!({"name": "open"}));
    assert_eq!(
        (status, refused["errors"]["filterName"].is_string()),
        (400, true)
    );
    let change = json!({"name": "Left", "description": "What is left"});
    let (status, changed) = bench.put(&path, &change);
    assert_eq!(
        (status, &changed["jql"]),
        (200, &json!("statusCategory != Done"))
    );
    assert_eq!(names(&bench.get("3/filter/my").1), ["Left"]);
    assert_eq!(names(&bench.get("3/filter/favourite").1), ["Left"]);
    assert_eq!(
        bench
            .response("DELETE", &format!("{path}/favourite"), None)
            .status,
        200
    );
    assert_eq!(names(&bench.get("3/filter/favourite").1), [""; 0]);
    assert_eq!(bench.get(&format!("3/filter/{id}")).0, 400, "another's own");
    assert_eq!(bench.delete(&path), 204);
    assert_eq!(bench.get(&path).0, 400);
}

#[test]
fn a_filter_serves_those_with_whom_it_is_shared() {
    let mut bench = Bench::new(0);
    let mut check = |share: Value, who: &str, expected: u16| {
        let name = format!("{share} {who}");
        let body = json!({"name": name, "jql": "project = WEB", "sharePermissions": [share]});
        let id = saved(&mut bench, "alice", &body);
        let (status, _) = bench.by(who, "GET", &format!("3/filter/{id}"), None);
        assert_eq!(status, expected, "{name}");
        let (status, _) = bench.by(
            who,
            "PUT",
            &format!("3/filter/{id}"),
            Some(&json!({"name": "x"})),
        );
        assert_eq!(status, 400, "{name}");
    };
    check(json!({"type": "global"}), "grace", 200);
    check(json!({"type": "authenticated"}), "grace", 200);
    let group = |name: &str| json!({"type": "group", "group": {"name": name}});
    check(group("developers"), "bruno", 200);
    check(group("developers"), "grace", 400);
    let project = |id: &str| json!({"type": "project", "project": {"id": id}});
    check(project("10001"), "bruno", 200);
    check(project("10001"), "ines", 400);
    for wrong in [json!({"type": "team"}), project("9"), group("nobody")] {
        let body = json!({"name": "wrong", "sharePermissions": [wrong]});
        assert_eq!(bench.post("3/filter", &body).0, 400, "{wrong}");
    }
}

#[test]
fn a_search_finds_filters_by_name_owner_and_share() {
    let mut bench = Bench::new(0);
    let shared = json!([{"type": "authenticated"}]);
    saved(
        &mut bench,
        "alice",
        &json!({"name": "Late parcels", "sharePermissions": shared}),
    );
    saved(
        &mut bench,
        "bruno",
        &json!({"name": "Late trucks", "sharePermissions": shared}),
    );
    saved(&mut bench, "bruno", &json!({"name": "Late and hidden"}));
    let mut check = |query: &str, expected: &[&str]| {
        let (status, found) = bench.get(&format!("3/filter/search?{query}"));
        assert_eq!(status, 200, "{query}: {found}");
        assert_eq!(names(&found), expected, "{query}");
    };
    check("filterName=late", &["Late parcels", "Late trucks"]);
    check(
        "filterName=late&orderBy=-name",
        &["Late trucks", "Late parcels"],
    );
    check("filterName=parc", &[]);
    check("filterName=parc&isSubstringMatch=true", &["Late parcels"]);
    check(
        &format!("filterName=late&accountId={}", super::ALICE),
        &["Late parcels"],
    );
    check("filterName=late&maxResults=1", &["Late parcels"]);
    let (_, found) = bench.get("3/filter/search?filterName=trucks&expand=jql,subscriptions");
    let row = found["values"][0].as_object().expect("a row");
    assert!(
        row.contains_key("jql") && !row.contains_key("owner"),
        "{row:?}"
    );
    assert_eq!(row["subscriptions"], json!([]));
    assert_eq!(bench.get("3/filter/search?orderBy=colour").0, 400);
    assert_eq!(bench.get("3/filter/search?owner=a&accountId=b").0, 400);
}

#[test]
fn a_query_means_what_the_filter_says_that_it_names() {
    let mut bench = Bench::new(0);
    let (one, two) = (
        bench.create(json!({"labels": ["a"]})),
        bench.create(json!({"labels": ["b"]})),
    );
    // What a filter does not hold of includes what has no label at all.
    let bare = bench.create(json!({}));
    bench.wait(60_000);
    let id = saved(
        &mut bench,
        "sync",
        &json!({"name": "A", "jql": "labels = a ORDER BY key"}),
    );
    let above = json!({"name": "Not A", "jql": format!("filter != {id}")});
    let above = saved(&mut bench, "sync", &above);
    let mut check = |jql: &str, expected: &[&String]| {
        assert_eq!(
            bench.search(jql).iter().collect::<Vec<_>>(),
            expected,
            "{jql}"
        );
    };
    check(&format!("filter = {id}"), &[&one]);
    check("filter = a", &[&one]);
    for rest in [
        format!("project = WEB AND filter != {id} ORDER BY key"),
        format!("NOT filter = {id} ORDER BY key"),
        format!("filter not in ({id}) ORDER BY key"),
        format!("filter = {above} ORDER BY key"),
    ] {
        check(&rest, &[&two, &bare]);
    }
    check(&format!("NOT filter != {id}"), &[&one]);
    check(
        &format!("filter in ({id}, {above}) ORDER BY key"),
        &[&one, &two, &bare],
    );
    let itself = json!({"name": "A", "jql": format!("filter = {above}")});
    for circle in [
        itself,
        json!({"name": "A", "jql": format!("filter = {id}")}),
    ] {
        let (status, answer) = bench.put(&format!("3/filter/{id}"), &circle);
        assert_eq!(status, 400, "{answer}");
    }
    let kept = json!({"jql": format!("filter = {id}")});
    assert_eq!(bench.post("3/search/jql", &kept).0, 200);
    let hidden = saved(
        &mut bench,
        "bruno",
        &json!({"name": "Hidden", "jql": "labels = a"}),
    );
    let (status, answer) = bench.post(
        "3/search/jql",
        &json!({"jql": format!("filter = {hidden}")}),
    );
    assert_eq!(status, 400, "{answer}");
}

#[test]
fn a_query_opens_only_so_many_filters() {
    let mut bench = Bench::new(0);
    let id = saved(
        &mut bench,
        "sync",
        &json!({"name": "A", "jql": "labels = a"}),
    );
    let query = |count: usize| json!({"jql": vec![format!("filter = {id}"); count].join(" OR ")});
    let most = crate::limit::FILTERS_OPENED_MAX;
    assert_eq!(bench.post("3/search/jql", &query(most)).0, 200);
    assert_eq!(bench.post("3/search/jql", &query(most + 1)).0, 400);
}

#[test]
fn a_board_has_a_filter_that_leads_to_its_issues() {
    let mut bench = Bench::new(0);
    let key = bench.create(json!({}));
    bench.wait(60_000);
    let request = super::Bench::request("GET", "3/x", None);
    let request = crate::site::Request {
        path: "/rest/agile/1.0/board/1/configuration".to_owned(),
        ..request
    };
    let answer = bench.send(&request).response().expect("an answer");
    let (_, board) = super::parsed(&answer);
    let id = board["filter"]["id"].as_str().expect("an id").to_owned();
    let (status, filter) = bench.get(&format!("3/filter/{id}"));
    assert_eq!(status, 200, "{filter}");
    assert_eq!(
        bench.search(filter["jql"].as_str().expect("a query")),
        [key.as_str()]
    );
    assert_eq!(
        bench
            .put(&format!("3/filter/{id}"), &json!({"name": "x"}))
            .0,
        400
    );
}
