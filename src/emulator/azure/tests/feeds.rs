use super::*;

const REVISIONS: &str = "/_apis/wit/reporting/workitemrevisions";

fn pairs(batch: &Json) -> Vec<(i64, i64)> {
    let rows = batch["values"].as_array().unwrap().iter();
    rows.map(|r| (r["id"].as_i64().unwrap(), r["rev"].as_i64().unwrap()))
        .collect()
}

fn token(batch: &Json) -> String {
    batch["continuationToken"].as_str().unwrap().to_owned()
}

#[test]
fn every_revision_comes_once_and_the_last_token_stays_valid() {
    let mut world = World::new();
    let (a, b) = (world.story("a"), world.story("b"));
    world.set(a, &[("System.Title", json!("a2"))]);
    let first = world.get(&format!("{REVISIONS}?$maxPageSize=2"));
    assert_eq!(
        (pairs(&first), &first["isLastBatch"]),
        (vec![(a, 1), (b, 1)], &json!(false))
    );
    let second = world.get(&format!("{REVISIONS}?continuationToken={}", token(&first)));
    assert_eq!(
        (pairs(&second), &second["isLastBatch"]),
        (vec![(a, 2)], &json!(true))
    );
    let cursor = token(&second);
    assert_eq!(cursor.split(';').count(), 3);
    let path = format!("{REVISIONS}?continuationToken={cursor}");
    assert_eq!(pairs(&world.get(&path)), vec![]);
    assert_eq!(token(&world.get(&path)), cursor);
    world.set(b, &[("System.Title", json!("b2"))]);
    assert_eq!(pairs(&world.get(&path)), vec![(b, 2)]);
    let link = second["nextLink"]
        .as_str()
        .unwrap()
        .strip_prefix("http://127.0.0.1:1/acme")
        .unwrap()
        .to_owned();
    let link = link.split("&api-version").next().unwrap().to_owned();
    assert_eq!(pairs(&world.get(&link)), vec![(b, 2)], "{link}");
}

#[test]
fn a_moved_or_retyped_item_vanishes_from_a_narrow_feed() {
    let mut world = World::new();
    let id = world.create("Bug", &[("System.Title", json!("t"))]);
    world.set(id, &[("System.WorkItemType", json!("Task"))]);
    world.set(id, &[("System.TeamProject", json!("Operations"))]);
    let bugs = world.get(&format!("{REVISIONS}?types=Bug"));
    assert_eq!(
        (pairs(&bugs), &bugs["isLastBatch"]),
        (vec![(id, 1)], &json!(true))
    );
    assert_eq!(
        pairs(&world.get(&format!("/Platform{REVISIONS}"))),
        vec![(id, 1), (id, 2)]
    );
    assert_eq!(
        pairs(&world.get(&format!("/Operations{REVISIONS}"))),
        vec![(id, 3)]
    );
    assert_eq!(pairs(&world.get(REVISIONS)).len(), 3);
    assert_eq!(
        pairs(&world.get(&format!("{REVISIONS}?includeLatestOnly=true"))),
        vec![(id, 3)]
    );
}

#[test]
fn long_texts_and_people_come_as_asked() {
    let mut world = World::new();
    world.create(
        "Task",
        &[
            ("System.Title", json!("t")),
            ("System.Description", json!("long")),
            ("System.AssignedTo", json!("bruno@acme.example")),
        ],
    );
    let plain = world.get(REVISIONS);
    let fields = &plain["values"][0]["fields"];
    assert_eq!(
        fields["System.AssignedTo"],
        "Bruno Belmonte <bruno@acme.example>"
    );
    assert_eq!(fields.get("System.Description"), None);
    let expanded = world.get(&format!(
        "{REVISIONS}?$expand=fields&includeIdentityRef=true"
    ));
    let fields = &expanded["values"][0]["fields"];
    assert_eq!(
        fields["System.AssignedTo"]["uniqueName"],
        "bruno@acme.example"
    );
    assert_eq!(fields["System.Description"], "<div>long</div>");
    let body = json!({"fields": ["System.Title"], "types": ["Task"]});
    let (status, posted) = world.call(Method::POST, REVISIONS, Some(body));
    assert_eq!(status, 200);
    assert_eq!(posted["values"][0]["fields"], json!({"System.Title": "t"}));
}

