//! Boards, sprints, epics and ranks by the Agile API.

use serde_json::{Value, json};

use super::{Bench, issue, parsed};
use crate::site::Request;

impl Bench {
    /// A request below `/rest/agile/1.0`.
    fn agile(&mut self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        self.raw(method, &format!("/rest/agile/1.0/{path}"), "sync", body)
    }

    /// A request of somebody to any path.
    pub(super) fn raw(
        &mut self,
        method: &str,
        path: &str,
        who: &str,
        body: Option<&Value>,
    ) -> (u16, Value) {
        let request = Request::new(method.parse().expect("a method"), path)
            .with_basic(&format!("{who}@acme.example"), &format!("{who}-token"));
        let request = match body {
            Some(body) => request.with_json(body),
            None => request,
        };
        parsed(&self.send(&request).response().expect("an answer"))
    }

    fn sprint(&mut self, name: &str) -> u64 {
        let body = json!({"name": name, "originBoardId": 1, "startDate": "2026-10-01T09:00:00.000+02:00", "endDate": "2026-10-15T09:00:00Z"});
        let (status, sprint) = self.agile("POST", "sprint", Some(&body));
        assert_eq!(status, 201, "{sprint}");
        sprint["id"].as_u64().expect("an id")
    }

    fn keys(&mut self, path: &str) -> Vec<String> {
        self.wait(2_000);
        let (status, answer) = self.agile("GET", path, None);
        assert_eq!(status, 200, "{answer}");
        let rows = answer["issues"].as_array().expect("rows").clone();
        rows.iter()
            .map(|it| it["key"].as_str().expect("a key").to_owned())
            .collect()
    }
}

#[test]
fn boards_say_what_they_are() {
    let mut bench = Bench::new(3);
    let (_, boards) = bench.agile("GET", "board?projectKeyOrId=WEB", None);
    assert_eq!(boards["total"], 1);
    assert_eq!(boards["values"][0]["type"], "scrum");
    assert_eq!(boards["values"][0]["location"]["projectKey"], "WEB");
    assert_eq!(bench.agile("GET", "board/99", None).0, 404);
    let (_, configuration) = bench.agile("GET", "board/1/configuration", None);
    assert_eq!(
        configuration["estimation"]["field"]["fieldId"],
        "customfield_10016"
    );
    assert_eq!(
        configuration["columnConfig"]["columns"][2]["statuses"][0]["id"],
        "10002"
    );
    let (status, answer) = bench.agile("GET", "board/2/sprint", None);
    assert_eq!(
        (status, &answer["errorMessages"][0]),
        (400, &json!("The board does not support sprints"))
    );
    let body = json!({"name": "Second", "type": "kanban", "location": {"projectKeyOrId": "OPS"}});
    assert_eq!(bench.agile("POST", "board", Some(&body)).1["id"], 3);
    assert_eq!(bench.agile("DELETE", "board/3", None).0, 204);
    assert_eq!(bench.keys("board/1/issue").len(), 3);
}

#[test]
fn a_sprint_only_goes_on() {
    let mut bench = Bench::new(0);
    let body = json!({"name": "Bare", "originBoardId": 1});
    let (status, bare) = bench.agile("POST", "sprint", Some(&body));
    assert_eq!((status, &bare["state"]), (201, &json!("future")));
    let state = |it: &str| json!({"state": it});
    assert_eq!(
        bench.agile("POST", "sprint/1", Some(&state("active"))).0,
        400,
        "without dates"
    );
    let id = bench.sprint("S");
    let path = format!("sprint/{id}");
    assert_eq!(bench.agile("POST", &path, Some(&state("closed"))).0, 400);
    assert_eq!(
        bench.agile("POST", &path, Some(&state("active"))).1["state"],
        "active"
    );
    assert_eq!(bench.agile("POST", &path, Some(&state("future"))).0, 400);
    assert_eq!(
        bench.agile("POST", &path, Some(&json!({"goal": "Ship"}))).1["goal"],
        "Ship"
    );
    assert_eq!(
        bench.agile("PUT", &path, Some(&json!({"name": "S"}))).0,
        400,
        "a full update needs the state"
    );
    let full = json!({"name": "T", "state": "active", "startDate": "2026-10-01T07:00:00.000Z", "endDate": "2026-10-15T09:00:00.000Z"});
    let (_, updated) = bench.agile("PUT", &path, Some(&full));
    assert_eq!(
        (&updated["name"], &updated["goal"]),
        (&json!("T"), &json!(""))
    );
    let (_, closed) = bench.agile("POST", &path, Some(&state("closed")));
    assert!(closed["completeDate"].is_string(), "{closed}");
    assert_eq!(bench.agile("POST", &path, Some(&state("active"))).0, 400);
    let (_, late) = bench.agile("POST", &path, Some(&json!({"name": "U", "endDate": null})));
    assert_eq!(
        (&late["name"], &late["endDate"]),
        (&json!("U"), &json!("2026-10-15T09:00:00.000Z"))
    );
    let (_, list) = bench.agile("GET", "board/1/sprint?state=future,active", None);
    assert_eq!(list["values"].as_array().map(Vec::len), Some(1));
    assert_eq!(bench.agile("GET", "board/1/sprint?state=odd", None).0, 400);
    let wrong = json!({"name": "x", "originBoardId": 1, "startDate": "2026-10-02T00:00:00Z", "endDate": "2026-10-01T00:00:00Z"});
    assert_eq!(bench.agile("POST", "sprint", Some(&wrong)).0, 400);
    assert_eq!(
        bench.agile("POST", "sprint", Some(&json!({"name": "x"}))).0,
        400
    );
}

