use super::*;

fn world() -> World {
    let mut world = World::new();
    world.create(
        "Bug",
        &[
            ("System.Title", json!("Login fails")),
            ("System.Tags", json!("shared; ux")),
            ("System.AreaPath", json!("Platform\\Web")),
            ("System.AssignedTo", json!("alice@acme.example")),
        ],
    );
    world.create(
        "Task",
        &[
            ("System.Title", json!("It's a chore")),
            ("Microsoft.VSTS.Common.Priority", json!(1)),
            (
                "System.Description",
                json!("<p>measure the quick brown fox</p>"),
            ),
        ],
    );
    world.create(
        "User Story",
        &[
            ("System.Title", json!("Login with a key")),
            ("System.Tags", json!("backend")),
        ],
    );
    world.set(3, &[("System.State", json!("Active"))]);
    world
}

fn ask(world: &mut World, scope: &str, query: &str) -> (u16, Json) {
    world.call(
        Method::POST,
        &format!("{scope}/_apis/wit/wiql"),
        Some(json!({"query": query})),
    )
}

fn ids(body: &Json) -> Vec<i64> {
    body["workItems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["id"].as_i64().unwrap())
        .collect()
}

#[test]
fn conditions_select_what_they_say() {
    let mut world = world();
    for (condition, expected) in [
        ("[System.WorkItemType] = 'bug'", vec![1]),
        ("[State] <> 'Active'", vec![1, 2]),
        ("[System.Id] > 1 AND [System.Id] <= 3", vec![2, 3]),
        ("[System.Id] IN (1, 3)", vec![1, 3]),
        ("[System.Id] NOT IN (1, 3)", vec![2]),
        ("[System.Title] CONTAINS 'LOGIN'", vec![1, 3]),
        ("[System.Title] NOT CONTAINS 'login'", vec![2]),
        ("[System.Title] CONTAINS WORDS 'key log'", vec![3]),
        ("[System.Description] CONTAINS WORDS 'bro'", vec![2]),
        ("[System.Title] = 'It''s a chore'", vec![2]),
        ("[System.Tags] CONTAINS 'shared'", vec![1]),
        ("[System.Tags] CONTAINS 'share'", vec![]),
        ("[System.Tags] IS EMPTY", vec![2]),
        ("[System.Tags] IS NOT EMPTY", vec![1, 3]),
        ("[System.AreaPath] UNDER 'Platform\\Web'", vec![1]),
        ("[System.AreaPath] UNDER 'Platform'", vec![1, 2, 3]),
        ("[System.AreaPath] NOT UNDER 'platform\\web'", vec![2, 3]),
        ("[System.AreaPath] IN ('Platform\\Web')", vec![1]),
        ("[System.State] EVER 'New'", vec![1, 2, 3]),
        ("[System.State] WAS EVER 'Active'", vec![3]),
        ("EVER [System.State] = 'Active'", vec![3]),
        ("EVER ([System.State] <> 'New')", vec![3]),
        ("[System.State] NOT EVER 'Active'", vec![1, 2]),
        (
            "[System.WorkItemType] IN GROUP 'Microsoft.RequirementCategory'",
            vec![3],
        ),
        (
            "[System.WorkItemType] NOT IN GROUP 'Microsoft.BugCategory'",
            vec![2, 3],
        ),
        (
            "[System.AssignedTo] IN GROUP '[Platform]\\Contributors'",
            vec![1],
        ),
        ("[System.AssignedTo] IN GROUP '[Platform]\\Readers'", vec![]),
        ("[System.AssignedTo] IN (@me, 'Bruno Belmonte')", vec![1]),
        ("[System.Description] CONTAINS 'quick BROWN'", vec![2]),
        ("[System.Tags] NOT CONTAINS 'shared'", vec![2, 3]),
        ("[System.Title] > 'Login f'", vec![1, 3]),
        ("[System.CreatedDate] = @Today", vec![1, 2, 3]),
        ("[System.CreatedDate] >= @StartOfMonth", vec![1, 2, 3]),
        ("[System.CreatedDate] < @StartOfWeek('-1w')", vec![]),
        ("[System.CreatedDate] > @StartOfYear('-1y')", vec![1, 2, 3]),
        ("[System.CreatedDate] >= @StartOfDay('-12h')", vec![1, 2, 3]),
        ("[System.CreatedDate] < @StartOfYear - 1", vec![]),
        ("[Microsoft.VSTS.Common.ResolvedDate] = ''", vec![1, 2, 3]),
        ("[System.CommentCount] = 0", vec![1, 2, 3]),
        ("[Priority] >= [System.CommentCount]", vec![1, 2, 3]),
        ("[System.Title] NOT CONTAINS WORDS 'login'", vec![2]),
        (
            "[System.AreaPath] = @TeamAreas('[Platform]\\Platform Team')",
            vec![1, 2, 3],
        ),
        ("[System.AssignedTo] = @me", vec![1]),
        (
            "[System.AssignedTo] = 'Alice Abara <alice@acme.example>'",
            vec![1],
        ),
        ("[System.AssignedTo] = ''", vec![2, 3]),
        ("[System.AssignedTo] <> ''", vec![1]),
        ("[System.TeamProject] = @project", vec![1, 2, 3]),
        ("[Microsoft.VSTS.Common.Priority] < 2", vec![2]),
        ("[System.CreatedDate] >= @today - 1", vec![1, 2, 3]),
        ("[System.CreatedDate] > @today + 1", vec![]),
        ("[System.CreatedDate] < '2001-01-01'", vec![]),
        ("NOT ([System.Id] = 1 OR [System.Id] = 2)", vec![3]),
        (
            "[System.Id] = 1 OR [System.Id] = 2 AND [System.Title] = 'x'",
            vec![1],
        ),
        ("[System.ChangedBy] = [System.CreatedBy]", vec![1, 2, 3]),
    ] {
        let query =
            format!("SELECT [System.Id] FROM WorkItems WHERE {condition} ORDER BY [System.Id]");
        let (status, body) = ask(&mut world, "/Platform", &query);
        assert_eq!(status, 200, "{condition}: {body}");
        assert_eq!(ids(&body), expected, "{condition}");
    }
}

#[test]
fn order_and_top_hold() {
    let mut world = world();
    let query = "select [System.Id], [System.Title] from workitems order by \
    [Microsoft.VSTS.Common.Priority] asc, [System.Id] desc";
    let (_, body) = ask(&mut world, "", query);
    assert_eq!(ids(&body), [2, 3, 1]);
    assert_eq!(body["sortColumns"][1]["descending"], true);
    assert_eq!(body["columns"][1]["referenceName"], "System.Title");
    let (_, body) = world.call(
        Method::POST,
        "/_apis/wit/wiql?$top=1",
        Some(json!({"query": query})),
    );
    assert_eq!(ids(&body), [2]);
}

#[test]
fn what_is_no_query_is_refused_by_name() {
    let mut world = world();
    let deep = format!(
        "SELECT [System.Id] FROM WorkItems WHERE {}[System.Id] = 1{}",
        "(".repeat(500),
        ")".repeat(500)
    );
    let long = format!(
        "SELECT [System.Id] FROM WorkItems WHERE [System.Title] = '{}'",
        "x".repeat(33_000)
    );
    for (query, text) in [
        ("SELECT [Custom.None] FROM WorkItems", "TF51005"),
        (
            "SELECT [System.Id] FROM WorkItems WHERE [Custom.None] = 1",
            "TF51005",
        ),
        (
            "SELECT [System.Id] FROM WorkItems WHERE [System.AreaPath] UNDER 'Plat'",
            "TF51011: The specified area path does not exist.",
        ),
        (
            "SELECT [System.Id] FROM WorkItems WHERE [System.IterationPath] = @CurrentIteration",
            "VS402612",
        ),
        (
            "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project",
            "TF51006",
        ),
        (
            "SELECT [System.Id] FROM WorkItems WHERE [System.Id] =",
            "TF51006",
        ),
        ("SELECT [System.Id] FROM WorkItems WHERE", "TF51006"),
        ("SELECT [System.Id] FROM WorkItems nonsense", "TF51006"),
        (
            "SELECT [System.Id] FROM WorkItems WHERE [System.Id] = 'one'",
            "TF51006",
        ),
        ("DELETE", "TF51006"),
        (
            "SELECT [System.Id] FROM WorkItems WHERE [System.ChangedDate] >= \
            '2026-03-25T13:11:27Z'",
            "You cannot supply a time",
        ),
        (deep.as_str(), "TF51006"),
        (long.as_str(), "TF51006"),
    ] {
        let (status, body) = ask(&mut world, "", query);
        assert_eq!(status, 400, "{query}");
        assert!(message(&body).starts_with(text), "{query}: {body}");
    }
}

/// Conditions that do not fit their field, and what the refusal says.
#[test]
fn operators_and_values_must_fit_their_field() {
    let mut world = world();
    for (condition, text) in [
        (
            "[System.Title] UNDER 'a'",
            "The operator UNDER cannot be used",
        ),
        (
            "[System.Id] CONTAINS '1'",
            "The operator CONTAINS cannot be used",
        ),
        (
            "[System.Description] = 'a'",
            "The operator = cannot be used",
        ),
        (
            "[System.Title] IS EMPTY",
            "The operator IS EMPTY cannot be used",
        ),
        (
            "[System.AreaPath] EVER 'Platform'",
            "The operator EVER cannot be used",
        ),
        ("[System.Tags] IN ('a')", "The operator IN cannot be used"),
        (
            "[System.AreaPath] > 'Platform'",
            "The operator > cannot be used",
        ),
        (
            "[System.Title] IN GROUP 'x'",
            "The operator IN GROUP cannot be used",
        ),
        (
            "[System.AssignedTo] IN GROUP 'x'",
            "The group does not exist",
        ),
        ("[System.Title] = @today", "The macro @today cannot be used"),
        ("[System.Title] = @me", "The macro @me cannot be used"),
        (
            "[System.Id] IN (@RecentMentions)",
            "The macro is not known here",
        ),
        ("[System.CreatedDate] = 'soon'", "The value is not a date"),
        (
            "[System.CreatedDate] > @StartOfDay('1x')",
            "The offset is not valid",
        ),
        (
            "[System.Title] = [System.Id]",
            "The fields cannot be compared",
        ),
        ("[Source].[System.Id] = 1", "Links can only be asked for"),
        (
            "[System.Id] = 1 [System.Id]",
            "Expecting end of string at position 56",
        ),
        ("[System.Id] WAS 1", "Expecting EVER at position"),
        ("[System.Id] 1", "Expecting operator at position"),
    ] {
        let query = format!("SELECT [System.Id] FROM WorkItems WHERE {condition}");
        let (status, body) = ask(&mut world, "/Platform", &query);
        assert_eq!(status, 400, "{condition}: {body}");
        assert!(message(&body).contains(text), "{condition}: {body}");
        assert!(message(&body).starts_with("TF51006"), "{condition}: {body}");
    }
    let unsortable = "SELECT [System.Id] FROM WorkItems ORDER BY [System.Description]";
    assert_eq!(ask(&mut world, "", unsortable).0, 400);
}

#[test]
fn the_current_iteration_is_the_one_of_the_team_in_the_path() {
    let mut world = world();
    world.now_ms = super::super::time::parse("2026-08-20").unwrap().0;
    world.set(2, &[("System.IterationPath", json!("Platform\\Sprint 2"))]);
    world.set(3, &[("System.IterationPath", json!("Platform\\Sprint 1"))]);
    let mut check = |scope: &str, operand: &str, expected: &[i64]| {
        let query =
            format!("SELECT [System.Id] FROM WorkItems WHERE [System.IterationPath] = {operand}");
        let (status, body) = ask(&mut world, scope, &query);
        assert_eq!(status, 200, "{operand}: {body}");
        assert_eq!(ids(&body), expected, "{operand}");
    };
    let team = "/Platform/Platform%20Team";
    check(team, "@CurrentIteration", &[2]);
    check(team, "@CurrentIteration - 1", &[3]);
    check(team, "@CurrentIteration + 1", &[]);
    let named = "@CurrentIteration('[Platform]\\Platform Team <id:6ce954b1>')";
    check("", named, &[2]);
}

#[test]
fn as_of_asks_the_past() {
    let mut world = world();
    let before = world.now_ms;
    world.now_ms += 86_400_000;
    world.set(1, &[("System.State", json!("Active"))]);
    let at = super::super::time::text(before);
    let query = format!(
        "SELECT [System.Id] FROM WorkItems WHERE [System.State] = 'Active' \
        ORDER BY [System.Id] ASOF '{at}'"
    );
    let (status, body) = ask(&mut world, "", &query);
    assert_eq!((status, ids(&body)), (200, vec![3]), "{body}");
    assert_eq!(body["asOf"], json!(at));
}

#[test]
fn a_day_is_a_day_of_the_callers_zone() {
    let mut world = World::new();
    let midnight = super::super::time::parse("2026-09-01T23:30:00Z").unwrap().0;
    world.now_ms = midnight - 1000;
    world.story("late");
    let query = "SELECT [System.Id] FROM WorkItems WHERE [System.CreatedDate] = '2026-09-02'";
    let body = json!({"query": query});
    for (who, expected) in [("alice", vec![1]), ("bruno", vec![]), ("fumiko", vec![1])] {
        let path = "/_apis/wit/wiql";
        let (_, answer) = world.call_as(who, Method::POST, path, Some(body.clone()));
        assert_eq!(ids(&answer), expected, "{who}");
    }
}

#[test]
fn a_time_needs_time_precision() {
    let mut world = world();
    let changed = world
        .field(3, "System.ChangedDate")
        .as_str()
        .unwrap()
        .to_owned();
    let query =
        format!("SELECT [System.Id] FROM WorkItems WHERE [System.ChangedDate] >= '{changed}'");
    let (status, body) = ask(&mut world, "", &query);
    assert_eq!(status, 400);
    assert!(message(&body).contains("«[System.ChangedDate] "), "{body}");
    let (status, body) = world.call(
        Method::POST,
        "/_apis/wit/wiql?timePrecision=true",
        Some(json!({"query": query})),
    );
    assert_eq!((status, ids(&body)), (200, vec![3]));
}

#[test]
fn a_deleted_item_is_in_no_query_and_a_stale_search_lags() {
    let mut world = world();
    world.call(Method::DELETE, "/_apis/wit/workitems/1", None);
    let all = "SELECT [System.Id] FROM WorkItems";
    assert_eq!(ids(&ask(&mut world, "", all).1), [2, 3]);
    world.stale = true;
    assert_eq!(
        ids(&ask(&mut world, "", all).1),
        Vec::<i64>::new(),
        "all is younger than the lag"
    );
    world.now_ms += 120_000;
    assert_eq!(ids(&ask(&mut world, "", all).1), [2, 3]);
}

#[test]
fn more_than_the_limit_is_refused() {
    let mut world = World::with_items(20_001);
    let (status, body) = ask(&mut world, "", "SELECT [System.Id] FROM WorkItems");
    assert_eq!(status, 400);
    assert_eq!(
        body["typeKey"],
        "WorkItemTrackingQueryResultSizeLimitExceededException"
    );
    let path = "/_apis/wit/wiql?$top=20000";
    let (status, body) = world.call(
        Method::POST,
        path,
        Some(json!({"query": "SELECT [System.Id] FROM WorkItems"})),
    );
    assert_eq!((status, ids(&body).len()), (200, 20_000));
}
