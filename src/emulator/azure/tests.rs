//! Claims about the organisation, made through `Services::handle` as a client would.

mod feeds;
mod files;
mod hooks;
mod indexes;
mod items;
mod links;
mod many;
mod naive;
mod nodes;
mod people;
mod processes;
mod queries;
mod rates;
mod rules;
mod shelf;
mod talk;
mod teams;
mod walks;
mod writes;

use http::Method;
use serde_json::{Value as Json, json};

use super::Services;
use crate::ledger::{Kind, Ledger};
use crate::options::Options;
use crate::recording;
use crate::site::{Moment, Request, Response, Site};

const ORIGIN: &str = "http://127.0.0.1:1";

/// An organisation, its ledger, and a clock that moves a second per request.
struct World {
    services: Services,
    ledger: Ledger,
    now_ms: i64,
    stale: bool,
}

impl World {
    fn new() -> Self {
        Self::with_items(0)
    }

    fn with_items(items: u32) -> Self {
        let options = Options {
            items,
            ..Options::default()
        };
        let now_ms = options.start_ms;
        Self {
            services: Services::new(options),
            ledger: Ledger::default(),
            now_ms,
            stale: false,
        }
    }

    fn send(&mut self, request: Request) -> Response {
        self.now_ms += 1000;
        let mut moment = Moment {
            now_ms: self.now_ms,
            stale_search: self.stale,
            origin: ORIGIN,
            media_origin: "http://media.invalid",
            ledger: &mut self.ledger,
        };
        recording::asked(&mut self.services, &request, &mut moment)
    }

    fn call(&mut self, method: Method, path: &str, body: Option<Json>) -> (u16, Json) {
        self.call_as("alice", method, path, body)
    }

    fn call_as(
        &mut self,
        who: &str,
        method: Method,
        path: &str,
        body: Option<Json>,
    ) -> (u16, Json) {
        let preview = [
            "/comments",
            "connectionData",
            "/graph/",
            "_apis/teams",
            "/properties",
        ];
        let version = if preview.iter().any(|part| path.contains(part)) {
            "7.1-preview"
        } else {
            "7.1"
        };
        let join = if path.contains('?') { '&' } else { '?' };
        let mut request = Request::new(method, &format!("/acme{path}{join}api-version={version}"))
            .with_basic("", &format!("{who}-token"));
        let is_patch = body.as_ref().is_some_and(Json::is_array);
        if let Some(body) = body {
            request = request.with_json(&body);
        }
        if is_patch {
            request = request.with_header("content-type", "application/json-patch+json");
        }
        let response = self.send(request);
        (
            response.status,
            serde_json::from_slice(&response.body).unwrap_or(Json::Null),
        )
    }

    fn get(&mut self, path: &str) -> Json {
        let (status, json) = self.call(Method::GET, path, None);
        assert_eq!(status, 200, "{path}: {json}");
        json
    }

    /// Creates an item and gives its id.
    fn create(&mut self, kind: &str, fields: &[(&str, Json)]) -> i64 {
        let path = format!(
            "/Platform/_apis/wit/workitems/${}",
            kind.replace(' ', "%20")
        );
        let (status, json) = self.call(Method::POST, &path, Some(sets("add", fields)));
        assert_eq!(status, 200, "{json}");
        json["id"].as_i64().unwrap()
    }

    fn story(&mut self, title: &str) -> i64 {
        self.create("User Story", &[("System.Title", json!(title))])
    }

    fn patch(&mut self, id: i64, operations: Json) -> (u16, Json) {
        self.call(
            Method::PATCH,
            &format!("/_apis/wit/workitems/{id}"),
            Some(operations),
        )
    }

    fn set(&mut self, id: i64, fields: &[(&str, Json)]) -> Json {
        let (status, json) = self.patch(id, sets("add", fields));
        assert_eq!(status, 200, "{json}");
        json
    }

    fn item(&mut self, id: i64) -> Json {
        self.get(&format!("/_apis/wit/workitems/{id}?$expand=all"))
    }

    fn field(&mut self, id: i64, name: &str) -> Json {
        self.item(id)["fields"][name].clone()
    }

    fn link(&mut self, id: i64, rel: &str, to: i64) -> (u16, Json) {
        let url = format!("{ORIGIN}/acme/_apis/wit/workItems/{to}");
        self.patch(
            id,
            json!([{"op": "add", "path": "/relations/-", "value": {"rel": rel, "url": url}}]),
        )
    }