#[test]
fn deleted_items_come_only_on_request_and_destroyed_ones_never() {
    let mut world = World::new();
    let (kept, gone) = (world.story("kept"), world.story("gone"));
    world.call(
        Method::DELETE,
        &format!("/_apis/wit/workitems/{gone}"),
        None,
    );
    assert_eq!(pairs(&world.get(REVISIONS)), vec![(kept, 1)]);
    let all = world.get(&format!("{REVISIONS}?includeDeleted=true"));
    assert_eq!(pairs(&all), vec![(kept, 1), (gone, 1), (gone, 2)]);
    assert_eq!(all["values"][2]["fields"]["System.IsDeleted"], true);
    world.call(
        Method::DELETE,
        &format!("/_apis/wit/recyclebin/{gone}"),
        None,
    );
    assert_eq!(
        pairs(&world.get(&format!("{REVISIONS}?includeDeleted=true"))),
        vec![(kept, 1)]
    );
}

#[test]
fn a_start_and_a_token_exclude_each_other() {
    let mut world = World::new();
    world.story("old");
    let start = super::super::time::text(world.now_ms + 500);
    let new = world.story("new");
    assert_eq!(
        pairs(&world.get(&format!("{REVISIONS}?startDateTime={start}"))),
        vec![(new, 1)]
    );
    for query in [
        format!("startDateTime={start}&continuationToken=1;1;1"),
        "continuationToken=nonsense".to_owned(),
        "startDateTime=soon".to_owned(),
        "$maxPageSize=0".to_owned(),
        "fields=Custom.None".to_owned(),
    ] {
        let (status, body) = world.call(Method::GET, &format!("{REVISIONS}?{query}"), None);
        assert_eq!(status, 400, "{query}: {body}");
    }
}

#[test]
fn a_link_comes_in_its_own_feed_and_in_no_revision() {
    let mut world = World::new();
    let (parent, child) = (world.story("p"), world.story("c"));
    let cursor = token(&world.get(REVISIONS));
    world.link(child, "System.LinkTypes.Hierarchy-Reverse", parent);
    assert_eq!(
        pairs(&world.get(&format!("{REVISIONS}?continuationToken={cursor}"))),
        vec![]
    );
    let links = "/_apis/wit/reporting/workitemlinks";
    let made = world.get(links);
    let row = &made["values"][0];
    assert_eq!(
        (&row["rel"], &row["isActive"]),
        (&json!("System.LinkTypes.Hierarchy"), &json!(true))
    );
    assert_eq!(
        (&row["sourceId"], &row["targetId"]),
        (&json!(parent), &json!(child))
    );
    let cursor = token(&made);
    world.patch(child, json!([{"op": "remove", "path": "/relations/0"}]));
    let gone = world.get(&format!("{links}?continuationToken={cursor}"));
    assert_eq!(
        (
            gone["values"].as_array().unwrap().len(),
            &gone["values"][0]["isActive"]
        ),
        (1, &json!(false))
    );
    assert_eq!(
        world.get(&format!("{links}?linkTypes=System.LinkTypes.Related"))["values"],
        json!([])
    );
    assert_eq!(
        world.get(&format!(
            "{links}?linkTypes=System.LinkTypes.Hierarchy-Forward"
        ))["values"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn a_page_of_a_large_feed_does_not_cost_the_whole_feed() {
    let mut world = World::with_items(3000);
    let all = world.services.store.feed().len();
    let mut seen = 0;
    let mut path = format!("{REVISIONS}?$maxPageSize=1000&fields=System.Id");
    for _ in 0..50 {
        let batch = world.get(&path);
        seen += pairs(&batch).len();
        path = format!(
            "{REVISIONS}?$maxPageSize=1000&fields=System.Id&continuationToken={}",
            token(&batch)
        );
        if batch["isLastBatch"] == true {
            break;
        }
    }
    assert_eq!(seen, all);
}
