//! What one person does at one remote, over the product's own HTTP interface, and what that person reads there.

use std::time::Duration;

use counterpart::demo::compare;
use counterpart::demo::remote::Address;
use model::Side;
use reqwest::{Client, Method};
use serde_json::{Map, Value, json};
use tests::harness::World;

/// How long a change may take to arrive on the other side.
pub(crate) const SOON: Duration = Duration::from_secs(40);

/// A person at a remote. A refusal fails the test: these people only do what they may.
pub(crate) struct Hand {
    client: Client,
    address: Address,
    user: &'static str,
    token: String,
}

impl Hand {
    /// The person of that handle at that remote.
    pub(crate) fn at(address: &Address, handle: &str) -> Hand {
        let person = emulator::people::everybody()
            .into_iter()
            .find(|person| person.handle == handle)
            .unwrap_or_else(|| panic!("nobody is called {handle}"));
        Hand {
            client: Client::new(),
            address: address.clone(),
            user: person.email,
            token: person.token,
        }
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        // A list of operations is a patch, whichever method carries it.
        let patch = body.is_some_and(Value::is_array);
        let url = format!("{}{path}", self.address.url);
        let mut request = self
            .client
            .request(method.clone(), url)
            .basic_auth(self.user, Some(&self.token));
        if let Some(body) = body {
            let kind = if patch {
                "application/json-patch+json"
            } else {
                "application/json"
            };
            request = request.header("content-type", kind).body(body.to_string());
        }
        let answer = request.send().await.expect("the remote answers");
        let status = answer.status();
        let text = answer.text().await.expect("the answer is text");
        assert!(status.is_success(), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// Makes an issue and gives its id.
    pub(crate) async fn issue(&self, kind: &str, mut fields: Value) -> String {
        fields["project"] = json!({ "key": self.address.project });
        fields["issuetype"] = json!({ "name": kind });
        let made = self
            .ask(
                Method::POST,
                "/rest/api/3/issue",
                Some(&json!({ "fields": fields })),
            )
            .await;
        text(&made["id"])
    }

    /// Sets fields of an issue.
    pub(crate) async fn set_issue(&self, id: &str, fields: Value) {
        self.edit_issue(id, json!({ "fields": fields })).await;
    }

    /// Edits an issue by `fields` and `update`.
    pub(crate) async fn edit_issue(&self, id: &str, body: Value) {
        let path = format!("/rest/api/3/issue/{id}");
        self.ask(Method::PUT, &path, Some(&body)).await;
    }

    /// Comments on an issue.
    pub(crate) async fn comment_issue(&self, id: &str, body: Value) {
        let path = format!("/rest/api/3/issue/{id}/comment");
        self.ask(Method::POST, &path, Some(&body)).await;
    }

    /// An issue with its history.
    pub(crate) async fn read_issue(&self, id: &str) -> Value {
        let path = format!("/rest/api/3/issue/{id}?expand=changelog");
        self.ask(Method::GET, &path, None).await
    }

    /// Makes a work item and gives its id.
    pub(crate) async fn work_item(&self, kind: &str, fields: Value) -> String {
        let kind = kind.replace(' ', "%20");
        let path = format!(
            "/{}/_apis/wit/workitems/${kind}?api-version=7.1",
            self.address.project
        );
        let made = self
            .ask(Method::POST, &path, Some(&operations(&fields)))
            .await;
        made["id"].to_string()
    }

    /// Sets fields of a work item.
    pub(crate) async fn set_work_item(&self, id: &str, fields: Value) {
        let path = format!("/_apis/wit/workitems/{id}?api-version=7.1");
        self.ask(Method::PATCH, &path, Some(&operations(&fields)))
            .await;
    }

    /// Comments on a work item.
    pub(crate) async fn comment_work_item(&self, id: &str, html: &str) {
        let path = format!(
            "/{}/_apis/wit/workItems/{id}/comments?api-version=7.1-preview.4",
            self.address.project
        );
        self.ask(Method::POST, &path, Some(&json!({ "text": html })))
            .await;
    }

    /// A work item's comments.
    pub(crate) async fn read_comments(&self, id: &str) -> Vec<Value> {
        let path = format!(
            "/{}/_apis/wit/workItems/{id}/comments?api-version=7.1-preview.4",
            self.address.project
        );
        let answer = self.ask(Method::GET, &path, None).await;
        answer["comments"].as_array().cloned().unwrap_or_default()
    }

    /// The fields of a work item.
    pub(crate) async fn read_work_item(&self, id: &str) -> Value {
        let path = format!("/_apis/wit/workitems/{id}?api-version=7.1");
        self.ask(Method::GET, &path, None).await["fields"].clone()
    }

    /// Every update that a work item has had.
    pub(crate) async fn updates(&self, id: &str) -> Vec<Value> {
        let path = format!("/_apis/wit/workItems/{id}/updates?api-version=7.1");
        let answer = self.ask(Method::GET, &path, None).await;
        answer["value"].as_array().cloned().unwrap_or_default()
    }
}

/// `{"System.Title": ..}` as a JSON Patch. A null empties a field.
fn operations(fields: &Value) -> Value {
    let all = fields.as_object().into_iter().flat_map(Map::iter);
    all.map(|(name, value)| match value {
        Value::Null => json!({ "op": "remove", "path": format!("/fields/{name}") }),
        value => json!({ "op": "add", "path": format!("/fields/{name}"), "value": value }),
    })
    .collect()
}

/// The two items of a pair, by their ids.
#[derive(Clone, Debug)]
pub(crate) struct Couple {
    /// The issue's id.
    pub(crate) issue: String,
    /// The issue's key.
    pub(crate) key: String,
    /// The work item's id.
    pub(crate) work_item: String,
}

impl Couple {
    /// The couple that an item belongs to, as soon as its twin is there.
    pub(crate) async fn of(world: &World, side: Side, id: &str) -> Couple {
        let what = format!("the counterpart of {side} item {id}");
        let addresses = [&world.addresses.jira, &world.addresses.azure];
        let since = std::time::Instant::now();
        loop {
            if let Some(couple) = Couple::seek(addresses, side, id).await {
                return couple;
            }
            assert!(
                since.elapsed() < SOON,
                "not in time: {what}\n{}",
                world.tail()
            );
            tests::harness::pause(100).await;
        }
    }

    /// The couple that an item belongs to, when its twin is there.
    pub(crate) async fn seek([jira, azure]: [&Address; 2], side: Side, id: &str) -> Option<Couple> {
        let (jira, azure) = (items(jira).await, items(azure).await);
        compare::pair_up(&jira, &azure).iter().find_map(|twins| {
            let couple = Couple {
                issue: text(&twins.jira?["id"]),
                key: text(&twins.jira?["key"]),
                work_item: text(&twins.azure?["id"]),
            };
            let own = match side {
                Side::Jira => &couple.issue,
                Side::Azure => &couple.work_item,
            };
            (own == id).then_some(couple)
        })
    }

    /// The issue as the neutral document shows it.
    pub(crate) async fn seen_issue(&self, world: &World) -> Value {
        one(&world.items(Side::Jira).await, &self.issue)
    }

    /// The work item as the neutral document shows it.
    pub(crate) async fn seen_work_item(&self, world: &World) -> Value {
        one(&world.items(Side::Azure).await, &self.work_item)
    }
}

/// Every item at a remote, as its emulator shows it.
pub(crate) async fn items(address: &Address) -> Value {
    counterpart::demo::remote::control(&Client::new(), &address.root, "items")
        .await
        .expect("the emulator answers")
}

fn one(items: &Value, id: &str) -> Value {
    let list = items["items"].as_array().into_iter().flatten();
    let found = list.into_iter().find(|item| item["id"] == id);
    found.cloned().unwrap_or(Value::Null)
}

/// A JSON string's text.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A document of one paragraph.
pub(crate) fn paragraph(text: &str) -> Value {
    counterpart::demo::remote::paragraph(text)
}

/// Whoever changed an issue's description, oldest first.
pub(crate) fn describers(issue: &Value) -> Vec<String> {
    let histories = issue["changelog"]["histories"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let changed = |history: &&Value| {
        let items = history["items"].as_array().into_iter().flatten();
        items.into_iter().any(|item| item["field"] == "description")
    };
    let by = |history: &Value| text(&history["author"]["displayName"]);
    histories.iter().filter(changed).map(by).collect()
}
