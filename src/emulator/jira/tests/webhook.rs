//! Webhooks: registered by administrators, told of what happens, signed, retried, lost.

use serde_json::{Value, json};

use super::{Bench, document};
use crate::jira::Cloud;
use crate::options::Options;
use crate::post::{Post, Posted};
use crate::recording;
use crate::site::{Moment, Request, Site as _};

/// A site by itself, so that its posts can be asked for.
struct Site {
    cloud: Cloud,
    ledger: crate::Ledger,
    now_ms: i64,
}

impl Site {
    fn new() -> Self {
        let options = Options::default();
        Self {
            now_ms: options.start_ms,
            cloud: Cloud::new(options),
            ledger: crate::Ledger::new(),
        }
    }

    fn ask(&mut self, method: &str, path: &str, who: &str, body: &Value) -> (u16, Value) {
        let request = Request::new(method.parse().expect("a method"), path)
            .with_basic(&format!("{who}@acme.example"), &format!("{who}-token"))
            .with_json(body);
        let mut moment = Moment {
            now_ms: self.now_ms,
            stale_search: false,
            origin: "http://x",
            media_origin: "http://media.invalid",
            ledger: &mut self.ledger,
        };
        let response = recording::asked(&mut self.cloud, &request, &mut moment);
        (
            response.status,
            serde_json::from_slice(&response.body).unwrap_or_default(),
        )
    }

    fn register(&mut self, more: Value) -> (u16, Value) {
        let mut body = json!({"name": "Hook", "url": "http://127.0.0.1:9/in?key={issue.key}", "events": ["jira:issue_created", "jira:issue_updated", "jira:issue_deleted", "comment_created", "sprint_created", "jira:version_created", "issue_property_set"]});
        body.as_object_mut()
            .expect("an object")
            .extend(more.as_object().expect("members").clone());
        self.ask("POST", "/rest/webhooks/1.0/webhook", "alice", &body)
    }

    fn create(&mut self, fields: Value) -> String {
        let mut all =
            json!({"project": {"key": "WEB"}, "issuetype": {"name": "Task"}, "summary": "A task"});
        all.as_object_mut()
            .expect("an object")
            .extend(fields.as_object().expect("fields").clone());
        let (status, made) = self.ask("POST", "/rest/api/3/issue", "sync", &json!({"fields": all}));
        assert_eq!(status, 201, "{made}");
        made["key"].as_str().expect("a key").to_owned()
    }

    /// What is due half a minute later, which is taken.
    fn due(&mut self) -> Vec<Post> {
        self.now_ms += 30_000;
        let posts = self.cloud.due_posts(self.now_ms, 100);
        for post in &posts {
            self.cloud
                .posted(post.id, Posted::Answered(200), self.now_ms);
        }
        posts
    }

    /// What is due in the next minutes: what comes of many issues at once takes its time.
    fn due_in_bulk(&mut self) -> Vec<Post> {
        (0..5).flat_map(|_| self.due()).collect()
    }

    /// The names of the events that are due half a minute later.
    fn events(&mut self) -> Vec<String> {
        let mut names: Vec<String> = self
            .due()
            .iter()
            .map(|it| {
                body(it)["webhookEvent"]
                    .as_str()
                    .expect("a name")
                    .to_owned()
            })
            .collect();
        names.sort();
        names
    }
}

fn body(post: &Post) -> Value {
    serde_json::from_slice(&post.body).expect("a document")
}

fn header<'a>(post: &'a Post, name: &str) -> Option<&'a str> {
    post.headers
        .iter()
        .find(|(it, _)| it == name)
        .map(|(_, value)| value.as_str())
}

