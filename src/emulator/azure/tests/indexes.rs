//! Claims about how little queries and feeds look at, counted in items and revisions.

use super::*;

/// How many rows a query looks at, and how many it finds.
fn cost(world: &mut World, top: Option<usize>, query: &str) -> (u64, usize) {
    let before = world.services.rows_examined();
    let top = top.map_or_else(String::new, |top| format!("?$top={top}"));
    let body = json!({"query": format!("SELECT [System.Id] FROM WorkItems WHERE {query}")});
    let (status, answer) = world.call(Method::POST, &format!("/_apis/wit/wiql{top}"), Some(body));
    assert_eq!(status, 200, "{query}: {answer}");
    let found = answer["workItems"].as_array().unwrap().len();
    (world.services.rows_examined() - before, found)
}

#[test]
fn a_query_looks_at_what_it_may_find() {
    let mut world = World::with_items(2_000);
    let start = super::super::time::text(world.now_ms);
    let id = world.story("new");
    let mut check = |top: Option<usize>, query: &str, most: u64, found: Option<usize>| {
        let (looked, rows) = cost(&mut world, top, query);
        assert!(looked <= most, "{query}: {looked} items were looked at");
        assert!(found.is_none_or(|found| found == rows), "{query}: {rows}");
    };
    check(None, &format!("[System.Id] = {id}"), 1, Some(1));
    check(None, "[System.Id] IN (1, 2, 3)", 3, Some(3));
    check(
        None,
        "[System.Id] > 1990 AND [System.Id] <= 1995",
        6,
        Some(5),
    );
    check(None, "[System.State] = 'Removed'", 0, Some(0));
    check(
        None,
        "[System.WorkItemType] = 'epic' AND [System.Id] > 0",
        0,
        Some(0),
    );
    check(None, "[System.State] IN ('closed', 'Removed')", 700, None);
    check(
        Some(10),
        "[System.TeamProject] = 'Platform' AND [System.Id] > 500 ORDER BY [System.Id]",
        11,
        Some(10),
    );
    check(
        Some(10),
        "[System.TeamProject] = 'Platform' ORDER BY [System.Id] DESC",
        10,
        Some(10),
    );
    let since = format!("[System.ChangedDate] >= '{start}'");
    let path = "timePrecision";
    let before = world.services.rows_examined();
    let body = json!({"query": format!("SELECT [System.Id] FROM WorkItems WHERE {since}")});
    let (status, answer) = world.call(
        Method::POST,
        &format!("/_apis/wit/wiql?{path}=true"),
        Some(body),
    );
    assert_eq!(
        (status, answer["workItems"].as_array().unwrap().len()),
        (200, 1)
    );
    assert_eq!(world.services.rows_examined() - before, 1);
}

#[test]
fn a_query_of_the_past_finds_what_has_changed_since() {
    let mut world = World::with_items(300);
    let id = world.story("moved on");
    let then = super::super::time::text(world.now_ms + 500);
    world.now_ms += 60_000;
    world.set(id, &[("System.State", json!("Active"))]);
    let asked = format!("[System.State] = 'New' AND [System.Id] = {id} ASOF '{then}'");
    assert_eq!(cost(&mut world, None, &asked).1, 1);
    let asked = format!("[System.State] = 'New' AND [System.Title] = 'moved on' ASOF '{then}'");
    assert_eq!(cost(&mut world, None, &asked).1, 1);
}

#[test]
fn a_feed_begins_at_its_position() {
    let mut world = World::with_items(500);
    let start = super::super::time::text(world.now_ms + 500);
    let id = world.story("new");
    let feed = "/_apis/wit/reporting/workitemrevisions";
    let before = world.services.rows_examined();
    let page = world.get(&format!("{feed}?startDateTime={start}"));
    assert_eq!(page["values"][0]["id"], id);
    assert_eq!(world.services.rows_examined() - before, 1);
    let token = page["continuationToken"].as_str().unwrap();
    world.set(id, &[("System.Title", json!("newer"))]);
    let before = world.services.rows_examined();
    let page = world.get(&format!("{feed}?continuationToken={token}"));
    assert_eq!(page["values"].as_array().unwrap().len(), 1);
    assert_eq!(world.services.rows_examined() - before, 1);
}