    fn kinds(&self) -> Vec<Kind> {
        self.ledger.entries().iter().map(|e| e.kind).collect()
    }
}

fn sets(op: &str, fields: &[(&str, Json)]) -> Json {
    let rows = fields.iter();
    rows.map(|(name, value)| json!({"op": op, "path": format!("/fields/{name}"), "value": value}))
        .collect()
}

fn message(json: &Json) -> &str {
    json["message"].as_str().unwrap_or("")
}

#[test]
fn a_missing_item_is_answered_with_the_exact_body() {
    let (status, body) = World::new().call(Method::GET, "/_apis/wit/workitems/27142", None);
    assert_eq!(status, 404);
    let space = "Microsoft.TeamFoundation.WorkItemTracking.Server";
    assert_eq!(
        body,
        json!({
            "$id": "1",
            "innerException": null,
            "message": "TF401232: Work item 27142 does not exist, or you do not have permissions \
            to read it.",
            "typeName": format!("{space}.WorkItemUnauthorizedAccessException, {space}"),
            "typeKey": "WorkItemUnauthorizedAccessException",
            "errorCode": 0,
            "eventId": 3200,
        })
    );
}

#[test]
fn who_is_not_signed_in_gets_the_shape_of_the_method() {
    let mut world = World::new();
    let item = "/acme/_apis/wit/workitems/1?api-version=7.1";
    let wiql = "/acme/_apis/wit/wiql?api-version=7.1";
    let json_accept = ("accept", "application/json");
    let html_accept = ("accept", "text/html");
    let suppress = ("x-tfs-fedauthredirect", "Suppress");
    for (method, path, headers, expected) in [
        (Method::GET, item, vec![json_accept], 203),
        (Method::GET, item, vec![html_accept, suppress], 203),
        (Method::GET, item, vec![html_accept], 302),
        (Method::POST, wiql, vec![json_accept], 203),
        (Method::PATCH, item, vec![json_accept], 401),
        (Method::DELETE, item, vec![html_accept], 401),
    ] {
        let mut request = Request::new(method.clone(), path).with_basic("", "stolen");
        for (name, value) in &headers {
            request = request.with_header(name, value);
        }
        let response = world.send(request);
        assert_eq!(response.status, expected, "{method} {path} {headers:?}");
        let kind = response.header("content-type").unwrap();
        let wanted = if expected == 401 {
            "application/json"
        } else {
            "text/html"
        };
        assert!(kind.starts_with(wanted), "{kind}");
        if expected == 302 {
            assert!(response.header("location").unwrap().contains("/_signin"));
        }
        if expected == 401 {
            let body: Json = serde_json::from_slice(&response.body).unwrap();
            assert!(message(&body).starts_with("TF400813"));
            assert_eq!(body["typeKey"], "UnauthorizedRequestException");
        }
    }
    let bearer = Request::new(Method::GET, "/acme/_apis/projects")
        .with_header("authorization", "Bearer alice-token");
    assert_eq!(world.send(bearer).status, 200);
}

#[test]
fn the_location_service_needs_no_sign_in_and_lists_every_area() {
    let mut world = World::new();
    let response = world.send(Request::new(Method::OPTIONS, "/acme/_apis"));
    let body: Json = serde_json::from_slice(&response.body).unwrap();
    let rows = body["value"].as_array().unwrap().clone();
    assert!(
        rows.iter()
            .any(|r| r["id"] == "72c7ddf8-2cdc-4f60-90cd-ab71c14a399b")
    );
    let response = world.send(Request::new(Method::OPTIONS, "/acme/_apis/hooks"));
    let body: Json = serde_json::from_slice(&response.body).unwrap();
    let hooks = body["value"].as_array().unwrap();
    assert!(hooks.len() > 10 && hooks.iter().all(|r| r["area"] == "hooks"));
    let response = world.send(Request::new(Method::OPTIONS, "/acme/_apis/work"));
    let body: Json = serde_json::from_slice(&response.body).unwrap();
    let rows = body["value"].as_array().unwrap().clone();
    assert!(!rows.is_empty() && rows.iter().all(|r| r["area"] == "work"));
    let areas = world.get("/_apis/resourceAreas");
    assert_eq!(areas["value"][0]["locationUrl"], "http://127.0.0.1:1/acme/");
    let who = world.get("/_apis/connectionData");
    assert_eq!(
        who["authenticatedUser"]["providerDisplayName"],
        "Alice Abara"
    );
}