#[test]
fn an_issue_is_in_at_most_one_open_sprint() {
    let mut bench = Bench::new(0);
    let (one, two) = (bench.sprint("One"), bench.sprint("Two"));
    for _ in 0..3 {
        bench.create(json!({}));
    }
    let issues = json!({"issues": ["WEB-1", "WEB-2"]});
    assert_eq!(
        bench
            .agile("POST", &format!("sprint/{one}/issue"), Some(&issues))
            .0,
        204
    );
    assert_eq!(
        bench.keys(&format!("sprint/{one}/issue")),
        ["WEB-1", "WEB-2"]
    );
    assert_eq!(bench.keys("board/1/backlog"), ["WEB-3"]);
    assert_eq!(
        bench
            .agile(
                "POST",
                &format!("sprint/{two}/issue"),
                Some(&json!({"issues": ["WEB-2"]}))
            )
            .0,
        204
    );
    let (_, read) = bench.get("3/issue/WEB-2?expand=changelog");
    let sprints = &read["fields"]["customfield_10020"];
    assert_eq!(sprints.as_array().map(Vec::len), Some(1));
    assert_eq!(sprints[0]["name"], "Two");
    assert_eq!(sprints[0]["boardId"], 1);
    let item = &read["changelog"]["histories"][0]["items"][0];
    assert_eq!(
        (&item["field"], &item["fromString"], &item["toString"]),
        (&json!("Sprint"), &json!("One"), &json!("Two"))
    );
    bench.agile(
        "POST",
        &format!("sprint/{one}"),
        Some(&json!({"state": "active"})),
    );
    bench.wait(2_000);
    assert_eq!(bench.search("sprint in openSprints()"), ["WEB-1"]);
    assert_eq!(bench.search("sprint in futureSprints()"), ["WEB-2"]);
    assert_eq!(
        bench.search("sprint = One OR sprint = 2 ORDER BY key"),
        ["WEB-1", "WEB-2"]
    );
    assert_eq!(bench.search("sprint is empty"), ["WEB-3"]);
    bench.agile(
        "POST",
        &format!("sprint/{one}"),
        Some(&json!({"state": "closed"})),
    );
    assert_eq!(bench.search("sprint in closedSprints()"), ["WEB-1"]);
    assert_eq!(bench.keys("board/1/backlog"), ["WEB-1", "WEB-3"]);
    assert_eq!(
        bench
            .agile("POST", &format!("sprint/{one}/issue"), Some(&issues))
            .0,
        400,
        "closed"
    );
    assert_eq!(
        bench
            .agile("POST", "backlog/issue", Some(&json!({"issues": ["WEB-2"]})))
            .0,
        204
    );
    assert_eq!(
        bench.get("3/issue/WEB-2").1["fields"]["customfield_10020"],
        Value::Null
    );
    let many: Vec<String> = (0..51).map(|_| "WEB-1".to_owned()).collect();
    assert_eq!(
        bench
            .agile("POST", "backlog/issue", Some(&json!({"issues": many})))
            .0,
        400
    );
    assert_eq!(
        bench
            .agile(
                "POST",
                "backlog/issue",
                Some(&json!({"issues": ["WEB-99"]}))
            )
            .0,
        400
    );
    assert_eq!(bench.agile("DELETE", &format!("sprint/{two}"), None).0, 204);
    assert_eq!(bench.agile("GET", &format!("sprint/{two}"), None).0, 404);
}

