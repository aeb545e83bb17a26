//! Claims about the site, each made through whole requests.

mod agile;
mod beside;
mod describe;
mod edit;
mod faults;
mod fields;
mod files;
mod filter;
mod indexes;
mod many;
mod permission;
mod project;
mod screens;
mod search;
mod talk;
mod webhook;
mod workflow;
mod write;

use http::Method;
use serde_json::{Value, json};

use crate::fault::{Faults, Rule};
use crate::jira::Cloud;
use crate::offline::{Answer, Offline};
use crate::options::Options;
use crate::site::{Request, Response};

/// A site with a clock that only the test moves.
struct Bench {
    offline: Offline,
    now_ms: i64,
}

const ALICE: &str = "712020:0a1f7c52-6e0d-4b6e-9a43-1d2f5b7c9e01";

impl Bench {
    fn new(items: u32) -> Self {
        let options = Options {
            items,
            ..Options::default()
        };
        let now_ms = options.start_ms;
        let site = Box::new(Cloud::new(options.clone()));
        Self {
            offline: Offline::new(site, options),
            now_ms,
        }
    }

    fn send(&mut self, request: &Request) -> Answer {
        self.offline.call(request, self.now_ms)
    }

    fn request(method: &str, path: &str, body: Option<&Value>) -> Request {
        let method: Method = method.parse().expect("a method");
        let request = Request::new(method, &format!("/rest/api/{path}"));
        let request = request.with_basic("sync@acme.example", "sync-token");
        match body {
            Some(body) => request.with_json(body),
            None => request,
        }
    }

    fn response(&mut self, method: &str, path: &str, body: Option<&Value>) -> Response {
        let request = Self::request(method, path, body);
        self.send(&request).response().expect("an answer")
    }

    fn get(&mut self, path: &str) -> (u16, Value) {
        parsed(&self.response("GET", path, None))
    }

    fn post(&mut self, path: &str, body: &Value) -> (u16, Value) {
        parsed(&self.response("POST", path, Some(body)))
    }

    fn put(&mut self, path: &str, body: &Value) -> (u16, Value) {
        parsed(&self.response("PUT", path, Some(body)))
    }

    fn create(&mut self, fields: Value) -> String {
        let (status, answer) = self.post("3/issue", &issue(fields));
        assert_eq!(status, 201, "{answer}");
        answer["key"].as_str().expect("a key").to_owned()
    }

    /// The keys that a query finds.
    fn search(&mut self, jql: &str) -> Vec<String> {
        let body = json!({"jql": jql, "fields": ["key"], "maxResults": 5000});
        let (status, answer) = self.post("3/search/jql", &body);
        assert_eq!(status, 200, "{answer}");
        let rows = answer["issues"].as_array().expect("rows");
        rows.iter()
            .map(|row| row["key"].as_str().expect("a key").to_owned())
            .collect()
    }

    /// The same as somebody else than the synchroniser: `alice` administers the site.
    fn by(&mut self, handle: &str, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let request = Self::request(method, path, body);
        let (email, token) = (format!("{handle}@acme.example"), format!("{handle}-token"));
        parsed(
            &self
                .send(&request.with_basic(&email, &token))
                .response()
                .expect("an answer"),
        )
    }

    fn delete(&mut self, path: &str) -> u16 {
        self.response("DELETE", path, None).status
    }

    fn wait(&mut self, ms: i64) {
        self.now_ms += ms;
    }

    fn faults(&mut self, rules: impl IntoIterator<Item = Rule>) {
        self.offline.set_faults(&Faults::of(rules));
    }
}

fn parsed(response: &Response) -> (u16, Value) {
    (
        response.status,
        serde_json::from_slice(&response.body).unwrap_or_default(),
    )
}

/// A create body for a task in WEB, with these fields beside.
fn issue(fields: Value) -> Value {
    let mut all =
        json!({"project": {"key": "WEB"}, "issuetype": {"name": "Task"}, "summary": "A task"});
    let members = all.as_object_mut().expect("an object");
    members.extend(fields.as_object().expect("fields").clone());
    json!({"fields": all})
}

fn document(text: &str) -> Value {
    let paragraph = json!({"type": "paragraph", "content": [{"type": "text", "text": text}]});
    json!({"type": "doc", "version": 1, "content": [paragraph]})
}