#[test]
fn projects_and_types_are_found_by_name_and_by_id() {
    let mut world = World::new();
    let projects = world.get("/_apis/projects");
    let id = projects["value"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(
        world.get(&format!("/_apis/projects/{id}"))["name"],
        "Platform"
    );
    let types = world.get(&format!("/{id}/_apis/wit/workitemtypes"));
    assert_eq!(types["count"], 6);
    let story = world.get("/Platform/_apis/wit/workitemtypes/User%20Story");
    assert_eq!(story["transitions"][""][0]["to"], "New");
    let states = world.get("/Platform/_apis/wit/workitemtypes/Task/states");
    let names: Vec<&str> = states["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["New", "Active", "Closed", "Removed"]);
    let fields = world.get("/Platform/_apis/wit/workitemtypes/Bug/fields?$expand=allowedValues");
    let severity = fields["value"]
        .as_array()
        .unwrap()
        .iter()
        .find(|f| f["name"] == "Severity")
        .unwrap();
    assert_eq!(severity["allowedValues"].as_array().unwrap().len(), 4);
    let areas = world.get("/Platform/_apis/wit/classificationnodes/areas?$depth=1");
    assert_eq!(areas["children"][0]["path"], "\\Platform\\Area\\Web");
    for (path, code) in [
        ("/Nowhere/_apis/wit/workitemtypes", "TF200016"),
        ("/Platform/_apis/wit/workitemtypes/Incident", "VS402323"),
        ("/_apis/wit/fields/Custom.None", "TF51535"),
        (
            "/Platform/_apis/wit/classificationnodes/areas/None",
            "VS402485",
        ),
    ] {
        let (status, body) = world.call(Method::GET, path, None);
        assert_eq!(status, 404, "{path}");
        assert!(message(&body).starts_with(code), "{path}: {body}");
    }
}

#[test]
fn the_sample_is_the_same_for_the_same_seed_and_its_states_have_a_history() {
    let mut world = World::with_items(60);
    let items = world.services.items();
    assert_eq!(items.len(), 60);
    assert_eq!(items, World::with_items(60).services.items());
    assert!(items.iter().any(|i| i["state"] == "Closed"));
    assert!(items.iter().all(
        |i| !i["title"].as_str().unwrap().is_empty() && !i["text"].as_str().unwrap().is_empty()
    ));
    let closed = items.iter().find(|i| i["state"] == "Closed").unwrap();
    let id = closed["id"].as_str().unwrap();
    let first = world.get(&format!("/_apis/wit/workitems/{id}/revisions/1"));
    assert_eq!(first["fields"]["System.State"], "New");
    let comments: usize = items
        .iter()
        .map(|i| i["comments"].as_array().unwrap().len())
        .sum();
    assert!(comments > 20, "{comments}");
    let ids: Vec<String> = items
        .iter()
        .map(|i| i["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.first().map(String::as_str), Some("1"));
    assert!(world.ledger.entries().is_empty());
    world.story("new");
    world.services.reset();
    assert_eq!(world.services.items().len(), 60);
}

#[test]
fn rate_headers_are_told_only_when_asked_for() {
    let mut world = World::new();
    let ask = || Request::new(Method::GET, "/acme/_apis/projects").with_basic("", "alice-token");
    assert_eq!(world.send(ask()).header("x-ratelimit-remaining"), None);
    world.services = Services::new(Options::default()).with_rate_headers();
    let remaining = world
        .send(ask())
        .header("x-ratelimit-remaining")
        .map(str::to_owned);
    assert_eq!(remaining.as_deref(), Some("199"));
}

#[test]
fn a_version_that_does_not_fit_is_refused_by_its_own_key() {
    let mut world = World::new();
    for (path, key, text) in [
        (
            "/_apis/projects?api-version=9.0",
            "VssVersionOutOfRangeException",
            "The requested REST API version of 9.0 is out of range for this server.",
        ),
        (
            "/Platform/_apis/wit/workItems/1/comments?api-version=7.1",
            "VssInvalidPreviewVersionException",
            "The requested version \"7.1\" of the resource is under preview.",
        ),
    ] {
        let request = Request::new(Method::GET, &format!("/acme{path}"));
        let response = world.send(request.with_basic("", "alice-token"));
        let body: Json = serde_json::from_slice(&response.body).unwrap();
        assert_eq!((response.status, &body["typeKey"]), (400, &json!(key)));
        assert!(message(&body).starts_with(text), "{body}");
    }
}