#[test]
fn the_sprint_field_takes_a_bare_number() {
    let mut bench = Bench::new(0);
    let id = bench.sprint("One");
    let key = bench.create(json!({"customfield_10020": id}));
    let path = format!("3/issue/{key}");
    let (_, read) = bench.get(&path);
    assert_eq!(read["fields"]["customfield_10020"][0]["state"], "future");
    let mut refused = |value: Value, text: &str| {
        let (status, answer) = bench.put(&path, &json!({"fields": {"customfield_10020": value}}));
        assert_eq!(
            (status, answer["errors"]["customfield_10020"].as_str()),
            (400, Some(text))
        );
    };
    refused(json!({"id": id}), "Number value expected as the Sprint id.");
    refused(
        json!([{"id": id}]),
        "Number value expected as the Sprint id.",
    );
    refused(json!("1"), "data was not an array");
    refused(json!(99), "Sprint with id 99 does not exist.");
    assert_eq!(
        bench
            .put(&path, &json!({"fields": {"customfield_10020": null}}))
            .0,
        204
    );
    assert_eq!(
        bench.get(&path).1["fields"]["customfield_10020"],
        Value::Null
    );
    assert_eq!(
        bench
            .post("3/issue", &issue(json!({"customfield_10019": "0|i:"})))
            .0,
        400
    );
}

#[test]
fn issues_are_ranked_beside_each_other() {
    let mut bench = Bench::new(0);
    for _ in 0..4 {
        bench.create(json!({}));
    }
    let before = json!({"issues": ["WEB-3", "WEB-4"], "rankBeforeIssue": "WEB-1"});
    assert_eq!(bench.agile("PUT", "issue/rank", Some(&before)).0, 204);
    assert_eq!(
        bench.keys("board/1/backlog"),
        ["WEB-3", "WEB-4", "WEB-1", "WEB-2"]
    );
    let after = json!({"issues": ["WEB-3", "WEB-99"], "rankAfterIssue": "WEB-2"});
    let (status, answer) = bench.agile("PUT", "issue/rank", Some(&after));
    assert_eq!(status, 207);
    assert_eq!(
        (
            &answer["entries"][0]["status"],
            &answer["entries"][1]["status"]
        ),
        (&json!(200), &json!(404))
    );
    assert_eq!(
        bench.search("project = WEB ORDER BY Rank ASC"),
        ["WEB-4", "WEB-1", "WEB-2", "WEB-3"]
    );
    assert_eq!(
        bench
            .agile("PUT", "issue/rank", Some(&json!({"issues": ["WEB-1"]})))
            .0,
        400
    );
    let (_, log) = bench.get("3/issue/WEB-3/changelog");
    assert_eq!(log["values"][0]["items"][0]["toString"], "Ranked higher");
}

#[test]
fn estimates_and_epics_are_kept() {
    let mut bench = Bench::new(0);
    let epic = bench.create(json!({"issuetype": {"name": "Epic"}, "summary": "Big"}));
    let story = bench.create(json!({}));
    let path = format!("issue/{story}/estimation?boardId=1");
    assert_eq!(
        bench.agile("PUT", &path, Some(&json!({"value": "8.0"}))).1["value"],
        8.0
    );
    assert_eq!(
        bench.agile("GET", &path, None).1["fieldId"],
        "customfield_10016"
    );
    assert_eq!(
        bench.get(&format!("3/issue/{story}")).1["fields"]["customfield_10016"],
        8.0
    );
    assert_eq!(
        bench.agile("PUT", &path, Some(&json!({"value": "much"}))).0,
        400
    );
    assert_eq!(
        bench
            .agile(
                "PUT",
                &format!("issue/{story}/estimation"),
                Some(&json!({}))
            )
            .0,
        400
    );
    assert_eq!(
        bench
            .agile(
                "POST",
                &format!("epic/{epic}/issue"),
                Some(&json!({"issues": [story]}))
            )
            .0,
        204
    );
    assert_eq!(
        bench.keys(&format!("epic/{epic}/issue")),
        std::slice::from_ref(&story)
    );
    assert!(bench.keys("epic/none/issue").is_empty());
    let update = json!({"name": "B", "done": true, "color": {"key": "color_4"}});
    let (_, shown) = bench.agile("POST", &format!("epic/{epic}"), Some(&update));
    assert_eq!(
        (&shown["name"], &shown["summary"], &shown["done"]),
        (&json!("B"), &json!("Big"), &json!(true))
    );
    assert_eq!(
        bench.agile("GET", "board/1/epic?done=false", None).1["values"],
        json!([])
    );
    assert_eq!(bench.agile("GET", &format!("epic/{story}"), None).0, 404);
    assert_eq!(
        bench
            .agile("POST", "epic/none/issue", Some(&json!({"issues": [story]})))
            .0,
        204
    );
    assert_eq!(bench.keys("epic/none/issue"), [story]);
}