#[test]
fn administrators_register_webhooks_and_nobody_else() {
    let mut site = Site::new();
    let (status, hook) = site.register(
        json!({"secret": "s", "filters": {"issue-related-events-section": "project = WEB"}}),
    );
    assert_eq!(
        (status, &hook["isSigned"], &hook["enabled"]),
        (201, &json!(true), &json!(true)),
        "{hook}"
    );
    assert_eq!(hook.get("secret"), None);
    assert_eq!(hook["self"], "http://x/rest/webhooks/1.0/webhook/1");
    assert_eq!(
        site.ask("GET", "/rest/webhooks/1.0/webhook", "sync", &json!({}))
            .0,
        403
    );
    assert_eq!(
        site.ask("POST", "/rest/api/3/webhook", "alice", &json!({})),
        (403, json!({"errorMessages": [], "errors": {}}))
    );
    assert_eq!(
        site.ask("GET", "/rest/api/3/webhook", "alice", &json!({}))
            .0,
        403
    );
    for wrong in [
        json!({"url": "nowhere"}),
        json!({"url": "ftp://x/y"}),
        json!({"events": ["odd"]}),
        json!({"filters": {"issue-related-events-section": "odd = 1"}}),
        json!({"filters": {"other": ""}}),
        json!({"name": ""}),
        json!({"odd": 1}),
    ] {
        assert_eq!(site.register(wrong.clone()).0, 400, "{wrong}");
    }
    let path = "/rest/webhooks/1.0/webhook/1";
    let (_, changed) = site.ask("PUT", path, "alice", &json!({"enabled": false}));
    assert_eq!(
        (&changed["enabled"], &changed["name"]),
        (&json!(false), &json!("Hook"))
    );
    site.create(json!({}));
    assert!(site.due().is_empty());
    assert_eq!(site.ask("DELETE", path, "alice", &json!({})).0, 204);
    assert_eq!(site.ask("GET", path, "alice", &json!({})).0, 404);
}

#[test]
fn what_happens_is_told_in_version_two() {
    let mut site = Site::new();
    site.register(json!({"secret": "s"}));
    let key = site.create(json!({"description": document("Hello")}));
    let posts = site.due();
    assert_eq!(posts.len(), 1);
    let told = body(&posts[0]);
    assert_eq!(posts[0].url, format!("http://127.0.0.1:9/in?key={key}"));
    assert_eq!(
        (&told["webhookEvent"], &told["issue_event_type_name"]),
        (&json!("jira:issue_created"), &json!("issue_created"))
    );
    assert_eq!(told["issue"]["fields"]["description"], "Hello");
    assert_eq!(told["issue"]["self"], "http://x/rest/api/2/issue/10001");
    assert_eq!(told["user"]["displayName"], "Counterpart Sync");
    assert_eq!(told["user"].get("emailAddress"), None);
    assert_eq!(
        header(&posts[0], "X-Hub-Signature"),
        Some(crate::jira::webhook::signature("s", &posts[0].body).as_str())
    );
    assert_eq!(
        header(&posts[0], "X-Atlassian-Webhook-Flow"),
        Some("Primary")
    );
    assert_eq!(header(&posts[0], "X-Atlassian-Webhook-Retry"), None);
    let path = format!("/rest/api/3/issue/{key}");
    site.ask("PUT", &path, "sync", &json!({"fields": {"summary": "New"}}));
    let told = body(&site.due()[0]);
    assert_eq!(told["changelog"]["items"][0]["toString"], "New");
    site.ask("PUT", &path, "sync", &json!({"fields": {"summary": "New"}}));
    assert!(
        site.due().is_empty(),
        "an edit that changes nothing is no event"
    );
    site.ask(
        "POST",
        &format!("{path}/comment"),
        "sync",
        &json!({"body": document("Hi")}),
    );
    let told = site.due();
    let comment = told
        .iter()
        .map(body)
        .find(|it| it["webhookEvent"] == "comment_created")
        .expect("the comment");
    assert_eq!(
        (&comment["comment"]["body"], comment.get("user")),
        (&json!("Hi"), None)
    );
    assert_eq!(told.len(), 2, "and once more as an update of the issue");
    site.ask(
        "POST",
        &format!("{path}/transitions"),
        "sync",
        &json!({"transition": {"id": "11"}}),
    );
    assert_eq!(
        body(&site.due()[0])["issue_event_type_name"],
        "issue_generic"
    );
    site.ask("PUT", &format!("{path}/properties/k"), "sync", &json!(1));
    site.ask(
        "POST",
        "/rest/agile/1.0/sprint",
        "sync",
        &json!({"name": "S", "originBoardId": 1}),
    );
    site.ask(
        "POST",
        "/rest/api/3/version",
        "sync",
        &json!({"project": "WEB", "name": "v"}),
    );
    site.ask("DELETE", &path, "sync", &json!({}));
    assert_eq!(
        site.events(),
        [
            "issue_property_set",
            "jira:issue_deleted",
            "jira:version_created",
            "sprint_created"
        ]
    );
}

