//! Queries of links.

use super::*;

fn family() -> World {
    let mut world = World::new();
    for (kind, title) in [
        ("Epic", "epic"),
        ("User Story", "story one"),
        ("Task", "task one"),
        ("User Story", "story two"),
        ("Bug", "bug"),
    ] {
        world.create(kind, &[("System.Title", json!(title))]);
    }
    for (child, parent) in [(2, 1), (3, 2), (4, 1)] {
        let (status, body) = world.link(child, "System.LinkTypes.Hierarchy-Reverse", parent);
        assert_eq!(status, 200, "{body}");
    }
    assert_eq!(world.link(5, "System.LinkTypes.Related", 4).0, 200);
    world
}

fn rows(world: &mut World, condition: &str, tail: &str) -> (String, Vec<(i64, i64)>) {
    let query = format!("SELECT [System.Id] FROM WorkItemLinks {condition} {tail}");
    let path = "/Platform/_apis/wit/wiql";
    let (status, body) = world.call(Method::POST, path, Some(json!({"query": query})));
    assert_eq!(status, 200, "{query}: {body}");
    assert_eq!(body["queryResultType"], "workItemLink");
    let relations = body["workItemRelations"].as_array().unwrap();
    let pairs = relations.iter().map(|row| {
        assert_eq!(row["rel"].is_null(), row["source"].is_null());
        let source = row["source"]["id"].as_i64().unwrap_or(0);
        (source, row["target"]["id"].as_i64().unwrap())
    });
    (
        body["queryType"].as_str().unwrap().to_owned(),
        pairs.collect(),
    )
}

const CHILDREN: &str = "[System.Links.LinkType] = 'System.LinkTypes.Hierarchy-Forward'";

#[test]
fn one_hop_queries_follow_their_mode() {
    let mut world = family();
    let mut check = |condition: &str, mode: &str, expected: &[(i64, i64)]| {
        let (kind, found) = rows(&mut world, condition, mode);
        assert_eq!(kind, "oneHop");
        assert_eq!(found, expected, "{condition} {mode}");
    };
    let stories = format!(
        "WHERE [Source].[System.WorkItemType] = 'User Story' AND {CHILDREN} \
        AND [Target].[System.WorkItemType] = 'Task'"
    );
    check(&stories, "", &[(0, 2), (2, 3)]);
    check(&stories, "MODE (MustContain)", &[(0, 2), (2, 3)]);
    check(&stories, "MODE (MayContain)", &[(0, 2), (2, 3), (0, 4)]);
    check(&stories, "MODE (DoesNotContain)", &[(0, 4)]);
    let related = "WHERE ([System.Links.LinkType] <> 'System.LinkTypes.Hierarchy-Forward') AND \
    [System.WorkItemType] = 'Bug'";
    check(related, "", &[(0, 5), (5, 4)]);
    let either = "WHERE [Source].[System.Id] = 1 AND [System.Links.LinkType] IN \
    ('System.LinkTypes.Hierarchy-Forward', 'System.LinkTypes.Related') \
    ORDER BY [System.Title] DESC";
    check(either, "MODE (MayContain)", &[(0, 1), (1, 4), (1, 2)]);
    check(
        "WHERE [Source].[System.Id] = 4",
        "",
        &[(0, 4), (4, 1), (4, 5)],
    );
}

#[test]
fn tree_queries_show_whole_branches() {
    let mut world = family();
    let mut check = |condition: &str, mode: &str, expected: &[(i64, i64)]| {
        let (kind, found) = rows(&mut world, condition, mode);
        assert_eq!(kind, "tree");
        assert_eq!(found, expected, "{condition} {mode}");
    };
    let all = format!("WHERE {CHILDREN} ORDER BY [System.Id]");
    check(
        &all,
        "MODE (Recursive)",
        &[(0, 1), (1, 2), (2, 3), (1, 4), (0, 5)],
    );
    let tasks = format!(
        "WHERE [Source].[System.WorkItemType] = 'Epic' AND {CHILDREN} AND \
        [Target].[System.WorkItemType] = 'Task'"
    );
    check(&tasks, "MODE (Recursive)", &[(0, 1)]);
    check(
        &tasks,
        "MODE (Recursive, ReturnMatchingChildren)",
        &[(0, 1), (1, 2), (2, 3)],
    );
}

#[test]
fn a_link_query_that_mixes_its_sides_is_refused() {
    let mut world = family();
    for (condition, text) in [
        (
            "[Source].[System.Id] = 1 OR [Target].[System.Id] = 2",
            "can only be joined by AND",
        ),
        (
            "[System.Links.LinkType] = 'System.LinkTypes.Cousin'",
            "The link type does not exist",
        ),
        ("[System.Id] = 1 MODE (Sideways)", "is no mode"),
        ("[System.Id] = 1 MODE (Recursive)", "exactly one link type"),
        (
            "[System.Links.LinkType] = 'System.LinkTypes.Related' MODE (Recursive)",
            "exactly one link type",
        ),
    ] {
        let query = format!("SELECT [System.Id] FROM WorkItemLinks WHERE {condition}");
        let path = "/_apis/wit/wiql";
        let (status, body) = world.call(Method::POST, path, Some(json!({"query": query})));
        assert_eq!(status, 400, "{condition}: {body}");
        assert!(message(&body).contains(text), "{condition}: {body}");
    }
}