#[test]
fn properties_of_many_issues_are_told_of_one_by_one_when_the_task_is_done() {
    let mut site = Site::new();
    site.register(json!({"events": ["issue_property_set", "issue_property_deleted"]}));
    let keys = [site.create(json!({})), site.create(json!({}))];
    let mut id = |key: &String| {
        let (_, issue) = site.ask(
            "GET",
            &format!("/rest/api/3/issue/{key}"),
            "sync",
            &json!({}),
        );
        issue["id"].as_str().and_then(|id| id.parse::<u64>().ok())
    };
    let ids: Vec<u64> = keys.iter().filter_map(&mut id).collect();
    let path = "/rest/api/3/issue/properties";
    let body = json!({"entitiesIds": ids, "properties": {"a": 1, "b": 2}});
    assert_eq!(site.ask("POST", path, "sync", &body).0, 303);
    let told = |posts: Vec<Post>| posts.iter().map(property_told).collect::<Vec<_>>();
    let mut set = told(site.due_in_bulk());
    set.sort();
    let pair = |name: &str, key: &str| (name.to_owned(), key.to_owned());
    let [a, b] = ["a", "b"].map(|key| pair("issue_property_set", key));
    assert_eq!(set, [a.clone(), a, b.clone(), b]);
    let filter = json!({"entityIds": [ids[0]]});
    let one = format!("{path}/a");
    assert_eq!(site.ask("DELETE", &one, "sync", &filter).0, 303);
    let posts = site.due_in_bulk();
    let flow = posts
        .first()
        .and_then(|it| header(it, "X-Atlassian-Webhook-Flow"));
    assert_eq!(flow, Some("Secondary"));
    assert_eq!(told(posts), [pair("issue_property_deleted", "a")]);
}

/// The event's name and the property's key.
fn property_told(post: &Post) -> (String, String) {
    let body = body(post);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&body["webhookEvent"]), text(&body["property"]["key"]))
}

#[test]
fn queries_choose_the_issues_and_bodies_can_be_left_out() {
    let mut site = Site::new();
    site.register(
        json!({"filters": {"issue-related-events-section": "labels = told"}, "excludeBody": true}),
    );
    site.create(json!({}));
    assert!(site.due().is_empty());
    site.create(json!({"labels": ["told"]}));
    let posts = site.due();
    assert_eq!((posts.len(), posts[0].body.len()), (1, 0));
    site.ask(
        "POST",
        "/rest/api/3/version",
        "sync",
        &json!({"project": "WEB", "name": "v"}),
    );
    assert_eq!(site.due().len(), 1, "the query is for issues only");
}

#[test]
fn a_delivery_is_tried_six_times_and_then_lost() {
    let mut site = Site::new();
    site.register(json!({}));
    site.create(json!({}));
    let mut identifiers = std::collections::BTreeSet::new();
    let mut last_ms = site.now_ms;
    for attempt in 0..6 {
        let post = loop {
            site.now_ms += 1_000;
            if let Some(post) = site.cloud.due_posts(site.now_ms, 10).pop() {
                break post;
            }
            assert!(
                site.now_ms - last_ms <= 15 * 60_000 + 1_000,
                "attempt {attempt}"
            );
        };
        if attempt > 0 {
            assert!(site.now_ms - last_ms >= 5 * 60_000);
            assert_eq!(
                header(&post, "X-Atlassian-Webhook-Retry"),
                Some(attempt.to_string().as_str())
            );
        }
        identifiers.insert(
            header(&post, "X-Atlassian-Webhook-Identifier")
                .expect("an identifier")
                .to_owned(),
        );
        last_ms = site.now_ms;
        let outcome = if attempt % 2 == 0 {
            Posted::Answered(503)
        } else {
            Posted::Unanswered
        };
        site.cloud.posted(post.id, outcome, site.now_ms);
    }
    assert_eq!(identifiers.len(), 1, "the same in every attempt");
    assert!(site.cloud.due_posts(site.now_ms + 3_600_000, 10).is_empty());
}

#[test]
fn a_refusal_is_not_tried_again() {
    let mut site = Site::new();
    site.register(json!({}));
    site.create(json!({}));
    site.now_ms += 30_000;
    let post = site.cloud.due_posts(site.now_ms, 10).pop().expect("a post");
    site.cloud
        .posted(post.id, Posted::Answered(404), site.now_ms);
    assert!(site.cloud.due_posts(site.now_ms + 3_600_000, 10).is_empty());
}

#[test]
fn the_same_seed_plans_the_same_deliveries() {
    let run = || {
        let mut site = Site::new();
        site.register(json!({}));
        for _ in 0..5 {
            site.create(json!({}));
        }
        site.now_ms += 2_000;
        site.cloud.due_posts(site.now_ms, 10)
    };
    assert_eq!(run(), run());
}

#[test]
fn webhooks_need_an_account() {
    let mut bench = Bench::new(0);
    let request = Request::new(http::Method::GET, "/rest/webhooks/1.0/webhook");
    assert_eq!(
        bench.send(&request).response().expect("an answer").status,
        401
    );
    let request = Request::new(http::Method::GET, "/rest/agile/1.0/board");
    assert_eq!(
        bench.send(&request).response().expect("an answer").status,
        401
    );
}

#[test]
fn links_worklogs_and_files_are_told_of_too() {
    let mut site = Site::new();
    let events = [
        "worklog_created",
        "worklog_deleted",
        "issuelink_created",
        "issuelink_deleted",
        "attachment_created",
        "attachment_deleted",
    ];
    site.register(
        json!({"events": events, "filters": {"issue-related-events-section": "project = OPS"}}),
    );
    site.register(json!({"events": events}));
    let (one, two) = (site.create(json!({})), site.create(json!({})));
    let link = json!({"type": {"name": "Blocks"}, "inwardIssue": {"key": one}, "outwardIssue": {"key": two}});
    assert_eq!(
        site.ask("POST", "/rest/api/3/issueLink", "sync", &link).0,
        201
    );
    let posts = site.due();
    assert_eq!(posts.len(), 2, "queries do not concern links");
    let told = body(&posts[0]);
    assert_eq!(
        (
            &told["issueLink"]["sourceIssueId"],
            &told["issueLink"]["destinationIssueId"]
        ),
        (&json!(10001), &json!(10002))
    );
    let path = format!("/rest/api/3/issue/{one}/worklog");
    let log = json!({"timeSpent": "1h", "started": "2026-08-24T08:00:00.000+0000", "comment": document("Done")});
    let (status, made) = site.ask("POST", &path, "sync", &log);
    assert_eq!(status, 201, "{made}");
    let told = body(&site.due()[0]);
    assert_eq!(
        (&told["webhookEvent"], &told["worklog"]["comment"]),
        (&json!("worklog_created"), &json!("Done"))
    );
    assert_eq!(told["issue"]["key"], json!(one));
    let path = format!("{path}/{}", made["id"].as_str().expect("an id"));
    assert_eq!(site.ask("DELETE", &path, "sync", &json!({})).0, 204);
    assert_eq!(site.events(), ["worklog_deleted"]);
}

#[test]
fn a_move_is_told_when_it_is_done_and_no_sooner() {
    let mut site = Site::new();
    let key = site.create(json!({}));
    assert_eq!(site.register(json!({})).0, 201);
    let mapping = json!({"OPS,10003": {
        "issueIdsOrKeys": [key],
        "inferFieldDefaults": true,
        "inferStatusDefaults": true,
        "inferSubtaskTypeDefault": true,
        "inferClassificationDefaults": true,
    }});
    let asked = json!({"targetToSourcesMapping": mapping});
    let (status, task) = site.ask("POST", "/rest/api/3/bulk/issues/move", "sync", &asked);
    assert_eq!(status, 201, "{task}");
    assert!(site.cloud.due_posts(site.now_ms, 100).is_empty());
    let posts = site.due();
    let told = body(posts.first().expect("an event"));
    assert_eq!(told["webhookEvent"], "jira:issue_updated");
    assert_eq!(told["issue"]["key"], "OPS-1");
    let items = told["changelog"]["items"].as_array().expect("items");
    assert!(items.iter().any(|it| it["field"] == "Key"), "{items:?}");
}
